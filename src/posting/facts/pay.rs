//! Pay in the words of a collective agreement, and the share of a full-time position.

use std::ops::Range;

use super::pattern::{Captures, Pattern};
use super::prose::Prose;
use super::text::Searched;
use crate::posting::{Field, Origin};

/// A German collective agreement with its group behind it: `TV-L E13`, `TVL (E 13 - 75%)`.
static AGREEMENT: Pattern = Pattern::new(concat!(
    r"\bTV[- –]?(?P<name>L|H|V-L|öD|ÖD|oeD|Ä|G-U|UK)(?:[- ](?:Bund|VKA|L))?\b",
    r"(?:[ ,:(–-]*(?:(?i:salary|pay|remuneration) )?(?P<most>(?i:bis (?:zur? )?|up to ))?",
    r"(?:(?i:entgeltgruppe|pay (?:group|grade|scale)|salary (?:group|grade|level)|group|level|EG)|E|)",
    r"[ .-]?(?P<group>Ä ?[1-4](?: ?/ ?Ä ?[1-4])?|[0-9]{1,2}[abü]?(?: ?/ ?E? ?[0-9]{1,2})?)\b)?"
));

/// The group before its agreement: `E 13 TV-L`, `Entgeltgruppe 13 des TV-L`.
static GROUP_FIRST: Pattern = Pattern::new(concat!(
    r"(?P<most>\b(?i:bis (?:zur? )?|up to (?:the )?))?\b(?:EG|E|(?i:entgeltgruppe|pay (?:group|grade)|salary (?:group|grade)))[ .-]?(?:E ?)?",
    r"(?P<group>[0-9]{1,2}[abü]?(?: ?/ ?E? ?[0-9]{1,2})?)",
    r"[ ,(]*(?:[0-9]{1,3} ?%[ ,)]*)?(?:(?i:of the|of|according to(?: the)?|gemäß|nach|des|der|im)[ ]*)?",
    r"TV[- –]?(?P<name>L|H|V-L|öD|ÖD|oeD|G-U|UK)\b"
));

/// A group alone: `Entgeltgruppe 13`.
static GROUP_ALONE: Pattern = Pattern::new(
    r"(?P<most>\b(?i:bis (?:zur? )?|up to (?:the )?))?\b(?i:entgeltgruppe|(?:pay|salary) (?:group|grade)) ?(?:E|EG)? ?(?P<group>[0-9]{1,2}[ab]?)\b",
);

static PERCENT: Pattern = Pattern::new(
    r"(?P<range>[0-9]{1,3} ?%? ?(?:-|–|to|bis) ?)?\b(?P<share>[0-9]{1,3}(?:[.,][0-9]+)?) ?(?:%|percent\b|per cent\b|Prozent\b)",
);

/// Words before a share of a share: "100 %, of which 50 % for the thesis".
static OF_WHICH: Pattern = Pattern::new(
    r"(?i)\b(?:of which|thereof|including|davon|wovon|dont|di cui|de los cuales|de las cuales|waarvan)(?: [^ ,.;]+)? $",
);

/// Words around a percentage that make it a share of a full-time position.
static SHARE: Pattern = Pattern::new(
    r"(?ix) \b (?: part[-\ ]time | position | workload | employment | FTE\b | working\ (?:time|hours)
        | of\ (?:a\ |the\ )?full | contract\b | salary\b | brutto\b | TV[-\ ]?(?:L|H|öD) | E\ ?1[0-5]\b
        | stelle\b | fixed-term | permanent | unbefristet | teilzeit | arbeitszeit | umfang | beschäftigung | pensum )",
);

static FULL_TIME: Pattern =
    Pattern::new(r"(?i)\b(?:full[- ]time|vollzeit(?:stelle|beschäftigung|position)?)\b");

