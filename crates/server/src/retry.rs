//! `Idempotency-Key`: a POST whose answer got lost may be sent again with the same key, and happens once.

use crate::error::ApiError;
use crate::extract::{SignedIn, whole_body};
use crate::state::AppState;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use liaison_app::AppError;
use liaison_app::retries::{KeptAnswer, Retry};
use std::sync::Arc;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is the one given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The largest answer that is kept, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// Calls that answer with a secret, which is kept nowhere, and calls before sign-in, which are nobody's.
pub(crate) const SECRET: &[&str] = &[
    "/sessions",
    "/tokens",
    "/invitations",
    "/me/card/rotate",
    "/password-resets",
    "/password-resets/link",
    "/password-resets/password",
];

/// The request's key, for [`SignedIn`] to hand on.
#[derive(Clone)]
pub(crate) struct Repeatable(pub Arc<Retry>);

/// Answers a repeated request with what was answered before, and keeps what is answered now.
pub(crate) async fn once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    under_key(&state, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn under_key(state: &AppState, request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    if SECRET.contains(&parts.uri.path()) {
        let detail = "This call returns a secret, or comes before sign-in: it takes no Idempotency-Key.";
        return Err(ApiError::edge(StatusCode::UNPROCESSABLE_ENTITY, "NOT_REPEATABLE", detail));
    }
    let SignedIn(actor) = SignedIn::from_request_parts(&mut parts, state).await?;
    let body = whole_body(Request::from_parts(parts.clone(), body), state).await?;
    let key = parts.headers.get(KEY).and_then(|k| k.to_str().ok()).unwrap_or_default();
    let target = parts.uri.path_and_query().map_or("", |p| p.as_str());
    let retry = Arc::new(state.app.retry(key, &[target.as_bytes(), &body])?);
    if let Some(KeptAnswer { status, body }) = state.app.find_answer(actor.id, &retry).await? {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut response = (status, [(REPLAYED, HeaderValue::from_static("true"))], body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    }
    parts.extensions.insert(Repeatable(Arc::clone(&retry)));
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ANSWER).await.map_err(|error| AppError::Internal(error.to_string()))?;
    let answer = KeptAnswer { status: parts.status.as_u16(), body: String::from_utf8_lossy(&body).into_owned() };
    // It is done and answered; that the answer could not be kept is for the log.
    if let Err(error) = state.app.settle_retry(actor.id, &retry, answer).await {
        tracing::warn!(failure = liaison_app::error::describe(&error), "an answer could not be kept for repetition");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}
