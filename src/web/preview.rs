//! What a dry run shows, as one file that stands alone: no script, nothing from elsewhere.

use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Moment;
use super::draw::{Drawer, STYLE};
use super::shown::{self, Shown, media_type};
use crate::deliver::compose::{ComposeError, Composed};
use crate::deliver::preview;
use crate::plan::{Step, When};
use crate::site::Site;

/// A step, and what it would send if that is worth a look.
pub type Seen<'a> = (&'a Step, Option<Result<Composed, ComposeError>>);

#[derive(Debug, Serialize)]
struct Page<'a> {
    site: &'a str,
    now: Moment,
    zone: &'static str,
    style: &'static str,
    /// What a browser may do with it (CSP 3): show this very style and the pictures in it.
    policy: String,
    ads: Vec<Ad>,
}

#[derive(Debug, Serialize)]
struct Ad {
    id: String,
    title: String,
    revision: String,
    steps: Vec<Message>,
}

#[derive(Debug, Serialize)]
struct Message {
    channel: String,
    doing: String,
    when: String,
    shown: Option<Shown>,
    problem: Option<String>,
    /// Exactly what would be sent, credentials masked.
    sent: Option<String>,
}

/// Draws a dry run as an HTML document.
///
/// # Errors
/// [`minijinja::Error`] if a shipped template is wrong, which a person cannot mend.
pub fn html(
    site: &Site,
    steps: &[Seen<'_>],
    now: DateTime<Utc>,
) -> Result<String, minijinja::Error> {
    let zone = site.settings.timezone;
    let mut ads: Vec<Ad> = Vec::new();
    for (step, composed) in steps {
        let id = step.name.posting.as_str();
        if ads.last().is_none_or(|ad| ad.id != id) {
            ads.push(Ad {
                id: id.to_owned(),
                title: step.title.to_string(),
                revision: step.revision.short().to_owned(),
                steps: Vec::new(),
            });
        }
        if let Some(ad) = ads.last_mut() {
            ad.steps.push(message(step, composed.as_ref(), zone));
        }
    }
    let hash = BASE64.encode(&Sha256::digest(STYLE));
    let page = Page {
        site: &site.name,
        now: Moment::new(now, zone),
        zone: zone.name(),
        style: STYLE,
        policy: format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:"),
        ads,
    };
    Drawer::default().draw("preview", &page)
}

fn message(
    step: &Step,
    composed: Option<&Result<Composed, ComposeError>>,
    zone: chrono_tz::Tz,
) -> Message {
    let composed_well = composed.and_then(|it| it.as_ref().ok());
    Message {
        channel: step.name.channel.to_string(),
        doing: step.name.doing(),
        when: match &step.when {
            When::Due { .. } => "due now".to_owned(),
            When::At { slot } => Moment::new(*slot, zone).local,
            When::Not { reason } => format!("would not go out: {reason}"),
        },
        shown: composed_well.map(with_picture),
        problem: composed.and_then(|it| it.as_ref().err()).map(ToString::to_string),
        sent: composed_well.map(preview::draw),
    }
}

/// A rendition with its picture in it.
fn with_picture(composed: &Composed) -> Shown {
    let mut shown = shown::shown(&composed.rendition);
    let bytes = composed.picture_on_record().map(|(_, bytes)| bytes);
    let source = bytes.and_then(|bytes| {
        Some(format!("data:{};base64,{}", media_type(bytes)?, BASE64.encode(bytes)))
    });
    if let Some(picture) = &mut shown.picture {
        picture.source = source;
    }
    shown
}
