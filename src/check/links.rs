//! Links that lead nowhere, or where only the author can go.

use super::body::Body;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// A link whose target is empty, a lone `#`, or a word that waits to be replaced.
static WITHOUT_TARGET: Pattern = Pattern::new(
    r#"(?x) !? \[ [^\[\]\n]+ \] \( \s* (?: \# | (?i:todo|link|url) )? \s* \)
        | <a \s [^<>]*? href \s* = \s* (?: "\s*\#?\s*" | '\s*\#?\s*' ) [^<>]* >"#,
);

/// Addresses on the author's own machine.
static OWN_MACHINE: Pattern = Pattern::new(
    r#"(?xi) \b https?:// (?: localhost | 127\.0\.0\.1 | \[::1\] ) (?: [:/] [^\s()<>\[\]"']* )?
        | \b file:/{1,3} [^\s()<>\[\]"']+"#,
);

/// Names that are set aside for examples (RFC 2606, section 3).
static EXAMPLE: Pattern = Pattern::new(
    r#"(?xi) \b https?:// (?: [a-z0-9_-]+ \. )* example\.(?:com|net|org) \b (?: [:/] [^\s()<>\[\]"']* )?
        | \b [a-z0-9_.+-]+ @ (?: [a-z0-9_-]+ \. )* example\.(?:com|net|org) \b"#,
);

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let kinds = [
        (&WITHOUT_TARGET, "this link has no target", "write where it leads, or remove the link"),
        (&OWN_MACHINE, "only your own machine has this", "write the address on the web"),
        (&EXAMPLE, "this address is an example and leads nowhere", "write the real one"),
    ];
    for (pattern, message, help) in kinds {
        for (span, _) in body.find(pattern) {
            remarks.push(
                Diagnostic::warning("leftover::link", message).at(&page.source, span).help(help),
            );
        }
    }
}
