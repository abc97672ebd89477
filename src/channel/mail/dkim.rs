//! DKIM signatures (RFC 6376; Ed25519: RFC 8463), made as a message is sent.
//!
//! Always `relaxed/relaxed`, over the headers that say who wrote what to whom. The time in it is the
//! message's own date, so the same message is signed with the same bytes each time. Signing matters
//! for reaching the list: what the list then sends on has another subject and another end.

use chrono::DateTime;
use data_encoding::BASE64;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::channel::secret::{SecretError, SecretRef};

/// The `[mail.dkim]` table of a channel's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    /// The domain that signs: that of `from`, or one above it.
    pub domain: String,
    /// Names the key: it is published at `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// The private key: RSA (PKCS#1 or PKCS#8, PEM, 2048 bits or more) or Ed25519 (PKCS#8, PEM, or
    /// its seed of 32 bytes in Base64).
    pub key: SecretRef,
}

/// Why a message cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DkimError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(
        "the key for DKIM {place} cannot be used: {why}; write an RSA key of 2048 bits or more \
         (PEM), or an Ed25519 key (PEM, or its seed in Base64)"
    )]
    Key { place: String, why: String },
    #[error("the message has no date that could be signed")]
    NoDate,
    #[error("the key for DKIM made no signature")]
    NoSignature,
}

/// What is signed, as far as the message has it. Not `Content-*`: lists rewrite these most.
const SIGNED: &[&str] = &[
    "From",
    "Reply-To",
    "Subject",
    "To",
    "Date",
    "Message-ID",
    "MIME-Version",
    "In-Reply-To",
    "References",
];

/// A line of the signature is not longer than this.
const FOLDED_AT: usize = 72;

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Dkim {
    /// Whether a signature of this key says something of mails from `domain`: receivers ask whether
    /// both are of one organisation (RFC 7489 §3.1.1).
    ///
    /// # Errors
    /// In words, if it does not.
    pub fn signs_for(&self, domain: &str) -> Result<(), String> {
        let Self { domain: signer, selector, .. } = self;
        let is_name = |name: &str| {
            let fit = |it: &str| {
                !it.is_empty()
                    && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
            };
            name.len() <= 253 && name.split('.').all(fit)
        };
        for name in [signer, selector] {
            if !is_name(name) {
                return Err(format!("`{name}` is no name in DNS; write it like `lab.example`"));
            }
        }
        let organisation = |name: &str| {
            let labels: Vec<String> =
                name.rsplit('.').take(2).map(str::to_ascii_lowercase).collect();
            labels
        };
        if organisation(signer) == organisation(domain) {
            return Ok(());
        }
        Err(format!(
            "`{signer}` signs, but `from` is at `{domain}`, and receivers want both of one \
             organisation; use a key of `{domain}`"
        ))
    }

    /// The header that signs a message, with its line end; it belongs before the first one.
    ///
    /// # Errors
    /// [`DkimError`] if there is no key that can be used.
    pub fn sign(&self, message: &str) -> Result<String, DkimError> {
        let text = self.key.read()?;
        let key = Key::read(text.expose_secret())
            .map_err(|why| DkimError::Key { place: self.key.place(), why })?;
        let (head, body) = message.split_once("\r\n\r\n").unwrap_or((message, ""));
        let fields = fields(head);
        let date = fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case("Date"))
            .and_then(|field| DateTime::parse_from_rfc2822(&relaxed(field.value)).ok())
            .ok_or(DkimError::NoDate)?;
        let signed: Vec<&Field<'_>> = SIGNED
            .iter()
            .filter_map(|name| fields.iter().find(|it| it.name.eq_ignore_ascii_case(name)))
            .collect();
        let names: Vec<String> =
            signed.iter().map(|field| field.name.to_ascii_lowercase()).collect();
        let unsigned = format!(
            "v=1; a={}; c=relaxed/relaxed;\r\n d={}; s={}; t={};\r\n h={};\r\n bh={};\r\n b=",
            key.algorithm(),
            self.domain,
            self.selector,
            date.timestamp(),
            names.join(":"),
            BASE64.encode(&Sha256::digest(relaxed_body(body))),
        );
        let mut covered = String::new();
        for field in signed {
            covered.push_str(&field.relaxed());
            covered.push_str("\r\n");
        }
        let own = Field { name: "DKIM-Signature", value: &unsigned };
        covered.push_str(&own.relaxed());
        let signature = BASE64.encode(&key.sign(covered.as_bytes())?);
        Ok(format!("{}: {unsigned}{}\r\n", own.name, folded(&signature)))
    }
}

