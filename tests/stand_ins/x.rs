//! The stand-in for X.

use std::num::NonZeroU64;

use handbill::rehearsal::x::{Keys, Options, XStandIn};
use oauth1_request::{Builder, HMAC_SHA1, ParameterList, Token};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{client, clock};

async fn server() -> XStandIn {
    XStandIn::start("x", Options::default(), clock()).await.unwrap()
}

/// Signs as the account that the server knows.
fn sign(keys: &Keys, method: &Method, address: &Url) -> String {
    let token = Token::from_parts(
        keys.consumer_key.as_str(),
        keys.consumer_secret.as_str(),
        keys.access_token.as_str(),
        keys.access_token_secret.as_str(),
    );
    let mut base = address.clone();
    base.set_query(None);
    let query: Vec<(String, String)> = address.query_pairs().into_owned().collect();
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let mut builder = Builder::with_token(token, HMAC_SHA1);
    builder.nonce(nonce.as_str()).timestamp(NonZeroU64::new(1_772_452_800)).version(true);
    builder.authorize(method.as_str(), base, &ParameterList::new(query))
}

async fn call(server: &XStandIn, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let address = server.url().join(path).unwrap();
    let signature = sign(&server.options().keys, &method, &address);
    let mut request = client().request(method, address).header("Authorization", signature);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn tweet(server: &XStandIn, text: &str) -> (u16, Value) {
    call(server, Method::POST, "2/tweets", Some(json!({ "text": text }))).await
}

#[tokio::test]
async fn a_rightly_signed_post_is_created_and_a_wrongly_signed_one_is_not() {
    let server = server().await;
    let (status, answer) = tweet(&server, "A PhD position").await;
    assert_eq!(status, 201);
    assert_eq!(answer["data"]["text"], "A PhD position");
    let address = server.url().join("2/tweets").unwrap();
    let mut wrong = server.options().keys.clone();
    wrong.access_token_secret = "guessed".to_owned();
    let refused = client()
        .post(address.clone())
        .header("Authorization", sign(&wrong, &Method::POST, &address))
        .json(&json!({ "text": "Another" }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    let media_type = refused.headers()["content-type"].to_str().unwrap();
    assert!(media_type.starts_with("application/problem+json"), "{media_type}");
    // A signature for one method or path is none for another, and good for one request only.
    let signature = sign(&server.options().keys, &Method::GET, &address);
    let request = client().post(address).json(&json!({ "text": "Another" }));
    let refused = request.header("Authorization", signature).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let me = server.url().join("2/users/me").unwrap();
    let request = client()
        .get(me.clone())
        .header("Authorization", sign(&server.options().keys, &Method::GET, &me));
    assert_eq!(request.try_clone().unwrap().send().await.unwrap().status(), 200);
    assert_eq!(request.send().await.unwrap().status(), 401);
    assert_eq!(server.copies().len(), 1);
}

#[tokio::test]
async fn the_same_text_is_refused_while_it_stands() {
    let server = server().await;
    let (_, first) = tweet(&server, "A PhD position").await;
    let (status, refused) = tweet(&server, "A PhD position").await;
    assert_eq!(status, 403);
    assert_eq!(refused["detail"], "You are not allowed to create a Tweet with duplicate content.");
    let id = first["data"]["id"].as_str().unwrap();
    let (status, deleted) = call(&server, Method::DELETE, &format!("2/tweets/{id}"), None).await;
    assert_eq!((status, &deleted["data"]["deleted"]), (200, &json!(true)));
    assert_eq!(tweet(&server, "A PhD position").await.0, 201);
    assert_eq!(server.copies().iter().filter(|copy| copy.stands()).count(), 1);
    assert_eq!(server.copies().len(), 2);
}

#[tokio::test]
async fn a_text_that_is_too_long_or_a_field_that_is_unknown_is_refused() {
    let server = server().await;
    assert_eq!(tweet(&server, &"a".repeat(281)).await.0, 403);
    let unknown = json!({ "text": "x", "idempotency_key": "k" });
    assert_eq!(call(&server, Method::POST, "2/tweets", Some(unknown)).await.0, 400);
    assert!(server.copies().is_empty());
}

#[tokio::test]
async fn links_are_shortened_and_named_in_the_entities() {
    let server = server().await;
    let (_, created) = tweet(&server, "Apply: https://lab.example/phd.").await;
    let id = created["data"]["id"].as_str().unwrap();
    let path = format!("2/tweets/{id}?tweet.fields=entities,created_at");
    let (_, shown) = call(&server, Method::GET, &path, None).await;
    let text = shown["data"]["text"].as_str().unwrap();
    let link = &shown["data"]["entities"]["urls"][0];
    assert_eq!(link["expanded_url"], "https://lab.example/phd");
    assert_eq!(text, format!("Apply: {}.", link["url"].as_str().unwrap()));
    assert_eq!(shown["data"]["created_at"], "2026-03-02T12:00:00.000Z");
    let page = server.url().join(&format!("lab/status/{id}")).unwrap();
    let page = client().get(page).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Apply: https://lab.example/phd."));
}

#[tokio::test]
async fn a_missing_post_is_answered_with_200_and_an_error() {
    let server = server().await;
    let (status, answer) = call(&server, Method::GET, "2/tweets/1", None).await;
    assert_eq!(status, 200);
    assert_eq!(answer["errors"][0]["title"], "Not Found Error");
    assert!(answer.get("data").is_none());
}

#[tokio::test]
async fn the_timeline_pages_from_the_newest() {
    let server = server().await;
    let path = format!("2/users/{}/tweets", server.options().user_id);
    let (_, empty) = call(&server, Method::GET, &path, None).await;
    assert_eq!(empty, json!({ "meta": { "result_count": 0 } }));
    for number in 0..7 {
        tweet(&server, &format!("post {number}")).await;
    }
    let (_, first) = call(&server, Method::GET, &format!("{path}?max_results=5"), None).await;
    assert_eq!(first["data"][0]["text"], "post 6");
    let token = first["meta"]["next_token"].as_str().unwrap();
    let next = format!("{path}?max_results=5&pagination_token={token}");
    let (_, second) = call(&server, Method::GET, &next, None).await;
    assert_eq!(second["data"].as_array().unwrap().len(), 2);
    assert!(second["meta"].get("next_token").is_none());
    assert_eq!(call(&server, Method::GET, &format!("{path}?max_results=4"), None).await.0, 400);
}
