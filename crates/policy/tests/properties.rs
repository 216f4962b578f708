//! The decision against an oracle, over random small worlds: few companies and people, so that everything meets
//! everything. Every run prints its seed; a world that failed once is kept beside this file and tried first.

mod oracle;

use liaison_domain::{
    CompanyId, Effect, ExternalSetting, GrantMode, MemberId, PartnerList, PartnerRule, RoomKind, Term, Timestamp,
};
use liaison_policy::{
    AddContact, Block, Code, CompanyFacts, Denial, Discover, Entry, Held, Invite, PairFacts, Permit, PersonFacts,
    Reason, RoomFacts, RoomLimits, RoomStatus, SeenReason, Side, Source, Tie, TieState, holds_permission, judge_join,
    judge_opening, judge_pair, judge_room, own_side,
};
use oracle::Findings;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{FileFailurePersistence, RngSeed, TestRunner};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MAX_COMPANIES: usize = 4;
const MAX_PEOPLE: usize = 6;

/// A room of a world: who is in it, by place in the world, and who of them could be let in by whom.
#[derive(Debug, Clone)]
struct Room {
    kind: RoomKind,
    people: Vec<usize>,
    host: usize,
    newcomers: Vec<usize>,
}

#[derive(Debug, Clone)]
struct World {
    companies: Vec<CompanyFacts>,
    people: Vec<PersonFacts>,
    ties: Vec<Tie>,
    blocks: Vec<Block>,
    rooms: Vec<Room>,
}

fn company_id(n: usize) -> CompanyId {
    format!("company_{n:026}").parse().expect("digits are letters of an id, too")
}

fn member_id(n: usize) -> MemberId {
    format!("member_{n:026}").parse().expect("digits are letters of an id, too")
}

impl World {
    fn company_of(&self, person: usize) -> &CompanyFacts {
        self.companies.iter().find(|c| c.id == self.people[person].company).expect("made together")
    }

    fn have_room(&self, a: usize, b: usize) -> bool {
        let direct = |r: &&Room| r.kind == RoomKind::Direct;
        self.rooms.iter().filter(direct).any(|r| r.people.contains(&a) && r.people.contains(&b))
    }

    /// Every ordered pair of people of different companies.
    fn pairs(&self) -> Vec<PairFacts> {
        let all = || 0..self.people.len();
        let mut pairs = Vec::new();
        for (a, b) in all().flat_map(|a| all().map(move |b| (a, b))) {
            if self.people[a].company != self.people[b].company {
                pairs.push(PairFacts {
                    now: NOW,
                    actor: self.people[a].clone(),
                    actor_company: self.company_of(a).clone(),
                    target: self.people[b].clone(),
                    target_company: self.company_of(b).clone(),
                    blocks: self.blocks.clone(),
                    have_room: self.have_room(a, b),
                });
            }
        }
        pairs
    }

    fn facts(&self, room: &Room) -> RoomFacts {
        let people: Vec<_> = room.people.iter().map(|&p| self.people[p].clone()).collect();
        let inside = |id: MemberId| people.iter().any(|p| p.id == id);
        RoomFacts {
            now: NOW,
            kind: room.kind,
            companies: self.companies.iter().filter(|c| people.iter().any(|p| p.company == c.id)).cloned().collect(),
            ties: self.ties.iter().filter(|t| inside(t.a) && inside(t.b)).copied().collect(),
            blocks: self.blocks.iter().filter(|b| inside(b.blocker) && inside(b.blocked)).copied().collect(),
            people,
        }
    }

    /// Every room with its host and the people that host could let in.
    fn rooms(&self) -> impl Iterator<Item = (RoomFacts, MemberId, Vec<MemberId>)> {
        self.rooms.iter().map(|room| {
            let newcomers = room.newcomers.iter().map(|&p| self.people[p].id).collect();
            (self.facts(room), self.people[room.host].id, newcomers)
        })
    }
}

fn external(facts: &RoomFacts) -> bool {
    facts.companies.len() > 1
}

