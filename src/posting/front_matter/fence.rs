//! Finds where the front matter ends: `---` around YAML, `+++` around TOML, one pair of braces
//! for JSON, as Hugo and Jekyll have it.

use crate::diagnostic::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Yaml,
    Toml,
    Json,
}

/// The parts of a page, in bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    /// `None` for a page without front matter.
    pub format: Option<Format>,
    /// What stands between the fences; for JSON, the braces and what they hold.
    pub front: Span,
    pub body: Span,
}

/// The front matter was opened and never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclosed {
    pub fence: Span,
    pub closing: &'static str,
}

pub(super) fn split(text: &str) -> Result<Parts, Unclosed> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let page = &text[start..];
    let none =
        Parts { format: None, front: Span::new(start, start), body: Span::new(start, text.len()) };
    let blank = page.len() - page.trim_start().len();
    let opening = page.trim_start().lines().next().unwrap_or_default().trim_end();
    let parts = match opening {
        "---" => fenced(text, start + blank, Format::Yaml, &["---", "..."]),
        "+++" => fenced(text, start + blank, Format::Toml, &["+++"]),
        _ if opens_json(page.trim_start()) => braces(text, start + blank),
        _ => return Ok(none),
    };
    match parts {
        // A rule drawn below some blank lines is Markdown, and opens nothing.
        Err(_) if blank > 0 => Ok(none),
        parts => parts,
    }
}

/// Whether this is a JSON object and not a shortcode, a Liquid tag or an attribute list.
fn opens_json(page: &str) -> bool {
    page.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(['"', '}']))
}

fn fenced(
    text: &str,
    start: usize,
    format: Format,
    closings: &[&'static str],
) -> Result<Parts, Unclosed> {
    let mut at = start;
    let mut front = None;
    for line in text[start..].split_inclusive('\n') {
        let next = at + line.len();
        match front {
            None => front = Some(next),
            Some(front) if closings.contains(&line.trim_end()) => {
                return Ok(Parts {
                    format: Some(format),
                    front: Span::new(front, at),
                    body: Span::new(next, text.len()),
                });
            }
            Some(_) => {}
        }
        at = next;
    }
    let closing = closings.first().copied().unwrap_or("---");
    Err(Unclosed { fence: Span::new(start, start + closing.len()), closing })
}

fn braces(text: &str, start: usize) -> Result<Parts, Unclosed> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in text[start..].char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let end = start + at + 1;
                    return Ok(Parts {
                        format: Some(Format::Json),
                        front: Span::new(start, end),
                        body: Span::new(end, text.len()),
                    });
                }
            }
            _ => {}
        }
    }
    Err(Unclosed { fence: Span::new(start, start + 1), closing: "}" })
}
