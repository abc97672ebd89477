//! What should be done, when, and why not.
//!
//! `plan` compares what should stand where (postings, channels, schedules, now) with what does
//! (the ledger's past) and names the difference. It is a pure function: a dry run prints it,
//! `post` does what is due, and its rules are tested without network, disk or clock.
//!
//! First every posting says what it wants of every channel (`pair`); then the messages of each
//! channel share its slots (`share`, by the rules of `queue`); then what is planned and wanted by
//! nobody is called off.

mod approval;
mod copies;
mod hold;
mod pair;
mod queue;
pub mod reason;
mod share;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::adapt::{AdaptError, Occasion, Rendition};
use crate::channel::{ChannelName, DeliveryKey};
use crate::ledger::{CopyState, Deed, Delivery, DeliveryName, Past, State};
use crate::posting::term::Term;
use crate::posting::{Posting, PostingId, Revision};
use crate::site::ChannelSpec;
use crate::site::queue::OpenPosts;
pub use approval::words_to_approve;
use pair::{Page, Pair};
pub use queue::{Spent, spent};
pub use reason::{Hold, Reason};
use share::{Given, Waiting};

/// Renders a posting for a channel, so that two texts can be compared; pure.
pub type Render<'a> = &'a dyn Fn(&Posting, &ChannelSpec, Occasion) -> Result<Rendition, AdaptError>;

/// Everything that a plan depends on.
pub struct Inputs<'a> {
    pub postings: &'a [Posting],
    /// Postings whose page is not there any more, as they were last read: they are closed, or
    /// left alone.
    pub missing: &'a [Posting],
    /// Pages that could not be read: what stands of them is left as it is.
    pub held_back: &'a BTreeSet<String>,
    /// What somebody named: that is acceptance enough for an ad from before the first start.
    pub named: &'a BTreeSet<PostingId>,
    pub channels: &'a [ChannelSpec],
    pub past: &'a Past,
    /// The zone in which a deadline's day ends.
    pub timezone: Tz,
    /// How long a page must be gone before a person can have its copies taken back.
    pub grace: TimeDelta,
    pub now: DateTime<Utc>,
    pub pace: Pace,
    pub render: Render<'a>,
}

/// Whether to wait for slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    OnSchedule,
    /// `--now`: without waiting for the slot. Everything else that holds a posting back still
    /// does.
    AtOnce,
}

/// One delivery that is wanted, or the reason why not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub key: DeliveryKey,
    #[serde(flatten)]
    pub name: DeliveryName,
    pub title: Arc<str>,
    pub deed: Deed,
    /// The delivery whose copy is changed, answered or taken back.
    pub target: Option<DeliveryKey>,
    pub revision: Revision,
    /// The slot that it uses, without jitter; `None` for what waits for no slot.
    #[serde(rename = "in_slot")]
    pub slot: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    #[serde(flatten)]
    pub when: When,
}

/// What a person should know about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The ad was closed here, and is open again: its deadline was extended, or a mark taken away.
    Reopened,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reopened => f.write_str("the ad was closed, and is open again"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "when", rename_all = "lowercase")]
pub enum When {
    /// Now.
    Due { since: DateTime<Utc> },
    /// At a time to come.
    At { slot: DateTime<Utc> },
    /// Not as things are.
    Not { reason: Reason },
}

impl When {
    /// The time for the ledger, of what is wanted at all.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Due { since } => Some(*since),
            Self::At { slot } => Some(*slot),
            Self::Not { .. } => None,
        }
    }
}

/// The difference between what should stand and what does.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Planned deliveries that nothing wants any more, with the reason.
    pub cancel: Vec<(DeliveryKey, String)>,
    /// Postings that are closed everywhere: nothing is left to plan for them.
    pub finished: Vec<PostingId>,
    /// What of the ads that have a step was read from a sentence only, and nobody has declared.
    pub guessed: BTreeMap<PostingId, Vec<Term>>,
}

