//! How many lookups there may be: of a member, of a company, and of the whole server, in a minute and in a day (L2).
//!
//! A company's budget is its own: what others use it up for cannot be felt (I-15). The server's is a safety valve, as
//! much as twenty companies at their limit; below that nobody meets it, and whoever does learns no more than that the
//! server is busy. Counted in the memory of the process, in fixed windows: simple to explain and to publish.

use crate::Actor;
use crate::error::AppError;
use liaison_domain::{CompanyId, MemberId, Timestamp};
use parking_lot::Mutex;
use std::collections::HashMap;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// How many counts are kept before those that no longer matter are dropped.
const MANY: usize = 100_000;

/// Whose budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scope {
    Member,
    Company,
    Server,
}

/// A budget: at most `most` in any window of `window_ms`.
#[derive(Debug, Clone, Copy)]
struct Bound {
    scope: Scope,
    window_ms: i64,
    most: u32,
}

/// The budgets, as `docs/configuration.md` publishes them.
const PUBLISHED: [Bound; 6] = [
    Bound { scope: Scope::Member, window_ms: MINUTE_MS, most: 60 },
    Bound { scope: Scope::Member, window_ms: DAY_MS, most: 1_000 },
    Bound { scope: Scope::Company, window_ms: MINUTE_MS, most: 600 },
    Bound { scope: Scope::Company, window_ms: DAY_MS, most: 10_000 },
    Bound { scope: Scope::Server, window_ms: MINUTE_MS, most: 12_000 },
    Bound { scope: Scope::Server, window_ms: DAY_MS, most: 200_000 },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Member(MemberId),
    Company(CompanyId),
    Server,
}

impl Scope {
    const fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Company => "company",
            Self::Server => "server",
        }
    }

    fn whose(self, actor: &Actor) -> Whose {
        match self {
            Self::Member => Whose::Member(actor.id),
            Self::Company => Whose::Company(actor.company),
            Self::Server => Whose::Server,
        }
    }
}

/// What is used of the budgets.
#[derive(Debug)]
pub(crate) struct Lookups {
    bounds: [Bound; 6],
    /// Since when, and how many.
    used: Mutex<HashMap<(Whose, i64), (Timestamp, u32)>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self { bounds: PUBLISHED, used: Mutex::default() }
    }
}

impl Lookups {
    /// Counts a lookup in all budgets, or in none where one is used up.
    ///
    /// # Errors
    /// The same for every budget; says when there is room in all of them.
    pub(crate) fn count(&self, actor: &Actor, now: Timestamp) -> Result<(), AppError> {
        let mut used = self.used.lock();
        // A window that begins in the future was counted before the clock was turned back.
        let is_open = |since: Timestamp, window_ms: i64| since <= now && now < since.plus_millis(window_ms);
        if used.len() > MANY {
            used.retain(|(_, window_ms), (since, _)| is_open(*since, *window_ms));
        }
        let spent = self.bounds.iter().filter_map(|bound| {
            let (since, count) = used.get(&(bound.scope.whose(actor), bound.window_ms))?;
            let full = is_open(*since, bound.window_ms) && *count >= bound.most;
            full.then(|| (since.plus_millis(bound.window_ms).as_millis() - now.as_millis(), bound.scope))
        });
        if let Some((wait_ms, scope)) = spent.max_by_key(|(wait_ms, _)| *wait_ms) {
            metrics::counter!("liaison_lookups_refused_total", "scope" => scope.word()).increment(1);
            let retry_after_s = u64::try_from(wait_ms / 1000 + 1).unwrap_or(1);
            return Err(AppError::TooMany { code: "LOOKUP_BUDGET", retry_after_s });
        }
        for bound in &self.bounds {
            let entry = used.entry((bound.scope.whose(actor), bound.window_ms)).or_insert((now, 0));
            if !is_open(entry.0, bound.window_ms) {
                *entry = (now, 0);
            }
            entry.1 += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Credential;
    use liaison_domain::{Role, SystemClock};

    fn somebody(company: CompanyId) -> Actor {
        let id = MemberId::new(&SystemClock);
        Actor { id, company, role: Role::Member, credential: Credential::Operator, ip: None, retry: None }
    }

    fn company() -> CompanyId {
        CompanyId::new(&SystemClock)
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn wait(outcome: Result<(), AppError>) -> u64 {
        match outcome {
            Err(AppError::TooMany { code: "LOOKUP_BUDGET", retry_after_s }) => retry_after_s,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn i48_a_member_s_budget_ends_and_comes_back_after_the_minute() {
        let lookups = Lookups::default();
        let mina = somebody(company());
        let colleague = somebody(mina.company);
        for i in 0..60 {
            lookups.count(&mina, at(i)).unwrap();
        }
        assert_eq!(wait(lookups.count(&mina, at(30_000))), 31);
        lookups.count(&colleague, at(30_000)).unwrap();
        lookups.count(&mina, at(60_000)).unwrap();
        // A day of it: a thousand, however they are spread.
        let mut now = 60_000;
        for _ in 61..1_000 {
            now += 1_000;
            lookups.count(&mina, at(now)).unwrap();
        }
        assert!(wait(lookups.count(&mina, at(now + 1_000))) > 80_000);
    }

    #[test]
    fn i15_no_company_feels_what_others_use_until_twenty_are_at_their_limit() {
        let lookups = Lookups::default();
        let exhaust = |company| {
            let mut counted = 0;
            for _ in 0..10 {
                let member = somebody(company);
                counted += (0..60).filter(|_| lookups.count(&member, at(0)).is_ok()).count();
            }
            counted
        };
        let (hana, borealis) = (company(), company());
        assert_eq!(exhaust(hana), 600);
        let mina = somebody(hana);
        wait(lookups.count(&mina, at(1)));
        // Borealis has all of its own, whatever Hana did.
        assert_eq!(exhaust(borealis), 600);
        for _ in 0..18 {
            assert_eq!(exhaust(company()), 600);
        }
        // The valve: the same answer for everybody.
        assert_eq!(wait(lookups.count(&somebody(company()), at(1))), wait(lookups.count(&mina, at(1))));
        lookups.count(&mina, at(60_000)).unwrap();
    }

    #[test]
    fn i30_a_clock_turned_back_locks_nobody_out() {
        let lookups = Lookups::default();
        let mina = somebody(company());
        for _ in 0..60 {
            lookups.count(&mina, at(DAY_MS)).unwrap();
        }
        lookups.count(&mina, at(0)).unwrap();
    }
}
