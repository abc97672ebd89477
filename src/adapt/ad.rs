//! The ad itself, as templates ask for it: laid out as text or HTML, cut into sections, its teaser.
//!
//! Laying out is most of the work of a rendition, and ten lists want the same: each form is made when
//! it is first asked for, and kept with the ads that were asked for last.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object, Serde};
use serde::Serialize;
use url::Url;

use super::text::Laid;
use super::view::{one_line, summary_of, without_markup};
use super::{Charset, ascii, fit, html, sentence, text, thread};
use crate::diagnostic::Span;
use crate::posting::Posting;
use crate::posting::markdown::{Block, BlockKind, Document, Inline, plain};

/// The ad itself. Each of its forms is made when a template asks for it, because most templates
/// ask for one or none, and they are most of the work.
///
/// `teaser` is the summary, or the first sentences of the ad that say something about the job;
/// `text` is plain text at 72 columns, which is `prose` with the `links` below it; `plain` has each
/// paragraph and each point on one line, for forms that break lines themselves; `html` is HTML
/// (write `{{ html | safe }}` in an HTML template); `description` is what a board takes of it (its
/// `[board.limits]`), elsewhere `html`; `sections` are text and HTML, cut at the
/// headings; `paragraphs` is plain text that is not wrapped, for networks.
#[derive(Debug, PartialEq)]
pub struct Ad {
    /// The page itself, by which the ad is known again.
    page: Arc<Document>,
    charset: Charset,
    document: Arc<Document>,
    permalink: Url,
    /// The summary as the page says it.
    said: Option<String>,
    summary: Option<String>,
    teaser: OnceLock<Option<String>>,
    titles: Vec<String>,
    text: OnceLock<Laid>,
    html: OnceLock<Value>,
}

/// A part of the ad; the words before the first heading have none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    pub heading: Option<String>,
    pub text: String,
    pub html: String,
}

impl Object for Ad {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "teaser" => Some(self.teaser().into()),
            "text" => Some(self.laid().whole().into()),
            "prose" => Some(self.laid().prose.clone().into()),
            "links" => Some(self.laid().links.clone().into()),
            "plain" => Some(self.plain().into()),
            // A board has its own; see `View::within`.
            "html" | "description" => {
                Some(self.html.get_or_init(|| self.html(&self.body()).into()).clone())
            }
            "sections" => Some(Serde(self.sections()).into()),
            "paragraphs" => Some(fit::without_marks(&thread::paragraphs(&self.body())).into()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&[
            "teaser",
            "text",
            "prose",
            "links",
            "plain",
            "html",
            "description",
            "sections",
            "paragraphs",
        ])
    }
}

/// The title as the page shows it, and as a subject does.
fn titles_of(posting: &Posting) -> Vec<String> {
    let facts = &posting.facts;
    let titles = facts.display_title.iter().chain(&facts.title);
    titles.map(|field| field.value.clone()).collect()
}

