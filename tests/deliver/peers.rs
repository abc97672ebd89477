//! The faults under which other programs post twice, lose a link, or say that all is well. Each was
//! measured with them; here the real program meets each, and leaves one copy.

use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::Utc;
use handbill::rehearsal::copies::Exhibitor;
use handbill::rehearsal::fault::Fault;
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::mastodon::{MastodonStandIn, Options};
use serde_json::Value;

use super::folder;
use crate::support::{Ran, TestSite};

/// A site that posts to some Mastodon servers.
async fn site_of(names: &[&str]) -> (TestSite, Vec<MastodonStandIn>) {
    let clock = SharedClock::new(Utc::now());
    let site = folder(&["mastodon"]);
    let template = site.read("channels/mastodon.toml");
    std::fs::remove_file(site.path("channels/mastodon.toml")).unwrap();
    let mut servers = Vec::new();
    for name in names {
        let server = MastodonStandIn::start(name, Options::default(), clock.clone()).await.unwrap();
        let text = template
            .replace("https://social.example", server.url().as_str())
            .replace("{ env = \"UNUSED\" }", "{ file = \"token\" }");
        site.write(&format!("channels/{name}.toml"), text);
        site.write("token", server.token());
        servers.push(server);
    }
    (site, servers)
}

fn run(site: &TestSite, arguments: &[&str]) -> Ran {
    tokio::task::block_in_place(|| site.run(arguments))
}

fn log(site: &TestSite) -> Vec<Value> {
    let log = run(site, &["log", "--format", "json"]);
    serde_json::from_str::<Value>(&log.out).unwrap().as_array().unwrap().clone()
}

fn assert_one_copy(site: &TestSite, server: &MastodonStandIn) {
    let copies = server.copies();
    assert_eq!(copies.len(), 1, "{copies:#?}");
    let rows = log(site);
    let row = rows.iter().find(|row| row["channel"] == server.channel()).expect("a row");
    assert_eq!(row["state"], "posted", "{row:#}");
    assert_eq!(row["link"], copies[0].link.as_ref().unwrap().as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_twice_makes_one_copy() {
    let (site, servers) = site_of(&["social"]).await;
    for _ in 0..2 {
        assert_eq!(run(&site, &["post"]).code, 0);
    }
    assert_one_copy(&site, &servers[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn created_and_then_http_502_with_html_makes_one_copy_and_an_honest_exit() {
    let (site, servers) = site_of(&["social"]).await;
    servers[0].faults().push(Fault::StoreThenStatus(502));
    let first = run(&site, &["post"]);
    assert_eq!(first.code, 3, "an unknown outcome is neither success nor failure: {first:?}");
    assert!(first.out.contains("HTTP 502"), "{first:?}");
    assert_eq!(run(&site, &["post"]).code, 0);
    assert_one_copy(&site, &servers[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_after_twenty_seconds_makes_one_copy() {
    let (site, servers) = site_of(&["social"]).await;
    servers[0].faults().push(Fault::Delay(Duration::from_secs(20)));
    assert_eq!(run(&site, &["post"]).code, 0, "it is waited for");
    assert_eq!(run(&site, &["post"]).code, 0);
    assert_one_copy(&site, &servers[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_too_late_makes_one_copy() {
    let (site, servers) = site_of(&["social"]).await;
    servers[0].faults().push(Fault::Delay(Duration::from_secs(40)));
    assert_eq!(run(&site, &["post"]).code, 3, "nobody knows");
    assert_eq!(run(&site, &["post"]).code, 0, "it is found");
    assert_one_copy(&site, &servers[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_the_call_and_run_again_makes_one_copy() {
    let (site, servers) = site_of(&["social"]).await;
    servers[0].faults().push(Fault::Delay(Duration::from_secs(20)));
    let mut program = Command::new(env!("CARGO_BIN_EXE_handbill"))
        .arg("post")
        .current_dir(site.root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..500 {
        if !servers[0].copies().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.kill().unwrap();
    program.wait().unwrap();
    for _ in 0..2 {
        assert_eq!(run(&site, &["post"]).code, 0);
    }
    assert_one_copy(&site, &servers[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_that_answers_oddly_loses_no_other_ones_link() {
    let (site, servers) = site_of(&["odd", "social"]).await;
    servers[0].faults().push(Fault::StoreThenGarbage);
    assert_eq!(run(&site, &["post"]).code, 3);
    assert_one_copy(&site, &servers[1]);
    assert_eq!(run(&site, &["post"]).code, 0);
    assert_one_copy(&site, &servers[0]);
    assert_one_copy(&site, &servers[1]);
}