impl Key {
    fn read(text: &str) -> Result<Self, String> {
        if !text.contains("-----BEGIN") {
            let seed = BASE64.decode(text.trim().as_bytes()).map_err(|error| error.to_string())?;
            let key = Ed25519KeyPair::from_seed_unchecked(&seed);
            return key.map(Self::Ed25519).map_err(|error| error.to_string());
        }
        let rejected = |error: ring::error::KeyRejected| error.to_string();
        match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs1(key)) => {
                RsaKeyPair::from_der(key.secret_pkcs1_der()).map(Self::Rsa).map_err(rejected)
            }
            Ok(PrivateKeyDer::Pkcs8(key)) => {
                let der = key.secret_pkcs8_der();
                match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                    Ok(key) => Ok(Self::Ed25519(key)),
                    Err(_) => RsaKeyPair::from_pkcs8(der).map(Self::Rsa).map_err(rejected),
                }
            }
            Ok(_) => Err("it is neither RSA nor Ed25519".to_owned()),
            Err(_) => Err("it is no private key".to_owned()),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, covered: &[u8]) -> Result<Vec<u8>, DkimError> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                // PKCS#1 v1.5 draws nothing at random: the same words have the same signature.
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, covered, &mut signature)
                    .map_err(|_| DkimError::NoSignature)?;
                Ok(signature)
            }
            // RFC 8463 §3: the hash is what is signed.
            Self::Ed25519(key) => Ok(key.sign(&Sha256::digest(covered)).as_ref().to_vec()),
        }
    }
}

/// One header; the value may be folded.
struct Field<'a> {
    name: &'a str,
    value: &'a str,
}

impl Field<'_> {
    /// RFC 6376 §3.4.2, without the line end.
    fn relaxed(&self) -> String {
        format!("{}:{}", self.name.to_ascii_lowercase(), relaxed(self.value))
    }
}

/// The headers of a message; lines that begin with a space belong to the one before.
fn fields(head: &str) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let end = rest
            .match_indices("\r\n")
            .map(|(at, _)| at)
            .find(|at| !rest[at + 2..].starts_with([' ', '\t']))
            .unwrap_or(rest.len());
        let (field, after) = rest.split_at(end);
        if let Some((name, value)) = field.split_once(':') {
            fields.push(Field { name: name.trim_end(), value });
        }
        rest = after.strip_prefix("\r\n").unwrap_or(after);
    }
    fields
}

/// One line with single spaces, none at its ends.
fn relaxed(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// RFC 6376 §3.4.4: single spaces, none at the end of a line, no empty lines at the end.
fn relaxed_body(body: &str) -> String {
    let mut relaxed = String::with_capacity(body.len());
    for line in body.split("\r\n") {
        let mut space = false;
        for sign in line.trim_end_matches([' ', '\t']).chars() {
            match sign {
                ' ' | '\t' => space = true,
                sign => {
                    if std::mem::take(&mut space) {
                        relaxed.push(' ');
                    }
                    relaxed.push(sign);
                }
            }
        }
        relaxed.push_str("\r\n");
    }
    let end = relaxed.trim_end_matches("\r\n").len();
    relaxed.truncate(end);
    if !relaxed.is_empty() {
        relaxed.push_str("\r\n");
    }
    relaxed
}

/// Base64 on several lines; spaces in it say nothing (RFC 6376 §3.5).
fn folded(signature: &str) -> String {
    let mut folded = String::with_capacity(signature.len() + signature.len() / 16);
    for (at, sign) in signature.chars().enumerate() {
        if at > 0 && at % FOLDED_AT == 0 {
            folded.push_str("\r\n ");
        }
        folded.push(sign);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_relaxed_as_the_standard_shows() {
        // RFC 6376 §3.4.5.
        let fields = fields("A: X\r\nB : Y\t\r\n\tZ  ");
        let relaxed: Vec<String> = fields.iter().map(Field::relaxed).collect();
        assert_eq!(relaxed, ["a:X", "b:Y Z"]);
    }

    #[test]
    fn bodies_are_relaxed_as_the_standard_shows() {
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body(""), "");
        assert_eq!(relaxed_body("\r\n\r\n"), "");
        assert_eq!(relaxed_body("no end"), "no end\r\n");
    }

    #[test]
    fn a_key_that_is_none_is_refused_in_words() {
        for text in
            ["hello", "aGVsbG8=", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"]
        {
            let why = Key::read(text).err().expect("no key");
            assert!(!why.contains(text), "{why}");
        }
    }

    #[test]
    fn the_time_of_a_signature_is_the_date_of_the_message() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/channels/mail/dkim_ed25519.pem");
        let dkim = Dkim {
            domain: "lab.example".to_owned(),
            selector: "a".to_owned(),
            key: SecretRef::file(path),
        };
        let message =
            "From: a@lab.example\r\nDate: Tue, 24 Nov 2026\r\n 10:00:00 +0000\r\n\r\nx\r\n";
        let signature = dkim.sign(message).expect("a signature");
        assert!(signature.contains(" t=1795514400;"), "{signature}");
        assert!(signature.contains(" h=from:date;"), "{signature}");
        assert_eq!(dkim.sign("From: a@lab.example\r\n\r\nx\r\n"), Err(DkimError::NoDate));
    }
}
