//! Towns with their country, state or province behind them: "Seahaven, Ontario, Canada",
//! "Seahaven (Belgium)", "Seahaven, VT 05400".

use std::ops::Range;

use super::super::pattern::Pattern;
use super::super::text::Searched;
use super::super::{labels, names};
use super::{country, university};

/// What may be a country, behind what sets it off from its town.
static COUNTRY: Pattern = Pattern::new(
    r"(?x) (?P<sign> ,\ | \ \( | \ –\ | \ -\ | \ /\ | \ \|\ ) (?:[Tt]he\ )?
        (?P<country> UK\b | U\.K\. | U\.S\.A\. | USA\b | Pays-Bas | [A-ZÀ-Þ][A-Za-zÀ-ɏ]{3,} (?:\ (?:of\ )? [A-ZÀ-Þ][A-Za-zÀ-ɏ]+){0,2} )",
);

/// A state of the US by its letters, which are a degree ("Ada Brine, MA") without what follows.
static STATE: Pattern = Pattern::new(
    r"(?x) (?P<sign> ,\ ) (?P<state> A[KLRZ] | C[AOT] | D[CE] | FL | GA | HI | I[ADLN] | K[SY] | LA
        | M[ADEINOST] | N[CDEHJMVY] | O[HKR] | PA | RI | S[CD] | T[NX] | UT | V[AT] | W[AIVY] )
        (?: \ [0-9]{5}\b | ,\ U\.?S | \ \(?U\.?S )",
);

/// A town, and the country that is written behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub city: Range<usize>,
    pub country: &'static str,
}

/// The pairs of a text, in its order.
pub fn pairs(searched: &(impl Searched + ?Sized)) -> Vec<Pair> {
    let text = searched.written();
    let mut found = Vec::new();
    for captures in COUNTRY.captures_iter(searched) {
        let (Some(sign), Some(words)) = (captures.name("sign"), captures.name("country")) else {
            continue;
        };
        let Some(code) = country_of(words.as_str()) else { continue };
        if let Some(city) = town_before(text, sign.start(), code) {
            found.push(Pair { city, country: code });
        }
    }
    for captures in STATE.captures_iter(searched) {
        if let Some(sign) = captures.name("sign")
            && let Some(city) = town_before(text, sign.start(), "US")
        {
            found.push(Pair { city, country: "US" });
        }
    }
    found.sort_by_key(|pair| pair.city.start);
    found.dedup();
    found
}

/// The country that words begin with, by as many of them as make one.
fn country_of(words: &str) -> Option<&'static str> {
    let ends = words.match_indices(' ').map(|(at, _)| at);
    let mut ends: Vec<usize> = ends.chain([words.len()]).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let name = words.get(..end)?;
        let plain = name.replace('.', "");
        country::of_state(name).or_else(|| country::code_of(&plain))
    })
}

/// The town that ends at a place of a text, if the words there can be one of this country.
fn town_before(text: &str, end: usize, code: &'static str) -> Option<Range<usize>> {
    let run = run_before(text, end)?;
    let words = text.get(run.clone())?;
    let before = text.get(..run.start)?;
    let segment_before = || {
        let end = before.strip_suffix(", ")?.len();
        town_before(text, end, code)
    };
    if country::is_region(words, code) {
        return segment_before();
    }
    // "University of Seahaven, Spain", "Seahaven University, Spain"
    if is_of_a_name(before) || words.split([' ', '-']).any(names::names_institution) {
        let named = names::names(text)
            .into_iter()
            .find(|name| name.range.start <= run.start && run.start < name.range.end)?;
        let name = text.get(named.range.clone())?;
        let (town, own) = university::town_of(name, Some(code))?;
        let at = named.range.start + name.find(town)?;
        return own.is_none_or(|own| own == code).then_some(at..at + town.len());
    }
    let known = country::of_city(words);
    if !is_town(words) || known.is_some_and(|known| known != code) {
        return None;
    }
    // "in Seahaven, Bay Province, Canada": the town comes first.
    if known.is_none()
        && let Some(end) = before.strip_suffix(", ").map(str::len)
        && let Some(first) = run_before(text, end)
        && text.get(first.clone()).is_some_and(|it| is_town(it) && !country::is_region(it, code))
        && stands_free(text.get(..first.start)?)
        && text.get(first.clone()).is_some_and(|it| country::code_of(it).is_none())
    {
        return Some(first);
    }
    let alone = !words.contains(' ');
    (known.is_some() || alone && !is_named(before) || stands_free(before)).then_some(run)
}

