//! A mail: subject, plain text at 72 columns, HTML half where the list allows it.

use super::template::Templates;
use super::{AdaptError, MailForm, Occasion, Rendition, Target};
use crate::posting::Posting;

pub fn adapt(
    posting: &Posting,
    target: &Target,
    form: MailForm,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let _ = (posting, target, form, occasion, templates);
    Err(AdaptError::MissingTemplate { name: String::new(), help: None })
}
