//! Input of people who mean harm, and of programs that are broken: a clear answer, nothing half done, and the server goes
//! on (I-10, I-32, I-33, I-52, I-56).

mod common;
mod register;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Backend, Person, TestServer, campaign};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use register::{DOORS, Door, World, fill};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

on_both!(
    i33_no_request_ends_the_process_or_gets_an_answer_outside_the_description,
    i33_a_cursor_forged_inside_its_coding_is_refused,
    i33_no_frame_ends_the_process_or_the_service_of_others,
    i32_who_does_not_read_is_closed_and_misses_nothing,
    i32_a_flood_of_frames_leaves_the_service_to_others,
    i56_names_cannot_lie,
);

/// Text that has broken programs.
fn hostile_text(random: &mut StdRng) -> String {
    let of = [
        "",
        " ",
        "\u{0}",
        "\u{202e}txt.exe",
        "\u{200b}",
        "\u{feff}",
        "\u{fffd}",
        "\u{1f468}\u{200d}\u{1f469}",
        "'; DROP TABLE members; --",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "%s%n",
        "../../etc/passwd",
        "..%2f..%2f",
        "\\\\host\\share",
        "null",
        "true",
        "-1",
        "1e999",
        "9223372036854775808",
        "NaN",
        "mina@hana.example",
        "MINA@HANA.EXAMPLE",
        "mina@hana.example\n",
        "m\u{456}na@hana.example",
        "@",
        "a@b@c",
        "room_00000000000000000000000000",
        "member_7zzzzzzzzzzzzzzzzzzzzzzzzz",
        "company_",
        "_",
        "\u{130}\u{131}",
        "ﬁ",
        "ｍｉｎａ",
    ];
    match random.random_range(0..8) {
        0 => "あ".repeat(random.random_range(1..20_000)),
        1 => (0..random.random_range(0..40)).map(|_| random.random::<char>()).collect(),
        2 => "\u{301}".repeat(random.random_range(1..500)),
        _ => (*of.choose(random).unwrap()).to_owned(),
    }
}

fn hostile_value(random: &mut StdRng, depth: usize) -> Value {
    match random.random_range(0..10) {
        0 => Value::Null,
        1 => json!(random.random::<bool>()),
        2 => json!(random.random::<i64>()),
        3 => json!(random.random::<u64>()),
        4 => json!(random.random::<f64>() * 1e300),
        5 if depth < 4 => {
            Value::Array((0..random.random_range(0..4)).map(|_| hostile_value(random, depth + 1)).collect())
        }
        6 if depth < 4 => {
            let entries =
                (0..random.random_range(0..3)).map(|_| (hostile_text(random), hostile_value(random, depth + 1)));
            Value::Object(entries.collect())
        }
        _ => json!(hostile_text(random)),
    }
}

