//! Reports to the administrators of one's own company: who is told, what is kept, and that nothing crosses the border.

mod common;

use common::{Backend, Cast, Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    b9_a_report_is_read_and_closed_by_ones_own_administrators,
    b9_the_reported_one_and_their_company_never_learn,
    b9_only_messages_that_the_reporter_sees_are_attached,
    b9_a_report_keeps_what_was_seen,
    b9_who_is_reported_is_an_outsider_of_the_room,
    b9_reporting_can_block_in_the_same_act,
    b9_reports_have_a_budget_and_bounds,
);

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// Mina and Leo in their direct room, in which Leo wrote these lines; their ids.
async fn with_lines(cast: &Cast, lines: &[&str]) -> (String, Vec<String>) {
    let room = cast.meet().await;
    let mut ids = Vec::new();
    for line in lines {
        ids.push(id(&cast.leo.send(&room, line, line).await.must(201)));
    }
    (room, ids)
}

async fn open_reports(person: &Person) -> Vec<Value> {
    person.get("/company/reports?state=open").await["items"].as_array().unwrap().clone()
}

async fn b9_a_report_is_read_and_closed_by_ones_own_administrators(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (room, lines) = with_lines(&cast, &["Buy now", "Only today"]).await;
    let nora = json!({ "handle": "nora@hana.example", "name": "Nora", "role": "auditor" });
    cast.aiko.post("/company/members", nora).await.must(201);
    let nora = server.person("nora@hana.example").await;
    let (mut aiko_socket, mut nora_socket) = (cast.aiko.socket().await, nora.socket().await);
    let behind = nora_socket.cursor.clone();

    let report = json!({ "roomId": room, "messageIds": [lines[1], lines[0]], "reason": "spam", "text": "Every day." });
    let receipt = cast.mina.post("/reports", report).await.must(201);
    assert_eq!(receipt["blockId"], Value::Null);
    // A live sign for administrators and auditors; whoever was away gets it on return.
    assert_eq!(aiko_socket.until("reports").await["openCount"], 1);
    assert_eq!(nora_socket.until("reports").await["openCount"], 1);
    let mut back = nora.socket().await;
    back.say(json!({ "op": "resume", "cursor": &behind })).await;
    assert_eq!(back.until("reports").await["openCount"], 1);
    assert!(!cast.mina.told_on_return(&behind).await.contains(&"reports".to_owned()));

    let listed = open_reports(&cast.aiko).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], receipt["id"]);
    assert!(listed[0].get("messages").is_none() && listed[0].get("text").is_none(), "the list holds no texts");
    let path = format!("/company/reports/{}", id(&receipt));
    let seen = nora.get(&path).await;
    assert_eq!((&seen["reporter"]["name"], &seen["reason"]), (&json!("Mina Sato"), &json!("spam")));
    assert_eq!(
        seen["reported"],
        json!({ "id": cast.leo.id, "name": "Leo Tremblay", "companyName": "Borealis Logistics",
                "companyDomain": "borealis.example" })
    );
    assert_eq!(seen["text"], "Every day.");
    let texts: Vec<&str> = seen["messages"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Buy now", "Only today"], "in the order of the room");

    // Members read none of it, auditors change none of it, and it is closed once.
    cast.mina.call(Method::GET, &path, None).await.must(403);
    cast.mina.call(Method::GET, "/company/reports", None).await.must(403);
    let close = json!({ "state": "closed", "outcome": "partnerRemoved", "note": "Taken off the list." });
    nora.patch(&path, close.clone()).await.must(403);
    cast.mina.patch(&path, close.clone()).await.must(403);
    cast.aiko.patch(&path, json!({ "state": "open", "outcome": "other" })).await.must(422);
    let closed = cast.aiko.patch(&path, close.clone()).await.must(200);
    assert_eq!((&closed["state"], &closed["closing"]["outcome"]), (&json!("closed"), &json!("partnerRemoved")));
    assert_eq!(
        (&closed["closing"]["note"], &closed["closing"]["by"]["name"]),
        (&json!("Taken off the list."), &json!("Aiko Tanaka"))
    );
    assert_eq!(aiko_socket.until("reports").await["openCount"], 0);
    assert_eq!(cast.aiko.patch(&path, close).await.must(409)["code"], "REPORT_CLOSED");
    assert!(open_reports(&cast.aiko).await.is_empty());
    assert_eq!(cast.aiko.get("/company/reports?state=closed").await["items"].as_array().unwrap().len(), 1);

    // Each act is on record, the reading too (I-34).
    let log = cast.aiko.audit().await;
    let acts: Vec<&str> = log.iter().map(String::as_str).filter(|a| a.starts_with("report.")).collect();
    assert_eq!(acts, ["report.created", "report.read", "report.closed"]);

    // The list is read in pages, newest first.
    for reason in ["harassment", "impersonation", "other"] {
        cast.mina.post("/reports", json!({ "roomId": room, "reason": reason })).await.must(201);
    }
    let first = cast.aiko.get("/company/reports?limit=3").await;
    let rest =
        cast.aiko.get(&format!("/company/reports?limit=3&cursor={}", first["nextCursor"].as_str().unwrap())).await;
    let reasons: Vec<&str> = [&first, &rest]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|r| r["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["other", "impersonation", "harassment", "spam"]);
    assert!(rest.get("nextCursor").is_none());
}

/// All that a person's doors tell them of people, rooms and acts.
async fn all_told(person: &Person, room: &str, administers: bool) -> Vec<Value> {
    let mut told = Vec::new();
    for path in ["/me", "/rooms", "/contacts", "/blocks"] {
        told.push(person.get(path).await);
    }
    told.push(person.get(&format!("/rooms/{room}/messages")).await);
    if administers {
        for path in ["/company/reports", "/company/audit", "/company/audit/head"] {
            told.push(person.get(path).await);
        }
    }
    told
}

async fn b9_the_reported_one_and_their_company_never_learn(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (room, lines) = with_lines(&cast, &["Buy now"]).await;
    cast.claire.grant(&[&cast.claire]).await;
    let before = (all_told(&cast.leo, &room, false).await, cast.claire.get("/company/audit").await);
    let cursor = cast.leo.here().await;
    let (mut leo_socket, mut claire_socket) = (cast.leo.socket().await, cast.claire.socket().await);
    let report =
        json!({ "roomId": room, "messageIds": lines, "reason": "harassment", "text": "Too much.", "block": true });
    let receipt = cast.mina.post("/reports", report).await.must(201);
    let path = format!("/company/reports/{}", id(&receipt));
    cast.aiko.patch(&path, json!({ "state": "closed", "outcome": "blocked" })).await.must(200);

    assert_eq!(all_told(&cast.leo, &room, false).await, before.0);
    assert_eq!(cast.claire.get("/company/audit").await, before.1);
    assert_eq!(cast.claire.get("/company/reports").await["items"], json!([]));
    // For the other company it is as if there were none.
    let nothing = format!("{}{}", &path[..path.len() - 1], if path.ends_with('0') { '1' } else { '0' });
    for (method, body) in [(Method::GET, None), (Method::PATCH, Some(json!({ "state": "closed", "outcome": "other" })))]
    {
        let theirs = cast.claire.call(method.clone(), &path, body.clone()).await;
        let none = cast.claire.call(method, &nothing, body).await;
        assert_eq!((theirs.status, theirs.text.clone()), (none.status, none.text));
        theirs.must(404);
    }
    // Nothing on their sockets, neither at once nor on return.
    assert!(leo_socket.heard().await.is_empty() && claire_socket.heard().await.is_empty());
    assert!(cast.leo.told_on_return(&cursor).await.is_empty());
}

async fn b9_only_messages_that_the_reporter_sees_are_attached(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (room, lines) = with_lines(&cast, &["seen"]).await;
    let hidden = cast.mina.post("/blocks", json!({ "roomId": room })).await.must(201);
    let unseen = id(&cast.leo.send(&room, "2", "behind her block").await.must(201));
    cast.mina.call(Method::DELETE, &format!("/blocks/{}", id(&hidden)), None).await.must(204);
    // A group that Leo opened; Mina comes later and sees nothing of before.
    let card = json!({ "roomId": room, "participantId": cast.mina.id });
    let contact = id(&cast.leo.post("/contacts", card).await.must(201));
    let group = json!({ "memberIds": [cast.claire.id], "name": "Late" });
    cast.claire.grant(&[&cast.claire]).await;
    let group = id(&cast.leo.post("/rooms", group).await.must(201));
    let earlier = id(&cast.leo.send(&group, "1", "before she came").await.must(201));
    cast.leo.post(&format!("/rooms/{group}/participants"), json!({ "contactIds": [contact] })).await.must(200);
    let later = id(&cast.leo.send(&group, "2", "after she came").await.must(201));
    let lines_of_group = cast.mina.get(&format!("/rooms/{group}/messages")).await;
    let notice = id(lines_of_group["items"].as_array().unwrap().iter().find(|m| m["kind"] == "notice").unwrap());
    let nothing = "message_01h455vb4pex5vsknk084sn02q".to_owned();

    let try_with = async |room: &str, message: &str| {
        let report = json!({ "roomId": room, "participantId": cast.leo.id, "messageIds": [message], "reason": "spam" });
        let answer = cast.mina.post("/reports", report).await.must(422);
        (answer["code"].clone(), answer["errors"].clone())
    };
    // Behind a block, before joining, of another room, a notice, of nowhere: all the same.
    let expected = try_with(&room, &nothing).await;
    assert_eq!(expected.1[0]["pointer"], "/messageIds/0");
    for (in_room, message) in [
        (&room, &unseen),
        (&room, &later),
        (&group, &lines[0]),
        (&group, &earlier),
        (&group, &notice),
        (&group, &nothing),
    ] {
        assert_eq!(try_with(in_room, message).await, expected, "{message}");
    }
    assert!(open_reports(&cast.aiko).await.is_empty(), "nothing was kept");
    let seen = json!({ "roomId": group, "participantId": cast.leo.id, "messageIds": [later], "reason": "spam" });
    cast.mina.post("/reports", seen).await.must(201);
    let seen = json!({ "roomId": room, "messageIds": lines, "reason": "spam" });
    cast.mina.post("/reports", seen).await.must(201);
}

async fn b9_a_report_keeps_what_was_seen(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (room, lines) = with_lines(&cast, &["Send me your prices"]).await;
    cast.aiko.patch("/company/external/partner", json!({ "onRevoke": "hidden" })).await.must(200);
    let report = json!({ "roomId": room, "messageIds": lines, "reason": "other" });
    let path = format!("/company/reports/{}", id(&cast.mina.post("/reports", report).await.must(201)));
    let before = cast.aiko.get(&path).await;
    // Whatever becomes of the person and the room.
    let change = json!({ "name": "Somebody Else" });
    cast.claire.patch(&format!("/company/members/{}", cast.leo.id), change).await.must(200);
    cast.claire.patch("/company", json!({ "name": "Another Name" })).await.must(200);
    cast.aiko.revoke(&cast.mina).await;
    assert!(cast.mina.texts(&room).await.is_empty());
    assert_eq!(cast.aiko.get(&path).await, before);
    assert_eq!(before["messages"][0]["author"]["name"], "Leo Tremblay");
    // What a frozen, hidden room no longer shows can no longer be attached; the person can still be reported.
    let again = json!({ "roomId": room, "messageIds": lines, "reason": "other" });
    cast.mina.post("/reports", again).await.must(422);
    cast.mina.post("/reports", json!({ "roomId": room, "reason": "other" })).await.must(201);
}

async fn b9_who_is_reported_is_an_outsider_of_the_room(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (room, _) = with_lines(&cast, &["hello"]).await;
    let kenji = server.member(&cast.aiko, "kenji@hana.example", "Kenji").await;
    let card = json!({ "roomId": room, "participantId": cast.mina.id });
    let contact = id(&cast.leo.post("/contacts", card).await.must(201));
    let group = json!({ "contactIds": [contact], "memberIds": [cast.claire.id], "name": "Three" });
    cast.claire.grant(&[&cast.claire]).await;
    let group = id(&cast.leo.post("/rooms", group).await.must(201));
    let inside = id(&cast.mina.post("/rooms", json!({ "memberIds": [kenji.id] })).await.must(201));

    let report = async |room: &str, person: Option<&str>, messages: &[&str]| {
        let body = json!({ "roomId": room, "participantId": person, "messageIds": messages, "reason": "spam" });
        cast.mina.post("/reports", body).await
    };
    // In a group one says who; colleagues, oneself, strangers and nobody are all the same.
    assert_eq!(report(&group, None, &[]).await.must(422)["errors"][0]["code"], "REQUIRED");
    let nobody = report(&group, Some("member_01h455vb4pex5vsknk084sn02q"), &[]).await.must(422)["errors"].clone();
    for person in [&cast.mina.id, &cast.aiko.id, &kenji.id] {
        assert_eq!(report(&group, Some(person), &[]).await.must(422)["errors"], nobody);
    }
    assert_eq!(report(&inside, None, &[]).await.must(422)["errors"], nobody);
    report("room_01h455vb4pex5vsknk084sn02q", None, &[]).await.must(404);
    let theirs = json!({ "roomId": inside, "reason": "spam" });
    cast.leo.post("/reports", theirs).await.must(404);
    report(&group, Some(&cast.claire.id), &[]).await.must(201);
    // Whoever left in time is still reported, for what they wrote.
    let line = id(&cast.claire.send(&group, "1", "and gone").await.must(201));
    cast.claire.call(Method::DELETE, &format!("/rooms/{group}/participants/me"), None).await.must(204);
    assert_eq!(report(&group, Some(&cast.claire.id), &[]).await.must(422)["errors"], nobody);
    report(&group, Some(&cast.claire.id), &[&line]).await.must(201);
    let latest = &open_reports(&cast.aiko).await[0];
    assert_eq!(latest["reported"]["companyDomain"], "borealis.example");

    // A first contact that waits can be reported before it is answered.
    cast.aiko.patch("/company/external/partner", json!({ "firstContact": "request" })).await.must(200);
    cast.aiko.grant(&[&kenji]).await;
    let asked = cast.claire.add(&kenji).await["roomId"].as_str().unwrap().to_owned();
    kenji.post("/reports", json!({ "roomId": asked, "reason": "impersonation" })).await.must(201);
    assert_eq!(open_reports(&cast.aiko).await[0]["reported"]["name"], "Claire Gagnon");
}

async fn b9_reporting_can_block_in_the_same_act(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (room, lines) = with_lines(&cast, &["Buy now"]).await;
    // What is refused blocks nobody.
    let wrong = json!({ "roomId": room, "messageIds": ["message_01h455vb4pex5vsknk084sn02q"], "reason": "spam", "block": true });
    cast.mina.post("/reports", wrong).await.must(422);
    assert_eq!(cast.mina.get("/blocks").await["items"], json!([]));
    let report = json!({ "roomId": room, "messageIds": lines, "reason": "spam", "block": true });
    let receipt = cast.mina.post("/reports", report.clone()).await.must(201);
    let blocks = cast.mina.get("/blocks").await["items"].clone();
    assert_eq!((&blocks[0]["id"], &blocks[0]["memberId"]), (&receipt["blockId"], &json!(cast.leo.id)));
    cast.leo.send(&room, "2", "are you there?").await.must(201);
    assert_eq!(cast.mina.texts(&room).await, ["Buy now"]);
    assert_eq!(open_reports(&cast.aiko).await[0]["blocked"], true);
    // Again keeps the block there is.
    assert_eq!(cast.mina.post("/reports", report).await.must(201)["blockId"], receipt["blockId"]);
}

async fn b9_reports_have_a_budget_and_bounds(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (room, lines) = with_lines(&cast, &["x"]).await;
    let long = "\u{3042}".repeat(1_001);
    cast.mina.post("/reports", json!({ "roomId": room, "reason": "spam", "text": long })).await.must(422);
    let many = vec![lines[0].clone(); 21];
    cast.mina.post("/reports", json!({ "roomId": room, "reason": "spam", "messageIds": many })).await.must(422);
    cast.mina.post("/reports", json!({ "roomId": room, "reason": "because" })).await.must(422);
    cast.mina.post("/reports", json!({ "roomId": room, "reason": "spam", "reporterId": cast.leo.id })).await.must(422);
    let twice = json!({ "roomId": room, "reason": "spam", "messageIds": vec![lines[0].clone(); 20], "text": "  " });
    let path = format!("/company/reports/{}", id(&cast.mina.post("/reports", twice).await.must(201)));
    let kept = cast.aiko.get(&path).await;
    assert_eq!((kept["messages"].as_array().unwrap().len(), &kept["text"]), (1, &Value::Null));
    for _ in 1..20 {
        cast.mina.post("/reports", json!({ "roomId": room, "reason": "spam" })).await.must(201);
    }
    let refused = cast.mina.post("/reports", json!({ "roomId": room, "reason": "spam" })).await;
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(refused.must(429)["code"], "REPORT_BUDGET");
    assert_eq!(open_reports(&cast.aiko).await.len(), 20);
    // Each member has their own.
    cast.leo.post("/reports", json!({ "roomId": room, "reason": "spam" })).await.must(201);
}
