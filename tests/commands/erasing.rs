//! A person has an ad erased from the ledger.

use super::{PAGE, json, later, quick};
use crate::support::TestSite;

const ID: &str = "tcg-04-2027";
/// On the example's page, and in what is sent.
const CONTACT: &str = "@tidal.example";
const TITLE: &str = "Sediment Transport";

/// A site whose ad stood in the feed, was taken back, and whose page is gone.
fn taken_back() -> TestSite {
    let site = quick(&["feed"]);
    later(&site, &["accept", ID]);
    let post = later(&site, &["post"]);
    assert!(post.out.starts_with("posted    feed"), "{post:?}");
    std::fs::remove_file(site.path(PAGE)).expect("removing a page");
    later(&site, &["withdraw", ID]);
    let post = site.run(&["post", "--at", "2027-02-01"]);
    assert!(post.out.contains("posted    feed             close"), "{post:?}");
    site
}

fn holding(site: &TestSite, text: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    let state = site.path("state");
    let files = site.snapshot().into_iter();
    let found = files.filter(|(path, bytes)| path.starts_with(&state) && holds(bytes));
    found.map(|(path, _)| path.display().to_string()).collect()
}

#[test]
fn an_ad_is_shown_then_erased_and_gone_from_every_file() {
    let site = taken_back();
    assert!(!holding(&site, CONTACT).is_empty());
    assert!(!holding(&site, TITLE).is_empty());
    let shown = site.run(&["erase", ID, "--at", "2027-02-02"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.starts_with("This would be erased of tcg-04-2027:\n"), "{}", shown.out);
    assert!(
        shown.out.ends_with(
            "Copies of the ledger that were made before still hold it: backups and exports.\n\n\
             Nothing was erased yet. It cannot be taken back: `handbill erase tcg-04-2027 --yes`\n"
        ),
        "{}",
        shown.out
    );
    assert!(!holding(&site, TITLE).is_empty(), "it was only shown");
    assert_eq!(site.run(&["ledger", "check"]).code, 0);

    let erased = site.run(&["erase", ID, "--yes", "--at", "2027-02-02"]);
    assert_eq!(erased.code, 0, "{erased:?}");
    let said = shown.out.replace("This would be erased of", "Erased of");
    assert!(said.starts_with(&erased.out), "what was shown is what is done: {}", erased.out);
    for text in [CONTACT, TITLE] {
        assert_eq!(holding(&site, text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(site.run(&["ledger", "check"]).code, 0);
    let exported = site.run(&["ledger", "export"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    assert!(!exported.out.contains(TITLE));

    let again = site.run(&["erase", ID, "--yes", "--at", "2027-02-03"]);
    assert_eq!(again.code, 0, "{again:?}");
    let nothing =
        "Nothing is left to erase of tcg-04-2027: it was erased on Tue 2027-02-02 01:00.\n";
    assert!(again.out.starts_with(nothing), "{}", again.out);
}

#[test]
fn the_log_says_that_it_was_erased_and_later_rounds_go_on() {
    let site = taken_back();
    site.run(&["erase", ID, "--yes", "--at", "2027-02-02"]);
    let log = site.run(&["log"]);
    assert!(log.out.starts_with("(erased on 2027-02-02)\n  tcg-04-2027\n"), "{}", log.out);
    let id = json(&site.run(&["log", "--format", "json"]))[0]["id"].clone();
    let show = site.run(&["log", "show", id.as_str().expect("an id")]);
    assert!(show.out.contains("    what it sent: erased on 2027-02-02\n"), "{}", show.out);
    let show = site.run(&["log", "show", id.as_str().expect("an id"), "--format", "json"]);
    assert_eq!(json(&show)["attempts"][0]["wire"], serde_json::Value::Null);
    let post = site.run(&["post", "--at", "2027-02-03"]);
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!(site.run(&["verify"]).code, 0);
    assert_eq!(site.run(&["plan", "--at", "2027-02-03"]).code, 0);
}

#[test]
fn an_ad_that_goes_on_or_stands_is_not_erased_and_it_is_said_what_to_do() {
    let site = quick(&["feed"]);
    later(&site, &["accept", ID]);
    later(&site, &["post"]);
    let ran = later(&site, &["erase", ID, "--yes"]);
    assert_eq!(ran.code, 1);
    let why = "error: tcg-04-2027 is not erased: its ad is not over, and its page would be read";
    assert!(ran.err.starts_with(why), "{}", ran.err);
    std::fs::remove_file(site.path(PAGE)).expect("removing a page");
    site.run(&["post", "--at", "2027-01-21"]);
    let ran = site.run(&["erase", ID, "--yes", "--at", "2027-01-22"]);
    assert_eq!(ran.code, 1);
    let why = "error: tcg-04-2027 is not erased: copies of it still stand\n";
    assert!(ran.err.starts_with(why), "{}", ran.err);
    assert!(ran.err.contains("feed, announce: live"), "{}", ran.err);
    assert!(ran.err.contains("help: `handbill withdraw tcg-04-2027`"), "{}", ran.err);
    let flag = "--although-copies-stand";
    let ran = site.run(&["erase", ID, "--yes", flag, "--at", "2027-01-22"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("Its copy still stands: "), "{}", ran.out);
    let post = site.run(&["post", "--at", "2027-01-23"]);
    assert_eq!(post.code, 0, "{post:?}");
}

#[test]
fn an_id_that_nobody_knows_gets_a_suggestion() {
    let site = taken_back();
    let ran = site.run(&["erase", "tcg-04-2028"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.ends_with("help: did you mean `tcg-04-2027`?\n"), "{}", ran.err);
}

#[test]
fn what_is_kept_for_a_time_goes_by_itself() {
    let site = taken_back();
    let text = site.read("handbill.toml");
    site.write("handbill.toml", format!("{text}\n[retention]\nattempts = \"30d\"\n"));
    let sent = |site: &TestSite| {
        let log = json(&site.run(&["log", "--format", "json"]));
        let show = site.run(&["log", "show", log[0]["id"].as_str().expect("an id")]);
        assert_eq!(show.code, 0, "{show:?}");
        !show.out.contains("what it sent: erased on")
    };
    // The round after the last copy was taken back finds that it is over.
    for (day, is_kept) in [("2027-02-20", true), ("2027-03-20", true), ("2027-03-24", false)] {
        let post = site.run(&["post", "--at", day]);
        assert_eq!(post.code, 0, "{post:?}");
        assert_eq!(sent(&site), is_kept, "{day}");
    }
    assert_eq!(site.run(&["ledger", "check"]).code, 0);
}
