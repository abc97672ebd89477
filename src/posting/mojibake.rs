//! Repairs UTF-8 that was read as Windows-1252 and encoded again: `â€™` was once `’`.
//!
//! Only runs that hardly anybody writes on purpose are touched. `Ã`, `Â§`, `CAMÕES` and
//! `“AMANHÔ` are words; a broken run is a letter of the range `Â` to `ô` followed by the exact
//! number of characters that the continuation bytes of UTF-8 become in Windows-1252.

use std::sync::Arc;

use encoding_rs::WINDOWS_1252;

use crate::diagnostic::{Diagnostic, Source, Span};

/// One broken run in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The bytes of the text.
    pub span: Span,
    /// What stood there before it was broken.
    pub repaired: String,
}

/// The text with every broken run repaired; `None` if there is nothing to repair.
pub fn repair(text: &str) -> Option<String> {
    let runs = runs(text);
    if runs.is_empty() {
        return None;
    }
    let mut repaired = String::with_capacity(text.len());
    let mut at = 0;
    for run in runs {
        repaired.push_str(&text[at..run.span.start]);
        repaired.push_str(&run.repaired);
        at = run.span.end;
    }
    repaired.push_str(&text[at..]);
    Some(repaired)
}

/// The broken runs of a text, in its order.
pub fn runs(text: &str) -> Vec<Run> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut runs: Vec<Run> = Vec::new();
    let mut doubtful: Vec<Run> = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let Some((letter, length)) = sequence(&characters[at..]) else {
            at += 1;
            continue;
        };
        let start = characters[at].0;
        let end = characters.get(at + length).map_or(text.len(), |(end, _)| *end);
        let run = Run { span: Span::new(start, end), repaired: letter.to_string() };
        match plausibility(&characters, at, length, letter) {
            Plausibility::Broken => runs.push(run),
            Plausibility::OnlyBesideOthers => doubtful.push(run),
            Plausibility::Meant => {
                at += 1;
                continue;
            }
        }
        at += length;
    }
    if !runs.is_empty() {
        runs.append(&mut doubtful);
        runs.sort_by_key(|run| run.span.start);
    }
    join(runs)
}

/// Says where in a span of the source broken runs stand.
pub fn report(source: &Arc<Source>, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    let words = source.words(span);
    for run in runs(words) {
        let broken = &words[run.span.start..run.span.end];
        let repaired = &run.repaired;
        diagnostics.push(
            Diagnostic::warning(
                "page::mojibake",
                format!("`{broken}` is a broken `{repaired}`, and goes out repaired"),
            )
            .at(source, run.span.shifted(span.start))
            .label(format!("read as `{repaired}`"))
            .help(format!("replace `{broken}` by `{repaired}` on the page and save it as UTF-8")),
        );
    }
}

/// How sure it is that a run was broken and not written.
enum Plausibility {
    Broken,
    /// `Â§` alone is left alone; beside `Ã¼` it is broken too.
    OnlyBesideOthers,
    Meant,
}

/// The letter whose UTF-8 bytes begin here, each shown as a Windows-1252 character, and how many
/// characters that takes.
fn sequence(characters: &[(usize, char)]) -> Option<(char, usize)> {
    let (_, first) = characters.first()?;
    let length = match u32::from(*first) {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = Vec::with_capacity(length);
    for (_, character) in characters.get(..length)? {
        bytes.push(byte(*character)?);
    }
    let letter = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    (!letter.is_control()).then_some((letter, length))
}

/// The Windows-1252 byte of a character.
fn byte(character: char) -> Option<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, lossy) = WINDOWS_1252.encode(character.encode_utf8(&mut buffer));
    match bytes.as_ref() {
        [byte] if !lossy => Some(*byte),
        _ => None,
    }
}

