//! The revision: a hash of what a posting says.
//!
//! Two pages that say the same have the same revision: comments, the order of keys, white space,
//! dead front matter, where a fact was read and whether the page is open make no difference. Tags
//! count, because channels show them.

use sha2::{Digest, Sha256};

use super::markdown::{Block, BlockKind, Inline};
use super::{Facts, Field, Posting, Revision};

/// The revision of a posting with its translations.
pub fn of(posting: &Posting) -> Revision {
    let mut words = Words(Sha256::new());
    words.posting(posting);
    for (language, translation) in &posting.translations {
        words.say("translation", language);
        words.posting(translation);
    }
    let digest = words.0.finalize();
    Revision(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
}

/// The canonical form: pairs of a name and a text, each ended by a zero byte.
struct Words(Sha256);

impl Words {
    fn posting(&mut self, posting: &Posting) {
        self.say("language", &posting.language);
        self.say("permalink", posting.permalink.as_str());
        self.facts(&posting.facts);
        let mut tags: Vec<&str> = posting.tags.iter().map(|tag| tag.trim()).collect();
        tags.sort_unstable();
        tags.dedup();
        for tag in tags {
            self.say("tag", tag);
        }
        if let Some(image) = &posting.image {
            self.say("image", &image.file);
            self.say("image_alt", &image.alt);
        }
        self.blocks(&posting.document.blocks);
    }

    fn facts(&mut self, facts: &Facts) {
        let Facts {
            title,
            display_title,
            reference,
            position_type,
            organisation,
            unit,
            city,
            country,
            pay_scheme,
            salary,
            workload_percent,
            start,
            duration_months,
            deadline,
            contact_name,
            contact_emails,
            apply_url,
            summary,
            // These are words of the body, which is said below.
            application_emails: _,
            openings: _,
            extension: _,
            documents: _,
            parts: _,
        } = facts;
        let position_type = position_type.as_ref().map(|field| field.value.as_str().to_owned());
        let emails = contact_emails.as_ref().map(|field| field.value.join(" "));
        for (name, value) in [
            ("title", text(title)),
            ("display_title", text(display_title)),
            ("reference", text(reference)),
            ("position_type", position_type),
            ("organisation", text(organisation)),
            ("unit", text(unit)),
            ("city", text(city)),
            ("country", text(country)),
            ("pay_scheme", text(pay_scheme)),
            ("salary", text(salary)),
            ("workload_percent", text(workload_percent)),
            ("start", text(start)),
            ("duration_months", text(duration_months)),
            ("deadline", text(deadline)),
            ("contact_name", text(contact_name)),
            ("contact_emails", emails),
            ("apply_url", text(apply_url)),
            ("summary", text(summary)),
        ] {
            if let Some(value) = value {
                self.say(name, &value);
            }
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match &block.kind {
                BlockKind::Heading { level, content } => {
                    self.say("heading", &level.to_string());
                    self.inlines(content);
                }
                BlockKind::Paragraph(content) => self.inlines(content),
                BlockKind::List { start, items } => {
                    self.say("list", &start.map(|start| start.to_string()).unwrap_or_default());
                    for item in items {
                        self.say("item", "");
                        self.blocks(item);
                    }
                    self.say("end", "list");
                }
                BlockKind::Quote(inner) => {
                    self.say("quote", "");
                    self.blocks(inner);
                    self.say("end", "quote");
                }
                BlockKind::Code(code) => self.say("code", code),
                BlockKind::Table { header, rows } => {
                    for row in std::iter::once(header).chain(rows) {
                        self.say("row", "");
                        for cell in row {
                            self.inlines(cell);
                        }
                    }
                    self.say("end", "table");
                }
                BlockKind::Rule => self.say("rule", ""),
            }
        }
    }

    /// Plain words and link targets: emphasis is how it is said, not what.
    fn inlines(&mut self, inlines: &[Inline]) {
        let mut links = Vec::new();
        find_links(inlines, &mut links);
        self.say("words", &super::markdown::plain(inlines));
        for link in links {
            self.say("link", link);
        }
    }

    fn say(&mut self, name: &str, text: &str) {
        self.0.update(name);
        self.0.update(b"\0");
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                self.0.update(b" ");
            }
            self.0.update(word);
        }
        self.0.update(b"\0");
    }
}

fn text<T: ToString>(field: &Option<Field<T>>) -> Option<String> {
    field.as_ref().map(|field| field.value.to_string())
}

fn find_links<'a>(inlines: &'a [Inline], links: &mut Vec<&'a str>) {
    for inline in inlines {
        match inline {
            Inline::Link { url, content } => {
                links.push(url);
                find_links(content, links);
            }
            Inline::Image { url, .. } => links.push(url),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strikethrough(inner) => {
                find_links(inner, links);
            }
            Inline::Text(_) | Inline::Code(_) | Inline::SoftBreak | Inline::HardBreak => {}
        }
    }
}
