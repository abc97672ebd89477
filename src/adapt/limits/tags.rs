//! HTML of ours with only the elements that a board takes.

use schemars::JsonSchema;
use serde::Deserialize;

/// An element that the ad may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    P,
    Br,
    Ul,
    Ol,
    Li,
    Strong,
    B,
    Em,
    I,
    U,
    Del,
    A,
    H2,
    H3,
    H4,
    Table,
    Tr,
    Th,
    Td,
    Pre,
    Code,
    Blockquote,
    Hr,
}

impl Tag {
    /// Every element that our HTML may hold.
    pub const ALL: [Self; 23] = [
        Self::P,
        Self::Br,
        Self::Ul,
        Self::Ol,
        Self::Li,
        Self::Strong,
        Self::B,
        Self::Em,
        Self::I,
        Self::U,
        Self::Del,
        Self::A,
        Self::H2,
        Self::H3,
        Self::H4,
        Self::Table,
        Self::Tr,
        Self::Th,
        Self::Td,
        Self::Pre,
        Self::Code,
        Self::Blockquote,
        Self::Hr,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::P => "p",
            Self::Br => "br",
            Self::Ul => "ul",
            Self::Ol => "ol",
            Self::Li => "li",
            Self::Strong => "strong",
            Self::B => "b",
            Self::Em => "em",
            Self::I => "i",
            Self::U => "u",
            Self::Del => "del",
            Self::A => "a",
            Self::H2 => "h2",
            Self::H3 => "h3",
            Self::H4 => "h4",
            Self::Table => "table",
            Self::Tr => "tr",
            Self::Th => "th",
            Self::Td => "td",
            Self::Pre => "pre",
            Self::Code => "code",
            Self::Blockquote => "blockquote",
            Self::Hr => "hr",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| tag.as_str() == name)
    }

    /// Elements that say nearly the same, the nearest first.
    fn instead(self) -> &'static [Self] {
        match self {
            Self::Strong => &[Self::B],
            Self::B => &[Self::Strong],
            Self::Em => &[Self::I],
            Self::I => &[Self::Em],
            Self::H2 => &[Self::H3, Self::H4, Self::P],
            Self::H3 => &[Self::H4, Self::P],
            Self::H4 => &[Self::H3, Self::P],
            Self::Ol => &[Self::Ul],
            Self::Blockquote | Self::Pre | Self::Li | Self::Tr => &[Self::P],
            _ => &[],
        }
    }

    /// Whether it, or one that says nearly the same, is among these.
    pub(super) fn has_relative_in(self, allowed: &[Self]) -> bool {
        // Paragraphs leave their lines, and a heading that becomes one is none any more.
        let near = self.instead().iter().filter(|it| self == Self::P || **it != Self::P);
        self == Self::P
            || allowed.contains(&self)
            || near.into_iter().any(|it| allowed.contains(it))
    }

    /// Whether what stands in it stands on lines of its own.
    pub(super) fn is_block(self) -> bool {
        use Tag::{Blockquote, H2, H3, H4, Hr, Li, Ol, P, Pre, Table, Tr, Ul};
        matches!(self, P | Ul | Ol | Li | H2 | H3 | H4 | Table | Tr | Pre | Blockquote | Hr)
    }
}

/// HTML that [`crate::adapt::html::render`] made, with only these elements. One that is not among
/// them becomes its nearest relative that is, or goes and leaves its words: on a line of their own
/// where they stood on one.
pub(super) fn only(html: &str, allowed: &[Tag]) -> String {
    let mut written = String::with_capacity(html.len());
    let mut open: Vec<(Tag, Option<Tag>)> = Vec::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        written.push_str(before);
        let Some((tag, after)) = after.split_once('>') else { break };
        rest = after;
        let closes = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
        let Some(kind) = Tag::parse(name) else { continue };
        let becomes = if closes {
            match open.iter().rposition(|(it, _)| *it == kind) {
                Some(place) => open.split_off(place).first().and_then(|(_, it)| *it),
                None => None,
            }
        } else {
            let becomes = nearest(kind, allowed, &open);
            if !matches!(kind, Tag::Br | Tag::Hr) {
                open.push((kind, becomes));
            }
            becomes
        };
        write_tag(&mut written, kind, becomes, tag, allowed);
    }
    written.push_str(rest);
    tidy(&written)
}

