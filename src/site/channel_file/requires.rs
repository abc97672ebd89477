//! `requires`: the facts that a channel takes no ad without.

use std::sync::Arc;

use toml::Spanned;

use crate::check::channels::RequiredFact;
use crate::diagnostic::{Diagnostic, Source, suggestion};

/// The facts that the words stand for, each once; a word that is none is an error.
pub(super) fn read(
    written: &[Spanned<String>],
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<RequiredFact> {
    let mut facts: Vec<RequiredFact> = Vec::new();
    for word in written {
        match RequiredFact::parse(word.get_ref()) {
            Some(meant) => {
                for fact in meant {
                    if !facts.contains(&fact) {
                        facts.push(fact);
                    }
                }
            }
            None => diagnostics.push(unknown(word, file)),
        }
    }
    facts
}

fn unknown(word: &Spanned<String>, file: &Arc<Source>) -> Diagnostic {
    let help = match suggestion(word.get_ref(), RequiredFact::words()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it takes {}", RequiredFact::words().collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::error("channel::setting", format!("`requires`: there is no `{}`", word.get_ref()))
        .at(file, word.span())
        .help(help)
}
