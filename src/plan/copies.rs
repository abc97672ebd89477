//! Which copies a change concerns, and what is done with them.

use crate::adapt::Occasion;
use crate::channel::{Kind, bluesky, board};
use crate::ledger::{CopyState, Deed, Delivery, State};
use crate::site::channel_file::KindConfig;
use crate::site::policy::{Close, Update};

/// The announcement that stands, or that a person was asked for.
pub(super) fn announced<'a>(deliveries: &[&'a Delivery]) -> Option<&'a Delivery> {
    deliveries
        .iter()
        .filter(|it| it.name.occasion == Occasion::Announce && stands(it))
        .max_by_key(|it| it.name.occurrence.ordinal())
        .copied()
}

/// The copies that must follow a change of the page. Where a change is a follow-up, a thread is
/// one copy, and its newest message speaks for it.
pub(super) fn to_update<'a>(
    deliveries: &'a [&'a Delivery],
    update: Update,
) -> impl Iterator<Item = &'a Delivery> {
    let newest = match update {
        Update::FollowUp => Some(newest(&standing(deliveries))),
        Update::Edit | Update::Replace | Update::Manual | Update::Ignore => None,
    };
    let speaks = move |it: &Delivery| match newest {
        Some(newest) => newest.is_some_and(|newest| newest.key == it.key),
        None => stands(it),
    };
    deliveries.iter().copied().filter(move |it| speaks(it))
}

/// The copies that must be closed.
pub(super) fn to_close<'a>(deliveries: &[&'a Delivery], close: Close) -> Vec<&'a Delivery> {
    let all = standing(deliveries);
    match close {
        Close::FollowUp => {
            newest(&all).filter(|it| it.name.occasion != Occasion::Close).into_iter().collect()
        }
        Close::Withdraw | Close::Edit | Close::Manual | Close::Ignore => all,
    }
}

pub(super) fn deed_for_update(update: Update) -> Option<Deed> {
    match update {
        Update::Edit | Update::Replace => Some(Deed::Edit),
        Update::FollowUp => Some(Deed::FollowUp),
        Update::Manual => Some(Deed::Ask),
        Update::Ignore => None,
    }
}

pub(super) fn deed_for_close(close: Close) -> Option<Deed> {
    match close {
        Close::Withdraw => Some(Deed::Withdraw),
        Close::Edit => Some(Deed::Edit),
        Close::FollowUp => Some(Deed::FollowUp),
        Close::Manual => Some(Deed::Ask),
        Close::Ignore => None,
    }
}

/// On a list a reminder belongs in the thread; elsewhere it is a post of its own, because X allows
/// no replies to oneself and followers on Mastodon and Bluesky would hardly see one.
pub(super) fn deed_for_reminder(kind: Kind) -> Deed {
    match kind {
        Kind::Mail => Deed::FollowUp,
        Kind::Mastodon
        | Kind::X
        | Kind::Bluesky
        | Kind::LinkedIn
        | Kind::Board
        | Kind::Feed
        | Kind::Git
        | Kind::Manual => Deed::Publish,
    }
}

/// Whether a request can name the copy. One that a person found may have a link and no id; where the
/// request needs the id, a person has to change the copy too.
pub(super) fn has_address(copy: &Delivery, deed: Deed, config: &KindConfig) -> bool {
    let needs_id = match (config, deed) {
        (KindConfig::Bluesky(_), Deed::FollowUp) => {
            return copy.receipt.as_ref().is_some_and(bluesky::can_be_answered);
        }
        (
            KindConfig::Mail(_)
            | KindConfig::Mastodon(_)
            | KindConfig::X(_)
            | KindConfig::Bluesky(_)
            | KindConfig::LinkedIn(_)
            | KindConfig::Git(_),
            _,
        ) => true,
        (KindConfig::Board(board), Deed::Edit) => {
            board.update.as_ref().is_some_and(board::Request::names_id)
        }
        (KindConfig::Board(board), Deed::Withdraw) => {
            board.withdraw.as_ref().is_some_and(board::Request::names_id)
        }
        // Known by our own reference, or a person's business anyway.
        (KindConfig::Board(_) | KindConfig::Feed(_) | KindConfig::Manual(_), _) => false,
    };
    !needs_id || copy.receipt.as_ref().is_some_and(|receipt| receipt.remote_id.is_some())
}

/// Whether a board that took an ad will say by which id it knows it: with what becomes of the ticket
/// that it gave, or when it is asked for our reference.
pub(super) fn is_named_later(copy: &Delivery, config: &KindConfig) -> bool {
    matches!(config, KindConfig::Board(_)) && copy.copy.is_some_and(CopyState::is_on_its_way)
}

fn stands(delivery: &Delivery) -> bool {
    matches!(delivery.deed, Deed::Publish | Deed::FollowUp)
        && (delivery.copy.is_some_and(CopyState::stands) || delivery.state == State::Asked)
}

fn standing<'a>(deliveries: &[&'a Delivery]) -> Vec<&'a Delivery> {
    deliveries.iter().filter(|it| stands(it)).copied().collect()
}

/// The newest message of a thread; reminders speak for it only where nothing else stands.
fn newest<'a>(copies: &[&'a Delivery]) -> Option<&'a Delivery> {
    copies
        .iter()
        .max_by_key(|it| (it.name.occasion != Occasion::Remind, it.changed_at, &it.name))
        .copied()
}
