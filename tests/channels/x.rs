//! X.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use handbill::adapt::Rendition;
use handbill::channel::x::{Config, X};
use handbill::channel::{Action, Channel, Likeness, Outcome, Receipt, Search, Sight, Trace, Wire};
use serde_json::json as value;

use super::servers::{self, Reply, SECRET, Scripted, answer, json};

const TEXT: &str = "PhD on tides & currents https://lab.example/jobs/phd-tides/";

fn rendition() -> Rendition {
    Rendition::Status {
        text: TEXT.to_owned(),
        language: "en".to_owned(),
        length: 50,
        limit: 280,
        left_out: Vec::new(),
        parts: Vec::new(),
        picture: None,
        card: None,
    }
}

fn channel(server: &str) -> X {
    let config = Config {
        api: Some(server.parse().unwrap()),
        web: None,
        username: "tidal_lab".to_owned(),
        user_id: "42".to_owned(),
        consumer_key: Some(servers::secret("ck")),
        consumer_secret: Some(servers::secret(SECRET)),
        access_token: Some(servers::secret("42-at")),
        access_token_secret: Some(servers::secret("ats")),
        oauth2: None,
    };
    X::new(config, servers::context()).unwrap()
}

fn publish(channel: &X) -> Wire {
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

#[tokio::test]
async fn a_post_goes_out_signed_and_its_link_follows_from_its_id() {
    let server = Scripted::start([json(201, r#"{"data":{"id":"99","text":"…"}}"#)]).await;
    let channel = channel(&server.base);
    let Outcome::Posted(receipt) = channel.send(&publish(&channel), &servers::permit()).await
    else {
        panic!("not posted")
    };
    assert_eq!(receipt.link.unwrap().as_str(), "https://x.com/tidal_lab/status/99");
    let request = server.requests().remove(0);
    assert!(request.starts_with("POST /2/tweets "));
    assert!(request.contains("authorization: OAuth oauth_consumer_key=\"ck\""), "{request}");
    assert!(request.contains("oauth_signature=\""));
    assert!(!request.contains(SECRET));
    assert!(request.ends_with(&value!({ "text": TEXT }).to_string()));
}

#[tokio::test]
async fn a_repeated_text_means_that_it_is_there() {
    let body = r#"{"detail":"You are not allowed to create a Tweet with duplicate content.","status":403}"#;
    let outcome = outcome_of(json(403, body)).await;
    assert!(matches!(outcome, Outcome::Duplicate { .. }), "{outcome:?}");
    assert!(outcome.why().contains("there already"));
}

#[tokio::test]
async fn a_403_refuses_this_text_or_shuts_out_the_account() {
    let cashtags = outcome_of(json(403, r#"{"detail":"maximum of one cashtag"}"#)).await;
    assert!(matches!(cashtags, Outcome::Refused { .. }), "{cashtags:?}");
    let suspended = outcome_of(json(403, r#"{"type":"user-suspended"}"#)).await;
    assert!(matches!(suspended, Outcome::Blocked { .. }), "{suspended:?}");
}

#[tokio::test]
async fn a_rate_limit_ends_at_an_epoch_second() {
    let reset = (Utc::now() + TimeDelta::seconds(100)).timestamp();
    let reply = answer(429, &[&format!("x-rate-limit-reset: {reset}")], "{}");
    let Outcome::Deferred { after: Some(after), .. } = outcome_of(reply).await else {
        panic!("not deferred")
    };
    assert!((90..=100).contains(&after.as_secs()), "{after:?}");
}

#[tokio::test]
async fn an_answer_without_an_id_or_none_at_all_is_unknown() {
    for reply in [json(201, r#"{"data":{}}"#), Reply::HangUp, json(502, "{}")] {
        assert!(matches!(outcome_of(reply).await, Outcome::Unknown { .. }));
    }
}

#[tokio::test]
async fn the_timeline_is_compared_by_the_addresses_that_were_written() {
    let post = value!({
        "id": "99", "text": "PhD on tides &amp; currents https://t.co/abc",
        "created_at": Utc::now().to_rfc3339(),
        "entities": {"urls": [{"url": "https://t.co/abc",
                               "expanded_url": "https://lab.example/jobs/phd-tides/"}]},
    });
    let other = value!({"id": "98", "text": "hello", "created_at": Utc::now().to_rfc3339()});
    let first = value!({"data": [other], "meta": {"next_token": "n1"}});
    let second = value!({"data": [post], "meta": {}});
    let server =
        Scripted::start([json(200, &first.to_string()), json(200, &second.to_string())]).await;
    let channel = channel(&server.base);
    let wire = publish(&channel);
    let trace = channel
        .find(&servers::search(&wire, &servers::key(), Utc::now() - TimeDelta::minutes(10)))
        .await;
    assert!(
        matches!(&trace, Trace::Found(it) if it.remote_id.as_deref() == Some("99")),
        "{trace:?}"
    );
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /2/users/42/tweets?max_results=100&"));
    assert!(requests[1].contains("pagination_token=n1"));
}

#[tokio::test]
async fn absent_needs_a_timeline_that_was_read_to_its_end_or_beyond_the_attempt() {
    let old = (Utc::now() - TimeDelta::hours(2)).to_rfc3339();
    let beyond = value!({"data": [{"id": "1", "text": "hello", "created_at": old}],
                         "meta": {"next_token": "n1"}});
    let empty = value!({"meta": {"result_count": 0}});
    for (reply, absent) in [
        (json(200, &beyond.to_string()), true),
        (json(200, &empty.to_string()), true),
        (json(200, r#"{"errors":[{"title":"Forbidden"}]}"#), false),
        (json(429, "{}"), false),
        (Reply::HangUp, false),
    ] {
        let server = Scripted::start([reply.clone()]).await;
        let channel = channel(&server.base);
        let wire = publish(&channel);
        let trace = channel.find(&servers::search(&wire, &servers::key(), Utc::now())).await;
        assert_eq!(trace == Trace::Absent, absent, "{reply:?}: {trace:?}");
    }
}

fn post(id: &str, text: &str) -> serde_json::Value {
    value!({"id": id, "text": text, "created_at": Utc::now().to_rfc3339()})
}

async fn trace_beside(posts: serde_json::Value, owned: &[&str], likeness: Likeness<'_>) -> Trace {
    let page = value!({"data": posts, "meta": {}});
    let server = Scripted::start([json(200, &page.to_string())]).await;
    let channel = channel(&server.base);
    let (wire, key) = (publish(&channel), servers::key());
    let owned: BTreeSet<String> = owned.iter().map(|id| (*id).to_owned()).collect();
    let search = Search { owned: &owned, likeness, ..servers::search(&wire, &key, Utc::now()) };
    channel.find(&search).await
}

#[tokio::test]
async fn a_post_that_another_delivery_owns_is_passed_over() {
    let posts = value!([post("99", TEXT), post("98", TEXT)]);
    let second = trace_beside(posts.clone(), &["99"], Likeness::Words).await;
    assert!(matches!(&second, Trace::Found(it) if it.remote_id.as_deref() == Some("98")));
    assert_eq!(trace_beside(posts, &["99", "98"], Likeness::Words).await, Trace::Absent);
}

#[tokio::test]
async fn after_a_backup_the_link_with_other_words_is_for_a_person() {
    let link = "https://lab.example/jobs/phd-tides".parse().unwrap();
    let other = post("99", "Now until May: https://lab.example/jobs/phd-tides/");
    let posts = value!([other, post("98", "hello")]);
    let trace = trace_beside(posts.clone(), &[], Likeness::Link(&link)).await;
    assert!(
        matches!(&trace, Trace::CannotTell { why } if why.contains("x.com/tidal_lab/status/99")),
        "{trace:?}"
    );
    assert_eq!(trace_beside(posts.clone(), &["99"], Likeness::Link(&link)).await, Trace::Absent);
    assert_eq!(trace_beside(posts, &[], Likeness::Words).await, Trace::Absent);
    let posts = value!([other, post("98", TEXT)]);
    let trace = trace_beside(posts, &[], Likeness::Link(&link)).await;
    assert!(matches!(&trace, Trace::Found(it) if it.remote_id.as_deref() == Some("98")));
}

#[tokio::test]
async fn a_timeline_that_ends_where_x_ends_every_timeline_proves_nothing() {
    let many: Vec<_> = (0..100).map(|number| post(&number.to_string(), "hello")).collect();
    for (pages, absent) in [(32, false), (2, true)] {
        let replies = (1..=pages).map(|page| {
            let next = if page == pages { value!({}) } else { value!({"next_token": "n"}) };
            json(200, &value!({"data": many, "meta": next}).to_string())
        });
        let server = Scripted::start(replies).await;
        let channel = channel(&server.base);
        let (wire, key) = (publish(&channel), servers::key());
        let trace = channel.find(&servers::search(&wire, &key, Utc::now())).await;
        assert_eq!(trace == Trace::Absent, absent, "{pages}: {trace:?}");
    }
    let hidden = value!({"data": [post("1", "hello")], "errors": [{"title": "Forbidden"}]});
    let server = Scripted::start([json(200, &hidden.to_string())]).await;
    let channel = channel(&server.base);
    let (wire, key) = (publish(&channel), servers::key());
    let trace = channel.find(&servers::search(&wire, &key, Utc::now())).await;
    assert!(matches!(trace, Trace::CannotTell { .. }), "{trace:?}");
}

#[test]
fn a_link_to_a_post_of_this_account_says_its_id() {
    let channel = channel("http://127.0.0.1:1");
    let id = |link: &str| channel.recognise(&link.parse().unwrap());
    for link in [
        "https://x.com/tidal_lab/status/99",
        "https://twitter.com/Tidal_Lab/status/99?s=20",
        "https://www.x.com/tidal_lab/status/99/",
    ] {
        assert_eq!(id(link).as_deref(), Some("99"), "{link}");
    }
    for link in [
        "https://x.com/river_lab/status/99",
        "https://x.com/i/status/99",
        "https://x.com/tidal_lab/status/99a",
        "https://x.com/tidal_lab",
        "https://x.com.example/tidal_lab/status/99",
        "https://x.com:8443/tidal_lab/status/99",
    ] {
        assert_eq!(id(link), None, "{link}");
    }
}

const NOT_FOUND: &str = r#"{"errors":[{"title":"Not Found Error","type":"https://api.twitter.com/2/problems/resource-not-found"}]}"#;

/// What is seen of a post if the timeline, and then the post's own address, answer so.
async fn sight(timeline: Reply, post: Reply) -> (Sight, Vec<String>) {
    let receipt = Receipt { remote_id: Some("99".to_owned()), ..Receipt::default() };
    let server = Scripted::start([timeline, post]).await;
    let sight = channel(&server.base).verify(&receipt, Some(&rendition())).await;
    (sight, server.requests())
}

#[tokio::test]
async fn a_copy_is_looked_at_in_the_accounts_own_timeline_which_costs_least() {
    let of = |text: &str| json(200, &value!({"data": [post("99", text)]}).to_string());
    let (agrees, requests) = sight(of(TEXT), Reply::HangUp).await;
    assert_eq!(agrees, Sight::Agrees);
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].starts_with("GET /2/users/42/tweets?max_results=5&since_id=98&until_id=100&"),
        "{requests:?}"
    );
    assert!(matches!(sight(of("hello"), Reply::HangUp).await.0, Sight::Differs { .. }));
}

#[tokio::test]
async fn a_post_is_gone_if_x_says_so_and_not_if_it_is_only_not_shown() {
    let empty = json(200, r#"{"meta":{"result_count":0}}"#);
    let (gone, requests) = sight(empty.clone(), json(200, NOT_FOUND)).await;
    assert_eq!(gone, Sight::Gone);
    assert!(requests[1].starts_with("GET /2/tweets/99?"), "{requests:?}");
    let shown = json(200, &value!({"data": post("99", TEXT)}).to_string());
    assert_eq!(sight(empty.clone(), shown).await.0, Sight::Agrees);
    let hidden = NOT_FOUND.replace("resource-not-found", "not-authorized-for-resource");
    for odd in [hidden.as_str(), "{}", r#"{"errors":[]}"#, "null"] {
        let (sight, _) = sight(empty.clone(), json(200, odd)).await;
        assert!(matches!(sight, Sight::Unseen { .. }), "{odd}: {sight:?}");
    }
}

#[tokio::test]
async fn a_parameter_that_x_does_not_know_any_more_is_asked_for_by_its_other_name() {
    let unknown = json(400, r#"{"title":"Invalid Request"}"#);
    let page = json(200, &value!({"data": [post("99", TEXT)]}).to_string());
    let server = Scripted::start([unknown, page]).await;
    let channel = channel(&server.base);
    let wire = publish(&channel);
    let trace = channel.find(&servers::search(&wire, &servers::key(), Utc::now())).await;
    assert!(matches!(trace, Trace::Found(_)), "{trace:?}");
    let requests = server.requests();
    assert!(requests[0].contains("&tweet.fields=") && requests[1].contains("&post.fields="));
}

#[tokio::test]
async fn errors_beside_a_post_do_not_unmake_it() {
    let body = r#"{"data":{"id":"99","text":"…"},"errors":[{"title":"Field Hydration Failure"}]}"#;
    let outcome = outcome_of(json(201, body)).await;
    assert!(matches!(outcome, Outcome::Posted(_)), "{outcome:?}");
    let outcome = outcome_of(json(200, r#"{"errors":[{"title":"Internal Error"}]}"#)).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_only_money_or_a_person_can_mend_blocks_the_channel() {
    for (status, body) in [
        (402, r#"{"title":"CreditsDepleted"}"#),
        (403, r#"{"type":"https://api.x.com/2/problems/usage-capped"}"#),
        (429, r#"{"type":"https://api.x.com/2/problems/usage-capped"}"#),
        (403, r#"{"type":"https://api.x.com/2/problems/oauth1-permissions"}"#),
        (403, r#"{"detail":"You are not permitted to perform this action."}"#),
        (401, r#"{"title":"Unauthorized"}"#),
    ] {
        let outcome = outcome_of(json(status, body)).await;
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{status} {body}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_reply_that_is_not_permitted_shuts_out_nothing_else() {
    let body = r#"{"detail":"You are not permitted to perform this action."}"#;
    let server = Scripted::start([json(403, body)]).await;
    let channel = channel(&server.base);
    let receipt = Receipt { remote_id: Some("98".to_owned()), ..Receipt::default() };
    let key = servers::key();
    let action = Action::FollowUp(&rendition(), &receipt);
    let wire = channel.prepare(action, &servers::address(&key)).unwrap();
    let outcome = channel.send(&wire, &servers::permit()).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_probe_notices_the_keys_of_another_account() {
    let server = Scripted::start([
        json(200, r#"{"data":{"id":"42","username":"tidal_lab"}}"#),
        json(200, r#"{"data":{"id":"43","username":"river_lab"}}"#),
    ])
    .await;
    let channel = channel(&server.base);
    assert_eq!(channel.probe().await.unwrap().identity, "@tidal_lab");
    assert!(channel.probe().await.unwrap_err().contains("@river_lab"));
}

#[tokio::test]
async fn a_probe_notices_keys_that_may_only_read() {
    let me = |level: &str| {
        let body = r#"{"data":{"id":"42","username":"tidal_lab"}}"#;
        servers::answer(200, &[&format!("x-access-level: {level}")], body)
    };
    let server = Scripted::start([me("read-write"), me("read")]).await;
    let channel = channel(&server.base);
    assert_eq!(channel.probe().await.unwrap().identity, "@tidal_lab; access read-write");
    let why = channel.probe().await.unwrap_err();
    assert!(why.starts_with("the keys may only read") && why.contains("new access token"), "{why}");
}

#[test]
fn x_cannot_edit() {
    let channel = channel("http://127.0.0.1:1");
    let receipt = Receipt { remote_id: Some("99".to_owned()), ..Receipt::default() };
    let key = servers::key();
    let refused = channel.prepare(Action::Edit(&rendition(), &receipt), &servers::address(&key));
    assert_eq!(refused.unwrap_err().to_string(), "x cannot edit a post");
}
