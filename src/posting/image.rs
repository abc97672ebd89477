//! The picture of a page: the one that its front matter names, else the first one in its text; only
//! a file that lies beside the page.

use super::front_matter::{Node, Value};
use super::markdown::{Block, BlockKind, Inline};
use super::page::Page;

/// A picture that lies beside a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageImage {
    /// Path from the page's folder, with `/`.
    pub file: String,
    /// What it shows, in the author's words; empty if the author says nothing.
    pub alt: String,
}

/// Keys by which themes of page builders know a page's picture.
const KEYS: [&str; 6] =
    ["image", "featured_image", "featuredImage", "cover", "thumbnail", "images"];

/// Keys of a table that holds it.
const FILE_KEYS: [&str; 5] = ["src", "image", "file", "filename", "url"];
const ALT_KEYS: [&str; 3] = ["alt", "caption", "description"];

/// The picture of a page, if it has one.
pub(super) fn of(page: &Page) -> Option<PageImage> {
    let named = KEYS.iter().find_map(|key| named(page.value(key)?, page));
    named.or_else(|| page.document.blocks.iter().find_map(|block| in_block(block, page)))
}

fn named(node: &Node, page: &Page) -> Option<PageImage> {
    match &node.value {
        Value::Text(file) => {
            let alt = page.value("image_alt").or_else(|| page.value("alt"));
            let alt = match alt.map(|node| &node.value) {
                Some(Value::Text(alt)) => alt.trim().to_owned(),
                _ => String::new(),
            };
            Some(PageImage { file: beside(file.trim())?, alt })
        }
        Value::List(items) => named(items.first()?, page),
        Value::Table(table) => {
            let text = |keys: &[&str]| keys.iter().find_map(|key| table.text(key));
            let (file, _) = text(&FILE_KEYS)?;
            let alt = text(&ALT_KEYS).map(|(alt, _)| alt.to_owned()).unwrap_or_default();
            Some(PageImage { file: beside(file)?, alt })
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => None,
    }
}

fn in_block(block: &Block, page: &Page) -> Option<PageImage> {
    match &block.kind {
        BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
            in_inlines(content, page)
        }
        BlockKind::Quote(blocks) => blocks.iter().find_map(|block| in_block(block, page)),
        BlockKind::List { .. } | BlockKind::Code(_) | BlockKind::Table { .. } | BlockKind::Rule => {
            None
        }
    }
}

fn in_inlines(content: &[Inline], page: &Page) -> Option<PageImage> {
    content.iter().find_map(|inline| match inline {
        Inline::Image { url, alternative } => {
            // The text holds whole addresses.
            let url = url.parse().ok()?;
            let file = page.permalink.make_relative(&url)?;
            let file = percent_encoding::percent_decode_str(&file).decode_utf8().ok()?.into_owned();
            Some(PageImage { file: beside(&file)?, alt: alternative.trim().to_owned() })
        }
        Inline::Link { content, .. } | Inline::Emphasis(content) | Inline::Strong(content) => {
            in_inlines(content, page)
        }
        _ => None,
    })
}

/// A path that stays in the page's folder; `None` for addresses and for files elsewhere.
fn beside(file: &str) -> Option<String> {
    let file = file.strip_prefix("./").unwrap_or(file);
    let stays = !file.is_empty()
        && !file.contains([':', '\\', '?', '#'])
        && file.split('/').all(|part| !part.is_empty() && part != "..");
    stays.then(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_beside_the_page_counts() {
        assert_eq!(beside("./tides.png").as_deref(), Some("tides.png"));
        assert_eq!(beside("images/tides.png").as_deref(), Some("images/tides.png"));
        for elsewhere in
            ["/img/a.png", "../a.png", "https://lab.example/a.png", "a.png?x", "", "a//b", "c:\\a"]
        {
            assert_eq!(beside(elsewhere), None, "{elsewhere}");
        }
    }
}
