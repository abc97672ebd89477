//! A title that says something else than the heading over the ad.

use crate::check::body::Body;
use crate::check::place;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// A heading of the first or second rank.
static HEADING: Pattern = Pattern::new(r"(?m)^ {0,3}#{1,2} +(?P<words>[^\n]+?)[ #]*$");

/// What a title may carry and a heading not: marks of gender, a reference number, a share of a
/// position, a date, words that tell nothing.
static BESIDE: Pattern = Pattern::new(
    r"(?xi) \( \s* [mwfdxi*] \s* (?: [/|,] \s* [mwfdxi*] \s* )+ \) | \b all\ genders \b
        | ^ \s* [A-Z][A-Za-z]* (?: [/._-][A-Za-z0-9]+ )* [/._-] [0-9]{2,4} \s* :
        | \b [0-9]{1,3} \ ?% | \b TV-? (?: L | H | öD ) \b | \b E \ ?1[0-5] \b
        | \b [0-9]{1,4} (?: [./-][0-9]{1,4} )* \b
        | \b (?: an? | the | in | on | of | for | and | at | to | with | by | der | die | das | im | am
            | für | und | zu[rm]? | de | la | le | les | en | et | position | positions | job | opening
            | available | stelle | stellenausschreibung | open | we | are | hiring | vacancy | apply | now
            | deadline | until | fully | funded | paid | new | years? | full | part | time | fte | remote
            | join | us | our | call | ad | advertisement ) \b",
);

/// Whom an ad looks for; a heading may name the topic alone.
static PERSON: Pattern = Pattern::new(
    r"(?xi) ^ (?: ph | phd | postdoc[A-Za-zÀ-ɏ]* | doctoral | doktorand[A-Za-zÀ-ɏ]* | researcher | research | student
        | fellow | assistant | associate | scientist | candidate | mitarbeiter[A-Za-zÀ-ɏ]* | engineer | msc | master
        | wissenschaftl[A-Za-zÀ-ɏ]* ) $",
);

/// How much two titles share before they are taken for the same one written twice.
const ALIKE: f64 = 0.7;

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let facts = &page.facts;
    let Some(title) = facts.display_title.as_ref().or(facts.title.as_ref()) else { return };
    // The name of its place or employer may stand in one of the two alone.
    let around = [&facts.organisation, &facts.unit, &facts.city];
    let around: Vec<String> =
        around.into_iter().flatten().flat_map(|it| words(&it.value)).collect();
    let of = |text: &str| -> Vec<String> { words(&BESIDE.replace_all(text, " ")).collect() };
    let titled = of(&title.value);
    for found in HEADING.captures_iter(body.text()) {
        let Some(heading) = found.name("words") else { continue };
        let headed = of(heading.as_str());
        let shared = titled.iter().filter(|word| headed.contains(word)).count();
        let total = titled.len() + headed.len();
        if shared < 3 || (2 * shared) as f64 / (total as f64) < ALIKE {
            continue;
        }
        let only = |of: &[String], not: &[String]| -> Vec<String> {
            let is_other = |word: &&String| {
                !not.contains(word) && !around.contains(word) && !PERSON.is_match(word)
            };
            of.iter().filter(is_other).cloned().collect()
        };
        let (only_title, only_heading) = (only(&titled, &headed), only(&headed, &titled));
        if only_title.is_empty() && only_heading.is_empty() {
            return;
        }
        let span = body.span(heading.range());
        let quoted = |words: &[String]| format!("`{}`", words.join(" "));
        let what = match (only_title.is_empty(), only_heading.is_empty()) {
            (false, false) => {
                format!("{} there, {} here", quoted(&only_title), quoted(&only_heading))
            }
            (false, true) => format!("{} stands only there", quoted(&only_title)),
            _ => format!("{} stands only here", quoted(&only_heading)),
        };
        let at = super::on_line(page, place(title));
        remarks.push(
            Diagnostic::notice(
                "facts::title-differs",
                format!("this heading differs from the title {at}: {what}"),
            )
            .at(&page.source, span)
            .help("make both say the same; copies carry the title"),
        );
        return;
    }
}

/// The words of a text in small letters, without marks.
fn words(text: &str) -> impl Iterator<Item = String> {
    let text = text.to_lowercase();
    let split: Vec<String> = text
        .split(|it: char| !it.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .map(str::to_owned)
        .collect();
    split.into_iter()
}
