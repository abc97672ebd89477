//! Whom to write to.

use super::addresses::{self, Purpose};
use super::labels::FieldKey;
use super::names;
use super::pattern::Pattern;
use super::people;
use super::prose::{Passage, Prose};
use super::sentence;
use crate::diagnostic::Span;
use crate::posting::{Field, Origin};

macro_rules! title {
    () => {
        r"(?:(?:Univ\.-|Jun\.-|Junior|apl\. ?|(?:Assoc(?:iate|\.)|Assist(?:ant|\.)|Asst\.|Full) )?(?:Prof(?:essor(?:in|e)?|\.ssa|ssa|essoressa|\.a)?|Dott(?:\.ssa|ssa)?|Dr\.ssa|Dra?|dr|ir|Ing|PD|Mag|Doc|Docent|Dipl\.?-[A-Z][a-z]{2,7})\.?(?:-Ing\.?)?(?: (?:rer|med|phil|nat|habil|h|c)\.)* )"
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
    r")(?:,? (?:M\.? ?(?:Sc|A|Eng)|B\.? ?Sc|Ph\.? ?D|MBA|MPH|MD)\.?)?(?: \((?:she|he|they)/[a-z/]+\))?",
    r"(?: ?[,:;(<\[–|-]| (?:via|at|by|per|unter|under|on|tramite|sous|bajo)| (?:e-?mail|mail|email)| (?:phone|tel|telephone|telefon|tél|tlf|tfno|telefoon|teléfono|mobile|fon)\b\.?| [+(0]?[0-9][-0-9 ()/.]{4,}[0-9]| (?:or|oder|ou|o|of|and|und)\b)*[ (<:]*$"
));

/// A person whom the page asks to write to, or who leads the group that hires.
static NAMED: [Pattern; 4] = [
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
    // "the Tides Lab (Prof. Ada Brine)"
    Pattern::new(concat!(
        r"\b(?i:group|lab|laboratory|chair|team|arbeitsgruppe|ag|lehrstuhl|professur|fachgebiet|abteilung|équipe|grupo|gruppo|vakgroep)\b[^.;:()]{0,50}",
        r" \((?i:(?:pi|head|leitung|leiter(?:in)?|led by)[: ]+)?(?P<name>",
        titled!(),
        r")\)"
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

/// Whether a passage asks for applications by e-mail, wherever the address stands.
fn is_by_mail(passage: &Passage) -> bool {
    static BY_MAIL: Pattern = Pattern::new(
        r"(?ix) \b (?: apply | applications? | bewerb\w* | candidatures? | solicitud\w* | candidatur\w* | sollicit\w* ) \b
            [^;!?]{0,80}? \b (?: by | via | per | par | por | tramite ) \ (?:an?\ )? (?: e-?mail | courriel | correo ) \b",
    );
    static NOT: Pattern = Pattern::new(r"(?i)\b(?:not|no|nicht|keine|pas|non|niet|geen)\b");
    BY_MAIL.find(&passage.text).is_some_and(|found| {
        let sentence = sentence::around(&passage.text, found.start());
        !NOT.is_match(passage.text.get(sentence).unwrap_or_default())
    })
}

/// The addresses to write to, in the order of the page; with them those of them that take
/// applications, as far as the page says so. Placeholders and addresses for something else are
/// none.
#[derive(Debug, Default)]
pub struct Emails {
    pub all: Option<Field<Vec<String>>>,
    pub for_applications: Option<Field<Vec<String>>>,
}

pub fn infer_emails(prose: &Prose) -> Emails {
    let mut all: Vec<String> = Vec::new();
    let mut applications: Vec<String> = Vec::new();
    let mut first = None;
    let mut first_for_applications = None;
    for field in prose.fields(FieldKey::Email) {
        for address in addresses::written(&field.text) {
            first.get_or_insert(field.span);
            if !all.contains(&address) {
                all.push(address);
            }
        }
    }
    for passage in prose.texts() {
        for address in addresses::in_passage(passage) {
            let span = || prose.span(passage, address.range.clone());
            let takes_applications = match address.purpose {
                Purpose::SomethingElse => continue,
                Purpose::Applications => true,
                Purpose::Questions => false,
            };
            if takes_applications && !applications.contains(&address.plain) {
                first_for_applications.get_or_insert_with(span);
                applications.push(address.plain.clone());
            }
            if !all.contains(&address.plain) {
                first.get_or_insert_with(span);
                all.push(address.plain);
            }
        }
    }
    // "Applications by e-mail to the contact below"
    if applications.is_empty() && all.len() == 1 && prose.passages().any(is_by_mail) {
        applications.clone_from(&all);
        first_for_applications = first;
    }
    let field =
        |addresses, first: Option<Span>| Some(Field::new(addresses, Origin::Inferred(first?)));
    Emails { all: field(all, first), for_applications: field(applications, first_for_applications) }
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
        let addresses = addresses::in_passage(passage).into_iter();
        for address in addresses.filter(|it| it.purpose != Purpose::SomethingElse) {
            let range = address.range;
            let words = passage.text.get(range.clone()).unwrap_or_default();
            if is_person(words) {
                return Some(field(passage, range));
            }
            let before = passage.before(range.start, 120);
            let beside = BESIDE.captures(before).and_then(|it| it.name("name"));
            let beside = beside.and_then(|name| {
                Some(name.end() - person_at_end(name.as_str())?.len()..name.end())
            });
            if let Some(name) = beside {
                let start = range.start - before.len();
                return Some(field(passage, start + name.start..start + name.end));
            }
            if let Some((passage, range)) = people::of_address(prose, &address.plain) {
                return Some(field(passage, range));
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

/// The person with whom words end: "Head of Department Ada Brine" is Ada Brine.
fn person_at_end(words: &str) -> Option<&str> {
    let starts = std::iter::once(0).chain(words.match_indices(' ').map(|(at, _)| at + 1));
    starts.filter_map(|start| words.get(start..)).find(|words| is_person(words))
}

/// "Frau Dr. X" as "Dr. X".
fn without_address(name: &str) -> &str {
    static ADDRESSED: Pattern =
        Pattern::new(r"^(?:Mr|Mrs|Ms|Frau|Herrn?|Mme|M|Sra?|Sig(?:\.ra)?)\.? ");
    ADDRESSED.find(name).map_or(name, |address| &name[address.end()..])
}

/// Whether words are a person's name, as far as can be told without knowing the person.
pub(super) fn is_person(words: &str) -> bool {
    const NOBODY: [&str; 33] = [
        "head",
        "director",
        "coordinator",
        "manager",
        "supervisor",
        "supervisors",
        "pi",
        "questions",
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
