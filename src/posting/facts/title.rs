//! What the position is called.

use super::labels::{self, FieldKey};
use super::pattern::Pattern;
use super::position_type::kind_of;
use super::prose::{Passage, Prose, Role};
use super::reference::without_reference;
use super::words::Phrases;
use crate::diagnostic::Span;
use crate::posting::{Field, Origin};

/// The title as a person would write it: without the number, the deadline, the calls of a market
/// ("We are looking for …!"), and what stands before a colon that is none of it.
///
/// The front matter's title wins, unless it misses its beginning ("position in tides") and a
/// heading of the body is the fuller form of it, or it could stand above any position ("Jobs").
pub fn infer(prose: &Prose) -> Option<Field<String>> {
    let Some(front) = prose.passages().find(|passage| passage.role == Role::Title) else {
        let heading = prose.headings().next()?;
        if GENERAL.is_match(heading.text.trim())
            && let Some(better) = named(prose)
        {
            return Some(better);
        }
        let span = prose.span(heading, 0..heading.text.len());
        return Some(Field::new(clean(&heading.text), Origin::Inferred(span)));
    };
    let title = without_reference(&front.text);
    if title.is_empty() {
        return None;
    }
    if misses_its_beginning(title) {
        let fuller = prose.headings().find(|heading| {
            let heading = without_reference(&heading.text);
            heading.len() > title.len() && folded(heading).ends_with(&folded(title))
        });
        if let Some(heading) = fuller {
            let span = prose.span(heading, 0..heading.text.len());
            let title = without_reference(&heading.text);
            return Some(Field::new(title.to_owned(), Origin::Inferred(span)));
        }
    }
    let title = clean(title);
    let better =
        || named(prose).filter(|better| GENERAL.is_match(&title) || has_topic(&better.value));
    // "We're hiring a postdoc!" tells of a position, and does not name it.
    let tells = HIRING.is_match(&front.text) && !has_topic(&title);
    if (GENERAL.is_match(&title) || is_bare(&title) || tells)
        && let Some(better) = better()
    {
        return Some(better);
    }
    let span = prose.span(front, 0..front.text.len());
    // "Deep tides", and below it "PhD position at the Bay": together they say what it is.
    let summary = prose.passages().find(|passage| passage.role == Role::Summary);
    if kind_of(&title).is_none()
        && let Some(summary) = summary.map(|summary| summary.text.trim_end_matches('.'))
        && (2..=12).contains(&summary.split(' ').count())
        && let Some((_, kind)) = kind_of(summary)
        && kind.start == 0
    {
        return Some(Field::new(format!("{title}: {summary}"), Origin::Declared(span)));
    }
    Some(Field::new(title, Origin::Declared(span)))
}

/// A title that could stand above any position.
static GENERAL: Phrases = Phrases::between(
    r"(?i)^[^0-9A-Za-zÀ-ɏ]*(?:(?:a|an|the|our|new|unsere|nos) )*$",
    "title.general",
    r"(?i)(?: (?:in|at|with|im|am|bei) (?:(?:the|our|my|der) )?.{0,40}\b(?:lab|labs|group|team|chair|institute|department|arbeitsgruppe|institut)\b.{0,30})?[^0-9A-Za-zÀ-ɏ]*$",
);

/// A sentence with its verb, which tells of a position.
static HIRING: Pattern = Pattern::new(
    r"(?ix) \b (?: we(?:\ are|['’]re) \ (?:now\ |currently\ |again\ )? (?:hiring|looking|recruiting|searching|seeking|growing)
        | wir\ (?:suchen|stellen\ ein|wachsen) | nous\ (?:recrutons|recherchons) | buscamos | cerchiamo | wij\ zoeken | we\ zoeken ) \b",
);

/// What stands before a title and is none of it: "Vacancy: …", "Call for …".
static LEAD: Phrases = Phrases::preceded(r"^[^0-9A-Za-zÀ-ɏ]*$", "title.lead");

