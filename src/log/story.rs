//! One delivery with everything that is on record of it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::difference;
use crate::adapt::Rendition;
use crate::channel::DeliveryKey;
use crate::ledger::mailbox::KeptAnswer;
use crate::ledger::{Attempt, Deed, Delivery, Event, Ledger, LedgerError, Past};

/// What happened to a delivery.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    pub delivery: Delivery,
    pub attempts: Vec<Attempt>,
    /// The lines that an edit took out and put in; empty if it is no edit.
    pub changed: Vec<String>,
    /// What came back by mail.
    pub letters: Vec<KeptAnswer>,
    pub events: Vec<Event>,
}

impl Story {
    /// Reads all of it.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn of(delivery: Delivery, past: &Past, ledger: &Ledger) -> Result<Self, LedgerError> {
        let attempts = ledger.attempts(delivery.key).await?;
        let changed = changed(&delivery, &attempts, past, ledger).await?;
        Ok(Self {
            letters: ledger.answers_to(delivery.key).await?,
            events: ledger.events_of(delivery.key).await?,
            delivery,
            attempts,
            changed,
        })
    }
}

/// What an edit says otherwise than its copy said before.
async fn changed(
    delivery: &Delivery,
    attempts: &[Attempt],
    past: &Past,
    ledger: &Ledger,
) -> Result<Vec<String>, LedgerError> {
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
