//! Builds the words of one paragraph, from Markdown and from simple HTML alike.

use super::tag::Tag;
use super::{Addresses, Inline, address, plain, words};

/// Deeper nesting than this is flattened: no person writes it, and no reader is helped by it.
const DEPTH: usize = 32;

/// The inlines of one paragraph as they grow.
pub(super) struct Inlines<'a> {
    addresses: &'a Addresses,
    open: Vec<Frame>,
    done: Vec<Inline>,
    /// The element whose whole content is left out.
    skipping: Option<String>,
}

struct Frame {
    name: String,
    element: Element,
    content: Vec<Inline>,
}

enum Element {
    Emphasis,
    Strong,
    Strikethrough,
    Code,
    Link(String),
    /// An element that says nothing, such as `span`.
    Nothing,
}

impl<'a> Inlines<'a> {
    pub(super) fn new(addresses: &'a Addresses) -> Self {
        Self { addresses, open: Vec::new(), done: Vec::new(), skipping: None }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.push(Inline::Text(words(text)));
    }

    pub(super) fn push(&mut self, inline: Inline) {
        if self.skipping.is_none() {
            self.content().push(inline);
        }
    }

    pub(super) fn extend(&mut self, inlines: Vec<Inline>) {
        if self.skipping.is_none() {
            self.content().extend(inlines);
        }
    }

    /// An HTML tag among words.
    pub(super) fn tag(&mut self, tag: &Tag) {
        if let Some(name) = &self.skipping {
            if tag.closes && tag.name == *name {
                self.skipping = None;
            }
            return;
        }
        match tag.name.as_str() {
            _ if tag.closes => self.close(&tag.name),
            _ if tag.hides_its_content() => {
                if !tag.is_empty {
                    self.skipping = Some(tag.name.clone());
                }
            }
            "br" => self.push(Inline::HardBreak),
            "img" => self.image(tag.attribute("src"), tag.attribute("alt")),
            "wbr" | "input" => {}
            "b" | "strong" => self.open(tag, Element::Strong),
            "i" | "em" | "cite" => self.open(tag, Element::Emphasis),
            "s" | "del" | "strike" => self.open(tag, Element::Strikethrough),
            "code" | "kbd" | "tt" => self.open(tag, Element::Code),
            _ if tag.is_block() => self.push(Inline::HardBreak),
            // Also the buttons and links of MDX: `<Button href="…">`, `<Link to="…">`.
            _ => {
                let url = tag.attribute("href").or_else(|| tag.attribute("to"));
                let url = url.and_then(|url| address(url, self.addresses));
                self.open(tag, url.map_or(Element::Nothing, Element::Link));
            }
        }
    }

    pub(super) fn image(&mut self, url: Option<&str>, alternative: Option<&str>) {
        let alternative = words(alternative.unwrap_or_default());
        match url.and_then(|url| address(url, self.addresses)) {
            Some(url) => self.push(Inline::Image { url, alternative }),
            None => self.push(Inline::Text(alternative)),
        }
    }

    pub(super) fn link(&mut self, url: &str, content: Vec<Inline>) {
        match address(url, self.addresses) {
            Some(url) => self.push(Inline::Link { url, content }),
            None => self.extend(content),
        }
    }

    pub(super) fn finish(mut self) -> Vec<Inline> {
        while let Some(frame) = self.open.pop() {
            let inlines = frame.into_inlines();
            self.content().extend(inlines);
        }
        let mut inlines = tidy(self.done);
        trim(&mut inlines);
        inlines
    }

    fn content(&mut self) -> &mut Vec<Inline> {
        self.open.last_mut().map_or(&mut self.done, |frame| &mut frame.content)
    }

    fn open(&mut self, tag: &Tag, element: Element) {
        if !tag.is_empty && self.open.len() < DEPTH {
            self.open.push(Frame { name: tag.name.clone(), element, content: Vec::new() });
        }
    }

    fn close(&mut self, name: &str) {
        if !self.open.iter().any(|frame| frame.name == name) {
            return;
        }
        while let Some(frame) = self.open.pop() {
            let found = frame.name == name;
            let inlines = frame.into_inlines();
            self.content().extend(inlines);
            if found {
                return;
            }
        }
    }
}

