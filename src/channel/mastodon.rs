//! Mastodon and servers that speak its API.

use serde::Deserialize;
use url::Url;

use crate::site::secret::SecretRef;

/// The `[mastodon]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// For example `https://social.example`.
    pub server: Url,
    pub token: SecretRef,
    #[serde(default)]
    pub visibility: Visibility,
    /// Characters that the server allows; default 500.
    pub limit: Option<usize>,
    /// What the server runs; decides whether it honours `Idempotency-Key`.
    #[serde(default)]
    pub software: Software,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    #[default]
    Public,
    Unlisted,
    Private,
    Direct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Software {
    #[default]
    Mastodon,
    Pleroma,
    /// Honours no key: GoToSocial, Takahe, snac and others.
    Other,
}
