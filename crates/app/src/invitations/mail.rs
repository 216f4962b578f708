//! The mail of an invitation: what it says is fixed, and whether it may go is asked again at every try (I-31, I-47).

use super::code::Code;
use super::{InvitationState, grounds_of, state_of};
use crate::error::AppError;
use crate::outgoing::purpose::Purpose;
use crate::outgoing::wording::{Language, invitation_mail};
use crate::outgoing::{Content, Errand};
use crate::work::Work;
use crate::{Actor, App};
use liaison_domain::{InvitationId, Timestamp};
use liaison_store::invitations::{self, Invitation};
use liaison_store::{Tx, companies, members, outgoing};
use serde::Serialize;
use utoipa::ToSchema;

/// How far the mail of an invitation got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InvitationMailState {
    /// It waits to be sent.
    Queued,
    /// The mail server has taken it.
    Sent,
    /// It was not sent: the mail server refused it, or the invitation no longer counted when its turn came.
    Refused,
    /// Somebody came in by the invitation.
    Accepted,
}

/// Why the mail of an invitation must not go any more; none where it may go at this moment (I-31).
pub(crate) async fn mail_refusal(
    tx: &mut Tx,
    id: InvitationId,
    recipient: &str,
    now: Timestamp,
) -> Result<Option<&'static str>, AppError> {
    let Some(invitation) = invitations::find(tx, id).await? else { return Ok(Some("the invitation is gone")) };
    let Some(grounds) = grounds_of(tx, invitation.inviter, invitation.network, now).await? else {
        return Ok(Some("the inviter is gone"));
    };
    if state_of(&invitation, &grounds, now) != InvitationState::Live {
        return Ok(Some("the invitation no longer counts, or its inviter may not invite"));
    }
    Ok((invitation.email.as_deref() != Some(recipient)).then_some("the invitation is for another address"))
}

pub(super) async fn mail_state(tx: &mut Tx, invitation: &Invitation) -> Result<Option<InvitationMailState>, AppError> {
    if invitation.email.is_none() {
        return Ok(None);
    }
    if invitation.uses > 0 {
        return Ok(Some(InvitationMailState::Accepted));
    }
    let progress = outgoing::progress(tx, invitation.id.as_uuid()).await?;
    // What is no longer in the queue was sent long ago.
    Ok(Some(match progress.as_ref().map(|p| p.state.as_str()) {
        Some("queued") => InvitationMailState::Queued,
        Some("sent") | None => InvitationMailState::Sent,
        Some(_) => InvitationMailState::Refused,
    }))
}

impl App {
    /// Puts the mail of an invitation into the queue, where it has an address.
    pub(super) async fn queue_mail(
        &self,
        work: &mut Work,
        actor: &Actor,
        invitation: &Invitation,
        language: Option<&str>,
        code: &Code,
    ) -> Result<(), AppError> {
        let Some(email) = &invitation.email else { return Ok(()) };
        let me = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        let company = companies::find(&mut work.tx, actor.company).await?.ok_or(AppError::SignInRequired)?;
        let language = Language::of(language.or(me.language.as_deref()), &company.country);
        let mail = invitation_mail(language, &me.name, &company.name, self.invitation_link(code));
        let errand = Errand {
            company: actor.company,
            purpose: Purpose::Invitation(invitation.id),
            recipient: email,
            once_key: format!("invitation {}", invitation.id),
            content: Content::Mail(mail),
        };
        self.enqueue(work, errand).await?;
        Ok(())
    }
}
