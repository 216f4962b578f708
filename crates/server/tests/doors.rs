//! One gate, every door: each way in is tried by everybody who might come, and the answers are a table to read.

mod common;
mod register;

use common::{Answer, Backend, Person};
use register::{DOORS, Door, FRAMES_IN, FRAMES_OUT, PLAIN_DOORS, World, fill, of_nothing};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

on_both!(
    i07_every_door_is_tried_by_everybody,
    i07_every_frame_is_tried_by_everybody,
    i07_every_frame_of_the_server_reaches_those_it_is_for,
    i05_a_foreign_thing_answers_as_nothing_does,
    i06_two_worlds_look_alike_to_who_may_not_see_the_difference,
);

/// Who comes to a door besides the right person: somebody of the same company without permission and outside of the
/// room, the outsider one talks with, somebody of a company one does not talk with, nobody, and somebody suspended.
const OTHERS: [(&str, &str); 5] = [
    ("colleague", "kenji"),
    ("outsider", "leo"),
    ("stranger", "carla"),
    ("signed out", "nobody"),
    ("suspended", "zoe"),
];

fn told(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let code = body["code"].as_str().map_or(String::new(), |code| format!(" {code}"));
    format!("{}{code}", answer.status.as_u16())
}

fn names_a_thing(door: &Door, world: &World) -> bool {
    fill(door.path, &world.foreign) != door.path || fill(door.body, &world.foreign) != door.body
}

/// Operations of the API description, and the fields of its frames.
async fn described(person: &Person) -> Value {
    person.get("/openapi.json").await
}

async fn i07_every_door_is_tried_by_everybody(backend: Backend) {
    let mut world = World::new(backend).await;
    // The list and the server agree: no door is missing from the one or the other.
    let described = described(&world.people["mina"]).await;
    let mut operations = BTreeMap::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations
                .insert(operation["operationId"].as_str().unwrap().to_owned(), (method.to_uppercase(), path.clone()));
        }
    }
    let registered: BTreeSet<_> = DOORS.iter().map(|door| door.operation.to_owned()).collect();
    assert_eq!(registered, operations.keys().cloned().collect(), "doors without an entry, or entries without a door");
    assert_eq!(registered.len(), DOORS.len(), "an entry stands twice");
    for door in DOORS {
        let (method, path) = &operations[door.operation];
        let shape = |path: &str| {
            path.split('/').map(|p| if p.starts_with('{') { "*" } else { p }.to_owned()).collect::<Vec<_>>()
        };
        let described = shape(path);
        let ours = shape(door.path);
        let same = described.iter().zip(&ours).all(|(a, b)| a == b || a == "*") && described.len() == ours.len();
        assert!(same && method == door.method, "{} is {method} {path}", door.operation);
    }
    let mut table = String::new();
    let mut tries = 0;
    let mut examples = Examples::new(&world);
    for door in DOORS {
        writeln!(table, "{} {}  [{}; {}]", door.method, door.path, door.verb, door.who).unwrap();
        // A secret is what makes somebody the right one: the others have another.
        let mut theirs = world.things.clone();
        theirs.insert("secret", of_nothing(&world.things)["secret"].clone());
        for (name, person) in OTHERS {
            if person == door.right {
                continue;
            }
            writeln!(table, "    {name:<12}{}", told(&world.knock(door, person, &theirs).await)).unwrap();
            tries += 1;
        }
        if names_a_thing(door, &world) {
            writeln!(table, "    {:<12}{}", "foreign id", told(&world.knock(door, door.right, &world.foreign).await))
                .unwrap();
            tries += 1;
        }
        let right = world.knock(door, door.right, &world.things).await;
        writeln!(table, "    {:<12}{}", "right", told(&right)).unwrap();
        tries += 1;
        let open = described["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
        let signed_in = !open.filter(|o| o["operationId"] == door.operation).any(|o| o.get("security").is_some());
        examples.ran(
            door.operation,
            &fill(door.path, &world.things),
            &fill(door.body, &world.things),
            signed_in,
            &right,
        );
        if door.operation == "change_phone" {
            // Mina's is the last of those that were sent to the number that everybody tried.
            let sent = OTHERS.len() - 1;
            let code = world.server.phone_codes("+819012345678", sent).await.pop().unwrap();
            world.things.insert("digits", code);
        }
        if door.operation == "create_block" {
            let block: Value = serde_json::from_str(&right.text).unwrap();
            world.things.insert("block", block["id"].as_str().unwrap().to_owned());
        }
    }
    for (path, tells) in PLAIN_DOORS {
        let answer = world.people["nobody"].client.get(format!("{}{path}", world.server.url)).send().await.unwrap();
        writeln!(table, "GET {path}  [anyone; tells {tells}]\n    anyone      {}", answer.status().as_u16()).unwrap();
        let text = answer.text().await.unwrap();
        for secret in ["Mina", "hana.example", "Borealis"] {
            assert!(!text.contains(secret) || path.starts_with("/api/"), "{path} tells of {secret}");
        }
        tries += 1;
    }
    println!("{} doors, {tries} tries", DOORS.len() + PLAIN_DOORS.len());
    examples.check();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("doors", table);
    });
}

