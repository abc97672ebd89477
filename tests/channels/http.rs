//! What every channel that speaks HTTP shares.

use std::time::Duration;

use handbill::channel::http::{Credential, Exchange, Http, Request};
use handbill::channel::permit::{NoJournal, too_late};
use handbill::channel::{Outcome, Permit, Reach};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::servers::{self, Reply, SECRET, Scripted, answer};

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

/// A server whose queue of connections is full, and the crowd in it: who comes next waits until the
/// server takes somebody up.
async fn crowded() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut crowd = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        crowd.push(stream.unwrap());
        assert!(crowd.len() < 100, "the queue of this system has no end");
    }
    (listener, crowd)
}

/// What of a request a crowded server receives, and what the client makes of it; meanwhile the
/// send-by passes, or it does not.
async fn written_to_a_crowded_server(passes: bool) -> (Exchange, usize) {
    let (listener, crowd) = crowded().await;
    let (clock, send_by) = servers::deadline();
    let permit = Permit::new(send_by, &NoJournal);
    let request = request(&format!("http://{}/", listener.local_addr().unwrap()));
    let http = Http::new(Reach::LoopbackOnly);
    let serving = async {
        // The client is connecting by now: it looked at the send-by and found it good.
        tokio::time::sleep(Duration::from_millis(200)).await;
        if passes {
            servers::let_it_pass(&clock);
        }
        for _ in &crowd {
            listener.accept().await.unwrap();
        }
        let (mut stream, _) = listener.accept().await.unwrap();
        let count = stream.read(&mut [0; 4096]).await.unwrap_or(0);
        let _ = stream.write_all(b"HTTP/1.1 204 Done\r\nConnection: close\r\n\r\n").await;
        count
    };
    tokio::join!(http.write(&request, None, &permit), serving)
}

#[tokio::test]
async fn a_connection_that_comes_after_the_send_by_carries_not_one_byte() {
    let (exchange, received) = written_to_a_crowded_server(true).await;
    assert!(matches!(&exchange, Exchange::NoAnswer(it) if *it == too_late()), "{exchange:?}");
    assert_eq!(received, 0);
    let (exchange, received) = written_to_a_crowded_server(false).await;
    assert!(matches!(&exchange, Exchange::Answer(it) if it.status == 204), "{exchange:?}");
    assert!(received > 0);
}

#[tokio::test]
async fn after_the_send_by_nobody_is_even_connected_to() {
    let server = Scripted::start([]).await;
    let (clock, send_by) = servers::deadline();
    servers::let_it_pass(&clock);
    let permit = Permit::new(send_by, &NoJournal);
    let http = Http::new(Reach::LoopbackOnly);
    let exchange = http.write(&request(&server.base), None, &permit).await;
    assert!(matches!(exchange, Exchange::NoAnswer(it) if it == too_late()));
    let read = http.send(&Request::get(server.base.parse().unwrap()), None).await;
    assert!(matches!(read, Exchange::Answer(_)), "reading goes by no send-by");
}

#[tokio::test]
async fn the_late_answer_to_a_cancelled_request_is_never_given_to_the_next() {
    let late = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst".to_owned();
    let server = Scripted::start([
        Reply::Late(Duration::from_millis(300), late),
        answer(200, &[], "second"),
    ])
    .await;
    let http = Http::new(Reach::LoopbackOnly);
    let (request, permit) = (request(&server.base), servers::permit());
    let cancelled = timeout(Duration::from_millis(150), http.write(&request, None, &permit)).await;
    assert!(cancelled.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let exchange = http.write(&request, None, &permit).await;
    assert!(matches!(&exchange, Exchange::Answer(it) if it.body == "second"), "{exchange:?}");
}

#[tokio::test]
async fn time_that_ends_while_connecting_says_that_nothing_left() {
    let (listener, _crowd) = crowded().await;
    let request = request(&format!("http://{}/", listener.local_addr().unwrap()));
    let http = Http::new(Reach::LoopbackOnly).with_timeout(Duration::from_millis(300));
    let exchange = http.write(&request, None, &servers::permit()).await;
    assert!(matches!(exchange, Exchange::NoAnswer(Outcome::Deferred { .. })), "{exchange:?}");
}

#[tokio::test]
async fn an_answer_may_come_before_the_request_was_read_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 16]).await.unwrap();
        let answer = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    });
    let large = Request { body: Some("x".repeat(16 * 1024 * 1024)), ..request(&base) };
    let http = Http::new(Reach::LoopbackOnly);
    let exchange = http.write(&large, None, &servers::permit()).await;
    assert!(matches!(&exchange, Exchange::Answer(it) if it.status == 413), "{exchange:?}");
}
