//! The web page in Debian's Chromium, with 200 ads on 12 channels: light, dark and narrow, by keyboard
//! and without scripts, and nothing that keeps people with disabilities out. The pictures stay in
//! `target/pictures`, to be looked at.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Peer, Peers};
use crate::serve::{Daemon, command, wait_for};
use crate::support::TestSite;
use crate::web::silent_server;

const TOKEN: &str = "9c1f0a7b2d3e4f5061728394a5b6c7d8";

/// Two hundred ads, of which a few go to some channels only.
fn write_ads(site: &TestSite) {
    std::fs::remove_dir_all(site.path("content/jobs")).unwrap();
    let positions = [
        "PhD position in tidal forecasting",
        "Postdoc: sediment transport in estuaries",
        "Student assistant for the wave flume",
        "Research software engineer, ocean models and everything that they leave on a disk",
        "Professorship (W2) of coastal engineering",
    ];
    for number in 0..200 {
        let title = positions[number % positions.len()];
        let tags = match number {
            7 => "[now, lost]",
            8 | 9 => "[now]",
            _ => "[]",
        };
        let deadline = Utc::now() + TimeDelta::days(30 + i64::try_from(number).unwrap());
        let page = format!(
            "---\ntitle: \"{title} ({number})\"\ndate: {}\ntags: {tags}\njob:\n  id: ad-{number}\n  \
             deadline: {}\n  organisation: University of Nordhafen\n---\n\nYou will look at harbour {number} \
             and find out what its water does in a winter.\n",
            Utc::now().to_rfc3339(),
            deadline.format("%Y-%m-%d"),
        );
        site.write(&format!("content/jobs/ad-{number}/index.md"), page);
    }
}

fn write_channels(site: &TestSite) {
    let feed = |name: &str, more: &str| {
        let file = format!("kind = \"feed\"\n{more}\n[feed]\nfolder = \"public/{name}\"\n");
        site.write(&format!("channels/{name}.toml"), file);
    };
    feed("feed", "");
    feed("approved", "approval = true");
    feed("elsewhere", "postings = { tags = [\"elsewhere\"] }");
    let office = |name: &str, more: &str| {
        let file = format!("kind = \"manual\"\n{more}\n[manual]\nplace = \"the form of {name}\"\n");
        site.write(&format!("channels/{name}.toml"), file);
    };
    office("office", "postings = { tags = [\"now\"] }");
    for (hour, name) in (9..).zip([
        "academics",
        "jobs-nord",
        "euro-board",
        "newsletter",
        "faculty",
        "union",
        "alumni",
    ]) {
        office(name, &format!("schedule = \"0 {hour} * * Mon-Fri\""));
    }
    let mastodon = format!(
        "kind = \"mastodon\"\npostings = {{ tags = [\"lost\"] }}\n[mastodon]\nserver = \"{}\"\n\
         token = {{ file = \"secrets/brandt\" }}\n",
        silent_server()
    );
    site.write("channels/mastodon.toml", mastodon);
}

fn log(site: &TestSite) -> Vec<Value> {
    let log = site.run(&["log", "--format", "json"]);
    serde_json::from_str(&log.out).unwrap_or_else(|_| panic!("{log:?}"))
}

#[tokio::test]
async fn the_pages_work_in_a_real_browser_and_keep_nobody_out() {
    let Some(peers) = Peers::need(&[Peer::Chromium]).await else { return };
    let site = TestSite::with_channels(&[]);
    site.waits_for_no_page();
    write_ads(&site);
    write_channels(&site);
    site.write("secrets/brandt", TOKEN);
    let before = site.read("handbill.toml");
    let web = "[serve.web]\ntokens = { \"M. Brandt\" = { file = \"secrets/brandt\" } }\n";
    site.write("handbill.toml", format!("{before}\n{web}"));
    let daemon = Daemon::start(command(&site, &[]));
    wait_for("a round", || (daemon.health().1["rounds"]["done"] != 0).then_some(()));
    let lost = wait_for("a lost answer", || {
        log(&site).into_iter().find(|row| row["channel"] == "mastodon" && row["state"] == "unknown")
    });

    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    let lost = format!("/delivery/{}", lost["id"].as_str().unwrap());
    let told = json!({
        "address": format!("http://{}", daemon.address()),
        "secret": TOKEN,
        "folder": pictures,
        "pages": [
            ["overview", "/"],
            ["needs-you", "/?standing=needs-you&page=2"],
            ["posting", "/posting?id=ad-7"],
            ["delivery", lost],
            ["calendar", "/calendar"],
            ["log", "/log"],
            ["channels", "/channels"],
            ["health", "/health"],
            ["nothing", "/posting?id=none"],
        ],
        "approve": "/posting?id=ad-7",
        "channel": "approved",
        "resolve": lost,
        "link": "https://social.example/@tides/7",
    });
    let mut browser = Command::new("node")
        .arg(format!("{}/drive.mjs", peers.says("CHROMIUM")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    browser.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let output = browser.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["found"], json!([]), "what axe finds serious: {seen:#}");
    assert_eq!(seen["wide"], json!([]), "pages that have to be moved sideways: {seen:#}");
    // The page that is not there says so with 404, which the browser remarks.
    let remarks = seen["console"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let others: Vec<&str> = remarks.filter(|it| !it.contains("status of 404")).collect();
    assert_eq!(others, Vec::<&str>::new(), "violations of the policy, and what else is wrong");
    assert_eq!(seen["seen"]["first"], "Skip to the content");
    assert_eq!(seen["seen"]["skipped"], "#main");
    assert_eq!(seen["seen"]["approved"], "Approved. It goes out at its time.");
    assert_eq!(seen["seen"]["resolved"], "Written down.");
    let rows = log(&site);
    let row = |channel: &str, ad: &str| {
        rows.iter().find(|row| row["channel"] == channel && row["posting"] == ad).unwrap()
    };
    assert_eq!(row("mastodon", "ad-7")["link"], "https://social.example/@tides/7");
    assert_ne!(row("approved", "ad-7")["state"], Value::Null);
}
