//! Brings a database up to the schema this program knows, and refuses one that is newer.

use crate::db::{Db, StoreError};
use sqlx::{Executor, Row};

struct Migration {
    version: i64,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_foundation.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_retries.sql") },
];

/// The newest schema this program knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

const LEDGER: &str =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, sql TEXT NOT NULL)";

/// Each migration runs in one transaction with its line in the ledger, so a crash at any step restarts cleanly (I-28).
pub(crate) async fn run(db: &Db) -> Result<(), StoreError> {
    // Two programs may start at once (server and command line): the lock lets one migrate and the other find it done.
    match db {
        Db::Sqlite { writer, .. } => {
            let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
            tx.execute(LEDGER).await?;
            let rows = tx.fetch_all("SELECT version, sql FROM schema_migrations ORDER BY version").await?;
            let applied: Vec<_> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
            for migration in pending(&applied)? {
                let sql = migration.sql.replace("/*clustered*/", "WITHOUT ROWID");
                tx.execute(sqlx::AssertSqlSafe(sql)).await?;
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
            for migration in pending(&applied)? {
                tx.execute(sqlx::AssertSqlSafe(migration.sql.to_owned())).await?;
                sqlx::query("INSERT INTO schema_migrations (version, sql) VALUES ($1, $2)")
                    .bind(migration.version)
                    .bind(migration.sql)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
    }
    let generation = uuid::Uuid::new_v4().simple().to_string();
    let mut tx = db.begin_plain().await?;
    tx.query(
        "INSERT INTO heads (id, position, policy_version, generation) VALUES (1, 0, 0, $1) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&generation[..8])
    .execute()
    .await?;
    tx.commit().await
}

fn pending(applied: &[(i64, String)]) -> Result<impl Iterator<Item = &'static Migration>, StoreError> {
    let newest = applied.last().map_or(0, |(version, _)| *version);
    if newest > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { found: newest, known: SCHEMA_VERSION });
    }
    for (version, sql) in applied {
        if MIGRATIONS.iter().any(|m| m.version == *version && m.sql != sql) {
            return Err(StoreError::ChangedMigration(*version));
        }
    }
    Ok(MIGRATIONS.iter().filter(move |m| m.version > newest))
}
