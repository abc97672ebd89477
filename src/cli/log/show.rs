//! `handbill log show ID`: one delivery with its attempts, exactly what was sent, what that changed,
//! and everything that happened.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::adapt::Rendition;
use crate::channel::DeliveryKey;
use crate::cli::{CliError, End, Format, say, say_json};
use crate::deliver::compose::Composed;
use crate::deliver::preview;
use crate::ledger::{Attempt, Deed, Delivery, Ledger, Past};
use crate::log::table::{Grouping, table};
use crate::log::{difference, plain, row_of};

pub(super) async fn show(
    ledger: &Ledger,
    id: &str,
    format: Format,
    zone: Tz,
) -> Result<End, CliError> {
    let delivery = ledger.find_by_prefix(id).await?;
    let attempts = ledger.attempts(delivery.key).await?;
    let events = ledger.events_of(delivery.key).await?;
    let letters = ledger.answers_to(delivery.key).await?;
    let past = ledger.past().await?;
    let changed = changed(ledger, &past, &delivery, &attempts).await?;
    if format == Format::Json {
        say_json(&serde_json::json!({
            "delivery": delivery, "attempts": attempts, "changed": changed, "letters": letters,
            "events": events,
        }))?;
        return Ok(End::Done);
    }
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

/// What an edit says otherwise than its copy said before.
async fn changed(
    ledger: &Ledger,
    past: &Past,
    delivery: &Delivery,
    attempts: &[Attempt],
) -> Result<Vec<String>, CliError> {
    let carried = |attempt: &Attempt| attempt.carried.as_ref().map(|it| it.rendition.clone());
    let (Deed::Edit, Some(target), Some(now)) = (delivery.deed, delivery.target, attempts.last())
    else {
        return Ok(Vec::new());
    };
    let Some(after) = carried(now) else { return Ok(Vec::new()) };
    let mut before: Option<(DateTime<Utc>, Rendition)> = None;
    let of_copy = |it: &&Delivery| it.key == target || it.target == Some(target);
    let keys: Vec<DeliveryKey> = past.deliveries.iter().filter(of_copy).map(|it| it.key).collect();
    for key in keys.into_iter().filter(|key| *key != delivery.key) {
        for attempt in ledger.attempts(key).await? {
            let is_earlier = attempt.outcome.as_deref() == Some("posted")
                && attempt.began_at < now.began_at
                && before.as_ref().is_none_or(|(at, _)| *at < attempt.began_at);
            if let Some(rendition) = carried(&attempt).filter(|_| is_earlier) {
                before = Some((attempt.began_at, rendition));
            }
        }
    }
    Ok(before.map(|(_, before)| difference(&before, &after)).unwrap_or_default())
}
