//! How long the contract runs.

use chrono::Datelike;

use super::labels::FieldKey;
use super::pattern::{Captures, Pattern};
use super::prose::{Passage, Prose, Role};
use super::{pay, position_type, words};
use crate::posting::{Field, Origin, PartialDate};

macro_rules! number {
    () => {
        "(?P<number>[0-9]{1,2}(?:[.,][0-9])?|one|two(?: and a half)?|three(?: and a half)?|four|five|six|seven|eight|nine|ten|twelve|eighteen|twenty-four|thirty-six|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|douze|dix-huit|vingt-quatre|trente-six|una?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|dieciocho|veinticuatro|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|dodici|diciotto|ventiquattro|trentasei|één|een|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|twaalf|achttien|anderhalf|ein(?:em|en|e)?|zwei|zweieinhalb|drei|dreieinhalb|eineinhalb|anderthalb|fünf|sechs|sieben|neun|zehn|zwölf|achtzehn|vierundzwanzig|sechsunddreißig)"
    };
}

macro_rules! unit {
    () => {
        "(?P<unit>years?|yrs?|months?|jahre?n?|monate?n?|ans?|années?|mois|años?|mes(?:es)?|ann[oi]|mes[ei]|jaar|jaren|maand(?:en)?)"
    };
}

/// The ways of saying it: "limited to three years", "auf 36 Monate befristet", "3-year contract".
static WAYS: [Pattern; 7] = [
    Pattern::new(concat!(
        r"(?i)\b(?:limited(?: initially)? (?:to|for)(?: a (?:period|duration|term) of)?|",
        r"(?:period|duration|term|contract|appointment) (?:of|for|is)|",
        r"(?:contract )?duration:?|(?:funding|term|finanzierung|financement|financiación):|vertragsdauer:?|laufzeit:?|befristet (?:auf|für)|",
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
    // "the positions last three years"
    Pattern::new(concat!(
        r"(?i)\b(?:positions?|fellowships?|contracts?|appointments?|studentships?|scholarships?|which|that|it|and|will|may|to|they) last(?:s|ing)?(?: (?:for|up to|about|initially))* ",
        number!(),
        r"[ -]",
        unit!(),
        r"\b"
    )),
    // Romance languages and Dutch: "d'une durée de 24 mois", "CDD de 18 mois", "durata di 12 mesi"
    Pattern::new(concat!(
        r"(?i)\b(?:durée|cdd|contrat|période|duración|contrato|beca|período|periodo|durata|contratto|",
        r"assegno|borsa|duur|contract|aanstelling|looptijd)\b(?: (?:predoctoral|postdoctoral|doctoral|temporal|laboral|tijdelijk|du contrat|del contrato|del contratto|est|es|è|",
        r"is|de|d'une durée de|di|della durata di|per|voor(?: de duur van)?|van|prévue|prevista|totale?|total))*\s*:?\s*",
        number!(),
        r"[ -]",
        unit!(),
        r"\b"
    )),
];

/// The same without a word that names it, in a passage that offers the position: "for 24 months",
/// "(75 %, three years)".
static BARE: [Pattern; 2] = [
    Pattern::new(concat!(
        r"(?i)\b(?:for|auf|für|pour|pendant|por|durante|per|voor)(?: (?:up to|initially|zunächst|vorerst|maximal|an initial|a|the|de|i))* ",
        number!(),
        r"[ -]",
        unit!(),
        r"\b"
    )),
    Pattern::new(concat!(
        r"(?i)(?:^|[(,;|–]) ?",
        number!(),
        r"[ -]",
        unit!(),
        r"(?: \S{1,3} [0-9]{1,2} \S+)? ?(?:[),;|–.]|$)"
    )),
];

/// Words before a length of time that is not the contract's.
static OTHER: Pattern = Pattern::new(
    r"(?ix) \b (?: experience | erfahrung | expérience | experiencia | esperienza | ervaring | exten[ds]\S* | renew\S* | prolong\S*
        | verläng\S* | proro\S* | prórroga\S* | renov\S* | renouvel\S* | rinnov\S* | at\ least | minimum | mindestens | more\ than | less\ than
        | within | past | previous | after | nach | every | probation\S* | probezeit | abroad | ausland | awarded
        | stay\S* | another | additional | further | weitere[nr]? | review\S* | evaluation | training | since | project\ (?:runs|lasts) ) \b [^.;]* $",
);

/// "There is a probation period of six months."
static PROBATION: Pattern =
    Pattern::new(r"(?i)\b(?:probation\S*|probezeit|proeftijd|essai|prueba|prova) (?:\S+ ){0,2}$");

/// Words behind one that make it something else.
static NOT_THE_CONTRACT: Pattern = Pattern::new(
    r"(?ix)^ ['’]? [\ -]* (?: (?:\S+\ ){0,2} (?:experience | erfahrung | berufserfahrung | expérience | experiencia | esperienza | ervaring)
        | ago | old | later | after | prior | before | following | since | extension | prolongation | verlängerung | renewal | degree | programme | program | of\ (?:study|age|teaching|service) ) \b",
);

/// What stands between the first and the last day of a contract.
static TO: Pattern = Pattern::new(
    r"(?i)^,? ?(?:–|-|—|to|until|till|through|bis(?: zum)?|au|al|hasta(?: el)?|tot(?: en met)?|t/m)(?: the)? ?$",
);

