//! Reading a page: from the bytes of a file to what the site makes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use handbill::diagnostic::{Diagnostic, Severity, Source, Span};
use handbill::posting::markdown::{Block, BlockKind, Inline, plain};
use handbill::posting::page::{self, Page};
use handbill::posting::{Availability, PageFile, Settings};
use proptest::prelude::*;
use url::Url;

fn settings() -> Settings {
    Settings {
        base_url: Url::parse("https://lab.example/").expect("a valid address"),
        timezone: Tz::Europe__Berlin,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    }
}

struct Read {
    page: Option<Page>,
    diagnostics: Vec<Diagnostic>,
    source: Arc<Source>,
}

impl Read {
    fn page(&self) -> &Page {
        self.page.as_ref().unwrap_or_else(|| panic!("no page: {:?}", self.diagnostics))
    }

    /// Each diagnostic as `severity code line:column message`.
    fn told(&self) -> Vec<String> {
        let told = |it: &Diagnostic| {
            let (source, span) = it.place.as_ref().expect("every diagnostic has a place");
            let (line, column) = source.line_and_column(span.start);
            let severity = format!("{:?}", it.severity).to_lowercase();
            format!("{severity} {} {line}:{column} {}", it.code, it.message)
        };
        self.diagnostics.iter().map(told).collect()
    }
}

fn read_below(path: &str, text: &str, ancestors: &[&str]) -> Read {
    let source = Source::new(path, text);
    let ancestors = ancestors.iter().map(|text| Source::new("_index.md", *text)).collect();
    let file = PageFile { source: Arc::clone(&source), path: path.to_owned(), ancestors };
    let mut diagnostics = Vec::new();
    let page = page::read(&file, &settings(), &mut diagnostics);
    Read { page, diagnostics, source }
}

fn read(path: &str, text: &str) -> Read {
    read_below(path, text, &[])
}

fn body(text: &str) -> Read {
    read("jobs/phd/index.md", text)
}

/// One line per block: what it is and what it says.
fn outline(blocks: &[Block]) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks {
        match &block.kind {
            BlockKind::Paragraph(content) => lines.push(plain(content)),
            BlockKind::Heading { level, content } => {
                lines.push(format!("h{level} {}", plain(content)));
            }
            BlockKind::List { items, .. } => {
                lines.extend(items.iter().map(|it| format!("- {}", outline(it).join(" | "))));
            }
            BlockKind::Quote(inner) => lines.push(format!("> {}", outline(inner).join(" | "))),
            BlockKind::Code(code) => lines.push(format!("code {code}")),
            BlockKind::Rule => lines.push("---".to_owned()),
            BlockKind::Table { header, rows } => {
                let cells = |row: &Vec<Vec<Inline>>| {
                    row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" / ")
                };
                lines.extend(std::iter::once(header).chain(rows).map(cells));
            }
        }
    }
    lines
}

fn spans(blocks: &[Block]) -> Vec<Span> {
    let inner = |block: &Block| match &block.kind {
        BlockKind::List { items, .. } => items.iter().flat_map(|item| spans(item)).collect(),
        BlockKind::Quote(inner) => spans(inner),
        _ => Vec::new(),
    };
    blocks.iter().flat_map(|block| [vec![block.span], inner(block)].concat()).collect()
}

const SEEDLIKE: &str = r#"---
title: "WATT/06: Ph.D. position in 
Tidal Flats (m/f/d)"
# publishDate: "2017-01-01T00:00:00Z"
tags: 
- Tidal Flats 
- MudflatsÃ¼ber
publishDate: "2027-06-07T00:00:00Z"
url_pdf: ""
---

<!-- an older ad: **Postdoc position** {{< hl >}} emailâ€™s -->

## **Ph.D. position in Tidal Flats (m/f/d)** 

starting June 2027 or as agreed upon.

**Your responsibilities:**

- Wade through mud
- Count the worms

**What we offer you**:
- **A secure future:** pay according to the salary scale TV-L (E13 - 75%) of the state
- **Discounted ticket:** for all buses
on-site health service: numerous offers  
- **Employer benefits:** boots

**Contact:** quote **WATT/06** in your emailâ€™s subject to [Prof. Ebb](mailto:ebb@watt.example).
"#;

