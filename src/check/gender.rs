//! Titles of German ads that name one gender only.
//!
//! Source: §§ 1, 7 and 11 AGG (an ad may not discriminate by sex); that a gender star is enough:
//! BAG, 23 November 2023, 8 AZR 164/22; a third gender: § 22 PStG. "(m/w/d)" is a custom, no statute.

use super::body::Body;
use super::{law, place};
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// Nouns of German that name a man; with `in` they name a woman. Only those that are no English
/// word too, and only where they end the word: a `Mitarbeiterstelle` is nobody.
static NOUN: Pattern = Pattern::new(
    r"(?xi) \b (?: [A-Za-zÀ-ɏ-]* )? (?:
        doktorand | postdoktorand | habilitand | praktikant | referent | assistent | informatiker
        | wissenschaftler | mitarbeiter | forscher | ingenieur | techniker | entwickler | programmierer
        | mathematiker | physiker | chemiker | statistiker | laborant | sachbearbeiter | pfleger
        | gruppenleiter | projektleiter | laborleiter | arbeitsgruppenleiter | nachwuchsgruppenleiter
        ) (?P<ending> en | in | innen )? \b",
);

/// What says that everybody is meant.
static EVERYBODY: Pattern = Pattern::new(
    r"(?x) [*:_·•] \s? (?:in|innen|r|e|n) \b | [a-zß-ÿ] In (?:nen)? \b | / \s? -? (?:in|innen) \b
        | \( -? (?:in|innen) \) | (?i: \b[mwfdxi*] \s* [/|,;-] \s* [mwfdxi*] \b )
        | (?i: all\ genders | alle\ geschlechter | divers | gn\b )",
);

/// Two genders in brackets, and no third.
static TWO: Pattern = Pattern::new(r"(?i)\(\s*[mwf]\s*[/|]\s*[mwf]\s*\)");

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let facts = &page.facts;
    let Some(title) = facts.display_title.as_ref().or(facts.title.as_ref()) else { return };
    if !law::is_german(page) {
        return;
    }
    let whole = place(title);
    let at = |words: &str| {
        let written = page.source.words(whole);
        let found = written.find(words);
        found.map_or(whole, |start| Span::new(start, start + words.len()).shifted(whole.start))
    };
    if let Some(two) = TWO.find(&title.value) {
        remarks.push(
            Diagnostic::warning("law::third-gender", "the title leaves out a third gender")
                .at(&page.source, at(two.as_str()))
                .help("write `(m/w/d)`, or `(f/m/d)` in English"),
        );
        return;
    }
    if EVERYBODY.is_match(&title.value) {
        return;
    }
    let nouns: Vec<_> = NOUN.captures_iter(&title.value).collect();
    let feminine = |found: &&crate::posting::facts::pattern::Captures<'_>| {
        found.name("ending").is_some_and(|it| matches!(it.as_str(), "in" | "innen"))
    };
    let women = nouns.iter().filter(feminine).count();
    // "Doktorandin oder Doktorand" names both.
    if nouns.is_empty() || (women > 0 && women < nouns.len()) {
        return;
    }
    let Some(noun) = nouns.first().and_then(|found| found.get(0)) else { return };
    let who = if women > 0 { "women" } else { "men" };
    let text = body.with_front_matter(page);
    let elsewhere = everybody_elsewhere(&text, whole).map_or_else(String::new, |at| {
        let (line, _) = page.source.line_and_column(at.start);
        format!(", and `{}` on line {line} names everybody", page.source.words(at))
    });
    remarks.push(
        Diagnostic::warning(
            "law::gendered-title",
            format!("the title names {who} only{elsewhere}"),
        )
        .at(&page.source, at(noun.as_str()))
        .label("one gender")
        .help("name everybody: add `(m/w/d)`, or write `Doktorand*in`, `Doktorand:in`"),
    );
}

/// A noun with a mark that everybody is meant, outside the title.
fn everybody_elsewhere(text: &Body, title: Span) -> Option<Span> {
    static MARKED: Pattern = Pattern::new(
        r"(?xi) \b [A-Za-zÀ-ɏ-]* (?: doktorand | praktikant | assistent | wissenschaftler | mitarbeiter | forscher
            | ingenieur | techniker | entwickler | informatiker )
            (?: [*:_·•] (?:in|innen) | / -? (?:in|innen) | \( -? (?:in|innen) \)
            | en? \s? \( \s* [mwfdx] \s* [/|] | \s? \( \s* [mwfdx] \s* [/|] ) \b",
    );
    text.find(&MARKED).map(|(span, _)| span).find(|span| span.start > title.end)
}
