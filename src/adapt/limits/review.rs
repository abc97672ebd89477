//! What a board would not take of a posting, each with its place on the page and its key in the
//! board's file: for `handbill check`, before anything is sent.

use serde_json::Value;

use super::{Format, LIMITED, Limits, Tag, Unfit, meant};
use crate::adapt::ad::Ad;
use crate::adapt::view::View;
use crate::adapt::{Charset, Occasion, Target, in_language};
use crate::diagnostic::Span;
use crate::posting::markdown::{Block, BlockKind, Inline};
use crate::posting::{Field, Origin, Posting};

/// One thing that a board would not take, or take otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub kind: ComplaintKind,
    /// What is wrong, without the board's name.
    pub message: String,
    /// Where it stands on the page; `None` for what stands nowhere.
    pub span: Option<Span>,
    /// The keys that lead to the limit in the channel's file.
    pub key: Vec<String>,
    pub help: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComplaintKind {
    /// The page does not say what the board requires.
    Missing,
    /// Too long: the posting is not sent.
    TooLong,
    /// Too long: it is cut.
    IsCut,
    /// The board does not take these elements of the ad.
    Tag,
    /// The board has no word for a value.
    Unmapped,
}

impl Limits {
    /// What the board would not take of a posting, and the page of it that would be sent.
    pub fn review<'a>(
        &self,
        posting: &'a Posting,
        target: &Target,
    ) -> (Vec<Complaint>, &'a Posting) {
        let page = in_language(posting, target.language.as_deref());
        let ad = std::sync::Arc::new(Ad::of(page, Charset::Utf8));
        let view = View::new(page, target, Occasion::Announce, ad);
        let facts = serde_json::to_value(&view).unwrap_or_default();
        let mut complaints = self.missing(page);
        complaints.extend(self.too_long(page, &facts));
        complaints.extend(self.unmapped(page, &facts));
        complaints.extend(self.description_too_long(page, &view));
        complaints.extend(self.tags(page));
        (complaints, page)
    }

    fn missing(&self, page: &Posting) -> Vec<Complaint> {
        let unsaid = self.required_facts().into_iter().filter(|fact| !fact.is_stated(page));
        unsaid
            .map(|fact| Complaint {
                kind: ComplaintKind::Missing,
                message: format!("takes no ad without {}", fact.key()),
                span: None,
                key: key(&["required"]),
                help: format!("say {} under `job:`", fact.key()),
            })
            .collect()
    }

    fn too_long(&self, page: &Posting, facts: &Value) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for field in LIMITED {
            let (Some(limit), Some(text)) = (self.of(field), facts[field].as_str()) else {
                continue;
            };
            let length = text.chars().count();
            if length <= limit.max {
                continue;
            }
            let kind = match limit.fit(field, text) {
                Ok(_) => ComplaintKind::IsCut,
                Err(_) => ComplaintKind::TooLong,
            };
            complaints.push(Complaint {
                kind,
                message: format!(
                    "takes {} characters of `{field}`, and it has {length}",
                    limit.max
                ),
                span: place(page, field),
                key: key(&[field]),
                help: over(kind),
            });
        }
        complaints
    }

    fn unmapped(&self, page: &Posting, facts: &Value) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for (field, words) in &self.enums {
            let Some(value) = facts.get(field) else { continue };
            if let Err(Unfit::Unmapped { field, value }) = meant(field, value, words) {
                complaints.push(Complaint {
                    kind: ComplaintKind::Unmapped,
                    message: format!("has no word for the `{field}` “{value}”"),
                    span: place(page, &field),
                    key: key(&["enums", &field]),
                    help: format!(
                        "write what it calls that under `[board.limits.enums.{field}]`: \
                         `{value:?} = \"…\"`, or `\"*\" = \"…\"` for every other value"
                    ),
                });
            }
        }
        complaints
    }

    fn description_too_long(&self, page: &Posting, view: &View) -> Option<Complaint> {
        let max = self.description.max?;
        let any_length = super::DescriptionLimit { max: None, ..self.description.clone() };
        let length = any_length.write(&view.ad.body(), &page.permalink).ok()?.chars().count();
        if length <= max {
            return None;
        }
        let kind = match self.description.write(&view.ad.body(), &page.permalink) {
            Ok(_) => ComplaintKind::IsCut,
            Err(_) => ComplaintKind::TooLong,
        };
        Some(Complaint {
            kind,
            message: format!("takes {max} characters of the ad, and it has {length} as it is sent"),
            span: page.document.blocks.first().map(|block| block.span),
            key: key(&["description", "max"]),
            help: over(kind),
        })
    }

    /// The elements of the ad that the board does not take, each once, where it stands first.
    fn tags(&self, page: &Posting) -> Vec<Complaint> {
        let (Format::Html, Some(allowed)) = (self.description.format, &self.description.tags)
        else {
            return Vec::new();
        };
        let mut used: Vec<(Tag, Span)> = Vec::new();
        for block in &page.document.blocks {
            elements(block, &mut |tag| {
                if !used.iter().any(|(known, _)| *known == tag) {
                    used.push((tag, block.span));
                }
            });
        }
        used.into_iter()
            .filter(|(tag, _)| !tag.has_relative_in(allowed))
            .map(|(tag, span)| Complaint {
                kind: ComplaintKind::Tag,
                message: format!("takes no `<{}>` in the ad", tag.as_str()),
                span: Some(span),
                key: key(&["description", "tags"]),
                help:
                    "its words are sent without it: look at `handbill post --dry-run`, and write \
                       it otherwise if they do not read well"
                        .to_owned(),
            })
            .collect()
    }
}

