//! The external contact book.

use crate::db::{StoreError, Tx};
use liaison_domain::{CompanyId, ContactId, MemberId, Timestamp};
use liaison_policy::{AddContact, Permit};
use sqlx::FromRow;
use uuid::Uuid;

/// A contact as stored.
#[derive(Debug, Clone, FromRow)]
pub struct Contact {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: ContactId,
    /// The company it belongs to.
    #[sqlx(try_from = "Uuid")]
    pub company_id: CompanyId,
    /// Who added it.
    #[sqlx(try_from = "Uuid")]
    pub owner_id: MemberId,
    /// Whom it stands for.
    #[sqlx(try_from = "Uuid")]
    pub outsider_id: MemberId,
    /// Their name, as last synced.
    pub name: String,
    /// Their nickname, as last synced.
    pub nickname: String,
    /// Their company's name, as last synced.
    pub company_name: String,
    /// Position of its last change.
    pub position: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, company_id, owner_id, outsider_id, name, nickname, company_name, position FROM contacts ",
            $rest
        )
    };
}

/// Adds a contact. Takes the proof that the decision allows it, and gives it on to the link.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(
    tx: &mut Tx,
    permit: Permit<AddContact>,
    contact: &Contact,
    now: Timestamp,
) -> Result<Permit<AddContact>, StoreError> {
    tx.query(
        "INSERT INTO contacts (id, company_id, owner_id, outsider_id, name, nickname, company_name, created_at, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(contact.id)
    .bind(contact.company_id)
    .bind(contact.owner_id)
    .bind(contact.outsider_id)
    .bind(contact.name.as_str())
    .bind(contact.nickname.as_str())
    .bind(contact.company_name.as_str())
    .bind(now)
    .bind(contact.position)
    .execute()
    .await?;
    Ok(permit)
}

/// A contact by id.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, id: ContactId) -> Result<Option<Contact>, StoreError> {
    tx.query(select!("WHERE id = $1")).bind(id).fetch_optional().await
}

/// The contact of an owner for an outsider.
///
/// # Errors
/// Where the database refuses.
pub async fn find_by_outsider(tx: &mut Tx, owner: MemberId, outsider: MemberId) -> Result<Option<Contact>, StoreError> {
    tx.query(select!("WHERE owner_id = $1 AND outsider_id = $2")).bind(owner).bind(outsider).fetch_optional().await
}

/// A page of an owner's contacts by name and id, after `(name, id)`, whose name or company holds the query.
///
/// # Errors
/// Where the database refuses.
pub async fn list(
    tx: &mut Tx,
    owner: MemberId,
    query: &str,
    after: Option<(String, ContactId)>,
    limit: i64,
) -> Result<Vec<Contact>, StoreError> {
    let (name, id) = after.map_or((String::new(), None), |(name, id)| (name, Some(id)));
    let all: Vec<Contact> = tx.query(select!("WHERE owner_id = $1")).bind(owner).fetch_all().await?;
    // Sorted and matched here: the two databases fold and collate differently, and a book of one owner is small.
    let wanted = liaison_domain::fold_for_search(query);
    let mut fitting: Vec<Contact> = all
        .into_iter()
        .filter(|c| {
            let text = liaison_domain::fold_for_search(&format!("{} {} {}", c.name, c.nickname, c.company_name));
            text.contains(&wanted)
        })
        .filter(|c| id.is_none_or(|id| (c.name.as_str(), c.id) > (name.as_str(), id)))
        .collect();
    fitting.sort_by(|a, b| (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)));
    fitting.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(fitting)
}

/// An owner's contacts that changed after a position, and those whose link or room did.
///
/// # Errors
/// Where the database refuses.
pub async fn changed_after(tx: &mut Tx, owner: MemberId, position: i64) -> Result<Vec<ContactId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query("SELECT id FROM contacts WHERE owner_id = $1 AND position > $2 ORDER BY position, id")
        .bind(owner)
        .bind(position)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Every contact that stands for this person, with its owner.
///
/// # Errors
/// Where the database refuses.
pub async fn standing_for(tx: &mut Tx, outsider: MemberId) -> Result<Vec<(ContactId, MemberId)>, StoreError> {
    let rows: Vec<(Uuid, Uuid)> =
        tx.query("SELECT id, owner_id FROM contacts WHERE outsider_id = $1").bind(outsider).fetch_all().await?;
    Ok(rows.into_iter().map(|(id, owner)| (id.into(), owner.into())).collect())
}

/// Marks a contact as changed at this position.
///
/// # Errors
/// Where the database refuses.
pub async fn touch(tx: &mut Tx, id: ContactId, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE contacts SET position = $2 WHERE id = $1").bind(id).bind(position).execute().await?;
    Ok(())
}

/// Brings a contact's synced fields in step with the other side.
///
/// # Errors
/// Where the database refuses.
pub async fn sync(tx: &mut Tx, id: ContactId, name: &str, nickname: &str, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE contacts SET name = $2, nickname = $3, position = $4 WHERE id = $1")
        .bind(id)
        .bind(name)
        .bind(nickname)
        .bind(position)
        .execute()
        .await?;
    Ok(())
}
