//! How long a text is, as each network counts it.
//!
//! Where a network's rule depends on lists that change (top-level domains, emoji), this counts too
//! much rather than too little: a text that fits here fits there.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::little_text;
use super::rich_text::RichText;

/// A network's way of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Mastodon: grapheme clusters; an http(s) URL counts 23; `@user@host` counts as `@user`.
    /// Source: `app/validators/status_length_validator.rb`.
    Mastodon,
    /// X: weighted; every dotted token with a known top-level domain counts at least 23.
    /// Source: twitter-text, configuration version 3.
    X,
    /// Bluesky: grapheme clusters, 300 at most, and bytes of UTF-8, 3,000 at most: so a tenth of
    /// the bytes counts where that is more. Source: lexicon `app.bsky.feed.post`.
    Bluesky,
    /// LinkedIn: the words as they are written there, every reserved sign with its backslash
    /// ([`super::little_text`]), in the units of UTF-16, of which a sign has one or two.
    LinkedIn,
    /// Unicode characters.
    Characters,
}

impl Count {
    /// The length of `text`, never less than what the network counts.
    pub fn length(self, text: &str) -> usize {
        match self {
            Self::Mastodon => mastodon(text),
            Self::X => x(text),
            Self::Bluesky => text.graphemes(true).count().max(text.len().div_ceil(10)),
            Self::LinkedIn => little_text::escape(text).encode_utf16().count(),
            Self::Characters => text.chars().count(),
        }
    }

    /// The length of what is posted for `text`: where links are shown short, as they are shown.
    pub fn length_as_posted(self, text: &str) -> usize {
        match self {
            Self::Bluesky => self.length(&RichText::of(text).text),
            Self::Mastodon | Self::X | Self::LinkedIn | Self::Characters => self.length(text),
        }
    }
}

/// What both networks count for a link.
const LINK: usize = 23;

/// The most by which a network that finds a link where we see none counts more than the characters:
/// the shortest link is `http://a.de`.
const HIDDEN_LINK: usize = LINK - "http://a.de".len();

/// The same for a domain without a scheme, which X links too: the shortest is `a.de`.
const HIDDEN_DOMAIN: usize = LINK - "a.de".len();

/// Longer links are not recognised (twitter-text stops at 4096), so they count in full.
const LONGEST_LINK: usize = 2048;

/// Top-level domains that every version of the networks' lists knows. A link under another one
/// counts in full, because the network may not take it for a link.
const TOP_LEVEL: &str = " com org net edu gov mil int info biz name pro jobs museum coop cat \
    academy app berlin bio blog brussels care careers center cloud clinic community dev education \
    email engineering foundation group hamburg health hospital institute international koeln link \
    london network news nrw online page paris ruhr saarland school science scot site social space \
    swiss systems team tech technology tirol training university website wien wiki works world xyz \
    ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw \
    by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cx cy cz de dj dk dm do dz ec ee eg er es et \
    eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id \
    ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt \
    lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl \
    no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg \
    sh si sk sl sm sn so sr st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug \
    uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw ";

/// A link of plain characters. Both networks take at least these characters for parts of a link
/// and these endings for its last one; what they take beyond is counted in full, never less.
static LINK_SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^ https?:// (?P<host> [A-Za-z0-9]+(?:-+[A-Za-z0-9]+)* (?:\.[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)+ )
          (?P<end> :[0-9]+ | [/?] | [^A-Za-z0-9@.:\-] | [.:\-](?:[^A-Za-z0-9]|$) | $ )",
    )
    .ok()
});

/// `@user@host`; the part before the second `@` is what counts.
static MENTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?P<user>@[A-Za-z0-9_]+)@[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)+")
        .ok()
});

fn mastodon(text: &str) -> usize {
    let graphemes = |words: &str| words.graphemes(true).count();
    let mut length = 0;
    let mut plain_from = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        let step = if begins_with_scheme(rest) {
            link(rest, before).map(|found| (found.bytes, found.length(graphemes)))
        } else if rest.starts_with('@') && !before.is_some_and(is_in_word) {
            mention(rest).map(|(bytes, user)| (bytes, graphemes(user)))
        } else {
            None
        };
        if let Some((bytes, counted)) = step {
            length += graphemes(&text[plain_from..at]) + counted;
            at += bytes;
            plain_from = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    length + graphemes(&text[plain_from..])
}

fn x(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let mut length = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        if begins_with_scheme(rest)
            && let Some(found) = link(rest, before)
        {
            length += found.length(weight);
            at += found.bytes;
            continue;
        }
        let run = rest.find(|c: char| !is_in_domain(c)).unwrap_or(rest.len());
        if run > 0 && !before.is_some_and(is_in_domain) {
            length += domain_weight(&rest[..run]);
            at += run;
            continue;
        }
        let grapheme = rest.graphemes(true).next().unwrap_or(rest);
        length += grapheme_weight(grapheme);
        at += grapheme.len();
    }
    length
}

