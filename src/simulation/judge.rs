//! The judgement at the end: what the servers truly hold, against what the ledger says and what
//! the rules want.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::channel::said;
use super::nature::lock;
use super::page::{Page, Place};
use super::scenario::CLOSED;
use super::server::{Copy, Threads};
use super::thread::parts_of;
use super::world::World;
use super::{SimulationError, Verdict};
use crate::adapt::{Occasion, adapt};
use crate::channel::wire::Verb;
use crate::channel::{ChannelName, DeliveryKey, Kind};
use crate::ledger::{CopyState, Deed, Delivery, DeliveryName, Past, State};
use crate::plan::{Plan, When};
use crate::posting::Posting;
use crate::site::ChannelSpec;
use crate::site::policy::{Close, Update};

/// An ad that is open for so long has been announced, or it is said why not.
const LONG_OPEN: TimeDelta = TimeDelta::days(40);

/// What was there to be seen or heard for so long was looked for: the longest time between two looks,
/// and a round.
const LOOKED_FOR: TimeDelta = TimeDelta::hours(24);

/// A list that was silent for longer than it may be, and some rounds.
const SILENCE: TimeDelta = TimeDelta::days(16);

impl World {
    /// # Errors
    /// [`SimulationError`] if the ledger cannot be read.
    pub(super) async fn judge(&self) -> Result<Verdict, SimulationError> {
        let past = self.ledger()?.past().await?;
        let chain = self.ledger()?.verify_chain().await;
        let empty = Plan::default();
        let plan = self.last.as_ref().map_or(&empty, |round| &round.plan);
        let mut judge = Judge { world: self, past: &past, plan, verdict: Verdict::default() };
        judge.verdict.deliveries = past.deliveries.len() as u64;
        if let Err(error) = chain {
            judge.lost(format!("the chain of events: {error}"));
        }
        if self.last.is_none() {
            judge.lost("the last round came to nothing".to_owned());
        }
        for delivery in &past.deliveries {
            self.nature.say("ledger", || judge.describe(delivery) + " " + &delivery.reason);
        }
        for step in &plan.steps {
            self.nature.say("plan", || {
                let name = &step.name;
                let when = match &step.when {
                    When::Not { reason } => reason.to_string(),
                    when => format!("{when:?}"),
                };
                let (occasion, occurrence) = (name.occasion, &name.occurrence);
                format!("{occasion} {occurrence} of {} on {}: {when}", name.posting, name.channel)
            });
        }
        judge.copies();
        judge.changes();
        for delivery in &past.deliveries {
            judge.delivery(delivery);
        }
        judge.postings();
        Ok(judge.verdict)
    }
}

struct Judge<'a> {
    world: &'a World,
    past: &'a Past,
    plan: &'a Plan,
    verdict: Verdict,
}

impl<'a> Judge<'a> {
    fn doubled(&mut self, what: String) {
        self.verdict.doubled.push(what);
    }

    fn lost(&mut self, what: String) {
        self.verdict.lost.push(what);
    }

    fn unreported(&mut self, what: String) {
        self.verdict.unreported.push(what);
    }

