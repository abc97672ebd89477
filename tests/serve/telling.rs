//! What the daemon says: health, metrics, and a line for each transition.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use handbill::rehearsal::fault::Fault;
use regex::Regex;

use super::{World, wait_for};

/// Reads a text as Prometheus does: the type of each family, and its samples.
fn parse(text: &str) -> BTreeMap<String, (String, Vec<String>)> {
    let name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    let label = r#"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*""#;
    let sample = Regex::new(&format!(
        r"^({name})(?:\{{({label}(?:,{label})*)\}})? ([-+]?(?:[0-9.]+(?:e[-+]?[0-9]+)?|Inf)|NaN)$"
    ))
    .unwrap();
    let header = Regex::new(&format!("^# (HELP|TYPE) ({name}) (.+)$")).unwrap();
    let mut families: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let mut current = String::new();
    let mut seen = BTreeSet::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(found) = header.captures(line) {
            if &found[1] == "HELP" {
                assert!(helped.insert(found[2].to_owned()), "HELP comes once: {line}");
                current = found[2].to_owned();
                continue;
            }
            assert_eq!(&found[2], current, "TYPE follows HELP: {line}");
            assert!(["counter", "gauge", "histogram"].contains(&&found[3]), "{line}");
            let before = families.insert(current.clone(), (found[3].to_owned(), Vec::new()));
            assert!(before.is_none(), "TYPE comes once: {line}");
            continue;
        }
        let found = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
        let (kind, samples) = families.get_mut(&current).expect("a family");
        let suffixes: &[&str] =
            if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(suffixes.iter().any(|it| found[1] == format!("{current}{it}")), "{line}");
        let labels = found.get(2).map_or("", |it| it.as_str());
        assert!(seen.insert((found[1].to_owned(), labels.to_owned())), "twice: {line}");
        samples.push(line.to_owned());
    }
    families
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_what_prometheus_reads() {
    let world = World::new().await;
    world.site.replace(
        "channels/mastodon.toml",
        "[mastodon]",
        "budget = { per_month = 20, per_post = 0.25 }\n\n[mastodon]",
    );
    let daemon = world.serve();
    // Asked first, so that the attempt is counted.
    parse(&daemon.get("/metrics").1);
    world.announced();
    let families = wait_for("the attempt is counted", || {
        let families = parse(&daemon.get("/metrics").1);
        let (_, attempts) = &families["handbill_attempt_duration_seconds"];
        (!attempts.is_empty()).then_some(families)
    });
    let has = |family: &str, line: &str| {
        let (_, samples) = &families[family];
        assert!(samples.iter().any(|it| it == line), "{family}: {samples:#?}");
    };
    has("handbill_deliveries", "handbill_deliveries{channel=\"mastodon\",state=\"posted\"} 1");
    has("handbill_overdue_deliveries", "handbill_overdue_deliveries 0");
    has("handbill_oldest_overdue_seconds", "handbill_oldest_overdue_seconds 0");
    has(
        "handbill_attempt_duration_seconds",
        "handbill_attempt_duration_seconds_count{channel=\"mastodon\",outcome=\"posted\"} 1",
    );
    has("handbill_budget_spent", "handbill_budget_spent{channel=\"mastodon\"} 0.25");
    has("handbill_budget_limit", "handbill_budget_limit{channel=\"mastodon\"} 20");
    let version = env!("CARGO_PKG_VERSION");
    has("handbill_build_info", &format!("handbill_build_info{{version=\"{version}\"}} 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_answers_while_a_channel_is_slow() {
    let world = World::new().await;
    world.mastodon.faults().push(Fault::Delay(Duration::from_secs(600)));
    let daemon = world.serve();
    world.announced();
    let (status, health) = daemon.health();
    assert_eq!(status, 200, "{health:#}");
    assert!(!health["rounds"]["under_way_since"].is_null(), "{health:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overdue_is_named() {
    let world = World::new().await;
    // A page that nobody can see, on a channel that waits for it.
    world.configure("[serve]\noverdue_after = \"0m\"");
    let daemon = world.serve();
    world.announced();
    assert_eq!(world.site.run(&["pause", "mastodon", "--reason", "the server moves"]).code, 0);
    world.change_page();
    let what = daemon.wait_until_failing("overdue");
    assert!(what.contains("tides on mastodon"), "{what}");
    wait_for("why it waits", || {
        let (_, health) = daemon.health();
        let why = health["overdue"][0]["why"].to_string();
        (why.contains("the server moves") && health["paused"][0]["channel"] == "mastodon")
            .then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transition_is_one_line() {
    let world = World::new().await;
    let daemon = world.serve();
    world.announced();
    daemon.wait_until_said("posted");
    let lines = daemon.lines();
    let moves: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line["channel"] == "mastodon" && line["occasion"] == "announce")
        .map(|line| (line["from"].as_str().unwrap(), line["to"].as_str().unwrap()))
        .collect();
    assert_eq!(moves, [("nothing", "planned"), ("planned", "sending"), ("sending", "posted")]);
    let last = daemon.said("posted").pop().unwrap();
    assert_eq!(last["posting"], "tides");
    assert_eq!(last["link"], world.copies()[0].link.as_ref().unwrap().as_str());
    let id = world.log()[0]["id"].as_str().unwrap().to_owned();
    assert!(last["delivery"].as_str().unwrap().starts_with(&id), "{last:#}");
}
