//! A list in a repository, through the real program: planned, pushed, killed, merged, changed,
//! taken back.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::PAGE;
use crate::support::TestSite;
use crate::support::repository::{Bare, Then};

const JOBS: &str = "- expires: 2027-06-30\n  location: Harbour\n  name: Diver\n  posted: 2027-01-01\n  \
                    url: https://harbour.example/diver\n";
const FILE: &str = "_data/jobs.yml";

/// The list of US-RSE as its preset describes it, in a repository on this machine.
fn site(bare: &Bare) -> TestSite {
    let site = TestSite::with_channels(&[]);
    std::fs::remove_dir_all(site.path("content/jobs/postdoc-sediment-transport")).unwrap();
    site.waits_for_no_page();
    let file = format!(
        "preset = \"boards/us-rse\"\n[git]\nrepository = \"{}\"\n\
         author = {{ name = \"Tidal Lab\", email = \"lab@tidal.example\" }}\n",
        bare.url()
    );
    site.write("channels/us-rse.toml", file);
    site
}

fn post(site: &TestSite, at: &str) {
    let ran = site.run(&["post", PAGE, "--now", "--at", at]);
    assert!(matches!(ran.code, 0 | 3), "{ran:?}");
}

fn log(site: &TestSite) -> Vec<Value> {
    let ran = site.run(&["log", "--format", "json"]);
    let rows: Value = serde_json::from_str(&ran.out).unwrap();
    rows.as_array().unwrap().clone()
}

