//! Towns in the names of universities: they are called after them in most countries, and after
//! regions, people or subjects in some.

use super::super::pattern::Pattern;
use super::country;

/// The ways in which a name holds a town, with the country where only one has such names.
static WAYS: [(Pattern, Option<&str>); 6] = [
    (
        Pattern::new(
            r"(?:^| )(?:TH|Technische[n]? Hochschule) (?:zu )?(?P<town>[A-ZÀ-Þ][a-zß-ÿ]{3,})$",
        ),
        Some("DE"),
    ),
    (
        Pattern::new(concat!(
            r"(?:^|[ -])(?:TU|FH|Uni|Universität|Universitaet|Hochschule|Fachhochschule|Universitätsklinikum|Universitätsmedizin|",
            r"Universitätsbibliothek|Universitätsklinik) (?:zu |in )?(?P<town>(?:Bad |Sankt |St\. )?[A-ZÀ-Þ][a-zß-ÿ]{3,})$"
        )),
        None,
    ),
    (
        Pattern::new(
            r"\b(?:[Uu]niversit(?:à|a'|a’)(?: degli [Ss]tudi)?|[Pp]olitecnico) di (?P<town>(?:San |Reggio )?[A-ZÀ-Þ][a-zß-ÿ]{2,})$",
        ),
        Some("IT"),
    ),
    (Pattern::new(r"\bRijksuniversiteit (?P<town>[A-ZÀ-Þ][a-zß-ÿ]{2,})$"), Some("NL")),
    (
        Pattern::new(
            r"\b(?:Université de|Universidad de|Universitat de|Universidade de|Universiteit(?: van)?|[Uu]niversitetet i) (?P<town>(?:San |Santa |Saint-|Punta )?[A-ZÀ-Þ][a-zß-ÿ]{2,})$",
        ),
        None,
    ),
    (
        Pattern::new(
            r"\b(?:University|Technical University|Technological University|University Hospital|Medical University) of (?P<town>(?:Bad |Sankt |St\. |San )?[A-ZÀ-Þ][a-zß-ÿ]{2,})$",
        ),
        None,
    ),
];

/// "Aarhus University": in these countries such a university is called after its town.
static TOWN_FIRST: Pattern = Pattern::new(
    r"^(?:The )?(?P<town>[A-ZÀ-Þ][a-zß-ÿ]{2,}) (?:Technical )?University(?: Hospital| Medical Center| Library)?$",
);
const TOWN_FIRST_IN: [&str; 7] = ["DK", "SE", "NO", "NL", "BE", "EE", "LT"];

/// A bracket or a comma behind a name: "University of Bonn (UB)".
static BEHIND: Pattern = Pattern::new(r"(?:,| \(| –| -| /).*$");

/// The town in the name of a university, with its country if the name is of that country's kind.
/// `country` is where it is said to be. What is called after a region, a person or a subject has
/// none; nor has a name that goes on.
pub fn town_of<'n>(
    name: &'n str,
    country: Option<&str>,
) -> Option<(&'n str, Option<&'static str>)> {
    let name = BEHIND.find(name).map_or(name, |behind| &name[..behind.start()]).trim();
    let town = |pattern: &Pattern| {
        let found = pattern.captures(name)?.name("town")?;
        let town = name.get(found.range())?;
        (!is_no_town(town)).then_some(town)
    };
    let named = WAYS.iter().find_map(|(way, of)| Some((town(way)?, *of)));
    let (town, of) = named.or_else(|| {
        country.filter(|code| TOWN_FIRST_IN.contains(code))?;
        Some((town(&TOWN_FIRST)?, None))
    })?;
    Some((town, country::of_city(town).or(of)))
}

/// Regions, lands, peoples and subjects after which universities are called, and not the towns they
/// are in.
fn is_no_town(word: &str) -> bool {
    NO_TOWNS.split_whitespace().any(|it| it == word)
        || country::code_of(word).is_some()
        || country::of_state(word).is_some()
        || country::is_a_region(word)
}

