//! Getting the credentials of an account: a person agrees in a browser, and the server sends the
//! browser back to this machine with a code (RFC 6749 §4.1, RFC 7636, RFC 8252).
//!
//! [`Consent`] is what is asked and what comes back (pure), [`loopback`] waits for the browser, and
//! one file for each service says where it is asked. Nothing of it is written anywhere.

pub mod bluesky;
pub mod linkedin;
pub mod loopback;
pub mod mastodon;
pub mod x;

use data_encoding::BASE64URL_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use crate::channel::http::{Credential, Http, Reading, Request};
use crate::channel::oauth2::{ClientIdentity, Granted};
use crate::channel::wire::SECRET;
use crate::channel::{Reach, words};

/// Why no credential came of it, in words a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    #[error("{host} refused: {why}")]
    Refused { host: String, why: String },
    #[error("{host} could not be asked: {why}")]
    NotAsked { host: String, why: String },
    #[error("nobody came back from the browser within {seconds} s; start again")]
    TooLate { seconds: u64 },
    #[error("{0}")]
    NoPort(String),
    #[error("this machine gives no random numbers")]
    NoRandom,
    #[error("`{0}` is no code, and no address that the browser ended at")]
    NoCode(String),
    #[error("what came back belongs to another attempt; start again")]
    OtherState,
}

/// What a person is asked to agree to, once.
#[derive(Debug)]
pub struct Consent {
    /// To be opened in a browser.
    pub address: Url,
    /// Where the browser is sent back to.
    pub redirect: String,
    /// Comes back with the code: the answer is to this question and no other.
    state: String,
    /// Shows that whoever brings the code asked for it (RFC 7636); not every service knows it.
    verifier: Option<SecretString>,
}

/// Whether a service knows PKCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pkce {
    Used,
    Unknown,
}

impl Consent {
    /// # Errors
    /// [`SignInError::NoRandom`].
    pub fn new(
        page: Url,
        client: &str,
        scope: &str,
        redirect: &str,
        pkce: Pkce,
    ) -> Result<Self, SignInError> {
        let state = random()?;
        let mut address = page;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", scope)
            .append_pair("state", &state);
        let verifier = match pkce {
            Pkce::Used => Some(random()?),
            Pkce::Unknown => None,
        };
        if let Some(verifier) = &verifier {
            let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
            address
                .query_pairs_mut()
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
        }
        let verifier = verifier.map(SecretString::from);
        Ok(Self { address, redirect: redirect.to_owned(), state, verifier })
    }

    /// The code in the query of the address that the browser was sent back to.
    ///
    /// # Errors
    /// [`SignInError`] if it answers another question, or a refusal.
    pub fn code(&self, query: &str) -> Result<SecretString, SignInError> {
        let field = |wanted: &str| {
            let mut fields = url::form_urlencoded::parse(query.as_bytes());
            fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        if field("state").as_ref() != Some(&self.state) {
            return Err(SignInError::OtherState);
        }
        if let Some(error) = field("error") {
            let said = field("error_description").unwrap_or(error);
            return Err(SignInError::Refused { host: self.host(), why: words::excerpt(&said) });
        }
        let code = field("code").filter(|code| !code.is_empty());
        code.map(SecretString::from).ok_or_else(|| SignInError::NoCode(self.redirect.clone()))
    }

    /// The code of what a person typed: the address that the browser ended at, or the code alone.
    ///
    /// # Errors
    /// As [`Consent::code`].
    pub fn typed(&self, typed: &str) -> Result<SecretString, SignInError> {
        let typed = typed.trim();
        if let Some((_, query)) = typed.split_once('?') {
            return self.code(query.split('#').next().unwrap_or_default());
        }
        if typed.is_empty() || typed.contains(char::is_whitespace) || typed.contains("://") {
            return Err(SignInError::NoCode(typed.to_owned()));
        }
        Ok(SecretString::from(typed.to_owned()))
    }

    /// Gives the code and gets tokens for it.
    ///
    /// # Errors
    /// [`SignInError`] if there is none.
    pub async fn redeem(
        &self,
        code: &SecretString,
        client: &ClientIdentity<'_>,
        reach: Reach,
    ) -> Result<Granted, SignInError> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &self.redirect),
        ];
        if let Some(verifier) = &self.verifier {
            fields.push(("code_verifier", verifier.expose_secret()));
        }
        let host = host_of(client.token_url);
        let (answer, secret) = client
            .ask(&fields, &[code], reach)
            .await
            .map_err(|outcome| not_asked(&host, outcome.why()))?;
        if !answer.is_success() {
            return Err(SignInError::Refused { host, why: secret.hide(&answer.summary()) });
        }
        let why = "its answer holds no token".to_owned();
        Granted::read(&answer).ok_or(SignInError::Refused { host, why })
    }

    fn host(&self) -> String {
        host_of(&self.address)
    }
}

/// What a server says of the account behind a token.
async fn read(
    url: Url,
    token: &SecretString,
    reach: Reach,
) -> Result<serde_json::Value, SignInError> {
    let host = host_of(&url);
    let request = Request::get(url).header("Authorization", &format!("Bearer {SECRET}"));
    let exchange = Http::new(reach).send(&request, Some(&Credential::new(token.clone()))).await;
    let gone = "it does not know this account";
    match Reading::of(exchange) {
        Ok(reading) => Ok(reading.json),
        Err(unread) => Err(not_asked(&host, &unread.into_words(gone))),
    }
}

fn not_asked(host: &str, why: &str) -> SignInError {
    SignInError::NotAsked { host: host.to_owned(), why: why.to_owned() }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("the server").to_owned()
}

/// 256 random bits, as letters, digits, `-` and `_`.
fn random() -> Result<String, SignInError> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SignInError::NoRandom)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}
