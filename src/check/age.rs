//! Words of ads that turn people away by their age or origin.
//!
//! Sources: in Germany §§ 1, 7 and 11 AGG; in the Union the directives 2000/78/EC (age) and
//! 2000/43/EC (origin); in Great Britain sections 5, 9 and 39 of the Equality Act 2010. For ads
//! elsewhere the words are told all the same, in German and English. Where the page asks for a level of language too, nothing is said.

use super::body::Body;
use super::law;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

static AGE: Pattern = Pattern::new(
    r"(?xi) \b jung (?: e[smnr]? )? (?: ,?\s (?: und\s )? [^\s\d[:punct:]]+e[smnr]? ){0,3} ,?\s (?:[^\s\d[:punct:]]+-)? team \b
        | \b young (?: ,?\s (?: and\s )? [a-z-]+ ){0,3} ,?\s (?: team | applicants? | candidates? | colleagues? | people | graduates? ) \b
        | \b young ,?\s and\s (?: dynamic | energetic | enthusiastic | motivated ) \b
        | \b digital\ natives? \b | \b berufsanfänger(?:in(?:nen)?|s)? \b",
);

static ORIGIN: Pattern = Pattern::new(
    r"(?xi) \b native [\ -] (?:english\ |german\ )? speakers? \b
        | \b muttersprachler (?:in(?:nen)?|s|n)? \b | \b als\ muttersprache \b",
);

/// Words beside it that ask for a level, or say that others are welcome.
static LEVEL: Pattern = Pattern::new(
    r"(?xi) \b [ABC][12] \b | \b level | niveau | equivalent | fluen | fließend | verhandlungssicher
        | vergleichbar | \b near[\ -] | \b non[\ -] | nicht[\ -] | \b or\b | \boder\b",
);

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    if !law::is_german(page) && !matches!(page.language.as_str(), "de" | "en") {
        return;
    }
    for (span, words) in body.find(&AGE) {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        remarks.push(
            Diagnostic::warning("law::age", format!("`{words}` can turn people away by their age"))
                .at(&page.source, span)
                .help("say what the work or the group is like without an age"),
        );
    }
    for found in ORIGIN.find_iter(body.text()) {
        if LEVEL.is_match(body.sentence(found.range())) {
            continue;
        }
        let words = found.as_str();
        remarks.push(
            Diagnostic::warning(
                "law::native-speaker",
                format!("`{words}` can turn people away by their origin"),
            )
            .at(&page.source, body.span(found.range()))
            .help("ask for the level that the work needs, for example C1"),
        );
    }
}
