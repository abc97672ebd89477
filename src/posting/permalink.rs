//! Where readers find a page: the address as Hugo computes it, and Jekyll's `permalink`.
//!
//! The rules are those of <https://gohugo.io/content-management/urls/> and
//! <https://gohugo.io/configuration/permalinks/>.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike};
use chrono_tz::Tz;
use regex::{Captures, Regex};
use url::Url;

use super::Settings;
use super::page::content_path::{ContentPath, PageKind};

/// What a page says about its own address.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Front matter `url`: the whole path, or a full address.
    pub url: Option<&'a str>,
    /// Front matter `slug`: the last part of the path.
    pub slug: Option<&'a str>,
    /// Jekyll's `permalink`.
    pub permalink: Option<&'a str>,
    pub title: Option<&'a str>,
    /// In the time zone of the site.
    pub date: Option<DateTime<Tz>>,
}

/// Why a page has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PermalinkError {
    #[error("`{token}` in the address pattern `{pattern}` is not known")]
    UnknownToken { token: String, pattern: String },
    #[error("the address pattern `{pattern}` needs the date of the page, which has none")]
    NoDate { pattern: String },
    #[error("`{address}` is no address: {message}")]
    NoAddress { address: String, message: String },
}

/// The address of a page.
///
/// # Errors
/// [`PermalinkError`] if a pattern cannot be filled in or a written address is none.
pub fn permalink(
    path: &ContentPath,
    wish: &Wish<'_>,
    settings: &Settings,
) -> Result<Url, PermalinkError> {
    let prefix = language_prefix(path, settings);
    if let Some(url) = wish.url {
        if url.contains("://") {
            return absolute(url);
        }
        let expanded = expand(url, path, wish, Titles::OfThePage)?;
        let prefix = if url.starts_with('/') { None } else { prefix };
        return Ok(below(settings, prefix, &with_slash(&expanded)));
    }
    if let Some(pattern) = wish.permalink.filter(|it| it.contains('/')) {
        if pattern.contains("://") {
            return absolute(pattern);
        }
        let expanded = expand(pattern, path, wish, Titles::OfTheFile)?;
        return Ok(below(settings, None, &expanded));
    }
    if path.kind == PageKind::Page
        && let Some(pattern) = pattern_of_section(path, settings)
    {
        let expanded = expand(pattern, path, wish, Titles::OfThePage)?;
        return Ok(below(settings, prefix, &with_slash(&sanitized(&expanded))));
    }
    if let Some(date) = path.date.filter(|_| path.kind == PageKind::Page) {
        let day = date.format("%Y/%m/%d");
        let folders: String = path.folders.iter().map(|it| format!("{it}/")).collect();
        let name = wish.slug.unwrap_or(&path.name);
        return Ok(below(settings, prefix, &format!("{folders}{day}/{}.html", urlized(name))));
    }
    let mut parts = path.folders.clone();
    parts.push(match (path.kind, wish.slug) {
        (PageKind::Page, Some(slug)) => slug.to_owned(),
        _ => path.name.clone(),
    });
    parts.retain(|part| !part.is_empty());
    Ok(below(settings, prefix, &with_slash(&sanitized(&parts.join("/")))))
}

/// What `:title` stands for in a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Titles {
    OfThePage,
    /// Jekyll takes it from the name of the file.
    OfTheFile,
}

fn language_prefix<'a>(path: &'a ContentPath, settings: &'a Settings) -> Option<&'a str> {
    let language = path.language.as_deref().unwrap_or(&settings.default_language);
    let multilingual = settings.languages.len() > 1;
    let hidden = language == settings.default_language && !settings.default_language_in_folder;
    (multilingual && !hidden).then_some(language)
}

/// The pattern of the page's section; a nested section's own comes before its parent's.
fn pattern_of_section<'a>(path: &ContentPath, settings: &'a Settings) -> Option<&'a str> {
    (0..=path.folders.len())
        .rev()
        .map(|length| path.folders.get(..length).unwrap_or_default().join("/"))
        .find_map(|section| {
            settings.permalinks.iter().find_map(|(key, pattern)| {
                let key = key.trim_matches([' ', '/']);
                (key == section && (!key.is_empty() || path.folders.is_empty()))
                    .then_some(pattern.as_str())
            })
        })
}

