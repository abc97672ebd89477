//! Until when applications count.

use std::collections::HashSet;
use std::ops::Range;

use chrono::NaiveDate;

use super::dates::{self, Reading};
use super::labels::FieldKey;
use super::pattern::{Match, Pattern};
use super::prose::{FieldPlace, Passage, Prose};
use super::words::Phrases;
use super::{sentence, window};
use crate::diagnostic::Span;
use crate::posting::{Deadline, Field, Origin, PartialDate};

/// Words that speak of a deadline and of nothing else.
static NAMED: Pattern = Pattern::new(
    r"(?ix) \b (?: deadline | closing\ date | apply\ (?:by|until|before|no\ later\ than)
        | applications?\ (?:close|due|end)s? | closes (?:\ at\b [^;!?]{0,30})? \ on
        | bewerbungs(?:frist|schluss|ende) | einsendeschluss ) \b [^.;!?]* $",
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

/// Words before the day on which an application has to be there.
static RECEIVED: Pattern = Pattern::new(
    r"(?ix) \b (?: applications?\b [^.;!?]{0,40} \b (?:must|should|has\ to|have\ to|need\ to|are\ to) \ [^.;!?]{0,40}
        \b (?:received|reach|arrive|submitted|registered|sent|in) \b [^.;!?0-9]{0,60} (?:on|by|than|before|until)
        | bewerbung\S* [^.;!?0-9]{0,60} \b (?:eingegangen|eingehen|vorliegen) ) [^.;!?0-9]{0,30} $",
);

/// Words before a day that end something else.
static OTHER: Pattern = Pattern::new(
    r"(?ix) \b (?: limited | fund(?:ed|ing) | contract | employment | interview | start | begin
        | runs? | completed | graduat | befristet | vertrag | finanzier | abgeschlossen
        | to\ be\ filled | in\ post | zu\ besetzen ) [^.;!?]* $",
);

/// Words before the day on which applications are first taken.
static OPENS: Pattern = Pattern::new(
    r"(?ix) \b (?: opens? | opening | starts? | starting | begins? | beginnt | beginn | startet
        | ouvre | ouverture | abre | apertura | apre | start | opent )
        (?: \ date )? [\ :]* (?: (?: on | at | am | the | ab | le | el | il | op ) \ ){0,2} $",
);

/// Words of a step in which nobody hands in anything, or only who is asked to.
static NO_STEP: Pattern = Pattern::new(
    r"(?ix) \b (?: invit\S* | einlad\S* | eingeladen\S* | uitnodig\S* | uitgenodigd | notif\S*
        | decisions? | results? | feedback | interviews? ) \b [^.;!?]* $",
);

/// Words around a step that nobody has to take.
static OPTIONAL: Pattern = Pattern::new(
    r"(?i)\b(?:optional|voluntary|not (?:mandatory|required|obligatory)|optionnel\S*|facultati\S*|opcional\S*|facoltativ\S*|freiwillig\S*|optioneel)\b",
);

/// The first of two steps, in which less is handed in, and the last, in which all is.
static FIRST_STEP: Phrases = Phrases::followed("deadline.first_step", r"[^.;!?]{0,60}$");
static LAST_STEP: Phrases = Phrases::followed("deadline.last_step", r"[^.;!?]{0,60}$");

/// Words right before the day until which another deadline was put off.
static EXTENDED: Phrases =
    Phrases::followed("deadline.extended", r"[ :]*(?:[^ .;!?0-9]+[ ,]+){0,3}$");

/// What may be put off one day has not been.
static MAY_BE_EXTENDED: Pattern =
    Pattern::new(r"(?i)\b(?:can|may|could|might|kann|peut|puede|può|kan) [^.;!?]*$");

/// Words before the day on which somebody begins to look at applications, which is not the last
/// one: "review of applications begins", "for full consideration, apply by".
static REVIEW: Pattern = Pattern::new(
    r"(?ix) \b (?: (?:review|screening|evaluation|consideration|selection) (?:\ of\ [^.;!?]{0,40}?)?
        \ (?:will\ )? (?:begin|start|commence)(?:s|ning)? | (?:first|initial)\ review\ of\ applications
        | reviewing\ applications | for\ full(?:est)?\ consideration | priority\ (?:deadline|date)
        | begin\ (?:to\ review|reviewing) | start\ (?:to\ review|reviewing)
        | sichtung\ der\ bewerbungen\ beginnt ) \b [^.;!?]* $",
);

