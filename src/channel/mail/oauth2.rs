//! Signing in to a mail server with OAuth 2.0, where passwords are no longer taken.
//!
//! A person signs in once, elsewhere, and gives us the refresh token. From it an access token is had
//! whenever the last one is about to expire (RFC 6749 §6); it stays in memory. Some servers give a
//! new refresh token with it and may end the old one: it is written to the file of the old one, and
//! where there is none a person is warned.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;
use url::Url;

use crate::channel::http::{Answer, Credential, Exchange, Http, retry_after};
use crate::channel::secret::SecretRef;
use crate::channel::{Outcome, Reach, words};

/// An access token is not used in the last minutes of its life: a message takes some.
const MARGIN: Duration = Duration::from_secs(120);

/// How long a token lives whose server does not say so (RFC 6749 §5.1 recommends it).
const UNSAID_LIFE: Duration = Duration::from_secs(600);

/// The `[mail.oauth2]` table of a channel's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// Where tokens are given out. Google: `https://oauth2.googleapis.com/token`
    /// (developers.google.com/identity/protocols/oauth2/web-server). Microsoft:
    /// `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`
    /// (learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).
    pub token_url: Url,
    /// What the server calls this program; it was registered there.
    pub client_id: String,
    /// What goes with it, if the server gave it one.
    pub client_secret: Option<SecretRef>,
    /// What a person got by signing in. Microsoft may replace it with every use: keep it in a file
    /// that Handbill may write.
    pub refresh_token: SecretRef,
    /// Only where the server wants to hear it again; the refresh token knows its own.
    pub scope: Option<String>,
}

/// The access tokens of one account, for all channels that sign in with it.
#[derive(Debug)]
pub struct Tokens {
    config: OAuth2,
    reach: Reach,
    held: tokio::sync::Mutex<Held>,
}

/// What is remembered between messages, never written anywhere.
#[derive(Debug, Default)]
struct Held {
    access: Option<(SecretString, Instant)>,
    rotated: Option<Rotated>,
}

/// A refresh token that came instead of the one on file.
#[derive(Debug)]
struct Rotated {
    instead_of: SecretString,
    token: SecretString,
}

/// A token to sign in with.
pub struct Access {
    pub token: SecretString,
    pub age: Age,
}

/// Whether a token may have expired meanwhile, or been revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    New,
    Kept,
}

impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        self.config == other.config && self.reach == other.reach
    }
}

impl Eq for Tokens {}

impl Tokens {
    /// The tokens of this account; the same for every channel of this process.
    pub fn of(config: &OAuth2, reach: Reach) -> Arc<Self> {
        static KNOWN: Mutex<Vec<Arc<Tokens>>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = Self { config: config.clone(), reach, held: tokio::sync::Mutex::default() };
        if let Some(same) = known.iter().find(|it| ***it == tokens) {
            return Arc::clone(same);
        }
        let tokens = Arc::new(tokens);
        known.push(Arc::clone(&tokens));
        tokens
    }

    /// A token that is good, as far as its server said.
    ///
    /// # Errors
    /// The outcome if there is none: nothing was sent to the mail server.
    pub async fn access(&self) -> Result<Access, Outcome> {
        let mut held = self.held.lock().await;
        if let Some((token, until)) = &held.access
            && Instant::now() < *until
        {
            return Ok(Access { token: token.clone(), age: Age::Kept });
        }
        self.refresh(&mut held).await
    }

    /// Another token, because the mail server did not take this one.
    ///
    /// # Errors
    /// As [`Tokens::access`].
    pub async fn renew(&self, refused: &SecretString) -> Result<Access, Outcome> {
        let mut held = self.held.lock().await;
        if let Some((token, _)) = &held.access
            && token.expose_secret() != refused.expose_secret()
        {
            // Another channel has been there first.
            return Ok(Access { token: token.clone(), age: Age::New });
        }
        self.refresh(&mut held).await
    }