fn expand(
    pattern: &str,
    path: &ContentPath,
    wish: &Wish<'_>,
    titles: Titles,
) -> Result<String, PermalinkError> {
    static TOKEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\\:|:\w+(\[.+?\])?").expect("a fixed pattern"));
    let mut failure = None;
    let expanded = TOKEN.replace_all(pattern, |found: &Captures<'_>| {
        let token = found.get(0).map_or("", |it| it.as_str());
        if token == "\\:" {
            return ":".to_owned();
        }
        value(token, path, wish, titles).unwrap_or_else(|no_date| {
            let pattern = pattern.to_owned();
            failure = Some(match no_date {
                Missing::Date => PermalinkError::NoDate { pattern },
                Missing::Token => PermalinkError::UnknownToken { token: token.to_owned(), pattern },
            });
            String::new()
        })
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(expanded.into_owned()),
    }
}

enum Missing {
    Date,
    Token,
}

fn value(
    token: &str,
    path: &ContentPath,
    wish: &Wish<'_>,
    titles: Titles,
) -> Result<String, Missing> {
    let date = || wish.date.ok_or(Missing::Date);
    let name = || urlized(&path.name);
    let slug = || wish.slug.map(urlized);
    let title = || match (titles, wish.title) {
        (Titles::OfThePage, Some(title)) => urlized(title),
        _ => name(),
    };
    Ok(match token {
        ":year" => format!("{:04}", date()?.year()),
        ":month" => format!("{:02}", date()?.month()),
        ":day" => format!("{:02}", date()?.day()),
        ":monthname" => date()?.format("%B").to_string(),
        ":weekday" => date()?.weekday().num_days_from_sunday().to_string(),
        ":weekdayname" => date()?.format("%A").to_string(),
        ":yearday" => date()?.ordinal().to_string(),
        ":section" => path.folders.first().cloned().unwrap_or_default(),
        ":sections" | ":categories" => path.folders.join("/"),
        ":title" => title(),
        ":slug" => slug().unwrap_or_else(title),
        ":slugorfilename" | ":slugorcontentbasename" => slug().unwrap_or_else(name),
        ":filename" | ":contentbasename" | ":name" | ":basename" => name(),
        ":output_ext" => ".html".to_owned(),
        _ => match token.strip_prefix(":sections[").and_then(|it| it.strip_suffix(']')) {
            Some(cut) => sections(cut, &path.folders).join("/"),
            None => return Err(Missing::Token),
        },
    })
}

/// A part of the sections: `1`, `last`, `1:`, `:2`, `1:last`.
fn sections<'a>(cut: &str, folders: &'a [String]) -> &'a [String] {
    let index = |word: &str, otherwise: usize| match word.trim() {
        "" => otherwise,
        "last" => folders.len().saturating_sub(1),
        number => number.parse().unwrap_or(0),
    };
    let (low, high) = match cut.split_once(':') {
        Some((low, high)) => (index(low, 0), index(high, folders.len()).min(folders.len())),
        None => {
            let at = index(cut, 0);
            (at, at + 1)
        }
    };
    folders.get(low..high).unwrap_or_default()
}

/// Hugo's `urlize` for one part of a path: sanitised and in lower case.
fn urlized(text: &str) -> String {
    sanitized(&text.replace('/', "-"))
}

/// Hugo's path sanitising: letters, digits and marks of every script stay, blanks become one
/// hyphen, other characters go, and all is in lower case.
fn sanitized(path: &str) -> String {
    let mut clean = String::with_capacity(path.len());
    let mut blank = false;
    for character in path.trim().chars() {
        if character.is_whitespace() {
            blank = !clean.is_empty() && !clean.ends_with(['-', '/']);
        } else if character.is_alphanumeric()
            || matches!(character, '.' | '/' | '\\' | '_' | '#' | '+' | '~' | '-')
            || is_mark(character)
        {
            if blank && character != '-' {
                clean.push('-');
            }
            blank = false;
            clean.push(character);
        }
    }
    clean.to_lowercase()
}

fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// Hugo serves a page as a folder, unless its address has a file extension.
fn with_slash(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.is_empty() || last.contains('.') { path.to_owned() } else { format!("{path}/") }
}

fn below(settings: &Settings, prefix: Option<&str>, path: &str) -> Url {
    let mut url = settings.base_url.clone();
    let mut whole = url.path().trim_end_matches('/').to_owned();
    for part in prefix.into_iter().chain([path.trim_start_matches('/')]) {
        whole.push('/');
        whole.push_str(part);
    }
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&whole);
    url
}

