//! Phone numbers: proving whose one is, being found by it, and how often one may ask.

mod common;

use common::{Answer, Backend, Cast, Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

on_both!(
    b4_a_number_is_proven_by_its_code_and_found_in_either_form,
    b4_a_code_can_be_guessed_five_times_at_most,
    b4_a_number_belongs_to_whoever_proved_it_last,
    b4_a_proof_ends_by_itself_and_is_renewed_in_time,
    b4_another_number_is_not_found_until_it_is_proven,
    i05_a_lookup_by_phone_answers_alike_whatever_is_in_the_way,
    i15_codes_have_budgets_that_tell_nothing_of_other_companies,
    i48_lookups_have_a_budget_by_whatever_one_looks,
    l2_whoever_is_found_sees_by_which_companies,
);

const LEO: &str = "+14165550104";
const MINA: &str = "+819012345678";

async fn codes(server: &TestServer, phone: &str, count: usize) -> Vec<String> {
    server.phone_codes(phone, count).await
}

fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn ask(person: &Person, phone: &str) -> Answer {
    person.call(Method::PUT, "/me/phone", Some(json!({ "phone": phone }))).await
}

async fn enter(person: &Person, code: &str) -> Answer {
    person.post("/me/phone/verify", json!({ "code": code })).await
}

/// Proves a number, whose so many-th code this will be.
async fn prove(server: &TestServer, person: &Person, phone: &str, nth: usize) {
    ask(person, phone).await.must(202);
    let code = codes(server, phone, nth).await.pop().unwrap();
    enter(person, &code).await.must(200);
}

async fn searchable(person: &Person, on: bool) -> Answer {
    person.patch("/me", json!({ "settings": { "searchableByPhone": on } })).await
}

async fn find(person: &Person, phone: &str) -> Answer {
    person.post("/people/lookup", json!({ "phone": phone })).await
}

/// Status, headers and body; the date and the length of the compressed body are not the answer's.
fn essence(answer: Answer) -> (u16, Vec<String>, String) {
    let named = answer.headers.iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<String> = named.map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
    headers.sort();
    (answer.status.as_u16(), headers, answer.text)
}

/// Both companies allow each other, and Leo can be found.
async fn findable(server: &TestServer) -> Cast {
    let cast = server.cast().await;
    cast.allow().await;
    prove(server, &cast.leo, LEO, 1).await;
    searchable(&cast.leo, true).await.must(200);
    find(&cast.mina, LEO).await.must(200);
    cast
}

async fn b4_a_number_is_proven_by_its_code_and_found_in_either_form(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    let sent = ask(&cast.leo, "(416) 555-0104").await.must(202);
    assert_eq!(sent["phone"], "+1 ••••••0104");
    let me = cast.leo.get("/me").await;
    assert_eq!((me["phone"].as_str(), me["phoneVerified"].as_bool()), (Some(LEO), Some(false)));
    assert_eq!(me["phoneCode"], sent);
    assert_eq!(searchable(&cast.leo, true).await.must(409)["code"], "PHONE_NOT_VERIFIED");
    let code = codes(&server, LEO, 1).await.remove(0);
    // Full width, as a Japanese keyboard writes digits, and in two groups.
    let typed: String = code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    let typed: String = typed.chars().take(3).chain([' ']).chain(typed.chars().skip(3)).collect();
    let me = enter(&cast.leo, &typed).await.must(200);
    assert_eq!(
        (me["phoneVerified"].as_bool(), me["settings"]["searchableByPhone"].as_bool()),
        (Some(true), Some(false))
    );
    assert!(me["phoneVerifiedUntil"].is_string() && me["phoneCode"].is_null(), "{me}");
    // A code is good once.
    assert_eq!(enter(&cast.leo, &code).await.must(409)["code"], "CODE_EXPIRED");
    // Off unless its owner says otherwise.
    find(&cast.mina, LEO).await.must(404);
    assert_eq!(searchable(&cast.leo, true).await.must(200)["settings"]["searchableByPhone"], true);
    server.company("cedar.example", "Cedar Foods", "US", "carla", "Carla Diaz");
    let carla = server.person("carla@cedar.example").await;
    carla.allow().await;
    carla.grant(&[&carla]).await;
    // In the national form of whoever looks; from Japan with the prefix for calls abroad.
    for (person, forms) in [
        (&cast.mina, vec!["+1 416-555-0104", "＋１（４１６）５５５－０１０４", "010 1 416 555 0104"]),
        (&carla, vec!["(416) 555-0104", "1 416 555 0104"]),
    ] {
        for form in forms {
            let card = find(person, form).await.must(200);
            let mut told: Vec<&String> = card.as_object().unwrap().keys().collect();
            told.sort();
            assert_eq!(told, ["companyName", "name", "personRef", "photoUrl"], "{form}");
            assert_eq!(
                (card["name"].as_str(), card["companyName"].as_str()),
                (Some("Leo Tremblay"), Some("Borealis Logistics"))
            );
        }
    }
    find(&cast.mina, "(416) 555-0104").await.must(404);
    let card = find(&cast.mina, LEO).await.must(200);
    let contact = cast.mina.post("/contacts", json!({ "personRef": card["personRef"] })).await.must(201);
    assert!(contact["roomId"].is_string() && !contact.to_string().contains("5550104"), "{contact}");
    assert_eq!(searchable(&cast.leo, false).await.must(200)["settings"]["searchableByPhone"], false);
    find(&cast.mina, LEO).await.must(404);
    let both = cast.mina.post("/people/lookup", json!({ "phone": LEO, "handle": cast.leo.handle })).await;
    assert_eq!(both.must(422)["errors"][0]["code"], "ONE_OF");
    // I-34, and no number in the log.
    let log = cast.claire.get("/company/audit?limit=200").await;
    let acts = cast.claire.audit().await;
    for act in ["phone.changed", "phone.verified", "phone.published", "phone.hidden"] {
        assert_eq!(acts.iter().filter(|a| *a == act).count(), 1, "{act}");
    }
    assert!(!log.to_string().contains("5550104"));
}

async fn b4_a_code_can_be_guessed_five_times_at_most(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    assert_eq!(enter(&cast.leo, "123456").await.must(409)["code"], "CODE_EXPIRED");
    assert_eq!(ask(&cast.leo, "not a number").await.must(422)["errors"][0]["code"], "PHONE");
    ask(&cast.leo, LEO).await.must(202);
    let code = codes(&server, LEO, 1).await.remove(0);
    for malformed in ["", "12345", "1234567", "12345a"] {
        assert_eq!(enter(&cast.leo, malformed).await.must(422)["errors"][0]["code"], "CODE", "{malformed}");
    }
    for _ in 0..5 {
        assert_eq!(enter(&cast.leo, &wrong(&code)).await.must(422)["errors"][0]["code"], "WRONG_CODE");
    }
    // From here on not even the right one.
    assert_eq!(enter(&cast.leo, &code).await.must(409)["code"], "CODE_SPENT");
    let me = cast.leo.get("/me").await;
    assert_eq!((me["phoneVerified"].as_bool(), me["phoneCode"].clone()), (Some(false), Value::Null));
    assert_eq!(cast.claire.audit().await.iter().filter(|a| *a == "phone.refused").count(), 5, "I-34");
    // A spent code is no reason to wait for the next one; the one before is good for nothing any more.
    ask(&cast.leo, LEO).await.must(202);
    let next = codes(&server, LEO, 2).await.pop().unwrap();
    if next != code {
        enter(&cast.leo, &code).await.must(422);
    }
    // Somebody else's code is none.
    enter(&cast.mina, &next).await.must(409);
    server.sql("UPDATE phone_codes SET expires_at = created_at").await;
    assert_eq!(enter(&cast.leo, &next).await.must(409)["code"], "CODE_EXPIRED");
    ask(&cast.leo, LEO).await.must(202);
    let last = codes(&server, LEO, 3).await.pop().unwrap();
    enter(&cast.leo, &last).await.must(200);
}

async fn b4_a_number_belongs_to_whoever_proved_it_last(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = findable(&server).await;
    let nina = server.member(&cast.claire, "nina@borealis.example", "Nina Roy").await;
    cast.claire.grant(&[&nina]).await;
    // Asking for a code takes nothing from anybody.
    ask(&nina, LEO).await.must(202);
    find(&cast.mina, LEO).await.must(200);
    let code = codes(&server, LEO, 2).await.pop().unwrap();
    enter(&nina, &code).await.must(200);
    let before = cast.leo.get("/me").await;
    assert_eq!((before["phone"].as_str(), before["phoneVerified"].as_bool()), (Some(LEO), Some(false)));
    assert_eq!(before["settings"]["searchableByPhone"], false);
    // What Leo allowed, Nina has not.
    find(&cast.mina, LEO).await.must(404);
    searchable(&nina, true).await.must(200);
    assert_eq!(find(&cast.mina, LEO).await.must(200)["name"], "Nina Roy");
    assert_eq!(cast.claire.audit().await.iter().filter(|a| *a == "phone.lost").count(), 1, "I-34");
}

async fn b4_a_proof_ends_by_itself_and_is_renewed_in_time(backend: Backend) {
    const ALMOST: &str = "UPDATE phone_proofs SET verified_at = verified_at - 15465600000"; // 179 days
    const ONE_MORE_DAY: &str = "UPDATE phone_proofs SET verified_at = verified_at - 86400000";
    let server = TestServer::with_two_companies(backend).await;
    let cast = findable(&server).await;
    server.sql(ALMOST).await;
    find(&cast.mina, LEO).await.must(200);
    // Renewed in time, nothing changes, not even while the code is on its way.
    ask(&cast.leo, LEO).await.must(202);
    find(&cast.mina, LEO).await.must(200);
    let code = codes(&server, LEO, 2).await.pop().unwrap();
    assert_eq!(enter(&cast.leo, &code).await.must(200)["settings"]["searchableByPhone"], true);
    server.sql(ALMOST).await;
    find(&cast.mina, LEO).await.must(200);
    server.sql(ONE_MORE_DAY).await;
    find(&cast.mina, LEO).await.must(404);
    let me = cast.leo.get("/me").await;
    assert_eq!(
        (me["phoneVerified"].as_bool(), me["settings"]["searchableByPhone"].as_bool()),
        (Some(false), Some(false))
    );
    assert!(me["phoneVerifiedUntil"].is_string(), "when it ended is told: {me}");
    assert_eq!(searchable(&cast.leo, true).await.must(409)["code"], "PHONE_NOT_VERIFIED");
    // After it ended, the wish has to be uttered anew.
    prove(&server, &cast.leo, LEO, 3).await;
    find(&cast.mina, LEO).await.must(404);
    searchable(&cast.leo, true).await.must(200);
    find(&cast.mina, LEO).await.must(200);
}

async fn b4_another_number_is_not_found_until_it_is_proven(backend: Backend) {
    const OTHER: &str = "+14165550199";
    let server = TestServer::with_two_companies(backend).await;
    let cast = findable(&server).await;
    ask(&cast.leo, OTHER).await.must(202);
    let me = cast.leo.get("/me").await;
    assert_eq!((me["phone"].as_str(), me["phoneVerified"].as_bool()), (Some(OTHER), Some(false)));
    for number in [LEO, OTHER] {
        find(&cast.mina, number).await.must(404);
    }
    let code = codes(&server, OTHER, 1).await.pop().unwrap();
    assert_eq!(enter(&cast.leo, &code).await.must(200)["settings"]["searchableByPhone"], false);
    searchable(&cast.leo, true).await.must(200);
    find(&cast.mina, OTHER).await.must(200);
    cast.leo.call(Method::DELETE, "/me/phone", None).await.must(204);
    find(&cast.mina, OTHER).await.must(404);
    assert!(cast.leo.get("/me").await["phone"].is_null());
    // Recorded by an administrator is not proven.
    let new = json!({ "handle": "nina@borealis.example", "name": "Nina Roy", "phone": "416 555 0123" });
    let nina = cast.claire.post("/company/members", new).await.must(201);
    assert_eq!(nina["phone"], "+14165550123");
    let nina = server.person("nina@borealis.example").await;
    cast.claire.grant(&[&nina]).await;
    assert_eq!(searchable(&nina, true).await.must(409)["code"], "PHONE_NOT_VERIFIED");
    find(&cast.mina, "+14165550123").await.must(404);
}

async fn i05_a_lookup_by_phone_answers_alike_whatever_is_in_the_way(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = findable(&server).await;
    let zoe = server.member(&cast.aiko, "zoe@hana.example", "Zoe").await;
    prove(&server, &zoe, "+819011112222", 1).await;
    searchable(&zoe, true).await.must(200);
    let mut answers = HashSet::new();
    let mut told = async |phone: &str| {
        let answer = essence(find(&cast.mina, phone).await);
        assert_eq!(answer.0, 404, "{phone}");
        answers.insert(answer);
    };
    // Nobody's, no number, nothing at all, a colleague's, one's own company's country.
    for phone in ["+14165550100", "not a number", "", "+", "+819011112222", "090-1111-2222", &"9".repeat(500)] {
        told(phone).await;
    }
    searchable(&cast.leo, false).await.must(200);
    told(LEO).await;
    searchable(&cast.leo, true).await.must(200);
    cast.claire.revoke(&cast.leo).await;
    told(LEO).await;
    cast.claire.grant(&[&cast.leo]).await;
    cast.claire.patch("/company/external/partner", json!({ "connect": "deny" })).await.must(200);
    told(LEO).await;
    cast.claire.patch("/company/external/partner", json!({ "connect": "allow" })).await.must(200);
    // One's own side in the way.
    cast.aiko.revoke(&cast.mina).await;
    told(LEO).await;
    cast.aiko.grant(&[&cast.mina]).await;
    find(&cast.mina, LEO).await.must(200);
    let path = format!("/company/members/{}", cast.leo.id);
    cast.claire.patch(&path, json!({ "status": "suspended" })).await.must(200);
    told(LEO).await;
    cast.claire.patch(&path, json!({ "status": "active" })).await.must(200);
    find(&cast.mina, LEO).await.must(200);
    server.sql("UPDATE phone_proofs SET verified_at = 0").await;
    told(LEO).await;
    server.sql("DELETE FROM phone_proofs").await;
    told(LEO).await;
    // By ID it is the same answer again.
    answers.insert(essence(cast.mina.look_up("nobody@borealis.example").await));
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

async fn i15_codes_have_budgets_that_tell_nothing_of_other_companies(backend: Backend) {
    const FORGET: &str = "DELETE FROM phone_codes";
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    // Another one is not to be had at once, for the same number.
    ask(&cast.leo, LEO).await.must(202);
    let refused = ask(&cast.leo, LEO).await;
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(refused.must(429)["code"], "CODE_BUDGET");
    for nth in 2..=6 {
        server.sql(FORGET).await;
        ask(&cast.leo, LEO).await.must(202);
        codes(&server, LEO, nth).await;
    }
    server.sql(FORGET).await;
    let refused = ask(&cast.leo, LEO).await;
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 80_000);
    refused.must(429);
    let nina = server.member(&cast.claire, "nina@borealis.example", "Nina Roy").await;
    ask(&nina, LEO).await.must(429);
    // Another company has all of its own. It is answered as ever, also once the number has had enough for a day.
    for nth in 7..=12 {
        server.sql(FORGET).await;
        ask(&cast.mina, LEO).await.must(202);
        codes(&server, LEO, nth).await;
    }
    server.company("cedar.example", "Cedar Foods", "CA", "carla", "Carla Diaz");
    let carla = server.person("carla@cedar.example").await;
    let unheard = essence(ask(&carla, LEO).await);
    assert_eq!(unheard.0, 202, "{unheard:?}");
    // Sent after it, and arrived: so the other one would have arrived too.
    ask(&cast.mina, MINA).await.must(202);
    codes(&server, MINA, 1).await;
    assert_eq!(codes(&server, LEO, 12).await.len(), 12);
    // A member: ten in a day, whatever the numbers.
    for last in 10..=13 {
        server.sql(FORGET).await;
        ask(&cast.leo, &format!("+141655501{last}")).await.must(202);
    }
    server.sql(FORGET).await;
    ask(&cast.leo, "+14165550150").await.must(429);
}

async fn i48_lookups_have_a_budget_by_whatever_one_looks(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    cast.allow().await;
    for i in 0..30 {
        cast.mina.look_up("nobody@borealis.example").await.must(404);
        find(&cast.mina, &format!("+141655501{i:02}")).await.must(404);
    }
    let mut refusals = HashSet::new();
    for answer in [cast.mina.look_up(&cast.leo.handle).await, find(&cast.mina, LEO).await, find(&cast.mina, "x").await]
    {
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        refusals.insert(answer.must(429)["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(refusals, HashSet::from(["LOOKUP_BUDGET".to_owned()]));
    // Everybody has their own.
    cast.leo.look_up(&cast.mina.handle).await.must(200);
    let metrics = cast.mina.client.get(format!("{}/metrics", server.url)).send().await.unwrap().text().await.unwrap();
    let counted = |line: &str| metrics.lines().any(|l| l == line);
    assert!(counted("liaison_lookups_refused_total{scope=\"member\"} 3"), "{metrics}");
    assert!(counted("liaison_lookups_total{by=\"phone\"} 30"), "{metrics}");
    assert!(counted("liaison_lookups_total{by=\"handle\"} 31"), "{metrics}");
    assert!(!metrics.contains(&cast.mina.id));
}

async fn l2_whoever_is_found_sees_by_which_companies(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = findable(&server).await;
    server.company("cedar.example", "Cedar Foods", "CA", "carla", "Carla Diaz");
    let carla = server.person("carla@cedar.example").await;
    // Nothing found, nothing told.
    find(&carla, LEO).await.must(404);
    find(&cast.mina, LEO).await.must(200);
    let finds = async || {
        let page = cast.leo.get("/me/phone/finds").await;
        let items = page["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|f| (f["companyName"].as_str().unwrap().to_owned(), f["day"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let told = finds().await;
    assert_eq!(told.len(), 1, "a company and a day are one line: {told:?}");
    assert_eq!((told[0].0.as_str(), told[0].1.len()), ("Hana Trading", 10));
    let page = cast.leo.get("/me/phone/finds").await;
    assert_eq!(page["items"][0].as_object().unwrap().len(), 2, "who it was is not told: {page}");
    carla.allow().await;
    carla.grant(&[&carla]).await;
    find(&carla, LEO).await.must(200);
    assert_eq!(finds().await.len(), 2);
    let first = cast.leo.get("/me/phone/finds?limit=1").await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = cast.leo.get(&format!("/me/phone/finds?limit=1&cursor={cursor}")).await;
    assert_ne!(first["items"][0]["companyName"], second["items"][0]["companyName"]);
    assert!(second["nextCursor"].is_null());
    // By ID is another matter, and others see nothing of it.
    cast.mina.look_up(&cast.leo.handle).await.must(200);
    assert_eq!(finds().await.len(), 2);
    assert_eq!(cast.claire.get("/me/phone/finds").await["items"], json!([]));
    server.sql("UPDATE phone_finds SET day = '2020-01-01'").await;
    assert!(finds().await.is_empty(), "kept for 90 days");
}
