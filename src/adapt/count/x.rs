//! How long a text is on X.
//!
//! Weighted (twitter-text 3.1.0, configuration version 3): composed (NFC), Latin and its neighbours
//! weigh one, everything else two, an emoji two however many signs it is made of, and a link 23,
//! with a scheme or without: `fast.ai` is one, and so is `M.Sc`.

use unicode_normalization::UnicodeNormalization;

use super::LINK;
use super::emoji;
use super::link::{self, Link};
use super::signs::Reader;
use super::top_level::{self, Known};

pub fn length(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let units: Vec<u32> = text.encode_utf16().map(u32::from).collect();
    let length = |known| weight(&text, &links_in(&units, known));
    let today = length(Known::Today);
    if top_level::lists_differ(&units) { today.max(length(Known::ToTheLibrary)) } else { today }
}

/// What X would link, as it stands in the text: addresses, and names that happen to be one.
pub fn links(text: &str) -> Vec<String> {
    let composed: String = text.nfc().collect();
    let halves: Vec<u16> = composed.encode_utf16().collect();
    let units: Vec<u32> = halves.iter().copied().map(u32::from).collect();
    links_in(&units, Known::Today)
        .iter()
        .filter_map(|link| halves.get(link.at..link.at + link.length))
        .map(String::from_utf16_lossy)
        .collect()
}

fn links_in(units: &[u32], known: Known) -> Vec<Link> {
    // Without a dot there is no domain.
    if !units.contains(&u32::from('.')) {
        return Vec::new();
    }
    link::find(units, Reader::X, known)
}

fn weight(text: &str, links: &[Link]) -> usize {
    let signs: Vec<u32> = text.chars().map(u32::from).collect();
    let mut links = links.iter().peekable();
    let mut weight = 0;
    let mut at = 0;
    // The same place in UTF-16, in which links are given.
    let mut unit = 0;
    while let Some(&sign) = signs.get(at) {
        while links.next_if(|link| link.at < unit).is_some() {}
        let (weighs, count) = match links.next_if(|link| link.at == unit) {
            Some(link) => (LINK, signs_in(&signs[at..], link.length)),
            None => match emoji::sequence(&signs[at..]) {
                Some(count) => (2, count),
                None => (sign_weight(sign), 1),
            },
        };
        weight += weighs;
        unit += signs[at..at + count].iter().copied().map(units_of).sum::<usize>();
        at += count;
    }
    weight
}

/// How many signs so many units are.
fn signs_in(signs: &[u32], units: usize) -> usize {
    let mut left = units;
    signs
        .iter()
        .take_while(|sign| {
            let fits = left > 0;
            left = left.saturating_sub(units_of(**sign));
            fits
        })
        .count()
}

fn units_of(sign: u32) -> usize {
    if sign > 0xFFFF { 2 } else { 1 }
}

fn sign_weight(sign: u32) -> usize {
    match sign {
        0..=0x10FF | 0x2000..=0x200D | 0x2010..=0x201F | 0x2032..=0x2037 => 1,
        _ => 2,
    }
}
