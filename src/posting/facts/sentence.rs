//! Where a sentence begins and ends.

use std::borrow::Cow;
use std::ops::Range;

/// The sentence that holds a byte offset, without the space around it.
pub fn around(text: &str, offset: usize) -> Range<usize> {
    let start = text.get(..offset).and_then(last_end).unwrap_or(0);
    let end = ends(text.get(offset..).unwrap_or_default()).next();
    start..end.map_or(text.len(), |end| offset + end)
}

/// Where the last sentence of a text begins.
pub fn last_start(text: &str) -> usize {
    last_end(text.trim_end()).unwrap_or(0)
}

/// The text with a space for every dot that ends no sentence ("11.59 p.m.", "Dr."), each byte in
/// its place: what looks back to the beginning of a sentence sees over them.
pub fn without_inner_dots(text: &str) -> Cow<'_, str> {
    let end = |at: usize| at + 1;
    let kept: Vec<usize> = ends(text).collect();
    let is_inner = |at: usize| end(at) < text.len() && !kept.contains(&end(at));
    if !text.match_indices('.').any(|(at, _)| is_inner(at)) {
        return Cow::Borrowed(text);
    }
    let letters = text.char_indices();
    Cow::Owned(
        letters
            .map(|(at, letter)| if letter == '.' && is_inner(at) { ' ' } else { letter })
            .collect(),
    )
}

/// Where the sentence begins that follows the last end of one.
fn last_end(text: &str) -> Option<usize> {
    let end = ends(text).last()?;
    let rest = text.get(end..)?;
    Some(end + rest.len() - rest.trim_start().len())
}

/// The ends of sentences: marks with a space behind them, and no abbreviation or initial before.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let marks = text.match_indices(['.', '!', '?', ';']);
    marks.filter_map(|(at, mark)| {
        let end = at + mark.len();
        let closes =
            text.get(end..)?.starts_with(' ') && !(mark == "." && is_short(text.get(..at)?));
        closes.then_some(end)
    })
}

/// Whether the word before a full stop is one that people shorten ("Dr.", "e.g.", "Prof."), an
/// initial, or a day ("15. März"). "it.", "UK." and "2027." end a sentence.
fn is_short(before: &str) -> bool {
    const SHORTENED: [&str; 33] = [
        "prof", "univ", "incl", "evtl", "inkl", "dipl", "dr", "mr", "ms", "mrs", "st", "no", "ca",
        "bzw", "ggf", "vs", "max", "min", "approx", "dra", "pr", "mme", "mlle", "sr", "sra", "sig",
        "dott", "prof.ssa", "dott.ssa", "dr.ssa", "nr", "tel", "ref",
    ];
    let word = before.rsplit([' ', '(']).next().unwrap_or_default();
    let is_day = word.len() <= 2 && word.bytes().all(|it| it.is_ascii_digit());
    is_day
        || word.chars().count() <= 1
        || word.contains('.') && word.len() <= 5
        || SHORTENED.contains(&&*word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_goes_from_mark_to_mark_and_an_abbreviation_ends_none() {
        let text = "We dive. Send it to Dr. Ada Brine by 15. March 2027, e.g. by mail. Bye!";
        let middle = "Send it to Dr. Ada Brine by 15. March 2027, e.g. by mail.";
        assert_eq!(&text[around(text, 40)], middle);
        assert_eq!(&text[last_start(text)..], "Bye!");
        assert_eq!(around("", 0), 0..0);
        let flat = without_inner_dots("We dive. Until 11.59 p.m. with Dr. Brine. Bye.");
        assert_eq!(flat, "We dive. Until 11 59 p m  with Dr  Brine. Bye.");
    }
}
