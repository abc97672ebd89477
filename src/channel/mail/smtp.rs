//! Messages over an SMTP connection, step by step.
//!
//! lettre's transports hide how far a message came, and its pool can hand one message the reply to
//! another. So its connection is driven by hand: each step has its own time, and nothing but 250
//! after the final dot counts. A connection is kept for the next message only after that, when it
//! owes no reply; after anything else, or where the call was dropped, it is never used again.

use std::future::Future;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::Address as MailAddress;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Security, message};
use crate::channel::http::Credential;
use crate::channel::secret::SecretRef;
use crate::channel::wire::MailMessage;
use crate::channel::{Outcome, Reach, SendBy, tls};

/// RFC 5321 §4.5.3.2 asks for more in places; a server that needs it is tried again later.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const REPLY_WITHIN: Duration = Duration::from_secs(60);
/// For the message and the reply to its final dot.
const DATA_END_WITHIN: Duration = Duration::from_secs(300);
const QUIT_WITHIN: Duration = Duration::from_secs(5);

/// A connection takes at most so many messages. A server that takes fewer says so (421) or closes,
/// and the next message gets a new connection.
const MESSAGES_PER_CONNECTION: u32 = 100;

/// A connection at rest is not used after this long: servers close theirs in their own time.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// A mail server and how it is spoken to.
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub account: Option<(String, SecretRef)>,
    /// The name in EHLO.
    pub greeting: String,
    pub reach: Reach,
    pub kept: Kept,
}

/// The connection that waits for the next message, if there is one.
#[derive(Default)]
pub struct Kept(Mutex<Option<AtRest>>);

/// A connection that owes no reply.
struct AtRest {
    connection: AsyncSmtpConnection,
    messages: u32,
    since: Instant,
}

impl Kept {
    fn take(&self) -> Option<AtRest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, at_rest: AtRest) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at_rest);
    }
}

impl Server {
    /// Delivers one message to one recipient, if its time has not passed: that is looked at before
    /// there is a connection, when it is open and signed in, and right before the message's first
    /// byte. A server that is left after 354 without the final dot discards what it has
    /// (RFC 5321 §4.1.1.4).
    ///
    /// # Errors
    /// The outcome, if it is not certain that the server took the message: until the message's
    /// first byte it is certain that nothing is there, from then on only a reply that can be read
    /// makes it so.
    pub async fn deliver(&self, mail: &MailMessage, send_by: &SendBy) -> Result<(), Outcome> {
        message::check(&mail.message)
            .map_err(|error| Outcome::Refused { why: error.to_string() })?;
        let address = |text: &str| {
            MailAddress::from_str(text)
                .map_err(|_| Outcome::Refused { why: format!("`{text}` is no mail address") })
        };
        let (from, to) = (address(&mail.envelope_from)?, address(&mail.envelope_to)?);
        send_by.check()?;
        let (mut connection, messages) = self.begin(from, send_by).await?;
        step(REPLY_WITHIN, connection.command(Rcpt::new(to, Vec::new())))
            .await
            .map_err(|fault| self.before_data(fault, "the recipient"))?;
        let ready = step(REPLY_WITHIN, connection.command(Data))
            .await
            .map_err(|fault| self.before_data(fault, "the message"))?;
        if !ready.has_code(354) {
            let why = format!("{} did not ask for the message: {}", self.host, ready.code());
            return Err(Outcome::Deferred { why, after: None });
        }
        send_by.check()?;
        let reply = step(DATA_END_WITHIN, connection.message(mail.message.as_bytes()))
            .await
            .map_err(|fault| self.after_data(fault))?;
        if !reply.has_code(250) {
            let why = format!("{} answered the message with {}", self.host, reply.code());
            return Err(Outcome::Unknown { why });
        }
        if messages + 1 < MESSAGES_PER_CONNECTION {
            let at_rest = AtRest { connection, messages: messages + 1, since: Instant::now() };
            self.kept.put(at_rest);
        } else {
            quit(connection).await;
        }
        Ok(())
    }

