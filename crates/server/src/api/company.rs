//! One's company, its members and teams.

use super::Items;
use crate::error::ApiError;
use crate::extract::{Id, Json, Params, SignedIn, Upload, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use liaison_app::Problem;
use liaison_app::companies::{CompanyView, ProfileChange};
use liaison_app::first_steps::FirstStepsView;
use liaison_app::members::{MemberChange, MemberDraft};
use liaison_app::views::MemberView;
use liaison_domain::{MemberId, MemberStatus, Role, TeamId};
use liaison_store::members::{Photo, Search};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One's company.
#[utoipa::path(get, path = "/company", tag = "company", responses((status = 200, body = CompanyView), (status = 401, body = Problem)))]
pub(crate) async fn get_company(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<CompanyView>, ApiError> {
    Ok(axum::Json(state.app.company(&actor).await?))
}

/// A change of the company.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CompanyChange {
    /// Its name.
    name: Option<String>,
    /// ISO 3166 country code.
    country: Option<String>,
    /// IANA name of its time zone.
    time_zone: Option<String>,
}

/// Changes the company's profile. Owners and security administrators only.
#[utoipa::path(
    patch, path = "/company", tag = "company", request_body = CompanyChange,
    responses((status = 200, body = CompanyView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_company(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<CompanyChange>,
) -> Result<axum::Json<CompanyView>, ApiError> {
    let change = ProfileChange { name: body.name, country: body.country, time_zone: body.time_zone };
    Ok(axum::Json(state.app.change_company(&actor, change).await?))
}

/// The company's logo.
#[utoipa::path(
    get, path = "/company/logo", tag = "company",
    responses(
        (status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 304, description = "Unchanged: If-None-Match names this logo"),
        (status = 401, body = Problem), (status = 404, body = Problem)
    )
)]
pub(crate) async fn get_company_logo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(photo(state.app.company_logo(&actor).await?, &headers))
}

/// Sets the company's logo: a JPEG, PNG or WebP picture of up to 10 MB and 40 million pixels as the body. It is drawn
/// anew, at most 512 pixels wide and high, without its metadata. Owners and security administrators only.
#[utoipa::path(
    put, path = "/company/logo", tag = "company",
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    responses((status = 200, body = CompanyView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem))
)]
pub(crate) async fn set_company_logo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Upload(picture): Upload,
) -> Result<axum::Json<CompanyView>, ApiError> {
    Ok(axum::Json(state.app.change_logo(&actor, Some(picture)).await?))
}

