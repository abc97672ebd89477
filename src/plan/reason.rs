//! Why nothing goes out, in words a person can act on.

use std::fmt;

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

/// Why a delivery does not happen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "reason", content = "detail", rename_all = "kebab-case")]
pub enum Reason {
    /// The channel's `[postings]` does not want it.
    Filtered(String),
    Draft,
    Closed,
    /// Deadline or expiry date have passed, as the site's clock shows them.
    Expired {
        at: DateTime<FixedOffset>,
    },
    /// Hugo's `publishDate` lies in the future, as the site's clock shows it.
    NotYetPublished {
        at: DateTime<FixedOffset>,
    },
    /// The schedule has no slot before the ad closes.
    NoSlot,
    Paused {
        why: String,
    },
    /// An earlier attempt's outcome is unknown.
    Unknown,
    /// The channel refused it.
    Refused(String),
    /// The copy says something older, and this channel is not changed.
    Stale,
    /// The ad is closed; this channel's copy stays where it is.
    StandsClosed,
    /// Somebody else took the copy away.
    CopyGone,
    PageGone {
        path: String,
    },
    PageHasErrors {
        path: String,
    },
    ChannelGone,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |at: &DateTime<FixedOffset>| at.format("%Y-%m-%d").to_string();
        match self {
            Self::Filtered(why) => write!(f, "not for this channel: {why}"),
            Self::Draft => f.write_str("the page is a draft"),
            Self::Closed => f.write_str("the page is marked as closed"),
            Self::Expired { at } => write!(f, "the ad closed on {}", day(at)),
            Self::NotYetPublished { at } => {
                write!(f, "the page is published on {}", day(at))
            }
            Self::NoSlot => f.write_str("the schedule has no slot before the ad closes"),
            Self::Paused { why } => {
                write!(f, "the channel is paused until `handbill resume`: {why}")
            }
            Self::Unknown => f.write_str(
                "nobody knows whether an earlier attempt arrived; look, then `handbill resolve`",
            ),
            Self::Refused(why) => write!(
                f,
                "the channel refused it: {why}; `handbill resolve ID --not-posted` tries again"
            ),
            Self::Stale => {
                f.write_str("the page has changed since, and this channel is not changed")
            }
            Self::StandsClosed => f.write_str("the ad is closed; this copy stays where it is"),
            Self::CopyGone => f.write_str("the copy is gone, and not by us"),
            Self::PageGone { path } => write!(
                f,
                "the ad of {path} is not among the site's postings now; its copies stay until it is \
                 back with `draft: true` or `closed: true`"
            ),
            Self::PageHasErrors { path } => {
                write!(f, "the page {path} has errors; see `handbill check`")
            }
            Self::ChannelGone => f.write_str("the channel is not configured any more"),
        }
    }
}
