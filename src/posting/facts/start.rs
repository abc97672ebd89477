//! When work begins.

use super::dates;
use super::labels::FieldKey;
use super::pattern::Pattern;
use super::prose::{Passage, Prose, Role};
use super::words::Phrases;
use super::{duration, position_type, sentence};
use crate::posting::{Field, Origin, PartialDate, Start};

/// Words that lead to a start right before a date.
static LEAD: Pattern = Pattern::new(concat!(
    r"(?i)(?:\b(?:start(?:ing|s)?(?:[ -]date)?|begin(?:ning|s|n)?|commenc(?:ing|es|ement)|",
    r"startdatum|startzeitpunkt|eintritts(?:termin|datum)|available from|besetz(?:en|ung)|in post|",
    r"as of|from|dal|ab|zum)\b)[ :,*–-]*",
    r"(?:(?:is|on|in|at|from|as|of|by|the|mid|early|late|end|dem|den|der|am|im|ab|zum|expected|",
    r"planned|earliest|latest|possible|preferably|ideally|around|about|approximately|anticipated|",
    r"frühestens|voraussichtlich|möglichst)\b[ .:,]*){0,5}$"
));

/// The same from the lists of words, right before the date.
static NAMED: Phrases = Phrases::followed(
    "start.named",
    r"(?i)[ :,*–-]*(?:(?:can be|is|on|in|at|from|as|of|by|the|mid|early|late|anytime|expected|by agreement|preferably|bij voorkeur|du contrat|souhaitée?|le|la|du|de|el|il|al|dal|op|in|au|en|est|es|prévue?|prevista|previsto|um|am|dem|zum)[ .:,]+){0,4}$",
);

/// Words for "as soon as possible" in all languages.
static SOON_WORDS: Phrases = Phrases::of("start.soon");

/// Words before which they stand: "Start: asap".
static LABEL: Phrases = Phrases::of("start.named");

/// What stands between a label and the words for "soon".
static BETWEEN: Pattern = Pattern::new(r"(?i)[ :,*–-]*(?:(?:is|est|es|è|am|to start) )?");

/// Words that lead to a start only in a sentence about work: anything may go on from a day.
static BARE: Pattern = Pattern::new(r"(?i)^(?:from|dal|commenc[a-z]*)\b");

/// What such a sentence is about.
static WORK: Pattern = Pattern::new(
    r"(?ix) \b (?: positions? | posts? | work | jobs? | contracts? | employ[a-z]* | appoint[a-z]*
        | funded | fellowships? | studentships? | roles? | openings? | vacanc[a-z]* | hir[a-z]*
        | stelle[a-z]* | borsa | borse | assegn[oi] | contratt[oi] | posizion[ei] | incaric[a-z]* ) \b",
);

/// Words that lead to some other day.
static OTHER: Pattern = Pattern::new(
    r"(?ix) \b (?: bis\ (?:spätestens\ )?zum | apply\ from | bewerb\S*\ (?:\S+\ )?ab
        | (?:review|screen|evaluat|consider|assess|process|select|shortlist)(?:s|ed|ing|ion|ation|ments?)?
        | (?:project|programme?|conference|semester|funding|interviews?|projekt|apply|applications?)
        \ (?:[^\s,]+\ ){0,3} (?:start|begin)[a-z]*
        | interviews? | weeks? | closed | geschlossen | chius[aoie] | fermée? ) \b [^.;]* $",
);

static SOON: Pattern = Pattern::new(
    r"(?ix) \b (?: as\ soon\ as\ possible | asap | immediately | ab\ sofort
        | (?:zum\ )? (?:nächst|frühest)möglich(?:en\ (?:zeitpunkt|termin))? ) \b",
);

/// What "as soon as possible" speaks of when it speaks of the start.
static SOON_LEAD: Pattern = Pattern::new(
    r"(?i)\b(?:start|begin|commenc|available|filled|appointment|vacan|position|stelle|besetz|suche|sucht|wir\b)",
);

static SOON_OTHER: Pattern =
    Pattern::new(r"(?i)\b(?:apply|application|contact|send|submit|bewerb|get in touch)[^.;]*$");

