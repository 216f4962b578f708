//! Participants and the ranges of a room they may see.

use crate::db::{StoreError, Tx};
use crate::rooms::{read_reasons, write_reasons};
use liaison_domain::{CompanyId, MemberId, RoomId, Timestamp};
use liaison_policy::{Join, Permit, Reason};
use sqlx::FromRow;
use uuid::Uuid;

/// Whether a participant takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Takes part.
    Active,
    /// Held back by a rule of their own or of their company.
    Paused,
    /// Has left or was removed.
    Left,
}

impl Standing {
    /// The word as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Left => "left",
        }
    }
}

/// A participant as stored, with what a room shows of them.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Who.
    pub member_id: MemberId,
    /// Of which company.
    pub company_id: CompanyId,
    /// Whether they take part.
    pub standing: Standing,
    /// Why they are paused.
    pub reasons: Vec<Reason>,
    /// Since when they stand so.
    pub since: Timestamp,
    /// The end of their last range; none while it is open.
    pub closed_seq: Option<i64>,
    /// How far they have read.
    pub read_seq: i64,
    /// How far others see that they have read: it stands still while they do not hear what is said.
    pub shown_read_seq: i64,
    /// The name to show: as it was at the freeze where the room froze for them.
    pub name: String,
    /// Their job title, for colleagues.
    pub title: Option<String>,
    /// Their company's name.
    pub company_name: String,
    /// Their company's domain.
    pub company_domain: String,
    /// The digest of their photo, if there is one.
    pub photo: Option<String>,
    /// Whether others see how far they have read.
    pub read_receipts: bool,
}

#[derive(FromRow)]
struct Row {
    member_id: Uuid,
    company_id: Uuid,
    state: String,
    reasons: String,
    since: i64,
    closed_seq: Option<i64>,
    read_seq: i64,
    shown_read_seq: i64,
    name: String,
    title: Option<String>,
    company_name: String,
    company_domain: String,
    photo: Option<String>,
    read_receipts: bool,
}

impl TryFrom<Row> for Participant {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            member_id: row.member_id.into(),
            company_id: row.company_id.into(),
            standing: match row.state.as_str() {
                "active" => Standing::Active,
                "paused" => Standing::Paused,
                _ => Standing::Left,
            },
            reasons: read_reasons(&row.reasons)?,
            since: Timestamp::from_millis(row.since),
            closed_seq: row.closed_seq,
            read_seq: row.read_seq,
            shown_read_seq: row.shown_read_seq,
            name: row.name,
            title: row.title,
            company_name: row.company_name,
            company_domain: row.company_domain,
            photo: row.photo,
            read_receipts: row.read_receipts,
        })
    }
}

