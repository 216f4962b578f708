//! The main story, through the API alone, on both databases: two companies' administrators allow it, two people meet
//! and chat, and a revocation holds at once.

mod common;

use common::{Backend, TestServer, reasons};
use reqwest::Method;
use serde_json::json;

on_both!(story_two_companies_meet_chat_and_a_revocation_holds_at_once);

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn story_two_companies_meet_chat_and_a_revocation_holds_at_once(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (aiko, claire, mina, leo) = (&cast.aiko, &cast.claire, &cast.mina, &cast.leo);
    let kenji = server.member(aiko, "kenji@hana.example", "佐藤 健二").await;

    // 2. Lookup says not found; one's own side explains itself.
    mina.look_up("leo@borealis.example").await.must(404);
    let me = mina.get("/me").await;
    assert_eq!(me["networks"]["partner"]["granted"], false);
    assert_eq!(reasons(&me["networks"]["partner"]["reasons"]), ["yours NETWORK_OFF", "yours NOT_GRANTED"]);

    // 3. One side allows: told at once, and still not found. Both allow: name, company, photo, nothing else (B2).
    let mut mina_socket = mina.socket().await;
    aiko.allow().await;
    let granted = aiko.grant(&[mina, &kenji]).await;
    assert_eq!(granted["granted"].as_array().unwrap().len(), 2);
    loop {
        let frame = mina_socket.until("grant").await;
        if frame["network"] == "partner" && frame["granted"] == true {
            break;
        }
    }
    mina.look_up("leo@borealis.example").await.must(404);
    claire.allow().await;
    mina.look_up("leo@borealis.example").await.must(404);
    claire.grant(&[leo]).await;
    let card = mina.look_up("Leo@Borealis.example").await.must(200);
    let mut fields: Vec<&str> = card.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["companyName", "name", "personRef", "photoUrl"]);
    assert_eq!(
        (card["name"].as_str(), card["companyName"].as_str()),
        (Some("Leo Tremblay"), Some("Borealis Logistics"))
    );

    // 4. Adding makes contact, link and room; adding twice is the same contact.
    let mut leo_socket = leo.socket().await;
    let body = json!({ "personRef": card["personRef"] });
    let contact = mina.post("/contacts", body.clone()).await.must(201);
    assert_eq!(mina.post("/contacts", body).await.must(200)["id"], contact["id"]);
    assert_eq!(contact["link"]["state"], "live");
    let room = contact["roomId"].as_str().unwrap().to_owned();
    let seen = leo_socket.until_room(&room, "open").await;
    assert_eq!((seen["external"].clone(), seen["contact"]["saved"].clone()), (json!(true), json!(false)));
    assert!(seen["companies"].as_array().unwrap().iter().any(|c| c["name"] == "Hana Trading" && c["yours"] == false));

    mina_socket.say(json!({ "op": "send", "roomId": room, "clientId": "m1", "text": "Hello Leo" })).await;
    let sent = mina_socket.until("sent").await;
    assert_eq!((sent["clientId"].clone(), sent["message"]["seq"].clone()), (json!("m1"), json!(1)));
    leo_socket.until_text("Hello Leo").await;
    assert_eq!(leo.room(&room).await["unreadCount"], 1);
    leo_socket.say(json!({ "op": "read", "roomId": room, "seq": 1 })).await;
    let read = mina_socket.until("read").await;
    assert_eq!((read["memberId"].clone(), read["seq"].clone()), (json!(leo.id), json!(1)));
    assert_eq!(leo.room(&room).await["unreadCount"], 0);
    mina_socket.say(json!({ "op": "typing", "roomId": room })).await;
    assert_eq!(leo_socket.until("typing").await["memberId"], json!(mina.id));
    leo.send(&room, "l1", "Bonjour Mina").await.must(201);
    mina_socket.until_text("Bonjour Mina").await;

    // 5. A group of both companies; a company that Hana's list does not admit can never be in it, whoever invites.
    let contact_id = contact["id"].as_str().unwrap();
    let group = json!({ "memberIds": [kenji.id], "contactIds": [contact_id], "name": "Tea to Toronto" });
    let group = mina.post("/rooms", group).await.must(201)["id"].as_str().unwrap().to_owned();
    mina.send(&group, "g1", "Welcome").await.must(201);
    server.company("sakura.example", "Sakura Foods", "JP", "rin", "Rin Mori");
    let rin = server.person("rin@sakura.example").await;
    rin.allow().await;
    rin.grant(&[&rin]).await;
    let only = json!({ "partners": { "rule": "only", "domains": ["borealis.example"] } });
    aiko.patch("/company/external/partner", only).await.must(200);
    let rin_contact = leo.add(&rin).await["id"].as_str().unwrap().to_owned();
    let mina_contact = json!({ "roomId": room, "participantId": mina.id });
    let mina_contact = leo.post("/contacts", mina_contact).await.must(201)["id"].as_str().unwrap().to_owned();
    let join = json!({ "contactIds": [rin_contact] });
    assert_eq!(leo.post(&format!("/rooms/{group}/participants"), join).await.refused(), ["theirs OTHER_SIDE"]);
    let together = json!({ "contactIds": [rin_contact, mina_contact], "name": "All three", "confirmed": true });
    assert_eq!(leo.post("/rooms", together).await.refused(), ["theirs OTHER_SIDE"]);
    mina.look_up("rin@sakura.example").await.must(404);
    rin.look_up("mina@hana.example").await.must(404);

    // 6. Leo's permission is taken: from the answer on nothing passes.
    claire.revoke(leo).await;
    assert_eq!(leo.send(&room, "l2", "too late").await.refused(), ["yours NOT_GRANTED"]);
    assert_eq!(mina.send(&room, "m2", "too late").await.refused(), ["theirs OTHER_SIDE"]);
    assert_eq!(leo.send(&group, "l3", "too late").await.refused(), ["yours NOT_GRANTED"]);
    mina.look_up("leo@borealis.example").await.must(404);
    let frozen = mina_socket.until_room(&room, "frozen").await;
    assert_eq!(reasons(&frozen["state"]["reasons"]), ["theirs OTHER_SIDE"]);
    let frozen = leo_socket.until_room(&room, "frozen").await;
    assert_eq!(reasons(&frozen["state"]["reasons"]), ["yours NOT_GRANTED"]);
    assert!(frozen["state"]["since"].as_str().unwrap().ends_with('Z'));
    assert_eq!(leo.room(&group).await["state"]["status"], "paused");
    let seen = mina.room(&group).await;
    assert_eq!(seen["state"]["status"], "open");
    let leo_there = seen["participants"].as_array().unwrap().iter().find(|p| p["id"] == leo.id.as_str()).unwrap();
    assert_eq!(leo_there["state"], "paused");
    mina.send(&group, "g2", "We go on").await.must(201);
    assert!(!leo.texts(&group).await.contains(&"We go on".to_owned()));
    assert_eq!(leo.texts(&room).await, ["Hello Leo", "Bonjour Mina", "*frozen*"]);

    // Granting again thaws it, history in place, the gap marked and not filled.
    claire.grant(&[leo]).await;
    mina_socket.until_room(&room, "open").await;
    leo.send(&room, "l4", "Back again").await.must(201);
    assert_eq!(mina.texts(&room).await, ["Hello Leo", "Bonjour Mina", "*frozen*", "*thawed*", "Back again"]);
    let ranges = leo.room(&group).await["ranges"].clone();
    assert_eq!(ranges.as_array().unwrap().len(), 2, "{ranges}");
    assert!(!leo.texts(&group).await.contains(&"We go on".to_owned()));
    assert_eq!(leo.texts(&group).await, ["*created*", "Welcome", "*paused*", "*resumed*"]);

    // 7. Every step stands in the log, once, and the chain holds.
    let log = claire.audit().await;
    for action in [
        "settings.changed",
        "grant.added",
        "contact.added",
        "grant.revoked",
        "room.frozen",
        "room.paused",
        "message.refused",
        "room.thawed",
        "room.resumed",
    ] {
        assert!(log.iter().any(|a| a == action), "{action} is missing: {log:?}");
    }
    assert!(aiko.audit().await.iter().any(|a| a == "room.frozen"));
    assert_eq!(mina.call(Method::GET, "/company/audit", None).await.must(403)["code"], "ROLE_REQUIRED");
    for domain in ["hana.example", "borealis.example", "sakura.example"] {
        let output = server.cli(&["audit", "verify", domain], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
