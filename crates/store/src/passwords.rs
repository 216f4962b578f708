//! Links by which somebody sets their password. Only hashes of their secrets are kept (I-53).

use crate::db::{StoreError, Tx};
use liaison_domain::{MemberId, PasswordLinkId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// A link as stored.
#[derive(Debug, Clone, FromRow)]
pub struct PasswordLink {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: PasswordLinkId,
    /// Whose password it sets.
    #[sqlx(try_from = "Uuid")]
    pub member_id: MemberId,
    /// `reset`, or `first` for somebody who never had a password.
    pub purpose: String,
    /// `open`, `used` or `replaced`.
    pub state: String,
    /// Unix ms.
    pub expires_at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, member_id, purpose, state, expires_at FROM password_links ", $rest)
    };
}

/// Stores a link; older ones of the member serve no longer.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(
    tx: &mut Tx,
    id: PasswordLinkId,
    member: MemberId,
    purpose: &'static str,
    secret_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    replace_all(tx, member).await?;
    tx.query(
        "INSERT INTO password_links (id, member_id, purpose, secret_hash, state, created_at, expires_at)
         VALUES ($1, $2, $3, $4, 'open', $5, $6)",
    )
    .bind(id)
    .bind(member)
    .bind(purpose)
    .bind(secret_hash)
    .bind(now)
    .bind(expires_at)
    .execute()
    .await?;
    Ok(())
}

/// No link of the member serves any longer.
///
/// # Errors
/// Where the database refuses.
pub async fn replace_all(tx: &mut Tx, member: MemberId) -> Result<(), StoreError> {
    tx.query("UPDATE password_links SET state = 'replaced' WHERE member_id = $1 AND state = 'open'")
        .bind(member)
        .execute()
        .await?;
    Ok(())
}

/// A link by its id.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, id: PasswordLinkId) -> Result<Option<PasswordLink>, StoreError> {
    tx.query(select!("WHERE id = $1")).bind(id).fetch_optional().await
}

/// The link that a secret opens.
///
/// # Errors
/// Where the database refuses.
pub async fn find_by_secret(tx: &mut Tx, secret_hash: &[u8]) -> Result<Option<PasswordLink>, StoreError> {
    tx.query(select!("WHERE secret_hash = $1")).bind(secret_hash).fetch_optional().await
}

/// The newest link of a member.
///
/// # Errors
/// Where the database refuses.
pub async fn newest_of(tx: &mut Tx, member: MemberId) -> Result<Option<PasswordLink>, StoreError> {
    tx.query(select!("WHERE member_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1"))
        .bind(member)
        .fetch_optional()
        .await
}

/// Uses a link up. `false` where somebody else just did.
///
/// # Errors
/// Where the database refuses.
pub async fn use_up(tx: &mut Tx, id: PasswordLinkId) -> Result<bool, StoreError> {
    let used = tx.query("UPDATE password_links SET state = 'used' WHERE id = $1 AND state = 'open'").bind(id);
    Ok(used.execute().await? == 1)
}

/// Removes links that ended before this moment.
///
/// # Errors
/// Where the database refuses.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    tx.query("DELETE FROM password_links WHERE expires_at < $1").bind(before).execute().await?;
    Ok(())
}
