//! The decision as a table to be read: one line for each actor, verb and situation, kept as snapshots. Every line is
//! also asked of the oracle.
//!
//! Hana has Mina and Hugo, Borealis has Bea and Bo, Cobalt has Cleo. Where nothing else is said all three companies
//! allow everything, everybody holds the permission through the mode, and everybody is linked with every outsider.

mod oracle;

use liaison_domain::{
    CompanyId, Effect, ExternalSetting, GrantMode, MemberId, PartnerList, PartnerRule, RoomKind, Term, Timestamp,
};
use liaison_policy::{
    AddContact, Block, Code, CompanyFacts, Denial, Discover, Entry, Invite, PairFacts, PersonFacts, Reason, RoomFacts,
    RoomLimits, RoomStatus, Source, Tie, TieState, judge_join, judge_opening, judge_pair, judge_room,
};
use oracle::Findings;
use std::fmt::Write;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const COMPANIES: [&str; 3] = ["hana", "borealis", "cobalt"];
const PEOPLE: [(&str, &str); 5] =
    [("mina", "hana"), ("hugo", "hana"), ("bea", "borealis"), ("bo", "borealis"), ("cleo", "cobalt")];

fn company_id(name: &str) -> CompanyId {
    let n = COMPANIES.iter().position(|c| *c == name).expect("one of the cast");
    format!("company_{n:026}").parse().expect("digits are letters of an id, too")
}

fn id(name: &str) -> MemberId {
    let n = PEOPLE.iter().position(|p| p.0 == name).expect("one of the cast");
    format!("member_{n:026}").parse().expect("digits are letters of an id, too")
}

/// The three companies, their people, and what stands between them.
struct Cast {
    companies: Vec<CompanyFacts>,
    people: Vec<PersonFacts>,
    ties: Vec<Tie>,
    blocks: Vec<Block>,
    /// Whether two of them have a direct room already.
    have_room: bool,
}

fn cast() -> Cast {
    let company = |name: &&str| CompanyFacts {
        id: company_id(name),
        domain: format!("{name}.example"),
        active: true,
        entitled: true,
        setting: ExternalSetting { connect: true, mode: GrantMode::AllMembers, ..ExternalSetting::default() },
        limits: RoomLimits::default(),
    };
    let person = |(name, company): &(&str, &str)| PersonFacts {
        id: id(name),
        company: company_id(company),
        active: true,
        entries: Vec::new(),
    };
    let mut ties = Vec::new();
    for (n, (a, home)) in PEOPLE.iter().enumerate() {
        let outsiders = PEOPLE[..n].iter().filter(|other| other.1 != *home);
        ties.extend(outsiders.map(|(b, _)| Tie { a: id(a), b: id(b), state: TieState::Live }));
    }
    Cast {
        companies: COMPANIES.iter().map(company).collect(),
        people: PEOPLE.iter().map(person).collect(),
        ties,
        blocks: Vec::new(),
        have_room: false,
    }
}

impl Cast {
    fn company(&mut self, name: &str) -> &mut CompanyFacts {
        self.companies.iter_mut().find(|c| c.id == company_id(name)).expect("one of the cast")
    }

    fn person(&mut self, name: &str) -> &mut PersonFacts {
        self.people.iter_mut().find(|p| p.id == id(name)).expect("one of the cast")
    }

    fn list(&mut self, name: &str, rule: PartnerRule, names: &[&str]) {
        let domains = names.iter().map(|n| format!("{n}.example")).collect();
        self.company(name).setting.partners = PartnerList { rule, domains };
    }

    fn tie(&mut self, x: &str, y: &str, state: Option<TieState>) {
        self.ties.retain(|t| !t.joins(id(x), id(y)));
        self.ties.extend(state.map(|state| Tie { a: id(x), b: id(y), state }));
    }

    fn block(&mut self, blocker: &str, whom: &str) {
        self.blocks.push(Block { blocker: id(blocker), blocked: id(whom) });
    }

    fn pair(&self, actor: &str, target: &str) -> PairFacts {
        let person = |name| self.people.iter().find(|p| p.id == id(name)).expect("one of the cast").clone();
        let company = |id| self.companies.iter().find(|c| c.id == id).expect("one of the cast").clone();
        let (actor, target) = (person(actor), person(target));
        let (actor_company, target_company) = (company(actor.company), company(target.company));
        let (blocks, have_room) = (self.blocks.clone(), self.have_room);
        PairFacts { now: NOW, actor, actor_company, target, target_company, blocks, have_room }
    }