    async fn refresh(&self, held: &mut Held) -> Result<Access, Outcome> {
        held.access = None;
        let read = |secret: &SecretRef| {
            secret.read().map_err(|error| Outcome::Blocked { why: error.to_string() })
        };
        let on_file = read(&self.config.refresh_token)?;
        let refresh = match &held.rotated {
            Some(rotated) if is_same(&rotated.instead_of, &on_file) => rotated.token.clone(),
            _ => on_file.clone(),
        };
        let client_secret = self.config.client_secret.as_ref().map(read).transpose()?;
        let form = self.form(&refresh, client_secret.as_ref());
        let url = &self.config.token_url;
        let answer = match Http::new(self.reach).send_form(url, &form).await {
            Exchange::Answer(answer) => answer,
            // Whatever became of the request, no message was sent.
            Exchange::NoAnswer(Outcome::Unknown { why }) => {
                return Err(Outcome::Deferred { why: self.no_token(&why), after: None });
            }
            Exchange::NoAnswer(outcome) => return Err(outcome),
        };
        if !answer.is_success() {
            let parts = std::iter::once(refresh).chain(client_secret).collect();
            return Err(self.refusal(&answer, &Credential::made_from(form, parts)));
        }
        let Some(granted) = Granted::read(&answer) else {
            let why = self.no_token("its answer holds none; check `oauth2.token_url`");
            return Err(Outcome::Blocked { why });
        };
        if let Some(new) = granted.refresh_token.filter(|new| !is_same(new, &refresh)) {
            self.keep(held, on_file, new);
        }
        let until = Instant::now() + granted.lives_for.saturating_sub(MARGIN);
        held.access = Some((granted.access_token.clone(), until));
        Ok(Access { token: granted.access_token, age: Age::New })
    }

    /// What is asked (RFC 6749 §6).
    fn form(&self, refresh: &SecretString, client_secret: Option<&SecretString>) -> SecretString {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("refresh_token", refresh.expose_secret());
        if let Some(secret) = client_secret {
            form.append_pair("client_secret", secret.expose_secret());
        }
        if let Some(scope) = &self.config.scope {
            form.append_pair("scope", scope);
        }
        form.finish().into()
    }

    /// Keeps a refresh token that came instead of the old one, which may end.
    fn keep(&self, held: &mut Held, on_file: SecretString, new: SecretString) {
        let place = &self.config.refresh_token;
        match place.replace(&new) {
            Ok(()) => held.rotated = None,
            Err(error) => {
                warn!(
                    "{} gave a new refresh token for the one {}, and it could not be kept: {error}. \
                     It is used until this process ends, then the old one again; if that has \
                     ended by then, sign in anew. A file that Handbill may write keeps it",
                    self.host(),
                    place.place(),
                );
                held.rotated = Some(Rotated { instead_of: on_file, token: new });
            }
        }
    }

    /// What a refusal means (RFC 6749 §5.2).
    fn refusal(&self, answer: &Answer, secret: &Credential) -> Outcome {
        let said = answer.json();
        let summary = secret.hide(&answer.summary());
        let field = |name: &str| said.as_ref()?.get(name)?.as_str();
        let description = || {
            let words = field("error_description").map(words::excerpt);
            words.map_or_else(|| summary.clone(), |words| secret.hide(&words))
        };
        let place = self.config.refresh_token.place();
        match (answer.status, field("error")) {
            (408 | 429 | 500.., _) | (_, Some("temporarily_unavailable" | "server_error")) => {
                Outcome::Deferred {
                    why: self.no_token(&summary),
                    after: retry_after(&answer.headers, chrono::Utc::now()),
                }
            }
            (_, Some("invalid_grant")) => Outcome::Blocked {
                why: self.no_token(&format!(
                    "the refresh token {place} is no longer good (expired, revoked, or of another \
                     client): {}; sign in once more, and put the new refresh token there",
                    description()
                )),
            },
            (_, Some("invalid_client" | "unauthorized_client")) => Outcome::Blocked {
                why: self.no_token(&format!(
                    "it does not know this program: {}; check `oauth2.client_id` and \
                     `oauth2.client_secret`",
                    description()
                )),
            },
            _ => Outcome::Blocked { why: self.no_token(&summary) },
        }
    }

    fn no_token(&self, why: &str) -> String {
        format!("{} gave no token to sign in with: {why}", self.host())
    }

    fn host(&self) -> &str {
        self.config.token_url.host_str().unwrap_or("the token server")
    }
}

/// What a token server grants (RFC 6749 §5.1).
struct Granted {
    access_token: SecretString,
    lives_for: Duration,
    refresh_token: Option<SecretString>,
}

impl Granted {
    fn read(answer: &Answer) -> Option<Self> {
        let said = answer.json()?;
        let text = |name: &str| said.get(name)?.as_str().filter(|it| !it.is_empty());
        let seconds = match said.get("expires_in") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(number) => number.as_u64(),
            None => None,
        };
        Some(Self {
            access_token: text("access_token")?.to_owned().into(),
            lives_for: seconds.map_or(UNSAID_LIFE, Duration::from_secs),
            refresh_token: text("refresh_token").map(|it| it.to_owned().into()),
        })
    }
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
