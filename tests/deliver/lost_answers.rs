//! An answer is lost: exactly one copy, and it is found again.

use handbill::channel::ChannelName;
use handbill::ledger::State;
use handbill::rehearsal::fault::{Fault, Faults};
use handbill::rehearsal::mastodon::KeyPolicy;
use handbill::rehearsal::smtp::{Archiving, MailFault};

use super::World;

/// What a channel does to a request that it stored, or lost.
const STORED: [Fault; 4] = [
    Fault::StoreThenDrop,
    Fault::StoreThenStatus(500),
    Fault::StoreThenGarbage,
    Fault::StoreThenHalfBody,
];

fn faults<'a>(world: &'a World, channel: &str) -> &'a Faults {
    match channel {
        "mastodon" => world.stand_ins.mastodon[0].faults(),
        "x" => world.stand_ins.x[0].faults(),
        "bluesky" => world.stand_ins.bluesky[0].faults(),
        "linkedin" => world.stand_ins.linkedin[0].faults(),
        "board" => world.stand_ins.boards[0].faults(),
        other => panic!("no faults for {other}"),
    }
}

async fn stored_but_not_answered(world: World, channel: &str, fault: Fault) {
    faults(&world, channel).push(fault.clone());
    world.round().await;
    assert_eq!(world.announcement(channel).await.state, State::Unknown, "{channel}: {fault:?}");
    world.wait(1);
    world.round().await;
    world.assert_posted_once(channel).await;
}

async fn lost_before_it_arrived(world: World, channel: &str) {
    faults(&world, channel).push(Fault::DropBeforeStoring);
    world.round().await;
    assert_eq!(world.announcement(channel).await.state, State::Unknown);
    // It may still arrive: nothing is sent in its place yet.
    world.wait(5);
    world.round().await;
    assert_eq!(world.copies(channel).len(), 0);
    assert_eq!(world.announcement(channel).await.state, State::Unknown);
    world.wait(15);
    world.round().await;
    let attempts = world.ledger.attempts(world.announcement(channel).await.key).await.unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0].carried, attempts[1].carried, "the very same bytes go out again");
    world.assert_posted_once(channel).await;
}

#[tokio::test]
async fn a_stored_ad_whose_answer_was_lost_is_found_and_not_posted_again() {
    for channel in ["mastodon", "x", "bluesky", "board"] {
        for fault in STORED {
            stored_but_not_answered(World::with(&[channel]).await, channel, fault).await;
        }
    }
    // LinkedIn's answer has no body that could be cut.
    for fault in STORED.into_iter().filter(|it| *it != Fault::StoreThenHalfBody) {
        stored_but_not_answered(World::with(&["linkedin"]).await, "linkedin", fault).await;
    }
}

#[tokio::test]
async fn a_server_that_ignores_keys_gets_no_second_copy() {
    for fault in STORED {
        let world = World::with_mastodon_that_ignores_keys().await;
        stored_but_not_answered(world, "mastodon", fault).await;
    }
    let world = World::with_mastodon_that_ignores_keys().await;
    lost_before_it_arrived(world, "mastodon").await;
}

#[tokio::test]
async fn an_ad_that_never_arrived_goes_out_again_once_that_is_certain() {
    for channel in ["mastodon", "x", "linkedin", "bluesky", "board"] {
        lost_before_it_arrived(World::with(&[channel]).await, channel).await;
    }
}

#[tokio::test]
async fn a_mail_whose_reply_was_lost_is_posted_once_the_archive_shows_it() {
    for fault in [MailFault::StoreThenDrop, MailFault::StoreThenGarbage] {
        let world = World::with(&["list"]).await;
        world.stand_ins.mail[0].faults().push(fault);
        world.round().await;
        assert_eq!(world.announcement("list").await.state, State::Unknown);
        world.round().await;
        world.assert_posted_once("list").await;
    }
}

/// Sympa drops what it has had, so the same bytes go out once more by themselves, and only once.
#[tokio::test]
async fn a_mail_to_a_sympa_list_goes_out_once_more_with_the_same_bytes() {
    let folder = super::folder(&["list"]);
    folder.replace(
        "channels/list.toml",
        "[mail]",
        "[mail]\nsoftware = \"sympa\"\nheld = \"never\"",
    );
    let world = World::of(folder, KeyPolicy::Honoured).await;
    let server = &world.stand_ins.mail[0];
    server.set_archiving(Archiving::Held);
    for _ in 0..2 {
        server.faults().push(MailFault::StoreThenDrop);
    }
    world.round().await;
    world.wait(10);
    world.round().await;
    assert_eq!(server.mails().len(), 1, "the first may still be under way");
    world.settle_down().await;
    world.wait(24 * 60);
    world.settle_down().await;
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].raw, mails[1].raw);
    let delivery = world.announcement("list").await;
    assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 2));
    assert!(delivery.asks_since.is_some(), "now it is a person's to find");
}

