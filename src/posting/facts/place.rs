//! Where the work is: town and country.
//!
//! `country` knows the countries; `pair` finds a town that has its country behind it, `university`
//! the town in the name of one, and `hints` the country where nothing names it.

pub(super) mod country;
mod hints;
mod pair;
mod university;

use super::labels::FieldKey;
use super::names;
use super::pattern::{Match, Pattern};
use super::prose::{Prose, Role};
use super::words::{self, Phrases};
use crate::posting::{Field, Origin};

/// Town and country, as far as the page says them.
#[derive(Debug, Default)]
pub struct Place {
    pub city: Option<Field<String>>,
    pub country: Option<Field<String>>,
}

/// A line that says where the work is: `Location: Seahaven, Germany`.
static LINE: Pattern = Pattern::new(
    r"(?x)^ (?i: (?:work\ |job\ )?location | place\ of\ work | workplace | duty\ station
        | (?:dienst|arbeits|stand)?ort ) \ ?:\ ?
        (?P<city> [A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]+ (?:\ (?:am|an\ der|on|upon|de|la|[A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]+))* )
        (?: \ ?[,(]\ ? (?P<country> [A-Za-zÀ-ɏ][A-Za-zÀ-ɏ\ .]+?) )? [).;]* $",
);

/// A sentence that says where the work is: "based in Seahaven, Germany".
static BASED: Pattern = Pattern::new(
    r"(?x) \b (?i: position|job|post|work|workplace|institute|lab|group|university )
        \ (?:is|will\ be|are) (?:\ [a-z]+)? \ (?:in|at)
        \ (?P<city> [A-ZÀ-Þ][A-Za-zÀ-ɏ-]+ )
        (?: ,\ (?P<country> [A-ZÀ-Þ][A-Za-zÀ-ɏ]+ (?:\ [A-ZÀ-Þ][A-Za-zÀ-ɏ]+)? ) )?",
);

/// Words of all languages that say where something is.
static LOCATED: Phrases = Phrases::of("located");

/// The town right behind them.
static TOWN: Pattern = Pattern::new(concat!(
    r"[ :]+(?P<city>[A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]+(?: (?:am|an der|on|upon|[A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]+)){0,2})",
    r"(?:, (?:[A-ZÀ-Þ][A-Za-zÀ-ɏ]+, )?(?P<country>[A-ZÀ-Þ][A-Za-zÀ-ɏ]+(?: [A-ZÀ-Þ][A-Za-zÀ-ɏ]+)?))?",
));

/// The last line of an address: `12345 Seahaven`, `F-12345 SEAHAVEN Cedex, France`.
static ADDRESS: Pattern = Pattern::new(
    r"(?x) \b (?:[A-Z]{1,2}-)? [0-9]{4,5} (?:\ [A-Z]{2})? \ (?P<city> [A-ZÀ-Þ][A-Za-zÀ-ɏ-]+ )",
);

/// A capitalised word, which may be a town.
static CAPITALISED: Pattern = Pattern::new(r"\b[A-ZÀ-Þ][A-Za-zÀ-ɏ-]+");

