//! The real program on a real database, and people who use it over HTTP.
//!
//! Each test starts a server of its own on a free port, with a fresh SQLite folder or a fresh PostgreSQL database. A
//! missing PostgreSQL fails the test: nothing skips silently.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// The password of everybody.
pub const PASSWORD: &str = "correct horse battery";

/// A picture: a face of the demo.
pub const PICTURE: &[u8] = include_bytes!("../../../../demo/photos/hana-mina.png");

/// How long anything may take before a test gives up. Generous: a slow machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How many times more than in an everyday run a random test should try: `make campaign` sets it.
pub fn campaign() -> usize {
    std::env::var("LIAISON_CAMPAIGN").map_or(1, |factor| factor.parse().expect("LIAISON_CAMPAIGN is a number"))
}

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the server that `LIAISON_TEST_POSTGRES` names.
    Postgres,
}

/// One test on both databases.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name($crate::common::Backend::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name($crate::common::Backend::Postgres).await; })+
        }
    };
}

/// A running server.
pub struct TestServer {
    child: Child,
    pub url: String,
    pub folder: tempfile::TempDir,
    database: Option<String>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, whatever settings the environment of the tests has.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liaison"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LIAISON_")) {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end, with this on standard input.
pub fn run(args: &[&str], input: &str) -> std::process::Output {
    let mut command = program();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that refuses its arguments does not wait for its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// A database of one's own on the PostgreSQL of the tests.
pub async fn fresh_database() -> String {
    let base = std::env::var("LIAISON_TEST_POSTGRES")
        .expect("LIAISON_TEST_POSTGRES is not set: run `make test`, or `eval $(dev/postgres start)`");
    // Not by the number of the process: a cluster outlives many runs, and numbers come again.
    let name = format!("liaison_{:016x}", rand::random::<u64>());
    let pool = sqlx::PgPool::connect(&base).await.expect("the PostgreSQL of the tests");
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::Executor::execute(&pool, sql).await.expect("a database for this test");
    let (address, options) = base.split_once('?').map_or((base.as_str(), None), |(a, o)| (a, Some(o)));
    let (server, _) = address.rsplit_once('/').expect("an address with a database");
    let options = options.map_or_else(String::new, |o| format!("?{o}"));
    format!("{server}/{name}{options}")
}

impl TestServer {
    /// Starts a server without any company.
    pub async fn empty(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = if backend == Backend::Postgres { Some(fresh_database().await) } else { None };
        Self::on(folder, database, &[])
    }

    /// Starts a server on a folder, and a database where one is named, with these arguments besides.
    pub fn on(folder: tempfile::TempDir, database: Option<String>, args: &[&str]) -> Self {
        let (child, url) = start(folder.path(), database.as_deref(), args, &[]);
        Self { child, url, folder, database }
    }

    /// Starts a server without any company, with these variables in its environment.
    pub async fn with_environment(backend: Backend, environment: &[(&str, &std::ffi::OsStr)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = if backend == Backend::Postgres { Some(fresh_database().await) } else { None };
        let (child, url) = start(folder.path(), database.as_deref(), &[], environment);
        Self { child, url, folder, database }
    }

    /// The mails and text messages in the outbox, oldest first, as soon as there are this many.
    pub async fn letters(&self, at_least: usize) -> Vec<Value> {
        let folder = self.folder.path().join("outbox");
        eventually("letters in the outbox", || read_letters(&folder).filter(|letters| letters.len() >= at_least)).await
    }

    /// The address of the database, where it is PostgreSQL.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Sends a signal: `TERM`, `HUP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until the server has ended; answers its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Starts it again on the same data.
    pub fn start_again(&mut self) {
        self.start_again_with(&[]);
    }

    /// Starts a server with Hana Trading and Borealis Logistics, each with an owner (`aiko`, `claire`) and members.
    pub async fn with_two_companies(backend: Backend) -> Self {
        let server = Self::empty(backend).await;
        server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
        server.company("borealis.example", "Borealis Logistics", "CA", "claire", "Claire Gagnon");
        server
    }

    /// Ends the server without a word.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Runs the command line on a data folder.
    pub fn program_on(folder: &std::path::Path, args: &[&str]) -> std::process::Output {
        program().args(args).arg("--data").arg(folder).output().unwrap()
    }

    /// Ends the server without a word, and starts it again on the same data.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.start_again();
    }

    /// Starts the server again after [`TestServer::kill`], with these variables in its environment.
    pub fn start_again_with(&mut self, environment: &[(&str, &std::ffi::OsStr)]) {
        let (child, url) = start(self.folder.path(), self.database.as_deref(), &[], environment);
        self.child = child;
        self.url = url;
    }

    /// Runs the command line on the same data, with this on standard input.
    pub fn cli(&self, args: &[&str], input: &str) -> std::process::Output {
        let folder = self.folder.path().to_str().unwrap();
        let mut args = [args, &["--data", folder]].concat();
        if let Some(database) = &self.database {
            args.extend(["--database", database]);
        }
        run(&args, input)
    }

    /// Changes the database behind the server's back, to bring about what takes a fault.
    pub async fn sql(&self, statement: &'static str) {
        if let Some(database) = &self.database {
            let pool = sqlx::PgPool::connect(database).await.unwrap();
            sqlx::Executor::execute(&pool, statement).await.unwrap();
        } else {
            let file = format!("sqlite://{}", self.folder.path().join("liaison.db").display());
            let pool = sqlx::SqlitePool::connect(&file).await.unwrap();
            sqlx::Executor::execute(&pool, statement).await.unwrap();
        }
    }

    /// Makes a company by the command line.
    pub fn company(&self, domain: &str, name: &str, country: &str, owner: &str, owner_name: &str) -> Value {
        let args = [
            "company",
            "create",
            "--json",
            "--domain",
            domain,
            "--name",
            name,
            "--country",
            country,
            "--owner",
            owner,
            "--owner-name",
            owner_name,
            "--password-stdin",
        ];
        let output = self.cli(&args, PASSWORD);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Somebody signed in by a token, made by the command line (which costs no password hash).
    pub async fn person(&self, handle: &str) -> Person {
        let output = self.cli(&["token", "create", handle, "--label", "test", "--json"], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let token: Value = serde_json::from_slice(&output.stdout).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let token = token["token"].as_str().unwrap().to_owned();
        let mut person = Person { url: self.url.clone(), client, token, id: String::new(), handle: handle.to_owned() };
        person.id = common_id(&person.get("/me").await);
        person
    }

    /// A new member, made by an owner, and signed in.
    pub async fn member(&self, owner: &Person, handle: &str, name: &str) -> Person {
        owner.post("/company/members", json!({ "handle": handle, "name": name })).await.must(201);
        self.person(handle).await
    }

    /// The codes that were sent to a phone number, oldest first, once there are so many.
    pub async fn phone_codes(&self, phone: &str, count: usize) -> Vec<String> {
        let outbox = self.folder.path().join("outbox");
        eventually(&format!("{count} codes for {phone}"), || {
            let letters = read_letters(&outbox)?;
            let texts = letters.iter().filter(|l| l["to"] == phone).map(|l| six_digits(l["text"].as_str().unwrap()));
            let texts: Vec<String> = texts.collect();
            (texts.len() >= count).then_some(texts)
        })
        .await
    }

    /// The usual four: both owners, Mina of Hana and Leo of Borealis. External chat is off.
    pub async fn cast(&self) -> Cast {
        let (aiko, claire) = (self.person("aiko@hana.example").await, self.person("claire@borealis.example").await);
        let mina = self.member(&aiko, "mina@hana.example", "Mina Sato").await;
        let leo = self.member(&claire, "leo@borealis.example", "Leo Tremblay").await;
        Cast { aiko, claire, mina, leo }
    }
}

/// All JSON files of a folder, in the order of their names; none where there is no such folder.
pub fn read_letters(folder: &std::path::Path) -> Option<Vec<Value>> {
    let mut names: Vec<_> = std::fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path()).collect();
    names.retain(|name| name.extension().is_some_and(|kind| kind == "json"));
    names.sort();
    Some(names.iter().map(|name| serde_json::from_slice(&std::fs::read(name).unwrap()).unwrap()).collect())
}

/// Looks again and again until there is something, which another program brings about.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(std::time::Instant::now() < until, "no {what} within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn six_digits(text: &str) -> String {
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    runs.find(|run| run.len() == 6).unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

fn start(
    folder: &std::path::Path,
    database: Option<&str>,
    args: &[&str],
    environment: &[(&str, &std::ffi::OsStr)],
) -> (Child, String) {
    let mut command = program();
    command.envs(environment.iter().copied());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder).args(args).stdout(Stdio::piped());
    if let Some(database) = database {
        command.args(["--database", database]);
    }
    let mut child = command.env("LIAISON_LOG", "error").spawn().expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("Liaison is ready at ").expect("the ready line").to_owned();
    (child, url)
}

/// Both owners and one member each.
pub struct Cast {
    pub aiko: Person,
    pub claire: Person,
    pub mina: Person,
    pub leo: Person,
}

impl Cast {
    /// Both companies allow each other, and Mina and Leo hold the permission.
    pub async fn allow(&self) {
        for (owner, member) in [(&self.aiko, &self.mina), (&self.claire, &self.leo)] {
            owner.allow().await;
            owner.grant(&[member]).await;
        }
    }

    /// As [`Cast::allow`], and Mina has added Leo. Answers the direct room.
    pub async fn meet(&self) -> String {
        self.allow().await;
        self.mina.add(&self.leo).await["roomId"].as_str().unwrap().to_owned()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body, where the status is this one.
    #[track_caller]
    pub fn must(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }

    /// The reasons of a refusal, as `side code`, sorted.
    #[track_caller]
    pub fn refused(self) -> Vec<String> {
        let body = self.must(403);
        assert!(body["reference"].as_str().is_some_and(|r| r.starts_with("ref_")), "{body}");
        reasons(&body["reasons"])
    }
}

/// Reasons as `side code`, sorted; each carries a sentence and a remedy.
#[track_caller]
pub fn reasons(of: &Value) -> Vec<String> {
    let mut found: Vec<String> = of
        .as_array()
        .expect("reasons")
        .iter()
        .map(|r| {
            assert!(!r["text"].as_str().unwrap().is_empty() && !r["remedy"].as_str().unwrap().is_empty(), "{r}");
            format!("{} {}", r["side"].as_str().unwrap(), r["code"].as_str().unwrap())
        })
        .collect();
    found.sort();
    found
}

/// Somebody who uses the API with a token.
#[derive(Clone)]
pub struct Person {
    pub url: String,
    pub client: reqwest::Client,
    pub token: String,
    pub id: String,
    pub handle: String,
}

impl Person {
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call_with(&[], method, path, body).await
    }

    /// With these headers.
    pub async fn call_with(&self, headers: &[(&str, &str)], method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, None).await.must(200)
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Under an `Idempotency-Key`.
    pub async fn post_once(&self, key: &str, path: &str, body: Value) -> Answer {
        self.call_with(&[("idempotency-key", key)], Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// Puts a picture, whatever type it is said to be.
    pub async fn put_picture(&self, path: &str, said_to_be: &str, picture: &[u8]) -> Answer {
        let address = format!("{}/api/v1{path}", self.url);
        let request = self.client.put(address).bearer_auth(&self.token).header("content-type", said_to_be);
        let response = request.body(picture.to_vec()).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    /// Allows people of other companies, as an owner does.
    pub async fn allow(&self) {
        self.patch("/company/external/partner", json!({ "connect": "allow" })).await.must(200);
    }

    pub async fn grant(&self, people: &[&Person]) -> Value {
        let ids: Vec<&str> = people.iter().map(|p| p.id.as_str()).collect();
        self.post("/company/external/partner/grants", json!({ "memberIds": ids })).await.must(200)
    }

    pub async fn revoke(&self, person: &Person) -> Value {
        self.post("/company/external/partner/grants/revoke", json!({ "memberIds": [person.id] })).await.must(200)
    }

    pub async fn look_up(&self, handle: &str) -> Answer {
        self.post("/people/lookup", json!({ "handle": handle })).await
    }

    /// Looks somebody up and adds them.
    pub async fn add(&self, other: &Person) -> Value {
        let card = self.look_up(&other.handle).await.must(200);
        self.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201)
    }

    pub async fn send(&self, room: &str, client_id: &str, text: &str) -> Answer {
        self.post(&format!("/rooms/{room}/messages"), json!({ "clientId": client_id, "text": text })).await
    }

    /// The texts of a room's messages, notices as `*type*`, in order.
    pub async fn texts(&self, room: &str) -> Vec<String> {
        let page = self.get(&format!("/rooms/{room}/messages?limit=200")).await;
        page["items"].as_array().unwrap().iter().map(line).collect()
    }

    pub async fn room(&self, room: &str) -> Value {
        self.get(&format!("/rooms/{room}")).await
    }

    /// The actions in one's company's log, oldest first.
    pub async fn audit(&self) -> Vec<String> {
        let page = self.get("/company/audit?limit=200").await;
        let entries = page["items"].as_array().unwrap().iter().rev();
        entries.map(|e| e["action"].as_str().unwrap().to_owned()).collect()
    }

    /// The kinds of frames that are told to whoever comes back with this cursor.
    pub async fn told_on_return(&self, cursor: &str) -> Vec<String> {
        let mut socket = self.socket().await;
        socket.say(json!({ "op": "resume", "cursor": cursor })).await;
        socket.heard().await
    }

    /// A cursor behind all that has happened and was handed out. What the command line wrote is noticed a moment later,
    /// and what comes behind it waits so long: so something of one's own is changed (to what it was), and awaited.
    pub async fn here(&self) -> String {
        let mut socket = self.socket().await;
        self.patch("/me", json!({})).await.must(200);
        socket.until("me").await;
        self.socket().await.cursor
    }

    /// Opens a socket and waits until it is ready.
    pub async fn socket(&self) -> Socket {
        let url = format!("{}/api/v1/realtime", self.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        let (stream, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let mut socket = Socket { stream, cursor: String::new(), seen: Vec::new() };
        socket.until("ready").await;
        socket
    }
}

fn common_id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// A line of a room as text.
pub fn line(message: &Value) -> String {
    if message["kind"] == "notice" {
        format!("*{}*", message["notice"]["type"].as_str().unwrap())
    } else {
        message["text"].as_str().unwrap().to_owned()
    }
}

type Stream = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// A realtime socket.
pub struct Socket {
    stream: Stream,
    /// The newest cursor received.
    pub cursor: String,
    /// Every frame received.
    pub seen: Vec<Value>,
}

impl Socket {
    pub async fn say(&mut self, frame: Value) {
        self.say_text(frame.to_string()).await;
    }

    /// Says something that need not be a frame.
    pub async fn say_text(&mut self, text: String) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next frame; none where the server closed the socket.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("a frame in time");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if let Some(cursor) = frame["cursor"].as_str() {
                        cursor.clone_into(&mut self.cursor);
                    }
                    self.seen.push(frame.clone());
                    return Some(frame);
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The kinds of frames received up to now, without greetings; they are forgotten.
    pub async fn heard(&mut self) -> Vec<String> {
        self.say(json!({ "op": "no such frame" })).await;
        self.until("error").await;
        let ops = self.seen.drain(..).map(|f| f["op"].as_str().unwrap().to_owned());
        ops.filter(|op| op != "ready" && op != "error").collect()
    }

    /// Reads on until a frame of this kind.
    pub async fn until(&mut self, op: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("the socket closed before a frame {op:?}"));
            if frame["op"] == op {
                return frame;
            }
        }
    }

    /// Reads on until a message with this text.
    pub async fn until_text(&mut self, text: &str) -> Value {
        loop {
            let frame = self.until("message").await;
            if frame["message"]["text"] == text {
                return frame;
            }
        }
    }

    /// Reads on until the room stands like this.
    pub async fn until_room(&mut self, room: &str, status: &str) -> Value {
        loop {
            let frame = self.until("room").await;
            if frame["room"]["id"] == room && frame["room"]["state"]["status"] == status {
                return frame["room"].clone();
            }
        }
    }

    /// Reads on until the server closes; answers the code.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("closed in time");
            match message {
                Some(Ok(Message::Close(frame))) => return frame.map(|f| f.code.into()),
                Some(Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The lines of a room received so far, as `(seq, text)`.
    pub fn lines(&self, room: &str) -> Vec<(i64, String)> {
        let messages = self.seen.iter().filter(|f| f["op"] == "message" && f["message"]["roomId"] == room);
        messages.map(|f| (f["message"]["seq"].as_i64().unwrap(), line(&f["message"]))).collect()
    }
}
