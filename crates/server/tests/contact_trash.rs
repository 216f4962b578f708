//! Deleting contacts, the trash, restoring: what ends, what stays, what comes back.

mod common;

use common::{Backend, Cast, Person, TestServer, reasons};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    b12_adding_what_lies_in_the_trash_restores_it,
    b16_deleting_ends_chat_for_both_at_once,
    b16_only_the_side_that_deleted_revives,
    b16_what_both_ended_needs_both,
    b16_refused_while_a_colleague_sits_in_the_same_room,
    b16_groups_without_a_colleague_freeze,
    b16_deleting_and_adding_again_answers_no_request,
    b17_the_trash_keeps_as_long_as_the_company_says,
    b17_a_legal_hold_keeps_everything,
    b17_what_is_deleted_disappears_for_those_it_was_shared_with,
    b18_restoring_brings_all_back_and_decides_afresh,
    i34_each_act_is_on_record_on_each_side_it_concerns,
);

fn path(contact: &Value) -> String {
    format!("/contacts/{}", contact["id"].as_str().unwrap())
}

async fn delete(person: &Person, contact: &Value) {
    person.call(Method::DELETE, &path(contact), None).await.must(204);
}

async fn restore(person: &Person, contact: &Value) -> Value {
    person.post(&format!("{}/restore", path(contact)), json!(null)).await.must(200)
}

async fn link(person: &Person, contact: &Value) -> String {
    person.get(&path(contact)).await["link"]["state"].as_str().unwrap().to_owned()
}

/// Mina and Leo have each other as contacts and share a direct room.
async fn mutual(cast: &Cast) -> (Value, Value, String) {
    cast.allow().await;
    let minas = cast.mina.add(&cast.leo).await;
    let leos = cast.leo.add(&cast.mina).await;
    let room = minas["roomId"].as_str().unwrap().to_owned();
    assert_eq!(leos["roomId"], json!(room));
    cast.mina.send(&room, "1", "hello").await.must(201);
    (minas, leos, room)
}

async fn b12_adding_what_lies_in_the_trash_restores_it(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, _, room) = mutual(&cast).await;
    cast.mina.patch(&path(&minas), json!({ "tags": ["Rail"] })).await.must(200);
    delete(&cast.mina, &minas).await;
    assert_eq!(cast.mina.room(&room).await["contact"]["saved"], false);
    let card = cast.mina.look_up(&cast.leo.handle).await.must(200);
    let again = cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(200);
    assert_eq!((&again["id"], &again["tags"], &again["state"]), (&minas["id"], &json!(["Rail"]), &json!("active")));
    assert_eq!((&again["link"]["state"], &again["roomId"]), (&json!("live"), &json!(room)));
    cast.leo.send(&room, "2", "there you are").await.must(201);
}

