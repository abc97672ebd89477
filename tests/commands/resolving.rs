//! What became of an attempt, as a person saw it.

use std::io::Read;
use std::net::TcpListener;

use super::{json, quick};
use crate::support::TestSite;

const ID: &str = "tcg-04-2027";

/// A site whose board took the request and never answered: its outcome is unknown. And its id.
fn unknown() -> (TestSite, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut request = [0_u8; 4096];
            // Read, and hung up without a word.
            let _ = stream.read(&mut request);
        }
    });
    let site = quick(&["mastodon"]);
    site.replace("channels/mastodon.toml", "schedule = \"0 10 * * Mon-Fri\"\n", "");
    site.replace("channels/mastodon.toml", "https://social.example", &format!("http://{address}"));
    site.write("token", "a token of a test");
    site.replace(
        "channels/mastodon.toml",
        "{ env = \"HANDBILL_MASTODON_TOKEN\" }",
        "{ file = \"token\" }",
    );
    site.run(&["accept", ID, "--at", "2027-01-20T09:00:00Z"]);
    let post = site.run(&["post", "--at", "2027-01-20T09:00:00Z"]);
    assert_eq!(post.code, 3, "{post:?}");
    let log = json(&site.run(&["log", "--format", "json", "--at", "2027-01-20T09:00:00Z"]));
    assert_eq!(log[0]["state"], "unknown");
    let id = log[0]["id"].as_str().expect("an id").to_owned();
    (site, id)
}

#[test]
fn what_may_still_be_under_way_is_not_said_to_be_absent() {
    let (site, id) = unknown();
    let early = site.run(&["resolve", &id, "--not-posted", "--at", "2027-01-20T09:00:30Z"]);
    assert_eq!(early.code, 1, "{early:?}");
    assert!(
        early.err.starts_with("error: it may still arrive until Wed 2027-01-20 10:"),
        "{}",
        early.err
    );
    assert!(early.err.ends_with("help: look again then, and say so again\n"), "{}", early.err);
}

#[test]
fn what_is_there_can_be_said_at_once() {
    let (site, id) = unknown();
    let link = "https://social.example/@tides/1234";
    let ran = site.run(&["resolve", &id, "--posted", link, "--at", "2027-01-20T09:00:30Z"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "tcg-04-2027 on mastodon is posted now\n"));
}
