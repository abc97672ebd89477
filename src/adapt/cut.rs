//! Where a text may end before its end, so that a person would still sign it.
//!
//! Sentences before clauses, clauses before words, words before nothing. No word is cut in half, no
//! bracket stays open, and no word that promises another one stands last (`of`, `and`, `Prof.`).

use super::sentence;

/// An optional part that is cut at words keeps at least this many: less says nothing. What is never
/// dropped may be cut down to one, because then the alternative is to send nothing at all.
const FEWEST_WORDS: usize = 3;

/// The beginning of a sentence says less than one of a label: `This project aims at…`.
const FEWEST_WORDS_OF_A_SENTENCE: usize = 6;

/// What is longer, or has an end of a sentence in it, is no label but a sentence without its last dot.
const LONGEST_LABEL: usize = 100;

/// So many points of a list say something; of a longer list one alone looks like a mistake.
const FEWEST_POINTS: usize = 2;

/// What parts a label: `Tidal Lab, University of Seaforth`.
const LABEL_ENDS: &[&str] = &[", ", " - ", " – ", " — ", " | ", " ("];

/// What parts a title. A comma does not: `tides, currents and waves` is one thing.
const TITLE_ENDS: &[&str] = &[" - ", " – ", " — ", " | ", " (", ": "];

/// The cuts of one kind, the longest first.
pub type Cuts = Vec<String>;

/// The cuts of a part that can be left out whole, the gentlest kind first: a list after its points,
/// prose after its sentences and nowhere else, a label after its clauses and then words.
pub fn optional(words: &str, ellipsis: &str) -> Vec<Cuts> {
    if words.contains('\n') {
        return vec![after_lines(words)];
    }
    let mut cuts = vec![without_genders(words).map(str::to_owned).into_iter().collect()];
    let words = without_genders(words).unwrap_or(words);
    cuts.push(after_sentences(words, FEWEST_WORDS, ""));
    if words.ends_with(['.', '!', '?', '。', '！', '？']) {
        return cuts;
    }
    if is_label(words) {
        cuts.push(after_clauses(words, LABEL_ENDS, 0, ellipsis));
        cuts.push(after_words(words, FEWEST_WORDS, ellipsis));
    } else {
        cuts.push(after_words(words, FEWEST_WORDS_OF_A_SENTENCE, ellipsis));
    }
    cuts
}

fn is_label(words: &str) -> bool {
    words.chars().count() <= LONGEST_LABEL && sentence::ends(words).is_empty()
}

/// The cuts of a part that has to stay, a title: before what follows a dash or stands in brackets, as
/// long as that is not most of it, then anywhere between its words.
pub fn fixed(words: &str, ellipsis: &str) -> Vec<Cuts> {
    let mut cuts: Vec<Cuts> = vec![without_genders(words).map(str::to_owned).into_iter().collect()];
    let words = without_genders(words).unwrap_or(words);
    cuts.push(after_sentences(words, 1, ellipsis));
    let half = words.chars().count() / 2;
    cuts.push(after_clauses(words, TITLE_ENDS, half, ellipsis));
    cuts.push(after_words(words, 1, ellipsis));
    cuts
}

/// Of a list its first points, and of paragraphs the first; never a heading without what it heads,
/// nor the sign or word that leads from a point to the next.
fn after_lines(words: &str) -> Cuts {
    let lines: Vec<&str> = words.lines().collect();
    let is_heading = |line: &&str| line.trim_end().ends_with(':');
    let says_something = |line: &&str| !line.trim().is_empty() && !is_heading(line);
    let fewest = FEWEST_POINTS.min(lines.iter().copied().filter(|it| says_something(it)).count());
    (1..lines.len())
        .rev()
        .filter_map(|count| lines.get(..count))
        .filter(|kept| kept.last().is_some_and(says_something))
        .filter(|kept| kept.iter().copied().filter(|it| says_something(it)).count() >= fewest)
        .map(|kept| without_connection(&kept.join("\n")).to_owned())
        .collect()
}

