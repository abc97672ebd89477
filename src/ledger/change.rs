//! One change of the ledger: a transaction, and the lines that the log says of it once it is on
//! disk.
//!
//! There is one line for each delivery that came into another state, whoever changed it: `serve`,
//! `post`, or a person. What was rolled back is never told.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{Any, AnyConnection, Row, Transaction};
use tracing::{info, warn};
use url::Url;

use super::engine::Engine;
use super::words::Kept;
use super::{Delivery, DeliveryName, Event, LedgerError, State, event, words};
use crate::channel::DeliveryKey;

/// A change that is being made. Dropped without [`Change::commit`], nothing of it happened.
pub(in crate::ledger) struct Change {
    tx: Transaction<'static, Any>,
    /// The deliveries that were read, and the states in which they were found.
    found: Vec<(DeliveryKey, State)>,
    transitions: Vec<Transition>,
    /// The end of the chain, once this change has looked at it.
    end: Option<End>,
    /// The events of this change, which are written at its end.
    events: Vec<Event>,
    words: Vec<Kept>,
    /// Who decided it, if a person did who is known.
    person: Option<Arc<str>>,
}

/// The newest event of the chain.
pub(in crate::ledger) struct End {
    pub(in crate::ledger) number: i64,
    pub(in crate::ledger) hash: String,
}

/// A delivery that came into another state.
struct Transition {
    key: DeliveryKey,
    name: DeliveryName,
    /// `None` if it is new.
    from: Option<State>,
    to: State,
    attempts: u32,
    reason: String,
    link: Option<Url>,
}

impl Change {
    pub(in crate::ledger) fn new(tx: Transaction<'static, Any>, person: Option<Arc<str>>) -> Self {
        Self {
            tx,
            found: Vec::new(),
            transitions: Vec::new(),
            end: None,
            events: Vec::new(),
            words: Vec::new(),
            person,
        }
    }

    pub(in crate::ledger) fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    /// Remembers the state in which a delivery was found.
    pub(in crate::ledger) fn found(&mut self, delivery: &Delivery) {
        if !self.found.iter().any(|(key, _)| *key == delivery.key) {
            self.found.push((delivery.key, delivery.state));
        }
    }

    /// A delivery was written. It is told if its state is another one than was found.
    pub(in crate::ledger) fn saved(&mut self, delivery: &Delivery) {
        let found = self.found.iter_mut().find(|(key, _)| *key == delivery.key);
        let Some((_, state)) = found.filter(|(_, state)| *state != delivery.state) else { return };
        let from = std::mem::replace(state, delivery.state);
        self.moved(delivery, from);
    }

    /// A delivery came from another state into the one that it has.
    pub(in crate::ledger) fn moved(&mut self, delivery: &Delivery, from: State) {
        self.transitions.push(Transition {
            key: delivery.key,
            name: delivery.name.clone(),
            from: Some(from),
            to: delivery.state,
            attempts: delivery.attempts,
            reason: delivery.reason.clone(),
            link: delivery.receipt.as_ref().and_then(|receipt| receipt.link.clone()),
        });
    }

    /// A delivery is new.
    pub(in crate::ledger) fn planned(&mut self, key: DeliveryKey, name: &DeliveryName) {
        self.transitions.push(Transition {
            key,
            name: name.clone(),
            from: None,
            to: State::Planned,
            attempts: 0,
            reason: String::new(),
            link: None,
        });
    }

    /// Says where the chain ends before this change, to one that has just read it.
    pub(in crate::ledger) fn begins_after(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    /// The newest event of the chain, as far as this change knows it.
    pub(in crate::ledger) fn newest(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The end of the chain as it is now.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub(in crate::ledger) async fn end(&mut self) -> Result<&mut End, LedgerError> {
        if self.end.is_none() {
            let row = sqlx::query("select last_event, head from ledger");
            let row = row.fetch_one(&mut *self.tx).await?;
            let (number, hash) = (row.try_get("last_event")?, row.try_get("head")?);
            self.end = Some(End { number, hash });
        }
        self.end.as_mut().ok_or_else(|| LedgerError::Corrupt("a chain without an end".to_owned()))
    }

    /// Adds an event to the chain, with the words that stand beside it.
    pub(in crate::ledger) fn add(&mut self, event: Event, words: Option<Kept>) {
        self.events.push(event);
        self.words.extend(words);
    }

    /// Writes the change to disk, and tells of it.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was, or a server's answer was lost (see
    /// [`super::engine`]).
    pub(in crate::ledger) async fn commit(mut self) -> Result<(), LedgerError> {
        event::write(&mut self.tx, &self.events).await?;
        words::write(&mut self.tx, &self.words).await?;
        if let Some(end) = self.end.filter(|_| !self.events.is_empty()) {
            sqlx::query("update ledger set last_event = $1, head = $2")
                .bind(end.number)
                .bind(end.hash)
                .execute(&mut *self.tx)
                .await?;
        }
        Engine::of(&self.tx).in_time(self.tx.commit()).await?;
        for transition in self.transitions {
            transition.tell();
        }
        Ok(())
    }
}

impl Transition {
    fn tell(&self) {
        macro_rules! line {
            ($say:ident) => {
                $say!(
                    delivery = %self.key,
                    posting = %self.name.posting,
                    channel = %self.name.channel,
                    occasion = %self.name.occasion,
                    occurrence = %self.name.occurrence,
                    from = self.from.map_or("nothing", State::as_str),
                    to = self.to.as_str(),
                    attempt = self.attempts,
                    reason = self.reason,
                    link = self.link.as_ref().map(tracing::field::display),
                    "{}",
                    self.to.as_str()
                )
            };
        }
        match (self.from, self.to) {
            // What a person should know even where nothing else is said.
            (_, State::Refused | State::Unknown) | (Some(State::Sending), State::Planned) => {
                line!(warn);
            }
            _ => line!(info),
        }
    }
}

impl Deref for Change {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.tx
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }
}
