//! Passwords set by a link in a mail: forgotten ones, and first ones of new members.

mod common;

use common::{Answer, Backend, PASSWORD, Person, TestServer, eventually, read_letters};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a11_an_invited_member_sets_their_first_password,
    i41_a_password_set_by_a_link_ends_all_sessions_and_the_link,
    i48_a_request_for_a_password_answers_alike_for_everybody,
    i05_a_link_of_nobody_answers_as_none_does,
    a11_an_administrator_sends_a_link_instead_of_a_password,
);

const NEW: &str = "another horse battery";

/// Hana Trading with its owner, and Mina, who has a password and an e-mail address.
async fn hana(backend: Backend) -> (TestServer, Person, Person) {
    let server = TestServer::empty(backend).await;
    server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
    let aiko = server.person("aiko@hana.example").await;
    let mina = json!({ "handle": "mina@hana.example", "name": "Mina Sato", "password": PASSWORD, "email": "mina@mail.example" });
    aiko.post("/company/members", mina).await.must(201);
    let mina = server.person("mina@hana.example").await;
    (server, aiko, mina)
}

/// Without signing in.
async fn knock(server: &TestServer, path: &str, body: Value) -> Answer {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.post(format!("{}/api/v1{path}", server.url)).json(&body).send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

async fn forgot(server: &TestServer, handle: &str) -> Answer {
    knock(server, "/password-resets", json!({ "handle": handle })).await
}

async fn set(server: &TestServer, secret: &str, password: &str) -> Answer {
    knock(server, "/password-resets/password", json!({ "secret": secret, "password": password })).await
}

async fn read(server: &TestServer, secret: &str) -> Answer {
    knock(server, "/password-resets/link", json!({ "secret": secret })).await
}

async fn sign_in(server: &TestServer, password: &str) -> u16 {
    let body = json!({ "handle": "mina@hana.example", "password": password });
    knock(server, "/sessions", body).await.status.as_u16()
}

/// The secrets mailed to an address, oldest first, as soon as there are this many.
async fn secrets(server: &TestServer, address: &str, at_least: usize) -> Vec<String> {
    let folder = server.folder.path().join("outbox");
    eventually("links", || {
        let letters = read_letters(&folder)?;
        let of_them = letters.iter().filter(|l| l["to"] == address);
        let secrets: Vec<String> =
            of_them.map(|l| l["links"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect();
        (secrets.len() >= at_least).then_some(secrets)
    })
    .await
}

async fn a11_an_invited_member_sets_their_first_password(backend: Backend) {
    let (server, aiko, _) = hana(backend).await;
    let ken = json!({ "handle": "ken@hana.example", "name": "Ken", "email": "ken@mail.example" });
    let ken = aiko.post("/company/members", ken).await.must(201);
    let link = &ken["signIn"]["link"];
    assert_eq!(
        (&ken["signIn"]["hasPassword"], &link["purpose"], &link["state"]),
        (&json!(false), &json!("first"), &json!("open"))
    );
    let letters = server.letters(1).await;
    assert_eq!((&letters[0]["kind"], &letters[0]["to"]), (&json!("mail"), &json!("ken@mail.example")));
    assert!(letters[0]["links"][0].as_str().unwrap().starts_with(&format!("{}/reset-password/", server.url)));
    let first = secrets(&server, "ken@mail.example", 1).await.remove(0);
    // Sent again: the first link serves no longer.
    let path = format!("/company/members/{}", ken["id"].as_str().unwrap());
    let again = aiko.post(&format!("{path}/password-link"), json!({})).await.must(202);
    assert_eq!(again["signIn"]["link"]["purpose"], "first");
    let second = secrets(&server, "ken@mail.example", 2).await.remove(1);
    assert_eq!(read(&server, &first).await.must(409)["code"], "LINK_REPLACED");
    assert_eq!(set(&server, &first, NEW).await.must(409)["code"], "LINK_REPLACED");
    let holder = read(&server, &second).await.must(200);
    assert_eq!(holder, json!({ "purpose": "first", "handle": "ken@hana.example", "name": "Ken" }));
    assert_eq!(set(&server, &second, "short").await.must(422)["errors"][0]["pointer"], "/password");
    set(&server, &second, NEW).await.must(204);
    assert_eq!(set(&server, &second, "yet another horse").await.must(409)["code"], "LINK_USED");
    let body = json!({ "handle": "ken@hana.example", "password": NEW });
    assert_eq!(knock(&server, "/sessions", body).await.status, 204);
    let seen = aiko.get(&path).await;
    assert_eq!((&seen["signIn"]["hasPassword"], &seen["signIn"]["link"]["state"]), (&json!(true), &json!("used")));
    // How somebody signs in is for administrators.
    let colleague = server.person("ken@hana.example").await;
    assert!(colleague.get(&path).await["signIn"].is_null());
    assert_eq!(colleague.post(&format!("{path}/password-link"), json!({})).await.must(403)["code"], "ROLE_REQUIRED");
    let audit = aiko.audit().await;
    for action in ["member.created", "passwordLink.sent", "password.reset", "session.started"] {
        assert!(audit.iter().any(|a| a == action), "{action}: {audit:?}");
    }
}

async fn i41_a_password_set_by_a_link_ends_all_sessions_and_the_link(backend: Backend) {
    let (server, aiko, mina) = hana(backend).await;
    let mut socket = mina.socket().await;
    forgot(&server, " Mina@Hana.Example ").await.must(202);
    let secret = secrets(&server, "mina@mail.example", 1).await.remove(0);
    assert!(secret.len() >= 22, "128 bits at least");
    assert_eq!(sign_in(&server, PASSWORD).await, 204, "asking changes nothing");
    set(&server, &secret, NEW).await.must(204);
    assert_eq!(socket.closed().await, Some(4001));
    assert_eq!(mina.call(Method::GET, "/me", None).await.status, 401);
    assert_eq!((sign_in(&server, PASSWORD).await, sign_in(&server, NEW).await), (401, 204));
    assert_eq!(read(&server, &secret).await.must(409)["code"], "LINK_USED");
    // A newer one replaces an older one, and an hour is its end.
    forgot(&server, "mina@hana.example").await.must(202);
    let old = secrets(&server, "mina@mail.example", 2).await.remove(1);
    forgot(&server, "mina@hana.example").await.must(202);
    let new = secrets(&server, "mina@mail.example", 3).await.remove(2);
    assert_eq!(set(&server, &old, NEW).await.must(409)["code"], "LINK_REPLACED");
    read(&server, &new).await.must(200);
    server.sql("UPDATE password_links SET expires_at = created_at WHERE state = 'open'").await;
    assert_eq!(read(&server, &new).await.must(409)["code"], "LINK_EXPIRED");
    assert_eq!(set(&server, &new, PASSWORD).await.must(409)["code"], "LINK_EXPIRED");
    // Whoever changes their password, or has another address, takes back what was mailed before.
    forgot(&server, "mina@hana.example").await.must(202);
    let taken_back = secrets(&server, "mina@mail.example", 4).await.remove(3);
    let change = json!({ "email": "new@mail.example" });
    aiko.patch(&format!("/company/members/{}", mina.id), change).await.must(200);
    assert_eq!(set(&server, &taken_back, PASSWORD).await.must(409)["code"], "LINK_REPLACED");
    assert_eq!(sign_in(&server, NEW).await, 204);
    let audit = aiko.audit().await;
    assert_eq!(audit.iter().filter(|a| *a == "passwordLink.requested").count(), 4, "{audit:?}");
    assert_eq!(audit.iter().filter(|a| *a == "password.reset").count(), 1, "{audit:?}");
}

/// All that an answer says, but for the time of day.
fn all_of(answer: Answer) -> (u16, Vec<String>, String) {
    let mut headers: Vec<String> = answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
    headers.retain(|h| !h.starts_with("date"));
    headers.sort();
    (answer.status.as_u16(), headers, answer.text)
}

async fn i48_a_request_for_a_password_answers_alike_for_everybody(backend: Backend) {
    let (server, aiko, _) = hana(backend).await;
    let zoe = json!({ "handle": "zoe@hana.example", "name": "Zoe", "password": PASSWORD, "email": "zoe@mail.example" });
    let zoe = aiko.post("/company/members", zoe).await.must(201);
    let path = format!("/company/members/{}", zoe["id"].as_str().unwrap());
    aiko.patch(&path, json!({ "status": "suspended" })).await.must(200);
    let long = "x".repeat(5_000);
    let handles = ["nobody@hana.example", "zoe@hana.example", "aiko@hana.example", "not a handle", "", long.as_str()];
    let mut answers = Vec::new();
    for handle in handles {
        answers.push(all_of(forgot(&server, handle).await));
    }
    // Requests are looked at one after the other: when Mina's mail is there, all those before were looked at.
    answers.push(all_of(forgot(&server, "mina@hana.example").await));
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, 202);
    let letters = server.letters(1).await;
    assert_eq!(letters.iter().map(|l| l["to"].as_str().unwrap()).collect::<Vec<_>>(), ["mina@mail.example"]);
    // Counted for each handle alike, known or not.
    let mut until_refused = Vec::new();
    for handle in ["mina@hana.example", "nobody@hana.example"] {
        let mut taken = 1;
        let refused = loop {
            let answer = forgot(&server, handle).await;
            if answer.status != 202 {
                break answer;
            }
            taken += 1;
        };
        assert!(refused.headers.contains_key("retry-after"));
        let body = refused.must(429);
        until_refused.push((taken, body["code"].as_str().unwrap().to_owned()));
    }
    assert_eq!(until_refused, [(6, "RESET_BUDGET".to_owned()), (6, "RESET_BUDGET".to_owned())]);
}

/// A server that people reach by a public address has no outbox: without a mail server it says so, to all alike.
#[tokio::test(flavor = "multi_thread")]
async fn i48_without_mail_everybody_is_told_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://localhost:{port}");
    let mut command = common::program();
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--public-url", &url, "--data"]);
    let mut child = command.arg(folder.path()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    assert_eq!(line.trim(), format!("Liaison is ready at {url}"));
    let operate = |args: &[&str]| {
        let output = TestServer::program_on(folder.path(), args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    };
    let create = ["company", "create", "--domain", "hana.example", "--name", "Hana", "--country", "JP", "--owner"];
    let args = [&create[..], &["aiko", "--owner-name", "Aiko", "--password-stdin"]].concat();
    let folder_name = folder.path().to_str().unwrap();
    assert!(common::run(&[&args[..], &["--data", folder_name]].concat(), PASSWORD).status.success());
    let token = operate(&["token", "create", "aiko@hana.example", "--label", "test", "--json"]).stdout;
    let token = serde_json::from_slice::<Value>(&token).unwrap()["token"].as_str().unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let aiko =
        Person { url: format!("http://127.0.0.1:{port}"), client, token, id: String::new(), handle: String::new() };
    assert_eq!(aiko.get("/server").await["sendsMail"], false);
    let stranger = Person { token: String::new(), ..aiko.clone() };
    let mut told = Vec::new();
    for handle in ["aiko@hana.example", "nobody@hana.example"] {
        told.push(stranger.post("/password-resets", json!({ "handle": handle })).await.must(409)["code"].clone());
    }
    assert_eq!(told, ["MAIL_NOT_SET_UP", "MAIL_NOT_SET_UP"]);
    // A member is made all the same, without a link; an administrator is told when they ask for one.
    let ken = json!({ "handle": "ken@hana.example", "name": "Ken", "email": "ken@mail.example" });
    let ken = aiko.post("/company/members", ken).await.must(201);
    assert!(ken["signIn"]["link"].is_null());
    let link = format!("/company/members/{}/password-link", ken["id"].as_str().unwrap());
    assert_eq!(aiko.post(&link, json!({})).await.must(409)["code"], "MAIL_NOT_SET_UP");
    assert!(!folder.path().join("outbox").exists(), "links by which one signs in are no files here");
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn i05_a_link_of_nobody_answers_as_none_does(backend: Backend) {
    let (server, aiko, mina) = hana(backend).await;
    forgot(&server, "mina@hana.example").await.must(202);
    let secret = secrets(&server, "mina@mail.example", 1).await.remove(0);
    read(&server, &secret).await.must(200);
    let path = format!("/company/members/{}", mina.id);
    aiko.patch(&path, json!({ "status": "suspended" })).await.must(200);
    let of_suspended = (all_of(read(&server, &secret).await), all_of(set(&server, &secret, NEW).await));
    let of_nothing = (all_of(read(&server, "nothing").await), all_of(set(&server, "nothing", NEW).await));
    assert_eq!(of_suspended, of_nothing);
    assert_eq!(of_nothing.0.0, 404);
    aiko.patch(&path, json!({ "status": "active" })).await.must(200);
    assert_eq!(sign_in(&server, PASSWORD).await, 204, "nothing was set");
}

async fn a11_an_administrator_sends_a_link_instead_of_a_password(backend: Backend) {
    let (server, aiko, mina) = hana(backend).await;
    let link = |id: &str| format!("/company/members/{id}/password-link");
    let sent = aiko.post(&link(&mina.id), json!({})).await.must(202);
    assert_eq!(sent["signIn"]["link"]["purpose"], "reset");
    assert_eq!(sent["signIn"]["hasPassword"], true);
    let secret = secrets(&server, "mina@mail.example", 1).await.remove(0);
    read(&server, &secret).await.must(200);
    // Without an address; suspended; an owner, by a security administrator; somebody of another company; too often.
    let ken = aiko.post("/company/members", json!({ "handle": "ken@hana.example", "name": "Ken" })).await.must(201);
    assert!(ken["signIn"]["link"].is_null() && ken["signIn"]["hasPassword"] == false);
    let ken = ken["id"].as_str().unwrap();
    assert_eq!(aiko.post(&link(ken), json!({})).await.must(409)["code"], "NO_EMAIL");
    let path = format!("/company/members/{ken}");
    let change = json!({ "email": "not an address" });
    assert_eq!(aiko.patch(&path, change).await.must(422)["errors"][0]["pointer"], "/email");
    let change = json!({ "email": "ken@mail.example", "status": "suspended" });
    assert_eq!(aiko.patch(&path, change).await.must(200)["email"], "ken@mail.example");
    assert_eq!(aiko.post(&link(ken), json!({})).await.must(409)["code"], "MEMBER_INACTIVE");
    assert!(aiko.patch(&path, json!({ "email": null, "status": "active" })).await.must(200)["email"].is_null());
    aiko.patch(&path, json!({ "role": "security" })).await.must(200);
    let ken = server.person("ken@hana.example").await;
    aiko.patch(&format!("/company/members/{}", aiko.id), json!({ "email": "aiko@mail.example" })).await.must(200);
    assert_eq!(ken.post(&link(&aiko.id), json!({})).await.must(403)["code"], "ROLE_REQUIRED");
    server.company("borealis.example", "Borealis Logistics", "CA", "claire", "Claire Gagnon");
    let claire = server.person("claire@borealis.example").await;
    claire.post(&link(&mina.id), json!({})).await.must(404);
    for _ in 0..9 {
        aiko.post(&link(&mina.id), json!({})).await.must(202);
    }
    assert_eq!(aiko.post(&link(&mina.id), json!({})).await.must(429)["code"], "LINK_BUDGET");
}
