//! The pages of a simulated site: small, fictional, and changed by their author.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use crate::diagnostic::Source;
use crate::posting::{self, PageFile, Posting, Settings};

/// What the author wrote, and where the page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub name: String,
    pub date: NaiveDate,
    /// Which words it says; an author may go back to older ones.
    pub words: u64,
    pub deadline: Option<NaiveDate>,
    pub draft: bool,
    pub closed: bool,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Not written yet.
    NotYet,
    There,
    /// There, and with a mistake in it.
    Unreadable,
    Removed,
}

impl Page {
    pub fn path(&self) -> String {
        format!("jobs/{}.md", self.name)
    }

    /// Whether the ad is open at this time, as the page says it.
    pub fn is_open(&self, now: DateTime<Utc>, settings: &Settings) -> bool {
        let ends = self.deadline.and_then(|day| posting::Deadline::On(day).ends(settings.timezone));
        !self.draft && !self.closed && ends.is_none_or(|ends| ends >= now)
    }

    fn text(&self) -> String {
        let mut lines = vec![
            "---".to_owned(),
            format!("title: \"Position in {}\"", self.name),
            format!("date: {}", self.date),
        ];
        if self.draft {
            lines.push("draft: true".to_owned());
        }
        lines.push("job:".to_owned());
        lines.push(format!("  id: {}", self.name));
        lines.push(format!("  summary: \"Harbour {} is measured.\"", self.words));
        if let Some(deadline) = self.deadline {
            lines.push(format!("  deadline: {deadline}"));
        }
        if self.closed {
            lines.push("  closed: true".to_owned());
        }
        lines.push("---\n\nForecast the tides of a harbour.\n".to_owned());
        lines.join("\n")
    }

    /// Reads the page as every run does; `None` if it is not there or cannot be read.
    pub fn read(&self, settings: &Settings) -> Option<Posting> {
        if self.place != Place::There {
            return None;
        }
        let source = Source::new(format!("content/{}", self.path()), self.text());
        let file = PageFile { source, path: self.path(), ancestors: Vec::<Arc<Source>>::new() };
        posting::read(&file, settings).postings.into_iter().next()
    }
}
