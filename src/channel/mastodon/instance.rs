//! What a server says of itself: its software, and how long a status may be.
//!
//! Sources: docs.joinmastodon.org (entities/Instance, entities/V1_Instance, methods/instance) and
//! nodeinfo.diaspora.software. Servers that only speak Mastodon's API leave out what they like, so
//! nothing here has to be there.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::adapt::count::Count;

/// Characters of a status, if a server does not say otherwise (Mastodon's `StatusLengthValidator`).
pub const USUAL_LIMIT: usize = 500;

/// What Mastodon counts for each address in a status.
const PER_URL: usize = 23;

/// How long a key is remembered where keys are: `setex 3600` in Mastodon's `PostStatusService`, and
/// about as long in the others. Mastodon remembers successes only; Pleroma repeats whatever it
/// answered first, a refusal too.
const KEY_KEPT_SECONDS: u64 = 3600;

/// What runs on a server, as its nodeinfo calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Software {
    Mastodon,
    Hometown,
    Pleroma,
    Akkoma,
    Hollo,
    Gotosocial,
    Mitra,
    Takahe,
    Snac,
    Friendica,
    Firefish,
    Iceshrimp,
    Sharkey,
    Misskey,
    Pixelfed,
    /// Something else that speaks Mastodon's API.
    Other,
}

impl Software {
    /// By the name in nodeinfo.
    pub fn of_name(name: &str) -> Self {
        let name = name.trim().to_lowercase();
        // A name of its own for each generation: `iceshrimp.net`, `snac2`.
        let family = name.split(['.', ' ', '-']).next().unwrap_or_default();
        let known = serde_json::from_value(Value::from(family.trim_end_matches(char::is_numeric)));
        known.unwrap_or(Self::Other)
    }

    /// By the version that a server with Mastodon's API gives, where others name themselves beside
    /// the version that they are like: `2.7.2 (compatible; Pleroma 2.6.0)`. A bare version says
    /// nothing.
    pub fn of_version(version: &str) -> Option<Self> {
        let words = version.split(|sign: char| !(sign.is_alphanumeric() || sign == '.'));
        words.map(Self::of_name).find(|it| *it != Self::Other)
    }

    /// For how many seconds the server gives the same status for the same `Idempotency-Key`; `None`
    /// where keys are ignored, or nobody has written down that they are not.
    pub fn keeps_keys_seconds(self) -> Option<u64> {
        match self {
            Self::Mastodon | Self::Hometown | Self::Pleroma | Self::Akkoma | Self::Hollo => {
                Some(KEY_KEPT_SECONDS)
            }
            _ => None,
        }
    }

    /// How it counts: Mastodon and its forks count an address as 23, the others what is there.
    pub fn count(self) -> Count {
        match self {
            Self::Mastodon | Self::Hometown => Count::Mastodon,
            _ => Count::Characters,
        }
    }

    /// Whether a status says what was typed. The others read marks into words, some of them: the
    /// asterisks of `Mitarbeiter*in und Leiter*in` become italics.
    pub fn shows_as_typed(self) -> bool {
        matches!(self, Self::Mastodon | Self::Hometown)
    }

    /// Whether the number of statuses that an account has is one; snac always says zero.
    pub fn counts_statuses(self) -> bool {
        self != Self::Snac
    }
}

/// What a server said of itself when it was asked last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Instance {
    pub asked_at: DateTime<Utc>,
    /// `None` if it says nothing that is known.
    pub software: Option<Software>,
    /// In its own words.
    pub version: Option<String>,
    /// The longest status.
    pub max_characters: Option<usize>,
    /// What it counts for an address, as it says.
    pub characters_per_url: Option<usize>,
}

impl Instance {
    /// How it counts, and up to how much.
    pub fn limit(&self) -> (Count, Option<usize>) {
        // One that counts an address as something else than Mastodon does counts in its own way.
        let as_mastodon = self.characters_per_url.is_none_or(|it| it == PER_URL);
        let count = match self.software {
            Some(software) if as_mastodon => software.count(),
            _ => Count::Characters,
        };
        (count, self.max_characters)
    }

    /// Takes over what `GET /api/v2/instance` or `/api/v1/instance` says and is not known yet.
    pub(super) fn hear(&mut self, json: &Value) {
        let statuses = &json["configuration"]["statuses"];
        let limits =
            [&statuses["max_characters"], &json["max_toot_chars"], &json["max_characters"]];
        let limit = limits.into_iter().find_map(number).filter(|limit| *limit > 0);
        self.max_characters = self.max_characters.or(limit);
        let per_url = number(&statuses["characters_reserved_per_url"]);
        self.characters_per_url = self.characters_per_url.or(per_url);
        if let Some(version) = json["version"].as_str() {
            self.software = self.software.or_else(|| Software::of_version(version));
            self.version.get_or_insert_with(|| version.to_owned());
        }
    }

