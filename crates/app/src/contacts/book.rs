//! A company's settings for its contact book.

use super::LIMITS;
use crate::audit::{Act, category};
use crate::error::AppError;
use crate::{Actor, App};
use liaison_domain::BookRange;
use liaison_store::contacts::{self, Book};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most days in the trash.
const MAX_TRASH_DAYS: i64 = 365;

/// How much a contact book takes.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookLimitsView {
    /// Contacts of the company, those in the trash included.
    pub contacts: i64,
    /// Values in one field of a contact.
    pub values_per_field: usize,
    /// Characters of a memo.
    pub memo_characters: usize,
    /// Characters of a tag.
    pub tag_characters: usize,
    /// Bytes of a photo.
    pub photo_bytes: usize,
}

/// The settings of the company's contact book.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookView {
    /// Who sees a new contact besides its owner: nobody (`owner`) or all (`company`).
    pub default_visibility: BookRange,
    /// Whether those who see a new contact may edit it.
    pub colleagues_may_edit: bool,
    /// How many days a deleted contact stays in the trash; 0 for none.
    pub trash_days: i64,
    /// Whether nothing is deleted for good.
    pub legal_hold: bool,
    /// How many contacts the company has, those in the trash included; for administrators and auditors.
    pub contact_count: Option<i64>,
    /// How much the contact book takes.
    pub limits: BookLimitsView,
    /// Rises with each change; the `ETag`.
    #[serde(skip)]
    pub version: i64,
}

impl BookView {
    fn of(book: &Book, contact_count: Option<i64>) -> Self {
        Self {
            default_visibility: book.default_visibility,
            colleagues_may_edit: book.colleagues_may_edit,
            trash_days: book.trash_days,
            legal_hold: book.legal_hold,
            contact_count,
            limits: BookLimitsView {
                contacts: LIMITS.contacts,
                values_per_field: LIMITS.values,
                memo_characters: LIMITS.memo,
                tag_characters: LIMITS.tag,
                photo_bytes: LIMITS.photo_bytes,
            },
            version: book.version,
        }
    }
}

/// A change of the contact book's settings: what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BookChange {
    /// Who sees a new contact besides its owner: `owner` or `company`.
    pub default_visibility: Option<BookRange>,
    /// Whether those who see a new contact may edit it.
    pub colleagues_may_edit: Option<bool>,
    /// 0 to 365 days in the trash.
    pub trash_days: Option<i64>,
    /// Whether nothing is deleted for good.
    pub legal_hold: Option<bool>,
}

fn told(book: &Book) -> serde_json::Value {
    serde_json::json!({
        "defaultVisibility": book.default_visibility,
        "colleaguesMayEdit": book.colleagues_may_edit,
        "trashDays": book.trash_days,
        "legalHold": book.legal_hold,
    })
}

impl App {
    /// The settings of the company's contact book, which each member sees.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn contact_book(&self, actor: &Actor) -> Result<BookView, AppError> {
        let mut tx = self.db.read().await?;
        let book = contacts::book(&mut tx, actor.company).await?;
        // A colleague could tell from it that somebody keeps contacts for themselves.
        let count = if actor.role.can_audit() { Some(contacts::count(&mut tx, actor.company).await?) } else { None };
        Ok(BookView::of(&book, count))
    }

    /// Changes the settings of the company's contact book.
    ///
    /// # Errors
    /// Where the actor may not, a field is wrong, or `expected` is no longer the version.
    pub async fn change_contact_book(
        &self,
        actor: &Actor,
        change: BookChange,
        expected: Option<i64>,
    ) -> Result<BookView, AppError> {
        actor.must_administer()?;
        if change.default_visibility == Some(BookRange::Members) {
            return Err(AppError::field("/defaultVisibility", "RANGE", "is owner or company"));
        }
        if change.trash_days.is_some_and(|days| !(0..=MAX_TRASH_DAYS).contains(&days)) {
            return Err(AppError::field("/trashDays", "RANGE", format!("is between 0 and {MAX_TRASH_DAYS}")));
        }
        let mut work = self.begin_as(actor).await?;
        let before = contacts::book(&mut work.tx, actor.company).await?;
        if expected.is_some_and(|expected| expected != before.version) {
            return Err(AppError::Stale);
        }
        let mut after = Book {
            default_visibility: change.default_visibility.unwrap_or(before.default_visibility),
            colleagues_may_edit: change.colleagues_may_edit.unwrap_or(before.colleagues_may_edit),
            trash_days: change.trash_days.unwrap_or(before.trash_days),
            legal_hold: change.legal_hold.unwrap_or(before.legal_hold),
            version: before.version,
        };
        let count = Some(contacts::count(&mut work.tx, actor.company).await?);
        if after == before {
            return Ok(BookView::of(&before, count));
        }
        after.version += 1;
        contacts::set_book(&mut work.tx, actor.company, &after).await?;
        let details = serde_json::json!({ "contactBook": true, "before": told(&before), "after": told(&after) });
        let target = Some(actor.company.to_string());
        let act = Act { category: category::EXTERNAL, action: "settings.changed", actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        self.finish(work).await?;
        Ok(BookView::of(&after, count))
    }
}
