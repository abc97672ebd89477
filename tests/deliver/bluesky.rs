//! Bluesky: a post is replaced where others are edited, and answered in its thread.

use chrono::TimeDelta;
use handbill::adapt::Occasion;
use handbill::ledger::{CopyState, State};
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::mastodon::KeyPolicy;

use super::World;

async fn world() -> World {
    World::with(&["bluesky"]).await
}

async fn answering() -> World {
    let folder = super::folder(&["bluesky"]);
    let policies = "kind = \"bluesky\"\nupdate = \"follow-up\"\nclose = \"follow-up\"";
    folder.replace("channels/bluesky.toml", "kind = \"bluesky\"", policies);
    World::of(folder, KeyPolicy::Honoured).await
}

/// The link of the announcement's copy, and what a reader finds there.
async fn link_and_page(world: &World) -> (String, Option<u16>) {
    use handbill::channel::Reach;
    use handbill::channel::http::{Exchange, Http};
    let receipt = world.announcement("bluesky").await.receipt.unwrap();
    let link = receipt.link.unwrap();
    let status = match Http::new(Reach::LoopbackOnly).fetch(&link).await {
        Exchange::Answer(answer) => Some(answer.status),
        Exchange::NoAnswer(_) => None,
    };
    (link.into(), status)
}

#[tokio::test]
async fn a_changed_ad_stands_under_another_link_and_the_log_leads_there() {
    let mut world = world().await;
    world.round().await;
    world.assert_posted_once("bluesky").await;
    let (first, there) = link_and_page(&world).await;
    assert_eq!(there, Some(200));
    for harbours in ["fifteen", "sixteen"] {
        world.change("PhD position", &format!("PhD position {harbours}")).await;
        // Ids are of a second.
        world.wait(1);
        world.round().await;
        let (link, there) = link_and_page(&world).await;
        assert_ne!(link, first);
        assert_eq!(there, Some(200), "{link}");
        let copies = world.copies("bluesky");
        assert_eq!(copies.len(), 1, "{copies:#?}");
        assert!(copies[0].current().text.contains(harbours), "{copies:#?}");
        assert_eq!(world.announcement("bluesky").await.copy, Some(CopyState::Edited));
    }
    world.change("job:\n", "job:\n  closed: true\n").await;
    world.round().await;
    let copies = world.copies("bluesky");
    assert_eq!((copies.len(), copies[0].stands()), (1, false));
    assert_eq!(link_and_page(&world).await.1, Some(404));
}

#[tokio::test]
async fn a_replacement_whose_answer_was_lost_is_found_and_the_log_leads_to_it() {
    for fault in [Fault::StoreThenDrop, Fault::DropBeforeStoring, Fault::StoreThenStatus(502)] {
        let mut world = world().await;
        world.round().await;
        world.stand_ins.bluesky[0].change_faults().push(fault.clone());
        world.change("PhD position", "PhD position fifteen").await;
        world.round().await;
        assert_eq!(world.the(Occasion::Update, "bluesky").await.state, State::Unknown);
        world.settle_down().await;
        assert_eq!(world.the(Occasion::Update, "bluesky").await.state, State::Posted, "{fault:?}");
        let copies = world.copies("bluesky");
        assert_eq!(copies.len(), 1, "{fault:?}: {copies:#?}");
        assert!(copies[0].current().text.contains("fifteen"), "{fault:?}: {copies:#?}");
        let (link, there) = link_and_page(&world).await;
        assert_eq!(there, Some(200), "{fault:?}: {link}");
    }
}

/// It would stand under an id that nobody knows, if the ad closed meanwhile.
#[tokio::test]
async fn a_replacement_that_may_still_arrive_is_waited_for() {
    let mut world = world().await;
    world.round().await;
    world.stand_ins.bluesky[0].change_faults().push(Fault::DropBeforeStoring);
    world.change("PhD position", "PhD position fifteen").await;
    world.round().await;
    for _ in 0..3 {
        world.wait(1);
        world.round().await;
        let update = world.the(Occasion::Update, "bluesky").await;
        assert_eq!((update.state, update.attempts), (State::Unknown, 1), "{update:#?}");
    }
    world.settle_down().await;
    assert_eq!(world.the(Occasion::Update, "bluesky").await.state, State::Posted);
    let copies = world.copies("bluesky");
    assert_eq!(copies.len(), 1, "{copies:#?}");
    assert!(copies[0].current().text.contains("fifteen"), "{copies:#?}");
}

#[tokio::test]
async fn a_post_that_somebody_took_away_is_not_put_back() {
    let mut world = world().await;
    world.round().await;
    let id = world.copies("bluesky").remove(0).id;
    world.stand_ins.bluesky[0].remove(&id);
    world.change("PhD position", "PhD position fifteen").await;
    world.round().await;
    world.settle_down().await;
    let update = world.the(Occasion::Update, "bluesky").await;
    assert_eq!(update.state, State::Refused, "{update:#?}");
    assert!(update.reason.contains("not there any more"), "{update:#?}");
    assert_eq!(world.copies("bluesky").len(), 1);
}

#[tokio::test]
async fn changes_and_the_end_are_told_in_the_thread() {
    let mut world = answering().await;
    world.round().await;
    for words in ["fifteen", "sixteen"] {
        world.change("PhD position", &format!("PhD position {words}")).await;
        world.wait(1);
        world.round().await;
    }
    world.change("job:\n", "job:\n  closed: true\n").await;
    world.wait(1);
    world.round().await;
    let copies = world.copies("bluesky");
    assert_eq!(copies.len(), 4, "{copies:#?}");
    let root = format!("/app.bsky.feed.post/{}\"", copies[0].id);
    for pair in copies.windows(2) {
        assert_eq!(pair[1].answers.as_ref(), Some(&pair[0].id));
        assert!(pair[1].original.raw.contains(&root), "its thread begins with the first post");
    }
    assert!(copies[3].current().text.starts_with("Closed: "), "{copies:#?}");
}

#[tokio::test]
async fn days_of_posting_take_one_session_that_is_refreshed() {
    let mut world = world().await;
    world.round().await;
    for _ in 0..10 {
        for (from, to) in [("in Tides", "in Waves"), ("in Waves", "in Tides")] {
            world.wait(24 * 60);
            world.change(from, to).await;
            world.round().await;
        }
    }
    let (made, refreshed) = world.stand_ins.bluesky[0].sessions();
    assert_eq!(made, 1, "{refreshed} times refreshed");
    assert_eq!(refreshed, 20, "the token of each day has expired by the next");
    world.stand_ins.bluesky[0].revoke_sessions();
    world.change("PhD position", "PhD position at last").await;
    world.wait(1);
    world.round().await;
    assert_eq!(world.stand_ins.bluesky[0].sessions().0, 2);
    assert!(world.copies("bluesky")[0].current().text.contains("at last"));
}

#[tokio::test]
async fn whom_the_server_lets_make_no_session_waits_as_long_as_it_says() {
    let world = world().await;
    world.stand_ins.bluesky[0].session_faults().push(Fault::RateLimited {
        wait: std::time::Duration::from_secs(7200),
        style: handbill::rehearsal::fault::RateLimitStyle::EpochReset,
    });
    world.round().await;
    let delivery = world.announcement("bluesky").await;
    assert_eq!(delivery.state, State::Planned);
    let off = (delivery.due_at - world.now() - TimeDelta::hours(2)).abs();
    assert!(off < TimeDelta::minutes(1), "{delivery:#?}");
    world.wait(125);
    world.round().await;
    world.assert_posted_once("bluesky").await;
}
