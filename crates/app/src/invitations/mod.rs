//! Invitations: issuing, showing and revoking them, and a member's card, which is one without term.
//!
//! An invitation is a credential for meeting one member. It is worth what the decision says at the moment it is opened,
//! and again when it is accepted; while its inviter may not invite it sleeps, and from outside looks like none (I-46).

mod accept;
mod card;
mod code;
mod issue;
mod mail;
mod open;
pub mod wording;

pub use accept::{Accepted, Action};
pub use card::CardView;
pub use issue::Draft;
pub use mail::InvitationMailState;
pub(crate) use mail::mail_refusal;
pub use open::{InviterView, OpenedView};

use crate::audit::{Act, category};
use crate::error::AppError;
use crate::outgoing::wording::Language;
use crate::qr::Qr;
use crate::work::Work;
use crate::{Actor, App};
use code::Code;
use liaison_domain::{InvitationId, InvitationKind, MemberId, Network, Timestamp};
use liaison_policy::{Denial, Invite, Permit, SeenReason, judge_inviter};
use liaison_store::facts::Facts;
use liaison_store::invitations::{self, Invitation};
use liaison_store::{Tx, companies, members};
use mail::mail_state;
use serde::Serialize;
use utoipa::ToSchema;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What an invitation is worth at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InvitationState {
    /// It can be accepted.
    Live,
    /// It sleeps: its inviter may not invite at present.
    Dormant,
    /// Its term has ended.
    Expired,
    /// As many as were meant came in.
    UsedUp,
    /// It was revoked.
    Revoked,
}

/// An invitation for whoever issued it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// Its id.
    pub id: InvitationId,
    /// An invitation, or a card of former times.
    pub kind: InvitationKind,
    /// For which network.
    pub network: Network,
    /// What it is for.
    pub purpose: Option<String>,
    /// What it is worth now.
    pub state: InvitationState,
    /// Why it sleeps.
    pub reasons: Vec<SeenReason>,
    /// The address to hand on; absent once it is revoked.
    pub url: Option<String>,
    /// Its QR code as SVG.
    pub qr_svg_url: Option<String>,
    /// Its QR code as PNG.
    pub qr_png_url: Option<String>,
    /// To whom it was mailed.
    pub email: Option<String>,
    /// How far the mail got.
    pub mail_state: Option<InvitationMailState>,
    /// A text to copy, with the address.
    pub text: Option<String>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// First moment it no longer counts; none for a card.
    pub expires_at: Option<Timestamp>,
    /// How many people may come in; none for any number.
    pub max_uses: Option<i64>,
    /// How many came in.
    pub uses: i64,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Somebody who came in by an invitation, under the names they had then.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationUse {
    /// Who.
    pub member_id: MemberId,
    /// Their name then.
    pub name: String,
    /// Their company's name then.
    pub company_name: String,
    /// When.
    pub at: Timestamp,
}

/// What an inviter's own side says at this moment.
struct Grounds {
    permit: Result<Permit<Invite>, Denial>,
    max_days: i64,
}

/// First moment an invitation no longer counts: a company that shortens its bound shortens what was issued before.
fn ends_at(invitation: &Invitation, max_days: i64) -> Option<Timestamp> {
    invitation.expires_at.map(|end| end.min(invitation.created_at.plus_millis(max_days * DAY_MS)))
}

fn state_of(invitation: &Invitation, grounds: &Grounds, now: Timestamp) -> InvitationState {
    if invitation.revoked_at.is_some() {
        InvitationState::Revoked
    } else if ends_at(invitation, grounds.max_days).is_some_and(|end| end <= now) {
        InvitationState::Expired
    } else if invitation.max_uses.is_some_and(|most| invitation.uses >= most) {
        InvitationState::UsedUp
    } else if grounds.permit.is_err() {
        InvitationState::Dormant
    } else {
        InvitationState::Live
    }
}

/// What a member's own side says about inviting.
async fn grounds_of(
    tx: &mut Tx,
    inviter: MemberId,
    network: Network,
    now: Timestamp,
) -> Result<Option<Grounds>, AppError> {
    let mut facts = Facts::new(network, now);
    let Some(person) = facts.person(tx, inviter).await? else { return Ok(None) };
    let company = facts.company(tx, person.company).await?;
    let max_days = company.setting.max_invitation_days;
    Ok(Some(Grounds { permit: judge_inviter(&person, &company, now), max_days }))
}

impl App {
    async fn grounds(
        &self,
        tx: &mut Tx,
        inviter: MemberId,
        network: Network,
        now: Timestamp,
    ) -> Result<Option<Grounds>, AppError> {
        grounds_of(tx, inviter, network, now).await
    }

    /// The code of an invitation, for its owner; none once it was revoked.
    fn code_of(&self, invitation: &Invitation) -> Result<Option<Code>, AppError> {
        if invitation.revoked_at.is_some() {
            return Ok(None);
        }
        let plain = self.sealer.open(invitation.id.as_uuid().as_bytes(), &invitation.sealed_code);
        let code = plain.and_then(|bytes| Code::parse(&String::from_utf8_lossy(&bytes)));
        code.map(Some).ok_or_else(|| AppError::internal("an invitation's code was sealed with another key"))
    }

    fn invitation_link(&self, code: &Code) -> String {
        self.site.link(&format!("/i/{}", code.as_str()))
    }

