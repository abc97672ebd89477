//! The language in which the words of a page are written.

use whatlang::{Detector, Lang};

use super::prose::{Prose, Role};

/// The languages that ads are written in, and those that could be mistaken for one of them.
const LANGUAGES: [(Lang, &str); 13] = [
    (Lang::Eng, "en"),
    (Lang::Deu, "de"),
    (Lang::Fra, "fr"),
    (Lang::Spa, "es"),
    (Lang::Ita, "it"),
    (Lang::Nld, "nl"),
    (Lang::Por, "pt"),
    (Lang::Cat, "ca"),
    (Lang::Swe, "sv"),
    (Lang::Dan, "da"),
    (Lang::Nob, "nb"),
    (Lang::Fin, "fi"),
    (Lang::Pol, "pl"),
];

/// From so many letters on a guess among these languages is seldom wrong.
const ENOUGH: usize = 80;

/// More than this tells nothing new.
const PLENTY: usize = 4000;

/// The ISO 639-1 code of the language; `None` where too few words stand on the page, or where the
/// words of two languages balance each other.
pub fn infer(prose: &Prose) -> Option<&'static str> {
    let mut words = String::new();
    for passage in prose.passages() {
        // The titles of a bilingual site are often English throughout.
        if passage.role != Role::Title && words.len() < PLENTY {
            words.push_str(&passage.text);
            words.push('\n');
        }
    }
    if words.chars().filter(|letter| letter.is_alphabetic()).count() < ENOUGH {
        return None;
    }
    let languages = LANGUAGES.iter().map(|(language, _)| *language).collect();
    let found = Detector::with_allowlist(languages).detect(&words)?;
    // Short texts are judged with less confidence, and are right all the same.
    if found.confidence() < 0.1 {
        return None;
    }
    LANGUAGES.iter().find(|(language, _)| *language == found.lang()).map(|(_, code)| *code)
}
