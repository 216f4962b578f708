//! The contact book: plain contacts and outsiders, their fields, sharing and trash, and the links that come with them.
//!
//! An outsider's contact, the link with them and the direct room are three things. The contact belongs to one member and can
//! be shared, deleted and restored; the link belongs to two people and either can end it; the room outlives both. What moves
//! them together stands in [`link`], pure, and in the use cases beside it.

mod add;
mod book;
mod change;
mod link;
mod list;
mod photo;
mod remove;
mod share;
mod sight;
mod sync;
mod view;

pub use add::{PlainContact, WhomToAdd};
pub use book::{BookChange, BookView};
pub use change::ContactChange;
pub(crate) use link::after_accepting;
pub use list::{ListRequest, Section, TagView};
pub use share::{Visibility, VisibilityChange};
pub use view::{ContactState, ContactView, LinkState, LinkView};

use crate::error::{AppError, FieldError};
use crate::{Actor, App};
use liaison_domain::{BookLimits, BookRange, ContactId, FieldFault};
use liaison_store::Tx;
use liaison_store::contacts::{self, Contact, Viewer};

/// How much a contact book takes.
pub const LIMITS: BookLimits = BookLimits::STANDARD;

fn viewer(actor: &Actor) -> Viewer {
    Viewer { id: actor.id, company: actor.company, administers: actor.role.can_administer() }
}

/// Whether the actor may share, delete and restore a contact in their sight.
fn may_manage(actor: &Actor, contact: &Contact) -> bool {
    contact.owner_id == actor.id || actor.role.can_administer()
}

fn must_manage(actor: &Actor, contact: &Contact) -> Result<(), AppError> {
    if may_manage(actor, contact) {
        Ok(())
    } else {
        Err(AppError::Forbidden("the contact's owner or an administrator"))
    }
}

/// Whether the actor may edit the fields of a contact in their sight.
fn may_edit(actor: &Actor, contact: &Contact) -> bool {
    let colleague = contact.colleagues_may_edit && contact.visibility != BookRange::Owner;
    contact.trashed_at.is_none() && (contact.owner_id == actor.id || colleague)
}

fn in_trash() -> AppError {
    AppError::Conflict { code: "IN_TRASH", detail: "This contact is in the trash. Restore it first.".into() }
}

fn invalid(faults: Vec<FieldFault>) -> AppError {
    let error = |f: FieldFault| FieldError { pointer: f.pointer, code: f.code.to_owned(), text: f.text };
    AppError::Invalid(faults.into_iter().map(error).collect())
}

impl App {
    /// A contact in the actor's sight; what is not answers as nothing does (I-05).
    async fn seen(&self, tx: &mut Tx, actor: &Actor, id: ContactId) -> Result<Contact, AppError> {
        contacts::visible(tx, viewer(actor), id).await?.ok_or(AppError::NotFound)
    }

    /// There is room for one more contact in the company's book (L4).
    async fn check_room_in_book(&self, tx: &mut Tx, actor: &Actor) -> Result<(), AppError> {
        if contacts::count(tx, actor.company).await? < LIMITS.contacts {
            return Ok(());
        }
        Err(AppError::Conflict {
            code: "CONTACT_LIMIT",
            detail: format!(
                "Your company has {} contacts, which is the most. Delete some for good, in the trash.",
                LIMITS.contacts
            ),
        })
    }
}