/// The headings that are left out, by their places: the first if it repeats the title, and those
/// with nothing below them.
fn left_out(blocks: &[Block], titles: &[String]) -> Vec<usize> {
    let letters = |words: &str| -> String {
        words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let repeats_title = |content: &[Inline]| {
        let heading = letters(&plain(content));
        titles.iter().any(|title| letters(title) == heading)
    };
    let mut left_out = Vec::new();
    if blocks.iter().all(|block| matches!(block.kind, BlockKind::Heading { .. })) {
        return left_out;
    }
    // The level of the heading that comes next, if nothing but that stands between.
    let mut next: Option<u8> = Some(0);
    for (index, block) in blocks.iter().enumerate().rev() {
        let BlockKind::Heading { level, content } = &block.kind else {
            next = None;
            continue;
        };
        let is_bare = next.is_some_and(|next| next <= *level);
        if is_bare || (index == 0 && repeats_title(content)) {
            left_out.push(index);
        } else {
            next = Some(*level);
        }
    }
    left_out
}

/// Whether a page has fewer letters than its summary.
fn says_less(page: &Document, summary: &str) -> bool {
    let letters = |words: &str| words.chars().filter(|c| c.is_alphanumeric()).count();
    letters(&thread::paragraphs(page)) < letters(summary)
}

impl Ad {
    pub fn of(posting: &Posting, charset: Charset) -> Self {
        let page = Arc::clone(&posting.document);
        let language = &posting.language;
        let summary = summary_of(posting);
        let (document, summary) = match charset {
            Charset::Utf8 => (Arc::clone(&page), summary),
            Charset::Ascii => (
                Arc::new(ascii::document(&page, language)),
                summary.map(|summary| ascii::write(&summary, language).into_owned()),
            ),
        };
        Self {
            page,
            charset,
            document,
            permalink: posting.permalink.clone(),
            said: summary_of(posting),
            summary,
            titles: titles_of(posting),
            teaser: OnceLock::new(),
            text: OnceLock::new(),
            html: OnceLock::new(),
        }
    }

    /// Whether this is the ad of a posting as it was read now. What is the same document in memory
    /// says the same.
    fn is_of(&self, posting: &Posting, charset: Charset) -> bool {
        Arc::ptr_eq(&self.page, &posting.document)
            && self.charset == charset
            && self.permalink == posting.permalink
            && self.said == summary_of(posting)
            && self.titles == titles_of(posting)
    }

    /// The summary, or the first sentences of the ad that say something about the job.
    pub fn teaser(&self) -> Option<String> {
        self.teaser.get_or_init(|| teaser(self.summary.as_deref(), &self.document)).clone()
    }

    /// The address of its page.
    pub(super) fn permalink(&self) -> &Url {
        &self.permalink
    }

    fn laid(&self) -> &Laid {
        self.text.get_or_init(|| self.text(&self.body()))
    }

    /// The words of the page; where the summary says more than all of them (a page that only opens a
    /// file), it comes first. Every form
    /// shows the title already, so a heading at the top that repeats it is left out, and so is one
    /// with nothing below it: what stood there was no words.
    pub(super) fn body(&self) -> Cow<'_, Document> {
        let blocks = &self.document.blocks;
        let summary = self.summary.as_ref().filter(|summary| says_less(&self.document, summary));
        let left_out = left_out(blocks, &self.titles);
        if left_out.is_empty() && summary.is_none() {
            return Cow::Borrowed(self.document.as_ref());
        }
        let summary = summary.map(|summary| {
            let kind = BlockKind::Paragraph(vec![Inline::Text(summary.clone())]);
            Block { span: Span::default(), kind }
        });
        let kept = blocks.iter().enumerate().filter(|(index, _)| !left_out.contains(index));
        let kept = kept.map(|(_, block)| block.clone());
        Cow::Owned(Document { blocks: summary.into_iter().chain(kept).collect() })
    }

    fn text(&self, document: &Document) -> Laid {
        let Laid { prose, links } = text::render(document, &self.permalink);
        Laid { prose: fit::without_marks(&prose), links: fit::without_marks(&links) }
    }

    fn plain(&self) -> String {
        fit::without_marks(&text::unbroken(&self.body(), &self.permalink))
    }

    /// Of how many paragraphs, lists and headings the ad is made.
    pub(super) fn blocks(&self) -> usize {
        self.body().blocks.len()
    }

    /// The first blocks of the ad as HTML, without headings that would have nothing below them.
    pub(super) fn html_of_first(&self, blocks: usize) -> String {
        let mut kept = self.body().into_owned();
        kept.blocks.truncate(blocks);
        while matches!(kept.blocks.last(), Some(Block { kind: BlockKind::Heading { .. }, .. })) {
            kept.blocks.pop();
        }
        self.html(&kept)
    }

    fn html(&self, document: &Document) -> String {
        fit::without_marks(&html::render(document, &self.permalink))
    }

    fn sections(&self) -> Vec<Section> {
        let mut parts: Vec<(Option<String>, Document)> = vec![(None, Document::default())];
        for block in &self.body().blocks {
            if let BlockKind::Heading { content, .. } = &block.kind {
                parts.push((Some(one_line(&plain(content))), Document::default()));
            } else if let Some((_, document)) = parts.last_mut() {
                document.blocks.push(block.clone());
            }
        }
        parts
            .into_iter()
            .filter(|(heading, document)| heading.is_some() || !document.blocks.is_empty())
            .map(|(heading, document)| Section {
                heading,
                text: self.text(&document).whole(),
                html: self.html(&document),
            })
            .collect()
    }
}

/// The ads that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<VecDeque<Arc<Ad>>>);

/// Channels take up ads in about the same order, so a few are enough.
const KEPT: usize = 16;

impl Recent {
    /// The ad of a posting; the one that is there, if it was asked for lately.
    pub(super) fn ad(&self, posting: &Posting, charset: Charset) -> Arc<Ad> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ad) = kept.iter().find(|ad| ad.is_of(posting, charset)) {
            return Arc::clone(ad);
        }
        let ad = Arc::new(Ad::of(posting, charset));
        kept.truncate(KEPT - 1);
        kept.push_front(Arc::clone(&ad));
        ad
    }
}

/// With a capital letter at its beginning: summaries often go on where the title ended.
fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

/// Words that a sentence about the job has, and one about the employer has not.
const ABOUT_THE_JOB: &[&str] = &[
    "position",
    "vacanc",
    "we are looking for",
    "is looking for",
    "we seek",
    "candidate",
    "you will",
    "your task",
    "join ",
    "the project",
    "this project",
    "stelle",
    "suchen",
    "sie werden",
    "aufgabe",
    "das projekt",
    "diesem projekt",
    "promotion",
    "opportunity to",
];

