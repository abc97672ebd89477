//! Fitting: drops and shortens parts of a text until it fits.
//!
//! A template marks parts of its text with the filters `optional(rank)` and `shorten`
//! ([`mark`]). [`fit`] drops or shortens the optional parts, the highest rank first, and then
//! shortens the fixed parts that may be, the last one first. Where room is left after that, what was
//! dropped comes back as far as it fits, the lowest rank first. What is not marked is never touched:
//! templates keep the link, the deadline and the reference there (promise 7). Where a part may be
//! cut is the affair of `cut`.

use std::borrow::Cow;

use super::count::Count;
use super::cut;

/// How a part may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Stays, but may be cut at its end.
    Shorten,
    /// Is left out whole.
    Drop { rank: u8 },
    /// Is cut at its end, and left out if that is not enough.
    ShortenThenDrop { rank: u8 },
}

/// What stands where something was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ellipsis {
    /// `…`, which counts as one.
    Sign,
    /// `...`, for a subject: one sign beyond ASCII, and its words travel in an encoding (RFC 2047).
    Dots,
}

impl Ellipsis {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "…",
            Self::Dots => "...",
        }
    }
}

/// A text that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    pub text: String,
    /// As the network counts it.
    pub length: usize,
    /// What was left out or shortened, in words.
    pub left_out: Vec<String>,
}

/// How a line about what was left out begins.
pub(super) const LEFT_OUT: &str = "left out: ";

/// The text does not fit even with every part dropped and shortened as far as allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// What is left then.
    pub length: usize,
}

/// Marks a part of a text. An empty part needs no mark.
pub fn mark(content: &str, fate: Fate) -> String {
    if content.trim().is_empty() {
        return String::new();
    }
    let (rank, cut) = match fate {
        Fate::Shorten => (FIXED, CUTTABLE),
        Fate::Drop { rank } => (rank_mark(rank), WHOLE),
        Fate::ShortenThenDrop { rank } => (rank_mark(rank), CUTTABLE),
    };
    format!("{BEGIN}{rank}{cut}{content}{END}")
}

/// The words without any marks, for everything that comes from outside.
pub fn without_marks(words: &str) -> String {
    // All marks begin with this byte in UTF-8, and hardly anything else does.
    if !words.as_bytes().contains(&0xF3) {
        return words.to_owned();
    }
    words.chars().filter(|c| !is_mark(*c)).collect()
}

/// A marked text with all its parts, for forms without a limit.
pub fn whole(marked: &str) -> String {
    tidy(&without_marks(marked))
}

/// Makes a marked text fit.
///
/// # Errors
/// [`TooLong`] if its fixed parts alone do not.
pub fn fit(
    marked: &str,
    count: Count,
    limit: usize,
    ellipsis: Ellipsis,
) -> Result<Fitted, TooLong> {
    let mut draft = Draft::parse(marked, ellipsis);
    while !draft.fits(count, limit) {
        let Some(part) = draft.next_to_go() else { break };
        if !draft.shorten(part, count, limit) {
            draft.drop(part);
        }
    }
    for part in draft.fixed_parts().into_iter().rev() {
        if !draft.fits(count, limit) && !draft.shorten(part, count, limit) {
            draft.shorten_most(part);
        }
    }
    draft.refill(count, limit);
    let text = draft.text();
    let length = count.length_as_posted(&text);
    if !count.fits(&text, limit) {
        return Err(TooLong { length });
    }
    Ok(Fitted { text, length, left_out: draft.changes() })
}

// The last characters of a private plane: no keyboard, font or text has them.
const BEGIN: char = '\u{FFF00}';
const END: char = '\u{FFF01}';
const FIXED: char = '\u{FFF02}';
const WHOLE: char = '\u{FFF03}';
const CUTTABLE: char = '\u{FFF04}';
/// Stands where a part was dropped, until the line is tidied.
const DROPPED: char = '\u{FFF05}';
const RANK: u32 = 0xFFF10;
const HIGHEST_RANK: u8 = 99;

fn rank_mark(rank: u8) -> char {
    char::from_u32(RANK + u32::from(rank.min(HIGHEST_RANK))).unwrap_or(FIXED)
}

fn is_mark(c: char) -> bool {
    ('\u{FFF00}'..='\u{FFFFD}').contains(&c)
}

/// A marked text, taken apart.
struct Draft {
    root: Vec<Node>,
    parts: Vec<Part>,
    ellipsis: Ellipsis,
}

enum Node {
    Text(String),
    Part(usize),
}

struct Part {
    /// `None` for a part that is never dropped.
    rank: Option<u8>,
    cuttable: bool,
    content: Vec<Node>,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Whole,
    Cut(String),
    Dropped,
}

