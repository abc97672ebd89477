//! Hugo shortcodes and Liquid tags: found and taken out, with a notice.
//!
//! They are found before Markdown is read and covered byte for byte, so that every place after
//! them stays true. What is words in them (the address of `email`, the caption of `figure`) stays
//! where it stands. Code and HTML comments are passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::diagnostic::{Diagnostic, Source, Span};

/// What a covered byte range was; each cover is a character that no text holds (unassigned in
/// Unicode), once in two bytes and once in three, so that every length can be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    /// Taken out without harm.
    Gone,
    /// Only the site's theme knows what stands here; a link with it in its address leads nowhere.
    Unknown,
}

impl Cover {
    const ALL: [char; 6] = ['\u{7bd}', '\u{fdd0}', '\u{7be}', '\u{fdd1}', SITE, KEY];

    const fn characters(self) -> (char, char) {
        match self {
            Self::Gone => ('\u{7bd}', '\u{fdd0}'),
            Self::Unknown => ('\u{7be}', '\u{fdd1}'),
        }
    }
}

/// Stands for the address of the site at the beginning of a link.
const SITE: char = '\u{fdd2}';

/// Stands before and behind a key of the front matter, whose value belongs into a link.
const KEY: char = '\u{fdd3}';

/// The address of a link under the covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Written out, or relative to the page.
    Written(String),
    /// A path below the address of the site.
    OnSite(String),
    /// Only the site's theme knows.
    Unknown,
}

/// The body with all template tags covered; as long as the body in bytes.
/// `keys` are those of the front matter.
pub(super) fn cover(
    source: &Arc<Source>,
    body: Span,
    keys: &BTreeMap<String, String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    let text = source.words(body);
    let covered = text.as_bytes().to_vec();
    let mut scanner = Scanner { text, keys, covered, notices: Vec::new(), links: Vec::new() };
    scanner.scan();
    for (span, tag) in std::mem::take(&mut scanner.notices) {
        diagnostics.push(
            Diagnostic::notice("page::shortcode", format!("`{tag}` is left out"))
                .at(source, span.shifted(body.start))
                .label("only the website can fill this in")
                .help("write the words out if readers elsewhere need them"),
        );
    }
    // Whole characters were written over whole characters.
    let covered = String::from_utf8(scanner.covered).unwrap_or_else(|_| text.to_owned());
    covered.split_inclusive('\n').map(blank_if_covered).collect()
}

/// Removes the covers from words.
pub(super) fn uncover(text: &str) -> String {
    text.replace(Cover::ALL, "")
}

/// The address of a link that may hold covers. `keys` are those of the front matter.
pub(super) fn target(url: &str, keys: &BTreeMap<String, String>) -> Target {
    let Some(url) = with_values(url, keys) else { return Target::Unknown };
    let url = &*url;
    let (two, three) = Cover::Unknown.characters();
    let bare = uncover(url);
    let bare = bare.trim();
    if url.contains([two, three]) {
        Target::Unknown
    } else if url.contains(SITE) {
        Target::OnSite(bare.trim_start_matches('/').to_owned())
    } else {
        Target::Written(bare.to_owned())
    }
}

/// The address with the values of the keys in it; `None` if the page does not say one of them.
fn with_values<'a>(url: &'a str, keys: &BTreeMap<String, String>) -> Option<Cow<'a, str>> {
    if !url.contains(KEY) {
        return Some(Cow::Borrowed(url));
    }
    let mut filled = String::new();
    for (at, part) in url.split(KEY).enumerate() {
        filled.push_str(if at % 2 == 0 { part } else { keys.get(part)? });
    }
    Some(Cow::Owned(filled))
}

/// More bytes than this between brackets are no tag.
const LONGEST_TAG: usize = 1000;

/// More bytes than this between braces are no attribute list.
const LONGEST_ATTRIBUTES: usize = 200;

