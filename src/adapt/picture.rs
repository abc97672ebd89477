//! The picture that goes with a status: the page's own, or a card that is drawn for the ad. What it
//! shows is always said in words as well. Pure: which picture, and its words; its bytes come from
//! [`crate::deliver`].

use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::count::Count;
use super::template::Templates;
use super::{AdaptError, Charset, Occasion, Picture, PictureFile, Target};
use crate::posting::Posting;

/// Which picture goes with what a channel says (`picture` in its file).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PictureOf {
    #[default]
    None,
    /// The one that the page names or shows, if it lies beside the page.
    Page,
    /// A card with title, organisation, place and deadline, drawn from the template
    /// `picture/card.svg.j2`.
    Card,
}

const CARD: &str = "picture/card.svg.j2";
const CARD_IN_WORDS: &str = "picture/card.txt.j2";

/// What a network takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureLimits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Width times height.
    pub pixels: u64,
    /// Characters of the description.
    pub alt: usize,
}

impl PictureLimits {
    /// The limits of the network that counts like this.
    ///
    /// Mastodon: `MediaAttachment` (16 MB, 33 megapixels, 1,500 characters). X: docs.x.com, "Media
    /// best practices" (5 MB) and the schema of `POST /2/media/metadata` (1,000 characters).
    pub fn of(count: Count) -> Self {
        match count {
            // `app.bsky.embed.external`, its `thumb`; what a card shows, its words say.
            Count::Bluesky => Self { bytes: 1_000_000, pixels: 33_177_600, alt: 1000 },
            Count::X => Self { bytes: 5_000_000, pixels: 33_177_600, alt: 1000 },
            // learn.microsoft.com, "Images API", for the pixels; it names no number of bytes, so what
            // LinkedIn's help allows for the picture of a shared page. The words are not sent.
            Count::LinkedIn => Self { bytes: 5_000_000, pixels: 36_152_319, alt: 1000 },
            _ => Self { bytes: 16_000_000, pixels: 33_177_600, alt: 1500 },
        }
    }
}

/// The picture of a posting for a channel, before its bytes are there.
///
/// # Errors
/// [`AdaptError`] if the template of the card cannot be rendered.
pub(super) fn of(
    posting: &Posting,
    target: &Target,
    templates: &Templates,
    count: Count,
) -> Result<Option<Picture>, AdaptError> {
    let (alt, source) = match target.picture {
        PictureOf::None => return Ok(None),
        PictureOf::Page => {
            let Some(image) = &posting.image else { return Ok(None) };
            let alt = if image.alt.is_empty() { posting.name() } else { &image.alt };
            (alt.to_owned(), format!("page\0{}\0{}", posting.path, image.file))
        }
        PictureOf::Card => {
            let drawing = card(posting, target, templates)?;
            let words = render(CARD_IN_WORDS, posting, target, templates)?;
            let said: Vec<&str> =
                words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            (said.join(". "), format!("card\0{drawing}"))
        }
    };
    Ok(Some(Picture {
        alt: shortened(&alt, PictureLimits::of(count).alt),
        source: sha256(source.as_bytes()),
        file: None,
    }))
}

/// The card of a posting as SVG.
///
/// # Errors
/// [`AdaptError`] if its template cannot be rendered.
pub fn card(
    posting: &Posting,
    target: &Target,
    templates: &Templates,
) -> Result<String, AdaptError> {
    render(CARD, posting, target, templates)
}

fn render(
    name: &str,
    posting: &Posting,
    target: &Target,
    templates: &Templates,
) -> Result<String, AdaptError> {
    let context = templates.context(posting, target, Occasion::Announce, Charset::Utf8);
    templates.render(name, context)
}

/// Words within a limit of characters, cut between words; control characters are none.
fn shortened(words: &str, limit: usize) -> String {
    let words: Vec<&str> = words.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if words.chars().count() <= limit {
        return words;
    }
    let kept: String = words.chars().take(limit.saturating_sub(1)).collect();
    let kept = kept.rsplit_once(' ').map_or(kept.as_str(), |(kept, _)| kept);
    format!("{kept}…")
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a file is, read from its first bytes.
///
/// # Errors
/// In words, if it is no picture that every network takes, or too large for this one.
pub fn file_of(bytes: &[u8], limits: PictureLimits) -> Result<PictureFile, String> {
    let (media_type, width, height) = png(bytes)
        .map(|(width, height)| ("image/png", width, height))
        .or_else(|| jpeg(bytes).map(|(width, height)| ("image/jpeg", width, height)))
        .ok_or("it is neither PNG nor JPEG")?;
    if bytes.len() > limits.bytes {
        // It was read no further than that.
        let most = limits.bytes;
        return Err(format!("it has more than {most} bytes, which the channel does not take"));
    }
    if u64::from(width) * u64::from(height) > limits.pixels {
        return Err(format!("{width}×{height} pixels are more than the channel takes"));
    }
    Ok(PictureFile {
        sha256: sha256(bytes),
        media_type: media_type.to_owned(),
        bytes: bytes.len(),
        width,
        height,
    })
}

/// Width and height of a PNG: the first chunk is always `IHDR` (PNG §11.2.1).
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let rest = rest.get(4..)?.strip_prefix(b"IHDR")?;
    let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    Some((number(0)?, number(4)?))
}

/// Width and height of a JPEG, from its frame header (ITU-T T.81 §B.2.2).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let (marker, after) = match rest {
            [0xff, 0xff, ..] => {
                rest = &rest[1..];
                continue;
            }
            [0xff, marker, after @ ..] => (*marker, after),
            _ => return None,
        };
        let length = usize::from(u16::from_be_bytes(after.get(..2)?.try_into().ok()?));
        // SOF0 to SOF15, but for the tables and extensions between them.
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            let number = |at: usize| {
                Some(u32::from(u16::from_be_bytes(after.get(at..at + 2)?.try_into().ok()?)))
            };
            return Some((number(5)?, number(3)?));
        }
        rest = after.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PictureLimits = PictureLimits { bytes: 100, pixels: 1000, alt: 20 };

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    #[test]
    fn width_and_height_are_read_from_the_file() {
        let file = file_of(&png_of(30, 20), LIMITS).unwrap();
        assert_eq!((file.media_type.as_str(), file.width, file.height), ("image/png", 30, 20));
        let jpeg =
            b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc2\x00\x0b\x08\x00\x14\x00\x1e\x03\x01\x11\x00";
        let file = file_of(jpeg, LIMITS).unwrap();
        assert_eq!((file.media_type.as_str(), file.width, file.height), ("image/jpeg", 30, 20));
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_told() {
        assert_eq!(file_of(b"GIF89a", LIMITS).unwrap_err(), "it is neither PNG nor JPEG");
        assert!(file_of(b"\xff\xd8\xff", LIMITS).is_err());
        assert!(file_of(&png_of(300, 20), LIMITS).unwrap_err().contains("300×20"));
        let long = [png_of(3, 2), vec![0; 100]].concat();
        assert!(file_of(&long, LIMITS).unwrap_err().contains("124 bytes"));
    }

    #[test]
    fn a_description_is_cut_between_words() {
        assert_eq!(shortened("a  buoy\nin a storm", 20), "a buoy in a storm");
        assert_eq!(shortened("a buoy in a storm at night", 20), "a buoy in a storm…");
    }
}
