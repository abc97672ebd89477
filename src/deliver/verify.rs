//! Looking: is every copy there, and does it say what it should.

use chrono::TimeDelta;

use super::{Courier, Intake, Wanted};
use crate::channel::Sight;
use crate::ledger::{CopyState, Delivery, LedgerError};

/// For how long a copy must not be to be seen before it counts as gone: servers have bad days.
pub const PATIENCE: TimeDelta = TimeDelta::days(1);

/// What one look at a copy showed.
#[derive(Debug)]
pub struct Seen {
    pub delivery: Delivery,
    pub sight: Sight,
    /// What the ledger says now; `None` if nothing could be seen.
    pub copy: Option<CopyState>,
}

impl Courier<'_> {
    /// Looks whether every copy is there and says what it should.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails.
    pub async fn verify(&self, wanted: Wanted<'_>) -> Result<Vec<Seen>, LedgerError> {
        let mut seen = Vec::new();
        for delivery in self.ledger.past().await?.deliveries {
            let Some(copy) = delivery.copy.filter(|copy| copy.stands()) else { continue };
            let Some(receipt) = &delivery.receipt else { continue };
            let Some(station) = self.station(&delivery.name.channel) else { continue };
            if !wanted.includes_delivery(&delivery) {
                continue;
            }
            if self.worker.intake() == Intake::Closed {
                break;
            }
            // What a person found may say anything, and is there or not all the same.
            let expected = delivery.standing.as_ref().map(|standing| &standing.rendition);
            let sight = station.channel.verify(receipt, expected).await;
            let state = match &sight {
                // Not seen there yet: it is no copy that went away.
                Sight::Gone | Sight::Differs { .. } if copy.is_on_its_way() => None,
                Sight::Agrees if copy.is_on_its_way() || copy == CopyState::Altered => {
                    Some(CopyState::Live)
                }
                Sight::Agrees => Some(copy),
                Sight::Differs { .. } => Some(CopyState::Altered),
                Sight::Gone => Some(CopyState::Gone),
                Sight::Unseen { .. } => None,
            };
            if let Some(state) = state {
                let now = self.clock.now();
                let delivery = self.ledger.note_sight(&delivery, state, PATIENCE, now).await?;
                seen.push(Seen { copy: delivery.copy, delivery, sight });
            } else {
                seen.push(Seen { delivery, sight, copy: None });
            }
        }
        Ok(seen)
    }
}
