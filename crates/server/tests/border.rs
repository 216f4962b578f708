//! What may cross the border between companies, and what may not.

mod common;

use common::{Backend, Person, TestServer, reasons};
use liaison_domain::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

on_both!(
    i01_nothing_passes_unless_both_companies_said_yes,
    b1_b3_l1_each_side_needs_a_grant_and_one_side_s_adding_is_enough,
    i05_a_lookup_without_right_answers_as_for_nobody,
    i48_lookups_have_a_budget_that_is_each_member_s_own,
    i05_a_room_of_others_answers_as_no_room,
    i09_an_allowed_partner_brings_in_no_refused_company,
    i08_a_participant_of_another_room_is_not_found,
    i12_a_term_ends_by_itself_and_a_team_grants,
    x_frozen_hidden_shows_nothing_and_read_only_shows_what_was_delivered,
    x_frozen_a_pair_that_fell_out_freezes_the_group_until_one_has_left,
    x_audience_unrelated_outsiders_in_one_room_are_asked_about,
    l_the_blocked_one_is_never_told,
    a8_all_members_mode_with_an_exclusion_and_back_to_selected,
    a1_without_entitlement_everything_denies,
    x_first_contact_waits_for_a_yes,
);

type Step<'a> = (&'a Person, &'a Person, bool);

async fn i01_nothing_passes_unless_both_companies_said_yes(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    // Each of the four switches alone, and every three of them, are not enough.
    let steps: [Step<'_>; 4] = [
        (&cast.aiko, &cast.mina, false),
        (&cast.aiko, &cast.mina, true),
        (&cast.claire, &cast.leo, false),
        (&cast.claire, &cast.leo, true),
    ];
    let set = async |(owner, member, grants): &Step<'_>, on: bool| match (grants, on) {
        (true, true) => drop(owner.grant(&[member]).await),
        (true, false) => drop(owner.revoke(member).await),
        (false, on) => {
            let connect = if on { "allow" } else { "deny" };
            owner.patch("/company/external/partner", json!({ "connect": connect })).await.must(200);
        }
    };
    for step in &steps {
        cast.mina.look_up(&cast.leo.handle).await.must(404);
        set(step, true).await;
    }
    let card = cast.mina.look_up(&cast.leo.handle).await.must(200);
    for (refusals, step) in steps.iter().enumerate() {
        set(step, false).await;
        cast.mina.look_up(&cast.leo.handle).await.must(404);
        // The card of a moment ago is good for nothing either: it is decided anew.
        let add = cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await;
        assert!(!add.refused().is_empty());
        assert_eq!(cast.aiko.audit().await.iter().filter(|a| *a == "contact.refused").count(), refusals + 1, "I-34");
        set(step, true).await;
    }
    // In somebody else's hands a card is nobody's.
    cast.aiko.grant(&[&cast.aiko]).await;
    cast.aiko.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(404);
    cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201);
}

async fn b1_b3_l1_each_side_needs_a_grant_and_one_side_s_adding_is_enough(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    let card = cast.mina.look_up(&cast.leo.handle).await.must(200);
    let whom = json!({ "personRef": card["personRef"] });
    // B1: whoever adds needs a grant of her own company, and is told so.
    cast.aiko.revoke(&cast.mina).await;
    assert_eq!(cast.mina.post("/contacts", whom.clone()).await.refused(), ["yours NOT_GRANTED"]);
    cast.aiko.grant(&[&cast.mina]).await;
    // B3: so does whoever is added, whose company's affairs are not told.
    cast.claire.revoke(&cast.leo).await;
    assert_eq!(cast.mina.post("/contacts", whom.clone()).await.refused(), ["theirs OTHER_SIDE"]);
    for person in [&cast.mina, &cast.leo] {
        assert_eq!(person.get("/rooms").await["items"], json!([]), "a refusal leaves nothing behind");
        assert_eq!(person.get("/contacts").await["items"], json!([]));
    }
    cast.claire.grant(&[&cast.leo]).await;
    // L1: contact and direct room at once, and he need not add her to answer.
    let contact = cast.mina.post("/contacts", whom.clone()).await.must(201);
    let room = contact["roomId"].as_str().expect("a room").to_owned();
    cast.mina.send(&room, "1", "hello").await.must(201);
    cast.leo.send(&room, "1", "good day").await.must(201);
    assert_eq!(cast.leo.get("/contacts").await["items"], json!([]), "his book is his own");
    // Adding once more is the same contact and the same room.
    let again = cast.mina.post("/contacts", whom).await.must(200);
    assert_eq!((&again["id"], &again["roomId"]), (&contact["id"], &contact["roomId"]));
    let his = cast.leo.add(&cast.mina).await;
    assert_eq!(his["roomId"], contact["roomId"], "each has a contact, both the one room");
}

