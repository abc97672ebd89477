//! What is on the other side: one account on one server, with the semantics of its kind. It keeps
//! everything that it ever held, and under which delivery's key each copy was made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use uuid::Uuid;

use super::chance::Chance;
use super::list::{self, Course};
use crate::channel::wire::{HttpRequest, MailMessage, Verb};
use crate::channel::{DeliveryKey, Kind, Receipt, Wire};

/// How long Mastodon remembers a key.
const KEY_KEPT: TimeDelta = TimeDelta::hours(1);

/// The header by which the simulation knows whose request it is; only Mastodon's servers read one.
pub const KEY_HEADER: &str = "Idempotency-Key";

/// The header that says which part of a thread it is: each has a key of its own, by which nobody
/// could tell whose it is.
pub const PART_HEADER: &str = "Part";

/// How a server behaves; drawn once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    /// Whether a key is remembered for an hour.
    pub keys: Keys,
    /// How long it takes at most until what was taken is shown.
    pub lag: TimeDelta,
    /// What a list does with a mail that it has had lately.
    pub repeats: Repeats,
    /// Of a hundred mails, how many a moderator holds for days, how many come back from a server on
    /// the way, and how many nobody ever hears of again.
    pub held: u64,
    pub sent_back: u64,
    pub never_shown: u64,
    /// How a status goes on that is longer than one.
    pub threads: Threads,
}

/// Whether channels write threads on a server, with a picture before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Threads {
    Written,
    #[default]
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keys {
    #[default]
    Honoured,
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeats {
    /// As Mailman: it passes both on.
    #[default]
    Doubled,
    /// As Sympa, for a day: known by its Message-ID.
    Dropped,
}

/// How long Sympa remembers a Message-ID.
const ID_KEPT: TimeDelta = TimeDelta::days(1);

/// A copy, as it truly is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub id: String,
    pub link: Url,
    /// The delivery that made it; a feed's entries carry none.
    pub key: Option<DeliveryKey>,
    /// Which part of a thread it is; the first one, or the only one, is 1.
    pub part: usize,
    /// The id of the copy that it answers.
    pub answers: Option<String>,
    /// The posting.
    pub reference: String,
    pub says: String,
    pub made_at: DateTime<Utc>,
    /// From when on it is listed; `None`: never.
    pub shown_from: Option<DateTime<Utc>>,
    /// When a list says that it does not take it, or a server that it did not arrive.
    pub ends: Option<DateTime<Utc>>,
    pub gone: Option<Gone>,
    /// A moderator keeps it out of lists; who has the link sees it.
    pub hidden: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    pub at: DateTime<Utc>,
    pub by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Us, on purpose.
    Us,
    /// A moderator, or somebody else.
    Others,
}

impl Copy {
    pub fn stands(&self) -> bool {
        self.gone.is_none()
    }

    /// Whether somebody else has taken it away by then, so that nobody who looks can know of it.
    pub fn is_out_of_sight(&self, at: DateTime<Utc>) -> bool {
        let deleted = self.gone.is_some_and(|gone| gone.by == By::Others && gone.at < at);
        deleted || self.hidden.is_some_and(|hidden| hidden < at)
    }

    /// Whether readers see it in a list at this time.
    pub fn is_listed(&self, now: DateTime<Utc>) -> bool {
        self.stands() && self.hidden.is_none() && self.shown_from.is_some_and(|from| from <= now)
    }

    pub fn receipt(&self) -> Receipt {
        let link = Some(self.link.clone());
        Receipt { remote_id: Some(self.id.clone()), link, ..Receipt::default() }
    }
}

/// What a server says if nothing comes between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done(Receipt),
    /// Nothing was changed.
    No(String),
    /// What X says of a text that it has already.
    Duplicate,
}

/// A change of a copy: who asked for it, and which copy it hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub by: DeliveryKey,
    pub copy: usize,
    pub verb: Verb,
}

