//! A database as one portable file, and back.
//!
//! A copy is a SQLite file with our own schema, whichever database it is of: so a backup of one can be restored on the
//! other. SQLite makes it by itself (`VACUUM INTO`); of PostgreSQL every table is read in one snapshot. Tables and
//! columns are those that PostgreSQL names, in either direction: what a migration adds is copied without a word here,
//! as long as it keeps to the types of `0001_foundation.sql`; what SQLite has besides (an index for searches, say) is
//! made by the migrations of the other side.

use crate::db::{Db, StoreError};
use crate::migrate::{self, MIGRATIONS};
use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Arguments, AssertSqlSafe, Executor, PgConnection, Row, SqliteConnection};
use std::fmt::Write;
use std::path::Path;
use uuid::Uuid;

/// How much is put into PostgreSQL with one statement.
const MAX_ROWS: usize = 1_000;
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl Db {
    /// Writes the whole database, as of one moment, into a new SQLite file; writers go on meanwhile. Answers the schema
    /// it has.
    ///
    /// # Errors
    /// Where the database cannot be read or the file cannot be written.
    pub async fn write_copy(&self, file: &Path) -> Result<i64, StoreError> {
        match self {
            Self::Sqlite { checkpointer, .. } => {
                let path = file.to_str().ok_or_else(|| StoreError::broken("a path that is not UTF-8"))?;
                sqlx::query("VACUUM INTO $1").bind(path).execute(checkpointer).await?;
                migrate::version(self).await
            }
            Self::Postgres(pool) => {
                let mut from = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                let newest = from.fetch_one("SELECT MAX(version) FROM schema_migrations").await?;
                let schema: i64 = newest.get(0);
                let known = MIGRATIONS.iter().position(|m| m.version == schema);
                let known = known.ok_or(StoreError::NewerSchema { found: schema, known: migrate::SCHEMA_VERSION })?;
                let scratch = scratch(file).await?;
                migrate::run(&scratch, &MIGRATIONS[..=known]).await?;
                let mut to = scratch.begin_plain().await?;
                for table in tables(&mut from).await? {
                    table.to_sqlite(&mut from, to.as_sqlite()).await?;
                }
                to.commit().await?;
                scratch.close().await;
                Ok(schema)
            }
        }
    }

    /// Fills this database, which must be empty and of the same schema, with a copy: all of it or nothing. Only for
    /// PostgreSQL; on SQLite a copy simply becomes the database.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`], or where a row does not fit.
    pub async fn fill_from(&self, copy: &Self) -> Result<(), StoreError> {
        let (Self::Postgres(pool), Self::Sqlite { readers, .. }) = (self, copy) else {
            return Err(StoreError::broken("a copy goes from SQLite to PostgreSQL"));
        };
        let mut to = pool.begin().await?;
        // Whoever else would write waits here; then nobody can have written since we looked.
        to.execute("SELECT position FROM heads FOR UPDATE").await?;
        if to.fetch_one("SELECT EXISTS (SELECT 1 FROM companies)").await?.get(0) {
            return Err(StoreError::NotEmpty);
        }
        let mut from = readers.begin().await?;
        // Rows that refer to each other come in any order: the database checks them at the end.
        let keys = "FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";
        let alter = |how: &str| {
            format!("SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I {how}', conrelid::regclass, conname) {keys}")
        };
        for statement in to.fetch_all(AssertSqlSafe(alter("DEFERRABLE INITIALLY DEFERRED"))).await? {
            to.execute(AssertSqlSafe(statement.get::<String, _>(0))).await?;
        }
        to.execute("DELETE FROM heads").await?;
        for table in tables(&mut to).await? {
            table.to_postgres(&mut from, &mut to).await?;
        }
        to.execute("SET CONSTRAINTS ALL IMMEDIATE").await?;
        for statement in to.fetch_all(AssertSqlSafe(alter("NOT DEFERRABLE"))).await? {
            to.execute(AssertSqlSafe(statement.get::<String, _>(0))).await?;
        }
        to.commit().await?;
        Ok(())
    }

    /// Whether nobody has written anything yet.
    ///
    /// # Errors
    /// Where the database is gone or has no schema.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        let (companies,): (i64,) = tx.query("SELECT COUNT(*) FROM companies").fetch_one().await?;
        Ok(companies == 0)
    }

    /// What the database itself finds wrong with what it holds: broken pages, rows that refer to nothing. PostgreSQL
    /// keeps such checks to its own tools; nothing is found there.
    ///
    /// # Errors
    /// Where the database cannot be read at all.
    pub async fn faults(&self) -> Result<Vec<String>, StoreError> {
        let Self::Sqlite { readers, .. } = self else { return Ok(Vec::new()) };
        let pages = readers.fetch_all("PRAGMA integrity_check(20)").await?;
        let mut faults: Vec<String> = pages.iter().map(|row| row.get(0)).filter(|line| line != "ok").collect();
        for row in readers.fetch_all("PRAGMA foreign_key_check").await?.iter().take(20) {
            let (table, parent): (String, String) = (row.get(0), row.get(2));
            faults.push(format!("a row of {table} refers to a missing row of {parent}"));
        }
        Ok(faults)
    }

    /// Settings with which an acknowledged commit might not be on disk, as `name = value`. On SQLite we set them
    /// ourselves; of PostgreSQL some are its administrator's.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn unsafe_settings(&self) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        match self {
            Self::Sqlite { writer, .. } => {
                let synchronous: i64 = writer.fetch_one("PRAGMA synchronous").await?.get(0);
                let journal: String = writer.fetch_one("PRAGMA journal_mode").await?.get(0);
                if synchronous != 2 {
                    found.push(format!("synchronous = {synchronous}"));
                }
                if journal != "wal" {
                    found.push(format!("journal_mode = {journal}"));
                }
            }
            Self::Postgres(pool) => {
                for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
                    let row = sqlx::query("SELECT current_setting($1)").bind(setting).fetch_one(pool).await?;
                    if row.get::<String, _>(0) == "off" {
                        found.push(format!("{setting} = off"));
                    }
                }
            }
        }
        Ok(found)
    }
}

