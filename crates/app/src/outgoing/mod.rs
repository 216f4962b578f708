//! Mail and text messages: put into a queue by the use case that causes them, in its own transaction, and sent by the
//! server afterwards (I-31).
//!
//! What is to be sent holds links and codes. It is sealed as long as it waits, and erased once it is settled (I-53).

pub mod purpose;
pub mod wording;
pub mod worker;

use crate::App;
use crate::error::AppError;
use crate::work::Work;
use liaison_domain::{CompanyId, OutgoingId, Timestamp};
use liaison_store::outgoing::{self as store, NewItem};
use purpose::Purpose;
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::Notify;

/// By what way something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By mail.
    Mail,
    /// As a text message to a phone.
    Text,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Text];

    /// As the database and the metrics call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Text => "text",
        }
    }
}

/// A mail, finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The receiver's name, for the header.
    pub name: String,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The addresses it links to.
    pub links: Vec<String>,
}

/// A text message, finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// What it says.
    pub text: String,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Content {
    /// A mail.
    Mail(Mail),
    /// A text message.
    Text(Text),
}

impl Content {
    const fn kind(&self) -> Kind {
        match self {
            Self::Mail(_) => Kind::Mail,
            Self::Text(_) => Kind::Text,
        }
    }
}

/// Something to be sent, as a sender gets it. The same again has the same id.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Its id.
    pub id: OutgoingId,
    /// What it is about, in one word.
    pub purpose: String,
    /// An address or a number.
    pub recipient: String,
    /// When it was queued.
    pub created_at: Timestamp,
    /// What is to be sent.
    pub content: Content,
}

/// Why something was not sent. Texts are our own words: what others answered could repeat what was sent (I-53).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The way is closed for everything: no connection, no TLS, not signed in.
    Unreachable(String),
    /// Not now, for this one.
    Later(String),
    /// Never, for this one.
    Refused(String),
}

impl Failure {
    /// Why, in words.
    pub fn words(&self) -> &str {
        match self {
            Self::Unreachable(words) | Self::Later(words) | Self::Refused(words) => words,
        }
    }
}

/// The end of a try.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// What takes mail or text messages: a mail server, a gateway, a folder.
pub trait Sender: Send + Sync {
    /// Hands something over. On return it is in other hands, or was not taken.
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a>;
}

/// How sending of a kind goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It is not set up.
    Off,
    /// It works, as far as is known.
    Ok,
    /// The last try failed.
    Failing,
}

struct Lane {
    sender: Option<Arc<dyn Sender>>,
    wake: Notify,
    /// How many tries have failed since the last success.
    failures: AtomicU32,
}

/// The ways out.
#[derive(Clone)]
pub struct Outgoing {
    mail: Arc<Lane>,
    text: Arc<Lane>,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outgoing")
    }
}

impl Outgoing {
    pub(crate) fn new(mail: Option<Arc<dyn Sender>>, text: Option<Arc<dyn Sender>>) -> Self {
        let lane = |sender| Arc::new(Lane { sender, wake: Notify::new(), failures: AtomicU32::new(0) });
        Self { mail: lane(mail), text: lane(text) }
    }

    fn lane(&self, kind: Kind) -> &Arc<Lane> {
        match kind {
            Kind::Mail => &self.mail,
            Kind::Text => &self.text,
        }
    }

    /// Whether things of this kind can be sent at all.
    pub fn is_set_up(&self, kind: Kind) -> bool {
        self.lane(kind).sender.is_some()
    }

    /// How sending of this kind goes.
    pub fn health(&self, kind: Kind) -> Health {
        let lane = self.lane(kind);
        match (&lane.sender, lane.failures.load(Ordering::Relaxed)) {
            (None, _) => Health::Off,
            (Some(_), 0) => Health::Ok,
            (Some(_), _) => Health::Failing,
        }
    }

    /// Something may be waiting.
    pub(crate) fn wake(&self) {
        for kind in Kind::ALL {
            self.lane(kind).wake.notify_one();
        }
    }
}

/// What is put into the queue, and by which right it may go when its turn comes.
#[derive(Debug, Clone)]
pub(crate) struct Errand<'a> {
    /// Whose it is.
    pub company: CompanyId,
    /// What it is about: says what is looked at again before each try.
    pub purpose: Purpose,
    /// An address or a number.
    pub recipient: &'a str,
    /// The same key is queued once; an errand for one thing alone has none but the thing.
    pub once_key: String,
    /// What is to be sent.
    pub content: Content,
}

impl App {
    /// Fails where mail is not set up, in words for whoever would have caused one.
    ///
    /// # Errors
    /// As it says.
    pub fn must_send(&self, kind: Kind) -> Result<(), AppError> {
        if self.outgoing.is_set_up(kind) {
            return Ok(());
        }
        let (code, what) = match kind {
            Kind::Mail => ("MAIL_NOT_SET_UP", "mail"),
            Kind::Text => ("TEXT_NOT_SET_UP", "text messages"),
        };
        let detail = format!("This server cannot send {what} yet. Ask whoever runs it to set it up.");
        Err(AppError::Conflict { code, detail })
    }

    /// Puts something into the queue, in this transaction: once it is committed, it goes. `false` where it is, or was,
    /// in the queue already.
    pub(crate) async fn enqueue(&self, work: &mut Work, errand: Errand<'_>) -> Result<bool, AppError> {
        let id = OutgoingId::new(&*self.clock);
        let plain = serde_json::to_vec(&errand.content).map_err(AppError::internal)?;
        let payload = self.sealer.seal(id.as_uuid().as_bytes(), &plain).ok_or_else(|| AppError::internal("sealing"))?;
        let item = NewItem {
            id,
            company_id: errand.company,
            kind: errand.content.kind().as_str(),
            purpose: errand.purpose.word(),
            subject_id: errand.purpose.subject(),
            recipient: errand.recipient,
            payload: &payload,
            once_key: &errand.once_key,
        };
        let new = store::insert(&mut work.tx, &item, work.now).await?;
        work.queued |= new;
        Ok(new)
    }
}
