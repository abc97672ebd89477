//! A degree that does not fit the position: a postdoc for whom a master's degree is enough, a
//! doctoral student who has to have the doctorate. Most often an ad was made from another.

use crate::check::body::Body;
use crate::diagnostic::Diagnostic;
use crate::posting::facts::pattern::Pattern;
use crate::posting::{PositionType, Posting};

/// An item of a list that takes either degree.
static EITHER: Pattern = Pattern::new(
    r"(?xim) ^ [\s>*+-]* (?: an?\ )? (?:
        (?: m\.?\s?sc\.? | master (?: ['’]?s )? (?:\ degree)? ) \s* (?: / | \bor\b | \boder\b )
            \s* (?: an?\ )? (?: ph\.?\s?d\b\.? | doctorate | promotion )
        | (?: ph\.?\s?d\.? | doctorate | promotion ) \s* (?: / | \bor\b | \boder\b )
            \s* (?: an?\ )? (?: m\.?\s?sc\b\.? | master (?: ['’]?s )? ) )",
);

/// An item of a list that asks for a doctorate.
static DOCTORATE: Pattern = Pattern::new(
    r"(?xim) ^ [\s>]* [*+-] \s+ [*_]* (?: an?\ | completed\ | abgeschlossene\ )?
        (?: ph\.?\s?d\.? | doctorate | doctoral\ degree | promotion ) \s (?: degree\ )?
        (?: in | im ) \s [^\n]*",
);

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(kind) = &page.facts.position_type else { return };
    let title = page.facts.display_title.as_ref().or(page.facts.title.as_ref());
    let title = title.map(|it| it.value.to_lowercase()).unwrap_or_default();
    let (pattern, message) = match kind.value {
        // An ad for either says so in its title.
        PositionType::Postdoc if title.contains("post") && !title.contains("phd") => {
            (&EITHER, "a postdoc is looked for, and a master's degree is enough here")
        }
        PositionType::Phd if !title.contains("post") => {
            (&DOCTORATE, "a doctoral student is looked for, and has to have the doctorate here")
        }
        _ => return,
    };
    let Some(found) = pattern.find(body.text()) else { return };
    let written = found.as_str();
    let trimmed = written.trim_start_matches(|it: char| !it.is_alphanumeric());
    let start = found.start() + (written.len() - trimmed.len());
    remarks.push(
        Diagnostic::warning("facts::degree-differs", message)
            .at(&page.source, body.span(start..found.end()))
            .help("correct the title or the degree; nothing, if the position is open to both"),
    );
}
