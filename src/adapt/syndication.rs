//! Lists for readers, made of JSON-LD entries: Atom (RFC 4287), RSS 2.0 (rssboard.org) and JSON Feed
//! 1.1 (jsonfeed.org).

use chrono::{DateTime, SecondsFormat, Utc};
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::AdaptError;
use super::template::Templates;

const ATOM: &str = "feed/atom.xml.j2";
const RSS: &str = "feed/rss.xml.j2";

pub(in crate::adapt) const TEMPLATES: [&str; 2] = [ATOM, RSS];

/// The list as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub title: &'a str,
    /// The website that the list is of.
    pub home: Option<&'a str>,
    /// Where the list itself will be found.
    pub own_link: Option<&'a str>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// One entry: a schema.org/JobPosting.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Names it for ever.
    pub id: &'a str,
    pub document: &'a Value,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// The entries as an Atom feed, the newest first.
///
/// # Errors
/// [`AdaptError`] if the shipped template fails.
pub fn atom(entries: &[Entry<'_>], head: Head<'_>) -> Result<String, AdaptError> {
    render(ATOM, entries, head)
}

/// The entries as RSS 2.0, the newest first.
///
/// # Errors
/// [`AdaptError`] if the shipped template fails.
pub fn rss(entries: &[Entry<'_>], head: Head<'_>) -> Result<String, AdaptError> {
    render(RSS, entries, head)
}

/// The entries as a JSON Feed, the newest first.
pub fn json_feed(entries: &[Entry<'_>], head: Head<'_>) -> Value {
    let item = |item: Item| {
        let mut made = json!({
            "id": item.id,
            "title": item.title,
            "content_html": item.content,
            "date_modified": item.updated,
        });
        let authors = item.author.map(|name| json!([{ "name": name }]));
        let optional = [
            ("url", item.link.map(Value::from)),
            ("summary", item.summary.map(Value::from)),
            ("date_published", item.published.map(Value::from)),
            ("authors", authors),
        ];
        add(&mut made, optional);
        made
    };
    let items: Vec<Value> = items(entries, head).into_iter().map(item).collect();
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
    });
    let links = [("home_page_url", head.home), ("feed_url", head.own_link)];
    add(&mut feed, links.map(|(name, link)| (name, link.map(Value::from))));
    add(&mut feed, [("items", Some(Value::Array(items)))]);
    feed
}

fn add<const N: usize>(object: &mut Value, members: [(&str, Option<Value>); N]) {
    if let Value::Object(object) = object {
        let present = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
        object.extend(present.map(|(name, value)| (name.to_owned(), value)));
    }
}

fn render(template: &str, entries: &[Entry<'_>], head: Head<'_>) -> Result<String, AdaptError> {
    let feed = Feed {
        id: head.own_link.map_or_else(|| urn(head.home, head.title), str::to_owned),
        title: head.title,
        home: head.home,
        self_link: head.own_link,
        updated: rfc3339(head.made_at),
        updated_rfc822: head.made_at.to_rfc2822(),
        entries: items(entries, head),
    };
    Templates::shipped().render(template, minijinja::Value::from(Serde(&feed)))
}

fn items(entries: &[Entry<'_>], head: Head<'_>) -> Vec<Item> {
    let mut items: Vec<Item> = entries.iter().map(|entry| Item::read(entry, head)).collect();
    items.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id)));
    items
}

#[derive(Serialize)]
struct Feed<'a> {
    id: String,
    title: &'a str,
    home: Option<&'a str>,
    self_link: Option<&'a str>,
    updated: String,
    updated_rfc822: String,
    entries: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    id: String,
    title: String,
    link: Option<String>,
    published: Option<String>,
    published_rfc822: Option<String>,
    updated: String,
    author: Option<String>,
    summary: Option<String>,
    content: String,
}

