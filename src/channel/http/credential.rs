//! What placeholders in a request stand for, filled in as it goes out.

use data_encoding::{BASE64, BASE64URL, Encoding};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::adapt::html::escape;
use crate::channel::Outcome;
use crate::channel::wire::SECRET;

/// How [`SECRET`] stands in the query of an address.
const SECRET_IN_QUERY: &str = "%7Bsecret%7D";

/// What a `{secret}` placeholder stands for, and everything that must never come back to light in
/// a server's error text.
#[derive(Debug)]
pub struct Credential {
    value: SecretString,
    parts: Vec<SecretString>,
    /// What stands for other placeholders.
    named: Vec<(String, SecretString)>,
}

/// A shorter value of a server's session is no secret, and may stand anywhere in an answer.
const SHORTEST_HIDDEN: usize = 8;

/// What percent-encoding leaves as it is: RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Credential {
    pub fn new(value: SecretString) -> Self {
        Self::made_from(value, Vec::new())
    }

    /// A value that was made from secret parts.
    pub fn made_from(value: SecretString, parts: Vec<SecretString>) -> Self {
        Self { value, parts, named: Vec::new() }
    }

    /// Nothing, to which [`Credential::and`] can add.
    pub fn none() -> Self {
        Self::new(SecretString::from(""))
    }

    /// The same, with what another placeholder stands for ([`crate::channel::wire::held_back`]).
    #[must_use]
    pub fn and(mut self, placeholder: String, value: SecretString) -> Self {
        if value.expose_secret().len() >= SHORTEST_HIDDEN {
            self.parts.push(value.clone());
        }
        self.named.push((placeholder, value));
        self
    }

    fn fill(&self, text: &str, write: impl Fn(&str) -> String) -> String {
        self.named.iter().fold(text.to_owned(), |text, (placeholder, value)| {
            if text.contains(placeholder.as_str()) {
                text.replace(placeholder.as_str(), &write(value.expose_secret()))
            } else {
                text
            }
        })
    }

    /// A body with what placeholders stand for, as its media type wants it.
    pub(super) fn fill_body(&self, body: &str, media_type: &str) -> String {
        match media_type {
            "application/x-www-form-urlencoded" => self.fill_encoded(body),
            _ if media_type.ends_with("json") => self.fill(body, |value| {
                let quoted = serde_json::Value::from(value).to_string();
                let inside = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                inside.unwrap_or_default().to_owned()
            }),
            _ if media_type.ends_with("xml") => self.fill(body, escape),
            _ => self.fill(body, str::to_owned),
        }
    }

    /// A text in which placeholders and values are percent-encoded.
    fn fill_encoded(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (placeholder, value)| {
            let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
            text.replace(&encoded(placeholder), &encoded(value.expose_secret()))
        })
    }

    /// A text without any of the secrets, in whatever form a server says them back.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in std::iter::once(&self.value).chain(&self.parts) {
            for form in forms(secret.expose_secret()) {
                if text.contains(&form) {
                    text = text.replace(&form, "***");
                }
            }
        }
        text
    }
}

/// How a secret may stand in an answer: as it is, inside JSON, in an address, in HTML or XML, and in
/// Base64 of a longer text, as `Basic` and `AUTH PLAIN` send it.
fn forms(secret: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let in_json = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(secret);
    let mut forms = vec![
        secret.to_owned(),
        in_json.to_owned(),
        // JSON in JSON, of a server that says what its own server said.
        in_json.replace('\\', "\\\\").replace('"', "\\\""),
        utf8_percent_encode(secret, RESERVED).to_string(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        escape(secret),
    ];
    if secret.len() >= SHORTEST_HIDDEN {
        for before in 0..3 {
            forms.extend([BASE64, BASE64URL].map(|base| inside(&base, before, secret.as_bytes())));
        }
    }
    forms.retain(|form| !form.is_empty());
    forms.dedup();
    forms
}

/// The characters of Base64 that a text alone decides, where `before` bytes of its group of three
/// belong to what stands before it.
fn inside(base: &Encoding, before: usize, text: &[u8]) -> String {
    let longer = [&[0; 2][..before], text].concat();
    let encoded = base.encode(&longer);
    let (from, until) = ((before * 8).div_ceil(6), longer.len() * 8 / 6);
    encoded.get(from..until).unwrap_or_default().to_owned()
}

/// The value of a header with what its placeholders stand for; `None` if they stand for nothing at
/// all, as the cookies of a session without any.
pub(super) fn header(
    name: &str,
    value: &str,
    credential: Option<&Credential>,
) -> Result<Option<HeaderValue>, Outcome> {
    let filled = match (value.contains(SECRET), credential) {
        (false, None) => value.to_owned(),
        (false, Some(credential)) => credential.fill(value, str::to_owned),
        (true, Some(credential)) => value.replace(SECRET, credential.value.expose_secret()),
        (true, None) => {
            let why = format!("the header {name} needs a credential, and there is none");
            return Err(Outcome::Blocked { why });
        }
    };
    let is_filled = filled != value;
    if is_filled && filled.is_empty() {
        return Ok(None);
    }
    let mut filled = HeaderValue::from_str(&filled).map_err(|_| Outcome::Blocked {
        why: format!("the header {name} holds characters that no header may hold"),
    })?;
    filled.set_sensitive(is_filled);
    Ok(Some(filled))
}

/// The address with a credential in its query, if one belongs there.
pub(super) fn address(url: &Url, credential: Option<&Credential>) -> Result<Url, Outcome> {
    let filled = match credential {
        Some(credential) if !credential.named.is_empty() => {
            Url::parse(&credential.fill_encoded(url.as_str())).ok()
        }
        _ => None,
    };
    let url = filled.as_ref().unwrap_or(url);
    let Some(query) = url.query().filter(|query| query.contains(SECRET_IN_QUERY)) else {
        return Ok(url.clone());
    };
    let Some(credential) = credential else {
        let why = "the address needs a credential, and there is none";
        return Err(Outcome::Blocked { why: why.to_owned() });
    };
    let value = credential.value.expose_secret().as_bytes();
    let value: String = url::form_urlencoded::byte_serialize(value).collect();
    let mut filled = url.clone();
    filled.set_query(Some(&query.replace(SECRET_IN_QUERY, &value)));
    Ok(filled)
}