    fn room(&self, kind: RoomKind, names: &[&str]) -> RoomFacts {
        let inside = |member| names.iter().any(|n| id(n) == member);
        let people: Vec<_> = self.people.iter().filter(|p| inside(p.id)).cloned().collect();
        RoomFacts {
            now: NOW,
            kind,
            companies: self.companies.iter().filter(|c| people.iter().any(|p| p.company == c.id)).cloned().collect(),
            people,
            ties: self.ties.iter().filter(|t| inside(t.a) && inside(t.b)).copied().collect(),
            blocks: self.blocks.iter().filter(|b| inside(b.blocker) && inside(b.blocked)).copied().collect(),
        }
    }
}

/// The lines of one table.
#[derive(Default)]
struct Table {
    text: String,
    situation: String,
}

impl Table {
    fn line(&mut self, verb: &str, actor: &str, outcome: &str) {
        writeln!(self.text, "{:<44} | {verb:<22} | {actor:<16} -> {outcome}", self.situation).expect("a string");
    }

    /// A decision by somebody: the reasons by side, as the actor's side sees the border.
    fn decision(&mut self, verb: &str, (actor, whom): (&str, &str), denial: Option<Denial>, oracle: Findings) {
        let reasons = denial.map(|d| d.reasons().to_vec()).unwrap_or_default();
        assert_eq!(comparable(&reasons), by_side(oracle), "{}: {verb} by {actor}: the oracle differs", self.situation);
        let home = PEOPLE.iter().find(|p| p.0 == actor).map(|p| company_id(p.1));
        let outcome: Vec<_> = reasons
            .iter()
            .map(|r| format!("{} {}", if Some(r.company) == home { "yours" } else { "theirs" }, spelt(r)))
            .collect();
        let actor = if whom.is_empty() { actor.to_owned() } else { format!("{actor}, {whom}") };
        self.line(verb, &actor, if outcome.is_empty() { "allow".to_owned() } else { outcome.join(", ") }.as_str());
    }

    /// `discover`, `invite` and `addContact`, which the same rules bind.
    fn meet(&mut self, cast: &Cast, actor: &str, target: &str) {
        let facts = cast.pair(actor, target);
        let denial = judge_pair::<Discover>(&facts).err();
        assert_eq!(judge_pair::<Invite>(&facts).err(), denial);
        assert_eq!(judge_pair::<AddContact>(&facts).err(), denial);
        self.decision("meet", (actor, target), denial, oracle::pair(&facts));
    }

    fn open(&mut self, cast: &Cast, kind: RoomKind, actor: &str, names: &[&str]) {
        let facts = cast.room(kind, names);
        let denial = judge_opening(&facts, id(actor)).err();
        self.decision(&format!("openRoom {}", called(&facts)), (actor, ""), denial, oracle::opening(&facts, id(actor)));
    }

    fn join(&mut self, cast: &Cast, host: &str, newcomer: &str, names: &[&str]) {
        let facts = cast.room(RoomKind::Group, names);
        let newcomers = [id(newcomer)];
        let denial = judge_join(&facts, id(host), &newcomers).err();
        let verb = format!("join {}", called(&facts));
        self.decision(&verb, (host, &format!("+{newcomer}")), denial, oracle::join(&facts, id(host), &newcomers));
    }

    /// How a room stands, and who may send in it.
    fn standing(&mut self, cast: &Cast, kind: RoomKind, names: &[&str]) {
        let facts = cast.room(kind, names);
        let verdict = judge_room(&facts);
        let (frozen, paused) = oracle::room(&facts);
        assert_eq!(comparable(&verdict.reasons), by_side(frozen), "{}: the oracle differs", self.situation);
        assert_eq!(verdict.paused.len(), paused.len(), "{}: the oracle differs", self.situation);
        let mut outcome = match verdict.status {
            RoomStatus::Open => "open".to_owned(),
            RoomStatus::Frozen => format!("frozen {}", all(&verdict.reasons)),
        };
        for (who, why) in &verdict.paused {
            write!(outcome, "; {} paused {}", name(*who), all(why)).expect("a string");
        }
        self.line(&format!("(stands) {}", called(&facts)), "everybody", &outcome);
        for actor in names {
            let denial = verdict.may_send(id(actor), NOW).err();
            self.decision(&format!("send {}", called(&facts)), (actor, ""), denial, oracle::send(&facts, id(actor)));
        }
    }

