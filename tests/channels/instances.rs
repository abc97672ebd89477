//! What a server that speaks Mastodon's API says of itself, and what follows from it: limits, how it
//! counts, whether it honours keys; and content warnings, which count too.

use handbill::adapt::count::Count;
use handbill::adapt::{Form, Rendition};
use handbill::channel::mastodon::{Config, Instance, Mastodon, Software, Visibility};
use handbill::channel::{Action, Channel, Outcome, Receipt, Wire};
use serde_json::json as value;

use super::servers::{self, Routed, SECRET, Scripted, answer, json};

fn config(server: &str) -> Config {
    Config {
        server: server.parse().unwrap(),
        token: servers::secret(SECRET),
        visibility: Visibility::Public,
        limit: None,
        software: None,
        content_warning: None,
        instance: None,
    }
}

fn channel(config: Config) -> Mastodon {
    Mastodon::new(config, servers::context()).unwrap()
}

fn limit(config: &Config) -> (Count, usize) {
    match channel(config.clone()).form() {
        Form::Status { count, limit, .. } => (count, limit),
        form => panic!("{form:?}"),
    }
}

fn body(wire: &Wire) -> serde_json::Value {
    let Wire::Http(request) = wire else { panic!("{wire:?}") };
    serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
}

fn status(text: &str) -> Rendition {
    serde_json::from_value(value!({
        "form": "status", "text": text, "language": "de", "length": 9, "limit": 500, "left_out": [],
    }))
    .unwrap()
}

