//! A document made by a template: JSON, form or XML for a board, JSON-LD for a feed.

use super::template::Templates;
use super::{AdaptError, DocumentType, Occasion, Rendition, Target};
use crate::posting::Posting;

pub fn adapt(
    posting: &Posting,
    target: &Target,
    media_type: DocumentType,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let _ = (posting, target, media_type, occasion, templates);
    Err(AdaptError::MissingTemplate { name: String::new(), help: None })
}
