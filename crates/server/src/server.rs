//! Puts the routes, their headers and the background work together, and runs them.

use crate::state::{AppState, Edge};
use crate::{api, assets, config::Config};
use anyhow::Context;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use liaison_app::limits::Limits;
use liaison_app::{Actor, App, Credential, upkeep};
use liaison_domain::{Clock, Role};
use liaison_store::Db;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// Opens the database, the server's key and the use cases.
pub(crate) async fn open(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<App>> {
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let db = match &config.database {
        None => Db::open_sqlite(&config.data.join("liaison.db")).await,
        Some(url) => Db::open_postgres(url).await,
    };
    let db = db.context("cannot open the database")?;
    let key = server_key(&config.data)?;
    App::start(db, clock, key, Limits::default()).await.context("cannot read the database")
}

/// The server's secret: 32 random bytes in a file of its own, made at the first start.
fn server_key(data: &Path) -> anyhow::Result<[u8; 32]> {
    let folder = data.join("keys");
    let file = folder.join("server.key");
    if !file.exists() {
        std::fs::create_dir_all(&folder)?;
        let fresh: [u8; 32] = rand::random();
        // Written beside and renamed: a crash leaves either no key or a whole one.
        let beside = folder.join(format!("server.key.{}", std::process::id()));
        write_private(&beside, &fresh)?;
        std::fs::rename(&beside, &file)?;
    }
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    bytes.try_into().map_err(|_| anyhow::anyhow!("{} is not a key of 32 bytes", file.display()))
}

fn write_private(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut handle = options.open(file)?;
    handle.write_all(bytes)?;
    handle.sync_all()?;
    Ok(())
}

fn metrics_handle() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // A second recorder can only come from a test in the same process; the first one serves both.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}

/// All routes over these use cases.
pub(crate) fn router(app: Arc<App>, public_url: Option<String>) -> Router {
    let state = AppState { app, edge: Arc::new(Edge { public_url }) };
    let (api, openapi) = api::routes();
    let description = serde_json::to_string(&openapi).unwrap_or_default();
    let handle = metrics_handle();
    let api = api
        .route(
            "/openapi.json",
            get(move || {
                let body = description.clone();
                async move { ([(header::CONTENT_TYPE, "application/json")], body) }
            }),
        )
        .layer(middleware::from_fn_with_state(state.clone(), crate::retry::once))
        .fallback(api::access::no_such_path)
        .method_not_allowed_fallback(api::access::no_such_method);
    let compressible = SizeAbove::new(860).and(NotForContentType::IMAGES);
    Router::new()
        .nest("/api/v1", api)
        .route("/health/live", get(|| async { axum::Json(serde_json::json!({ "status": "live" })) }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(move || async move { handle.render() }))
        .route("/api", axum::routing::any(api::access::no_such_path))
        .route("/api/{*rest}", axum::routing::any(api::access::no_such_path))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CompressionLayer::new().gzip(true).compress_when(compressible))
        .layer(middleware::from_fn(headers))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(state)
}

/// Whether the server can do its work: the database answers and the writer runs.
async fn ready(State(state): State<AppState>) -> Response {
    let database = state.app.log_position().await.is_ok();
    let writer = !state.app.has_failed();
    let word = |ok| if ok { "ok" } else { "down" };
    let body = axum::Json(serde_json::json!({
        "status": if database && writer { "ready" } else { "unavailable" },
        "parts": { "database": word(database), "writer": word(writer) },
    }));
    let status = if database && writer { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, body).into_response()
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a request ended in a panic");
    crate::error::ApiError::from(liaison_app::AppError::Internal("panic".into())).into_response()
}

async fn headers(request: Request, next: Next) -> Response {
    let of_api = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let all = response.headers_mut();
    if of_api {
        // What the API answers is one person's and is kept by no shared cache (I-55).
        all.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    }
    all.insert(header::CONTENT_SECURITY_POLICY, assets::CONTENT_SECURITY_POLICY.clone());
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(self), microphone=(), geolocation=(), payment=()"),
    ] {
        all.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Runs until a signal comes or the writer fails.
pub(crate) async fn run(app: Arc<App>, config: &Config, announce: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}: is another server running there?", config.listen))?;
    let address = listener.local_addr()?;
    let hub = Arc::clone(&app.hub);
    upkeep::run(
        &app,
        Arc::new(move || {
            hub.connections()
                .into_iter()
                .map(|c| Actor {
                    id: c.member,
                    company: c.company,
                    role: c.role,
                    credential: c.credential,
                    ip: None,
                    retry: None,
                })
                .collect()
        }),
    );
    let routes = router(Arc::clone(&app), config.public_url.clone());
    announce(address);
    tracing::info!(%address, "the server is ready");
    let stopping = {
        let app = Arc::clone(&app);
        async move {
            tokio::select! {
                () = signal() => tracing::info!("the server is ending"),
                () = app.failure() => {}
            }
            app.hub.close_all();
        }
    };
    axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stopping)
        .await?;
    let failed = app.has_failed();
    app.db.close().await;
    if failed {
        anyhow::bail!("a commit failed: start the server again, it continues from what is on disk");
    }
    Ok(())
}

async fn signal() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    interrupt.await;
}

/// The operator acting as a member, as the demo does.
pub(crate) fn as_operator(id: liaison_domain::MemberId, company: liaison_domain::CompanyId, role: Role) -> Actor {
    Actor { id, company, role, credential: Credential::Operator, ip: None, retry: None }
}