/// One account on one server.
#[derive(Debug)]
pub struct Server {
    pub name: String,
    pub kind: Kind,
    pub habits: Habits,
    pub copies: Vec<Copy>,
    pub applied: Vec<Applied>,
    /// What was sent and has not arrived yet.
    pub transit: Vec<(DateTime<Utc>, Wire)>,
    /// What lists and mail servers will write back.
    pub letters: Vec<(DateTime<Utc>, Vec<u8>)>,
    /// What they have written and nobody has fetched.
    pub outbox: Vec<Vec<u8>>,
    /// The credentials do not work until a person has mended them.
    pub locked: bool,
    /// The deliveries whose words it said that it has already: of those it can say no more.
    pub duplicates: BTreeSet<DeliveryKey>,
    keys: BTreeMap<String, (usize, DateTime<Utc>)>,
    /// How many pictures were uploaded.
    uploads: u64,
    chance: Chance,
    pub requests: u64,
}

impl Server {
    pub fn new(name: String, kind: Kind, habits: Habits, seed: u64) -> Self {
        let chance = Chance::of(seed, &name);
        Self {
            name,
            kind,
            habits,
            copies: Vec::new(),
            applied: Vec::new(),
            transit: Vec::new(),
            letters: Vec::new(),
            outbox: Vec::new(),
            locked: false,
            duplicates: BTreeSet::new(),
            keys: BTreeMap::new(),
            uploads: 0,
            chance,
            requests: 0,
        }
    }

    /// Does what a request asks for, now.
    pub fn take(&mut self, wire: &Wire, now: DateTime<Utc>) -> Answer {
        match wire {
            Wire::Http(request) => self.request(request, now),
            Wire::Mail(mail) => self.mail(mail, key_of(wire), now),
            Wire::Entry(entry) => {
                let standing =
                    self.copies.iter_mut().find(|copy| copy.id == entry.id && copy.stands());
                match (standing, &entry.document) {
                    (Some(copy), Some(document)) => {
                        document.clone_into(&mut copy.says);
                        Answer::Done(copy.receipt())
                    }
                    (Some(copy), None) => {
                        copy.gone = Some(Gone { at: now, by: By::Us });
                        Answer::Done(copy.receipt())
                    }
                    (None, Some(document)) => {
                        let says = document.clone();
                        let id = entry.id.clone();
                        Answer::Done(self.make(None, &id, says, now, Some(now), &id))
                    }
                    (None, None) => Answer::Done(Receipt::default()),
                }
            }
            // Its requests come one by one.
            Wire::Steps(_) | Wire::Commit(_) | Wire::Errand { .. } => {
                Answer::Done(Receipt::default())
            }
        }
    }

