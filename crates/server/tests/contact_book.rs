//! The contact book: what is in it, who sees it, who may edit it.

mod common;

use common::{Backend, Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    b10_search_finds_in_any_script_while_it_is_typed,
    b10_sections_sorting_and_pages,
    b12_names_follow_the_other_side_until_the_link_ends,
    b12_fields_are_edited_and_synced_ones_refuse,
    b12_what_is_wrong_with_a_field_is_told_with_its_place,
    b12_a_photo_of_ones_own_stands_before_the_persons,
    b13_an_outsider_is_in_all_and_in_external,
    b14_a_contact_is_seen_by_whom_it_is_shared_with,
    b14_two_colleagues_know_one_person,
    b14_defaults_are_the_administrators,
    b15_who_saves_after_a_colleague_is_told,
    i05_a_contact_out_of_sight_answers_as_nothing_does,
    i22_a_socket_that_resumes_learns_what_came_and_went,
);

const PICTURE: &[u8] = include_bytes!("../../../demo/photos/borealis-leo.png");
const OTHER: &[u8] = include_bytes!("../../../demo/photos/hana-kenji.png");

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect()
}

fn path(contact: &Value) -> String {
    format!("/contacts/{}", contact["id"].as_str().unwrap())
}

async fn plain(person: &Person, body: Value) -> Value {
    person.post("/contacts", body).await.must(201)
}

async fn found(person: &Person, query: &str) -> Vec<String> {
    let url = reqwest::Url::parse_with_params("http://x/contacts", [("query", query)]).unwrap();
    let page = person.get(&format!("/contacts?{}", url.query().unwrap())).await;
    names(&page).into_iter().map(str::to_owned).collect()
}

async fn b10_search_finds_in_any_script_while_it_is_typed(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    for (name, company) in
        [("김서연", "한빛상사"), ("田中 愛子", "タナカ商事"), ("Renée Dubois", "Hauptstraße 100% GmbH")]
    {
        let phone = json!([{ "type": "mobile", "value": "+81 90-1234-5678" }]);
        let phones = if name == "田中 愛子" { phone } else { json!([]) };
        let email = format!("a{}@b.example", company.chars().count());
        let body = json!({ "name": name, "companyName": company, "emails": [{ "value": email }], "phones": phones,
            "tags": if name == "김서연" { vec!["구매"] } else { vec![] } });
        plain(&cast.mina, body).await;
    }
    for (query, expected) in [
        ("ㄱㅅㅇ", "김서연"),
        ("김서여", "김서연"),
        ("ㅎㅂ", "김서연"),
        ("구매", "김서연"),
        ("a4@b", "김서연"),
        ("たなか", "田中 愛子"),
        ("田中愛子", "田中 愛子"),
        ("愛", "田中 愛子"),
        ("090-1234", "田中 愛子"),
        ("1234 5678", "田中 愛子"),
        ("renee", "Renée Dubois"),
        ("DUBOIS ren", "Renée Dubois"),
        ("100%", "Renée Dubois"),
        ("strasse", "Renée Dubois"),
    ] {
        assert_eq!(found(&cast.mina, query).await, [expected], "{query}");
    }
    for nothing in ["zzz", "100_", "dubois 김", "\\", "999", "' OR 1=1"] {
        assert!(found(&cast.mina, nothing).await.is_empty(), "{nothing}");
    }
    assert_eq!(found(&cast.mina, "").await.len(), 3);
    // Editing changes what is found.
    let kim = cast.mina.get("/contacts?query=%EA%B9%80").await["items"][0].clone();
    cast.mina.patch(&path(&kim), json!({ "name": "이준호", "tags": null })).await.must(200);
    assert_eq!(found(&cast.mina, "ㅇㅈㅎ").await, ["이준호"]);
    assert!(found(&cast.mina, "구매").await.is_empty() && found(&cast.mina, "ㄱㅅㅇ").await.is_empty());
}

