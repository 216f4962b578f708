//! A member's phone number: proving that it is theirs, being found by it, and seeing by whom (B4, L2).
//!
//! A number can be recorded without being proven; only a proven one can be found, and only while its owner wants it. The
//! proof ends when the number changes, when somebody else proves it (numbers get new owners), and by itself after
//! [`Limits::phone_proof_days`](crate::limits::Limits).

use crate::audit::{Act, category};
use crate::error::AppError;
use crate::outgoing::purpose::Purpose;
use crate::outgoing::wording::{self, Language};
use crate::outgoing::{Content, Errand, Kind, Text};
use crate::work::Work;
use crate::{Actor, App};
use liaison_domain::{MemberId, PhoneCodeId, PhoneNumber, Timestamp};
use liaison_store::members::Member;
use liaison_store::phones::{self, Asked, Code, Proof};
use liaison_store::{Tx, companies, members};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// How long a code is good, in milliseconds.
const CODE_MS: i64 = 10 * 60_000;
/// How many wrong codes may be tried.
const MAX_TRIES: i64 = 5;
/// When another code for the same number may be asked for, while the one before is good.
const RESEND_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// Codes in a day: for a member, for a company, for a number from one company, for a number from the whole server.
const BY_MEMBER: i64 = 10;
const BY_COMPANY: i64 = 300;
const FOR_NUMBER: i64 = 6;
const FOR_NUMBER_BY_ANYBODY: i64 = 12;
/// How long it is kept who found somebody, in days.
const FINDS_DAYS: i64 = 90;

/// A code that was sent and is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneCodeView {
    /// The number it went to, most of its digits hidden.
    pub phone: String,
    /// First moment at which it is no longer good.
    pub expires_at: Timestamp,
    /// From when on another one may be asked for.
    pub resend_at: Timestamp,
}

/// A company that found one by phone.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneFind {
    /// Its name.
    pub company_name: String,
    /// On which day, in UTC: `2026-01-31`.
    pub day: String,
    /// Where the next page begins, if this is the last of one.
    #[serde(skip)]
    pub company: liaison_domain::CompanyId,
}

/// How a member's number stands.
#[derive(Debug, Default)]
pub(crate) struct PhoneState {
    /// Whether it counts as theirs.
    pub verified: bool,
    /// When it was proven, be it long ago.
    pub verified_at: Option<Timestamp>,
    /// Until when that counts, or did.
    pub verified_until: Option<Timestamp>,
    /// Whether people outside find them by it.
    pub searchable: bool,
    /// A code that can be entered.
    pub code: Option<PhoneCodeView>,
}

enum Outcome {
    Right,
    /// And so many tries are left.
    Wrong(i64),
}

/// Digits as they are, from any keyboard; spaces and dashes within them do not count.
fn read_code(typed: &str) -> Result<String, AppError> {
    let fold = |c: char| match c {
        '\u{ff10}'..='\u{ff19}' => char::from_u32(c as u32 - 0xff10 + u32::from(b'0')).unwrap_or(c),
        other => other,
    };
    let digits: String = typed.chars().take(40).filter(|c| !c.is_whitespace() && *c != '-').map(fold).collect();
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err(AppError::field("/code", "CODE", "is the six digits of the text message"))
    }
}

