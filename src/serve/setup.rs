//! The configuration as it was read, whole: a site and its channels, ready to be addressed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tracing::warn;

use crate::channel::Reach;
use crate::deliver::{Station, instances};
use crate::diagnostic::{self, Colour, Diagnostic};
use crate::site::mailbox::SiteMailbox;
use crate::site::notices::Notices;
use crate::site::{self, ChannelSpec, Site, SiteError, pages};

/// A site without errors.
pub struct Setup {
    pub site: Arc<Site>,
    pub stations: Arc<Vec<Station>>,
    pub(super) fingerprint: Fingerprint,
}

/// What is wrong with a configuration.
#[derive(Debug)]
pub(super) enum Wrong {
    Site(SiteError),
    Diagnostics(Vec<Diagnostic>),
}

impl Setup {
    /// Reads the configuration. Folders with pages that are not there are no error here: a volume
    /// may be gone for a while, and the pages are looked for at every round.
    pub(super) fn load(folder: &Path) -> Result<Self, Wrong> {
        // Taken first: what changes while it is read is read again.
        let fingerprint = Fingerprint::of(folder);
        let (site, mut diagnostics) = Site::load(folder).map_err(Wrong::Site)?;
        let mut stations = Vec::new();
        if let Some(site) = &site {
            stations = Station::all(site, Reach::Anywhere, &mut diagnostics);
            diagnostics.extend(site.channels.iter().flat_map(ChannelSpec::missing_secrets));
            diagnostics.extend(site.notices.iter().flat_map(Notices::missing_secrets));
            diagnostics.extend(site.mailbox.iter().flat_map(SiteMailbox::missing_secrets));
            diagnostics.extend(site.web.missing_secrets());
        }
        let is_wrong = |it: &Diagnostic| it.is_error() && !Site::is_missing_folder(it);
        match site {
            Some(site) if !diagnostics.iter().any(is_wrong) => {
                Ok(Self { site: Arc::new(site), stations: Arc::new(stations), fingerprint })
            }
            _ => Err(Wrong::Diagnostics(
                diagnostics.into_iter().filter(Diagnostic::is_error).collect(),
            )),
        }
    }
}

impl Setup {
    /// Asks servers what they take, where that is not known or is a day old.
    async fn ask_servers(&mut self) {
        let heard = instances::ask(Arc::make_mut(&mut self.site), Reach::Anywhere, None).await;
        if heard.is_news() {
            let stations = Station::all(&self.site, Reach::Anywhere, &mut Vec::new());
            self.stations = Arc::new(stations);
        }
        if let Err(error) = heard.keep() {
            warn!(%error, "what servers say of themselves could not be kept");
        }
    }
}

impl Wrong {
    /// As `check` draws it.
    pub(super) fn drawn(&self) -> String {
        match self {
            Self::Site(error) => error.to_string(),
            Self::Diagnostics(diagnostics) => {
                diagnostic::render(diagnostics, Colour::Plain).trim_end().to_owned()
            }
        }
    }
}

/// Whether the configuration is to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reread {
    No,
    /// If its files are other ones.
    IfChanged,
    /// Whatever its files look like.
    Certainly,
}

/// What came of reading it again.
pub(super) enum Reloaded {
    Unchanged,
    New(Box<Setup>),
    Wrong { wrong: Wrong, fingerprint: Fingerprint },
}

impl Reread {
    /// What is certain stays certain.
    pub(super) fn or_if_changed(self) -> Self {
        if self == Self::No { Self::IfChanged } else { self }
    }
}

/// Reads it, on a thread that may hang as long as a network mount does.
pub(super) async fn read_setup(folder: PathBuf) -> Result<Setup, Wrong> {
    let read = tokio::task::spawn_blocking(move || Setup::load(&folder));
    let mut setup = read.await.unwrap_or_else(|error| {
        Err(Wrong::Diagnostics(vec![Diagnostic::error(
            "serve::thread",
            format!("the configuration could not be read: {error}"),
        )]))
    })?;
    setup.ask_servers().await;
    Ok(setup)
}

/// Reads the configuration unless it is the one that is known already.
pub(super) async fn reread(folder: PathBuf, known: Fingerprint, how: Reread) -> Reloaded {
    let of = folder.clone();
    let fingerprint = tokio::task::spawn_blocking(move || Fingerprint::of(&of)).await;
    let fingerprint = fingerprint.unwrap_or_default();
    if how == Reread::IfChanged && fingerprint == known {
        return Reloaded::Unchanged;
    }
    match read_setup(folder).await {
        Ok(setup) => Reloaded::New(Box::new(setup)),
        Err(wrong) => Reloaded::Wrong { wrong, fingerprint },
    }
}

/// The files of a configuration by name, size and time: two that are the same say the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fingerprint(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Fingerprint {
    /// Of the files that are there; what cannot be read is an error only for who reads it.
    pub(super) fn of(folder: &Path) -> Self {
        let mut files = vec![folder.join(site::FILE)];
        for part in PARTS {
            files.extend(pages::walk(&folder.join(part)).unwrap_or_default());
        }
        let seen = files.into_iter().filter_map(|path| {
            let file = path.metadata().ok()?;
            Some((path, file.len(), file.modified().ok()))
        });
        Self(seen.collect())
    }
}

/// The folders of a site that belong to its configuration.
pub(super) const PARTS: [&str; 2] = ["channels", "templates"];
