//! Names in the AT Protocol: of accounts, of records, and of posts as a receipt holds them. Pure.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use regex::Regex;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::channel::DeliveryKey;

/// An account, for ever: <https://atproto.com/specs/did>. Its handle can change, this cannot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Did(String);

impl Did {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Did {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"^did:[a-z]+:[A-Za-z0-9._:%-]{0,2000}[A-Za-z0-9._-]$").ok()
        });
        if SHAPE.as_ref().is_some_and(|shape| shape.is_match(&text)) {
            return Ok(Self(text));
        }
        Err(format!(
            "`{text}` is no DID. It begins with `did:` and never changes, as a handle may; the \
             server tells it at /xrpc/com.atproto.identity.resolveHandle?handle=HANDLE"
        ))
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a record within its collection: <https://atproto.com/specs/record-key>.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordKey(String);

impl RecordKey {
    pub fn parse(text: &str) -> Option<Self> {
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"_~.:-".contains(&byte);
        let good =
            (1..=512).contains(&text.len()) && text.bytes().all(fit) && !matches!(text, "." | "..");
        good.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Tid> for RecordKey {
    fn from(tid: Tid) -> Self {
        Self(tid.0)
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A record key that says when: 53 bits of microseconds since 1970 and 10 more, in thirteen signs
/// that sort as the times do. Posts have no other. <https://atproto.com/specs/tid>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tid(String);

impl Tid {
    const SIGNS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
    const MICROSECONDS: u64 = 1_000_000;

    /// The TID of a delivery that is put on record at a time: of the second in which that is, and
    /// within it of the key. So two deliveries of the same second hardly ever share one, and the
    /// same delivery and time always give the same.
    pub fn of(key: &DeliveryKey, at: DateTime<Utc>) -> Self {
        let hash = Sha256::digest(key.0.as_bytes());
        let drawn = hash.iter().take(8).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
        let second = u64::try_from(at.timestamp()).unwrap_or_default();
        let within = (drawn >> 10) % Self::MICROSECONDS;
        Self::written(second.saturating_mul(Self::MICROSECONDS) + within, drawn & 0x3FF)
    }

    /// The least one of a time: everything older sorts before it.
    pub fn least_at(at: DateTime<Utc>) -> Self {
        Self::written(u64::try_from(at.timestamp_micros()).unwrap_or_default(), 0)
    }

    /// The one of a part of the thread that this one begins, which is part 1: each stands a
    /// microsecond behind the one before it.
    pub fn of_part(&self, number: usize) -> Self {
        let value = |sign: u8| Self::SIGNS.iter().position(|it| *it == sign).unwrap_or_default();
        let whole = self.0.bytes().fold(0_u64, |all, sign| all << 5 | value(sign) as u64);
        let behind = u64::try_from(number.saturating_sub(1)).unwrap_or_default();
        Self::written((whole >> 10).saturating_add(behind), whole & 0x3FF)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (first, _) = text.as_bytes().split_first()?;
        let known = |sign: &u8| Self::SIGNS.contains(sign);
        // The highest of its 65 bits is never set.
        let good = text.len() == 13
            && text.bytes().all(|sign| known(&sign))
            && Self::SIGNS.iter().take(16).any(|sign| sign == first);
        good.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn written(microseconds: u64, clock: u64) -> Self {
        let number = (microseconds & ((1 << 53) - 1)) << 10 | clock;
        let sign = |place: u32| {
            let value = number.checked_shr(place * 5).unwrap_or_default() & 31;
            char::from(Self::SIGNS[usize::try_from(value).unwrap_or_default()])
        };
        Self((0..13).rev().map(sign).collect())
    }
}

/// A record and the hash of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrongRef {
    pub key: RecordKey,
    pub cid: String,
}

/// A post as a receipt names it: its record key, and what an answer to it needs beside that, which
/// are its hash and the first post of its thread. Written `KEY`, `KEY/CID` or `KEY/CID/KEY/CID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostId {
    pub key: RecordKey,
    /// Unknown where a person gave the link.
    pub cid: Option<String>,
    /// None for a post that begins a thread.
    pub root: Option<StrongRef>,
}

impl PostId {
    pub fn reference(&self) -> Option<StrongRef> {
        Some(StrongRef { key: self.key.clone(), cid: self.cid.clone()? })
    }
}

impl FromStr for PostId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no id of a post");
        let key = |part: &str| RecordKey::parse(part).ok_or_else(wrong);
        let cid = |part: &str| {
            let fit = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if fit { Ok(part.to_owned()) } else { Err(wrong()) }
        };
        match text.split('/').collect::<Vec<_>>().as_slice() {
            [of] => Ok(Self { key: key(of)?, cid: None, root: None }),
            [of, hash] => Ok(Self { key: key(of)?, cid: Some(cid(hash)?), root: None }),
            [of, hash, root, root_hash] => Ok(Self {
                key: key(of)?,
                cid: Some(cid(hash)?),
                root: Some(StrongRef { key: key(root)?, cid: cid(root_hash)? }),
            }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for PostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)?;
        if let Some(cid) = &self.cid {
            write!(f, "/{cid}")?;
            if let Some(StrongRef { key, cid }) = &self.root {
                write!(f, "/{key}/{cid}")?;
            }
        }
        Ok(())
    }
}

/// Whether a text is a language tag in the shape of RFC 5646, as far as posts may carry one.
pub fn is_language_tag(text: &str) -> bool {
    static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // Language (with extensions of it), script, region, variants, extensions, private use;
        // or private use alone; or the irregular and regular tags that were kept.
        Regex::new(
            r"(?xi)^(?:
              (?: [a-z]{2,3}(?:-[a-z]{3}){0,3} | [a-z]{4,8} )
              (?: -[a-z]{4} )? (?: -(?:[a-z]{2}|[0-9]{3}) )?
              (?: -(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}) )*
              (?: -[a-wyz0-9](?:-[a-z0-9]{2,8})+ )*
              (?: -x(?:-[a-z0-9]{1,8})+ )?
            | x(?:-[a-z0-9]{1,8})+
            | en-gb-oed | i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)
            | sgn-(?:be-fr|be-nl|ch-de)
            | art-lojban | cel-gaulish | no-bok | no-nyn | zh-(?:guoyu|hakka|min|min-nan|xiang)
            )$",
        )
        .ok()
    });
    SHAPE.as_ref().is_some_and(|shape| shape.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn key(number: u128) -> DeliveryKey {
        DeliveryKey(Uuid::from_u128(number))
    }

    #[test]
    fn a_tid_is_of_its_delivery_and_its_second() {
        let at: DateTime<Utc> = "2026-11-24T10:00:00.7Z".parse().unwrap();
        let tid = Tid::of(&key(1), at);
        assert_eq!(Tid::parse(tid.as_str()), Some(tid.clone()));
        assert_eq!(tid, Tid::of(&key(1), "2026-11-24T10:00:00Z".parse().unwrap()));
        assert_ne!(tid, Tid::of(&key(2), at));
        let second = |text: &str| Tid::least_at(text.parse().unwrap());
        assert!(tid >= second("2026-11-24T10:00:00Z") && tid < second("2026-11-24T10:00:01Z"));
    }

    #[test]
    fn the_parts_of_a_thread_stand_in_their_order_within_its_second() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let first = Tid::of(&key(1), at);
        assert_eq!(first.of_part(1), first);
        let second = Tid::least_at("2026-11-24T10:00:00.999999Z".parse().unwrap()).of_part(2);
        assert_eq!(second, Tid::least_at("2026-11-24T10:00:01Z".parse().unwrap()));
        let parts: Vec<Tid> = (1..=9).map(|number| first.of_part(number)).collect();
        assert!(parts.is_sorted_by(|one, next| one < next), "{parts:?}");
        assert!(parts.iter().all(|part| Tid::parse(part.as_str()).is_some()));
    }

    #[test]
    fn two_thousand_deliveries_of_one_second_have_their_own_tids() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let all: std::collections::BTreeSet<String> =
            (0..2_000).map(|number| Tid::of(&key(number), at).0).collect();
        assert_eq!(all.len(), 2_000);
    }

    #[test]
    fn times_before_1970_and_far_off_make_valid_tids() {
        for time in ["1969-01-01T00:00:00Z", "2255-06-05T23:47:34Z", "+200000-01-01T00:00:00Z"] {
            let tid = Tid::of(&key(1), time.parse().unwrap());
            assert!(Tid::parse(tid.as_str()).is_some(), "{time}: {tid:?}");
        }
    }

    #[test]
    fn an_id_is_read_as_it_was_written() {
        for text in ["3k", "3k/bafyrei", "3k/bafyrei/3j/bafyother"] {
            assert_eq!(text.parse::<PostId>().unwrap().to_string(), text);
        }
        for text in ["", "3k/", "3k/bafy/3j", "3 k", "3k/../x", "a/b/c/d/e"] {
            assert!(text.parse::<PostId>().is_err(), "{text}");
        }
    }
}
