//! Mastodon and servers that speak its API: this program is registered as an app of its own.
//!
//! Source: docs.joinmastodon.org ("apps API", "OAuth API", "OAuth scopes").

use secrecy::SecretString;
use url::Url;

use super::{Consent, Pkce, SignInError, host_of, not_asked};
use crate::channel::Reach;
use crate::channel::http::{self, Exchange, Http};
use crate::channel::oauth2::{ClientIdentity, ClientSecret};

/// Whose account it is, its statuses, and writing statuses and their pictures.
pub const SCOPES: &str = "read:accounts read:statuses write:statuses write:media";

/// Where a server shows the code itself, for browsers on another machine.
pub const SHOWN: &str = "urn:ietf:wg:oauth:2.0:oob";

/// This program, as one server knows it.
#[derive(Debug)]
pub struct App {
    server: Url,
    id: String,
    secret: SecretString,
}

impl App {
    /// Registers it; that takes no account.
    ///
    /// # Errors
    /// [`SignInError`] if the server does not do that.
    pub async fn register(server: &Url, redirect: &str, reach: Reach) -> Result<Self, SignInError> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_name", "Handbill")
            .append_pair("redirect_uris", redirect)
            .append_pair("scopes", SCOPES)
            .finish();
        let url = http::endpoint(server, "/api/v1/apps");
        let host = host_of(server);
        let answer = match Http::new(reach).send_form(&url, &form.into(), None).await {
            Exchange::Answer(answer) => answer,
            Exchange::NoAnswer(outcome) => return Err(not_asked(&host, outcome.why())),
        };
        let refused = |why: String| SignInError::Refused { host: host.clone(), why };
        let app = answer.json().filter(|_| answer.is_success());
        let text = |name: &str| Some(app.as_ref()?.get(name)?.as_str()?.to_owned());
        match (text("client_id"), text("client_secret")) {
            (Some(id), Some(secret)) => {
                Ok(Self { server: server.clone(), id, secret: secret.into() })
            }
            _ if answer.is_success() => Err(refused(
                "its answer names no app; is it a server with Mastodon's API?".to_owned(),
            )),
            _ => Err(refused(answer.summary())),
        }
    }

    /// # Errors
    /// [`SignInError::NoRandom`].
    pub fn consent(&self, redirect: &str) -> Result<Consent, SignInError> {
        let page = http::endpoint(&self.server, "/oauth/authorize");
        Consent::new(page, &self.id, SCOPES, redirect, Pkce::Used)
    }

    /// The access token, which does not expire.
    ///
    /// # Errors
    /// [`SignInError`] if there is none.
    pub async fn token(
        &self,
        consent: &Consent,
        code: &SecretString,
        reach: Reach,
    ) -> Result<SecretString, SignInError> {
        let token_url = http::endpoint(&self.server, "/oauth/token");
        let client = ClientIdentity {
            token_url: &token_url,
            id: &self.id,
            secret: Some(&self.secret),
            shown: ClientSecret::InForm,
        };
        Ok(consent.redeem(code, &client, reach).await?.access_token)
    }
}
