//! `liaison audit export` and `liaison audit verify`.

use super::{explain, say};
use anyhow::{Context, bail};
use liaison_app::App;
use liaison_audit::{Content, Entry, Verifier};
use liaison_domain::{AuditEntryId, CompanyId, MemberId, Timestamp};
use liaison_store::audit;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn export(app: &App, domain: &str) -> anyhow::Result<()> {
    let company = app.company_by_domain(domain).await.map_err(explain)?;
    let mut tx = app.db.read().await?;
    let mut after = 0;
    loop {
        let entries = audit::walk(&mut tx, company, after, 500).await?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.seq;
        for e in &entries {
            say(serde_json::to_string(&ExportedEntry {
                company_id: company,
                seq: e.seq,
                id: e.content.id,
                at: e.content.at,
                category: e.content.category.clone(),
                action: e.content.action.clone(),
                actor: e.content.actor,
                target: e.content.target.clone(),
                details: e.content.details.clone(),
                ip: e.content.ip.clone(),
                nonce: hex(&e.nonce),
                content_hash: hex(&e.content_hash),
                hash: hex(&e.hash),
            })?);
        }
    }
}

/// Says how a verification ended.
pub(super) fn verdict(
    what: &str,
    outcome: Result<(i64, liaison_audit::Hash), liaison_audit::Fault>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    match outcome {
        Ok((seq, hash)) => {
            let hash = hex(&hash);
            if json {
                say(serde_json::json!({ "ok": true, "seq": seq, "hash": hash }));
            } else {
                say(format!("{what}: {seq} entries, unaltered; head {hash}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            if json {
                say(serde_json::json!({ "ok": false, "fault": fault.to_string() }));
            }
            bail!("{what}: {fault}");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    liaison_app::audit::hex(bytes)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = |i: usize| text.get(i * 2..i * 2 + 2).and_then(|d| u8::from_str_radix(d, 16).ok());
    if text.len().is_multiple_of(2) { (0..text.len() / 2).map(digits).collect() } else { None }
}

/// A line of an export.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExportedEntry {
    company_id: CompanyId,
    seq: i64,
    id: AuditEntryId,
    at: Timestamp,
    category: String,
    action: String,
    actor: Option<MemberId>,
    target: Option<String>,
    /// The particulars as the very text that was hashed.
    details: String,
    ip: Option<String>,
    nonce: String,
    content_hash: String,
    hash: String,
}

/// Verifies an export, which needs no database and no server.
pub(super) fn verify_file(file: &Path, head: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let head = head.map(read_head).transpose()?;
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut verifier: Option<Verifier> = None;
    let what = file.display().to_string();
    for (i, line) in text.lines().enumerate() {
        let e: ExportedEntry =
            serde_json::from_str(line).with_context(|| format!("{what}: line {} is no entry", i + 1))?;
        let entry = Entry {
            seq: e.seq,
            content: Content {
                id: e.id,
                at: e.at,
                category: e.category,
                action: e.action,
                actor: e.actor,
                target: e.target,
                details: e.details,
                ip: e.ip,
            },
            nonce: unhex(&e.nonce).unwrap_or_default(),
            content_hash: unhex(&e.content_hash).unwrap_or_default(),
            hash: unhex(&e.hash).unwrap_or_default(),
        };
        if let Err(fault) = verifier.get_or_insert_with(|| Verifier::new(e.company_id, head)).next(&entry) {
            return verdict(&what, Err(fault), json);
        }
    }
    let verifier = verifier.with_context(|| format!("{what} holds no entries"))?;
    verdict(&what, verifier.finish(), json)
}

pub(super) fn read_head(file: &Path) -> anyhow::Result<(i64, liaison_audit::Hash)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let head: serde_json::Value = serde_json::from_str(&text).context("the head is not JSON")?;
    let seq = head["seq"].as_i64().context("the head has no seq")?;
    let hash = head["hash"].as_str().context("the head has no hash")?;
    let hash = unhex(hash).and_then(|b| b.try_into().ok()).context("the head's hash is not 64 hexadecimal digits")?;
    Ok((seq, hash))
}
