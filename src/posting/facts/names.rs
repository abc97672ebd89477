//! The names of institutions in a text, and how each counts when several stand beside each other.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::text::is_of_a_word;
use super::{place, words};

/// Whether a word belongs into the name of an institution, such as "Hospital".
pub fn names_institution(word: &str) -> bool {
    kind(word).is_some()
}

/// How a name counts when several stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// A university, hospital, academy: hires people.
    Employer,
    /// An institute or centre: hires if nothing larger is named.
    Either,
    /// A lab, department or clinic.
    Unit,
}

#[derive(Debug, Clone)]
pub struct Name {
    pub range: Range<usize>,
    pub rank: Rank,
}

pub fn is_abbreviation(text: &str) -> bool {
    (2..=8).contains(&text.chars().count())
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        && text.chars().filter(|letter| letter.is_uppercase()).count() >= 2
        // "University of Y (NL)" says where it is.
        && place::country::code_of(text).is_none()
}

/// The names of institutions in a text: runs of capitalised words, with the small words that join
/// them, in which one word says what kind of institution it is.
pub fn names(text: &str) -> Vec<Name> {
    let words = words(text);
    let mut names = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if let Some(name) = apposed(&words, at) {
            names.push(name);
        }
        let end = run(text, &words, at);
        if let Some(name) = name(text, &words[at..end.max(at)]) {
            let range = with_closing_quote(text, name.range);
            names.push(Name { range, ..name });
        }
        at = end.max(at + 1);
    }
    names
}

/// A name that opens a quotation ends behind it: `University of Tides "Blue Harbour"`. One that is
/// quoted whole stands within the marks.
fn with_closing_quote(text: &str, range: Range<usize>) -> Range<usize> {
    const QUOTES: [(char, char); 4] = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»')];
    let name = text.get(range.clone()).unwrap_or_default();
    let next = text.get(range.end..).and_then(|rest| rest.chars().next());
    let closes = QUOTES.into_iter().find(|(open, close)| {
        let opened = name.matches(*open).count();
        let closed = if open == close { opened / 2 * 2 } else { name.matches(*close).count() };
        opened > closed && next == Some(*close)
    });
    match closes {
        Some((open, _)) if name.starts_with(open) => range.start + open.len_utf8()..range.end,
        Some((_, close)) => range.start..range.end + close.len_utf8(),
        None => range,
    }
}

/// "l'équipe Deep Tides": the Romance languages put the noun before the name, and write it small.
fn apposed(words: &[Word<'_>], at: usize) -> Option<Name> {
    const NOUNS: [&str; 12] = [
        "équipe",
        "equipo",
        "équipes",
        "groupe",
        "grupo",
        "gruppo",
        "laboratoire",
        "laboratorio",
        "unité",
        "onderzoeksgroep",
        "vakgroep",
        "afdeling",
    ];
    let noun = words.get(at).filter(|word| NOUNS.contains(&word.plain) && !word.closes)?;
    let rest: Vec<&Word<'_>> = words.iter().skip(at + 1).take(5).collect();
    // "vakgroep Taal & Techniek": the sign joins two words of one name.
    let joins = |at: usize| {
        let sides = [at.checked_sub(1), at.checked_add(1)].map(|it| rest.get(it?));
        let [before, behind] = sides.map(|word| word.is_some_and(|it| capitalised(it.plain)));
        rest.get(at).is_some_and(|word| word.plain == "&") && before && behind
    };
    let long = (0..rest.len()).find(|at| {
        rest.get(*at).is_some_and(|word| !capitalised(word.plain) && !joins(*at) || word.elided)
    });
    let before_end = rest.iter().position(|word| word.closes).map(|at| at + 1);
    let end = long.unwrap_or(rest.len()).min(before_end.unwrap_or(rest.len()));
    let (first, last) = (rest.first()?, rest.get(..end)?.last()?);
    (noun.range.end < first.range.start)
        .then_some(Name { range: first.range.start..last.range.end, rank: Rank::Unit })
}

struct Word<'a> {
    range: Range<usize>,
    /// Without brackets and the punctuation behind it.
    plain: &'a str,
    /// Whether punctuation behind it ends a name.
    closes: bool,
    /// Whether an article before it was cut off, which begins another name.
    elided: bool,
    /// Whether a bracket opens before it.
    opens: bool,
    /// Whether somebody has what comes next: "University's".
    possessive: bool,
    kind: OnceCell<Option<Rank>>,
}

