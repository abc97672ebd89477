//! What the web page shows: each page is computed from what site, ledger and plan say at one moment,
//! and drawn as HTML without scripts. Touches nothing; `serve::web` answers with it.
//!
//! [`standing`] is the one word for how an ad is on a channel, [`overview`] all of them at a glance,
//! [`calendar`] what comes, [`posting`] one ad as its readers see it, [`delivery`] one delivery whole,
//! [`log`] the log, [`channels`] what is paused; [`shown`] prepares renditions,
//! for [`preview`] too (`post --dry-run --format html`), and [`draw`] puts all of it into HTML.

pub mod calendar;
pub mod channels;
pub mod delivery;
pub mod draw;
pub mod link;
pub mod log;
pub mod overview;
pub mod posting;
pub mod preview;
pub mod shown;
pub mod standing;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::deliver::{Postings, Station};
use crate::ledger::Past;
use crate::notice::Notice;
use crate::plan::Plan;
use crate::schedule::local_time;
use crate::site::Site;

/// Everything that pages are computed from, as it stood at one moment.
#[derive(Clone, Copy)]
pub struct Outlook<'a> {
    pub site: &'a Site,
    pub stations: &'a [Station],
    pub postings: &'a Postings,
    pub past: &'a Past,
    pub plan: &'a Plan,
    /// What needs a person.
    pub needs: &'a [Notice],
    pub now: DateTime<Utc>,
}

impl Outlook<'_> {
    fn zone(&self) -> Tz {
        self.site.settings.timezone
    }

    fn moment(&self, at: DateTime<Utc>) -> Moment {
        Moment::new(at, self.zone())
    }
}

/// A time, for people and for machines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment {
    /// RFC 3339.
    pub exact: String,
    /// As the site's clock shows it.
    pub local: String,
}

impl Moment {
    pub fn new(at: DateTime<Utc>, zone: Tz) -> Self {
        Self { exact: at.with_timezone(&zone).to_rfc3339(), local: local_time(at, zone) }
    }
}
