//! `handbill ledger`, as somebody types it.

use serde_json::Value;

use super::site::AS_OF_VERSION_3;
use crate::support::{Ran, TestSite, run};

const PAGE: &str = "content/jobs/postdoc-sediment-transport/index.md";
const LEDGER: &str = "state/ledger.db";

/// A site with one channel that a person serves, and one posting that has gone there.
fn posted() -> TestSite {
    let site = TestSite::with_channels(&["careers-office"]);
    std::fs::remove_dir_all(site.path("content/jobs/phd-tidal-forecasting")).unwrap();
    site.replace(PAGE, "publishDate: \"2027-01-11T00:00:00Z\"", "publishDate: 2020-01-11");
    site.waits_for_no_page();
    let post = site.run(&["post", PAGE]);
    assert_eq!(post.code, 0, "{post:?}");
    site
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// SQL behind the ledger's back.
fn meddle(site: &TestSite, statements: &str) {
    let ledger = site.path(LEDGER);
    let statements = statements.to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        use sqlx::Connection;
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}", ledger.display());
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn there_is_nothing_to_keep_safe_before_there_is_a_ledger() {
    let site = TestSite::with_channels(&["careers-office"]);
    for arguments in [
        &["ledger", "migrate"][..],
        &["ledger", "backup", "b"],
        &["ledger", "check"],
        &["ledger", "export"],
    ] {
        let ran = site.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(
            ran.err,
            "error: there is no ledger yet at ./state/ledger.db\n\
             help: it is made by the first `handbill post`\n"
        );
    }
}

#[test]
fn migrate_says_from_which_version_to_which_and_other_commands_name_it() {
    let site = posted();
    let newest = json(&site.run(&["ledger", "migrate", "--format", "json"]))["to"].clone();
    meddle(&site, AS_OF_VERSION_3);
    std::fs::remove_file(site.path("state/ledger.db.generation")).unwrap();
    let log = site.run(&["log"]);
    assert_eq!(log.code, 1);
    assert!(
        log.err.ends_with(
            "state/ledger.db: an older Handbill wrote it\n\
             help: `handbill ledger migrate` brings it up to date\n"
        ),
        "{}",
        log.err
    );
    let ran = site.run(&["ledger", "migrate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("Brought the ledger from version "), "{}", ran.out);
    assert!(ran.out.ends_with(&format!(" to version {newest}\n")), "{}", ran.out);
    assert_eq!(ran.err, "", "no alarm");
    let ran = site.run(&["ledger", "migrate"]);
    assert_eq!(ran.out, format!("The ledger is up to date: version {newest}\n"));
    assert_eq!(json(&site.run(&["ledger", "check", "--format", "json"]))["restored"], Value::Null);
}

#[test]
fn processes_that_open_an_unmarked_ledger_at_once_raise_no_alarm() {
    let site = posted();
    meddle(&site, "update ledger set generation = null");
    std::fs::remove_file(site.path("state/ledger.db.generation")).unwrap();
    let root = site.root();
    std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..6).map(|_| scope.spawn(|| run(&root, &["ledger", "migrate"], &root))).collect();
        for ran in running {
            let ran = ran.join().unwrap();
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        }
    });
    let check = json(&site.run(&["ledger", "check", "--format", "json"]));
    assert_eq!(check["restored"], Value::Null);
    assert_eq!(check["health"]["flaws"], Value::Array(Vec::new()));
}

#[test]
fn a_backup_is_made_restored_and_said() {
    let site = posted();
    let ran = site.run(&["ledger", "backup", "safe.db"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("Backed up the ledger to safe.db\n  6 events, the last of 20"));
    assert!(ran.out.ends_with(" KiB; it is whole\n"), "{}", ran.out);
    let again = site.run(&["ledger", "backup", "safe.db"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("there is already a file "), "{}", again.err);

    site.replace(PAGE, "Postdoc position in", "Postdoc in");
    site.run(&["post"]);
    let refused = site.run(&["ledger", "restore", "safe.db"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains(" is whole, and newer: "), "{}", refused.err);
    let restored = site.run(&["ledger", "restore", "safe.db", "--over"]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""), "{restored:?}");
    assert!(
        restored
            .out
            .starts_with("Restored the ledger from safe.db\n  it knows what happened until 20"),
        "{}",
        restored.out
    );
    assert!(restored.out.contains("state/ledger.db.before-restore-"), "{}", restored.out);
    let check = site.run(&["ledger", "check"]);
    assert_eq!(check.code, 0);
    assert!(
        check.out.starts_with("The ledger is whole: 1 delivery, 1 attempt, 7 events\n"),
        "{}",
        check.out
    );
    assert!(check.out.contains("\nIt was restored on 20"), "{}", check.out);
    assert!(check.out.lines().all(|line| line.chars().count() <= 90), "{}", check.out);
}

#[test]
fn a_check_that_finds_damage_names_it_and_fails() {
    let site = posted();
    meddle(
        &site,
        "drop trigger event_is_never_changed; update event set what = 'x' where number = 2",
    );
    let ran = site.run(&["ledger", "check"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        ran.out,
        "The ledger is damaged:\n  \
         chain       the chain of events is broken at event 2: it does not say what was written\n\
         help: keep this file, and `handbill ledger restore` the last good copy\n"
    );
    let found = site.run(&["ledger", "check", "--format", "json"]);
    assert_eq!(found.code, 1);
    assert_eq!(json(&found)["health"]["flaws"][0]["part"], "chain");
}

#[test]
fn an_export_goes_to_a_new_file_or_to_standard_output() {
    let site = posted();
    let out = site.run(&["ledger", "export"]).out;
    let ran = site.run(&["ledger", "export", "all.jsonl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, format!("Exported {} rows to all.jsonl\n", out.lines().count()));
    let text = site.read("all.jsonl");
    assert_eq!(json_lines(&text).len(), json_lines(&out).len());
    assert_eq!(json_lines(&text)[1..], json_lines(&out)[1..], "but for the path of the ledger");
    let again = site.run(&["ledger", "export", "all.jsonl"]);
    assert_eq!(again.code, 2, "{again:?}");
    assert_eq!(site.read("all.jsonl"), text);
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
