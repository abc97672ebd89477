//! Several positions on one page: which part of the page is about which.
//!
//! The author lists them under `job.positions`; only they can give ids that outlive a heading. What
//! stands below a position's own heading is its own, and what stands below none of theirs is of all.

use std::ops::Range;
use std::sync::Arc;

use super::declared::Job;
use super::prose::Prose;
use super::{position_type, title};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::posting::markdown::{Block, BlockKind, Document};
use crate::posting::page::Page;
use crate::posting::{Field, Origin};

/// A heading that names a position.
pub type Described = (String, Span);

/// The page as it is for one position.
pub struct Part {
    pub page: Page,
    /// What its heading calls it.
    pub title: Field<String>,
    /// What stands below the heading, and the heading itself.
    pub own: Span,
}

/// The parts of a page, one for each declared position in its order; `None` for one that has no
/// heading of its own: the whole page is its.
pub fn parts(
    page: &Page,
    prose: &Prose,
    declared: &[Job],
    described: &[Described],
) -> Vec<Option<Part>> {
    let sections: Vec<Option<Section>> = headings_of(prose, declared, described)
        .into_iter()
        .map(|heading| heading.and_then(|heading| Section::below(&page.document, heading)))
        .collect();
    let part = |section: &Section| {
        let is_anothers = |index: usize| {
            let mut others = sections.iter().flatten().filter(|it| it.blocks != section.blocks);
            others.any(|other| other.blocks.contains(&index))
        };
        let blocks = page.document.blocks.iter().enumerate();
        let own = blocks.filter(|(index, _)| !is_anothers(*index)).map(|(_, block)| block.clone());
        let document = Arc::new(Document { blocks: own.collect() });
        let own = page.document.blocks.get(section.blocks.clone()).unwrap_or_default();
        let (first, last) = (own.first(), own.last());
        let own = Span::new(
            first.map_or(0, |block| block.span.start),
            last.map_or(0, |block| block.span.end),
        );
        Part { page: Page { document, ..page.clone() }, title: section.title.clone(), own }
    };
    sections.iter().map(|section| section.as_ref().map(part)).collect()
}

/// The heading of each declared position: the one that says its title. Where as many are described
/// as are declared, the others follow in their order.
fn headings_of(prose: &Prose, declared: &[Job], described: &[Described]) -> Vec<Option<Described>> {
    let all: Vec<Described> = prose
        .headings()
        .map(|heading| {
            let place = prose.span(heading, 0..heading.text.len());
            (title::clean(&heading.text), place)
        })
        .collect();
    let mut found: Vec<Option<Described>> = declared
        .iter()
        .map(|job| {
            let title = title::folded(&title::clean(&job.facts.title.as_ref()?.value));
            let says_it = |heading: &&Described| title::folded(&heading.0).contains(&title);
            // A heading that says less has to name a position.
            let is_said = |heading: &&Described| title.contains(&title::folded(&heading.0));
            all.iter().find(says_it).or_else(|| described.iter().find(is_said)).cloned()
        })
        .collect();
    if declared.len() == described.len() {
        let taken: Vec<Span> = found.iter().flatten().map(|(_, place)| *place).collect();
        let mut rest = described.iter().filter(|(_, place)| !taken.contains(place));
        for heading in found.iter_mut().filter(|heading| heading.is_none()) {
            *heading = rest.next().cloned();
        }
    }
    found
}

/// What stands below a position's heading.
struct Section {
    title: Field<String>,
    blocks: Range<usize>,
}

impl Section {
    /// From the heading to the next one that is not below it.
    fn below(document: &Document, (title, place): Described) -> Option<Self> {
        let level = |block: &Block| match block.kind {
            BlockKind::Heading { level, .. } => Some(level),
            _ => None,
        };
        let mut blocks = document.blocks.iter().enumerate();
        let (start, own) = blocks.find_map(|(index, block)| {
            let holds = block.span.start <= place.start && place.end <= block.span.end;
            level(block).filter(|_| holds).map(|level| (index, level))
        })?;
        let end = blocks
            .find(|(_, block)| level(block).is_some_and(|level| level <= own))
            .map_or(document.blocks.len(), |(index, _)| index);
        let title = Field::new(title, Origin::Inferred(place));
        Some(Self { title, blocks: start..end })
    }
}

/// A page of several positions that nobody has listed: which of its words belong to which is not
/// known, and an id that was made of a heading would change with it.
pub fn not_listed(source: &Arc<Source>, described: &[Described]) -> Option<Diagnostic> {
    let [(first, _), (second, place), ..] = described else { return None };
    let message = format!(
        "the page describes {} positions and goes out as one ad, named `{first}`",
        described.len()
    );
    let several = Diagnostic::warning("facts::several-positions", message)
        .at(source, *place)
        .label(format!("`{second}` is another one"))
        .help(if of_one_kind(described) {
            "if it is one position in two languages, do not list it twice: give each language a \
             page of its own. Otherwise list them under `job.positions`, each with an `id`, and \
             each goes out by itself; `handbill inspect --declare` writes the list"
        } else {
            "list them under `job.positions`, each with an `id`, and each goes out by itself; \
             `handbill inspect --declare` writes the list"
        });
    Some(several)
}

/// Whether two positions and no more are described, both of the same kind: one ad in two languages
/// on one page looks so.
fn of_one_kind(described: &[Described]) -> bool {
    let kind = |(name, _): &Described| position_type::kind_of(name).map(|(kind, _)| kind);
    matches!(described, [one, other] if kind(one) == kind(other))
}