/// Terms whose sides lie just before, at and just after now.
fn term() -> impl Strategy<Value = Term> {
    let side = || prop_oneof![3 => Just(None), 4 => (-1_i64..=1).prop_map(|d| Some(NOW.plus_millis(d)))];
    (side(), side()).prop_map(|(starts_at, ends_at)| Term { starts_at, ends_at })
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let source = prop_oneof![4 => Just(Source::Person), 4 => Just(Source::Team), 1 => Just(Source::All)];
    let effect = prop_oneof![2 => Just(Effect::Grant), 1 => Just(Effect::Exclude)];
    let entry = (source, effect, term()).prop_map(|(source, effect, term)| Entry { source, effect, term });
    prop_oneof![2 => Just(Vec::new()), 1 => vec(entry, 1..=4)]
}

fn usually(yes: f64) -> impl Strategy<Value = bool> {
    proptest::bool::weighted(yes)
}

/// A company without identity: which one it is, and its domain, come from its place.
fn company() -> impl Strategy<Value = CompanyFacts> {
    let rule = prop_oneof![4 => Just(PartnerRule::Any), 1 => Just(PartnerRule::Only), 1 => Just(PartnerRule::Except)];
    let limits = prop_oneof![
        6 => Just(RoomLimits::default()),
        1 => (1..=MAX_PEOPLE, 1..=MAX_COMPANIES).prop_map(|(people, companies)| RoomLimits { people, companies }),
    ];
    let mode = prop_oneof![4 => Just(GrantMode::AllMembers), 1 => Just(GrantMode::SelectedMembers)];
    let partners = (rule, vec(select(vec![0, 1, 2, 3]), 0..=3));
    (usually(0.95), usually(0.95), usually(0.95), mode, partners, limits).prop_map(
        |(active, entitled, connect, mode, (rule, domains), limits)| CompanyFacts {
            id: company_id(0),
            domain: String::new(),
            active,
            entitled,
            setting: ExternalSetting {
                connect,
                mode,
                partners: PartnerList { rule, domains: domains.into_iter().map(domain).collect() },
                ..ExternalSetting::default()
            },
            limits,
        },
    )
}

fn domain(n: usize) -> String {
    format!("company{n}.example")
}

fn tie_state(a: MemberId, b: MemberId) -> impl Strategy<Value = Option<TieState>> {
    let one_of_them = || select(vec![a, b]);
    prop_oneof![
        10 => Just(Some(TieState::Live)),
        2 => Just(None),
        2 => one_of_them().prop_map(|by| Some(TieState::Pending(by))),
        2 => one_of_them().prop_map(|by| Some(TieState::Ended(by))),
    ]
}

fn room(people: usize) -> impl Strategy<Value = Room> {
    let kind = select(vec![RoomKind::Direct, RoomKind::Group]);
    let order = Just((0..people).collect::<Vec<_>>()).prop_shuffle();
    (kind, order, 2..=people, 1..people).prop_map(|(kind, mut people, size, newcomers)| {
        people.truncate(if kind == RoomKind::Direct { 2 } else { size });
        let host = people[0];
        let newcomers = people[1..].iter().copied().take(newcomers).collect();
        people.sort_unstable();
        Room { kind, people, host, newcomers }
    })
}

/// The ties of one world: for every two people, in either order, one of the states or none at all.
fn ties() -> impl Strategy<Value = Vec<Tie>> {
    let pairs = (0..MAX_PEOPLE).flat_map(|a| (0..a).map(move |b| (member_id(a), member_id(b))));
    let tie = |(a, b)| {
        (tie_state(a, b), any::<bool>()).prop_map(move |(state, turned)| {
            let (a, b) = if turned { (b, a) } else { (a, b) };
            state.map(|state| Tie { a, b, state })
        })
    };
    pairs.map(tie).collect::<Vec<_>>().prop_map(|ties| ties.into_iter().flatten().collect())
}

fn world() -> impl Strategy<Value = World> {
    (2..=MAX_COMPANIES, 2..=MAX_PEOPLE).prop_flat_map(|(companies, people)| {
        let person = (0..companies, usually(0.95), entries());
        let block = (0..people, 0..people);
        (vec(company(), companies), vec(person, people), ties(), vec(block, 0..=3), vec(room(people), 1..=3))
            .prop_map(|(companies, people, ties, blocks, rooms)| make(companies, people, &ties, blocks, rooms))
    })
}

