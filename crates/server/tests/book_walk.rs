//! Contact, link, trash and room as one state machine: random runs of acts against a model that was written apart.

mod book_model;
mod common;

use book_model::{Entry, Model, PEOPLE, Said, company, pair};
use common::{Answer, Backend, Person, TestServer, campaign};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const STEPS: usize = 120;

struct Walk {
    people: Vec<Person>,
    model: Model,
    ids: BTreeMap<(usize, usize), String>,
    rooms: BTreeMap<(usize, usize), String>,
    group: String,
    counts: BTreeMap<String, usize>,
    history: Vec<String>,
}

impl Walk {
    fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    fn compare(&mut self, act: &str, answer: &Answer, said: &Said) {
        let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let code = if answer.status.is_success() { "" } else { body["code"].as_str().unwrap_or("") };
        let history = self.history.join("\n");
        assert_eq!((answer.status.as_u16(), code), (said.0, said.1), "{act}: {}\n{history}", answer.text);
        self.count(format!("{act} {}", said.0));
    }

    /// One act, of the people and in the model.
    async fn step(&mut self, random: &mut StdRng) {
        let (a, b) = (random.random_range(0..4), random.random_range(0..2));
        let b = if company(a) == 0 { 2 + b } else { b };
        let act = random.random_range(0..14);
        self.history.push(format!("{act}: {} and {}", PEOPLE[a], PEOPLE[b]));
        let contact = self
            .ids
            .get(&(a, b))
            .map_or("/contacts/contact_01h455vb4pex5vsknk084sn02q".to_owned(), |id| format!("/contacts/{id}"));
        let (me, them) = (self.people[a].clone(), self.people[b].clone());
        match act {
            0..=3 => {
                let card = me.look_up(&them.handle).await;
                let said = self.model.add(a, b);
                let answer = if card.status.as_u16() == 200 {
                    let reference = card.must(200)["personRef"].clone();
                    me.post("/contacts", json!({ "personRef": reference })).await
                } else {
                    card
                };
                self.compare("add", &answer, &said);
                if answer.status.is_success() {
                    let made: Value = serde_json::from_str(&answer.text).unwrap();
                    self.ids.insert((a, b), made["id"].as_str().unwrap().to_owned());
                    let room = made["roomId"].as_str().unwrap().to_owned();
                    assert_eq!(self.rooms.entry(pair(a, b)).or_insert_with(|| room.clone()), &room);
                }
            }
            4..=6 => {
                let answer = me.call(Method::DELETE, &contact, None).await;
                let said = self.model.delete(a, b);
                self.compare("delete", &answer, &said);
            }
            7..=8 => {
                let answer = me.post(&format!("{contact}/restore"), json!(null)).await;
                let said = self.model.restore(a, b);
                self.compare("restore", &answer, &said);
            }
            9 => {
                let answer = me.call(Method::DELETE, &format!("{contact}?permanently=true"), None).await;
                let said = self.model.purge(a, b);
                self.compare("purge", &answer, &said);
                if said == Said(204, "") {
                    self.ids.remove(&(a, b));
                }
            }
            10..=11 => {
                let owner = if company(a) == 0 { &self.people[1] } else { &self.people[3] };
                if self.model.granted[a] {
                    owner.revoke(&me).await;
                } else {
                    owner.grant(&[&me]).await;
                }
                self.model.granted[a] = !self.model.granted[a];
                self.model.settle();
                self.count("grants");
            }
            12 => {
                let owner = if company(a) == 0 { &self.people[1] } else { &self.people[3] };
                let name = format!("{} {}", PEOPLE[a], self.history.len());
                owner.patch(&format!("/company/members/{}", me.id), json!({ "name": name })).await.must(200);
                self.model.names[a] = name;
                self.model.settle();
                self.count("renames");
            }
            _ => self.change_group(a).await,
        }
    }

    /// Somebody leaves the group, or is brought in by a colleague; whether that is allowed is another test's question.
    async fn change_group(&mut self, a: usize) {
        let path = format!("/rooms/{}/participants", self.group);
        if self.model.group.contains(&a) {
            // The last of a company stays: a group of one company is no business of the contact book.
            if self.model.group.iter().filter(|p| company(**p) == company(a)).count() > 1 {
                self.people[a].call(Method::DELETE, &format!("{path}/me"), None).await.must(204);
                self.model.group.remove(&a);
                self.count("left the group");
            }
            return;
        }
        let host = self.model.group.iter().copied().find(|p| company(*p) == company(a)).unwrap();
        let body = json!({ "memberIds": [self.people[a].id] });
        if self.people[host].post(&path, body).await.status.is_success() {
            self.model.group.insert(a);
            self.count("joined the group");
        }
    }

