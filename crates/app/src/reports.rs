//! Reports: a member tells the administrators of their *own* company about an outsider.
//!
//! Nothing of it crosses the border: the report, and the copy of the messages attached to it, belong to the reporter's
//! company; neither the room nor anybody of the reported person's company is touched or told (I-05, I-06).

use crate::audit::{Act, Named, category};
use crate::error::AppError;
use crate::log::Author;
use crate::realtime::{Cursor, ServerFrame};
use crate::views::Access;
use crate::work::{Event, Work};
use crate::{Actor, App};
use bytes::Bytes;
use liaison_domain::{
    BlockId, MemberId, MessageId, ReportId, ReportOutcome, ReportReason, ReportState, RoomId, Timestamp, clean_text,
};
use liaison_store::reports::{self, Closing, ListKey, Report, Reported};
use liaison_store::{Tx, companies, members, messages};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most characters of what a reporter or an administrator writes about a report.
pub const MAX_NOTE: usize = 1_000;
/// The most messages attached to a report.
pub const MAX_MESSAGES: usize = messages::MAX_NUMBERS;

/// What a member reports.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// A room of theirs.
    pub room: RoomId,
    /// An outsider in it; not needed in a direct room.
    pub participant: Option<MemberId>,
    /// Messages of the room that they see.
    pub messages: Vec<MessageId>,
    /// Why.
    pub reason: ReportReason,
    /// In their words.
    pub text: Option<String>,
    /// Whether to block the person in the same act.
    pub block: bool,
}

/// What the reporter gets back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportReceipt {
    /// The report's id.
    pub id: ReportId,
    /// When it was made.
    pub created_at: Timestamp,
    /// The block made in the same act, if one was asked for.
    pub block_id: Option<BlockId>,
}

/// Who is reported, as their room named them to the reporter at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedView {
    /// Their member id.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their company's name.
    pub company_name: String,
    /// Their company's domain, which partner lists name.
    pub company_domain: String,
}

/// How a report was closed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClosingView {
    /// What came of it.
    pub outcome: ReportOutcome,
    /// In the administrator's words.
    pub note: Option<String>,
    /// By whom.
    pub by: Named,
    /// When.
    pub at: Timestamp,
}

/// A report in the administrators' list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    /// Its id.
    pub id: ReportId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who reports.
    pub reporter: Named,
    /// Who is reported.
    pub reported: ReportedView,
    /// Why.
    pub reason: ReportReason,
    /// Whether the reporter blocked the person in the same act.
    pub blocked: bool,
    /// Open or closed.
    pub state: ReportState,
    /// How it was closed; null while it is open.
    pub closing: Option<ClosingView>,
}

/// A message attached to a report: a copy of what the reporter saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedMessage {
    /// Its id in the room.
    pub id: MessageId,
    /// Who wrote it, as the room named them.
    pub author: Author,
    /// What it said.
    pub text: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// A report in full.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportDetails {
    /// What the list shows.
    #[serde(flatten)]
    pub report: ReportView,
    /// The room in which they met.
    pub room_id: RoomId,
    /// In the reporter's words.
    pub text: Option<String>,
    /// What was attached, oldest first.
    pub messages: Vec<ReportedMessage>,
}

/// How an administrator closes a report.
#[derive(Debug, Clone)]
pub struct CloseReport {
    /// What came of it.
    pub outcome: ReportOutcome,
    /// In their words.
    pub note: Option<String>,
}

fn check_note(pointer: &str, text: Option<String>) -> Result<Option<String>, AppError> {
    let written = text.filter(|t| !t.trim().is_empty());
    let clean = written.map(|t| clean_text(&t, MAX_NOTE)).transpose();
    clean.map_err(|e| AppError::field(pointer, "TEXT", e.to_string()))
}

