//! Who gets which slot: one message per slot, spacing, full days, quiet times, budgets, lateness.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, TimeDelta, Utc, Weekday};
use chrono_tz::Europe::Berlin;
use handbill::ledger::{Deed, Use};
use handbill::plan::{Hold, Pace, Plan, Reason, Step, When};
use handbill::posting::PostingId;
use handbill::schedule::quiet::Quiet;
use handbill::site::policy::Offset;
use handbill::site::queue::{Budget, Money};
use proptest::prelude::*;

use crate::support::TestSite;
use crate::support::world::{World, at};

/// A site with one scheduled channel and ads that close on these days.
fn world_of(deadlines: &[&str]) -> World {
    let folder = TestSite::with_channels(&["mastodon"]);
    folder.replace("channels/mastodon.toml", "remind = [\"7d\"]\n", "");
    std::fs::remove_dir_all(folder.path("content/jobs")).expect("removing the examples");
    for (number, deadline) in deadlines.iter().enumerate() {
        folder.write(
            &format!("content/jobs/ad-{number}.md"),
            format!(
                "---\ntitle: PhD position {number}\ndate: 2027-01-10\njob:\n  id: ad-{number}\n  \
                 deadline: {deadline}\n---\n\nForecast the tides of harbour {number}.\n"
            ),
        );
    }
    World::of(folder)
}

/// A slot is found however far away it is: slots are counted one by one for a year only.
#[test]
fn a_reminder_in_two_years_has_its_slot() {
    let mut world = world_of(&["2029-03-01"]).announced();
    let week = Offset { text: "7d".into(), length: TimeDelta::days(7) };
    world.site.channels[0].remind = vec![week];
    assert_eq!(times(&world.plan()), ["ad-0: 02-22 09:00"]);
}

/// `ad-0 01-11 09:00`, or the reason.
fn times(plan: &Plan) -> Vec<String> {
    let mut times: Vec<(String, String)> = plan
        .steps
        .iter()
        .map(|step| {
            let when = match &step.when {
                When::Due { .. } => "due".to_owned(),
                When::At { slot } => slot.format("%m-%d %H:%M").to_string(),
                When::Not { reason } => reason.to_string(),
            };
            (when, step.name.posting.0.to_string())
        })
        .collect();
    times.sort();
    times.into_iter().map(|(when, posting)| format!("{posting}: {when}")).collect()
}

#[test]
fn each_slot_takes_one_ad_and_the_nearest_deadline_goes_first() {
    let mut world = world_of(&["2027-03-01", "2027-02-01", "2027-02-15"]);
    world.observe();
    assert_eq!(
        times(&world.plan()),
        ["ad-1: 01-11 09:00", "ad-2: 01-12 09:00", "ad-0: 01-13 09:00"]
    );
    world.site.channels[0].queue.per_slot = 2;
    assert_eq!(
        times(&world.plan()),
        ["ad-1: 01-11 09:00", "ad-2: 01-11 09:00", "ad-0: 01-12 09:00"]
    );
}

#[test]
fn a_slot_that_was_used_is_not_used_again() {
    let mut world = world_of(&["2027-03-01", "2027-02-01"]);
    world.observe();
    world.now = at("2027-01-11T09:00:00Z");
    let plan = world.plan();
    assert_eq!(times(&plan), ["ad-0: 01-12 09:00", "ad-1: due"]);
    world.apply(&plan);
    assert_eq!(times(&world.plan()), ["ad-0: 01-12 09:00"]);
    // A minute later it is still the same: the second ad does not slip into the used slot.
    world.now = at("2027-01-11T09:01:00Z");
    assert_eq!(times(&world.plan()), ["ad-0: 01-12 09:00"]);
}

#[test]
fn after_an_outage_one_missed_slot_is_made_up_for_and_no_more() {
    let mut world = world_of(&["2027-03-01", "2027-02-01", "2027-02-15"]);
    world.observe();
    world.now = at("2027-01-14T12:00:00Z");
    let plan = world.plan();
    assert_eq!(times(&plan), ["ad-2: 01-15 09:00", "ad-0: 01-18 09:00", "ad-1: due"]);
    world.apply(&plan);
    assert_eq!(times(&world.plan()), ["ad-2: 01-15 09:00", "ad-0: 01-18 09:00"]);
}

#[test]
fn a_slot_that_was_missed_by_more_than_the_lateness_waits_for_the_next() {
    let mut world = world_of(&["2027-03-01"]);
    world.site.channels[0].queue.lateness = TimeDelta::hours(2);
    world.observe();
    world.now = at("2027-01-11T11:00:00Z");
    assert_eq!(times(&world.plan()), ["ad-0: due"]);
    world.now = at("2027-01-11T11:01:00Z");
    assert_eq!(times(&world.plan()), ["ad-0: 01-12 09:00"]);
}

