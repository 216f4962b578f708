//! Reports of outsiders to the administrators of one's own company.

use crate::db::{StoreError, Tx};
use crate::value::word;
use liaison_domain::{CompanyId, MemberId, ReportId, ReportOutcome, ReportReason, ReportState, RoomId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// A report as stored.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// Who reports.
    pub reporter_id: MemberId,
    /// In which room they met.
    pub room_id: RoomId,
    /// Who is reported.
    pub reported: Reported,
    /// Why.
    pub reason: ReportReason,
    /// In the reporter's words.
    pub note: Option<String>,
    /// JSON: messages as the reporter saw them.
    pub messages: String,
    /// Whether the reporter blocked the person in the same act.
    pub blocked: bool,
    /// When.
    pub created_at: Timestamp,
    /// Open or closed.
    pub state: ReportState,
    /// How it was closed.
    pub closing: Option<Closing>,
}

/// Somebody who is reported, as the room named them to the reporter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their company's name.
    pub company_name: String,
    /// Their company's domain.
    pub company_domain: String,
}

/// How a report was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// What came of it.
    pub outcome: ReportOutcome,
    /// In the administrator's words.
    pub note: Option<String>,
    /// By whom.
    pub by: MemberId,
    /// When.
    pub at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    company_id: Uuid,
    reporter_id: Uuid,
    room_id: Uuid,
    reported_id: Uuid,
    reported_name: String,
    reported_company: String,
    reported_domain: String,
    reason: String,
    note: Option<String>,
    messages: String,
    blocked: bool,
    created_at: i64,
    state: String,
    outcome: Option<String>,
    closing_note: Option<String>,
    closed_by: Option<Uuid>,
    closed_at: Option<i64>,
}

impl TryFrom<Row> for Report {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let closing = match (row.outcome, row.closed_by, row.closed_at) {
            (Some(outcome), Some(by), Some(at)) => Some(Closing {
                outcome: word(&outcome)?,
                note: row.closing_note,
                by: by.into(),
                at: Timestamp::from_millis(at),
            }),
            _ => None,
        };
        Ok(Self {
            id: row.id.into(),
            company_id: row.company_id.into(),
            reporter_id: row.reporter_id.into(),
            room_id: row.room_id.into(),
            reported: Reported {
                id: row.reported_id.into(),
                name: row.reported_name,
                company_name: row.reported_company,
                company_domain: row.reported_domain,
            },
            reason: word(&row.reason)?,
            note: row.note,
            messages: row.messages,
            blocked: row.blocked,
            created_at: Timestamp::from_millis(row.created_at),
            state: word(&row.state)?,
            closing,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, company_id, reporter_id, room_id, reported_id, reported_name, reported_company, reported_domain,
                 reason, note, messages, blocked, created_at, state, outcome, closing_note, closed_by, closed_at
             FROM reports ",
            $rest
        )
    };
}

/// Keeps a new, open report.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(tx: &mut Tx, report: &Report, position: i64) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO reports (id, company_id, reporter_id, room_id, reported_id, reported_name, reported_company,
             reported_domain, reason, note, messages, blocked, created_at, state, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', $14)",
    )
    .bind(report.id)
    .bind(report.company_id)
    .bind(report.reporter_id)
    .bind(report.room_id)
    .bind(report.reported.id)
    .bind(report.reported.name.as_str())
    .bind(report.reported.company_name.as_str())
    .bind(report.reported.company_domain.as_str())
    .bind(report.reason)
    .bind(report.note.as_deref())
    .bind(report.messages.as_str())
    .bind(report.blocked)
    .bind(report.created_at)
    .bind(position)
    .execute()
    .await?;
    Ok(())
}

/// A report of this company.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, company: CompanyId, id: ReportId) -> Result<Option<Report>, StoreError> {
    let row: Option<Row> =
        tx.query(select!("WHERE id = $1 AND company_id = $2")).bind(id).bind(company).fetch_optional().await?;
    row.map(TryInto::try_into).transpose()
}

/// A place in a company's list of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListKey {
    /// When it was made.
    pub at: Timestamp,
    /// Which.
    pub id: ReportId,
}

/// A page of a company's reports, newest first, of one state where one is given.
///
/// # Errors
/// Where the database refuses.
pub async fn list(
    tx: &mut Tx,
    company: CompanyId,
    state: Option<ReportState>,
    after: Option<ListKey>,
    limit: i64,
) -> Result<Vec<Report>, StoreError> {
    let rows: Vec<Row> = tx
        .query(select!(
            "WHERE company_id = $1 AND ($2 IS NULL OR state = $2)
                 AND ($3 IS NULL OR created_at < $3 OR (created_at = $3 AND id < $4))
             ORDER BY created_at DESC, id DESC LIMIT $5"
        ))
        .bind(company)
        .bind(state.map(ReportState::as_str))
        .bind(after.map(|k| k.at))
        .bind(after.map(|k| k.id))
        .bind(limit)
        .fetch_all()
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Closes an open report; `false` where it is closed already.
///
/// # Errors
/// Where the database refuses.
pub async fn close(tx: &mut Tx, id: ReportId, closing: &Closing, position: i64) -> Result<bool, StoreError> {
    let n = tx
        .query(
            "UPDATE reports SET state = 'closed', outcome = $2, closing_note = $3, closed_by = $4, closed_at = $5,
                 position = $6
             WHERE id = $1 AND state = 'open'",
        )
        .bind(id)
        .bind(closing.outcome.as_str())
        .bind(closing.note.as_deref())
        .bind(closing.by)
        .bind(closing.at)
        .bind(position)
        .execute()
        .await?;
    Ok(n == 1)
}

/// How many reports of a company are open, and the position of the last change to any of them.
///
/// # Errors
/// Where the database refuses.
pub async fn standing(tx: &mut Tx, company: CompanyId) -> Result<(i64, i64), StoreError> {
    tx.query(
        "SELECT COALESCE(CAST(SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS BIGINT), 0), COALESCE(MAX(position), 0)
         FROM reports WHERE company_id = $1",
    )
    .bind(company)
    .fetch_one()
    .await
}
