//! The one file that knows there are two drivers.
//!
//! A statement is `&'static str` with `$1` placeholders, valid on both. [`Tx`] carries it to whichever database this
//! is; [`Param`] and [`Record`] say what can go in and come out. What the two must do differently is decided here, in
//! `migrate.rs` and in `copy.rs`, nowhere else.

use crate::migrate;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    Arguments, Encode, Executor, FromRow, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction, Type,
};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Something went wrong between us and the database, or what it holds is not what we wrote.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is not there.
    #[error("the database did not do what was asked")]
    Database(#[from] sqlx::Error),
    /// The database was written by a newer Liaison.
    #[error(
        "the database has schema {found}, this program knows up to {known}: a newer Liaison has written it. Start that \
         version again, or restore a backup that this one made into an empty data folder. Nothing was changed"
    )]
    NewerSchema {
        /// What the database has.
        found: i64,
        /// What this program has.
        known: i64,
    },
    /// A migration that was applied is not the one this program has.
    #[error(
        "migration {0} was changed after it was applied: this program was built from other sources than the one that \
         wrote the database. Use a released version"
    )]
    ChangedMigration(i64),
    /// A step of an upgrade failed. The database is as it was.
    #[error("the upgrade to schema {version} failed and was undone; the next start tries it again")]
    Upgrade {
        /// The schema that was not reached.
        version: i64,
        /// Why.
        source: sqlx::Error,
    },
    /// A copy of the database could not be written or read.
    #[error("the copy of the database at {path} could not be written or read")]
    Copy {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What is to be filled holds something already.
    #[error("the database is not empty: it holds companies already")]
    NotEmpty,
    /// A stored value cannot be read.
    #[error("stored value is broken: {0}")]
    Broken(String),
    /// The address of the database cannot be read.
    #[error("not a database address: {0}")]
    Address(String),
}

impl StoreError {
    pub(crate) fn broken(what: impl std::fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }
}

/// The arguments of one statement, for whichever driver it goes to.
#[derive(Debug)]
pub enum Args {
    /// For SQLite.
    Sqlite(SqliteArguments),
    /// For PostgreSQL.
    Postgres(Box<PgArguments>),
}

/// What can be bound to a placeholder. Ids and times implement it beside the plain types, so that `liaison-domain`
/// need not know sqlx.
pub trait Param {
    /// Adds this value as the next argument.
    fn add_to(self, args: &mut Args);
}

pub(crate) fn add_plain<'q, T>(args: &mut Args, value: T)
where
    T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres>,
{
    // Encoding fails only for values beyond the drivers' size limits, which validation keeps far away; the statement
    // then misses an argument and the database refuses it, so the error is not lost.
    let result = match args {
        Args::Sqlite(args) => args.add(value),
        Args::Postgres(args) => args.add(value),
    };
    if let Err(error) = result {
        tracing::error!(%error, "a value could not be bound");
    }
}

/// What a row can be read into: anything both drivers can decode. `#[derive(FromRow)]` is enough.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The database: SQLite in a file, or PostgreSQL.
#[derive(Debug, Clone)]
pub enum Db {
    /// One writer, many readers, a write-ahead log.
    Sqlite {
        /// Holds exactly one connection: writers queue here and not inside SQLite.
        writer: SqlitePool,
        /// Read-only snapshots.
        readers: SqlitePool,
        /// Checkpoints run here, off the writer's thread.
        checkpointer: SqlitePool,
    },
    /// A PostgreSQL server, version 15 or newer.
    Postgres(PgPool),
}

/// The state of the log's head as this transaction left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteHead {
    /// This transaction's place in commit order.
    pub position: i64,
    /// The version of all policy facts, before this transaction changed any.
    pub policy_version: i64,
}

impl Db {
    /// Opens a SQLite file, making it and bringing its schema up to date where needed. Before an older schema is
    /// changed, a copy goes into the folder `backups` beside the file.
    ///
    /// # Errors
    /// Where the file cannot be opened or was written by a newer program.
    pub async fn open_sqlite(file: &Path) -> Result<Self, StoreError> {
        let db = Self::connect_sqlite(file).await?;
        let copies = file.parent().map(|folder| folder.join("backups"));
        db.upgrade(copies.as_deref()).await?;
        Ok(db)
    }