fn over(kind: ComplaintKind) -> String {
    if kind == ComplaintKind::IsCut {
        "it is cut: shorten it where you would".to_owned()
    } else {
        "nothing is sent to it until this is shorter; or write `on_over = \"truncate\"`".to_owned()
    }
}

fn key(below: &[&str]) -> Vec<String> {
    ["board", "limits"].iter().chain(below).map(|it| (*it).to_owned()).collect()
}

/// Every element that a block becomes.
fn elements(block: &Block, found: &mut dyn FnMut(Tag)) {
    match &block.kind {
        BlockKind::Heading { level, content } => {
            found(match level {
                0..=2 => Tag::H2,
                3 => Tag::H3,
                _ => Tag::H4,
            });
            inline_elements(content, found);
        }
        BlockKind::Paragraph(content) => {
            found(Tag::P);
            inline_elements(content, found);
        }
        BlockKind::List { start, items } => {
            found(if start.is_some() { Tag::Ol } else { Tag::Ul });
            items.iter().flatten().for_each(|inner| elements(inner, found));
        }
        BlockKind::Quote(blocks) => {
            found(Tag::Blockquote);
            blocks.iter().for_each(|inner| elements(inner, found));
        }
        BlockKind::Code(_) => found(Tag::Pre),
        BlockKind::Table { header, rows } => {
            found(Tag::Table);
            header.iter().chain(rows.iter().flatten()).for_each(|it| inline_elements(it, found));
        }
        BlockKind::Rule => found(Tag::Hr),
    }
}

fn inline_elements(content: &[Inline], found: &mut dyn FnMut(Tag)) {
    for inline in content {
        let (tag, inner): (Tag, &[Inline]) = match inline {
            Inline::Emphasis(inner) => (Tag::Em, inner),
            Inline::Strong(inner) => (Tag::Strong, inner),
            Inline::Strikethrough(inner) => (Tag::Del, inner),
            Inline::Code(_) => (Tag::Code, &[]),
            Inline::Link { content, .. } => (Tag::A, content),
            Inline::HardBreak => (Tag::Br, &[]),
            Inline::Text(_) | Inline::Image { .. } | Inline::SoftBreak => continue,
        };
        found(tag);
        inline_elements(inner, found);
    }
}

/// Where a fact stands on the page.
fn place(page: &Posting, field: &str) -> Option<Span> {
    fn of<T>(field: &Option<Field<T>>) -> Option<Span> {
        match field.as_ref()?.origin {
            Origin::Declared(span) | Origin::Inferred(span) => Some(span),
            Origin::Default => None,
        }
    }
    let facts = &page.facts;
    match field {
        "title" => of(&facts.title),
        "display_title" => of(&facts.display_title).or_else(|| of(&facts.title)),
        "reference" => of(&facts.reference),
        "position_type" | "position" => of(&facts.position_type),
        "organisation" => of(&facts.organisation),
        "unit" => of(&facts.unit),
        "employer" => of(&facts.unit).or_else(|| of(&facts.organisation)),
        "city" => of(&facts.city),
        "country" => of(&facts.country),
        "pay_scheme" | "pay_text" => of(&facts.pay_scheme),
        "workload_percent" | "workload_text" => of(&facts.workload_percent),
        "start" => of(&facts.start),
        "duration_months" => of(&facts.duration_months),
        "deadline" => of(&facts.deadline),
        "summary" => of(&facts.summary),
        _ => None,
    }
}
