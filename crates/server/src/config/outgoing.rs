//! The settings of mail and text messages: `[mail]` and `[text]`.

use super::env;
use anyhow::{Context, bail};
use serde::Deserialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// A password or token: whoever prints a setting does not print it (I-53).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// For the one who has to show it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// `[mail]`, as the file has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileMail {
    host: Option<String>,
    port: Option<u16>,
    tls: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    from: Option<String>,
}

/// `[text]`, as the file has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileText {
    gateway: Option<String>,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailTls {
    /// From the first byte on.
    Tls,
    /// After a greeting in the clear, without which nothing is said.
    StartTls,
    /// Not at all: on this machine only.
    None,
}

/// A mail server, by which mail goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailServer {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    /// User and password.
    pub credentials: Option<(String, Secret)>,
    /// Whom mail comes from: name, if any, and address.
    pub from: lettre::message::Mailbox,
}

/// A gateway, by which text messages go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextGateway {
    pub url: axum::http::Uri,
    pub token: Secret,
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A secret given as such, or as the first line of a file.
fn secret(setting: &str, given: Option<Secret>, file: Option<&Path>) -> anyhow::Result<Option<Secret>> {
    match (given, file) {
        (Some(_), Some(_)) => bail!("{setting} and {setting}_file are both given: leave one out"),
        (Some(secret), None) => Ok(Some(secret)),
        (None, None) => Ok(None),
        (None, Some(file)) => {
            let shown = file.display();
            let text = std::fs::read_to_string(file).with_context(|| format!("{setting}_file: cannot read {shown}"))?;
            let rights = crate::files::others_rights(file)?;
            if rights & 0o007 != 0 {
                bail!("{setting}_file: everybody on this machine can read {shown}. Run `chmod 600 {shown}`");
            }
            match text.lines().next().filter(|line| !line.is_empty()) {
                Some(line) => Ok(Some(Secret(line.to_owned()))),
                None => bail!("{setting}_file: the first line of {shown} is empty"),
            }
        }
    }
}

impl FileMail {
    /// The mail server, if one is named.
    pub(super) fn settle(self) -> anyhow::Result<Option<MailServer>> {
        let port = env("LIAISON_MAIL_PORT").map(|port| port.parse().context("LIAISON_MAIL_PORT: not a port"));
        let password = env("LIAISON_MAIL_PASSWORD").map(Secret).or(self.password);
        let file = env("LIAISON_MAIL_PASSWORD_FILE").map(PathBuf::from).or(self.password_file);
        let password = secret("mail.password", password, file.as_deref())?;
        let user = env("LIAISON_MAIL_USER").or(self.user);
        let from = env("LIAISON_MAIL_FROM").or(self.from);
        let tls = env("LIAISON_MAIL_TLS").or(self.tls);
        let port = port.transpose()?.or(self.port);
        let Some(host) = env("LIAISON_MAIL_HOST").or(self.host) else {
            if user.is_some() || password.is_some() || from.is_some() || tls.is_some() || port.is_some() {
                bail!("mail.host is missing: the other settings of mail have no effect without a mail server");
            }
            return Ok(None);
        };
        let host_is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c));
        if !host_is_name {
            bail!(
                "mail.host: {host:?} is not the name of a machine, such as smtp.hana.example; mail.port has the port"
            );
        }
        let tls = match tls.as_deref() {
            Some("tls") => MailTls::Tls,
            None | Some("starttls") => MailTls::StartTls,
            Some("none") if is_loopback(&host) => MailTls::None,
            Some("none") => {
                bail!("mail.tls: \"none\" is for a mail server on this machine; {host} is reached by tls or starttls")
            }
            Some(other) => bail!("mail.tls: {other:?} is none of tls, starttls, none"),
        };
        let credentials = match (user, password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (Some(_), None) => bail!("mail.user is given without mail.password"),
            (None, Some(_)) => bail!("mail.password is given without mail.user"),
        };
        let Some(from) = from else { bail!("mail.from is missing: the address that mail comes from") };
        let from: lettre::message::Mailbox = from
            .parse()
            .map_err(|_| anyhow::anyhow!("mail.from: {from:?} is not of the form Liaison <liaison@hana.example>"))?;
        let port = port.unwrap_or(match tls {
            MailTls::Tls => 465,
            MailTls::StartTls => 587,
            MailTls::None => 25,
        });
        Ok(Some(MailServer { host, port, tls, credentials, from }))
    }
}

