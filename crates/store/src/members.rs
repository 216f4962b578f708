//! Members, their photos and teams.

use crate::db::{StoreError, Tx};
use crate::value::{fold, like_pattern, word};
use liaison_domain::{CompanyId, MemberId, MemberStatus, Role, TeamId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// A member as stored.
#[derive(Debug, Clone)]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// Their company.
    pub company_id: CompanyId,
    /// Their handle.
    pub handle: String,
    /// Their name, which administrators keep.
    pub name: String,
    /// What they want to be called.
    pub nickname: Option<String>,
    /// Their job title.
    pub title: Option<String>,
    /// Their e-mail address. Never shown outside (B2).
    pub email: Option<String>,
    /// Their phone number. Never shown outside (B2).
    pub phone: Option<String>,
    /// What they may do in the console.
    pub role: Role,
    /// Whether they take part.
    pub status: MemberStatus,
    /// The language they chose, if any.
    pub language: Option<String>,
    /// The time zone they chose, if it is not the company's.
    pub time_zone: Option<String>,
    /// Whether others see how far they have read.
    pub read_receipts: bool,
    /// The digest of their photo, if there is one.
    pub photo: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    company_id: Uuid,
    handle: String,
    name: String,
    nickname: Option<String>,
    title: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    role: String,
    status: String,
    language: Option<String>,
    time_zone: Option<String>,
    read_receipts: bool,
    photo: Option<String>,
}

impl TryFrom<Row> for Member {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            company_id: row.company_id.into(),
            handle: row.handle,
            name: row.name,
            nickname: row.nickname,
            title: row.title,
            email: row.email,
            phone: row.phone,
            role: word(&row.role)?,
            status: word(&row.status)?,
            language: row.language,
            time_zone: row.time_zone,
            read_receipts: row.read_receipts,
            photo: row.photo,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.company_id, m.handle, m.name, m.nickname, m.title, m.email, m.phone, m.role, m.status,
                 m.language, m.time_zone, m.read_receipts,
                 (SELECT f.digest FROM member_photos f WHERE f.member_id = m.id) AS photo
             FROM members m ",
            $rest
        )
    };
}

/// What a new member is made from.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The row, with an id of its own. `photo` is not looked at.
    pub member: Member,
    /// The password's argon2 hash; without one nobody signs in as them.
    pub password_hash: Option<String>,
}

/// Name, nickname, title and handle, folded, as searches look into them.
fn search_text(m: &Member) -> String {
    fold(&[m.name.as_str(), m.nickname.as_deref().unwrap_or(""), m.title.as_deref().unwrap_or(""), &m.handle].join(" "))
}

/// Inserts a member. `false` where the handle is, or once was, somebody's (I-12).
///
/// # Errors
/// Where the database refuses.
pub async fn insert(tx: &mut Tx, new: &NewMember, now: Timestamp, position: i64) -> Result<bool, StoreError> {
    let m = &new.member;
    let inserted = tx
        .query(
            "INSERT INTO members (id, company_id, handle, name, nickname, title, email, phone, role, status,
                 password_hash, language, read_receipts, search, created_at, permission_position)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
        )
        .bind(m.id)
        .bind(m.company_id)
        .bind(m.handle.as_str())
        .bind(m.name.as_str())
        .bind(m.nickname.as_deref())
        .bind(m.title.as_deref())
        .bind(m.email.as_deref())
        .bind(m.phone.as_deref())
        .bind(m.role)
        .bind(m.status)
        .bind(new.password_hash.as_deref())
        .bind(m.language.as_deref())
        .bind(m.read_receipts)
        .bind(search_text(m))
        .bind(now)
        .bind(position)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// Writes back what can change of a member. The password has its own call.
///
/// # Errors
/// Where the database refuses.
pub async fn update(tx: &mut Tx, m: &Member) -> Result<(), StoreError> {
    tx.query(
        "UPDATE members SET name = $2, nickname = $3, title = $4, email = $5, phone = $6, role = $7, status = $8,
             language = $9, read_receipts = $10, search = $11, time_zone = $12 WHERE id = $1",
    )
    .bind(m.id)
    .bind(m.name.as_str())
    .bind(m.nickname.as_deref())
    .bind(m.title.as_deref())
    .bind(m.email.as_deref())
    .bind(m.phone.as_deref())
    .bind(m.role)
    .bind(m.status)
    .bind(m.language.as_deref())
    .bind(m.read_receipts)
    .bind(search_text(m))
    .bind(m.time_zone.as_deref())
    .execute()
    .await?;
    Ok(())
}

