//! Invitations and cards, from issuing one to coming in by it.

mod common;
mod mail_server;

use common::{Answer, Backend, Cast, PATIENCE, Person, TestServer};
use mail_server::{MailServer, Protection, header};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Command;

on_both!(
    b6_a_card_is_read_by_a_camera_and_dead_once_rotated,
    b9_an_invitation_shows_its_inviter_and_lets_in,
    b9_an_invitation_is_a_yes_and_no_more_than_that,
    l3_an_invitation_has_purpose_term_and_uses,
    l3_who_came_in_is_listed_under_the_names_they_had,
    i05_whatever_does_not_open_looks_like_a_code_of_nothing,
    i06_two_worlds_look_alike_to_who_holds_a_code_that_counts_for_nothing,
    i46_the_last_use_goes_to_one_of_those_who_want_it,
    i46_an_invitation_sleeps_without_the_grant_and_dies_with_its_inviter,
    i48_codes_are_tried_within_a_budget,
    b8_a_mailed_invitation_says_how_far_it_got,
    i31_a_mail_whose_invitation_no_longer_counts_is_not_sent,
    i34_issuing_revoking_and_accepting_stand_in_the_logs,
);

/// Whoever holds the code, signed in nowhere.
async fn open(server: &TestServer, code: &str) -> Answer {
    get(server, &format!("/invitations/by-code/{code}")).await
}

async fn get(server: &TestServer, path: &str) -> Answer {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{}/api/v1{path}", server.url)).send().await.unwrap();
    Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await.unwrap() }
}

fn code_of(thing: &Value) -> String {
    thing["url"].as_str().expect("an address").rsplit('/').next().unwrap().to_owned()
}

async fn invite(person: &Person, with: Value) -> Value {
    let mut body = json!({ "network": "partner" });
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    person.post("/invitations", body).await.must(201)
}

async fn accept(person: &Person, code: &str, action: &str) -> Answer {
    person.post(&format!("/invitations/by-code/{code}/accept"), json!({ "action": action })).await
}

/// What a scanner reads in a picture.
fn scanned(bytes: &[u8], ending: &str) -> String {
    let file = tempfile::Builder::new().suffix(ending).tempfile().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let read = Command::new("zbarimg").args(["--raw", "-q"]).arg(file.path()).output();
    let read = read.expect("zbarimg: `dev/need test` installs zbar-tools");
    String::from_utf8(read.stdout).unwrap().trim().to_owned()
}

async fn picture(person: &Person, url: &str) -> Vec<u8> {
    let request = person.client.get(format!("{}{url}", person.url)).bearer_auth(&person.token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "private, no-store");
    answer.bytes().await.unwrap().to_vec()
}

async fn both_allowed(backend: Backend) -> (TestServer, Cast) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    (server, cast)
}

async fn b6_a_card_is_read_by_a_camera_and_dead_once_rotated(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let mina = &cast.mina;
    assert!(mina.call(Method::GET, "/me/card", None).await.refused().contains(&"yours NETWORK_OFF".to_owned()));
    cast.allow().await;
    let card = mina.get("/me/card").await;
    assert_eq!((&card["handle"], &card["state"]), (&json!("mina@hana.example"), &json!("live")));
    assert_eq!(mina.get("/me/card").await, card, "one card, however often it is looked at");
    let url = card["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/i/", server.url)), "{url}");
    let png = picture(mina, card["qrPngUrl"].as_str().unwrap()).await;
    assert_eq!(scanned(&png, ".png"), url);
    let svg = String::from_utf8(picture(mina, card["qrSvgUrl"].as_str().unwrap()).await).unwrap();
    assert!(svg.starts_with("<svg ") && !svg.contains("<script") && !svg.contains("href"), "{svg}");
    open(&server, &code_of(&card)).await.must(200);
    let fresh = mina.post("/me/card/rotate", json!({})).await.must(200);
    assert_ne!(fresh["url"], card["url"]);
    open(&server, &code_of(&card)).await.must(404);
    mina.call(Method::GET, card["qrPngUrl"].as_str().unwrap().strip_prefix("/api/v1").unwrap(), None).await.must(404);
    open(&server, &code_of(&fresh)).await.must(200);
    // What was given up stays in the list, for who came in by it; the card in use has a page of its own.
    let listed = mina.get("/invitations").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["state"]), (&card["id"], &json!("revoked")));
    assert_eq!(listed["items"][0]["url"], Value::Null);
    // Each is one's own: to others it is as good as none.
    for person in [&cast.aiko, &cast.leo] {
        person.call(Method::GET, &format!("/invitations/{}", fresh["id"].as_str().unwrap()), None).await.must(404);
    }
}

