//! Schedules that are valid and probably not meant. Pure.

use cron::TimeUnitSpec;

use super::expression;

/// What is odd about a schedule, and how to write what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// One sentence without a full stop.
    pub message: String,
    pub help: String,
}

pub(super) fn remark(expression: &str, cron: &cron::Schedule) -> Option<Remark> {
    every_minute(expression, cron).or_else(|| both_days(expression, cron))
}

/// `* 9 * * *` where `0 9 * * *` was meant.
fn every_minute(expression: &str, cron: &cron::Schedule) -> Option<Remark> {
    if !cron.minutes().is_all() || cron.hours().is_all() {
        return None;
    }
    let hours: Vec<u32> = cron.hours().iter().collect();
    let consecutive = hours.windows(2).all(|pair| matches!(pair, [one, next] if one + 1 == *next));
    let when = match hours.as_slice() {
        [only] => format!("from {only}:00 to {only}:59"),
        [first, .., last] if consecutive => format!("from {first}:00 to {last}:59"),
        hours => format!("in {} hours of the day", hours.len()),
    };
    let fields = expression::fields(expression);
    let minute = fields.get(usize::from(fields.len() > 5))?;
    let mut once = expression.to_owned();
    once.replace_range(minute.span.clone(), "0");
    Some(Remark {
        message: format!("this schedule comes every minute {when}"),
        help: format!("for once an hour, on the hour, write `{}`", once.trim()),
    })
}

/// `0 9 1 * Mon` where crontab would take every Monday and every first.
fn both_days(expression: &str, cron: &cron::Schedule) -> Option<Remark> {
    if cron.days_of_month().is_all() || cron.days_of_week().is_all() {
        return None;
    }
    // `1-7 * Mon` is how the first Monday of a month is written.
    let days: Vec<u32> = cron.days_of_month().iter().collect();
    let a_week = days.len() == 7
        && days.windows(2).all(|pair| matches!(pair, [one, next] if one + 1 == *next));
    if a_week && cron.days_of_week().count() == 1 {
        return None;
    }
    let fields = expression::fields(expression);
    let first = usize::from(fields.len() > 5);
    let without = |place: usize| {
        let mut shorter = expression.to_owned();
        if let Some(field) = fields.get(first + place) {
            shorter.replace_range(field.span.clone(), "*");
        }
        shorter.trim().to_owned()
    };
    Some(Remark {
        message: "this schedule comes only when day of month and day of week both match, unlike \
                  crontab's"
            .to_owned(),
        help: format!(
            "for the day of month alone write `{}`, for the day of week alone `{}`",
            without(4),
            without(2)
        ),
    })
}