    /// All verbs between Mina and Bea, and in a group with Hugo.
    fn full(&mut self, situation: &str, arrange: impl FnOnce(&mut Cast)) {
        let group = ["mina", "hugo", "bea"];
        let cast = self.arrange(situation, arrange);
        self.meet(&cast, "mina", "bea");
        self.meet(&cast, "bea", "mina");
        self.open(&cast, RoomKind::Direct, "mina", &["mina", "bea"]);
        self.open(&cast, RoomKind::Direct, "bea", &["mina", "bea"]);
        self.standing(&cast, RoomKind::Direct, &["mina", "bea"]);
        self.open(&cast, RoomKind::Group, "mina", &group);
        self.open(&cast, RoomKind::Group, "bea", &group);
        self.standing(&cast, RoomKind::Group, &group);
        self.join(&cast, "hugo", "bea", &group);
        self.join(&cast, "bea", "hugo", &group);
    }

    /// Only what Mina may do with Bea.
    fn brief(&mut self, situation: &str, arrange: impl FnOnce(&mut Cast)) {
        let cast = self.arrange(situation, arrange);
        self.meet(&cast, "mina", "bea");
        self.decide_send(&cast);
    }

    fn decide_send(&mut self, cast: &Cast) {
        let facts = cast.room(RoomKind::Direct, &["mina", "bea"]);
        let denial = judge_room(&facts).may_send(id("mina"), NOW).err();
        self.decision("send direct", ("mina", ""), denial, oracle::send(&facts, id("mina")));
    }

    fn arrange(&mut self, situation: &str, arrange: impl FnOnce(&mut Cast)) -> Cast {
        let mut cast = cast();
        arrange(&mut cast);
        situation.clone_into(&mut self.situation);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        cast
    }
}

fn name(member: MemberId) -> &'static str {
    PEOPLE.iter().find(|p| id(p.0) == member).expect("one of the cast").0
}

/// A reason with whom it is about: a person, or a company as a whole.
fn spelt(reason: &Reason) -> String {
    let company = COMPANIES.iter().find(|c| company_id(c) == reason.company).expect("one of the cast");
    format!("{}({})", reason.code.as_str(), reason.person.map_or(*company, name))
}

fn all(reasons: &[Reason]) -> String {
    reasons.iter().map(spelt).collect::<Vec<_>>().join(", ")
}

/// What the table calls a room.
fn called(facts: &RoomFacts) -> String {
    if facts.kind == RoomKind::Direct { "direct".to_owned() } else { format!("group of {}", facts.people.len()) }
}

/// Codes by side: whom a reason is about is the snapshot's business.
fn comparable(reasons: &[Reason]) -> Vec<(Code, CompanyId)> {
    by_side(reasons.iter().map(|r| (r.code, r.company, r.person)).collect())
}

fn by_side(findings: Findings) -> Vec<(Code, CompanyId)> {
    let mut sides: Vec<_> = findings.into_iter().map(|r| (r.0, r.1)).collect();
    sides.dedup();
    sides
}

fn entry(source: Source, effect: Effect) -> Entry {
    Entry { source, effect, term: Term::ALWAYS }
}

/// A table is kept under its own name, without the lines that only concern the tool.
macro_rules! keep {
    ($name:literal, $table:expr) => {
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!($name, $table.text);
        });
    };
}

#[test]
fn each_rule_broken_alone_on_each_side() {
    let mut table = Table::default();
    table.full("everything allowed", |_| {});
    for (home, person) in [("hana", "mina"), ("borealis", "bea")] {
        table.full(&format!("{home} not entitled"), |c| c.company(home).entitled = false);
        table.full(&format!("{home} switched the network off"), |c| c.company(home).setting.connect = false);
        table.full(&format!("{person} holds no grant"), |c| {
            c.person(person).entries.push(entry(Source::Person, Effect::Exclude));
        });
        let other = if home == "hana" { "borealis" } else { "hana" };
        table.full(&format!("{home} does not admit {other}"), |c| c.list(home, PartnerRule::Except, &[other]));
        table.full(&format!("{person} inactive"), |c| c.person(person).active = false);
        table.full(&format!("{home} inactive"), |c| c.company(home).active = false);
    }
    keep!("each_rule_broken_alone", table);
}

#[test]
fn several_rules_broken_at_once_are_all_told() {
    let mut table = Table::default();
    table.full("hana not entitled and mina not granted", |c| {
        c.company("hana").entitled = false;
        c.company("hana").setting.mode = GrantMode::SelectedMembers;
        c.person("hugo").entries.push(entry(Source::Person, Effect::Grant));
    });
    table.full("network off on both sides", |c| {
        c.company("hana").setting.connect = false;
        c.company("borealis").setting.connect = false;
    });
    table.full("each refuses the other, bea inactive", |c| {
        c.list("hana", PartnerRule::Only, &[]);
        c.list("borealis", PartnerRule::Only, &[]);
        c.person("bea").active = false;
    });
    table.full("mina ended the link and blocks bea", |c| {
        c.tie("mina", "bea", Some(TieState::Ended(id("mina"))));
        c.block("mina", "bea");
    });
    table.full("all that hana can refuse", |c| {
        let hana = c.company("hana");
        (hana.entitled, hana.setting.connect, hana.active) = (false, false, false);
        hana.setting.mode = GrantMode::SelectedMembers;
        c.list("hana", PartnerRule::Only, &["cobalt"]);
        c.person("mina").active = false;
        c.tie("mina", "bea", Some(TieState::Ended(id("mina"))));
        c.block("mina", "bea");
    });
    keep!("several_at_once", table);
}

