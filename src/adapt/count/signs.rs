//! Which signs may stand where in a link: for X as in twitter-text 3.1.0 for JavaScript, for
//! Mastodon as in the same library for Ruby with what `config/initializers/twitter_regex.rb`
//! changes.
//!
//! Signs are numbers, because X's library sees UTF-16 and matches halves of what lies beyond
//! 16 bits; Mastodon's sees code points.

use std::sync::LazyLock;

use regex::Regex;

/// Whose links are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    X,
    Mastodon,
}

impl Reader {
    /// Whether a link may begin after this sign.
    pub fn may_precede(self, unit: u32) -> bool {
        !is_ascii_alphanumeric(unit) && !is_one_of(unit, "@＠$#＃") && !is_invalid(unit)
    }

    /// Whether it may stand in a label of a domain, also at its start and end.
    pub fn is_in_label(self, unit: u32) -> bool {
        if is_invalid(unit) || is_directional(unit) || is_space(unit) {
            return false;
        }
        match self {
            Self::X => !is_one_of(unit, "!'#%&()*+,\\-./:;<=>?@[]^_{|}~$"),
            Self::Mastodon => !is_punctuation(unit),
        }
    }

    /// Whether it may stand in a path.
    pub fn is_in_path(self, unit: u32) -> bool {
        match self {
            Self::X => is_word_of_path(unit) || is_one_of(unit, "!*';:=+,.$/%#[]-–_~@|&"),
            Self::Mastodon => !is_white_space(unit) && !is_one_of(unit, "<>()?"),
        }
    }

    /// Whether a path may end with it.
    pub fn ends_path(self, unit: u32) -> bool {
        match self {
            Self::X => is_word_of_path(unit) || is_one_of(unit, "+-=_#/"),
            Self::Mastodon => {
                !is_white_space(unit) && !is_one_of(unit, "()?!*\"'「」<>;:=,.$%[]~&|@")
            }
        }
    }

    /// Whether it may stand in a query.
    pub fn is_in_query(self, unit: u32) -> bool {
        is_ascii_alphanumeric(unit)
            || is_one_of(unit, "!?*'@();:&=+$/%#[]-_.,~|")
            || self == Self::Mastodon && (unit == '^' as u32 || is_beyond_ascii(unit))
    }

    /// Whether a query may end with it.
    pub fn ends_query(self, unit: u32) -> bool {
        is_ascii_alphanumeric(unit)
            || is_one_of(unit, "-_&=#/")
            || self == Self::Mastodon && is_beyond_ascii(unit)
    }
}

/// Whether a label in front of a name without a scheme may hold it: X links only the part of such
/// a name that is made of these.
pub fn is_in_plain_label(unit: u32) -> bool {
    is_ascii_alphanumeric(unit) || unit == '-' as u32 || is_accented_latin(unit)
}

/// What may not follow a top-level domain.
pub fn continues_domain(unit: u32) -> bool {
    is_ascii_alphanumeric(unit) || is_one_of(unit, "@+-")
}

pub fn is_ascii_alphanumeric(unit: u32) -> bool {
    u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphanumeric())
}

/// The sign that stands for both cases, as JavaScript compares without regard to case: the single
/// upper case letter, if it is no letter of ASCII that stands for another one.
pub fn fold(unit: u32) -> u32 {
    let Some(letter) = char::from_u32(unit) else { return unit };
    let mut upper = letter.to_uppercase();
    match (upper.next().map(u32::from), upper.next()) {
        (Some(upper), None) if unit < 0x80 || upper >= 0x80 => upper,
        _ => unit,
    }
}

/// Letters and digits of a path on X: Latin with its accents, and Cyrillic.
fn is_word_of_path(unit: u32) -> bool {
    let is_cyrillic = |unit| (0x400..=0x4FF).contains(&unit);
    is_ascii_alphanumeric(unit)
        || is_cyrillic(unit)
        || is_cyrillic(fold(unit))
        || is_accented_latin(unit)
}

/// Latin letters beyond ASCII and combining accents, with what is their other case.
pub fn is_accented_latin(unit: u32) -> bool {
    let is_one = |unit| {
        matches!(
            unit,
            0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x24F | 0x253 | 0x254 | 0x256 | 0x257 | 0x259 | 0x25B
                | 0x263 | 0x268 | 0x26F | 0x272 | 0x289 | 0x28B | 0x2BB | 0x300..=0x36F
                | 0x1E00..=0x1EFF
        )
    };
    // The last three are the upper cases of signs in these ranges, U+0345 among them.
    is_one(unit) || is_one(fold(unit)) || matches!(fold(unit), 0x399 | 0x2C7E | 0x2C7F)
}

/// Signs that no post may hold.
fn is_invalid(unit: u32) -> bool {
    matches!(unit, 0xFFFE | 0xFEFF | 0xFFFF)
}

fn is_directional(unit: u32) -> bool {
    matches!(unit, 0x202A..=0x202E | 0x61C | 0x200E | 0x200F | 0x2066..=0x2069)
}

fn is_space(unit: u32) -> bool {
    is_white_space(unit) || unit == 0x180E
}

fn is_white_space(unit: u32) -> bool {
    char::from_u32(unit).is_some_and(char::is_whitespace)
}

/// Ruby's `[:punct:]` and `[:cntrl:]`.
fn is_punctuation(unit: u32) -> bool {
    let Some(sign) = char::from_u32(unit) else { return false };
    if sign.is_ascii() {
        return sign.is_ascii_punctuation() || sign.is_ascii_control();
    }
    let mut buffer = [0; 4];
    sign.is_control()
        || PUNCTUATION.as_ref().is_some_and(|it| it.is_match(sign.encode_utf8(&mut buffer)))
}

static PUNCTUATION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{P}$").ok());

/// What an internationalised address may hold beyond ASCII (RFC 3987, `ucschar` and `iprivate`), as
/// Mastodon writes it down.
fn is_beyond_ascii(unit: u32) -> bool {
    match unit {
        0xA0..=0xD7FF | 0xE000..=0xFDCF | 0xFDF0..=0xFFEF => true,
        0xE0000..=0xE0FFF => false,
        0x10000..=0x10_FFFF => unit & 0xFFFF < 0xFFFE,
        _ => false,
    }
}

fn is_one_of(unit: u32, signs: &str) -> bool {
    signs.chars().any(|sign| u32::from(sign) == unit)
}
