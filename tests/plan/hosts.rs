//! What lists ask of time: those of one host that takes an ad on several of them for spam get it one after
//! the other, and one list is reminded of an ad not too soon.

use chrono::TimeDelta;
use handbill::adapt::Occasion;
use handbill::ledger::Use;
use handbill::plan::{Pace, Plan, Step, When};
use handbill::posting::PostingId;
use handbill::site::policy::Offset;

use crate::support::TestSite;
use crate::support::world::{World, at};

/// A site with so many ads, and with lists: name, address and what else stands under `[mail]`.
fn world_of(ads: usize, lists: &[(&str, &str, &str)]) -> World {
    let folder = TestSite::with_channels(&[]);
    std::fs::remove_dir_all(folder.path("content/jobs")).expect("removing the examples");
    for number in 0..ads {
        folder.write(
            &format!("content/jobs/ad-{number}.md"),
            format!(
                "---\ntitle: PhD position {number}\ndate: 2027-01-10\njob:\n  id: ad-{number}\n  \
                 deadline: 2027-03-0{}\n---\n\nForecast the tides of harbour {number}.\n",
                number + 1
            ),
        );
    }
    for (name, to, more) in lists {
        folder.write(
            &format!("channels/{name}.toml"),
            format!(
                "kind = \"mail\"\nschedule = \"0 10 * * *\"\n[mail]\nto = \"{to}\"\nfrom = \
                 \"office@tidal.example\"\nhost = \"mail.tidal.example\"\n{more}\n"
            ),
        );
    }
    let mut world = World::of(folder);
    world.observe();
    world
}

/// `harbours 01-11 09:00`, by time.
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
            (when, step.name.channel.to_string())
        })
        .collect();
    times.sort();
    times.into_iter().map(|(when, channel)| format!("{channel} {when}")).collect()
}

const GAP: &str = "host_gap = \"48h\"";

#[test]
fn lists_of_one_host_are_written_to_as_far_apart_as_it_wants() {
    let lists = [
        ("harbours", "harbours@lists.example", GAP),
        ("rivers", "rivers@LISTS.example", ""),
        ("tides", "tides@lists.example", GAP),
        ("waves", "waves@other.example", ""),
    ];
    let world = world_of(1, &lists);
    assert_eq!(
        times(&world.plan()),
        ["harbours 01-11 09:00", "waves 01-11 09:00", "rivers 01-13 09:00", "tides 01-15 09:00",]
    );
}

#[test]
fn another_ad_does_not_count_for_it() {
    let lists = [("harbours", "a@lists.example", GAP), ("tides", "b@lists.example", GAP)];
    let world = world_of(2, &lists);
    // Each ad waits for two days after it went to the other list, and for no other ad.
    assert_eq!(
        times(&world.plan()),
        ["harbours 01-11 09:00", "harbours 01-12 09:00", "tides 01-13 09:00", "tides 01-14 09:00"]
    );
    assert_eq!(
        times(&world.plan_at(Pace::AtOnce)),
        ["tides 01-13 08:00", "tides 01-13 08:00", "harbours due", "harbours due"]
    );
}

#[test]
fn what_went_to_one_list_counts_for_the_others_whoever_hurries() {
    let lists = [("harbours", "a@lists.example", GAP), ("tides", "b@lists.example", GAP)];
    let mut world = world_of(1, &lists);
    let tides = world.site.channels[1].name.clone();
    let posting = PostingId("ad-0".into());
    let used = Use { posting, slot: None, at: at("2027-01-10T12:00:00Z") };
    world.past.uses.insert(tides, vec![used]);
    assert_eq!(times(&world.plan()), ["tides 01-11 09:00", "harbours 01-13 09:00"]);
    assert_eq!(times(&world.plan_at(Pace::AtOnce)), ["harbours 01-12 12:00", "tides 01-14 12:00"]);
}

#[test]
fn a_reminder_comes_no_sooner_after_the_announcement_than_the_list_wants() {
    for (gap, reminders) in [("7d", 1), ("60d", 0)] {
        let more = format!("repeat_gap = \"{gap}\"");
        let mut world = world_of(1, &[("tides", "a@lists.example", &more)]).announced();
        let month = Offset { text: "30d".into(), length: TimeDelta::days(30) };
        world.site.channels[0].remind = vec![month];
        let plan = world.plan();
        let is_reminder = |step: &&Step| step.name.occasion == Occasion::Remind;
        assert_eq!(plan.steps.iter().filter(is_reminder).count(), reminders, "{gap}: {plan:?}");
    }
}

#[test]
fn an_ad_that_closes_before_its_turn_is_said_not_to_go_out() {
    let gap = "host_gap = \"60d\"";
    let lists = [("harbours", "a@lists.example", gap), ("tides", "b@lists.example", gap)];
    let world = world_of(1, &lists);
    let times = times(&world.plan());
    assert!(
        times[1].contains("other lists of lists.example get this ad at times that are too close")
    );
}
