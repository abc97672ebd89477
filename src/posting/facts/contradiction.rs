//! What a page says twice, and not the same.

use std::sync::Arc;

use super::span;
use crate::diagnostic::{Diagnostic, Source};
use crate::posting::Field;

/// A field that pages are known to say twice.
#[derive(Debug, Clone, Copy)]
pub enum Topic {
    Workload,
    Start,
    Deadline,
}

/// How many positions the words of a page speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    One,
    /// Each described below a heading of its own, the first one first.
    Described,
    /// Declared in `job.positions`.
    Declared,
}

/// Takes the first of the values that the words of a page give.
///
/// Where another one contradicts it, or contradicts what was declared, the author is warned. On a
/// page with several positions two values are no contradiction. The first one belongs to the first
/// position that is described; where the positions are only declared, none can be taken, for
/// nobody knows to which position it belongs.
pub struct Judge<'a> {
    pub source: &'a Arc<Source>,
    pub positions: Positions,
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Judge<'_> {
    pub fn settle<T>(
        &mut self,
        topic: Topic,
        declared: Option<&Field<T>>,
        found: Vec<Field<T>>,
        agree: impl Fn(&T, &T) -> bool,
        written: impl Fn(&T) -> String,
    ) -> Option<Field<T>> {
        let taken = declared.or(found.first())?;
        let other = found.iter().find(|other| !agree(&taken.value, &other.value));
        match (other, self.positions) {
            (Some(_), Positions::Declared) => return None,
            (Some(other), Positions::One) => {
                let taken = (written(&taken.value), taken);
                self.warn(topic, (&taken.0, taken.1), (&written(&other.value), other));
            }
            (Some(_), Positions::Described) | (None, _) => {}
        }
        found.into_iter().next()
    }

    fn warn<T>(&mut self, topic: Topic, taken: (&str, &Field<T>), other: (&str, &Field<T>)) {
        let (Some(taken_at), Some(other_at)) = (span(&taken.1.origin), span(&other.1.origin))
        else {
            return;
        };
        let (line, _) = self.source.line_and_column(taken_at.start);
        let (taken, other) = (taken.0, other.0);
        let what = topic.word();
        let message = format!(
            "the page says two different things about the {what}: {other} here, {taken} on line \
             {line}"
        );
        self.diagnostics.push(
            Diagnostic::warning(topic.code(), message)
                .at(self.source, other_at)
                .label(format!("{taken} is taken"))
                .help(
                    "make both say the same; if they belong to several positions, list these \
                     under `job.positions`",
                ),
        );
    }
}

impl Topic {
    fn code(self) -> &'static str {
        match self {
            Self::Workload => "facts::workload-differs",
            Self::Start => "facts::start-differs",
            Self::Deadline => "facts::deadline-differs",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Start => "start",
            Self::Deadline => "deadline",
        }
    }
}
