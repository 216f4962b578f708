//! Reading the contact book as one member sees it.

use super::{Contact, Row, columns};
use crate::db::{StoreError, Tx};
use crate::value::escape_like;
use liaison_domain::{CompanyId, ContactId, MemberId, digits, fold_for_book};
use uuid::Uuid;

/// Whose eyes: `$1` the member, `$2` their company, `$3` whether they are an administrator, who also sees what lies in
/// the trash of others if it had been shared with them.
macro_rules! in_sight {
    () => {
        "c.company_id = $2 AND (c.owner_id = $1 OR ((c.trashed_at IS NULL OR $3)
           AND (c.visibility = 'company' OR (c.visibility = 'members' AND EXISTS (
             SELECT 1 FROM contact_shares s WHERE s.contact_id = c.id AND (s.subject_id = $1
               OR s.subject_id IN (SELECT t.team_id FROM team_members t WHERE t.member_id = $1)))))))"
    };
}

/// Whose eyes a question is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// Who.
    pub id: MemberId,
    /// Of which company.
    pub company: CompanyId,
    /// Whether they may change the company's settings.
    pub administers: bool,
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By name.
    Name,
    /// By company, then by name; those without one last.
    Company,
    /// The newest first.
    Added,
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The sort key there.
    pub key: PlaceKey,
    /// The contact there.
    pub id: ContactId,
}

/// The sort key of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceKey {
    /// In a list by name or company.
    Text(Vec<u8>),
    /// In a list by age.
    Time(i64),
}

/// Which contacts.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    /// Those in the trash instead of all others.
    pub trashed: bool,
    /// Only outsiders.
    pub external: bool,
    /// Only outsiders of this network: its word.
    pub network: Option<&'a str>,
    /// Only with this tag.
    pub tag: Option<&'a str>,
    /// Words that all must be found.
    pub query: &'a str,
    /// How they are sorted.
    pub order: Order,
    /// Behind which place.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
}

/// How many words of a query are looked for one by one; what follows is one more.
const WORDS: usize = 4;

/// The patterns of a query: each of the first must be found, or else the last.
fn patterns(query: &str) -> [String; WORDS + 1] {
    let query: String = query.chars().take(200).collect();
    let folded = fold_for_book(&query);
    let mut words = folded.splitn(WORDS, ' ').map(|word| format!("%{}%", escape_like(word)));
    let each: [String; WORDS] = std::array::from_fn(|_| words.next().unwrap_or_else(|| "%".to_owned()));
    // A number is looked for without its spaces and dashes, and without the zero that is dialled at home.
    let number = digits(&query);
    let dialled = |c: char| c.is_numeric() || c.is_whitespace() || "+-().·/".contains(c);
    let is_number = number.len() >= 3 && query.chars().all(dialled);
    // No stored text holds a control character but the line feed: nothing fits this one.
    let number = if is_number { format!("%{number}%") } else { "\u{1}".to_owned() };
    let [a, b, c, d] = each;
    [a, b, c, d, number]
}

macro_rules! listing {
    ($place:literal, $order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " , c.sort_name, c.sort_company FROM contacts c WHERE ",
            in_sight!(),
            " AND (c.trashed_at IS NOT NULL) = $4 AND ($5 = FALSE OR c.kind <> 'plain') AND ($6 IS NULL OR c.kind = $6)
              AND ($7 IS NULL OR EXISTS (SELECT 1 FROM contact_tags g WHERE g.contact_id = c.id AND g.folded = $7))
              AND ((c.search LIKE $8 ESCAPE '\\' AND c.search LIKE $9 ESCAPE '\\' AND c.search LIKE $10 ESCAPE '\\'
                AND c.search LIKE $11 ESCAPE '\\') OR c.search LIKE $12 ESCAPE '\\')
              AND ",
            $place,
            " ORDER BY ",
            $order,
            " LIMIT $15"
        )
    };
}

#[derive(sqlx::FromRow)]
struct Placed {
    #[sqlx(flatten)]
    row: Row,
    sort_name: Vec<u8>,
    sort_company: Vec<u8>,
}