/// Writes a copy beside and then into its place, for the eyes of this user alone.
pub(crate) async fn write_privately(db: &Db, file: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Copy { path: file.to_owned(), source };
    if let Some(folder) = file.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(failed)?;
    }
    let beside = file.with_extension("partial");
    if beside.exists() {
        std::fs::remove_file(&beside).map_err(failed)?;
    }
    db.write_copy(&beside).await?;
    let handle = std::fs::File::open(&beside).map_err(failed)?;
    #[cfg(unix)]
    handle.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    handle.sync_all().map_err(failed)?;
    std::fs::rename(&beside, file).map_err(failed)
}

/// A fresh SQLite file that nobody depends on yet: without log and sync, which whoever keeps it does at the end.
async fn scratch(file: &Path) -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Off)
        // Rows come table by table; what refers to what is checked by whoever reads the copy.
        .foreign_keys(false);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    Ok(Db::Sqlite { writer: pool.clone(), readers: pool.clone(), checkpointer: pool })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Uuid,
    Number,
    Flag,
    Text,
    Bytes,
}

#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
}

/// The tables of the schema with their columns, but for the ledger, which the migrations write.
async fn tables(postgres: &mut PgConnection) -> Result<Vec<Table>, StoreError> {
    let rows = postgres
        .fetch_all(
            "SELECT c.table_name::text, c.column_name::text, c.data_type::text
             FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
                 AND c.table_name <> 'schema_migrations'
             ORDER BY c.table_name, c.ordinal_position",
        )
        .await?;
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let kind = match kind.as_str() {
            "uuid" => Kind::Uuid,
            "bigint" => Kind::Number,
            "boolean" => Kind::Flag,
            "text" => Kind::Text,
            "bytea" => Kind::Bytes,
            other => {
                return Err(StoreError::broken(format!("{table}.{column} has type {other}, which no backup knows")));
            }
        };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push((column, kind)),
            _ => tables.push(Table { name: table, columns: vec![(column, kind)] }),
        }
    }
    Ok(tables)
}

