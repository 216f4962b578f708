//! Puts the routes, their headers and the background work together, and runs them.

use crate::patience::Patience;
use crate::state::{AppState, Edge};
use crate::{api, assets, backup, config::Config, docs, files, outgoing, tls};
use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use liaison_app::outgoing::{Health, Kind, worker};
use liaison_app::{Actor, App, Credential, Settings, upkeep};
use liaison_domain::{Clock, Role};
use liaison_store::Db;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// How long requests that have begun may take once the server is ending.
const GRACE: Duration = Duration::from_secs(10);
/// How long the goodbyes of sockets may take after that.
const GOODBYE: Duration = Duration::from_secs(3);
/// How often the metrics are tidied: what histograms have gathered is summed up.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Opens the database, the server's key and the use cases. An older database is copied into the folder `backups` and
/// then upgraded.
pub(crate) async fn open(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<App>> {
    files::make_private_folder(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let half = || {
        let folder = config.data.display();
        anyhow::anyhow!("a restore into {folder} was interrupted and left no database: run `liaison restore` again")
    };
    if backup::was_interrupted(config) {
        return Err(half());
    }
    // First of all: without a good key nothing is opened, let alone upgraded.
    let key = files::server_key(&config.data)?;
    let db = match &config.database {
        None => Db::connect_sqlite(&config.data.join("liaison.db")).await,
        Some(url) => Db::connect_postgres(url).await,
    };
    let db = db.context("cannot open the database")?;
    if backup::was_interrupted_into(config, &db).await? {
        return Err(half());
    }
    db.upgrade(Some(&config.data.join("backups"))).await.context("cannot open the database")?;
    let (mail, text) = outgoing::senders(config)?;
    let mut settings = Settings { base_url: config.base_url(config.listen), mail, text, ..Settings::default() };
    settings.limits.phone_proof_days = config.phone_proof_days;
    let app = App::start(db, clock, key, settings).await.context("cannot read the database")?;
    app.fold_contacts().await.context("cannot read the database")?;
    Ok(app)
}

/// The API description and its page, made for the first who asks.
static DESCRIPTION: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from(serde_json::to_vec(&api::description()).unwrap_or_default()));
static DOCS: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from(docs::page(&serde_json::to_value(api::description()).unwrap_or_default())));

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
pub(crate) fn router(app: Arc<App>, edge: Edge) -> Router {
    let state = AppState { app, edge: Arc::new(edge) };
    let handle = metrics_handle();
    let api = api::routes()
        .route("/openapi.json", get(|| async { ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION.clone()) }))
        .layer(middleware::from_fn_with_state(state.clone(), crate::retry::once))
        .fallback(api::access::no_such_path)
        .method_not_allowed_fallback(api::access::no_such_method);
    let api = Patience::default().bound_bodies(api);
    let compressible = SizeAbove::new(860).and(NotForContentType::IMAGES);
    let metrics = async move |State(state): State<AppState>, peer: ConnectInfo<SocketAddr>, headers: HeaderMap| {
        if state.edge.shows_metrics(peer.ip(), &headers) {
            handle.render().into_response()
        } else {
            StatusCode::NOT_FOUND.into_response()
        }
    };
    Router::new()
        .nest("/api/v1", api)
        .route("/health/live", get(|| async { axum::Json(serde_json::json!({ "status": "live" })) }))
        .route("/health/ready", get(ready))
        .route("/api/docs", get(|| async { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], DOCS.clone()) }))
        .route("/api/docs.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], docs::STYLE) }))
        .route("/metrics", get(metrics))
        .route("/api", axum::routing::any(api::access::no_such_path))
        .route("/api/{*rest}", axum::routing::any(api::access::no_such_path))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CompressionLayer::new().gzip(true).compress_when(compressible))
        .layer(middleware::from_fn_with_state(state.clone(), headers))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), admit))
        .with_state(state)
}