/// What sets the title off from it.
static BREAK: Pattern = Pattern::new(r"(?:\] ?| ?[:–—|!] ?| - )(?P<rest>[^ !:–—|])");

/// Words of a call, behind which the title goes on without a break.
static CALL: Pattern = Pattern::new(
    r"(?i)^[^0-9A-Za-zÀ-ɏ]*(?:call for (?:an? )?|we(?: are|['’]re) (?:looking|hiring|searching) for (?:an? )?|we(?: are|['’]re) (?:hiring|recruiting|seeking) (?:an? )?|stellen(?:ausschreibung|anzeige|angebot) (?:für (?:eine?n? )?)?|wir suchen (?:eine?n? )?)(?P<rest>\S)",
);

/// A deadline or a cry at the end of a title.
static TAIL: Pattern = Pattern::new(
    r"(?ix) (?: \s* [\[(–—|,-]+ \s* (?: application\ )? (?: deadline | closing\ date | apply\ by
        | bewerbungsfrist | frist | date\ limite | scadenza | fecha\ límite ) \b .* | (?: \s (?:available|open) )? \s* !+ ) $",
);

/// "positions available in my team": the word says no more than the page itself.
static AVAILABLE: Pattern = Pattern::new(r"(?i)\b(?P<noun>positions?|openings?) available\b");

/// A number, pay, workload or length in brackets, or at the end behind a dash or comma: they have
/// fields of their own.
static ASIDE: Pattern = Pattern::new(concat!(
    r"(?i)\s*(?:[\[(][^\])]{0,40}?(?:\b(?:kennziffer|kenn-?nr|ref(?:erence|\.|erenz| ?no|\b)|job ?id|réf|rif\.|",
    r"vacature|TV-?[ -]?(?:L|H|öD|V-L)\b|E ?1[0-5]\b|fully[ -]funded|fixed[ -]term|befristet|vollzeit|teilzeit|",
    r"full[- ]time|part[- ]time)|€|£|\$|[0-9]{2,3} ?%|[0-9]+ ?(?:h|std|stunden|hours)\b ?/?|[0-9]+[- ](?:years?|months?|monate|jahre)\b)",
    r"[^\])]{0,40}[\])]",
    r"|[ ,–—|-]+(?:TV-?[ -]?(?:L|H|öD)\b.{0,40}|E ?1[0-5]\b.{0,30}|(?:kennziffer|ref\.?|reference|job id):? ?[A-Z0-9/._-]{2,20}|[0-9]{2,3} ?%)$",
    r"|[ ,–—|-]+[0-9]{1,2}(?:[.,][0-9])? ?(?:h|std\.?|stunden|hours) ?(?:/|per|pro) ?[a-zà-ɏ]+\.?$|\s*\([^)]{0,20}\bfte\)",
    r"|[ .,–—|-]+[0-9]{1,2}\.[0-9]{1,2}\.(?:[0-9]{2,4})?(?: ?[–-] ?[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4})?$)"
));

/// "Hiwi wanted: …": the cry says no more than the page itself.
static WANTED: Pattern = Pattern::new(r"(?i)\s(?:gesucht|wanted)\b\s*!*");

static ARTICLE: Pattern = Pattern::new(r"^(?i:an?|the) ");

/// The words of a sentence that offers a position, up to where it goes on.
static SENTENCE: Pattern = Pattern::new(concat!(
    r"(?i)\b(?:opening for|openings for|looking for|hiring|seeking|recruiting|vacancy for|join us for|",
    r"applications for|recherchons|recherche|cerchiamo|buscamos|wij zoeken|suchen wir|wir suchen)",
    r" (?:an? |one |the |eine?n? |une? |un[ao]? |een |outstanding |highly motivated |talented |fully funded )*",
    r"(?P<title>[^.,;:!?()]{6,140}?)(?: (?:to|who|with|starting|that|which|at|der|die|das|pour|qui|per|che|para|que|om)\b|[.,;:!?()]|$)"
));

