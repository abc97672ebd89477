//! How long a post may be is asked of the server and kept: a dry run shows what is sent, and a server
//! that does not answer is what it was.

use chrono::Utc;
use handbill::rehearsal::loopback::SharedClock;
use handbill::rehearsal::mastodon::{MastodonStandIn, Options};

use crate::deliver::{PAGE, folder};
use crate::support::TestSite;

/// A site with one account on a server that allows posts of this length.
async fn site(limit: usize, more: &str) -> (TestSite, MastodonStandIn) {
    let options = Options { limit, ..Options::default() };
    let clock = SharedClock::new(Utc::now());
    let server = MastodonStandIn::start("mastodon", options, clock).await.unwrap();
    let site = folder(&["mastodon"]);
    site.write(
        "channels/mastodon.toml",
        format!(
            "kind = \"mastodon\"\n[mastodon]\nserver = \"{}\"\n\
             token = {{ file = \"secrets/token\" }}\n{more}",
            server.url()
        ),
    );
    site.write("secrets/token", server.token());
    (site, server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_shows_what_is_sent_to_a_server_with_a_limit_of_its_own() {
    let (site, server) = site(270, "").await;
    let before = site.snapshot();
    let shown = site.run(&["post", "--dry-run"]);
    assert!(shown.out.contains(" of 270 characters"), "{shown:?}");
    assert_eq!(site.snapshot(), before, "a dry run writes nothing down");
    let post = site.run(&["post"]);
    assert_eq!(post.code, 0, "{post:?}");
    let copies = server.copies();
    assert_eq!(copies.len(), 1);
    for line in copies[0].current().text.lines() {
        assert!(shown.out.contains(line), "{line}: {shown:?}");
    }
    let kept = site.read("state/instances.json");
    assert!(kept.contains("270") && kept.contains("\"mastodon\""), "{kept}");

    // The server is gone: it is what it was.
    drop(server);
    let page = site.read(PAGE).replace("id: tides", "id: currents");
    site.write("content/jobs/another/index.md", page);
    let shown = site.run(&["post", "--dry-run"]);
    assert!(shown.out.contains(" of 270 characters"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_channels_file_says_wins() {
    let (site, _server) = site(5000, "limit = 300\nsoftware = \"mastodon\"\n").await;
    let shown = site.run(&["post", "--dry-run"]);
    assert!(shown.out.contains(" of 300 characters"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_be_asked_is_taken_to_allow_what_is_usual_and_that_is_said() {
    let (site, server) = site(5000, "").await;
    drop(server);
    let shown = site.run(&["post", "--dry-run"]);
    assert!(shown.out.contains(" of 500 characters"), "{shown:?}");
    assert!(shown.err.contains("could not be asked how long a post may be"), "{shown:?}");
}