/// The places of a JSON value, as pointers.
fn places(of: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match of {
        Value::Object(entries) => entries.iter().for_each(|(key, v)| places(v, &format!("{at}/{key}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

/// Every byte escaped, and no more of them than a server must read.
fn in_a_url(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes().take(2_000) {
        write!(escaped, "%{byte:02X}").unwrap();
    }
    escaped
}

/// A request like those the door expects, spoilt.
struct Spoilt {
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

fn spoil(door: &Door, world: &World, random: &mut StdRng) -> Spoilt {
    let things = if random.random_range(0..4) == 0 { &world.foreign } else { &world.things };
    let mut path = fill(door.path, things);
    let mut headers = vec![("content-type", "application/json".to_owned())];
    let valid: Option<Value> = serde_json::from_str(&fill(door.body, things)).ok();
    let mut body = valid.clone().map(|v| v.to_string().into_bytes());
    match random.random_range(0..9) {
        // One value is another.
        0..=2 => {
            if let Some(mut value) = valid {
                let mut all = Vec::new();
                places(&value, "", &mut all);
                *value.pointer_mut(all.choose(random).unwrap()).unwrap() = hostile_value(random, 0);
                body = Some(value.to_string().into_bytes());
            }
        }
        // A field nobody asked for.
        3 => {
            if let Some(Value::Object(mut entries)) = valid {
                let forged = ["id", "role", "companyId", "author", "seq", "__proto__", "constructor", ""];
                entries.insert((*forged.choose(random).unwrap()).to_owned(), hostile_value(random, 0));
                body = Some(Value::Object(entries).to_string().into_bytes());
            }
        }
        // Not JSON at all, cut off, nested without end, doubled, or with surrogates that stand alone.
        4 => {
            let mut bytes = body.unwrap_or_else(|| b"{}".to_vec());
            match random.random_range(0..5) {
                0 => bytes.truncate(random.random_range(0..=bytes.len())),
                1 => bytes = [b"[".repeat(50_000), b"]".repeat(50_000)].concat(),
                2 => bytes = [bytes.clone(), bytes].concat(),
                3 => bytes = br#"{"handle":"\ud800","text":"\ud800","clientId":"\udfff","name":"\ud800"}"#.to_vec(),
                _ => bytes = (0..random.random_range(0..200)).map(|_| random.random()).collect(),
            }
            body = Some(bytes);
        }
        // A part of the path is something else.
        5 => {
            let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
            let at = random.random_range(1..parts.len());
            let text = hostile_text(random);
            parts[at] = in_a_url(&text);
            path = parts.join("/");
        }
        // Parameters.
        6 => {
            let name = *["limit", "cursor", "before", "after", "query", "filter", "effect", "x", "section"]
                .choose(random)
                .unwrap();
            let text = hostile_text(random);
            let value = in_a_url(&text);
            path = format!("{path}?{name}={value}");
        }
        // Headers.
        7 => {
            let header =
                *["if-match", "idempotency-key", "content-type", "cookie", "x-forwarded-for", "accept-encoding"]
                    .choose(random)
                    .unwrap();
            let text: String = hostile_text(random).chars().filter(char::is_ascii_graphic).take(300).collect();
            headers.retain(|(name, _)| *name != header);
            headers.push((header, text));
        }
        // As large as a body may be, and larger.
        _ => {
            let size = *[1_000_000, 1_048_576, 1_048_577, 3_000_000].choose(random).unwrap();
            body = Some(json!({ "text": "x".repeat(size), "clientId": "x" }).to_string().into_bytes());
        }
    }
    Spoilt { path, headers, body }
}

fn seed() -> StdRng {
    // The same in every everyday run, so that a red one says something of the change; a campaign tries others.
    let fresh = || if campaign() > 1 { rand::random() } else { 1 };
    let seed: u64 = std::env::var("LIAISON_SEED").map_or_else(|_| fresh(), |s| s.parse().unwrap());
    println!("LIAISON_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// Both companies' logs are whole, and the server works.
async fn all_is_well(server: &TestServer, person: &Person) {
    person.call(Method::GET, "/me", None).await.must(200);
    let ready = person.client.get(format!("{}/health/ready", server.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    for domain in ["hana.example", "borealis.example"] {
        let verified = server.cli(&["audit", "verify", domain], "");
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
}

async fn i33_no_request_ends_the_process_or_gets_an_answer_outside_the_description(backend: Backend) {
    let world = World::new(backend).await;
    let mut random = seed();
    let described = world.people["mina"].get("/openapi.json").await;
    let mut responses = BTreeMap::new();
    for item in described["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let codes: Vec<u16> =
                operation["responses"].as_object().unwrap().keys().map(|c| c.parse().unwrap()).collect();
            responses.insert(operation["operationId"].as_str().unwrap().to_owned(), codes);
        }
    }
    // Who would end their own account, or wait for an upgrade, is left out.
    let doors: Vec<&Door> = DOORS
        .iter()
        .filter(|d| !matches!(d.operation, "change_password" | "delete_session" | "delete_token" | "open_realtime"))
        .collect();
    let mut told = BTreeMap::new();
    let requests = 700 * campaign();
    for n in 0..requests {
        let door = *doors.choose(&mut random).unwrap();
        let spoilt = spoil(door, &world, &mut random);
        let person = &world.people[door.right];
        let method = Method::from_bytes(door.method.as_bytes()).unwrap();
        let url = format!("{}/api/v1{}", world.server.url, spoilt.path);
        let mut request = person.client.request(method, url).bearer_auth(&person.token);
        for (name, value) in &spoilt.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = spoilt.body {
            request = request.body(body);
        }
        let what = || format!("request {n}: {} {}", door.method, spoilt.path.chars().take(200).collect::<String>());
        // A body that is too large may be refused before it is read to its end.
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                assert!(!error.is_connect(), "{}: {error:?}", what());
                continue;
            }
        };
        let status = answer.status().as_u16();
        let kind = answer.headers().get("content-type").map(|t| t.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        *told.entry(status).or_insert(0) += 1;
        assert!(status < 500, "{}: {status} {text}", what());
        // A path that was changed may lead to another door; that it is a problem document is asked of all.
        let same_door = spoilt.path.split('?').next().unwrap() == fill(door.path, &world.things);
        assert!(
            !same_door || responses[door.operation].contains(&status),
            "{}: {status} is not described: {text}",
            what()
        );
        if status >= 400 {
            assert_eq!(kind.as_deref(), Some("application/problem+json"), "{}: {text}", what());
            let problem: Value = serde_json::from_str(&text).unwrap();
            assert!(problem["code"].is_string() && !problem["detail"].as_str().unwrap().is_empty(), "{problem}");
        }
    }
    println!("{requests} requests: {told:?}");
    assert!(told.keys().any(|s| *s == 422) && told.keys().any(|s| *s == 404) && told.keys().any(|s| *s < 300));
    all_is_well(&world.server, &world.people["mina"]).await;
}

/// Cursors of lists are text within base64: what is well formed outside may be anything inside.
async fn i33_a_cursor_forged_inside_its_coding_is_refused(backend: Backend) {
    let world = World::new(backend).await;
    let insides: [&[u8]; 7] = [
        b"\xff\xfe\x00",
        b"",
        b"\x1f",
        b"x\x1fy",
        b"9223372036854775808\x1fmina@hana.example",
        b"'\x1f'; DROP TABLE members; --\x1f\x00",
        b"x\x1fy\x1fmember_00000000000000000000000000\x1f1",
    ];
    let mut refused = 0;
    for door in DOORS.iter().filter(|d| d.method == "GET" && d.operation != "open_realtime") {
        let path = fill(door.path, &world.things);
        for inside in insides {
            let cursor = URL_SAFE_NO_PAD.encode(inside);
            let and = if path.contains('?') { '&' } else { '?' };
            let answer = world.people[door.right].call(Method::GET, &format!("{path}{and}cursor={cursor}"), None).await;
            assert!(answer.status.as_u16() < 500, "{path} {cursor}: {} {}", answer.status, answer.text);
            refused += usize::from(answer.status == 422);
        }
    }
    assert!(refused > 20, "only {refused} cursors were read at all");
    all_is_well(&world.server, &world.people["mina"]).await;
}

async fn i33_no_frame_ends_the_process_or_the_service_of_others(backend: Backend) {
    let world = World::new(backend).await;
    let mut random = seed();
    let mina = &world.people["mina"];
    let mut listener = world.people["leo"].socket().await;
    let examples: Vec<&str> = register::FRAMES_IN.iter().map(|f| f.3).collect();
    let mut sent = 0;
    for _ in 0..20 * campaign() {
        let mut socket = mina.socket().await;
        for _ in 0..20 {
            let mut things = world.things.clone();
            things.insert("cursor", socket.cursor.clone());
            let mut frame: Value = serde_json::from_str(&fill(examples.choose(&mut random).unwrap(), &things)).unwrap();
            let mut all = Vec::new();
            places(&frame, "", &mut all);
            *frame.pointer_mut(all.choose(&mut random).unwrap()).unwrap() = hostile_value(&mut random, 0);
            let mut text = frame.to_string();
            if random.random_range(0..5) == 0 {
                let cut = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect::<Vec<_>>();
                text.truncate(*cut.choose(&mut random).unwrap());
            }
            if text.len() < 100_000 {
                socket.say_text(text).await;
                sent += 1;
            }
        }
        // The socket still answers.
        socket.say(json!({ "op": "no such frame" })).await;
        socket.until("error").await;
    }
    // A frame beyond the bound ends this socket and no other.
    let mut socket = mina.socket().await;
    socket.say_text("x".repeat(200 * 1024)).await;
    socket.closed().await;
    mina.send(&world.things["room"], "after", "still here").await.must(201);
    listener.until_text("still here").await;
    println!("{sent} frames");
    assert!(sent > 300);
    all_is_well(&world.server, mina).await;
}

async fn i32_who_does_not_read_is_closed_and_misses_nothing(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let mut lazy = cast.leo.socket().await;
    let cursor = lazy.cursor.clone();
    let mut reader = cast.leo.socket().await;
    // More than the kernel's buffers and the bounded queue hold together.
    let text = "よ".repeat(8_000);
    let mut sent = 0;
    let gone = |metrics: &str| {
        metrics.lines().any(|l| l.starts_with("liaison_connections_too_slow_total") && !l.ends_with(" 0"))
    };
    loop {
        let ids: Vec<String> = (sent..sent + 50).map(|n| format!("c{n}")).collect();
        for answer in join_all(ids.iter().map(|id| cast.mina.send(&room, id, &text))).await {
            answer.must(201);
        }
        sent += ids.len();
        while reader.lines(&room).len() < sent {
            reader.next().await.unwrap();
        }
        let metrics = metrics(&server, &cast.mina).await;
        if gone(&metrics) {
            break;
        }
        assert!(sent < 4_000, "the queue of a socket that nobody reads has no bound");
    }
    // The reason reaches it where it begins to read in time; closed it is in any case.
    assert!(matches!(lazy.closed().await, Some(4008) | None));
    // Back with its cursor it misses nothing.
    let mut back = cast.leo.socket().await;
    back.say(json!({ "op": "resume", "cursor": cursor })).await;
    while back.lines(&room).len() < sent {
        back.next().await.unwrap();
    }
    assert_eq!(back.lines(&room), reader.lines(&room));
    println!("closed behind {sent} messages");
}

async fn i32_a_flood_of_frames_leaves_the_service_to_others(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let mut listener = cast.leo.socket().await;
    let flood = (0..12).map(|n| {
        let (mina, room) = (cast.mina.clone(), room.clone());
        tokio::spawn(async move {
            let mut socket = mina.socket().await;
            for i in 0..100 * campaign() {
                let typing = json!({ "op": "typing", "roomId": room });
                let resume = json!({ "op": "resume", "cursor": socket.cursor });
                let wrong = json!({ "op": "no such frame", "n": i });
                socket.say([typing, resume, wrong][(n + i) % 3].clone()).await;
            }
            socket
        })
    });
    let flood: Vec<_> = flood.collect();
    for n in 0..10 {
        cast.claire.get("/me").await;
        cast.mina.send(&room, &n.to_string(), &format!("in between {n}")).await.must(201);
        listener.until_text(&format!("in between {n}")).await;
    }
    for socket in join_all(flood).await {
        let mut socket = socket.unwrap();
        socket.say(json!({ "op": "the last" })).await;
        socket.until("error").await;
    }
    cast.mina.send(&room, "after", "after").await.must(201);
    listener.until_text("after").await;
}

async fn metrics(server: &TestServer, person: &Person) -> String {
    person.client.get(format!("{}/metrics", server.url)).send().await.unwrap().text().await.unwrap()
}

/// Names come in forms that look like others, hide something, or turn the line round.
async fn i56_names_cannot_lie(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let aiko = server.person("aiko@hana.example").await;
    for (named, (name, becomes)) in [
        ("Mina\u{202e}oinoB", Some("MinaoinoB")),
        ("\u{2066}Leo\u{2069}", Some("Leo")),
        ("Mina\u{200b} Sato", Some("Mina Sato")),
        ("  Mina   Sato  ", Some("Mina Sato")),
        ("Mina\nSato", Some("Mina Sato")),
        ("ﾐﾅ", Some("ﾐﾅ")),
        ("\u{202e}\u{200b}", None),
        ("", None),
    ]
    .into_iter()
    .enumerate()
    {
        let new = json!({ "handle": format!("n{named}@hana.example"), "name": name });
        let answer = aiko.post("/company/members", new).await;
        match becomes {
            Some(becomes) if answer.status == 201 => assert_eq!(answer.must(201)["name"], becomes, "{name:?}"),
            // Refusing is as good as cleaning, where it says which field.
            _ => assert_eq!(answer.must(422)["errors"][0]["pointer"], "/name", "{name:?}"),
        }
    }
    // Handles are one alphabet: a Cyrillic i is nobody's.
    for handle in
        ["m\u{456}na@hana.example", "mina\u{200b}@hana.example", "mina@h\u{430}na.example", "ｍina@hana.example"]
    {
        let new = json!({ "handle": handle, "name": "Mina" });
        assert_eq!(aiko.post("/company/members", new).await.must(422)["errors"][0]["pointer"], "/handle", "{handle:?}");
    }
}
