//! A person has the copies of an ad taken back.

use super::{PAGE, json, later, quick};
use crate::support::TestSite;

const ID: &str = "tcg-04-2027";

/// A site whose ad stands in the feed.
fn announced() -> TestSite {
    let site = quick(&["feed"]);
    later(&site, &["accept", ID]);
    let post = later(&site, &["post"]);
    assert!(post.out.starts_with("posted    feed"), "{post:?}");
    site
}

#[test]
fn a_withdrawn_ad_is_taken_back_though_its_page_is_there() {
    let site = announced();
    let ran = later(&site, &["withdraw", ID]);
    assert!(
        ran.out.starts_with(
            "tcg-04-2027 is withdrawn\n\
             The next round closes its copies as each channel does: `handbill post`.\n  feed "
        ),
        "{}",
        ran.out
    );
    let again = later(&site, &["withdraw", ID]);
    assert!(again.out.starts_with("tcg-04-2027 is withdrawn since Wed 2027-01-20 10:00\n"));
    let post = later(&site, &["post"]);
    assert!(post.out.contains("posted    feed             close"), "{}", post.out);
    let log = json(&site.run(&["log", "--format", "json"]));
    let rows = log.as_array().expect("rows");
    let announced = rows.iter().find(|row| row["occasion"] == "announce").expect("the ad");
    assert_eq!(announced["copy"], "withdrawn");
}

#[test]
fn a_withdrawal_can_be_called_off() {
    let site = announced();
    later(&site, &["withdraw", ID]);
    let undone = later(&site, &["withdraw", ID, "--undo"]);
    assert_eq!(undone.out, "tcg-04-2027 is not withdrawn any more\n");
    let again = later(&site, &["withdraw", ID, "--undo"]);
    assert_eq!(again.out, "tcg-04-2027 was not withdrawn\n");
    let post = later(&site, &["post"]);
    assert_eq!(post.out, "Nothing to do: everything stands as it should.\n", "{post:?}");
}

#[test]
fn the_withdrawal_of_a_page_that_is_gone_counts_after_a_time_of_grace() {
    let site = announced();
    std::fs::remove_file(site.path(PAGE)).expect("removing a page");
    let ran = site.run(&["withdraw", ID, "--at", "2027-01-21T09:00:00Z"]);
    assert!(
        ran.out.starts_with(
            "tcg-04-2027 is withdrawn\n\
             Its page is gone, so this counts from Sun 2027-01-24 10:00, unless the page is back \
             by then.\n"
        ),
        "{ran:?}"
    );
    let early = site.run(&["post", "--at", "2027-01-24T08:00:00Z"]);
    assert!(!early.out.contains("posted"), "{}", early.out);
    let waits = "its page is gone, so its copies are taken back from 2027-01-24 10:00 on";
    assert!(early.out.contains(waits), "{}", early.out);
    let due = site.run(&["plan", "--at", "2027-01-24T10:00:00Z"]);
    assert!(due.out.contains("  feed             close     due now"), "the plan too: {}", due.out);
    let late = site.run(&["post", "--at", "2027-01-24T10:00:00Z"]);
    assert!(late.out.contains("posted    feed             close"), "{}", late.out);
}

#[test]
fn a_page_that_is_gone_closes_nothing_by_itself() {
    let site = announced();
    std::fs::remove_file(site.path(PAGE)).expect("removing a page");
    for day in ["2027-01-21", "2027-02-21"] {
        let post = site.run(&["post", "--at", day]);
        assert!(!post.out.contains("posted"), "{}", post.out);
        assert!(post.out.contains("handbill withdraw tcg-04-2027"), "{}", post.out);
    }
}