/// Everybody in a room who has not left, in the order in which they were made members.
///
/// # Errors
/// Where the database refuses.
pub async fn of_room(tx: &mut Tx, room: RoomId) -> Result<Vec<Participant>, StoreError> {
    let rows: Vec<Row> = tx
        .query(
            "SELECT p.member_id, p.company_id, p.state, p.reasons, p.since, p.closed_seq, p.read_seq,
                 COALESCE(p.shown_read_seq, p.read_seq) AS shown_read_seq,
                 CASE WHEN r.status = 'open' AND p.state = 'active' THEN m.name ELSE COALESCE(p.shown_name, m.name) END
                     AS name,
                 m.title, c.name AS company_name, c.domain AS company_domain,
                 (SELECT f.digest FROM member_photos f WHERE f.member_id = m.id) AS photo, m.read_receipts
             FROM participants p JOIN rooms r ON r.id = p.room_id JOIN members m ON m.id = p.member_id
                 JOIN companies c ON c.id = p.company_id
             WHERE p.room_id = $1 AND p.state <> 'left' ORDER BY p.member_id",
        )
        .bind(room)
        .fetch_all()
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The name and company name under which a room shows somebody who is or was in it: the name kept at a freeze, pause or
/// leave, and otherwise their own. (A block closes the blocker's range as well; a name that stood still would tell.)
///
/// # Errors
/// Where the database refuses.
pub async fn find_author(tx: &mut Tx, room: RoomId, member: MemberId) -> Result<Option<(String, String)>, StoreError> {
    tx.query(
        "SELECT CASE WHEN r.status = 'open' AND p.state = 'active' THEN m.name ELSE COALESCE(p.shown_name, m.name) END,
             c.name
         FROM participants p JOIN rooms r ON r.id = p.room_id JOIN members m ON m.id = p.member_id
             JOIN companies c ON c.id = p.company_id
         WHERE p.room_id = $1 AND p.member_id = $2",
    )
    .bind(room)
    .bind(member)
    .fetch_optional()
    .await
}

/// The name and company name under which a viewer last saw a person in a room that both are or were in.
///
/// # Errors
/// Where the database refuses.
pub async fn find_seen(
    tx: &mut Tx,
    viewer: MemberId,
    person: MemberId,
) -> Result<Option<(String, String)>, StoreError> {
    let room: Option<(Uuid,)> = tx
        .query(
            "SELECT p.room_id FROM participants p JOIN participants v ON v.room_id = p.room_id AND v.member_id = $1
             WHERE p.member_id = $2
             ORDER BY CASE WHEN p.state = 'left' OR v.state = 'left' THEN 1 ELSE 0 END, p.since DESC, p.room_id LIMIT 1",
        )
        .bind(viewer)
        .bind(person)
        .fetch_optional()
        .await?;
    match room {
        Some((room,)) => find_author(tx, room.into(), person).await,
        None => Ok(None),
    }
}

/// The ids of everybody in a room who has not left.
///
/// # Errors
/// Where the database refuses.
pub async fn member_ids(tx: &mut Tx, room: RoomId) -> Result<Vec<MemberId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query("SELECT member_id FROM participants WHERE room_id = $1 AND state <> 'left' ORDER BY member_id")
        .bind(room)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Puts a person into a new room, whose opening `rooms::insert` took the permit for, or lets [`admit`] do its work.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(
    tx: &mut Tx,
    room: RoomId,
    member: MemberId,
    company: CompanyId,
    from_seq: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO participants (room_id, member_id, company_id, state, reasons, since, read_seq)
         VALUES ($1, $2, $3, 'active', '[]', $4, $5)
         ON CONFLICT (room_id, member_id) DO UPDATE SET state = 'active', reasons = '[]', since = excluded.since,
             closed_seq = NULL, closed_at = NULL, shown_name = NULL, shown_read_seq = NULL, read_seq = excluded.read_seq",
    )
    .bind(room)
    .bind(member)
    .bind(company)
    .bind(now)
    .bind(from_seq - 1)
    .execute()
    .await?;
    open_range(tx, room, member, from_seq).await
}

/// Lets people into an existing room from a number on. Takes the proof that they may.
///
/// # Errors
/// Where the database refuses.
pub async fn admit(
    tx: &mut Tx,
    permit: Permit<Join>,
    room: RoomId,
    newcomers: &[(MemberId, CompanyId)],
    from_seq: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let _ = permit;
    for &(member, company) in newcomers {
        insert(tx, room, member, company, from_seq, now).await?;
    }
    Ok(())
}

async fn open_range(tx: &mut Tx, room: RoomId, member: MemberId, from_seq: i64) -> Result<(), StoreError> {
    // Somebody who comes back is let in from a number that an older range of theirs may already reach: what they saw
    // stays seen, so the new range begins behind it.
    let (reached,): (Option<i64>,) = tx
        .query("SELECT MAX(to_seq) FROM ranges WHERE room_id = $1 AND member_id = $2")
        .bind(room)
        .bind(member)
        .fetch_one()
        .await?;
    tx.query("INSERT INTO ranges (room_id, member_id, from_seq, to_seq) VALUES ($1, $2, $3, NULL)")
        .bind(room)
        .bind(member)
        .bind(from_seq.max(reached.unwrap_or(0) + 1))
        .execute()
        .await?;
    Ok(())
}

/// Opens a new range for a participant whose last one was closed. Nothing of the gap is filled in, and when it was
/// closed stays known: until something is said in the new range, that is the last they know of.
///
/// # Errors
/// Where the database refuses.
pub async fn reopen(tx: &mut Tx, room: RoomId, member: MemberId, from_seq: i64) -> Result<(), StoreError> {
    tx.query(
        "UPDATE participants SET closed_seq = NULL, shown_name = NULL, shown_read_seq = NULL
         WHERE room_id = $1 AND member_id = $2",
    )
    .bind(room)
    .bind(member)
    .execute()
    .await?;
    open_range(tx, room, member, from_seq).await
}

