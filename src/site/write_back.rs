//! `[write_back]` in handbill.toml: how the links of copies come back onto the site.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

/// What is written, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteBack {
    /// The folder for a file per ad.
    pub data: PathBuf,
    pub front_matter: FrontMatter,
    pub git: Git,
}

/// Whether pages themselves say where their ad stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontMatter {
    /// `syndication:` lists the links.
    Written,
    Untouched,
}

/// What becomes of what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Git {
    #[default]
    None,
    /// A commit of these files and nothing else.
    Commit,
    /// The same, and the branch is pushed.
    Push,
}

/// `[write_back]` as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteBackTable {
    /// The folder for a file per ad; default `data/syndication`.
    data: Option<PathBuf>,
    /// Whether `syndication:` is written into the pages too.
    #[serde(default)]
    front_matter: bool,
    /// Whether what was written is committed, or pushed too.
    #[serde(default)]
    git: Git,
}

impl WriteBackTable {
    pub(super) fn rules(self, folder: &Path) -> WriteBack {
        WriteBack {
            data: folder.join(self.data.unwrap_or_else(|| PathBuf::from("data/syndication"))),
            front_matter: match self.front_matter {
                true => FrontMatter::Written,
                false => FrontMatter::Untouched,
            },
            git: self.git,
        }
    }
}
