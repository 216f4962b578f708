//! Rooms: what they are and how they stand.

use crate::db::{StoreError, Tx};
use crate::value::{json, word};
use liaison_domain::{CompanyId, MemberId, RoomId, RoomKind, Timestamp};
use liaison_policy::{Code, OpenRoom, Permit, Reason, RoomStatus};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

/// A room as stored, with its head.
#[derive(Debug, Clone)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Direct or group.
    pub kind: RoomKind,
    /// Its name, in a group that has one.
    pub name: Option<String>,
    /// Whether it holds people of more than one company.
    pub external: bool,
    /// Open or frozen.
    pub status: RoomStatus,
    /// Why it is frozen.
    pub reasons: Vec<Reason>,
    /// Since when it stands so.
    pub since: Timestamp,
    /// The newest number in its log.
    pub last_seq: i64,
    /// Position of its last change.
    pub last_position: i64,
    /// When something was last said in it.
    pub last_at: Timestamp,
}

impl Room {
    /// Whether all that keeps this room closed is that this person has not yet answered a first contact: all other rules
    /// hold, so the two may see of each other what a lookup shows.
    pub fn asks(&self, person: MemberId) -> bool {
        let waits = |r: &Reason| r.code == Code::RequestPending && r.person == Some(person);
        !self.reasons.is_empty() && self.reasons.iter().all(waits)
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    name: Option<String>,
    external: bool,
    status: String,
    reasons: String,
    since: i64,
    last_seq: i64,
    last_position: i64,
    last_at: i64,
}

/// How a reason is stored: the code's word, the company, the person.
#[derive(Serialize, Deserialize)]
struct StoredReason(String, CompanyId, Option<MemberId>);

const CODES: [Code; 10] = [
    Code::NotEntitled,
    Code::NetworkOff,
    Code::NotGranted,
    Code::PartnerNotAllowed,
    Code::MemberInactive,
    Code::NotLinked,
    Code::Blocked,
    Code::RequestPending,
    Code::RoomLimit,
    Code::OtherSide,
];

pub(crate) fn write_reasons(reasons: &[Reason]) -> Result<String, StoreError> {
    let stored: Vec<StoredReason> =
        reasons.iter().map(|r| StoredReason(r.code.as_str().to_owned(), r.company, r.person)).collect();
    serde_json::to_string(&stored).map_err(StoreError::broken)
}

pub(crate) fn read_reasons(text: &str) -> Result<Vec<Reason>, StoreError> {
    let stored: Vec<StoredReason> = json(text)?;
    stored
        .into_iter()
        .map(|StoredReason(code, company, person)| {
            let code = CODES.into_iter().find(|c| c.as_str() == code).ok_or_else(|| StoreError::broken("reason"))?;
            Ok(Reason { code, company, person })
        })
        .collect()
}

pub(crate) fn read_status(word: &str) -> RoomStatus {
    if word == "open" { RoomStatus::Open } else { RoomStatus::Frozen }
}

impl TryFrom<Row> for Room {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            kind: word(&row.kind)?,
            name: row.name,
            external: row.external,
            status: read_status(&row.status),
            reasons: read_reasons(&row.reasons)?,
            since: Timestamp::from_millis(row.since),
            last_seq: row.last_seq,
            last_position: row.last_position,
            last_at: Timestamp::from_millis(row.last_at),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.kind, r.name, r.external, r.status, r.reasons, r.since, h.last_seq, h.last_position, h.last_at
             FROM rooms r JOIN room_heads h ON h.room_id = r.id ",
            $rest
        )
    };
}

/// The key under which two people have one direct room.
pub fn direct_key(x: MemberId, y: MemberId) -> String {
    let (a, b) = if x < y { (x, y) } else { (y, x) };
    format!("{a} {b}")
}

/// What a new room is made from.
#[derive(Debug)]
pub struct NewRoom<'a> {
    /// Its id.
    pub id: RoomId,
    /// Direct or group.
    pub kind: RoomKind,
    /// Its name.
    pub name: Option<&'a str>,
    /// See [`direct_key`]; none for a group.
    pub direct_key: Option<String>,
    /// Whether it holds people of more than one company.
    pub external: bool,
    /// Who opened it.
    pub created_by: Option<MemberId>,
}

