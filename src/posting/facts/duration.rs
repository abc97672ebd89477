//! How long the contract runs.

use super::pattern::Pattern;
use super::prose::{Prose, Role};
use crate::posting::{Field, Origin};

macro_rules! number {
    () => {
        "(?P<number>[0-9]{1,2}(?:[.,][0-9])?|one|two|three|four|five|six|nine|ten|twelve|eighteen|ein(?:em|en|e)?|zwei|drei|vier|fünf|sechs|neun|zehn|zwölf|achtzehn)"
    };
}

macro_rules! unit {
    () => {
        "(?P<unit>years?|months?|jahre?n?|monate?n?)"
    };
}

/// The ways of saying it: "limited to three years", "auf 36 Monate befristet", "3-year contract".
static WAYS: [Pattern; 3] = [
    Pattern::new(concat!(
        r"(?i)\b(?:limited(?: initially)? (?:to|for)(?: a (?:period|duration|term) of)?|",
        r"(?:period|duration|term|contract|appointment) (?:of|for|is)|",
        r"(?:contract )?duration:?|vertragsdauer:?|laufzeit:?|befristet (?:auf|für)|",
        r"(?:für|auf) die dauer von|fixed[- ]term(?: contract)?(?: of| for)?|",
        r"(?:employed|funded|available|financed) for)",
        r"(?: (?:up to|initially|zunächst|an initial|the|a|maximal|at least|für|auf))*\s*",
        number!(),
        r"(?: \([0-9]+\))?[ -]",
        unit!(),
        r"\b"
    )),
    Pattern::new(concat!(r"(?i)\b(?:zunächst )?auf ", number!(), r" ", unit!(), r" befristet")),
    Pattern::new(concat!(
        r"(?i)\b",
        number!(),
        r"[ -]",
        unit!(),
        r"[ -]+(?:\S+[ -]){0,3}(?:position|contract|fellowship|appointment|stelle)\b"
    )),
];

/// The first duration that the page names, in months.
pub fn infer(prose: &Prose) -> Option<Field<f64>> {
    let passages = prose.passages().filter(|passage| passage.role != Role::Title);
    passages.into_iter().find_map(|passage| {
        WAYS.iter().find_map(|way| {
            let captures = way.captures(&passage.text)?;
            let whole = captures.get(0)?;
            let count = count(captures.name("number")?.as_str())?;
            let unit = captures.name("unit")?.as_str().to_lowercase();
            let months = if unit.starts_with(['y', 'j']) { count * 12.0 } else { count };
            let span = prose.span(passage, whole.range());
            Some(Field::new(months, Origin::Inferred(span)))
        })
    })
}

fn count(word: &str) -> Option<f64> {
    let count = match word.to_lowercase().as_str() {
        "one" | "ein" | "eine" | "einem" | "einen" => 1.0,
        "two" | "zwei" => 2.0,
        "three" | "drei" => 3.0,
        "four" | "vier" => 4.0,
        "five" | "fünf" => 5.0,
        "six" | "sechs" => 6.0,
        "nine" | "neun" => 9.0,
        "ten" | "zehn" => 10.0,
        "twelve" | "zwölf" => 12.0,
        "eighteen" | "achtzehn" => 18.0,
        digits => digits.replace(',', ".").parse().ok()?,
    };
    (count > 0.0).then_some(count)
}
