//! What an applicant is asked to send.

use super::instructions;
use super::parts::{Line, LineKind, Part};
use super::prose::Prose;
use super::text::Text;
use super::words::Phrases;
use crate::diagnostic::Span;
use crate::posting::{Field, Origin};

/// Names of documents: "cover letter", "Zeugnisse".
static DOCUMENT: Phrases = Phrases::of("document");

/// A list item with more words than this explains, and only the names in it are taken.
const LONGEST_NAME: usize = 12;

/// The documents that the part about applying names; where a page has none, those of the sentences
/// that ask for an application.
pub fn infer(lines: &[Line], prose: &Prose) -> Option<Field<Vec<String>>> {
    let mut found = Found::default();
    for line in lines.iter().filter(|line| line.part == Part::ApplyInstructions) {
        found.add(&line.text, line.kind, line.span);
    }
    if found.names.is_empty() {
        let asking = instructions::passages(prose);
        for (passage, range) in asking {
            let words = passage.text.get(range.clone()).unwrap_or_default();
            found.add(words, LineKind::Words, prose.span(passage, range));
        }
    }
    Some(Field::new(found.names, Origin::Inferred(found.span?)))
}

#[derive(Default)]
struct Found {
    names: Vec<String>,
    span: Option<Span>,
}

impl Found {
    fn add(&mut self, words: &str, kind: LineKind, span: Span) {
        let text = Text::from(words.to_owned());
        let named = DOCUMENT.find_all(&text);
        if named.is_empty() {
            return;
        }
        let is_name = kind == LineKind::Item && words.split(' ').count() <= LONGEST_NAME;
        let names = match is_name {
            true => vec![words.trim_end_matches([';', ',', '.', ' '])],
            false => named.iter().map(|it| it.as_str()).collect(),
        };
        for name in names {
            let known = |other: &String| other.to_lowercase() == name.to_lowercase();
            if !self.names.iter().any(known) {
                self.names.push(name.to_owned());
            }
        }
        let start = self.span.map_or(span.start, |all| all.start.min(span.start));
        let end = self.span.map_or(span.end, |all| all.end.max(span.end));
        self.span = Some(Span::new(start, end));
    }
}
