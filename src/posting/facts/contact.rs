//! Whom to write to.

use super::labels::FieldKey;
use super::names;
use super::pattern::Pattern;
use super::prose::{Passage, Prose};
use crate::posting::{Field, Origin};

static ADDRESS: Pattern =
    Pattern::new(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}");

/// `name [at] uni [dot] example`, and `name at uni dot example` where a dot is spelled out.
static DISGUISED: Pattern = Pattern::new(concat!(
    r"(?P<local>[A-Za-z0-9][A-Za-z0-9._+-]*(?: ?[\[({](?i:dot|punkt)[\])}] ?[A-Za-z0-9_+-]+)*)",
    r"(?: ?[\[({<] ?(?:(?i:at|ät|arroba|arobase|chiocciola|apenstaartje)|@) ?[\])}>] ?(?P<domain>[A-Za-z0-9-]+(?:(?:\.| ?[\[({<] ?(?:(?i:dot|punkt)|\.) ?[\])}>] ?| (?i:dot|punkt) )[A-Za-z0-9-]+)+)",
    r"| (?i:at) (?P<spelled>[A-Za-z0-9-]+(?: (?i:dot) [A-Za-z0-9-]+)+))"
));

static DOT: Pattern = Pattern::new(r" ?[\[({<] ?(?:(?i:dot|punkt)|\.) ?[\])}>] ?| (?i:dot|punkt) ");

/// Addresses that stand for one: `first.last@…`, `vorname.nachname@…`.
static PLACEHOLDER: Pattern = Pattern::new(
    r"(?ix)^
        (?: (?:first|last|sur|your|vor|nach|user)[._-]?name | pr[eé]nom | xxx+ | name | someone
        | example | user | you
        | (?:first|vorname|pr[eé]nom|nome|nombre|voornaam) [._-]
          (?:last|nachname|nom|cognome|apellido|achternaam) )
        (?: [._-] (?:last|sur|nach|family)?-?(?:name|nom) )? @",
);

macro_rules! title {
    () => {
        r"(?:(?:Univ\.-|Jun\.-|Junior|apl\. ?)?(?:Prof(?:essor(?:in|e)?|\.ssa|ssa|essoressa|\.a)?|Dott(?:\.ssa|ssa)?|Dra?|Ing|PD)\.?(?:-Ing\.?)?(?: (?:rer|med|phil|nat|habil|h|c)\.)* )"
    };
}

macro_rules! address {
    () => {
        r"(?:(?:Mr|Mrs|Ms|Frau|Herrn?|M\.?Sc)\.? )"
    };
}

/// A name in Latin letters: a capital and at least one small letter.
macro_rules! name {
    () => {
        r"[A-ZÀ-Þ]['’a-zß-ÿ][A-Za-zÀ-ɏ'’-]*"
    };
}

macro_rules! between {
    () => {
        r"(?: (?:von|van|de|der|zu|[A-ZÀ-Þ]\.))*"
    };
}

/// Two names or more, with or without a title.
macro_rules! person {
    () => {
        concat!(address!(), "?", title!(), "*", name!(), "(?:", between!(), " ", name!(), "){1,2}")
    };
}

/// A title and one name or more.
macro_rules! titled {
    () => {
        concat!(title!(), "+", name!(), "(?:", between!(), " ", name!(), "){0,2}")
    };
}

static PERSON: Pattern = Pattern::new(concat!("^", person!(), "$"));

/// A person right before an address.
static BESIDE: Pattern = Pattern::new(concat!(
    r"(?P<name>",
    person!(),
    r")(?: ?[,:;(<\[–-]| (?:via|at|by|per|unter|under)| (?:e-?mail|mail))*[ (<:]*$"
));

/// A person whom the page asks to write to, or who leads the group that hires.
static NAMED: [Pattern; 3] = [
    Pattern::new(concat!(
        r"\b(?i:contact(?: person)?|please (?:write|send [^.;]*) to|questions [^.;]*(?:to|contact)|",
        r"inquiries [^.;]*to|ansprechpartner(?:in)?|ansprechperson|kontakt|",
        r"auskünfte [^.;]*(?:von|erteilt))(?: is)?[ :]+(?P<name>",
        titled!(),
        ")"
    )),
    Pattern::new(concat!(
        r"\b(?i:headed|led|directed|supervised|under the (?:supervision|guidance|direction)|",
        r"geleitet|leitung|responsabile scientifico|responsable scientifique|investigador principal|",
        r"sous la direction|onder leiding)(?: (?:by|of|von|de|van|del|della))? (?P<name>",
        titled!(),
        ")"
    )),
    // Without a title only where somebody is to be written to.
    Pattern::new(concat!(
        r"\b(?i:e-?mail|contact|write to|reach out to|get in touch with|questions to|enquiries to|inquiries to|",
        r"wenden sie sich (?:bitte )?an|contacter|écrire à|auprès de|contactar con|contattare|neem contact op met|",
        r"bij|t\.a\.v\.|z\. ?hd\.|attn\.?|sous la direction de|encadrant|supervised by)[: ]+(?P<name>",
        person!(),
        ")"
    )),
];