impl Plan {
    /// The steps that are due, in the order in which they are to be done.
    pub fn due(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.when, When::Due { .. }))
    }
}

/// A plan in the making: steps that still wait for their slot are in a line.
#[derive(Default)]
struct Draft {
    plan: Plan,
    /// Where the steps of the posting on the channel begin that is being planned.
    pair_from: usize,
    /// By channel, those whose turn it is first.
    lines: Vec<Waiting>,
    /// What the ledger has planned, and what this plan says of it.
    planned: Vec<(DeliveryKey, Said)>,
}

/// What a plan says of a delivery that is planned already.
enum Said {
    /// The step at this place.
    Step(usize),
    /// Nothing but that the ad closes.
    Closes,
    Nothing,
}

impl Draft {
    /// Looks for what the steps of a pair say of what is planned for it.
    fn match_planned(&mut self, deliveries: &[&Delivery]) {
        let steps = self.plan.steps.get(self.pair_from..).unwrap_or_default();
        for delivery in deliveries.iter().filter(|it| it.state == State::Planned) {
            let said = match steps.iter().rposition(|step| step.key == delivery.key) {
                Some(place) => Said::Step(self.pair_from + place),
                None if steps.iter().any(|step| step.name.occasion == Occasion::Close) => {
                    Said::Closes
                }
                None => Said::Nothing,
            };
            self.planned.push((delivery.key, said));
        }
    }
}

/// Names every delivery with its time, or the reason why not.
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    // The ledger tells them by posting, so a few runs hold what is known of one; any order will do.
    let mut past: HashMap<&PostingId, Vec<&[Delivery]>> = HashMap::new();
    for run in inputs.past.deliveries.chunk_by(|a, b| a.name.posting == b.name.posting) {
        if let Some(first) = run.first() {
            past.entry(&first.name.posting).or_default().push(run);
        }
    }
    let places: HashMap<&ChannelName, usize> =
        inputs.channels.iter().enumerate().map(|(index, it)| (&it.name, index)).collect();
    let known_channels: Vec<_> =
        inputs.channels.iter().map(|it| inputs.past.channels.get(&it.name)).collect();
    let on_their_way = on_their_way(inputs, &places);
    let mut by_channel = vec![Vec::new(); inputs.channels.len()];
    let mut orphans = Vec::new();
    let mut draft = Draft::default();
    let line =
        || Waiting { ready: Vec::with_capacity(inputs.postings.len()), ..Waiting::default() };
    draft.lines.resize_with(inputs.channels.len(), line);
    draft.plan.steps.reserve(inputs.past.deliveries.len());
    draft.planned.reserve(inputs.past.deliveries.len());
    for (posting, page) in in_order(inputs) {
        if inputs.past.over.contains(&posting.id) {
            continue;
        }
        let first = draft.plan.steps.len();
        let mut is_open = false;
        let closes_at = posting.closes_at(inputs.timezone);
        let known = inputs.past.postings.get(&posting.id);
        let title = Arc::from(posting.name());
        by_channel.iter_mut().for_each(Vec::clear);
        for run in past.remove(&posting.id).unwrap_or_default() {
            let mut next = 0;
            for on_channel in run.chunk_by(|a, b| a.name.channel == b.name.channel) {
                let Some(channel) = on_channel.first().map(|it| &it.name.channel) else { continue };
                // They mostly come in the order of the channels.
                let is_next = inputs.channels.get(next).is_some_and(|it| it.name == *channel);
                let place = if is_next { Some(next) } else { places.get(channel).copied() };
                match place.and_then(|index| by_channel.get_mut(index)) {
                    Some(deliveries) => deliveries.extend(on_channel),
                    None => orphans.extend(on_channel),
                }
                next = place.map_or(next, |index| index + 1);
            }
        }
        let channels = inputs.channels.iter().zip(&known_channels).zip(&by_channel);
        for (index, ((channel, known_channel), deliveries)) in channels.enumerate() {
            draft.pair_from = draft.plan.steps.len();
            let pair = Pair {
                inputs,
                posting,
                known,
                closes_at,
                page,
                channel,
                known_channel: *known_channel,
                index,
                deliveries,
                on_their_way: on_their_way.get(index).map(Vec::as_slice).unwrap_or_default(),
                title: &title,
            };
            is_open |= pair.plan(&mut draft);
            draft.match_planned(deliveries);
        }
        let left = draft.plan.steps.get(first..).unwrap_or_default();
        let guessed = posting.guessed();
        if !left.is_empty() && !guessed.is_empty() {
            draft.plan.guessed.insert(posting.id.clone(), guessed);
        }
        if !is_open && known.is_some() && left.iter().all(is_over) {
            draft.plan.finished.push(posting.id.clone());
        }
    }
    let Draft { mut plan, lines, mut planned, .. } = draft;
    for given in share::share(inputs.channels, inputs.past, inputs.now, lines) {
        give(inputs, given, &mut plan);
    }
    let there: BTreeSet<&PostingId> = inputs.postings.iter().map(|posting| &posting.id).collect();
    orphans.extend(past.into_values().flatten().flatten());
    orphans.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    for delivery in orphans {
        plan.finished.retain(|id| *id != delivery.name.posting);
        let said = orphan(inputs, &there, delivery, &mut plan);
        if delivery.state == State::Planned && !inputs.past.over.contains(&delivery.name.posting) {
            planned.push((delivery.key, said));
        }
    }
    call_off(planned, &mut plan);
    plan
}

