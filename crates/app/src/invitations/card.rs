//! A member's card: the invitation they carry with them.

use super::{Grounds, InvitationState, state_of};
use crate::error::AppError;
use crate::work::Work;
use crate::{Actor, App};
use liaison_domain::{InvitationId, InvitationKind, Network};
use liaison_policy::SeenReason;
use liaison_store::invitations::{self, Invitation};
use liaison_store::members;
use serde::Serialize;
use utoipa::ToSchema;

/// One's card.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardView {
    /// Its id among the invitations.
    pub id: InvitationId,
    /// One's handle.
    pub handle: String,
    /// The address to hand on.
    pub url: String,
    /// Its QR code as SVG.
    pub qr_svg_url: String,
    /// Its QR code as PNG.
    pub qr_png_url: String,
    /// `live`, or `dormant` while one may not invite.
    pub state: InvitationState,
    /// Why it sleeps.
    pub reasons: Vec<SeenReason>,
    /// How many came in by it.
    pub uses: i64,
}

impl App {
    /// The actor's card; the first time it is asked for, one is made.
    ///
    /// # Errors
    /// Where there is none yet and the decision refuses to make one.
    pub async fn card_of_mine(&self, actor: &Actor) -> Result<CardView, AppError> {
        let mut tx = self.db.read().await?;
        if let Some(card) = invitations::find_card(&mut tx, actor.id).await? {
            let now = self.clock.now();
            let grounds = self.grounds(&mut tx, actor.id, Network::Partner, now).await?;
            let handle = members::find(&mut tx, actor.id).await?.ok_or(AppError::SignInRequired)?.handle;
            return self.card_view(actor, &card, grounds.ok_or(AppError::SignInRequired)?, handle);
        }
        drop(tx);
        let mut work = self.begin_as(actor).await?;
        // Somebody with two windows open may have been quicker in the other.
        let card = match invitations::find_card(&mut work.tx, actor.id).await? {
            Some(card) => card,
            None => self.issue_card(&mut work, actor).await?,
        };
        self.finish_card(work, actor, &card).await
    }

    /// Gives the actor another card; the old one is dead when this is answered.
    ///
    /// # Errors
    /// Where the decision refuses.
    pub async fn rotate_card(&self, actor: &Actor) -> Result<CardView, AppError> {
        let outcome = self.try_rotate(actor).await;
        self.note_refusal(actor, "invitation.refused", None, outcome).await
    }

    async fn try_rotate(&self, actor: &Actor) -> Result<CardView, AppError> {
        self.limits.count_invitation(actor.id, self.clock.now())?;
        let mut work = self.begin_as(actor).await?;
        if let Some(old) = invitations::find_card(&mut work.tx, actor.id).await? {
            self.revoke_one(&mut work, Some(actor), &old, "rotated").await?;
        }
        let card = self.issue_card(&mut work, actor).await?;
        self.finish_card(work, actor, &card).await
    }

    async fn issue_card(&self, work: &mut Work, actor: &Actor) -> Result<Invitation, AppError> {
        let grounds = self.grounds(&mut work.tx, actor.id, Network::Partner, work.now).await?;
        let permit = grounds.ok_or(AppError::SignInRequired)?.permit;
        let permit = permit.map_err(|denial| AppError::denied(&denial, actor))?;
        let card = Invitation {
            id: InvitationId::new(&*self.clock),
            company: actor.company,
            inviter: actor.id,
            network: Network::Partner,
            kind: InvitationKind::Card,
            sealed_code: Vec::new(),
            purpose: None,
            email: None,
            created_at: work.now,
            expires_at: None,
            max_uses: None,
            uses: 0,
            revoked_at: None,
        };
        self.issue(work, permit, actor, card, &super::code::Code::fresh()).await
    }

    async fn finish_card(&self, mut work: Work, actor: &Actor, card: &Invitation) -> Result<CardView, AppError> {
        let grounds = self.grounds(&mut work.tx, actor.id, Network::Partner, work.now).await?;
        let handle = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?.handle;
        let view = self.card_view(actor, card, grounds.ok_or(AppError::SignInRequired)?, handle)?;
        self.finish(work).await?;
        Ok(view)
    }

    fn card_view(
        &self,
        actor: &Actor,
        card: &Invitation,
        grounds: Grounds,
        handle: String,
    ) -> Result<CardView, AppError> {
        let code = self.code_of(card)?.ok_or(AppError::NotFound)?;
        let state = state_of(card, &grounds, self.clock.now());
        let reasons = grounds.permit.err().map_or_else(Vec::new, |denial| denial.seen_by(actor.company, actor.id));
        Ok(CardView {
            id: card.id,
            handle,
            url: self.invitation_link(&code),
            qr_svg_url: format!("/api/v1/invitations/{}/qr.svg", card.id),
            qr_png_url: format!("/api/v1/invitations/{}/qr.png", card.id),
            state,
            reasons,
            uses: card.uses,
        })
    }
}
