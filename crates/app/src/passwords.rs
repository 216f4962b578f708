//! Passwords set by a link in a mail: forgotten ones, and the first one of a new member.

use crate::audit::{Act, category};
use crate::auth::{can_sign_in, check_password, hash_secret, new_secret};
use crate::error::AppError;
use crate::outgoing::purpose::Purpose;
use crate::outgoing::wording::{self, Language};
use crate::outgoing::{Content, Errand, Kind};
use crate::work::Work;
use crate::{Actor, App, Credential};
use liaison_domain::{Handle, MemberId, PasswordLinkId, Role, Timestamp};
use liaison_store::members::{self, Member};
use liaison_store::passwords::{self, PasswordLink};
use liaison_store::{Tx, companies, outgoing};
use serde::Serialize;
use std::sync::{Arc, Weak};
use tokio::sync::mpsc;
use utoipa::ToSchema;

/// How long a link serves that somebody asked for who has forgotten their password.
const RESET_MS: i64 = 3_600_000;
/// How long the link of a new member serves.
const FIRST_MS: i64 = 7 * 24 * 3_600_000;
/// How many requests for a link may wait to be looked at.
const WAITING: usize = 1_000;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PasswordLinkPurpose {
    /// A new password instead of a forgotten one.
    Reset,
    /// The first password of a new member.
    First,
}

impl PasswordLinkPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::First => "first",
        }
    }

    fn of(link: &PasswordLink) -> Self {
        if link.purpose == "first" { Self::First } else { Self::Reset }
    }
}

/// How far the mail with a link got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MailState {
    /// It waits, or is tried again.
    Queued,
    /// The mail server has taken it.
    Sent,
    /// It could not be sent, or was not to be sent any more.
    Failed,
}

/// Whether a link still serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PasswordLinkState {
    /// It serves.
    Open,
    /// A password was set by it.
    Used,
    /// A newer one came in its place.
    Replaced,
    /// Its time is over.
    Expired,
}

/// The newest link of a member, as administrators see it: never its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordLinkView {
    /// What it is for.
    pub purpose: PasswordLinkPurpose,
    /// Whether it still serves.
    pub state: PasswordLinkState,
    /// How far the mail with it got.
    pub mail: MailState,
    /// When that was: when it was queued, sent or given up.
    pub mail_at: Timestamp,
    /// Why the last try to send it failed.
    pub mail_error: Option<String>,
    /// Until when it serves.
    pub expires_at: Timestamp,
}

/// How a member can sign in, as administrators see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInView {
    /// Whether they have a password.
    pub has_password: bool,
    /// The newest link to set one.
    pub link: Option<PasswordLinkView>,
}

/// Whose password a link sets, for whoever holds the link.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkHolder {
    /// What the link is for.
    pub purpose: PasswordLinkPurpose,
    /// The member's handle.
    pub handle: String,
    /// The member's name.
    pub name: String,
}

/// A request for a link, waiting to be looked at.
#[derive(Debug)]
pub(crate) struct Request {
    handle: String,
    ip: Option<String>,
}

/// Requests for links. They are answered before they are looked at: so all answers are alike and take equally long
/// (I-48).
pub(crate) type Requests = mpsc::Sender<Request>;

/// The queue of requests: the app takes one end, [`run`] the other.
pub(crate) fn requests() -> (Requests, mpsc::Receiver<Request>) {
    mpsc::channel(WAITING)
}

/// Looks at requests, one after the other, until the app is gone.
pub(crate) fn run(app: &Arc<App>, waiting: mpsc::Receiver<Request>) {
    tokio::spawn(work_off(Arc::downgrade(app), waiting));
}

async fn work_off(app: Weak<App>, mut waiting: mpsc::Receiver<Request>) {
    while let Some(request) = waiting.recv().await {
        let Some(app) = app.upgrade() else { return };
        if let Err(error) = app.send_reset(&request).await {
            tracing::error!(failure = crate::error::describe(&error), "a link to set a password could not be made");
        }
    }
}

impl App {
    /// Somebody has forgotten their password: whoever has this handle gets a link, if they can sign in and have an
    /// e-mail address. The answer says nothing of that, and is given before anybody looks (I-48).
    ///
    /// # Errors
    /// Where mail is not set up, the database is gone, or too much was asked for; all of it the same for every handle.
    pub async fn request_password_reset(&self, handle: &str, ip: Option<String>) -> Result<(), AppError> {
        self.must_send(Kind::Mail)?;
        let handle: String = handle.trim().to_lowercase().chars().take(300).collect();
        self.limits.count_reset(&handle, ip.as_deref(), self.clock.now())?;
        drop(self.db.read().await?);
        self.resets.try_send(Request { handle, ip }).map_err(|_| AppError::Unavailable)
    }

