//! The Mastodon stand-in.

use chrono::TimeDelta;
use handbill::rehearsal::mastodon::{KeyPolicy, MastodonStandIn, Options};
use megalodon::SNS;
use serde_json::{Value, json};

use super::{client, clock};

async fn server(options: Options) -> MastodonStandIn {
    MastodonStandIn::start("mastodon", options, clock()).await.unwrap()
}

async fn post(server: &MastodonStandIn, key: &str, text: &str) -> reqwest::Response {
    let address = server.url().join("api/v1/statuses").unwrap();
    client()
        .post(address)
        .bearer_auth(server.token())
        .header("Idempotency-Key", key)
        .json(&json!({ "status": text, "language": "en" }))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_same_key_gives_the_same_status_for_one_simulated_hour() {
    let clock = clock();
    let server =
        MastodonStandIn::start("mastodon", Options::default(), clock.clone()).await.unwrap();
    let first: Value = post(&server, "k", "one").await.json().await.unwrap();
    clock.advance(TimeDelta::minutes(59));
    let again: Value = post(&server, "k", "other words").await.json().await.unwrap();
    assert_eq!(first["id"], again["id"]);
    assert_eq!(server.copies().len(), 1);
    clock.advance(TimeDelta::minutes(2));
    let late: Value = post(&server, "k", "one").await.json().await.unwrap();
    assert_ne!(first["id"], late["id"]);
    assert_eq!(server.copies().len(), 2);
    assert_eq!(server.creating_requests(), 3);
}

#[tokio::test]
async fn a_server_that_ignores_keys_makes_two() {
    let server = server(Options { keys: KeyPolicy::Ignored, ..Options::default() }).await;
    post(&server, "k", "one").await;
    post(&server, "k", "one").await;
    assert_eq!(server.copies().len(), 2);
}

#[tokio::test]
async fn wrong_tokens_and_long_texts_are_refused_and_leave_nothing() {
    let server = server(Options::default()).await;
    let address = server.url().join("api/v1/statuses").unwrap();
    let stranger =
        client().post(address).bearer_auth("other").form(&[("status", "x")]).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    let long = post(&server, "k", &"a".repeat(501)).await;
    assert_eq!(long.status(), 422);
    let answer: Value = long.json().await.unwrap();
    assert_eq!(answer["error"], "Validation failed: Text character limit of 500 exceeded");
    assert!(server.copies().is_empty());
    assert_eq!(post(&server, "k", &"a".repeat(500)).await.status(), 200);
}

/// megalodon's entities are strict: what it reads, others read too.
#[tokio::test]
async fn a_strict_client_reads_every_entity() {
    let _ = client();
    let server = server(Options::default()).await;
    post(&server, "k", "A #PhD position: https://www.lab.example/positions/phd-in-imaging/2026")
        .await;
    let address = server.url().to_string();
    let fediverse = megalodon::generator(
        SNS::Mastodon,
        address.trim_end_matches('/').to_owned(),
        Some(server.token().to_owned()),
        None,
    )
    .unwrap();
    let account = fediverse.verify_account_credentials().await.unwrap().json;
    assert_eq!(account.username, "lab");
    assert_eq!(
        fediverse.get_instance().await.unwrap().json.configuration.statuses.max_characters,
        500
    );
    let timeline = fediverse.get_account_statuses(account.id, None).await.unwrap().json;
    let [status] = timeline.as_slice() else { panic!("one status: {timeline:?}") };
    assert!(
        status.content.contains("href=\"https://www.lab.example/positions/phd-in-imaging/2026\"")
    );
    assert_eq!(status.tags[0].name, "phd");
    let edit = megalodon::megalodon::EditStatusInputOptions {
        status: Some("Closed".to_owned()),
        ..Default::default()
    };
    let edited = fediverse.edit_status(status.id.clone(), &edit).await.unwrap().json;
    assert_eq!(edited.content, "<p>Closed</p>");
    assert!(edited.edited_at.is_some());
    fediverse.delete_status(status.id.clone()).await.unwrap();
    assert!(fediverse.get_status(status.id.clone()).await.is_err());
}

#[tokio::test]
async fn edits_and_deletions_are_kept_and_the_page_follows() {
    let clock = clock();
    let server =
        MastodonStandIn::start("mastodon", Options::default(), clock.clone()).await.unwrap();
    let status: Value = post(&server, "k", "Deadline: 1 June").await.json().await.unwrap();
    let page = status["url"].as_str().unwrap();
    let address = server.url().join(&format!("api/v1/statuses/{}", status["id"].as_str().unwrap()));
    let address = address.unwrap();
    clock.advance(TimeDelta::days(1));
    let edit = client()
        .put(address.clone())
        .bearer_auth(server.token())
        .form(&[("status", "Deadline: 1 July"), ("language", "en")]);
    assert_eq!(edit.try_clone().unwrap().send().await.unwrap().status(), 200);
    // The same again changes nothing.
    assert_eq!(edit.send().await.unwrap().status(), 200);
    let shown = client().get(page).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("<p>Deadline: 1 July</p>"), "{shown}");
    let deleted =
        client().delete(address.clone()).bearer_auth(server.token()).send().await.unwrap();
    assert_eq!(deleted.json::<Value>().await.unwrap()["text"], "Deadline: 1 July");
    let again = client().delete(address).bearer_auth(server.token()).send().await.unwrap();
    assert_eq!(again.status(), 404);
    assert_eq!(client().get(page).send().await.unwrap().status(), 410);
    let [copy] = server.copies().try_into().unwrap();
    assert!(!copy.stands());
    assert_eq!(copy.original.text, "Deadline: 1 June");
    assert_eq!(copy.edits.len(), 1);
    assert_eq!(copy.current().text, "Deadline: 1 July");
}

