//! What a company has set for its contact book.

use crate::db::{StoreError, Tx};
use crate::value::word;
use liaison_domain::{BookRange, CompanyId};

/// A company's settings for its contact book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Who sees a new contact besides its owner: nobody or all.
    pub default_visibility: BookRange,
    /// Whether those who see a new contact may edit it.
    pub colleagues_may_edit: bool,
    /// How many days a deleted contact stays in the trash.
    pub trash_days: i64,
    /// Whether nothing is deleted for good.
    pub legal_hold: bool,
    /// Moves with every change.
    pub version: i64,
}

impl Default for Book {
    /// The settings of a new company (A7a).
    fn default() -> Self {
        Self {
            default_visibility: BookRange::Owner,
            colleagues_may_edit: false,
            trash_days: 30,
            legal_hold: false,
            version: 1,
        }
    }
}

/// A company's settings.
///
/// # Errors
/// Where the database refuses.
pub async fn book(tx: &mut Tx, company: CompanyId) -> Result<Book, StoreError> {
    let row: Option<(String, bool, i64, bool, i64)> = tx
        .query(
            "SELECT default_visibility, colleagues_may_edit, trash_days, legal_hold, version FROM contact_books
             WHERE company_id = $1",
        )
        .bind(company)
        .fetch_optional()
        .await?;
    let Some((visibility, colleagues_may_edit, trash_days, legal_hold, version)) = row else {
        return Ok(Book::default());
    };
    Ok(Book { default_visibility: word(&visibility)?, colleagues_may_edit, trash_days, legal_hold, version })
}

/// Writes a company's settings; the version is as given.
///
/// # Errors
/// Where the database refuses.
pub async fn set_book(tx: &mut Tx, company: CompanyId, book: &Book) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO contact_books (company_id, default_visibility, colleagues_may_edit, trash_days, legal_hold, version)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (company_id) DO UPDATE SET default_visibility = excluded.default_visibility,
             colleagues_may_edit = excluded.colleagues_may_edit, trash_days = excluded.trash_days,
             legal_hold = excluded.legal_hold, version = excluded.version",
    )
    .bind(company)
    .bind(book.default_visibility)
    .bind(book.colleagues_may_edit)
    .bind(book.trash_days)
    .bind(book.legal_hold)
    .bind(book.version)
    .execute()
    .await?;
    Ok(())
}

/// How many contacts a company has, those in the trash included.
///
/// # Errors
/// Where the database refuses.
pub async fn count(tx: &mut Tx, company: CompanyId) -> Result<i64, StoreError> {
    let (count,): (i64,) =
        tx.query("SELECT COUNT(*) FROM contacts WHERE company_id = $1").bind(company).fetch_one().await?;
    Ok(count)
}
