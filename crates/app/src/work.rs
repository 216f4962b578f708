//! A unit of work: one writing transaction and what is to be told to whom once it is committed.

use crate::error::AppError;
use crate::{Actor, App};
use bytes::Bytes;
use liaison_domain::{Clock, CompanyId, ContactId, MemberId, MessageId, RoomId, SessionId, Timestamp, TokenId};
use liaison_store::{Tx, companies};
use std::sync::Arc;
use uuid::Uuid;

/// Something that connected people are told after commit. Only what is the same for all its readers is carried as
/// bytes; the rest names what changed, and each connection reads it anew as its own member (I-04).
#[derive(Debug, Clone)]
pub enum Event {
    /// A finished frame for these members. `after` orders the frames of one position, see [`crate::realtime::Cursor`].
    Frame {
        /// Recipients, decided in this transaction.
        to: Arc<[MemberId]>,
        /// JSON text.
        frame: Bytes,
        /// The message it carries, where it carries one.
        message: Option<MessageId>,
    },
    /// A finished frame for the one connection that asked.
    Answer {
        /// Which connection.
        to: Arc<crate::hub::Connection>,
        /// JSON text.
        frame: Bytes,
    },
    /// How a room stands for these members has changed.
    Room {
        /// Whom it concerns.
        to: Arc<[MemberId]>,
        /// Which room.
        room: RoomId,
    },
    /// A contact changed, came into sight or went out of it.
    Contact {
        /// Who sees it or saw it before.
        to: Arc<[MemberId]>,
        /// Which contact.
        contact: ContactId,
    },
    /// What a member may do has changed.
    Permission {
        /// Who.
        to: MemberId,
    },
    /// What the members of a company may do has changed.
    CompanyPermission {
        /// Which company.
        to: CompanyId,
    },
    /// A member's own profile or settings have changed.
    Profile {
        /// Who.
        to: MemberId,
    },
    /// What a company shows its members of itself has changed.
    CompanyProfile {
        /// Which company.
        to: CompanyId,
    },
    /// How many reports wait for a company's administrators has changed.
    Reports {
        /// Which company.
        to: CompanyId,
    },
    /// A session ended.
    SessionEnded(SessionId),
    /// A token ended.
    TokenEnded(TokenId),
    /// A member's sessions and tokens ended, but for one session.
    MemberSignedOut {
        /// Who.
        member: MemberId,
        /// The session that stays.
        keep: Option<SessionId>,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Work {
    /// The transaction.
    pub tx: Tx,
    /// Its place in commit order.
    pub position: i64,
    /// The moment all of it is judged by.
    pub now: Timestamp,
    /// The version of all policy facts before this work changed any.
    pub policy_version: i64,
    /// What will be told.
    pub events: Vec<Event>,
    /// Whether something was put into the queue of mail and text messages.
    pub(crate) queued: bool,
    last_message: Option<MessageId>,
}

impl App {
    /// Begins a unit of work.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn begin(&self) -> Result<Work, AppError> {
        let (tx, head) = self.db.write().await?;
        Ok(Work {
            tx,
            position: head.position,
            now: self.clock.now(),
            policy_version: head.policy_version,
            events: Vec::new(),
            queued: false,
            last_message: None,
        })
    }

    /// Begins a unit of work for an actor, whom the same transaction confirms: somebody suspended, demoted or signed
    /// out a moment ago gets no further (I-02, I-41).
    ///
    /// Where the request carries a key to be repeated by, the key is taken here, with the work.
    ///
    /// # Errors
    /// Where the actor is no longer who they were, the key was used before, or the database is gone.
    pub async fn begin_as(&self, actor: &Actor) -> Result<Work, AppError> {
        let mut work = self.begin().await?;
        self.confirm(&mut work.tx, actor).await?;
        self.claim_retry(&mut work, actor).await?;
        Ok(work)
    }

    /// Commits and then tells. Runs to its end even where the caller goes away in the middle: a committed change that
    /// nobody is told of would look like a lost one.
    ///
    /// # Errors
    /// Where the commit failed; nothing is told then.
    pub async fn finish(&self, work: Work) -> Result<(), AppError> {
        let hub = Arc::clone(&self.hub);
        let Work { tx, position, events, queued, .. } = work;
        let outgoing = self.outgoing.clone();
        tokio::spawn(async move {
            tx.commit().await?;
            hub.publish(position, events);
            if queued {
                outgoing.wake();
            }
            Ok(())
        })
        .await
        .map_err(AppError::internal)?
    }
}

impl Work {
    /// An id for the next line written by this work: always above the one before, so that within one position the ids
    /// are in the order in which the lines are told, and a cursor can point between two of them.
    pub(crate) fn next_message_id(&mut self, clock: &dyn Clock) -> MessageId {
        let fresh = MessageId::new(clock);
        let id = match self.last_message {
            Some(last) if fresh <= last => MessageId::from(Uuid::from_u128(last.as_uuid().as_u128() + 1)),
            _ => fresh,
        };
        self.last_message = Some(id);
        id
    }

    /// Marks that what a company's people may do has changed, for deciding and for telling.
    pub(crate) async fn touch_company(&mut self, company: CompanyId) -> Result<(), AppError> {
        companies::touch_policy(&mut self.tx, company).await?;
        companies::touch_permission(&mut self.tx, company, self.position).await?;
        self.events.push(Event::CompanyPermission { to: company });
        Ok(())
    }
}
