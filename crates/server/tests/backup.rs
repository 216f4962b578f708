//! Backups: taken while people write, restored on either database, and refused where anything is wrong with them.

mod common;

use common::{Backend, TestServer, fresh_database, run};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor, Row};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

on_both!(
    i29_a_backup_made_while_people_write_restores_on_either_database,
    i29_a_restore_holds_every_row_and_is_on_record,
    i28_a_newer_schema_is_refused_with_what_to_do,
);

const PASSPHRASE: &str = "the moon over the harbour";

/// What a command printed, where it succeeded.
#[track_caller]
fn done(output: &std::process::Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// What a command complained of, where it failed and printed nothing else.
#[track_caller]
fn failed(output: &std::process::Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn back_up(server: &TestServer, file: &Path) -> Value {
    done(&server.cli(&["backup", file.to_str().unwrap(), "--passphrase-stdin", "--json"], PASSPHRASE))
}

fn restore(file: &Path, data: &Path, database: Option<&str>, passphrase: &str) -> std::process::Output {
    let (file, data) = (file.to_str().unwrap(), data.to_str().unwrap());
    let mut args = vec!["restore", file, "--data", data, "--passphrase-stdin", "--json"];
    if let Some(database) = database {
        args.extend(["--database", database]);
    }
    run(&args, passphrase)
}

/// A server on what a backup holds.
async fn restored(file: &Path, backend: Backend) -> TestServer {
    let folder = tempfile::tempdir().unwrap();
    let database = if backend == Backend::Postgres { Some(fresh_database().await) } else { None };
    done(&restore(file, folder.path(), database.as_deref(), PASSPHRASE));
    TestServer::on(folder, database, &[])
}

fn audit_verifies(server: &TestServer) {
    for domain in ["hana.example", "borealis.example"] {
        let verdict = done(&server.cli(&["audit", "verify", domain, "--json"], ""));
        assert_eq!(verdict["ok"], true, "{verdict}");
    }
}

async fn i29_a_backup_made_while_people_write_restores_on_either_database(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(std::sync::Mutex::new(Vec::new()));
    let senders: Vec<_> = [&cast.mina, &cast.leo]
        .into_iter()
        .map(|person| {
            let (person, room) = (person.clone(), room.clone());
            let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                for i in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let id = format!("{} {i}", person.handle);
                    person.send(&room, &id, &id).await.must(201);
                    acknowledged.lock().unwrap().push(id);
                }
            })
        })
        .collect();
    while acknowledged.lock().unwrap().len() < 30 {
        tokio::task::yield_now().await;
    }
    let before = acknowledged.lock().unwrap().clone();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("backup");
    let made = tokio::task::block_in_place(|| back_up(&server, &file));
    let during = acknowledged.lock().unwrap().len() - before.len();
    stop.store(true, Ordering::Relaxed);
    futures_util::future::join_all(senders).await;
    println!("{} messages before and {during} during the backup; {made}", before.len());
    assert!(during > 0, "nobody wrote during the backup, so this proved nothing");
    for target in [Backend::Sqlite, Backend::Postgres] {
        let copy = restored(&file, target).await;
        let mina = copy.person("mina@hana.example").await;
        let mut stored = Vec::new();
        loop {
            let page = mina.get(&format!("/rooms/{room}/messages?after={}&limit=200", stored.len())).await;
            stored.extend(
                page["items"].as_array().unwrap().iter().map(|m| (m["seq"].as_i64().unwrap(), common::line(m))),
            );
            if page["hasMoreAfter"] == false {
                break;
            }
        }
        let seqs: Vec<i64> = stored.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(seqs, (1..=i64::try_from(stored.len()).unwrap()).collect::<Vec<_>>(), "one moment, without gaps");
        for id in &before {
            assert!(stored.iter().any(|(_, text)| text == id), "{id:?} was acknowledged before the backup");
        }
        audit_verifies(&copy);
        // It goes on where it was: the next number is the next one, and a client id stays used.
        let next = mina.send(&room, "after the restore", "on we go").await.must(201);
        assert_eq!(next["seq"].as_i64().unwrap(), seqs.last().unwrap() + 1);
        let again = mina.send(&room, "mina@hana.example 0", "mina@hana.example 0").await.must(200);
        assert_eq!(again["text"], "mina@hana.example 0");
    }
}

