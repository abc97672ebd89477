//! How many positions the page offers.

use super::contradiction::Positions;
use super::pattern::{Captures, Pattern};
use super::prose::{Prose, Role};
use super::words::OFFER;
use crate::posting::{Field, Origin};

macro_rules! number {
    () => {
        r"(?P<number>[1-9][0-9]?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|deux|trois|quatre|cinq|dos|tres|cuatro|cinco|due|tre|quattro|cinque|twee|drie|vijf)(?: ?\([0-9]{1,2}\)| ?[x×])?"
    };
}

/// Words for positions in the plural, and "one position".
macro_rules! positions {
    () => {
        r"(?:positions?|vacanc(?:y|ies)|openings?|fellowships?|scholarships?|stellen|\S*[a-zäöü]stellen|postes|plazas|puestos|posiciones|contratos|becas|posizioni|post[oi]|unità|borse|assegni|posities|vacatures|plaatsen)"
    };
}

/// "two fully funded PhD positions", "3 Doktorandenstellen".
static POSITIONS: Pattern = Pattern::new(concat!(
    r"(?i)\b",
    number!(),
    r" (?P<between>(?:[^ .,;:]+ ){0,4}?)",
    positions!(),
    r"\b"
));

/// "looking for two PhD students": people, right behind the words that look for them.
static PEOPLE: Pattern = Pattern::new(concat!(
    r"(?i)\b(?:looking for|seeking|seeks?|hiring|hires?|recruiting|recruits?|invites? applications for|suchen(?: wir)?|sucht|recherchons|recherche|buscamos|cerchiamo|zoeken)(?: (?:up to|bis zu|zum|ab|sofort|nächstmöglichen|zeitpunkt))* ",
    number!(),
    r" (?P<between>(?:[^ .,;:0-9]+ ){0,3}?)(?:students|candidates|researchers|postdocs|fellows|assistants|associates|engineers|scientists|interns|phds|doktorand\S*|mitarbeit\S*|hilfskräfte|postdoktorand\S*|doctorants|doctorantes|stagiaires|doctorandos|dottorandi|promovendi)\b"
));

/// Of these a position is only a part, or they are no positions on offer.
static PART_OF_MORE: Pattern = Pattern::new(
    r"(?i)\b(?:one|each|all|any|both|eine[rs]?|jede[rs]?) of (?:the |our |these )*$|\b(?:network|netzwerk|consortium|team) (?:of|with|mit|von) $",
);

/// A length of time or a share is no number of positions.
static NO_NUMBER: Pattern = Pattern::new(
    r"(?i)^(?:year|month|week|hour|day|jahr|monat|%|percent|per|ans?\b|mois|fte|or|of|oder|und|and|to|bis)",
);

/// Other positions that follow: "two postdocs and one PhD student".
static AND_MORE: Pattern = Pattern::new(
    r"(?i)^[^.;:]{0,40}?(?:,| and| und| et| y| e| en) (?:an?|one|two|three|four|[1-9]|eine?|zwei|drei|vier|une?|deux|trois|una?|dos|tres|due|tre|een|twee|drie) ",
);

/// The number that all words of the page agree on. A page whose positions are declared one by one
/// has one of each.
pub fn infer(prose: &Prose, positions: Positions) -> Option<Field<u32>> {
    if positions != Positions::One {
        return None;
    }
    let mut agreed: Option<Field<u32>> = None;
    // What a sentence says that offers nothing.
    let mut other = None;
    for passage in prose.passages() {
        let is_offer = passage.role != Role::Text || OFFER.is_match(&passage.text);
        let offers = POSITIONS.captures_iter(&passage.text).map(|it| (it, is_offer));
        let people = PEOPLE.captures_iter(&passage.text).map(|it| (it, true));
        for (captures, is_offer) in offers.chain(people) {
            let Some((number, range)) = number(&captures) else { continue };
            let before = passage.text.get(..range.start).unwrap_or_default();
            if PART_OF_MORE.is_match(before) {
                continue;
            }
            if AND_MORE.is_match(passage.text.get(range.end..).unwrap_or_default()) {
                return None;
            }
            match &agreed {
                Some(field) if field.value != number => return None,
                None if other.is_none_or(|other| other == number) && is_offer => {
                    let span = prose.span(passage, range);
                    agreed = Some(Field::new(number, Origin::Inferred(span)));
                }
                None if is_offer => return None,
                None => other = Some(number),
                Some(_) => {}
            }
        }
    }
    agreed
}

fn number(captures: &Captures<'_>) -> Option<(u32, std::ops::Range<usize>)> {
    let between = captures.name("between").map_or("", |it| it.as_str());
    if NO_NUMBER.is_match(between) {
        return None;
    }
    let number = match captures.name("number")?.as_str().to_lowercase().as_str() {
        "one" => 1,
        "two" | "zwei" | "deux" | "dos" | "due" | "twee" => 2,
        "three" | "drei" | "trois" | "tres" | "tre" | "drie" => 3,
        "four" | "vier" | "quatre" | "cuatro" | "quattro" => 4,
        "five" | "fünf" | "cinq" | "cinco" | "cinque" | "vijf" => 5,
        "six" | "sechs" => 6,
        "seven" | "sieben" => 7,
        "eight" | "acht" => 8,
        "nine" | "neun" => 9,
        "ten" | "zehn" => 10,
        "twelve" => 12,
        digits => digits.parse().ok()?,
    };
    Some((number, captures.get(0)?.range()))
}
