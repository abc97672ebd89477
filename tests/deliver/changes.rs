//! The page changes, closes, opens again, while things go wrong.

use handbill::adapt::Occasion;
use handbill::channel::Receipt;
use handbill::ledger::{CopyState, Resolution, State};
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::smtp::MailFault;

use super::World;

const BEFORE: &str = "June 2027";
const AFTER: &str = "July 2027";

fn says(world: &World, channel: &str) -> String {
    world.copies(channel)[0].current().raw.clone()
}

#[tokio::test]
async fn an_edit_whose_answer_was_lost_is_repeated_harmlessly() {
    for fault in [Fault::StoreThenDrop, Fault::DropBeforeStoring, Fault::StoreThenStatus(502)] {
        let mut world = World::with(&["mastodon", "board"]).await;
        world.round().await;
        world.stand_ins.mastodon[0].change_faults().push(fault.clone());
        world.stand_ins.boards[0].change_faults().push(fault.clone());
        world.change(BEFORE, AFTER).await;
        world.round().await;
        for channel in ["mastodon", "board"] {
            let update = world.the(Occasion::Update, channel).await;
            assert_eq!(update.state, State::Unknown, "{channel} {fault:?}");
        }
        world.wait(1);
        world.round().await;
        for channel in ["mastodon", "board"] {
            assert_eq!(world.the(Occasion::Update, channel).await.state, State::Posted);
            assert!(says(&world, channel).contains(AFTER), "{channel} {fault:?}");
            assert_eq!(world.announcement(channel).await.copy, Some(CopyState::Edited));
            world.assert_posted_once(channel).await;
        }
    }
}

/// The lost request goes out again as it was; the copy then follows the page.
#[tokio::test]
async fn a_page_that_changed_while_the_outcome_was_unknown_reaches_the_copy() {
    for channel in ["mastodon", "board"] {
        let mut world = World::with(&[channel]).await;
        let faults = match channel {
            "board" => world.stand_ins.boards[0].faults(),
            _ => world.stand_ins.mastodon[0].faults(),
        };
        faults.push(Fault::DropBeforeStoring);
        world.round().await;
        world.change(BEFORE, AFTER).await;
        world.settle_down().await;
        assert_eq!(world.copies(channel).len(), 1);
        assert!(says(&world, channel).contains(AFTER), "{}", says(&world, channel));
        assert_eq!(world.announcement(channel).await.state, State::Posted);
    }
}

#[tokio::test]
async fn a_page_that_changed_during_a_deferral_goes_out_once_in_its_new_words() {
    let mut world = World::with(&["mastodon"]).await;
    world.stand_ins.mastodon[0].faults().push(Fault::RateLimited {
        wait: std::time::Duration::from_secs(600),
        style: handbill::rehearsal::fault::RateLimitStyle::RetryAfterSeconds,
    });
    world.round().await;
    world.change(BEFORE, AFTER).await;
    world.wait(15);
    world.round().await;
    world.assert_posted_once("mastodon").await;
    let copy = &world.copies("mastodon")[0];
    assert!(copy.original.raw.contains(AFTER), "{copy:#?}");
    assert!(copy.edits.is_empty());
}

#[tokio::test]
async fn taking_a_copy_back_twice_does_no_harm() {
    let mut world = World::with(&["mastodon", "x"]).await;
    world.round().await;
    world.stand_ins.mastodon[0].change_faults().push(Fault::StoreThenDrop);
    world.stand_ins.x[0].change_faults().push(Fault::StoreThenDrop);
    world.change("job:\n", "job:\n  closed: true\n").await;
    world.round().await;
    for channel in ["mastodon", "x"] {
        assert_eq!(world.the(Occasion::Close, channel).await.state, State::Unknown);
    }
    world.settle_down().await;
    for channel in ["mastodon", "x"] {
        assert_eq!(world.the(Occasion::Close, channel).await.state, State::Posted);
        assert_eq!(world.announcement(channel).await.copy, Some(CopyState::Withdrawn));
        let copies = world.copies(channel);
        assert_eq!(copies.len(), 1);
        assert!(!copies[0].stands());
    }
    world.ledger.verify_chain().await.unwrap();
}

/// Somebody else removed the copy before we did: what was asked is done.
#[tokio::test]
async fn taking_back_what_is_gone_has_done_what_was_asked() {
    let mut world = World::with(&["mastodon", "board"]).await;
    world.round().await;
    world.stand_ins.mastodon[0].remove(&world.copies("mastodon")[0].id);
    world.stand_ins.boards[0].remove(&world.copies("board")[0].id);
    world.change("job:\n", "job:\n  closed: true\n").await;
    world.round().await;
    for channel in ["mastodon", "board"] {
        assert_eq!(world.the(Occasion::Close, channel).await.state, State::Posted, "{channel}");
    }
}

#[tokio::test]
async fn an_ad_that_closed_while_its_outcome_was_unknown_leaves_no_copy_behind() {
    for fault in [Fault::StoreThenDrop, Fault::DropBeforeStoring] {
        let mut world = World::with(&["mastodon"]).await;
        world.stand_ins.mastodon[0].faults().push(fault);
        world.round().await;
        world.change("job:\n", "job:\n  closed: true\n").await;
        world.settle_down().await;
        assert!(world.copies("mastodon").iter().all(|copy| !copy.stands()));
        let announcement = world.announcement("mastodon").await;
        assert!(matches!(announcement.state, State::Posted | State::Cancelled));
    }
}

