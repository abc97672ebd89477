//! The walk over slots. Pure.
//!
//! The cron crate is asked as if local time were UTC, and each wall-clock slot is then placed in its
//! zone here (RFC 5545 §3.3.5, "compatible"). Asked directly, cron 0.17 skips slots at a change of
//! clocks, doubles them, or answers with a time in the past.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Longest change of clocks on record (a whole day, where the date line moved), with room.
const LONGEST_CLOCK_CHANGE: TimeDelta = TimeDelta::hours(26);

/// All slots strictly after `after`, strictly increasing.
pub(super) fn after(
    cron: &cron::Schedule,
    zone: Tz,
    after: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> + '_ {
    // What the wall clock has shown by `after` was placed at or before it, so the walk may start
    // there. Later readings can still lie before `after` (in the second of two equal hours) or
    // on one another (in a gap): those are left out.
    let mut last = clamped(after);
    let local = last.with_timezone(&zone).naive_local();
    cron.after(&local.and_utc()).map(move |slot| place(slot.naive_utc(), zone)).filter(
        move |slot| {
            let later = *slot > last;
            if later {
                last = *slot;
            }
            later
        },
    )
}

/// The crate knows the years 1970 to 2100 and is confused by others.
fn clamped(at: DateTime<Utc>) -> DateTime<Utc> {
    let day = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default().and_time(Default::default())
    };
    at.clamp(day(1969, 12, 30).and_utc(), day(2101, 1, 3).and_utc())
}

/// The instant of a wall-clock time: of two the earlier, in a gap the first after it.
pub(crate) fn place(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => end_of_gap(local, zone),
    }
}

/// The first instant after the gap in which `local` lies: found by halving, to the second.
fn end_of_gap(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let wall =
        |at: i64| DateTime::from_timestamp(at, 0).map(|at| at.with_timezone(&zone).naive_local());
    let middle = local.and_utc().timestamp();
    let day = LONGEST_CLOCK_CHANGE.num_seconds();
    let (mut before, mut after) = (middle - day, middle + day);
    while after - before > 1 {
        let half = before + (after - before) / 2;
        if wall(half).is_some_and(|wall| wall < local) {
            before = half;
        } else {
            after = half;
        }
    }
    DateTime::from_timestamp(after, 0).unwrap_or_else(|| local.and_utc())
}

/// The closest moment before.
pub(super) fn just_before(at: DateTime<Utc>) -> DateTime<Utc> {
    at.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(at)
}

/// The closest moment after.
pub(super) fn just_after(at: DateTime<Utc>) -> DateTime<Utc> {
    at.checked_add_signed(TimeDelta::nanoseconds(1)).unwrap_or(at)
}