/// Takes the company's logo away. Owners and security administrators only.
#[utoipa::path(
    delete, path = "/company/logo", tag = "company",
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub(crate) async fn delete_company_logo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<StatusCode, ApiError> {
    state.app.change_logo(&actor, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a new company's administrators do first, and what of it is done. Owners and security administrators only.
#[utoipa::path(
    get, path = "/company/first-steps", tag = "company",
    responses((status = 200, body = FirstStepsView), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub(crate) async fn get_first_steps(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<FirstStepsView>, ApiError> {
    Ok(axum::Json(state.app.first_steps(&actor).await?))
}

/// A change of the first steps.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstStepsChange {
    /// Whether they are put away, for the whole company.
    hidden: bool,
}

/// Puts the first steps away for the whole company, or shows them again. Owners and security administrators only.
#[utoipa::path(
    patch, path = "/company/first-steps", tag = "company", request_body = FirstStepsChange,
    responses((status = 200, body = FirstStepsView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_first_steps(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<FirstStepsChange>,
) -> Result<axum::Json<FirstStepsView>, ApiError> {
    Ok(axum::Json(state.app.hide_first_steps(&actor, body.hidden).await?))
}

/// Which members.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MemberQuery {
    /// Words to find in name, nickname, title or handle.
    query: Option<String>,
    /// Only members of this team.
    team: Option<TeamId>,
    /// Only members of this status.
    status: Option<MemberStatus>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// The directory of one's company, by handle.
#[utoipa::path(
    get, path = "/company/members", tag = "company", params(MemberQuery),
    responses((status = 200, body = Items<MemberView>), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_members(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(query): Params<MemberQuery>,
) -> Result<axum::Json<Items<MemberView>>, ApiError> {
    let limit = limit(query.limit)?;
    let after = read_cursor(query.cursor.as_deref(), 1)?.map(|mut parts| parts.remove(0));
    let search = Search { query: query.query, team: query.team, status: query.status, after };
    let members = state.app.list_members(&actor, &search, limit + 1).await?;
    Ok(Items::page(members, limit, |m| write_cursor(&[&m.handle])))
}

/// A colleague.
#[utoipa::path(
    get, path = "/company/members/{id}", tag = "company", params(("id" = MemberId, Path)),
    responses((status = 200, body = MemberView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_member(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<MemberId>,
) -> Result<axum::Json<MemberView>, ApiError> {
    Ok(axum::Json(state.app.get_member(&actor, id).await?))
}

/// What a member is made from.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMember {
    /// In full: `mina@hana.example`.
    handle: String,
    /// Their name.
    name: String,
    /// 10 to 200 characters; works at once. Without one, a member with an e-mail address is sent a link to set it.
    password: Option<String>,
    /// What they want to be called.
    nickname: Option<String>,
    /// Their job title.
    title: Option<String>,
    /// Their e-mail address.
    email: Option<String>,
    /// Their phone number, in international form or as people of the company's country dial it. It is not proven by that.
    phone: Option<String>,
    /// What they may do in the console; owners alone give roles.
    role: Option<Role>,
    /// Their teams.
    #[serde(default)]
    teams: Vec<TeamId>,
}

/// Makes a member. Owners and security administrators only.
#[utoipa::path(
    post, path = "/company/members", tag = "company", request_body = NewMember,
    responses((status = 201, body = MemberView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create_member(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewMember>,
) -> Result<(StatusCode, axum::Json<MemberView>), ApiError> {
    let draft = MemberDraft {
        handle: body.handle,
        name: body.name,
        password: body.password,
        nickname: body.nickname,
        title: body.title,
        email: body.email,
        phone: body.phone,
        role: body.role,
        teams: body.teams,
    };
    Ok((StatusCode::CREATED, axum::Json(state.app.create_member(&actor, draft).await?)))
}

/// A change of a member (JSON merge patch): null takes away, what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MemberPatch {
    /// Their name.
    name: Option<String>,
    /// What they want to be called.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    nickname: Option<Option<String>>,
    /// Their job title.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    /// Their e-mail address.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// What they may do in the console; owners alone change roles.
    role: Option<Role>,
    /// Active, suspended or left.
    status: Option<PatchedStatus>,
    /// Their teams, all of them.
    teams: Option<Vec<TeamId>>,
    /// A new password, 10 to 200 characters; signs them out.
    password: Option<String>,
}

/// What an administrator can make of a member.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PatchedStatus {
    /// Takes part.
    Active,
    /// Held back.
    Suspended,
    /// Gone for good: what they issued is revoked, and they do not come back.
    Left,
}

/// Changes a member. Owners and security administrators only.
#[utoipa::path(
    patch, path = "/company/members/{id}", tag = "company", params(("id" = MemberId, Path)), request_body = MemberPatch,
    responses((status = 200, body = MemberView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_member(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<MemberId>,
    Json(body): Json<MemberPatch>,
) -> Result<axum::Json<MemberView>, ApiError> {
    let change = MemberChange {
        name: body.name,
        nickname: body.nickname,
        title: body.title,
        email: body.email,
        role: body.role,
        status: body.status.map(|s| match s {
            PatchedStatus::Active => MemberStatus::Active,
            PatchedStatus::Suspended => MemberStatus::Suspended,
            PatchedStatus::Left => MemberStatus::Left,
        }),
        teams: body.teams,
        password: body.password,
    };
    Ok(axum::Json(state.app.change_member(&actor, id, change).await?))
}

/// A team of the company.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamView {
    /// Its id.
    id: TeamId,
    /// Its name.
    name: String,
    /// How many members it has.
    member_count: i64,
}

impl From<liaison_store::members::Team> for TeamView {
    fn from(team: liaison_store::members::Team) -> Self {
        Self { id: team.id, name: team.name, member_count: team.member_count }
    }
}

/// The company's teams, by name.
#[utoipa::path(get, path = "/company/teams", tag = "company", responses((status = 200, body = Items<TeamView>), (status = 401, body = Problem)))]
pub(crate) async fn list_teams(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<Items<TeamView>>, ApiError> {
    Ok(Items::all(state.app.list_teams(&actor).await?.into_iter().map(Into::into).collect()))
}

/// What a team is made from.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewTeam {
    /// Its name.
    name: String,
    /// Who is in it.
    #[serde(default)]
    member_ids: Vec<MemberId>,
}

/// Makes a team. Owners and security administrators only.
#[utoipa::path(
    post, path = "/company/teams", tag = "company", request_body = NewTeam,
    responses((status = 201, body = TeamView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create_team(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewTeam>,
) -> Result<(StatusCode, axum::Json<TeamView>), ApiError> {
    let team = state.app.create_team(&actor, &body.name, &body.member_ids).await?;
    Ok((StatusCode::CREATED, axum::Json(team.into())))
}

/// A member's photo: for colleagues, and for people in one open room with them.
#[utoipa::path(
    get, path = "/members/{id}/photo", tag = "company", params(("id" = MemberId, Path)),
    responses(
        (status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 304, description = "Unchanged: If-None-Match names this photo"),
        (status = 401, body = Problem), (status = 404, body = Problem)
    )
)]
pub(crate) async fn get_member_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<MemberId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(photo(state.app.member_photo(&actor, id).await?, &headers))
}

/// Sets a colleague's photo: a JPEG, PNG or WebP picture of up to 10 MB and 40 million pixels as the body. The square in
/// its middle is drawn anew, at most 512 pixels wide, without its metadata. Owners and security administrators only.
#[utoipa::path(
    put, path = "/company/members/{id}/photo", tag = "company", params(("id" = MemberId, Path)),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    responses((status = 200, body = MemberView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem))
)]
pub(crate) async fn set_member_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<MemberId>,
    Upload(picture): Upload,
) -> Result<axum::Json<MemberView>, ApiError> {
    Ok(axum::Json(state.app.change_photo(&actor, id, Some(picture)).await?))
}

/// Takes a colleague's photo away. Owners and security administrators only.
#[utoipa::path(
    delete, path = "/company/members/{id}/photo", tag = "company", params(("id" = MemberId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn delete_member_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<MemberId>,
) -> Result<StatusCode, ApiError> {
    state.app.change_photo(&actor, id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A photo as an answer. A browser may keep it and has to ask each time whether it still may and still is the same: the
/// right to see it can end, and no shared cache has it (I-55).
pub(crate) fn photo(photo: Photo, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", photo.digest);
    let kept = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|h| h.to_str().ok());
    let unchanged = kept.flat_map(|h| h.split(',')).any(|kept| kept.trim().trim_start_matches("W/") == tag);
    let rules = [(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if unchanged {
        return (StatusCode::NOT_MODIFIED, rules).into_response();
    }
    (rules, [(header::CONTENT_TYPE, photo.media_type)], photo.bytes).into_response()
}
