//! The log answers: where does this ad stand, since when, what did it say, what needs me (promise 8);
//! and no ad can write anything else into it than words.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::json;
use crate::support::{TestSite, command};

/// Two ads: one in a feed, and both with the careers office, which a person posts.
fn site() -> TestSite {
    let site = TestSite::with_channels(&["feed", "careers-office"]);
    site.waits_for_no_page();
    // Who names pages from before the first start wants them announced.
    let ran = site.run(&["post", PHD, POSTDOC, "--now", "--at", AT]);
    assert_eq!(ran.code, 0, "{ran:?}");
    site
}

const PHD: &str = "content/jobs/phd-tidal-forecasting/index.md";
const POSTDOC: &str = "content/jobs/postdoc-sediment-transport/index.md";
const AT: &str = "2027-01-12T09:00:00Z";

fn rows(site: &TestSite, more: &[&str]) -> Vec<(String, String)> {
    let ran = site.run(&[&["log", "--at", AT, "--format", "json"], more].concat());
    let rows = json(&ran);
    let word = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = rows.as_array().expect("an array").iter();
    rows.map(|row| (word(row, "posting"), word(row, "channel"))).collect()
}

#[test]
fn the_log_is_narrowed_by_state_time_channel_and_words() {
    let site = site();
    let all = rows(&site, &[]);
    let on =
        |name: &str| all.iter().filter(|(_, channel)| channel == name).cloned().collect::<Vec<_>>();
    assert!(!on("feed").is_empty() && !on("careers-office").is_empty(), "{all:?}");
    assert_eq!(rows(&site, &["--state", "asked"]), on("careers-office"));
    assert_eq!(rows(&site, &["--state", "live"]), on("feed"));
    assert_eq!(rows(&site, &["--state", "asked,live"]), all);
    assert_eq!(rows(&site, &["--since", "1h"]), all);
    assert_eq!(rows(&site, &["--until", "1h"]), []);
    assert_eq!(rows(&site, &["--until", "2027-01-13"]), all);
    assert_eq!(rows(&site, &["--text", "CAREERS"]), on("careers-office"));
    let wrong = site.run(&["log", "--state", "lost"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("possible values: planned"), "{}", wrong.err);
    let nothing = site.run(&["log", "--at", AT, "--text", "no such words"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, "Nothing in the log is so.\n"));
}

#[test]
fn the_table_stands_by_posting_or_by_channel_within_80_columns() {
    let site = site();
    let by_channel = site.run(&["log", "--at", AT, "--by", "channel"]).out;
    assert!(by_channel.starts_with("careers-office\n\n  ID        POSTING"), "{by_channel}");
    assert_eq!(by_channel.matches("\nfeed\n").count(), 1, "{by_channel}");
    for table in [by_channel, site.run(&["log", "--at", AT]).out] {
        for line in table.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn what_needs_a_person_is_told_with_what_to_type() {
    let site = site();
    let needs = site.run(&["log", "--needs-me", "--at", AT]);
    assert_eq!(needs.code, 0);
    assert!(needs.out.contains("handbill record "), "{}", needs.out);
    assert!(!needs.out.contains("feed"), "{}", needs.out);
    let needs = json(&site.run(&["log", "--needs-me", "--at", AT, "--format", "json"]));
    assert_eq!(needs[0]["kind"], "errand");
    let elsewhere = site.run(&["log", "--needs-me", "--at", AT, "--channel", "feed"]);
    assert_eq!(elsewhere.out, "Nothing needs you.\n");
}

#[test]
fn an_edit_says_what_it_changed() {
    let site = site();
    site.replace(PHD, "28th February 2027", "15th March 2027");
    let ran = site.run(&["post", "--now", "--at", "2027-01-20T09:00:00Z"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let log = json(&site.run(&["log", "--at", "2027-01-20T10:00:00Z", "--format", "json"]));
    let update = log.as_array().unwrap().iter().find(|row| {
        row["channel"] == "feed" && row["occasion"] == "update" && row["state"] == "posted"
    });
    let id = update.expect("an update").get("id").unwrap().as_str().unwrap();
    let show = site.run(&["log", "show", id]).out;
    let changed = show.split("  what it changed\n").nth(1).expect("what it changed");
    let changed = changed.split("\n\n").next().unwrap();
    assert!(
        changed.lines().any(|it| it.trim_start().starts_with('-') && it.contains("2027-02-28")),
        "{changed}"
    );
    assert!(
        changed.lines().any(|it| it.trim_start().starts_with('+') && it.contains("2027-03-15")),
        "{changed}"
    );
}

/// An ad whose title tries to write to the terminal, turn the line around and break each format.
#[test]
fn no_ad_can_break_the_log() {
    let title = "A | <b>bold</b> \u{202e}txet \u{7} \u{1b}[31mred,\\\"quoted\\\" `code` =1+1 &amp;";
    let site = TestSite::with_channels(&["careers-office"]);
    site.waits_for_no_page();
    site.write(
        "content/jobs/hostile.md",
        format!(
            "+++\ntitle = \"{}\"\ndate = 2027-01-10\n[job]\nid = \"hostile\"\ndeadline = 2027-03-01\n+++\n\n\
             We look for a PhD student.\n",
            title.replace('\u{7}', "\\u0007").replace('\u{1b}', "\\u001b").replace('\u{202e}', "\\u202e")
        ),
    );
    let ran = site.run(&["post", "content/jobs/hostile.md", "--now", "--at", AT]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let row = |format: &str| {
        site.run(&["log", "--at", AT, "--posting", "hostile", "--format", format]).out
    };
    for format in ["table", "csv", "markdown", "html"] {
        let drawn = row(format);
        let bad = |sign: char| sign.is_control() && !"\r\n".contains(sign);
        assert!(!drawn.contains(bad), "{format}: {drawn:?}");
    }
    for format in ["table", "markdown", "html"] {
        let drawn = row(format);
        assert!(!drawn.contains('\u{202e}') && drawn.contains("U+202E"), "{format}: {drawn:?}");
    }
    let markdown = row("markdown");
    let line = markdown.lines().nth(2).expect("a row");
    assert_eq!(line.replace("\\|", "").matches('|').count(), 9, "{line}");
    assert!(line.contains("\\<b\\>bold") && line.contains("\\`code\\`"), "{line}");
    let html = row("html");
    assert!(html.contains("&lt;b&gt;bold&lt;/b&gt;") && !html.contains("<b>"), "{html}");
    for line in row("jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        assert_eq!(row["posting"], "hostile");
    }
}

#[test]
fn what_happens_is_followed_as_it_happens() {
    let site = site();
    let follow = ["log", "--follow", "--format", "jsonl", "--channel", "careers-office"];
    let mut following = command(&site.root(), &[&follow[..], &["--since", "2026-01-01"]].concat())
        .stdout(Stdio::piped())
        .spawn()
        .expect("handbill log --follow");
    let lines = BufReader::new(following.stdout.take().expect("its output")).lines();
    let mut told = lines
        .map_while(Result::ok)
        .map(|line| serde_json::from_str::<serde_json::Value>(&line).expect("an object a line"));
    // What happened before comes first.
    let asked = told.find(|it| it["what"] == "asked").expect("the errand");
    let link = "https://careers.example/ads/7";
    assert_eq!(site.run(&["record", asked["id"].as_str().unwrap(), link]).code, 0);
    let recorded = told.find(|it| it["what"] == "recorded").expect("what a person did");
    following.kill().expect("ending it");
    following.wait().expect("its end");
    assert_eq!((&recorded["id"], &recorded["link"]), (&asked["id"], &link.into()));
}

#[test]
fn what_is_followed_has_a_line_each() {
    let ran = site().run(&["log", "--follow", "--format", "csv"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`--format jsonl`"), "{}", ran.err);
}