/// Sympa forgets what it has had, also while the second try of the same mail is put off.
#[tokio::test]
async fn a_mail_to_a_sympa_list_that_was_put_off_too_long_is_a_persons_to_find() {
    let folder = super::folder(&["list"]);
    folder.replace(
        "channels/list.toml",
        "[mail]",
        "[mail]\nsoftware = \"sympa\"\nheld = \"never\"",
    );
    let world = World::of(folder, KeyPolicy::Honoured).await;
    let server = &world.stand_ins.mail[0];
    server.set_archiving(Archiving::Held);
    server.faults().push(MailFault::StoreThenDrop);
    server.faults().push(MailFault::Greylist);
    world.round().await;
    while world.announcement("list").await.attempts < 2 {
        assert!(world.announcement("list").await.asks_since.is_none(), "it goes out once more");
        world.wait(20);
        world.round().await;
    }
    assert_eq!(world.announcement("list").await.state, State::Planned, "it was put off");
    world.wait(13 * 60);
    world.round().await;
    let delivery = world.announcement("list").await;
    assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 2), "{delivery:#?}");
    assert!(delivery.asks_since.is_some() && delivery.reason.contains("forgotten"));
    assert_eq!(server.mails().len(), 1);
    // Who has looked may have it sent.
    let resolution = handbill::ledger::Resolution::NotPosted;
    world.ledger.resolve(delivery.key, &resolution, world.now()).await.unwrap();
    world.round().await;
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test]
async fn a_mail_that_no_archive_shows_stays_unknown_until_a_person_says() {
    let world = World::with(&["list"]).await;
    world.stand_ins.mail[0].faults().push(MailFault::DropInTheText);
    world.round().await;
    world.settle_down().await;
    let delivery = world.announcement("list").await;
    assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 1));
    assert!(!delivery.reason.is_empty());
    assert_eq!(world.copies("list").len(), 0);
    let resolution = handbill::ledger::Resolution::NotPosted;
    world.ledger.resolve(delivery.key, &resolution, world.now()).await.unwrap();
    world.round().await;
    world.assert_posted_once("list").await;
}

/// X knows the words and shows them nowhere, as where a moderator has hidden them: that is no
/// leave to write others.
#[tokio::test]
async fn a_text_that_x_has_and_does_not_show_is_a_persons_to_find() {
    let mut world = World::with(&["x"]).await;
    let body = r#"{"detail":"You are not allowed to create a Tweet with duplicate content."}"#;
    let refusal = Fault::RefuseBeforeStoring {
        status: 403,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_owned(),
    };
    faults(&world, "x").push(refusal.clone());
    world.round().await;
    world.settle_down().await;
    let delivery = world.announcement("x").await;
    assert_eq!((delivery.state, delivery.attempts), (State::Unknown, 1), "{delivery:#?}");
    assert!(delivery.asks_since.is_some(), "{delivery:#?}");
    assert!(delivery.reason.contains("look there"), "{delivery:#?}");
    world.change("fourteen harbours", "fifteen harbours").await;
    world.settle_down().await;
    assert_eq!(world.deliveries("x").await.len(), 1, "nothing goes out in its place");
    assert_eq!(world.copies("x").len(), 0);
    // Once more, though a person looked: the words are another's, and that is no news any more.
    faults(&world, "x").push(refusal);
    let looked = handbill::ledger::Resolution::NotPosted;
    world.ledger.resolve(delivery.key, &looked, world.now()).await.unwrap();
    world.round().await;
    let refused = &world.deliveries("x").await[0];
    assert_eq!((refused.state, refused.attempts), (State::Refused, 2), "{refused:#?}");
}

#[tokio::test]
async fn what_two_lost_answers_leave_is_one_copy() {
    let world = World::with(&["mastodon"]).await;
    faults(&world, "mastodon").push(Fault::DropBeforeStoring);
    faults(&world, "mastodon").push(Fault::StoreThenDrop);
    world.round().await;
    world.settle_down().await;
    world.assert_posted_once("mastodon").await;
    assert_eq!(world.announcement("mastodon").await.attempts, 2);
}

#[tokio::test]
async fn an_unknown_outcome_of_a_page_that_is_gone_is_found_out_all_the_same() {
    let mut world = World::with(&["mastodon"]).await;
    faults(&world, "mastodon").push(Fault::StoreThenDrop);
    world.round().await;
    world.remove_page().await;
    world.wait(1);
    world.round().await;
    assert_eq!(world.announcement("mastodon").await.state, State::Posted);
    assert_eq!(world.copies("mastodon").len(), 1);
}

#[tokio::test]
async fn an_unknown_outcome_on_a_channel_that_was_removed_is_said_in_every_round() {
    let mut world = World::with(&["mastodon"]).await;
    faults(&world, "mastodon").push(Fault::StoreThenDrop);
    world.round().await;
    world.stations.clear();
    world.site.channels.clear();
    for _ in 0..3 {
        world.wait(60);
        let round = world.round().await;
        assert_eq!(round.done.len(), 1);
        assert_eq!(round.done[0].state, State::Unknown);
        assert_eq!(round.done[0].channel, ChannelName("mastodon".into()));
        assert!(round.done[0].reason.contains("not configured any more"), "{round:#?}");
    }
}
