//! One site, one ledger.
//!
//! A ledger is bound to its site by a marker file, `ledger.id`, in the site's folder, which is
//! kept and committed with the site. A clone of the site on a laptop has the marker but not the
//! ledger, and is refused: with a ledger of its own it would publish everything a second time.
//!
//! | ledger | marker | then |
//! | --- | --- | --- |
//! | none | none | both are made |
//! | none | there | refused, nothing is made |
//! | there | names it | opened |
//! | there | names another | refused |
//! | there | names it in the other engine | refused: only `ledger import` moves it there |
//! | in PostgreSQL, not moved | names it in another database | refused: it was imported there |
//! | there | none | opened if it was made for this site, and the marker is written again |
//!
//! A ledger that was moved is opened and remembers its new place; a copy of it is refused as long
//! as the place it was copied from still exists on this machine. A copy that was put back in the
//! same place is opened and noticed by its mark (see [`super::generation`]); so is a ledger that came
//! without its mark, from another folder or machine. What cannot be seen from here: a copy, with
//! marker and mark, on another machine, and a machine or folder that was put back as a whole, the
//! mark with it.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use super::worker::host_name;
use super::{LedgerError, postgres};

/// What a ledger is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteMark {
    /// The folder of `handbill.toml`; the marker is in it.
    pub folder: PathBuf,
    pub base_url: String,
}

impl SiteMark {
    /// Where the marker is.
    pub fn marker(&self) -> PathBuf {
        self.folder.join("ledger.id")
    }
}

/// The comment lines of the marker file.
const EXPLANATION: &str = "\
# The ledger of this site: the record of what Handbill published, and where.
# Keep this file with the site and commit it: it stops a second ledger, which could publish everything twice.
";

/// What the marker file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ledger) struct Marker {
    ledger: Uuid,
    host: String,
    path: String,
    created: String,
}

/// The ledger's own row, as far as the binding needs it.
struct Bound {
    id: Uuid,
    path: String,
    site_folder: String,
    base_url: String,
    created_at: DateTime<Utc>,
}

