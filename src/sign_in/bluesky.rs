//! Bluesky, and any server of the AT Protocol: a person makes an app password, so nobody has to agree
//! to anything here. Only the account's lasting name is asked for.
//!
//! Source: docs.bsky.app, `com.atproto.identity.resolveHandle`.

use url::Url;

use super::{SignInError, host_of, not_asked};
use crate::channel::Reach;
use crate::channel::http::{self, Http, Reading, Request, Unread};

/// Where app passwords are made.
pub const APP_PASSWORDS: &str = "https://bsky.app/settings/app-passwords";

/// The DID behind a handle, which never changes.
///
/// # Errors
/// [`SignInError`] if the server does not know the handle.
pub async fn did(server: &Url, handle: &str, reach: Reach) -> Result<String, SignInError> {
    let host = host_of(server);
    let mut url = http::endpoint(server, "/xrpc/com.atproto.identity.resolveHandle");
    url.query_pairs_mut().append_pair("handle", handle);
    let exchange = Http::new(reach).send(&Request::get(url), None).await;
    let unknown = format!("it does not know `{handle}`");
    let reading = Reading::of(exchange).map_err(|unread| match unread {
        Unread::Later { why } => not_asked(&host, &why),
        Unread::Gone | Unread::Unable { .. } => {
            SignInError::Refused { host: host.clone(), why: unread.into_words(&unknown) }
        }
    })?;
    let did = reading.json["did"].as_str().map(str::to_owned);
    did.ok_or(SignInError::Refused { host, why: unknown })
}
