//! Pay as an amount of money: from, to, in which currency, for how long.

use std::ops::Range;

use super::labels::FieldKey;
use super::pattern::{Captures, Pattern};
use super::prose::{FieldPlace, Prose};
use super::sentence;
use crate::posting::{Field, Origin, Period, Salary};

macro_rules! currency {
    () => {
        r"(?:€|£|US ?\$|\bA(?:UD?)? ?\$|\bC(?:AD?)? ?\$|\bNZD? ?\$|R\$|\$|CHF|EUR|[Ee]uros?|GBP|USD|AUD|CAD|SEK|NOK|DKK|BRL|JPY|PLN|CZK|kr\.?|SFr\.?|(?:Brazilian )?[Rr]e(?:ais|als)\b|Swiss [Ff]rancs|[Pp]ounds\b)"
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
        r")(?P<thousand> ?[kK]\b)?(?:,--?)?(?: ?(?:-|–|—|\bto\b|\bbis\b|\band\b|\bà\b|\ba\b|\by\b|\bund\b|\bet\b|\be\b|\ben\b|\btot\b) ?(?:",
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
        r")?(?: ?(?:-|–|—|\bto\b|\bbis\b|\band\b|\bà\b|\ba\b|\by\b|\bund\b|\bet\b|\be\b|\ben\b|\btot\b) ?(?P<to>",
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
            r"(?i)(?:\b(?:per|a|pro|im|par|al|por|al|each|every|je) (?:calendar )?(?:month|monat|mois|mes|mese|maand)\b|/ ?(?:month|mo|monat|mois|mes|mese|maand)\b|\bmonthly\b|\bmonatlich|\bmensuel|\bmensual|\bmensili?\b|\bmensil[ei]|\bmaandelijks|\bmonatsbrutto)",
        ),
    ),
    (
        Period::Year,
        Pattern::new(
            r"(?i)(?:\b(?:per|a|pro|im|par|al|por|all['’]|each|every|je) ?(?:year|annum|jahr|ans?|année|año|anno|jaar)\b|/ ?(?:year|yr|y|jahr|an|année|año|anno|jaar)\b|\bp\.? ?a\.|\bannual|\byearly\b|\bjährlich|\bannuel|\banual(?:es)?\b|\blordo annuo|\bannui?\b|\bper jaar)",
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
        let Amount { salary, words, .. } = amounts(&field.text).next()?;
        let origin = Origin::Inferred(field.span);
        Some((Field::new(salary, origin.clone()), Field::new(words, origin)))
    });
    labelled.or_else(|| {
        prose.passages().find_map(|passage| {
            let mut amounts = amounts(&passage.text).take(MOST);
            let amount = amounts.find(|Amount { range, salary, .. }| {
                let before = passage.before(range.start, 90);
                let after = passage.text.get(range.end..).unwrap_or_default();
                let said = PAY.is_match(before)
                    || GROSS.is_match(after)
                    || salary.period.is_some() && offers(&passage.text, &passage.heading);
                said && !OTHER.is_match(before)
            })?;
            let Amount { range, salary, words } = amount;
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

/// An amount that can be pay.
struct Amount {
    range: Range<usize>,
    salary: Salary,
    /// In the words of the ad; "between 2600 and 3100 €" as the range "2600–3100 €".
    words: String,
}

/// Words behind an amount that lead to what it grows to: "rising in increments to £41,000",
/// "oplopend tot € 3.707".
static RISING: Pattern = Pattern::new(concat!(
    r"(?i)\b(?:(?:rising|rises|increasing|increases|growing|progressing|progression)\b[^.;€£$]{0,40}?\b(?:up )?to|",
    r"(?:oplopend|oploopt)\b[^.;€£$]{0,40}?\btot|(?:an)?steigend\b[^.;€£$]{0,30}?\b(?:auf|bis)|",
    r"évoluant\b[^.;€£$]{0,30}?\bjusqu['’]à|hasta|fino a)(?: (?:a )?(?:maximum(?: of)?|maximaal|max\.?))? ?(?:",
    currency!(),
    r" ?)?(?P<to>",
    number!(),
    r")"
));

/// An amount as it is declared: `2600-3100 EUR per month`.
pub fn read(text: &str) -> Option<Salary> {
    amounts(text).next().map(|amount| amount.salary)
}

/// The amounts of a text that can be pay, each with the words up to its period.
fn amounts(text: &str) -> impl Iterator<Item = Amount> {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let ways = AMOUNT.iter().filter(move |_| has_digit);
    ways.flat_map(move |way| way.captures_iter(text).filter_map(|it| amount(text, &it)))
}

fn amount(text: &str, captures: &Captures<'_>) -> Option<Amount> {
    let whole = captures.get(0)?;
    let thousand = captures.name("thousand").is_some();
    let value = |name| {
        let number = value(captures.name(name)?.as_str())?;
        Some(if thousand { number * 1000.0 } else { number })
    };
    let from = value("from")?;
    let to = value("to").filter(|to| *to > from);
    let risen = || {
        let sentence = sentence::around(text, whole.end());
        let rest = text.get(whole.end()..sentence.end.max(whole.end()))?;
        let number = RISING.captures(rest)?.name("to")?.as_str();
        let to = self::value(number).filter(|to| *to > from && *to < from * 4.0)?;
        Some((to, number))
    };
    let risen = if to.is_none() { risen() } else { None };
    let end = whole.end();
    let after = text.get(end..).unwrap_or_default();
    let after = after.char_indices().nth(30).map_or(after, |(at, _)| &after[..at]);
    let before = text.get(..whole.start()).unwrap_or_default();
    let near = before.char_indices().rev().nth(40).map_or(before, |(at, _)| &before[at..]);
    let behind = PERIODS.iter().filter_map(|(period, words)| Some((*period, words.find(after)?)));
    let behind = behind.min_by_key(|(_, words)| words.start());
    let ahead = match &behind {
        Some(_) => None,
        None => PERIODS.iter().find_map(|(period, words)| Some((*period, words.find(near)?))),
    };
    let period = behind.as_ref().or(ahead.as_ref()).map(|(period, _)| *period);
    let plausible = match period {
        Some(Period::Hour) => (4.0..=200.0).contains(&from),
        Some(Period::Month) => (200.0..=60_000.0).contains(&from),
        Some(Period::Year) => (3_000.0..=2_000_000.0).contains(&from),
        None => (400.0..=500_000.0).contains(&from),
    };
    let currency = currency(captures.name("currency")?.as_str());
    let end = behind.map_or(end, |(_, words)| end + words.end());
    // Never half a word: "mensuel|s".
    let end = end_of_word(text, end);
    let number_end = captures.name("thousand").or(captures.name("from"))?.end();
    let first = text.get(whole.start()..number_end)?;
    let words = match (risen, captures.name("to")) {
        (Some((_, number)), _) => format!("{first}–{number}{}", text.get(number_end..end)?),
        (None, Some(to)) if is_spoken(text.get(number_end..to.start())?) => {
            format!("{first}–{}", text.get(to.start()..end)?)
        }
        _ => text.get(whole.start()..end)?.to_owned(),
    };
    // What was said before the amount is not lost where it stands alone: "€2,200 (Monthly)".
    let words = match ahead.and_then(|(_, it)| near.get(it.start()..end_of_word(near, it.end()))) {
        Some(period) => format!("{words} ({period})"),
        None => words,
    };
    let to = to.or(risen.map(|(to, _)| to));
    let salary = Salary { from, to, currency, period };
    plausible.then_some(Amount { range: whole.start()..end, salary, words })
}

/// Where the word ends that `end` may stand in.
fn end_of_word(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    if !text.get(..end).is_some_and(|text| text.ends_with(char::is_alphabetic)) {
        return end;
    }
    end + rest.find(|it: char| !it.is_alphanumeric()).unwrap_or(rest.len())
}

/// Whether two amounts are joined by a word that only stands in a sentence.
fn is_spoken(between: &str) -> bool {
    const AND: [&str; 6] = ["and", "und", "et", "y", "e", "en"];
    between.split_whitespace().any(|word| AND.contains(&word))
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
        "nz$" | "nzd$" => "NZD",
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
    fn an_amount_is_shown_as_a_range_and_in_whole_words() {
        for (text, shown) in [
            ("entre 2 450 et 3 100 euros bruts mensuels", "2 450–3 100 euros bruts mensuels"),
            ("€ 2.901 bruto per maand, oplopend tot € 3.707", "€ 2.901–3.707 bruto per maand"),
            ("£38,249 to £42,792 per annum", "£38,249 to £42,792 per annum"),
            ("Monthly salary of at least €2,200 gross", "€2,200 (Monthly)"),
            ("Salaires mensuels bruts : 2 050 €", "2 050 € (mensuels)"),
        ] {
            assert_eq!(amounts(text).next().map(|it| it.words).as_deref(), Some(shown));
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
            (
                "between 2 450 et 3 100 euros bruts mensuels",
                salary(2450.0, Some(3100.0), "EUR", month),
            ),
            ("A$113,262 – A$134,499 p.a.", salary(113_262.0, Some(134_499.0), "AUD", year)),
            (
                "£36,120 pro rata, rising in steps to £41,000",
                salary(36120.0, Some(41000.0), "GBP", None),
            ),
            (
                "€ 2.901 bruto per maand, oplopend tot € 3.707",
                salary(2901.0, Some(3707.0), "EUR", month),
            ),
            ("Salario bruto anual: 19.200 €", salary(19200.0, None, "EUR", year)),
            ("3 € per year", None),
        ] {
            assert_eq!(read(text), read_as, "{text}");
        }
    }
}
