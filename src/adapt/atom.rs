//! An Atom feed of all entries.

use super::AdaptError;

pub fn atom(
    entries: &[serde_json::Value],
    title: &str,
    self_link: Option<&str>,
    updated: &str,
) -> Result<String, AdaptError> {
    let _ = (entries, title, self_link, updated);
    Ok(String::new())
}
