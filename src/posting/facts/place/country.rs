//! The countries, their states and regions, and the towns that can be in one country only.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The ISO 3166-1 code of a country: a code itself, or its English or German name.
pub fn code_of(name: &str) -> Option<&'static str> {
    let name = name.trim().trim_end_matches('.');
    let folded = name.to_lowercase();
    let lines = include_str!("../countries.tsv").lines().filter_map(|line| line.split_once('\t'));
    let by_name = lines
        .filter(|(_, names)| names.split('|').any(|it| it.to_lowercase() == folded))
        .map(|(code, _)| code)
        .next();
    by_name.or_else(|| by_letters(name))
}

/// The country of a state or province that is written behind a town, where its name means nothing
/// else.
pub fn of_state(name: &str) -> Option<&'static str> {
    const STATES: [(&str, &[&str]); 3] = [
        (
            "US",
            &[
                "Alabama",
                "Alaska",
                "Arizona",
                "Arkansas",
                "California",
                "Colorado",
                "Connecticut",
                "Delaware",
                "Florida",
                "Hawaii",
                "Idaho",
                "Illinois",
                "Indiana",
                "Iowa",
                "Kansas",
                "Kentucky",
                "Louisiana",
                "Maine",
                "Maryland",
                "Massachusetts",
                "Michigan",
                "Minnesota",
                "Mississippi",
                "Missouri",
                "Montana",
                "Nebraska",
                "Nevada",
                "New Hampshire",
                "New Jersey",
                "New Mexico",
                "New York",
                "North Carolina",
                "North Dakota",
                "Ohio",
                "Oklahoma",
                "Oregon",
                "Pennsylvania",
                "Rhode Island",
                "South Carolina",
                "South Dakota",
                "Tennessee",
                "Texas",
                "Utah",
                "Vermont",
                "Virginia",
                "Washington",
                "West Virginia",
                "Wisconsin",
                "Wyoming",
            ],
        ),
        (
            "CA",
            &[
                "Alberta",
                "British Columbia",
                "Manitoba",
                "Ontario",
                "Quebec",
                "Québec",
                "Saskatchewan",
            ],
        ),
        ("AU", &["New South Wales", "Queensland", "Tasmania", "Victoria"]),
    ];
    STATES.iter().find(|(_, names)| names.contains(&name)).map(|(code, _)| *code)
}

/// A code of ISO 3166-1 by its letters, whatever their case.
pub fn by_letters(letters: &str) -> Option<&'static str> {
    CODES.split(' ').find(|code| code.eq_ignore_ascii_case(letters))
}

/// Whether a name is that of a state or region of this country, and of no town that people mean
/// by it.
pub fn is_region(name: &str, country: &str) -> bool {
    const TOWNS_TOO: [&str; 4] = ["New York", "Washington", "Quebec", "Québec"];
    let mut regions = REGIONS.iter().filter(|(code, _)| *code == country);
    of_state(name) == Some(country) && !TOWNS_TOO.contains(&name)
        || regions.any(|(_, names)| names.contains(&name))
}

/// Whether a name is that of a region of any country.
pub fn is_a_region(name: &str) -> bool {
    REGIONS.iter().any(|(_, names)| names.contains(&name))
}

/// Regions by their country.
const REGIONS: [(&str, &[&str]); 6] = [
    (
        "DE",
        &[
            "Bavaria",
            "Bayern",
            "Saxony",
            "Sachsen",
            "Hesse",
            "Hessen",
            "Thuringia",
            "Thüringen",
            "Saarland",
            "Württemberg",
            "Schleswig-Holstein",
            "Baden-Württemberg",
            "Niedersachsen",
        ],
    ),
    (
        "IT",
        &[
            "Tuscany",
            "Toscana",
            "Lombardy",
            "Lombardia",
            "Sicily",
            "Sicilia",
            "Sardinia",
            "Sardegna",
            "Piedmont",
            "Piemonte",
            "Liguria",
            "Veneto",
            "Umbria",
            "Lazio",
            "Puglia",
        ],
    ),
    (
        "ES",
        &[
            "Catalonia",
            "Cataluña",
            "Catalunya",
            "Andalusia",
            "Andalucía",
            "Galicia",
            "Asturias",
            "Cantabria",
            "Aragón",
            "Extremadura",
        ],
    ),
    (
        "FR",
        &[
            "Brittany",
            "Bretagne",
            "Normandy",
            "Normandie",
            "Alsace",
            "Provence",
            "Burgundy",
            "Bourgogne",
            "Occitanie",
            "Aquitaine",
        ],
    ),
    ("GB", &["Scotland", "Wales", "England", "Ireland"]),
    ("AT", &["Tyrol", "Tirol", "Styria", "Steiermark", "Carinthia", "Kärnten", "Vorarlberg"]),
];

/// The country of a university town whose name means no other place.
pub fn of_city(city: &str) -> Option<&'static str> {
    static CITIES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        include_str!("../cities.tsv").lines().filter_map(|line| line.split_once('\t')).collect()
    });
    CITIES.get(city).copied()
}

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
