//! The first start on a site that has been there for long: nothing old goes out by itself.

use super::{AT, OFFICE, PAGE, json, later, quick};

const ID: &str = "tcg-04-2027";

#[test]
fn the_first_start_announces_nothing_that_was_there_before() {
    let site = quick(&["feed", OFFICE]);
    let post = later(&site, &["post"]);
    assert_eq!(
        (post.code, post.out.as_str()),
        (
            0,
            "1 ad was here before the first start and waits to be accepted: `handbill accept \
             tcg-04-2027`\n"
        ),
        "{post:?}"
    );
    assert!(!site.path("public/feed").exists(), "nothing was published");
    let again = site.run(&["post", "--at", "2027-02-20"]);
    assert_eq!(again.out, post.out, "and it stays so");
}

#[test]
fn before_the_first_start_the_plan_says_what_it_will_find() {
    let site = quick(&["feed"]);
    let before = site.snapshot();
    let plan = later(&site, &["plan"]);
    assert!(plan.out.contains("not: the ad was here before the first start"), "{}", plan.out);
    let dry = later(&site, &["post", "--dry-run"]);
    assert!(dry.out.contains("would not go out: the ad was here before"), "{}", dry.out);
    assert!(dry.out.contains("jsonld"), "it is shown all the same: {}", dry.out);
    let list = later(&site, &["accept"]);
    assert!(list.out.starts_with("1 ad waits to be accepted:\n\n  tcg-04-2027\n"), "{}", list.out);
    assert_eq!(list.code, 0);
    assert_eq!(site.snapshot(), before, "looking touches nothing");
}

#[test]
fn an_ad_that_is_accepted_is_announced() {
    let site = quick(&["feed"]);
    later(&site, &["post"]);
    let accepted = later(&site, &["accept", ID]);
    assert_eq!(
        (accepted.code, accepted.out.as_str()),
        (0, "tcg-04-2027 is accepted\nIt goes out in the next slots: `handbill plan` says when.\n"),
        "{accepted:?}"
    );
    let post = later(&site, &["post"]);
    assert!(post.out.starts_with("posted    feed             announce  tcg-04-2027"), "{post:?}");
    let again = later(&site, &["accept", ID]);
    assert!(again.out.starts_with("tcg-04-2027 does not wait to be accepted"), "{}", again.out);
    assert_eq!(later(&site, &["accept"]).out, "No ad waits to be accepted.\n");
}

#[test]
fn accept_takes_all_and_answers_machines() {
    let site = quick(&["feed"]);
    let waiting = json(&later(&site, &["accept", "--format", "json"]));
    assert_eq!(waiting["waiting"][0]["posting"], ID);
    let accepted = json(&later(&site, &["accept", "--all", "--format", "json"]));
    assert_eq!(accepted["accepted"][0], ID);
}

#[test]
fn an_ad_that_nobody_knows_gets_a_suggestion() {
    let site = quick(&["feed"]);
    let ran = later(&site, &["accept", "tcg-04-2072"]);
    assert_eq!(
        ran.err,
        "error: there is no posting `tcg-04-2072`\nhelp: did you mean `tcg-04-2027`?\n"
    );
    assert_eq!(ran.code, 2);
}

#[test]
fn a_page_older_than_max_age_is_announced_once_it_is_accepted() {
    let site = quick(&["feed"]);
    site.replace("channels/feed.toml", "kind = \"feed\"\n", "kind = \"feed\"\nmax_age = \"3d\"\n");
    site.run(&["post", "--at", "2027-01-10"]);
    let post = later(&site, &["post"]);
    let expected = "1 ad is older than `max_age` and waits to be accepted: `handbill accept \
                    tcg-04-2027`\n";
    assert_eq!(post.out, expected);
    later(&site, &["accept", ID]);
    let post = later(&site, &["post"]);
    assert!(post.out.starts_with("posted    feed"), "{}", post.out);
}

#[test]
fn a_copy_that_exists_is_taken_over_and_follows_the_page_from_then_on() {
    let site = quick(&[OFFICE]);
    let link = "https://careers.example/ads/7";
    let adopted = later(&site, &["adopt", ID, OFFICE, link]);
    assert_eq!(
        (adopted.code, adopted.out.as_str()),
        (
            0,
            "https://careers.example/ads/7 is ours from now on: tcg-04-2027 on careers-office\n\
             It is taken to say what the page says now; what changes from now on is carried \
             there.\n"
        ),
        "{adopted:?}"
    );
    let post = later(&site, &["post"]);
    assert_eq!(post.out, "Nothing to do: everything stands as it should.\n", "{post:?}");
    site.replace(PAGE, "starting October 2027 or as", "starting November 2027 or as");
    let post = site.run(&["post", "--at", "2027-01-21"]);
    assert!(post.out.starts_with("asked     careers-office   update    tcg-04-2027"), "{post:?}");
    let log = json(&site.run(&["log", "--format", "json"]));
    assert_eq!((&log[0]["link"], &log[0]["occasion"]), (&link.into(), &"announce".into()));
}

#[test]
fn a_copy_is_taken_over_once() {
    let site = quick(&[OFFICE]);
    let link = "https://careers.example/ads/7";
    later(&site, &["adopt", ID, OFFICE, link]);
    let again = later(&site, &["adopt", ID, OFFICE, link]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("was ours already"), "{}", again.out);
    let other = later(&site, &["adopt", ID, OFFICE, "https://careers.example/ads/8"]);
    assert_eq!(other.code, 2);
    assert!(
        other.err.starts_with(
            "error: tcg-04-2027 on careers-office: it was announced there already, and that copy \
             is on record\nhelp: `handbill log show "
        ),
        "{}",
        other.err
    );
}

#[test]
fn a_copy_without_an_id_is_asked_for_one_where_it_is_needed() {
    let site = quick(&["mastodon"]);
    let link = "https://social.example/about";
    let ran = later(&site, &["adopt", ID, "mastodon", link]);
    assert_eq!(
        ran.err,
        "error: https://social.example/about does not say which copy on mastodon it is\n\
         help: name the link of the copy itself, or add its id there: `--id REMOTE_ID`\n"
    );
    assert_eq!(ran.code, 2);
    let with_id =
        later(&site, &["adopt", ID, "mastodon", link, "--id", "1234", "--format", "json"]);
    assert_eq!(json(&with_id)["receipt"]["remote_id"], "1234", "{with_id:?}");
}

#[test]
fn a_copy_that_handbill_asked_for_itself_is_recorded_not_adopted() {
    let site = quick(&[OFFICE]);
    later(&site, &["accept", ID]);
    later(&site, &["post"]);
    let ran = later(&site, &["adopt", ID, OFFICE, "https://careers.example/ads/7"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("help: `handbill record "), "{}", ran.err);
}

#[test]
fn a_rehearsed_life_does_not_go_back() {
    let site = quick(&["feed"]);
    later(&site, &["post"]);
    let ran = site.run(&["post", "--at", "2027-01-19"]);
    assert_eq!(
        ran.err,
        "error: the ledger has an entry of Wed 2027-01-20 10:00, which is later than `--at`\n\
         help: name a later time; what is on record cannot be gone back behind\n"
    );
    assert_eq!(ran.code, 2);
    assert_eq!(AT, "2027-01-20T09:00:00Z");
}