async fn b9_an_invitation_shows_its_inviter_and_lets_in(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let invitation = invite(&cast.mina, json!({ "purpose": "Spring  fair" })).await;
    assert_eq!(invitation["purpose"], "Spring fair");
    let url = invitation["url"].as_str().unwrap();
    assert!(invitation["text"].as_str().unwrap().contains(url));
    let code = code_of(&invitation);
    let shown = open(&server, &code).await.must(200);
    let inviter = json!({ "name": "Mina Sato", "companyName": "Hana Trading", "photoUrl": null });
    assert_eq!(shown, json!({ "inviter": inviter }), "and nothing else (B2)");
    // By its code or its whole address, as a scanned QR code has it.
    for text in [code.clone(), url.to_owned(), code.to_uppercase()] {
        let card = cast.leo.post("/people/lookup", json!({ "invitation": text })).await.must(200);
        assert_eq!((&card["name"], &card["companyName"]), (&json!("Mina Sato"), &json!("Hana Trading")));
    }
    assert_eq!(accept(&cast.mina, &code, "addContact").await.must(409)["code"], "OWN_INVITATION");
    assert_eq!(accept(&cast.aiko, &code, "addContact").await.must(409)["code"], "SAME_COMPANY");
    cast.aiko.post("/people/lookup", json!({ "invitation": code })).await.must(404);
    let mut socket = cast.mina.socket().await;
    let opened = accept(&cast.leo, &code, "openRoom").await.must(200);
    assert!(opened.get("contactId").is_none(), "{opened}");
    assert_eq!(cast.leo.get("/contacts").await["items"], json!([]));
    let room = opened["roomId"].as_str().unwrap();
    socket.until_room(room, "open").await;
    cast.leo.send(room, "1", "Hello, Mina").await.must(201);
    socket.until_text("Hello, Mina").await;
    // A second time makes the contact and counts nobody twice.
    let added = accept(&cast.leo, &code, "addContact").await.must(200);
    assert_eq!(added["roomId"], room);
    let contact = cast.leo.get(&format!("/contacts/{}", added["contactId"].as_str().unwrap())).await;
    assert_eq!((&contact["name"], &contact["link"]["state"]), (&json!("Mina Sato"), &json!("live")));
    let id = invitation["id"].as_str().unwrap();
    assert_eq!(cast.mina.get(&format!("/invitations/{id}")).await["uses"], 1);
    // Who was looked up by an invitation and is then added came in by it.
    let other = invite(&cast.mina, json!({})).await;
    cast.claire.grant(&[&cast.claire]).await;
    let card = cast.claire.post("/people/lookup", json!({ "invitation": other["url"] })).await.must(200);
    cast.claire.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201);
    cast.claire.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(200);
    assert_eq!(cast.mina.get(&format!("/invitations/{}", other["id"].as_str().unwrap())).await["uses"], 1);
}

