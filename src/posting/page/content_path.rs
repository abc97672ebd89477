//! What the path of a page says: language, sections, name, kind, and for Jekyll's posts the date.

use chrono::NaiveDate;

/// Hugo's kinds of page, as far as a path tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// A leaf bundle (`x/index.md`) or a single file (`x.md`).
    Page,
    /// A branch bundle (`x/_index.md`).
    Section,
    Home,
}

impl PageKind {
    /// Hugo's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Section => "section",
            Self::Home => "home",
        }
    }
}

/// The path of a page, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentPath {
    /// Named by the file (`index.de.md`) or the first folder (`de/…`).
    pub language: Option<String>,
    pub folders: Vec<String>,
    pub name: String,
    pub kind: PageKind,
    pub extension: String,
    /// Of `_posts/2027-01-02-name.md`.
    pub date: Option<NaiveDate>,
    /// The page lies in Jekyll's `_drafts`.
    pub is_draft: bool,
}

impl ContentPath {
    /// Reads a path from the content folder, with `/`.
    pub fn parse(path: &str, languages: &[String]) -> Self {
        let is_language = |word: &str| languages.iter().any(|it| it.eq_ignore_ascii_case(word));
        let mut folders: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(Into::into)
            .collect();
        let file = folders.pop().unwrap_or_default();
        let mut language = None;
        if folders.first().is_some_and(|first| is_language(first)) {
            language = Some(folders.remove(0).to_lowercase());
        }
        let (stem, extension) = match file.rsplit_once('.') {
            Some((stem, extension)) => (stem, extension.to_lowercase()),
            None => (file.as_str(), String::new()),
        };
        let stem = match stem.rsplit_once('.') {
            Some((before, suffix)) if is_language(suffix) => {
                language = Some(suffix.to_lowercase());
                before
            }
            _ => stem,
        };
        let is_draft = folders.iter().any(|folder| folder == "_drafts");
        let is_post = folders.iter().any(|folder| folder == "_posts");
        folders.retain(|folder| folder != "_drafts" && folder != "_posts");
        for folder in &mut folders {
            // Jekyll's collections: `_jobs/x.md` is published below `jobs`.
            if let Some(collection) = folder.strip_prefix('_') {
                *folder = collection.to_owned();
            }
        }
        let mut date = None;
        let (name, kind) = match stem {
            "index" => match folders.pop() {
                Some(folder) => (folder, PageKind::Page),
                None => (String::new(), PageKind::Home),
            },
            "_index" => match folders.pop() {
                Some(folder) => (folder, PageKind::Section),
                None => (String::new(), PageKind::Home),
            },
            _ => {
                let dated = stem
                    .get(..10)
                    .filter(|_| is_post)
                    .and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
                let name = match dated {
                    Some(_) => stem.get(11..).unwrap_or_default(),
                    None => stem,
                };
                date = dated;
                (name.to_owned(), PageKind::Page)
            }
        };
        Self { language, folders, name, kind, extension, date, is_draft }
    }

    /// Hugo's logical path, for example `/jobs/phd-tides`; the same for all languages.
    pub fn logical(&self) -> String {
        let mut path = String::new();
        for part in self.folders.iter().chain([&self.name]).filter(|part| !part.is_empty()) {
            path.push('/');
            path.push_str(part);
        }
        if path.is_empty() { "/".to_owned() } else { path.to_lowercase().replace(' ', "-") }
    }
}
