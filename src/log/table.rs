//! The log for a terminal of 80 columns. A link has a line of its own, so that it is never cut and
//! terminals make it one that can be clicked.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Row, plain};
use crate::adapt::text;
use crate::notice::Notice;

/// What stands together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Where does this ad stand?
    #[default]
    ByPosting,
    /// What stands on this channel?
    ByChannel,
}

/// The width of a terminal, and where the lines below a row begin.
const WIDTH: usize = 80;
const INDENT: usize = 12;

/// Draws rows, in groups.
pub fn table(rows: &[Row], grouping: Grouping, zone: Tz) -> String {
    if rows.is_empty() {
        return "Nothing has been planned or posted yet.\n".to_owned();
    }
    let mut rows: Vec<&Row> = rows.iter().collect();
    if grouping == Grouping::ByChannel {
        rows.sort_by(|a, b| {
            (&a.channel, a.at, a.since, &a.id).cmp(&(&b.channel, b.at, b.since, &b.id))
        });
    }
    let name = |row: &Row| match grouping {
        Grouping::ByPosting => plain(&row.channel),
        Grouping::ByChannel => plain(&row.posting),
    };
    let longest = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0);
    let width = longest.clamp(7, 24);
    let mut drawn = String::new();
    for group in rows.chunk_by(|a, b| match grouping {
        Grouping::ByPosting => a.posting == b.posting,
        Grouping::ByChannel => a.channel == b.channel,
    }) {
        let Some(first) = group.first() else { continue };
        let gap = if drawn.is_empty() { "" } else { "\n" };
        // Writing to a string cannot fail.
        let _ = match grouping {
            Grouping::ByPosting => {
                let title = text::fill_lines(&plain(&first.title), WIDTH).join("\n");
                writeln!(drawn, "{gap}{title}\n  {}\n", plain(&first.posting))
            }
            Grouping::ByChannel => writeln!(drawn, "{gap}{}\n", plain(&first.channel)),
        };
        let heading = match grouping {
            Grouping::ByPosting => "CHANNEL",
            Grouping::ByChannel => "POSTING",
        };
        let _ = writeln!(
            drawn,
            "  {:<8}  {heading:<width$}  {:<11}  {:<9}  WHEN",
            "ID", "OCCASION", "STATE"
        );
        for row in group {
            draw(row, &name(row), width, zone, &mut drawn);
        }
    }
    drawn
}

fn draw(row: &Row, name: &str, width: usize, zone: Tz, drawn: &mut String) {
    let _ = writeln!(
        drawn,
        "  {:<8}  {name:<width$}  {:<11}  {:<9}  {}",
        row.id,
        plain(&row.occasion),
        row.standing(),
        minute(row.at, zone)
    );
    if let Some(link) = &row.link {
        let _ = writeln!(drawn, "{:INDENT$}{}", "", plain(link));
    }
    // It came into this state later than it was due.
    if row.state != "planned" && minute(row.since, zone) != minute(row.at, zone) {
        let _ = writeln!(drawn, "{:INDENT$}since {}", "", minute(row.since, zone));
    }
    indented(&plain(&row.note), INDENT, drawn);
}

fn indented(words: &str, indent: usize, drawn: &mut String) {
    for line in text::fill_lines(words, WIDTH - indent).iter().filter(|line| !line.is_empty()) {
        let _ = writeln!(drawn, "{:indent$}{line}", "");
    }
}

fn minute(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// What needs a person, each with what to do.
pub fn needs(notices: &[Notice], zone: Tz) -> String {
    if notices.is_empty() {
        return "Nothing needs you.\n".to_owned();
    }
    let mut drawn = String::new();
    for notice in notices {
        let gap = if drawn.is_empty() { "" } else { "\n" };
        drawn.push_str(gap);
        for line in text::fill_lines(&plain(&notice.title), WIDTH) {
            let _ = writeln!(drawn, "{line}");
        }
        let _ = writeln!(drawn, "  since {}", minute(notice.since, zone));
        indented(&plain(&notice.what), 2, &mut drawn);
        if let Some(link) = &notice.link {
            let _ = writeln!(drawn, "  {}", plain(link.as_str()));
        }
        if !notice.commands.is_empty() || !notice.help.is_empty() {
            indented(&format!("{}:", plain(notice.help.trim_end_matches('.'))), 2, &mut drawn);
        }
        for command in &notice.commands {
            let _ = writeln!(drawn, "    {}", plain(command));
        }
    }
    drawn
}