impl Item {
    fn read(entry: &Entry<'_>, head: Head<'_>) -> Self {
        let words = |pointer: &str| {
            entry.document.pointer(pointer).and_then(Value::as_str).filter(|it| !it.is_empty())
        };
        let published = words("/datePosted").and_then(instant);
        let facts = [
            words("/hiringOrganization/name").map(str::to_owned),
            words("/jobLocation/address/addressLocality").map(str::to_owned),
            words("/validThrough").and_then(|at| at.get(..10)).map(|day| format!("until {day}")),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        Self {
            id: urn(head.home, entry.id),
            title: words("/title").unwrap_or("?").to_owned(),
            link: words("/url").map(str::to_owned),
            updated: rfc3339(entry.changed_at),
            published: published.map(rfc3339),
            published_rfc822: published.map(|at| at.to_rfc2822()),
            author: words("/hiringOrganization/name").map(str::to_owned),
            summary: (!facts.is_empty()).then(|| facts.join(", ")),
            content: words("/description").unwrap_or_default().to_owned(),
        }
    }
}

/// The instant of a date, or of a date and time, of the page.
fn instant(date: &str) -> Option<DateTime<Utc>> {
    let full = if date.contains('T') { date.to_owned() } else { format!("{date}T00:00:00Z") };
    DateTime::parse_from_rfc3339(&full).ok().map(|at| at.to_utc())
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An address for what has none of its own, the same for the same name. Several positions may stand
/// on one page, so its address names none of them.
fn urn(home: Option<&str>, name: &str) -> String {
    let name = format!("{}#{name}", home.unwrap_or_default());
    format!("urn:uuid:{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::xml;

    fn head() -> Head<'static> {
        Head {
            title: "Jobs & more",
            home: Some("https://lab.example/"),
            own_link: Some("https://lab.example/feed.atom"),
            made_at: "2026-11-24T08:00:00Z".parse().unwrap(),
        }
    }

    fn two() -> [(&'static str, Value); 2] {
        let old = serde_json::json!({
            "title": "PhD position <tides> & waves \u{1}",
            "url": "https://lab.example/jobs/a/?x=1&y=2",
            "datePosted": "2026-10-01",
            "description": "<p>Tides &amp; waves ]]></p>",
            "hiringOrganization": { "name": "University of Seaforth" },
            "validThrough": "2027-01-15T23:59:59+01:00",
        });
        let new = serde_json::json!({ "title": "Postdoc", "datePosted": "2026-11-01" });
        [("old", old), ("new", new)]
    }

    fn entries(documents: &[(&'static str, Value)]) -> Vec<Entry<'static>> {
        let changed_at = "2026-11-20T08:00:00Z".parse().unwrap();
        let leaked: &'static [(&'static str, Value)] = Box::leak(documents.to_vec().into());
        leaked.iter().map(|(id, document)| Entry { id, document, changed_at }).collect()
    }

    #[test]
    fn an_atom_feed_is_well_formed_and_its_newest_entry_comes_first() {
        let feed = atom(&entries(&two()), head()).unwrap();
        assert_eq!(xml::check(&feed), Ok(()));
        assert!(feed.find("<title>Postdoc</title>") < feed.find("<title>PhD position"), "{feed}");
        for part in [
            "<id>https://lab.example/feed.atom</id>",
            "<title>PhD position &lt;tides&gt; &amp; waves </title>",
            "href=\"https://lab.example/jobs/a/?x=1&amp;y=2\"",
            "<updated>2026-11-20T08:00:00Z</updated>",
            "<published>2026-10-01T00:00:00Z</published>",
            "<summary>University of Seaforth, until 2027-01-15</summary>",
            "<content type=\"html\">&lt;p&gt;Tides &amp;amp; waves ]]&gt;&lt;/p&gt;</content>",
        ] {
            assert!(feed.contains(part), "{part} is not in {feed}");
        }
    }

    #[test]
    fn rss_says_the_same_with_its_own_dates() {
        let feed = rss(&entries(&two()), head()).unwrap();
        assert_eq!(xml::check(&feed), Ok(()));
        for part in [
            "<link>https://lab.example/</link>",
            "<pubDate>Thu, 1 Oct 2026 00:00:00 +0000</pubDate>",
            "<guid isPermaLink=\"false\">urn:uuid:",
            "<link>https://lab.example/jobs/a/?x=1&amp;y=2</link>",
        ] {
            assert!(feed.contains(part), "{part} is not in {feed}");
        }
    }

    #[test]
    fn a_json_feed_has_what_each_item_must_have() {
        let feed = json_feed(&entries(&two()), head());
        assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(feed["items"][0]["title"], "Postdoc");
        assert!(feed["items"][1]["id"].as_str().unwrap().starts_with("urn:uuid:"));
        assert_eq!(feed["items"][1]["date_published"], "2026-10-01T00:00:00Z");
    }

    #[test]
    fn an_empty_feed_is_a_feed() {
        assert_eq!(xml::check(&atom(&[], head()).unwrap()), Ok(()));
        assert_eq!(xml::check(&rss(&[], head()).unwrap()), Ok(()));
        assert_eq!(json_feed(&[], head())["items"], serde_json::json!([]));
    }
}
