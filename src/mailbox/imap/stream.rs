//! The stream to the server: with or without TLS, and never more bytes than were asked for.
//!
//! async-imap keeps an answer until it is whole, up to 512 MiB. Whoever sends more than an answer
//! can need is cut off.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What carries bytes both ways.
pub(super) trait Carrier: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> Carrier for T {}

/// A stream from which so many more bytes may come.
#[derive(Debug)]
pub(super) struct Bounded {
    carrier: Box<dyn Carrier>,
    left: usize,
}

impl Bounded {
    pub(super) fn new(carrier: impl Carrier + 'static, most: usize) -> Self {
        Self { carrier: Box::new(carrier), left: most }
    }

    /// From now on so many bytes may come.
    pub(super) fn allow(&mut self, most: usize) {
        self.left = most;
    }

    pub(super) fn into_carrier(self) -> Box<dyn Carrier> {
        self.carrier
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let done = Pin::new(&mut self.carrier).poll_read(context, buffer);
        let came = buffer.filled().len() - before;
        if came > self.left {
            return Poll::Ready(Err(io::Error::other("more than was asked for")));
        }
        self.left -= came;
        done
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.carrier).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.carrier).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.carrier).poll_shutdown(context)
    }
}
