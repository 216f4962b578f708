//! The contact book: contacts as stored, written and found.

mod book;
mod list;
mod shares;
mod trash;

pub use book::{Book, book, count, set_book};
pub use list::{Listing, Order, Place, PlaceKey, Tag, Viewer, changed_after, list, same_person, tags, visible};
pub use shares::{
    Share, administrators, audience, mark_sight, mark_sight_of_company, set_shares, shared_with_team, shares,
    sights_after,
};
pub use trash::{expired, purge, restore, trash};

use crate::db::{StoreError, Tx};
use crate::value::{json, word};
use liaison_domain::{
    BookRange, CompanyId, ContactDetails, ContactId, ContactKind, FOLDING, MemberId, Timestamp, digits, fold_for_book,
    initials, sort_key,
};
use liaison_policy::{AddContact, Permit};
use sqlx::FromRow;
use uuid::Uuid;

/// A contact as stored.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// Who added it.
    pub owner_id: MemberId,
    /// What kind of entry.
    pub kind: ContactKind,
    /// The person of another company it stands for; none in a plain contact.
    pub outsider_id: Option<MemberId>,
    /// The name.
    pub name: String,
    /// Whether the owner gave it: it follows the other side until then.
    pub name_edited: bool,
    /// The nickname; that of an outsider as last synced.
    pub nickname: Option<String>,
    /// The company's name; that of an outsider as last synced.
    pub company_name: Option<String>,
    /// All else that can be edited.
    pub details: ContactDetails,
    /// Who sees it.
    pub visibility: BookRange,
    /// Whether those who see it may edit its fields.
    pub colleagues_may_edit: bool,
    /// When nickname and company last followed the other side.
    pub synced_at: Option<Timestamp>,
    /// Since when they no longer do.
    pub sync_stopped_at: Option<Timestamp>,
    /// Since when it lies in the trash.
    pub trashed_at: Option<Timestamp>,
    /// Who put it there.
    pub trashed_by: Option<MemberId>,
    /// Moves with every change of what can be edited.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// Position of its last change.
    pub position: i64,
    /// Whether it has a photo of its own.
    pub has_photo: bool,
}

impl Contact {
    /// The outsider, in a contact that is not in the trash.
    pub fn active_outsider(&self) -> Option<MemberId> {
        self.outsider_id.filter(|_| self.trashed_at.is_none())
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    company_id: Uuid,
    owner_id: Uuid,
    kind: String,
    outsider_id: Option<Uuid>,
    name: String,
    name_edited: bool,
    nickname: Option<String>,
    company_name: Option<String>,
    details: String,
    visibility: String,
    colleagues_may_edit: bool,
    synced_at: Option<i64>,
    sync_stopped_at: Option<i64>,
    trashed_at: Option<i64>,
    trashed_by: Option<Uuid>,
    version: i64,
    created_at: i64,
    position: i64,
    has_photo: bool,
}

impl TryFrom<Row> for Contact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            company_id: row.company_id.into(),
            owner_id: row.owner_id.into(),
            kind: word(&row.kind)?,
            outsider_id: row.outsider_id.map(Into::into),
            name: row.name,
            name_edited: row.name_edited,
            nickname: row.nickname,
            company_name: row.company_name,
            details: json(&row.details)?,
            visibility: word(&row.visibility)?,
            colleagues_may_edit: row.colleagues_may_edit,
            synced_at: row.synced_at.map(Timestamp::from_millis),
            sync_stopped_at: row.sync_stopped_at.map(Timestamp::from_millis),
            trashed_at: row.trashed_at.map(Timestamp::from_millis),
            trashed_by: row.trashed_by.map(Into::into),
            version: row.version,
            created_at: Timestamp::from_millis(row.created_at),
            position: row.position,
            has_photo: row.has_photo,
        })
    }
}

macro_rules! columns {
    () => {
        "c.id, c.company_id, c.owner_id, c.kind, c.outsider_id, c.name, c.name_edited, c.nickname, c.company_name, c.details,
         c.visibility, c.colleagues_may_edit, c.synced_at, c.sync_stopped_at, c.trashed_at, c.trashed_by, c.version,
         c.created_at, c.position, EXISTS (SELECT 1 FROM contact_photos f WHERE f.contact_id = c.id) AS has_photo"
    };
}
pub(crate) use columns;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM contacts c ", $rest)
    };
}
pub(crate) use select;