struct Scanner<'a> {
    text: &'a str,
    keys: &'a BTreeMap<String, String>,
    covered: Vec<u8>,
    notices: Vec<(Span, String)>,
    /// The shortcodes that were made into links and are not closed yet.
    links: Vec<&'a str>,
}

struct Tag<'a> {
    span: Span,
    language: Language,
    /// The words between the brackets.
    words: &'a str,
    words_start: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// `{{< … >}}` or `{{% … %}}`.
    Hugo,
    /// `{% … %}`.
    Liquid,
    /// `{{ … }}`.
    Output,
}

struct Argument<'a> {
    name: Option<&'a str>,
    value: &'a str,
    span: Span,
}

impl<'a> Scanner<'a> {
    fn scan(&mut self) {
        let text = self.text;
        let mut at = 0;
        let mut fence: Option<&str> = None;
        while at < text.len() {
            let rest = &text[at..];
            if at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n') {
                let line = rest.split_inclusive('\n').next().unwrap_or(rest);
                let next = at + line.len();
                if let Some(open) = fence {
                    let closed = line.trim();
                    if closed.starts_with(open) && closed.trim_start_matches(&open[..1]).is_empty()
                    {
                        fence = None;
                    }
                    at = next;
                    continue;
                }
                if let Some(open) = code_fence(line) {
                    fence = Some(open);
                    at = next;
                    continue;
                }
                if is_attribute_line(line.trim()) {
                    self.blank(Span::new(at, next));
                    at = next;
                    continue;
                }
            }
            at += self.step(at, rest);
        }
    }

    /// Deals with what stands at `at`, and says how many bytes that was.
    fn step(&mut self, at: usize, rest: &'a str) -> usize {
        // Most of a page is words.
        match rest.find(['<', '`', '{', '\n']) {
            Some(0) => {}
            Some(words) => return words,
            None => return rest.len(),
        }
        if rest.starts_with("<!--") {
            return rest.find("-->").map_or(rest.len(), |end| end + 3);
        }
        if rest.starts_with('`') {
            return code_span(rest);
        }
        if let Some(length) = attributes(rest, &self.text[..at]) {
            self.fill(Span::new(at, at + length), Cover::Gone);
            return length;
        }
        match tag(rest, at) {
            Some(tag) => self.take_out(&tag),
            None => rest.chars().next().map_or(1, char::len_utf8),
        }
    }

    /// Covers a tag, and with it what must not be read at all; says how many bytes were dealt
    /// with.
    fn take_out(&mut self, tag: &Tag<'a>) -> usize {
        let name = tag.name();
        let notice = |scanner: &mut Self| {
            let words = scanner.text[tag.span.start..tag.span.end].split_whitespace();
            scanner.notices.push((tag.span, words.collect::<Vec<_>>().join(" ")));
        };
        let mut end = tag.span.end;
        match (tag.language, name) {
            (Language::Hugo, "email" | "mailto" | "cloakemail") => {
                self.keep_argument(tag, tag.argument(&["address", "email", "mail"]));
            }
            (Language::Hugo, "figure") => {
                self.keep_argument(tag, tag.named(&["caption", "alt", "title"]));
            }
            (Language::Hugo, "ref" | "relref") => match tag.argument(&["path"]) {
                Some(path) if path.value.contains('/') => {
                    self.keep(tag.span, tag.span.start, &site_path(path.value));
                }
                _ => {
                    self.fill(tag.span, Cover::Unknown);
                    notice(self);
                }
            },
            (Language::Output, "site.url" | "site.baseurl" | ".Site.BaseURL") => {
                self.keep(tag.span, tag.span.start, &SITE.to_string());
            }
            (Language::Output, name) if self.keep_key(tag, name) => {}
            (Language::Hugo | Language::Liquid, "comment" | "capture") => {
                end += end_of_block(&self.text[end..], name);
                self.fill(Span::new(tag.span.start, end), Cover::Gone);
            }
            (Language::Liquid, "raw") => {
                let inner = end_of_block(&self.text[end..], name);
                let closing = self.text[end..end + inner].rfind("{%").unwrap_or(inner);
                self.fill(tag.span, Cover::Gone);
                self.fill(Span::new(end + closing, end + inner), Cover::Gone);
                end += inner;
            }
            (Language::Hugo, name) if name.starts_with('/') && self.closes_link(name) => {
                self.keep(tag.span, tag.span.start, "</a>");
            }
            (Language::Hugo, name) if is_button(name) && self.keep_link(tag) => {}
            (Language::Hugo, name) if name.starts_with('/') => self.fill(tag.span, Cover::Gone),
            (Language::Liquid, name) if name.starts_with("end") => self.fill(tag.span, Cover::Gone),
            _ => {
                self.fill(tag.span, Cover::Unknown);
                notice(self);
            }
        }
        end - tag.span.start
    }

    /// Writes the name of a key of the front matter (Jekyll's `{{ page.pdf }}`) where a link is.
    fn keep_key(&mut self, tag: &Tag<'a>, name: &str) -> bool {
        let Some(key) = name.strip_prefix("page.") else { return false };
        let before = self.text[..tag.span.start].ends_with(['/', '"', '\'', '(']);
        let behind = self.text[tag.span.end..].starts_with(['/', '"', '\'', ')', '#', '?']);
        if name != tag.words || !self.keys.contains_key(key) || !before || !behind {
            return false;
        }
        self.keep(tag.span, tag.span.start, &format!("{KEY}{key}{KEY}"));
        true
    }

    /// Covers a tag except for one argument, which is words.
    fn keep_argument(&mut self, tag: &Tag<'a>, words: Option<Argument<'a>>) {
        match words {
            Some(words) => self.keep(tag.span, words.span.start, words.value),
            None => self.fill(tag.span, Cover::Gone),
        }
    }

    /// Writes the link of a button as one of HTML, which is shorter than the tag was.
    fn keep_link(&mut self, tag: &Tag<'a>) -> bool {
        let address = tag.named(&["href", "url", "link"]).or_else(|| {
            let unnamed = |it: &Argument<'_>| it.name.is_none() && leads_somewhere(it.value);
            tag.arguments().into_iter().find(unnamed)
        });
        let Some(address) = address.filter(|it| leads_somewhere(it.value)) else { return false };
        let url = address.value;
        let rest = &self.text[tag.span.end..];
        let words = tag.named(&["text", "label", "title", "content"]);
        let link = if is_closed(rest, tag.name()) {
            self.links.push(tag.name());
            format!("<a href=\"{url}\">")
        } else if let Some(words) = words.filter(|it| !it.value.contains(['<', '>'])) {
            format!("<a href=\"{url}\">{}</a>", words.value)
        } else if url.starts_with("http") {
            format!("<{url}>")
        } else {
            return false;
        };
        self.keep(tag.span, tag.span.start, &link);
        true
    }

    /// Whether a tag such as `/button` closes a link that was opened for it.
    fn closes_link(&mut self, name: &str) -> bool {
        let name = name.trim_start_matches('/').trim();
        let open = self.links.iter().rposition(|link| *link == name);
        open.map(|at| self.links.remove(at)).is_some()
    }

    /// Covers a span and writes words into it.
    fn keep(&mut self, span: Span, at: usize, words: &str) {
        let end = at + words.len();
        match self.covered.get_mut(at..end) {
            Some(place) if end <= span.end => {
                place.copy_from_slice(words.as_bytes());
                self.fill(Span::new(span.start, at), Cover::Gone);
                self.fill(Span::new(end, span.end), Cover::Gone);
            }
            _ => self.fill(span, Cover::Unknown),
        }
    }

    /// Covers every line of a span, but not the ends of the lines.
    fn fill(&mut self, span: Span, cover: Cover) {
        let (two, three) = cover.characters();
        let mut buffer = [0; 4];
        let bytes = self.covered.get_mut(span.start..span.end).unwrap_or_default();
        for mut line in bytes.split_mut(|byte| matches!(byte, b'\n' | b'\r')) {
            while !line.is_empty() {
                let cover = match line.len() {
                    1 => ' ',
                    length if length % 2 == 0 => two,
                    _ => three,
                };
                let cover = cover.encode_utf8(&mut buffer).as_bytes();
                let (place, rest) = line.split_at_mut(cover.len());
                place.copy_from_slice(cover);
                line = rest;
            }
        }
    }

    fn blank(&mut self, span: Span) {
        for byte in self.covered.get_mut(span.start..span.end).unwrap_or_default() {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
}

impl<'a> Tag<'a> {
    /// The first word, with its `/` if it closes something.
    fn name(&self) -> &'a str {
        let mut words = self.words.split_whitespace();
        match words.next().unwrap_or_default() {
            "/" => self.words.trim(),
            word => word,
        }
    }

    fn arguments(&self) -> Vec<Argument<'a>> {
        static ARGUMENT: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"(?:([\w-]+)=)?(?:"((?:\\.|[^"\\])*)"|`([^`]*)`|'([^']*)'|([^\s"'`]+))"#)
                .expect("a fixed pattern")
        });
        ARGUMENT
            .captures_iter(self.words)
            .skip(1)
            .filter_map(|found| {
                let value = (2..=5).find_map(|group| found.get(group))?;
                Some(Argument {
                    name: found.get(1).map(|name| name.as_str()),
                    value: value.as_str(),
                    span: Span::from(value.range()).shifted(self.words_start),
                })
            })
            .collect()
    }

    /// The first of these arguments that is there and not empty.
    fn named(&self, names: &[&str]) -> Option<Argument<'a>> {
        names.iter().find_map(|name| {
            self.arguments()
                .into_iter()
                .find(|argument| argument.name == Some(*name) && !argument.value.is_empty())
        })
    }

    /// One of these arguments, or the first one without a name.
    fn argument(&self, names: &[&str]) -> Option<Argument<'a>> {
        self.named(names)
            .or_else(|| self.arguments().into_iter().find(|argument| argument.name.is_none()))
    }
}

