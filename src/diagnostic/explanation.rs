//! What each code means, for whom it matters and how to mend it: read out of `explanations.md`,
//! which a person can edit.

use std::sync::LazyLock;

use serde::Serialize;

/// The file, as it was when the program was built.
static FILE: &str = include_str!("explanations.md");

static ALL: LazyLock<Vec<Explanation>> =
    LazyLock::new(|| FILE.split("\n## ").skip(1).map(Explanation::parse).collect());

/// What there is to know about one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub code: &'static str,
    /// What the code means.
    pub meaning: String,
    /// Why it matters, and to whom.
    pub why: String,
    /// What to do.
    pub mend: String,
    /// Where the rule comes from, if it is not Handbill's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The whole section as it stands in the file.
    pub text: &'static str,
}

impl Explanation {
    fn parse(section: &'static str) -> Self {
        let (code, text) = section.split_once('\n').unwrap_or((section, ""));
        let text = text.trim();
        let joined = |paragraph: &str| paragraph.lines().collect::<Vec<_>>().join(" ");
        let marked = |mark: &str| text.split("\n\n").find_map(|it| it.strip_prefix(mark));
        Self {
            code: code.trim(),
            meaning: text.split("\n\n").next().map(joined).unwrap_or_default(),
            why: marked("Why: ").map(joined).unwrap_or_default(),
            mend: marked("Mend: ").map(joined).unwrap_or_default(),
            source: marked("Source: ").map(joined),
            text,
        }
    }
}

/// All explanations, in the order of the file.
pub fn all() -> &'static [Explanation] {
    &ALL
}

/// The explanation of a code, if there is such a code.
pub fn of(code: &str) -> Option<&'static Explanation> {
    ALL.iter().find(|explanation| explanation.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    /// The Rust files below a folder.
    fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, files);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }

    #[test]
    fn every_code_in_the_sources_is_explained_and_no_other() {
        let code = regex::Regex::new(r#""([a-z]+::[a-z0-9_-]+)""#).expect("a pattern");
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut written = BTreeSet::new();
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a source");
            written.extend(code.captures_iter(&text).map(|found| found[1].to_owned()));
        }
        let explained: BTreeSet<_> = all().iter().map(|it| it.code.to_owned()).collect();
        let missing: Vec<_> = written.difference(&explained).collect();
        assert!(missing.is_empty(), "not explained in explanations.md: {missing:?}");
        let extra: Vec<_> = explained.difference(&written).collect();
        assert!(extra.is_empty(), "explained, and no code of any source: {extra:?}");
    }

    #[test]
    fn each_explanation_says_what_why_and_what_to_do_within_100_columns() {
        let codes: Vec<_> = all().iter().map(|it| it.code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "in the order of the alphabet, each once");
        for it in all() {
            for (part, words) in [("what", &it.meaning), ("why", &it.why), ("mend", &it.mend)] {
                assert!(words.ends_with(['.', ':']), "{}: {part}: {words}", it.code);
            }
            assert!(!it.meaning.starts_with("Why: "), "{}", it.code);
            assert!(it.text.lines().all(|line| line.chars().count() <= 100), "{}", it.code);
        }
    }
}
