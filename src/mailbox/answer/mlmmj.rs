//! mlmmj: its subjects name the list's address and quote ours (`text.skel/*/deny-post`,
//! `wait-post`).

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, ListMark, Says, pattern};
use crate::mailbox::mime::Mail;

/// The subjects of shipped languages up to the list's address, and what they say.
const HELD: &str = "awaiting release to|warte auf moderation für|en attente de réponse à|\
                    in attesa di rilascio a|mensagem à espera de publicação em|čeká se na potvrzení|\
                    esperando lliberación a|čaká sa na zverejnenie do|viesti odottaa hyväksymistä listalle|\
                    等待发布到";
const REFUSED: &str = "post to|ihre nachricht an|message à|messaggio a|mensagem para|mensaxe a|\
                       viesti listalle|zaslat email do|发往";

pub(super) fn read(mail: &Mail) -> Option<Found> {
    static SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            r"^(?:(?P<held>{HELD})|{REFUSED})\s*(?P<list>\S+@[\w.-]+)(?P<verdict>[^:：]*)[:：]\s*(?P<subject>.*)$"
        ))
    });
    let subject = mail.headers.get("subject")?;
    let found = SUBJECT.captures(subject.trim())?;
    // Everything it sends comes from an address of the list's (`jobs+owner@`), and our message hangs
    // on it.
    if mail.returned.is_empty() {
        return None;
    }
    let held = found.name("held").is_some();
    if !held && found.name("verdict").is_none_or(|verdict| verdict.as_str().trim().is_empty()) {
        return None;
    }
    let says = if held { Says::Held } else { Says::Refused };
    let list = found.name("list").map(|it| ListMark::Address(it.as_str().to_lowercase()));
    // The first paragraph greets.
    let words = mail.paragraphs().get(1).copied().unwrap_or_default();
    let quoted = found.name("subject").map(|it| it.as_str());
    Some(Found::new(says, words).list(list).subject(quoted))
}
