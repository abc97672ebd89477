//! A status: a short text that fits.

use super::ad::Ad;
use super::count::Count;
use super::template::Templates;
use super::thread::{self, Cut, Thread};
use super::{
    AdaptError, Card, Charset, Occasion, Rendition, Target, fit, picture, primary_language,
};
use crate::posting::Posting;

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
    let Cut { parts, left_out: more } = match (target.thread, occasion) {
        (Thread::None, _) | (_, Occasion::Remind | Occasion::Update | Occasion::Close) => {
            Cut::default()
        }
        (thread, Occasion::Announce) => {
            let name = templates.name_for(&target.template, "thread", "txt", occasion, &[])?;
            let context = templates.context(posting, target, occasion, target.charset());
            let text = fit::whole(&templates.render(&name, context)?);
            thread::cut(&text, &fitted.text, thread, count, limit)
        }
    };
    let mut left_out = fitted.left_out;
    // What goes on as a thread is not left out.
    let goes_on = thread::one_line(&parts.join("\n"));
    left_out.retain(|what| {
        let words = what.strip_prefix(fit::LEFT_OUT).map(|it| it.trim_end_matches(['…', ' ']));
        !words.is_some_and(|words| goes_on.contains(words))
    });
    if more > 0 {
        left_out.push(format!("left out: the end of the ad, {more} more parts"));
    }
    Ok(Rendition::Status {
        parts,
        picture: match occasion {
            Occasion::Announce => picture::of(posting, target.picture, count),
            Occasion::Remind | Occasion::Update | Occasion::Close => None,
        },
        text: fitted.text,
        language: primary_language(&posting.language),
        length: fitted.length,
        limit,
        left_out,
        card: None,
    })
}

/// The card that leads to the posting's page: its title as the page shows it, and its teaser.
pub fn card(posting: &Posting) -> Card {
    Card {
        link: posting.permalink.to_string(),
        title: posting.name().to_owned(),
        description: Ad::of(posting, Charset::Utf8).teaser(),
    }
}
