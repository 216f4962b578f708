//! Phone numbers: whose they are, by what code that is proven, and who found somebody by one.

use crate::db::{StoreError, Tx};
use liaison_domain::{CompanyId, MemberId, PhoneCodeId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// A number that a member has proven to be theirs.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Proof {
    /// The number, E.164.
    pub phone: String,
    /// When, Unix ms.
    pub verified_at: i64,
    /// Whether people outside find them by it.
    pub searchable: bool,
}

/// A member's proof, however old.
///
/// # Errors
/// Where the database refuses.
pub async fn find_proof(tx: &mut Tx, member: MemberId) -> Result<Option<Proof>, StoreError> {
    tx.query("SELECT phone, verified_at, searchable FROM phone_proofs WHERE member_id = $1")
        .bind(member)
        .fetch_optional()
        .await
}

/// Whose number it was until now, other than this member's. Their proof ends here: numbers get new owners.
///
/// # Errors
/// Where the database refuses.
pub async fn take_from_others(tx: &mut Tx, phone: &str, member: MemberId) -> Result<Option<MemberId>, StoreError> {
    let before: Option<(Uuid,)> = tx
        .query("SELECT member_id FROM phone_proofs WHERE phone = $1 AND member_id <> $2")
        .bind(phone)
        .bind(member)
        .fetch_optional()
        .await?;
    let Some((before,)) = before else { return Ok(None) };
    let before = MemberId::from(before);
    delete_proof(tx, before).await?;
    Ok(Some(before))
}

/// Makes this a member's proof, in place of another. The number is nobody else's.
///
/// # Errors
/// Where the database refuses.
pub async fn put_proof(tx: &mut Tx, member: MemberId, proof: &Proof) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO phone_proofs (member_id, phone, verified_at, searchable) VALUES ($1, $2, $3, $4)
         ON CONFLICT (member_id) DO UPDATE SET phone = excluded.phone, verified_at = excluded.verified_at,
             searchable = excluded.searchable",
    )
    .bind(member)
    .bind(proof.phone.as_str())
    .bind(proof.verified_at)
    .bind(proof.searchable)
    .execute()
    .await?;
    Ok(())
}

/// Ends a member's proof.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_proof(tx: &mut Tx, member: MemberId) -> Result<(), StoreError> {
    tx.query("DELETE FROM phone_proofs WHERE member_id = $1").bind(member).execute().await?;
    Ok(())
}

/// Who outside of a company lets themselves be found by this number, proven after `since`.
///
/// # Errors
/// Where the database refuses.
pub async fn find_searchable(
    tx: &mut Tx,
    phone: &str,
    since: Timestamp,
    outside_of: CompanyId,
) -> Result<Option<MemberId>, StoreError> {
    let row: Option<(Uuid,)> = tx
        .query(
            "SELECT p.member_id FROM phone_proofs p JOIN members m ON m.id = p.member_id
             WHERE p.phone = $1 AND p.searchable AND p.verified_at > $2 AND m.company_id <> $3",
        )
        .bind(phone)
        .bind(since)
        .bind(outside_of)
        .fetch_optional()
        .await?;
    Ok(row.map(|(id,)| id.into()))
}

/// A code that was sent.
#[derive(Debug, Clone, FromRow)]
pub struct Code {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: PhoneCodeId,
    /// Whose.
    #[sqlx(try_from = "Uuid")]
    pub member_id: MemberId,
    /// To which number.
    pub phone: String,
    /// Keyed hash of the code.
    pub code_hash: Vec<u8>,
    /// How many wrong ones were tried.
    pub tries: i64,
    /// When it was sent, Unix ms.
    pub created_at: i64,
    /// First moment at which it no longer counts, Unix ms.
    pub expires_at: i64,
}

macro_rules! select_code {
    ($rest:literal) => {
        concat!("SELECT id, member_id, phone, code_hash, tries, created_at, expires_at FROM phone_codes ", $rest)
    };
}

/// The code that a member was sent last.
///
/// # Errors
/// Where the database refuses.
pub async fn find_code(tx: &mut Tx, member: MemberId) -> Result<Option<Code>, StoreError> {
    tx.query(select_code!("WHERE member_id = $1")).bind(member).fetch_optional().await
}

/// A code by its id, as long as it is the last one of its member.
///
/// # Errors
/// Where the database refuses.
pub async fn find_code_by_id(tx: &mut Tx, id: PhoneCodeId) -> Result<Option<Code>, StoreError> {
    tx.query(select_code!("WHERE id = $1")).bind(id).fetch_optional().await
}

