//! Whether a page offers a position at all: what is filled, was never filled in, only lists
//! other pages, or invites without an opening, is not to go out.

use std::sync::Arc;

use super::pattern::Pattern;
use super::prose::{Passage, Prose, Role};
use super::sentence;
use super::words::Phrases;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::posting::front_matter::{Table, Value};
use crate::posting::page::Page;
use crate::posting::{Availability, Deadline, Facts, Origin};

/// A mark at the beginning of a title, set off from it: `[Closed] …`, `- ALT - …`, `FILLED: …`.
static MARK_BEFORE: Phrases =
    Phrases::between(r"^[\[(*!–—-]*\s*$", "closed.mark", r"\s*(?:[\])*!:–—|]|\s-\s)");

/// The same at its end: `… (filled)`, `… – besetzt`.
static MARK_BEHIND: Phrases =
    Phrases::between(r"(?:[\[(*]|\s[–—|-]+\s)\s*$", "closed.mark", r"\s*[\])*!.–—-]*$");

static CLOSED: Phrases = Phrases::of("closed.sentence");

/// Words before which nothing is closed yet, or something else is.
static CONDITION: Pattern = Pattern::new(
    r"(?ix) \b (?: until | till | once | when | if | as\ soon\ as | unless | other | another
        | second | bis | sobald | wenn | falls | nachdem | andere | weitere | zweite | jusqu | si | lorsque
        | quand | autre | hasta | cuando | si | otra | otro | finché | quando | altra | altro
        | totdat | zodra | anderen ) \b",
);

static NONE_OPEN: Phrases = Phrases::of("none_open");

static GENERAL_CALL: Phrases = Phrases::of("general_call");

static GENERAL_TITLE: Phrases =
    Phrases::between(r"(?:^|[:|–—-] ?)$", "title.general", r"[\s!.:]*$");

/// A title or text as a theme's example brings it.
static TEMPLATE: Pattern = Pattern::new(
    r"(?ix)^ (?: title | untitled | (?:your|the|job|position|post|page)\ title (?:\ here)?
        | (?:my\ )? new\ (?:post|page) | example(?:\ (?:job|position|page|posting|talk))? | titel
        | titre | todo | tbd | xxx+ | lorem\ ipsum .* | \[ .* \] | < .* > ) $",
);

static LOREM: Pattern = Pattern::new(r"(?i)\blorem ipsum dolor\b");

/// A computer's queue of work, whose "jobs" nobody can apply for.
static BATCH: Pattern = Pattern::new(
    r"(?i)\b(?:sbatch|squeue|qsub|qstat|bsub|slurm|cron ?jobs?|crontab|job array|batch system|job scheduler)\b",
);

/// Why nothing may go out.
struct Finding {
    span: Span,
    why: &'static str,
    is_closed: bool,
}

