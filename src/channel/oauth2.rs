//! Access tokens of OAuth 2.0: for mail servers that take no passwords any more, X and LinkedIn.
//!
//! A person signs in once and gives us the refresh token. From it an access token is had whenever the
//! last one is about to expire (RFC 6749 §6); it stays in memory. Some servers give a new refresh
//! token with it and may end the old one: it is written to the file of the old one, before the access
//! token is used. Where there is no such file, or it cannot be written, a person is warned; of a
//! service that gives a new one every time nothing is used then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;
use url::Url;

use crate::channel::http::{Answer, Credential, Exchange, Http, retry_after};
use crate::channel::secret::{SecretRef, Turn};
use crate::channel::{Outcome, Reach, words};

/// An access token is not used in the last minutes of its life: what it is for takes some.
const MARGIN: Duration = Duration::from_secs(120);

/// How often, and how long apart, it is asked whether another process has renewed the token: longer
/// together than one request may take.
const TURNS: u32 = 600;
const BETWEEN_TURNS: Duration = Duration::from_millis(100);

/// How long a token lives whose server does not say so (RFC 6749 §5.1 recommends it).
const UNSAID_LIFE: Duration = Duration::from_secs(600);

/// The `[mail.oauth2]` table of a channel's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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

/// The `oauth2` table of a channel whose service has one address for tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Where tokens are given out, if it is not where everybody gets them.
    pub token_url: Option<Url>,
    /// What the service calls this program; it was registered there.
    pub client_id: String,
    /// What goes with it, if the service gave it one.
    pub client_secret: Option<SecretRef>,
    /// What a person got by signing in.
    pub refresh_token: SecretRef,
}

impl Client {
    /// The tokens of this account; `usual` is where everybody gets them.
    pub fn tokens(&self, usual: Url, habits: Habits, reach: Reach) -> Arc<Tokens> {
        let config = OAuth2 {
            token_url: self.token_url.clone().unwrap_or(usual),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            refresh_token: self.refresh_token.clone(),
            scope: None,
        };
        Tokens::with(&config, habits, reach)
    }

    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let mut secrets = vec![("refresh_token", &mut self.refresh_token)];
        secrets.extend(self.client_secret.as_mut().map(|it| ("client_secret", it)));
        secrets
    }
}

/// What services do differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    pub client_secret: ClientSecret,
    pub rotation: Rotation,
}

/// How the client secret is shown (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientSecret {
    #[default]
    InForm,
    /// As a password, with the client's id as the user.
    Basic,
}

/// Whether a refresh token ends with its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    #[default]
    Perhaps,
    /// A new one that is not kept is lost with this process, and the account with it: before it is
    /// kept, nothing is sent.
    Always,
}

/// The access tokens of one account, for all channels that sign in with it.
#[derive(Debug)]
pub struct Tokens {
    config: OAuth2,
    habits: Habits,
    reach: Reach,
    held: tokio::sync::Mutex<Held>,
}

/// What is remembered between messages, never written anywhere.
#[derive(Debug, Default)]
struct Held {
    access: Option<(SecretString, Instant)>,
    scope: Option<String>,
    rotated: Option<Rotated>,
}

/// A refresh token that came instead of the one on file.
#[derive(Debug)]
struct Rotated {
    instead_of: SecretString,
    token: SecretString,
}

/// A token to sign in with.
#[derive(Debug)]
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
        self.config == other.config && self.habits == other.habits && self.reach == other.reach
    }
}

impl Eq for Tokens {}

impl Tokens {
    /// The tokens of this account; the same for every channel of this process.
    pub fn of(config: &OAuth2, reach: Reach) -> Arc<Self> {
        Self::with(config, Habits::default(), reach)
    }

