//! A mail that its server took is on its way until it is seen where readers look for it (promises 2
//! and 5).

use chrono::TimeDelta;
use handbill::adapt::Occasion;
use handbill::channel::{Reach, Receipt};
use handbill::decide::DecideError;
use handbill::decide::resolve::{Around, Saw, resolve};
use handbill::deliver::Station;
use handbill::ledger::{CopyState, Delivery, LedgerError, Resolution, State};
use handbill::plan::{Reason, When};
use handbill::rehearsal::smtp::{Archiving, MailFault};
use handbill::site::Site;
use handbill::site::channel_file::KindConfig;
use handbill::site::queue::OpenPosts;

use super::World;

async fn held_back() -> World {
    let world = World::with(&["list"]).await;
    world.stand_ins.mail[0].set_archiving(Archiving::Held);
    world.round().await;
    world
}

#[tokio::test]
async fn a_mail_is_sent_until_the_archive_shows_it_and_live_from_then_on() {
    let world = held_back().await;
    world.look_for_arrivals().await;
    let sent = world.announcement("list").await;
    assert_eq!((sent.state, sent.copy), (State::Posted, Some(CopyState::Sent)));
    world.stand_ins.mail[0].set_archiving(Archiving::Kept);
    world.wait(1);
    let seen = world.look_for_arrivals().await;
    assert_eq!(seen.next, None, "nothing is on its way any more");
    assert_eq!(world.announcement("list").await.copy, Some(CopyState::Live));
    world.assert_posted_once("list").await;
}

/// Neither an archive nor a mailbox could ever tell. The server's word is no proof that readers have it.
#[tokio::test]
async fn a_mail_that_nobody_can_look_for_is_sent_until_a_person_has_looked() {
    let mut world = World::with(&["list"]).await;
    for channel in &mut world.site.channels {
        if let KindConfig::Mail(mail) = &mut channel.config {
            mail.archive = None;
        }
    }
    world.stations = Station::all(&world.site, Reach::LoopbackOnly, &mut Vec::new());
    world.round().await;
    let nothing = world.look_for_arrivals().await;
    assert!(nothing.looked_for.is_empty(), "there is nothing to look at: {nothing:?}");
    let sent = world.announcement("list").await;
    assert_eq!((sent.copy, sent.asks_since), (Some(CopyState::Sent), None));
    assert_eq!(nothing.next, Some(sent.changed_at + TimeDelta::days(14)));
    world.wait(14 * 24 * 60 + 1);
    world.look_for_arrivals().await;
    let asks = world.announcement("list").await;
    assert!(asks.asks_since.is_some() && asks.copy == Some(CopyState::Sent), "{asks:?}");
    let seen = decide(&world, &asks, &Saw::PostedWithoutLink).await.unwrap();
    assert_eq!((seen.copy, seen.asks_since), (Some(CopyState::Live), None));
    assert!(seen.receipt.unwrap().remote_id.is_some(), "what changes is told in its thread");
    assert!(world.look_for_arrivals().await.looked_for.is_empty());
    world.settle_down().await;
    assert_eq!(world.stand_ins.mail[0].mails().len(), 1);
}

async fn decide(world: &World, delivery: &Delivery, saw: &Saw) -> Result<Delivery, DecideError> {
    let station = world.stations.iter().find(|it| it.spec.name == delivery.name.channel);
    let around = Around {
        ledger: &world.ledger,
        station,
        zone: world.site.settings.timezone,
        clock: &world.clock,
    };
    resolve(&around, delivery, saw).await
}

#[tokio::test]
async fn it_is_looked_for_at_once_and_then_less_and_less_often() {
    let world = held_back().await;
    let mut waits = Vec::new();
    for _ in 0..16 {
        let next = world.look_for_arrivals().await.next.unwrap();
        waits.push((next - world.now()).num_seconds());
        let early = world.look_for_arrivals().await;
        assert!(early.looked_for.is_empty(), "{early:?}");
        world.set(next);
    }
    assert_eq!(waits[..4], [5, 5, 10, 20]);
    assert_eq!(waits[15], 12 * 60 * 60);
}

