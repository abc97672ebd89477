//! The right to send: an attempt is on disk before its first byte goes out.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::change::Change;
use super::engine::Engine;
use super::group::{Entry, Written};
use super::worker::Liveness;
use super::{Attempt, Claim, Delivery, Ledger, LedgerError, State, event, row, worker};
use crate::adapt::Rendition;
use crate::adapt::picture::sha256;
use crate::channel::{DeliveryKey, Wire};
use crate::clock::{Clock, Steady};

/// How long after its `send_by` an attempt counts as left behind, if nothing can be said of its
/// worker: the longest answer that was seen from a network took under four minutes, and clocks of
/// two machines differ.
pub const RECOVERY_MARGIN: TimeDelta = TimeDelta::minutes(15);

/// When an attempt begins, by both clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Began {
    pub at: DateTime<Utc>,
    pub steady: Steady,
}

impl Began {
    pub fn now(clock: &Clock) -> Self {
        Self { at: clock.now(), steady: clock.steady() }
    }
}

/// A delivery that is to be had, as its caller knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsSeen {
    key: DeliveryKey,
    /// How often it had been tried; `None`: however often.
    attempts: Option<u32>,
}

impl AsSeen {
    /// Not tried yet: who tries it meanwhile has it.
    pub fn untried(key: DeliveryKey) -> Self {
        Self { key, attempts: Some(0) }
    }
}

impl From<&Delivery> for AsSeen {
    fn from(delivery: &Delivery) -> Self {
        Self { key: delivery.key, attempts: Some(delivery.attempts) }
    }
}

impl From<DeliveryKey> for AsSeen {
    fn from(key: DeliveryKey) -> Self {
        Self { key, attempts: None }
    }
}

/// Why a recovered delivery is unknown.
const LEFT_BEHIND: &str = "the process that was sending it ended before an answer came";

impl Ledger {
    /// Takes a delivery to send it. When this returns a claim, the attempt with its exact bytes is
    /// on disk and the delivery is `sending`; nobody else gets it. `None` if it is not to be had:
    /// somebody else has it or tried it since it was seen, it is not due when the attempt begins, it
    /// was called off, or its channel or everything is paused.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing may be sent. If only the mark
    /// could not be moved on after the commit (see [`super::generation`]), the delivery stays
    /// `sending` with an attempt that was certainly not sent, and [`Ledger::recover`] treats it as
    /// one of its worker's. Whether the mark can be written at all is looked at before anything is
    /// written.
    pub async fn claim(
        &self,
        delivery: impl Into<AsSeen>,
        worker: &str,
        composed: (&Wire, &Rendition),
        began: &Began,
        send_by: DateTime<Utc>,
    ) -> Result<Option<Claim>, LedgerError> {
        let (wire, rendition) = composed;
        let AsSeen { key, attempts } = delivery.into();
        let taking = Taking {
            key,
            attempts,
            worker: worker.to_owned(),
            began_at: began.at,
            send_by,
            steady: row::to_json(&began.steady)?,
            wire: row::to_json(wire)?,
            rendition: row::to_json(rendition)?,
            content_hash: rendition.content_hash(),
        };
        match self.write(Entry::Claim(Box::new(taking))).await? {
            Written::Claimed(Some(number)) => {
                Ok(Some(Claim { key, number, wire: wire.clone(), send_by }))
            }
            Written::Claimed(None) | Written::Settled(_) => Ok(None),
        }
    }

    /// Turns what dead workers left in `sending` into `unknown`, never into `planned`: what they
    /// sent may be there. Returns the deliveries concerned.
    ///
    /// `liveness` says of a running attempt whether its worker can still answer, usually
    /// [`super::liveness`] of its name. An attempt of a live worker is never touched; where
    /// nothing can be said of the worker, [`RECOVERY_MARGIN`] after `send_by` decides. Of its own
    /// attempts a process knows more than its name says: one that it dropped or could not settle
    /// is [`Liveness::Dead`], though the process lives. A dead
    /// worker's last bytes may still arrive at the channel until `send_by`: do not take the
    /// channel's "not there" for an answer before.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn recover(
        &self,
        liveness: impl Fn(&Attempt) -> Liveness,
        now: DateTime<Utc>,
    ) -> Result<Vec<Delivery>, LedgerError> {
        let mut recovered = Vec::new();
        let mut tx = self.begin().await?;
        for attempt in running(&mut tx).await? {
            let said = match liveness(&attempt) {
                Liveness::Dead if self.engine == Engine::Postgres => {
                    worker::dead_among_several(&attempt.worker)
                }
                said => said,
            };
            let left_behind = match said {
                Liveness::Alive => false,
                Liveness::Dead => true,
                Liveness::CannotTell => now > attempt.send_by + RECOVERY_MARGIN,
            };
            if left_behind {
                recovered.push(give_up(&mut tx, &attempt, now).await?);
            }
        }
        tx.commit().await?;
        Ok(recovered)
    }
}

/// Stands for any number of attempts.
const ANY: i64 = -1;

