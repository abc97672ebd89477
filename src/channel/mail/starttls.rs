//! Asking a server on a plain connection to encrypt it (STARTTLS, RFC 3207).
//!
//! lettre can ask too, and keeps what came in clear behind the server's word to go ahead: whoever sits
//! in between could put replies there that would then count as the server's own.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::replies::readable;
use crate::channel::words;

/// RFC 5321 §4.5.3.1.5 allows 512 bytes for a line of a reply.
const LONGEST_LINE: u64 = 4096;

/// More lines than this are no reply.
const MOST_LINES: usize = 100;

/// Why a connection cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum StarttlsError {
    #[error(
        "it offers no STARTTLS, and nothing is sent in clear; check host and port, or use \
         `security = \"tls\"`"
    )]
    NotOffered,
    #[error("{code} {words}")]
    Refused { code: u16, words: String },
    #[error(
        "it said more before the connection was encrypted than it may (RFC 3207 §6): somebody may \
         sit in between"
    )]
    SaidTooMuch,
    #[error("no reply within {} s", .0.as_secs())]
    TimedOut(Duration),
    #[error("what it said is no reply: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Closed(#[from] io::Error),
}

impl StarttlsError {
    /// Whether it would be the same the next time.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::NotOffered | Self::SaidTooMuch | Self::Refused { code: 500.., .. })
    }
}

/// Brings a new connection to where the handshake begins; `name` is who we are, and each reply has
/// so much time.
///
/// # Errors
/// [`StarttlsError`] if the server does not want to, or cannot be understood.
pub async fn ask(
    stream: TcpStream,
    name: &str,
    patience: Duration,
) -> Result<TcpStream, StarttlsError> {
    let mut stream = BufReader::new(stream);
    reply(&mut stream, patience).await?;
    let offers = exchange(&mut stream, &format!("EHLO {name}\r\n"), patience).await?;
    // The first line names the server.
    if !offers.iter().skip(1).any(|offer| offer.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(StarttlsError::NotOffered);
    }
    exchange(&mut stream, "STARTTLS\r\n", patience).await?;
    if !stream.buffer().is_empty() {
        return Err(StarttlsError::SaidTooMuch);
    }
    Ok(stream.into_inner())
}

async fn exchange(
    stream: &mut BufReader<TcpStream>,
    command: &str,
    patience: Duration,
) -> Result<Vec<String>, StarttlsError> {
    stream.write_all(command.as_bytes()).await?;
    reply(stream, patience).await
}

/// The lines of a reply that agrees.
async fn reply(
    stream: &mut BufReader<TcpStream>,
    patience: Duration,
) -> Result<Vec<String>, StarttlsError> {
    match timeout(patience, read(stream)).await {
        Ok(reply) => reply,
        Err(_) => Err(StarttlsError::TimedOut(patience)),
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Result<Vec<String>, StarttlsError> {
    let mut lines = Vec::new();
    for _ in 0..MOST_LINES {
        let mut line = Vec::new();
        (&mut *stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let line = readable(line.trim_ascii_end());
        let unreadable = || StarttlsError::Unreadable(words::excerpt(&line));
        let code: u16 = line.get(..3).and_then(|it| it.parse().ok()).ok_or_else(unreadable)?;
        let goes_on = line.as_bytes().get(3) == Some(&b'-');
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        match code {
            _ if goes_on => {}
            200..300 => return Ok(lines),
            400..600 => {
                return Err(StarttlsError::Refused {
                    code,
                    words: words::excerpt(&lines.join(" ")),
                });
            }
            _ => return Err(unreadable()),
        }
    }
    Err(StarttlsError::Unreadable("it does not end".to_owned()))
}
