//! Words in ASCII, for lists whose archives garble everything else.
//!
//! Dashes, quotation marks and accents are written as people write them on a keyboard that has none;
//! umlauts of a German page as `ae`, `oe`, `ue`. A sign that ASCII has no way to say (潮, Ω) stays as
//! it is: nothing is lost, and the mail says that it is not ASCII.

use std::borrow::Cow;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::posting::markdown::{Block, BlockKind, Document, Inline};

/// The words in ASCII, as far as it has signs for them.
pub fn write<'a>(words: &'a str, language: &str) -> Cow<'a, str> {
    if words.is_ascii() {
        return Cow::Borrowed(words);
    }
    let is_german = language.split(['-', '_']).next() == Some("de");
    let mut written = String::with_capacity(words.len());
    // An umlaut may be written as two signs.
    let mut signs = words.nfc().peekable();
    let mut before = ' ';
    while let Some(sign) = signs.next() {
        let capitals = signs.peek().is_some_and(|next| next.is_uppercase())
            || (before.is_uppercase() && !signs.peek().is_some_and(|next| next.is_lowercase()));
        match german(sign, capitals).filter(|_| is_german) {
            Some(letters) => written.push_str(letters),
            None => push(&mut written, sign, before),
        }
        before = sign;
    }
    Cow::Owned(written)
}

/// Every text in a value, keys aside.
pub fn value(value: &Value, language: &str) -> Value {
    match value {
        Value::String(words) => Value::String(write(words, language).into_owned()),
        Value::Array(items) => items.iter().map(|it| self::value(it, language)).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, it)| (key.clone(), self::value(it, language))).collect()
        }
        other => other.clone(),
    }
}

/// A page; addresses of links stay as they are.
pub fn document(document: &Document, language: &str) -> Document {
    Document { blocks: blocks(&document.blocks, language) }
}

fn blocks(blocks: &[Block], language: &str) -> Vec<Block> {
    let rows = |cells: &[Vec<Inline>]| -> Vec<Vec<Inline>> {
        cells.iter().map(|cell| inlines(cell, language)).collect()
    };
    let kind = |kind: &BlockKind| match kind {
        BlockKind::Heading { level, content } => {
            BlockKind::Heading { level: *level, content: inlines(content, language) }
        }
        BlockKind::Paragraph(content) => BlockKind::Paragraph(inlines(content, language)),
        BlockKind::List { start, items } => BlockKind::List {
            start: *start,
            items: items.iter().map(|item| self::blocks(item, language)).collect(),
        },
        BlockKind::Quote(inner) => BlockKind::Quote(self::blocks(inner, language)),
        BlockKind::Code(code) => BlockKind::Code(write(code, language).into_owned()),
        BlockKind::Table { header, rows: body } => BlockKind::Table {
            header: rows(header),
            rows: body.iter().map(|row| rows(row)).collect(),
        },
        BlockKind::Rule => BlockKind::Rule,
    };
    blocks.iter().map(|block| Block { span: block.span.clone(), kind: kind(&block.kind) }).collect()
}

fn inlines(content: &[Inline], language: &str) -> Vec<Inline> {
    let words = |words: &str| write(words, language).into_owned();
    let inner = |content: &[Inline]| inlines(content, language);
    let inline = |inline: &Inline| match inline {
        Inline::Text(text) => Inline::Text(words(text)),
        Inline::Emphasis(content) => Inline::Emphasis(inner(content)),
        Inline::Strong(content) => Inline::Strong(inner(content)),
        Inline::Strikethrough(content) => Inline::Strikethrough(inner(content)),
        Inline::Code(text) => Inline::Code(words(text)),
        Inline::Link { url, content } => Inline::Link { url: url.clone(), content: inner(content) },
        Inline::Image { url, alternative } => {
            Inline::Image { url: url.clone(), alternative: words(alternative) }
        }
        Inline::SoftBreak => Inline::SoftBreak,
        Inline::HardBreak => Inline::HardBreak,
    };
    content.iter().map(inline).collect()
}

/// HTML says every sign in ASCII by its number, so there nothing has to be rewritten.
pub fn html(markup: &str) -> String {
    let mut written = String::with_capacity(markup.len());
    for sign in markup.chars() {
        if sign.is_ascii() {
            written.push(sign);
        } else {
            written.push_str(&format!("&#{};", u32::from(sign)));
        }
    }
    written
}

fn german(sign: char, capitals: bool) -> Option<&'static str> {
    Some(match (sign, capitals) {
        ('ä', _) => "ae",
        ('ö', _) => "oe",
        ('ü', _) => "ue",
        ('Ä', true) => "AE",
        ('Ö', true) => "OE",
        ('Ü', true) => "UE",
        ('Ä', false) => "Ae",
        ('Ö', false) => "Oe",
        ('Ü', false) => "Ue",
        ('§', _) => "Par.",
        _ => return None,
    })
}

