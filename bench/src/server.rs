//! The server as a process, its command line, and requests to it one at a time.

use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Which program, and where its data is.
pub(crate) struct Place {
    program: PathBuf,
    folder: PathBuf,
    database: Option<String>,
}

impl Place {
    pub(crate) fn new(program: PathBuf, folder: &Path, database: &str) -> Self {
        let database = (database != "sqlite").then(|| database.to_owned());
        Self { program, folder: folder.to_owned(), database }
    }

    /// A name that no other run on the same database has: from the folder's random letters.
    pub(crate) fn unique_name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        name.rsplit('-').next().unwrap_or_default().to_owned()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // The run is described by its arguments alone.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LIAISON_")) {
            command.env_remove(name);
        }
        command.arg("--data").arg(self.folder.join("data"));
        if let Some(address) = &self.database {
            command.arg("--database").arg(address);
        }
        command
    }

    /// Runs a command of the program and answers the JSON that it prints.
    pub(crate) fn cli(&self, arguments: &[&str], input: &str) -> anyhow::Result<Value> {
        let mut child = self
            .command()
            .arg("--json")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        // Where the program does not read it, its exit code and its words say more than the broken pipe.
        let _ = child.stdin.take().context("no standard input")?.write_all(input.as_bytes());
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("liaison {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("liaison {}", arguments.join(" ")))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn start(&self) -> anyhow::Result<Server> {
        let log = std::fs::File::options().create(true).append(true).open(self.log())?;
        let mut child = self
            .command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout);
        // From here on the process ends with this value, whatever happens.
        let mut server = Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.trim().split_once("ready at http://") {
                server.address = address.parse().context("the address that the server printed")?;
                return Ok(server);
            }
            line.clear();
        }
        bail!("the server did not start:\n{}", self.end_of_log())
    }

    /// The last lines of what the server logged.
    pub(crate) fn end_of_log(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without a chance to tidy up.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// One connection for requests, one after the other.
pub(crate) struct Http(BufReader<TcpStream>);

impl Http {
    pub(crate) fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Calls the API; anything but success is an error.
    pub(crate) fn call(&mut self, method: &str, path: &str, token: &str, body: &Value) -> anyhow::Result<Value> {
        let more = format!("Authorization: Bearer {token}\r\n");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.request(method, &format!("/api/v1{path}"), &more, &body)?;
        if !(200..300).contains(&status) {
            bail!("{method} {path}: {status} {}", String::from_utf8_lossy(&answer));
        }
        if answer.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&answer)?) }
    }

    /// Calls the API for its status alone.
    pub(crate) fn status(&mut self, method: &str, path: &str, token: &str, body: &Value) -> anyhow::Result<u16> {
        let more = format!("Authorization: Bearer {token}\r\n");
        Ok(self.request(method, &format!("/api/v1{path}"), &more, &body.to_string())?.0)
    }

    /// Reads a page of plain text.
    pub(crate) fn text(&mut self, path: &str) -> anyhow::Result<String> {
        let (status, answer) = self.request("GET", path, "", "")?;
        if status != 200 {
            bail!("GET {path}: {status}");
        }
        Ok(String::from_utf8(answer)?)
    }

    fn request(&mut self, method: &str, path: &str, more: &str, body: &str) -> anyhow::Result<(u16, Vec<u8>)> {
        let host = self.0.get_ref().peer_addr()?;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             {more}\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).context("no answer")?;
        let mut length = 0;
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            } else if header.starts_with("transfer-encoding:") {
                bail!("{method} {path}: an answer of unknown length");
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer)?;
        Ok((status, answer))
    }
}
