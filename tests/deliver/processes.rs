//! Processes die, run twice, run side by side, and run again and again.

use std::process::{Command, Stdio};
use std::time::Duration;

use handbill::channel::permit::NoJournal;
use handbill::channel::{Permit, Receipt, SendBy};
use handbill::deliver::compose::compose;
use handbill::ledger::{Began, CopyState, Liveness, Resolution, State, this_worker};
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::mastodon::{MastodonStandIn, Options};
use handbill::site::channel_file::KindConfig;

use super::{World, folder};

/// How far a process came before it died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Died {
    BeforeSending,
    AfterSending,
}

/// A process claims the announcement, perhaps sends it, and is no more.
async fn die(world: &World, channel: &str, died: Died) {
    let round = world.only_plan().await;
    let step = round.plan.due().find(|step| step.name.channel.as_str() == channel).unwrap();
    let station = world.stations.iter().find(|it| it.spec.name.as_str() == channel).unwrap();
    let posting = &world.postings.open[0];
    let now = world.now();
    let composed = compose(&world.site, station, posting, step, None, now).unwrap();
    // This machine's process of another tick: it does not run any more.
    let worker = format!("{}.1", this_worker().rsplit_once('.').unwrap().0);
    let send_by = now + chrono::TimeDelta::minutes(2);
    let claim = world
        .ledger
        .claim(
            step.key,
            &worker,
            (&composed.wire, &composed.rendition),
            &Began::now(&world.clock),
            send_by,
        )
        .await
        .unwrap()
        .unwrap();
    if died == Died::AfterSending {
        let permit = Permit::new(SendBy::new(send_by, world.clock.clone()), &NoJournal);
        station.channel.send(claim.wire(), &permit).await;
    }
}

#[tokio::test]
async fn what_a_dead_process_sent_is_not_sent_again() {
    for channel in ["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"] {
        let world = World::with(&[channel]).await;
        die(&world, channel, Died::AfterSending).await;
        assert_eq!(world.announcement(channel).await.state, State::Sending);
        world.wait(1);
        world.round().await;
        world.assert_posted_once(channel).await;
    }
    let world = World::with_mastodon_that_ignores_keys().await;
    die(&world, "mastodon", Died::AfterSending).await;
    world.round().await;
    world.assert_posted_once("mastodon").await;
}

/// The volume of the feed is away for days: that a new entry cannot be looked for is no proof that
/// it is not there, however often that is so.
#[tokio::test]
async fn an_entry_that_cannot_be_looked_for_stays_unknown() {
    let world = World::with(&["feed"]).await;
    die(&world, "feed", Died::AfterSending).await;
    let KindConfig::Feed(config) = &world.site.channels[0].config else { panic!("no feed") };
    let away = config.folder.with_extension("away");
    std::fs::rename(&config.folder, &away).unwrap();
    std::fs::write(&config.folder, "a file where the folder should be").unwrap();
    for _ in 0..10 {
        world.wait(24 * 60);
        world.round().await;
    }
    let delivery = world.announcement("feed").await;
    assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 1), "{delivery:#?}");
    assert!(delivery.asks_since.is_some(), "{delivery:#?}");
    std::fs::remove_file(&config.folder).unwrap();
    std::fs::rename(&away, &config.folder).unwrap();
    world.round().await;
    assert_eq!(world.announcement("feed").await.attempts, 1);
    world.assert_posted_once("feed").await;
}

/// A person who saw it there says no id. It has ours, so it is taken back like any other.
#[tokio::test]
async fn an_entry_that_a_person_saw_is_taken_back_when_the_ad_closes() {
    let mut world = World::with(&["feed"]).await;
    die(&world, "feed", Died::AfterSending).await;
    world.ledger.recover(|_| Liveness::Dead, world.now()).await.unwrap();
    let delivery = world.announcement("feed").await;
    assert_eq!(delivery.state, State::Unknown);
    let saw_it = Resolution::Posted(Receipt::default());
    world.ledger.resolve(delivery.key, &saw_it, world.now()).await.unwrap();
    world.change("title:", "draft: true\ntitle:").await;
    world.settle_down().await;
    let copy = world.announcement("feed").await.copy;
    assert_eq!(copy, Some(CopyState::Withdrawn), "{:#?}", world.deliveries("feed").await);
    assert!(world.copies("feed").iter().all(|copy| !copy.stands()));
}

