//! Where sentences end. `Prof. Dr. Doe` is no end, nor is `on 15. January`.

/// Abbreviations after which a sentence goes on, lower case and without the last dot.
const ABBREVIATIONS: &[&str] = &[
    "abs", "al", "approx", "apl", "assoc", "asst", "ave", "b.sc", "bspw", "bzw", "ca", "cf", "co",
    "d.h", "dept", "dipl", "dott", "dott.ssa", "dr", "dr.ssa", "dra", "drs", "e.g", "eg", "engl",
    "etc", "e.v", "evtl", "ext", "fig", "gem", "ggf", "h.c", "hon", "i.d.r", "i.e", "inc", "incl",
    "ing", "inkl", "insb", "jr", "jun", "kath", "lit", "ltd", "m.sc", "max", "med", "mid", "min",
    "mio", "mlle", "mme", "mr", "mrd", "mrs", "ms", "msc", "nat", "nr", "no", "nos", "o.g", "p.a",
    "pd", "ph.d", "phil", "pp", "pr", "priv", "prof", "prof.a", "prof.ssa", "prot", "rd", "ref",
    "rer", "resp", "rif", "sci", "sen", "sig", "sig.ra", "sog", "sr", "sra", "st", "std", "str",
    "tel", "u.a", "univ", "usw", "vgl", "vol", "vs", "z.b", "z.t", "zzgl",
];

/// What is an abbreviation before a number, and may be a word before anything else: `art. 24`.
const BEFORE_NUMBERS: &[&str] = &["art", "artt", "par", "sec", "sez", "tab", "pag", "pág", "núm"];

/// The byte offsets just after each sentence of `text`, closing quotes and brackets included.
pub fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        if matches!(c, '。' | '！' | '？') {
            ends.push(after);
        }
        if !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let rest = &text[after..];
        let closing =
            rest.len() - rest.trim_start_matches(['"', '\'', ')', ']', '”', '“', '’', '»']).len();
        let end = after + closing;
        let rest = &text[end..];
        let goes_on = !rest.starts_with(char::is_whitespace) && !rest.is_empty();
        let next = rest.trim_start().chars().next();
        if goes_on || next.is_some_and(char::is_lowercase) {
            continue;
        }
        let word = text[..at].rsplit(char::is_whitespace).next().unwrap_or_default();
        if c == '.' && next.is_some() && is_abbreviation(word) {
            continue;
        }
        if c == '.' && next.is_some_and(|it| it.is_ascii_digit()) && leads_to_a_number(word) {
            continue;
        }
        ends.push(end);
    }
    ends
}

/// Whether a dot after `word` belongs to the word: an abbreviation, an initial, an ordinal.
pub fn is_abbreviation(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end_matches('.');
    let mut characters = word.chars();
    let single_letter =
        matches!((characters.next(), characters.next()), (Some(c), None) if c.is_alphabetic());
    let ordinal = !word.is_empty() && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
    let last = word.rsplit(['-', '/', '(']).next().unwrap_or(word).to_lowercase();
    let dotted_letters =
        word.contains('.') && word.split('.').all(|part| (1..=2).contains(&part.chars().count()));
    single_letter
        || ordinal
        || dotted_letters
        || ABBREVIATIONS.contains(&last.as_str())
        || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// Whether a word before a number is an abbreviation; `dell’art` ends with one.
fn leads_to_a_number(word: &str) -> bool {
    let last = word.rsplit(|sign: char| !sign.is_alphabetic()).next().unwrap_or_default();
    BEFORE_NUMBERS.contains(&last.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Vec<&str> {
        let mut start = 0;
        ends(text)
            .into_iter()
            .map(|end| {
                let sentence = text[start..end].trim();
                start = end;
                sentence
            })
            .collect()
    }

    #[test]
    fn titles_and_ordinals_end_no_sentence() {
        assert_eq!(
            sentences("Write to Prof. Dr. Doe by 15. Januar 2027. We look forward to it."),
            ["Write to Prof. Dr. Doe by 15. Januar 2027.", "We look forward to it."]
        );
        assert_eq!(
            sentences("A Ph.D. in physics, e.g. Tides, is fine. Yes."),
            ["A Ph.D. in physics, e.g. Tides, is fine.", "Yes."]
        );
    }

    #[test]
    fn a_paragraph_of_a_law_ends_no_sentence() {
        assert_eq!(
            sentences("Ai sensi dell’art. 24 della legge. State of the art. We measure."),
            ["Ai sensi dell’art. 24 della legge.", "State of the art.", "We measure."]
        );
    }

    #[test]
    fn a_closing_quote_belongs_to_its_sentence() {
        assert_eq!(sentences("She said “come.” We came!"), ["She said “come.”", "We came!"]);
    }

    #[test]
    fn a_dot_in_a_link_ends_nothing() {
        assert_eq!(
            sentences("See https://lab.example/a.html for more. Bye."),
            ["See https://lab.example/a.html for more.", "Bye."]
        );
    }
}
