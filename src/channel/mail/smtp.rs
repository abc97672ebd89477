//! Messages over an SMTP connection, step by step.
//!
//! lettre's transports hide how far a message came, and its pool can hand one message the reply to
//! another. So its connection is driven by hand: each step has its own time, and nothing but 250
//! after the final dot counts. A connection is kept for the next message only after that, when it
//! owes no reply; after anything else, or where the call was dropped, it is never used again.
//! [`super::login`] opens connections, [`super::host`] shares a server's among its channels.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{MailParameter, RcptParameter};
use tokio::time::timeout;

use super::dkim::Dkim;
use super::host::{AtRest, Seat, Turn};
use super::login::{Line, Login, Reports};
use super::message;
use super::step::{Fault, Patience, quit, step};
use crate::channel::wire::{MailMessage, ReportRequest};
use crate::channel::{Outcome, SendBy};

/// When a message that found every connection taken is worth another try.
const BUSY_FOR: Duration = Duration::from_secs(60);

/// A mail server and how it is spoken to.
pub struct Server {
    pub login: Arc<Login>,
    pub seat: Seat,
    /// A connection takes at most so many messages. A server that takes fewer says so (421) or
    /// closes, and the next message gets a new connection.
    pub messages_per_connection: u32,
    /// Who signs.
    pub dkim: Option<Dkim>,
    pub patience: Patience,
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
        let refused = |why: String| Outcome::Refused { why };
        message::check(&mail.message).map_err(|error| refused(error.to_string()))?;
        let address = |text: &str| {
            Address::from_str(text).map_err(|_| refused(format!("`{text}` is no mail address")))
        };
        let (from, to) = (address(&mail.envelope_from)?, address(&mail.envelope_to)?);
        let message = self.signed(&mail.message)?;
        send_by.check()?;
        let turn = self.turn(send_by).await?;
        let envelope = Envelope { from, to, report: mail.report.as_ref(), bytes: message.len() };
        let (mut line, messages) = self.begin(&turn, &envelope, send_by).await?;
        send_by.check()?;
        let reply = step(self.patience.data_end, line.connection.message(message.as_bytes()))
            .await
            .map_err(|fault| self.after_data(&fault))?;
        if !reply.has_code(250) {
            let why = format!("{} answered the message with {}", self.host(), reply.code());
            return Err(Outcome::Unknown { why });
        }
        if messages + 1 < self.messages_per_connection {
            turn.rest(line, messages + 1, &self.login);
        } else {
            quit(line.connection, &self.patience).await;
        }
        Ok(())
    }

    /// The bytes that leave: what is on record, below its signature.
    fn signed<'a>(&self, message: &'a str) -> Result<Cow<'a, str>, Outcome> {
        let Some(dkim) = &self.dkim else { return Ok(Cow::Borrowed(message)) };
        let signature =
            dkim.sign(message).map_err(|error| Outcome::Blocked { why: error.to_string() })?;
        Ok(Cow::Owned(signature + message))
    }

    /// Waits until another message may be under way at this server.
    async fn turn(&self, send_by: &SendBy) -> Result<Turn<'_>, Outcome> {
        self.seat.pace(send_by.left()).await.map_err(|wait| Outcome::Deferred {
            why: format!("{} has its pace (`per_minute`), and others come first", self.host()),
            after: Some(wait),
        })?;
        let turn = timeout(send_by.left(), self.seat.turn()).await.map_err(|_| {
            let connections = self.seat.connections();
            Outcome::Deferred {
                why: format!("{} is busy with {connections} other messages of ours", self.host()),
                after: Some(BUSY_FOR),
            }
        })?;
        send_by.check()?;
        Ok(turn)
    }

    /// Brings a connection to where the server waits for the message: one at rest, or a new one where
    /// there is none, the server has left it or takes no more on it. Nothing of a message has gone out
    /// by then, so trying twice is safe. Says how many messages the connection has taken before.
    async fn begin(
        &self,
        turn: &Turn<'_>,
        envelope: &Envelope<'_>,
        send_by: &SendBy,
    ) -> Result<(Line, u32), Outcome> {
        let found = turn.find(&self.login);
        if let Some(AtRest { mut line, messages, .. }) = found.usable {
            match self.announce(&mut line, envelope).await {
                Ok(()) => return Ok((line, messages)),
                Err(NotTaken { code: None | Some(421), .. }) => {}
                // Too many messages or recipients for one connection (RFC 5321 §4.5.3.1.10).
                Err(NotTaken { code: Some(452), .. }) => {
                    quit(line.connection, &self.patience).await;
                }
                Err(not_taken) => return Err(not_taken.outcome),
            }
            send_by.check()?;
        }
        if let Some(surplus) = found.surplus {
            quit(surplus.line.connection, &self.patience).await;
        }
        let mut line = self.login.open(&self.patience).await?;
        send_by.check()?;
        match self.announce(&mut line, envelope).await {
            Ok(()) => Ok((line, 0)),
            Err(not_taken) => Err(not_taken.outcome),
        }
    }

    /// Says who writes to whom, and that the message comes now; the server asks for it (354).
    async fn announce(&self, line: &mut Line, envelope: &Envelope<'_>) -> Result<(), NotTaken> {
        if let Some(largest) = line.offers.largest.filter(|it| envelope.bytes > it.get()) {
            return Err(self.too_large(envelope.bytes, largest.get()));
        }
        let reply = self.patience.reply;
        let not_taken = |fault: Fault, what| NotTaken {
            code: fault.code(),
            outcome: self.before_data(&fault, what),
        };
        step(reply, line.connection.command(envelope.sender(line.offers.reports)))
            .await
            .map_err(|fault| not_taken(fault, "the sender"))?;
        step(reply, line.connection.command(envelope.recipient(line.offers.reports)))
            .await
            .map_err(|fault| not_taken(fault, "the recipient"))?;
        let ready = step(reply, line.connection.command(Data))
            .await
            .map_err(|fault| not_taken(fault, "the message"))?;
        if !ready.has_code(354) {
            let why = format!("{} did not ask for the message: {}", self.host(), ready.code());
            let outcome = Outcome::Deferred { why, after: None };
            return Err(NotTaken { code: Some(ready.code().into()), outcome });
        }
        Ok(())
    }

    /// What the server would refuse once it had it whole is not sent.
    fn too_large(&self, bytes: usize, largest: usize) -> NotTaken {
        let outcome = Outcome::Refused {
            why: format!(
                "nothing was sent: the message has {bytes} bytes, and {} takes {largest} at most; \
                 shorten the page, or write `body = \"text\"` in the channel's file",
                self.host()
            ),
        };
        NotTaken { code: Some(552), outcome }
    }

    /// Says goodbye on the connections that are kept.
    pub async fn hang_up(&self) {
        for kept in self.seat.leave() {
            quit(kept.line.connection, &self.patience).await;
        }
    }

    /// Connects and signs in, and sends nothing.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub async fn probe(&self) -> Result<String, String> {
        let busy = || format!("{} is busy with other messages of ours", self.host());
        let turn = timeout(self.patience.reply, self.seat.turn()).await.map_err(|_| busy())?;
        let found = turn.find(&self.login);
        for kept in [found.usable, found.surplus].into_iter().flatten() {
            quit(kept.line.connection, &self.patience).await;
        }
        let opened = self.login.open(&self.patience).await;
        let line = opened.map_err(|outcome| outcome.why().to_owned())?;
        let name = line.connection.server_info().name().to_owned();
        quit(line.connection, &self.patience).await;
        Ok(format!("250 {name}"))
    }

    fn host(&self) -> &str {
        &self.login.host
    }

    fn before_data(&self, fault: &Fault, what: &str) -> Outcome {
        let why = format!("{} did not take {what}: {}", self.host(), fault.why());
        match fault.code() {
            // RFC 4954 §6: it wants to know who we are first.
            Some(530 | 534 | 535 | 538) => Outcome::Blocked { why },
            Some(500..=599) => Outcome::Refused { why },
            _ => Outcome::Deferred { why, after: None },
        }
    }

    fn after_data(&self, fault: &Fault) -> Outcome {
        match fault.code() {
            Some(500..=599) => {
                Outcome::Refused { why: format!("{} refused it: {}", self.host(), fault.why()) }
            }
            Some(400..=499) => Outcome::Deferred {
                why: format!("{} did not take it now: {}", self.host(), fault.why()),
                after: None,
            },
            _ => Outcome::Unknown {
                why: format!("{} was given the message: {}", self.host(), fault.why()),
            },
        }
    }
}

