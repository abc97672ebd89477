//! From nothing to a connection that is encrypted, signed in, and says what its server offers.
//!
//! Nothing of a message goes out here, so that whatever fails, certainly nothing is there.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::BASE64;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::encrypted::Encrypted;
use super::replies::Replies;
use super::starttls::{self, StarttlsError};
use super::step::{Fault, Patience, step};
use super::{Config, Security};
use crate::channel::http::Credential;
use crate::channel::oauth2::{Age, Tokens};
use crate::channel::secret::SecretRef;
use crate::channel::{Outcome, Reach, is_loopback, tls};

/// Whom we sign in to, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// A file with certificates that are trusted beside the machine's own.
    pub ca: Option<PathBuf>,
    pub account: Account,
    /// The name in EHLO.
    pub greeting: String,
    pub reach: Reach,
}

/// How we sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// Not at all.
    Nobody,
    /// PLAIN (RFC 4616) or LOGIN.
    Password { username: String, password: SecretRef },
    /// XOAUTH2.
    Token { username: String, tokens: Arc<Tokens> },
}

impl Account {
    /// How a channel signs in.
    ///
    /// # Errors
    /// The setting that cannot work, and why.
    pub fn of(config: &Config, reach: Reach) -> Result<Self, (&'static str, String)> {
        let Config { username, password, oauth2, .. } = config;
        match (username.clone(), password.clone(), oauth2) {
            (None, None, None) => Ok(Self::Nobody),
            (Some(username), Some(password), None) => Ok(Self::Password { username, password }),
            (Some(username), None, Some(oauth2)) => {
                let url = &oauth2.token_url;
                let is_here =
                    url.scheme() == "http" && is_loopback(url.host_str().unwrap_or_default());
                if url.scheme() != "https" && !is_here {
                    let why = format!("`{url}` is not encrypted; write an address with `https://`");
                    return Err(("mail.oauth2.token_url", why));
                }
                Ok(Self::Token { username, tokens: Tokens::of(oauth2, reach) })
            }
            (_, Some(_), Some(_)) => {
                let why = "it stands beside a `password`; keep the one that the server wants";
                Err(("mail.oauth2", why.to_owned()))
            }
            (None, None, Some(_)) => {
                let why = "a token is for an account; add its `username`";
                Err(("mail.oauth2", why.to_owned()))
            }
            _ => Err(("mail.username", "`username` and `password` go together".to_owned())),
        }
    }
}

/// A connection that is signed in and owes no reply.
pub struct Line {
    pub connection: AsyncSmtpConnection,
    pub offers: Offers,
}

/// What a server offers beyond what lettre keeps of its greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offers {
    pub reports: Reports,
    /// The largest message that it takes, in bytes (RFC 1870 §4). `None`: it sets no limit, or does not
    /// say so.
    pub largest: Option<NonZeroUsize>,
}

/// Whether the server reports what becomes of a message, as it is asked to (RFC 3461).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reports {
    Offered,
    Unknown,
}

impl Offers {
    /// A server that says nothing.
    const NONE: Self = Self { reports: Reports::Unknown, largest: None };

    /// What the lines of a greeting say; the first names the server.
    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offers = Self::NONE;
        for line in lines.skip(1) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some(word) if word.eq_ignore_ascii_case("DSN") => offers.reports = Reports::Offered,
                Some(word) if word.eq_ignore_ascii_case("SIZE") => {
                    offers.largest = words.next().and_then(|limit| limit.parse().ok());
                }
                _ => {}
            }
        }
        offers
    }
}

/// Why there is no connection.
enum Closed {
    /// The server does not take who we say that we are.
    NotLetIn(Outcome),
    Otherwise(Outcome),
}

impl Login {
    /// Connects, encrypts as the channel demands, and signs in. An access token that was kept and
    /// that the server does not take may have expired: then once more, with a new one, on a new
    /// connection.
    ///
    /// # Errors
    /// The outcome; certainly nothing of a message is there.
    pub async fn open(&self, patience: &Patience) -> Result<Line, Outcome> {
        if !self.reach.allows(&self.host) {
            let why = format!(
                "nothing was sent: `{}` is not this machine, and this is a rehearsal",
                self.host
            );
            return Err(Outcome::Refused { why });
        }
        let opened = match &self.account {
            Account::Nobody => self.open_as(None, patience).await,
            Account::Password { username, password } => {
                let password =
                    password.read().map_err(|error| Outcome::Blocked { why: error.to_string() })?;
                let identity = Identity::Password { username, password };
                self.open_as(Some(identity), patience).await
            }
            Account::Token { username, tokens } => {
                let access = tokens.access().await?;
                let identity = Identity::Token { username, token: access.token.clone() };
                match self.open_as(Some(identity), patience).await {
                    Err(Closed::NotLetIn(_)) if access.age == Age::Kept => {
                        let token = tokens.renew(&access.token).await?.token;
                        let identity = Identity::Token { username, token };
                        self.open_as(Some(identity), patience).await
                    }
                    opened => opened,
                }
            }
        };
        opened.map_err(|closed| match closed {
            Closed::NotLetIn(outcome) | Closed::Otherwise(outcome) => outcome,
        })
    }

