//! Makes the files of a list out of its entries. Pure.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::format::{ATOM, Format, INDEX, JSON_FEED, RSS};
use super::valid;
use crate::adapt::syndication::{self, Head};
use crate::channel::http;

/// One ad in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Names it for ever.
    pub id: String,
    pub document: String,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// What a list says of itself.
#[derive(Debug, Clone)]
pub struct About {
    pub format: Format,
    pub title: String,
    pub home: Option<Url>,
    /// Where readers find its folder.
    pub url: Option<Url>,
    pub organisation_key: Option<String>,
    pub datasource_key: Option<String>,
}

/// One file of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub text: String,
}

impl About {
    /// An entry with what only the list knows of it: for EURAXESS whose it is, and when it changed.
    pub fn completed(&self, document: &str, at: DateTime<Utc>) -> String {
        if self.format != Format::Euraxess {
            return document.to_owned();
        }
        let changed = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let key = escaped(self.organisation_key.as_deref().unwrap_or_default());
        let begun =
            format!("<job-opportunity organisationIDKey=\"{key}\" lastmodifieddate=\"{changed}\">");
        document.replacen("<job-opportunity>", &begun, 1)
    }

    /// The file that shows an entry: its own if it has one, or the list.
    pub fn file_of(&self, id: &str, document: &str) -> String {
        let own = self.format.own_file(id).filter(|_| self.has_own_file(document));
        own.unwrap_or_else(|| self.format.list().unwrap_or_default().to_owned())
    }

    /// Search engines take no document that lacks something that they require; readers do.
    fn has_own_file(&self, document: &str) -> bool {
        self.format != Format::JsonLd || valid::is_job_posting(document)
    }

    /// Where readers find a file. What a board makes of a list has a link that only it knows.
    pub fn link(&self, file: &str) -> Option<Url> {
        match self.format {
            Format::JsonLd | Format::Atom | Format::Rss | Format::JsonFeed => self.link_to(file),
            Format::Hugo | Format::Euraxess | Format::Indeed | Format::Personio => None,
        }
    }

    fn link_to(&self, file: &str) -> Option<Url> {
        self.url.as_ref().map(|base| http::endpoint(base, &format!("/{file}")))
    }

    /// All files of the list. The list that others fetch is the last.
    ///
    /// # Errors
    /// In words, if an entry is not what it should be.
    pub fn files(&self, entries: &[Entry], made_at: DateTime<Utc>) -> Result<Vec<File>, String> {
        match self.format {
            Format::Euraxess | Format::Indeed | Format::Personio => {
                let name = self.format.list().unwrap_or_default().to_owned();
                Ok(vec![File { name, text: self.xml(entries, made_at) }])
            }
            _ => self.json(entries, made_at),
        }
    }

    fn json(&self, entries: &[Entry], made_at: DateTime<Utc>) -> Result<Vec<File>, String> {
        let read = |entry: &Entry| {
            let document: Result<Value, _> = serde_json::from_str(&entry.document);
            document.map_err(|error| format!("the entry {} is no JSON: {error}", entry.id))
        };
        let documents: Vec<Value> = entries.iter().map(read).collect::<Result<_, _>>()?;
        let items: Vec<syndication::Entry<'_>> = entries
            .iter()
            .zip(&documents)
            .map(|(entry, document)| {
                let (id, changed_at) = (entry.id.as_str(), entry.changed_at);
                syndication::Entry { id, document, changed_at }
            })
            .collect();
        let whole: Vec<bool> =
            entries.iter().map(|entry| self.has_own_file(&entry.document)).collect();
        let own = entries.iter().zip(&whole).filter(|(_, whole)| **whole);
        let own = own.filter_map(|(entry, _)| {
            let name = self.format.own_file(&entry.id)?;
            Some(File { name, text: entry.document.clone() })
        });
        let mut files: Vec<File> = own.collect();
        let lists: &[&str] = match self.format {
            Format::JsonLd => &[INDEX, RSS, JSON_FEED, ATOM],
            Format::Hugo => &[],
            Format::Rss => &[RSS],
            Format::JsonFeed => &[JSON_FEED],
            _ => &[ATOM],
        };
        for name in lists {
            let own_link = self.link_to(name);
            let head = Head {
                title: &self.title,
                home: self.home.as_ref().map(Url::as_str),
                own_link: own_link.as_ref().map(Url::as_str),
                made_at,
            };
            let text = match *name {
                ATOM => syndication::atom(&items, head).map_err(|error| error.to_string())?,
                RSS => syndication::rss(&items, head).map_err(|error| error.to_string())?,
                JSON_FEED => pretty(&syndication::json_feed(&items, head))?,
                _ => {
                    let whole = documents.iter().zip(&whole).filter(|(_, whole)| **whole);
                    pretty(&newest_first(whole.map(|(document, _)| document.clone()).collect()))?
                }
            };
            files.push(File { name: (*name).to_owned(), text });
        }
        Ok(files)
    }