/// The same in German, where much may stand between the verb and its object: "sucht für das
/// Institut zum nächstmöglichen Zeitpunkt eine*n …".
static GERMAN_SENTENCE: Pattern = Pattern::new(concat!(
    r"\b(?:[Ss]ucht|[Ss]uchen|ist|sind)\b[^.;]{0,160}?\b(?:eine?(?:[*:/_-]?n|[*:/_-]?r|m)?|(?:Stelle|Position) als) ",
    r"(?P<title>[A-ZÄÖÜ][^.,;:!?()]{5,120}?(?: \((?:[mwfdx]/?){3}\))?(?: (?:in|im|für|am|an der) [^.,;:!?()]{3,80}?)?)",
    r"(?: (?:zu besetzen|zu vergeben|zur|zum|die|der|mit|unter|ab|gesucht|\()|[.,;:!?]|$)"
));

/// What the body calls the position, where the title does not.
fn named(prose: &Prose) -> Option<Field<String>> {
    let field = |passage: &Passage, range: std::ops::Range<usize>| {
        let words = clean(passage.text.get(range.clone()).unwrap_or_default());
        Field::new(words, Origin::Inferred(prose.span(passage, range)))
    };
    let labelled = || {
        prose.texts().find_map(|passage| {
            let (key, start) = labels::labelled(&passage.text)?;
            let whole = start..passage.text.len();
            (key == FieldKey::Title && whole.len() <= 140).then(|| field(passage, whole))
        })
    };
    let sentence = || {
        let passages = prose.passages().filter(|it| matches!(it.role, Role::Text | Role::Summary));
        passages.take(12).find_map(|passage| {
            let captures = SENTENCE
                .captures(&passage.text)
                .or_else(|| GERMAN_SENTENCE.captures(&passage.text))?;
            let title = captures.name("title")?;
            // "a PhD student" alone is no more than the general title.
            let telling = title.as_str().split(' ').count() >= 3;
            (telling && kind_of(title.as_str()).is_some()).then(|| field(passage, title.range()))
        })
    };
    let heading = || {
        let telling = |heading: &&Passage| {
            let title = clean(&heading.text);
            !GENERAL.is_match(&title)
                && !is_bare(&title)
                && kind_of(&heading.text).is_some()
                && (3..=16).contains(&heading.text.split(' ').count())
        };
        let heading = prose.headings().find(telling)?;
        Some(field(heading, 0..heading.text.len()))
    };
    labelled().or_else(heading).or_else(sentence)
}

/// The number or letter of a list: "1. Postdoc", "(b) PhD student".
static LIST_NUMBER: Pattern = Pattern::new(
    r"^(?:[0-9]{1,2}[.)]|\([0-9]{1,2}\)|[IVX]{1,4}[.)]|\(?[A-Ha-h]\)) +(?P<rest>[^0-9 ])",
);

/// A title without what is none of it.
pub(super) fn clean(text: &str) -> String {
    let text = without_reference(text);
    let numbered = LIST_NUMBER.captures(text).and_then(|captures| captures.name("rest"));
    let text = numbered.map_or(text, |rest| &text[rest.start()..]);
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || is_pictograph(letter));
    let lead = LEAD.find_map(text, |lead| BREAK.captures_from(text, lead.end()));
    let lead = lead.or_else(|| CALL.captures(text));
    let text = match lead.and_then(|captures| captures.name("rest")) {
        Some(rest) => &text[rest.start()..],
        None => text,
    };
    let text = TAIL.replace_all(text, "");
    let text = ASIDE.replace_all(&text, "");
    let text = WANTED.replace_all(&text, "");
    // "A fully funded PhD position", but not "A model of tides (PhD position)".
    let article = ARTICLE.find(&text).map_or(0, |article| article.end());
    let named = kind_of(&text).is_some_and(|(_, kind)| {
        let between = text.get(article..kind.start).unwrap_or_default();
        between.len() <= 20 && ![" of ", " for ", "(", ":"].iter().any(|it| between.contains(it))
    });
    let text = if named { &text[article..] } else { &text[..] };
    let text = match AVAILABLE.captures(text).and_then(|captures| captures.name("noun")) {
        Some(noun) => {
            format!("{}{}", &text[..noun.end()], &text[noun.end() + " available".len()..])
        }
        None => text.to_owned(),
    };
    let text = text.trim().trim_end_matches('.').replace('_', "-");
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + letters.as_str()
}