async fn i05_a_lookup_without_right_answers_as_for_nobody(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.aiko.allow().await;
    cast.aiko.grant(&[&cast.mina]).await;
    let suspended = server.member(&cast.claire, "zoe@borealis.example", "Zoé").await;
    let path = format!("/company/members/{}", suspended.id);
    cast.claire.patch(&path, json!({ "status": "suspended" })).await.must(200);
    let mut answers = HashSet::new();
    // Nobody of that handle, no such company, not a handle, a colleague, oneself, switched off, not granted, suspended.
    let handles =
        ["nobody@borealis.example", "x@nowhere.example", "not a handle", "aiko@hana.example", "mina@hana.example"];
    let mut ask = async |handle: &str| {
        let answer = cast.mina.look_up(handle).await;
        let mut headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        answers.insert((answer.status, headers, answer.text));
    };
    for handle in handles {
        ask(handle).await;
    }
    ask("leo@borealis.example").await;
    cast.claire.allow().await;
    ask("leo@borealis.example").await;
    ask("zoe@borealis.example").await;
    // The same bytes when it is one's own side that is in the way.
    cast.claire.grant(&[&cast.leo]).await;
    cast.aiko.revoke(&cast.mina).await;
    ask("leo@borealis.example").await;
    assert_eq!(answers.len(), 1, "{answers:#?}");
    // The precondition: with all in place, it is found.
    cast.aiko.grant(&[&cast.mina]).await;
    cast.mina.look_up("leo@borealis.example").await.must(200);
}