/// What searches look into, a line for each way to find somebody: names and company, names without their spaces, the
/// initials of Hangul, addresses, digits, tags.
fn search_text(contact: &Contact) -> String {
    let names = [Some(&contact.name), contact.nickname.as_ref(), contact.company_name.as_ref()];
    let mut lines: Vec<String> = Vec::new();
    for name in names.into_iter().flatten() {
        let folded = fold_for_book(name);
        lines.push(folded.replace(' ', ""));
        lines.push(folded);
        lines.push(initials(name));
    }
    let details = &contact.details;
    lines.extend(details.emails.iter().map(|e| fold_for_book(&e.value)));
    lines.extend(details.phones.iter().flat_map(|p| [digits(&p.value), fold_for_book(&p.value)]));
    lines.extend(details.tags.iter().map(|t| fold_for_book(t)));
    lines.retain(|line| !line.is_empty());
    lines.dedup();
    lines.join("\n")
}

/// Those without a company come last.
fn company_key(contact: &Contact) -> Vec<u8> {
    let company = contact.company_name.as_deref().unwrap_or("");
    let mut key = vec![u8::from(company.is_empty())];
    key.extend(sort_key(company));
    key.push(0);
    key.extend(sort_key(&contact.name));
    key
}

/// Adds the contact of an outsider. Takes the proof that the decision allows it, and gives it on to the link.
///
/// # Errors
/// Where the database refuses.
pub async fn insert_outsider(
    tx: &mut Tx,
    permit: Permit<AddContact>,
    contact: &Contact,
) -> Result<Permit<AddContact>, StoreError> {
    insert(tx, contact).await?;
    Ok(permit)
}

/// Adds a plain contact, which crosses no border.
///
/// # Errors
/// Where the database refuses.
pub async fn insert_plain(tx: &mut Tx, contact: &Contact) -> Result<(), StoreError> {
    debug_assert_eq!(contact.kind, ContactKind::Plain);
    insert(tx, contact).await
}

async fn insert(tx: &mut Tx, c: &Contact) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO contacts (id, company_id, owner_id, kind, outsider_id, name, name_edited, nickname, company_name,
             details, visibility, colleagues_may_edit, synced_at, sync_stopped_at, version, created_at, position,
             folding, search, sort_name, sort_company)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $17, $18, $19, $20)",
    )
    .bind(c.id)
    .bind(c.company_id)
    .bind(c.owner_id)
    .bind(c.kind)
    .bind(c.outsider_id)
    .bind(c.name.as_str())
    .bind(c.name_edited)
    .bind(c.nickname.as_deref())
    .bind(c.company_name.as_deref())
    .bind(details_json(c)?)
    .bind(c.visibility)
    .bind(c.colleagues_may_edit)
    .bind(c.synced_at)
    .bind(c.sync_stopped_at)
    .bind(c.created_at)
    .bind(c.position)
    .bind(FOLDING)
    .bind(search_text(c))
    .bind(sort_key(&c.name))
    .bind(company_key(c))
    .execute()
    .await?;
    write_tags(tx, c).await
}

fn details_json(c: &Contact) -> Result<String, StoreError> {
    serde_json::to_string(&c.details).map_err(StoreError::broken)
}

async fn write_tags(tx: &mut Tx, c: &Contact) -> Result<(), StoreError> {
    for tag in &c.details.tags {
        tx.query("INSERT INTO contact_tags (contact_id, folded, tag) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(c.id)
            .bind(fold_for_book(tag))
            .bind(tag.as_str())
            .execute()
            .await?;
    }
    Ok(())
}

/// Writes back what can change of a contact, as of this position; its version moves.
///
/// # Errors
/// Where the database refuses.
pub async fn update(tx: &mut Tx, c: &mut Contact, position: i64) -> Result<(), StoreError> {
    c.version += 1;
    c.position = position;
    tx.query(
        "UPDATE contacts SET name = $2, name_edited = $3, nickname = $4, company_name = $5, details = $6, visibility = $7,
             colleagues_may_edit = $8, synced_at = $9, sync_stopped_at = $10, version = $11, position = $12,
             folding = $13, search = $14, sort_name = $15, sort_company = $16 WHERE id = $1",
    )
    .bind(c.id)
    .bind(c.name.as_str())
    .bind(c.name_edited)
    .bind(c.nickname.as_deref())
    .bind(c.company_name.as_deref())
    .bind(details_json(c)?)
    .bind(c.visibility)
    .bind(c.colleagues_may_edit)
    .bind(c.synced_at)
    .bind(c.sync_stopped_at)
    .bind(c.version)
    .bind(c.position)
    .bind(FOLDING)
    .bind(search_text(c))
    .bind(sort_key(&c.name))
    .bind(company_key(c))
    .execute()
    .await?;
    tx.query("DELETE FROM contact_tags WHERE contact_id = $1").bind(c.id).execute().await?;
    write_tags(tx, c).await
}

/// A contact by id.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, id: ContactId) -> Result<Option<Contact>, StoreError> {
    let row: Option<Row> = tx.query(select!("WHERE c.id = $1")).bind(id).fetch_optional().await?;
    row.map(TryInto::try_into).transpose()
}

