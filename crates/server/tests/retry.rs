//! Requests whose answer got lost, and what sending them again does.

mod common;

use common::{Backend, TestServer};
use reqwest::Method;
use serde_json::json;

on_both!(i25_a_request_sent_again_happens_once, i25_a_lost_answer_is_said_and_nothing_is_done_twice);

async fn groups(person: &common::Person) -> usize {
    let rooms = person.get("/rooms?limit=200").await;
    rooms["items"].as_array().unwrap().iter().filter(|r| r["kind"] == "group").count()
}

async fn i25_a_request_sent_again_happens_once(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let mina = &cast.mina;
    let group = json!({ "name": "Winter", "memberIds": [cast.aiko.id] });
    let first = mina.post_once("k1", "/rooms", group.clone()).await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let first = first.must(201);
    let again = mina.post_once("k1", "/rooms", group.clone()).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.must(201), first);
    assert_eq!(groups(mina).await, 1);
    // Another body, another path: not the same request. Another key, another person: not the same key.
    let other = json!({ "name": "Spring", "memberIds": [cast.aiko.id] });
    assert_eq!(mina.post_once("k1", "/rooms", other).await.must(409)["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(mina.post_once("k1", "/blocks", group.clone()).await.must(409)["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_ne!(mina.post_once("k2", "/rooms", group.clone()).await.must(201)["id"], first["id"]);
    cast.aiko.post_once("k1", "/rooms", json!({ "name": "Winter", "memberIds": [mina.id] })).await.must(201);
    assert_eq!(groups(mina).await, 3);
    // Many at once: one is carried out, and all that answer 201 name it.
    let attempts = (0..12).map(|_| mina.post_once("k3", "/rooms", group.clone()));
    let mut ids = std::collections::HashSet::new();
    for answer in futures_util::future::join_all(attempts).await {
        if answer.status == 409 {
            assert_eq!(answer.must(409)["code"], "RETRY_IN_DOUBT");
        } else {
            ids.insert(answer.must(201)["id"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(groups(mina).await, 4);
    // A refusal is not remembered: when it is allowed, the same request goes through.
    cast.allow().await;
    let card = mina.look_up(&cast.leo.handle).await.must(200);
    let add = json!({ "personRef": card["personRef"] });
    cast.claire.revoke(&cast.leo).await;
    mina.post_once("k4", "/contacts", add.clone()).await.must(403);
    cast.claire.grant(&[&cast.leo]).await;
    let contact = mina.post_once("k4", "/contacts", add.clone()).await.must(201);
    assert_eq!(mina.post_once("k4", "/contacts", add).await.must(201), contact, "201 again, not 200");
    // Calls that return a secret take no key, and a key is a plain word.
    let token = json!({ "handle": mina.handle, "password": common::PASSWORD, "label": "x" });
    assert_eq!(mina.post_once("k5", "/tokens", token).await.must(422)["code"], "NOT_REPEATABLE");
    for key in ["", "two words", &"x".repeat(256)] {
        mina.post_once(key, "/rooms", group.clone()).await.must(422);
    }
    // Signed out, a key opens nothing.
    let stranger = mina.client.post(format!("{}/api/v1/rooms", server.url)).header("idempotency-key", "k1");
    assert_eq!(stranger.send().await.unwrap().status(), 401);
}

async fn i25_a_lost_answer_is_said_and_nothing_is_done_twice(backend: Backend) {
    let mut server = TestServer::with_two_companies(backend).await;
    let mut cast = server.cast().await;
    let group = json!({ "name": "Winter", "memberIds": [cast.aiko.id] });
    cast.mina.post_once("k1", "/rooms", group.clone()).await.must(201);
    // What is left where the server died between the commit and the keeping of the answer.
    server.sql("UPDATE retries SET status = NULL, body = NULL").await;
    server.kill_and_restart();
    cast.mina.url.clone_from(&server.url);
    assert_eq!(cast.mina.post_once("k1", "/rooms", group.clone()).await.must(409)["code"], "RETRY_IN_DOUBT");
    assert_eq!(groups(&cast.mina).await, 1);
    // A day later the key is free.
    server.sql("UPDATE retries SET at = at - 86400000").await;
    cast.mina.post_once("k1", "/rooms", group).await.must(201);
    assert_eq!(cast.mina.call(Method::GET, "/me", None).await.status, 200);
}
