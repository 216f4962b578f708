//! What the contact book must look like after any run of acts: contact, link, trash and room of four people as one state
//! machine. Shares no code with the product.
#![allow(unreachable_pub, missing_docs, reason = "one test file uses it")]

use std::collections::{BTreeMap, BTreeSet};

pub const PEOPLE: [&str; 4] = ["mina", "aiko", "leo", "claire"];

/// 0 and 1 are of Hana, 2 and 3 of Borealis.
pub fn company(person: usize) -> usize {
    person / 2
}

pub fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub trashed: bool,
    pub nickname: String,
}

#[derive(Debug, Default)]
pub struct Model {
    /// Owner and outsider.
    pub book: BTreeMap<(usize, usize), Entry>,
    /// Pairs that were ever linked, and who of them has ended it.
    pub ended: BTreeMap<(usize, usize), BTreeSet<usize>>,
    pub granted: [bool; 4],
    pub names: [String; 4],
    /// Who sits in the one group.
    pub group: BTreeSet<usize>,
}

/// What an act answers: a status, and for some a code.
#[derive(Debug, PartialEq, Eq)]
pub struct Said(pub u16, pub &'static str);

impl Model {
    pub fn live(&self, a: usize, b: usize) -> bool {
        self.ended.get(&pair(a, b)).is_some_and(BTreeSet::is_empty)
    }

    pub fn direct_is_open(&self, a: usize, b: usize) -> bool {
        self.live(a, b) && self.granted[a] && self.granted[b]
    }

    /// Frozen by somebody who sits there without a colleague and has ended the link with an outsider who sits there.
    pub fn group_is_frozen(&self) -> bool {
        let alone = |p: &&usize| self.group.iter().filter(|q| company(**q) == company(**p)).count() == 1;
        self.group.iter().filter(alone).any(|p| {
            let outsiders = self.group.iter().filter(|q| company(**q) != company(*p));
            outsiders.into_iter().any(|q| self.ended.get(&pair(*p, *q)).is_some_and(|by| by.contains(p)))
        })
    }

    pub fn group_stands(&self, viewer: usize) -> &'static str {
        match (self.group_is_frozen(), self.granted[viewer]) {
            (true, _) => "frozen",
            (false, false) => "paused",
            (false, true) => "open",
        }
    }

    pub fn link_shown(&self, a: usize, b: usize) -> &'static str {
        match (self.live(a, b), self.direct_is_open(a, b)) {
            (false, _) => "ended",
            (true, false) => "frozen",
            (true, true) => "live",
        }
    }

    pub fn add(&mut self, a: usize, b: usize) -> Said {
        if !self.granted[a] || !self.granted[b] {
            return Said(404, "NOT_FOUND");
        }
        self.ended.entry(pair(a, b)).or_default().remove(&a);
        let new = !self.book.contains_key(&(a, b));
        let nickname = self.names[b].clone();
        self.book.entry((a, b)).or_insert(Entry { trashed: false, nickname }).trashed = false;
        self.settle();
        Said(if new { 201 } else { 200 }, "")
    }

    pub fn delete(&mut self, a: usize, b: usize) -> Said {
        let colleague = self.group.iter().any(|p| *p != a && company(*p) == company(a));
        let together = self.group.contains(&a) && self.group.contains(&b) && colleague && !self.group_is_frozen();
        match self.book.get_mut(&(a, b)) {
            None => return Said(404, "NOT_FOUND"),
            Some(entry) if entry.trashed => return Said(204, ""),
            Some(_) if together => return Said(409, "IN_SHARED_ROOM"),
            Some(entry) => entry.trashed = true,
        }
        self.ended.entry(pair(a, b)).or_default().insert(a);
        Said(204, "")
    }

    pub fn restore(&mut self, a: usize, b: usize) -> Said {
        let may = self.granted[a] && self.granted[b];
        let Some(entry) = self.book.get_mut(&(a, b)) else { return Said(404, "NOT_FOUND") };
        if std::mem::take(&mut entry.trashed) && may {
            self.ended.entry(pair(a, b)).or_default().remove(&a);
        }
        self.settle();
        Said(200, "")
    }

    pub fn purge(&mut self, a: usize, b: usize) -> Said {
        match self.book.get(&(a, b)) {
            None => Said(404, "NOT_FOUND"),
            Some(entry) if !entry.trashed => Said(409, "NOT_IN_TRASH"),
            Some(_) => {
                self.book.remove(&(a, b));
                Said(204, "")
            }
        }
    }

    /// What can follow the other side does, at every moment.
    pub fn settle(&mut self) {
        let follows: Vec<_> = self.book.keys().copied().filter(|&(a, b)| self.direct_is_open(a, b)).collect();
        for (a, b) in follows {
            let name = self.names[b].clone();
            self.book.get_mut(&(a, b)).unwrap().nickname = name;
        }
    }
}
