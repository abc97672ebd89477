//! The doctor: a healthy site is well, each fault is found, and nothing is changed.

mod faults;
mod judging;
mod online;
mod server;

use serde_json::Value;

use crate::support::{Ran, TestSite};

/// What depends on the machine that the tests run on.
const OF_THE_MACHINE: [&str; 4] =
    ["doctor::clock-synchronised", "doctor::time-zones", "doctor::disk", "doctor::git"];

/// A channel with a credential.
const MASTODON: &str = "kind = \"mastodon\"\n[mastodon]\nserver = \"https://social.example\"\n\
                        token = { file = \"token\", expires = \"2028-01-01\" }\n";

/// A site with a manual channel, one with a credential, and a ledger.
pub fn healthy() -> TestSite {
    let site = TestSite::with_channels(&["careers-office"]);
    let posted = site.run(&["post", "--at", AT]);
    assert_eq!(posted.code, 0, "{posted:?}");
    site.write("channels/mastodon.toml", MASTODON);
    site.write("token", "s3cret-token");
    chmod(&site, "token", 0o600);
    site
}

pub const AT: &str = "2027-01-20T09:00:00Z";

pub fn chmod(site: &TestSite, file: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(site.path(file), std::fs::Permissions::from_mode(mode)).unwrap();
}

pub fn examined(site: &TestSite) -> (i32, Value) {
    examined_with(site, &["--at", AT])
}

pub fn examined_with(site: &TestSite, arguments: &[&str]) -> (i32, Value) {
    let ran = site.run(&[&["doctor", "--format", "json"], arguments].concat());
    assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
    let json = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran.code, json)
}

/// What is not well, as `outcome code: seen`.
pub fn complaints(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|it| it["outcome"] != "ok")
        .filter(|it| !OF_THE_MACHINE.contains(&it["code"].as_str().unwrap()))
        .map(|it| {
            assert!(it["help"].as_str().is_some_and(|help| !help.is_empty()), "{it}");
            let word = |key: &str| it[key].as_str().unwrap().to_owned();
            format!("{} {}: {}", word("outcome"), word("code"), word("seen"))
        })
        .collect()
}

/// The only complaint is this one.
pub fn assert_finds(site: &TestSite, code: i32, start: &str) {
    let (ended, report) = examined(site);
    let found = complaints(&report);
    assert!(found.len() == 1 && found[0].starts_with(start), "{found:#?}");
    assert_eq!(ended, code, "{found:#?}");
}

#[test]
fn a_healthy_site_is_well_and_stays_as_it_is() {
    let site = healthy();
    let before = site.snapshot();
    let (code, report) = examined(&site);
    assert_eq!(complaints(&report), Vec::<String>::new());
    assert_eq!(code, 0);
    assert_eq!(site.snapshot(), before);
    let codes: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    for code in [
        "doctor::configuration",
        "doctor::channels",
        "doctor::templates",
        "doctor::postings",
        "doctor::credentials",
        "doctor::credential-expiry",
        "doctor::secret-files",
        "doctor::ledger",
        "doctor::ledger-whole",
        "doctor::ledger-writable",
        "doctor::clock",
        "doctor::clock-synchronised",
        "doctor::disk",
        "doctor::time-zones",
    ] {
        assert!(codes.iter().any(|it| *it == code), "{code} is not among {codes:?}");
    }
}

#[test]
fn a_site_without_a_ledger_is_well_and_gets_none() {
    let site = TestSite::with_channels(&["careers-office"]);
    let before = site.snapshot();
    let (code, report) = examined(&site);
    assert_eq!((code, complaints(&report)), (0, Vec::new()));
    assert_eq!(site.snapshot(), before);
}

#[test]
fn people_read_it_at_80_columns_with_what_to_do() {
    let site = healthy();
    chmod(&site, "token", 0o644);
    let Ran { code, out, .. } = site.run(&["doctor", "--at", AT]);
    assert_eq!(code, 0, "a warning is no failure: {out}");
    assert!(out.contains("warning  secret-files"), "{out}");
    assert!(out.contains("help: chmod 600 "), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(out.ends_with("`--online` asks the servers too.\n"), "{out}");
}