/// Something that begins like a link.
struct Found {
    bytes: usize,
    counts: Counts,
    text: String,
}

enum Counts {
    /// Surely a link.
    Link,
    /// In full, but never less than a link.
    AtLeastLink,
    /// In full, and somewhere within a link may hide that counts more than its characters.
    HiddenLink,
}

impl Found {
    fn length(&self, full: impl Fn(&str) -> usize) -> usize {
        match self.counts {
            Counts::Link => LINK,
            Counts::AtLeastLink => full(&self.text).max(LINK),
            Counts::HiddenLink => full(&self.text) + HIDDEN_LINK,
        }
    }
}

fn begins_with_scheme(rest: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// The link, or what looks like one, at the start of `rest`.
fn link(rest: &str, before: Option<char>) -> Option<Found> {
    let scheme = rest.find("://")? + 3;
    let unclear =
        || Found { bytes: scheme, counts: Counts::HiddenLink, text: rest[..scheme].to_owned() };
    let delimited = before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '<' | '"'));
    let shape = LINK_SHAPE.as_ref().and_then(|shape| shape.captures(rest));
    let (Some(shape), true) = (shape, delimited) else { return Some(unclear()) };
    let host = shape.name("host")?;
    let labels: Vec<&str> = host.as_str().split('.').collect();
    if host.len() > 253 || labels.iter().any(|label| label.len() > 63) {
        return Some(unclear());
    }
    let bytes = host.end() + path_length(&rest[host.end()..]);
    let text = rest[..bytes].to_owned();
    let (last, inner) = labels.split_last()?;
    let counts = if bytes > LONGEST_LINK {
        Counts::HiddenLink
    } else if is_top_level(last) {
        Counts::Link
    } else if inner.iter().skip(1).any(|label| may_be_top_level(label)) {
        Counts::HiddenLink
    } else {
        Counts::AtLeastLink
    };
    Some(Found { bytes, counts, text })
}

/// How many bytes after a host certainly belong to the link.
fn path_length(rest: &str) -> usize {
    let port = match rest.strip_prefix(':') {
        Some(digits) => 1 + digits.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    };
    let port = if port > 1 { port } else { 0 };
    let rest = &rest[port..];
    if !rest.starts_with(['/', '?']) {
        return port;
    }
    let run = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || "/_%=&?#~+-.".contains(c)))
        .unwrap_or(rest.len());
    let certain = rest[..run]
        .rfind(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '=' | '_' | '#' | '-'))
        .map_or(0, |at| at + 1);
    port + certain
}

fn mention(rest: &str) -> Option<(usize, &str)> {
    let found = MENTION.as_ref()?.captures(rest)?;
    let whole = found.get(0)?;
    let user = found.name("user")?;
    let labels = whole.as_str()[user.end() + 1..].split('.');
    (whole.len() - user.len() <= 254 && labels.into_iter().all(|label| label.len() <= 63))
        .then_some((whole.end(), user.as_str()))
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '/' | '=')
}

fn is_in_domain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-')
}

fn is_top_level(label: &str) -> bool {
    TOP_LEVEL.contains(&format!(" {} ", label.to_ascii_lowercase()))
}

/// Whether a label may be a top-level domain to somebody: letters, at least two.
fn may_be_top_level(label: &str) -> bool {
    let name = label.split('-').next().unwrap_or(label);
    name.chars().count() >= 2 && name.chars().all(char::is_alphabetic)
}

/// The weight of a run of letters, digits, dots and hyphens, in which X may find domains.
fn domain_weight(run: &str) -> usize {
    let own = weight(run);
    let labels: Vec<&str> = run.trim_end_matches('.').split('.').collect();
    let candidates = labels.iter().skip(1).filter(|label| may_be_top_level(label)).count();
    let last_is_one = labels.last().is_some_and(|last| may_be_top_level(last));
    match candidates {
        0 => own,
        1 if last_is_one && run.is_ascii() => {
            let dots = run.len() - run.trim_end_matches('.').len();
            own.max(LINK + dots)
        }
        several => own + several * HIDDEN_DOMAIN,
    }
}

fn weight(words: &str) -> usize {
    words.graphemes(true).map(grapheme_weight).sum()
}

/// One emoji weighs two, however many code points it is made of. Flags are left out of this:
/// only those of existing countries are emoji.
fn grapheme_weight(grapheme: &str) -> usize {
    if is_emoji(grapheme) { 2 } else { grapheme.chars().map(character_weight).sum() }
}

