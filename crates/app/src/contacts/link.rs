//! How a link moves as its two people add and delete each other. Pure.
//!
//! | the link | I add (or restore) | I delete |
//! | --- | --- | --- |
//! | none | live, or waiting for their yes | none |
//! | live | live | ended by me |
//! | waits for my yes | live | ended by me |
//! | waits for their yes | waits | ended by me |
//! | ended by me | as with none, but live if they ever said yes | as it is |
//! | ended by them | as it is | ended by both |
//! | ended by both | ended by them | as it is |

use liaison_domain::MemberId;
use liaison_policy::TieState;
use liaison_store::links::{Link, LinkStanding};

const fn alone(state: TieState) -> LinkStanding {
    LinkStanding { state, also_ended_by: None }
}

/// How the link stands once `me` adds `them`, which the decision has allowed. `asks`: their company wants a first contact
/// accepted.
pub(super) fn after_adding(link: Option<Link>, me: MemberId, them: MemberId, asks: bool) -> LinkStanding {
    let fresh = |accepted: bool| alone(if asks && !accepted { TieState::Pending(them) } else { TieState::Live });
    let Some(link) = link else { return fresh(false) };
    match (link.state, link.also_ended_by) {
        (TieState::Live, _) => alone(TieState::Live),
        // Added by the one who was asked: that is the yes.
        (TieState::Pending(asked), _) if asked == me => alone(TieState::Live),
        // Only the side that ended a link revives it; where both did, the other's ending stands.
        (TieState::Ended(by), None) if by == me => fresh(link.accepted),
        (TieState::Ended(by), Some(other)) if by == me => alone(TieState::Ended(other)),
        (TieState::Ended(by), Some(also)) if also == me => alone(TieState::Ended(by)),
        (TieState::Pending(_) | TieState::Ended(_), _) => link.standing(),
    }
}

/// How the link stands once `me` accepts an invitation of `them`: it is their yes to a first contact, and takes back no
/// ending of theirs.
pub(crate) fn after_accepting(link: Option<Link>, me: MemberId, them: MemberId) -> LinkStanding {
    match link.map(|l| l.state) {
        Some(TieState::Pending(_)) => alone(TieState::Live),
        _ => after_adding(link, me, them, false),
    }
}

/// How the link stands once `me` deletes the contact of `them`; none where there is no link.
pub(super) fn after_deleting(link: Option<Link>, me: MemberId) -> Option<LinkStanding> {
    let link = link?;
    Some(match link.state {
        TieState::Live | TieState::Pending(_) => alone(TieState::Ended(me)),
        TieState::Ended(by) if by == me => link.standing(),
        TieState::Ended(by) => LinkStanding { state: TieState::Ended(by), also_ended_by: Some(me) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_domain::{SystemClock, Timestamp};
    use proptest::prelude::*;

    fn stored(standing: LinkStanding, accepted: bool) -> Link {
        let since = Timestamp::from_millis(0);
        Link { state: standing.state, also_ended_by: standing.also_ended_by, accepted, since }
    }

    proptest! {
        /// Whatever the two do, in whatever order: who ended the link and has not added since keeps it ended, and nobody
        /// is live with somebody who was asked and never said yes.
        #[test]
        fn b16_only_the_side_that_ended_a_link_revives_it(steps in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..30)) {
            let people = [MemberId::new(&SystemClock), MemberId::new(&SystemClock)];
            let (mut link, mut wants, mut accepted) = (None::<Link>, [true, true], false);
            for (who, adds, asks) in steps {
                let (me, them) = (usize::from(who), usize::from(!who));
                let next = if adds {
                    wants[me] = true;
                    Some(after_adding(link, people[me], people[them], asks))
                } else {
                    wants[me] &= link.is_none();
                    after_deleting(link, people[me])
                };
                accepted |= next.is_some_and(|n| n.state == TieState::Live);
                link = next.map(|n| stored(n, accepted));
                let live = link.is_some_and(|l| l.state == TieState::Live);
                prop_assert!(!live || wants == [true, true], "{link:?} {wants:?}");
                if let Some(l) = link.filter(|l| matches!(l.state, TieState::Ended(_))) {
                    let ended = |p| l.state == TieState::Ended(p) || l.also_ended_by == Some(p);
                    prop_assert_eq!(people.map(ended), wants.map(|w| !w));
                }
            }
        }
    }

    #[test]
    fn x_first_contact_deleting_and_adding_again_does_not_answer_for_the_other() {
        let [me, them] = [MemberId::new(&SystemClock), MemberId::new(&SystemClock)];
        let asked = after_adding(None, me, them, true);
        assert_eq!(asked.state, TieState::Pending(them));
        let ended = after_deleting(Some(stored(asked, false)), me).unwrap();
        assert_eq!(after_adding(Some(stored(ended, false)), me, them, true).state, TieState::Pending(them));
        assert_eq!(after_adding(Some(stored(ended, true)), me, them, true).state, TieState::Live);
    }
}
