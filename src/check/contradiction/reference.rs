//! Two reference numbers for one ad: in its words, or in its words and the name of its file.

use crate::check::body::Body;
use crate::check::place;
use crate::diagnostic::Diagnostic;
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// A number that applicants have to quote.
static QUOTED: Pattern = Pattern::new(
    r"(?x) \b (?i: (?:job|vacancy|position)\ (?:advertisement|advert|ad|posting|reference)
            \ (?:number|no|nr|code)\b\.? | reference\ (?:number|no|nr|code)\b\.? | ref\.\ ?(?:no|nr)\.?
            | kenn(?:ziffer|zahl) | referenz(?:nummer|-?nr\.?) | ausschreibungs-?(?:nummer|nr\.?) )
        \s* [:\#]? [\s*_]* (?P<number> [A-Za-z0-9]+ (?: [/._-][A-Za-z0-9]+ )* )",
);

pub(super) fn check(page: &Posting, text: &Body, remarks: &mut Vec<Diagnostic>) {
    let Some(reference) = &page.facts.reference else { return };
    let taken = parts(&reference.value);
    let other = QUOTED.captures_iter(text.text()).find_map(|found| {
        let number = found.name("number")?;
        let has_digit = number.as_str().contains(|it: char| it.is_ascii_digit());
        let parts = parts(number.as_str());
        // A short form of the same number is none of another ad.
        let is_same = parts.iter().all(|part| taken.contains(part));
        (has_digit && !is_same).then_some(number)
    });
    if let Some(other) = other {
        let message = format!(
            "the page has two reference numbers: {} here, {} {}",
            other.as_str(),
            reference.value,
            super::on_line(page, place(reference)),
        );
        remarks.push(
            Diagnostic::warning("facts::reference-differs", message)
                .at(&page.source, text.span(other.range()))
                .help("make both say the same: applications are sorted by it"),
        );
        return;
    }
    if let Some(named) = number_in_path(&page.path, &taken) {
        let message = format!(
            "the reference number is {}, and the page's file is named {named}",
            reference.value
        );
        remarks.push(
            Diagnostic::notice("facts::reference-differs", message)
                .at(&page.source, place(reference))
                .help("nothing, if the number is right; otherwise it was left from another ad"),
        );
    }
}

/// `TCG/05/2027` as `tcg`, `5`, `2027`.
fn parts(number: &str) -> Vec<String> {
    let split = number.split(|it: char| !it.is_alphanumeric()).filter(|part| !part.is_empty());
    split.map(|part| part.trim_start_matches('0').to_lowercase()).collect()
}

/// The number in a folder or file such as `postdoc_cir.03.2027`, if it is built like this one and
/// is another.
fn number_in_path(path: &str, reference: &[String]) -> Option<String> {
    let (series, numbers) = reference.split_first()?;
    let is_number = |part: &String| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    if numbers.is_empty() || is_number(series) || !numbers.iter().all(is_number) {
        return None;
    }
    path.split('/').find_map(|name| {
        let named = parts(name);
        let at = named.iter().position(|part| part == series)?;
        let found = named.get(at + 1..=at + numbers.len())?;
        (found.iter().all(is_number) && found != numbers).then(|| format!("`{name}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_a_file_name_counts_where_it_is_built_alike() {
        let reference = parts("TCG/05/2027");
        let named = |path| number_in_path(path, &reference);
        assert_eq!(
            named("jobs/postdoc_tcg.03.2027/index.md").as_deref(),
            Some("`postdoc_tcg.03.2027`")
        );
        assert_eq!(named("jobs/postdoc_tcg.05.2027/index.md"), None);
        assert_eq!(named("jobs/tcg-postdoc-2027.md"), None);
        assert_eq!(named("jobs/2027-03-01-postdoc.md"), None);
        assert_eq!(number_in_path("jobs/2027-03.md", &parts("12/2027")), None);
    }
}
