//! What this round has given to a list, so that it gets no second message that could not be told
//! from it. What earlier rounds gave is known to the plan.

use crate::adapt::Rendition;
use crate::channel::Outcome;
use crate::ledger::{Meaning, Settlement};
use crate::site::queue::OpenPosts;

/// The messages of one channel that are on their way since this round began.
#[derive(Debug, Default)]
pub(super) struct OnTheirWay {
    /// In small letters.
    subjects: Vec<String>,
}

impl OnTheirWay {
    /// Remembers a message that may wait for a moderator now.
    pub(super) fn note(&mut self, rendition: &Rendition, settlement: &Settlement) {
        let may_wait = match settlement.outcome {
            Outcome::Posted(_) => settlement.meaning == Meaning::PassedOn,
            Outcome::Unknown { .. } => true,
            Outcome::Refused { .. }
            | Outcome::Deferred { .. }
            | Outcome::Blocked { .. }
            | Outcome::Duplicate { .. } => false,
        };
        if let Rendition::Mail { subject, .. } = rendition
            && may_wait
        {
            self.subjects.push(subject.to_lowercase());
        }
    }

    /// Whether a message has to wait for one of them; the next plan says so.
    pub(super) fn hold_back(&self, rendition: &Rendition, rule: OpenPosts) -> bool {
        let Rendition::Mail { subject, .. } = rendition else { return false };
        match rule {
            OpenPosts::Any => false,
            OpenPosts::One => !self.subjects.is_empty(),
            OpenPosts::OnePerSubject => self.subjects.contains(&subject.to_lowercase()),
        }
    }
}
