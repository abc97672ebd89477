//! What kind of position is offered.

use super::pattern::Pattern;
use super::prose::{Prose, Role};
use crate::posting::{Field, Origin, PositionType};

/// The kinds and the words for them, the more particular first: a "student research assistant" is
/// no research assistant, and a "research assistant (PhD)" is a PhD position.
static WORDS: [(PositionType, Pattern); 8] = [
    (
        PositionType::StudentAssistant,
        Pattern::new(
            r"(?ix) \b (?: student\ (?:research\ |teaching\ )? (?:assistant|helper|worker)
                | stud(?:entische|\.)\ ? (?:hilfskr|mitarbeit|assist) | werkstudent | hiwi\b | [SW]HK\b )",
        ),
    ),
    (
        PositionType::Internship,
        Pattern::new(r"(?i)\b(?:intern(?:ship)?s?\b|prakti(?:kum|ka|kant))"),
    ),
    (
        PositionType::Thesis,
        Pattern::new(
            r"(?i)\b(?:(?:master|bachelor|diploma)(?:'|’)?s? ?(?:thesis|theses|arbeit|project)|abschlussarbeit)",
        ),
    ),
    (
        PositionType::Professor,
        Pattern::new(r"(?i)\b(?:(?:junior)?profess(?:ors?\b|orships?\b|ur)|tenure[- ]track)"),
    ),
    (PositionType::Postdoc, Pattern::new(r"(?i)\bpost-? ?doc(?:toral|torand|s)?\b")),
    (
        PositionType::Phd,
        Pattern::new(
            r"(?ix) \b (?: ph\.?\ ?d\b | doctoral\b | early[-\ ]stage\ researcher | doktorand
                | promovend | promotions(?:stelle|vorhaben) )",
        ),
    ),
    (
        PositionType::ResearchAssistant,
        Pattern::new(
            r"(?ix) \b (?: research(?:er)?\ (?:assistant|associate|staff|position|fellow|scientist)
                | researcher\b | wissenschaftliche[rn]?\S*\ mitarbeit | wiss\.\ ?mitarbeit )",
        ),
    ),
    (
        PositionType::Staff,
        Pattern::new(
            r"(?ix) \b (?: manager | engineer | technician | developer | coordinator | administrator
                | secretary | officer | technische[rn]?\S*\ (?:mitarbeit|assisten|angestellt)
                | ingenieur | koordinator | referent | sekretär | techniker )",
        ),
    ),
];

/// Words of the sentence in which a page offers its position.
static OFFER: Pattern = Pattern::new(
    r"(?ix) \b (?: (?:is|are)\ (?:available|open|vacant|offered) | invites?\ applications
        | we\ (?:are\ (?:looking|seeking|hiring|offering)|offer|invite|seek|have\ an\ open)
        | suchen\ wir | wir\ suchen | sucht | zu\ besetzen | zu\ vergeben ) \b",
);

/// Read from the title, else from the sentence that offers the position.
pub fn infer(prose: &Prose) -> Option<Field<PositionType>> {
    let titles = prose.passages().filter(|passage| passage.role == Role::Title);
    let headings = prose.headings().take(2);
    let offers = prose.texts().filter(|passage| OFFER.is_match(&passage.text)).take(1);
    titles.chain(headings).chain(offers).find_map(|passage| {
        WORDS.iter().find_map(|(kind, words)| {
            let found = words.find(&passage.text)?;
            let span = prose.span(passage, found.range());
            Some(Field::new(*kind, Origin::Inferred(span)))
        })
    })
}
