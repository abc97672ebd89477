//! The links of copies come back onto the site: in a data file per ad and in the front matter, and
//! nothing else changes.

use std::process::Command;

use serde_json::Value;

use super::{OFFICE, PAGE, asked, json};
use crate::support::TestSite;

const LINK: &str = "https://careers.example/jobs/7";
const DATA: &str = "data/syndication/tcg-04-2027.json";

/// A site whose ad stands where a person has put it.
fn with_link(rules: &str) -> TestSite {
    let (site, id) = asked();
    let text = site.read("handbill.toml");
    site.write("handbill.toml", format!("{text}\n[write_back]\n{rules}\n"));
    let recorded = site.run(&["record", &id, LINK]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    site
}

fn git(site: &TestSite, arguments: &[&str]) -> String {
    let ran = Command::new("git").arg("-C").arg(site.root()).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

fn in_git(site: &TestSite) {
    git(site, &["init", "--quiet"]);
    git(site, &["config", "user.name", "Robin Example"]);
    git(site, &["config", "user.email", "robin@tidal.example"]);
    site.write(".gitignore", "state/\nledger.id\n");
    git(site, &["add", "--all"]);
    git(site, &["commit", "--quiet", "--message", "Begin"]);
}

#[test]
fn a_link_stands_in_the_data_and_on_the_page_and_the_next_plan_is_as_it_was() {
    let site = with_link("front_matter = true");
    let before = site.read(PAGE);
    let plan = || json(&site.run(&["plan", "--format", "json"]))["steps"].clone();
    let planned = plan();

    let files = site.snapshot();
    let shown = site.run(&["write-back", "--dry-run"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.contains(&format!("    +  - \"{LINK}\"\n")), "{shown:?}");
    assert_eq!(site.snapshot(), files, "a dry run touches nothing");

    let written = json(&site.run(&["write-back", "--format", "json"]));
    assert_eq!(written["written"].as_array().unwrap().len(), 2, "{written}");
    let data: Value = serde_json::from_str(&site.read(DATA)).unwrap();
    assert_eq!(data["links"][0]["url"], LINK);
    assert_eq!(data["links"][0]["channel"], OFFICE);
    assert_eq!(data["pages"][0], "jobs/postdoc-sediment-transport/index.md");
    let after = site.read(PAGE);
    let added = format!("syndication:\n  - \"{LINK}\"\n");
    assert_eq!(after.replace(&added, ""), before, "every other byte is kept");
    assert_ne!(after, before);

    assert_eq!(plan(), planned);
    assert_eq!(site.run(&["write-back"]).out, "The site has the links that stand.\n");
    let post = site.run(&["post"]);
    assert_eq!(post.code, 0, "{post:?}");
    assert_eq!(site.read(PAGE), after);
}

#[test]
fn a_round_puts_links_there_and_takes_those_away_that_are_taken_back() {
    let site = with_link("front_matter = true");
    let before = site.read(PAGE);
    assert_eq!(site.run(&["post"]).code, 0);
    assert!(site.read(DATA).contains(LINK) && site.read(PAGE).contains(LINK));

    // An author's own link stays.
    site.replace(PAGE, "syndication:\n", "syndication:\n  - https://elsewhere.example/\n");
    let withdrawn = site.run(&["withdraw", "tcg-04-2027"]);
    assert_eq!(withdrawn.code, 0, "{withdrawn:?}");
    site.run(&["post"]);
    let log = json(&site.run(&["log", "--format", "json"]));
    let close = log.as_array().unwrap().iter().find(|it| it["occasion"] == "close").unwrap();
    let recorded = site.run(&["record", close["id"].as_str().unwrap()]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    assert_eq!(site.run(&["write-back"]).code, 0);
    assert!(!site.path(DATA).exists());
    let own = "syndication:\n  - \"https://elsewhere.example/\"\n";
    let page = site.read(PAGE);
    assert!(page.contains(own), "{page}");
    assert_eq!(page.replace(own, ""), before);
}

#[test]
fn a_commit_holds_our_files_and_nothing_that_somebody_else_works_on() {
    let site = with_link("front_matter = true\ngit = \"commit\"");
    in_git(&site);
    let other = "content/jobs/notes.txt";
    site.write(other, "half a thought");
    git(&site, &["add", other]);
    site.write("templates/later.txt", "untracked");
    let written = json(&site.run(&["write-back", "--format", "json"]));
    let files = written["committed"]["files"].as_array().unwrap();
    assert_eq!(files.len(), 2, "{written}");
    let committed = git(&site, &["show", "--name-only", "--format=", "HEAD"]);
    assert_eq!(committed.lines().collect::<Vec<_>>(), [PAGE, DATA], "{committed}");
    let status = git(&site, &["status", "--porcelain"]);
    assert_eq!(status, format!("A  {other}\n?? templates/\n"));
    assert_eq!(json(&site.run(&["write-back", "--format", "json"]))["committed"], Value::Null);
}

#[test]
fn a_page_that_somebody_is_writing_is_not_committed() {
    let site = with_link("front_matter = true\ngit = \"commit\"");
    in_git(&site);
    let page = site.read(PAGE);
    site.write(PAGE, format!("{page}\nAn unfinished sentence"));
    let written = json(&site.run(&["write-back", "--format", "json"]));
    let files = written["committed"]["files"].as_array().unwrap();
    assert_eq!(files, &[Value::from(DATA)], "{written}");
    assert!(site.read(PAGE).contains(LINK), "{written}");
    // Once the author is done, it is the author's commit.
    assert!(git(&site, &["status", "--porcelain"]).contains(&format!(" M {PAGE}")));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let site = with_link("");
    let foreign = r#"{ "by": "somebody" }"#;
    site.write(DATA, foreign);
    site.write("data/syndication/other.json", foreign);
    let page = site.read(PAGE);
    let ran = site.run(&["write-back"]);
    assert!(ran.code == 1 && ran.err.contains("somebody else's file"), "{ran:?}");
    assert_eq!(site.read(DATA), foreign);
    assert_eq!(site.read("data/syndication/other.json"), foreign);
    assert_eq!(site.read(PAGE), page, "nobody wants it in the front matter");
}

#[test]
fn without_the_table_nothing_is_written() {
    let (site, _) = asked();
    let ran = site.run(&["write-back"]);
    assert!(ran.code == 2 && ran.err.contains("[write_back]"), "{ran:?}");
    assert!(site.run(&["write-back", "--partial"]).out.contains("class=\"u-syndication\""));
}
