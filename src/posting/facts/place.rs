//! Where the work is: town and country.

use super::pattern::{Match, Pattern};
use super::prose::Prose;
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

/// Read from a line or sentence that says it, else from the organisation's name ("University of
/// Bonn") if it holds a town that cannot be mistaken. A German collective agreement says that
/// the work is in Germany.
pub fn infer(
    prose: &Prose,
    organisation: Option<&Field<String>>,
    pay_scheme: Option<&Field<String>>,
) -> Place {
    let mut place =
        stated(prose).or_else(|| organisation.and_then(of_organisation)).unwrap_or_default();
    if place.country.is_none() {
        let german = pay_scheme.filter(|scheme| scheme.value.starts_with("TV"));
        place.country = german.map(|scheme| inferred("DE", &scheme.origin));
    }
    place
}

/// The ISO 3166-1 code of a country: a code itself, or its English or German name.
pub fn country_code(name: &str) -> Option<&'static str> {
    let name = name.trim().trim_end_matches('.');
    let by_name = COUNTRIES.iter().find(|(_, names)| {
        names
            .iter()
            .any(|it| it.eq_ignore_ascii_case(name) || it.to_lowercase() == name.to_lowercase())
    });
    let code = || CODES.split(' ').find(|code| code.eq_ignore_ascii_case(name));
    by_name.map(|(code, _)| *code).or_else(code)
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
        let code = country.and_then(|it| country_code(it.as_str()).map(|code| (it, code)));
        let known = country_of_city(city.as_str());
        // A capitalised word after "is in" is a town only if a country or the table says so.
        if !by_line && known.is_none() && code.is_none() || country_code(city.as_str()).is_some() {
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

fn of_organisation(organisation: &Field<String>) -> Option<Place> {
    let mut words = organisation.value.split([' ', ',', '(', ')', '/']);
    let (city, code) = words.find_map(|word| country_of_city(word).map(|code| (word, code)))?;
    let field = |text: &str| Some(inferred(text, &organisation.origin));
    Some(Place { city: field(city), country: field(code) })
}

/// A fact that follows from another one, and stands where that one stands.
fn inferred(text: &str, from: &Origin) -> Field<String> {
    let origin = match from {
        Origin::Declared(span) | Origin::Inferred(span) => Origin::Inferred(*span),
        Origin::Default => Origin::Default,
    };
    Field::new(text.to_owned(), origin)
}

/// The country of a university town whose name means no other place.
fn country_of_city(city: &str) -> Option<&'static str> {
    const CITIES: &str = include_str!("cities.tsv");
    CITIES.lines().find_map(|line| {
        let (name, code) = line.split_once('\t')?;
        (name == city).then_some(code)
    })
}

/// Countries by the names that English and German ads give them.
const COUNTRIES: [(&str, &[&str]); 44] = [
    ("AT", &["Austria", "Österreich"]),
    ("AU", &["Australia", "Australien"]),
    ("BE", &["Belgium", "Belgien"]),
    ("BG", &["Bulgaria", "Bulgarien"]),
    ("BR", &["Brazil", "Brasilien"]),
    ("CA", &["Canada", "Kanada"]),
    ("CH", &["Switzerland", "Schweiz", "die Schweiz"]),
    ("CN", &["China"]),
    ("CY", &["Cyprus", "Zypern"]),
    ("CZ", &["Czech Republic", "Czechia", "Tschechien"]),
    ("DE", &["Germany", "Deutschland"]),
    ("DK", &["Denmark", "Dänemark"]),
    ("EE", &["Estonia", "Estland"]),
    ("EG", &["Egypt", "Ägypten"]),
    ("ES", &["Spain", "Spanien"]),
    ("FI", &["Finland", "Finnland"]),
    ("FR", &["France", "Frankreich"]),
    ("GB", &["United Kingdom", "UK", "Great Britain", "England", "Scotland", "Wales"]),
    ("GR", &["Greece", "Griechenland"]),
    ("HR", &["Croatia", "Kroatien"]),
    ("HU", &["Hungary", "Ungarn"]),
    ("IE", &["Ireland", "Irland"]),
    ("IL", &["Israel"]),
    ("IN", &["India", "Indien"]),
    ("IS", &["Iceland", "Island"]),
    ("IT", &["Italy", "Italien"]),
    ("JP", &["Japan"]),
    ("KR", &["South Korea", "Südkorea"]),
    ("LT", &["Lithuania", "Litauen"]),
    ("LU", &["Luxembourg", "Luxemburg"]),
    ("LV", &["Latvia", "Lettland"]),
    ("MX", &["Mexico", "Mexiko"]),
    ("NL", &["Netherlands", "The Netherlands", "Niederlande"]),
    ("NO", &["Norway", "Norwegen"]),
    ("NZ", &["New Zealand", "Neuseeland"]),
    ("PL", &["Poland", "Polen"]),
    ("PT", &["Portugal"]),
    ("RO", &["Romania", "Rumänien"]),
    ("SE", &["Sweden", "Schweden"]),
    ("SG", &["Singapore", "Singapur"]),
    ("SI", &["Slovenia", "Slowenien"]),
    ("SK", &["Slovakia", "Slowakei"]),
    ("TR", &["Turkey", "Türkiye", "Türkei"]),
    ("US", &["United States", "United States of America", "USA"]),
];

/// The codes of ISO 3166-1 alpha-2.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ \
    BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ \
    DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP \
    GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI \
    KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP \
    MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX \
    SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU \
    WF WS YE YT ZA ZM ZW";
