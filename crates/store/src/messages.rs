//! The room log: messages and notices.
//!
//! A number is given under the writer's place in the line of all writers (see [`crate::Db::write`]), by raising the
//! room's head in the same transaction: gap-free, in commit order, and gone with the transaction if that rolls back.

use crate::db::{StoreError, Tx};
use liaison_domain::{MemberId, MessageId, RoomId, Timestamp};
use liaison_policy::{Permit, SendMessage};
use sqlx::FromRow;
use std::sync::LazyLock;
use uuid::Uuid;

/// A line of the room log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which room.
    pub room_id: RoomId,
    /// Its number in the room.
    pub seq: i64,
    /// Its id.
    pub id: MessageId,
    /// The position it was committed at.
    pub position: i64,
    /// When it was accepted.
    pub sent_at: Timestamp,
    /// Who wrote it; none in a notice.
    pub author_id: Option<MemberId>,
    /// The author's own id for it.
    pub client_id: Option<String>,
    /// What it says; none in a notice.
    pub body: Option<String>,
    /// JSON; none in a message.
    pub notice: Option<String>,
}

/// A message to be appended, with the proof that its author may write it.
#[derive(Debug)]
pub struct Draft {
    /// The proof.
    pub permit: Permit<SendMessage>,
    /// Which room.
    pub room_id: RoomId,
    /// Its number, which the caller gives by raising the room's head.
    pub seq: i64,
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub author_id: MemberId,
    /// The author's own id for it.
    pub client_id: String,
    /// What it says.
    pub body: String,
}

/// How many rows one statement carries. Of each size the database keeps a prepared statement; the largest keeps well
/// under the number of arguments that both databases take (32,766 and 65,535).
const CHUNKS: [usize; 3] = [128, 16, 1];

/// A statement of many rows, with `?` for SQLite and `$1 …` for PostgreSQL: see `Tx::query_by_driver`.
struct ManyRows {
    sqlite: String,
    postgres: String,
}

fn many_rows(head: &str, columns: usize, tail: &str) -> [ManyRows; 3] {
    let numbered = spell(head, columns, tail, true);
    let mut places = spell(head, columns, tail, false).into_iter();
    numbered.map(|postgres| ManyRows { sqlite: places.next().unwrap_or_default(), postgres })
}

fn spell(head: &str, columns: usize, tail: &str, numbered: bool) -> [String; 3] {
    CHUNKS.map(|rows| {
        let mut sql = String::from(head);
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ",(" });
            for column in 0..columns {
                if column > 0 {
                    sql.push(',');
                }
                if numbered {
                    sql.push('$');
                    sql.push_str(&(row * columns + column + 1).to_string());
                } else {
                    sql.push('?');
                }
            }
            sql.push(')');
        }
        sql.push_str(tail);
        sql
    })
}

static INSERT_MESSAGES: LazyLock<[ManyRows; 3]> = LazyLock::new(|| {
    many_rows("INSERT INTO messages (room_id, seq, id, position, sent_at, author_id, client_id, body) VALUES ", 8, "")
});

static INSERT_CLIENT_IDS: LazyLock<[ManyRows; 3]> = LazyLock::new(|| {
    many_rows("INSERT INTO client_ids (room_id, author_id, client_id, seq) VALUES ", 4, " ON CONFLICT DO NOTHING")
});

static RAISE_HEADS: LazyLock<[ManyRows; 3]> = LazyLock::new(|| {
    many_rows(
        "INSERT INTO room_heads (room_id, last_seq, last_position, last_at, policy_version) VALUES ",
        5,
        " ON CONFLICT (room_id) DO UPDATE SET last_seq = excluded.last_seq, last_position = excluded.last_position,
              last_at = excluded.last_at",
    )
});

/// Splits items into chunks of the sizes that have a statement, and names the statement of each.
fn chunked<'a, T>(items: &'a [T], sql: &'static [ManyRows; 3]) -> impl Iterator<Item = (&'static ManyRows, &'a [T])> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let which = CHUNKS.iter().position(|&size| size <= rest.len())?;
        let (chunk, after) = rest.split_at(CHUNKS[which]);
        rest = after;
        Some((&sql[which], chunk))
    })
}