#[test]
fn the_rules_of_a_partner_list() {
    let mut table = Table::default();
    for rule in [PartnerRule::Any, PartnerRule::Only, PartnerRule::Except] {
        for names in [&[][..], &["borealis"], &["cobalt"], &["borealis", "cobalt"]] {
            let listed = if names.is_empty() { "nobody".to_owned() } else { names.join(" and ") };
            table.brief(&format!("hana's list: {rule} {listed}"), |c| c.list("hana", rule, names));
        }
    }
    keep!("partner_list", table);
}

#[test]
fn before_in_and_after_a_term() {
    let mut table = Table::default();
    let side = |millis: Option<i64>| millis.map(|m| NOW.plus_millis(m));
    let terms = [
        ("always", None, None),
        ("from the next millisecond", Some(1), None),
        ("from this millisecond", Some(0), None),
        ("since a millisecond ago", Some(-1), None),
        ("until the next millisecond", None, Some(1)),
        ("until this millisecond", None, Some(0)),
        ("until a millisecond ago", None, Some(-1)),
        ("from this until the next millisecond", Some(0), Some(1)),
        ("from this until this millisecond", Some(0), Some(0)),
    ];
    for (effect, mode) in [(Effect::Grant, GrantMode::SelectedMembers), (Effect::Exclude, GrantMode::AllMembers)] {
        for (said, from, to) in terms {
            table.brief(&format!("{effect} {said}"), |c| {
                c.company("hana").setting.mode = mode;
                let term = Term { starts_at: side(from), ends_at: side(to) };
                c.person("mina").entries.push(Entry { source: Source::Person, effect, term });
            });
        }
    }
    keep!("terms", table);
}

/// Every set of entries (`+` granted, `-` excluded) under both modes.
#[test]
fn the_ladder_of_precedence() {
    let mut table = Table::default();
    let rungs = [
        ("person -", entry(Source::Person, Effect::Exclude)),
        ("person +", entry(Source::Person, Effect::Grant)),
        ("team -", entry(Source::Team, Effect::Exclude)),
        ("team +", entry(Source::Team, Effect::Grant)),
    ];
    for (name, mode) in [("all", GrantMode::AllMembers), ("selected", GrantMode::SelectedMembers)] {
        for set in 0..16_u32 {
            let held: Vec<_> = (0..4).filter(|n| set >> n & 1 == 1).map(|n| &rungs[n]).collect();
            let said: Vec<_> = std::iter::once(name).chain(held.iter().map(|r| r.0)).collect();
            let cast = table.arrange(&said.join(", "), |c| {
                c.company("hana").setting.mode = mode;
                // The weakest first: it is not the order of the entries that decides.
                c.person("mina").entries.extend(held.iter().rev().map(|r| r.1));
            });
            table.meet(&cast, "mina", "bea");
        }
    }
    keep!("precedence", table);
}

#[test]
fn a_block_in_each_direction() {
    let mut table = Table::default();
    table.full("mina blocks bea", |c| c.block("mina", "bea"));
    table.full("bea blocks mina", |c| c.block("bea", "mina"));
    table.full("both block each other", |c| {
        c.block("mina", "bea");
        c.block("bea", "mina");
    });
    table.full("bea blocks mina, and they have a room", |c| {
        c.block("bea", "mina");
        c.have_room = true;
    });
    keep!("blocks", table);
}

#[test]
fn a_link_in_each_state() {
    let mut table = Table::default();
    table.full("mina and bea never linked", |c| c.tie("mina", "bea", None));
    for who in ["mina", "bea"] {
        table.full(&format!("the first contact waits for {who}"), |c| {
            c.tie("mina", "bea", Some(TieState::Pending(id(who))));
        });
        table.full(&format!("{who} ended the link"), |c| c.tie("mina", "bea", Some(TieState::Ended(id(who)))));
    }
    let alone = ["mina", "bea", "bo"];
    let cast = table.arrange("mina, alone of hana here, ended with bea", |c| {
        c.tie("mina", "bea", Some(TieState::Ended(id("mina"))));
    });
    table.standing(&cast, RoomKind::Group, &alone);
    table.join(&cast, "bea", "bo", &alone);
    table.join(&cast, "bo", "hugo", &["mina", "hugo", "bea", "bo"]);
    let cast = table.arrange("bea, not alone here, ended with mina", |c| {
        c.tie("mina", "bea", Some(TieState::Ended(id("bea"))));
    });
    table.standing(&cast, RoomKind::Group, &alone);
    table.open(&cast, RoomKind::Group, "bo", &alone);
    keep!("links", table);
}

