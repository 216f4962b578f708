//! The register of doors: every way into or out of the server, in one list (I-07).
//!
//! Each entry names the verb of the decision behind the door (`-` where nothing crosses a company border), who may, and
//! a request as the right person makes it. `{thing}` in path and body stands for an id of the [`World`]. What everybody
//! else gets stands in the snapshot that `doors.rs` compares: that is the list to read when a rule changes.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

use crate::common::{Answer, Backend, PASSWORD, PICTURE, Person, TestServer, eventually, read_letters};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A way in: an operation of the API description.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    /// As in the API description.
    pub operation: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    /// The verb of the decision.
    pub verb: &'static str,
    /// Who may.
    pub who: &'static str,
    /// The right person of the test.
    pub right: &'static str,
    /// JSON; empty for none; or a picture.
    pub body: &'static str,
}

const fn door(
    operation: &'static str,
    [method, path]: [&'static str; 2],
    verb: &'static str,
    [right, who]: [&'static str; 2],
    body: &'static str,
) -> Door {
    Door { operation, method, path, verb, who, right, body }
}

const ANYONE: [&str; 2] = ["mina", "anyone"];
const MEMBER: [&str; 2] = ["mina", "each member, their own"];
const COLLEAGUE: [&str; 2] = ["mina", "members of the company"];
const PARTICIPANT: [&str; 2] = ["mina", "participants"];
const OWNER: [&str; 2] = ["mina", "the owner of the thing"];
const IN_SIGHT: [&str; 2] = ["mina", "the owner, and those it is shared with"];
const EDITOR: [&str; 2] = ["mina", "the owner, and those it is shared with where the owner lets them"];
const MANAGER: [&str; 2] = ["mina", "the owner, and administrators it is shared with"];
const AUDITOR: [&str; 2] = ["aiko", "administrators and auditors"];
const ADMIN: [&str; 2] = ["aiko", "owners and security administrators"];
const BEARER: [&str; 2] = ["mina", "anyone with the code"];
/// Whom nobody needs afterwards.
const LAST: [&str; 2] = ["vera", "each member, their own"];

/// Every operation. Doors that destroy something come after those that need it.
pub const DOORS: &[Door] = &[
    door("get_server", ["GET", "/server"], "-", ANYONE, ""),
    door("create_session", ["POST", "/sessions"], "-", ANYONE, SIGN_IN),
    door("create_token", ["POST", "/tokens"], "-", ANYONE, TOKEN),
    door("request_password_reset", ["POST", "/password-resets"], "-", ANYONE, r#"{"handle":"{handle}"}"#),
    door("read_password_link", ["POST", "/password-resets/link"], "-", ["mina", "who holds the link"], LINK),
    door("get_me", ["GET", "/me"], "-", MEMBER, ""),
    door("set_own_photo", ["PUT", "/me/photo"], "-", MEMBER, A_PICTURE),
    door("update_me", ["PATCH", "/me"], "-", MEMBER, r#"{"settings":{"readReceipts":true}}"#),
    door("change_phone", ["PUT", "/me/phone"], "-", MEMBER, r#"{"phone":"+81 90-1234-5678"}"#),
    door("list_phone_finds", ["GET", "/me/phone/finds"], "-", MEMBER, ""),
    door("list_tokens", ["GET", "/tokens"], "-", MEMBER, ""),
    door("get_company", ["GET", "/company"], "-", COLLEAGUE, ""),
    door("get_company_logo", ["GET", "/company/logo"], "-", COLLEAGUE, ""),
    door("set_company_logo", ["PUT", "/company/logo"], "-", ADMIN, A_PICTURE),
    door("get_first_steps", ["GET", "/company/first-steps"], "-", ADMIN, ""),
    door("update_first_steps", ["PATCH", "/company/first-steps"], "-", ADMIN, r#"{"hidden":true}"#),
    door("list_members", ["GET", "/company/members"], "-", COLLEAGUE, ""),
    door("get_member", ["GET", "/company/members/{colleague}"], "-", COLLEAGUE, ""),
    door("get_member_photo", ["GET", "/members/{outsider}/photo"], "read", ["mina", "who shares a room with them"], ""),
    door("send_password_link", ["POST", "/company/members/{invited}/password-link"], "-", ADMIN, ""),
    door("list_teams", ["GET", "/company/teams"], "-", COLLEAGUE, ""),
    door("update_company", ["PATCH", "/company"], "-", ADMIN, r#"{"name":"Hana Trading"}"#),
    door("create_member", ["POST", "/company/members"], "-", ADMIN, r#"{"handle":"yui@hana.example","name":"Yui"}"#),
    door("update_member", ["PATCH", "/company/members/{colleague}"], "-", ADMIN, r#"{"title":"Buyer"}"#),
    door("set_member_photo", ["PUT", "/company/members/{colleague}/photo"], "-", ADMIN, A_PICTURE),
    door("create_team", ["POST", "/company/teams"], "-", ADMIN, r#"{"name":"Sales"}"#),
    door("get_external_setting", ["GET", "/company/external/partner"], "-", AUDITOR, ""),
    door("update_external_setting", ["PATCH", "/company/external/partner"], "-", ADMIN, r#"{"connect":"allow"}"#),
    door("list_grants", ["GET", "/company/external/partner/grants"], "-", AUDITOR, ""),
    door("create_grants", ["POST", "/company/external/partner/grants"], "-", ADMIN, r#"{"memberIds":["{granted}"]}"#),
    door(
        "revoke_grants",
        ["POST", "/company/external/partner/grants/revoke"],
        "-",
        ADMIN,
        r#"{"memberIds":["{colleague}"]}"#,
    ),
    door("list_audit", ["GET", "/company/audit"], "-", AUDITOR, ""),
    door("get_audit_head", ["GET", "/company/audit/head"], "-", AUDITOR, ""),
    door("look_up_person", ["POST", "/people/lookup"], "discover", MEMBER, r#"{"handle":"{handle}"}"#),
    door("get_person_photo", ["GET", "/people/{card}/photo"], "discover", ["mina", "who looked them up"], ""),
    door(
        "add_contact",
        ["POST", "/contacts"],
        "addContact",
        ["mina", "who looked them up"],
        r#"{"personRef":"{card}"}"#,
    ),
    door("list_contacts", ["GET", "/contacts"], "-", MEMBER, ""),
    door("get_card", ["GET", "/me/card"], "invite", MEMBER, ""),
    door("create_invitation", ["POST", "/invitations"], "invite", MEMBER, r#"{"network":"partner","purpose":"Fair"}"#),
    door("list_invitations", ["GET", "/invitations"], "-", MEMBER, ""),
    door("get_invitation", ["GET", "/invitations/{invitation}"], "-", OWNER, ""),
    door("list_invitation_uses", ["GET", "/invitations/{invitation}/uses"], "-", OWNER, ""),
    door("get_invitation_qr_svg", ["GET", "/invitations/{invitation}/qr.svg"], "-", OWNER, ""),
    door("get_invitation_qr_png", ["GET", "/invitations/{invitation}/qr.png"], "-", OWNER, ""),
    door("open_invitation", ["GET", "/invitations/by-code/{code}"], "invite", BEARER, ""),
    door("get_inviter_photo", ["GET", "/invitations/by-code/{code}/photo"], "invite", BEARER, ""),
    door(
        "accept_invitation",
        ["POST", "/invitations/by-code/{code}/accept"],
        "invite",
        ["leo", "members with the code"],
        r#"{"action":"addContact"}"#,
    ),
    door("delete_invitation", ["DELETE", "/invitations/{invitation}"], "-", OWNER, ""),
    door("rotate_card", ["POST", "/me/card/rotate"], "invite", MEMBER, ""),
    door("get_contact", ["GET", "/contacts/{contact}"], "-", IN_SIGHT, ""),
    door("update_contact", ["PATCH", "/contacts/{contact}"], "-", EDITOR, r#"{"tags":["Winter"],"memo":"Met in May"}"#),
    door("set_contact_photo", ["PUT", "/contacts/{contact}/photo"], "-", EDITOR, A_PICTURE),
    door("get_contact_photo", ["GET", "/contacts/{contact}/photo"], "-", IN_SIGHT, ""),
    door("delete_contact_photo", ["DELETE", "/contacts/{contact}/photo"], "-", EDITOR, ""),
    door("list_contact_tags", ["GET", "/contacts/tags"], "-", MEMBER, ""),
    door("share_contact", ["PUT", "/contacts/{contact}/visibility"], "-", MANAGER, r#"{"range":"owner"}"#),
    door("delete_contact", ["DELETE", "/contacts/{plain}"], "-", MANAGER, ""),
    door("restore_contact", ["POST", "/contacts/{plain}/restore"], "addContact", MANAGER, ""),
    door("get_contact_book", ["GET", "/company/contact-book"], "-", COLLEAGUE, ""),
    door("update_contact_book", ["PATCH", "/company/contact-book"], "-", ADMIN, r#"{"trashDays":60}"#),
    door("list_rooms", ["GET", "/rooms"], "read", MEMBER, ""),
    door(
        "open_room",
        ["POST", "/rooms"],
        "openRoom",
        OWNER,
        r#"{"contactIds":["{contact}"],"memberIds":["{granted}"]}"#,
    ),
    door("get_room", ["GET", "/rooms/{room}"], "read", PARTICIPANT, ""),
    door("update_room", ["PATCH", "/rooms/{group}"], "send", PARTICIPANT, r#"{"name":"Winter"}"#),
    door("list_messages", ["GET", "/rooms/{room}/messages"], "read", PARTICIPANT, ""),
    door("send_message", ["POST", "/rooms/{room}/messages"], "send", PARTICIPANT, r#"{"clientId":"c","text":"Hello"}"#),
    door("mark_read", ["PUT", "/rooms/{room}/read"], "read", PARTICIPANT, r#"{"seq":1}"#),
    door("answer_request", ["POST", "/rooms/{asked}/request"], "-", ["leo", "who is asked"], r#"{"answer":"accept"}"#),
    door("open_realtime", ["GET", "/realtime"], "read", MEMBER, ""),
    door("create_block", ["POST", "/blocks"], "-", OWNER, r#"{"contactId":"{contact}"}"#),
    door("list_blocks", ["GET", "/blocks"], "-", MEMBER, ""),
    door(
        "create_report",
        ["POST", "/reports"],
        "-",
        PARTICIPANT,
        r#"{"roomId":"{room}","participantId":"{outsider}","messageIds":["{message}"],"reason":"spam"}"#,
    ),
    door("list_reports", ["GET", "/company/reports"], "-", AUDITOR, ""),
    door("get_report", ["GET", "/company/reports/{report}"], "-", AUDITOR, ""),
    door(
        "update_report",
        ["PATCH", "/company/reports/{report}"],
        "-",
        ADMIN,
        r#"{"state":"closed","outcome":"noAction","note":"A misunderstanding"}"#,
    ),
    door("delete_block", ["DELETE", "/blocks/{block}"], "-", OWNER, ""),
    door(
        "add_participants",
        ["POST", "/rooms/{group}/participants"],
        "join",
        PARTICIPANT,
        r#"{"memberIds":["{newcomer}"]}"#,
    ),
    door("remove_participant", ["DELETE", "/rooms/{group}/participants/{granted}"], "-", PARTICIPANT, ""),
    door("delete_company_logo", ["DELETE", "/company/logo"], "-", ADMIN, ""),
    door("delete_member_photo", ["DELETE", "/company/members/{colleague}/photo"], "-", ADMIN, ""),
    door("delete_own_photo", ["DELETE", "/me/photo"], "-", LAST, ""),
    door("delete_token", ["DELETE", "/tokens/{token}"], "-", OWNER, ""),
    door(
        "set_password_by_link",
        ["POST", "/password-resets/password"],
        "-",
        ["mina", "who holds the link"],
        r#"{"secret":"{secret}","password":"another horse battery"}"#,
    ),
    door("verify_phone", ["POST", "/me/phone/verify"], "-", MEMBER, r#"{"code":"{digits}"}"#),
    door("delete_phone", ["DELETE", "/me/phone"], "-", LAST, ""),
    door("change_password", ["POST", "/me/password"], "-", LAST, NEW_PASSWORD),
    door("delete_session", ["DELETE", "/sessions/current"], "-", ["wim", "each member, their own"], ""),
];

/// Stands for the bytes of a picture.
const A_PICTURE: &str = "a picture";
const SIGN_IN: &str = r#"{"handle":"vera@hana.example","password":"correct horse battery"}"#;
const TOKEN: &str = r#"{"handle":"vera@hana.example","password":"correct horse battery","label":"x"}"#;
const LINK: &str = r#"{"secret":"{secret}"}"#;
const NEW_PASSWORD: &str = r#"{"currentPassword":"correct horse battery","newPassword":"another horse battery"}"#;

/// Doors outside of the API description, which tell nothing of anybody.
pub const PLAIN_DOORS: &[(&str, &str)] = &[
    ("/health/live", "whether the process runs"),
    ("/health/ready", "whether database, writer, mail and text messages work"),
    ("/metrics", "counts without names"),
    ("/api/v1/openapi.json", "the API description"),
    ("/api/docs", "the API description"),
    ("/api/docs.css", "how it looks"),
    ("/", "the web client, the same for all"),
];

/// What a client may send on the socket: frame, verb, who may, an example.
pub const FRAMES_IN: &[(&str, &str, &str, &str)] = &[
    ("send", "send", "participants", r#"{"op":"send","roomId":"{room}","clientId":"ws","text":"Hello"}"#),
    ("read", "read", "participants", r#"{"op":"read","roomId":"{room}","seq":1}"#),
    ("typing", "send", "participants", r#"{"op":"typing","roomId":"{room}"}"#),
    ("resume", "read", "each member, their own rooms", r#"{"op":"resume","cursor":"{cursor}"}"#),
];

/// What the server may send on the socket: frame, to whom, who causes it, and by which request; `SAY` is a frame of theirs.
/// What destroys something comes after what needs it.
pub const FRAMES_OUT: &[(&str, &str, &str, [&str; 3])] = &[
    ("ready", "whoever opened the socket", "mina", ["SAY", "", r#"{"op":"typing","roomId":"{room}"}"#]),
    (
        "sent",
        "the one who sent",
        "mina",
        ["SAY", "", r#"{"op":"send","roomId":"{room}","clientId":"f","text":"Hello"}"#],
    ),
    (
        "refused",
        "the one who sent",
        "carla",
        ["SAY", "", r#"{"op":"send","roomId":"{room}","clientId":"f","text":"Hello"}"#],
    ),
    ("error", "the one who sent something unreadable", "mina", ["SAY", "", r#"{"op":"no such frame"}"#]),
    ("resync", "whoever resumed from too far back", "mina", ["SAY", "", r#"{"op":"resume","cursor":"00000000.5"}"#]),
    (
        "message",
        "participants whose range is open at the commit",
        "mina",
        ["POST", "/rooms/{group}/messages", r#"{"clientId":"h","text":"Hello"}"#],
    ),
    (
        "read",
        "participants, where the reader shows how far they read",
        "leo",
        ["PUT", "/rooms/{room}/read", r#"{"seq":1}"#],
    ),
    ("typing", "participants who receive what is said", "mina", ["SAY", "", r#"{"op":"typing","roomId":"{group}"}"#]),
    ("room", "participants, as each sees it", "mina", ["PATCH", "/rooms/{group}", r#"{"name":"Spring"}"#]),
    (
        "contact",
        "the contact's owner, and those it is shared with",
        "mina",
        ["PUT", "/contacts/{contact}/visibility", r#"{"range":"members","memberIds":["{granted}"]}"#],
    ),
    (
        "contactGone",
        "those who saw the contact and no longer do",
        "mina",
        ["PUT", "/contacts/{contact}/visibility", r#"{"range":"owner"}"#],
    ),
    (
        "grant",
        "the member whose permission changed",
        "aiko",
        ["POST", "/company/external/partner/grants", r#"{"memberIds":["{colleague}"]}"#],
    ),
    (
        "me",
        "the member whose profile, settings or company changed",
        "mina",
        ["PATCH", "/me", r#"{"settings":{"language":"ko"}}"#],
    ),
    (
        "reports",
        "administrators and auditors of the company reported to",
        "mina",
        ["POST", "/reports", r#"{"roomId":"{room}","reason":"spam"}"#],
    ),
    ("roomGone", "the one who left, or was taken out", "mina", ["DELETE", "/rooms/{group}/participants/{granted}", ""]),
];

/// Two companies that talk and a third that talks with neither; things of each.
pub struct World {
    pub server: TestServer,
    pub people: BTreeMap<&'static str, Person>,
    /// What `{thing}` stands for.
    pub things: BTreeMap<&'static str, String>,
    /// Existing things of the same kinds which are none of Mina's business.
    pub foreign: BTreeMap<&'static str, String>,
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// Gives an owner's company a logo and everybody in it a photo.
async fn photos(owner: &Person) {
    owner.put_picture("/company/logo", "image/png", PICTURE).await.must(200);
    for member in owner.get("/company/members").await["items"].as_array().unwrap() {
        let path = format!("/company/members/{}/photo", id(member));
        owner.put_picture(&path, "image/png", PICTURE).await.must(200);
    }
}

/// The secret of the newest link that was mailed to this address.
pub async fn secret_of(server: &TestServer, address: &str) -> String {
    let folder = server.folder.path().join("outbox");
    let link = eventually("a mail with a link", || {
        let letters = read_letters(&folder)?;
        letters.iter().rev().find(|l| l["to"] == address).map(|l| l["links"][0].as_str().unwrap().to_owned())
    });
    link.await.rsplit('/').next().unwrap().to_owned()
}

impl World {
    /// Hana Trading, whose administrators allow other companies and granted Mina, Aiko, Goro and Vera the permission.
    async fn hana(backend: Backend) -> (TestServer, BTreeMap<&'static str, Person>) {
        let server = TestServer::empty(backend).await;
        server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
        let aiko = server.person("aiko@hana.example").await;
        let mut people = BTreeMap::new();
        for name in ["mina", "kenji", "zoe", "goro"] {
            people.insert(name, server.member(&aiko, &format!("{name}@hana.example"), name).await);
        }
        for name in ["vera", "wim"] {
            let handle = format!("{name}@hana.example");
            let new = json!({ "handle": handle, "name": name, "password": PASSWORD });
            aiko.post("/company/members", new).await.must(201);
            people.insert(name, server.person(&handle).await);
        }
        // Two who were invited by mail: the door that sends another link is tried with the one, so that the other's serves.
        for name in ["rin", "nao"] {
            let handle = format!("{name}@hana.example");
            let new = json!({ "handle": handle, "name": name, "email": format!("{name}@mail.example") });
            aiko.post("/company/members", new).await.must(201);
            people.insert(name, server.person(&handle).await);
        }
        photos(&aiko).await;
        aiko.allow().await;
        aiko.grant(&[&aiko, &people["mina"], &people["goro"], &people["vera"]]).await;
        let path = format!("/company/members/{}", people["zoe"].id);
        aiko.patch(&path, json!({ "status": "suspended" })).await.must(200);
        people.insert("nobody", Person { token: String::new(), ..aiko.clone() });
        people.insert("aiko", aiko);
        (server, people)
    }

    /// Only Hana Trading, where nothing has happened yet; `{thing}` stands for ids of nothing.
    pub async fn bare(backend: Backend, like: &Self) -> Self {
        let (server, people) = Self::hana(backend).await;
        let mut things = of_nothing(&like.things);
        for (thing, person) in [("colleague", "kenji"), ("granted", "goro"), ("newcomer", "vera"), ("invited", "rin")] {
            things.insert(thing, people[person].id.clone());
        }
        things.insert("secret", secret_of(&server, "nao@mail.example").await);
        let foreign = of_nothing(&like.foreign);
        Self { server, people, things, foreign }
    }

    pub async fn new(backend: Backend) -> Self {
        let (server, mut people) = Self::hana(backend).await;
        server.company("borealis.example", "Borealis Logistics", "CA", "claire", "Claire Gagnon");
        server.company("cedar.example", "Cedar Foods", "US", "carla", "Carla Diaz");
        let (claire, carla) =
            (server.person("claire@borealis.example").await, server.person("carla@cedar.example").await);
        let leo = server.member(&claire, "leo@borealis.example", "Leo Tremblay").await;
        let cem = server.member(&carla, "cem@cedar.example", "Cem").await;
        claire.allow().await;
        claire.grant(&[&leo, &claire]).await;
        photos(&claire).await;
        photos(&carla).await;
        let (mina, goro, aiko) = (&people["mina"], &people["goro"], &people["aiko"]);
        let room = mina.add(&leo).await["roomId"].as_str().unwrap().to_owned();
        let contact = id(&mina.get("/contacts").await["items"][0]);
        let group = json!({ "name": "Winter", "contactIds": [contact], "memberIds": [goro.id] });
        let group = id(&mina.post("/rooms", group).await.must(201));
        let message = id(&mina.send(&room, "first", "the first line").await.must(201));
        let about = json!({ "roomId": room, "reason": "other", "text": "He asks for our prices." });
        let report = id(&mina.post("/reports", about).await.must(201));
        let plain = id(&mina.post("/contacts", json!({ "name": "Sumi Print" })).await.must(201));
        let card = async |asker: &Person, handle: &str| {
            asker.look_up(handle).await.must(200)["personRef"].as_str().unwrap().to_owned()
        };
        let foreign_card = card(&claire, &aiko.handle).await;
        let claire_contact = claire.add(aiko).await;
        let (foreign_contact, claire_room) = (id(&claire_contact), claire_contact["roomId"].clone());
        let foreign_block = id(&claire.post("/blocks", json!({ "contactId": foreign_contact })).await.must(201));
        let foreign_room = json!({ "name": "Only Cedar", "memberIds": [cem.id] });
        let foreign_room = id(&carla.post("/rooms", foreign_room).await.must(201));
        let foreign_message = id(&carla.send(&foreign_room, "first", "among us").await.must(201));
        let about = json!({ "roomId": claire_room, "reason": "spam" });
        let foreign_report = id(&claire.post("/reports", about).await.must(201));
        claire.patch("/company/external/partner", json!({ "firstContact": "request" })).await.must(200);
        let asked = goro.add(&leo).await["roomId"].as_str().unwrap().to_owned();
        let invite = async |person: &Person| {
            let made = person.post("/invitations", json!({ "network": "partner" })).await.must(201);
            (id(&made), made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        };
        let (invitation, code) = invite(mina).await;
        let (foreign_invitation, foreign_code) = invite(&claire).await;
        claire.call(Method::DELETE, &format!("/invitations/{foreign_invitation}"), None).await.must(204);
        let token = async |handle: &str| {
            let made = server.cli(&["token", "create", handle, "--label", "spare", "--json"], "");
            id(&serde_json::from_slice(&made.stdout).unwrap())
        };
        let things = BTreeMap::from([
            ("room", room),
            ("group", group),
            ("asked", asked),
            ("message", message),
            ("report", report),
            ("contact", contact),
            ("invitation", invitation),
            ("code", code),
            ("plain", plain),
            ("colleague", people["kenji"].id.clone()),
            ("granted", goro.id.clone()),
            ("newcomer", people["vera"].id.clone()),
            ("invited", people["rin"].id.clone()),
            ("secret", secret_of(&server, "nao@mail.example").await),
            ("outsider", leo.id.clone()),
            ("handle", leo.handle.clone()),
            ("card", card(mina, &leo.handle).await),
            ("token", token("mina@hana.example").await),
        ]);
        let foreign = BTreeMap::from([
            ("room", foreign_room.clone()),
            ("group", foreign_room.clone()),
            ("asked", foreign_room),
            ("message", foreign_message),
            ("report", foreign_report),
            ("invitation", foreign_invitation),
            ("code", foreign_code),
            ("contact", foreign_contact.clone()),
            ("plain", foreign_contact),
            ("colleague", carla.id.clone()),
            ("granted", cem.id.clone()),
            ("newcomer", cem.id.clone()),
            ("invited", cem.id.clone()),
            ("outsider", carla.id.clone()),
            ("handle", carla.handle.clone()),
            ("card", foreign_card),
            ("token", token("carla@cedar.example").await),
            ("block", foreign_block),
        ]);
        people.extend([("claire", claire), ("leo", leo), ("carla", carla)]);
        Self { server, people, things, foreign }
    }

    /// The request of a door with these things, as this person makes it.
    pub async fn knock(&self, door: &Door, person: &str, things: &BTreeMap<&'static str, String>) -> Answer {
        if door.body == A_PICTURE {
            return self.people[person].put_picture(&fill(door.path, things), "image/png", PICTURE).await;
        }
        let body = fill(door.body, things);
        let body = (!body.is_empty()).then(|| serde_json::from_str(&body).unwrap());
        let method = Method::from_bytes(door.method.as_bytes()).unwrap();
        let upgrade: &[(&str, &str)] = &[
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let headers = if door.operation == "open_realtime" { upgrade } else { &[] };
        self.people[person].call_with(headers, method, &fill(door.path, things), body).await
    }
}

/// Puts ids into their places.
pub fn fill(text: &str, things: &BTreeMap<&'static str, String>) -> String {
    things.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
}

/// Ids of the same kinds of which there is nothing.
pub fn of_nothing(things: &BTreeMap<&'static str, String>) -> BTreeMap<&'static str, String> {
    // Two characters differ: still an id of its kind, or a word of the same length.
    let other = |id: &String| {
        if let Some((_, domain)) = id.split_once('@') {
            return format!("nobody@{domain}");
        }
        let at = [id.len() - 6, id.len() - 1];
        let differ = |(i, c): (usize, char)| {
            if !at.contains(&i) {
                c
            } else if c == '0' {
                '1'
            } else {
                '0'
            }
        };
        id.chars().enumerate().map(differ).collect()
    };
    things.iter().map(|(name, id)| (*name, other(id))).collect()
}
