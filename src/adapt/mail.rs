//! A mail: subject, plain text at 72 columns, HTML half where the list allows it.

use minijinja::Value;

use super::count::Count;
use super::template::Templates;
use super::{AdaptError, Charset, MailBody, MailForm, Occasion, Rendition, Target, ascii, fit};
use crate::check::lists::{LINES, is_command};
use crate::posting::Posting;

/// A reminder may repeat the announcement. An update or a close that does not say so would look
/// like the same mail sent twice.
const AS_ANNOUNCED: &[Occasion] = &[Occasion::Remind];

/// Renders `subject.txt.j2`, `body.txt.j2` and, where the list takes it, `body.html.j2` of the
/// target's template folder, or those of the occasion.
///
/// # Errors
/// [`AdaptError`] if a template is missing or wrong, or if the subject's fixed parts do not fit.
pub fn adapt(
    posting: &Posting,
    target: &Target,
    form: MailForm,
    occasion: Occasion,
    templates: &Templates,
) -> Result<Rendition, AdaptError> {
    let context = templates.context(posting, target, occasion, form.charset);
    let render = |stem: &str, extension: &str, context: &Value| {
        let name = templates.name_for(&target.template, stem, extension, occasion, AS_ANNOUNCED)?;
        let rendered = templates.render(&name, context.clone())?;
        Ok((name, rendered))
    };
    // A template of the site's own may hold words that are not ASCII.
    let written = |words: String| match form.charset {
        Charset::Utf8 => words,
        Charset::Ascii => ascii::write(&words, &posting.language).into_owned(),
    };
    let (name, subject) = render("subject", "txt", &context)?;
    let (_, body) = render("body", "txt", &context)?;
    let html = match (form.body, form.charset) {
        (MailBody::Text, _) => None,
        (MailBody::Alternative, Charset::Utf8) => Some(render("body", "html", &context)?.1),
        (MailBody::Alternative, Charset::Ascii) => {
            let context = templates.context(posting, target, occasion, Charset::Utf8);
            Some(ascii::html(&render("body", "html", &context)?.1))
        }
    };
    Ok(Rendition::Mail {
        subject: fitted_subject(&written(subject), form.subject_limit, name, target)?,
        text: format!("{}\n", safe_for_lists(&written(fit::whole(&body)))),
        html: html.map(|html| format!("{}\n", html.trim())),
        language: posting.language.clone(),
    })
}

/// The subject on one line and within its limit.
fn fitted_subject(
    marked: &str,
    limit: usize,
    template: String,
    target: &Target,
) -> Result<String, AdaptError> {
    let marked: String = marked.chars().map(plain_sign).collect();
    let fitted = fit::fit(&marked, Count::Characters, limit, fit::Ellipsis::Dots).map_err(
        |fit::TooLong { length }| AdaptError::DoesNotFit {
            template,
            channel: target.channel.clone(),
            length,
            limit,
        },
    )?;
    let subject = fitted.text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(if is_command(&subject) { format!("[{subject}]") } else { subject })
}

/// Dashes and quotation marks as ASCII has them, so that a subject whose words are ASCII travels as
/// it reads (RFC 2047 encodes the others); a control character is a space.
fn plain_sign(sign: char) -> char {
    match sign {
        '‐' | '‑' | '–' | '—' | '−' => '-',
        '‘' | '’' | '‚' => '\'',
        '“' | '”' | '„' => '"',
        sign if sign.is_control() || sign.is_whitespace() => ' ',
        sign => sign,
    }
}

/// The text with no line that a list's software would take for a command, or a mailbox for the
/// beginning of the next mail.
fn safe_for_lists(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut seen = 0;
    for line in text.lines() {
        let mut line = line.to_owned();
        seen += usize::from(!line.trim().is_empty());
        if line.starts_with("From ") {
            line.insert(0, ' ');
        }
        if seen <= LINES && is_command(&line) {
            line = reflowed(&line, lines.last_mut());
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The line with the last word of the line before it, if both are of one paragraph; otherwise in
/// brackets.
fn reflowed(line: &str, before: Option<&mut String>) -> String {
    let Some(before) = before.filter(|before| !before.starts_with(['-', ' ', '='])) else {
        return format!("[{}]", line.trim());
    };
    match before.trim_end().rsplit_once(' ') {
        Some((kept, last)) if !is_command(kept) => {
            let line = format!("{last} {line}");
            *before = kept.to_owned();
            line
        }
        _ => format!("[{}]", line.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_at_the_beginning_is_a_command_to_a_list() {
        assert_eq!(
            safe_for_lists("Who we are\n----------\nTides."),
            "[Who we are]\n----------\nTides."
        );
        assert_eq!(safe_for_lists("Write to us for\nhelp"), "Write to us\nfor help");
        let late = format!("{}help", "word\n".repeat(10));
        assert_eq!(safe_for_lists(&late), late);
    }

    #[test]
    fn no_line_looks_like_the_next_mail() {
        assert_eq!(safe_for_lists("From July on"), " From July on");
    }
}