#[test]
fn i09_a_third_company_refused_by_one_of_two() {
    let mut table = Table::default();
    let three = ["mina", "bea", "cleo"];
    let mut play = |situation: &str, one: &str, other: &str| {
        let cast = table.arrange(situation, |c| c.list(one, PartnerRule::Except, &[other]));
        for opener in three {
            table.open(&cast, RoomKind::Group, opener, &three);
        }
        table.standing(&cast, RoomKind::Group, &three);
        table.join(&cast, "mina", "cleo", &three);
        table.join(&cast, "bea", "cleo", &three);
        table.standing(&cast, RoomKind::Group, &["mina", "bea"]);
    };
    play("hana refuses cobalt", "hana", "cobalt");
    play("borealis refuses cobalt", "borealis", "cobalt");
    play("cobalt refuses hana", "cobalt", "hana");
    keep!("third_company", table);
}

#[test]
fn a_group_goes_on_without_those_who_are_paused() {
    let mut table = Table::default();
    let four = ["mina", "hugo", "bea", "bo"];
    let excluded = entry(Source::Person, Effect::Exclude);
    let cast = table.arrange("mina paused", |c| c.person("mina").entries.push(excluded));
    table.standing(&cast, RoomKind::Group, &four);
    table.join(&cast, "hugo", "bo", &four);
    table.join(&cast, "mina", "bo", &four);
    table.join(&cast, "bea", "mina", &four);
    table.open(&cast, RoomKind::Group, "hugo", &four);
    let five = ["mina", "hugo", "bea", "bo", "cleo"];
    let cast = table.arrange("hana paused", |c| c.company("hana").entitled = false);
    table.standing(&cast, RoomKind::Group, &five);
    table.join(&cast, "bea", "cleo", &five);
    table.join(&cast, "bea", "hugo", &five);
    table.join(&cast, "mina", "cleo", &five);
    let cast = table.arrange("mina and borealis paused", |c| {
        c.person("mina").entries.push(excluded);
        c.company("borealis").setting.connect = false;
    });
    table.standing(&cast, RoomKind::Group, &five);
    let cast = table.arrange("mina paused, and hana refuses cobalt", |c| {
        c.person("mina").entries.push(excluded);
        c.list("hana", PartnerRule::Except, &["cobalt"]);
    });
    table.standing(&cast, RoomKind::Group, &five);
    table.join(&cast, "bea", "bo", &five);
    keep!("paused", table);
}

#[test]
fn an_internal_room_asks_only_who_is_active() {
    let mut table = Table::default();
    let mut play = |situation: &str, arrange: &dyn Fn(&mut Cast)| {
        let cast = table.arrange(situation, arrange);
        for kind in [RoomKind::Direct, RoomKind::Group] {
            table.open(&cast, kind, "mina", &["mina", "hugo"]);
            table.standing(&cast, kind, &["mina", "hugo"]);
        }
        table.join(&cast, "mina", "hugo", &["mina", "hugo"]);
    };
    play("external chat off, limit of one person", &|c| {
        let hana = c.company("hana");
        (hana.entitled, hana.setting) = (false, ExternalSetting::default());
        hana.limits = RoomLimits { people: 1, companies: 0 };
        c.list("hana", PartnerRule::Only, &[]);
    });
    play("hugo inactive", &|c| c.person("hugo").active = false);
    keep!("internal", table);
}

/// Opening and joining only: how an existing room stands under a limit is asked in the properties.
#[test]
fn the_limits_of_every_company_present() {
    let mut table = Table::default();
    let three = ["mina", "bea", "cleo"];
    for home in COMPANIES {
        for (people, companies) in [(3, 3), (2, 3), (3, 2), (2, 2)] {
            let situation = format!("{home}: at most {people} people of {companies}");
            let cast = table.arrange(&situation, |c| c.company(home).limits = RoomLimits { people, companies });
            table.open(&cast, RoomKind::Group, "mina", &three);
            table.join(&cast, "bea", "cleo", &three);
        }
    }
    keep!("limits", table);
}
