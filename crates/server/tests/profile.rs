//! Faces, logos, time zones, and what a new company's administrators do first.

mod common;

use common::{Backend, PICTURE, Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    i51_a_photo_is_drawn_anew_and_shown_to_those_who_may_see_it,
    i51_what_is_no_picture_is_refused_and_changes_nothing,
    a11_administrators_set_logo_and_photos_and_the_log_says_so,
    b2_whoever_sees_a_face_is_told_that_it_changed,
    p_passwords_times_are_shown_in_ones_own_zone_else_in_the_companys,
    a11_first_steps_are_read_from_how_things_stand,
);

/// Another picture.
const OTHER: &[u8] = include_bytes!("../../../demo/photos/hana-kenji.png");

async fn fetch(person: &Person, address: &str, kept: Option<&str>) -> (reqwest::Response, String) {
    let mut request = person.client.get(format!("{}{address}", person.url)).bearer_auth(&person.token);
    if let Some(kept) = kept {
        request = request.header("if-none-match", kept);
    }
    let response = request.send().await.unwrap();
    let tag = response.headers().get("etag").map_or("", |tag| tag.to_str().unwrap()).to_owned();
    (response, tag)
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn face_of(room: &Value, person: &Person) -> Value {
    let people = room["participants"].as_array().unwrap();
    people.iter().find(|p| p["id"] == person.id.as_str()).unwrap()["photoUrl"].clone()
}

async fn i51_a_photo_is_drawn_anew_and_shown_to_those_who_may_see_it(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    server.company("cedar.example", "Cedar Foods", "US", "carla", "Carla Diaz");
    let carla = server.person("carla@cedar.example").await;
    // Two formats in one file, said to be a third.
    let mut sent = PICTURE.to_vec();
    sent.extend(b"<html><script>alert(document.domain)</script></html>");
    let me = cast.mina.put_picture("/me/photo", "text/html", &sent).await.must(200);
    let address = me["photoUrl"].as_str().unwrap().to_owned();
    assert!(address.starts_with(&format!("/api/v1/members/{}/photo?v=", cast.mina.id)), "{address}");
    assert_eq!(cast.mina.get("/me").await["photoUrl"], address.as_str());
    assert_eq!(face_of(&cast.leo.room(&room).await, &cast.mina), address.as_str());
    for viewer in [&cast.mina, &cast.aiko, &cast.leo] {
        let (answer, tag) = fetch(viewer, &address, None).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((answer.status().as_u16(), header("content-type")), (200, "image/jpeg".to_owned()));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "private, no-cache", "no shared cache keeps it (I-55)");
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes.starts_with(b"\xff\xd8") && !has(&bytes, b"<script"), "not what was sent");
        let (again, _) = fetch(viewer, &address, Some(&tag)).await;
        assert_eq!(again.status().as_u16(), 304);
        assert_eq!(again.headers()["cache-control"], "private, no-cache");
        assert!(again.bytes().await.unwrap().is_empty());
    }
    // I-05: what is kept elsewhere opens nothing.
    let (_, tag) = fetch(&cast.leo, &address, None).await;
    assert_eq!(fetch(&carla, &address, Some(&tag)).await.0.status().as_u16(), 404);
    // Another photo has another address, and what a browser kept of the first is no longer right.
    let other = cast.mina.put_picture("/me/photo", "image/png", OTHER).await.must(200);
    assert_ne!(other["photoUrl"], address.as_str());
    assert_eq!(fetch(&cast.leo, &address, Some(&tag)).await.0.status().as_u16(), 200);
    cast.mina.call(Method::DELETE, "/me/photo", None).await.must(204);
    cast.mina.call(Method::DELETE, "/me/photo", None).await.must(204);
    assert_eq!(cast.mina.get("/me").await["photoUrl"], Value::Null);
    assert_eq!(face_of(&cast.leo.room(&room).await, &cast.mina), Value::Null);
    assert_eq!(fetch(&cast.leo, &address, Some(&tag)).await.0.status().as_u16(), 404);
}