/// Every row of every table, spelled alike for both databases.
async fn rows(server: &TestServer) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if let Some(url) = server.database() {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        let columns = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
             WHERE table_schema = 'public' ORDER BY table_name, column_name";
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in pool.fetch_all(columns).await.unwrap() {
            let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
            let text = match kind.as_str() {
                "uuid" => format!("'X''' || upper(replace({column}::text, '-', '')) || ''''"),
                "bytea" => format!("'X''' || upper(encode({column}, 'hex')) || ''''"),
                "text" => format!("'''' || replace({column}, '''', '''''') || ''''"),
                "boolean" => format!("({column}::int)::text"),
                _ => format!("{column}::text"),
            };
            tables.entry(table).or_default().push(format!("'{column}=' || COALESCE({text}, 'NULL')"));
        }
        for (table, columns) in tables {
            let sql = format!("SELECT {} FROM {table}", columns.join(" || ' ' || "));
            let rows = pool.fetch_all(AssertSqlSafe(sql)).await.unwrap();
            found.insert(table, rows.iter().map(|r| r.get(0)).collect());
        }
    } else {
        let file = server.folder.path().join("liaison.db");
        let pool = sqlx::SqlitePool::connect(file.to_str().unwrap()).await.unwrap();
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
        for row in pool.fetch_all(tables).await.unwrap() {
            let table: String = row.get(0);
            let columns = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY name");
            let columns = pool.fetch_all(AssertSqlSafe(columns)).await.unwrap();
            let columns: Vec<String> =
                columns.iter().map(|r| r.get(0)).map(|c: String| format!("'{c}=' || quote({c})")).collect();
            let sql = format!("SELECT {} FROM {table}", columns.join(" || ' ' || "));
            let rows = pool.fetch_all(AssertSqlSafe(sql)).await.unwrap();
            found.insert(table, rows.iter().map(|r| r.get(0)).collect());
        }
    }
    for rows in found.values_mut() {
        rows.sort();
    }
    found
}

