//! Looks at what stands and at what is on its way, beside the rounds: no delivery waits for them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::{debug, warn};

use super::Setup;
use crate::channel::Reach;
use crate::clock::Clock;
use crate::deliver::letters::Letters;
use crate::deliver::{Courier, Wanted, Worker};
use crate::ledger::Ledger;
use crate::mailbox::imap::{Limits, Mailbox, MailboxError};
use crate::site::mailbox::SiteMailbox;

/// How long new mail is waited for on one connection; then a new one is opened.
const LISTENED_FOR: Duration = Duration::from_secs(25 * 60);

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
            aside: None,
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

    /// What came back by mail: all that is new; where that is nothing, it is waited for a while.
    ///
    /// # Errors
    /// Why the mailbox could not be read, in words.
    pub(super) async fn at_mailbox(self, site_mailbox: SiteMailbox) -> Result<Letters, String> {
        let in_words = |error: MailboxError| error.to_string();
        let mut at_work = Some(self.clock.at_work());
        let mut mailbox = Mailbox::open(&site_mailbox.config, Reach::Anywhere, Limits::default())
            .await
            .map_err(in_words)?;
        let courier = self.courier();
        let mut letters = courier.read_mailbox(&mut mailbox).await.map_err(|it| it.to_string())?;
        if letters == Letters::default() {
            // Waiting is no work: a clock that is set by hand may go on meanwhile.
            drop(at_work.take());
            mailbox.wait(LISTENED_FOR).await.map_err(in_words)?;
            let _at_work = self.clock.at_work();
            letters = courier.read_mailbox(&mut mailbox).await.map_err(|it| it.to_string())?;
        }
        mailbox.close().await;
        debug!(about = letters.about_deliveries, strays = letters.strays, "the mailbox was read");
        Ok(letters)
    }
}
