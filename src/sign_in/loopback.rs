//! Waits on 127.0.0.1 for the browser that a service sends back (RFC 8252 §7.3): one request with
//! the right state, within a time limit. Whatever else comes is told that it is not meant.

use std::net::Ipv4Addr;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{Consent, SignInError};

/// The path that the browser is sent back to.
const PATH: &str = "/callback";

/// The longest request that is read, and how long it may take.
const LONGEST: usize = 16 * 1024;
const REQUEST_WITHIN: Duration = Duration::from_secs(3);

/// A port that waits for a browser.
#[derive(Debug)]
pub struct Callback {
    listener: TcpListener,
    port: u16,
}

impl Callback {
    /// Takes a port of this machine; 0 is any that is free.
    ///
    /// # Errors
    /// [`SignInError::NoPort`].
    pub async fn listen(port: u16) -> Result<Self, SignInError> {
        let no_port = |error: std::io::Error| {
            SignInError::NoPort(match port {
                0 => format!("no port of this machine could be opened: {error}"),
                port => format!(
                    "port {port} of this machine could not be opened: {error}; take another one \
                     with `--port`, and name it to the app as its callback address"
                ),
            })
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(no_port)?;
        let port = listener.local_addr().map_err(no_port)?.port();
        Ok(Self { listener, port })
    }

    /// The address to give as `redirect_uri`; `host` is `127.0.0.1` or `localhost`.
    pub fn address(&self, host: &str) -> String {
        format!("http://{host}:{}{PATH}", self.port)
    }

    /// The code that comes back.
    ///
    /// # Errors
    /// [`SignInError`] if the person refused, or nobody came in time.
    pub async fn code(
        self,
        consent: &Consent,
        within: Duration,
    ) -> Result<SecretString, SignInError> {
        let too_late = SignInError::TooLate { seconds: within.as_secs() };
        timeout(within, self.wait(consent)).await.unwrap_or(Err(too_late))
    }

    async fn wait(self, consent: &Consent) -> Result<SecretString, SignInError> {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else { continue };
            let Ok(Some(query)) = timeout(REQUEST_WITHIN, query(&mut stream)).await else {
                answer(&mut stream, 404, "There is nothing here.").await;
                continue;
            };
            let came = consent.code(&query);
            match &came {
                Ok(_) => {
                    answer(&mut stream, 200, "Handbill has what it needs. Close this page.").await
                }
                Err(SignInError::OtherState) => {
                    answer(&mut stream, 400, "This answers another question. Start again.").await;
                    continue;
                }
                Err(_) => answer(&mut stream, 200, "Nothing was agreed. Close this page.").await,
            }
            return came;
        }
    }
}

/// The query of a GET of the path; `None` for anything else.
async fn query(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        head.extend_from_slice(buffer.get(..count)?);
        if head.len() > LONGEST {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let target = head.strip_prefix("GET ")?.split(' ').next()?;
    let (path, query) = target.split_once('?')?;
    (path == PATH).then(|| query.to_owned())
}

/// What the person sees. Where the browser has gone, nobody needs it.
async fn answer(stream: &mut TcpStream, status: u16, words: &str) {
    let body =
        format!("<!doctype html><meta charset=utf-8><title>Handbill</title><p>{words}</p>\n");
    let answer = format!(
        "HTTP/1.1 {status} Handbill\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\nReferrer-Policy: no-referrer\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
