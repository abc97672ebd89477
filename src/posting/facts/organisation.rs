//! Who hires: the organisation as the ad names it, and the unit inside it.

use std::ops::Range;

use super::pattern::Pattern;
use super::place;
use super::prose::{Passage, Prose, Role};
use crate::posting::{Field, Origin};

/// The words that offer the position; the names after them are the employer's.
static OFFER: Pattern = Pattern::new(
    r"(?ix) \b (?: (?:is|are)\ (?:currently\ |now\ |immediately\ )? (?:available|open|offered|vacant)
        | vacanc(?:y|ies) | available\ (?:at|in) | we\ (?:are\ (?:looking|seeking|hiring)|invite)
        | suchen\ wir | wir\ suchen | zu\ besetzen ) \b",
);

/// The employer as the subject of the offer: "The University of Y invites applications".
static SUBJECT: Pattern = Pattern::new(
    r"(?ix) \b (?: invites\ applications | is\ (?:looking|seeking|hiring|recruiting|offering)
        | offers\ an? | has\ an?\ (?:open|vacant) | sucht | bietet | besetzt
        | ist\ [^.;]* zu\ besetzen ) \b",
);

/// Who hires, as far as the page says it.
#[derive(Debug, Default)]
pub struct Employer {
    pub organisation: Option<Field<String>>,
    pub unit: Option<Field<String>>,
}

pub fn infer(prose: &Prose) -> Employer {
    for passage in prose.texts() {
        if let Some(offer) = OFFER.find(&passage.text) {
            let mut names = names(&passage.text);
            let after: Vec<Name> =
                names.iter().filter(|name| name.range.start > offer.start()).cloned().collect();
            // "At the Institute of Tides a position is open" names the employer first.
            if after.iter().any(|name| name.rank != Rank::Unit) {
                names = after;
            }
            let employer = employer(prose, passage, &names);
            if employer.organisation.is_some() {
                return employer;
            }
            if let Some(organisation) = abbreviated(prose, passage, offer.end()) {
                return Employer { organisation: Some(organisation), unit: employer.unit };
            }
        }
        if let Some(offer) = SUBJECT.find(&passage.text) {
            let mut names = names(&passage.text);
            names.retain(|name| name.range.start < offer.start());
            let employer = employer(prose, passage, &names);
            if employer.organisation.is_some() {
                return employer;
            }
        }
    }
    in_title(prose).unwrap_or_default()
}

/// The employer in a title such as "Postdoc in Tides at the University of Y".
fn in_title(prose: &Prose) -> Option<Employer> {
    static AT: Pattern = Pattern::new(r"\b(?:at|an der|am|bei)(?: the)? $");
    let title = prose.passages().find(|passage| passage.role == Role::Title)?;
    let named = names(&title.text).into_iter().find(|name| {
        name.rank == Rank::Employer && AT.is_match(title.before(name.range.start, 12))
    })?;
    Some(Employer { organisation: joined(prose, title, &[named]), unit: None })
}

/// Whether a word belongs into the name of an institution, such as "Hospital".
pub fn names_institution(word: &str) -> bool {
    kind(word).is_some()
}

/// How a name counts when several stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// A university, hospital, academy: hires people.
    Employer,
    /// An institute or centre: hires if nothing larger is named.
    Either,
    /// A lab, department or clinic.
    Unit,
}

#[derive(Debug, Clone)]
struct Name {
    range: Range<usize>,
    rank: Rank,
}

fn employer(prose: &Prose, passage: &Passage, names: &[Name]) -> Employer {
    let rank = if names.iter().any(|name| name.rank == Rank::Employer) {
        Rank::Employer
    } else {
        Rank::Either
    };
    let Some(first) = names.iter().position(|name| name.rank == rank) else {
        return Employer { organisation: None, unit: joined(prose, passage, names) };
    };
    // "University Hospital X, University of Y" is one employer; a later name is somebody else.
    let adjacent = |pair: &[Name]| match pair {
        [one, other] => {
            passage.text.get(one.range.end..other.range.start).is_some_and(|gap| gap == ", ")
                && other.rank == rank
        }
        _ => false,
    };
    let more = names[first..].windows(2).take_while(|pair| adjacent(pair)).count();
    let employers = &names[first..=first + more];
    let units: Vec<Name> =
        names[..first].iter().filter(|name| name.rank != Rank::Employer).cloned().collect();
    Employer {
        organisation: joined(prose, passage, employers),
        unit: joined(prose, passage, &units),
    }
}

