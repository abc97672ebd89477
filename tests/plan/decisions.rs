//! What people decide and what the world shows: old ads, approval, pages that change, are not there
//! yet or not any more, ads that are open again.

use chrono::TimeDelta;
use handbill::adapt::{Rendition, adapt};
use handbill::ledger::{Acceptance, Approval, Pause};
use handbill::plan::{Note, Pace, words_to_approve};
use handbill::posting::Posting;
use handbill::site::ChannelSpec;
use handbill::site::queue::Approval as Agreement;

use super::steps_of;
use crate::support::world::{World, at};

fn announced(world: &World) -> Vec<String> {
    steps_of(&world.plan_at(Pace::AtOnce))
}

#[test]
fn an_ad_from_before_the_first_start_waits_to_be_accepted_or_named() {
    let mut world = World::with_channels(&["mastodon"]);
    world.observe();
    for known in world.past.postings.values_mut() {
        known.acceptance = Acceptance::Waits;
    }
    assert_eq!(
        announced(&world),
        ["mastodon announce 1: the ad was here before the first start; `handbill accept \
          tcg-03-2027` announces it, `handbill adopt tcg-03-2027 CHANNEL LINK` takes over a copy \
          that exists"]
    );
    world.postings.named = world.postings.open.iter().map(|it| it.id.clone()).collect();
    assert_eq!(announced(&world), ["mastodon announce 1: due"]);
    world.postings.named.clear();
    for known in world.past.postings.values_mut() {
        known.acceptance = Acceptance::Accepted { at: world.now };
    }
    assert_eq!(announced(&world), ["mastodon announce 1: due"]);
    // Its slot is one after it was accepted, not one of long ago.
    assert_eq!(steps_of(&world.plan()), ["mastodon announce 1: 01-11 09:00"]);
}

#[test]
fn a_page_that_is_too_old_is_not_announced_unless_somebody_says_so() {
    let mut world = World::with_channels(&["mastodon"]);
    world.site.channels[0].holds.max_age = Some(TimeDelta::days(14));
    world.now = at("2027-02-01T08:00:00Z");
    world.observe();
    assert_eq!(
        announced(&world),
        ["mastodon announce 1: the page is of 2027-01-11, older than `max_age`; `handbill accept \
          tcg-03-2027` announces it"]
    );
    world.postings.named = world.postings.open.iter().map(|it| it.id.clone()).collect();
    assert_eq!(announced(&world), ["mastodon announce 1: due"]);
}

#[test]
fn a_page_that_is_still_changing_waits_until_it_has_settled() {
    let mut world = World::with_channels(&["mastodon"]);
    world.site.channels[0].holds.settle = TimeDelta::minutes(30);
    world.observe();
    let waits =
        "mastodon announce 1: the page is still changing; it has settled at 2027-01-11 09:30";
    assert_eq!(announced(&world), [waits]);
    world.now = at("2027-01-11T08:20:00Z");
    world.change("starting July 2027", "starting August 2027");
    let waits =
        "mastodon announce 1: the page is still changing; it has settled at 2027-01-11 09:50";
    assert_eq!(announced(&world), [waits]);
    world.now = at("2027-01-11T08:50:00Z");
    assert_eq!(announced(&world), ["mastodon announce 1: due"]);
}

/// What a person would agree to now.
fn words(world: &World) -> String {
    let station = &world.stations[0];
    let render = |posting: &Posting, _: &ChannelSpec, occasion| -> Result<Rendition, _> {
        adapt(posting, &station.target, occasion, &world.site.templates)
    };
    let posting =
        world.postings.open.iter().find(|it| it.id.as_str() == "tcg-03-2027").expect("it");
    words_to_approve(posting, &world.site.channels[0], &render).expect("words")
}

fn approve(world: &mut World) {
    let (posting, channel) =
        (world.postings.open[0].id.clone(), world.site.channels[0].name.clone());
    assert_eq!(posting.as_str(), "tcg-03-2027");
    let approval =
        Approval { content_hash: words(world), by: "Ada Example".to_owned(), at: world.now };
    world.past.approvals.insert((posting, channel), approval);
}

#[test]
fn an_approval_holds_for_the_words_that_were_seen_and_no_others() {
    let mut world = World::with_channels(&["mastodon"]);
    world.site.channels[0].holds.approval = Agreement::Needed;
    world.observe();
    let waits =
        "mastodon announce 1: waits for approval: look at it, then `handbill approve tcg-03-2027`";
    assert_eq!(announced(&world), [waits]);
    approve(&mut world);
    assert_eq!(announced(&world), ["mastodon announce 1: due"]);
    world.change("starting July 2027", "starting August 2027");
    let void = "mastodon announce 1: the approval of 2027-01-11 09:00 is void, because the words have \
                changed since; look at them, then `handbill approve tcg-03-2027`";
    assert_eq!(announced(&world), [void]);
    approve(&mut world);
    let plan = world.plan_at(Pace::AtOnce);
    world.apply(&plan);
    // A later change needs a new agreement before it reaches the copy; that the ad closes does not.
    world.now = at("2027-01-20T08:00:00Z");
    world.change("starting August 2027", "starting September 2027");
    let told = announced(&world);
    assert!(told.iter().all(|it| it.contains("is void") && !it.contains("announce")), "{told:?}");
    world.now = at("2027-03-01T08:00:00Z");
    assert_eq!(announced(&world), ["mastodon close 1: due"]);
}

