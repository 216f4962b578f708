//! Opening an invitation: who issued it, for whoever holds the code, signed in or not.

use super::code::Code;
use super::{InvitationState, state_of};
use crate::error::AppError;
use crate::people::PersonCard;
use crate::pictures::named;
use crate::{Actor, App};
use liaison_domain::{InvitationId, MemberId, Timestamp};
use liaison_policy::{Invite, Permit};
use liaison_store::invitations::{self, Invitation};
use liaison_store::members::Photo;
use liaison_store::{Tx, companies, members};
use serde::Serialize;
use utoipa::ToSchema;

/// Who issued an invitation: what an outsider sees before a link exists (B2), and nothing else.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InviterView {
    /// Their name.
    pub name: String,
    /// Their company's name.
    pub company_name: String,
    /// Where their photo is, if they have one.
    pub photo_url: Option<String>,
}

/// An invitation for whoever opens it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OpenedView {
    /// Who issued it.
    pub inviter: InviterView,
}

impl App {
    /// The invitation that a code opens at this moment, with the proof that its inviter may invite. Unknown, expired,
    /// revoked, used up and asleep are one: none (I-05). The work is the same as well: where the code is none, that of
    /// another invitation is done.
    pub(super) async fn live_invitation(
        &self,
        tx: &mut Tx,
        code: Option<&Code>,
        now: Timestamp,
    ) -> Result<Option<(Invitation, Permit<Invite>)>, AppError> {
        let found = invitations::find_by_code(tx, &Code::hash(code)).await?;
        let stand_in = invitations::find_any(tx).await?;
        let is_found = found.is_some();
        let Some(judged) = found.or(stand_in) else { return Ok(None) };
        Ok(self.if_live(tx, judged, now).await?.filter(|_| is_found))
    }

    /// As [`App::live_invitation`], for one that was found by its code before.
    pub(super) async fn live_by_id(
        &self,
        tx: &mut Tx,
        id: InvitationId,
        now: Timestamp,
    ) -> Result<Option<(Invitation, Permit<Invite>)>, AppError> {
        match invitations::find(tx, id).await? {
            Some(invitation) => self.if_live(tx, invitation, now).await,
            None => Ok(None),
        }
    }

    async fn if_live(
        &self,
        tx: &mut Tx,
        invitation: Invitation,
        now: Timestamp,
    ) -> Result<Option<(Invitation, Permit<Invite>)>, AppError> {
        // Before anything is asked: each of the ways of being dead takes as long as the others.
        let grounds = self.grounds(tx, invitation.inviter, invitation.network, now).await?;
        let Some(grounds) = grounds else { return Ok(None) };
        if state_of(&invitation, &grounds, now) != InvitationState::Live {
            return Ok(None);
        }
        Ok(grounds.permit.ok().map(|permit| (invitation, permit)))
    }

    /// Who issued the invitation of this code.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is none that counts; where this address has opened too many.
    pub async fn open_invitation(&self, code: &str, ip: Option<&str>) -> Result<OpenedView, AppError> {
        self.limits.count_opening(ip.unwrap_or("?"), self.clock.now())?;
        let mut tx = self.db.read().await?;
        let code = Code::parse(code);
        let (invitation, permit) =
            self.live_invitation(&mut tx, code.as_ref(), self.clock.now()).await?.ok_or(AppError::NotFound)?;
        let inviter = shown(&mut tx, permit, invitation.inviter).await?;
        let company = companies::find(&mut tx, inviter.company_id).await?.ok_or(AppError::NotFound)?;
        let photo_url = code.filter(|_| inviter.photo.is_some());
        Ok(OpenedView {
            inviter: InviterView {
                name: inviter.name,
                company_name: company.name,
                photo_url: photo_url.map(|code| format!("/api/v1/invitations/by-code/{}/photo", code.as_str())),
            },
        })
    }

    /// The photo of whoever issued the invitation of this code.
    ///
    /// # Errors
    /// As [`App::open_invitation`], and where they have none.
    pub async fn inviter_photo(&self, code: &str, ip: Option<&str>) -> Result<Photo, AppError> {
        self.limits.count_opening(ip.unwrap_or("?"), self.clock.now())?;
        let mut tx = self.db.read().await?;
        let code = Code::parse(code);
        let (invitation, permit) =
            self.live_invitation(&mut tx, code.as_ref(), self.clock.now()).await?.ok_or(AppError::NotFound)?;
        let inviter = shown(&mut tx, permit, invitation.inviter).await?;
        members::find_photo(&mut tx, inviter.id).await?.map(named).ok_or(AppError::NotFound)
    }

    /// Looks up who issued an invitation, by its code or whole address. One's own and a colleague's answer like none.
    ///
    /// # Errors
    /// [`AppError::NotFound`] whatever the cause; too many lookups.
    pub async fn look_up_invitation(&self, actor: &Actor, text: &str) -> Result<PersonCard, AppError> {
        self.limits.count_lookup(actor, self.clock.now())?;
        metrics::counter!("liaison_lookups_total", "by" => "invitation").increment(1);
        let mut tx = self.db.read().await?;
        self.confirm(&mut tx, actor).await?;
        let code = Code::parse(text);
        let found = self.live_invitation(&mut tx, code.as_ref(), self.clock.now()).await?;
        self.card_by_invitation(&mut tx, actor, found.map(|(invitation, _)| (invitation.inviter, invitation.id))).await
    }
}

/// The inviter, for whoever holds the code. Takes the proof that they may invite.
async fn shown(tx: &mut Tx, permit: Permit<Invite>, inviter: MemberId) -> Result<members::Member, AppError> {
    let _ = permit;
    members::find(tx, inviter).await?.ok_or(AppError::NotFound)
}