/// The examples of the documentation page: requests and answers of this run, with what differs from run to run replaced.
struct Examples {
    told: serde_json::Map<String, Value>,
    /// Looks random without being an id.
    card: String,
    ids: Vec<String>,
}

impl Examples {
    fn new(world: &World) -> Self {
        Self { told: serde_json::Map::new(), card: world.things["card"].clone(), ids: Vec::new() }
    }

    fn ran(&mut self, operation: &str, path: &str, request: &str, signed_in: bool, answer: &Answer) {
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let mut told = json!({
            "path": path, "signedIn": signed_in, "request": json(request),
            "status": answer.status.as_u16(), "response": json(&answer.text),
        });
        self.calm(&mut told);
        self.told.insert(operation.to_owned(), told);
    }

    /// Replaces ids, times and secrets; lists are cut after their second item.
    fn calm(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match name.as_str() {
                        "token" => *value = json!("lst_the-secret-shown-once"),
                        "secret" => *value = json!("the-secret-of-the-link"),
                        // How far it got by then depends on the machine.
                        "mail" if value.is_string() => *value = json!("queued"),
                        "hash" => *value = json!("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                        _ => self.calm(value),
                    }
                }
            }
            Value::Array(items) => {
                items.truncate(2);
                for item in items {
                    self.calm(item);
                }
            }
            Value::String(text) => {
                let words: Vec<String> = text.split('/').map(|word| self.calm_word(word)).collect();
                *text = words.join("/");
            }
            _ => {}
        }
    }

    fn calm_word(&mut self, word: &str) -> String {
        // The code of an invitation, and where this server listens.
        if word.len() == 32 && word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) {
            return "k3x9m2v7q4w8t1z6p5n0h3j2d9f7r4b6".to_owned();
        }
        // The code sent to a phone.
        if word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()) {
            return "493817".to_owned();
        }
        if word.starts_with("127.0.0.1:") {
            return "chat.hana.example".to_owned();
        }
        if let Some(text) = word.strip_suffix("http:") {
            return format!("{text}https:");
        }
        // A reference to a person, of this lookup or of another.
        if word == self.card || (word.len() > 60 && !word.contains(' ')) {
            return "b3BhcXVlLXJlZmVyZW5jZQ".to_owned();
        }
        if word.len() == 24 && word.ends_with('Z') && word.as_bytes()[10] == b'T' {
            return "2026-01-05T09:00:00.000Z".to_owned();
        }
        let Some((kind, id)) = word.split_once('_').filter(|(_, id)| id.len() == 26) else { return word.to_owned() };
        let at = self.ids.iter().position(|known| known == id).unwrap_or_else(|| {
            self.ids.push(id.to_owned());
            self.ids.len() - 1
        });
        format!("{kind}_01kewyz1c0e8xr{at:012}")
    }

    /// Holds them against the file that the page is made from; `LIAISON_WRITE_EXAMPLES` writes it anew.
    fn check(self) {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api/examples.json");
        let told = serde_json::to_string_pretty(&self.told).unwrap() + "\n";
        if std::env::var_os("LIAISON_WRITE_EXAMPLES").is_some() {
            std::fs::write(&file, &told).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap();
        assert!(told == kept, "src/api/examples.json is out of date: run this test with LIAISON_WRITE_EXAMPLES=1");
    }
}