    /// Opens a SQLite file, making it where needed, and leaves its schema alone.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub async fn connect_sqlite(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Acknowledged means on disk (I-16): NORMAL would not sync the log at commit.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("wal_autocheckpoint", "0")
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "MEMORY");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let checkpointer =
            SqlitePoolOptions::new().min_connections(0).max_connections(1).connect_lazy_with(options.clone());
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_lazy_with(options.pragma("cache_size", "-8192").pragma("query_only", "ON"));
        Ok(Self::Sqlite { writer, readers, checkpointer })
    }

    /// Connects to PostgreSQL and brings its schema up to date where needed, without a copy of an older one: the server
    /// uses [`Db::connect_postgres`] and [`Db::upgrade`].
    ///
    /// # Errors
    /// Where the server cannot be reached or the database was written by a newer program.
    pub async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let db = Self::connect_postgres(url).await?;
        db.upgrade(None).await?;
        Ok(db)
    }

    /// Connects to PostgreSQL and leaves its schema alone.
    ///
    /// # Errors
    /// Where the server cannot be reached.
    pub async fn connect_postgres(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Address("postgres://…".into()))?;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // Acknowledged means on disk (I-16), whatever the database's default says; stricter ones stay.
                    connection
                        .execute(
                            "SELECT set_config('synchronous_commit', 'on', false)
                             WHERE current_setting('synchronous_commit') = 'off'",
                        )
                        .await?;
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self::Postgres(pool))
    }

    /// The schema of the database, 0 where it is a fresh one.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        migrate::version(self).await
    }

    /// Brings the schema up to date. Where there is an older one, `copies` names the folder that gets a copy of the
    /// database first, as one SQLite file whichever database this is; answers its path.
    ///
    /// # Errors
    /// Where the copy cannot be written, a step fails (nothing is changed then), or a newer program wrote the database.
    pub async fn upgrade(&self, copies: Option<&Path>) -> Result<Option<PathBuf>, StoreError> {
        migrate::upgrade(self, migrate::MIGRATIONS, copies).await
    }

    /// Begins a writing transaction and takes its place in the line of writers.
    ///
    /// Raising the head's position is the first statement of every writing transaction. On PostgreSQL it locks the
    /// head's row until commit, on SQLite `BEGIN IMMEDIATE` already does the same: so positions are in commit order,
    /// a rolled-back writer leaves no gap (I-19, I-20), and whatever is read afterwards is what the last committed
    /// writer left (I-02, I-03).
    ///
    /// # Errors
    /// Where the database is gone or stays locked.
    pub async fn write(&self) -> Result<(Tx, WriteHead), StoreError> {
        let mut tx = self.begin_plain().await?;
        let (position, policy_version): (i64, i64) = tx
            .query("UPDATE heads SET position = position + 1 WHERE id = 1 RETURNING position, policy_version")
            .fetch_one()
            .await?;
        Ok((tx, WriteHead { position, policy_version }))
    }

    /// A writing transaction that takes no place in the line: for the migration that makes the line.
    pub(crate) async fn begin_plain(&self) -> Result<Tx, StoreError> {
        let inner = match self {
            Self::Sqlite { writer, .. } => Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx { inner })
    }

    /// Begins a reading transaction: one snapshot, whatever is committed meanwhile. Always on the primary (I-02).
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let inner = match self {
            Self::Sqlite { readers, .. } => Inner::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => {
                Inner::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        };
        Ok(Tx { inner })
    }

    /// Moves what the write-ahead log holds into the database file, off the writer's thread. Does nothing on
    /// PostgreSQL, which does so by itself.
    ///
    /// With `restart`, waits for writers for a moment so that the log begins anew; otherwise nobody waits.
    ///
    /// # Errors
    /// Where the file system refuses.
    pub async fn checkpoint(&self, restart: bool) -> Result<(), StoreError> {
        if let Self::Sqlite { checkpointer, .. } = self {
            let statement = if restart { "PRAGMA wal_checkpoint(RESTART)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
            checkpointer.execute(statement).await?;
        }
        Ok(())
    }

    /// Waits for running statements and closes all connections. On SQLite all that the write-ahead log holds is moved
    /// into the file first, so that what is left behind is one file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, checkpointer } => {
                readers.close().await;
                if !checkpointer.is_closed()
                    && let Err(error) = checkpointer.execute("PRAGMA wal_checkpoint(TRUNCATE)").await
                {
                    // Nothing is lost: the next start reads the log.
                    tracing::warn!(%error, "the write-ahead log could not be emptied");
                }
                checkpointer.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx {
    inner: Inner,
}

impl Tx {
    /// The connection of a transaction on SQLite, for what is written for it alone.
    ///
    /// # Panics
    /// On PostgreSQL.
    pub(crate) fn as_sqlite(&mut self) -> &mut SqliteConnection {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx,
            Inner::Postgres(_) => unreachable!("only for a transaction that was begun on SQLite"),
        }
    }

    /// A statement in the spelling of this driver, where one costs much less than the other: to SQLite `$1` is a *name*,
    /// and binding a thousand of them looks each up in a list; `?` is a mere place. Everything else is written once.
    pub(crate) fn query_by_driver(&mut self, sqlite: &'static str, postgres: &'static str) -> Statement<'_> {
        let sql = if matches!(self.inner, Inner::Sqlite(_)) { sqlite } else { postgres };
        self.query(sql)
    }

    /// A statement to bind to and run.
    pub fn query(&mut self, sql: &'static str) -> Statement<'_> {
        let args = match &self.inner {
            Inner::Sqlite(_) => Args::Sqlite(SqliteArguments::default()),
            Inner::Postgres(_) => Args::Postgres(Box::default()),
        };
        Statement { tx: self, sql, args }
    }

    /// Makes all of it durable: on return it is on disk.
    ///
    /// # Errors
    /// Where the database could not promise that. What happened is then in doubt, and a retry with the same key
    /// settles it (I-25).
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes all of it now; dropping does the same later.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await?,
            Inner::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.inner {
            Inner::Sqlite(_) => "Tx(sqlite)",
            Inner::Postgres(_) => "Tx(postgres)",
        })
    }
}

