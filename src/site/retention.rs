//! `[retention]` in handbill.toml: how long content is kept once its ad is over.

use std::sync::Arc;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::length::Length;
use crate::diagnostic::{Diagnostic, Source};
use crate::ledger::Retention;

/// `[retention]` as it is written. What is not named is kept for ever.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionTable {
    /// The page as it was last read.
    #[schemars(with = "Option<Length>")]
    pages: Option<Spanned<Length>>,
    /// The exact bytes that were sent, and what copies said that are gone.
    #[schemars(with = "Option<Length>")]
    attempts: Option<Spanned<Length>>,
    /// What channels answered, in words.
    #[schemars(with = "Option<Length>")]
    answers: Option<Spanned<Length>>,
}

/// Who writes less means something else, `m` for months perhaps.
const SHORTEST: TimeDelta = TimeDelta::days(1);

impl RetentionTable {
    /// What the words of the table mean; a length that cannot be meant is an error among the
    /// diagnostics, and its kind is kept for ever.
    pub(super) fn read(self, file: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Retention {
        let mut length = |written: Option<Spanned<Length>>| {
            let written = written?;
            let length = written.get_ref().0;
            if length < SHORTEST {
                diagnostics.push(
                    Diagnostic::error("retention::short", "nothing is kept for less than a day")
                        .at(file, written.span())
                        .help("write days or weeks, for example `90d` for three months"),
                );
                return None;
            }
            Some(length)
        };
        Retention {
            pages: length(self.pages),
            attempts: length(self.attempts),
            answers: length(self.answers),
        }
    }
}
