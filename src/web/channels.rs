//! The channels, and what is paused.

use serde::Serialize;

use super::{Moment, Outlook, link};
use crate::plan::When;

#[derive(Debug, Serialize)]
pub struct Channels {
    /// That everything is paused: since when, and why.
    pub all: Option<Paused>,
    pub channels: Vec<Channel>,
}

#[derive(Debug, Serialize)]
pub struct Paused {
    pub since: Moment,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct Channel {
    pub name: String,
    pub kind: String,
    pub anchor: String,
    pub ads: String,
    pub paused: Option<Paused>,
    /// Whether the ledger knows it, so that it can be paused.
    pub is_known: bool,
    /// When the next message goes out there.
    pub next: Option<Moment>,
}

/// Computes the page.
pub fn channels(outlook: &Outlook<'_>) -> Channels {
    let paused = |pause: &crate::ledger::Pause| Paused {
        since: outlook.moment(pause.since),
        why: pause.reason.clone(),
    };
    let channels = outlook.site.channels.iter().map(|spec| {
        let known = outlook.past.channels.get(&spec.name);
        let steps = outlook.plan.steps.iter().filter(|step| step.name.channel == spec.name);
        let next = steps.filter_map(|step| match &step.when {
            When::Due { .. } => Some(outlook.now),
            When::At { slot } => Some(*slot),
            When::Not { .. } => None,
        });
        Channel {
            name: spec.name.as_str().to_owned(),
            kind: spec.kind().to_string(),
            anchor: link::anchor(&spec.name),
            ads: link::asking("/", &[("channel", spec.name.as_str())]),
            paused: known.and_then(|it| it.paused.as_ref()).map(paused),
            is_known: known.is_some(),
            next: next.min().map(|at| outlook.moment(at)),
        }
    });
    Channels { all: outlook.past.paused.as_ref().map(paused), channels: channels.collect() }
}
