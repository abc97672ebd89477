//! Mail: one message to one list or person, over SMTP.
//!
//! [`message`] makes the bytes, [`smtp`] brings them to the server and knows how far it came,
//! [`archive`] knows where readers find the message.

pub mod archive;
pub mod message;
pub mod smtp;

use std::str::FromStr;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lettre::Address as MailAddress;
use lettre::message::Mailbox;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::http::{Exchange, Http};
use super::wire::MailMessage;
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Kind, Outcome, Permit,
    PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, is_loopback, words,
};
use crate::adapt::{Form, MailBody, MailForm, Rendition};
use crate::channel::secret::SecretRef;
use message::{Letter, Origin};
use smtp::{Kept, Server};

/// Longest subject if the channel does not say otherwise: what a mailbox shows of it.
const SUBJECT_LIMIT: usize = 70;

/// After the last look at the send-by the message and the reply to its final dot take five minutes
/// at most. The rest is for a mail server and a list that pass it on to the archive; one that holds
/// it for a moderator takes days, and that is why absence proves nothing here.
const IN_FLIGHT_SECONDS: u32 = 15 * 60;

/// After two weeks a list that holds what it is sent has forgotten it, or will not say
/// (groups.io drops it then).
const GIVE_UP_AFTER_SECONDS: u64 = 14 * 24 * 60 * 60;

/// How long an archive may take to show a message that nobody holds.
const ARCHIVED_WITHIN: TimeDelta = TimeDelta::hours(1);

/// The `[mail]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The one address the message goes to: the list, or a person who takes ads.
    pub to: String,
    /// The address that is subscribed to the list.
    pub from: String,
    pub from_name: Option<String>,
    /// Host of the mail server.
    pub host: String,
    /// Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    pub port: Option<u16>,
    #[serde(default)]
    pub security: Security,
    pub username: Option<String>,
    pub password: Option<SecretRef>,
    #[serde(default)]
    pub body: MailBody,
    /// Longest subject in characters; default 70.
    pub subject_limit: Option<usize>,
    /// Where the list's archive shows the message.
    pub archive: Option<Archive>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// STARTTLS, required.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In clear: only to this machine (loopback).
    None,
}

/// An archive whose permalink follows from the Message-ID.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "software", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Archive {
    /// Mailman 3: `{base}/list/{list@host}/message/{BASE32(SHA1(id))}/`.
    Hyperkitty { base: Url, list: String },
}

/// One sender, one recipient, one server.
pub struct Mail {
    config: Config,
    from: Mailbox,
    to: MailAddress,
    server: Server,
    http: Http,
}

impl Mail {
    /// # Errors
    /// [`BuildError`] if a setting cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        let setting =
            |key, why: String| BuildError::Setting { channel: context.channel.clone(), key, why };
        let address = |key, text: &str| {
            MailAddress::from_str(text).ok().filter(|_| text.is_ascii()).ok_or_else(|| {
                setting(
                    key,
                    format!(
                        "`{text}` is no mail address in ASCII; write it like `jobs@lists.example`"
                    ),
                )
            })
        };
        let from = address("mail.from", &config.from)?;
        let to = address("mail.to", &config.to)?;
        let name = config.from_name.clone();
        if name.as_ref().is_some_and(|name| name.contains(char::is_control)) {
            let why = "it holds a line end or another control character".to_owned();
            return Err(setting("mail.from_name", why));
        }
        if config.host.is_empty()
            || config.host.contains(|it: char| it.is_whitespace() || it == '/')
        {
            let why = format!("`{}` is no host; write it like `mail.example`", config.host);
            return Err(setting("mail.host", why));
        }
        if config.security == Security::None && !is_loopback(&config.host) {
            let why = format!(
                "`none` is only for this machine, and `{}` is another; use `starttls` or `tls`",
                config.host
            );
            return Err(setting("mail.security", why));
        }
        if config.username.is_some() != config.password.is_some() {
            let why = "`username` and `password` go together".to_owned();
            return Err(setting("mail.username", why));
        }
        let server = Server {
            host: config.host.clone(),
            port: config.port.unwrap_or(match config.security {
                Security::Starttls => 587,
                Security::Tls => 465,
                Security::None => 25,
            }),
            security: config.security,
            account: config.username.clone().zip(config.password.clone()),
            greeting: from.domain().to_owned(),
            reach: context.reach,
            kept: Kept::default(),
        };
        let http = Http::new(context.reach);
        Ok(Self { from: Mailbox::new(name, from), to, server, http, config })
    }

    fn message(
        &self,
        rendition: &Rendition,
        answers: Option<&str>,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let Rendition::Mail { subject, text, html, .. } = rendition else {
            return Err(PrepareError::Invalid("mail takes a mail, and this is none".to_owned()));
        };
        let message_id = message::message_id(address.key, self.from.email.domain());
        let letter = Letter {
            from: &self.from,
            to: &self.to,
            subject,
            text,
            html: html.as_deref().filter(|_| self.config.body == MailBody::Alternative),
            message_id: &message_id,
            answers,
            at: address.at,
            origin: Origin::Posting,
        };
        self.addressed(&letter)
    }

    /// A mail of our own to a person, which is no posting; `id` makes its Message-ID, so that the
    /// same notice sent once more is the same message.
    ///
    /// # Errors
    /// [`PrepareError`] if the words cannot be a mail.
    pub fn notice(
        &self,
        subject: &str,
        text: &str,
        id: Uuid,
        at: DateTime<Utc>,
    ) -> Result<Wire, PrepareError> {
        let message_id = format!("notice.{}@{}", id.simple(), self.from.email.domain());
        self.addressed(&Letter {
            from: &self.from,
            to: &self.to,
            subject,
            text,
            html: None,
            message_id: &message_id,
            answers: None,
            at,
            origin: Origin::Notice,
        })
    }

    fn addressed(&self, letter: &Letter<'_>) -> Result<Wire, PrepareError> {
        let (subject, message) = message::compose(letter)?;
        Ok(Wire::Mail(MailMessage {
            server: format!("smtp://{}:{}", self.server.host, self.server.port),
            envelope_from: self.from.email.to_string(),
            envelope_to: self.to.to_string(),
            message_id: letter.message_id.to_owned(),
            subject,
            message,
        }))
    }

    fn receipt(&self, message_id: &str) -> Receipt {
        let link = self.config.archive.as_ref().map(|archive| archive.permalink(message_id));
        Receipt { remote_id: Some(message_id.to_owned()), link }
    }
}