/// Closes a participant's open range at a number, which is the last they see, and keeps what others see of them at this
/// moment: name and read mark.
///
/// # Errors
/// Where the database refuses.
pub async fn close(tx: &mut Tx, room: RoomId, member: MemberId, at_seq: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.query(
        "UPDATE participants SET closed_seq = $3, closed_at = $4, shown_read_seq = read_seq,
             shown_name = (SELECT name FROM members WHERE id = participants.member_id)
         WHERE room_id = $1 AND member_id = $2 AND closed_seq IS NULL",
    )
    .bind(room)
    .bind(member)
    .bind(at_seq)
    .bind(now)
    .execute()
    .await?;
    tx.query("UPDATE ranges SET to_seq = $3 WHERE room_id = $1 AND member_id = $2 AND to_seq IS NULL")
        .bind(room)
        .bind(member)
        .bind(at_seq)
        .execute()
        .await?;
    // Closed before anything was said in it: nothing is in it, and the next one begins at the same number.
    tx.query("DELETE FROM ranges WHERE room_id = $1 AND member_id = $2 AND to_seq < from_seq")
        .bind(room)
        .bind(member)
        .execute()
        .await?;
    Ok(())
}

/// Sets whether a participant takes part.
///
/// # Errors
/// Where the database refuses.
pub async fn set_standing(
    tx: &mut Tx,
    room: RoomId,
    member: MemberId,
    standing: Standing,
    reasons: &[Reason],
    since: Timestamp,
) -> Result<(), StoreError> {
    tx.query("UPDATE participants SET state = $3, reasons = $4, since = $5 WHERE room_id = $1 AND member_id = $2")
        .bind(room)
        .bind(member)
        .bind(standing.as_str())
        .bind(write_reasons(reasons)?)
        .bind(since)
        .execute()
        .await?;
    Ok(())
}

/// Marks a room as changed at this position for this participant alone, who resumes from there.
///
/// # Errors
/// Where the database refuses.
pub async fn touch(tx: &mut Tx, room: RoomId, member: MemberId, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE participants SET own_position = $3 WHERE room_id = $1 AND member_id = $2")
        .bind(room)
        .bind(member)
        .bind(position)
        .execute()
        .await?;
    Ok(())
}

/// Notes from when a participant stands as they do.
///
/// # Errors
/// Where the database refuses.
pub async fn mark_since(tx: &mut Tx, room: RoomId, member: MemberId, since: Timestamp) -> Result<(), StoreError> {
    tx.query("UPDATE participants SET since = $3 WHERE room_id = $1 AND member_id = $2")
        .bind(room)
        .bind(member)
        .bind(since)
        .execute()
        .await?;
    Ok(())
}

/// Moves a participant's read mark forward; never back (I-21). `true` where it moved.
///
/// # Errors
/// Where the database refuses.
pub async fn advance_read(tx: &mut Tx, room: RoomId, member: MemberId, seq: i64) -> Result<bool, StoreError> {
    let n = tx
        .query("UPDATE participants SET read_seq = $3 WHERE room_id = $1 AND member_id = $2 AND read_seq < $3")
        .bind(room)
        .bind(member)
        .bind(seq)
        .execute()
        .await?;
    Ok(n == 1)
}

/// A range of numbers, both ends included; none is the open end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first number.
    pub from: i64,
    /// The last number.
    pub to: Option<i64>,
}

impl Range {
    /// Whether a number lies in it.
    pub fn contains(self, seq: i64) -> bool {
        self.from <= seq && self.to.is_none_or(|to| seq <= to)
    }
}

/// What a participant may see of a room, in order. A range that was closed before it began holds nothing and is left out.
///
/// # Errors
/// Where the database refuses.
pub async fn ranges(tx: &mut Tx, room: RoomId, member: MemberId) -> Result<Vec<Range>, StoreError> {
    let rows: Vec<(i64, Option<i64>)> = tx
        .query(
            "SELECT from_seq, to_seq FROM ranges
             WHERE room_id = $1 AND member_id = $2 AND (to_seq IS NULL OR to_seq >= from_seq) ORDER BY from_seq",
        )
        .bind(room)
        .bind(member)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(from, to)| Range { from, to }).collect())
}
