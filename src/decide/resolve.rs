//! A person says what became of a delivery: of an attempt whose outcome is unknown, of what a person
//! was asked to do, or where something stands whose link came later.

use chrono_tz::Tz;
use url::Url;

use super::{DecideError, not_anothers, receipt};
use crate::channel::{Kind, Receipt};
use crate::clock::Clock;
use crate::deliver::{self, Station};
use crate::ledger::{CopyState, Deed, Delivery, Ledger, Resolution, State};
use crate::schedule::local_time;

/// What a person saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saw {
    /// It is there, under this link.
    Posted(Url),
    /// It is there, and no link leads to it: a list without a public archive.
    PostedWithoutLink,
    /// It is certainly not there: it may be sent again.
    NotPosted,
}

/// Where a decision about a delivery is taken.
pub struct Around<'a> {
    pub ledger: &'a Ledger,
    /// The channel of the delivery; `None` if it is not configured any more.
    pub station: Option<&'a Station>,
    /// Of the site, for what is said of times.
    pub zone: Tz,
    pub clock: &'a Clock,
}

/// Writes down what a person saw.
///
/// # Errors
/// [`DecideError`]; nothing was written then.
pub async fn resolve(
    around: &Around<'_>,
    delivery: &Delivery,
    saw: &Saw,
) -> Result<Delivery, DecideError> {
    let resolution = match saw {
        Saw::Posted(link) => Resolution::Posted(around.receipt(delivery, link).await?),
        Saw::PostedWithoutLink if needs_no_link(delivery, around.station) => {
            Resolution::Posted(Receipt::default())
        }
        Saw::PostedWithoutLink => return Err(where_is_it("resolve", "--posted LINK", delivery)),
        Saw::NotPosted => {
            around.not_too_early(delivery).await?;
            Resolution::NotPosted
        }
    };
    Ok(around.ledger.resolve(delivery.key, &resolution, around.clock.now()).await?)
}

/// Writes down where something stands, or without a link that a person has done what was asked.
///
/// # Errors
/// [`DecideError`]; nothing was written then.
pub async fn record(
    around: &Around<'_>,
    delivery: &Delivery,
    link: Option<&Url>,
) -> Result<Delivery, DecideError> {
    let (ledger, key, now) = (around.ledger, delivery.key, around.clock.now());
    match link {
        Some(link) if matches!(delivery.state, State::Asked | State::Unknown) => {
            let receipt = around.receipt(delivery, link).await?;
            Ok(ledger.resolve(key, &Resolution::Posted(receipt), now).await?)
        }
        Some(link) => Ok(ledger.record(key, link, now).await?),
        None if is_done_without_link(delivery) => {
            let done = Resolution::Posted(Receipt::default());
            Ok(ledger.resolve(key, &done, now).await?)
        }
        None => Err(where_is_it("record", "LINK", delivery)),
    }
}

fn where_is_it(command: &str, argument: &str, delivery: &Delivery) -> DecideError {
    DecideError::Mistaken(format!(
        "where do readers find it?\nhelp: `handbill {command} {} {argument}`",
        delivery.key.short()
    ))
}

/// Whether a copy can be answered or changed without its link: its place has given it an id, or it is
/// a mail, which has one of ours.
fn needs_no_link(delivery: &Delivery, station: Option<&Station>) -> bool {
    delivery.copy.is_some_and(CopyState::is_on_its_way)
        || station.is_some_and(|station| station.channel.kind() == Kind::Mail)
}

/// Whether what was asked of a person has no link of its own: a change, or that something is taken
/// down.
pub fn is_done_without_link(delivery: &Delivery) -> bool {
    matches!(delivery.deed, Deed::Ask | Deed::Edit | Deed::Withdraw)
}

impl Around<'_> {
    async fn receipt(&self, delivery: &Delivery, link: &Url) -> Result<Receipt, DecideError> {
        let receipt = receipt(link, self.station);
        if let Some(station) = self.station {
            not_anothers(&self.ledger.past().await?, station, &receipt, Some(delivery.key))?;
        }
        Ok(receipt)
    }

    /// What is still on its way may arrive after a person looked: sent again, it would be there
    /// twice.
    async fn not_too_early(&self, delivery: &Delivery) -> Result<(), DecideError> {
        let Some(station) = self.station.filter(|_| delivery.state == State::Unknown) else {
            return Ok(());
        };
        let Some(attempt) = self.ledger.last_attempt(delivery.key).await? else { return Ok(()) };
        let abilities = station.channel.abilities();
        let Some(until) = deliver::under_way_until(&attempt, &abilities, self.clock) else {
            return Ok(());
        };
        Err(DecideError::TooEarly(format!(
            "it may still arrive until {}: nobody can say now that it is not there\n\
             help: look again then, and say so again",
            local_time(until, self.zone)
        )))
    }
}
