//! Repeating a request whose answer was lost: the same key has the same effect, once (I-25).
//!
//! The key is taken in the transaction that does the work ([`App::begin_as`]), so either both are there or neither. The
//! answer is kept afterwards. Between the two the server may die: then a repetition learns that it was done and that the
//! answer is lost, and nothing is done twice. A refusal is not kept; asked again, it is decided again.

use crate::work::Work;
use crate::{Actor, App, AppError};
use liaison_domain::{MemberId, Timestamp};
use liaison_store::retries;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// How long a key is remembered, in milliseconds: a day, as is usual in the field.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// The longest key, in characters.
const MAX_KEY: usize = 255;

/// One request that may be repeated.
#[derive(Debug)]
pub struct Retry {
    key: String,
    attempt: Uuid,
    fingerprint: [u8; 32],
    taken: AtomicBool,
}

/// An answer that was kept.
#[derive(Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// The body as it was answered; empty for none.
    pub body: String,
}

fn since(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis() - KEPT_MS)
}

impl App {
    /// A request under the key its caller chose. `asked` is all that makes it this request and no other; only a keyed
    /// hash of it is kept, since it may hold a password.
    ///
    /// # Errors
    /// Where the key is not 1 to 255 visible ASCII characters.
    pub fn retry(&self, key: &str, asked: &[&[u8]]) -> Result<Retry, AppError> {
        if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let text = format!("is 1 to {MAX_KEY} visible ASCII characters");
            return Err(AppError::field("/headers/Idempotency-Key", "SHAPE", text));
        }
        let mut hash = Sha256::new_with_prefix(self.key);
        for part in asked {
            hash.update(Sha256::digest(part));
        }
        Ok(Retry {
            key: key.to_owned(),
            attempt: Uuid::new_v4(),
            fingerprint: Sha256::digest(hash.finalize()).into(),
            taken: AtomicBool::new(false),
        })
    }

    /// The answer that this request was given before, if any.
    ///
    /// # Errors
    /// Where the key was used for something else, or its answer is not there (yet).
    pub async fn find_answer(&self, member: MemberId, retry: &Retry) -> Result<Option<KeptAnswer>, AppError> {
        let mut tx = self.db.read().await?;
        let Some(done) = retries::find(&mut tx, member, &retry.key, since(self.clock.now())).await? else {
            return Ok(None);
        };
        if done.fingerprint != retry.fingerprint {
            return Err(AppError::Conflict {
                code: "IDEMPOTENCY_KEY_REUSED",
                detail: "This Idempotency-Key was used for another request. Use a fresh one for each thing you do."
                    .into(),
            });
        }
        let (Some(status), Some(body)) = (done.status, done.body) else { return Err(in_doubt()) };
        Ok(Some(KeptAnswer { status: u16::try_from(status).map_err(AppError::internal)?, body }))
    }

    /// Takes the key of a request together with the work it does.
    pub(crate) async fn claim_retry(&self, work: &mut Work, actor: &Actor) -> Result<(), AppError> {
        let Some(retry) = &actor.retry else { return Ok(()) };
        let Retry { key, attempt, fingerprint, taken } = &**retry;
        taken.store(true, Ordering::Relaxed);
        let since = since(work.now);
        if retries::claim(&mut work.tx, actor.id, key, *attempt, fingerprint, work.now, since).await? {
            Ok(())
        } else {
            Err(in_doubt())
        }
    }

    /// Ends a request: keeps what was answered, or gives the key back where nothing was done. After a fault of ours
    /// (5xx) it is not known what was done, and the key stays taken.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn settle_retry(&self, member: MemberId, retry: &Retry, answer: KeptAnswer) -> Result<(), AppError> {
        if !retry.taken.load(Ordering::Relaxed) || answer.status >= 500 {
            return Ok(());
        }
        let mut work = self.begin().await?;
        if answer.status < 300 {
            let status = i64::from(answer.status);
            retries::keep_answer(&mut work.tx, member, &retry.key, retry.attempt, status, &answer.body).await?;
        } else {
            retries::release(&mut work.tx, member, &retry.key, retry.attempt).await?;
        }
        self.finish(work).await
    }
}

fn in_doubt() -> AppError {
    AppError::Conflict {
        code: "RETRY_IN_DOUBT",
        detail: "The first request with this Idempotency-Key is being carried out, or was and its answer is lost. \
                 Ask again in a moment; if this stays, it was done: read what you asked to change."
            .into(),
    }
}