fn absolute(address: &str) -> Result<Url, PermalinkError> {
    let failure =
        |message: String| PermalinkError::NoAddress { address: address.to_owned(), message };
    let url = Url::parse(address).map_err(|error| failure(error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(failure(format!("nobody can open `{scheme}:` from a post"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn settings(languages: &[&str]) -> Settings {
        Settings {
            base_url: Url::parse("https://lab.example/site/").expect("a valid address"),
            timezone: Tz::Europe__Berlin,
            default_language: "en".to_owned(),
            languages: languages.iter().map(|it| (*it).to_owned()).collect(),
            default_language_in_folder: false,
            permalinks: std::collections::BTreeMap::new(),
            defaults: std::collections::BTreeMap::new(),
        }
    }

    fn address(file: &str, wish: &Wish<'_>, settings: &Settings) -> String {
        let path = ContentPath::parse(file, &settings.languages);
        permalink(&path, wish, settings).expect("it has an address").to_string()
    }

    #[test]
    fn the_address_follows_the_path() {
        let site = settings(&["en"]);
        for (file, expected) in [
            ("jobs/phd-tides/index.md", "https://lab.example/site/jobs/phd-tides/"),
            ("jobs/PhD Tides.md", "https://lab.example/site/jobs/phd-tides/"),
            ("jobs/_index.md", "https://lab.example/site/jobs/"),
            ("_index.md", "https://lab.example/site/"),
            ("offen.md", "https://lab.example/site/offen/"),
            ("jobs/Wärme & Flut (2).qmd", "https://lab.example/site/jobs/w%C3%A4rme-flut-2/"),
            ("_posts/2027-01-02-tides.md", "https://lab.example/site/2027/01/02/tides.html"),
        ] {
            assert_eq!(address(file, &Wish::default(), &site), expected, "{file}");
        }
    }

    #[test]
    fn languages_stand_in_front_except_the_default_one() {
        let mut site = settings(&["en", "de"]);
        let plain = Wish::default();
        assert_eq!(address("jobs/a/index.md", &plain, &site), "https://lab.example/site/jobs/a/");
        for file in ["jobs/a/index.de.md", "jobs/a.de.md", "de/jobs/a.md"] {
            assert_eq!(
                address(file, &plain, &site),
                "https://lab.example/site/de/jobs/a/",
                "{file}"
            );
        }
        site.default_language_in_folder = true;
        assert_eq!(address("jobs/a.md", &plain, &site), "https://lab.example/site/en/jobs/a/");
    }

    #[test]
    fn slug_url_and_permalink_are_honoured() {
        let site = settings(&["en", "de"]);
        let file = "jobs/a/index.de.md";
        let slug = Wish { slug: Some("Flut 27"), ..Wish::default() };
        assert_eq!(address(file, &slug, &site), "https://lab.example/site/de/jobs/flut-27/");
        for (url, expected) in [
            ("/open/Tides", "https://lab.example/site/open/Tides/"),
            ("open/tides/", "https://lab.example/site/de/open/tides/"),
            ("/open/tides.html", "https://lab.example/site/open/tides.html"),
            ("https://other.example/x", "https://other.example/x"),
        ] {
            let wish = Wish { url: Some(url), ..slug };
            assert_eq!(address(file, &wish, &site), expected, "{url}");
        }
        let jekyll = Wish { permalink: Some("/jobs/:title.html"), ..Wish::default() };
        assert_eq!(address("phd.md", &jekyll, &site), "https://lab.example/site/jobs/phd.html");
    }

    #[test]
    fn patterns_of_the_site_are_filled_in() {
        let mut site = settings(&["en"]);
        let date = Tz::Europe__Berlin.with_ymd_and_hms(2027, 3, 9, 0, 0, 0).single();
        let wish = Wish { date, title: Some("Ph.D. in Tides: 75 %"), ..Wish::default() };
        for (pattern, expected) in [
            ("/:year/:month/:day/:slug/", "2027/03/09/ph.d.-in-tides-75/"),
            ("/:section/:filename", "jobs/a/"),
            ("/x/:sections/:contentbasename/", "x/jobs/open/a/"),
            ("/:sections[last]/:monthname/:yearday/", "open/march/68/"),
        ] {
            site.permalinks = [("jobs".to_owned(), pattern.to_owned())].into();
            assert_eq!(
                address("jobs/open/a/index.md", &wish, &site),
                format!("https://lab.example/site/{expected}"),
            );
        }
        let path = ContentPath::parse("jobs/a.md", &site.languages);
        site.permalinks = [("jobs".to_owned(), "/:yaer/".to_owned())].into();
        let error = permalink(&path, &wish, &site).expect_err("no such token");
        assert_eq!(error.to_string(), "`:yaer` in the address pattern `/:yaer/` is not known");
        site.permalinks = [("jobs".to_owned(), "/:year/".to_owned())].into();
        let error = permalink(&path, &Wish::default(), &site).expect_err("no date");
        assert!(matches!(error, PermalinkError::NoDate { .. }));
    }
}
