//! How an ad is on a channel, in one word: what people look for first.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Outlook;
use crate::adapt::Occasion;
use crate::channel::ChannelName;
use crate::ledger::{CopyState, Deed, Delivery, State};
use crate::plan::{Reason, Step, When};
use crate::posting::PostingId;
use crate::schedule::local_time;

/// One word, from what matters least to what matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The channel does not want the ad, or nothing was ever to go there.
    NotHere,
    /// The ad is over, and its copies are as they should be then.
    Closed,
    /// It will go out.
    Planned,
    /// The copy says what the page says.
    Agrees,
    /// Something holds it back for now.
    Waits,
    /// It was handed over, and is not to be seen yet.
    OnItsWay,
    /// The copy says something older than the page.
    Lags,
    /// It did not work, and is not tried again by itself.
    Failed,
    /// Somebody has to do something.
    NeedsYou,
}

impl Standing {
    /// What matters most first.
    pub const ALL: [Self; 9] = [
        Self::NeedsYou,
        Self::Failed,
        Self::Lags,
        Self::OnItsWay,
        Self::Waits,
        Self::Agrees,
        Self::Planned,
        Self::Closed,
        Self::NotHere,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::NotHere => "not here",
            Self::Closed => "closed",
            Self::Planned => "planned",
            Self::Agrees => "agrees",
            Self::Waits => "waits",
            Self::OnItsWay => "on its way",
            Self::Lags => "lags",
            Self::Failed => "failed",
            Self::NeedsYou => "needs you",
        }
    }

    /// A sign beside the word, for those who skim; never alone.
    pub fn sign(self) -> &'static str {
        match self {
            Self::NotHere => "–",
            Self::Closed => "■",
            Self::Planned => "○",
            Self::Agrees => "✓",
            Self::Waits => "‖",
            Self::OnItsWay => "→",
            Self::Lags => "≠",
            Self::Failed => "✕",
            Self::NeedsYou => "!",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotHere => "the channel does not want this ad",
            Self::Closed => "the ad is over, and so are its copies",
            Self::Planned => "it will go out at its time",
            Self::Agrees => "the copy says what the page says",
            Self::Waits => "something holds it back for now",
            Self::OnItsWay => "it was handed over, and is not to be seen yet",
            Self::Lags => "the copy says something older than the page",
            Self::Failed => "it did not work, and is not tried again by itself",
            Self::NeedsYou => "it goes on once somebody has done something",
        }
    }

    /// As it stands in addresses and style sheets.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotHere => "not-here",
            Self::Closed => "closed",
            Self::Planned => "planned",
            Self::Agrees => "agrees",
            Self::Waits => "waits",
            Self::OnItsWay => "on-its-way",
            Self::Lags => "lags",
            Self::Failed => "failed",
            Self::NeedsYou => "needs-you",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A standing with why it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    pub standing: Standing,
    pub why: String,
}

/// A standing as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Badge {
    pub name: &'static str,
    pub sign: &'static str,
    pub word: &'static str,
}

impl From<Standing> for Badge {
    fn from(standing: Standing) -> Self {
        Self { name: standing.name(), sign: standing.sign(), word: standing.word() }
    }
}

/// What ledger and plan say of an ad on a channel.
#[derive(Default)]
pub struct Pair<'a> {
    pub deliveries: Vec<&'a Delivery>,
    pub steps: Vec<&'a Step>,
}

/// Everything by ad and channel.
pub struct Pairs<'a>(BTreeMap<&'a PostingId, BTreeMap<&'a ChannelName, Pair<'a>>>);

impl<'a> Pairs<'a> {
    pub fn of(outlook: &Outlook<'a>) -> Self {
        let mut pairs: BTreeMap<_, BTreeMap<_, Pair<'a>>> = BTreeMap::new();
        for delivery in &outlook.past.deliveries {
            let of_ad = pairs.entry(&delivery.name.posting).or_default();
            of_ad.entry(&delivery.name.channel).or_default().deliveries.push(delivery);
        }
        for step in &outlook.plan.steps {
            let of_ad = pairs.entry(&step.name.posting).or_default();
            of_ad.entry(&step.name.channel).or_default().steps.push(step);
        }
        Self(pairs)
    }

    pub fn get(&self, posting: &PostingId, channel: &ChannelName) -> Option<&Pair<'a>> {
        self.0.get(posting)?.get(channel)
    }

    pub fn stands(
        &self,
        posting: &PostingId,
        channel: &ChannelName,
        outlook: &Outlook<'a>,
    ) -> Stands {
        let nothing = || Stands { standing: Standing::NotHere, why: String::new() };
        self.get(posting, channel).map_or_else(nothing, |pair| stands(pair, outlook))
    }
}

/// The word that matters most of all that can be said of an ad on a channel.
pub fn stands(pair: &Pair<'_>, outlook: &Outlook<'_>) -> Stands {
    let posting = pair
        .steps
        .first()
        .map(|it| &it.name.posting)
        .or(pair.deliveries.first().map(|it| &it.name.posting));
    let is_over = posting
        .and_then(|id| outlook.past.postings.get(id))
        .is_some_and(|known| known.finished_at.is_some());
    let has_copy = pair.deliveries.iter().any(|it| it.copy.is_some_and(CopyState::stands));
    let is_new = pair.deliveries.is_empty();
    let of_steps = pair.steps.iter().filter_map(|step| of_step(step, has_copy, is_new, outlook));
    let of_deliveries = pair.deliveries.iter().filter_map(|it| of_delivery(it, pair));
    let worst = of_deliveries
        .chain(of_steps)
        .reduce(|worst, next| if next.standing > worst.standing { next } else { worst });
    let worst = worst.unwrap_or(Stands { standing: Standing::NotHere, why: String::new() });
    let is_history = matches!(worst.standing, Standing::Failed | Standing::Agrees);
    if is_over && is_history {
        return Stands { standing: Standing::Closed, why: worst.why };
    }
    worst
}

