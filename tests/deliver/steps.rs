//! Deliveries of several requests: a thread is there once, part by part, whatever fails between two
//! parts, and each part follows what becomes of the ad (promises 1, 2, 4 and 5).

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use handbill::adapt::Occasion;
use handbill::channel::Wire;
use handbill::ledger::{CopyState, State};
use handbill::rehearsal::copies::StoredCopy;
use handbill::rehearsal::fault::{Fault, RateLimitStyle};
use handbill::rehearsal::mastodon::KeyPolicy;

use super::{PAGE, World, folder};

/// Parts of the thread that the page below makes, the status itself among them.
const PARTS: usize = 4;

/// A page that needs three more parts of 500 characters.
pub fn page() -> String {
    let today = Utc::now().to_rfc3339();
    let deadline = (Utc::now() + TimeDelta::days(60)).format("%Y-%m-%d");
    let paragraph = |topic: &str| {
        format!("{topic} rise and fall, and you will build models that say when they do. ")
            .repeat(5)
    };
    format!(
        "---\ntitle: \"PhD position in Tides\"\ndate: {today}\njob:\n  id: tides\n  deadline: {deadline}\n---\n\n\
         {}\n\n{}\n\n{}\n",
        paragraph("Tides"),
        paragraph("Waves"),
        paragraph("Currents")
    )
}

pub async fn world() -> World {
    world_that_closes_by("withdraw").await
}

async fn world_that_closes_by(policy: &str) -> World {
    let folder = folder(&["mastodon"]);
    folder.write(PAGE, page());
    let file = folder.read("channels/mastodon.toml");
    let file = file.replace("close = \"withdraw\"", &format!("close = \"{policy}\""));
    folder.write(
        "channels/mastodon.toml",
        format!("thread = \"plain\"\n{file}software = \"other\"\n"),
    );
    World::of(folder, KeyPolicy::Ignored).await
}

pub fn standing(world: &World) -> Vec<StoredCopy> {
    world.copies("mastodon").into_iter().filter(|copy| copy.end.is_none()).collect()
}

