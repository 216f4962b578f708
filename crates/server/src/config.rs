//! The configuration: one TOML file, then environment variables, then the command line, each over the one before.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Every setting; `docs/configuration.md` describes each.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileConfig {
    listen: Option<String>,
    data: Option<PathBuf>,
    database: Option<String>,
    public_url: Option<String>,
    log: Option<String>,
    log_format: Option<String>,
}

/// Where the settings of one call come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub data: Option<PathBuf>,
    pub database: Option<String>,
    pub public_url: Option<String>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The settings in force.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub listen: SocketAddr,
    pub data: PathBuf,
    /// A PostgreSQL address; none for SQLite in the data folder.
    pub database: Option<String>,
    pub public_url: Option<String>,
    pub log: String,
    pub log_format: LogFormat,
}

impl Config {
    /// Puts the settings together; a wrong one is an error here and not a surprise later (I-58).
    pub(crate) fn load(given: Given) -> anyhow::Result<Self> {
        let file = match given.config.or_else(|| env("LIAISON_CONFIG").map(PathBuf::from)) {
            Some(path) => read(&path)?,
            None => FileConfig::default(),
        };
        let listen = given.listen.or_else(|| env("LIAISON_LISTEN")).or(file.listen);
        let listen = listen.unwrap_or_else(|| "127.0.0.1:8480".into());
        let listen: SocketAddr = listen
            .parse()
            .with_context(|| format!("listen: {listen:?} is not an address of the form 127.0.0.1:8480"))?;
        if !listen.ip().is_loopback() {
            bail!(
                "listen: {listen} can be reached from other machines, and this version does not speak TLS. \
                 Listen on 127.0.0.1 and put a reverse proxy with TLS before it (set public_url to its address)."
            );
        }
        let public_url = given.public_url.or_else(|| env("LIAISON_PUBLIC_URL")).or(file.public_url);
        if let Some(url) = &public_url {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://localhost"));
            if host.is_none() || url.trim_end_matches('/').matches('/').count() != 2 {
                bail!("public_url: {url:?} is not of the form https://chat.example.com");
            }
        }
        let database = given.database.or_else(|| env("LIAISON_DATABASE")).or(file.database);
        if let Some(url) = &database
            && !url.starts_with("postgres://")
            && !url.starts_with("postgresql://")
        {
            bail!("database: not of the form postgres://user@host/name; leave it out for SQLite in the data folder");
        }
        let data = given.data.or_else(|| env("LIAISON_DATA").map(PathBuf::from)).or(file.data);
        let log_format = match env("LIAISON_LOG_FORMAT").or(file.log_format).as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => bail!("log_format: {other:?} is neither text nor json"),
        };
        Ok(Self {
            listen,
            data: data.unwrap_or_else(|| PathBuf::from("liaison-data")),
            database,
            public_url: public_url.map(|u| u.trim_end_matches('/').to_owned()),
            log: env("LIAISON_LOG").or(file.log).unwrap_or_else(|| "info,sqlx=warn".into()),
            log_format,
        })
    }
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

fn read(path: &Path) -> anyhow::Result<FileConfig> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} has a setting that is not understood", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(address: &str) -> anyhow::Result<Config> {
        Config::load(Given { listen: Some(address.into()), ..Given::default() })
    }

    #[test]
    fn i58_an_open_listener_refuses_to_start() {
        assert!(listen("127.0.0.1:0").is_ok());
        assert!(listen("[::1]:8480").is_ok());
        for open in ["0.0.0.0:8480", "192.0.2.1:80", "nonsense"] {
            assert!(listen(open).is_err(), "{open}");
        }
    }

    #[test]
    fn p_config_a_wrong_setting_is_an_error_that_names_it() {
        let file = std::env::temp_dir().join(format!("liaison-config-{}.toml", std::process::id()));
        std::fs::write(&file, "lisen = \"127.0.0.1:1\"").unwrap();
        let error = Config::load(Given { config: Some(file.clone()), ..Given::default() }).unwrap_err();
        assert!(format!("{error:#}").contains("lisen"), "{error:#}");
        std::fs::remove_file(file).unwrap();
        let wrong = Given { database: Some("mysql://x".into()), ..Given::default() };
        assert!(Config::load(wrong).unwrap_err().to_string().starts_with("database:"));
    }
}
