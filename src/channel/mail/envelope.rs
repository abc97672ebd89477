//! The envelope of a message: who hears what becomes of it.

use std::str::FromStr;

use lettre::Address;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::channel::DeliveryKey;
use crate::channel::wire::ReportRequest;

/// Where the delivery's key stands in the address of `bounces`.
const KEY: &str = "{key}";

/// RFC 5321 §4.5.3.1.1.
const LONGEST_LOCAL_PART: usize = 64;

/// Which reports the server is asked for, if it offers them (DSN, RFC 3461). They go to the
/// envelope sender and name the delivery. A server that lies about offering them is not asked with
/// `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dsn {
    /// That it failed, or takes long.
    #[default]
    Failure,
    /// That it arrived, too: a proof that the list's server has it, for a mailbox that somebody
    /// reads.
    Success,
    /// Nothing is asked for. What failed is reported all the same, as the servers on the way like.
    Never,
}

impl Dsn {
    /// What is asked for a delivery.
    pub fn request(self, key: &DeliveryKey) -> Option<ReportRequest> {
        let notify = match self {
            Self::Failure => "FAILURE,DELAY",
            Self::Success => "SUCCESS,FAILURE,DELAY",
            Self::Never => return None,
        };
        Some(ReportRequest { envelope_id: key.compact(), notify: notify.to_owned() })
    }
}

/// An envelope sender that names the delivery (VERP): `bot+{key}@lab.example`. What bounces comes
/// back to it, and so says which message it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounces {
    before: String,
    after: String,
    domain: String,
}

impl Bounces {
    /// The envelope sender of one delivery.
    pub fn sender(&self, key: &DeliveryKey) -> String {
        let Self { before, after, domain } = self;
        format!("{before}{}{after}@{domain}", key.compact())
    }
}

impl FromStr for Bounces {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write it like `bot+{key}@lab.example`";
        let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
        let (before, after) = local
            .split_once(KEY)
            .filter(|(_, after)| !after.contains(KEY) && !domain.contains(KEY))
            .ok_or_else(|| format!("`{text}` needs one `{KEY}` before its `@`; {example}"))?;
        let key = DeliveryKey(uuid::Uuid::nil());
        let bounces =
            Self { before: before.to_owned(), after: after.to_owned(), domain: domain.to_owned() };
        let sender = bounces.sender(&key);
        let length = sender.len() - domain.len() - 1;
        if length > LONGEST_LOCAL_PART {
            return Err(format!(
                "`{text}` makes {length} characters before the `@` (the key has 32), and mail \
                 servers take {LONGEST_LOCAL_PART}; shorten it by {}",
                length - LONGEST_LOCAL_PART
            ));
        }
        if !sender.is_ascii() || Address::from_str(&sender).is_err() {
            return Err(format!("`{text}` makes no mail address in ASCII; {example}"));
        }
        Ok(bounces)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_envelope_sender_names_the_delivery() {
        let bounces: Bounces = "bot+{key}@lab.example".parse().unwrap();
        assert_eq!(
            bounces.sender(&DeliveryKey(Uuid::from_u128(0x2a))),
            "bot+0000000000000000000000000000002a@lab.example"
        );
    }

    #[test]
    fn a_pattern_that_makes_no_address_is_refused() {
        let wrong = |text: &str| text.parse::<Bounces>().unwrap_err();
        for text in ["bot@lab.example", "bot+{key}", "{key}{key}@lab.example", "bot@{key}.example"]
        {
            assert!(wrong(text).contains("write it like"), "{text}");
        }
        for text in
            ["b t+{key}@lab.example", "bö+{key}@lab.example", "{key}@", "{key}>@lab.example"]
        {
            assert!(wrong(text).contains("no mail address"), "{text}");
        }
        assert!(format!("{}{{key}}@lab.example", "b".repeat(32)).parse::<Bounces>().is_ok());
        let long = format!("{}{{key}}@lab.example", "b".repeat(34));
        assert!(wrong(&long).ends_with("shorten it by 2"), "{}", wrong(&long));
    }
}
