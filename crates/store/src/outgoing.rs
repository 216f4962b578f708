//! Mail and text messages on their way out: a queue in the database.

use crate::db::{StoreError, Tx};
use liaison_domain::{CompanyId, OutgoingId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// What is put into the queue.
#[derive(Debug, Clone)]
pub struct NewItem<'a> {
    /// Its id, from which the Message-ID of a mail is made.
    pub id: OutgoingId,
    /// Whose it is.
    pub company_id: CompanyId,
    /// `mail` or `text`.
    pub kind: &'static str,
    /// What it is about.
    pub purpose: &'static str,
    /// The thing of that purpose.
    pub subject_id: Uuid,
    /// An address or a number.
    pub recipient: &'a str,
    /// What is to be sent, sealed.
    pub payload: &'a [u8],
    /// The same thing is queued once.
    pub once_key: &'a str,
}

/// Something that is being tried.
#[derive(Debug, Clone, FromRow)]
pub struct Item {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: OutgoingId,
    /// Whose it is.
    #[sqlx(try_from = "Uuid")]
    pub company_id: CompanyId,
    /// `mail` or `text`.
    pub kind: String,
    /// What it is about.
    pub purpose: String,
    /// The thing of that purpose.
    pub subject_id: Uuid,
    /// An address or a number.
    pub recipient: String,
    /// What is to be sent, sealed.
    pub payload: Option<Vec<u8>>,
    /// How often it was tried, this time not counted.
    pub attempts: i64,
    /// When it was queued, Unix ms.
    pub created_at: i64,
}

/// How far something got.
#[derive(Debug, Clone, FromRow)]
pub struct Progress {
    /// `queued`, `sent`, `refused` or `dropped`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last try failed.
    pub error: Option<String>,
    /// When it was queued, Unix ms.
    pub created_at: i64,
    /// When it was sent or given up, Unix ms.
    pub settled_at: Option<i64>,
}

/// Puts something into the queue. `false` where it is, or was, there already.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(tx: &mut Tx, item: &NewItem<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "INSERT INTO outgoing (id, company_id, kind, purpose, subject_id, recipient, payload, once_key, state, attempts,
                 next_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', 0, $9, $10) ON CONFLICT (once_key) DO NOTHING",
        )
        .bind(item.id)
        .bind(item.company_id)
        .bind(item.kind)
        .bind(item.purpose)
        .bind(item.subject_id)
        .bind(item.recipient)
        .bind(item.payload)
        .bind(item.once_key)
        .bind(now)
        .bind(now)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// What is due of a kind and nobody is trying: the one that has waited longest.
///
/// # Errors
/// Where the database refuses.
pub async fn find_due(tx: &mut Tx, kind: &str, now: Timestamp) -> Result<Option<Item>, StoreError> {
    tx.query(
        "SELECT id, company_id, kind, purpose, subject_id, recipient, payload, attempts, created_at FROM outgoing
         WHERE state = 'queued' AND kind = $1 AND next_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $3)
         ORDER BY next_at, id LIMIT 1",
    )
    .bind(kind)
    .bind(now)
    .bind(now)
    .fetch_optional()
    .await
}

/// When something of a kind is due next, if anything waits.
///
/// # Errors
/// Where the database refuses.
pub async fn next_due(tx: &mut Tx, kind: &str) -> Result<Option<Timestamp>, StoreError> {
    let (next,): (Option<i64>,) = tx
        .query(
            "SELECT MIN(CASE WHEN claimed_until > next_at THEN claimed_until ELSE next_at END) FROM outgoing
             WHERE state = 'queued' AND kind = $1",
        )
        .bind(kind)
        .fetch_one()
        .await?;
    Ok(next.map(Timestamp::from_millis))
}

/// How many wait of each kind.
///
/// # Errors
/// Where the database refuses.
pub async fn count_queued(tx: &mut Tx, kind: &str) -> Result<i64, StoreError> {
    let (count,): (i64,) =
        tx.query("SELECT COUNT(*) FROM outgoing WHERE state = 'queued' AND kind = $1").bind(kind).fetch_one().await?;
    Ok(count)
}

/// Takes something for one try: until then others leave it alone.
///
/// # Errors
/// Where the database refuses.
pub async fn claim(tx: &mut Tx, id: OutgoingId, until: Timestamp) -> Result<(), StoreError> {
    tx.query("UPDATE outgoing SET claimed_until = $2, attempts = attempts + 1 WHERE id = $1")
        .bind(id)
        .bind(until)
        .execute()
        .await?;
    Ok(())
}

/// Gives back what a server that ended had taken.
///
/// # Errors
/// Where the database refuses.
pub async fn release_all(tx: &mut Tx) -> Result<(), StoreError> {
    tx.query("UPDATE outgoing SET claimed_until = NULL WHERE state = 'queued' AND claimed_until IS NOT NULL")
        .execute()
        .await?;
    Ok(())
}

/// The try failed: another one later.
///
/// # Errors
/// Where the database refuses.
pub async fn postpone(tx: &mut Tx, id: OutgoingId, next_at: Timestamp, error: &str) -> Result<(), StoreError> {
    tx.query("UPDATE outgoing SET claimed_until = NULL, next_at = $2, error = $3 WHERE id = $1 AND state = 'queued'")
        .bind(id)
        .bind(next_at)
        .bind(error)
        .execute()
        .await?;
    Ok(())
}

/// It is over: sent, refused or dropped. What was to be sent is erased (I-53).
///
/// # Errors
/// Where the database refuses.
pub async fn settle(
    tx: &mut Tx,
    id: OutgoingId,
    state: &'static str,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "UPDATE outgoing SET state = $2, payload = NULL, claimed_until = NULL, error = $3, settled_at = $4
         WHERE id = $1 AND state = 'queued'",
    )
    .bind(id)
    .bind(state)
    .bind(error)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// The newest item about a thing.
///
/// # Errors
/// Where the database refuses.
pub async fn progress(tx: &mut Tx, subject: Uuid) -> Result<Option<Progress>, StoreError> {
    tx.query(
        "SELECT state, attempts, error, created_at, settled_at FROM outgoing WHERE subject_id = $1
         ORDER BY created_at DESC, id DESC LIMIT 1",
    )
    .bind(subject)
    .fetch_optional()
    .await
}

/// Removes what was sent before this moment. What was refused stays, without its text: whoever wanted it sent still reads
/// so.
///
/// # Errors
/// Where the database refuses.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    tx.query("DELETE FROM outgoing WHERE state = 'sent' AND settled_at < $1").bind(before).execute().await?;
    Ok(())
}