impl Draft {
    /// Reads the marks. Marks that do not pair are taken as if they did at the text's end.
    fn parse(marked: &str, ellipsis: Ellipsis) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut root = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut characters = marked.chars();
        let mut words = String::new();
        while let Some(c) = characters.next() {
            if !is_mark(c) {
                words.push(c);
                continue;
            }
            if c != BEGIN && c != END {
                continue;
            }
            if !words.is_empty() {
                let node = Node::Text(std::mem::take(&mut words));
                inside(&mut root, &mut parts, open.last()).push(node);
            }
            if c == END {
                open.pop();
                continue;
            }
            let rank = characters.next().map_or(RANK, u32::from);
            let rank = rank.checked_sub(RANK).and_then(|rank| u8::try_from(rank).ok());
            let cuttable = characters.next() == Some(CUTTABLE);
            let number = parts.len();
            inside(&mut root, &mut parts, open.last()).push(Node::Part(number));
            parts.push(Part { rank, cuttable, content: Vec::new(), state: State::Whole });
            open.push(number);
        }
        if !words.is_empty() {
            inside(&mut root, &mut parts, open.last()).push(Node::Text(words));
        }
        Self { root, parts, ellipsis }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.write(&self.root, &mut text);
        tidy(&text)
    }

    fn fits(&self, count: Count, limit: usize) -> bool {
        count.fits(&self.text(), limit)
    }

    fn write(&self, nodes: &[Node], text: &mut String) {
        for node in nodes {
            match node {
                Node::Text(words) => text.push_str(words),
                Node::Part(number) => match self.parts.get(*number) {
                    Some(Part { state: State::Cut(words), .. }) => text.push_str(words),
                    Some(Part { state: State::Dropped, content, .. }) => {
                        text.push(DROPPED);
                        // The line end of a whole line goes with it when the text is tidied.
                        let mut dropped = String::new();
                        self.write(content, &mut dropped);
                        let ended = dropped.trim_end_matches(' ').ends_with('\n');
                        text.push_str(if ended { "\n" } else { "" });
                    }
                    Some(part) => self.write(&part.content, text),
                    None => {}
                },
            }
        }
    }

    /// The parts that still stand in the text as they are, in its order.
    fn standing(&self) -> Vec<usize> {
        fn collect(draft: &Draft, nodes: &[Node], found: &mut Vec<usize>) {
            for node in nodes {
                if let Node::Part(number) = node
                    && let Some(part) = draft.parts.get(*number)
                    && part.state == State::Whole
                {
                    found.push(*number);
                    collect(draft, &part.content, found);
                }
            }
        }
        let mut found = Vec::new();
        collect(self, &self.root, &mut found);
        found
    }

    /// The optional part with the highest rank; the last of several.
    fn next_to_go(&self) -> Option<usize> {
        self.standing()
            .into_iter()
            .filter_map(|number| Some((self.parts.get(number)?.rank?, number)))
            .max()
            .map(|(_, number)| number)
    }

    fn fixed_parts(&self) -> Vec<usize> {
        let fixed = |number: &usize| {
            self.parts.get(*number).is_some_and(|part| part.rank.is_none() && part.cuttable)
        };
        self.standing().into_iter().filter(fixed).collect()
    }

    /// Takes the gentlest kind of cut with which the whole text fits, and the longest of it; false if
    /// there is none.
    fn shorten(&mut self, number: usize, count: Count, limit: usize) -> bool {
        let mut kinds = self.cuts(number);
        if self.ellipsis == Ellipsis::Dots {
            self.keep_long(&mut kinds, number, count, limit);
        }
        for cuts in kinds {
            // A shorter cut fits where a longer one does, so not all of them have to be counted.
            let at = cuts.partition_point(|cut| {
                self.set(number, State::Cut(cut.clone()));
                !self.fits(count, limit)
            });
            if let Some(cut) = cuts.get(at) {
                self.set(number, State::Cut(cut.clone()));
                if self.fits(count, limit) {
                    return true;
                }
            }
        }
        self.set(number, State::Whole);
        false
    }

    /// A subject has one line, and says as much on it as there is room for: a gentler cut counts
    /// only if it keeps most of what another one keeps.
    fn keep_long(&mut self, kinds: &mut [cut::Cuts], number: usize, count: Count, limit: usize) {
        let mut longest = 0;
        for cut in kinds.iter().flatten() {
            let length = cut.chars().count();
            self.set(number, State::Cut(cut.clone()));
            if length > longest && self.fits(count, limit) {
                longest = length;
            }
        }
        self.set(number, State::Whole);
        for cuts in kinds {
            cuts.retain(|cut| cut.chars().count() * 4 >= longest * 3);
        }
    }

    fn shorten_most(&mut self, number: usize) {
        let cuts = self.cuts(number);
        let shortest = cuts.into_iter().flatten().min_by_key(|cut| cut.chars().count());
        if let Some(cut) = shortest {
            self.set(number, State::Cut(cut));
        }
    }

    fn drop(&mut self, number: usize) {
        self.set(number, State::Dropped);
    }

    /// What was dropped, as far as there is room for it: a long part may have gone only to make
    /// room for less. Where a fixed part had to be cut there is none.
    fn refill(&mut self, count: Count, limit: usize) {
        let fixed_is_cut = |part: &Part| part.rank.is_none() && part.state != State::Whole;
        if self.parts.iter().any(fixed_is_cut) {
            return;
        }
        let mut dropped: Vec<(Option<u8>, usize)> = (0..)
            .zip(&self.parts)
            .filter(|(_, part)| part.state == State::Dropped)
            .map(|(number, part)| (part.rank, number))
            .collect();
        dropped.sort_unstable();
        for (_, number) in dropped {
            self.set(number, State::Whole);
            if !self.fits(count, limit) && !self.shorten(number, count, limit) {
                self.drop(number);
            }
        }
    }

    fn set(&mut self, number: usize, state: State) {
        if let Some(part) = self.parts.get_mut(number) {
            part.state = state;
        }
    }

    /// All cuts of a part, the gentlest kind first.
    fn cuts(&self, number: usize) -> Vec<cut::Cuts> {
        let Some(part) = self.parts.get(number).filter(|part| part.cuttable) else {
            return Vec::new();
        };
        let mut content = String::new();
        self.write(&part.content, &mut content);
        let content = content.replace(DROPPED, "");
        let words = content.trim();
        let start = content.len() - content.trim_start().len();
        let (before, after) = (&content[..start], &content[start + words.len()..]);
        let cuts = match part.rank {
            Some(_) => cut::optional(words, self.ellipsis.as_str()),
            None => cut::fixed(words, self.ellipsis.as_str()),
        };
        let whole = |cut: &String| format!("{before}{cut}{after}");
        cuts.iter().map(|kind| kind.iter().map(whole).collect()).collect()
    }

    /// What was changed, in the order of the text.
    fn changes(&self) -> Vec<String> {
        fn collect(draft: &Draft, nodes: &[Node], changes: &mut Vec<String>) {
            for node in nodes {
                let Node::Part(number) = node else { continue };
                let Some(part) = draft.parts.get(*number) else { continue };
                let mut words = String::new();
                draft.write(&part.content, &mut words);
                let words = excerpt(&without_marks(&words));
                match part.state {
                    State::Whole => collect(draft, &part.content, changes),
                    State::Cut(_) => changes.push(format!("shortened: {words}")),
                    State::Dropped => changes.push(format!("{LEFT_OUT}{words}")),
                }
            }
        }
        let mut changes = Vec::new();
        collect(self, &self.root, &mut changes);
        changes
    }
}