/// The day of a moment, in UTC.
fn day_of(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

fn code_view(code: &Code) -> PhoneCodeView {
    // What is stored was read by the same parser.
    let masked = PhoneNumber::parse(&code.phone, "").map_or_else(|_| String::new(), |n| n.masked());
    PhoneCodeView {
        phone: masked,
        expires_at: Timestamp::from_millis(code.expires_at),
        resend_at: Timestamp::from_millis(code.created_at).plus_millis(RESEND_MS),
    }
}

impl App {
    fn proof_ms(&self) -> i64 {
        i64::from(self.limits.phone_proof_days) * DAY_MS
    }

    /// Proofs made after this count.
    pub(crate) fn proofs_since(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(-self.proof_ms())
    }

    /// A keyed hash: with six digits, an unkeyed one would be as good as the code itself (I-53).
    fn hash_code(&self, id: PhoneCodeId, code: &str) -> Vec<u8> {
        let mut hash = Sha256::new_with_prefix(self.key);
        hash.update(b"liaison phone code 1");
        hash.update(id.as_uuid().as_bytes());
        hash.update(code.as_bytes());
        // Twice, so that nobody can lengthen what was hashed.
        Sha256::digest(hash.finalize()).to_vec()
    }

    /// How a member's number stands.
    pub(crate) async fn phone_state(&self, tx: &mut Tx, me: &Member, now: Timestamp) -> Result<PhoneState, AppError> {
        let mut state = PhoneState::default();
        let proof = phones::find_proof(tx, me.id).await?;
        if let Some(proof) = proof.filter(|p| me.phone.as_deref() == Some(&p.phone)) {
            let at = Timestamp::from_millis(proof.verified_at);
            state.verified = self.counts(&proof, me.phone.as_deref(), now);
            state.verified_at = Some(at);
            state.verified_until = Some(at.plus_millis(self.proof_ms()));
            state.searchable = state.verified && proof.searchable;
        }
        let code = phones::find_code(tx, me.id).await?;
        state.code = code.filter(|c| is_good(c, now)).map(|c| code_view(&c));
        Ok(state)
    }

    fn counts(&self, proof: &Proof, phone: Option<&str>, now: Timestamp) -> bool {
        phone == Some(&proof.phone) && proof.verified_at > self.proofs_since(now).as_millis()
    }

    /// Makes this the actor's number and sends it a code. Another number than before is not proven and not found;
    /// the same one keeps what it has.
    ///
    /// # Errors
    /// Where it is no number, the server sends no text messages, or too many codes were asked for.
    pub async fn change_phone(&self, actor: &Actor, typed: &str) -> Result<PhoneCodeView, AppError> {
        let phone = self.read_phone(actor, typed).await?;
        self.must_send(Kind::Text)?;
        let mut work = self.begin_as(actor).await?;
        let mut me = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        self.check_sends(&mut work, actor, phone.as_str()).await?;
        if me.phone.as_deref() != Some(phone.as_str()) {
            me.phone = Some(phone.as_str().to_owned());
            members::update(&mut work.tx, &me).await?;
            self.drop_other_proof(&mut work, &me).await?;
            self.audit_phone(&mut work, Some(actor), &me, "phone.changed").await?;
        }
        let secret = format!("{:06}", rand::random_range(0..1_000_000));
        let id = PhoneCodeId::new(&*self.clock);
        let code = Code {
            id,
            member_id: me.id,
            phone: phone.as_str().to_owned(),
            code_hash: self.hash_code(id, &secret),
            tries: 0,
            created_at: work.now.as_millis(),
            expires_at: work.now.plus_millis(CODE_MS).as_millis(),
        };
        // What other companies do must not be felt (I-15): where they have asked for this number too often, the answer
        // is the usual one, and the number is left in peace.
        let (others, _) =
            phones::count_sends(&mut work.tx, Asked::ForByAnybody(phone.as_str()), a_day_before(work.now)).await?;
        phones::put_code(&mut work.tx, &code).await?;
        phones::insert_send(&mut work.tx, &code, actor.company).await?;
        if others < FOR_NUMBER_BY_ANYBODY {
            let company = companies::find(&mut work.tx, actor.company).await?.ok_or(AppError::SignInRequired)?;
            let language = Language::of(me.language.as_deref(), &company.country);
            let errand = Errand {
                company: actor.company,
                purpose: Purpose::PhoneCode(id),
                recipient: phone.as_str(),
                once_key: format!("phone code {id}"),
                content: Content::Text(Text { text: self.code_text(language, &secret) }),
            };
            self.enqueue(&mut work, errand).await?;
        }
        metrics::counter!("liaison_phone_codes_total").increment(1);
        self.finish(work).await?;
        Ok(code_view(&code))
    }

    /// A number as somebody of the actor's company writes it.
    async fn read_phone(&self, actor: &Actor, typed: &str) -> Result<PhoneNumber, AppError> {
        let mut tx = self.db.read().await?;
        let company = companies::find(&mut tx, actor.company).await?.ok_or(AppError::SignInRequired)?;
        PhoneNumber::parse(typed, &company.country).map_err(|e| AppError::field("/phone", "PHONE", e.to_string()))
    }

    /// Whether another code may be asked for.
    async fn check_sends(&self, work: &mut Work, actor: &Actor, phone: &str) -> Result<(), AppError> {
        let now = work.now;
        let mut wait_ms = 0;
        let before = phones::find_code(&mut work.tx, actor.id).await?;
        if let Some(code) = before.filter(|c| c.phone == phone && is_good(c, now)) {
            wait_ms = code.created_at + RESEND_MS - now.as_millis();
        }
        for (asked, most) in [
            (Asked::By(actor.id), BY_MEMBER),
            (Asked::For(phone, actor.company), FOR_NUMBER),
            (Asked::ByCompany(actor.company), BY_COMPANY),
        ] {
            let (count, first) = phones::count_sends(&mut work.tx, asked, a_day_before(now)).await?;
            if count >= most {
                wait_ms = wait_ms.max(first.unwrap_or(0) + DAY_MS - now.as_millis());
            }
        }
        if wait_ms > 0 {
            let retry_after_s = u64::try_from(wait_ms / 1000 + 1).unwrap_or(1);
            return Err(AppError::TooMany { code: "CODE_BUDGET", retry_after_s });
        }
        Ok(())
    }

    /// The text message. The last line lets phones fill the code in, on our own page alone.
    fn code_text(&self, language: Language, code: &str) -> String {
        let text = wording::phone_code(language, code);
        let base = self.site.base_url();
        match base.strip_prefix("https://") {
            Some(host) => format!("{text}\n\n@{host} #{code}"),
            None => text,
        }
    }

    /// Ends the proof of any number but the one a member has now.
    pub(crate) async fn drop_other_proof(&self, work: &mut Work, me: &Member) -> Result<(), AppError> {
        if let Some(proof) = phones::find_proof(&mut work.tx, me.id).await?
            && me.phone.as_deref() != Some(&proof.phone)
        {
            phones::delete_proof(&mut work.tx, me.id).await?;
        }
        phones::delete_code(&mut work.tx, me.id).await?;
        Ok(())
    }

    /// Proves the actor's number with the code that it was sent.
    ///
    /// # Errors
    /// Where the code is wrong, too old, or was tried too often.
    pub async fn verify_phone(&self, actor: &Actor, typed: &str) -> Result<(), AppError> {
        let typed = read_code(typed)?;
        let mut work = self.begin_as(actor).await?;
        // A wrong try is an act too: it is counted and on record, so it ends in a commit like a right one.
        match self.try_code(&mut work, actor, &typed).await? {
            Outcome::Right => self.finish(work).await,
            Outcome::Wrong(left) => {
                self.finish(work).await?;
                let text = match left {
                    0 => "is wrong, and was the last try: ask for a new code".to_owned(),
                    1 => "is wrong: one try is left".to_owned(),
                    left => format!("is wrong: {left} tries are left"),
                };
                Err(AppError::field("/code", "WRONG_CODE", text))
            }
        }
    }

    async fn try_code(&self, work: &mut Work, actor: &Actor, typed: &str) -> Result<Outcome, AppError> {
        let conflict = |code, detail: &str| AppError::Conflict { code, detail: detail.to_owned() };
        let mut me = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        let code = phones::find_code(&mut work.tx, actor.id).await?.filter(|c| c.expires_at > work.now.as_millis());
        let code = code.ok_or_else(|| conflict("CODE_EXPIRED", "There is no code that is good. Ask for a new one."))?;
        if code.tries >= MAX_TRIES {
            return Err(conflict("CODE_SPENT", "This code was tried too often. Ask for a new one."));
        }
        if self.hash_code(code.id, typed) != code.code_hash {
            phones::count_try(&mut work.tx, code.id).await?;
            self.audit_phone(work, Some(actor), &me, "phone.refused").await?;
            return Ok(Outcome::Wrong(MAX_TRIES - code.tries - 1));
        }
        // To be found by it is a wish about this proof: it outlives a renewal in time, and nothing else.
        let before = phones::find_proof(&mut work.tx, me.id).await?;
        let searchable = before.is_some_and(|p| p.searchable && self.counts(&p, Some(&code.phone), work.now));
        if let Some(other) = phones::take_from_others(&mut work.tx, &code.phone, me.id).await? {
            self.note_loss(work, other).await?;
        }
        let proof = Proof { phone: code.phone.clone(), verified_at: work.now.as_millis(), searchable };
        phones::put_proof(&mut work.tx, me.id, &proof).await?;
        phones::delete_code(&mut work.tx, me.id).await?;
        if me.phone.as_deref() != Some(&proof.phone) {
            me.phone = Some(proof.phone);
            members::update(&mut work.tx, &me).await?;
        }
        self.audit_phone(work, Some(actor), &me, "phone.verified").await?;
        Ok(Outcome::Right)
    }

    /// Somebody lost a number to its new owner. Their company's log says so, and not to whom.
    async fn note_loss(&self, work: &mut Work, member: MemberId) -> Result<(), AppError> {
        match members::find(&mut work.tx, member).await? {
            Some(member) => self.audit_phone(work, None, &member, "phone.lost").await,
            None => Ok(()),
        }
    }

    /// Takes the actor's number away.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn remove_phone(&self, actor: &Actor) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        let mut me = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        if me.phone.take().is_some() {
            members::update(&mut work.tx, &me).await?;
            self.audit_phone(&mut work, Some(actor), &me, "phone.removed").await?;
        }
        self.drop_other_proof(&mut work, &me).await?;
        self.finish(work).await
    }

    /// Whether people outside find the actor by their number. Only a proven one can be found.
    pub(crate) async fn set_searchable(
        &self,
        work: &mut Work,
        actor: &Actor,
        me: &Member,
        on: bool,
    ) -> Result<(), AppError> {
        let proof = phones::find_proof(&mut work.tx, actor.id).await?;
        let Some(mut proof) = proof.filter(|p| self.counts(p, me.phone.as_deref(), work.now)) else {
            let detail = "Verify your phone number first: only a number that is known to be yours can be searched for.";
            return if on {
                Err(AppError::Conflict { code: "PHONE_NOT_VERIFIED", detail: detail.into() })
            } else {
                Ok(())
            };
        };
        if proof.searchable != on {
            proof.searchable = on;
            phones::put_proof(&mut work.tx, actor.id, &proof).await?;
            let action = if on { "phone.published" } else { "phone.hidden" };
            self.audit_phone(work, Some(actor), me, action).await?;
        }
        Ok(())
    }

    /// No number in it: the log outlives the wish to be forgotten (I-40).
    async fn audit_phone(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        member: &Member,
        action: &'static str,
    ) -> Result<(), AppError> {
        let (target, details) = (Some(member.id.to_string()), serde_json::json!({}));
        let act = Act { category: category::ACCESS, action, actor, target, details };
        work.audit(&*self.clock, member.company_id, act).await
    }

    /// Whether the actor's company is on record as having found this member today.
    pub(crate) async fn is_find_noted(&self, tx: &mut Tx, actor: &Actor, found: MemberId) -> Result<bool, AppError> {
        Ok(phones::is_find_noted(tx, found, &day_of(self.clock.now()), actor.company).await?)
    }

    /// Puts on record that the actor's company found this member.
    pub(crate) async fn note_find(&self, work: &mut Work, actor: &Actor, found: MemberId) -> Result<(), AppError> {
        Ok(phones::note_find(&mut work.tx, found, &day_of(work.now), actor.company).await?)
    }

    /// Which companies found the actor by phone in the last 90 days, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_phone_finds(
        &self,
        actor: &Actor,
        after: Option<(String, liaison_domain::CompanyId)>,
        limit: i64,
    ) -> Result<Vec<PhoneFind>, AppError> {
        let mut tx = self.db.read().await?;
        let from = day_of(self.clock.now().plus_millis(-FINDS_DAYS * DAY_MS));
        let after = after.as_ref().map(|(day, company)| (day.as_str(), *company));
        let finds = phones::finds_of(&mut tx, actor.id, &from, after, limit).await?;
        let view = |f: phones::Find| PhoneFind { company_name: f.company_name, day: f.day, company: f.company_id };
        Ok(finds.into_iter().map(view).collect())
    }

    /// Removes what is kept no longer: codes, who asked for codes, who found whom.
    ///
    /// # Errors
    /// Where the database fails.
    pub(crate) async fn purge_phones(&self) -> Result<(), AppError> {
        let now = self.clock.now();
        let finds_before = day_of(now.plus_millis(-FINDS_DAYS * DAY_MS));
        let mut tx = self.db.read().await?;
        let has_old = phones::has_old(&mut tx, a_day_before(now), &finds_before).await?;
        drop(tx);
        if has_old {
            let mut work = self.begin().await?;
            phones::purge(&mut work.tx, a_day_before(now), &finds_before).await?;
            self.finish(work).await?;
        }
        Ok(())
    }
}

fn a_day_before(now: Timestamp) -> Timestamp {
    now.plus_millis(-DAY_MS)
}

pub(crate) fn is_good(code: &Code, now: Timestamp) -> bool {
    code.expires_at > now.as_millis() && code.tries < MAX_TRIES
}
