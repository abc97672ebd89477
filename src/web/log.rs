//! The log, narrowed as `handbill log` narrows it.

use serde::Serialize;

use super::{Moment, Outlook, link};
use crate::log::filter::Filter;
use crate::log::{self, Row};

/// How many lines a page shows.
const PAGE: usize = 50;

#[derive(Debug, Serialize)]
pub struct Log {
    pub lines: Vec<Line>,
    pub pager: link::Pager,
    pub channels: Vec<String>,
    pub text: String,
    pub channel: String,
    pub state: String,
}

#[derive(Debug, Serialize)]
pub struct Line {
    pub state: String,
    pub href: String,
    pub link: Option<String>,
    pub due: Moment,
    pub since: Moment,
    pub row: Row,
}

/// Computes a page of the log, the newest first.
pub fn log(outlook: &Outlook<'_>, filter: &Filter, page: usize) -> Log {
    let mut rows = log::rows(outlook.past, Some(outlook.plan));
    rows.retain(|row| filter.includes(row));
    rows.sort_by(|a, b| (b.since, &b.id).cmp(&(a.since, &a.id)));
    let said = |it: &Option<String>| it.clone().unwrap_or_default();
    let (text, channel) = (said(&filter.text), said(&filter.channel));
    let state = filter.states.join(",");
    let pager = link::Pager::new(page, PAGE, rows.len(), |page| {
        let page = page.to_string();
        let values =
            [("text", &text), ("channel", &channel), ("state", &state), ("page", &page)];
        link::asking("/log", &values.map(|(name, value)| (name, value.as_str())))
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
        due: outlook.moment(row.at),
        since: outlook.moment(row.since),
        row: row.clone(),
    });
    Log {
        lines: lines.collect(),
        pager,
        channels: outlook.site.channels.iter().map(|it| it.name.0.to_string()).collect(),
        text,
        channel,
        state,
    }
}