#[async_trait]
impl Channel for Mail {
    fn kind(&self) -> Kind {
        Kind::Mail
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Can::No,
            follow_up: Can::Yes,
            withdraw: Can::No,
            find: if self.config.archive.is_some() { Can::Yes } else { Can::No },
            // A moderator may hold it for days.
            proves_absence: Can::No,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: None,
            arrival: Arrival::Later { give_up_after_seconds: GIVE_UP_AFTER_SECONDS },
        }
    }

    fn place(&self) -> String {
        self.to.to_string()
    }

    fn form(&self) -> Form {
        let subject_limit = self.config.subject_limit.unwrap_or(SUBJECT_LIMIT);
        Form::Mail(MailForm { body: self.config.body, subject_limit })
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => self.message(rendition, None, address),
            Action::FollowUp(rendition, receipt) => {
                let id = receipt.remote_id.as_deref();
                let id = id.ok_or(PrepareError::NoReceipt { what: "Message-ID" })?;
                self.message(rendition, Some(id), address)
            }
            Action::Edit(..) => {
                Err(PrepareError::Unable { kind: Kind::Mail, verb: "change what was sent" })
            }
            Action::Withdraw(_) => {
                Err(PrepareError::Unable { kind: Kind::Mail, verb: "take back what was sent" })
            }
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        let Wire::Mail(mail) = wire else { return super::not_ours(Kind::Mail) };
        match self.server.deliver(mail, permit.send_by()).await {
            Ok(()) => Outcome::Posted(self.receipt(&mail.message_id)),
            Err(outcome) => outcome,
        }
    }

    async fn hang_up(&self) {
        self.server.hang_up().await;
    }

    /// Only a message that stands in the archive proves something: a moderator may hold it for
    /// days, so one that does not proves nothing. Its place there follows from its Message-ID, so
    /// every likeness is the same, and it is nobody else's.
    async fn find(&self, search: &Search<'_>) -> Trace {
        let Search { wire, since, .. } = *search;
        let Wire::Mail(mail) = wire else {
            return Trace::CannotTell { why: "the record is no mail".to_owned() };
        };
        let receipt = self.receipt(&mail.message_id);
        let Some(link) = &receipt.link else {
            let why = format!("no archive of {} is known; look for the subject there", self.to);
            return Trace::CannotTell { why };
        };
        let missing = format!("the archive does not show it at {link}");
        let why = match self.http.fetch(link).await {
            Exchange::Answer(answer)
                if answer.is_success() && words::page_shows(&answer.body, &mail.subject) =>
            {
                return Trace::Found(receipt);
            }
            Exchange::Answer(answer) if answer.is_success() => {
                format!("{link} answers, but does not show the subject")
            }
            Exchange::Answer(answer) if matches!(answer.status, 404 | 410) => missing,
            Exchange::Answer(answer) => format!("{missing}: HTTP {}", answer.status),
            Exchange::NoAnswer(outcome) => format!("{missing}: {}", outcome.why()),
        };
        if Utc::now() - since < ARCHIVED_WITHIN {
            Trace::NotYet { why }
        } else {
            Trace::CannotTell { why: format!("{why}; a moderator may be holding it") }
        }
    }

    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let unseen = |why: String| Sight::Unseen { why };
        let subject = match expected {
            Some(Rendition::Mail { subject, .. }) => Some(subject),
            Some(_) => return unseen("what was sent is no mail".to_owned()),
            None => None,
        };
        let shows_it = |page: &str| subject.is_none_or(|subject| words::page_shows(page, subject));
        let Some(link) = &receipt.link else {
            return unseen("a mail without an archive cannot be looked at".to_owned());
        };
        match self.http.fetch(link).await {
            Exchange::Answer(answer) if answer.status == 410 => Sight::Gone,
            // Not archived yet, held by a moderator, or removed: the page does not say which.
            Exchange::Answer(answer) if answer.status == 404 => {
                unseen("the archive does not show it; a moderator may be holding it".to_owned())
            }
            Exchange::Answer(answer) if !answer.is_success() => unseen(answer.summary()),
            Exchange::Answer(answer) if shows_it(&answer.body) => Sight::Agrees,
            Exchange::Answer(answer) => Sight::Differs { found: words::excerpt(&answer.body) },
            Exchange::NoAnswer(outcome) => unseen(outcome.why().to_owned()),
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        self.server.probe().await.map(|identity| Probe { identity, expires: None })
    }
}
