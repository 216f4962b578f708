//! Gatekeeping: from a request to who asks and what they send.

use crate::error::ApiError;
use crate::retry::Repeatable;
use crate::state::AppState;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, IF_MATCH, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use liaison_app::pictures::MAX_BYTES;
use liaison_app::{Actor, AppError, FieldError};
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::sync::Arc;

/// The address a request came from, for limits and the audit log.
#[derive(Debug, Clone)]
pub(crate) struct ClientIp(pub Option<String>);

impl FromRequestParts<AppState> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|ConnectInfo(addr)| state.edge.client(addr.ip(), &parts.headers).to_string())))
    }
}

/// Whoever is signed in, by cookie or bearer token.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn(pub Actor);

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let ClientIp(ip) = ClientIp::from_request_parts(parts, state).await?;
        let retry = parts.extensions.get::<Repeatable>().map(|Repeatable(retry)| Arc::clone(retry));
        let under_key = |actor| Self(Actor { retry, ..actor });
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let token = header.to_str().ok().and_then(|h| h.strip_prefix("Bearer "));
            let token = token.ok_or(AppError::SignInRequired)?;
            return Ok(under_key(state.app.actor_by_token(token.trim(), ip).await?));
        }
        let secret = cookie(&parts.headers, state.edge.cookie()).ok_or(AppError::SignInRequired)?;
        if !is_safe(&parts.method) && !is_same_origin(&parts.headers, state) {
            return Err(cross_site());
        }
        Ok(under_key(state.app.actor_by_session(secret, ip).await?))
    }
}

pub(crate) fn cross_site() -> ApiError {
    ApiError::edge(
        StatusCode::FORBIDDEN,
        "CROSS_SITE",
        "A browser session is used from the server's own pages only. Programs send a bearer token.",
    )
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|h| h.to_str().ok());
    all.flat_map(|h| h.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Whether a request comes from our own pages (I-42, I-43). Browsers say so themselves, in headers that no page can
/// forge; a request that says nothing is not from a browser of this decade and is refused with the rest.
pub(crate) fn is_same_origin(headers: &HeaderMap, state: &AppState) -> bool {
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return false;
    }
    let Some(origin) = headers.get(ORIGIN).and_then(|o| o.to_str().ok()) else {
        return headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    };
    if let Some(url) = &state.edge.public_url {
        return origin == url.trim_end_matches('/');
    }
    let scheme = if state.edge.tls { "https" } else { "http" };
    headers.get(HOST).and_then(|h| h.to_str().ok()).is_some_and(|host| origin == format!("{scheme}://{host}"))
}

/// A JSON body. Unknown fields are refused (I-10); what is wrong is said with its place.
#[derive(Debug)]
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|h| h.to_str().ok()).unwrap_or("");
        let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        // Also what keeps other sites' plain forms out: a form cannot send these types without asking first.
        if kind != "application/json" && kind != "application/merge-patch+json" {
            return Err(ApiError::edge(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "NOT_JSON",
                "Send the body as application/json.",
            ));
        }
        let bytes = whole_body(request, state).await?;
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let inner = error.inner();
            if inner.is_data() {
                let pointer = pointer(error.path());
                ApiError::from(AppError::Invalid(vec![FieldError {
                    pointer,
                    code: "SHAPE".into(),
                    text: without_place(&inner.to_string()),
                }]))
            } else {
                malformed(inner)
            }
        })?;
        deserializer.end().map_err(|error| malformed(&error))?;
        Ok(Self(value))
    }
}

/// A request's body, within the bounds of size and time.
///
/// # Errors
/// Where it is too large or did not come.
pub(crate) async fn whole_body(request: Request, state: &AppState) -> Result<Bytes, ApiError> {
    body_within(request, state, "The body is larger than 1 MiB.").await
}