/// The clock was a day ahead when it was looked for, and is right now.
#[tokio::test]
async fn a_clock_that_was_ahead_keeps_nobody_from_looking() {
    let world = held_back().await;
    world.wait(24 * 60);
    world.look_for_arrivals().await;
    world.wait(-24 * 60);
    let seen = world.look_for_arrivals().await;
    assert_eq!(seen.looked_for.len(), 1, "{seen:?}");
    let next = seen.next.unwrap();
    assert!(next > world.now() && (next - world.now()).num_hours() <= 12, "{next}");
}

#[tokio::test]
async fn a_mail_that_is_never_seen_is_a_persons_to_find_after_two_weeks() {
    let world = held_back().await;
    for _ in 0..13 {
        world.wait(24 * 60);
        world.look_for_arrivals().await;
        assert_eq!(world.announcement("list").await.asks_since, None);
    }
    world.wait(25 * 60);
    world.look_for_arrivals().await;
    let silent = world.announcement("list").await;
    assert_eq!((silent.state, silent.copy), (State::Posted, Some(CopyState::Sent)));
    assert!(silent.asks_since.is_some() && silent.reason.contains("not seen"), "{silent:#?}");
    world.settle_down().await;
    assert_eq!(world.stand_ins.mail[0].mails().len(), 1, "nothing is sent again by itself");

    // A person has looked; and only after a second word it goes out again, under the same key.
    let not_posted = Resolution::NotPosted;
    world.ledger.resolve(silent.key, &not_posted, world.now()).await.unwrap();
    world.settle_down().await;
    let lost = world.announcement("list").await;
    assert_eq!((lost.state, lost.copy), (State::Refused, None));
    world.ledger.resolve(silent.key, &not_posted, world.now()).await.unwrap();
    world.settle_down().await;
    let mails: [_; 2] = world.stand_ins.mail[0].mails().try_into().unwrap();
    let ids = mails.map(|mail| mail.letter().message_id().map(str::to_owned));
    assert_eq!(ids[0], ids[1], "it is the same mail, and a list that has it knows it");
}

#[tokio::test]
async fn a_person_who_finds_it_ends_the_search() {
    let world = held_back().await;
    let key = world.announcement("list").await.key;
    let link = "https://lists.example/archives/17".parse().unwrap();
    world.ledger.record(key, &link, world.now()).await.unwrap();
    let found = world.announcement("list").await;
    assert_eq!(found.copy, Some(CopyState::Live));
    assert_eq!(found.receipt.unwrap().link, Some(link));
    assert!(world.look_for_arrivals().await.looked_for.is_empty());
}

#[tokio::test]
async fn an_answer_waits_until_the_moderator_has_let_through_what_it_answers() {
    let mut world = held_back().await;
    let key = world.announcement("list").await.key;
    world
        .ledger
        .held(key, &Receipt::default(), "Message has implicit destination", world.now())
        .await
        .unwrap();
    world.change("fourteen harbours", "fifteen harbours").await;
    let round = world.round().await;
    let update = round.plan.steps.iter().find(|it| it.name.occasion == Occasion::Update).unwrap();
    assert_eq!(update.when, When::Not { reason: Reason::WithModerator });
    assert_eq!(world.stand_ins.mail[0].mails().len(), 1);

    world.stand_ins.mail[0].set_archiving(Archiving::Kept);
    world.look_for_arrivals().await;
    let seen = world.announcement("list").await;
    assert_eq!((seen.copy, seen.reason.as_str()), (Some(CopyState::Live), ""));
    world.round().await;
    let mails = world.stand_ins.mail[0].mails();
    assert_eq!(mails.len(), 2, "now the answer goes out");
    assert!(mails[1].letter().in_reply_to().is_some());
}

#[tokio::test]
async fn what_a_list_sends_back_is_refused_in_its_words_and_not_sent_again() {
    let world = held_back().await;
    let key = world.announcement("list").await.key;
    world.ledger.sent_back(key, "No job ads on this list, please", world.now()).await.unwrap();
    world.settle_down().await;
    let refused = world.announcement("list").await;
    assert_eq!((refused.state, refused.copy), (State::Refused, None));
    assert_eq!(refused.reason, "No job ads on this list, please");
    assert_eq!(world.stand_ins.mail[0].mails().len(), 1);
    assert!(world.look_for_arrivals().await.looked_for.is_empty());
    world.ledger.verify_chain().await.unwrap();
}