async fn b16_deleting_ends_chat_for_both_at_once(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, leos, room) = mutual(&cast).await;
    let (mut hers, mut his) = (cast.mina.socket().await, cast.leo.socket().await);
    delete(&cast.mina, &minas).await;
    assert_eq!(cast.mina.send(&room, "2", "x").await.refused(), ["yours NOT_LINKED"]);
    assert_eq!(cast.leo.send(&room, "2", "x").await.refused(), ["theirs OTHER_SIDE"]);
    for socket in [&mut hers, &mut his] {
        assert_eq!(socket.until_room(&room, "frozen").await["state"]["status"], "frozen");
    }
    // His entry stays, with the date; what was said stays readable.
    let kept = cast.leo.get(&path(&leos)).await;
    assert_eq!((&kept["state"], &kept["link"]["state"]), (&json!("active"), &json!("ended")));
    assert_eq!(reasons(&kept["link"]["reasons"]), ["theirs OTHER_SIDE"]);
    assert!(kept["link"]["since"].as_str().unwrap() >= leos["link"]["since"].as_str().unwrap());
    assert_eq!(cast.leo.texts(&room).await, ["hello", "*frozen*"]);
    // Hers is in the trash, with who, when and until when.
    assert_eq!(cast.mina.get("/contacts").await["items"], json!([]));
    let trash = cast.mina.get("/contacts?section=trash").await["items"][0].clone();
    assert_eq!((&trash["id"], &trash["state"]), (&minas["id"], &json!("trashed")));
    assert_eq!(trash["trashedBy"]["name"], "Mina Sato");
    assert!(trash["trashedAt"].is_string() && trash["purgeAt"].as_str() > trash["trashedAt"].as_str());
    // Deleting twice is done once; what is in the trash is not edited or shared.
    delete(&cast.mina, &minas).await;
    assert_eq!(cast.mina.patch(&path(&minas), json!({ "memo": "x" })).await.must(409)["code"], "IN_TRASH");
    let share = format!("{}/visibility", path(&minas));
    let shared = cast.mina.call(Method::PUT, &share, Some(json!({ "range": "company" }))).await;
    assert_eq!(shared.must(409)["code"], "IN_TRASH");
    assert!(cast.mina.get("/rooms").await["items"][0]["contact"]["contactId"].is_null());
    let group = json!({ "contactIds": [minas["id"]], "name": "Again" });
    assert_eq!(cast.mina.post("/rooms", group).await.must(422)["errors"][0]["pointer"], "/contactIds/0");
}

async fn b16_only_the_side_that_deleted_revives(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, leos, room) = mutual(&cast).await;
    delete(&cast.mina, &minas).await;
    // He adds her again from the room and by lookup, deletes and restores his own: nothing brings it back.
    let from_room = json!({ "roomId": room, "participantId": cast.mina.id });
    assert_eq!(cast.leo.post("/contacts", from_room).await.must(200)["link"]["state"], "ended");
    let card = cast.leo.look_up(&cast.mina.handle).await.must(200);
    let again = cast.leo.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(200);
    assert_eq!((&again["id"], &again["link"]["state"]), (&leos["id"], &json!("ended")));
    cast.leo.send(&room, "2", "x").await.refused();
    delete(&cast.leo, &leos).await;
    assert_eq!(restore(&cast.leo, &leos).await["link"]["state"], "ended");
    cast.leo.send(&room, "3", "x").await.refused();
    // Purging changes nothing about it either.
    delete(&cast.leo, &leos).await;
    cast.leo.call(Method::DELETE, &format!("{}?permanently=true", path(&leos)), None).await.must(204);
    let card = cast.leo.look_up(&cast.mina.handle).await.must(200);
    let new = cast.leo.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201);
    assert_ne!(new["id"], leos["id"]);
    assert_eq!(new["link"]["state"], "ended");
    // She does.
    assert_eq!(restore(&cast.mina, &minas).await["link"]["state"], "live");
    cast.leo.send(&room, "4", "hello again").await.must(201);
    assert_eq!(link(&cast.leo, &new).await, "live");
}

async fn b16_what_both_ended_needs_both(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, leos, room) = mutual(&cast).await;
    delete(&cast.mina, &minas).await;
    delete(&cast.leo, &leos).await;
    assert_eq!(restore(&cast.mina, &minas).await["link"]["state"], "ended", "he has deleted her, too");
    cast.mina.send(&room, "2", "x").await.refused();
    assert_eq!(restore(&cast.leo, &leos).await["link"]["state"], "live");
    cast.mina.send(&room, "3", "x").await.must(201);
    assert_eq!((link(&cast.mina, &minas).await, link(&cast.leo, &leos).await), ("live".into(), "live".into()));
}

