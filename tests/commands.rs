//! The commands as somebody types them: what they say, as text and as JSON, and how they end.

mod adding_channels;
mod approval;
mod calendar;
mod cards;
mod declaring;
mod erasing;
mod evidence;
mod first_start;
mod hr_ba_xml;
mod limits;
mod looking;
mod mailbox;
mod pausing;
mod resolving;
mod short_texts;
mod testing_boards;
mod withdrawing;
mod write_back;

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Ran, TestSite};

const PAGE: &str = "content/jobs/postdoc-sediment-transport/index.md";
const OFFICE: &str = "careers-office";
/// After the example's pages are published.
const AT: &str = "2027-01-20T09:00:00Z";

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
}

/// A site with one page, whose announcement does not wait until the page is seen on the web: it is
/// never there.
fn quick(channels: &[&str]) -> TestSite {
    let site = TestSite::with_channels(channels);
    std::fs::remove_dir_all(site.path("content/jobs/phd-tidal-forecasting"))
        .expect("removing a page");
    site.waits_for_no_page();
    site
}

/// The same, the day after the page's date: what is there has been there before the first start.
fn later(site: &TestSite, command: &[&str]) -> Ran {
    site.run(&[command, &["--at", AT]].concat())
}

/// A site with one channel that a person serves, and one posting that has gone there; and the id
/// of its delivery.
fn asked() -> (TestSite, String) {
    let site = quick(&[OFFICE]);
    site.replace(PAGE, "publishDate: \"2027-01-11T00:00:00Z\"", "publishDate: 2020-01-11");
    // Who names a page from before the first start wants it announced.
    let post = site.run(&["post", PAGE]);
    assert_eq!(post.code, 0, "{post:?}");
    let log = json(&site.run(&["log", "--format", "json"]));
    let id = log[0]["id"].as_str().expect("an id").to_owned();
    (site, id)
}

#[test]
fn init_makes_a_site_that_passes_check_and_dry_run_as_it_is() {
    let site = TestSite::new();
    let before = site.snapshot();
    let check = site.run(&["check"]);
    assert_eq!(check.code, 0, "{}", check.out);
    let dry = site.run(&["post", "--dry-run", "--at", AT]);
    assert_eq!(dry.code, 0, "{}", dry.err);
    assert!(dry.out.ends_with("This was a dry run: nothing was sent and nothing was recorded.\n"));
    assert_eq!(site.snapshot(), before, "a dry run touches nothing");
}

#[test]
fn init_changes_nothing_where_there_is_a_site() {
    let site = TestSite::new();
    let before = site.snapshot();
    let ran = site.run(&["init"]);
    assert_eq!(
        ran.err,
        "error: there is already a handbill.toml in .; nothing was changed\n\
         help: name another folder, `handbill init FOLDER`\n"
    );
    assert_eq!(ran.code, 2);
    assert_eq!(site.snapshot(), before);
}

#[test]
fn check_says_everything_as_json_too() {
    let site = TestSite::new();
    site.write("content/jobs/bad.md", "---\ntitle: Diver\njob:\n  dedline: soon\n---\nDive.\n");
    let ran = site.run(&["check", "--format", "json"]);
    let found = json(&ran);
    assert_eq!((ran.code, &found["errors"]), (4, &Value::from(1)));
    let all = found["diagnostics"].as_array().expect("a list");
    let error = all.iter().find(|it| it["severity"] == "error").expect("the error");
    assert_eq!(error["code"], "job::unknown-key");
    assert_eq!(error["path"], "content/jobs/bad.md");
    assert_eq!((&error["line"], &error["column"]), (&Value::from(4), &Value::from(3)));
    assert_eq!(error["label"], "did you mean `deadline`?");
}

#[test]
fn check_says_what_is_wrong_in_the_configuration_as_json_too() {
    let site = TestSite::new();
    site.replace("channels/x.toml", "kind = \"x\"", "kind = \"y\"");
    let ran = site.run(&["check", "--format", "json"]);
    let found = json(&ran);
    assert_eq!((ran.code, &found["errors"]), (2, &Value::from(1)));
    assert_eq!(found["diagnostics"][0]["code"], "channel::kind");
}