    async fn send_reset(&self, request: &Request) -> Result<(), AppError> {
        let Ok(handle) = Handle::parse(&request.handle) else { return Ok(()) };
        let mut work = self.begin().await?;
        let Some(member) = members::find_by_handle(&mut work.tx, handle.as_str()).await? else { return Ok(()) };
        if member.email.is_none() || !can_sign_in(&mut work.tx, &member).await? {
            return Ok(());
        }
        let details = serde_json::json!({ "from": request.ip });
        let target = Some(member.id.to_string());
        let act = Act { category: category::ACCESS, action: "passwordLink.requested", actor: None, target, details };
        work.audit(&*self.clock, member.company_id, act).await?;
        self.send_link(&mut work, &member, PasswordLinkPurpose::Reset).await?;
        self.finish(work).await
    }

    /// Makes a link for a member and puts the mail with it into the queue. Older links serve no longer.
    pub(crate) async fn send_link(
        &self,
        work: &mut Work,
        member: &Member,
        purpose: PasswordLinkPurpose,
    ) -> Result<(), AppError> {
        self.must_send(Kind::Mail)?;
        let Some(email) = member.email.as_deref() else {
            let detail = "This member has no e-mail address. Enter one first, or set a password for them.".into();
            return Err(AppError::Conflict { code: "NO_EMAIL", detail });
        };
        let company = companies::find(&mut work.tx, member.company_id).await?.ok_or(AppError::NotFound)?;
        let (secret, hash) = new_secret("");
        let id = PasswordLinkId::new(&*self.clock);
        let term = if purpose == PasswordLinkPurpose::First { FIRST_MS } else { RESET_MS };
        let until = work.now.plus_millis(term);
        passwords::insert(&mut work.tx, id, member.id, purpose.as_str(), &hash, work.now, until).await?;
        let language = Language::of(member.language.as_deref(), &company.country);
        let link = self.site.link(&format!("/reset-password/{secret}"));
        let mail = match purpose {
            PasswordLinkPurpose::Reset => wording::password_reset(language, &member.name, &member.handle, link),
            PasswordLinkPurpose::First => {
                wording::first_password(language, &member.name, &member.handle, &company.name, link)
            }
        };
        let errand = Errand {
            company: member.company_id,
            purpose: Purpose::PasswordLink(id),
            recipient: email,
            once_key: id.to_string(),
            content: Content::Mail(mail),
        };
        self.enqueue(work, errand).await?;
        Ok(())
    }

    /// Whose password a link sets, while it serves.
    ///
    /// # Errors
    /// Where there is no such link, or it serves no longer; where too many were tried.
    pub async fn read_password_link(&self, secret: &str, ip: Option<&str>) -> Result<LinkHolder, AppError> {
        let mut tx = self.db.read().await?;
        let (link, member) = self.open_link(&mut tx, secret, ip, self.clock.now()).await?;
        Ok(LinkHolder { purpose: PasswordLinkPurpose::of(&link), handle: member.handle, name: member.name })
    }

    /// The link a secret opens and its member. A link of somebody who cannot sign in is none (I-05).
    async fn open_link(
        &self,
        tx: &mut Tx,
        secret: &str,
        ip: Option<&str>,
        now: Timestamp,
    ) -> Result<(PasswordLink, Member), AppError> {
        self.limits.check_link(ip, now)?;
        let none = || {
            self.limits.link_failed(ip, now);
            AppError::NotFound
        };
        let link = passwords::find_by_secret(tx, &hash_secret(secret)).await?.ok_or_else(none)?;
        let member = members::find(tx, link.member_id).await?.ok_or_else(none)?;
        if !can_sign_in(tx, &member).await? {
            return Err(none());
        }
        let (code, detail) = match state_of(&link, now) {
            PasswordLinkState::Open => return Ok((link, member)),
            PasswordLinkState::Used => ("LINK_USED", "A password was already set by this link. Ask for another one."),
            PasswordLinkState::Replaced => ("LINK_REPLACED", "A newer link was sent in its place. Use that one."),
            PasswordLinkState::Expired => ("LINK_EXPIRED", "The time of this link is over. Ask for another one."),
        };
        Err(AppError::Conflict { code, detail: detail.into() })
    }

