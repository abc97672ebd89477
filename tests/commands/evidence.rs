//! The evidence of an ad: one archive that stands alone, and shows what was changed in it.

use handbill::adapt::picture::sha256;
use handbill::evidence::{Archive, check};
use serde_json::Value;

use super::{json, later, quick};
use crate::support::TestSite;

const ID: &str = "tcg-04-2027";

/// A site whose ad was agreed to by somebody and went out.
fn published() -> TestSite {
    let site = quick(&["feed"]);
    site.replace("channels/feed.toml", "kind = \"feed\"\n", "kind = \"feed\"\napproval = true\n");
    later(&site, &["accept", ID]);
    later(&site, &["approve", ID, "--by", "M. <Brandt>"]);
    let post = later(&site, &["post"]);
    assert_eq!(post.code, 0, "{post:?}");
    site
}

fn archive_of(site: &TestSite, name: &str) -> Archive {
    let made = site.run(&["evidence", ID, "--output", name]);
    assert_eq!(made.code, 0, "{made:?}");
    Archive::read(&std::fs::read(site.path(name)).unwrap()).unwrap()
}

fn text<'a>(archive: &'a Archive, name: &str) -> &'a str {
    std::str::from_utf8(&archive.files[name]).unwrap()
}

fn data(archive: &Archive) -> Value {
    serde_json::from_str(text(archive, "evidence.json")).unwrap()
}

/// Changes a file as somebody would who knows that its hash is listed.
fn changed(archive: &Archive, name: &str, change: impl Fn(&str) -> String) -> Archive {
    let mut archive = archive.clone();
    let after = change(text(&archive, name));
    assert_ne!(after, text(&archive, name), "{name} is as it was");
    archive.files.insert(name.to_owned(), after.into_bytes());
    let mut sums = String::new();
    for (name, content) in archive.files.iter().filter(|(name, _)| *name != "SHA256SUMS") {
        sums += &format!("{}  {name}\n", sha256(content));
    }
    archive.files.insert("SHA256SUMS".to_owned(), sums.into_bytes());
    archive
}