async fn b16_refused_while_a_colleague_sits_in_the_same_room(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, _, room) = mutual(&cast).await;
    cast.aiko.grant(&[&cast.aiko]).await;
    let group = json!({ "name": "Spring", "contactIds": [minas["id"]], "memberIds": [cast.aiko.id] });
    let group = cast.mina.post("/rooms", group).await.must(201);
    let refused = cast.mina.call(Method::DELETE, &path(&minas), None).await.must(409);
    assert_eq!(refused["code"], "IN_SHARED_ROOM");
    assert_eq!(refused["rooms"], json!([{ "id": group["id"], "name": "Spring" }]));
    assert_eq!(link(&cast.mina, &minas).await, "live");
    cast.mina.send(&room, "2", "still here").await.must(201);
    // The way out: she leaves, and her colleague goes on.
    let leave = format!("/rooms/{}/participants/me", group["id"].as_str().unwrap());
    cast.mina.call(Method::DELETE, &leave, None).await.must(204);
    delete(&cast.mina, &minas).await;
    cast.leo.send(group["id"].as_str().unwrap(), "1", "we go on").await.must(201);
    cast.leo.send(&room, "3", "x").await.refused();
}

async fn b16_groups_without_a_colleague_freeze(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, leos, _) = mutual(&cast).await;
    cast.claire.grant(&[&cast.claire]).await;
    let claires = cast.mina.add(&cast.claire).await;
    let group = json!({ "name": "Mina alone", "contactIds": [minas["id"], claires["id"]] });
    let group = cast.mina.post("/rooms", group).await.must(201)["id"].as_str().unwrap().to_owned();
    // Leo is not alone there: his deleting is refused, for Claire sits there with them.
    let refused = cast.leo.call(Method::DELETE, &path(&leos), None).await.must(409);
    assert_eq!(refused["rooms"][0]["id"], json!(group));
    delete(&cast.mina, &minas).await;
    assert_eq!(cast.mina.send(&group, "1", "x").await.refused(), ["yours NOT_LINKED"]);
    assert_eq!(cast.claire.send(&group, "1", "x").await.refused(), ["theirs OTHER_SIDE"]);
    assert_eq!(cast.claire.room(&group).await["state"]["status"], "frozen");
    // Now the room is not live any more, and Leo lets go too. Mina's coming back alone does not thaw it while his ending stands
    // for their direct room; the group, where he is not alone, goes on.
    delete(&cast.leo, &leos).await;
    assert_eq!(restore(&cast.mina, &minas).await["link"]["state"], "ended");
    assert_eq!(cast.mina.room(&group).await["state"]["status"], "open");
    cast.claire.send(&group, "2", "on we go").await.must(201);
}

async fn b16_deleting_and_adding_again_answers_no_request(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    cast.claire.patch("/company/external/partner", json!({ "firstContact": "request" })).await.must(200);
    let contact = cast.mina.add(&cast.leo).await;
    let room = contact["roomId"].as_str().unwrap();
    assert_eq!(contact["link"]["state"], "frozen");
    delete(&cast.mina, &contact).await;
    assert_eq!(restore(&cast.mina, &contact).await["link"]["state"], "frozen");
    assert_eq!(reasons(&cast.leo.room(room).await["state"]["reasons"]), ["yours REQUEST_PENDING"]);
    cast.mina.send(room, "1", "x").await.refused();
    cast.leo.post(&format!("/rooms/{room}/request"), json!({ "answer": "accept" })).await.must(204);
    cast.mina.send(room, "2", "thank you").await.must(201);
    // Who said yes once is not asked again.
    delete(&cast.mina, &contact).await;
    assert_eq!(restore(&cast.mina, &contact).await["link"]["state"], "live");
}

