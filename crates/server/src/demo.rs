//! The demo: two companies with people, photos and history, written through the same use cases as everything else,
//! with the clock set to when each thing is said to have happened.

use crate::server::as_operator;
use anyhow::{Context, anyhow};
use bytes::Bytes;
use liaison_app::companies::CompanyDraft;
use liaison_app::contacts::{ContactChange, PlainContact, VisibilityChange, WhomToAdd};
use liaison_app::external::{SettingChange, Switch};
use liaison_app::members::{MemberDraft, OwnChange};
use liaison_app::people::Whom;
use liaison_app::rooms::Opening;
use liaison_app::writer::Send;
use liaison_app::{Actor, App, AppError};
use liaison_domain::{
    BookRange, CompanyId, ContactDetails, ContactId, ContactValue, ManualClock, MemberId, Network, Role, RoomId,
    TeamId, Term, Timestamp,
};
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// The password of everybody in the demo, which runs on loopback alone and in a folder of its own.
pub(crate) const PASSWORD: &str = "liaison-demo";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../demo"]
#[include = "world.json"]
#[include = "photos/*.png"]
#[include = "logos/*.png"]
struct Files;

#[derive(Deserialize)]
struct World {
    companies: Vec<CompanyData>,
    connected: Connected,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompanyData {
    domain: String,
    name: String,
    country: String,
    time_zone: String,
    logo: Option<String>,
    teams: Vec<TeamData>,
    members: Vec<MemberData>,
    contacts: Vec<PlainData>,
    rooms: Vec<RoomData>,
}

#[derive(Deserialize)]
struct TeamData {
    name: String,
}

#[derive(Deserialize)]
struct MemberData {
    handle: String,
    name: String,
    nickname: Option<String>,
    title: Option<String>,
    role: Role,
    teams: Vec<String>,
    email: Option<String>,
    phone: Option<String>,
    language: Option<String>,
    photo: Option<String>,
}

/// A plain contact. `share` is a team, `company`, or nothing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainData {
    owner: String,
    name: String,
    company_name: String,
    emails: Vec<String>,
    phones: Vec<String>,
    memo: Option<String>,
    tags: Vec<String>,
    share: Option<String>,
}

#[derive(Deserialize)]
struct RoomData {
    kind: String,
    name: Option<String>,
    members: Vec<String>,
    messages: Vec<MessageData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageData {
    by: String,
    days_ago: i64,
    at: String,
    text: String,
}

#[derive(Deserialize)]
struct Connected {
    grants: HashMap<String, Vec<String>>,
    contacts: Vec<ContactData>,
    rooms: Vec<RoomData>,
}

#[derive(Deserialize)]
struct ContactData {
    owner: String,
    outsider: String,
    tags: Vec<String>,
    share: Option<String>,
}

/// A login that the demo prints.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Login {
    pub handle: String,
    pub name: String,
    pub what: String,
}

struct Seed<'a> {
    app: &'a App,
    clock: &'a ManualClock,
    now: Timestamp,
    people: HashMap<String, Actor>,
}

