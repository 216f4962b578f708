//! Signing in and out, other sites, other people's accounts, and what the logs tell.

mod common;

use common::{Backend, PASSWORD, Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

on_both!(
    i34_each_guarded_act_has_one_entry,
    i41_a_session_ends_at_once_on_every_door,
    i41_somebody_suspended_signs_in_nowhere_and_is_not_told_from_nobody,
);

async fn i34_each_guarded_act_has_one_entry(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (aiko, mina) = (&cast.aiko, &cast.mina);
    let setting = "/company/external/partner";
    let new = json!({ "handle": "ken@hana.example", "name": "Ken" });
    let ken = aiko.post("/company/members", new).await.must(201)["id"].as_str().unwrap().to_owned();
    let ken_path = format!("/company/members/{ken}");
    // Each act, and the entries it leaves in the actor's log.
    let mut before = aiko.audit().await;
    let mut acts = 0;
    let mut expect = async |entries: &[&str]| {
        let after = aiko.audit().await;
        assert_eq!(after[before.len()..], *entries);
        before = after;
        acts += 1;
    };
    aiko.patch(setting, json!({ "connect": "allow" })).await.must(200);
    expect(&["settings.changed"]).await;
    aiko.patch(setting, json!({ "connect": "allow" })).await.must(200);
    expect(&[]).await;
    aiko.patch(setting, json!({ "partners": { "rule": "only", "domains": ["no domain"] } })).await.must(422);
    expect(&[]).await;
    aiko.grant(&[mina]).await;
    expect(&["grant.added"]).await;
    aiko.revoke(mina).await;
    expect(&["grant.revoked"]).await;
    aiko.patch(&ken_path, json!({ "role": "auditor" })).await.must(200);
    expect(&["role.changed"]).await;
    aiko.patch(&ken_path, json!({ "status": "suspended" })).await.must(200);
    expect(&["member.suspended"]).await;
    aiko.post("/company/teams", json!({ "name": "Sales" })).await.must(201);
    expect(&["team.created"]).await;
    aiko.patch("/company", json!({ "name": "Hana Trading K.K." })).await.must(200);
    expect(&["company.changed"]).await;
    mina.patch(setting, json!({ "connect": "deny" })).await.must(403);
    expect(&[]).await;
    assert_eq!(acts, 10);
    // The chain holds, reaches the head that was kept, and a head of something else is found out.
    let head = aiko.get("/company/audit/head").await;
    let file = server.folder.path().join("head.json");
    std::fs::write(&file, head.to_string()).unwrap();
    let verify = ["audit", "verify", "hana.example", "--head", file.to_str().unwrap()];
    assert!(server.cli(&verify, "").status.success());
    // An export proves the same without the server, and shows a changed word.
    let export = server.cli(&["audit", "export", "hana.example"], "");
    let exported = server.folder.path().join("export.jsonl");
    let verify_export = ["audit", "verify", "--file", exported.to_str().unwrap(), "--head", file.to_str().unwrap()];
    std::fs::write(&exported, &export.stdout).unwrap();
    assert!(server.cli(&verify_export, "").status.success());
    let altered = String::from_utf8(export.stdout).unwrap().replacen("grant.revoked", "grant.added", 1);
    std::fs::write(&exported, altered).unwrap();
    assert_eq!(server.cli(&verify_export, "").status.code(), Some(1));
    let mut forged = head.clone();
    forged["hash"] = json!("00".repeat(32));
    std::fs::write(&file, forged.to_string()).unwrap();
    assert_eq!(server.cli(&verify, "").status.code(), Some(1));
    forged = json!({ "seq": head["seq"].as_i64().unwrap() + 1, "hash": head["hash"] });
    std::fs::write(&file, forged.to_string()).unwrap();
    assert_eq!(server.cli(&verify, "").status.code(), Some(1), "a log cut off behind the kept head");
}

async fn i41_a_session_ends_at_once_on_every_door(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    // Suspended by the administrator, rescued by the operator's command, token deleted, role changed.
    let mut socket = cast.mina.socket().await;
    let path = format!("/company/members/{}", cast.mina.id);
    cast.aiko.patch(&path, json!({ "status": "suspended" })).await.must(200);
    assert_eq!(socket.closed().await, Some(4001));
    cast.mina.call(Method::GET, "/me", None).await.must(401);

    let mut socket = cast.leo.socket().await;
    let rescue = server.cli(&["member", "set-password", "leo@borealis.example", "--password-stdin"], "a brand new one");
    assert!(rescue.status.success());
    assert_eq!(socket.closed().await, Some(4001));
    cast.leo.call(Method::GET, "/me", None).await.must(401);

    let claire = server.person("claire@borealis.example").await;
    let mut socket = claire.socket().await;
    let token = claire.get("/tokens").await["items"][0]["id"].as_str().unwrap().to_owned();
    claire.call(Method::DELETE, &format!("/tokens/{token}"), None).await.must(204);
    assert_eq!(socket.closed().await, Some(4001));

    // The last owner stays.
    let path = format!("/company/members/{}", cast.aiko.id);
    for change in [json!({ "role": "member" }), json!({ "status": "suspended" })] {
        assert_eq!(cast.aiko.patch(&path, change).await.must(409)["code"], "LAST_OWNER");
    }
}

async fn i41_somebody_suspended_signs_in_nowhere_and_is_not_told_from_nobody(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let zoe = json!({ "handle": "zoe@hana.example", "name": "Zoe", "password": PASSWORD });
    let zoe = cast.aiko.post("/company/members", zoe).await.must(201);
    let nobody = Person { token: String::new(), ..cast.mina.clone() };
    let doors = async |handle: &str| {
        let mut answers = Vec::new();
        for path in ["/sessions", "/tokens"] {
            let mut body = json!({ "handle": handle, "password": PASSWORD });
            if path == "/tokens" {
                body["label"] = json!("x");
            }
            let answer = nobody.post(path, body).await;
            // Each answer has a reference of its own for the log.
            let told = answer.text.split("\"reference\"").next().unwrap_or_default().to_owned();
            answers.push((answer.status.as_u16(), told));
        }
        answers
    };
    assert!(doors("zoe@hana.example").await.iter().all(|(status, _)| *status < 300));
    let path = format!("/company/members/{}", zoe["id"].as_str().unwrap());
    cast.aiko.patch(&path, json!({ "status": "suspended" })).await.must(200);
    let suspended = doors("zoe@hana.example").await;
    assert!(suspended.iter().all(|(status, _)| *status == 401), "{suspended:?}");
    assert_eq!(suspended, doors("nobody@hana.example").await);
    cast.aiko.patch(&path, json!({ "status": "active" })).await.must(200);
    assert!(doors("zoe@hana.example").await.iter().all(|(status, _)| *status < 300));
}

/// A browser: cookies, and the headers that browsers send.
struct Browser {
    url: String,
    client: reqwest::Client,
}

impl Browser {
    fn new(server: &TestServer) -> Self {
        let client = reqwest::Client::builder().no_proxy().cookie_store(true).build().unwrap();
        Self { url: server.url.clone(), client }
    }

    async fn call(&self, method: Method, path: &str, origin: Option<&str>, body: Option<Value>) -> reqwest::Response {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.url));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i43_another_site_can_do_nothing_with_a_session() {
    let server = TestServer::with_two_companies(Backend::Sqlite).await;
    let browser = Browser::new(&server);
    let own = server.url.clone();
    let credentials = json!({ "handle": "aiko@hana.example", "password": PASSWORD });
    let evil = Some("https://evil.example");
    assert_eq!(browser.call(Method::POST, "/sessions", evil, Some(credentials.clone())).await.status(), 403);
    let signed_in = browser.call(Method::POST, "/sessions", Some(&own), Some(credentials)).await;
    assert_eq!(signed_in.status(), 204);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("liaison_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    assert_eq!(browser.call(Method::GET, "/me", None, None).await.status(), 200);
    let change = Some(json!({ "nickname": "A" }));
    assert_eq!(browser.call(Method::PATCH, "/me", Some(&own), change.clone()).await.status(), 200);
    for other in [evil, Some("null"), None] {
        assert_eq!(browser.call(Method::PATCH, "/me", other, change.clone()).await.status(), 403, "{other:?}");
    }
    // I-42: nor open a socket.
    let cookie = cookie.split(';').next().unwrap().to_owned();
    for (origin, opens) in [(Some(own.as_str()), true), (evil, false), (None, false)] {
        let url = format!("{}/api/v1/realtime", server.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        assert_eq!(tokio_tungstenite::connect_async(request).await.is_ok(), opens, "{origin:?}");
    }
    // Signing out ends it on the server, not only in the browser.
    assert_eq!(browser.call(Method::DELETE, "/sessions/current", Some(&own), None).await.status(), 204);
    let again = browser.client.get(format!("{own}/api/v1/me")).header("cookie", cookie).send().await.unwrap();
    assert_eq!(again.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn i48_wrong_handles_and_passwords_answer_alike_and_are_limited() {
    let server = TestServer::with_two_companies(Backend::Sqlite).await;
    let browser = Browser::new(&server);
    let attempt = async |handle: &str, password: &str| {
        let body = json!({ "handle": handle, "password": password });
        let answer = browser.call(Method::POST, "/sessions", None, Some(body)).await;
        let (status, retry) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
        let mut problem: Value = answer.json().await.unwrap_or_default();
        if let Some(fields) = problem.as_object_mut() {
            fields.remove("reference");
        }
        (status, retry, problem)
    };
    let wrong = attempt("aiko@hana.example", "wrong password").await;
    assert_eq!(wrong.0, 401);
    assert_eq!(attempt("nobody@hana.example", "wrong password").await, wrong);
    assert_eq!(attempt("rubbish", "wrong password").await, wrong);
    for _ in 0..9 {
        attempt("aiko@hana.example", "wrong password").await;
    }
    let limited = attempt("aiko@hana.example", PASSWORD).await;
    assert_eq!((limited.0, limited.1, limited.2["code"].as_str()), (429, true, Some("TOO_MANY_ATTEMPTS")));
    assert_eq!(attempt("claire@borealis.example", PASSWORD).await.0, 204, "others are not locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn i53_changing_a_password_ends_other_sessions_and_secrets_are_nowhere() {
    let server = TestServer::with_two_companies(Backend::Sqlite).await;
    let aiko = server.person("aiko@hana.example").await;
    let change = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
    assert_eq!(
        aiko.post("/me/password", change("wrong password", "a new long one")).await.must(403)["code"],
        "WRONG_PASSWORD"
    );
    assert_eq!(
        aiko.post("/me/password", change(PASSWORD, "short")).await.must(422)["errors"][0]["pointer"],
        "/newPassword"
    );
    aiko.post("/me/password", change(PASSWORD, "a new long one")).await.must(204);
    aiko.call(Method::GET, "/me", None).await.must(401);
    let fresh = json!({ "handle": "aiko@hana.example", "password": "a new long one", "label": "x" });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(format!("{}/api/v1/tokens", server.url)).json(&fresh).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let secret = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    for file in ["liaison.db", "liaison.db-wal"] {
        let bytes = std::fs::read(server.folder.path().join(file)).unwrap();
        for hidden in [secret.as_str(), "a new long one", PASSWORD, aiko.token.as_str()] {
            assert!(!bytes.windows(hidden.len()).any(|w| w == hidden.as_bytes()), "{hidden} stands in {file}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i52_pages_and_answers_carry_their_headers() {
    let server = TestServer::empty(Backend::Sqlite).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/", "/messages/anything", "/api/v1/server", "/api/v1/nowhere", "/health/live", "/metrics"] {
        let answer = client.get(format!("{}{path}", server.url)).send().await.unwrap();
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        if path.starts_with("/api") {
            assert_eq!(headers["cache-control"], "private, no-store", "I-55: {path}");
        }
    }
    let server_info: Value =
        client.get(format!("{}/api/v1/server", server.url)).send().await.unwrap().json().await.unwrap();
    assert_eq!(server_info["hasCompanies"], false);
    assert_eq!(client.get(format!("{}/health/ready", server.url)).send().await.unwrap().status(), 200);
    let large = vec![b'x'; 2_000_000];
    let answer = client.post(format!("{}/api/v1/sessions", server.url)).header("content-type", "application/json");
    let status = answer.body(large).send().await.map(|a| a.status().as_u16());
    assert!(matches!(status, Ok(413) | Err(_)), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_what_is_wrong_and_ends_with_the_right_code() {
    let server = TestServer::empty(Backend::Sqlite).await;
    assert_eq!(server.cli(&["company", "create"], "").status.code(), Some(2));
    let create = |domain: &'static str| {
        [
            "company",
            "create",
            "--domain",
            domain,
            "--name",
            "H",
            "--country",
            "JP",
            "--owner",
            "mina",
            "--owner-name",
            "M",
            "--password-stdin",
        ]
    };
    let short = server.cli(&create("hana.example"), "short");
    assert_eq!(short.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&short.stderr).contains("/password"), "{short:?}");
    assert_eq!(server.cli(&create("nodots"), PASSWORD).status.code(), Some(1));
    assert!(server.cli(&create("hana.example"), PASSWORD).status.success());
    let again = server.cli(&create("hana.example"), PASSWORD);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("hana.example"));
    let list: Value = serde_json::from_slice(&server.cli(&["company", "list", "--json"], "").stdout).unwrap();
    assert_eq!(list["items"][0]["domain"], "hana.example");
    assert_eq!(server.cli(&["member", "set-password", "x@y.z", "--password-stdin"], PASSWORD).status.code(), Some(1));
}