impl Word<'_> {
    /// What it says about the institution in whose name it stands.
    fn kind(&self) -> Option<Rank> {
        *self.kind.get_or_init(|| kind(self.plain))
    }

    /// Whether it is the kind of an institution behind an elided article: "l'Université".
    fn begins_anew(&self) -> bool {
        self.elided && self.kind().is_some()
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = 0;
    for piece in text.split(' ') {
        let body = piece.trim_end_matches([',', ';', ':', '.', '!', '?', '"', '“', '”']);
        // "dell'Università", "l'équipe": the article is no part of the name.
        let cut = body
            .find(['\'', '’'])
            .filter(|at| ELIDED.contains(&body[..*at].to_lowercase().as_str()));
        let cut = cut.and_then(|at| Some(at + body[at..].chars().next()?.len_utf8())).unwrap_or(0);
        let (start_of, body) = (start + cut, &body[cut..]);
        let plain = body.trim_matches(['(', ')', '[', ']', '*', '"', '„', '“', '”']);
        let bare = plain.strip_suffix("'s").or_else(|| plain.strip_suffix("’s"));
        let mark = if bare.is_some() && body.ends_with(plain) {
            plain.len() - bare.map_or(0, str::len)
        } else {
            0
        };
        words.push(Word {
            range: start_of..start_of + body.len() - mark,
            plain: bare.unwrap_or(plain),
            possessive: bare.is_some(),
            closes: cut + body.len() < piece.len(),
            elided: cut > 0,
            opens: body.starts_with('('),
            kind: OnceCell::new(),
        });
        start += piece.len() + 1;
    }
    words
}