/// Read from a line or sentence that says it, else from the organisation's name ("University of
/// Bonn") if it holds a town that cannot be mistaken, else from the title and the sentences that
/// offer the position. A well-known organisation says its country, and a German collective
/// agreement says that the work is in Germany.
pub fn infer(
    prose: &Prose,
    organisation: Option<&Field<String>>,
    pay_scheme: Option<&Field<String>>,
) -> Place {
    let mut place = in_field(prose)
        .or_else(|| stated(prose))
        .or_else(|| organisation.and_then(of_organisation))
        .or_else(|| located(prose))
        .or_else(|| near(prose))
        .or_else(|| offered(prose, organisation))
        .unwrap_or_default();
    for field in prose.fields(FieldKey::Country) {
        if let Some(code) = country::code_of(&field.text) {
            place.country.get_or_insert(Field::new(code.to_owned(), Origin::Inferred(field.span)));
        }
    }
    if let Some(organisation) = organisation {
        let known = names::known(&organisation.value).next().map(|(_, known)| known);
        let country = known.and_then(|known| known.country);
        if let (None, Some(country)) = (&place.country, country) {
            place.country = Some(inferred(country, &organisation.origin));
        }
        if let (None, Some(city)) = (&place.city, known.and_then(|known| known.city)) {
            place.city = Some(inferred(city, &organisation.origin));
        }
    }
    let countries = || place.country.as_ref().map(|country| country.value.as_str());
    if place.city.is_none()
        && let Some(organisation) = organisation
        && let Some((town, code)) = university::town_of(&organisation.value, countries())
    {
        place.city = Some(inferred(town, &organisation.origin));
        if let (None, Some(code)) = (&place.country, code) {
            place.country = Some(inferred(code, &organisation.origin));
        }
    }
    if place.country.is_none()
        && let Some(city) = &place.city
        && let Some(code) = beside(prose, &city.value)
    {
        place.country = Some(inferred(code, &city.origin));
    }
    if place.country.is_none() {
        let german = pay_scheme.filter(|scheme| scheme.value.starts_with("TV"));
        place.country = german.map(|scheme| inferred("DE", &scheme.origin));
    }
    if place.country.is_none() {
        let hinted = hints::country(prose);
        place.country = hinted.map(|(code, origin)| Field::new(code.to_owned(), origin));
    }
    if place.country.is_none()
        && let Some(from) = organisation.or(place.city.as_ref())
        && let Some(code) = hints::by_language(prose)
    {
        place.country = Some(inferred(code, &from.origin));
    }
    place
}

/// A field of the page: `location: Seahaven`, `Lieu de travail : SEAHAVEN`, `Seahaven (Bay), Spain`.
fn in_field(prose: &Prose) -> Option<Place> {
    prose.fields(FieldKey::Place).find_map(|field| {
        let fact = |text: &str| Some(Field::new(text.to_owned(), Origin::Inferred(field.span)));
        let mut words = CAPITALISED.find_iter(&field.text).map(|word| shown(word.as_str()));
        let known = words.find_map(|word| {
            let code = country::of_city(&word)?;
            Some((word, code))
        });
        if let Some((city, code)) = known {
            return Some(Place { city: fact(&city), country: fact(code) });
        }
        let text = field.text.trim_end_matches(['.', ')']);
        let mut parts = text.split([',', '(', '/', ';', '|']).map(str::trim);
        let city = parts.next().filter(|city| is_town(city))?;
        let country = parts.find_map(country::code_of);
        Some(Place { city: fact(&shown(city)), country: country.and_then(fact) })
    })
}

/// Whether words behind a label for places can be a town: a few capitalised words.
fn is_town(words: &str) -> bool {
    const SMALL: [&str; 12] =
        ["am", "an", "der", "on", "upon", "de", "la", "le", "del", "di", "aan", "sur"];
    const NO_TOWN: [&str; 6] = ["remote", "hybrid", "online", "campus", "various", "flexible"];
    let mut each = words.split([' ', '-']).filter(|word| !word.is_empty());
    words.split(' ').count() <= 4
        && words.chars().next().is_some_and(char::is_uppercase)
        && country::code_of(words).is_none()
        && each.all(|word| {
            let capital = word.chars().next().is_some_and(char::is_uppercase);
            let small = word.to_lowercase();
            (capital || SMALL.contains(&word))
                && !NO_TOWN.contains(&small.as_str())
                && word.chars().all(|letter| letter.is_alphabetic() || "'’.".contains(letter))
                && !names::names_institution(word)
        })
}

/// A town as it is written in a sentence: `SEAHAVEN` is shouting.
fn shown(words: &str) -> String {
    let shouted = words.chars().count() > 3 && !words.chars().any(char::is_lowercase);
    if !shouted {
        return words.to_owned();
    }
    words.split(' ').map(title_case).collect::<Vec<_>>().join(" ")
}

