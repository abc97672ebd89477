//! One step of a conversation with a mail server: how long it may take, and why it did not succeed.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::timeout;

use crate::channel::{tls, words};

/// How long is waited for a mail server. RFC 5321 §4.5.3.2 asks for more in places; a server that
/// needs it is tried again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For a handshake, or the reply to a command.
    pub reply: Duration,
    /// For the message and the reply to its final dot.
    pub data_end: Duration,
    /// For the reply to a goodbye.
    pub quit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            reply: Duration::from_secs(60),
            data_end: Duration::from_secs(300),
            quit: Duration::from_secs(5),
        }
    }
}

/// Why a step did not succeed.
pub enum Fault {
    TimedOut(Duration),
    Failed(SmtpError),
}

impl Fault {
    pub fn why(&self) -> String {
        match self {
            Self::TimedOut(limit) => format!("no reply within {} s", limit.as_secs()),
            Self::Failed(error) => words::excerpt(&tls::chain(error)),
        }
    }

    /// The reply's code, if there was a reply that could be read.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::TimedOut(_) => None,
            Self::Failed(error) => error.status().map(u16::from),
        }
    }
}

/// Runs one step within its time. After a fault the connection is not to be used again.
pub async fn step<T>(
    limit: Duration,
    exchange: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, Fault> {
    match timeout(limit, exchange).await {
        Ok(done) => done.map_err(Fault::Failed),
        Err(_) => Err(Fault::TimedOut(limit)),
    }
}

/// Says goodbye; whether the server answers does not matter any more.
pub async fn quit(mut connection: AsyncSmtpConnection, patience: &Patience) {
    let _ = timeout(patience.quit, connection.quit()).await;
}