#[test]
fn an_archive_says_where_and_when_which_words_stood_and_who_agreed() {
    let site = published();
    let archive = archive_of(&site, "evidence.zip");
    let data = data(&archive);
    let delivery = &data["deliveries"][0];
    assert_eq!((&delivery["channel"], &delivery["state"]), (&"feed".into(), &"posted".into()));
    let attempt = &delivery["attempts"][0];
    assert_eq!(attempt["outcome"], "posted");
    let sent = &archive.files[attempt["sent"]["file"].as_str().unwrap()];
    assert_eq!(attempt["sent"]["sha256"], sha256(sent).as_str());
    let page = text(&archive, "evidence.html");
    for words in [
        "Postdoc position in Sediment Transport",
        "M. &lt;Brandt&gt;",
        "What this proves, and what it does not",
        data["ledger"]["chain"]["head"].as_str().unwrap(),
        delivery["key"].as_str().unwrap(),
    ] {
        assert!(page.contains(words), "no {words}: {page}");
    }
    for foreign in ["<script", "src=", "@import", "url(", "<link", "<iframe"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn the_same_ledger_makes_the_same_bytes_and_nothing_is_overwritten() {
    let site = published();
    archive_of(&site, "one.zip");
    archive_of(&site, "two.zip");
    assert_eq!(
        std::fs::read(site.path("one.zip")).unwrap(),
        std::fs::read(site.path("two.zip")).unwrap()
    );
    let again = site.run(&["evidence", ID, "--output", "one.zip"]);
    assert!(again.code == 2 && again.err.contains("there is already a file one.zip"), "{again:?}");
    let checked = site.handbill(&["evidence", "--check", "site/one.zip"]);
    assert!(checked.code == 0 && checked.out.ends_with("It holds together.\n"), "{checked:?}");
}

#[test]
fn what_somebody_changes_in_it_is_found() {
    let site = published();
    let archive = archive_of(&site, "evidence.zip");
    assert_eq!(check(&archive, &[]).unwrap().flaws, [""; 0]);
    let data = data(&archive);
    let id = data["deliveries"][0]["id"].as_str().unwrap().to_owned();
    let sent = data["deliveries"][0]["attempts"][0]["sent"]["file"].as_str().unwrap().to_owned();
    let link = data["deliveries"].as_array().unwrap();
    let link = link.iter().find_map(|it| it["receipt"]["link"].as_str()).unwrap();
    let in_data = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        changed(&archive, "evidence.json", move |text| text.replace(&from, &to))
    };
    let cases = [
        (
            in_data("Sediment Transport", "Sediment Storage"),
            format!("attempt 1 of {id} said other words than are here"),
        ),
        (in_data("M. <Brandt>", "Somebody"), "are not those that were written".to_owned()),
        (in_data(link, &format!("{link}0")), format!("no event tells of the link {link}0")),
        (
            in_data("\\\"worker\\\":", "\\\"helper\\\":"),
            "reads otherwise than in the chain".to_owned(),
        ),
        (
            changed(&archive, &sent, |it| it.replace("Sediment", "Cement")),
            "is not what was named".to_owned(),
        ),
        (
            changed(&archive, "evidence.html", |it| it.replace("Sediment", "Cement")),
            "evidence.html does not say what evidence.json says".to_owned(),
        ),
        (
            changed(&archive, "chain.jsonl", |it| {
                it.replace("\"what\":\"posted\"", "\"what\":\"refused\"")
            }),
            "the chain is broken: event".to_owned(),
        ),
        (
            changed(&archive, "chain.jsonl", |it| {
                it.lines()
                    .filter(|line| !line.contains("\"attempt\","))
                    .collect::<Vec<_>>()
                    .join("\n")
            }),
            "one is missing".to_owned(),
        ),
    ];
    for (archive, flaw) in cases {
        let flaws = check(&archive, &[]).unwrap().flaws;
        assert!(flaws.iter().any(|it| it.contains(&flaw)), "{flaw}: {flaws:?}");
    }
    let mut shorter = archive.clone();
    shorter.files.remove(&sent);
    assert!(check(&shorter, &[]).unwrap().flaws[0].contains("SHA256SUMS"));
    std::fs::write(site.path("shorter.zip"), shorter.bytes().unwrap()).unwrap();
    assert_eq!(site.run(&["evidence", "--check", "shorter.zip"]).code, 1);
    site.write("no.zip", "no");
    let none = site.run(&["evidence", "--check", "no.zip"]);
    assert!(none.code == 1 && none.err.contains("no archive of evidence"), "{none:?}");
}

#[test]
fn who_writes_the_whole_chain_anew_does_not_know_what_is_anchored_outside() {
    let site = published();
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        let ran = git.arg("-C").arg(site.root()).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    git(&["config", "user.name", "Robin Example"]);
    git(&["config", "user.email", "robin@tidal.example"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "Begin"]);
    for _ in 0..2 {
        let ran = site.run(&["ledger", "anchor", "--file", "anchors.jsonl", "--tag"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let anchor: Value = serde_json::from_str(&site.read("anchors.jsonl")).expect("one line");
    let tag = format!("handbill-anchor-{}", anchor["event"]);
    let said = git(&["tag", "--list", "--format=%(contents:subject)", &tag]);
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), anchor);

    archive_of(&site, "evidence.zip");
    let check = |anchors: &str| {
        site.write("outside.jsonl", anchors);
        site.run(&["evidence", "--check", "evidence.zip", "--anchors", "outside.jsonl"])
    };
    let fine = check(&site.read("anchors.jsonl"));
    assert!(
        fine.code == 0 && fine.out.contains("It agrees with the anchor of 2027-01-20"),
        "{fine:?}"
    );
    let hash = anchor["hash"].as_str().unwrap();
    let other = check(&site.read("anchors.jsonl").replace(hash, &"0".repeat(64)));
    assert!(other.code == 1 && other.out.contains("the chain was written anew"), "{other:?}");
    let ledger = anchor["ledger"].as_str().unwrap();
    let foreign = "00000000-0000-4000-8000-000000000000";
    let foreign = check(&site.read("anchors.jsonl").replace(ledger, foreign));
    assert!(foreign.code == 1 && foreign.out.contains("another ledger's"), "{foreign:?}");
}

#[test]
fn an_anchor_is_told_by_mail_where_somebody_is_told() {
    let site = published();
    let ran = site.run(&["ledger", "anchor", "--tell"]);
    assert!(ran.code == 2 && ran.err.contains("[notices]"), "{ran:?}");
}

#[test]
fn what_was_erased_is_said_to_be() {
    let site = published();
    site.replace(super::PAGE, "publishDate:", "job:\n  closed: true\npublishDate:");
    for day in ["2027-01-21", "2027-01-22"] {
        site.run(&["post", "--at", day]);
    }
    let erased = site.run(&["erase", ID, "--yes", "--at", "2027-01-23"]);
    assert_eq!(erased.code, 0, "{erased:?}");
    let archive = archive_of(&site, "evidence.zip");
    assert_eq!(check(&archive, &[]).unwrap().flaws, [""; 0]);
    let page = text(&archive, "evidence.html");
    assert!(page.contains("Its texts and the names of people were erased"), "{page}");
    assert!(page.contains("the name was erased") && !page.contains("Brandt"), "{page}");
    for (name, content) in &archive.files {
        let content = String::from_utf8_lossy(content);
        assert!(!content.contains("Sediment"), "{name}");
    }
}

#[test]
fn an_ad_that_nobody_knows_has_no_evidence() {
    let site = published();
    let ran = site.run(&["evidence", "tcg-99"]);
    assert!(ran.code == 2 && ran.err.contains("knows no posting `tcg-99`"), "{ran:?}");
    assert!(!json(&site.run(&["log", "--format", "json"])).as_array().unwrap().is_empty());
}