    fn request(&mut self, request: &HttpRequest, now: DateTime<Utc>) -> Answer {
        let says = request.body.clone().unwrap_or_default();
        let reference = request.reference.clone().unwrap_or_default();
        let header = request.headers.iter().find(|(name, _)| name == KEY_HEADER);
        let header = header.map(|(_, key)| key.clone()).unwrap_or_default();
        let key = header.parse().ok().map(DeliveryKey);
        if request.verb == Verb::Upload {
            self.uploads += 1;
            let remote_id = Some(format!("{}-picture-{}", self.name, self.uploads));
            return Answer::Done(Receipt { remote_id, ..Receipt::default() });
        }
        if self.kind == Kind::Bluesky && request.verb != Verb::Withdraw {
            return self.put(request, key, &reference, says, now);
        }
        if request.verb == Verb::Create {
            let part = request.headers.iter().find(|(name, _)| name == PART_HEADER);
            let part = part.and_then(|(_, part)| part.parse().ok()).unwrap_or(1);
            let named = request.url.split_once('?').map(|(_, named)| named).unwrap_or_default();
            let answers = named.strip_prefix("answers=").map(str::to_owned);
            let picture = named.strip_prefix("shows=");
            if picture.is_some_and(|it| !it.starts_with(&format!("{}-picture-", self.name))) {
                return Answer::No("422: there is no such picture".to_owned());
            }
            let there = |id: &String| self.copies.iter().any(|it| it.id == *id && it.stands());
            if answers.as_ref().is_some_and(|id| !there(id)) {
                return Answer::No("404: what it answers is not there".to_owned());
            }
            let header = format!("{header} {part}");
            let answer = self.create(&header, key, &reference, says, now);
            if let (Answer::Done(receipt), Some(_)) = (&answer, &answers)
                && let Some(copy) =
                    self.copies.iter_mut().find(|it| Some(&it.id) == receipt.remote_id.as_ref())
            {
                copy.part = part;
                copy.answers = answers;
            }
            return answer;
        }
        let wanted = request.remote_id.as_deref();
        let found = self.copies.iter().position(|it| Some(it.id.as_str()) == wanted && it.stands());
        let Some(found) = found else {
            return match (request.verb, wanted) {
                // What is gone already has been taken back.
                (Verb::Withdraw, Some(id)) => {
                    let remote_id = Some(id.to_owned());
                    Answer::Done(Receipt { remote_id, ..Receipt::default() })
                }
                _ => Answer::No("404: there is no such copy".to_owned()),
            };
        };
        if let Some(by) = key {
            self.applied.push(Applied { by, copy: found, verb: request.verb });
        }
        let Some(copy) = self.copies.get_mut(found) else {
            return Answer::No("404: there is no such copy".to_owned());
        };
        match request.verb {
            Verb::Withdraw => copy.gone = Some(Gone { at: now, by: By::Us }),
            _ => copy.says = says,
        }
        Answer::Done(copy.receipt())
    }

    fn create(
        &mut self,
        header: &str,
        key: Option<DeliveryKey>,
        reference: &str,
        says: String,
        now: DateTime<Utc>,
    ) -> Answer {
        if self.kind == Kind::Mastodon
            && self.habits.keys == Keys::Honoured
            && let Some((index, until)) = self.keys.get(header)
            && *until > now
            && let Some(copy) = self.copies.get(*index)
        {
            return Answer::Done(copy.receipt());
        }
        let refuses_the_same = matches!(self.kind, Kind::X | Kind::LinkedIn);
        if refuses_the_same && self.copies.iter().any(|it| it.stands() && it.says == says) {
            self.duplicates.extend(key);
            return Answer::Duplicate;
        }
        let lag = self.chance.between(0, self.habits.lag.num_seconds());
        let shown = Some(now + TimeDelta::seconds(lag));
        self.keys.insert(header.to_owned(), (self.copies.len(), now + KEY_KEPT));
        let id = format!("{}-{}", self.name, self.copies.len() + 1);
        Answer::Done(self.make(key, reference, says, now, shown, &id))
    }

    /// Bluesky puts a post under the key that the request names, where nothing is or in the place of
    /// another one: which is the same copy then, under that key.
    fn put(
        &mut self,
        request: &HttpRequest,
        key: Option<DeliveryKey>,
        reference: &str,
        says: String,
        now: DateTime<Utc>,
    ) -> Answer {
        let id = record_key(request);
        if let Some(there) = self.copies.iter().find(|it| it.id == id && it.stands()) {
            let same = there.says == says;
            let other = || Answer::No("400: another post stands under this key".to_owned());
            return if same { Answer::Done(there.receipt()) } else { other() };
        }
        let Some(old) = &request.remote_id else {
            return Answer::Done(self.make(key, reference, says, now, Some(now), &id));
        };
        let found = self.copies.iter_mut().enumerate().find(|(_, it)| it.id == *old && it.stands());
        let Some((number, copy)) = found else {
            return Answer::No("the post that it would replace is gone".to_owned());
        };
        copy.link = link(&self.name, &id);
        copy.id = id;
        copy.says = says;
        let receipt = copy.receipt();
        if let Some(by) = key {
            self.applied.push(Applied { by, copy: number, verb: request.verb });
        }
        Answer::Done(receipt)
    }

