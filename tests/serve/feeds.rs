//! Feeds that the daemon shows to who fetches them.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{PATIENCE, World, wait_for};

/// The head and the body of an answer to a request with these headers.
fn ask(address: &str, path: &str, headers: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    write!(stream, "{head}{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_shown_under_its_name_and_what_is_known_is_not_sent_again() {
    let world = World::new().await;
    world.site.write("channels/jobs.toml", "kind = \"feed\"\n\n[feed]\n");
    let daemon = world.serve();
    let address = daemon.address();
    let (head, body) = wait_for("the feed", || {
        let (head, body) = ask(&address, "/feeds/jobs", "");
        head.starts_with("HTTP/1.1 200").then_some((head, body))
    });
    assert_eq!(header(&head, "content-type"), "application/atom+xml; charset=utf-8");
    assert!(body.contains("<entry>"), "{body}");
    let (tag, changed) = (header(&head, "etag"), header(&head, "last-modified"));
    for known in [
        format!("If-None-Match: {tag}\r\n"),
        format!("If-None-Match: \"other\", W/{tag}\r\n"),
        format!("If-Modified-Since: {}\r\n", changed),
    ] {
        let (head, body) = ask(&address, "/feeds/jobs", &known);
        assert!(head.starts_with("HTTP/1.1 304"), "{known}: {head}");
        assert_eq!(body, "");
    }
    let (head, _) = ask(&address, "/feeds/jobs", "If-None-Match: \"other\"\r\n");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for (file, media_type) in [
        ("feed.rss", "application/rss+xml; charset=utf-8"),
        ("feed.json", "application/feed+json"),
        ("index.json", "application/json"),
    ] {
        let (head, _) = ask(&address, &format!("/feeds/jobs/{file}"), "");
        assert!(head.starts_with("HTTP/1.1 200"), "{file}: {head}");
        assert_eq!(header(&head, "content-type"), media_type);
    }
    // Nothing but the feed's own files, and no other channel.
    for path in [
        "/feeds/jobs/entries.json",
        "/feeds/jobs/..%2Fentries.json",
        "/feeds/jobs/%2e%2e",
        "/feeds/mastodon",
        "/feeds/nobody/feed.atom",
    ] {
        assert!(ask(&address, path, "").0.starts_with("HTTP/1.1 404"), "{path}");
    }
}