impl FileText {
    /// The gateway, if one is named.
    pub(crate) fn settle(self) -> anyhow::Result<Option<TextGateway>> {
        let token = env("LIAISON_TEXT_TOKEN").map(Secret).or(self.token);
        let file = env("LIAISON_TEXT_TOKEN_FILE").map(PathBuf::from).or(self.token_file);
        let token = secret("text.token", token, file.as_deref())?;
        let Some(url) = env("LIAISON_TEXT_GATEWAY").or(self.gateway) else {
            if token.is_some() {
                bail!("text.gateway is missing: a token has no effect without the gateway's address");
            }
            return Ok(None);
        };
        let Some(token) = token else { bail!("text.token is missing: what the gateway knows this server by") };
        if !token.expose().bytes().all(|b| (b'!'..=b'~').contains(&b)) {
            bail!("text.token: holds characters that no header can carry");
        }
        let parsed: Option<axum::http::Uri> = url.parse().ok();
        let guarded = |uri: &axum::http::Uri| {
            let host = uri.host().unwrap_or_default();
            let scheme = uri.scheme_str().unwrap_or_default();
            let plain = uri.authority().is_some_and(|a| !a.as_str().contains('@'));
            plain && !host.is_empty() && (scheme == "https" || scheme == "http" && is_loopback(host))
        };
        match parsed.filter(guarded) {
            Some(url) => Ok(Some(TextGateway { url, token })),
            None => bail!(
                "text.gateway: not of the form https://sms.example.com/send; http:// is for a gateway on this machine"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Result<Option<MailServer>, String> {
        toml::from_str::<FileMail>(text).unwrap().settle().map_err(|error| format!("{error:#}"))
    }

    fn text(text: &str) -> Result<Option<TextGateway>, String> {
        toml::from_str::<FileText>(text).unwrap().settle().map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn i58_mail_crosses_no_network_in_the_clear() {
        let from = "from = \"Liaison <liaison@hana.example>\"\n";
        let server = mail(&format!("host = \"smtp.hana.example\"\n{from}")).unwrap().unwrap();
        assert_eq!((server.port, server.tls), (587, MailTls::StartTls));
        assert_eq!(mail("").unwrap(), None);
        for loopback in ["127.0.0.1", "localhost", "[::1]"] {
            assert!(mail(&format!("host = \"{loopback}\"\ntls = \"none\"\n{from}")).is_ok(), "{loopback}");
        }
        for (wrong, named) in [
            ("host = \"smtp.hana.example\"\ntls = \"none\"\n", "mail.tls"),
            ("host = \"smtp.hana.example\"\ntls = \"ssl\"\n", "mail.tls"),
            ("host = \"smtp.hana.example\"\nuser = \"liaison\"\n", "mail.password"),
            ("host = \"smtp.hana.example\"\npassword = \"x\"\n", "mail.user"),
            ("host = \"smtp.hana.example 25\"\n", "mail.host"),
            ("port = 25\n", "mail.host"),
        ] {
            let error = mail(&format!("{wrong}{from}")).unwrap_err();
            assert!(error.contains(named), "{wrong}: {error}");
        }
        assert!(mail("host = \"smtp.hana.example\"").unwrap_err().contains("mail.from"));
        assert!(mail("host = \"a.example\"\nfrom = \"nobody\"").unwrap_err().contains("mail.from"));
    }

    #[test]
    fn i58_text_messages_cross_no_network_in_the_clear() {
        assert_eq!(text("").unwrap(), None);
        for good in ["https://sms.example.com/send", "http://127.0.0.1:9/send", "http://[::1]:9/"] {
            assert!(text(&format!("gateway = \"{good}\"\ntoken = \"t\"")).is_ok(), "{good}");
        }
        for wrong in ["http://sms.example.com/send", "https://user:pw@sms.example.com/", "ftp://127.0.0.1/", "sms"] {
            let error = text(&format!("gateway = \"{wrong}\"\ntoken = \"t\"")).unwrap_err();
            assert!(error.starts_with("text.gateway"), "{error}");
        }
        assert!(text("gateway = \"https://sms.example.com/\"").unwrap_err().contains("text.token"));
        assert!(text("token = \"t\"").unwrap_err().contains("text.gateway"));
        assert!(text("gateway = \"https://a.example/\"\ntoken = \"a\\nb\"").is_err());
    }

    #[test]
    fn i53_a_secret_is_not_printed_with_the_settings() {
        let toml = "host = \"a.example\"\nfrom = \"a@a.example\"\nuser = \"u\"\npassword = \"hunter2\"";
        assert!(!format!("{:?}", mail(toml).unwrap()).contains("hunter2"));
        assert!(!format!("{:?}", toml::from_str::<FileMail>(toml).unwrap()).contains("hunter2"));
    }
}
