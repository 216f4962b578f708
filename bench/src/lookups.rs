//! How long a lookup takes that finds nobody, for each reason there is: they should not be told apart by it. By each of
//! the three doors: an ID, a phone number, an invitation's code.

use crate::server::{Http, Place, Server};
use crate::setup::{self, Pair, World};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Who seeks; each has a budget of 60 lookups a minute.
const SEEKERS: u16 = 10;
/// How often each case is tried: all of a door's cases are within the budgets of a minute.
const LOOKUPS: usize = 580;
/// The first rounds fill caches.
const WARM_UP: usize = 10;

const UNKNOWN: &str = "+14165550199";
const OPTED_OUT: &str = "+14165550101";
const NOT_PERMITTED: &str = "+14165550102";
const SUSPENDED: &str = "+14165550103";

/// By what one seeks, and each reason for finding nobody with what is sought.
type Door = (&'static str, Vec<(&'static str, String)>);

/// The medians of one run, in microseconds, door by door.
pub(crate) struct Lookups {
    doors: Vec<(&'static str, Vec<(&'static str, f64)>)>,
}

pub(crate) fn run(place: &Place, outbox: &Path) -> anyhow::Result<Lookups> {
    let world = setup::make(place, SEEKERS)?;
    let (doors, pairs) = {
        let server = place.start()?;
        let pairs = world.connect_people(place, &server)?;
        (set_up(place, &world, &server, &pairs, outbox)?, pairs)
    };
    let mut measured = Vec::new();
    for (by, cases) in doors {
        // Budgets are in the server's memory: each door has a fresh one.
        let server = place.start()?;
        measured.push((by, measure(&server, &pairs, by, &cases)?));
    }
    Ok(Lookups { doors: measured })
}

/// Brings about every reason there is, and says how each is met.
fn set_up(place: &Place, world: &World, server: &Server, pairs: &[Pair], outbox: &Path) -> anyhow::Result<[Door; 3]> {
    let mut http = Http::connect(server.address)?;
    for (pair, phone) in pairs.iter().zip([OPTED_OUT, NOT_PERMITTED, SUSPENDED]) {
        http.call("PUT", "/me/phone", &pair.receiver, &json!({ "phone": phone }))?;
        let code = code_for(outbox, phone)?;
        http.call("POST", "/me/phone/verify", &pair.receiver, &json!({ "code": code }))?;
        let searchable = json!({ "settings": { "searchableByPhone": phone != OPTED_OUT } });
        http.call("PATCH", "/me", &pair.receiver, &searchable)?;
    }

    let mut invite = |inviter: &str| -> anyhow::Result<(Value, String)> {
        let wanted = json!({ "network": "partner", "maxUses": 1 });
        let made = http.call("POST", "/invitations", inviter, &wanted)?;
        let code = made["url"].as_str().and_then(|url| url.rsplit('/').next()).context("a code")?.to_owned();
        Ok((made, code))
    };
    let (_, dormant) = invite(&pairs[1].receiver)?;
    let (_, of_suspended) = invite(&pairs[2].receiver)?;
    let (withdrawn, revoked) = invite(&pairs[3].receiver)?;
    let (_, used) = invite(&pairs[4].receiver)?;
    let (_, of_colleague) = invite(&pairs[6].sender)?;
    let path = format!("/invitations/{}", withdrawn["id"].as_str().context("an id")?);
    http.call("DELETE", &path, &pairs[3].receiver, &Value::Null)?;
    let path = format!("/invitations/by-code/{used}/accept");
    http.call("POST", &path, &pairs[5].sender, &json!({ "action": "openRoom" }))?;

    let owner = world.owner(place, 1)?;
    let mut id = |pair: &Pair| -> anyhow::Result<Value> {
        Ok(http.call("GET", "/me", &pair.receiver, &Value::Null)?["id"].clone())
    };
    let (not_permitted, suspended) = (id(&pairs[1])?, id(&pairs[2])?);
    let revoke = json!({ "memberIds": [not_permitted] });
    http.call("POST", "/company/external/partner/grants/revoke", &owner, &revoke)?;
    let path = format!("/company/members/{}", suspended.as_str().context("an id")?);
    http.call("PATCH", &path, &owner, &json!({ "status": "suspended" }))?;

    Ok([
        (
            "phone",
            vec![
                ("nobody has the number", UNKNOWN.into()),
                ("not a number", "not a number".into()),
                ("not to be found by choice", OPTED_OUT.into()),
                ("not permitted", NOT_PERMITTED.into()),
                ("suspended", SUSPENDED.into()),
            ],
        ),
        (
            "handle",
            vec![
                ("nobody has the ID", world.handle(1, "nobody")),
                ("no such company", "nobody@nowhere.example".into()),
                ("not permitted", world.handle(1, "m1")),
                ("suspended", world.handle(1, "m2")),
            ],
        ),
        (
            "invitation",
            vec![
                ("a code of nothing", "0123456789abcdefghjkmnpqrstvwxyz".into()),
                ("no code", "not a code".into()),
                ("revoked", revoked),
                ("used up", used),
                ("dormant", dormant),
                ("of somebody suspended", of_suspended),
                ("of a colleague", of_colleague),
            ],
        ),
    ])
}

