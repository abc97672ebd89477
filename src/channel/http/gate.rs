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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::tls;
    use crate::clock::Clock;
    use chrono::{DateTime, TimeDelta, Utc};
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    /// A certificate for localhost that nobody trusts, and its key.
    const SELF_SIGNED: &[u8] = include_bytes!("../../../tests/channels/self_signed.pem");

    fn acceptor() -> TlsAcceptor {
        tls::install_provider();
        let certificate = CertificateDer::from_pem_slice(SELF_SIGNED).unwrap();
        let key = PrivateKeyDer::from_pem_slice(SELF_SIGNED).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own client, to loopback only")]
    fn client() -> reqwest::Client {
        tls::install_provider();
        guard(reqwest::Client::builder())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .tls_danger_accept_invalid_certs(true)
            .build()
            .unwrap()
    }

    /// What the gate says, and what a server with TLS receives of the request, if `passes` goes by
    /// between its accepting the connection and its part of the handshake.
    async fn sent_while(passes: TimeDelta) -> (Option<Verdict>, String) {
        let start: DateTime<Utc> = "2026-11-24T10:00:00Z".parse().unwrap();
        let clock = Clock::at(start);
        let send_by = SendBy::new(start + TimeDelta::minutes(2), clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            clock.set(start + passes);
            let mut stream = acceptor().accept(stream).await.unwrap();
            let mut received = [0; 4096];
            let count = stream.read(&mut received).await.unwrap_or(0);
            let answer = b"HTTP/1.1 204 Done\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
            String::from_utf8_lossy(&received[..count]).into_owned()
        });
        let (_, verdict) = pass(Some(&send_by), client().post(url).body("x").send()).await;
        (verdict, server.await.unwrap())
    }

    #[tokio::test]
    async fn time_that_passes_in_the_handshake_counts() {
        let (verdict, received) = sent_while(TimeDelta::minutes(1)).await;
        assert_eq!(verdict, Some(Verdict::LetThrough));
        assert!(received.starts_with("POST / HTTP/1.1"), "{received}");
        let (verdict, received) = sent_while(TimeDelta::minutes(3)).await;
        assert_eq!((verdict, received.as_str()), (Some(Verdict::TooLate), ""));
    }

    #[tokio::test]
    async fn a_connection_that_belongs_to_no_request_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let answer = client().get(url).send().await;
        assert!(answer.is_err_and(|error| error.is_connect()));
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "");
    }
}