/// Exactly one copy of each part was ever made; each answers the one before it, and the ledger
/// knows them all.
async fn assert_whole(world: &World, what: &str) {
    let copies = world.copies("mastodon");
    assert_eq!(copies.len(), PARTS, "{what}: {copies:#?}");
    for pair in copies.windows(2) {
        assert_eq!(pair[1].answers.as_ref(), Some(&pair[0].id), "{what}");
    }
    let delivery = world.announcement("mastodon").await;
    assert_eq!(delivery.state, State::Posted, "{what}: {delivery:#?}");
    let receipt = delivery.receipt.unwrap();
    let ids: Vec<&String> = receipt.remote_id.iter().chain(&receipt.parts).collect();
    assert_eq!(ids, copies.iter().map(|copy| &copy.id).collect::<Vec<_>>(), "{what}");
    assert_eq!(receipt.link, copies[0].link, "{what}");
    world.ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn a_thread_goes_out_part_by_part_and_link_and_deadline_stand_in_the_first() {
    let world = world().await;
    world.round().await;
    assert_whole(&world, "a good day").await;
    let copies = standing(&world);
    assert!(copies[0].original.text.contains("https://"), "{:#?}", copies[0]);
    assert!(copies[0].original.text.contains("Apply by"), "{:#?}", copies[0]);
    assert!(copies[1..].iter().all(|copy| !copy.original.text.contains("https://")));
    assert!(copies.iter().all(|copy| copy.original.text.chars().count() <= 500));
    let key = world.announcement("mastodon").await.key;
    let steps = world.ledger.steps(key, 1).await.unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(names, ["part 1", "part 2", "part 3", "part 4"]);
    let attempts = world.announcement("mastodon").await.attempts;
    world.settle_down().await;
    assert_whole(&world, "later").await;
    assert_eq!(world.announcement("mastodon").await.attempts, attempts);
}

#[tokio::test]
async fn whatever_fails_at_whichever_part_each_is_there_once() {
    let faults = [
        Fault::StoreThenDrop,
        Fault::DropBeforeStoring,
        Fault::StoreThenStatus(502),
        Fault::StoreThenGarbage,
        Fault::RateLimited {
            wait: Duration::from_secs(60),
            style: RateLimitStyle::RetryAfterSeconds,
        },
        Fault::RefuseBeforeStoring { status: 422, headers: Vec::new(), body: "{}".to_owned() },
    ];
    for at in 0..PARTS {
        for fault in &faults {
            if at == 0 && matches!(fault, Fault::RefuseBeforeStoring { .. }) {
                // Nothing is there: it is refused as a whole.
                continue;
            }
            let world = world().await;
            let queue = world.stand_ins.mastodon[0].faults();
            (0..at).for_each(|_| queue.push(Fault::Delay(Duration::ZERO)));
            queue.push(fault.clone());
            world.round().await;
            let state = world.announcement("mastodon").await.state;
            let nothing_there = at == 0 && matches!(fault, Fault::RateLimited { .. });
            let expected = if nothing_there { State::Planned } else { State::Unknown };
            assert_eq!(state, expected, "part {} {fault:?}", at + 1);
            world.settle_down().await;
            assert_whole(&world, &format!("part {} {fault:?}", at + 1)).await;
        }
    }
}

/// A world in which the first part is out, and the rest is not.
async fn half_out() -> World {
    let world = world().await;
    let queue = world.stand_ins.mastodon[0].faults();
    queue.push(Fault::Delay(Duration::ZERO));
    queue.push(Fault::DropBeforeStoring);
    world.round().await;
    assert_eq!(standing(&world).len(), 1);
    let receipt = world.announcement("mastodon").await.receipt.unwrap();
    assert_eq!(
        receipt.remote_id.as_ref(),
        Some(&standing(&world)[0].id),
        "it is on record at once"
    );
    world
}

#[tokio::test]
async fn half_a_thread_whose_page_vanishes_stays_until_somebody_says_so_as_any_copy_does() {
    let mut world = half_out().await;
    world.remove_page().await;
    for _ in 0..5 {
        world.wait(60 * 24);
        world.round().await;
    }
    assert_eq!(standing(&world).len(), 1, "nothing is added, and nothing taken away");
    assert_eq!(world.announcement("mastodon").await.state, State::Planned);
    let id = world.announcement("mastodon").await.name.posting;
    world.ledger.withdraw(&id, Some(world.now()), world.now()).await.unwrap();
    for _ in 0..2 {
        world.round().await;
    }
    assert_eq!(standing(&world), [], "{:#?}", world.deliveries("mastodon").await);
    assert_eq!(world.copies("mastodon").len(), 1);
}

#[tokio::test]
async fn an_ad_that_closes_while_half_of_it_is_out_is_taken_back() {
    let mut world = half_out().await;
    // The rest is known to be missing, and waits; then the ad closes.
    world.stand_ins.mastodon[0].faults().push(Fault::RateLimited {
        wait: Duration::from_secs(24 * 3600),
        style: RateLimitStyle::RetryAfterSeconds,
    });
    world.change("title: \"PhD", "draft: true\ntitle: \"PhD").await;
    for _ in 0..8 {
        world.wait(60 * 24);
        world.round().await;
    }
    assert_eq!(standing(&world), [], "{:#?}", world.deliveries("mastodon").await);
}

fn ids(copies: &[StoredCopy]) -> Vec<String> {
    copies.iter().map(|it| it.id.clone()).collect()
}

/// What stands is one thread, and the ledger knows all of it; returns how many parts.
async fn assert_one_thread(world: &World, what: &str) -> usize {
    let copies = standing(world);
    for pair in copies.windows(2) {
        assert_eq!(pair[1].answers.as_ref(), Some(&pair[0].id), "{what}: {copies:#?}");
    }
    let receipt = world.announcement("mastodon").await.receipt.unwrap();
    let known: Vec<String> = receipt.remote_id.into_iter().chain(receipt.parts).collect();
    assert_eq!(known, ids(&copies), "{what}");
    copies.len()
}

/// Takes the paragraph about waves out of the page, and returns it.
pub async fn without_waves(world: &mut World) -> String {
    let text = std::fs::read_to_string(world.folder.path(PAGE)).unwrap();
    let waves = text.split("\n\n").find(|it| it.starts_with("Waves")).unwrap().to_owned();
    world.change(&format!("{waves}\n\n"), "").await;
    waves
}

#[tokio::test]
async fn an_edit_changes_each_part_and_removes_what_is_less() {
    let mut world = world().await;
    world.round().await;
    let before = standing(&world);
    world.change("Currents rise", "Seas rise").await;
    world.settle_down().await;
    let after = standing(&world);
    assert_eq!(ids(&before), ids(&after));
    assert!(after.last().unwrap().edits.last().unwrap().text.contains("Seas rise"), "{after:#?}");

    // One paragraph less is one part less.
    without_waves(&mut world).await;
    world.settle_down().await;
    assert_eq!(assert_one_thread(&world, "less").await, PARTS - 1);

    world.change("title: \"PhD", "draft: true\ntitle: \"PhD").await;
    for _ in 0..6 {
        world.wait(60 * 24);
        world.round().await;
    }
    assert_eq!(standing(&world), [], "all parts are taken back");
}

#[tokio::test]
async fn what_an_edit_has_more_goes_on_from_the_last_part_once_whatever_fails() {
    let faults = [
        None,
        Some(Fault::StoreThenDrop),
        Some(Fault::DropBeforeStoring),
        Some(Fault::StoreThenStatus(502)),
        Some(Fault::StoreThenGarbage),
        Some(Fault::RateLimited {
            wait: Duration::from_secs(60),
            style: RateLimitStyle::RetryAfterSeconds,
        }),
    ];
    for fault in faults {
        let what = format!("{fault:?}");
        let mut world = world().await;
        world.round().await;
        let waves = without_waves(&mut world).await;
        world.settle_down().await;
        let before = standing(&world);
        // Two paragraphs more are two parts more; the first of them is the one in doubt.
        if let Some(fault) = fault {
            world.stand_ins.mastodon[0].faults().push(fault);
        }
        let storms = waves.replace("Waves", "Storms");
        world.change("\n\nTides rise", &format!("\n\n{storms}\n\n{waves}\n\nTides rise")).await;
        world.settle_down().await;
        assert_eq!(assert_one_thread(&world, &what).await, PARTS + 1, "{what}");
        let after = standing(&world);
        assert_eq!(ids(&after)[..PARTS - 1], ids(&before), "{what}");
        assert_eq!(world.copies("mastodon").len(), PARTS + 2, "{what}: each was made once");
        let words = after.iter().map(|copy| copy.current().text.clone()).collect::<Vec<_>>();
        let at = |topic: &str| words.iter().position(|it| it.contains(topic));
        assert!(at("Storms rise") < at("Waves rise"), "{what}: {words:#?}");
        assert!(at("Waves rise") < at("Tides rise"), "{what}: {words:#?}");
        let seen = world.courier(&world.ledger).verify(super::Wanted::default()).await.unwrap();
        assert_eq!(seen[0].copy, Some(CopyState::Edited), "{what}: {seen:#?}");
        // It is taken back whole.
        world.change("title: \"PhD", "draft: true\ntitle: \"PhD").await;
        world.settle_down().await;
        assert_eq!(standing(&world), [], "{what}");
    }
}

#[tokio::test]
async fn a_page_that_changes_back_while_parts_are_added_leaves_one_thread() {
    let mut world = world().await;
    world.round().await;
    let waves = without_waves(&mut world).await;
    world.settle_down().await;
    // The first of two new parts is there, and the other one put off.
    put_off(world.stand_ins.mastodon[0].faults(), 1);
    let storms = waves.replace("Waves", "Storms");
    let more = format!("\n\n{storms}\n\n{waves}\n\nTides rise");
    world.change("\n\nTides rise", &more).await;
    world.round().await;
    assert_eq!(standing(&world).len(), PARTS, "half of it is there");
    world.change(&more, "\n\nTides rise").await;
    world.settle_down().await;
    assert_eq!(assert_one_thread(&world, "back").await, PARTS - 1);
}

#[tokio::test]
async fn a_part_that_somebody_takes_away_is_seen() {
    let world = world().await;
    world.round().await;
    let third = standing(&world)[2].id.clone();
    world.stand_ins.mastodon[0].remove(&third);
    let seen = world.courier(&world.ledger).verify(super::Wanted::default()).await.unwrap();
    assert_eq!(seen[0].copy, Some(CopyState::Altered), "{seen:#?}");
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_goes_on_later() {
    let world = world().await;
    let queue = world.stand_ins.mastodon[0].faults();
    queue.push(Fault::Delay(Duration::ZERO));
    queue.push(Fault::Delay(Duration::from_secs(2)));
    let round = world.round();
    let clock = async {
        // The second part is on its way; the third comes too late.
        while world.copies("mastodon").len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.wait(3);
    };
    futures_util::future::join(round, clock).await;
    assert_eq!(world.announcement("mastodon").await.state, State::Unknown);
    world.settle_down().await;
    assert_whole(&world, "after the send-by").await;
}

/// Closes the ad, or opens it again.
async fn close(world: &mut World) {
    world.change("title: \"PhD", "draft: true\ntitle: \"PhD").await;
}

async fn reopen(world: &mut World) {
    world.change("draft: true\n", "").await;
}

/// So many requests go well, then one is put off.
fn put_off(faults: &handbill::rehearsal::fault::Faults, after: usize) {
    (0..after).for_each(|_| faults.push(Fault::Delay(Duration::ZERO)));
    let style = RateLimitStyle::RetryAfterSeconds;
    faults.push(Fault::RateLimited { wait: Duration::from_secs(600), style });
}

/// Who opens the link that she is told may see the first part alone.
#[tokio::test]
async fn who_is_asked_to_take_a_thread_down_is_told_all_of_its_parts() {
    let mut world = world_that_closes_by("manual").await;
    world.round().await;
    close(&mut world).await;
    world.settle_down().await;
    let errand = world.the(Occasion::Close, "mastodon").await;
    assert_eq!(errand.state, State::Asked, "{errand:#?}");
    let attempt = world.ledger.last_attempt(errand.key).await.unwrap().unwrap();
    let Wire::Errand { text } = attempt.carried.unwrap().wire else { panic!() };
    let copies = standing(&world);
    assert!(text.contains(copies[0].link.as_ref().unwrap().as_str()), "{text}");
    for part in &copies[1..] {
        assert!(text.contains(&part.id), "{text}");
    }
}

#[tokio::test]
async fn a_page_that_changes_back_while_an_edit_is_half_done_changes_the_thread_back() {
    let mut world = world().await;
    world.round().await;
    let first = |world: &World| standing(world)[0].current().text.clone();
    let original = first(&world);
    put_off(world.stand_ins.mastodon[0].change_faults(), 1);
    world.change("PhD position in Tides", "PhD position in Waves").await;
    world.round().await;
    assert!(first(&world).contains("in Waves"), "half of the edit is done");
    let another = |world: &mut World| put_off(world.stand_ins.mastodon[0].change_faults(), 1);
    another(&mut world);
    world.change("PhD position in Waves", "PhD position in Storms").await;
    world.wait(30);
    world.round().await;
    assert!(first(&world).contains("in Storms"), "half of the next");
    world.change("PhD position in Storms", "PhD position in Waves").await;
    world.settle_down().await;
    assert!(first(&world).contains("in Waves"), "{}", first(&world));

    put_off(world.stand_ins.mastodon[0].change_faults(), 1);
    world.change("PhD position in Waves", "PhD position in Storms").await;
    world.round().await;
    assert!(first(&world).contains("in Storms"), "half done again");
    world.change("PhD position in Storms", "PhD position in Waves").await;
    world.settle_down().await;
    assert!(first(&world).contains("in Waves"), "as the page says, and as the rest does");
    world.change("PhD position in Waves", "PhD position in Tides").await;
    world.settle_down().await;
    assert_eq!(first(&world), original);
}

#[tokio::test]
async fn an_ad_that_opens_again_while_half_of_it_is_taken_back_is_whole_again() {
    let mut world = world().await;
    world.round().await;
    put_off(world.stand_ins.mastodon[0].change_faults(), 2);
    close(&mut world).await;
    world.round().await;
    let left = standing(&world);
    assert_eq!(left.len(), PARTS - 2);
    reopen(&mut world).await;
    world.settle_down().await;
    assert_eq!(assert_one_thread(&world, "open again").await, PARTS);
    assert_eq!(ids(&standing(&world))[..PARTS - 2], ids(&left), "what was left stays");
    assert_eq!(world.copies("mastodon").len(), PARTS + 2);
}
