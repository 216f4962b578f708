//! Two companies that allow each other, their members, and an external direct room for each pair.

use crate::server::{Http, Place, Server};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Long enough for the rule on passwords; the server lives for a minute on loopback.
const PASSWORD: &str = "only for a measurement";

/// Two members with a room.
pub(crate) struct Pair {
    /// The token of the one who sends.
    pub(crate) sender: String,
    /// The token of the one who reads.
    pub(crate) receiver: String,
    pub(crate) room: String,
    /// The room's newest number before the first message.
    pub(crate) first_seq: u64,
}

/// The two companies, before there are members.
pub(crate) struct World {
    domains: [String; 2],
    pairs: u16,
}

fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    Ok(value[field].as_str().with_context(|| format!("no {field} in {value}"))?.to_owned())
}

/// Makes the companies, with the operator's commands.
pub(crate) fn make(place: &Place, pairs: u16) -> anyhow::Result<World> {
    let domains = ["hana", "borealis"].map(|name| format!("{name}-{}.example", place.unique_name()));
    for (domain, country) in domains.iter().zip(["JP", "CA"]) {
        let company = ["company", "create", "--domain", domain, "--name", domain, "--country", country];
        let owner = ["--owner", "owner", "--owner-name", "Owner", "--password-stdin"];
        place.cli(&[company.as_slice(), &owner].concat(), PASSWORD)?;
    }
    Ok(World { domains, pairs })
}

impl World {
    /// A token of the owner of one of the two companies.
    pub(crate) fn owner(&self, place: &Place, company: usize) -> anyhow::Result<String> {
        token(place, &format!("owner@{}", self.domains[company]))
    }

    /// The Message ID of somebody in one of the two companies.
    pub(crate) fn handle(&self, company: usize, local: &str) -> String {
        format!("{local}@{}", self.domains[company])
    }

    /// Makes members, permissions and contacts through the API, tokens with the operator's command.
    pub(crate) fn connect_people(&self, place: &Place, server: &Server) -> anyhow::Result<Vec<Pair>> {
        let mut http = Http::connect(server.address)?;
        for domain in &self.domains {
            let owner = token(place, &format!("owner@{domain}"))?;
            let allowed = json!({ "connect": "allow", "mode": "allMembers" });
            http.call("PATCH", "/company/external/partner", &owner, &allowed)?;
            for number in 0..self.pairs {
                let member = json!({ "handle": format!("m{number}@{domain}"), "name": format!("Member {number}") });
                http.call("POST", "/company/members", &owner, &member)?;
            }
        }
        let tokens = self.tokens(place)?;
        let mut pairs = Vec::new();
        for (number, mut two) in tokens.into_iter().enumerate() {
            let [sender, receiver] = [two.remove(0), two.remove(0)];
            let handle = json!({ "handle": format!("m{number}@{}", self.domains[1]) });
            let card = http.call("POST", "/people/lookup", &sender, &handle)?;
            let contact = json!({ "personRef": text(&card, "personRef")? });
            let contact = http.call("POST", "/contacts", &sender, &contact)?;
            let room = text(&contact, "roomId")?;
            let first_seq = newest(&mut http, &sender, &room)?;
            pairs.push(Pair { sender, receiver, room, first_seq });
        }
        Ok(pairs)
    }

    /// A token for each member: two for each pair. A token is a process; two at a time.
    fn tokens(&self, place: &Place) -> anyhow::Result<Vec<Vec<String>>> {
        let next = AtomicUsize::new(0);
        let made = Mutex::new(vec![Vec::new(); usize::from(self.pairs)]);
        let work = || -> anyhow::Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= usize::from(self.pairs) {
                    return Ok(());
                }
                let both: Result<Vec<String>, _> =
                    self.domains.iter().map(|domain| token(place, &format!("m{number}@{domain}"))).collect();
                if let Ok(mut made) = made.lock() {
                    made[number] = both?;
                }
            }
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(work);
            work()?;
            other.join().map_err(|_| anyhow::anyhow!("a thread ended in a panic"))?
        })?;
        Ok(made.into_inner().unwrap_or_default())
    }
}

fn token(place: &Place, handle: &str) -> anyhow::Result<String> {
    text(&place.cli(&["token", "create", handle, "--label", "bench"], "")?, "token")
}

fn newest(http: &mut Http, token: &str, room: &str) -> anyhow::Result<u64> {
    let room = http.call("GET", &format!("/rooms/{room}"), token, &Value::Null)?;
    room["lastSeq"].as_u64().with_context(|| format!("no lastSeq in {room}"))
}

/// Checks that each room ends with the number that its last acknowledged message has.
pub(crate) fn check_heads(server: &Server, pairs: &[Pair], acked: &[u64]) -> anyhow::Result<()> {
    let mut http = Http::connect(server.address)?;
    for (pair, acked) in pairs.iter().zip(acked) {
        let newest = newest(&mut http, &pair.sender, &pair.room)?;
        if newest != pair.first_seq + acked {
            bail!("after a kill, {} ends with {newest}, acknowledged was {}", pair.room, pair.first_seq + acked);
        }
    }
    Ok(())
}
