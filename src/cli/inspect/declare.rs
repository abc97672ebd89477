//! `handbill inspect --declare`: what was read from sentences is written into the page's `job:` block,
//! so that a person confirms it once and nothing is guessed again.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::adapt::ascii;
use crate::check::diff;
use crate::check::mend::{Edit, mended};
use crate::cli::rewrite::{Consent, agreed, replace};
use crate::cli::{CliError, End, complain, count, say};
use crate::diagnostic::{Source, Span};
use crate::posting::facts::is_field;
use crate::posting::front_matter::{self, insert};
use crate::posting::listing::listing;
use crate::posting::{self, PageFile, Posting, Reading, Settings};

/// Shows what would be declared, and writes it if somebody agrees.
pub(super) fn declare(
    page: &PageFile,
    reading: &Reading,
    settings: &Settings,
    consent: Consent,
) -> Result<End, CliError> {
    let posting = match reading.postings.as_slice() {
        [] => return Err(CliError::Failed("the page holds no posting".to_owned())),
        [posting] => posting,
        several => return Err(CliError::Failed(in_parts(several))),
    };
    // What is read of a position counts once it is an ad of its own.
    let (fields, what) = match listed(&reading.described, &posting.language) {
        Some(positions) => {
            (vec![("positions", positions)], count(reading.described.len(), "position"))
        }
        None => {
            let fields = guessed(posting);
            let what = count(fields.len(), "field");
            (fields, what)
        }
    };
    if fields.is_empty() {
        say("nothing is guessed on this page: all that is known of it is declared\n")?;
        return Ok(End::Done);
    }
    let source = &posting.source;
    let front = front_matter::read(source, &mut Vec::new());
    let insertion = front.ok_or(insert::NoPlace::Unreadable);
    let insertion = insertion.and_then(|front| insert::into_job(source, &front, &fields));
    let insertion = insertion.map_err(|why| {
        CliError::Failed(format!(
            "nothing was written, because {why}\nhelp: write these into it yourself:\n{}",
            lines(&fields)
        ))
    })?;
    let edits = [Edit { span: Span::new(insertion.at, insertion.at), text: insertion.text }];
    let text = mended(&source.text, &edits);
    match reading.described.as_slice() {
        [] => says_the_same(page, posting, &text, settings)?,
        described => says_each(page, described, &text, settings)?,
    }
    say(&diff::unified(&source.path.to_string_lossy(), &source.text, &edits))?;
    if !agreed(consent)? {
        complain(&format!("{what} can be declared; nothing was written\nhelp: `--yes` writes it"));
        return Ok(End::CheckFailed);
    }
    replace(source, &text)?;
    say(&format!("{what} declared\n"))?;
    Ok(End::Done)
}

/// The fields that were read out of prose, as the `job:` block writes them.
fn guessed(posting: &Posting) -> Vec<(&'static str, Value)> {
    let inferred = listing(posting).into_iter().filter(|fact| fact.origin == "inferred");
    // These two are shown in pieces, and declared as people write them.
    let facts = &posting.facts;
    let deadline = facts.deadline.as_ref().map(|field| field.value.to_string());
    let salary = facts.salary.as_ref().map(|field| field.value.to_string());
    let named = inferred.map(|fact| match fact.name {
        "deadline" | "deadline_last" | "deadline_rolling" => ("deadline", json!(deadline)),
        "salary" => ("salary", json!(salary)),
        name => (name, fact.value),
    });
    let mut fields: Vec<(&'static str, Value)> = Vec::new();
    for (name, value) in named.filter(|(name, _)| is_field(name)) {
        if !fields.iter().any(|(known, _)| *known == name) {
            fields.push((name, value));
        }
    }
    fields
}

/// The positions that a page describes, each with an id of its own made of its words; `None` if it
/// describes none, or one.
fn listed(described: &[String], language: &str) -> Option<Value> {
    let mut ids: Vec<String> = Vec::new();
    for name in described {
        let id = id_of(name, language);
        let more = (2..).map(|number| format!("{id}-{number}"));
        let free = std::iter::once(id.clone()).chain(more).find(|id| !ids.contains(id));
        ids.extend(free);
    }
    let positions =
        ids.iter().zip(described).map(|(id, title)| json!({ "id": id, "title": title }));
    Some(positions.collect()).filter(|_| described.len() > 1)
}

/// A name as an id: `PhD position in Tides` is `phd-position-in-tides`.
fn id_of(name: &str, language: &str) -> String {
    let plain: String = ascii::write(name, language)
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { ' ' })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join("-")
}

/// The page must be read as these positions, each with its name.
fn says_each(
    page: &PageFile,
    described: &[String],
    text: &str,
    settings: &Settings,
) -> Result<(), CliError> {
    let source: Arc<Source> = Source::new(page.source.path.clone(), text);
    let read = posting::read(&PageFile { source, ..page.clone() }, settings);
    let names: Vec<&str> = read.postings.iter().map(Posting::name).collect();
    if names == described {
        return Ok(());
    }
    Err(CliError::Failed(format!(
        "nothing was written, because the page would be read as {}\n\
         help: list its positions under `job.positions` yourself, each with an `id`",
        names.join(", ")
    )))
}

/// The page must say the same as before, as far as anybody can tell: facts, id and revision.
fn says_the_same(
    page: &PageFile,
    posting: &Posting,
    text: &str,
    settings: &Settings,
) -> Result<(), CliError> {
    let source: Arc<Source> = Source::new(posting.source.path.clone(), text);
    let read = posting::read(&PageFile { source, ..page.clone() }, settings);
    let facts = |posting: &Posting| -> Vec<(&'static str, Value)> {
        listing(posting).into_iter().map(|fact| (fact.name, fact.value)).collect()
    };
    let is_same = match read.postings.as_slice() {
        [after] => {
            (&after.id, &after.revision) == (&posting.id, &posting.revision)
                && facts(after) == facts(posting)
                && guessed(after).is_empty()
        }
        _ => false,
    };
    if is_same {
        return Ok(());
    }
    Err(CliError::Failed(format!(
        "nothing was written, because the page would be read otherwise with these fields\n\
         help: write those that are right into its `job:` block yourself:\n{}",
        lines(&guessed(posting))
    )))
}

fn in_parts(postings: &[Posting]) -> String {
    let parts = postings.iter().map(|posting| {
        let fields = lines(&guessed(posting));
        format!("{} ({})\n{fields}", posting.name(), posting.id)
    });
    format!(
        "the page holds {}, and each is declared by hand, under `positions:` with an `id` of its \
         own\nhelp: what was read of them:\n{}",
        count(postings.len(), "position"),
        parts.collect::<Vec<_>>().join("\n")
    )
}

fn lines(fields: &[(&'static str, Value)]) -> String {
    let lines = fields.iter().map(|(name, value)| format!("  {name}: {value}"));
    lines.collect::<Vec<_>>().join("\n")
}
