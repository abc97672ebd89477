//! Servers that refuse, and say back whatever they were told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Answers every request with itself, head and body, as plain words and as the words of an error.
pub struct HttpEcho {
    pub base: String,
    asked: Arc<Mutex<String>>,
}

impl HttpEcho {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || answer(stream, &heard));
            }
        });
        Self { base, asked }
    }

    /// All requests so far.
    pub fn asked(&self) -> String {
        self.asked.lock().expect("the requests").clone()
    }
}

fn answer(mut stream: TcpStream, heard: &Mutex<String>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut request = String::new();
    let mut length = 0;
    loop {
        let before = request.len();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        let line = request[before..].trim().to_ascii_lowercase();
        if let Some(said) = line.strip_prefix("content-length:") {
            length = said.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    request += &String::from_utf8_lossy(&body);
    heard.lock().expect("the requests").push_str(&request);
    let said = serde_json::json!({
        "error": request, "error_description": request, "message": request, "detail": request,
        "errors": [{ "message": request }],
    });
    let said = said.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{said}",
        said.len()
    );
}

/// A mail server, or a mailbox, that refuses every line with the line.
pub struct MailEcho {
    pub port: u16,
}

impl MailEcho {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || refuse(stream));
            }
        });
        Self { port }
    }
}

fn refuse(mut stream: TcpStream) {
    let reader = BufReader::new(stream.try_clone().expect("a stream"));
    let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
    for line in reader.lines().map_while(Result::ok) {
        let said = if line.starts_with("EHLO") {
            "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n".to_owned()
        } else {
            format!("535 5.7.8 you said: {line}\r\n")
        };
        if stream.write_all(said.as_bytes()).is_err() {
            return;
        }
    }
}