/// Judges the page's words; `None` where it seems to offer a position.
pub fn infer(
    prose: &Prose,
    page: &Page,
    facts: &Facts,
    described: &[Span],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Availability> {
    let closed = |(span, why)| Finding { span, why, is_closed: true };
    let none = |(span, why)| Finding { span, why, is_closed: false };
    let finding = marked(prose, described)
        .map(closed)
        .or_else(|| template(prose).map(none))
        .or_else(|| nothing_open(prose).map(closed))
        .or_else(|| list(prose, page).map(none))
        .or_else(|| silent(prose).map(none))
        .or_else(|| general_call(prose, facts).map(none))
        .or_else(|| computing(prose, facts).map(none))?;
    diagnostics.push(told(&page.source, &finding));
    Some(match finding.is_closed {
        true => Availability::Closed(Origin::Inferred(finding.span)),
        false => Availability::NoOpening(finding.span),
    })
}

fn told(source: &Arc<Source>, finding: &Finding) -> Diagnostic {
    Diagnostic::warning("facts::no-opening", format!("nothing is published: {}", finding.why))
        .at(source, finding.span)
        .label("this says so")
        .help("if the page does offer a position, give it a `job:` block, which decides")
}

type Why = (Span, &'static str);

/// A title that says "closed", or a first line that does.
///
/// `described` are the headings of several positions; what stands below them closes only its own.
fn marked(prose: &Prose, described: &[Span]) -> Option<Why> {
    // Of several positions on one page the first may be filled and the second open.
    let of_all =
        || prose.passages().take_while(|it| !described.iter().any(|place| it.is_at(*place)));
    let mut titles = of_all().filter(|it| matches!(it.role, Role::Title | Role::Heading)).take(2);
    let in_title = titles.find_map(|title| {
        let mark = MARK_BEFORE.find(&title.text).or_else(|| MARK_BEHIND.find(&title.text))?;
        Some(prose.span(title, mark.range()))
    });
    let in_text = || of_all().find_map(|passage| closing_sentence(prose, passage));
    in_title.or_else(in_text).map(|span| (span, "the page says that the position is closed"))
}

/// A sentence that says of the position, and of no other one, that it is closed.
fn closing_sentence(prose: &Prose, passage: &Passage) -> Option<Span> {
    CLOSED.find_map(&passage.text, |words| {
        let start = sentence::around(&passage.text, words.start()).start;
        let before = passage.text.get(start..words.start())?;
        let sentence = passage.text.get(sentence::around(&passage.text, words.start()))?;
        let whole =
            before.len() < 40 && !CONDITION.is_match(before) && !sentence.contains(" until ");
        whole.then(|| prose.span(passage, words.range()))
    })
}

/// That a position of several is closed, in what stands below its own heading.
pub fn closed_section(prose: &Prose, section: Span) -> Option<Span> {
    let own = |it: &&Passage| section.start <= it.place().start && it.place().end <= section.end;
    prose.passages().filter(own).find_map(|passage| {
        let in_heading = || {
            let mark = MARK_BEFORE.find(&passage.text).or_else(|| MARK_BEHIND.find(&passage.text));
            mark.filter(|_| passage.role == Role::Heading)
                .map(|mark| prose.span(passage, mark.range()))
        };
        closing_sentence(prose, passage).or_else(in_heading)
    })
}

fn template(prose: &Prose) -> Option<Why> {
    let title = prose.passages().find(|passage| passage.role == Role::Title);
    let untouched = title
        .filter(|title| TEMPLATE.is_match(&title.text))
        .map(|title| (prose.span(title, 0..title.text.len()), "the template was never filled in"));
    untouched.or_else(|| {
        prose.texts().take(10).find_map(|passage| {
            let words = LOREM.find(&passage.text)?;
            Some((prose.span(passage, words.range()), "the text is a typesetter's dummy"))
        })
    })
}

/// "There are currently no open positions", near the top of the page.
fn nothing_open(prose: &Prose) -> Option<Why> {
    let body = prose.passages().filter(|it| matches!(it.role, Role::Text | Role::Heading));
    body.take(4).find_map(|passage| {
        let words = NONE_OPEN.find(&passage.text)?;
        Some((prose.span(passage, words.range()), "the page says that no position is open"))
    })
}

/// A page of headings for positions, with none below them.
fn silent(prose: &Prose) -> Option<Why> {
    let general = general_title(prose)?;
    let letters: usize = prose.texts().map(|passage| passage.text.len()).sum();
    let silent = letters < 80
        && prose.headings().count() >= 2
        && prose.texts().all(|it| it.links.is_empty() && !it.text.contains('@'));
    silent.then_some((general, "the headings have nothing below them"))
}

/// The title or first heading, if it could stand above any number of positions.
fn general_title(prose: &Prose) -> Option<Span> {
    let titles = prose.passages().filter(|it| matches!(it.role, Role::Title | Role::Heading));
    let general = titles.take(2).find(|title| GENERAL_TITLE.is_match(&title.text))?;
    Some(prose.span(general, 0..general.text.len()))
}

/// A page that only leads to the pages of several positions, or heads several with their kinds.
fn list(prose: &Prose, page: &Page) -> Option<Why> {
    const WHY: &str = "the page lists several openings; each needs a page, or `job.positions`";
    if prose.texts().next().is_none() {
        return rows(&page.front).map(|span| (span, WHY));
    }
    let general = general_title(prose)?;
    let is_entry = |links: usize, text: usize| links * 10 >= text * 7;
    let entries = prose
        .texts()
        .filter(|passage| {
            let linked: usize = passage.links.iter().map(|link| link.range.len()).sum();
            linked > 0 && is_entry(linked, passage.text.len())
        })
        .count();
    let kinds = prose
        .headings()
        .filter(|heading| {
            heading.text.split(' ').count() <= 5
                && super::position_type::kind_of(&heading.text).is_some()
        })
        .count();
    let texts = prose.texts().count();
    (entries >= 3 && entries * 2 > texts || kinds >= 2 || rows(&page.front).is_some())
        .then_some((general, WHY))
}

/// Rows of a theme's list in the front matter: at least two with a title and an address.
fn rows(front: &Table) -> Option<Span> {
    let is_row = |value: &Value| match value {
        Value::Table(row) => {
            row.get("title").is_some()
                && ["url", "link", "href"].iter().any(|key| row.get(key).is_some())
        }
        _ => false,
    };
    let mut lists = front.entries.iter().filter_map(|entry| match &entry.node.value {
        Value::List(items) => Some((entry, items)),
        _ => None,
    });
    lists.find_map(|(entry, items)| {
        let rows = items.iter().filter(|item| is_row(&item.value)).count();
        (rows >= 2).then_some(entry.key_span)
    })
}

/// An invitation to whoever is interested, on a page that names no day and no number.
fn general_call(prose: &Prose, facts: &Facts) -> Option<Why> {
    let dated = matches!(facts.deadline.as_ref().map(|it| &it.value), Some(Deadline::On(_)));
    if dated || facts.reference.is_some() || facts.start.is_some() || facts.pay_scheme.is_some() {
        return None;
    }
    prose.passages().find_map(|passage| {
        let words = GENERAL_CALL.find(&passage.text)?;
        let why = "the page invites applications without an opening";
        Some((prose.span(passage, words.range()), why))
    })
}

/// A manual about the jobs of a cluster.
fn computing(prose: &Prose, facts: &Facts) -> Option<Why> {
    if facts.position_type.is_some() || facts.deadline.is_some() || facts.contact_emails.is_some() {
        return None;
    }
    let mut found = prose.passages().filter_map(|passage| {
        let words = BATCH.find(&passage.text)?;
        Some(prose.span(passage, words.range()))
    });
    let first = found.next()?;
    found.next().map(|_| (first, "the page is about the jobs of a computer"))
}
