//! The audit chain: what an entry says, how it is hashed, and how a log is verified.
//!
//! Each company has one chain. An entry's *content hash* covers what it says together with a random nonce, so that a
//! personal field can later be erased while the proof stays (I-40: the hash gives nothing back to guessing). Its
//! *hash* covers the company, the number, the previous hash and the content hash, so that a change, a gap or another
//! order shows at the first wrong entry (I-35).

use liaison_domain::{AuditEntryId, CompanyId, MemberId, Timestamp};
use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// The hash before the first entry.
pub const GENESIS: Hash = [0; 32];

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its id.
    pub id: AuditEntryId,
    /// When it happened.
    pub at: Timestamp,
    /// What kind of act: the filter of the console.
    pub category: String,
    /// What happened, as `thing.happened`.
    pub action: String,
    /// Who did it; none for the operator and for time itself.
    pub actor: Option<MemberId>,
    /// What it was done to: an id, or a word for a setting.
    pub target: Option<String>,
    /// The particulars, as JSON.
    pub details: String,
    /// From which address.
    pub ip: Option<String>,
}

impl Content {
    /// The hash of the content under its nonce. Every field goes in with its length before it, so that no two
    /// different contents are written alike.
    pub fn hash(&self, nonce: &[u8]) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"liaison audit content 1");
        let mut field = |bytes: Option<&[u8]>| {
            let length = bytes.map_or(u64::MAX, |b| b.len() as u64);
            hasher.update(length.to_be_bytes());
            hasher.update(bytes.unwrap_or_default());
        };
        field(Some(nonce));
        field(Some(self.id.as_uuid().as_bytes()));
        field(Some(&self.at.as_millis().to_be_bytes()));
        field(Some(self.category.as_bytes()));
        field(Some(self.action.as_bytes()));
        field(self.actor.map(MemberId::as_uuid).as_ref().map(|u| u.as_bytes().as_slice()));
        field(self.target.as_deref().map(str::as_bytes));
        field(Some(self.details.as_bytes()));
        field(self.ip.as_deref().map(str::as_bytes));
        hasher.finalize().into()
    }
}

/// The hash of an entry in its chain.
pub fn chain(company: CompanyId, seq: i64, previous: &Hash, content: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"liaison audit chain 1");
    hasher.update(company.as_uuid().as_bytes());
    hasher.update(seq.to_be_bytes());
    hasher.update(previous);
    hasher.update(content);
    hasher.finalize().into()
}

/// An entry as stored or exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// What it says.
    pub content: Content,
    /// The nonce of the content hash.
    pub nonce: Vec<u8>,
    /// As stored.
    pub content_hash: Vec<u8>,
    /// As stored.
    pub hash: Vec<u8>,
}

/// The first thing wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An entry is missing, or entries stand in another order.
    #[error("entry {expected} is missing: the log has {found} in its place")]
    Gap {
        /// The number that should come.
        expected: i64,
        /// The number that came.
        found: i64,
    },
    /// What an entry says is not what was written.
    #[error("entry {0} was changed")]
    Changed(i64),
    /// An entry does not follow from the one before it.
    #[error("entry {0} does not follow from the one before it")]
    Broken(i64),
    /// The log ends before, or differs from, the head that was kept outside.
    #[error("the log does not reach the given head: entry {0} is cut off or was rewritten")]
    NotTheHead(i64),
}

/// Verifies a log entry by entry, without holding it in memory.
#[derive(Debug, Clone)]
pub struct Verifier {
    company: CompanyId,
    seq: i64,
    hash: Hash,
    /// A number and hash that the log must pass through.
    head: Option<(i64, Hash)>,
}

