//! External settings, the grant list, the audit log: the administrators' console.

use super::Items;
use crate::error::ApiError;
use crate::extract::{Expected, Id, Json, Params, SignedIn, bad_cursor, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use liaison_app::Problem;
use liaison_app::audit::{AuditEntry, AuditHead};
use liaison_app::external::{GrantView, Granted, Revoked, SettingChange, SettingView};
use liaison_domain::{Effect, MemberId, Network, TeamId, Term, Timestamp};
use liaison_store::audit::Filter;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

fn with_etag(setting: SettingView) -> Response {
    let etag = format!("\"{}\"", setting.version);
    ([(header::ETAG, etag)], axum::Json(setting)).into_response()
}

/// The company's setting for a network. Administrators and auditors only.
#[utoipa::path(
    get, path = "/company/external/{network}", tag = "external", params(("network" = Network, Path)),
    responses((status = 200, body = SettingView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_external_setting(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(network): Id<Network>,
) -> Result<Response, ApiError> {
    Ok(with_etag(state.app.external_setting(&actor, network).await?))
}

/// Changes the company's setting for a network; in force everywhere when it answers. Owners and security
/// administrators only.
#[utoipa::path(
    patch, path = "/company/external/{network}", tag = "external", params(("network" = Network, Path)), request_body = SettingChange,
    responses((status = 200, body = SettingView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_external_setting(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(network): Id<Network>,
    Expected(version): Expected,
    Json(change): Json<SettingChange>,
) -> Result<Response, ApiError> {
    Ok(with_etag(state.app.change_setting(&actor, network, change, version).await?))
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GrantQuery {
    /// Words to find in name, nickname, title or handle.
    query: Option<String>,
    /// `grant` (default): who holds the permission in effect; `exclude`: who is excluded.
    effect: Option<Effect>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Who holds the permission in effect, and through what. Administrators and auditors only.
#[utoipa::path(
    get, path = "/company/external/{network}/grants", tag = "external", params(("network" = Network, Path), GrantQuery),
    responses((status = 200, body = Items<GrantView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_grants(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(network): Id<Network>,
    Params(query): Params<GrantQuery>,
) -> Result<axum::Json<Items<GrantView>>, ApiError> {
    let limit = usize::try_from(limit(query.limit)?).unwrap_or(50);
    let after = read_cursor(query.cursor.as_deref(), 1)?.map(|mut parts| parts.remove(0));
    let effect = query.effect.unwrap_or(Effect::Grant);
    let (items, next) = state.app.list_grants(&actor, network, effect, query.query, after, limit).await?;
    Ok(axum::Json(Items { items, next_cursor: next.map(|handle| write_cursor(&[&handle])) }))
}

/// To whom the permission is given, and for how long.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GrantRequest {
    /// Members.
    #[serde(default)]
    member_ids: Vec<MemberId>,
    /// Teams: everybody in them, later members too.
    #[serde(default)]
    team_ids: Vec<TeamId>,
    /// From when it counts; absent for at once.
    starts_at: Option<Timestamp>,
    /// Until when, exclusive; absent for no end.
    ends_at: Option<Timestamp>,
}

/// Gives the permission; removes exclusions. Owners and security administrators only.
#[utoipa::path(
    post, path = "/company/external/{network}/grants", tag = "external", params(("network" = Network, Path)), request_body = GrantRequest,
    responses((status = 200, body = Granted), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create_grants(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(network): Id<Network>,
    Json(body): Json<GrantRequest>,
) -> Result<axum::Json<Granted>, ApiError> {
    let term = Term { starts_at: body.starts_at, ends_at: body.ends_at };
    Ok(axum::Json(state.app.grant(&actor, network, &body.member_ids, &body.team_ids, term).await?))
}

/// From whom the permission is taken.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RevokeRequest {
    /// Members.
    member_ids: Vec<MemberId>,
}

/// Takes the permission: afterwards nobody named holds it; in force everywhere when it answers. Owners and security
/// administrators only.
#[utoipa::path(
    post, path = "/company/external/{network}/grants/revoke", tag = "external", params(("network" = Network, Path)), request_body = RevokeRequest,
    responses((status = 200, body = Revoked), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn revoke_grants(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(network): Id<Network>,
    Json(body): Json<RevokeRequest>,
) -> Result<axum::Json<Revoked>, ApiError> {
    Ok(axum::Json(state.app.revoke(&actor, network, &body.member_ids).await?))
}

/// Which entries of the log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// external, members, access or company.
    category: Option<String>,
    /// Only acts of this member.
    actor: Option<MemberId>,
    /// Not before.
    from: Option<Timestamp>,
    /// Before.
    to: Option<Timestamp>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// The company's audit log, newest first. Administrators and auditors only.
#[utoipa::path(
    get, path = "/company/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Items<AuditEntry>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_audit(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(query): Params<AuditQuery>,
) -> Result<axum::Json<Items<AuditEntry>>, ApiError> {
    let limit = limit(query.limit)?;
    let before = match read_cursor(query.cursor.as_deref(), 1)? {
        Some(parts) => Some(parts[0].parse::<i64>().map_err(|_| bad_cursor())?),
        None => None,
    };
    let filter = Filter { category: query.category, actor: query.actor, from: query.from, to: query.to };
    let entries = state.app.list_audit(&actor, &filter, before, limit + 1).await?;
    Ok(Items::page(entries, limit, |e| write_cursor(&[&e.seq.to_string()])))
}

/// The number and hash of the newest entry. Administrators and auditors only.
#[utoipa::path(
    get, path = "/company/audit/head", tag = "audit",
    responses((status = 200, body = AuditHead), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub(crate) async fn get_audit_head(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<AuditHead>, ApiError> {
    Ok(axum::Json(state.app.audit_head(&actor).await?))
}
