//! What is sent as the body of a request, exactly.

use super::description::{Body, Upload};
use super::filling::Values;
use crate::adapt::DocumentType;
use crate::channel::PrepareError;

/// A body and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub content_type: String,
    pub text: String,
}

impl Body {
    /// The body with everything filled in; `None` if nothing is sent.
    ///
    /// # Errors
    /// [`PrepareError`] if a value that stands in it is not known.
    pub(super) fn make(
        &self,
        values: &Values<'_>,
        format: DocumentType,
        content_type: Option<&str>,
    ) -> Result<Option<Made>, PrepareError> {
        let unknown = || {
            PrepareError::Invalid(
                "the body of the request needs a value that is not known: the copy has none, or \
                 the template's document lacks the part"
                    .to_owned(),
            )
        };
        let usual = || content_type.unwrap_or(format.media_type()).to_owned();
        let of = |kind: DocumentType| match content_type {
            Some(own) if kind == format => own.to_owned(),
            _ => kind.media_type().to_owned(),
        };
        Ok(Some(match self {
            Self::None => return Ok(None),
            Self::Document => {
                let text = values.whole_document(format).ok_or_else(unknown)?;
                Made { content_type: usual(), text }
            }
            Self::Json(template) => {
                let text = values.json(template).ok_or_else(unknown)?.to_string();
                Made { content_type: of(DocumentType::Json), text }
            }
            Self::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, template) in fields.iter().filter(|(_, it)| !values.lacks(it)) {
                    form.append_pair(name, &values.text(template).ok_or_else(unknown)?);
                }
                Made { content_type: of(DocumentType::Form), text: form.finish() }
            }
            Self::Xml(template) => {
                let text = values.xml(template).ok_or_else(unknown)?;
                Made { content_type: of(DocumentType::Xml), text }
            }
            Self::Upload(upload) => upload.make(values, format, &usual()).ok_or_else(unknown)?,
        }))
    }
}

impl Upload {
    /// `multipart/form-data` (RFC 7578). The boundary is made of the delivery's key, so that the
    /// same upload is the same bytes.
    fn make(&self, values: &Values<'_>, format: DocumentType, content_type: &str) -> Option<Made> {
        let content = match &self.content {
            Some(template) => values.xml(template)?,
            None => values.whole_document(format)?,
        };
        let boundary = format!("handbill-{}", values.key?.replace('-', ""));
        let mut text = String::new();
        for (name, template) in self.fields.iter().filter(|(_, it)| !values.lacks(it)) {
            let value = values.text(template)?;
            text.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{value}\r\n",
                quoted(name)
            ));
        }
        text.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             Content-Type: {}\r\n\r\n{content}\r\n--{boundary}--\r\n",
            quoted(&self.field),
            quoted(&values.text(&self.file_name)?),
            self.content_type.as_deref().unwrap_or(content_type),
        ));
        Some(Made { content_type: format!("multipart/form-data; boundary={boundary}"), text })
    }
}

/// A name between quotation marks, as HTML's forms write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// The name of the file in an upload that is on record.
pub(super) fn uploaded(body: &str) -> Option<&str> {
    body.split_once("; filename=\"")?.1.split('"').next()
}