    /// Who writes the same mail twice, writes two mails; a list may notice.
    fn mail(&mut self, mail: &MailMessage, key: Option<DeliveryKey>, now: DateTime<Utc>) -> Answer {
        let had = |copy: &&Copy| copy.id == mail.message_id && now - copy.made_at < ID_KEPT;
        if self.habits.repeats == Repeats::Dropped
            && let Some(copy) = self.copies.iter().find(had)
        {
            return Answer::Done(copy.receipt());
        }
        let Course { shown_from, ends, letters } =
            list::course(&self.habits, mail, now, &mut self.chance);
        self.letters.extend(letters);
        let says = mail.message.clone();
        let receipt = self.make(key, &mail.server, says, now, shown_from, &mail.message_id);
        if let Some(copy) = self.copies.last_mut() {
            copy.ends = ends;
        }
        Answer::Done(receipt)
    }

    fn make(
        &mut self,
        key: Option<DeliveryKey>,
        reference: &str,
        says: String,
        now: DateTime<Utc>,
        shown_from: Option<DateTime<Utc>>,
        id: &str,
    ) -> Receipt {
        let copy = Copy {
            id: id.to_owned(),
            link: link(&self.name, id),
            key,
            part: 1,
            answers: None,
            reference: reference.to_owned(),
            says,
            made_at: now,
            shown_from,
            ends: None,
            gone: None,
            hidden: None,
        };
        let receipt = copy.receipt();
        self.copies.push(copy);
        receipt
    }

    /// A person puts a copy there by hand.
    pub fn by_hand(
        &mut self,
        key: DeliveryKey,
        reference: &str,
        says: String,
        now: DateTime<Utc>,
    ) -> Receipt {
        let id = format!("{}-{}", self.name, self.copies.len() + 1);
        self.make(Some(key), reference, says, now, Some(now), &id)
    }

    /// What was under way until now arrives; told in words.
    pub fn arrivals(&mut self, now: DateTime<Utc>) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(next) = self.transit.iter().position(|(at, _)| *at <= now) {
            let (at, wire) = self.transit.remove(next);
            let answer = self.take(&wire, at);
            told.push(format!("what was on its way reaches {}: {answer:?}", self.name));
        }
        for copy in self.copies.iter_mut().filter(|copy| copy.stands()) {
            if let Some(at) = copy.ends.filter(|at| *at <= now) {
                copy.gone = Some(Gone { at, by: By::Others });
                told.push(format!("{} is not taken at {}", copy.id, self.name));
            }
        }
        while let Some(next) = self.letters.iter().position(|(at, _)| *at <= now) {
            self.outbox.push(self.letters.remove(next).1);
            told.push(format!("{} writes back", self.name));
        }
        told
    }

    /// Whether something of a delivery is still under way.
    pub fn awaits(&self, key: DeliveryKey) -> bool {
        self.transit.iter().any(|(_, wire)| key_of(wire) == Some(key))
    }
}

/// The delivery that a record belongs to, as the wire carries it.
pub fn key_of(wire: &Wire) -> Option<DeliveryKey> {
    let text = match wire {
        Wire::Http(request) => {
            request.headers.iter().find(|(name, _)| name == KEY_HEADER).map(|(_, key)| key.as_str())
        }
        Wire::Mail(mail) => mail.message_id.split('@').next(),
        Wire::Steps(steps) => {
            let first = steps.steps.first().map(|step| Wire::Http(step.request.clone()));
            return first.as_ref().and_then(key_of);
        }
        Wire::Entry(_) | Wire::Commit(_) | Wire::Errand { .. } => None,
    };
    text?.parse::<Uuid>().ok().map(DeliveryKey)
}

/// The key under which a post on Bluesky is put: the end of the address here.
pub fn record_key(request: &HttpRequest) -> String {
    request.url.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Where readers find a copy.
pub fn link(server: &str, id: &str) -> Url {
    let mut link = BASE.clone();
    link.set_path(&format!("{server}/{id}"));
    link
}

static BASE: std::sync::LazyLock<Url> = std::sync::LazyLock::new(|| {
    Url::parse("https://copies.example/").expect("a constant address is valid")
});
