//! A card as a person sees it: as text for a terminal or a mail, and as a page to copy from.
//!
//! Lines about a field begin with `---`. Its words stand below as they are to be pasted: no line of
//! them is broken or indented.

use minijinja::value::Serde;
use serde::Serialize;

use super::{CardField, FieldChange, FieldFormat, Need};
use crate::adapt::AdaptError;
use crate::adapt::template::Templates;
use crate::adapt::text::fill_lines;

pub(in crate::adapt) const PAGE: &str = "manual/page.html.j2";

/// Columns of the lines about a field.
const WIDTH: usize = 80;

/// What stands before each line that is not to be pasted.
const MARK: &str = "--- ";

/// All fields with their words.
pub fn text(fields: &[CardField]) -> String {
    let mut text = String::new();
    for (index, field) in fields.iter().enumerate() {
        about(&mut text, &format!("{}. {}: {}", index + 1, field.name, said_of(field)));
        for what in &field.left_out {
            about(&mut text, &format!("   to fit, {what}"));
        }
        words(&mut text, &field.text);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// What changed, before and after.
pub fn text_of_changes(changes: &[FieldChange<'_>]) -> String {
    let mut text = String::new();
    for FieldChange { name, before, after, .. } in changes {
        match before {
            Some(before) => {
                about(&mut text, &format!("{name}, before:"));
                words(&mut text, before);
            }
            None => about(&mut text, &format!("{name} is a new field of the card")),
        }
        match after {
            Some(after) => {
                about(&mut text, &format!("{name}, now:"));
                words(&mut text, after);
            }
            None => about(&mut text, &format!("{name} is no field of the card any more")),
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn about(text: &mut String, what: &str) {
    for (index, line) in fill_lines(what, WIDTH - MARK.len() - 3).iter().enumerate() {
        text.push_str(MARK);
        text.push_str(if index == 0 { "" } else { "   " });
        text.push_str(line);
        text.push('\n');
    }
}

fn words(text: &mut String, words: &str) {
    text.push_str(if words.is_empty() { "(nothing)" } else { words });
    text.push('\n');
}

/// What is to know of a field before it is pasted: `required, 52 of 100 characters`.
fn said_of(field: &CardField) -> String {
    let need = match field.need {
        Need::Required if field.is_missing() => {
            return "required, and the page does not say it".to_owned();
        }
        Need::Required => "required, ",
        Need::Optional if field.text.is_empty() => return "leave it empty".to_owned(),
        Need::Optional => "",
    };
    let format = match field.format {
        FieldFormat::Plain => "",
        FieldFormat::Html => "HTML, ",
    };
    let length = match (field.limit, field.length) {
        (Some(limit), length) => format!("{length} of {limit} characters"),
        (None, 1) => "1 character".to_owned(),
        (None, length) => format!("{length} characters"),
    };
    format!("{need}{format}{length}")
}

/// What a page shows beside the fields.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct About<'a> {
    /// The ad's name.
    pub title: &'a str,
    pub channel: &'a str,
    /// Where the person goes.
    pub place: &'a str,
    /// Where the ad itself stands.
    pub link: &'a str,
    /// What is not known of the form.
    pub caution: Option<&'a str>,
    /// What to type when it is done.
    pub command: Option<&'a str>,
}

/// The card as a page that needs no script, style sheet or picture from elsewhere: each field is a
/// box to copy from. Where scripts run, a click selects all of it.
///
/// # Errors
/// [`AdaptError`] if the site's own template of the page is wrong.
pub fn page(
    about: &About<'_>,
    fields: &[CardField],
    changes: &[FieldChange<'_>],
    templates: &Templates,
) -> Result<String, AdaptError> {
    #[derive(Serialize)]
    struct Page<'a> {
        about: &'a About<'a>,
        fields: Vec<Field<'a>>,
        changes: &'a [FieldChange<'a>],
    }
    #[derive(Serialize)]
    struct Field<'a> {
        name: &'a str,
        text: &'a str,
        said: String,
        missing: bool,
        left_out: &'a [String],
        rows: usize,
    }
    let fields = fields.iter().map(|field| Field {
        name: &field.name,
        text: &field.text,
        said: said_of(field),
        missing: field.is_missing(),
        left_out: &field.left_out,
        rows: rows(&field.text),
    });
    let page = Page { about, fields: fields.collect(), changes };
    templates.render(PAGE, minijinja::Value::from(Serde(&page)))
}

/// How high a box is, so that most texts are seen whole.
fn rows(text: &str) -> usize {
    text.lines().map(|line| 1 + line.chars().count() / WIDTH).sum::<usize>().clamp(1, 24)
}
