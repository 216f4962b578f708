//! The configuration: one TOML file, then environment variables, then the command line, each over the one before.

pub(crate) mod outgoing;

use anyhow::{Context, bail};
use ipnet::IpNet;
use outgoing::{FileMail, FileText, MailServer, TextGateway};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Every setting; `docs/configuration.md` describes each.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileConfig {
    listen: Option<String>,
    data: Option<PathBuf>,
    database: Option<String>,
    public_url: Option<String>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    trusted_proxy: Option<Vec<String>>,
    metrics_from: Option<Vec<String>>,
    phone_proof_days: Option<u32>,
    log: Option<String>,
    log_format: Option<String>,
    #[serde(default)]
    mail: FileMail,
    #[serde(default)]
    text: FileText,
}

/// Where the settings of one call come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub data: Option<PathBuf>,
    pub database: Option<String>,
    pub public_url: Option<String>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub trusted_proxy: Vec<String>,
}

/// A certificate with its chain, and its key, both as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
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
    pub tls: Option<TlsFiles>,
    /// The proxies whose word is taken for where a request came from.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read the metrics, besides this machine.
    pub metrics_from: Vec<IpNet>,
    /// For how many days a proven phone number counts.
    pub phone_proof_days: u32,
    pub log: String,
    pub log_format: LogFormat,
    pub mail: Option<MailServer>,
    pub text: Option<TextGateway>,
}

impl Config {
    /// The address people use, as far as it is known before the server listens.
    pub(crate) fn base_url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"))
    }

    /// Whether this server is for its own machine only: for development, the demo and tests.
    pub(crate) fn is_private(&self) -> bool {
        self.listen.ip().is_loopback() && self.public_url.is_none()
    }

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
        let public_url = given.public_url.or_else(|| env("LIAISON_PUBLIC_URL")).or(file.public_url);
        if let Some(url) = &public_url {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://localhost"));
            if host.is_none() || url.trim_end_matches('/').matches('/').count() != 2 {
                bail!("public_url: {url:?} is not of the form https://chat.example.com");
            }
        }
        let tls_cert = given.tls_cert.or_else(|| env("LIAISON_TLS_CERT").map(PathBuf::from)).or(file.tls_cert);
        let tls_key = given.tls_key.or_else(|| env("LIAISON_TLS_KEY").map(PathBuf::from)).or(file.tls_key);
        let tls = match (tls_cert, tls_key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) => bail!("tls_cert is given without tls_key: TLS needs both"),
            (None, Some(_)) => bail!("tls_key is given without tls_cert: TLS needs both"),
        };
        let proxies = match env("LIAISON_TRUSTED_PROXY") {
            _ if !given.trusted_proxy.is_empty() => given.trusted_proxy,
            Some(list) => list.split(',').map(|p| p.trim().to_owned()).collect(),
            None => file.trusted_proxy.unwrap_or_default(),
        };
        let trusted_proxies =
            proxies.iter().map(|p| network("trusted_proxy", p)).collect::<anyhow::Result<Vec<_>>>()?;
        let readers = match env("LIAISON_METRICS_FROM") {
            Some(list) => list.split(',').map(|p| p.trim().to_owned()).collect(),
            None => file.metrics_from.unwrap_or_default(),
        };
        let metrics_from = readers.iter().map(|r| network("metrics_from", r)).collect::<anyhow::Result<Vec<_>>>()?;
        must_be_guarded(listen, tls.is_some(), &trusted_proxies, public_url.as_deref())?;
        let database = given.database.or_else(|| env("LIAISON_DATABASE")).or(file.database);
        if let Some(url) = &database
            && !url.starts_with("postgres://")
            && !url.starts_with("postgresql://")
        {
            bail!("database: not of the form postgres://user@host/name; leave it out for SQLite in the data folder");
        }
        let phone_proof_days = match env("LIAISON_PHONE_PROOF_DAYS") {
            Some(text) => {
                text.parse().with_context(|| format!("phone_proof_days: {text:?} is not a number of days"))?
            }
            None => file.phone_proof_days.unwrap_or(180),
        };
        if !(1..=3_650).contains(&phone_proof_days) {
            bail!("phone_proof_days: {phone_proof_days} is not between 1 and 3650");
        }
        let data = given.data.or_else(|| env("LIAISON_DATA").map(PathBuf::from)).or(file.data);
        let log_format = match env("LIAISON_LOG_FORMAT").or(file.log_format).as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => bail!("log_format: {other:?} is neither text nor json"),
        };
        let (mail, text) = (file.mail.settle()?, file.text.settle()?);
        if mail.is_some() && public_url.is_none() && !listen.ip().is_loopback() {
            bail!("public_url is missing: mail carries links to this server, and needs the address that people use");
        }
        Ok(Self {
            listen,
            data: data.unwrap_or_else(|| PathBuf::from("liaison-data")),
            database,
            public_url: public_url.map(|u| u.trim_end_matches('/').to_owned()),
            tls,
            trusted_proxies,
            metrics_from,
            phone_proof_days,
            log: env("LIAISON_LOG").or(file.log).unwrap_or_else(|| "info,sqlx=warn".into()),
            log_format,
            mail,
            text,
        })
    }
}