#[tokio::test]
async fn a_reminder_that_was_called_off_comes_when_the_ad_is_open_again() {
    let folder = super::folder(&["mastodon"]);
    folder.write("channels/mastodon.toml", format!("remind = [\"7d\"]\n{}", super::MASTODON));
    let keys = handbill::rehearsal::mastodon::KeyPolicy::Honoured;
    let mut world = World::of(folder, keys).await;
    world.round().await;
    world.round().await;
    assert_eq!(world.the(Occasion::Remind, "mastodon").await.state, State::Planned);
    world.change("job:\n", "draft: true\njob:\n").await;
    world.round().await;
    assert_eq!(world.the(Occasion::Remind, "mastodon").await.state, State::Cancelled);
    world.change("draft: true\n", "").await;
    world.round().await;
    world.round().await;
    assert_eq!(world.the(Occasion::Remind, "mastodon").await.state, State::Planned);
    world.wait(54 * 24 * 60);
    world.round().await;
    assert_eq!(world.the(Occasion::Remind, "mastodon").await.state, State::Posted);
}

#[tokio::test]
async fn a_person_is_asked_once_and_the_link_that_they_record_is_the_receipt() {
    let mut world = World::with(&["office"]).await;
    assert_eq!(world.round().await.done.len(), 1);
    let asked = world.announcement("office").await;
    assert_eq!(asked.state, State::Asked);
    world.settle_down().await;
    assert_eq!(world.announcement("office").await.attempts, 1);
    let link: url::Url = "https://careers.example/ads/17".parse().unwrap();
    world.ledger.record(asked.key, &link, world.now()).await.unwrap();
    world.settle_down().await;
    let posted = world.announcement("office").await;
    assert_eq!((posted.state, posted.attempts), (State::Posted, 1));
    assert_eq!(posted.receipt.unwrap().link, Some(link));

    world.change(BEFORE, AFTER).await;
    world.settle_down().await;
    let errand = world.the(Occasion::Update, "office").await;
    assert_eq!((errand.state, errand.attempts), (State::Asked, 1));
    let done = Resolution::Posted(Receipt::default());
    world.ledger.resolve(errand.key, &done, world.now()).await.unwrap();
    assert_eq!(world.announcement("office").await.copy, Some(CopyState::Edited));
    world.settle_down().await;
    assert_eq!(world.deliveries("office").await.len(), 2);
    world.ledger.verify_chain().await.unwrap();
}

/// A person found the copy and knows its link, but not its id.
async fn change_of_a_copy_without_id(channel: &str, fault: fn(&World)) {
    let mut world = World::with(&[channel]).await;
    fault(&world);
    world.round().await;
    let unknown = world.announcement(channel).await;
    let link: url::Url = "https://copies.example/17".parse().unwrap();
    let posted = Resolution::Posted(Receipt { link: Some(link.clone()), ..Receipt::default() });
    world.ledger.resolve(unknown.key, &posted, world.now()).await.unwrap();
    world.change(BEFORE, AFTER).await;
    let round = world.round().await;
    assert!(round.problems.is_empty(), "{round:#?}");
    let errand = world.the(Occasion::Update, channel).await;
    assert_eq!(errand.state, State::Asked);
    let attempt = world.ledger.last_attempt(errand.key).await.unwrap().unwrap();
    let Some(handbill::channel::Wire::Errand { text }) = attempt.carried.map(|it| it.wire) else {
        panic!("no errand");
    };
    assert!(text.contains(link.as_str()) && text.contains(AFTER), "{text}");
}

#[tokio::test]
async fn a_status_that_cannot_be_addressed_is_an_errand_for_a_person() {
    let fault = |world: &World| world.stand_ins.mastodon[0].faults().push(Fault::StoreThenDrop);
    change_of_a_copy_without_id("mastodon", fault).await;
}

#[tokio::test]
async fn an_entry_of_a_board_that_cannot_be_addressed_is_an_errand_for_a_person() {
    let fault = |world: &World| world.stand_ins.boards[0].faults().push(Fault::StoreThenDrop);
    change_of_a_copy_without_id("board", fault).await;
}

#[tokio::test]
async fn a_mail_that_a_person_found_is_answered_in_its_thread() {
    let mut world = World::with(&["list"]).await;
    world.stand_ins.mail[0].faults().push(MailFault::StoreThenDrop);
    world.round().await;
    let unknown = world.announcement("list").await;
    let link: url::Url = "https://lists.example/archives/17".parse().unwrap();
    let posted = Resolution::Posted(Receipt { link: Some(link), ..Receipt::default() });
    world.ledger.resolve(unknown.key, &posted, world.now()).await.unwrap();
    world.change(BEFORE, AFTER).await;
    world.settle_down().await;
    let copies = world.copies("list");
    assert_eq!(copies.len(), 2);
    assert_eq!(copies[1].answers.as_ref(), Some(&copies[0].id));
}
