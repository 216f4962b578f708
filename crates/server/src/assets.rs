//! The web client, built into the program.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/build"]
struct Web;

/// The policy that every page is served under (I-52): scripts and styles from ourselves alone, and of inline scripts
/// only those that stand in the client's own page, by hash.
pub(crate) static CONTENT_SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let page = Web::get("index.html").map(|f| String::from_utf8_lossy(&f.data).into_owned()).unwrap_or_default();
    let mut hashes = String::new();
    for script in inline_scripts(&page) {
        hashes.push_str(" 'sha256-");
        hashes.push_str(&STANDARD.encode(Sha256::digest(script.as_bytes())));
        hashes.push('\'');
    }
    let policy = format!(
        "default-src 'none'; script-src 'self'{hashes}; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (body, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(body)
    })
}

/// Serves the web client: its files by name, and its one page for every other address, which the client reads itself.
pub(crate) async fn serve(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let (file, name) = match Web::get(path) {
        Some(file) if !path.is_empty() => (file, path),
        // A missing script must not be answered with a page.
        _ if path.starts_with("_app/") => return StatusCode::NOT_FOUND.into_response(),
        _ => {
            let Some(page) = Web::get("index.html") else {
                let text = "The web client was not built into this program: run `make build`.";
                return (StatusCode::NOT_FOUND, text).into_response();
            };
            (page, "index.html")
        }
    };
    // Files under immutable/ carry a hash in their name; everything else is asked for anew.
    let cache = if name.contains("/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = file.metadata.mimetype().to_owned();
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache.to_owned())], file.data.into_owned()).into_response()
}
