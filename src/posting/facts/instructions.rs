//! How to apply, where no heading says so.

use std::ops::Range;

use super::prose::{Passage, Prose};
use super::sentence;
use super::words::Phrases;
use crate::posting::{Field, Origin};

/// Words that ask for an application: "please send", "Ihre Bewerbung".
static ASKED: Phrases = Phrases::of("application.sentence");

/// The first sentence that asks for an application, and what follows it in its paragraph.
pub fn infer(prose: &Prose) -> Option<Field<String>> {
    let (passage, range) = passages(prose).next()?;
    let words = passage.text.get(range.clone())?.to_owned();
    Some(Field::new(words, Origin::Inferred(prose.span(passage, range))))
}

/// The passages that ask for an application, from the sentence on that does.
pub fn passages(prose: &Prose) -> impl Iterator<Item = (&Passage, Range<usize>)> {
    prose.texts().filter_map(|passage| {
        let asked = ASKED.find(&passage.text)?;
        let start = sentence::around(&passage.text, asked.start()).start;
        Some((passage, start..passage.text.len()))
    })
}