/// The list of nodes that is being written to.
fn inside<'a>(
    root: &'a mut Vec<Node>,
    parts: &'a mut [Part],
    open: Option<&usize>,
) -> &'a mut Vec<Node> {
    match open.and_then(|number| parts.get_mut(*number)) {
        Some(part) => &mut part.content,
        None => root,
    }
}

/// Removes the traces of dropped parts: a line of nothing else, the heading of what is not there,
/// double spaces, blank lines in a row, spaces at the ends of lines.
fn tidy(text: &str) -> String {
    let mut tidied: Vec<Cow<'_, str>> = Vec::new();
    let mut heads_dropped = false;
    for line in text.lines() {
        let dropped = line.contains(DROPPED);
        let kept =
            if dropped { without_drops(line).into() } else { Cow::Borrowed(line.trim_end()) };
        let is_blank = kept.is_empty();
        if dropped && is_blank {
            heads_dropped |= tidied.last().is_some_and(|last| is_heading(last));
            continue;
        }
        if is_blank && std::mem::take(&mut heads_dropped) {
            tidied.pop();
        }
        heads_dropped = false;
        if !is_blank || tidied.last().is_some_and(|last| !last.is_empty()) {
            tidied.push(kept);
        }
    }
    if heads_dropped {
        tidied.pop();
    }
    let mut text = tidied.join("\n");
    text.truncate(text.trim_end().len());
    text
}

/// A line that speaks of those below it.
fn is_heading(line: &str) -> bool {
    line.ends_with(':')
}

/// The line without the places of dropped parts: one space where one stood on each side, and no
/// sign at its start or end that parted what was dropped from the rest.
fn without_drops(line: &str) -> String {
    let mut kept = String::new();
    let mut after_drop = false;
    for c in line.chars() {
        let doubled = after_drop && c == ' ' && (kept.is_empty() || kept.ends_with(' '));
        if c == DROPPED {
            after_drop = true;
        } else if !doubled {
            after_drop = false;
            kept.push(c);
        }
    }
    let parts = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '·' | '|' | '–' | '—');
    let kept = if line.starts_with(DROPPED) { kept.trim_start_matches(parts) } else { &kept };
    let ends_dropped = line.trim_end().ends_with(DROPPED);
    if ends_dropped { kept.trim_end_matches(parts) } else { kept.trim_end() }.to_owned()
}

