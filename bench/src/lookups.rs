//! How long a lookup by phone takes that finds nobody, for each reason there is: they should not be told apart by it.

use crate::server::{Http, Place};
use crate::setup;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Who seeks; each has a budget of 60 lookups a minute, one of which the setting up took.
const SEEKERS: u16 = 10;
/// How often each case is tried: all of them within the budgets of a minute.
const ROUNDS: u32 = 117;

const UNKNOWN: &str = "+14165550199";
const OPTED_OUT: &str = "+14165550101";
const NOT_PERMITTED: &str = "+14165550102";
const SUSPENDED: &str = "+14165550103";

/// The medians of one run, in microseconds.
pub(crate) struct Lookups {
    cases: Vec<(&'static str, f64)>,
}

pub(crate) fn run(place: &Place, outbox: &Path) -> anyhow::Result<Lookups> {
    let world = setup::make(place, SEEKERS)?;
    let server = place.start()?;
    let pairs = world.connect_people(place, &server)?;
    let mut http = Http::connect(server.address)?;
    for (pair, phone) in pairs.iter().zip([OPTED_OUT, NOT_PERMITTED, SUSPENDED]) {
        http.call("PUT", "/me/phone", &pair.receiver, &json!({ "phone": phone }))?;
        let code = code_for(outbox, phone)?;
        http.call("POST", "/me/phone/verify", &pair.receiver, &json!({ "code": code }))?;
        let searchable = json!({ "settings": { "searchableByPhone": phone != OPTED_OUT } });
        http.call("PATCH", "/me", &pair.receiver, &searchable)?;
    }
    let owner = world.owner(place, 1)?;
    let mut id = |pair: &setup::Pair| -> anyhow::Result<Value> {
        Ok(http.call("GET", "/me", &pair.receiver, &Value::Null)?["id"].clone())
    };
    let (not_permitted, suspended) = (id(&pairs[1])?, id(&pairs[2])?);
    let revoked = json!({ "memberIds": [not_permitted] });
    http.call("POST", "/company/external/partner/grants/revoke", &owner, &revoked)?;
    let path = format!("/company/members/{}", suspended.as_str().context("an id")?);
    http.call("PATCH", &path, &owner, &json!({ "status": "suspended" }))?;

    let cases = [
        ("nobody has the number", UNKNOWN),
        ("not a number", "not a number"),
        ("not to be found by choice", OPTED_OUT),
        ("not permitted", NOT_PERMITTED),
        ("suspended", SUSPENDED),
    ];
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); cases.len()];
    let mut turn = 0;
    for round in 0..ROUNDS {
        for step in 0..cases.len() {
            // Another case comes first in every round.
            let case = (step + round as usize) % cases.len();
            let seeker = &pairs[turn % pairs.len()].sender;
            turn += 1;
            let body = json!({ "phone": cases[case].1 });
            let begin = Instant::now();
            let status = http.status("POST", "/people/lookup", seeker, &body)?;
            let took = begin.elapsed();
            if status != 404 {
                bail!("{}: {status}", cases[case].0);
            }
            // The first rounds fill caches.
            if round >= 10 {
                times[case].push(took);
            }
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6
    };
    Ok(Lookups { cases: cases.iter().zip(&mut times).map(|((name, _), times)| (*name, median(times))).collect() })
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
    fn ratio(&self, median: f64) -> f64 {
        self.cases.first().map_or(f64::NAN, |(_, first)| median / first)
    }

    pub(crate) fn json(&self) -> String {
        let cases: Vec<Value> = self
            .cases
            .iter()
            .map(|(name, median)| {
                let ratio = (self.ratio(*median) * 1000.0).round() / 1000.0;
                json!({ "case": name, "medianUs": median.round(), "ratio": ratio })
            })
            .collect();
        json!({ "lookups": cases }).to_string()
    }

    pub(crate) fn table(&self) -> String {
        let mut table = String::from("lookups by phone that find nobody: median, and its ratio to the first");
        for (name, median) in &self.cases {
            let ratio = self.ratio(*median);
            let _ = write!(table, "\n  {name:<36} {median:>10.0} µs {ratio:>8.3}");
        }
        table
    }
}