/// The kinds of frames in the API description.
fn ops(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        if let Some(op) = value["properties"]["op"]["enum"][0].as_str() {
            found.insert(op.to_owned());
        }
        open.extend(["oneOf", "allOf"].iter().filter_map(|k| value[k].as_array()).flatten());
    }
    found
}

async fn i07_every_frame_is_tried_by_everybody(backend: Backend) {
    let world = World::new(backend).await;
    let described = described(&world.people["mina"]).await;
    let schemas = &described["components"]["schemas"];
    let registered = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(ops(&schemas["ClientFrame"]), registered(FRAMES_IN.iter().map(|f| f.0).collect()));

    let mut things = world.things.clone();
    let mut table = String::new();
    let mut seen_by: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (op, verb, who, example) in FRAMES_IN {
        writeln!(table, "-> {op}  [{verb}; {who}]").unwrap();
        for (name, person) in OTHERS.into_iter().chain([("right", "mina")]) {
            if matches!(name, "signed out" | "suspended") {
                continue; // They get no socket: see the door.
            }
            // Everybody else listens.
            let mut sockets = BTreeMap::new();
            for listener in ["mina", "leo", "kenji", "carla"] {
                sockets.insert(listener, world.people[listener].socket().await);
            }
            things.insert("cursor", sockets[person].cursor.clone());
            let frame: Value = serde_json::from_str(&fill(example, &things)).unwrap();
            let socket = sockets.get_mut(person).unwrap();
            socket.say(frame).await;
            if *op == "send" {
                // Sends are answered when they are on disk; by then everybody else was told.
                while !socket.seen.iter().any(|f| f["op"] == "sent" || f["op"] == "refused") {
                    socket.next().await.expect("an answer");
                }
            }
            let mut heard = Vec::new();
            for listener in [person, "mina", "leo", "kenji", "carla"] {
                let Some(mut socket) = sockets.remove(listener) else { continue };
                // What was sent before this is answered before it.
                socket.say(json!({ "op": "no such frame" })).await;
                socket.until("error").await;
                let ops: Vec<String> = socket.seen.iter().map(|f| f["op"].as_str().unwrap().to_owned()).collect();
                // How a room, contact or permission stands may be told again at any time: the command line wrote before.
                let again = ["ready", "error", "room", "contact", "grant", "me"];
                let ops: Vec<String> = ops.into_iter().filter(|op| !again.contains(&op.as_str())).collect();
                for op in &ops {
                    seen_by.entry(op.clone()).or_default().insert(listener);
                }
                if !ops.is_empty() {
                    heard.push(format!("{listener} {}", ops.join(" ")));
                }
            }
            let heard = if heard.is_empty() { "silence".to_owned() } else { heard.join("; ") };
            writeln!(table, "    {name:<12}{heard}").unwrap();
        }
    }
    // Carla's company talks with neither: whatever happened, she heard of none of it.
    assert!(seen_by.iter().all(|(op, who)| !who.contains("carla") || op == "refused"), "{seen_by:?}");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("frames", table);
    });
}