async fn b17_the_trash_keeps_as_long_as_the_company_says(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, _, room) = mutual(&cast).await;
    let sumi = cast.mina.post("/contacts", json!({ "name": "Sumi" })).await.must(201);
    delete(&cast.mina, &minas).await;
    delete(&cast.mina, &sumi).await;
    let mut socket = cast.mina.socket().await;
    // 31 days pass for the one that was deleted; the other was deleted just now.
    server.sql("UPDATE contacts SET trashed_at = trashed_at - 2678400000 WHERE outsider_id IS NOT NULL").await;
    assert_eq!(socket.until("contactGone").await["contactId"], minas["id"]);
    cast.mina.call(Method::GET, &path(&minas), None).await.must(404);
    cast.mina.get(&path(&sumi)).await;
    let log = cast.aiko.get("/company/audit").await;
    let purged = &log["items"][0];
    assert_eq!(
        (&purged["action"], &purged["actor"], &purged["target"]),
        (&json!("contact.purged"), &Value::Null, &minas["id"])
    );
    // The link is as it was: ended by her, whom adding again brings back.
    cast.leo.send(&room, "2", "x").await.refused();
    let card = cast.mina.look_up(&cast.leo.handle).await.must(200);
    let new = cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201);
    assert_eq!((&new["link"]["state"], &new["roomId"]), (&json!("live"), &json!(room)));
    // None at all: deleted for good at once, and the chat ends all the same.
    cast.aiko.patch("/company/contact-book", json!({ "trashDays": 0 })).await.must(200);
    delete(&cast.mina, &new).await;
    cast.mina.call(Method::GET, &path(&new), None).await.must(404);
    assert_eq!(cast.leo.send(&room, "3", "x").await.refused(), ["theirs OTHER_SIDE"]);
}

async fn b17_a_legal_hold_keeps_everything(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let book = "/company/contact-book";
    cast.aiko.patch(book, json!({ "trashDays": 0, "legalHold": true })).await.must(200);
    let sumi = cast.mina.post("/contacts", json!({ "name": "Sumi" })).await.must(201);
    let forever = format!("{}?permanently=true", path(&sumi));
    assert_eq!(cast.mina.call(Method::DELETE, &forever, None).await.must(409)["code"], "NOT_IN_TRASH");
    delete(&cast.mina, &sumi).await;
    let kept = cast.mina.get(&path(&sumi)).await;
    assert_eq!((&kept["state"], &kept["purgeAt"]), (&json!("trashed"), &Value::Null));
    assert_eq!(cast.mina.call(Method::DELETE, &forever, None).await.must(409)["code"], "LEGAL_HOLD");
    let mut socket = cast.mina.socket().await;
    // Ending the hold lets go of what it kept.
    cast.aiko.patch(book, json!({ "legalHold": false })).await.must(200);
    assert_eq!(socket.until("contactGone").await["contactId"], sumi["id"]);
}

async fn b17_what_is_deleted_disappears_for_those_it_was_shared_with(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let kenji = server.member(&cast.aiko, "kenji@hana.example", "Kenji").await;
    let (minas, _, room) = mutual(&cast).await;
    let share = format!("{}/visibility", path(&minas));
    cast.mina.call(Method::PUT, &share, Some(json!({ "range": "company" }))).await.must(200);
    let (mut his, mut hers) = (kenji.socket().await, cast.aiko.socket().await);
    // An administrator deletes it for her; the link that ends is Mina's, and so is the trash.
    delete(&cast.aiko, &minas).await;
    assert_eq!(his.until("contactGone").await["contactId"], minas["id"]);
    assert_eq!(hers.until("contact").await["contact"]["state"], "trashed");
    kenji.call(Method::GET, &path(&minas), None).await.must(404);
    kenji.post(&format!("{}/restore", path(&minas)), json!(null)).await.must(404);
    assert_eq!(kenji.get("/contacts?section=trash").await["items"], json!([]));
    assert_eq!(cast.mina.get(&path(&minas)).await["trashedBy"]["name"], "Aiko Tanaka");
    assert_eq!(cast.mina.send(&room, "2", "x").await.refused(), ["yours NOT_LINKED"]);
    let restored = restore(&cast.aiko, &minas).await;
    assert_eq!((&restored["link"]["state"], &restored["visibility"]["range"]), (&json!("live"), &json!("company")));
    assert_eq!(his.until("contact").await["contact"]["id"], minas["id"]);
    kenji.get(&path(&minas)).await;
    cast.mina.send(&room, "3", "back").await.must(201);
}