/// Several names as one field, each with the abbreviation that the page gives it.
fn joined(prose: &Prose, passage: &Passage, names: &[Name]) -> Option<Field<String>> {
    let (first, last) = (names.first()?, names.last()?);
    let texts: Vec<String> = names
        .iter()
        .filter_map(|name| passage.text.get(name.range.clone()))
        .map(|name| with_abbreviation(prose, name))
        .collect();
    let span = prose.span(passage, first.range.start..last.range.end);
    Some(Field::new(texts.join(", "), Origin::Inferred(span)))
}

/// `University Hospital X` becomes `University Hospital X (UHX)` if the page introduces it so.
fn with_abbreviation(prose: &Prose, name: &str) -> String {
    let abbreviation = prose.texts().find_map(|passage| {
        let (_, rest) = passage.text.split_once(&format!("{name} ("))?;
        let (inside, _) = rest.split_once(')')?;
        is_abbreviation(inside).then_some(inside)
    });
    match abbreviation {
        Some(abbreviation) => format!("{name} ({abbreviation})"),
        None => name.to_owned(),
    }
}

/// "… by ABC" after the offer, where the page introduces `Academy of Bays and Coasts (ABC)`.
fn abbreviated(prose: &Prose, passage: &Passage, from: usize) -> Option<Field<String>> {
    static BY: Pattern =
        Pattern::new(r"\b(?:by|at|of|von|bei|an der|am) (?P<name>[A-ZÄÖÜ]{2,8})\b");
    let abbreviation = BY.captures_at(&passage.text, from)?.name("name")?.as_str();
    let introduced = format!("({abbreviation})");
    prose.texts().find_map(|introduction| {
        let name = names(&introduction.text).into_iter().find(|name| {
            name.rank != Rank::Unit
                && introduction
                    .text
                    .get(name.range.clone())
                    .is_some_and(|it| it.ends_with(&introduced))
        })?;
        joined(prose, introduction, &[name])
    })
}

fn is_abbreviation(text: &str) -> bool {
    (2..=8).contains(&text.chars().count())
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        && text.chars().filter(|letter| letter.is_uppercase()).count() >= 2
        // "University of Y (NL)" says where it is.
        && place::country_code(text).is_none()
}

/// The names of institutions in a text: runs of capitalised words, with the small words that join
/// them, in which one word says what kind of institution it is.
fn names(text: &str) -> Vec<Name> {
    let words = words(text);
    let mut names = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let end = run(text, &words, at);
        if let Some(name) = name(text, &words[at..end.max(at)]) {
            names.push(name);
        }
        at = end.max(at + 1);
    }
    names
}

struct Word<'a> {
    range: Range<usize>,
    /// Without brackets and the punctuation behind it.
    plain: &'a str,
    /// Whether punctuation behind it ends a name.
    closes: bool,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = 0;
    for piece in text.split(' ') {
        let body = piece.trim_end_matches([',', ';', ':', '.', '!', '?', '"', '“', '”']);
        let plain = body.trim_matches(['(', ')', '[', ']', '*', '"', '„', '“', '”']);
        words.push(Word {
            range: start..start + body.len(),
            plain,
            closes: body.len() < piece.len(),
        });
        start += piece.len() + 1;
    }
    words
}

