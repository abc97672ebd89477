//! Why nothing goes out, in words a person can act on.

use std::fmt;

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde::Serialize;

use crate::adapt::Occasion;
use crate::posting::PostingId;
use crate::posting::term::{self, Term};

/// Why a delivery does not happen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "reason", content = "detail", rename_all = "kebab-case")]
pub enum Reason {
    /// The channel's `[postings]` does not want it.
    Filtered(String),
    Draft,
    /// The page's words offer no position.
    NoOpening,
    Closed,
    /// Deadline or expiry date have passed, as the site's clock shows them.
    Expired {
        at: DateTime<FixedOffset>,
    },
    /// A person had its copies taken back.
    Withdrawn,
    /// Hugo's `publishDate` lies in the future, as the site's clock shows it.
    NotYetPublished {
        at: DateTime<FixedOffset>,
    },
    /// The ad was there before the first start, and may stand everywhere already.
    Predates {
        posting: PostingId,
    },
    /// It says the title of an ad that stands, and whose page is gone: it may have been renamed.
    LooksRenamed {
        posting: PostingId,
        from: PostingId,
    },
    /// The page is dated longer ago than the channel's `max_age`.
    TooOld {
        dated: DateTime<FixedOffset>,
        posting: PostingId,
    },
    /// A person has to agree to the words; `void` is when somebody agreed to older ones.
    NotApproved {
        posting: PostingId,
        void: Option<DateTime<FixedOffset>>,
    },
    /// The site wants these to stand in the `job:` block, and the page says them in a sentence only.
    NotDeclared {
        path: String,
        terms: Vec<Term>,
    },
    /// The page has changed less than `settle` ago.
    Settling {
        until: DateTime<FixedOffset>,
    },
    /// The page does not stand where its readers will look for it; `why` is empty if nobody has
    /// looked yet.
    PageNotSeen {
        why: String,
    },
    /// The schedule has no slot before the ad closes.
    NoSlot,
    /// There are slots before the ad closes, and none of them can be had.
    Held(Hold),
    Paused {
        why: String,
    },
    /// It is being sent, or the process that was sending it ended: the next round finds out.
    UnderWay,
    /// A moderator has the message that it answers.
    WithModerator,
    /// The channel took the ad, and has not said yet by which id it knows the copy.
    NotNamedYet,
    /// Another message on the same list is not in its archive yet, and what comes back could not be
    /// told apart.
    BehindAnother {
        posting: PostingId,
        since: DateTime<FixedOffset>,
        same: Same,
    },
    /// An earlier attempt's outcome is unknown.
    Unknown,
    /// The channel refused it.
    Refused(String),
    /// Another delivery says it better.
    Superseded {
        by: Occasion,
    },
    /// The copy says something older, and this channel is not changed.
    Stale,
    /// The copy says that the ad is closed, which is open again, and this channel is not changed.
    SaysClosed,
    /// The ad is closed; this channel's copy stays where it is.
    StandsClosed,
    /// The page's words offer no position any more, and who fetches the feed would take the ad for
    /// closed.
    ShrinksFeed {
        posting: PostingId,
    },
    /// Somebody else took the copy away.
    CopyGone,
    /// The page is not among the site's postings; `until` is the end of the time of grace.
    PageGone {
        path: String,
        posting: PostingId,
        until: Option<DateTime<FixedOffset>>,
    },
    /// A person wants its copies taken back, and its page is gone: they wait for a time of grace.
    WithdrawnFrom {
        at: DateTime<FixedOffset>,
    },
    PageHasErrors {
        path: String,
    },
    ChannelGone,
}

/// What two messages on one list have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Same {
    Subject,
    /// Notices of the list's software do not even say the subject.
    List,
}

/// What keeps a message from a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "hold", rename_all = "kebab-case")]
pub enum Hold {
    SlotTaken,
    Spacing,
    /// Another list of the same host gets a message too close to it.
    HostGap {
        host: String,
    },
    DayFull,
    Quiet {
        what: String,
    },
    Budget {
        spent: String,
        per_month: String,
    },
}

