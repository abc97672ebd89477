//! Telling a copy of ours in a list of copies, where no key of ours comes back: by its words, its
//! age and who owns it. Pure.

use std::collections::BTreeSet;

use super::{Likeness, Search, Trace, words};

/// What a list of copies shows of a delivery, read one by one, the newest first; for channels where
/// no key of ours comes back.
pub(super) struct Sought<'a> {
    wanted: String,
    owned: &'a BTreeSet<String>,
    likeness: Likeness<'a>,
    /// The first copy with the link and other words.
    similar: Option<String>,
}

impl<'a> Sought<'a> {
    pub(super) fn new(text: &str, search: &Search<'a>) -> Self {
        let wanted = words::normalised(text);
        Self { wanted, owned: search.owned, likeness: search.likeness, similar: None }
    }

    /// Whether this copy is the one; `place` is how a person finds it.
    pub(super) fn is_it(&mut self, id: &str, shown: &str, place: impl FnOnce() -> String) -> bool {
        if self.owned.contains(id) {
            return false;
        }
        if words::normalised(shown) == self.wanted {
            return true;
        }
        if let Likeness::Link(link) = self.likeness
            && self.similar.is_none()
            && words::holds_address(shown, link)
        {
            self.similar = Some(place());
        }
        false
    }

    /// The conclusion if none was it, and the list was read back far enough.
    pub(super) fn none_of_them(self) -> Trace {
        match self.similar {
            Some(place) => Trace::CannotTell {
                why: format!("{place} has the same link and says something else; look at it"),
            },
            None => Trace::Absent,
        }
    }

    /// The conclusion if none was it, as far as the list could be read.
    pub(super) fn not_far_enough(self, why: &str) -> Trace {
        match self.none_of_them() {
            Trace::Absent => Trace::CannotTell { why: why.to_owned() },
            similar => similar,
        }
    }
}