async fn instance_of(pages: Vec<(&'static str, servers::Reply)>) -> Result<Instance, String> {
    let server = Routed::start(pages).await;
    channel(config(&server.base)).ask_instance().await
}

#[tokio::test]
async fn the_newer_description_is_asked_first_and_nodeinfo_says_what_it_is() {
    let server = Routed::start([
        (
            "/api/v2/instance",
            json(
                200,
                r#"{"version":"4.6.0","configuration":{"statuses":{"max_characters":1500,"characters_reserved_per_url":23}}}"#,
            ),
        ),
        (
            "/.well-known/nodeinfo",
            json(
                200,
                r#"{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"/nodeinfo/2.0"}]}"#,
            ),
        ),
        ("/nodeinfo/2.0", json(200, r#"{"software":{"name":"mastodon","version":"4.6.0"}}"#)),
    ])
    .await;
    let mut config = config(&server.base);
    assert_eq!(limit(&config), (Count::Mastodon, 500));
    let instance = channel(config.clone()).ask_instance().await.unwrap();
    assert_eq!(instance.software, Some(Software::Mastodon));
    assert!(!server.requests().contains(&"/api/v1/instance".to_owned()));
    config.instance = Some(instance);
    assert_eq!(limit(&config), (Count::Mastodon, 1500));
    assert_eq!(channel(config.clone()).abilities().repeat_safe_seconds, Some(3600));
    // What the file says wins.
    config.limit = Some(900);
    config.software = Some(Software::Snac);
    assert_eq!(limit(&config), (Count::Characters, 900));
    assert_eq!(channel(config).abilities().repeat_safe_seconds, None);
}

#[tokio::test]
async fn an_odd_server_is_read_as_far_as_it_can_be() {
    let old = instance_of(vec![
        ("/api/v2/instance", answer(200, &[], "<html>not here</html>")),
        (
            "/api/v1/instance",
            json(
                200,
                r#"{"version":"2.7.2 (compatible; Pleroma 2.6.0)","max_toot_chars":5000,"contact_account":null}"#,
            ),
        ),
        ("/.well-known/nodeinfo", answer(200, &[], "hello")),
    ])
    .await
    .unwrap();
    assert_eq!(old.software, Some(Software::Pleroma));
    assert_eq!(old.limit(), (Count::Characters, Some(5000)));
    // A version that looks like Mastodon's proves nothing.
    let bare = instance_of(vec![("/api/v2/instance", json(200, r#"{"version":"4.2.1"}"#))]);
    let bare = bare.await.unwrap();
    assert_eq!((bare.software, bare.max_characters), (None, None));
    assert!(instance_of(Vec::new()).await.unwrap_err().contains("says nothing of itself"));
    let elsewhere = r#"{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://other.example/n"}]}"#;
    let led_away = vec![("/.well-known/nodeinfo", json(200, elsewhere))];
    assert!(instance_of(led_away).await.is_err());
}

#[tokio::test]
async fn a_server_that_nobody_asked_is_not_taken_to_honour_keys() {
    let channel = channel(config("http://127.0.0.1:1"));
    assert_eq!(channel.abilities().repeat_safe_seconds, None);
}

#[test]
fn a_content_warning_counts_and_goes_out_with_each_status_and_edit() {
    let mut config = config("http://127.0.0.1:1");
    config.content_warning = Some("Job ad: https://lab.example.org/a/very/long/address".to_owned());
    // Eight characters, and 23 for the address.
    assert_eq!(limit(&config), (Count::Mastodon, 500 - 31));
    let channel = channel(config);
    let key = servers::key();
    let address = servers::address(&key);
    let publish = channel.prepare(Action::Publish(&status("Tides")), &address).unwrap();
    assert_eq!(
        body(&publish),
        value!({
            "status": "Tides", "visibility": "public", "language": "de",
            "spoiler_text": "Job ad: https://lab.example.org/a/very/long/address",
        })
    );
    let receipt: Receipt = serde_json::from_value(value!({"remote_id": "1170"})).unwrap();
    let edit = channel.prepare(Action::Edit(&status("Tides"), &receipt), &address).unwrap();
    let edit = body(&edit);
    assert_eq!(edit["spoiler_text"], "Job ad: https://lab.example.org/a/very/long/address");
    assert_eq!((&edit["sensitive"], &edit["language"]), (&value!(true), &value!("de")));
}

async fn outcome(config: impl Fn(&str) -> Config, reply: servers::Reply) -> Outcome {
    let server = Scripted::start([reply]).await;
    let channel = channel(config(&server.base));
    let key = servers::key();
    let wire = channel.prepare(Action::Publish(&status("Tides")), &servers::address(&key)).unwrap();
    channel.send(&wire, &servers::permit()).await
}

#[tokio::test]
async fn a_refusal_for_its_length_says_what_was_taken_to_be_allowed() {
    let said = r#"{"error":"Validation failed: Text character limit of 300 exceeded"}"#;
    let unasked = outcome(config, json(422, said)).await;
    let Outcome::Refused { why } = &unasked else { panic!("{unasked:?}") };
    for words in ["limit of 300", "5 characters", "500", "was not asked", "`limit`"] {
        assert!(why.contains(words), "{words}: {why}");
    }
    let declared = |server: &str| Config { limit: Some(700), ..config(server) };
    let why = outcome(declared, json(400, said)).await.why().to_owned();
    assert!(why.contains("700") && why.contains("as the channel's file says"), "{why}");
    // Another refusal is passed on as it is.
    let other = outcome(config, json(422, r#"{"error":"Validation failed: Language"}"#)).await;
    assert_eq!(other.why(), r#"HTTP 422: {"error":"Validation failed: Language"}"#);
}

#[tokio::test]
async fn a_status_that_fewer_may_see_than_was_asked_for_is_posted_all_the_same() {
    let reply = json(200, r#"{"id":"1170","visibility":"unlisted"}"#);
    let posted = outcome(config, reply).await;
    assert!(matches!(posted, Outcome::Posted(_)), "{posted:?}");
}

#[tokio::test]
async fn a_probe_says_who_we_are_what_the_token_may_and_what_the_server_takes() {
    let me = value!({"id": "7", "username": "lab", "acct": "lab"}).to_string();
    let instance = r#"{"version":"4.6.0","configuration":{"statuses":{"max_characters":1500}}}"#;
    let probe = async |me: &str, scopes: &str, limit: Option<usize>| {
        let server = Routed::start([
            ("/api/v1/accounts/verify_credentials", json(200, me)),
            ("/api/v1/apps/verify_credentials", json(200, scopes)),
            ("/api/v2/instance", json(200, instance)),
        ])
        .await;
        let config = Config { limit, ..config(&server.base) };
        channel(config).probe().await.map(|probe| probe.identity)
    };
    let seen = probe(&me, r#"{"scopes":["read","write:statuses"]}"#, None).await.unwrap();
    let scopes = "scopes read write:statuses (no pictures without `write:media`)";
    assert!(seen.starts_with(&format!("@lab@127.0.0.1; {scopes}; 4.6.0 ")), "{seen}");
    let all = probe(&me, r#"{"scopes":["read","write"]}"#, None).await.unwrap();
    assert!(all.starts_with("@lab@127.0.0.1; scopes read write; 4.6.0 "), "{all}");
    assert!(seen.contains("1500 characters, is not known to honour Idempotency-Key"), "{seen}");
    // What a server does not say is no fault.
    assert!(probe(&me, "{}", Some(1500)).await.is_ok());
    let narrow = probe(&me, r#"{"scopes":["read"]}"#, None).await.unwrap_err();
    assert!(narrow.contains("`write:statuses`"), "{narrow}");
    let long = probe(&me, "{}", Some(2000)).await.unwrap_err();
    assert!(long.contains("2000") && long.contains("1500"), "{long}");
    let limited = value!({"id": "7", "username": "lab", "limited": true}).to_string();
    assert!(probe(&limited, "{}", None).await.unwrap_err().contains("limited the account"));
}