impl Table {
    fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }

    async fn to_sqlite(&self, from: &mut PgConnection, to: &mut SqliteConnection) -> Result<(), StoreError> {
        let columns = self.column_list();
        let places = vec!["?"; self.columns.len()].join(", ");
        let insert = format!("INSERT INTO \"{}\" ({columns}) VALUES ({places})", self.name);
        // The migrations leave one row, the head; ours replaces it.
        to.execute(AssertSqlSafe(format!("DELETE FROM \"{}\"", self.name))).await?;
        // A cursor, and not one long answer: memory stays small however long a table is.
        let select = format!("DECLARE copied NO SCROLL CURSOR FOR SELECT {columns} FROM \"{}\"", self.name);
        from.execute(AssertSqlSafe(select)).await?;
        loop {
            let rows = from.fetch_all("FETCH 500 FROM copied").await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                sqlx::query_with(AssertSqlSafe(insert.clone()), self.to_arguments(row)?).execute(&mut *to).await?;
            }
        }
        from.execute("CLOSE copied").await?;
        Ok(())
    }

    fn to_arguments(&self, row: &PgRow) -> Result<SqliteArguments, StoreError> {
        let mut arguments = SqliteArguments::default();
        for (i, (_, kind)) in self.columns.iter().enumerate() {
            let added = match kind {
                Kind::Uuid => arguments.add(row.try_get::<Option<Uuid>, _>(i)?),
                Kind::Number => arguments.add(row.try_get::<Option<i64>, _>(i)?),
                Kind::Flag => arguments.add(row.try_get::<Option<bool>, _>(i)?),
                Kind::Text => arguments.add(row.try_get::<Option<String>, _>(i)?),
                Kind::Bytes => arguments.add(row.try_get::<Option<Vec<u8>>, _>(i)?),
            };
            added.map_err(StoreError::broken)?;
        }
        Ok(arguments)
    }

    async fn to_postgres(&self, from: &mut SqliteConnection, to: &mut PgConnection) -> Result<(), StoreError> {
        let columns = self.column_list();
        let mut insert = format!("INSERT INTO \"{}\" ({columns}) SELECT * FROM UNNEST(", self.name);
        for (i, (_, kind)) in self.columns.iter().enumerate() {
            let kind = match kind {
                Kind::Uuid => "uuid",
                Kind::Number => "bigint",
                Kind::Flag => "boolean",
                Kind::Text => "text",
                Kind::Bytes => "bytea",
            };
            let comma = if i == 0 { "" } else { ", " };
            let _ = write!(insert, "{comma}${}::{kind}[]", i + 1);
        }
        insert.push(')');
        // Each named with its table: a bare name in quotes that is no column would be taken for a text by SQLite.
        let of_table = self.columns.iter().map(|(name, _)| format!("t.\"{name}\"")).collect::<Vec<_>>().join(", ");
        let select = format!("SELECT {of_table} FROM \"{}\" AS t", self.name);
        let mut batch = Batch::new(self);
        let mut rows = sqlx::query(AssertSqlSafe(select)).fetch(from);
        while let Some(row) = futures_util::TryStreamExt::try_next(&mut rows).await? {
            batch.push(&row)?;
            if batch.rows >= MAX_ROWS || batch.bytes >= MAX_BYTES {
                std::mem::replace(&mut batch, Batch::new(self)).insert(&insert, to).await?;
            }
        }
        batch.insert(&insert, to).await
    }
}

/// One column of many rows.
#[derive(Debug)]
enum Values {
    Uuid(Vec<Option<Uuid>>),
    Number(Vec<Option<i64>>),
    Flag(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// Rows on their way into PostgreSQL, column by column.
struct Batch {
    columns: Vec<Values>,
    rows: usize,
    bytes: usize,
}

impl Batch {
    fn new(table: &Table) -> Self {
        let column = |(_, kind): &(String, Kind)| match kind {
            Kind::Uuid => Values::Uuid(Vec::new()),
            Kind::Number => Values::Number(Vec::new()),
            Kind::Flag => Values::Flag(Vec::new()),
            Kind::Text => Values::Text(Vec::new()),
            Kind::Bytes => Values::Bytes(Vec::new()),
        };
        Self { columns: table.columns.iter().map(column).collect(), rows: 0, bytes: 0 }
    }

    fn push(&mut self, row: &SqliteRow) -> Result<(), StoreError> {
        for (i, column) in self.columns.iter_mut().enumerate() {
            match column {
                Values::Uuid(values) => values.push(row.try_get(i)?),
                Values::Number(values) => values.push(row.try_get(i)?),
                Values::Flag(values) => values.push(row.try_get(i)?),
                Values::Text(values) => {
                    let value: Option<String> = row.try_get(i)?;
                    self.bytes += value.as_ref().map_or(0, String::len);
                    values.push(value);
                }
                Values::Bytes(values) => {
                    let value: Option<Vec<u8>> = row.try_get(i)?;
                    self.bytes += value.as_ref().map_or(0, Vec::len);
                    values.push(value);
                }
            }
        }
        self.rows += 1;
        Ok(())
    }

    async fn insert(self, insert: &str, to: &mut PgConnection) -> Result<(), StoreError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut query = sqlx::query(AssertSqlSafe(insert.to_owned()));
        for column in self.columns {
            query = match column {
                Values::Uuid(values) => query.bind(values),
                Values::Number(values) => query.bind(values),
                Values::Flag(values) => query.bind(values),
                Values::Text(values) => query.bind(values),
                Values::Bytes(values) => query.bind(values),
            };
        }
        query.execute(to).await?;
        Ok(())
    }
}
