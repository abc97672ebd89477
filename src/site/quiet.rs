//! Quiet times as the files of a site say them: `[quiet]` of a channel, `[plan.quiet]` of the site.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Months, Utc, Weekday};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{SiteError, read_text};
use crate::diagnostic::{Diagnostic, Source};
use crate::schedule::calendar::{self, Holiday};
use crate::schedule::quiet::{DateRange, Quiet, QuietError, weekday};

/// Days on which nothing goes out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuietTable {
    /// For example `["Sat", "Sun"]`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    weekdays: Vec<Spanned<String>>,
    /// Days and spans of days: `12-24..01-02`, `2027-05-14`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    dates: Vec<Spanned<String>>,
    /// An iCalendar file; relative paths count from the site's folder.
    #[schemars(with = "Option<PathBuf>")]
    holidays: Option<Spanned<PathBuf>>,
}

/// Days on which nothing goes out, wherever the channel's clock stands.
#[derive(Debug, Clone, Default)]
pub(super) struct QuietTimes {
    weekdays: Vec<Weekday>,
    dates: Vec<DateRange>,
    holidays: Vec<Holiday>,
}

/// A plan looks back over missed slots for at most this long …
const BEFORE: Months = Months::new(12);
/// … and ahead for somewhat more than a year.
const AFTER: Months = Months::new(36);

impl QuietTable {
    /// Reads what is written in `file`; what cannot be read is left out, with an error.
    ///
    /// # Errors
    /// [`SiteError`] never for a wrong calendar, only if the file's text cannot be looked at.
    pub(super) fn read(
        &self,
        folder: &Path,
        zone: Tz,
        file: &Arc<Source>,
        now: DateTime<Utc>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<QuietTimes, SiteError> {
        let mut quiet = QuietTimes::default();
        let mut wrong = |written: &Spanned<String>, error: &QuietError| {
            diagnostics.push(
                Diagnostic::error("config::quiet", error.to_string())
                    .at(file, written.span())
                    .help(error.help()),
            );
        };
        for written in &self.weekdays {
            match weekday(written.get_ref()) {
                Ok(day) => quiet.weekdays.push(day),
                Err(error) => wrong(written, &error),
            }
        }
        for written in &self.dates {
            match DateRange::parse(written.get_ref()) {
                Ok(range) => quiet.dates.push(range),
                Err(error) => wrong(written, &error),
            }
        }
        if let Some(path) = &self.holidays {
            quiet.holidays = holidays(path, folder, zone, file, now, diagnostics)?;
        }
        Ok(quiet)
    }
}

impl QuietTimes {
    /// These and others, as days of a zone.
    pub(super) fn with(&self, other: &Self, zone: Tz) -> Quiet {
        let mut quiet = Quiet::new(zone);
        for times in [self, other] {
            quiet = times.weekdays.iter().fold(quiet, |quiet, day| quiet.weekday(*day));
            quiet = times.dates.iter().fold(quiet, |quiet, range| quiet.dates(*range));
            quiet = quiet.holidays(times.holidays.iter().cloned());
        }
        quiet
    }
}

fn holidays(
    path: &Spanned<PathBuf>,
    folder: &Path,
    zone: Tz,
    file: &Arc<Source>,
    now: DateTime<Utc>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<Holiday>, SiteError> {
    let whole = folder.join(path.get_ref());
    let name = path.get_ref().display();
    if !whole.is_file() {
        diagnostics.push(
            Diagnostic::error("config::holidays", format!("there is no file `{name}`"))
                .at(file, path.span())
                .help(
                    "put an iCalendar file (`.ics`) there; its path counts from the site's folder",
                ),
        );
        return Ok(Vec::new());
    }
    let Some(text) = read_text(&whole, diagnostics)? else { return Ok(Vec::new()) };
    let today = now.with_timezone(&zone).date_naive();
    let from = today.checked_sub_months(BEFORE).unwrap_or(today);
    let until = today.checked_add_months(AFTER).unwrap_or(today);
    match calendar::holidays(&text.text, zone, from, until) {
        Ok(holidays) => Ok(holidays),
        Err(error) => {
            diagnostics.push(
                Diagnostic::error("config::holidays", format!("`{name}`: {error}"))
                    .at(file, path.span())
                    .help(error.help()),
            );
            Ok(Vec::new())
        }
    }
}
