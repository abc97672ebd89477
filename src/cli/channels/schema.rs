//! `handbill channels schema`: the JSON Schema of a channel's file, for editors.

use super::super::{CliError, End, say_json};
use crate::site::channel_file;

pub(super) fn run() -> Result<End, CliError> {
    say_json(&channel_file::schema())?;
    Ok(End::Done)
}
