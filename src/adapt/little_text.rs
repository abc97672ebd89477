//! LinkedIn's *little text*: the markup of a post's words, in which fifteen signs are reserved. A
//! sign that is not escaped ends the post there, without an error. Pure.
//!
//! Source: learn.microsoft.com, "little Text Format" (LinkedIn Marketing). Hashtags are written as
//! the grammar's `HashtagElement`, a bare `#` and one word; read back they may be templates.

/// What has to be escaped wherever it is plain text.
pub const RESERVED: &[char] =
    &['\\', '|', '{', '}', '@', '[', ']', '(', ')', '<', '>', '#', '*', '_', '~'];

/// What may stand after a hashtag without being part of it.
const AFTER_HASHTAG: &[char] = &['.', ',', ';', ':', '!', '?'];

/// The text as it is written into a post: every reserved sign with a backslash before it, but for
/// the `#` of hashtags.
pub fn escape(text: &str) -> String {
    let mut little = String::with_capacity(text.len() + text.len() / 8);
    let mut before = None;
    for (at, sign) in text.char_indices() {
        if RESERVED.contains(&sign) && !is_hashtag(&text[at..], before) {
            little.push('\\');
        }
        little.push(sign);
        before = Some(sign);
    }
    little
}

/// What readers see of a little text: escapes, hashtag templates and mentions resolved.
pub fn unescape(little: &str) -> String {
    let mut text = String::with_capacity(little.len());
    let mut rest = little;
    while let Some(sign) = rest.chars().next() {
        if let Some(escaped) = escaped_sign(rest) {
            text.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
        } else if let Some((shown, after)) = template(rest).or_else(|| mention(rest)) {
            text.push_str(&shown);
            rest = after;
        } else {
            text.push(sign);
            rest = &rest[sign.len_utf8()..];
        }
    }
    text
}

/// Whether `rest` begins with a hashtag that every reader of the grammar takes for one: set apart,
/// letters and digits only, and not a number.
fn is_hashtag(rest: &str, before: Option<char>) -> bool {
    let Some(word) = rest.strip_prefix('#') else { return false };
    let word = word.split(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_end_matches(AFTER_HASHTAG);
    before.is_none_or(char::is_whitespace)
        && word.chars().all(char::is_alphanumeric)
        && word.contains(char::is_alphabetic)
}

fn escaped_sign(rest: &str) -> Option<char> {
    rest.strip_prefix('\\')?.chars().next().filter(|sign| RESERVED.contains(sign))
}

/// `{hashtag|\#|tag}` at the start, and what follows it.
fn template(rest: &str) -> Option<(String, &str)> {
    let (tag, after) = rest.strip_prefix("{hashtag|")?.split_once('}')?;
    let (sign, word) = tag.split_once('|')?;
    matches!(sign, "\\#" | "#" | "＃" | "\\＃").then(|| (format!("#{}", unescape(word)), after))
}

/// `@[Name](urn:li:…)` at the start, and what follows it.
fn mention(rest: &str) -> Option<(String, &str)> {
    let (name, after) = rest.strip_prefix("@[")?.split_once("](urn:li:")?;
    Some((unescape(name), after.split_once(')')?.1))
}
