//! Lists and links that readers do not see as such, because Markdown does not.

use super::body::Body;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// A line that begins with what looks like a bullet, and is none in Markdown: a bullet of a word
/// processor, or a hyphen or number without a space behind it.
static FALSE_BULLET: Pattern = Pattern::new(
    r"^ {0,3}(?:[•·▪◦‣●○■–—][ \t]*[A-Za-zÀ-ɏ]|[-*][A-Za-zÀ-ɏ][^*\n]*$|[1-9][0-9]?[.)][A-Za-zÀ-ɏ])",
);

/// What ends a line in HTML, too.
static BREAK: Pattern = Pattern::new(r"(?:  |\\|<br ?/?>)\s*$");

/// Links that are written so that they lead nowhere, or show their marks.
static BROKEN: [(&Pattern, &str, &str); 4] = [
    (&SPACED, "a space stands between the words of this link and its target", "remove the space"),
    (&REVERSED, "the brackets of this link are the wrong way round", "write `[words](https://…)`"),
    (
        &WITHOUT_SCHEME,
        "this link leads to a page of your own site",
        "write `https://` before the address, or `mailto:` before one for mail",
    ),
    (&DOUBLED, "this address begins twice", "write `https://` once"),
];

static SPACED: Pattern = Pattern::new(r"\[[^\[\]\n]+\] \((?:https?://|mailto:)[^\s()]+\)");
static REVERSED: Pattern = Pattern::new(r"\([^()\n]+\)\[(?:https?://|mailto:|www\.)[^\s\[\]]+\]");
static WITHOUT_SCHEME: Pattern =
    Pattern::new(r"(?i)\[[^\[\]\n]+\]\((?:www\.[^\s()]+|[a-z0-9._+-]+@[a-z0-9.-]+\.[a-z]{2,})\)");
static DOUBLED: Pattern = Pattern::new(r"(?i)\bhttps?:/{0,2}https?://[^\s()<>]+");

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    for (pattern, message, help) in BROKEN {
        for (span, _) in body.find(pattern) {
            remarks.push(
                Diagnostic::warning("markdown::broken-link", message)
                    .at(&page.source, span)
                    .help(help),
            );
        }
    }
    false_bullets(page, body, remarks);
}

/// Two such lines on end are a list; a single one may be a dash that a sentence begins with.
fn false_bullets(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let mut at = 0;
    let mut before: Option<(usize, &str)> = None;
    for line in body.text().split('\n') {
        let is_false = FALSE_BULLET.is_match(line);
        if let Some((start, previous)) = before
            && is_false
            && !BREAK.is_match(previous)
        {
            remarks.push(
                Diagnostic::notice(
                    "markdown::false-bullet",
                    "these lines are no list in Markdown, and run together",
                )
                .at(&page.source, body.span(start..start + previous.trim_end().len()))
                .help("begin each of them with `- `"),
            );
            return;
        }
        before = is_false.then_some((at, line));
        at += line.len() + 1;
    }
}