async fn i07_every_frame_of_the_server_reaches_those_it_is_for(backend: Backend) {
    let world = World::new(backend).await;
    let described = described(&world.people["mina"]).await;
    let registered: BTreeSet<_> = FRAMES_OUT.iter().map(|f| f.0.to_owned()).collect();
    assert_eq!(ops(&described["components"]["schemas"]["ServerFrame"]), registered);

    let listeners = ["mina", "goro", "kenji", "aiko", "leo", "claire", "carla"];
    let mut table = String::new();
    for (op, who, by, [method, path, body]) in FRAMES_OUT {
        // What the command line wrote is handed out by then.
        world.people["mina"].here().await;
        let mut sockets = BTreeMap::new();
        for listener in listeners {
            sockets.insert(listener, world.people[listener].socket().await);
        }
        let request = (!body.is_empty()).then(|| serde_json::from_str(&fill(body, &world.things)).unwrap());
        let by = &world.people[by];
        if *method == "SAY" {
            let socket = sockets.get_mut(by.handle.split('@').next().unwrap()).unwrap();
            socket.say(request.unwrap()).await;
            if !matches!(*op, "ready" | "typing") {
                while !socket.seen.iter().any(|f| f["op"] == *op) {
                    socket.next().await.unwrap_or_else(|| panic!("no frame {op}"));
                }
            }
        } else {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let answer = by.call(method, &fill(path, &world.things), request).await;
            assert!(answer.status.is_success(), "{op}: {}", answer.text);
        }
        let mut heard = Vec::new();
        for listener in listeners {
            let mut socket = sockets.remove(listener).unwrap();
            // What was sent before this is answered before it.
            socket.say(json!({ "op": "no such frame" })).await;
            socket.until("error").await;
            let times = socket.seen.iter().filter(|f| f["op"] == *op).count();
            // Everybody is greeted, and told that this was no frame.
            if times > usize::from(*op == "error") {
                heard.push(listener);
            }
        }
        assert!(!heard.is_empty(), "{op} reaches nobody: its cause is none");
        // Her company talks with neither.
        assert!(!heard.contains(&"carla") || matches!(*op, "ready" | "refused"), "{op} reached a stranger");
        writeln!(table, "<- {op}  [{who}]\n    {}", heard.join(" ")).unwrap();
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("frames_out", table);
    });
}

/// What an answer says, without what differs between any two answers.
fn essence(answer: &Answer, things: &BTreeMap<&'static str, String>) -> String {
    let mut text =
        things.iter().fold(answer.text.clone(), |text, (name, id)| text.replace(id.as_str(), &format!("{{{name}}}")));
    if let Some(at) = text.find("\"ref_") {
        text.replace_range(at + 5..at + 21, "…");
    }
    let mut headers: Vec<String> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.retain(|h| !h.starts_with("date:") && !h.starts_with("content-length:"));
    headers.sort();
    format!("{} {headers:?} {text}", answer.status)
}

async fn i05_a_foreign_thing_answers_as_nothing_does(backend: Backend) {
    let world = World::new(backend).await;
    let nothing = of_nothing(&world.foreign);
    let mut compared = 0;
    for door in DOORS {
        if !names_a_thing(door, &world) {
            continue;
        }
        let of_others = world.knock(door, door.right, &world.foreign).await;
        let of_none = world.knock(door, door.right, &nothing).await;
        assert_eq!(essence(&of_others, &world.foreign), essence(&of_none, &nothing), "{}", door.operation);

        compared += 1;
    }
    println!("{compared} doors compared");
    assert!(compared >= 18);
}

/// All that a door tells somebody, with ids numbered in the order they appear and without times.
fn transcript(text: &str, ids: &mut Vec<String>) -> String {
    let mut out = String::new();
    for (at, word) in text.split(|c: char| !(c.is_ascii_alphanumeric() || "_:.-".contains(c))).enumerate() {
        let is_id = word.split_once('_').is_some_and(|(kind, id)| kind.len() > 2 && (id.len() == 26 || kind == "ref"));
        let is_time = word.len() == 24 && word.ends_with('Z') && word.contains('T');
        let word = match word {
            _ if is_time => "a time".to_owned(),
            _ if word.starts_with("ref_") => "a reference".to_owned(),
            _ if is_id => {
                let known = ids.iter().position(|id| id == word).unwrap_or_else(|| {
                    ids.push(word.to_owned());
                    ids.len() - 1
                });
                format!("id {known}")
            }
            _ => word.to_owned(),
        };
        write!(out, "{}{word}", if at == 0 { "" } else { " " }).unwrap();
    }
    out
}

