//! Reading the mailbox over IMAP (RFC 3501), and being told of new mail (IDLE, RFC 2177).
//!
//! The folder is opened with EXAMINE and mails are fetched with BODY.PEEK: nothing is marked as
//! seen, moved or deleted. Where the reading stands is a [`Position`], which the caller keeps.
//!
//! async-imap speaks, but its own commands take a connection that breaks, or an answer of NO, for
//! the end of a list (`parse_ids`, `parse_fetches` in 0.12.0): a failed search would be "nothing
//! new". So commands are driven here, and only a tagged OK ends one.

mod connect;
mod error;
mod stream;

use std::collections::BTreeMap;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, RequestId, Response, ResponseCode, Status,
};
use chrono::NaiveDate;
use tokio::time::{Instant, sleep, timeout_at};

pub use connect::SignIn;
pub use error::{MailboxError, Step};

use super::config::Config;
use super::mime::MOST_BYTES;
use crate::channel::oauth2::{Age, Tokens};
use crate::channel::{Outcome, Reach};
use stream::Bounded;

/// An answer that brings no mail is never longer: the numbers of a hundred thousand mails fit.
const BYTES_PER_ANSWER: usize = 1024 * 1024;

/// What stands around a mail in an answer, at most.
const BYTES_AROUND_A_MAIL: usize = 64 * 1024;

/// Servers may close after 30 minutes of IDLE (RFC 2177 §3), and firewalls sooner.
const LONGEST_IDLE: Duration = Duration::from_secs(9 * 60);

/// How long one step may take. [`Default`] is for servers; tests are less patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection, and again for TLS.
    pub connect: Duration,
    /// For the next piece of an answer.
    pub answer: Duration,
    /// How long to wait before a server without IDLE is asked again.
    pub poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            poll: Duration::from_secs(60),
        }
    }
}

/// How far a folder has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// While it stays the same, numbers keep their mails (RFC 3501 §2.3.1.1).
    pub uid_validity: u32,
    /// Everything up to this number has been read.
    pub last_uid: u32,
}

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub uid: u32,
    /// The first MiB of it, if it is longer.
    pub bytes: Vec<u8>,
}

/// Mails in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub mails: Vec<Fetched>,
    /// Mails that the server did not give out; they are passed over.
    pub unreadable: Vec<u32>,
    /// To be kept when the mails have been dealt with.
    pub position: Position,
    /// Whether there are more.
    pub more: bool,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// Something came.
    News,
    /// The time is over.
    Quiet,
}

/// A folder that is open for reading.
#[derive(Debug)]
pub struct Mailbox {
    session: Session<Bounded>,
    config: Config,
    limits: Limits,
    uid_validity: u32,
    /// The number that the next mail gets, as the server said when the folder was opened.
    uid_next: Option<u32>,
    mails: u32,
    /// Whether mails came since the last search.
    news: bool,
    can_idle: bool,
    /// The step that has begun and not ended.
    within: Option<Step>,
}

impl Mailbox {
    /// Connects, signs in as the configuration says, and opens the folder. An access token that was
    /// kept and is not taken may have expired: then once more, with a new one.
    ///
    /// # Errors
    /// [`MailboxError`] says what to do; [`MailboxError::needs_a_person`] whether trying again may help.
    pub async fn open(config: &Config, reach: Reach, limits: Limits) -> Result<Self, MailboxError> {
        config.check_sign_in()?;
        let no_token = |outcome: Outcome| MailboxError::Token { why: outcome.why().to_owned() };
        if let Some(oauth2) = &config.oauth2 {
            let tokens = Tokens::of(oauth2, reach);
            let access = tokens.access().await.map_err(no_token)?;
            let sign_in = SignIn::Token(access.token.clone());
            return match Self::open_as(config, &sign_in, reach, limits).await {
                Err(MailboxError::SignIn { .. }) if access.age == Age::Kept => {
                    let access = tokens.renew(&access.token).await.map_err(no_token)?;
                    Self::open_as(config, &SignIn::Token(access.token), reach, limits).await
                }
                opened => opened,
            };
        }
        let Some(password) = &config.password else {
            return Err(MailboxError::Setting { key: "password", why: "it is missing".to_owned() });
        };
        let sign_in = SignIn::Password(password.read()?);
        Self::open_as(config, &sign_in, reach, limits).await
    }

