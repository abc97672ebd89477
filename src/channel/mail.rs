//! Mail: one message to one list or person, over SMTP.
//!
//! [`message`] makes the bytes, [`smtp`] brings them to the server and knows how far it came,
//! [`archive`] knows where readers find the message, [`list`] what a list asks of it.

pub mod archive;
pub mod list;
pub mod message;
pub mod smtp;

use std::str::FromStr;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lettre::Address as MailAddress;
use lettre::message::Mailbox;
use serde::Deserialize;
use uuid::Uuid;

use super::http::Http;
use super::wire::MailMessage;
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Kind, Outcome, Permit,
    PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, is_loopback,
};
use crate::adapt::{Form, MailBody, MailForm, Rendition};
use crate::channel::secret::SecretRef;
use crate::schedule::length::Length;
pub use archive::Archive;
use archive::look::{self, Look, Sought};
pub use list::{Held, Html, Repeats, Software};
use message::{Letter, Origin};
use smtp::{Kept, Server};

/// Longest subject if the channel does not say otherwise: what a mailbox shows of it.
const SUBJECT_LIMIT: usize = 70;

/// After the last look at the send-by the message and the reply to its final dot take five minutes
/// at most. The rest is for a mail server and a list that pass it on to the archive; one that holds
/// it for a moderator takes days, and that is why absence proves nothing here.
const IN_FLIGHT_SECONDS: u32 = 15 * 60;

/// How long an archive may take to show a message that nobody holds.
const ARCHIVED_WITHIN: TimeDelta = TimeDelta::hours(1);

/// How long a list is silent about a post before it counts as lost, where nobody says otherwise:
/// groups.io forgets a post that waits for its moderator after so long, without a word.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(14);

/// The `[mail]` table of a channel's file.
#[derive(Debug, Clone, Default, Deserialize)]
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
    /// What runs the list. Where nobody says it, the rules of all are kept.
    pub software: Option<Software>,
    /// What the list puts before each subject: `[jobs]`.
    pub subject_prefix: Option<String>,
    /// The largest message that the list takes, headers included, in units of 1024 bytes.
    pub max_kb: Option<u32>,
    /// The most words that the list takes.
    pub max_words: Option<u32>,
    /// What the list does with HTML.
    pub html: Option<Html>,
    /// Whose posts a moderator looks at first.
    pub held: Option<Held>,
    /// For how long the list may be silent about a post: see [`Config::gives_up_after`].
    pub give_up_after: Option<Length>,
    /// The least time between posts to two lists of the list's host.
    pub host_gap: Option<Length>,
    /// How often the list takes an ad once more.
    pub repeats: Option<Repeats>,
    /// The least time between two posts about one ad.
    pub repeat_gap: Option<Length>,
    /// Whether the list asks by mail to confirm each post, which somebody has to answer.
    #[serde(default)]
    pub needs_confirmation: bool,
    /// Whether the sender's domain has to be the employer's.
    #[serde(default)]
    pub employers_domain: bool,
}

impl Config {
    /// After so long without a word from the list a person is asked to look.
    pub fn gives_up_after(&self) -> TimeDelta {
        self.give_up_after.map_or(GIVE_UP_AFTER, |it| it.0)
    }

    /// The host of the list, in small letters.
    pub fn list_host(&self) -> String {
        self.to.rsplit('@').next().unwrap_or_default().to_ascii_lowercase()
    }

    /// The same in seconds.
    fn patience(&self) -> u64 {
        self.gives_up_after().num_seconds().unsigned_abs()
    }

    /// How long an archive is looked at with patience: a list that holds every post may take as
    /// long as it may be silent.
    fn archived_within(&self) -> TimeDelta {
        match self.held {
            Some(Held::Always) => self.gives_up_after(),
            Some(Held::First | Held::Never) | None => ARCHIVED_WITHIN,
        }
    }
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
    pub fn new(mut config: Config, context: Context) -> Result<Self, BuildError> {
        config.archive = config.archive.map(|archive| archive.named_after(&config.to));
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
        if let Some((key, why)) = config.archive.as_ref().and_then(|it| it.check().err()) {
            return Err(setting(key, why));
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

    /// The receipt of a message that was taken: with its link if that follows from the Message-ID.
    /// Whether it stands there is another question.
    fn receipt(&self, mail: &MailMessage) -> Receipt {
        let at = look::dated(mail).to_utc();
        let archive = self.config.archive.as_ref();
        let link = archive.and_then(|archive| archive.permalink(&mail.message_id, at));
        Receipt { remote_id: Some(mail.message_id.clone()), link }
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
            find: match &self.config.archive {
                Some(archive) if archive.can_be_searched() => Can::Yes,
                Some(_) | None => Can::No,
            },
            // A moderator may hold it for days.
            proves_absence: Can::No,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: None,
            arrival: Arrival::Later { give_up_after_seconds: self.config.patience() },
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
            Ok(()) => Outcome::Posted(self.receipt(mail)),
            Err(outcome) => outcome,
        }
    }

    async fn hang_up(&self) {
        self.server.hang_up().await;
    }

    /// Only a message that stands in the archive proves something: a moderator may hold it for
    /// days, so one that does not proves nothing. Its Message-ID tells it from all others, so every
    /// likeness is the same, and it is nobody else's.
    async fn find(&self, search: &Search<'_>) -> Trace {
        let Search { wire, since, .. } = *search;
        let Wire::Mail(mail) = wire else {
            return Trace::CannotTell { why: "the record is no mail".to_owned() };
        };
        let Some(archive) = &self.config.archive else {
            let why = format!("no archive of {} is known; look for the subject there", self.to);
            return Trace::CannotTell { why };
        };
        let now = Utc::now();
        let prefix = self.config.subject_prefix.as_deref();
        match archive.look(&self.http, &Sought::of(mail, prefix, now)).await {
            Look::Shown(link) => {
                Trace::Found(Receipt { remote_id: Some(mail.message_id.clone()), link: Some(link) })
            }
            Look::NotShown { why }
                if archive.can_be_searched() && now - since < self.config.archived_within() =>
            {
                Trace::NotYet { why }
            }
            Look::NotShown { why } => {
                Trace::CannotTell { why: format!("{why}; a moderator may be holding it") }
            }
        }
    }

    /// An archive keeps what it took: a page without our subject is a question to the reader (a
    /// login, a check for robots) unless it says itself that it shows another message.
    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let unseen = |why: String| Sight::Unseen { why };
        let subject = match expected {
            Some(Rendition::Mail { subject, .. }) => Some(subject.as_str()),
            Some(_) => return unseen("what was sent is no mail".to_owned()),
            None => None,
        };
        let Some(link) = &receipt.link else {
            return unseen("a mail without an archive cannot be looked at".to_owned());
        };
        let copy = look::Copy {
            link,
            message_id: receipt.remote_id.as_deref(),
            subject,
            prefix: self.config.subject_prefix.as_deref(),
        };
        look::at(self.config.archive.as_ref(), &self.http, &copy).await
    }

    async fn probe(&self) -> Result<Probe, String> {
        self.server.probe().await.map(|identity| Probe { identity, expires: None })
    }
}
