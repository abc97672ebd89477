//! The gate between a connection and the first byte of a request.
//!
//! reqwest connects inside `execute`, and that takes time: DNS, TCP, a proxy, TLS. So the gate
//! stands round its connector. When the connection is there, it looks once more whether the
//! request may still be sent, and it remembers whether anything can have left. The connector runs
//! within the task of its request because no connection is kept for another one
//! (`pool_max_idle_per_host(0)`); one that ran elsewhere would find no passage, and be refused.

use std::error::Error;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use tower::util::MapFutureLayer;

use crate::channel::SendBy;

type BoxError = Box<dyn Error + Send + Sync>;

/// What the gate said to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// From here on bytes of the request may have left.
    LetThrough,
    TooLate,
}

tokio::task_local! {
    static PASSAGE: Arc<Passage>;
}

/// One request on its way.
struct Passage {
    /// None for a request that only reads.
    send_by: Option<SendBy>,
    verdict: OnceLock<Verdict>,
}

#[derive(Debug, thiserror::Error)]
#[error("the connection was closed again before anything was sent")]
struct Closed;

/// Runs one request, and says what the gate said; `None` if no connection came to it, so that
/// nothing has left.
pub(super) async fn pass<T>(
    send_by: Option<&SendBy>,
    request: impl Future<Output = T>,
) -> (T, Option<Verdict>) {
    let passage = Arc::new(Passage { send_by: send_by.cloned(), verdict: OnceLock::new() });
    let done = PASSAGE.scope(Arc::clone(&passage), request).await;
    (done, passage.verdict.get().copied())
}

/// A client whose connections come to the gate.
pub(super) fn guard(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder.connector_layer(MapFutureLayer::new(open))
}

async fn open<C>(connecting: impl Future<Output = Result<C, BoxError>>) -> Result<C, BoxError> {
    let connection = connecting.await?;
    let may_pass = PASSAGE.try_with(|passage| {
        let too_late = passage.send_by.as_ref().is_some_and(SendBy::has_passed);
        let verdict = if too_late { Verdict::TooLate } else { Verdict::LetThrough };
        *passage.verdict.get_or_init(|| verdict) == Verdict::LetThrough && !too_late
    });
    if may_pass == Ok(true) { Ok(connection) } else { Err(Box::new(Closed)) }
}