/// Makes this a member's code, in place of the one before.
///
/// # Errors
/// Where the database refuses.
pub async fn put_code(tx: &mut Tx, code: &Code) -> Result<(), StoreError> {
    delete_code(tx, code.member_id).await?;
    tx.query(
        "INSERT INTO phone_codes (member_id, id, phone, code_hash, tries, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(code.member_id)
    .bind(code.id)
    .bind(code.phone.as_str())
    .bind(code.code_hash.as_slice())
    .bind(code.tries)
    .bind(code.created_at)
    .bind(code.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// Counts a wrong try.
///
/// # Errors
/// Where the database refuses.
pub async fn count_try(tx: &mut Tx, id: PhoneCodeId) -> Result<(), StoreError> {
    tx.query("UPDATE phone_codes SET tries = tries + 1 WHERE id = $1").bind(id).execute().await?;
    Ok(())
}

/// Forgets a member's code.
///
/// # Errors
/// Where the database refuses.
pub async fn delete_code(tx: &mut Tx, member: MemberId) -> Result<(), StoreError> {
    tx.query("DELETE FROM phone_codes WHERE member_id = $1").bind(member).execute().await?;
    Ok(())
}

/// Notes that a code was asked for.
///
/// # Errors
/// Where the database refuses.
pub async fn insert_send(tx: &mut Tx, code: &Code, company: CompanyId) -> Result<(), StoreError> {
    tx.query("INSERT INTO phone_sends (id, member_id, company_id, phone, at) VALUES ($1, $2, $3, $4, $5)")
        .bind(code.id)
        .bind(code.member_id)
        .bind(company)
        .bind(code.phone.as_str())
        .bind(code.created_at)
        .execute()
        .await?;
    Ok(())
}

/// Whose asking for codes is counted.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// By a member.
    By(MemberId),
    /// By all of a company.
    ByCompany(CompanyId),
    /// For a number, by a company.
    For(&'a str, CompanyId),
    /// For a number, by anybody.
    ForByAnybody(&'a str),
}

/// How many codes were asked for since a moment, and when the first of them was.
///
/// # Errors
/// Where the database refuses.
pub async fn count_sends(tx: &mut Tx, asked: Asked<'_>, since: Timestamp) -> Result<(i64, Option<i64>), StoreError> {
    const BY: &str = "SELECT COUNT(*), MIN(at) FROM phone_sends WHERE at > $1 AND member_id = $2";
    const BY_COMPANY: &str = "SELECT COUNT(*), MIN(at) FROM phone_sends WHERE at > $1 AND company_id = $2";
    const FOR: &str = "SELECT COUNT(*), MIN(at) FROM phone_sends WHERE at > $1 AND phone = $2 AND company_id = $3";
    const FOR_BY_ANYBODY: &str = "SELECT COUNT(*), MIN(at) FROM phone_sends WHERE at > $1 AND phone = $2";
    match asked {
        Asked::By(member) => tx.query(BY).bind(since).bind(member).fetch_one().await,
        Asked::ByCompany(company) => tx.query(BY_COMPANY).bind(since).bind(company).fetch_one().await,
        Asked::For(phone, company) => tx.query(FOR).bind(since).bind(phone).bind(company).fetch_one().await,
        Asked::ForByAnybody(phone) => tx.query(FOR_BY_ANYBODY).bind(since).bind(phone).fetch_one().await,
    }
}

/// Whether a company is on record as having found a member on a day.
///
/// # Errors
/// Where the database refuses.
pub async fn is_find_noted(tx: &mut Tx, member: MemberId, day: &str, company: CompanyId) -> Result<bool, StoreError> {
    let row: Option<(String,)> = tx
        .query("SELECT day FROM phone_finds WHERE member_id = $1 AND day = $2 AND company_id = $3")
        .bind(member)
        .bind(day)
        .bind(company)
        .fetch_optional()
        .await?;
    Ok(row.is_some())
}

/// Notes that a company found a member on a day; twice is once.
///
/// # Errors
/// Where the database refuses.
pub async fn note_find(tx: &mut Tx, member: MemberId, day: &str, company: CompanyId) -> Result<(), StoreError> {
    tx.query("INSERT INTO phone_finds (member_id, day, company_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(member)
        .bind(day)
        .bind(company)
        .execute()
        .await?;
    Ok(())
}

/// A company that found somebody.
#[derive(Debug, Clone, FromRow)]
pub struct Find {
    /// Which company.
    #[sqlx(try_from = "Uuid")]
    pub company_id: CompanyId,
    /// Its name now.
    pub company_name: String,
    /// On which day.
    pub day: String,
}

/// Which companies found a member from a day on, newest first, behind `after` (a day and a company), at most `limit`.
///
/// # Errors
/// Where the database refuses.
pub async fn finds_of(
    tx: &mut Tx,
    member: MemberId,
    from_day: &str,
    after: Option<(&str, CompanyId)>,
    limit: i64,
) -> Result<Vec<Find>, StoreError> {
    // Behind every day there is.
    let (day, company) = after.unwrap_or(("9999", CompanyId::NONE));
    tx.query(
        "SELECT f.company_id, c.name AS company_name, f.day FROM phone_finds f JOIN companies c ON c.id = f.company_id
         WHERE f.member_id = $1 AND f.day >= $2 AND (f.day < $3 OR (f.day = $4 AND f.company_id > $5))
         ORDER BY f.day DESC, f.company_id LIMIT $6",
    )
    .bind(member)
    .bind(from_day)
    .bind(day)
    .bind(day)
    .bind(company)
    .bind(limit)
    .fetch_all()
    .await
}

/// Whether anything is older than it is kept.
///
/// # Errors
/// Where the database refuses.
pub async fn has_old(tx: &mut Tx, sends_before: Timestamp, finds_before: &str) -> Result<bool, StoreError> {
    let (old,): (bool,) = tx
        .query(
            "SELECT EXISTS (SELECT 1 FROM phone_sends WHERE at <= $1) OR EXISTS (SELECT 1 FROM phone_finds WHERE day < $2)
                 OR EXISTS (SELECT 1 FROM phone_codes WHERE expires_at <= $3)",
        )
        .bind(sends_before)
        .bind(finds_before)
        .bind(sends_before)
        .fetch_one()
        .await?;
    Ok(old)
}

/// Removes what is older than it is kept.
///
/// # Errors
/// Where the database refuses.
pub async fn purge(tx: &mut Tx, sends_before: Timestamp, finds_before: &str) -> Result<(), StoreError> {
    tx.query("DELETE FROM phone_sends WHERE at <= $1").bind(sends_before).execute().await?;
    tx.query("DELETE FROM phone_codes WHERE expires_at <= $1").bind(sends_before).execute().await?;
    tx.query("DELETE FROM phone_finds WHERE day < $1").bind(finds_before).execute().await?;
    Ok(())
}
