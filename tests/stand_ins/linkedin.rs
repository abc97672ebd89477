//! The stand-in for LinkedIn.

use chrono::TimeDelta;
use handbill::rehearsal::linkedin::{Ghosts, LinkedInStandIn, Options};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{client, clock};

const PAGE: &str = "urn:li:organization:2414183";

async fn server(options: Options) -> LinkedInStandIn {
    LinkedInStandIn::start("linkedin", options, clock()).await.unwrap()
}

async fn call(
    server: &LinkedInStandIn,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Response {
    let options = server.options();
    let mut request = client()
        .request(method, format!("{}{path}", server.url()))
        .bearer_auth(&options.token)
        .header("LinkedIn-Version", &options.version)
        .header("X-Restli-Protocol-Version", "2.0.0");
    if let Some(body) = body {
        if body.get("patch").is_some() {
            request = request.header("X-RestLi-Method", "PARTIAL_UPDATE");
        }
        request = request.json(&body);
    }
    request.send().await.unwrap()
}

fn draft(author: &str, commentary: &str) -> Value {
    json!({
        "author": author, "commentary": commentary, "visibility": "PUBLIC",
        "distribution": { "feedDistribution": "MAIN_FEED" }, "lifecycleState": "PUBLISHED",
    })
}

async fn post(server: &LinkedInStandIn, commentary: &str) -> Response {
    let body = draft(&server.options().author, commentary);
    call(server, Method::POST, "rest/posts", Some(body)).await
}

fn urn(response: &Response) -> String {
    response.headers()["x-restli-id"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_post_is_named_in_a_header_and_can_be_changed_and_deleted() {
    let server = server(Options::default()).await;
    let response = post(&server, "Tides").await;
    assert_eq!(response.status(), 201);
    let urn = urn(&response);
    assert!(response.text().await.unwrap().is_empty());
    let path = format!("rest/posts/{}", urn.replace(':', "%3A"));

    let patch = json!({ "patch": { "$set": { "commentary": r"Tides \(new\)" } } });
    assert_eq!(call(&server, Method::POST, &path, Some(patch)).await.status(), 204);
    let shown: Value = call(&server, Method::GET, &path, None).await.json().await.unwrap();
    assert_eq!(shown["commentary"], r"Tides \(new\)");
    assert_eq!(server.copies()[0].current().text, "Tides (new)");
    let page = client().get(format!("{}feed/update/{urn}/", server.url())).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Tides (new)"));

    for _ in 0..2 {
        let deleted = call(&server, Method::DELETE, &path, None).await;
        assert_eq!(deleted.status(), 204, "deleting once more is no error");
    }
    assert_eq!(call(&server, Method::GET, &path, None).await.status(), 404);
    assert_eq!((server.copies().len(), server.copies()[0].stands()), (1, false));
}

#[tokio::test]
async fn words_are_cut_at_the_first_sign_that_is_not_escaped() {
    let server = server(Options::default()).await;
    assert_eq!(post(&server, "PhD (m/f/d) in tides").await.status(), 201);
    assert_eq!(server.copies()[0].current().text, "PhD ");
}

#[tokio::test]
async fn the_same_words_are_refused_with_the_post_that_has_them() {
    for (ghosts, again) in [(Ghosts::Forgotten, 201), (Ghosts::Remembered, 422)] {
        let server = server(Options { ghosts, ..Options::default() }).await;
        let first = urn(&post(&server, "Tides").await);
        let refused = post(&server, "Tides").await;
        assert_eq!(refused.status(), 422);
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["errorDetails"]["inputErrors"][0]["code"], "DUPLICATE_POST");
        assert!(body["message"].as_str().unwrap().ends_with(&first));
        let path = format!("rest/posts/{}", first.replace(':', "%3A"));
        call(&server, Method::DELETE, &path, None).await;
        assert_eq!(post(&server, "Tides").await.status(), again, "{ghosts:?}");
    }
}

#[tokio::test]
async fn only_a_page_can_be_read_the_newest_first_and_only_what_shows_already() {
    let clock = clock();
    let options = Options { lag: TimeDelta::minutes(1), ..Options::default() };
    let server = LinkedInStandIn::start("linkedin", options, clock.clone()).await.unwrap();
    post(&server, "one").await;
    clock.advance(TimeDelta::minutes(2));
    post(&server, "two").await;
    let find = "rest/posts?q=author&author=urn%3Ali%3Aorganization%3A2414183&count=100&start=0";
    let list = async || {
        let found: Value = call(&server, Method::GET, find, None).await.json().await.unwrap();
        let posts = found["elements"].as_array().unwrap().clone();
        posts.iter().map(|it| it["commentary"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list().await, ["one"]);
    clock.advance(TimeDelta::minutes(2));
    assert_eq!(list().await, ["two", "one"]);

    let author = "urn:li:person:abc".to_owned();
    let member = self::server(Options { author, ..Options::default() }).await;
    let urn = urn(&post(&member, "mine").await);
    let path = format!("rest/posts/{}", urn.replace(':', "%3A"));
    assert_eq!(call(&member, Method::GET, &path, None).await.status(), 403);
    let me: Value = call(&member, Method::GET, "v2/userinfo", None).await.json().await.unwrap();
    assert_eq!(me["sub"], "abc");
}

#[tokio::test]
async fn a_version_that_is_not_served_a_wrong_token_and_another_author_are_refused() {
    let server = server(Options::default()).await;
    let address = format!("{}rest/posts", server.url());
    let request = |version: &str, token: &str| {
        client()
            .post(&address)
            .bearer_auth(token)
            .header("LinkedIn-Version", version)
            .header("X-Restli-Protocol-Version", "2.0.0")
            .json(&draft(PAGE, "Tides"))
    };
    let token = &server.options().token;
    assert_eq!(request("202409", token).send().await.unwrap().status(), 426);
    assert_eq!(request("202609", "expired").send().await.unwrap().status(), 401);
    let other = draft("urn:li:organization:1", "Tides");
    assert_eq!(call(&server, Method::POST, "rest/posts", Some(other)).await.status(), 403);
    let bare = client().post(&address).bearer_auth(token).json(&draft(PAGE, "Tides"));
    assert_eq!(bare.send().await.unwrap().status(), 400);
    assert!(server.copies().is_empty());
}