/// Appends messages whose numbers the caller has given. Answers `false`, and the transaction must then be rolled back,
/// where one of the client ids was used before: the caller then looks each of them up first. Most batches hold no
/// retry, so nobody pays for looking.
///
/// # Errors
/// Where the database refuses.
pub async fn append(tx: &mut Tx, drafts: &[Draft], position: i64, now: Timestamp) -> Result<bool, StoreError> {
    for (sql, chunk) in chunked(drafts, &INSERT_CLIENT_IDS) {
        let mut statement = tx.query_by_driver(&sql.sqlite, &sql.postgres);
        for d in chunk {
            statement = statement.bind(d.room_id).bind(d.author_id).bind(d.client_id.as_str()).bind(d.seq);
        }
        if statement.execute().await? != chunk.len() as u64 {
            return Ok(false);
        }
    }
    for (sql, chunk) in chunked(drafts, &INSERT_MESSAGES) {
        let mut statement = tx.query_by_driver(&sql.sqlite, &sql.postgres);
        for d in chunk {
            let Draft { permit: _, room_id, seq, id, author_id, client_id, body } = d;
            statement = statement
                .bind(*room_id)
                .bind(*seq)
                .bind(*id)
                .bind(position)
                .bind(now)
                .bind(*author_id)
                .bind(client_id.as_str())
                .bind(body.as_str());
        }
        statement.execute().await?;
    }
    Ok(true)
}

/// The head of a room: what the next number follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Head {
    /// Which room.
    #[sqlx(try_from = "Uuid")]
    pub room_id: RoomId,
    /// Its newest number.
    pub last_seq: i64,
    /// See [`crate::rooms::touch_policy`].
    pub policy_version: i64,
}

static SELECT_HEADS: LazyLock<[ManyRows; 3]> = LazyLock::new(|| {
    // `IN ((a),(b))` is the same list as `IN (a, b)` on both.
    many_rows("SELECT room_id, last_seq, policy_version FROM room_heads WHERE room_id IN (", 1, ")")
});

/// The heads of rooms. Rooms that do not exist are left out.
///
/// # Errors
/// Where the database refuses.
pub async fn heads(tx: &mut Tx, rooms: &[RoomId]) -> Result<Vec<Head>, StoreError> {
    let mut heads = Vec::with_capacity(rooms.len());
    for (sql, chunk) in chunked(rooms, &SELECT_HEADS) {
        let mut statement = tx.query_by_driver(&sql.sqlite, &sql.postgres);
        for &room in chunk {
            statement = statement.bind(room);
        }
        heads.extend(statement.fetch_all::<Head>().await?);
    }
    Ok(heads)
}

/// Raises the heads of rooms to the numbers given out.
///
/// # Errors
/// Where the database refuses.
pub async fn raise_heads(tx: &mut Tx, heads: &[Head], position: i64, now: Timestamp) -> Result<(), StoreError> {
    for (sql, chunk) in chunked(heads, &RAISE_HEADS) {
        let mut statement = tx.query_by_driver(&sql.sqlite, &sql.postgres);
        for head in chunk {
            statement =
                statement.bind(head.room_id).bind(head.last_seq).bind(position).bind(now).bind(head.policy_version);
        }
        statement.execute().await?;
    }
    Ok(())
}

