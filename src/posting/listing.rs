//! The facts of a posting as a list: name, value, where from. For `inspect` and for machines.

use serde_json::{Value, json};

use super::{Field, Origin, Posting, Salary};
use crate::diagnostic::{Diagnostic, Source};

/// One fact, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct FactLine {
    /// As in the `job:` block.
    pub name: &'static str,
    pub value: Value,
    /// `declared`, `inferred` or `default`.
    pub origin: &'static str,
    /// From 1; `None` for a default.
    pub line: Option<usize>,
    /// The last line of the words it was read from.
    pub last_line: Option<usize>,
}

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sureness {
    /// The author wrote it down as a field.
    Certain,
    /// It was read from a sentence, and nothing on the page speaks against it.
    Likely,
    /// The page says something else as well.
    Doubtful,
    /// The site says it of all its ads.
    Assumed,
}

impl Sureness {
    /// `found` is what reading the page brought up: a fact that two places tell differently is one
    /// of these.
    pub fn of(fact: &FactLine, found: &[Diagnostic]) -> Self {
        match fact.origin {
            "declared" => Self::Certain,
            "inferred" if found.iter().any(|it| is_doubt(it, fact.name)) => Self::Doubtful,
            "inferred" => Self::Likely,
            _ => Self::Assumed,
        }
    }
}

/// Whether a finding (`facts::start-differs`) is about a field (`start`).
fn is_doubt(found: &Diagnostic, field: &str) -> bool {
    let topic = found.code.strip_prefix("facts::").and_then(|it| it.strip_suffix("-differs"));
    topic.is_some_and(|topic| field.split('_').next() == Some(topic))
}

/// All facts that are known, in the order in which people ask for them.
pub fn listing(posting: &Posting) -> Vec<FactLine> {
    let facts = &posting.facts;
    let source = posting.source.as_ref();
    let mut lines = Vec::new();
    let text = |name, field: &Option<Field<String>>| {
        field.as_ref().map(|field| line(name, json!(field.value), field, source))
    };
    lines.extend(text("title", &facts.title));
    lines.extend(text("display_title", &facts.display_title));
    lines.extend(text("reference", &facts.reference));
    lines.extend(
        facts.position_type.as_ref().map(|it| line("position_type", json!(it.value), it, source)),
    );
    lines.extend(text("organisation", &facts.organisation));
    lines.extend(text("unit", &facts.unit));
    lines.extend(text("city", &facts.city));
    lines.extend(text("country", &facts.country));
    lines.extend(text("pay_scheme", &facts.pay_scheme));
    lines.extend(facts.salary.as_ref().map(|it| {
        let Salary { from, to, currency, period } = it.value;
        let amount = json!({
            "from": number(from), "to": to.map(number), "currency": currency, "period": period,
            "words": it.value.to_string(),
        });
        line("salary", amount, it, source)
    }));
    lines.extend(
        facts
            .workload_percent
            .as_ref()
            .map(|it| line("workload_percent", number(it.value), it, source)),
    );
    lines.extend(
        facts.start.as_ref().map(|it| line("start", json!(it.value.to_string()), it, source)),
    );
    lines.extend(
        facts
            .duration_months
            .as_ref()
            .map(|it| line("duration_months", number(it.value), it, source)),
    );
    lines.extend(
        facts
            .extension
            .as_ref()
            .map(|it| line("extension", json!(it.value.to_string()), it, source)),
    );
    lines.extend(facts.openings.as_ref().map(|it| line("openings", json!(it.value), it, source)));
    if let Some(deadline) = &facts.deadline {
        let day = |name, day: Option<chrono::NaiveDate>| {
            day.map(|day| line(name, json!(day.to_string()), deadline, source))
        };
        let next = deadline.value.next_day();
        lines.extend(day("deadline", next));
        lines
            .extend(day("deadline_last", deadline.value.last_day().filter(|it| next != Some(*it))));
        let rolling = deadline.value.is_rolling();
        lines.extend(rolling.then(|| line("deadline_rolling", json!(true), deadline, source)));
    }
    lines.extend(text("contact_name", &facts.contact_name));
    lines.extend(
        facts.contact_emails.as_ref().map(|it| line("contact_emails", json!(it.value), it, source)),
    );
    lines.extend(facts.apply_url.as_ref().map(|it| line("apply_url", json!(it.value), it, source)));
    lines.extend(facts.documents.as_ref().map(|it| line("documents", json!(it.value), it, source)));
    lines.extend(text("summary", &facts.summary));
    lines.extend(facts.parts.named().into_iter().filter_map(|(name, field)| text(name, field)));
    lines.push(FactLine {
        name: "language",
        value: json!(posting.language),
        origin: "default",
        line: None,
        last_line: None,
    });
    lines
}

fn line<T>(name: &'static str, value: Value, field: &Field<T>, source: &Source) -> FactLine {
    let (origin, span) = match field.origin {
        Origin::Declared(span) => ("declared", Some(span)),
        Origin::Inferred(span) => ("inferred", Some(span)),
        Origin::Default => ("default", None),
    };
    let line_of = |at| source.line_and_column(at).0;
    let last = span.map(|span| span.start.max(span.end.saturating_sub(1)));
    FactLine {
        name,
        value,
        origin,
        line: span.map(|span| line_of(span.start)),
        last_line: last.map(line_of),
    }
}

/// A whole number without a decimal point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e9 { json!(value as i64) } else { json!(value) }
}
