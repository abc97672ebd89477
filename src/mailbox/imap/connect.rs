//! From nothing to a session: TCP, TLS, the greeting, the sign-in.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_imap::imap_proto::{Response, Status};
use async_imap::{Authenticator, Client, Session};
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::stream::{Bounded, Carrier};
use super::{BYTES_PER_ANSWER, Limits, MailboxError, Step, words};
use crate::channel::http::Credential;
use crate::channel::mail::Security;
use crate::channel::tls;
use crate::mailbox::config::Config;

// async-imap tells `log` at `trace` all that it sends, the password among it.
const _: () = assert!(
    log::STATIC_MAX_LEVEL as usize <= log::LevelFilter::Debug as usize,
    "`log` needs its feature `max_level_debug`"
);

/// What lets us in.
#[derive(Debug, Clone)]
pub enum SignIn {
    Password(SecretString),
    /// An OAuth 2 access token, for XOAUTH2 (Google, Microsoft).
    Token(SecretString),
}

impl SignIn {
    fn secret(&self) -> &SecretString {
        match self {
            Self::Password(secret) | Self::Token(secret) => secret,
        }
    }
}

/// A session that is signed in, with no folder opened.
pub(super) async fn open(
    config: &Config,
    sign_in: &SignIn,
    limits: &Limits,
) -> Result<Session<Bounded>, MailboxError> {
    let stream = connect(config, limits).await?;
    let mut client = match config.security {
        Security::Tls => greeted(encrypt(stream, config, limits).await?, config, limits).await?,
        Security::Starttls | Security::None => greeted(stream, config, limits).await?,
    };
    if config.security == Security::Starttls {
        step(
            config,
            Step::Encryption,
            limits.answer,
            client.run_command_and_check_ok("STARTTLS", None),
        )
        .await
        .map_err(|error| match error {
            MailboxError::Refused { server, .. } => MailboxError::NoStarttls { server },
            other => other,
        })?;
        // What came in clear after the answer goes with the client (RFC 3501 §6.2.1).
        let stream = client.into_inner().into_carrier();
        client =
            Client::new(Bounded::new(encrypt(stream, config, limits).await?, BYTES_PER_ANSWER));
    }
    let credential = Credential::new(sign_in.secret().clone());
    let secret = sign_in.secret().expose_secret();
    let signed_in = async {
        match sign_in {
            SignIn::Password(_) => client.login(&config.username, secret).await,
            SignIn::Token(_) => {
                let response = Bearer::new(&config.username, secret);
                client.authenticate("XOAUTH2", response).await
            }
        }
        .map_err(|(error, _)| error)
    };
    step(config, Step::SignIn, limits.answer, signed_in).await.map_err(|error| match error {
        MailboxError::Refused { server, why, .. } => {
            MailboxError::SignIn { server, why: credential.hide(&why) }
        }
        MailboxError::Garbled { server, step, why } => {
            MailboxError::Garbled { server, step, why: credential.hide(&why) }
        }
        other => other,
    })
}

async fn connect(config: &Config, limits: &Limits) -> Result<TcpStream, MailboxError> {
    let failed = |why: String| MailboxError::Connect { server: config.server(), why };
    let host = config.host.trim_start_matches('[').trim_end_matches(']');
    let stream = timeout(limits.connect, TcpStream::connect((host, config.port())))
        .await
        .map_err(|_| failed("it took too long".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    stream.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
    Ok(stream)
}

async fn encrypt<C: Carrier>(
    stream: C,
    config: &Config,
    limits: &Limits,
) -> Result<TlsStream<C>, MailboxError> {
    tls::install_provider();
    let untrusted = |why: String| MailboxError::Untrusted { server: config.server(), why };
    let extra = config.ca.as_deref().map_or_else(|| Ok(Vec::new()), tls::certificates);
    let trust = extra.and_then(tls::client_config).map_err(untrusted)?;
    let host = config.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| untrusted(error.to_string()))?;
    let shaken = TlsConnector::from(Arc::clone(&trust)).connect(name, stream);
    match timeout(limits.connect, shaken).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => match tls::fault(&error) {
            Some(fault) => Err(untrusted(fault)),
            None => Err(MailboxError::Connect { server: config.server(), why: tls::chain(&error) }),
        },
        Err(_) => Err(MailboxError::Silent {
            server: config.server(),
            step: Step::Encryption,
            limit: limits.connect,
        }),
    }
}

/// The client, once the server has greeted.
async fn greeted(
    stream: impl Carrier + 'static,
    config: &Config,
    limits: &Limits,
) -> Result<Client<Bounded>, MailboxError> {
    let mut client = Client::new(Bounded::new(stream, BYTES_PER_ANSWER));
    let greeting = async { client.read_response().await.map_err(async_imap::error::Error::from) };
    let greeting = step(config, Step::Greeting, limits.answer, greeting).await?;
    let (server, step) = (config.server(), Step::Greeting);
    match greeting.as_ref().map(|it| it.parsed()) {
        None => Err(MailboxError::Closed { server, step }),
        Some(Response::Data { status: Status::Ok, .. }) => Ok(client),
        // BYE, or PREAUTH, which would be somebody else's session.
        Some(Response::Data { status, outcome }) => {
            let said = outcome.information.as_deref().unwrap_or_default();
            let why = words(&format!("{status:?} {said}"));
            Err(MailboxError::Refused { server, step, why })
        }
        Some(other) => {
            Err(MailboxError::Garbled { server, step, why: words(&format!("{other:?}")) })
        }
    }
}

/// Runs one exchange within its time.
pub(super) async fn step<T>(
    config: &Config,
    step: Step,
    limit: Duration,
    exchange: impl Future<Output = async_imap::error::Result<T>>,
) -> Result<T, MailboxError> {
    let server = config.server();
    match timeout(limit, exchange).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failure(server, step, &error)),
        Err(_) => Err(MailboxError::Silent { server, step, limit }),
    }
}

/// What one of async-imap's errors means.
pub(super) fn failure(
    server: String,
    step: Step,
    error: &async_imap::error::Error,
) -> MailboxError {
    use async_imap::error::Error;
    match error {
        Error::ConnectionLost => MailboxError::Closed { server, step },
        Error::Io(error) if is_closed(error) => MailboxError::Closed { server, step },
        Error::No(why) | Error::Bad(why) => MailboxError::Refused { server, step, why: words(why) },
        Error::Validate(_) => {
            let why = "name or password holds a line end".to_owned();
            MailboxError::SignIn { server, why }
        }
        other => MailboxError::Garbled { server, step, why: words(&tls::chain(other)) },
    }
}

fn is_closed(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// The one answer of XOAUTH2; where the server then says what was wrong with it, an empty one, and
/// the server refuses (Google, "XOAUTH2 Mechanism").
struct Bearer(Option<String>);

impl Bearer {
    fn new(username: &str, token: &str) -> Self {
        Self(Some(format!("user={username}\u{1}auth=Bearer {token}\u{1}\u{1}")))
    }
}

impl Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}
