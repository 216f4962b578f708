//! Requests that may be repeated: which key did what, and what was answered.

use crate::db::{StoreError, Tx};
use liaison_domain::{MemberId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// A request that was carried out under a key.
#[derive(Debug, Clone, FromRow)]
pub struct Done {
    /// Which request of the server did it.
    pub attempt: Uuid,
    /// Keyed hash of what was asked.
    pub fingerprint: Vec<u8>,
    /// The answer's HTTP status; none where the answer was not kept.
    pub status: Option<i64>,
    /// The answer's body.
    pub body: Option<String>,
}

/// What was done under a member's key since `since`.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, member: MemberId, key: &str, since: Timestamp) -> Result<Option<Done>, StoreError> {
    tx.query(
        "SELECT attempt, fingerprint, status, body FROM retries WHERE member_id = $1 AND retry_key = $2 AND at > $3",
    )
    .bind(member)
    .bind(key)
    .bind(since)
    .fetch_optional()
    .await
}

/// Takes a key for one attempt, in the transaction of what it does. False: another attempt has it.
///
/// Rows of the member that are not newer than `since` go, so the table needs no sweeping.
///
/// # Errors
/// Where the database refuses.
pub async fn claim(
    tx: &mut Tx,
    member: MemberId,
    key: &str,
    attempt: Uuid,
    fingerprint: &[u8],
    now: Timestamp,
    since: Timestamp,
) -> Result<bool, StoreError> {
    tx.query("DELETE FROM retries WHERE member_id = $1 AND at <= $2").bind(member).bind(since).execute().await?;
    let taken = tx
        .query(
            "INSERT INTO retries (member_id, retry_key, attempt, fingerprint, at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (member_id, retry_key) DO NOTHING",
        )
        .bind(member)
        .bind(key)
        .bind(attempt)
        .bind(fingerprint)
        .bind(now)
        .execute()
        .await?;
    // A use case may begin twice in one request.
    Ok(taken == 1 || find(tx, member, key, since).await?.is_some_and(|done| done.attempt == attempt))
}

/// Keeps the answer of an attempt.
///
/// # Errors
/// Where the database refuses.
pub async fn keep_answer(
    tx: &mut Tx,
    member: MemberId,
    key: &str,
    attempt: Uuid,
    status: i64,
    body: &str,
) -> Result<(), StoreError> {
    tx.query("UPDATE retries SET status = $4, body = $5 WHERE member_id = $1 AND retry_key = $2 AND attempt = $3")
        .bind(member)
        .bind(key)
        .bind(attempt)
        .bind(status)
        .bind(body)
        .execute()
        .await?;
    Ok(())
}

/// Gives a key back whose attempt was refused: it may be tried again.
///
/// # Errors
/// Where the database refuses.
pub async fn release(tx: &mut Tx, member: MemberId, key: &str, attempt: Uuid) -> Result<(), StoreError> {
    tx.query("DELETE FROM retries WHERE member_id = $1 AND retry_key = $2 AND attempt = $3")
        .bind(member)
        .bind(key)
        .bind(attempt)
        .execute()
        .await?;
    Ok(())
}
