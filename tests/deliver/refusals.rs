//! Nothing was stored, and the channel said so: later, never, or once a person has been there.

use std::time::Duration;

use chrono::TimeDelta;
use handbill::channel::ChannelName;
use handbill::ledger::{Resolution, State};
use handbill::rehearsal::fault::{Fault, RateLimitStyle};
use handbill::rehearsal::smtp::MailFault;
use handbill::site::channel_file::KindConfig;

use super::World;
use handbill::channel::Reach;
use handbill::deliver::Station;

/// Points Mastodon's channel elsewhere.
pub(super) fn address_mastodon(world: &mut World, server: url::Url) {
    for channel in &mut world.site.channels {
        if let KindConfig::Mastodon(config) = &mut channel.config {
            config.server = server.clone();
        }
    }
    world.stations = Station::all(&world.site, Reach::LoopbackOnly, &mut Vec::new());
}

#[tokio::test]
async fn a_refused_connection_is_tried_later() {
    let mut world = World::with(&["mastodon"]).await;
    let server = world.stand_ins.mastodon[0].url();
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap()
    };
    address_mastodon(&mut world, nobody);
    world.round().await;
    let delivery = world.announcement("mastodon").await;
    assert_eq!(delivery.state, State::Planned);
    assert!(delivery.reason.contains("no connection"), "{}", delivery.reason);
    assert!(delivery.due_at > world.now());
    // Before its time it is left alone.
    world.wait(1);
    world.round().await;
    assert_eq!(world.announcement("mastodon").await.attempts, 1);
    address_mastodon(&mut world, server);
    world.wait(10);
    world.round().await;
    world.assert_posted_once("mastodon").await;
}

#[tokio::test]
async fn a_channel_that_asks_for_patience_gets_it() {
    for style in [
        RateLimitStyle::RetryAfterSeconds,
        RateLimitStyle::RetryAfterDate,
        RateLimitStyle::IsoReset,
        RateLimitStyle::EpochReset,
    ] {
        let world = World::with(&["mastodon", "x", "board"]).await;
        let wait = Duration::from_secs(7200);
        let fault = Fault::RateLimited { wait, style };
        world.stand_ins.mastodon[0].faults().push(fault.clone());
        world.stand_ins.x[0].faults().push(fault.clone());
        world.stand_ins.boards[0].faults().push(fault);
        world.round().await;
        for channel in ["mastodon", "x", "board"] {
            let delivery = world.announcement(channel).await;
            assert_eq!(delivery.state, State::Planned, "{channel} {style:?}");
            let waits = delivery.due_at - world.now();
            let asked = TimeDelta::hours(2);
            assert!((waits - asked).abs() < TimeDelta::minutes(1), "{channel} {style:?}: {waits}");
        }
        world.wait(115);
        world.round().await;
        assert_eq!(world.copies("mastodon").len(), 0, "{style:?}");
        world.wait(7);
        world.round().await;
        for channel in ["mastodon", "x", "board"] {
            world.assert_posted_once(channel).await;
        }
    }
}

#[tokio::test]
async fn a_greylisted_mail_goes_out_later_once() {
    for fault in [MailFault::Greylist, MailFault::DropAtRecipient, MailFault::DeferText] {
        let world = World::with(&["list"]).await;
        world.stand_ins.mail[0].faults().push(fault);
        world.round().await;
        assert_eq!(world.announcement("list").await.state, State::Planned);
        world.settle_down().await;
        world.assert_posted_once("list").await;
    }
}

#[tokio::test]
async fn a_feed_that_cannot_be_written_is_written_later() {
    let world = World::with(&["feed"]).await;
    let KindConfig::Feed(config) = &world.site.channels[0].config else { panic!("no feed") };
    std::fs::remove_dir_all(&config.folder).ok();
    std::fs::create_dir_all(config.folder.parent().unwrap()).unwrap();
    std::fs::write(&config.folder, "a file where the folder should be").unwrap();
    world.round().await;
    let delivery = world.announcement("feed").await;
    assert_eq!(delivery.state, State::Planned);
    assert!(delivery.reason.contains("cannot write"), "{}", delivery.reason);
    std::fs::remove_file(&config.folder).unwrap();
    world.settle_down().await;
    world.assert_posted_once("feed").await;
}

#[tokio::test]
async fn a_refusal_keeps_its_reason_and_is_not_tried_again() {
    let world = World::with(&["mastodon", "list"]).await;
    world.stand_ins.mastodon[0].faults().push(Fault::RefuseBeforeStoring {
        status: 422,
        headers: Vec::new(),
        body: r#"{"error":"Validation failed: no ads here"}"#.to_owned(),
    });
    world.stand_ins.mail[0].faults().push(MailFault::RejectRecipient);
    world.round().await;
    world.settle_down().await;
    let status = world.announcement("mastodon").await;
    assert_eq!((status.state, status.attempts), (State::Refused, 1));
    assert!(status.reason.contains("no ads here"), "{}", status.reason);
    let mail = world.announcement("list").await;
    assert_eq!((mail.state, mail.attempts), (State::Refused, 1));
    assert!(mail.reason.contains("550"), "{}", mail.reason);
    assert!(world.copies("mastodon").is_empty() && world.copies("list").is_empty());

    // Somebody has mended what was wrong and asks for another try.
    let again = world.ledger.resolve(status.key, &Resolution::NotPosted, world.now()).await;
    assert_eq!(again.unwrap().state, State::Planned);
    world.round().await;
    world.settle_down().await;
    assert_eq!(world.announcement("mastodon").await.state, State::Posted);
    assert_eq!(world.copies("mastodon").len(), 1);
    assert!(world.copies("list").is_empty());
    world.ledger.verify_chain().await.unwrap();
}

#[tokio::test]
async fn a_wrong_credential_pauses_its_channel_and_no_other() {
    let world = World::with(&["mastodon", "board", "list"]).await;
    let token = world.folder.path("rehearsal/credentials/mastodon-token");
    let right = std::fs::read(&token).unwrap();
    std::fs::write(&token, "a token that was revoked").unwrap();
    world.round().await;
    world.settle_down().await;
    let channel = ChannelName("mastodon".into());
    let past = world.ledger.past().await.unwrap();
    let pause = past.channels[&channel].paused.clone().unwrap();
    assert!(pause.reason.contains("401"), "{}", pause.reason);
    let waits = world.announcement("mastodon").await;
    assert_eq!((waits.state, waits.attempts), (State::Planned, 1));
    world.assert_posted_once("board").await;
    world.assert_posted_once("list").await;

    std::fs::write(&token, right).unwrap();
    world.round().await;
    assert_eq!(world.copies("mastodon").len(), 0, "only a person lets it go on");
    world.ledger.resume(&channel, world.now()).await.unwrap();
    world.round().await;
    world.assert_posted_once("mastodon").await;
}
