//! What the life of an ad hangs on: until when it counts, where one applies, whether it is closed.
//!
//! Where the page says it in a sentence only, it is a guess that a person may want to confirm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Availability, Field, Origin, Posting};

/// Named as a field of the `job:` block is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    Deadline,
    /// Where one applies: `apply_url`, or `contact_emails` where there is none.
    Apply,
    Closed,
}

impl Term {
    /// The term in the middle of a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "the deadline",
            Self::Apply => "where to apply",
            Self::Closed => "that it is closed",
        }
    }
}

impl Posting {
    /// The terms that were read out of prose and that nobody has declared.
    pub fn guessed(&self) -> Vec<Term> {
        let facts = &self.facts;
        let apply = match &facts.apply_url {
            Some(url) => is_guessed(url),
            None => facts.contact_emails.as_ref().is_some_and(is_guessed),
        };
        let closed = matches!(self.availability, Availability::Closed(Origin::Inferred(_)));
        let terms = [
            (Term::Deadline, facts.deadline.as_ref().is_some_and(is_guessed)),
            (Term::Apply, apply),
            (Term::Closed, closed),
        ];
        terms.into_iter().filter_map(|(term, guessed)| guessed.then_some(term)).collect()
    }
}

fn is_guessed<T>(field: &Field<T>) -> bool {
    matches!(field.origin, Origin::Inferred(_))
}

/// The terms as people list them: `the deadline and where to apply`.
pub fn in_words(terms: &[Term]) -> String {
    let words: Vec<&str> = terms.iter().map(|term| term.as_str()).collect();
    match words.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        words => words.concat(),
    }
}
