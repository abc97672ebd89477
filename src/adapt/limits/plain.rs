//! The ad as plain text for a field of a form: lines are not wrapped, links stand behind their
//! words.

use url::Url;

use crate::adapt::html::{image_words, safe_link};
use crate::posting::markdown::{Block, BlockKind, Inline};

/// Relative links of the page count from `base`.
pub(super) fn write(blocks: &[Block], base: &Url) -> String {
    let written: Vec<String> = blocks.iter().map(|it| block(&it.kind, base)).collect();
    written.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn block(block: &BlockKind, base: &Url) -> String {
    match block {
        BlockKind::Heading { content, .. } | BlockKind::Paragraph(content) => {
            inlines(content, base).trim().to_owned()
        }
        BlockKind::List { start, items } => {
            let item = |(place, item): (usize, &Vec<Block>)| {
                let words = write(item, base).replace("\n\n", "\n");
                match start {
                    Some(first) => format!("{}. {words}", first + place),
                    None => format!("– {words}"),
                }
            };
            items.iter().enumerate().map(item).collect::<Vec<_>>().join("\n")
        }
        BlockKind::Quote(blocks) => write(blocks, base),
        BlockKind::Code(code) => code.trim_end().to_owned(),
        BlockKind::Table { header, rows } => {
            let row = |cells: &Vec<Vec<Inline>>| {
                let cells: Vec<String> = cells.iter().map(|cell| inlines(cell, base)).collect();
                cells.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" – ")
            };
            let lines: Vec<String> = std::iter::once(header).chain(rows).map(row).collect();
            lines.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n")
        }
        BlockKind::Rule => String::new(),
    }
}

fn inlines(content: &[Inline], base: &Url) -> String {
    let mut written = String::new();
    for inline in content {
        match inline {
            Inline::Text(words) | Inline::Code(words) => written.push_str(words),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strikethrough(inner) => {
                written.push_str(&inlines(inner, base));
            }
            Inline::Link { url, content } => {
                let words = inlines(content, base);
                written.push_str(&words);
                if let Some(target) = safe_link(url, base) {
                    let shown = target.strip_prefix("mailto:").unwrap_or(&target);
                    let says_it = |it: &str| words.contains(it.trim_end_matches('/'));
                    if !says_it(shown) && !says_it(shown.trim_start_matches("https://")) {
                        written.push_str(&format!(" ({shown})"));
                    }
                }
            }
            Inline::Image { alternative, .. } => written.push_str(image_words(alternative)),
            Inline::SoftBreak => written.push(' '),
            Inline::HardBreak => written.push('\n'),
        }
    }
    written
}
