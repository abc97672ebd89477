//! Which one of its kind an occasion is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The first announcement or the second, or the reminder of one offset. Written as `1` or `7d`, which
/// is part of a delivery's name and so of its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Occurrence {
    Ordinal(u32),
    /// A reminder's offset as it is written.
    Named(Arc<str>),
}

impl Occurrence {
    pub const FIRST: Self = Self::Ordinal(1);

    /// 0 for what has a name.
    pub fn ordinal(&self) -> u32 {
        match self {
            Self::Ordinal(ordinal) => *ordinal,
            Self::Named(_) => 0,
        }
    }
}

impl From<&str> for Occurrence {
    fn from(text: &str) -> Self {
        match text.parse() {
            // What is written back has to be what was read: neither `01` nor `+1` is an ordinal.
            Ok(ordinal) if !text.starts_with(['0', '+']) => Self::Ordinal(ordinal),
            _ => Self::Named(text.into()),
        }
    }
}

impl From<String> for Occurrence {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Occurrence> for String {
    fn from(occurrence: Occurrence) -> Self {
        occurrence.to_string()
    }
}

impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordinal(ordinal) => write!(f, "{ordinal}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_back_is_what_was_read() {
        for text in ["1", "12", "7d", "0", "01", "+1", "", "4294967296", "test"] {
            assert_eq!(Occurrence::from(text).to_string(), text);
        }
        assert_eq!(Occurrence::from("12").ordinal(), 12);
        assert_eq!(Occurrence::from("01").ordinal(), 0);
    }
}
