//! One channel's trouble stays its own.

use std::time::{Duration, Instant};

use handbill::channel::Receipt;
use handbill::ledger::{Delivery, Resolution, State};
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::smtp::MailFault;

use super::World;

#[tokio::test]
async fn a_channel_that_stalls_delays_no_other() {
    let world =
        World::with(&["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"]).await;
    let stall = Duration::from_secs(3);
    world.stand_ins.mastodon[0].faults().push(Fault::Delay(stall));
    let began = Instant::now();
    let others = async {
        loop {
            let mut posted = 0;
            for channel in ["x", "board", "feed", "list"] {
                let deliveries = world.deliveries(channel).await;
                posted += deliveries.iter().filter(|it| it.state == State::Posted).count();
            }
            if posted == 4 {
                return began.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (round, others_took) = tokio::join!(world.round(), others);
    assert!(began.elapsed() >= stall);
    assert!(others_took < stall, "the others waited {others_took:?}");
    assert!(round.done.iter().all(|it| it.state == State::Posted), "{round:#?}");
    for channel in ["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"] {
        world.assert_posted_once(channel).await;
    }
}

/// A search that hangs is as slow as a request that hangs.
#[tokio::test]
async fn a_channel_that_is_slow_to_say_what_it_has_delays_no_other() {
    let mut world = World::with(&["mastodon", "board"]).await;
    world.stand_ins.mastodon[0].faults().push(Fault::StoreThenDrop);
    world.round().await;
    assert_eq!(world.announcement("mastodon").await.state, State::Unknown);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
    super::refusals::address_mastodon(&mut world, address);
    world.change("fourteen harbours", "fifteen harbours").await;
    world.wait(1);
    // Taken in and never answered, until the change has reached the board.
    let edited = async {
        let (stream, _) = silent.accept().await.unwrap();
        let began = Instant::now();
        while world.copies("board")[0].edits.is_empty() && began.elapsed() < Duration::from_secs(10)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop((stream, silent));
        world.copies("board")[0].edits.len()
    };
    let (_, edits) = tokio::join!(world.round(), edited);
    assert_eq!(edits, 1, "the board waited for Mastodon");
    assert_eq!(world.announcement("mastodon").await.state, State::Unknown);
}

#[tokio::test]
async fn every_channel_in_trouble_at_once_ends_with_one_copy_each() {
    let world =
        World::with(&["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"]).await;
    world.stand_ins.mastodon[0].faults().push(Fault::StoreThenDrop);
    world.stand_ins.x[0].faults().push(Fault::DropBeforeStoring);
    world.stand_ins.boards[0].faults().push(Fault::StoreThenStatus(502));
    world.stand_ins.mail[0].faults().push(MailFault::StoreThenDrop);
    world.round().await;
    world.settle_down().await;
    for channel in ["mastodon", "x", "linkedin", "bluesky", "board", "feed", "list"] {
        world.assert_posted_once(channel).await;
    }
}

#[tokio::test]
async fn what_cannot_be_prepared_says_so_in_every_round_and_holds_nothing_else_up() {
    let folder = super::folder(&["mastodon", "board"]);
    folder.write("channels/mastodon.toml", format!("{}limit = 20\n", super::MASTODON));
    let keys = handbill::rehearsal::mastodon::KeyPolicy::Honoured;
    let world = World::of(folder, keys).await;
    for _ in 0..3 {
        let round = world.round().await;
        assert_eq!(round.problems.len(), 1, "{round:#?}");
        world.wait(60);
    }
    let waits = world.announcement("mastodon").await;
    assert_eq!((waits.state, waits.attempts), (State::Planned, 0));
    assert!(waits.reason.contains("20"), "the log says why: {:?}", waits.reason);
    assert_eq!(world.copies("board").len(), 1);
    world.ledger.verify_chain().await.unwrap();
}

/// What cannot be prepared is written down as well, and the receipt of the ad before it waits for
/// none of that.
#[tokio::test]
async fn a_receipt_is_on_disk_before_it_is_said_that_the_next_ad_cannot_be_prepared() {
    let folder = super::folder(&["mastodon"]);
    let template = "{{ title }} {{ link }}{% if 'unfit' in link %}{{ no.such.thing }}{% endif %}";
    folder.write("templates/mastodon/status.txt.j2", template);
    let page = folder.read(super::PAGE);
    for number in 1..=3 {
        let unfit = page.replace("  id: tides\n", &format!("  id: tides-{number}\n"));
        folder.write(&format!("content/jobs/unfit-{number}.md"), unfit);
    }
    let keys = handbill::rehearsal::mastodon::KeyPolicy::Honoured;
    let world = World::of(folder, keys).await;
    let round = world.round().await;
    assert_eq!(round.problems.len(), 3, "{round:#?}");
    assert_eq!(world.copies("mastodon").len(), 1);
    let events = world.ledger.events(0, 1000).await.unwrap();
    let place = |what: &str| events.iter().position(|event| event.what == what).unwrap();
    assert!(place("posted") < place("held back"), "{events:#?}");
}

/// Two channels, `mastodon` and `again`, that say the same on one account.
async fn two_on_one_account() -> World {
    let folder = super::folder(&["mastodon"]);
    folder.write("channels/again.toml", super::MASTODON);
    let keys = handbill::rehearsal::mastodon::KeyPolicy::Honoured;
    let mut world = World::of(folder, keys).await;
    let account = world.stand_ins.mastodon[0].url();
    super::refusals::address_mastodon(&mut world, account);
    world
}

/// Two channels on one account say the same: the neighbour's copy is no proof of one's own, and no
/// reason to ask a person either. Each makes its own.
#[tokio::test]
async fn a_neighbours_copy_is_not_taken_for_ones_own() {
    let world = two_on_one_account().await;
    world.stand_ins.mastodon[0].faults().push(Fault::DropBeforeStoring);
    world.round().await;
    world.settle_down().await;
    let mut states = Vec::new();
    for channel in ["mastodon", "again"] {
        states.push(world.announcement(channel).await);
    }
    assert_eq!((states[0].state, states[1].state), (State::Posted, State::Posted));
    let link = |delivery: &Delivery| delivery.receipt.as_ref().and_then(|it| it.link.clone());
    assert_ne!(link(&states[0]), link(&states[1]));
    assert_eq!(world.stand_ins.mastodon[0].copies().len(), 2);
}

/// A person who says whose copy it is may know no more than its link.
#[tokio::test]
async fn a_neighbours_copy_that_a_person_named_by_its_link_is_not_taken_for_ones_own() {
    let world = two_on_one_account().await;
    for fault in [Fault::StoreThenDrop, Fault::DropBeforeStoring] {
        world.stand_ins.mastodon[0].faults().push(fault);
    }
    world.round().await;
    let copies = world.stand_ins.mastodon[0].copies();
    assert_eq!(copies.len(), 1, "{copies:#?}");
    let link = copies[0].link.clone();
    let receipt = Receipt { link: link.clone(), ..Receipt::default() };
    let key = world.announcement("mastodon").await.key;
    world.ledger.resolve(key, &Resolution::Posted(receipt), world.now()).await.unwrap();
    world.settle_down().await;
    let again = world.announcement("again").await;
    assert_ne!(again.receipt.and_then(|it| it.link), link);
}
