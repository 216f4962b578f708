//! The decision a second time, written from the specification and apart from the product: no code of `decide.rs`, no
//! helper of the fact structs. Plain and slow on purpose; where the two differ, one of them is wrong. It is asked about
//! complete and consistent facts only: that others are refused is tested by itself (I-11).

use liaison_domain::{CompanyId, Effect, GrantMode, MemberId, PartnerRule, RoomKind, Timestamp};
use liaison_policy::{Code, CompanyFacts, Entry, PairFacts, PersonFacts, RoomFacts, Source, TieState};
use std::collections::{BTreeMap, BTreeSet};

/// Rules that failed: which, the company that can mend it, the person it is about. Empty: allowed.
pub(crate) type Findings = BTreeSet<(Code, CompanyId, Option<MemberId>)>;

/// Person excluded > person granted > team excluded > team granted > mode.
pub(crate) fn granted(person: &PersonFacts, company: &CompanyFacts, now: Timestamp) -> bool {
    let in_term = |e: &&Entry| e.term.starts_at.is_none_or(|t| t <= now) && e.term.ends_at.is_none_or(|t| now < t);
    let said: Vec<_> = person.entries.iter().filter(in_term).map(|e| (e.source, e.effect)).collect();
    let ladder = [Source::Person, Source::Team].map(|who| [(who, Effect::Exclude), (who, Effect::Grant)]);
    let first = ladder.into_iter().flatten().find(|rung| said.contains(rung));
    first.map_or(company.setting.mode == GrantMode::AllMembers, |rung| rung.1 == Effect::Grant)
}

pub(crate) fn own(p: &PersonFacts, at: &CompanyFacts, now: Timestamp, external: bool) -> Findings {
    let mut found = Findings::new();
    for (failed, code, about) in [
        (external && !at.entitled, Code::NotEntitled, None),
        (external && !at.setting.connect, Code::NetworkOff, None),
        (external && !granted(p, at, now), Code::NotGranted, Some(p.id)),
        (!at.active, Code::MemberInactive, None),
        (!p.active, Code::MemberInactive, Some(p.id)),
    ] {
        found.extend(failed.then_some((code, at.id, about)));
    }
    found
}

/// Whether the partner list of a company lets another in.
fn admits(company: &CompanyFacts, other: &CompanyFacts) -> bool {
    let listed = company.setting.partners.domains.contains(&other.domain);
    let rule = company.setting.partners.rule;
    rule == PartnerRule::Any || listed == (rule == PartnerRule::Only)
}

/// `discover`, `invite`, `addContact`. A block binds the blocked one only where the two have no room.
pub(crate) fn pair(f: &PairFacts) -> Findings {
    let (here, there) = (&f.actor_company, &f.target_company);
    let mut found = &own(&f.actor, here, f.now, true) | &own(&f.target, there, f.now, true);
    for (company, other) in [(here, there), (there, here)] {
        let refused = (Code::PartnerNotAllowed, company.id, None);
        found.extend((!admits(company, other)).then_some(refused));
    }
    let blocks = |x: &PersonFacts, y: &PersonFacts| f.blocks.iter().any(|b| b.blocker == x.id && b.blocked == y.id);
    found.extend(blocks(&f.actor, &f.target).then_some((Code::Blocked, here.id, Some(f.actor.id))));
    let hidden = !f.have_room && blocks(&f.target, &f.actor);
    found.extend(hidden.then_some((Code::Blocked, there.id, Some(f.target.id))));
    found
}

fn person(f: &RoomFacts, id: MemberId) -> &PersonFacts {
    f.people.iter().find(|p| p.id == id).expect("complete facts")
}

fn own_in(f: &RoomFacts, p: &PersonFacts) -> Findings {
    let company = f.companies.iter().find(|c| c.id == p.company).expect("complete facts");
    own(p, company, f.now, f.companies.len() > 1)
}

