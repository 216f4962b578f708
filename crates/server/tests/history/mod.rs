//! The judge of races: a pure function over what was seen from outside. It shares nothing with the product.
#![allow(unreachable_pub, missing_docs, reason = "part of one test")]

use std::collections::{BTreeMap, HashMap, HashSet};

/// A moment: events are numbered as they are seen, so "before" means that the one was over when the other began.
pub type Moment = u64;

/// Somebody tried to send something, and the answer.
#[derive(Debug, Clone)]
pub struct Sent {
    pub id: String,
    pub begin: Moment,
    pub end: Moment,
    /// The number it got; none where it was refused.
    pub seq: Option<i64>,
}

/// Sending was forbidden (`open` false) or allowed again by somebody who has the right to.
#[derive(Debug, Clone)]
pub struct Switched {
    pub open: bool,
    pub begin: Moment,
    pub end: Moment,
}

/// A line of the room as it is stored: a message's id, or a notice as `*type*`.
pub type Line = (i64, String);

#[derive(Debug, Default)]
pub struct History {
    pub sent: Vec<Sent>,
    /// In order; they do not overlap.
    pub switched: Vec<Switched>,
    /// What each socket received, in order.
    pub received: BTreeMap<String, Vec<Line>>,
    /// What each person reads afterwards.
    pub stored: BTreeMap<String, Vec<Line>>,
}

/// What a history witnessed, for the reader of the test's output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    pub accepted: usize,
    pub refused: usize,
    /// Sends that overlapped a switch: where the race is.
    pub racing: usize,
    pub switches: usize,
    pub received: usize,
}

impl History {
    /// Whether it was open, forbidden, or being switched from one to the other, all the while from `begin` to `end`.
    fn standing(&self, begin: Moment, end: Moment) -> Option<bool> {
        let mut open = true;
        for switch in &self.switched {
            if switch.begin > end {
                break;
            }
            if switch.end > begin {
                return None;
            }
            open = switch.open;
        }
        Some(open)
    }

    /// # Errors
    /// The first thing that must not be.
    pub fn judge(&self) -> Result<Witnessed, String> {
        let mut seen = Witnessed { switches: self.switched.len(), ..Witnessed::default() };
        let (whose, log) = self.stored.iter().next().ok_or("nobody read the log")?;
        // One order, without holes, the same for all (I-19).
        for (reader, other) in &self.stored {
            if other != log {
                return Err(format!("{reader} and {whose} read different logs"));
            }
        }
        if let Some((at, line)) = log.iter().enumerate().find(|(at, (seq, _))| i64::try_from(*at) != Ok(*seq - 1)) {
            return Err(format!("line {} is number {}", at + 1, line.0));
        }
        // Between a freeze and its thaw stands nothing; there are as many as there were switches.
        let mut frozen = false;
        let mut notices = 0;
        for (seq, text) in log {
            match text.as_str() {
                "*frozen*" if !frozen => (frozen, notices) = (true, notices + 1),
                "*thawed*" if frozen => (frozen, notices) = (false, notices + 1),
                text if text.starts_with('*') => return Err(format!("{text} at {seq} while frozen is {frozen}")),
                text if frozen => return Err(format!("{text} at {seq} stands behind a freeze")),
                _ => {}
            }
        }
        if notices != seen.switches {
            return Err(format!("{notices} notices for {} switches", seen.switches));
        }
        // What was accepted is there under its number, once; what was refused is not.
        let by_text: HashMap<&str, i64> = log.iter().map(|(seq, text)| (text.as_str(), *seq)).collect();
        let mut ids = HashSet::new();
        for send in &self.sent {
            if !ids.insert(&send.id) {
                return Err(format!("{} was sent twice", send.id));
            }
            if by_text.get(send.id.as_str()).copied() != send.seq {
                return Err(format!("{send:?} is stored as {:?}", by_text.get(send.id.as_str())));
            }
            match (send.seq.is_some(), self.standing(send.begin, send.end)) {
                (true, Some(false)) => return Err(format!("{send:?} passed after it was forbidden")),
                (false, Some(true)) => return Err(format!("{send:?} was refused while it was allowed")),
                (_, None) => seen.racing += 1,
                _ => {}
            }
            *if send.seq.is_some() { &mut seen.accepted } else { &mut seen.refused } += 1;
        }
        if log.len() != seen.accepted + notices {
            return Err(format!("{} lines for {} accepted and {notices} notices", log.len(), seen.accepted));
        }
        // Each socket got every line once, in order (I-20).
        for (socket, lines) in &self.received {
            if lines != log {
                let at = lines.iter().zip(log).position(|(a, b)| a != b).unwrap_or(lines.len().min(log.len()));
                return Err(format!("{socket} received {:?} instead of {:?}", lines.get(at), log.get(at)));
            }
            seen.received += lines.len();
        }
        Ok(seen)
    }
}
