//! X, API v2 with OAuth 1.0a user context.

use serde::Deserialize;
use url::Url;

use crate::site::secret::SecretRef;

/// The `[x]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Default `https://api.x.com`.
    pub api: Option<Url>,
    /// Where people read; default `https://x.com`.
    pub web: Option<Url>,
    /// The account's name without `@`, for links.
    pub username: String,
    /// The account's numeric id; needed to look into its timeline after a lost answer.
    pub user_id: String,
    pub consumer_key: SecretRef,
    pub consumer_secret: SecretRef,
    pub access_token: SecretRef,
    pub access_token_secret: SecretRef,
}
