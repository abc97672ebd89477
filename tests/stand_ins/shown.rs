//! What people see: the feed's folder and the gallery.

use std::sync::Arc;

use handbill::rehearsal::StandIns;
use handbill::rehearsal::feed::FeedStandIn;
use handbill::rehearsal::gallery::Gallery;
use handbill::rehearsal::mastodon::{MastodonStandIn, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{client, clock};

#[tokio::test]
async fn a_feed_is_served_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let feed = folder.path().join("feed");
    std::fs::create_dir(&feed).unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    std::fs::write(feed.join("1.jsonld"), r#"{"title":"PhD","description":"<p>Text</p>"}"#)
        .unwrap();
    let server = FeedStandIn::start("feed", &feed, clock()).await.unwrap();
    let [copy] = server.copies().try_into().unwrap();
    assert_eq!(
        (copy.current().title.as_deref(), copy.current().text.as_str()),
        (Some("PhD"), "Text")
    );
    let served = client().get(copy.link.unwrap()).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/ld+json");
    // By hand, because an HTTP client tidies such a path before it sends it.
    for path in ["/../secret", "/..%2Fsecret", "/%2e%2e/secret"] {
        let address = (server.url().host_str().unwrap().to_owned(), server.url().port().unwrap());
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: feed.test\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_feed_remembers_what_was_changed_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let entry = folder.path().join("1.jsonld");
    let server = FeedStandIn::start("feed", folder.path(), clock()).await.unwrap();
    for title in ["PhD", "Postdoc"] {
        std::fs::write(&entry, format!(r#"{{"title":"{title}"}}"#)).unwrap();
        server.copies();
    }
    std::fs::remove_file(&entry).unwrap();
    let [copy] = server.copies().try_into().unwrap();
    assert_eq!(copy.original.title.as_deref(), Some("PhD"));
    assert_eq!(copy.current().title.as_deref(), Some("Postdoc"));
    assert!(!copy.stands());
    let address = server.url().join("1.jsonld").unwrap();
    assert_eq!(client().get(address).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_gallery_shows_every_copy_with_its_history_and_escapes_it() {
    let clock = clock();
    let mastodon = Arc::new(
        MastodonStandIn::start("fedi <1>", Options::default(), clock.clone()).await.unwrap(),
    );
    let stand_ins = StandIns { mastodon: vec![Arc::clone(&mastodon)], ..StandIns::default() };
    let gallery = Gallery::start(stand_ins.exhibitors()).await.unwrap();
    let statuses = mastodon.url().join("api/v1/statuses").unwrap();
    for text in ["First <script>alert(1)</script>", "Second"] {
        let request = client().post(statuses.clone()).bearer_auth(mastodon.token());
        request.form(&[("status", text)]).send().await.unwrap();
    }
    let [first, second] = mastodon.copies().try_into().unwrap();
    let address = |id: &str| format!("{statuses}/{id}");
    let edit = client().put(address(&first.id)).bearer_auth(mastodon.token());
    edit.form(&[("status", "First, corrected")]).send().await.unwrap();
    let delete = client().delete(address(&second.id)).bearer_auth(mastodon.token());
    delete.send().await.unwrap();
    let page = client().get(gallery.url()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<h2>fedi &lt;1&gt;</h2>"));
    assert!(page.contains("<div class=\"text\">First, corrected</div>"));
    assert!(page.contains("What it said before"));
    assert!(page.contains("First &lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("<del>Second</del>") && page.contains("taken back on purpose"));
    assert!(!page.contains("<script"));
    mastodon.remove(&first.id);
    let page = client().get(gallery.url()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("removed, not by its author"));
}
