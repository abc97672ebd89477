//! What the position is called.

use super::prose::{Prose, Role};
use super::reference::without_reference;
use crate::posting::{Field, Origin};

/// The title as a person would write it.
///
/// The front matter's title wins, unless it misses its beginning ("position in tides") and a
/// heading of the body is the fuller form of it.
pub fn infer(prose: &Prose) -> Option<Field<String>> {
    let Some(front) = prose.passages().find(|passage| passage.role == Role::Title) else {
        let heading = prose.headings().next()?;
        let span = prose.span(heading, 0..heading.text.len());
        let title = without_reference(&heading.text);
        return Some(Field::new(title.to_owned(), Origin::Inferred(span)));
    };
    let title = without_reference(&front.text);
    if title.is_empty() {
        return None;
    }
    if misses_its_beginning(title) {
        let fuller = prose.headings().find(|heading| {
            let heading = without_reference(&heading.text);
            heading.len() > title.len() && folded(heading).ends_with(&folded(title))
        });
        if let Some(heading) = fuller {
            let span = prose.span(heading, 0..heading.text.len());
            let title = without_reference(&heading.text);
            return Some(Field::new(title.to_owned(), Origin::Inferred(span)));
        }
    }
    let span = prose.span(front, 0..front.text.len());
    Some(Field::new(title.to_owned(), Origin::Declared(span)))
}

/// The title exactly as the page shows it.
pub fn infer_display(prose: &Prose) -> Option<Field<String>> {
    let front = prose.passages().find(|passage| passage.role == Role::Title);
    let shown = front.or_else(|| prose.headings().next())?;
    let span = prose.span(shown, 0..shown.text.len());
    let origin = match shown.role {
        Role::Title => Origin::Declared(span),
        _ => Origin::Inferred(span),
    };
    Some(Field::new(shown.text.clone(), origin))
}

/// The front matter's summary or description.
pub fn infer_summary(prose: &Prose) -> Option<Field<String>> {
    let summary = prose.passages().find(|passage| passage.role == Role::Summary)?;
    let span = prose.span(summary, 0..summary.text.len());
    Some(Field::new(summary.text.clone(), Origin::Declared(span)))
}

/// A title begins with a capital, a digit or a quotation mark; "position in …" lost a word.
fn misses_its_beginning(title: &str) -> bool {
    title.chars().next().is_some_and(char::is_lowercase)
        || ["Position in ", "Position im ", "Stelle im ", "In ", "Im "]
            .iter()
            .any(|start| title.starts_with(start))
}

fn folded(text: &str) -> String {
    let letters: String = text
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_alphanumeric() { letter } else { ' ' })
        .collect();
    super::prose::single_spaced(&letters)
}
