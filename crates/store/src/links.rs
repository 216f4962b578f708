//! Links and blocks: what stands between two people.

use crate::db::{StoreError, Tx};
use liaison_domain::{BlockId, LinkId, MemberId, RoomId, Timestamp};
use liaison_policy::{AddContact, Block, Permit, Tie, TieState};
use sqlx::FromRow;
use uuid::Uuid;

/// A link as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// What it is worth.
    pub state: TieState,
    /// Who ended it as well, after the one named in `state`: their ending stands when the first one revives the link.
    pub also_ended_by: Option<MemberId>,
    /// Whether it was ever live.
    pub accepted: bool,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// How a link stands from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkStanding {
    /// What it is worth.
    pub state: TieState,
    /// See [`Link::also_ended_by`].
    pub also_ended_by: Option<MemberId>,
}

impl Link {
    /// How it stands.
    pub const fn standing(&self) -> LinkStanding {
        LinkStanding { state: self.state, also_ended_by: self.also_ended_by }
    }

    /// Whether it says anything in a group: one that never was live cannot have been ended.
    pub fn counts_in_groups(&self) -> bool {
        self.accepted || !matches!(self.state, TieState::Ended(_))
    }

    /// The link as the decision takes it: one that both ended counts as ended by each.
    pub fn ties(&self, a: MemberId, b: MemberId) -> impl Iterator<Item = Tie> {
        let second = self.also_ended_by.map(|by| Tie { a, b, state: TieState::Ended(by) });
        [Some(Tie { a, b, state: self.state }), second].into_iter().flatten()
    }
}

fn ordered(x: MemberId, y: MemberId) -> (MemberId, MemberId) {
    if x < y { (x, y) } else { (y, x) }
}

#[derive(FromRow)]
struct Row {
    state: String,
    by_member: Option<Uuid>,
    also_ended_by: Option<Uuid>,
    accepted: bool,
    since: i64,
}

fn state(word: &str, by: Option<Uuid>) -> Result<TieState, StoreError> {
    match (word, by) {
        ("live", _) => Ok(TieState::Live),
        ("pending", Some(by)) => Ok(TieState::Pending(by.into())),
        ("ended", Some(by)) => Ok(TieState::Ended(by.into())),
        _ => Err(StoreError::broken("link state")),
    }
}

/// The link between two people, if they ever had one.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, x: MemberId, y: MemberId) -> Result<Option<Link>, StoreError> {
    let (a, b) = ordered(x, y);
    let row: Option<Row> = tx
        .query(
            "SELECT state, by_member, also_ended_by, accepted, since FROM links WHERE member_a = $1 AND member_b = $2",
        )
        .bind(a)
        .bind(b)
        .fetch_optional()
        .await?;
    row.map(|r| {
        Ok(Link {
            state: state(&r.state, r.by_member)?,
            also_ended_by: r.also_ended_by.map(Into::into),
            accepted: r.accepted,
            since: Timestamp::from_millis(r.since),
        })
    })
    .transpose()
}

/// Both people, the state, by whom, and who ended it as well.
type TieRow = (Uuid, Uuid, String, Option<Uuid>, Option<Uuid>);

/// The ties between the people of a room. In a group one that never was live cannot have been ended: a declined first
/// contact freezes nothing.
///
/// # Errors
/// Where the database refuses.
pub async fn in_room(tx: &mut Tx, room: RoomId) -> Result<Vec<Tie>, StoreError> {
    let rows: Vec<TieRow> = tx
        .query(
            "SELECT l.member_a, l.member_b, l.state, l.by_member, l.also_ended_by FROM participants a
             JOIN links l ON l.member_a = a.member_id
             JOIN participants b ON b.room_id = $1 AND b.member_id = l.member_b AND b.state <> 'left'
             JOIN rooms r ON r.id = a.room_id
             WHERE a.room_id = $1 AND a.state <> 'left' AND (l.state <> 'ended' OR l.accepted OR r.kind = 'direct')",
        )
        .bind(room)
        .fetch_all()
        .await?;
    let mut ties = Vec::with_capacity(rows.len());
    for (a, b, word, by, also) in rows {
        ties.push(Tie { a: a.into(), b: b.into(), state: state(&word, by)? });
        ties.extend(also.map(|by| Tie { a: a.into(), b: b.into(), state: TieState::Ended(by.into()) }));
    }
    Ok(ties)
}

/// The blocks between the people of a room.
///
/// # Errors
/// Where the database refuses.
pub async fn blocks_in_room(tx: &mut Tx, room: RoomId) -> Result<Vec<Block>, StoreError> {
    let rows: Vec<(Uuid, Uuid)> = tx
        .query(
            "SELECT x.blocker_id, x.blocked_id FROM participants a
             JOIN blocks x ON x.blocker_id = a.member_id
             JOIN participants b ON b.room_id = $1 AND b.member_id = x.blocked_id AND b.state <> 'left'
             WHERE a.room_id = $1 AND a.state <> 'left'",
        )
        .bind(room)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(blocker, blocked)| Block { blocker: blocker.into(), blocked: blocked.into() }).collect())
}

