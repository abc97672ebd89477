//! A short text at every limit: what a person would sign. The own postings as golden files at the
//! limits of today's networks, and what holds of them at any limit.

use std::collections::BTreeSet;

use handbill::adapt::ad::Ad;
use handbill::adapt::ascii;
use handbill::adapt::count::Count;
use handbill::adapt::template::Templates;
use handbill::adapt::view::View;
use handbill::adapt::{Charset, Occasion, Rendition, Target, adapt};
use handbill::posting::Posting;
use handbill::site;

use super::postings::{phd, postdoc};
use super::{shown, status};
use crate::support::world::World;
use crate::support::{TestSite, corpus, golden};

/// A network's way of counting with its limit, and how its files are named.
const NETWORKS: [(&str, Count, usize); 4] = [
    ("x", Count::X, 280),
    ("bluesky", Count::Bluesky, 300),
    ("mastodon", Count::Mastodon, 500),
    ("linkedin", Count::LinkedIn, 3000),
];

/// The two that are built by hand and those of the example site.
fn own_postings() -> Vec<(String, Posting)> {
    let world = World::of(TestSite::new());
    let example = world.postings.open.iter().cloned();
    let named = |posting: Posting| {
        let id = ascii::write(&posting.id.0, "de").to_lowercase();
        (id.replace([' ', '/'], "-"), posting)
    };
    [phd(), postdoc()].into_iter().chain(example).map(named).collect()
}

fn announced(posting: &Posting, count: Count, limit: usize) -> Rendition {
    announced_on(posting, &status(count, limit))
        .unwrap_or_else(|error| panic!("{}: {error}", posting.id))
}

fn announced_on(
    posting: &Posting,
    target: &Target,
) -> Result<Rendition, handbill::adapt::AdaptError> {
    adapt(posting, target, Occasion::Announce, &Templates::shipped())
}

fn text_of(rendition: Rendition) -> String {
    let Rendition::Status { text, .. } = rendition else { panic!("{rendition:?}") };
    text
}

#[test]
fn each_own_posting_reads_at_each_limit_as_its_golden_file_says() {
    for (name, posting) in own_postings() {
        for (network, count, limit) in NETWORKS {
            let name = format!("fitting/{name}.{network}.{limit}.txt");
            golden(&name, &shown(&announced(&posting, count, limit)));
        }
    }
}

#[test]
fn at_every_limit_an_own_posting_fits_and_keeps_its_promises() {
    let limits = || (200..700).step_by(9).chain((700..=5000).step_by(331));
    for (name, posting) in own_postings() {
        for (network, count, _) in NETWORKS {
            let mut before: Option<Said> = None;
            for limit in limits() {
                let about = format!("{name}, {network}, {limit}");
                let rendition = announced(&posting, count, limit);
                let Rendition::Status { text, length, .. } = &rendition else { panic!("{about}") };
                assert!(*length <= limit && count.fits(text, limit), "{about}: {length}\n{text}");
                keeps_its_promises(&posting, &status(count, limit), text, &about);
                let said = Said::of(&posting, &status(count, limit), text);
                if let Some(before) = &before {
                    before.is_said_by(&said, &about, text);
                }
                before = Some(said);
            }
        }
    }
}

#[test]
fn a_shared_posting_keeps_its_promises_at_the_limits_of_the_networks() {
    let Some(corpus) = corpus() else { return };
    let world = World::of(TestSite::new());
    let mut seen = 0;
    for page in site::pages::walk(&corpus).expect("the shared postings") {
        if page.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let read = site::pages::load_one(&page, Some(&world.site), &mut Vec::new());
        let Ok(Some(file)) = read else { continue };
        for posting in handbill::posting::read(&file, &world.site.settings).postings {
            for (network, count, limit) in NETWORKS {
                let about = format!("{}, {network}, {limit}", page.display());
                let target = status(count, limit);
                // A link and a title may be longer than all that X allows.
                let Ok(rendition) = announced_on(&posting, &target) else { continue };
                let text = text_of(rendition);
                assert!(count.fits(&text, limit), "{about}:\n{text}");
                keeps_its_promises(&posting, &target, &text, &about);
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "only {seen}");
}

/// Link, deadline and reference are there, and no line ends where a person would not end it.
fn keeps_its_promises(posting: &Posting, target: &Target, text: &str, about: &str) {
    let view = view(posting, target);
    assert!(text.contains(&view.link), "{about}: no link\n{text}");
    for fact in [&view.reference, &view.deadline_text].into_iter().flatten() {
        assert!(text.contains(fact.as_str()), "{about}: no {fact}\n{text}");
    }
    assert!(!text.contains("\n\n\n") && !text.contains("  "), "{about}:\n{text}");
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let cut = line.strip_suffix('…');
        let last = cut.unwrap_or(line).rsplit(' ').next().unwrap_or_default().to_lowercase();
        if cut.is_some() {
            assert!(
                !["and", "und", "of", "for", "the", "in", "&"].contains(&last.as_str()),
                "{about}:\n{text}"
            );
        }
        let is_heading = line.ends_with(':') && !line.starts_with("– ");
        let next = lines.get(at + 1).copied().unwrap_or_default();
        // Within a list a point may end so, and the page's last one too.
        let is_end = next.is_empty() && !line.starts_with("– ");
        assert!(!is_end || !line.ends_with([',', ';', '–', '(']), "{about}: {line}\n{text}");
        assert!(!is_heading || !next.is_empty(), "{about}: a heading of nothing\n{text}");
    }
    no_word_is_cut(&view, text, about);
}

/// Each word is one of the posting's or of Handbill's.
fn no_word_is_cut(view: &View, text: &str, about: &str) {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let json = serde_json::to_string(&(view, view.teaser(), view.words)).unwrap();
    let json = json.replace("\\n", " ").replace(['"', '\\'], " ");
    let known: BTreeSet<String> = json.split_whitespace().map(bare).collect();
    for word in text.split_whitespace() {
        assert!(known.contains(&bare(word)), "{about}: {word} is cut in\n{text}");
    }
}

fn view(posting: &Posting, target: &Target) -> View {
    let ad = Ad::of(posting, Charset::Utf8).into();
    View::new(posting, target, Occasion::Announce, ad)
}

/// How much of each part that matters is said, the most important first: 0 nothing, 1 a part of it,
/// 2 all.
struct Said(Vec<(&'static str, u8)>);

impl Said {
    fn of(posting: &Posting, target: &Target, text: &str) -> Self {
        let view = view(posting, target);
        let said = |words: Option<&str>| {
            let Some(words) = words else { return 0 };
            // A part that is cut keeps at least so much.
            let start: String = words.chars().take(9).collect();
            u8::from(text.contains(words)) + u8::from(text.contains(&start))
        };
        let hashtags = view.hashtag_list.iter().filter(|it| text.contains(it.as_str())).count();
        Self(vec![
            ("title", said(view.title.as_deref())),
            ("employer", said(view.employer_short.as_deref())),
            ("start", said(view.start_text.as_deref())),
            ("pay", said(view.pay_text.as_deref())),
            ("duration", said(view.duration_text.as_deref())),
            ("hashtags", u8::try_from(hashtags).unwrap()),
            ("teaser", said(view.teaser().as_deref())),
        ])
    }

    /// With more room nothing is left unsaid that was said with less, unless more is said for it of
    /// what matters more.
    fn is_said_by(&self, larger: &Self, about: &str, text: &str) {
        for ((part, before), (_, now)) in self.0.iter().zip(&larger.0) {
            if now > before {
                return;
            }
            assert_eq!(now, before, "{about}: less is said of {part}\n{text}");
        }
    }
}
