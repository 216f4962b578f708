//! Accepting an invitation.
//!
//! The invitation is its inviter's yes, the acceptance is the other's: so neither company's wish to have first contacts
//! confirmed leaves anything to confirm, and a request that waits is answered by it. It is no more than a yes. Whether
//! the two may meet is decided here like any adding (I-46), and a link that the *inviter's* side ended stays ended: only
//! who ended it revives it, and having issued an invitation is not among the ways (REQUIREMENTS, *link*).

use super::code::Code;
use crate::audit::{Act, category};
use crate::contacts::{ContactView, after_accepting};
use crate::error::AppError;
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{ContactId, InvitationId, LinkId, MemberId, RoomId};
use liaison_policy::reason::seen_by;
use liaison_policy::{AddContact, Code as Rule, Invite, PairFacts, Permit, Reason, TieState, judge_pair};
use liaison_store::invitations::{self, Invitation, Use};
use liaison_store::{companies, contacts, links, members, rooms};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What whoever accepts an invitation wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A contact in their book, and the direct room.
    AddContact,
    /// The direct room alone.
    OpenRoom,
}

/// Where an acceptance led.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// The direct room.
    pub room_id: RoomId,
    /// The contact, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
}

/// Which invitation.
enum By<'c> {
    Code(&'c str),
    /// The one a person was looked up by.
    Id(InvitationId),
}

impl App {
    /// Accepts an invitation.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where the code opens nothing at this moment; where it is one's own or a colleague's; where
    /// the decision refuses.
    pub async fn accept_invitation(&self, actor: &Actor, code: &str, action: Action) -> Result<Accepted, AppError> {
        self.limits.count_opening(&actor.id.to_string(), self.clock.now())?;
        self.accept_by(actor, By::Code(code), action).await
    }

    async fn accept_by(&self, actor: &Actor, by: By<'_>, action: Action) -> Result<Accepted, AppError> {
        let outcome = self.try_accept(actor, by, action).await;
        Ok(self.note_refusal(actor, "invitation.refused", None, outcome).await?.0)
    }

    /// Accepts the invitation that a person was looked up by, adding them. Answers the contact, and whether it is new.
    pub(crate) async fn add_by_invitation(
        &self,
        actor: &Actor,
        id: InvitationId,
    ) -> Result<(ContactView, bool), AppError> {
        let (accepted, created) = self.try_accept(actor, By::Id(id), Action::AddContact).await?;
        let contact = accepted.contact_id.ok_or_else(|| AppError::internal("added without a contact"))?;
        let mut tx = self.db.read().await?;
        let view = self.seen_contact(&mut tx, actor, contact).await?.ok_or(AppError::NotFound)?;
        Ok((view, created))
    }

    async fn try_accept(&self, actor: &Actor, by: By<'_>, action: Action) -> Result<(Accepted, bool), AppError> {
        let mut work = self.begin_as(actor).await?;
        let found = match by {
            By::Code(code) => self.live_invitation(&mut work.tx, Code::parse(code).as_ref(), work.now).await?,
            By::Id(id) => self.live_by_id(&mut work.tx, id, work.now).await?,
        };
        let (invitation, _) = found.ok_or(AppError::NotFound)?;
        let inviter = invitation.inviter;
        if inviter == actor.id {
            let detail = "This invitation is your own. Hand it on to somebody of another company.".into();
            return Err(AppError::Conflict { code: "OWN_INVITATION", detail });
        }
        if invitation.company == actor.company {
            let detail = "You both belong to one company and need no invitation: you find each other among your \
                          colleagues.";
            return Err(AppError::Conflict { code: "SAME_COMPANY", detail: detail.into() });
        }
        let pair = self.pair(&mut work.tx, actor, inviter).await?;
        let permit: Permit<Invite> = judge_pair(&pair).map_err(|denial| AppError::denied(&denial, actor))?;
        let room = self.link_up(&mut work, permit, actor, &pair, &invitation).await?;
        let known = contacts::find_by_outsider(&mut work.tx, actor.id, inviter).await?;
        // What lies in the trash comes back with the link, whatever was asked for: there it would say that it ended.
        let in_trash = known.as_ref().is_some_and(|c| c.trashed_at.is_some());
        let (contact, created) = match (action, known.map(|c| c.id)) {
            (action, known) if in_trash || (action == Action::AddContact && known.is_none()) => {
                let permit = judge_pair(&pair).map_err(|denial| AppError::denied(&denial, actor))?;
                let added = self.add_outsider(&mut work, actor, &pair, permit).await?;
                (Some(added.contact), added.created)
            }
            (_, known) => (known, false),
        };
        for company in [actor.company, invitation.company] {
            let act = Act {
                category: category::EXTERNAL,
                action: "invitation.accepted",
                actor: (company == actor.company).then_some(actor),
                target: Some(invitation.id.to_string()),
                details: serde_json::json!({ "by": actor.id, "inviter": inviter, "roomId": room, "action": action }),
            };
            work.audit(&*self.clock, company, act).await?;
        }
        self.link_moved(&mut work, Some(actor), (actor.id, inviter)).await?;
        work.events.push(Event::Room { to: Arc::from([actor.id, inviter]), room });
        self.finish(work).await?;
        Ok((Accepted { room_id: room, contact_id: contact }, created))
    }

    /// Counts the actor in, under the names they have now.
    async fn let_in(
        &self,
        work: &mut Work,
        permit: Permit<Invite>,
        actor: &Actor,
        invitation: &Invitation,
    ) -> Result<(), AppError> {
        let me = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        let company = companies::find(&mut work.tx, actor.company).await?.ok_or(AppError::SignInRequired)?;
        let who = Use { member: me.id, name: me.name, company_name: company.name, at: work.now };
        if invitations::count_in(&mut work.tx, permit, invitation.id, &who).await? {
            Ok(())
        } else {
            // The last use went to somebody else a moment ago.
            Err(AppError::NotFound)
        }
    }

    /// Makes the link of the two live, which is what a use of the invitation is spent on, and sees that there is a
    /// direct room. Two who are linked already spend none.
    async fn link_up(
        &self,
        work: &mut Work,
        permit: Permit<Invite>,
        actor: &Actor,
        pair: &PairFacts,
        invitation: &Invitation,
    ) -> Result<RoomId, AppError> {
        let inviter: MemberId = pair.target.id;
        let link = links::find(&mut work.tx, actor.id, inviter).await?;
        let standing = after_accepting(link, actor.id, inviter);
        if let TieState::Ended(by) = standing.state {
            let ended = Reason { code: Rule::NotLinked, company: pair.target.company, person: Some(by) };
            return Err(AppError::Denied(seen_by(&[ended], actor.company, actor.id)));
        }
        if link.map(|l| l.standing()) != Some(standing) {
            self.let_in(work, permit, actor, invitation).await?;
            let permit: Permit<AddContact> = judge_pair(pair).map_err(|denial| AppError::denied(&denial, actor))?;
            let id = LinkId::new(&*self.clock);
            links::make(&mut work.tx, permit, id, (actor.id, inviter), standing, work.now).await?;
        }
        let room = self.direct_room(work, actor, inviter).await?;
        rooms::touch_policy(&mut work.tx, room, work.position).await?;
        Ok(room)
    }
}
