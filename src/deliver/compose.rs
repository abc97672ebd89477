//! From a step of the plan to what crosses the wire: the one way for dry run and publishing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Postings, Station, picture};
use crate::adapt::card::{self, CardField, written};
use crate::adapt::{self, AdaptError, Occasion, Rendition};
use crate::channel::{Action, Address, PrepareError, Receipt, Wire};
use crate::ledger::{Deed, Delivery, Past, State};
use crate::plan::{Reason, Step, When};
use crate::posting::Posting;
use crate::site::Site;

/// What readers will see, and exactly what is sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    pub rendition: Rendition,
    pub wire: Wire,
    /// The bytes of its picture, which are put on record before it is sent.
    pub picture: Option<Arc<[u8]>>,
}

impl Composed {
    /// The picture that has to be kept beside the attempt: the hash of its bytes, and the bytes.
    pub fn picture_on_record(&self) -> Option<(&str, &[u8])> {
        let Rendition::Status { picture: Some(picture), .. } = &self.rendition else { return None };
        Some((&picture.file.as_ref()?.sha256, self.picture.as_deref()?))
    }
}

/// Why a step cannot be put on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error(transparent)]
    Adapt(#[from] AdaptError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error("the copy that it is about is not in the ledger")]
    NoTarget,
    /// Its list would refuse it, or drop it without a word.
    #[error("{0}")]
    List(String),
}

/// Renders and prepares a step. `target` is the delivery whose copy it is about.
///
/// # Errors
/// [`ComposeError`]; nothing was sent then.
pub fn compose(
    site: &Site,
    station: &Station,
    posting: &Posting,
    step: &Step,
    target: Option<&Delivery>,
    at: DateTime<Utc>,
) -> Result<Composed, ComposeError> {
    let address = Address { key: &step.key, reference: &posting.id.0, at };
    let receipt = || target.and_then(|it| it.receipt.as_ref()).ok_or(ComposeError::NoTarget);
    let render = |occasion| adapt::adapt(posting, &station.target, occasion, &site.templates);
    let message = || -> Result<WithPicture, ComposeError> {
        let rendition = render(step.name.occasion)?;
        match station.spec.list_refuses(site, &rendition) {
            Some(why) => Err(ComposeError::List(why)),
            None => Ok(with_picture(rendition, site, station, posting)),
        }
    };
    match step.deed {
        Deed::Publish => {
            let (rendition, picture) = message()?;
            let wire = station.channel.prepare(Action::Publish(&rendition), &address)?;
            Ok(Composed { rendition, wire, picture })
        }
        Deed::FollowUp => {
            let (rendition, picture) = message()?;
            let action = Action::FollowUp(&rendition, receipt()?);
            let wire = station.channel.prepare(action, &address)?;
            Ok(Composed { rendition, wire, picture })
        }
        Deed::Edit => {
            let rendition = render(edited_occasion(step, target))?;
            let (rendition, picture) = with_picture(rendition, site, station, posting);
            let action = Action::Edit(&rendition, receipt()?);
            let wire = station.channel.prepare(action, &address)?;
            Ok(Composed { rendition, wire, picture })
        }
        Deed::Withdraw => {
            let wire = station.channel.prepare(Action::Withdraw(receipt()?), &address)?;
            // Of a copy that a person found nobody knows what it says: it is taken back all the same.
            let rendition = match target.and_then(|it| it.standing.as_ref()) {
                Some(standing) => standing.rendition.clone(),
                None => render(Occasion::Announce)?,
            };
            Ok(Composed { rendition, wire, picture: None })
        }
        Deed::Ask => ask(posting, step, target, &render),
    }
}

/// What a step would send: by the same way that sends it. `None` where that is nothing worth a look.
pub fn show(
    step: &Step,
    site: &Site,
    stations: &[Station],
    postings: &Postings,
    past: &Past,
    now: DateTime<Utc>,
) -> Option<Result<Composed, ComposeError>> {
    // What is closed is rendered all the same, so that it can be looked at; what a channel does
    // not want, or what stands already, is not.
    let worth_a_look = match &step.when {
        When::Due { .. } | When::At { .. } => true,
        When::Not { reason } => matches!(
            reason,
            Reason::Draft
                | Reason::NoOpening
                | Reason::Closed
                | Reason::Expired { .. }
                | Reason::NotYetPublished { .. }
                | Reason::Predates { .. }
                | Reason::TooOld { .. }
                | Reason::NotApproved { .. }
                | Reason::NotDeclared { .. }
                | Reason::Settling { .. }
                | Reason::PageNotSeen { .. }
                | Reason::NoSlot
                | Reason::Held(_)
                | Reason::Paused { .. }
        ),
    };
    if !worth_a_look {
        return None;
    }
    let station = stations.iter().find(|it| it.spec.name == step.name.channel)?;
    let posting = postings.open.iter().find(|it| it.id == step.name.posting)?;
    let target = step.target.and_then(|key| past.deliveries.iter().find(|it| it.key == key));
    Some(compose(site, station, posting, step, target, step.when.time().unwrap_or(now)))
}

