//! What would go out, drawn for a person: the rendition and the request around it.

use std::fmt::Write;

use crate::adapt::Rendition;
use crate::channel::Wire;
use crate::channel::wire::SECRET;
use crate::deliver::compose::Composed;

/// Draws what one delivery sends, every line indented, credentials masked.
pub(super) fn draw(composed: &Composed) -> String {
    let mut drawn = String::new();
    match &composed.rendition {
        Rendition::Status { length, limit, left_out, language, .. } => {
            line(&mut drawn, &format!("{length} of {limit} characters, language {language}"));
            for what in left_out {
                line(&mut drawn, &format!("to fit: {what}"));
            }
        }
        Rendition::Mail { subject, text, language, .. } => {
            line(
                &mut drawn,
                &format!(
                    "subject {} characters, {} lines, language {language}",
                    subject.chars().count(),
                    text.lines().count()
                ),
            );
        }
        Rendition::Document { media_type, body, language } => {
            line(
                &mut drawn,
                &format!("{}, {} bytes, language {language}", media_type.media_type(), body.len()),
            );
        }
    }
    match &composed.wire {
        Wire::Http(request) => {
            line(&mut drawn, &format!("{} {}", request.method, request.url));
            for (name, value) in &request.headers {
                line(&mut drawn, &format!("{name}: {}", mask(value)));
            }
            if let Some(body) = &request.body {
                quote(&mut drawn, body);
            }
        }
        Wire::Mail(mail) => {
            line(&mut drawn, &mail.server);
            line(&mut drawn, &format!("MAIL FROM:<{}>", mail.envelope_from));
            line(&mut drawn, &format!("RCPT TO:<{}>", mail.envelope_to));
            quote(&mut drawn, &mail.message);
        }
        Wire::Entry(entry) => {
            line(&mut drawn, &format!("file {}/{}.jsonld, then the feed", entry.folder, entry.id));
            quote(&mut drawn, entry.document.as_deref().unwrap_or("(left out of the feed)"));
        }
        Wire::Errand { text } => {
            line(&mut drawn, "a person is asked:");
            quote(&mut drawn, text);
        }
    }
    // The words as people will read them, where the request hides them in an encoding.
    match (&composed.rendition, &composed.wire) {
        (Rendition::Status { text, .. }, Wire::Http(_)) => {
            line(&mut drawn, "which reads:");
            quote(&mut drawn, text);
        }
        (Rendition::Mail { text, subject, .. }, Wire::Mail(_)) => {
            line(&mut drawn, "which reads:");
            quote(&mut drawn, &format!("Subject: {subject}\n\n{text}"));
        }
        _ => {}
    }
    drawn
}

/// The same for machines.
pub(super) fn json(composed: &Composed) -> serde_json::Value {
    let mut wire = serde_json::to_value(&composed.wire).unwrap_or_default();
    if let Some(headers) = wire.get_mut("headers").and_then(serde_json::Value::as_array_mut) {
        for header in headers {
            if let Some(value) = header.get_mut(1) {
                let masked = value.as_str().map(mask).unwrap_or_default();
                *value = masked.into();
            }
        }
    }
    serde_json::json!({ "rendition": composed.rendition, "wire": wire })
}

fn mask(value: &str) -> String {
    value.replace(SECRET, "********")
}

fn line(drawn: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(drawn, "    {text}");
}

fn quote(drawn: &mut String, text: &str) {
    for text in text.lines() {
        let _ = writeln!(drawn, "{}", format!("    | {text}").trim_end());
    }
}
