# shellcheck shell=bash
# Sourced by the scripts beside it: where the project lies, how to speak, how to stop.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '%s\n' "$*" >&2; }

die() {
  say "${0##*/}: $*"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Cargo's target folder as an absolute path, for programs that are started from another folder.
target_dir() {
  case "${CARGO_TARGET_DIR:-target}" in
    /*) printf '%s\n' "$CARGO_TARGET_DIR" ;;
    *) printf '%s\n' "$root/${CARGO_TARGET_DIR:-target}" ;;
  esac
}

# One hash over standard input. macOS has no sha256sum.
hash_of_input() {
  if has sha256sum; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# The folder that holds PostgreSQL's programs. Debian keeps it off the PATH, one for each version: the newest is taken.
postgres_bin() {
  local folder
  while IFS= read -r folder; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/createdb" ]; then
      printf '%s\n' "$folder"
      return
    fi
  done < <(
    if has initdb; then dirname "$(command -v initdb)"; fi
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
      /usr/local/opt/postgresql*/bin | sort -rV
  )
  return 1
}

# The browser of the stories in e2e/. LIAISON_CHROMIUM names another one.
chromium_path() {
  local candidate="${LIAISON_CHROMIUM:-/usr/bin/chromium}"
  [ -x "$candidate" ] && printf '%s\n' "$candidate"
}