/// A claim that is to be written.
pub(in crate::ledger) struct Taking {
    key: DeliveryKey,
    attempts: Option<u32>,
    worker: String,
    began_at: DateTime<Utc>,
    send_by: DateTime<Utc>,
    steady: String,
    wire: String,
    rendition: String,
    content_hash: String,
}

/// Takes deliveries: the number of each attempt; `None` for one that is not to be had.
pub(in crate::ledger) async fn write(
    tx: &mut Change,
    takings: &[&Taking],
) -> Result<Vec<Option<u32>>, LedgerError> {
    if takings.is_empty() {
        return Ok(Vec::new());
    }
    let update = format!(
        "with taken (t_key, t_at, t_attempts) as (values {})
         update delivery
            set state = 'sending', attempts = attempts + 1, changed_at = t_at,
                attempted_at = t_at, reason = ''
           from taken
          where key = t_key and state = 'planned' and due_at <= t_at
            and (t_attempts = {ANY} or attempts = t_attempts)
            and exists (select 1 from channel
                         where channel.name = delivery.channel and paused_since is null)
            and not exists (select 1 from ledger where paused_since is not null)
         returning *",
        row::values(takings.len(), 3)
    );
    let mut query = sqlx::query(AssertSqlSafe(update));
    for taking in takings {
        let attempts = taking.attempts.map_or(ANY, i64::from);
        query = query
            .bind(taking.key.to_string())
            .bind(taking.began_at.timestamp_micros())
            .bind(attempts);
    }
    let mut taken = BTreeMap::new();
    for row in query.fetch_all(&mut **tx).await? {
        let delivery = row::delivery(&row)?;
        tx.moved(&delivery, State::Planned);
        taken.insert(delivery.key, delivery.attempts);
    }
    // Each is had once, also by two of this process that ask together.
    let numbers: Vec<Option<u32>> = takings.iter().map(|it| taken.remove(&it.key)).collect();
    let had: Vec<(&Taking, u32)> =
        takings.iter().zip(&numbers).filter_map(|(it, number)| Some((*it, (*number)?))).collect();
    write_attempts(tx, &had).await?;
    for (taking, number) in had {
        let detail = json!({
            "attempt": number,
            "worker": taking.worker,
            "send_by": taking.send_by,
            "content_hash": taking.content_hash,
            "sent": sha256(taking.wire.as_bytes()),
        });
        event::append(tx, taking.began_at, Some(taking.key), "attempt", &detail).await?;
    }
    Ok(numbers)
}

async fn write_attempts(tx: &mut Change, had: &[(&Taking, u32)]) -> Result<(), LedgerError> {
    if had.is_empty() {
        return Ok(());
    }
    let insert = format!(
        "insert into attempt (delivery, number, worker, began_at, send_by, detail, steady)
         values {}",
        row::values(had.len(), 7)
    );
    let mut query = sqlx::query(AssertSqlSafe(insert));
    for (taking, number) in had {
        query = query
            .bind(taking.key.to_string())
            .bind(i64::from(*number))
            .bind(taking.worker.clone())
            .bind(taking.began_at.timestamp_micros())
            .bind(taking.send_by.timestamp_micros())
            .bind("")
            .bind(taking.steady.clone());
    }
    query.execute(&mut **tx).await?;
    let insert = format!(
        "insert into carried (delivery, attempt, wire, rendition) values {}",
        row::values(had.len(), 4)
    );
    let mut query = sqlx::query(AssertSqlSafe(insert));
    for (taking, number) in had {
        query = query
            .bind(taking.key.to_string())
            .bind(i64::from(*number))
            .bind(taking.wire.clone())
            .bind(taking.rendition.clone());
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

async fn running(tx: &mut Change) -> Result<Vec<Attempt>, LedgerError> {
    sqlx::query(
        "select attempt.*, carried.wire, carried.rendition from attempt
           left join carried on carried.delivery = attempt.delivery
                            and carried.attempt = attempt.number
           join delivery on delivery.key = attempt.delivery
            and delivery.attempts = attempt.number
          where delivery.state = 'sending' order by attempt.began_at, attempt.delivery",
    )
    .fetch_all(&mut **tx)
    .await?
    .iter()
    .map(row::attempt)
    .collect()
}

async fn give_up(
    tx: &mut Change,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<Delivery, LedgerError> {
    sqlx::query(
        "update attempt set ended_at = $3, outcome = 'unknown', detail = $4
          where delivery = $1 and number = $2",
    )
    .bind(attempt.delivery.to_string())
    .bind(i64::from(attempt.number))
    .bind(now.timestamp_micros())
    .bind(LEFT_BEHIND)
    .execute(&mut **tx)
    .await?;
    let mut delivery = row::load(tx, attempt.delivery).await?;
    delivery.enter(State::Unknown, LEFT_BEHIND, now);
    row::save(tx, &delivery).await?;
    let detail = json!({
        "attempt": attempt.number,
        "worker": attempt.worker,
        "why": LEFT_BEHIND,
    });
    event::append(tx, now, Some(attempt.delivery), "unknown", &detail).await?;
    Ok(delivery)
}
