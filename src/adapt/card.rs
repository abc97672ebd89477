//! A card: what a person types into a form, field by field, each fitted to its limit.
//!
//! A field is made by a template of its own, which stands in the channel's file. One that prints what
//! the page does not say stays empty: a person sees that, and `check` says so where the form requires
//! it. [`written`] lays a card out, as text and as a page.

pub mod written;

use std::sync::Arc;

use minijinja::value::merge_maps;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ad::Ad;
use super::count::Count;
use super::template::Templates;
use super::view::View;
use super::{AdaptError, Charset, Occasion, Rendition, Target, fit};
use crate::posting::Posting;

/// The fields of a form, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardForm {
    pub fields: Arc<[FieldForm]>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldForm {
    /// As the form names it.
    pub name: String,
    /// The template of its words, for example `{{ title | shorten }}`.
    pub template: String,
    /// The longest text in characters; of HTML with its markup, as it is pasted.
    pub limit: Option<usize>,
    pub format: FieldFormat,
    pub need: Need,
}

/// What a field of a form takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FieldFormat {
    #[default]
    Plain,
    Html,
}

/// Whether a form takes nothing without the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    Required,
    Optional,
}

/// A field as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardField {
    pub name: String,
    /// Empty if the page does not say it.
    pub text: String,
    pub format: FieldFormat,
    pub need: Need,
    /// In characters, as is the limit.
    pub length: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// What fitting left out or shortened, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl CardField {
    /// Whether the form takes nothing without it, and the page does not say it.
    pub fn is_missing(&self) -> bool {
        self.need == Need::Required && self.text.is_empty()
    }
}

/// A field that says something else than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FieldChange<'a> {
    pub name: &'a str,
    /// `None` if the card had no such field.
    pub before: Option<&'a str>,
    /// `None` if the card has no such field any more.
    pub after: Option<&'a str>,
    #[serde(skip)]
    pub format: FieldFormat,
}

/// The fields that say something else, in the order of the card as it is now; then those that it
/// has no more.
pub fn changes<'a>(before: &'a [CardField], after: &'a [CardField]) -> Vec<FieldChange<'a>> {
    let of = |fields: &'a [CardField], name: &str| {
        fields.iter().find(|field| field.name == name).map(|field| field.text.as_str())
    };
    let now = after.iter().map(|field| FieldChange {
        name: &field.name,
        before: of(before, &field.name),
        after: Some(&field.text),
        format: field.format,
    });
    let gone = before.iter().filter(|field| of(after, &field.name).is_none());
    let gone = gone.map(|field| FieldChange {
        name: &field.name,
        before: Some(&field.text),
        after: None,
        format: field.format,
    });
    now.chain(gone).filter(|change| change.before != change.after).collect()
}

/// Fills the fields in.
///
/// # Errors
/// [`AdaptError`] if a template is wrong, or the words of a field cannot be made to fit.
pub fn adapt(
    posting: &Posting,
    target: &Target,
    form: &CardForm,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let ad = templates.ad(posting, Charset::Utf8);
    let view = View::new(posting, target, occasion, Arc::clone(&ad));
    let filling =
        Filling { channel: &target.channel, templates, facts: view.context(Charset::Utf8), ad };
    let fields = form.fields.iter().map(|field| filling.field(field)).collect::<Result<_, _>>()?;
    Ok(Rendition::Card { fields, language: posting.language.clone() })
}

struct Filling<'a> {
    channel: &'a str,
    templates: &'a Templates,
    facts: minijinja::Value,
    ad: Arc<Ad>,
}

/// The words of a field, and what was left out of them.
type Fitted = (String, Vec<String>);

impl Filling<'_> {
    fn field(&self, form: &FieldForm) -> Result<CardField, AdaptError> {
        let (text, left_out) = match self.words(form, self.facts.clone())? {
            None => Fitted::default(),
            Some(marked) => match (form.limit, form.format) {
                (None, _) => (fit::whole(&marked), Vec::new()),
                (Some(limit), FieldFormat::Plain) => self.plain(form, &marked, limit)?,
                (Some(limit), FieldFormat::Html) => self.html(form, &marked, limit)?,
            },
        };
        Ok(CardField {
            name: form.name.clone(),
            length: text.chars().count(),
            text,
            format: form.format,
            need: form.need,
            limit: form.limit,
            left_out,
        })
    }

    /// `None` if the template prints what the page does not say.
    fn words(
        &self,
        form: &FieldForm,
        context: minijinja::Value,
    ) -> Result<Option<String>, AdaptError> {
        self.templates.render_field(form, context)
    }

    fn plain(&self, form: &FieldForm, marked: &str, limit: usize) -> Result<Fitted, AdaptError> {
        let fitted = fit::fit(marked, Count::Characters, limit, fit::Ellipsis::Sign);
        let fitted =
            fitted.map_err(|fit::TooLong { length }| self.too_long(form, length, limit))?;
        Ok((fitted.text, fitted.left_out))
    }

    /// Markup cannot be cut anywhere: what does not fit is left out from the end of the ad, a
    /// paragraph or a list at a time.
    fn html(&self, form: &FieldForm, whole: &str, limit: usize) -> Result<Fitted, AdaptError> {
        let whole = fit::whole(whole);
        if whole.chars().count() <= limit {
            return Ok((whole, Vec::new()));
        }
        let blocks = self.ad.blocks();
        let mut shortest = whole.chars().count();
        for kept in (0..blocks).rev() {
            let html = minijinja::Value::from(self.ad.html_of_first(kept));
            // The last to know a name says it.
            let facts = merge_maps([self.facts.clone(), minijinja::context! { html }]);
            let text = fit::whole(&self.words(form, facts)?.unwrap_or_default());
            shortest = text.chars().count();
            if shortest <= limit {
                let left_out =
                    format!("left out: the last {} of {blocks} parts of the ad", blocks - kept);
                return Ok((text, vec![left_out]));
            }
        }
        Err(self.too_long(form, shortest, limit))
    }

    fn too_long(&self, form: &FieldForm, length: usize, limit: usize) -> AdaptError {
        AdaptError::DoesNotFit {
            template: form.name.clone(),
            channel: self.channel.to_owned(),
            length,
            limit,
        }
    }
}
