//! What the site's file says of the daemon: `[serve]` and `[content]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;

use super::length::{Length, ShortLength};
use super::web::WebTable;

/// How `handbill serve` runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeRules {
    /// Where health and metrics are answered.
    pub listen: Listen,
    /// How often everything is looked at, whatever events say.
    pub scan: TimeDelta,
    /// How long open attempts may take when the daemon is told to stop.
    pub stop_within: Duration,
    /// A delivery that is due for longer than this is overdue.
    pub overdue_after: TimeDelta,
    /// How the pages come here.
    pub content: Option<Pull>,
}

/// Where HTTP is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    At(SocketAddr),
    /// Nowhere.
    Off,
}

/// Pages that are pulled by git on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// A working copy, or a folder in one.
    pub folder: PathBuf,
    pub every: TimeDelta,
    /// A pull that takes longer is ended.
    pub within: Duration,
}

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420);
const SCAN: TimeDelta = TimeDelta::minutes(5);
const STOP_WITHIN: Duration = Duration::from_secs(30);
const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(15);
const PULL_WITHIN: Duration = Duration::from_secs(60);

impl Default for ServeRules {
    fn default() -> Self {
        ServeTable::default().rules(None, Path::new(""), Path::new(""))
    }
}

/// `[serve]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServeTable {
    /// An address with its port, or `off`; default `127.0.0.1:8420`.
    #[schemars(with = "Option<String>")]
    listen: Option<Listen>,
    /// How often everything is looked at, whatever events say; default `5m`.
    scan: Option<Length>,
    /// How long open attempts may take at the end; default `30s`.
    #[schemars(with = "Option<String>")]
    stop_within: Option<ShortLength>,
    /// What is due for longer is overdue; default `15m`.
    overdue_after: Option<Length>,
    pub(super) web: Option<WebTable>,
}

/// `[content]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContentTable {
    /// How often `git pull` is run in the content folder.
    pull: Length,
    /// The site's content folder where this is not said.
    folder: Option<PathBuf>,
    /// How long a pull may take; default `60s`.
    #[schemars(with = "Option<String>")]
    within: Option<ShortLength>,
}

impl ServeTable {
    /// The rules of a site in `folder` whose pages are below `content`.
    pub(super) fn rules(
        self,
        pull: Option<ContentTable>,
        folder: &Path,
        content: &Path,
    ) -> ServeRules {
        ServeRules {
            listen: self.listen.unwrap_or(Listen::At(LISTEN)),
            // Less than a minute would be no rest.
            scan: self.scan.map_or(SCAN, |it| it.0.max(TimeDelta::minutes(1))),
            stop_within: self.stop_within.map_or(STOP_WITHIN, |it| it.0),
            overdue_after: self.overdue_after.map_or(OVERDUE_AFTER, |it| it.0),
            content: pull.map(|pull| Pull {
                folder: folder.join(pull.folder.as_deref().unwrap_or(content)),
                every: pull.pull.0.max(TimeDelta::minutes(1)),
                within: pull.within.map_or(PULL_WITHIN, |it| it.0),
            }),
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    /// `off`, or an address with its port.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::At).map_err(|_| {
            format!(
                "`{text}` is no address to listen at; write `127.0.0.1:8420`, `[::1]:8420` or `off`"
            )
        })
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_answered_on_this_machine_only_unless_somebody_says_otherwise() {
        let rules = ServeTable::default().rules(None, Path::new("site"), Path::new("content"));
        let Listen::At(address) = rules.listen else { panic!("it is answered") };
        assert!(address.ip().is_loopback());
        assert_eq!("off".parse(), Ok(Listen::Off));
        assert!("8420".parse::<Listen>().unwrap_err().contains("127.0.0.1:8420"));
    }

    #[test]
    fn the_pages_are_pulled_where_the_site_reads_them() {
        let table: ContentTable = toml::from_str("pull = \"10m\"\nwithin = \"20s\"").unwrap();
        let rules = ServeTable::default().rules(Some(table), Path::new("site"), Path::new("pages"));
        let pull = rules.content.unwrap();
        assert_eq!(pull.folder, Path::new("site/pages"));
        assert_eq!((pull.every, pull.within), (TimeDelta::minutes(10), Duration::from_secs(20)));
    }
}
