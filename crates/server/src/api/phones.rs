//! One's phone number: proving it, and who found one by it.

use super::{Empty, Items};
use crate::error::ApiError;
use crate::extract::{Json, Params, SignedIn, bad_cursor, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use liaison_app::Problem;
use liaison_app::members::MeView;
use liaison_app::phones::{PhoneCodeView, PhoneFind};
use liaison_domain::CompanyId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// A phone number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneChange {
    /// In international form, or as people of one's company's country dial it: `090-1234-5678`.
    phone: String,
}

/// Sets one's phone number and sends a code to it, which proves that it is one's own. The same number again renews the
/// proof, or sends another code; another number is not proven, and nobody finds one by it.
#[utoipa::path(
    put, path = "/me/phone", tag = "access", request_body = PhoneChange,
    responses((status = 202, body = PhoneCodeView, description = "A code is on its way"), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn change_phone(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<PhoneChange>,
) -> Result<(StatusCode, axum::Json<PhoneCodeView>), ApiError> {
    Ok((StatusCode::ACCEPTED, axum::Json(state.app.change_phone(&actor, &body.phone).await?)))
}

/// Takes one's phone number away.
#[utoipa::path(delete, path = "/me/phone", tag = "access", responses((status = 204), (status = 401, body = Problem)))]
pub(crate) async fn delete_phone(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Result<Empty, ApiError> {
    state.app.remove_phone(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneProof {
    /// The six digits of the text message.
    code: String,
}

/// Proves one's phone number with the code that was sent to it. Five wrong codes, or ten minutes, and it takes a new one.
#[utoipa::path(
    post, path = "/me/phone/verify", tag = "access", request_body = PhoneProof,
    responses((status = 200, body = MeView), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn verify_phone(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<PhoneProof>,
) -> Result<axum::Json<MeView>, ApiError> {
    state.app.verify_phone(&actor, &body.code).await?;
    Ok(axum::Json(state.app.me(&actor).await?))
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindQuery {
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Which companies found one by one's phone number in the last 90 days, newest first: a line for a company and a day.
#[utoipa::path(
    get, path = "/me/phone/finds", tag = "access", params(FindQuery),
    responses((status = 200, body = Items<PhoneFind>), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_phone_finds(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(query): Params<FindQuery>,
) -> Result<axum::Json<Items<PhoneFind>>, ApiError> {
    let limit = limit(query.limit)?;
    let after = match read_cursor(query.cursor.as_deref(), 2)? {
        Some(parts) => Some((parts[0].clone(), parts[1].parse::<CompanyId>().map_err(|_| bad_cursor())?)),
        None => None,
    };
    let finds = state.app.list_phone_finds(&actor, after, limit + 1).await?;
    Ok(Items::page(finds, limit, |f| write_cursor(&[&f.day, &f.company.to_string()])))
}
