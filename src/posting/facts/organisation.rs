//! Who hires: the organisation as the ad names it, and the unit inside it.

use super::labels::FieldKey;
use super::names::{self, Name, Rank, is_abbreviation, names};
use super::pattern::Pattern;
use super::prose::{FieldPlace, Passage, Prose, Role};
use super::words;
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

/// Where the employer is said, from the surest place to the weakest.
pub fn infer(prose: &Prose) -> Employer {
    let mut found = in_fields(prose);
    let offered = in_offer(prose);
    found.organisation = found.organisation.or(offered.organisation);
    found.unit = found.unit.or(offered.unit);
    if found.organisation.is_none() {
        found.organisation =
            in_words(prose, |name| name.rank != Rank::Unit).or_else(|| sole(prose));
    }
    if found.unit.is_none() {
        found.unit = unit(prose, found.organisation.as_ref());
    }
    found
}

/// Words before a name that make it somebody else's: partners, funders, where others are.
static SOMEBODY_ELSE: Pattern = Pattern::new(
    r"(?ix) \b (?: collaborat[a-z]* | cooperat[a-z]* | partner[a-z]* | partenariat | together | zusammenarbeit
        | kooperation[a-z]* | funded | founded | from | including | such\ as | colaboración | collaborazione
        | samenwerking | degree | phd\ (?:at|from) | joint\ with ) \b (?:\ \S+){0,4} \ ? $",
);

/// Whether the words before a name make it a partner's, a funder's or a place of the past.
pub fn is_somebody_else(before: &str) -> bool {
    SOMEBODY_ELSE.is_match(before)
}

/// A few words that begin with a capital and end without a full stop, or hold a known name.
fn is_name(text: &str) -> bool {
    let known = !names(text).is_empty() || names::known(text).next().is_some();
    let short = text.split(' ').count() <= if known { 12 } else { 5 };
    let begins = text.chars().next().is_some_and(char::is_uppercase);
    short && begins && !text.contains(['@', '?', '!', ';']) && !text.ends_with('.')
}

/// "Tides Lab, University of Y" without the university.
fn before_employer(text: &str) -> &str {
    let employer = names(text).into_iter().find(|name| name.rank == Rank::Employer);
    let unit = employer.and_then(|name| text.get(..name.range.start)).unwrap_or(text);
    let unit = unit.trim_end_matches([',', ' ', '(', '–', '-']);
    if unit.is_empty() { text } else { unit }
}

/// The page's own fields for it.
fn in_fields(prose: &Prose) -> Employer {
    let field = |key| {
        prose.fields(key).find_map(|field| {
            // In the body a sentence may stand there: "Employer: as a family-friendly university …"
            let is_name = field.place == FieldPlace::Front || is_name(&field.text);
            let text = match key {
                FieldKey::Unit => before_employer(&field.text),
                _ => &field.text,
            };
            is_name.then(|| Field::new(text.to_owned(), Origin::Inferred(field.span)))
        })
    };
    let organisation = field(FieldKey::Organisation).or_else(|| {
        // "place: Institute of Tides, Seahaven"
        prose.fields(FieldKey::Place).find_map(|place| {
            let name = institution(&place.text)?;
            let text = place.text.get(name.range.clone())?.to_owned();
            Some(Field::new(text, Origin::Inferred(place.span)))
        })
    });
    Employer { organisation, unit: field(FieldKey::Unit) }
}

/// The first institution in a text that can be an employer, and is not somebody else.
fn institution(text: &str) -> Option<Name> {
    let named = names(text);
    // "Faculty of Bays, Institute of Tides": an institute behind its faculty is a unit.
    let faculty = named.iter().position(|name| name.rank == Rank::Unit);
    let faculty = faculty.and_then(|at| named.get(at)).map_or(usize::MAX, |name| name.range.end);
    let own = |name: &Name| {
        let before = text.get(..name.range.start).unwrap_or_default();
        let hires =
            name.rank == Rank::Employer || name.rank == Rank::Either && name.range.start < faculty;
        hires && !SOMEBODY_ELSE.is_match(before)
    };
    let known = names::known(text).map(|(name, _)| name);
    let inside = |name: &Name| {
        named.iter().any(|it| {
            it.rank != Rank::Unit
                && it.range.start <= name.range.start
                && name.range.end <= it.range.end
        })
    };
    let mut all: Vec<Name> = known.filter(|name| !inside(name)).filter(own).collect();
    all.extend(named.iter().filter(|name| own(name)).cloned());
    all.sort_by_key(|name| (name.rank != Rank::Employer, name.range.start));
    all.into_iter().next()
}