    async fn invitation_view(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        invitation: Invitation,
        grounds: Grounds,
        language: Option<&str>,
        now: Timestamp,
    ) -> Result<InvitationView, AppError> {
        let state = state_of(&invitation, &grounds, now);
        let reasons = match (&state, &grounds.permit) {
            (InvitationState::Dormant, Err(denial)) => denial.seen_by(actor.company, actor.id),
            _ => Vec::new(),
        };
        let url = self.code_of(&invitation)?.map(|code| self.invitation_link(&code));
        let text = match &url {
            Some(url) => {
                let me = members::find(tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
                let company = companies::find(tx, actor.company).await?.ok_or(AppError::SignInRequired)?;
                let language = Language::of(language.or(me.language.as_deref()), &company.country);
                Some(wording::text_to_copy(language, &me.name, &company.name, url))
            }
            None => None,
        };
        let picture = |kind| url.as_ref().map(|_| format!("/api/v1/invitations/{}/qr.{kind}", invitation.id));
        Ok(InvitationView {
            id: invitation.id,
            kind: invitation.kind,
            network: invitation.network,
            state,
            reasons,
            qr_svg_url: picture("svg"),
            qr_png_url: picture("png"),
            text,
            created_at: invitation.created_at,
            expires_at: ends_at(&invitation, grounds.max_days),
            max_uses: invitation.max_uses,
            uses: invitation.uses,
            revoked_at: invitation.revoked_at,
            mail_state: mail_state(tx, &invitation).await?,
            email: invitation.email,
            purpose: invitation.purpose,
            url,
        })
    }

    async fn own_invitation(&self, tx: &mut Tx, actor: &Actor, id: InvitationId) -> Result<Invitation, AppError> {
        let found = invitations::find(tx, id).await?.filter(|i| i.inviter == actor.id);
        found.ok_or(AppError::NotFound)
    }

    /// A page of the actor's invitations, newest first, the cards they gave up among them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_invitations(
        &self,
        actor: &Actor,
        before: Option<InvitationId>,
        limit: i64,
    ) -> Result<Vec<InvitationView>, AppError> {
        let mut tx = self.db.read().await?;
        let now = self.clock.now();
        let mut views = Vec::new();
        for invitation in invitations::list(&mut tx, actor.id, before, limit).await? {
            let grounds = self.grounds(&mut tx, actor.id, invitation.network, now).await?;
            let grounds = grounds.ok_or(AppError::SignInRequired)?;
            views.push(self.invitation_view(&mut tx, actor, invitation, grounds, None, now).await?);
        }
        Ok(views)
    }

    /// One of the actor's invitations.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn get_invitation(&self, actor: &Actor, id: InvitationId) -> Result<InvitationView, AppError> {
        let mut tx = self.db.read().await?;
        let now = self.clock.now();
        let invitation = self.own_invitation(&mut tx, actor, id).await?;
        let grounds = self.grounds(&mut tx, actor.id, invitation.network, now).await?;
        let grounds = grounds.ok_or(AppError::SignInRequired)?;
        self.invitation_view(&mut tx, actor, invitation, grounds, None, now).await
    }

    /// Who came in by one of the actor's invitations, latest first.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn list_invitation_uses(
        &self,
        actor: &Actor,
        id: InvitationId,
        before: Option<(Timestamp, MemberId)>,
        limit: i64,
    ) -> Result<Vec<InvitationUse>, AppError> {
        let mut tx = self.db.read().await?;
        let invitation = self.own_invitation(&mut tx, actor, id).await?;
        let found = invitations::uses(&mut tx, invitation.id, before, limit).await?;
        let view = |u: invitations::Use| InvitationUse {
            member_id: u.member,
            name: u.name,
            company_name: u.company_name,
            at: u.at,
        };
        Ok(found.into_iter().map(view).collect())
    }

    /// The QR code of one of the actor's invitations.
    ///
    /// # Errors
    /// Where it is not theirs, or was revoked.
    pub async fn invitation_qr(&self, actor: &Actor, id: InvitationId) -> Result<Qr, AppError> {
        let mut tx = self.db.read().await?;
        let invitation = self.own_invitation(&mut tx, actor, id).await?;
        let code = self.code_of(&invitation)?.ok_or(AppError::NotFound)?;
        Qr::of(&self.invitation_link(&code))
    }

    /// Revokes one of the actor's invitations, for good. Doing so again changes nothing.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn revoke_invitation(&self, actor: &Actor, id: InvitationId) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        let invitation = self.own_invitation(&mut work.tx, actor, id).await?;
        if self.revoke_one(&mut work, Some(actor), &invitation, "byInviter").await? {
            self.finish(work).await?;
        }
        Ok(())
    }

    async fn revoke_one(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        invitation: &Invitation,
        why: &str,
    ) -> Result<bool, AppError> {
        if !invitations::revoke(&mut work.tx, invitation.id, work.now).await? {
            return Ok(false);
        }
        let details = serde_json::json!({ "kind": invitation.kind, "why": why, "inviter": invitation.inviter });
        let target = Some(invitation.id.to_string());
        let act = Act { category: category::EXTERNAL, action: "invitation.revoked", actor, target, details };
        work.audit(&*self.clock, invitation.company, act).await?;
        Ok(true)
    }

    /// Revokes all that a member has issued: they have left (I-46).
    pub(crate) async fn revoke_invitations_of(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        member: MemberId,
    ) -> Result<(), AppError> {
        for id in invitations::unrevoked(&mut work.tx, member).await? {
            if let Some(invitation) = invitations::find(&mut work.tx, id).await? {
                self.revoke_one(work, actor, &invitation, "inviterLeft").await?;
            }
        }
        Ok(())
    }
}
