//! `liaison doctor`: looks at everything an installation stands on, and changes nothing.

use crate::config::{self, Config};
use crate::{backup, files, outgoing, tls};
use liaison_app::{App, Settings, recovery};
use liaison_domain::{Clock, Timestamp};
use liaison_store::{Db, SCHEMA_VERSION};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// How far ahead of the clock an event may lie before it is worth a word.
const CLOCK_SLACK_MS: i64 = 5 * 60 * 1000;
/// How long before its end a certificate should have been renewed.
const RENEWAL_MS: i64 = 14 * 24 * 60 * 60 * 1000;
const MIB: u64 = 1024 * 1024;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// It works, and should be looked at.
    Warning,
    /// It does not work, or is not safe.
    Wrong,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// What was looked at, for programs.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// Why it matters.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub why: &'static str,
    /// What to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

/// All that was found.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub Vec<Finding>);

impl Findings {
    pub(crate) fn ok(&mut self, check: &'static str, what: impl Into<String>) {
        let remedy = String::new();
        self.0.push(Finding { check, level: Level::Ok, what: what.into(), why: "", remedy });
    }

    pub(crate) fn add(
        &mut self,
        check: &'static str,
        level: Level,
        what: impl Into<String>,
        why: &'static str,
        remedy: impl Into<String>,
    ) {
        self.0.push(Finding { check, level, what: what.into(), why, remedy: remedy.into() });
    }
}

/// Looks at everything.
pub(crate) async fn examine(config: &Config, clock: Arc<dyn Clock>) -> Findings {
    let mut found = Findings::default();
    let unknown = config::unknown_variables();
    if unknown.is_empty() {
        found.ok("configuration", "the settings are understood and go together");
    } else {
        let what = format!("variables of the environment that look like settings and are none: {}", unknown.join(", "));
        let why = "a setting that is misspelled has no effect";
        found.add("configuration", Level::Warning, what, why, "docs/configuration.md lists them all");
    }
    let now = clock.now();
    if now < Timestamp::from_millis(1_735_689_600_000) {
        let why = "terms, sessions and certificates are judged by the clock";
        found.add("clock", Level::Wrong, format!("the clock says {now}"), why, "set the clock, and let NTP keep it");
    }
    listener(config, &mut found);
    certificate(config, now, &mut found).await;
    mail(config, &mut found).await;
    data_folder(config, &mut found);
    let key = key(config, &mut found);
    database(config, clock, key, &mut found).await;
    disk(config, &mut found);
    found
}

fn listener(config: &Config, found: &mut Findings) {
    let way = match (&config.tls, &config.public_url) {
        (Some(_), _) => "speaks TLS",
        (None, Some(_)) => "stands behind a proxy",
        (None, None) => "is for this machine only",
    };
    if config.tls.is_none() && config.public_url.is_some() && config.trusted_proxies.is_empty() {
        let what = "public_url is set, but no trusted_proxy: every request seems to come from the proxy's address";
        let why = "limits on failed sign-ins count by address, and the audit log names it";
        let remedy = "set trusted_proxy to the proxy's address (127.0.0.1 where it runs on this machine)";
        found.add("listener", Level::Warning, what, why, remedy);
    } else {
        found.ok("listener", format!("{} {way}", config.listen));
    }
}

async fn certificate(config: &Config, now: Timestamp, found: &mut Findings) {
    let Some(files) = &config.tls else { return };
    let why = "browsers refuse a server without a valid certificate";
    if let Err(error) = tls::load(files).await {
        let remedy = "give a certificate with its chain, and its own key, both as PEM";
        found.add("certificate", Level::Wrong, format!("{error:#}"), why, remedy);
        return;
    }
    match tls::validity(&files.cert) {
        Err(error) => {
            found.add("certificate", Level::Wrong, format!("{error:#}"), why, "give a certificate as PEM");
        }
        Ok((from, until)) => {
            let renew = "renew it; the server reads the files again within a minute, or at a SIGHUP";
            if now < from {
                let what = format!("the certificate is valid from {from} only");
                found.add("certificate", Level::Wrong, what, why, "look at the clock, or give another certificate");
            } else if until <= now {
                found.add("certificate", Level::Wrong, format!("the certificate ended at {until}"), why, renew);
            } else if until.as_millis() - now.as_millis() < RENEWAL_MS {
                found.add("certificate", Level::Warning, format!("the certificate ends at {until}"), why, renew);
            } else {
                found.ok("certificate", format!("valid until {until}"));
            }
        }
    }
}