async fn b10_sections_sorting_and_pages(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.meet().await;
    let all = [("Bea", "Zeta"), ("ann", "alpha"), ("Ćiro", ""), ("Dan", "Ärzte"), ("エマ", "beta"), ("あい", "")];
    for (name, company) in all {
        let company = if company.is_empty() { Value::Null } else { json!(company) };
        plain(&cast.mina, json!({ "name": name, "companyName": company, "tags": ["Tea", name] })).await;
    }
    let every = async |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = cast.mina.get(&format!("/contacts?limit=2{query}{cursor}")).await;
            found.extend(names(&page).into_iter().map(str::to_owned));
            let Some(next) = page["nextCursor"].as_str() else { return found };
            cursor = format!("&cursor={next}");
        }
    };
    let by_name = ["ann", "Bea", "Ćiro", "Dan", "Leo Tremblay", "あい", "エマ"];
    assert_eq!(every("").await, by_name);
    assert_eq!(every("&sort=company").await, ["ann", "Dan", "エマ", "Leo Tremblay", "Bea", "Ćiro", "あい"]);
    assert_eq!(every("&sort=added").await, ["あい", "エマ", "Dan", "Ćiro", "ann", "Bea", "Leo Tremblay"]);
    assert_eq!(every("&section=external").await, ["Leo Tremblay"]);
    assert_eq!(every("&network=partner").await, ["Leo Tremblay"]);
    assert!(every("&network=line").await.is_empty() && every("&section=trash").await.is_empty());
    assert_eq!(every("&tag=tea").await.len(), 6);
    assert_eq!(every("&tag=Bea").await, ["Bea"]);
    let tags = cast.mina.get("/contacts/tags").await;
    assert_eq!(tags["items"].as_array().unwrap().last().unwrap(), &json!({ "tag": "エマ", "count": 1 }));
    assert!(tags["items"].as_array().unwrap().contains(&json!({ "tag": "Tea", "count": 6 })));
    // A place of one order is none of another.
    let page = cast.mina.get("/contacts?limit=2").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let wrong = cast.mina.call(Method::GET, &format!("/contacts?sort=added&cursor={cursor}"), None).await.must(422);
    assert_eq!(wrong["errors"][0]["pointer"], "/cursor");
    // Somebody else's book is empty.
    assert!(names(&cast.aiko.get("/contacts").await).is_empty());
}