fn too_large(f: &RoomFacts) -> Findings {
    let mut found = Findings::new();
    for c in f.companies.iter().filter(|_| f.companies.len() > 1) {
        let over = c.limits.people < f.people.len() || c.limits.companies < f.companies.len();
        found.extend(over.then_some((Code::RoomLimit, c.id, None)));
    }
    found
}

/// What the link between two people lacks; where they never met, it is for `unmet` to mend.
fn link(f: &RoomFacts, x: MemberId, y: MemberId, pending_will_do: bool, unmet: &[MemberId]) -> Findings {
    let tie = f.ties.iter().find(|t| (t.a, t.b) == (x, y) || (t.a, t.b) == (y, x));
    let (code, who) = match tie.map(|t| t.state) {
        Some(TieState::Live) => (Code::NotLinked, vec![]),
        Some(TieState::Pending(by)) => (Code::RequestPending, if pending_will_do { vec![] } else { vec![by] }),
        Some(TieState::Ended(by)) => (Code::NotLinked, vec![by]),
        None => (Code::NotLinked, unmet.to_vec()),
    };
    who.into_iter().map(|id| (code, person(f, id).company, Some(id))).collect()
}

/// What stops a room for everybody: two companies fell out; or in a group, somebody who is their company's only person in
/// it has ended the link with an outsider in it.
fn between(f: &RoomFacts) -> Findings {
    let mut found = Findings::new();
    for c in &f.companies {
        let refuses = f.companies.iter().any(|other| other.id != c.id && !admits(c, other));
        found.extend(refuses.then_some((Code::PartnerNotAllowed, c.id, None)));
    }
    for tie in f.ties.iter().filter(|_| f.kind == RoomKind::Group) {
        let TieState::Ended(by) = tie.state else { continue };
        let home = person(f, by).company;
        let alone = f.people.iter().filter(|p| p.company == home).count() == 1;
        found.extend(alone.then_some((Code::NotLinked, home, Some(by))));
    }
    found
}

/// How an existing room stands: why it is frozen, and who is paused and why while the others go on.
pub(crate) fn room(f: &RoomFacts) -> (Findings, BTreeMap<MemberId, Findings>) {
    let (mut frozen, mut paused) = (between(f), BTreeMap::new());
    for p in &f.people {
        let size = too_large(f).into_iter().filter(|r| r.1 == p.company);
        let why: Findings = own_in(f, p).into_iter().chain(size).collect();
        if f.kind == RoomKind::Direct && f.companies.len() > 1 {
            frozen.extend(why);
            frozen.extend(link(f, f.people[0].id, f.people[1].id, false, &[f.people[0].id, f.people[1].id]));
        } else if !why.is_empty() {
            paused.insert(p.id, why);
        }
    }
    (frozen, paused)
}

/// Whether somebody in the room may write.
pub(crate) fn send(f: &RoomFacts, author: MemberId) -> Findings {
    let (mut found, mut paused) = room(f);
    found.extend(paused.remove(&author).unwrap_or_default());
    if f.kind == RoomKind::Direct && f.blocks.iter().any(|b| b.blocker == author) {
        found.insert((Code::Blocked, person(f, author).company, Some(author)));
    }
    found
}

/// `openRoom` with everybody in `f`, over no block in either direction.
pub(crate) fn opening(f: &RoomFacts, opener: MemberId) -> Findings {
    let mut found = join(f, opener, &f.people.iter().map(|p| p.id).collect::<Vec<_>>());
    for b in &f.blocks {
        found.insert((Code::Blocked, person(f, b.blocker).company, Some(b.blocker)));
    }
    found
}

/// `join` of people already among those of `f`; outsiders are brought in only over live links of the host.
pub(crate) fn join(f: &RoomFacts, host: MemberId, newcomers: &[MemberId]) -> Findings {
    let mut found = &(&between(f) | &too_large(f)) | &own_in(f, person(f, host));
    for p in newcomers.iter().map(|&id| person(f, id)) {
        found.extend(own_in(f, p));
        if p.company != person(f, host).company {
            found.extend(link(f, host, p.id, f.kind == RoomKind::Direct, &[host]));
        }
    }
    found
}
