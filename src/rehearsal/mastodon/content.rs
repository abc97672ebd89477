//! A status's text as the HTML that Mastodon makes of it (`text_formatter.rb`).

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use crate::rehearsal::page::escape;

/// An http(s) address up to white space or a quote, or a hashtag at the start of a word.
static LINKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?P<url>https?://[^\s<>"]+)|(?P<before>^|[\s(])#(?P<tag>[\p{L}\p{M}\p{N}_·]+)"#)
        .ok()
});

/// The status as HTML: paragraphs, line breaks, links with their scheme and tail hidden, hashtags.
pub(super) fn html(text: &str, server: &Url) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let paragraphs: Vec<String> = text
        .trim()
        .split("\n\n")
        .map(|paragraph| paragraph.trim_matches('\n'))
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", linked(paragraph, server).replace('\n', "<br />")))
        .collect();
    paragraphs.concat()
}

/// The hashtags in a text, without `#`; each has at least one letter.
pub(super) fn hashtags(text: &str) -> Vec<String> {
    let Some(links) = LINKS.as_ref() else { return Vec::new() };
    links
        .captures_iter(text)
        .filter_map(|found| found.name("tag"))
        .map(|tag| tag.as_str().to_owned())
        .filter(|tag| tag.chars().any(char::is_alphabetic))
        .collect()
}

fn linked(text: &str, server: &Url) -> String {
    let Some(links) = LINKS.as_ref() else { return escape(text) };
    let mut html = String::new();
    let mut done = 0;
    for found in links.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        html.push_str(&escape(text.get(done..whole.start()).unwrap_or_default()));
        done = whole.end();
        if let Some(address) = found.name("url") {
            let (address, after) = without_punctuation(address.as_str());
            html.push_str(&anchor(address));
            html.push_str(&escape(after));
        } else if let (Some(before), Some(tag)) = (found.name("before"), found.name("tag")) {
            html.push_str(&escape(before.as_str()));
            if tag.as_str().chars().any(char::is_alphabetic) {
                html.push_str(&hashtag(tag.as_str(), server));
            } else {
                html.push_str(&escape(&format!("#{}", tag.as_str())));
            }
        }
    }
    html.push_str(&escape(text.get(done..).unwrap_or_default()));
    html
}

/// Punctuation at the end belongs to the sentence, not to the address; so does a bracket that was
/// not opened in it.
fn without_punctuation(address: &str) -> (&str, &str) {
    let mut end = address.len();
    while let Some(last) = address.get(..end).and_then(|it| it.chars().next_back()) {
        let kept = address.get(..end).unwrap_or_default();
        let unopened = last == ')' && kept.matches(')').count() > kept.matches('(').count();
        if !unopened && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']' | '*') {
            break;
        }
        end -= last.len_utf8();
    }
    address.split_at(end)
}

/// A link that shows 30 characters of its address: the scheme (and `www.`) before and the rest
/// after them are there, but invisible.
fn anchor(address: &str) -> String {
    const SHOWN: usize = 30;
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = address.split_at(after_scheme);
    let (prefix, rest) = match rest.strip_prefix("www.") {
        Some(rest) => (format!("{scheme}www."), rest),
        None => (scheme.to_owned(), rest),
    };
    let cut = rest.char_indices().nth(SHOWN).map_or(rest.len(), |(at, _)| at);
    let (shown, hidden) = rest.split_at(cut);
    let class = if hidden.is_empty() { "" } else { "ellipsis" };
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"nofollow noopener noreferrer\" translate=\"no\">\
         <span class=\"invisible\">{}</span><span class=\"{class}\">{}</span>\
         <span class=\"invisible\">{}</span></a>",
        escape(address),
        escape(&prefix),
        escape(shown),
        escape(hidden),
    )
}

fn hashtag(tag: &str, server: &Url) -> String {
    format!(
        "<a href=\"{server}tags/{}\" class=\"mention hashtag\" rel=\"tag\">#<span>{}</span></a>",
        escape(&tag.to_lowercase()),
        escape(tag),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Url {
        Url::parse("http://127.0.0.1:1/").unwrap()
    }

    #[test]
    fn paragraphs_and_line_breaks_become_tags() {
        assert_eq!(html("a\nb\n\nc", &server()), "<p>a<br />b</p><p>c</p>");
    }

    #[test]
    fn a_long_link_is_whole_but_partly_invisible() {
        let shown = html("See https://www.lab.example/positions/phd-in-imaging/2026.", &server());
        assert!(shown.contains("href=\"https://www.lab.example/positions/phd-in-imaging/2026\""));
        assert!(shown.contains("<span class=\"invisible\">https://www.</span>"));
        assert!(shown.contains("<span class=\"ellipsis\">lab.example/positions/phd-in-i</span>"));
        assert!(shown.ends_with("</a>.</p>"));
    }

    #[test]
    fn hashtags_are_linked_and_numbers_are_not() {
        let shown = html("#PhD at #2026", &server());
        assert!(shown.contains("/tags/phd\" class=\"mention hashtag\""));
        assert!(shown.contains("#2026"));
        assert_eq!(hashtags("#PhD at #2026 x#no"), ["PhD"]);
    }

    #[test]
    fn markup_in_a_status_is_only_text() {
        let shown = html("<script>alert(1)</script> & \"q\"", &server());
        assert_eq!(shown, "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;q&quot;</p>");
    }
}