async fn b12_names_follow_the_other_side_until_the_link_ends(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    let contact = cast.mina.add(&cast.leo).await;
    let shown = |c: &Value| ["name", "nickname", "companyName"].map(|f| c[f].as_str().unwrap().to_owned()).join(" | ");
    assert_eq!(shown(&contact), "Leo Tremblay | Leo Tremblay | Borealis Logistics");
    assert_eq!((&contact["nameSynced"], &contact["syncStoppedAt"]), (&json!(true), &Value::Null));
    let rename = async |name: &str, company: &str| {
        let path = format!("/company/members/{}", cast.leo.id);
        cast.claire.patch(&path, json!({ "name": name })).await.must(200);
        cast.claire.patch("/company", json!({ "name": company })).await.must(200);
    };
    let mut socket = cast.mina.socket().await;
    rename("Leo Roy", "Borealis Freight").await;
    let now = cast.mina.get(&path(&contact)).await;
    assert_eq!(shown(&now), "Leo Roy | Leo Roy | Borealis Freight");
    socket.until("contact").await;
    // What he calls himself inside his company is nobody's business outside.
    cast.leo.patch("/me", json!({ "nickname": "Lele" })).await.must(200);
    assert_eq!(cast.mina.get(&path(&contact)).await["nickname"], "Leo Roy");
    // A name of one's own stays; nickname and company go on following.
    cast.mina.patch(&path(&contact), json!({ "name": "Leo (rail)" })).await.must(200);
    rename("Leo Tremblay", "Borealis").await;
    assert_eq!(shown(&cast.mina.get(&path(&contact)).await), "Leo (rail) | Leo Tremblay | Borealis");
    let back = cast.mina.patch(&path(&contact), json!({ "name": null })).await.must(200);
    assert_eq!((shown(&back).as_str(), &back["nameSynced"]), ("Leo Tremblay | Leo Tremblay | Borealis", &json!(true)));
    // Frozen: nothing follows, and the date is shown. Thawed: all of it is there.
    cast.claire.revoke(&cast.leo).await;
    rename("L. Tremblay", "Borealis Group").await;
    let frozen = cast.mina.get(&path(&contact)).await;
    assert_eq!(shown(&frozen), "Leo Tremblay | Leo Tremblay | Borealis");
    assert_eq!(frozen["link"]["state"], "frozen");
    let stopped = frozen["syncStoppedAt"].as_str().expect("a date").to_owned();
    cast.claire.grant(&[&cast.leo]).await;
    let thawed = cast.mina.get(&path(&contact)).await;
    assert_eq!(shown(&thawed), "L. Tremblay | L. Tremblay | Borealis Group");
    assert_eq!(thawed["syncStoppedAt"], Value::Null);
    assert!(thawed["syncedAt"].as_str().unwrap() >= stopped.as_str());
    // Ended by the other side: it stands still for good.
    let his = cast.leo.post("/contacts", json!({ "roomId": contact["roomId"], "participantId": cast.mina.id })).await;
    let his = his.must(201);
    cast.leo.call(Method::DELETE, &path(&his), None).await.must(204);
    rename("Leo New", "Borealis New").await;
    let ended = cast.mina.get(&path(&contact)).await;
    assert_eq!(shown(&ended), "L. Tremblay | L. Tremblay | Borealis Group");
    assert_eq!(ended["link"]["state"], "ended");
    assert!(ended["syncStoppedAt"].is_string());
}

async fn b12_fields_are_edited_and_synced_ones_refuse(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    let contact = cast.mina.add(&cast.leo).await;
    let fields = json!({
        "emails": [{ "type": "work", "value": "leo@borealis.example", "primary": true }],
        "phones": [{ "type": "mobile", "value": "+1 416 555 0101", "primary": false }],
        "organisations": [{ "name": "Borealis", "department": "Rail", "title": "Planner", "primary": false }],
        "addresses": [{ "type": "work", "country": "CA", "postalCode": "M5V", "region": "ON", "locality": "Toronto",
            "street": "1 Front St", "primary": false }],
        "dates": [{ "type": "birthday", "value": "1990-02-28" }],
        "websites": [{ "type": "work", "value": "https://borealis.example", "primary": false }],
        "memo": "Likes tea.\nCall before noon.",
        "tags": ["Rail", "VIP"],
        "customFields": [{ "name": "Customer no.", "value": "B-17" }],
    });
    let changed = cast.mina.patch(&path(&contact), fields.clone()).await.must(200);
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(&changed[name], value, "{name}");
    }
    assert_eq!(cast.mina.get(&path(&contact)).await, changed);
    // Null takes away, absent stays.
    let changed = cast.mina.patch(&path(&contact), json!({ "memo": null, "emails": null })).await.must(200);
    assert_eq!((&changed["memo"], &changed["emails"]), (&Value::Null, &json!([])));
    assert_eq!(changed["tags"], json!(["Rail", "VIP"]));
    for field in ["nickname", "companyName"] {
        let refused = cast.mina.patch(&path(&contact), json!({ field: "X", "memo": "y" })).await.must(422);
        assert_eq!(
            (&refused["code"], &refused["errors"][0]["pointer"]),
            (&json!("FIELD_SYNCED"), &json!(format!("/{field}")))
        );
        assert_eq!(cast.mina.get(&path(&contact)).await["memo"], Value::Null, "nothing was half done");
    }
    // What a client sends back unchanged is no edit.
    let same = json!({ "nickname": "Leo Tremblay", "companyName": "Borealis Logistics" });
    let version = cast.mina.patch(&path(&contact), same).await.must(200)["version"].clone();
    assert_eq!(version, changed["version"]);
    // A plain contact has no other side.
    let sumi = plain(&cast.mina, json!({ "name": "Sumi", "nickname": "S" })).await;
    let sumi = cast.mina.patch(&path(&sumi), json!({ "nickname": null, "companyName": "Sumi Print" })).await.must(200);
    assert_eq!(
        (&sumi["nickname"], &sumi["companyName"], &sumi["link"]),
        (&Value::Null, &json!("Sumi Print"), &Value::Null)
    );
    assert_eq!(cast.mina.patch(&path(&sumi), json!({ "name": null })).await.must(422)["errors"][0]["pointer"], "/name");
    // I-34: each act is on record.
    let changes: Vec<_> = cast.aiko.audit().await.into_iter().filter(|a| a == "contact.changed").collect();
    assert_eq!(changes.len(), 3);
}

