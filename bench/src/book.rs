//! How long a full contact book takes to answer: its pages, and searches in it.

use crate::server::{Http, Place};
use crate::setup;
use anyhow::Context;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// How often each question is asked.
const ROUNDS: usize = 41;

/// The medians of one run, in milliseconds, each with the contacts that were answered.
pub(crate) struct Book {
    contacts: u32,
    cases: Vec<(String, f64, usize)>,
}

pub(crate) fn run(place: &Place, contacts: u32) -> anyhow::Result<Book> {
    let world = setup::make(place, 1)?;
    let server = place.start()?;
    let owner = world.connect_people(place, &server)?.swap_remove(0).sender;
    let mut http = Http::connect(server.address)?;
    let families = ["佐藤", "鈴木", "高橋", "김", "이", "박", "Smith", "Müller", "Tremblay", "やまもと"];
    for n in 0..contacts {
        let contact = json!({
            "name": format!("{} {n:05}", families[n as usize % families.len()]),
            "phones": [{ "type": "mobile", "value": format!("+81 90-1000-{:04}", n % 10_000) }],
            "organisations": [{ "name": format!("Company {}", n % 300) }],
            "tags": [format!("Tag {}", n % 40)],
        });
        http.call("POST", "/contacts", &owner, &contact)?;
    }
    let first = http.call("GET", "/contacts?limit=100", &owner, &Value::Null)?;
    let mut cursor = first["nextCursor"].as_str().context("more than a page")?.to_owned();
    for _ in 0..contacts / 200 {
        let page = http.call("GET", &format!("/contacts?limit=100&cursor={cursor}"), &owner, &Value::Null)?;
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let questions = [
        ("the first 100", "limit=100".to_owned()),
        ("100 from the middle", format!("limit=100&cursor={cursor}")),
        ("search: one in ten", "limit=100&query=%E4%BD%90%E8%97%A4".to_owned()),
        ("search: one", format!("limit=100&query={:05}", contacts - 1)),
        ("search: none", "limit=100&query=nobody".to_owned()),
    ];
    let mut cases = Vec::new();
    for (name, question) in questions {
        let mut times: Vec<Duration> = Vec::new();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            let page = http.call("GET", &format!("/contacts?{question}"), &owner, &Value::Null)?;
            times.push(begin.elapsed());
            found = page["items"].as_array().context("items")?.len();
        }
        times.sort();
        cases.push((name.to_owned(), times[ROUNDS / 2].as_secs_f64() * 1e3, found));
    }
    Ok(Book { contacts, cases })
}

impl Book {
    pub(crate) fn json(&self) -> String {
        let case = |(name, median, found): &(String, f64, usize)| json!({ "case": name, "medianMs": (median * 10.0).round() / 10.0, "found": found });
        json!({ "contacts": self.contacts, "cases": self.cases.iter().map(case).collect::<Vec<_>>() }).to_string()
    }

    pub(crate) fn table(&self) -> String {
        let mut table = format!("a book of {} contacts: median of {ROUNDS}, and how many were answered", self.contacts);
        for (name, median, found) in &self.cases {
            let _ = write!(table, "\n  {name:<24} {median:>8.1} ms {found:>6}");
        }
        table
    }
}