/// The nearest deadline first; the id makes the order independent of the files' order.
fn in_order<'a>(inputs: &Inputs<'a>) -> Vec<(&'a Posting, Page)> {
    let there = inputs.postings.iter().map(|posting| (posting, Page::There));
    let missing = inputs.missing.iter().map(|posting| (posting, Page::Missing));
    let mut postings: Vec<_> = there.chain(missing).collect();
    // What somebody is in a hurry with comes before what only happens to be there.
    let patient = |id: &PostingId| inputs.pace == Pace::AtOnce && !inputs.named.contains(id);
    postings.sort_by_cached_key(|(posting, _)| {
        let closes = posting.closes_at(inputs.timezone).unwrap_or(DateTime::<Utc>::MAX_UTC);
        (patient(&posting.id), closes, posting.id.clone())
    });
    postings
}

/// Gives the messages of one channel their times.
/// What each list has been given that was not seen in its archive yet, where that matters.
fn on_their_way<'a>(
    inputs: &Inputs<'a>,
    places: &HashMap<&ChannelName, usize>,
) -> Vec<Vec<&'a Delivery>> {
    let mut found = vec![Vec::new(); inputs.channels.len()];
    for delivery in inputs.past.deliveries.iter().filter(|it| is_on_its_way(it)) {
        let Some(index) = places.get(&delivery.name.channel).copied() else { continue };
        let Some(channel) = inputs.channels.get(index) else { continue };
        if channel.holds.open_posts != OpenPosts::Any
            && let Some(on_channel) = found.get_mut(index)
        {
            on_channel.push(delivery);
        }
    }
    found
}

fn is_on_its_way(delivery: &Delivery) -> bool {
    matches!(delivery.copy, Some(CopyState::Sent | CopyState::Held))
        || matches!(delivery.state, State::Sending | State::Unknown)
}

fn give(inputs: &Inputs<'_>, given: Given, plan: &mut Plan) {
    for (index, place) in given.seen {
        if let Some(step) = plan.steps.get_mut(index) {
            (step.when, step.slot) = (place.when, place.slot);
        }
    }
    for (index, place) in given.unseen {
        let Some(step) = plan.steps.get_mut(index) else { continue };
        step.when = match place.when {
            When::Due { .. } => When::Not { reason: page_not_seen(inputs, &step.name.posting) },
            when => when,
        };
        step.slot = place.slot;
    }
}

