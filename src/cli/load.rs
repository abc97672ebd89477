//! Loads a site, its postings and its ledger for a command.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::channel::{ChannelName, Reach};
pub(super) use crate::deliver::Guesses;
use crate::deliver::instances::Heard;
use crate::deliver::{self, Clock, Courier, Reading, Station, Worker};
use crate::diagnostic::{Diagnostic, Severity, suggestion};
use crate::ledger::{KnownPosting, Ledger, Past, Place};
use crate::posting::PostingId;
use crate::site::{self, EXAMPLE, Site};

use super::{CliError, End, complain, complain_about};

/// The site of this command; configuration errors are drawn and end it.
pub(super) fn site(folder: Option<PathBuf>) -> Result<Site, CliError> {
    let (site, diagnostics) = site_as_it_is(folder)?;
    usable(site, &diagnostics)
}

/// The same for a command that gives it its first channel.
pub(super) fn site_without_channels(folder: Option<PathBuf>) -> Result<Site, CliError> {
    let (site, mut diagnostics) = site_as_it_is(folder)?;
    diagnostics.retain(|it| it.code != "site::no-channel");
    usable(site, &diagnostics)
}

fn usable(site: Option<Site>, diagnostics: &[Diagnostic]) -> Result<Site, CliError> {
    complain_about(diagnostics);
    match site {
        Some(site) if !diagnostics.iter().any(Diagnostic::is_error) => Ok(site),
        _ => Err(CliError::Said(End::Configuration)),
    }
}

/// The site of this command with all that is wrong in it.
pub(super) fn site_as_it_is(
    folder: Option<PathBuf>,
) -> Result<(Option<Site>, Vec<Diagnostic>), CliError> {
    Ok(Site::load(&self::folder(folder)?)?)
}

/// The folder of this command's site.
pub(super) fn folder(folder: Option<PathBuf>) -> Result<PathBuf, CliError> {
    match folder {
        Some(folder) => {
            if !folder.join(site::FILE).is_file() {
                return Err(CliError::Usage(format!(
                    "there is no {} in {}\nhelp: `handbill init {}` makes a site there",
                    site::FILE,
                    folder.display(),
                    folder.display()
                )));
            }
            Ok(folder)
        }
        None => Ok(Site::find(Path::new("."))?),
    }
}

/// The channel of a name that somebody typed, among those that there are.
pub(super) fn known_channel(
    typed: &str,
    names: &BTreeSet<&ChannelName>,
) -> Result<ChannelName, CliError> {
    let words = || names.iter().map(|name| name.as_str());
    if words().any(|known| known == typed) {
        return Ok(ChannelName(typed.into()));
    }
    let help = match suggestion(typed, words()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the channels are {}", words().collect::<Vec<_>>().join(", ")),
    };
    Err(CliError::Usage(format!("there is no channel `{typed}`\nhelp: {help}")))
}

/// The posting of an id that somebody typed, among those that the ledger knows.
pub(super) fn known_posting<'a>(typed: &str, past: &'a Past) -> Result<&'a KnownPosting, CliError> {
    if let Some(known) = past.postings.get(&PostingId(typed.into())) {
        return Ok(known);
    }
    let help = match suggestion(typed, past.postings.keys().map(|id| id.as_str())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`handbill plan` and `handbill log` show each ad with its id".to_owned(),
    };
    Err(CliError::Usage(format!("there is no posting `{typed}`\nhelp: {help}")))
}

/// That there are such pages, before anything else is looked at.
pub(super) fn pages_exist<'a>(
    files: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), CliError> {
    for file in files {
        let name = file.display();
        if file.is_dir() {
            let what = format!("{name} is a folder, not a page\nhelp: name a page in it");
            return Err(CliError::Usage(what));
        }
        if !file.is_file() {
            let what =
                format!("there is no page {name}\nhelp: name a file, from the folder you are in");
            return Err(CliError::Usage(what));
        }
    }
    Ok(())
}

/// Keeps what servers said of themselves. Where that fails they are asked again the next time.
pub(super) fn keep_instances(heard: &Heard) {
    if let Err(error) = heard.keep() {
        complain(&format!("warning: what servers say of themselves could not be kept: {error}"));
    }
}