/// Whether a shortcode by this name is a link, whatever the theme makes it look like.
fn is_button(name: &str) -> bool {
    ["button", "btn", "link", "cta"].iter().any(|part| name.to_lowercase().contains(part))
}

/// Whether an argument is the address of a link that can be written between quotes.
fn leads_somewhere(url: &str) -> bool {
    let begins = ["http://", "https://", "mailto:", "/"].iter().any(|it| url.starts_with(it));
    begins && !url.contains(['"', '<', '>', ' '])
}

/// Whether a tag that closes this one follows in the same paragraph or the next.
fn is_closed(rest: &str, name: &str) -> bool {
    let reach = beginning(rest, LONGEST_TAG);
    let mut closings = reach.match_indices("/");
    closings.any(|(at, _)| {
        let before = reach[..at].trim_end();
        let behind = reach[at + 1..].trim_start().strip_prefix(name);
        (before.ends_with("{{<") || before.ends_with("{{%"))
            && behind.is_some_and(|it| it.trim_start().starts_with(['>', '%']))
    })
}

/// A line that holds nothing but covers is a blank line.
fn blank_if_covered(line: &str) -> String {
    if line.contains(Cover::ALL) && uncover(line).trim().is_empty() {
        let end = line.trim_end_matches(['\n', '\r']).len();
        return " ".repeat(end) + &line[end..];
    }
    line.to_owned()
}