#[test]
fn inspect_lets_no_page_write_to_the_terminal() {
    let site = TestSite::with_channels(&[]);
    let page = "content/jobs/diver.md";
    let front = "title: \"Diver \\u202Erevid\\u202C \\u001B[2J\"\ndate: 2027-01-01";
    site.write(page, format!("---\n{front}\n---\n\nWe offer a position to a diver.\n"));
    let ran = site.run(&["inspect", page]);
    assert!(!ran.out.contains(['\u{202e}', '\u{1b}']), "{ran:?}");
    assert!(ran.out.contains("Diver <U+202E>revid<U+202C>"), "{ran:?}");
}

#[test]
fn inspect_shows_each_field_with_its_line() {
    let site = TestSite::new();
    let ran = site.run(&["inspect", PAGE]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out.contains("  reference         TCG/04/2027  (inferred, line 2)\n"),
        "{}",
        ran.out
    );
    let found = json(&site.run(&["inspect", PAGE, "--format", "json"]));
    assert_eq!(found["fields"]["reference"]["value"], "TCG/04/2027");
    let sure = |page: &str, field: &str| {
        json(&site.run(&["inspect", page, "--format", "json"]))["fields"][field]["sure"].take()
    };
    let phd = "content/jobs/phd-tidal-forecasting/index.md";
    assert_eq!(sure(phd, "title"), "certain");
    assert_eq!(sure(phd, "deadline"), "likely");
    assert_eq!(sure(phd, "start"), "doubtful");
    assert_eq!(sure(phd, "city"), "likely");
    assert_eq!(sure(phd, "language"), "assumed");
    assert_eq!(found["publishable"], true);
}

#[test]
fn plan_names_a_time_or_a_reason_for_every_channel() {
    let site = quick(&["list", "feed"]);
    site.run(&["accept", "--all", "--at", "2027-01-20"]);
    let ran = site.run(&["plan", "--at", AT]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("  feed             announce  due now\n"), "{}", ran.out);
    assert!(ran.out.contains("  list             announce  Thu 2027-01-21 09:00\n"), "{}", ran.out);
    let plan = json(&site.run(&["plan", "--at", AT, "--format", "json"]));
    assert!(plan["steps"].as_array().is_some_and(|steps| steps.len() >= 2), "{plan}");
    assert_eq!(plan["now"], AT);
    let early = site.run(&["plan", "--at", "2027-01-01"]);
    assert!(early.out.contains("not: the page is published on 2027-01-11"), "{}", early.out);
}

#[test]
fn a_dry_run_shows_the_very_request_with_its_secret_masked() {
    let site = TestSite::with_channels(&["mastodon"]);
    let before = site.snapshot();
    let ran = site.run(&["post", "--dry-run", PAGE, "--at", AT]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("POST https://social.example/api/v1/statuses\n"), "{}", ran.out);
    assert!(ran.out.contains("Authorization: Bearer ********\n"), "{}", ran.out);
    let shown = json(&site.run(&["post", "--dry-run", PAGE, "--at", AT, "--format", "json"]));
    assert_eq!(shown["steps"][0]["channel"], "mastodon");
    assert!(shown["steps"][0]["preview"]["wire"].is_object(), "{shown}");
    assert_eq!(site.snapshot(), before);
}

#[test]
fn what_waits_for_a_person_is_in_the_log_with_what_to_type() {
    let (site, id) = asked();
    let log = site.run(&["log"]);
    assert!(log.out.contains(&format!("waits for a person: `handbill record {id} LINK`")));
    assert_eq!(log.code, 0);
    for (format, sign) in [("csv", "id,posting,title"), ("markdown", "| id | posting |")] {
        let ran = site.run(&["log", "--format", format]);
        assert!(ran.out.starts_with(sign), "{}", ran.out);
    }
}

