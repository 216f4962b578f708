//! The rules and how they combine.
//!
//! Three questions are answered: may these two people meet ([`judge_pair`]), may this room be opened or joined
//! ([`judge_opening`], [`judge_join`]), and how does an existing room stand ([`judge_room`]), from which follows who
//! may write in it ([`RoomVerdict::may_send`]). Default is no: an empty or inconsistent set of facts refuses (I-11).

use crate::facts::{CompanyFacts, Entry, Held, PairFacts, PersonFacts, RoomFacts, Source, TieState};
use crate::reason::{Code, Denial, Reason};
use liaison_domain::{CompanyId, Effect, ExternalSetting, GrantMode, MemberId, RoomKind, Timestamp};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// What somebody wants to do across a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Find a person by lookup.
    Discover,
    /// Issue or accept an invitation.
    Invite,
    /// Save a person as contact.
    AddContact,
    /// Open a room with people.
    OpenRoom,
    /// Enter an existing room.
    Join,
    /// Write in a room.
    Send,
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(());
    )+};
}

verbs! {
    /// Marks a [`Permit`] to see a person's name, company and photo.
    Discover,
    /// Marks a [`Permit`] to invite or to be let in by an invitation.
    Invite,
    /// Marks a [`Permit`] to make a contact and link.
    AddContact,
    /// Marks a [`Permit`] to open a room.
    OpenRoom,
    /// Marks a [`Permit`] to let people into a room.
    Join,
    /// Marks a [`Permit`] to append a message.
    SendMessage,
}

/// The proof that a decision said yes. Only this crate makes one; it cannot be copied, so one yes is one act.
#[derive(Debug)]
#[must_use]
pub struct Permit<V> {
    verb: PhantomData<V>,
}

impl<V> Permit<V> {
    const fn granted() -> Self {
        Self { verb: PhantomData }
    }
}

/// Whether a member holds the permission, by the precedence: person excluded, person granted, team excluded, team
/// granted, mode. Entries outside their term do not count.
pub fn holds_permission(setting: &ExternalSetting, entries: &[Entry], now: Timestamp) -> Held {
    let in_force = |source: Source, effect: Effect| {
        entries.iter().any(|e| e.source == source && e.effect == effect && e.term.contains(now))
    };
    for source in [Source::Person, Source::Team] {
        if in_force(source, Effect::Exclude) {
            return Held::No { excluded: Some(source) };
        }
        if in_force(source, Effect::Grant) {
            return Held::Yes(source);
        }
    }
    match setting.mode {
        GrantMode::AllMembers => Held::Yes(Source::All),
        GrantMode::SelectedMembers => Held::No { excluded: None },
    }
}

/// The rules that concern one company alone.
fn company_rules(company: &CompanyFacts, out: &mut Vec<Reason>) {
    let mut fail = |code| out.push(Reason { code, company: company.id, person: None });
    if !company.entitled {
        fail(Code::NotEntitled);
    }
    if !company.setting.connect {
        fail(Code::NetworkOff);
    }
    if !company.active {
        fail(Code::MemberInactive);
    }
}

/// The rules that concern one person alone.
fn person_rules(person: &PersonFacts, setting: &ExternalSetting, now: Timestamp, out: &mut Vec<Reason>) {
    let mut fail = |code| out.push(Reason { code, company: person.company, person: Some(person.id) });
    if !matches!(holds_permission(setting, &person.entries, now), Held::Yes(_)) {
        fail(Code::NotGranted);
    }
    if !person.active {
        fail(Code::MemberInactive);
    }
}

/// The rule between two companies, asked of one of them.
fn partner_rule(company: &CompanyFacts, other: &CompanyFacts, out: &mut Vec<Reason>) {
    if !company.setting.partners.admits(&other.domain) {
        out.push(Reason { code: Code::PartnerNotAllowed, company: company.id, person: None });
    }
}

/// What stands in a member's way on their own side, whoever the other may be: what `GET /me` explains.
pub fn own_side(person: &PersonFacts, company: &CompanyFacts, now: Timestamp) -> Option<Denial> {
    let mut reasons = Vec::new();
    company_rules(company, &mut reasons);
    person_rules(person, &company.setting, now, &mut reasons);
    Denial::of(reasons)
}

/// Whether a member may issue an invitation, and whether one of theirs may be opened: their own side alone, for nobody
/// knows yet whom it will meet. Whoever accepts it is decided with them, by [`judge_pair`].
///
/// # Errors
/// Every rule of the member's own side that fails.
pub fn judge_inviter(person: &PersonFacts, company: &CompanyFacts, now: Timestamp) -> Result<Permit<Invite>, Denial> {
    if person.company != company.id {
        return Err(refusal(Code::MemberInactive, person.company, person.id));
    }
    own_side(person, company, now).map_or(Ok(Permit::granted()), Err)
}