async fn i29_a_restore_holds_every_row_and_is_on_record(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    cast.mina.send(&room, "1", "It's \"quoted\", こんにちは, 👋\n").await.must(201);
    cast.leo.send(&room, "2", "hello").await.must(201);
    cast.aiko.post("/company/teams", json!({ "name": "Import" })).await;
    cast.claire.revoke(&cast.leo).await;
    let cursor = cast.leo.socket().await.cursor;
    let source = rows(&server).await;
    let filled = source.iter().filter(|(_, rows)| !rows.is_empty()).count();
    println!("{filled} of {} tables hold rows", source.len());
    assert!(filled >= 15, "{source:?}");
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("backup");
    let made = back_up(&server, &file);
    for target in [Backend::Sqlite, Backend::Postgres] {
        let copy = restored(&file, target).await;
        let mut found = rows(&copy).await;
        let mut source = source.clone();
        assert_eq!(found.keys().collect::<Vec<_>>(), source.keys().collect::<Vec<_>>());
        // What is not as it was: the head, and one more entry in each company's log.
        let (was, is) = (source.remove("heads").unwrap().remove(0), found.remove("heads").unwrap().remove(0));
        let generation = |row: &str| row.split("generation='").nth(1).unwrap()[..8].to_owned();
        assert_ne!(generation(&was), generation(&is), "the restored database is another one");
        assert_eq!(made["generation"], generation(&was));
        let (was, is) = (source.remove("audit_entries").unwrap(), found.remove("audit_entries").unwrap());
        let (mut new, old): (Vec<_>, Vec<_>) = is.into_iter().partition(|row| row.contains("backup.restored"));
        assert_eq!((old, new.len()), (was, 2));
        assert!(new.remove(0).contains(made["madeAt"].as_str().unwrap()));
        // `audit_hash=… audit_seq=… ` come first in the alphabet.
        let bare = |row: &String| row[row.find(" country=").unwrap()..].to_owned();
        for (table, was) in &source {
            let mut columns = [was, &found[table]].map(Clone::clone);
            if table == "companies" {
                columns = columns.map(|rows| rows.iter().map(bare).collect());
                for rows in &mut columns {
                    rows.sort();
                }
            }
            assert_eq!(columns[1], columns[0], "{table}");
        }
        let key = |server: &TestServer| std::fs::read(server.folder.path().join("keys/server.key")).unwrap();
        assert_eq!(key(&copy), key(&server));
        audit_verifies(&copy);
        let owner = copy.person("aiko@hana.example").await;
        assert!(owner.audit().await.contains(&"backup.restored".to_owned()));
        // A cursor of the time before fits no longer: its bearer is told to load everything anew.
        let mut socket = copy.person("leo@borealis.example").await.socket().await;
        socket.say(json!({ "op": "resume", "cursor": cursor })).await;
        socket.until("resync").await;
        // And it can be backed up and restored in its turn.
        let next = files.path().join(format!("{target:?}"));
        back_up(&copy, &next);
        restored(&next, backend).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i29_what_is_wrong_with_a_backup_is_said_and_leaves_nothing_behind() {
    let server = TestServer::with_two_companies(Backend::Sqlite).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    cast.mina.send(&room, "1", "the secret of the harbour").await.must(201);
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("backup");
    back_up(&server, &file);
    let bytes = std::fs::read(&file).unwrap();
    // I-53: nothing in it can be read without the passphrase, and nobody else may read the file.
    for secret in ["the secret of the harbour", "mina@hana.example", "SQLite format", PASSPHRASE] {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret}");
    }
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&file.metadata().unwrap()) & 0o777, 0o600);
    let left =
        |folder: &Path| std::fs::read_dir(folder).map(|all| all.flatten().map(|e| e.file_name()).collect::<Vec<_>>());
    assert!(!left(server.folder.path()).unwrap().iter().any(|n| n.to_string_lossy().starts_with(".backup")));
    assert_eq!(left(files.path()).unwrap(), ["backup"]);

    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 1;
    let half = bytes.len() / 2;
    let damaged: [(&str, &[u8], &str, &str); 6] = [
        ("cut in half", &bytes[..half], PASSPHRASE, "altered or cut off"),
        ("cut by a byte", &bytes[..bytes.len() - 1], PASSPHRASE, "altered or cut off"),
        ("altered", &altered, PASSPHRASE, "altered or cut off"),
        ("wrong passphrase", &bytes, "the sun over the harbour", "passphrase is wrong"),
        (
            "something else",
            b"a letter to my aunt, which is no backup at all, but long enough to be read",
            PASSPHRASE,
            "not a backup",
        ),
        ("empty", b"", PASSPHRASE, "cut off"),
    ];
    for (what, bytes, passphrase, complaint) in damaged {
        let damaged = files.path().join("damaged");
        std::fs::write(&damaged, bytes).unwrap();
        let target = files.path().join("new");
        let error = failed(&restore(&damaged, &target, None, passphrase), 1);
        assert!(error.contains(complaint), "{what}: {error}");
        assert!(!target.exists(), "{what}");
        // Into a folder that is there already, and stays as empty as it was.
        std::fs::create_dir(&target).unwrap();
        failed(&restore(&damaged, &target, None, passphrase), 1);
        assert!(left(&target).unwrap().is_empty(), "{what}");
        std::fs::remove_dir(&target).unwrap();
    }

    // Nothing is written over: neither a folder with something in it, nor a database, nor a backup.
    let used = tempfile::tempdir().unwrap();
    std::fs::write(used.path().join("notes.txt"), "mine").unwrap();
    let error = failed(&restore(&file, used.path(), None, PASSPHRASE), 1);
    assert!(error.contains("notes.txt") && error.contains("not empty"), "{error}");
    assert_eq!(left(used.path()).unwrap(), ["notes.txt"]);
    let other = TestServer::with_two_companies(Backend::Postgres).await;
    let error = failed(&restore(&file, &files.path().join("new"), other.database(), PASSPHRASE), 1);
    assert!(error.contains("not empty"), "{error}");
    let path = file.to_str().unwrap();
    let error = failed(&server.cli(&["backup", path, "--passphrase-stdin"], PASSPHRASE), 1);
    assert!(error.contains("exists already"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    // Without a passphrase, with two, with one that anybody could guess, and of a folder that holds no server.
    failed(&server.cli(&["backup", "x"], ""), 2);
    failed(&server.cli(&["backup", "x", "--passphrase-stdin", "--passphrase-file", path], PASSPHRASE), 2);
    let error = failed(&server.cli(&["backup", "x", "--passphrase-stdin"], "harbour"), 1);
    assert!(error.contains("10 characters"), "{error}");
    let nowhere = files.path().join("nowhere");
    let error =
        failed(&run(&["backup", "x", "--passphrase-stdin", "--data", nowhere.to_str().unwrap()], PASSPHRASE), 1);
    assert!(error.contains("no database"), "{error}");
    assert!(!Path::new("x").exists() && !nowhere.exists());

    // A restore that was interrupted is seen: the server does not start on half of it, and a second try ends it.
    let database = fresh_database().await;
    for database in [None, Some(database)] {
        let half = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(half.path().join(".restoring")).unwrap();
        std::fs::create_dir_all(half.path().join("keys")).unwrap();
        let mut args = vec!["company", "list", "--data", half.path().to_str().unwrap()];
        if let Some(database) = &database {
            args.extend(["--database", database]);
        }
        let error = failed(&run(&args, ""), 1);
        assert!(error.contains("liaison restore"), "{error}");
        done(&restore(&file, half.path(), database.as_deref(), PASSPHRASE));
        // One that was interrupted when all was in place is as good as done.
        if database.is_some() {
            std::fs::create_dir_all(half.path().join(".restoring")).unwrap();
        }
        let copy = TestServer::on(half, database, &[]);
        assert_eq!(copy.person("mina@hana.example").await.texts(&room).await, ["the secret of the harbour"]);
        assert!(!copy.folder.path().join(".restoring").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i28_the_copy_that_an_upgrade_leaves_can_be_restored() {
    let server = TestServer::with_two_companies(Backend::Sqlite).await;
    let files = tempfile::tempdir().unwrap();
    let copy = files.path().join("before-schema-2.db");
    let pool = sqlx::SqlitePool::connect(server.folder.path().join("liaison.db").to_str().unwrap()).await.unwrap();
    sqlx::query("VACUUM INTO $1").bind(copy.to_str().unwrap()).execute(&pool).await.unwrap();
    let database = fresh_database().await;
    for database in [None, Some(database.as_str())] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let mut args = vec!["restore", copy.to_str().unwrap(), "--data", data, "--json"];
        if let Some(database) = database {
            args.extend(["--database", database]);
        }
        assert_eq!(done(&run(&args, ""))["companies"], 2);
        let restored = TestServer::on(folder, database.map(ToOwned::to_owned), &[]);
        assert!(restored.person("aiko@hana.example").await.audit().await.contains(&"backup.restored".to_owned()));
    }
}

async fn i28_a_newer_schema_is_refused_with_what_to_do(backend: Backend) {
    let mut server = TestServer::with_two_companies(backend).await;
    done(&server.cli(&["company", "list", "--json"], ""));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let later = "INSERT INTO schema_migrations (version, sql) VALUES (999, 'later')";
    if let Some(url) = server.database() {
        sqlx::PgPool::connect(url).await.unwrap().execute(later).await.unwrap();
    } else {
        let file = server.folder.path().join("liaison.db");
        sqlx::SqlitePool::connect(file.to_str().unwrap()).await.unwrap().execute(later).await.unwrap();
    }
    let before = rows(&server).await;
    for command in [&["company", "list"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let error = failed(&server.cli(command, ""), 1);
        for word in ["schema 999", "a newer Liaison", "Start that version", "backup", "Nothing was changed"] {
            assert!(error.contains(word), "{error}");
        }
    }
    assert_eq!(rows(&server).await, before);
}
