/* Records what a program writes to its SQLite database and when it was synced, so that a test can build every state in
 * which a power cut could have left the disk (I-16). Loaded with LD_PRELOAD into the server under test:
 *
 *   cc -shared -fPIC -O2 -o record.so dev/faults/record.c -ldl -lpthread
 *   LIAISON_RECORD=trace LD_PRELOAD=./record.so liaison serve …
 *
 * The trace is a sequence of entries: kind (1 write, 2 truncate, 3 synced), file (0 database, 1 write-ahead log), two zero
 * bytes, length (4 bytes), offset (8 bytes), then for a write the bytes; numbers little-endian. An entry stands in the
 * trace before the call returns to the program: whoever sees an answer finds in the trace all that led to it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE = 2, SYNCED = 3 };
#define MAX_FD 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
/* 0: not ours; 1: the database; 2: its write-ahead log. */
static unsigned char kind_of[MAX_FD];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void record(int kind, int file, uint64_t offset, const void *bytes, uint32_t length) {
    unsigned char head[16] = {(unsigned char)kind, (unsigned char)(file - 1)};
    memcpy(head + 4, &length, 4);
    memcpy(head + 8, &offset, 8);
    if (trace < 0) trace = REAL(open)(getenv("LIAISON_RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (REAL(write)(trace, head, 16) != 16) abort();
    if (kind == WRITE && REAL(write)(trace, bytes, length) != (ssize_t)length) abort();
}

static int opened(int fd, const char *path) {
    if (fd < 0 || fd >= MAX_FD || !path) return fd;
    size_t n = strlen(path);
    kind_of[fd] = 0;
    if (n >= 10 && !strcmp(path + n - 10, "liaison.db")) kind_of[fd] = 1;
    if (n >= 14 && !strcmp(path + n - 14, "liaison.db-wal")) kind_of[fd] = 2;
    return fd;
}

#define OPEN(name)                                           \
    int name(const char *path, int flags, ...) {             \
        va_list rest;                                        \
        va_start(rest, flags);                               \
        mode_t mode = va_arg(rest, mode_t);                  \
        va_end(rest);                                        \
        return opened(REAL(name)(path, flags, mode), path);  \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (fd >= 0 && fd < MAX_FD) kind_of[fd] = 0;
    return REAL(close)(fd);
}

static int file_of(int fd) { return fd >= 0 && fd < MAX_FD ? kind_of[fd] : 0; }

ssize_t write(int fd, const void *bytes, size_t length) {
    int file = file_of(fd);
    if (!file) return REAL(write)(fd, bytes, length);
    pthread_mutex_lock(&lock);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = REAL(write)(fd, bytes, length);
    if (done > 0) record(WRITE, file, (uint64_t)at, bytes, (uint32_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

#define PWRITE(name, offset_type)                                                 \
    ssize_t name(int fd, const void *bytes, size_t length, offset_type at) {      \
        int file = file_of(fd);                                                   \
        if (!file) return REAL(name)(fd, bytes, length, at);                      \
        pthread_mutex_lock(&lock);                                                \
        ssize_t done = REAL(name)(fd, bytes, length, at);                         \
        if (done > 0) record(WRITE, file, (uint64_t)at, bytes, (uint32_t)done);   \
        pthread_mutex_unlock(&lock);                                              \
        return done;                                                              \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define FTRUNCATE(name, offset_type)                                  \
    int name(int fd, offset_type length) {                            \
        int file = file_of(fd);                                       \
        if (!file) return REAL(name)(fd, length);                     \
        pthread_mutex_lock(&lock);                                    \
        int result = REAL(name)(fd, length);                          \
        if (!result) record(TRUNCATE, file, (uint64_t)length, 0, 0);  \
        pthread_mutex_unlock(&lock);                                  \
        return result;                                                \
    }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

/* What is written while the sync runs may not be covered by it: the mark is the trace's length before the call. */
#define SYNC(name)                                                         \
    int name(int fd) {                                                     \
        int file = file_of(fd);                                            \
        if (!file) return REAL(name)(fd);                                  \
        pthread_mutex_lock(&lock);                                         \
        struct stat before = {0};                                          \
        if (trace >= 0) fstat(trace, &before);                             \
        pthread_mutex_unlock(&lock);                                       \
        int result = REAL(name)(fd);                                       \
        pthread_mutex_lock(&lock);                                         \
        if (!result) record(SYNCED, file, (uint64_t)before.st_size, 0, 0); \
        pthread_mutex_unlock(&lock);                                       \
        return result;                                                     \
    }
SYNC(fsync)
SYNC(fdatasync)
