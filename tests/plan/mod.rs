//! The plan: what is wanted when, and why not.

mod decisions;
mod hosts;
mod open_posts;
mod queue;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use handbill::adapt::Occasion;
use handbill::channel::ChannelName;
use handbill::ledger::{CopyState, Deed, Delivery, Occurrence, Pause, State};
use handbill::plan::{Pace, Plan, Reason, When};
use proptest::prelude::*;

use crate::support::TestSite;
use crate::support::world::{World, at};

/// One line for each step about the PhD position.
fn steps_of(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .filter(|step| step.name.posting.as_str() == "tcg-03-2027")
        .map(|step| {
            let when = match &step.when {
                When::Due { .. } => "due".to_owned(),
                When::At { slot } => slot.format("%m-%d %H:%M").to_string(),
                When::Not { reason } => reason.to_string(),
            };
            let occurrence = &step.name.occurrence;
            format!("{} {} {occurrence}: {when}", step.name.channel, step.name.occasion)
        })
        .collect()
}

#[test]
fn an_announcement_waits_for_the_first_slot_of_its_channel() {
    let mut world = World::with_channels(&["mastodon", "list", "feed"]);
    world.observe();
    assert_eq!(
        steps_of(&world.plan()),
        [
            "feed announce 1: due",
            "list announce 1: 01-12 08:00",
            "mastodon announce 1: 01-11 09:00"
        ]
    );
    world.now = at("2027-01-11T09:00:00Z");
    assert!(steps_of(&world.plan()).contains(&"mastodon announce 1: due".to_owned()));
    // A slot that was missed is served late, not skipped.
    world.now = at("2027-01-13T15:00:00Z");
    assert_eq!(steps_of(&world.plan()).iter().filter(|it| it.ends_with("due")).count(), 3);
}

#[test]
fn without_waiting_for_the_slot_everything_is_due() {
    let mut world = World::with_channels(&["mastodon", "list"]);
    world.observe();
    let plan = world.plan_at(Pace::AtOnce);
    assert_eq!(steps_of(&plan), ["list announce 1: due", "mastodon announce 1: due"]);
}

#[test]
fn nothing_goes_out_before_the_publish_date() {
    let mut world = World::with_channels(&["mastodon"]);
    world.now = at("2027-01-10T08:00:00Z");
    world.observe();
    assert_eq!(
        steps_of(&world.plan_at(Pace::AtOnce)),
        ["mastodon announce 1: the page is published on 2027-01-11"]
    );
}

#[test]
fn nothing_goes_out_from_a_draft_or_after_the_deadline() {
    let mut world = World::with_channels(&["mastodon"]);
    world.now = at("2027-03-01T08:00:00Z");
    world.observe();
    let expected = "mastodon announce 1: the ad closed on 2027-02-28";
    assert_eq!(steps_of(&world.plan_at(Pace::AtOnce)), [expected]);
    world.now = at("2027-01-12T08:00:00Z");
    world.change("featured: true", "draft: true");
    let expected = "mastodon announce 1: the page is a draft";
    assert_eq!(steps_of(&world.plan_at(Pace::AtOnce)), [expected]);
}

#[test]
fn a_second_plan_after_doing_the_first_is_empty() {
    let mut world = World::with_channels(&["mastodon", "list", "feed", "x", "board"]).announced();
    let again = world.plan();
    assert_eq!(again.due().count(), 0, "{:?}", steps_of(&again));
    world.now = at("2027-02-23T12:00:00Z");
    let reminders = world.plan();
    assert_eq!(steps_of(&reminders), ["list remind 7d: due", "mastodon remind 7d: due"]);
    world.apply(&reminders);
    assert_eq!(steps_of(&world.plan()), Vec::<String>::new());
}

