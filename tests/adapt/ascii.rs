//! Mails in ASCII, and texts in wide characters and deep lists.

use std::collections::BTreeMap;

use handbill::adapt::{
    Charset, Form, MailBody, MailForm, Occasion, Rendition, Target, adapt, text,
};
use handbill::diagnostic::{Source, Span};
use handbill::posting::Posting;
use handbill::posting::markdown::{self, Addresses, Document, Syntax};
use unicode_width::UnicodeWidthStr;
use url::Url;

use super::postings::{field, phd};
use super::{site, target};

fn mail(charset: Charset) -> Target {
    let form = MailForm { body: MailBody::Alternative, charset, subject_limit: 70 };
    target("mail", Form::Mail(form))
}

fn read(markdown: &str) -> Document {
    let base: Url = "https://lab.example/".parse().unwrap();
    let source = Source::new("index.md", markdown.to_owned());
    let addresses = Addresses { page: base.clone(), site: base, keys: BTreeMap::new() };
    let body = Span::new(0, markdown.len());
    markdown::read(&source, body, Syntax::Markdown, &addresses, &mut Vec::new())
}

fn german() -> Posting {
    let mut posting = phd();
    posting.language = "de".to_owned();
    posting.facts.title = field("Promotion „Gezeiten“ – Küstenschutz".to_owned());
    posting.document = read(
        "## Über uns, die Größten für Überschwemmungen\n\nWir messen Gezeiten — täglich — und suchen \
         für unsere Übungsgruppe an der Küste eine Kollegin, die größere Überflutungen früh erkennt. \
         Näheres [hier](https://lab.example/für).\n\n- 75 % einer Stelle\n- Ω und 潮\n",
    )
    .into();
    posting
}

fn rendered(posting: &Posting, charset: Charset) -> (String, String, String) {
    let templates = site([]);
    let rendition = adapt(posting, &mail(charset), Occasion::Announce, &templates).unwrap();
    let Rendition::Mail { subject, text, html, .. } = rendition else { panic!("no mail") };
    (subject, text, html.unwrap())
}

#[test]
fn a_german_ad_in_ascii_is_laid_out_as_it_will_be_read() {
    let (subject, text, html) = rendered(&german(), Charset::Ascii);
    assert!(
        subject.is_ascii() && subject.contains("Promotion \"Gezeiten\" - Kuestenschutz"),
        "{subject}"
    );
    let heading = "Ueber uns, die Groessten fuer Ueberschwemmungen";
    assert!(text.contains(&format!("{heading}\n{}\n", "-".repeat(heading.len()))), "{text}");
    assert!(text.contains("Gezeiten -- taeglich -- und"), "{text}");
    assert!(text.contains("- 75 % einer Stelle\n"), "{text}");
    assert!(text.lines().all(|line| line.width() <= text::WIDTH), "{text}");
    assert!(text.contains("<https://lab.example/f%C3%BCr>"), "an address is no word: {text}");
    // Nothing is lost: what ASCII cannot say stays.
    assert!(text.contains("Ω und 潮"), "{text}");
    assert!(html.is_ascii() && html.contains("K&#252;ste") && html.contains("&#28526;"), "{html}");
}

#[test]
fn the_same_ad_reads_the_same_elsewhere() {
    let posting = german();
    let before = rendered(&posting, Charset::Utf8);
    rendered(&posting, Charset::Ascii);
    assert_eq!(rendered(&posting, Charset::Utf8), before);
    assert!(before.1.contains("Über uns"), "{}", before.1);
}

fn laid_out(markdown: &str) -> String {
    text::render(&read(markdown), &Url::parse("https://lab.example/").unwrap()).whole()
}

#[test]
fn wide_characters_take_two_columns_everywhere() {
    let wide = "潮汐観測".repeat(20);
    let text = laid_out(&format!(
        "# 潮汐研究員\n\n{wide}\n\n- {wide}\n  1. {wide}\n\n> {wide}\n\n| 給与 | 場所 |\n|-|-|\n| {wide} | 海岸 |\n"
    ));
    assert!(text.lines().all(|line| line.width() <= text::WIDTH), "{text}");
    assert!(text.starts_with("潮汐研究員\n----------\n"), "{text}");
    let signs = |text: &str| text.chars().filter(|sign| wide.contains(*sign)).count();
    assert!(signs(&text) >= 4 * wide.chars().count(), "none is lost: {text}");
}

#[test]
fn nested_lists_hang_below_their_own_first_words() {
    let text = laid_out(
        "1. first\n   - inner words that go on and on until they have to be continued on a second line of it\n     \
         - innermost\n\n       with a paragraph\n2. second\n",
    );
    let expected = "\
1. first
   - inner words that go on and on until they have to be continued on a
     second line of it
     - innermost

       with a paragraph
2. second";
    assert_eq!(text, expected);
}

#[test]
fn a_link_in_a_list_is_whole_however_deep_and_long() {
    let link = format!("https://lab.example/{}", "a-long-way/".repeat(12));
    let text = laid_out(&format!("- one\n  - two\n    - three <{link}>\n    - [four]({link})\n"));
    assert!(text.lines().any(|line| line.trim() == link), "{text}");
    assert!(text.ends_with(&format!("[1] <{link}>")), "{text}");
}
