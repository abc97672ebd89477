//! What would go out, drawn for a person: the words first, then what is sent for them.

use std::fmt::Write;

use super::compose::Composed;
use crate::adapt::{Picture, PictureFile, Rendition};
use crate::channel::price::{self, Cost};
use crate::channel::wire::{
    FeedEntry, GitCommit, HttpRequest, MailMessage, SECRET, SignedAs, Steps, Verb,
};
use crate::channel::{Kind, Wire};

/// Draws what one delivery sends, every line indented, credentials masked. Nothing is left out of
/// what is sent, and what is sent as it reads is drawn once.
pub fn draw(composed: &Composed) -> String {
    let mut drawn = String::new();
    match (&composed.wire, &composed.rendition) {
        (Wire::Http(request), rendition) => draw_request(&mut drawn, request, rendition),
        (Wire::Steps(steps), rendition) => draw_steps(&mut drawn, steps, rendition),
        (Wire::Mail(mail), Rendition::Mail { text, html, language, .. }) => {
            let subject = mail.subject.chars().count();
            let lines = text.lines().count();
            line(&mut drawn, &format!("subject {subject} characters, {lines} lines, {language}"));
            quote(&mut drawn, &format!("Subject: {}\n\n{text}", mail.subject));
            draw_mail(&mut drawn, mail, text, html.as_deref());
        }
        (Wire::Mail(mail), _) => quote(&mut drawn, &mail.message),
        (Wire::Entry(entry), _) => {
            let FeedEntry { folder, file, id, .. } = entry;
            let place = if file.starts_with(id.as_str()) {
                format!("file {folder}/{file}, then the feed")
            } else {
                format!("entry {id} of {folder}/{file}")
            };
            line(&mut drawn, &place);
            quote(&mut drawn, entry.document.as_deref().unwrap_or("(left out of the feed)"));
        }
        (Wire::Commit(commit), _) => draw_commit(&mut drawn, commit),
        (Wire::Errand { text }, _) => {
            line(&mut drawn, "a person is asked:");
            quote(&mut drawn, text);
        }
    }
    drawn
}

/// What sending it costs, where a network takes money.
pub fn cost(kind: Kind, composed: &Composed) -> Option<Cost> {
    let makes_a_post = match &composed.wire {
        Wire::Http(request) => request.verb == Verb::Create,
        Wire::Steps(steps) => steps.creations().next().is_some(),
        _ => false,
    };
    if makes_a_post { price::of(kind, &composed.rendition) } else { None }
}

/// The same for machines.
pub fn json(composed: &Composed) -> serde_json::Value {
    let mut wire = serde_json::to_value(&composed.wire).unwrap_or_default();
    mask_headers(&mut wire);
    for step in
        wire.get_mut("steps").and_then(serde_json::Value::as_array_mut).into_iter().flatten()
    {
        mask_headers(&mut step["request"]);
    }
    serde_json::json!({ "rendition": composed.rendition, "wire": wire })
}

fn mask_headers(request: &mut serde_json::Value) {
    let headers = request.get_mut("headers").and_then(serde_json::Value::as_array_mut);
    for value in headers.into_iter().flatten().filter_map(|header| header.get_mut(1)) {
        let masked = value.as_str().map(mask).unwrap_or_default();
        *value = masked.into();
    }
}

/// Several requests, each under its name; what stands for an earlier one's id is filled in as it is
/// sent.
fn draw_steps(drawn: &mut String, steps: &Steps, rendition: &Rendition) {
    let verbs = steps.steps.iter().map(|step| step.request.verb);
    if let Some(verb) = verbs.into_iter().find(|it| matches!(it, Verb::Create | Verb::Update)) {
        draw_words(drawn, rendition, verb, 0);
    }
    for (number, step) in (1..).zip(&steps.steps) {
        line(drawn, &format!("request {number} of {}: {}", steps.steps.len(), step.name));
        draw_sent(drawn, &step.request);
    }
}

