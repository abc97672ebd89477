//! What is worth telling, and was not told yet. Touches nothing: `now` is a parameter.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Kind, Notice};
use crate::adapt::Occasion;
use crate::channel::ChannelName;
use crate::ledger::mailbox::KeptAnswer;
use crate::ledger::{Concerns, CopyState, Deed, Delivery, Pause, State};
use crate::plan::{Plan, Reason, Step, When};
use crate::posting::term;
use crate::schedule::local_time;
use crate::site::Site;
use crate::site::credential::{Credential, Owner, credentials};

/// How many days before a credential expires somebody is told.
const DAYS_BEFORE: [i64; 3] = [1, 7, 14];

/// Everything that needs a person and that nobody was told of.
pub fn due_notices(
    concerns: &Concerns,
    plan: &Plan,
    site: &Site,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    let today = now.with_timezone(&site.settings.timezone).date_naive();
    let of_deliveries =
        concerns.deliveries.iter().filter_map(|delivery| of_delivery(delivery, concerns));
    let again = concerns
        .deliveries
        .iter()
        .filter_map(|delivery| of_errand_again(delivery, concerns, site, now));
    let of_channels = concerns.channels.iter().filter_map(|channel| {
        // A channel that the site has no more concerns nobody.
        let there = site.channels.iter().any(|spec| spec.name == channel.name);
        channel.paused.as_ref().filter(|_| there).map(|pause| paused(Some(&channel.name), pause))
    });
    let of_letters = concerns.strays.iter().map(of_letter);
    let of_all = concerns.paused.iter().map(|pause| paused(None, pause));
    let expiring = credentials(site)
        .into_iter()
        .filter_map(|credential| of_credential(&credential, site, today, now));
    let mut due: BTreeMap<String, Notice> = BTreeMap::new();
    let all = of_all
        .chain(of_channels)
        .chain(of_deliveries)
        .chain(again)
        .chain(of_letters)
        .chain(plan.steps.iter().filter_map(|step| of_step(step, site, now)))
        .chain(expiring);
    for notice in all.filter(|notice| !concerns.known.contains(&notice.about)) {
        due.entry(notice.about.clone()).or_insert(notice);
    }
    let mut due: Vec<Notice> = due.into_values().collect();
    due.sort_by(|a, b| (a.since, &a.about).cmp(&(b.since, &b.about)));
    due
}

/// Whether what a notice is about has come right since, as the ledger says it. What only the plan or
/// a date says stays as it was: a page that cannot be read just now is no decision.
pub fn is_settled(notice: &Notice, concerns: &Concerns) -> bool {
    match notice.kind {
        Kind::Unknown | Kind::Silent | Kind::Refused | Kind::Errand | Kind::Stuck => {
            let about = |delivery: &Delivery| {
                let about = about_delivery(delivery);
                notice.about == about || notice.about.starts_with(&format!("{about}{AGAIN}"))
            };
            !concerns.deliveries.iter().any(about)
        }
        Kind::Letter => !concerns.strays.iter().any(|it| about_letter(it) == notice.about),
        Kind::Paused => {
            let is_about = |channel: Option<&ChannelName>, pause: &Option<Pause>| {
                pause.as_ref().is_some_and(|pause| about_pause(channel, pause) == notice.about)
            };
            !is_about(None, &concerns.paused)
                && !concerns.channels.iter().any(|it| is_about(Some(&it.name), &it.paused))
        }
        Kind::Approval
        | Kind::Declaration
        | Kind::Acceptance
        | Kind::PageGone
        | Kind::Credential
        | Kind::Anchor => false,
    }
}

/// Names a delivery in a state: another attempt that comes to the same end is told anew.
fn about_delivery(delivery: &Delivery) -> String {
    let asked = delivery.asks_since.map(|since| format!(" {}", since.timestamp_micros()));
    format!(
        "delivery {} {} {}{}",
        delivery.key,
        delivery.state.as_str(),
        delivery.attempts,
        asked.unwrap_or_default()
    )
}

/// Stands between what an errand is about and how many times it is asked again.
const AGAIN: &str = " again ";

