//! The page that says how the daemon is: what `/healthz` tells machines, for people.

use chrono_tz::Tz;
use serde::Serialize;

use crate::serve::health::{Health, Late};
use crate::web::{Moment, link};

#[derive(Debug, Serialize)]
pub(super) struct Page {
    is_well: bool,
    problems: Vec<Problem>,
    late: Vec<Line>,
    last: Option<Moment>,
    next: Option<Moment>,
    done: u64,
    failed: u64,
}

#[derive(Debug, Serialize)]
struct Problem {
    about: &'static str,
    what: String,
    since: Moment,
    fails: bool,
}

/// A delivery that is late.
#[derive(Debug, Serialize)]
struct Line {
    href: String,
    posting: String,
    channel: String,
    occasion: String,
    how: &'static str,
    since: Moment,
    why: String,
}

pub(super) fn page(health: &Health, zone: Tz) -> Page {
    let problems = health.problems.iter().map(|it| Problem {
        about: it.about,
        what: it.what.clone(),
        since: Moment::new(it.since, zone),
        fails: it.fails,
    });
    let lists =
        [("overdue", &health.overdue), ("unknown", &health.unknown), ("silent", &health.silent)];
    let late = lists.into_iter().flat_map(|(how, late)| late.iter().map(move |it| (how, it)));
    Page {
        is_well: health.is_well(),
        problems: problems.collect(),
        late: late.map(|(how, late)| line(how, late, zone)).collect(),
        last: health.rounds.last.map(|at| Moment::new(at, zone)),
        next: health.rounds.next.map(|at| Moment::new(at, zone)),
        done: health.rounds.done,
        failed: health.rounds.failed,
    }
}

fn line(how: &'static str, late: &Late, zone: Tz) -> Line {
    Line {
        href: link::of_delivery(late.delivery),
        posting: late.posting.to_string(),
        channel: late.channel.to_string(),
        occasion: late.occasion.to_string(),
        how,
        since: Moment::new(late.since, zone),
        why: late.why.clone(),
    }
}