/// Writes the demo's world. `clock` is the one `app` was started with; `now` is the present.
pub(crate) async fn seed(
    app: &App,
    clock: &ManualClock,
    now: Timestamp,
    connected: bool,
) -> anyhow::Result<Vec<Login>> {
    let file = Files::get("world.json").context("world.json was not built in")?;
    let world: World = serde_json::from_slice(&file.data).context("world.json")?;
    let mut seed = Seed { app, clock, now, people: HashMap::new() };
    seed.set(now.plus_millis(-30 * DAY));
    let mut logins = Vec::new();
    for company in &world.companies {
        logins.extend(seed.company(company).await.with_context(|| company.domain.clone())?);
    }
    let mut history = Vec::new();
    for company in &world.companies {
        for room in &company.rooms {
            let id = seed.room(room, &company.domain, &HashMap::new()).await?;
            history.extend(seed.lines(room, id, &company.domain, &company.time_zone)?);
        }
    }
    if connected {
        let zone = world.companies.first().map_or("UTC", |c| c.time_zone.as_str());
        history.extend(seed.connect(&world.connected, zone).await?);
    }
    history.sort_by_key(|(at, ..)| *at);
    let mut read: HashMap<RoomId, (i64, Vec<Actor>)> = HashMap::new();
    for (i, (at, room, by, text)) in history.into_iter().enumerate() {
        seed.set(at);
        let author = by.clone();
        let send = Send { actor: by, room, client_id: format!("demo-{i}"), text };
        let sent = app.send_message(send).await.map_err(explain)?;
        let entry = read.entry(room).or_default();
        entry.0 = sent.message.seq;
        if !entry.1.iter().any(|a| a.id == author.id) {
            entry.1.push(author);
        }
    }
    // Those who have spoken in a room have read it, so that the demo does not begin with a wall of badges.
    for (room, (seq, readers)) in read {
        for reader in readers {
            app.mark_read(reader, room, seq).await.map_err(explain)?;
        }
    }
    seed.set(now);
    Ok(logins)
}

const DAY: i64 = 24 * 3_600_000;

fn explain(error: AppError) -> anyhow::Error {
    match error {
        AppError::Store(error) => anyhow::Error::new(error),
        other => anyhow!(other.problem().detail),
    }
}

fn full(handle: &str, domain: &str) -> String {
    if handle.contains('@') { handle.to_owned() } else { format!("{handle}@{domain}") }
}

type Line = (Timestamp, RoomId, Actor, String);

