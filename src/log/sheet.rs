//! The log as data: CSV for spreadsheets, Markdown for wikis and issues, JSON Lines for programs.

use std::fmt::Write;

use chrono_tz::Tz;

use super::{Row, plain};

/// One JSON object a line (jsonlines.org), with the fields of `--format json`. What some readers take
/// for the end of a line is written by its number.
///
/// # Errors
/// [`serde_json::Error`], which the fields of a row do not cause.
pub fn json_lines(rows: &[Row]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for row in rows {
        let object = serde_json::to_string(row)?;
        let object = object.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028");
        text.push_str(&object.replace('\u{2029}', "\\u2029"));
        text.push('\n');
    }
    Ok(text)
}

/// RFC 4180, with a header.
pub fn csv(rows: &[Row]) -> String {
    let mut text = "id,posting,title,channel,occasion,state,copy,at,since,link,note\r\n".to_owned();
    for row in rows {
        let fields = [
            &row.id,
            &row.posting,
            &row.title,
            &row.channel,
            &row.occasion,
            &row.state,
            row.copy.as_ref().unwrap_or(&String::new()),
            &row.at.to_rfc3339(),
            &row.since.to_rfc3339(),
            row.link.as_ref().unwrap_or(&String::new()),
            &row.note,
        ]
        .map(|field| csv_field(field));
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// RFC 4180 §2: quoted where it holds a comma, quote or line break. What a spreadsheet would take
/// for a formula is quoted with an apostrophe before it.
fn csv_field(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    // A zero ends the field for some readers.
    let field = field.replace('\0', "");
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

/// A table in GitHub Flavored Markdown, whose cells say what the rows say: nothing in them is markup.
pub fn markdown(rows: &[Row], zone: Tz) -> String {
    let mut text = "| id | posting | channel | occasion | state | when | link | note |\n\
                    | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for row in rows {
        let link = row.link.as_ref().map(|link| format!("<{}>", link.replace('|', "%7C")));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            cell(&row.title),
            cell(&row.channel),
            cell(&row.occasion),
            row.standing(),
            row.at.with_timezone(&zone).format("%Y-%m-%d %H:%M"),
            link.unwrap_or_default(),
            cell(&row.note)
        );
    }
    text
}

/// Words that Markdown takes for words (CommonMark 0.31 §2.4: a backslash before ASCII punctuation).
fn cell(words: &str) -> String {
    let mut cell = String::new();
    for sign in plain(words).chars() {
        if r#"\`*_[]<>|&!~#"#.contains(sign) {
            cell.push('\\');
        }
        cell.push(sign);
    }
    // What GitHub would make a link of is none.
    cell.replace("://", ":\\//").replace("www.", "www\\.").replace('@', "\\@")
}
