//! Pause and resume, at once.

use super::{OFFICE, json, later, quick};

const ID: &str = "tcg-04-2027";

#[test]
fn a_paused_channel_gets_nothing_and_goes_on_when_it_is_resumed() {
    let site = quick(&["feed", OFFICE]);
    later(&site, &["accept", ID]);
    let paused = later(&site, &["pause", "feed", "--reason", "the web server moves"]);
    assert_eq!(
        (paused.code, paused.out.as_str()),
        (
            0,
            "feed is paused since Wed 2027-01-20 10:00: the web server moves (`handbill resume \
             feed`)\n"
        ),
        "{paused:?}"
    );
    let post = later(&site, &["post"]);
    assert!(post.out.contains("asked     careers-office"), "{}", post.out);
    assert!(post.out.contains("paused until `handbill resume`: the web server"), "{}", post.out);
    assert!(!site.path("public/feed").exists());
    let resumed = later(&site, &["resume", "feed"]);
    assert_eq!((resumed.code, resumed.out.as_str()), (0, "feed goes on\n"));
    assert!(later(&site, &["post"]).out.contains("posted    feed"));
}

#[test]
fn a_channel_can_be_paused_before_the_first_start() {
    let site = quick(&["feed"]);
    let paused = later(&site, &["pause", "feed"]);
    assert!(paused.out.starts_with("feed is paused since"), "{paused:?}");
    assert!(paused.out.contains("a person paused it"), "{paused:?}");
    // What was there before is still known to have been there before.
    later(&site, &["resume", "feed"]);
    let post = later(&site, &["post"]);
    assert!(post.out.starts_with("1 ad was here before the first start"), "{}", post.out);
}

#[test]
fn one_channel_does_not_go_on_while_everything_is_paused() {
    let site = quick(&["feed", OFFICE]);
    later(&site, &["accept", ID]);
    later(&site, &["pause", "--all", "--reason", "the ad is wrong"]);
    let one = later(&site, &["resume", "feed"]);
    assert_eq!(
        one.out,
        "feed was not paused\n\
         everything is paused since Wed 2027-01-20 10:00: the ad is wrong (`handbill resume \
         --all`)\n"
    );
    let post = later(&site, &["post"]);
    assert!(!post.out.contains("posted") && !post.out.contains("asked"), "{}", post.out);
    later(&site, &["pause", "feed"]);
    let all = later(&site, &["resume", "--all"]);
    assert!(all.out.starts_with("everything goes on\nfeed is paused since"), "{}", all.out);
    assert!(later(&site, &["post"]).out.contains("asked     careers-office"));
}

#[test]
fn what_is_paused_is_shown_and_told_to_machines() {
    let site = quick(&["feed"]);
    assert_eq!(site.run(&["pause"]).out, "Nothing is paused.\n");
    let paused = json(&later(&site, &["pause", "feed", "--format", "json"]));
    assert_eq!(paused["channels"]["feed"]["reason"], "a person paused it");
    assert_eq!(paused["all"], serde_json::Value::Null);
}
