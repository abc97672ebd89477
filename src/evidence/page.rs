//! The page that people read: drawn from `evidence.json` alone, so that both say the same. Pure.

use chrono::DateTime;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment};

use super::EvidenceError;
use crate::log::{plain, plain_lines};

/// Not among the templates of a site: an archive is checked by drawing its page again.
const TEMPLATE: &str = include_str!("page.html.j2");

/// Draws the page.
///
/// # Errors
/// [`EvidenceError::Page`] if the data is not of this format.
pub(super) fn page(data: &serde_json::Value) -> Result<String, EvidenceError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build()?);
    environment.add_filter("plain", |text: String| plain(&text));
    environment.add_filter("plain_lines", |text: String| plain_lines(&text));
    environment.add_filter("moment", |text: String| moment(&text));
    environment.add_template("page", TEMPLATE)?;
    Ok(environment.get_template("page")?.render(Value::from(Serde(data)))?)
}

/// A time as people write it, in UTC, because whoever reads this may be anywhere.
fn moment(text: &str) -> String {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.to_utc().format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => text.to_owned(),
    }
}