#[test]
fn a_page_can_ask_for_approval_itself() {
    let mut world = World::with_channels(&["mastodon"]);
    world.change("featured: true", "job:\n  approval: true");
    world.observe();
    assert!(announced(&world)[0].contains("waits for approval"), "{:?}", announced(&world));
}

#[test]
fn a_page_is_announced_once_it_stands_where_its_readers_will_look() {
    let mut world = World::with_channels(&["mastodon"]);
    world.observe();
    for known in world.past.postings.values_mut() {
        known.page.seen_at = None;
    }
    // A slot to come is named; what would be due waits.
    assert_eq!(steps_of(&world.plan()), ["mastodon announce 1: 01-11 09:00"]);
    let waits = "mastodon announce 1: the page has to be seen at its address first";
    assert_eq!(announced(&world), [waits]);
}

#[test]
fn everything_can_be_paused_at_once() {
    let mut world = World::with_channels(&["mastodon", "x"]);
    world.observe();
    world.past.paused = Some(Pause { since: world.now, reason: "holidays".to_owned() });
    let paused = "the channel is paused until `handbill resume`: holidays";
    let told = announced(&world);
    assert_eq!(told, [format!("mastodon announce 1: {paused}"), format!("x announce 1: {paused}")]);
}

#[test]
fn an_ad_that_is_open_again_says_so() {
    let mut world = World::with_channels(&["mastodon", "board", "x"]).announced();
    world.now = at("2027-03-01T08:00:00Z");
    let plan = world.plan_at(Pace::AtOnce);
    world.apply(&plan);
    world.now = at("2027-03-02T08:00:00Z");
    world.change("by **28th February 2027**", "by **31st March 2027**");
    let plan = world.plan_at(Pace::AtOnce);
    let mut reopened = plan.due().collect::<Vec<_>>();
    reopened.retain(|step| step.name.posting.as_str() == "tcg-03-2027");
    assert_eq!(reopened.len(), 3, "{:?}", steps_of(&plan));
    assert!(reopened.iter().all(|step| step.note == Some(Note::Reopened)));
}

/// The page of the PhD position is deleted; it is known from what was read last.
fn page_gone(world: &mut World) {
    let (gone, there) =
        world.postings.open.drain(..).partition(|posting| posting.id.as_str() == "tcg-03-2027");
    world.postings.open = there;
    world.postings.missing = gone;
    let now = world.now;
    for known in world.past.postings.values_mut().filter(|it| it.id.as_str() == "tcg-03-2027") {
        known.missing_since = Some(now);
    }
}

#[test]
fn a_page_that_is_gone_closes_nothing_until_a_person_agreed_and_the_grace_is_over() {
    let mut world = World::with_channels(&["mastodon", "board"]).announced();
    world.now = at("2027-01-20T08:00:00Z");
    page_gone(&mut world);
    let told = announced(&world);
    assert_eq!(told.len(), 2);
    assert!(
        told.iter()
            .all(|it| it
                .contains("`handbill withdraw tcg-03-2027`, which counts from 2027-01-23 09:00")),
        "{told:?}"
    );
    let now = world.now;
    for known in world.past.postings.values_mut() {
        known.withdrawn_at = Some(now);
    }
    world.now = at("2027-01-23T07:59:00Z");
    assert_eq!(world.plan_at(Pace::AtOnce).due().count(), 0, "the folder may come back");
    world.now = at("2027-01-23T08:00:01Z");
    assert_eq!(announced(&world), ["board close 1: due", "mastodon close 1: due"]);
}

#[test]
fn a_page_that_is_gone_without_a_persons_word_stays_however_long() {
    let mut world = World::with_channels(&["mastodon", "board"]).announced();
    world.now = at("2027-01-20T08:00:00Z");
    page_gone(&mut world);
    world.now = at("2027-02-27T08:00:00Z");
    assert_eq!(world.plan_at(Pace::AtOnce).due().count(), 0);
}

#[test]
fn a_removal_that_the_deadline_explains_needs_no_person() {
    let mut world = World::with_channels(&["mastodon", "board"]).announced();
    world.now = at("2027-01-20T08:00:00Z");
    page_gone(&mut world);
    world.now = at("2027-03-01T08:00:00Z");
    assert_eq!(announced(&world), ["board close 1: due", "mastodon close 1: due"]);
}

#[test]
fn what_a_person_withdraws_is_closed_everywhere_and_not_announced_again() {
    let mut world = World::with_channels(&["mastodon", "board"]).announced();
    world.now = at("2027-01-20T08:00:00Z");
    let now = world.now;
    for known in world.past.postings.values_mut().filter(|it| it.id.as_str() == "tcg-03-2027") {
        known.withdrawn_at = Some(now);
    }
    let plan = world.plan_at(Pace::AtOnce);
    assert_eq!(steps_of(&plan), ["board close 1: due", "mastodon close 1: due"]);
    world.apply(&plan);
    assert_eq!(world.plan_at(Pace::AtOnce).due().count(), 0);
    assert!(world.plan().finished.iter().any(|id| id.as_str() == "tcg-03-2027"));
}
