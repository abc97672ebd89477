//! What stands on an archive's pages: links with their words, and whose message a page shows. Pure.
//!
//! Pages are others', so nothing here depends on their being well made: what cannot be read is as if
//! it were not there.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;

use crate::channel::words::{decode_entities, normalised, text_of_page};

/// A link on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// As it is written, entities decoded.
    pub address: String,
    /// Its words on one line.
    pub words: String,
}

/// The links of a page in their order.
pub fn anchors(page: &str) -> Vec<Anchor> {
    static ANCHOR: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?is)<a\b((?:[^>\x22']|\x22[^\x22]*\x22|'[^']*')*)>(.*?)</a\s*>")
    });
    ANCHOR
        .captures_iter(page)
        .filter_map(|found| {
            let address = attribute(found.get(1)?.as_str(), "href")?;
            Some(Anchor { address, words: one_line(found.get(2)?.as_str()) })
        })
        .collect()
}

/// The items of an RSS feed: address and title of each.
pub fn items(feed: &str) -> Vec<Anchor> {
    static ITEM: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?is)<item\b[^>]*>(.*?)</item\s*>"));
    static TITLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?is)<title>(.*?)</title>"));
    static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?is)<link>(.*?)</link>"));
    ITEM.captures_iter(feed)
        .filter_map(|found| {
            let item = found.get(1)?.as_str();
            let part = |of: &Regex| Some(of.captures(item)?.get(1)?.as_str().to_owned());
            let address = decode_entities(part(&LINK)?.trim());
            Some(Anchor { address, words: one_line(&part(&TITLE)?) })
        })
        .collect()
}

/// The Message-ID of the message that a page of Pipermail shows: it stands in the link for an answer
/// (`<LINK REL="made" HREF="mailto:…&In-Reply-To=%3Cid%3E">`).
pub fn answers_to(page: &str) -> Option<String> {
    static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?is)<link\b([^>]*)>"));
    LINK.captures_iter(page).find_map(|found| {
        let attributes = found.get(1)?.as_str();
        let made = attribute(attributes, "rel")?.eq_ignore_ascii_case("made");
        let address = attribute(attributes, "href").filter(|_| made)?;
        let (_, query) = address.split_once('?')?;
        let id = query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.eq_ignore_ascii_case("in-reply-to").then_some(value)
        })?;
        let id = percent_decode_str(id).decode_utf8().ok()?;
        Some(id.trim().trim_start_matches('<').trim_end_matches('>').to_owned())
    })
}

/// The subject without what a list and those who answer put before it.
pub fn bare_subject(subject: &str, prefix: Option<&str>) -> String {
    static ANSWER: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)^(?:re|aw|sv|antw|fwd?|wg)\s*(?:\[\d+\])?\s*:\s*"));
    let prefix = prefix.map(normalised).unwrap_or_default();
    let mut bare = normalised(subject);
    loop {
        let shorter = ANSWER.replace(&bare, "").into_owned();
        let shorter = match shorter.get(..prefix.len()) {
            Some(start) if start.eq_ignore_ascii_case(&prefix) => {
                shorter.get(prefix.len()..).unwrap_or_default().trim_start().to_owned()
            }
            _ => shorter,
        };
        if shorter == bare || shorter.is_empty() {
            return bare;
        }
        bare = shorter;
    }
}

/// Whether an index shows our subject. A prefix that nobody told us of is one too, if it looks like
/// one: `[Jobs]` or `Jobs:`.
pub fn is_subject(shown: &str, subject: &str, prefix: Option<&str>) -> bool {
    let (shown, ours) = (bare_subject(shown, prefix), bare_subject(subject, prefix));
    if ours.is_empty() {
        return false;
    }
    match shown.strip_suffix(&ours) {
        Some("") => true,
        Some(before) => before.ends_with("] ") || before.ends_with(": "),
        None => false,
    }
}

/// An attribute of a tag, quoted or not, entities decoded.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    static PAIR: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"(?s)([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"#));
    PAIR.captures_iter(attributes).find_map(|pair| {
        let value = pair.get(2).or(pair.get(3)).or(pair.get(4))?;
        pair.get(1)
            .is_some_and(|it| it.as_str().eq_ignore_ascii_case(name))
            .then(|| decode_entities(value.as_str().trim()))
    })
}

fn one_line(html: &str) -> String {
    text_of_page(html).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Our own patterns, known when the program is built.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Mailman 2's `bin/arch` writes it.
    const PIPERMAIL: &str = r#"<LI><A HREF="000001.html">[Jobs] PhD on tides, deadline
   May 31
</A><A NAME="1">&nbsp;</A>
<I>Ada Flood
</I>
<LI><A HREF='000002.html'>[Jobs] Re: K&#252;ste &amp; Meer
</A>"#;

    #[test]
    fn an_index_is_read_however_it_is_broken_into_lines() {
        let found = anchors(PIPERMAIL);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].address, "000001.html");
        assert_eq!(found[0].words, "[Jobs] PhD on tides, deadline May 31");
        assert_eq!(found[1].words, "[Jobs] Re: Küste & Meer");
    }

    #[test]
    fn broken_pages_are_read_as_far_as_they_go() {
        assert!(anchors("<a href=>x</a><a href='").is_empty());
        let found = anchors("<A title=\"a > b\" href=wa?A2=JOBS;1a2b3c4d.2611&amp;S=>Tides</A >");
        assert_eq!(found[0].address, "wa?A2=JOBS;1a2b3c4d.2611&S=");
        assert!(items("<item><title>Tides").is_empty());
        assert_eq!(answers_to("<LINK REL=\"made\" HREF=\"mailto:jobs\">"), None);
    }

    /// The id as a page of Pipermail shows it.
    #[test]
    fn a_page_of_pipermail_says_whose_message_it_is() {
        let page = "<LINK REL=\"Index\" HREF=\"index.html\" >\n   <LINK REL=\"made\" \
                    HREF=\"mailto:jobs%40lists.example?Subject=Re%3A%20PhD&In-Reply-To=\
                    %3CCAG%2Bx%3Dy_z/1%40mail.gmail.com%3E\">";
        assert_eq!(answers_to(page).as_deref(), Some("CAG+x=y_z/1@mail.gmail.com"));
    }

    #[test]
    fn a_feed_names_each_message_and_its_subject() {
        let feed = "<channel><title>jobs</title><item>\n<title>PhD &amp; tides - a@b.example\
                    </title>\n<link>https://lists.example/msg/jobs/2026-11/abc</link></item>";
        let found = items(feed);
        assert_eq!(found[0].address, "https://lists.example/msg/jobs/2026-11/abc");
        assert_eq!(found[0].words, "PhD & tides - a@b.example");
    }

    #[test]
    fn what_a_list_puts_before_a_subject_is_not_part_of_it() {
        let ours = "[Job] PhD on tides";
        for shown in [
            ours,
            "[jobs] [Job] PhD on tides",
            "Re: [jobs] RE:  [Job] PhD on tides",
            "[jobs] Re: [Job] PhD on  tides",
            "Tidal Jobs: [Job] PhD on tides",
        ] {
            assert!(is_subject(shown, ours, Some("[jobs]")), "{shown}");
        }
        assert!(is_subject("[Unknown] [Job] PhD on tides", ours, None));
        for shown in [
            "[Reminder] PhD on tides",
            "PhD on tides",
            "[Job] PhD on tides and more",
            "the [Job] PhD",
        ] {
            assert!(!is_subject(shown, ours, Some("[jobs]")), "{shown}");
        }
        assert_eq!(bare_subject("[Jobs] Re: ", Some("[Jobs]")), "Re:");
    }
}
