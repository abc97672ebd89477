//! What came back by mail: whose it is, and what it says of the delivery.
//!
//! Letters are taken in any number of times: what they mean is written down first, then that they
//! were read, so that a process that dies in between reads them once more and nothing changes by it.
//! A letter that could be about two deliveries moves neither; it is kept, and a person is shown it.

use std::ops::AddAssign;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use tracing::{info, warn};
use url::Url;

use super::{Courier, unless_overtaken};
use crate::channel::{Can, ChannelName, DeliveryKey, Receipt};
use crate::ledger::mailbox::{KeptAnswer, ReadUpTo};
use crate::ledger::{Delivery, LedgerError, Mailed, State};
use crate::mailbox::answer::{self, Answer, Confirmation, Says};
use crate::mailbox::imap::{Mailbox, MailboxError, Position};
use crate::mailbox::whose::{Candidate, Whose, whose};
use crate::site::channel_file::KindConfig;
use crate::site::mailbox::SiteMailbox;

/// For how long after a mail went out a letter may still be about it, though it has arrived.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

/// How many mails are fetched at a time.
const MAILS_AT_ONCE: usize = 50;

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Letters {
    /// Letters that say something of a delivery.
    pub about_deliveries: usize,
    /// Letters that say something, and it is not known of which delivery.
    pub strays: usize,
}

impl AddAssign for Letters {
    fn add_assign(&mut self, more: Self) {
        self.about_deliveries += more.about_deliveries;
        self.strays += more.strays;
    }
}

/// Why a mailbox was not read to its end. What was read is on record all the same.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Courier<'_> {
    /// Reads everything that is new in an open mailbox of this site.
    ///
    /// # Errors
    /// [`ReadError`] if mailbox or record fail; the next time it goes on where this one ended.
    pub async fn read_mailbox(&self, mailbox: &mut Mailbox) -> Result<Letters, ReadError> {
        let name = self.site.mailbox.as_ref().map(SiteMailbox::name).unwrap_or_default();
        let mut all = Letters::default();
        loop {
            let position = self.ledger.read_up_to(&name).await?;
            let position = position
                .map(|it| Position { uid_validity: it.uid_validity, last_uid: it.last_uid });
            let since = (self.clock.now() - REMEMBERED).date_naive();
            let batch = mailbox.read_new(position, since, MAILS_AT_ONCE).await?;
            all += self.take_in(batch.mails.iter().map(|mail| mail.bytes.as_slice())).await?;
            if position != Some(batch.position) {
                let Position { uid_validity, last_uid } = batch.position;
                self.ledger.note_read_up_to(&name, ReadUpTo { uid_validity, last_uid }).await?;
            }
            if !batch.more {
                return Ok(all);
            }
        }
    }

    /// Takes in letters, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails; then they are to be taken in once more.
    pub async fn take_in<'a>(
        &self,
        letters: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Letters, LedgerError> {
        let mut taken = Letters::default();
        for letter in letters {
            let id = hex(&Sha256::digest(letter));
            if self.ledger.has_answer(&id).await? {
                continue;
            }
            let answer = answer::read(letter);
            // What people write, applicants among them, is not for this record.
            if answer.says == Says::Other {
                continue;
            }
            // Each one may change what the next one can be about.
            let mailed = self.ledger.mailed_since(self.clock.now() - REMEMBERED).await?;
            let delivery = match self.whose(&answer, &mailed) {
                Whose::One(key) => mailed.iter().find(|it| it.delivery.key == key),
                // What others write to a list.
                Whose::Nobody if matches!(answer.says, Says::ListCopy { .. }) => continue,
                Whose::Nobody | Whose::Several(_) => None,
            };
            match delivery {
                Some(mailed) => {
                    self.hear(&answer, &mailed.delivery).await?;
                    taken.about_deliveries += 1;
                }
                None => {
                    warn!(
                        says = word(&answer.says),
                        "a letter came back, and it is not known whose"
                    );
                    taken.strays += 1;
                }
            }
            let key = delivery.map(|mailed| mailed.delivery.key);
            self.ledger.keep_answer(&kept(id, &answer, key, self.clock.now())).await?;
        }
        Ok(taken)
    }

    fn whose(&self, answer: &Answer, mailed: &[Mailed]) -> Whose {
        let candidates: Vec<Candidate<'_>> = mailed
            .iter()
            .map(|it| Candidate {
                key: it.delivery.key,
                message_id: &it.mail.message_id,
                list: &it.mail.envelope_to,
                from: self.author(&it.delivery.name.channel).unwrap_or(&it.mail.envelope_from),
                subject: &it.mail.subject,
                sent_at: it.began_at,
            })
            .collect();
        let is_open = |candidate: &&Candidate<'_>| {
            mailed.iter().any(|it| it.delivery.key == candidate.key && it.is_open())
        };
        // A list whose letters name nothing but itself speaks of what has not arrived.
        let open: Vec<Candidate<'_>> = candidates.iter().filter(is_open).copied().collect();
        match whose(answer, &open) {
            Whose::Nobody => whose(answer, &candidates),
            found => found,
        }
    }

    /// The address in From of a channel's mails.
    fn author(&self, channel: &ChannelName) -> Option<&str> {
        match &self.station(channel)?.spec.config {
            KindConfig::Mail(config) => Some(&config.from),
            _ => None,
        }
    }

    /// What a letter says becomes what is known of its delivery.
    async fn hear(&self, answer: &Answer, delivery: &Delivery) -> Result<(), LedgerError> {
        let (key, now) = (delivery.key, self.clock.now());
        info!(delivery = %key, channel = %delivery.name.channel, says = word(&answer.says), "a letter");
        let why = reason(answer);
        let changed = match &answer.says {
            Says::Held => self.ledger.held(key, &Receipt::default(), &why, now).await.map(drop),
            Says::Refused | Says::Bounced => self.ledger.sent_back(key, &why, now).await.map(drop),
            Says::Confirm(confirmation) => {
                let why = wanted(confirmation, &why);
                self.ledger.needs_a_person(key, &why, now).await.map(drop)
            }
            Says::ListCopy { link } if link.is_some() || !self.is_looked_for(delivery) => {
                return self.is_seen(delivery, link.as_ref()).await;
            }
            // No archive will ever say more.
            Says::Distributed if !self.is_looked_for(delivery) => {
                return self.is_seen(delivery, None).await;
            }
            Says::ListCopy { .. } | Says::Relayed | Says::Distributed | Says::Duplicate => {
                self.ledger.taken(key, &why, now).await
            }
            Says::Delayed | Says::LastNoticeToday | Says::Other => {
                self.ledger.note_word(key, &why, now).await
            }
        };
        unless_overtaken(changed)?;
        Ok(())
    }

    /// Whether the channel can be asked where the copy is.
    fn is_looked_for(&self, delivery: &Delivery) -> bool {
        self.station(&delivery.name.channel)
            .is_some_and(|station| station.channel.abilities().find == Can::Yes)
    }

    /// The list sent it to its readers, and says where its archive shows it, or has none.
    async fn is_seen(&self, delivery: &Delivery, link: Option<&Url>) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let receipt = Receipt { link: link.cloned(), ..Receipt::default() };
        let arrived = self.ledger.arrived(delivery.key, &receipt, None, now).await;
        let has_link = delivery.receipt.as_ref().is_some_and(|receipt| receipt.link.is_some());
        if let (None, Some(link), false) = (unless_overtaken(arrived)?, link, has_link)
            && delivery.state == State::Posted
        {
            self.ledger.record(delivery.key, link, now).await?;
        }
        Ok(())
    }
}

