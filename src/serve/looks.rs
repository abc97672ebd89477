//! Looks at what stands and at what is on its way, beside the rounds: no delivery waits for them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::{debug, warn};

use super::Setup;
use crate::clock::Clock;
use crate::deliver::{Courier, Wanted, Worker};
use crate::ledger::Ledger;

/// What a look needs; it has them of its own, because a round may end meanwhile.
pub(super) struct Look {
    pub setup: Arc<Setup>,
    pub ledger: Ledger,
    pub worker: Worker,
    pub clock: Clock,
}

impl Look {
    fn courier(&self) -> Courier<'_> {
        Courier {
            site: &self.setup.site,
            stations: &self.setup.stations,
            ledger: &self.ledger,
            worker: self.worker.clone(),
            clock: self.clock.clone(),
        }
    }

    /// Whether every copy is there and says what it should.
    pub(super) async fn at_copies(self) {
        let _at_work = self.clock.at_work();
        match self.courier().verify(Wanted::default()).await {
            Ok(seen) => debug!(copies = seen.len(), "copies were looked at"),
            Err(error) => warn!(%error, "copies could not be looked at"),
        }
    }

    /// Whether what is on its way has arrived; says when to look again.
    pub(super) async fn for_arrivals(self) -> Option<DateTime<Utc>> {
        let _at_work = self.clock.at_work();
        match self.courier().arrivals(Wanted::default()).await {
            Ok(arrivals) => {
                debug!(copies = arrivals.looked_for.len(), "looked for what is on its way");
                arrivals.next
            }
            Err(error) => {
                warn!(%error, "what is on its way could not be looked for");
                None
            }
        }
    }
}
