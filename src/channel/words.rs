//! Whether two texts say the same, however a server dressed them up.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use encoding_rs::Encoding;
use regex::{Captures, Regex};
use unicode_normalization::UnicodeNormalization;
use url::Url;

/// How much of a page is searched for its character set (HTML, "prescan a byte stream").
const HEAD: usize = 1024;

/// The longest piece of a server's text that is shown to a person.
const EXCERPT: usize = 300;

/// The text of an answer: UTF-8, or what its `Content-Type` or the head of the page says, because
/// old archives are in Latin-1.
pub fn decoded(body: &[u8], content_type: Option<&str>) -> String {
    static CHARSET: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"(?i)charset\s*=\s*["']?([a-z0-9_:.-]+)"#));
    if let Ok(text) = std::str::from_utf8(body) {
        return text.to_owned();
    }
    let head = String::from_utf8_lossy(body.get(..HEAD).unwrap_or(body));
    let named = [content_type.unwrap_or_default(), &head].into_iter().find_map(|text| {
        let label = CHARSET.captures(text)?.get(1)?;
        Encoding::for_label(label.as_str().as_bytes())
    });
    named.map_or_else(|| String::from_utf8_lossy(body), |it| it.decode(body).0).into_owned()
}

/// The text of a status's HTML as its author typed it: tags dropped, line ends for breaks and
/// paragraphs, entities decoded. A link is written as its address, because servers shorten what
/// they display of it; mentions and hashtags stay as they are displayed.
pub fn plain_text_of_html(html: &str) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r#"(?is)<a\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>(.*?)</a>"#)
    });
    let typed = LINK.replace_all(html, |found: &Captures<'_>| {
        let group = |number| found.get(number).map(|it| it.as_str());
        let address = group(1).or(group(2)).unwrap_or_default();
        let label = text_of_page(group(3).unwrap_or_default());
        let leads_out = address.starts_with("http://") || address.starts_with("https://");
        let displayed = label.trim_start().starts_with(['#', '@']);
        if leads_out && !displayed { address } else { group(3).unwrap_or_default() }.to_owned()
    });
    text_of_page(&typed)
}

/// The text of a page as it is displayed.
pub fn text_of_page(html: &str) -> String {
    static SKIPPED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?is)<!--.*?-->|<script\b.*?</script>|<style\b.*?</style>"));
    static BREAK: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)<br\s*/?>|</(?:p|div|li|h[1-6]|tr|td|th|title|option|dt|dd)\s*>")
    });
    static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<[^>]*>"));
    let text = SKIPPED.replace_all(html, "");
    let text = BREAK.replace_all(&text, "\n");
    decode_entities(&TAG.replace_all(&text, ""))
}

/// The words of a text in a form in which equal texts are equal: NFC, single spaces, addresses
/// without their scheme and final slash, `@user@host` as `@user`.
pub fn normalised(text: &str) -> String {
    let text: String = text.nfc().collect();
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Whether two plain texts say the same to a reader.
pub fn same(one: &str, other: &str) -> bool {
    normalised(one) == normalised(other)
}

/// The addresses in a plain text, as [`normalised`] compares them.
pub fn addresses(text: &str) -> BTreeSet<String> {
    text.split_whitespace().filter_map(address_in).map(|(_, address, _)| address).collect()
}

/// Whether a plain text holds an address, as [`normalised`] compares addresses.
pub fn holds_address(text: &str, address: &Url) -> bool {
    let Some((_, wanted, _)) = address_in(address.as_str()) else { return false };
    addresses(text).contains(&wanted)
}

/// Whether a page (HTML, JSON or plain text) shows a phrase.
pub fn page_shows(page: &str, phrase: &str) -> bool {
    let phrase = spaced(phrase);
    if phrase.is_empty() {
        return false;
    }
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(page) {
        return strings(&json).iter().any(|text| spaced(text).contains(&phrase));
    }
    // A text that has no closing tag is no HTML; a `<` in it is one.
    let text = if page.contains("</") { text_of_page(page) } else { page.to_owned() };
    spaced(&text).contains(&phrase)
}

/// The beginning of a server's text on one line, without markup and control characters.
pub fn excerpt(text: &str) -> String {
    let text =
        if text.trim_start().starts_with('<') { text_of_page(text) } else { text.to_owned() };
    let line = spaced(&text.replace(char::is_control, " "));
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Decodes the entities that servers write: the five of XML, `&nbsp;` and numbers.
pub fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, from) = rest.split_at(start);
        decoded.push_str(before);
        let entity = from.find(';').filter(|end| *end <= 10).and_then(|end| {
            let name = from.get(1..end)?;
            Some((entity(name)?, from.get(end + 1..)?))
        });
        if let Some((character, after)) = entity {
            decoded.push(character);
            rest = after;
        } else {
            decoded.push('&');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    decoded.push_str(rest);
    decoded
}

/// What stands at the end of an address in prose and does not belong to it.
const TRAILING: [char; 10] = ['.', ',', ';', ':', '!', '?', ')', ']', '"', '\''];

/// Our own patterns, known when the program is built.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern is valid")
}

