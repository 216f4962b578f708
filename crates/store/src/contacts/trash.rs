//! The trash: what lies in it, what comes back, what goes for good.

use super::{Contact, Row, columns, select};
use crate::db::{StoreError, Tx};
use liaison_domain::{ContactId, MemberId, Timestamp};

/// Puts a contact into the trash.
///
/// # Errors
/// Where the database refuses.
pub async fn trash(tx: &mut Tx, id: ContactId, by: MemberId, now: Timestamp, position: i64) -> Result<(), StoreError> {
    tx.query(
        "UPDATE contacts SET trashed_at = $2, trashed_by = $3, position = $4, version = version + 1 WHERE id = $1",
    )
    .bind(id)
    .bind(now)
    .bind(by)
    .bind(position)
    .execute()
    .await?;
    Ok(())
}

/// Takes a contact out of the trash, with all that was in it.
///
/// # Errors
/// Where the database refuses.
pub async fn restore(tx: &mut Tx, id: ContactId, position: i64) -> Result<(), StoreError> {
    tx.query(
        "UPDATE contacts SET trashed_at = NULL, trashed_by = NULL, position = $2, version = version + 1 WHERE id = $1",
    )
    .bind(id)
    .bind(position)
    .execute()
    .await?;
    Ok(())
}

/// Contacts whose days in the trash are over, by the setting of their company; none where a legal hold keeps them.
///
/// # Errors
/// Where the database refuses.
pub async fn expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Contact>, StoreError> {
    let rows: Vec<Row> = tx
        .query(select!(
            "LEFT JOIN contact_books b ON b.company_id = c.company_id
             WHERE c.trashed_at IS NOT NULL AND COALESCE(b.legal_hold, FALSE) = FALSE
               AND c.trashed_at + COALESCE(b.trash_days, 30) * 86400000 <= $1
             ORDER BY c.trashed_at, c.id LIMIT $2"
        ))
        .bind(now)
        .bind(limit)
        .fetch_all()
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Deletes a contact for good, with photo, tags and sharing. Changes nothing about the link.
///
/// # Errors
/// Where the database refuses.
pub async fn purge(tx: &mut Tx, id: ContactId) -> Result<(), StoreError> {
    tx.query("DELETE FROM contact_tags WHERE contact_id = $1").bind(id).execute().await?;
    tx.query("DELETE FROM contact_photos WHERE contact_id = $1").bind(id).execute().await?;
    tx.query("DELETE FROM contact_shares WHERE contact_id = $1").bind(id).execute().await?;
    tx.query("DELETE FROM contacts WHERE id = $1").bind(id).execute().await?;
    Ok(())
}
