//! How long a text is, as each network counts it.
//!
//! X and Mastodon find links with the same library and lists of top-level domains; their rules are in
//! [`x`], [`mastodon`] and [`link`]. Where a list may have grown since, the longer count holds: a text
//! that fits here fits there.

pub mod emoji;
pub mod link;
pub mod mastodon;
pub mod signs;
pub mod top_level;
pub mod x;

use unicode_segmentation::UnicodeSegmentation;

/// What X and Mastodon count for a link.
const LINK: usize = 23;

/// A network's way of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Mastodon: what a reader sees as one sign counts once, an address 23, `@user@server` as
    /// `@user`.
    Mastodon,
    /// X: weighted; every name with a known top-level domain counts as a link.
    X,
    /// Bluesky: what a reader sees as one sign counts once, and for each of them there may be ten
    /// bytes of UTF-8 in all (`app.bsky.feed.post`: `maxGraphemes` 300, `maxLength` 3000).
    Bluesky,
    /// Unicode characters.
    Characters,
}

impl Count {
    /// The length of `text`, never less than what the network counts.
    pub fn length(self, text: &str) -> usize {
        match self {
            Self::Mastodon => mastodon::length(text),
            Self::X => x::length(text),
            Self::Bluesky => text.graphemes(true).count(),
            Self::Characters => text.chars().count(),
        }
    }

    /// Whether a network with this limit takes `text`.
    pub fn fits(self, text: &str, limit: usize) -> bool {
        let bytes_fit = self != Self::Bluesky || text.len() <= limit * BYTES_PER_GRAPHEME;
        bytes_fit && self.length(text) <= limit
    }
}

/// Bluesky's second limit, as a multiple of its first.
const BYTES_PER_GRAPHEME: usize = 10;