    /// Names the sender on the connection that is kept, or on a new one where there is none or the
    /// server has left it. Nothing of a message has gone out by then, so trying twice is safe. Says
    /// how many messages the connection has taken before.
    async fn begin(
        &self,
        from: MailAddress,
        send_by: &SendBy,
    ) -> Result<(AsyncSmtpConnection, u32), Outcome> {
        let sender = Mail::new(Some(from), Vec::new());
        if let Some(mut kept) = self.kept.take()
            && kept.since.elapsed() < KEPT_FOR
        {
            match step(REPLY_WITHIN, kept.connection.command(sender.clone())).await {
                Ok(_) => return Ok((kept.connection, kept.messages)),
                Err(fault) if matches!(fault.code(), None | Some(421)) => {}
                Err(fault) => return Err(self.before_data(fault, "the sender")),
            }
            send_by.check()?;
        }
        let mut connection = self.open().await?;
        send_by.check()?;
        step(REPLY_WITHIN, connection.command(sender))
            .await
            .map_err(|fault| self.before_data(fault, "the sender"))?;
        Ok((connection, 0))
    }

    /// Says goodbye on the connection that is kept.
    pub async fn hang_up(&self) {
        if let Some(kept) = self.kept.take() {
            quit(kept.connection).await;
        }
    }