/// Emoji and other pictures, which shout where a title should speak.
fn is_pictograph(letter: char) -> bool {
    matches!(u32::from(letter), 0x2600..=0x27BF | 0x1F000..=0x1FAFF | 0xFE0F | 0x200D)
}

/// "PhD student in coastal hydrology" says more than its kind.
fn has_topic(title: &str) -> bool {
    static TOPIC: Pattern = Pattern::new(
        r"(?i) (?:in|on|for|im|für|zu|zum|zur|of|mit|en|sur|sobre|su|op|over) [^ ]{3,}",
    );
    !is_bare(title) && TOPIC.is_match(title)
}

/// The headings of the body, one below the other, that name a position: "PhD position in tides",
/// "Research technician". Each name once, with the place of its heading.
pub fn positions(prose: &Prose) -> Vec<(String, Span)> {
    let offers = |heading: &&Passage| {
        let words = heading.text.split(' ').count();
        words <= 14
            && !heading.text.ends_with('?')
            && kind_of(&heading.text).is_some_and(|(_, kind)| kind.start <= 12)
            && !GENERAL.is_match(&clean(&heading.text))
    };
    let shown = prose.passages().find(|it| it.role == Role::Title).map(|it| clean(&it.text));
    let mut named: Vec<(String, Span)> = Vec::new();
    for heading in prose.headings().filter(offers) {
        let name = clean(&heading.text);
        if Some(&name) != shown.as_ref() && !named.iter().any(|(known, _)| *known == name) {
            named.push((name, prose.span(heading, 0..heading.text.len())));
        }
    }
    named
}

/// Whether a title names a kind of position and not what it is about: "Open PhD position".
fn is_bare(title: &str) -> bool {
    static WORDS: Pattern = Pattern::new(
        r"(?ix)^ [^0-9A-Za-zÀ-ɏ]* (?: (?: an? | one | two | three | our | the | new | open | fully | funded | positions? | openings? | jobs?
            | stellen? | students? | studentships? | fellow (?:ship)? s? | researchers? | candidates? | available | offer | offene | freie | m | f | w | d | x ) [^0-9A-Za-zÀ-ɏ]+ )* $",
    );
    kind_of(title).is_some_and(|(_, kind)| {
        let rest = format!("{} {} ", &title[..kind.start], &title[kind.end..]);
        WORDS.is_match(&rest)
    })
}

/// The title exactly as the page shows it.
pub fn infer_display(prose: &Prose) -> Option<Field<String>> {
    let front = prose.passages().find(|passage| passage.role == Role::Title);
    let shown = front.or_else(|| prose.headings().next())?;
    let span = prose.span(shown, 0..shown.text.len());
    let origin = match shown.role {
        Role::Title => Origin::Declared(span),
        _ => Origin::Inferred(span),
    };
    Some(Field::new(shown.text.to_string(), origin))
}

/// The front matter's summary or description.
pub fn infer_summary(prose: &Prose) -> Option<Field<String>> {
    let summary = prose.passages().find(|passage| passage.role == Role::Summary)?;
    let span = prose.span(summary, 0..summary.text.len());
    Some(Field::new(summary.text.to_string(), Origin::Declared(span)))
}

/// A title begins with a capital, a digit or a quotation mark; "position in …" lost a word.
fn misses_its_beginning(title: &str) -> bool {
    title.chars().next().is_some_and(char::is_lowercase)
        || ["Position in ", "Position im ", "Stelle im ", "In ", "Im "]
            .iter()
            .any(|start| title.starts_with(start))
}

pub(super) fn folded(text: &str) -> String {
    let letters: String = text
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_alphanumeric() { letter } else { ' ' })
        .collect();
    super::prose::single_spaced(&letters)
}
