//! The log, narrowed as `handbill log` narrows it.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Moment, Outlook, link};
use crate::log::filter::Filter;
use crate::log::{self, Row, STATES};

/// How many lines a page shows.
const PAGE: usize = 50;

/// What of it somebody wants to see.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub filter: Filter,
    /// The days that were typed, as they stand in the form.
    pub since: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    /// From 1.
    pub page: usize,
}

#[derive(Debug, Serialize)]
pub struct Log {
    pub lines: Vec<Line>,
    pub pager: link::Pager,
    pub channels: Vec<String>,
    pub states: Vec<&'static str>,
    pub text: String,
    pub channel: String,
    pub state: String,
    pub since: String,
    pub until: String,
    pub is_narrowed: bool,
}

#[derive(Debug, Serialize)]
pub struct Line {
    pub state: String,
    pub href: String,
    pub link: Option<String>,
    pub since: Moment,
    pub row: Row,
}

/// Computes a page of the log, the newest first.
pub fn log(outlook: &Outlook<'_>, wanted: &Wanted) -> Log {
    let filter = &wanted.filter;
    let mut rows = log::rows(outlook.past, Some(outlook.plan));
    rows.retain(|row| filter.includes(row));
    rows.sort_by(|a, b| (b.since, &b.id).cmp(&(a.since, &a.id)));
    let said = |it: &Option<String>| it.clone().unwrap_or_default();
    let day = |it: Option<NaiveDate>| it.map(|it| it.to_string()).unwrap_or_default();
    let asked = [
        ("text", said(&filter.text)),
        ("channel", said(&filter.channel)),
        ("state", filter.states.join(",")),
        ("since", day(wanted.since)),
        ("until", day(wanted.until)),
    ];
    let pager = link::Pager::new(wanted.page, PAGE, rows.len(), |page| {
        let page = page.to_string();
        let mut values: Vec<_> = asked.iter().map(|(name, it)| (*name, it.as_str())).collect();
        values.push(("page", &page));
        link::asking(link::LOG, &values)
    });
    let lines = pager.part(&rows).iter().map(|row| Line {
        state: row.standing().to_owned(),
        href: format!("/delivery/{}", row.id),
        link: row
            .link
            .as_ref()
            .and_then(|it| url::Url::parse(it).ok())
            .as_ref()
            .and_then(link::for_readers),
        since: outlook.moment(row.since),
        row: row.clone(),
    });
    let [text, channel, state, since, until] = asked.clone().map(|(_, it)| it);
    Log {
        lines: lines.collect(),
        pager,
        channels: outlook.site.channels.iter().map(|it| it.name.0.to_string()).collect(),
        states: STATES.to_vec(),
        is_narrowed: asked.iter().any(|(_, it)| !it.is_empty()),
        text,
        channel,
        state,
        since,
        until,
    }
}