/// "located in Seahaven", and the lines of addresses.
fn located(prose: &Prose) -> Option<Place> {
    prose.texts().find_map(|passage| {
        let (located, captures) = LOCATED.find_map(&passage.text, |located| {
            Some((located, TOWN.captures_from(&passage.text, located.end())?))
        })?;
        let city = captures.name("city")?;
        let named = captures.name("country").and_then(|it| country::code_of(it.as_str()));
        let town = located.as_str().contains("town of");
        let code = named.or_else(|| country::of_city(city.as_str()));
        if code.is_none() && !town || country::code_of(city.as_str()).is_some() {
            return None;
        }
        let origin = Origin::Inferred(prose.span(passage, city.range()));
        let country = code.map(|code| Field::new(code.to_owned(), origin.clone()));
        Some(Place { city: Some(Field::new(city.as_str().to_owned(), origin)), country })
    })
}

/// The country that stands behind a town anywhere on the page.
fn beside(prose: &Prose, city: &str) -> Option<&'static str> {
    prose.passages().find_map(|passage| {
        let pairs = pair::pairs(&passage.text);
        let own = pairs.into_iter().find(|it| passage.text.get(it.city.clone()) == Some(city));
        own.map(|pair| pair.country)
    })
}

/// "in Seahaven near Bonn": a town beside one that cannot be mistaken.
fn near(prose: &Prose) -> Option<Place> {
    static NEAR: Pattern = Pattern::new(
        r"\b(?:in|at|à|en|a|te) (?P<city>[A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]+(?: [A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]+)?),? \(?(?:near|close to|next to|just outside|bei|nahe|in der Nähe von|près de|cerca de|vicino a|nabij) (?P<near>[A-ZÀ-Þ][A-Za-zÀ-ɏ-]+)",
    );
    prose.texts().find_map(|passage| {
        let captures = NEAR.captures(&passage.text)?;
        let city = captures.name("city")?;
        let code = country::of_city(captures.name("near")?.as_str())?;
        if !is_town(city.as_str()) {
            return None;
        }
        let origin = Origin::Inferred(prose.span(passage, city.range()));
        let country = Some(Field::new(code.to_owned(), origin.clone()));
        Some(Place { city: Some(Field::new(city.as_str().to_owned(), origin)), country })
    })
}

/// The town in the title, in the sentences that offer, or in an address.
fn offered(prose: &Prose, organisation: Option<&Field<String>>) -> Option<Place> {
    let front = prose.passages().filter(|it| matches!(it.role, Role::Title | Role::Summary));
    let offers = prose.texts().filter(|it| words::OFFER.is_match(&it.text));
    let found = |passage: &super::prose::Passage| {
        let pair = pair::pairs(&passage.text).into_iter().find(|pair| {
            !super::organisation::is_somebody_else(passage.before(pair.city.start, 60))
        });
        let pair = pair.map(|pair| (pair.city, pair.country));
        let town = || {
            CAPITALISED.find_iter(&passage.text).find_map(|word| {
                let code = country::of_city(word.as_str())?;
                if super::organisation::is_somebody_else(passage.before(word.start(), 60)) {
                    return None;
                }
                let before = passage.before(word.start(), 12);
                let behind_name = || {
                    let before = passage.before(word.start(), 80);
                    let name = names::names(before).pop();
                    name.is_some_and(|name| name.range.end + 2 == before.len())
                };
                let led = BEFORE_TOWN.is_match(before)
                    || before.ends_with(", ") && behind_name()
                    || organisation.is_some() && names::known(before).next().is_some();
                led.then_some((word.range(), code))
            })
        };
        let (range, code) = pair.or_else(town)?;
        let origin = Origin::Inferred(prose.span(passage, range.clone()));
        Some(Place {
            city: Some(Field::new(passage.text.get(range)?.to_owned(), origin.clone())),
            country: Some(Field::new(code.to_owned(), origin)),
        })
    };
    let address = |passage: &super::prose::Passage| {
        let city = ADDRESS.captures(&passage.text)?.name("city")?;
        let name = title_case(city.as_str());
        let code = country::of_city(&name)?;
        let origin = Origin::Inferred(prose.span(passage, city.range()));
        let city = Some(Field::new(name, origin.clone()));
        Some(Place { city, country: Some(Field::new(code.to_owned(), origin)) })
    };
    let lonely = || {
        let mut pairs =
            prose.texts().filter(|it| !pair::pairs(&it.text).is_empty()).filter_map(found);
        let first = pairs.next()?;
        let city = |place: &Place| place.city.as_ref().map(|city| city.value.clone());
        pairs.all(|other| city(&other) == city(&first)).then_some(first)
    };
    let offered = front.chain(offers).find_map(found);
    offered.or_else(|| prose.texts().find_map(address)).or_else(lonely)
}