/// Greets the mail server and signs in, as for a mail, and leaves again.
async fn mail(config: &Config, found: &mut Findings) {
    let Some(server) = &config.mail else {
        if config.is_private() {
            found.ok("mail", format!("mail becomes files in {}", config.data.join("outbox").display()));
        } else {
            let what = "mail is not set up";
            let why = "nobody can reset their own password, and new members get theirs from an administrator";
            let remedy = "name a mail server: [mail] in docs/configuration.md";
            found.add("mail", Level::Warning, what, why, remedy);
        }
        return;
    };
    match outgoing::smtp::probe(server).await {
        Ok(()) => found.ok("mail", format!("{}:{} takes our mail", server.host, server.port)),
        Err(error) => {
            let what = format!("{}:{}: {error:#}", server.host, server.port);
            let why = "mail waits in the queue until it can be sent, and is given up after most of a day";
            let remedy = "look at host, port, tls, user and password of [mail], and whether the mail server runs";
            found.add("mail", Level::Wrong, what, why, remedy);
        }
    }
}

fn data_folder(config: &Config, found: &mut Findings) {
    let data = &config.data;
    let shown = data.display();
    let why = "it holds messages in the clear, and the keys";
    match files::others_rights(data) {
        Err(error) => {
            let remedy =
                "name the server's folder with --data or in the configuration; `liaison serve` makes a new one";
            found.add("data", Level::Wrong, format!("{shown} cannot be read: {error}"), why, remedy);
        }
        Ok(rights) if rights & 0o007 != 0 => {
            let what = format!("everybody on this machine may look into {shown}");
            found.add("data", Level::Wrong, what, why, format!("run `chmod 700 {shown}`"));
        }
        Ok(rights) if rights != 0 => {
            let what = format!("a group may look into {shown}");
            found.add("data", Level::Warning, what, why, format!("run `chmod 700 {shown}`, unless that is meant"));
        }
        Ok(_) => found.ok("data", format!("{shown} is for its user alone")),
    }
    if backup::was_interrupted(config) {
        let what = format!("a restore into {shown} was interrupted");
        found.add(
            "data",
            Level::Wrong,
            what,
            "the server does not start on half a restore",
            "run `liaison restore` again",
        );
    }
}

fn key(config: &Config, found: &mut Findings) -> Option<[u8; 32]> {
    let file = config.data.join("keys").join("server.key");
    let why = "it seals the references that are handed to people";
    if !file.exists() {
        found.ok("key", "there is none yet; the first start makes it");
        return None;
    }
    match files::check_key(&file) {
        Ok(key) => {
            found.ok("key", format!("{} is 32 random bytes, for its user alone", file.display()));
            Some(key)
        }
        Err(error) => {
            found.add("key", Level::Wrong, format!("{error:#}"), why, "do what it says; the server does not start so");
            None
        }
    }
}

async fn database(config: &Config, clock: Arc<dyn Clock>, key: Option<[u8; 32]>, found: &mut Findings) {
    let why = "without its database the server does nothing";
    let opened = if let Some(url) = &config.database {
        Db::connect_postgres(url).await
    } else {
        let file = config.data.join("liaison.db");
        // Opening it would make one.
        if !file.exists() {
            let what = format!("{} does not exist", file.display());
            let remedy = "name the server's folder with --data; `liaison serve` makes a new database";
            found.add("database", Level::Wrong, what, why, remedy);
            return;
        }
        Db::connect_sqlite(&file).await
    };
    let outcome = match opened {
        Ok(db) => {
            let outcome = inside(&db, clock, key, found).await;
            db.close().await;
            outcome
        }
        Err(error) => Err(error.into()),
    };
    if let Err(error) = outcome {
        let remedy = match config.database {
            Some(_) => "look whether PostgreSQL runs, and whether address, user and password in `database` are right",
            None => "look at the disk and at the rights of the file; a damaged database is replaced from a backup",
        };
        found.add("database", Level::Wrong, format!("the database cannot be read: {error:#}"), why, remedy);
    }
}