/// What a full-time position is called after the words "full-time".
static FULL_TIME_OFFER: Pattern = Pattern::new(
    r"(?ix)^ (?: [),]* | \ ?\([^)]*\) ) \ * (?:[^\s;]+\ ){0,4} [^\s.;]*
        (?: position | job\b | post\b | postdoc | researcher | contract | employment | stelle )
        | ^ [\ ,]* \(? (?:[0-9]{2}(?:[.,][0-9]{1,2})? \ ? (?:h|hours|std|stunden|wochenstunden)\b
        | 100\ ?% | 1[.,]0\ ?fte ) | ^ [\ ]? (?: $ | [.,;|]\ ? (?:$|[A-Z0-9]) )",
);

/// Whether a text speaks of the terms of a position: its share or its agreement.
pub fn names_terms(text: &(impl Searched + ?Sized)) -> bool {
    FTE.is_match(text) || AGREEMENT.is_match(text) || FULL_TIME.is_match(text)
}

static FULL_TIME_OTHER: Pattern = Pattern::new(
    r"(?ix) (?: part[-\ ]?time | teilzeit ) (?:\ or|\ oder|/|\ and|\ und|,)? \ ? $
        | ^ [\ ,/-]* (?:or|oder|and|und)? [\ /-]* (?: part[-\ ]?time | teilzeit )
        | ^ \ (?: staff | employees | students | equivalent )",
);

/// "1.0 FTE", "0,8 fte".
static FTE: Pattern = Pattern::new(
    r"(?i)(?P<range>[0-9] ?(?:-|–|to|tot|bis) ?)?\b(?P<share>[01](?:[.,][0-9]{1,2})?) ?(?:fte|vzä|etp)\b",
);

/// "half of the regular weekly hours".
static HALF: Pattern = Pattern::new(
    r"(?i)\b(?:hälfte der regelmäßigen|halbe (?:stelle|e13|tv-l)|half[- ](?:time|position)|halbtags|mi-temps|media jornada|metà tempo)",
);

/// Labels behind which "full-time" alone says the workload.
static HOURS: Pattern = Pattern::new(
    r"(?i)^[^0-9A-Za-zÀ-ɏ]*(?:work(?:ing)? (?:pattern|time|hours)|hours(?: per week)?|workload|employment(?: type)?|job type|contract(?: type)?|type of (?:contract|employment)|arbeitszeit|umfang|beschäftigungsumfang|quotité(?: de travail)?|temps de travail|jornada|dedicación|orario|impegno)\b[^:]{0,20}:\W*(?:\S+ ){0,4}?(?:full[- ]time|vollzeit|temps (?:complet|plein)|(?:jornada|dedicación|tiempo) completa?o?|tempo pieno|100 ?%)",
);

/// The pay scheme, for example `TV-L E13`.
pub fn infer_scheme(prose: &Prose) -> Option<Field<String>> {
    let mut agreement_alone = None;
    let mut group_alone = None;
    for passage in prose.passages() {
        for way in [&GROUP_FIRST, &AGREEMENT] {
            for captures in way.captures_iter(&passage.text) {
                let (Some(whole), Some(name)) = (captures.get(0), captures.name("name")) else {
                    continue;
                };
                let origin = Origin::Inferred(prose.span(passage, whole.range()));
                let name = agreement(name.as_str());
                match captures.name("group") {
                    Some(group) => {
                        let scheme = format!("{name} {}", grade(group.as_str()));
                        return Some(Field::new(at_most(&captures, scheme), origin));
                    }
                    None => {
                        agreement_alone.get_or_insert(Field::new(name, origin));
                    }
                }
            }
        }
        if let Some(captures) = GROUP_ALONE.captures(&passage.text)
            && let (Some(whole), Some(group)) = (captures.get(0), captures.name("group"))
        {
            let origin = Origin::Inferred(prose.span(passage, whole.range()));
            let group = at_most(&captures, grade(group.as_str()));
            group_alone.get_or_insert(Field::new(group, origin));
        }
    }
    match (agreement_alone, group_alone) {
        (Some(agreement), Some(group)) => {
            let scheme = match BOUND.find(&group.value) {
                Some(bound) => {
                    let (bound, group) = group.value.split_at(bound.end());
                    format!("{bound}{} {group}", agreement.value)
                }
                None => format!("{} {}", agreement.value, group.value),
            };
            Some(Field::new(scheme, group.origin))
        }
        (agreement, group) => agreement.or(group),
    }
}

/// "up to" before a group, which is no promise of it.
static BOUND: Pattern = Pattern::new(r"^(?:bis|up to) ");

/// A scheme with the "up to" that stands before it.
fn at_most(captures: &Captures<'_>, scheme: String) -> String {
    match captures.name("most") {
        Some(most) if most.as_str().to_lowercase().starts_with("bis") => format!("bis {scheme}"),
        Some(_) => format!("up to {scheme}"),
        None => scheme,
    }
}

/// The workloads that the page names, in per cent. The list of what is paid ("E13 - 75%") is more
/// exact than "full-time" in the running text and comes first.
pub fn infer_workload(prose: &Prose) -> Vec<Field<f64>> {
    let mut beside_pay = Vec::new();
    let mut shares = Vec::new();
    let mut full_time = Vec::new();
    for passage in prose.passages() {
        let pay: Vec<Range<usize>> = [&AGREEMENT, &GROUP_FIRST]
            .iter()
            .flat_map(|way| way.find_iter(&passage.text))
            .map(|found| found.range())
            .collect();
        for captures in PERCENT.captures_iter(&passage.text) {
            let (Some(whole), Some(share)) = (captures.get(0), captures.name("share")) else {
                continue;
            };
            let value: Option<f64> = share.as_str().replace(',', ".").parse().ok();
            let value = value.filter(|value| (5.0..=100.0).contains(value));
            // "65 - 100 %" leaves the share open; "E13 - 75%" does not.
            let Some(value) = value.filter(|_| !is_range(&captures)) else { continue };
            let near_pay =
                pay.iter().any(|pay| whole.start() < pay.end + 25 && pay.start < whole.end() + 25);
            let before = passage.before(whole.start(), 40);
            if OF_WHICH.is_match(before) {
                continue;
            }
            let after = passage.after(whole.end(), 30);
            let origin = || Origin::Inferred(prose.span(passage, share.start()..whole.end()));
            if near_pay {
                beside_pay.push(Field::new(value, origin()));
            } else if SHARE.is_match(before) || SHARE.is_match(after) {
                shares.push(Field::new(value, origin()));
            }
        }
        if let Some(words) = HOURS.find(&passage.text) {
            let origin = Origin::Inferred(prose.span(passage, words.range()));
            full_time.push(Field::new(100.0, origin));
        }
        if let Some(words) = HALF.find(&passage.text) {
            let origin = Origin::Inferred(prose.span(passage, words.range()));
            shares.push(Field::new(50.0, origin));
        }
        for captures in FTE.captures_iter(&passage.text) {
            let (Some(whole), Some(share)) = (captures.get(0), captures.name("share")) else {
                continue;
            };
            let share: Option<f64> = share.as_str().replace(',', ".").parse().ok();
            let share = share.filter(|_| captures.name("range").is_none());
            if let Some(share) = share.filter(|share| (0.05..=1.0).contains(share)) {
                let origin = Origin::Inferred(prose.span(passage, whole.range()));
                shares.push(Field::new((share * 1000.0).round() / 10.0, origin));
            }
        }
        for words in FULL_TIME.find_iter(&passage.text) {
            let after = passage.after(words.end(), 80);
            let other = FULL_TIME_OTHER.is_match(after)
                || FULL_TIME_OTHER.is_match(passage.before(words.start(), 30));
            if FULL_TIME_OFFER.is_match(after) && !other {
                let origin = Origin::Inferred(prose.span(passage, words.range()));
                full_time.push(Field::new(100.0, origin));
            }
        }
    }
    beside_pay.extend(shares);
    beside_pay.extend(full_time);
    beside_pay
}

/// Whether a percentage is the upper end of a range of shares.
fn is_range(captures: &Captures<'_>) -> bool {
    let Some(range) = captures.name("range") else { return false };
    let digits: String = range.as_str().chars().filter(char::is_ascii_digit).collect();
    // A pay group ("13 - 75%") is no lower end of a range: shares below 15 % are not offered so.
    digits.parse::<u32>().is_ok_and(|lower| lower > 15)
}

fn agreement(name: &str) -> String {
    match name {
        "öD" | "ÖD" | "oeD" => "TVöD".to_owned(),
        "V-L" => "TV-L".to_owned(),
        name => format!("TV-{name}"),
    }
}

fn grade(group: &str) -> String {
    let group: String = group.chars().filter(|letter| *letter != ' ').collect();
    if group.starts_with('Ä') { group } else { format!("E{group}") }
}