/// The channels of a site; what cannot be built is drawn and ends the command.
pub(super) fn stations(site: &Site, reach: Reach) -> Result<Vec<Station>, CliError> {
    let mut diagnostics = Vec::new();
    let stations = Station::all(site, reach, &mut diagnostics);
    complain_about(&diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(CliError::Said(End::Configuration));
    }
    Ok(stations)
}

/// Reads all pages of the site and the files that the command names, inside the site or not.
pub(super) fn postings(
    site: &Site,
    files: &[PathBuf],
    past: &Past,
    guesses: Guesses,
) -> Result<Reading, CliError> {
    pages_exist(files)?;
    Ok(deliver::read(site, files, &past.postings, guesses)?)
}

/// What a command that only looks sees.
pub(super) struct View {
    /// Where there is no ledger yet, what the first start will find.
    pub past: Past,
    pub read: Reading,
}

/// Reads the pages and what the ledger knows of them, and writes nothing.
pub(super) async fn view(
    site: &Site,
    stations: &[Station],
    files: &[PathBuf],
    clock: &Clock,
) -> Result<View, CliError> {
    let Some(ledger) = Ledger::open_existing_read_only(&site.ledger_place).await? else {
        let read = postings(site, files, &Past::default(), Guesses::Shown)?;
        let past = deliver::first_sight(&read.postings, site.settings.timezone, clock.now());
        return Ok(View { past, read });
    };
    let past = ledger.past().await?;
    let mut read = postings(site, files, &past, Guesses::Shown)?;
    let courier = Courier {
        site,
        stations,
        ledger: &ledger,
        worker: Worker::this(),
        clock: clock.clone(),
        aside: None,
    };
    read.postings = courier.with_missing(&read.postings).await?;
    Ok(View { past, read })
}

/// The past without writing anything; empty if there is no ledger yet.
pub(super) async fn past(site: &Site) -> Result<Past, CliError> {
    match Ledger::open_existing_read_only(&site.ledger_place).await? {
        Some(ledger) => Ok(ledger.past().await?),
        None => Ok(Past::default()),
    }
}

/// The ledger, made if this site has none yet. A clock that was set (`--at`) may not be behind
/// what is on record already: a life that is rehearsed goes on.
pub(super) async fn ledger(site: &Site, clock: &Clock) -> Result<Ledger, CliError> {
    let ledger = Ledger::open(&site.ledger_place, &site.mark(), clock.now()).await?;
    if matches!(clock, Clock::Set(_))
        && let Some(newest) = ledger.newest().await?
        && newest > clock.now()
    {
        return Err(CliError::Usage(format!(
            "the ledger has an entry of {}, which is later than `--at`\n\
             help: name a later time; what is on record cannot be gone back behind",
            crate::schedule::local_time(newest, site.settings.timezone)
        )));
    }
    Ok(ledger)
}

/// The ledger, for a command that only makes sense where there is one.
pub(super) async fn existing_ledger(site: &Site, clock: &Clock) -> Result<Ledger, CliError> {
    let is_there = match &site.ledger_place {
        Place::File(path) => path.is_file(),
        place @ Place::Postgres(_) => Ledger::version(place).await?.is_some(),
    };
    if !is_there {
        return Err(no_ledger(site));
    }
    ledger(site, clock).await
}

pub(super) fn no_ledger(site: &Site) -> CliError {
    CliError::Usage(format!(
        "there is no ledger yet at {}\nhelp: it is made by the first `handbill post`",
        site.ledger_place
    ))
}

/// What a command draws beside its own work: warnings and errors. Notices are for `check`.
pub(super) fn worth_saying(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    diagnostics.iter().filter(|it| it.severity >= Severity::Warning).cloned().collect()
}

/// The shipped example as a site in a folder of its own, for pages without a site.
pub(super) fn example_site(folder: &Path) -> Result<Site, CliError> {
    write_example(folder)?;
    site(Some(folder.to_owned()))
}

/// Writes the shipped example into an existing or new folder, over nothing.
pub(super) fn write_example(folder: &Path) -> Result<(), CliError> {
    let failed = |path: &Path, error: std::io::Error| {
        CliError::Failed(format!("cannot write {}: {error}", path.display()))
    };
    let mut folders = vec![&EXAMPLE];
    while let Some(dir) = folders.pop() {
        folders.extend(dir.dirs());
        for file in dir.files() {
            let path = folder.join(file.path());
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
            }
            std::fs::write(&path, file.contents()).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}
