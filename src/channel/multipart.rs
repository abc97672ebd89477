//! Forms with a file in them (RFC 7578), as text with a placeholder for the file's bytes.

use super::DeliveryKey;
use crate::adapt::PictureFile;

/// A form that is being written. Its boundary comes from the delivery's key, so that it is the same
/// each time, and in nobody's text.
pub(super) struct Form {
    boundary: String,
    body: String,
}

impl Form {
    pub(super) fn new(key: &DeliveryKey) -> Self {
        Self { boundary: format!("handbill-{}", key.compact()), body: String::new() }
    }

    /// The value of `Content-Type`.
    pub(super) fn media_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(super) fn text(mut self, name: &str, words: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), words);
        self
    }

    /// A file; `content` stands for its bytes.
    pub(super) fn file(mut self, name: &str, file: &PictureFile, content: &str) -> Self {
        let media_type = &file.media_type;
        let ending = if media_type == "image/png" { "png" } else { "jpg" };
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"picture.{ending}\"\r\n\
             Content-Type: {media_type}"
        );
        self.part(&head, content);
        self
    }

    pub(super) fn body(&self) -> String {
        format!("{}--{}--\r\n", self.body, self.boundary)
    }

    fn part(&mut self, head: &str, content: &str) {
        self.body.push_str(&format!("--{}\r\n{head}\r\n\r\n{content}\r\n", self.boundary));
    }
}