async fn b12_what_is_wrong_with_a_field_is_told_with_its_place(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let wrong = json!({
        "name": "\u{202E}Sumi\u{200B}",
        "emails": [{ "value": "a@b.example", "primary": true }, { "value": "nonsense", "primary": true }],
        "websites": [{ "value": "javascript:alert(1)" }],
        "dates": [{ "type": "birthday", "value": "2023-02-30" }],
        "tags": ["x".repeat(31)],
        "memo": "m".repeat(4_001),
        "phones": vec![json!({ "value": "+8190" }); 101],
    });
    let body = cast.mina.post("/contacts", wrong).await.must(422);
    let mut told: Vec<&str> =
        body["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    told.sort_unstable();
    let expected =
        ["/dates/0/value", "/emails/1/primary", "/emails/1/value", "/memo", "/phones", "/tags/0", "/websites/0/value"];
    assert_eq!(told, expected);
    let unknown = json!({ "name": "Sumi", "emails": [{ "value": "a@b.example", "kind": "work" }] });
    assert_eq!(cast.mina.post("/contacts", unknown).await.must(422)["errors"][0]["pointer"], "/emails/0/kind");
    let both = json!({ "name": "Sumi", "personRef": "x" });
    cast.mina.post("/contacts", both).await.must(422);
    let clean = plain(&cast.mina, json!({ "name": "\u{202E}Sumi\u{200B}" })).await;
    assert_eq!(clean["name"], "Sumi");
    // A memo may be as long as promised, in any script.
    let memo = "茶".repeat(4_000);
    let kept = cast.mina.patch(&path(&clean), json!({ "memo": memo })).await.must(200);
    assert_eq!(kept["memo"], json!(memo));
    let limits = cast.mina.get("/company/contact-book").await["limits"].clone();
    let published = json!({ "contacts": 100_000, "valuesPerField": 100, "memoCharacters": 4_000, "tagCharacters": 30,
        "photoBytes": 10 * 1024 * 1024 });
    assert_eq!(limits, published);
}

async fn b12_a_photo_of_ones_own_stands_before_the_persons(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    let contact = cast.mina.add(&cast.leo).await;
    let here = path(&contact);
    let photo = format!("{here}/photo");
    assert_eq!((&contact["photoUrl"], &contact["ownPhoto"]), (&Value::Null, &json!(false)));
    cast.leo.put_picture("/me/photo", "image/png", PICTURE).await.must(200);
    let his = cast.mina.get(&here).await["photoUrl"].as_str().expect("his own").to_owned();
    assert!(his.starts_with("/api/v1/members/"), "{his}");
    cast.mina.call(Method::GET, &photo, None).await.must(404);
    let mut socket = cast.mina.socket().await;
    let set = cast.mina.put_picture(&photo, "image/png", OTHER).await.must(200);
    let own = set["photoUrl"].as_str().unwrap().to_owned();
    assert!(own.starts_with(&format!("/api/v1{photo}?v=")) && set["ownPhoto"] == true, "{own}");
    assert_eq!(socket.until("contact").await["contact"]["photoUrl"], set["photoUrl"]);
    let got = cast.mina.call(Method::GET, own.trim_start_matches("/api/v1"), None).await;
    assert_eq!((got.status.as_u16(), got.headers["cache-control"].to_str().unwrap()), (200, "private, no-cache"));
    assert_ne!(got.text.as_bytes(), OTHER, "drawn anew");
    // Nobody else's business, until it is shared; then to be seen, and not to be changed.
    for person in [&cast.aiko, &cast.leo] {
        person.call(Method::GET, &photo, None).await.must(404);
        person.put_picture(&photo, "image/png", OTHER).await.must(404);
    }
    let share = format!("{here}/visibility");
    cast.mina.call(Method::PUT, &share, Some(json!({ "range": "company" }))).await.must(200);
    assert_eq!(cast.aiko.call(Method::GET, &photo, None).await.status.as_u16(), 200);
    cast.aiko.put_picture(&photo, "image/png", OTHER).await.must(403);
    cast.aiko.call(Method::DELETE, &photo, None).await.must(403);
    cast.mina.put_picture(&photo, "image/png", b"not a picture").await.must(422);
    cast.mina.call(Method::DELETE, &photo, None).await.must(204);
    assert_eq!(cast.mina.get(&here).await["photoUrl"], his);
    assert_eq!(cast.aiko.get(&here).await["photoUrl"], Value::Null, "a colleague shares no room with him");
    // Behind a freeze his face is told no more; hers stays.
    cast.mina.put_picture(&photo, "image/png", OTHER).await.must(200);
    cast.claire.revoke(&cast.leo).await;
    assert_eq!(cast.mina.get(&here).await["ownPhoto"], true);
    cast.mina.call(Method::DELETE, &photo, None).await.must(204);
    assert_eq!(cast.mina.get(&here).await["photoUrl"], Value::Null);
}

async fn b13_an_outsider_is_in_all_and_in_external(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    let contact = cast.mina.add(&cast.leo).await;
    plain(&cast.mina, json!({ "name": "Sumi" })).await;
    for (section, expected) in [("all", vec!["Leo Tremblay", "Sumi"]), ("external", vec!["Leo Tremblay"])] {
        assert_eq!(names(&cast.mina.get(&format!("/contacts?section={section}")).await), expected);
    }
    assert_eq!((&contact["kind"], &contact["state"]), (&json!("partner"), &json!("active")));
    // Adding twice answers with the same contact.
    let card = cast.mina.look_up(&cast.leo.handle).await.must(200);
    let again = cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(200);
    assert_eq!(again["id"], contact["id"]);
}

async fn b14_a_contact_is_seen_by_whom_it_is_shared_with(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    let kenji = server.member(&cast.aiko, "kenji@hana.example", "Kenji").await;
    let yui = server.member(&cast.aiko, "yui@hana.example", "Yui").await;
    let team = cast.aiko.post("/company/teams", json!({ "name": "Sales", "memberIds": [yui.id] })).await.must(201);
    let contact = cast.mina.add(&cast.leo).await;
    let (here, share) = (path(&contact), format!("{}/visibility", path(&contact)));
    let sees = async |person: &Person| {
        let got = person.call(Method::GET, &here, None).await.status.as_u16() == 200;
        assert_eq!(names(&person.get("/contacts").await).len(), usize::from(got));
        got
    };
    let mut kenjis = kenji.socket().await;
    let mut leos = cast.leo.socket().await;
    assert!(!sees(&kenji).await && !sees(&yui).await && !sees(&cast.aiko).await);
    let put = async |body: Value| cast.mina.call(Method::PUT, &share, Some(body)).await;
    let shared = put(json!({ "range": "members", "memberIds": [kenji.id], "teamIds": [team["id"]] })).await.must(200);
    assert_eq!(shared["visibility"], json!({ "range": "members", "memberIds": [kenji.id], "teamIds": [team["id"]] }));
    assert!(sees(&kenji).await && sees(&yui).await && !sees(&cast.aiko).await);
    let told = kenjis.until("contact").await;
    // The entry, never the room, nor who the person is in rooms; and no right to chat.
    for seen in [&told["contact"], &kenji.get(&here).await] {
        assert_eq!((&seen["roomId"], &seen["outsideMemberId"]), (&Value::Null, &Value::Null));
        assert_eq!((&seen["mayEdit"], &seen["mayManage"]), (&json!(false), &json!(false)));
        assert_eq!(seen["owner"]["name"], "Mina Sato");
    }
    let open = json!({ "contactIds": [contact["id"]] });
    assert_eq!(kenji.post("/rooms", open).await.must(422)["errors"][0]["code"], "NOT_FOUND");
    kenji.post("/blocks", json!({ "contactId": contact["id"] })).await.must(404);
    // They may neither edit nor share nor delete.
    kenji.patch(&here, json!({ "memo": "x" })).await.must(403);
    kenji.call(Method::PUT, &share, Some(json!({ "range": "company" }))).await.must(403);
    kenji.call(Method::DELETE, &here, None).await.must(403);
    kenji.patch(&here, json!({ "colleaguesMayEdit": true })).await.must(403);
    // The switch covers the fields, and no more.
    cast.mina.patch(&here, json!({ "colleaguesMayEdit": true })).await.must(200);
    assert_eq!(kenji.patch(&here, json!({ "memo": "x" })).await.must(200)["mayEdit"], true);
    kenji.call(Method::DELETE, &here, None).await.must(403);
    kenji.patch(&here, json!({ "colleaguesMayEdit": false })).await.must(403);
    // A team's contacts come and go with the team.
    let yuis = format!("/company/members/{}", yui.id);
    let mut watching = yui.socket().await;
    cast.aiko.patch(&yuis, json!({ "teams": [] })).await.must(200);
    assert!(!sees(&yui).await);
    assert_eq!(watching.until("contactGone").await["contactId"], contact["id"]);
    cast.aiko.patch(&yuis, json!({ "teams": [team["id"]] })).await.must(200);
    assert!(sees(&yui).await);
    watching.until("contact").await;
    // An administrator sees it as others do, and may then share and delete.
    put(json!({ "range": "company" })).await.must(200);
    assert!(sees(&cast.aiko).await && cast.aiko.get(&here).await["mayManage"] == true);
    cast.aiko
        .call(Method::PUT, &share, Some(json!({ "range": "members", "memberIds": [cast.aiko.id] })))
        .await
        .must(200);
    assert!(!sees(&kenji).await && sees(&cast.aiko).await && sees(&cast.mina).await);
    assert_eq!(kenjis.until("contactGone").await["contactId"], contact["id"]);
    // Of all this nobody outside hears anything.
    leos.say(json!({ "op": "no such frame" })).await;
    leos.until("error").await;
    assert!(!leos.seen.iter().any(|f| f["op"] == "contact" || f["op"] == "contactGone"));
    for (body, pointer) in [
        (json!({ "range": "members" }), "/memberIds"),
        (json!({ "range": "members", "memberIds": [cast.leo.id] }), "/memberIds/0"),
        (json!({ "range": "company", "memberIds": [kenji.id] }), "/range"),
    ] {
        assert_eq!(put(body).await.must(422)["errors"][0]["pointer"], pointer);
    }
    assert_eq!(cast.aiko.audit().await.iter().filter(|a| *a == "contact.shared").count(), 3);
}

async fn b14_two_colleagues_know_one_person(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    cast.aiko.grant(&[&cast.aiko]).await;
    let (minas, aikos) = (cast.mina.add(&cast.leo).await, cast.aiko.add(&cast.leo).await);
    assert_ne!(minas["id"], aikos["id"]);
    assert_eq!(cast.mina.get(&path(&minas)).await["samePersonIds"], json!([]), "what is not shared is not told");
    let share = format!("{}/visibility", path(&aikos));
    cast.aiko.call(Method::PUT, &share, Some(json!({ "range": "company" }))).await.must(200);
    assert_eq!(cast.mina.get(&path(&minas)).await["samePersonIds"], json!([aikos["id"]]));
    assert_eq!(cast.aiko.get(&path(&aikos)).await["samePersonIds"], json!([]));
    assert_eq!(cast.mina.get(&path(&aikos)).await["samePersonIds"], json!([minas["id"]]));
}

async fn b14_defaults_are_the_administrators(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let book = "/company/contact-book";
    let begins = cast.mina.get(book).await;
    let expected = json!({ "defaultVisibility": "owner", "colleaguesMayEdit": false, "trashDays": 30, "legalHold": false,
        "contactCount": null, "limits": begins["limits"] });
    assert_eq!(begins, expected, "A7a");
    cast.mina.patch(book, json!({ "trashDays": 1 })).await.must(403);
    for (body, pointer) in [
        (json!({ "trashDays": 366 }), "/trashDays"),
        (json!({ "trashDays": -1 }), "/trashDays"),
        (json!({ "defaultVisibility": "members" }), "/defaultVisibility"),
    ] {
        assert_eq!(cast.aiko.patch(book, body).await.must(422)["errors"][0]["pointer"], pointer);
    }
    let change = json!({ "defaultVisibility": "company", "colleaguesMayEdit": true });
    assert_eq!(cast.aiko.patch(book, change).await.must(200)["contactCount"], 0);
    let stale =
        cast.aiko.call_with(&[("if-match", "\"1\"")], Method::PATCH, book, Some(json!({ "trashDays": 3 }))).await;
    stale.must(412);
    let sumi = plain(&cast.mina, json!({ "name": "Sumi" })).await;
    assert_eq!((&sumi["visibility"]["range"], &sumi["colleaguesMayEdit"]), (&json!("company"), &json!(true)));
    cast.aiko.patch(&path(&sumi), json!({ "memo": "seen" })).await.must(200);
    cast.leo.call(Method::GET, &path(&sumi), None).await.must(404);
    assert!(cast.aiko.audit().await.contains(&"settings.changed".to_owned()));
}

async fn b15_who_saves_after_a_colleague_is_told(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.aiko
        .patch("/company/contact-book", json!({ "defaultVisibility": "company", "colleaguesMayEdit": true }))
        .await
        .must(200);
    let sumi = plain(&cast.mina, json!({ "name": "Sumi" })).await;
    let here = path(&sumi);
    let opened = cast.mina.call(Method::GET, &here, None).await;
    let etag = opened.headers["etag"].to_str().unwrap().to_owned();
    cast.aiko.patch(&here, json!({ "memo": "Aiko's" })).await.must(200);
    let save = async |etag: &str, body: Value| {
        cast.mina.call_with(&[("if-match", etag)], Method::PATCH, &here, Some(body)).await
    };
    let stale = save(&etag, json!({ "memo": "Mina's" })).await;
    assert_eq!(stale.must(412)["code"], "STALE");
    let now = cast.mina.call(Method::GET, &here, None).await;
    let etag = now.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(now.must(200)["memo"], "Aiko's", "nothing was overwritten");
    let saved = save(&etag, json!({ "memo": "both" })).await;
    assert_ne!(saved.headers["etag"].to_str().unwrap(), etag);
    assert_eq!(saved.must(200)["memo"], "both");
    let share = format!("{here}/visibility");
    let headers = [("if-match", etag.as_str())];
    cast.mina.call_with(&headers, Method::PUT, &share, Some(json!({ "range": "owner" }))).await.must(412);
}

async fn i05_a_contact_out_of_sight_answers_as_nothing_does(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.meet().await;
    let contact = cast.mina.get("/contacts").await["items"][0].clone();
    let real = contact["id"].as_str().unwrap();
    let none = format!("{}{}", &real[..real.len() - 4], if real.ends_with("0000") { "1111" } else { "0000" });
    let doors = [
        (Method::GET, "", json!(null)),
        (Method::PATCH, "", json!({ "memo": "x" })),
        (Method::DELETE, "", json!(null)),
        (Method::DELETE, "?permanently=true", json!(null)),
        (Method::POST, "/restore", json!(null)),
        (Method::PUT, "/visibility", json!({ "range": "owner" })),
        (Method::GET, "/photo", json!(null)),
        (Method::DELETE, "/photo", json!(null)),
    ];
    // A colleague, their administrator, the outsider it stands for, and the outsider's administrator.
    for person in [&cast.aiko, &cast.leo, &cast.claire] {
        for (method, rest, body) in &doors {
            let body = || (!body.is_null()).then(|| body.clone());
            let of_it = person.call(method.clone(), &format!("/contacts/{real}{rest}"), body()).await;
            let of_none = person.call(method.clone(), &format!("/contacts/{none}{rest}"), body()).await;
            assert_eq!(of_it.status.as_u16(), 404, "{method} {rest}");
            assert_eq!(of_it.text, of_none.text, "{method} {rest}");
            let headers = |a: &common::Answer| a.headers.iter().filter(|(n, _)| *n != "date").count();
            assert_eq!(headers(&of_it), headers(&of_none));
        }
    }
}

async fn i22_a_socket_that_resumes_learns_what_came_and_went(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let kenji = server.member(&cast.aiko, "kenji@hana.example", "Kenji").await;
    let stays = plain(&cast.mina, json!({ "name": "Stays" })).await;
    let goes = plain(&cast.mina, json!({ "name": "Goes" })).await;
    let secret = plain(&cast.mina, json!({ "name": "Secret" })).await;
    let share = async |contact: &Value, body: Value| {
        cast.mina.call(Method::PUT, &format!("{}/visibility", path(contact)), Some(body)).await.must(200);
    };
    share(&goes, json!({ "range": "company" })).await;
    let away = kenji.socket().await.cursor;
    let minas_away = cast.mina.socket().await.cursor;
    share(&stays, json!({ "range": "members", "memberIds": [kenji.id] })).await;
    share(&goes, json!({ "range": "owner" })).await;
    cast.mina.patch(&path(&secret), json!({ "memo": "still secret" })).await.must(200);
    cast.mina.call(Method::DELETE, &path(&secret), None).await.must(204);
    cast.mina.call(Method::DELETE, &format!("{}?permanently=true", path(&secret)), None).await.must(204);
    let told = async |person: &Person, cursor: &str| {
        let mut socket = person.socket().await;
        socket.say(json!({ "op": "resume", "cursor": cursor })).await;
        socket.say(json!({ "op": "no such frame" })).await;
        socket.until("error").await;
        let mut told: Vec<String> = Vec::new();
        for frame in &socket.seen {
            match frame["op"].as_str().unwrap() {
                "contact" => told.push(format!("sees {}", frame["contact"]["name"].as_str().unwrap())),
                "contactGone" => told.push(format!("lost {}", frame["contactId"].as_str().unwrap())),
                _ => {}
            }
        }
        told.sort();
        told
    };
    assert_eq!(told(&kenji, &away).await, [format!("lost {}", goes["id"].as_str().unwrap()), "sees Stays".to_owned()]);
    let gone = format!("lost {}", secret["id"].as_str().unwrap());
    assert_eq!(told(&cast.mina, &minas_away).await, [gone, "sees Goes".to_owned(), "sees Stays".to_owned()]);
    assert!(told(&cast.leo, &away).await.is_empty());
}
