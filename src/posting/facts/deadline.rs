//! Until when applications count.

use chrono::NaiveDate;

use super::dates::{self, Reading};
use super::pattern::Pattern;
use super::prose::{FieldKey, Passage, Prose};
use super::words::Phrases;
use crate::diagnostic::Span;
use crate::posting::{Deadline, Field, Origin, PartialDate};

/// Words that speak of a deadline and of nothing else.
static NAMED: Pattern = Pattern::new(
    r"(?ix) \b (?: deadline | closing\ date | apply\ (?:by|until|before|no\ later\ than)
        | applications?\ (?:close|due|end)s? | bewerbungs(?:frist|schluss|ende) | einsendeschluss )
        \b [^.;!?]* $",
);

/// Words right before a day that make it a deadline where the passage speaks of applying.
static UNTIL: Pattern = Pattern::new(
    r"(?ix) \b (?: by | until | till | before | due | not?\ later\ than | latest\ by | vor\ dem
        | bis (?:\ (?:spätestens|einschließlich))? (?:\ zum)? | spätestens (?:\ am|\ zum)? ) [\ :]*
        (?: (?: at\ the\ latest | the\ end\ of | end\ of | den | dem | the
        | (?:mon|tues|wednes|thurs|fri|satur|sun)day
        | (?:mon|diens|donners|frei|sams|sonn)tag | mittwoch ) [\ ,]* ){0,2} $",
);

static APPLYING: Pattern = Pattern::new(
    r"(?i)\b(?:appl(?:y|ying|ications?)\b|send\b|submit|bewerb|einreich|cv\b|documents|unterlagen)",
);

/// Words before a day that end something else.
static OTHER: Pattern = Pattern::new(
    r"(?ix) \b (?: limited | fund(?:ed|ing) | contract | employment | interview | start | begin
        | runs? | completed | graduat | befristet | vertrag | finanzier | abgeschlossen ) [^.;!?]* $",
);

/// The day itself no longer counts.
static EXCLUSIVE: Pattern = Pattern::new(r"(?i)\b(?:before|vor dem) (?:the )?$");

static ROLLING: Phrases = Phrases::of("deadline.rolling");

/// The words of all languages for a deadline, before the day in the same sentence.
static NAMED_WORDS: Phrases = Phrases::followed("deadline.named", r"[^.;!?]{0,60}$");

/// What the page says about the deadline.
#[derive(Debug, Default)]
pub struct Found {
    /// Preferred first: the front matter's before the body's, named deadlines before mere "by".
    pub deadlines: Vec<Field<Deadline>>,
    /// Where a deadline is written that is no day of the calendar.
    pub impossible: Vec<Span>,
}

/// `written` is the page's own date, which may tell the year of a day.
pub fn infer(prose: &Prose, written: Option<NaiveDate>) -> Found {
    let mut found = Found::default();
    let mut named = Vec::new();
    let mut mere = Vec::new();
    let mut rolling = Vec::new();
    if let Some(field) = prose.field(FieldKey::Deadline) {
        let day = dates::iso(&field.text).or_else(|| {
            dates::mentions(&field.text).into_iter().find_map(|mention| match mention.reading {
                Reading::Known(date) => Some(date),
                _ => None,
            })
        });
        let origin = Origin::Inferred(field.span);
        if let Some(PartialDate::Day(day)) = day {
            named.push(Field::new(Deadline::On(day), origin));
        } else if ROLLING.is_match(&field.text) {
            rolling.push(Field::new(Deadline::Rolling, origin));
        }
    }
    for passage in prose.passages() {
        for mention in dates::mentions(&passage.text) {
            let before = passage.before(mention.range.start, 90);
            let Some(weight) = weight(passage, before) else { continue };
            let span = prose.span(passage, mention.range.clone());
            let day = match mention.reading {
                Reading::Known(PartialDate::Day(day)) => Some(day),
                Reading::WithoutYear { day, month } => {
                    written.and_then(|written| dates::complete(day, month, written))
                }
                Reading::Impossible => {
                    found.impossible.push(span);
                    None
                }
                Reading::Known(_) | Reading::Ambiguous => None,
            };
            let exclusive = EXCLUSIVE.is_match(before);
            let day = day.and_then(|day| if exclusive { day.pred_opt() } else { Some(day) });
            if let Some(day) = day {
                let field = Field::new(Deadline::On(day), Origin::Inferred(span));
                match weight {
                    Weight::Named => named.push(field),
                    Weight::Mere => mere.push(field),
                }
            }
        }
        if let Some(words) = ROLLING.find(&passage.text) {
            let span = prose.span(passage, words.range());
            rolling.push(Field::new(Deadline::Rolling, Origin::Inferred(span)));
        }
    }
    found.deadlines = named;
    found.deadlines.append(&mut mere);
    // "Until 15 January; the call stays open until filled" has a deadline all the same.
    if found.deadlines.is_empty() && found.impossible.is_empty() {
        found.deadlines = rolling;
    }
    found
}

enum Weight {
    Named,
    Mere,
}

/// Whether a day with these words before it is a deadline.
fn weight(passage: &Passage, before: &str) -> Option<Weight> {
    let under_heading = NAMED.is_match(&passage.heading) && before.chars().count() < 20;
    if NAMED.is_match(before) || under_heading || NAMED_WORDS.is_match(before) {
        return Some(Weight::Named);
    }
    let applying = APPLYING.is_match(&passage.text) || APPLYING.is_match(&passage.heading);
    (UNTIL.is_match(before) && applying && !OTHER.is_match(before)).then_some(Weight::Mere)
}
