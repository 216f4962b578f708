//! Browser sessions and bearer tokens. Only hashes of secrets are kept (I-53).

use crate::db::{StoreError, Tx};
use liaison_domain::{MemberId, SessionId, Timestamp, TokenId};
use sqlx::FromRow;
use uuid::Uuid;

/// Stores a session.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(
    tx: &mut Tx,
    id: SessionId,
    member: MemberId,
    secret_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.query("INSERT INTO sessions (id, member_id, secret_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(member)
        .bind(secret_hash)
        .bind(now)
        .bind(expires_at)
        .execute()
        .await?;
    Ok(())
}

/// Whose session a secret opens, if it is live.
///
/// # Errors
/// Where the database refuses.
pub async fn find_session(
    tx: &mut Tx,
    secret_hash: &[u8],
    now: Timestamp,
) -> Result<Option<(SessionId, MemberId)>, StoreError> {
    let row: Option<(Uuid, Uuid)> = tx
        .query("SELECT id, member_id FROM sessions WHERE secret_hash = $1 AND expires_at > $2")
        .bind(secret_hash)
        .bind(now)
        .fetch_optional()
        .await?;
    Ok(row.map(|(id, member)| (id.into(), member.into())))
}

/// Whose token a secret is, if it is live.
///
/// # Errors
/// Where the database refuses.
pub async fn find_token(
    tx: &mut Tx,
    secret_hash: &[u8],
    now: Timestamp,
) -> Result<Option<(TokenId, MemberId)>, StoreError> {
    let row: Option<(Uuid, Uuid)> = tx
        .query("SELECT id, member_id FROM tokens WHERE secret_hash = $1 AND (expires_at IS NULL OR expires_at > $2)")
        .bind(secret_hash)
        .bind(now)
        .fetch_optional()
        .await?;
    Ok(row.map(|(id, member)| (id.into(), member.into())))
}

/// Ends a session.
///
/// # Errors
/// Where the database refuses.
pub async fn delete(tx: &mut Tx, id: SessionId) -> Result<(), StoreError> {
    tx.query("DELETE FROM sessions WHERE id = $1").bind(id).execute().await?;
    Ok(())
}

/// Ends all sessions of a member but one.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_others(tx: &mut Tx, member: MemberId, keep: Option<SessionId>) -> Result<(), StoreError> {
    tx.query("DELETE FROM sessions WHERE member_id = $1 AND ($2 IS NULL OR id <> $2)")
        .bind(member)
        .bind(keep)
        .execute()
        .await?;
    Ok(())
}

/// Removes sessions and tokens whose time is over.
///
/// # Errors
/// Where the database refuses.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    tx.query("DELETE FROM sessions WHERE expires_at <= $1").bind(now).execute().await?;
    tx.query("DELETE FROM tokens WHERE expires_at <= $1").bind(now).execute().await?;
    Ok(())
}

/// A bearer token as its owner sees it.
#[derive(Debug, Clone, FromRow)]
pub struct Token {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: TokenId,
    /// What it is for.
    pub label: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms; none for no end.
    pub expires_at: Option<i64>,
}

/// Stores a token.
///
/// # Errors
/// Where the database refuses.
pub async fn insert_token(tx: &mut Tx, token: &Token, member: MemberId, secret_hash: &[u8]) -> Result<(), StoreError> {
    tx.query("INSERT INTO tokens (id, member_id, secret_hash, label, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(token.id)
        .bind(member)
        .bind(secret_hash)
        .bind(token.label.as_str())
        .bind(token.created_at)
        .bind(token.expires_at)
        .execute()
        .await?;
    Ok(())
}

/// A member's tokens, newest first.
///
/// # Errors
/// Where the database refuses.
pub async fn tokens_of(tx: &mut Tx, member: MemberId) -> Result<Vec<Token>, StoreError> {
    tx.query("SELECT id, label, created_at, expires_at FROM tokens WHERE member_id = $1 ORDER BY created_at DESC, id")
        .bind(member)
        .fetch_all()
        .await
}

/// Ends a member's token. `false` where it is not theirs.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_token(tx: &mut Tx, member: MemberId, id: TokenId) -> Result<bool, StoreError> {
    Ok(tx.query("DELETE FROM tokens WHERE id = $1 AND member_id = $2").bind(id).bind(member).execute().await? == 1)
}

/// Ends all tokens of a member.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_all_tokens(tx: &mut Tx, member: MemberId) -> Result<(), StoreError> {
    tx.query("DELETE FROM tokens WHERE member_id = $1").bind(member).execute().await?;
    Ok(())
}

/// Whether a session or token, by its id, is live.
///
/// # Errors
/// Where the database refuses.
pub async fn is_live(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let row: Option<(Uuid,)> = tx
        .query(
            "SELECT id FROM sessions WHERE id = $1 AND expires_at > $2
             UNION ALL SELECT id FROM tokens WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(id)
        .bind(now)
        .fetch_optional()
        .await?;
    Ok(row.is_some())
}
