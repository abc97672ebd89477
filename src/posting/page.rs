//! A page, split into front matter and body, with what Hugo would make of it: language, address,
//! dates, and whether it is meant for the public.

mod cascade;
mod content;
pub mod content_path;
mod dates;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::front_matter::{self, Entry, Node, Table, Value};
use super::markdown::{self, Addresses, Document, Syntax};
use super::permalink::{self, Wish};
use super::{Availability, Origin, PageFile, Settings, mojibake};
use crate::diagnostic::{Diagnostic, Source, Span};
use content_path::{ContentPath, PageKind};

/// A page whose front matter and body have been read, before the facts are.
#[derive(Debug, Clone)]
pub struct Page {
    pub source: Arc<Source>,
    /// Path from the content folder, with `/`.
    pub path: String,
    /// The page's own front matter.
    pub front: Table,
    /// What the pages above cascade down to it, nearest last; the page's own keys win.
    pub cascades: Vec<Table>,
    pub document: Arc<Document>,
    pub language: String,
    pub translation_key: String,
    pub permalink: Url,
    pub aliases: Vec<String>,
    pub availability: Availability,
    pub date: Option<DateTime<Utc>>,
    pub publish_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub tags: Vec<String>,
}

impl Page {
    /// The value of a key: the page's own, else what the nearest page above hands down. Keys
    /// that stand in Hugo's `params` count too.
    pub fn value(&self, key: &str) -> Option<&Node> {
        value(&self.front, &self.cascades, key)
    }
}

/// Reads a page; `None` (with an error among the diagnostics) if it is no page that can be read.
pub fn read(
    file: &PageFile,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Page> {
    let source = &file.source;
    let path = ContentPath::parse(&file.path, &settings.languages);
    let split = front_matter::read(source, diagnostics)?;
    let site_language = path.language.clone().unwrap_or(settings.default_language.clone());
    let cascades = cascades(file, &path, &site_language, diagnostics);
    let matter = Matter { source, front: &split.table, cascades: &cascades, settings, path: &path };
    let dates = matter.dates(diagnostics);
    let title =
        matter.text("title").map(|(title, _)| mojibake::repair(title).unwrap_or(title.to_owned()));
    let permalink = matter.permalink(title.as_deref(), dates.date, diagnostics)?;
    let tags = matter.tags(diagnostics);
    let syntax = match path.extension.as_str() {
        "html" | "htm" => Syntax::Html,
        _ => Syntax::Markdown,
    };
    let addresses = Addresses {
        page: permalink.clone(),
        site: settings.base_url.clone(),
        keys: words_of(&split.table),
    };
    let mut document = markdown::read(source, split.body, syntax, &addresses, diagnostics);
    if document.blocks.is_empty() {
        document = content::read(source, &split.table, &addresses, diagnostics);
    }
    if document.blocks.is_empty() && !matter.declares_a_job() && !matter.says_what_it_is_about() {
        let end = source.text.trim_end().len();
        let start = source.text[..end].rfind('\n').map_or(0, |at| at + 1);
        diagnostics.push(
            Diagnostic::error("page::empty", "the page says nothing")
                .at(source, Span::new(start, end))
                .label("nothing follows")
                .help("write the ad below the front matter, or its fields in a `job:` block"),
        );
        return None;
    }
    Some(Page {
        language: matter.language(&site_language),
        translation_key: matter.translation_key(),
        permalink,
        aliases: matter.words("aliases"),
        availability: matter.availability(),
        date: dates.date,
        publish_at: dates.publish_at,
        expires_at: dates.expires_at,
        tags,
        source: Arc::clone(source),
        path: file.path.clone(),
        document: Arc::new(document),
        front: split.table,
        cascades,
    })
}

/// Words of a site's own `status`, `state` or `category` that say that all is over.
const CLOSED_WORDS: [&str; 9] = [
    "closed",
    "filled",
    "expired",
    "completed",
    "archived",
    "geschlossen",
    "besetzt",
    "pourvu",
    "cerrado",
];

/// The front matter of a page while it is read.
struct Matter<'a> {
    source: &'a Arc<Source>,
    front: &'a Table,
    cascades: &'a [Table],
    settings: &'a Settings,
    path: &'a ContentPath,
}