#[test]
fn messages_keep_their_distance_though_the_schedule_would_allow_more() {
    let mut world = world_of(&["2027-03-01", "2027-02-01", "2027-02-15"]);
    world.site.channels[0].queue.spacing = TimeDelta::hours(30);
    world.observe();
    assert_eq!(
        times(&world.plan()),
        ["ad-1: 01-11 09:00", "ad-2: 01-13 09:00", "ad-0: 01-15 09:00"]
    );
    // What went out by other means counts too.
    let name = world.site.channels[0].name.clone();
    let posting = PostingId("another".into());
    let used = Use { posting, slot: None, at: at("2027-01-11T07:00:00Z") };
    world.past.uses.insert(name, vec![used]);
    assert_eq!(times(&world.plan())[0], "ad-1: 01-13 09:00");
}

#[test]
fn a_day_takes_no_more_than_it_may() {
    let mut world = world_of(&["2027-03-01", "2027-02-01", "2027-02-15"]);
    world.site.channels[0].schedule = None;
    world.site.channels[0].queue.per_day = Some(2);
    world.observe();
    assert_eq!(times(&world.plan()), ["ad-0: 01-11 23:00", "ad-1: due", "ad-2: due"]);
}

#[test]
fn a_quiet_time_is_passed_over_and_a_slot_before_it_is_not_made_up_for() {
    let mut world = world_of(&["2027-03-01"]);
    world.site.channels[0].queue.quiet =
        Quiet::new(Berlin).weekday(Weekday::Mon).weekday(Weekday::Tue);
    world.observe();
    assert_eq!(times(&world.plan()), ["ad-0: 01-13 09:00"]);
    world.now = at("2027-01-19T23:30:00Z");
    assert_eq!(times(&world.plan()), ["ad-0: 01-20 09:00"]);
}

#[test]
fn an_ad_that_closes_within_a_quiet_time_is_told_why_it_does_not_go_out() {
    let mut world = world_of(&["2027-01-12"]);
    world.site.channels[0].queue.quiet =
        Quiet::new(Berlin).weekday(Weekday::Mon).weekday(Weekday::Tue);
    world.observe();
    assert_eq!(
        times(&world.plan()),
        ["ad-0: no slot can be had before the ad closes: quiet time (Monday)"]
    );
}

#[test]
fn a_budget_lasts_for_a_month() {
    let mut world = world_of(&["2027-02-25", "2027-02-20", "2027-01-25"]);
    let cents = |count: u64| Money(count * 10_000);
    world.site.channels[0].queue.budget =
        Some(Budget { per_month: cents(30), per_post: cents(20) });
    world.observe();
    let told = times(&world.plan());
    assert_eq!(told[0], "ad-2: 01-11 09:00");
    assert_eq!(told[1], "ad-1: 02-01 09:00");
    assert_eq!(
        told[2],
        "ad-0: no slot can be had before the ad closes: the month's budget is used up (0.20 of 0.30)"
    );
}

#[test]
fn without_waiting_for_the_slot_the_other_rules_still_hold() {
    let mut world = world_of(&["2027-03-01", "2027-02-01"]);
    world.observe();
    assert_eq!(times(&world.plan_at(Pace::AtOnce)), ["ad-0: due", "ad-1: due"]);
    world.site.channels[0].queue.quiet = Quiet::new(Berlin).weekday(Weekday::Mon);
    assert_eq!(times(&world.plan_at(Pace::AtOnce)), ["ad-0: 01-11 23:00", "ad-1: 01-11 23:00"]);
}

#[test]
fn jitter_is_a_deliverys_own_and_the_same_at_every_plan() {
    let mut world = world_of(&["2027-03-01", "2027-02-01", "2027-02-15"]);
    world.site.channels[0].queue.jitter = TimeDelta::minutes(30);
    world.observe();
    let first = world.plan();
    let late: BTreeSet<TimeDelta> = first.steps.iter().map(lateness).collect();
    assert_eq!(late.len(), 3, "{late:?}");
    assert!(late.iter().all(|it| *it >= TimeDelta::zero() && *it < TimeDelta::minutes(30)));
    world.now += TimeDelta::minutes(5);
    assert_eq!(world.plan().steps, first.steps);
}

fn lateness(step: &Step) -> TimeDelta {
    step.when.time().expect("a time") - step.slot.expect("a slot")
}