async fn b9_an_invitation_is_a_yes_and_no_more_than_that(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let request = json!({ "firstContact": "request" });
    cast.aiko.patch("/company/external/partner", request.clone()).await.must(200);
    cast.claire.patch("/company/external/partner", request).await.must(200);
    // Both companies ask for first contacts to be confirmed: the one has invited, the other accepts.
    let invitation = invite(&cast.mina, json!({})).await;
    let code = code_of(&invitation);
    let room = accept(&cast.leo, &code, "openRoom").await.must(200)["roomId"].as_str().unwrap().to_owned();
    cast.leo.send(&room, "1", "no question waits").await.must(201);
    // A request that waits is answered by it.
    let noor = server.member(&cast.claire, "noor@borealis.example", "Noor").await;
    cast.claire.grant(&[&noor]).await;
    let waiting = noor.add(&cast.mina).await["roomId"].as_str().unwrap().to_owned();
    assert!(!noor.send(&waiting, "1", "anybody there?").await.refused().is_empty());
    assert_eq!(accept(&noor, &code, "openRoom").await.must(200)["roomId"], waiting.as_str());
    noor.send(&waiting, "2", "there you are").await.must(201);
    // What the inviter's side declined stays declined, whatever they have handed out.
    let omar = server.member(&cast.claire, "omar@borealis.example", "Omar").await;
    cast.claire.grant(&[&omar]).await;
    let declined = omar.add(&cast.mina).await["roomId"].as_str().unwrap().to_owned();
    cast.mina.post(&format!("/rooms/{declined}/request"), json!({ "answer": "decline" })).await.must(204);
    for action in ["openRoom", "addContact"] {
        assert_eq!(accept(&omar, &code, action).await.refused(), ["theirs OTHER_SIDE"]);
    }
    assert_eq!(cast.mina.get(&format!("/invitations/{}", invitation["id"].as_str().unwrap())).await["uses"], 2);
    // The decision is asked of both sides at the moment of accepting.
    let pia = server.member(&cast.claire, "pia@borealis.example", "Pia").await;
    assert_eq!(accept(&pia, &code, "addContact").await.refused(), ["yours NOT_GRANTED"]);
    cast.claire.grant(&[&pia]).await;
    let except = json!({ "partners": { "rule": "except", "domains": ["borealis.example"] } });
    cast.aiko.patch("/company/external/partner", except).await.must(200);
    open(&server, &code).await.must(200);
    assert_eq!(accept(&pia, &code, "addContact").await.refused(), ["theirs OTHER_SIDE"]);
    assert_eq!(pia.get("/contacts").await["items"], json!([]));
}

async fn l3_an_invitation_has_purpose_term_and_uses(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let mina = &cast.mina;
    let day = 24 * 60 * 60 * 1000_i64;
    let now = millis(&invite(mina, json!({})).await["createdAt"]);
    let plain = invite(mina, json!({})).await;
    assert_eq!(millis(&plain["expiresAt"]) - millis(&plain["createdAt"]), 14 * day);
    assert_eq!((&plain["maxUses"], &plain["uses"], &plain["state"]), (&Value::Null, &json!(0), &json!("live")));
    let at = |ms: i64| liaison_domain::Timestamp::from_millis(ms).to_string();
    let far = invite(mina, json!({ "expiresAt": at(now + 60 * day) })).await;
    for (wrong, pointer, code) in [
        (json!({ "expiresAt": null }), "/expiresAt", "NULL"),
        (json!({ "expiresAt": at(now - 1) }), "/expiresAt", "PAST"),
        (json!({ "expiresAt": at(now + 367 * day) }), "/expiresAt", "TOO_LATE"),
        (json!({ "maxUses": 0 }), "/maxUses", "RANGE"),
        (json!({ "purpose": "x".repeat(101) }), "/purpose", "PURPOSE"),
        (json!({ "language": "fr" }), "/language", "LANGUAGE"),
        (json!({ "network": "line" }), "/network", "LINE_NOT_CONNECTED"),
    ] {
        let mut body = json!({ "network": "partner" });
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let error = mina.post("/invitations", body).await.must(422)["errors"][0].clone();
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{wrong}");
    }
    mina.post("/invitations", json!({ "network": "partner", "code": "mine" })).await.must(422);
    let keyed = mina.post_once("key", "/invitations", json!({ "network": "partner" })).await;
    assert_eq!(keyed.must(422)["code"], "NOT_REPEATABLE", "a secret is not kept for repetition");
    // The company bounds the term, of what was issued before as well.
    cast.aiko.patch("/company/external/partner", json!({ "maxInvitationDays": 366 })).await.must(422);
    cast.aiko.patch("/company/external/partner", json!({ "maxInvitationDays": 7 })).await.must(200);
    for (id, days) in [(&plain, 7), (&far, 7), (&invite(mina, json!({})).await, 7)] {
        let now = mina.get(&format!("/invitations/{}", id["id"].as_str().unwrap())).await;
        assert_eq!(millis(&now["expiresAt"]) - millis(&now["createdAt"]), days * day);
    }
    mina.post("/invitations", json!({ "network": "partner", "expiresAt": at(now + 8 * day) })).await.must(422);
    // The text is in the language asked for.
    for (language, word) in [("en", "stay in touch"), ("ja", "連絡先"), ("ko", "연락처")] {
        let text = invite(mina, json!({ "language": language })).await["text"].clone();
        assert!(text.as_str().unwrap().contains(word) && text.as_str().unwrap().contains("Mina Sato"), "{text}");
    }
    // Newest first, in pages.
    let mut seen = Vec::new();
    let mut path = "/invitations?limit=3".to_owned();
    loop {
        let page = mina.get(&path).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/invitations?limit=3&cursor={cursor}");
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|a, b| a > b));
    // Revoking ends it, and doing so again changes nothing.
    let path = format!("/invitations/{}", plain["id"].as_str().unwrap());
    cast.leo.call(Method::DELETE, &path, None).await.must(404);
    open(&server, &code_of(&plain)).await.must(200);
    for _ in 0..2 {
        mina.call(Method::DELETE, &path, None).await.must(204);
        open(&server, &code_of(&plain)).await.must(404);
    }
    assert_eq!(mina.get(&path).await["state"], "revoked");
}

