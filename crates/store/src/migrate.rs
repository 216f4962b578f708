//! Brings a database up to the schema this program knows, after a copy of what was there, and refuses one that is newer.

use crate::copy;
use crate::db::{Db, StoreError};
use sqlx::{Executor, Row};
use std::path::{Path, PathBuf};

pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) sql: &'static str,
}

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_foundation.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_retries.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_invitations.sql") },
    Migration { version: 4, sql: include_str!("../migrations/0004_outgoing.sql") },
    Migration { version: 5, sql: include_str!("../migrations/0005_profile.sql") },
    Migration { version: 6, sql: include_str!("../migrations/0006_contact_book.sql") },
    Migration { version: 7, sql: include_str!("../migrations/0007_phones.sql") },
    Migration { version: 8, sql: include_str!("../migrations/0008_reports.sql") },
];

/// The newest schema this program knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

const LEDGER: &str =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, sql TEXT NOT NULL)";

/// The schema of a database; 0 where there is none yet. Changes nothing.
pub(crate) async fn version(db: &Db) -> Result<i64, StoreError> {
    let newest = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
    Ok(match db {
        Db::Sqlite { writer, .. } => {
            let ledger = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_migrations'";
            if writer.fetch_one(ledger).await?.get::<i64, _>(0) == 0 {
                return Ok(0);
            }
            writer.fetch_one(newest).await?.get(0)
        }
        Db::Postgres(pool) => {
            if pool.fetch_one("SELECT to_regclass('schema_migrations') IS NULL").await?.get(0) {
                return Ok(0);
            }
            pool.fetch_one(newest).await?.get(0)
        }
    })
}

/// Copies an older database into the folder, then migrates it. Answers where the copy is.
pub(crate) async fn upgrade(
    db: &Db,
    migrations: &'static [Migration],
    copies: Option<&Path>,
) -> Result<Option<PathBuf>, StoreError> {
    let found = version(db).await?;
    let known = migrations.last().map_or(0, |m| m.version);
    let mut copied = None;
    if let Some(folder) = copies
        && found > 0
        && found < known
    {
        // Named after what it is a copy of: a start that is tried again replaces its own copy and fills no disk.
        let file = folder.join(format!("before-schema-{known}.db"));
        copy::write_privately(db, &file).await?;
        tracing::warn!(from = found, to = known, copy = %file.display(), "the database was copied before its upgrade");
        copied = Some(file);
    }
    run(db, migrations).await?;
    Ok(copied)
}