/// Why, in the words of whoever wrote it.
fn reason(answer: &Answer) -> String {
    let says = match &answer.says {
        Says::Held => "a moderator has to let it through",
        Says::Refused => "the list did not take it",
        Says::Bounced => "it came back",
        Says::Delayed => "a server still tries to pass it on",
        Says::Relayed => "the list's server has it",
        Says::Distributed => "the list sent it to its readers",
        Says::Duplicate => "the list says that it has it already",
        Says::Confirm(_) => "the list wants it confirmed",
        Says::ListCopy { .. } => "the list sent it to its readers",
        Says::LastNoticeToday => "the list sends no more notices today",
        Says::Other => "somebody answered",
    };
    match answer.words.split_whitespace().collect::<Vec<_>>().join(" ") {
        words if words.is_empty() => says.to_owned(),
        words => format!("{says}: {words}"),
    }
}

/// What a person does so that the list takes it.
fn wanted(confirmation: &Confirmation, why: &str) -> String {
    match confirmation {
        Confirmation { link: Some(link), .. } => format!("{why}; confirm it at {link}"),
        Confirmation { to: Some(to), subject: Some(subject), .. } => {
            format!("{why}; write to {to} with the subject `{subject}`")
        }
        Confirmation { to: Some(to), .. } => format!("{why}; answer it to {to}"),
        Confirmation { .. } => format!("{why}; answer the list's mail"),
    }
}

/// The name of what a letter says, for logs and machines.
fn word(says: &Says) -> &'static str {
    match says {
        Says::Held => "held",
        Says::Refused => "refused",
        Says::Bounced => "bounced",
        Says::Delayed => "delayed",
        Says::Relayed => "relayed",
        Says::Distributed => "distributed",
        Says::Duplicate => "duplicate",
        Says::Confirm(_) => "confirm",
        Says::ListCopy { .. } => "list-copy",
        Says::LastNoticeToday => "last-notice-today",
        Says::Other => "other",
    }
}

fn kept(
    id: String,
    answer: &Answer,
    delivery: Option<DeliveryKey>,
    now: DateTime<Utc>,
) -> KeptAnswer {
    KeptAnswer {
        id,
        read_at: now,
        says: word(&answer.says).to_owned(),
        sender: answer.from.clone().unwrap_or_default(),
        subject: answer.subject.clone(),
        words: answer.words.clone(),
        delivery,
        dismissed_at: None,
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