async fn i51_what_is_no_picture_is_refused_and_changes_nothing(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let before = cast.mina.put_picture("/me/photo", "image/png", PICTURE).await.must(200)["photoUrl"].clone();
    let logo = cast.aiko.put_picture("/company/logo", "image/png", PICTURE).await.must(200)["logoUrl"].clone();
    let entries = cast.aiko.audit().await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let too_large = vec![0xFF; 10 * 1024 * 1024 + 1];
    let paths = [(&cast.mina, "/me/photo".to_owned()), (&cast.aiko, "/company/logo".to_owned())];
    let of_mina = format!("/company/members/{}/photo", cast.mina.id);
    for (person, path) in paths.into_iter().chain([(&cast.aiko, of_mina)]) {
        for (sent, said_to_be, code) in [
            (&svg[..], "image/svg+xml", "NOT_A_PICTURE"),
            (&b""[..], "image/png", "NOT_A_PICTURE"),
            (&b"GIF89a\x01\0\x01\0"[..], "image/gif", "NOT_A_PICTURE"),
            (&PICTURE[..PICTURE.len() / 2], "image/png", "PICTURE_BROKEN"),
        ] {
            let problem = person.put_picture(&path, said_to_be, sent).await.must(422);
            assert_eq!((&problem["code"], &problem["errors"][0]["code"]), (&json!("INVALID"), &json!(code)), "{path}");
        }
        let problem = person.put_picture(&path, "image/png", &too_large).await.must(413);
        assert_eq!(problem["code"], "TOO_LARGE");
        assert!(problem["detail"].as_str().unwrap().contains("10 MB"));
    }
    assert_eq!(cast.mina.get("/me").await["photoUrl"], before);
    assert_eq!(cast.mina.get("/me").await["company"]["logoUrl"], logo);
    assert_eq!(cast.aiko.audit().await, entries);
    // Other doors keep their limit of 1 MiB.
    let long = "x".repeat(1024 * 1024);
    cast.mina.patch("/me", json!({ "nickname": long })).await.must(413);
}

async fn a11_administrators_set_logo_and_photos_and_the_log_says_so(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let mark = cast.aiko.audit().await.len();
    let of = |person: &Person| format!("/company/members/{}/photo", person.id);
    for path in ["/company/logo".to_owned(), of(&cast.aiko)] {
        assert_eq!(cast.mina.put_picture(&path, "image/png", PICTURE).await.must(403)["code"], "ROLE_REQUIRED");
        assert_eq!(cast.mina.call(Method::DELETE, &path, None).await.must(403)["code"], "ROLE_REQUIRED");
    }
    let company = cast.aiko.put_picture("/company/logo", "image/png", PICTURE).await.must(200);
    let logo = company["logoUrl"].as_str().unwrap().to_owned();
    assert_eq!(cast.mina.get("/me").await["company"]["logoUrl"], logo.as_str());
    let (answer, tag) = fetch(&cast.mina, &logo, None).await;
    assert_eq!((answer.status().as_u16(), tag.is_empty()), (200, false));
    assert_eq!(fetch(&cast.leo, &logo, None).await.0.status().as_u16(), 404, "each sees their own company's logo");
    cast.aiko.put_picture("/company/logo", "image/png", PICTURE).await.must(200);
    let mina = cast.aiko.put_picture(&of(&cast.mina), "image/png", PICTURE).await.must(200);
    assert_eq!(mina["photoUrl"], cast.mina.get("/me").await["photoUrl"]);
    cast.aiko.call(Method::DELETE, &of(&cast.mina), None).await.must(204);
    cast.aiko.call(Method::DELETE, "/company/logo", None).await.must(204);
    // One's own photo is one's own affair, and somebody of another company is nobody.
    cast.mina.put_picture("/me/photo", "image/png", PICTURE).await.must(200);
    assert_eq!(cast.aiko.put_picture(&of(&cast.leo), "image/png", PICTURE).await.must(404)["code"], "NOT_FOUND");
    let acts = cast.aiko.audit().await.split_off(mark);
    assert_eq!(
        acts,
        ["logo.changed", "photo.changed", "photo.removed", "logo.removed"],
        "what changed nothing is no act"
    );
    // The company's profile is the administrators' too, and changing it is on record.
    let security = json!({ "handle": "sora@hana.example", "name": "Sora", "role": "security" });
    cast.aiko.post("/company/members", security).await.must(201);
    let sora = server.person("sora@hana.example").await;
    let changed = sora.patch("/company", json!({ "name": "Hana 商事", "country": "kr" })).await.must(200);
    assert_eq!((&changed["name"], &changed["country"]), (&json!("Hana 商事"), &json!("KR")));
    sora.patch("/company", json!({ "country": "Korea" })).await.must(422);
    assert_eq!(cast.aiko.audit().await.last().unwrap(), "company.changed");
}

