//! What every channel that speaks HTTP shares.

use std::time::Duration;

use handbill::channel::http::{Credential, Exchange, Http, Request};
use handbill::channel::{Outcome, Reach};

use super::servers::{Reply, SECRET, Scripted, answer};

fn request(base: &str) -> Request {
    Request { method: "POST".to_owned(), ..Request::get(base.parse().unwrap()) }
}

#[tokio::test]
async fn a_server_that_takes_a_request_and_stays_silent_leaves_it_unknown() {
    let server = Scripted::start([Reply::Silence]).await;
    let http = Http::new(Reach::LoopbackOnly).with_timeout(Duration::from_millis(300));
    let exchange = http.send(&request(&server.base), None).await;
    assert!(
        matches!(&exchange, Exchange::NoAnswer(Outcome::Unknown { why }) if why.contains("in time")),
        "{exchange:?}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_reported_and_not_followed() {
    let server = Scripted::start([answer(307, &["Location: /other"], "")]).await;
    let exchange = Http::new(Reach::LoopbackOnly).send(&request(&server.base), None).await;
    assert!(matches!(exchange, Exchange::Answer(answer) if answer.status == 307));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_page_that_leads_out_of_the_rehearsal_is_not_followed() {
    let server = Scripted::start([answer(302, &["Location: https://social.example/"], "")]).await;
    let exchange = Http::new(Reach::LoopbackOnly).fetch(&server.base.parse().unwrap()).await;
    assert!(matches!(exchange, Exchange::NoAnswer(Outcome::Refused { .. })), "{exchange:?}");
}

#[tokio::test]
async fn a_placeholder_without_a_credential_is_never_sent() {
    let server = Scripted::start([]).await;
    let http = Http::new(Reach::LoopbackOnly);
    let request = request(&server.base).header("Authorization", "Bearer {secret}");
    let exchange = http.send(&request, None).await;
    assert!(matches!(exchange, Exchange::NoAnswer(Outcome::Blocked { .. })), "{exchange:?}");
    let broken = Credential::new(format!("{SECRET}\r\nX-Admin: yes").into());
    let exchange = http.send(&request, Some(&broken)).await;
    assert!(matches!(exchange, Exchange::NoAnswer(Outcome::Blocked { .. })), "{exchange:?}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_credential_is_not_shown_by_debug() {
    assert!(!format!("{:?}", Credential::new(SECRET.into())).contains(SECRET));
}