fn character_weight(c: char) -> usize {
    match u32::from(c) {
        0..=0x10FF | 0x2000..=0x200D | 0x2010..=0x201F | 0x2032..=0x2037 => 1,
        _ => 2,
    }
}

fn is_emoji(grapheme: &str) -> bool {
    let pictograph = |c: char| matches!(u32::from(c), 0x1F300..=0x1FAFF);
    let joined = |c: char| {
        pictograph(c)
            || matches!(u32::from(c), 0x200D | 0x2600..=0x27BF | 0xFE0F | 0xE0020..=0xE007F)
    };
    let mut characters = grapheme.chars();
    match characters.next() {
        Some('0'..='9' | '#' | '*') => {
            grapheme.ends_with('\u{20E3}') && grapheme.chars().count() <= 3
        }
        // The tags of a subdivision's flag follow a black flag.
        Some(first) => pictograph(first) && characters.all(joined),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bluesky_counts_graphemes_and_a_tenth_of_the_bytes() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(Count::Bluesky.length(&family.repeat(120)), 300);
        assert_eq!(Count::Bluesky.length(&family.repeat(121)), 303);
        assert_eq!(Count::Bluesky.length(&"e\u{301}".repeat(300)), 300);
        let link = "https://lab.example/jobs/phd-tidal-forecasting/";
        assert_eq!(Count::Bluesky.length(link), 47);
        assert_eq!(Count::Bluesky.length_as_posted(link), 30);
    }

    #[test]
    fn mastodon_counts_a_link_as_23_if_it_is_set_apart() {
        let link = format!("http://{}.com/example", "b".repeat(30));
        assert_eq!(Count::Mastodon.length(&format!("{} {link}", "a".repeat(476))), 500);
        let glued = format!("{}{link}", "a".repeat(476));
        assert!(Count::Mastodon.length(&glued) >= glued.len());
    }

    #[test]
    fn mastodon_counts_what_it_does_not_shorten_in_full() {
        let long = format!("https://lab.example.com/{}", "a".repeat(5000));
        assert!(Count::Mastodon.length(&long) >= long.len());
        let mention = format!("@lab@{}.com", "d".repeat(300));
        assert_eq!(Count::Mastodon.length(&mention), mention.len());
        assert_eq!(Count::Mastodon.length("lab.example.com/jobs"), 20);
        let fictional = "https://seaforth.example/jobs/phd-tidal-forecasting/";
        assert_eq!(Count::Mastodon.length(fictional), fictional.len());
    }

    #[test]
    fn mastodon_counts_a_mention_without_its_server() {
        assert_eq!(Count::Mastodon.length("ask @lab@social.example.com today"), 14);
    }

    #[test]
    fn mastodon_counts_what_a_reader_sees_as_one_character_once() {
        assert_eq!(Count::Mastodon.length("e\u{301}👨‍👩‍👧‍👦"), 2);
    }

    #[test]
    fn the_punctuation_after_a_link_is_counted() {
        assert_eq!(Count::Mastodon.length("(https://example.com/a)."), 26);
        assert_eq!(Count::X.length("(https://example.com/a)."), 26);
        assert_eq!(Count::X.length("https://example.com, "), 25);
    }

    #[test]
    fn x_counts_every_dotted_token_that_may_be_a_domain() {
        for token in ["uni.de", "example.org", "M.Sc", "README.md", "ASP.NET", "fast.ai"] {
            assert_eq!(Count::X.length(token), 23, "{token}");
        }
        assert_eq!(Count::X.length("M.Sc."), 24);
        for plain in ["Ph.D.", "e.g.", "z.B.", "1.5", "end. Next", "Ref. CIG-2027"] {
            assert_eq!(Count::X.length(plain), plain.chars().count(), "{plain}");
        }
    }

    #[test]
    fn x_weighs_as_its_own_conformance_cases_say() {
        let path = "../shared/data/twitter-text-conformance-validate.yml";
        let Ok(yaml) = std::fs::read_to_string(path) else {
            assert!(std::env::var_os("CI").is_none(), "{path} is not there");
            eprintln!("skipped: {path} is not there");
            return;
        };
        let all: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
        let mut checked = 0;
        for group in
            ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
        {
            for case in all["tests"][group].as_array().unwrap() {
                let text = case["text"].as_str().unwrap();
                let expected = case["expected"]["weightedLength"].as_u64().unwrap() as usize;
                let ours = Count::X.length(text);
                let about = case["description"].as_str().unwrap();
                assert!(ours >= expected, "{about}: {ours} is less than {expected}");
                // Links that are not plain, and so may be longer than the network says.
                if text.is_ascii() && !about.contains("invalid domain labels") {
                    assert_eq!(ours, expected, "{about}");
                }
                checked += 1;
            }
        }
        assert!(checked > 20);
    }
}