/// Reads the site's marker; `None` if there is none.
pub(in crate::ledger) fn read_marker(site: &SiteMark) -> Result<Option<Marker>, LedgerError> {
    let path = site.marker();
    let unreadable = |why: String| LedgerError::UnreadableMarker {
        path: path.display().to_string(),
        why: why.trim_end().to_owned(),
    };
    match fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map(Some).map_err(|error| unreadable(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// The refusal of a ledger at `path` that the site's marker does not name.
pub(in crate::ledger) fn second_ledger(
    marker: &Marker,
    path: &Path,
    site: &SiteMark,
) -> LedgerError {
    LedgerError::SecondLedger {
        ledger: marker.ledger.to_string(),
        place: format!("{} on {}", marker.path, marker.host),
        path: path.display().to_string(),
        marker: site.marker().display().to_string(),
    }
}

/// Binds the ledger at `path` to the site, or refuses. A ledger without a row of its own is new
/// and gets `new_id`. The caller holds the write lock, so two processes that open one new
/// ledger at the same time agree.
pub(in crate::ledger) async fn bind(
    tx: &mut AnyConnection,
    path: &Path,
    site: &SiteMark,
    new_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Uuid, LedgerError> {
    let marker = read_marker(site)?;
    let folder = canonical(&site.folder);
    match (read_row(tx).await?, marker) {
        (None, Some(marker)) => Err(second_ledger(&marker, path, site)),
        (None, None) => {
            let id = new_id;
            sqlx::query(
                "insert into ledger (id, created_at, path, site_folder, base_url, last_event, head)
                 values ($1, $2, $3, $4, $5, 0, $1)",
            )
            .bind(id.to_string())
            .bind(now.timestamp_micros())
            .bind(path.display().to_string())
            .bind(folder)
            .bind(site.base_url.clone())
            .execute(&mut *tx)
            .await?;
            Ok(id)
        }
        // It was imported elsewhere, and this is what was left behind.
        (Some(bound), Some(marker)) if marker.has_left(&bound, path) => {
            Err(second_ledger(&marker, path, site))
        }
        (Some(bound), marker) => {
            bound.admit(marker, path, path, site)?;
            sqlx::query("update ledger set path = $1, site_folder = $2, base_url = $3")
                .bind(path.display().to_string())
                .bind(folder)
                .bind(site.base_url.clone())
                .execute(&mut *tx)
                .await?;
            Ok(bound.id)
        }
    }
}

/// Whether there is a ledger.
pub(in crate::ledger) async fn is_bound(
    connection: &mut AnyConnection,
) -> Result<bool, LedgerError> {
    Ok(read_row(connection).await?.is_some())
}

/// Moves the site's ledger to `path`, where it has just been imported.
pub(in crate::ledger) async fn take_over(
    tx: &mut AnyConnection,
    path: &Path,
    site: &SiteMark,
) -> Result<(), LedgerError> {
    sqlx::query("update ledger set path = $1")
        .bind(path.display().to_string())
        .execute(&mut *tx)
        .await?;
    admit(tx, path, path, site).await
}

/// That the ledger in the file `copy` would be accepted by [`bind`] if it stood at `path`.
pub(in crate::ledger) async fn admit(
    connection: &mut AnyConnection,
    copy: &Path,
    path: &Path,
    site: &SiteMark,
) -> Result<(), LedgerError> {
    match read_row(connection).await? {
        Some(bound) => bound.admit(read_marker(site)?, copy, path, site),
        None => Err(LedgerError::Corrupt("it has no id".to_owned())),
    }
}

impl Bound {
    /// That this ledger, found in the file `found`, is the site's own and belongs at `path`.
    fn admit(
        &self,
        marker: Option<Marker>,
        found: &Path,
        path: &Path,
        site: &SiteMark,
    ) -> Result<(), LedgerError> {
        match marker {
            Some(marker) if marker.ledger != self.id => {
                return Err(second_ledger(&marker, found, site));
            }
            None if self.site_folder != canonical(&site.folder)
                && self.base_url != site.base_url =>
            {
                return Err(LedgerError::OtherSite {
                    path: found.display().to_string(),
                    site: format!("{}, {}", self.base_url, self.site_folder),
                });
            }
            _ => {}
        }
        if Path::new(&self.path) != path && Path::new(&self.path).exists() {
            let original = marker.unwrap_or_else(|| Marker::new(self, self.path.clone()));
            return Err(second_ledger(&original, found, site));
        }
        Ok(())
    }
}

/// Writes the marker of a ledger that [`bind`] accepted, if it is missing or names an old place.
/// It is written after the ledger is on disk: the other way round, a crash in between would leave
/// a marker for a ledger that never was. The caller holds the write lock.
pub(in crate::ledger) async fn mark(
    tx: &mut AnyConnection,
    path: &Path,
    site: &SiteMark,
) -> Result<(), LedgerError> {
    let Some(bound) = read_row(tx).await? else {
        return Err(LedgerError::Corrupt("it has no id".to_owned()));
    };
    let marker = Marker::new(&bound, bound.path.clone());
    match read_marker(site)? {
        None => {}
        // Another ledger of the same site was made at the same moment, and was first.
        Some(found) if found.ledger != marker.ledger => {
            return Err(second_ledger(&found, path, site));
        }
        Some(found) if found.path == marker.path => return Ok(()),
        Some(_) => fs::remove_file(site.marker()).map_err(|error| cannot_write(site, &error))?,
    }
    let written = marker.write(site);
    if written.as_ref().is_err_and(|error| error.kind() == ErrorKind::AlreadyExists) {
        return match read_marker(site)? {
            Some(found) if found.ledger != marker.ledger => Err(second_ledger(&found, path, site)),
            _ => Ok(()),
        };
    }
    written.map_err(|error| cannot_write(site, &error))
}

impl Marker {
    fn new(bound: &Bound, path: String) -> Self {
        let created = bound.created_at.format("%Y-%m-%d").to_string();
        Self { ledger: bound.id, host: host_name(), path, created }
    }

    /// Whether it names another place than `path`, where `bound` was found, and only an import leads
    /// from one to the other. Files move, and the name of a database changes, by other ways too: then
    /// what the ledger knows of its place is not where it was found.
    fn has_left(&self, bound: &Bound, path: &Path) -> bool {
        let path = path.display().to_string();
        match (postgres::is_name(&self.path), postgres::is_name(&path)) {
            (true, true) => self.path != path && bound.path == path,
            (false, false) => false,
            _ => true,
        }
    }

    /// Fails if there is a marker already, so that of two ledgers only one can be the site's.
    fn write(&self, site: &SiteMark) -> std::io::Result<()> {
        let facts = toml::to_string(self).map_err(std::io::Error::other)?;
        let mut file = fs::File::create_new(site.marker())?;
        file.write_all(format!("{EXPLANATION}{facts}").as_bytes())?;
        file.sync_all()
    }
}

async fn read_row(connection: &mut AnyConnection) -> Result<Option<Bound>, LedgerError> {
    let row =
        sqlx::query("select id, path, site_folder, base_url, created_at from ledger order by id")
            .fetch_optional(connection)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let id: String = row.try_get("id")?;
    let created_at: i64 = row.try_get("created_at")?;
    Ok(Some(Bound {
        id: id.parse().map_err(|_| LedgerError::Corrupt(format!("its id is `{id}`")))?,
        path: row.try_get("path")?,
        site_folder: row.try_get("site_folder")?,
        base_url: row.try_get("base_url")?,
        created_at: super::row::time(created_at)?,
    }))
}

fn canonical(folder: &Path) -> String {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).display().to_string()
}

fn cannot_write(site: &SiteMark, error: &std::io::Error) -> LedgerError {
    LedgerError::Marker { path: site.marker().display().to_string(), why: error.to_string() }
}
