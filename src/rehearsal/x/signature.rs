//! Checks OAuth 1.0a signatures as a server does: by making them again (RFC 5849 §3.2).

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;

use oauth1_request::{Builder, HMAC_SHA1, ParameterList, Token};
use percent_encoding::percent_decode_str;

/// The four keys that the server knows. They are worth nothing outside a rehearsal, and `Debug`
/// keeps the habit of not showing them.
#[derive(Clone)]
pub struct Keys {
    pub consumer_key: String,
    pub consumer_secret: String,
    pub access_token: String,
    pub access_token_secret: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// The nonce of a request whose `Authorization` is rightly signed. `address` is without the
    /// query, `query` as it was sent.
    pub(super) fn verify(
        &self,
        authorization: &str,
        method: &str,
        address: &str,
        query: &str,
    ) -> Option<String> {
        let given = parameters(authorization)?;
        let is = |name: &str, expected: &str| given.get(name).is_some_and(|it| it == expected);
        if !is("oauth_consumer_key", &self.consumer_key)
            || !is("oauth_token", &self.access_token)
            || !is("oauth_signature_method", "HMAC-SHA1")
            || given.get("oauth_version").is_some_and(|version| version != "1.0")
        {
            return None;
        }
        let nonce = given.get("oauth_nonce").filter(|nonce| !nonce.is_empty())?;
        let timestamp: NonZeroU64 = given.get("oauth_timestamp")?.parse().ok()?;
        let token = Token::from_parts(
            self.consumer_key.as_str(),
            self.consumer_secret.as_str(),
            self.access_token.as_str(),
            self.access_token_secret.as_str(),
        );
        let mut builder = Builder::with_token(token, HMAC_SHA1);
        builder
            .nonce(nonce.as_str())
            .timestamp(timestamp)
            .version(given.contains_key("oauth_version"));
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let expected = builder.authorize(method, address, &ParameterList::new(query));
        let expected = parameters(&expected)?;
        (given.get("oauth_signature")? == expected.get("oauth_signature")?).then(|| nonce.clone())
    }
}

/// The parameters of an `Authorization: OAuth …` header, decoded.
fn parameters(authorization: &str) -> Option<BTreeMap<String, String>> {
    let decoded =
        |text: &str| percent_decode_str(text).decode_utf8().ok().map(|it| it.into_owned());
    authorization
        .strip_prefix("OAuth ")?
        .split(',')
        .map(|parameter| {
            let (name, value) = parameter.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}
