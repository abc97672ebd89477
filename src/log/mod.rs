//! The log that people read: what stands where, since when, and why. Knows rows and how they are
//! drawn; touches nothing, but for [`story`], which reads the ledger.

mod difference;
pub mod filter;
mod html;
mod sheet;
pub mod story;
pub mod table;

use std::collections::BTreeSet;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::channel::DeliveryKey;
use crate::ledger::{CopyState, Deed, Delivery, KnownPosting, Past, State};
use crate::plan::{Plan, Reason, When};
pub use difference::{difference, words_of};
pub use html::html;
pub use sheet::{csv, json_lines, markdown};

/// One line of the syndication log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub id: String,
    pub posting: String,
    pub title: String,
    pub channel: String,
    /// `announce`, `remind 7d`, `update`, `close`.
    pub occasion: String,
    /// Of the delivery: `planned`, `posted`, `asked`, `refused`, `unknown` …
    pub state: String,
    /// Of the copy that it made: `sent`, `held`, `live`, `edited`, `withdrawn`, `gone`, `altered`.
    pub copy: Option<String>,
    /// When it was, or is, due.
    pub at: DateTime<Utc>,
    /// Since when it is in this state.
    pub since: DateTime<Utc>,
    pub link: Option<String>,
    pub note: String,
}

impl Row {
    /// What a person wants to know first: where the copy stands, or else the delivery.
    pub fn standing(&self) -> &str {
        match (&self.copy, self.state.as_str()) {
            (Some(copy), "posted") => copy,
            _ => &self.state,
        }
    }
}

/// The states by which the log is narrowed: of deliveries, and of copies.
pub const STATES: [&str; 14] = [
    "planned",
    "sending",
    "posted",
    "asked",
    "refused",
    "unknown",
    "cancelled",
    "sent",
    "held",
    "live",
    "edited",
    "withdrawn",
    "gone",
    "altered",
];

/// The log, by posting, then by time.
pub fn rows(past: &Past, plan: Option<&Plan>) -> Vec<Row> {
    let stale = stale(plan);
    let mut rows: Vec<Row> = past.deliveries.iter().map(|it| row(it, past, &stale)).collect();
    rows.sort_by(|a, b| {
        let of = (&a.posting, a.at, &a.channel, a.since, &a.id);
        of.cmp(&(&b.posting, b.at, &b.channel, b.since, &b.id))
    });
    rows
}

/// The line of one delivery.
pub fn row_of(delivery: &Delivery, past: &Past) -> Row {
    row(delivery, past, &BTreeSet::new())
}

/// The copies that say something older than the page.
fn stale(plan: Option<&Plan>) -> BTreeSet<DeliveryKey> {
    plan.into_iter()
        .flat_map(|plan| &plan.steps)
        .filter(|step| step.when == When::Not { reason: Reason::Stale })
        .map(|step| step.key)
        .collect()
}

fn row(delivery: &Delivery, past: &Past, stale: &BTreeSet<DeliveryKey>) -> Row {
    let mut note = delivery.reason.clone();
    if stale.contains(&delivery.key) {
        note = Reason::Stale.to_string();
    } else if note.is_empty() {
        note = match (delivery.state, delivery.deed) {
            (State::Refused, _) => past
                .postings
                .get(&delivery.name.posting)
                .and_then(|known| known.erased_at)
                .map(|at| format!("why: {}", erased_on(at)))
                .unwrap_or_default(),
            (State::Posted, Deed::Edit) => "the copy was changed".to_owned(),
            (State::Posted, Deed::Withdraw) => "the copy was taken back on purpose".to_owned(),
            (State::Asked, Deed::Ask | Deed::Edit | Deed::Withdraw) => {
                format!("waits for a person: `handbill record {}`", delivery.key.short())
            }
            (State::Asked, _) => {
                format!("waits for a person: `handbill record {} LINK`", delivery.key.short())
            }
            _ => String::new(),
        };
    }
    // An edit or a withdrawal is about the link of the copy that it changed.
    let target = || past.deliveries.iter().find(|it| Some(it.key) == delivery.target);
    let receipt = match delivery.deed {
        Deed::Edit | Deed::Withdraw | Deed::Ask => target().and_then(|it| it.receipt.as_ref()),
        Deed::Publish | Deed::FollowUp => delivery.receipt.as_ref(),
    };
    let title = past.postings.get(&delivery.name.posting).map(title);
    let mut link = receipt.and_then(|it| it.link.as_ref()).map(ToString::to_string);
    if let Some(copy) = delivery.copy.filter(|copy| copy.is_on_its_way()) {
        // Nobody has seen it there, so it is no link for readers yet.
        note = on_its_way(delivery, copy, link.take().as_deref());
    }
    Row {
        id: delivery.key.short(),
        posting: delivery.name.posting.0.to_string(),
        title: title.unwrap_or_default(),
        channel: delivery.name.channel.0.to_string(),
        occasion: delivery.name.doing(),
        state: delivery.state.as_str().to_owned(),
        copy: delivery.copy.map(|copy| copy.as_str().to_owned()),
        at: delivery.due_at,
        since: delivery.changed_at,
        link,
        note,
    }
}

/// What is known of a copy that was handed over and not seen, and what a person does about it.
fn on_its_way(delivery: &Delivery, copy: CopyState, link: Option<&str>) -> String {
    let mut note = match (copy, delivery.reason.as_str(), link) {
        (CopyState::Held, "", _) => "a moderator has it".to_owned(),
        (_, "", Some(link)) => format!("not seen yet at {link}"),
        (_, "", None) => "not seen yet where readers look for it".to_owned(),
        (_, reason, _) => reason.to_owned(),
    };
    if delivery.asks_since.is_some() {
        let id = delivery.key.short();
        let _ = write!(note, "; `handbill resolve {id} --posted [LINK]` or `--not-posted`");
    }
    note
}

/// The title of a posting, or that it is gone.
fn title(known: &KnownPosting) -> String {
    match known.erased_at {
        Some(at) => format!("({})", erased_on(at)),
        None => known.title.clone(),
    }
}

/// What stands in the place of something that was erased.
fn erased_on(at: DateTime<Utc>) -> String {
    format!("erased on {}", at.format("%Y-%m-%d"))
}

/// A text of several lines, each as [`plain`] shows it.
pub fn plain_lines(text: &str) -> String {
    text.split('\n').map(|line| plain(line.trim_end_matches('\r'))).collect::<Vec<_>>().join("\n")
}

/// A text that stays on its line and says what it holds: control characters, and signs that turn the
/// direction of what follows, are shown by their numbers, so that no ad can write to a terminal or
/// make a line read otherwise than it is.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' | '\t' => plain.push(' '),
            '\u{200e}'
            | '\u{200f}'
            | '\u{61c}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{2028}'
            | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(plain, "<U+{:04X}>", u32::from(sign));
            }
            sign if sign.is_control() => {
                let _ = write!(plain, "<U+{:04X}>", u32::from(sign));
            }
            sign => plain.push(sign),
        }
    }
    plain
}
