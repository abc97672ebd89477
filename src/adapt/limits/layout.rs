//! The ad in the form and length that a board takes.

use url::Url;

use super::{DescriptionLimit, Format, OnOver, Unfit, markdown, plain, tags};
use crate::adapt::html;
use crate::posting::markdown::{Block, Document};

/// How much of the ad is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    /// Its beginning, which leads to its page.
    Cut,
}

impl DescriptionLimit {
    /// The ad, whole or as much of it as fits. One that is cut loses parts from its end, and leads
    /// to its page.
    ///
    /// # Errors
    /// [`Unfit`] if it is too long and may not be cut.
    pub(in crate::adapt) fn write(&self, ad: &Document, page: &Url) -> Result<String, Unfit> {
        let whole = self.written(&ad.blocks, page, Extent::Whole);
        let length = whole.chars().count();
        let Some(max) = self.max.filter(|max| length > *max) else { return Ok(whole) };
        let too_long = Unfit::TooLong { field: "description", length, max };
        if self.on_over == OnOver::Error {
            return Err(too_long);
        }
        let cut = |count: usize| {
            let kept = without_last_heading(ad.blocks.get(..count).unwrap_or_default());
            self.written(kept, page, Extent::Cut)
        };
        (1..ad.blocks.len()).rev().map(cut).find(|it| it.chars().count() <= max).ok_or(too_long)
    }

    fn written(&self, blocks: &[Block], page: &Url, extent: Extent) -> String {
        let document = Document { blocks: blocks.to_vec() };
        let link = html::escape(page.as_str());
        let is_cut = extent == Extent::Cut;
        match self.format {
            Format::Html => {
                let mut whole = html::render(&document, page);
                if is_cut {
                    whole.push_str(&format!("\n<p>… <a href=\"{link}\">{link}</a></p>"));
                }
                match &self.tags {
                    Some(allowed) => tags::only(&whole, allowed),
                    None => whole,
                }
            }
            Format::Markdown => {
                let whole = markdown::write(blocks, page);
                if is_cut { format!("{whole}\n\n… <{page}>") } else { whole }
            }
            Format::Plain => {
                let whole = plain::write(blocks, page);
                if is_cut { format!("{whole}\n\n… {page}") } else { whole }
            }
        }
    }
}

/// A heading heads nothing where the ad ends.
fn without_last_heading(mut blocks: &[Block]) -> &[Block] {
    use crate::posting::markdown::BlockKind;
    while let Some((Block { kind: BlockKind::Heading { .. }, .. }, before)) = blocks.split_last() {
        blocks = before;
    }
    blocks
}
