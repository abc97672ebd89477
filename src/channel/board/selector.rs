//! Finds elements of a page, or of XML, by as much of CSS as a board's file needs: names, `#id`,
//! `.class`, attributes, descendants.
//!
//! Pages of boards are read forgivingly: what is not closed ends with what it stands in. In XML
//! every element may have content, and a prefix of its name does not count.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::adapt::html::escape;
use crate::channel::words;

/// Elements that have no content (HTML, "void elements").
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Comments, what is no text for readers, and tags; in this order at each place.
static MARKUP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?is)<!--.*?-->|<!\[CDATA\[.*?\]\]>|<script\b.*?</script\s*>|<style\b.*?</style\s*>|<(/?)([a-z][a-z0-9_.:-]*)((?:"[^"]*"|'[^']*'|[^"'>])*)>"#,
    )
    .ok()
});

static CDATA: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<!\[CDATA\[(.*?)\]\]>").ok());

static ATTRIBUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?s)([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?"#).ok()
});

static STEP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"([.#])([\w-]+)|\[\s*([\w:-]+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([^\]\s]+))\s*)?\]"#,
    )
    .ok()
});

/// A selector as it was read: the elements on the way, the outermost first.
#[derive(Debug)]
pub(super) struct Selector {
    steps: Vec<Step>,
}

/// What one element has to be.
#[derive(Debug, Default)]
struct Step {
    name: Option<String>,
    /// Attributes and their values; `class` holds one of its words.
    attributes: Vec<(String, Option<String>)>,
}

/// An element that was found.
#[derive(Debug)]
pub(super) struct Found {
    attributes: Vec<(String, String)>,
    inside: String,
    /// With its tags.
    whole: String,
}

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markup {
    Html,
    Xml,
}

struct Open {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Selector {
    /// # Errors
    /// In words, if it is more than is understood here.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let steps: Vec<Step> = parts(text).map(Step::parse).collect::<Result<_, _>>()?;
        if steps.is_empty() {
            return Err("it is empty; write an element, like `a.permalink`".to_owned());
        }
        Ok(Self { steps })
    }

    /// The first element of a page that it selects.
    pub(super) fn first(&self, page: &str, markup: Markup) -> Option<Found> {
        self.found(page, markup, 1).pop()
    }

    /// All elements of a page that it selects, but none that stand in another one of them.
    pub(super) fn all(&self, page: &str, markup: Markup) -> Vec<Found> {
        self.found(page, markup, usize::MAX)
    }

    fn found(&self, page: &str, markup: Markup, most: usize) -> Vec<Found> {
        let mut found = Vec::new();
        let Some(pattern) = MARKUP.as_ref() else { return found };
        let mut open: Vec<Open> = Vec::new();
        // Up to here the page is part of an element that was found.
        let mut taken = 0;
        for tag in pattern.captures_iter(page) {
            let (Some(place), Some(name)) = (tag.get(0), tag.get(2)) else { continue };
            if place.start() < taken {
                continue;
            }
            let name = local(name.as_str());
            if tag.get(1).is_some_and(|it| !it.is_empty()) {
                if let Some(place) = open.iter().rposition(|it| it.name == name) {
                    open.truncate(place);
                }
                continue;
            }
            let written = tag.get(3).map_or("", |it| it.as_str());
            let is_empty = written.trim_end().ends_with('/')
                || (markup == Markup::Html && VOID.contains(&name.as_str()));
            open.push(Open { attributes: attributes(written), name: name.clone() });
            if self.selects(&open) {
                let after = page.get(place.end()..).unwrap_or_default();
                let inside = if is_empty { "" } else { inside(after, &name) };
                taken = place.end() + inside.len();
                let attributes = open.last().map(|it| it.attributes.clone()).unwrap_or_default();
                let whole = page.get(place.start()..taken).unwrap_or_default();
                let whole = if is_empty { whole.to_owned() } else { format!("{whole}</{name}>") };
                found.push(Found { attributes, inside: inside.to_owned(), whole });
                if found.len() == most {
                    break;
                }
            }
            if is_empty {
                open.pop();
            }
        }
        found
    }

    /// Whether the innermost of the open elements is selected.
    fn selects(&self, open: &[Open]) -> bool {
        let (Some((last, above)), Some((element, outer))) =
            (self.steps.split_last(), open.split_last())
        else {
            return false;
        };
        if !last.is(element) {
            return false;
        }
        let mut outer = outer.iter();
        above.iter().all(|step| outer.any(|element| step.is(element)))
    }
}

impl Step {
    fn parse(text: &str) -> Result<Self, String> {
        let name_length = text.find(['.', '#', '[']).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(name_length);
        let wrong = || {
            format!(
                "`{text}` is not understood; there are names, `#id`, `.class`, `[attribute]` and \
                 `[attribute=\"value\"]`, with spaces for descendants"
            )
        };
        let is_name = name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_'))
            || name == "*";
        if !is_name {
            return Err(wrong());
        }
        let mut step = Self {
            name: (!matches!(name, "" | "*")).then(|| name.to_lowercase()),
            attributes: Vec::new(),
        };
        let pattern = STEP.as_ref().ok_or_else(wrong)?;
        while !rest.is_empty() {
            let found = pattern.captures(rest).ok_or_else(wrong)?;
            let whole = found.get(0).filter(|it| it.start() == 0).ok_or_else(wrong)?;
            let group = |number| found.get(number).map(|it| it.as_str());
            match (group(1), group(2), group(3)) {
                (Some(sign), Some(value), _) => {
                    let name = if sign == "#" { "id" } else { "class" };
                    step.attributes.push((name.to_owned(), Some(value.to_owned())));
                }
                (_, _, Some(name)) => {
                    let value = group(4).or(group(5)).or(group(6));
                    step.attributes.push((name.to_lowercase(), value.map(str::to_owned)));
                }
                _ => return Err(wrong()),
            }
            rest = rest.get(whole.end()..).unwrap_or_default();
        }
        Ok(step)
    }