async fn b18_restoring_brings_all_back_and_decides_afresh(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, _, room) = mutual(&cast).await;
    let fields = json!({ "tags": ["Rail"], "memo": "m", "name": "Leo (rail)" });
    cast.mina.patch(&path(&minas), fields).await.must(200);
    let share = format!("{}/visibility", path(&minas));
    let before = cast.mina.call(Method::PUT, &share, Some(json!({ "range": "company" }))).await.must(200);
    delete(&cast.mina, &minas).await;
    // Meanwhile her permission was taken: all comes back but the chat, and the answer says why.
    cast.aiko.revoke(&cast.mina).await;
    let restored = restore(&cast.mina, &minas).await;
    for field in ["id", "name", "tags", "memo", "visibility", "roomId"] {
        assert_eq!(restored[field], before[field], "{field}");
    }
    assert_eq!(restored["link"]["state"], "ended");
    assert_eq!(reasons(&restored["link"]["reasons"]), ["yours NOT_GRANTED", "yours NOT_LINKED"]);
    cast.mina.send(&room, "2", "x").await.refused();
    // The permission alone does not make a link: she was refused one. Adding once more decides afresh again.
    cast.aiko.grant(&[&cast.mina]).await;
    cast.mina.send(&room, "3", "x").await.refused();
    let again = json!({ "roomId": room, "participantId": cast.leo.id });
    assert_eq!(cast.mina.post("/contacts", again).await.must(200)["link"]["state"], "live");
    cast.mina.send(&room, "4", "x").await.must(201);
    // The other side's refusal is told in its one sentence.
    delete(&cast.mina, &minas).await;
    cast.claire.revoke(&cast.leo).await;
    let restored = restore(&cast.mina, &minas).await;
    assert_eq!(reasons(&restored["link"]["reasons"]), ["theirs OTHER_SIDE", "yours NOT_LINKED"]);
    assert_eq!(restore(&cast.mina, &minas).await["state"], "active", "restoring twice is done once");
}

async fn i34_each_act_is_on_record_on_each_side_it_concerns(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let (minas, _, _) = mutual(&cast).await;
    let sumi = cast.mina.post("/contacts", json!({ "name": "Sumi" })).await.must(201);
    delete(&cast.mina, &sumi).await;
    delete(&cast.mina, &minas).await;
    restore(&cast.mina, &minas).await;
    delete(&cast.mina, &minas).await;
    cast.mina.call(Method::DELETE, &format!("{}?permanently=true", path(&minas)), None).await.must(204);
    let about = async |owner: &Person, contact: &Value| {
        let log = owner.get("/company/audit?category=external&limit=200").await;
        let entries = log["items"].as_array().unwrap().iter().rev().filter(|e| e["target"] == contact["id"]);
        let told = |e: &Value| {
            let by = if e["actor"].is_null() { "nobody" } else { "Mina" };
            format!("{} by {by}", e["action"].as_str().unwrap())
        };
        entries.map(told).collect::<Vec<_>>()
    };
    let own = ["added", "deleted", "restored", "deleted", "purged"].map(|a| format!("contact.{a} by Mina"));
    assert_eq!(about(&cast.aiko, &minas).await, own);
    // The other company's log has what became of its own member's link, and not who did it, nor what is no state of its own.
    let theirs = ["added", "deleted", "restored", "deleted"].map(|a| format!("contact.{a} by nobody"));
    assert_eq!(about(&cast.claire, &minas).await, theirs);
    assert_eq!(about(&cast.aiko, &sumi).await, ["contact.added by Mina", "contact.deleted by Mina"]);
    assert!(about(&cast.claire, &sumi).await.is_empty());
}