impl Hold {
    /// How much it tells a person: what the site's owner can change more than what happens.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::SlotTaken => 0,
            Self::Spacing => 1,
            Self::HostGap { .. } => 2,
            Self::DayFull => 3,
            Self::Quiet { .. } => 4,
            Self::Budget { .. } => 5,
        }
    }
}

impl Reason {
    /// Whether it can pass by itself, or by what a person decides: until then a planned delivery
    /// stays planned.
    pub fn can_pass(&self) -> bool {
        match self {
            Self::Paused { .. }
            | Self::NotYetPublished { .. }
            | Self::NotApproved { .. }
            | Self::NotDeclared { .. }
            | Self::Settling { .. }
            | Self::PageNotSeen { .. }
            | Self::PageGone { .. }
            | Self::WithdrawnFrom { .. }
            | Self::PageHasErrors { .. }
            | Self::WithModerator
            | Self::NotNamedYet
            | Self::BehindAnother { .. }
            | Self::ChannelGone => true,
            Self::Filtered(_)
            | Self::Draft
            | Self::NoOpening
            | Self::Closed
            | Self::Expired { .. }
            | Self::Withdrawn
            | Self::Predates { .. }
            | Self::LooksRenamed { .. }
            | Self::TooOld { .. }
            | Self::NoSlot
            | Self::Held(_)
            | Self::UnderWay
            | Self::Unknown
            | Self::Refused(_)
            | Self::Superseded { .. }
            | Self::Stale
            | Self::SaysClosed
            | Self::StandsClosed
            | Self::ShrinksFeed { .. }
            | Self::CopyGone => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |at: &DateTime<FixedOffset>| at.format("%Y-%m-%d").to_string();
        let minute = |at: &DateTime<FixedOffset>| at.format("%Y-%m-%d %H:%M").to_string();
        match self {
            Self::Filtered(why) => write!(f, "not for this channel: {why}"),
            Self::Draft => f.write_str("the page is a draft"),
            Self::NoOpening => f.write_str("the page offers no position, as its words say"),
            Self::Closed => f.write_str("the page is marked as closed"),
            Self::Expired { at } => write!(f, "the ad closed on {}", day(at)),
            Self::Withdrawn => f.write_str("a person has withdrawn it"),
            Self::NotYetPublished { at } => {
                write!(f, "the page is published on {}", day(at))
            }
            Self::Predates { posting } => write!(
                f,
                "the ad was here before the first start; `handbill accept {posting}` announces it, \
                 `handbill adopt {posting} CHANNEL LINK` takes over a copy that exists"
            ),
            Self::LooksRenamed { posting, from } => write!(
                f,
                "it has the title of {from}, whose page is gone: if that page was renamed, write \
                 `id: {from}` under `job:`; if this is another ad, `handbill accept {posting}`"
            ),
            Self::TooOld { dated, posting } => write!(
                f,
                "the page is of {}, older than `max_age`; `handbill accept {posting}` announces it",
                day(dated)
            ),
            Self::NotDeclared { path, terms } => write!(
                f,
                "a sentence alone says {}, and this site wants it declared: look at it, then \
                 `handbill inspect {path} --declare`",
                term::in_words(terms)
            ),
            Self::NotApproved { posting, void: None } => {
                write!(f, "waits for approval: look at it, then `handbill approve {posting}`")
            }
            Self::NotApproved { posting, void: Some(at) } => write!(
                f,
                "the approval of {} is void, because the words have changed since; look at them, \
                 then `handbill approve {posting}`",
                minute(at)
            ),
            Self::Settling { until } => {
                write!(f, "the page is still changing; it has settled at {}", minute(until))
            }
            Self::PageNotSeen { why } if why.is_empty() => {
                f.write_str("the page has to be seen at its address first")
            }
            Self::PageNotSeen { why } => write!(
                f,
                "the page is not to be seen at its address yet: {why} (`wait_for_page = false` \
                 does not wait)"
            ),
            Self::NoSlot => f.write_str("the schedule has no slot before the ad closes"),
            Self::Held(hold) => write!(f, "no slot can be had before the ad closes: {hold}"),
            Self::Paused { why } => {
                write!(f, "the channel is paused until `handbill resume`: {why}")
            }
            Self::UnderWay => f.write_str("it is being sent; the next `handbill post` finds out"),
            Self::WithModerator => f.write_str(
                "a moderator has the message that it answers; it goes out once that was let through",
            ),
            Self::NotNamedYet => f.write_str(
                "the channel took the ad and has not said yet by which number it knows it; the \
                 change goes out once it has",
            ),
            Self::BehindAnother { posting, since, same } => {
                let what = match same {
                    Same::Subject => "a message with the same subject",
                    Same::List => "a message",
                };
                write!(
                    f,
                    "{what} ({posting}, {}) is not in the list's archive yet, and a moderator's \
                     notice could not be told apart; it goes out once that was seen, refused or \
                     resolved",
                    minute(since)
                )
            }
            Self::Unknown => f.write_str(
                "nobody knows whether an earlier attempt arrived; look, then `handbill resolve`",
            ),
            Self::Refused(why) => write!(
                f,
                "the channel refused it: {why}; `handbill resolve ID --not-posted` tries again"
            ),
            Self::Superseded { by: Occasion::Close } => {
                f.write_str("the ad closed before it went out")
            }
            Self::Superseded { by } => write!(f, "superseded: {by} says it better"),
            Self::Stale => {
                f.write_str("the page has changed since, and this channel is not changed")
            }
            Self::SaysClosed => f.write_str(
                "the copy says that the ad is closed, which is open again, and this channel is not \
                 changed",
            ),
            Self::StandsClosed => f.write_str("the ad is closed; this copy stays where it is"),
            Self::ShrinksFeed { posting } => write!(
                f,
                "its words offer no position any more, but no deadline, draft or closed mark says \
                 so; it stays in the feed until the page says `closed: true`, or you say `handbill \
                 withdraw {posting}`"
            ),
            Self::CopyGone => f.write_str("the copy is gone, and not by us"),
            Self::PageGone { path, posting, until } => {
                write!(
                    f,
                    "the ad of {path} is not among the site's postings now; its copies stay until \
                     it is back with `draft: true` or `closed: true`, or until you say `handbill \
                     withdraw {posting}`"
                )?;
                match until {
                    Some(until) => write!(f, ", which counts from {}", minute(until)),
                    None => Ok(()),
                }
            }
            Self::WithdrawnFrom { at } => write!(
                f,
                "its page is gone, so its copies are taken back from {} on, unless it is back by \
                 then",
                minute(at)
            ),
            Self::PageHasErrors { path } => {
                write!(f, "the page {path} has errors; see `handbill check`")
            }
            Self::ChannelGone => f.write_str("the channel is not configured any more"),
        }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlotTaken => f.write_str("other ads have the slots"),
            Self::Spacing => f.write_str("other messages are too close"),
            Self::HostGap { host } => {
                write!(
                    f,
                    "other lists of {host} get this ad at times that are too close (`host_gap`)"
                )
            }
            Self::DayFull => f.write_str("the days are full (`per_day`)"),
            Self::Quiet { what } => write!(f, "quiet time ({what})"),
            Self::Budget { spent, per_month } => {
                write!(f, "the month's budget is used up ({spent} of {per_month})")
            }
        }
    }
}

/// A length of time for people: `3 d`, `5 h`, `12 min`.
pub fn length(time: TimeDelta) -> String {
    if time >= TimeDelta::days(2) {
        format!("{} d", time.num_days())
    } else if time >= TimeDelta::hours(2) {
        format!("{} h", time.num_hours())
    } else if time >= TimeDelta::minutes(1) {
        format!("{} min", time.num_minutes())
    } else {
        format!("{} s", time.num_seconds())
    }
}
