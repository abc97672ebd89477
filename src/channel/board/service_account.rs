//! Google's service accounts: a token for a signed statement.
//!
//! <https://developers.google.com/identity/protocols/oauth2/service-account>: a JSON Web Token
//! (RFC 7519) with RS256, posted as `urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523).

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use url::Url;

use crate::channel::http::{Answer, Credential, Exchange, Http};
use crate::channel::{Outcome, Reach};

/// How long a statement counts; Google takes an hour at most.
const LIFE: TimeDelta = TimeDelta::minutes(10);

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A key file as Google hands it out. Never shown.
#[derive(Deserialize)]
pub(super) struct KeyFile {
    client_email: String,
    #[serde(deserialize_with = "secret")]
    private_key: SecretString,
    private_key_id: Option<String>,
    token_uri: Url,
}

impl KeyFile {
    /// # Errors
    /// In words, without anything of the key, if the file is none.
    pub(super) fn read(text: &SecretString) -> Result<Self, String> {
        serde_json::from_str(text.expose_secret()).map_err(|_| {
            "it is no key file of a service account; it is JSON with `client_email`, \
             `private_key` and `token_uri`, as the console hands it out"
                .to_owned()
        })
    }

    pub(super) fn token_url(&self) -> &Url {
        &self.token_uri
    }

    /// The signed statement that a token is given for.
    ///
    /// # Errors
    /// In words, if the key cannot sign.
    pub(super) fn assertion(
        &self,
        scope: &str,
        now: DateTime<Utc>,
    ) -> Result<SecretString, String> {
        let key = self.key()?;
        let mut header = json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(id) = &self.private_key_id {
            header["kid"] = id.as_str().into();
        }
        let claims = json!({
            "iss": self.client_email,
            "scope": scope,
            "aud": self.token_uri.as_str(),
            "iat": now.timestamp(),
            "exp": (now + LIFE).timestamp(),
        });
        let part = |json: &serde_json::Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| "it made no signature".to_owned())?;
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature)).into())
    }

    /// Asks for a token, and says what must not be repeated of it.
    ///
    /// # Errors
    /// What is known where no answer came.
    pub(super) async fn exchange(
        &self,
        assertion: &SecretString,
        reach: Reach,
    ) -> Result<(Answer, Credential), Outcome> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", assertion.expose_secret())
            .finish();
        let form = SecretString::from(form);
        match Http::new(reach).send_form(&self.token_uri, &form, None).await {
            Exchange::Answer(answer) => {
                Ok((answer, Credential::made_from(form, vec![assertion.clone()])))
            }
            Exchange::NoAnswer(outcome) => Err(outcome),
        }
    }

    fn key(&self) -> Result<RsaKeyPair, String> {
        let wrong = || "its `private_key` is no RSA key (PEM)".to_owned();
        let key = PrivateKeyDer::from_pem_slice(self.private_key.expose_secret().as_bytes())
            .map_err(|_| wrong())?;
        match &key {
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(wrong()),
        }
        .map_err(|error| error.to_string())
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}