/// Whether the server can do its work: the database answers and the writer runs.
async fn ready(State(state): State<AppState>) -> Response {
    let database = state.app.log_position().await.is_ok();
    let writer = !state.app.has_failed();
    let word = |ok| if ok { "ok" } else { "down" };
    // Without mail the rest works on: it is told of and makes no difference to the status.
    let way = |kind| match state.app.outgoing.health(kind) {
        Health::Off => "off",
        Health::Ok => "ok",
        Health::Failing => "failing",
    };
    let body = axum::Json(serde_json::json!({
        "status": if database && writer { "ready" } else { "unavailable" },
        "parts": {
            "database": word(database),
            "writer": word(writer),
            "mail": way(Kind::Mail),
            "text": way(Kind::Text),
        },
    }));
    let status = if database && writer { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, body).into_response()
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a request ended in a panic");
    crate::error::ApiError::from(liaison_app::AppError::Internal("panic".into())).into_response()
}

/// Sends away who has no business at an open door without TLS, and gives requests of HTTP/2 their `Host`.
async fn admit(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    if peer.is_some_and(|peer| !state.edge.admits(peer)) {
        return crate::error::ApiError::edge(
            StatusCode::FORBIDDEN,
            "NOT_THE_PROXY",
            "This server is reached through its reverse proxy only. Use its public address.",
        )
        .into_response();
    }
    if let Some(authority) = request.uri().authority()
        && !request.headers().contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    next.run(request).await
}

async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let of_api = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let all = response.headers_mut();
    if of_api {
        // What the API answers is one person's and is kept by no shared cache (I-55).
        all.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    }
    all.insert(header::CONTENT_SECURITY_POLICY, assets::CONTENT_SECURITY_POLICY.clone());
    if state.edge.is_secure() {
        all.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
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

/// Runs until a signal comes or the writer fails. `announce` gets the address to show.
pub(crate) async fn run(app: Arc<App>, config: &Config, announce: impl FnOnce(String)) -> anyhow::Result<()> {
    let tls = match &config.tls {
        Some(files) => Some((files.clone(), tls::load(files).await?)),
        None => None,
    };
    let listener = std::net::TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}: is another server running there?", config.listen))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    app.site.set_base_url(&config.base_url(address));
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
    let edge = Edge {
        public_url: config.public_url.clone(),
        tls: tls.is_some(),
        trusted_proxies: config.trusted_proxies.clone(),
        metrics_from: config.metrics_from.clone(),
        proxies_only: tls.is_none() && !address.ip().is_loopback(),
    };
    let routes = router(Arc::clone(&app), edge).into_make_service_with_connect_info::<SocketAddr>();
    // Installed before anybody hears that the server is ready, and may send a signal.
    let ending = signal()?;
    let fresh = tokio::spawn(tls::keep_fresh(tls.clone()));
    let tidying = tokio::spawn(tidy_metrics());
    let handle = axum_server::Handle::new();
    let sending = worker::run(&app).await.context("the queue of mail cannot be read")?;
    announce(app.site.base_url().to_string());
    tracing::info!(%address, tls = tls.is_some(), "the server is ready");
    tokio::spawn({
        let (app, handle) = (Arc::clone(&app), handle.clone());
        async move {
            tokio::select! {
                () = ending => tracing::info!("the server is ending"),
                () = app.failure() => {}
            }
            // From here on nobody is accepted; requests that have begun are finished.
            handle.graceful_shutdown(Some(GRACE));
            app.hub.close_all();
        }
    });
    let mut server = axum_server::from_tcp(listener)?.handle(handle);
    Patience::default().bound_connections(&mut server);
    match tls {
        Some((_, tls)) => {
            let acceptor = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
            server.acceptor(acceptor).serve(routes).await?;
        }
        None => server.acceptor(NoDelayAcceptor::new()).serve(routes).await?,
    }
    // The closing frames of sockets are still on their way.
    let _ = tokio::time::timeout(GOODBYE, app.hub.all_gone()).await;
    fresh.abort();
    tidying.abort();
    // What is under way is sent again by the next server, as the same mail.
    sending.iter().for_each(tokio::task::JoinHandle::abort);
    let failed = app.has_failed();
    app.db.close().await;
    if failed {
        anyhow::bail!("a commit failed: start the server again, it continues from what is on disk");
    }
    tracing::info!("the server has ended");
    Ok(())
}

async fn tidy_metrics() {
    let handle = metrics_handle();
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

/// Resolves at the first request to end. Listens from the call on, not only once it is awaited.
fn signal() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// The operator acting as a member, as the demo does.
pub(crate) fn as_operator(id: liaison_domain::MemberId, company: liaison_domain::CompanyId, role: Role) -> Actor {
    Actor { id, company, role, credential: Credential::Operator, ip: None, retry: None }
}
