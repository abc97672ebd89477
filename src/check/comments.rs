//! Comments of a template that nobody needs once the page is written.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;
use crate::posting::front_matter;

static COMMENT: Pattern = Pattern::new(r"(?s)<!--.*?-->");

/// What a template says to whoever fills it in. Words of an author to herself are none of it.
static HINT: Pattern = Pattern::new(
    r"(?xis) ^ <!-- [\s-]* (?:
        (?: please\ )? (?: replace | insert | fill\ in | enter | delete\ this | remove\ this ) \b
        | (?: write | add | put ) \ (?: your | the\ name | here ) \b
        | template \b | archetype \b | placeholder | instructions? \s* :
        | (?: diese[nrs]? | hier | bitte ) \b [^\n]* (?: löschen | einfügen | ersetzen | eintragen | ausfüllen ) \b
        | vorlage \s* : | platzhalter )",
);

/// Where hints of a template stand in the body of a page.
pub(super) fn hints(source: &Arc<Source>) -> Vec<Span> {
    if !source.text.contains("<!--") {
        return Vec::new();
    }
    let Some(page) = front_matter::read(source, &mut Vec::new()) else { return Vec::new() };
    let body = source.words(page.body);
    COMMENT
        .find_iter(body)
        .filter(|comment| HINT.is_match(comment.as_str()))
        .map(|comment| Span::from(comment.range()).shifted(page.body.start))
        .collect()
}

pub(super) fn check(page: &Posting, remarks: &mut Vec<Diagnostic>) {
    remarks.extend(hints(&page.source).into_iter().map(|span| {
        Diagnostic::notice("leftover::template-comment", "this comment is a hint of a template")
            .at(&page.source, span)
            .help("remove it, or let `handbill check --fix` do so")
    }));
}
