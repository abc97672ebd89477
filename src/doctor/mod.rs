//! The doctor: is everything that Handbill needs here, and is it well?
//!
//! Each check looks at one thing and says what it saw; none changes anything, and none stops the
//! others: a handbill.toml that cannot be read is a finding, and so is a ledger that is not there
//! yet. [`site`] looks at what somebody wrote, [`credentials`] at secrets and their dates,
//! [`machine`] at clock, disk and time zones, [`ledger`] at the record and `ledger_server` at the
//! server that may hold it, and [`online`], only if it is asked, at the servers of channels: it reads,
//! and sends nothing.

pub mod credentials;
pub mod ledger;
mod ledger_server;
pub mod machine;
pub mod online;
pub mod site;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::adapt::picture::PictureOf;
use crate::channel::Reach;
use crate::clock::Clock;
use crate::deliver::{Station, drawing};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Ok,
    /// It works, and may not for long, or not as it is meant.
    Warning,
    /// It does not work.
    Problem,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What one check saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Names the check for ever, for example `doctor::clock`.
    pub code: &'static str,
    pub outcome: Outcome,
    /// What was seen, in words.
    pub seen: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Finding {
    pub fn ok(code: &'static str, seen: impl Into<String>) -> Self {
        Self { code, outcome: Outcome::Ok, seen: seen.into(), help: None }
    }

    pub fn warning(code: &'static str, seen: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, outcome: Outcome::Warning, seen: seen.into(), help: Some(help.into()) }
    }

    pub fn problem(code: &'static str, seen: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, outcome: Outcome::Problem, seen: seen.into(), help: Some(help.into()) }
    }
}

/// A path as people write it: without a leading `./`.
fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix("./").unwrap_or(path).display()
}

/// Whether servers are asked too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Untouched,
    /// By calls that only read.
    Asked,
}

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The site's folder, if there is one.
    pub site: Option<PathBuf>,
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst of all.
    pub fn outcome(&self) -> Outcome {
        self.findings.iter().map(|it| it.outcome).max().unwrap_or(Outcome::Ok)
    }

    /// Whether what somebody wrote keeps Handbill from working.
    pub fn is_misconfigured(&self) -> bool {
        let of_site = |it: &&Finding| site::CODES.contains(&it.code);
        self.findings.iter().filter(of_site).any(|it| it.outcome == Outcome::Problem)
    }
}

/// Looks at everything in a site's folder and at the machine that it is on.
pub async fn examine(folder: &Path, network: Network, clock: &Clock) -> Report {
    let now = clock.now();
    let (read, mut findings) = site::configuration(folder);
    if let Some(site) = &read {
        let mut diagnostics = Vec::new();
        let stations = Station::all(site, Reach::Anywhere, &mut diagnostics);
        findings.extend(site::channels(site, &stations, &diagnostics));
        let (postings, seen) = site::postings(site);
        findings.extend(seen);
        findings.extend(site::templates(site, &stations, &postings));
        findings.extend(site::feeds(site));
        findings.extend(site::git(site));
        findings.extend(credentials::credentials(site, now));
        let (glance, seen) = ledger::ledger(site, now).await;
        findings.extend(seen);
        findings.push(machine::clock(now, glance.and_then(|it| it.newest), site.settings.timezone));
        findings.push(machine::disk(&machine::space(&site.ledger), &site.ledger));
        if site.channels.iter().any(|channel| channel.picture == PictureOf::Card) {
            findings.push(machine::fonts(drawing::fonts()));
        }
        if network == Network::Asked {
            findings.extend(online::online(site, &stations, now).await);
        }
    }
    findings.push(machine::synchronised(&machine::synchronisation()));
    findings
        .push(machine::time_zones(chrono_tz::IANA_TZDB_VERSION, machine::installed().as_deref()));
    Report { site: Some(folder.to_owned()), findings }
}
