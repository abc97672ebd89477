//! When a channel may be used, and what holds an ad back from it: the schedule, the queue, quiet
//! times, reminders.

use std::num::NonZeroU32;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use toml::Spanned;

use super::{Answers, Around, ChannelFile, KindConfig};
use crate::adapt::picture::PictureOf;
use crate::channel::mail::{self, Archive, Software};
use crate::channel::{Kind, price};
use crate::diagnostic::{Diagnostic, Source};
use crate::schedule::{Schedule, local_time};
use crate::site::length::Length;
use crate::site::policy::Offset;
use crate::site::queue::{
    Approval, Budget, Holds, LATENESS, Money, OpenPosts, PageWait, Queue, WrittenBudget,
};
use crate::site::quiet::QuietTimes;
use crate::site::{SiteError, toml_file};

/// Reads a schedule. A mistyped one is explained with what was probably meant and the next times
/// at which that comes, a strange one with the next times at which it comes itself.
pub(super) fn schedule(
    text: &Spanned<String>,
    zone: Tz,
    file: &Arc<Source>,
    now: DateTime<Utc>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Schedule> {
    match Schedule::parse(text.get_ref(), zone) {
        Ok(schedule) => {
            if let Some(remark) = schedule.remark() {
                diagnostics.push(
                    Diagnostic::warning("channel::schedule", remark.message)
                        .at(file, text.span())
                        .label(format!("it comes {}", next_times(&schedule, now)))
                        .help(remark.help),
                );
            }
            Some(schedule)
        }
        Err(error) => {
            // The value stands in quotes; without escapes its bytes count from after the first.
            let value = text.span();
            let inside = value.start + 1 + error.span.start..value.start + 1 + error.span.end;
            let exact = file.text.get(inside.clone()) == text.get_ref().get(error.span.clone());
            let help = match &error.meant {
                Some(meant) => {
                    let and = if error.help.ends_with('?') { " It" } else { "; that" };
                    format!("{}{and} comes {}", error.help, next_times(meant, now))
                }
                None => error.help,
            };
            diagnostics.push(
                Diagnostic::error("channel::schedule", error.message)
                    .at(file, if exact { inside } else { value })
                    .help(help),
            );
            None
        }
    }
}

/// The next five times, as the channel's clock shows them.
fn next_times(schedule: &Schedule, now: DateTime<Utc>) -> String {
    let times: Vec<String> =
        schedule.next_five(now).into_iter().map(|at| local_time(at, schedule.zone())).collect();
    times.join(", ")
}

/// The shortest time after which a person is asked again.
const SOONEST_AGAIN: TimeDelta = TimeDelta::hours(1);

/// How long after it was asked a person is asked again.
pub(super) fn ask_again(
    written: Option<&Spanned<Length>>,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<TimeDelta> {
    let written = written?;
    let Length(every) = *written.get_ref();
    if every >= SOONEST_AGAIN {
        return Some(every);
    }
    diagnostics.push(
        Diagnostic::error(
            "channel::setting",
            "`ask_again`: a person is asked again after an hour at the earliest",
        )
        .at(file, written.span())
        .help("write for example `\"7d\"`, or remove the line: then a person is asked once"),
    );
    None
}

pub(super) fn reminders(
    written: &[Spanned<String>],
    kind: Kind,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Offset> {
    let mut offsets = Vec::new();
    for text in written {
        if matches!(kind, Kind::Board | Kind::Feed | Kind::Git) {
            diagnostics.push(
                Diagnostic::error("channel::remind", format!("a {kind} takes no reminders"))
                    .at(file, text.span())
                    .help("remove `remind`: the ad itself stands there until it closes"),
            );
            return Vec::new();
        }
        match Offset::parse(text.get_ref()) {
            Ok(offset) => offsets.push(offset),
            Err(error) => diagnostics.push(
                Diagnostic::error("channel::remind", error.message)
                    .at(file, text.span())
                    .help(error.help),
            ),
        }
    }
    offsets.sort_by_key(|offset| std::cmp::Reverse(offset.length));
    offsets.dedup_by_key(|offset| offset.length);
    offsets
}

/// The channel's own quiet times.
pub(super) fn quiet(
    written: &ChannelFile,
    file: &Arc<Source>,
    around: &Around<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<QuietTimes, SiteError> {
    let zone = around.settings.timezone;
    match &written.quiet {
        Some(quiet) => quiet.read(around.folder, zone, file, around.now, diagnostics),
        None => Ok(QuietTimes::default()),
    }
}

/// How the channel's messages share its slots; quiet times of the site and the channel are joined.
pub(super) fn queue(
    written: &ChannelFile,
    kind: Kind,
    quiet: &QuietTimes,
    zone: Tz,
    file: &Arc<Source>,
    around: &Around<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Queue {
    let or_none = |length: Option<Length>| length.map_or(TimeDelta::zero(), |it| it.0);
    let lateness = written.lateness.or(around.for_all.lateness);
    let picture = match &written.picture {
        Some(picture) if *picture.get_ref() != PictureOf::None => price::Pictured::Yes,
        _ => price::Pictured::No,
    };
    let priced = |budget| priced(budget, (kind, picture), file, diagnostics);
    let budget = written.budget.and_then(priced);
    if let Some(budget) = &budget {
        check_budget(budget, file, diagnostics);
    }
    Queue {
        per_slot: written.per_slot.map_or(1, NonZeroU32::get),
        per_day: written.per_day.map(NonZeroU32::get),
        spacing: or_none(written.spacing),
        host_gap: or_none(written.mail.as_ref().and_then(|mail| mail.host_gap)),
        jitter: or_none(written.jitter),
        lateness: lateness.map_or(LATENESS, |it| it.0),
        budget,
        quiet: around.for_all.quiet.with(quiet, zone),
    }
}

/// The budget with the price of a post: what the file says, else what the network takes at most.
fn priced(
    written: WrittenBudget,
    (kind, picture): (Kind, price::Pictured),
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Budget> {
    let WrittenBudget { per_month, per_post } = written;
    let known =
        price::at_most(kind, picture).map(|price| Money(u64::from(price.thousandths) * 1000));
    if let Some(per_post) = per_post.or(known) {
        return Some(Budget { per_month, per_post });
    }
    diagnostics.push(
        Diagnostic::error("config::missing-key", "`per_post` is missing here")
            .at(file, toml_file::locate(file, &["budget"]).unwrap_or_default())
            .help(format!("say what a post costs: nobody publishes a price for kind {kind}")),
    );
    None
}

fn check_budget(budget: &Budget, file: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) {
    if budget.per_post <= budget.per_month {
        return;
    }
    diagnostics.push(
        Diagnostic::error(
            "channel::budget",
            format!(
                "a post costs {}, which is more than a month may cost ({})",
                budget.per_post, budget.per_month
            ),
        )
        .at(file, toml_file::locate(file, &["budget", "per_post"]).unwrap_or_default())
        .help("nothing would ever go out here: raise `per_month`, or mend `per_post`"),
    );
}

/// What holds an announcement back; where the channel says nothing, the site does.
pub(super) fn holds(written: &ChannelFile, around: &Around<'_>, kind: &KindConfig) -> Holds {
    let for_all = around.for_all;
    let settle = written.settle.or(for_all.settle);
    let max_age = written.max_age.or(for_all.max_age);
    Holds {
        settle: settle.map_or(TimeDelta::zero(), |it| it.0),
        max_age: max_age.map(|it| it.0),
        approval: match written.approval.or(for_all.approval) {
            Some(true) => Approval::Needed,
            Some(false) | None => Approval::NotNeeded,
        },
        page: match written.wait_for_page.or(for_all.wait_for_page) {
            Some(false) => PageWait::DoNotWait,
            Some(true) | None => PageWait::UntilSeen,
        },
        declared: for_all.declared.clone(),
        open_posts: match kind {
            KindConfig::Mail(mail) => open_posts(mail, around.answers),
            _ => OpenPosts::Any,
        },
    }
}

/// What notices of the list's software can be told apart by.
fn open_posts(mail: &mail::Config, answers: Answers) -> OpenPosts {
    let is_seen = mail.archive.as_ref().is_some_and(Archive::can_be_searched);
    match mail.software {
        // Nobody reads notices, and nothing would end the wait.
        _ if answers == Answers::Unread && !is_seen => OpenPosts::Any,
        // A person answers each mail, or nobody does.
        Some(Software::Plain) => OpenPosts::Any,
        Some(Software::Sympa) if mail.archive.as_ref().is_some_and(Archive::is_of_old_sympa) => {
            OpenPosts::One
        }
        _ => OpenPosts::OnePerSubject,
    }
}