fn of_delivery(delivery: &Delivery, pair: &Pair<'_>) -> Option<Stands> {
    let why = || delivery.reason.clone();
    let (standing, why) = match (delivery.state, delivery.copy) {
        (State::Unknown, _) if delivery.asks_since.is_some() => (Standing::NeedsYou, why()),
        (State::Unknown | State::Sending, _) => (Standing::OnItsWay, why()),
        (State::Asked, Some(CopyState::Withdrawn)) => (Standing::Closed, String::new()),
        (State::Asked, _) => (Standing::NeedsYou, "a person is asked to do it".to_owned()),
        (State::Refused, _) if is_overtaken(delivery, pair) => return None,
        (State::Refused, _) => (Standing::Failed, why()),
        (State::Posted, Some(CopyState::Sent | CopyState::Held))
            if delivery.asks_since.is_some() =>
        {
            (Standing::NeedsYou, why())
        }
        (State::Posted, Some(CopyState::Sent)) => (Standing::OnItsWay, why()),
        (State::Posted, Some(CopyState::Held)) => {
            (Standing::OnItsWay, "a moderator has it".to_owned())
        }
        (State::Posted, Some(CopyState::Live | CopyState::Edited)) => (Standing::Agrees, why()),
        (State::Posted, Some(CopyState::Altered)) => {
            (Standing::Failed, "the copy says something else than was posted".to_owned())
        }
        (State::Posted, Some(CopyState::Gone)) if !is_overtaken(delivery, pair) => {
            (Standing::Failed, "the copy is gone, and not by us".to_owned())
        }
        (State::Posted, Some(CopyState::Withdrawn)) => (Standing::Closed, String::new()),
        (State::Planned | State::Posted | State::Cancelled, _) => return None,
    };
    Some(Stands { standing, why })
}

/// Whether something later on the same channel came out well.
fn is_overtaken(delivery: &Delivery, pair: &Pair<'_>) -> bool {
    pair.deliveries.iter().any(|it| {
        it.state == State::Posted
            && it.changed_at > delivery.changed_at
            && it.name.occasion == delivery.name.occasion
    })
}

fn of_step(step: &Step, has_copy: bool, is_new: bool, outlook: &Outlook<'_>) -> Option<Stands> {
    let changes = has_copy
        && matches!(step.name.occasion, Occasion::Update | Occasion::Close)
        && step.deed != Deed::Publish;
    let later = |at| format!("{} on {}", step.name.occasion, local_time(at, outlook.zone()));
    let (standing, why) = match &step.when {
        When::Due { .. } if changes => (Standing::Lags, format!("{} is due", step.name.occasion)),
        When::Due { .. } => (Standing::Planned, "due now".to_owned()),
        When::At { slot } if changes && step.name.occasion == Occasion::Update => {
            (Standing::Lags, later(*slot))
        }
        When::At { slot } => (Standing::Planned, later(*slot)),
        When::Not { reason } => {
            let standing = match reason {
                // It was never out.
                Reason::Draft if is_new => Standing::Waits,
                reason => of_reason(reason)?,
            };
            // A reminder that waits changes nothing about the copy that stands.
            if standing == Standing::Waits && has_copy && step.name.occasion == Occasion::Remind {
                return None;
            }
            (standing, reason.to_string())
        }
    };
    Some(Stands { standing, why })
}

fn of_reason(reason: &Reason) -> Option<Standing> {
    Some(match reason {
        Reason::NotApproved { .. }
        | Reason::NotDeclared { .. }
        | Reason::Predates { .. }
        | Reason::LooksRenamed { .. }
        | Reason::TooOld { .. }
        | Reason::PageGone { .. }
        | Reason::PageHasErrors { .. } => Standing::NeedsYou,
        Reason::Refused(_) | Reason::CopyGone => Standing::Failed,
        Reason::Stale | Reason::SaysClosed | Reason::ShrinksFeed { .. } => Standing::Lags,
        Reason::UnderWay | Reason::Unknown | Reason::WithModerator | Reason::NotNamedYet => {
            Standing::OnItsWay
        }
        Reason::NotYetPublished { .. }
        | Reason::Settling { .. }
        | Reason::PageNotSeen { .. }
        | Reason::NoSlot
        | Reason::Held(_)
        | Reason::Paused { .. }
        | Reason::BehindAnother { .. }
        | Reason::WithdrawnFrom { .. }
        | Reason::ChannelGone => Standing::Waits,
        Reason::Draft
        | Reason::NoOpening
        | Reason::Closed
        | Reason::Expired { .. }
        | Reason::Withdrawn
        | Reason::StandsClosed => Standing::Closed,
        Reason::Filtered(_) => Standing::NotHere,
        Reason::Superseded { .. } => return None,
    })
}
