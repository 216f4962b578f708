//! A contact's own photo.

use super::{ContactView, in_trash, may_edit};
use crate::audit::{Act, category};
use crate::error::AppError;
use crate::pictures::{Shape, named};
use crate::{Actor, App};
use bytes::Bytes;
use liaison_domain::ContactId;
use liaison_store::contacts::{self, Contact};
use liaison_store::members::Photo;

fn must_edit(actor: &Actor, contact: &Contact) -> Result<(), AppError> {
    if contact.trashed_at.is_some() {
        return Err(in_trash());
    }
    if may_edit(actor, contact) {
        Ok(())
    } else {
        Err(AppError::Forbidden("the contact's owner, or who was allowed to edit it,"))
    }
}

impl App {
    /// Gives a contact a photo of its own, or takes it away; that of an outsider then is the person's own again. `expected`
    /// is the version its editor saw.
    ///
    /// # Errors
    /// Where it is not in the actor's sight, they may not edit it, what was sent is no picture of ours, or somebody saved
    /// in between.
    pub async fn change_contact_photo(
        &self,
        actor: &Actor,
        id: ContactId,
        upload: Option<Bytes>,
        expected: Option<i64>,
    ) -> Result<ContactView, AppError> {
        // Asked first, so that nothing is decoded for who may not.
        let mut tx = self.db.read().await?;
        must_edit(actor, &self.seen(&mut tx, actor, id).await?)?;
        drop(tx);
        let picture = match upload {
            Some(upload) => Some(self.draw_anew(upload, Shape::Square).await?),
            None => None,
        };
        let mut work = self.begin_as(actor).await?;
        let mut contact = self.seen(&mut work.tx, actor, id).await?;
        must_edit(actor, &contact)?;
        if expected.is_some_and(|expected| expected != contact.version) {
            return Err(AppError::Stale);
        }
        match &picture {
            Some(picture) => contacts::set_photo(&mut work.tx, id, picture.media_type, &picture.bytes).await?,
            None if !contacts::delete_photo(&mut work.tx, id).await? => {
                return self.contact_view(&mut work.tx, actor, &contact).await;
            }
            None => {}
        }
        contact.has_photo = picture.is_some();
        contacts::update(&mut work.tx, &mut contact, work.position).await?;
        let details = serde_json::json!({ "fields": ["photo"] });
        let target = Some(id.to_string());
        let act = Act { category: category::EXTERNAL, action: "contact.changed", actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        self.tell_contact(&mut work, &contact).await?;
        let view = self.contact_view(&mut work.tx, actor, &contact).await?;
        self.finish(work).await?;
        Ok(view)
    }

    /// A contact's own photo.
    ///
    /// # Errors
    /// Where the contact is not in the actor's sight or has none.
    pub async fn contact_photo(&self, actor: &Actor, id: ContactId) -> Result<Photo, AppError> {
        let mut tx = self.db.read().await?;
        self.seen(&mut tx, actor, id).await?;
        let (media_type, bytes) = contacts::find_photo(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        Ok(named(Photo { media_type, bytes, digest: String::new() }))
    }
}
