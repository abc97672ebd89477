//! A site: the folder somebody edits.

pub mod secret;