#[test]
fn a_page_like_the_seed_is_read_whole() {
    let read = body(SEEDLIKE);
    assert_eq!(
        outline(&read.page().document.blocks),
        [
            "h2 Ph.D. position in Tidal Flats (m/f/d)",
            "starting June 2027 or as agreed upon.",
            "h4 Your responsibilities:",
            "- Wade through mud",
            "- Count the worms",
            "h4 What we offer you:",
            "- A secure future: pay according to the salary scale TV-L (E13 - 75%) of the state",
            "- Discounted ticket: for all buses",
            "- on-site health service: numerous offers",
            "- Employer benefits: boots",
            "Contact: quote WATT/06 in your email’s subject to Prof. Ebb.",
        ]
    );
    assert_eq!(
        read.told(),
        [
            "warning page::mojibake 7:11 `Ã¼` is a broken `ü`, and goes out repaired",
            "warning page::mojibake 29:45 `â€™` is a broken `’`, and goes out repaired",
            "warning markdown::lost-bullet 26:1 this line of a list has lost its bullet",
        ]
    );
    assert_eq!(read.page().tags, ["Tidal Flats", "Mudflatsüber"]);
}

#[test]
fn tags_in_one_text_are_parted_as_the_site_parts_them() {
    let tags =
        |front: &str| body(&format!("---\ntitle: A\n{front}\n---\nWe\n")).page().tags.clone();
    assert_eq!(tags("layout: post\ntags: Ads Tides"), ["Ads", "Tides"]);
    assert_eq!(tags("layout: post\ntags: Tidal Flats, Mud"), ["Tidal Flats", "Mud"]);
    assert_eq!(tags("tags: Tidal Flats"), ["Tidal Flats"]);
}

#[test]
fn hard_wrapped_lists_are_left_alone() {
    for text in [
        "- A secure future: pay according to\nthe scale: TV-L\n- Another: item\n- Third: item\n",
        "- one\n- two\n- three goes on\nhere: and there\n- four\n",
        "- pay: E13 and a very long line that fills the whole width\n- ticket: for buses and\n  trains: all of them\n- boots: yes\n",
    ] {
        let read = body(text);
        assert_eq!(read.told(), Vec::<String>::new(), "{text}");
        let [block] = read.page().document.blocks.as_slice() else { panic!("{text}") };
        let BlockKind::List { items, .. } = &block.kind else { panic!("{text}") };
        assert_eq!(items.len(), text.matches("- ").count(), "{text}");
    }
}

#[test]
fn bold_sentences_stay_paragraphs_and_bold_items_stay_items() {
    let read = body("**We are a small lab.**\n\n- **Further education**\n\n**Contact** us\n");
    assert_eq!(
        outline(&read.page().document.blocks),
        ["We are a small lab.", "- Further education", "Contact us"]
    );
}

#[test]
fn what_raw_html_says_stays_and_scripts_go() {
    let text = "<div class=\"x\">\n<h3>Open</h3>\n</div>\nApply **now**<br>or later.\n\n\
                <script>\nlet a = 1;\n\nlet b = 2;\n</script>\n\n<center><b>75&nbsp;%</b></center>\n\n\
                Mail <span style='x'>us</span> <!-- not this --> today\n";
    let read = body(text);
    assert_eq!(
        outline(&read.page().document.blocks),
        ["h3 Open", "Apply now or later.", "75\u{a0}%", "Mail us today"]
    );
}