impl App {
    /// Reports an outsider of one of the actor's rooms to the administrators of the actor's own company.
    ///
    /// # Errors
    /// Where the room is not the actor's, the person is no outsider in it, a message is not one that they see, or they
    /// have reported too often.
    pub async fn report(&self, actor: &Actor, new: NewReport) -> Result<ReportReceipt, AppError> {
        let text = check_note("/text", new.text)?;
        if new.messages.len() > MAX_MESSAGES {
            let rule = format!("names at most {MAX_MESSAGES} messages");
            return Err(AppError::field("/messageIds", "TOO_MANY", rule));
        }
        self.limits.check_report(actor.id, self.clock.now())?;
        let numbers = self.numbers(actor, new.room, &new.messages).await?;
        let mut work = self.begin_as(actor).await?;
        let access = self.access(&mut work.tx, actor.id, actor.company, new.room).await?.ok_or(AppError::NotFound)?;
        let attached = self.copy_messages(&mut work.tx, &access, &new.messages, &numbers).await?;
        let reported = reported_in(&mut work.tx, &access, actor, new.participant, &attached).await?;
        let block_id = if new.block { Some(self.block_person(&mut work, actor, reported.id).await?.id) } else { None };
        let report = Report {
            id: ReportId::new(&*self.clock),
            company_id: actor.company,
            reporter_id: actor.id,
            room_id: new.room,
            reported,
            reason: new.reason,
            note: text,
            messages: crate::log::to_json(&attached)?,
            blocked: new.block,
            created_at: work.now,
            state: ReportState::Open,
            closing: None,
        };
        reports::insert(&mut work.tx, &report, work.position).await?;
        let details = serde_json::json!({
            "outsider": report.reported.id, "roomId": new.room, "reason": new.reason, "messages": attached.len(),
        });
        self.audit_report(&mut work, actor, "report.created", report.id, details).await?;
        work.events.push(Event::Reports { to: actor.company });
        self.finish(work).await?;
        self.limits.count_report(actor.id, report.created_at);
        Ok(ReportReceipt { id: report.id, created_at: report.created_at, block_id })
    }

    /// The numbers of these messages, looked up before the writing transaction: see [`messages::numbers`].
    async fn numbers(&self, actor: &Actor, room: RoomId, ids: &[MessageId]) -> Result<Vec<(MessageId, i64)>, AppError> {
        let mut tx = self.db.read().await?;
        self.confirm(&mut tx, actor).await?;
        self.access(&mut tx, actor.id, actor.company, room).await?.ok_or(AppError::NotFound)?;
        if ids.is_empty() { Ok(Vec::new()) } else { Ok(messages::numbers(&mut tx, room, ids).await?) }
    }

    /// A copy of messages that a reader sees now, in the order of the room. What they do not see answers as what is not
    /// there.
    async fn copy_messages(
        &self,
        tx: &mut Tx,
        access: &Access,
        ids: &[MessageId],
        numbers: &[(MessageId, i64)],
    ) -> Result<Vec<ReportedMessage>, AppError> {
        let mut copies: Vec<(i64, ReportedMessage)> = Vec::new();
        for (i, id) in ids.iter().enumerate() {
            let unseen =
                || AppError::field(format!("/messageIds/{i}"), "NOT_FOUND", "is not a message that you can see here");
            let number = numbers.iter().find(|(known, _)| known == id).map(|(_, seq)| *seq);
            let seq = number.filter(|seq| access.may_see(*seq)).ok_or_else(unseen)?;
            if copies.iter().any(|(known, _)| *known == seq) {
                continue;
            }
            let line = messages::find(tx, access.room.id, seq).await?.ok_or_else(unseen)?;
            let author = self.author_of(tx, access.room.id, &line).await?;
            let (Some(author), Some(text)) = (author, line.body) else { return Err(unseen()) };
            copies.push((seq, ReportedMessage { id: line.id, author, text, sent_at: line.sent_at }));
        }
        copies.sort_by_key(|(seq, _)| *seq);
        Ok(copies.into_iter().map(|(_, copy)| copy).collect())
    }