/// How often a person should have been asked again by now, and when the next time comes; `None` if
/// nobody is asked again.
fn asked_again(
    delivery: &Delivery,
    concerns: &Concerns,
    site: &Site,
    now: DateTime<Utc>,
) -> Option<(i64, DateTime<Utc>)> {
    if delivery.state != State::Asked || delivery.copy == Some(CopyState::Withdrawn) {
        return None;
    }
    // A later errand about the same copy says it all.
    let copy = |it: &Delivery| it.target.unwrap_or(it.key);
    let later = |it: &&Delivery| {
        it.state == State::Asked
            && copy(it) == copy(delivery)
            && (it.changed_at, it.key) > (delivery.changed_at, delivery.key)
    };
    if concerns.deliveries.iter().any(|it| later(&it)) {
        return None;
    }
    let channel = site.channels.iter().find(|it| it.name == delivery.name.channel)?;
    let every = channel.ask_again.filter(|every| *every > TimeDelta::zero())?;
    let times = (now - delivery.changed_at).num_minutes().max(0) / every.num_minutes().max(1);
    let next = i32::try_from(times + 1).ok().and_then(|times| every.checked_mul(times))?;
    Some((times, delivery.changed_at.checked_add_signed(next)?))
}

/// When a person is to be asked again next.
pub fn next_asked_again(
    concerns: &Concerns,
    site: &Site,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let next = |delivery| asked_again(delivery, concerns, site, now).map(|(_, next)| next);
    concerns.deliveries.iter().filter_map(next).min()
}

/// An errand that nobody has done for as long as its channel says: once for each such time, and
/// once for several that nobody was there for.
fn of_errand_again(
    delivery: &Delivery,
    concerns: &Concerns,
    site: &Site,
    now: DateTime<Utc>,
) -> Option<Notice> {
    let (times, _) = asked_again(delivery, concerns, site, now)?;
    if times == 0 {
        return None;
    }
    let errand = of_delivery(delivery, concerns)?;
    let since = local_time(delivery.changed_at, site.settings.timezone);
    Some(Notice {
        about: format!("{}{AGAIN}{times}", errand.about),
        title: format!("Still to do: {}", errand.title),
        what: format!("{}. You were asked on {since}", errand.what),
        ..errand
    })
}

/// Names one pause of a channel, or of everything.
fn about_pause(channel: Option<&ChannelName>, pause: &Pause) -> String {
    let since = pause.since.timestamp_micros();
    channel.map_or_else(|| format!("pause {since}"), |name| format!("pause {since} {name}"))
}