async fn b2_whoever_sees_a_face_is_told_that_it_changed(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let card = cast.leo.get("/contacts").await;
    if card["items"].as_array().unwrap().is_empty() {
        cast.leo.post("/contacts", json!({ "roomId": room, "participantId": cast.mina.id })).await.must(201);
    }
    let kenji = server.member(&cast.aiko, "kenji@hana.example", "Kenji").await;
    let mut sockets = [cast.leo.socket().await, cast.mina.socket().await, kenji.socket().await];
    let left_at = sockets[0].cursor.clone();
    let face = cast.mina.put_picture("/me/photo", "image/png", PICTURE).await.must(200)["photoUrl"].clone();
    let [leo, mina, kenji] = &mut sockets;
    assert_eq!(face_of(&leo.until("room").await["room"], &cast.mina), face);
    assert_eq!(leo.until("contact").await["contact"]["photoUrl"], face);
    assert_eq!(mina.until("me").await["me"]["photoUrl"], face, "on one's other screens too");
    // A company's new name reaches those who talk with it, and its own people.
    cast.aiko.patch("/company", json!({ "name": "Hana Shōji" })).await.must(200);
    let names = leo.until("room").await["room"]["companies"].clone();
    assert!(names.as_array().unwrap().iter().any(|c| c["name"] == "Hana Shōji"), "{names}");
    assert_eq!(kenji.until("me").await["me"]["company"]["name"], "Hana Shōji");
    // Whoever was away learns it on coming back (I-22).
    let mut back = cast.leo.socket().await;
    back.say(json!({ "op": "resume", "cursor": left_at })).await;
    assert_eq!(face_of(&back.until("room").await["room"], &cast.mina), face);
    // Behind a freeze nothing of the other side is told anew.
    cast.aiko.revoke(&cast.mina).await;
    back.until_room(&room, "frozen").await;
    let seen = back.seen.len();
    cast.mina.put_picture("/me/photo", "image/png", OTHER).await.must(200);
    mina.until("me").await;
    back.say(json!({ "op": "no such frame" })).await;
    back.until("error").await;
    let told: Vec<&Value> = back.seen[seen..].iter().filter(|f| f["op"] == "room").collect();
    assert!(told.iter().all(|f| face_of(&f["room"], &cast.mina) == Value::Null), "{told:?}");
}

