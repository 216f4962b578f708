//! A mail server that others wrote, for tests that send real mail.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

use crate::common::{eventually, read_letters};
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// How a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    None,
    StartTls,
    Tls,
}

impl Protection {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
        }
    }
}

/// A running mail server; it knows the user `liaison` with this password.
pub struct MailServer {
    child: Child,
    pub port: u16,
    pub tls: Protection,
    pub folder: tempfile::TempDir,
}

pub const MAIL_PASSWORD: &str = "only-the-mail-server-knows";

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, tls: Protection, port: u16) -> (Child, u16) {
    let command = std::env::var("LIAISON_TEST_SMTP")
        .expect("LIAISON_TEST_SMTP is not set: run `make test`, or `export LIAISON_TEST_SMTP=\"$(dev/smtp command)\"`");
    let mut words = command.split_whitespace();
    let mut command = Command::new(words.next().expect("a command"));
    command
        .args(words)
        .args(["--port", &port.to_string(), "--tls", tls.as_str(), "--folder"])
        .arg(folder.join("mails"));
    if tls != Protection::None {
        command.arg("--cert").arg(folder.join("cert.pem")).arg("--key").arg(folder.join("key.pem"));
        command.args(["--user", "liaison", "--password", MAIL_PASSWORD]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the mail server starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().strip_prefix("ready ").expect("the mail server's ready line").parse().unwrap();
    (child, port)
}

impl MailServer {
    pub fn start(tls: Protection) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mails")).unwrap();
        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&pair).unwrap();
        std::fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), pair.serialize_pem()).unwrap();
        let (child, port) = spawn(folder.path(), tls, 0);
        Self { child, port, tls, folder }
    }

    /// Nobody listens any more.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Listens again where it did.
    pub fn start_again(&mut self) {
        self.child = spawn(self.folder.path(), self.tls, self.port).0;
    }

    /// The settings of a server that sends by this one, as variables of its environment.
    pub fn settings(&self) -> Vec<(&'static str, OsString)> {
        let mut settings = vec![
            ("LIAISON_MAIL_HOST", "localhost".into()),
            ("LIAISON_MAIL_PORT", self.port.to_string().into()),
            ("LIAISON_MAIL_TLS", self.tls.as_str().into()),
            ("LIAISON_MAIL_FROM", "Liaison <liaison@chat.example>".into()),
            ("SSL_CERT_FILE", self.folder.path().join("cert.pem").into()),
        ];
        if self.tls != Protection::None {
            settings.push(("LIAISON_MAIL_USER", "liaison".into()));
            settings.push(("LIAISON_MAIL_PASSWORD", MAIL_PASSWORD.into()));
        }
        settings
    }

    /// The mails it took, oldest first.
    pub fn mails(&self) -> Vec<Value> {
        read_letters(&self.folder.path().join("mails")).unwrap_or_default()
    }

    /// The mails it took, as soon as there are this many.
    pub async fn taken(&self, at_least: usize) -> Vec<Value> {
        eventually("mails at the mail server", || Some(self.mails()).filter(|m| m.len() >= at_least)).await
    }
}

/// A header of a mail.
#[track_caller]
pub fn header<'m>(mail: &'m Value, name: &str) -> &'m str {
    let all: Vec<&Value> = mail["headers"].as_array().unwrap().iter().filter(|h| h[0] == name).collect();
    assert_eq!(all.len(), 1, "{name}: {mail}");
    all[0][1].as_str().unwrap()
}
