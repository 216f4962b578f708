//! The only crate that knows SQL.
//!
//! [`Db`] is SQLite or PostgreSQL; every statement is written once for both (see `db.rs`). The other modules are queries
//! by aggregate: plain functions over a [`Tx`]. Those that let something cross a company border take a
//! [`liaison_policy::Permit`], so nobody can call them who has not asked. Use cases, and with them the question of
//! which statements belong into one transaction, live in `liaison-app`.

pub mod audit;
pub mod companies;
pub mod contacts;
mod copy;
mod db;
pub mod facts;
pub mod grants;
pub mod invitations;
pub mod links;
pub mod members;
pub mod messages;
mod migrate;
pub mod outgoing;
pub mod participants;
pub mod passwords;
pub mod phones;
pub mod reports;
pub mod retries;
pub mod rooms;
pub mod sessions;
mod value;

pub use db::{Db, Param, Record, Statement, StoreError, Tx, WriteHead};
pub use migrate::SCHEMA_VERSION;
