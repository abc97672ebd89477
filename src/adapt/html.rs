//! The body as HTML for mail and boards: plain elements, everything escaped, nothing that a reader
//! would load from elsewhere.

use url::Url;

use crate::posting::markdown::{Block, BlockKind, Document, Inline, plain};

/// The document as HTML. Only `p ul ol li strong em del a h2 h3 h4 table br pre code blockquote
/// hr` occur. Links of the page that are relative count from `base`; an image is its alternative
/// text.
pub fn render(document: &Document, base: &Url) -> String {
    let mut writer = Writer { base, html: String::new() };
    writer.blocks(&document.blocks);
    writer.html.truncate(writer.html.trim_end().len());
    writer.html
}

/// The absolute address of a link, if it is one that a reader may be sent to: http, https or
/// mailto.
pub fn safe_link(url: &str, base: &Url) -> Option<String> {
    let target = base.join(url.trim()).ok()?;
    matches!(target.scheme(), "http" | "https" | "mailto").then(|| target.to_string())
}

/// What an image says in words: its alternative text, unless that is only the name of its file, or
/// where a theme puts it (`image-left`).
pub fn image_words(alternative: &str) -> &str {
    const ENDINGS: [&str; 6] = [".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"];
    let is_file = |words: &str| {
        let words = words.to_ascii_lowercase();
        !words.contains(char::is_whitespace) && ENDINGS.iter().any(|it| words.ends_with(it))
    };
    let is_place = |words: &str| {
        let words = words.to_ascii_lowercase();
        let place =
            ["image", "img", "picture", "photo"].iter().find_map(|it| words.strip_prefix(it));
        place.is_some_and(|place| {
            ["", "left", "right", "center", "centre", "full"]
                .contains(&place.trim_start_matches(['-', '_', ' ']))
        })
    };
    let words = alternative.trim();
    if is_file(words) || is_place(words) { "" } else { alternative }
}

/// Text that is safe in HTML, in attributes too.
pub fn escape(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

struct Writer<'a> {
    base: &'a Url,
    html: String,
}

impl Writer<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(&block.kind);
            self.html.push('\n');
        }
    }

    fn block(&mut self, block: &BlockKind) {
        match block {
            BlockKind::Heading { level, content } => {
                let level = (*level).clamp(2, 4);
                self.element(&format!("h{level}"), |writer| writer.inlines(content));
            }
            BlockKind::Paragraph(content) => self.element("p", |writer| writer.inlines(content)),
            BlockKind::List { start, items } => self.list(*start, items),
            BlockKind::Quote(blocks) => self.element("blockquote", |writer| {
                writer.html.push('\n');
                writer.blocks(blocks);
            }),
            BlockKind::Code(code) => self.element("pre", |writer| writer.text(code)),
            BlockKind::Table { header, rows } => self.table(header, rows),
            BlockKind::Rule => self.html.push_str("<hr>"),
        }
    }

    fn list(&mut self, start: Option<usize>, items: &[Vec<Block>]) {
        let name = if start.is_some() { "ol" } else { "ul" };
        match start {
            Some(first) if first != 1 => self.html.push_str(&format!("<ol start=\"{first}\">\n")),
            _ => self.html.push_str(&format!("<{name}>\n")),
        }
        for item in items {
            self.element("li", |writer| match item.as_slice() {
                [Block { kind: BlockKind::Paragraph(content), .. }] => writer.inlines(content),
                blocks => {
                    writer.html.push('\n');
                    writer.blocks(blocks);
                }
            });
            self.html.push('\n');
        }
        self.html.push_str(&format!("</{name}>"));
    }

    fn table(&mut self, header: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) {
        self.element("table", |writer| {
            writer.html.push('\n');
            if header.iter().any(|cell| !plain(cell).trim().is_empty()) {
                writer.row("th", header);
            }
            for row in rows {
                writer.row("td", row);
            }
        });
    }

    fn row(&mut self, name: &str, cells: &[Vec<Inline>]) {
        self.element("tr", |writer| {
            for cell in cells {
                writer.element(name, |writer| writer.inlines(cell));
            }
        });
        self.html.push('\n');
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text(words) => self.text(words),
                Inline::Emphasis(inner) => self.element("em", |writer| writer.inlines(inner)),
                Inline::Strong(inner) => self.element("strong", |writer| writer.inlines(inner)),
                Inline::Strikethrough(inner) => self.element("del", |writer| writer.inlines(inner)),
                Inline::Code(words) => self.element("code", |writer| writer.text(words)),
                Inline::Link { url, content } => self.link(url, content),
                Inline::Image { alternative, .. } => self.text(image_words(alternative)),
                Inline::SoftBreak => self.html.push('\n'),
                Inline::HardBreak => self.html.push_str("<br>\n"),
            }
        }
    }

    fn link(&mut self, url: &str, content: &[Inline]) {
        let Some(target) = safe_link(url, self.base) else {
            self.inlines(content);
            return;
        };
        self.html.push_str(&format!("<a href=\"{}\">", escape(&target)));
        self.inlines(content);
        self.html.push_str("</a>");
    }

    fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.html.push_str(&format!("<{name}>"));
        content(self);
        self.html.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, words: &str) {
        self.html.push_str(&escape(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_silent_where_its_words_are_a_file_or_a_place() {
        for silent in ["boat.JPG", "image-left", "Image", "img_center", " photo "] {
            assert_eq!(image_words(silent), "", "{silent}");
        }
        for words in ["Our boat", "Images of tides", "image-guided surgery"] {
            assert_eq!(image_words(words), words);
        }
    }

    use crate::diagnostic::Span;

    #[test]
    fn nothing_of_the_page_becomes_markup() {
        let content = vec![
            Inline::Text("<script>\"&".to_owned()),
            Inline::Link {
                url: "javascript:alert(1)".to_owned(),
                content: vec![Inline::Text("click".to_owned())],
            },
            Inline::Link {
                url: "/a?b=1&c=\"2\"".to_owned(),
                content: vec![Inline::Text("there".to_owned())],
            },
            Inline::Image {
                url: "https://tracker.example/pixel.gif".to_owned(),
                alternative: "the sea".to_owned(),
            },
        ];
        let block = Block { span: Span::default(), kind: BlockKind::Paragraph(content) };
        let base = Url::parse("https://lab.example/jobs/").unwrap();
        assert_eq!(
            render(&Document { blocks: vec![block] }, &base),
            "<p>&lt;script&gt;&quot;&amp;click\
             <a href=\"https://lab.example/a?b=1&amp;c=%222%22\">there</a>the sea</p>"
        );
    }
}