/// Opens a room without people. Takes the proof that those who come in may.
///
/// # Errors
/// Where the database refuses, a second direct room of the same two people among it: look for the first one before.
pub async fn insert(
    tx: &mut Tx,
    permit: Permit<OpenRoom>,
    room: NewRoom<'_>,
    now: Timestamp,
    position: i64,
) -> Result<(), StoreError> {
    let _ = permit;
    tx.query(
        "INSERT INTO rooms (id, kind, name, direct_key, external, status, reasons, since, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, 'open', '[]', $6, $6, $7)",
    )
    .bind(room.id)
    .bind(room.kind)
    .bind(room.name)
    .bind(room.direct_key)
    .bind(room.external)
    .bind(now)
    .bind(room.created_by)
    .execute()
    .await?;
    tx.query(
        "INSERT INTO room_heads (room_id, last_seq, last_position, last_at, policy_version) VALUES ($1, 0, $2, $3, 0)",
    )
    .bind(room.id)
    .bind(position)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// A room by id.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, id: RoomId) -> Result<Option<Room>, StoreError> {
    let row: Option<Row> = tx.query(select!("WHERE r.id = $1")).bind(id).fetch_optional().await?;
    row.map(TryInto::try_into).transpose()
}

/// The direct room of two people.
///
/// # Errors
/// Where the database refuses.
pub async fn find_direct(tx: &mut Tx, x: MemberId, y: MemberId) -> Result<Option<Room>, StoreError> {
    let row: Option<Row> = tx.query(select!("WHERE r.direct_key = $1")).bind(direct_key(x, y)).fetch_optional().await?;
    row.map(TryInto::try_into).transpose()
}

/// A place in a member's room list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListKey {
    /// When something was last said that they may know of.
    pub at: Timestamp,
    /// The room.
    pub id: RoomId,
}

/// A page of the rooms a member is in, most recently active first.
///
/// Activity outside of the member's ranges does not move a room: the order would tell of what they may not see. So
/// where their newest range is closed, or holds nothing yet, the room stays where it was when the last one closed.
///
/// # Errors
/// Where the database refuses.
pub async fn list_of(
    tx: &mut Tx,
    member: MemberId,
    external_only: bool,
    after: Option<ListKey>,
    limit: i64,
) -> Result<Vec<(ListKey, RoomId)>, StoreError> {
    let rows: Vec<(Uuid, i64)> = tx
        .query(
            "SELECT room_id, at FROM (
                 SELECT p.room_id AS room_id,
                     CASE WHEN p.closed_at IS NOT NULL AND (p.closed_seq IS NOT NULL OR NOT EXISTS (
                         SELECT 1 FROM ranges g WHERE g.room_id = p.room_id AND g.member_id = p.member_id
                         AND g.to_seq IS NULL AND g.from_seq <= h.last_seq)) THEN p.closed_at ELSE h.last_at END AS at
                 FROM participants p JOIN room_heads h ON h.room_id = p.room_id JOIN rooms r ON r.id = p.room_id
                 WHERE p.member_id = $1 AND p.state <> 'left' AND ($2 = FALSE OR r.external = TRUE)
             ) AS mine
             WHERE $3 IS NULL OR at < $3 OR (at = $3 AND room_id < $4)
             ORDER BY at DESC, room_id DESC LIMIT $5",
        )
        .bind(member)
        .bind(external_only)
        .bind(after.map(|k| k.at))
        .bind(after.map(|k| k.id))
        .bind(limit)
        .fetch_all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, at)| (ListKey { at: Timestamp::from_millis(at), id: id.into() }, id.into()))
        .collect())
}

/// Rooms a member is or was in that changed after a position, as far as they may know: what happens behind the end of
/// their ranges is none of it, how the room stands is ([`touch_policy`]).
///
/// # Errors
/// Where the database refuses.
pub async fn changed_after(tx: &mut Tx, member: MemberId, position: i64) -> Result<Vec<RoomId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query(
            "SELECT p.room_id FROM participants p JOIN room_heads h ON h.room_id = p.room_id
             WHERE p.member_id = $1 AND (p.own_position > $2 OR (p.closed_seq IS NULL AND h.last_position > $2))
             ORDER BY h.last_position, p.room_id",
        )
        .bind(member)
        .bind(position)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// External rooms with a participant of this company.
///
/// # Errors
/// Where the database refuses.
pub async fn external_of_company(tx: &mut Tx, company: CompanyId) -> Result<Vec<RoomId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query(
            "SELECT DISTINCT r.id FROM rooms r JOIN participants p ON p.room_id = r.id
             WHERE r.external = TRUE AND p.company_id = $1 AND p.state <> 'left' ORDER BY r.id",
        )
        .bind(company)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Rooms a member is in; external ones only where asked.
///
/// # Errors
/// Where the database refuses.
pub async fn of_member(tx: &mut Tx, member: MemberId, external_only: bool) -> Result<Vec<RoomId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query(
            "SELECT r.id FROM participants p JOIN rooms r ON r.id = p.room_id
             WHERE p.member_id = $1 AND p.state <> 'left' AND ($2 = FALSE OR r.external = TRUE) ORDER BY r.id",
        )
        .bind(member)
        .bind(external_only)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// The groups that two people are in, both of them now.