/// Whether two people of different companies may meet: `discover`, `invite`, `addContact`, by the mark asked for.
///
/// Who has blocked the other is refused. The blocked one is not, where the two have a room: all goes on there as if
/// nothing had happened, and somebody who writes there and cannot be found would tell. Where they have none there will be
/// none, and so the blocker is not found, as one who does not exist.
///
/// # Errors
/// Every rule that fails, of either side.
pub fn judge_pair<V>(facts: &PairFacts) -> Result<Permit<V>, Denial> {
    let mut reasons = Vec::new();
    for (person, company, other) in [
        (&facts.actor, &facts.actor_company, &facts.target_company),
        (&facts.target, &facts.target_company, &facts.actor_company),
    ] {
        company_rules(company, &mut reasons);
        person_rules(person, &company.setting, facts.now, &mut reasons);
        partner_rule(company, other, &mut reasons);
        // Facts of another company than the person's would decide by the wrong setting; colleagues do not meet outside.
        if person.company != company.id || person.company == other.id {
            reasons.push(Reason { code: Code::MemberInactive, company: person.company, person: Some(person.id) });
        }
    }
    for (blocker, blocked) in [(&facts.actor, &facts.target), (&facts.target, &facts.actor)] {
        let blocks = facts.blocks.iter().any(|b| b.blocker == blocker.id && b.blocked == blocked.id);
        if blocks && (blocker.id == facts.actor.id || !facts.have_room) {
            reasons.push(Reason { code: Code::Blocked, company: blocker.company, person: Some(blocker.id) });
        }
    }
    match Denial::of(reasons) {
        None => Ok(Permit::granted()),
        Some(denial) => Err(denial),
    }
}

/// How a room stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomStatus {
    /// Those who are not paused may write.
    Open,
    /// Nobody may write.
    Frozen,
}

/// How a room stands for everybody in it, until a fact changes or a term begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomVerdict {
    /// Open or frozen.
    pub status: RoomStatus,
    /// Why it is frozen; empty while open.
    pub reasons: Vec<Reason>,
    /// In a group: who is held back by a rule of their own or of their company, while the others go on.
    pub paused: BTreeMap<MemberId, Vec<Reason>>,
    /// In a direct room: who has blocked the other, and so may not write themselves.
    blockers: Vec<(MemberId, CompanyId)>,
    people: Vec<(MemberId, CompanyId)>,
    /// The next moment at which a term begins or ends and the verdict must be made anew.
    pub valid_until: Option<Timestamp>,
}

impl RoomVerdict {
    /// Whether a member may write now.
    ///
    /// # Errors
    /// Every rule in the way. Somebody who is not in the room is refused for [`Code::NotLinked`] of nobody's side: a
    /// caller that lets it come so far has a bug, and still nothing is written.
    pub fn may_send(&self, author: MemberId, now: Timestamp) -> Result<Permit<SendMessage>, Denial> {
        let Some((_, company)) = self.people.iter().find(|(id, _)| *id == author) else {
            return Err(refusal(Code::NotLinked, CompanyId::NONE, author));
        };
        if self.valid_until.is_some_and(|end| end <= now) {
            return Err(refusal(Code::NotGranted, *company, author));
        }
        let mut reasons = self.reasons.clone();
        reasons.extend(self.paused.get(&author).into_iter().flatten());
        if self.blockers.iter().any(|(id, _)| *id == author) {
            reasons.push(Reason { code: Code::Blocked, company: *company, person: Some(author) });
        }
        match Denial::of(reasons) {
            None => Ok(Permit::granted()),
            Some(denial) => Err(denial),
        }
    }

    /// Whether this person has blocked the other of a direct room, and so hears nothing in it.
    pub fn is_blocker(&self, member: MemberId) -> bool {
        self.blockers.iter().any(|(id, _)| *id == member)
    }

    /// Whether this person takes full part: the room is open and nothing pauses them.
    pub fn is_open_for(&self, member: MemberId) -> bool {
        self.status == RoomStatus::Open && !self.paused.contains_key(&member)
    }
}

fn refusal(code: Code, company: CompanyId, person: MemberId) -> Denial {
    Denial::of(vec![Reason { code, company, person: Some(person) }]).unwrap_or_else(|| unreachable!("one reason"))
}

