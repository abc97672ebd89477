//! What was left over from a template: words that wait to be filled in, and fields without a value.

use super::body::Body;
use super::place;
use crate::diagnostic::{Diagnostic, Span};
use crate::posting::Posting;
use crate::posting::facts::pattern::Pattern;

/// Words that nobody writes for readers.
/// `.` stands for `à`: a letter outside ASCII at the edge of a word would make the search slow.
static PLACEHOLDER: Pattern = Pattern::new(
    r"(?x)
        \b (?: TODO | FIXME ) \b
        | \b X{3,} \b | \b XX\ ?% | \b 20XX \b
        | \b (?: XX | DD | TT | dd | tt ) \. (?: XX | MM | mm ) \. (?: (?:20)? (?:XX|xx) | YYYY | JJJJ | yyyy | jjjj )
        | (?i: \b lorem\ ipsum \b )
        | [:] [*_\ ]* _{4,}
        | [\[<] (?i:
            (?: please\ )? (?: insert | enter | fill\ in | add ) \b
            | to\ be\ (?: filled | added | completed | confirmed )
            | (?: bitte | hier ) \b [^\]>\n]* (?: einfügen | ergänzen | eintragen | ausfüllen ) \b
            | insérer\b | .\ compléter\b | insertar\b | inserire\b
        ) [^\]>\n]{0,80} [\]>]",
);

/// Labels whose value stands behind them on the same line.
static LABEL: Pattern = Pattern::new(
    r"(?xi) ^ [\s>*_+|\#-]* (?:
        (?: application\ )? deadline | closing\ date | start (?: ing )? (?: \ date )?
        | salary | (?: work\ )? location | place\ of\ work
        | reference (?: \ (?: number | no\.? | code ) )? | e-?mail | phone | duration | workload
        | bewerbungs (?: frist | schluss ) | (?: arbeits | vertrags | dienst )? beginn | startdatum
        | vergütung | eingruppierung | entgeltgruppe | arbeitsort | dienstort | kennziffer
        | telefon | befristung
        | date\ limite | lieu | fecha\ límite | scadenza | sluitingsdatum
        ) [\s*_]* : [\s*_|]* (?: <br\s*/?> | \\ )? \s* $",
);

/// A line that begins with a label of its own.
static LABELLED: Pattern = Pattern::new(r"^[\s>*_+|-]*[A-Za-zÀ-ɏ][^:.!?]{0,40}[*_]*:([*_\s]|$)");

pub(super) fn check(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    placeholders(page, body, remarks);
    empty_fields(page, body, remarks);
}

fn placeholders(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let in_title = page.facts.display_title.iter().filter_map(|title| {
        let whole = place(title);
        PLACEHOLDER.find(&title.value)?;
        let written = page.source.words(whole);
        let span = PLACEHOLDER
            .find(written)
            .map_or(whole, |found| Span::from(found.range()).shifted(whole.start));
        Some((span, page.source.words(span)))
    });
    let in_body = body.find(&PLACEHOLDER).filter(|(span, words)| {
        // `[insert text](address)` is a link, `[insert text]: address` its target.
        let next = page.source.text.get(span.end..).and_then(|rest| rest.chars().next());
        !(words.starts_with('[') && matches!(next, Some('(' | '[' | ':')))
    });
    for (span, words) in in_title.chain(in_body) {
        let words = words.trim_start_matches([':', '*', ' ']);
        remarks.push(
            Diagnostic::warning(
                "leftover::placeholder",
                format!("`{words}` waits to be filled in"),
            )
            .at(&page.source, span)
            .help("write what belongs here, or remove it"),
        );
    }
}

fn empty_fields(page: &Posting, body: &Body, remarks: &mut Vec<Diagnostic>) {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in body.text().split('\n') {
        lines.push((at, line));
        at += line.len() + 1;
    }
    for (number, (start, line)) in lines.iter().enumerate() {
        if !LABEL.is_match(line) {
            continue;
        }
        let mut following = lines.iter().skip(number + 1).map(|(_, next)| next.trim());
        let next = following.find(|next| !next.is_empty());
        // Words on the next line are the value.
        let has_value = next.is_some_and(|next| !next.starts_with('#') && !LABELLED.is_match(next));
        if has_value {
            continue;
        }
        let words = line.trim();
        let begin = start + (line.len() - line.trim_start().len());
        let label = words.trim_matches(|it: char| !it.is_alphanumeric());
        remarks.push(
            Diagnostic::warning(
                "leftover::empty-field",
                format!("nothing stands behind `{label}`"),
            )
            .at(&page.source, body.span(begin..begin + words.len()))
            .help("write it, or remove the line"),
        );
    }
}