/// Appends a notice (joined, frozen, …): a line the server writes. Answers its number.
///
/// # Errors
/// Where the database refuses.
pub async fn append_notice(
    tx: &mut Tx,
    room: RoomId,
    id: MessageId,
    notice: &str,
    position: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let (seq,): (i64,) = tx
        .query(
            "UPDATE room_heads SET last_seq = last_seq + 1, last_position = $2, last_at = $3 WHERE room_id = $1
             RETURNING last_seq",
        )
        .bind(room)
        .bind(position)
        .bind(now)
        .fetch_one()
        .await?;
    tx.query("INSERT INTO messages (room_id, seq, id, position, sent_at, notice) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(room)
        .bind(seq)
        .bind(id)
        .bind(position)
        .bind(now)
        .bind(notice)
        .execute()
        .await?;
    Ok(seq)
}

#[derive(FromRow)]
struct Row {
    room_id: Uuid,
    seq: i64,
    id: Uuid,
    position: i64,
    sent_at: i64,
    author_id: Option<Uuid>,
    client_id: Option<String>,
    body: Option<String>,
    notice: Option<String>,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        Self {
            room_id: row.room_id.into(),
            seq: row.seq,
            id: row.id.into(),
            position: row.position,
            sent_at: Timestamp::from_millis(row.sent_at),
            author_id: row.author_id.map(Into::into),
            client_id: row.client_id,
            body: row.body,
            notice: row.notice,
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT room_id, seq, id, position, sent_at, author_id, client_id, body, notice FROM messages ", $rest)
    };
}

/// The message that an author's client id was given, if it was.
///
/// # Errors
/// Where the database refuses.
pub async fn find_by_client_id(
    tx: &mut Tx,
    room: RoomId,
    author: MemberId,
    client_id: &str,
) -> Result<Option<Message>, StoreError> {
    let row: Option<Row> = tx
        .query(select!(
            "WHERE room_id = $1 AND seq =
                 (SELECT seq FROM client_ids WHERE room_id = $1 AND author_id = $2 AND client_id = $3)"
        ))
        .bind(room)
        .bind(author)
        .bind(client_id)
        .fetch_optional()
        .await?;
    Ok(row.map(Into::into))
}

/// A line by its number.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, room: RoomId, seq: i64) -> Result<Option<Message>, StoreError> {
    let row: Option<Row> =
        tx.query(select!("WHERE room_id = $1 AND seq = $2")).bind(room).bind(seq).fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// The most lines that [`numbers`] looks for at once.
pub const MAX_NUMBERS: usize = 20;

/// Which of these lines stand in a room, with their numbers. A line never changes its number, so this may be asked before
/// the transaction that acts on it: there is no index by id, and a long room takes a moment to walk.
///
/// # Errors
/// Where the database refuses.
pub async fn numbers(tx: &mut Tx, room: RoomId, ids: &[MessageId]) -> Result<Vec<(MessageId, i64)>, StoreError> {
    let mut statement = tx
        .query(
            "SELECT id, seq FROM messages WHERE room_id = $1 AND id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                 $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        )
        .bind(room);
    for at in 0..MAX_NUMBERS {
        statement = statement.bind(ids.get(at).copied());
    }
    let rows: Vec<(Uuid, i64)> = statement.fetch_all().await?;
    Ok(rows.into_iter().map(|(id, seq)| (id.into(), seq)).collect())
}

/// The lines numbered `from..=to`, the first `limit` of them.
///
/// # Errors
/// Where the database refuses.
pub async fn first_of(tx: &mut Tx, room: RoomId, from: i64, to: i64, limit: i64) -> Result<Vec<Message>, StoreError> {
    let rows: Vec<Row> = tx
        .query(select!("WHERE room_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq LIMIT $4"))
        .bind(room)
        .bind(from)
        .bind(to)
        .bind(limit)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The lines numbered `from..=to`, the last `limit` of them, newest first.
///
/// # Errors
/// Where the database refuses.
pub async fn last_of(tx: &mut Tx, room: RoomId, from: i64, to: i64, limit: i64) -> Result<Vec<Message>, StoreError> {
    let rows: Vec<Row> = tx
        .query(select!("WHERE room_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq DESC LIMIT $4"))
        .bind(room)
        .bind(from)
        .bind(to)
        .bind(limit)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many messages of others are numbered `from..=to`, counted up to 1,000: beyond that a badge says "999+".
///
/// # Errors
/// Where the database refuses.
pub async fn count_of_others(tx: &mut Tx, room: RoomId, me: MemberId, from: i64, to: i64) -> Result<i64, StoreError> {
    let (n,): (i64,) = tx
        .query(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM messages WHERE room_id = $1 AND seq >= $2 AND seq <= $3
                 AND author_id IS NOT NULL AND author_id <> $4 LIMIT 1000) AS unread",
        )
        .bind(room)
        .bind(from)
        .bind(to)
        .bind(me)
        .fetch_one()
        .await?;
    Ok(n)
}

/// The newest position committed, and the generation of this database: what a cursor is made of.
///
/// # Errors
/// Where the database refuses.
pub async fn log_head(tx: &mut Tx) -> Result<(i64, i64, String), StoreError> {
    tx.query("SELECT position, policy_version, generation FROM heads WHERE id = 1").fetch_one().await
}

/// Gives the database a new generation: every cursor from before is answered with an order to load anew (I-29).
///
/// # Errors
/// Where the database refuses.
pub async fn renew_generation(tx: &mut Tx) -> Result<String, StoreError> {
    let generation = crate::migrate::fresh_generation();
    tx.query("UPDATE heads SET generation = $1").bind(generation.as_str()).execute().await?;
    Ok(generation)
}

/// When the newest line of any room was written.
///
/// # Errors
/// Where the database refuses.
pub async fn newest(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let (at,): (Option<i64>,) = tx.query("SELECT MAX(last_at) FROM room_heads").fetch_one().await?;
    Ok(at.map(Timestamp::from_millis))
}
