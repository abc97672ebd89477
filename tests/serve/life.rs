//! Pages come and change, processes stop, die and meet.

use std::process::Command;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use handbill::rehearsal::fault::Fault;
use serde_json::Value;

use super::{World, wait_for};
use crate::deliver::PAGE;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_changes_is_announced_once_and_edited() {
    let world = World::new().await;
    let daemon = world.serve();
    world.announced();
    world.change_page();
    world.edited();
    world.assert_posted_once();
    daemon.wait_until_well();
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_come_back_onto_the_site_and_nothing_follows_from_that() {
    let world = World::new().await;
    world.configure("[write_back]\nfront_matter = true");
    let before = world.site.read(PAGE);
    let daemon = world.serve();
    world.announced();
    let link = world.copies()[0].link.clone().unwrap().to_string();
    let added = format!("syndication:\n  - \"{link}\"\n");
    wait_for("the link on the page", || {
        let page = world.site.read(PAGE);
        page.contains(&added).then_some(page)
    });
    assert_eq!(world.site.read(PAGE).replace(&added, ""), before);
    daemon.wait_until_well();
    world.change_page();
    world.edited();
    daemon.stop();
    world.assert_posted_once();
    let log = world.log();
    assert_eq!(log.len(), 2, "announced and edited once: {log:#?}");
    assert!(world.site.read(PAGE).contains(&added));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_later_is_announced() {
    let world = World::new().await;
    let page = world.site.read(PAGE);
    std::fs::remove_file(world.site.path(PAGE)).unwrap();
    let daemon = world.serve();
    daemon.wait_until_well();
    assert!(world.copies().is_empty());
    world.site.write(PAGE, page);
    world.announced();
    world.assert_posted_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_is_under_way_is_finished_before_the_daemon_stops() {
    let world = World::new().await;
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(3)));
    let daemon = world.serve();
    world.announced();
    daemon.stop();
    let log = world.log();
    assert_eq!(log[0]["state"], "posted", "{log:#?}");
    world.assert_posted_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_takes_too_long_to_wait_for_is_found_out_about_later() {
    let world = World::new().await;
    world.configure("[serve]\nstop_within = \"1s\"");
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(600)));
    let daemon = world.serve();
    world.announced();
    daemon.stop();
    let log = world.log();
    assert_eq!(log[0]["state"], "sending", "it is on record: {log:#?}");
    let daemon = world.serve();
    world.assert_posted_once();
    assert!(!daemon.said("unknown").is_empty(), "{:#?}", daemon.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once() {
    let world = World::new().await;
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(600)));
    let mut daemon = world.serve();
    world.announced();
    daemon.signal("-TERM");
    daemon.wait_until_said("stopping");
    daemon.signal("-INT");
    assert_eq!(daemon.ended(), 0);
    daemon.wait_until_said("stopped at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_and_started_again_posts_once() {
    let world = World::new().await;
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(600)));
    let daemon = world.serve();
    world.announced();
    daemon.kill();
    let daemon = world.serve();
    world.assert_posted_once();
    daemon.wait_until_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_on_one_ledger_post_once_and_say_that_they_are_two() {
    let world = World::new().await;
    let first = world.serve();
    let second = world.serve();
    world.announced();
    world.change_page();
    world.edited();
    world.assert_posted_once();
    let words = "another `handbill serve` works on the same ledger";
    wait_for("one of them says it", || {
        (first.said(words).len() + second.said(words).len() > 0).then_some(())
    });
    assert_eq!(first.said(words).len() + second.said(words).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_commands_work_beside_it() {
    let world = World::new().await;
    let page = world.site.read(PAGE);
    let daemon = world.serve();
    world.announced();
    world.assert_posted_once();
    assert_eq!(world.site.run(&["pause", "mastodon"]).code, 0);
    let rounds = || daemon.health().1["rounds"]["done"].as_u64().unwrap();
    let before = rounds();
    let other = page.replace("id: tides", "id: waves").replace("PhD position in Tides", "Waves");
    world.site.write("content/jobs/waves/index.md", other);
    wait_for("a round that sees the other page", || (rounds() > before).then_some(()));
    assert_eq!(daemon.health().1["paused"][0]["channel"], "mastodon");
    assert_eq!(world.copies().len(), 1, "nothing goes out to a paused channel");
    assert_eq!(world.site.run(&["resume", "mastodon"]).code, 0);
    daemon.signal("-HUP");
    wait_for("the other announcement", || (world.copies().len() == 2).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_pulled_are_announced() {
    let world = World::new().await;
    let git = |folder: &str, arguments: &[&str]| {
        let ran = Command::new("git")
            .args(["-c", "user.name=Tides", "-c", "user.email=tides@tidal.example"])
            .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(world.site.path(folder))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
    };
    let page = world.site.read(PAGE);
    std::fs::remove_dir_all(world.site.path("content")).unwrap();
    world.site.write("desk/jobs/tides/draft.txt", "nothing yet");
    git("desk", &["init", "--quiet"]);
    git("desk", &["add", "."]);
    git("desk", &["commit", "--quiet", "-m", "Begin"]);
    git(".", &["clone", "--quiet", "--bare", "desk", "origin.git"]);
    git(".", &["clone", "--quiet", "origin.git", "content"]);
    git("desk", &["remote", "add", "origin", "../origin.git"]);
    world.configure("[content]\npull = \"1m\"");

    // A minute is a second.
    let now = Utc::now().to_rfc3339();
    let daemon = world.serve_with(&["--at", &now, "--speed", "60"]);
    daemon.wait_until_well();
    world.site.write("desk/jobs/tides/index.md", page);
    git("desk", &["add", "."]);
    git("desk", &["commit", "--quiet", "-m", "An ad"]);
    git("desk", &["push", "--quiet", "origin", "main"]);
    world.announced();

    std::fs::rename(world.site.path("origin.git"), world.site.path("elsewhere.git")).unwrap();
    daemon.wait_until_said("git pull in");
    wait_for("the failed pull in health, which rounds do not mind", || {
        let (status, health) = daemon.health();
        (status == 200 && health["problems"].to_string().contains("git pull in")).then_some(())
    });
    std::fs::rename(world.site.path("elsewhere.git"), world.site.path("origin.git")).unwrap();
    daemon.wait_until_said("pull: in order again");
    world.assert_posted_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn over_weeks_everything_happens_once() {
    let world = World::new().await;
    let today = Utc::now();
    let before = (today + TimeDelta::days(60)).format("%Y-%m-%d").to_string();
    let deadline = (today + TimeDelta::days(20)).format("%Y-%m-%d").to_string();
    world.site.replace(PAGE, &before, &deadline);
    world.site.replace("channels/mastodon.toml", "update =", "remind = [\"7d\"]\nupdate =");
    world.configure("[serve]\nscan = \"12h\"");
    let daemon = world.serve_with(&["--at", &today.to_rfc3339(), "--speed", "80000"]);
    wait_for("the ad is closed", || {
        let copies = world.copies();
        (!copies.is_empty() && copies.iter().all(|copy| copy.end.is_some())).then_some(())
    });
    wait_for("the log says so", || {
        let log = world.log();
        let closed = log.iter().filter(|row| row["occasion"] == "close");
        (closed.clone().count() > 0 && closed.clone().all(|row| row["state"] == "posted"))
            .then_some(())
    });
    let (_, health) = daemon.health();
    let now = health["now"].as_str().unwrap().parse::<chrono::DateTime<Utc>>().unwrap();
    assert!(now > today + TimeDelta::days(19), "{now}");
    daemon.stop();
    let copies = world.copies();
    assert_eq!(copies.len(), 2, "an announcement and a reminder: {copies:#?}");
    let log = world.log();
    for occasion in ["announce", "remind"] {
        let of = |row: &&Value| row["occasion"].as_str().unwrap().starts_with(occasion);
        assert_eq!(log.iter().filter(of).count(), 1, "{log:#?}");
    }
    assert_eq!(world.mastodon.creating_requests(), 2, "nothing was tried twice");
    assert_eq!(world.site.run(&["ledger", "check"]).code, 0);
}
