//! `handbill log show ID`: one delivery with its attempts, exactly what was sent, what that changed,
//! and everything that happened.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::cli::{CliError, End, Format, say, say_json};
use crate::deliver::compose::Composed;
use crate::deliver::preview;
use crate::ledger::Ledger;
use crate::log::story::Story;
use crate::log::table::{Grouping, table};
use crate::log::{plain, row_of};

pub(super) async fn show(
    ledger: &Ledger,
    id: &str,
    format: Format,
    zone: Tz,
) -> Result<End, CliError> {
    let delivery = ledger.find_by_prefix(id).await?;
    let past = ledger.past().await?;
    let story = Story::of(delivery, &past, ledger).await?;
    if format == Format::Json {
        say_json(&story)?;
        return Ok(End::Done);
    }
    let Story { delivery, attempts, changed, letters, events } = story;
    say(&table(&[row_of(&delivery, &past)], Grouping::ByPosting, zone))?;
    let local = |at: &DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S");
    say(&format!("\n  key {}\n  revision {}\n", delivery.key, delivery.revision.0))?;
    for attempt in &attempts {
        let outcome = attempt.outcome.as_deref().unwrap_or("on its way");
        let detail = match attempt.detail.as_str() {
            "" => String::new(),
            detail => format!(": {}", plain(detail)),
        };
        say(&format!(
            "\n  attempt {} at {} by {}: {outcome}{detail}\n",
            attempt.number,
            local(&attempt.began_at),
            attempt.worker
        ))?;
        match (&attempt.carried, attempt.erased_at) {
            (Some(carried), _) => say(&preview::draw(&Composed {
                rendition: carried.rendition.clone(),
                wire: carried.wire.clone(),
                picture: None,
            }))?,
            (None, Some(at)) => {
                let day = at.format("%Y-%m-%d");
                say(&format!("    what it sent: erased on {day}\n"))?;
            }
            (None, None) => {}
        }
    }
    if !changed.is_empty() {
        say("\n  what it changed\n")?;
        for line in &changed {
            say(&format!("    {line}\n"))?;
        }
    }
    for letter in &letters {
        let at = local(&letter.read_at);
        let sender = plain(&letter.sender);
        say(&format!("\n  letter of {sender}, read at {at}: {}\n", letter.says))?;
        for line in std::iter::once(letter.subject.as_str()).chain(letter.words.lines()) {
            say(&format!("    {}\n", plain(line)))?;
        }
    }
    say("\n  what happened\n")?;
    for event in &events {
        say(&format!("    {}  {:<10} {}\n", local(&event.at), event.what, plain(&event.told())))?;
    }
    Ok(End::Done)
}
