//! Digests.

use chrono::TimeDelta;
use handbill::channel::ChannelName;

use super::{By, World, at};

#[tokio::test]
async fn a_digest_comes_once_a_day_with_all_that_came_up_since() {
    let mut world = World::with_errand(By::Both, "digest = \"daily\"\n").await;
    let office = ChannelName("office".into());
    // Each hour for three days; the channel is paused on the first and on the third.
    let (first, third) = (at("2027-01-12T15:00:00Z"), at("2027-01-14T15:00:00Z"));
    while world.clock.now() < at("2027-01-15T12:00:00Z") {
        let now = world.clock.now();
        if now == first || now == third {
            world.ledger.pause(&office, "a person paused it", now).await.unwrap();
        } else if now == first + TimeDelta::hours(20) {
            world.ledger.resume(&office, now).await.unwrap();
            world.restart().await;
        }
        world.round().await;
        world.wait(TimeDelta::hours(1));
    }
    let bodies = world.hook.bodies();
    let wanted: Vec<_> = bodies.iter().map(|body| body["wanted_at"].as_str().unwrap()).collect();
    // Eight in the morning in Berlin; the day on which nothing came up has none.
    assert_eq!(wanted, ["2027-01-13T07:00:00Z", "2027-01-15T07:00:00Z"]);
    let counts: Vec<_> = bodies.iter().map(|it| it["notices"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [2, 1]);
    assert_eq!(world.mails().len(), 2);
    assert_eq!(
        world.mails()[0].letter().header("Subject"),
        Some("[Tidal Computing Group] 2 things need a person")
    );
}

#[tokio::test]
async fn a_weekly_digest_comes_on_monday_and_one_that_was_slept_through_comes_late_and_once() {
    let world = World::with_errand(By::Webhook, "digest = \"weekly\"\n").await;
    world.round().await;
    world.clock.set(at("2027-01-18T06:59:00Z"));
    assert_eq!(world.round().await.told, 0);
    world.clock.set(at("2027-02-20T06:59:00Z"));
    assert_eq!(world.round().await.told, 1);
    assert_eq!(world.round().await.told, 0);
    assert_eq!(world.hook.bodies()[0]["wanted_at"], "2027-01-18T07:00:00Z");
}

#[tokio::test]
async fn what_came_right_before_the_digest_is_no_task_and_alone_no_message() {
    let world = World::with_errand(By::Both, "digest = \"daily\"\n").await;
    let office = ChannelName("office".into());
    world.round().await;
    world.ledger.pause(&office, "a person paused it", world.clock.now()).await.unwrap();
    world.round().await;
    world.ledger.resume(&office, world.clock.now()).await.unwrap();
    world.clock.set(at("2027-01-13T07:00:00Z"));
    world.round().await;
    let body = &world.hook.bodies()[0];
    assert_eq!(body["notices"][0]["kind"], "errand");
    assert_eq!(body["notices"].as_array().unwrap().len(), 1);
    assert_eq!(body["settled"][0]["title"], "office is paused");
    let text = world.mails()[0].letter().readable();
    assert!(text.contains("Came right meanwhile:\n\n- office is paused\n"), "{text}");

    world.ledger.pause(&office, "a person paused it", world.clock.now()).await.unwrap();
    world.round().await;
    world.ledger.resume(&office, world.clock.now()).await.unwrap();
    world.clock.set(at("2027-01-14T07:00:00Z"));
    world.round().await;
    assert_eq!((world.hook.bodies().len(), world.mails().len()), (1, 1));
}

#[tokio::test]
async fn a_digest_that_was_slept_through_is_tried_for_half_a_day_all_the_same() {
    let world = World::with_errand(By::Webhook, "digest = \"daily\"\n").await;
    world.round().await;
    world.clock.set(at("2027-02-20T09:00:00Z"));
    world.hook.answers(502);
    for _ in 0..5 {
        assert_eq!(world.round().await.given_up.len(), 0);
        world.wait(TimeDelta::hours(1));
    }
    world.hook.answers(200);
    world.wait(TimeDelta::hours(3));
    assert_eq!(world.round().await.told, 1);
}
