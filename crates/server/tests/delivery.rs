//! Delivery: numbers, order, retries, resuming, and what survives a kill.

mod common;

use common::{Backend, TestServer, campaign};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

on_both!(
    i18_one_client_id_is_one_message,
    i19_numbers_have_no_gaps_and_one_order_for_all,
    i22_resume_brings_exactly_what_was_missed,
    i17_what_was_acknowledged_survives_a_kill,
    i23_what_another_program_wrote_arrives,
    i10_unknown_and_forged_fields_are_refused,
    i21_read_marks_never_go_back,
);

async fn i18_one_client_id_is_one_message(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let first = cast.mina.send(&room, "same", "once").await.must(201);
    assert_eq!(cast.mina.send(&room, "same", "once").await.must(200), first);
    assert_eq!(cast.mina.send(&room, "same", "twice").await.must(409)["code"], "CLIENT_ID_REUSED");
    // Another author's, and another room's, are other ids.
    cast.leo.send(&room, "same", "once").await.must(201);
    // Many at once: one of them is stored, all are answered with it.
    let tries = join_all((0..20).map(|_| cast.mina.send(&room, "race", "many"))).await;
    let ids: HashSet<Value> = tries
        .into_iter()
        .map(|a| {
            assert!(a.status.is_success(), "{}", a.text);
            serde_json::from_str::<Value>(&a.text).unwrap()["id"].clone()
        })
        .collect();
    assert_eq!(ids.len(), 1);
    // Once stored, a retry is answered as stored, whatever has been decided since; a new message is not.
    cast.claire.revoke(&cast.leo).await;
    assert_eq!(cast.mina.send(&room, "same", "once").await.must(200), first);
    cast.mina.send(&room, "new", "once").await.must(403);
    assert_eq!(cast.mina.texts(&room).await, ["once", "once", "many", "*frozen*"]);
}

const EACH: usize = 60;

async fn i19_numbers_have_no_gaps_and_one_order_for_all(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let (mut mina, mut leo) = (cast.mina.socket().await, cast.leo.socket().await);
    // Four senders at once: two over sockets, two over REST, with retries and a refusal in between.
    for i in 0..EACH {
        mina.say(json!({ "op": "send", "roomId": room, "clientId": format!("ms{i}"), "text": format!("ms{i}") })).await;
        leo.say(json!({ "op": "send", "roomId": room, "clientId": format!("ls{i}"), "text": format!("ls{i}") })).await;
    }
    leo.say(json!({ "op": "send", "roomId": room, "clientId": "", "text": "no id" })).await;
    let ids: Vec<String> = (0..EACH).map(|i| format!("r{i}")).collect();
    let rest =
        join_all(ids.iter().flat_map(|id| {
            [cast.mina.send(&room, id, id), cast.leo.send(&room, id, id), cast.mina.send(&room, id, id)]
        }))
        .await;
    assert!(rest.iter().all(|a| a.status.is_success()));
    let total = i64::try_from(4 * EACH).unwrap();
    for socket in [&mut mina, &mut leo] {
        while socket.lines(&room).len() < usize::try_from(total).unwrap() {
            socket.next().await.unwrap();
        }
        let seqs: Vec<i64> = socket.lines(&room).iter().map(|(seq, _)| *seq).collect();
        assert_eq!(seqs, (1..=total).collect::<Vec<_>>(), "I-20: none comes late, none is missing, none twice");
    }
    assert_eq!(mina.lines(&room), leo.lines(&room));
    let first = cast.mina.get(&format!("/rooms/{room}/messages?after=0&limit=200")).await;
    let rest = cast.mina.get(&format!("/rooms/{room}/messages?after=200&limit=200")).await;
    assert_eq!((first["hasMoreAfter"].clone(), rest["hasMoreAfter"].clone()), (json!(true), json!(false)));
    let stored: Vec<(i64, String)> = [&first, &rest]
        .iter()
        .flat_map(|p| p["items"].as_array().unwrap())
        .map(|m| (m["seq"].as_i64().unwrap(), common::line(m)))
        .collect();
    assert_eq!(stored, mina.lines(&room));
    // I-16: each acknowledgement names what is stored.
    let acked: Vec<i64> =
        mina.seen.iter().filter(|f| f["op"] == "sent").map(|f| f["message"]["seq"].as_i64().unwrap()).collect();
    assert_eq!(acked.len(), EACH);
    assert!(leo.seen.iter().any(|f| f["op"] == "refused" && f["problem"]["errors"][0]["pointer"] == "/clientId"));
}