#[test]
fn a_link_that_a_person_records_is_in_the_log() {
    let (site, id) = asked();
    let link = "https://careers.example/ads/7";
    let ran = site.run(&["record", &id, link]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "Recorded for tcg-04-2027 on careers-office: https://careers.example/ads/7\n")
    );
    let log = json(&site.run(&["log", "--format", "json"]));
    assert_eq!((&log[0]["state"], &log[0]["link"]), (&"posted".into(), &link.into()));
    let again = site.run(&["post"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(json(&site.run(&["log", "--format", "json"])), log, "posted once");
}

#[test]
fn record_asks_for_the_link_of_a_new_copy() {
    let (site, id) = asked();
    let ran = site.run(&["record", &id]);
    assert_eq!(
        ran.err,
        format!("error: where do readers find it?\nhelp: `handbill record {id} LINK`\n")
    );
    assert_eq!(ran.code, 2);
}

#[test]
fn log_show_has_every_attempt_with_exactly_what_was_said() {
    let (site, id) = asked();
    let ran = site.run(&["log", "show", &id]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("  attempt 1 at "), "{}", ran.out);
    assert!(ran.out.contains("the form of the careers office"), "{}", ran.out);
    let shown = json(&site.run(&["log", "show", &id, "--format", "json"]));
    assert_eq!(shown["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown["delivery"]["state"], "asked");
}

#[test]
fn an_id_that_no_delivery_has_is_refused() {
    let (site, _) = asked();
    for arguments in
        [&["log", "show", "zz"] as &[_], &["record", "zz"], &["resolve", "zz", "--not-posted"]]
    {
        let ran = site.run(arguments);
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (2, "error: no delivery begins with `zz`\nhelp: `handbill log` lists the ids\n")
        );
    }
}

#[test]
fn resolve_wants_to_know_what_happened() {
    let (site, id) = asked();
    assert_eq!(site.run(&["resolve", &id]).code, 2);
    let both = site.run(&["resolve", &id, "--posted", "https://careers.example/7", "--not-posted"]);
    assert_eq!(both.code, 2);
    let posted = site.run(&["resolve", &id, "--posted", "https://careers.example/7"]);
    assert_eq!(
        (posted.code, posted.out.as_str()),
        (0, "tcg-04-2027 on careers-office is posted now\n"),
        "{}",
        posted.err
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (site, _) = asked();
    for format in ["table", "json"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_handbill"))
            .args(["log", "--format", format])
            .current_dir(site.root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // Closed before anything is written.
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        assert_eq!(said, "");
        assert_eq!(child.wait().expect("an end").code(), Some(0));
    }
}

#[test]
fn without_arguments_the_help_is_shown() {
    let ran = TestSite::new().run(&[]);
    assert!(ran.err.contains("Usage: handbill [OPTIONS] <COMMAND>"), "{}", ran.err);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
}

#[test]
fn every_help_fits_into_80_columns() {
    let site = TestSite::new();
    for command in [
        "init", "inspect", "check", "plan", "post", "log", "verify", "accept", "adopt", "approve",
        "withdraw", "card", "record", "resolve", "pause", "resume", "rehearse",
    ] {
        let ran = site.run(&[command, "--help"]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("Usage: handbill "), "{}", ran.out);
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
}

#[test]
fn there_are_no_colours_where_no_terminal_is() {
    let site = TestSite::new();
    site.replace("channels/x.toml", "kind = \"x\"", "kind = \"y\"");
    for arguments in [&["check"] as &[_], &["post"], &["--help"], &["nonsense"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_handbill"))
            .args(arguments)
            .current_dir(site.root())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .output()
            .expect("the program runs");
        let coloured = |bytes: &[u8]| bytes.contains(&0x1b);
        assert!(!coloured(&output.stdout) && !coloured(&output.stderr), "{arguments:?}");
    }
}

#[test]
fn the_log_of_a_posting_that_nobody_knows_is_an_error_with_a_suggestion() {
    let (site, _) = asked();
    let ran = site.run(&["log", "--posting", "tcg-04-2072"]);
    assert_eq!(
        ran.err,
        "error: nothing was posted under the id `tcg-04-2072`\n\
         help: did you mean `tcg-04-2027`?\n"
    );
    assert_eq!(ran.code, 2);
}

#[test]
fn a_dry_run_names_the_day_as_the_page_does_not_as_another_clock() {
    let site = TestSite::with_channels(&[OFFICE]);
    // Midnight in Nordhafen is still the day before in UTC.
    site.replace(PAGE, "publishDate: \"2027-01-11T00:00:00Z\"", "publishDate: 2030-01-11");
    let dry = site.run(&["post", "--dry-run", "--at", AT, PAGE]);
    let said = "announce · would not go out: the page is published on 2030-01-11\n";
    assert!(dry.out.contains(said), "{}", dry.out);
}

#[test]
fn posting_one_page_again_says_that_nothing_is_to_be_done() {
    let (site, _) = asked();
    // Another page's delivery is no business of this command.
    let other = site.read(PAGE).replace("TCG/04/2027", "TCG/05/2027");
    site.write("content/jobs/other.md", other.replace("2020-01-11", "2030-01-11"));
    let again = site.run(&["post", PAGE]);
    assert_eq!(again.out, "Nothing to do: everything stands as it should.\n", "{again:?}");
    assert_eq!(again.code, 0);
}

#[test]
fn check_warns_of_a_site_without_channels() {
    let site = TestSite::with_channels(&[]);
    let ran = site.run(&["check"]);
    assert!(ran.out.contains("the site has no channel to post to"), "{}", ran.out);
    assert_eq!(ran.code, 0);
}

#[test]
fn check_warns_of_channels_that_would_say_the_same_to_the_same_readers() {
    let site = TestSite::with_channels(&["mastodon"]);
    let file = site.read("channels/mastodon.toml");
    site.write("channels/again.toml", &file);
    let ran = site.run(&["check"]);
    assert!(ran.out.contains("mastodon would both post"), "{}", ran.out);
    assert!(ran.out.contains("the same ad twice"), "{}", ran.out);
    assert_eq!(ran.code, 0);
    site.replace("channels/again.toml", "HANDBILL_MASTODON_TOKEN", "ANOTHER_TOKEN");
    let apart = site.run(&["check"]);
    assert!(!apart.out.contains("would both post"), "{}", apart.out);
}

#[test]
fn verify_says_what_only_a_person_can_see_and_fails_nothing() {
    let (site, id) = asked();
    let recorded = site.run(&["record", &id, "https://careers.example/7"]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    let ran = site.run(&["verify"]);
    assert!(ran.out.contains("only a person can look"), "{}", ran.out);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    let site = TestSite::new();
    let ran = site.run(&["--log-level", "handbill=loud", "check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("write a level such as `info` or `debug`"), "{}", ran.err);
}

#[test]
fn a_page_outside_the_site_goes_out_only_with_an_address_of_its_own() {
    let site = TestSite::with_channels(&["careers-office"]);
    let page = "---\ntitle: \"TCG/09/2027: Technician (m/f/d)\"\n---\nWe look after the flume.\n";
    site.write("elsewhere/technician.md", page);
    let before = site.snapshot();

    let shown = site.run(&["post", "--dry-run", "elsewhere/technician.md"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.err.contains("warning[page::address]"), "{}", shown.err);
    let refused = site.run(&["post", "--now", "elsewhere/technician.md"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(
        refused.err.contains(
            "error[page::address]: this page lies outside content, so its address is a guess"
        ),
        "{}",
        refused.err
    );
    assert_eq!(site.snapshot(), before, "nothing was touched");

    site.replace(
        "elsewhere/technician.md",
        "---\nWe look",
        "url: https://tidal.example/technician/\n---\nWe look",
    );
    let posted = site.run(&["post", "--now", "elsewhere/technician.md"]);
    assert_eq!(posted.code, 0, "{posted:?}");
    assert!(posted.out.contains("tcg-09-2027"), "{}", posted.out);
}