type Person = (usize, bool, Vec<Entry>);

/// Gives everything its identity, and drops ties and blocks between colleagues: those are for outsiders only.
fn make(
    mut companies: Vec<CompanyFacts>,
    people: Vec<Person>,
    ties: &[Tie],
    blocks: Vec<(usize, usize)>,
    rooms: Vec<Room>,
) -> World {
    for (n, company) in companies.iter_mut().enumerate() {
        (company.id, company.domain) = (company_id(n), domain(n));
    }
    let people: Vec<_> = people
        .into_iter()
        .enumerate()
        .map(|(n, (at, active, entries))| PersonFacts { id: member_id(n), company: company_id(at), active, entries })
        .collect();
    let home: BTreeMap<_, _> = people.iter().map(|p| (p.id, p.company)).collect();
    let apart = |a, b| home.contains_key(&a) && home.contains_key(&b) && home[&a] != home[&b];
    let ties = ties.iter().filter(|t| apart(t.a, t.b)).copied().collect();
    let mut blocks: Vec<_> =
        blocks.into_iter().map(|(a, b)| Block { blocker: member_id(a), blocked: member_id(b) }).collect();
    blocks.retain(|b| apart(b.blocker, b.blocked));
    World { companies, people, ties, blocks, rooms }
}

/// What a run has seen. A run that saw nothing proved nothing.
#[derive(Default)]
struct Tally {
    decisions: Cell<u64>,
    denials: Cell<u64>,
    permits: Cell<u64>,
}

fn count(cell: &Cell<u64>) {
    cell.set(cell.get() + 1);
}

impl Tally {
    fn see<V>(&self, decision: Result<Permit<V>, Denial>) -> Option<Denial> {
        count(&self.decisions);
        count(if decision.is_ok() { &self.permits } else { &self.denials });
        decision.err()
    }

    /// The reasons of a decision, as the oracle gives them.
    fn findings<V>(&self, decision: Result<Permit<V>, Denial>) -> Findings {
        found(self.see(decision).iter().flat_map(Denial::reasons))
    }
}

fn found<'a>(reasons: impl IntoIterator<Item = &'a Reason>) -> Findings {
    reasons.into_iter().map(|r| (r.code, r.company, r.person)).collect()
}

/// Runs a check over worlds: 2,000 of them, or as many as `PROPTEST_CASES` says.
fn explore<S: Strategy>(name: &'static str, worlds: S, check: impl Fn(S::Value, &Tally) -> Result<(), TestCaseError>) {
    let mut config = ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("failed"))),
        source_file: Some(file!()),
        test_name: Some(name),
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 2_000;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(name),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let (tally, cases) = (Tally::default(), config.cases);
    println!("{name}: PROPTEST_RNG_SEED={seed}");
    if let Err(failure) = TestRunner::new(config).run(&worlds, |world| check(world, &tally)) {
        panic!("{name}, with PROPTEST_RNG_SEED={seed}: {failure}");
    }
    let [decisions, denials, permits] = [&tally.decisions, &tally.denials, &tally.permits].map(Cell::get);
    println!("{name}: {cases} worlds, {decisions} decisions, {denials} denials, {permits} permits");
    assert!(denials > 0 && permits > 0, "{name} has seen {denials} denials and {permits} permits: it proves nothing");
}

macro_rules! properties {
    ($($(#[$doc:meta])* $name:ident($pattern:pat in $worlds:expr, $tally:ident) $body:block)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            explore(stringify!($name), $worlds, |$pattern, $tally| { $body Ok(()) });
        }
    )*};
}

/// The company's own rules, all of them kept.
fn willing(company: &mut CompanyFacts) {
    (company.active, company.entitled, company.setting.connect) = (true, true, true);
    company.setting.mode = GrantMode::AllMembers;
    company.setting.partners.rule = PartnerRule::Any;
    company.limits = RoomLimits::default();
}

