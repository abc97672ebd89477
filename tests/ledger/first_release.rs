//! A site of the first release, with its ledger: whoever upgrades keeps what was known, and nothing
//! goes out again (promises 1 and 3).

use std::path::Path;

use serde_json::{Value, json};
use sqlx::Connection;

use crate::support::{Ran, TestSite};

/// The site as it was, in the place of the one that `init` made.
fn site() -> TestSite {
    let site = TestSite::new();
    std::fs::remove_dir_all(site.root()).unwrap();
    put_site_into(&site.root());
    site
}

/// Copies the site into a folder that is not there yet, with its ledger.
pub fn put_site_into(folder: &Path) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/first_release");
    copy(&kept.join("site"), folder);
    std::fs::create_dir(folder.join("state")).unwrap();
    let dump = std::fs::read_to_string(kept.join("ledger.sql")).unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.join("state/ledger.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        sqlx::any::install_default_drivers();
        let mut ledger = sqlx::AnyConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(dump)).execute(&mut ledger).await.unwrap();
        ledger.close().await.unwrap();
    });
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            std::fs::copy(&path, &copied).unwrap();
        }
    }
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// Posting, channel, and where the copy stands, of every delivery.
fn standing(site: &TestSite) -> Vec<Value> {
    let log = json(&site.run(&["log", "--format", "json"]));
    let row = |row: &Value| {
        let state = if row["copy"].is_null() { &row["state"] } else { &row["copy"] };
        json!([row["posting"], row["channel"], state])
    };
    log.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn an_upgrade_keeps_what_stands_asks_about_what_nobody_knows_and_sends_nothing() {
    let site = site();
    let migrated = json(&site.run(&["ledger", "migrate", "--format", "json"]));
    assert_eq!(migrated["from"], 2);
    let before = [
        json!(["so-11", "feed", "live"]),
        json!(["so-11", "list", "live"]),
        json!(["so-12", "feed", "live"]),
        json!(["so-12", "list", "unknown"]),
    ];
    assert_eq!(standing(&site), before);
    let check = json(&site.run(&["ledger", "check", "--format", "json"]));
    assert_eq!(check["health"]["flaws"], json!([]));
    assert_eq!(check["health"]["attempts"], 4);

    // No server runs: whatever was sent would be refused, and the log would say so.
    let post = site.run(&["post"]);
    assert_eq!(post.code, 3, "{post:?}");
    assert_eq!(standing(&site), before);
    let check = json(&site.run(&["ledger", "check", "--format", "json"]));
    assert_eq!(check["health"]["attempts"], 4, "nothing was tried");
}

#[test]
fn a_feed_of_the_first_release_keeps_its_entries_when_an_ad_joins_them() {
    let site = site();
    site.run(&["ledger", "migrate"]);
    std::fs::remove_file(site.path("channels/list.toml")).unwrap();
    site.write("handbill.toml", site.read("handbill.toml") + "\n[plan]\nwait_for_page = false\n");
    let today = chrono::Utc::now().date_naive();
    site.write(
        "content/jobs/glider/index.md",
        format!(
            "---\ntitle: Engineer for a glider\ndate: {today}\njob:\n  deadline: 2099-04-30\n  \
             organisation: Seaforth Observatory\n  reference: SO/13\n---\nIt dives for a month.\n"
        ),
    );
    let post = site.run(&["post"]);
    // What nobody knows of the list waits for a person as before.
    assert_eq!(post.code, 3, "{post:?}");
    let feed = site.read("public/feed/feed.atom");
    for title in ["tide gauges and satellites", "Technician for buoys", "Engineer for a glider"] {
        assert_eq!(feed.matches(&format!("{title}</title>")).count(), 1, "{title}: {feed}");
    }
}
