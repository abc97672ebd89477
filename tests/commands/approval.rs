//! A person agrees to the words, and to no others.

use super::{PAGE, json, later, quick};
use crate::support::TestSite;

const ID: &str = "tcg-04-2027";

/// A site whose feed needs approval, with an ad that was accepted.
fn site() -> TestSite {
    let site = quick(&["feed"]);
    site.replace("channels/feed.toml", "kind = \"feed\"\n", "kind = \"feed\"\napproval = true\n");
    later(&site, &["accept", ID]);
    site
}

#[test]
fn nothing_goes_out_before_somebody_agreed_to_the_words() {
    let site = site();
    let post = later(&site, &["post"]);
    assert_eq!(
        (post.code, post.out.as_str()),
        (0, "1 ad waits for approval: `handbill approve tcg-04-2027`\n"),
        "{post:?}"
    );
    let list = later(&site, &["approve"]);
    let waits = "Postdoc position in Sediment Transport (m/f/d)\n  tcg-04-2027\n    feed\n";
    assert!(list.out.starts_with(waits), "{}", list.out);
    let approved = later(&site, &["approve", ID, "--by", "M. Brandt"]);
    assert_eq!(approved.code, 0, "{approved:?}");
    assert!(
        approved.out.contains("\n  feed · announce\n    file ./public/feed/"),
        "{}",
        approved.out
    );
    assert!(approved.out.ends_with("\n  approved by M. Brandt\n\n"), "{}", approved.out);
    let post = later(&site, &["post"]);
    assert!(post.out.starts_with("posted    feed             announce"), "{}", post.out);
}

#[test]
fn showing_the_words_approves_nothing() {
    let site = site();
    let shown = later(&site, &["approve", ID, "--show", "--by", "M. Brandt"]);
    assert!(
        shown.out.ends_with("\n  not approved yet: `handbill approve tcg-04-2027`\n\n"),
        "{}",
        shown.out
    );
    assert!(later(&site, &["post"]).out.starts_with("1 ad waits for approval"));
}

#[test]
fn a_later_edit_voids_the_approval_and_says_so() {
    let site = site();
    later(&site, &["approve", ID, "--by", "M. Brandt"]);
    site.replace(PAGE, "starting October 2027 or as", "starting November 2027 or as");
    let post = later(&site, &["post"]);
    assert_eq!(post.out, "1 ad waits for approval: `handbill approve tcg-04-2027`\n");
    let list = later(&site, &["approve"]);
    let void = "the approval of Wed 2027-01-20 10:00 is void: the words have changed since";
    assert!(list.out.contains(void), "{}", list.out);
    let again = later(&site, &["approve", ID, "--by", "K. Ocean"]);
    let void = "the approval by M. Brandt of Wed 2027-01-20 10:00 is void: the words have changed";
    assert!(again.out.contains(void), "{}", again.out);
    assert!(later(&site, &["post"]).out.starts_with("posted    feed"));
}

#[test]
fn what_is_approved_is_not_approved_twice() {
    let site = site();
    later(&site, &["approve", ID, "--by", "M. Brandt"]);
    let again = later(&site, &["approve", ID, "--by", "K. Ocean"]);
    let said = "approved already by M. Brandt on Wed 2027-01-20 10:00";
    assert!(again.out.contains(said), "{}", again.out);
    assert_eq!(later(&site, &["approve"]).out, "Nothing waits for approval.\n");
}

#[test]
fn the_hash_that_is_agreed_to_is_told_to_machines() {
    let site = site();
    let approve = ["approve", ID, "--by", "M. Brandt", "--format", "json"];
    let first = json(&later(&site, &[&approve[..], &["--show"]].concat()));
    let then = json(&later(&site, &approve));
    assert_eq!(first[0]["approved"], false);
    assert_eq!(then[0]["approved"], true);
    assert_eq!(first[0]["content_hash"], then[0]["content_hash"]);
}

#[test]
fn an_ad_that_needs_no_approval_is_told_so() {
    let site = quick(&["feed"]);
    let ran = later(&site, &["approve", ID, "--by", "M. Brandt"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "tcg-04-2027 needs no approval\n"));
}
