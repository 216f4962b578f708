//! Cursors, and what a connection reads from the log to be where everybody else is.

use crate::contacts::ContactView;
use crate::error::AppError;
use crate::log::{self, MessageView, message_frame, to_json};
use crate::members::MeView;
use crate::views::{NetworkPermission, RoomView};
use crate::{Actor, App, Problem};
use bytes::Bytes;
use liaison_domain::{ContactId, MemberId, MessageId, Network, RoomId};
use liaison_store::{Tx, members, messages, participants, reports, rooms};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// A place in the log of all rooms. Its size does not grow with the number of rooms: one position in commit order, and
/// behind it, where a position holds several messages, the last of them that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which life of the database: a restored one has another.
    pub generation: String,
    /// All positions before it were received.
    pub position: i64,
    /// At the position itself: all messages up to this id were received. None: all of them.
    pub after: Option<MessageId>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.generation, self.position)?;
        match self.after {
            Some(id) => write!(f, ".{id}"),
            None => Ok(()),
        }
    }
}

impl Cursor {
    /// Reads a cursor; none where the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let generation = parts.next()?.to_owned();
        let position: i64 = parts.next()?.parse().ok().filter(|p| *p >= 0)?;
        let after = match parts.next() {
            Some(id) => Some(id.parse().ok()?),
            None => None,
        };
        Some(Self { generation, position, after })
    }
}

/// The most messages a resume brings; beyond it the client loads its rooms anew.
const MAX_RESUMED: usize = 5_000;

/// Frames of the server. Those of a message are the same for all who get it and are written once, by hand (`log.rs`).
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "op", rename_all = "camelCase")]
pub enum ServerFrame {
    /// The first frame: from here on nothing is missed.
    Ready {
        /// Where the log stands.
        cursor: String,
    },
    /// A room appeared or stands differently.
    Room {
        /// The whole room, as this reader sees it.
        room: Box<RoomView>,
        /// Where this reader stands.
        cursor: String,
    },
    /// A room the reader is no longer in.
    #[serde(rename_all = "camelCase")]
    RoomGone {
        /// Which.
        room_id: RoomId,
        /// Where this reader stands.
        cursor: String,
    },
    /// A contact appeared or changed.
    Contact {
        /// The whole contact.
        contact: Box<ContactView>,
        /// Where this reader stands.
        cursor: String,
    },
    /// A contact that the reader no longer sees: deleted for good, no longer shared, or in its owner's trash.
    #[serde(rename_all = "camelCase")]
    ContactGone {
        /// Which.
        contact_id: ContactId,
        /// Where this reader stands.
        cursor: String,
    },
    /// What the reader may do on a network.
    Grant {
        /// Which network.
        network: Network,
        /// What and why not.
        #[serde(flatten)]
        permission: NetworkPermission,
        /// Where this reader stands.
        cursor: String,
    },
    /// The reader's own profile, settings or company have changed.
    Me {
        /// All of it, as `GET /me` answers it.
        me: Box<MeView>,
        /// Where this reader stands.
        cursor: String,
    },
    /// How many reports of outsiders wait for an administrator or auditor of this company.
    #[serde(rename_all = "camelCase")]
    Reports {
        /// How many are open.
        open_count: i64,
        /// Where this reader stands.
        cursor: String,
    },
    /// A line of a room, in the order of its numbers.
    Message {
        /// The line.
        message: Box<MessageView>,
        /// Where the reader stands with it.
        cursor: String,
    },
    /// One's own message is on disk.
    #[serde(rename_all = "camelCase")]
    Sent {
        /// The id it was sent with.
        client_id: String,
        /// The message.
        message: Box<MessageView>,
    },
    /// One's own message was not taken; nothing was stored.
    #[serde(rename_all = "camelCase")]
    Refused {
        /// The id it was sent with.
        client_id: String,
        /// The room it was meant for.
        room_id: RoomId,
        /// Why.
        problem: Box<Problem>,
    },
    /// Somebody has read up to here.
    #[serde(rename_all = "camelCase")]
    Read {
        /// In which room.
        room_id: RoomId,
        /// Who.
        member_id: MemberId,
        /// The number of the last line read.
        seq: i64,
        /// Where the reader of this stands.
        cursor: String,
    },
    /// Somebody is typing; nothing follows when they stop.
    #[serde(rename_all = "camelCase")]
    Typing {
        /// In which room.
        room_id: RoomId,
        /// Who.
        member_id: MemberId,
    },
    /// What the client sent could not be read.
    Error {
        /// Why.
        problem: Box<Problem>,
    },
    /// The cursor is too old or of another database: load everything anew.
    Resync {
        /// Where the log stands.
        cursor: String,
    },
}

