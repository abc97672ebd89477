//! Boards that no code knows, through the real program: each is a file, and speaks in its own way. An
//! ad is announced, changed, looked at and taken back over several days, answers get lost, and what the
//! server holds is counted.

mod by_mail;
mod drafts;
mod faults;
mod pages;
mod recorded;
pub mod server;
mod tickets;
mod tokens;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::support::{Ran, TestSite};

pub const PAGE: &str = "content/jobs/phd-tidal-forecasting/index.md";
const ID: &str = "tcg-03-2027";

/// A lab whose channels are these boards, and the time that it is there.
pub struct Lab {
    pub site: TestSite,
    now: DateTime<Utc>,
}

impl Lab {
    /// `boards` are the names of channels and their files.
    pub fn with(boards: &[(&str, String)]) -> Self {
        let site = TestSite::with_channels(&[]);
        std::fs::remove_dir_all(site.path("content/jobs/postdoc-sediment-transport")).unwrap();
        site.waits_for_no_page();
        for (name, file) in boards {
            site.write(&format!("channels/{name}.toml"), file);
        }
        Self { site, now: "2027-01-12T09:00:00Z".parse().unwrap() }
    }

    pub fn handbill(&self, command: &[&str]) -> Ran {
        self.site.run(&[command, &["--at", &self.now.to_rfc3339()]].concat())
    }

    /// What is due is done; then half an hour goes by. The first time the ad is named, which was there
    /// before the first start.
    pub fn round(&mut self) -> Ran {
        let is_known = self.site.run(&["log"]).out.contains(ID);
        let ran =
            self.handbill(if is_known { &["post", "--now"] } else { &["post", PAGE, "--now"] });
        self.now += TimeDelta::minutes(31);
        ran
    }

    /// What is on its way is looked for less and less often: after so long it is.
    pub fn wait_for_a_look(&mut self) {
        self.now += TimeDelta::hours(13);
    }

    /// As many rounds as it takes for all to come right by itself.
    pub fn rounds(&mut self) {
        for _ in 0..5 {
            let ran = self.round();
            assert!(ran.code != 2, "{ran:?}");
        }
    }

    pub fn rows(&self) -> Vec<Value> {
        let log = self.site.run(&["log", "--format", "json"]);
        serde_json::from_str(&log.out).unwrap_or_else(|_| panic!("{log:?}"))
    }

    /// How an occasion stands on a channel: its copy, or else its state.
    pub fn standing(&self, channel: &str, occasion: &str) -> String {
        let rows = self.rows();
        let row = rows.iter().rfind(|row| row["channel"] == channel && row["occasion"] == occasion);
        let Some(row) = row else { return "nothing".to_owned() };
        let copy = row["copy"].as_str().filter(|_| row["state"] == "posted");
        copy.or(row["state"].as_str()).unwrap_or_default().to_owned()
    }

    /// The page says something else.
    pub fn edit(&self) {
        self.site.replace(PAGE, "28th February 2027", "15th March 2027");
    }

    pub fn close(&self) {
        self.site.replace(PAGE, "\ntags:", "\nclosed: true\ntags:");
    }

    /// The channels that wait for a person.
    pub fn paused(&self) -> Vec<String> {
        let shown = self.site.run(&["resume", "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"));
        shown["channels"].as_object().unwrap().keys().cloned().collect()
    }

    /// A person mends what stopped a channel.
    pub fn resume(&self, channel: &str) {
        let ran = self.handbill(&["resume", channel]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}
