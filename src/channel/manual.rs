//! Manual: a person is told what to paste where, and records the link.

use async_trait::async_trait;
use serde::Deserialize;

use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire,
};
use crate::adapt::count::Count;
use crate::adapt::{CardUse, DocumentType, Form, Rendition};

/// The `[manual]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the person goes, for example the address of the form.
    pub place: String,
    /// Longest text in characters, if the form has a limit.
    pub limit: Option<usize>,
}

/// A place that only a person can reach.
pub struct Manual {
    config: Config,
}

impl Manual {
    /// # Errors
    /// [`BuildError`] if no place is named.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        if config.place.trim().is_empty() {
            return Err(BuildError::Setting {
                channel: context.channel,
                key: "manual.place",
                why: "it is empty; write where a person goes, for example the form's address"
                    .to_owned(),
            });
        }
        Ok(Self { config })
    }
}

#[async_trait]
impl Channel for Manual {
    fn kind(&self) -> Kind {
        Kind::Manual
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Edit::No,
            follow_up: Can::No,
            withdraw: Can::No,
            find: Can::No,
            proves_absence: Can::No,
            // Only a person puts something there, and only a person says so.
            in_flight_seconds: 0,
            // Telling a person twice puts nothing anywhere; but it asks for a second copy.
            repeat_safe_seconds: None,
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        self.config.place.clone()
    }

    fn form(&self) -> Form {
        match self.config.limit {
            Some(limit) => Form::Status { count: Count::Characters, limit, card: CardUse::NotOurs },
            None => Form::Document { media_type: DocumentType::Text },
        }
    }

    /// Also words the errand to change or remove a copy: the channel cannot do that, a person can.
    fn prepare(&self, action: Action<'_>, _address: &Address<'_>) -> Result<Wire, PrepareError> {
        let place = &self.config.place;
        let copy = |receipt: &Receipt| match &receipt.link {
            Some(link) => format!("the copy at {link}"),
            None => format!("the copy at {place}"),
        };
        let text = match action {
            Action::Publish(rendition) => {
                format!("Go to {place} and publish this:\n\n{}", words_of(rendition))
            }
            Action::Edit(rendition, receipt) => {
                format!("Change {} so that it says this:\n\n{}", copy(receipt), words_of(rendition))
            }
            Action::Withdraw(receipt) => format!("Take {} back", copy(receipt)),
            Action::FollowUp(..) => {
                return Err(PrepareError::Unable { kind: Kind::Manual, verb: "follow up" });
            }
        };
        Ok(Wire::Errand { text })
    }

    /// Puts nothing anywhere: [`Outcome::Posted`] means that a person can be told now.
    async fn send(&self, wire: &Wire, _permit: &Permit<'_>) -> Outcome {
        match wire {
            Wire::Errand { .. } => Outcome::Posted(Receipt::default()),
            _ => super::not_ours(Kind::Manual),
        }
    }

    async fn find(&self, _search: &Search<'_>) -> Trace {
        Trace::CannotTell { why: format!("only a person can look at {}", self.config.place) }
    }

    async fn verify(&self, _receipt: &Receipt, _expected: Option<&Rendition>) -> Sight {
        Sight::Unseen { why: format!("only a person can look at {}", self.config.place) }
    }

    async fn probe(&self) -> Result<Probe, String> {
        Ok(Probe { identity: self.config.place.clone(), expires: None })
    }
}

/// What a person pastes.
fn words_of(rendition: &Rendition) -> String {
    match rendition {
        Rendition::Status { text, .. } => text.clone(),
        Rendition::Mail { subject, text, .. } => {
            format!("{subject}\n\n{text}")
        }
        Rendition::Document { body, .. } => body.clone(),
    }
}
