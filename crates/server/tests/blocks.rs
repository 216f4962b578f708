//! Blocks and first contacts, from both sides: what the blocked one, the blocker, the asker and the asked one get to see.

mod common;

use common::{Backend, Cast, Person, TestServer, reasons};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    l_nothing_of_the_blocker_stands_still_or_moves_for_the_blocked_one,
    l_what_is_written_behind_a_block_leaves_no_trace_for_the_blocker,
    l_people_of_a_group_can_be_blocked_and_the_group_goes_on,
    l_a_block_outlives_a_freeze_without_a_trace,
    i03_reading_behind_a_freeze_is_not_told,
    x_first_contact_shows_who_asks_and_nothing_more,
    x_first_contact_declined_is_revived_by_the_one_who_declined,
    x_declining_a_first_contact_freezes_no_group,
    x_first_contact_can_be_blocked,
);

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// Gives everybody a photo: some bytes that pass for one.
async fn photos(server: &TestServer) {
    server
        .sql(
            "INSERT INTO member_photos (member_id, media_type, bytes) \
             SELECT m.id, 'image/png', c.audit_hash FROM members m JOIN companies c ON c.id = m.company_id \
             WHERE true ON CONFLICT (member_id) DO NOTHING",
        )
        .await;
}

async fn photo_of(viewer: &Person, of: &Person) -> u16 {
    viewer.call(Method::GET, &format!("/members/{}/photo", of.id), None).await.status.as_u16()
}

/// How a room shows one person to another.
async fn shown(viewer: &Person, room: &str, of: &Person) -> Value {
    let room = viewer.room(room).await;
    room["participants"].as_array().unwrap().iter().find(|p| p["id"] == of.id.as_str()).unwrap().clone()
}

async fn rename(cast: &Cast, name: &str) {
    cast.claire.patch(&format!("/company/members/{}", cast.leo.id), json!({ "name": name })).await.must(200);
}

/// Leo blocks Mina. Everything about him that she can see behaves as if he had not, but that he does not read.
async fn l_nothing_of_the_blocker_stands_still_or_moves_for_the_blocked_one(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    photos(&server).await;
    for n in ["1", "2", "3"] {
        cast.mina.send(&room, n, n).await.must(201);
    }
    cast.leo.call(Method::PUT, &format!("/rooms/{room}/read"), Some(json!({ "seq": 1 }))).await.must(204);
    assert_eq!(shown(&cast.mina, &room, &cast.leo).await["readSeq"], 1);
    let (before, contacts) = (cast.mina.room(&room).await, cast.mina.get("/contacts").await);
    let cursor = cast.mina.here().await;
    let mut socket = cast.mina.socket().await;

    let block = id(&cast.leo.post("/blocks", json!({ "roomId": room })).await.must(201));
    // He looks at what he had not read; she is not told, neither by a frame nor by the room.
    cast.leo.call(Method::PUT, &format!("/rooms/{room}/read"), Some(json!({ "seq": 3 }))).await.must(204);
    assert_eq!(cast.leo.room(&room).await["unreadCount"], 0);
    assert_eq!((cast.mina.room(&room).await, cast.mina.get("/contacts").await), (before, contacts));
    assert!(socket.heard().await.is_empty());
    assert!(cast.mina.told_on_return(&cursor).await.is_empty());
    assert_eq!(photo_of(&cast.mina, &cast.leo).await, 200);
    let card = cast.mina.look_up("leo@borealis.example").await.must(200);
    let photo = card["photoUrl"].as_str().unwrap().trim_start_matches("/api/v1").to_owned();
    assert_eq!(cast.mina.call(Method::GET, &photo, None).await.status, 200);
    // His name follows him, as the names of others do.
    rename(&cast, "Leo T.").await;
    assert_eq!(shown(&cast.mina, &room, &cast.leo).await["name"], "Leo T.");
    assert_eq!(cast.mina.get("/contacts").await["items"][0]["name"], "Leo T.");
    // She types and writes as ever; adding him again changes nothing.
    let mut leo_socket = cast.leo.socket().await;
    socket.say(json!({ "op": "typing", "roomId": room })).await;
    cast.mina.send(&room, "4", "4").await.must(201);
    cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(200);
    assert!(leo_socket.heard().await.is_empty());
    // His typing is not told either.
    leo_socket.say(json!({ "op": "typing", "roomId": room })).await;
    assert!(leo_socket.heard().await.is_empty());
    assert!(!socket.heard().await.contains(&"typing".to_owned()));
    let cursor = cast.mina.socket().await.cursor;
    cast.leo.call(Method::DELETE, &format!("/blocks/{block}"), None).await.must(204);
    assert!(socket.heard().await.is_empty());
    assert!(cast.mina.told_on_return(&cursor).await.is_empty());
    // Nothing new between the two while the block stood; afterwards all is as before.
    cast.leo.send(&room, "5", "hello again").await.must(201);
    assert_eq!(cast.mina.texts(&room).await, ["1", "2", "3", "4", "hello again"]);
}