/// The addresses to write to, in the order of the page. Placeholders are none.
pub fn infer_emails(prose: &Prose) -> Option<Field<Vec<String>>> {
    let mut addresses: Vec<String> = Vec::new();
    let mut first = None;
    for field in prose.fields(FieldKey::Email) {
        let found = ADDRESS.find_iter(&field.text).map(|it| it.as_str().to_lowercase());
        for address in found.filter(|address| !PLACEHOLDER.is_match(address)) {
            first.get_or_insert(field.span);
            addresses.push(address);
        }
    }
    for passage in prose.texts() {
        for (range, address) in addresses_in(passage) {
            if PLACEHOLDER.is_match(&address) || addresses.contains(&address) {
                continue;
            }
            first.get_or_insert_with(|| prose.span(passage, range));
            addresses.push(address);
        }
    }
    first.map(|span| Field::new(addresses, Origin::Inferred(span)))
}

/// The person to write to: who stands at the address, else who is named as the contact, else who
/// leads the group.
pub fn infer_name(prose: &Prose) -> Option<Field<String>> {
    for field in prose.fields(FieldKey::Contact) {
        let name = field.text.trim_end_matches(['.', ',', ';']);
        let joined = [" and ", " und ", " et ", " y ", " e ", " en "];
        let name = &joined.iter().fold(name.to_owned(), |name, and| name.replace(and, ", "));
        let people = name.split([',', ';', '&']).filter(|part| !part.trim().is_empty());
        if people.clone().all(|person| is_person(person.trim())) {
            return Some(Field::new(name.to_owned(), Origin::Inferred(field.span)));
        }
    }
    let field = |passage: &Passage, range: std::ops::Range<usize>| {
        let name = passage.text.get(range.clone()).unwrap_or_default();
        let name = without_address(name).to_owned();
        Field::new(name, Origin::Inferred(prose.span(passage, range)))
    };
    for passage in prose.texts() {
        for (range, _) in addresses_in(passage) {
            let words = passage.text.get(range.clone()).unwrap_or_default();
            if is_person(words) {
                return Some(field(passage, range));
            }
            let before = passage.before(range.start, 80);
            let beside = BESIDE.captures(before).and_then(|it| it.name("name"));
            if let Some(name) = beside.filter(|name| is_person(name.as_str())) {
                let start = range.start - before.len();
                return Some(field(passage, start + name.start()..start + name.end()));
            }
        }
    }
    NAMED.iter().find_map(|way| {
        prose.texts().find_map(|passage| {
            let name = way.captures(&passage.text)?.name("name")?;
            is_person(name.as_str()).then(|| field(passage, name.range()))
        })
    })
}

/// "Frau Dr. X" as "Dr. X".
fn without_address(name: &str) -> &str {
    static ADDRESSED: Pattern =
        Pattern::new(r"^(?:Mr|Mrs|Ms|Frau|Herrn?|Mme|M|Sra?|Sig(?:\.ra)?)\.? ");
    ADDRESSED.find(name).map_or(name, |address| &name[address.end()..])
}

/// Whether words are a person's name, as far as can be told without knowing the person.
fn is_person(words: &str) -> bool {
    const NOBODY: [&str; 25] = [
        "address",
        "person",
        "us",
        "hr",
        "personnel",
        "details",
        "form",
        "contact",
        "kontakt",
        "email",
        "e-mail",
        "mail",
        "please",
        "human",
        "resources",
        "office",
        "team",
        "secretariat",
        "sekretariat",
        "applications",
        "application",
        "bewerbung",
        "phone",
        "research",
        "deadline",
    ];
    let nobody = |word: &str| {
        NOBODY.contains(&word.to_lowercase().as_str()) || names::names_institution(word)
    };
    PERSON.is_match(words) && !words.split_whitespace().any(nobody)
}

/// The addresses of a passage and the words that carry them.
fn addresses_in(passage: &Passage) -> Vec<(std::ops::Range<usize>, String)> {
    let mut found = Vec::new();
    for link in &passage.links {
        if let Some(address) = link.url.strip_prefix("mailto:") {
            let address = address.split('?').next().unwrap_or_default().trim();
            let address = address.replace("%40", "@").to_lowercase();
            if ADDRESS.find(&address).is_some_and(|it| it.as_str() == address) {
                found.push((link.range.clone(), address));
            }
        }
    }
    for address in ADDRESS.find_iter(&passage.text) {
        found.push((address.range(), address.as_str().to_lowercase()));
    }
    for captures in DISGUISED.captures_iter(&passage.text) {
        let domain = captures.name("domain").or_else(|| captures.name("spelled"));
        if let (Some(whole), Some(local), Some(domain)) =
            (captures.get(0), captures.name("local"), domain)
        {
            let plain = |text: &str| DOT.replace_all(text, ".").to_lowercase();
            let address = format!("{}@{}", plain(local.as_str()), plain(domain.as_str()));
            if ADDRESS.find(&address).is_some_and(|it| it.as_str() == address) {
                found.push((whole.range(), address));
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}
