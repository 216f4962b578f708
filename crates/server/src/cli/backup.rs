//! `liaison backup` and `liaison restore`.

use super::say;
use crate::config::Config;
use crate::{backup, server};
use anyhow::{Context, bail};
use clap::Args;
use liaison_domain::SystemClock;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The fewest characters of a passphrase: as of a password.
const MIN_PASSPHRASE: usize = 10;

#[derive(Args)]
#[group(multiple = false)]
pub(super) struct Passphrase {
    /// Read the passphrase from standard input
    #[arg(long)]
    passphrase_stdin: bool,
    /// Read the passphrase from the first line of a file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    /// The passphrase, where one was given at all.
    fn read(&self) -> anyhow::Result<Option<String>> {
        let text = if self.passphrase_stdin {
            std::io::read_to_string(std::io::stdin()).context("cannot read the passphrase from standard input")?
        } else if let Some(file) = &self.passphrase_file {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
        } else {
            return Ok(None);
        };
        Ok(Some(text.lines().next().unwrap_or("").to_owned()))
    }
}

/// Writes a backup.
pub(super) async fn write(config: &Config, file: &Path, passphrase: &Passphrase, json: bool) -> anyhow::Result<()> {
    backup::must_hold_a_server(config)?;
    let passphrase = passphrase.read()?.unwrap_or_default();
    if passphrase.chars().count() < MIN_PASSPHRASE {
        bail!(
            "the passphrase has fewer than {MIN_PASSPHRASE} characters: whoever gets hold of the file could guess it"
        );
    }
    let app = server::open(config, Arc::new(SystemClock)).await?;
    let outcome = backup::write(&app, config, file, passphrase).await;
    app.db.close().await;
    let (manifest, bytes) = outcome?;
    if json {
        let mut value = serde_json::to_value(&manifest)?;
        value["file"] = json!(file);
        value["bytes"] = json!(bytes);
        say(value);
    } else {
        say(format!(
            "Wrote {} ({bytes} bytes): {} companies, as of position {}. It opens with its passphrase only; keep that \
             elsewhere.",
            file.display(),
            manifest.companies,
            manifest.position
        ));
    }
    Ok(())
}

/// Restores a backup.
pub(super) async fn restore(config: &Config, file: &Path, passphrase: &Passphrase, json: bool) -> anyhow::Result<()> {
    let passphrase = passphrase.read()?;
    let restored = backup::restore(config, Arc::new(SystemClock), file, passphrase).await?;
    if json {
        say(serde_json::to_value(&restored)?);
    } else {
        let of = restored.made_at.map_or_else(String::new, |at| format!(" as of {at}"));
        say(format!(
            "Restored {} companies{of} into {}. Start the server; clients load everything anew.",
            restored.companies,
            config.data.display()
        ));
    }
    Ok(())
}