static BEFORE_TOWN: Pattern = Pattern::new(r"(?i)\b(?:in|at|à|a|en|te|zu|of|near|bei)(?: \()? $");

/// `SEAHAVEN` as `Seahaven`.
fn title_case(word: &str) -> String {
    let mut letters = word.chars();
    let first: String = letters.next().into_iter().collect();
    first + &letters.as_str().to_lowercase()
}

fn stated(prose: &Prose) -> Option<Place> {
    let mut texts = prose.texts();
    texts.find_map(|passage| {
        let line = LINE.captures(&passage.text);
        let by_line = line.is_some();
        let captures = line.or_else(|| BASED.captures(&passage.text))?;
        let origin = |found: &Match<'_>| Origin::Inferred(prose.span(passage, found.range()));
        let city = captures.name("city")?;
        let country = captures.name("country");
        let code = country.and_then(|it| country::code_of(it.as_str()).map(|code| (it, code)));
        let known = country::of_city(city.as_str());
        // A capitalised word after "is in" is a town only if a country or the table says so.
        if !by_line && known.is_none() && code.is_none()
            || country::code_of(city.as_str()).is_some()
        {
            return None;
        }
        let country = match (code, known) {
            (Some((found, code)), _) => Some(Field::new(code.to_owned(), origin(&found))),
            (None, Some(code)) => Some(Field::new(code.to_owned(), origin(&city))),
            (None, None) => None,
        };
        let city = Field::new(city.as_str().trim().to_owned(), origin(&city));
        Some(Place { city: Some(city), country })
    })
}

/// The town in an organisation's name, unless it is one word of a longer name: "University of
/// Porto" is in Porto, "University of Porto Maggio" is not.
fn of_organisation(organisation: &Field<String>) -> Option<Place> {
    let words: Vec<&str> = organisation.value.split(' ').collect();
    let (city, code) = words.iter().enumerate().find_map(|(at, word)| {
        let mut parts = word.split([',', '(', ')', '/']);
        let found = parts.find_map(|part| country::of_city(part).map(|code| (part, code)))?;
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
        let goes_on = goes_on(word, words.get(at + 1..).unwrap_or_default());
        (!goes_on && !BEGINNINGS.contains(&before)).then_some(found)
    })?;
    let field = |text: &str| Some(inferred(text, &organisation.origin));
    Some(Place { city: field(city), country: field(code) })
}

/// Words with which the name of a town begins: "New York" is not York.
const BEGINNINGS: [&str; 14] = [
    "New", "San", "Santa", "São", "Saint", "St", "St.", "Port", "Bad", "North", "South", "East",
    "West", "Mount",
];

/// Whether the name that a word stands in goes on behind it: "Porto | Maggio", but not "Seahaven |
/// Business School", where the words behind it say what kind of institution it is.
fn goes_on(word: &str, rest: &[&str]) -> bool {
    let capital = |word: &&str| word.starts_with(|first: char| first.is_uppercase());
    let closed = |word: &&str| word.ends_with([',', ')', '/', ';']);
    if closed(&word) || !rest.first().is_some_and(capital) {
        return false;
    }
    let reach = rest.iter().position(closed).map_or(rest.len(), |at| at + 1).min(4);
    let mut behind = rest.iter().take(reach);
    !behind.any(|word| names::names_institution(word.trim_matches([',', '(', ')', '/', ';'])))
}

/// A fact that follows from another one, and stands where that one stands.
fn inferred(text: &str, from: &Origin) -> Field<String> {
    let origin = match from {
        Origin::Declared(span) | Origin::Inferred(span) => Origin::Inferred(*span),
        Origin::Default => Origin::Default,
    };
    Field::new(text.to_owned(), origin)
}