fn push(written: &mut String, sign: char, before: char) {
    if sign.is_ascii() {
        written.push(sign);
    } else if let Some(letters) = by_hand(sign) {
        written.push_str(letters);
    } else if is_combining_mark(sign) {
        // An accent on a letter that has become ASCII goes; one on another letter belongs to it.
        if !written.ends_with(|last: char| last.is_ascii_alphanumeric()) {
            written.push(sign);
        }
    } else if let Some(letters) = taken_apart(sign) {
        match raised(sign) {
            // Else 10⁶ were 106.
            true if raised(before) => {}
            true => written.push('^'),
            // Else 1½ were 11/2.
            false if letters.contains('/') && before.is_numeric() => written.push(' '),
            false => {}
        }
        written.push_str(&letters);
    } else {
        written.push(sign);
    }
}

/// Without its accents, if that leaves ASCII (NFKD).
fn taken_apart(sign: char) -> Option<String> {
    let mut letters = String::new();
    for part in std::iter::once(sign).nfkd() {
        match by_hand(part) {
            Some(known) => letters.push_str(known),
            None if is_combining_mark(part) => {}
            None if part.is_ascii() => letters.push(part),
            None => return None,
        }
    }
    (!letters.is_empty()).then_some(letters)
}

fn raised(sign: char) -> bool {
    matches!(sign, '²' | '³' | '¹' | '⁰' | '⁴'..='⁾' | 'ⁿ' | 'ⁱ')
}

/// What cannot be had by leaving out accents, or would say something else then.
fn by_hand(sign: char) -> Option<&'static str> {
    Some(match sign {
        '‐' | '‑' | '‒' | '–' | '―' | '−' | '•' | '‣' | '·' | '◦' | '▪' => "-",
        '—' => "--",
        '‘' | '’' | '‚' | '‛' | 'ʼ' | '′' | '´' | '‹' | '›' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => "\"",
        '…' => "...",
        '⁄' | '÷' | '∕' => "/",
        '×' => "x",
        '±' => "+/-",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '≈' => "~",
        '→' => "->",
        '←' => "<-",
        '⇒' => "=>",
        '°' => "deg",
        'µ' | 'μ' => "u",
        '€' => "EUR",
        '£' => "GBP",
        '§' => "Sec.",
        '©' => "(c)",
        '®' => "(R)",
        '™' => "(TM)",
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ø' => "o",
        'Ø' => "O",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ł' => "l",
        'Ł' => "L",
        'þ' => "th",
        'Þ' => "Th",
        'ħ' => "h",
        'Ħ' => "H",
        'ı' => "i",
        // They only say where a line may be broken.
        '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_quotes_and_accents_are_written_as_on_a_keyboard_without_them() {
        for (words, ascii) in [
            ("“Tides” – what’s next…", "\"Tides\" - what's next..."),
            ("Café Zoë, Łódź, Ångström, Søren", "Cafe Zoe, Lodz, Angstrom, Soren"),
            (
                "75\u{A0}% of 2 × 3 m² ≥ 1½ cm², 10⁻⁶ CO₂",
                "75 % of 2 x 3 m^2 >= 1 1/2 cm^2, 10^-6 CO2",
            ),
            ("cafe\u{301} x\u{302}", "cafe x"),
            ("co\u{AD}operate ﬁnely", "cooperate finely"),
            ("20 ℃, 3 µm, 5 €", "20 degC, 3 um, 5 EUR"),
        ] {
            assert_eq!(write(words, "en"), ascii);
        }
    }

    #[test]
    fn umlauts_of_a_german_page_are_written_out() {
        for (words, ascii) in [
            ("Küstenschutz für Größen", "Kuestenschutz fuer Groessen"),
            ("Übung, ÜBUNG, Ä, PRÄMIE", "Uebung, UEBUNG, Ae, PRAEMIE"),
            ("u\u{308}ber § 14", "ueber Par. 14"),
        ] {
            assert_eq!(write(words, "de"), ascii);
        }
        assert_eq!(write("Müller", "en"), "Muller");
    }

    #[test]
    fn what_ascii_cannot_say_stays_as_it_is() {
        for words in ["潮の満ち引き", "Ω и й", "हिन्दी", "한국"] {
            assert_eq!(write(words, "en"), words);
        }
    }

    #[test]
    fn html_names_every_sign_by_its_number() {
        assert_eq!(html("<p>Küste – 潮</p>"), "<p>K&#252;ste &#8211; &#28526;</p>");
    }
}
