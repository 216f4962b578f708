//! Revocation against sends (I-03): many people send while administrators forbid and allow, and a judge that knows
//! nothing of the product reads what was seen.

mod common;
mod history;

use common::{Backend, Person, Socket, TestServer, campaign, line};
use history::{History, Line, Moment, Sent, Switched};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

on_both!(i03_after_a_revocation_is_answered_nothing_passes);

#[derive(Clone, Default)]
struct Now(Arc<AtomicU64>);

impl Now {
    fn tick(&self) -> Moment {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

#[derive(Clone)]
struct Scene {
    room: String,
    now: Now,
    stop: Arc<AtomicBool>,
}

impl Scene {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    async fn send_by_rest(self, who: Person, name: String) -> Vec<Sent> {
        let mut sent = Vec::new();
        for i in 0.. {
            if !self.goes_on() {
                break;
            }
            let id = format!("{name}-{i}");
            let begin = self.now.tick();
            let answer = who.send(&self.room, &id, &id).await;
            let end = self.now.tick();
            let seq = match answer.status.as_u16() {
                201 => answer.must(201)["seq"].as_i64(),
                403 => None,
                other => panic!("status {other}"),
            };
            sent.push(Sent { id, begin, end, seq });
        }
        sent
    }

    async fn send_by_socket(
        self,
        mut socket: Socket,
        name: String,
        last: tokio::sync::oneshot::Receiver<i64>,
    ) -> (Vec<Sent>, Vec<Line>) {
        let mut sent = Vec::new();
        for i in 0.. {
            if !self.goes_on() {
                break;
            }
            let id = format!("{name}-{i}");
            let begin = self.now.tick();
            socket.say(json!({ "op": "send", "roomId": self.room, "clientId": id, "text": id })).await;
            let seq = loop {
                let frame = socket.next().await.expect("the socket stays");
                match frame["op"].as_str().unwrap() {
                    "sent" if frame["clientId"] == id.as_str() => break frame["message"]["seq"].as_i64(),
                    "refused" if frame["clientId"] == id.as_str() => break None,
                    _ => {}
                }
            };
            sent.push(Sent { id, begin, end: self.now.tick(), seq });
        }
        let last = last.await.unwrap();
        while socket.lines(&self.room).last().is_none_or(|(seq, _)| *seq < last) {
            socket.next().await.expect("the socket stays");
        }
        (sent, socket.lines(&self.room))
    }
}

/// The whole room as this person reads it.
async fn read_all(who: &Person, room: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    loop {
        let page = who.get(&format!("/rooms/{room}/messages?after={}&limit=200", lines.len())).await;
        lines.extend(page["items"].as_array().unwrap().iter().map(|m| (m["seq"].as_i64().unwrap(), line(m))));
        if page["hasMoreAfter"] == false {
            return lines;
        }
    }
}

async fn i03_after_a_revocation_is_answered_nothing_passes(backend: Backend) {
    let server = TestServer::with_two_companies(backend).await;
    let cast = server.cast().await;
    let room = cast.meet().await;
    let scene = Scene { room: room.clone(), now: Now::default(), stop: Arc::default() };
    let (mut by_rest, mut by_socket, mut endings) = (Vec::new(), Vec::new(), Vec::new());
    // All sockets are open before the first line is sent: each has to receive every one.
    let mut sockets = Vec::new();
    for _ in 0..3 {
        for person in [&cast.mina, &cast.leo] {
            sockets.push(person.socket().await);
        }
    }
    for n in 0..3 {
        for person in [&cast.mina, &cast.leo] {
            let name = format!("{}{n}", &person.handle[..4]);
            by_rest.push(tokio::spawn(scene.clone().send_by_rest(person.clone(), format!("{name}r"))));
            let (ending, last) = tokio::sync::oneshot::channel();
            endings.push(ending);
            let sender = scene.clone().send_by_socket(sockets.remove(0), format!("{name}s"), last);
            by_socket.push((format!("{name}s"), tokio::spawn(sender)));
        }
    }
    // Every way in which an administrator or operator can forbid it, on either side.
    let setting = "/company/external/partner";
    let ways: [(&Person, Value, Value); 3] = [
        (&cast.aiko, json!({ "connect": "deny" }), json!({ "connect": "allow" })),
        (
            &cast.claire,
            json!({ "partners": { "rule": "except", "domains": ["hana.example"] } }),
            json!({ "partners": { "rule": "any", "domains": [] } }),
        ),
        (
            &cast.aiko,
            json!({ "partners": { "rule": "only", "domains": ["cedar.example"] } }),
            json!({ "partners": { "rule": "any", "domains": [] } }),
        ),
    ];
    let mut history = History::default();
    let rounds = 10 * campaign();
    for round in 0..rounds {
        for open in [false, true] {
            let goal = cast.mina.room(&room).await["lastSeq"].as_i64().unwrap() + if open { 0 } else { 30 };
            while !open && cast.mina.room(&room).await["lastSeq"].as_i64().unwrap() < goal {}
            let begin = scene.now.tick();
            match round % 5 {
                way @ 0..=2 => {
                    let (owner, deny, allow) = &ways[way];
                    owner.patch(setting, if open { allow } else { deny }.clone()).await.must(200);
                }
                3 if open => drop(cast.claire.grant(&[&cast.leo]).await),
                3 => drop(cast.claire.revoke(&cast.leo).await),
                _ => {
                    // Another program on the same database.
                    let word = if open { "on" } else { "off" };
                    let entitle = server.cli(&["company", "entitle", "borealis.example", word], "");
                    assert!(entitle.status.success());
                }
            }
            history.switched.push(Switched { open, begin, end: scene.now.tick() });
        }
    }
    scene.stop.store(true, Ordering::SeqCst);
    for sender in by_rest {
        history.sent.extend(sender.await.unwrap());
    }
    // A last line, by which the sockets know that they have seen everything.
    let begin = scene.now.tick();
    let seq = cast.mina.send(&room, "the last line", "the last line").await.must(201)["seq"].as_i64().unwrap();
    history.sent.push(Sent { id: "the last line".into(), begin, end: scene.now.tick(), seq: Some(seq) });
    // A socket's sender may still have one under way: the last line it waits for is the room's.
    for ending in endings {
        ending.send(seq).unwrap();
    }
    for (name, sender) in by_socket {
        let (sent, lines) = sender.await.unwrap();
        history.sent.extend(sent);
        history.received.insert(name, lines);
    }
    for reader in [&cast.mina, &cast.leo] {
        history.stored.insert(reader.handle.clone(), read_all(reader, &room).await);
    }
    let stored = history.stored.values().next().unwrap().len();
    for lines in history.received.values_mut() {
        // Lines behind the last one that a socket waited for may or may not have reached it.
        let missing = stored - lines.len().min(stored);
        assert!(missing <= 6, "{missing} lines are missing");
    }
    let complete = history.stored.values().next().unwrap().clone();
    for lines in history.received.values_mut() {
        lines.extend_from_slice(&complete[lines.len().min(stored)..]);
    }
    let seen = history.judge().unwrap();
    println!("{seen:?}");
    assert!(seen.accepted > 300 && seen.refused > 50 && seen.racing > 0 && seen.received > 1_000, "{seen:?}");
}

/// The judge judges: each kind of wrong history is found.
#[test]
fn i03_the_judge_finds_what_must_not_be() {
    let right = || {
        let sent = |id: &str, begin, end, seq| Sent { id: id.into(), begin, end, seq };
        let lines: Vec<Line> =
            [(1, "a"), (2, "*frozen*"), (3, "*thawed*"), (4, "c")].map(|(n, t)| (n, t.to_owned())).into();
        History {
            sent: vec![sent("a", 0, 1, Some(1)), sent("b", 4, 5, None), sent("c", 8, 9, Some(4))],
            switched: vec![Switched { open: false, begin: 2, end: 3 }, Switched { open: true, begin: 6, end: 7 }],
            received: [("s".to_owned(), lines.clone())].into(),
            stored: [("mina".to_owned(), lines.clone()), ("leo".to_owned(), lines)].into(),
        }
    };
    assert_eq!(right().judge().unwrap().accepted, 2);
    let wrong: [fn(&mut History); 7] = [
        |h| h.sent[1].seq = Some(4),
        |h| h.sent[2].seq = None,
        |h| drop(h.received.get_mut("s").unwrap().remove(0)),
        |h| h.received.get_mut("s").unwrap().swap(0, 3),
        |h| drop(h.stored.get_mut("leo").unwrap().pop()),
        |h| h.stored.values_mut().for_each(|lines| lines[0].0 = 2),
        |h| {
            // Accepted behind the freeze, and stored there.
            h.sent[1].seq = Some(3);
            for lines in h.stored.values_mut().chain(h.received.values_mut()) {
                lines.insert(2, (3, "b".into()));
                lines[3].0 = 4;
                lines[4].0 = 5;
            }
            h.sent[2].seq = Some(5);
        },
    ];
    for spoil in wrong {
        let mut history = right();
        spoil(&mut history);
        history.judge().unwrap_err();
    }
}