/// Words of sentences about start and duration, which every rendition names beside the teaser, and
/// about formalities.
const ABOUT_THE_TERMS: &[&str] = &[
    "starting ",
    "start date",
    "limited to",
    "as agreed",
    "nach vereinbarung",
    "fixed-term",
    "fixed term",
    "befristet",
    "zum nächstmöglichen",
    "ab sofort",
    "enrolled",
    "eingeschrieben",
    "immatrikulier",
];

/// A longer sentence is no teaser.
const LONGEST_TEASER_SENTENCE: usize = 300;

/// The author's summary, unless it begins with start and duration, which stand beside it already;
/// then what the ad says of the job, or what the summary says beyond them.
fn teaser(summary: Option<&str>, document: &Document) -> Option<String> {
    let about_the_job = || paragraphs(document).find_map(|paragraph| about_the_job(&paragraph));
    let Some(summary) = summary.map(capitalised) else {
        return about_the_job()
            .or_else(|| paragraphs(document).flatten().find(|it| says_something(it)));
    };
    let said = sentences(&summary);
    let is_about_terms = |sentence: &String| is_about(sentence, ABOUT_THE_TERMS);
    if !said.first().is_some_and(is_about_terms) {
        return Some(summary);
    }
    let beyond: Vec<String> = said.into_iter().filter(|it| says_something(it)).collect();
    about_the_job().or_else(|| (!beyond.is_empty()).then(|| beyond.join(" ")))
}

/// The sentences of each paragraph.
fn paragraphs(document: &Document) -> impl Iterator<Item = Vec<String>> {
    document.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Paragraph(content) if !is_list_of_facts(content) => {
            Some(sentences(&without_markup(&plain(content))))
        }
        _ => None,
    })
}

/// Lines such as `Location: Seahaven`, which make no sentence together.
fn is_list_of_facts(content: &[Inline]) -> bool {
    const LONGEST_LABEL: usize = 40;
    let lines = content.split(|it| matches!(it, Inline::HardBreak | Inline::SoftBreak));
    let is_labelled = |line: &&[Inline]| {
        let words = plain(line);
        words.trim_start().split_once(':').is_some_and(|(label, rest)| {
            label.chars().count() <= LONGEST_LABEL
                && !label.contains(['.', '!', '?'])
                && rest.starts_with(char::is_whitespace)
        })
    };
    lines.filter(is_labelled).count() >= 2
}

/// The first sentence of a paragraph that is about the job, and the one after it; with a short one
/// before it (`Sand moves.`), which it may refer to.
fn about_the_job(paragraph: &[String]) -> Option<String> {
    let is_it = |sentence: &String| says_something(sentence) && is_about(sentence, ABOUT_THE_JOB);
    let at = paragraph.iter().position(is_it)?;
    let opens = at == 1 && paragraph.first().is_some_and(|it| it.split(' ').count() < 5);
    let first = if opens { 0 } else { at };
    let after = paragraph.get(at + 1).filter(|sentence| says_something(sentence));
    let last = if after.is_some() { at + 1 } else { at };
    paragraph.get(first..=last).map(|sentences| sentences.join(" "))
}

/// Whether a sentence can stand by itself: what ends with a colon speaks of what comes below it,
/// a line without an end is a label, and a question wants an answer.
fn says_something(sentence: &str) -> bool {
    sentence.split(' ').count() >= 5
        && sentence.chars().count() <= LONGEST_TEASER_SENTENCE
        && sentence.ends_with(['.', '!', '…', ')', '”', '“', '"', '。'])
        && !is_about(sentence, ABOUT_THE_TERMS)
}

fn is_about(sentence: &str, words: &[&str]) -> bool {
    let lower = sentence.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

fn sentences(paragraph: &str) -> Vec<String> {
    let mut start = 0;
    let mut found = Vec::new();
    for end in sentence::ends(paragraph) {
        found.push(paragraph[start..end].trim().to_owned());
        start = end;
    }
    let rest = paragraph[start..].trim();
    if !rest.is_empty() {
        found.push(rest.to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_start_and_duration_alone_is_no_teaser() {
        let ad = |words: &str| Document {
            blocks: vec![Block {
                span: Span::default(),
                kind: BlockKind::Paragraph(vec![Inline::Text(words.to_owned())]),
            }],
        };
        let terms = Some("starting in May. The position is limited to two years.");
        let about = ad("The following position is open:");
        assert_eq!(teaser(terms, &about), None);
        let about = ad("Tides rise. You will build models of tides. Starting in May.");
        let both = "Tides rise. You will build models of tides.";
        assert_eq!(teaser(terms, &about).as_deref(), Some(both));
        assert_eq!(teaser(Some("for two sailors"), &about).as_deref(), Some("For two sailors"));
        let more = Some("starting in May. The applicant must be able to swim. Limited to a year.");
        let about = ad("The following position is open:");
        assert_eq!(teaser(more, &about).as_deref(), Some("The applicant must be able to swim."));
    }
}
