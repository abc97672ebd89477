//! LinkedIn, on a page and for a member: exactly one copy, the right link, the right state, counted
//! by the stand-in.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use handbill::adapt::Occasion;
use handbill::channel::{ChannelName, Reach};
use handbill::deliver::Station;
use handbill::ledger::{CopyState, Resolution, State};
use handbill::rehearsal::fault::{Fault, RateLimitStyle};
use handbill::rehearsal::mastodon::KeyPolicy;
use handbill::site::channel_file::KindConfig;

use super::World;

async fn page() -> World {
    World::with(&["linkedin"]).await
}

async fn member() -> World {
    let folder = super::folder(&["linkedin"]);
    let (page, person) = ("urn:li:organization:1000001", "urn:li:person:yrZCpj2Z12");
    folder.replace("channels/linkedin.toml", page, person);
    World::of(folder, KeyPolicy::Honoured).await
}

fn creating(world: &World, fault: Fault) {
    world.stand_ins.linkedin[0].faults().push(fault);
}

fn refused(status: u16, body: &str) -> Fault {
    Fault::RefuseBeforeStoring { status, headers: Vec::new(), body: body.to_owned() }
}

#[tokio::test]
async fn an_ad_is_announced_edited_and_taken_back() {
    for mut world in [page().await, member().await] {
        world.round().await;
        world.assert_posted_once("linkedin").await;
        let copy = world.copies("linkedin").remove(0);
        assert!(copy.labels[0].1.contains("https://tidal.example/jobs/"), "{copy:#?}");

        world.change("position in Tides", "position in [all] Tides").await;
        world.round().await;
        assert_eq!(world.the(Occasion::Update, "linkedin").await.state, State::Posted);
        assert_eq!(world.announcement("linkedin").await.copy, Some(CopyState::Edited));
        let copy = world.copies("linkedin").remove(0);
        assert!(copy.current().text.contains("in [all] Tides"), "{copy:#?}");
        assert!(copy.current().text.contains("https://tidal.example/jobs/"), "{copy:#?}");
        world.assert_posted_once("linkedin").await;

        world.change("job:\n", "job:\n  closed: true\n").await;
        world.round().await;
        assert_eq!(world.the(Occasion::Close, "linkedin").await.state, State::Posted);
        let copies = world.copies("linkedin");
        assert_eq!((copies.len(), copies[0].stands()), (1, false));
    }
}

#[tokio::test]
async fn a_closed_ad_can_stay_and_say_so() {
    let folder = super::folder(&["linkedin"]);
    folder.replace("channels/linkedin.toml", "close = \"withdraw\"", "close = \"edit\"");
    let mut world = World::of(folder, KeyPolicy::Honoured).await;
    world.round().await;
    world.change("job:\n", "job:\n  closed: true\n").await;
    world.round().await;
    assert_eq!(world.the(Occasion::Close, "linkedin").await.state, State::Posted);
    let copies = world.copies("linkedin");
    assert!(copies[0].stands() && copies[0].current().text.starts_with("Closed: "), "{copies:#?}");
}

/// Nobody can read what a member posted, so nothing goes out again by itself.
#[tokio::test]
async fn a_members_lost_answer_is_a_persons_to_find() {
    for (fault, held) in [(Fault::StoreThenDrop, 1), (Fault::DropBeforeStoring, 0)] {
        let world = member().await;
        creating(&world, fault);
        world.round().await;
        world.settle_down().await;
        let delivery = world.announcement("linkedin").await;
        assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 1), "{delivery:#?}");
        assert!(delivery.asks_since.is_some(), "{delivery:#?}");
        assert_eq!(world.copies("linkedin").len(), held);
        let resolution = match world.copies("linkedin").first() {
            Some(copy) => Resolution::Posted(handbill::channel::Receipt {
                remote_id: Some(copy.id.clone()),
                link: copy.link.clone(),
                ..handbill::channel::Receipt::default()
            }),
            None => Resolution::NotPosted,
        };
        world.ledger.resolve(delivery.key, &resolution, world.now()).await.unwrap();
        world.round().await;
        world.assert_posted_once("linkedin").await;
    }
}