/// The median of each case.
fn measure(
    server: &Server,
    pairs: &[Pair],
    by: &str,
    cases: &[(&'static str, String)],
) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let mut http = Http::connect(server.address)?;
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); cases.len()];
    let mut turn = 0;
    for round in 0..LOOKUPS / cases.len() {
        for step in 0..cases.len() {
            // Another case comes first in every round.
            let case = (step + round) % cases.len();
            let seeker = &pairs[turn % pairs.len()].sender;
            turn += 1;
            let body = json!({ by: cases[case].1 });
            let begin = Instant::now();
            let status = http.status("POST", "/people/lookup", seeker, &body)?;
            let took = begin.elapsed();
            if status != 404 {
                bail!("by {by}, {}: {status}", cases[case].0);
            }
            if round >= WARM_UP {
                times[case].push(took);
            }
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6
    };
    Ok(cases.iter().zip(&mut times).map(|((name, _), times)| (*name, median(times))).collect())
}

/// The code that the server wrote into its outbox.
fn code_for(outbox: &Path, phone: &str) -> anyhow::Result<String> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        for file in std::fs::read_dir(outbox).into_iter().flatten() {
            let letter: Value = serde_json::from_slice(&std::fs::read(file?.path())?).unwrap_or_default();
            if letter["to"] == phone {
                let text = letter["text"].as_str().context("a text")?;
                let mut runs = text.split(|c: char| !c.is_ascii_digit());
                return Ok(runs.find(|run| run.len() == 6).context("a code")?.to_owned());
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("no code for {phone}")
}

impl Lookups {
    /// Each case with its door, its median and its ratio to the door's first.
    fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str, f64, f64)> {
        self.doors.iter().flat_map(|(by, cases)| {
            let first = cases.first().map_or(f64::NAN, |(_, median)| *median);
            cases.iter().map(move |(name, median)| (*by, *name, *median, median / first))
        })
    }

    pub(crate) fn json(&self) -> String {
        let rows = self.rows().map(|(by, name, median, ratio)| {
            let ratio = (ratio * 1000.0).round() / 1000.0;
            json!({ "by": by, "case": name, "medianUs": median.round(), "ratio": ratio })
        });
        json!({ "lookups": rows.collect::<Vec<Value>>() }).to_string()
    }

    pub(crate) fn table(&self) -> String {
        let mut table = String::from("lookups that find nobody: median, and its ratio to the first of its kind");
        for (by, name, median, ratio) in self.rows() {
            let _ = write!(table, "\n  {by:<12} {name:<28} {median:>8.0} µs {ratio:>8.3}");
        }
        table
    }
}