async fn inside(db: &Db, clock: Arc<dyn Clock>, key: Option<[u8; 32]>, found: &mut Findings) -> anyhow::Result<()> {
    let schema = db.schema_version().await?;
    if schema > SCHEMA_VERSION {
        let what = format!("the database has schema {schema}, this program knows up to {SCHEMA_VERSION}");
        let why = "an older program could damage what a newer one wrote, and refuses to open it";
        found.add("schema", Level::Wrong, what, why, "start the newer Liaison again, or restore an older backup");
        return Ok(());
    }
    if schema < SCHEMA_VERSION {
        let what = format!("the database has schema {schema}, this program has {SCHEMA_VERSION}");
        let why = "what follows can be checked only after the upgrade";
        let remedy = "the next start upgrades it, and leaves a copy of it in the folder `backups`";
        found.add("schema", Level::Warning, what, why, remedy);
        return Ok(());
    }
    found.ok("schema", format!("{schema}, which is this program's"));
    let unsafe_settings = db.unsafe_settings().await?;
    if unsafe_settings.is_empty() {
        found.ok("durability", "what is acknowledged is on disk");
    } else {
        let what = unsafe_settings.join(", ");
        let why = "what was acknowledged could be lost when the power goes";
        found.add("durability", Level::Wrong, what, why, "set it to `on` in PostgreSQL's configuration");
    }
    let faults = db.faults().await?;
    if faults.is_empty() {
        found.ok("integrity", "the database finds nothing wrong with itself");
    } else {
        let why = "a damaged database loses or invents things";
        let remedy = "stop the server, keep a copy of the data folder, check the disk, and restore the newest backup";
        found.add("integrity", Level::Wrong, faults.join("; "), why, remedy);
    }
    let now = clock.now();
    let app = App::start(db.clone(), clock, key.unwrap_or_default(), Settings::default()).await?;
    let altered = app.verify_all_audits().await?;
    for (company, fault) in &altered {
        let why = "an audit log that was altered proves nothing";
        let remedy =
            format!("keep a copy of the database, and compare with a backup: `liaison audit verify {company}`");
        found.add("audit", Level::Wrong, format!("{company}: {fault}"), why, remedy);
    }
    if altered.is_empty() {
        let companies = recovery::standing(db).await?.companies;
        found.ok("audit", format!("the logs of {companies} companies are unaltered"));
    }
    match recovery::last_event(db).await? {
        Some(last) if last.as_millis() > now.as_millis() + CLOCK_SLACK_MS => {
            let what = format!("the newest event is of {last}, and the clock says {now}");
            let why = "the clock was ahead then or is behind now; terms begin and end by it";
            found.add("clock", Level::Warning, what, why, "set the clock, and let NTP keep it");
        }
        _ => found.ok("clock", format!("{now}, behind which all events lie")),
    }
    Ok(())
}

fn disk(config: &Config, found: &mut Findings) {
    let Ok(space) = rustix::fs::statvfs(&config.data) else { return };
    let free = space.f_bavail * space.f_frsize / MIB;
    let size = |file: &Path| std::fs::metadata(file).map_or(0, |m| m.len());
    let used = size(&config.data.join("liaison.db")) / MIB;
    let what = format!("{free} MiB are free where {} lies", config.data.display());
    let why = "on a full disk nobody can send; a backup and an upgrade need room for a copy of the database";
    let remedy = "make room, or move the data folder to a larger disk";
    if free < 100 {
        found.add("disk", Level::Wrong, what, why, remedy);
    } else if free < 1024 || free < 2 * used {
        found.add("disk", Level::Warning, what, why, remedy);
    } else {
        found.ok("disk", what);
    }
}
