//! Signing in: a session is made once from the app password, and refreshed after that.
//!
//! A server makes 30 sessions of an account in five minutes and 300 a day, and no more
//! (`createSession` of the reference PDS), so a post must not cost one. An access token is good for
//! two hours, the refresh token for three months, and it is a new one with each use. The latter is
//! kept in a file where the channel names one; else it lives as long as the process.
//! Source: <https://docs.bsky.app/docs/api/com-atproto-server-refresh-session>.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tracing::warn;
use url::Url;

use super::id::Did;
use super::xrpc::Failure;
use crate::channel::http::{self, Answer, Credential, Exchange, Http, Request, retry_after};
use crate::channel::secret::{self, SecretRef};
use crate::channel::wire::SECRET;
use crate::channel::{Outcome, Reach};

/// An access token is not used in the last minutes of its life.
const MARGIN: Duration = Duration::from_secs(120);

/// How long a token is taken to live that does not say so.
const UNSAID_LIFE: Duration = Duration::from_secs(600);

/// Who signs in, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) server: Url,
    pub(super) did: Did,
    pub(super) password: SecretRef,
    /// Where the refresh token is kept.
    pub(super) file: Option<PathBuf>,
    pub(super) reach: Reach,
}

/// The session of one account, for all channels that post with it.
#[derive(Debug)]
pub(super) struct Session {
    account: Account,
    held: tokio::sync::Mutex<Option<Tokens>>,
}

#[derive(Debug, Clone)]
struct Tokens {
    access: SecretString,
    /// Until when the access token is used.
    until: Instant,
    refresh: SecretString,
    handle: String,
}

impl Session {
    /// The session of this account; the same for every channel of this process.
    pub(super) fn of(account: Account) -> Arc<Self> {
        static KNOWN: Mutex<Vec<Arc<Session>>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = known.iter().find(|it| it.account == account) {
            return Arc::clone(same);
        }
        let session = Arc::new(Self { account, held: tokio::sync::Mutex::default() });
        known.push(Arc::clone(&session));
        session
    }

    /// An access token that is good, as far as the server said.
    ///
    /// # Errors
    /// The outcome if there is none: nothing of a post was sent.
    pub(super) async fn access(&self) -> Result<SecretString, Outcome> {
        let mut held = self.held.lock().await;
        match &*held {
            Some(tokens) if Instant::now() < tokens.until => Ok(tokens.access.clone()),
            _ => self.renewed(&mut held).await,
        }
    }

    /// Another access token, because the server did not take this one.
    ///
    /// # Errors
    /// As [`Session::access`].
    pub(super) async fn renew(&self, refused: &SecretString) -> Result<SecretString, Outcome> {
        let mut held = self.held.lock().await;
        match &*held {
            // Another channel has been there first.
            Some(tokens) if !is_same(&tokens.access, refused) => Ok(tokens.access.clone()),
            _ => self.renewed(&mut held).await,
        }
    }

    /// Signs in anew, so that it is the password that is tried, and says under which handle.
    ///
    /// # Errors
    /// As [`Session::access`].
    pub(super) async fn sign_in(&self) -> Result<String, Outcome> {
        let mut held = self.held.lock().await;
        Ok(held.insert(self.created().await?).handle.clone())
    }

    async fn renewed(&self, held: &mut Option<Tokens>) -> Result<SecretString, Outcome> {
        let in_memory = held.as_ref().map(|tokens| tokens.refresh.clone());
        // Another process may have refreshed it meanwhile, and written down what it got.
        let on_file = self.on_file();
        let same =
            matches!((&in_memory, &on_file), (Some(one), Some(other)) if is_same(one, other));
        let known = in_memory.into_iter().chain(on_file.filter(|_| !same));
        for refresh in known {
            if let Some(tokens) = self.refreshed(&refresh).await? {
                return Ok(held.insert(tokens).access.clone());
            }
        }
        let tokens = self.created().await?;
        Ok(held.insert(tokens).access.clone())
    }

    /// `None` if the refresh token is no longer good.
    async fn refreshed(&self, refresh: &SecretString) -> Result<Option<Tokens>, Outcome> {
        let url = self.endpoint("com.atproto.server.refreshSession");
        let request = Request { method: "POST".to_owned(), ..Request::get(url) }
            .header("Authorization", &format!("Bearer {SECRET}"))
            .header("Accept", "application/json");
        let credential = Credential::new(refresh.clone());
        let http = Http::new(self.account.reach);
        let answer = self.answered(http.send(&request, Some(&credential)).await)?;
        if answer.is_success() {
            return self.tokens(&answer).map(Some);
        }
        match answer.status {
            // Expired, revoked, or of a server that has forgotten it: the password decides.
            400 | 401 | 403 => Ok(None),
            _ => Err(self.refusal(&answer)),
        }
    }

