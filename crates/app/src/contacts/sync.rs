//! Fields that follow the other side: nickname and company, and the name until its owner gives another.

use crate::error::AppError;
use crate::work::Work;
use crate::{Actor, App};
use liaison_domain::{CompanyId, MemberId};
use liaison_policy::{RoomStatus, TieState};
use liaison_store::contacts::{self, Contact};
use liaison_store::{companies, links, members, rooms};

impl App {
    /// The link between two people has changed, or what it depends on: their direct room and the groups they share stand
    /// anew, and so do the contacts they have of each other.
    pub(crate) async fn link_moved(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        (a, b): (MemberId, MemberId),
    ) -> Result<(), AppError> {
        let mut concerned = Vec::new();
        if let Some(room) = rooms::find_direct(&mut work.tx, a, b).await? {
            rooms::touch_policy(&mut work.tx, room.id, work.position).await?;
            concerned.push(room.id);
        }
        concerned.extend(rooms::groups_of_both(&mut work.tx, a, b).await?);
        self.reassess(work, actor, &concerned).await?;
        self.settle_contacts(work, (a, b)).await
    }

    /// Brings the contacts that two people have of each other in step, or notes that they stand still.
    pub(crate) async fn settle_contacts(&self, work: &mut Work, (a, b): (MemberId, MemberId)) -> Result<(), AppError> {
        for (owner, outsider) in [(a, b), (b, a)] {
            if let Some(contact) = contacts::find_by_outsider(&mut work.tx, owner, outsider).await? {
                self.settle(work, contact, outsider).await?;
            }
        }
        Ok(())
    }

    async fn settle(&self, work: &mut Work, mut contact: Contact, outsider: MemberId) -> Result<(), AppError> {
        if self.follows(work, contact.owner_id, outsider).await? {
            let person = members::find(&mut work.tx, outsider).await?.ok_or(AppError::NotFound)?;
            let company = companies::find(&mut work.tx, person.company_id).await?.ok_or(AppError::NotFound)?;
            let name = if contact.name_edited { contact.name.clone() } else { person.name.clone() };
            let same = contact.name == name
                && contact.nickname.as_deref() == Some(person.name.as_str())
                && contact.company_name.as_deref() == Some(company.name.as_str());
            if same && contact.sync_stopped_at.is_none() {
                contacts::touch(&mut work.tx, contact.id, work.position).await?;
            } else {
                contact.name = name;
                contact.nickname = Some(person.name);
                contact.company_name = Some(company.name);
                contact.synced_at = Some(work.now);
                contact.sync_stopped_at = None;
                contacts::update(&mut work.tx, &mut contact, work.position).await?;
            }
        } else {
            contacts::stop_sync(&mut work.tx, contact.id, work.now, work.position).await?;
        }
        self.tell_contact(work, &contact).await
    }

    /// Whether an owner's contact follows the outsider: the link is live, and nothing is frozen.
    async fn follows(&self, work: &mut Work, owner: MemberId, outsider: MemberId) -> Result<bool, AppError> {
        let link = links::find(&mut work.tx, owner, outsider).await?;
        let room = rooms::find_direct(&mut work.tx, owner, outsider).await?;
        let live = link.is_some_and(|l| l.state == TieState::Live);
        Ok(live && room.is_some_and(|r| r.status == RoomStatus::Open))
    }

    /// A member has another name: the contacts that stand for them follow, where they still do.
    pub(crate) async fn member_renamed(&self, work: &mut Work, member: MemberId) -> Result<(), AppError> {
        for contact in contacts::standing_for(&mut work.tx, member).await? {
            self.follow(work, contact).await?;
        }
        Ok(())
    }

    /// A company has another name: the contacts that stand for its people follow, where they still do.
    pub(crate) async fn company_renamed(&self, work: &mut Work, company: CompanyId) -> Result<(), AppError> {
        for contact in contacts::standing_for_company(&mut work.tx, company).await? {
            self.follow(work, contact).await?;
        }
        Ok(())
    }

    /// Nothing is told of a change that a contact does not follow.
    async fn follow(&self, work: &mut Work, contact: Contact) -> Result<(), AppError> {
        let Some(outsider) = contact.outsider_id else { return Ok(()) };
        if self.follows(work, contact.owner_id, outsider).await? {
            self.settle(work, contact, outsider).await?;
        }
        Ok(())
    }
}
