//! Diagnostics as workflow commands, which GitHub Actions (and Gitea and Forgejo, which read the
//! same) show as annotations beside the lines of a change.
//!
//! Source: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.

use std::fmt::Write as _;

use super::{Diagnostic, Severity};

/// One workflow command on each line.
pub fn github(diagnostics: &[Diagnostic]) -> String {
    let mut commands = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        };
        let mut properties = Vec::new();
        if let Some((source, span)) = &diagnostic.place {
            let (line, column) = source.line_and_column(span.start);
            let (end_line, end_column) = source.line_and_column(span.end.max(span.start));
            properties.push(("file", source.path.to_string_lossy().into_owned()));
            properties.push(("line", line.to_string()));
            properties.push(("endLine", end_line.to_string()));
            // Columns count only where a place lies on one line.
            if end_line == line {
                properties.push(("col", column.to_string()));
                properties.push(("endColumn", end_column.to_string()));
            }
        }
        properties.push(("title", diagnostic.code.to_owned()));
        let properties: Vec<_> = properties
            .into_iter()
            .map(|(name, value)| format!("{name}={}", property(&value)))
            .collect();
        let mut message = diagnostic.message.clone();
        if !diagnostic.label.is_empty() {
            let _ = write!(message, " ({})", diagnostic.label);
        }
        // An annotation has one place; the other one is said.
        if let Some((source, span, label)) = &diagnostic.also {
            let (line, _) = source.line_and_column(span.start);
            let _ = write!(message, "\n{}:{line}: {label}", source.path.display());
        }
        if let Some(help) = &diagnostic.help {
            let _ = write!(message, "\nhelp: {help}");
        }
        let _ = writeln!(commands, "::{level} {}::{}", properties.join(","), data(&message));
    }
    commands
}

/// What stands behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which colons and commas would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        let source = Source::new("jobs/a,b:c.md", "eins\nzwei drei\n");
        let found = Diagnostic::warning("page::date", "100 % wrong: this")
            .at(&source, 10..14)
            .help("one\ntwo");
        assert_eq!(
            github(&[found]),
            "::warning file=jobs/a%2Cb%3Ac.md,line=2,endLine=2,col=6,endColumn=10,\
             title=page%3A%3Adate::100 %25 wrong: this%0Ahelp: one%0Atwo\n"
        );
    }

    #[test]
    fn a_second_place_is_said_in_the_words_of_the_annotation() {
        let page = Source::new("a.md", "title: long\n");
        let board = Source::new("channels/b.toml", "[board.limits]\ntitle = { max = 3 }\n");
        let found = Diagnostic::error("board::too-long", "too long")
            .at(&page, 7..11)
            .also(&board, 15..34, "the board's limit")
            .help("shorten it");
        assert_eq!(
            github(&[found]),
            "::error file=a.md,line=1,endLine=1,col=8,endColumn=12,title=board%3A%3Atoo-long::\
             too long%0Achannels/b.toml:2: the board's limit%0Ahelp: shorten it\n"
        );
    }

    #[test]
    fn a_place_of_several_lines_has_no_columns_and_what_concerns_no_file_no_place() {
        let source = Source::new("a.md", "eins\nzwei\n");
        let found = [
            Diagnostic::error("page::empty", "nothing").at(&source, 2..7),
            Diagnostic::notice("page::empty", "nothing"),
        ];
        assert_eq!(
            github(&found),
            "::error file=a.md,line=1,endLine=2,title=page%3A%3Aempty::nothing\n\
             ::notice title=page%3A%3Aempty::nothing\n"
        );
    }
}
