//! The body as plain text for mail.
