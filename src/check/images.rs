//! Pictures that say nothing to those who cannot see them.

use super::body::Body;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// `![](picture.png)`, and `<img>`; HTML's `alt=""` says on purpose that a picture only decorates.
static IMAGE: Pattern = Pattern::new(r"(?i)!\[\s*\]\([^()\s][^()\n]*\)|<img\s[^<>]*>");
static ALTERNATIVE: Pattern = Pattern::new(r"(?i)\salt(\s|=|/|>)");

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let silent = body.find(&IMAGE).filter(|(_, words)| !ALTERNATIVE.is_match(words));
    remarks.extend(silent.map(|(span, _)| {
        Diagnostic::notice("text::image-without-words", "this picture has no words beside it")
            .at(&page.source, span)
            .help("say what it shows: `![the flume at low tide](flume.jpg)`")
    }));
}
