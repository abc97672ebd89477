//! Templates: shipped ones, embedded in the binary, and the site's own over them by name.

use std::collections::BTreeMap;

/// All templates by name, for example `mastodon/status.txt.j2`.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    pub sources: BTreeMap<String, String>,
}