/// One person's side breaks one of the rules that are its own.
fn withdraw(which: usize, person: &mut PersonFacts, company: &mut CompanyFacts) {
    match which % 6 {
        0 => company.entitled = false,
        1 => company.setting.connect = false,
        2 => company.active = false,
        3 => person.active = false,
        4 => person.entries.push(Entry { source: Source::Person, effect: Effect::Exclude, term: Term::ALWAYS }),
        _ => company.setting.partners = PartnerList { rule: PartnerRule::Only, domains: Vec::new() },
    }
}

fn withdraw_in(which: usize, facts: &mut RoomFacts, person: usize) {
    let home = facts.people[person].company;
    let company = facts.companies.iter_mut().find(|c| c.id == home).expect("complete facts");
    withdraw(which, &mut facts.people[person], company);
}

/// The other side as a reader gets it, and how often.
fn other_side(seen: &[SeenReason]) -> Vec<&SeenReason> {
    seen.iter().filter(|s| s.side == Side::Theirs || s.code == Code::OtherSide).collect()
}

properties! {
    /// Two people meet only where both sides allow it, and either side alone can end it.
    i01_both_sides_must_say_yes_to_a_meeting(world in world(), tally) {
        for facts in world.pairs() {
            let expected = oracle::pair(&facts);
            prop_assert_eq!(tally.findings(judge_pair::<Discover>(&facts)), expected.clone());
            prop_assert_eq!(tally.findings(judge_pair::<Invite>(&facts)), expected.clone());
            prop_assert_eq!(tally.findings(judge_pair::<AddContact>(&facts)), expected.clone());
            for which in 0..6 {
                let (mut here, mut there) = (facts.clone(), facts.clone());
                withdraw(which, &mut here.actor, &mut here.actor_company);
                withdraw(which, &mut there.target, &mut there.target_company);
                let refusals = [(here, facts.actor_company.id), (there, facts.target_company.id)];
                for (facts, side) in refusals {
                    let found = tally.findings(judge_pair::<Discover>(&facts));
                    prop_assert!(found.iter().any(|r| r.1 == side), "{which} at {side}: {found:?}");
                }
            }
        }
    }

    /// No verb gets a permit that the oracle does not give, and none is refused one that it gives.
    i01_a_permit_is_only_given_where_the_oracle_allows(world in world(), tally) {
        for (facts, host, newcomers) in world.rooms() {
            let opened = tally.see(judge_opening(&facts, host)).is_none();
            prop_assert_eq!(opened, oracle::opening(&facts, host).is_empty());
            if facts.kind == RoomKind::Group {
                let joined = tally.see(judge_join(&facts, host, &newcomers)).is_none();
                prop_assert_eq!(joined, oracle::join(&facts, host, &newcomers).is_empty());
            }
            let verdict = judge_room(&facts);
            for author in &facts.people {
                let sent = tally.see(verdict.may_send(author.id, NOW)).is_none();
                prop_assert_eq!(sent, oracle::send(&facts, author.id).is_empty());
            }
        }
        for facts in world.pairs() {
            let met = tally.see(judge_pair::<AddContact>(&facts)).is_none();
            prop_assert_eq!(met, oracle::pair(&facts).is_empty());
        }
    }

    /// An external room in which one side withdraws: nobody of that side writes, nobody opens or enters such a room.
    i01_either_side_alone_can_end_a_room((world, which, at) in (world(), 0_usize..6, 0..MAX_PEOPLE), tally) {
        for (mut facts, host, newcomers) in world.rooms() {
            if !external(&facts) { continue }
            let at = at % facts.people.len();
            withdraw_in(which, &mut facts, at);
            let who = facts.people[at].id;
            prop_assert!(tally.see(judge_opening(&facts, host)).is_some());
            prop_assert!(tally.see(judge_room(&facts).may_send(who, NOW)).is_some());
            if who == host || newcomers.contains(&who) {
                prop_assert!(tally.see(judge_join(&facts, host, &newcomers)).is_some());
            }
            if facts.kind == RoomKind::Direct {
                prop_assert_eq!(judge_room(&facts).status, RoomStatus::Frozen);
            }
        }
        see_open_rooms(&world, tally);
    }

    /// Each company of a room can refuse each other one, whatever a third one thinks of the two.
    i09_every_pair_of_companies_is_decided(world in world(), tally) {
        for (facts, host, newcomers) in world.rooms() {
            let ids: Vec<_> = facts.companies.iter().map(|c| c.id).collect();
            for (one, two) in ids.iter().flat_map(|one| ids.iter().map(move |two| (*one, *two))) {
                if one == two { continue }
                let mut facts = facts.clone();
                let domains = facts.companies.iter().filter(|c| c.id == two).map(|c| c.domain.clone()).collect();
                let company = facts.companies.iter_mut().find(|c| c.id == one).expect("complete facts");
                company.setting.partners = PartnerList { rule: PartnerRule::Except, domains };
                let reason = (Code::PartnerNotAllowed, one, None);
                let verdict = judge_room(&facts);
                prop_assert_eq!(verdict.status, RoomStatus::Frozen);
                prop_assert!(tally.findings(judge_opening(&facts, host)).contains(&reason));
                prop_assert!(tally.findings(judge_join(&facts, host, &newcomers)).contains(&reason));
                let verdict = judge_room(&facts);
                for person in &facts.people {
                    prop_assert!(tally.findings(verdict.may_send(person.id, NOW)).contains(&reason));
                    prop_assert!(!verdict.is_open_for(person.id));
                }
            }
        }
        see_open_rooms(&world, tally);
    }

    /// A company whose facts are missing speaks for nobody, and nobody speaks for it.
    i11_missing_facts_refuse(world in world(), tally) {
        for (facts, host, newcomers) in world.rooms() {
            for gone in facts.companies.iter().map(|c| c.id) {
                let mut facts = facts.clone();
                facts.companies.retain(|c| c.id != gone);
                let verdict = judge_room(&facts);
                prop_assert!(tally.see(judge_opening(&facts, host)).is_some());
                for person in facts.people.iter().filter(|p| p.company == gone) {
                    prop_assert!(!verdict.is_open_for(person.id));
                    prop_assert!(tally.see(verdict.may_send(person.id, NOW)).is_some());
                }
                let mut entering = facts.people.iter().filter(|p| p.id == host || newcomers.contains(&p.id));
                if entering.any(|p| p.company == gone) {
                    prop_assert!(tally.see(judge_join(&facts, host, &newcomers)).is_some());
                }
            }
            let nobody = RoomFacts { people: Vec::new(), ..facts.clone() };
            prop_assert!(tally.see(judge_opening(&nobody, host)).is_some());
            prop_assert!(tally.see(judge_room(&nobody).may_send(host, NOW)).is_some());
            prop_assert!(tally.see(judge_room(&facts).may_send(member_id(99), NOW)).is_some(), "a stranger");
            prop_assert!(tally.see(judge_opening(&facts, member_id(99))).is_some(), "a stranger");
        }
        for facts in world.pairs() {
            let (here, there) = (facts.actor_company.clone(), facts.target_company.clone());
            let mixed_up = [
                PairFacts { actor_company: there, ..facts.clone() },
                PairFacts { target_company: here, ..facts },
            ];
            for facts in mixed_up {
                let denial = tally.see(judge_pair::<Discover>(&facts));
                prop_assert!(denial.is_some(), "facts of another company than the person's");
            }
        }
        see_open_rooms(&world, tally);
    }

    /// A person's new id finds no link of the old one, and what is given to one colleague is not given to another.
    i12_grants_and_links_are_personal((world, entries) in (world(), entries()), tally) {
        for (facts, ..) in world.rooms() {
            for n in 0..facts.people.len() {
                let old = facts.people[n].id;
                let mut rehired = facts.clone();
                rehired.people[n].id = member_id(99);
                let outsiders = facts.people.iter().any(|p| p.company != facts.people[n].company);
                if outsiders {
                    let opened = tally.findings(judge_opening(&rehired, member_id(99)));
                    prop_assert!(opened.iter().any(|r| r.0 == Code::NotLinked), "{opened:?}");
                }
                if outsiders && facts.kind == RoomKind::Direct {
                    let sent = tally.findings(judge_room(&rehired).may_send(member_id(99), NOW));
                    prop_assert!(sent.iter().any(|r| r.0 == Code::NotLinked), "{sent:?}");
                }
                prop_assert!(tally.see(judge_room(&rehired).may_send(old, NOW)).is_some(), "the old id is gone");

                let mut changed = facts.clone();
                changed.people[n].entries.clone_from(&entries);
                let (before, after) = (judge_room(&facts), judge_room(&changed));
                for other in facts.people.iter().filter(|p| p.id != old && facts.kind == RoomKind::Group) {
                    let before = tally.findings(before.may_send(other.id, NOW));
                    prop_assert_eq!(before, tally.findings(after.may_send(other.id, NOW)));
                }
            }
        }
    }

    /// Whatever the other side says, one side's no stands: nobody can supply both companies' yes.
    i13_one_side_never_speaks_for_the_other((world, which) in (world(), 0_usize..6), tally) {
        for facts in world.pairs() {
            let mut facts = PairFacts { blocks: Vec::new(), ..facts };
            for company in [&mut facts.actor_company, &mut facts.target_company] {
                willing(company);
            }
            for person in [&mut facts.actor, &mut facts.target] {
                (person.active, person.entries) = (true, Vec::new());
            }
            prop_assert!(tally.see(judge_pair::<AddContact>(&facts)).is_none(), "both say yes");
            let mut refused = facts.clone();
            withdraw(which, &mut refused.actor, &mut refused.actor_company);
            let found = tally.findings(judge_pair::<AddContact>(&refused));
            prop_assert!(!found.is_empty() && found.iter().all(|r| r.1 == facts.actor.company), "{found:?}");
            withdraw(which, &mut facts.target, &mut facts.target_company);
            let found = tally.findings(judge_pair::<AddContact>(&facts));
            prop_assert!(!found.is_empty() && found.iter().all(|r| r.1 == facts.target.company), "{found:?}");
        }
    }

    /// A verdict says until when it holds; from then on it lets nobody write.
    i30_a_verdict_ends_when_a_term_begins_or_ends(world in world(), tally) {
        for (facts, ..) in world.rooms() {
            let verdict = judge_room(&facts);
            for later in 0..=3 {
                let later = NOW.plus_millis(later);
                let fresh = judge_room(&RoomFacts { now: later, ..facts.clone() });
                let stale = verdict.valid_until.is_some_and(|end| end <= later);
                for person in &facts.people {
                    let kept = tally.findings(verdict.may_send(person.id, later));
                    let made = tally.findings(fresh.may_send(person.id, later));
                    prop_assert!(if stale { !kept.is_empty() } else { kept == made }, "{kept:?} {made:?}");
                }
            }
        }
    }

    /// Not only the first rule, but every one that fails, each once and in the order of the table.
    x_all_failing_rules_are_returned(world in world(), tally) {
        let told = |denial: Option<Denial>, facts: &RoomFacts| {
            let reasons = denial.map(|d| d.reasons().to_vec()).unwrap_or_default();
            prop_assert!(reasons.windows(2).all(|w| w[0] < w[1] && w[0].code <= w[1].code), "{reasons:?}");
            Ok(comparable(found(&reasons), facts))
        };
        for (facts, host, newcomers) in world.rooms() {
            let opened = told(tally.see(judge_opening(&facts, host)), &facts)?;
            prop_assert_eq!(opened, comparable(oracle::opening(&facts, host), &facts));
            if facts.kind == RoomKind::Group {
                let joined = told(tally.see(judge_join(&facts, host, &newcomers)), &facts)?;
                prop_assert_eq!(joined, comparable(oracle::join(&facts, host, &newcomers), &facts));
            }
            let (verdict, (frozen, paused)) = (judge_room(&facts), oracle::room(&facts));
            prop_assert_eq!(verdict.status == RoomStatus::Frozen, !frozen.is_empty());
            prop_assert_eq!(found(&verdict.reasons), frozen);
            prop_assert_eq!(verdict.paused.keys().collect::<Vec<_>>(), paused.keys().collect::<Vec<_>>());
            for (person, why) in paused {
                prop_assert_eq!(comparable(found(&verdict.paused[&person]), &facts), comparable(why, &facts));
            }
            for author in &facts.people {
                let sent = told(tally.see(verdict.may_send(author.id, NOW)), &facts)?;
                prop_assert_eq!(sent, comparable(oracle::send(&facts, author.id), &facts));
                let takes_part = verdict.status == RoomStatus::Open && !verdict.paused.contains_key(&author.id);
                prop_assert_eq!(verdict.is_open_for(author.id), takes_part);
            }
        }
        for (n, person) in world.people.iter().enumerate() {
            let company = world.company_of(n);
            let own = own_side(person, company, NOW);
            prop_assert_eq!(found(own.iter().flat_map(Denial::reasons)), oracle::own(person, company, NOW, true));
            let held = matches!(holds_permission(&company.setting, &person.entries, NOW), Held::Yes(_));
            prop_assert_eq!(held, oracle::granted(person, company, NOW));
        }
    }

    /// Two refusals that differ on the other side only read the same, to the letter; one's own side reads in full.
    x_explained_other_side_reads_one_sentence((world, other, which) in (world(), company(), 0_usize..6), tally) {
        let other = |c: &CompanyFacts| CompanyFacts { id: c.id, domain: c.domain.clone(), ..other.clone() };
        for facts in world.pairs() {
            let mut changed = PairFacts { target_company: other(&facts.target_company), ..facts.clone() };
            withdraw(which, &mut changed.target, &mut changed.target_company);
            let decisions = [judge_pair::<Discover>(&facts), judge_pair::<Discover>(&changed)];
            same_to_reader(decisions.map(|d| tally.see(d)), &facts.actor)?;
        }
        for (facts, host, newcomers) in world.rooms() {
            let reader = facts.people.iter().find(|p| p.id == host).expect("the host is in the room").clone();
            let Some(outsider) = facts.people.iter().position(|p| p.company != reader.company) else { continue };
            let mut changed = facts.clone();
            for company in changed.companies.iter_mut().filter(|c| c.id != reader.company) {
                *company = other(company);
            }
            withdraw_in(which, &mut changed, outsider);
            let both = [&facts, &changed];
            same_to_reader(both.map(|f| tally.see(judge_opening(f, host))), &reader)?;
            same_to_reader(both.map(|f| tally.see(judge_join(f, host, &newcomers))), &reader)?;
            same_to_reader(both.map(|f| tally.see(judge_room(f).may_send(host, NOW))), &reader)?;
        }
    }
}

