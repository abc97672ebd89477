//! Characters that get lost where a page becomes plain text, or a mail.

use super::body::Body;
use crate::diagnostic::{Diagnostic, Severity};
use crate::posting::{Posting, mojibake};

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let mut told: Vec<char> = Vec::new();
    let mut broken = None;
    for (at, character) in body.text().char_indices() {
        let Some((severity, what, help)) = judge(character) else { continue };
        if told.contains(&character) {
            continue;
        }
        // A part of broken letters is told, and repaired, with them.
        let broken = broken.get_or_insert_with(|| mojibake::runs(body.text()));
        if broken.iter().any(|run| (run.span.start..run.span.end).contains(&at)) {
            continue;
        }
        told.push(character);
        let number = body.text().matches(character).count();
        let times =
            if number > 1 { format!(", {number} times on this page") } else { String::new() };
        remarks.push(
            Diagnostic::new(
                severity,
                "text::lost-character",
                format!("{what} (U+{:04X}) stands here{times}", u32::from(character)),
            )
            .at(&page.source, body.span(at..at + character.len_utf8()))
            .help(help),
        );
    }
}

/// What is wrong with a character, and what to do.
fn judge(character: char) -> Option<(Severity, &'static str, &'static str)> {
    let (warning, notice) = (Severity::Warning, Severity::Notice);
    match character {
        '\n' | '\r' | '\t' => None,
        '\u{fffd}' => Some((
            warning,
            "a mark for a letter that was lost",
            "write the letter again; it was lost when the file was saved or copied",
        )),
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => Some((
            warning,
            "a character that only one font knows",
            "write a common one: elsewhere readers see an empty box",
        )),
        '\u{ad}' => Some((
            notice,
            "an invisible hyphen",
            "remove it: in plain text it splits the word, and nobody finds it by searching",
        )),
        '\u{200b}' | '\u{2060}' | '\u{feff}' => Some((
            notice,
            "an invisible character",
            "remove it: it came with copied text, and breaks addresses and searching",
        )),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some((
            warning,
            "an invisible mark that turns the direction of writing",
            "remove it: what stands behind it shows in another order elsewhere",
        )),
        '\u{2028}' | '\u{2029}' => Some((
            warning,
            "a line end that plain text does not know",
            "begin a new line instead: mail programs show a box, or nothing",
        )),
        '\u{fb00}'..='\u{fb06}' => Some((
            notice,
            "letters drawn as one, as in a PDF",
            "write them one by one: nobody finds the word by searching",
        )),
        _ if character.is_control() => Some((
            warning,
            "a control character",
            "remove it: mail programs and boards refuse it or show something else",
        )),
        _ => None,
    }
}