/// What is said of where such days stand.
static CONTRACT: Pattern = Pattern::new(
    r"(?i)\b(?:positions?|contract|employ|appoint|candidate|researcher|fellow|project|funded|duration|fixed|limited|befristet|stelle|vertrag|laufzeit|dauer|contrat|contrato|contratto|periodo|período|période|aanstelling)",
);

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
    let passages = || prose.passages().filter(|passage| passage.role != Role::Title);
    let named = passages().find_map(|passage| told(prose, passage));
    named
        .or_else(|| passages().find_map(|passage| bare(prose, passage)))
        .or_else(|| {
            let (field, _) = passages().find_map(|passage| between_days(prose, passage))?;
            Some(field)
        })
        .or_else(|| {
            let title = prose.passages().find(|passage| passage.role == Role::Title)?;
            told(prose, title).or_else(|| bare(prose, title))
        })
}

/// The duration in a passage that names it as one.
fn told(prose: &Prose, passage: &Passage) -> Option<Field<f64>> {
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
        let captures = way.captures_iter(&passage.text).find(|captures| {
            captures.get(0).is_some_and(|it| !PROBATION.is_match(passage.before(it.start(), 30)))
        })?;
        let whole = captures.get(0)?;
        let months = months(&captures)?;
        let span = prose.span(passage, whole.range());
        Some(Field::new(months, Origin::Inferred(span)))
    })
}

/// A length of time in a passage that offers the position, or in a line about its terms.
fn bare(prose: &Prose, passage: &Passage) -> Option<Field<f64>> {
    let offers = || {
        words::OFFER.is_match(&passage.text)
            || position_type::kind_of(&passage.text).is_some()
            || pay::names_terms(&passage.text)
    };
    BARE.iter().find_map(|way| {
        let captures = way.captures_iter(&passage.text).find(|captures| {
            captures.get(0).zip(captures.name("unit")).is_some_and(|(whole, unit)| {
                !OTHER.is_match(passage.before(whole.start(), 60))
                    && !NOT_THE_CONTRACT.is_match(passage.after(unit.end(), 40))
            })
        })?;
        let range = captures.name("number")?.start()..captures.name("unit")?.end();
        let months = months(&captures).filter(|months| *months >= 2.0)?;
        offers().then(|| Field::new(months, Origin::Inferred(prose.span(passage, range))))
    })
}

/// The time from a first to a last day ("1 August 2027 – 31 July 2031"), and that first day.
pub fn between_days(prose: &Prose, passage: &Passage) -> Option<(Field<f64>, PartialDate)> {
    passage.dates().windows(2).find_map(|pair| {
        let [first, last] = pair else { return None };
        let between = passage.text.get(first.range.end..last.range.start)?;
        if !TO.is_match(between) || !CONTRACT.is_match(&passage.text) {
            return None;
        }
        let (Some(from), Some(to)) = (first.reading.date(), last.reading.date()) else {
            return None;
        };
        let months = months_from(from, to).filter(|months| (3.0..=120.0).contains(months))?;
        let span = prose.span(passage, first.range.start..last.range.end);
        Some((Field::new(months, Origin::Inferred(span)), from))
    })
}

/// The whole months from the first day of one date to the last of another.
fn months_from(from: PartialDate, to: PartialDate) -> Option<f64> {
    let ((year, month, day), (until_year, until_month, last)) = match (from, to) {
        (PartialDate::Day(from), PartialDate::Day(to)) => {
            let to = to.succ_opt()?;
            ((from.year(), from.month0(), from.day()), (to.year(), to.month0(), to.day()))
        }
        (
            PartialDate::Month { year, month },
            PartialDate::Month { year: until_year, month: until_month },
        ) => ((year, month, 1), (until_year, until_month + 1, 1)),
        _ => return None,
    };
    let months = f64::from(until_year - year) * 12.0 + f64::from(until_month) - f64::from(month);
    (day == last).then_some(months)
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
        "una" | "één" | "een" => 1.0,
        "eineinhalb" | "anderthalb" | "anderhalf" => 1.5,
        "two" | "zwei" | "deux" | "dos" | "due" | "twee" => 2.0,
        "two and a half" | "zweieinhalb" => 2.5,
        "three" | "drei" | "trois" | "tres" | "tre" | "drie" => 3.0,
        "three and a half" | "dreieinhalb" => 3.5,
        "four" | "vier" | "quatre" | "cuatro" | "quattro" => 4.0,
        "five" | "fünf" | "cinq" | "cinco" | "cinque" | "vijf" => 5.0,
        "six" | "sechs" | "seis" | "sei" | "zes" => 6.0,
        "seven" | "sieben" | "sept" | "siete" | "sette" | "zeven" => 7.0,
        "eight" | "acht" | "huit" | "ocho" | "otto" => 8.0,
        "nine" | "neun" | "neuf" | "nueve" | "nove" | "negen" => 9.0,
        "ten" | "zehn" | "dix" | "diez" | "dieci" | "tien" => 10.0,
        "twelve" | "zwölf" | "douze" | "doce" | "dodici" | "twaalf" => 12.0,
        "eighteen" | "achtzehn" | "dix-huit" | "dieciocho" | "diciotto" | "achttien" => 18.0,
        "twenty-four" | "vierundzwanzig" | "vingt-quatre" | "veinticuatro" | "ventiquattro" => 24.0,
        "thirty-six" | "sechsunddreißig" | "trente-six" | "trentasei" => 36.0,
        digits => digits.replace(',', ".").parse().ok()?,
    };
    (count > 0.0).then_some(count)
}