fn same_to_reader(denials: [Option<Denial>; 2], reader: &PersonFacts) -> Result<(), TestCaseError> {
    let mut with_other_side = Vec::new();
    for denial in denials.into_iter().flatten() {
        let seen = denial.seen_by(reader.company, reader.id);
        let mut own: Vec<_> = denial.reasons().iter().filter(|r| r.company == reader.company).map(|r| r.code).collect();
        own.dedup();
        let mut seen_own: Vec<_> = seen.iter().filter(|s| s.side == Side::Yours).map(|s| s.code).collect();
        seen_own.dedup();
        prop_assert_eq!(seen_own, own, "one's own side is told in full");
        let theirs = denial.reasons().iter().any(|r| r.company != reader.company);
        prop_assert_eq!(other_side(&seen).len(), usize::from(theirs), "the other side is one sentence");
        for told in other_side(&seen) {
            prop_assert_eq!((told.code, told.side), (Code::OtherSide, Side::Theirs));
            prop_assert_eq!(told.text, "The other company does not allow this at present.");
        }
        if theirs {
            with_other_side.push(seen);
        }
    }
    if let [one, two] = with_other_side.as_slice() {
        prop_assert_eq!(one, two);
    }
    Ok(())
}

/// Counts external rooms as they stand, so that a check made of refusals also sees that something is allowed.
fn see_open_rooms(world: &World, tally: &Tally) {
    for (facts, ..) in world.rooms().filter(|(facts, ..)| external(facts)) {
        for person in &facts.people {
            tally.see(judge_room(&facts).may_send(person.id, NOW));
        }
    }
}

/// In an internal room a suspended company may be told by person or as a whole.
fn comparable(found: Findings, facts: &RoomFacts) -> Findings {
    if external(facts) { found } else { found.into_iter().map(|(code, company, _)| (code, company, None)).collect() }
}
