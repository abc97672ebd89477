//! Who pays for the position, where no heading says so.

use super::prose::Prose;
use super::sentence;
use super::words::Phrases;
use crate::posting::{Field, Origin};

static NAMED: Phrases = Phrases::of("funding.named");

/// The first sentence that names a funder.
pub fn infer(prose: &Prose) -> Option<Field<String>> {
    prose.texts().find_map(|passage| {
        let named = NAMED.find(&passage.text)?;
        let range = sentence::around(&passage.text, named.start());
        let words = passage.text.get(range.clone())?.to_owned();
        Some(Field::new(words, Origin::Inferred(prose.span(passage, range))))
    })
}