/// The run of capitalised words, at most four, that ends at a place of a text.
fn run_before(text: &str, end: usize) -> Option<Range<usize>> {
    const SMALL: [&str; 12] =
        ["am", "an", "der", "on", "upon", "de", "la", "le", "del", "di", "sur", "bei"];
    let before = text.get(..end)?;
    let mut start = end;
    for (count, word) in before.rsplit(' ').enumerate() {
        let opened = word.trim_start_matches(['(', '[', '„', '"', '“']);
        let capital = opened.starts_with(char::is_uppercase);
        let closed = start < end && opened.ends_with([',', ';', ':', '!', '?', ')', '|']);
        let dotted = start < end && opened.ends_with('.') && !["St.", "Ste."].contains(&opened);
        let begins = ["In", "At", "The", "Our", "Das", "Die", "Der", "Address"].contains(&opened)
            // "Where Seahaven, Spain": a label without its colon.
            || word.len() == before.split(' ').next().map_or(0, str::len)
                && before.starts_with(word)
                && labels::key_of(opened).is_some();
        if count > 3 || closed || dotted || begins || !capital && !SMALL.contains(&opened) {
            break;
        }
        let next = start.saturating_sub(opened.len() + usize::from(start < end));
        if capital {
            start = next;
        } else if start < end {
            // A small word joins only what stands on both sides of it.
            let joined = before.get(..next)?.trim_end();
            let first = joined.rsplit(' ').next().unwrap_or_default();
            if !first.starts_with(char::is_uppercase) || first.ends_with([',', ';', ':', '.']) {
                break;
            }
            start = next;
        }
        if opened.len() < word.len() {
            break;
        }
    }
    let words = before.get(start..)?;
    words.starts_with(char::is_uppercase).then_some(start..end)
}

/// Whether words can be the name of a town.
fn is_town(words: &str) -> bool {
    const NO_TOWN: [&str; 34] = [
        "association",
        "foundation",
        "society",
        "agency",
        "ministry",
        "council",
        "research",
        "science",
        "sciences",
        "technology",
        "physics",
        "chemistry",
        "biology",
        "mathematics",
        "informatics",
        "engineering",
        "medicine",
        "planck",
        "position",
        "postdoc",
        "phd",
        "professor",
        "remote",
        "online",
        "hybrid",
        "campus",
        "north",
        "south",
        "east",
        "west",
        "europe",
        "prof",
        "dr",
        "team",
    ];
    let letters = |word: &str| word.chars().all(|it| it.is_alphabetic() || "'’.".contains(it));
    let mut each = words.split([' ', '-']);
    words.chars().any(char::is_lowercase)
        && country::code_of(words).is_none()
        && each.all(|word| letters(word) && !NO_TOWN.contains(&word.to_lowercase().as_str()))
}

/// Whether what comes next is a part of a longer name: "Academy of | Seahaven".
fn is_of_a_name(before: &str) -> bool {
    [
        " of ", " of the ", " de ", " di ", " del ", " van ", " für ", " for ", " and ", " & ",
        " und ",
    ]
    .iter()
    .any(|small| before.ends_with(small))
}

/// Whether a title or first name stands right before.
fn is_named(before: &str) -> bool {
    let word = before.trim_end().rsplit(' ').next().unwrap_or_default();
    ["Prof.", "Dr.", "Professor", "Dr", "Mr", "Ms", "Frau", "Herr"].contains(&word)
}

/// Whether a place may begin here: at the beginning, behind a bracket, a sign or "in".
fn stands_free(before: &str) -> bool {
    static FREE: Pattern = Pattern::new(r"(?i)(?:^|[(:|,–]|\b(?:in|at|à|en|a|te|near|from|of)) ?$");
    FREE.is_match(before) && !is_named(before) || labels::key_of(before).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, &'static str)> {
        pairs(text).into_iter().map(|pair| (&text[pair.city], pair.country)).collect()
    }

    #[test]
    fn a_town_stands_before_its_country_and_perhaps_a_province() {
        for (text, town, code) in [
            ("the lab (Edgewater, Ontario, Canada) invites", "Edgewater", "CA"),
            ("at Brine College (Brine Falls, Vermont, USA; PI", "Brine Falls", "US"),
            ("Institute of Bays (Karlsheim, Germany), we", "Karlsheim", "DE"),
            ("University of Lindental, Switzerland — History", "Lindental", "CH"),
            ("Department of Physics, Lindental, Germany", "Lindental", "DE"),
            ("Bay City, VT 05400", "Bay City", "US"),
            ("Sankt Quirin (Austria)", "Sankt Quirin", "AT"),
        ] {
            assert_eq!(read(text).first(), Some(&(town, code)), "{text}");
        }
        for text in [
            "Academy of Sciences, Germany",
            "University of Bavaria, Germany",
            "Prof. Ada Brine, Germany",
            "the Coastal Association, Germany",
            "Ada Brine, MA and others",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
