//! Given a posting and a channel, this goes out: every rendition of two fictional postings as a
//! golden file, and what holds for all of them.
//!
//! `UPDATE_GOLDEN=1 cargo test --test adapt` writes the golden files anew; read what changed before
//! committing it.

mod applying;
mod ascii;
mod counting;
mod fitting;
mod limits;
mod little_text;
mod postings;
mod rich_text;
mod thread;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use handbill::adapt::ad::Ad;
use handbill::adapt::count::Count;
use handbill::adapt::picture::PictureOf;
use handbill::adapt::template::Templates;
use handbill::adapt::thread::Thread;
use handbill::adapt::view::View;
use handbill::adapt::{
    AdaptError, CardUse, Charset, DocumentType, Form, MailBody, MailForm, Occasion, Rendition,
    Target, adapt, text,
};
use handbill::posting::markdown::Document;
use handbill::posting::{Deadline, Facts, Posting};
use postings::{field, phd, postdoc, short};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

#[test]
fn each_posting_reads_on_each_channel_as_its_golden_file_says() {
    for (name, posting) in [("phd", phd()), ("postdoc", postdoc())] {
        for target in targets() {
            for &occasion in occasions(&target) {
                let rendition = adapt(&posting, &target, occasion, &Templates::shipped()).unwrap();
                golden(&format!("{name}.{}.{occasion}.txt", target.channel), &shown(&rendition));
            }
        }
    }
}

/// An ad in another language than English gets Handbill's own words in that language; a heading that
/// repeats the title is left out.
#[test]
fn each_language_has_words_of_its_own() {
    for language in ["es", "fr", "it", "nl"] {
        let posting = short(language);
        for target in targets().iter().filter(|it| ["mail", "mastodon"].contains(&&*it.channel)) {
            for &occasion in occasions(target) {
                let rendition = adapt(&posting, target, occasion, &Templates::shipped()).unwrap();
                let name = format!("short-{language}.{}.{occasion}.txt", target.channel);
                golden(&name, &shown(&rendition));
            }
        }
    }
}

#[test]
fn the_view_has_exactly_the_names_that_a_template_may_use() {
    let view = View::new(
        &phd(),
        &status(Count::Mastodon, 500),
        Occasion::Announce,
        Ad::of(&phd(), Charset::Utf8).into(),
    );
    let json = serde_json::to_value(view.context(Charset::Utf8)).unwrap();
    let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let mut promised = View::NAMES.to_vec();
    // The words of closed lists come from the templates' own vocabularies.
    promised.retain(|name| *name != "terms");
    names.sort_unstable();
    promised.sort_unstable();
    assert_eq!(names, promised);
}

#[test]
fn every_shipped_template_compiles_and_uses_known_names() {
    let templates = Templates::shipped();
    for name in templates.names() {
        assert_eq!(templates.check(name), Ok(()), "{name}");
    }
}

#[test]
fn a_status_fits_every_limit_and_keeps_link_deadline_and_reference() {
    for posting in [phd(), postdoc()] {
        let link = posting.permalink.as_str();
        let reference = posting.facts.reference.as_ref().unwrap().value.as_str();
        for count in [Count::Mastodon, Count::X, Count::Characters] {
            for limit in (240..=400).chain((400..=5000).step_by(100)) {
                let target = status(count, limit);
                let rendition =
                    adapt(&posting, &target, Occasion::Announce, &Templates::shipped()).unwrap();
                let Rendition::Status { text, length, .. } = rendition else { panic!() };
                assert!(length <= limit, "{length} is more than {limit}: {text}");
                assert_eq!(length, count.length(&text));
                for whole in [link, reference, "15"] {
                    assert!(text.contains(whole), "{whole} is not in {text}");
                }
                assert!(text.contains("January 2027") || text.contains("Februar 2027"), "{text}");
            }
        }
    }
}