/// What Mina writes while Leo blocks her must not be told from her silence: by him, then or later.
async fn l_what_is_written_behind_a_block_leaves_no_trace_for_the_blocker(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let inside = id(&cast.leo.post("/rooms", json!({ "memberIds": [cast.claire.id] })).await.must(201));
    cast.mina.send(&room, "1", "before").await.must(201);
    let block = id(&cast.leo.post("/blocks", json!({ "roomId": room })).await.must(201));
    cast.claire.send(&inside, "1", "inside").await.must(201);
    let order = async || {
        let rooms = cast.leo.get("/rooms").await["items"].clone();
        rooms.as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(order().await, [inside.clone(), room.clone()]);
    let cursor = cast.leo.here().await;
    let mut socket = cast.leo.socket().await;
    let seen = cast.leo.room(&room).await;

    cast.mina.send(&room, "2", "are you there?").await.must(201);
    cast.mina.call(Method::PUT, &format!("/rooms/{room}/read"), Some(json!({ "seq": 2 }))).await.must(204);
    assert_eq!(cast.leo.room(&room).await, seen);
    assert_eq!(order().await, [inside.clone(), room.clone()]);
    assert!(socket.heard().await.is_empty());
    assert!(cast.leo.told_on_return(&cursor).await.is_empty(), "that she wrote is told on return");

    // His other devices learn of the unblocking; the room stays where it was, with its preview.
    let cursor = cast.leo.socket().await.cursor;
    cast.leo.call(Method::DELETE, &format!("/blocks/{block}"), None).await.must(204);
    assert_eq!(socket.heard().await, ["room"]);
    assert_eq!(cast.leo.told_on_return(&cursor).await, ["room"]);
    let now = cast.leo.room(&room).await;
    assert_eq!((&now["lastMessage"]["text"], &now["lastSeq"]), (&json!("before"), &json!(1)));
    assert_eq!((&now["unreadCount"], &now["lastAt"]), (&seen["unreadCount"], &seen["lastAt"]));
    assert_eq!(order().await, [inside.clone(), room.clone()]);
    let page = cast.leo.get(&format!("/rooms/{room}/messages?limit=1")).await;
    assert_eq!((&page["items"][0]["text"], &page["hasMoreAfter"]), (&json!("before"), &json!(false)));
    cast.mina.send(&room, "3", "after").await.must(201);
    assert_eq!(order().await, [room.clone(), inside]);
    assert_eq!(cast.leo.texts(&room).await, ["before", "after"]);
    assert_eq!(cast.leo.room(&room).await["unreadCount"], 2);
}

async fn l_people_of_a_group_can_be_blocked_and_the_group_goes_on(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.meet().await;
    let contact = id(&cast.mina.get("/contacts").await["items"][0]);
    cast.aiko.grant(&[&cast.aiko]).await;
    let group = json!({ "contactIds": [contact], "memberIds": [cast.aiko.id], "name": "Winter" });
    let group = id(&cast.mina.post("/rooms", group).await.must(201));
    // Leo and Aiko share nothing but the group.
    let card = cast.aiko.look_up("leo@borealis.example").await.must(200);
    let whom = json!({ "roomId": group, "participantId": cast.aiko.id });
    cast.aiko.here().await;
    let mut socket = cast.aiko.socket().await;
    let before = cast.aiko.room(&group).await;
    let block = cast.leo.post("/blocks", whom.clone()).await.must(201);
    assert_eq!((&block["name"], &block["companyName"]), (&json!("Aiko Tanaka"), &json!("Hana Trading")));
    assert_eq!((&block["memberId"], &block["roomId"]), (&json!(cast.aiko.id), &Value::Null));
    assert_eq!(cast.leo.get("/blocks").await["items"][0], block);
    assert!(socket.heard().await.is_empty());
    assert_eq!(cast.aiko.room(&group).await, before);
    // Both read each other in the group; there is no new room between the two.
    cast.leo.send(&group, "1", "to all").await.must(201);
    cast.aiko.send(&group, "1", "from Aiko").await.must(201);
    assert!(cast.aiko.texts(&group).await.contains(&"to all".to_owned()));
    assert!(cast.leo.texts(&group).await.contains(&"from Aiko".to_owned()));
    // Nor is he found any more, as nobody is who does not exist; a card from before leads nowhere.
    let unknown = cast.aiko.look_up("nobody@borealis.example").await;
    let hidden = cast.aiko.look_up("leo@borealis.example").await;
    assert_eq!((hidden.status, &hidden.text), (unknown.status, &unknown.text));
    let added = cast.aiko.post("/contacts", json!({ "personRef": card["personRef"] })).await;
    assert_eq!(added.refused(), ["theirs OTHER_SIDE"]);
    assert_eq!(cast.aiko.get("/contacts").await["items"], json!([]));
    // Colleagues, oneself and people outside of the group are not there to be blocked.
    for person in [&cast.claire.id, &cast.leo.id, "member_01h455vb4pex5vsknk084sn02q"] {
        let whom = json!({ "roomId": group, "participantId": person });
        cast.leo.post("/blocks", whom).await.must(404);
    }
    cast.claire.post("/blocks", whom).await.must(404);
    cast.leo.call(Method::DELETE, &format!("/blocks/{}", id(&block)), None).await.must(204);
    cast.aiko.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201);
}

