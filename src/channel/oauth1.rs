//! OAuth 1.0a signatures (RFC 5849) for X.

use std::num::NonZeroU64;

use chrono::Utc;
use oauth1_request::{Builder, HMAC_SHA1, ParameterList, Token};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

/// The four secrets of a user's context.
#[derive(Debug)]
pub struct Keys {
    pub consumer_key: SecretString,
    pub consumer_secret: SecretString,
    pub access_token: SecretString,
    pub access_token_secret: SecretString,
}

/// What makes two signatures of one request differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub nonce: String,
    pub timestamp: NonZeroU64,
}

impl Moment {
    pub fn now() -> Self {
        let seconds = u64::try_from(Utc::now().timestamp()).unwrap_or_default();
        Self {
            nonce: Uuid::new_v4().simple().to_string(),
            timestamp: NonZeroU64::new(seconds).unwrap_or(NonZeroU64::MIN),
        }
    }
}

/// The value of `Authorization` after the word `OAuth`. The query is signed; a JSON body is not
/// (RFC 5849 §3.4.1.3.1).
pub fn authorization(method: &str, url: &Url, keys: &Keys, moment: &Moment) -> SecretString {
    let token = Token::from_parts(
        keys.consumer_key.expose_secret(),
        keys.consumer_secret.expose_secret(),
        keys.access_token.expose_secret(),
        keys.access_token_secret.expose_secret(),
    );
    let mut builder = Builder::with_token(token, HMAC_SHA1);
    builder.version(true).nonce(moment.nonce.as_str()).timestamp(moment.timestamp);
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    query.sort();
    let header = builder.authorize(method, base, &ParameterList::new(query));
    SecretString::from(header.trim_start_matches("OAuth ").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of <https://docs.x.com/fundamentals/authentication/oauth-1-0a/creating-a-signature>,
    /// its form field moved to the query, which is signed alike.
    #[test]
    fn the_signature_is_the_one_in_the_documentation_of_x() {
        let keys = Keys {
            consumer_key: "xvz1evFS4wEEPTGEFPHBog".into(),
            consumer_secret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw".into(),
            access_token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb".into(),
            access_token_secret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE".into(),
        };
        let url = Url::parse(
            "https://api.x.com/1.1/statuses/update.json?status=Hello%20Ladies%20%2B%20Gentlemen\
             %2C%20a%20signed%20OAuth%20request%21&include_entities=true",
        )
        .unwrap();
        let moment = Moment {
            nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg".to_owned(),
            timestamp: NonZeroU64::new(1_318_622_958).unwrap(),
        };
        let header = authorization("POST", &url, &keys, &moment);
        assert!(
            header
                .expose_secret()
                .contains(r#"oauth_signature="Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D""#),
            "{}",
            header.expose_secret()
        );
    }
}
