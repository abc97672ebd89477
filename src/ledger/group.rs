//! Claims and settlements that come at the same moment go to disk together.
//!
//! A commit waits for the disk, and meanwhile the attempts of other channels begin and end. What they
//! have to write is kept until the disk is free, and is then one transaction, made by whoever comes
//! first: ten channels at work cost the disk hardly more than one. Each gets its own answer, and only
//! after the commit that its entry is in. Where they cannot be written together, each is written
//! alone, so that none spoils another.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::sync::oneshot::{self, error::TryRecvError};

use super::claim::Taking;
use super::settle::Settling;
use super::{Delivery, Ledger, LedgerError, claim, engine, settle};

/// How many entries one transaction takes at most: the others do not wait longer for the first ones.
const TOGETHER: usize = 100;

/// What is to be written.
pub(in crate::ledger) enum Entry {
    Claim(Box<Taking>),
    Settlement(Box<Settling>),
}

/// What is on disk then.
pub(in crate::ledger) enum Written {
    /// The number of the attempt; `None` if the delivery was not to be had.
    Claimed(Option<u32>),
    Settled(Option<Box<Delivery>>),
}

struct Waiting {
    entry: Entry,
    answer: oneshot::Sender<Result<Written, LedgerError>>,
}

/// The entries of one process that wait for the disk.
#[derive(Default)]
pub(in crate::ledger) struct Group {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

impl Group {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("waiting", &self.waiting().len()).finish()
    }
}

impl Ledger {
    /// Writes an entry, and others that wait with it. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written, or, for a claim, if the mark could not be moved on
    /// after the commit.
    pub(in crate::ledger) async fn write(&self, entry: Entry) -> Result<Written, LedgerError> {
        let (answer, mut answered) = oneshot::channel();
        self.group.waiting().push(Waiting { entry, answer });
        let _turn = tokio::select! {
            biased;
            answer = &mut answered => return answer.unwrap_or(Err(LedgerError::Interrupted)),
            turn = self.group.turn.lock() => turn,
        };
        others_come_along().await;
        // Who has the turn writes for the others too, until its own entry is on disk.
        loop {
            match answered.try_recv() {
                Ok(answer) => return answer,
                Err(TryRecvError::Closed) => return Err(LedgerError::Interrupted),
                Err(TryRecvError::Empty) => {}
            }
            let members: Vec<Waiting> = {
                let mut waiting = self.group.waiting();
                let first = waiting.len().min(TOGETHER);
                waiting.drain(..first).collect()
            };
            self.write_all(members).await;
        }
    }

    async fn write_all(&self, members: Vec<Waiting>) {
        let entries: Vec<&Entry> = members.iter().map(|member| &member.entry).collect();
        let mut failed = match self.write_together(&entries).await {
            Ok(written) => {
                for (member, written) in members.into_iter().zip(written) {
                    // Nobody waits for it any more: it is on disk all the same.
                    let _ = member.answer.send(written);
                }
                return;
            }
            Err(error) => Some(error),
        };
        let is_alone = members.len() == 1;
        let is_busy = failed.as_ref().is_some_and(is_busy);
        for Waiting { entry, answer } in members {
            let written = match failed.take() {
                Some(error) if is_alone || is_busy => Err(error),
                // Who holds the ledger holds it for all of them; each decides how long it waits.
                None if is_busy => Err(sqlx::Error::PoolTimedOut.into()),
                _ => match self.write_together(&[&entry]).await {
                    Ok(mut written) => written.pop().unwrap_or(Err(LedgerError::Interrupted)),
                    Err(error) => Err(error),
                },
            };
            let _ = answer.send(written);
        }
    }

    /// One transaction.
    ///
    /// # Errors
    /// [`LedgerError`] if nothing was written.
    async fn write_together(
        &self,
        entries: &[&Entry],
    ) -> Result<Vec<Result<Written, LedgerError>>, LedgerError> {
        let (mut claims, mut settlements) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::Claim(taking) => claims.push(&**taking),
                Entry::Settlement(settling) => settlements.push(&**settling),
            }
        }
        let sends = !claims.is_empty();
        let mut tx = self.begin().await?;
        let marked = if sends { self.check_mark(&mut tx).await? } else { None };
        let mut settled = settle::write(&mut tx, &settlements).await?.into_iter();
        let mut claimed = claim::write(&mut tx, &claims).await?.into_iter();
        let reached = marked.and_then(|marked| marked.then(tx.newest()?));
        tx.commit().await?;
        let written = entries.iter().map(|entry| match entry {
            Entry::Claim(_) => Written::Claimed(claimed.next().flatten()),
            Entry::Settlement(_) => Written::Settled(settled.next().map(Box::new)),
        });
        let written: Vec<Written> = written.collect();
        if sends && self.advance_mark_to(reached).await.is_err() {
            return Ok(self.without_claims(written).await);
        }
        Ok(written.into_iter().map(Ok).collect())
    }

    /// What is on disk while the mark cannot be moved on: nothing that was claimed may be sent.
    async fn without_claims(&self, written: Vec<Written>) -> Vec<Result<Written, LedgerError>> {
        let mut answers = Vec::with_capacity(written.len());
        for written in written {
            answers.push(match written {
                Written::Claimed(Some(_)) => self.advance_mark().await.map(|()| written),
                Written::Claimed(None) | Written::Settled(_) => Ok(written),
            });
        }
        answers
    }
}

/// Lets what is ready in the same task go on once, so that what it has to write is written too. It is
/// woken at once: nothing else decides about the order.
async fn others_come_along() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Another process writes, or others of this process wait for its one connection.
pub(in crate::ledger) fn is_busy(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Database(error) if engine::is_busy(error))
}