/// The end of the run of capitalised words that begins at `start`.
fn run(text: &str, words: &[Word<'_>], start: usize) -> usize {
    let mut end = start;
    // Whether one of the words so far says what kind of institution it is.
    let mut named = false;
    while let Some(word) = words.get(end) {
        let written = text.get(word.range.clone()).unwrap_or_default();
        let bracketed = written.starts_with('(');
        if bracketed && !(end > start && written.ends_with(')') && is_abbreviation(word.plain)) {
            break;
        }
        // "Dipartimento di Maree | dell'Università", but "Istituto dell'Ambiente".
        if end > start && word.begins_anew() {
            break;
        }
        if capitalised(word.plain) {
            end += 1;
            named = named || word.kind().is_some();
            // An abbreviation ends the name of an institution, but "Tidal Ecology (TE) Lab" goes on.
            // "the University's harbour campus", but "King's College".
            let owns = word.possessive && named;
            if word.closes || owns || written.ends_with(')') && (!bracketed || named) {
                break;
            }
            continue;
        }
        let joins = |word: &Word<'_>| !word.closes && JOINING.contains(&word.plain);
        let small = words[end..].iter().take(3).take_while(|word| joins(word)).count();
        let next = end + small;
        let follows =
            words.get(next).is_some_and(|word| capitalised(word.plain) && !word.begins_anew());
        // "Deep Tides team": the noun that makes it a unit is often written small.
        let begins_sentence = start == 0 || words[start - 1].closes;
        let tells = end > start + usize::from(begins_sentence);
        if tells && !named && !word.elided && word.kind() == Some(Rank::Unit) {
            end += 1;
            break;
        }
        if end == start || small == 0 || small > 2 || !follows {
            break;
        }
        if named && begins_another(words, next) {
            break;
        }
        end = next;
    }
    end
}

/// Whether the words from `next` on are the name of another institution: "Clinic for Tides" ends
/// before "of the University Hospital", "University" does not end before "of Applied Sciences".
fn begins_another(words: &[Word<'_>], next: usize) -> bool {
    let closed = words[next..]
        .iter()
        .take(3)
        .position(|word| word.closes || word.elided || word.opens || !capitalised(word.plain));
    let reach = closed.map_or(words.len(), |at| {
        let ends_before = words.get(next + at).is_some_and(|word| word.elided || word.opens);
        next + at + usize::from(!ends_before)
    });
    words[next..reach].iter().take(3).any(|word| word.kind().is_some())
}

const JOINING: [&str; 24] = [
    "of", "for", "and", "the", "für", "der", "des", "und", "de", "di", "&", "zu", "degli", "della",
    "del", "du", "la", "van", "voor", "et", "y", "e", "en", "i",
];

/// French and Italian articles and prepositions that lose a vowel before a name.
const ELIDED: [&str; 10] = ["l", "d", "qu", "un", "dell", "nell", "all", "dall", "sull", "coll"];

/// Words that begin a sentence, not a name.
const ARTICLES: [&str; 28] = [
    "The", "Our", "At", "In", "We", "A", "An", "Die", "Der", "Das", "Am", "An", "Im", "Unser",
    "Unsere", "Within", "Le", "La", "Les", "Au", "El", "Los", "En", "Il", "Lo", "De", "Het", "Bij",
];

/// Verbs that tell somebody to do something, before an article or a preposition.
const IMPERATIVES: [&str; 18] = [
    "Join",
    "Contact",
    "Visit",
    "Meet",
    "Support",
    "Help",
    "Lead",
    "Explore",
    "Discover",
    "Become",
    "Work",
    "Come",
    "See",
    "Apply",
    "Rejoignez",
    "Intégrez",
    "Unisciti",
    "Versterk",
];

/// What may stand between such a verb and a name.
const DETERMINERS: [&str; 18] = [
    "the", "our", "a", "an", "at", "to", "of", "with", "for", "le", "la", "les", "l", "al", "alla",
    "het", "de", "ons",
];

fn name(text: &str, words: &[Word<'_>]) -> Option<Name> {
    let small = |word: &Word| ARTICLES.contains(&word.plain) || JOINING.contains(&word.plain);
    // "Join the Tide Centre": what one is told to do is no name.
    let is_told = words.first().is_some_and(|word| IMPERATIVES.contains(&word.plain))
        && words.get(1).is_some_and(|word| DETERMINERS.contains(&word.plain));
    let words = if is_told { words.get(2..)? } else { words };
    let skipped = words.iter().take_while(|word| small(word)).count();
    let words = &words[skipped..];
    // "[grupo de] Mareas de la Universidad …": what is joined before it is somebody of its own.
    let head = words.iter().position(|word| word.kind().is_some()).filter(|at| {
        let joined = at.checked_sub(1).and_then(|before| words.get(before));
        let own = words.get(*at).and_then(|word| word.kind());
        joined.is_some_and(|word| match own {
            Some(Rank::Employer) => JOINING.contains(&word.plain),
            // The Romance languages begin a name with its kind: "del Instituto de Bahías".
            Some(Rank::Either) => ["del", "della", "du"].contains(&word.plain),
            _ => false,
        })
    });
    let words = &words[head.unwrap_or(0)..];
    let (first, last) = (words.first()?, words.last()?);
    let ranks: Vec<Rank> = words.iter().filter_map(|word| word.kind()).collect();
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
    static KINDS: LazyLock<[(Rank, Kinds); 3]> = LazyLock::new(|| {
        [
            (Rank::Unit, Kinds::of("unit")),
            (Rank::Employer, Kinds::of("employer")),
            (Rank::Either, Kinds::of("institute")),
        ]
    });
    let word = word.to_lowercase();
    let found = KINDS.iter().find(|(_, kinds)| kinds.hold(&word));
    found.map(|(rank, _)| *rank)
}

/// Words in lower case: some as they are, some (`institut*`) as a part of a longer one, for German
/// writes `Landesinstitut` and `Universitätsklinikum`.
struct Kinds {
    whole: HashSet<&'static str>,
    /// `None` if there are none.
    parts: Option<Regex>,
}

impl Kinds {
    fn of(topic: &str) -> Self {
        let (parts, whole): (Vec<_>, Vec<_>) =
            words::phrases(topic).partition(|word| word.ends_with('*'));
        let parts: Vec<_> =
            parts.iter().map(|word| regex::escape(word.trim_end_matches('*'))).collect();
        let any = (!parts.is_empty())
            .then(|| Regex::new(&parts.join("|")).expect("escaped words are a pattern"));
        Self { whole: whole.into_iter().collect(), parts: any }
    }

    fn hold(&self, word: &str) -> bool {
        self.whole.contains(word) || self.parts.as_ref().is_some_and(|parts| parts.is_match(word))
    }
}

/// What is known of a well-known research organisation without being told.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// ISO 3166-1, where it is in one country.
    pub country: Option<&'static str>,
    /// Where it is in one town.
    pub city: Option<&'static str>,
}

/// The well-known organisations by the first words of their names, the longest name first.
static KNOWN: LazyLock<HashMap<&'static str, Vec<(&'static str, Known)>>> = LazyLock::new(|| {
    let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    let mut known: HashMap<_, Vec<_>> = HashMap::new();
    for line in include_str!("organisations.tsv").lines() {
        let Some((name, place)) = line.split_once('\t') else { continue };
        let (country, city) = place.split_once('\t').unwrap_or((place, ""));
        let facts = Known { country: some(country), city: some(city) };
        known.entry(first_word(name)).or_default().push((name, facts));
    }
    for names in known.values_mut() {
        // A longer name wins over its beginning.
        names.sort_by_key(|(name, _)| (std::cmp::Reverse(name.len()), *name));
    }
    known
});

fn first_word(text: &str) -> &str {
    text.split(|letter| !is_of_a_word(letter)).next().unwrap_or_default()
}

/// The well-known organisations that a text names.
pub fn known(text: &str) -> impl Iterator<Item = (Name, Known)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let word = first_word(rest);
            let named = KNOWN.get(word).and_then(|names| {
                names.iter().find(|(name, _)| {
                    let behind = rest.strip_prefix(name).map(|behind| behind.chars().next());
                    behind.is_some_and(|next| !next.is_some_and(is_of_a_word))
                })
            });
            let start = at;
            if let Some((name, known)) = named {
                at += name.len();
                return Some((Name { range: start..at, rank: Rank::Employer }, *known));
            }
            let between = rest[word.len()..].chars().next().map_or(0, char::len_utf8);
            at += word.len() + between;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<&str> {
        names(text).into_iter().map(|name| &text[name.range]).collect()
    }

    #[test]
    fn a_name_goes_on_over_a_sign_and_ends_with_whoever_has_something() {
        assert_eq!(named("De vakgroep Zee & Land zoekt iemand."), ["Zee & Land"]);
        let text = "Join the Wind & Wave Centre at Seaforth University's Northport campus";
        assert_eq!(named(text), ["Wind & Wave Centre", "Seaforth University"]);
        assert_eq!(named("She is at King's College Seaforth."), ["King's College Seaforth"]);
    }

    #[test]
    fn a_quotation_within_a_name_is_closed() {
        assert_eq!(
            named("Università di Portomare \"Faro Blu\", da oggi"),
            ["Università di Portomare \"Faro Blu\""]
        );
        assert_eq!(named("The \"University of Seaforth\" is near."), ["University of Seaforth"]);
    }
}
