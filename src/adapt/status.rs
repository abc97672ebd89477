//! A status: a short text that fits.

use super::count::Count;
use super::template::Templates;
use super::{AdaptError, Occasion, Rendition, Target};
use crate::posting::Posting;

pub fn adapt(
    posting: &Posting,
    target: &Target,
    count: Count,
    limit: usize,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let _ = (posting, target, count, limit, occasion, templates);
    Err(AdaptError::MissingTemplate { name: String::new(), help: None })
}