    fn find(&self, key: DeliveryKey) -> Option<&'a Delivery> {
        self.past.deliveries.iter().find(|it| it.key == key)
    }

    /// No delivery made two copies, and no ad was announced twice in one place at the same time.
    fn copies(&mut self) {
        for server in &self.world.servers {
            let server = lock(server);
            let mut by_key: BTreeMap<(DeliveryKey, usize), Vec<&Copy>> = BTreeMap::new();
            for copy in &server.copies {
                if let Some(key) = copy.key {
                    by_key.entry((key, copy.part)).or_default().push(copy);
                }
            }
            for ((key, part), copies) in &by_key {
                // What somebody else took away before nobody can know to have been there; nor what
                // was taken back in a time that a restored backup has forgotten.
                let forgotten = |before: &Copy, after: &Copy| {
                    self.world.restored && before.gone.is_some_and(|gone| gone.at < after.made_at)
                };
                let doubled = copies.windows(2).any(|pair| match pair {
                    [before, after] => {
                        !before.is_out_of_sight(after.made_at) && !forgotten(before, after)
                    }
                    _ => false,
                });
                if doubled {
                    let count = copies.len();
                    let what = format!("{} has {count} copies of {key}, part {part}", server.name);
                    self.doubled(what);
                }
                if self.find(*key).is_none() && !self.world.restored {
                    self.unreported(format!("{} has a copy of nobody: {key}", server.name));
                }
            }
            self.announced_twice(&server.name, server.kind, &server.copies);
        }
    }

    fn announced_twice(&mut self, server: &str, kind: Kind, copies: &[Copy]) {
        // What stands in an archive is there for ever, though a person took it for taken down.
        if matches!(kind, Kind::Manual | Kind::Feed | Kind::Mail) {
            return;
        }
        let mut announced: Vec<(&Delivery, &Copy)> = Vec::new();
        for copy in copies.iter().filter(|copy| copy.part == 1) {
            let delivery = copy.key.and_then(|key| self.find(key));
            let Some(delivery) = delivery.filter(|it| it.name.occasion == Occasion::Announce)
            else {
                continue;
            };
            for (other, before) in &announced {
                let same = other.name.posting == delivery.name.posting
                    && other.name.channel == delivery.name.channel
                    && other.key != delivery.key;
                let stood = before.gone.is_none_or(|gone| gone.at > copy.made_at)
                    && !(self.world.restored && before.is_out_of_sight(copy.made_at));
                if same && stood && !before.says.starts_with(CLOSED) {
                    self.doubled(format!(
                        "{server} shows {} for {} twice ({} and {})",
                        delivery.name.posting,
                        delivery.name.channel,
                        other.key.short(),
                        delivery.key.short()
                    ));
                }
            }
            announced.push((delivery, copy));
        }
    }

    /// Each change hit the copy that it was meant for.
    fn changes(&mut self) {
        for server in &self.world.servers {
            let server = lock(server);
            for applied in &server.applied {
                let Some(copy) = server.copies.get(applied.copy) else { continue };
                let Some(delivery) = self.find(applied.by) else { continue };
                let meant = delivery.target.and_then(|key| self.find(key));
                let of_its_ad = meant.is_some_and(|it| it.name.posting.as_str() == copy.reference);
                // A ledger that was put back may know a copy under another name than made it.
                let by_ad = server.kind == Kind::Board || self.world.restored;
                // A part that an earlier edit has added to the same copy.
                let maker = copy.key.and_then(|key| self.find(key));
                let added = copy.part > 1
                    && delivery.target.is_some()
                    && maker.is_some_and(|it| it.target == delivery.target);
                let right = copy.key == delivery.target || added || by_ad && of_its_ad;
                if !right {
                    let verb = match applied.verb {
                        Verb::Withdraw => "took back",
                        _ => "changed",
                    };
                    self.doubled(format!(
                        "{} {verb} a copy of another delivery at {}",
                        self.describe(delivery),
                        server.name
                    ));
                }
            }
        }
    }

    /// The copy that a delivery made, if it still stands; or one that does no more.
    fn copy_of(&self, delivery: &Delivery) -> Option<Copy> {
        let server = self.world.server_of(&delivery.name.channel)?;
        let server = lock(&server);
        // By its id, or by the link alone that a person said.
        let is_named = |copy: &Copy| {
            delivery.receipt.as_ref().is_some_and(|receipt| match &receipt.remote_id {
                Some(id) => *id == copy.id,
                None => receipt.link.as_ref() == Some(&copy.link),
            })
        };
        let is_it = |copy: &&Copy| match server.kind {
            Kind::Board | Kind::Feed | Kind::Git => {
                copy.reference == delivery.name.posting.as_str()
            }
            _ if self.world.restored => {
                copy.key == Some(delivery.key)
                    || copy.reference == delivery.name.posting.as_str() && is_named(copy)
            }
            _ => copy.key == Some(delivery.key),
        };
        let firsts = server.copies.iter().filter(|copy| copy.part == 1);
        let mut copies: Vec<&Copy> = firsts.filter(is_it).collect();
        // The one that the receipt names; that there are others is found elsewhere.
        copies.sort_by_key(|copy| (is_named(copy), copy.stands()));
        copies.last().map(|copy| (*copy).clone())
    }

    fn delivery(&mut self, delivery: &Delivery) {
        let what = self.describe(delivery);
        let kind = self.world.kind_of(&delivery.name.channel);
        let makes_copy = matches!(delivery.deed, Deed::Publish | Deed::FollowUp);
        match delivery.state {
            State::Sending => self.lost(format!("{what} is still being sent")),
            State::Planned => match self.step(delivery.key) {
                Some(When::Due { since }) => {
                    self.lost(format!("{what} has been due since {since} and is not done"));
                }
                Some(_) => {}
                None => self.lost(format!("{what} waits, and the plan does not know it")),
            },
            State::Unknown => {
                let searchable = !matches!(kind, Some(Kind::Mail | Kind::Manual))
                    && !self.is_a_duplicate(delivery)
                    && !self.may_be_forgotten(delivery);
                if delivery.reason.is_empty() {
                    self.unreported(format!("{what} is unknown, and it is not said why"));
                } else if self.is_fresh(delivery) {
                    // The channel is still being asked.
                } else if searchable {
                    self.unreported(format!("{what} is unknown, and the channel could say"));
                } else if delivery.asks_since.is_none() {
                    self.unreported(format!("{what} is unknown, and nobody is asked"));
                }
            }
            State::Refused if delivery.reason.is_empty() => {
                self.unreported(format!("{what} was refused, and it is not said why"));
            }
            State::Posted if makes_copy => self.posted(delivery, &what, kind),
            State::Posted | State::Asked | State::Refused | State::Cancelled => {}
        }
    }

    /// Whether a person took a post down while nobody knew whether another stood in its place by
    /// then: one of the windows that remain (ARCHITECTURE.md).
    fn may_stand_anew(&self, delivery: &Delivery, kind: Option<Kind>) -> bool {
        let about_it = || {
            let all = self.past.deliveries.iter();
            all.filter(|it| it.target == Some(delivery.key))
        };
        let by_hand = |it: &Delivery| it.deed == Deed::Ask && it.name.occasion == Occasion::Close;
        let given_up = |it: &Delivery| {
            it.deed == Deed::Edit
                && it.attempts > 0
                && matches!(it.state, State::Unknown | State::Refused | State::Cancelled)
        };
        kind == Some(Kind::Bluesky) && about_it().any(by_hand) && about_it().any(given_up)
    }

    /// What is said to stand, stood; what is said to be taken back, is gone.
    fn posted(&mut self, delivery: &Delivery, what: &str, kind: Option<Kind>) {
        let Some(copy) = self.copy_of(delivery) else {
            self.unreported(format!("{what} is posted, and the server never had it"));
            return;
        };
        if kind == Some(Kind::Mail) && !self.world.restored {
            self.mailed(delivery, &copy, what);
        }
        match delivery.copy {
            // What was opened again and announced anew in a forgotten time is one of the windows
            // that remain (ARCHITECTURE.md).
            Some(CopyState::Withdrawn) if self.is_forgotten(&copy) => {}
            Some(CopyState::Withdrawn) if self.may_stand_anew(delivery, kind) => {}
            Some(CopyState::Withdrawn) if copy.stands() && self.is_only(delivery, kind) => {
                self.lost(format!("{what} is taken back, and stands"));
            }
            Some(state) if state.stands() && !copy.stands() => {
                let can_be_seen = !matches!(kind, Some(Kind::Mail | Kind::Manual));
                let has_id = delivery.receipt.as_ref().is_some_and(|it| it.remote_id.is_some());
                if can_be_seen && has_id {
                    self.lost(format!("{what} stands by the ledger, and is gone"));
                }
            }
            _ => {}
        }
        self.parts(delivery, what);
    }

    /// Of what is taken back no part stands, whether the ledger knows of it or not.
    fn parts(&mut self, delivery: &Delivery, what: &str) {
        let (Some(CopyState::Withdrawn), Some(receipt)) = (delivery.copy, &delivery.receipt) else {
            return;
        };
        let Some(server) = self.world.server_of(&delivery.name.channel) else { return };
        let added = |key: DeliveryKey| {
            let maker = self.find(key);
            maker.is_some_and(|it| it.deed == Deed::Edit && it.target == Some(delivery.key))
        };
        let is_its_part = |copy: &&Copy| {
            receipt.parts.contains(&copy.id)
                || copy.part > 1 && copy.key.is_some_and(|key| key == delivery.key || added(key))
        };
        let stands = {
            let server = lock(&server);
            let mut standing = server.copies.iter().filter(|it| it.stands());
            standing.find(is_its_part).map(|it| it.id.clone())
        };
        if let Some(id) = stands {
            self.lost(format!("{what} is taken back, and its part {id} stands"));
        }
    }

    /// Whether the parts of a thread are there that should be, as far as nobody else took one away.
    fn parts_agree(&self, delivery: &Delivery, copy: &Copy) -> bool {
        let Some(server) = self.world.server_of(&delivery.name.channel) else { return true };
        let server = lock(&server);
        let Some(receipt) = &delivery.receipt else { return true };
        if server.habits.threads == Threads::Unknown || delivery.asks_since.is_some() {
            return true;
        }
        let is_there = |id: &String, text: &String| {
            let part = server.copies.iter().find(|it| it.id == *id);
            part.is_some_and(|it| it.says == *text || it.gone.is_some())
        };
        let wanted = parts_of(&copy.says);
        // An edit adds none.
        receipt.parts.len() <= wanted.len()
            && receipt.parts.iter().zip(&wanted).all(|(id, text)| is_there(id, text))
    }

    /// What is said of a mail is what became of it, as far as it could be heard or seen by now.
    fn mailed(&mut self, delivery: &Delivery, copy: &Copy, what: &str) {
        let now = self.world.nature.truth();
        let on_its_way = delivery.copy.is_some_and(CopyState::is_on_its_way);
        let since = |at: Option<DateTime<Utc>>| at.map(|at| now - at);
        if delivery.copy == Some(CopyState::Live)
            && since(copy.shown_from) < Some(TimeDelta::zero())
        {
            self.unreported(format!("{what} is said to be seen by readers, and none sees it"));
        }
        if !on_its_way || delivery.asks_since.is_some() {
            return;
        }
        if copy.is_listed(now) && since(copy.shown_from) > Some(LOOKED_FOR) {
            self.unreported(format!("{what} stands in the archive, and the ledger does not know"));
        }
        // By a clock that was ahead, the letter is older than the mail: it is nobody's, and a person is
        // shown it as that.
        let is_known_as_its = copy.ends >= delivery.attempted_at;
        if is_known_as_its && since(copy.ends) > Some(LOOKED_FOR) {
            self.unreported(format!("{what} came back, and nobody is told"));
        }
        if now - copy.made_at > SILENCE {
            self.unreported(format!("{what} was silent for too long, and nobody is asked"));
        }
    }

    /// Whether the copy is this delivery's own: a board's and a feed's belong to the posting. What
    /// a person takes down by hand from a list is still in its archive.
    fn is_only(&self, delivery: &Delivery, kind: Option<Kind>) -> bool {
        match kind {
            Some(Kind::Mail) => false,
            Some(Kind::Board | Kind::Feed | Kind::Git) => {
                !self.past.deliveries.iter().any(|other| {
                    other.key != delivery.key
                        && other.name.posting == delivery.name.posting
                        && other.name.channel == delivery.name.channel
                        && other.copy.is_some_and(CopyState::stands)
                })
            }
            _ => true,
        }
    }

    /// Made in a time that a restored backup has forgotten, and not known since. Of an entry in a
    /// feed nobody knows which delivery made it.
    fn is_forgotten(&self, copy: &Copy) -> bool {
        self.world.restored
            && copy.key.is_none_or(|key| self.find(key).is_none_or(|it| it.state != State::Posted))
    }

    /// Whether it was never tried in the time that is remembered, and the channel shows what may be
    /// it, in the words of a time that a restored backup has forgotten: only a person can tell.
    fn may_be_forgotten(&self, delivery: &Delivery) -> bool {
        let may_be_it = |copy: &Copy| {
            copy.reference == delivery.name.posting.as_str()
                && copy.stands()
                && self.is_forgotten(copy)
        };
        let server = self.world.server_of(&delivery.name.channel);
        delivery.attempts == 0
            && server.is_some_and(|server| lock(&server).copies.iter().any(may_be_it))
    }

    /// Whether the channel said that it has these words already, and so can say nothing of them.
    fn is_a_duplicate(&self, delivery: &Delivery) -> bool {
        let server = self.world.server_of(&delivery.name.channel);
        server.is_some_and(|server| lock(&server).duplicates.contains(&delivery.key))
    }

    /// Tried so shortly before the end that it may still be under way.
    fn is_fresh(&self, delivery: &Delivery) -> bool {
        let now = self.world.nature.clock.now();
        delivery.attempted_at.is_some_and(|at| now - at < TimeDelta::hours(1))
    }

    fn step(&self, key: DeliveryKey) -> Option<&'a When> {
        self.plan.steps.iter().find(|step| step.key == key).map(|step| &step.when)
    }

    /// Whether somebody is told that a copy is not as it should be.
    fn is_told(&self, copy: &Delivery) -> bool {
        self.plan.steps.iter().any(|it| it.key == copy.key || it.target == Some(copy.key))
            || self.past.deliveries.iter().any(|it| {
                it.target == Some(copy.key)
                    && matches!(it.state, State::Asked | State::Refused | State::Unknown)
            })
            || matches!(copy.copy, Some(CopyState::Altered | CopyState::Gone))
    }

    /// What should stand does, and says what the page says; or it is said why not.
    fn postings(&mut self) {
        let world = self.world;
        for page in &world.scenario.pages {
            let known = self.past.postings.values().find(|it| it.path == page.path());
            let Some(known) = known else {
                if page.place == Place::There && world.folder_is_there() {
                    self.lost(format!("the ledger has never seen {}", page.path()));
                }
                continue;
            };
            let posting = world.postings.open.iter().find(|it| it.id == known.id);
            let Some(posting) = posting else { continue };
            for spec in &world.site.channels {
                self.pair(page, posting, spec);
            }
        }
    }

    fn pair(&mut self, page: &Page, posting: &Posting, spec: &ChannelSpec) {
        let world = self.world;
        let ours: Vec<&Delivery> = self
            .past
            .deliveries
            .iter()
            .filter(|it| it.name.posting == posting.id && it.name.channel == spec.name)
            .collect();
        let copies: Vec<&Delivery> = ours
            .iter()
            .filter(|it| matches!(it.deed, Deed::Publish | Deed::FollowUp))
            .filter(|it| it.copy.is_some_and(CopyState::stands))
            .copied()
            .collect();
        if !page.is_open(world.now(), &world.site.settings) {
            // The thread says so; what became of that message is another matter.
            let said = ours.iter().any(|it| {
                it.name.occasion == Occasion::Close
                    && it.deed == Deed::FollowUp
                    && it.state == State::Posted
            });
            self.closed(posting, spec, &copies, said);
            return;
        }
        let announced = ours.iter().any(|it| {
            it.name.occasion == Occasion::Announce
                && (it.copy.is_some_and(CopyState::stands)
                    || matches!(it.state, State::Asked | State::Unknown | State::Refused))
        });
        let planned = self.plan.steps.iter().any(|step| {
            step.name.posting == posting.id
                && step.name.channel == spec.name
                && step.name.occasion == Occasion::Announce
        });
        if !announced && !planned {
            self.lost(format!("{} is open, and not on {}", posting.id, spec.name));
        }
        if ours.is_empty() && !planned && world.now() - world.scenario.start > LONG_OPEN {
            self.lost(format!("{} was never thought of for {}", posting.id, spec.name));
        }
        let newest = copies
            .iter()
            .filter(|it| it.name.occasion != Occasion::Remind)
            .max_by_key(|it| (it.changed_at, &it.name));
        let has_id = |it: &&Delivery| it.receipt.as_ref().is_some_and(|it| it.remote_id.is_some());
        let speak: Vec<&Delivery> = match spec.update {
            // Nobody can change a mail; the person who was asked to has said that it is done.
            Update::Manual if spec.kind() == Kind::Mail => Vec::new(),
            Update::FollowUp if spec.kind() == Kind::Mail && !newest.is_some_and(has_id) => {
                Vec::new()
            }
            Update::FollowUp => newest.into_iter().copied().collect(),
            _ => copies,
        };
        for delivery in speak {
            let Some(copy) = self.copy_of(delivery).filter(Copy::stands) else { continue };
            let says = |occasion| {
                let words = self.words(posting, spec, occasion);
                words.is_some_and(|words| same(&words, &copy.says))
            };
            let fresh = [Occasion::Announce, Occasion::Update, Occasion::Remind];
            if !fresh.into_iter().any(says) && !self.is_told(delivery) {
                let what = self.describe(delivery);
                self.lost(format!("{what} says something older, and nobody is told"));
            }
            if !self.parts_agree(delivery, &copy) && !self.is_told(delivery) {
                let what = self.describe(delivery);
                self.lost(format!("{what} has not the parts that it should have"));
            }
        }
    }

    fn closed(&mut self, posting: &Posting, spec: &ChannelSpec, copies: &[&Delivery], said: bool) {
        for delivery in copies {
            let Some(copy) = self.copy_of(delivery).filter(Copy::stands) else { continue };
            let done = match spec.close {
                Close::Ignore => true,
                Close::Withdraw | Close::Manual => false,
                Close::Edit => copy.says.starts_with(CLOSED),
                Close::FollowUp => said,
            };
            // A thread is closed once, by a message that may wait for its slot; that its list did not
            // take it, or that a person is asked instead, is shown.
            let closes = |name: &DeliveryName| {
                spec.close == Close::FollowUp
                    && name.posting == posting.id
                    && name.channel == spec.name
                    && name.occasion == Occasion::Close
            };
            let planned = self.plan.steps.iter().any(|step| closes(&step.name));
            let untaken = self.past.deliveries.iter().any(|it| {
                closes(&it.name)
                    && matches!(it.state, State::Asked | State::Refused | State::Unknown)
            });
            if !done && !planned && !untaken && !self.is_told(delivery) {
                let what = self.describe(delivery);
                self.lost(format!("{} is closed, and {what} stands open", posting.id));
            }
        }
    }

    fn words(&self, posting: &Posting, spec: &ChannelSpec, occasion: Occasion) -> Option<String> {
        let templates = &self.world.site.templates;
        adapt(posting, &self.world.target(spec), occasion, templates).ok().map(|it| said(&it))
    }

    fn describe(&self, delivery: &Delivery) -> String {
        let name = &delivery.name;
        format!(
            "{} ({} {} of {} on {}, {}{})",
            delivery.key.short(),
            name.occasion,
            name.occurrence,
            name.posting,
            name.channel,
            delivery.state.as_str(),
            delivery.copy.map(|copy| format!(", {}", copy.as_str())).unwrap_or_default()
        )
    }
}

fn same(one: &str, other: &str) -> bool {
    crate::channel::words::same(one, other)
}

impl World {
    pub(super) fn kind_of(&self, channel: &ChannelName) -> Option<Kind> {
        self.site.channels.iter().find(|it| it.name == *channel).map(ChannelSpec::kind)
    }
}