/// All that is pending runs in one transaction with its lines in the ledger, so a crash at any step restarts cleanly
/// (I-28).
pub(crate) async fn run(db: &Db, migrations: &'static [Migration]) -> Result<(), StoreError> {
    // Two programs may start at once (server and command line): the lock lets one migrate and the other find it done.
    match db {
        Db::Sqlite { writer, .. } => {
            let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
            tx.execute(LEDGER).await?;
            let rows = tx.fetch_all("SELECT version, sql FROM schema_migrations ORDER BY version").await?;
            let applied: Vec<_> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
            for migration in pending(migrations, &applied)? {
                let sql = migration.sql.replace("/*clustered*/", "WITHOUT ROWID");
                let failed = |source| StoreError::Upgrade { version: migration.version, source };
                tx.execute(sqlx::AssertSqlSafe(sql)).await.map_err(failed)?;
                sqlx::query("INSERT INTO schema_migrations (version, sql) VALUES ($1, $2)")
                    .bind(migration.version)
                    .bind(migration.sql)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
        Db::Postgres(pool) => {
            let mut tx = pool.begin().await?;
            tx.execute("SELECT pg_advisory_xact_lock(4715021)").await?;
            tx.execute(LEDGER).await?;
            let rows = tx.fetch_all("SELECT version, sql FROM schema_migrations ORDER BY version").await?;
            let applied: Vec<_> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
            for migration in pending(migrations, &applied)? {
                let failed = |source| StoreError::Upgrade { version: migration.version, source };
                tx.execute(sqlx::AssertSqlSafe(migration.sql.to_owned())).await.map_err(failed)?;
                sqlx::query("INSERT INTO schema_migrations (version, sql) VALUES ($1, $2)")
                    .bind(migration.version)
                    .bind(migration.sql)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
    }
    let mut tx = db.begin_plain().await?;
    tx.query(
        "INSERT INTO heads (id, position, policy_version, generation) VALUES (1, 0, 0, $1) ON CONFLICT (id) DO NOTHING",
    )
    .bind(fresh_generation().as_str())
    .execute()
    .await?;
    tx.commit().await
}

/// A word that no other database has.
pub(crate) fn fresh_generation() -> String {
    let mut word = uuid::Uuid::new_v4().simple().to_string();
    word.truncate(8);
    word
}

fn pending(
    migrations: &'static [Migration],
    applied: &[(i64, String)],
) -> Result<impl Iterator<Item = &'static Migration>, StoreError> {
    let newest = applied.last().map_or(0, |(version, _)| *version);
    let known = migrations.last().map_or(0, |m| m.version);
    if newest > known {
        return Err(StoreError::NewerSchema { found: newest, known });
    }
    for (version, sql) in applied {
        if migrations.iter().any(|m| m.version == *version && m.sql != sql) {
            return Err(StoreError::ChangedMigration(*version));
        }
    }
    Ok(migrations.iter().filter(move |m| m.version > newest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_domain::{CompanyId, ContactId, LinkId, MemberId};

    const FIRST: Migration = Migration { version: 1, sql: MIGRATIONS[0].sql };
    const OLD: &[Migration] = &[FIRST];
    const SECOND: Migration = Migration { version: 899, sql: "CREATE TABLE later (id BIGINT)" };
    /// Fails at its third, after the second has changed something.
    const FAILING: &[Migration] = &[FIRST, SECOND, Migration { version: 900, sql: "INSERT INTO nowhere VALUES (1)" }];
    const MENDED: &[Migration] = &[FIRST, SECOND, Migration { version: 900, sql: "CREATE TABLE last (id BIGINT)" }];

    async fn databases() -> Vec<(Db, tempfile::TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Db::connect_sqlite(&folder.path().join("liaison.db")).await.unwrap();
        let base = std::env::var("LIAISON_TEST_POSTGRES").expect("LIAISON_TEST_POSTGRES is not set: run `make test`");
        let name = format!("migrate_{}", uuid::Uuid::new_v4().simple());
        let pool = sqlx::PgPool::connect(&base).await.unwrap();
        pool.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let (server, _) = base.rsplit_once('/').unwrap();
        let postgres = Db::connect_postgres(&format!("{server}/{name}")).await.unwrap();
        vec![(sqlite, folder), (postgres, tempfile::tempdir().unwrap())]
    }

    #[tokio::test]
    async fn i28_an_upgrade_that_fails_changes_nothing_and_the_next_start_finishes_it() {
        for (db, folder) in databases().await {
            assert_eq!(version(&db).await.unwrap(), 0);
            assert_eq!(upgrade(&db, OLD, Some(folder.path())).await.unwrap(), None, "a fresh database is not copied");
            let (mut tx, _) = db.write().await.unwrap();
            tx.query("UPDATE heads SET generation = 'kept'").execute().await.unwrap();
            tx.commit().await.unwrap();
            let error = upgrade(&db, FAILING, Some(folder.path())).await.unwrap_err();
            assert!(matches!(error, StoreError::Upgrade { version: 900, .. }), "{error:?}");
            assert_eq!(version(&db).await.unwrap(), 1);
            let mut tx = db.read().await.unwrap();
            assert!(
                tx.query("SELECT id FROM later").fetch_all::<(i64,)>().await.is_err(),
                "what had gone well was undone"
            );
            drop(tx);
            // As often as it is tried: one copy, of the schema as it was and with what it held.
            for _ in 0..2 {
                upgrade(&db, FAILING, Some(folder.path())).await.unwrap_err();
            }
            let copy = upgrade(&db, MENDED, Some(folder.path())).await.unwrap().expect("an older database is copied");
            assert_eq!(version(&db).await.unwrap(), 900);
            assert_eq!(upgrade(&db, MENDED, Some(folder.path())).await.unwrap(), None, "nothing is left to do");
            let found: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
            let copies = found.iter().filter(|p| p.to_string_lossy().contains("before-schema"));
            assert_eq!(copies.collect::<Vec<_>>(), [&copy]);
            let copy = Db::connect_sqlite(&copy).await.unwrap();
            assert_eq!(version(&copy).await.unwrap(), 1);
            let mut tx = copy.read().await.unwrap();
            let (_, _, generation) = crate::messages::log_head(&mut tx).await.unwrap();
            assert_eq!(generation, "kept");
        }
    }

    /// People who met before there was a contact book keep each other, and are found in it.
    #[tokio::test]
    async fn i28_contacts_of_an_older_schema_become_entries_of_the_book() {
        let clock = liaison_domain::SystemClock;
        for (db, _folder) in databases().await {
            run(&db, MIGRATIONS.split_at(5).0).await.unwrap();
            let (mina, leo, ended) = (MemberId::new(&clock), MemberId::new(&clock), MemberId::new(&clock));
            let contact = ContactId::new(&clock);
            let mut companies = Vec::new();
            let mut tx = db.begin_plain().await.unwrap();
            for (domain, name) in [("hana.example", "Hana Trading"), ("borealis.example", "Borealis")] {
                let id = CompanyId::new(&clock);
                tx.query(
                    "INSERT INTO companies (id, name, domain, country, time_zone, active, entitled, created_at, \
                     policy_version, permission_position, audit_seq, audit_hash) \
                     VALUES ($1, $2, $3, 'JP', 'Asia/Tokyo', TRUE, TRUE, 1, 0, 0, 0, $4)",
                )
                .bind(id)
                .bind(name)
                .bind(domain)
                .bind(vec![7_u8; 32])
                .execute()
                .await
                .unwrap();
                companies.push(id);
            }
            for (id, company, handle) in
                [(mina, 0, "mina@hana.example"), (leo, 1, "leo@borealis.example"), (ended, 1, "ed@borealis.example")]
            {
                tx.query(
                    "INSERT INTO members (id, company_id, handle, name, role, status, read_receipts, search, \
                     created_at, permission_position) VALUES ($1, $2, $3, $3, 'member', 'active', TRUE, $3, 1, 0)",
                )
                .bind(id)
                .bind(companies[company])
                .bind(handle)
                .execute()
                .await
                .unwrap();
            }
            tx.query("INSERT INTO contacts VALUES ($1, $2, $3, $4, '佐藤 レオ', 'レオ', 'Borealis', 5, 3)")
                .bind(contact)
                .bind(companies[0])
                .bind(mina)
                .bind(leo)
                .execute()
                .await
                .unwrap();
            for (other, state) in [(leo, "live"), (ended, "ended")] {
                tx.query("INSERT INTO links VALUES ($1, $2, $3, $4, NULL, 5)")
                    .bind(mina.min(other))
                    .bind(mina.max(other))
                    .bind(LinkId::new(&clock))
                    .bind(state)
                    .execute()
                    .await
                    .unwrap();
            }
            tx.commit().await.unwrap();

            run(&db, MIGRATIONS).await.unwrap();
            let mut tx = db.begin_plain().await.unwrap();
            assert!(crate::contacts::has_old_folding(&mut tx).await.unwrap());
            assert_eq!(crate::contacts::fold_anew(&mut tx, 10).await.unwrap(), 1);
            assert!(!crate::contacts::has_old_folding(&mut tx).await.unwrap());
            let kept = crate::contacts::find(&mut tx, contact).await.unwrap().expect("the contact is there");
            assert_eq!((kept.owner_id, kept.outsider_id, kept.company_id), (mina, Some(leo), companies[0]));
            assert_eq!((kept.name.as_str(), kept.company_name.as_deref()), ("佐藤 レオ", Some("Borealis")));
            let (search,): (String,) = tx.query("SELECT search FROM contacts").fetch_one().await.unwrap();
            assert!(search.contains("れお"), "{search}");
            let accepted: Vec<(String, bool)> =
                tx.query("SELECT state, accepted FROM links ORDER BY state").fetch_all().await.unwrap();
            assert_eq!(accepted, [("ended".to_owned(), false), ("live".to_owned(), true)]);
        }
    }
}