async fn l_a_block_outlives_a_freeze_without_a_trace(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    cast.mina.send(&room, "1", "before").await.must(201);
    cast.claire.revoke(&cast.leo).await;
    let block = id(&cast.leo.post("/blocks", json!({ "roomId": room })).await.must(201));
    rename(&cast, "Leo T.").await;
    assert_eq!(shown(&cast.mina, &room, &cast.leo).await["name"], "Leo Tremblay", "nothing is told behind a freeze");
    cast.claire.grant(&[&cast.leo]).await;
    // The room thawed for her; that it did not for him must not show in the name.
    assert_eq!(shown(&cast.mina, &room, &cast.leo).await["name"], "Leo T.");
    let state = cast.mina.room(&room).await["state"].clone();
    assert_eq!((&state["status"], &state["reasons"]), (&json!("open"), &json!([])));
    cast.mina.send(&room, "2", "are you there?").await.must(201);
    assert_eq!(cast.leo.texts(&room).await, ["before", "*frozen*"]);
    cast.leo.call(Method::DELETE, &format!("/blocks/{block}"), None).await.must(204);
    cast.mina.send(&room, "3", "after").await.must(201);
    assert_eq!(cast.leo.texts(&room).await, ["before", "*frozen*", "after"]);
}

async fn i03_reading_behind_a_freeze_is_not_told(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    for n in ["1", "2"] {
        cast.mina.send(&room, n, n).await.must(201);
    }
    cast.claire.revoke(&cast.leo).await;
    let cursor = cast.mina.here().await;
    let mut socket = cast.mina.socket().await;
    let before = cast.mina.room(&room).await;
    cast.leo.call(Method::PUT, &format!("/rooms/{room}/read"), Some(json!({ "seq": 2 }))).await.must(204);
    assert_eq!(cast.leo.room(&room).await["readSeq"], 2);
    assert_eq!(cast.mina.room(&room).await, before);
    assert!(socket.heard().await.is_empty());
    assert!(cast.mina.told_on_return(&cursor).await.is_empty());
    assert_eq!(cast.leo.told_on_return(&cursor).await, ["room"], "his other devices learn that he has read");
}

/// Claire's company asks for first contacts to be accepted, and Mina has added Leo; the direct room.
async fn asked(server: &TestServer, cast: &Cast) -> String {
    cast.allow().await;
    photos(server).await;
    cast.claire.patch("/company/external/partner", json!({ "firstContact": "request" })).await.must(200);
    cast.mina.add(&cast.leo).await["roomId"].as_str().unwrap().to_owned()
}

async fn x_first_contact_shows_who_asks_and_nothing_more(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let secrets =
        json!({ "handle": "yui@hana.example", "name": "Yui", "email": "yui@mail.example", "phone": "+819012345678" });
    cast.aiko.post("/company/members", secrets).await.must(201);
    let room = asked(&server, &cast).await;
    let yui = server.person("yui@hana.example").await;
    cast.aiko.grant(&[&yui]).await;
    let from_yui = yui.add(&cast.leo).await["roomId"].as_str().unwrap().to_owned();
    let seen = cast.leo.room(&from_yui).await;
    assert_eq!(reasons(&seen["state"]["reasons"]), ["yours REQUEST_PENDING"]);
    let text = seen.to_string();
    assert!(text.contains("Yui") && text.contains("Hana Trading"));
    assert!(!text.contains("mail.example") && !text.contains("+8190") && !text.contains("yui@"), "{text}");
    // The one who is asked sees the photo of who asks; the asker sees no more than that it waits for the other side.
    assert!(shown(&cast.leo, &room, &cast.mina).await["photoUrl"].is_string());
    assert_eq!((photo_of(&cast.leo, &cast.mina).await, photo_of(&cast.mina, &cast.leo).await), (200, 404));
    assert_eq!(shown(&cast.mina, &room, &cast.leo).await["photoUrl"], Value::Null);
    assert_eq!(cast.mina.send(&room, "1", "x").await.refused(), ["theirs OTHER_SIDE"]);
    assert_eq!(cast.leo.send(&room, "1", "x").await.refused(), ["yours REQUEST_PENDING"]);
    // Where another rule is in the way as well, the photo is not shown.
    cast.aiko.revoke(&cast.mina).await;
    assert_eq!(photo_of(&cast.leo, &cast.mina).await, 404);
    cast.aiko.grant(&[&cast.mina]).await;
    let mut socket = cast.mina.socket().await;
    cast.leo.post(&format!("/rooms/{room}/request"), json!({ "answer": "accept" })).await.must(204);
    socket.until_room(&room, "open").await;
    cast.leo.send(&room, "2", "welcome").await.must(201);
    cast.mina.send(&room, "2", "thank you").await.must(201);
}