/// Rules of persons and companies, by person. In an internal room only being active counts.
fn personal(facts: &RoomFacts, external: bool) -> BTreeMap<MemberId, Vec<Reason>> {
    let mut by_person = BTreeMap::new();
    for person in &facts.people {
        let mut reasons = Vec::new();
        match facts.company(person.company) {
            Some(company) if external => {
                company_rules(company, &mut reasons);
                person_rules(person, &company.setting, facts.now, &mut reasons);
            }
            Some(company) => {
                if !company.active {
                    reasons.push(Reason { code: Code::MemberInactive, company: company.id, person: None });
                }
                if !person.active {
                    reasons.push(Reason { code: Code::MemberInactive, company: company.id, person: Some(person.id) });
                }
            }
            // A person whose company is missing from the facts: refuse (I-11).
            None => {
                reasons.push(Reason { code: Code::MemberInactive, company: person.company, person: Some(person.id) });
            }
        }
        if !reasons.is_empty() {
            by_person.insert(person.id, reasons);
        }
    }
    by_person
}

/// Facts that contradict themselves or are not all there decide nothing: they refuse (I-11). A caller that lets it come
/// so far has a bug; the reason lies on the side of whoever the missing facts are about.
fn incomplete(facts: &RoomFacts, out: &mut Vec<Reason>) {
    let mut fail = |company, person| out.push(Reason { code: Code::MemberInactive, company, person });
    let Some(first) = facts.people.first() else { return fail(CompanyId::NONE, None) };
    for person in facts.people.iter().filter(|p| facts.company(p.company).is_none()) {
        fail(person.company, Some(person.id));
    }
    if facts.kind == RoomKind::Direct && facts.people.len() != 2 {
        fail(first.company, None);
    }
    for tie in &facts.ties {
        if let TieState::Pending(by) | TieState::Ended(by) = tie.state
            && by != tie.a
            && by != tie.b
        {
            fail(company_of(facts, tie.a).unwrap_or(first.company), Some(tie.a));
        }
    }
}

/// Every pair of companies present, in both directions.
fn pairwise(facts: &RoomFacts, out: &mut Vec<Reason>) {
    for company in &facts.companies {
        for other in &facts.companies {
            if company.id != other.id {
                partner_rule(company, other, out);
            }
        }
    }
}

/// The link rules of a room.
fn link_rules(facts: &RoomFacts, out: &mut Vec<Reason>) {
    if facts.kind == RoomKind::Direct {
        let [a, b] = facts.people.as_slice() else { return };
        match facts.tie(a.id, b.id).map(|t| t.state) {
            Some(TieState::Live) => {}
            Some(TieState::Pending(by)) => {
                out.extend(company_of(facts, by).map(|company| Reason {
                    code: Code::RequestPending,
                    company,
                    person: Some(by),
                }));
            }
            Some(TieState::Ended(by)) => {
                out.extend(company_of(facts, by).map(|company| Reason {
                    code: Code::NotLinked,
                    company,
                    person: Some(by),
                }));
            }
            None => {
                for p in [a, b] {
                    out.push(Reason { code: Code::NotLinked, company: p.company, person: Some(p.id) });
                }
            }
        }
    } else {
        for tie in &facts.ties {
            let TieState::Ended(by) = tie.state else { continue };
            let Some(company) = company_of(facts, by) else { continue };
            let other = if tie.a == by { tie.b } else { tie.a };
            let alone = facts.people.iter().filter(|p| p.company == company).count() == 1;
            if alone && company_of(facts, other).is_some() {
                out.push(Reason { code: Code::NotLinked, company, person: Some(by) });
            }
        }
    }
}

fn company_of(facts: &RoomFacts, member: MemberId) -> Option<CompanyId> {
    facts.people.iter().find(|p| p.id == member).map(|p| p.company)
}

fn limits(facts: &RoomFacts, out: &mut Vec<Reason>) {
    for company in &facts.companies {
        if facts.people.len() > company.limits.people || facts.companies.len() > company.limits.companies {
            out.push(Reason { code: Code::RoomLimit, company: company.id, person: None });
        }
    }
}

/// How an existing room stands: who may write, who is paused, whether it is frozen.
///
/// Where the rule that fell is a person's or company's own (its limits among them), a group goes on without them; where
/// a pair of companies or a link fell, nobody can go on. An external direct room has nobody left to go on with, so there
/// every rule freezes; in an internal one a suspended colleague is paused, and the other may still write to them.
pub fn judge_room(facts: &RoomFacts) -> RoomVerdict {
    let external = facts.is_external();
    let mut paused = personal(facts, external);
    let mut reasons = Vec::new();
    incomplete(facts, &mut reasons);
    if external {
        let mut too_large = Vec::new();
        limits(facts, &mut too_large);
        for reason in too_large {
            for person in facts.people.iter().filter(|p| p.company == reason.company) {
                paused.entry(person.id).or_default().push(reason);
            }
        }
        pairwise(facts, &mut reasons);
        link_rules(facts, &mut reasons);
    }
    if external && facts.kind == RoomKind::Direct {
        reasons.extend(std::mem::take(&mut paused).into_values().flatten());
    }
    reasons.sort_unstable();
    reasons.dedup();
    for own in paused.values_mut() {
        own.sort_unstable();
        own.dedup();
    }
    let blockers = if facts.kind == RoomKind::Direct {
        facts.blocks.iter().filter_map(|b| Some((b.blocker, company_of(facts, b.blocker)?))).collect()
    } else {
        Vec::new()
    };
    let terms = facts.people.iter().flat_map(|p| &p.entries).filter_map(|e| e.term.next_change(facts.now));
    RoomVerdict {
        status: if reasons.is_empty() { RoomStatus::Open } else { RoomStatus::Frozen },
        reasons,
        paused,
        blockers,
        people: facts.people.iter().map(|p| (p.id, p.company)).collect(),
        valid_until: if external { terms.min() } else { None },
    }
}