/// A rendition with its picture made, and the picture's bytes.
pub type WithPicture = (Rendition, Option<Arc<[u8]>>);

/// Makes the picture of a rendition, if it is to have one.
pub fn with_picture(
    mut rendition: Rendition,
    site: &Site,
    station: &Station,
    posting: &Posting,
) -> WithPicture {
    let bytes = picture::make(&mut rendition, site, posting, &station.target);
    (rendition, bytes.map(Arc::from))
}

/// An edit keeps what the copy is for: an announcement stays one, a reminder a reminder.
fn edited_occasion(step: &Step, target: Option<&Delivery>) -> Occasion {
    match (step.name.occasion, target) {
        (Occasion::Update, Some(target)) => match target.name.occasion {
            Occasion::Remind => Occasion::Remind,
            _ => Occasion::Announce,
        },
        (occasion, _) => occasion,
    }
}

/// An errand for a person: what to change or take down, and where. A thread is named whole, because
/// she may see no more of it than the first part.
fn ask(
    posting: &Posting,
    step: &Step,
    target: Option<&Delivery>,
    render: &dyn Fn(Occasion) -> Result<Rendition, AdaptError>,
) -> Result<Composed, ComposeError> {
    let receipt = target.and_then(|it| it.receipt.as_ref());
    let place = place(step, receipt);
    let before = target.and_then(|it| it.standing.as_ref()).map(|standing| &standing.rendition);
    let rendition = match (step.name.occasion, before) {
        (Occasion::Close, Some(before)) => before.clone(),
        _ => render(Occasion::Announce)?,
    };
    let published = match target.map(|it| it.state) {
        Some(State::Asked) => Published::Perhaps,
        _ => Published::Certainly,
    };
    let text = match (step.name.occasion, &rendition) {
        (Occasion::Close, _) if published == Published::Perhaps => format!(
            "“{}” is closed. If it was published as you were asked, please take down {place}; if \
             not, do not publish it any more.\n",
            posting.name()
        ),
        (Occasion::Close, _) => {
            format!("Please take down {place}: “{}” is closed.\n", posting.name())
        }
        (_, Rendition::Card { fields, .. }) => change_card(&place, fields, before, published),
        (_, Rendition::Status { text, parts, .. }) => {
            let mut errand = format!("Please change {place} to say:\n\n{text}\n");
            for (number, part) in (2..).zip(parts) {
                errand.push_str(&format!("\nand in part {number} of the thread:\n\n{part}\n"));
            }
            if receipt.is_some_and(|it| it.parts.len() > parts.len()) {
                errand.push_str("\nand take down the parts that come after that.\n");
            }
            errand
        }
        (_, Rendition::Mail { text, .. } | Rendition::Document { body: text, .. }) => {
            format!("Please change {place} to say:\n\n{text}\n")
        }
    };
    Ok(Composed { rendition, wire: Wire::Errand { text }, picture: None })
}

/// Where a copy stands: its link, and the ids of the parts that go on from it.
fn place(step: &Step, receipt: Option<&Receipt>) -> String {
    let link = receipt.and_then(|it| it.link.as_ref());
    let first =
        link.map_or_else(|| format!("the copy on {}", step.name.channel), ToString::to_string);
    match receipt.map(|it| it.parts.as_slice()) {
        None | Some([]) => first,
        Some([part]) => format!("{first} and the part that goes on from it ({part})"),
        Some(parts) => {
            let (count, ids) = (parts.len(), parts.join(", "));
            format!("{first} and the {count} parts that go on from it ({ids})")
        }
    }
}

/// Whether a person has said that what they were asked to publish is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Published {
    Certainly,
    Perhaps,
}

/// What to change of a form that was filled in, or was to be.
fn change_card(
    place: &str,
    fields: &[CardField],
    before: Option<&Rendition>,
    published: Published,
) -> String {
    let whole = written::text(fields);
    let Some(Rendition::Card { fields: before, .. }) = before else {
        return format!("Please change {place}; the form is to say:\n\n{whole}");
    };
    let changes = card::changes(before, fields);
    let changed = written::text_of_changes(&changes);
    if published == Published::Perhaps {
        return format!(
            "The ad has changed since you were asked to fill in the form. If it is published, \
             please change {place}:\n\n{changed}\nIf not, fill in this:\n\n{whole}"
        );
    }
    format!("Please change {place}, and nothing else than this:\n\n{changed}")
}