/// Without what leads on to a next point: `;`, `, and`.
fn without_connection(words: &str) -> &str {
    let ends = |words: &str| words.trim_end_matches([',', ';', ' ']).len();
    let kept = &words[..ends(words)];
    let connection = [" and", " or", " und", " oder", " sowie", " et", " y", " e"]
        .into_iter()
        .find_map(|connection| kept.strip_suffix(connection));
    connection.map_or(kept, |kept| &kept[..ends(kept)])
}

/// The words without a last `(m/f/d)`, if they have one: nothing of what is offered is lost with
/// it, so no ellipsis takes its place.
fn without_genders(words: &str) -> Option<&str> {
    let (kept, last) = words.rsplit_once(" (")?;
    let genders: Vec<&str> =
        last.strip_suffix(')')?.split(['/', '|', ',']).map(str::trim).collect();
    let is_letter = |gender: &&str| gender.chars().count() == 1;
    (genders.len() >= 2 && genders.iter().all(is_letter)).then_some(kept.trim_end())
}

/// An optional part that is cut after a sentence says all of it, and needs no ellipsis; of a title
/// more was to come.
fn after_sentences(words: &str, fewest: usize, ellipsis: &str) -> Cuts {
    sentence::ends(words)
        .into_iter()
        .rev()
        .filter(|end| *end < words.len())
        .filter_map(|end| words.get(..end))
        .filter(|kept| says_enough(kept, fewest) && closes_what_it_opens(kept))
        .map(|kept| format!("{kept} {ellipsis}").trim_end().to_owned())
        .collect()
}

/// Before what a separator sets apart: what is kept is a whole thing by itself. Brackets may qualify
/// it (`(half time)`), so an ellipsis stands for them, unless all they hold is an acronym and nothing
/// that belongs to it follows: `Tidal Computing (TC) Lab`.
fn after_clauses(words: &str, separators: &[&str], least: usize, ellipsis: &str) -> Cuts {
    let mut ends: Vec<(usize, &str)> = separators
        .iter()
        .flat_map(|separator| words.match_indices(separator))
        .map(|(at, separator)| (at, if separator == " (" { ellipsis } else { "" }))
        .map(|(at, ellipsis)| (at, if is_acronym_after(&words[at..]) { "" } else { ellipsis }))
        .collect();
    ends.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
    ends.into_iter()
        .filter_map(|(at, ellipsis)| Some((words.get(..at)?.trim_end(), ellipsis)))
        .filter(|(kept, _)| kept.chars().count() >= least && ends_well(kept, 1))
        .map(|(kept, ellipsis)| format!("{kept}{ellipsis}"))
        .collect()
}

/// Whether brackets with an acronym are next, and something else or nothing after them: ` (TCG), `.
fn is_acronym_after(rest: &str) -> bool {
    let inside = rest.trim_start().strip_prefix('(').and_then(|it| it.split_once(')'));
    inside.is_some_and(|(acronym, after)| {
        let is_one = acronym.chars().all(|c| c.is_uppercase() || c.is_numeric());
        let ends = after.is_empty() || LABEL_ENDS.iter().any(|end| after.starts_with(end));
        !acronym.is_empty() && is_one && ends
    })
}

fn after_words(words: &str, fewest: usize, ellipsis: &str) -> Cuts {
    let mut cuts = Cuts::new();
    for (at, _) in words.char_indices().rev().filter(|(_, c)| c.is_whitespace()) {
        let kept = words[..at].trim_end_matches(|c: char| {
            c.is_whitespace()
                || matches!(c, ',' | ';' | ':' | '-' | '–' | '—' | '·' | '|' | '/' | '&' | '+')
        });
        if ends_well(kept, fewest) {
            let cut = format!("{kept}{ellipsis}");
            if cuts.last() != Some(&cut) {
                cuts.push(cut);
            }
        }
    }
    cuts
}

