//! What a mailing list is run by, and what it asks of those who post to it: data, from the `[mail]`
//! table of a channel's file or from a shipped profile.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// What runs the list, and so decides what it holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Software {
    Mailman2,
    Mailman3,
    Sympa,
    Listserv,
    GoogleGroups,
    GroupsIo,
    /// No list: a person reads what arrives.
    Plain,
}

impl Software {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mailman2 | Self::Mailman3 => "Mailman",
            Self::Sympa => "Sympa",
            Self::Listserv => "LISTSERV",
            Self::GoogleGroups => "Google Groups",
            Self::GroupsIo => "groups.io",
            Self::Plain => "the reader",
        }
    }
}

/// Whose posts wait for a moderator as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Held {
    /// Nobody's, if they keep to the list's rules.
    Never,
    /// The first one of each sender.
    First,
    /// Every post: silence for days is as it should be.
    Always,
}

/// What becomes of the half in HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Html {
    Taken,
    /// Taken off before readers see it (Pipermail keeps it as an attachment).
    Dropped,
    /// The whole mail is refused (Sympa's `publicnomultipart`).
    Refused,
}

/// How often the list takes an ad once more after its announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats(pub u32);

impl<'de> Deserialize<'de> for Repeats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Repeats;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`\"never\"` or a number of times")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Repeats, E> {
                u32::try_from(number).map(Repeats).map_err(|_| {
                    E::custom(format!(
                        "`{number}` is no number of times; write `\"never\"`, or for example `2`"
                    ))
                })
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Repeats, E> {
                if text == "never" {
                    return Ok(Repeats(0));
                }
                Err(E::custom(format!(
                    "`{text}` is no number of times; write `\"never\"`, or for example `2`"
                )))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_an_ad_again_never_or_so_many_times() {
        #[derive(Debug, Deserialize)]
        struct Table {
            repeats: Repeats,
        }
        let read = |text: &str| {
            toml::from_str::<Table>(&format!("repeats = {text}")).map(|table| table.repeats)
        };
        assert_eq!(read("\"never\"").unwrap(), Repeats(0));
        assert_eq!(read("1").unwrap(), Repeats(1));
        assert!(read("-1").unwrap_err().to_string().contains("write `\"never\"`"));
        assert!(read("\"often\"").unwrap_err().to_string().contains("`often` is no number"));
    }
}
