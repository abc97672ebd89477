//! Who we are to a board.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::channel::secret::SecretRef;

/// How requests are authorised.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    #[default]
    None,
    /// User and password (RFC 7617).
    Basic { username: String, password: SecretRef },
    /// A token (RFC 6750).
    Bearer { token: SecretRef },
    /// A header of its own, for example `X-Api-Key`.
    Header {
        name: String,
        value: SecretRef,
        /// What stands before the value, for example `Token `.
        #[serde(default)]
        prefix: String,
    },
    /// A parameter of every address.
    Query { name: String, value: SecretRef },
    /// `{secret}` in a header or a body, wherever the file says it: where a board wants the password
    /// in the document, or a login before anything else (`session`).
    Body { value: SecretRef },
    /// OAuth 2.0, the program for itself (RFC 6749 §4.4).
    ClientCredentials {
        token_url: Url,
        client_id: String,
        client_secret: SecretRef,
        /// How the program shows its secret (RFC 6749 §2.3.1).
        #[serde(default)]
        client_secret_in: ClientSecretIn,
        scope: Option<String>,
        /// What some servers want to hear beside that, for example `audience`.
        #[serde(default)]
        parameters: BTreeMap<String, String>,
    },
    /// A service account: a token is got for a signed statement (RFC 7523), as Google wants it.
    ServiceAccount {
        /// The key file (JSON) as Google hands it out, with `client_email`, `private_key` and
        /// `token_uri`.
        key: SecretRef,
        scope: String,
    },
}

/// Where a program shows its secret to the server that gives out tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientSecretIn {
    /// In the header `Authorization`, as a password.
    #[default]
    Basic,
    /// In the form.
    Form,
}