/// A member by id.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, id: MemberId) -> Result<Option<Member>, StoreError> {
    let row: Option<Row> = tx.query(select!("WHERE m.id = $1")).bind(id).fetch_optional().await?;
    row.map(TryInto::try_into).transpose()
}

/// A member by handle.
///
/// # Errors
/// Where the database refuses.
pub async fn find_by_handle(tx: &mut Tx, handle: &str) -> Result<Option<Member>, StoreError> {
    let row: Option<Row> = tx.query(select!("WHERE m.handle = $1")).bind(handle).fetch_optional().await?;
    row.map(TryInto::try_into).transpose()
}

/// Somebody of another company, always the same: for work that must be the same whether anybody was found or not.
///
/// # Errors
/// Where the database refuses.
pub async fn find_outsider(tx: &mut Tx, company: CompanyId) -> Result<Option<MemberId>, StoreError> {
    let row: Option<(Uuid,)> = tx
        .query("SELECT id FROM members WHERE company_id <> $1 ORDER BY id LIMIT 1")
        .bind(company)
        .fetch_optional()
        .await?;
    Ok(row.map(|(id,)| id.into()))
}

/// A page of a company's directory, by handle.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Words to find in name, nickname, title or handle.
    pub query: Option<String>,
    /// Only members of this team.
    pub team: Option<TeamId>,
    /// Only members of this status.
    pub status: Option<MemberStatus>,
    /// Only handles after this one.
    pub after: Option<String>,
}

/// Members of a company that fit a search, by handle, at most `limit`.
///
/// # Errors
/// Where the database refuses.
pub async fn search(tx: &mut Tx, company: CompanyId, search: &Search, limit: i64) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<Row> = tx
        .query(select!(
            "WHERE m.company_id = $1 AND m.handle > $2 AND m.search LIKE $3 ESCAPE '\\'
               AND ($4 IS NULL OR m.status = $4)
               AND ($5 IS NULL OR EXISTS (SELECT 1 FROM team_members t WHERE t.team_id = $5 AND t.member_id = m.id))
             ORDER BY m.handle LIMIT $6"
        ))
        .bind(company)
        .bind(search.after.as_deref().unwrap_or(""))
        .bind(like_pattern(search.query.as_deref().unwrap_or("")))
        .bind(search.status.map(MemberStatus::as_str))
        .bind(search.team)
        .bind(limit)
        .fetch_all()
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// How many active owners a company has: the last one cannot be removed.
///
/// # Errors
/// Where the database refuses.
pub async fn count_owners(tx: &mut Tx, company: CompanyId) -> Result<i64, StoreError> {
    let (n,): (i64,) = tx
        .query("SELECT COUNT(*) FROM members WHERE company_id = $1 AND role = 'owner' AND status = 'active'")
        .bind(company)
        .fetch_one()
        .await?;
    Ok(n)
}

/// The password hash of a member, for sign-in.
///
/// # Errors
/// Where the database refuses.
pub async fn password_hash(tx: &mut Tx, id: MemberId) -> Result<Option<String>, StoreError> {
    let row: Option<(Option<String>,)> =
        tx.query("SELECT password_hash FROM members WHERE id = $1").bind(id).fetch_optional().await?;
    Ok(row.and_then(|(hash,)| hash))
}

/// Replaces a member's password hash.
///
/// # Errors
/// Where the database refuses.
pub async fn set_password_hash(tx: &mut Tx, id: MemberId, hash: &str) -> Result<(), StoreError> {
    tx.query("UPDATE members SET password_hash = $2 WHERE id = $1").bind(id).bind(hash).execute().await?;
    Ok(())
}

/// Marks that what a member may do has changed at this position.
///
/// # Errors
/// Where the database refuses.
pub async fn touch_permission(tx: &mut Tx, id: MemberId, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE members SET permission_position = $2 WHERE id = $1").bind(id).bind(position).execute().await?;
    Ok(())
}

