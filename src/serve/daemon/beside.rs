//! What the loop has going on beside the rounds: the mailbox, looks at copies, telling people. Their
//! servers may be slow, and no delivery waits for them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Daemon, GIVEN_UP_IS_SAID_FOR, LEAST_REST};
use crate::deliver::letters::Letters;
use crate::ledger::{LedgerError, Outbox};
use crate::notice;
use crate::plan::Plan;
use crate::serve::looks::Look;
use crate::serve::status::Subject;

impl Daemon {
    /// Begins to read the mailbox once there is a ledger that can remember what it says.
    pub(super) fn begin_mailbox(&mut self, now: DateTime<Utc>) {
        let Some(mailbox) = self.setup.site.mailbox.clone() else { return };
        match self.look() {
            Some(look) => self.mailbox = Some(Box::pin(look.at_mailbox(mailbox))),
            None => self.times.mailbox = Some(now + self.without_mailbox.wait()),
        }
    }

    pub(super) fn after_mailbox(&mut self, letters: Result<Letters, String>) {
        let now = self.now();
        let trouble = match letters {
            Ok(letters) => {
                self.without_mailbox.reset();
                self.times.mailbox = Some(now + LEAST_REST);
                if letters.about_deliveries > 0 {
                    // What a letter changed may make something due, or worth telling.
                    self.times.round = now;
                    self.times.arrivals = Some(now);
                }
                None
            }
            Err(why) => {
                self.times.mailbox = Some(now + self.without_mailbox.wait());
                Some(format!("what comes back by mail cannot be read: {why}"))
            }
        };
        self.status.trouble(Subject::Mailbox, trouble);
    }

    /// `None` while there is no ledger.
    pub(super) fn look(&self) -> Option<Look> {
        Some(Look {
            ledger: self.status.facts().ledger?,
            setup: Arc::clone(&self.setup),
            worker: self.worker.clone(),
            clock: self.options.clock.clone(),
        })
    }

    /// Tells people what needs them, beside the rounds: their mail server may be slow.
    pub(super) fn begin_telling(&mut self, plan: Plan) {
        if self.setup.site.notices.is_none() {
            return self.status.trouble(Subject::Notices, None);
        }
        let ledger = self.status.facts().ledger;
        let (None, Some(ledger)) = (&self.telling, ledger) else { return };
        let (setup, clock) = (Arc::clone(&self.setup), self.options.clock.clone());
        self.telling = Some(Box::pin(async move {
            let _at_work = clock.at_work();
            notice::tell(&setup.site, &ledger, &plan, &clock).await?;
            ledger.outbox(clock.now() - GIVEN_UP_IS_SAID_FOR).await
        }));
    }

    pub(super) fn after_telling(&mut self, outbox: Result<Outbox, LedgerError>) {
        let trouble = match outbox {
            Ok(outbox) => {
                let soonest = self.now() + LEAST_REST;
                if let Some(next) = outbox.next {
                    self.times.round = self.times.round.min(next.max(soonest));
                }
                let why = outbox.why.unwrap_or_default();
                (outbox.failing + outbox.given_up > 0).then(|| {
                    format!(
                        "people could not be told: {} waiting for another try, {} given up: {why}",
                        outbox.failing, outbox.given_up
                    )
                })
            }
            Err(error) => Some(format!("notices could not be written down: {error}")),
        };
        self.status.trouble(Subject::Notices, trouble);
    }
}