    fn xml(&self, entries: &[Entry], made_at: DateTime<Utc>) -> String {
        let (begin, end) = match self.format {
            Format::Indeed => {
                let home = self.home.as_ref().map(|home| {
                    format!("<publisherurl>{}</publisherurl>\n", escaped(home.as_str()))
                });
                let begin = format!(
                    "<source>\n<publisher>{}</publisher>\n{}<lastBuildDate>{}</lastBuildDate>\n",
                    escaped(&self.title),
                    home.unwrap_or_default(),
                    made_at.to_rfc2822()
                );
                (begin, "</source>\n")
            }
            Format::Personio => ("<workzag-jobs>\n".to_owned(), "</workzag-jobs>\n"),
            _ => {
                let key = self.datasource_key.as_deref();
                let key = key.map(|key| format!(" datasourceKey=\"{}\"", escaped(key)));
                let begin = format!("<job-opportunities{}>\n", key.unwrap_or_default());
                (begin, "</job-opportunities>\n")
            }
        };
        let documents: String = entries.iter().map(|entry| entry.document.as_str()).collect();
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{begin}{documents}{end}")
    }
}

/// Whether a file is one that a list of this format has, by its name.
pub fn is_list_or_entry(format: Format, file: &str) -> bool {
    let is_list = format.list() == Some(file)
        || (format == Format::JsonLd && [INDEX, RSS, JSON_FEED].contains(&file));
    let is_entry = file
        .rsplit_once('.')
        .is_some_and(|(id, _)| is_entry_id(id) && format.own_file(id).as_deref() == Some(file));
    is_list || is_entry
}

fn newest_first(mut documents: Vec<Value>) -> Value {
    let posted = |it: &Value| it["datePosted"].as_str().unwrap_or_default().to_owned();
    documents.sort_by_key(|it| std::cmp::Reverse(posted(it)));
    Value::Array(documents)
}

fn pretty(value: &Value) -> Result<String, String> {
    serde_json::to_string_pretty(value)
        .map(|text| format!("{text}\n"))
        .map_err(|error| error.to_string())
}

/// A site's own words in XML.
fn escaped(words: &str) -> String {
    words
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

/// The name of an entry: the posting's id, made fit for a file and an address. An id that has to
/// be changed for that gets a piece of its hash, so that no two become one.
pub fn entry_id(reference: &str) -> String {
    if is_entry_id(reference) {
        return reference.to_owned();
    }
    let fit: String = reference
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || it == '_' { it } else { '-' })
        .take(100)
        .collect();
    let hash: String =
        Sha256::digest(reference).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", fit.trim_matches('-')).trim_start_matches('-').to_owned()
}

/// Whether an id can name a file that leads out of no folder and hides from nobody. The names of
/// the lists themselves are taken.
pub fn is_entry_id(id: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !id.is_empty()
        && id.len() <= 120
        && id.bytes().all(fit)
        && !id.starts_with(['.', '-'])
        && !["index", "feed"].contains(&id)
}