async fn i48_lookups_have_a_budget_that_is_each_member_s_own(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    for _ in 0..60 {
        cast.mina.look_up("nobody@borealis.example").await.must(404);
    }
    for handle in ["nobody@borealis.example", "leo@borealis.example", "not a handle"] {
        let answer = cast.mina.look_up(handle).await;
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(answer.must(429)["code"], "LOOKUP_BUDGET");
    }
    cast.leo.look_up(&cast.mina.handle).await.must(200);
    let metrics = cast.mina.client.get(format!("{}/metrics", server.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.lines().any(|l| l == "liaison_lookups_refused_total{scope=\"member\"} 3"), "{metrics}");
    assert!(!metrics.contains(&cast.mina.id));
}

async fn i05_a_room_of_others_answers_as_no_room(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    cast.mina.send(&room, "1", "secret").await.must(201);
    let contact = cast.mina.get("/contacts").await["items"][0]["id"].as_str().unwrap().to_owned();
    for outsider in [&cast.aiko, &cast.claire] {
        for real in [format!("/rooms/{room}"), format!("/rooms/{room}/messages"), format!("/contacts/{contact}")] {
            let random = real.replace(['0', '1', '2', '3'], "5");
            assert_ne!(real, random);
            let of_real = outsider.call(Method::GET, &real, None).await;
            let of_random = outsider.call(Method::GET, &random, None).await;
            assert_eq!((of_real.status, &of_real.text), (of_random.status, &of_random.text), "{real}");
            assert_eq!(of_real.status, 404);
        }
        outsider.send(&room, "2", "hello").await.must(404);
        outsider.call(Method::PUT, &format!("/rooms/{room}/read"), Some(json!({ "seq": 1 }))).await.must(404);
        // Faces too: Leo's is for those in an open room with him.
    }
    cast.mina.call(Method::GET, &format!("/company/members/{}", cast.leo.id), None).await.must(404);
}

async fn i09_an_allowed_partner_brings_in_no_refused_company(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    server.company("sakura.example", "Sakura Foods", "JP", "rin", "Rin Mori");
    let rin = server.person("rin@sakura.example").await;
    rin.allow().await;
    rin.grant(&[&rin]).await;
    let mina_contact = json!({ "roomId": room, "participantId": cast.mina.id });
    let mina_contact = cast.leo.post("/contacts", mina_contact).await.must(201)["id"].clone();
    let rin_contact = cast.leo.add(&rin).await["id"].clone();
    let all = json!({ "contactIds": [mina_contact, rin_contact], "name": "Three", "confirmed": true });
    // The precondition: without a list, the three may meet.
    let group = cast.leo.post("/rooms", all.clone()).await.must(201)["id"].as_str().unwrap().to_owned();
    rin.send(&group, "1", "all three").await.must(201);
    // Hana refuses Sakura: nobody writes any more, whoever they are, and no new room of the three opens.
    let except = json!({ "partners": { "rule": "except", "domains": ["sakura.example"] } });
    cast.aiko.patch("/company/external/partner", except).await.must(200);
    for person in [&cast.leo, &rin] {
        assert_eq!(person.send(&group, "2", "x").await.refused(), ["theirs OTHER_SIDE"]);
    }
    assert_eq!(cast.mina.send(&group, "2", "x").await.refused(), ["yours PARTNER_NOT_ALLOWED"]);
    assert_eq!(cast.leo.post("/rooms", all).await.refused(), ["theirs OTHER_SIDE"]);
    cast.mina.send(&room, "3", "two of us may").await.must(201);
}

async fn i08_a_participant_of_another_room_is_not_found(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let inside = cast.mina.post("/rooms", json!({ "memberIds": [cast.aiko.id] })).await.must(201);
    let inside = inside["id"].as_str().unwrap();
    cast.mina.post("/contacts", json!({ "roomId": inside, "participantId": cast.leo.id })).await.must(404);
    cast.mina.post("/contacts", json!({ "roomId": room, "participantId": cast.claire.id })).await.must(404);
    cast.mina.post("/contacts", json!({ "roomId": inside, "participantId": cast.aiko.id })).await.must(404);
}

async fn i12_a_term_ends_by_itself_and_a_team_grants(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    cast.claire.revoke(&cast.leo).await;
    let team = json!({ "name": "Sales", "memberIds": [cast.leo.id] });
    let team = cast.claire.post("/company/teams", team).await.must(201)["id"].clone();
    let soon = SystemClock.now().plus_millis(2_000);
    let grants = "/company/external/partner/grants";
    let past = json!({ "memberIds": [cast.leo.id], "endsAt": "2001-01-01T00:00:00Z" });
    assert_eq!(cast.claire.post(grants, past).await.must(422)["errors"][0]["pointer"], "/endsAt");
    cast.claire.post(grants, json!({ "memberIds": [], "teamIds": [team], "endsAt": soon })).await.must(200);
    let listed = cast.claire.get(grants).await;
    assert_eq!((listed["items"][0]["source"].clone(), listed["items"].as_array().unwrap().len()), (json!("team"), 1));
    cast.leo.send(&room, "1", "in term").await.must(201);
    let mut socket = cast.leo.socket().await;
    let frozen = socket.until_room(&room, "frozen").await;
    assert_eq!(reasons(&frozen["state"]["reasons"]), ["yours NOT_GRANTED"]);
    cast.leo.send(&room, "2", "after it").await.must(403);
}

async fn x_frozen_hidden_shows_nothing_and_read_only_shows_what_was_delivered(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    cast.mina.send(&room, "1", "before").await.must(201);
    cast.claire.patch("/company/external/partner", json!({ "onRevoke": "hidden" })).await.must(200);
    assert_eq!(cast.leo.texts(&room).await, ["before"]);
    cast.aiko.patch("/company/external/partner", json!({ "connect": "deny" })).await.must(200);
    assert_eq!(cast.mina.texts(&room).await, ["before", "*frozen*"]);
    let hidden = cast.leo.room(&room).await;
    assert_eq!((hidden["lastMessage"].clone(), hidden["lastSeq"].clone()), (Value::Null, json!(0)));
    assert_eq!((hidden["ranges"].clone(), hidden["state"]["status"].clone()), (json!([]), json!("frozen")));
    assert!(cast.leo.texts(&room).await.is_empty());
    // Nothing is synced behind a freeze: a new name stays unknown to the other side.
    let path = format!("/company/members/{}", cast.mina.id);
    cast.aiko.patch(&path, json!({ "name": "Mina Ito" })).await.must(200);
    assert!(!cast.leo.room(&room).await.to_string().contains("Ito"));
    cast.aiko.allow().await;
    assert_eq!(cast.leo.texts(&room).await, ["before", "*frozen*", "*thawed*"]);
    assert!(cast.leo.room(&room).await.to_string().contains("Ito"));
}

async fn x_frozen_a_pair_that_fell_out_freezes_the_group_until_one_has_left(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    server.company("sakura.example", "Sakura Foods", "JP", "rin", "Rin Mori");
    let rin = server.person("rin@sakura.example").await;
    rin.allow().await;
    rin.grant(&[&rin]).await;
    let mina_contact = json!({ "roomId": room, "participantId": cast.mina.id });
    let mina_contact = cast.leo.post("/contacts", mina_contact).await.must(201)["id"].clone();
    let rin_contact = cast.leo.add(&rin).await["id"].clone();
    let all = json!({ "contactIds": [mina_contact, rin_contact], "name": "Three", "confirmed": true });
    let group = cast.leo.post("/rooms", all).await.must(201)["id"].as_str().unwrap().to_owned();
    let except = json!({ "partners": { "rule": "except", "domains": ["sakura.example"] } });
    cast.aiko.patch("/company/external/partner", except).await.must(200);
    assert_eq!(cast.leo.room(&group).await["state"]["status"], "frozen");
    // One removes only people of one's own company; everyone can leave.
    let path = format!("/rooms/{group}/participants");
    cast.leo.call(Method::DELETE, &format!("{path}/{}", rin.id), None).await.must(403);
    rin.call(Method::DELETE, &format!("{path}/me"), None).await.must(204);
    assert_eq!(cast.leo.room(&group).await["state"]["status"], "open");
    cast.mina.send(&group, "1", "on we go").await.must(201);
    rin.call(Method::GET, &format!("/rooms/{group}"), None).await.must(404);
}

async fn x_audience_unrelated_outsiders_in_one_room_are_asked_about(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.meet().await;
    server.company("sakura.example", "Sakura Foods", "JP", "rin", "Rin Mori");
    let rin = server.person("rin@sakura.example").await;
    rin.allow().await;
    rin.grant(&[&rin]).await;
    let rin_contact = cast.mina.add(&rin).await["id"].clone();
    let contacts = cast.mina.get("/contacts").await;
    let leo_contact = contacts["items"].as_array().unwrap().iter().find(|c| c["name"] == "Leo Tremblay").unwrap();
    let mut body = json!({ "contactIds": [leo_contact["id"], rin_contact], "name": "Both" });
    assert_eq!(cast.mina.post("/rooms", body.clone()).await.must(409)["code"], "CONFIRM_AUDIENCE");
    let rooms = cast.mina.get("/rooms").await["items"].as_array().unwrap().len();
    assert_eq!(rooms, 2, "nothing was opened");
    body["confirmed"] = json!(true);
    cast.mina.post("/rooms", body).await.must(201);
}

async fn l_the_blocked_one_is_never_told(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    cast.mina.send(&room, "1", "before").await.must(201);
    let mut mina_socket = cast.mina.socket().await;
    let before = cast.mina.room(&room).await;
    let block = cast.leo.post("/blocks", json!({ "roomId": room })).await.must(201);
    assert_eq!(block["name"], "Mina Sato");
    // For the blocked one nothing has changed, but for what she herself writes.
    assert_eq!(cast.mina.room(&room).await, before);
    cast.mina.send(&room, "2", "are you there?").await.must(201);
    mina_socket.until_text("are you there?").await;
    // Her socket may be told the room again (after others have written into the log); it tells her nothing either.
    for frame in mina_socket.seen.iter().filter(|f| f["op"] == "room") {
        assert_eq!((&frame["room"]["state"], &frame["room"]["contact"]), (&before["state"], &before["contact"]));
    }
    cast.mina.look_up("leo@borealis.example").await.must(200);
    // The blocker hears nothing and cannot write, and knows why.
    assert_eq!(cast.leo.texts(&room).await, ["before"]);
    let seen = cast.leo.room(&room).await;
    assert_eq!((seen["lastSeq"].clone(), seen["unreadCount"].clone()), (json!(1), json!(1)));
    assert_eq!(cast.leo.send(&room, "3", "x").await.refused(), ["yours BLOCKED"]);
    // What was written meanwhile stays out of sight for good.
    let path = format!("/blocks/{}", block["id"].as_str().unwrap());
    cast.aiko.call(Method::DELETE, &path, None).await.must(404);
    cast.leo.call(Method::DELETE, &path, None).await.must(204);
    cast.mina.send(&room, "4", "after").await.must(201);
    assert_eq!(cast.leo.texts(&room).await, ["before", "after"]);
    assert_eq!(cast.mina.texts(&room).await, ["before", "are you there?", "after"]);
    // Again and again, with nothing said in between.
    for _ in 0..3 {
        let block = cast.leo.post("/blocks", json!({ "roomId": room })).await.must(201);
        let path = format!("/blocks/{}", block["id"].as_str().unwrap());
        cast.leo.call(Method::DELETE, &path, None).await.must(204);
    }
    cast.mina.send(&room, "5", "still here").await.must(201);
    assert_eq!(cast.leo.texts(&room).await, ["before", "after", "still here"]);
}

async fn a8_all_members_mode_with_an_exclusion_and_back_to_selected(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let setting = json!({ "connect": "allow", "mode": "allMembers" });
    cast.aiko.patch("/company/external/partner", setting).await.must(200);
    cast.claire.allow().await;
    cast.claire.grant(&[&cast.leo]).await;
    cast.mina.look_up("leo@borealis.example").await.must(200);
    cast.aiko.revoke(&cast.mina).await;
    cast.mina.look_up("leo@borealis.example").await.must(404);
    let excluded = cast.aiko.get("/company/external/partner/grants?effect=exclude").await;
    assert_eq!(excluded["items"][0]["member"]["id"], json!(cast.mina.id));
    cast.aiko.patch("/company/external/partner", json!({ "mode": "selectedMembers" })).await.must(200);
    let holders = cast.aiko.get("/company/external/partner/grants").await;
    let holders: Vec<&str> =
        holders["items"].as_array().unwrap().iter().map(|g| g["member"]["handle"].as_str().unwrap()).collect();
    assert_eq!(holders, ["aiko@hana.example"], "everyone who had it keeps it, the excluded stay excluded");
    // A4: names that would mislead outsiders are refused with the reason.
    let flower = server.member(&cast.aiko, "hana@hana.example", "Hana 🌸").await;
    let outcome = cast.aiko.grant(&[&cast.mina, &flower]).await;
    assert_eq!(
        (outcome["granted"].clone(), outcome["skipped"][0]["code"].clone()),
        (json!([cast.mina.id]), json!("EMOJI_IN_NAME"))
    );
    cast.mina.look_up("leo@borealis.example").await.must(200);
    // Two administrators at once: the later one is told.
    let stale = cast.aiko.client.patch(format!("{}/api/v1/company/external/partner", server.url));
    let stale = stale.bearer_auth(&cast.aiko.token).header("if-match", "\"1\"").json(&json!({ "files": "deny" }));
    assert_eq!(stale.send().await.unwrap().status(), 412);
}

async fn a1_without_entitlement_everything_denies(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let mut socket = cast.mina.socket().await;
    // The operator's command runs beside the server, which notices by itself.
    assert!(server.cli(&["company", "entitle", "hana.example", "off"], "").status.success());
    assert_eq!(cast.mina.send(&room, "1", "x").await.refused(), ["yours NOT_ENTITLED"]);
    assert_eq!(cast.leo.send(&room, "1", "x").await.refused(), ["theirs OTHER_SIDE"]);
    socket.until_room(&room, "frozen").await;
    assert!(server.cli(&["company", "entitle", "hana.example", "on"], "").status.success());
    socket.until_room(&room, "open").await;
    cast.leo.send(&room, "2", "hello again").await.must(201);
}

async fn x_first_contact_waits_for_a_yes(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    cast.claire.patch("/company/external/partner", json!({ "firstContact": "request" })).await.must(200);
    let contact = cast.mina.add(&cast.leo).await;
    let room = contact["roomId"].as_str().unwrap();
    assert_eq!(cast.mina.send(room, "1", "x").await.refused(), ["theirs OTHER_SIDE"]);
    assert_eq!(reasons(&cast.leo.room(room).await["state"]["reasons"]), ["yours REQUEST_PENDING"]);
    cast.mina.post(&format!("/rooms/{room}/request"), json!({ "answer": "accept" })).await.must(409);
    cast.leo.post(&format!("/rooms/{room}/request"), json!({ "answer": "accept" })).await.must(204);
    cast.mina.send(room, "2", "hello").await.must(201);
}
