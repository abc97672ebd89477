//! The machine: clock, disk, time zones. What it shows is read in one function and judged in
//! another, so that a test can show what no machine of its own shows.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rustix::fs::{Access, access, statvfs};

use super::{Finding, shown};
use crate::schedule::local_time;

const CLOCK: &str = "doctor::clock";
const SYNCHRONISED: &str = "doctor::clock-synchronised";
const DISK: &str = "doctor::disk";
const ZONES: &str = "doctor::time-zones";
const FONTS: &str = "doctor::fonts";

/// How far behind the ledger's newest event a clock may be: two machines are never quite equal.
const BEHIND: TimeDelta = TimeDelta::minutes(2);

/// Before this no Handbill was made: a clock that shows it was never set.
const FIRST_YEAR: i32 = 2026;

/// Judges the clock by what it showed when something was last written down.
pub fn clock(now: DateTime<Utc>, newest: Option<DateTime<Utc>>, zone: Tz) -> Finding {
    let shown = local_time(now, zone);
    let help = "set the clock (`timedatectl`); until then nothing may be sent, or too early";
    if chrono::Datelike::year(&now) < FIRST_YEAR {
        return Finding::problem(CLOCK, format!("it shows {shown}, which cannot be"), help);
    }
    match newest {
        Some(newest) if newest - now > BEHIND => Finding::problem(
            CLOCK,
            format!(
                "it shows {shown}, but the ledger has an entry of {}, which is later",
                local_time(newest, zone)
            ),
            help,
        ),
        Some(newest) => Finding::ok(
            CLOCK,
            format!(
                "it shows {shown}; the ledger's newest entry is of {}",
                local_time(newest, zone)
            ),
        ),
        None => Finding::ok(CLOCK, format!("it shows {shown}")),
    }
}

/// Judges how many fonts there are for the cards that channels want.
pub fn fonts(count: usize) -> Finding {
    match count {
        0 => Finding::problem(
            FONTS,
            "there is no font on this machine, so no card can be drawn",
            "install one, for example the package `fonts-dejavu-core`; until then ads go out \
             without their cards",
        ),
        1 => Finding::ok(FONTS, "1 font for cards"),
        count => Finding::ok(FONTS, format!("{count} fonts for cards")),
    }
}

/// What the system says of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronisation {
    Synchronised,
    /// A service runs for it, and has not done it yet.
    NotYet,
    /// Nobody here says.
    Unsaid,
}

/// Asks systemd-timesyncd, which says it by a file (systemd-timesyncd.service(8)).
pub fn synchronisation() -> Synchronisation {
    let folder = Path::new("/run/systemd/timesync");
    match (folder.join("synchronized").exists(), folder.exists()) {
        (true, _) => Synchronisation::Synchronised,
        (false, true) => Synchronisation::NotYet,
        (false, false) => Synchronisation::Unsaid,
    }
}

/// Judges what the system says of its clock.
pub fn synchronised(found: &Synchronisation) -> Finding {
    match found {
        Synchronisation::Synchronised => {
            Finding::ok(SYNCHRONISED, "systemd-timesyncd has synchronised the clock")
        }
        Synchronisation::NotYet => Finding::warning(
            SYNCHRONISED,
            "systemd-timesyncd has not synchronised the clock since the machine started",
            "see `timedatectl timesync-status`; does the network let NTP through?",
        ),
        Synchronisation::Unsaid => Finding::ok(
            SYNCHRONISED,
            "no systemd-timesyncd here; whether something else sets the clock is not known",
        ),
    }
}

/// What is left on a volume, in bytes and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    pub free_bytes: u64,
    /// `None` where files are not counted.
    pub free_files: Option<u64>,
}

const MIB: u64 = 1024 * 1024;

/// Less than this may be gone within a round.
const ALMOST_NOTHING: u64 = 64 * MIB;
const LITTLE: u64 = 512 * MIB;
const FEW_FILES: u64 = 100;

/// Asks the system what is left on the volume of a file that may not be there yet.
///
/// # Errors
/// In words, if the system does not say.
pub fn space(file: &Path) -> Result<Space, String> {
    let folder = existing_ancestor(file);
    let volume = statvfs(&folder).map_err(|error| format!("{}: {error}", shown(&folder)))?;
    Ok(Space {
        free_bytes: volume.f_bavail.saturating_mul(volume.f_frsize),
        free_files: (volume.f_files > 0).then_some(volume.f_favail),
    })
}

/// Judges what is left on the ledger's volume.
pub fn disk(space: &Result<Space, String>, ledger: &Path) -> Finding {
    let space = match space {
        Ok(space) => space,
        Err(why) => {
            let seen = format!("the ledger's volume cannot be looked at: {why}");
            return Finding::problem(DISK, seen, "is the volume there?");
        }
    };
    let mib = space.free_bytes / MIB;
    let seen = format!("{mib} MiB free where {} is", shown(ledger));
    let help = "make room: nothing can be sent while the ledger cannot be written";
    if space.free_bytes < ALMOST_NOTHING {
        return Finding::problem(DISK, seen, help);
    }
    if let Some(files) = space.free_files.filter(|files| *files < FEW_FILES) {
        return Finding::problem(DISK, format!("room for only {files} more files"), help);
    }
    if space.free_bytes < LITTLE {
        return Finding::warning(DISK, seen, help);
    }
    Finding::ok(DISK, seen)
}

/// The version of the system's own time-zone data, for example `2026c`; `None` if it has none or
/// does not say.
pub fn installed() -> Option<String> {
    let text = std::fs::read_to_string("/usr/share/zoneinfo/tzdata.zi").ok()?;
    text.lines().next()?.strip_prefix("# version ").map(str::to_owned)
}

/// Judges the time-zone data that is built in, by the system's own.
pub fn time_zones(built_in: &str, installed: Option<&str>) -> Finding {
    let zones = chrono_tz::TZ_VARIANTS.len();
    match installed {
        // `2026c` comes after `2026b`.
        Some(installed) if installed > built_in => Finding::warning(
            ZONES,
            format!("{zones} zones, of {built_in}; the system's own are of {installed}"),
            "rules that were changed since are not known here: a newer Handbill may know them",
        ),
        Some(installed) => Finding::ok(
            ZONES,
            format!("{zones} zones, of {built_in}; the system's own are of {installed}"),
        ),
        None => Finding::ok(ZONES, format!("{zones} zones, of {built_in}")),
    }
}

/// Whether this user may write in a folder, or make it where it is not there yet.
///
/// # Errors
/// In words, if not.
pub fn may_write_below(folder: &Path) -> Result<(), String> {
    let there = existing_ancestor(folder);
    access(&there, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| format!("{}: {error}", there.display()))
}

/// The path itself or the nearest folder above it that is there.
pub(super) fn existing_ancestor(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.ancestors().find(|it| it.exists()).unwrap_or(&path).to_owned()
}
