//! Boards: job boards with a REST interface, described as data.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

use crate::adapt::DocumentType;
use crate::site::secret::SecretRef;

/// The `[board]` table of a channel's file: the board's description, usually from a preset in
/// `channels/`, and the account.
///
/// `{base}`, `{id}`, `{reference}` and `{key}` in addresses are replaced, percent-encoded; `{id}`
/// is the board's id of the copy, `{reference}` our number (the posting's id), `{key}` the
/// delivery's key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Stands for `{base}` in the addresses below.
    pub base: Url,
    #[serde(default)]
    pub auth: Auth,
    /// The format of the template that makes the body.
    pub format: DocumentType,
    /// Headers for every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Looks for our reference before anything is created. Required: a board without it cannot be
    /// asked after a lost answer.
    pub find: Option<Find>,
    pub create: Request,
    pub update: Option<Request>,
    pub withdraw: Option<Request>,
}

/// How requests are authorised.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Auth {
    #[default]
    None,
    Basic {
        username: String,
        password: SecretRef,
    },
    Bearer {
        token: SecretRef,
    },
    Header {
        name: String,
        value: SecretRef,
    },
}

/// A request and how its answer is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    /// For example `{base}/jobs/{id}`.
    pub url: String,
    /// What counts as success.
    #[serde(default)]
    pub ok: Success,
    /// Where the board's id stands in the answer.
    pub id: Option<Place>,
    /// Where the link stands in the answer.
    pub link: Option<Place>,
}

/// A request that looks for a copy by our reference; the first hit counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    pub method: String,
    pub url: String,
    #[serde(default)]
    pub ok: Success,
    pub id: Place,
    pub link: Option<Place>,
}

/// Success by status **and** body: boards answer 200 with an error text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Success {
    /// Default: 200 to 299.
    #[serde(default)]
    pub status: Vec<u16>,
    /// Text that must stand in the body.
    pub body: Option<String>,
    /// Text that must not stand in the body.
    pub body_not: Option<String>,
}

/// Where a value stands in an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// JSON pointer (RFC 6901), for example `/data/id`.
    Json(String),
    /// A header's name; for `Location` the last part of the path is the id.
    Header(String),
    /// Made of other values, for example `{base}/jobs/{id}`.
    Template(String),
}
