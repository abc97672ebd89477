//! Pay as an amount of money: from, to, in which currency, for how long.

use std::ops::Range;

use super::labels::FieldKey;
use super::pattern::{Captures, Pattern};
use super::prose::{FieldPlace, Prose};
use crate::posting::{Field, Origin, Period, Salary};

macro_rules! currency {
    () => {
        r"(?:€|£|US ?\$|AUD? ?\$|CAD? ?\$|R\$|\$|CHF|EUR|[Ee]uros?|GBP|USD|AUD|CAD|SEK|NOK|DKK|BRL|JPY|PLN|CZK|kr\.?|SFr\.?|(?:Brazilian )?[Rr]e(?:ais|als)\b|Swiss [Ff]rancs|[Pp]ounds\b)"
    };
}

/// `2,345.60`, `2.345,60`, `2 345`, `2'345`, `2345`, `61k`.
macro_rules! number {
    () => {
        r"[0-9]{1,3}(?:[.,'’ \x{a0}\x{202f}][0-9]{3})+(?:[.,][0-9]{1,2})?|[0-9]{1,6}(?:[.,][0-9]{1,2})?"
    };
}

/// An amount with its currency on one side or the other, or a range of them.
static AMOUNT: [Pattern; 2] = [
    Pattern::new(concat!(
        r"(?P<currency>",
        currency!(),
        r") ?(?P<from>",
        number!(),
        r")(?P<thousand> ?[kK]\b)?(?:,--?)?(?: ?(?:-|–|—|\bto\b|\bbis\b|\band\b|\bà\b|\ba\b|\by\b|\bund\b|\be\b|\ben\b|\btot\b) ?(?:",
        currency!(),
        r" ?)?(?P<to>",
        number!(),
        r")(?: ?[kK]\b)?)?"
    )),
    Pattern::new(concat!(
        r"\b(?P<from>",
        number!(),
        r")(?P<thousand> ?[kK]\b)?(?: ?",
        currency!(),
        r")?(?: ?(?:-|–|—|\bto\b|\bbis\b|\band\b|\bà\b|\ba\b|\by\b|\bund\b|\be\b|\ben\b|\btot\b) ?(?P<to>",
        number!(),
        r")(?: ?[kK]\b)?)?(?: ?[kK])? ?(?P<currency>",
        currency!(),
        r")"
    )),
];

/// Words around an amount for how long it pays. The first that is found counts.
static PERIODS: [(Period, Pattern); 3] = [
    (
        Period::Hour,
        Pattern::new(
            r"(?i)(?:\b(?:per|an|pro|je|de l['’]|all['’]|per) ?(?:hour|stunde|std|heure|ora|uur)\b|/ ?(?:hour|hr|h|stunde|std|heure|ora|uur|hora)\b|\bhourly\b|\bstundenlohn\b)",
        ),
    ),
    (
        Period::Month,
        Pattern::new(
            r"(?i)(?:\b(?:per|a|pro|im|par|al|por|al|each|every|je) (?:calendar )?(?:month|monat|mois|mes|mese|maand)\b|/ ?(?:month|mo|monat|mois|mes|mese|maand)\b|\bmonthly\b|\bmonatlich|\bmensuel|\bmensual|\bmensil[ei]|\bmaandelijks|\bmonatsbrutto)",
        ),
    ),
    (
        Period::Year,
        Pattern::new(
            r"(?i)(?:\b(?:per|a|pro|im|par|al|por|all['’]|each|every|je) ?(?:year|annum|jahr|ans?|année|año|anno|jaar)\b|/ ?(?:year|yr|y|jahr|an|année|año|anno|jaar)\b|\bp\.? ?a\.|\bannual|\byearly\b|\bjährlich|\bannuel|\banuales\b|\blordo annuo|\bannui?\b|\bper jaar)",
        ),
    ),
];

/// Words before an amount that make it pay.
static PAY: Pattern = Pattern::new(
    r"(?ix) \b (?: salar(?:y|ies|io) | pay\b | paid\b | remunerat | stipend | wage | compensation | earn
        | living\ allowance | gehalt | vergüt | entgelt | verdienst | stundenlohn | bezahlung | brutto
        | gross\b | bruto? \b | salaire | rémunér | gratification | retribu | importo | lordo | salaris
        | compenso | remunera | dotación | (?:fellowship|scholarship)\ (?:of|is) ) [^.;!?]* $",
);

