//! Mail: one message to one list or person, over SMTP.
//!
//! [`message`] makes the bytes and [`envelope`] says who hears what becomes of them. [`login`] opens
//! connections ([`starttls`] and [`encrypted`] before anything is said, with [`super::oauth2`] where
//! passwords are no longer taken; [`replies`] makes their answers readable), [`host`] shares a server's among its channels, [`smtp`] brings messages to it, signed by [`dkim`], and knows how far each came.
//! [`archive`] knows where readers find the message, [`list`] what a list asks of it.

pub mod archive;
pub mod dkim;
mod encrypted;
pub mod envelope;
pub mod host;
pub mod list;
pub mod login;
pub mod message;
mod replies;
pub mod smtp;
mod starttls;
pub mod step;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lettre::Address as MailAddress;
use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use super::http::Http;
use super::wire::{MailMessage, SignedAs};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, is_loopback,
};
use crate::adapt::{Charset, Form, MailBody, MailForm, Rendition};
use crate::channel::oauth2::OAuth2;
use crate::channel::secret::SecretRef;
use crate::schedule::length::Length;
pub use archive::Archive;
use archive::look::{self, Look, Sought};
use dkim::Dkim;
use envelope::{Bounces, Dsn};
use host::{Limits, Seat};
pub use list::{Held, Html, Repeats, Software};
use login::{Account, Login};
use message::{Letter, Origin};
use smtp::Server;
use step::Patience;

/// Longest subject if the channel does not say otherwise: what a mailbox shows of it.
const SUBJECT_LIMIT: usize = 70;

/// After the last look at the send-by the message and the reply to its final dot take five minutes
/// at most. The rest is for a mail server and a list that pass it on to the archive; one that holds
/// it for a moderator takes days, and that is why absence proves nothing here.
const IN_FLIGHT_SECONDS: u32 = 15 * 60;

/// How many connections to one mail server there are at a time, if no channel says otherwise.
const CONNECTIONS: u32 = 10;

/// How many messages a connection takes, if the channel does not say otherwise.
const MESSAGES_PER_CONNECTION: u32 = 100;

/// A server that cannot pass a message on gives up after four or five days (RFC 5321 §4.5.4.1).
const COMES_BACK_WITHIN_SECONDS: u64 = 6 * 24 * 60 * 60;

/// Sympa drops a message that it has had, known by its Message-ID, and forgets ids after a day; half
/// of that is enough. It keeps them in memory: one that is started anew forgets them sooner.
const SYMPA_REMEMBERS_SECONDS: u64 = 12 * 60 * 60;

/// How long an archive may take to show a message that nobody holds.
const ARCHIVED_WITHIN: TimeDelta = TimeDelta::hours(1);

/// How long a list is silent about a post before it counts as lost, where nobody says otherwise:
/// groups.io forgets a post that waits for its moderator after so long, without a word.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(14);

/// The `[mail]` table of a channel's file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The one address the message goes to: the list, or a person who takes ads.
    pub to: String,
    /// The address that is subscribed to the list.
    pub from: String,
    pub from_name: Option<String>,
    /// Where answers of readers go, if not to `from`.
    pub reply_to: Option<String>,
    /// The envelope sender, to which bounces come back, with the delivery's key in it, so that each
    /// says which message it was: `bot+{key}@lab.example`. Default: `from`.
    pub bounces: Option<String>,
    /// Which reports the server is asked for, if it offers them: `failure` (the default),
    /// `success` too, or `never`.
    #[serde(default)]
    pub dsn: Dsn,
    /// Host of the mail server.
    pub host: String,
    /// Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    pub port: Option<u16>,
    #[serde(default)]
    pub security: Security,
    /// A file with certificates (PEM) that are trusted beside the machine's own: for a mail server
    /// whose university is its own CA. A relative path counts from the site's folder.
    pub ca: Option<PathBuf>,
    pub username: Option<String>,
    pub password: Option<SecretRef>,
    /// Instead of a password, where the server wants a token.
    pub oauth2: Option<OAuth2>,
    /// The key that messages are signed with.
    pub dkim: Option<Dkim>,
    /// How many connections to this host there may be at a time, for all channels together;
    /// default 10. Where several channels of one host say it, the strictest counts.
    pub connections: Option<NonZeroU32>,
    /// How many messages to this host may begin within a minute, evenly, for all channels together;
    /// default: as fast as they come. The strictest counts.
    pub per_minute: Option<NonZeroU32>,
    /// How many messages a connection takes before it is closed; default 100.
    pub messages_per_connection: Option<NonZeroU32>,
    #[serde(default)]
    pub body: MailBody,
    /// `utf-8` (the default), or `ascii` for lists that garble everything else.
    #[serde(default)]
    pub charset: Charset,
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
    /// The least time between posts about one ad to two lists of the list's host.
    pub host_gap: Option<Length>,
    /// How often the list takes an ad once more.
    #[schemars(with = "Option<serde_json::Value>")]
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

