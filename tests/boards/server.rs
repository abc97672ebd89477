//! A server that answers as a test says, in threads of its own, so that a test may wait for a process
//! that talks to it.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::support::proxy::{Answer, read_request};

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ').map(str::to_owned);
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers =
            headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
        Some(Self { method: first.next()?, path: first.next()?, headers, body: body.to_owned() })
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// A field of a form, or of the query.
    pub fn field(&self, name: &str) -> String {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let fields = [query, self.body.as_str()].join("&");
        let mut found = url::form_urlencoded::parse(fields.as_bytes());
        found
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    /// `POST /jobs`, without the query.
    pub fn what(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }
}

/// What comes back.
pub enum Reply {
    Answer(Answer),
    /// Nothing: the connection closes.
    HangUp,
}

pub fn json(status: u16, body: &Value) -> Reply {
    Reply::Answer(Answer::of(status, &["Content-Type: application/json"], &body.to_string()))
}

pub fn html(status: u16, body: &str) -> Reply {
    Reply::Answer(Answer::of(status, &["Content-Type: text/html; charset=utf-8"], body))
}

pub fn with(status: u16, headers: &[&str], body: &str) -> Reply {
    Reply::Answer(Answer::of(status, headers, body))
}

/// It ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub fn start(answer: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let ended = Arc::new(AtomicBool::new(false));
        let (over, answer) = (Arc::clone(&ended), Arc::new(Mutex::new(answer)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(mut stream), answer) = (stream, Arc::clone(&answer)) else { continue };
                thread::spawn(move || {
                    let Ok(Some(bytes)) = read_request(&mut stream) else { return };
                    let Some(asked) = Asked::read(&bytes) else { return };
                    let reply = (answer.lock().expect("no answer panicked"))(&asked);
                    if let Reply::Answer(answer) = reply {
                        // One that has gone does not read it.
                        let _ = stream.write_all(&answer.bytes());
                    }
                });
            }
        });
        Self { address, ended }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes who waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}
