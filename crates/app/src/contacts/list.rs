//! Reading the contact book.

use crate::error::AppError;
use crate::views::ContactView;
use crate::{Actor, App};
use liaison_domain::ContactId;
use liaison_store::contacts;

impl App {
    /// A page of the actor's contacts, by name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_contacts(
        &self,
        actor: &Actor,
        query: &str,
        after: Option<(String, ContactId)>,
        limit: i64,
    ) -> Result<Vec<ContactView>, AppError> {
        let mut tx = self.db.read().await?;
        let found = contacts::list(&mut tx, actor.id, query, after, limit).await?;
        let mut views = Vec::with_capacity(found.len());
        for contact in found {
            views.extend(self.contact_view(&mut tx, actor, contact.id).await?);
        }
        Ok(views)
    }

    /// One of the actor's contacts.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn get_contact(&self, actor: &Actor, id: ContactId) -> Result<ContactView, AppError> {
        let mut tx = self.db.read().await?;
        self.contact_view(&mut tx, actor, id).await?.ok_or(AppError::NotFound)
    }
}
