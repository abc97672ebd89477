//! `handbill check`: what is wrong or missing, pointing into the files.

use std::path::PathBuf;

use super::{CliError, End, Format, count, load, say, say_json};
use crate::adapt::{self, AdaptError, Occasion};
use crate::channel::Reach;
use crate::deliver::Station;
use crate::diagnostic::{self, Colour, Diagnostic, Severity};
use crate::ledger::Past;
use crate::posting::Posting;
use crate::site::notices::Notices;
use crate::site::{ChannelSpec, Site};

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
    let rendered = render(&wanted, &site, stations.iter());
    found.extend(rendered.in_templates);
    let end = match (found.iter().any(Diagnostic::is_error), read.has_errors()) {
        (true, _) => End::Configuration,
        (false, true) => End::CheckFailed,
        (false, false) => End::Done,
    };
    found.extend(said_twice(&wanted, &site, &stations));
    let fits = rendered.unfit.is_empty();
    let end = if end == End::Done && !fits { End::CheckFailed } else { end };
    found.extend(read.diagnostics);
    found.extend(rendered.unfit);
    if arguments.files.is_empty() {
        // Nothing is sent by a check, so a credential that is not here is worth only a warning.
        let of_channels = site.channels.iter().flat_map(ChannelSpec::missing_secrets);
        let of_notices = site.notices.iter().flat_map(Notices::missing_secrets);
        found.extend(of_channels.chain(of_notices).map(|mut missing| {
            missing.severity = Severity::Warning;
            missing
        }));
    }
    let what = format!(
        "{} checked for {}",
        count(read.postings.open.len() + read.postings.held_back.len(), "posting"),
        count(site.channels.len(), "channel"),
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
    render(postings, site, stations).in_templates
}

/// What rendering brings up.
#[derive(Default)]
struct Rendered {
    /// Mistakes in templates, each one once.
    in_templates: Vec<Diagnostic>,
    /// What keeps a posting from a channel that wants it, though the templates are right.
    unfit: Vec<Diagnostic>,
}

/// Renders each posting for each channel that wants it, for every occasion that the channel will
/// use. What several occasions lack is said once.
fn render<'a>(
    postings: &[&'a Posting],
    site: &Site,
    stations: impl Iterator<Item = &'a Station> + Clone,
) -> Rendered {
    let mut rendered = Rendered::default();
    for (posting, station) in pairs(postings, stations) {
        let mut errors: Vec<AdaptError> = Vec::new();
        for occasion in station.spec.occasions() {
            let made = adapt::adapt(posting, &station.target, occasion, &site.templates);
            let Err(error) = made else { continue };
            let in_template = match &error {
                AdaptError::Template { .. } => Some(site.template_error(&error)),
                AdaptError::MissingTemplate { .. } => Some(station.spec.missing_template(&error)),
                _ => None,
            };
            if let Some(mistake) = in_template {
                if !rendered.in_templates.contains(&mistake) {
                    rendered.in_templates.push(mistake);
                }
                if matches!(error, AdaptError::MissingTemplate { .. }) {
                    // A folder that lacks one lacks the others for the same reason.
                    break;
                }
            } else if !errors.contains(&error) {
                let name = &station.spec.name;
                let message = format!("{name} cannot take this posting ({occasion}): {error}");
                rendered.unfit.push(
                    Diagnostic::error("channel::rendition", message).at(&posting.source, 0..0),
                );
                errors.push(error);
            }
        }
    }
    rendered
}

/// Channels that would say the same to the same readers, with a posting that shows it.
fn said_twice(postings: &[&Posting], site: &Site, stations: &[Station]) -> Vec<Diagnostic> {
    let mut twice = Vec::new();
    for (place, station) in stations.iter().enumerate() {
        let sharing = stations.iter().take(place).filter(|other| {
            let account = station.spec.account();
            account.is_some() && account == other.spec.account()
        });
        for other in sharing {
            let words = |posting: &Posting, station: &Station| {
                if station.spec.filter.rejects(posting).is_some() {
                    return None;
                }
                let announce = Occasion::Announce;
                adapt::adapt(posting, &station.target, announce, &site.templates).ok()
            };
            let same = postings.iter().find(|posting| {
                let ours = words(posting, station);
                ours.is_some() && ours == words(posting, other)
            });
            if let Some(posting) = same {
                let (one, two) = (&other.spec.name, &station.spec.name);
                twice.push(
                    Diagnostic::warning(
                        "channel::same_account",
                        format!("{one} and {two} would both post {} in one place", posting.id),
                    )
                    .at(&station.spec.file, 0..0)
                    .help(
                        "its readers would see the same ad twice: give the channels different \
                         `[postings]` filters, languages or templates, or remove one of them",
                    ),
                );
            }
        }
    }
    twice
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
    let of = |severity| diagnostics.iter().filter(|it| it.severity == severity).count();
    let errors = of(Severity::Error);
    if format == Format::Json {
        let all: Vec<_> = diagnostics.iter().map(Diagnostic::to_json).collect();
        return say_json(&serde_json::json!({ "errors": errors, "diagnostics": all }));
    }
    say(&diagnostic::render(diagnostics, Colour::Styled))?;
    say(&format!(
        "{}: {}, {}, {}\n",
        what.unwrap_or("nothing more was checked"),
        count(errors, "error"),
        count(of(Severity::Warning), "warning"),
        count(of(Severity::Notice), "notice"),
    ))
}
