//! What goes along with a status: replies, a picture.

use std::sync::Arc;

use toml::Spanned;

use crate::adapt::picture::PictureOf;
use crate::adapt::thread::Thread;
use crate::channel::Kind;
use crate::diagnostic::{Diagnostic, Source};

/// Only where replies to one's own posts are allowed to everybody: X allows a program to answer
/// only whoever has mentioned its account (docs.x.com, "Manage Posts").
pub(super) fn thread(
    written: Option<&Spanned<Thread>>,
    kind: Kind,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Thread {
    let Some(written) = written else { return Thread::None };
    if !matches!(kind, Kind::Mastodon | Kind::Bluesky) && *written.get_ref() != Thread::None {
        diagnostics.push(
            Diagnostic::error(
                "channel::thread",
                format!("a channel of kind {kind} has no threads"),
            )
            .at(file, written.span())
            .help("remove `thread`: what does not fit is left out"),
        );
    }
    *written.get_ref()
}

/// Only where Handbill knows how a picture is uploaded.
pub(super) fn picture(
    written: Option<&Spanned<PictureOf>>,
    kind: Kind,
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> PictureOf {
    let Some(written) = written else { return PictureOf::None };
    if !matches!(kind, Kind::Mastodon | Kind::X | Kind::Bluesky | Kind::LinkedIn)
        && *written.get_ref() != PictureOf::None
    {
        diagnostics.push(
            Diagnostic::error(
                "channel::picture",
                format!("a channel of kind {kind} shows no picture"),
            )
            .at(file, written.span())
            .help("remove `picture`"),
        );
    }
    *written.get_ref()
}