/// The first words of a part, for a list of what was left out.
fn excerpt(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    match words.get(..12) {
        Some(first) if words.len() > 12 => format!("{} …", first.join(" ")),
        _ => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn optional(rank: u8, words: &str) -> String {
        mark(words, Fate::Drop { rank })
    }

    fn fitted(text: &str, limit: usize) -> String {
        fit(text, Count::Characters, limit, Ellipsis::Sign).unwrap().text
    }

    #[test]
    fn the_highest_rank_goes_first_and_its_line_with_it() {
        let text = format!(
            "Title\n\n{}{}\nlink",
            optional(2, "two two two\n"),
            optional(1, "one one one\n")
        );
        assert_eq!(fitted(&text, 100), "Title\n\ntwo two two\none one one\n\nlink");
        assert_eq!(fitted(&text, 25), "Title\n\none one one\n\nlink");
        let least = fit(&text, Count::Characters, 12, Ellipsis::Sign).unwrap();
        assert_eq!(least.text, "Title\n\nlink");
        assert_eq!(least.left_out, ["left out: two two two", "left out: one one one"]);
    }

    #[test]
    fn sentences_are_kept_whole_and_labels_at_words() {
        let teaser = "We study tides with Prof. Doe (and others). You will build models.";
        let text = mark(teaser, Fate::ShortenThenDrop { rank: 1 });
        assert_eq!(fitted(&text, 60), "We study tides with Prof. Doe (and others).");
        assert_eq!(fitted(&text, 28), "", "rather no sentence than half of one");
        let label = "Institute of Tides with Prof. Doe (and others)";
        let text = mark(label, Fate::ShortenThenDrop { rank: 1 });
        assert_eq!(fitted(&text, 45), "Institute of Tides with Prof. Doe…");
        assert_eq!(fitted(&text, 30), "Institute of Tides…", "neither `with` nor `Prof.`");
        assert_eq!(fitted(&text, 10), "");
    }

    #[test]
    fn a_fixed_part_is_shortened_last_and_never_dropped() {
        let text = format!(
            "{} {}",
            mark("Postdoc in the modelling of tides", Fate::Shorten),
            optional(1, "#Tides")
        );
        assert_eq!(fitted(&text, 36), "Postdoc in the modelling of tides");
        assert_eq!(fitted(&text, 30), "Postdoc in the modelling…");
        assert_eq!(fitted(&text, 20), "Postdoc…");
        assert_eq!(fit(&text, Count::Characters, 7, Ellipsis::Sign), Err(TooLong { length: 8 }));
    }

    #[test]
    fn the_genders_go_before_any_word_does() {
        let text = mark("Postdoc in tides (m/f/d)", Fate::Shorten);
        assert_eq!(fitted(&text, 20), "Postdoc in tides");
        let text = mark("Postdoc in tides (part-time)", Fate::Shorten);
        assert_eq!(fitted(&text, 20), "Postdoc in tides…");
    }

    #[test]
    fn a_subject_is_cut_with_dots_that_need_no_encoding() {
        let text = mark("Postdoc in the modelling of tides", Fate::Shorten);
        let fitted = fit(&text, Count::Characters, 30, Ellipsis::Dots).unwrap();
        assert_eq!(fitted.text, "Postdoc in the modelling...");
    }

    #[test]
    fn a_link_is_neither_cut_nor_touched_by_the_ellipsis() {
        let text = mark("Read all of it at https://lab.example/a today", Fate::Shorten);
        assert_eq!(fitted(&text, 44), "Read all of it…");
    }

    #[test]
    fn parts_within_parts_go_with_them() {
        let inner =
            mark("with a long explanation of everything", Fate::ShortenThenDrop { rank: 2 });
        let text = format!("Title\n{}", optional(1, &format!("Pay {inner}")));
        assert_eq!(fitted(&text, 10), "Title\nPay");
        assert_eq!(fitted(&text, 8), "Title");
    }

    #[test]
    fn a_part_dropped_within_a_line_leaves_no_gap() {
        let text =
            format!("{} a {} {} b", optional(1, "one"), optional(2, "two"), optional(3, "x"));
        assert_eq!(fitted(&text, 3), "a b");
    }

    #[test]
    fn marks_that_do_not_pair_do_no_harm() {
        let text = format!("a {BEGIN}");
        assert_eq!(fitted(&text, 5), "a");
        assert_eq!(fitted(&format!("{END}b{DROPPED}"), 5), "b");
        assert_eq!(without_marks(&optional(3, "c")), "c");
    }
}