/// A person found the message by its link, and a mail that answers it would need its Message-ID.
#[test]
fn what_cannot_be_answered_is_reminded_of_by_a_message_of_its_own() {
    let mut world = World::with_channels(&["list"]).announced();
    world.now = at("2027-02-23T12:00:00Z");
    let answers = world.plan().due().map(|step| (step.deed, step.target)).collect::<Vec<_>>();
    let announced = world.past.deliveries[0].key;
    assert_eq!(answers, [(Deed::FollowUp, Some(announced))]);
    for delivery in &mut world.past.deliveries {
        if let Some(receipt) = &mut delivery.receipt {
            receipt.remote_id = None;
        }
    }
    let alone = world.plan().due().map(|step| (step.deed, step.target)).collect::<Vec<_>>();
    assert_eq!(alone, [(Deed::Publish, None)]);
}

/// Somebody took the message back by hand while the ad was closed for a while.
#[test]
fn a_change_that_was_told_by_a_message_taken_back_is_told_again() {
    let mut world = World::with_channels(&["list"]).announced();
    world.now = at("2027-01-20T08:00:00Z");
    world.change("by **28th February 2027**", "by **14th March 2027**");
    let updates = |plan: &Plan| {
        let all = steps_of(plan).into_iter();
        all.filter(|it| it.contains("update")).collect::<Vec<_>>()
    };
    let plan = world.plan_at(Pace::AtOnce);
    assert_eq!(updates(&plan), ["list update 1: due"]);
    world.apply(&plan);
    assert_eq!(updates(&world.plan_at(Pace::AtOnce)), Vec::<String>::new());
    let told = |it: &&mut Delivery| it.name.occasion == Occasion::Update;
    for message in world.past.deliveries.iter_mut().filter(told) {
        message.copy = Some(CopyState::Withdrawn);
    }
    assert_eq!(updates(&world.plan_at(Pace::AtOnce)), ["list update 2: due"]);
}

#[test]
fn a_change_of_the_page_reaches_every_copy_or_is_said_to_be_missing_there() {
    let mut world = World::with_channels(&["mastodon", "list", "feed", "x", "board"]).announced();
    world.now = at("2027-01-20T08:00:00Z");
    world.change("by **28th February 2027**", "by **14th March 2027**");
    let plan = world.plan();
    let told: BTreeSet<String> =
        steps_of(&plan).into_iter().filter(|it| !it.contains("remind")).collect();
    assert_eq!(
        told,
        BTreeSet::from([
            "board update 1: due".to_owned(),
            "feed update 1: due".to_owned(),
            "list update 1: 01-21 08:00".to_owned(),
            "mastodon update 1: due".to_owned(),
            "x announce 1: the page has changed since, and this channel is not changed".to_owned(),
        ])
    );
    world.apply(&plan);
    assert_eq!(world.plan().due().count(), 0);
    // A new message on a list waits for a slot; what is edited in place does not.
    world.now = at("2027-01-21T08:00:00Z");
    let plan = world.plan();
    assert_eq!(plan.due().count(), 1);
    world.apply(&plan);

    // Back to what it was: a change like any other, with an ordinal of its own.
    world.now = at("2027-01-22T08:00:00Z");
    world.change("by **14th March 2027**", "by **28th February 2027**");
    assert!(steps_of(&world.plan()).contains(&"mastodon update 2: due".to_owned()));
}

#[test]
fn a_changed_comment_is_no_change() {
    let mut world = World::with_channels(&["mastodon", "list", "feed", "x", "board"]).announced();
    world.change("<!-- Remember to add the photo", "<!-- The photo is here:");
    world.change("# Is this a featured event?", "# Featured?");
    assert_eq!(world.plan().due().count(), 0, "{:?}", steps_of(&world.plan()));
}

#[test]
fn every_copy_is_closed_when_the_ad_closes_and_reopened_when_it_opens_again() {
    let mut world = World::with_channels(&["mastodon", "list", "feed", "x", "board"]).announced();
    world.now = at("2027-03-01T08:00:00Z");
    let plan = world.plan_at(Pace::AtOnce);
    assert_eq!(
        steps_of(&plan),
        [
            "board close 1: due",
            "feed close 1: due",
            "list close 1: due",
            "mastodon close 1: due",
            "x close 1: due"
        ]
    );
    world.apply(&plan);
    assert_eq!(steps_of(&world.plan()), Vec::<String>::new());

    world.now = at("2027-03-02T08:00:00Z");
    world.change("by **28th February 2027**", "by **31st March 2027**");
    let plan = world.plan_at(Pace::AtOnce);
    let told: Vec<String> =
        steps_of(&plan).into_iter().filter(|it| !it.contains("remind")).collect();
    assert_eq!(
        told,
        [
            "board announce 2: due",
            "feed announce 2: due",
            "list update 1: due",
            "mastodon update 1: due",
            "x announce 2: due"
        ]
    );
    world.apply(&plan);
    world.now = at("2027-04-01T08:00:00Z");
    let told = steps_of(&world.plan());
    assert!(told.contains(&"mastodon close 2: due".to_owned()), "{told:?}");
    assert!(told.contains(&"board close 2: due".to_owned()), "{told:?}");
}

