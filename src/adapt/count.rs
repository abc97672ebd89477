//! How long a text is, as each network counts it.
//!
//! X and Mastodon find links with the same library and lists of top-level domains; their rules are in
//! `x`, `mastodon` and `link`. Where a list may have grown since, the longer count holds: a text
//! that fits here fits there.

mod emoji;
mod link;
mod mastodon;
mod signs;
mod top_level;
pub mod x;

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::little_text;
use super::rich_text::RichText;

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
    /// LinkedIn: the words as they are written there, every reserved sign with its backslash
    /// ([`super::little_text`]), in the units of UTF-16: its documentation says "characters" and not
    /// which, and no other meaning is longer.
    LinkedIn,
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
            Self::LinkedIn => little_text::escape(text).encode_utf16().count(),
            Self::Characters => text.chars().count(),
        }
    }

    /// The length of what is posted for `text`: where links are shown short, as they are shown.
    pub fn length_as_posted(self, text: &str) -> usize {
        self.length(&self.posted(text))
    }

    /// Whether a network with this limit takes what is posted for `text`.
    pub fn fits(self, text: &str, limit: usize) -> bool {
        let posted = self.posted(text);
        let bytes_fit = self != Self::Bluesky || posted.len() <= limit * BYTES_PER_GRAPHEME;
        bytes_fit && self.length(&posted) <= limit
    }

    fn posted(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Bluesky => Cow::Owned(RichText::of(text).text),
            Self::Mastodon | Self::X | Self::LinkedIn | Self::Characters => Cow::Borrowed(text),
        }
    }
}

/// Bluesky's second limit, as a multiple of its first.
const BYTES_PER_GRAPHEME: usize = 10;