/// The starts that the page names, the front matter's first.
pub fn infer(prose: &Prose) -> Vec<Field<Start>> {
    let mut found = Vec::new();
    for field in prose.fields(FieldKey::Start) {
        let start = in_field(&field.text);
        found.extend(start.map(|start| Field::new(start, Origin::Inferred(field.span))));
    }
    for passage in prose.passages().filter(|passage| passage.role != Role::Title) {
        if let Some((range, start)) = in_passage(passage) {
            let span = prose.span(passage, range);
            found.push(Field::new(start, Origin::Inferred(span)));
        }
    }
    if found.is_empty() {
        // "1 August 2027 – 31 July 2031" begins on its first day.
        let mut passages = prose.passages().filter(|passage| passage.role != Role::Title);
        found.extend(passages.find_map(|passage| {
            let (time, first) = duration::between_days(prose, passage)?;
            Some(Field::new(Start::On(first), time.origin))
        }));
    }
    found
}

/// Whether two starts can both be true: `2027-07` and `2027-07-01` can.
pub fn agree(one: &Start, other: &Start) -> bool {
    match (one, other) {
        (Start::On(one), Start::On(other)) => {
            let (one, other) = (one.to_string(), other.to_string());
            one.starts_with(&other) || other.starts_with(&one)
        }
        (one, other) => one == other,
    }
}

/// A start as a field of the front matter gives it: a date, or words for "soon".
fn in_field(text: &str) -> Option<Start> {
    if SOON_WORDS.find(text).is_some_and(|words| words.start() == 0) {
        return Some(Start::AsSoonAsPossible);
    }
    dates::iso(text).map(Start::On).or_else(|| {
        let mut mentions = dates::mentions(text).into_iter();
        mentions.find_map(|mention| mention.reading.date().map(Start::On))
    })
}

/// The first start in a passage, with the words that say it.
fn in_passage(passage: &Passage) -> Option<(std::ops::Range<usize>, Start)> {
    let dated = passage.dates().iter().find_map(|mention| {
        let date = mention.reading.date()?;
        let before = passage.before(mention.range.start, 60);
        let lead = LEAD.find(before).or_else(|| NAMED.find(before))?;
        if BARE.is_match(lead.as_str()) && !is_about_work(passage, mention.range.start) {
            return None;
        }
        // A bare year needs the word "start" itself: "from 2019" may be anything.
        let start_is_named =
            ["start", "begin", "commenc", "début", "prise de", "inicio", "inizio", "aanvang"]
                .iter()
                .any(|word| lead.as_str().to_lowercase().contains(word));
        let vague = matches!(date, PartialDate::Year(_)) && !start_is_named;
        (!vague && !OTHER.is_match(before)).then(|| (mention.range.clone(), Start::On(date)))
    });
    let soon = SOON.find(&passage.text).and_then(|words| {
        let before = passage.before(words.start(), 80);
        let german = words.as_str().to_lowercase().contains(['ä', 'ü'])
            || words.as_str().to_lowercase().ends_with("sofort");
        let meant = (german || SOON_LEAD.is_match(before)) && !SOON_OTHER.is_match(before);
        meant.then_some((words.range(), Start::AsSoonAsPossible))
    });
    let labelled = || {
        let soon = LABEL.find_map(&passage.text, |label| {
            let between = BETWEEN.captures_from(&passage.text, label.end())?.get(0)?;
            SOON_WORDS.find_at(&passage.text, between.end())
        })?;
        Some((soon.range(), Start::AsSoonAsPossible))
    };
    let soon = soon.or_else(labelled);
    match (dated, soon) {
        (Some(dated), Some(soon)) if soon.0.start < dated.0.start => Some(soon),
        (dated, soon) => dated.or(soon),
    }
}

/// Whether the sentence around a date speaks of a position.
fn is_about_work(passage: &Passage, at: usize) -> bool {
    let sentence = passage.text.get(sentence::around(&passage.text, at)).unwrap_or_default();
    WORK.is_match(sentence) || position_type::kind_of(sentence).is_some()
}
