//! How requests to X are signed: with the four keys of OAuth 1.0a, which do not expire, or with an
//! access token of OAuth 2.0, which lives two hours and is had from a refresh token.
//!
//! Source: docs.x.com/fundamentals/authentication.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use url::Url;

use super::Config;
use crate::channel::http::{self, Credential, Request};
use crate::channel::oauth1::{self, Keys, Moment};
use crate::channel::oauth2::{self, Access, ClientSecret, Habits, Rotation, Tokens};
use crate::channel::secret::{SecretPlace, SecretRef};
use crate::channel::wire::SECRET;
use crate::channel::{Outcome, Reach};

/// X gives a new refresh token with every use, and takes the secret of an app that has one as a
/// password.
const HABITS: Habits = Habits { client_secret: ClientSecret::Basic, rotation: Rotation::Always };

/// The scopes without which nothing is posted, or found again after a lost answer
/// (docs.x.com, "Create Post" and "Get Posts").
const NEEDED: [&str; 3] = ["tweet.read", "tweet.write", "users.read"];

/// The scope that an upload needs.
const FOR_PICTURES: &str = "media.write";

/// What keys of OAuth 1.0a may do: `read`, `read-write` or `read-write-directmessages`.
const ACCESS_LEVEL: &str = "x-access-level";

/// As whom requests are signed.
pub(super) enum Signer {
    OAuth1(Box<KeyPlaces>),
    OAuth2(Arc<Tokens>),
}

/// Where the four keys of OAuth 1.0a are.
pub(super) struct KeyPlaces {
    consumer_key: SecretRef,
    consumer_secret: SecretRef,
    access_token: SecretRef,
    access_token_secret: SecretRef,
}

/// A request's signature.
pub(super) struct Signature {
    pub(super) credential: Credential,
    /// Of OAuth 2.0.
    access: Option<Access>,
}

impl Signer {
    /// # Errors
    /// The key that is wrong, and why.
    pub(super) fn new(
        config: &Config,
        api: &Url,
        reach: Reach,
    ) -> Result<Self, (&'static str, String)> {
        let keys = [
            &config.consumer_key,
            &config.consumer_secret,
            &config.access_token,
            &config.access_token_secret,
        ];
        let Some(client) = &config.oauth2 else {
            let [Some(key), Some(secret), Some(token), Some(token_secret)] = keys else {
                let why = "not all of `consumer_key`, `consumer_secret`, `access_token` and \
                           `access_token_secret` are there; write all four, or a table `[x.oauth2]`";
                return Err(("x", why.to_owned()));
            };
            return Ok(Self::OAuth1(Box::new(KeyPlaces {
                consumer_key: key.clone(),
                consumer_secret: secret.clone(),
                access_token: token.clone(),
                access_token_secret: token_secret.clone(),
            })));
        };
        if keys.iter().any(|key| key.is_some()) {
            let why = "there are keys of OAuth 1.0a too; one of both is enough";
            return Err(("x.oauth2", why.to_owned()));
        }
        if !matches!(client.refresh_token.place, SecretPlace::File(_)) {
            let why = "X gives a new one with every use; keep it in a file that Handbill may write: \
                       `{ file = \"PATH\" }`";
            return Err(("x.oauth2.refresh_token", why.to_owned()));
        }
        let usual = http::endpoint(api, "/2/oauth2/token");
        Ok(Self::OAuth2(client.tokens(usual, HABITS, reach)))
    }

    /// What stands before the credential in a request's header.
    pub(super) fn authorization(&self) -> String {
        match self {
            Self::OAuth1(_) => format!("OAuth {SECRET}"),
            Self::OAuth2(_) => format!("Bearer {SECRET}"),
        }
    }

    /// Signs for this moment: nonce and time are not on record.
    pub(super) async fn sign(&self, request: &Request) -> Result<Signature, Outcome> {
        match self {
            Self::OAuth1(places) => {
                let keys = places.read().map_err(|why| Outcome::Blocked { why })?;
                let (method, url) = (&request.method, &request.url);
                let header = oauth1::authorization(method, url, &keys, &Moment::now());
                let parts = vec![
                    keys.consumer_key,
                    keys.consumer_secret,
                    keys.access_token,
                    keys.access_token_secret,
                ];
                Ok(Signature { credential: Credential::made_from(header, parts), access: None })
            }
            Self::OAuth2(tokens) => {
                let access = tokens.access().await?;
                let credential = Credential::new(access.token.clone());
                Ok(Signature { credential, access: Some(access) })
            }
        }
    }

    /// What it may do, in words, and what is wrong with that; empty where X does not say.
    ///
    /// # Errors
    /// In words a person can act on, if it may not post.
    pub(super) async fn may(&self, headers: &HeaderMap) -> Result<String, String> {
        match self {
            Self::OAuth1(_) => match headers.get(ACCESS_LEVEL).and_then(|it| it.to_str().ok()) {
                Some("read") => Err("the keys may only read: set the app's permissions to “Read \
                                     and write” in X's developer console, and then make a new \
                                     access token, because the old one keeps what it was made with"
                    .to_owned()),
                Some(level) => Ok(format!("; access {level}")),
                None => Ok(String::new()),
            },
            Self::OAuth2(tokens) => {
                let Some(granted) = tokens.scope().await else { return Ok(String::new()) };
                let missing = oauth2::missing(&granted, &NEEDED);
                if !missing.is_empty() {
                    return Err(format!(
                        "the token may not do `{}`: sign in once more, with `handbill channels add \
                         x`, and agree to all of it",
                        missing.join("`, `")
                    ));
                }
                let pictures = match oauth2::missing(&granted, &[FOR_PICTURES]).as_slice() {
                    [] => "",
                    _ => "; no pictures without `media.write`",
                };
                Ok(format!("; scopes {granted}{pictures}"))
            }
        }
    }

    /// X did not take the signature.
    pub(super) async fn refused(&self, signature: &Signature, why: String) -> Outcome {
        match (self, &signature.access) {
            (Self::OAuth2(tokens), Some(access)) => tokens.refused(access, why).await,
            _ => Outcome::Blocked { why },
        }
    }
}

impl KeyPlaces {
    fn read(&self) -> Result<Keys, String> {
        let read = |secret: &SecretRef| secret.read().map_err(|error| error.to_string());
        Ok(Keys {
            consumer_key: read(&self.consumer_key)?,
            consumer_secret: read(&self.consumer_secret)?,
            access_token: read(&self.access_token)?,
            access_token_secret: read(&self.access_token_secret)?,
        })
    }
}