    async fn open_as(
        &self,
        identity: Option<Identity<'_>>,
        patience: &Patience,
    ) -> Result<Line, Closed> {
        let mut connection = self.greet(patience).await.map_err(Closed::Otherwise)?;
        // Before signing in: RFC 4954 says nothing of what a greeting does after it.
        let offers = self.ask(&mut connection, patience).await?;
        if let Some(identity) = identity {
            self.sign_in(&mut connection, &identity, patience).await?;
        }
        Ok(Line { connection, offers })
    }

    /// A connection, encrypted as the channel demands, on which both sides have said who they are.
    async fn greet(&self, patience: &Patience) -> Result<AsyncSmtpConnection, Outcome> {
        let stream = self.connect(patience).await?;
        let stream: Box<dyn AsyncTokioStream> = match self.security {
            Security::None => Box::new(Replies::of(stream)),
            Security::Tls => Box::new(Replies::of(self.encrypt(stream, patience).await?)),
            Security::Starttls => {
                let asked = starttls::ask(stream, &self.greeting, patience.reply).await;
                let stream = asked.map_err(|error| self.not_encrypted(&error))?;
                Box::new(Replies::greeted(self.encrypt(stream, patience).await?))
            }
        };
        let name = self.client_id();
        let greet = AsyncSmtpConnection::connect_with_transport(stream, &name);
        step(patience.reply, greet).await.map_err(|fault| self.at_greeting(&fault))
    }

    /// Shakes hands.
    async fn encrypt(&self, stream: TcpStream, patience: &Patience) -> Result<Encrypted, Outcome> {
        let config = self.certificates().and_then(tls::client_config);
        let config = config.map_err(|why| self.unsafe_settings(&why))?;
        match timeout(patience.reply, Encrypted::begin(stream, &self.host, config)).await {
            Ok(encrypted) => encrypted.map_err(|error| self.no_handshake(&error)),
            Err(_) => Err(self.at_greeting(&Fault::TimedOut(patience.reply))),
        }
    }

    /// A stream that sends small commands at once: with Nagle's algorithm each message waits for
    /// the other side's delayed acknowledgement.
    async fn connect(&self, patience: &Patience) -> Result<TcpStream, Outcome> {
        let deferred = |why: String| Outcome::Deferred {
            why: format!("no connection to {}:{}: {why}", self.host, self.port),
            after: None,
        };
        let stream = timeout(patience.connect, TcpStream::connect((self.bare_host(), self.port)))
            .await
            .map_err(|_| deferred("it took too long".to_owned()))?
            .map_err(|error| deferred(error.to_string()))?;
        stream.set_nodelay(true).map_err(|error| deferred(error.to_string()))?;
        Ok(stream)
    }

    /// What the server offers of what lettre forgets: it is greeted once more.
    async fn ask(
        &self,
        connection: &mut AsyncSmtpConnection,
        patience: &Patience,
    ) -> Result<Offers, Closed> {
        match step(patience.reply, connection.command(Ehlo::new(self.client_id()))).await {
            Ok(reply) => Ok(Offers::read(reply.message())),
            // It greets nobody twice, and goes on.
            Err(fault) if matches!(fault.code(), Some(500..=599)) => Ok(Offers::NONE),
            Err(fault) => Err(Closed::Otherwise(self.at_greeting(&fault))),
        }
    }

    async fn sign_in(
        &self,
        connection: &mut AsyncSmtpConnection,
        identity: &Identity<'_>,
        patience: &Patience,
    ) -> Result<(), Closed> {
        let secret = identity.secret();
        let at_sign_in = |fault: &Fault| self.at_sign_in(fault, &secret);
        match identity {
            Identity::Password { username, password } => {
                let credentials =
                    Credentials::new((*username).to_owned(), password.expose_secret().to_owned());
                let mechanisms = [Mechanism::Plain, Mechanism::Login];
                let auth = connection.auth(&mechanisms, &credentials);
                step(patience.reply, auth).await.map_err(|fault| at_sign_in(&fault))?;
            }
            Identity::Token { .. } => {
                if !connection.server_info().supports_auth_mechanism(Mechanism::Xoauth2) {
                    let why = format!(
                        "{} offers no XOAUTH2; check host and port, or use a `password`",
                        self.host
                    );
                    return Err(Closed::Otherwise(Outcome::Blocked { why }));
                }
                let command = Xoauth2(identity.initial_response());
                let reply = step(patience.reply, connection.command(command))
                    .await
                    .map_err(|fault| at_sign_in(&fault))?;
                if reply.has_code(334) {
                    // The challenge says why not; an empty answer brings the reply itself.
                    let fault = match step(patience.reply, connection.command("\r\n")).await {
                        Err(fault) => fault,
                        Ok(_) => return Err(self.unfinished()),
                    };
                    return Err(at_sign_in(&fault));
                }
            }
        }
        Ok(())
    }

