//! The reference number of an ad.

use super::labels::FieldKey;
use super::pattern::Pattern;
use super::prose::{Prose, Role};
use crate::posting::{Field, Origin};

/// A number that leads a title: `ABC/12/2026: …`.
static LEADING: Pattern = Pattern::new(
    r"^\s*[\[(]?(?P<number>[A-Z][A-Za-z]*[-_ ]?[A-Za-z]*(?:[/._-][A-Za-z0-9]+)*[/._-][0-9]{2,4}(?:[/._-][A-Za-z0-9]+)*|[0-9]{1,4}/[0-9]{2,4})[\])]?\s*[:–—|-]\s+",
);

/// A number after words that announce one.
static ANNOUNCED: Pattern = Pattern::new(concat!(
    r"\b(?i:ref(?:erence)?\.?(?: ?(?:number|no|nr|code|id)\b\.?)?",
    r"|(?:job|vacancy|position|posting)(?: (?:advertisement|advert|ad|posting|reference|offer))?",
    r" (?:number|no|nr|code|id)\b\.?",
    r"|kenn(?:ziffer|zahl)|kenn-?nr\.?|referenz(?:nummer|nr\.?)?|stellen-?(?:id|nummer|nr\.?)",
    r"|ausschreibungs-?(?:nummer|nr\.?)|chiffre|requisition(?: (?:number|no|id))?\b\.?",
    r"|vacaturenummer|vacature ?(?:nr|id)\b\.?|(?:codice|cod\.)(?: selezione| bando)|rif\.|riferimento",
    r"|offre n[°º]|référence|réf\.|referencia|código)",
    r"\s*[:#]?\s*",
    r"(?P<number>(?:[A-Z]{1,6} )?[A-Z0-9][A-Za-z0-9]*(?:[/._–-][A-Za-z0-9]+)*(?: ex [0-9]{4}/[0-9]{2,4})?)"
));

/// A number that is all that stands behind its label.
static LABELLED: Pattern = Pattern::new(
    r"^(?:(?i:n[°º.]|no\.?|nr\.?|#) ?)?(?P<number>(?:[A-Z]{1,6} )?[A-Za-z0-9]+(?:[/._–-][A-Za-z0-9]+)*(?: ex [0-9]{4}/[0-9]{2,4})?)(?:$|[ .,;)])",
);

/// The number in its own field, else in the title, else the first that the page announces.
pub fn infer(prose: &Prose) -> Option<Field<String>> {
    let labelled = prose.fields(FieldKey::Reference).find_map(|field| {
        let number = LABELLED.captures(&field.text)?.name("number")?;
        let words = number.as_str();
        is_number(words).then(|| Field::new(words.to_owned(), Origin::Inferred(field.span)))
    });
    if labelled.is_some() {
        return labelled;
    }
    for passage in prose.passages() {
        let leading = (passage.role == Role::Title).then(|| LEADING.captures(&passage.text));
        let found = leading
            .flatten()
            .or_else(|| ANNOUNCED.captures(&passage.text))
            .and_then(|captures| captures.name("number"))
            .filter(|number| is_number(number.as_str()));
        if let Some(number) = found {
            let span = prose.span(passage, number.range());
            return Some(Field::new(number.as_str().to_owned(), Origin::Inferred(span)));
        }
    }
    None
}

/// A title without the number that leads it.
pub fn without_reference(title: &str) -> &str {
    match LEADING.find(title) {
        Some(leading) => title[leading.end()..].trim(),
        None => title.trim(),
    }
}

/// A bare year or a single digit is no reference number.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_year = text.parse().is_ok_and(|year: u32| (1900..2100).contains(&year));
    digits >= 2 && !is_year
}
