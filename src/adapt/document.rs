//! A document made by a template: JSON, form or XML for a board, JSON-LD for a feed, text for a
//! person.

use serde_json::Value;

use super::template::Templates;
use super::{AdaptError, DocumentType, Occasion, Rendition, Target, fit, xml};
use crate::posting::Posting;

/// An update sends the document anew. A closed position needs words of its own.
const AS_ANNOUNCED: &[Occasion] = &[Occasion::Remind, Occasion::Update];

/// Renders `document.EXTENSION.j2` of the target's template folder, or that of the occasion, and
/// makes sure that it is what its media type says.
///
/// # Errors
/// [`AdaptError`] if the template is missing or wrong, requires a field that the page does not
/// say, or does not make a valid document.
pub fn adapt(
    posting: &Posting,
    target: &Target,
    media_type: DocumentType,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let extension = media_type.extension();
    let name =
        templates.name_for(&target.template, "document", extension, occasion, AS_ANNOUNCED)?;
    let context = templates.context_within_limits(posting, target, occasion)?;
    let rendered = templates.render(&name, context)?;
    let malformed = |format, message| AdaptError::Malformed { template: name, format, message };
    let body = match media_type {
        DocumentType::Json => json(&rendered).map_err(|why| malformed("JSON", why))?,
        DocumentType::JsonLd => json(&rendered).map_err(|why| malformed("JSON-LD", why))?,
        DocumentType::Form => form(&rendered).map_err(|why| malformed("form", why))?,
        DocumentType::Xml => {
            xml::check(&rendered).map_err(|why| malformed("XML", why))?;
            format!("{}\n", rendered.trim())
        }
        DocumentType::Yaml => {
            serde_saphyr::from_str::<Value>(&rendered)
                .map_err(|error| malformed("YAML", error.to_string()))?;
            format!("{}\n", rendered.trim())
        }
        DocumentType::Text | DocumentType::Markdown => format!("{}\n", fit::whole(&rendered)),
    };
    Ok(Rendition::Document { media_type, body, language: posting.language.clone() })
}

fn json(rendered: &str) -> Result<String, String> {
    let value: Value = serde_json::from_str(rendered).map_err(|error| error.to_string())?;
    let pretty = serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?;
    Ok(format!("{pretty}\n"))
}

/// Lines `key=value`, whose printed values came encoded, as one encoded form.
fn form(rendered: &str) -> Result<String, String> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    let lines = rendered.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let Some((key, value)) = line.split_once('=') else {
            return Err(format!("line {number} is not `key=value`: {line}"));
        };
        // Signs that the template's author wrote are meant as they stand.
        let literal = value.replace('+', "%2B").replace('&', "%26");
        let decoded = url::form_urlencoded::parse(format!("={literal}").as_bytes())
            .next()
            .map_or_else(String::new, |(_, value)| value.into_owned());
        form.append_pair(key.trim(), &decoded);
    }
    Ok(form.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_what_was_printed_and_what_the_author_wrote() {
        assert_eq!(
            form("title=A%20%26%20B\n\npay=TV-L E13 + 75 %\n"),
            Ok("title=A+%26+B&pay=TV-L+E13+%2B+75+%25".to_owned())
        );
        assert_eq!(form("title"), Err("line 1 is not `key=value`: title".to_owned()));
    }
}