#[test]
fn a_page_that_was_a_draft_for_a_while_is_open_again_everywhere() {
    let mut world = World::with_channels(&["mastodon", "list", "board"]).announced();
    world.now = at("2027-01-20T08:00:00Z");
    world.change("featured: true", "draft: true");
    let plan = world.plan_at(Pace::AtOnce);
    let expected = ["board close 1: due", "list close 1: due", "mastodon close 1: due"];
    assert_eq!(steps_of(&plan), expected);
    world.apply(&plan);

    // Word for word what it was before: the copies say "closed", so they have to change all the
    // same.
    world.now = at("2027-01-21T08:00:00Z");
    world.change("draft: true", "featured: true");
    let plan = world.plan_at(Pace::AtOnce);
    let told: Vec<String> =
        steps_of(&plan).into_iter().filter(|it| !it.contains("remind")).collect();
    assert_eq!(told, ["board announce 2: due", "list update 1: due", "mastodon update 1: due"]);
    world.apply(&plan);
    assert_eq!(world.plan_at(Pace::AtOnce).due().count(), 0);
}

#[test]
fn what_was_refused_is_tried_again_only_with_other_words() {
    let mut world = World::with_channels(&["mastodon"]).announced();
    for delivery in &mut world.past.deliveries {
        delivery.state = State::Refused;
        delivery.reason = "HTTP 422: too long".to_owned();
        delivery.copy = None;
    }
    let refused = "mastodon announce 1: the channel refused it: HTTP 422: too long; \
                   `handbill resolve ID --not-posted` tries again";
    assert_eq!(steps_of(&world.plan_at(Pace::AtOnce)), [refused]);
    world.change("starting July 2027", "starting August 2027");
    assert_eq!(steps_of(&world.plan_at(Pace::AtOnce)), ["mastodon announce 2: due"]);
}

#[test]
fn a_paused_channel_and_an_unknown_outcome_hold_back_only_themselves() {
    let mut world = World::with_channels(&["mastodon", "x"]);
    world.observe();
    let name = ChannelName("mastodon".into());
    world.past.channels.get_mut(&name).expect("known").paused =
        Some(Pause { since: world.now, reason: "the token was refused".to_owned() });
    let told = steps_of(&world.plan_at(Pace::AtOnce));
    assert_eq!(
        told,
        [
            "mastodon announce 1: the channel is paused until `handbill resume`: the token was refused",
            "x announce 1: due"
        ]
    );
    let mut world = World::with_channels(&["mastodon", "x"]).announced();
    for delivery in &mut world.past.deliveries {
        if delivery.name.channel == name {
            delivery.state = State::Unknown;
            delivery.copy = None;
        }
    }
    let plan = world.plan_at(Pace::AtOnce);
    assert!(plan.steps.iter().any(|step| step.when == When::Not { reason: Reason::Unknown }));
    assert_eq!(plan.due().count(), 0);
}

#[test]
fn what_a_channel_does_not_want_is_not_sent_there() {
    let folder = TestSite::with_channels(&["mastodon"]);
    folder.replace(
        "channels/mastodon.toml",
        "update = \"edit\"",
        "update = \"edit\"\npostings = { position_types = [\"postdoc\"] }",
    );
    let mut world = World::of(folder);
    world.observe();
    assert_eq!(
        steps_of(&world.plan_at(Pace::AtOnce)),
        ["mastodon announce 1: not for this channel: it is phd, not postdoc"]
    );
}

