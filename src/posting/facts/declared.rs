//! The `job:` block of the front matter: facts that the author wrote down as fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::value::{self, Problem, describe, text, text_or};
use crate::diagnostic::{Diagnostic, Source, Span, suggestion};
use crate::posting::front_matter::{Entry, Node, Table, Value};
use crate::posting::page::Page;
use crate::posting::{Facts, Field, Origin, PositionType};

/// What a `job:` block says.
#[derive(Debug, Clone, Default)]
pub struct Job {
    pub id: Option<Field<String>>,
    /// Where it says `closed: true`.
    pub closed: Option<Span>,
    /// Where it says `approval: true`.
    pub approval: Option<Span>,
    /// schema.org `datePosted`.
    pub date: Option<NaiveDate>,
    pub facts: Facts,
    pub positions: Vec<Job>,
}

/// The page's own `job:` block.
pub fn job(page: &Page, diagnostics: &mut Vec<Diagnostic>) -> Job {
    let mut reader = Reader { source: &page.source, standing: Standing::Page, diagnostics };
    reader.block(&page.front)
}

/// The `job:` blocks that cascade down to the page, the nearest first. They describe many pages,
/// so they count as defaults.
pub fn cascaded(page: &Page, diagnostics: &mut Vec<Diagnostic>) -> Facts {
    let mut facts = Facts::default();
    for cascade in page.cascades.iter().rev() {
        let mut problems = Vec::new();
        let mut reader =
            Reader { source: &page.source, standing: Standing::Above, diagnostics: &mut problems };
        facts = facts.or(reader.block(cascade).facts);
        // The spans point into a page above, which is not at hand here.
        diagnostics.extend(problems.into_iter().map(|mut problem| {
            problem.place = None;
            problem.message = format!("{}: {}", problem.message, problem.label);
            problem.help(format!("look at `cascade` in the pages above `{}`", page.path))
        }));
    }
    facts
}

/// The site's defaults as facts. What [`check_default`] refuses is left out.
pub fn defaults(defaults: &BTreeMap<String, String>) -> Facts {
    let mut job = Job::default();
    for (name, text) in defaults {
        if let Some(name) = known_name(name) {
            // The site's file is checked where it is read.
            let _ = set(&mut job, name, &default_node(text), Origin::Default);
        }
    }
    job.facts
}

/// Whether a default of the site's file can be read as the field it names.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn check_default(name: &str, text: &str) -> Result<(), String> {
    let facts = NAMES.into_iter().filter(|name| !BLOCK_NAMES.contains(name));
    let known = known_name(name).filter(|name| !BLOCK_NAMES.contains(name));
    let Some(known) = known else {
        return Err(match suggestion(name, facts) {
            Some(near) => format!("there is no field `{name}`; did you mean `{near}`?"),
            None => format!("there is no field `{name}`"),
        });
    };
    set(&mut Job::default(), known, &default_node(text), Origin::Default)
        .map_err(|problem| format!("`{name}` {}: expected {}", problem.what, problem.expected))
}

/// The names of a `job:` block: the fields of [`Facts`] and four of the block itself.
const NAMES: [&str; 26] = [
    "title",
    "display_title",
    "reference",
    "position_type",
    "organisation",
    "unit",
    "city",
    "country",
    "pay_scheme",
    "salary",
    "workload_percent",
    "start",
    "duration_months",
    "deadline",
    "contact_name",
    "contact_emails",
    "openings",
    "extension",
    "apply_url",
    "summary",
    "id",
    "closed",
    "approval",
    "positions",
    "date_posted",
    "employment_type",
];

/// Names that are no field of [`Facts`].
const BLOCK_NAMES: [&str; 6] =
    ["id", "closed", "approval", "positions", "date_posted", "employment_type"];

/// Other spellings, without case, `-` and `_`: schema.org/JobPosting's and the American one.
const ALIASES: [(&str, &str); 17] = [
    ("identifier", "reference"),
    ("hiringorganization", "organisation"),
    ("hiringorganisation", "organisation"),
    ("organization", "organisation"),
    ("department", "unit"),
    ("addresslocality", "city"),
    ("addresscountry", "country"),
    ("basesalary", "pay_scheme"),
    ("workload", "workload_percent"),
    ("jobstartdate", "start"),
    ("startdate", "start"),
    ("totaljobopenings", "openings"),
    ("validthrough", "deadline"),
    ("contactemail", "contact_emails"),
    ("email", "contact_emails"),
    ("contact", "contact_name"),
    ("applicationcontact", "contact_name"),
];

