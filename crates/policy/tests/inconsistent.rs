//! Facts that are incomplete or contradict themselves decide nothing (I-11), and some single cases of the rules that an
//! earlier version had wrong.
use liaison_domain::{CompanyId, ExternalSetting, GrantMode, MemberId, PartnerList, PartnerRule, RoomKind, Timestamp};
use liaison_policy::{
    CompanyFacts, Discover, PairFacts, PersonFacts, RoomFacts, RoomLimits, Tie, TieState, judge_join, judge_opening,
    judge_pair, judge_room,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
fn cid(n: usize) -> CompanyId {
    format!("company_{n:026}").parse().unwrap()
}
fn mid(n: usize) -> MemberId {
    format!("member_{n:026}").parse().unwrap()
}
/// Person n of company companies[n]; all willing; everybody linked with every outsider.
fn room(kind: RoomKind, homes: &[usize]) -> RoomFacts {
    let mut companies: Vec<CompanyFacts> = Vec::new();
    for &h in homes {
        if companies.iter().all(|c| c.id != cid(h)) {
            companies.push(CompanyFacts {
                id: cid(h),
                domain: format!("c{h}.example"),
                active: true,
                entitled: true,
                setting: ExternalSetting { connect: true, mode: GrantMode::AllMembers, ..ExternalSetting::default() },
                limits: RoomLimits::default(),
            });
        }
    }
    let people: Vec<_> = homes
        .iter()
        .enumerate()
        .map(|(n, &h)| PersonFacts { id: mid(n), company: cid(h), active: true, entries: vec![] })
        .collect();
    let mut ties = vec![];
    for a in 0..homes.len() {
        for b in 0..a {
            if homes[a] != homes[b] {
                ties.push(Tie { a: mid(a), b: mid(b), state: TieState::Live });
            }
        }
    }
    RoomFacts { now: NOW, kind, companies, people, ties, blocks: vec![] }
}

#[test]
fn x_room_limit_binds_send_direct() {
    let mut f = room(RoomKind::Direct, &[0, 1]);
    f.companies[0].limits.people = 1;
    assert!(judge_room(&f).may_send(mid(0), NOW).is_err());
}
#[test]
fn x_room_limit_binds_send_group() {
    let mut f = room(RoomKind::Group, &[0, 1, 2]);
    f.companies[0].limits.companies = 2;
    assert!(judge_room(&f).may_send(mid(0), NOW).is_err());
}
#[test]
fn i11_group_with_missing_company_undecided_pair() {
    let mut f = room(RoomKind::Group, &[0, 1, 2]);
    f.companies.retain(|c| c.id != cid(2));
    // company 0 admits only company 1; company 2 is in the room, its row is missing
    f.companies[0].setting.partners = PartnerList { rule: PartnerRule::Only, domains: vec!["c1.example".into()] };
    assert!(judge_room(&f).may_send(mid(0), NOW).is_err());
}
#[test]
fn i11_join_with_missing_third_company() {
    let mut f = room(RoomKind::Group, &[0, 1, 2]);
    f.companies.retain(|c| c.id != cid(2));
    assert!(judge_join(&f, mid(0), &[mid(1)]).is_err());
}
#[test]
fn i11_join_of_nothing_into_nothing() {
    let mut f = room(RoomKind::Group, &[0]);
    f.people.clear();
    f.companies.clear();
    assert!(judge_join(&f, mid(0), &[mid(1)]).is_err());
}
#[test]
fn i11_join_host_not_in_internal_room() {
    let f = room(RoomKind::Group, &[0, 0]);
    assert!(judge_join(&f, mid(9), &[mid(1)]).is_err());
}
#[test]
fn i11_join_newcomer_without_facts() {
    let f = room(RoomKind::Group, &[0, 1]);
    assert!(judge_join(&f, mid(0), &[mid(9)]).is_err());
}
#[test]
fn i11_join_nobody() {
    let f = room(RoomKind::Group, &[0, 1]);
    assert!(judge_join(&f, mid(0), &[]).is_err());
}
#[test]
fn i11_join_a_direct_room() {
    let f = room(RoomKind::Direct, &[0, 1, 2]);
    assert!(judge_join(&f, mid(0), &[mid(2)]).is_err());
}
#[test]
fn i11_direct_room_of_three_without_links() {
    let mut f = room(RoomKind::Direct, &[0, 1, 1]);
    f.ties.clear();
    assert!(judge_room(&f).may_send(mid(0), NOW).is_err());
}
#[test]
fn i11_opening_a_direct_room_of_three_over_pending_links() {
    let mut f = room(RoomKind::Direct, &[0, 1, 1]);
    for t in &mut f.ties {
        t.state = TieState::Pending(mid(1));
    }
    assert!(judge_opening(&f, mid(0)).is_err());
}
#[test]
fn i11_direct_pending_or_ended_by_somebody_else() {
    for state in [TieState::Pending(mid(9)), TieState::Ended(mid(9))] {
        let mut f = room(RoomKind::Direct, &[0, 1]);
        f.ties[0].state = state;
        assert!(judge_room(&f).may_send(mid(0), NOW).is_err(), "{state:?}");
    }
}
#[test]
fn i11_opening_group_over_pending_by_somebody_else() {
    let mut f = room(RoomKind::Group, &[0, 1]);
    f.ties[0].state = TieState::Pending(mid(9));
    assert!(judge_opening(&f, mid(0)).is_err());
}
#[test]
fn x_explained_inactive_company_in_internal_room_names_the_company() {
    let mut f = room(RoomKind::Group, &[0, 0]);
    f.companies[0].active = false;
    let denial = judge_opening(&f, mid(0)).err().unwrap();
    assert_eq!(denial.reasons().iter().map(|r| r.person).collect::<Vec<_>>(), vec![None]);
}
#[test]
fn x_explained_reads() {
    let mut f = room(RoomKind::Group, &[0, 0]);
    f.companies[0].active = false;
    let denial = judge_opening(&f, mid(0)).err().unwrap();
    let seen = denial.seen_by(cid(0), mid(0));
    assert!(seen.iter().all(|s| !s.text.contains("colleague")), "{seen:?}");
}
#[test]
fn i11_pair_of_colleagues_or_with_oneself() {
    let f = room(RoomKind::Direct, &[0, 0]);
    let (p, c) = (f.people[0].clone(), f.companies[0].clone());
    let pair = PairFacts {
        now: NOW,
        actor: p.clone(),
        actor_company: c.clone(),
        target: p,
        target_company: c,
        blocks: vec![],
        have_room: false,
    };
    assert!(judge_pair::<Discover>(&pair).is_err());
}
