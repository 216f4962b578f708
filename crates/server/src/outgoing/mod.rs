//! What takes mail and text messages: a mail server, a gateway, or a folder.

mod gateway;
mod outbox;
pub(crate) mod smtp;

use crate::config::Config;
use gateway::Gateway;
use liaison_app::outgoing::{Failure, Sender};
use outbox::Outbox;
use smtp::Smtp;
use std::sync::Arc;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What the use cases send by: mail first, then text messages.
pub(crate) type Senders = (Option<Arc<dyn Sender>>, Option<Arc<dyn Sender>>);

/// The senders that the settings name. The folder serves where nothing is named and nobody but this machine can come:
/// what it holds are links and codes by which one signs in.
pub(crate) fn senders(config: &Config) -> anyhow::Result<Senders> {
    let outbox: Option<Arc<dyn Sender>> =
        if config.is_private() { Some(Arc::new(Outbox::new(config.data.join("outbox")))) } else { None };
    let mail: Option<Arc<dyn Sender>> = match &config.mail {
        Some(server) => Some(Arc::new(Smtp::new(server)?)),
        None => outbox.clone(),
    };
    let text: Option<Arc<dyn Sender>> = match &config.text {
        Some(gateway) => Some(Arc::new(Gateway::new(gateway.clone(), client_tls()?))),
        None => outbox,
    };
    Ok((mail, text))
}

/// TLS as a client that trusts what this machine trusts.
fn client_tls() -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// A failure in our own words.
fn unreachable(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::Unreachable(format!("{what}: {}", liaison_app::error::describe(error)))
}
