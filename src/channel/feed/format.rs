//! The kinds of list that others fetch.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::adapt::DocumentType;

/// What a list is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Lists for readers, and a JobPosting document for each ad that says what Google requires.
    #[default]
    JsonLd,
    /// The same documents as data files of a Hugo site.
    Hugo,
    /// RFC 4287.
    Atom,
    /// RSS 2.0.
    Rss,
    /// JSON Feed 1.1.
    JsonFeed,
    /// The import of EURAXESS, XML, version 1.1.
    Euraxess,
    /// XML as Indeed describes it; other aggregators take it too.
    Indeed,
    /// XML as Personio gives it out; many portals import it.
    Personio,
}

impl Format {
    /// The folder of the templates of its entries.
    pub fn template(self) -> &'static str {
        match self {
            Self::Hugo => "job-posting",
            Self::JsonLd | Self::Atom | Self::Rss | Self::JsonFeed => "feed",
            Self::Euraxess => "euraxess",
            Self::Indeed => "indeed",
            Self::Personio => "personio",
        }
    }

    /// What an entry is.
    pub fn document(self) -> DocumentType {
        match self {
            Self::JsonLd | Self::Hugo | Self::Atom | Self::Rss | Self::JsonFeed => {
                DocumentType::JsonLd
            }
            Self::Euraxess | Self::Indeed | Self::Personio => DocumentType::Xml,
        }
    }

    /// The file of the list itself; `None` where there is a file for each ad and no more.
    pub fn list(self) -> Option<&'static str> {
        match self {
            Self::JsonLd | Self::Atom => Some(ATOM),
            Self::Rss => Some(RSS),
            Self::JsonFeed => Some(JSON_FEED),
            Self::Hugo => None,
            Self::Euraxess => Some("euraxess.xml"),
            Self::Indeed => Some("indeed.xml"),
            Self::Personio => Some("personio.xml"),
        }
    }

    /// The file of one ad.
    pub fn own_file(self, id: &str) -> Option<String> {
        match self {
            Self::JsonLd => Some(format!("{id}.jsonld")),
            Self::Hugo => Some(format!("{id}.json")),
            _ => None,
        }
    }
}

pub const ATOM: &str = "feed.atom";
pub const RSS: &str = "feed.rss";
pub const JSON_FEED: &str = "feed.json";
/// All entries as one JSON list.
pub const INDEX: &str = "index.json";

/// The value of `Content-Type` for a file of a feed.
pub fn media_type(file: &str) -> &'static str {
    match file {
        JSON_FEED => "application/feed+json",
        _ if file.ends_with(".jsonld") => "application/ld+json",
        _ if file.ends_with(".json") => "application/json",
        _ if file.ends_with(".atom") => "application/atom+xml; charset=utf-8",
        _ if file.ends_with(".rss") => "application/rss+xml; charset=utf-8",
        _ if file.ends_with(".xml") => "application/xml; charset=utf-8",
        _ => "application/octet-stream",
    }
}