fn tag(rest: &str, at: usize) -> Option<Tag<'_>> {
    let (language, open, close) = if rest.starts_with("{{<") {
        (Language::Hugo, "{{<", ">}}")
    } else if rest.starts_with("{{%") {
        (Language::Hugo, "{{%", "%}}")
    } else if rest.starts_with("{%") {
        (Language::Liquid, "{%", "%}")
    } else if rest.starts_with("{{") {
        (Language::Output, "{{", "}}")
    } else {
        return None;
    };
    let inner = beginning(rest.get(open.len()..)?, LONGEST_TAG);
    let length = inner.find(close)?;
    let words = inner[..length].trim_matches(['-', '/', ' ']).trim();
    // `/` is trimmed only as the mark of a tag that closes itself.
    let words = match inner[..length].trim_start_matches(['-', ' ']).starts_with('/') {
        true => inner[..length].trim(),
        false => words,
    };
    let words_start = at + (words.as_ptr() as usize - rest.as_ptr() as usize);
    let end = at + open.len() + length + close.len();
    Some(Tag { span: Span::new(at, end), language, words, words_start })
}

/// At most so many bytes from the beginning of a text, in whole characters.
fn beginning(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// How many bytes there are to the end of the tag that closes a block; all if nothing does.
fn end_of_block(rest: &str, name: &str) -> usize {
    let pattern = format!(r"\{{%-?\s*end{name}\s*-?%\}}|\{{\{{[%<]\s*/\s*{name}\s*[%>]\}}\}}");
    Regex::new(&pattern)
        .ok()
        .and_then(|closing| closing.find(rest))
        .map_or(rest.len(), |found| found.end())
}

/// The path on the site of a page named by its file.
fn site_path(file: &str) -> String {
    let (path, anchor) = file.split_once('#').map_or((file, None), |(a, b)| (a, Some(b)));
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".md").unwrap_or(path);
    let path = path.strip_suffix("/index").or(path.strip_suffix("/_index")).unwrap_or(path);
    let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
    format!("{SITE}/{path}/{anchor}")
}

