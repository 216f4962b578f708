//! Mail by a mail server (SMTP).

use crate::config::outgoing::{MailServer, MailTls};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{SmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message, SmtpTransport, Transport};
use liaison_app::outgoing::{Content, Failure, Mail, Parcel, Sender, Sending};
use std::error::Error;
use std::time::{Duration, SystemTime};

/// How long the mail server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends by one mail server, with a connection for each mail.
pub(crate) struct Smtp {
    transport: SmtpTransport,
    from: Mailbox,
}

/// `Auto-Submitted` (RFC 3834): no absence notice answers us.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

fn hello_name(server: &MailServer) -> ClientId {
    ClientId::Domain(server.from.email.domain().to_owned())
}

fn tls(server: &MailServer) -> anyhow::Result<Tls> {
    let parameters = || TlsParameters::new_rustls(server.host.clone());
    Ok(match server.tls {
        MailTls::Tls => Tls::Wrapper(parameters()?),
        MailTls::StartTls => Tls::Required(parameters()?),
        MailTls::None => Tls::None,
    })
}

impl Smtp {
    pub(crate) fn new(server: &MailServer) -> anyhow::Result<Self> {
        let mut builder = SmtpTransport::builder_dangerous(server.host.clone())
            .port(server.port)
            .hello_name(hello_name(server))
            .timeout(Some(PATIENCE))
            .tls(tls(server)?);
        if let Some((user, password)) = &server.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), from: server.from.clone() })
    }

    fn message(&self, parcel: &Parcel, mail: &Mail) -> Result<Message, Failure> {
        let refused = |what: &str| Failure::Refused(what.to_owned());
        let address: Address = parcel.recipient.parse().map_err(|_| refused("not an address that mail goes to"))?;
        // A name is cleaned when it is kept; here it must only not break out of its quotes, which lettre sees to.
        let name = Some(mail.name.clone()).filter(|name| !name.is_empty());
        let at = Duration::from_millis(u64::try_from(parcel.created_at.as_millis()).unwrap_or(0));
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .subject(mail.subject.clone())
            // The same again is the same message: a mailbox that got it twice may show it once.
            .message_id(Some(format!("<{}@{}>", parcel.id, self.from.email.domain())))
            .date(SystemTime::UNIX_EPOCH + at)
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|_| refused("the mail could not be put together"))
    }
}

impl Sender for Smtp {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let Content::Mail(mail) = &parcel.content else {
                return Err(Failure::Refused("a text message is no mail".into()));
            };
            let message = self.message(parcel, mail)?;
            let transport = self.transport.clone();
            match apart(move || transport.send(&message)).await {
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(failure(&error)),
                None => Err(Failure::Later("the try ended without an outcome".into())),
            }
        })
    }
}

/// Runs it in a thread of its own, which a program that ends does not wait for: a mail server may be slow.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("mail".into()).spawn(move || drop(done.send(work()))).ok()?;
    outcome.await.ok()
}

/// What a failure means. Of the server's answer only the number is kept: its words may repeat what was sent (I-53).
fn failure(error: &lettre::transport::smtp::Error) -> Failure {
    let Some(code) = error.status() else {
        let what = if error.is_timeout() {
            "the mail server does not answer"
        } else if error.is_tls() {
            "no TLS with the mail server"
        } else {
            "the mail server cannot be reached"
        };
        // Where there is no answer of the server, the causes are the network's and TLS's own words.
        let cause = if error.is_response() { None } else { error.source().map(liaison_app::error::describe) };
        return Failure::Unreachable(cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}")));
    };
    let number: u16 = code.into();
    match number {
        // Signing in, or TLS, is what is wrong; it concerns every mail alike.
        421 | 454 | 530 | 534 | 535 | 538 => {
            Failure::Unreachable(format!("the mail server does not let us in (answer {number})"))
        }
        400..=499 => Failure::Later(format!("the mail server asks to come back (answer {number})")),
        _ => Failure::Refused(format!("the mail server refused it (answer {number})")),
    }
}

/// Whether the mail server can be used: connection, greeting, TLS, signing in. Sends nothing.
///
/// # Errors
/// What is in the way.
pub(crate) async fn probe(server: &MailServer) -> anyhow::Result<()> {
    let server = server.clone();
    let outcome = apart(move || greet(&server)).await;
    outcome.unwrap_or_else(|| Err(anyhow::anyhow!("the try ended without an outcome")))
}

fn greet(server: &MailServer) -> anyhow::Result<()> {
    let explain = |error: lettre::transport::smtp::Error| anyhow::anyhow!(failure(&error).words().to_owned());
    let (hello, address) = (hello_name(server), (server.host.as_str(), server.port));
    let tls = tls(server)?;
    let wrapper = if let Tls::Wrapper(parameters) = &tls { Some(parameters) } else { None };
    let mut connection = SmtpConnection::connect(address, Some(PATIENCE), &hello, wrapper, None).map_err(explain)?;
    if let Tls::Required(parameters) = &tls {
        connection.starttls(parameters, &hello).map_err(explain)?;
    }
    if let Some((user, password)) = &server.credentials {
        let mechanisms = lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        connection.auth(mechanisms, &credentials).map_err(explain)?;
    }
    let _ = connection.quit();
    Ok(())
}