async fn i22_resume_brings_exactly_what_was_missed(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let inside = cast.leo.post("/rooms", json!({ "memberIds": [cast.claire.id] })).await.must(201);
    let inside = inside["id"].as_str().unwrap().to_owned();
    let mut socket = cast.leo.socket().await;
    // Many in one commit: the cursor points between two of them.
    let ids: Vec<String> = (0..40).map(|i| format!("a{i:02}")).collect();
    join_all(ids.iter().map(|id| cast.mina.send(&room, id, id))).await;
    while socket.lines(&room).len() < 15 {
        socket.next().await.unwrap();
    }
    let (kept, had) = (socket.cursor.clone(), socket.lines(&room));
    drop(socket);
    cast.claire.send(&inside, "c", "meanwhile inside").await.must(201);
    join_all((0..10).map(|i| async move { i }).map(|i| async {
        let id = format!("b{}", i.await);
        cast.mina.send(&room, &id, &id).await
    }))
    .await;
    let mut socket = cast.leo.socket().await;
    socket.say(json!({ "op": "resume", "cursor": kept })).await;
    socket.until_text("meanwhile inside").await;
    while socket.lines(&room).len() < 35 {
        socket.next().await.unwrap();
    }
    let all: Vec<i64> = had.iter().chain(&socket.lines(&room)).map(|(seq, _)| *seq).collect();
    assert_eq!(all, (1..=50).collect::<Vec<_>>());
    // The state came first, as it is now.
    assert!(socket.seen.iter().any(|f| f["op"] == "room" && f["room"]["id"] == room.as_str()));
    // A cursor of nowhere: load anew. Rubbish: said so. The socket lives on.
    socket.say(json!({ "op": "resume", "cursor": "00000000.5" })).await;
    socket.until("resync").await;
    socket.say(json!({ "op": "resume", "cursor": "rubbish" })).await;
    assert_eq!(socket.until("error").await["problem"]["status"], 422);
    // From the end there is nothing to bring but what comes.
    let end = socket.cursor.clone();
    socket.say(json!({ "op": "resume", "cursor": end })).await;
    cast.mina.send(&room, "last", "last").await.must(201);
    socket.until_text("last").await;
    assert_eq!(socket.lines(&room).iter().filter(|(_, text)| text == "last").count(), 1);
}

async fn i17_what_was_acknowledged_survives_a_kill(backend: Backend) {
    let mut server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let mut acked = Vec::new();
    let mut doubtful = 0;
    for round in 0..3 * campaign() {
        let senders: Vec<_> = (0..8)
            .map(|n| {
                let (mina, room) = (cast.mina.clone(), room.clone());
                let url = server.url.clone();
                tokio::spawn(async move {
                    let mut acked = Vec::new();
                    for i in 0.. {
                        let id = format!("{round}-{n}-{i}");
                        let request = mina.client.post(format!("{url}/api/v1/rooms/{room}/messages"));
                        let body = json!({ "clientId": id, "text": id });
                        match request.bearer_auth(&mina.token).json(&body).send().await {
                            Ok(answer) if answer.status() == 201 => {
                                // An answer cut off by the kill is no acknowledgement.
                                let Ok(message) = answer.json::<Value>().await else { return (acked, id) };
                                acked.push((message["seq"].as_i64().unwrap(), id));
                            }
                            _ => return (acked, id),
                        }
                    }
                    unreachable!()
                })
            })
            .collect();
        let reader = common::Person { url: server.url.clone(), ..cast.mina.clone() };
        let goal = i64::try_from(acked.len()).unwrap() + 60;
        while reader.room(&room).await["lastSeq"].as_i64().unwrap() < goal {}
        server.kill_and_restart();
        let mina = common::Person { url: server.url.clone(), ..cast.mina.clone() };
        for sender in senders {
            let (stored, lost) = sender.await.unwrap();
            acked.extend(stored);
            // I-25: doubt is settled by a retry with the same id.
            let settled = mina.send(&room, &lost, &lost).await;
            assert!(settled.status.is_success(), "{}", settled.text);
            let message: Value = serde_json::from_str(&settled.text).unwrap();
            acked.push((message["seq"].as_i64().unwrap(), lost));
            doubtful += 1;
        }
    }
    let mina = common::Person { url: server.url.clone(), ..cast.mina.clone() };
    let mut stored = Vec::new();
    loop {
        let page = mina.get(&format!("/rooms/{room}/messages?after={}&limit=200", stored.len())).await;
        stored.extend(page["items"].as_array().unwrap().iter().map(|m| (m["seq"].as_i64().unwrap(), common::line(m))));
        if page["hasMoreAfter"] == false {
            break;
        }
    }
    acked.sort();
    println!("{} acknowledged, {doubtful} in doubt, 3 kills", acked.len());
    assert!(acked.len() > 150);
    assert_eq!(acked, stored);
}