fn millis(time: &Value) -> i64 {
    time.as_str().unwrap().parse::<liaison_domain::Timestamp>().unwrap().as_millis()
}

async fn l3_who_came_in_is_listed_under_the_names_they_had(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let invitation = invite(&cast.mina, json!({})).await;
    let uses = format!("/invitations/{}/uses", invitation["id"].as_str().unwrap());
    for name in ["Noor", "Omar", "Pia"] {
        let handle = format!("{}@borealis.example", name.to_lowercase());
        let person = server.member(&cast.claire, &handle, name).await;
        cast.claire.grant(&[&person]).await;
        accept(&person, &code_of(&invitation), "addContact").await.must(200);
        let path = format!("/company/members/{}", person.id);
        cast.claire.patch(&path, json!({ "name": format!("{name} Renamed") })).await.must(200);
    }
    let (first, second) = (cast.mina.get(&format!("{uses}?limit=2")).await, cast.mina.get(&uses).await);
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|u| format!("{} of {}", u["name"].as_str().unwrap(), u["companyName"].as_str().unwrap())).collect()
    };
    let all = ["Pia of Borealis Logistics", "Omar of Borealis Logistics", "Noor of Borealis Logistics"];
    assert_eq!(names(&second), all);
    let rest = cast.mina.get(&format!("{uses}?cursor={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!([names(&first), names(&rest)].concat(), all);
    cast.leo.call(Method::GET, &uses, None).await.must(404);
}

async fn i05_whatever_does_not_open_looks_like_a_code_of_nothing(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let nothing = "0123456789abcdefghjkmnpqrstvwxyz".to_owned();
    let mut dead = vec![("nonsense", "hello".to_owned())];
    let card = code_of(&cast.mina.get("/me/card").await);
    let revoked = invite(&cast.mina, json!({})).await;
    cast.mina.call(Method::DELETE, &format!("/invitations/{}", revoked["id"].as_str().unwrap()), None).await.must(204);
    dead.push(("revoked", code_of(&revoked)));
    let used = invite(&cast.mina, json!({ "maxUses": 1 })).await;
    accept(&cast.leo, &code_of(&used), "openRoom").await.must(200);
    dead.push(("used up", code_of(&used)));
    let expired = invite(&cast.mina, json!({ "purpose": "expired" })).await;
    open(&server, &code_of(&expired)).await.must(200);
    server.sql("UPDATE invitations SET expires_at = created_at + 1 WHERE purpose = 'expired'").await;
    dead.push(("expired", code_of(&expired)));
    let asleep = invite(&cast.mina, json!({})).await;
    let by_mina = [code_of(&asleep), card];
    open(&server, &by_mina[0]).await.must(200);
    cast.aiko.revoke(&cast.mina).await;
    dead.extend(by_mina.into_iter().map(|code| ("asleep", code)));
    let essence = |answer: Answer, code: &str| {
        let mut headers: Vec<_> = answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
        headers.retain(|h| !h.starts_with("date"));
        headers.sort();
        assert!(!answer.text.contains(code) && !answer.text.contains("ref_"), "{}", answer.text);
        (answer.status, headers, answer.text)
    };
    let lookup = async |code: &str| cast.leo.post("/people/lookup", json!({ "invitation": code })).await;
    let photo = async |code: &str| get(&server, &format!("/invitations/by-code/{code}/photo")).await;
    let expected = essence(open(&server, &nothing).await, &nothing);
    assert_eq!(expected.0, 404);
    for (why, code) in &dead {
        assert_eq!(essence(open(&server, code).await, code), expected, "{why}");
        assert_eq!(essence(photo(code).await, code), essence(photo(&nothing).await, &nothing), "photo, {why}");
        assert_eq!(essence(lookup(code).await, code), essence(lookup(&nothing).await, &nothing), "lookup, {why}");
        let ours = essence(accept(&cast.leo, code, "openRoom").await, code);
        assert_eq!(ours, essence(accept(&cast.leo, &nothing, "openRoom").await, &nothing), "accept, {why}");
    }
    // To its owner it says what is the matter.
    let states: Vec<Value> = cast.mina.get("/invitations").await["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| json!([i["state"], i["reasons"].as_array().unwrap().len()]))
        .collect();
    assert_eq!(json!(states), json!([["dormant", 1], ["expired", 0], ["usedUp", 0], ["revoked", 0]]));
    assert_eq!(cast.mina.get("/me/card").await["state"], "dormant");
    println!("{} kinds of nothing compared", dead.len());
}

/// Two databases: in one Mina has invited and withdrawn it, in the other she never did. Whoever holds the code, somebody of
/// another company and a colleague of hers learn nothing of which it is.
async fn i06_two_worlds_look_alike_to_who_holds_a_code_that_counts_for_nothing(backend: Backend) {
    let (full, cast) = both_allowed(backend).await;
    let (bare, others) = both_allowed(backend).await;
    let mut codes = vec![code_of(&cast.mina.get("/me/card").await)];
    for with in [json!({ "maxUses": 1 }), json!({ "purpose": "a fair", "email": null })] {
        let made = invite(&cast.mina, with).await;
        codes.push(code_of(&made));
        let id = made["id"].as_str().unwrap();
        cast.mina.call(Method::DELETE, &format!("/invitations/{id}"), None).await.must(204);
    }
    cast.mina.post("/me/card/rotate", json!({})).await;
    let told = async |server: &TestServer, cast: &Cast| {
        let mut told = Vec::new();
        let mut keep = |answer: Answer| {
            let mut headers: Vec<_> = answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
            headers.retain(|h| !h.starts_with("date"));
            headers.sort();
            told.push((answer.status, headers, answer.text));
        };
        for code in &codes {
            keep(open(server, code).await);
            keep(get(server, &format!("/invitations/by-code/{code}/photo")).await);
            for person in [&cast.leo, &cast.claire, &cast.aiko] {
                keep(accept(person, code, "addContact").await);
                keep(person.post("/people/lookup", json!({ "invitation": code })).await);
            }
        }
        for path in ["/invitations", "/contacts", "/rooms", "/blocks"] {
            keep(cast.leo.call(Method::GET, path, None).await);
        }
        told
    };
    let (one, other) = (told(&full, &cast).await, told(&bare, &others).await);
    assert_eq!(one, other);
    println!("{} answers compared", one.len());
}

async fn i46_the_last_use_goes_to_one_of_those_who_want_it(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let invitation = invite(&cast.mina, json!({ "maxUses": 3 })).await;
    let code = code_of(&invitation);
    let mut people = Vec::new();
    for i in 0..8 {
        people.push(server.member(&cast.claire, &format!("p{i}@borealis.example"), &format!("P{i}")).await);
    }
    cast.claire.grant(&people.iter().collect::<Vec<_>>()).await;
    let mut racing = tokio::task::JoinSet::new();
    for person in people.clone() {
        let code = code.clone();
        racing.spawn(async move { accept(&person, &code, "addContact").await.status.as_u16() });
    }
    let mut answers = racing.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers, [200, 200, 200, 404, 404, 404, 404, 404]);
    let now = cast.mina.get(&format!("/invitations/{}", invitation["id"].as_str().unwrap())).await;
    assert_eq!((&now["uses"], &now["state"]), (&json!(3), &json!("usedUp")));
    // Whoever came too late has nothing of it: neither contact nor room.
    let mut inside = 0;
    for person in &people {
        let (contacts, rooms) = (person.get("/contacts").await, person.get("/rooms").await);
        let (contacts, rooms) = (contacts["items"].as_array().unwrap().len(), rooms["items"].as_array().unwrap().len());
        assert_eq!(contacts, rooms);
        inside += contacts;
    }
    assert_eq!(inside, 3);
}

async fn i46_an_invitation_sleeps_without_the_grant_and_dies_with_its_inviter(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let invitation = invite(&cast.mina, json!({})).await;
    let codes = [code_of(&invitation), code_of(&cast.mina.get("/me/card").await)];
    let all = async |status: u16| {
        for code in &codes {
            open(&server, code).await.must(status);
        }
    };
    all(200).await;
    cast.aiko.revoke(&cast.mina).await;
    all(404).await;
    cast.mina.post("/invitations", json!({ "network": "partner" })).await.refused();
    cast.aiko.grant(&[&cast.mina]).await;
    all(200).await;
    cast.aiko.patch("/company/external/partner", json!({ "connect": "deny" })).await.must(200);
    all(404).await;
    cast.aiko.allow().await;
    all(200).await;
    assert!(server.cli(&["company", "entitle", "hana.example", "off"], "").status.success());
    all(404).await;
    assert!(server.cli(&["company", "entitle", "hana.example", "on"], "").status.success());
    all(200).await;
    // Held back by an administrator, they sleep too; whoever has left takes them along for good.
    let path = format!("/company/members/{}", cast.mina.id);
    cast.aiko.patch(&path, json!({ "status": "suspended" })).await.must(200);
    all(404).await;
    cast.aiko.patch(&path, json!({ "status": "active" })).await.must(200);
    all(200).await;
    cast.aiko.patch(&path, json!({ "status": "left" })).await.must(200);
    all(404).await;
    assert_eq!(cast.aiko.audit().await.iter().filter(|a| *a == "invitation.revoked").count(), 2);
    let back = cast.aiko.patch(&path, json!({ "status": "active" })).await;
    assert_eq!(back.must(409)["code"], "MEMBER_LEFT", "I-12: nobody takes up what was theirs");
    all(404).await;
}

async fn i48_codes_are_tried_within_a_budget(backend: Backend) {
    let (server, cast) = both_allowed(backend).await;
    let code = code_of(&invite(&cast.mina, json!({})).await);
    for i in 0..120 {
        let code = if i % 2 == 0 { &code } else { "0123456789abcdefghjkmnpqrstvwxyz" };
        assert_eq!(open(&server, code).await.status, if i % 2 == 0 { 200 } else { 404 });
    }
    for code in [code.as_str(), "0123456789abcdefghjkmnpqrstvwxyz"] {
        let answer = open(&server, code).await;
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(answer.must(429)["code"], "INVITATION_BUDGET");
        get(&server, &format!("/invitations/by-code/{code}/photo")).await.must(429);
    }
    // Members have budgets of their own.
    accept(&cast.leo, &code, "openRoom").await.must(200);
    for _ in 0..119 {
        accept(&cast.leo, "nothing", "openRoom").await.must(404);
    }
    accept(&cast.leo, "nothing", "openRoom").await.must(429);
    for _ in 0..60 {
        cast.leo.post("/people/lookup", json!({ "invitation": "nothing" })).await.must(404);
    }
    assert_eq!(cast.leo.post("/people/lookup", json!({ "invitation": code })).await.must(429)["code"], "LOOKUP_BUDGET");
}

async fn i34_issuing_revoking_and_accepting_stand_in_the_logs(backend: Backend) {
    let (_server, cast) = both_allowed(backend).await;
    let before = (cast.aiko.audit().await.len(), cast.claire.audit().await.len());
    let invitation = invite(&cast.mina, json!({})).await;
    accept(&cast.leo, &code_of(&invitation), "addContact").await.must(200);
    cast.mina
        .call(Method::DELETE, &format!("/invitations/{}", invitation["id"].as_str().unwrap()), None)
        .await
        .must(204);
    let (hana, borealis) = (cast.aiko.audit().await, cast.claire.audit().await);
    assert_eq!(hana[before.0..], ["invitation.created", "invitation.accepted", "invitation.revoked"]);
    assert_eq!(borealis[before.1..], ["contact.added", "invitation.accepted"]);
    let log = cast.aiko.get("/company/audit?limit=200").await.to_string();
    assert!(!log.contains(&code_of(&invitation)), "I-53: no code stands in a log");
    let entries = cast.aiko.get("/company/audit?limit=3").await;
    assert_eq!(entries["items"][1]["actor"], Value::Null, "the other company's person is no actor of ours");
}

/// The bytes of the database, and what its log of writes holds.
#[tokio::test(flavor = "multi_thread")]
async fn i46_no_code_stands_in_the_database() {
    let (server, cast) = both_allowed(Backend::Sqlite).await;
    let codes = [code_of(&invite(&cast.mina, json!({})).await), code_of(&cast.mina.get("/me/card").await)];
    accept(&cast.leo, &codes[0], "addContact").await.must(200);
    let mut searched = 0;
    for file in ["liaison.db", "liaison.db-wal"] {
        let bytes = std::fs::read(server.folder.path().join(file)).unwrap();
        assert!(bytes.windows(9).any(|w| w == b"Mina Sato") || file == "liaison.db", "{file} is what is written to");
        for code in &codes {
            for hidden in [code.as_bytes(), code.to_uppercase().as_bytes()] {
                assert!(!bytes.windows(hidden.len()).any(|w| w == hidden), "a code stands in {file}");
                searched += 1;
            }
        }
    }
    assert_eq!(searched, 8);
}

async fn with_mail(backend: Backend, mail: &MailServer) -> (TestServer, Cast) {
    let settings = mail.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_os_str())).collect();
    let server = TestServer::with_environment(backend, &settings).await;
    server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
    server.company("borealis.example", "Borealis Logistics", "CA", "claire", "Claire Gagnon");
    let cast = server.cast().await;
    cast.allow().await;
    (server, cast)
}

