//! Text messages by a gateway over HTTP: `POST` of JSON, described in `docs/operate.md`.

use super::unreachable;
use crate::config::outgoing::TextGateway;
use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use liaison_app::outgoing::{Content, Failure, Parcel, Sender, Sending};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// How long the gateway may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends by one gateway, with a connection for each message.
pub(super) struct Gateway {
    to: TextGateway,
    tls: Arc<ClientConfig>,
}

impl Gateway {
    pub(super) fn new(to: TextGateway, tls: Arc<ClientConfig>) -> Self {
        Self { to, tls }
    }

    async fn post(&self, body: String) -> Result<StatusCode, Failure> {
        let secure = self.to.url.scheme_str() == Some("https");
        let host = self.to.url.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.to.url.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((bare, port)).await;
        let stream = stream.map_err(|error| unreachable("the gateway cannot be reached", &error))?;
        if !secure {
            return self.exchange(stream, body).await;
        }
        let name = ServerName::try_from(bare.to_owned());
        let name = name.map_err(|error| unreachable("the gateway has no name for a certificate", &error))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
        self.exchange(stream.map_err(|error| unreachable("no TLS with the gateway", &error))?, body).await
    }

    async fn exchange<S>(&self, stream: S, body: String) -> Result<StatusCode, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let lost = |error: &hyper::Error| unreachable("the gateway broke off", error);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| lost(&error))?;
        let connection = tokio::spawn(connection);
        let host = self.to.url.authority().map_or("", |authority| authority.as_str());
        let request = Request::post(self.to.url.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.to.token.expose()))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| unreachable("the gateway's address is of no use", &error))?;
        let answer = sender.send_request(request).await;
        // Only the status counts: what else the gateway says is not read, and a redirect is not followed.
        connection.abort();
        answer.map(|answer| answer.status()).map_err(|error| lost(&error))
    }
}

impl Sender for Gateway {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let Content::Text(text) = &parcel.content else {
                return Err(Failure::Refused("a mail is no text message".into()));
            };
            let body = serde_json::json!({ "to": parcel.recipient, "text": text.text, "key": parcel.id.to_string() });
            let status = match tokio::time::timeout(PATIENCE, self.post(body.to_string())).await {
                Ok(status) => status?,
                Err(_) => return Err(Failure::Unreachable("the gateway does not answer".into())),
            };
            let number = status.as_u16();
            match number {
                200..=299 => Ok(()),
                // What is wrong with one message, in the words of HTTP; all else is wrong with the way.
                400 | 404 | 410 | 413 | 422 => {
                    Err(Failure::Refused(format!("the gateway refused it (answer {number})")))
                }
                429 | 500..=599 => Err(Failure::Later(format!("the gateway asks to come back (answer {number})"))),
                _ => Err(Failure::Unreachable(format!("the gateway does not let us in (answer {number})"))),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderMap;
    use liaison_app::outgoing::Text;
    use liaison_domain::{OutgoingId, SystemClock, Timestamp};
    use std::sync::Mutex;

    type Seen = Arc<Mutex<Vec<(HeaderMap, serde_json::Value)>>>;

    fn parcel(text: &str) -> Parcel {
        Parcel {
            id: OutgoingId::new(&SystemClock),
            purpose: "phoneCode".into(),
            recipient: "+819012345678".into(),
            created_at: Timestamp::from_millis(0),
            content: Content::Text(Text { text: text.into() }),
        }
    }

    /// A gateway that answers with the status that a message asks for.
    async fn gateway() -> (Gateway, Seen) {
        let seen = Seen::default();
        let keep = Arc::clone(&seen);
        let send = move |headers: HeaderMap, axum::Json(body): axum::Json<serde_json::Value>| {
            let status: u16 = body["text"].as_str().unwrap_or_default().parse().unwrap_or(200);
            keep.lock().unwrap().push((headers, body));
            std::future::ready((
                StatusCode::from_u16(status).unwrap(),
                [(header::LOCATION, "/elsewhere")],
                "what a gateway says",
            ))
        };
        let routes = axum::Router::new().fallback(send);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/send", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let settings = format!("gateway = \"{url}\"\ntoken = \"the-token\"");
        let to = toml::from_str::<crate::config::outgoing::FileText>(&settings).unwrap().settle().unwrap().unwrap();
        (Gateway::new(to, super::super::client_tls().unwrap()), seen)
    }

    #[tokio::test]
    async fn i31_a_gateway_gets_number_text_and_a_key_that_stays() {
        let (gateway, seen) = gateway().await;
        let code = parcel("Your code: 1234");
        gateway.send(&code).await.unwrap();
        gateway.send(&code).await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].1, seen[1].1, "the same again is the same");
        let body = serde_json::json!({ "to": "+819012345678", "text": "Your code: 1234", "key": code.id.to_string() });
        assert_eq!(seen[0].1, body);
        assert_eq!(seen[0].0["authorization"], "Bearer the-token");
        assert_eq!(seen[0].0["content-type"], "application/json");
    }

    #[tokio::test]
    async fn i50_answers_of_a_gateway_are_told_apart_and_redirects_not_followed() {
        let (gateway, seen) = gateway().await;
        let outcome = async |status: &str| match gateway.send(&parcel(status)).await {
            Ok(()) => "taken",
            Err(Failure::Refused(_)) => "refused",
            Err(Failure::Later(_)) => "later",
            Err(Failure::Unreachable(_)) => "unreachable",
        };
        for (status, expected) in [
            ("202", "taken"),
            ("400", "refused"),
            ("422", "refused"),
            ("429", "later"),
            ("503", "later"),
            ("401", "unreachable"),
            ("302", "unreachable"),
            ("307", "unreachable"),
        ] {
            assert_eq!(outcome(status).await, expected, "{status}");
        }
        assert_eq!(seen.lock().unwrap().len(), 8, "one request each");
        let mail = Content::Mail(liaison_app::outgoing::Mail {
            name: String::new(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            links: Vec::new(),
        });
        let wrong = Parcel { content: mail, ..parcel("") };
        assert!(matches!(gateway.send(&wrong).await, Err(Failure::Refused(_))));
        let nowhere = "gateway = \"http://127.0.0.1:1/\"\ntoken = \"the-token\"";
        let to = toml::from_str::<crate::config::outgoing::FileText>(nowhere).unwrap().settle().unwrap().unwrap();
        let gone = Gateway::new(to, super::super::client_tls().unwrap());
        let Err(Failure::Unreachable(words)) = gone.send(&parcel("x")).await else { panic!("it is not there") };
        assert!(!words.contains("the-token"), "{words}");
    }
}
