//! How long the contract runs.

use super::labels::FieldKey;
use super::pattern::{Captures, Pattern};
use super::prose::{Prose, Role};
use crate::posting::{Field, Origin};

macro_rules! number {
    () => {
        "(?P<number>[0-9]{1,2}(?:[.,][0-9])?|one|two|three|four|five|six|nine|ten|twelve|eighteen|twenty-four|un|une|deux|trois|quatre|cinq|dos|tres|cuatro|cinco|due|tre|quattro|cinque|twee|drie|vier|vijf|ein(?:em|en|e)?|zwei|drei|vier|fünf|sechs|neun|zehn|zwölf|achtzehn)"
    };
}

macro_rules! unit {
    () => {
        "(?P<unit>years?|yrs?|months?|jahre?n?|monate?n?|ans?|années?|mois|años?|mes(?:es)?|ann[oi]|mes[ei]|jaar|jaren|maand(?:en)?)"
    };
}

/// The ways of saying it: "limited to three years", "auf 36 Monate befristet", "3-year contract".
static WAYS: [Pattern; 6] = [
    Pattern::new(concat!(
        r"(?i)\b(?:limited(?: initially)? (?:to|for)(?: a (?:period|duration|term) of)?|",
        r"(?:period|duration|term|contract|appointment) (?:of|for|is)|",
        r"(?:contract )?duration:?|vertragsdauer:?|laufzeit:?|befristet (?:auf|für)|",
        r"(?:für|auf) die dauer von|fixed[- ]term(?: contract)?(?: of| for)?|employment (?:of|for)|",
        r"(?:employed|funded|funding|available|financed|hired) for)",
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
        r"[ -]+(?:\S+[ -]){0,3}(?:positions?|contracts?|fellowships?|appointments?|stellen?|postdocs?|ph\.?d|scholarships?|post)\b"
    )),
    // "fixed for 3 years", "recruiting a student for a period of 36 months", "for a duration of"
    Pattern::new(concat!(
        r"(?i)\b(?:fixed|(?:for|over) a (?:total )?(?:period|duration|term) of|funded for|contract (?:will be |is )?for|",
        r"position (?:is|will be) for|appointment for|expected duration is|contract dur[a-z]+)",
        r"(?: (?:for|approximately|about|initially|up to|a|of))*\s+",
        number!(),
        r"[ -]",
        unit!(),
        r"\b"
    )),
    // "hiring a postdoc in tides for two years"
    Pattern::new(concat!(
        r"(?i)\b(?:position|post|postdoc|researcher|student|fellow|engineer|assistant|postdoctoral|promovendus|stelle|hilfskraft|mitarbeiter\S*)\b[^.;:]{0,60} (?:for|für|voor|pour|por|per)(?: (?:zunächst|vorerst|up to|initially|maximal|een periode van|een duur van))* ",
        number!(),
        r"[ -]",
        unit!(),
        r"\b"
    )),
    // Romance languages and Dutch: "d'une durée de 24 mois", "CDD de 18 mois", "durata di 12 mesi"
    Pattern::new(concat!(
        r"(?i)\b(?:durée|cdd|contrat|période|duración|contrato|beca|período|periodo|durata|contratto|",
        r"assegno|borsa|duur|contract|aanstelling|looptijd)\b(?: (?:du contrat|del contrato|del contratto|est|es|è|",
        r"is|de|d'une durée de|di|della durata di|per|voor(?: de duur van)?|van|prévue|prevista|totale?|total))*\s*:?\s*",
        number!(),
        r"[ -]",
        unit!(),
        r"\b"
    )),
];

/// A field of the front matter, which holds the duration alone; a range says none.
static FIELD: Pattern =
    Pattern::new(concat!(r"(?i)^[^0-9A-Za-zÀ-ɏ]*", number!(), r"[ -]", unit!(), r"\b"));

/// The same anywhere.
static ANYWHERE: Pattern = Pattern::new(concat!(r"(?i)\b", number!(), r"[ -]", unit!(), r"\b"));

/// The first length of time in a text, in months.
pub fn named(text: &str) -> Option<f64> {
    months(&ANYWHERE.captures(text)?)
}

/// One word for it: "borsa triennale".
static ADJECTIVE: Pattern = Pattern::new(
    r"(?i)\b(?:borsa|assegno|contratto|posizione|durata)\b[^.;:]{0,30}?\b(?P<years>annuale|biennale|triennale|quadriennale)\b",
);

/// The first duration that the page names, in months.
pub fn infer(prose: &Prose) -> Option<Field<f64>> {
    let labelled = prose.fields(FieldKey::Duration).find_map(|field| {
        let months = months(&FIELD.captures(&field.text)?)?;
        Some(Field::new(months, Origin::Inferred(field.span)))
    });
    if labelled.is_some() {
        return labelled;
    }
    let passages = prose.passages().filter(|passage| passage.role != Role::Title);
    passages.into_iter().find_map(|passage| {
        if let Some(captures) = ADJECTIVE.captures(&passage.text)
            && let (Some(whole), Some(years)) = (captures.get(0), captures.name("years"))
        {
            let months = match years.as_str().to_lowercase().as_str() {
                "annuale" => 12.0,
                "biennale" => 24.0,
                "triennale" => 36.0,
                _ => 48.0,
            };
            return Some(Field::new(months, Origin::Inferred(prose.span(passage, whole.range()))));
        }
        WAYS.iter().find_map(|way| {
            let captures = way.captures(&passage.text)?;
            let whole = captures.get(0)?;
            let months = months(&captures)?;
            let span = prose.span(passage, whole.range());
            Some(Field::new(months, Origin::Inferred(span)))
        })
    })
}

fn months(captures: &Captures<'_>) -> Option<f64> {
    let count = count(captures.name("number")?.as_str())?;
    let unit = captures.name("unit")?.as_str().to_lowercase();
    let months = ["m"].iter().any(|start| unit.starts_with(start));
    Some(if months { count } else { count * 12.0 })
}

fn count(word: &str) -> Option<f64> {
    let count = match word.to_lowercase().as_str() {
        "one" | "ein" | "eine" | "einem" | "einen" | "un" | "une" => 1.0,
        "two" | "zwei" | "deux" | "dos" | "due" | "twee" => 2.0,
        "three" | "drei" | "trois" | "tres" | "tre" | "drie" => 3.0,
        "four" | "vier" | "quatre" | "cuatro" | "quattro" => 4.0,
        "five" | "fünf" | "cinq" | "cinco" | "cinque" | "vijf" => 5.0,
        "twenty-four" => 24.0,
        "six" | "sechs" => 6.0,
        "nine" | "neun" => 9.0,
        "ten" | "zehn" => 10.0,
        "twelve" | "zwölf" => 12.0,
        "eighteen" | "achtzehn" => 18.0,
        digits => digits.replace(',', ".").parse().ok()?,
    };
    (count > 0.0).then_some(count)
}
