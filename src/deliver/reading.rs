//! Reads the pages of a site into postings that the ledger knows by their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use super::Postings;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ledger::KnownPosting;
use crate::posting::identity::{self, Known};
use crate::posting::{self, PageFile, PostingId, Settings};
use crate::site::{Site, SiteError, pages};

/// The postings of a site as they are now, with what reading them brought up.
#[derive(Debug)]
pub struct Reading {
    pub postings: Postings,
    /// What is wrong or missing in them.
    pub diagnostics: Vec<Diagnostic>,
    /// The postings that the command names; `None` if it names none and means all.
    pub named: Option<BTreeSet<PostingId>>,
}

impl Reading {
    /// Whether a page has errors; it is held back, alone.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// What a page outside the content folder is worth, whose address is only a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guesses {
    /// It is shown, with a warning.
    Shown,
    /// Nothing goes out with a link that may lead nowhere.
    Refused,
}

fn guessed_address(page: &PageFile, site: &Site, guesses: Guesses) -> Diagnostic {
    let severity = match guesses {
        Guesses::Shown => Severity::Warning,
        Guesses::Refused => Severity::Error,
    };
    let content = site.content.strip_prefix("./").unwrap_or(&site.content);
    Diagnostic::new(
        severity,
        "page::address",
        format!("this page lies outside {}, so its address is a guess", content.display()),
    )
    .at(&page.source, 0..page.source.text.lines().next().map_or(0, str::len))
    .help("write `url: https://…` in its front matter, or move it into the content folder")
}

/// Reads all pages of the site and the files that the command names, inside the site or not.
///
/// # Errors
/// [`SiteError`] if a folder or a named file cannot be read at all.
pub fn read(
    site: &Site,
    files: &[PathBuf],
    known: &BTreeMap<PostingId, KnownPosting>,
    guesses: Guesses,
) -> Result<Reading, SiteError> {
    let mut diagnostics = Vec::new();
    let mut pages = pages::load(site, &mut diagnostics)?;
    let mut postings = Postings::default();
    postings.held_back.extend(pages::unreadable(&diagnostics, site));
    let mut of_named = Vec::new();
    let mut named_paths = BTreeSet::new();
    for file in files {
        if let Some(page) = pages::load_one(file, Some(site), &mut of_named)? {
            if pages::has_guessed_address(&page, site) {
                of_named.push(guessed_address(&page, site, guesses));
            }
            named_paths.insert(page.path.clone());
            if !pages.iter().any(|other| other.path == page.path) {
                pages.push(page);
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));

    let mut found = Vec::new();
    for (page, reading) in pages.iter().zip(read_pages(&pages, &site.settings)) {
        if reading.diagnostics.iter().any(Diagnostic::is_error) {
            postings.held_back.insert(page.path.clone());
        }
        diagnostics.extend(reading.diagnostics);
        found.extend(reading.postings);
    }
    let known: Vec<Known> = known.values().map(Known::from).collect();
    let before: BTreeSet<String> = found.iter().map(|posting| posting.path.clone()).collect();
    postings.open =
        identity::bind(found, &known, &site.settings.default_language, &mut diagnostics);
    // What concerns pages that the command does not name is not its business.
    if !files.is_empty() {
        let named: Vec<_> = pages.iter().filter(|page| named_paths.contains(&page.path)).collect();
        diagnostics.retain(|it| {
            it.place
                .as_ref()
                .is_none_or(|(source, _)| named.iter().any(|page| page.source.path == source.path))
        });
        diagnostics.append(&mut of_named);
    }
    let after: BTreeSet<String> = postings
        .open
        .iter()
        .flat_map(|posting| {
            std::iter::once(posting.path.clone())
                .chain(posting.translations.values().map(|it| it.path.clone()))
        })
        .collect();
    postings.held_back.extend(before.difference(&after).cloned());
    let named: Option<BTreeSet<PostingId>> = (!files.is_empty()).then(|| {
        postings
            .open
            .iter()
            .filter(|posting| {
                named_paths.contains(&posting.path)
                    || posting.translations.values().any(|it| named_paths.contains(&it.path))
            })
            .map(|posting| posting.id.clone())
            .collect()
    });
    postings.named = named.clone().unwrap_or_default();
    Ok(Reading { postings, diagnostics, named })
}

/// From so many pages on, every processor reads some: fewer are read sooner than threads are made.
const WORTH_A_THREAD: usize = 32;

/// Reads pages, in their order.
fn read_pages(pages: &[PageFile], settings: &Settings) -> Vec<posting::Reading> {
    let read = |pages: &[PageFile]| -> Vec<posting::Reading> {
        pages.iter().map(|page| posting::read(page, settings)).collect()
    };
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let each = pages.len().div_ceil(processors).max(WORTH_A_THREAD);
    let mut parts = pages.chunks(each);
    let first = parts.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
        let mut all = read(first);
        for other in others {
            match other.join() {
                Ok(more) => all.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// A folder or page of the site's postings that is not to be had now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    pub path: PathBuf,
    pub why: String,
}

/// Reads all pages of the site, for a process that goes on where a volume is gone for a while.
/// While a folder cannot be read, no page counts as gone: those that are known and not to be seen
/// are held back.
///
/// # Errors
/// [`SiteError`] if a folder went away while it was read.
pub fn read_what_is_there(
    site: &Site,
    known: &BTreeMap<PostingId, KnownPosting>,
) -> Result<(Reading, Vec<Unavailable>), SiteError> {
    let mut unavailable = Vec::new();
    // Without the folder from which addresses count, no page is what it was.
    let can_list = |path: &Path| match std::fs::metadata(path) {
        Ok(it) if it.is_dir() => std::fs::read_dir(path).map(|_| ()),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    let mut here = site.clone();
    if site.content.exists() {
        here.postings.retain(|place| match can_list(place) {
            Ok(()) => true,
            Err(error) => {
                unavailable.push(Unavailable { path: place.clone(), why: error.to_string() });
                false
            }
        });
    } else {
        let why = "there is no such folder".to_owned();
        unavailable.push(Unavailable { path: site.content.clone(), why });
        here.postings.clear();
    }
    let mut reading = read(&here, &[], known, Guesses::Refused)?;
    if !unavailable.is_empty() {
        let open = &reading.postings.open;
        let seen: BTreeSet<&str> = open
            .iter()
            .flat_map(|posting| {
                let translations = posting.translations.values().map(|it| it.path.as_str());
                std::iter::once(posting.path.as_str()).chain(translations)
            })
            .collect();
        let unseen = known.values().filter(|it| !seen.contains(it.path.as_str()));
        reading.postings.held_back.extend(unseen.map(|it| it.path.clone()).collect::<Vec<_>>());
    }
    Ok((reading, unavailable))
}

impl From<&KnownPosting> for Known {
    fn from(known: &KnownPosting) -> Self {
        Self {
            id: known.id.clone(),
            path: known.path.clone(),
            translation_key: known.translation_key.clone(),
            sub_id: known.sub_id.clone(),
            reference: known.reference.clone(),
        }
    }
}
