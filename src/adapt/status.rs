//! A status: a short text that fits, and the card below it.

use serde::{Deserialize, Serialize};

use super::count::Count;
use super::template::Templates;
use super::{AdaptError, Occasion, Rendition, Target, fit};
use crate::posting::Posting;

/// What a network shows below a status of the page that it links to, where it does not look at the
/// page itself. Words come from `card.txt.j2`: the first line is the title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub link: String,
    pub title: String,
    /// May be empty.
    pub description: String,
}

/// The longest text of a card, in characters; networks show the first two or three lines of it.
const CARD_LIMIT: usize = 300;

/// Occasions of which the announcement speaks as well: a reminder repeats it, and an update edits
/// it. A closed position needs words of its own.
const AS_ANNOUNCED: &[Occasion] = &[Occasion::Remind, Occasion::Update];

/// Renders `status.txt.j2` of the target's template folder, or that of the occasion, and fits it.
///
/// # Errors
/// [`AdaptError`] if the template is missing or wrong, or if its fixed parts do not fit.
pub fn adapt(
    posting: &Posting,
    target: &Target,
    count: Count,
    limit: usize,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let name = templates.name_for(&target.template, "status", "txt", occasion, AS_ANNOUNCED)?;
    let marked =
        templates.render(&name, templates.context(posting, target, occasion, target.charset()))?;
    let fitted = fit::fit(&marked, count, limit, fit::Ellipsis::Sign).map_err(
        |fit::TooLong { length }| AdaptError::DoesNotFit {
            template: name,
            channel: target.channel.clone(),
            length,
            limit,
        },
    )?;
    Ok(Rendition::Status {
        text: fitted.text,
        language: posting.language.clone(),
        length: fitted.length,
        limit,
        left_out: fitted.left_out,
        card: card(posting, target, occasion, templates)?,
    })
}

/// The card, if the template folder has one for the occasion.
fn card(
    posting: &Posting,
    target: &Target,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Option<Card>, AdaptError> {
    let name = templates.name_for(&target.template, "card", "txt", occasion, AS_ANNOUNCED);
    let Ok(name) = name else { return Ok(None) };
    let marked =
        templates.render(&name, templates.context(posting, target, occasion, target.charset()))?;
    let fitted = fit::fit(&marked, Count::Characters, CARD_LIMIT, fit::Ellipsis::Sign).map_err(
        |fit::TooLong { length }| AdaptError::DoesNotFit {
            template: name,
            channel: target.channel.clone(),
            length,
            limit: CARD_LIMIT,
        },
    )?;
    let (title, description) = fitted.text.split_once('\n').unwrap_or((&fitted.text, ""));
    Ok((!title.trim().is_empty()).then(|| Card {
        link: posting.permalink.to_string(),
        title: title.trim().to_owned(),
        description: description.trim().to_owned(),
    }))
}
