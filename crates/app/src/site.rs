//! Where people reach this server.

use parking_lot::RwLock;
use std::sync::Arc;

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