#[test]
fn a_page_that_is_gone_closes_nothing() {
    let mut world = World::with_channels(&["mastodon", "board"]).announced();
    world.postings.open.clear();
    let plan = world.plan();
    assert_eq!(plan.due().count(), 0);
    assert!(
        plan.steps
            .iter()
            .all(|step| matches!(step.when, When::Not { reason: Reason::PageGone { .. } }))
    );
    assert_eq!(plan.steps.len(), 2);
}

#[test]
fn a_planned_delivery_that_nothing_wants_is_cancelled_with_the_reason() {
    let mut world = World::with_channels(&["mastodon"]);
    world.observe();
    let step = world.plan().steps[0].clone();
    world.past.deliveries.push(Delivery {
        key: step.key,
        name: step.name.clone(),
        deed: Deed::Publish,
        target: None,
        state: State::Planned,
        due_at: step.when.time().expect("a slot"),
        revision: step.revision.clone(),
        attempts: 0,
        changed_at: world.now,
        reason: String::new(),
        receipt: None,
        copy: None,
        standing: None,
        verified_at: None,
        slot: None,
        attempted_at: None,
        unseen_since: None,
        asks_since: None,
    });
    assert!(world.plan().cancel.is_empty());
    world.change("featured: true", "draft: true");
    assert_eq!(world.plan().cancel, [(step.key, "the page is a draft".to_owned())]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Days go by, the deadline moves, the page is a draft now and then: after doing what is due,
    /// nothing is due; nothing is announced outside its slots or after the deadline; no key twice.
    #[test]
    fn whatever_happens_to_the_page_the_plan_comes_to_rest(
        moves in proptest::collection::vec((0_i64..20, 0_usize..4), 1..8),
    ) {
        let mut world = World::with_channels(&["mastodon", "list", "feed", "x", "board"]);
        world.observe();
        let mut keys = BTreeSet::new();
        let days = ["28th February 2027", "14th March 2027", "2nd February 2027"];
        let mut day = days[0];
        let mut draft = false;
        for (later, what) in moves {
            world.now += TimeDelta::days(later);
            if what == 3 {
                let (from, to) = if draft { ("draft: true", "featured: true") } else { ("featured: true", "draft: true") };
                world.change(from, to);
                draft = !draft;
            } else if days[what] != day {
                world.change(&format!("by **{day}**"), &format!("by **{}**", days[what]));
                day = days[what];
            }
            for _ in 0..3 {
                let plan = world.plan();
                for step in plan.due() {
                    prop_assert!(keys.insert(step.key), "{} was done before", step.key);
                    if step.name.occasion == Occasion::Announce {
                        let station = world.stations.iter().find(|it| it.spec.name == step.name.channel).expect("station");
                        if let Some(schedule) = &station.spec.schedule {
                            let slot = step.when.time().expect("a slot");
                            prop_assert_eq!(schedule.first_from(slot), Some(slot));
                        }
                        let posting = world.postings.open.iter().find(|it| it.id == step.name.posting).expect("posting");
                        let closes = posting.closes_at(world.site.settings.timezone);
                        prop_assert!(closes.is_none_or(|closes| world.now <= closes));
                    }
                }
                world.apply(&plan);
            }
            let rest = world.plan();
            prop_assert_eq!(rest.due().count(), 0, "{:?}", steps_of(&rest));
        }
    }

    #[test]
    fn the_order_of_files_does_not_matter(seed in any::<u64>()) {
        let mut world = World::of(TestSite::with_channels(&["mastodon", "list", "feed"]));
        world.observe();
        let plan = world.plan();
        let count = world.postings.open.len();
        world.postings.open.rotate_left(seed as usize % count);
        world.postings.open.reverse();
        prop_assert_eq!(world.plan(), plan);
    }
}

/// The occurrence of an ordinal is a number from 1.
#[test]
fn the_first_announcement_has_ordinal_one() {
    let mut world = World::with_channels(&["feed"]);
    world.observe();
    assert_eq!(world.plan().steps[0].name.occurrence, Occurrence::FIRST);
}