/// The passages that may say who hires: title, summary, and the sentences that offer.
fn telling(prose: &Prose) -> impl Iterator<Item = &Passage> {
    let front = prose.passages().filter(|it| matches!(it.role, Role::Title | Role::Summary));
    let offers = prose.texts().filter(|passage| words::OFFER.is_match(&passage.text));
    front.chain(offers)
}

/// The first institution of a kind in the passages that may say who hires.
fn in_words(prose: &Prose, wanted: impl Fn(&Name) -> bool) -> Option<Field<String>> {
    telling(prose).find_map(|passage| {
        let name = institution(&passage.text).filter(|name| wanted(name))?;
        joined(prose, passage, &[name])
    })
}

/// The only employer that the page names at all, or the one that it names again and again.
fn sole(prose: &Prose) -> Option<Field<String>> {
    let mut found: Vec<(Field<String>, usize)> = Vec::new();
    for passage in prose.passages() {
        let employer = institution(&passage.text).filter(|name| name.rank == Rank::Employer);
        let Some(field) = employer.and_then(|name| joined(prose, passage, &[name])) else {
            continue;
        };
        let same = |other: &str| other.contains(&field.value) || field.value.contains(other);
        match found.iter_mut().find(|(other, _)| same(&other.value)) {
            Some((_, times)) => *times += 1,
            None => found.push((field, 1)),
        }
        // A page that names so many employers is about none of them.
        if found.len() > 8 {
            return None;
        }
    }
    found.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let next = found.get(1).map_or(0, |(_, times)| *times);
    let (first, times) = found.into_iter().next()?;
    (next == 0 || times >= 3 && times >= 2 * next).then_some(first)
}

/// The unit in the passages that offer, else the only one that the page names at all.
fn unit(prose: &Prose, organisation: Option<&Field<String>>) -> Option<Field<String>> {
    let own = |passage: &Passage| {
        names(&passage.text).into_iter().find(|name| {
            let before = passage.before(name.range.start, 60);
            let is_organisation = organisation.is_some_and(|organisation| {
                passage
                    .text
                    .get(name.range.clone())
                    .is_some_and(|it| organisation.value.contains(it))
            });
            let words = passage.text.get(name.range.clone()).unwrap_or_default();
            // "the ABC team" of an organisation is no more than the organisation.
            let general = names::known(words).next().is_some();
            name.rank != Rank::Employer
                && !general
                && !is_organisation
                && !SOMEBODY_ELSE.is_match(before)
        })
    };
    let offered = telling(prose).find_map(|passage| joined(prose, passage, &[own(passage)?]));
    offered.or_else(|| {
        let mut all =
            prose.passages().filter_map(|passage| joined(prose, passage, &[own(passage)?]));
        let first = all.next()?;
        all.all(|other| other.value.contains(&first.value)).then_some(first)
    })
}

fn in_offer(prose: &Prose) -> Employer {
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
    Some(Field::new(nominative(&texts.join(", ")), Origin::Inferred(span)))
}

/// `[der] Technischen Universität X` as it is called: `Technische Universität X`.
fn nominative(name: &str) -> String {
    let mut words = name.splitn(3, ' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let inflected = ["Universität", "Hochschule", "Akademie"].contains(&second);
    match first.strip_suffix("en").filter(|_| inflected) {
        Some(stem) => format!("{stem}e{}", &name[first.len()..]),
        None => name.to_owned(),
    }
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
