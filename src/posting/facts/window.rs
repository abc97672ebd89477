//! The time in which one can apply, from a day to a day: its end is the deadline, and its
//! beginning is nothing of the kind.

use super::dates::Mention;
use super::pattern::Pattern;
use super::prose::Passage;
use super::words::Phrases;

/// Words right before the day on which something begins that ends on another.
static FROM: Pattern = Pattern::new(
    r"(?i)\b(?:from|between|vom|von|zwischen|del|de|desde|du|dal|da|van|tussen)(?: (?:the|dem|el|le|il))?[ ,]*$",
);

/// What stands between the two days: an hour, "to", the name of a day.
static TO: Pattern = Pattern::new(concat!(
    r"(?i)^[ ,]*(?:(?:at |um |à |a las |alle )?[0-9]{1,2}[:.h]?(?:[0-9]{2})? ?(?:uhr|h|am|pm|noon)?[ ,]*)?",
    r"(?:–|-|—|to|till|until|through|and|und|bis|al|au|jusqu'au|hasta|fino al|tot|t/m|en)",
    r"(?: (?:and including|einschließlich|en met|zum|the|el|le|il))*(?: [^ 0-9]{4,12})?[ ,]*$"
));

/// The time in which applications are taken.
static NAMED: Phrases = Phrases::of("deadline.window");

/// Whether a day begins such a time, with these words before it, and the next day ends it.
pub fn begins(passage: &Passage, before: &str, day: &Mention, next: Option<&Mention>) -> bool {
    let Some(next) = next else { return false };
    let between = passage.text.get(day.range.end..next.range.start).unwrap_or_default();
    let from = FROM.is_match(before) || before.trim_end().ends_with(':') || before.is_empty();
    from && TO.is_match(between) && (NAMED.is_match(before) || NAMED.is_match(&passage.heading))
}
