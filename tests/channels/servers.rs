//! Small servers for tests, and what every test needs.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use handbill::channel::permit::{Journal, NoJournal};
use handbill::channel::secret::SecretRef;
use handbill::channel::{
    Address, ChannelName, Context, DeliveryKey, Likeness, Permit, Reach, Search, SendBy, Wire,
};
use handbill::clock::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

pub const SECRET: &str = "s3cret-17";

/// An HTTP server that writes down each request and answers from a script, one connection at a
/// time.
pub struct Scripted {
    pub base: String,
    requests: Arc<Mutex<Vec<String>>>,
}

/// What the server does with one request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These bytes.
    Bytes(String),
    /// Takes the request and closes the connection.
    HangUp,
    /// Takes the request and never answers.
    Silence,
    /// These bytes, that much later; the next connection does not wait for it.
    Late(Duration, String),
}

impl Scripted {
    /// A server for these replies; after the last one it answers 599.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut script: VecDeque<Reply> = replies.into_iter().collect();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else { continue };
                seen.lock().unwrap().push(request);
                match script.pop_front().unwrap_or_else(|| json(599, "{}")) {
                    Reply::Bytes(bytes) => stream.write_all(bytes.as_bytes()).await.unwrap(),
                    Reply::HangUp => {}
                    Reply::Silence => {
                        tokio::spawn(async move {
                            let mut rest = Vec::new();
                            let _ = stream.read_to_end(&mut rest).await;
                        });
                    }
                    Reply::Late(wait, bytes) => {
                        tokio::spawn(async move {
                            tokio::time::sleep(wait).await;
                            let _ = stream.write_all(bytes.as_bytes()).await;
                        });
                    }
                }
            }
        });
        Self { base, requests }
    }

    /// The requests so far: head and body, as they came.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An HTTP server that answers by what it is asked for (`/path?query`), always the same; anything
/// else is not there.
pub struct Routed {
    pub base: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Routed {
    pub async fn start(pages: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let pages: Vec<_> = pages.into_iter().collect();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else { continue };
                let wanted = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let page = pages.iter().find(|(path, _)| *path == wanted);
                seen.lock().unwrap().push(wanted);
                let reply = page.map_or_else(|| answer(404, &[], ""), |(_, reply)| reply.clone());
                let Reply::Bytes(bytes) = reply else { continue };
                let _ = stream.write_all(bytes.as_bytes()).await;
            }
        });
        Self { base, requests }
    }

    /// What was asked for so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A whole answer with JSON.
pub fn json(status: u16, body: &str) -> Reply {
    answer(status, &["Content-Type: application/json"], body)
}

pub fn answer(status: u16, headers: &[&str], body: &str) -> Reply {
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    Reply::Bytes(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
}

/// The answer announces more than comes.
pub fn half(status: u16, body: &str) -> Reply {
    Reply::Bytes(format!("HTTP/1.1 {status} X\r\nContent-Length: 9999\r\n\r\n{body}"))
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            })
            .unwrap_or(0);
        if body.len() >= length {
            return Some(text);
        }
    }
}

/// A port on which nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

pub fn context() -> Context {
    Context {
        channel: ChannelName("example".into()),
        site: "Tidal Lab".to_owned(),
        reach: Reach::LoopbackOnly,
    }
}

pub fn key() -> DeliveryKey {
    DeliveryKey(Uuid::from_u128(0x3f2a_91bc))
}

pub fn at() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

pub fn address(key: &DeliveryKey) -> Address<'_> {
    Address { key, reference: "2026-W07", at: at() }
}

/// A secret in a file of its own.
pub fn secret(value: &str) -> SecretRef {
    let name = format!("secret-{}", Uuid::new_v4());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, format!("{value}\n")).unwrap();
    SecretRef::file(path)
}

/// The right to send, for as long as a test takes.
pub fn permit() -> Permit<'static> {
    let soon = Utc::now() + TimeDelta::minutes(10);
    Permit::new(SendBy::new(soon, Clock::System), &NoJournal)
}

/// The right to send until two minutes after [`at`], on a clock that stands there.
pub fn deadline() -> (Clock, SendBy) {
    let clock = Clock::at(at());
    (clock.clone(), SendBy::new(at() + TimeDelta::minutes(2), clock))
}

/// Lets the time go by after which nothing may be sent any more.
pub fn let_it_pass(clock: &Clock) {
    clock.set(at() + TimeDelta::minutes(3));
}

/// Writes down the steps; fails if it is told to, and does what else a test wants at that moment.
#[derive(Default)]
pub struct Steps {
    pub noted: Mutex<Vec<String>>,
    pub fails: bool,
    /// A clock on which the send-by passes with the first step.
    pub clock: Option<Clock>,
}

#[async_trait]
impl Journal for Steps {
    async fn note(&self, what: &str, detail: &serde_json::Value) -> Result<(), String> {
        self.clock.iter().for_each(let_it_pass);
        if self.fails {
            return Err("the disk is full".to_owned());
        }
        self.noted.lock().unwrap().push(format!("{what} {detail}"));
        Ok(())
    }
}

/// A search for the same words, of which nobody owns a copy yet.
pub fn search<'a>(wire: &'a Wire, key: &'a DeliveryKey, since: DateTime<Utc>) -> Search<'a> {
    static NOBODY: BTreeSet<String> = BTreeSet::new();
    let now = Utc::now();
    Search { wire, key, since, now, owned: &NOBODY, likeness: Likeness::Words, done: &[] }
}