async fn p_passwords_times_are_shown_in_ones_own_zone_else_in_the_companys(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let zones = async |person: &Person| {
        let me = person.get("/me").await;
        [me["settings"]["timeZone"].clone(), me["timeZone"].clone(), me["company"]["timeZone"].clone()]
    };
    assert_eq!(zones(&cast.mina).await, [Value::Null, json!("Asia/Tokyo"), json!("Asia/Tokyo")]);
    cast.aiko.patch("/company", json!({ "timeZone": "asia/seoul" })).await.must(200);
    assert_eq!(zones(&cast.mina).await, [Value::Null, json!("Asia/Seoul"), json!("Asia/Seoul")]);
    cast.mina.patch("/me", json!({ "settings": { "timeZone": "Europe/Paris" } })).await.must(200);
    assert_eq!(zones(&cast.mina).await, [json!("Europe/Paris"), json!("Europe/Paris"), json!("Asia/Seoul")]);
    assert_eq!(zones(&cast.aiko).await[1], "Asia/Seoul", "it is one's own");
    for wrong in ["", "Tokyo", "+09:00", "JST-9", "../../../etc/localtime", "Etc/Unknown"] {
        let problem = cast.mina.patch("/me", json!({ "settings": { "timeZone": wrong } })).await.must(422);
        assert_eq!(problem["errors"][0]["pointer"], "/settings/timeZone");
        let problem = cast.aiko.patch("/company", json!({ "timeZone": wrong })).await.must(422);
        assert_eq!(problem["errors"][0]["code"], "TIME_ZONE");
    }
    cast.mina.patch("/me", json!({ "settings": { "timeZone": null } })).await.must(200);
    assert_eq!(zones(&cast.mina).await, [Value::Null, json!("Asia/Seoul"), json!("Asia/Seoul")]);
}

async fn a11_first_steps_are_read_from_how_things_stand(backend: Backend) {
    let server = TestServer::empty(backend).await;
    server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
    let aiko = server.person("aiko@hana.example").await;
    let taken = async || {
        let steps = aiko.get("/company/first-steps").await;
        let names = ["timeZone", "logo", "members", "external", "permission"];
        names.into_iter().filter(|name| steps[name] == true).collect::<Vec<_>>()
    };
    assert!(taken().await.is_empty(), "nothing is done in a new company");
    aiko.patch("/company", json!({ "name": "Hana" })).await.must(200);
    assert!(taken().await.is_empty(), "another name is no time zone");
    aiko.patch("/company", json!({ "timeZone": "Asia/Tokyo" })).await.must(200);
    assert_eq!(taken().await, ["timeZone"], "confirming what it was counts");
    aiko.put_picture("/company/logo", "image/png", PICTURE).await.must(200);
    assert_eq!(taken().await, ["timeZone", "logo"]);
    let mina = server.member(&aiko, "mina@hana.example", "Mina Sato").await;
    assert_eq!(taken().await, ["timeZone", "logo", "members"]);
    aiko.allow().await;
    assert_eq!(taken().await, ["timeZone", "logo", "members", "external"]);
    aiko.grant(&[&mina]).await;
    assert_eq!(taken().await, ["timeZone", "logo", "members", "external", "permission"]);
    // What is undone is open again: no mark is kept anywhere.
    aiko.revoke(&mina).await;
    aiko.call(Method::DELETE, "/company/logo", None).await.must(204);
    assert_eq!(taken().await, ["timeZone", "members", "external"]);
    aiko.patch("/company/external/partner", json!({ "mode": "allMembers" })).await.must(200);
    assert_eq!(taken().await, ["timeZone", "members", "external", "permission"], "aiko holds it through the mode");
    // Put away once, for all administrators of the company.
    assert_eq!(aiko.get("/company/first-steps").await["hidden"], false);
    aiko.patch("/company/first-steps", json!({ "hidden": true })).await.must(200);
    assert_eq!(server.person("aiko@hana.example").await.get("/company/first-steps").await["hidden"], true);
    assert_eq!(mina.call(Method::GET, "/company/first-steps", None).await.must(403)["code"], "ROLE_REQUIRED");
    // The operator's choice of a zone is a choice.
    let args = ["--domain", "cedar.example", "--name", "Cedar", "--country", "US", "--time-zone", "America/Denver"];
    let owner = ["--owner", "carla", "--owner-name", "Carla Diaz", "--password-stdin"];
    let made = server.cli(&[&["company", "create"][..], &args[..], &owner[..]].concat(), common::PASSWORD);
    let said = String::from_utf8(made.stdout).unwrap();
    assert!(said.contains("carla@cedar.example") && said.contains("first steps"), "{said}");
    let carla = server.person("carla@cedar.example").await;
    assert_eq!(carla.get("/company/first-steps").await["timeZone"], true);
    assert_eq!(carla.get("/company").await["timeZone"], "America/Denver");
}
