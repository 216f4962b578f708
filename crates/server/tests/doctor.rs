//! `liaison doctor`: finds nothing wrong with a healthy installation, and names each thing that is.

mod common;

use common::{Backend, TestServer, run};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor};
use std::os::unix::fs::PermissionsExt;

on_both!(p_doctor_finds_what_is_wrong_and_nothing_else);

/// The levels by check, with all text of a check together.
fn examine(server: &TestServer, args: &[&str]) -> (Option<i32>, Value) {
    let output = server.cli(&[&["doctor", "--json"], args].concat(), "");
    (output.status.code(), serde_json::from_slice(&output.stdout).expect("findings"))
}

/// The one finding of a check.
#[track_caller]
fn finding<'f>(findings: &'f Value, check: &str) -> &'f Value {
    let all: Vec<&Value> = findings["findings"].as_array().unwrap().iter().filter(|f| f["check"] == check).collect();
    assert_eq!(all.len(), 1, "{check}: {findings}");
    all[0]
}

/// That this check is wrong, says why and what to do, and what it says contains this.
#[track_caller]
fn wrong(found: &(Option<i32>, Value), check: &str, what: &str) {
    assert_eq!(found.0, Some(1), "{}", found.1);
    let finding = finding(&found.1, check);
    assert_eq!(finding["level"], "wrong", "{finding}");
    assert!(finding["what"].as_str().unwrap().contains(what), "{finding}");
    assert!(!finding["why"].as_str().unwrap().is_empty() && !finding["remedy"].as_str().unwrap().is_empty());
}

async fn p_doctor_finds_what_is_wrong_and_nothing_else(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let data = server.folder.path();
    std::fs::set_permissions(data, PermissionsExt::from_mode(0o700)).unwrap();
    let healthy = examine(&server, &[]);
    for f in healthy.1["findings"].as_array().unwrap() {
        // How the PostgreSQL of the tests is set, and how full this disk is, is not ours.
        let ours = f["check"] != "disk" && !(f["check"] == "durability" && backend == Backend::Postgres);
        assert!(!ours || f["level"] == "ok", "{f}");
    }
    for check in
        ["configuration", "listener", "data", "key", "schema", "durability", "integrity", "audit", "clock", "disk"]
    {
        finding(&healthy.1, check);
    }
    let fsync = if let Some(url) = server.database() {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query_scalar::<_, String>("SHOW fsync").fetch_one(&pool).await.unwrap()
    } else {
        "on".into()
    };
    assert_eq!(finding(&healthy.1, "durability")["level"], if fsync == "on" { "ok" } else { "wrong" });

    let key = data.join("keys/server.key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o604)).unwrap();
    wrong(&examine(&server, &[]), "key", "can be read by others");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::set_permissions(data, PermissionsExt::from_mode(0o705)).unwrap();
    wrong(&examine(&server, &[]), "data", "everybody");
    std::fs::set_permissions(data, PermissionsExt::from_mode(0o700)).unwrap();
    wrong(&examine(&server, &["--listen", "0.0.0.0:1"]), "configuration", "trusted_proxy");
    let behind = examine(&server, &["--public-url", "https://chat.hana.example"]);
    assert_eq!(finding(&behind.1, "listener")["level"], "warning");

    // The clock was ahead when something happened; then somebody rewrites a log; then a newer program comes along.
    let sql = |sql: &'static str| {
        let place = server.database().map(ToOwned::to_owned);
        let file = data.join("liaison.db");
        async move {
            if let Some(url) = place {
                sqlx::PgPool::connect(&url).await.unwrap().execute(AssertSqlSafe(sql)).await.unwrap();
            } else {
                let pool = sqlx::SqlitePool::connect(file.to_str().unwrap()).await.unwrap();
                pool.execute(AssertSqlSafe(sql)).await.unwrap();
            }
        }
    };
    sql("UPDATE audit_entries SET at = 99999999999999 WHERE seq = 1").await;
    let found = examine(&server, &[]);
    assert_eq!(finding(&found.1, "clock")["level"], "warning");
    let audit = found.1["findings"].as_array().unwrap().iter().filter(|f| f["check"] == "audit");
    let audit: Vec<&str> = audit.map(|f| f["what"].as_str().unwrap()).collect();
    assert_eq!(audit, ["borealis.example: entry 1 was changed", "hana.example: entry 1 was changed"]);
    assert_eq!(found.0, Some(1));
    sql("INSERT INTO schema_migrations (version, sql) VALUES (999, 'later')").await;
    wrong(&examine(&server, &[]), "schema", "999");
    // In words, with the remedy.
    let text = server.cli(&["doctor"], "");
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("WRONG") && text.contains("do:") && text.contains("wrong."), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p_doctor_finds_a_damaged_a_missing_and_an_unreachable_database() {
    let mut server = TestServer::with_two_companies(Backend::Sqlite).await;
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let file = server.folder.path().join("liaison.db");
    let good = std::fs::read(&file).unwrap();
    let mut broken = good.clone();
    // The pages in the middle of the file, not its head: it opens, and is not whole.
    let third = good.len() / 3;
    broken[third..2 * third].fill(0xA5);
    std::fs::write(&file, &broken).unwrap();
    let (code, found) = examine(&server, &[]);
    assert_eq!(code, Some(1));
    let worst = found["findings"].as_array().unwrap().iter().filter(|f| f["level"] == "wrong");
    assert!(worst.clone().any(|f| f["check"] == "integrity" || f["check"] == "database"), "{found}");
    std::fs::write(&file, "no database at all, but a letter to my aunt, and long enough to have a header".repeat(9))
        .unwrap();
    wrong(&examine(&server, &[]), "database", "cannot be read");
    std::fs::remove_file(&file).unwrap();
    wrong(&examine(&server, &[]), "database", "does not exist");
    assert!(!file.exists(), "it only looks");
    let (code, found) = examine(&server, &["--database", "postgres://nobody@127.0.0.1:1/nothing"]);
    wrong(&(code, found), "database", "cannot be read");
    let nowhere = server.folder.path().join("nowhere");
    let output = run(&["doctor", "--json", "--data", nowhere.to_str().unwrap()], "");
    wrong(&(output.status.code(), serde_json::from_slice(&output.stdout).unwrap()), "data", "cannot be read");
    assert!(!nowhere.exists());
}

#[test]
fn p_doctor_reads_until_when_a_certificate_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    for (from, until, level) in [
        ((2020, 1, 1), (2100, 1, 1), "ok"),
        ((2020, 1, 1), (2021, 1, 1), "wrong"),
        ((2099, 1, 1), (2100, 1, 1), "wrong"),
    ] {
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        parameters.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let pair = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&cert, parameters.self_signed(&pair).unwrap().pem()).unwrap();
        std::fs::write(&key, pair.serialize_pem()).unwrap();
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o640)).unwrap();
        let paths = [&data, &cert, &key].map(|p| p.to_str().unwrap());
        let output = run(&["doctor", "--json", "--data", paths[0], "--tls-cert", paths[1], "--tls-key", paths[2]], "");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(finding(&found, "certificate")["level"], level, "{found}");
    }
}