/// Words behind it that do.
static GROSS: Pattern = Pattern::new(
    r"(?ix) ^ [^.;]{0,20} \b (?: gross | brut(?:s|o|os|to)?\b | lord[oi]\b | before\ tax | net\b | netto )",
);

/// Words before an amount that make it somebody's else money.
static OTHER: Pattern = Pattern::new(
    r"(?ix) \b (?: budget | grant | award(?:ed)? | fund(?:s|ed|ing) | travel | conference | fees? | tuition
        | bonus | prize | project\ (?:of|with) | investment | start-?up | research\ allowance | family
        | mobility | relocation | insurance | kita | zuschuss | ticket ) \b [^.;,]* $",
);

/// A paragraph with more amounts than this is a table of something else.
const MOST: usize = 12;

/// The pay that the page states as an amount, with its words.
pub fn infer(prose: &Prose) -> Option<(Field<Salary>, Field<String>)> {
    let labelled = prose.fields(FieldKey::Pay).find_map(|field| {
        if field.place == FieldPlace::Body {
            return None;
        }
        let (range, salary) = amounts(&field.text).next()?;
        let words = words(&field.text, range, salary);
        let origin = Origin::Inferred(field.span);
        Some((Field::new(salary, origin.clone()), Field::new(words, origin)))
    });
    labelled.or_else(|| {
        prose.passages().find_map(|passage| {
            let mut amounts = amounts(&passage.text).take(MOST);
            let (range, salary) = amounts.find(|(range, salary)| {
                let before = passage.before(range.start, 90);
                let after = passage.text.get(range.end..).unwrap_or_default();
                let said = PAY.is_match(before)
                    || GROSS.is_match(after)
                    || salary.period.is_some() && offers(&passage.text, &passage.heading);
                said && !OTHER.is_match(before)
            })?;
            let words = words(&passage.text, range.clone(), salary);
            let origin = Origin::Inferred(prose.span(passage, range));
            Some((Field::new(salary, origin.clone()), Field::new(words, origin)))
        })
    })
}

/// Whether an amount with a period can only be what somebody earns: under a heading on pay or on
/// what is offered, or beside the words for a contract.
fn offers(text: &str, heading: &str) -> bool {
    static OFFER: Pattern = Pattern::new(
        r"(?i)\b(?:we offer|what we offer|benefits|conditions|wir bieten|condiciones|arbeidsvoorwaarden|employment|contract|position|full[- ]time|part[- ]time|hilfskraft|stelle|internship|stage)\b",
    );
    PAY.is_match(heading.trim_end_matches('?')) || OFFER.is_match(heading) || OFFER.is_match(text)
}

/// An amount in the words of the ad; "between 2600 and 3100 €" as a range.
fn words(text: &str, range: Range<usize>, salary: Salary) -> String {
    let words = text.get(range).unwrap_or_default();
    let spoken = [" and ", " und ", " y ", " e "].iter().any(|and| words.contains(and));
    if spoken { salary.to_string() } else { words.to_owned() }
}

/// An amount as it is declared: `2600-3100 EUR per month`.
pub fn read(text: &str) -> Option<Salary> {
    amounts(text).next().map(|(_, salary)| salary)
}

/// The amounts of a text that can be pay, each with the words up to its period.
fn amounts(text: &str) -> impl Iterator<Item = (Range<usize>, Salary)> {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let ways = AMOUNT.iter().filter(move |_| has_digit);
    ways.flat_map(move |way| way.captures_iter(text).filter_map(|it| amount(text, &it)))
}

