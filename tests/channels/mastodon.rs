//! Mastodon.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use handbill::adapt::Rendition;
use handbill::channel::mastodon::{Config, Mastodon, Software, Visibility};
use handbill::channel::{
    Action, Channel, Context, Likeness, Outcome, Reach, Receipt, Search, Sight, Trace, Wire,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json as value;

use super::servers::{self, Reply, Routed, SECRET, Scripted, answer, half, json};

const TEXT: &str = "PhD on tides & currents\n\nhttps://lab.example/jobs/phd-tides/ #jobs";

fn rendition() -> Rendition {
    Rendition::Status {
        text: TEXT.to_owned(),
        language: "en".to_owned(),
        length: 50,
        limit: 500,
        left_out: Vec::new(),
        parts: Vec::new(),
        picture: None,
        card: None,
    }
}

fn channel(server: &str) -> Mastodon {
    channel_with(server, Software::Mastodon, servers::context())
}

fn channel_with(server: &str, software: Software, context: Context) -> Mastodon {
    let config = Config {
        server: server.parse().unwrap(),
        token: servers::secret(SECRET),
        visibility: Visibility::Unlisted,
        limit: None,
        software: Some(software),
        content_warning: None,
        instance: None,
    };
    Mastodon::new(config, context).unwrap()
}

fn publish(channel: &Mastodon) -> Wire {
    let key = servers::key();
    channel.prepare(Action::Publish(&rendition()), &servers::address(&key)).unwrap()
}

async fn outcome_of(reply: Reply) -> Outcome {
    let server = Scripted::start([reply]).await;
    let channel = channel(&server.base);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert_eq!(server.requests().len(), 1, "a request goes out once");
    outcome
}

fn receipt() -> Receipt {
    Receipt { remote_id: Some("1170".to_owned()), ..Receipt::default() }
}

#[tokio::test]
async fn a_status_goes_out_with_key_and_token_and_the_record_holds_no_token() {
    let server =
        Scripted::start([json(200, r#"{"id":"1170","url":"https://social.example/@lab/1170"}"#)])
            .await;
    let channel = channel(&server.base);
    let wire = publish(&channel);
    let Outcome::Posted(receipt) = channel.send(&wire, &servers::permit()).await else {
        panic!("not posted")
    };
    assert_eq!(receipt.remote_id.as_deref(), Some("1170"));
    assert_eq!(receipt.link.unwrap().as_str(), "https://social.example/@lab/1170");

    assert!(!format!("{wire:?}").contains(SECRET));
    let request = server.requests().remove(0).replace("\r\n", "\n");
    assert!(request.starts_with("POST /api/v1/statuses HTTP/1.1\n"));
    assert!(request.contains(&format!("authorization: Bearer {SECRET}\n")));
    assert!(request.contains("idempotency-key: 00000000-0000-0000-0000-00003f2a91bc\n"));
    assert!(request.contains("user-agent: handbill/"));
    let (_, body) = request.split_once("\n\n").unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(body).unwrap(),
        value!({"status": TEXT, "visibility": "unlisted", "language": "en"})
    );
}

#[tokio::test]
async fn an_edit_sends_every_field_again_because_absent_means_cleared() {
    let server =
        Scripted::start([json(200, r#"{"id":1170,"uri":"https://social.example/s/1170"}"#)]).await;
    let channel = channel(&server.base);
    let key = servers::key();
    let wire =
        channel.prepare(Action::Edit(&rendition(), &receipt()), &servers::address(&key)).unwrap();
    assert!(matches!(channel.send(&wire, &servers::permit()).await, Outcome::Posted(_)));
    let request = server.requests().remove(0);
    assert!(request.starts_with("PUT /api/v1/statuses/1170 "));
    assert!(request.contains(r#""sensitive":false,"spoiler_text":"""#));
}

#[tokio::test]
async fn a_server_that_cannot_edit_is_told_from_one_that_does_not_want_to() {
    for status in [404, 405, 501] {
        let server = Scripted::start([json(status, r#"{"error":"Not found"}"#)]).await;
        let channel = channel(&server.base);
        let (rendition, receipt, key) = (rendition(), receipt(), servers::key());
        let edit = Action::Edit(&rendition, &receipt);
        let wire = channel.prepare(edit, &servers::address(&key)).unwrap();
        let outcome = channel.send(&wire, &servers::permit()).await;
        let Outcome::Refused { why } = &outcome else { panic!("{status}: {outcome:?}") };
        assert!(why.contains("cannot edit") && why.contains("`update = \"follow-up\"`"), "{why}");
    }
}

#[tokio::test]
async fn a_status_that_is_only_to_come_is_not_said_to_stand_there() {
    let to_come = r#"{"id":"77","scheduled_at":"2027-01-12T10:00:00.000Z","params":{}}"#;
    let outcome = outcome_of(json(200, to_come)).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn taking_back_what_is_gone_is_done() {
    for status in [200, 404, 410] {
        let server = Scripted::start([json(status, "{}")]).await;
        let channel = channel(&server.base);
        let key = servers::key();
        let wire = channel.prepare(Action::Withdraw(&receipt()), &servers::address(&key)).unwrap();
        assert_eq!(
            channel.send(&wire, &servers::permit()).await,
            Outcome::Posted(receipt()),
            "{status}"
        );
        assert!(server.requests()[0].starts_with("DELETE /api/v1/statuses/1170 "));
    }
}

#[tokio::test]
async fn an_id_that_is_no_id_is_never_put_into_an_address() {
    let channel = channel("http://127.0.0.1:1");
    let odd = Receipt { remote_id: Some("../accounts/1".to_owned()), ..Receipt::default() };
    let key = servers::key();
    assert!(channel.prepare(Action::Withdraw(&odd), &servers::address(&key)).is_err());
}

#[tokio::test]
async fn what_left_and_was_not_answered_is_unknown() {
    for reply in [
        Reply::HangUp,
        half(200, r#"{"id":"1170""#),
        json(200, "{}"),
        json(200, r#"{"id":"../accounts/1"}"#),
        answer(200, &[], "<html>welcome to the hotel network</html>"),
        answer(302, &["Location: /elsewhere"], ""),
        json(500, "{}"),
        json(503, "{}"),
        answer(503, &["Retry-After: 9"], ""),
        json(408, "{}"),
    ] {
        let outcome = outcome_of(reply.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{reply:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn what_was_refused_is_certainly_not_there() {
    for status in [400, 403, 404, 410, 413, 422] {
        let outcome = outcome_of(json(status, r#"{"error":"too long"}"#)).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{status}: {outcome:?}");
        assert!(outcome.why().contains("too long"));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_or_is_none_leaves_it_unknown() {
    let bytes = |text: &str| Reply::Bytes(text.to_owned());
    for reply in [
        bytes("HTTP/1.1 200 OK\r\nContent-Le"),
        bytes("HTTP/1.0 200 OK\r\n\r\n{\"id\":\"1170\",\"url\":\"https://social.exam"),
        bytes("HTTP/1.1 100 Continue\r\n\r\n"),
        bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tides\r\nConnection: upgrade\r\n\r\n"),
        bytes("220 mail.example ESMTP\r\n"),
        answer(301, &["Location: /elsewhere"], ""),
        answer(303, &["Location: /@lab/1170"], ""),
        answer(307, &["Location: /elsewhere"], ""),
        answer(308, &["Location: /elsewhere"], ""),
    ] {
        let outcome = outcome_of(reply.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{reply:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_answer_after_interim_ones_or_until_the_connection_closes_is_an_answer() {
    let body = r#"{"id":"1170"}"#;
    let Reply::Bytes(whole) = json(200, body) else { unreachable!("json makes bytes") };
    for bytes in [
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n{whole}"),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
    ] {
        let outcome = outcome_of(Reply::Bytes(bytes)).await;
        assert_eq!(outcome, Outcome::Posted(receipt()));
    }
}

#[tokio::test]
async fn a_token_that_may_not_write_blocks_the_channel() {
    let said = r#"{"error":"This action is outside the authorized scopes"}"#;
    let outcome = outcome_of(json(403, said)).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
}

#[tokio::test]
async fn bad_credentials_block_the_channel_and_an_echoed_token_stays_secret() {
    let outcome = outcome_of(json(401, &format!(r#"{{"error":"token {SECRET}"}}"#))).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(!outcome.why().contains(SECRET), "{outcome:?}");
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let reset = (Utc::now() + TimeDelta::seconds(100)).to_rfc3339();
    let reply = answer(429, &[&format!("X-RateLimit-Reset: {reset}")], "{}");
    let Outcome::Deferred { after: Some(after), .. } = outcome_of(reply).await else {
        panic!("not deferred")
    };
    assert!((90..=100).contains(&after.as_secs()), "{after:?}");
}

#[tokio::test]
async fn without_a_connection_nothing_is_there() {
    let channel = channel(&servers::nobody().await);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
}

#[tokio::test]
async fn without_tls_where_tls_was_asked_for_the_channel_is_blocked() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 no TLS here\r\n\r\n")
            .await
            .unwrap();
    });
    let channel = channel(&base);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_blocks_the_channel() {
    handbill::channel::tls::install_provider();
    let pem = include_bytes!("self_signed.pem");
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(pem).unwrap()],
            PrivateKeyDer::from_pem_slice(pem).unwrap(),
        )
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
        acceptor.accept(stream).await.is_ok()
    });
    let channel = channel(&base);
    let outcome = channel.send(&publish(&channel), &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert!(outcome.why().contains("certificate"), "{outcome:?}");
    assert!(!server.await.unwrap(), "there is no connection on which anything could be sent");
}

#[tokio::test]
async fn a_rehearsal_reaches_nothing_but_this_machine() {
    let channel = channel("https://social.example");
    assert!(matches!(
        channel.send(&publish(&channel), &servers::permit()).await,
        Outcome::Refused { .. }
    ));
    assert!(channel.probe().await.is_err());
    let anywhere = Context { reach: Reach::Anywhere, ..servers::context() };
    assert!(Reach::LoopbackOnly.allows("localhost") && Reach::LoopbackOnly.allows("[::1]"));
    assert!(!Reach::LoopbackOnly.allows("127.0.0.1.example") && anywhere.reach.allows("x.example"));
}

const HTML: &str = concat!(
    "<p>PhD on tides &amp; currents</p><p>",
    r##"<a href="https://lab.example/jobs/phd-tides/"><span class="invisible">https://</span>"##,
    r##"<span class="ellipsis">lab.example/jobs/ph</span><span class="invisible">d-tides/</span></a> "##,
    r##"<a href="https://social.example/tags/jobs" class="mention hashtag">#<span>jobs</span></a></p>"##,
);

fn account() -> serde_json::Value {
    value!({
        "id": "7", "username": "lab", "acct": "lab", "display_name": "Lab", "locked": false,
        "created_at": "2020-01-01T00:00:00Z", "followers_count": 1, "following_count": 1,
        "statuses_count": 1, "note": "", "url": "https://social.example/@lab", "avatar": "",
        "avatar_static": "", "header": "", "header_static": "", "emojis": [], "fields": [],
        "bot": true,
    })
}

fn status(id: &str, content: &str, minutes_ago: i64) -> serde_json::Value {
    let at = Utc::now() - TimeDelta::minutes(minutes_ago);
    value!({
        "id": id, "uri": format!("https://social.example/s/{id}"),
        "url": format!("https://social.example/@lab/{id}"), "account": account(),
        "content": content, "created_at": at.to_rfc3339(), "emojis": [], "replies_count": 0,
        "reblogs_count": 0, "favourites_count": 0, "sensitive": false, "spoiler_text": "",
        "visibility": "public", "media_attachments": [], "mentions": [], "tags": [],
    })
}

async fn trace_of(pages: Vec<serde_json::Value>) -> Trace {
    let mut replies = vec![json(200, &account().to_string())];
    replies.extend(pages.iter().map(|page| json(200, &page.to_string())));
    let server = Scripted::start(replies).await;
    let channel = channel(&server.base);
    let wire = publish(&channel);
    channel
        .find(&servers::search(&wire, &servers::key(), Utc::now() - TimeDelta::minutes(10)))
        .await
}

#[tokio::test]
async fn a_lost_answer_is_found_in_the_accounts_own_list() {
    let page = value!([status("9", "<p>other</p>", 1), status("8", HTML, 2)]);
    let Trace::Found(receipt) = trace_of(vec![page]).await else { panic!("not found") };
    assert_eq!(receipt.remote_id.as_deref(), Some("8"));
    assert_eq!(receipt.link.unwrap().as_str(), "https://social.example/@lab/8");
}

#[tokio::test]
async fn an_older_status_with_the_same_words_is_not_this_one() {
    let page = value!([status("9", "<p>other</p>", 1), status("8", HTML, 60)]);
    assert_eq!(trace_of(vec![page]).await, Trace::Absent);
}

#[tokio::test]
async fn absent_means_that_the_list_was_read_back_to_the_attempt() {
    let first = value!([status("9", "<p>other</p>", 1)]);
    assert_eq!(trace_of(vec![first.clone(), value!([])]).await, Trace::Absent);
    let second = value!([status("8", HTML, 3)]);
    assert!(matches!(trace_of(vec![first.clone(), second]).await, Trace::Found(_)));
    // The second page does not come.
    assert!(matches!(trace_of(vec![first]).await, Trace::NotYet { .. }));
}

/// What is found of a delivery if others own these, after a restored backup or else.
async fn trace_beside(page: serde_json::Value, owned: &[&str], after_a_backup: bool) -> Trace {
    let replies = [&account(), &page, &value!([])].map(|it| json(200, &it.to_string()));
    let server = Scripted::start(replies).await;
    let channel = channel(&server.base);
    let (wire, key) = (publish(&channel), servers::key());
    let owned: BTreeSet<String> = owned.iter().map(|id| (*id).to_owned()).collect();
    let link = "https://lab.example/jobs/phd-tides".parse().unwrap();
    let likeness = if after_a_backup { Likeness::Link(&link) } else { Likeness::Words };
    let since = Utc::now() - TimeDelta::minutes(10);
    let search = Search { owned: &owned, likeness, ..servers::search(&wire, &key, since) };
    channel.find(&search).await
}

fn id(trace: &Trace) -> Option<&str> {
    match trace {
        Trace::Found(receipt) => receipt.remote_id.as_deref(),
        _ => None,
    }
}

#[tokio::test]
async fn a_copy_that_another_delivery_owns_is_passed_over() {
    let page = value!([status("9", HTML, 1), status("8", HTML, 2)]);
    assert_eq!(id(&trace_beside(page.clone(), &["9"], false).await), Some("8"));
    assert_eq!(trace_beside(page, &["9", "8"], false).await, Trace::Absent);
}

#[tokio::test]
async fn after_a_backup_the_link_with_other_words_is_for_a_person() {
    let other = HTML.replace("PhD", "Postdoc");
    let page = value!([status("9", &other, 1), status("8", HTML, 2)]);
    assert_eq!(id(&trace_beside(page, &[], true).await), Some("8"));
    let page = value!([status("9", &other, 1), status("7", "<p>other</p>", 3)]);
    let trace = trace_beside(page.clone(), &[], true).await;
    assert!(
        matches!(&trace, Trace::CannotTell { why } if why.contains("https://social.example/@lab/9")),
        "{trace:?}"
    );
    assert_eq!(trace_beside(page.clone(), &["9"], true).await, Trace::Absent);
    assert_eq!(trace_beside(page, &[], false).await, Trace::Absent);
}

#[tokio::test]
async fn the_link_with_other_words_is_for_a_person_where_a_server_may_show_them_otherwise() {
    let marked = HTML.replace("PhD", "<i>PhD</i>s");
    let page = value!([status("9", &marked, 1), status("7", "<p>other</p>", 99)]);
    for software in [Software::Mastodon, Software::Firefish] {
        let replies = [&account(), &page].map(|it| json(200, &it.to_string()));
        let server = Scripted::start(replies).await;
        let channel = channel_with(&server.base, software, servers::context());
        let (wire, key) = (publish(&channel), servers::key());
        let since = Utc::now() - TimeDelta::minutes(10);
        let trace = channel.find(&servers::search(&wire, &key, since)).await;
        let is_asked = matches!(trace, Trace::CannotTell { .. });
        assert_eq!(is_asked, software == Software::Firefish, "{trace:?}");
    }
}

#[tokio::test]
async fn a_server_whose_clock_is_behind_is_searched_further_back() {
    for (date, found) in [(Utc::now() - TimeDelta::hours(1), true), (Utc::now(), false)] {
        let date = format!("Date: {}", date.format("%a, %d %b %Y %H:%M:%S GMT"));
        let page = value!([status("8", HTML, 60)]).to_string();
        let server = Scripted::start([
            answer(200, &["Content-Type: application/json", &date], &account().to_string()),
            json(200, &page),
        ])
        .await;
        let channel = channel(&server.base);
        let (wire, key) = (publish(&channel), servers::key());
        let trace = channel.find(&servers::search(&wire, &key, Utc::now())).await;
        assert_eq!(id(&trace).is_some(), found, "{trace:?}");
    }
}

#[test]
fn a_link_to_a_status_of_this_server_says_its_id() {
    let channel = channel("https://social.example");
    let id = |link: &str| channel.recognise(&link.parse().unwrap());
    for link in [
        "https://social.example/@lab/1170",
        "https://social.example/@lab/1170/",
        "https://social.example/users/lab/statuses/1170",
        "https://social.example/web/statuses/1170",
    ] {
        assert_eq!(id(link).as_deref(), Some("1170"), "{link}");
    }
    for link in [
        "https://other.example/@lab/1170",
        "http://social.example/@lab/1170",
        "https://social.example:8443/@lab/1170",
        "https://social.example/@lab@other.example/1170",
        "https://social.example/@lab/11%2F70",
        "https://social.example/@lab/..%2F1",
        "https://social.example/@lab",
        "https://social.example/@lab/1170/embed",
        "https://social.example/about/1170",
        "mailto:lab@social.example",
    ] {
        assert_eq!(id(link), None, "{link}");
    }
}

#[tokio::test]
async fn a_lost_edit_or_removal_is_found_by_looking_at_the_status() {
    let changed = status("1170", &HTML.replace("PhD", "Postdoc"), 1).to_string();
    let server = Scripted::start([
        json(200, &status("1170", HTML, 1).to_string()),
        json(200, &changed),
        json(404, "{}"),
        json(200, &changed),
    ])
    .await;
    let channel = channel(&server.base);
    let key = servers::key();
    let address = servers::address(&key);
    let edit = channel.prepare(Action::Edit(&rendition(), &receipt()), &address).unwrap();
    let edited = channel.find(&servers::search(&edit, &key, Utc::now())).await;
    assert!(matches!(edited, Trace::Found(_)), "{edited:?}");
    assert_eq!(channel.find(&servers::search(&edit, &key, Utc::now())).await, Trace::Absent);
    let withdraw = channel.prepare(Action::Withdraw(&receipt()), &address).unwrap();
    let search = servers::search(&withdraw, &key, Utc::now());
    assert_eq!(channel.find(&search).await, Trace::Found(receipt()));
    assert_eq!(channel.find(&search).await, Trace::Absent);
}

async fn sight_of(reply: Reply) -> Sight {
    let server = Scripted::start([reply]).await;
    channel(&server.base).verify(&receipt(), Some(&rendition())).await
}

#[tokio::test]
async fn a_copy_agrees_differs_is_gone_or_was_not_seen() {
    assert_eq!(sight_of(json(200, &status("1170", HTML, 1).to_string())).await, Sight::Agrees);
    let changed = status("1170", &HTML.replace("PhD", "Postdoc"), 1);
    assert!(matches!(sight_of(json(200, &changed.to_string())).await, Sight::Differs { .. }));
    assert_eq!(sight_of(json(404, "{}")).await, Sight::Gone);
    assert!(matches!(sight_of(json(500, "{}")).await, Sight::Unseen { .. }));
}

#[tokio::test]
async fn what_the_library_cannot_take_is_read_all_the_same() {
    let mut without_address = status("1170", HTML, 1);
    without_address["media_attachments"] = value!([{"id": "1", "type": "image", "url": null}]);
    let bare = value!({"id": 1170, "content": HTML, "url": null});
    for odd in [without_address, bare] {
        let reply = json(200, &odd.to_string());
        let server = Scripted::start([reply.clone(), reply]).await;
        let sight = channel(&server.base).verify(&receipt(), Some(&rendition())).await;
        assert_eq!(sight, Sight::Agrees, "{odd:#}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_not_gone() {
    for odd in [
        json(200, r#"{"error":"Record not found"}"#),
        json(200, "[]"),
        json(200, "null"),
        answer(200, &[], "<html>welcome to the hotel network</html>"),
        answer(200, &[], "no such post"),
    ] {
        let server = Scripted::start([odd.clone(), odd.clone()]).await;
        let sight = channel(&server.base).verify(&receipt(), None).await;
        assert!(matches!(sight, Sight::Unseen { .. }), "{odd:?}: {sight:?}");
    }
}

#[tokio::test]
async fn a_removal_that_no_answer_confirms_is_unknown() {
    for odd in [
        json(200, r#"{"error":"Record not found"}"#),
        answer(200, &[], "<html>welcome to the hotel network</html>"),
    ] {
        let server = Scripted::start([odd.clone()]).await;
        let channel = channel(&server.base);
        let key = servers::key();
        let wire = channel.prepare(Action::Withdraw(&receipt()), &servers::address(&key)).unwrap();
        let outcome = channel.send(&wire, &servers::permit()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{odd:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_old_status_that_is_pinned_before_the_others_ends_no_list() {
    let pinned = value!([status("3", "<p>about us</p>", 9999), status("9", "<p>other</p>", 1)]);
    let next = value!([status("8", HTML, 2)]);
    assert_eq!(id(&trace_of(vec![pinned, next]).await), Some("8"));
}

#[tokio::test]
async fn a_list_that_ends_early_proves_nothing() {
    let mut account = account();
    account["statuses_count"] = value!(30);
    for page in [value!([]), value!([status("9", "<p>other</p>", 1)])] {
        let replies = [&account, &page, &value!([])].map(|it| json(200, &it.to_string()));
        let server = Scripted::start(replies).await;
        let channel = channel(&server.base);
        let (wire, key) = (publish(&channel), servers::key());
        let since = Utc::now() - TimeDelta::minutes(10);
        let trace = channel.find(&servers::search(&wire, &key, since)).await;
        assert!(matches!(trace, Trace::CannotTell { .. }), "{trace:?}");
    }
}

#[tokio::test]
async fn a_probe_names_the_account_and_says_what_is_wrong_with_the_token() {
    let server =
        Routed::start([("/api/v1/accounts/verify_credentials", json(200, &account().to_string()))])
            .await;
    let seen = channel(&server.base).probe().await.unwrap().identity;
    assert!(seen.starts_with("@lab@127.0.0.1; the server takes 500 characters"), "{seen}");
    let server = Scripted::start([json(401, "{}")]).await;
    assert!(channel(&server.base).probe().await.unwrap_err().contains("401"));
}