fn draw_words(drawn: &mut String, rendition: &Rendition, verb: Verb, bytes: usize) {
    match rendition {
        Rendition::Status { text, length, limit, left_out, language, parts, picture, card } => {
            line(drawn, &format!("{length} of {limit} characters, {language}"));
            for what in left_out {
                line(drawn, &format!("to fit, {what}"));
            }
            quote(drawn, text);
            // An edit changes the words alone.
            if let (Some(card), Verb::Create) = (card, verb) {
                line(drawn, &format!("and a card that leads to {}:", card.link));
                let description = card.description.as_deref().unwrap_or_default();
                quote(drawn, &format!("{}\n{description}", card.title));
            }
            for (number, part) in (2..).zip(parts) {
                line(drawn, &format!("part {number} of {}, in reply", parts.len() + 1));
                quote(drawn, part);
            }
            if let Some(Picture { alt, file: Some(file), .. }) = picture {
                let PictureFile { sha256, media_type, bytes, width, height } = file;
                let size = format!("{width}×{height}, {bytes} bytes");
                line(drawn, &format!("picture {media_type}, {size}, sha256 {sha256}"));
                quote(drawn, &format!("alt: {alt}"));
            }
        }
        Rendition::Document { media_type, language, .. } => {
            line(drawn, &format!("{}, {bytes} bytes, {language}", media_type.media_type()));
        }
        Rendition::Mail { .. } | Rendition::Card { .. } => {}
    }
}

fn draw_request(drawn: &mut String, request: &HttpRequest, rendition: &Rendition) {
    // A request without a body takes a copy back: there are no words in it.
    if let Some(body) = &request.body {
        draw_words(drawn, rendition, request.verb, body.len());
    }
    draw_sent(drawn, request);
}

/// A request as it is sent.
fn draw_sent(drawn: &mut String, request: &HttpRequest) {
    if let Some(address) = &request.ask_first {
        line(drawn, &format!("GET {address} first: a copy that is there is not made again"));
    }
    line(drawn, &format!("{} {}", request.method, request.url));
    for (name, value) in &request.headers {
        line(drawn, &format!("{name}: {}", mask(value)));
    }
    if let Some(body) = &request.body {
        quote(drawn, body);
    }
}

fn draw_commit(drawn: &mut String, commit: &GitCommit) {
    let GitCommit { repository, base, pushed_to, branch, file, .. } = commit;
    line(drawn, &format!("a commit for {repository}, on top of {base}:"));
    match &commit.entry {
        Some(entry) => quote(drawn, entry),
        None => line(drawn, &format!("the entry `{}` is taken out", commit.name)),
    }
    line(drawn, &format!("in {file}, by {} <{}>", commit.author_name, commit.author_email));
    quote(drawn, &commit.message);
    line(drawn, &format!("git push {pushed_to} {branch}"));
    if let Some(earlier) = &commit.earlier {
        line(drawn, &format!("or to {earlier}, while that is not merged"));
    }
    line(drawn, &format!("and a pull request: {}", commit.request.title));
    quote(drawn, &commit.request.body);
}

/// Envelope and headers as they are sent. Of the body the lines that are not sent as they read: in
/// quoted-printable most are.
fn draw_mail(drawn: &mut String, mail: &MailMessage, text: &str, html: Option<&str>) {
    line(drawn, &mail.server);
    line(drawn, &format!("MAIL FROM:<{}>", mail.envelope_from));
    line(drawn, &format!("RCPT TO:<{}>", mail.envelope_to));
    if let Some(report) = &mail.report {
        let (notify, id) = (&report.notify, &report.envelope_id);
        line(drawn, &format!("where DSN is offered: RET=HDRS ENVID={id} NOTIFY={notify}"));
    }
    if let Some(SignedAs { domain, selector }) = &mail.signed_as {
        line(drawn, &format!("DKIM-Signature: d={domain}; s={selector}; made as it is sent"));
    }
    let encoded = match html {
        None => encoded_lines(&mail.message, text),
        Some(_) => None,
    };
    match (mail.message.split_once("\r\n\r\n"), encoded) {
        (Some((headers, _)), Some(encoded)) => {
            quote(drawn, headers);
            if encoded.is_empty() {
                line(drawn, "and the lines above as they read");
            } else {
                line(drawn, "and the lines above as they read, but for these:");
                quote(drawn, &encoded.join("\n"));
            }
        }
        _ => quote(drawn, &mail.message),
    }
}

/// The lines of a message's body that differ from the text; `None` if it is not line by line the
/// text in quoted-printable.
fn encoded_lines<'a>(message: &'a str, text: &str) -> Option<Vec<&'a str>> {
    let (_, body) = message.split_once("\r\n\r\n")?;
    let mut sent = body.split("\r\n");
    let mut encoded = Vec::new();
    for expected in text.split('\n') {
        let mut pieces = vec![sent.next()?];
        // A line that ends with `=` goes on in the next one (RFC 2045 §6.7).
        while pieces.last().is_some_and(|piece| piece.ends_with('=')) {
            pieces.push(sent.next()?);
        }
        if pieces != [expected] {
            encoded.extend(pieces);
        }
    }
    sent.all(str::is_empty).then_some(encoded)
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