/// Whether a room may be opened by `opener` with these people: every rule, for everybody named.
///
/// The opener brings in outsiders only over links of their own, and nobody over a block, in whichever direction it
/// lies: the blocked one reads of it no more than "the other company does not allow this".
///
/// # Errors
/// Every rule that fails.
pub fn judge_opening(facts: &RoomFacts, opener: MemberId) -> Result<Permit<OpenRoom>, Denial> {
    let mut reasons = all_rules(facts);
    let others: Vec<MemberId> = facts.people.iter().map(|p| p.id).filter(|&id| id != opener).collect();
    bringing_in(facts, opener, &others, &mut reasons);
    for block in &facts.blocks {
        reasons.extend(company_of(facts, block.blocker).map(|company| Reason {
            code: Code::Blocked,
            company,
            person: Some(block.blocker),
        }));
    }
    match Denial::of(reasons) {
        None => Ok(Permit::granted()),
        Some(denial) => Err(denial),
    }
}

/// Whether `newcomers` (already among the people of `facts`) may enter an existing group that `host` lets them into.
/// People already there who are paused stay paused and are nobody's hindrance; a frozen room lets nobody in.
///
/// # Errors
/// Every rule that fails.
pub fn judge_join(facts: &RoomFacts, host: MemberId, newcomers: &[MemberId]) -> Result<Permit<Join>, Denial> {
    let external = facts.is_external();
    let mut reasons = Vec::new();
    incomplete(facts, &mut reasons);
    let here = |id: &MemberId| facts.people.iter().any(|p| p.id == *id);
    if facts.kind == RoomKind::Direct || newcomers.is_empty() || !here(&host) || !newcomers.iter().all(here) {
        let company = facts.people.first().map_or(CompanyId::NONE, |p| p.company);
        reasons.push(Reason { code: Code::MemberInactive, company, person: None });
    }
    for (person, own) in personal(facts, external) {
        if newcomers.contains(&person) || person == host {
            reasons.extend(own);
        }
    }
    if external {
        pairwise(facts, &mut reasons);
        link_rules(facts, &mut reasons);
        limits(facts, &mut reasons);
        bringing_in(facts, host, newcomers, &mut reasons);
    }
    match Denial::of(reasons) {
        None => Ok(Permit::granted()),
        Some(denial) => Err(denial),
    }
}

fn all_rules(facts: &RoomFacts) -> Vec<Reason> {
    let external = facts.is_external();
    let mut reasons: Vec<Reason> = personal(facts, external).into_values().flatten().collect();
    incomplete(facts, &mut reasons);
    if external {
        pairwise(facts, &mut reasons);
        if facts.kind == RoomKind::Group {
            link_rules(facts, &mut reasons);
        }
        limits(facts, &mut reasons);
    }
    reasons
}

/// A host brings in an outsider only over a live link of their own.
fn bringing_in(facts: &RoomFacts, host: MemberId, people: &[MemberId], out: &mut Vec<Reason>) {
    let Some(home) = company_of(facts, host) else {
        out.push(Reason { code: Code::NotLinked, company: CompanyId::NONE, person: Some(host) });
        return;
    };
    for &person in people {
        let Some(company) = company_of(facts, person) else { continue };
        if company == home {
            continue;
        }
        let (by, at) = match facts.tie(host, person).map(|t| t.state) {
            Some(TieState::Live) => continue,
            // A pending contact may share a direct room, where it waits; nobody is brought into a group over it.
            Some(TieState::Pending(_)) if facts.kind == RoomKind::Direct => continue,
            Some(TieState::Pending(by)) => {
                out.extend(company_of(facts, by).map(|at| Reason {
                    code: Code::RequestPending,
                    company: at,
                    person: Some(by),
                }));
                continue;
            }
            Some(TieState::Ended(by)) => (by, company_of(facts, by).unwrap_or(home)),
            None => (host, home),
        };
        out.push(Reason { code: Code::NotLinked, company: at, person: Some(by) });
    }
}