/// As many of these words as fit and promise no other one (`of`, `and`); the first one at least.
pub fn before_leading_on(words: &str, fits: impl Fn(&str) -> bool) -> &str {
    let ends = words.match_indices(' ').map(|(at, _)| at).chain([words.len()]);
    let mut kept = ends.rev().filter_map(|end| words.get(..end));
    let first = words.split(' ').next().unwrap_or_default();
    kept.find(|kept| {
        let kept = kept.trim_end_matches([',', ';', ':', '-', '–', '—']).trim_end();
        fits(kept) && may_stand_last(kept.rsplit(' ').next().unwrap_or_default())
    })
    .map_or(first, |kept| kept.trim_end_matches([',', ';', ':', ' ', '-', '–', '—']))
}

/// Whether words may end here.
fn ends_well(kept: &str, fewest: usize) -> bool {
    let last = kept.rsplit(char::is_whitespace).next().unwrap_or_default();
    says_enough(kept, fewest) && closes_what_it_opens(kept) && may_stand_last(last)
}

fn says_enough(kept: &str, fewest: usize) -> bool {
    kept.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count() >= fewest
}

/// Words that promise another one.
const LEADING_ON: &[&str] = &[
    // English
    "a",
    "an",
    "the",
    "this",
    "these",
    "our",
    "your",
    "its",
    "their",
    "of",
    "in",
    "at",
    "for",
    "and",
    "or",
    "with",
    "to",
    "on",
    "by",
    "from",
    "as",
    "into",
    "within",
    "between",
    "through",
    "under",
    "over",
    "about",
    "towards",
    "using",
    "via",
    "per",
    "is",
    "are",
    "be",
    "will",
    "not",
    "including",
    "both",
    "such",
    "that",
    "which",
    "who",
    "new",
    "up",
    "my",
    "we",
    "i",
    "if",
    "when",
    "where",
    "while",
    "whose",
    "more",
    "very",
    "also",
    "but",
    "than",
    "has",
    "have",
    "can",
    // German
    "und",
    "oder",
    "der",
    "die",
    "das",
    "des",
    "dem",
    "den",
    "ein",
    "eine",
    "einen",
    "einem",
    "einer",
    "eines",
    "im",
    "am",
    "für",
    "mit",
    "von",
    "vom",
    "zu",
    "zum",
    "zur",
    "auf",
    "bei",
    "beim",
    "sowie",
    "als",
    "an",
    "aus",
    "durch",
    "nach",
    "über",
    "unter",
    "zwischen",
    "unsere",
    "unserer",
    "ist",
    "sind",
    "wird",
    "bzw",
    "inkl",
    "nicht",
    "unser",
    "unseren",
    "unserem",
    "ihre",
    "ihrer",
    "ihren",
    "sich",
    "wir",
    "um",
    "bis",
    "vor",
    "wie",
    "dass",
    "auch",
    "werden",
    // French, Spanish, Italian, Dutch
    "de",
    "du",
    "la",
    "le",
    "les",
    "et",
    "ou",
    "en",
    "un",
    "une",
    "pour",
    "par",
    "avec",
    "dans",
    "sur",
    "au",
    "aux",
    "à",
    "nos",
    "notre",
    "vos",
    "votre",
    "que",
    "qui",
    "ce",
    "cette",
    "son",
    "sa",
    "ses",
    "est",
    "sont",
    "el",
    "los",
    "las",
    "y",
    "del",
    "con",
    "para",
    "por",
    "il",
    "lo",
    "gli",
    "di",
    "della",
    "e",
    "per",
    "nel",
    "nella",
    "dei",
    "delle",
    "dello",
    "al",
    "alla",
    "che",
    "sul",
    "sulla",
    "da",
    "dal",
    "het",
    "een",
    "van",
    "voor",
    "met",
    "op",
];