/// Where a block stands.
#[derive(Clone, Copy)]
enum Standing {
    Page,
    Above,
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    standing: Standing,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn block(&mut self, front: &Table) -> Job {
        let Some(node) = front.get("job") else { return Job::default() };
        match &node.value {
            Value::Table(table) => self.table(table, Level::Page),
            Value::Null => Job::default(),
            other => {
                let found = format!("`job` {}", describe(other));
                self.report("job::wrong-type", found, node.span, "expected fields".to_owned());
                Job::default()
            }
        }
    }

    fn table(&mut self, table: &Table, level: Level) -> Job {
        let mut job = Job::default();
        for entry in &table.entries {
            match known_name(&entry.key) {
                Some("positions") if level == Level::Page => {
                    job.positions = self.positions(&entry.node);
                }
                Some("positions") | None => self.unknown(entry),
                Some(name) => self.field(&mut job, name, entry),
            }
        }
        job
    }

    fn field(&mut self, job: &mut Job, name: &'static str, entry: &Entry) {
        let span = entry.node.span;
        let origin = match self.standing {
            Standing::Page => Origin::Declared(span),
            Standing::Above => Origin::Default,
        };
        if let Err(problem) = set(job, name, &entry.node, origin) {
            let message = format!("`job.{}` {}", entry.key, problem.what);
            self.report(problem.code, message, span, format!("expected {}", problem.expected));
            if let (Some(help), Some(last)) = (problem.help, self.diagnostics.last_mut()) {
                last.help = Some(help);
            }
        }
    }

    fn positions(&mut self, node: &Node) -> Vec<Job> {
        let Value::List(items) = &node.value else {
            let found = format!("`job.positions` {}", describe(&node.value));
            let expected = "expected a list of positions, each with an `id`".to_owned();
            self.report("job::wrong-type", found, node.span, expected);
            return Vec::new();
        };
        let mut positions: Vec<Job> = Vec::new();
        for item in items {
            let Value::Table(table) = &item.value else {
                let found = format!("a position {}", describe(&item.value));
                let expected = "expected fields, among them `id`".to_owned();
                self.report("job::wrong-type", found, item.span, expected);
                continue;
            };
            let position = self.table(table, Level::Position);
            let Some(id) = &position.id else {
                let message = "a position has no `id`, so it cannot be told from the others";
                let label = "expected an `id`, such as `id: technician`".to_owned();
                self.report("job::position-id", message.to_owned(), item.span, label);
                continue;
            };
            let same = |other: &Job| other.id.as_ref().is_some_and(|it| it.value == id.value);
            if positions.iter().any(same) {
                let message = format!("two positions have the `id` `{}`", id.value);
                let label = "expected another `id`".to_owned();
                self.report("job::position-id", message, item.span, label);
                continue;
            }
            positions.push(position);
        }
        positions
    }

    fn unknown(&mut self, entry: &Entry) {
        let message = format!("`job` has no field `{}`", entry.key);
        let label = match suggestion(&entry.key, NAMES) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "unknown".to_owned(),
        };
        self.report("job::unknown-key", message, entry.key_span, label);
        if let Some(last) = self.diagnostics.last_mut() {
            last.help = Some(format!("the fields are {}", NAMES.join(", ")));
        }
    }

    fn report(&mut self, code: &'static str, message: String, span: Span, label: String) {
        let problem = Diagnostic::error(code, message).at(self.source, span).label(label);
        self.diagnostics.push(problem);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Page,
    Position,
}

/// Whether a `job:` block can say this field.
pub fn is_field(name: &str) -> bool {
    NAMES.contains(&name) && !BLOCK_NAMES.contains(&name)
}

fn known_name(key: &str) -> Option<&'static str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let key = plain(key);
    let named = NAMES.into_iter().find(|name| plain(name) == key);
    named.or_else(|| ALIASES.iter().find(|(alias, _)| *alias == key).map(|(_, name)| *name))
}

fn default_node(text: &str) -> Node {
    Node { span: Span::default(), value: Value::Text(text.to_owned()) }
}

