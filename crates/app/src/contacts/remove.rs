//! Deleting, the trash, restoring, and what goes for good.

use super::link::{after_adding, after_deleting};
use super::{ContactState, ContactView, LinkState, must_manage};
use crate::audit::{Act, category};
use crate::error::{AppError, RoomRef};
use crate::work::Work;
use crate::{Actor, App};
use liaison_domain::{CompanyId, ContactId, FirstContact, LinkId, MemberId, Network};
use liaison_policy::{AddContact, Denial, Permit, judge_pair};
use liaison_store::contacts::{self, Contact};
use liaison_store::facts::Facts;
use liaison_store::{links, members, rooms};

impl App {
    /// Deletes a contact: it goes to its owner's trash, and the link ends for both, with all that depends on it, when
    /// this returns (B16).
    ///
    /// # Errors
    /// Where it is not in the actor's sight or not theirs to delete, or while owner, outsider and another member of the
    /// company sit in one live room.
    pub async fn delete_contact(&self, actor: &Actor, id: ContactId) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        let contact = self.seen(&mut work.tx, actor, id).await?;
        must_manage(actor, &contact)?;
        if contact.trashed_at.is_some() {
            return Ok(());
        }
        if let Some(outsider) = contact.outsider_id {
            self.check_shared_rooms(&mut work, actor, contact.owner_id, outsider).await?;
        }
        let book = contacts::book(&mut work.tx, contact.company_id).await?;
        let details = serde_json::json!({ "outsider": contact.outsider_id, "by": contact.owner_id });
        self.audit_contact(&mut work, Some(actor), contact.company_id, "contact.deleted", &contact, details).await?;
        if book.trash_days == 0 && !book.legal_hold {
            self.purge(&mut work, Some(actor), &contact).await?;
        } else {
            let before = self.sight(&mut work.tx, &contact).await?;
            contacts::trash(&mut work.tx, id, actor.id, work.now, work.position).await?;
            let trashed = contacts::find(&mut work.tx, id).await?.ok_or(AppError::NotFound)?;
            let after = self.sight(&mut work.tx, &trashed).await?;
            self.sight_moved(&mut work, &trashed, before, after).await?;
        }
        if let Some(outsider) = contact.outsider_id {
            self.end_link(&mut work, actor, &contact, outsider).await?;
        }
        self.finish(work).await
    }

    /// Refuses while the three sit together: the colleague would go on in the room with somebody whom the owner cut off,
    /// and the owner with them.
    async fn check_shared_rooms(
        &self,
        work: &mut Work,
        actor: &Actor,
        owner: MemberId,
        outsider: MemberId,
    ) -> Result<(), AppError> {
        let shared = rooms::live_with_colleague(&mut work.tx, owner, outsider).await?;
        if shared.is_empty() {
            return Ok(());
        }
        let mut named = Vec::new();
        for (id, name) in shared {
            // An administrator is not told of rooms they are not in.
            if self.access(&mut work.tx, actor.id, actor.company, id).await?.is_some() {
                named.push(RoomRef { id, name });
            }
        }
        Err(AppError::InSharedRoom(named))
    }

    async fn end_link(
        &self,
        work: &mut Work,
        actor: &Actor,
        contact: &Contact,
        outsider: MemberId,
    ) -> Result<(), AppError> {
        let owner = contact.owner_id;
        let link = links::find(&mut work.tx, owner, outsider).await?;
        let Some(standing) = after_deleting(link, owner) else { return Ok(()) };
        if link.map(|l| l.standing()) != Some(standing) {
            let (by, also) = match standing.state {
                liaison_policy::TieState::Ended(by) => (by, standing.also_ended_by),
                _ => (owner, None),
            };
            // That both have ended it is no new date for the one who ended it first.
            let since = if by == owner { work.now } else { link.map_or(work.now, |l| l.since) };
            links::end(&mut work.tx, LinkId::new(&*self.clock), (owner, outsider), by, also, since).await?;
            if let Some(person) = members::find(&mut work.tx, outsider).await? {
                let details = serde_json::json!({ "outsider": outsider, "by": owner });
                self.audit_contact(work, None, person.company_id, "contact.deleted", contact, details).await?;
            }
        }
        self.link_moved(work, Some(actor), (owner, outsider)).await
    }

    async fn audit_contact(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        company: CompanyId,
        action: &'static str,
        contact: &Contact,
        details: serde_json::Value,
    ) -> Result<(), AppError> {
        let target = Some(contact.id.to_string());
        let act = Act { category: category::EXTERNAL, action, actor, target, details };
        work.audit(&*self.clock, company, act).await
    }

    /// Takes a contact out of the trash with fields, tags, sharing and room. Whether the two may chat is decided afresh;
    /// where they may not, the answer says why.
    ///
    /// # Errors
    /// Where it is not in the actor's sight or not theirs to restore.
    pub async fn restore_contact(&self, actor: &Actor, id: ContactId) -> Result<ContactView, AppError> {
        let mut work = self.begin_as(actor).await?;
        let contact = self.seen(&mut work.tx, actor, id).await?;
        must_manage(actor, &contact)?;
        if contact.trashed_at.is_none() {
            return self.contact_view(&mut work.tx, actor, &contact).await;
        }
        self.take_from_trash(&mut work, &contact).await?;
        let denial = match contact.outsider_id {
            Some(outsider) => self.decide_afresh(&mut work, actor, &contact, outsider).await?,
            None => None,
        };
        let reasons: Vec<&str> =
            denial.iter().flat_map(liaison_policy::Denial::reasons).map(|r| r.code.as_str()).collect();
        let details = serde_json::json!({ "outsider": contact.outsider_id, "refused": !reasons.is_empty() });
        self.audit_contact(&mut work, Some(actor), contact.company_id, "contact.restored", &contact, details).await?;
        let restored = contacts::find(&mut work.tx, id).await?.ok_or(AppError::NotFound)?;
        let mut view = self.contact_view(&mut work.tx, actor, &restored).await?;
        if let (Some(denial), Some(link)) = (denial, &mut view.link)
            && link.state != LinkState::Live
        {
            for reason in denial.seen_by(actor.company, actor.id) {
                if !link.reasons.iter().any(|r| r.code == reason.code && r.side == reason.side) {
                    link.reasons.push(reason);
                }
            }
        }
        debug_assert_eq!(view.state, ContactState::Active);
        self.finish(work).await?;
        Ok(view)
    }

    /// The contact is in use again, and in the sight of those it is shared with.
    pub(super) async fn take_from_trash(&self, work: &mut Work, contact: &Contact) -> Result<(), AppError> {
        let before = self.sight(&mut work.tx, contact).await?;
        contacts::restore(&mut work.tx, contact.id, work.position).await?;
        let restored = contacts::find(&mut work.tx, contact.id).await?.ok_or(AppError::NotFound)?;
        let after = self.sight(&mut work.tx, &restored).await?;
        self.sight_moved(work, &restored, before, after).await
    }

    /// Revives the link as far as its owner may; answers what is in the way.
    async fn decide_afresh(
        &self,
        work: &mut Work,
        actor: &Actor,
        contact: &Contact,
        outsider: MemberId,
    ) -> Result<Option<Denial>, AppError> {
        let owner = contact.owner_id;
        let mut facts = Facts::new(Network::Partner, work.now);
        let pair = facts.pair(&mut work.tx, owner, outsider).await?.ok_or(AppError::NotFound)?;
        let permit: Permit<AddContact> = match judge_pair(&pair) {
            Ok(permit) => permit,
            Err(denial) => return Ok(Some(denial)),
        };
        let asks = pair.target_company.setting.first_contact == FirstContact::Request;
        let link = links::find(&mut work.tx, owner, outsider).await?;
        let standing = after_adding(link, owner, outsider, asks);
        if link.map(|l| l.standing()) == Some(standing) {
            drop(permit);
        } else {
            links::make(&mut work.tx, permit, LinkId::new(&*self.clock), (owner, outsider), standing, work.now).await?;
            let details = serde_json::json!({ "outsider": outsider, "by": owner });
            let company = pair.target.company;
            self.audit_contact(work, None, company, "contact.restored", contact, details).await?;
        }
        self.link_moved(work, Some(actor), (owner, outsider)).await?;
        Ok(None)
    }

    /// Deletes a contact in the trash for good. Changes nothing about the link.
    ///
    /// # Errors
    /// Where it is not in the actor's sight, not theirs, not in the trash, or kept by a legal hold.
    pub async fn purge_contact(&self, actor: &Actor, id: ContactId) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        let contact = self.seen(&mut work.tx, actor, id).await?;
        must_manage(actor, &contact)?;
        if contact.trashed_at.is_none() {
            return Err(AppError::Conflict {
                code: "NOT_IN_TRASH",
                detail: "Only what is in the trash can be deleted for good. Delete the contact first.".into(),
            });
        }
        if contacts::book(&mut work.tx, contact.company_id).await?.legal_hold {
            return Err(AppError::Conflict {
                code: "LEGAL_HOLD",
                detail: "Your company keeps everything at present (legal hold). An administrator can end that.".into(),
            });
        }
        self.purge(&mut work, Some(actor), &contact).await?;
        self.finish(work).await
    }

    async fn purge(&self, work: &mut Work, actor: Option<&Actor>, contact: &Contact) -> Result<(), AppError> {
        let before = self.sight(&mut work.tx, contact).await?;
        contacts::purge(&mut work.tx, contact.id).await?;
        self.sight_moved(work, contact, before, super::sight::Sight::default()).await?;
        let details = serde_json::json!({ "outsider": contact.outsider_id, "by": contact.owner_id });
        self.audit_contact(work, actor, contact.company_id, "contact.purged", contact, details).await
    }

    /// Deletes for good what has been in the trash for as long as its company keeps it.
    ///
    /// # Errors
    /// Where the database fails.
    pub(crate) async fn sweep_trash(&self) -> Result<(), AppError> {
        let mut tx = self.db.read().await?;
        let any = !contacts::expired(&mut tx, self.clock.now(), 1).await?.is_empty();
        drop(tx);
        if !any {
            return Ok(());
        }
        let mut work = self.begin().await?;
        for contact in contacts::expired(&mut work.tx, work.now, 200).await? {
            self.purge(&mut work, None, &contact).await?;
        }
        self.finish(work).await
    }
}
