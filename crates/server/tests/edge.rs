//! How the server is reached, and how it ends: TLS by files, proxies, signals.

mod common;

use common::{Backend, TestServer, run};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

on_both!(i17_a_server_told_to_end_finishes_what_it_began_and_loses_nothing);

/// Writes a fresh certificate for this machine, and its key; answers the certificate.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    write_private(&folder.join("key.pem"), &made.signing_key.serialize_pem());
    CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()
}

fn write_private(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// Connects as a client that trusts this certificate alone, and speaks HTTP/1.1.
async fn connect(url: &str, trusted: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    connect_with(url, trusted, &[]).await
}

async fn connect_with(
    url: &str,
    trusted: &CertificateDer<'static>,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(url.strip_prefix("https://").unwrap()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), tcp).await
}

/// One request over TLS. Answers the head and the body.
async fn ask(url: &str, trusted: &CertificateDer<'static>, head: &str, body: &str) -> (String, String) {
    let mut stream = connect(url, trusted).await.unwrap();
    let host = url.strip_prefix("https://").unwrap();
    let request =
        format!("{head}\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Some servers end without the closing alert; what counts is the answer.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn i58_tls_by_files_serves_pages_sockets_and_cookies_and_takes_renewed_certificates() {
    let certificates = tempfile::tempdir().unwrap();
    let first = certify(certificates.path());
    let (cert, key) = (certificates.path().join("cert.pem"), certificates.path().join("key.pem"));
    let args = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = TestServer::on(tempfile::tempdir().unwrap(), None, &args);
    let url = server.url.clone();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");

    let (head, body) = ask(&url, &first, "GET /health/ready HTTP/1.1", "").await;
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("ready"), "{head} {body}");
    assert!(head.contains("strict-transport-security: max-age=31536000"), "{head}");

    // The cookie is one that no other host and no plain connection can set.
    let login = json!({ "handle": "aiko@hana.example", "password": common::PASSWORD }).to_string();
    let sign_in =
        |origin: &str| format!("POST /api/v1/sessions HTTP/1.1\r\ncontent-type: application/json\r\norigin: {origin}");
    let (head, body) = ask(&url, &first, &sign_in(&url), &login).await;
    assert!(head.starts_with("HTTP/1.1 20"), "{head} {body}");
    let cookie = head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).expect("a cookie").to_owned();
    assert!(cookie.starts_with("__Host-liaison_session=") && cookie.contains("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();

    // I-43: our own origin is the one with TLS; the same host without is another.
    let change = |origin: &str| {
        format!(
            "PATCH /api/v1/me HTTP/1.1\r\ncontent-type: application/merge-patch+json\r\norigin: {origin}\r\ncookie: {cookie}"
        )
    };
    let (head, body) = ask(&url, &first, &change(&url), "{}").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
    let (head, body) = ask(&url, &first, &change(&url.replace("https", "http")), "{}").await;
    assert!(head.starts_with("HTTP/1.1 403") && body.contains("CROSS_SITE"), "{head} {body}");

    // I-42: the same for sockets.
    for (origin, welcome) in [(url.clone(), true), (url.replace("https", "http"), false)] {
        let mut request = format!("{}/api/v1/realtime", url.replace("https", "ws")).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let stream = connect(&url, &first).await.unwrap();
        let opened = tokio_tungstenite::client_async(request, stream).await;
        assert_eq!(opened.is_ok(), welcome, "{origin}");
        if let Ok((mut socket, _)) = opened {
            let frame = futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap();
            let Message::Text(text) = frame else { panic!("{frame:?}") };
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["op"], "ready");
        }
    }

    // Renewed: whoever trusts the new certificate only gets in after a SIGHUP, without a restart.
    let second = certify(certificates.path());
    assert!(connect(&url, &second).await.is_err());
    server.signal("HUP");
    let taken = async { while connect(&url, &second).await.is_err() {} };
    tokio::time::timeout(common::PATIENCE, taken).await.expect("the renewed certificate in use");
    assert!(connect(&url, &first).await.is_err());
    // What cannot be used is not taken; the one in use stays.
    std::fs::write(&cert, "no certificate").unwrap();
    server.signal("HUP");
    for _ in 0..20 {
        assert!(connect(&url, &second).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i43_browsers_that_speak_http_2_come_from_our_own_pages_too() {
    let certificates = tempfile::tempdir().unwrap();
    let certificate = certify(certificates.path());
    let (cert, key) = (certificates.path().join("cert.pem"), certificates.path().join("key.pem"));
    let args = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = TestServer::on(tempfile::tempdir().unwrap(), None, &args);
    server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
    let stream = connect_with(&server.url, &certificate, &["h2"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    // No `Host` here: HTTP/2 names the server in the address. What counts as our own page must not depend on that.
    for (origin, expected) in [(server.url.clone(), 204), ("https://evil.example".to_owned(), 403)] {
        let mut client = client.clone().ready().await.unwrap();
        let request = h2_request(&server.url, &origin);
        let (answer, mut body) = client.send_request(request, false).unwrap();
        let login = json!({ "handle": "aiko@hana.example", "password": common::PASSWORD }).to_string();
        body.send_data(login.into(), true).unwrap();
        assert_eq!(answer.await.unwrap().status().as_u16(), expected, "{origin}");
    }
}

fn h2_request(url: &str, origin: &str) -> axum::http::Request<()> {
    let request = axum::http::Request::post(format!("{url}/api/v1/sessions"));
    request.header("content-type", "application/json").header("origin", origin).body(()).unwrap()
}

/// What the program says when it refuses to start.
#[track_caller]
fn refusal(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut child = common::program()
        .args(["serve", "--data", folder.path().to_str().unwrap()])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!((line.as_str(), output.status.code()), ("", Some(1)), "it started with {args:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn i58_what_is_not_safe_or_not_understood_does_not_start() {
    let files = tempfile::tempdir().unwrap();
    certify(files.path());
    let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let open = ["--listen", "0.0.0.0:0"];
    assert!(refusal(&open).contains("trusted_proxy"));
    assert!(refusal(&[&open[..], &["--public-url", "https://chat.hana.example"]].concat()).contains("trusted_proxy"));
    assert!(refusal(&["--trusted-proxy", "everybody"]).starts_with("liaison: trusted_proxy:"));
    assert!(refusal(&["--tls-cert", cert]).contains("tls_key"));
    assert!(refusal(&["--tls-cert", cert, "--tls-key", "/nowhere"]).contains("/nowhere"));
    assert!(refusal(&["--listen", "127.0.0.1:0", "--tls-cert", key, "--tls-key", key]).contains("cannot be used"));
    std::fs::set_permissions(key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(refusal(&["--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key]).contains("chmod o="));

    let config = files.path().join("liaison.toml");
    for (text, complaint) in [
        ("lisen = \"127.0.0.1:1\"", "lisen"),
        ("trusted_proxy = \"10.0.0.1\"", "trusted_proxy"),
        ("log_format = \"yaml\"", "log_format"),
        ("listen = ", "liaison.toml"),
    ] {
        std::fs::write(&config, text).unwrap();
        let error = refusal(&["--config", config.to_str().unwrap()]);
        assert!(error.contains(complaint), "{error}");
    }

    // The server's own key: made for its user alone, and refused once others can read it.
    let folder = tempfile::tempdir().unwrap();
    let list = ["company", "list", "--data", folder.path().to_str().unwrap()];
    assert!(run(&list, "").status.success());
    let secret = folder.path().join("keys/server.key");
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&secret.metadata().unwrap()) & 0o777, 0o600);
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let error = String::from_utf8_lossy(&run(&list, "").stderr).into_owned();
    assert!(error.contains("chmod 600"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i48_the_address_of_a_client_is_the_one_its_trusted_proxy_names() {
    for (args, expected) in [(&["--trusted-proxy", "127.0.0.1"][..], "203.0.113.5"), (&[], "127.0.0.1")] {
        let server = TestServer::on(tempfile::tempdir().unwrap(), None, args);
        server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let login = json!({ "handle": "aiko@hana.example", "password": common::PASSWORD });
        let request = client.post(format!("{}/api/v1/sessions", server.url)).header("origin", &server.url);
        let answer = request.header("x-forwarded-for", "198.51.100.1, 203.0.113.5").json(&login).send().await.unwrap();
        assert!(answer.status().is_success());
        let log = server.person("aiko@hana.example").await.get("/company/audit?limit=200").await;
        let started = log["items"].as_array().unwrap().iter().find(|e| e["action"] == "session.started").unwrap();
        assert_eq!(started["ip"], expected);
    }
}

/// Everybody in the demo has one password, which is printed.
#[test]
fn i58_the_demo_is_for_this_machine_and_fills_no_database_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let said = |settings: &[(&str, &str)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_liaison"));
        command.args(["demo", "--data", folder.path().to_str().unwrap()]).envs(settings.iter().copied());
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let proxied = [
        ("LIAISON_LISTEN", "0.0.0.0:0"),
        ("LIAISON_TRUSTED_PROXY", "10.0.0.7"),
        ("LIAISON_PUBLIC_URL", "https://chat.hana.example"),
    ];
    assert!(said(&proxied).contains("this machine alone"));
    assert!(said(&[("LIAISON_DATABASE", "postgres://nobody@localhost/theirs")]).contains("--database"));
}

/// The metrics count what people are not told, so that they are for this machine alone, and for whom a setting names.
#[tokio::test(flavor = "multi_thread")]
async fn i05_metrics_are_not_for_everybody() {
    let proxied = ["--trusted-proxy", "127.0.0.1"];
    for (args, forwarded, expected) in [
        (&[][..], None, 200),
        (&[], Some("127.0.0.1"), 404),
        (&proxied, None, 200),
        (&proxied, Some("203.0.113.5"), 404),
    ] {
        let server = TestServer::on(tempfile::tempdir().unwrap(), None, args);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(format!("{}/metrics", server.url));
        if let Some(address) = forwarded {
            request = request.header("x-forwarded-for", address);
        }
        assert_eq!(request.send().await.unwrap().status(), expected, "{args:?} {forwarded:?}");
    }
}

async fn i17_a_server_told_to_end_finishes_what_it_began_and_loses_nothing(backend: Backend) {
    let mut server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let mut socket = cast.leo.socket().await;
    // A request that the server has begun to read, and cannot finish yet: it asked for the rest itself.
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let mut slow = TcpStream::connect(&address).await.unwrap();
    let body = json!({ "clientId": "slow", "text": "begun before the end" }).to_string();
    let head = format!(
        "POST /api/v1/rooms/{room}/messages HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        cast.mina.token,
        body.len()
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut buffer = [0; 25];
    slow.read_exact(&mut buffer).await.unwrap();
    assert!(buffer.starts_with(b"HTTP/1.1 100 Continue"));
    let sent = futures_util::future::join_all((0..20).map(|i| {
        let (mina, room) = (cast.mina.clone(), room.clone());
        async move { mina.send(&room, &format!("{i}"), &format!("{i}")).await.must(201) }
    }));
    assert_eq!(sent.await.len(), 20);

    server.signal("TERM");
    // Sockets hear that the server goes, so that they come back and do not sign in anew.
    assert_eq!(socket.closed().await, Some(1001));
    // Nobody is accepted any more…
    let refused = async { while TcpStream::connect(&address).await.is_ok() {} };
    tokio::time::timeout(common::PATIENCE, refused).await.expect("nobody is accepted");
    // …and what was begun is finished.
    slow.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(tokio::task::block_in_place(|| server.ended()), Some(0));
    if backend == Backend::Sqlite {
        let log = server.folder.path().join("liaison.db-wal");
        assert!(!log.exists(), "the log was moved into the database");
    }
    server.start_again();
    let texts = server.person("mina@hana.example").await.texts(&room).await;
    assert_eq!(texts.len(), 21);
    assert_eq!(texts.last().unwrap(), "begun before the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn i33_a_hangup_without_tls_does_not_end_the_server() {
    let server = TestServer::with_two_companies(Backend::Sqlite).await;
    server.signal("HUP");
    server.person("aiko@hana.example").await.get("/company/audit").await;
}
