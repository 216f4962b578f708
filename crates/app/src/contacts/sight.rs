//! Who sees a contact, and telling those for whom that changes.

use crate::App;
use crate::error::AppError;
use crate::work::{Event, Work};
use liaison_domain::{BookRange, ContactId, MemberId};
use liaison_store::contacts::{self, Contact};
use liaison_store::{Tx, members};
use std::sync::Arc;

/// Who sees a contact at one moment.
#[derive(Debug, Default)]
pub(super) struct Sight {
    people: Vec<MemberId>,
    everybody: bool,
}

impl App {
    /// Who sees a contact: its owner and those it is shared with; in the trash, of these only administrators.
    pub(super) async fn sight(&self, tx: &mut Tx, contact: &Contact) -> Result<Sight, AppError> {
        let mut people = contacts::audience(tx, contact).await?;
        let everybody = contact.visibility == BookRange::Company && contact.trashed_at.is_none();
        if contact.trashed_at.is_some() {
            let administrators = contacts::administrators(tx, contact.company_id).await?;
            people.retain(|id| *id == contact.owner_id || administrators.contains(id));
        }
        Ok(Sight { people, everybody })
    }

    /// A contact looks different to all who see it.
    pub(crate) async fn tell_contact(&self, work: &mut Work, contact: &Contact) -> Result<(), AppError> {
        let sight = self.sight(&mut work.tx, contact).await?;
        work.events.push(Event::Contact { to: sight.people.into(), contact: contact.id });
        Ok(())
    }

    /// A contact is seen by others than `before`: those who lost sight of it are told that it is gone, now or when they
    /// resume.
    pub(super) async fn sight_moved(
        &self,
        work: &mut Work,
        contact: &Contact,
        before: Sight,
        after: Sight,
    ) -> Result<(), AppError> {
        if before.everybody || after.everybody {
            // Each of them either saw it or sees it: one line for all.
            contacts::mark_sight_of_company(&mut work.tx, contact.id, contact.company_id, work.position).await?;
        } else {
            let lost = before.people.iter().filter(|id| !after.people.contains(id));
            let gained = after.people.iter().filter(|id| !before.people.contains(id));
            for &member in lost.chain(gained) {
                contacts::mark_sight(&mut work.tx, contact.id, member, work.position).await?;
            }
        }
        let mut to = before.people;
        to.extend(after.people);
        to.sort_unstable();
        to.dedup();
        work.events.push(Event::Contact { to: to.into(), contact: contact.id });
        Ok(())
    }

    /// A member's teams change: what is shared with a team comes into their sight with it, and goes with it. Call it
    /// before and after the change.
    pub(crate) async fn shared_with_teams_of(&self, tx: &mut Tx, member: MemberId) -> Result<Vec<ContactId>, AppError> {
        let mut shared = Vec::new();
        for (team, _) in members::teams_of(tx, member).await? {
            shared.extend(contacts::shared_with_team(tx, team).await?);
        }
        shared.sort_unstable();
        shared.dedup();
        Ok(shared)
    }

    /// Tells a member what came into their sight, or went out of it, with their teams.
    pub(crate) async fn teams_moved(
        &self,
        work: &mut Work,
        member: MemberId,
        before: &[ContactId],
    ) -> Result<(), AppError> {
        let after = self.shared_with_teams_of(&mut work.tx, member).await?;
        let lost = before.iter().filter(|id| !after.contains(id));
        let gained = after.iter().filter(|id| !before.contains(id));
        let moved: Vec<ContactId> = lost.chain(gained).copied().collect();
        for contact in moved {
            // What lies in the trash was out of sight before, too.
            let found = contacts::find(&mut work.tx, contact).await?.filter(|c| c.trashed_at.is_none());
            if found.is_some_and(|c| c.visibility == BookRange::Members) {
                contacts::mark_sight(&mut work.tx, contact, member, work.position).await?;
                work.events.push(Event::Contact { to: Arc::from([member]), contact });
            }
        }
        Ok(())
    }
}