/// The contact of an owner for an outsider, in the trash or not.
///
/// # Errors
/// Where the database refuses.
pub async fn find_by_outsider(tx: &mut Tx, owner: MemberId, outsider: MemberId) -> Result<Option<Contact>, StoreError> {
    let row: Option<Row> = tx
        .query(select!("WHERE c.owner_id = $1 AND c.outsider_id = $2"))
        .bind(owner)
        .bind(outsider)
        .fetch_optional()
        .await?;
    row.map(TryInto::try_into).transpose()
}

/// Every contact that stands for this person.
///
/// # Errors
/// Where the database refuses.
pub async fn standing_for(tx: &mut Tx, outsider: MemberId) -> Result<Vec<Contact>, StoreError> {
    let rows: Vec<Row> = tx.query(select!("WHERE c.outsider_id = $1 ORDER BY c.id")).bind(outsider).fetch_all().await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Every contact that stands for a person of this company.
///
/// # Errors
/// Where the database refuses.
pub async fn standing_for_company(tx: &mut Tx, company: CompanyId) -> Result<Vec<Contact>, StoreError> {
    let rows: Vec<Row> = tx
        .query(select!("JOIN members m ON m.id = c.outsider_id WHERE m.company_id = $1 ORDER BY c.id"))
        .bind(company)
        .fetch_all()
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Marks a contact as changed at this position, without a new version: how its link stands has changed.
///
/// # Errors
/// Where the database refuses.
pub async fn touch(tx: &mut Tx, id: ContactId, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE contacts SET position = $2 WHERE id = $1").bind(id).bind(position).execute().await?;
    Ok(())
}

/// Notes since when a contact no longer follows the other side; the first date stays.
///
/// # Errors
/// Where the database refuses.
pub async fn stop_sync(tx: &mut Tx, id: ContactId, now: Timestamp, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE contacts SET sync_stopped_at = COALESCE(sync_stopped_at, $2), position = $3 WHERE id = $1")
        .bind(id)
        .bind(now)
        .bind(position)
        .execute()
        .await?;
    Ok(())
}

/// Folds anew what older rules folded, up to `limit` contacts. Answers how many were left to do.
///
/// # Errors
/// Where the database refuses.
pub async fn fold_anew(tx: &mut Tx, limit: i64) -> Result<usize, StoreError> {
    let rows: Vec<Row> =
        tx.query(select!("WHERE c.folding < $1 ORDER BY c.id LIMIT $2")).bind(FOLDING).bind(limit).fetch_all().await?;
    let count = rows.len();
    for row in rows {
        let c = Contact::try_from(row)?;
        tx.query("UPDATE contacts SET folding = $2, search = $3, sort_name = $4, sort_company = $5 WHERE id = $1")
            .bind(c.id)
            .bind(FOLDING)
            .bind(search_text(&c))
            .bind(sort_key(&c.name))
            .bind(company_key(&c))
            .execute()
            .await?;
        tx.query("DELETE FROM contact_tags WHERE contact_id = $1").bind(c.id).execute().await?;
        write_tags(tx, &c).await?;
    }
    Ok(count)
}

/// Whether any contact was folded by older rules.
///
/// # Errors
/// Where the database refuses.
pub async fn has_old_folding(tx: &mut Tx) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = tx
        .query("SELECT CAST(1 AS BIGINT) FROM contacts WHERE folding < $1 LIMIT 1")
        .bind(FOLDING)
        .fetch_optional()
        .await?;
    Ok(found.is_some())
}

/// A contact's own photo: media type and bytes.
///
/// # Errors
/// Where the database refuses.
pub async fn find_photo(tx: &mut Tx, id: ContactId) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    tx.query("SELECT media_type, bytes FROM contact_photos WHERE contact_id = $1").bind(id).fetch_optional().await
}

/// Gives a contact a photo of its own.
///
/// # Errors
/// Where the database refuses.
pub async fn set_photo(tx: &mut Tx, id: ContactId, media_type: &str, bytes: &[u8]) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO contact_photos (contact_id, media_type, bytes) VALUES ($1, $2, $3)
         ON CONFLICT (contact_id) DO UPDATE SET media_type = excluded.media_type, bytes = excluded.bytes",
    )
    .bind(id)
    .bind(media_type)
    .bind(bytes)
    .execute()
    .await?;
    Ok(())
}

/// Takes a contact's own photo away. `false` where it had none.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_photo(tx: &mut Tx, id: ContactId) -> Result<bool, StoreError> {
    Ok(tx.query("DELETE FROM contact_photos WHERE contact_id = $1").bind(id).execute().await? == 1)
}