/// A page of the contacts that a viewer sees, each with its place.
///
/// # Errors
/// Where the database refuses.
pub async fn list(tx: &mut Tx, viewer: Viewer, which: &Listing<'_>) -> Result<Vec<(Place, Contact)>, StoreError> {
    let sql = match which.order {
        Order::Name => listing!("(c.sort_name, c.id) > ($13, $14)", "c.sort_name, c.id"),
        Order::Company => listing!("(c.sort_company, c.id) > ($13, $14)", "c.sort_company, c.id"),
        Order::Added => listing!("(c.created_at, c.id) < ($13, $14)", "c.created_at DESC, c.id DESC"),
    };
    let [a, b, c, d, number] = patterns(which.query);
    let mut statement = tx
        .query(sql)
        .bind(viewer.id)
        .bind(viewer.company)
        .bind(viewer.administers)
        .bind(which.trashed)
        .bind(which.external)
        .bind(which.network)
        .bind(which.tag.map(fold_for_book))
        .bind(a)
        .bind(b)
        .bind(c)
        .bind(d)
        .bind(number);
    // Always from a place on, the first page too: so the database walks its index from there.
    let id = which.after.as_ref().map(|p| p.id);
    statement = match (which.order, which.after.as_ref().map(|p| &p.key)) {
        (Order::Added, Some(PlaceKey::Time(at))) => statement.bind(*at),
        (Order::Added, _) => statement.bind(i64::MAX),
        (_, Some(PlaceKey::Text(key))) => statement.bind(key.clone()),
        (_, _) => statement.bind(Vec::<u8>::new()),
    };
    let rows: Vec<Placed> = statement.bind(id.unwrap_or(ContactId::NONE)).bind(which.limit).fetch_all().await?;
    rows.into_iter()
        .map(|placed| {
            let contact = Contact::try_from(placed.row)?;
            let key = match which.order {
                Order::Name => PlaceKey::Text(placed.sort_name),
                Order::Company => PlaceKey::Text(placed.sort_company),
                Order::Added => PlaceKey::Time(contact.created_at.as_millis()),
            };
            Ok((Place { key, id: contact.id }, contact))
        })
        .collect()
}

/// A contact, where the viewer sees it.
///
/// # Errors
/// Where the database refuses.
pub async fn visible(tx: &mut Tx, viewer: Viewer, id: ContactId) -> Result<Option<Contact>, StoreError> {
    let row: Option<Row> = tx
        .query(concat!("SELECT ", columns!(), " FROM contacts c WHERE ", in_sight!(), " AND c.id = $4"))
        .bind(viewer.id)
        .bind(viewer.company)
        .bind(viewer.administers)
        .bind(id)
        .fetch_optional()
        .await?;
    row.map(TryInto::try_into).transpose()
}

/// The other contacts in the viewer's sight that stand for the same outsider; none from the trash.
///
/// # Errors
/// Where the database refuses.
pub async fn same_person(
    tx: &mut Tx,
    viewer: Viewer,
    outsider: MemberId,
    but: ContactId,
) -> Result<Vec<ContactId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query(concat!(
            "SELECT c.id FROM contacts c WHERE ",
            in_sight!(),
            " AND c.outsider_id = $4 AND c.id <> $5 AND c.trashed_at IS NULL ORDER BY c.id"
        ))
        .bind(viewer.id)
        .bind(viewer.company)
        .bind(viewer.administers)
        .bind(outsider)
        .bind(but)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Contacts in the viewer's sight that changed after a position, those whose link did among them.
///
/// # Errors
/// Where the database refuses.
pub async fn changed_after(tx: &mut Tx, viewer: Viewer, position: i64) -> Result<Vec<ContactId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query(concat!(
            "SELECT c.id FROM contacts c WHERE ",
            in_sight!(),
            " AND c.position > $4 ORDER BY c.position, c.id"
        ))
        .bind(viewer.id)
        .bind(viewer.company)
        .bind(viewer.administers)
        .bind(position)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// A tag and how many contacts in sight have it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Tag {
    /// As somebody wrote it.
    pub tag: String,
    /// How many contacts have it.
    pub count: i64,
}

/// The tags of the contacts in the viewer's sight, but for those in the trash.
///
/// # Errors
/// Where the database refuses.
pub async fn tags(tx: &mut Tx, viewer: Viewer) -> Result<Vec<Tag>, StoreError> {
    let mut tags: Vec<Tag> = tx
        .query(concat!(
            "SELECT MIN(g.tag) AS tag, COUNT(*) AS count FROM contacts c JOIN contact_tags g ON g.contact_id = c.id WHERE ",
            in_sight!(),
            " AND c.trashed_at IS NULL GROUP BY g.folded"
        ))
        .bind(viewer.id)
        .bind(viewer.company)
        .bind(viewer.administers)
        .fetch_all()
        .await?;
    tags.sort_by_cached_key(|t| (fold_for_book(&t.tag), t.tag.clone()));
    Ok(tags)
}