/// Words before or behind a day that make it one of several.
static ROUND_BEFORE: Pattern = Pattern::new(
    r"(?ix) \b (?: (?:first|second|third|1st|2nd|3rd|next|final|last|initial)
        \ (?:application\ )? (?:round|deadline|cut-?off|call|closing\ date|selection)
        | (?:round|cut-?off)\ (?:[0-9]|one|two) | second | erste | zweite | première | deuxième
        | primera | segunda | prima | seconda | eerste | tweede ) \b [^.;!?0-9]* $",
);

/// The day itself no longer counts.
static EXCLUSIVE: Pattern = Pattern::new(
    r"(?ix) \b (?: before | vor\ dem ) \ (?: (?: the
        | (?:mon|tues|wednes|thurs|fri|satur|sun)day
        | (?:mon|diens|donners|frei|sams|sonn)tag | mittwoch ) [\ ,]+ )* $",
);

/// Sentences that ask for an application.
static ASKS: Phrases = Phrases::of("application.sentence");

static ROLLING: Phrases = Phrases::of("deadline.rolling");

/// The words of all languages for a deadline, wherever they stand.
static NAMED_ANYWHERE: Phrases = Phrases::of("deadline.named");

/// Words for the start, which a heading that names a deadline may have below it too.
static START: Phrases = Phrases::of("start.named");

/// The same before the day in the same sentence.
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
    let mut days = labelled(prose, written);
    let mut rolling = Vec::new();
    let mut found = Found::default();
    for field in prose.fields(FieldKey::Deadline) {
        if ROLLING.is_match(&field.text) {
            rolling.push(Field::new(Deadline::Rolling, Origin::Inferred(field.span)));
        }
    }
    for passage in prose.passages() {
        let open_until_filled = ROLLING.find(&passage.text);
        let mentions = passage.dates();
        let mut since = 0;
        let mut window = Window::Elsewhere;
        for (index, mention) in mentions.iter().enumerate() {
            let range = mention.range.clone();
            let before = &*sentence::without_inner_dots(lead(passage, since, range.start));
            since = range.end;
            if window::begins(passage, before, mention, mentions.get(index + 1)) {
                window = Window::Begun;
                continue;
            }
            let begun = std::mem::replace(&mut window, Window::Elsewhere) == Window::Begun;
            let weight = if begun { Some(Weight::Named) } else { weight(passage, &range, before) };
            let Some(weight) = weight else { continue };
            let span = prose.span(passage, range.clone());
            if mention.reading == Reading::Impossible {
                found.impossible.push(span);
            }
            let exclusive = EXCLUSIVE.is_match(before);
            let day = day_of(mention.reading, written);
            let day = day.and_then(|day| if exclusive { day.pred_opt() } else { Some(day) });
            let Some(day) = day else { continue };
            let filled =
                open_until_filled.as_ref().is_some_and(|words| goes_on(passage, &range, words));
            let stage = match () {
                () if weight == Weight::Review || filled => Stage::Opening,
                () if ROUND_BEFORE.is_match(before) || is_step(before) => Stage::Round,
                () => Stage::Only,
            };
            let exclusive = if exclusive { Counts::UntilTheDayBefore } else { Counts::Itself };
            days.push(Day {
                day,
                weight,
                stage,
                counts: exclusive,
                place: FieldPlace::Body,
                origin: Origin::Inferred(span),
            });
        }
        if let Some(words) = open_until_filled {
            let span = prose.span(passage, words.range());
            rolling.push(Field::new(Deadline::Rolling, Origin::Inferred(span)));
        }
    }
    found.deadlines = deadlines(days);
    // "Until 15 January; the call stays open until filled" has a deadline all the same.
    if found.deadlines.is_empty() && found.impossible.is_empty() {
        found.deadlines = rolling;
    }
    found
}

/// Whether two deadlines can both be true: a day, and the same day "then until filled", can.
pub fn agree(one: &Deadline, other: &Deadline) -> bool {
    match (one, other) {
        (Deadline::On(day), Deadline::Staged { first, last })
        | (Deadline::Staged { first, last }, Deadline::On(day)) => {
            day == first || Some(*day) == *last
        }
        (Deadline::Rolling, Deadline::Staged { last, .. })
        | (Deadline::Staged { last, .. }, Deadline::Rolling) => last.is_none(),
        (one, other) => one == other,
    }
}

