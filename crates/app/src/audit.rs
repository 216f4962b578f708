//! Writing into, and reading from, a company's audit log.

use crate::error::AppError;
use crate::work::Work;
use crate::{Actor, App};
use liaison_audit::{Content, Fault, Verifier};
use liaison_domain::{AuditEntryId, Clock, CompanyId, MemberId, Timestamp};
use liaison_store::{Tx, audit, members};
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use utoipa::ToSchema;

/// The kinds of acts a log can be filtered by.
pub mod category {
    /// All that has to do with people outside.
    pub const EXTERNAL: &str = "external";
    /// Members, teams, roles.
    pub const MEMBERS: &str = "members";
    /// Signing in and out, passwords, tokens.
    pub const ACCESS: &str = "access";
    /// The company itself.
    pub const COMPANY: &str = "company";
}

/// An act to be entered.
#[derive(Debug)]
pub struct Act<'a> {
    /// One of [`category`].
    pub category: &'static str,
    /// `thing.happened`.
    pub action: &'static str,
    /// Who did it; none for the operator and for time itself.
    pub actor: Option<&'a Actor>,
    /// What it was done to.
    pub target: Option<String>,
    /// The particulars.
    pub details: serde_json::Value,
}

impl Work {
    /// Enters an act into a company's log, in this transaction (I-34).
    pub(crate) async fn audit(&mut self, clock: &dyn Clock, company: CompanyId, act: Act<'_>) -> Result<(), AppError> {
        let content = Content {
            id: AuditEntryId::new(clock),
            at: self.now,
            category: act.category.to_owned(),
            action: act.action.to_owned(),
            actor: act.actor.map(|a| a.id),
            target: act.target,
            details: act.details.to_string(),
            ip: act.actor.and_then(|a| a.ip.clone()),
        };
        audit::append(&mut self.tx, company, &content, rand::random()).await?;
        Ok(())
    }
}

/// Somebody named in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// Who.
    pub id: MemberId,
    /// Their name now.
    pub name: String,
}

/// Remembers names while a list is made, so that somebody who stands in it a hundred times is read once.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<MemberId, String>);

impl Names {
    pub(crate) async fn of(&mut self, tx: &mut Tx, id: Option<MemberId>) -> Result<Option<Named>, AppError> {
        let Some(id) = id else { return Ok(None) };
        let name = match self.0.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(members::find(tx, id).await?.map_or_else(String::new, |m| m.name)),
        };
        Ok(Some(Named { id, name: name.clone() }))
    }
}

/// An entry of the audit log as administrators read it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// Its number in the company's log, from 1 without gaps.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What kind of act.
    pub category: String,
    /// What happened, as `thing.happened`.
    pub action: String,
    /// Who did it; none for the operator and for time itself.
    pub actor: Option<Named>,
    /// What it was done to.
    pub target: Option<String>,
    /// The particulars.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    /// From which address.
    pub ip: Option<String>,
    /// Its hash in the chain, hexadecimal.
    pub hash: String,
}

/// The newest entry's number and hash: kept outside the server, it proves later that nothing was cut off or rewritten.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditHead {
    /// How many entries there are.
    pub seq: i64,
    /// The hash of the last one, hexadecimal.
    pub hash: String,
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl App {
    /// A page of the company's log, newest first, before entry `before`.
    ///
    /// # Errors
    /// Where the actor may not read it.
    pub async fn list_audit(
        &self,
        actor: &Actor,
        filter: &audit::Filter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, AppError> {
        actor.must_audit()?;
        let mut tx = self.db.read().await?;
        let entries = audit::list(&mut tx, actor.company, filter, before, limit).await?;
        let mut names = Names::default();
        let mut seen = Vec::with_capacity(entries.len());
        for entry in entries {
            let actor = names.of(&mut tx, entry.content.actor).await?;
            seen.push(AuditEntry {
                id: entry.content.id,
                seq: entry.seq,
                at: entry.content.at,
                category: entry.content.category,
                action: entry.content.action,
                actor,
                target: entry.content.target,
                details: serde_json::from_str(&entry.content.details).map_err(AppError::internal)?,
                ip: entry.content.ip,
                hash: hex(&entry.hash),
            });
        }
        Ok(seen)
    }

    /// Leaves an entry where the decision refused. What was refused was rolled back, so the entry has a transaction of
    /// its own.
    pub(crate) async fn note_refusal<T>(
        &self,
        actor: &Actor,
        action: &'static str,
        target: Option<String>,
        outcome: Result<T, AppError>,
    ) -> Result<T, AppError> {
        if let Err(AppError::Denied(reasons)) = &outcome {
            let codes: Vec<&str> = reasons.iter().map(|r| r.code.as_str()).collect();
            let details = serde_json::json!({ "reasons": codes });
            let mut work = self.begin().await?;
            self.confirm(&mut work.tx, actor).await?;
            let act = Act { category: category::EXTERNAL, action, actor: Some(actor), target, details };
            work.audit(&*self.clock, actor.company, act).await?;
            self.finish(work).await?;
        }
        outcome
    }

    /// The head of the company's log.
    ///
    /// # Errors
    /// Where the actor may not read it.
    pub async fn audit_head(&self, actor: &Actor) -> Result<AuditHead, AppError> {
        actor.must_audit()?;
        let mut tx = self.db.read().await?;
        let (seq, hash) = audit::head(&mut tx, actor.company).await?;
        Ok(AuditHead { seq, hash: hex(&hash) })
    }

    /// Walks a company's whole log and verifies it, against a head kept outside if one is given.
    ///
    /// # Errors
    /// Where the database fails; what is wrong with the log is the inner result.
    pub async fn verify_audit(
        &self,
        company: CompanyId,
        head: Option<(i64, liaison_audit::Hash)>,
    ) -> Result<Result<(i64, liaison_audit::Hash), Fault>, AppError> {
        let mut tx = self.db.read().await?;
        let mut verifier = Verifier::new(company, head);
        let mut after = 0;
        loop {
            let entries = audit::walk(&mut tx, company, after, 500).await?;
            let Some(last) = entries.last() else {
                // The chain's end is also written on the company: a log cut off at its end does not reach it.
                let (seq, hash) = audit::head(&mut tx, company).await?;
                return Ok(verifier.finish().and_then(|(found, end)| {
                    if found == seq && hash == end { Ok((found, end)) } else { Err(Fault::NotTheHead(seq)) }
                }));
            };
            after = last.seq;
            for entry in &entries {
                if let Err(fault) = verifier.next(entry) {
                    return Ok(Err(fault));
                }
            }
        }
    }
}
