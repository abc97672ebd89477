//! `[check]` in handbill.toml: which remarks a site does not want, and which it insists on.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Severity, Source, explanation, suggestion};

/// How the findings of `handbill check` count on this site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckRules {
    /// Codes of warnings and notices that are not shown.
    off: BTreeSet<String>,
    /// Codes of warnings and notices that are errors here.
    deny: BTreeSet<String>,
}

/// `[check]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckTable {
    #[serde(default)]
    off: Vec<Spanned<String>>,
    #[serde(default)]
    deny: Vec<Spanned<String>>,
}

impl CheckTable {
    /// The rules; a code that does not exist is an error among the diagnostics.
    pub(super) fn read(self, file: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> CheckRules {
        let mut known = |codes: Vec<Spanned<String>>| -> BTreeSet<String> {
            let is_known = |code: &Spanned<String>| explanation::of(code.get_ref()).is_some();
            let (known, unknown): (Vec<_>, Vec<_>) = codes.into_iter().partition(is_known);
            diagnostics.extend(unknown.iter().map(|code| no_such_code(code, file)));
            known.into_iter().map(Spanned::into_inner).collect()
        };
        CheckRules { off: known(self.off), deny: known(self.deny) }
    }
}

fn no_such_code(code: &Spanned<String>, file: &Arc<Source>) -> Diagnostic {
    let codes = explanation::all().iter().map(|it| it.code);
    let help = match suggestion(code.get_ref(), codes) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`handbill check` shows each code in brackets before its message".to_owned(),
    };
    Diagnostic::error("config::unknown-code", format!("there is no code `{}`", code.get_ref()))
        .at(file, code.span())
        .help(help)
}

impl CheckRules {
    /// The finding as it counts here; `None` if nobody wants to see it. An error stays one.
    pub fn judge(&self, mut found: Diagnostic) -> Option<Diagnostic> {
        if found.is_error() {
            return Some(found);
        }
        if self.off.contains(found.code) {
            return None;
        }
        if self.deny.contains(found.code) {
            found.severity = Severity::Error;
        }
        Some(found)
    }
}