/// What an element becomes: itself, a relative, or nothing. A paragraph holds no other.
fn nearest(kind: Tag, allowed: &[Tag], open: &[(Tag, Option<Tag>)]) -> Option<Tag> {
    let in_paragraph = open.iter().any(|(_, it)| *it == Some(Tag::P));
    let fits = |it: &Tag| allowed.contains(it) && !(*it == Tag::P && in_paragraph);
    Some(kind).filter(fits).or_else(|| kind.instead().iter().copied().find(fits))
}

fn write_tag(written: &mut String, kind: Tag, becomes: Option<Tag>, tag: &str, allowed: &[Tag]) {
    let closes = tag.starts_with('/');
    match becomes {
        Some(same) if same == kind => {
            written.push('<');
            written.push_str(tag);
            written.push('>');
        }
        Some(other) => {
            let slash = if closes { "/" } else { "" };
            let heading = matches!(kind, Tag::H2 | Tag::H3 | Tag::H4) && other == Tag::P;
            let strong = [Tag::Strong, Tag::B].into_iter().find(|it| allowed.contains(it));
            let strong = strong.filter(|_| heading).map(Tag::as_str);
            match (strong, closes) {
                (Some(strong), false) => {
                    written.push_str(&format!("<{}><{strong}>", other.as_str()));
                }
                (Some(strong), true) => {
                    written.push_str(&format!("</{strong}></{}>", other.as_str()));
                }
                (None, _) => written.push_str(&format!("<{slash}{}>", other.as_str())),
            }
            if kind == Tag::Li && !closes {
                written.push_str("– ");
            }
        }
        None => {
            if kind == Tag::Li && !closes {
                written.push_str("– ");
            }
            let ends_line = closes && kind.is_block() || matches!(kind, Tag::Br | Tag::Hr);
            if ends_line {
                written.push_str(if allowed.contains(&Tag::Br) { "<br>\n" } else { "\n" });
            } else if closes && matches!(kind, Tag::Td | Tag::Th) {
                written.push(' ');
            }
        }
    }
}

/// Without the empty lines that elements leave.
fn tidy(html: &str) -> String {
    let mut tidy = String::with_capacity(html.len());
    let mut bare = 0;
    for line in html.lines().map(str::trim_end) {
        bare = if line.is_empty() || line == "<br>" { bare + 1 } else { 0 };
        if bare < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AD: &str = "<h2>Your <em>work</em></h2>\n<p>Tides &amp; <a href=\"https://lab.example/\">\
                      more</a></p>\n<ul>\n<li>one</li>\n<li>\n<p>two</p>\n</li>\n</ul>\n<table>\n\
                      <tr><td>a</td><td>b</td></tr>\n</table>";

    #[test]
    fn what_is_allowed_stays_as_it_is() {
        assert_eq!(only(AD, &Tag::ALL), AD);
    }

    #[test]
    fn what_is_not_becomes_its_nearest_relative_or_its_words() {
        let html = only(AD, &[Tag::P, Tag::Ul, Tag::Li, Tag::B]);
        assert_eq!(
            html,
            "<p><b>Your work</b></p>\n<p>Tides &amp; more</p>\n<ul>\n<li>one</li>\n<li>\n<p>two</p>\n\
             </li>\n</ul>\n\n<p>a b </p>"
        );
        let html = only(AD, &[Tag::P]);
        assert!(html.contains("<p>– one</p>") && !html.contains("<ul"), "{html}");
        assert!(!html.contains("<p><p>") && !html.contains("– \n<p>two</p>\n</p>"), "{html}");
    }

    #[test]
    fn words_without_any_element_keep_their_lines() {
        let text = only("<p>one</p>\n<ul>\n<li>two</li>\n<li>three</li>\n</ul>", &[]);
        assert_eq!(text, "one\n\n– two\n\n– three");
    }
}
