//! The lines of an iCalendar file: unfolded, split into name, parameters and value (RFC 5545 §3.1).
//! Pure.

use super::CalendarError;

/// `DTSTART;VALUE=DATE:20280106`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContentLine {
    /// Where it begins in the file, from 1.
    pub line: usize,
    /// In capitals, as are the names of the parameters.
    pub name: String,
    pub parameters: Vec<(String, String)>,
    pub value: String,
}

impl ContentLine {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The value as text for people: escapes undone (§3.3.11), on one line.
    pub(super) fn words(&self) -> String {
        let mut words = String::new();
        let mut characters = self.value.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some('n' | 'N') => words.push(' '),
                    Some(escaped) => words.push(escaped),
                    None => {}
                },
                _ => words.push(character),
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Reads all lines of a file, with CRLF or LF, with or without a byte order mark.
pub(super) fn content_lines(text: &str) -> Result<Vec<ContentLine>, CalendarError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut unfolded: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => unfolded.push((at + 1, line.to_owned())),
        }
    }
    unfolded.iter().map(|(line, text)| content_line(*line, text)).collect()
}

fn content_line(line: usize, text: &str) -> Result<ContentLine, CalendarError> {
    let mut quoted = false;
    let (head, value) = text
        .split_once(|character: char| {
            quoted ^= character == '"';
            character == ':' && !quoted
        })
        .ok_or(CalendarError::NoColon { line })?;
    let mut quoted = false;
    let mut parts = head.split(|character: char| {
        quoted ^= character == '"';
        character == ';' && !quoted
    });
    let name = parts.next().unwrap_or_default().trim().to_uppercase();
    let parameters = parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_uppercase(), value.trim().trim_matches('"').to_owned())
        })
        .collect();
    Ok(ContentLine { line, name, parameters, value: value.trim_end().to_owned() })
}