/// What a reader catches up on: finished frames, each with the cursor behind it, up to a position.
#[derive(Debug)]
pub struct CaughtUp {
    /// The frames, in order.
    pub frames: Vec<Bytes>,
    /// All up to here is in them.
    pub position: i64,
    /// The cursor behind the last one.
    pub cursor: Cursor,
}

impl App {
    /// Where the log stands now.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn log_position(&self) -> Result<i64, AppError> {
        let mut tx = self.db.read().await?;
        Ok(messages::log_head(&mut tx).await?.0)
    }

    fn cursor(&self, position: i64, after: Option<MessageId>) -> Cursor {
        Cursor { generation: self.hub.generation().to_owned(), position, after }
    }

    /// Everything `(from, now]` that concerns this member, in order: first how rooms, contacts and permissions stand
    /// that changed, then each message by position and id. One snapshot, decided as of now (I-04, I-22).
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn catch_up(&self, actor: &Actor, from: &Cursor) -> Result<CaughtUp, AppError> {
        let mut tx = self.db.read().await?;
        let (head, _, generation) = messages::log_head(&mut tx).await?;
        let here = self.cursor(head, None);
        let anew = || -> Result<CaughtUp, AppError> {
            let frame = Bytes::from(to_json(&ServerFrame::Resync { cursor: here.to_string() })?);
            Ok(CaughtUp { frames: vec![frame], position: head, cursor: here.clone() })
        };
        if from.generation != generation || from.position > head {
            return anew();
        }
        // Within a position whose messages were received in part, its states are told again: that does no harm.
        let since = if from.after.is_some() { from.position - 1 } else { from.position };
        let start = from.to_string();
        let mut frames = Vec::new();
        let mut missed: Vec<(messages::Message, String)> = Vec::new();
        for room in rooms::changed_after(&mut tx, actor.id, since).await? {
            let Some(view) = self.room_view(&mut tx, actor.id, actor.company, room).await? else {
                frames.push(to_json(&ServerFrame::RoomGone { room_id: room, cursor: start.clone() })?);
                continue;
            };
            frames.push(to_json(&ServerFrame::Room { room: Box::new(view), cursor: start.clone() })?);
            for message in self.lines_after(&mut tx, actor, room, from).await? {
                let author = self.author_of(&mut tx, room, &message).await?;
                let json = to_json(&log::view(message.clone(), author)?)?;
                missed.push((message, json));
            }
            if missed.len() > MAX_RESUMED {
                return anew();
            }
        }
        for contact in self.contacts_after(&mut tx, actor, since).await? {
            frames.push(self.contact_told(&mut tx, actor, contact, start.clone()).await?);
        }
        if members::permission_position(&mut tx, actor.id).await? > since {
            frames.extend(self.grant_frames(&mut tx, actor.id, &start).await?);
            let me = Box::new(self.me_view(&mut tx, actor).await?);
            frames.push(to_json(&ServerFrame::Me { me, cursor: start.clone() })?);
        }
        if actor.role.can_audit() {
            let (open_count, changed) = reports::standing(&mut tx, actor.company).await?;
            if changed > since {
                frames.push(to_json(&ServerFrame::Reports { open_count, cursor: start.clone() })?);
            }
        }
        let mut frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
        missed.sort_by_key(|(m, _)| (m.position, m.id));
        for (message, json) in &missed {
            let cursor = self.cursor(message.position, Some(message.id)).to_string();
            frames.push(message_frame(json, &cursor));
        }
        Ok(CaughtUp { frames, position: head, cursor: here })
    }

    /// The lines of a room behind a cursor, within the reader's ranges.
    async fn lines_after(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        room: RoomId,
        from: &Cursor,
    ) -> Result<Vec<messages::Message>, AppError> {
        let Some(access) = self.access(tx, actor.id, actor.company, room).await? else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        // Positions rise with numbers, so each range is walked from its end until the cursor is reached.
        for range in access.ranges.iter().rev() {
            let mut to = range.to.unwrap_or(i64::MAX);
            loop {
                let page = messages::last_of(tx, room, range.from, to, 200).await?;
                let full = page.len() == 200;
                let Some(last) = page.last() else { break };
                to = last.seq - 1;
                let before = lines.len();
                let behind = |m: &messages::Message| {
                    m.position > from.position
                        || (m.position == from.position && from.after.is_some_and(|after| m.id > after))
                };
                let reached = page.iter().any(|m| m.position < from.position);
                lines.extend(page.into_iter().filter(behind));
                if !full || reached || lines.len() == before || lines.len() > MAX_RESUMED {
                    break;
                }
            }
        }
        Ok(lines)
    }

    /// A room for one reader, as a frame.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn room_frame(&self, actor: &Actor, room: RoomId, cursor: &Cursor) -> Result<Bytes, AppError> {
        let mut tx = self.db.read().await?;
        let cursor = cursor.to_string();
        let frame = match self.room_view(&mut tx, actor.id, actor.company, room).await? {
            Some(view) => ServerFrame::Room { room: Box::new(view), cursor },
            None => ServerFrame::RoomGone { room_id: room, cursor },
        };
        Ok(Bytes::from(to_json(&frame)?))
    }

    /// A contact for one reader who sees it or saw it before, as a frame.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn contact_frame(&self, actor: &Actor, contact: ContactId, cursor: &Cursor) -> Result<Bytes, AppError> {
        let mut tx = self.db.read().await?;
        Ok(Bytes::from(self.contact_told(&mut tx, actor, contact, cursor.to_string()).await?))
    }

    async fn contact_told(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        contact: ContactId,
        cursor: String,
    ) -> Result<String, AppError> {
        to_json(&match self.seen_contact(tx, actor, contact).await? {
            Some(view) => ServerFrame::Contact { contact: Box::new(view), cursor },
            None => ServerFrame::ContactGone { contact_id: contact, cursor },
        })
    }

    /// What a member may do, as frames.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn permission_frames(&self, member: MemberId, cursor: &Cursor) -> Result<Vec<Bytes>, AppError> {
        let mut tx = self.db.read().await?;
        let frames = self.grant_frames(&mut tx, member, &cursor.to_string()).await?;
        Ok(frames.into_iter().map(Bytes::from).collect())
    }

    /// A member's own profile, as a frame.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn profile_frame(&self, actor: &Actor, cursor: &Cursor) -> Result<Bytes, AppError> {
        let me = Box::new(self.me(actor).await?);
        Ok(Bytes::from(to_json(&ServerFrame::Me { me, cursor: cursor.to_string() })?))
    }

    async fn grant_frames(&self, tx: &mut Tx, member: MemberId, cursor: &str) -> Result<Vec<String>, AppError> {
        let mut frames = Vec::new();
        for &network in Network::ALL {
            let permission = self.permission(tx, member, network).await?;
            frames.push(to_json(&ServerFrame::Grant { network, permission, cursor: cursor.to_owned() })?);
        }
        Ok(frames)
    }

    /// Says to the others in a room that somebody is typing. Nothing is kept; who may not write says nothing.
    ///
    /// # Errors
    /// Where the room is not the actor's, or they may not write in it.
    pub async fn typing(&self, actor: &Actor, room: RoomId) -> Result<(), AppError> {
        let mut tx = self.db.read().await?;
        let found = rooms::find(&mut tx, room).await?.ok_or(AppError::NotFound)?;
        let verdict = self.verdict(&mut tx, &found).await?;
        let people = participants::of_room(&mut tx, room).await?;
        if !people.iter().any(|p| p.member_id == actor.id) {
            return Err(AppError::NotFound);
        }
        let _permit =
            verdict.may_send(actor.id, self.clock.now()).map_err(|denial| AppError::denied(&denial, actor))?;
        let to: Vec<MemberId> =
            people.iter().filter(|p| p.closed_seq.is_none() && p.member_id != actor.id).map(|p| p.member_id).collect();
        let frame = to_json(&ServerFrame::Typing { room_id: room, member_id: actor.id })?;
        self.hub.whisper(&to, &Bytes::from(frame));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_domain::SystemClock;

    #[test]
    fn i22_cursors_survive_being_written_and_forged_ones_are_refused() {
        for after in [None, Some(MessageId::new(&SystemClock))] {
            let cursor = Cursor { generation: "abc".into(), position: 42, after };
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
        for wrong in ["", "abc", "abc.", "abc.-1", "abc.x", "abc.1.room_01h455vb4pex5vsknk084sn02q", "abc.1.2.3"] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}
