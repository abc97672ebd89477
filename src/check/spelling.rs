//! A project's name in capitals that is spelled in two ways.

use std::collections::BTreeMap;

use super::body::Body;
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// A name in capitals; shorter ones are too near to each other by chance.
static NAME: Pattern = Pattern::new(r"\b[A-ZÀ-ÞĀ-ɏ]{6,}\b");

/// A page with more names in capitals than this shouts, and spells nothing in two ways.
const MANY: usize = 100;

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let text = body.with_front_matter(page);
    let mut names: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for found in NAME.find_iter(text.text()) {
        // Whole lines in capitals are headings of common words.
        let line = text.line(found.range());
        if line.chars().any(char::is_lowercase) {
            names.entry(found.as_str()).or_default().push(text.span(found.range()));
        }
    }
    if names.len() > MANY {
        return;
    }
    let start = |places: &[Span]| places.first().map(|it| it.start);
    let is_near = |one: &str, other: &str| {
        // "FAIRS" is more than one of "FAIR", and no misspelling.
        let is_form = one.starts_with(other) || other.starts_with(one);
        !is_form && strsim::damerau_levenshtein(one, other) == 1
    };
    for (name, places) in &names {
        let mut others = names.iter().filter(|(other, _)| is_near(name, other));
        // The rarer spelling is the wrong one; of two that are as rare, the later.
        let Some((usual, usual_places)) =
            others.find(|(_, at)| (at.len(), start(places)) > (places.len(), start(at)))
        else {
            continue;
        };
        let (Some(at), Some(first)) = (places.first(), usual_places.first()) else { continue };
        let (line, _) = page.source.line_and_column(first.start);
        let message = format!("`{name}` is spelled `{usual}` on line {line}");
        remarks.push(
            Diagnostic::notice("text::two-spellings", message)
                .at(&page.source, *at)
                .help("write one of them everywhere"),
        );
        return;
    }
}
