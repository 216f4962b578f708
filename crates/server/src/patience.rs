//! How long a peer may take to say what it wants: half a request must not hold a connection for ever (I-32).

use axum::Router;
use axum_server::{Address, Server};
use hyper_util::rt::TokioTimer;
use std::time::Duration;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// The bounds of one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the head of a request, and for a connection kept open to send the next one. As reverse proxies have it.
    pub head: Duration,
    /// Between two pieces of a body. Not for all of it: a picture over a slow line takes its time.
    pub piece: Duration,
    /// How often a connection of HTTP/2 is asked whether its peer is still there.
    pub ask: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_mins(1), piece: Duration::from_secs(30), ask: Duration::from_secs(30) }
    }
}

impl Patience {
    /// Sets the bounds of connections. Without a timer hyper waits without end.
    pub(crate) fn bound_connections<A: Address, Acceptor>(self, server: &mut Server<A, Acceptor>) {
        let builder = server.http_builder();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.head);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(self.ask).keep_alive_timeout(self.ask);
    }

    /// Sets the bound of bodies. What does not come is answered with `BODY_INCOMPLETE`.
    pub(crate) fn bound_bodies<S: Clone + Send + Sync + 'static>(self, routes: Router<S>) -> Router<S> {
        routes.layer(RequestBodyTimeoutLayer::new(self.piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::http::StatusCode;
    use axum::routing::post;
    use std::net::{SocketAddr, TcpListener};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    fn start(patience: Patience) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let echo = |body: Result<Bytes, axum::extract::rejection::BytesRejection>| async {
            body.map_err(|_| StatusCode::REQUEST_TIMEOUT)
        };
        let routes = patience.bound_bodies(Router::new().route("/", post(echo)));
        let mut server = axum_server::from_tcp(listener).unwrap();
        patience.bound_connections(&mut server);
        tokio::spawn(server.serve(routes.into_make_service()));
        address
    }

    /// Sends these bytes and then nothing more; answers what came until the server hung up.
    async fn say(address: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let all = tokio::time::timeout(Duration::from_mins(1), stream.read_to_string(&mut answer)).await;
        all.expect("the server hangs up").unwrap();
        answer
    }

    #[tokio::test]
    async fn i32_half_a_request_does_not_hold_a_connection_for_ever() {
        let short = Duration::from_millis(200);
        let address = start(Patience { head: short, piece: short, ask: short });
        let whole = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n";
        // Whole: answered, and hung up on once nothing follows.
        assert!(say(address, &format!("{whole}ab")).await.starts_with("HTTP/1.1 200 "));
        // Half a head.
        assert!(!say(address, "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.starts_with("HTTP/1.1 200 "));
        // Half a body.
        assert!(say(address, &format!("{whole}a")).await.starts_with("HTTP/1.1 408 "));
    }
}
