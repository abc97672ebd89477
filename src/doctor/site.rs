//! What somebody wrote: handbill.toml, channels, templates, postings.

use std::path::Path;

use super::{Finding, shown};
use crate::adapt::{self, AdaptError};
use crate::deliver::Station;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::posting::{self, PageFile, Posting};
use crate::site::channel_file::KindConfig;
use crate::site::{EXAMPLE, FILE, Site, pages};

const CONFIGURATION: &str = "doctor::configuration";
const CHANNELS: &str = "doctor::channels";
const TEMPLATES: &str = "doctor::templates";
const POSTINGS: &str = "doctor::postings";
const FEEDS: &str = "doctor::feeds";
const GIT: &str = "doctor::git";

/// The checks whose problems are mistakes in what somebody wrote.
pub const CODES: [&str; 3] = [CONFIGURATION, CHANNELS, TEMPLATES];

/// Where somebody looks next.
const CHECK: &str = "`handbill check` shows it in the file";

/// Reads handbill.toml, channels and templates; the site is `None` if that cannot be done.
pub fn configuration(folder: &Path) -> (Option<Site>, Vec<Finding>) {
    let (site, diagnostics) = match Site::load(folder) {
        Ok(read) => read,
        Err(error) => {
            let help = "make the file readable for the user that Handbill runs as";
            return (None, vec![Finding::problem(CONFIGURATION, error.to_string(), help)]);
        }
    };
    let mut findings = of_diagnostics(CONFIGURATION, &diagnostics);
    if findings.is_empty() {
        let channels = site.as_ref().map_or(0, |site| site.channels.len());
        let seen = format!("{FILE} and {channels} channels can be read");
        findings.push(Finding::ok(CONFIGURATION, seen));
    }
    (site, findings)
}

/// What is wrong in files, each with its place; notices are for `handbill check`.
fn of_diagnostics(code: &'static str, diagnostics: &[Diagnostic]) -> Vec<Finding> {
    let worth_saying = diagnostics.iter().filter(|it| it.severity > Severity::Notice);
    worth_saying
        .map(|diagnostic| {
            let place = diagnostic.place.as_ref().map_or_else(String::new, |(source, span)| {
                let (line, column) = source.line_and_column(span.start);
                format!("{}:{line}:{column}: ", source.path.display())
            });
            let seen = format!("{place}{}", diagnostic.message);
            let help = diagnostic.help.clone().unwrap_or_else(|| CHECK.to_owned());
            if diagnostic.is_error() {
                Finding::problem(code, seen, help)
            } else {
                Finding::warning(code, seen, help)
            }
        })
        .collect()
}

/// Whether each channel can be built.
pub fn channels(site: &Site, stations: &[Station], diagnostics: &[Diagnostic]) -> Vec<Finding> {
    let mut findings = of_diagnostics(CHANNELS, diagnostics);
    if findings.is_empty() && !stations.is_empty() {
        let names: Vec<&str> = site.channels.iter().map(|it| it.name.as_str()).collect();
        findings.push(Finding::ok(CHANNELS, names.join(", ")));
    }
    findings
}

/// Whether the folders with postings are there and can be read.
pub fn postings(site: &Site) -> (Vec<Posting>, Vec<Finding>) {
    let mut diagnostics = Vec::new();
    let read = match pages::load(site, &mut diagnostics) {
        Ok(read) => read,
        Err(error) => {
            let help = "make it readable for the user that Handbill runs as";
            return (Vec::new(), vec![Finding::problem(POSTINGS, error.to_string(), help)]);
        }
    };
    if site.postings.is_empty() {
        let help = "is it on a volume that is not there now? Nothing is taken back for that";
        let seen = "none of the folders with postings is there";
        return (Vec::new(), vec![Finding::problem(POSTINGS, seen, help)]);
    }
    let mut postings = Vec::new();
    for page in &read {
        let reading = posting::read(page, &site.settings);
        diagnostics.extend(reading.diagnostics);
        postings.extend(reading.postings);
    }
    let wrong = diagnostics.iter().filter(|it| it.is_error()).count();
    let seen = format!("{} pages, {} ads", read.len(), postings.len());
    let finding = match (wrong, read.is_empty()) {
        (0, false) => Finding::ok(POSTINGS, seen),
        (0, true) => Finding::warning(
            POSTINGS,
            "there is no page in the folders with postings",
            "`postings` in handbill.toml names them",
        ),
        (wrong, _) => Finding::warning(
            POSTINGS,
            format!("{seen}; errors in pages: {wrong}"),
            "`handbill check` shows them; these pages are held back",
        ),
    };
    (postings, vec![finding])
}

/// Whether each channel's templates can be rendered: with the site's ads, or the example's where
/// there are none.
pub fn templates(site: &Site, stations: &[Station], postings: &[Posting]) -> Vec<Finding> {
    let example;
    let postings = if postings.is_empty() {
        example = example_postings(site);
        &example
    } else {
        postings
    };
    let mut wrong: Vec<Diagnostic> = Vec::new();
    let mut rendered = 0;
    for station in stations {
        for occasion in station.spec.occasions() {
            for posting in postings {
                let made = adapt::adapt(posting, &station.target, occasion, &site.templates);
                let mistake = match made {
                    Err(error @ AdaptError::Template { .. }) => site.template_error(&error),
                    Err(error @ AdaptError::MissingTemplate { .. }) => {
                        station.spec.missing_template(&error)
                    }
                    // That an ad does not fit is the ad's affair.
                    _ => {
                        rendered += 1;
                        continue;
                    }
                };
                if !wrong.contains(&mistake) {
                    wrong.push(mistake);
                }
            }
        }
    }
    let mut findings = of_diagnostics(TEMPLATES, &wrong);
    if findings.is_empty() {
        findings.push(Finding::ok(TEMPLATES, format!("{rendered} texts can be made of them")));
    }
    findings
}

/// The ad that `handbill init` writes.
fn example_postings(site: &Site) -> Vec<Posting> {
    let path = "jobs/phd-tidal-forecasting/index.md";
    let text = EXAMPLE
        .get_file(Path::new("content").join(path))
        .and_then(|file| file.contents_utf8())
        .unwrap_or_default();
    let source = Source::new(path, text);
    let page = PageFile { source, path: path.to_owned(), ancestors: Vec::new() };
    posting::read(&page, &site.settings).postings
}

/// Whether the folders of feeds can be written to.
pub fn feeds(site: &Site) -> Vec<Finding> {
    let feeds = site.channels.iter().filter_map(|channel| match &channel.config {
        KindConfig::Feed(feed) => Some((&channel.name, &feed.folder)),
        _ => None,
    });
    feeds
        .map(|(name, folder)| match super::machine::may_write_below(folder) {
            Ok(()) => Finding::ok(FEEDS, format!("{name}: {} can be written to", shown(folder))),
            Err(why) => Finding::problem(
                FEEDS,
                format!("{name}: {} cannot be written to: {why}", shown(folder)),
                "make it writable for the user that Handbill runs as",
            ),
        })
        .collect()
}

/// Whether git is here, for pages that lie in a repository.
pub fn git(site: &Site) -> Option<Finding> {
    let content = std::path::absolute(&site.content).ok()?;
    let repository = content.ancestors().find(|folder| folder.join(".git").exists())?;
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join("git").is_file())
    });
    Some(if found {
        Finding::ok(GIT, format!("git is here; the pages lie in {}", shown(repository)))
    } else {
        Finding::warning(
            GIT,
            format!("the pages lie in {}, and git is not here", shown(repository)),
            "install git if pages are to be pulled",
        )
    })
}
