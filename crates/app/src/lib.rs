//! The use cases of Liaison: load facts, decide, write, audit and publish, each in one transaction.
//!
//! REST, WebSocket and command line share what stands here; nothing here knows any of the three. A use case begins a
//! [`work::Work`] (a writing transaction that collects what is to be told to whom), and ends it with
//! [`App::finish`], which commits and then hands the collected events to the [`hub::Hub`].

pub mod audit;
pub mod auth;
pub mod blocks;
pub mod companies;
pub mod contacts;
pub mod error;
pub mod external;
pub mod first_steps;
pub mod hub;
pub mod invitations;
pub mod limits;
pub mod log;
mod lookups;
pub mod members;
pub mod outgoing;
pub mod passwords;
pub mod people;
pub mod phones;
pub mod pictures;
pub mod profile;
pub mod qr;
pub mod realtime;
pub mod recovery;
pub mod reports;
pub mod retries;
pub mod rooms;
mod seal;
pub mod site;
mod standing;
pub mod upkeep;
pub mod views;
pub mod work;
pub mod writer;

pub use error::{AppError, FieldError, Problem};
pub use site::Settings;

use hub::Hub;
use liaison_domain::{Clock, CompanyId, MemberId, Role, SessionId, TokenId};
use liaison_store::Db;
use std::sync::Arc;

/// By what somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A browser session.
    Session(SessionId),
    /// A bearer token.
    Token(TokenId),
    /// None: the operator's own command line acts as the member. No request can come to this.
    Operator,
}

/// Who asks: an active member of an active company, confirmed at the beginning of the request.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who.
    pub id: MemberId,
    /// Of which company.
    pub company: CompanyId,
    /// What they may do in the console.
    pub role: Role,
    /// By what they are signed in.
    pub credential: Credential,
    /// From which address, for the audit log.
    pub ip: Option<String>,
    /// Under which key this request may be repeated.
    pub retry: Option<Arc<retries::Retry>>,
}

impl Actor {
    /// # Errors
    /// Where the actor may not change settings, grants and members.
    pub fn must_administer(&self) -> Result<(), AppError> {
        if self.role.can_administer() { Ok(()) } else { Err(AppError::Forbidden("an owner or security administrator")) }
    }

    /// # Errors
    /// Where the actor may not look at the console.
    pub fn must_audit(&self) -> Result<(), AppError> {
        if self.role.can_audit() { Ok(()) } else { Err(AppError::Forbidden("an administrator or auditor")) }
    }
}

/// What all use cases share.
pub struct App {
    /// The database.
    pub db: Db,
    /// The one clock.
    pub clock: Arc<dyn Clock>,
    /// Who is connected.
    pub hub: Arc<Hub>,
    /// Bounds on attempts.
    pub limits: limits::Limits,
    /// Where people reach this server.
    pub site: site::Site,
    /// What waits to be sent by mail or text message.
    pub outgoing: outgoing::Outgoing,
    pub(crate) writer: writer::Queue,
    pub(crate) resets: passwords::Requests,
    pub(crate) sealer: seal::Sealer,
    /// The server's secret, for keyed hashes.
    pub(crate) key: [u8; 32],
    pub(crate) hashing: Arc<tokio::sync::Semaphore>,
    pub(crate) easel: pictures::Easel,
    failed: tokio::sync::watch::Sender<bool>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

impl App {
    /// Starts the use cases over a database: the message writer runs until the last handle is dropped.
    ///
    /// `key` is the server's secret of 32 random bytes, kept beside the database.
    /// Mail and text messages wait in their queue until [`outgoing::worker::run`].
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn start(
        db: Db,
        clock: Arc<dyn Clock>,
        key: [u8; 32],
        settings: Settings,
    ) -> Result<Arc<Self>, AppError> {
        let mut tx = db.read().await?;
        let (position, _, generation) = liaison_store::messages::log_head(&mut tx).await?;
        drop(tx);
        let hub = Arc::new(Hub::new(position, generation));
        let (writer, work) = writer::queue();
        let (resets, waiting) = passwords::requests();
        let app = Arc::new(Self {
            db,
            clock,
            hub,
            limits: settings.limits,
            site: site::Site::new(&settings.base_url),
            outgoing: outgoing::Outgoing::new(settings.mail, settings.text),
            writer,
            resets,
            sealer: seal::Sealer::new(key),
            key,
            // Argon2 takes 19 MiB and some 20 ms of a core each: two at once leave room for everything else.
            hashing: Arc::new(tokio::sync::Semaphore::new(2)),
            easel: pictures::Easel::default(),
            failed: tokio::sync::watch::channel(false).0,
        });
        writer::run(&app, work);
        passwords::run(&app, waiting);
        Ok(app)
    }

    /// The writer has stopped for good: the program must start again from disk (I-24).
    pub(crate) fn fail(&self) {
        self.failed.send_replace(true);
        self.hub.close_all();
    }

    /// Whether the writer has stopped for good.
    pub fn has_failed(&self) -> bool {
        *self.failed.borrow()
    }

    /// Returns when the writer has stopped for good.
    pub async fn failure(&self) {
        let _ = self.failed.subscribe().wait_for(|failed| *failed).await;
    }
}