async fn until_mail(person: &Person, invitation: &Value, state: &str) {
    let path = format!("/invitations/{}", invitation["id"].as_str().unwrap());
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let now = person.get(&path).await;
        if now["mailState"] == state {
            return;
        }
        assert!(std::time::Instant::now() < until, "not {state}: {now}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn b8_a_mailed_invitation_says_how_far_it_got(backend: Backend) {
    let mail = MailServer::start(Protection::None);
    let (_server, cast) = with_mail(backend, &mail).await;
    for wrong in [
        "",
        "nobody",
        "two@mail.example,three@mail.example",
        "Guest<guest@mail.example>",
        "x@mail.example\r\nBcc: y@mail.example",
    ] {
        let body = json!({ "network": "partner", "email": wrong });
        let error = cast.mina.post("/invitations", body).await.must(422)["errors"][0].clone();
        assert_eq!(error["pointer"], "/email", "{wrong}");
    }
    let invitation = invite(&cast.mina, json!({ "email": "guest@mail.example" })).await;
    assert_eq!((&invitation["email"], &invitation["mailState"]), (&json!("guest@mail.example"), &json!("queued")));
    until_mail(&cast.mina, &invitation, "sent").await;
    assert!(mail.taken(1).await[0]["text"].as_str().unwrap().contains(invitation["url"].as_str().unwrap()));
    let refused = invite(&cast.mina, json!({ "email": "refused@mail.example" })).await;
    until_mail(&cast.mina, &refused, "refused").await;
    accept(&cast.leo, &code_of(&invitation), "openRoom").await.must(200);
    until_mail(&cast.mina, &invitation, "accepted").await;
    assert_eq!(invite(&cast.mina, json!({})).await["mailState"], Value::Null);
    // Three to one address in a day, whoever of the company sends them; an address of somebody else's counts anew.
    for _ in 0..2 {
        invite(&cast.mina, json!({ "email": "GUEST@mail.example" })).await;
    }
    cast.aiko.grant(&[&cast.aiko]).await;
    let fourth = json!({ "network": "partner", "email": "guest@mail.example" });
    assert_eq!(cast.aiko.post("/invitations", fourth.clone()).await.must(429)["code"], "MAIL_BUDGET");
    cast.leo.post("/invitations", fourth).await.must(201);
    // Twenty of one member.
    for i in 0..16 {
        invite(&cast.mina, json!({ "email": format!("guest{i}@mail.example") })).await;
    }
    let last = json!({ "network": "partner", "email": "guest99@mail.example" });
    assert_eq!(cast.mina.post("/invitations", last).await.must(429)["code"], "MAIL_BUDGET");
}

#[tokio::test(flavor = "multi_thread")]
async fn i47_a_mailed_invitation_holds_nothing_its_inviter_wrote_but_a_name() {
    let mail = MailServer::start(Protection::None);
    let (server, cast) = with_mail(Backend::Sqlite, &mail).await;
    let evil = "Mina <b>www.evil.example/win</b> \"x\" http://evil.example Bcc: all@hana.example and on and on and on";
    cast.aiko.patch(&format!("/company/members/{}", cast.mina.id), json!({ "name": evil })).await.must(200);
    for (i, (language, subject)) in [("en", "invites you"), ("ja", "招待"), ("ko", "초대")].into_iter().enumerate()
    {
        let purpose = "https://evil.example/purpose <script>";
        let email = format!("guest-{language}@mail.example");
        let with = json!({ "email": email, "purpose": purpose, "language": language });
        let invitation = invite(&cast.mina, with).await;
        let mails = mail.taken(i + 1).await;
        let got = mails.iter().find(|m| m["to"] == json!([email])).unwrap();
        assert_eq!(got["defects"], json!([]), "{got}");
        assert!(header(got, "Subject").contains(subject), "{}", header(got, "Subject"));
        assert!(header(got, "Subject").chars().count() < 140);
        assert_eq!(header(got, "Auto-Submitted"), "auto-generated");
        let (text, html) = (got["text"].as_str().unwrap(), got["html"].as_str().unwrap());
        let url = invitation["url"].as_str().unwrap();
        for both in [text, html] {
            assert!(both.contains(url) && both.contains("Hana Trading") && both.contains("Mina"), "{both}");
            for hidden in ["evil.example", "<b>", "<script", "purpose", "all@hana"] {
                assert!(!both.contains(hidden), "{hidden}: {both}");
            }
        }
        assert_eq!(text.matches("://").count(), 1, "one address: {text}");
        assert_eq!(html.matches("href=").count(), html.matches(&format!("href=\"{url}\"")).count());
        open(&server, &code_of(&invitation)).await.must(200);
    }
}

async fn i31_a_mail_whose_invitation_no_longer_counts_is_not_sent(backend: Backend) {
    let mut mail = MailServer::start(Protection::None);
    mail.stop();
    let (_server, cast) = with_mail(backend, &mail).await;
    let revoked = invite(&cast.mina, json!({ "email": "revoked@mail.example" })).await;
    cast.mina.call(Method::DELETE, &format!("/invitations/{}", revoked["id"].as_str().unwrap()), None).await.must(204);
    cast.aiko.grant(&[&cast.aiko]).await;
    let asleep = invite(&cast.aiko, json!({ "email": "asleep@mail.example" })).await;
    cast.aiko.revoke(&cast.aiko).await;
    let fine = invite(&cast.mina, json!({ "email": "fine@mail.example" })).await;
    mail.start_again();
    until_mail(&cast.mina, &fine, "sent").await;
    until_mail(&cast.mina, &revoked, "refused").await;
    until_mail(&cast.aiko, &asleep, "refused").await;
    let to: Vec<Value> = mail.mails().iter().map(|m| m["to"].clone()).collect();
    assert_eq!(to, [json!(["fine@mail.example"])]);
}