/// Sets one field from a value; an empty value says nothing.
fn set(job: &mut Job, name: &'static str, node: &Node, origin: Origin) -> Result<(), Problem> {
    let value = &node.value;
    let empty = match value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        _ => false,
    };
    if empty {
        return Ok(());
    }
    let facts = &mut job.facts;
    match name {
        "title" => facts.title = Some(Field::new(text(value)?, origin)),
        "display_title" => facts.display_title = Some(Field::new(text(value)?, origin)),
        "reference" => facts.reference = Some(Field::new(text_or(value, "value")?, origin)),
        "position_type" => {
            facts.position_type = Some(Field::new(value::position_type(value)?, origin))
        }
        "organisation" => facts.organisation = Some(Field::new(text_or(value, "name")?, origin)),
        "unit" => facts.unit = Some(Field::new(text_or(value, "name")?, origin)),
        "city" => facts.city = Some(Field::new(text(value)?, origin)),
        "country" => facts.country = Some(Field::new(value::country(value)?, origin)),
        "pay_scheme" => facts.pay_scheme = Some(Field::new(text(value)?, origin)),
        "salary" => facts.salary = Some(Field::new(value::salary(value)?, origin)),
        "workload_percent" => {
            facts.workload_percent = Some(Field::new(value::percentage(value)?, origin));
        }
        "start" => facts.start = Some(Field::new(value::start(value)?, origin)),
        "duration_months" => {
            facts.duration_months = Some(Field::new(value::months(value)?, origin))
        }
        "deadline" => facts.deadline = Some(Field::new(value::deadline(value)?, origin)),
        "contact_name" => contact(facts, value, origin)?,
        "contact_emails" => facts.contact_emails = Some(Field::new(value::emails(value)?, origin)),
        "openings" => facts.openings = Some(Field::new(value::openings(value)?, origin)),
        "extension" => facts.extension = Some(Field::new(value::extension(value)?, origin)),
        "apply_url" => facts.apply_url = Some(Field::new(value::address(value)?, origin)),
        "summary" => facts.summary = Some(Field::new(text(value)?, origin)),
        "id" => job.id = Some(Field::new(text(value)?, origin)),
        "closed" => {
            let Value::Bool(closed) = value else {
                return Err(value::wrong_type(value, "`true` or `false`"));
            };
            job.closed = closed.then_some(node.span);
        }
        "approval" => {
            let Value::Bool(approval) = value else {
                return Err(value::wrong_type(value, "`true` or `false`"));
            };
            job.approval = approval.then_some(node.span);
        }
        "date_posted" => job.date = Some(value::day(value, "a date such as `2027-01-31`")?),
        "employment_type" => employment_type(facts, value, origin)?,
        _ => {}
    }
    Ok(())
}

fn contact(facts: &mut Facts, value: &Value, origin: Origin) -> Result<(), Problem> {
    facts.contact_name = Some(Field::new(text_or(value, "name")?, origin.clone()));
    if let Value::Table(table) = value
        && let Some(node) = table.get("email")
    {
        facts.contact_emails = Some(Field::new(value::emails(&node.value)?, origin));
    }
    Ok(())
}

/// schema.org's `employmentType` says a workload or a kind of position, or neither.
fn employment_type(facts: &mut Facts, value: &Value, origin: Origin) -> Result<(), Problem> {
    let kinds: Vec<&Value> = match value {
        Value::List(items) => items.iter().map(|item| &item.value).collect(),
        one => vec![one],
    };
    for kind in kinds {
        match text(kind)?.to_uppercase().replace(['-', ' '], "_").as_str() {
            "FULL_TIME" => {
                facts.workload_percent.get_or_insert(Field::new(100.0, origin.clone()));
            }
            "INTERN" => {
                let kind = Field::new(PositionType::Internship, origin.clone());
                facts.position_type.get_or_insert(kind);
            }
            "PART_TIME" | "CONTRACTOR" | "TEMPORARY" | "VOLUNTEER" | "PER_DIEM" | "OTHER" => {}
            other => {
                return Err(Problem {
                    code: "job::unknown-value",
                    what: format!("is `{other}`, which schema.org does not know"),
                    expected: "`FULL_TIME`, `PART_TIME`, `CONTRACTOR`, `TEMPORARY`, `INTERN`, \
                               `VOLUNTEER`, `PER_DIEM` or `OTHER`"
                        .to_owned(),
                    help: None,
                });
            }
        }
    }
    Ok(())
}
