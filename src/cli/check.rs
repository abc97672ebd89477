//! `handbill check`: what is wrong or missing, pointing into the files.

use std::path::PathBuf;

use super::{CliError, End, Format, load, say, say_json};
use crate::adapt::{self, AdaptError, Occasion};
use crate::channel::Reach;
use crate::deliver::Station;
use crate::diagnostic::{self, Colour, Diagnostic, Severity};
use crate::ledger::Past;
use crate::posting::Posting;
use crate::site::Site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Pages to check; default: all of the site
    files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, folder: Option<PathBuf>) -> Result<End, CliError> {
    load::pages_exist(&arguments.files)?;
    let (site, mut found) = load::site_as_it_is(folder)?;
    let Some(site) = site.filter(|_| !found.iter().any(Diagnostic::is_error)) else {
        report(arguments.format, &mut found, None)?;
        return Ok(End::Configuration);
    };
    let stations = Station::all(&site, Reach::Anywhere, &mut found);
    let read = load::postings(&site, &arguments.files, &Past::default(), load::Guesses::Shown)?;
    let named = |posting: &&Posting| read.named.as_ref().is_none_or(|it| it.contains(&posting.id));
    let wanted: Vec<&Posting> = read.postings.open.iter().filter(named).collect();
    found.extend(templates(&wanted, &site, stations.iter()));
    let end = match (found.iter().any(Diagnostic::is_error), read.has_errors()) {
        (true, _) => End::Configuration,
        (false, true) => End::CheckFailed,
        (false, false) => End::Done,
    };
    let unfit = renditions(&wanted, &site, &stations);
    let end = if end == End::Done && !unfit.is_empty() { End::CheckFailed } else { end };
    found.extend(read.diagnostics);
    found.extend(unfit);
    if arguments.files.is_empty() {
        // Nothing is sent by a check, so a credential that is not here is worth only a warning.
        found.extend(site.channels.iter().flat_map(|channel| channel.missing_secrets()).map(
            |mut missing| {
                missing.severity = Severity::Warning;
                missing
            },
        ));
    }
    let what = format!(
        "{} checked for {}",
        number(read.postings.open.len() + read.postings.held_back.len(), "posting"),
        number(site.channels.len(), "channel"),
    );
    report(arguments.format, &mut found, Some(&what))?;
    Ok(end)
}

/// Mistakes in templates that only show when a posting is rendered, each one once.
pub(super) fn templates<'a>(
    postings: &[&'a Posting],
    site: &Site,
    stations: impl Iterator<Item = &'a Station> + Clone,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (posting, station) in pairs(postings, stations) {
        for occasion in [Occasion::Announce, Occasion::Remind, Occasion::Update, Occasion::Close] {
            let error = match adapt::adapt(posting, &station.target, occasion, &site.templates) {
                Err(error @ AdaptError::Template { .. }) => site.template_error(&error),
                Err(error @ AdaptError::MissingTemplate { .. })
                    if occasion == Occasion::Announce =>
                {
                    station.spec.missing_template(&error)
                }
                _ => continue,
            };
            if !found.contains(&error) {
                found.push(error);
            }
        }
    }
    found
}

/// What keeps a posting from a channel that wants it, now or later, though the templates are
/// right. What several occasions lack is said once.
fn renditions(postings: &[&Posting], site: &Site, stations: &[Station]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (posting, station) in pairs(postings, stations.iter()) {
        let mut errors: Vec<AdaptError> = Vec::new();
        for occasion in station.spec.occasions() {
            let made = adapt::adapt(posting, &station.target, occasion, &site.templates);
            let Err(error) = made else { continue };
            let in_template =
                matches!(error, AdaptError::Template { .. } | AdaptError::MissingTemplate { .. });
            if in_template || errors.contains(&error) {
                continue;
            }
            let name = &station.spec.name;
            let message = format!("{name} cannot take this posting ({occasion}): {error}");
            found.push(Diagnostic::error("channel::rendition", message).at(&posting.source, 0..0));
            errors.push(error);
        }
    }
    found
}

/// Each posting with each channel that wants it.
fn pairs<'a>(
    postings: &[&'a Posting],
    stations: impl Iterator<Item = &'a Station> + Clone,
) -> impl Iterator<Item = (&'a Posting, &'a Station)> {
    postings.iter().flat_map(move |posting| {
        stations
            .clone()
            .filter(|station| station.spec.filter.rejects(posting).is_none())
            .map(|station| (*posting, station))
    })
}

fn report(
    format: Format,
    diagnostics: &mut Vec<Diagnostic>,
    what: Option<&str>,
) -> Result<(), CliError> {
    diagnostics.sort_by_key(|it| {
        (
            it.place.as_ref().map(|(source, span)| (source.path.clone(), span.start)),
            std::cmp::Reverse(it.severity),
        )
    });
    diagnostics.dedup();
    let count = |severity| diagnostics.iter().filter(|it| it.severity == severity).count();
    let errors = count(Severity::Error);
    if format == Format::Json {
        let all: Vec<_> = diagnostics.iter().map(Diagnostic::to_json).collect();
        return say_json(&serde_json::json!({ "errors": errors, "diagnostics": all }));
    }
    say(&diagnostic::render(diagnostics, Colour::Styled))?;
    say(&format!(
        "{}: {}, {}, {}\n",
        what.unwrap_or("nothing more was checked"),
        number(errors, "error"),
        number(count(Severity::Warning), "warning"),
        number(count(Severity::Notice), "notice"),
    ))
}

fn number(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