    /// Everything that can be seen stands as the model has it.
    async fn look(&mut self) {
        let history = self.history.join("\n");
        let mut seen = Vec::new();
        for (a, owner) in PEOPLE.iter().enumerate() {
            for b in (0..4).filter(|b| company(*b) != company(a)) {
                let entry: Option<Entry> = self.model.book.get(&(a, b)).cloned();
                let Some(id) = self.ids.get(&(a, b)) else {
                    assert_eq!(entry, None);
                    continue;
                };
                let contact = self.people[a].get(&format!("/contacts/{id}")).await;
                let entry = entry.expect("the contact is in the model");
                let is = |field: &Value| field.as_str().unwrap_or("").to_owned();
                let state = if entry.trashed { "trashed" } else { "active" };
                let expected = [state.to_owned(), entry.nickname, self.model.link_shown(a, b).to_owned()];
                let found = [is(&contact["state"]), is(&contact["nickname"]), is(&contact["link"]["state"])];
                assert_eq!(found, expected, "{owner}'s contact of {}\n{history}", PEOPLE[b]);
                let stopped = contact["syncStoppedAt"].is_string();
                assert_eq!(stopped, !self.model.direct_is_open(a, b), "{}'s of {}\n{history}", PEOPLE[a], PEOPLE[b]);
                assert_eq!(is(&contact["roomId"]), self.rooms[&pair(a, b)]);
                seen.push(format!("{state} {}", expected[2]));
            }
        }
        for ((a, b), room) in self.rooms.clone() {
            for me in [a, b] {
                let status = self.people[me].room(&room).await["state"]["status"].clone();
                let expected = if self.model.direct_is_open(a, b) { "open" } else { "frozen" };
                assert_eq!(status, expected, "{} in the room of {a} and {b}\n{history}", PEOPLE[me]);
            }
            seen.push("direct rooms".to_owned());
        }
        for &me in &self.model.group {
            let status = self.people[me].room(&self.group).await["state"]["status"].clone();
            let expected = self.model.group_stands(me);
            assert_eq!(status, expected, "{} in the group\n{history}", PEOPLE[me]);
            seen.push(format!("group {expected}"));
        }
        for what in seen {
            self.count(what);
        }
    }
}

async fn walk(seed: u64) -> BTreeMap<String, usize> {
    let server = TestServer::with_two_companies(Backend::Sqlite).await;
    let cast = server.cast().await;
    cast.allow().await;
    cast.aiko.grant(&[&cast.aiko]).await;
    cast.claire.grant(&[&cast.claire]).await;
    let people = vec![cast.mina.clone(), cast.aiko.clone(), cast.leo.clone(), cast.claire.clone()];
    let names = ["Mina Sato", "Aiko Tanaka", "Leo Tremblay", "Claire Gagnon"].map(str::to_owned);
    let model = Model { granted: [true; 4], names, ..Model::default() };
    let mut walk = Walk {
        people,
        model,
        ids: BTreeMap::new(),
        rooms: BTreeMap::new(),
        group: String::new(),
        counts: BTreeMap::new(),
        history: Vec::new(),
    };
    // Mina alone among people of Borealis, to begin with.
    for b in [2, 3] {
        let made = walk.people[0].add(&walk.people[b]).await;
        assert_eq!(walk.model.add(0, b), Said(201, ""));
        walk.ids.insert((0, b), made["id"].as_str().unwrap().to_owned());
        walk.rooms.insert((0, b), made["roomId"].as_str().unwrap().to_owned());
    }
    let open = json!({ "name": "Group", "contactIds": [walk.ids[&(0, 2)], walk.ids[&(0, 3)]] });
    let group = walk.people[0].post("/rooms", open).await.must(201);
    group["id"].as_str().unwrap().clone_into(&mut walk.group);
    walk.model.group = [0, 2, 3].into();
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..STEPS {
        walk.step(&mut random).await;
        walk.look().await;
    }
    walk.counts
}

#[tokio::test(flavor = "multi_thread")]
async fn b16_b18_contact_link_trash_and_room_move_as_one() {
    let seed: u64 = std::env::var("LIAISON_SEED").map_or_else(|_| rand::random(), |s| s.parse().unwrap());
    println!("LIAISON_SEED={seed}");
    let wanted = [
        "add 201",
        "add 200",
        "add 404",
        "delete 204",
        "delete 409",
        "restore 200",
        "purge 204",
        "purge 409",
        "grants",
        "renames",
        "left the group",
        "joined the group",
        "active live",
        "active frozen",
        "active ended",
        "trashed ended",
        "direct rooms",
        "group open",
        "group frozen",
        "group paused",
    ];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let missing = |counts: &BTreeMap<String, usize>| wanted.into_iter().find(|what| !counts.contains_key(*what));
    let (least, most) = ((2 * campaign()) as u64, (2 * campaign() + 10) as u64);
    for run in 0..most {
        // Some things are rare: the walk goes on until each was seen.
        if run >= least && missing(&counts).is_none() {
            break;
        }
        for (what, count) in walk(seed.wrapping_add(run)).await {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("{counts:#?}");
    assert_eq!(missing(&counts), None, "seed {seed}: {counts:?}");
}