/// The reply was lost, and the moderator's notice says that the list has it.
#[tokio::test]
async fn a_notice_tells_what_became_of_a_mail_whose_reply_was_lost() {
    let world = World::with(&["list"]).await;
    world.stand_ins.mail[0].set_archiving(Archiving::Held);
    world.stand_ins.mail[0].faults().push(MailFault::StoreThenDrop);
    world.round().await;
    let unknown = world.announcement("list").await;
    assert_eq!(unknown.state, State::Unknown);
    world
        .ledger
        .held(unknown.key, &Receipt::default(), "Post by non-member", world.now())
        .await
        .unwrap();
    let held = world.announcement("list").await;
    assert_eq!((held.state, held.copy), (State::Posted, Some(CopyState::Held)));
    assert!(held.receipt.unwrap().remote_id.is_some(), "answers stay in its thread");
    world.stand_ins.mail[0].set_archiving(Archiving::Kept);
    world.look_for_arrivals().await;
    world.assert_posted_once("list").await;
}

#[tokio::test]
async fn what_was_seen_is_not_sent_back_by_a_late_letter() {
    let world = World::with(&["list"]).await;
    world.round().await;
    world.look_for_arrivals().await;
    let live = world.announcement("list").await;
    assert_eq!(live.copy, Some(CopyState::Live));
    let late = world.ledger.sent_back(live.key, "mailbox full", world.now()).await;
    assert!(matches!(late, Err(LedgerError::WrongState { .. })));
}

#[tokio::test]
async fn looking_at_copies_finds_a_mail_too() {
    let world = World::with(&["list"]).await;
    world.round().await;
    let courier = world.courier(&world.ledger);
    courier.verify(handbill::deliver::Wanted::default()).await.unwrap();
    assert_eq!(world.announcement("list").await.copy, Some(CopyState::Live));
}

/// A moderator's notice names the subject alone: two ads that share it go out one after the other,
/// also where both are due in one round.
#[tokio::test]
async fn of_two_ads_with_one_subject_the_second_waits_for_the_archive() {
    let mut world = World::with(&["list"]).await;
    world.copy_page("content/jobs/another/index.md", "tides", "tides-2").await;
    world.stand_ins.mail[0].set_archiving(Archiving::Held);
    world.settle_down().await;
    let out = world.stand_ins.mail[0].mails().len();
    assert_eq!(out, 1, "{:#?}", world.deliveries("list").await);

    world.stand_ins.mail[0].set_archiving(Archiving::Kept);
    world.wait(24 * 60);
    world.look_for_arrivals().await;
    world.round().await;
    assert_eq!(world.stand_ins.mail[0].mails().len(), 2);
}

/// Where nothing would ever end the wait, a second change of an ad is told although its subject is that
/// of the first.
#[tokio::test]
async fn messages_with_one_subject_wait_for_each_other_only_where_somebody_hears_of_them() {
    let folder = super::folder(&["list"]);
    let file = folder.read("channels/list.toml");
    let kept: Vec<&str> = file.lines().filter(|line| !line.starts_with("archive")).collect();
    folder.write("channels/list.toml", kept.join("\n"));
    let site = folder.read("handbill.toml");
    let open_posts = || Site::load(&folder.root()).unwrap().0.unwrap().channels[0].holds.open_posts;
    assert_eq!(open_posts(), OpenPosts::Any);
    let mailbox = "[mailbox]\nhost = \"imap.tidal.example\"\nusername = \"office\"\n\
                   password = { env = \"UNUSED\" }\n";
    folder.write("handbill.toml", format!("{site}\n{mailbox}"));
    assert_eq!(open_posts(), OpenPosts::OnePerSubject);
    folder.write("handbill.toml", site);
    folder.write("channels/list.toml", file);
    assert_eq!(open_posts(), OpenPosts::OnePerSubject);
}