    /// The same, with a password or an access token that is at hand.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub async fn open_as(
        config: &Config,
        sign_in: &SignIn,
        reach: Reach,
        limits: Limits,
    ) -> Result<Self, MailboxError> {
        config.check()?;
        config.check_reach(reach)?;
        let session = connect::open(config, sign_in, &limits).await?;
        let mut mailbox = Self {
            session,
            config: config.clone(),
            limits,
            uid_validity: 0,
            uid_next: None,
            mails: 0,
            news: false,
            can_idle: false,
            within: None,
        };
        mailbox.ask_capabilities().await?;
        mailbox.examine().await?;
        Ok(mailbox)
    }

    /// How many mails there are.
    pub fn mails(&self) -> u32 {
        self.mails
    }

    /// Whether the server tells of new mail by itself.
    pub fn can_idle(&self) -> bool {
        self.can_idle
    }

    /// The mails after `position`, at most `limit`, of each at most 1 MiB. Where there is no
    /// position, or the server has given its mails new numbers since (UIDVALIDITY), everything that
    /// came on or after `since` is read; reading a mail again does no harm.
    ///
    /// # Errors
    /// [`MailboxError`]; the position stays what it was, and the connection is of no use any more
    /// unless the server only refused.
    pub async fn read_new(
        &mut self,
        position: Option<Position>,
        since: NaiveDate,
        limit: usize,
    ) -> Result<Batch, MailboxError> {
        let known = position.filter(|it| it.uid_validity == self.uid_validity);
        let query = match known {
            Some(position) => format!("UID SEARCH UID {}:*", position.last_uid.saturating_add(1)),
            None => format!("UID SEARCH SINCE {}", since.format("%-d-%b-%Y")),
        };
        // Told of in the answer to the search, a mail may be in it or not.
        self.news = false;
        let mut uids: Vec<u32> = Vec::new();
        self.run(Step::Search, &query, BYTES_PER_ANSWER, |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                uids.extend(found);
            }
        })
        .await?;
        // `5:*` names the last mail even if its number is 4 (RFC 3501 §6.4.8).
        uids.retain(|uid| known.is_none_or(|it| *uid > it.last_uid));
        uids.sort_unstable();
        uids.dedup();
        let more = uids.len() > limit;
        uids.truncate(limit);
        let (mails, unreadable) = self.fetch(&uids).await?;
        let read_before = match known {
            Some(position) => position.last_uid,
            // What was there and is older than `since` is not looked at later either.
            None => self.uid_next.filter(|_| !more).map_or(0, |next| next.saturating_sub(1)),
        };
        let last_uid = uids.last().copied().unwrap_or(0).max(read_before);
        self.news |= more;
        let position = Position { uid_validity: self.uid_validity, last_uid };
        Ok(Batch { mails, unreadable, position, more })
    }

    /// Waits until something comes, or at most so long.
    ///
    /// A call that is dropped leaves the connection in the middle of a command; open a new one then.
    ///
    /// # Errors
    /// [`MailboxError`] if the server goes away or does not keep to the protocol.
    pub async fn wait(&mut self, at_most: Duration) -> Result<Woken, MailboxError> {
        let end = Instant::now() + at_most;
        while !self.news && Instant::now() < end {
            if self.can_idle {
                self.idle(end.min(Instant::now() + LONGEST_IDLE)).await?;
            } else {
                sleep(self.limits.poll.min(end - Instant::now())).await;
                self.run(Step::Wait, "NOOP", BYTES_PER_ANSWER, |_| {}).await?;
            }
        }
        Ok(if self.news { Woken::News } else { Woken::Quiet })
    }

    /// Says goodbye; whether the server answers does not matter any more.
    pub async fn close(mut self) {
        self.limits.answer = self.limits.answer.min(Duration::from_secs(5));
        if self.within.is_none() {
            let _ = self.run(Step::Goodbye, "LOGOUT", BYTES_PER_ANSWER, |_| {}).await;
        }
    }

    /// Connects, signs in, opens the folder and leaves; says what is there.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub async fn probe(
        config: &Config,
        reach: Reach,
        limits: Limits,
    ) -> Result<String, MailboxError> {
        let mailbox = Self::open(config, reach, limits).await?;
        let (mails, folder) = (mailbox.mails, config.folder.clone());
        let news =
            if mailbox.can_idle { "tells of new mail" } else { "has to be asked for new mail" };
        mailbox.close().await;
        Ok(format!("{folder} holds {mails} mails; the server {news}"))
    }

    async fn ask_capabilities(&mut self) -> Result<(), MailboxError> {
        let mut can_idle = false;
        self.run(Step::Capabilities, "CAPABILITY", BYTES_PER_ANSWER, |response| {
            if let Response::Capabilities(all) = response {
                can_idle |= all.iter().any(
                    |it| matches!(it, Capability::Atom(name) if name.eq_ignore_ascii_case("IDLE")),
                );
            }
        })
        .await?;
        self.can_idle = can_idle;
        Ok(())
    }

    async fn examine(&mut self) -> Result<(), MailboxError> {
        let name = self.config.folder.replace('\\', "\\\\").replace('"', "\\\"");
        let (mut validity, mut next) = (None, None);
        let opened = self
            .run(Step::Folder, &format!("EXAMINE \"{name}\""), BYTES_PER_ANSWER, |response| {
                let Response::Data { outcome, .. } = response else { return };
                match outcome.code {
                    Some(ResponseCode::UidValidity(number)) => validity = Some(number),
                    Some(ResponseCode::UidNext(number)) => next = Some(number),
                    _ => {}
                }
            })
            .await;
        let (server, folder) = (self.config.server(), self.config.folder.clone());
        match opened {
            Ok(()) => {}
            Err(MailboxError::Refused { why, .. }) => {
                return Err(MailboxError::Folder { server, folder, why });
            }
            Err(other) => return Err(other),
        }
        let Some(validity) = validity else {
            let why = "its mails have no lasting numbers (UIDVALIDITY)".to_owned();
            return Err(MailboxError::Folder { server, folder, why });
        };
        self.uid_validity = validity;
        self.uid_next = next;
        self.news = false;
        Ok(())
    }

    /// The mails of these numbers, and the numbers of those that the server does not give out. One
    /// that is gone is in neither.
    async fn fetch(&mut self, uids: &[u32]) -> Result<(Vec<Fetched>, Vec<u32>), MailboxError> {
        if uids.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        match self.fetch_at_once(uids).await {
            Ok(mails) => return Ok((mails, Vec::new())),
            // One broken mail can make a server refuse all of them.
            Err(MailboxError::Refused { .. }) if uids.len() > 1 => {}
            Err(MailboxError::Refused { .. }) => return Ok((Vec::new(), uids.to_vec())),
            Err(other) => return Err(other),
        }
        let (mut mails, mut unreadable) = (Vec::new(), Vec::new());
        for uid in uids {
            match self.fetch_at_once(&[*uid]).await {
                Ok(one) => mails.extend(one),
                Err(MailboxError::Refused { .. }) => unreadable.push(*uid),
                Err(other) => return Err(other),
            }
        }
        Ok((mails, unreadable))
    }

    async fn fetch_at_once(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, MailboxError> {
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let command = format!("UID FETCH {} (UID BODY.PEEK[]<0.{MOST_BYTES}>)", set.join(","));
        let most = uids.len().saturating_mul(MOST_BYTES + BYTES_AROUND_A_MAIL);
        let mut mails: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        self.run(Step::Fetch, &command, most, |response| {
            let Response::Fetch(_, attributes) = response else { return };
            let uid = attributes.iter().find_map(|it| match it {
                AttributeValue::Uid(uid) => Some(*uid),
                _ => None,
            });
            let body = attributes.iter().find_map(|it| match it {
                AttributeValue::BodySection { section: None, data: Some(data), .. } => Some(data),
                _ => None,
            });
            // A change of flags comes unasked, and has no body.
            if let (Some(uid), Some(body)) = (uid, body)
                && uids.contains(&uid)
            {
                mails.insert(uid, body.to_vec());
            }
        })
        .await?;
        Ok(mails.into_iter().map(|(uid, bytes)| Fetched { uid, bytes }).collect())
    }

    /// Sends a command and reads until the server has ended it.
    async fn run(
        &mut self,
        step: Step,
        command: &str,
        most: usize,
        mut each: impl FnMut(&Response<'_>),
    ) -> Result<(), MailboxError> {
        self.begin(step, most)?;
        let sent = self.session.run_command(command);
        let tag = connect::step(&self.config, step, self.limits.answer, sent).await?;
        self.end(step, &tag, &mut each).await
    }

    /// Reads until the server has ended the command of this tag.
    async fn end(
        &mut self,
        step: Step,
        tag: &RequestId,
        each: &mut impl FnMut(&Response<'_>),
    ) -> Result<(), MailboxError> {
        loop {
            let limit = Instant::now() + self.limits.answer;
            match self.hear(step, tag, limit, each).await? {
                Heard::Silence => return Err(self.silent(step)),
                Heard::Words | Heard::GoOn => {}
                Heard::Ok => return Ok(()),
                Heard::Refused(why) => {
                    return Err(MailboxError::Refused { server: self.config.server(), step, why });
                }
            }
        }
    }

    /// IDLE until something comes, or until `end`.
    async fn idle(&mut self, end: Instant) -> Result<(), MailboxError> {
        let step = Step::Wait;
        self.begin(step, BYTES_PER_ANSWER)?;
        let sent = self.session.run_command("IDLE");
        let tag = connect::step(&self.config, step, self.limits.answer, sent).await?;
        let (mut waiting, mut limit) = (false, Instant::now() + self.limits.answer);
        while !(waiting && self.news) {
            match self.hear(step, &tag, limit, &mut |_| {}).await? {
                Heard::Silence if waiting => break,
                Heard::Silence => return Err(self.silent(step)),
                Heard::GoOn => (waiting, limit) = (true, end),
                Heard::Words => {}
                // Ended before anybody said so: it does not do this after all.
                Heard::Ok | Heard::Refused(_) => {
                    self.can_idle = false;
                    return Ok(());
                }
            }
        }
        let done = self.session.run_command_untagged("DONE");
        connect::step(&self.config, step, self.limits.answer, done).await?;
        self.end(step, &tag, &mut |_| {}).await
    }

    /// A command begins; so many bytes may come back.
    fn begin(&mut self, step: Step, most: usize) -> Result<(), MailboxError> {
        if let Some(step) = self.within {
            return Err(MailboxError::LeftOpen { server: self.config.server(), step });
        }
        self.within = Some(step);
        self.session.get_mut().allow(most);
        Ok(())
    }

    /// The next response, if it comes before the time limit; `each` may look at it.
    async fn hear(
        &mut self,
        step: Step,
        tag: &RequestId,
        limit: Instant,
        each: &mut impl FnMut(&Response<'_>),
    ) -> Result<Heard, MailboxError> {
        let server = self.config.server();
        let response = match timeout_at(limit, self.session.read_response()).await {
            Err(_) => return Ok(Heard::Silence),
            Ok(Ok(Some(response))) => response,
            Ok(Ok(None)) => return Err(MailboxError::Closed { server, step }),
            Ok(Err(error)) => return Err(connect::failure(server, step, &error.into())),
        };
        let response = response.parsed();
        each(response);
        self.note(response);
        match response {
            Response::Continue(_) => Ok(Heard::GoOn),
            Response::Data { status: Status::Bye, .. } if step != Step::Goodbye => {
                Err(MailboxError::Closed { server, step })
            }
            Response::Done { tag: ended, status, outcome } if ended == tag => {
                self.within = None;
                if *status == Status::Ok {
                    return Ok(Heard::Ok);
                }
                let said = outcome.information.as_deref().unwrap_or("it gives no reason");
                Ok(Heard::Refused(words(said)))
            }
            _ => Ok(Heard::Words),
        }
    }

    /// What a server may say at any time.
    fn note(&mut self, response: &Response<'_>) {
        match response {
            Response::MailboxData(MailboxDatum::Exists(mails)) => {
                self.news |= *mails > self.mails;
                self.mails = *mails;
            }
            Response::Expunge(_) => self.mails = self.mails.saturating_sub(1),
            _ => {}
        }
    }

    fn silent(&self, step: Step) -> MailboxError {
        MailboxError::Silent { server: self.config.server(), step, limit: self.limits.answer }
    }
}

/// What a server said to a command.
enum Heard {
    /// Nothing until the time limit.
    Silence,
    /// It goes on.
    Words,
    /// It waits for more from us.
    GoOn,
    Ok,
    Refused(String),
}

/// A server's words on one line.
fn words(text: &str) -> String {
    crate::channel::words::excerpt(text)
}