    async fn created(&self) -> Result<Tokens, Outcome> {
        let password = &self.account.password;
        let secret =
            password.read().map_err(|error| Outcome::Blocked { why: error.to_string() })?;
        let body = json!({
            "identifier": self.account.did.as_str(),
            "password": secret.expose_secret(),
        });
        let url = self.endpoint("com.atproto.server.createSession");
        let http = Http::new(self.account.reach);
        let mut answer = self.answered(http.send_json(&url, &body.to_string().into()).await)?;
        answer.body = Credential::new(secret).hide(&answer.body);
        if answer.is_success() {
            return self.tokens(&answer);
        }
        Err(self.refusal(&answer))
    }

    /// An answer, or what it means that there is none: whatever became of signing in, nothing of a
    /// post was sent.
    fn answered(&self, exchange: Exchange) -> Result<Answer, Outcome> {
        match exchange {
            Exchange::Answer(answer) => Ok(answer),
            Exchange::NoAnswer(Outcome::Unknown { why }) => {
                Err(Outcome::Deferred { why: self.not_signed_in(&why), after: None })
            }
            Exchange::NoAnswer(outcome) => Err(outcome),
        }
    }

    fn tokens(&self, answer: &Answer) -> Result<Tokens, Outcome> {
        let said = answer.json().unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
        let (Some(access), Some(refresh), Some(did)) =
            (text("accessJwt"), text("refreshJwt"), text("did"))
        else {
            let why = "its answer holds no session; check `bluesky.server`";
            return Err(Outcome::Blocked { why: self.not_signed_in(why) });
        };
        if did != self.account.did.as_str() {
            return Err(Outcome::Blocked {
                why: format!(
                    "the session is that of {did}, but `bluesky.did` says {}",
                    self.account.did
                ),
            });
        }
        let life = life_of(access).unwrap_or(UNSAID_LIFE);
        let tokens = Tokens {
            access: access.to_owned().into(),
            until: Instant::now() + life.saturating_sub(MARGIN),
            refresh: refresh.to_owned().into(),
            handle: text("handle").unwrap_or(did).to_owned(),
        };
        self.keep(&tokens.refresh);
        // Who may sign in may not always post: `active` and `status` of `createSession`.
        if said.get("active").and_then(Value::as_bool) == Some(false) {
            let status = text("status").unwrap_or("not active");
            let why = format!(
                "the account @{} is {status}, so {} takes nothing from it",
                tokens.handle,
                self.host()
            );
            return Err(Outcome::Blocked { why });
        }
        Ok(tokens)
    }

    fn on_file(&self) -> Option<SecretString> {
        SecretRef::file(self.account.file.as_ref()?).read().ok()
    }

    fn keep(&self, refresh: &SecretString) {
        let Some(file) = &self.account.file else { return };
        if let Err(error) = secret::keep(file, refresh) {
            warn!(
                "the session at {} is kept until this process ends, and then a new one is made: \
                 {error}",
                self.host(),
            );
        }
    }

    fn refusal(&self, answer: &Answer) -> Outcome {
        let failure = Failure::read(answer);
        let why = self.not_signed_in(&failure.why);
        let place = self.account.password.place();
        match (answer.status, failure.error.as_str()) {
            // Only then: a server says with every answer when it counts anew.
            (429, _) => Outcome::Deferred { why, after: retry_after(&answer.headers, Utc::now()) },
            (408 | 500.., _) => Outcome::Deferred { why, after: None },
            (401, "AuthFactorTokenRequired") => Outcome::Blocked {
                why: format!(
                    "{why}; what is {place} is the account's own password: use an app password"
                ),
            },
            (401, _) => Outcome::Blocked {
                why: format!("{why}; check `bluesky.did`, and the app password {place}"),
            },
            _ => Outcome::Blocked { why },
        }
    }

    fn not_signed_in(&self, why: &str) -> String {
        format!("{} let nobody sign in: {why}", self.host())
    }

    fn host(&self) -> &str {
        self.account.server.host_str().unwrap_or("the server")
    }

    fn endpoint(&self, method: &str) -> Url {
        http::endpoint(&self.account.server, &format!("/xrpc/{method}"))
    }
}

/// How long a token is good after it was made, by its own words (RFC 7519 §4.1): by the server's
/// clock, whatever ours shows.
fn life_of(token: &str) -> Option<Duration> {
    let payload = BASE64URL_NOPAD.decode(token.split('.').nth(1)?.as_bytes()).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    let time = |name: &str| claims.get(name)?.as_i64();
    u64::try_from(time("exp")?.checked_sub(time("iat")?)?).ok().map(Duration::from_secs)
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
