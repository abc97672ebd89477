//! Several channels on one mail server.

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use handbill::channel::mail::{Config, Mail};
use handbill::channel::permit::NoJournal;
use handbill::channel::{Channel, Outcome, Permit, SendBy};
use handbill::clock::Clock;

use super::server::{SmtpServer, Step, Trouble, channel, config, publish, send};

fn slow(milliseconds: u64) -> Trouble {
    Trouble { slow: Duration::from_millis(milliseconds), ..Trouble::default() }
}

fn limited(config: &Config, connections: u32) -> Config {
    Config { connections: NonZeroU32::new(connections), ..config.clone() }
}

fn is_posted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Posted(_))
}

/// With a send-by so soon.
async fn send_within(channel: &Mail, milliseconds: i64) -> Outcome {
    let soon = Utc::now() + TimeDelta::milliseconds(milliseconds);
    let permit = Permit::new(SendBy::new(soon, Clock::System), &NoJournal);
    channel.send(&publish(channel), &permit).await
}

#[tokio::test]
async fn there_are_no_more_connections_than_the_strictest_channel_grants() {
    let server = SmtpServer::with(slow(60)).await;
    let config = config(server.port);
    let mut channels: Vec<Mail> = (0..5).map(|_| channel(config.clone())).collect();
    channels.push(channel(limited(&config, 2)));
    for _ in 0..2 {
        let outcomes = join_all(channels.iter().map(send)).await;
        assert!(outcomes.iter().all(is_posted), "{outcomes:?}");
    }
    assert_eq!(server.messages().len(), 12);
    assert_eq!(server.at_a_time(), 2);
    assert_eq!(server.connections(), 2, "channels with one login take over from each other");
}

#[tokio::test]
async fn without_a_limit_ten_connections_are_enough() {
    let server = SmtpServer::with(slow(60)).await;
    let config = config(server.port);
    let channels: Vec<Mail> = (0..12).map(|_| channel(config.clone())).collect();
    let outcomes = join_all(channels.iter().map(send)).await;
    assert!(outcomes.iter().all(is_posted), "{outcomes:?}");
    assert_eq!(server.at_a_time(), 10);
}

#[tokio::test]
async fn a_channel_with_another_login_gets_a_connection_of_its_own() {
    let server = SmtpServer::start(None).await;
    let one = limited(&config(server.port), 1);
    let other = Config { username: Some("office".to_owned()), ..one.clone() };
    let (one, other) = (channel(one), channel(other));
    for channel in [&one, &other, &one] {
        assert!(is_posted(&send(channel).await));
    }
    assert_eq!(server.connections(), 3);
    assert_eq!(server.lines().matches("QUIT").count(), 2);
}

#[tokio::test]
async fn waiting_for_a_connection_ends_with_the_send_by_and_no_other_host_waits() {
    let server = SmtpServer::with(slow(700)).await;
    let free = SmtpServer::start(None).await;
    let config_of = |port| limited(&config(port), 1);
    let (busy, late) = (channel(config_of(server.port)), channel(config_of(server.port)));
    let elsewhere = channel(config_of(free.port));
    let done = RefCell::new(Vec::new());
    let first = async {
        let outcome = send(&busy).await;
        done.borrow_mut().push("busy");
        outcome
    };
    let later = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let outcomes = tokio::join!(send_within(&late, 200), send(&elsewhere));
        done.borrow_mut().push("late and elsewhere");
        outcomes
    };
    let (first, (waited, other)) = tokio::join!(first, later);
    assert!(is_posted(&first) && is_posted(&other), "{first:?} {other:?}");
    assert!(matches!(&waited, Outcome::Deferred { why, after: Some(_) } if why.contains("busy")));
    assert_eq!(*done.borrow(), ["late and elsewhere", "busy"]);
    assert_eq!(server.messages().len(), 1);
    assert!(is_posted(&send(&late).await), "its turn comes");
}

#[tokio::test]
async fn a_call_that_was_dropped_gives_its_turn_back() {
    let server = SmtpServer::with(slow(300)).await;
    let config = limited(&config(server.port), 1);
    let (dropped, next) = (channel(config.clone()), channel(config));
    let cut = tokio::time::timeout(Duration::from_millis(100), send(&dropped)).await;
    assert!(cut.is_err());
    assert!(is_posted(&send(&next).await));
}

#[tokio::test]
async fn messages_to_a_host_keep_its_pace() {
    let server = SmtpServer::start(None).await;
    let pace =
        |per_minute| Config { per_minute: NonZeroU32::new(per_minute), ..config(server.port) };
    let (one, other) = (channel(pace(600)), channel(pace(1_200)));
    for channel in [&one, &other, &one] {
        assert!(is_posted(&send(channel).await));
    }
    let strict = channel(pace(1));
    assert!(is_posted(&send(&strict).await));
    let early = send_within(&one, 5_000).await;
    let Outcome::Deferred { after: Some(after), .. } = early else { panic!("{early:?}") };
    assert!(after > Duration::from_secs(50), "{after:?}");
    assert_eq!(server.messages().len(), 4);
}

#[tokio::test]
async fn a_connection_takes_as_many_messages_as_the_channel_says() {
    let server = SmtpServer::start(None).await;
    let two = NonZeroU32::new(2);
    let channel = channel(Config { messages_per_connection: two, ..config(server.port) });
    for _ in 0..5 {
        assert!(is_posted(&send(&channel).await));
    }
    assert_eq!(server.connections(), 3);
    assert_eq!(server.lines().matches("QUIT").count(), 2);
}

#[tokio::test]
async fn one_channel_that_hangs_up_leaves_the_others_theirs() {
    let server = SmtpServer::start(None).await;
    let config = config(server.port);
    let (one, other) = (channel(config.clone()), channel(config));
    assert!(is_posted(&send(&one).await) && is_posted(&send(&other).await));
    one.hang_up().await;
    assert!(is_posted(&send(&other).await));
    assert_eq!((server.connections(), server.lines().matches("QUIT").count()), (2, 1));
}

/// Some servers count the messages, or the recipients, of a connection (RFC 5321 §4.5.3.1.10).
#[tokio::test]
async fn what_a_connection_takes_no_more_goes_out_at_once_on_a_new_one() {
    for step in [Step::Sender, Step::Recipient, Step::Data] {
        for reply in ["452 4.5.3 too many messages", "421 4.7.0 closing", ""] {
            let fault = Some((step, reply));
            let server =
                SmtpServer::with(Trouble { fault, only: Some(2), ..Trouble::default() }).await;
            let channel = channel(config(server.port));
            for _ in 0..2 {
                let outcome = send(&channel).await;
                assert!(is_posted(&outcome), "{step:?} {reply}: {outcome:?}");
            }
            assert_eq!(server.messages().len(), 2, "{step:?} {reply}");
            assert_eq!(server.connections(), 2, "{step:?} {reply}");
        }
    }
}

#[tokio::test]
async fn what_a_new_connection_does_not_take_waits() {
    let fault = Some((Step::Recipient, "452 4.5.3 too many recipients"));
    let server = SmtpServer::start(fault).await;
    let outcome = send(&channel(config(server.port))).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert_eq!(server.connections(), 1);
}