fn spaced(text: &str) -> String {
    let text: String = text.nfc().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn word(token: &str) -> String {
    if let Some((before, address, after)) = address_in(token) {
        return [before, &address, after].concat();
    }
    if let Some(mention) = token.strip_prefix('@')
        && let Some((user, _host)) = mention.split_once('@')
    {
        return format!("@{user}");
    }
    token.to_owned()
}

/// The address in a word, without its scheme and final slash, and what stands before and after it.
fn address_in(token: &str) -> Option<(&str, String, &str)> {
    let start = token.find("https://").or_else(|| token.find("http://"))?;
    let (before, address) = token.split_at(start);
    let bare = address.trim_end_matches(TRAILING);
    let after = address.get(bare.len()..).unwrap_or_default();
    // Parsing brings host names and percent signs into one form.
    let whole = Url::parse(bare).map_or_else(|_| bare.to_owned(), String::from);
    let address = whole.split_once("://").map_or(whole.as_str(), |(_, rest)| rest);
    Some((before, address.trim_end_matches('/').to_owned(), after))
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}

/// Every string in a JSON value.
fn strings(json: &serde_json::Value) -> Vec<&str> {
    match json {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(items) => items.iter().flat_map(strings).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Mastodon shows it: the address in three spans, the middle one visible.
    const MASTODON: &str = concat!(
        "<p>PhD position: tides &amp; currents<br />Apply by 31 May</p><p>",
        r##"<a href="https://lab.example/jobs/phd-tides/" rel="nofollow"><span class="invisible">"##,
        r##"https://</span><span class="ellipsis">lab.example/jobs/phd-t</span><span "##,
        r##"class="invisible">ides/</span></a> <a href="https://social.example/tags/AcademicJobs" "##,
        r##"class="mention hashtag" rel="tag">#<span>AcademicJobs</span></a> "##,
        r##"<span class="h-card"><a href="https://social.example/@lab" class="u-url mention">"##,
        r##"@<span>lab</span></a></span></p>"##,
    );

    #[test]
    fn a_status_says_the_same_as_its_html() {
        let text = "PhD position: tides & currents\nApply by 31 May\n\n\
                    https://lab.example/jobs/phd-tides/ #AcademicJobs @lab@social.example";
        assert!(same(text, &plain_text_of_html(MASTODON)));
        assert!(!same(&text.replace("31", "30"), &plain_text_of_html(MASTODON)));
    }

    #[test]
    fn an_address_is_the_same_with_and_without_its_scheme_spelling() {
        assert!(same("see (https://Lab.example/a).", "see (http://lab.example/a)."));
        assert!(!same("https://lab.example/a", "https://lab.example/b"));
    }

    #[test]
    fn an_address_is_found_in_a_text_and_none_that_only_begins_like_it() {
        let link = Url::parse("https://lab.example/a/").unwrap();
        assert!(holds_address("see (http://Lab.example/a).", &link));
        assert!(!holds_address("see https://lab.example/a/b", &link));
        assert!(!holds_address("see lab.example", &link));
    }

    #[test]
    fn a_page_shows_a_title_in_html_and_in_json() {
        assert!(page_shows("<h1>Tides &#38;\n <b>Currents</b></h1>", "Tides & Currents"));
        assert!(page_shows("<td><a href='https://board.example/1'>Tides</a></td>", "Tides"));
        assert!(page_shows("Rivers < Tides", "Rivers < Tides"));
        assert!(page_shows(r#"{"data":{"title":"K\u00fcste"}}"#, "Küste"));
        assert!(!page_shows("<script>Küste</script><!-- Küste -->", "Küste"));
    }

    #[test]
    fn a_page_is_read_in_its_own_character_set() {
        let latin =
            b"<META http-equiv=Content-Type content=\"text/html; charset=iso-8859-1\">K\xfcste";
        assert!(decoded(latin, None).ends_with("Küste"));
        assert_eq!(decoded(b"K\xfcste", Some("text/html; charset=ISO-8859-15")), "Küste");
        assert_eq!(decoded("Küste".as_bytes(), Some("text/html; charset=us-ascii")), "Küste");
        assert_eq!(decoded(b"K\xfcste", None), "K\u{fffd}ste");
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("<html><p>Bad\r\n\u{7}gateway</p>"), "Bad gateway");
        assert_eq!(excerpt(&"x".repeat(1000)).chars().count(), 301);
    }

    #[test]
    fn broken_entities_stay_as_they_are() {
        assert_eq!(decode_entities("a & b &unknown; &#xZZ; &#x41;"), "a & b &unknown; &#xZZ; A");
    }
}
