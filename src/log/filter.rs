//! Which rows somebody wants to see.

use chrono::{DateTime, Utc};

use super::Row;
use crate::channel::ChannelName;
use crate::notice::Notice;
use crate::posting::PostingId;

/// All that is said must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub channel: Option<String>,
    pub posting: Option<String>,
    /// Of the delivery or of its copy; one of these.
    pub states: Vec<String>,
    /// It came into its state then or later.
    pub since: Option<DateTime<Utc>>,
    /// It came into its state before then.
    pub until: Option<DateTime<Utc>>,
    /// Stands somewhere in the row; capital letters do not matter.
    pub text: Option<String>,
}

impl Filter {
    pub fn includes(&self, row: &Row) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|it| it == found);
        is(&self.channel, &row.channel)
            && is(&self.posting, &row.posting)
            && (self.states.is_empty()
                || self.states.iter().any(|it| *it == row.state || it == row.standing()))
            && self.since.is_none_or(|since| row.since >= since)
            && self.until.is_none_or(|until| row.since < until)
            && self.text.as_ref().is_none_or(|text| says(row, &text.to_lowercase()))
    }
}

impl Filter {
    /// Whether something that needs a person is about what is wanted.
    pub fn concerns(&self, notice: &Notice) -> bool {
        let text = self.text.as_ref().map(|text| text.to_lowercase());
        let channel = notice.channel.as_ref().map(ChannelName::as_str);
        let posting = notice.posting.as_ref().map(PostingId::as_str);
        self.channel.as_deref().is_none_or(|it| channel == Some(it))
            && self.posting.as_deref().is_none_or(|it| posting == Some(it))
            && self.since.is_none_or(|since| notice.since >= since)
            && self.until.is_none_or(|until| notice.since < until)
            && text.is_none_or(|text| {
                [&notice.title, &notice.what].iter().any(|it| it.to_lowercase().contains(&text))
            })
    }
}

fn says(row: &Row, text: &str) -> bool {
    let link = row.link.as_deref().unwrap_or_default();
    [&row.id, &row.posting, &row.title, &row.channel, &row.occasion, link, &row.note]
        .iter()
        .any(|it| it.to_lowercase().contains(text))
}
