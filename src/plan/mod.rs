//! What should be done, when, and why not.
//!
//! `plan` compares what should stand where (postings, channels, schedules, now) with what does
//! (the ledger's past) and names the difference. It is a pure function: a dry run prints it,
//! `post` does what is due, and its rules are tested without network, disk or clock.

mod copies;
mod pair;
pub mod reason;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::adapt::{AdaptError, Occasion, Rendition};
use crate::channel::{ChannelName, DeliveryKey};
use crate::ledger::{CopyState, Deed, Delivery, DeliveryName, Past, State};
use crate::posting::{Posting, PostingId, Revision};
use crate::site::ChannelSpec;
use pair::Pair;
pub use reason::Reason;

/// Renders a posting for a channel, so that two texts can be compared; pure.
pub type Render<'a> = &'a dyn Fn(&Posting, &ChannelSpec, Occasion) -> Result<Rendition, AdaptError>;

/// Everything that a plan depends on.
pub struct Inputs<'a> {
    pub postings: &'a [Posting],
    /// Pages that could not be read: what stands of them is left as it is.
    pub held_back: &'a BTreeSet<String>,
    pub channels: &'a [ChannelSpec],
    pub past: &'a Past,
    /// The zone in which a deadline's day ends.
    pub timezone: Tz,
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
    pub title: String,
    pub deed: Deed,
    /// The delivery whose copy is changed, answered or taken back.
    pub target: Option<DeliveryKey>,
    pub revision: Revision,
    #[serde(flatten)]
    pub when: When,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "when", rename_all = "lowercase")]
pub enum When {
    /// Now.
    Due { since: DateTime<Utc> },
    /// At a slot to come.
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
}

impl Plan {
    /// The steps that are due, in the order in which they are to be done.
    pub fn due(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.when, When::Due { .. }))
    }
}

/// Names every delivery with its time, or the reason why not.
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut past: BTreeMap<(&PostingId, &ChannelName), Vec<&Delivery>> = BTreeMap::new();
    for delivery in &inputs.past.deliveries {
        past.entry((&delivery.name.posting, &delivery.name.channel)).or_default().push(delivery);
    }

    // The nearest deadline first; the id makes the order independent of the files' order.
    let mut postings: Vec<&Posting> = inputs.postings.iter().collect();
    postings.sort_by_key(|posting| {
        let closes = posting.closes_at(inputs.timezone).unwrap_or(DateTime::<Utc>::MAX_UTC);
        (closes, &posting.id)
    });
    for posting in postings {
        for channel in inputs.channels {
            let deliveries = past.remove(&(&posting.id, &channel.name)).unwrap_or_default();
            Pair { inputs, posting, channel, deliveries }.plan(&mut plan);
        }
    }
    let there: BTreeSet<&PostingId> = inputs.postings.iter().map(|posting| &posting.id).collect();
    for deliveries in past.into_values() {
        orphans(inputs, &there, &deliveries, &mut plan);
    }
    plan
}

/// What stands of a page or channel that is not there any more: it is left alone, and said.
fn orphans(
    inputs: &Inputs<'_>,
    there: &BTreeSet<&PostingId>,
    deliveries: &[&Delivery],
    plan: &mut Plan,
) {
    for delivery in deliveries {
        let stands = delivery.copy.is_some_and(CopyState::stands);
        if !stands && !matches!(delivery.state, State::Planned | State::Unknown) {
            continue;
        }
        let known = inputs.past.postings.get(&delivery.name.posting);
        let path = known.map(|known| known.path.clone()).unwrap_or_default();
        let reason = if delivery.state == State::Unknown {
            Reason::Unknown
        } else if there.contains(&delivery.name.posting) {
            Reason::ChannelGone
        } else if inputs.held_back.contains(&path) {
            Reason::PageHasErrors { path }
        } else {
            Reason::PageGone { path }
        };
        plan.steps.push(Step {
            key: delivery.key,
            name: delivery.name.clone(),
            title: known.map(|known| known.title.clone()).unwrap_or_default(),
            deed: delivery.deed,
            target: delivery.target,
            revision: delivery.revision.clone(),
            when: When::Not { reason },
        });
    }
}