/// Position of the last change to what a member may do, their own or their company's.
///
/// # Errors
/// Where the database refuses.
pub async fn permission_position(tx: &mut Tx, id: MemberId) -> Result<i64, StoreError> {
    let row: Option<(i64, i64)> = tx
        .query(
            "SELECT m.permission_position, c.permission_position FROM members m JOIN companies c ON c.id = m.company_id
             WHERE m.id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await?;
    Ok(row.map_or(0, |(own, company)| own.max(company)))
}

/// Sets a member's photo.
///
/// # Errors
/// Where the database refuses.
pub async fn set_photo(tx: &mut Tx, id: MemberId, photo: &Photo) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO member_photos (member_id, media_type, bytes, digest) VALUES ($1, $2, $3, $4)
         ON CONFLICT (member_id) DO UPDATE
         SET media_type = excluded.media_type, bytes = excluded.bytes, digest = excluded.digest",
    )
    .bind(id)
    .bind(photo.media_type.as_str())
    .bind(photo.bytes.as_slice())
    .bind(photo.digest.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Takes a member's photo away.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_photo(tx: &mut Tx, id: MemberId) -> Result<(), StoreError> {
    tx.query("DELETE FROM member_photos WHERE member_id = $1").bind(id).execute().await?;
    Ok(())
}

/// A member's photo.
///
/// # Errors
/// Where the database refuses.
pub async fn find_photo(tx: &mut Tx, id: MemberId) -> Result<Option<Photo>, StoreError> {
    tx.query("SELECT media_type, bytes, digest FROM member_photos WHERE member_id = $1").bind(id).fetch_optional().await
}

/// The digest of a member's photo.
///
/// # Errors
/// Where the database refuses.
pub async fn photo_digest(tx: &mut Tx, id: MemberId) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> =
        tx.query("SELECT digest FROM member_photos WHERE member_id = $1").bind(id).fetch_optional().await?;
    Ok(row.map(|(digest,)| digest))
}

/// A photo or logo as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Photo {
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Names these bytes: part of the address, and the `ETag`. Empty for what is older than digests.
    pub digest: String,
}

/// A team of a company.
#[derive(Debug, Clone, FromRow)]
pub struct Team {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// How many members it has.
    pub member_count: i64,
}

/// Inserts a team. `false` where the company has one of that name.
///
/// # Errors
/// Where the database refuses.
pub async fn insert_team(tx: &mut Tx, id: TeamId, company: CompanyId, name: &str) -> Result<bool, StoreError> {
    let n = tx
        .query("INSERT INTO teams (id, company_id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(id)
        .bind(company)
        .bind(name)
        .execute()
        .await?;
    Ok(n == 1)
}

/// The teams of a company, by name.
///
/// # Errors
/// Where the database refuses.
pub async fn teams(tx: &mut Tx, company: CompanyId) -> Result<Vec<Team>, StoreError> {
    tx.query(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM team_members x WHERE x.team_id = t.id) AS member_count
         FROM teams t WHERE t.company_id = $1 ORDER BY t.name",
    )
    .bind(company)
    .fetch_all()
    .await
}

/// The teams of a member, by name.
///
/// # Errors
/// Where the database refuses.
pub async fn teams_of(tx: &mut Tx, member: MemberId) -> Result<Vec<(TeamId, String)>, StoreError> {
    let rows: Vec<(Uuid, String)> = tx
        .query(
            "SELECT t.id, t.name FROM team_members x JOIN teams t ON t.id = x.team_id WHERE x.member_id = $1 ORDER BY t.name",
        )
        .bind(member)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (id.into(), name)).collect())
}

/// The members of a team.
///
/// # Errors
/// Where the database refuses.
pub async fn team_members(tx: &mut Tx, team: TeamId) -> Result<Vec<MemberId>, StoreError> {
    let rows: Vec<(Uuid,)> =
        tx.query("SELECT member_id FROM team_members WHERE team_id = $1").bind(team).fetch_all().await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Makes these the teams of a member, and no others.
///
/// # Errors
/// Where the database refuses.
pub async fn set_teams(tx: &mut Tx, member: MemberId, teams: &[TeamId]) -> Result<(), StoreError> {
    tx.query("DELETE FROM team_members WHERE member_id = $1").bind(member).execute().await?;
    for &team in teams {
        add_to_team(tx, team, member).await?;
    }
    Ok(())
}

/// Adds a member to a team; adding twice does nothing.
///
/// # Errors
/// Where the database refuses.
pub async fn add_to_team(tx: &mut Tx, team: TeamId, member: MemberId) -> Result<(), StoreError> {
    tx.query("INSERT INTO team_members (team_id, member_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(team)
        .bind(member)
        .execute()
        .await?;
    Ok(())
}
