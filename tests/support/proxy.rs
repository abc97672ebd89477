//! A proxy before a real server: it forwards requests, and loses, replaces or delays what it is told
//! to, so that a server that fails in no such way can be seen failing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server gets the request and does what it says; its answer is lost.
    LoseTheAnswer,
    /// The server gets the request and does what it says; this answer comes instead of its own.
    AnswerInstead(Answer),
    /// The server never hears of it; the connection closes.
    LoseTheRequest,
    /// The server never hears of it; this is answered.
    Answer(Answer),
    /// The server gets it, and its answer comes so much later.
    Delay(Duration),
    /// The server gets it with one more header, for example `Prefer: code=503`.
    AddHeader(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Whole lines, for example `Retry-After: 60`.
    pub headers: Vec<String>,
    pub body: String,
}

impl Answer {
    pub fn of(status: u16, headers: &[&str], body: &str) -> Self {
        let headers = headers.iter().map(|line| (*line).to_owned()).collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", self.status);
        for line in &self.headers {
            head += line;
            head += "\r\n";
        }
        format!("{head}Content-Length: {}\r\n\r\n{}", self.body.len(), self.body).into_bytes()
    }
}

/// The proxy; it ends when this is dropped. It works in threads of its own, so a test may wait for
/// a process that talks to it.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    upstream: String,
    /// The beginning of a request line, and what becomes of the next request with it.
    troubles: Mutex<Vec<(String, Trouble)>>,
    /// The request lines without the version, for example `POST /api/v1/statuses`.
    seen: Mutex<Vec<String>>,
    ended: AtomicBool,
}

impl Proxy {
    /// Before the server at `upstream`, which is written like `127.0.0.1:18040`.
    pub fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            upstream: upstream.to_owned(),
            troubles: Mutex::default(),
            seen: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&shared);
                // A connection that breaks off is nobody's fault here.
                thread::spawn(move || shared.carry(stream).ok());
            }
        });
        Self { address, state }
    }

    /// `http://127.0.0.1:PORT`, by which the server is reached.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What becomes of the next request whose line begins so, for example with
    /// `POST /api/v1/statuses`; those that are told first happen first.
    pub fn next(&self, request: &str, trouble: Trouble) {
        self.state.troubles.lock().unwrap().push((request.to_owned(), trouble));
    }

    /// How many requests came whose line begins so.
    pub fn count(&self, request: &str) -> usize {
        self.state.seen.lock().unwrap().iter().filter(|line| line.starts_with(request)).count()
    }

    /// How many troubles did not happen yet.
    pub fn waiting(&self) -> usize {
        self.state.troubles.lock().unwrap().len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
        // Wakes who waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn carry(&self, mut client: TcpStream) -> std::io::Result<()> {
        let Some(request) = read_request(&mut client)? else { return Ok(()) };
        let line =
            String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap_or(b""))
                .trim_end_matches(" HTTP/1.1")
                .to_owned();
        let trouble = self.trouble_of(&line);
        self.seen.lock().unwrap().push(line);
        match trouble {
            None => client.write_all(&self.forward(&request, None)?),
            Some(Trouble::AddHeader(line)) => {
                client.write_all(&self.forward(&request, Some(&line))?)
            }
            Some(Trouble::LoseTheAnswer) => self.forward(&request, None).map(drop),
            Some(Trouble::AnswerInstead(answer)) => {
                self.forward(&request, None)?;
                client.write_all(&answer.bytes())
            }
            Some(Trouble::LoseTheRequest) => Ok(()),
            Some(Trouble::Answer(answer)) => client.write_all(&answer.bytes()),
            Some(Trouble::Delay(wait)) => {
                let answer = self.forward(&request, None)?;
                thread::sleep(wait);
                client.write_all(&answer)
            }
        }
    }

    fn trouble_of(&self, line: &str) -> Option<Trouble> {
        let mut troubles = self.troubles.lock().unwrap();
        let next = troubles.iter().position(|(request, _)| line.starts_with(request.as_str()))?;
        Some(troubles.remove(next).1)
    }

    /// Has the server answer a request, on a connection that it closes afterwards.
    fn forward(&self, request: &[u8], header: Option<&str>) -> std::io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream)?;
        let end_of_line = position(request, b"\r\n").map_or(0, |at| at + 2);
        server.write_all(&request[..end_of_line])?;
        server.write_all(b"Connection: close\r\n")?;
        if let Some(line) = header {
            server.write_all(format!("{line}\r\n").as_bytes())?;
        }
        server.write_all(&request[end_of_line..])?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// One request, head and body; `None` if the client closed before it was whole.
pub fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(end_of_head) = position(&bytes, b"\r\n\r\n").map(|at| at + 4)
            && is_whole(&String::from_utf8_lossy(&bytes[..end_of_head]), &bytes[end_of_head..])
        {
            return Ok(Some(bytes));
        }
        match client.read(&mut buffer)? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn is_whole(head: &str, body: &[u8]) -> bool {
    let head = head.to_lowercase();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if header("transfer-encoding:") == Some("chunked") {
        return body.ends_with(b"0\r\n\r\n");
    }
    body.len() >= header("content-length:").and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|it| it == wanted)
}
