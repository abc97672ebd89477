//! `handbill check`: what is wrong or missing, pointing into the files.

use std::path::PathBuf;

use super::{CliError, End, Format, load, say, say_json};
use crate::adapt::{self, AdaptError};
use crate::channel::Reach;
use crate::deliver::Station;
use crate::diagnostic::{self, Colour, Diagnostic, Severity};
use crate::ledger::Past;
use crate::posting::Posting;
use crate::site::{Site, channel_file};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Pages to check; default: all of the site
    files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    let site = load::site(folder)?;
    let mut diagnostics = Vec::new();
    let stations = Station::all(&site, Reach::Anywhere, &mut diagnostics);
    let read = load::postings(&site, &arguments.files, &Past::default(), load::Guesses::Shown)?;
    let wanted =
        |posting: &&Posting| read.named.as_ref().is_none_or(|named| named.contains(&posting.id));
    diagnostics.extend(read.diagnostics);
    for posting in read.postings.open.iter().filter(wanted) {
        diagnostics.extend(renditions(posting, &site, &stations));
    }
    if arguments.files.is_empty() {
        // Nothing is sent by a check, so a credential that is not here is worth only a warning.
        diagnostics.extend(site.channels.iter().flat_map(|channel| channel.missing_secrets()).map(
            |mut missing| {
                missing.severity = Severity::Warning;
                missing
            },
        ));
    }
    diagnostics.sort_by_key(|it| {
        (
            it.place.as_ref().map(|(source, span)| (source.path.clone(), span.start)),
            std::cmp::Reverse(it.severity),
        )
    });

    let count = |severity| diagnostics.iter().filter(|it| it.severity == severity).count();
    let errors = count(Severity::Error);
    match arguments.format {
        Format::Json => {
            let all: Vec<_> = diagnostics.iter().map(Diagnostic::to_json).collect();
            say_json(&serde_json::json!({ "errors": errors, "diagnostics": all }))?;
        }
        Format::Text => {
            say(&diagnostic::render(&diagnostics, Colour::Styled))?;
            say(&format!(
                "{} checked for {}: {}, {}, {}\n",
                number(read.postings.open.len() + read.postings.held_back.len(), "posting"),
                number(site.channels.len(), "channel"),
                number(errors, "error"),
                number(count(Severity::Warning), "warning"),
                number(count(Severity::Notice), "notice"),
            ))?;
        }
    }
    Ok(if errors > 0 { End::CheckFailed } else { End::Done })
}

/// What keeps a posting from any of the channels that want it, now or later.
fn renditions(posting: &Posting, site: &Site, stations: &[Station]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for station in stations {
        if station.spec.filter.rejects(posting).is_some() {
            continue;
        }
        let mut errors: Vec<AdaptError> = Vec::new();
        for occasion in station.spec.occasions() {
            let rendered = adapt::adapt(posting, &station.target, occasion, &site.templates);
            let Err(error) = rendered else { continue };
            // What one occasion lacks, the others often lack as well.
            if errors.contains(&error) {
                continue;
            }
            found.push(match &error {
                AdaptError::Template { .. } => channel_file::template_diagnostic(&error, None),
                _ => Diagnostic::error(
                    "channel::rendition",
                    format!("{} cannot take this posting ({occasion}): {error}", station.spec.name),
                )
                .at(&posting.source, 0..0),
            });
            errors.push(error);
        }
    }
    found
}

fn number(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
