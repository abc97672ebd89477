//! What kind of position is offered.

use std::ops::Range;

use super::labels::FieldKey;
use super::prose::{Passage, Prose, Role};
use super::text::Searched;
use super::words::{self, Phrases};
use crate::posting::{Field, Origin, PositionType};

/// The kinds and the words for them, the more particular first: a "student research assistant" is
/// no research assistant, and a "research assistant (PhD)" is a PhD position.
static WORDS: [(PositionType, Phrases); 9] = [
    (PositionType::StudentAssistant, Phrases::of("position.student_assistant")),
    (PositionType::Internship, Phrases::of("position.internship")),
    (PositionType::Thesis, Phrases::of("position.thesis")),
    (PositionType::Postdoc, Phrases::of("position.postdoc")),
    (PositionType::Phd, Phrases::of("position.phd")),
    (PositionType::Faculty, Phrases::of("position.faculty")),
    (PositionType::Engineer, Phrases::of("position.engineer")),
    (PositionType::ResearchAssistant, Phrases::of("position.research_assistant")),
    (PositionType::Staff, Phrases::of("position.staff")),
];

/// The kind that a text names, and where.
pub fn kind_of(text: &(impl Searched + ?Sized)) -> Option<(PositionType, Range<usize>)> {
    WORDS.iter().find_map(|(kind, words)| Some((*kind, words.find(text)?.range())))
}

/// Read from the front matter's own field, else from the title, the summary, the headings, or the
/// sentence that offers the position.
pub fn infer(prose: &Prose) -> Option<Field<PositionType>> {
    let labelled = prose.fields(FieldKey::Position).find_map(|field| {
        let (kind, _) = kind_of(&field.text)?;
        Some(Field::new(kind, Origin::Inferred(field.span)))
    });
    if labelled.is_some() {
        return labelled;
    }
    let read = |passage: &Passage| {
        let (kind, range) = kind_of(&passage.text)?;
        Some(Field::new(kind, Origin::Inferred(prose.span(passage, range))))
    };
    let of_role = |role| prose.passages().filter(move |passage| passage.role == role);
    of_role(Role::Title)
        .find_map(read)
        .or_else(|| of_role(Role::Summary).find_map(read))
        .or_else(|| prose.headings().take(3).find_map(read))
        .or_else(|| {
            prose.texts().filter(|it| words::OFFER.is_match(&it.text)).take(3).find_map(read)
        })
}
