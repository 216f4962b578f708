//! Reports of outsiders: a member makes them, the administrators of their own company read and close them.

use super::Items;
use crate::error::ApiError;
use crate::extract::{Id, Json, Params, SignedIn, bad_cursor, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use liaison_app::Problem;
use liaison_app::reports::{CloseReport, NewReport, ReportDetails, ReportReceipt, ReportView};
use liaison_domain::{MemberId, MessageId, ReportId, ReportOutcome, ReportReason, ReportState, RoomId, Timestamp};
use liaison_store::reports::ListKey;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Whom to report, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReportRequest {
    /// A room one is in; a first contact that waits is one, too.
    room_id: RoomId,
    /// An outsider in it; not needed in a direct room.
    participant_id: Option<MemberId>,
    /// Messages of that room to attach, at most 20. A copy of what one sees is kept.
    #[serde(default)]
    message_ids: Vec<MessageId>,
    /// Why.
    reason: ReportReason,
    /// What administrators should know, at most 1,000 characters.
    text: Option<String>,
    /// Whether to block the person in the same act.
    #[serde(default)]
    block: bool,
}

/// Reports an outsider to the administrators of one's own company. Neither the person nor their company is told.
#[utoipa::path(
    post, path = "/reports", tag = "reports", request_body = ReportRequest,
    responses((status = 201, body = ReportReceipt), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn create_report(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<ReportRequest>,
) -> Result<(StatusCode, axum::Json<ReportReceipt>), ApiError> {
    let new = NewReport {
        room: body.room_id,
        participant: body.participant_id,
        messages: body.message_ids,
        reason: body.reason,
        text: body.text,
        block: body.block,
    };
    Ok((StatusCode::CREATED, axum::Json(state.app.report(&actor, new).await?)))
}

/// Which reports.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// `open` or `closed`; absent for both.
    state: Option<ReportState>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// What members reported, newest first. Administrators and auditors only.
#[utoipa::path(
    get, path = "/company/reports", tag = "reports", params(ReportQuery),
    responses((status = 200, body = Items<ReportView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_reports(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(query): Params<ReportQuery>,
) -> Result<axum::Json<Items<ReportView>>, ApiError> {
    let limit = limit(query.limit)?;
    let after = match read_cursor(query.cursor.as_deref(), 2)? {
        Some(parts) => Some(ListKey {
            at: Timestamp::from_millis(parts[0].parse().map_err(|_| bad_cursor())?),
            id: parts[1].parse().map_err(|_| bad_cursor())?,
        }),
        None => None,
    };
    let reports = state.app.list_reports(&actor, query.state, after, limit + 1).await?;
    Ok(Items::page(reports, limit, |r| write_cursor(&[&r.created_at.as_millis().to_string(), &r.id.to_string()])))
}

/// A report with the messages attached to it; the reading is audited. Administrators and auditors only.
#[utoipa::path(
    get, path = "/company/reports/{id}", tag = "reports", params(("id" = ReportId, Path)),
    responses((status = 200, body = ReportDetails), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_report(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ReportId>,
) -> Result<axum::Json<ReportDetails>, ApiError> {
    Ok(axum::Json(state.app.get_report(&actor, id).await?))
}

/// How a report is closed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportChange {
    /// `closed`: a closed report is not opened again.
    #[serde(rename = "state")]
    _state: Closed,
    /// What came of it.
    outcome: ReportOutcome,
    /// For the other administrators, at most 1,000 characters.
    note: Option<String>,
}

/// The one state a report can be brought to.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Closed {
    /// An administrator is done with it.
    Closed,
}

/// Closes an open report. Owners and security administrators only.
#[utoipa::path(
    patch, path = "/company/reports/{id}", tag = "reports", params(("id" = ReportId, Path)), request_body = ReportChange,
    responses((status = 200, body = ReportDetails), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_report(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ReportId>,
    Json(body): Json<ReportChange>,
) -> Result<axum::Json<ReportDetails>, ApiError> {
    let close = CloseReport { outcome: body.outcome, note: body.note };
    Ok(axum::Json(state.app.close_report(&actor, id, close).await?))
}
