//! Feed: a folder with one JSON-LD document per posting and an Atom feed of them all.

use serde::Deserialize;
use std::path::PathBuf;
use url::Url;

/// The `[feed]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder to write to; relative paths count from the site's folder.
    pub folder: PathBuf,
    /// Where readers find that folder, if it is served; gives each entry its link.
    pub url: Option<Url>,
    /// The feed's title; default is the site's name.
    pub title: Option<String>,
}
