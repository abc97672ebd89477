//! The log as a page that stands alone: no script, nothing from elsewhere, light and dark.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Row, plain};
use crate::adapt::html::escape;

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; padding-bottom: .5rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8886 }
td.when, td.id { white-space: nowrap; font-variant-numeric: tabular-nums }
a { overflow-wrap: anywhere }";

/// Draws rows as an HTML document.
pub fn html(rows: &[Row], zone: Tz) -> String {
    let mut body = String::new();
    for row in rows {
        let link = row.link.as_deref().filter(|it| is_for_readers(it)).map(|link| {
            let link = escaped(link);
            format!("<a href=\"{link}\" rel=\"nofollow noopener\">{link}</a>")
        });
        let time = |at: &DateTime<Utc>| {
            let local = at.with_timezone(&zone);
            let shown = local.format("%Y-%m-%d %H:%M");
            format!("<time datetime=\"{}\">{shown}</time>", local.to_rfc3339())
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            body,
            "<tr><td class=\"id\">{}</td><th scope=\"row\"><bdi>{}</bdi></th><td>{}</td><td>{}</td>\
             <td>{}</td><td class=\"when\">{}</td><td class=\"when\">{}</td><td>{}</td>\
             <td><bdi>{}</bdi></td></tr>",
            escaped(&row.id),
            escaped(&row.title),
            escaped(&row.channel),
            escaped(&row.occasion),
            escaped(row.standing()),
            time(&row.at),
            time(&row.since),
            link.unwrap_or_default(),
            escaped(&row.note),
        );
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Syndication log</title>\n<style>\n{STYLE}\n</style></head>\n<body>\n\
         <h1>Syndication log</h1>\n<table>\n<caption>What stands where; times of {zone}</caption>\n\
         <thead><tr><th scope=\"col\">Id</th><th scope=\"col\">Posting</th>\
         <th scope=\"col\">Channel</th><th scope=\"col\">Occasion</th><th scope=\"col\">State</th>\
         <th scope=\"col\">When</th><th scope=\"col\">Since</th><th scope=\"col\">Link</th>\
         <th scope=\"col\">Note</th></tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</body>\n\
         </html>\n"
    )
}

fn is_for_readers(link: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme))
}

fn escaped(text: &str) -> String {
    escape(&plain(text))
}