/// Whether a cut may be made after this word. A sign glued to a link, an address or a hashtag
/// would become part of it, and an abbreviation's dot would look like an end.
fn may_stand_last(word: &str) -> bool {
    !word.contains("://")
        && !word.contains(['@', '#'])
        && !word.ends_with(['.', '!', '?', '…'])
        && !LEADING_ON.contains(&word.to_lowercase().as_str())
}

/// Whether no bracket or quotation is left open.
fn closes_what_it_opens(kept: &str) -> bool {
    let mut open = Vec::new();
    for c in kept.chars() {
        match c {
            '(' | '[' | '{' | '«' | '„' => open.push(c),
            // Closes a German quotation, opens an English one.
            '“' if open.last() == Some(&'„') => _ = open.pop(),
            '“' => open.push(c),
            '”' if matches!(open.last(), Some('“' | '„')) => _ = open.pop(),
            ')' if open.last() == Some(&'(') => _ = open.pop(),
            ']' if open.last() == Some(&'[') => _ = open.pop(),
            '}' if open.last() == Some(&'{') => _ = open.pop(),
            '»' if open.last() == Some(&'«') => _ = open.pop(),
            _ => {}
        }
    }
    open.is_empty() && kept.matches('"').count().is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_ends_before_a_dash_rather_than_within_what_follows_it() {
        let title = "Researcher in the modelling of tides - Robustness and uncertainty (m/f/d)";
        let cuts = fixed(title, "…").concat();
        assert_eq!(cuts[0], "Researcher in the modelling of tides - Robustness and uncertainty");
        assert_eq!(cuts[1], "Researcher in the modelling of tides");
        assert!(!cuts.iter().any(|cut| cut.ends_with("and…") || cut.ends_with("of…")), "{cuts:?}");
        let cuts = fixed("PhD: tides and currents of the northern estuaries", "…").concat();
        assert_eq!(cuts[0], "PhD: tides and currents of the northern…");
    }

    #[test]
    fn a_label_ends_before_a_comma() {
        let cuts = optional("Tidal Computing Group (TCG), University of Seaforth", "…").concat();
        assert_eq!(cuts[..2], ["Tidal Computing Group (TCG)", "Tidal Computing Group"]);
        assert_eq!(optional("half time (50 %), fixed", "…").concat()[1], "half time…");
    }

    #[test]
    fn brackets_within_a_name_are_no_place_to_end_it_in_silence() {
        let cuts = optional("Tidal Computing (TC) Lab, University of Seaforth", "…").concat();
        assert_eq!(cuts[..2], ["Tidal Computing (TC) Lab", "Tidal Computing…"]);
    }

    #[test]
    fn a_sentence_without_its_dot_is_shortened_as_one() {
        let teaser = "Nous étudions les apports des modèles (IA) génératifs, profonds et sobres, à la \
                      prévision des marées et des courants de l’estuaire";
        let cuts = optional(teaser, "…").concat();
        assert!(cuts.iter().all(|cut| cut.ends_with('…')), "{cuts:?}");
        assert!(cuts.iter().all(|cut| cut.split_whitespace().count() >= 6), "{cuts:?}");
        assert!(!cuts.iter().any(|cut| cut.ends_with(" à…")), "{cuts:?}");
    }

    #[test]
    fn a_list_keeps_its_first_points_and_its_heading_never_stands_alone() {
        let list = "Your tasks:\n– Measure tides\n– Model tides\n– Tell us";
        assert_eq!(optional(list, "…").concat(), ["Your tasks:\n– Measure tides\n– Model tides"]);
        assert_eq!(optional("Your tasks:\n– Measure tides", "…").concat(), [] as [&str; 0]);
        let list = "Your tasks:\n– Measure;\n– Model; and\n– Tell us";
        assert_eq!(optional(list, "…").concat(), ["Your tasks:\n– Measure;\n– Model"]);
        let parts = "We measure.\nTasks:\n– Measure";
        assert_eq!(optional(parts, "…").concat(), [] as [&str; 0], "a heading is no end");
    }
}
