//! Who sees a contact.

use super::{ContactView, in_trash, must_manage};
use crate::audit::{Act, category};
use crate::error::AppError;
use crate::{Actor, App};
use liaison_domain::{BookRange, ContactId, MemberId, TeamId};
use liaison_store::contacts::{self, Share};
use liaison_store::{Tx, members};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most members and teams one contact is shared with by name.
const MAX_SHARES: usize = 1_000;

/// Who sees a contact besides its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Visibility {
    /// Nobody, chosen ones, or all members of the company.
    pub range: BookRange,
    /// The chosen members.
    pub member_ids: Vec<MemberId>,
    /// The chosen teams.
    pub team_ids: Vec<TeamId>,
}

impl Visibility {
    pub(super) fn of(range: BookRange, shares: &[Share]) -> Self {
        let (mut member_ids, mut team_ids) = (Vec::new(), Vec::new());
        for share in shares.iter().filter(|_| range == BookRange::Members) {
            match *share {
                Share::Member(id) => member_ids.push(id),
                Share::Team(id) => team_ids.push(id),
            }
        }
        Self { range, member_ids, team_ids }
    }
}

/// Who is to see a contact.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisibilityChange {
    /// Nobody besides the owner, chosen ones, or all members of the company.
    pub range: BookRange,
    /// The chosen members; with range `members` alone.
    #[serde(default)]
    pub member_ids: Vec<MemberId>,
    /// The chosen teams; with range `members` alone.
    #[serde(default)]
    pub team_ids: Vec<TeamId>,
}

impl App {
    /// Sets who sees a contact. `expected` is the version its editor saw.
    ///
    /// # Errors
    /// Where it is not in the actor's sight, it is not theirs to share, somebody named is no colleague, or somebody saved
    /// in between.
    pub async fn share_contact(
        &self,
        actor: &Actor,
        id: ContactId,
        change: VisibilityChange,
        expected: Option<i64>,
    ) -> Result<ContactView, AppError> {
        let mut work = self.begin_as(actor).await?;
        let mut contact = self.seen(&mut work.tx, actor, id).await?;
        must_manage(actor, &contact)?;
        if contact.trashed_at.is_some() {
            return Err(in_trash());
        }
        if expected.is_some_and(|expected| expected != contact.version) {
            return Err(AppError::Stale);
        }
        let with = self.chosen(&mut work.tx, actor, &change).await?;
        let had = contacts::shares(&mut work.tx, id).await?;
        if contact.visibility == change.range && had == with {
            return self.contact_view(&mut work.tx, actor, &contact).await;
        }
        let before = self.sight(&mut work.tx, &contact).await?;
        let was = Visibility::of(contact.visibility, &had);
        contact.visibility = change.range;
        contacts::set_shares(&mut work.tx, id, &with).await?;
        contacts::update(&mut work.tx, &mut contact, work.position).await?;
        let after = self.sight(&mut work.tx, &contact).await?;
        let details = serde_json::json!({ "before": was, "after": Visibility::of(contact.visibility, &with) });
        let target = Some(id.to_string());
        let act = Act { category: category::EXTERNAL, action: "contact.shared", actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        self.sight_moved(&mut work, &contact, before, after).await?;
        // An administrator may have taken it out of their own sight: they see it once more, as they left it.
        let view = self.contact_view(&mut work.tx, actor, &contact).await?;
        self.finish(work).await?;
        Ok(view)
    }

    async fn chosen(&self, tx: &mut Tx, actor: &Actor, change: &VisibilityChange) -> Result<Vec<Share>, AppError> {
        let named = change.member_ids.len() + change.team_ids.len();
        if change.range != BookRange::Members {
            return if named == 0 {
                Ok(Vec::new())
            } else {
                Err(AppError::field("/range", "RANGE", "is members where members or teams are named"))
            };
        }
        if named == 0 {
            return Err(AppError::field("/memberIds", "EMPTY", "names at least one member, here or a team in teamIds"));
        }
        if named > MAX_SHARES {
            return Err(AppError::field("/memberIds", "TOO_MANY", format!("names at most {MAX_SHARES}")));
        }
        let mut with = Vec::with_capacity(named);
        for (i, &id) in change.member_ids.iter().enumerate() {
            if members::find(tx, id).await?.is_none_or(|m| m.company_id != actor.company) {
                let pointer = format!("/memberIds/{i}");
                return Err(AppError::field(pointer, "NOT_FOUND", "is not a member of your company"));
            }
            with.push(Share::Member(id));
        }
        let teams = members::teams(tx, actor.company).await?;
        for (i, &id) in change.team_ids.iter().enumerate() {
            if !teams.iter().any(|t| t.id == id) {
                let pointer = format!("/teamIds/{i}");
                return Err(AppError::field(pointer, "NOT_FOUND", "is not a team of your company"));
            }
            with.push(Share::Team(id));
        }
        with.sort_unstable();
        with.dedup();
        Ok(with)
    }
}
