//! How a board's requests show who we are. Only placeholders are on record; credentials are read,
//! and tokens got for them, as a request is sent.

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::description::{Auth, ClientSecretIn};
use super::service_account::KeyFile;
use crate::channel::http::{Credential, retry_after};
use crate::channel::oauth2::{ClientIdentity, ClientSecret, Granted};
use crate::channel::secret::SecretRef;
use crate::channel::wire::SECRET;
use crate::channel::{Outcome, Reach};

/// A token is not used in the last minutes of its life: what it is for takes some.
const MARGIN: Duration = Duration::from_secs(120);

/// The credentials of one account at one board.
pub(super) struct Authorisation {
    auth: Auth,
    reach: Reach,
    /// The token that was got last, and until when it is used.
    token: tokio::sync::Mutex<Option<(SecretString, Instant)>>,
}

impl Authorisation {
    pub(super) fn new(auth: Auth, reach: Reach) -> Self {
        Self { auth, reach, token: tokio::sync::Mutex::default() }
    }

    /// The headers, with placeholders.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let authorization =
            |scheme: &str| vec![("Authorization".to_owned(), format!("{scheme} {SECRET}"))];
        match &self.auth {
            Auth::None | Auth::Query { .. } | Auth::Body { .. } => Vec::new(),
            Auth::Basic { .. } => authorization("Basic"),
            Auth::Bearer { .. } | Auth::ClientCredentials { .. } | Auth::ServiceAccount { .. } => {
                authorization("Bearer")
            }
            Auth::Header { name, prefix, .. } => vec![(name.clone(), format!("{prefix}{SECRET}"))],
        }
    }

    /// An address with the parameter that shows who we are, as a placeholder.
    pub(super) fn address(&self, mut address: Url) -> Url {
        if let Auth::Query { name, .. } = &self.auth {
            address.query_pairs_mut().append_pair(name, SECRET);
        }
        address
    }

    /// What the placeholders stand for now; `written` is the one that the board's file has written
    /// where it wants it.
    ///
    /// # Errors
    /// An outcome that says that nothing was sent.
    pub(super) async fn credential(&self, written: &str) -> Result<Option<Credential>, Outcome> {
        Ok(match &self.auth {
            Auth::None => None,
            Auth::Basic { username, password } => {
                let password = read(password)?;
                let pair = format!("{username}:{}", password.expose_secret());
                let value = SecretString::from(BASE64.encode(pair.as_bytes()));
                Some(Credential::made_from(value, vec![password]))
            }
            Auth::Bearer { token: secret } | Auth::Header { value: secret, .. } => {
                Some(Credential::new(read(secret)?))
            }
            Auth::Query { value, .. } => {
                let value = read(value)?;
                // As it stands in the address.
                let encoded: String =
                    url::form_urlencoded::byte_serialize(value.expose_secret().as_bytes())
                        .collect();
                Some(Credential::made_from(value, vec![encoded.into()]))
            }
            Auth::Body { value } => {
                let value = read(value)?;
                let encoded: String =
                    url::form_urlencoded::byte_serialize(value.expose_secret().as_bytes())
                        .collect();
                let parts = vec![value.clone(), encoded.into()];
                let credential = Credential::made_from(SecretString::from(""), parts);
                Some(credential.and(written.to_owned(), value))
            }
            Auth::ClientCredentials { .. } | Auth::ServiceAccount { .. } => {
                Some(Credential::new(self.token().await?))
            }
        })
    }

    /// The server did not take the token: the next request gets another one.
    pub(super) async fn forget_token(&self) {
        *self.token.lock().await = None;
    }

    async fn token(&self) -> Result<SecretString, Outcome> {
        let mut held = self.token.lock().await;
        if let Some((token, until)) = held.as_ref()
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let granted = self.get_token().await?;
        let life = granted.lives_for.saturating_sub(MARGIN);
        if let Some(until) = Instant::now().checked_add(life) {
            *held = Some((granted.access_token.clone(), until));
        }
        Ok(granted.access_token)
    }

    async fn get_token(&self) -> Result<Granted, Outcome> {
        let (host, asked) = match &self.auth {
            Auth::ClientCredentials {
                token_url,
                client_id,
                client_secret,
                client_secret_in,
                scope,
                parameters,
            } => {
                let secret = read(client_secret)?;
                let client = ClientIdentity {
                    token_url,
                    id: client_id,
                    secret: Some(&secret),
                    shown: match client_secret_in {
                        ClientSecretIn::Basic => ClientSecret::Basic,
                        ClientSecretIn::Form => ClientSecret::InForm,
                    },
                };
                let mut fields = vec![("grant_type", "client_credentials")];
                fields.extend(scope.as_deref().map(|scope| ("scope", scope)));
                fields.extend(parameters.iter().map(|(name, it)| (name.as_str(), it.as_str())));
                (host_of(token_url), client.ask(&fields, &[], self.reach).await)
            }
            Auth::ServiceAccount { key, scope } => {
                let blocked = |why: String| Outcome::Blocked {
                    why: format!("the service account's key {}: {why}", key.place()),
                };
                let file = KeyFile::read(&read(key)?).map_err(blocked)?;
                let assertion = file.assertion(scope, chrono::Utc::now()).map_err(blocked)?;
                let asked = file.exchange(&assertion, self.reach).await;
                (host_of(file.token_url()), asked)
            }
            _ => return Err(Outcome::Blocked { why: "this board knows no tokens".to_owned() }),
        };
        let (answer, hidden) = asked.map_err(|outcome| match outcome {
            // A token that nobody got posts nothing.
            Outcome::Unknown { why } => Outcome::Deferred { why, after: None },
            outcome => outcome,
        })?;
        if let Some(granted) = answer.is_success().then(|| Granted::read(&answer)).flatten() {
            return Ok(granted);
        }
        let why = format!("{host} gave no token: {}", hidden.hide(&answer.summary()));
        Err(match answer.status {
            408 | 429 | 500.. => {
                Outcome::Deferred { why, after: retry_after(&answer.headers, chrono::Utc::now()) }
            }
            // A success without a token is none: what it says may hold one all the same.
            200..=299 => {
                Outcome::Blocked { why: format!("{host} gave no token, and calls that a success") }
            }
            _ => Outcome::Blocked { why },
        })
    }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("the token server").to_owned()
}

fn read(secret: &SecretRef) -> Result<SecretString, Outcome> {
    secret.read().map_err(|error| Outcome::Blocked { why: error.to_string() })
}
