//! Finds and loads the pages of a site.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Site, SiteError, read_text};
use crate::diagnostic::{Diagnostic, Source};
use crate::posting::{PageFile, front_matter};

/// The endings of files that are pages.
const PAGE_ENDINGS: [&str; 6] = ["md", "markdown", "qmd", "rmd", "html", "htm"];

/// All pages of the site's postings, sorted by path.
///
/// # Errors
/// [`SiteError::Unreadable`] if a folder cannot be listed.
pub fn load(site: &Site, diagnostics: &mut Vec<Diagnostic>) -> Result<Vec<PageFile>, SiteError> {
    let mut paths = Vec::new();
    for place in &site.postings {
        if place.is_file() {
            paths.push(place.clone());
            continue;
        }
        let found = walk(place)?;
        let neighbours = Neighbours::of(place, &found);
        paths.extend(found.iter().filter(|path| neighbours.is_posting_page(path)).cloned());
    }
    paths.sort();
    paths.dedup();
    let mut pages = Vec::new();
    for path in paths {
        match load_one(&path, Some(site), diagnostics) {
            Ok(Some(page)) => pages.push(page),
            Ok(None) => {}
            // It went away since the folder was listed.
            Err(_) if std::fs::symlink_metadata(&path).is_err() => {}
            // One page that cannot be read holds itself back, and no other.
            Err(error) => diagnostics.push(
                Diagnostic::error("page::unreadable", error.to_string())
                    .at(&Source::new(path, ""), 0..0)
                    .help("let the user that Handbill runs as read it"),
            ),
        }
    }
    Ok(pages)
}

/// One page, inside the site's content folder or anywhere else.
///
/// # Errors
/// [`SiteError::Unreadable`] if it cannot be read.
pub fn load_one(
    path: &Path,
    site: Option<&Site>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<PageFile>, SiteError> {
    let Some(source) = read_text(path, diagnostics)? else { return Ok(None) };
    let inside = site.and_then(|site| relative(path, &site.content));
    let ancestors = match (site, &inside) {
        (Some(site), Some(_)) => match ancestors(path, &site.content, diagnostics)? {
            Some(ancestors) => ancestors,
            None => return Ok(None),
        },
        _ => Vec::new(),
    };
    let path = inside.unwrap_or_else(|| outside(path));
    Ok(Some(PageFile { source, path, ancestors }))
}

/// The paths of pages that could not be read as text, from what reading them brought up.
pub fn unreadable(diagnostics: &[Diagnostic], site: &Site) -> Vec<String> {
    let places = diagnostics.iter().filter(|it| it.is_error()).filter_map(|it| it.place.as_ref());
    places.filter_map(|(source, _)| relative(&source.path, &site.content)).collect()
}

/// Whether a page's address is only a guess: it lies outside the content folder, where Hugo would
/// not find it, and does not say its `url`.
pub fn has_guessed_address(page: &PageFile, site: &Site) -> bool {
    relative(&page.source.path, &site.content).is_none()
        && front_matter::read(&page.source, &mut Vec::new()).is_some_and(|front| {
            ["url", "permalink"].iter().all(|key| front.table.text(key).is_none())
        })
}

/// All files below a folder, sorted; none if there is no such folder. Hidden files are passed
/// over.
///
/// # Errors
/// [`SiteError::Unreadable`] if a folder cannot be listed.
pub fn walk(folder: &Path) -> Result<Vec<PathBuf>, SiteError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error: std::io::Error| SiteError::Unreadable {
            path: folder.clone(),
            why: error.to_string(),
        };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(error)),
        };
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // A link to a folder is not followed: it could lead back up.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => files.push(entry.path()),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What the files in a folder of postings say about each other.
struct Neighbours<'a> {
    place: &'a Path,
    /// The folders with a page below them that is no `_index`.
    with_pages_below: HashSet<&'a Path>,
    /// The folders that are one page with its resources (Hugo, "Page bundles").
    leaf_bundles: HashSet<&'a Path>,
}

impl<'a> Neighbours<'a> {
    fn of(place: &'a Path, files: &'a [PathBuf]) -> Self {
        let mut with_pages_below = HashSet::new();
        let mut leaf_bundles = HashSet::new();
        for file in files {
            let markdown = file.extension().is_some_and(|it| it == "md" || it == "markdown");
            if markdown
                && !file.file_name().is_some_and(|it| it.to_string_lossy().starts_with("_index"))
            {
                let above = file.ancestors().skip(1).take_while(|folder| folder.starts_with(place));
                // What is known of a folder is known of all above it.
                for folder in above {
                    if !with_pages_below.insert(folder) {
                        break;
                    }
                }
            }
            leaf_bundles.extend(file.parent().filter(|it| *it != place && is_named(file, "index")));
        }
        Self { place, with_pages_below, leaf_bundles }
    }

    /// Whether a file is itself a posting: a page, and not the list page of a section (an `_index`
    /// with pages below it, or the `_index` of the folder itself).
    fn is_posting_page(&self, path: &Path) -> bool {
        let ending = path.extension().map(|it| it.to_string_lossy().to_lowercase());
        if !ending.is_some_and(|ending| PAGE_ENDINGS.contains(&ending.as_str())) {
            return false;
        }
        let parent = path.parent().unwrap_or(self.place);
        if is_named(path, "_index") {
            return parent != self.place && !self.with_pages_below.contains(parent);
        }
        is_named(path, "index") || !self.leaf_bundles.contains(parent)
    }
}

/// Whether a file has this name, with or without a language behind it: `index.md`, `index.de.md`.
fn is_named(path: &Path, name: &str) -> bool {
    let stem = path.file_stem().map(|it| it.to_string_lossy());
    let rest = stem.as_deref().and_then(|stem| stem.strip_prefix(name));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The `_index` pages above a page, the outermost first; `None` if one cannot be read, because it
/// could say that the page is a draft.
fn ancestors(
    path: &Path,
    content: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Vec<Arc<Source>>>, SiteError> {
    let mut found = Vec::new();
    for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(content)) {
        let index = folder.join("_index.md");
        if index != path && index.is_file() {
            match read_text(&index, diagnostics)? {
                Some(source) => found.push(source),
                None => return Ok(None),
            }
        }
    }
    found.reverse();
    Ok(Some(found))
}

fn relative(path: &Path, content: &Path) -> Option<String> {
    let path = std::fs::canonicalize(path).ok()?;
    let content = std::fs::canonicalize(content).ok()?;
    let relative = path.strip_prefix(content).ok()?;
    Some(relative.to_string_lossy().replace('\\', "/"))
}

/// The path of a page that lies outside the content folder: its name below its folder's, so that
/// two pages of one name stay apart.
fn outside(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = |path: &Path| path.file_name().map(|it| it.to_string_lossy().into_owned());
    let file = name(&absolute).unwrap_or_default();
    match absolute.parent().and_then(name) {
        Some(folder) => format!("{folder}/{file}"),
        None => file,
    }
}
