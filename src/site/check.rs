//! `[check]` in handbill.toml: which remarks a site does not want, which it insists on, and what
//! its collective agreements pay.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::check::tariff::{Agreement, Tariffs};
use crate::diagnostic::{Diagnostic, Severity, Source, explanation, suggestion};

/// How the findings of `handbill check` count on this site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckRules {
    /// Codes of warnings and notices that are not shown.
    off: BTreeSet<String>,
    /// Codes of warnings and notices that are errors here.
    deny: BTreeSet<String>,
    /// The shipped pay tables, and the site's own in their place.
    pub tariffs: Tariffs,
}

/// `[check]` as it is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckTable {
    /// Codes that are not said.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    off: Vec<Spanned<String>>,
    /// Codes that are errors.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    deny: Vec<Spanned<String>>,
    /// Files like the shipped `tv-l.toml`; their paths count from the site's folder.
    #[serde(default)]
    #[schemars(with = "Vec<PathBuf>")]
    pay_tables: Vec<Spanned<PathBuf>>,
}

impl CheckTable {
    /// The rules; a code that does not exist, and a pay table that cannot be read, are errors among
    /// the diagnostics.
    pub(super) fn read(
        self,
        folder: &Path,
        file: &Arc<Source>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> CheckRules {
        let mut own = Vec::new();
        for path in self.pay_tables {
            let read = std::fs::read_to_string(folder.join(path.get_ref()))
                .map_err(|error| error.to_string())
                .and_then(|text| Agreement::parse(&text));
            match read {
                Ok(agreement) => own.push(agreement),
                Err(why) => diagnostics.push(no_pay_table(&path, &why, file)),
            }
        }
        let mut known = |codes: Vec<Spanned<String>>| -> BTreeSet<String> {
            let is_known = |code: &Spanned<String>| explanation::of(code.get_ref()).is_some();
            let (known, unknown): (Vec<_>, Vec<_>) = codes.into_iter().partition(is_known);
            diagnostics.extend(unknown.iter().map(|code| no_such_code(code, file)));
            known.into_iter().map(Spanned::into_inner).collect()
        };
        let (off, deny) = (known(self.off), known(self.deny));
        CheckRules { off, deny, tariffs: Tariffs::with(own) }
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

fn no_pay_table(path: &Spanned<PathBuf>, why: &str, file: &Arc<Source>) -> Diagnostic {
    let what = format!("the pay table `{}` cannot be read: {why}", path.get_ref().display());
    Diagnostic::error("config::pay-table", what)
        .at(file, path.span())
        .help("write it like the shipped `src/check/tv-l.toml`; its path counts from this folder")
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
