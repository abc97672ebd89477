//! Plays a mail server that takes mail for every address, and the list's archive behind it.
//!
//! Speaks SMTP (RFC 5321) with SIZE, 8BITMIME and AUTH PLAIN and LOGIN (RFC 4954), in clear and
//! only on loopback.

mod session;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::archive;
use super::copies::{Exhibitor, StoredCopy, Version};
use super::fault::Faults;
use super::letter::Letter;
use super::loopback::{Bound, Loopback, SharedClock, lock};

/// What the mail server and the archive are like.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Asked of every client, if it is set.
    pub login: Option<Login>,
    pub archiving: Archiving,
    /// How long after it came a message shows up in the archive.
    pub archive_lag: TimeDelta,
}

/// The one account.
#[derive(Clone)]
pub struct Login {
    pub username: String,
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Whether the list has an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Archiving {
    #[default]
    Kept,
    /// Every message waits for a moderator for ever.
    Held,
}

/// What goes wrong with one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFault {
    /// 550 to RCPT.
    RejectRecipient,
    /// 451 to RCPT.
    Greylist,
    /// The connection closes at RCPT.
    DropAtRecipient,
    /// 421 to DATA, then the connection closes.
    CloseAtData,
    /// The connection closes while the text is on its way; nothing is stored.
    DropInTheText,
    /// 554 after the text; nothing is stored.
    RejectText,
    /// 451 after the text; nothing is stored.
    DeferText,
    /// Stored; the connection closes without an answer.
    StoreThenDrop,
    /// Stored; no answer comes, and the connection stays open.
    StoreThenStall,
    /// Stored; the answer is none that SMTP knows.
    StoreThenGarbage,
    /// Stored; the answer is 554 all the same.
    StoreThenReject,
    /// Stored; the answer comes so much later (real time).
    Delay(Duration),
}

impl MailFault {
    /// Whether it happens at RCPT, before there is a text.
    fn is_at_recipient(&self) -> bool {
        matches!(self, Self::RejectRecipient | Self::Greylist | Self::DropAtRecipient)
    }
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMail {
    pub received_at: DateTime<Utc>,
    pub envelope_from: String,
    pub recipients: Vec<String>,
    /// After the dots were unstuffed, with CRLF line ends.
    pub raw: Vec<u8>,
}

impl StoredMail {
    pub fn letter(&self) -> Letter {
        Letter::read(&self.raw)
    }
}

/// A mail server on loopback, with the archive of the lists that it serves.
pub struct SmtpStandIn {
    inner: Arc<Inner>,
    smtp: Loopback,
    _archive: Loopback,
}

impl SmtpStandIn {
    /// Starts both servers; `channel` is the name under which the mails are shown.
    ///
    /// # Errors
    /// If no port of 127.0.0.1 is to be had.
    pub async fn start(channel: &str, options: Options, clock: SharedClock) -> io::Result<Self> {
        let (smtp, web) = (Bound::take().await?, Bound::take().await?);
        let archive = web.url()?.join("archives").map_err(io::Error::other)?;
        let inner = Arc::new(Inner {
            channel: channel.to_owned(),
            archive,
            clock,
            faults: Faults::default(),
            archiving: Mutex::new(options.archiving),
            options,
            mails: Mutex::default(),
        });
        let web = web.serve(archive::router(Arc::clone(&inner)));
        let shared = Arc::clone(&inner);
        let smtp = smtp.accept(move |stream| session::run(stream, Arc::clone(&shared)));
        Ok(Self { inner, smtp, _archive: web })
    }

    /// The mail server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.smtp.port()
    }

    /// The archive's base, `http://127.0.0.1:PORT/archives`.
    pub fn archive_url(&self) -> Url {
        self.inner.archive.clone()
    }

    pub fn faults(&self) -> &Faults<MailFault> {
        &self.inner.faults
    }

    /// The moderator holds every message from now on, or lets all of them through.
    pub fn set_archiving(&self, archiving: Archiving) {
        *lock(&self.inner.archiving) = archiving;
    }

    /// Every message that was ever stored, copies of one message too.
    pub fn mails(&self) -> Vec<StoredMail> {
        lock(&self.inner.mails).clone()
    }

    /// The same as copies; the id is the Message-ID.
    pub fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

impl Exhibitor for SmtpStandIn {
    fn channel(&self) -> String {
        self.inner.channel.clone()
    }

    fn copies(&self) -> Vec<StoredCopy> {
        self.inner.copies()
    }
}

pub(super) struct Inner {
    channel: String,
    archive: Url,
    pub(super) options: Options,
    pub(super) clock: SharedClock,
    faults: Faults<MailFault>,
    archiving: Mutex<Archiving>,
    mails: Mutex<Vec<StoredMail>>,
}

impl Inner {
    /// What the archive shows by now, the oldest first. A list keeps one of several messages with
    /// one Message-ID.
    pub(super) fn archived(&self) -> Vec<StoredMail> {
        if *lock(&self.archiving) == Archiving::Held {
            return Vec::new();
        }
        let shown_from = self.clock.now() - self.options.archive_lag;
        let mut seen = std::collections::BTreeSet::new();
        lock(&self.mails)
            .iter()
            .filter(|mail| mail.received_at <= shown_from)
            .filter(|mail| mail.letter().message_id().is_none_or(|id| seen.insert(id.to_owned())))
            .cloned()
            .collect()
    }

    fn store(&self, mail: StoredMail) {
        lock(&self.mails).push(mail);
    }

    fn copies(&self) -> Vec<StoredCopy> {
        lock(&self.mails).iter().map(|mail| self.copy(mail)).collect()
    }

    fn copy(&self, mail: &StoredMail) -> StoredCopy {
        let letter = mail.letter();
        let id = letter.message_id().unwrap_or_default().to_owned();
        let link = mail
            .recipients
            .first()
            .map(|list| archive::permalink(&self.archive, list, &id))
            .and_then(|link| Url::parse(&link).ok());
        StoredCopy {
            id,
            link,
            labels: letter.headers.clone(),
            answers: letter.in_reply_to().map(str::to_owned),
            original: Version {
                at: mail.received_at,
                title: letter.header("Subject").map(str::to_owned),
                text: letter.readable(),
                raw: String::from_utf8_lossy(&mail.raw).into_owned(),
            },
            edits: Vec::new(),
            end: None,
        }
    }
}
