//! What the administrators of a new company do first. Whether a step is taken is read from how things stand, each time:
//! nothing is ticked off by hand.

use crate::error::AppError;
use crate::{Actor, App};
use liaison_domain::{Effect, Network};
use liaison_store::{companies, members};
use serde::Serialize;
use utoipa::ToSchema;

/// The first steps, and which of them are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
pub struct FirstStepsView {
    /// Whether an administrator has put them away, for the whole company.
    pub hidden: bool,
    /// Somebody has chosen the company's time zone.
    pub time_zone: bool,
    /// The company has a logo.
    pub logo: bool,
    /// There is somebody besides the first owner.
    pub members: bool,
    /// Chat with members of other companies is allowed.
    pub external: bool,
    /// Somebody holds the permission for it.
    pub permission: bool,
}

impl App {
    /// The first steps of the actor's company.
    ///
    /// # Errors
    /// Where the actor is no administrator.
    pub async fn first_steps(&self, actor: &Actor) -> Result<FirstStepsView, AppError> {
        actor.must_administer()?;
        let mut tx = self.db.read().await?;
        let company = companies::find(&mut tx, actor.company).await?.ok_or(AppError::NotFound)?;
        let (setting, _) = companies::setting(&mut tx, actor.company, Network::Partner).await?;
        let search = members::Search::default();
        let members = members::search(&mut tx, actor.company, &search, 2).await?.len() > 1;
        drop(tx);
        // One is enough, and the list says who holds it in effect: by name, through a team, or through the mode.
        let (holders, _) = self.list_grants(actor, Network::Partner, Effect::Grant, None, None, 1).await?;
        Ok(FirstStepsView {
            hidden: company.steps_hidden,
            time_zone: company.zone_chosen,
            logo: company.logo.is_some(),
            members,
            external: setting.connect,
            permission: !holders.is_empty(),
        })
    }

    /// Puts the first steps away for the whole company, or shows them again.
    ///
    /// # Errors
    /// Where the actor is no administrator.
    pub async fn hide_first_steps(&self, actor: &Actor, hidden: bool) -> Result<FirstStepsView, AppError> {
        actor.must_administer()?;
        let mut work = self.begin_as(actor).await?;
        companies::set_steps_hidden(&mut work.tx, actor.company, hidden).await?;
        self.finish(work).await?;
        self.first_steps(actor).await
    }
}
