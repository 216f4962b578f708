//! The web client, built into the program.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/build"]
struct Web;

/// The policy that every page is served under (I-52): scripts and styles from ourselves alone, and of inline ones only
/// those that stand in the client's own page, by hash.
pub(crate) static CONTENT_SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let page = Web::get("index.html").map(|f| String::from_utf8_lossy(&f.data).into_owned()).unwrap_or_default();
    let (scripts, styles) = (hashes(&page, "script"), hashes(&page, "style"));
    let policy = format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' data: blob:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

/// What stands in the page itself between the tags of an element, as sources of a policy.
fn hashes(page: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    page.split(&open)
        .skip(1)
        .filter_map(|rest| {
            let (attributes, rest) = rest.split_once('>')?;
            let (body, _) = rest.split_once(&close)?;
            (!attributes.contains("src=")).then(|| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(body))))
        })
        .collect()
}

/// A file in the form that goes over the wire: compressed at build where the client reads that.
struct Sent {
    data: Bytes,
    coding: Option<&'static str>,
    tag: HeaderValue,
}

/// The codings that the build leaves beside a file, the smaller one first.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Whether `Accept-Encoding` names this coding and does not refuse it.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        named && weight.is_none_or(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0))
    })
}

fn pick(name: &str, plain: EmbeddedFile, headers: &HeaderMap) -> Sent {
    let smaller = CODINGS.into_iter().filter(|(coding, _)| accepts(headers, coding)).find_map(|(coding, end)| {
        let file = Web::get(&format!("{name}{end}")).filter(|file| file.data.len() < plain.data.len())?;
        Some((file, Some(coding)))
    });
    let (file, coding) = smaller.unwrap_or((plain, None));
    let hash = STANDARD.encode(file.metadata.sha256_hash());
    let tag = HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
    // What is built in is borrowed and never copied.
    let data = match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    };
    Sent { data, coding, tag }
}

/// Serves the web client: its files by name, and its one page for every other address, which the client reads itself.
pub(crate) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    // The compressed forms are no files of their own.
    let named = !path.is_empty() && !CODINGS.iter().any(|(_, end)| path.ends_with(end));
    let (file, name) = match Web::get(path) {
        Some(file) if named => (file, path),
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
    // Files under immutable/ carry a hash in their name; everything else is asked for anew, and sent where it changed.
    let cache = if name.contains("/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = file.metadata.mimetype().to_owned();
    let Sent { data, coding, tag } = pick(name, file, &headers);
    let held = headers.get(header::IF_NONE_MATCH).is_some_and(|held| {
        let held = held.to_str().unwrap_or_default();
        held.split(',').any(|one| one.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes())
    });
    let mut response = if held { StatusCode::NOT_MODIFIED.into_response() } else { data.into_response() };
    let all = response.headers_mut();
    all.insert(header::ETAG, tag);
    all.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    all.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !held {
        if let Ok(kind) = HeaderValue::from_str(&kind) {
            all.insert(header::CONTENT_TYPE, kind);
        }
        if let Some(coding) = coding {
            all.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_page_is_permitted_by_its_hash_alone() {
        let page = "<script src=\"/a.js\"></script><style>b{}</style><script>1</script><script type=x>2</script>";
        let hash = |body: &str| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(body)));
        assert_eq!(hashes(page, "script"), hash("1") + &hash("2"));
        assert_eq!(hashes(page, "style"), hash("b{}"));
        assert_eq!(hashes("", "style"), "");
    }

    #[test]
    fn a_compressed_form_is_for_those_who_read_it() {
        let cases = [
            ("gzip, deflate, br, zstd", true, true),
            ("GZIP", false, true),
            ("br;q=0, gzip;q=0.5", false, true),
            ("identity", false, false),
            ("brotli, x-gzip", false, false),
        ];
        for (line, br, gzip) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(line))]);
            assert_eq!((accepts(&headers, "br"), accepts(&headers, "gzip")), (br, gzip), "{line}");
        }
        assert!(!accepts(&HeaderMap::new(), "br"));
    }
}
