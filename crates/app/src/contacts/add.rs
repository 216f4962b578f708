//! Adding to the contact book: an outsider, with link and direct room at once, or a plain entry.

use super::link::after_adding;
use super::{ContactView, LIMITS, invalid};
use crate::audit::{Act, category};
use crate::error::AppError;
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{
    ContactDetails, ContactId, ContactKind, FirstContact, LinkId, MAX_CONTACT_NAME, MemberId, Network, RoomId,
    RoomKind, clean_name,
};
use liaison_policy::{AddContact, PairFacts, Permit, TieState, judge_opening, judge_pair};
use liaison_store::contacts::{self, Contact};
use liaison_store::facts::Facts;
use liaison_store::rooms::{NewRoom, direct_key};
use liaison_store::{companies, links, members, participants, rooms};
use std::sync::Arc;

/// Whom to add.
#[derive(Debug, Clone)]
pub enum WhomToAdd {
    /// The person on a card.
    Card(String),
    /// A person in one of the actor's rooms.
    Participant(RoomId, MemberId),
}

/// A plain contact as somebody typed it.
#[derive(Debug, Clone, Default)]
pub struct PlainContact {
    /// The name.
    pub name: String,
    /// The nickname.
    pub nickname: Option<String>,
    /// The company.
    pub company_name: Option<String>,
    /// All else.
    pub details: ContactDetails,
}

/// What adding an outsider has made or found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    /// The contact.
    pub contact: ContactId,
    /// Whether the contact is new.
    pub created: bool,
}

/// A name that must be given.
pub(super) fn name_field(text: &str) -> Result<String, AppError> {
    clean_name(text, MAX_CONTACT_NAME).map_err(|e| AppError::field("/name", "TEXT", e.to_string()))
}

/// A name that may be left out; an empty one is none.
pub(super) fn optional_field(pointer: &str, text: Option<&str>) -> Result<Option<String>, AppError> {
    let Some(text) = text.filter(|t| !t.trim().is_empty()) else { return Ok(None) };
    clean_name(text, MAX_CONTACT_NAME).map(Some).map_err(|e| AppError::field(pointer, "TEXT", e.to_string()))
}

