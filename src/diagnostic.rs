//! What is wrong with a file that somebody wrote, and how to mend it.
//!
//! A [`Diagnostic`] is the author's failure: data with a place in a file. An outcome is the
//! world's ([`crate::channel::Outcome`]), an error is ours. This room draws diagnostics for people
//! and prints them for machines; it decides nothing. `explanation` says what each code means,
//! `annotations` and `sarif` are the forms that code hosts read.

pub mod annotations;
pub mod explanation;
pub mod sarif;

use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// A file as it was read: the text is byte for byte what stands on the disk (a byte order mark
/// included), so that a [`Span`] can be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as the person who called us would write it.
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    /// A leading `./` is left out of the path.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        let path: PathBuf = path.into();
        let path = path.strip_prefix("./").map(ToOwned::to_owned).unwrap_or(path);
        Arc::new(Self { path, text: text.into() })
    }

    /// The line and column (both from 1, the column in characters) of a byte offset.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].trim_start_matches('\u{feff}').chars().count() + 1;
        (line, column)
    }

    /// The words at a span; empty if the span does not lie in the text.
    pub fn words(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

/// A range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same span, `by` bytes further on.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing: something was repaired or left out.
    Notice,
    /// Probably not what was meant; nothing is held back.
    Warning,
    /// Nothing goes out from this file until it is mended.
    Error,
}

/// One thing that is wrong, where it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Names the rule for ever, for example `page::front-matter`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The place; `None` for what concerns no file.
    pub place: Option<(Arc<Source>, Span)>,
    /// A few words beside the underlined place.
    pub label: String,
    /// A second place that it is about, in another file, with its label.
    pub also: Option<(Arc<Source>, Span, String)>,
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            place: None,
            label: String::new(),
            also: None,
            help: None,
        }
    }

    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    pub fn notice(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Notice, code, message)
    }

    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: impl Into<Span>) -> Self {
        self.place = Some((Arc::clone(source), span.into()));
        self
    }

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub fn also(
        mut self,
        source: &Arc<Source>,
        span: impl Into<Span>,
        label: impl Into<String>,
    ) -> Self {
        self.also = Some((Arc::clone(source), span.into(), label.into()));
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The diagnostic as stable JSON: `severity`, `code`, `message`, and where they are known
    /// `path`, `line`, `column`, `span` (bytes), `label`, `also` (another place: `path`, `line`,
    /// `column`, `label`), `help`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
        });
        if let Some((source, span)) = &self.place {
            let (line, column) = source.line_and_column(span.start);
            json["path"] = source.path.to_string_lossy().into();
            json["line"] = line.into();
            json["column"] = column.into();
            json["span"] = serde_json::json!([span.start, span.end]);
        }
        if !self.label.is_empty() {
            json["label"] = self.label.clone().into();
        }
        if let Some((source, span, label)) = &self.also {
            let (line, column) = source.line_and_column(span.start);
            json["also"] = serde_json::json!({
                "path": source.path.to_string_lossy(),
                "line": line,
                "column": column,
                "label": label,
            });
        }
        if let Some(help) = &self.help {
            json["help"] = help.clone().into();
        }
        json
    }
}

/// Whether drawn text may carry terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Plain,
    Styled,
}

/// Draws diagnostics as a compiler would, 80 columns wide, readable without colour.
pub fn render(diagnostics: &[Diagnostic], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Styled => Renderer::styled(),
    }
    .term_width(80);
    let mut drawn = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Notice => Level::NOTE.with_name("notice"),
        };
        let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
        let path = diagnostic.place.as_ref().map(|(source, _)| source.path.to_string_lossy());
        let mut group = match (&diagnostic.place, &path) {
            (Some((source, span)), Some(path)) => {
                let annotation = AnnotationKind::Primary.span(drawable(&source.text, *span));
                let annotation = if diagnostic.label.is_empty() {
                    annotation
                } else {
                    annotation.label(diagnostic.label.as_str())
                };
                title.element(
                    Snippet::source(source.text.as_str())
                        .path(path.as_ref())
                        .annotation(annotation),
                )
            }
            _ => Group::with_title(title),
        };
        if let Some((source, span, label)) = &diagnostic.also {
            let annotation =
                AnnotationKind::Primary.span(drawable(&source.text, *span)).label(label.as_str());
            group = group.element(
                Snippet::source(source.text.as_str())
                    .path(source.path.to_string_lossy().into_owned())
                    .annotation(annotation),
            );
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        drawn.push_str(&renderer.render(&[group]));
        drawn.push_str("\n\n");
    }
    drawn
}

/// The span cut to the text, to character boundaries and to its first line, so that the renderer
/// always has something sensible to underline.
fn drawable(text: &str, span: Span) -> std::ops::Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    if let Some(line_end) = text[start..end].find('\n').filter(|at| *at > 0) {
        end = start + line_end;
    }
    start..end
}

/// The candidate that a mistyped name most likely meant, if one is near enough.
pub fn suggestion<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&typed, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