impl Frame {
    fn into_inlines(self) -> Vec<Inline> {
        let content = self.content;
        match self.element {
            Element::Emphasis => vec![Inline::Emphasis(content)],
            Element::Strong => vec![Inline::Strong(content)],
            Element::Strikethrough => vec![Inline::Strikethrough(content)],
            Element::Code => vec![Inline::Code(plain(&content))],
            Element::Link(url) => vec![Inline::Link { url, content }],
            Element::Nothing => content,
        }
    }
}

/// Whether inlines say or show nothing.
pub(super) fn is_empty(inlines: &[Inline]) -> bool {
    inlines.iter().all(|inline| match inline {
        Inline::Text(text) | Inline::Code(text) => text.trim().is_empty(),
        Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strikethrough(inner) => {
            is_empty(inner)
        }
        Inline::Link { content, .. } => is_empty(content),
        Inline::Image { .. } => false,
        Inline::SoftBreak | Inline::HardBreak => true,
    })
}

/// The content of inlines that are bold from end to end, a colon after them included; `None` if
/// they are not.
pub(super) fn all_bold(inlines: &[Inline]) -> Option<Vec<Inline>> {
    let mut content = Vec::new();
    let mut bold = false;
    for (index, inline) in inlines.iter().enumerate() {
        match inline {
            Inline::Strong(inner) => {
                bold = true;
                content.extend(inner.iter().cloned());
            }
            Inline::Text(text) if text.trim().is_empty() => content.push(inline.clone()),
            Inline::Text(text) if text.trim() == ":" && index + 1 == inlines.len() => {
                content.push(Inline::Text(":".to_owned()));
            }
            _ => return None,
        }
    }
    bold.then(|| tidy(content))
}

/// Joins neighbouring texts, makes runs of blanks one, and drops elements without content.
fn tidy(inlines: Vec<Inline>) -> Vec<Inline> {
    let mut tidied: Vec<Inline> = Vec::new();
    for inline in inlines {
        let inline = match inline {
            Inline::Emphasis(inner) => Inline::Emphasis(tidy(inner)),
            Inline::Strong(inner) => Inline::Strong(tidy(inner)),
            Inline::Strikethrough(inner) => Inline::Strikethrough(tidy(inner)),
            Inline::Link { url, content } => Inline::Link { url, content: tidy(content) },
            other => other,
        };
        match (tidied.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => push_blanks_once(before, &text),
            (_, Inline::Text(text)) => {
                let mut once = String::with_capacity(text.len());
                push_blanks_once(&mut once, &text);
                tidied.push(Inline::Text(once));
            }
            (
                _,
                Inline::Emphasis(inner)
                | Inline::Strong(inner)
                | Inline::Strikethrough(inner)
                | Inline::Link { content: inner, .. },
            ) if inner.is_empty() => {}
            (_, inline) => tidied.push(inline),
        }
    }
    tidied.retain(|inline| !matches!(inline, Inline::Text(text) if text.is_empty()));
    tidied
}

fn push_blanks_once(text: &mut String, more: &str) {
    for character in more.chars() {
        let blank = matches!(character, ' ' | '\t' | '\n' | '\r');
        if !blank {
            text.push(character);
        } else if !text.ends_with(' ') {
            text.push(' ');
        }
    }
}

/// Takes blanks and breaks from both ends.
fn trim(inlines: &mut Vec<Inline>) {
    loop {
        match inlines.first_mut() {
            Some(Inline::SoftBreak | Inline::HardBreak) => {}
            Some(Inline::Text(text)) => {
                *text = text.trim_start_matches(' ').to_owned();
                if !text.is_empty() {
                    break;
                }
            }
            _ => break,
        }
        inlines.remove(0);
    }
    loop {
        match inlines.last_mut() {
            Some(Inline::SoftBreak | Inline::HardBreak) => {}
            Some(Inline::Text(text)) => {
                text.truncate(text.trim_end_matches(' ').len());
                if !text.is_empty() {
                    break;
                }
            }
            _ => break,
        }
        inlines.pop();
    }
}