impl Verifier {
    /// Begins at the first entry; `head` is a number and hash kept outside the server, if there is one.
    pub const fn new(company: CompanyId, head: Option<(i64, Hash)>) -> Self {
        Self { company, seq: 0, hash: GENESIS, head }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn next(&mut self, entry: &Entry) -> Result<(), Fault> {
        let expected = self.seq + 1;
        if entry.seq != expected {
            return Err(Fault::Gap { expected, found: entry.seq });
        }
        let content = entry.content.hash(&entry.nonce);
        if entry.content_hash != content {
            return Err(Fault::Changed(entry.seq));
        }
        let hash = chain(self.company, entry.seq, &self.hash, &content);
        if entry.hash != hash {
            return Err(Fault::Broken(entry.seq));
        }
        if self.head.is_some_and(|(seq, head)| seq == entry.seq && head != hash) {
            return Err(Fault::NotTheHead(entry.seq));
        }
        self.seq = expected;
        self.hash = hash;
        Ok(())
    }

    /// Ends the log: answers its number of entries and its last hash.
    ///
    /// # Errors
    /// Where the log does not reach the head that was kept outside.
    pub fn finish(self) -> Result<(i64, Hash), Fault> {
        match self.head {
            Some((seq, _)) if seq > self.seq => Err(Fault::NotTheHead(seq)),
            _ => Ok((self.seq, self.hash)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_domain::SystemClock;
    use proptest::prelude::*;

    fn log(company: CompanyId, n: i64) -> Vec<Entry> {
        let mut previous = GENESIS;
        (1..=n)
            .map(|seq| {
                let content = Content {
                    id: AuditEntryId::new(&SystemClock),
                    at: Timestamp::from_millis(seq),
                    category: "external".into(),
                    action: "grant.added".into(),
                    actor: Some(MemberId::new(&SystemClock)),
                    target: Some(format!("member {seq}")),
                    details: "{}".into(),
                    ip: None,
                };
                let nonce = vec![u8::try_from(seq).unwrap(); 16];
                let content_hash = content.hash(&nonce);
                let hash = chain(company, seq, &previous, &content_hash);
                previous = hash;
                Entry { seq, content, nonce, content_hash: content_hash.to_vec(), hash: hash.to_vec() }
            })
            .collect()
    }

    fn verify(company: CompanyId, log: &[Entry], head: Option<(i64, Hash)>) -> Result<(i64, Hash), Fault> {
        let mut verifier = Verifier::new(company, head);
        log.iter().try_for_each(|e| verifier.next(e))?;
        verifier.finish()
    }

    #[test]
    fn i35_a_true_log_verifies_and_another_company_s_does_not() {
        let (hana, borealis) = (CompanyId::new(&SystemClock), CompanyId::new(&SystemClock));
        let entries = log(hana, 5);
        let (seq, head) = verify(hana, &entries, None).unwrap();
        assert_eq!(seq, 5);
        assert_eq!(verify(hana, &entries, Some((5, head))).unwrap().0, 5);
        assert_eq!(verify(borealis, &entries, None), Err(Fault::Broken(1)));
    }

    proptest! {
        #[test]
        fn i35_i36_every_change_gap_reorder_and_cut_is_found(victim in 0_usize..8, how in 0_u8..7) {
            let company = CompanyId::new(&SystemClock);
            let mut entries = log(company, 8);
            let (_, hash) = verify(company, &entries, None).unwrap();
            let head = Some((8, hash));
            match how {
                0 => entries[victim].content.action = "grant.revoked".into(),
                1 => entries[victim].content.at = Timestamp::from_millis(99),
                2 => { entries.remove(victim); }
                3 => entries.swap(victim, (victim + 1) % 8),
                4 => entries.truncate(victim),
                5 => { let e = entries[victim].clone(); entries.insert(victim, e); }
                // A forger who also rewrites every hash behind the change: only the head kept outside shows it.
                _ => {
                    entries[victim].content.details = "{\"forged\":true}".into();
                    let mut previous = if victim == 0 { GENESIS } else { entries[victim - 1].hash.clone().try_into().unwrap() };
                    for e in &mut entries[victim..] {
                        let content = e.content.hash(&e.nonce);
                        previous = chain(company, e.seq, &previous, &content);
                        e.content_hash = content.to_vec();
                        e.hash = previous.to_vec();
                    }
                }
            }
            prop_assert!(verify(company, &entries, head).is_err());
        }
    }
}