    fn with(config: &OAuth2, habits: Habits, reach: Reach) -> Arc<Self> {
        static KNOWN: Mutex<Vec<Arc<Tokens>>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let (config, held) = (config.clone(), tokio::sync::Mutex::default());
        let tokens = Self { config, habits, reach, held };
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

    /// What the last token may do, as its server said with it.
    pub async fn scope(&self) -> Option<String> {
        self.held.lock().await.scope.clone()
    }

    /// Another token, because the server did not take this one.
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

    /// The outcome where a server did not take a token and did nothing: one that was kept may have
    /// ended, so another is had for the next try.
    pub async fn refused(&self, access: &Access, why: String) -> Outcome {
        if access.age == Age::New {
            return Outcome::Blocked { why };
        }
        match self.renew(&access.token).await {
            Ok(_) => Outcome::Deferred {
                why: format!("the access token had ended, another one is there: {why}"),
                after: None,
            },
            Err(outcome) => outcome,
        }
    }

    async fn refresh(&self, held: &mut Held) -> Result<Access, Outcome> {
        held.access = None;
        let _turn = self.turn().await?;
        let on_file = read(&self.config.refresh_token)?;
        let refresh = match &held.rotated {
            Some(rotated) if is_same(&rotated.instead_of, &on_file) => rotated.token.clone(),
            _ => on_file.clone(),
        };
        let granted = match self.ask(&refresh).await {
            Ok(granted) => granted,
            Err(refusal) => {
                // Another process may have used it first, and kept the new one there.
                let newer = read(&self.config.refresh_token)?;
                if is_same(&newer, &on_file) || is_same(&newer, &refresh) {
                    return Err(refusal);
                }
                let granted = self.ask(&newer).await?;
                return self.take(held, newer.clone(), &newer, granted);
            }
        };
        self.take(held, on_file, &refresh, granted)
    }

    /// Waits until no other process uses up the refresh token: of two that used it, one would have
    /// no account any more.
    async fn turn(&self) -> Result<Turn, Outcome> {
        for _ in 0..TURNS {
            match self.config.refresh_token.ask_for_turn() {
                Turn::Theirs => tokio::time::sleep(BETWEEN_TURNS).await,
                turn => return Ok(turn),
            }
        }
        let why = "another process has been renewing it for a minute; nothing was sent";
        Err(Outcome::Deferred { why: self.no_token(why), after: None })
    }

    /// Keeps what was granted for `refresh`, the refresh token first.
    fn take(
        &self,
        held: &mut Held,
        on_file: SecretString,
        refresh: &SecretString,
        granted: Granted,
    ) -> Result<Access, Outcome> {
        if let Some(new) = granted.refresh_token.filter(|new| !is_same(new, refresh)) {
            self.keep(held, on_file, new)?;
        }
        let until = Instant::now() + granted.lives_for.saturating_sub(MARGIN);
        held.access = Some((granted.access_token.clone(), until));
        held.scope = granted.scope;
        Ok(Access { token: granted.access_token, age: Age::New })
    }

    async fn ask(&self, refresh: &SecretString) -> Result<Granted, Outcome> {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())];
        let scope = self.config.scope.as_deref().map(|scope| ("scope", scope));
        let fields: Vec<(&str, &str)> = grant.into_iter().chain(scope).collect();
        let client_secret = self.config.client_secret.as_ref().map(read).transpose()?;
        let client = ClientIdentity {
            token_url: &self.config.token_url,
            id: &self.config.client_id,
            secret: client_secret.as_ref(),
            shown: self.habits.client_secret,
        };
        let (answer, secret) = match client.ask(&fields, &[refresh], self.reach).await {
            Ok(answered) => answered,
            // Whatever became of the request, nothing was sent with it.
            Err(Outcome::Unknown { why }) => {
                return Err(Outcome::Deferred { why: self.no_token(&why), after: None });
            }
            Err(outcome) => return Err(outcome),
        };
        if !answer.is_success() {
            return Err(self.refusal(&answer, &secret));
        }
        Granted::read(&answer).ok_or_else(|| {
            let why = self.no_token("its answer holds none; check `oauth2.token_url`");
            Outcome::Blocked { why }
        })
    }

    /// Keeps a refresh token that came instead of the old one, which may end.
    fn keep(
        &self,
        held: &mut Held,
        on_file: SecretString,
        new: SecretString,
    ) -> Result<(), Outcome> {
        let place = &self.config.refresh_token;
        match place.replace(&new) {
            Ok(()) => held.rotated = None,
            Err(error) if self.habits.rotation == Rotation::Always => {
                held.rotated = Some(Rotated { instead_of: on_file, token: new });
                let why = format!(
                    "nothing was sent: {} gave a new refresh token, and it could not be kept: \
                     {error}; it is tried again, as long as this process lives",
                    self.host()
                );
                return Err(Outcome::Deferred { why, after: None });
            }
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
        Ok(())
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

/// This program, as a token server knows it.
pub struct ClientIdentity<'a> {
    pub token_url: &'a Url,
    pub id: &'a str,
    pub secret: Option<&'a SecretString>,
    pub shown: ClientSecret,
}

impl ClientIdentity<'_> {
    /// What is posted, and user and password where the service wants them.
    fn form(&self, fields: &[(&str, &str)]) -> (SecretString, Option<SecretString>) {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).append_pair("client_id", self.id);
        let basic = match (self.secret, self.shown) {
            (None, _) => None,
            (Some(secret), ClientSecret::InForm) => {
                form.append_pair("client_secret", secret.expose_secret());
                None
            }
            (Some(secret), ClientSecret::Basic) => {
                let pair = format!("{}:{}", self.id, secret.expose_secret());
                Some(SecretString::from(BASE64.encode(pair.as_bytes())))
            }
        };
        (form.finish().into(), basic)
    }

    /// Asks for a token (RFC 6749 §4.1.3 and §6), and says what must not be repeated of it.
    ///
    /// # Errors
    /// What is known where no answer came.
    pub async fn ask(
        &self,
        fields: &[(&str, &str)],
        secrets: &[&SecretString],
        reach: Reach,
    ) -> Result<(Answer, Credential), Outcome> {
        let (form, basic) = self.form(fields);
        let mut parts: Vec<SecretString> = secrets.iter().map(|it| (*it).clone()).collect();
        parts.extend(self.secret.cloned().into_iter().chain(basic.clone()));
        let basic = basic.map(Credential::new);
        match Http::new(reach).send_form(self.token_url, &form, basic.as_ref()).await {
            Exchange::Answer(answer) => Ok((answer, Credential::made_from(form, parts))),
            Exchange::NoAnswer(outcome) => Err(outcome),
        }
    }
}

/// What a token server grants (RFC 6749 §5.1).
#[derive(Debug)]
pub struct Granted {
    pub access_token: SecretString,
    pub lives_for: Duration,
    pub refresh_token: Option<SecretString>,
    /// What it may do; a server may leave that out (RFC 6749 §5.1).
    pub scope: Option<String>,
}

/// The scopes that are needed and not among those granted, which are set apart by spaces
/// (RFC 6749 §3.3) or, at LinkedIn, by commas.
pub fn missing<'a>(granted: &str, needed: &[&'a str]) -> Vec<&'a str> {
    let granted: Vec<&str> = granted.split([' ', ',']).collect();
    needed.iter().copied().filter(|scope| !granted.contains(scope)).collect()
}

impl Granted {
    /// `None` if the answer holds no token.
    pub fn read(answer: &Answer) -> Option<Self> {
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
            scope: text("scope").map(str::to_owned),
        })
    }
}

fn read(secret: &SecretRef) -> Result<SecretString, Outcome> {
    secret.read().map_err(|error| Outcome::Blocked { why: error.to_string() })
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