    /// Connects and signs in, and sends nothing.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub async fn probe(&self) -> Result<String, String> {
        let connection = self.open().await.map_err(|outcome| outcome.why().to_owned())?;
        let name = connection.server_info().name().to_owned();
        quit(connection).await;
        Ok(format!("250 {name}"))
    }

    /// A connection that is encrypted as the channel demands, and signed in.
    async fn open(&self) -> Result<AsyncSmtpConnection, Outcome> {
        self.check_reach()?;
        let credentials = self.credentials()?;
        let greeting = ClientId::Domain(self.greeting.clone());
        let mut connection = match self.security {
            Security::Tls => {
                let parameters = self.tls_parameters()?;
                let server = (self.host.as_str(), self.port);
                let connect = AsyncSmtpConnection::connect_tokio1(
                    server,
                    Some(CONNECT_WITHIN),
                    &greeting,
                    Some(parameters),
                    None,
                );
                step(REPLY_WITHIN, connect).await
            }
            Security::Starttls | Security::None => {
                let stream = Box::new(self.connect().await?);
                let greet = AsyncSmtpConnection::connect_with_transport(stream, &greeting);
                step(REPLY_WITHIN, greet).await
            }
        }
        .map_err(|fault| self.at_greeting(fault))?;
        if self.security == Security::Starttls {
            if !connection.can_starttls() {
                let why = format!(
                    "{} offers no STARTTLS, and nothing is sent in clear; check host and port, or \
                     use `security = \"tls\"`",
                    self.host
                );
                return Err(Outcome::Blocked { why });
            }
            let parameters = self.tls_parameters()?;
            step(REPLY_WITHIN, connection.starttls(parameters, &greeting))
                .await
                .map_err(|fault| self.at_greeting(fault))?;
        }
        if let Some((credentials, secret)) = credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            step(REPLY_WITHIN, connection.auth(&mechanisms, &credentials))
                .await
                .map_err(|fault| self.at_sign_in(fault, &secret))?;
        }
        Ok(connection)
    }

    fn credentials(&self) -> Result<Option<(Credentials, Credential)>, Outcome> {
        let Some((username, password)) = &self.account else { return Ok(None) };
        let password =
            password.read().map_err(|error| Outcome::Blocked { why: error.to_string() })?;
        let credentials = Credentials::new(username.clone(), password.expose_secret().to_owned());
        Ok(Some((credentials, Credential::new(password))))
    }

    fn tls_parameters(&self) -> Result<TlsParameters, Outcome> {
        TlsParameters::new(self.host.clone())
            .map_err(|error| Outcome::Blocked { why: tls::chain(&error) })
    }

    fn check_reach(&self) -> Result<(), Outcome> {
        if self.reach.allows(&self.host) {
            return Ok(());
        }
        let why = format!(
            "nothing was sent: `{}` is not this machine, and this is a rehearsal",
            self.host
        );
        Err(Outcome::Refused { why })
    }

    /// A stream that sends small commands at once: with Nagle's algorithm each message waits for
    /// the other side's delayed acknowledgement.
    async fn connect(&self) -> Result<TcpStream, Outcome> {
        let deferred = |why: String| Outcome::Deferred {
            why: format!("no connection to {}:{}: {why}", self.host, self.port),
            after: None,
        };
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = timeout(CONNECT_WITHIN, TcpStream::connect((host, self.port)))
            .await
            .map_err(|_| deferred("it took too long".to_owned()))?
            .map_err(|error| deferred(error.to_string()))?;
        stream.set_nodelay(true).map_err(|error| deferred(error.to_string()))?;
        Ok(stream)
    }

    fn at_greeting(&self, fault: Fault) -> Outcome {
        let why = format!("{}: {}", self.host, fault.why());
        match &fault {
            Fault::Failed(error) if error.is_permanent() => Outcome::Blocked { why },
            Fault::Failed(error) if tls::fault(error).is_some() => {
                Outcome::Blocked { why: format!("no safe connection to {why}") }
            }
            _ => Outcome::Deferred { why, after: None },
        }
    }

    fn at_sign_in(&self, fault: Fault, secret: &Credential) -> Outcome {
        let why = format!("{} did not let us in: {}", self.host, secret.hide(&fault.why()));
        match &fault {
            // `is_client`: the server offers no way of signing in that we know.
            Fault::Failed(error) if error.is_permanent() || error.is_client() => {
                Outcome::Blocked { why }
            }
            _ => Outcome::Deferred { why, after: None },
        }
    }

    fn before_data(&self, fault: Fault, what: &str) -> Outcome {
        let why = format!("{} did not take {what}: {}", self.host, fault.why());
        match fault.code() {
            // RFC 4954 §6: it wants to know who we are first.
            Some(530 | 534 | 535 | 538) => Outcome::Blocked { why },
            Some(500..=599) => Outcome::Refused { why },
            _ => Outcome::Deferred { why, after: None },
        }
    }

    fn after_data(&self, fault: Fault) -> Outcome {
        match fault.code() {
            Some(500..=599) => {
                Outcome::Refused { why: format!("{} refused it: {}", self.host, fault.why()) }
            }
            Some(400..=499) => Outcome::Deferred {
                why: format!("{} did not take it now: {}", self.host, fault.why()),
                after: None,
            },
            _ => Outcome::Unknown {
                why: format!("{} was given the message: {}", self.host, fault.why()),
            },
        }
    }
}

/// Why a step did not succeed.
enum Fault {
    TimedOut(Duration),
    Failed(SmtpError),
}

impl Fault {
    fn why(&self) -> String {
        match self {
            Self::TimedOut(limit) => format!("no reply within {} s", limit.as_secs()),
            Self::Failed(error) => crate::channel::words::excerpt(&tls::chain(error)),
        }
    }

    /// The reply's code, if there was a reply that could be read.
    fn code(&self) -> Option<u16> {
        match self {
            Self::TimedOut(_) => None,
            Self::Failed(error) => error.status().map(u16::from),
        }
    }
}

async fn step<T>(
    limit: Duration,
    exchange: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, Fault> {
    match timeout(limit, exchange).await {
        Ok(done) => done.map_err(Fault::Failed),
        Err(_) => Err(Fault::TimedOut(limit)),
    }
}

/// Says goodbye; whether the server answers does not matter any more.
async fn quit(mut connection: AsyncSmtpConnection) {
    let _ = timeout(QUIT_WITHIN, connection.quit()).await;
}
