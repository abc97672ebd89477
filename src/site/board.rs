//! A board's limits and a posting: what `check` says, with the line of the page and that of the
//! board's file.

use std::path::Path;
use std::sync::Arc;

use super::channel_file::KindConfig;
use super::{ChannelSpec, preset, toml_file};
use crate::adapt::Target;
use crate::adapt::limits::{Complaint, ComplaintKind};
use crate::diagnostic::{Diagnostic, Severity, Source, Span};
use crate::posting::Posting;

impl ChannelSpec {
    /// What the channel's board would not take of a posting, or take otherwise.
    pub fn board_remarks(&self, posting: &Posting, target: &Target) -> Vec<Diagnostic> {
        let KindConfig::Board(board) = &self.config else { return Vec::new() };
        let (complaints, page) = board.limits.review(posting, target);
        complaints.into_iter().map(|complaint| self.remark(complaint, page)).collect()
    }

    fn remark(&self, complaint: Complaint, page: &Posting) -> Diagnostic {
        let (severity, code, label) = match complaint.kind {
            ComplaintKind::Missing => (Severity::Error, "board::missing", "required here"),
            ComplaintKind::TooLong => (Severity::Error, "board::too-long", "the board's limit"),
            ComplaintKind::IsCut => (Severity::Warning, "board::too-long", "the board's limit"),
            ComplaintKind::Tag => (Severity::Warning, "board::tag", "what the board takes"),
            ComplaintKind::Unmapped => (Severity::Error, "board::unmapped", "the board's words"),
        };
        let first_line = page.source.text.lines().next().map_or(0, str::len);
        let span = complaint.span.unwrap_or(Span::new(0, first_line));
        let message = format!("{} {}", self.name, complaint.message);
        let remark =
            Diagnostic::new(severity, code, message).at(&page.source, span).help(complaint.help);
        match self.locate(&complaint.key) {
            Some((file, span)) => remark.also(&file, span, label),
            None => remark,
        }
    }

    /// Where a setting stands: in the channel's file, or in the preset under it; where it stands in
    /// neither, the nearest table around it.
    fn locate(&self, key: &[String]) -> Option<(Arc<Source>, Span)> {
        let preset = toml::from_str::<toml::Table>(&self.file.text).ok().and_then(|table| {
            let name = table.get("preset")?.as_str()?.to_owned();
            let path = Path::new("channels").join(format!("{name}.toml"));
            Some(Source::new(path, preset::text(&name)?))
        });
        let files: Vec<Arc<Source>> =
            std::iter::once(Arc::clone(&self.file)).chain(preset).collect();
        let mut path: Vec<&str> = key.iter().map(String::as_str).collect();
        while !path.is_empty() {
            let found = files
                .iter()
                .find_map(|file| Some((Arc::clone(file), toml_file::locate(file, &path)?)));
            if found.is_some() {
                return found;
            }
            path.pop();
        }
        None
    }
}