impl Config {
    /// The credentials that it names, each under its key.
    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let mut secrets = Vec::new();
        secrets.extend(self.password.as_mut().map(|it| ("password", it)));
        if let Some(oauth2) = &mut self.oauth2 {
            secrets.push(("refresh_token", &mut oauth2.refresh_token));
            secrets.extend(oauth2.client_secret.as_mut().map(|it| ("client_secret", it)));
        }
        secrets.extend(self.dkim.as_mut().map(|it| ("key", &mut it.key)));
        secrets
    }
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
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
    reply_to: Option<MailAddress>,
    bounces: Option<Bounces>,
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
        let reply_to = config.reply_to.as_deref().map(|text| address("mail.reply_to", text));
        let reply_to = reply_to.transpose()?;
        let bounces = config.bounces.as_deref().map(str::parse).transpose();
        let bounces = bounces.map_err(|why| setting("mail.bounces", why))?;
        if config.ca.is_some() && config.security == Security::None {
            let why = "without encryption there is no certificate; remove it".to_owned();
            return Err(setting("mail.ca", why));
        }
        if let Some(dkim) = &config.dkim {
            dkim.signs_for(from.domain()).map_err(|why| setting("mail.dkim", why))?;
        }
        let account = Account::of(&config, context.reach);
        let account = account.map_err(|(key, why)| setting(key, why))?;
        let port = config.port.unwrap_or(match config.security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        });
        let limits = Limits {
            connections: config.connections.map_or(CONNECTIONS, NonZeroU32::get),
            per_minute: config.per_minute,
        };
        if let Some((key, why)) = config.archive.as_ref().and_then(|it| it.check().err()) {
            return Err(setting(key, why));
        }
        let server = Server {
            login: Arc::new(Login {
                host: config.host.clone(),
                port,
                security: config.security,
                ca: config.ca.clone(),
                account,
                greeting: from.domain().to_owned(),
                reach: context.reach,
            }),
            seat: Seat::at(&config.host, port, limits),
            messages_per_connection: config
                .messages_per_connection
                .map_or(MESSAGES_PER_CONNECTION, NonZeroU32::get),
            dkim: config.dkim.clone(),
            patience: Patience::default(),
        };
        let http = Http::new(context.reach);
        let from = Mailbox::new(name, from);
        Ok(Self { from, to, reply_to, bounces, server, http, config })
    }

    /// The same with other time limits, for tests.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.server.patience = patience;
        self
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
            charset: self.config.charset,
            message_id: &message_id,
            answers,
            reply_to: self.reply_to.as_ref(),
            at: address.at,
            origin: Origin::Posting,
        };
        let mut mail = self.addressed(&letter)?;
        if let Some(bounces) = &self.bounces {
            mail.envelope_from = bounces.sender(address.key);
        }
        mail.report = self.config.dsn.request(address.key);
        Ok(Wire::Mail(mail))
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
        let letter = Letter {
            from: &self.from,
            to: &self.to,
            subject,
            text,
            html: None,
            charset: self.config.charset,
            message_id: &message_id,
            answers: None,
            reply_to: None,
            at,
            origin: Origin::Notice,
        };
        self.addressed(&letter).map(Wire::Mail)
    }

    fn addressed(&self, letter: &Letter<'_>) -> Result<MailMessage, PrepareError> {
        let (subject, message) = message::compose(letter)?;
        let signed_as =
            |dkim: &Dkim| SignedAs { domain: dkim.domain.clone(), selector: dkim.selector.clone() };
        Ok(MailMessage {
            server: format!("smtp://{}:{}", self.config.host, self.server.login.port),
            envelope_from: self.from.email.to_string(),
            envelope_to: self.to.to_string(),
            message_id: letter.message_id.to_owned(),
            subject,
            message,
            report: None,
            signed_as: self.config.dkim.as_ref().map(signed_as),
        })
    }

    /// The receipt of a message that was taken: with its link if that follows from the Message-ID.
    /// Whether it stands there is another question.
    fn receipt(&self, mail: &MailMessage) -> Receipt {
        let at = look::dated(mail).to_utc();
        let archive = self.config.archive.as_ref();
        let link = archive.and_then(|archive| archive.permalink(&mail.message_id, at));
        Receipt { remote_id: Some(mail.message_id.clone()), link, ..Receipt::default() }
    }
}

#[async_trait]
impl Channel for Mail {
    fn kind(&self) -> Kind {
        Kind::Mail
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Edit::No,
            follow_up: Can::Yes,
            withdraw: Can::No,
            find: match &self.config.archive {
                Some(archive) if archive.can_be_searched() => Can::Yes,
                Some(_) | None => Can::No,
            },
            // A moderator may hold it for days.
            proves_absence: Can::No,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: match (self.config.software, self.config.held) {
                // What waits for a moderator is not among what it has had.
                (Some(Software::Sympa), Some(Held::Never)) => Some(SYMPA_REMEMBERS_SECONDS),
                _ => None,
            },
            arrival: match self.config.software {
                Some(Software::Plain) => {
                    Arrival::Unsaid { comes_back_within_seconds: COMES_BACK_WITHIN_SECONDS }
                }
                _ => Arrival::Later { give_up_after_seconds: self.config.patience() },
            },
        }
    }

    fn place(&self) -> String {
        self.to.to_string()
    }

    fn form(&self) -> Form {
        let subject_limit = self.config.subject_limit.unwrap_or(SUBJECT_LIMIT);
        let Config { body, charset, .. } = self.config;
        Form::Mail(MailForm { body, charset, subject_limit })
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
            Look::Shown(link) => Trace::Found(Receipt {
                remote_id: Some(mail.message_id.clone()),
                link: Some(link),
                ..Receipt::default()
            }),
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