/// An address or a network, as a setting names it: `10.0.0.7`, `10.0.0.0/8`.
fn network(setting: &str, text: &str) -> anyhow::Result<IpNet> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| {
        anyhow::anyhow!("{setting}: {text:?} is neither an address (10.0.0.7) nor a network (10.0.0.0/8)")
    })?;
    if network.prefix_len() == 0 {
        bail!("{setting}: {text} is everybody. Name the address of the one who is meant");
    }
    Ok(network)
}

/// Passwords and messages do not cross a network in the clear (I-58).
fn must_be_guarded(listen: SocketAddr, tls: bool, proxies: &[IpNet], public_url: Option<&str>) -> anyhow::Result<()> {
    if tls && public_url.is_some_and(|url| !url.starts_with("https://")) {
        bail!("public_url: begins with http:// although tls_cert is set; people then reach the server by https://");
    }
    let by_proxy = !proxies.is_empty() && public_url.is_some_and(|url| url.starts_with("https://"));
    if listen.ip().is_loopback() || tls || by_proxy {
        return Ok(());
    }
    bail!(
        "listen: {listen} can be reached from other machines, and passwords would cross the network in the clear. Do one \
         of three: give certificate files (tls_cert and tls_key); or name the reverse proxy with TLS that stands before \
         the server (trusted_proxy, and public_url with its https:// address); or listen on 127.0.0.1"
    );
}

/// Every variable that is a setting.
const VARIABLES: [&str; 21] = [
    "LIAISON_CONFIG",
    "LIAISON_DATA",
    "LIAISON_DATABASE",
    "LIAISON_LISTEN",
    "LIAISON_LOG",
    "LIAISON_LOG_FORMAT",
    "LIAISON_MAIL_FROM",
    "LIAISON_MAIL_HOST",
    "LIAISON_MAIL_PASSWORD",
    "LIAISON_MAIL_PASSWORD_FILE",
    "LIAISON_MAIL_PORT",
    "LIAISON_MAIL_TLS",
    "LIAISON_MAIL_USER",
    "LIAISON_PHONE_PROOF_DAYS",
    "LIAISON_PUBLIC_URL",
    "LIAISON_TEXT_GATEWAY",
    "LIAISON_TEXT_TOKEN",
    "LIAISON_TEXT_TOKEN_FILE",
    "LIAISON_TLS_CERT",
    "LIAISON_TLS_KEY",
    "LIAISON_TRUSTED_PROXY",
];

/// Variables that look like settings and are none. Not an error: other programs may use the prefix as well.
pub(crate) fn unknown_variables() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<String> =
        names.filter(|name| name.starts_with("LIAISON_") && !VARIABLES.contains(&name.as_str())).collect();
    unknown.sort();
    unknown
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
    fn i58_an_open_listener_without_tls_or_a_named_proxy_refuses_to_start() {
        assert!(listen("127.0.0.1:0").is_ok());
        assert!(listen("[::1]:8480").is_ok());
        for open in ["0.0.0.0:8480", "192.0.2.1:80", "[::]:8480", "nonsense"] {
            assert!(listen(open).is_err(), "{open}");
        }
        let error = listen("0.0.0.0:8480").unwrap_err().to_string();
        for remedy in ["tls_cert", "trusted_proxy", "public_url", "127.0.0.1"] {
            assert!(error.contains(remedy), "{error}");
        }
        let open = Given { listen: Some("0.0.0.0:8480".into()), ..Given::default() };
        let tls = Given { tls_cert: Some("c".into()), tls_key: Some("k".into()), ..open.clone() };
        assert!(Config::load(tls.clone()).is_ok());
        assert!(Config::load(Given { tls_key: None, ..tls.clone() }).is_err());
        assert!(Config::load(Given { public_url: Some("http://localhost:1".into()), ..tls }).is_err());
        let proxy = Given { trusted_proxy: vec!["10.0.0.7".into(), "fd00::/8".into()], ..open.clone() };
        assert!(Config::load(proxy.clone()).is_err(), "a proxy without TLS");
        let url = Some("https://chat.hana.example".to_owned());
        assert_eq!(Config::load(Given { public_url: url.clone(), ..proxy }).unwrap().trusted_proxies.len(), 2);
        assert!(Config::load(Given { public_url: url.clone(), ..open.clone() }).is_err(), "TLS without a named proxy");
        for wrong in ["0.0.0.0/0", "::/0", "proxy.hana.example", ""] {
            let trusted_proxy = vec![wrong.to_owned()];
            let error = Config::load(Given { trusted_proxy, public_url: url.clone(), ..open.clone() }).unwrap_err();
            assert!(error.to_string().starts_with("trusted_proxy:"), "{error}");
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
