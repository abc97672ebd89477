//! How notices are said: as a mail, as data, as one text. Touches nothing.

use serde_json::{Value, json};

use super::{Message, Notice};
use crate::adapt::text::wrap;
use crate::ledger::Telling;
use crate::schedule::local_time;
use crate::site::Site;

/// How much of a title a subject shows, in characters.
const LONGEST_TITLE: usize = 90;

/// The version of [`json()`]: another one means that something was changed or taken away, not that
/// something was added.
const VERSION: u32 = 1;

/// One line that says what it is about.
pub fn subject(message: &Message, site: &Site) -> String {
    let about = match message.open.as_slice() {
        [only] => only.title.clone(),
        several => format!("{} things need a person", several.len()),
    };
    // What pages and servers say must not reach into a header.
    let line: String = format!("[{}] {about}", site.name)
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_TITLE) {
        Some((end, _)) => format!("{} …", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    }
}

/// The whole as plain text, 72 columns wide; commands and links are never broken.
pub fn text(message: &Message, site: &Site) -> String {
    let mut text = String::new();
    for (index, notice) in message.open.iter().enumerate() {
        if message.open.len() > 1 {
            text += &format!("{}. ", index + 1);
        }
        text += &one(notice, site);
        text += "\n";
    }
    if !message.settled.is_empty() {
        text += "Came right meanwhile:\n\n";
        for notice in &message.settled {
            text += &format!("{}\n", wrap(&format!("- {}", plain(&notice.title))));
        }
        text += "\n";
    }
    text += &wrap(&format!(
        "You are told of this once. `handbill log` shows what stands where, `handbill plan` what \
         waits. Nobody reads answers to this message. Site: {} {}",
        site.name, site.settings.base_url
    ));
    text + "\n"
}

fn one(notice: &Notice, site: &Site) -> String {
    let since = local_time(notice.since, site.settings.timezone);
    let zone = site.settings.timezone;
    let mut text = format!("{}\n\n", wrap(&plain(&notice.title)));
    text += &format!("{}\n", wrap(&format!("  {}.", plain(&notice.what).trim_end_matches('.'))));
    text += &format!("  Since {since} ({zone}).\n");
    if let Some(link) = &notice.link {
        text += &format!("  {link}\n");
    }
    text += &format!("\n{}\n", wrap(&format!("  What to do: {}.", notice.help)));
    if !notice.commands.is_empty() {
        text += "\n";
    }
    for command in &notice.commands {
        text += &format!("      {command}\n");
    }
    if let Some(errand) = &notice.errand {
        text += "\n";
        for line in errand.lines() {
            text += format!("  | {line}").trim_end();
            text += "\n";
        }
    }
    text
}

/// One paragraph, without control characters.
fn plain(text: &str) -> String {
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Everything as data. Stable: fields are added, never changed or taken away.
///
/// | field | says |
/// | --- | --- |
/// | `version` | 1 |
/// | `id` | this message, the same at every try: whoever has seen it ignores it |
/// | `wanted_at` | when it was to be told first (RFC 3339, UTC) |
/// | `site` | `name`, `base_url` |
/// | `subject` | one line |
/// | `notices` | a list of what needs a person |
/// | `settled` | the same of what came right while the message waited |
///
/// A notice has `about` (names it for ever), `kind` (`unknown`, `refused`, `errand`, `stuck`,
/// `approval`, `declaration`, `acceptance`, `page-gone`, `paused`, `credential`), `since`, `title`,
/// `what`, `help`, `commands`, and where they say something `posting`, `channel`, `delivery`, `link`, `errand`.
pub fn json(telling: &Telling, message: &Message, site: &Site) -> Value {
    json!({
        "version": VERSION,
        "id": telling.id,
        "wanted_at": telling.wanted_at,
        "site": { "name": site.name, "base_url": site.settings.base_url },
        "subject": subject(message, site),
        "notices": message.open,
        "settled": message.settled,
    })
}
