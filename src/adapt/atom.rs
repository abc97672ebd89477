//! An Atom feed (RFC 4287) made of JSON-LD entries.

use minijinja::value::Serde;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::AdaptError;
use super::template::Templates;

pub(in crate::adapt) const TEMPLATE: &str = "feed/atom.xml.j2";

/// The feed of `entries` (schema.org/JobPosting), the newest first. `self_link` is where the feed
/// itself will be found; `updated` is RFC 3339 and stands for entries without a date, too.
///
/// # Errors
/// [`AdaptError`] if the shipped template fails.
pub fn atom(
    entries: &[Value],
    title: &str,
    self_link: Option<&str>,
    updated: &str,
) -> Result<String, AdaptError> {
    let mut entries: Vec<Entry> = entries.iter().map(|entry| Entry::read(entry, updated)).collect();
    entries.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id)));
    let feed = Feed {
        id: self_link.map_or_else(|| urn(title), str::to_owned),
        title,
        self_link,
        updated,
        entries,
    };
    Templates::shipped().render(TEMPLATE, minijinja::Value::from(Serde(&feed)))
}

#[derive(Serialize)]
struct Feed<'a> {
    id: String,
    title: &'a str,
    self_link: Option<&'a str>,
    updated: &'a str,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: String,
    title: String,
    link: Option<String>,
    published: Option<String>,
    updated: String,
    author: Option<String>,
    summary: Option<String>,
    content: String,
}

impl Entry {
    fn read(entry: &Value, updated: &str) -> Self {
        let words = |pointer: &str| {
            entry.pointer(pointer).and_then(Value::as_str).filter(|it| !it.is_empty())
        };
        let title = words("/title").unwrap_or("?");
        let link = words("/url").map(str::to_owned);
        let published = words("/datePosted").map(instant);
        let facts = [
            words("/hiringOrganization/name").map(str::to_owned),
            words("/jobLocation/address/addressLocality").map(str::to_owned),
            words("/validThrough").and_then(|at| at.get(..10)).map(|day| format!("until {day}")),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        Self {
            id: words("/@id")
                .map(str::to_owned)
                .or_else(|| link.clone())
                .unwrap_or_else(|| urn(words("/identifier/value").unwrap_or(title))),
            title: title.to_owned(),
            link,
            updated: words("/dateModified")
                .map(instant)
                .or_else(|| published.clone())
                .unwrap_or_else(|| updated.to_owned()),
            published,
            author: words("/hiringOrganization/name").map(str::to_owned),
            summary: (!facts.is_empty()).then(|| facts.join(", ")),
            content: words("/description").unwrap_or_default().to_owned(),
        }
    }
}

/// A date as the instant (RFC 3339) that Atom wants.
fn instant(date: &str) -> String {
    if date.contains('T') { date.to_owned() } else { format!("{date}T00:00:00Z") }
}

/// An address for what has none; the same for the same name.
fn urn(name: &str) -> String {
    format!("urn:uuid:{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::xml;

    #[test]
    fn a_feed_is_well_formed_and_its_newest_entry_comes_first() {
        let old = serde_json::json!({
            "title": "PhD position <tides> & waves \u{1}",
            "url": "https://lab.example/jobs/a/?x=1&y=2",
            "datePosted": "2026-10-01",
            "description": "<p>Tides &amp; waves</p>",
            "hiringOrganization": { "name": "University of Seaforth" },
            "validThrough": "2027-01-15T23:59:59+01:00",
        });
        let new = serde_json::json!({ "title": "Postdoc", "datePosted": "2026-11-01" });
        let link = Some("https://lab.example/feed.atom");
        let feed = atom(&[old, new], "Jobs & more", link, "2026-11-24T08:00:00Z").unwrap();
        assert_eq!(xml::check(&feed), Ok(()));
        assert!(feed.find("<title>Postdoc</title>") < feed.find("<title>PhD position"), "{feed}");
        for part in [
            "<id>https://lab.example/feed.atom</id>",
            "<title>PhD position &lt;tides&gt; &amp; waves </title>",
            "href=\"https://lab.example/jobs/a/?x=1&amp;y=2\"",
            "<updated>2026-10-01T00:00:00Z</updated>",
            "<summary>University of Seaforth, until 2027-01-15</summary>",
            "<content type=\"html\">&lt;p&gt;Tides &amp;amp; waves&lt;/p&gt;</content>",
        ] {
            assert!(feed.contains(part), "{part} is not in {feed}");
        }
    }

    #[test]
    fn an_empty_feed_is_a_feed() {
        let feed = atom(&[], "Jobs", None, "2026-11-24T08:00:00Z").unwrap();
        assert_eq!(xml::check(&feed), Ok(()));
    }
}
