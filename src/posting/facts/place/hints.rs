//! What tells a country without naming it: the endings of addresses, the beginnings of telephone
//! numbers, currencies, and at last the language.

use super::super::addresses::{self, Purpose};
use super::super::language;
use super::super::pattern::Pattern;
use super::super::prose::Prose;
use super::country;
use crate::posting::Origin;

/// The country that the page's hints agree on, and where the first of them stands.
pub fn country(prose: &Prose) -> Option<(&'static str, Origin)> {
    let mut hints: Vec<(&'static str, Origin)> = Vec::new();
    for passage in prose.texts() {
        let mut add = |code, range| {
            hints.push((code, Origin::Inferred(prose.span(passage, range))));
        };
        for address in addresses::in_passage(passage) {
            if address.purpose != Purpose::SomethingElse
                && let Some(code) = of_ending(&address.plain)
            {
                add(code, address.range);
            }
        }
        for number in TELEPHONE.captures_iter(&passage.text) {
            if let Some(digits) = number.name("digits")
                && let Some(code) = of_prefix(digits.as_str())
            {
                add(code, digits.range());
            }
        }
        for money in CURRENCY.find_iter(&passage.text) {
            if let Some(code) = of_currency(money.as_str()) {
                add(code, money.range());
            }
        }
    }
    let (first, origin) = hints.first()?.clone();
    hints.iter().all(|(code, _)| *code == first).then_some((first, origin))
}

/// The country in which most ads of a language are from, where other words of the page say so too.
pub fn by_language(prose: &Prose) -> Option<&'static str> {
    let says = |pattern: &Pattern| prose.passages().any(|it| pattern.is_match(&it.text));
    match language::infer(prose)? {
        "de" => (says(&GERMAN) && !says(&AUSTRIAN_OR_SWISS)).then_some("DE"),
        "it" => (!says(&SWISS_ITALIAN)).then_some("IT"),
        "nl" => (says(&DUTCH) && !says(&BELGIAN)).then_some("NL"),
        "fr" => (says(&FRENCH) && !says(&FRENCH_ELSEWHERE)).then_some("FR"),
        "es" => says(&EURO).then_some("ES"),
        _ => None,
    }
}

/// `+47 55 50 00 00`
static TELEPHONE: Pattern = Pattern::new(r"\+(?P<digits>[1-9][0-9]{1,2})[ ()./0-9-]{6,}");

/// Sums in a currency that one country has.
static CURRENCY: Pattern = Pattern::new(
    r"\b(?:NOK|SEK|DKK|CHF|PLN|CZK|HUF|CAD|AUD|NZD|GBP|INR|JPY|SGD|KRW) ?[0-9]|[0-9] ?(?:NOK|SEK|DKK|CHF|PLN|CZK|HUF|CAD|AUD|NZD|GBP|INR|JPY|SGD|KRW)\b|£ ?[0-9]",
);

/// German ads of Germany.
static GERMAN: Pattern = Pattern::new(
    r"[Uu]niversität|Hochschule|\b(?:TU|TH|FH) |[Ii]nstitut|[Hh]i[Ww]i|TV-L|m/w/d|w/m/d|d/m/w|Hilfskraft",
);
static AUSTRIAN_OR_SWISS: Pattern = Pattern::new(
    r"(?i)österreich|\bschweiz|kollektivvertrag|\bkv\b|universitätsassistent|dissertant|doktorierende|\bpensum\b|wiedereinstieg|jänner|anstellung per|\bCHF\b|stv\.|brutto (?:pro monat \()?14|karenz|arbeitsort zürich",
);
static SWISS_ITALIAN: Pattern = Pattern::new(r"(?i)svizzera|\bticino\b|\bCHF\b");
static DUTCH: Pattern = Pattern::new(r"(?i)\bfte\b|\bcao\b|promovend|nederland|vacature|€");
static BELGIAN: Pattern =
    Pattern::new(r"(?i)belgi|vlaams|vlaander|brussel|doctoraatsstudent|bursaal|\bfwo\b");
static FRENCH: Pattern = Pattern::new(
    r"\b(?:CDD|CDI|UMR|ANR|CNRS|Inria|INSERM|ATER|HDR)\b|[Éé]cole doctorale|Université|net mensuel|€",
);
static FRENCH_ELSEWHERE: Pattern = Pattern::new(
    r"(?i)belgi|suisse|québec|canad|luxembourg|maroc|tunisie|algérie|sénégal|\bCHF\b|wallonie|bruxelles|\bfnrs\b|\$",
);
static EURO: Pattern = Pattern::new(r"(?i)€|\beuros?\b|españ");

fn of_ending(address: &str) -> Option<&'static str> {
    const GENERIC: [&str; 16] = [
        "io", "ai", "me", "tv", "co", "eu", "cc", "fm", "ly", "gl", "gg", "sh", "to", "ws", "im",
        "la",
    ];
    let (_, ending) = address.rsplit_once('.')?;
    match ending {
        "uk" => Some("GB"),
        "edu" | "gov" | "mil" => Some("US"),
        ending if ending.len() != 2 || GENERIC.contains(&ending) => None,
        ending => country::by_letters(ending),
    }
}

fn of_prefix(digits: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, &str); 33] = [
        ("30", "GR"),
        ("31", "NL"),
        ("32", "BE"),
        ("33", "FR"),
        ("34", "ES"),
        ("36", "HU"),
        ("39", "IT"),
        ("40", "RO"),
        ("41", "CH"),
        ("43", "AT"),
        ("44", "GB"),
        ("45", "DK"),
        ("46", "SE"),
        ("47", "NO"),
        ("48", "PL"),
        ("49", "DE"),
        ("55", "BR"),
        ("61", "AU"),
        ("64", "NZ"),
        ("65", "SG"),
        ("81", "JP"),
        ("82", "KR"),
        ("90", "TR"),
        ("91", "IN"),
        ("351", "PT"),
        ("352", "LU"),
        ("353", "IE"),
        ("358", "FI"),
        ("372", "EE"),
        ("385", "HR"),
        ("386", "SI"),
        ("420", "CZ"),
        ("972", "IL"),
    ];
    let found = PREFIXES.iter().find(|(prefix, _)| digits.starts_with(prefix));
    found.map(|(_, code)| *code)
}

fn of_currency(sum: &str) -> Option<&'static str> {
    const CURRENCIES: [(&str, &str); 16] = [
        ("NOK", "NO"),
        ("SEK", "SE"),
        ("DKK", "DK"),
        ("CHF", "CH"),
        ("PLN", "PL"),
        ("CZK", "CZ"),
        ("HUF", "HU"),
        ("CAD", "CA"),
        ("AUD", "AU"),
        ("NZD", "NZ"),
        ("GBP", "GB"),
        ("£", "GB"),
        ("INR", "IN"),
        ("JPY", "JP"),
        ("SGD", "SG"),
        ("KRW", "KR"),
    ];
    CURRENCIES.iter().find(|(name, _)| sum.contains(name)).map(|(_, code)| *code)
}