async fn x_first_contact_declined_is_revived_by_the_one_who_declined(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = asked(&server, &cast).await;
    let cursor = cast.mina.here().await;
    let mut socket = cast.mina.socket().await;
    let (before, contacts) = (cast.mina.room(&room).await, cast.mina.get("/contacts").await);
    assert_eq!(contacts["items"][0]["link"]["state"], "frozen");
    cast.leo.post(&format!("/rooms/{room}/request"), json!({ "answer": "decline" })).await.must(204);
    assert_eq!(cast.mina.get("/contacts").await, contacts);
    // The asker sees the room closed by the other side, as before: no word of the answer.
    let after = cast.mina.room(&room).await;
    assert_eq!((&after["state"], &after["lastSeq"]), (&before["state"], &before["lastSeq"]));
    assert_eq!(reasons(&after["state"]["reasons"]), ["theirs OTHER_SIDE"]);
    assert!(socket.heard().await.is_empty(), "not even that something moved");
    assert!(cast.mina.told_on_return(&cursor).await.is_empty());
    // Asking again changes nothing, and nobody is asked again.
    let card = cast.mina.look_up("leo@borealis.example").await.must(200);
    cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(200);
    assert_eq!(cast.mina.send(&room, "1", "x").await.refused(), ["theirs OTHER_SIDE"]);
    assert_eq!(reasons(&cast.leo.room(&room).await["state"]["reasons"]), ["yours NOT_LINKED"]);
    cast.leo.post(&format!("/rooms/{room}/request"), json!({ "answer": "accept" })).await.must(409);
    // The side that declined may add the other later: that is its yes.
    let whom = json!({ "roomId": room, "participantId": cast.mina.id });
    cast.leo.post("/contacts", whom).await.must(201);
    cast.mina.send(&room, "2", "hello").await.must(201);
    assert_eq!(cast.aiko.audit().await.iter().filter(|a| *a == "request.declined").count(), 0, "their log, their act");
    assert!(cast.claire.audit().await.contains(&"request.declined".to_owned()));
}

async fn x_declining_a_first_contact_freezes_no_group(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.meet().await;
    let contact = id(&cast.mina.get("/contacts").await["items"][0]);
    cast.aiko.grant(&[&cast.aiko]).await;
    cast.claire.patch("/company/external/partner", json!({ "firstContact": "request" })).await.must(200);
    let card = cast.aiko.look_up("leo@borealis.example").await.must(200);
    cast.aiko.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201);
    let asked = id(&cast.aiko.get("/rooms").await["items"][0]);
    // Leo is the only one of his company in a group with Aiko, whom he turns down.
    let group = json!({ "contactIds": [contact], "memberIds": [cast.aiko.id], "name": "Winter" });
    let group = id(&cast.mina.post("/rooms", group).await.must(201));
    cast.leo.post(&format!("/rooms/{asked}/request"), json!({ "answer": "decline" })).await.must(204);
    for (n, text) in ["at once", "and when everything is decided anew"].into_iter().enumerate() {
        cast.aiko.send(&group, &n.to_string(), text).await.must(201);
        assert!(cast.leo.texts(&group).await.contains(&text.to_owned()));
        rename(&cast, "Leo T.").await;
    }
    assert_eq!(cast.mina.room(&group).await["state"]["status"], "open");
}

async fn x_first_contact_can_be_blocked(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = asked(&server, &cast).await;
    let before = cast.mina.room(&room).await;
    let block = id(&cast.leo.post("/blocks", json!({ "roomId": room })).await.must(201));
    assert_eq!(cast.mina.room(&room).await, before);
    assert_eq!(cast.leo.room(&room).await["contact"]["blockId"], json!(block));
    // The request outlives the block and can still be answered.
    cast.leo.call(Method::DELETE, &format!("/blocks/{block}"), None).await.must(204);
    cast.leo.post(&format!("/rooms/{room}/request"), json!({ "answer": "accept" })).await.must(204);
    cast.mina.send(&room, "1", "hello").await.must(201);
    assert_eq!(cast.leo.texts(&room).await.last().unwrap(), "hello");
}