/// Makes or revives a link, live or waiting for a yes. Takes the proof that both may.
///
/// # Errors
/// Where the database refuses.
pub async fn make(
    tx: &mut Tx,
    permit: Permit<AddContact>,
    id: LinkId,
    pair: (MemberId, MemberId),
    standing: LinkStanding,
    now: Timestamp,
) -> Result<(), StoreError> {
    let _ = permit;
    put(tx, id, pair, standing, now).await
}

async fn put(
    tx: &mut Tx,
    id: LinkId,
    (x, y): (MemberId, MemberId),
    standing: LinkStanding,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (a, b) = ordered(x, y);
    let (word, by) = match standing.state {
        TieState::Live => ("live", None),
        TieState::Pending(by) => ("pending", Some(by)),
        TieState::Ended(by) => ("ended", Some(by)),
    };
    tx.query(
        "INSERT INTO links (member_a, member_b, id, state, by_member, also_ended_by, accepted, since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (member_a, member_b) DO UPDATE SET state = excluded.state, by_member = excluded.by_member,
             also_ended_by = excluded.also_ended_by, accepted = (links.accepted OR excluded.accepted),
             since = excluded.since",
    )
    .bind(a)
    .bind(b)
    .bind(id)
    .bind(word)
    .bind(by)
    .bind(standing.also_ended_by)
    .bind(standing.state == TieState::Live)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Ends a link. Only ever narrows what was permitted, so it needs no permit.
///
/// # Errors
/// Where the database refuses.
pub async fn end(
    tx: &mut Tx,
    id: LinkId,
    pair: (MemberId, MemberId),
    by: MemberId,
    also: Option<MemberId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    put(tx, id, pair, LinkStanding { state: TieState::Ended(by), also_ended_by: also }, now).await
}

/// Answers a first contact that waited: yes makes the link live, no ends it by the one asked. Narrows or completes
/// what was permitted when the link was made, so it needs no new permit.
///
/// # Errors
/// Where the database refuses.
pub async fn answer(
    tx: &mut Tx,
    id: LinkId,
    asked: MemberId,
    other: MemberId,
    yes: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let state = if yes { TieState::Live } else { TieState::Ended(asked) };
    put(tx, id, (asked, other), LinkStanding { state, also_ended_by: None }, now).await
}

/// A block as stored.
#[derive(Debug, Clone, Copy)]
pub struct StoredBlock {
    /// Its id.
    pub id: BlockId,
    /// Who blocked.
    pub blocker: MemberId,
    /// Who is blocked.
    pub blocked: MemberId,
    /// Since when.
    pub since: Timestamp,
}

type BlockRow = (Uuid, Uuid, Uuid, i64);

fn block((id, blocker, blocked, since): BlockRow) -> StoredBlock {
    StoredBlock {
        id: id.into(),
        blocker: blocker.into(),
        blocked: blocked.into(),
        since: Timestamp::from_millis(since),
    }
}

/// Blocks somebody. Blocking twice keeps the first.
///
/// # Errors
/// Where the database refuses.
pub async fn insert_block(tx: &mut Tx, new: StoredBlock) -> Result<bool, StoreError> {
    let n = tx
        .query("INSERT INTO blocks (id, blocker_id, blocked_id, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .bind(new.id)
        .bind(new.blocker)
        .bind(new.blocked)
        .bind(new.since)
        .execute()
        .await?;
    Ok(n == 1)
}

/// Removes a block.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_block(tx: &mut Tx, id: BlockId) -> Result<(), StoreError> {
    tx.query("DELETE FROM blocks WHERE id = $1").bind(id).execute().await?;
    Ok(())
}

/// Whom a member has blocked, oldest first.
///
/// # Errors
/// Where the database refuses.
pub async fn blocks_of(tx: &mut Tx, blocker: MemberId) -> Result<Vec<StoredBlock>, StoreError> {
    let rows: Vec<BlockRow> = tx
        .query("SELECT id, blocker_id, blocked_id, since FROM blocks WHERE blocker_id = $1 ORDER BY since, id")
        .bind(blocker)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(block).collect())
}

/// A block between two people, in this direction.
///
/// # Errors
/// Where the database refuses.
pub async fn find_block(tx: &mut Tx, blocker: MemberId, blocked: MemberId) -> Result<Option<StoredBlock>, StoreError> {
    let row: Option<BlockRow> = tx
        .query("SELECT id, blocker_id, blocked_id, since FROM blocks WHERE blocker_id = $1 AND blocked_id = $2")
        .bind(blocker)
        .bind(blocked)
        .fetch_optional()
        .await?;
    Ok(row.map(block))
}
