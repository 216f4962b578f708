//! Invitations, one's card, and what opens by their codes.

use super::{Empty, Items, present};
use crate::api::company::photo;
use crate::error::ApiError;
use crate::extract::{ClientIp, Id, Json, Params, SignedIn, bad_cursor, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use liaison_app::invitations::{Accepted, Action, CardView, Draft, InvitationUse, InvitationView, OpenedView};
use liaison_app::{AppError, Problem};
use liaison_domain::{InvitationId, MemberId, Network, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// One's card: the invitation one carries along. The first time, one is made.
#[utoipa::path(
    get, path = "/me/card", tag = "invitations",
    responses((status = 200, body = CardView), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub(crate) async fn get_card(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<CardView>, ApiError> {
    Ok(axum::Json(state.app.card_of_mine(&actor).await?))
}

/// Gives oneself another card. Whoever has the old one finds nothing any more.
#[utoipa::path(
    post, path = "/me/card/rotate", tag = "invitations",
    responses((status = 200, body = CardView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn rotate_card(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<CardView>, ApiError> {
    Ok(axum::Json(state.app.rotate_card(&actor).await?))
}

/// What an invitation is made from.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewInvitation {
    /// For which network.
    network: Network,
    /// What it is for, for one's own list: at most 100 characters.
    purpose: Option<String>,
    /// First moment it no longer counts; 14 days ahead where absent. The company may bound it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>, nullable = false)]
    expires_at: Option<Option<Timestamp>>,
    /// How many people may come in; null or absent for any number.
    max_uses: Option<i64>,
    /// The language of its text and mail, `en`, `ja` or `ko`; one's own where absent.
    language: Option<String>,
    /// To whom the server mails it, at once.
    email: Option<String>,
}

/// Issues an invitation.
#[utoipa::path(
    post, path = "/invitations", tag = "invitations", request_body = NewInvitation,
    responses((status = 201, body = InvitationView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn create_invitation(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewInvitation>,
) -> Result<(StatusCode, axum::Json<InvitationView>), ApiError> {
    let NewInvitation { network, purpose, expires_at, max_uses, language, email } = body;
    if expires_at == Some(None) {
        return Err(AppError::field("/expiresAt", "NULL", "is a moment: an invitation always ends").into());
    }
    let draft = Draft { network, purpose, expires_at: expires_at.flatten(), max_uses, language, email };
    Ok((StatusCode::CREATED, axum::Json(state.app.create_invitation(&actor, draft).await?)))
}

/// A page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// One's invitations, newest first, with the cards one gave up.
#[utoipa::path(
    get, path = "/invitations", tag = "invitations", params(Page),
    responses((status = 200, body = Items<InvitationView>), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_invitations(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(page): Params<Page>,
) -> Result<axum::Json<Items<InvitationView>>, ApiError> {
    let limit = limit(page.limit)?;
    let before = match read_cursor(page.cursor.as_deref(), 1)? {
        Some(parts) => Some(parts[0].parse::<InvitationId>().map_err(|_| bad_cursor())?),
        None => None,
    };
    let found = state.app.list_invitations(&actor, before, limit + 1).await?;
    Ok(Items::page(found, limit, |i| write_cursor(&[&i.id.to_string()])))
}

/// One of one's invitations, or one's card.
#[utoipa::path(
    get, path = "/invitations/{id}", tag = "invitations", params(("id" = InvitationId, Path)),
    responses((status = 200, body = InvitationView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_invitation(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvitationId>,
) -> Result<axum::Json<InvitationView>, ApiError> {
    Ok(axum::Json(state.app.get_invitation(&actor, id).await?))
}

/// Revokes an invitation or card: from now on it opens nothing.
#[utoipa::path(
    delete, path = "/invitations/{id}", tag = "invitations", params(("id" = InvitationId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn delete_invitation(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvitationId>,
) -> Result<Empty, ApiError> {
    state.app.revoke_invitation(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who came in by an invitation or card, latest first, under the names they had then.
#[utoipa::path(
    get, path = "/invitations/{id}/uses", tag = "invitations", params(("id" = InvitationId, Path), Page),
    responses((status = 200, body = Items<InvitationUse>), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_invitation_uses(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvitationId>,
    Params(page): Params<Page>,
) -> Result<axum::Json<Items<InvitationUse>>, ApiError> {
    let limit = limit(page.limit)?;
    let before = match read_cursor(page.cursor.as_deref(), 2)? {
        Some(parts) => {
            let at = parts[0].parse::<Timestamp>().map_err(|_| bad_cursor())?;
            Some((at, parts[1].parse::<MemberId>().map_err(|_| bad_cursor())?))
        }
        None => None,
    };
    let found = state.app.list_invitation_uses(&actor, id, before, limit + 1).await?;
    Ok(Items::page(found, limit, |u| write_cursor(&[&u.at.to_string(), &u.member_id.to_string()])))
}

/// The QR code of an invitation or card, as SVG.
#[utoipa::path(
    get, path = "/invitations/{id}/qr.svg", tag = "invitations", params(("id" = InvitationId, Path)),
    responses((status = 200, content_type = "image/svg+xml", body = String), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_invitation_qr_svg(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvitationId>,
) -> Result<Response, ApiError> {
    Ok(picture("image/svg+xml", state.app.invitation_qr(&actor, id).await?.svg().into_bytes()))
}

/// The QR code of an invitation or card, as PNG.
#[utoipa::path(
    get, path = "/invitations/{id}/qr.png", tag = "invitations", params(("id" = InvitationId, Path)),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_invitation_qr_png(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<InvitationId>,
) -> Result<Response, ApiError> {
    Ok(picture("image/png", state.app.invitation_qr(&actor, id).await?.png()?))
}

/// Kept nowhere: what it shows opens an invitation.
fn picture(media_type: &'static str, bytes: Vec<u8>) -> Response {
    let kept = [(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"))];
    ([(header::CONTENT_TYPE, media_type)], kept, bytes).into_response()
}

/// Who issued an invitation. Needs no sign-in, only the code; a code that opens nothing answers like one of nothing.
#[utoipa::path(
    get, path = "/invitations/by-code/{code}", tag = "invitations", security(()), params(("code" = String, Path)),
    responses((status = 200, body = OpenedView), (status = 404, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn open_invitation(
    State(state): State<AppState>,
    ClientIp(ip): ClientIp,
    Id(code): Id<String>,
) -> Result<axum::Json<OpenedView>, ApiError> {
    Ok(axum::Json(state.app.open_invitation(&code, ip.as_deref()).await?))
}

/// The photo of whoever issued an invitation. Needs no sign-in, only the code.
#[utoipa::path(
    get, path = "/invitations/by-code/{code}/photo", tag = "invitations", security(()), params(("code" = String, Path)),
    responses((status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))), (status = 304, description = "Unchanged: If-None-Match names this photo"), (status = 404, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn get_inviter_photo(
    State(state): State<AppState>,
    ClientIp(ip): ClientIp,
    Id(code): Id<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(photo(state.app.inviter_photo(&code, ip.as_deref()).await?, &headers))
}

/// What to do with an invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// Add its inviter to one's contacts, or open the room with them alone.
    action: Action,
}

/// Accepts an invitation: the two can talk directly from then on.
#[utoipa::path(
    post, path = "/invitations/by-code/{code}/accept", tag = "invitations", request_body = Acceptance, params(("code" = String, Path)),
    responses((status = 200, body = Accepted), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn accept_invitation(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(code): Id<String>,
    Json(body): Json<Acceptance>,
) -> Result<axum::Json<Accepted>, ApiError> {
    Ok(axum::Json(state.app.accept_invitation(&actor, &code, body.action).await?))
}
