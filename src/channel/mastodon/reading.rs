//! Reading through megalodon: with a time limit, on this machine without a proxy, and with reasons
//! that say whether asking again helps.

use std::future::Future;
use std::time::Duration;

use megalodon::error::Error as ReadFailure;

use crate::channel::{Trace, is_loopback, tls, words};

/// How long one read may take; megalodon itself would wait for ever.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Why something could not be read.
pub(super) struct Unread {
    pub(super) status: Option<u16>,
    pub(super) why: String,
}

impl Unread {
    pub(super) fn other(why: String) -> Self {
        Self { status: None, why }
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self.status, Some(404 | 410))
    }

    pub(super) fn into_trace(self) -> Trace {
        match self.status {
            None | Some(429 | 500..=599) => Trace::NotYet { why: self.why },
            Some(_) => Trace::CannotTell { why: self.why },
        }
    }
}

impl From<ReadFailure> for Unread {
    fn from(error: ReadFailure) -> Self {
        match error {
            ReadFailure::OwnError(error) => Self {
                why: match error.status {
                    Some(status) => format!("HTTP {status}: {}", words::excerpt(&error.message)),
                    None => words::excerpt(&error.message),
                },
                status: error.status,
            },
            error => Self::other(tls::chain(&error)),
        }
    }
}

/// megalodon's client takes proxies from the environment, for this machine too: a rehearsal would
/// leave it, and no proxy finds the way back.
pub(super) fn stays_here(host: &str) -> Result<(), String> {
    let set = |names: &[&str]| {
        names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    if !is_loopback(host) || set(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]).is_none()
    {
        return Ok(());
    }
    let spared = set(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    if spared.split(',').map(str::trim).any(|entry| entry == host || entry == "*") {
        return Ok(());
    }
    Err(format!(
        "the environment names a proxy that would be asked for {host}; set `NO_PROXY={host}`"
    ))
}

/// Runs one read in a task of its own: megalodon has no timeout, and it panics on an attachment
/// without an address.
pub(super) async fn guarded<T: Send + 'static>(
    read: impl Future<Output = Result<T, ReadFailure>> + Send + 'static,
) -> Result<T, Unread> {
    let task = tokio::spawn(read);
    let stop = task.abort_handle();
    match tokio::time::timeout(READ_TIMEOUT, task).await {
        Ok(Ok(answer)) => answer.map_err(Unread::from),
        Ok(Err(_)) => Err(Unread::other("the server's answer could not be read".to_owned())),
        Err(_) => {
            stop.abort();
            let seconds = READ_TIMEOUT.as_secs();
            Err(Unread::other(format!("the server did not answer within {seconds} s")))
        }
    }
}
