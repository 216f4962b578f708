//! Signing in and out, passwords, bearer tokens.

use crate::audit::{Act, category};
use crate::error::AppError;
use crate::work::{Event, Work};
use crate::{Actor, App, Credential};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use liaison_domain::{Handle, MemberId, MemberStatus, SessionId, Timestamp, TokenId, clean_name};
use liaison_store::{Tx, companies, members, passwords, sessions};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use utoipa::ToSchema;

/// How long a browser stays signed in.
pub const SESSION_MS: i64 = 30 * 24 * 3_600_000;
/// The fewest characters of a password; NIST SP 800-63B asks for 8 at least and no composition rules.
pub const MIN_PASSWORD: usize = 10;
/// The most; argon2 takes more, but nobody types more.
pub const MAX_PASSWORD: usize = 200;

/// A new secret: what is handed out, and the hash that is kept.
pub(crate) fn new_secret(prefix: &str) -> (String, Vec<u8>) {
    let bytes: [u8; 32] = rand::random();
    let secret = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash = hash_secret(&secret);
    (secret, hash)
}

/// 256 random bits need no slow hash: there is nothing to guess.
pub(crate) fn hash_secret(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Checked where no member is found, so that an unknown handle takes as long as a wrong password (I-48).
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

fn hash_now(password: &str) -> Result<String, AppError> {
    Ok(Argon2::default().hash_password(password.as_bytes()).map_err(AppError::internal)?.to_string())
}

/// Checks a new password's length.
///
/// # Errors
/// Where it is too short or too long.
pub fn check_password(pointer: &str, password: &str) -> Result<(), AppError> {
    let length = password.chars().count();
    if (MIN_PASSWORD..=MAX_PASSWORD).contains(&length) {
        Ok(())
    } else {
        Err(AppError::field(pointer, "PASSWORD_LENGTH", format!("has {MIN_PASSWORD} to {MAX_PASSWORD} characters")))
    }
}

/// A bearer token as its owner sees it in a list.
#[derive(Debug, Clone, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
}

/// A new bearer token; the secret is shown this once.
#[derive(Debug, Clone, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// The secret, for `Authorization: Bearer …`.
    pub token: String,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
}

impl App {
    /// Hashes a password off the async threads, few at a time.
    ///
    /// # Errors
    /// Where hashing fails.
    pub async fn hash_password(&self, password: &str) -> Result<String, AppError> {
        let password = password.to_owned();
        self.hashing(move || hash_now(&password)).await?
    }

    async fn verify_password(&self, password: &str, hash: Option<String>) -> Result<bool, AppError> {
        let password = password.to_owned();
        let known = hash.is_some();
        self.hashing(move || {
            let hash = hash.as_deref().unwrap_or(&NOBODY);
            let Ok(parsed) = PasswordHash::new(hash) else { return false };
            Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
        })
        .await
        .map(|right| right && known)
    }