#[tokio::test]
async fn what_a_dead_process_did_not_send_goes_out_once_that_is_certain() {
    for channel in ["mastodon", "x", "linkedin", "bluesky", "board", "feed"] {
        let world = World::with(&[channel]).await;
        die(&world, channel, Died::BeforeSending).await;
        world.settle_down().await;
        world.assert_posted_once(channel).await;
    }
    // A mail that no archive shows may be with a moderator: a person says.
    let world = World::with(&["list"]).await;
    die(&world, "list", Died::BeforeSending).await;
    world.settle_down().await;
    assert_eq!(world.announcement("list").await.state, State::Unknown);
    assert_eq!(world.copies("list").len(), 0);
}

#[tokio::test]
async fn an_errand_that_nobody_was_told_is_told() {
    let world = World::with(&["office"]).await;
    die(&world, "office", Died::BeforeSending).await;
    world.round().await;
    assert_eq!(world.announcement("office").await.state, State::Asked);
}

#[tokio::test]
async fn two_couriers_on_one_ledger_make_one_copy() {
    for _ in 0..5 {
        let channels = ["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"];
        let world = World::with(&channels).await;
        let second = world.second_ledger().await;
        let (first, second) = tokio::join!(world.round(), world.round_of(&second));
        assert_eq!(first.done.len() + second.done.len(), channels.len());
        for channel in channels {
            world.assert_posted_once(channel).await;
        }
    }
}

#[tokio::test]
async fn two_couriers_that_look_into_one_unknown_outcome_agree() {
    let world = World::with(&["mastodon", "board"]).await;
    world.stand_ins.mastodon[0].faults().push(Fault::StoreThenDrop);
    world.stand_ins.boards[0].faults().push(Fault::DropBeforeStoring);
    world.round().await;
    let second = world.second_ledger().await;
    for _ in 0..4 {
        world.wait(6);
        tokio::join!(world.round(), world.round_of(&second));
    }
    world.assert_posted_once("mastodon").await;
    world.assert_posted_once("board").await;
}

#[tokio::test]
async fn the_same_command_again_and_again_posts_nothing_more() {
    let channels = ["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"];
    let world = World::with(&channels).await;
    assert_eq!(world.round().await.done.len(), channels.len());
    let events = world.ledger.verify_chain().await.unwrap();
    for _ in 0..10 {
        assert!(world.round().await.done.is_empty());
    }
    assert_eq!(world.ledger.verify_chain().await.unwrap(), events, "nothing new is on record");
    for channel in channels {
        world.assert_posted_once(channel).await;
    }
}

/// The real program, killed while the server has the ad and has not answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_that_is_started_again_posts_nothing_twice() {
    let clock = SharedClock::new(chrono::Utc::now());
    let server = MastodonStandIn::start("mastodon", Options::default(), clock).await.unwrap();
    let site = folder(&["mastodon"]);
    site.replace("channels/mastodon.toml", "https://social.example", server.url().as_str());
    site.replace("channels/mastodon.toml", "{ env = \"UNUSED\" }", "{ file = \"token\" }");
    site.write("channels/token", server.token());
    site.write("token", server.token());
    server.faults().push(Fault::Delay(Duration::from_secs(20)));
    let mut program = Command::new(env!("CARGO_BIN_EXE_handbill"))
        .arg("post")
        .current_dir(site.root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..500 {
        if !server.copies().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.copies().len(), 1);
    program.kill().unwrap();
    program.wait().unwrap();

    for _ in 0..3 {
        let again = site.run(&["post"]);
        assert_eq!(again.code, 0, "{again:?}");
    }
    let copies = server.copies();
    assert_eq!(copies.len(), 1, "{copies:#?}");
    let log = site.run(&["log", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&log.out).unwrap();
    assert_eq!(rows[0]["state"], "posted");
    assert_eq!(rows[0]["link"], copies[0].link.as_ref().unwrap().as_str());
}