struct Dates {
    date: Option<DateTime<Utc>>,
    publish_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl<'a> Matter<'a> {
    fn value(&self, key: &str) -> Option<&'a Node> {
        value(self.front, self.cascades, key)
    }

    fn text(&self, key: &str) -> Option<(&'a str, Span)> {
        let node = self.value(key)?;
        match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some((text.trim(), node.span)),
            _ => None,
        }
    }

    /// The words of a list, or of text with commas.
    fn words(&self, key: &str) -> Vec<String> {
        self.nodes(key).into_iter().map(|(word, _)| word).collect()
    }

    fn nodes(&self, key: &str) -> Vec<(String, Span)> {
        let word = |node: &Node| match &node.value {
            Value::Text(text) => Some((text.trim().to_owned(), node.span)),
            Value::Integer(number) => Some((number.to_string(), node.span)),
            _ => None,
        };
        let words: Vec<(String, Span)> = match self.value(key) {
            Some(Node { value: Value::List(items), .. }) => items.iter().filter_map(word).collect(),
            Some(Node { value: Value::Text(text), span }) => {
                text.split(',').map(|part| (part.trim().to_owned(), *span)).collect()
            }
            _ => Vec::new(),
        };
        words.into_iter().filter(|(word, _)| !word.is_empty()).collect()
    }

    /// Jekyll parts tags in one text at the blanks between them
    /// (<https://jekyllrb.com/docs/posts/#tags-and-categories>); its pages name their layout.
    fn tags_as_written(&self) -> Vec<(String, Span)> {
        let keywords = self.nodes("keywords");
        let tags = match self.text("tags") {
            Some((text, span)) if self.text("layout").is_some() && !text.contains(',') => {
                text.split_whitespace().map(|tag| (tag.to_owned(), span)).collect()
            }
            _ => self.nodes("tags"),
        };
        tags.into_iter().chain(keywords).collect()
    }

    fn tags(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        let mut spans: Vec<Span> = Vec::new();
        for (tag, span) in self.tags_as_written() {
            let tag = match mojibake::repair(&tag) {
                Some(repaired) => {
                    if !spans.contains(&span) {
                        mojibake::report(self.source, span, diagnostics);
                        spans.push(span);
                    }
                    repaired
                }
                None => tag,
            };
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    /// Hugo's order of keys (<https://gohugo.io/configuration/front-matter/#dates>).
    fn dates(&self, diagnostics: &mut Vec<Diagnostic>) -> Dates {
        let mut told = Vec::new();
        let mut first =
            |keys: &[&str]| keys.iter().find_map(|key| self.date(key, &mut told, diagnostics));
        let written = ["publishdate", "pubdate", "published"];
        let date = first(&["date", "publishdate", "pubdate", "published", "lastmod", "modified"]);
        let publish_at = first(&written).or_else(|| first(&["date"]));
        let expires_at = first(&["expirydate", "unpublishdate"]);
        let named = self.path.date.and_then(|day| dates::midnight(day, self.settings.timezone));
        Dates { date: date.or(named), publish_at: publish_at.or(named), expires_at }
    }

    fn date(
        &self,
        key: &str,
        told: &mut Vec<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<DateTime<Utc>> {
        let node = self.value(key)?;
        let written = match &node.value {
            Value::Text(text) if !is_computed(text.trim()) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            // Also Jekyll's `published: false`.
            _ => return None,
        };
        let date = dates::parse(&written, self.settings.timezone);
        if date.is_none() && !told.contains(&node.span) {
            told.push(node.span);
            diagnostics.push(
                Diagnostic::error("page::date", format!("`{}` is no date", written.trim()))
                    .at(self.source, node.span)
                    .label(format!("the `{key}` of the page"))
                    .help("write it as `2027-06-30` or `2027-06-30T12:00:00+02:00`"),
            );
        }
        date
    }

    fn permalink(
        &self,
        title: Option<&str>,
        date: Option<DateTime<Utc>>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Url> {
        let (url, slug) = (self.text("url"), self.text("slug"));
        let own = self.text("permalink");
        let wish = Wish {
            url: url.map(|(url, _)| url),
            slug: slug.map(|(slug, _)| slug).filter(|_| self.path.kind == PageKind::Page),
            permalink: own.map(|(permalink, _)| permalink),
            title,
            date: date.map(|date| date.with_timezone(&self.settings.timezone)),
        };
        match permalink::permalink(self.path, &wish, self.settings) {
            Ok(address) => Some(address),
            Err(error) => {
                let place = url.or(own).map_or(Span::new(0, 0), |(_, span)| span);
                diagnostics.push(
                    Diagnostic::error("page::permalink", error.to_string())
                        .at(self.source, place)
                        .help(
                            "correct `url` on the page, or the pattern in `permalinks` of the site",
                        ),
                );
                None
            }
        }
    }

    /// What the page says, else where it stands.
    fn language(&self, site_language: &str) -> String {
        let Some((said, _)) = self.text("lang").or_else(|| self.text("language")) else {
            return site_language.to_owned();
        };
        let said = said.to_lowercase().replace('_', "-");
        if self.settings.languages.contains(&said) {
            return said;
        }
        let main = said.split('-').next().unwrap_or_default();
        let is_code =
            (2..=3).contains(&main.len()) && main.bytes().all(|it| it.is_ascii_alphabetic());
        if is_code { main.to_owned() } else { site_language.to_owned() }
    }

    fn translation_key(&self) -> String {
        match self.front.text("translationKey") {
            Some((key, _)) => key.to_owned(),
            None => self.path.logical().trim_matches('/').to_owned(),
        }
    }

    fn availability(&self) -> Availability {
        let says = |node: Option<&Node>, answer: bool| {
            node.filter(|node| node.as_bool() == Some(answer)).map(|node| node.span)
        };
        let draft =
            says(self.value("draft"), true).or_else(|| says(self.value("published"), false));
        if let Some(span) = draft {
            return Availability::Draft(span);
        }
        if self.path.is_draft {
            return Availability::Draft(Span::new(0, 0));
        }
        let of_job = self.value("job").and_then(Node::as_table).and_then(|job| job.get("closed"));
        let status = self
            .text("status")
            .or_else(|| self.text("state"))
            .or_else(|| self.text("category"))
            .filter(|(word, _)| CLOSED_WORDS.contains(&word.to_lowercase().as_str()))
            .map(|(_, span)| span);
        let over = ["closed", "filled", "expired", "obsolete", "archived"];
        let over = || over.iter().find_map(|key| says(self.value(key), true));
        let not_open = || says(self.value("open"), false);
        match over().or_else(|| says(of_job, true)).or_else(not_open).or(status) {
            Some(span) => Availability::Closed(Origin::Declared(span)),
            None => Availability::Open,
        }
    }

    /// A page whose ad stands elsewhere may have no more than a sentence in its front matter.
    fn says_what_it_is_about(&self) -> bool {
        const A_SENTENCE: usize = 40;
        ["summary", "description", "excerpt"].iter().any(|key| {
            self.front.text(key).is_some_and(|(text, _)| text.chars().count() >= A_SENTENCE)
        })
    }

    fn declares_a_job(&self) -> bool {
        self.value("job")
            .and_then(Node::as_table)
            .is_some_and(|job| job.entries.iter().any(|entry| !entry.node.is_empty()))
    }
}

/// The keys whose value is a word or more.
fn words_of(table: &Table) -> BTreeMap<String, String> {
    let word = |entry: &Entry| match &entry.node.value {
        Value::Text(text) => Some((entry.key.clone(), text.trim().to_owned())),
        _ => None,
    };
    table.entries.iter().filter_map(word).filter(|(_, text)| !text.is_empty()).collect()
}

fn value<'a>(front: &'a Table, cascades: &'a [Table], key: &str) -> Option<&'a Node> {
    std::iter::once(front).chain(cascades.iter().rev()).find_map(|table| {
        let params = || table.get("params").and_then(Node::as_table)?.get(key);
        table.get(key).or_else(params)
    })
}

fn cascades(
    file: &PageFile,
    path: &ContentPath,
    language: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Table> {
    file.ancestors
        .iter()
        .filter_map(|above| front_matter::read(above, diagnostics))
        .flat_map(|above| cascade::handed_down(&above.table, path, language))
        .collect()
}

/// Empty, or filled in by Quarto or R when the page is built.
fn is_computed(date: &str) -> bool {
    date.is_empty() || ["today", "now", "last-modified"].contains(&date) || date.starts_with("`r ")
}
