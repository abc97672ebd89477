//! Who posts, and which version of the API is spoken: two settings with rules of their own.

use std::fmt;

use serde::Deserialize;

use crate::channel::oauth2::missing;

/// Who posts: `urn:li:organization:2414183` or `urn:li:person:yrZCpj2Z12`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Author {
    /// A page, by its number. Its posts can be read back.
    Organisation(String),
    /// A member, by the id that LinkedIn gives this app for them. What members post cannot be
    /// read: the permission `r_member_social` is closed.
    Member(String),
}

impl Author {
    pub fn urn(&self) -> String {
        match self {
            Self::Organisation(id) => format!("urn:li:organization:{id}"),
            Self::Member(id) => format!("urn:li:person:{id}"),
        }
    }
}

impl Author {
    /// What its token needs to be able to, and is not among what was granted (learn.microsoft.com,
    /// "Posts API", Permissions).
    pub fn missing(&self, granted: &str) -> Vec<&'static str> {
        let needed: &[&str] = match self {
            Self::Organisation(_) => &["w_organization_social", "r_organization_social"],
            Self::Member(_) => &["w_member_social"],
        };
        missing(granted, needed)
    }
}

impl TryFrom<String> for Author {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let digits = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let member = |id: &&str| !id.is_empty() && id.bytes().all(sign);
        if let Some(id) = written.strip_prefix("urn:li:organization:").filter(digits) {
            return Ok(Self::Organisation(id.to_owned()));
        }
        if let Some(id) = written.strip_prefix("urn:li:person:").filter(member) {
            return Ok(Self::Member(id.to_owned()));
        }
        Err(format!(
            "`{written}` is no author; write `urn:li:organization:NUMBER` or `urn:li:person:ID`"
        ))
    }
}

/// The version of the API, as it is named: year and month, `202609`. LinkedIn serves each for about
/// a year (learn.microsoft.com, "LinkedIn Marketing API Versioning").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Version(String);

impl Version {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let month = written.get(4..).and_then(|month| month.parse::<u8>().ok());
        let digits = written.len() == 6 && written.bytes().all(|byte| byte.is_ascii_digit());
        if digits && month.is_some_and(|month| (1..=12).contains(&month)) {
            return Ok(Self(written));
        }
        Err(format!("`{written}` is no version; write year and month, for example `\"202609\"`"))
    }
}
