//! Issuing an invitation.

use super::code::Code;
use super::{DAY_MS, Grounds, InvitationView};
use crate::audit::{Act, category};
use crate::error::AppError;
use crate::members::LANGUAGES;
use crate::outgoing::Kind;
use crate::work::Work;
use crate::{Actor, App};
use liaison_domain::{InvitationId, InvitationKind, Network, Timestamp, clean_name};
use liaison_policy::{Invite, Permit};
use liaison_store::invitations::{self, Invitation};

/// How long an invitation counts unless something else is asked for, in days.
const DEFAULT_DAYS: i64 = 14;
/// The most characters of a purpose.
const MAX_PURPOSE: usize = 100;
/// The largest number of uses that can be asked for.
const MAX_USES: i64 = 100_000;

/// What an invitation is made from.
#[derive(Debug, Clone)]
pub struct Draft {
    /// For which network.
    pub network: Network,
    /// What it is for.
    pub purpose: Option<String>,
    /// First moment it no longer counts.
    pub expires_at: Option<Timestamp>,
    /// How many people may come in; none for any number.
    pub max_uses: Option<i64>,
    /// The language of its text; none for the member's own.
    pub language: Option<String>,
    /// To whom the server mails it.
    pub email: Option<String>,
}

impl App {
    /// Issues an invitation. The answer holds its address, which opens it.
    ///
    /// # Errors
    /// Where a field is wrong, or the decision refuses.
    pub async fn create_invitation(&self, actor: &Actor, draft: Draft) -> Result<InvitationView, AppError> {
        self.limits.count_invitation(actor.id, self.clock.now())?;
        let outcome = self.try_create(actor, draft).await;
        self.note_refusal(actor, "invitation.refused", None, outcome).await
    }

    async fn try_create(&self, actor: &Actor, draft: Draft) -> Result<InvitationView, AppError> {
        if draft.network == Network::Line {
            let text = "is partner: your company has no LINE account connected";
            return Err(AppError::field("/network", "LINE_NOT_CONNECTED", text));
        }
        let purpose = draft.purpose.as_deref().map(|text| {
            clean_name(text, MAX_PURPOSE).map_err(|e| AppError::field("/purpose", "PURPOSE", e.to_string()))
        });
        let purpose = purpose.transpose()?;
        if draft.max_uses.is_some_and(|most| !(1..=MAX_USES).contains(&most)) {
            return Err(AppError::field("/maxUses", "RANGE", format!("is between 1 and {MAX_USES}, or null for any")));
        }
        if draft.language.as_deref().is_some_and(|l| !LANGUAGES.contains(&l)) {
            return Err(AppError::field("/language", "LANGUAGE", "is one of en, ja, ko"));
        }
        let email = draft.email.as_deref().map(crate::members::check_email).transpose()?;
        if email.is_some() {
            self.must_send(Kind::Mail)?;
        }
        let mut work = self.begin_as(actor).await?;
        let grounds = self.grounds(&mut work.tx, actor.id, draft.network, work.now).await?;
        let Grounds { permit, max_days } = grounds.ok_or(AppError::SignInRequired)?;
        let permit = permit.map_err(|denial| AppError::denied(&denial, actor))?;
        let latest = work.now.plus_millis(max_days * DAY_MS);
        let expires_at = match draft.expires_at {
            None => work.now.plus_millis(DEFAULT_DAYS.min(max_days) * DAY_MS),
            Some(end) if end <= work.now => {
                return Err(AppError::field("/expiresAt", "PAST", "lies in the future"));
            }
            Some(end) if end > latest => {
                let text = format!("is at most {max_days} days ahead, as your company wants it");
                return Err(AppError::field("/expiresAt", "TOO_LATE", text));
            }
            Some(end) => end,
        };
        // Only what would be sent spends of what the company may send in a day.
        if let Some(email) = &email {
            self.limits.count_invitation_mail(actor.id, actor.company, email, work.now)?;
        }
        let code = Code::fresh();
        let invitation = Invitation {
            id: InvitationId::new(&*self.clock),
            company: actor.company,
            inviter: actor.id,
            network: draft.network,
            kind: InvitationKind::Invitation,
            sealed_code: Vec::new(),
            purpose,
            email,
            created_at: work.now,
            expires_at: Some(expires_at),
            max_uses: draft.max_uses,
            uses: 0,
            revoked_at: None,
        };
        let invitation = self.issue(&mut work, permit, actor, invitation, &code).await?;
        let language = draft.language.as_deref();
        self.queue_mail(&mut work, actor, &invitation, language, &code).await?;
        let grounds = self.grounds(&mut work.tx, actor.id, draft.network, work.now).await?;
        let grounds = grounds.ok_or(AppError::SignInRequired)?;
        let view = self.invitation_view(&mut work.tx, actor, invitation, grounds, language, work.now).await?;
        self.finish(work).await?;
        Ok(view)
    }

    /// Stores an invitation or card under a fresh code, with its entry in the log.
    pub(super) async fn issue(
        &self,
        work: &mut Work,
        permit: Permit<Invite>,
        actor: &Actor,
        mut invitation: Invitation,
        code: &Code,
    ) -> Result<Invitation, AppError> {
        let sealed = self.sealer.seal(invitation.id.as_uuid().as_bytes(), code.as_str().as_bytes());
        invitation.sealed_code = sealed.ok_or_else(|| AppError::internal("sealing"))?;
        invitations::insert(&mut work.tx, permit, &invitation, &Code::hash(Some(code))).await?;
        let details = serde_json::json!({
            "kind": invitation.kind, "network": invitation.network, "purpose": invitation.purpose,
            "expiresAt": invitation.expires_at, "maxUses": invitation.max_uses, "mailed": invitation.email.is_some(),
        });
        let target = Some(invitation.id.to_string());
        let action = "invitation.created";
        let act = Act { category: category::EXTERNAL, action, actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        Ok(invitation)
    }
}
