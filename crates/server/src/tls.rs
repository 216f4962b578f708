//! TLS by certificate files, read again when they are renewed.

use crate::config::TlsFiles;
use anyhow::{Context, bail};
use axum_server::tls_rustls::RustlsConfig;
use liaison_domain::Timestamp;
use std::path::Path;
use std::time::{Duration, SystemTime};
use x509_cert::Certificate;

/// How often the files are looked at. Certificates are renewed weeks before they end.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Reads the files for the first time.
///
/// # Errors
/// Where they cannot be read, do not fit together, or the key is open to everybody (I-58).
pub(crate) async fn load(files: &TlsFiles) -> anyhow::Result<RustlsConfig> {
    // Named, so that another crate's taste in cryptography cannot make the choice ambiguous.
    let _ = rustls::crypto::ring::default_provider().install_default();
    check_key_rights(&files.key)?;
    RustlsConfig::from_pem_file(&files.cert, &files.key).await.with_context(|| {
        format!("tls_cert {} and tls_key {} cannot be used", files.cert.display(), files.key.display())
    })
}

/// A group may read the key (some systems hand certificates to a group of servers); everybody may not.
pub(crate) fn check_key_rights(key: &Path) -> anyhow::Result<()> {
    let rights = crate::files::others_rights(key).with_context(|| format!("tls_key: cannot read {}", key.display()))?;
    if rights & 0o007 != 0 {
        bail!("tls_key: {0} can be read by everybody on this machine. Run `chmod o= {0}`", key.display());
    }
    Ok(())
}

/// From when until when the first certificate of a file is valid.
///
/// # Errors
/// Where the file holds no certificate.
pub(crate) fn validity(cert: &Path) -> anyhow::Result<(Timestamp, Timestamp)> {
    let text = std::fs::read(cert).with_context(|| format!("tls_cert: cannot read {}", cert.display()))?;
    let chain = Certificate::load_pem_chain(&text).ok().unwrap_or_default();
    let first = chain.first().with_context(|| format!("tls_cert: {} holds no certificate", cert.display()))?;
    let validity = first.tbs_certificate().validity();
    let at = |duration: Duration| Timestamp::from_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
    Ok((at(validity.not_before.to_unix_duration()), at(validity.not_after.to_unix_duration())))
}

fn changed_at(files: &TlsFiles) -> Option<(SystemTime, SystemTime)> {
    let at = |path: &Path| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    Some((at(&files.cert)?, at(&files.key)?))
}

/// Reads the files again at every SIGHUP and whenever they were changed, until the server ends. What cannot be used is
/// logged, and the certificate in use stays. Without TLS a SIGHUP does nothing, rather than end the program.
pub(crate) async fn keep_fresh(tls: Option<(TlsFiles, RustlsConfig)>) {
    #[cfg(unix)]
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seen = tls.as_ref().and_then(|(files, _)| changed_at(files));
    loop {
        #[cfg(unix)]
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await.is_some(),
                None => std::future::pending().await,
            }
        };
        #[cfg(not(unix))]
        let asked = std::future::pending::<bool>();
        let asked = tokio::select! {
            asked = asked => asked,
            _ = ticks.tick() => false,
        };
        let Some((files, config)) = &tls else { continue };
        let now = changed_at(files);
        if !asked && now == seen {
            continue;
        }
        seen = now;
        let outcome = match check_key_rights(&files.key) {
            Ok(()) => config.reload_from_pem_file(&files.cert, &files.key).await.map_err(Into::into),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::error!(failure = format!("{error:#}"), "the certificate files could not be read again");
        } else {
            tracing::info!("the certificate files were read again");
        }
    }
}