#[test]
fn a_status_whose_fixed_parts_do_not_fit_is_an_error() {
    let error =
        adapt(&phd(), &status(Count::Characters, 60), Occasion::Announce, &Templates::shipped())
            .unwrap_err();
    let AdaptError::DoesNotFit { template, channel, limit, .. } = &error else { panic!("{error}") };
    assert_eq!(
        (template.as_str(), channel.as_str(), *limit),
        ("mastodon/status.txt.j2", "mastodon", 60)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn wrapping_keeps_every_word(words in proptest::collection::vec("[a-zäß漢]{1,12}|https://[a-z./-]{60,90}", 0..60)) {
        let text = words.join(" ");
        let wrapped = text::wrap(&text);
        for line in wrapped.lines() {
            prop_assert!(line.width() <= 72 || !line.contains(' '), "{}", line);
        }
        let unwrapped: String = wrapped.split_whitespace().collect();
        prop_assert_eq!(unwrapped, words.concat());
        for link in words.iter().filter(|word| word.contains("://")) {
            prop_assert!(wrapped.contains(link.as_str()));
        }
    }

    #[test]
    fn whatever_the_ad_says_the_status_fits_and_breaks_no_word(
        title in "[A-Za-z(äöü“”][A-Za-z .,()“”-]{5,120}",
        teaser in "[A-Za-z .,()ä漢👩\n-]{0,600}",
        limit in 200_usize..600,
    ) {
        let mut posting = phd();
        posting.facts.title = field(title.clone());
        posting.facts.summary = field(teaser.clone());
        let target = status(Count::Mastodon, limit);
        match adapt(&posting, &target, Occasion::Announce, &Templates::shipped()) {
            Ok(Rendition::Status { text, length, .. }) => {
                prop_assert!(length <= limit);
                prop_assert!(text.contains(posting.permalink.as_str()));
                let full = adapt(&posting, &status(Count::Mastodon, 9999), Occasion::Announce, &Templates::shipped());
                let Ok(Rendition::Status { text: full, .. }) = full else { panic!() };
                let words: Vec<&str> = full.split_whitespace().collect();
                for word in text.split_whitespace() {
                    let before_comma = words.contains(&format!("{word},").as_str());
                    prop_assert!(words.contains(&word) || word.ends_with('…') || before_comma, "{} in {}", word, text);
                    let start = word.trim_end_matches('…');
                    prop_assert!(words.iter().any(|whole| {
                        whole.trim_end_matches([',', ';', ':', '-', '.', '…']) == start
                            || *whole == start || start.is_empty()
                            || whole.strip_prefix(start).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
                    }), "{} is cut in {}", word, text);
                }
            }
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(AdaptError::DoesNotFit { length, .. }) => prop_assert!(length > limit),
            // A title of signs alone is no title.
            Err(AdaptError::MissingField { .. }) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

#[test]
fn a_posting_that_says_next_to_nothing_goes_out_as_well() {
    let mut posting = phd();
    posting.facts = Facts { title: field("PhD position".to_owned()), ..Facts::default() };
    posting.tags.clear();
    posting.document = std::sync::Arc::default();
    posting.date = None;
    for deadline in [None, field(Deadline::Rolling)] {
        posting.facts.deadline = deadline;
        for target in targets() {
            for &occasion in occasions(&target) {
                let rendition = adapt(&posting, &target, occasion, &Templates::shipped()).unwrap();
                let shown = shown(&rendition);
                assert!(!shown.contains("none") && !shown.contains("null"), "{shown}");
                assert!(shown.contains(posting.permalink.as_str()), "{shown}");
                if posting.facts.deadline.is_some() && target.channel == "mastodon" {
                    let open = ["Deadline: until the position is filled", "Still open", "Closed"];
                    assert!(open.iter().any(|words| shown.contains(words)), "{shown}");
                }
            }
        }
    }
}

#[test]
fn a_mail_keeps_to_72_columns_and_its_links_whole() {
    for posting in [phd(), postdoc()] {
        for occasion in Occasion::ALL {
            let rendition = adapt(&posting, &mail(70), occasion, &Templates::shipped()).unwrap();
            let Rendition::Mail { subject, text, .. } = rendition else { panic!() };
            assert!(subject.chars().count() <= 70, "{subject}");
            assert!(!subject.contains(char::is_control));
            assert!(text.contains(posting.permalink.as_str()));
            for line in text.lines() {
                assert!(line.width() <= 72 || line.contains("://"), "{line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }
}

#[test]
fn a_subject_is_one_line_whatever_the_title_holds() {
    let mut posting = phd();
    posting.facts.title = field("PhD position\r\nBcc: everyone@lab.example".to_owned());
    let rendition = adapt(&posting, &mail(200), Occasion::Announce, &Templates::shipped()).unwrap();
    let Rendition::Mail { subject, .. } = rendition else { panic!() };
    assert!(!subject.contains(['\r', '\n']), "{subject}");
}

#[test]
fn a_site_has_its_own_template_over_the_shipped_one() {
    let templates = site([("mastodon/status.txt.j2", "{{ title }} {{ link }}")]);
    let rendition =
        adapt(&phd(), &status(Count::Mastodon, 500), Occasion::Announce, &templates).unwrap();
    let Rendition::Status { text, .. } = rendition else { panic!() };
    assert_eq!(
        text,
        "PhD position in machine learning for tidal forecasting (m/f/d) \
         https://seaforth.example/jobs/phd-tidal-forecasting/"
    );
}

#[test]
fn a_typo_in_a_template_is_shown_where_it_is() {
    let templates = site([("mastodon/status.txt.j2", "{{ title }}\nby {{ deadlin }}")]);
    let posting = phd();
    let rendered = adapt(&posting, &status(Count::X, 280), Occasion::Announce, &templates);
    for error in [rendered.unwrap_err(), templates.check("mastodon/status.txt.j2").unwrap_err()] {
        let AdaptError::Template { name, source_text, line, span, message } = error else {
            panic!("{error}")
        };
        let (start, end) = span.unwrap();
        assert_eq!(name, "mastodon/status.txt.j2");
        assert_eq!(line, Some(2));
        assert_eq!(&source_text[start..end], "deadlin");
        assert_eq!(message, "no posting has `deadlin`; did you mean `deadline`?");
    }
}

#[test]
fn a_mistake_in_an_included_template_is_shown_in_that_one() {
    let templates = site([
        ("mastodon/status.txt.j2", "{% include 'lab/name.txt.j2' %}"),
        ("lab/name.txt.j2", "We are\n{{ organisaton }}"),
    ]);
    let error = adapt(&phd(), &status(Count::X, 280), Occasion::Announce, &templates).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template `lab/name.txt.j2`: no posting has `organisaton`; did you mean `organisation`?"
    );
}

#[test]
fn a_template_with_a_syntax_error_does_no_harm_until_it_is_used_and_can_be_checked() {
    let templates = site([("x/status.txt.j2", "{{ title }}\n{% if deadline %}")]);
    assert!(adapt(&phd(), &status(Count::X, 280), Occasion::Announce, &templates).is_ok());
    let error = templates.check("x/status.txt.j2").unwrap_err();
    let AdaptError::Template { name, line, .. } = &error else { panic!("{error}") };
    assert_eq!((name.as_str(), *line), ("x/status.txt.j2", Some(2)));
}

#[test]
fn a_page_that_is_all_summary_goes_out_with_its_summary() {
    let mut posting = phd();
    posting.document = Arc::new(Document::default());
    posting.facts.summary = field("Measure <tides> & tell us.".to_owned());
    let templates = Templates::shipped();
    let rendition = adapt(&posting, &mail(70), Occasion::Announce, &templates).unwrap();
    let Rendition::Mail { text, .. } = rendition else { panic!() };
    assert!(text.contains("\nMeasure <tides> & tell us.\n"), "{text}");
    let target = document("board", DocumentType::Json);
    let rendition = adapt(&posting, &target, Occasion::Announce, &templates).unwrap();
    assert!(shown(&rendition).contains("&lt;tides&gt; &amp; tell"), "{}", shown(&rendition));
}

#[test]
fn a_reminder_of_a_deadline_in_stages_names_the_day_that_is_still_to_come() {
    let mut posting = phd();
    let day = |month| NaiveDate::from_ymd_opt(2027, month, 15).unwrap();
    posting.facts.deadline = field(Deadline::Staged { first: day(1), last: Some(day(6)) });
    let subject = |occasion| {
        let rendition = adapt(&posting, &mail(200), occasion, &Templates::shipped()).unwrap();
        let Rendition::Mail { subject, .. } = rendition else { panic!() };
        subject
    };
    let announced = subject(Occasion::Announce);
    assert!(announced.contains("15 Jan 2027"), "{announced}");
    let reminded = subject(Occasion::Remind);
    assert!(reminded.contains("15 Jun 2027") && !reminded.contains("Jan"), "{reminded}");
}

#[test]
fn an_ad_that_changed_is_laid_out_anew_though_the_one_before_is_kept() {
    let templates = Templates::shipped();
    let text = |posting: &Posting| {
        let rendition = adapt(posting, &mail(70), Occasion::Announce, &templates).unwrap();
        let Rendition::Mail { text, .. } = rendition else { panic!() };
        text
    };
    let mut changed = phd();
    let before = text(&changed);
    assert_eq!(text(&changed), before);
    let mut document = Document::clone(&changed.document);
    document.blocks.truncate(1);
    changed.document = Arc::new(document);
    let after = text(&changed);
    assert!(after.len() < before.len(), "{after}");
    changed.permalink = "https://elsewhere.example/phd/".parse().unwrap();
    assert!(text(&changed).contains("elsewhere.example"));
    assert_eq!(text(&phd()), before);
}

#[test]
fn a_form_for_people_with_a_limit_gets_a_text_that_fits() {
    let target = target(
        "manual",
        Form::Status { count: Count::Characters, limit: 300, card: CardUse::NotOurs },
    );
    for occasion in Occasion::ALL {
        let rendition = adapt(&phd(), &target, occasion, &Templates::shipped()).unwrap();
        assert!(matches!(rendition, Rendition::Status { length, .. } if length <= 300));
    }
}

#[test]
fn a_template_that_prints_what_the_page_does_not_say_is_an_error() {
    let mut posting = phd();
    posting.facts.deadline = None;
    let templates = site([("mastodon/status.txt.j2", "by {{ deadline_text }}")]);
    let error =
        adapt(&posting, &status(Count::X, 280), Occasion::Announce, &templates).unwrap_err();
    let AdaptError::Template { message, .. } = &error else { panic!("{error}") };
    assert_eq!(message, "the page does not say this; put `{% if … %}` around it");
}

#[test]
fn a_template_that_never_ends_is_stopped() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    let templates = site([("mastodon/status.txt.j2", endless)]);
    let error = adapt(&phd(), &status(Count::X, 280), Occasion::Announce, &templates).unwrap_err();
    assert!(error.to_string().ends_with("it does not come to an end"), "{error}");
}

#[test]
fn a_template_that_is_not_there_is_named_with_its_nearest_neighbour() {
    let mut target = status(Count::Mastodon, 500);
    target.template = "mastadon".to_owned();
    let error = adapt(&phd(), &target, Occasion::Announce, &Templates::shipped()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no template `mastadon/status.txt.j2`; did you mean `mastodon/status.txt.j2`?"
    );
}

#[test]
fn a_close_without_words_of_its_own_is_not_sent_as_an_announcement() {
    let templates = site([("lab/status.txt.j2", "{{ title }}")]);
    let mut target = status(Count::Mastodon, 500);
    target.template = "lab".to_owned();
    assert!(adapt(&phd(), &target, Occasion::Update, &templates).is_ok());
    let error = adapt(&phd(), &target, Occasion::Close, &templates).unwrap_err();
    assert!(
        matches!(error, AdaptError::MissingTemplate { name, .. } if name == "lab/status.close.txt.j2")
    );
}

#[test]
fn a_document_whose_required_field_is_missing_names_it() {
    let mut posting = phd();
    posting.facts.title = None;
    let target = document("board", DocumentType::Json);
    let error = adapt(&posting, &target, Occasion::Announce, &Templates::shipped()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the channel needs the posting's title, but the page does not say it"
    );
}

#[test]
fn a_document_that_is_not_what_it_should_be_is_an_error() {
    for (name, media_type, text, words) in [
        ("board/document.json.j2", DocumentType::Json, "{\"a\": }", "does not make valid JSON"),
        ("board/document.xml.j2", DocumentType::Xml, "<a><b></a>", "does not make valid XML"),
        ("board/document.form.j2", DocumentType::Form, "a", "does not make valid form"),
    ] {
        let templates = site([(name, text)]);
        let target = document("board", media_type);
        let error = adapt(&phd(), &target, Occasion::Announce, &templates).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_form_and_an_xml_document_carry_the_words_unharmed() {
    let mut posting = phd();
    posting.facts.title = field("R&D <tides> 100 % = \"fun\" + more".to_owned());
    let templates = site([
        ("board/document.form.j2", "title={{ title }}\nref={{ reference }}\n"),
        ("board/document.xml.j2", "<job title=\"{{ title }}\">{{ title }}</job>"),
    ]);
    let body = |media_type| {
        let target = document("board", media_type);
        match adapt(&posting, &target, Occasion::Announce, &templates).unwrap() {
            Rendition::Document { body, .. } => body,
            other => panic!("{other:?}"),
        }
    };
    let form = body(DocumentType::Form);
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    assert_eq!(pairs[0], ("title".to_owned(), "R&D <tides> 100 % = \"fun\" + more".to_owned()));
    assert_eq!(pairs[1], ("ref".to_owned(), "CIG-2026-07".to_owned()));
    let xml = body(DocumentType::Xml);
    assert!(xml.contains(">R&amp;D &lt;tides&gt; 100 % = &quot;fun&quot; + more<"), "{xml}");
}

#[test]
fn the_feed_says_nothing_that_the_page_does_not() {
    let mut posting = phd();
    posting.facts = Facts { title: field("PhD position".to_owned()), ..Facts::default() };
    posting.date = None;
    let target = document("feed", DocumentType::JsonLd);
    let rendition = adapt(&posting, &target, Occasion::Announce, &Templates::shipped()).unwrap();
    let Rendition::Document { body, .. } = rendition else { panic!() };
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["@context", "@type", "title", "description", "url"]);
}

#[test]
fn a_channel_gets_the_translation_in_its_language() {
    let mut posting = phd();
    let mut german = postdoc();
    german.language = "de".to_owned();
    posting.translations = BTreeMap::from([("de".to_owned(), Arc::new(german))]);
    let mut target = status(Count::Mastodon, 500);
    target.language = Some("de".to_owned());
    let rendition = adapt(&posting, &target, Occasion::Announce, &Templates::shipped()).unwrap();
    assert_eq!(rendition.language(), "de");
}

// Channels.

fn target(channel: &str, form: Form) -> Target {
    Target {
        channel: channel.to_owned(),
        form,
        template: channel.to_owned(),
        language: None,
        hashtags: 5,
        timezone: chrono_tz::Europe::Berlin,
        values: serde_json::Value::Null,
        thread: Thread::None,
        picture: PictureOf::None,
    }
}

fn status(count: Count, limit: usize) -> Target {
    target("mastodon", Form::Status { count, limit, card: CardUse::NotOurs })
}

fn mail(subject_limit: usize) -> Target {
    let (body, charset) = (MailBody::Alternative, Charset::Utf8);
    target("mail", Form::Mail(MailForm { body, charset, subject_limit }))
}

fn document(channel: &str, media_type: DocumentType) -> Target {
    target(channel, Form::Document { media_type })
}

fn targets() -> Vec<Target> {
    vec![
        status(Count::Mastodon, 500),
        target("x", Form::Status { count: Count::X, limit: 280, card: CardUse::NotOurs }),
        target(
            "linkedin",
            Form::Status { count: Count::LinkedIn, limit: 3000, card: CardUse::Ours },
        ),
        mail(90),
        document("board", DocumentType::Json),
        document("feed", DocumentType::JsonLd),
        document("manual", DocumentType::Text),
    ]
}

/// The occasions on which a rendition goes out. Boards and feeds take a copy back when the
/// position closes; Mastodon edits the announcement for an update, X cannot.
fn occasions(target: &Target) -> &'static [Occasion] {
    use Occasion::{Announce, Close, Remind};
    match target.channel.as_str() {
        "board" | "feed" => &[Announce],
        "manual" => &[Announce, Close],
        "mastodon" | "linkedin" => &[Announce, Remind, Close],
        _ => &Occasion::ALL,
    }
}

fn site<const N: usize>(templates: [(&str, &str); N]) -> Templates {
    let overrides =
        templates.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    Templates::with_overrides(overrides)
}

// Golden files.

fn shown(rendition: &Rendition) -> String {
    match rendition {
        Rendition::Status { text, length, limit, left_out, .. } => {
            let left_out: String = left_out.iter().map(|it| format!("{it}\n")).collect();
            format!("{text}\n-- {length} of {limit}\n{left_out}")
        }
        Rendition::Mail { subject, text, html, .. } => {
            let html = html.as_deref().map(|html| format!("-- html\n{html}")).unwrap_or_default();
            format!("Subject: {subject}\n\n{text}{html}")
        }
        Rendition::Document { body, .. } => body.clone(),
        Rendition::Card { .. } => panic!("no card is asked for here"),
    }
}

fn golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "{name} differs; this goes out now:\n{actual}\nUPDATE_GOLDEN=1 keeps it"
    );
}