    /// Takes over what nodeinfo says, which is what it is.
    pub(super) fn hear_nodeinfo(&mut self, json: &Value) {
        let software = &json["software"];
        if let Some(name) = software["name"].as_str() {
            self.software = Some(Software::of_name(name));
            let version = software["version"].as_str().unwrap_or_default();
            self.version = Some(format!("{name} {version}").trim().to_owned());
        }
    }

    /// Whether anything was to be read of it.
    pub(super) fn says_something(&self) -> bool {
        self.software.is_some() || self.version.is_some() || self.max_characters.is_some()
    }
}

/// Where a server's nodeinfo stands, by its `/.well-known/nodeinfo`: the newest version, and on this
/// server only.
pub(super) fn nodeinfo_address(server: &Url, links: &Value) -> Option<Url> {
    const SCHEMA: &str = "http://nodeinfo.diaspora.software/ns/schema/";
    let mut found: Vec<(&str, Url)> = links["links"]
        .as_array()?
        .iter()
        .filter_map(|link| {
            let version = link["rel"].as_str()?.strip_prefix(SCHEMA)?;
            let address = server.join(link["href"].as_str()?).ok()?;
            let here = address.host_str() == server.host_str()
                && matches!(address.scheme(), "http" | "https");
            here.then_some((version, address))
        })
        .collect();
    found.sort_by_key(|(version, _)| *version);
    found.pop().map(|(_, address)| address)
}

/// A number, or a text that is one.
fn number(value: &Value) -> Option<usize> {
    match value {
        Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_is_known_by_its_nodeinfo_or_by_how_it_names_its_version() {
        for (version, software) in [
            ("2.7.2 (compatible; Pleroma 2.6.0)", Some(Software::Pleroma)),
            ("2.7.2 (compatible; Akkoma 3.15.1-0-gabc)", Some(Software::Akkoma)),
            ("4.2.1 (compatible; Iceshrimp.NET/2025.1)", Some(Software::Iceshrimp)),
            ("4.0.0 (not true; really snac/2.94)", Some(Software::Snac)),
            ("takahe/0.11", Some(Software::Takahe)),
            ("4.6.0", None),
            ("0.20.0-rc1+git-8d4bd0a", None),
            ("4.3.0+glitch", None),
        ] {
            assert_eq!(Software::of_version(version), software, "{version}");
        }
        assert_eq!(Software::of_name("GoToSocial"), Software::Gotosocial);
        assert_eq!(Software::of_name("snac2"), Software::Snac);
        assert_eq!(Software::of_name("tidepool"), Software::Other);
    }

    #[test]
    fn only_software_that_is_known_to_honour_the_key_may_be_asked_twice() {
        for software in [Software::Mastodon, Software::Pleroma, Software::Hollo] {
            assert_eq!(software.keeps_keys_seconds(), Some(3600));
        }
        for software in [Software::Gotosocial, Software::Takahe, Software::Snac, Software::Other] {
            assert_eq!(software.keeps_keys_seconds(), None);
        }
    }

    #[test]
    fn the_limit_is_read_wherever_it_stands_and_nonsense_is_none() {
        let of = |json: Value| {
            let mut instance = Instance::default();
            instance.hear(&json);
            instance.max_characters
        };
        assert_eq!(
            of(json!({"configuration": {"statuses": {"max_characters": 5000}}})),
            Some(5000)
        );
        assert_eq!(of(json!({"max_toot_chars": "1024"})), Some(1024));
        for nonsense in [json!({"max_toot_chars": 0}), json!({"max_toot_chars": -1}), json!([])] {
            assert_eq!(of(nonsense), None);
        }
    }

    #[test]
    fn nodeinfo_is_looked_for_on_this_server_only() {
        let server = Url::parse("https://social.example/").unwrap();
        let link = |version: &str, href: &str| json!({"rel": format!("http://nodeinfo.diaspora.software/ns/schema/{version}"), "href": href});
        let address = |links: Vec<Value>| {
            nodeinfo_address(&server, &json!({ "links": links })).map(String::from)
        };
        assert_eq!(
            address(vec![link("2.0", "/nodeinfo/2.0"), link("2.1", "/nodeinfo/2.1")]).as_deref(),
            Some("https://social.example/nodeinfo/2.1")
        );
        assert_eq!(address(vec![link("2.0", "https://other.example/nodeinfo")]), None);
        assert_eq!(address(Vec::new()), None);
    }
}