/// A delivery that cannot go on without a person.
fn of_delivery(delivery: &Delivery, concerns: &Concerns) -> Option<Notice> {
    let id = delivery.key.short();
    let name = &delivery.name;
    let title = concerns.titles.get(&name.posting).map_or(name.posting.as_str(), String::as_str);
    let doing = doing(name.occasion);
    let channel = &name.channel;
    let resolve = |how: &str| format!("handbill resolve {id} {how}");
    let (kind, headline, what, help, commands) = match delivery.state {
        // Before that the channel is still being asked.
        State::Unknown => {
            delivery.asks_since?;
            (
                Kind::Unknown,
                format!("Nobody knows whether {channel} has “{title}”"),
                format!(
                    "An attempt at {doing} on {channel} got no answer that says what became of it, \
                     and the channel cannot be asked: {}",
                    delivery.reason
                ),
                "Look there, and say what you see; only then does it go on".to_owned(),
                vec![resolve("--posted LINK"), resolve("--not-posted")],
            )
        }
        State::Refused => (
            Kind::Refused,
            format!("{channel} refused “{title}”"),
            format!(
                "{channel} did not take {doing}, and it is not tried again: {}",
                delivery.reason
            ),
            "Mend what is wrong, then have it tried again; or leave it as it is".to_owned(),
            vec![resolve("--not-posted"), format!("handbill log show {id}")],
        ),
        State::Asked => {
            let (headline, help, command) = match (delivery.deed, name.occasion) {
                (Deed::Ask, Occasion::Close) => (
                    format!("Please take “{title}” back from {channel}"),
                    "Take it down, and say that it is done",
                    format!("handbill record {id}"),
                ),
                (Deed::Edit | Deed::Withdraw, _) => (
                    format!("Please hand the change of “{title}” on {channel} in"),
                    "Open the request at the link, unless one is open; then say that it is done",
                    format!("handbill record {id}"),
                ),
                (Deed::Ask, _) => (
                    format!("Please change “{title}” on {channel}"),
                    "Change it, and say that it is done",
                    format!("handbill record {id}"),
                ),
                _ => (
                    format!("Please publish “{title}” on {channel}"),
                    "Publish it, and record where readers find it",
                    format!("handbill record {id} LINK"),
                ),
            };
            let what = format!("{channel} can only be served by a person: {doing}");
            (Kind::Errand, headline, what, help.to_owned(), vec![command])
        }
        // Its time has come and gone, and it could not even be tried.
        State::Planned => (
            Kind::Stuck,
            format!("“{title}” cannot go out to {channel}"),
            format!("Its time has come, and {doing} is held up: {}", delivery.reason),
            "Mend what it says; then it goes out by itself".to_owned(),
            vec![format!("handbill log show {id}"), "handbill check".to_owned()],
        ),
        State::Posted => {
            delivery.asks_since?;
            (
                Kind::Silent,
                format!("“{title}” was sent to {channel} and is not to be seen there"),
                format!(
                    "{channel} was given it ({doing}), and it has not arrived where readers look: {}",
                    delivery.reason
                ),
                "Look there, or ask whoever looks after the list; then say what you see".to_owned(),
                vec![resolve("--posted [LINK]"), resolve("--not-posted")],
            )
        }
        State::Sending | State::Cancelled => return None,
    };
    Some(Notice {
        about: about_delivery(delivery),
        kind,
        since: delivery.asks_since.unwrap_or(delivery.changed_at),
        title: headline,
        what,
        help,
        commands,
        posting: Some(name.posting.clone()),
        channel: Some(channel.clone()),
        delivery: Some(delivery.key),
        link: delivery.receipt.as_ref().and_then(|receipt| receipt.link.clone()),
        errand: None,
    })
}

/// Names a letter.
fn about_letter(letter: &KeptAnswer) -> String {
    format!("letter {}", letter.id)
}

/// A letter that could be about several ads, or about one that is not known any more.
fn of_letter(letter: &KeptAnswer) -> Notice {
    let id = letter.id.get(..8).unwrap_or(&letter.id);
    Notice {
        about: about_letter(letter),
        kind: Kind::Letter,
        since: letter.read_at,
        title: format!("A letter came back: “{}”", letter.subject),
        what: format!(
            "{} wrote, and it is not known which ad is meant, so nothing was changed: {}",
            letter.sender, letter.words
        ),
        help:
            "Say what became of the ad, if it is one of ours; then that you have seen to the letter"
                .to_owned(),
        commands: vec![
            "handbill resolve ID --not-posted".to_owned(),
            format!("handbill mailbox --dismiss {id}"),
        ],
        posting: None,
        channel: None,
        delivery: None,
        link: None,
        errand: None,
    }
}

/// What an occasion means, in a sentence.
fn doing(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Announce => "announcing it",
        Occasion::Remind => "reminding of it",
        Occasion::Update => "bringing it up to date",
        Occasion::Close => "closing it",
    }
}

/// Nothing goes out, to one channel or to all.
fn paused(channel: Option<&ChannelName>, pause: &Pause) -> Notice {
    let (title, command) = match channel {
        Some(name) => (format!("{name} is paused"), format!("handbill resume {name}")),
        None => ("Everything is paused".to_owned(), "handbill resume --all".to_owned()),
    };
    Notice {
        about: about_pause(channel, pause),
        kind: Kind::Paused,
        since: pause.since,
        title,
        what: format!("Nothing goes out until it is resumed: {}", pause.reason),
        help: "Mend what is wrong, if anything is, then let it go on".to_owned(),
        commands: vec![command],
        posting: None,
        channel: channel.cloned(),
        delivery: None,
        link: None,
        errand: None,
    }
}

