//! The HTML of the stand-ins' public pages: a frame, and escaping.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// Text made safe for HTML, in elements and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The readable text of an HTML fragment: tags dropped, blocks on lines of their own.
pub fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (before, tag_on) = rest.split_at(open);
        text.push_str(before);
        let Some(close) = tag_on.find('>') else {
            text.push_str(tag_on);
            rest = "";
            break;
        };
        let (tag, after) = tag_on.split_at(close + 1);
        let name: String = tag
            .trim_start_matches(['<', '/'])
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match (name.as_str(), tag.starts_with("</")) {
            ("br", _) | ("li" | "div" | "tr", true) => text.push('\n'),
            ("p" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" | "table", true) => {
                text.push_str("\n\n")
            }
            ("li", false) => text.push_str("- "),
            _ => {}
        }
        rest = after;
    }
    text.push_str(rest);
    // `&amp;` comes last, so that `&amp;lt;` does not become a tag.
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&");
    text.trim().to_owned()
}

/// A whole page. `title` is escaped here, `body` is HTML already.
pub(super) fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n",
        escape(title)
    ))
}

/// The page for what was never there (404) or is there no more (410 or 404).
pub(super) fn missing(status: StatusCode) -> Response {
    (status, page("Not here", "<h1>Not here</h1>\n<p>There is nothing under this address.</p>"))
        .into_response()
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem;border-bottom:1px solid #8886}\
h3{font-size:1.05rem;margin:0}\
article{border:1px solid #8886;border-radius:.5rem;padding:1rem;margin:1rem 0}\
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}\
.mail{font-family:ui-monospace,monospace;font-size:.85rem}a{overflow-wrap:anywhere}\
.quiet{color:#777;font-size:.9rem}dl{margin:.5rem 0;font-size:.9rem}\
dt{float:left;clear:left;margin-right:.5rem;color:#777}dd{margin:0;overflow-wrap:anywhere}\
details{margin:.5rem 0;font-size:.9rem}del{opacity:.6}\
.note{font-weight:600}.invisible{display:none}.ellipsis::after{content:'…'}";
