//! Adding an outsider: contact, link and direct room at once.

use crate::audit::{Act, category};
use crate::error::AppError;
use crate::views::ContactView;
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{ContactId, FirstContact, LinkId, MemberId, Network, RoomId, RoomKind};
use liaison_policy::{AddContact, PairFacts, Permit, TieState, judge_opening, judge_pair};
use liaison_store::facts::Facts;
use liaison_store::rooms::{NewRoom, direct_key};
use liaison_store::{companies, contacts, links, members, participants, rooms};
use std::sync::Arc;

/// Whom to add.
#[derive(Debug, Clone)]
pub enum WhomToAdd {
    /// The person on a card.
    Card(String),
    /// A person in one of the actor's rooms.
    Participant(RoomId, MemberId),
}

/// What adding an outsider has made or found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    /// The contact.
    pub contact: ContactId,
    /// Whether the contact is new.
    pub created: bool,
}

impl App {
    /// Adds an outsider: contact, link and direct room at once; one-sided adding is enough (L1). Answers the contact,
    /// and whether it is new.
    ///
    /// # Errors
    /// Where the person is not there for the actor, or the decision refuses.
    pub async fn add_contact(&self, actor: &Actor, whom: &WhomToAdd) -> Result<(ContactView, bool), AppError> {
        let outcome = self.try_add_contact(actor, whom).await;
        self.note_refusal(actor, "contact.refused", None, outcome).await
    }

    async fn try_add_contact(&self, actor: &Actor, whom: &WhomToAdd) -> Result<(ContactView, bool), AppError> {
        if let WhomToAdd::Card(reference) = whom
            && let (_, Some(invitation)) = self.referred(actor, reference)?
        {
            return self.add_by_invitation(actor, invitation).await;
        }
        let mut work = self.begin_as(actor).await?;
        let target = match whom {
            WhomToAdd::Card(reference) => self.referred(actor, reference)?.0,
            WhomToAdd::Participant(room, participant) => {
                let access = self.access(&mut work.tx, actor.id, actor.company, *room).await?;
                Self::outsider_in_room(&access.ok_or(AppError::NotFound)?, actor, *participant)?
            }
        };
        let existing = contacts::find_by_outsider(&mut work.tx, actor.id, target).await?;
        let pair = self.pair(&mut work.tx, actor, target).await?;
        let link = links::find(&mut work.tx, actor.id, target).await?;
        if let (Some(contact), Some(TieState::Live)) = (&existing, link.map(|l| l.state)) {
            let view = self.contact_view(&mut work.tx, actor, contact.id).await?.ok_or(AppError::NotFound)?;
            return Ok((view, false));
        }
        let permit: Permit<AddContact> = judge_pair(&pair).map_err(|denial| AppError::denied(&denial, actor))?;
        let added = self.add_outsider(&mut work, actor, &pair, permit).await?;
        let view = self.contact_view(&mut work.tx, actor, added.contact).await?.ok_or(AppError::NotFound)?;
        self.finish(work).await?;
        Ok((view, added.created))
    }

    /// Adds an outsider within a work that has decided about the pair: contact, link and direct room. `pair.actor` is
    /// the actor. Audit entries and events are in it.
    ///
    /// # Errors
    /// Where the room may not be opened, or the database fails.
    pub(crate) async fn add_outsider(
        &self,
        work: &mut Work,
        actor: &Actor,
        pair: &PairFacts,
        permit: Permit<AddContact>,
    ) -> Result<Added, AppError> {
        let target = pair.target.id;
        let existing = contacts::find_by_outsider(&mut work.tx, actor.id, target).await?;
        let link = links::find(&mut work.tx, actor.id, target).await?;
        let asks = pair.target_company.setting.first_contact == FirstContact::Request;
        let state = match link.map(|l| l.state) {
            None if asks => TieState::Pending(target),
            // Added by the one who was asked: that is the yes.
            None | Some(TieState::Live) => TieState::Live,
            Some(TieState::Pending(asked)) if asked == actor.id => TieState::Live,
            Some(pending @ TieState::Pending(_)) => pending,
            Some(TieState::Ended(by)) if by == actor.id => TieState::Live,
            // Only the side that ended a link revives it.
            Some(ended @ TieState::Ended(_)) => ended,
        };
        let company = companies::find(&mut work.tx, pair.target.company).await?.ok_or(AppError::NotFound)?;
        let person = members::find(&mut work.tx, target).await?.ok_or(AppError::NotFound)?;
        let created = existing.is_none();
        let (permit, contact) = if let Some(contact) = existing {
            (permit, contact.id)
        } else {
            let contact = contacts::Contact {
                id: ContactId::new(&*self.clock),
                company_id: actor.company,
                owner_id: actor.id,
                outsider_id: target,
                nickname: person.nickname.unwrap_or_else(|| person.name.clone()),
                name: person.name,
                company_name: company.name,
                position: work.position,
            };
            (contacts::insert(&mut work.tx, permit, &contact, work.now).await?, contact.id)
        };
        if link.map(|l| l.state) == Some(state) {
            drop(permit);
        } else {
            links::make(&mut work.tx, permit, LinkId::new(&*self.clock), (actor.id, target), state, work.now).await?;
        }
        let room = self.direct_room(work, actor, target).await?;
        rooms::touch_policy(&mut work.tx, room, work.position).await?;
        let added = |company| Act {
            category: category::EXTERNAL,
            action: "contact.added",
            actor: (company == actor.company).then_some(actor),
            target: Some(contact.to_string()),
            details: serde_json::json!({ "by": actor.id, "outsider": target, "roomId": room }),
        };
        work.audit(&*self.clock, actor.company, added(actor.company)).await?;
        if link.is_none() {
            // The other company's state changed too: one of its members now has a link to outside.
            work.audit(&*self.clock, pair.target.company, added(pair.target.company)).await?;
        }
        self.reassess(work, Some(actor), &[room]).await?;
        work.events.push(Event::Contact { to: actor.id, contact });
        work.events.push(Event::Room { to: Arc::from([actor.id, target]), room });
        Ok(Added { contact, created })
    }

    /// The direct room of the actor and somebody else, opened if there is none.
    pub(crate) async fn direct_room(
        &self,
        work: &mut Work,
        actor: &Actor,
        other: MemberId,
    ) -> Result<RoomId, AppError> {
        if let Some(room) = rooms::find_direct(&mut work.tx, actor.id, other).await? {
            return Ok(room.id);
        }
        let mut facts = Facts::new(Network::Partner, work.now);
        let facts = facts.gathering(&mut work.tx, RoomKind::Direct, None, &[actor.id, other]).await?;
        let permit = judge_opening(&facts, actor.id).map_err(|denial| AppError::denied(&denial, actor))?;
        let id = RoomId::new(&*self.clock);
        let room = NewRoom {
            id,
            kind: RoomKind::Direct,
            name: None,
            direct_key: Some(direct_key(actor.id, other)),
            external: facts.is_external(),
            created_by: Some(actor.id),
        };
        rooms::insert(&mut work.tx, permit, room, work.now, work.position).await?;
        for person in &facts.people {
            participants::insert(&mut work.tx, id, person.id, person.company, 1, work.now).await?;
        }
        Ok(id)
    }
}
