//! The page that a board makes of an entry, looked up in the list of its newest ads (RSS).
//!
//! EURAXESS numbers its pages itself and names the number in no answer. An item of its list with the
//! entry's title is the entry's if the page behind it leads to our page, or names the employer: two
//! places may look for a "Doctoral researcher" on the same day.

use roxmltree::Document;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::channel::http::{Exchange, Http};
use crate::channel::words;

/// The `[feed.lookup]` table of a channel's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The list of the board's newest ads, as RSS 2.0.
    pub rss: Url,
}

/// What an entry says of itself, by which its page is known.
struct Ours {
    title: String,
    employer: Option<String>,
    website: Option<String>,
}

impl Lookup {
    /// The page of an entry.
    ///
    /// # Errors
    /// In words, why it is not known yet.
    pub(super) async fn page_of(&self, entry: &str, http: &Http) -> Result<Url, String> {
        let ours = Ours::of(entry).ok_or("the entry names no title to look for")?;
        let list = match http.fetch(&self.rss).await {
            Exchange::Answer(answer) if answer.is_success() => answer.body,
            Exchange::Answer(answer) => return Err(format!("{}: {}", self.rss, answer.summary())),
            Exchange::NoAnswer(outcome) => return Err(outcome.why().to_owned()),
        };
        let links = links_to(&list, &ours.title, &self.rss)?;
        if links.is_empty() {
            return Err(format!("{} names no ad with this title yet", self.rss));
        }
        let mut found: Vec<Url> = Vec::new();
        for link in links {
            if let Exchange::Answer(answer) = http.fetch(&link).await
                && answer.is_success()
                && ours.stands_on(&answer.body)
                && !found.contains(&link)
            {
                found.push(link);
            }
        }
        match found.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err("ads with this title are there, and none of them is seen to be ours".into()),
            several => Err(format!("{} pages could be it: look, and record one", several.len())),
        }
    }
}

impl Ours {
    /// Of an entry of EURAXESS's list.
    fn of(entry: &str) -> Option<Self> {
        let document = Document::parse(entry).ok()?;
        Some(Self {
            title: text_of(&document, "job-title")?,
            employer: text_of(&document, "organisation-institute"),
            website: text_of(&document, "info-website"),
        })
    }

    fn stands_on(&self, page: &str) -> bool {
        let leads_here = self.website.as_ref().is_some_and(|it| page.contains(it.as_str()));
        let names = self.employer.as_ref().is_some_and(|it| words::page_shows(page, it));
        words::page_shows(page, &self.title) && (leads_here || names)
    }
}

/// Whether a page has the title of an entry of any list in XML; of others that is not looked at.
pub(super) fn shows(page: &str, entry: &str) -> bool {
    let Ok(document) = Document::parse(entry) else { return true };
    let titles = ["job-title", "title", "name"];
    let title = titles.iter().find_map(|name| text_of(&document, name));
    title.is_none_or(|title| words::page_shows(page, &title))
}

/// The first element of a name, if it says anything.
fn text_of(document: &Document<'_>, name: &str) -> Option<String> {
    let text = document.descendants().find(|it| it.has_tag_name(name))?.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Where the items with a title lead.
fn links_to(list: &str, title: &str, asked: &Url) -> Result<Vec<Url>, String> {
    let unreadable = |error: roxmltree::Error| format!("{asked} is no list in XML: {error}");
    let document = Document::parse(list).map_err(unreadable)?;
    let items = document.descendants().filter(|it| it.has_tag_name("item"));
    let of = |item: &roxmltree::Node<'_, '_>, name: &str| {
        let child = item.children().find(|it| it.has_tag_name(name))?;
        Some(child.text()?.trim().to_owned())
    };
    let has_title = |item: &roxmltree::Node<'_, '_>| {
        of(item, "title").is_some_and(|it| words::same(&words::decode_entities(&it), title))
    };
    let links = items.filter(has_title).filter_map(|item| asked.join(&of(&item, "link")?).ok());
    // The page is the board's own.
    Ok(links.filter(|link| link.origin() == asked.origin()).collect())
}
