//! Credentials that expire.

use chrono::{NaiveDate, TimeDelta};
use handbill::site::credential::credentials;

use super::{By, OFFICE, World, at};

const MASTODON: &str = "kind = \"mastodon\"\nschedule = \"0 9 1 1 *\"\n[mastodon]\n\
                        server = \"https://social.example\"\n\
                        token = { env = \"UNUSED\", expires = \"2027-03-01\" }\n";

fn titles(world: &World) -> Vec<String> {
    let bodies = world.hook.bodies();
    let notices = bodies.iter().flat_map(|body| body["notices"].as_array().unwrap());
    notices.map(|notice| notice["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_credential_is_told_of_14_7_and_1_days_before_and_when_it_has_expired() {
    let world = World::new(&[("mastodon", MASTODON)], By::Webhook, "").await;
    while world.clock.now() < at("2027-04-01T00:00:00Z") {
        world.round().await;
        world.wait(TimeDelta::hours(12));
    }
    assert_eq!(
        titles(&world),
        [
            "`token` of channel mastodon expires in 14 days",
            "`token` of channel mastodon expires in 7 days",
            "`token` of channel mastodon expires tomorrow",
            "`token` of channel mastodon has expired"
        ]
    );
}

#[tokio::test]
async fn whoever_comes_late_is_told_only_how_it_stands_now() {
    let world = World::new(&[("mastodon", MASTODON)], By::Webhook, "").await;
    world.clock.set(at("2027-02-26T12:00:00Z"));
    world.round().await;
    assert_eq!(titles(&world), ["`token` of channel mastodon expires in 3 days"]);
}

#[tokio::test]
async fn the_list_of_credentials_has_those_of_the_notices_too_and_no_values() {
    let world = World::new(&[("mastodon", MASTODON), ("office", OFFICE)], By::Mail, "").await;
    let text = world.folder.read("handbill.toml");
    world.folder.write(
        "handbill.toml",
        text + "webhook = { url = { file = \"hook\", expires = 2027-05-01 }, \
                secret = { env = \"UNUSED\" } }\n",
    );
    world.folder.write("hook", "https://chat.example/T0-s3cret");
    let site = super::load(&world.folder);
    let today = NaiveDate::from_ymd_opt(2027, 2, 27).unwrap();
    let all = credentials(&site);
    // These tests are run with the ledger in PostgreSQL, too, whose address is one more.
    let listed: Vec<_> = all
        .iter()
        .filter(|it| it.key != "postgres")
        .map(|it| (it.owner.to_string(), it.key, it.days_left(today)))
        .collect();
    assert_eq!(
        listed,
        [
            ("channel mastodon".to_owned(), "token", Some(2)),
            ("notices".to_owned(), "webhook.url", Some(63)),
            ("notices".to_owned(), "webhook.secret", None)
        ]
    );
    assert!(!format!("{all:?}{site:?}").contains("s3cret"));
}

#[test]
fn a_day_that_is_none_is_shown_where_it_stands() {
    let site = crate::support::TestSite::with_channels(&[]);
    site.write("channels/m.toml", MASTODON.replace("2027-03-01", "1 March"));
    let ran = site.run(&["check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("`1 March` is no day"), "{}", ran.out);
    assert!(ran.out.contains("channels/m.toml:5:37"), "{}", ran.out);
    assert!(ran.out.contains("help: write it like `\"2027-03-01\"`"), "{}", ran.out);
}
