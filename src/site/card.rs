//! The card of a form, in a channel's file: that its templates can be filled in, and what a form
//! requires that a page does not say.

use std::sync::Arc;

use super::channel_file::KindConfig;
use super::{ChannelSpec, preset, toml_file};
use crate::adapt::template::Templates;
use crate::adapt::{AdaptError, Rendition};
use crate::channel::manual;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::posting::Posting;

/// The code of what a form requires and a page does not say.
const REQUIRED: &str = "card::required";

/// Mistakes in the templates of a card's fields, each at its field.
pub(super) fn check(
    manual: &manual::Config,
    templates: &Templates,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(card) = manual.card() else { return };
    for (index, field) in card.fields.iter().enumerate() {
        let Err(AdaptError::Template { source_text, span, message, .. }) =
            templates.check_field(field)
        else {
            continue;
        };
        let (why, help) = message.split_once("; ").unwrap_or((message.as_str(), ""));
        let mut wrong =
            Diagnostic::error("card::field", format!("the field “{}”: {why}", field.name));
        if let Some(whole) = place(file, index, "text") {
            // Where the template stands in the file as it reads, the very word is underlined.
            let written = file.words(whole);
            let exact = written.find(&source_text).zip(span).map(|(at, (start, end))| {
                Span::new(whole.start + at + start, whole.start + at + end)
            });
            wrong = wrong.at(file, exact.unwrap_or(whole));
        }
        wrong.help = (!help.is_empty()).then(|| help.to_owned());
        diagnostics.push(wrong);
    }
}

impl ChannelSpec {
    /// What the channel's form requires of a posting, and its page does not say.
    pub fn card_remarks(&self, posting: &Posting, rendition: &Rendition) -> Vec<Diagnostic> {
        let (KindConfig::Manual(manual), Rendition::Card { fields, .. }) =
            (&self.config, rendition)
        else {
            return Vec::new();
        };
        let missing = fields.iter().enumerate().filter(|(_, field)| field.is_missing());
        let remark = |(index, field): (usize, &crate::adapt::card::CardField)| {
            let template = manual.fields.get(index).map_or("", |field| field.text.as_str());
            let title = Span::new(0, posting.source.text.lines().next().map_or(0, str::len));
            let remark = Diagnostic::warning(
                REQUIRED,
                format!(
                    "{}: the form requires “{}”, and this page does not say it",
                    self.name, field.name
                ),
            )
            .at(&posting.source, title)
            .help(format!(
                "say it on the page: `{}` is made of it; or correct the card",
                template.trim()
            ));
            match self.place_of_field(index) {
                Some((file, span)) => remark.also(&file, span, "required here"),
                None => remark,
            }
        };
        missing.map(remark).collect()
    }

    /// Where a field of the card stands: in the channel's file, or in a preset under it.
    fn place_of_field(&self, index: usize) -> Option<(Arc<Source>, Span)> {
        let named = toml_file::locate(&self.file, &["preset"])
            .map(|span| self.file.words(span).trim_matches(['"', '\'']))
            .unwrap_or_default();
        let presets = preset::with_those_below(named)
            .into_iter()
            .map(|(name, text)| Source::new(format!("channels/{name}.toml"), text));
        std::iter::once(Arc::clone(&self.file))
            .chain(presets)
            .find_map(|file| place(&file, index, "name").map(|span| (file, span)))
    }
}

/// Where a key of a field stands in the channel's own file; `None` if it stands in the preset.
fn place(file: &Source, index: usize, key: &str) -> Option<Span> {
    toml_file::locate(file, &["manual", "fields", &index.to_string(), key])
}