/// A day that the page names as a deadline.
struct Day {
    day: NaiveDate,
    weight: Weight,
    stage: Stage,
    counts: Counts,
    place: FieldPlace,
    origin: Origin,
}

/// How surely a day is a deadline, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Another one was put off until this day.
    Extended,
    Named,
    Review,
    Mere,
}

/// Whether the day before this one began the time in which one can apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Window {
    Begun,
    Elsewhere,
}

/// What comes after a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing.
    Only,
    /// The position stays open until it is filled.
    Opening,
    /// Another day, or this is that one.
    Round,
}

/// Whether an application on the day itself counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Itself,
    /// "before 21 August": the day that is kept is the one before.
    UntilTheDayBefore,
}

/// The days of the front matter and of lines such as `Closing date: …`.
fn labelled(prose: &Prose, written: Option<NaiveDate>) -> Vec<Day> {
    let of_front = prose.fields(FieldKey::Deadline).filter(|it| it.place == FieldPlace::Front);
    let day = |text: &str| {
        let iso = dates::iso(text).and_then(|date| match date {
            PartialDate::Day(day) => Some(day),
            _ => None,
        });
        iso.or_else(|| {
            dates::mentions(text).into_iter().find_map(|mention| day_of(mention.reading, written))
        })
    };
    let days = of_front.filter_map(|field| {
        let stage = if ROLLING.is_match(&field.text) { Stage::Opening } else { Stage::Only };
        Some(Day {
            day: day(&field.text)?,
            weight: Weight::Named,
            stage,
            counts: Counts::Itself,
            place: FieldPlace::Front,
            origin: Origin::Inferred(field.span),
        })
    });
    days.collect()
}

/// The day of a date, with the year that the page's own date makes certain.
fn day_of(reading: Reading, written: Option<NaiveDate>) -> Option<NaiveDate> {
    match reading {
        Reading::Known(PartialDate::Day(day)) => Some(day),
        Reading::WithoutYear { day, month } => dates::complete(day, month, written?),
        Reading::EndOfMonth { year, month } => dates::end_of_month(year, month, written),
        Reading::Known(_) | Reading::Impossible | Reading::Ambiguous => None,
    }
}

/// The words that lead to a date: none from before the date that stands ahead of it, unless the
/// two are joined ("14 and 15 March").
fn lead(passage: &Passage, since: usize, start: usize) -> &str {
    let between = passage.text.get(since..start).unwrap_or_default();
    let joined = between.chars().count() <= 5;
    let reach = if since == 0 || joined { 90 } else { between.chars().count().min(90) };
    passage.before(start, reach.max(1))
}

/// Whether the position stays open after a day, by words that say "until filled".
fn goes_on(passage: &Passage, day: &Range<usize>, filled: &Match<'_>) -> bool {
    if filled.start() < day.start {
        // "reviewed on a rolling basis until 15 March" ends on that day.
        return !UNTIL.is_match(passage.before(day.start, 40));
    }
    // "until 15 March or until the position is filled" may end earlier, and not later.
    let between = passage.text.get(day.end..filled.start()).unwrap_or_default().trim();
    !matches!(between.trim_start_matches(',').trim(), "or" | "oder" | "ou" | "o" | "of")
}

