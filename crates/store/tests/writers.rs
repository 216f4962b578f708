//! The line of writers, on both databases: positions in commit order and without gaps under concurrent and rolled-back
//! writers, and a commit that is on disk when it returns.

use liaison_domain::{CompanyDomain, CompanyId, SystemClock, Timestamp};
use liaison_store::{Db, StoreError, companies, messages};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

struct Place {
    db: Db,
    _folder: tempfile::TempDir,
}

async fn sqlite() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("liaison.db")).await.unwrap();
    Place { db, _folder: folder }
}

async fn postgres() -> Place {
    let base = std::env::var("LIAISON_TEST_POSTGRES").expect("LIAISON_TEST_POSTGRES is not set: run `make test`");
    let name = format!("store_{}", uuid::Uuid::new_v4().simple());
    let pool = sqlx::PgPool::connect(&base).await.unwrap();
    sqlx::Executor::execute(&pool, sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let (server, _) = base.rsplit_once('/').unwrap();
    let db = Db::open_postgres(&format!("{server}/{name}")).await.unwrap();
    Place { db, _folder: tempfile::tempdir().unwrap() }
}

macro_rules! on_both {
    ($($name:ident),+) => {
        mod on_sqlite { $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::sqlite().await).await; })+ }
        mod on_postgres { $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::postgres().await).await; })+ }
    };
}
on_both!(
    i19_positions_are_gap_free_and_in_commit_order,
    i20_a_reader_sees_no_position_before_all_under_it,
    i28_opening_twice_migrates_once
);

async fn i19_positions_are_gap_free_and_in_commit_order(place: Place) {
    let committed = Arc::new(Mutex::new(Vec::new()));
    let rolled_back = Arc::new(AtomicU32::new(0));
    let writers: Vec<_> = (0..8_i64)
        .map(|n| {
            let (db, committed, rolled_back) = (place.db.clone(), Arc::clone(&committed), Arc::clone(&rolled_back));
            tokio::spawn(async move {
                for i in 0..25 {
                    let (mut tx, head) = db.write().await.unwrap();
                    let id = CompanyId::new(&SystemClock);
                    let domain = CompanyDomain::parse(&format!("c{n}-{i}.example")).unwrap();
                    companies::insert(&mut tx, id, "C", &domain, "JP", "UTC", Timestamp::from_millis(0)).await.unwrap();
                    match (n + i) % 3 {
                        0 => {
                            tx.rollback().await.unwrap();
                            rolled_back.fetch_add(1, Ordering::Relaxed);
                        }
                        // Dropped, as a cancelled request does.
                        1 if i % 5 == 0 => {
                            drop(tx);
                            rolled_back.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => {
                            // Noted while the line is still held: so the order of notes is the order of commits.
                            committed.lock().unwrap().push(head.position);
                            tx.commit().await.unwrap();
                        }
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let committed = committed.lock().unwrap().clone();
    let expected: Vec<i64> = (1..=i64::try_from(committed.len()).unwrap()).collect();
    assert_eq!(committed, expected);
    let back = rolled_back.load(Ordering::Relaxed);
    println!("{} committed, {back} rolled back", committed.len());
    assert!(committed.len() > 80 && back > 40);
    let mut tx = place.db.read().await.unwrap();
    assert_eq!(messages::log_head(&mut tx).await.unwrap().0, i64::try_from(committed.len()).unwrap());
}

async fn i20_a_reader_sees_no_position_before_all_under_it(place: Place) {
    let writers: Vec<_> = (0..6)
        .map(|n| {
            let db = place.db.clone();
            tokio::spawn(async move {
                for i in 0..20 {
                    let (mut tx, head) = db.write().await.unwrap();
                    let domain = CompanyDomain::parse(&format!("d{n}-{i}.example")).unwrap();
                    let id = CompanyId::new(&SystemClock);
                    companies::insert(&mut tx, id, "C", &domain, "JP", "UTC", Timestamp::from_millis(0)).await.unwrap();
                    companies::touch_permission(&mut tx, id, head.position).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    let mut looks = 0;
    loop {
        let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let mut tx = place.db.read().await.unwrap();
        let (head, _, _) = messages::log_head(&mut tx).await.unwrap();
        // One company was written at each position: a snapshot at a head holds them all.
        assert_eq!(companies::list(&mut tx).await.unwrap().len(), usize::try_from(head).unwrap());
        looks += 1;
        if done {
            break;
        }
    }
    println!("{looks} looks");
    assert!(looks > 3);
}

async fn i28_opening_twice_migrates_once(place: Place) {
    let (mut tx, _) = place.db.write().await.unwrap();
    tx.query("SELECT version FROM schema_migrations").fetch_one::<(i64,)>().await.unwrap();
    drop(tx);
}

#[tokio::test]
async fn i28_a_newer_schema_and_a_changed_migration_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("liaison.db");
    let db = Db::open_sqlite(&file).await.unwrap();
    let (mut tx, _) = db.write().await.unwrap();
    tx.query("INSERT INTO schema_migrations (version, sql) VALUES (99, 'later')").execute().await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    assert!(matches!(Db::open_sqlite(&file).await, Err(StoreError::NewerSchema { found: 99, .. })));
}

#[tokio::test]
async fn i16_the_writer_syncs_its_log_at_every_commit() {
    let place = sqlite().await;
    let (mut tx, _) = place.db.write().await.unwrap();
    // 2 is FULL: in write-ahead mode the log is synced before a commit returns. 1 (NORMAL) would acknowledge earlier.
    assert_eq!(tx.query("PRAGMA synchronous").fetch_one::<(i64,)>().await.unwrap(), (2,));
    assert_eq!(tx.query("PRAGMA journal_mode").fetch_one::<(String,)>().await.unwrap(), ("wal".to_owned(),));
    assert_eq!(tx.query("PRAGMA foreign_keys").fetch_one::<(i64,)>().await.unwrap(), (1,));
    assert_eq!(tx.query("PRAGMA wal_autocheckpoint").fetch_one::<(i64,)>().await.unwrap(), (0,));
}
