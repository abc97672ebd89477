//! A mail server's replies as lettre reads them.
//!
//! A client goes by the code alone, whatever text stands behind it, and where it does not know the
//! code by its first digit (RFC 5321 §4.2 and §4.2.1). lettre wants a text, in UTF-8, and knows no
//! second digit above 5. What it could not read would be an answer that nobody knows.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A line that is longer goes on as it came; lettre refuses it.
const LONGEST_LINE: usize = 4096;

/// How much is read at a time.
const AT_ONCE: usize = 1024;

/// A connection to a mail server.
#[derive(Debug)]
pub struct Replies<S> {
    stream: S,
    /// What came and is no whole line yet.
    came: Vec<u8>,
    /// What lettre may read, and how much of it it has read.
    ready: Vec<u8>,
    taken: usize,
    has_ended: bool,
}

impl<S> Replies<S> {
    /// A connection on which the server speaks first.
    pub fn of(stream: S) -> Self {
        Self { stream, came: Vec::new(), ready: Vec::new(), taken: 0, has_ended: false }
    }

    /// One on which it has spoken already, before it was encrypted.
    pub fn greeted(stream: S) -> Self {
        Self { ready: b"220 \r\n".to_vec(), ..Self::of(stream) }
    }

    /// Makes the whole lines ready, and all of it at the end.
    fn take_in(&mut self) {
        while let Some(end) = self.came.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.came.drain(..=end).collect();
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.ready.extend_from_slice(readable(line).as_bytes());
            self.ready.extend_from_slice(b"\r\n");
        }
        if self.has_ended || self.came.len() > LONGEST_LINE {
            self.ready.append(&mut self.came);
        }
    }
}

/// One line of a reply, without its end.
pub(super) fn readable(line: &[u8]) -> String {
    let text = match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        // As old servers write; each byte of Latin-1 is the character of that number.
        Err(_) => line.iter().map(|byte| char::from(*byte)).collect(),
    };
    let code = text.get(..3).filter(|code| code.bytes().all(|it| it.is_ascii_digit()));
    let Some(code) = code else { return text };
    let (sign, words) = match text.as_bytes().get(3) {
        None => (' ', ""),
        Some(b' ') => (' ', &text[4..]),
        Some(b'-') => ('-', &text[4..]),
        Some(_) => return text,
    };
    match code.as_bytes() {
        [first @ (b'4' | b'5'), b'6'..=b'9', _] => {
            format!("{}50{sign}{code} {words}", char::from(*first))
        }
        _ => format!("{code}{sign}{words}"),
    }
}

impl<S: AsyncTokioStream> AsyncTokioStream for Replies<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Replies<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.taken == this.ready.len() && !this.has_ended {
            let mut bytes = [0; AT_ONCE];
            let mut came = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut came))?;
            this.has_ended = came.filled().is_empty();
            this.came.extend_from_slice(came.filled());
            this.ready.clear();
            this.taken = 0;
            this.take_in();
        }
        let rest = this.ready.get(this.taken..).unwrap_or_default();
        let part = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(part);
        this.taken += part.len();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Replies<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn line(bytes: &[u8]) -> String {
        readable(bytes)
    }

    #[test]
    fn a_code_counts_whatever_stands_behind_it() {
        assert_eq!(line(b"250"), "250 ");
        assert_eq!(line(b"250 2.0.0 ok"), "250 2.0.0 ok");
        assert_eq!(line(b"250-SIZE 10"), "250-SIZE 10");
        assert_eq!(line(b"550 5.1.1 Bo\xeete inconnue"), "550 5.1.1 Boîte inconnue");
        assert_eq!(line("550 Boîte inconnue".as_bytes()), "550 Boîte inconnue");
    }

    #[test]
    fn of_an_unknown_code_that_refuses_the_first_digit_counts() {
        assert_eq!(line(b"571 not authorised"), "550 571 not authorised");
        assert_eq!(line(b"471-later"), "450-471 later");
        assert_eq!(line(b"271 what"), "271 what", "only what refuses");
    }

    #[test]
    fn what_is_no_reply_stays_what_it_is() {
        for text in ["HTTP/1.1 200 OK", "", "25", "250ok", "5é0 x"] {
            assert_eq!(line(text.as_bytes()), text);
        }
    }

    #[tokio::test]
    async fn lines_come_whole_and_the_rest_at_the_end() {
        let (mut server, client) = duplex(64);
        let mut replies = Replies::greeted(client);
        server.write_all(b"250-one\n250").await.unwrap();
        server.write_all(b"\r\n25").await.unwrap();
        drop(server);
        let mut text = String::new();
        replies.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "220 \r\n250-one\r\n250 \r\n25");
    }
}
