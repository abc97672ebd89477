//! What waits for a person, said once with what to type.

use std::collections::BTreeSet;

use super::count;
use crate::plan::{Reason, Step, When};
use crate::posting::PostingId;

/// Whether a step is said in [`summary`], not on a line of its own.
pub(super) fn is_summarised(step: &Step) -> bool {
    kind(step).is_some()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Predates,
    TooOld,
    NotApproved,
}

fn kind(step: &Step) -> Option<Kind> {
    match &step.when {
        When::Not { reason: Reason::Predates { .. } } => Some(Kind::Predates),
        When::Not { reason: Reason::TooOld { .. } } => Some(Kind::TooOld),
        When::Not { reason: Reason::NotApproved { .. } } => Some(Kind::NotApproved),
        _ => None,
    }
}

/// One line for each thing that people have to decide, however many channels wait for it.
pub(super) fn summary<'a>(steps: impl Iterator<Item = &'a Step> + Clone) -> String {
    let of = |wanted: Kind| -> BTreeSet<&PostingId> {
        let steps = steps.clone().filter(|step| kind(step) == Some(wanted));
        steps.map(|step| &step.name.posting).collect()
    };
    let line = |ads: BTreeSet<&PostingId>, one: &str, several: &str, command: &str| {
        let what = if ads.len() == 1 { one } else { several };
        match ads.first() {
            None => String::new(),
            Some(id) if ads.len() == 1 => {
                format!("1 ad {what}: `handbill {command} {id}`\n")
            }
            Some(_) => {
                format!("{} {what}: `handbill {command}` lists them\n", count(ads.len(), "ad"))
            }
        }
    };
    [
        line(
            of(Kind::Predates),
            "was here before the first start and waits to be accepted",
            "were here before the first start and wait to be accepted",
            "accept",
        ),
        line(
            of(Kind::TooOld),
            "is older than `max_age` and waits to be accepted",
            "are older than `max_age` and wait to be accepted",
            "accept",
        ),
        line(of(Kind::NotApproved), "waits for approval", "wait for approval", "approve"),
    ]
    .concat()
}