#[test]
fn an_ad_whose_page_is_not_to_be_seen_keeps_no_other_from_its_slot() {
    let mut world = world_of(&["2027-03-01", "2027-02-01"]);
    world.observe();
    for known in world.past.postings.values_mut().filter(|known| known.id.as_str() == "ad-1") {
        known.page.seen_at = None;
        known.page.note = "https://tidal.example/jobs/ad-1/ answers HTTP 404".to_owned();
    }
    world.now = at("2027-01-11T09:00:00Z");
    let told = times(&world.plan());
    assert_eq!(told, ["ad-1: 01-12 09:00", "ad-0: due"]);
    world.site.channels[0].queue.per_slot = 2;
    let told = times(&world.plan());
    assert!(told.iter().any(|it| it.contains("not to be seen at its address yet: https://tidal")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever the rules and the day: no time outside the schedule but a missed slot made up for,
    /// none in a quiet time, spacing and days kept, nothing after the deadline; after doing what is
    /// due the next plan says the same of the rest.
    #[test]
    fn the_rules_of_a_channel_hold_for_every_plan(
        later in 0_i64..4_000,
        spacing in prop::sample::select(vec![0, 45, 180, 1_500]),
        jitter in prop::sample::select(vec![0, 20]),
        per_slot in 1_u32..3,
        per_day in prop::sample::select(vec![None, Some(1), Some(2)]),
        schedule in prop::sample::select(vec!["0 9 * * *", "*/30 8-17 * * Mon-Fri", "0 * * * *", ""]),
        quiet in prop::sample::subsequence(vec![Weekday::Sat, Weekday::Sun, Weekday::Wed], 0..3),
        pace in prop::sample::select(vec![Pace::OnSchedule, Pace::AtOnce]),
    ) {
        let deadlines = ["2027-01-14", "2027-01-20", "2027-02-01", "2027-01-18", "2027-02-01", "2027-03-01"];
        let mut world = world_of(&deadlines);
        world.observe();
        let channel = &mut world.site.channels[0];
        channel.schedule = (!schedule.is_empty())
            .then(|| handbill::schedule::Schedule::parse(schedule, Berlin).expect("a schedule"));
        channel.queue.spacing = TimeDelta::minutes(spacing);
        channel.queue.jitter = TimeDelta::minutes(jitter);
        channel.queue.per_slot = per_slot;
        channel.queue.per_day = per_day;
        channel.queue.quiet = quiet.iter().fold(Quiet::new(Berlin), |all, day| all.weekday(*day));
        world.now += TimeDelta::minutes(later);

        let plan = world.plan_at(pace);
        keeps_the_rules(&world, &plan, pace)?;
        let rest = |plan: &Plan| -> Vec<(String, When)> {
            let to_come = |step: &&Step| !matches!(step.when, When::Due { .. });
            plan.steps.iter().filter(to_come).map(|it| (it.name.posting.0.to_string(), it.when.clone())).collect()
        };
        world.apply(&plan);
        let next = world.plan_at(pace);
        prop_assert_eq!(next.due().count(), 0, "{:?}", times(&next));
        prop_assert_eq!(rest(&next), rest(&plan));
    }
}

fn keeps_the_rules(world: &World, plan: &Plan, pace: Pace) -> Result<(), TestCaseError> {
    let channel = &world.site.channels[0];
    let now = world.now;
    let mut moments: Vec<DateTime<Utc>> = Vec::new();
    for step in &plan.steps {
        let Some(time) = step.when.time() else {
            let held = matches!(
                &step.when,
                When::Not {
                    reason: Reason::NoSlot
                        | Reason::Expired { .. }
                        | Reason::Held(
                            Hold::Spacing | Hold::DayFull | Hold::SlotTaken | Hold::Quiet { .. }
                        )
                }
            );
            prop_assert!(held, "{:?}", step.when);
            continue;
        };
        prop_assert_eq!(step.deed, Deed::Publish);
        // What is due goes out now.
        let moment = time.max(now);
        moments.push(moment);
        if let (Some(schedule), Some(slot)) = (&channel.schedule, step.slot) {
            prop_assert_eq!(schedule.first_from(slot), Some(slot), "a slot of the schedule");
            prop_assert!(
                time >= slot && time - slot < channel.queue.jitter + TimeDelta::seconds(1)
            );
            prop_assert!(channel.queue.quiet.at(slot).is_none());
        } else {
            prop_assert!(channel.schedule.is_none() || pace == Pace::AtOnce);
        }
        prop_assert!(channel.queue.quiet.at(moment).is_none(), "{moment} is quiet");
        let posting = world.postings.open.iter().find(|it| it.id == step.name.posting).expect("it");
        let closes = posting.closes_at(Berlin).expect("a deadline");
        prop_assert!(moment <= closes, "{moment} is after {closes}");
    }
    moments.sort();
    for pair in moments.windows(2) {
        prop_assert!(pair[1] - pair[0] >= channel.queue.spacing, "{pair:?}");
    }
    if let Some(most) = channel.queue.per_day {
        let mut days: Vec<_> =
            moments.iter().map(|it| it.with_timezone(&Berlin).num_days_from_ce()).collect();
        days.sort_unstable();
        for day in days.chunk_by(|a, b| a == b) {
            prop_assert!(day.len() <= most as usize, "{} on one day", day.len());
        }
    }
    Ok(())
}
