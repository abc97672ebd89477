//! Manual: a person is told what to paste where, and records the link.
//!
//! Where the place is a form, its file lists the fields, and the person gets a card
//! ([`crate::adapt::card`]): each field ready to paste.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

use super::known::Known;
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire,
};
use crate::adapt::card::written;
use crate::adapt::card::{CardForm, FieldForm, FieldFormat, Need};
use crate::adapt::count::Count;
use crate::adapt::{CardUse, DocumentType, Form, Rendition};

/// The `[manual]` table of a channel's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the person goes, for example the address of the form.
    pub place: String,
    /// Longest text in characters, if the form has a limit.
    pub limit: Option<usize>,
    /// The fields of the form, in its order.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Limits of fields by their names, over those of a preset.
    #[serde(default)]
    pub limits: BTreeMap<String, usize>,
    /// How sure it is that the form is as described here.
    pub known: Option<Known>,
    /// Where that was learnt, or where it was looked for.
    pub docs: Option<String>,
}

/// A field of a form.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// As the form names it.
    pub name: String,
    /// The template of its words.
    pub text: String,
    /// Longest text in characters.
    pub limit: Option<usize>,
    #[serde(default)]
    pub format: FieldFormat,
    /// Whether the form takes nothing without it.
    #[serde(default)]
    pub required: bool,
}

impl Config {
    /// The card of the form; `None` if the file lists no fields.
    pub fn card(&self) -> Option<CardForm> {
        let fields: Vec<FieldForm> = self.fields.iter().map(|field| self.field(field)).collect();
        (!fields.is_empty()).then(|| CardForm { fields: fields.into() })
    }

    fn field(&self, field: &Field) -> FieldForm {
        FieldForm {
            name: field.name.clone(),
            template: field.text.clone(),
            limit: self.limits.get(&field.name).copied().or(field.limit),
            format: field.format,
            need: if field.required { Need::Required } else { Need::Optional },
        }
    }

    /// What a person who fills the form in should know of the card.
    pub fn caution(&self) -> Option<&'static str> {
        let unknown = self.known == Some(Known::Unknown) && !self.fields.is_empty();
        unknown.then_some(
            "The fields of this form were not verified: where it asks for something else, correct \
             the card in the channel's file.",
        )
    }
}

/// A place that only a person can reach.
pub struct Manual {
    config: Config,
    card: Option<CardForm>,
}

impl Manual {
    /// # Errors
    /// [`BuildError`] if no place is named, or the fields make no form.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        let setting =
            |key, why: String| BuildError::Setting { channel: context.channel.clone(), key, why };
        if config.place.trim().is_empty() {
            let why = "it is empty; write where a person goes, for example the form's address";
            return Err(setting("manual.place", why.to_owned()));
        }
        let mut names = BTreeSet::new();
        for Field { name, limit, .. } in &config.fields {
            if name.trim().is_empty() || name.contains(char::is_control) {
                let why = "a field has no name; write it as the form does";
                return Err(setting("manual.fields", why.to_owned()));
            }
            if !names.insert(name.as_str()) {
                let why = format!("two fields are named `{name}`; name each as the form does");
                return Err(setting("manual.fields", why));
            }
            if *limit == Some(0) {
                let why = format!("`{name}` takes no character; remove the field or its limit");
                return Err(setting("manual.fields", why));
            }
        }
        if let Some(name) = config.limits.keys().find(|name| !names.contains(name.as_str())) {
            let known: Vec<&str> = config.fields.iter().map(|field| field.name.as_str()).collect();
            let why = format!("no field is named `{name}`; the fields are {}", known.join(", "));
            return Err(setting("manual.limits", why));
        }
        if config.limit.is_some() && !config.fields.is_empty() {
            let why = "a form with fields has none; write it at the field";
            return Err(setting("manual.limit", why.to_owned()));
        }
        let card = config.card();
        Ok(Self { config, card })
    }

    /// What stands between the errand and the words.
    fn caution(&self) -> String {
        self.config.caution().map(|caution| format!("{caution}\n\n")).unwrap_or_default()
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
        match (&self.card, self.config.limit) {
            (Some(card), _) => Form::Card(card.clone()),
            (None, Some(limit)) => {
                Form::Status { count: Count::Characters, limit, card: CardUse::NotOurs }
            }
            (None, None) => Form::Document { media_type: DocumentType::Text },
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
            Action::Publish(Rendition::Card { fields, .. }) => format!(
                "Go to {place} and fill in the form:\n\n{}{}",
                self.caution(),
                written::text(fields)
            ),
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
        Rendition::Card { fields, .. } => written::text(fields),
    }
}
