//! Reading the contact book.

use super::{ContactView, viewer};
use crate::error::AppError;
use crate::{Actor, App};
use liaison_domain::{ContactId, Network};
use liaison_store::Tx;
use liaison_store::contacts::{self, Listing, Order, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A section of the contact book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// All contacts but those in the trash.
    #[default]
    All,
    /// Outsiders only.
    External,
    /// What was deleted and can be restored.
    Trash,
}

/// Which contacts to list.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// Which section.
    pub section: Section,
    /// Only outsiders of this network.
    pub network: Option<Network>,
    /// Only with this tag.
    pub tag: Option<String>,
    /// Words that all must be found in name, nickname, company, e-mails, phones or tags.
    pub query: String,
    /// How they are sorted.
    pub order: Order,
    /// Behind which place.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
}

/// A tag in the contact book.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TagView {
    /// The tag.
    pub tag: String,
    /// How many contacts in one's sight have it.
    pub count: i64,
}

impl App {
    /// A page of the contacts in the actor's sight: their own and those shared with them. Answers where the next begins.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_contacts(
        &self,
        actor: &Actor,
        request: &ListRequest,
    ) -> Result<(Vec<ContactView>, Option<Place>), AppError> {
        let mut tx = self.db.read().await?;
        let which = Listing {
            trashed: request.section == Section::Trash,
            external: request.section == Section::External,
            network: request.network.map(Network::as_str),
            tag: request.tag.as_deref(),
            query: &request.query,
            order: request.order,
            after: request.after.clone(),
            limit: request.limit + 1,
        };
        let mut found = contacts::list(&mut tx, viewer(actor), &which).await?;
        let limit = usize::try_from(request.limit).unwrap_or(0);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = if more { found.last().map(|(place, _)| place.clone()) } else { None };
        let mut views = Vec::with_capacity(found.len());
        for (_, contact) in &found {
            views.push(self.contact_view(&mut tx, actor, contact).await?);
        }
        Ok((views, next))
    }

    /// A contact in the actor's sight.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn get_contact(&self, actor: &Actor, id: ContactId) -> Result<ContactView, AppError> {
        let mut tx = self.db.read().await?;
        let contact = self.seen(&mut tx, actor, id).await?;
        self.contact_view(&mut tx, actor, &contact).await
    }

    /// The tags of the contacts in the actor's sight.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_tags(&self, actor: &Actor) -> Result<Vec<TagView>, AppError> {
        let mut tx = self.db.read().await?;
        let tags = contacts::tags(&mut tx, viewer(actor)).await?;
        Ok(tags.into_iter().map(|t| TagView { tag: t.tag, count: t.count }).collect())
    }

    /// Contacts that changed for the actor after a position, with those that came into their sight or went out of it.
    pub(crate) async fn contacts_after(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        position: i64,
    ) -> Result<Vec<ContactId>, AppError> {
        let mut moved = contacts::changed_after(tx, viewer(actor), position).await?;
        for contact in contacts::sights_after(tx, actor.id, actor.company, position).await? {
            if !moved.contains(&contact) {
                moved.push(contact);
            }
        }
        Ok(moved)
    }

    /// Folds anew, at the start, what was folded for searching and sorting by older rules.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn fold_contacts(&self) -> Result<(), AppError> {
        let mut tx = self.db.read().await?;
        let any = contacts::has_old_folding(&mut tx).await?;
        drop(tx);
        let mut left = any;
        while left {
            let mut work = self.begin().await?;
            left = contacts::fold_anew(&mut work.tx, 500).await? == 500;
            self.finish(work).await?;
        }
        Ok(())
    }
}
