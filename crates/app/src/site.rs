//! Where people reach this server, and what the use cases begin with.

use crate::limits::Limits;
use crate::outgoing::Sender;
use parking_lot::RwLock;
use std::sync::Arc;

/// What the use cases begin with. The default can send nothing, which suits commands that only look.
pub struct Settings {
    /// Bounds on attempts.
    pub limits: Limits,
    /// The address people use, without a slash at the end: `https://chat.hana.example`.
    pub base_url: String,
    /// What takes mail; none where mail is not set up.
    pub mail: Option<Arc<dyn Sender>>,
    /// What takes text messages; none where they are not set up.
    pub text: Option<Arc<dyn Sender>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::default(), base_url: "http://localhost".into(), mail: None, text: None }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Settings")
    }
}

/// Where people reach this server.
#[derive(Debug)]
pub struct Site {
    base_url: RwLock<Arc<str>>,
}

impl Site {
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: RwLock::new(base_url.into()) }
    }

    /// The address people use, without a slash at the end.
    pub fn base_url(&self) -> Arc<str> {
        self.base_url.read().clone()
    }

    /// The server has found out where it listens: before, it only knew where it was told to.
    pub fn set_base_url(&self, base_url: &str) {
        *self.base_url.write() = base_url.into();
    }

    /// The address of a page of the web client: `path` begins with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.read())
    }
}
