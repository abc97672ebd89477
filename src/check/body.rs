//! The words of a page with everything blanked that is no text for readers, byte for byte in its
//! place, so that what is found in them can be underlined in the file.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Source, Span};
use crate::posting::facts::pattern::Pattern;
use crate::posting::facts::text::Text;
use crate::posting::{Origin, Posting, front_matter};

/// How what is no text begins and ends.
const NO_TEXT: [(&str, &str); 8] = [
    ("<!--", "-->"),
    ("{{<", ">}}"),
    ("{{%", "%}}"),
    ("{%", "%}"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("```", "\n```"),
    ("`", "`"),
];

/// How many bytes on either side of a place belong to it.
const REACH: usize = 1000;

/// The words of a page below its front matter, or with its title and summary before them.
#[derive(Debug)]
pub(super) struct Body {
    text: Text,
    offset: usize,
}

impl Body {
    pub(super) fn of(source: &Arc<Source>) -> Self {
        let body = front_matter::read(source, &mut Vec::new())
            .map_or(Span::new(0, source.text.len()), |page| page.body);
        let written = source.words(body);
        let mut text = String::with_capacity(written.len());
        let mut at = 0;
        for hidden in no_text(written) {
            text.push_str(written.get(at..hidden.start).unwrap_or_default());
            at = hidden.end;
            let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
            text.extend(written.get(hidden).unwrap_or_default().bytes().map(blank));
        }
        text.push_str(written.get(at..).unwrap_or_default());
        Self { text: text.into(), offset: body.start }
    }

    /// These words with the title and the summary of the front matter before them.
    pub(super) fn with_front_matter(&self, page: &Posting) -> Self {
        let front = page.source.text.get(..self.offset).unwrap_or_default();
        let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
        let mut text: String = front.bytes().map(blank).collect();
        let facts = &page.facts;
        for field in [&facts.display_title, &facts.title, &facts.summary].into_iter().flatten() {
            let (Origin::Declared(span) | Origin::Inferred(span)) = field.origin else { continue };
            if span.end <= self.offset {
                text.replace_range(span.start..span.end, page.source.words(span));
            }
        }
        text.push_str(&self.text);
        Self { text: text.into(), offset: 0 }
    }

    pub(super) fn text(&self) -> &Text {
        &self.text
    }

    /// Where a range of this text stands in the file.
    pub(super) fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::from(range).shifted(self.offset)
    }

    /// The places of a pattern, each with its words.
    pub(super) fn find<'b>(
        &'b self,
        pattern: &'b Pattern,
    ) -> impl Iterator<Item = (Span, &'b str)> {
        pattern.find_iter(&self.text).map(|found| (self.span(found.range()), found.as_str()))
    }

    /// The line around a place.
    pub(super) fn line(&self, range: std::ops::Range<usize>) -> &str {
        self.around(range, |it| it == '\n')
    }

    /// The sentence around a place, roughly: up to a full stop or the end of the line.
    pub(super) fn sentence(&self, range: std::ops::Range<usize>) -> &str {
        self.around(range, |it| matches!(it, '.' | '\n' | '!' | '?'))
    }

    /// What stands around a place up to an end on either side, and not further than people read at
    /// once: so looking around every place of a page of one line takes no longer than its length.
    fn around(&self, range: std::ops::Range<usize>, is_end: fn(char) -> bool) -> &str {
        let mut from = range.start.saturating_sub(REACH);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let mut to = (range.end + REACH).min(self.text.len());
        while !self.text.is_char_boundary(to) {
            to -= 1;
        }
        let before = self.text.get(from..range.start).unwrap_or_default();
        let after = self.text.get(range.end..to).unwrap_or_default();
        let start = before.rfind(is_end).map_or(from, |at| from + at + 1);
        let stop = after.find(is_end).map_or(to, |at| range.end + at);
        self.text.get(start..stop).unwrap_or_default()
    }
}

/// Comments, pieces of code, and template tags, in order. What is never closed is text, but for a
/// comment; each kind is looked for to the end of the page only once, so that a page of openings
/// takes no longer than another.
fn no_text(page: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut unclosed = [false; NO_TEXT.len()];
    let mut at = 0;
    while let Some(next) = page.get(at..).and_then(|rest| rest.find(['<', '{', '`'])) {
        let start = at + next;
        at = start + 1;
        for (&(opening, closing), unclosed) in NO_TEXT.iter().zip(&mut unclosed) {
            let rest = page.get(start..).unwrap_or_default();
            let Some(behind) = rest.strip_prefix(opening).filter(|_| !*unclosed) else { continue };
            let stands_first =
                page.get(..start).is_none_or(|it| it.is_empty() || it.ends_with('\n'));
            if opening == "```" && !stands_first {
                continue;
            }
            let of_a_line = opening == "`";
            let within = if of_a_line { behind.split('\n').next() } else { Some(behind) };
            match within.and_then(|within| within.find(closing)) {
                Some(0) if of_a_line => continue,
                Some(length) => at = start + opening.len() + length + closing.len(),
                None if opening == "<!--" => at = page.len(),
                None => {
                    *unclosed = !of_a_line;
                    continue;
                }
            }
            found.push(start..at);
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_do_not_see_is_blank_and_the_rest_keeps_its_place() {
        let page = "---\ntitle: T\n---\nÄ <!-- ü\nTODO --> b `c` {{< d >}}\n```\ne\n```\nf";
        let source = Source::new("a.md", page);
        let body = Body::of(&source);
        assert_eq!(body.text().split_whitespace().collect::<Vec<_>>(), ["Ä", "b", "f"]);
        let at = body.text().rfind('f').expect("the last word");
        assert_eq!(source.words(body.span(at..at + 1)), "f");
        assert_eq!(body.text().matches('\n').count() + 3, page.matches('\n').count());
    }
}
