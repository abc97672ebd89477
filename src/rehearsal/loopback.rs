//! Small servers on 127.0.0.1, and the clock they share.
//!
//! A server stops when its [`Loopback`] is dropped. A handler that asks for a [`Connection`] can
//! cut it, so that a client is left without an answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::serve::{IncomingStream, Listener};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use url::Url;

use crate::clock::Clock;

/// The simulated time of a rehearsal; clones show the same time.
#[derive(Debug, Clone)]
pub struct SharedClock(Clock);

impl SharedClock {
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Clock::at(now))
    }

    /// The time that a command goes by; both show the same from then on, if it can be set.
    pub fn of(clock: &Clock) -> Self {
        match clock {
            Clock::Set(_) => Self(clock.clone()),
            Clock::System => Self::new(clock.now()),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    pub fn set(&self, now: DateTime<Utc>) {
        self.0.set(now);
    }

    pub fn advance(&self, by: TimeDelta) {
        if let Some(later) = self.0.now().checked_add_signed(by) {
            self.0.set(later);
        }
    }
}

/// A port of this machine that is taken but not served yet, so that a server can write its own
/// address into its answers.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Takes a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If the system has no port to give.
    pub async fn take() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// `http://127.0.0.1:PORT/`.
    ///
    /// # Errors
    /// Never for an address that the system gave; the type of [`Url::parse`] wants it.
    pub fn url(&self) -> io::Result<Url> {
        Url::parse(&format!("http://{}/", self.address)).map_err(io::Error::other)
    }

    /// Serves HTTP from now on.
    pub fn serve(self, router: Router) -> Loopback {
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router.into_make_service_with_connect_info::<Connection>();
        let server = axum::serve(SeverableListener(self.listener), service).with_graceful_shutdown(
            async move {
                let _ = stopped.await;
            },
        );
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::warn!(%error, "a stand-in stopped serving");
            }
        });
        Loopback { address: self.address, stop: Some(stop) }
    }

    /// Hands each connection to `session`, for protocols other than HTTP.
    pub fn accept<S, F>(self, session: S) -> Loopback
    where
        S: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, mut stopped) = oneshot::channel::<()>();
        let listener = self.listener;
        tokio::spawn(async move {
            // Sessions live in the set, so that they end with the server.
            let mut sessions = tokio::task::JoinSet::new();
            loop {
                tokio::select! {
                    _ = &mut stopped => break,
                    Some(_) = sessions.join_next() => {}
                    accepted = listener.accept() => {
                        if let Ok((stream, _)) = accepted {
                            sessions.spawn(session(stream));
                        }
                    }
                }
            }
        });
        Loopback { address: self.address, stop: Some(stop) }
    }
}

/// A running server on 127.0.0.1; it stops when this is dropped.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl Loopback {
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// The connection that a request came over.
#[derive(Debug, Clone)]
pub struct Connection(Arc<Mutex<Flow>>);

/// What still gets through to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Whole,
    /// The next answer's head and half its body, then nothing.
    HalfABody,
    Nothing,
}

impl Connection {
    /// Lets nothing more through: the client sees the connection close without an answer.
    pub fn cut(&self) {
        *lock(&self.0) = Flow::Nothing;
    }

    /// Lets the head and half the body of the next answer through, then closes.
    pub fn cut_in_the_body(&self) {
        *lock(&self.0) = Flow::HalfABody;
    }
}

impl Connected<IncomingStream<'_, SeverableListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, SeverableListener>) -> Self {
        Self(Arc::clone(&stream.io().flow))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Connection {
    type Rejection = <ConnectInfo<Self> as FromRequestParts<S>>::Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        ConnectInfo::<Self>::from_request_parts(parts, state).await.map(|ConnectInfo(it)| it)
    }
}

/// Locks; a panic elsewhere does not make what is held here unreadable.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct SeverableListener(TcpListener);

impl Listener for SeverableListener {
    type Io = SeverableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (SeverableStream { stream, flow: Arc::new(Mutex::new(Flow::Whole)) }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A connection whose writes fail once it is cut, which makes the HTTP server close it.
struct SeverableStream {
    stream: TcpStream,
    flow: Arc<Mutex<Flow>>,
}

impl AsyncRead for SeverableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for SeverableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let flow = *lock(&self.flow);
        match flow {
            Flow::Whole => Pin::new(&mut self.stream).poll_write(context, bytes),
            Flow::Nothing => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Flow::HalfABody => {
                // Head and body come in one write, because vectored writes are not offered.
                let body = bytes.windows(4).position(|it| it == b"\r\n\r\n").map_or(0, |at| at + 4);
                let half = body + bytes.len().saturating_sub(body) / 2;
                let part = bytes.get(..half).unwrap_or(bytes);
                let written = Pin::new(&mut self.stream).poll_write(context, part);
                if let Poll::Ready(Ok(_)) = written {
                    *lock(&self.flow) = Flow::Nothing;
                }
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
