//! The person who looks in from time to time: mends what is broken, answers truthfully what she is
//! asked, and does what only she can do.

use chrono::{DateTime, Utc};

use super::SimulationError;
use super::channel::said;
use super::nature::lock;
use super::scenario::is_announcement;
use super::server::{By, Copy, Gone, Server};
use super::thread::parts_of;
use super::world::World;
use crate::adapt::{Occasion, adapt};
use crate::channel::{DeliveryKey, Kind, Receipt, Wire};
use crate::ledger::{
    Acceptance, Approval, Deed, Delivery, Ledger, LedgerError, Past, Resolution, State,
};
use crate::plan::{self, Reason, When};
use crate::site::ChannelSpec;

impl World {
    /// One look.
    ///
    /// # Errors
    /// [`SimulationError`] if the ledger fails.
    pub(super) async fn person(&mut self) -> Result<(), SimulationError> {
        let ledger = self.ledger()?.clone();
        let past = ledger.past().await?;
        let now = self.now();
        for server in &self.servers {
            lock(server).locked = false;
        }
        for channel in past.channels.values().filter(|it| it.paused.is_some()) {
            self.nature.say("person", || format!("lets {} go on", channel.name));
            ledger.resume(&channel.name, now).await?;
        }
        for known in past.postings.values() {
            if known.acceptance == Acceptance::Waits {
                ledger.accept(&known.id, now).await?;
            }
            if known.page.seen_at.is_none() && known.missing_since.is_none() {
                // The web site is published some time after the page was written.
                ledger.note_page(&known.id, Ok(()), now).await?;
            }
            let gone = known.missing_since.is_some_and(|at| at + self.site.plan.grace < now);
            if gone && known.withdrawn_at.is_none() && known.finished_at.is_none() {
                self.nature.say("person", || format!("takes {} back", known.id));
                ledger.withdraw(&known.id, Some(now), now).await?;
            } else if known.missing_since.is_none() && known.withdrawn_at.is_some() {
                ledger.withdraw(&known.id, None, now).await?;
            }
        }
        self.agree(&ledger).await?;
        for delivery in &past.deliveries {
            let answered = self.answer(&ledger, &past, delivery).await;
            match answered {
                Ok(()) | Err(LedgerError::WrongState { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Agrees to the words that wait for it.
    async fn agree(&mut self, ledger: &Ledger) -> Result<(), SimulationError> {
        let waits: Vec<_> = self
            .last
            .iter()
            .flat_map(|round| &round.plan.steps)
            .filter(|step| matches!(&step.when, When::Not { reason: Reason::NotApproved { .. } }))
            .map(|step| (step.name.posting.clone(), step.name.channel.clone()))
            .collect();
        for (posting, channel) in waits {
            let Some(posting) = self.postings.open.iter().find(|it| it.id == posting) else {
                continue;
            };
            let Some(spec) = self.site.channels.iter().find(|it| it.name == channel) else {
                continue;
            };
            let render = |posting: &crate::posting::Posting, spec: &ChannelSpec, occasion| {
                adapt(posting, &self.target(spec), occasion, &self.site.templates)
            };
            if let Ok(content_hash) = plan::words_to_approve(posting, spec, &render) {
                let (by, at) = ("the person".to_owned(), self.now());
                let approval = Approval { content_hash, by, at };
                match ledger.approve(&posting.id, &channel, &approval).await {
                    // A restored ledger has not seen it yet.
                    Ok(()) | Err(LedgerError::NoSuchPosting(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// What she is asked about one delivery.
    async fn answer(
        &mut self,
        ledger: &Ledger,
        past: &Past,
        delivery: &Delivery,
    ) -> Result<(), LedgerError> {
        let (wall, truth) = (self.now(), self.nature.truth());
        let Some(server) = self.server_of(&delivery.name.channel) else { return Ok(()) };
        let tell = |what: &str| {
            self.nature.say("person", || format!("{what}: {}", describe(delivery)));
        };
        match (delivery.state, delivery.deed) {
            (State::Unknown, _) if delivery.asks_since.is_some() => {
                let by_link = self.chance.one_in(2);
                let forgotten = |copy: &Copy| {
                    self.restored
                        && delivery.name.occasion == Occasion::Announce
                        && is_announcement(&copy.says)
                        && copy.reference == delivery.name.posting.as_str()
                        && copy.stands()
                        && copy.key.is_some_and(|key| !is_on_record(past, key))
                };
                let resolution = match looks(&lock(&server), delivery, by_link, truth, forgotten) {
                    Some(resolution) => resolution,
                    None => return Ok(()),
                };
                tell(&format!("{resolution:?}"));
                ledger.resolve(delivery.key, &resolution, wall).await.map(drop)
            }
            (State::Posted, _) if delivery.asks_since.is_some() => {
                let OfAMail::Is(resolution) = at_the_list(&lock(&server), delivery.key, truth)
                else {
                    return Ok(());
                };
                tell(&format!("looks for what was silent: {resolution:?}"));
                ledger.resolve(delivery.key, &resolution, wall).await.map(drop)
            }
            (State::Asked, Deed::Ask) => {
                let attempt = ledger.last_attempt(delivery.key).await?;
                let target = past.deliveries.iter().find(|it| Some(it.key) == delivery.target);
                let carried = attempt.and_then(|attempt| attempt.carried);
                if let (Some(carried), Some(target)) = (carried, target)
                    && let Wire::Errand { text } = &carried.wire
                {
                    let errand = Errand { text, says: &said(&carried.rendition) };
                    changes(&mut lock(&server), target, delivery.name.occasion, &errand, truth);
                }
                tell("does what was asked");
                let done = Resolution::Posted(Receipt::default());
                ledger.resolve(delivery.key, &done, wall).await.map(drop)
            }
            (State::Asked, _) => {
                let last = ledger.last_attempt(delivery.key).await?;
                let Some(carried) = last.and_then(|attempt| attempt.carried) else {
                    return Ok(());
                };
                let receipt = puts(&mut lock(&server), delivery, said(&carried.rendition), truth);
                tell("puts it there by hand");
                match &receipt.link {
                    Some(link) => ledger.record(delivery.key, link, wall).await.map(drop),
                    None => Ok(()),
                }
            }
            (State::Refused, _) if self.nature.faults() > 0 && self.chance.one_in(8) => {
                tell("wants another try");
                ledger.resolve(delivery.key, &Resolution::NotPosted, wall).await.map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// Whether the ledger knows that a delivery went out.
fn is_on_record(past: &Past, key: DeliveryKey) -> bool {
    past.deliveries.iter().any(|it| it.key == key && it.state == State::Posted)
}

/// What the person finds on the server; `None` if it is not the time to say.
/// `forgotten` tells a copy of the same ad that a restored ledger knows nothing of.
fn looks(
    server: &Server,
    delivery: &Delivery,
    by_link: bool,
    now: DateTime<Utc>,
    forgotten: impl Fn(&Copy) -> bool,
) -> Option<Resolution> {
    if server.awaits(delivery.key) {
        return None;
    }
    if !matches!(delivery.deed, Deed::Publish | Deed::FollowUp) {
        return Some(Resolution::NotPosted);
    }
    if server.kind == Kind::Mail {
        match at_the_list(server, delivery.key, now) {
            OfAMail::NothingCame => {}
            OfAMail::NotToBeSeen => return None,
            OfAMail::Is(resolution) => return Some(resolution),
        }
    }
    let copy = match server.kind {
        // Of these there is one for each ad, whoever made it.
        Kind::Board | Kind::Feed | Kind::Git => server
            .copies
            .iter()
            .find(|it| it.reference == delivery.name.posting.as_str() && it.stands()),
        _ => server
            .copies
            .iter()
            .find(|it| it.key == Some(delivery.key))
            .or_else(|| server.copies.iter().find(|it| forgotten(it))),
    };
    Some(match copy {
        None => Resolution::NotPosted,
        Some(copy) => {
            let receipt = copy.receipt();
            let remote_id = receipt.remote_id.filter(|_| by_link);
            Resolution::Posted(Receipt { remote_id, ..receipt })
        }
    })
}

/// What she finds of a mail.
enum OfAMail {
    NothingCame,
    /// A moderator holds it, or it is lost.
    NotToBeSeen,
    Is(Resolution),
}

fn at_the_list(server: &Server, key: DeliveryKey, now: DateTime<Utc>) -> OfAMail {
    let mut copies = server.copies.iter().filter(|copy| copy.key == Some(key)).rev();
    match copies.next() {
        None => OfAMail::NothingCame,
        Some(copy) if copy.shown_from.is_some_and(|from| from <= now) => {
            OfAMail::Is(Resolution::Posted(copy.receipt()))
        }
        Some(copy) if copy.stands() => OfAMail::NotToBeSeen,
        Some(_) => OfAMail::Is(Resolution::NotPosted),
    }
}

/// Puts a copy there, unless she remembers that she did: a ledger may forget it.
fn puts(server: &mut Server, delivery: &Delivery, says: String, now: DateTime<Utc>) -> Receipt {
    match server.copies.iter().find(|it| it.key == Some(delivery.key)) {
        Some(copy) => copy.receipt(),
        None => server.by_hand(delivery.key, &delivery.name.posting.0, says, now),
    }
}

/// What she is asked to do, in words, and what a copy is to say then.
struct Errand<'a> {
    text: &'a str,
    says: &'a str,
}

impl Errand<'_> {
    /// Whether it names something: `storms-2` is another one than `storms-24`.
    fn names(&self, what: &str) -> bool {
        let ends = |c: char| c.is_whitespace() || "(),".contains(c);
        self.text.split(ends).any(|word| word.trim_end_matches(':') == what)
    }
}

/// Does by hand what an errand asks for, and nothing else: a part of a thread that it does not name
/// she does not see.
fn changes(
    server: &mut Server,
    target: &Delivery,
    occasion: Occasion,
    errand: &Errand<'_>,
    now: DateTime<Utc>,
) {
    let cannot_be_changed = server.kind == Kind::Mail;
    // The errand says the link, where there is one.
    let has_link = target.receipt.as_ref().is_some_and(|receipt| receipt.link.is_some());
    let meant = |it: &Copy| match has_link {
        true => errand.names(it.link.as_str()),
        false => it.key == Some(target.key) && it.part == 1,
    };
    let first = server.copies.iter().rposition(meant);
    let stands = first.and_then(|it| server.copies.get(it)).is_some_and(Copy::stands);
    if cannot_be_changed || !stands {
        return;
    }
    let parts = parts_of(errand.says);
    for (number, copy) in server.copies.iter_mut().enumerate() {
        let is_first = Some(number) == first;
        if !is_first && !errand.names(&copy.id) || !copy.stands() {
            continue;
        }
        let says = match is_first {
            true => Some(errand.says),
            false => parts.get(copy.part.saturating_sub(2)).map(String::as_str),
        };
        match says.filter(|_| occasion != Occasion::Close) {
            Some(says) => says.clone_into(&mut copy.says),
            None => copy.gone = Some(Gone { at: now, by: By::Us }),
        }
    }
}

fn describe(delivery: &Delivery) -> String {
    let name = &delivery.name;
    format!(
        "{} {} {} {} on {}",
        delivery.key.short(),
        name.occasion,
        name.occurrence,
        name.posting,
        name.channel
    )
}
