//! Blocks, and the answer to a first contact.

use crate::audit::{Act, category};
use crate::error::AppError;
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{BlockId, ContactId, LinkId, MemberId, RoomId, RoomKind, Timestamp};
use liaison_policy::TieState;
use liaison_store::{contacts, links, participants, rooms};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// One of the actor's blocks.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockView {
    /// Its id.
    pub id: BlockId,
    /// Who is blocked: their member id in rooms.
    pub member_id: MemberId,
    /// Their name.
    pub name: String,
    /// Of which company.
    pub company_name: String,
    /// The direct room.
    pub room_id: Option<RoomId>,
    /// Since when.
    pub since: Timestamp,
}

/// What is blocked.
#[derive(Debug, Clone, Copy)]
pub enum WhomToBlock {
    /// The person behind a contact.
    Contact(ContactId),
    /// The outsider in a direct room.
    Room(RoomId),
    /// An outsider in any room.
    Participant(RoomId, MemberId),
}

impl App {
    /// Answers a first contact that waits for the actor.
    ///
    /// # Errors
    /// Where the room is not theirs or nothing waits for them.
    pub async fn answer_request(&self, actor: &Actor, room: RoomId, accept: bool) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        let other = self.outsider_of_direct(&mut work, actor, room).await?;
        let link = links::find(&mut work.tx, actor.id, other).await?;
        if link.map(|l| l.state) != Some(TieState::Pending(actor.id)) {
            return Err(AppError::Conflict {
                code: "NO_REQUEST",
                detail: "No first contact waits for your answer in this room.".into(),
            });
        }
        links::answer(&mut work.tx, LinkId::new(&*self.clock), actor.id, other, accept, work.now).await?;
        let action = if accept { "request.accepted" } else { "request.declined" };
        self.audit_room(&mut work, actor, action, room).await?;
        if accept {
            rooms::touch_policy(&mut work.tx, room, work.position).await?;
            self.reassess(&mut work, Some(actor), &[room]).await?;
            work.events.push(Event::Room { to: Arc::from([actor.id, other]), room });
        } else {
            // As with a block: whoever asked is not to see that anything moved.
            self.reassess_declined(&mut work, actor.id, room).await?;
            work.events.push(Event::Room { to: Arc::from([actor.id]), room });
        }
        self.finish(work).await
    }

    async fn audit_room(
        &self,
        work: &mut Work,
        actor: &Actor,
        action: &'static str,
        room: RoomId,
    ) -> Result<(), AppError> {
        let details = serde_json::json!({});
        let target = Some(room.to_string());
        let act = Act { category: category::EXTERNAL, action, actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await
    }

    async fn outsider_of_direct(&self, work: &mut Work, actor: &Actor, room: RoomId) -> Result<MemberId, AppError> {
        let access = self.access(&mut work.tx, actor.id, actor.company, room).await?.ok_or(AppError::NotFound)?;
        if access.room.kind != RoomKind::Direct {
            return Err(AppError::field("/roomId", "NOT_DIRECT", "is a direct room with somebody of another company"));
        }
        let other = access.people.iter().find(|p| p.company_id != actor.company);
        other.map(|p| p.member_id).ok_or_else(|| {
            AppError::field("/roomId", "NOT_EXTERNAL", "is a direct room with somebody of another company")
        })
    }

    /// Blocks an outsider. They are not told: what they write from now on stays out of the actor's sight for good.
    ///
    /// # Errors
    /// Where the contact or room is not the actor's.
    pub async fn block(&self, actor: &Actor, whom: WhomToBlock) -> Result<BlockView, AppError> {
        let mut work = self.begin_as(actor).await?;
        let other = match whom {
            WhomToBlock::Room(room) => self.outsider_of_direct(&mut work, actor, room).await?,
            WhomToBlock::Participant(room, participant) => {
                let access = self.access(&mut work.tx, actor.id, actor.company, room).await?;
                Self::outsider_in_room(&access.ok_or(AppError::NotFound)?, actor, participant)?
            }
            WhomToBlock::Contact(id) => {
                let contact = contacts::find(&mut work.tx, id).await?.filter(|c| c.owner_id == actor.id);
                contact.and_then(|c| c.outsider_id).ok_or(AppError::NotFound)?
            }
        };
        let view = self.block_person(&mut work, actor, other).await?;
        self.finish(work).await?;
        Ok(view)
    }

    /// Blocks an outsider within a unit of work. Blocking twice keeps the first block.
    pub(crate) async fn block_person(
        &self,
        work: &mut Work,
        actor: &Actor,
        other: MemberId,
    ) -> Result<BlockView, AppError> {
        let block =
            links::StoredBlock { id: BlockId::new(&*self.clock), blocker: actor.id, blocked: other, since: work.now };
        if links::insert_block(&mut work.tx, block).await? {
            let room = rooms::find_direct(&mut work.tx, actor.id, other).await?.map(|r| r.id);
            self.after_block(work, actor, other, room, "block.added").await?;
            return block_view(&mut work.tx, actor, block).await;
        }
        let known = links::find_block(&mut work.tx, actor.id, other).await?.ok_or(AppError::NotFound)?;
        block_view(&mut work.tx, actor, known).await
    }

    async fn after_block(
        &self,
        work: &mut Work,
        actor: &Actor,
        other: MemberId,
        room: Option<RoomId>,
        action: &'static str,
    ) -> Result<(), AppError> {
        let details = serde_json::json!({ "outsider": other });
        let target = room.map(|r| r.to_string());
        let act = Act { category: category::EXTERNAL, action, actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        if let Some(room) = room {
            self.reassess_block(work, actor.id, room).await?;
            work.events.push(Event::Room { to: Arc::from([actor.id]), room });
        }
        Ok(())
    }

    /// Ends one of the actor's blocks. What was written meanwhile stays out of sight.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn unblock(&self, actor: &Actor, id: BlockId) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        let blocks = links::blocks_of(&mut work.tx, actor.id).await?;
        let block = blocks.into_iter().find(|b| b.id == id).ok_or(AppError::NotFound)?;
        links::delete_block(&mut work.tx, id).await?;
        let room = rooms::find_direct(&mut work.tx, actor.id, block.blocked).await?.map(|r| r.id);
        self.after_block(&mut work, actor, block.blocked, room, "block.removed").await?;
        self.finish(work).await
    }

    /// The actor's blocks.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_blocks(&self, actor: &Actor) -> Result<Vec<BlockView>, AppError> {
        let mut tx = self.db.read().await?;
        let mut views = Vec::new();
        for block in links::blocks_of(&mut tx, actor.id).await? {
            views.push(block_view(&mut tx, actor, block).await?);
        }
        Ok(views)
    }
}

/// A block shows the person as the direct room does, under the name kept where it froze, or else as the last room does in
/// which the two met.
async fn block_view(
    tx: &mut liaison_store::Tx,
    actor: &Actor,
    block: links::StoredBlock,
) -> Result<BlockView, AppError> {
    let room = rooms::find_direct(tx, actor.id, block.blocked).await?.map(|r| r.id);
    let shown = match room {
        Some(room) => participants::find_author(tx, room, block.blocked).await?,
        None => participants::find_seen(tx, actor.id, block.blocked).await?,
    };
    let (name, company_name) = shown.unwrap_or_default();
    Ok(BlockView { id: block.id, member_id: block.blocked, name, company_name, room_id: room, since: block.since })
}
