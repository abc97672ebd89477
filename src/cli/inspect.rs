//! `handbill inspect`: what was read from a page, field by field, with the line each came from.

mod declare;

use std::path::PathBuf;

use super::rewrite::Consent;
use super::{CliError, End, Format, complain_about, load, say, say_json};
use crate::diagnostic::Diagnostic;
use crate::log::plain;
use crate::posting::listing::{FactLine, Sureness, listing};
use crate::posting::parts::is_part;
use crate::posting::{self, Availability, Origin, Posting, Settings};
use crate::site::{Site, SiteError, pages};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The page to read
    file: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write what was read from sentences into the page's `job:` block, shown as a diff first
    #[arg(long, conflicts_with = "format")]
    declare: bool,
    /// Write what `--declare` shows without asking
    #[arg(long, requires = "declare")]
    yes: bool,
}

pub(super) fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    load::pages_exist([&arguments.file])?;
    let site = match folder {
        Some(folder) => Some(load::site(Some(folder))?),
        None => match Site::find(&arguments.file) {
            Ok(folder) => Some(load::site(Some(folder))?),
            Err(SiteError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        },
    };
    let settings = match &site {
        Some(site) => site.settings.clone(),
        None => without_site()?,
    };
    let mut diagnostics = Vec::new();
    let page = pages::load_one(&arguments.file, site.as_ref(), &mut diagnostics)?;
    let reading = page.as_ref().map(|page| posting::read(page, &settings));
    let mut reading = reading.unwrap_or_default();
    diagnostics.append(&mut reading.diagnostics);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    if let Some(page) = page.filter(|_| arguments.declare && !failed) {
        let consent = if arguments.yes { Consent::Given } else { Consent::Asked };
        return declare::declare(&page, &reading, &settings, consent);
    }
    let held_back =
        if failed { Some("the page has errors") } else { why_closed(&reading.postings) };
    let publishable = held_back.is_none();

    match arguments.format {
        Format::Json => {
            let first = reading.postings.first();
            let mut fields = serde_json::Map::new();
            for fact in first.map(listing).unwrap_or_default() {
                fields.insert(
                    fact.name.to_owned(),
                    serde_json::json!({
                        "value": fact.value,
                        "origin": fact.origin,
                        "line": fact.line,
                        "sure": Sureness::of(&fact, &diagnostics),
                    }),
                );
            }
            let mut json = serde_json::json!({
                "publishable": publishable,
                "held_back": held_back,
                "positions": reading.postings.len(),
                "id": first.map(|posting| &posting.id),
                "revision": first.map(|posting| &posting.revision),
                "permalink": first.map(|posting| &posting.permalink),
                "aliases": first.map(|posting| &posting.aliases),
                "fields": fields,
                "diagnostics": diagnostics.iter().map(Diagnostic::to_json).collect::<Vec<_>>(),
            });
            if reading.postings.len() > 1 {
                json["postings"] = reading
                    .postings
                    .iter()
                    .map(|posting| {
                        let fields: serde_json::Map<_, _> = listing(posting)
                            .into_iter()
                            .map(|fact| (fact.name.to_owned(), fact.value))
                            .collect();
                        serde_json::json!({ "id": posting.id, "fields": fields })
                    })
                    .collect();
            }
            say_json(&json)?;
        }
        Format::Text => {
            complain_about(&diagnostics);
            for posting in &reading.postings {
                say(&format!(
                    "{}\n  id {}, revision {}\n  {}\n\n",
                    plain(posting.name()),
                    posting.id,
                    posting.revision.short(),
                    posting.permalink
                ))?;
                for fact in listing(posting) {
                    say(&line(&fact, Sureness::of(&fact, &diagnostics)))?;
                }
                say("\n")?;
            }
            if let Some(why) = held_back.filter(|_| !failed) {
                say(&format!("Nothing is published from this page: {why}.\n"))?;
            }
        }
    }
    Ok(if failed { End::CheckFailed } else { End::Done })
}

/// Why nothing of a page is published; `None` if something is.
fn why_closed(postings: &[Posting]) -> Option<&'static str> {
    let mut reasons = postings.iter().map(|posting| match posting.availability {
        Availability::Open => None,
        Availability::Draft(_) => Some("it is a draft"),
        Availability::Closed(Origin::Inferred(_)) => {
            Some("its words say that the position is closed or filled, or that none is open")
        }
        Availability::Closed(_) => Some("it is marked as closed or filled"),
        Availability::NoOpening(_) => Some("its words offer no position"),
    });
    let first = reasons.next().unwrap_or(Some("it holds no posting"));
    first.filter(|_| reasons.all(|reason| reason.is_some()))
}

/// How wide the text is shown, in columns.
const WIDTH: usize = 80;

/// One fact on one line, its place behind it. A text that is too long for the line is cut.
fn line(fact: &FactLine, sureness: Sureness) -> String {
    let value = match &fact.value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map_or_else(|| item.to_string(), ToOwned::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        serde_json::Value::Object(parts) => {
            parts.get("words").and_then(|it| it.as_str()).unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    };
    let value = plain(&value);
    let place = match (fact.line, fact.last_line) {
        (Some(first), Some(last)) if first < last => {
            format!("{}, lines {first} to {last}", fact.origin)
        }
        (Some(line), _) => format!("{}, line {line}", fact.origin),
        (None, _) => fact.origin.to_owned(),
    };
    let doubt = if sureness == Sureness::Doubtful { ", doubtful" } else { "" };
    let before = format!("  {:<17} ", fact.name);
    let behind = format!("  ({place}{doubt})\n");
    let value = match is_part(fact.name) {
        true => shortened(&value, WIDTH.saturating_sub(before.len() + behind.len() - 1)),
        false => value,
    };
    format!("{before}{value}{behind}")
}

/// The words on one line, cut at the end of a word where they are longer than so many characters.
fn shortened(words: &str, longest: usize) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    let end = line.char_indices().nth(longest.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let whole = line[..end].rfind(' ').unwrap_or(end);
    format!("{}…", &line[..whole])
}

/// Settings for a page that belongs to no site.
fn without_site() -> Result<Settings, CliError> {
    let base_url = url::Url::parse("https://site.invalid/")
        .map_err(|error| CliError::Failed(error.to_string()))?;
    Ok(Settings {
        base_url,
        timezone: chrono_tz::Tz::UTC,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        default_language_in_folder: false,
        permalinks: std::collections::BTreeMap::new(),
        defaults: std::collections::BTreeMap::new(),
    })
}