const NO_TOWNS: &str = "
    Aalto Agder Aegean Agriculture Alabama Alcalá Algarve Ålesund Andalucía Anhalt Antioquia Applied Aragon Artois Arts
    Aveyron Aegaeis Auvergne Azores Bavaria Bedfordshire Bergakademie Bergamo Berkshire Bohemia Bourgogne Bretagne
    Brunel Buckinghamshire Burgenland Burgundy Calabria California Campania Canterbury Cantabria Castilla
    Catalunya Chile Christian Commerce Corse Corsica Crete Cumbria Cyprus Dalarna Dalmatia Delaware
    Deutschland Dundalk East Eastern Economics Education Erasmus Essex Extremadura Fernstudien Finance Flanders
    Fresenius Friuli Galicia Georgia Gloucestershire Government Guam Guelderland Gävleborg Hainaut Halland
    Harz Health Hertfordshire Highlands Holland Iceland Illinois Innlandet Insubria International Ireland
    Kansas Kent Kentucky Kärnten Keele Lancashire Languedoc Lapland Latvia Law Liechtenstein Life Limburg
    Linnaeus Lorraine Lusíada Luxembourg Macedonia Macromedia Madeira Malaya Malta Manitoba Maine Maryland
    Medicine Michigan Mid Middlesex Minho Minnesota Mississippi Missouri Mittelhessen Molise Montana Munster
    Music National Natural Navarra Nebraska Nevada New Newfoundland Niederrhein Niederösterreich Nord Nordland
    Nordwestschweiz Normandie North Northern Northumbria Notre Oberösterreich Oklahoma Open Oregon Ostfalia
    Otago Pannonia Peloponnese Pharmacy Picardie Piemonte Primorska Provence Queensland Radboud Rhein
    Rheinmain Rheinland Roehampton Ruhr Réunion Saarland Saarlandes Sains Salento Sannio Savoie Saxony Schleswig
    Science Sciences Scienze Silesia Social South Southern Sport Strathclyde Steiermark Surrey Sussex Südwestfalen
    Södertörn Tasmania Technik Technology Texas Thessaly Thrace Thurgau Tilburg Tirol Trakia Trans Tras Tromso
    Tuscia Twente Tyrol Ulster Umbria Utah Vermont Veterinary Victoria Virginia Vorarlberg Waikato Wales Wallis
    Warwick Washington West Western Westküste Wien Wirtschaft Wisconsin Wyoming Zeeland Zuyd Graubünden
    Waterford Hawaii Oulunsalo Savonia Karelia Hankou Kunst Künste Musik Bodenkultur Gesundheit Medizin Polizei
    Bundeswehr Angewandte Humanistiek Antilles Amazonas Andes Roma Costa Puerto Buenos Las Los Guanajuato
    Sonora Colima Jalisco Nariño Caldas Bío Magallanes Tarapacá Atacama";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_university_is_in_the_town_of_its_name_and_not_in_a_region() {
        for (name, country, expected) in [
            ("Universität Weidenau", None, Some(("Weidenau", None))),
            ("Technische Universität Lauenberg", None, Some(("Lauenberg", None))),
            ("TH Ilmfeld", None, Some(("Ilmfeld", Some("DE")))),
            ("Universitätsbibliothek Seeburg", None, Some(("Seeburg", None))),
            ("Università di Monteforte", None, Some(("Monteforte", Some("IT")))),
            ("Rijksuniversiteit Waarden", None, Some(("Waarden", Some("NL")))),
            ("University of Lindental (UL)", None, Some(("Lindental", None))),
            ("Aarsund University", Some("DK"), Some(("Aarsund", None))),
            ("Aarsund University", Some("US"), None),
            ("University of California", None, None),
            ("University of Kent", None, None),
            ("Université de Lorraine", None, None),
            ("Universidad de Navarra", None, None),
            ("Universität des Saarlandes", None, None),
            ("University of Applied Sciences", None, None),
            ("University of the Coast", None, None),
            ("Universität Duisburg-Essen", None, None),
            ("Aalto University", Some("SE"), None),
        ] {
            assert_eq!(town_of(name, country), expected, "{name}");
        }
    }
}