/// The days as deadlines, the surest first; days that belong together are one.
fn deadlines(mut days: Vec<Day>) -> Vec<Field<Deadline>> {
    days.sort_by_key(|day| day.weight);
    // The day that was put off is over; in the front matter it was forgotten, and is remarked.
    if let Some(extended) = days.first().filter(|it| it.weight == Weight::Extended) {
        let until = extended.day;
        days.retain(|it| it.day >= until || it.place == FieldPlace::Front);
    }
    let counted: HashSet<NaiveDate> =
        days.iter().filter(|it| it.counts == Counts::Itself).map(|it| it.day).collect();
    // "Deadline: 21 August", and further down "before 21 August", are meant to be the same.
    days.retain(|it| {
        it.counts == Counts::Itself || it.day.succ_opt().is_none_or(|next| !counted.contains(&next))
    });
    let first = days.iter().map(|it| it.day).min();
    let last = days.iter().map(|it| it.day).max();
    let named = days.iter().filter(|it| it.weight != Weight::Mere).count();
    let in_rounds = named >= 2 && days.iter().any(|it| it.stage == Stage::Round);
    if let (Some(first), Some(last), Some(place)) = (first, last, days.first())
        && in_rounds
        && first < last
    {
        let origin = days.iter().find(|it| it.day == first).unwrap_or(place).origin.clone();
        return vec![Field::new(Deadline::Staged { first, last: Some(last) }, origin)];
    }
    let opening: HashSet<NaiveDate> =
        days.iter().filter(|it| it.stage == Stage::Opening).map(|it| it.day).collect();
    days.iter()
        .map(|it| {
            let deadline = match opening.contains(&it.day) {
                true => Deadline::Staged { first: it.day, last: None },
                false => Deadline::On(it.day),
            };
            Field::new(deadline, it.origin.clone())
        })
        .collect()
}

/// Whether a day with these words before it is a deadline.
fn weight(passage: &Passage, range: &Range<usize>, before: &str) -> Option<Weight> {
    if REVIEW.is_match(before) {
        return Some(Weight::Review);
    }
    if FIRST_STEP.is_match(before) && is_optional(passage, range) {
        return None;
    }
    if OPENS.is_match(before) {
        return None;
    }
    let about_a_deadline =
        || NAMED_ANYWHERE.is_match(&passage.text) || NAMED_ANYWHERE.is_match(&passage.heading);
    if EXTENDED.is_match(before) && !MAY_BE_EXTENDED.is_match(before) && about_a_deadline() {
        return Some(Weight::Extended);
    }
    let short = before.chars().count() < 20;
    let under_heading = short
        && (NAMED.is_match(&passage.heading) || NAMED_WORDS.is_match(&passage.heading))
        && !OTHER.is_match(before)
        && !START.is_match(before);
    let received = RECEIVED.is_match(before) && !OTHER.is_match(before);
    let named = NAMED.is_match(before) || NAMED_WORDS.is_match(before);
    if named || under_heading || received || is_step(before) {
        return Some(Weight::Named);
    }
    let applying = APPLYING.is_match(&passage.text) || APPLYING.is_match(&passage.heading);
    (UNTIL.is_match(before) && applying && !OTHER.is_match(before)).then_some(Weight::Mere)
}

/// Whether the sentence of a day calls its step one that may be left out.
fn is_optional(passage: &Passage, day: &Range<usize>) -> bool {
    let sentence = passage.text.get(sentence::around(&passage.text, day.start));
    OPTIONAL.is_match(sentence.unwrap_or_default())
}

/// Whether something is to be handed in by then in one of two steps.
fn is_step(before: &str) -> bool {
    (FIRST_STEP.is_match(before) || LAST_STEP.is_match(before)) && !NO_STEP.is_match(before)
}

/// A day to come that stands in a sentence about applying, on a page of which no deadline was
/// read. `written` is the page's own date; what lies before it is over.
pub fn unread(prose: &Prose, written: Option<NaiveDate>) -> Option<Span> {
    prose.texts().find_map(|passage| {
        passage.dates().iter().find_map(|mention| {
            let to_come = match mention.reading {
                Reading::Known(PartialDate::Day(day)) => written.is_none_or(|it| it < day),
                Reading::WithoutYear { .. } | Reading::Ambiguous => true,
                Reading::Known(_) | Reading::EndOfMonth { .. } | Reading::Impossible => false,
            };
            let range = sentence::around(&passage.text, mention.range.start);
            let before = passage.text.get(range.start..mention.range.start).unwrap_or_default();
            let before = &*sentence::without_inner_dots(before);
            let sentence = passage.text.get(range).unwrap_or_default();
            let about_applying = APPLYING.is_match(sentence)
                || ASKS.is_match(sentence)
                || NAMED_ANYWHERE.is_match(sentence);
            let other = OTHER.is_match(before)
                || OPENS.is_match(before)
                || NO_STEP.is_match(before)
                || START.is_match(before);
            (to_come && about_applying && !other)
                .then(|| prose.span(passage, mention.range.clone()))
        })
    })
}
