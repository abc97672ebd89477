//! Words to search: as they are written, in small letters, and the phrases of the lists in them.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;

use super::words::{self, Occurrence};

/// What patterns and phrases are searched in.
pub trait Searched {
    /// The words as they are written.
    fn written(&self) -> &str;

    /// The words in small letters, each byte in its place.
    fn small(&self) -> Cow<'_, str> {
        small(self.written())
    }

    /// The phrases of all lists in these words, by where they begin.
    fn occurrences(&self) -> Cow<'_, [Occurrence]> {
        Cow::Owned(words::occurrences(&self.small()))
    }
}

impl Searched for str {
    fn written(&self) -> &str {
        self
    }
}

impl Searched for String {
    fn written(&self) -> &str {
        self
    }
}

impl<T: Searched + ?Sized> Searched for &T {
    fn written(&self) -> &str {
        T::written(self)
    }

    fn small(&self) -> Cow<'_, str> {
        T::small(self)
    }

    fn occurrences(&self) -> Cow<'_, [Occurrence]> {
        T::occurrences(self)
    }
}

/// A text that is searched again and again, and remembers what it has found out about itself.
#[derive(Debug, Clone, Default)]
pub struct Text {
    written: String,
    /// `None` where all letters are small already.
    small: OnceCell<Option<String>>,
    occurrences: OnceCell<Vec<Occurrence>>,
}

impl Text {
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl From<String> for Text {
    fn from(written: String) -> Self {
        Self { written, ..Self::default() }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.written
    }
}

impl Searched for Text {
    fn written(&self) -> &str {
        &self.written
    }

    fn small(&self) -> Cow<'_, str> {
        let small = self.small.get_or_init(|| match small(&self.written) {
            Cow::Owned(small) => Some(small),
            Cow::Borrowed(_) => None,
        });
        Cow::Borrowed(small.as_ref().unwrap_or(&self.written))
    }

    fn occurrences(&self) -> Cow<'_, [Occurrence]> {
        let found = self.occurrences.get_or_init(|| words::occurrences(&self.small()));
        Cow::Borrowed(found)
    }
}

/// A text in small letters, each byte in its place: a letter whose small form is longer or shorter
/// (`ẞ`, `İ`) stays.
pub fn small(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let Some(first) = text.find(char::is_uppercase) else { return Cow::Borrowed(text) };
    let (before, rest) = text.split_at(first);
    let mut all = String::with_capacity(text.len());
    all.push_str(before);
    for letter in rest.chars() {
        if letter.is_ascii() {
            all.push(letter.to_ascii_lowercase());
            continue;
        }
        let mut small = letter.to_lowercase();
        all.push(match (small.next(), small.next()) {
            (Some(small), None) if small.len_utf8() == letter.len_utf8() => small,
            _ => letter,
        });
    }
    Cow::Owned(all)
}

/// Whether a letter is part of a word, so that no edge of a word lies between two such. An accent
/// that stands as a character of its own belongs to the letter before it.
pub fn is_of_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || matches!(letter, '\u{300}'..='\u{36f}')
}
