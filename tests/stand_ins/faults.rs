//! Faults of the servers that speak HTTP, shown on the Mastodon stand-in.

use std::time::{Duration, Instant};

use handbill::rehearsal::fault::{Fault, RateLimitStyle};
use handbill::rehearsal::mastodon::{MastodonStandIn, Options};
use reqwest::Response;

use super::{client, clock};

async fn server() -> MastodonStandIn {
    MastodonStandIn::start("mastodon", Options::default(), clock()).await.unwrap()
}

async fn post(server: &MastodonStandIn) -> reqwest::Result<Response> {
    client()
        .post(server.url().join("api/v1/statuses").unwrap())
        .bearer_auth(server.token())
        .form(&[("status", "A PhD position")])
        .send()
        .await
}

#[tokio::test]
async fn a_lost_answer_leaves_a_copy_and_a_lost_request_leaves_none() {
    let server = server().await;
    server.faults().push(Fault::DropBeforeStoring);
    let error = post(&server).await.unwrap_err();
    assert!(error.is_request() && !error.is_connect(), "{error:?}");
    assert_eq!(server.copies().len(), 0);
    server.faults().push(Fault::StoreThenDrop);
    assert!(post(&server).await.unwrap_err().is_request());
    assert_eq!(server.copies().len(), 1);
    assert_eq!(post(&server).await.unwrap().status(), 200);
    assert_eq!(server.copies().len(), 2);
}

#[tokio::test]
async fn an_answer_breaks_off_in_its_body() {
    let server = server().await;
    server.faults().push(Fault::StoreThenHalfBody);
    let response = post(&server).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    assert_eq!(server.copies().len(), 1);
}

#[tokio::test]
async fn an_answer_can_be_another_than_what_happened() {
    let server = server().await;
    server.faults().push(Fault::StoreThenStatus(502));
    server.faults().push(Fault::StoreThenGarbage);
    assert_eq!(post(&server).await.unwrap().status(), 502);
    let garbage = post(&server).await.unwrap();
    assert_eq!(garbage.status(), 200);
    assert!(garbage.json::<serde_json::Value>().await.is_err());
    assert_eq!(server.copies().len(), 2);
}

#[tokio::test]
async fn a_late_answer_comes_after_the_copy() {
    let server = server().await;
    server.faults().push(Fault::Delay(Duration::from_millis(200)));
    let began = Instant::now();
    assert_eq!(post(&server).await.unwrap().status(), 200);
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(server.copies().len(), 1);
}

#[tokio::test]
async fn every_way_to_say_come_back_later() {
    let server = server().await;
    for (style, header, value) in [
        (RateLimitStyle::RetryAfterSeconds, "retry-after", "90"),
        (RateLimitStyle::RetryAfterDate, "retry-after", "Mon, 02 Mar 2026 12:01:30 GMT"),
        (RateLimitStyle::IsoReset, "x-ratelimit-reset", "2026-03-02T12:01:30.000000Z"),
        (RateLimitStyle::EpochReset, "x-rate-limit-reset", "1772452890"),
    ] {
        server.faults().push(Fault::RateLimited { wait: Duration::from_secs(90), style });
        let response = post(&server).await.unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header], value);
    }
    server.faults().push(Fault::RefuseBeforeStoring {
        status: 503,
        headers: vec![("Retry-After".to_owned(), "5".to_owned())],
        body: "closed for repairs".to_owned(),
    });
    let response = post(&server).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), "closed for repairs");
    assert!(server.copies().is_empty());
}

#[tokio::test]
async fn a_server_that_is_dropped_answers_no_more() {
    let server = server().await;
    let address = server.url();
    assert_eq!(client().get(address.clone()).send().await.unwrap().status(), 404);
    drop(server);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(client().get(address).send().await.unwrap_err().is_connect());
}
