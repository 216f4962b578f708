//! What can go wrong in a use case, free of HTTP. The server's edge gives each its status.

use liaison_domain::RoomId;
use liaison_policy::{Denial, SeenReason};
use liaison_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Which field, as a JSON pointer: `/name`.
    pub pointer: String,
    /// What is wrong, for programs.
    pub code: String,
    /// What is wrong, for people.
    pub text: String,
}

/// A room named in a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoomRef {
    /// Its id.
    pub id: RoomId,
    /// Its name; none in a group without one.
    pub name: Option<String>,
}

/// A use case did not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Not there, or not for the one who asks: the two answer alike (I-05).
    #[error("not found")]
    NotFound,
    /// Not signed in, or no longer.
    #[error("not signed in")]
    SignInRequired,
    /// Handle or password are wrong.
    #[error("sign-in failed")]
    SignInFailed,
    /// The current password given is wrong.
    #[error("wrong password")]
    WrongPassword,
    /// The role does not allow it; says whose would.
    #[error("only {0} may do this")]
    Forbidden(&'static str),
    /// The decision refused.
    #[error("refused by the decision")]
    Denied(Vec<SeenReason>),
    /// Fields of the request are wrong.
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    /// It conflicts with how things stand.
    #[error("conflict: {code}")]
    Conflict {
        /// For programs.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// Fields that follow the other side cannot be edited.
    #[error("synced fields")]
    FieldSynced(Vec<FieldError>),
    /// The person cannot be let go of while these rooms hold them together.
    #[error("in shared rooms")]
    InSharedRoom(Vec<RoomRef>),
    /// Somebody else changed it in between.
    #[error("stale")]
    Stale,
    /// Too many attempts.
    #[error("too many attempts")]
    TooMany {
        /// For programs.
        code: &'static str,
        /// When to try again, in seconds.
        retry_after_s: u64,
    },
    /// The server is ending or overloaded.
    #[error("unavailable")]
    Unavailable,
    /// The database failed; while deciding, that too is a refusal (I-11).
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// A fault of our own.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl AppError {
    /// One wrong field.
    pub fn field(pointer: impl Into<String>, code: &str, text: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { pointer: pointer.into(), code: code.to_owned(), text: text.into() }])
    }

    pub(crate) fn denied(denial: &Denial, actor: &crate::Actor) -> Self {
        Self::Denied(denial.seen_by(actor.company, actor.id))
    }

    pub(crate) fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }
}

/// A problem document (RFC 9457) as answered by REST and on the socket.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: programs switch on `code`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do, in a sentence.
    pub detail: String,
    /// What happened, for programs.
    pub code: &'static str,
    /// Names this refusal in the server's log.
    pub reference: String,
    /// Why the decision refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub reasons: Vec<SeenReason>,
    /// Which fields are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// Which rooms stand in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub rooms: Vec<RoomRef>,
    /// For `Retry-After`, in seconds.
    #[serde(skip)]
    pub retry_after_s: Option<u64>,
}

impl AppError {
    /// The problem document for this error. What is internal is logged under the reference and not told.
    pub fn problem(self) -> Problem {
        let failure = match &self {
            Self::Store(error) => Some(describe(error)),
            Self::Internal(what) => Some(what.clone()),
            _ => None,
        };
        // Fixed for what must not differ between a hidden thing and none at all (I-05): those answers carry no reference.
        let reference = || format!("ref_{:016x}", rand::random::<u64>());
        let make = |status, title, code, detail: String| Problem {
            kind: "about:blank",
            title,
            status,
            detail,
            code,
            reference: String::new(),
            reasons: Vec::new(),
            errors: Vec::new(),
            rooms: Vec::new(),
            retry_after_s: None,
        };
        let mut problem = match self {
            Self::NotFound => {
                return make(404, "Not Found", "NOT_FOUND", "There is nothing here that you can see.".into());
            }
            Self::SignInRequired => {
                make(401, "Unauthorized", "SIGN_IN_REQUIRED", "Sign in, or send a valid bearer token.".into())
            }
            Self::SignInFailed => {
                make(401, "Unauthorized", "SIGN_IN_FAILED", "The handle or the password is wrong.".into())
            }
            Self::WrongPassword => make(403, "Forbidden", "WRONG_PASSWORD", "The current password is wrong.".into()),
            Self::Forbidden(who) => {
                make(403, "Forbidden", "ROLE_REQUIRED", format!("Only {who} of your company may do this."))
            }
            Self::Denied(reasons) => {
                let detail = reasons.iter().map(|r| r.text).collect::<Vec<_>>().join(" ");
                Problem { reasons, ..make(403, "Forbidden", "REFUSED", detail) }
            }
            Self::Invalid(errors) => {
                let detail = errors.iter().map(|e| format!("{} {}.", e.pointer, e.text)).collect::<Vec<_>>().join(" ");
                Problem { errors, ..make(422, "Unprocessable Content", "INVALID", detail) }
            }
            Self::FieldSynced(errors) => {
                let detail = errors.iter().map(|e| format!("{} {}.", e.pointer, e.text)).collect::<Vec<_>>().join(" ");
                Problem { errors, ..make(422, "Unprocessable Content", "FIELD_SYNCED", detail) }
            }
            Self::InSharedRoom(rooms) => Problem {
                rooms,
                ..make(
                    409,
                    "Conflict",
                    "IN_SHARED_ROOM",
                    "This person, the contact's owner and a colleague are together in a room that is open. Let the owner \
                     leave it, or have colleagues leave, and delete the contact then."
                        .into(),
                )
            },
            Self::Conflict { code, detail } => make(409, "Conflict", code, detail),
            Self::Stale => make(
                412,
                "Precondition Failed",
                "STALE",
                "Somebody changed this in between. Load it again and repeat your change.".into(),
            ),
            Self::TooMany { code, retry_after_s } => Problem {
                retry_after_s: Some(retry_after_s),
                ..make(
                    429,
                    "Too Many Requests",
                    code,
                    format!("Too many attempts. Try again in {retry_after_s} seconds."),
                )
            },
            Self::Unavailable => {
                make(503, "Service Unavailable", "UNAVAILABLE", "The server cannot do this just now. Try again.".into())
            }
            Self::Store(_) | Self::Internal(_) => make(
                500,
                "Internal Server Error",
                "INTERNAL",
                "The server failed to do this; nothing was changed unless a retry shows otherwise.".into(),
            ),
        };
        problem.reference = reference();
        if let Some(failure) = failure {
            tracing::error!(reference = problem.reference, failure, "a request failed inside");
        }
        problem
    }
}

/// An error and all it was caused by, in one line.
pub fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
