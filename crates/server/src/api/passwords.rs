//! Passwords set by a link in a mail.

use super::Empty;
use crate::error::ApiError;
use crate::extract::{ClientIp, Id, Json, SignedIn, cross_site, is_same_origin};
use crate::state::AppState;
use axum::extract::State;
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use liaison_app::Problem;
use liaison_app::passwords::LinkHolder;
use liaison_app::views::MemberView;
use liaison_domain::MemberId;
use serde::Deserialize;
use utoipa::ToSchema;

/// Who has forgotten their password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgottenPassword {
    /// In full: `mina@hana.example`.
    handle: String,
}

/// Asks for a mail with a link to set a new password, valid for an hour. The answer is the same for every handle.
#[utoipa::path(
    post, path = "/password-resets", tag = "access", security(()), request_body = ForgottenPassword,
    responses((status = 202, description = "Taken. If somebody has this handle, can sign in and has an e-mail address, a mail is on its way"), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem, description = "Too many at once: try again"))
)]
pub(crate) async fn request_password_reset(
    State(state): State<AppState>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Json(body): Json<ForgottenPassword>,
) -> Result<Empty, ApiError> {
    own_pages_only(&headers, &state)?;
    state.app.request_password_reset(&body.handle, ip).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The secret of a link: what stands behind `/reset-password/` in it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSecret {
    /// The secret.
    secret: String,
}

/// Whose password a link sets. Code `LINK_USED`, `LINK_REPLACED` or `LINK_EXPIRED` where it did once.
#[utoipa::path(
    post, path = "/password-resets/link", tag = "access", security(()), request_body = LinkSecret,
    responses((status = 200, body = LinkHolder), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn read_password_link(
    State(state): State<AppState>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Json(body): Json<LinkSecret>,
) -> Result<axum::Json<LinkHolder>, ApiError> {
    own_pages_only(&headers, &state)?;
    Ok(axum::Json(state.app.read_password_link(&body.secret, ip.as_deref()).await?))
}

/// The secret of a link, and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordByLink {
    /// The secret.
    secret: String,
    /// 10 to 200 characters.
    password: String,
}

/// Sets the password of a link's member. The link is used up; all their sessions and tokens end.
#[utoipa::path(
    post, path = "/password-resets/password", tag = "access", security(()), request_body = PasswordByLink,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn set_password_by_link(
    State(state): State<AppState>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Json(body): Json<PasswordByLink>,
) -> Result<Empty, ApiError> {
    own_pages_only(&headers, &state)?;
    state.app.set_password_by_link(&body.secret, &body.password, ip).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a member a link to set their password: the first one, valid for seven days, or a new one, for an hour. Owners
/// and security administrators only. How far the mail got stands in `signIn.link`.
#[utoipa::path(
    post, path = "/company/members/{id}/password-link", tag = "company", params(("id" = MemberId, Path)),
    responses((status = 202, body = MemberView, description = "On its way"), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn send_password_link(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<MemberId>,
) -> Result<(StatusCode, axum::Json<MemberView>), ApiError> {
    state.app.send_password_link(&actor, id).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(state.app.get_member(&actor, id).await?)))
}

/// Another site must not act through the browser of whoever visits it, be they signed in or not (I-43).
fn own_pages_only(headers: &HeaderMap, state: &AppState) -> Result<(), ApiError> {
    if headers.contains_key(ORIGIN) && !is_same_origin(headers, state) { Err(cross_site()) } else { Ok(()) }
}
