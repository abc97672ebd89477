//! LinkedIn: the authorization code flow, for an app that a person has made in its developer portal.
//!
//! Source: learn.microsoft.com/linkedin/shared/authentication. LinkedIn knows PKCE for native apps
//! only, and gives refresh tokens to approved partners only.

use secrecy::SecretString;
use url::Url;

use super::{Consent, Pkce, SignInError, read};
use crate::channel::Reach;
use crate::channel::http;

/// Where apps are made, and their redirect addresses written down.
pub const PORTAL: &str = "https://www.linkedin.com/developers/apps";

/// For whom somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum For {
    /// A page that the member may post for, by its number.
    Page(String),
    Member,
}

impl For {
    /// What is asked for: posting, and reading back where LinkedIn allows that.
    pub fn scopes(&self) -> &'static str {
        match self {
            Self::Page(_) => "w_organization_social r_organization_social",
            Self::Member => "openid profile w_member_social",
        }
    }
}

/// # Errors
/// [`SignInError::NoRandom`].
pub fn consent(
    web: &Url,
    client: &str,
    whom: &For,
    redirect: &str,
) -> Result<Consent, SignInError> {
    let page = http::endpoint(web, "/oauth/v2/authorization");
    Consent::new(page, client, whom.scopes(), redirect, Pkce::Unknown)
}

/// The author's URN.
///
/// # Errors
/// [`SignInError`] if LinkedIn does not say who the member is.
pub async fn author(
    api: &Url,
    whom: &For,
    token: &SecretString,
    reach: Reach,
) -> Result<String, SignInError> {
    if let For::Page(number) = whom {
        return Ok(format!("urn:li:organization:{number}"));
    }
    let me = read(http::endpoint(api, "/v2/userinfo"), token, reach).await?;
    let why = "its answer names no member".to_owned();
    let refused = SignInError::Refused { host: super::host_of(api), why };
    me["sub"].as_str().map(|id| format!("urn:li:person:{id}")).ok_or(refused)
}