    async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let permit = self.hashing.clone().acquire_owned().await.map_err(|_| AppError::Unavailable)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(AppError::internal)
    }

    /// Whom handle and password belong to: an active member of an active company.
    async fn recognise(&self, handle: &str, password: &str, ip: Option<&str>) -> Result<MemberId, AppError> {
        let folded = handle.trim().to_lowercase();
        self.limits.check_sign_in(&folded, ip, self.clock.now())?;
        let mut tx = self.db.read().await?;
        let member = match Handle::parse(handle) {
            Ok(handle) => members::find_by_handle(&mut tx, handle.as_str()).await?,
            Err(_) => None,
        };
        let hash = match &member {
            Some(member) if can_sign_in(&mut tx, member).await? => members::password_hash(&mut tx, member.id).await?,
            _ => None,
        };
        drop(tx);
        let right = password.len() <= MAX_PASSWORD * 4 && self.verify_password(password, hash).await?;
        match member {
            Some(member) if right => {
                self.limits.sign_in_succeeded(&folded);
                Ok(member.id)
            }
            _ => {
                self.limits.sign_in_failed(&folded, ip, self.clock.now());
                metrics::counter!("liaison_sign_in_failures_total").increment(1);
                Err(AppError::SignInFailed)
            }
        }
    }

    /// Signs a browser in; answers the session's secret.
    ///
    /// # Errors
    /// Where handle or password are wrong, or too many were tried.
    pub async fn sign_in(&self, handle: &str, password: &str, ip: Option<String>) -> Result<String, AppError> {
        let member = self.recognise(handle, password, ip.as_deref()).await?;
        let (secret, hash) = new_secret("lss_");
        let mut work = self.begin().await?;
        let id = SessionId::new(&*self.clock);
        sessions::purge(&mut work.tx, work.now).await?;
        let expires_at = work.now.plus_millis(SESSION_MS);
        sessions::insert(&mut work.tx, id, member, &hash, work.now, expires_at).await?;
        let actor = self.signed_in(&mut work.tx, member, Credential::Session(id), ip).await?;
        self.audit_access(&mut work, &actor, "session.started", Some(id.to_string())).await?;
        self.finish(work).await?;
        Ok(secret)
    }

    async fn audit_access(
        &self,
        work: &mut Work,
        actor: &Actor,
        action: &'static str,
        target: Option<String>,
    ) -> Result<(), AppError> {
        let details = serde_json::json!({});
        let act = Act { category: category::ACCESS, action, actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await
    }

    /// Ends the actor's own session or token.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sign_out(&self, actor: &Actor) -> Result<(), AppError> {
        let mut work = self.begin().await?;
        match actor.credential {
            Credential::Session(id) => {
                sessions::delete(&mut work.tx, id).await?;
                work.events.push(Event::SessionEnded(id));
                self.audit_access(&mut work, actor, "session.ended", Some(id.to_string())).await?;
            }
            Credential::Token(id) => {
                sessions::delete_token(&mut work.tx, actor.id, id).await?;
                work.events.push(Event::TokenEnded(id));
                self.audit_access(&mut work, actor, "token.ended", Some(id.to_string())).await?;
            }
            Credential::Operator => return Ok(()),
        }
        self.finish(work).await
    }

    /// Makes a bearer token for somebody who knows handle and password.
    ///
    /// # Errors
    /// Where handle or password are wrong, or a field is.
    pub async fn create_token(
        &self,
        handle: &str,
        password: &str,
        label: &str,
        expires_at: Option<Timestamp>,
        ip: Option<String>,
    ) -> Result<NewToken, AppError> {
        if expires_at.is_some_and(|end| end <= self.clock.now()) {
            return Err(AppError::field("/expiresAt", "PAST", "lies in the future"));
        }
        let label = clean_name(label, 100).map_err(|e| AppError::field("/label", "NAME", e.to_string()))?;
        let member = self.recognise(handle, password, ip.as_deref()).await?;
        self.issue_token(member, label, expires_at, ip).await
    }

    /// Makes a bearer token for a member, as the operator does.
    ///
    /// # Errors
    /// Where there is no such active member.
    pub async fn create_token_for(&self, handle: &str, label: &str) -> Result<NewToken, AppError> {
        let mut tx = self.db.read().await?;
        let member = members::find_by_handle(&mut tx, handle).await?.ok_or(AppError::NotFound)?;
        drop(tx);
        let label = clean_name(label, 100).map_err(|e| AppError::field("/label", "NAME", e.to_string()))?;
        self.issue_token(member.id, label, None, None).await
    }

    async fn issue_token(
        &self,
        member: MemberId,
        label: String,
        expires_at: Option<Timestamp>,
        ip: Option<String>,
    ) -> Result<NewToken, AppError> {
        let (secret, hash) = new_secret("lst_");
        let id = TokenId::new(&*self.clock);
        let mut work = self.begin().await?;
        let token = sessions::Token {
            id,
            label,
            created_at: work.now.as_millis(),
            expires_at: expires_at.map(Timestamp::as_millis),
        };
        sessions::insert_token(&mut work.tx, &token, member, &hash).await?;
        let actor = self.signed_in(&mut work.tx, member, Credential::Token(id), ip).await?;
        self.audit_access(&mut work, &actor, "token.created", Some(id.to_string())).await?;
        self.finish(work).await?;
        Ok(NewToken { id, token: secret, expires_at })
    }

    /// The actor's tokens.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_tokens(&self, actor: &Actor) -> Result<Vec<TokenView>, AppError> {
        let mut tx = self.db.read().await?;
        let tokens = sessions::tokens_of(&mut tx, actor.id).await?;
        Ok(tokens
            .into_iter()
            .map(|t| TokenView {
                id: t.id,
                label: t.label,
                created_at: Timestamp::from_millis(t.created_at),
                expires_at: t.expires_at.map(Timestamp::from_millis),
            })
            .collect())
    }

    /// Ends one of the actor's tokens.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn delete_token(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        if !sessions::delete_token(&mut work.tx, actor.id, id).await? {
            return Err(AppError::NotFound);
        }
        work.events.push(Event::TokenEnded(id));
        self.audit_access(&mut work, actor, "token.ended", Some(id.to_string())).await?;
        self.finish(work).await
    }

    /// Who a session's secret stands for.
    ///
    /// # Errors
    /// Where it stands for nobody who is active.
    pub async fn actor_by_session(&self, secret: &str, ip: Option<String>) -> Result<Actor, AppError> {
        let mut tx = self.db.read().await?;
        let found = sessions::find_session(&mut tx, &hash_secret(secret), self.clock.now()).await?;
        let (id, member) = found.ok_or(AppError::SignInRequired)?;
        self.signed_in(&mut tx, member, Credential::Session(id), ip).await
    }

    /// Who a bearer token stands for.
    ///
    /// # Errors
    /// Where it stands for nobody who is active.
    pub async fn actor_by_token(&self, secret: &str, ip: Option<String>) -> Result<Actor, AppError> {
        let mut tx = self.db.read().await?;
        let found = sessions::find_token(&mut tx, &hash_secret(secret), self.clock.now()).await?;
        let (id, member) = found.ok_or(AppError::SignInRequired)?;
        self.signed_in(&mut tx, member, Credential::Token(id), ip).await
    }

    async fn signed_in(
        &self,
        tx: &mut Tx,
        member: MemberId,
        credential: Credential,
        ip: Option<String>,
    ) -> Result<Actor, AppError> {
        let member = members::find(tx, member).await?.ok_or(AppError::SignInRequired)?;
        if !can_sign_in(tx, &member).await? {
            return Err(AppError::SignInRequired);
        }
        Ok(Actor { id: member.id, company: member.company_id, role: member.role, credential, ip, retry: None })
    }

    /// Confirms in a transaction that an actor is still who they were when the request began.
    pub(crate) async fn confirm(&self, tx: &mut Tx, actor: &Actor) -> Result<(), AppError> {
        if !self.is_live(tx, actor).await? {
            return Err(AppError::SignInRequired);
        }
        Ok(())
    }

    /// Whether an actor's session or token still is live and their role the same.
    pub(crate) async fn is_live(&self, tx: &mut Tx, actor: &Actor) -> Result<bool, AppError> {
        let live = match actor.credential {
            Credential::Session(id) => sessions::is_live(tx, id.as_uuid(), self.clock.now()).await?,
            Credential::Token(id) => sessions::is_live(tx, id.as_uuid(), self.clock.now()).await?,
            Credential::Operator => true,
        };
        let Some(member) = members::find(tx, actor.id).await? else { return Ok(false) };
        Ok(live && member.role == actor.role && can_sign_in(tx, &member).await?)
    }

    /// Changes the actor's own password. All their other sessions end.
    ///
    /// # Errors
    /// Where the current password is wrong or the new one is too short.
    pub async fn change_password(&self, actor: &Actor, current: &str, new: &str) -> Result<(), AppError> {
        check_password("/newPassword", new)?;
        let key = actor.id.to_string();
        self.limits.check_sign_in(&key, None, self.clock.now())?;
        let mut tx = self.db.read().await?;
        let hash = members::password_hash(&mut tx, actor.id).await?;
        drop(tx);
        if !self.verify_password(current, hash).await? {
            self.limits.sign_in_failed(&key, None, self.clock.now());
            return Err(AppError::WrongPassword);
        }
        let hash = self.hash_password(new).await?;
        let mut work = self.begin_as(actor).await?;
        members::set_password_hash(&mut work.tx, actor.id, &hash).await?;
        passwords::replace_all(&mut work.tx, actor.id).await?;
        let keep = match actor.credential {
            Credential::Session(id) => Some(id),
            Credential::Token(_) | Credential::Operator => None,
        };
        self.end_sessions(&mut work, actor.id, keep).await?;
        self.audit_access(&mut work, actor, "password.changed", Some(actor.id.to_string())).await?;
        self.finish(work).await
    }

    /// Sets a member's password, as the operator's rescue. All their sessions end.
    ///
    /// # Errors
    /// Where there is no such member or the password is too short.
    pub async fn rescue_password(&self, handle: &str, password: &str) -> Result<(), AppError> {
        check_password("/password", password)?;
        let hash = self.hash_password(password).await?;
        let mut work = self.begin().await?;
        let member = members::find_by_handle(&mut work.tx, handle).await?.ok_or(AppError::NotFound)?;
        members::set_password_hash(&mut work.tx, member.id, &hash).await?;
        passwords::replace_all(&mut work.tx, member.id).await?;
        self.end_sessions(&mut work, member.id, None).await?;
        let target = Some(member.id.to_string());
        let details = serde_json::json!({ "by": "operator" });
        let act = Act { category: category::ACCESS, action: "password.reset", actor: None, target, details };
        work.audit(&*self.clock, member.company_id, act).await?;
        self.finish(work).await
    }

    /// Ends a member's sessions, and their tokens too unless one session stays, on every door (I-41).
    pub(crate) async fn end_sessions(
        &self,
        work: &mut Work,
        member: MemberId,
        keep: Option<SessionId>,
    ) -> Result<(), AppError> {
        sessions::delete_others(&mut work.tx, member, keep).await?;
        sessions::delete_all_tokens(&mut work.tx, member).await?;
        work.events.push(Event::MemberSignedOut { member, keep });
        Ok(())
    }
}

pub(crate) async fn can_sign_in(tx: &mut Tx, member: &members::Member) -> Result<bool, AppError> {
    let company = companies::find(tx, member.company_id).await?;
    Ok(member.status == MemberStatus::Active && company.is_some_and(|c| c.active))
}