/// The end of the run of capitalised words that begins at `start`.
fn run(text: &str, words: &[Word<'_>], start: usize) -> usize {
    let mut end = start;
    while let Some(word) = words.get(end) {
        let written = text.get(word.range.clone()).unwrap_or_default();
        let bracketed = written.starts_with('(');
        if bracketed && !(end > start && written.ends_with(')') && is_abbreviation(word.plain)) {
            break;
        }
        if capitalised(word.plain) {
            end += 1;
            // An abbreviation ends the name of an institution, but "Tidal Ecology (TE) Lab" goes on.
            let named = words[start..end].iter().any(|word| kind(word.plain).is_some());
            if word.closes || written.ends_with(')') && (!bracketed || named) {
                break;
            }
            continue;
        }
        let joins = |word: &Word<'_>| !word.closes && JOINING.contains(&word.plain);
        let small = words[end..].iter().take_while(|word| joins(word)).count();
        let next = end + small;
        let follows = words.get(next).is_some_and(|word| capitalised(word.plain));
        if end == start || small == 0 || small > 2 || !follows {
            break;
        }
        if begins_another(words, start, end, next) {
            break;
        }
        end = next;
    }
    end
}

/// Whether the words from `next` on are the name of another institution: "Clinic for Tides" ends
/// before "of the University Hospital", "University" does not end before "of Applied Sciences".
fn begins_another(words: &[Word<'_>], start: usize, end: usize, next: usize) -> bool {
    let named = words[start..end].iter().any(|word| kind(word.plain).is_some());
    let closed = words[next..].iter().position(|word| word.closes || !capitalised(word.plain));
    let reach = closed.map_or(words.len(), |at| next + at + 1);
    named && words[next..reach].iter().take(3).any(|word| kind(word.plain).is_some())
}

const JOINING: [&str; 12] =
    ["of", "for", "and", "the", "für", "der", "des", "und", "de", "di", "&", "zu"];

/// Words that begin a sentence, not a name.
const ARTICLES: [&str; 16] = [
    "The", "Our", "At", "In", "We", "A", "An", "Die", "Der", "Das", "Am", "An", "Im", "Unser",
    "Unsere", "Within",
];

fn name(text: &str, words: &[Word<'_>]) -> Option<Name> {
    let skipped = words.iter().take_while(|word| ARTICLES.contains(&word.plain)).count();
    let words = &words[skipped..];
    let (first, last) = (words.first()?, words.last()?);
    let ranks: Vec<Rank> = words.iter().filter_map(|word| kind(word.plain)).collect();
    let range = first.range.start..last.range.end;
    // "University" alone names nobody.
    if words.len() < 2 && !text.get(range.clone()).is_some_and(|name| name.contains('-')) {
        return None;
    }
    // The head of the name decides: the "Department of University Affairs" is a department.
    let rank = match ranks.as_slice() {
        [] => return None,
        ranks if ranks.contains(&Rank::Unit) => Rank::Unit,
        ranks if ranks.contains(&Rank::Employer) => Rank::Employer,
        _ => Rank::Either,
    };
    Some(Name { range, rank })
}

fn capitalised(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// What a word says about the institution in whose name it stands.
fn kind(word: &str) -> Option<Rank> {
    const EMPLOYERS: [&str; 14] = [
        "universit",
        "hospital",
        "klinikum",
        "hochschule",
        "academy",
        "akademie",
        "college",
        "max-planck",
        "fraunhofer",
        "helmholtz",
        "forschungszentrum",
        "gmbh",
        "inserm",
        "cnrs",
    ];
    const EITHER: [&str; 10] = [
        "institut",
        "centre",
        "center",
        "zentrum",
        "school",
        "museum",
        "observatory",
        "station",
        "foundation",
        "stiftung",
    ];
    const UNITS: [&str; 17] = [
        "lab",
        "labs",
        "laboratory",
        "labor",
        "group",
        "department",
        "clinic",
        "chair",
        "faculty",
        "division",
        "section",
        "lehrstuhl",
        "arbeitsgruppe",
        "fachbereich",
        "fakultät",
        "klinik",
        "abteilung",
    ];
    let word = word.to_lowercase();
    let contains = |stems: &[&str]| stems.iter().any(|stem| word.contains(stem));
    if UNITS.contains(&word.as_str()) {
        Some(Rank::Unit)
    } else if contains(&EMPLOYERS) {
        Some(Rank::Employer)
    } else if contains(&EITHER) {
        Some(Rank::Either)
    } else {
        None
    }
}