///
/// # Errors
/// Where the database refuses.
pub async fn groups_of_both(tx: &mut Tx, x: MemberId, y: MemberId) -> Result<Vec<RoomId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query(
            "SELECT r.id FROM participants a
             JOIN participants b ON b.room_id = a.room_id AND b.member_id = $2 AND b.state <> 'left'
             JOIN rooms r ON r.id = a.room_id AND r.kind = 'group'
             WHERE a.member_id = $1 AND a.state <> 'left' ORDER BY r.id",
        )
        .bind(x)
        .bind(y)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// The open groups in which a member sits together with an outsider and with another member of their own company.
///
/// # Errors
/// Where the database refuses.
pub async fn live_with_colleague(
    tx: &mut Tx,
    member: MemberId,
    outsider: MemberId,
) -> Result<Vec<(RoomId, Option<String>)>, StoreError> {
    let rows: Vec<(Uuid, Option<String>)> = tx
        .query(
            "SELECT r.id, r.name FROM participants a
             JOIN participants b ON b.room_id = a.room_id AND b.member_id = $2 AND b.state <> 'left'
             JOIN rooms r ON r.id = a.room_id AND r.kind = 'group' AND r.status = 'open'
             WHERE a.member_id = $1 AND a.state <> 'left' AND EXISTS (
                 SELECT 1 FROM participants c WHERE c.room_id = a.room_id AND c.company_id = a.company_id
                     AND c.member_id <> $1 AND c.state <> 'left')
             ORDER BY r.id",
        )
        .bind(member)
        .bind(outsider)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (id.into(), name)).collect())
}

/// Whether two people are now in one room that is open for both: what lets one see the other's photo. That the other has
/// blocked the viewer makes no difference, which would tell them so.
///
/// # Errors
/// Where the database refuses.
pub async fn share_open_room(tx: &mut Tx, x: MemberId, y: MemberId) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = tx
        .query(
            "SELECT CAST(1 AS BIGINT) FROM participants a
             JOIN participants b ON b.room_id = a.room_id AND b.member_id = $2 AND b.state = 'active'
             JOIN rooms r ON r.id = a.room_id AND r.status = 'open'
             WHERE a.member_id = $1 AND a.closed_seq IS NULL AND a.state = 'active' LIMIT 1",
        )
        .bind(x)
        .bind(y)
        .fetch_optional()
        .await?;
    Ok(row.is_some())
}

/// Sets how a room stands.
///
/// # Errors
/// Where the database refuses.
pub async fn set_status(
    tx: &mut Tx,
    id: RoomId,
    status: &RoomStatus,
    reasons: &[Reason],
    since: Timestamp,
) -> Result<(), StoreError> {
    tx.query("UPDATE rooms SET status = $2, reasons = $3, since = $4 WHERE id = $1")
        .bind(id)
        .bind(if *status == RoomStatus::Open { "open" } else { "frozen" })
        .bind(write_reasons(reasons)?)
        .bind(since)
        .execute()
        .await?;
    Ok(())
}

/// Sets a group's name.
///
/// # Errors
/// Where the database refuses.
pub async fn set_name(tx: &mut Tx, id: RoomId, name: &str) -> Result<(), StoreError> {
    tx.query("UPDATE rooms SET name = $2 WHERE id = $1").bind(id).bind(name).execute().await?;
    Ok(())
}

/// Sets whether a room holds people of more than one company.
///
/// # Errors
/// Where the database refuses.
pub async fn set_external(tx: &mut Tx, id: RoomId, external: bool) -> Result<(), StoreError> {
    tx.query("UPDATE rooms SET external = $2 WHERE id = $1").bind(id).bind(external).execute().await?;
    Ok(())
}

/// Marks a room as changed at this position for everybody in it, and remembered decisions about it as void.
///
/// # Errors
/// Where the database refuses.
pub async fn touch_policy(tx: &mut Tx, id: RoomId, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE heads SET policy_version = policy_version + 1 WHERE id = 1").execute().await?;
    tx.query("UPDATE room_heads SET policy_version = policy_version + 1, last_position = $2 WHERE room_id = $1")
        .bind(id)
        .bind(position)
        .execute()
        .await?;
    tx.query(
        "UPDATE participants SET own_position = $2 WHERE room_id = $1 AND closed_seq IS NOT NULL AND own_position < $2",
    )
    .bind(id)
    .bind(position)
    .execute()
    .await?;
    Ok(())
}

/// Marks a room as changed at this position, for those of its people who hear what is said and resume.
///
/// # Errors
/// Where the database refuses.
pub async fn touch(tx: &mut Tx, id: RoomId, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE room_heads SET last_position = $2 WHERE room_id = $1").bind(id).bind(position).execute().await?;
    Ok(())
}