#[tokio::test]
async fn the_timeline_lags_pages_and_hides_what_is_private() {
    let clock = clock();
    let options = Options { timeline_lag: TimeDelta::seconds(30), ..Options::default() };
    let server = MastodonStandIn::start("mastodon", options, clock.clone()).await.unwrap();
    for number in 0..5 {
        post(&server, &format!("k{number}"), &format!("status {number}")).await;
        clock.advance(TimeDelta::seconds(1));
    }
    let me = server.url().join("api/v1/accounts/verify_credentials").unwrap();
    let me: Value =
        client().get(me).bearer_auth(server.token()).send().await.unwrap().json().await.unwrap();
    let path = format!("api/v1/accounts/{}/statuses?limit=2", me["id"].as_str().unwrap());
    let mut next = server.url().join(&path).unwrap().to_string();
    let early: Vec<Value> = client().get(&next).send().await.unwrap().json().await.unwrap();
    assert!(early.is_empty());
    clock.advance(TimeDelta::minutes(1));
    let mut seen = Vec::new();
    loop {
        let page = client().get(&next).send().await.unwrap();
        let link = page.headers().get("link").map(|it| it.to_str().unwrap().to_owned());
        let statuses: Vec<Value> = page.json().await.unwrap();
        seen.extend(statuses.iter().map(|it| it["content"].as_str().unwrap().to_owned()));
        let Some(link) = link else { break };
        next = link.split(['<', '>']).nth(1).unwrap().to_owned();
    }
    assert_eq!(
        seen,
        [
            "<p>status 4</p>",
            "<p>status 3</p>",
            "<p>status 2</p>",
            "<p>status 1</p>",
            "<p>status 0</p>"
        ]
    );
    let address = server.url().join("api/v1/statuses").unwrap();
    let private: Value = client()
        .post(address)
        .bearer_auth(server.token())
        .json(&json!({ "status": "to me", "visibility": "direct" }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let page = private["url"].as_str().unwrap();
    assert_eq!(client().get(page).send().await.unwrap().status(), 404);
}