fn page_not_seen(inputs: &Inputs<'_>, posting: &PostingId) -> Reason {
    let known = inputs.past.postings.get(posting);
    Reason::PageNotSeen { why: known.map(|known| known.page.note.clone()).unwrap_or_default() }
}

/// Whether a step is only a remark about an ad that is closed.
fn is_over(step: &Step) -> bool {
    matches!(
        &step.when,
        When::Not {
            reason: Reason::Closed
                | Reason::Draft
                | Reason::NoOpening
                | Reason::Expired { .. }
                | Reason::Withdrawn
                | Reason::StandsClosed
                | Reason::Filtered(_)
                | Reason::CopyGone
        }
    )
}

/// What stands of a page or channel that is not there any more: it is left alone, and said.
fn orphan(
    inputs: &Inputs<'_>,
    there: &BTreeSet<&PostingId>,
    delivery: &Delivery,
    plan: &mut Plan,
) -> Said {
    let stands = delivery.copy.is_some_and(CopyState::stands);
    if !stands && !matches!(delivery.state, State::Planned | State::Unknown) {
        return Said::Nothing;
    }
    let known = inputs.past.postings.get(&delivery.name.posting);
    if known.is_some_and(|known| known.finished_at.is_some()) {
        // It was closed everywhere before its page went away.
        return Said::Nothing;
    }
    let path = known.map(|known| known.path.clone()).unwrap_or_default();
    let channel_there = inputs.channels.iter().any(|it| it.name == delivery.name.channel);
    let reason = if delivery.state == State::Unknown {
        Reason::Unknown
    } else if there.contains(&delivery.name.posting) || !channel_there {
        Reason::ChannelGone
    } else if inputs.held_back.contains(&path) {
        Reason::PageHasErrors { path }
    } else {
        let since = known.and_then(|known| known.missing_since);
        Reason::PageGone {
            path,
            posting: delivery.name.posting.clone(),
            until: since.map(|since| pair::local(since + inputs.grace, inputs.timezone)),
        }
    };
    plan.steps.push(Step {
        key: delivery.key,
        name: delivery.name.clone(),
        title: known.map(|known| known.title.as_str()).unwrap_or_default().into(),
        deed: delivery.deed,
        target: delivery.target,
        revision: delivery.revision.clone(),
        slot: None,
        note: None,
        when: When::Not { reason },
    });
    Said::Step(plan.steps.len() - 1)
}

/// Planned deliveries that no step wants, or that something holds back for good.
fn call_off(planned: Vec<(DeliveryKey, Said)>, plan: &mut Plan) {
    for (key, said) in planned {
        let step = match said {
            Said::Step(place) => plan.steps.get(place),
            Said::Closes | Said::Nothing => None,
        };
        let reason = match (step.map(|step| &step.when), said) {
            (Some(When::Due { .. } | When::At { .. }), _) => continue,
            (Some(When::Not { reason }), _) if reason.can_pass() => continue,
            (Some(When::Not { reason }), _) => reason.to_string(),
            (None, Said::Closes) => Reason::Superseded { by: Occasion::Close }.to_string(),
            (None, _) => "nothing asks for it any more".to_owned(),
        };
        plan.cancel.push((key, reason));
    }
}

/// A length of time below `most` that is a delivery's own: the same at every plan, different from
/// the other deliveries'. `salt` tells several of one delivery apart.
pub fn jitter(key: DeliveryKey, salt: u32, most: TimeDelta) -> TimeDelta {
    let Some(most) = most.num_microseconds().filter(|most| *most > 0) else {
        return TimeDelta::zero();
    };
    let mut hash = Sha256::new();
    hash.update(key.0.as_bytes());
    hash.update(salt.to_be_bytes());
    let seed =
        hash.finalize().iter().take(8).fold(0_u64, |seed, byte| seed << 8 | u64::from(*byte));
    let micros = i64::try_from(seed % most.unsigned_abs()).unwrap_or(0);
    // Whole seconds: nobody reads more on a plan.
    TimeDelta::seconds(micros / 1_000_000)
}