impl App {
    /// Adds an outsider: contact, link and direct room at once; one-sided adding is enough (L1). Answers the contact,
    /// and whether it is new; one that lies in the actor's trash comes back.
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
        if let (Some(contact), Some(TieState::Live)) = (&existing, link.map(|l| l.state))
            && contact.trashed_at.is_none()
        {
            let view = self.contact_view(&mut work.tx, actor, contact).await?;
            return Ok((view, false));
        }
        let permit: Permit<AddContact> = judge_pair(&pair).map_err(|denial| AppError::denied(&denial, actor))?;
        let added = self.add_outsider(&mut work, actor, &pair, permit).await?;
        let contact = self.seen(&mut work.tx, actor, added.contact).await?;
        let view = self.contact_view(&mut work.tx, actor, &contact).await?;
        self.finish(work).await?;
        Ok((view, added.created))
    }

    /// Adds an outsider within a work that has decided about the pair: contact, link and direct room; what lies in the
    /// actor's trash comes back. `pair.actor` is the actor. Ending, audit entries and events are in it.
    ///
    /// # Errors
    /// Where the contact book is full, or the database fails.
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
        let standing = after_adding(link, actor.id, target, asks);
        let created = existing.is_none();
        let was_trashed = existing.as_ref().is_some_and(|c| c.trashed_at.is_some());
        let (permit, id) = match existing {
            Some(contact) => {
                if was_trashed {
                    self.take_from_trash(work, &contact).await?;
                }
                (permit, contact.id)
            }
            None => self.insert_outsider(work, actor, pair, permit).await?,
        };
        let moves = link.map(|l| l.standing()) != Some(standing);
        if moves {
            links::make(&mut work.tx, permit, LinkId::new(&*self.clock), (actor.id, target), standing, work.now)
                .await?;
        } else {
            drop(permit);
        }
        let room = self.direct_room(work, actor, target).await?;
        let action = if was_trashed { "contact.restored" } else { "contact.added" };
        let act = |company| Act {
            category: category::EXTERNAL,
            action,
            actor: (company == actor.company).then_some(actor),
            target: Some(id.to_string()),
            details: serde_json::json!({ "by": actor.id, "outsider": target, "roomId": room }),
        };
        work.audit(&*self.clock, actor.company, act(actor.company)).await?;
        if moves {
            // The other company's state changed too: one of its members now has another link to outside.
            work.audit(&*self.clock, pair.target.company, act(pair.target.company)).await?;
        }
        self.link_moved(work, Some(actor), (actor.id, target)).await?;
        work.events.push(Event::Room { to: Arc::from([actor.id, target]), room });
        Ok(Added { contact: id, created })
    }

    async fn insert_outsider(
        &self,
        work: &mut Work,
        actor: &Actor,
        pair: &PairFacts,
        permit: Permit<AddContact>,
    ) -> Result<(Permit<AddContact>, ContactId), AppError> {
        let company = companies::find(&mut work.tx, pair.target.company).await?.ok_or(AppError::NotFound)?;
        let person = members::find(&mut work.tx, pair.target.id).await?.ok_or(AppError::NotFound)?;
        let mut contact = self.new_contact(work, actor, ContactKind::Partner).await?;
        contact.outsider_id = Some(person.id);
        contact.nickname = Some(person.name.clone());
        contact.name = person.name;
        contact.company_name = Some(company.name);
        contact.synced_at = Some(work.now);
        let permit = contacts::insert_outsider(&mut work.tx, permit, &contact).await?;
        self.came_into_sight(work, &contact).await?;
        Ok((permit, contact.id))
    }

    /// An empty contact of the actor's, as the company's settings have it.
    async fn new_contact(&self, work: &mut Work, actor: &Actor, kind: ContactKind) -> Result<Contact, AppError> {
        self.check_room_in_book(&mut work.tx, actor).await?;
        let book = contacts::book(&mut work.tx, actor.company).await?;
        Ok(Contact {
            id: ContactId::new(&*self.clock),
            company_id: actor.company,
            owner_id: actor.id,
            kind,
            outsider_id: None,
            name: String::new(),
            name_edited: false,
            nickname: None,
            company_name: None,
            details: ContactDetails::default(),
            visibility: book.default_visibility,
            colleagues_may_edit: book.colleagues_may_edit,
            synced_at: None,
            sync_stopped_at: None,
            trashed_at: None,
            trashed_by: None,
            version: 1,
            created_at: work.now,
            position: work.position,
            has_photo: false,
        })
    }

    /// Adds a plain contact: an entry without chat, for which nobody needs a permission.
    ///
    /// # Errors
    /// Where a field is wrong or the book is full.
    pub async fn add_plain_contact(&self, actor: &Actor, plain: PlainContact) -> Result<ContactView, AppError> {
        let name = name_field(&plain.name)?;
        let nickname = optional_field("/nickname", plain.nickname.as_deref())?;
        let company_name = optional_field("/companyName", plain.company_name.as_deref())?;
        let details = plain.details.clean(&LIMITS).map_err(invalid)?;
        let mut work = self.begin_as(actor).await?;
        let blank = self.new_contact(&mut work, actor, ContactKind::Plain).await?;
        let contact = Contact { name, nickname, company_name, details, ..blank };
        contacts::insert_plain(&mut work.tx, &contact).await?;
        self.came_into_sight(&mut work, &contact).await?;
        let act = Act {
            category: category::EXTERNAL,
            action: "contact.added",
            actor: Some(actor),
            target: Some(contact.id.to_string()),
            details: serde_json::json!({ "kind": ContactKind::Plain }),
        };
        work.audit(&*self.clock, actor.company, act).await?;
        let view = self.contact_view(&mut work.tx, actor, &contact).await?;
        self.finish(work).await?;
        Ok(view)
    }

    async fn came_into_sight(&self, work: &mut Work, contact: &Contact) -> Result<(), AppError> {
        let after = self.sight(&mut work.tx, contact).await?;
        self.sight_moved(work, contact, super::sight::Sight::default(), after).await
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