fn amount(text: &str, captures: &Captures<'_>) -> Option<(Range<usize>, Salary)> {
    let whole = captures.get(0)?;
    let thousand = captures.name("thousand").is_some();
    let value = |name| {
        let number = value(captures.name(name)?.as_str())?;
        Some(if thousand { number * 1000.0 } else { number })
    };
    let from = value("from")?;
    let to = value("to").filter(|to| *to > from);
    let end = whole.end();
    let after = text.get(end..).unwrap_or_default();
    let after = after.char_indices().nth(30).map_or(after, |(at, _)| &after[..at]);
    let before = text.get(..whole.start()).unwrap_or_default();
    let near = before.char_indices().rev().nth(40).map_or(before, |(at, _)| &before[at..]);
    let behind = PERIODS.iter().filter_map(|(period, words)| Some((*period, words.find(after)?)));
    let behind = behind.min_by_key(|(_, words)| words.start());
    let ahead = || {
        let said = PERIODS.iter().find(|(_, words)| words.is_match(near));
        said.map(|(period, _)| *period)
    };
    let period = behind.as_ref().map(|(period, _)| *period).or_else(ahead);
    let plausible = match period {
        Some(Period::Hour) => (4.0..=200.0).contains(&from),
        Some(Period::Month) => (200.0..=60_000.0).contains(&from),
        Some(Period::Year) => (3_000.0..=2_000_000.0).contains(&from),
        None => (400.0..=500_000.0).contains(&from),
    };
    let currency = currency(captures.name("currency")?.as_str());
    let end = behind.map_or(end, |(_, words)| end + words.end());
    plausible.then_some((whole.start()..end, Salary { from, to, currency, period }))
}

/// A number with points, commas or blanks between its thousands.
fn value(text: &str) -> Option<f64> {
    let cents = text
        .rfind(['.', ','])
        .filter(|at| text.len() - at <= 3)
        .map_or((text, ""), |at| (&text[..at], &text[at + 1..]));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    format!("{}.{}0", digits(cents.0), digits(cents.1)).parse().ok()
}

/// The code of ISO 4217, where a sign or name means one currency; a sign that many countries share
/// stays as it is.
fn currency(sign: &str) -> &'static str {
    let sign: String = sign.chars().filter(|it| !it.is_whitespace()).collect();
    match sign.to_lowercase().trim_end_matches('.') {
        "€" | "eur" | "euro" | "euros" => "EUR",
        "£" | "gbp" => "GBP",
        "us$" | "usd" => "USD",
        "a$" | "au$" | "aud$" | "aud" => "AUD",
        "c$" | "ca$" | "cad$" | "cad" => "CAD",
        "r$" | "brl" | "reais" | "reals" | "brazilianreais" | "brazilianreals" => "BRL",
        "chf" | "sfr" | "swissfrancs" => "CHF",
        "pounds" => "GBP",
        "sek" => "SEK",
        "nok" => "NOK",
        "dkk" => "DKK",
        "jpy" => "JPY",
        "pln" => "PLN",
        "czk" => "CZK",
        "kr" => "kr",
        _ => "$",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_each_country_writes_them() {
        for (text, number) in [
            ("2,345.60", 2345.6),
            ("2.345,60", 2345.6),
            ("2 345", 2345.0),
            ("2'345", 2345.0),
            ("2.345", 2345.0),
            ("13,90", 13.9),
            ("13,9", 13.9),
        ] {
            assert_eq!(value(text), Some(number), "{text}");
        }
    }

    #[test]
    fn an_amount_is_read_with_its_range_currency_and_period() {
        let salary = |from, to, currency, period| Some(Salary { from, to, currency, period });
        let month = Some(Period::Month);
        let year = Some(Period::Year);
        for (text, read_as) in [
            ("2600-3100 EUR gross per month", salary(2600.0, Some(3100.0), "EUR", month)),
            ("£38,249 to £42,792 per annum", salary(38249.0, Some(42792.0), "GBP", year)),
            ("€ 2.901 – € 3.707 bruto per maand", salary(2901.0, Some(3707.0), "EUR", month)),
            ("2300 € brut mensuel", salary(2300.0, None, "EUR", month)),
            ("13,90 €/Stunde", salary(13.9, None, "EUR", Some(Period::Hour))),
            ("annual salary of $92,000-$105,000", salary(92000.0, Some(105_000.0), "$", year)),
            ("61k EUR", salary(61000.0, None, "EUR", None)),
            ("NOK 540 500 per year", salary(540_500.0, None, "NOK", year)),
            ("3 € per year", None),
        ] {
            assert_eq!(read(text), read_as, "{text}");
        }
    }
}
