//! Notices that files of the site change, by events. What they miss (network mounts, full queues)
//! the regular scan finds.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::setup::PARTS;
use crate::site::{self, Site};

/// Waits for changes; the loop's end.
#[derive(Default)]
pub(super) struct Watch {
    seen: Arc<Seen>,
}

/// Asks the system for events; the other end, which touches the disk and is kept off the loop.
pub(super) struct Follower {
    watcher: Option<RecommendedWatcher>,
    /// What is watched, and which file or folder it was: one that was made anew is another one.
    watched: BTreeMap<PathBuf, (u64, u64)>,
    seen: Weak<Seen>,
}

/// What was noticed and not yet looked at.
#[derive(Default)]
struct Seen {
    configuration: AtomicBool,
    pages: AtomicBool,
    notify: Notify,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Changes {
    pub configuration: bool,
    pub pages: bool,
}

impl Follower {
    /// This one, to be moved elsewhere; what is left follows nothing.
    pub(super) fn take(&mut self) -> Self {
        Self {
            watcher: self.watcher.take(),
            watched: std::mem::take(&mut self.watched),
            seen: self.seen.clone(),
        }
    }

    /// Watches a site's files from now on, those that were made anew since included.
    ///
    /// # Errors
    /// In words, if the system gives no events: then only the scan finds changes.
    pub(super) fn follow(&mut self, site: &Site) -> Result<(), String> {
        let mut wanted: Vec<(PathBuf, RecursiveMode)> =
            vec![(site.folder.clone(), RecursiveMode::NonRecursive)];
        let parts = PARTS.iter().map(|part| site.folder.join(part));
        let all = parts.chain(site.postings.iter().cloned());
        wanted.extend(all.map(|it| (it, RecursiveMode::Recursive)));
        // A folder that comes back is an event of the one above it.
        let above = site.postings.iter().filter_map(|place| place.parent());
        let above = above.filter(|it| *it != site.folder);
        wanted.extend(above.map(|it| (it.to_owned(), RecursiveMode::NonRecursive)));
        let mut now = BTreeMap::new();
        for (path, _) in &wanted {
            if let Ok(file) = path.metadata() {
                now.insert(path.clone(), (file.dev(), file.ino()));
            }
        }
        if self.watcher.is_some() && now == self.watched {
            return Ok(());
        }
        // A new one for all: folders that were moved away stay watched otherwise.
        self.watched.clear();
        let mut watcher = watcher(self.seen.clone(), &site.folder)
            .map_err(|error| format!("no events of files: {error}"))?;
        for (path, mode) in wanted.iter().filter(|(path, _)| now.contains_key(path)) {
            watcher
                .watch(path, *mode)
                .map_err(|error| format!("no events of {}: {error}", path.display()))?;
        }
        self.watcher = Some(watcher);
        self.watched = now;
        Ok(())
    }
}

impl Watch {
    pub(super) fn follower(&self) -> Follower {
        Follower { watcher: None, watched: BTreeMap::new(), seen: Arc::downgrade(&self.seen) }
    }

    /// Waits until something has changed.
    pub(super) async fn changed(&self) {
        self.seen.notify.notified().await;
    }

    /// What has changed since this was asked last.
    pub(super) fn take(&self) -> Changes {
        Changes {
            configuration: self.seen.configuration.swap(false, Ordering::AcqRel),
            pages: self.seen.pages.swap(false, Ordering::AcqRel),
        }
    }
}

fn watcher(seen: Weak<Seen>, folder: &Path) -> notify::Result<RecommendedWatcher> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute(folder);
    notify::recommended_watcher(move |event: notify::Result<Event>| {
        let Some(seen) = seen.upgrade() else { return };
        // Where events were lost, anything may have changed.
        let (mut configuration, mut pages) = (event.is_err(), event.is_err());
        if let Ok(event) = event {
            // Our own reading is no change.
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            configuration |= event.need_rescan();
            pages |= event.need_rescan();
            for path in event.paths.iter().map(|path| absolute(path)) {
                let is_ours = path == folder.join(site::FILE)
                    || PARTS.iter().any(|part| path.starts_with(folder.join(part)));
                // Beside them only the folder's own files are seen: ledger and marks.
                let is_beside = path.parent() == Some(&folder) || path == folder;
                configuration |= is_ours;
                pages |= !is_ours && !is_beside;
            }
        }
        if configuration {
            seen.configuration.store(true, Ordering::Release);
        }
        if pages {
            seen.pages.store(true, Ordering::Release);
        }
        if configuration || pages {
            seen.notify.notify_one();
        }
    })
}