    fn is(&self, element: &Open) -> bool {
        let has = |(name, wanted): &(String, Option<String>)| {
            element.attributes.iter().filter(|(known, _)| known == name).any(|(_, value)| {
                match wanted {
                    None => true,
                    Some(word) if name == "class" => value.split_whitespace().any(|it| it == word),
                    Some(wanted) => value == wanted,
                }
            })
        };
        self.name.as_ref().is_none_or(|name| *name == element.name)
            && self.attributes.iter().all(has)
    }
}

impl Found {
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let is_it = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.attributes.iter().find(is_it).map(|(_, value)| value.clone())
    }

    /// It and all that is in it.
    pub(super) fn whole(&self) -> &str {
        &self.whole
    }

    /// Its words on one line.
    pub(super) fn text(&self) -> String {
        let literal = |data: &Captures<'_>| escape(data.get(1).map_or("", |it| it.as_str()));
        let inside = match CDATA.as_ref() {
            Some(pattern) => pattern.replace_all(&self.inside, literal),
            None => Cow::Borrowed(self.inside.as_str()),
        };
        let text = words::text_of_page(&inside);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The parts of a selector between spaces; a space in brackets parts nothing.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |it: char| {
        match it {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && it.is_whitespace()
    })
    .filter(|part| !part.is_empty())
}

fn attributes(written: &str) -> Vec<(String, String)> {
    let Some(pattern) = ATTRIBUTE.as_ref() else { return Vec::new() };
    pattern
        .captures_iter(written)
        .filter_map(|found| {
            let value = found.get(2).or(found.get(3)).or(found.get(4));
            let value = words::decode_entities(value.map_or("", |it| it.as_str()));
            Some((found.get(1)?.as_str().to_lowercase(), value))
        })
        .collect()
}

/// A name without its prefix, in small letters.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_lowercase()
}

/// What stands in an element whose opening tag is just over.
fn inside<'a>(after: &'a str, name: &str) -> &'a str {
    let Some(pattern) = MARKUP.as_ref() else { return after };
    let mut depth = 1_usize;
    for tag in pattern.captures_iter(after) {
        let (Some(whole), Some(found)) = (tag.get(0), tag.get(2)) else { continue };
        let is_empty = tag.get(3).is_some_and(|it| it.as_str().trim_end().ends_with('/'));
        if local(found.as_str()) != name || is_empty {
            continue;
        }
        if tag.get(1).is_some_and(|it| it.is_empty()) {
            depth += 1;
        } else {
            depth -= 1;
        }
        if depth == 0 {
            return after.get(..whole.start()).unwrap_or(after);
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!DOCTYPE html><html><body>
        <!-- <a class="permalink" href="/comment">no</a> -->
        <script>"<a class='permalink' href='/script'>"</script>
        <nav><a href="/home">Home</a><img src=x></nav>
        <div id="jobs" class="list wide"><p>Open<br>
          <div class="job"><a rel="bookmark" class="permalink blue" href="/jobs/17?a=1&amp;b=2">PhD
            on <em>tides</em></a></div></p>
        </div></body></html>"#;

    fn found(selector: &str) -> Option<Found> {
        Selector::parse(selector).unwrap().first(PAGE, Markup::Html)
    }

    #[test]
    fn an_element_is_found_by_name_class_id_attribute_and_where_it_stands() {
        for selector in [
            "a.permalink",
            ".permalink.blue",
            "#jobs a",
            "div.wide .job a[rel=\"bookmark\"]",
            "a[rel=bookmark]",
            "body div[id='jobs'] a",
        ] {
            let found = found(selector).unwrap_or_else(|| panic!("{selector} finds nothing"));
            assert_eq!(found.attribute("href").as_deref(), Some("/jobs/17?a=1&b=2"), "{selector}");
            assert_eq!(found.text(), "PhD on tides");
        }
        assert_eq!(found("nav a").unwrap().text(), "Home");
        assert_eq!(found("img[src]").unwrap().attribute("src").as_deref(), Some("x"));
    }

    #[test]
    fn in_xml_every_element_has_content_and_prefixes_do_not_count() {
        const XML: &str = r#"<?xml version="1.0"?><r:jobs xmlns:r="urn:r"><r:job r:id="1"><job_ref>a
            </job_ref><link>https://board.example/1</link><job><sub/></job></r:job><r:job id="2">
            <job_ref><![CDATA[b & <c>]]></job_ref><link/></r:job></r:jobs>"#;
        let read = |selector: &str, page: &str| {
            Selector::parse(selector).unwrap().first(page, Markup::Xml).map(|it| it.text())
        };
        let jobs = Selector::parse("jobs job").unwrap().all(XML, Markup::Xml);
        assert_eq!(jobs.len(), 2, "{jobs:?}");
        assert_eq!(read("job_ref", jobs[0].whole()).as_deref(), Some("a"));
        assert_eq!(read("link", jobs[0].whole()).as_deref(), Some("https://board.example/1"));
        assert_eq!(read("job_ref", jobs[1].whole()).as_deref(), Some("b & <c>"));
        assert_eq!(jobs[1].attribute("id").as_deref(), Some("2"));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for selector in ["nav .permalink", "a.perma", "#jobs nav", "a[rel=next]", "video"] {
            assert!(found(selector).is_none(), "{selector}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for selector in ["", "a > b", "a:first-child", "a[rel", "a..b"] {
            assert!(Selector::parse(selector).is_err(), "{selector}");
        }
    }
}