    async fn audit_report(
        &self,
        work: &mut Work,
        actor: &Actor,
        action: &'static str,
        report: ReportId,
        details: serde_json::Value,
    ) -> Result<(), AppError> {
        let target = Some(report.to_string());
        let act = Act { category: category::EXTERNAL, action, actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await
    }

    /// A page of the company's reports, newest first.
    ///
    /// # Errors
    /// Where the actor may not read them.
    pub async fn list_reports(
        &self,
        actor: &Actor,
        state: Option<ReportState>,
        after: Option<ListKey>,
        limit: i64,
    ) -> Result<Vec<ReportView>, AppError> {
        actor.must_audit()?;
        let mut tx = self.db.read().await?;
        let found = reports::list(&mut tx, actor.company, state, after, limit).await?;
        let mut views = Vec::with_capacity(found.len());
        for report in found {
            views.push(report_view(&mut tx, report).await?);
        }
        Ok(views)
    }

    /// A report in full. It holds what was said in a room the reader need not be in, so that they read it goes on record
    /// (I-34).
    ///
    /// # Errors
    /// Where the actor may not read it or there is none.
    pub async fn get_report(&self, actor: &Actor, id: ReportId) -> Result<ReportDetails, AppError> {
        actor.must_audit()?;
        let mut work = self.begin_as(actor).await?;
        let report = reports::find(&mut work.tx, actor.company, id).await?.ok_or(AppError::NotFound)?;
        let details = report_details(&mut work.tx, report).await?;
        self.audit_report(&mut work, actor, "report.read", id, serde_json::json!({})).await?;
        self.finish(work).await?;
        Ok(details)
    }

    /// Closes a report with what came of it.
    ///
    /// # Errors
    /// Where the actor may not, there is none, or it is closed already.
    pub async fn close_report(
        &self,
        actor: &Actor,
        id: ReportId,
        close: CloseReport,
    ) -> Result<ReportDetails, AppError> {
        actor.must_administer()?;
        let note = check_note("/note", close.note)?;
        let mut work = self.begin_as(actor).await?;
        reports::find(&mut work.tx, actor.company, id).await?.ok_or(AppError::NotFound)?;
        let closing = Closing { outcome: close.outcome, note, by: actor.id, at: work.now };
        if !reports::close(&mut work.tx, id, &closing, work.position).await? {
            return Err(AppError::Conflict {
                code: "REPORT_CLOSED",
                detail: "Another administrator has closed this report. Load it again to see how.".into(),
            });
        }
        let details = serde_json::json!({ "outcome": close.outcome });
        self.audit_report(&mut work, actor, "report.closed", id, details).await?;
        work.events.push(Event::Reports { to: actor.company });
        let report = reports::find(&mut work.tx, actor.company, id).await?.ok_or(AppError::NotFound)?;
        let details = report_details(&mut work.tx, report).await?;
        self.finish(work).await?;
        Ok(details)
    }

    /// How many reports wait for this administrator, as a frame; none for whoever is not one.
    ///
    /// # Errors
    /// Where the database is gone.
    pub async fn reports_frame(&self, actor: &Actor, cursor: &Cursor) -> Result<Option<Bytes>, AppError> {
        if !actor.role.can_audit() {
            return Ok(None);
        }
        let mut tx = self.db.read().await?;
        let (open_count, _) = reports::standing(&mut tx, actor.company).await?;
        let frame = ServerFrame::Reports { open_count, cursor: cursor.to_string() };
        Ok(Some(Bytes::from(crate::log::to_json(&frame)?)))
    }
}

/// Whom a report is about: an outsider in the room, or one who has left it and wrote something attached.
async fn reported_in(
    tx: &mut Tx,
    access: &Access,
    actor: &Actor,
    participant: Option<MemberId>,
    attached: &[ReportedMessage],
) -> Result<Reported, AppError> {
    let mut outsiders = access.people.iter().filter(|p| p.company_id != actor.company);
    let found = match participant {
        Some(id) => outsiders.find(|p| p.member_id == id),
        None if access.room.kind == liaison_domain::RoomKind::Direct => outsiders.next(),
        None => return Err(AppError::field("/participantId", "REQUIRED", "says whom of this group it is about")),
    };
    if let Some(p) = found {
        return Ok(Reported {
            id: p.member_id,
            name: p.name.clone(),
            company_name: p.company_name.clone(),
            company_domain: p.company_domain.clone(),
        });
    }
    let nobody = || AppError::field("/participantId", "NOT_FOUND", "is somebody of another company in this room");
    let author = participant.and_then(|id| attached.iter().find(|m| m.author.id == id)).ok_or_else(nobody)?;
    let person = members::find(tx, author.author.id).await?.filter(|m| m.company_id != actor.company);
    let company = companies::find(tx, person.ok_or_else(nobody)?.company_id).await?.ok_or_else(nobody)?;
    let Author { id, name, company_name } = author.author.clone();
    Ok(Reported { id, name, company_name, company_domain: company.domain })
}

async fn named(tx: &mut Tx, id: MemberId) -> Result<Named, AppError> {
    let name = members::find(tx, id).await?.map(|m| m.name).unwrap_or_default();
    Ok(Named { id, name })
}

async fn report_view(tx: &mut Tx, report: Report) -> Result<ReportView, AppError> {
    let closing = match report.closing {
        Some(Closing { outcome, note, by, at }) => Some(ClosingView { outcome, note, by: named(tx, by).await?, at }),
        None => None,
    };
    let Reported { id, name, company_name, company_domain } = report.reported;
    Ok(ReportView {
        id: report.id,
        created_at: report.created_at,
        reporter: named(tx, report.reporter_id).await?,
        reported: ReportedView { id, name, company_name, company_domain },
        reason: report.reason,
        blocked: report.blocked,
        state: report.state,
        closing,
    })
}

async fn report_details(tx: &mut Tx, report: Report) -> Result<ReportDetails, AppError> {
    let messages = serde_json::from_str(&report.messages).map_err(AppError::internal)?;
    let (room_id, text) = (report.room_id, report.note.clone());
    Ok(ReportDetails { report: report_view(tx, report).await?, room_id, text, messages })
}