async fn body_within(request: Request, state: &AppState, too_large: &str) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::edge(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", too_large)
        } else {
            let detail = "The body did not arrive whole in time. Send the request again.";
            ApiError::edge(StatusCode::REQUEST_TIMEOUT, "BODY_INCOMPLETE", detail)
        }
    })
}

/// A picture as the body. What type it is said to be counts for nothing; these bodies have a limit of their own.
#[derive(Debug)]
pub(crate) struct Upload(pub Bytes);

impl FromRequest<AppState> for Upload {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, state: &AppState) -> Result<Self, ApiError> {
        DefaultBodyLimit::max(MAX_BYTES).apply(&mut request);
        body_within(request, state, "The picture is larger than 10 MB. Make it smaller first.").await.map(Self)
    }
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let detail = format!("The body is not JSON: line {}, column {}.", error.line(), error.column());
    ApiError::edge(StatusCode::BAD_REQUEST, "MALFORMED_JSON", detail)
}

/// serde ends its sentences with a line and column, which the pointer says better.
fn without_place(text: &str) -> String {
    text.split(" at line ").next().unwrap_or(text).to_owned()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    pointer
}

/// Query parameters. Unknown ones are refused.
#[derive(Debug)]
pub(crate) struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => {
                let text = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                Err(AppError::field("/query", "PARAMETER", text).into())
            }
        }
    }
}

/// An id in the path. What is not an id of the kind answers like an id of nothing (I-05).
#[derive(Debug)]
pub(crate) struct Id<T>(pub T);

impl<T: std::str::FromStr + Send> FromRequestParts<AppState> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let axum::extract::Path(text) =
            axum::extract::Path::<String>::from_request_parts(parts, state).await.map_err(|_| AppError::NotFound)?;
        text.parse().map(Self).map_err(|_| AppError::NotFound.into())
    }
}

/// Two ids in the path.
#[derive(Debug)]
pub(crate) struct Ids<A, B>(pub A, pub B);

impl<A: std::str::FromStr + Send, B: std::str::FromStr + Send> FromRequestParts<AppState> for Ids<A, B> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let axum::extract::Path((a, b)) = axum::extract::Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| AppError::NotFound)?;
        match (a.parse(), b.parse()) {
            (Ok(a), Ok(b)) => Ok(Self(a, b)),
            _ => Err(AppError::NotFound.into()),
        }
    }
}

/// The version a caller last saw, from `If-Match`.
#[derive(Debug)]
pub(crate) struct Expected(pub Option<i64>);

impl FromRequestParts<AppState> for Expected {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let Some(header) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = header.to_str().unwrap_or("").trim();
        if text == "*" {
            return Ok(Self(None));
        }
        // An ETag that is none of ours cannot be the current one.
        Ok(Self(Some(text.trim_matches('"').parse().unwrap_or(-1))))
    }
}

/// The most items of a page.
const MAX_LIMIT: i64 = 200;

/// The number of items wanted.
///
/// # Errors
/// Where it is not between 1 and 200.
pub(crate) fn limit(wanted: Option<i64>) -> Result<i64, ApiError> {
    match wanted.unwrap_or(50) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(AppError::field("/limit", "RANGE", format!("is between 1 and {MAX_LIMIT}")).into()),
    }
}

/// A place in a list as text that callers hand back and do not read.
pub(crate) fn write_cursor(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(parts.join("\u{1f}"))
}

/// Reads a place in a list back.
///
/// # Errors
/// Where it is not one of ours.
pub(crate) fn read_cursor(cursor: Option<&str>, parts: usize) -> Result<Option<Vec<String>>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let found: Option<Vec<String>> = text.map(|t| t.split('\u{1f}').map(ToOwned::to_owned).collect());
    found.filter(|f| f.len() == parts).map(Some).ok_or_else(bad_cursor)
}

pub(crate) fn bad_cursor() -> ApiError {
    AppError::field("/cursor", "CURSOR", "is a nextCursor of this list").into()
}
