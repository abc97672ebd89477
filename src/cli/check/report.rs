//! How `handbill check` writes what it found: for people, for programs, for code hosts.

use std::cmp::Reverse;

use clap::ValueEnum;

use crate::cli::{CliError, count, say, say_json};
use crate::diagnostic::{self, Colour, Diagnostic, Severity, annotations, explanation, sarif};

/// How the findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people
    Text,
    /// For machines; stable
    Json,
    /// For GitHub Actions: annotations beside the lines
    Github,
    /// For code hosts and editors: SARIF 2.1.0
    Sarif,
}

/// Writes all findings in the order of the files; `what` says what was looked at.
pub(super) fn report(
    form: Form,
    diagnostics: &mut Vec<Diagnostic>,
    what: Option<&str>,
) -> Result<(), CliError> {
    diagnostics.sort_by_key(|it| {
        (
            it.place.as_ref().map(|(source, span)| (source.path.clone(), span.start)),
            Reverse(it.severity),
        )
    });
    diagnostics.dedup();
    match form {
        Form::Text => for_people(diagnostics, what),
        Form::Json => {
            let errors = of(diagnostics, Severity::Error);
            let all: Vec<_> = diagnostics.iter().map(Diagnostic::to_json).collect();
            say_json(&serde_json::json!({ "errors": errors, "diagnostics": all }))
        }
        Form::Github => say(&annotations::github(diagnostics)),
        Form::Sarif => say_json(&sarif::log(diagnostics)),
    }
}

fn for_people(diagnostics: &[Diagnostic], what: Option<&str>) -> Result<(), CliError> {
    say(&diagnostic::render(diagnostics, Colour::Styled))?;
    // What matters most is most likely what somebody wants to know more about.
    if let Some(worst) = diagnostics.iter().max_by_key(|it| it.severity) {
        let code = worst.code;
        say(&format!("more on a code: `handbill check --explain {code}`\n"))?;
    }
    say(&format!(
        "{}: {}, {}, {}\n",
        what.unwrap_or("nothing more was checked"),
        count(of(diagnostics, Severity::Error), "error"),
        count(of(diagnostics, Severity::Warning), "warning"),
        count(of(diagnostics, Severity::Notice), "notice"),
    ))
}

fn of(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|it| it.severity == severity).count()
}

/// Says what a code means that somebody typed.
pub(super) fn explain(typed: &str, form: Form) -> Result<(), CliError> {
    let Some(known) = explanation::of(typed) else {
        let codes = explanation::all().iter().map(|it| it.code);
        let help = match diagnostic::suggestion(typed, codes) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "a code stands in brackets before its message, such as `page::date`".to_owned(),
        };
        return Err(CliError::Usage(format!("there is no code `{typed}`\nhelp: {help}")));
    };
    match form {
        Form::Text => say(&format!("{}\n\n{}\n", known.code, known.text)),
        Form::Json => say_json(known),
        Form::Github | Form::Sarif => Err(CliError::Usage(
            "an explanation is no finding\nhelp: leave out `--format`, or write `--format json`"
                .to_owned(),
        )),
    }
}