fn plausibility(
    characters: &[(usize, char)],
    at: usize,
    length: usize,
    letter: char,
) -> Plausibility {
    let character = |index: usize| characters.get(index).map(|(_, character)| *character);
    let before = at.checked_sub(1).and_then(character);
    let after = character(at + length);
    let (first, second) = (character(at), character(at + 1));
    match (first, length) {
        (Some('Â'), 2) => Plausibility::OnlyBesideOthers,
        (Some('Ã' | 'Ä' | 'Å'), 2) => {
            let followed = after.is_some_and(char::is_alphabetic)
                || sequence(characters.get(at + length..).unwrap_or_default()).is_some();
            let shouted = before.is_some_and(char::is_uppercase);
            match second {
                Some('\u{a0}' | '»' | '«' | 'ª' | 'º') if shouted && !followed => {
                    Plausibility::Meant
                }
                Some('‘' | '’' | '“' | '”' | '–' | '—' | '…' | '•' | '‹' | '›') if !followed => {
                    Plausibility::Meant
                }
                _ => Plausibility::Broken,
            }
        }
        // Greek and Cyrillic: one letter may be chance, two are not.
        (Some('Î' | 'Ï' | 'Ð' | 'Ñ'), 2) => {
            let next = sequence(characters.get(at + 2..).unwrap_or_default());
            let previous =
                at.checked_sub(2).and_then(|start| characters.get(start..)).and_then(sequence);
            let same = |other: Option<(char, usize)>| {
                other.is_some_and(|(letter, length)| length == 2 && letter.is_alphabetic())
            };
            if letter.is_alphabetic() && (same(next) || same(previous)) {
                Plausibility::Broken
            } else {
                Plausibility::Meant
            }
        }
        // Punctuation, currency, arrows, and the ligatures and marks at the end of the plane.
        (Some('â'), 3) => match second {
            Some('…' | '‘' | '’' | '“' | '”' | '•' | '–' | '—' | '‹' | '›') => {
                Plausibility::Meant
            }
            _ => Plausibility::Broken,
        },
        (Some('ï'), 3) if matches!(letter, '\u{fb00}'..='\u{fb06}' | '\u{feff}') => {
            Plausibility::Broken
        }
        (Some('ð'), 4) if second == Some('Ÿ') => Plausibility::Broken,
        _ => Plausibility::Meant,
    }
}

/// Runs that touch become one.
fn join(runs: Vec<Run>) -> Vec<Run> {
    let mut joined: Vec<Run> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last) if last.span.end == run.span.start => {
                last.span.end = run.span.end;
                last.repaired.push_str(&run.repaired);
            }
            _ => joined.push(run),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn broken(text: &str) -> String {
        WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn broken_text_is_repaired_and_the_text_around_it_is_kept() {
        for (text, expected) in [
            ("your emailâ€™s subject – für", "your email’s subject – für"),
            ("Ã¼ber uns, über uns", "über uns, über uns"),
            ("Ã–sterreich, GRÃ–SSE", "Österreich, GRÖSSE"),
            ("voilÃ\u{a0} tout", "voilà tout"),
            ("â€œtidesâ€\u{9d} â€“ 900 â‚¬", "“tides” – 900 €"),
            ("ðŸš€ Join us", "🚀 Join us"),
            ("prÃ©cisÃ©ment Â§ 3", "précisément § 3"),
        ] {
            assert_eq!(repair(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn text_that_is_meant_is_not_touched() {
        for text in [
            "",
            "plain",
            "Ã",
            "Â§ 3 and Â",
            "“AMANHÔ, «AMANHû e SÃO",
            "CAMÕES, coração, João, irmã… irmã”",
            "château, là-bas, âne, FRANÇAIS « à »",
            "Ä“ „Ä“ Äpfel, Å, Ångström",
            "Łódź, Žižek, Ñandú, Ðorđe",
            "日本語 Ελλάδα Русский",
        ] {
            assert_eq!(repair(text), None, "{text}");
        }
    }

    #[test]
    fn a_repair_is_told_with_its_place() {
        let source = Source::new("page.md", "ä emailâ€™s");
        let mut diagnostics = Vec::new();
        let span = Span::new(0, source.text.len());
        report(&source, span, &mut diagnostics);
        assert_eq!(repair(&source.text).as_deref(), Some("ä email’s"));
        let [warning] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
        assert_eq!(warning.message, "`â€™` is a broken `’`, and goes out repaired");
        let (_, place) = warning.place.as_ref().expect("it has a place");
        assert_eq!(source.words(*place), "â€™");
    }

    proptest! {
        #[test]
        fn german_and_french_letters_come_back(
            words in "[a-z]{1,4}[äöüßéèêçñ’–“€][a-z]{1,4}",
        ) {
            let repaired = repair(&broken(&words));
            prop_assert_eq!(repaired.as_deref(), Some(words.as_str()));
            prop_assert_eq!(repair(&words), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[ÂÃâð\u{80}-\u{ff}€™Ÿa ]{0,20}") {
            for run in runs(&text) {
                prop_assert!(text.get(run.span.start..run.span.end).is_some());
            }
        }
    }
}