/// Two databases which differ in two companies, four people, and all that was said, asked and blocked between them.
async fn i06_two_worlds_look_alike_to_who_may_not_see_the_difference(backend: Backend) {
    let full = World::new(backend).await;
    let bare = World::bare(backend, &full).await;
    let mut compared = 0;
    for viewer in ["kenji", "wim", "nobody", "zoe"] {
        let mut ids = [Vec::new(), Vec::new()];
        for door in DOORS {
            // What is one's own to change is no difference between the worlds, but ends the viewer's token.
            if matches!(door.operation, "change_password" | "delete_session") {
                continue;
            }
            // Whoever holds a code may see by it; what one sees with a dead one stands in invitations.rs.
            if door.path.contains("{code}") {
                continue;
            }
            let mut told = Vec::new();
            for (world, ids) in [&full, &bare].into_iter().zip(&mut ids) {
                let answer = world.knock(door, viewer, &world.things).await;
                // An id that was asked for comes back in some answers: it counts as the same.
                let is_image = answer.headers.get("content-type").is_some_and(|t| t.as_bytes().starts_with(b"image/"));
                let mut text = if is_image { String::new() } else { answer.text };
                for (name, id) in world.things.iter().chain(&world.foreign) {
                    text = text.replace(id.as_str(), &format!("their {name}"));
                }
                let mut headers: Vec<_> = answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
                headers.retain(|h| !h.starts_with("date") && !h.starts_with("set-cookie") && !h.starts_with("etag"));
                headers.sort();
                let body: Value = serde_json::from_str(&text).unwrap_or_default();
                let secret = body["token"].as_str().map(str::to_owned);
                let text = secret.map_or(text.clone(), |secret| text.replace(&secret, "a secret"));
                told.push((answer.status, headers, transcript(&text, ids)));
            }
            assert_eq!(told[0], told[1], "{viewer} at {}", door.operation);
            compared += 1;
        }
        if viewer == "kenji" || viewer == "wim" {
            let mut heard = Vec::new();
            for world in [&full, &bare] {
                let mut socket = world.people[viewer].socket().await;
                // The position in a cursor counts the server's commits; nothing else may differ.
                let behind = format!("{}.0", socket.cursor.split('.').next().unwrap());
                socket.say(json!({ "op": "resume", "cursor": behind })).await;
                socket.say(json!({ "op": "no such frame" })).await;
                socket.until("error").await;
                let frames = socket.seen.iter().map(|f| {
                    let mut f = f.clone();
                    f.as_object_mut().unwrap().remove("cursor");
                    transcript(&f.to_string(), &mut Vec::new())
                });
                heard.push(frames.collect::<Vec<_>>());
            }
            assert_eq!(heard[0], heard[1], "{viewer} on the socket");
            compared += 1;
        }
    }
    println!("{compared} answers compared");
    assert!(compared > 150);
}

/// A route beside the API description would be a door that nobody counts.
#[test]
fn i07_no_route_stands_beside_the_description() {
    let mut found = BTreeSet::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            // Routers of unit tests are served to nobody.
            let served = source.split("#[cfg(test)]").next().unwrap_or_default();
            for call in served.split(".route(").skip(1) {
                found.insert(call.split('"').nth(1).unwrap_or_default().to_owned());
            }
            assert!(!source.contains("route_service"), "{}", path.display());
        }
    }
    // Everything else below /api is "not found".
    let plain = [
        "/api",
        "/api/docs",
        "/api/docs.css",
        "/api/{*rest}",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
    ];
    assert_eq!(found, plain.into_iter().map(str::to_owned).collect());
}