#[test]
fn links_lead_somewhere_from_everywhere() {
    let text = "[a](/apply/) [b](form.pdf) [c](https://x.example/) [d](ebb@watt.example) \
                [e]({{ site.url }}/f/) [g]({{page.pdf}}) [h]({{< ref \"/jobs/apply.md\" >}}) \
                [i](javascript:alert) https://y.example www.z.example";
    let read = body(text);
    let [Block { kind: BlockKind::Paragraph(content), .. }] =
        read.page().document.blocks.as_slice()
    else {
        panic!("one paragraph");
    };
    let urls: Vec<&str> = content
        .iter()
        .filter_map(|it| match it {
            Inline::Link { url, .. } => Some(url.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        urls,
        [
            "https://lab.example/apply/",
            "https://lab.example/jobs/phd/form.pdf",
            "https://x.example/",
            "mailto:ebb@watt.example",
            "https://lab.example/f/",
            "https://lab.example/jobs/apply/",
            "https://y.example",
            "http://www.z.example",
        ]
    );
    assert_eq!(read.told(), ["notice page::shortcode 1:101 `{{page.pdf}}` is left out"]);
}

#[test]
fn language_comes_from_the_page_the_file_or_the_folder() {
    for (path, front, language, key) in [
        ("jobs/phd/index.md", "", "en", "jobs/phd"),
        ("jobs/phd/index.de.md", "", "de", "jobs/phd"),
        ("jobs/phd.de.md", "", "de", "jobs/phd"),
        ("de/jobs/phd.md", "", "de", "jobs/phd"),
        ("jobs/phd.md", "lang: fr-CH", "fr", "jobs/phd"),
        ("jobs/phd.fr.md", "translationKey: watt", "en", "watt"),
    ] {
        let read = read(path, &format!("---\n{front}\n---\nText\n"));
        assert_eq!(read.page().language, language, "{path}");
        assert_eq!(read.page().translation_key, key, "{path}");
    }
}

#[test]
fn dates_follow_hugo() {
    let dates = |front: &str| {
        let read = body(&format!("---\n{front}\n---\nText\n"));
        let page = read.page();
        [page.date, page.publish_at, page.expires_at]
            .map(|it| it.map_or("-".to_owned(), |it| it.format("%FT%RZ").to_string()))
    };
    let midnight = "2027-06-06T22:00Z";
    assert_eq!(dates("date: 2027-06-07"), [midnight, midnight, "-"]);
    assert_eq!(dates("pubdate: 2027-06-07"), [midnight, midnight, "-"]);
    assert_eq!(
        dates(
            "date: 2027-06-07\npublishDate: 2027-07-01T00:00:00Z\nunpublishdate: 2027-08-01T00:00:00Z"
        ),
        [midnight, "2027-07-01T00:00Z", "2027-08-01T00:00Z"]
    );
    assert_eq!(dates("date: \"\"\nexpiryDate:"), ["-", "-", "-"]);
    assert_eq!(dates("published: true"), ["-", "-", "-"]);

    let read = body("---\ntitle: x\ndate: next spring\n---\nText\n");
    assert_eq!(read.told(), ["error page::date 3:7 `next spring` is no date"]);
    let read = self::read("_posts/2027-06-07-phd.md", "Text");
    assert_eq!(read.page().permalink.as_str(), "https://lab.example/2027/06/07/phd.html");
    assert!(read.page().date.is_some());
}

#[test]
fn drafts_and_closed_pages_say_so() {
    let availability =
        |front: &str| body(&format!("---\n{front}\n---\nText\n")).page().availability.clone();
    for front in ["draft: true", "draft: \"true\"", "draft: yes", "published: false"] {
        assert!(matches!(availability(front), Availability::Draft(_)), "{front}");
    }
    for front in ["closed: true", "job: {closed: true}", "status: Filled"] {
        assert!(matches!(availability(front), Availability::Closed(_)), "{front}");
    }
    for front in ["draft: false", "status: open", "job: {closed: false}"] {
        assert_eq!(availability(front), Availability::Open, "{front}");
    }
}

#[test]
fn sections_hand_down_what_their_target_matches() {
    let home = "---\ncascade:\n  draft: true\n  slug: never-mine\n---\n";
    let section = "+++\n[[cascade]]\nexpiryDate = 2027-09-01T00:00:00Z\ndraft = false\n\
                   [cascade._target]\npath = '{/jobs/**,/open/**}'\nkind = 'page'\n\
                   [[cascade]]\nclosed = true\n[cascade._target]\npath = '/news/*'\n+++\n";
    let page = "---\nslug: tides\n---\nText\n";
    let read = read_below("jobs/phd/index.md", page, &[home, section]);
    let page = read.page();
    assert_eq!(page.availability, Availability::Open);
    assert_eq!(page.permalink.as_str(), "https://lab.example/jobs/tides/");
    assert!(page.expires_at.is_some());
    assert_eq!(page.cascades.len(), 2);
    assert!(page.value("closed").is_none());
}

#[test]
fn a_page_that_says_nothing_is_an_error() {
    for text in ["", "---\ntitle: x\n---\n", "---\ntitle: x\n---\n<!-- later -->\n{{< list >}}\n"] {
        let read = body(text);
        assert!(read.page.is_none(), "{text:?}");
        let codes: Vec<_> = read
            .diagnostics
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .map(|it| (it.code, it.message.as_str()))
            .collect();
        assert_eq!(codes, [("page::empty", "the page says nothing")], "{text:?}");
    }
    assert!(body("---\njob: {title: x}\n---\n").page.is_some());
}

#[test]
fn quarto_and_html_pages_are_pages() {
    let quarto =
        "---\ntitle: x\n---\n::: {.callout-note}\nApply by May.\n:::\n\n```{r}\nplot(1)\n```\n";
    let read = self::read("jobs/phd.qmd", quarto);
    assert_eq!(outline(&read.page().document.blocks), ["Apply by May."]);
    let html = "---\ntitle: x\n---\n<p>Not *Markdown*</p>\n\n    <p>indented</p>\n";
    let read = self::read("jobs/phd.html", html);
    assert_eq!(outline(&read.page().document.blocks), ["Not *Markdown*", "indented"]);
}

/// Reads the postings shared between sessions, which are not part of the project.
#[test]
fn every_shared_page_is_read_as_its_labels_say() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = match corpus.read_dir() {
        Ok(corpus) => corpus,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{}: {error}", corpus.display());
            eprintln!("skipped: there are no shared postings at {}", corpus.display());
            return;
        }
    };
    let mut pages = 0;
    for folder in corpus.flatten().map(|entry| entry.path()) {
        let Ok(text) = std::fs::read_to_string(folder.join("posting.md")) else { continue };
        let labels = std::fs::read_to_string(folder.join("labels.json")).unwrap_or_default();
        let labels: serde_json::Value = serde_json::from_str(&labels).unwrap_or_default();
        let facts = &labels["auto_facts"];
        let read = body(&text);
        let broken = read.diagnostics.iter().any(|it| it.code == "page::front-matter");
        if facts["front_matter_parses"] == true {
            assert!(!broken, "{}: {:?}", folder.display(), read.told());
        }
        if let Some(page) = &read.page {
            for span in spans(&page.document.blocks) {
                assert!(text.get(span.start..span.end).is_some(), "{}", folder.display());
            }
        }
        if let Some(mojibake) = facts["mojibake"].as_u64() {
            let told = read.diagnostics.iter().filter(|it| it.code == "page::mojibake").count();
            assert!(told as u64 >= mojibake, "{}", folder.display());
        }
        pages += 1;
    }
    assert!(pages > 0, "the folder of shared postings is empty");
}

