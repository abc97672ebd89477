//! The ad as Markdown (CommonMark), for boards that take that.

use url::Url;

use crate::adapt::html::{image_words, safe_link};
use crate::posting::markdown::{Block, BlockKind, Inline};

/// Relative links of the page count from `base`.
pub(super) fn write(blocks: &[Block], base: &Url) -> String {
    let written: Vec<String> = blocks.iter().map(|it| block(&it.kind, base)).collect();
    written.join("\n\n")
}

fn block(block: &BlockKind, base: &Url) -> String {
    match block {
        BlockKind::Heading { level, content } => {
            let level = usize::from((*level).clamp(2, 4));
            format!("{} {}", "#".repeat(level), inlines(content, base).replace('\n', " "))
        }
        BlockKind::Paragraph(content) => inlines(content, base),
        BlockKind::List { start, items } => {
            let written: Vec<String> = items
                .iter()
                .enumerate()
                .map(|(place, item)| {
                    let sign = match start {
                        Some(first) => format!("{}. ", first + place),
                        None => "- ".to_owned(),
                    };
                    indented(&write(item, base), &sign)
                })
                .collect();
            written.join("\n")
        }
        BlockKind::Quote(blocks) => {
            let lines: Vec<String> =
                write(blocks, base).lines().map(|line| format!("> {line}")).collect();
            lines.join("\n")
        }
        BlockKind::Code(code) => indented(code.trim_end_matches('\n'), "    "),
        // CommonMark has no tables.
        BlockKind::Table { header, rows } => {
            let row = |cells: &Vec<Vec<Inline>>| {
                let cells: Vec<String> =
                    cells.iter().map(|cell| inlines(cell, base).replace('\n', " ")).collect();
                format!("- {}", cells.join(" – ").trim())
            };
            let header = Some(header).filter(|it| !it.is_empty());
            let lines: Vec<String> =
                header.into_iter().chain(rows).map(row).filter(|it| it != "-").collect();
            lines.join("\n")
        }
        BlockKind::Rule => "---".to_owned(),
    }
}

/// The text with a sign before its first line, and the others below where it began.
fn indented(text: &str, sign: &str) -> String {
    let room = " ".repeat(sign.len());
    let mut written = String::new();
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            written.push('\n');
        }
        if !line.is_empty() {
            written.push_str(if number == 0 { sign } else { &room });
            written.push_str(line);
        }
    }
    written
}

fn inlines(content: &[Inline], base: &Url) -> String {
    let mut written = String::new();
    for inline in content {
        match inline {
            Inline::Text(words) => written.push_str(&escaped(words)),
            Inline::Emphasis(inner) => around(&mut written, "*", &inlines(inner, base)),
            Inline::Strong(inner) => around(&mut written, "**", &inlines(inner, base)),
            Inline::Strikethrough(inner) => written.push_str(&inlines(inner, base)),
            Inline::Code(words) if words.contains('`') => written.push_str(&escaped(words)),
            Inline::Code(words) => around(&mut written, "`", words),
            Inline::Link { url, content } => match safe_link(url, base) {
                Some(target) => {
                    let words = inlines(content, base).replace('\n', " ");
                    written.push_str(&format!("[{words}](<{target}>)"));
                }
                None => written.push_str(&inlines(content, base)),
            },
            Inline::Image { alternative, .. } => {
                written.push_str(&escaped(image_words(alternative)));
            }
            Inline::SoftBreak => written.push('\n'),
            Inline::HardBreak => written.push_str("  \n"),
        }
    }
    written
}

fn around(written: &mut String, sign: &str, words: &str) {
    let inner = words.trim();
    if inner.is_empty() {
        written.push_str(words);
        return;
    }
    // A sign beside a space is no sign.
    let start = words.len() - words.trim_start().len();
    let end = words.trim_end().len();
    written.push_str(words.get(..start).unwrap_or_default());
    written.push_str(&format!("{sign}{inner}{sign}"));
    written.push_str(words.get(end..).unwrap_or_default());
}

/// Words that mean themselves.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    let mut begins = true;
    for sign in words.chars() {
        let leads = begins && matches!(sign, '#' | '+' | '-' | '>' | '=');
        if leads || matches!(sign, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '~') {
            escaped.push('\\');
        }
        escaped.push(sign);
        begins = sign == '\n';
    }
    escaped
}
