//! The words of a page with everything blanked that is no text for readers, byte for byte in its
//! place, so that what is found in them can be underlined in the file.

use std::sync::Arc;

use crate::diagnostic::{Source, Span};
use crate::posting::facts::pattern::Pattern;
use crate::posting::{Origin, Posting, front_matter};

/// Comments, pieces of code, and template tags.
static NO_TEXT: Pattern = Pattern::new(
    r"(?xs) <!-- .*? (?: --> | \z)
        | ^```.*?^``` | \n```.*?\n```
        | \{\{ [<%] .*? [%>] \}\} | \{% .*? %\} | `[^`\n]+`
        | <(?:script|style)\b .*? </(?:script|style)>",
);

/// The words of a page below its front matter, or with its title and summary before them.
#[derive(Debug)]
pub(super) struct Body {
    text: String,
    offset: usize,
}

impl Body {
    pub(super) fn of(source: &Arc<Source>) -> Self {
        let body = front_matter::read(source, &mut Vec::new())
            .map_or(Span::new(0, source.text.len()), |page| page.body);
        let written = source.words(body);
        let mut text = String::with_capacity(written.len());
        let mut at = 0;
        for hidden in NO_TEXT.find_iter(written) {
            text.push_str(written.get(at..hidden.start()).unwrap_or_default());
            let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
            text.extend(hidden.as_str().bytes().map(blank));
            at = hidden.end();
        }
        text.push_str(written.get(at..).unwrap_or_default());
        Self { text, offset: body.start }
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
        Self { text, offset: 0 }
    }

    pub(super) fn text(&self) -> &str {
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
        let before = self.text.get(..range.start).unwrap_or_default();
        let after = self.text.get(range.end..).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let stop = after.find('\n').map_or(self.text.len(), |at| range.end + at);
        self.text.get(start..stop).unwrap_or_default()
    }

    /// The sentence around a place, roughly: up to a full stop or the end of the line.
    pub(super) fn sentence(&self, range: std::ops::Range<usize>) -> &str {
        let end = |it: char| matches!(it, '.' | '\n' | '!' | '?');
        let before = self.text.get(..range.start).unwrap_or_default();
        let after = self.text.get(range.end..).unwrap_or_default();
        let start = before.rfind(end).map_or(0, |at| at + 1);
        let stop = after.find(end).map_or(self.text.len(), |at| range.end + at);
        self.text.get(start..stop).unwrap_or_default()
    }
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