#[tokio::test]
async fn an_edit_and_a_withdrawal_whose_answers_were_lost_are_repeated_harmlessly() {
    for fault in [Fault::StoreThenDrop, Fault::DropBeforeStoring, Fault::StoreThenStatus(502)] {
        for mut world in [page().await, member().await] {
            world.round().await;
            world.stand_ins.linkedin[0].change_faults().push(fault.clone());
            world.change("June 2027", "July 2027").await;
            world.round().await;
            assert_eq!(world.the(Occasion::Update, "linkedin").await.state, State::Unknown);
            world.settle_down().await;
            assert_eq!(world.the(Occasion::Update, "linkedin").await.state, State::Posted);
            let copies = world.copies("linkedin");
            assert!(copies[0].current().text.contains("July"), "{fault:?}: {copies:#?}");

            world.stand_ins.linkedin[0].change_faults().push(fault.clone());
            world.change("job:\n", "job:\n  closed: true\n").await;
            world.round().await;
            world.settle_down().await;
            assert_eq!(world.the(Occasion::Close, "linkedin").await.state, State::Posted);
            let copies = world.copies("linkedin");
            assert_eq!((copies.len(), copies[0].stands()), (1, false), "{fault:?}");
        }
    }
}

/// The words stand there already: ours, from an attempt that nobody heard of.
#[tokio::test]
async fn a_duplicate_that_the_page_shows_is_ours() {
    let world = page().await;
    creating(&world, Fault::StoreThenDrop);
    world.round().await;
    let delivery = world.announcement("linkedin").await;
    // A person was wrong about it.
    world.ledger.resolve(delivery.key, &Resolution::NotPosted, world.now()).await.unwrap();
    world.round().await;
    assert_eq!(world.stand_ins.linkedin[0].creating_requests(), 2);
    world.wait(1);
    world.round().await;
    world.assert_posted_once("linkedin").await;
}

/// LinkedIn refuses words because of a post that is nowhere to be seen.
#[tokio::test]
async fn a_ghost_duplicate_is_a_persons_to_find() {
    for world in [page().await, member().await] {
        let ghost = "Content is a duplicate of urn:li:share:7431329065766260736";
        let body = format!(
            r#"{{"message":"{ghost}","errorDetails":{{"inputErrors":[{{"code":"DUPLICATE_POST"}}]}}}}"#
        );
        creating(&world, refused(422, &body));
        world.round().await;
        let told = world.announcement("linkedin").await.reason;
        assert!(told.contains("urn:li:share:7431329065766260736"), "{told}");
        world.settle_down().await;
        let delivery = world.announcement("linkedin").await;
        assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 1), "{delivery:#?}");
        assert!(delivery.asks_since.is_some(), "{delivery:#?}");
        assert!(world.copies("linkedin").is_empty());
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let world = page().await;
    let wait = Duration::from_secs(7200);
    creating(&world, Fault::RateLimited { wait, style: RateLimitStyle::RetryAfterSeconds });
    world.round().await;
    let delivery = world.announcement("linkedin").await;
    assert_eq!(delivery.state, State::Planned);
    let off = (delivery.due_at - world.now() - TimeDelta::hours(2)).abs();
    assert!(off < TimeDelta::minutes(1), "{delivery:#?}");
    world.wait(125);
    world.round().await;
    world.assert_posted_once("linkedin").await;
}

#[tokio::test]
async fn a_retired_version_and_a_revoked_token_pause_the_channel() {
    for (status, says) in [(426, "linkedin.version"), (401, "handbill channels renew")] {
        let world = page().await;
        creating(&world, refused(status, "{}"));
        world.round().await;
        world.settle_down().await;
        let channel = ChannelName("linkedin".into());
        let pause = world.ledger.past().await.unwrap().channels[&channel].paused.clone().unwrap();
        assert!(pause.reason.contains(says), "{}", pause.reason);
        assert!(world.copies("linkedin").is_empty());
        world.ledger.resume(&channel, world.now()).await.unwrap();
        world.round().await;
        world.assert_posted_once("linkedin").await;
    }
}

#[tokio::test]
async fn with_an_expired_token_nothing_leaves() {
    let mut world = page().await;
    let expires = |world: &mut World, day: Option<NaiveDate>| {
        for channel in &mut world.site.channels {
            if let KindConfig::LinkedIn(config) = &mut channel.config {
                config.token.as_mut().unwrap().expires = day;
            }
        }
        world.stations = Station::all(&world.site, Reach::LoopbackOnly, &mut Vec::new());
    };
    let today = world.now().date_naive();
    expires(&mut world, today.pred_opt());
    world.round().await;
    let channel = ChannelName("linkedin".into());
    let pause = world.ledger.past().await.unwrap().channels[&channel].paused.clone().unwrap();
    assert!(pause.reason.contains("expired on"), "{}", pause.reason);
    assert_eq!(world.stand_ins.linkedin[0].creating_requests(), 0);

    expires(&mut world, Some(today));
    world.ledger.resume(&channel, world.now()).await.unwrap();
    world.round().await;
    assert_eq!(world.copies("linkedin").len(), 1, "the last day is one on which it is good");
}
