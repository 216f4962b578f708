//! Mail and text messages: a queue that survives everything, and mail that real mail servers and parsers understand.
//! (Nothing but the link of a password is mailed here; what it does stands in `passwords.rs`.)

mod common;
mod mail_server;

use common::{Backend, Person, TestServer};
use mail_server::{MailServer, Protection, header};
use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};

on_both!(
    i31_mail_that_cannot_be_sent_waits_and_is_sent_later,
    i31_a_mail_whose_right_is_gone_is_not_sent,
    i31_a_killed_server_sends_what_it_had_queued,
);

/// A server that sends by this mail server, with Hana Trading and its owner.
async fn server_with(backend: Backend, mail: &MailServer) -> (TestServer, Person) {
    let settings = mail.settings();
    let server = TestServer::with_environment(backend, &borrowed(&settings)).await;
    server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
    let aiko = server.person("aiko@hana.example").await;
    (server, aiko)
}

fn borrowed<'s>(settings: &'s [(&'static str, OsString)]) -> Vec<(&'s str, &'s OsStr)> {
    settings.iter().map(|(name, value)| (*name, value.as_os_str())).collect()
}

/// Invites somebody, who is sent a link.
async fn invite(aiko: &Person, name: &str, email: &str) -> Value {
    let handle = format!("{}@hana.example", email.split('@').next().unwrap());
    let member = json!({ "handle": handle, "name": name, "email": email });
    aiko.post("/company/members", member).await.must(201)
}

async fn link_of(aiko: &Person, member: &Value) -> Value {
    aiko.get(&format!("/company/members/{}", member["id"].as_str().unwrap())).await["signIn"]["link"].clone()
}

/// Waits until the mail of a member has got this far.
async fn until_mail(aiko: &Person, member: &Value, fits: impl Fn(&Value) -> bool) -> Value {
    let until = std::time::Instant::now() + common::PATIENCE;
    loop {
        let link = link_of(aiko, member).await;
        if fits(&link) {
            return link;
        }
        assert!(std::time::Instant::now() < until, "{link}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Waits until the metrics say all of this.
async fn until_metrics(person: &Person, lines: &[&str]) {
    let until = std::time::Instant::now() + common::PATIENCE;
    loop {
        let answer = person.client.get(format!("{}/metrics", person.url)).send().await.unwrap();
        let metrics = answer.text().await.unwrap();
        if lines.iter().all(|line| metrics.contains(line)) {
            return;
        }
        assert!(std::time::Instant::now() < until, "{metrics}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i47_a_mail_is_well_formed_over_every_kind_of_connection() {
    for tls in [Protection::None, Protection::StartTls, Protection::Tls] {
        let mail = MailServer::start(tls);
        let (server, aiko) = server_with(Backend::Sqlite, &mail).await;
        let evil = "佐藤 美奈 \"<b>www.evil.example</b>\" Bcc: all@hana.example";
        let member = invite(&aiko, evil, "mina@mail.example").await;
        let mails = mail.taken(1).await;
        let got = &mails[0];
        assert_eq!(got["tls"], tls != Protection::None);
        assert_eq!(got["user"], if tls == Protection::None { Value::Null } else { "liaison".into() });
        assert_eq!((&got["from"], &got["to"]), (&json!("liaison@chat.example"), &json!(["mina@mail.example"])));
        assert_eq!(got["defects"], json!([]), "{got}");
        assert_eq!(got["type"], "multipart/alternative");
        assert_eq!(got["parts"], json!(["text/plain", "text/html"]));
        assert!(got["longestLine"].as_i64().unwrap() <= 998);
        assert_eq!(header(got, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(got, "From"), "Liaison <liaison@chat.example>");
        assert!(header(got, "To").ends_with("<mina@mail.example>") && header(got, "To").contains("佐藤 美奈"));
        assert!(header(got, "Date").ends_with("+0000"), "{}", header(got, "Date"));
        let id = header(got, "Message-ID");
        assert!(id.starts_with("<outgoing_") && id.ends_with("@chat.example>"), "{id}");
        // In Japanese, as the company's country suggests, and with nothing of the name but its letters.
        assert_eq!(header(got, "Subject"), "Hana Trading の Liaison アカウントのご案内");
        let (text, html) = (got["text"].as_str().unwrap(), got["html"].as_str().unwrap());
        let link = format!("{}/reset-password/", server.url);
        assert!(text.contains(&link) && text.contains("mina@hana.example") && text.contains("佐藤 美奈"), "{text}");
        for both in [text, html] {
            assert!(!both.contains("evil.example") && !both.contains("<b>") && !both.contains("all@hana"), "{both}");
        }
        assert_eq!(html.matches("href=").count(), html.matches(&format!("href=\"{link}")).count());
        assert_eq!(html.matches("http").count(), 3, "two addresses to follow, and one to read: {html}");
        assert!(until_mail(&aiko, &member, |link| link["mail"] == "sent").await["mailError"].is_null());
        // The gauge follows a moment later.
        let counted = ["liaison_outgoing_sent_total{kind=\"mail\"} 1", "liaison_outgoing_queued{kind=\"mail\"} 0"];
        until_metrics(&aiko, &counted).await;
        // No file, no database row holds the link once the mail is sent (I-53).
        assert!(!server.folder.path().join("outbox").exists());
    }
}

async fn i31_mail_that_cannot_be_sent_waits_and_is_sent_later(backend: Backend) {
    let mut mail = MailServer::start(Protection::None);
    mail.stop();
    let (server, aiko) = server_with(backend, &mail).await;
    let mina = invite(&aiko, "Mina Sato", "mina@mail.example").await;
    assert_eq!(mina["signIn"]["link"]["mail"], "queued", "{mina}");
    let link = until_mail(&aiko, &mina, |link| link["mailError"].is_string()).await;
    assert_eq!(link["mail"], "queued");
    assert!(link["mailError"].as_str().unwrap().starts_with("the mail server cannot be reached"), "{link}");
    // It is told of, and everything else goes on.
    let ready = aiko.client.get(format!("{}/health/ready", server.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["parts"], json!({ "database": "ok", "writer": "ok", "mail": "failing", "text": "ok" }));
    mail.start_again();
    mail.taken(1).await;
    until_mail(&aiko, &mina, |link| link["mail"] == "sent").await;
    // Refused for good; asked to come back; cut off after it was taken: sent again, as the same mail.
    let refused = invite(&aiko, "Refused", "refused@mail.example").await;
    let link = until_mail(&aiko, &refused, |link| link["mail"] == "failed").await;
    assert_eq!(link["mailError"], "the mail server refused it (answer 550)");
    let later = invite(&aiko, "Later", "later@mail.example").await;
    until_mail(&aiko, &later, |link| link["mail"] == "sent").await;
    let broken = invite(&aiko, "Broken", "broken@mail.example").await;
    until_mail(&aiko, &broken, |link| link["mail"] == "sent").await;
    let twice: Vec<Value> = mail.mails().into_iter().filter(|m| m["to"] == json!(["broken@mail.example"])).collect();
    assert_eq!(twice.len(), 2);
    assert_eq!(header(&twice[0], "Message-ID"), header(&twice[1], "Message-ID"));
    assert_eq!(twice[0]["text"], twice[1]["text"]);
    let ready: Value =
        aiko.client.get(format!("{}/health/ready", server.url)).send().await.unwrap().json().await.unwrap();
    assert_eq!(ready["parts"]["mail"], "ok");
}

async fn i31_a_mail_whose_right_is_gone_is_not_sent(backend: Backend) {
    let mut mail = MailServer::start(Protection::None);
    mail.stop();
    let (_server, aiko) = server_with(backend, &mail).await;
    let path = |member: &Value| format!("/company/members/{}", member["id"].as_str().unwrap());
    let suspended = invite(&aiko, "Suspended", "suspended@mail.example").await;
    let moved = invite(&aiko, "Moved", "moved@mail.example").await;
    let replaced = invite(&aiko, "Replaced", "replaced@mail.example").await;
    aiko.patch(&path(&suspended), json!({ "status": "suspended" })).await.must(200);
    aiko.patch(&path(&moved), json!({ "email": "elsewhere@mail.example" })).await.must(200);
    aiko.post(&format!("{}/password-link", path(&replaced)), json!({})).await.must(202);
    let last = invite(&aiko, "Last", "last@mail.example").await;
    mail.start_again();
    // One after the other: what was queued before the last one has been looked at when that one is there.
    until_mail(&aiko, &last, |link| link["mail"] == "sent").await;
    until_mail(&aiko, &replaced, |link| link["mail"] == "sent").await;
    for gone in [&suspended, &moved] {
        until_mail(&aiko, gone, |link| link["mail"] == "failed").await;
    }
    let mut to: Vec<String> = mail.mails().iter().map(|m| m["to"][0].as_str().unwrap().to_owned()).collect();
    to.sort();
    assert_eq!(to, ["last@mail.example", "replaced@mail.example"], "one mail each, and none to the others");
}

async fn i31_a_killed_server_sends_what_it_had_queued(backend: Backend) {
    let mut mail = MailServer::start(Protection::None);
    mail.stop();
    let (mut server, aiko) = server_with(backend, &mail).await;
    let mina = invite(&aiko, "Mina Sato", "mina@mail.example").await;
    until_mail(&aiko, &mina, |link| link["mailError"].is_string()).await;
    // As if it had died in the middle of a try, far in the future of whoever waits for its end.
    server.kill();
    server.sql("UPDATE outgoing SET claimed_until = 99999999999999, next_at = 0").await;
    mail.start_again();
    let settings = mail.settings();
    server.start_again_with(&borrowed(&settings));
    let mails = mail.taken(1).await;
    assert_eq!(mails[0]["to"], json!(["mina@mail.example"]));
    let aiko = Person { url: server.url.clone(), ..aiko };
    until_mail(&aiko, &mina, |link| link["mail"] == "sent").await;
    // What was sent is erased (I-53), and is not sent again by another start.
    server.kill();
    server.start_again_with(&borrowed(&settings));
    let kenji = invite(&Person { url: server.url.clone(), ..aiko.clone() }, "Kenji", "kenji@mail.example").await;
    until_mail(&Person { url: server.url.clone(), ..aiko }, &kenji, |link| link["mail"] == "sent").await;
    assert_eq!(mail.mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn i53_a_link_stands_nowhere_in_the_clear() {
    let mut mail = MailServer::start(Protection::None);
    mail.stop();
    let (server, aiko) = server_with(Backend::Sqlite, &mail).await;
    let mina = invite(&aiko, "Mina Sato", "mina@mail.example").await;
    until_mail(&aiko, &mina, |link| link["mailError"].is_string()).await;
    let bytes = |name: &str| std::fs::read(server.folder.path().join(name)).unwrap_or_default();
    let stored = [bytes("liaison.db"), bytes("liaison.db-wal")].concat();
    let holds = |what: &str| stored.windows(what.len()).any(|w| w == what.as_bytes());
    assert!(holds("mina@mail.example"), "what was queued is looked at");
    assert!(!holds("reset-password"), "the mail is sealed while it waits");
    mail.start_again();
    let mails = mail.taken(1).await;
    until_mail(&aiko, &mina, |link| link["mail"] == "sent").await;
    let link = mails[0]["text"].as_str().unwrap().lines().find(|l| l.contains("/reset-password/")).unwrap().to_owned();
    let secret = link.rsplit('/').next().unwrap().to_owned();
    assert!(secret.len() >= 43, "256 bits");
    let stored = [bytes("liaison.db"), bytes("liaison.db-wal")].concat();
    assert!(!stored.windows(secret.len()).any(|w| w == secret.as_bytes()));
    let audit = aiko.get("/company/audit?limit=200").await.to_string();
    assert!(audit.contains("passwordLink.sent") && !audit.contains(&secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn p_doctor_tries_the_mail_server_and_sends_nothing() {
    let mut mail = MailServer::start(Protection::StartTls);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let examine = |settings: &[(&str, OsString)]| {
        let mut command = common::program();
        command.args(["doctor", "--json", "--data"]).arg(&data);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        found["findings"].as_array().unwrap().iter().find(|f| f["check"] == "mail").unwrap().clone()
    };
    let good = mail.settings();
    assert_eq!(examine(&good)["level"], "ok");
    let with = |name: &'static str, value: &str| {
        let mut settings = good.clone();
        settings.retain(|(n, _)| *n != name);
        settings.push((name, value.into()));
        settings
    };
    let wrong = examine(&with("LIAISON_MAIL_PASSWORD", "not-the-password"));
    assert_eq!(wrong["level"], "wrong");
    assert!(wrong["what"].as_str().unwrap().contains("(answer 535)"), "{wrong}");
    assert!(!wrong.to_string().contains("not-the-password"));
    let untrusted = examine(&with("SSL_CERT_FILE", "/dev/null"));
    assert!(untrusted["what"].as_str().unwrap().contains("certificate"), "{untrusted}");
    mail.stop();
    assert!(examine(&good)["what"].as_str().unwrap().contains("cannot be reached"));
    assert_eq!(mail.mails().len(), 0);
    let private = examine(&[]);
    assert_eq!(private["level"], "ok");
    assert!(private["what"].as_str().unwrap().contains("outbox"));
    let none = examine(&[("LIAISON_PUBLIC_URL", "https://chat.hana.example".into())]);
    assert_eq!((&none["level"], &none["what"]), (&json!("warning"), &json!("mail is not set up")));
}
