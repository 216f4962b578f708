//! Signing in and out, tokens, oneself.

use super::{Empty, Items};
use crate::error::ApiError;
use crate::extract::{ClientIp, Id, Json, SignedIn, Upload, cross_site, is_same_origin};
use crate::state::AppState;
use axum::extract::State;
use axum::http::header::{ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use liaison_app::auth::{NewToken, SESSION_MS, TokenView};
use liaison_app::members::{MeView, OwnChange};
use liaison_app::outgoing::Kind;
use liaison_app::{AppError, Problem};
use liaison_domain::{Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a sign-in page must know before anybody is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerView {
    /// Whether the operator has made a company yet.
    has_companies: bool,
    /// Whether the server can send mail: then one who has forgotten their password gets a link.
    sends_mail: bool,
    /// The program's version.
    version: &'static str,
}

/// What a sign-in page must know.
#[utoipa::path(get, path = "/server", tag = "access", security(()), responses((status = 200, body = ServerView)))]
pub(crate) async fn get_server(State(state): State<AppState>) -> Result<axum::Json<ServerView>, ApiError> {
    let has_companies = state.app.has_companies().await?;
    let sends_mail = state.app.outgoing.is_set_up(Kind::Mail);
    Ok(axum::Json(ServerView { has_companies, sends_mail, version: env!("CARGO_PKG_VERSION") }))
}

/// Handle and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// In full: `mina@hana.example`.
    handle: String,
    /// The password.
    password: String,
}

/// Signs a browser in: the answer sets a cookie.
#[utoipa::path(
    post, path = "/sessions", tag = "access", security(()), request_body = SignIn,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn create_session(
    State(state): State<AppState>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Result<Response, ApiError> {
    // Signing somebody into another's account from another site is an attack too.
    if headers.contains_key(ORIGIN) && !is_same_origin(&headers, &state) {
        return Err(cross_site());
    }
    let secret = state.app.sign_in(&body.handle, &body.password, ip).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, set_cookie(&state, &secret, SESSION_MS / 1000))]).into_response())
}

fn set_cookie(state: &AppState, value: &str, max_age_s: i64) -> String {
    let secure = if state.edge.is_secure() { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}", state.edge.cookie())
}

/// Signs out.
#[utoipa::path(delete, path = "/sessions/current", tag = "access", responses((status = 204), (status = 401, body = Problem)))]
pub(crate) async fn delete_session(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<Response, ApiError> {
    state.app.sign_out(&actor).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, set_cookie(&state, "", 0))]).into_response())
}

/// What a token is made from.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// In full: `mina@hana.example`.
    handle: String,
    /// The password.
    password: String,
    /// What the token is for.
    label: String,
    /// When it ends; absent for never.
    expires_at: Option<Timestamp>,
}

/// Makes a bearer token for a program; the secret is shown this once.
#[utoipa::path(
    post, path = "/tokens", tag = "access", security(()), request_body = TokenRequest,
    responses((status = 201, body = NewToken), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn create_token(
    State(state): State<AppState>,
    ClientIp(ip): ClientIp,
    Json(body): Json<TokenRequest>,
) -> Result<(StatusCode, axum::Json<NewToken>), ApiError> {
    let token = state.app.create_token(&body.handle, &body.password, &body.label, body.expires_at, ip).await?;
    Ok((StatusCode::CREATED, axum::Json(token)))
}

/// One's tokens.
#[utoipa::path(get, path = "/tokens", tag = "access", responses((status = 200, body = Items<TokenView>), (status = 401, body = Problem)))]
pub(crate) async fn list_tokens(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<Items<TokenView>>, ApiError> {
    Ok(Items::all(state.app.list_tokens(&actor).await?))
}

/// Ends one of one's tokens.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "access", params(("id" = TokenId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn delete_token(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, ApiError> {
    state.app.delete_token(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Oneself.
#[utoipa::path(get, path = "/me", tag = "access", responses((status = 200, body = MeView), (status = 401, body = Problem)))]
pub(crate) async fn get_me(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<MeView>, ApiError> {
    Ok(axum::Json(state.app.me(&actor).await?))
}

/// A change of oneself (JSON merge patch): null takes away, what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeChange {
    /// What one wants to be called.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    nickname: Option<Option<String>>,
    /// One's settings.
    settings: Option<SettingsChange>,
}

/// A change of one's settings.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SettingsChange {
    /// en, ja or ko; null for the browser's.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// IANA name of one's time zone; null for the company's.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// Whether others see how far one has read.
    read_receipts: Option<bool>,
    /// Whether people outside find one by one's phone number, which must have been proven.
    searchable_by_phone: Option<bool>,
}

/// Changes oneself.
#[utoipa::path(
    patch, path = "/me", tag = "access", request_body = MeChange,
    responses((status = 200, body = MeView), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_me(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<MeChange>,
) -> Result<axum::Json<MeView>, ApiError> {
    let settings = body.settings.unwrap_or_default();
    let change = OwnChange {
        nickname: body.nickname,
        language: settings.language,
        time_zone: settings.time_zone,
        read_receipts: settings.read_receipts,
        searchable_by_phone: settings.searchable_by_phone,
    };
    Ok(axum::Json(state.app.change_me(&actor, change).await?))
}

/// Sets one's photo: a JPEG, PNG or WebP picture of up to 10 MB and 40 million pixels as the body. The square in its
/// middle is drawn anew, at most 512 pixels wide, without its metadata.
#[utoipa::path(
    put, path = "/me/photo", tag = "access",
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    responses((status = 200, body = MeView), (status = 401, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem))
)]
pub(crate) async fn set_own_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Upload(picture): Upload,
) -> Result<axum::Json<MeView>, ApiError> {
    Ok(axum::Json(state.app.change_own_photo(&actor, Some(picture)).await?))
}

/// Takes one's photo away.
#[utoipa::path(delete, path = "/me/photo", tag = "access", responses((status = 204), (status = 401, body = Problem)))]
pub(crate) async fn delete_own_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<Empty, ApiError> {
    state.app.change_own_photo(&actor, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The current and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The current one.
    current_password: String,
    /// The new one, 10 to 200 characters.
    new_password: String,
}

/// Changes one's password. All one's other sessions and all tokens end.
#[utoipa::path(
    post, path = "/me/password", tag = "access", request_body = PasswordChange,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn change_password(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<PasswordChange>,
) -> Result<Empty, ApiError> {
    state.app.change_password(&actor, &body.current_password, &body.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A path under `/api` that leads nowhere.
pub(crate) async fn no_such_path() -> ApiError {
    AppError::NotFound.into()
}

/// A path that does not know this method.
pub(crate) async fn no_such_method() -> ApiError {
    ApiError::edge(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This path does not know this method.")
}
