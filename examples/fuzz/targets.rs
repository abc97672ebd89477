//! What reads foreign bytes, each with inputs to begin with.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use handbill::channel::feed::format::Format;
use handbill::channel::feed::valid;
use handbill::channel::mail::archive::index;
use handbill::diagnostic::{self, Colour, Source};
use handbill::evidence::archive::Archive;
use handbill::mailbox::answer;
use handbill::posting::{self, PageFile, Settings};
use handbill::schedule::calendar;
use handbill::site::Site;

use crate::answers;

pub struct Target {
    pub name: &'static str,
    pub seeds: Vec<Vec<u8>>,
    pub read: Box<dyn FnMut(&[u8])>,
}

pub fn all() -> Vec<Target> {
    vec![
        page(),
        site(),
        channel(),
        mail(),
        html(),
        list(),
        calendar(),
        evidence(),
        answers::target(),
    ]
}

/// The files below a folder of the project.
pub fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.extend(std::fs::read(&path));
        }
    }
    found.sort();
    found
}

fn project(folder: &str) -> Vec<Vec<u8>> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A page: front matter, Markdown, facts; and the diagnostics that point into it.
fn page() -> Target {
    let settings = Settings {
        base_url: "https://tidal.example/".parse().expect("an address"),
        timezone: chrono_tz::Europe::Berlin,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    };
    let mut seeds = project("templates/site/content");
    seeds.extend([
        b"+++\ntitle = \"Diver\"\n[job]\ndeadline = 2027-02-28\n+++\nDive.\n".to_vec(),
        b"{\"title\": \"Diver\", \"job\": {\"deadline\": \"rolling\"}}\nDive.\n".to_vec(),
        b"---\ntitle: Diver\njob: {closed: true}\n---\n# One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
            .to_vec(),
    ]);
    let read = move |bytes: &[u8]| {
        let source = Source::new("content/jobs/page.md", text(bytes));
        let file = PageFile { source, path: "jobs/page.md".to_owned(), ancestors: Vec::new() };
        let reading = posting::read(&file, &settings);
        diagnostic::render(&reading.diagnostics, Colour::Plain);
    };
    Target { name: "page", seeds, read: Box::new(read) }
}

/// handbill.toml, with what it names read too.
fn site() -> Target {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let seeds = vec![
        handbill::site::EXAMPLE
            .get_file(handbill::site::FILE)
            .expect("the shipped example")
            .contents()
            .to_vec(),
        b"[site]\nname='a'\nbase_url='https://a.example'\ntimezone='Europe/Berlin'\npostings=['.']\n\
          [plan]\nquiet={weekdays=['Sat'],dates=['12-24..01-02']}\n[notices]\ndigest='daily'\n\
          webhook={url={env='W'},secret={file='s'}}\n[mailbox]\nhost='h'\nusername='u'\npassword={env='P'}\n\
          [retention]\npages='365d'\n[serve]\nlisten='127.0.0.1:0'\n[write_back]\ngit='commit'\n"
            .to_vec(),
    ];
    let read = move |bytes: &[u8]| {
        std::fs::write(folder.path().join(handbill::site::FILE), bytes).expect("writing");
        if let Ok((_, diagnostics)) = Site::load(folder.path()) {
            diagnostic::render(&diagnostics, Colour::Plain);
        }
    };
    Target { name: "site", seeds, read: Box::new(read) }
}

/// A channel's file, under the preset that it names.
fn channel() -> Target {
    let folder = answers::site("http://127.0.0.1:9");
    let (site, _) = Site::load(folder.path()).expect("a site");
    let site = site.expect("a site without errors");
    let mut seeds = project("templates/site/channels");
    seeds.extend(project("channels"));
    let read = move |bytes: &[u8]| {
        if let Ok((_, diagnostics)) =
            site.draft_channel(&folder.path().join("channels/a.toml"), &text(bytes))
        {
            diagnostic::render(&diagnostics, Colour::Plain);
        }
    };
    Target { name: "channel", seeds, read: Box::new(read) }
}

/// A mail that came back.
fn mail() -> Target {
    let read = |bytes: &[u8]| {
        answer::read(bytes);
    };
    Target { name: "mail", seeds: project("tests/mailbox/mails"), read: Box::new(read) }
}

/// The pages and feeds of a list's archive.
fn html() -> Target {
    let seeds = vec![
        b"<html><body><ul><li><a href=\"/wa?A2=JOBS;1a2b.2611&amp;S=\">PhD on tides</a></li>\
          <li><a name=12>Re: PhD</a><!-- <a href=x> --></li></ul>\
          <a href='mailto:jobs@lists.example?In-Reply-To=%3Chb.1%40a%3E'>reply</a></body></html>"
            .to_vec(),
        b"<?xml version=\"1.0\"?><rss><channel><item><title>PhD &amp; tides</title>\
          <link>https://lists.example/1</link></item></channel></rss>"
            .to_vec(),
    ];
    let read = |bytes: &[u8]| {
        let page = text(bytes);
        index::anchors(&page);
        index::items(&page);
        index::answers_to(&page);
        index::is_subject(&page, "[jobs] PhD on tides", Some("[jobs]"));
    };
    Target { name: "html", seeds, read: Box::new(read) }
}

/// A list of ads that stands where others read it.
fn list() -> Target {
    let seeds = project("tests/first_release/site/public");
    let read = |bytes: &[u8]| {
        let list = text(bytes);
        for format in
            [Format::JsonLd, Format::Rss, Format::JsonFeed, Format::Euraxess, Format::Personio]
        {
            valid::number_of_entries(format, &list);
            let _ = valid::entry(format, &list);
        }
    };
    Target { name: "list", seeds, read: Box::new(read) }
}

/// Holidays, as iCalendar has them.
fn calendar() -> Target {
    let seeds = vec![
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20270101\r\n\
          SUMMARY:New Year\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\n\
          DTSTART;TZID=Europe/Berlin:20270501T000000\r\nDTEND;TZID=Europe/Berlin:20270502T000000\r\n\
          EXDATE:20280501T000000Z\r\nSUMMARY:May\r\n Day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            .to_vec(),
    ];
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).expect("a day");
    let read = move |bytes: &[u8]| {
        let _ = calendar::holidays(&text(bytes), chrono_tz::Europe::Berlin, day(2027), day(2030));
    };
    Target { name: "calendar", seeds, read: Box::new(read) }
}

/// An archive of evidence that somebody sends.
fn evidence() -> Target {
    let empty = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    let read = |bytes: &[u8]| {
        if let Ok(archive) = Archive::read(bytes) {
            let _ = handbill::evidence::check::check(&archive, &[]);
        }
    };
    Target { name: "evidence", seeds: vec![empty], read: Box::new(read) }
}
