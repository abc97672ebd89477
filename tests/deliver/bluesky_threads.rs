//! Threads on Bluesky: whole or not at all, each post an answer to the one before it, and all of
//! them follow what becomes of the ad (promises 1, 2, 4, 5 and 7).

use handbill::adapt::Occasion;
use handbill::ledger::{CopyState, State};
use handbill::rehearsal::copies::StoredCopy;
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::mastodon::KeyPolicy;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::{PAGE, World, folder, steps};

async fn world() -> World {
    let folder = folder(&["bluesky"]);
    folder.write(PAGE, steps::page());
    let file = folder.read("channels/bluesky.toml");
    let policies = "thread = \"numbered\"\nupdate = \"replace\"\nclose = \"withdraw\"\n";
    folder.write("channels/bluesky.toml", format!("{policies}{file}"));
    World::of(folder, KeyPolicy::Honoured).await
}

fn standing(world: &World) -> Vec<StoredCopy> {
    world.copies("bluesky").into_iter().filter(StoredCopy::stands).collect()
}

fn record(copy: &StoredCopy) -> Value {
    serde_json::from_str(&copy.current().raw).unwrap()
}

/// The posts that stand are one thread, and the ledger knows them all; returns how many.
async fn assert_whole(world: &World, what: &str) -> usize {
    let copies = standing(world);
    let receipt = world.announcement("bluesky").await.receipt.unwrap();
    let known: Vec<&str> = receipt
        .remote_id
        .iter()
        .chain(&receipt.parts)
        .map(|id| id.split('/').next().unwrap())
        .collect();
    let keys: Vec<&str> = copies.iter().map(|copy| copy.id.as_str()).collect();
    assert_eq!(known, keys, "{what}");
    assert!(keys.is_sorted(), "{what}: {keys:?}");
    let shown = |copy: &StoredCopy| {
        let cid = handbill::channel::bluesky::link_of(&record(copy)).unwrap();
        (format!("at://{DID}/app.bsky.feed.post/{}", copy.id), cid)
    };
    let names = |reply: &Value| {
        let text = |name: &str| reply[name].as_str().unwrap().to_owned();
        (text("uri"), text("cid"))
    };
    for pair in copies.windows(2) {
        let reply = &record(&pair[1])["reply"];
        assert_eq!(names(&reply["root"]), shown(&copies[0]), "{what}");
        assert_eq!(names(&reply["parent"]), shown(&pair[0]), "{what}");
    }
    for copy in &copies {
        let text = &copy.current().text;
        assert!(text.graphemes(true).count() <= 300 && text.len() <= 3000, "{what}: {text}");
        assert_eq!(record(copy)["langs"], serde_json::json!(["en"]), "{what}");
    }
    world.ledger.verify_chain().await.unwrap();
    copies.len()
}

/// The account of the channel.
const DID: &str = "did:plc:tidaltidaltidaltidaltida";

#[tokio::test]
async fn a_thread_is_there_at_once_and_link_and_deadline_stand_in_its_first_post() {
    let world = world().await;
    world.round().await;
    let count = assert_whole(&world, "a good day").await;
    assert!(count > 4, "{count} posts");
    let copies = standing(&world);
    assert!(copies[0].current().text.contains("Apply by"), "{:#?}", copies[0]);
    assert!(record(&copies[0])["embed"].is_object(), "the card is on the first one");
    for (number, copy) in (2..).zip(&copies[1..]) {
        assert!(copy.current().text.ends_with(&format!("\n\n{number}/{count}")), "{copy:#?}");
        assert!(record(copy).get("embed").is_none(), "{copy:#?}");
    }
    let seen = world.courier(&world.ledger).verify(super::Wanted::default()).await.unwrap();
    assert_eq!(seen[0].copy, Some(CopyState::Live), "{seen:#?}");
    let before = standing(&world);
    world.settle_down().await;
    assert_eq!(standing(&world), before);
}

#[tokio::test]
async fn whatever_becomes_of_the_answer_there_is_one_thread() {
    for fault in [
        Fault::StoreThenDrop,
        Fault::DropBeforeStoring,
        Fault::StoreThenStatus(502),
        Fault::StoreThenGarbage,
    ] {
        let world = world().await;
        world.stand_ins.bluesky[0].faults().push(fault.clone());
        world.round().await;
        assert_eq!(world.announcement("bluesky").await.state, State::Unknown, "{fault:?}");
        world.settle_down().await;
        assert_eq!(world.announcement("bluesky").await.state, State::Posted, "{fault:?}");
        let count = assert_whole(&world, &format!("{fault:?}")).await;
        assert_eq!(world.copies("bluesky").len(), count, "{fault:?}");
    }
}

#[tokio::test]
async fn a_changed_thread_is_replaced_whole_and_taken_back_whole() {
    for fault in [None, Some(Fault::StoreThenDrop), Some(Fault::DropBeforeStoring)] {
        let what = format!("{fault:?}");
        let mut world = world().await;
        world.round().await;
        let before = standing(&world);
        if let Some(fault) = &fault {
            world.stand_ins.bluesky[0].change_faults().push(fault.clone());
        }
        // A paragraph less, and other words.
        let text = std::fs::read_to_string(world.folder.path(PAGE)).unwrap();
        let waves = text.split("\n\n").find(|it| it.starts_with("Waves")).unwrap().to_owned();
        world.change(&format!("{waves}\n\n"), "").await;
        world.settle_down().await;
        let count = assert_whole(&world, &what).await;
        assert!(count < before.len(), "{what}: {count}");
        world.change("\n\nTides rise", &format!("\n\n{waves}\n\nTides rise")).await;
        world.settle_down().await;
        assert_eq!(assert_whole(&world, &what).await, before.len(), "{what}");
        assert_eq!(world.announcement("bluesky").await.copy, Some(CopyState::Edited), "{what}");

        if let Some(fault) = &fault {
            world.stand_ins.bluesky[0].change_faults().push(fault.clone());
        }
        world.change("title: \"PhD", "draft: true\ntitle: \"PhD").await;
        world.settle_down().await;
        assert_eq!(standing(&world), [], "{what}: {:#?}", world.deliveries("bluesky").await);
    }
}

#[tokio::test]
async fn a_thread_of_which_somebody_took_a_part_is_seen_and_not_replaced() {
    let mut world = world().await;
    world.round().await;
    let part = standing(&world)[2].id.clone();
    world.stand_ins.bluesky[0].remove(&part);
    let seen = world.courier(&world.ledger).verify(super::Wanted::default()).await.unwrap();
    assert_eq!(seen[0].copy, Some(CopyState::Altered), "{seen:#?}");
    let left = standing(&world);
    world.change("Currents rise", "Seas rise").await;
    world.settle_down().await;
    let update = world.the(Occasion::Update, "bluesky").await;
    assert_eq!(update.state, State::Refused, "{update:#?}");
    assert!(update.reason.contains(&part), "{}", update.reason);
    assert_eq!(standing(&world), left);
    // What is left of it is taken back with the ad.
    world.change("title: \"PhD", "draft: true\ntitle: \"PhD").await;
    world.settle_down().await;
    assert_eq!(standing(&world), [], "{:#?}", world.deliveries("bluesky").await);
}