/// What the plan cannot do before a person has decided; once for a posting, however many channels
/// wait.
fn of_step(step: &Step, site: &Site, now: DateTime<Utc>) -> Option<Notice> {
    let When::Not { reason } = &step.when else { return None };
    let posting = &step.name.posting;
    let title = &step.title;
    let (kind, about, headline, help, commands) = match reason {
        Reason::NotApproved { .. } => (
            Kind::Approval,
            format!("approval {posting} {}", step.revision.short()),
            format!("“{title}” waits for approval"),
            "Look at the words, then agree to them",
            vec!["handbill post --dry-run".to_owned(), format!("handbill approve {posting}")],
        ),
        Reason::NotDeclared { path, terms } => (
            Kind::Declaration,
            format!("declaration {posting} {}", step.revision.short()),
            format!("“{title}” waits until {} is declared", term::in_words(terms)),
            "See whether the page was read rightly, then write it into its `job:` block",
            vec![format!("handbill inspect {path} --declare")],
        ),
        Reason::Predates { .. } | Reason::TooOld { .. } => (
            Kind::Acceptance,
            format!("acceptance {posting}"),
            format!("“{title}” waits to be accepted"),
            "Have it announced; or take over a copy that exists; or leave it",
            vec![
                format!("handbill accept {posting}"),
                format!("handbill adopt {posting} CHANNEL LINK"),
            ],
        ),
        Reason::LooksRenamed { .. } => (
            Kind::Acceptance,
            format!("renamed {posting}"),
            format!("“{title}” may be an ad that was renamed"),
            "Say which it is: write the id on the page, or have it announced as another ad",
            vec![format!("handbill accept {posting}")],
        ),
        Reason::PageGone { until: Some(until), .. } if now >= *until => (
            Kind::PageGone,
            format!("page-gone {posting} {}", until.timestamp()),
            format!("The page of “{title}” is gone, and copies of the ad stand"),
            "Bring the page back, or have the copies taken back",
            vec![format!("handbill withdraw {posting}")],
        ),
        Reason::ShrinksFeed { .. } => (
            Kind::Approval,
            format!("shrinks {posting} {}", step.revision.short()),
            format!("May “{title}” leave the feed?"),
            "Mark the page as closed, or mend its words, or have it taken out",
            vec![format!("handbill withdraw {posting}")],
        ),
        _ => return None,
    };
    let since = match reason {
        Reason::PageGone { until: Some(until), .. } => until.to_utc() - site.plan.grace,
        _ => now,
    };
    Some(Notice {
        about,
        kind,
        since,
        title: headline,
        what: sentence(&reason.to_string()),
        help: help.to_owned(),
        commands,
        posting: Some(posting.clone()),
        channel: None,
        delivery: None,
        link: None,
        errand: None,
    })
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A credential that will not be good for long, or is not any more.
fn of_credential(
    credential: &Credential,
    site: &Site,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Option<Notice> {
    let (left, last) = (credential.days_left(today)?, credential.secret.expires?);
    let stage = match left {
        ..0 => "expired".to_owned(),
        _ => DAYS_BEFORE.iter().find(|days| left <= **days)?.to_string(),
    };
    let Credential { owner, key, secret } = credential;
    let title = match left {
        ..0 => format!("`{key}` of {owner} has expired"),
        0 => format!("`{key}` of {owner} expires today"),
        1 => format!("`{key}` of {owner} expires tomorrow"),
        _ => format!("`{key}` of {owner} expires in {left} days"),
    };
    let channel = match owner {
        Owner::Channel(name) => Some(name.clone()),
        Owner::Notices | Owner::Mailbox | Owner::Web | Owner::Ledger => None,
    };
    Some(Notice {
        about: format!("credential {owner} {key} {last} {stage}"),
        kind: Kind::Credential,
        since: now,
        title,
        what: format!(
            "It is good until {last}, as the site's files say; it is {}. Today is {}",
            secret.place(),
            local_time(now, site.settings.timezone)
        ),
        help: format!(
            "Get a new one, put it there, and write its date as `expires` beside `{key}`; where the \
             channel was paused for it, resume it"
        ),
        commands: channel.iter().map(|name| format!("handbill resume {name}")).collect(),
        posting: None,
        channel,
        delivery: None,
        link: None,
        errand: None,
    })
}
