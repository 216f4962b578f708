//! What every handler shares.

use liaison_app::App;
use std::sync::Arc;

/// How the server is reached, as far as handlers must know.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    /// The address people use, where it differs from the listener: `https://chat.hana.example`.
    pub public_url: Option<String>,
}

impl Edge {
    /// Whether browsers reach us over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The session cookie's name: with TLS one that no other host or path can set.
    pub(crate) fn cookie(&self) -> &'static str {
        if self.is_secure() { "__Host-liaison_session" } else { "liaison_session" }
    }
}

/// The state of all routes.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub app: Arc<App>,
    pub edge: Arc<Edge>,
}