async fn i23_what_another_program_wrote_arrives(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let mut socket = cast.mina.socket().await;
    // The command line writes into the same log; the server's own messages before and after come once and in order.
    for round in 0..3 {
        cast.leo.send(&room, &format!("a{round}"), "before").await.must(201);
        assert!(server.cli(&["company", "entitle", "borealis.example", "off"], "").status.success());
        assert!(server.cli(&["company", "entitle", "borealis.example", "on"], "").status.success());
        cast.leo.send(&room, &format!("b{round}"), "after").await.must(201);
    }
    while socket.lines(&room).len() < 12 {
        socket.next().await.unwrap();
    }
    let seqs: Vec<i64> = socket.lines(&room).iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=12).collect::<Vec<_>>(), "{:?}", socket.lines(&room));
}

async fn i10_unknown_and_forged_fields_are_refused(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let path = format!("/rooms/{room}/messages");
    for extra in ["author", "sentAt", "seq", "companyId", "kind", "editedAt"] {
        let mut body = json!({ "clientId": "x", "text": "x" });
        body[extra] = json!("forged");
        let answer = cast.mina.post(&path, body).await.must(422);
        assert_eq!(answer["errors"][0]["pointer"], format!("/{extra}"));
    }
    let long = "あ".repeat(8_001);
    for (body, pointer) in [
        (json!({ "clientId": "x", "text": "" }), "/text"),
        (json!({ "clientId": "x", "text": "\u{200B}" }), "/text"),
        (json!({ "clientId": "x", "text": long }), "/text"),
        (json!({ "clientId": "x", "text": "bell\u{7}" }), "/text"),
        (json!({ "clientId": "y".repeat(101), "text": "x" }), "/clientId"),
    ] {
        assert_eq!(cast.mina.post(&path, body).await.must(422)["errors"][0]["pointer"], pointer);
    }
    let raw = |kind: &'static str, body: &'static str| {
        let request = cast.mina.client.post(format!("{}/api/v1{path}", server.url)).bearer_auth(&cast.mina.token);
        request.header("content-type", kind).body(body).send()
    };
    assert_eq!(raw("application/json", "{\"clientId\":").await.unwrap().status(), 400);
    assert_eq!(raw("text/plain", "{}").await.unwrap().status(), 415);
    assert_eq!(cast.mina.call(Method::GET, "/rooms?limit=0", None).await.must(422)["code"], "INVALID");
    assert_eq!(cast.mina.call(Method::GET, "/rooms?cursor=zzz", None).await.must(422)["code"], "INVALID");
    assert_eq!(cast.mina.call(Method::GET, "/rooms?sort=x", None).await.must(422)["code"], "INVALID");
    cast.mina.call(Method::GET, "/nowhere", None).await.must(404);
    assert_eq!(cast.mina.call(Method::PUT, "/rooms", None).await.must(405)["code"], "METHOD_NOT_ALLOWED");
    // An owner's forged role in a profile change is an unknown field too.
    cast.mina.patch("/me", json!({ "role": "owner" })).await.must(422);
    assert!(cast.leo.texts(&room).await.is_empty(), "nothing half done");
}

async fn i21_read_marks_never_go_back(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    for i in 0..5 {
        cast.mina.send(&room, &i.to_string(), "x").await.must(201);
    }
    let path = format!("/rooms/{room}/read");
    let mark = async |seq: i64| cast.leo.call(Method::PUT, &path, Some(json!({ "seq": seq }))).await;
    mark(4).await.must(204);
    mark(2).await.must(204);
    mark(6).await.must(422);
    mark(-1).await.must(422);
    let seen = cast.leo.room(&room).await;
    assert_eq!((seen["readSeq"].clone(), seen["unreadCount"].clone()), (json!(4), json!(1)));
}
