//! What kind of position is offered.

use std::ops::Range;
use std::sync::LazyLock;

use super::labels::FieldKey;
use super::pattern::Pattern;
use super::prose::{Passage, Prose, Role};
use super::words;
use crate::posting::{Field, Origin, PositionType};

/// The kinds and the words for them, the more particular first: a "student research assistant" is
/// no research assistant, and a "research assistant (PhD)" is a PhD position.
static WORDS: LazyLock<[(PositionType, Pattern); 9]> = LazyLock::new(|| {
    let words = |kind, topic| (kind, words::pattern(topic));
    [
        words(PositionType::StudentAssistant, "position.student_assistant"),
        words(PositionType::Internship, "position.internship"),
        words(PositionType::Thesis, "position.thesis"),
        words(PositionType::Postdoc, "position.postdoc"),
        words(PositionType::Phd, "position.phd"),
        words(PositionType::Faculty, "position.faculty"),
        words(PositionType::Engineer, "position.engineer"),
        words(PositionType::ResearchAssistant, "position.research_assistant"),
        words(PositionType::Staff, "position.staff"),
    ]
});

/// Words of the sentence in which a page offers its position.
static OFFER: LazyLock<Pattern> = LazyLock::new(|| words::pattern("offer"));

/// The kind that a text names, and where.
pub fn kind_of(text: &str) -> Option<(PositionType, Range<usize>)> {
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
        .or_else(|| prose.texts().filter(|it| OFFER.is_match(&it.text)).take(3).find_map(read))
}
