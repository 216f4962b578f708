//! A company's audit chain.

use crate::db::{StoreError, Tx};
use liaison_audit::{Content, Entry, Hash, chain};
use liaison_domain::{CompanyId, MemberId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// Appends an entry to a company's chain, in the transaction of the act it tells of (I-34).
///
/// # Errors
/// Where the database refuses.
pub async fn append(tx: &mut Tx, company: CompanyId, content: &Content, nonce: [u8; 16]) -> Result<(), StoreError> {
    let (seq, previous): (i64, Vec<u8>) =
        tx.query("SELECT audit_seq + 1, audit_hash FROM companies WHERE id = $1").bind(company).fetch_one().await?;
    let previous: Hash = previous.try_into().map_err(|_| StoreError::broken("audit hash"))?;
    let content_hash = content.hash(&nonce);
    let hash = chain(company, seq, &previous, &content_hash);
    tx.query(
        "INSERT INTO audit_entries (company_id, seq, id, at, category, action, actor_id, target, details, ip, nonce,
             content_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(company)
    .bind(seq)
    .bind(content.id)
    .bind(content.at)
    .bind(content.category.as_str())
    .bind(content.action.as_str())
    .bind(content.actor)
    .bind(content.target.as_deref())
    .bind(content.details.as_str())
    .bind(content.ip.as_deref())
    .bind(nonce.as_slice())
    .bind(content_hash.as_slice())
    .bind(hash.as_slice())
    .execute()
    .await?;
    tx.query("UPDATE companies SET audit_seq = $2, audit_hash = $3 WHERE id = $1")
        .bind(company)
        .bind(seq)
        .bind(hash.as_slice())
        .execute()
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    id: Uuid,
    at: i64,
    category: String,
    action: String,
    actor_id: Option<Uuid>,
    target: Option<String>,
    details: String,
    ip: Option<String>,
    nonce: Vec<u8>,
    content_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            seq: row.seq,
            content: Content {
                id: row.id.into(),
                at: Timestamp::from_millis(row.at),
                category: row.category,
                action: row.action,
                actor: row.actor_id.map(Into::into),
                target: row.target,
                details: row.details,
                ip: row.ip,
            },
            nonce: row.nonce,
            content_hash: row.content_hash,
            hash: row.hash,
        }
    }
}

/// What of a log is wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this category.
    pub category: Option<String>,
    /// Only acts of this member.
    pub actor: Option<MemberId>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// Entries before `before` (none: from the newest), newest first.
///
/// # Errors
/// Where the database refuses.
pub async fn list(
    tx: &mut Tx,
    company: CompanyId,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = tx
        .query(
            "SELECT seq, id, at, category, action, actor_id, target, details, ip, nonce, content_hash, hash
             FROM audit_entries
             WHERE company_id = $1 AND seq < $2 AND ($3 IS NULL OR category = $3) AND ($4 IS NULL OR actor_id = $4)
               AND at >= $5 AND at < $6
             ORDER BY seq DESC LIMIT $7",
        )
        .bind(company)
        .bind(before.unwrap_or(i64::MAX))
        .bind(filter.category.as_deref())
        .bind(filter.actor)
        .bind(filter.from.map_or(i64::MIN, Timestamp::as_millis))
        .bind(filter.to.map_or(i64::MAX, Timestamp::as_millis))
        .bind(limit)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Entries after `after`, oldest first: what a verification or export walks through.
///
/// # Errors
/// Where the database refuses.
pub async fn walk(tx: &mut Tx, company: CompanyId, after: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = tx
        .query(
            "SELECT seq, id, at, category, action, actor_id, target, details, ip, nonce, content_hash, hash
             FROM audit_entries WHERE company_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(company)
        .bind(after)
        .bind(limit)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The number and hash of the newest entry.
///
/// # Errors
/// Where the database refuses.
pub async fn head(tx: &mut Tx, company: CompanyId) -> Result<(i64, Vec<u8>), StoreError> {
    tx.query("SELECT audit_seq, audit_hash FROM companies WHERE id = $1").bind(company).fetch_one().await
}

/// When the newest entry of any log was written.
///
/// # Errors
/// Where the database refuses.
pub async fn newest(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let (at,): (Option<i64>,) = tx.query("SELECT MAX(at) FROM audit_entries").fetch_one().await?;
    Ok(at.map(Timestamp::from_millis))
}
