//! An ad for a doctoral student that announces a postdoc, or the other way round.

use crate::check::body::Body;
use crate::check::place;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

static POSTDOC: Pattern = Pattern::new(r"(?i)\bpost-?\s?doc");
static DOCTORAL: Pattern = Pattern::new(
    r"(?xi) \b ph\.?\s?d\b | (?: ^ | [^a-z-] ) doctoral\b | \b doktorand | \b promotionsstelle
        | \b doctorant | \b thèse\b | \b dottorand | \b doctorand | \b promovend",
);

/// Where an ad says in its own words what it offers: behind a label, in a heading, or after the
/// verb of an announcement.
static ANNOUNCED: Pattern = Pattern::new(
    r"(?xim) (?: \b (?: open\ position | job\ title | stellenbezeichnung | (?:offene\ )? stelle | poste
            | position ) \s* (?: </?[a-z]+> | [*_] )* \s* : (?: </?[a-z]+> | [*_\ ] )*
        | ^ \ {0,3} \#{1,4} \s+ [*_]*
        | \b (?: looking\ for | seeking | seeks? | hiring | recruiting | invites?\ applications\ for
            | offers? | offering | suchen | sucht ) \ [*_]* (?: an? | one | eine[nr]? ) \ )
        (?P<what> [^\n.:;]{3,110} )",
);

/// What makes a heading one of an offer.
static OFFER: Pattern = Pattern::new(
    r"(?i)\b(?:position|opening|vacanc|stelle|fellow|researcher in|student in|candidate|poste\b)",
);

/// Which of the two a text speaks of; `None` if of both or neither.
fn kind(text: &str) -> Option<&'static str> {
    match (POSTDOC.is_match(text), DOCTORAL.is_match(text)) {
        (true, false) => Some("a postdoc"),
        (false, true) => Some("a doctoral student"),
        _ => None,
    }
}

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(title) = page.facts.display_title.as_ref().or(page.facts.title.as_ref()) else {
        return;
    };
    let Some(titled) = kind(&title.value) else { return };
    let other = ANNOUNCED.captures_iter(body.text()).find_map(|found| {
        let (whole, what) = (found.get(0)?, found.name("what")?);
        let is_heading = whole.as_str().trim_start().starts_with('#');
        if is_heading && !OFFER.is_match(what.as_str()) {
            return None;
        }
        // A verb is followed by what it offers; what comes after it may be a colleague.
        let near: String = what.as_str().chars().take(if is_heading { 110 } else { 60 }).collect();
        let announced = kind(&near).filter(|it| *it != titled)?;
        (kind(what.as_str()) == Some(announced)).then_some((what, announced))
    });
    let Some((what, announced)) = other else { return };
    let message = format!(
        "this announces {announced}, and the title {} {titled}",
        super::on_line(page, place(title))
    );
    remarks.push(
        Diagnostic::warning("facts::position-differs", message)
            .at(&page.source, body.span(what.range()))
            .help("make both say the same; most often one was left from another ad"),
    );
}
