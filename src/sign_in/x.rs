//! X: OAuth 2.0 with PKCE, for an app that a person has made in the developer console.
//!
//! Source: docs.x.com/fundamentals/authentication/oauth-2-0.

use secrecy::SecretString;
use url::Url;

use super::{Consent, Pkce, SignInError, read};
use crate::channel::Reach;
use crate::channel::http;

/// Posts, their pictures, whose account it is, and refresh tokens.
pub const SCOPES: &str = "tweet.read tweet.write users.read media.write offline.access";

/// Where apps are made, and their callback addresses written down.
pub const CONSOLE: &str = "https://developer.x.com/en/portal/dashboard";

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: String,
    pub username: String,
}

/// # Errors
/// [`SignInError::NoRandom`].
pub fn consent(web: &Url, client: &str, redirect: &str) -> Result<Consent, SignInError> {
    let page = http::endpoint(web, "/i/oauth2/authorize");
    Consent::new(page, client, SCOPES, redirect, Pkce::Used)
}

/// Whose token it is.
///
/// # Errors
/// [`SignInError`] if X does not say.
pub async fn account(
    api: &Url,
    token: &SecretString,
    reach: Reach,
) -> Result<Account, SignInError> {
    let me = read(http::endpoint(api, "/2/users/me"), token, reach).await?;
    let field = |name: &str| me["data"][name].as_str().map(str::to_owned);
    match (field("id"), field("username")) {
        (Some(id), Some(username)) => Ok(Account { id, username }),
        _ => {
            let why = "its answer names no account".to_owned();
            Err(SignInError::Refused { host: super::host_of(api), why })
        }
    }
}
