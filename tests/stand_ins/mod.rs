//! The stand-ins of the rehearsal, over real sockets: they answer as the real servers do, hold
//! what they took and nothing else, and fail as they are told.

mod bluesky;
mod boards;
mod faults;
mod linkedin;
mod mail;
mod mastodon;
mod shown;
mod x;

use chrono::{DateTime, TimeZone, Utc};
use handbill::rehearsal::loopback::SharedClock;

/// An HTTP client that uses no proxy, follows no redirect and waits two seconds at most.
#[expect(clippy::disallowed_methods, reason = "a test's own client, to loopback only")]
fn client() -> reqwest::Client {
    // The first test to come installs it; for the others it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(2))
        .tls_certs_only([])
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client can be built")
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

fn clock() -> SharedClock {
    SharedClock::new(noon())
}