#[test]
fn an_ad_goes_to_the_list_and_a_person_is_asked_to_open_the_request() {
    let bare = Bare::with(&[(FILE, JOBS)]);
    let site = site(&bare);
    let dry = site.run(&["post", PAGE, "--now", "--dry-run", "--at", "2027-01-12T09:00:00Z"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains("in _data/jobs.yml, by Tidal Lab <lab@tidal.example>"), "{}", dry.out);
    assert!(bare.branches().is_empty(), "a dry run pushes nothing");
    post(&site, "2027-01-12T09:00:00Z");
    let branches = bare.branches();
    assert_eq!(branches.len(), 1);
    let entry = "- expires: \"2027-02-28\"\n  location: \"Tidal Computing Group (TCG), University of \
                 Nordhafen, Nordhafen\"\n  name: \"Ph.D. position in Machine Learning for Tides - \
                 Forecasting and Uncertainty (m/f/d)\"\n  posted: \"2027-01-11\"\n  url: \
                 \"https://tidal.example/jobs/phd-tidal-forecasting/\"\n";
    assert_eq!(bare.file(&branches[0], FILE), Some(format!("{entry}{JOBS}")));
    let row = &log(&site)[0];
    assert_eq!(row["state"], "asked");
    let link = row["link"].as_str().unwrap();
    assert!(link.starts_with("https://github.com/USRSE/usrse.github.io/compare/main..."), "{link}");
    let again = site.run(&["post", PAGE, "--now", "--at", "2027-01-13T09:00:00Z"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!((bare.branches().len(), bare.commits(&branches[0]).len()), (1, 1));
}

#[test]
fn the_settings_of_whoever_runs_it_change_nothing() {
    let bare = Bare::with(&[(FILE, JOBS)]);
    let site = site(&bare);
    let environment = [
        ("GIT_AUTHOR_NAME", "Somebody Else"),
        ("GIT_COMMITTER_EMAIL", "else@host.example"),
        ("GIT_DIR", "/nowhere"),
        ("GIT_INDEX_FILE", "/nowhere/index"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.hooksPath"),
        ("GIT_CONFIG_VALUE_0", "/nowhere"),
        ("GIT_CONFIG_PARAMETERS", "'push.default=nothing'"),
    ];
    let at = ["post", PAGE, "--now", "--at", "2027-01-12T09:00:00Z"];
    let ran = site.run_with(&at, &environment);
    assert_eq!(ran.code, 0, "{ran:?}");
    let branches = bare.branches();
    let commits = bare.commits(&branches[0]);
    assert!(commits[0].starts_with("Tidal Lab <lab@tidal.example> "), "{commits:?}");
}

#[test]
fn killed_after_the_push_it_is_one_branch_and_one_commit() {
    for point in ["after-claim", "after-send"] {
        let bare = Bare::with(&[(FILE, JOBS)]);
        let site = site(&bare);
        let mut program = Command::new(env!("CARGO_BIN_EXE_handbill"))
            .args(["post", PAGE, "--now", "--at", "2027-01-12T09:00:00Z"])
            .current_dir(site.root())
            .env("HANDBILL_HALT_AT", point)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(program.stderr.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|it| it == format!("halted at {point}")));
        program.kill().unwrap();
        program.wait().unwrap();
        assert_eq!(bare.branches().len(), usize::from(point == "after-send"));
        for minute in ["10", "30", "50"] {
            post(&site, &format!("2027-01-12T09:{minute}:00Z"));
        }
        let branches = bare.branches();
        assert_eq!(branches.len(), 1, "{point}: {branches:?}");
        assert_eq!(bare.commits(&branches[0]).len(), 1, "{point}");
        assert_eq!(log(&site)[0]["state"], "asked", "{point}");
        let check = site.run(&["ledger", "check"]);
        assert_eq!(check.code, 0, "{check:?}");
    }
}

#[test]
fn a_change_and_a_close_reach_the_list() {
    let bare = Bare::with(&[(FILE, JOBS)]);
    let site = site(&bare);
    post(&site, "2027-01-12T09:00:00Z");
    let first = bare.branches().remove(0);
    let id = log(&site)[0]["id"].as_str().unwrap().to_owned();
    let recorded = site.run(&["record", &id, "https://host.example/pull/7"]);
    assert_eq!(recorded.code, 0, "{recorded:?}");

    // Not merged yet: the change goes to the same branch.
    site.replace(PAGE, "28th February 2027", "15th March 2027");
    post(&site, "2027-01-14T09:00:00Z");
    assert_eq!((bare.branches().len(), bare.commits(&first).len()), (1, 2));
    assert!(bare.file(&first, FILE).unwrap().contains("expires: \"2027-03-15\""));
    let update = log(&site).into_iter().find(|row| row["occasion"] == "update").unwrap();
    assert_eq!(update["state"], "asked");
    let done = site.run(&["record", update["id"].as_str().unwrap()]);
    assert_eq!(done.code, 0, "{done:?}");

    bare.merge(&first, Then::Delete);
    site.replace(PAGE, "\ntags:", "\nclosed: true\ntags:");
    let closed = site.run(&["post", "--at", "2027-01-20T09:00:00Z"]);
    assert_eq!(closed.code, 0, "{closed:?}");
    let branches = bare.branches();
    assert_eq!(branches.len(), 1, "{branches:?}");
    assert_ne!(branches[0], first);
    assert_eq!(bare.file(&branches[0], FILE).as_deref(), Some(JOBS));
}

#[test]
fn an_ad_for_cs_pui_is_a_file_that_says_when_it_is_closed() {
    let bare = Bare::with(&[("jobs/2026-Other.qmd", "theirs\n")]);
    let site = site(&bare);
    let file = format!(
        "preset = \"boards/cs-pui\"\n[values]\ntype = \"Visiting\"\n[git]\nrepository = \"{}\"\n\
         author = {{ name = \"Tidal Lab\", email = \"lab@tidal.example\" }}\n",
        bare.url()
    );
    std::fs::remove_file(site.path("channels/us-rse.toml")).unwrap();
    site.write("channels/cs-pui.toml", file);
    post(&site, "2027-01-12T09:00:00Z");
    let branch = bare.branches().remove(0);
    let path = "jobs/2027-tcg-03-2027.qmd";
    let text = bare.file(&branch, path).unwrap_or_default();
    assert!(text.starts_with("---\ninstitution: \"Tidal Computing Group"), "{text}");
    assert!(text.contains("\ndeadline: 2027-02-28\nactive: true\ntype: Visiting\nurl: "), "{text}");
    assert!(text.contains("\n<br> <br>\n🗓️ "), "{text}");
    bare.merge(&branch, Then::Delete);
    let id = log(&site)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(site.run(&["record", &id, "https://cs-pui.example/"]).code, 0);
    site.replace(PAGE, "\ntags:", "\nclosed: true\ntags:");
    assert_eq!(site.run(&["post", "--at", "2027-01-20T09:00:00Z"]).code, 0);
    let closed = bare.file(&bare.branches().remove(0), path).unwrap_or_default();
    assert_eq!(closed, text.replace("active: true", "active: false"));
}