/// The fence that a line opens.
fn code_fence(line: &str) -> Option<&str> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let line = line.trim_start_matches(' ');
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(mark).len();
    let info = &line[length..];
    (indent < 4 && length >= 3 && !(mark == '`' && info.contains('`'))).then(|| &line[..length])
}

/// A Quarto fence (`::: {.callout-note}`) or an attribute list of kramdown (`{: .notice}`).
fn is_attribute_line(line: &str) -> bool {
    line.starts_with(":::") || (line.starts_with("{:") && line.ends_with('}'))
}

/// The bytes of an attribute list behind a link, an image or a span: `{: .x}` of kramdown,
/// `{.btn}` and `{target="_blank"}` of Quarto.
fn attributes(rest: &str, before: &str) -> Option<usize> {
    let inner = beginning(rest.strip_prefix('{')?, LONGEST_ATTRIBUTES);
    let end = inner.find(['}', '\n']).filter(|end| inner[*end..].starts_with('}'))?;
    let list = inner[..end].trim();
    let named = list.starts_with(['.', '#']) || list.contains("=\"");
    let is_list = list.starts_with(':') || (named && before.ends_with([')', ']']));
    is_list.then_some(end + 2)
}

/// The bytes of a code span, or of the backticks alone where none ends it in this paragraph.
fn code_span(rest: &str) -> usize {
    let ticks = rest.len() - rest.trim_start_matches('`').len();
    let paragraph = rest.split("\n\n").next().unwrap_or(rest);
    let mut at = ticks;
    while let Some(found) = paragraph.get(at..).and_then(|tail| tail.find('`')) {
        at += found;
        let run = paragraph[at..].len() - paragraph[at..].trim_start_matches('`').len();
        at += run;
        if run == ticks {
            return at;
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn covered(text: &str) -> (String, Vec<Diagnostic>) {
        let source = Source::new("page.md", text);
        let mut diagnostics = Vec::new();
        let keys = BTreeMap::from([("pdf".to_owned(), "a b.pdf".to_owned())]);
        let covered = cover(&source, Span::new(0, text.len()), &keys, &mut diagnostics);
        assert_eq!(covered.len(), text.len());
        (covered, diagnostics)
    }

    #[test]
    fn a_shortcode_goes_and_the_words_between_a_pair_stay() {
        let (text, notices) = covered("{{< hl >}} Read this {{< /hl >}} :\n{{% callout %}}\nü\n");
        assert_eq!(uncover(&text).trim_start(), "Read this  :\n               \nü\n");
        let said: Vec<_> = notices.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(said, ["`{{< hl >}}` is left out", "`{{% callout %}}` is left out"]);
        assert!(notices.iter().all(|it| it.code == "page::shortcode" && !it.is_error()));
    }

    #[test]
    fn what_is_words_in_a_shortcode_stays_where_it_stands() {
        let page =
            "Write to {{< email \"jobs@lab.example\" >}} {{< figure src=\"a.png\" alt=\"Us\" >}}";
        let (text, notices) = covered(page);
        assert_eq!(uncover(&text), "Write to jobs@lab.example Us");
        assert_eq!(text.find("jobs@"), page.find("jobs@"));
        assert!(notices.is_empty());
    }

    #[test]
    fn the_link_of_a_button_stays_a_link() {
        let page =
            "Through {{< button href=\"https://seaforth.example/A2\" >}}the portal{{< /button >}}.";
        let (text, notices) = covered(page);
        let link = "Through <a href=\"https://seaforth.example/A2\">the portal</a>.";
        assert_eq!(uncover(&text), link);
        assert!(notices.is_empty());
        let page = "{{< cta-button url=\"/apply\" text=\"Apply\" >}} {{< button \"https://a.example/\" >}}";
        assert_eq!(uncover(&covered(page).0), "<a href=\"/apply\">Apply</a> <https://a.example/>");
    }

    #[test]
    fn a_reference_becomes_a_path_on_the_site() {
        let (text, _) = covered("[apply]({{< relref \"/jobs/apply/index.md#how\" >}})");
        assert_eq!(uncover(&text), "[apply](/jobs/apply/#how)");
        let (text, notices) = covered("[apply]({{< relref \"apply.md\" >}})");
        assert_eq!(target(&text, &BTreeMap::new()), Target::Unknown);
        assert_eq!(notices.len(), 1);
    }

    #[test]
    fn a_key_of_the_page_is_filled_into_a_link_and_nowhere_else() {
        let keys = BTreeMap::from([("pdf".to_owned(), "a b.pdf".to_owned())]);
        let (text, notices) = covered("[ad]({{ site.url }}/files/{{page.pdf}})");
        let url = text.trim_start_matches("[ad](").trim_end_matches(')');
        assert_eq!(target(url, &keys), Target::OnSite("files/a b.pdf".to_owned()));
        assert!(notices.is_empty());
        for page in
            ["See {{ page.pdf }} there", "[ad](/{{ page.doc }})", "(/{{ page.pdf | upcase }})"]
        {
            let (text, notices) = covered(page);
            assert!(!text.contains(KEY), "{page}");
            assert_eq!(notices.len(), 1, "{page}");
        }
    }

    #[test]
    fn liquid_comments_go_with_all_they_hold() {
        let (text, notices) =
            covered("{% comment %}\nDo not edit {{ page.pdf }}\n{% endcomment %}\nText");
        assert_eq!(text.trim(), "Text");
        assert!(notices.is_empty());
    }

    #[test]
    fn code_and_comments_are_passed_over() {
        let page = "```\n{{< a >}}\n```\n`{{ b }}` <!-- {{ c }} -->\n";
        let (text, notices) = covered(page);
        assert_eq!(text, page);
        assert!(notices.is_empty());
    }

    #[test]
    fn quarto_fences_go_and_their_text_stays() {
        let (text, _) = covered("::: {.callout-note}\nText\n:::\n{: .notice}\n");
        assert_eq!(text.trim(), "Text");
        let (text, _) = covered("[apply](x){.btn} ![us](y){: .left} {a}");
        assert_eq!(uncover(&text), "[apply](x) ![us](y) {a}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_change_its_length(text in "[{}<>%/`~: \"ä\nrefa-]{0,60}") {
            covered(&text);
        }
    }
}