    fn client_id(&self) -> ClientId {
        ClientId::Domain(self.greeting.clone())
    }

    /// An IPv6 address may stand in brackets.
    fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    fn certificates(&self) -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, String> {
        self.ca.as_deref().map_or_else(|| Ok(Vec::new()), tls::certificates)
    }

    fn unsafe_settings(&self, why: &str) -> Outcome {
        Outcome::Blocked { why: format!("no safe connection to {}: {why}", self.host) }
    }

    fn no_handshake(&self, error: &std::io::Error) -> Outcome {
        match tls::fault(error) {
            Some(fault) => self.unsafe_settings(&fault),
            None => Outcome::Deferred {
                why: format!("{}: {}", self.host, tls::chain(error)),
                after: None,
            },
        }
    }

    fn not_encrypted(&self, error: &StarttlsError) -> Outcome {
        let why = format!("{}: {error}", self.host);
        if error.is_permanent() {
            Outcome::Blocked { why }
        } else {
            Outcome::Deferred { why, after: None }
        }
    }

    fn at_greeting(&self, fault: &Fault) -> Outcome {
        let why = format!("{}: {}", self.host, fault.why());
        match fault {
            Fault::Failed(error) if error.is_permanent() => Outcome::Blocked { why },
            Fault::Failed(error) if tls::fault(error).is_some() => {
                Outcome::Blocked { why: format!("no safe connection to {why}") }
            }
            _ => Outcome::Deferred { why, after: None },
        }
    }

    fn at_sign_in(&self, fault: &Fault, secret: &Credential) -> Closed {
        let why = format!("{} did not let us in: {}", self.host, secret.hide(&fault.why()));
        match fault {
            Fault::Failed(error) if error.is_permanent() => {
                Closed::NotLetIn(Outcome::Blocked { why })
            }
            // The server offers no way of signing in that we know.
            Fault::Failed(error) if error.is_client() => {
                Closed::Otherwise(Outcome::Blocked { why })
            }
            _ => Closed::Otherwise(Outcome::Deferred { why, after: None }),
        }
    }

    fn unfinished(&self) -> Closed {
        let why = format!("{} neither let us in nor said why", self.host);
        Closed::Otherwise(Outcome::Deferred { why, after: None })
    }
}

/// As whom we sign in now.
enum Identity<'a> {
    Password { username: &'a str, password: SecretString },
    Token { username: &'a str, token: SecretString },
}

impl Identity<'_> {
    /// Google, "XOAUTH2 Mechanism"; empty for a password.
    fn initial_response(&self) -> String {
        match self {
            Self::Password { .. } => String::new(),
            Self::Token { username, token } => {
                let token = token.expose_secret();
                BASE64.encode(format!("user={username}\x01auth=Bearer {token}\x01\x01").as_bytes())
            }
        }
    }

    /// What must not come back to light in a server's words.
    fn secret(&self) -> Credential {
        match self {
            Self::Password { password, .. } => Credential::new(password.clone()),
            Self::Token { token, .. } => {
                Credential::made_from(self.initial_response().into(), vec![token.clone()])
            }
        }
    }
}

/// AUTH with an initial response (RFC 4954 §4). lettre's own does not hear a server out that does
/// not let us in.
struct Xoauth2(String);

impl fmt::Display for Xoauth2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AUTH XOAUTH2 {}\r\n", self.0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Otherwise each message waits for 40 ms: the end of it for an acknowledgement, and that for more
    /// to acknowledge.
    #[tokio::test]
    async fn no_byte_waits_for_an_acknowledgement() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let login = Login {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            security: Security::None,
            ca: None,
            account: Account::Nobody,
            greeting: "tides.example".to_owned(),
            reach: Reach::LoopbackOnly,
        };
        let stream = login.connect(&Patience::default()).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }

    #[test]
    fn what_a_server_offers_is_read_in_any_case_and_a_limit_that_is_none_is_none() {
        let read = |lines: &[&str]| Offers::read(lines.iter().copied());
        assert_eq!(read(&["mail.example", "8BITMIME"]), Offers::NONE);
        assert_eq!(read(&["DSN SIZE 7"]), Offers::NONE, "the first line is a name");
        let offers = read(&["mail.example", "dsn", "Size 1000"]);
        assert_eq!(offers.reports, Reports::Offered);
        assert_eq!(offers.largest.map(NonZeroUsize::get), Some(1000));
        for none in ["SIZE", "SIZE 0", "SIZE -1", "SIZE many"] {
            assert_eq!(read(&["mail.example", none]).largest, None, "{none}");
        }
    }
}