/// What a server is told before it has the message.
struct Envelope<'a> {
    from: Address,
    to: Address,
    report: Option<&'a ReportRequest>,
    /// How large the message is.
    bytes: usize,
}

/// Why a server does not wait for the message, of which certainly nothing is there.
struct NotTaken {
    /// Of its reply, if there was one.
    code: Option<u16>,
    outcome: Outcome,
}

impl Envelope<'_> {
    /// MAIL, with what is asked of a server that offers reports.
    fn sender(&self, reports: Reports) -> Mail {
        let parameter = |keyword: &str, value: &str| MailParameter::Other {
            keyword: keyword.to_owned(),
            value: Some(value.to_owned()),
        };
        let parameters = match self.report.filter(|_| reports == Reports::Offered) {
            Some(report) => {
                vec![parameter("RET", "HDRS"), parameter("ENVID", &report.envelope_id)]
            }
            None => Vec::new(),
        };
        Mail::new(Some(self.from.clone()), parameters)
    }

    /// RCPT, the same.
    fn recipient(&self, reports: Reports) -> Rcpt {
        let report = self.report.filter(|_| reports == Reports::Offered);
        let notify = report.map(|report| RcptParameter::Other {
            keyword: "NOTIFY".to_owned(),
            value: Some(report.notify.clone()),
        });
        Rcpt::new(self.to.clone(), notify.into_iter().collect())
    }
}
