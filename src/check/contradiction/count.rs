//! How many positions an ad offers.

use std::collections::BTreeSet;

use crate::check::body::Body;
use crate::check::place;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::{Match, Pattern};

/// "two new PhD positions", in the languages of Handbill.
static SEVERAL: Pattern = Pattern::new(
    r"(?xi) \b (?P<number> two|three|four|five|six|seven|eight | zwei|drei|vier|fünf|sechs
            | deux|trois|quatre|cinq | dos|tres|cuatro|cinco | due|tre|quattro|cinque | twee|drie|vijf
            | [2-9] ) \s
        (?P<kind> (?: [0-9A-Za-zÀ-ɏ()/.:*&+–-]+ \s ){0,5}? )
        (?: positions | openings | posts | vacancies | jobs | fellowships | scholarships | stellen
            | postes | plazas | puestos | becas | posizioni | posti | assegni | borse | vacatures ) \b",
);

/// Words that make the number one of something else, or of further ads.
static ELSEWHERE: Pattern = Pattern::new(
    r"(?xi) \b (?: years? | months? | jahre | further | other | additional | more | weitere[nr]? | autres
        | also | previous | one\ of | und\ eine | and\ (?:one|two|a) ) \b",
);

static ANNOUNCING: Pattern = Pattern::new(
    r"(?xi) announc | \b offer | availab | \b open | \b invit | \b looking | \b seek | \b hir(?:e|ing)
        | \b fill | \b recruit | ausgeschrieben | schreib | \b such(?:en|t) | besetzen
        | vergeben | propos | recrut | \b busc | convoc | bando | \b cerc | \b zoek",
);

/// One position, in a title.
static SINGULAR: Pattern = Pattern::new(
    r"(?xi) \b (?: position | opening | opportunity | vacancy | job | [A-Za-zÀ-ɏ]*stelle | poste | plaza | puesto
        | posizione | posto | assegno | vacature ) \b",
);

/// More than one, in a title: a plural, or two kinds of position.
static PLURAL: Pattern = Pattern::new(
    r"(?xi) \b (?: positions | openings | opportunities | vacancies | jobs | [A-Za-zÀ-ɏ]*stellen | postes | plazas
            | posizioni | students | postdocs | multiple | several | mehrere | various ) \b
        | \b (?: ph\.?d\.? | postdoc[A-Za-zÀ-ɏ]* | doctoral | m\.?sc\.? | master | student | research\ assistant
            | position ) \s* (?: and | or | und | oder | et | ou | y | o | e | & | / | \+ | , ) \s*
            (?: an? \s | one \s )? (?: ph\.?d | postdoc | doctoral | m\.?sc | master | student )",
);

/// "a PhD and MSc positions".
static ONE_AND_MANY: Pattern = Pattern::new(
    r"(?xi) \b an? \s (?: (?: ph\.?d\.? | m\.?sc\.? | msc | postdoc (?:toral)? | doctoral | master | research
        | student | assistant | and | or | / | fully | funded ) \s* )+ \s positions \b",
);

/// Whether the page offers more than one position, so that two of its statements may both be true.
pub(super) fn offers_several(page: &Posting, text: &Body) -> bool {
    page.sub_id.is_some()
        || titles(page).any(|title| PLURAL.is_match(title))
        || announced(page, text).next().is_some()
}

fn titles(page: &Posting) -> impl Iterator<Item = &str> {
    let facts = &page.facts;
    [&facts.display_title, &facts.title].into_iter().flatten().map(|it| it.value.as_str())
}

/// A number of positions on offer.
struct Offer<'t> {
    words: Match<'t>,
    number: usize,
    kinds: BTreeSet<&'static str>,
}

/// The numbers of positions that a text offers; what a title counts is on offer without a verb.
fn announced<'t>(page: &Posting, text: &'t Body) -> impl Iterator<Item = Offer<'t>> {
    let title = page.facts.display_title.as_ref().map(place).unwrap_or_default();
    SEVERAL.captures_iter(text.text()).filter_map(move |found| {
        let words = found.get(0)?;
        let sentence = text.sentence(words.range());
        let in_title = (title.start..title.end).contains(&text.span(words.range()).start);
        let is_offer = in_title || ANNOUNCING.is_match(sentence);
        let is_offer = is_offer && !ELSEWHERE.is_match(sentence);
        let number = number(found.name("number")?.as_str())?;
        let kinds = kinds(words.as_str());
        is_offer.then_some(Offer { words, number, kinds })
    })
}

fn number(word: &str) -> Option<usize> {
    const WORDS: [&[&str]; 7] = [
        &["2", "two", "zwei", "deux", "dos", "due", "twee"],
        &["3", "three", "drei", "trois", "tres", "tre", "drie"],
        &["4", "four", "vier", "quatre", "cuatro", "quattro"],
        &["5", "five", "fünf", "cinq", "cinco", "cinque", "vijf"],
        &["6", "six", "sechs"],
        &["7", "seven"],
        &["8", "eight"],
    ];
    let word = word.to_lowercase();
    WORDS.iter().position(|words| words.contains(&word.as_str())).map(|at| at + 2)
}

/// Whom a statement speaks of.
fn kinds(words: &str) -> BTreeSet<&'static str> {
    let words = words.to_lowercase();
    let all =
        ["postdoc", "phd", "ph.d", "doctoral", "student", "assist", "engineer", "intern", "msc"];
    all.into_iter().filter(|kind| words.contains(kind)).collect()
}

pub(super) fn check(page: &Posting, text: &Body, body: &Body, remarks: &mut Vec<Diagnostic>) {
    if page.sub_id.is_some() {
        return;
    }
    if let Some(found) = ONE_AND_MANY.find(body.text()) {
        remarks.push(
            Diagnostic::notice(
                "facts::number-differs",
                format!("`{}` is one position and several", found.as_str()),
            )
            .at(&page.source, body.span(found.range()))
            .help("say how many there are"),
        );
        return;
    }
    let Some(title) = page.facts.display_title.as_ref().or(page.facts.title.as_ref()) else {
        return;
    };
    let is_one = SINGULAR.is_match(&title.value)
        && !titles(page).any(|it| PLURAL.is_match(it) || SEVERAL.is_match(it));
    let titled = kinds(&title.value);
    let mut offers = announced(page, text);
    let (other, before) = if is_one {
        // Two positions of another kind are another matter.
        let other = offers.find(|it| titled.is_empty() || it.kinds.is_subset(&titled));
        let (Some(other), before) = (other, super::on_line(page, place(title))) else { return };
        (other, format!("one {before}"))
    } else {
        let Some(first) = offers.next() else { return };
        let differs = |it: &Offer<'_>| it.kinds == first.kinds && it.number != first.number;
        let Some(other) = offers.find(differs) else { return };
        let at = super::on_line(page, text.span(first.words.range()));
        (other, format!("{} {at}", first.number))
    };
    let message = format!(
        "the page says two different things about the number of positions: {} here, {before}",
        other.number
    );
    remarks.push(
        Diagnostic::warning("facts::number-differs", message)
            .at(&page.source, text.span(other.words.range()))
            .help("make both say the same, or list the positions under `job.positions`"),
    );
}