impl Seed<'_> {
    fn set(&self, at: Timestamp) {
        use liaison_domain::Clock;
        self.clock.advance_millis(at.as_millis() - self.clock.now().as_millis());
    }

    fn person(&self, handle: &str, domain: &str) -> anyhow::Result<Actor> {
        let handle = full(handle, domain);
        self.people.get(&handle).cloned().ok_or_else(|| anyhow!("nobody has the handle {handle}"))
    }

    async fn company(&mut self, data: &CompanyData) -> anyhow::Result<Vec<Login>> {
        let owner = data.members.iter().find(|m| m.role == Role::Owner).context("no owner")?;
        let draft = CompanyDraft {
            domain: data.domain.clone(),
            name: data.name.clone(),
            country: data.country.clone(),
            time_zone: Some(data.time_zone.clone()),
            owner: owner.handle.clone(),
            owner_name: owner.name.clone(),
            password: PASSWORD.into(),
        };
        let made = self.app.create_company(draft).await.map_err(explain)?;
        let boss = as_operator(made.owner_id, made.company_id, Role::Owner);
        if let Some(logo) = data.logo.as_ref().and_then(|l| Files::get(&format!("logos/{l}.png"))) {
            let logo = Bytes::from(logo.data.into_owned());
            self.app.seed_logo(made.company_id, logo).await.map_err(explain)?;
        }
        let mut teams: HashMap<&str, TeamId> = HashMap::new();
        for team in &data.teams {
            let made = self.app.create_team(&boss, &team.name, &[]).await.map_err(explain)?;
            teams.insert(&team.name, made.id);
        }
        let hash = self.app.hash_password(PASSWORD).await.map_err(explain)?;
        let mut logins = Vec::new();
        for member in &data.members {
            let id = self.member(&boss, made.company_id, data, member, &teams, &hash).await?;
            let actor = as_operator(id, made.company_id, member.role);
            let language = member.language.clone();
            let change =
                OwnChange { nickname: Some(member.nickname.clone()), language: Some(language), ..OwnChange::default() };
            self.app.change_me(&actor, change).await.map_err(explain)?;
            let handle = full(&member.handle, &data.domain);
            let what = match member.role {
                Role::Owner => "owner",
                Role::Security => "security administrator",
                Role::Auditor => "auditor",
                Role::Member => "member",
            };
            if member.role != Role::Member || member.handle == "mina" || member.handle == "leo" {
                logins.push(Login {
                    handle: handle.clone(),
                    name: member.name.clone(),
                    what: format!("{what}, {}", data.name),
                });
            }
            self.people.insert(handle, actor);
        }
        for contact in &data.contacts {
            self.plain_contact(contact, &data.domain, &teams).await?;
        }
        Ok(logins)
    }

    async fn plain_contact(&self, data: &PlainData, domain: &str, teams: &HashMap<&str, TeamId>) -> anyhow::Result<()> {
        let owner = self.person(&data.owner, domain)?;
        let value = |value: &String| ContactValue { kind: "work".into(), value: value.clone(), primary: false };
        let details = ContactDetails {
            emails: data.emails.iter().map(value).collect(),
            phones: data.phones.iter().map(value).collect(),
            memo: data.memo.clone(),
            tags: data.tags.clone(),
            ..ContactDetails::default()
        };
        let company_name = Some(data.company_name.clone());
        let plain = PlainContact { name: data.name.clone(), nickname: None, company_name, details };
        let made = self.app.add_plain_contact(&owner, plain).await.map_err(explain)?;
        self.share(&owner, made.id, data.share.as_deref(), teams).await
    }

    async fn share(
        &self,
        owner: &Actor,
        contact: ContactId,
        with: Option<&str>,
        teams: &HashMap<&str, TeamId>,
    ) -> anyhow::Result<()> {
        let Some(with) = with else { return Ok(()) };
        let team_ids: Vec<TeamId> = teams.get(with).copied().into_iter().collect();
        let range = if team_ids.is_empty() { BookRange::Company } else { BookRange::Members };
        let change = VisibilityChange { range, member_ids: Vec::new(), team_ids };
        self.app.share_contact(owner, contact, change, None).await.map_err(explain)?;
        Ok(())
    }

    async fn member(
        &self,
        boss: &Actor,
        company: CompanyId,
        data: &CompanyData,
        member: &MemberData,
        teams: &HashMap<&str, TeamId>,
        hash: &str,
    ) -> anyhow::Result<MemberId> {
        let team_ids: Vec<TeamId> = member.teams.iter().filter_map(|t| teams.get(t.as_str()).copied()).collect();
        let id = if member.role == Role::Owner {
            let change = liaison_app::members::MemberChange {
                title: Some(member.title.clone()),
                teams: Some(team_ids),
                ..Default::default()
            };
            self.app.change_member(boss, boss.id, change).await.map_err(explain)?.id
        } else {
            let draft = MemberDraft {
                handle: full(&member.handle, &data.domain),
                name: member.name.clone(),
                nickname: member.nickname.clone(),
                title: member.title.clone(),
                email: member.email.clone(),
                phone: member.phone.clone(),
                role: Some(member.role),
                teams: team_ids,
                password: None,
            };
            self.app.create_member_hashed(boss, company, draft, hash.to_owned()).await.map_err(explain)?
        };
        if let Some(photo) = member.photo.as_ref().and_then(|p| Files::get(&format!("photos/{p}.png"))) {
            let photo = Bytes::from(photo.data.into_owned());
            self.app.seed_photo(id, photo).await.map_err(explain)?;
        }
        Ok(id)
    }

    /// Opens a room as its first member; outsiders through the first member's contacts.
    async fn room(
        &self,
        data: &RoomData,
        domain: &str,
        contacts: &HashMap<(MemberId, MemberId), liaison_domain::ContactId>,
    ) -> anyhow::Result<RoomId> {
        let people: Vec<Actor> = data.members.iter().map(|h| self.person(h, domain)).collect::<Result<_, _>>()?;
        let knows = |host: &Actor, p: &Actor| p.company == host.company || contacts.contains_key(&(host.id, p.id));
        let reach = |host: &Actor| people.iter().filter(|p| knows(host, p)).count();
        let host = people.iter().max_by_key(|host| reach(host)).context("a room without people")?;
        let invited: Vec<&Actor> = people.iter().filter(|p| p.id != host.id && knows(host, p)).collect();
        let ids = |by: &Actor, whom: &[&Actor]| {
            let inside = whom.iter().filter(|p| p.company == by.company).map(|p| p.id).collect::<Vec<_>>();
            (inside, whom.iter().filter_map(|p| contacts.get(&(by.id, p.id)).copied()).collect::<Vec<_>>())
        };
        let (inside, outside) = ids(host, &invited);
        let name = if data.kind == "group" { data.name.clone() } else { None };
        let opening = Opening { members: inside, contacts: outside, name, confirmed: true };
        let room = self.app.open_room(host, opening).await.map_err(explain)?.0.id;
        // Whom the host does not know is brought in by somebody in the room who does: a colleague, mostly.
        for late in people.iter().filter(|p| p.id != host.id && !knows(host, p)) {
            let by = invited.iter().find(|by| knows(by, late)).context("nobody in the room may bring them in")?;
            let (inside, outside) = ids(by, &[late]);
            let history = liaison_app::rooms::History::FromJoin;
            self.app.add_participants(by, room, &inside, &outside, history).await.map_err(explain)?;
        }
        Ok(room)
    }

    fn lines(&self, data: &RoomData, room: RoomId, domain: &str, zone: &str) -> anyhow::Result<Vec<Line>> {
        let mut lines = Vec::new();
        for message in &data.messages {
            let at = self.moment(message.days_ago, &message.at, zone)?;
            lines.push((at, room, self.person(&message.by, domain)?, message.text.clone()));
        }
        Ok(lines)
    }

    fn moment(&self, days_ago: i64, at: &str, zone: &str) -> anyhow::Result<Timestamp> {
        let zone = jiff::tz::TimeZone::get(zone)?;
        let today = jiff::Timestamp::from_millisecond(self.now.as_millis())?.to_zoned(zone.clone()).date();
        let time: jiff::civil::Time = format!("{at}:00").parse()?;
        let day = today.checked_sub(jiff::Span::new().days(days_ago))?;
        let moment = day.to_datetime(time).to_zoned(zone)?.timestamp().as_millisecond();
        Ok(Timestamp::from_millis(moment.min(self.now.as_millis() - 60_000)))
    }

    async fn connect(&self, data: &Connected, zone: &str) -> anyhow::Result<Vec<Line>> {
        for (domain, handles) in &data.grants {
            let people: Vec<Actor> = handles.iter().map(|h| self.person(h, domain)).collect::<Result<_, _>>()?;
            let first = people.first().context("no grants")?;
            let owner = self.people.values().find(|a| a.company == first.company && a.role == Role::Owner);
            let owner = owner.context("no owner")?;
            let change = SettingChange { connect: Some(Switch::Allow), ..SettingChange::default() };
            self.app.change_setting(owner, Network::Partner, change, None).await.map_err(explain)?;
            let ids: Vec<MemberId> = people.iter().map(|a| a.id).collect();
            self.app.grant(owner, Network::Partner, &ids, &[], Term::ALWAYS).await.map_err(explain)?;
        }
        let mut contacts = HashMap::new();
        for contact in &data.contacts {
            let (owner, outsider) = (self.person(&contact.owner, "")?, self.person(&contact.outsider, "")?);
            let card = self.app.look_up(&owner, Whom::Handle(&contact.outsider)).await.map_err(explain)?;
            let (added, _) = self.app.add_contact(&owner, &WhomToAdd::Card(card.person_ref)).await.map_err(explain)?;
            let change = ContactChange { tags: Some(Some(contact.tags.clone())), ..ContactChange::default() };
            self.app.change_contact(&owner, added.id, change, None).await.map_err(explain)?;
            self.share(&owner, added.id, contact.share.as_deref(), &HashMap::new()).await?;
            contacts.insert((owner.id, outsider.id), added.id);
        }
        let mut lines = Vec::new();
        for room in &data.rooms {
            let id = self.room(room, "", &contacts).await?;
            lines.extend(self.lines(room, id, "", zone)?);
        }
        Ok(lines)
    }
}

/// The use cases and the clock to seed with.
pub(crate) fn clock_at(now: Timestamp) -> (Arc<ManualClock>, ManualClock) {
    let clock = ManualClock::new(now);
    (Arc::new(clock.clone()), clock)
}