/// One statement and its arguments.
#[derive(Debug)]
#[must_use]
pub struct Statement<'t> {
    tx: &'t mut Tx,
    sql: &'static str,
    args: Args,
}

impl Statement<'_> {
    /// Binds the next placeholder.
    pub fn bind(mut self, value: impl Param) -> Self {
        value.add_to(&mut self.args);
        self
    }

    /// Runs it; answers how many rows it touched.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn execute(self) -> Result<u64, StoreError> {
        Ok(match (&mut self.tx.inner, self.args) {
            (Inner::Sqlite(tx), Args::Sqlite(args)) => {
                sqlx::query_with(self.sql, args).execute(&mut **tx).await?.rows_affected()
            }
            (Inner::Postgres(tx), Args::Postgres(args)) => {
                sqlx::query_with(self.sql, *args).execute(&mut **tx).await?.rows_affected()
            }
            _ => unreachable!("arguments are made by the transaction they go to"),
        })
    }

    /// Runs it; answers the first row, if any.
    ///
    /// # Errors
    /// Where the database refuses or a value cannot be read.
    pub async fn fetch_optional<R: Record>(self) -> Result<Option<R>, StoreError> {
        Ok(match (&mut self.tx.inner, self.args) {
            (Inner::Sqlite(tx), Args::Sqlite(args)) => {
                sqlx::query_as_with(self.sql, args).fetch_optional(&mut **tx).await?
            }
            (Inner::Postgres(tx), Args::Postgres(args)) => {
                sqlx::query_as_with(self.sql, *args).fetch_optional(&mut **tx).await?
            }
            _ => unreachable!("arguments are made by the transaction they go to"),
        })
    }

    /// Runs it; answers the one row that must be there.
    ///
    /// # Errors
    /// As [`Statement::fetch_optional`], and where there is no row.
    pub async fn fetch_one<R: Record>(self) -> Result<R, StoreError> {
        self.fetch_optional().await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// Runs it; answers all rows.
    ///
    /// # Errors
    /// As [`Statement::fetch_optional`].
    pub async fn fetch_all<R: Record>(self) -> Result<Vec<R>, StoreError> {
        Ok(match (&mut self.tx.inner, self.args) {
            (Inner::Sqlite(tx), Args::Sqlite(args)) => sqlx::query_as_with(self.sql, args).fetch_all(&mut **tx).await?,
            (Inner::Postgres(tx), Args::Postgres(args)) => {
                sqlx::query_as_with(self.sql, *args).fetch_all(&mut **tx).await?
            }
            _ => unreachable!("arguments are made by the transaction they go to"),
        })
    }
}