/// A body of simple blocks, and the words of each.
fn simple_body() -> impl Strategy<Value = (String, Vec<String>)> {
    let words = "[a-zäöü€]{1,8}( [a-zäöü€]{1,8}){0,4}";
    let block = (0..6_usize, words).prop_map(|(kind, words)| {
        let written = match kind {
            0 => format!("## {words}"),
            1 => format!("**{words}:**"),
            2 => format!("- {words}\n- *{words}*"),
            3 => format!("> {words}"),
            4 => format!("<p>{words}</p>"),
            _ => words.clone(),
        };
        (written, words)
    });
    prop::collection::vec(block, 1..8).prop_map(|blocks| {
        let written: Vec<_> = blocks.iter().map(|(written, _)| written.as_str()).collect();
        let text = written.join("\n\n<!-- and -->\n\n");
        (text, blocks.into_iter().map(|(_, words)| words).collect())
    })
}

proptest! {
    #[test]
    fn the_place_of_a_block_holds_its_words((text, words) in simple_body(), crlf in any::<bool>()) {
        let text = format!("\u{feff}---\ntitle: Ä\n---\n{text}\n");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let read = body(&text);
        let blocks = &read.page().document.blocks;
        prop_assert_eq!(blocks.len(), words.len());
        for (block, words) in blocks.iter().zip(&words) {
            prop_assert!(read.source.words(block.span).contains(words.as_str()));
            for span in spans(std::slice::from_ref(block)) {
                prop_assert!(read.source.words(span).contains(words.as_str()));
            }
        }
    }

    #[test]
    fn no_page_makes_the_reader_panic_or_point_outside_the_file(
        text in prop_oneof![
            any::<String>(),
            prop::collection::vec(prop::sample::select(vec![
                "---\n", "+++\n", "{", "}", "{{<", ">}}", "{% ", "%}", "```\n", "- ", "> ", "**",
                "\n", "\r\n", "\n\n", "<div>", "</div>", "<!--", "-->", "[", "](", ")", "a: b", "|",
                "â€™", "Ã¼", "ä", "`", "  ", "\t", "\u{feff}", "\0", "| a |\n|---|\n", ":::", "1. ",
                "<ul><li>", "label: x\n", ";\n", "&amp;",
            ]), 0..40).prop_map(|pieces| pieces.concat()),
        ],
        path in prop::sample::select(vec!["jobs/x.md", "x/index.html", "_index.de.md", "", "a.b"]),
    ) {
        let read = read(path, &text);
        let places = read.diagnostics.iter().filter_map(|it| it.place.as_ref()).map(|it| it.1);
        let blocks = read.page.iter().flat_map(|page| spans(&page.document.blocks));
        for span in places.chain(blocks) {
            prop_assert!(read.source.text.get(span.start..span.end).is_some(), "{:?}", span);
        }
    }
}

#[test]
fn absurdly_nested_pages_do_not_overflow_the_stack() {
    for piece in [">", "- ", "[", "*a ", "<div>", "<ul><li>", "<b>", "{{< a >}}", "![", "**a "] {
        for head in ["", "---\na: ", "+++\na = ", "{\"a\": "] {
            let text = format!("{head}{}\n---\n+++\n}}\nx", piece.repeat(5_000));
            body(&text);
            read("jobs/x.html", &text);
        }
    }
}