    /// Sets a password by a link, which is used up by it. All sessions and tokens of the member end (I-41).
    ///
    /// # Errors
    /// As [`App::read_password_link`], and where the password is too short.
    pub async fn set_password_by_link(&self, secret: &str, password: &str, ip: Option<String>) -> Result<(), AppError> {
        check_password("/password", password)?;
        // First of all a look: whoever holds no link has no work done for them.
        self.read_password_link(secret, ip.as_deref()).await?;
        let hash = self.hash_password(password).await?;
        let mut work = self.begin().await?;
        let now = work.now;
        let (link, member) = self.open_link(&mut work.tx, secret, ip.as_deref(), now).await?;
        if !passwords::use_up(&mut work.tx, link.id).await? {
            return Err(AppError::NotFound);
        }
        members::set_password_hash(&mut work.tx, member.id, &hash).await?;
        self.end_sessions(&mut work, member.id, None).await?;
        // Whoever holds the link acts as the member it was sent to.
        let actor = Actor {
            id: member.id,
            company: member.company_id,
            role: member.role,
            credential: Credential::Operator,
            ip,
            retry: None,
        };
        let details = serde_json::json!({ "by": "link", "purpose": link.purpose });
        let target = Some(member.id.to_string());
        let act = Act { category: category::ACCESS, action: "password.reset", actor: Some(&actor), target, details };
        work.audit(&*self.clock, member.company_id, act).await?;
        self.finish(work).await?;
        self.limits.sign_in_succeeded(&member.handle);
        Ok(())
    }

    /// Sends a member a link to set their password: the first one, or a new one.
    ///
    /// # Errors
    /// Where the actor may not, mail is not set up, the member has no address or cannot sign in, or too many were sent.
    pub async fn send_password_link(&self, actor: &Actor, id: MemberId) -> Result<(), AppError> {
        actor.must_administer()?;
        let mut work = self.begin_as(actor).await?;
        let found = members::find(&mut work.tx, id).await?.filter(|m| m.company_id == actor.company);
        let member = found.ok_or(AppError::NotFound)?;
        if actor.role != Role::Owner && member.role == Role::Owner && member.id != actor.id {
            return Err(AppError::Forbidden("an owner, who alone changes other owners,"));
        }
        if !can_sign_in(&mut work.tx, &member).await? {
            let detail = "This member is suspended and cannot sign in. Reactivate them first.".into();
            return Err(AppError::Conflict { code: "MEMBER_INACTIVE", detail });
        }
        self.limits.count_link(member.id, work.now)?;
        let known = members::password_hash(&mut work.tx, id).await?.is_some();
        let purpose = if known { PasswordLinkPurpose::Reset } else { PasswordLinkPurpose::First };
        self.send_link(&mut work, &member, purpose).await?;
        self.audit_link(&mut work, actor, &member, purpose).await?;
        self.finish(work).await
    }

    /// An administrator had a link sent.
    pub(crate) async fn audit_link(
        &self,
        work: &mut Work,
        actor: &Actor,
        member: &Member,
        purpose: PasswordLinkPurpose,
    ) -> Result<(), AppError> {
        let details = serde_json::json!({ "purpose": purpose });
        let target = Some(member.id.to_string());
        let act = Act { category: category::MEMBERS, action: "passwordLink.sent", actor: Some(actor), target, details };
        work.audit(&*self.clock, member.company_id, act).await
    }

    /// How a member can sign in, for administrators.
    pub(crate) async fn sign_in_view(&self, tx: &mut Tx, member: MemberId) -> Result<SignInView, AppError> {
        let has_password = members::password_hash(tx, member).await?.is_some();
        let Some(link) = passwords::newest_of(tx, member).await? else {
            return Ok(SignInView { has_password, link: None });
        };
        let Some(mail) = outgoing::progress(tx, link.id.as_uuid()).await? else {
            return Ok(SignInView { has_password, link: None });
        };
        let view = PasswordLinkView {
            purpose: PasswordLinkPurpose::of(&link),
            state: state_of(&link, self.clock.now()),
            mail: match mail.state.as_str() {
                "queued" => MailState::Queued,
                "sent" => MailState::Sent,
                _ => MailState::Failed,
            },
            mail_at: Timestamp::from_millis(mail.settled_at.unwrap_or(mail.created_at)),
            mail_error: mail.error,
            expires_at: Timestamp::from_millis(link.expires_at),
        };
        Ok(SignInView { has_password, link: Some(view) })
    }
}

fn state_of(link: &PasswordLink, now: Timestamp) -> PasswordLinkState {
    match link.state.as_str() {
        "used" => PasswordLinkState::Used,
        "replaced" => PasswordLinkState::Replaced,
        _ if link.expires_at <= now.as_millis() => PasswordLinkState::Expired,
        _ => PasswordLinkState::Open,
    }
}
