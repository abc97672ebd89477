//! Which posting a page is: bound at first sight and kept for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::{Availability, Field, Origin, Posting, PostingId, revision};
use crate::diagnostic::{Diagnostic, Span};

/// What the ledger remembers of a page that was seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: PostingId,
    pub path: String,
    pub translation_key: String,
    pub sub_id: Option<String>,
    pub reference: Option<String>,
}

/// Joins translations into one posting each and gives every posting its id.
///
/// Of several languages the site's default one speaks for the posting, else the first in the
/// order given; the others stand in its `translations`, and its revision covers them all.
///
/// The id is, in this order: the one under which the ledger knows the page; `job.id`; the one
/// under which the ledger knows the same reference number, if that page is gone (it was moved);
/// the reference number; the path.
///
/// A draft or a closed page claims no number: beside an open page with the same one (a copy of
/// last year's ad, a new version in the making) it gets an id of its own.
///
/// Two open pages with one `job.id`, or with one reference number and no `job.id`, are held back with
/// an error for each, and so is a new page whose `job.id` the ledger has given to another page
/// that is still there: they are missing in what is returned, and nothing else is.
pub fn bind(
    postings: Vec<Posting>,
    known: &[Known],
    default_language: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Posting> {
    let present: BTreeSet<String> = postings.iter().map(|posting| posting.path.clone()).collect();
    let joined = join_translations(postings, default_language);
    let mut fine = without_duplicates(joined, diagnostics);
    let register = Register { known, present: &present };

    // Pages that are known come first, so that no newcomer takes an id that is given away.
    let mut taken: BTreeSet<PostingId> = known.iter().map(|known| known.id.clone()).collect();
    let mut given: BTreeSet<PostingId> = BTreeSet::new();
    let mut newcomers = Vec::new();
    for (index, posting) in fine.iter_mut().enumerate() {
        match register.same_page(posting).filter(|known| !given.contains(&known.id)) {
            Some(known) => {
                notice_kept(posting, known, diagnostics);
                posting.id = known.id.clone();
                given.insert(known.id.clone());
            }
            None => newcomers.push(index),
        }
    }
    // An open page comes before a draft, an id that somebody wrote down before one that is derived.
    newcomers.sort_by_key(|index| {
        fine.get(*index).map(|it| (it.availability != Availability::Open, it.declared_id.is_none()))
    });
    let mut held_back = BTreeSet::new();
    for index in newcomers {
        let Some(posting) = fine.get_mut(index) else { continue };
        let proposed = match register.sibling_base(posting) {
            Some(base) if posting.declared_id.is_none() => with_sub_id(base, posting),
            _ => proposal(posting),
        };
        let returns = |id: &PostingId| register.is_gone(id) && !given.contains(id);
        let moved = register.moved(posting).filter(|known| !given.contains(&known.id));
        posting.id = match (&posting.declared_id, moved) {
            (Some(_), _) if !taken.contains(&proposed) || returns(&proposed) => proposed,
            (Some(_), _) if posting.availability != Availability::Open => free(proposed, &taken),
            (Some(declared), _) => {
                diagnostics.push(id_is_taken(posting, declared, &proposed, known));
                held_back.insert(index);
                continue;
            }
            (None, Some(known)) => {
                notice_moved(posting, known, diagnostics);
                known.id.clone()
            }
            (None, None) => free(proposed, &taken),
        };
        taken.insert(posting.id.clone());
        given.insert(posting.id.clone());
    }
    let kept = fine.into_iter().enumerate().filter(|(index, _)| !held_back.contains(index));
    kept.map(|(_, posting)| posting).collect()
}

/// The id that a page alone would give its posting.
pub fn proposal(posting: &Posting) -> PostingId {
    let declared = posting.declared_id.as_ref().map(|field| clean(&field.value));
    let reference = || posting.facts.reference.as_ref().map(|field| clean(&field.value));
    let base = declared
        .filter(|id| !id.is_empty())
        .or_else(|| reference().filter(|id| !id.is_empty()))
        .unwrap_or_else(|| of_path(&posting.path, &posting.site_language));
    with_sub_id(&base, posting)
}

/// A text as an id: lower case, with `-` for what is no letter, digit, `.`, `_` or `-`:
/// `ABC/06/2027` becomes `abc-06-2027`.
pub fn clean(text: &str) -> String {
    let mut id = String::new();
    let plain = text.to_lowercase().replace('ß', "ss");
    for character in plain.nfkd() {
        if matches!(character, 'a'..='z' | '0'..='9' | '.' | '_') {
            id.push(character);
        } else if unicode_normalization::char::is_combining_mark(character) {
            // The letter below it has been written already.
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.trim_matches(['-', '.']).to_owned()
}

fn of_path(path: &str, language: &str) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let stem = stem.strip_suffix(&format!(".{language}")).unwrap_or(stem);
    let id = match stem {
        "index" | "_index" if !folder.is_empty() => clean(folder),
        stem => clean(&format!("{folder}/{stem}")),
    };
    if id.is_empty() { "posting".to_owned() } else { id }
}

fn with_sub_id(base: &str, posting: &Posting) -> PostingId {
    match &posting.sub_id {
        Some(sub_id) => PostingId(format!("{base}/{sub_id}").into()),
        None => PostingId(base.into()),
    }
}

/// The id itself, or with the first number behind it that makes it new.
fn free(id: PostingId, taken: &BTreeSet<PostingId>) -> PostingId {
    if !taken.contains(&id) {
        return id;
    }
    let numbered = (2_u64..).map(|number| PostingId(format!("{id}-{number}").into()));
    numbered.into_iter().find(|id| !taken.contains(id)).unwrap_or(id)
}

/// What the ledger knows, seen from the pages that are there now.
struct Register<'a> {
    known: &'a [Known],
    present: &'a BTreeSet<String>,
}

impl Register<'_> {
    /// The entry of this page: of its path or a translation's, or, if the file was renamed
    /// (`index.md` to `index.en.md`), of its translation key.
    fn same_page(&self, posting: &Posting) -> Option<&Known> {
        let mut paths = pages(posting).map(|page| page.path.as_str());
        let same_position = |known: &&Known| known.sub_id == posting.sub_id;
        let by_path = paths.find_map(|path| {
            self.known.iter().filter(same_position).find(|known| known.path == path)
        });
        by_path.or_else(|| {
            self.known.iter().filter(same_position).find(|known| {
                known.translation_key == posting.translation_key
                    && !self.present.contains(&known.path)
            })
        })
    }

    /// The entry with the same reference number whose page is gone.
    fn moved(&self, posting: &Posting) -> Option<&Known> {
        let reference = folded(&posting.facts.reference.as_ref()?.value);
        self.known.iter().find(|known| {
            known.sub_id == posting.sub_id
                && known.reference.as_deref().is_some_and(|it| folded(it) == reference)
                && !self.present.contains(&known.path)
        })
    }

    /// The id that another position of this page goes by, without that position's part.
    fn sibling_base(&self, posting: &Posting) -> Option<&str> {
        posting.sub_id.as_ref()?;
        let sibling = self.known.iter().find(|known| known.path == posting.path)?;
        Some(match &sibling.sub_id {
            Some(sub_id) => {
                sibling.id.0.strip_suffix(&format!("/{sub_id}")).unwrap_or(&sibling.id.0)
            }
            None => &sibling.id.0,
        })
    }

    fn is_gone(&self, id: &PostingId) -> bool {
        let mut entries = self.known.iter().filter(|known| known.id == *id).peekable();
        entries.peek().is_some() && entries.all(|known| !self.present.contains(&known.path))
    }
}

/// A posting's pages: its own and its translations'.
fn pages(posting: &Posting) -> impl Iterator<Item = &Posting> {
    std::iter::once(posting).chain(posting.translations.values().map(Arc::as_ref))
}

fn join_translations(postings: Vec<Posting>, default_language: &str) -> Vec<Posting> {
    let mut groups: Vec<Vec<Posting>> = Vec::new();
    let mut by_key: BTreeMap<(String, Option<String>), Vec<usize>> = BTreeMap::new();
    for posting in postings {
        let key = (posting.translation_key.clone(), posting.sub_id.clone());
        let candidates = by_key.entry(key).or_default();
        // Two pages in one language are two postings, whatever their key says.
        let lacks_language = |group: &&usize| {
            groups.get(**group).is_some_and(|pages| {
                pages.iter().all(|page| page.site_language != posting.site_language)
            })
        };
        let group = candidates.iter().find(lacks_language).copied();
        match group.and_then(|group| groups.get_mut(group)) {
            Some(pages) => pages.push(posting),
            None => {
                candidates.push(groups.len());
                groups.push(vec![posting]);
            }
        }
    }
    groups.into_iter().filter_map(|pages| speaking_for(pages, default_language)).collect()
}

/// The page that speaks for its translations, which it takes with it.
fn speaking_for(mut pages: Vec<Posting>, default_language: &str) -> Option<Posting> {
    let main = pages.iter().position(|page| page.site_language == default_language).unwrap_or(0);
    if pages.is_empty() {
        return None;
    }
    let mut posting = pages.remove(main);
    if !pages.is_empty() {
        posting.translations =
            pages.into_iter().map(|page| (page.site_language.clone(), Arc::new(page))).collect();
        posting.revision = revision::of(&posting);
    }
    Some(posting)
}

/// Leaves out the pages that claim the same `job.id` or the same reference number.
fn without_duplicates(postings: Vec<Posting>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Posting> {
    let mut by_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut by_reference: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, posting) in postings.iter().enumerate() {
        if posting.availability != Availability::Open {
            continue;
        }
        if let Some(declared) = &posting.declared_id {
            by_id.entry(clean(&declared.value)).or_default().push(index);
        } else if let Some(reference) = &posting.facts.reference {
            by_reference.entry(folded(&reference.value)).or_default().push(index);
        }
    }
    let mut held_back = BTreeSet::new();
    for claimants in by_id.into_values() {
        let field = |posting: &Posting| posting.declared_id.clone();
        held_back.extend(report(&postings, &claimants, &DUPLICATE_ID, field, diagnostics));
    }
    for claimants in by_reference.into_values() {
        let field = |posting: &Posting| posting.facts.reference.clone();
        held_back.extend(report(&postings, &claimants, &DUPLICATE_REFERENCE, field, diagnostics));
    }
    let kept = postings.into_iter().enumerate().filter(|(index, _)| !held_back.contains(index));
    kept.map(|(_, posting)| posting).collect()
}

struct Duplicate {
    code: &'static str,
    what: &'static str,
    help: &'static str,
}

const DUPLICATE_ID: Duplicate = Duplicate {
    code: "identity::duplicate-id",
    what: "id",
    help: "give each page an `id` of its own, or name both languages under `languages` if they are \
           one ad; until then nothing goes out from either",
};

const DUPLICATE_REFERENCE: Duplicate = Duplicate {
    code: "identity::duplicate-reference",
    what: "reference number",
    help: "correct one of the numbers, or give each page an `id` under `job:` if both are right; \
           until then nothing goes out from either",
};

/// Reports pages that claim the same; returns those to hold back. The positions of one page share
/// its number, and that is no claim against each other.
fn report(
    postings: &[Posting],
    claimants: &[usize],
    duplicate: &Duplicate,
    field: impl Fn(&Posting) -> Option<Field<String>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<usize> {
    let claiming = || claimants.iter().filter_map(|index| postings.get(*index));
    let mut pages: Vec<&Posting> = Vec::new();
    for posting in claiming() {
        if !pages.iter().any(|page| page.path == posting.path) {
            pages.push(posting);
        }
    }
    if pages.len() < 2 {
        return Vec::new();
    }
    for page in &pages {
        let Some(field) = field(page) else { continue };
        let others: Vec<String> = pages
            .iter()
            .filter(|other| other.path != page.path)
            .map(|other| format!("`{}`", other.source.path.display()))
            .collect();
        let message = format!(
            "`{}` has the {} `{}`, which {} has too",
            page.source.path.display(),
            duplicate.what,
            field.value,
            others.join(" and ")
        );
        diagnostics.push(
            Diagnostic::error(duplicate.code, message)
                .at(&page.source, span(&field.origin))
                .label("not the only one")
                .help(duplicate.help),
        );
    }
    claimants.to_vec()
}

fn id_is_taken(
    posting: &Posting,
    declared: &Field<String>,
    id: &PostingId,
    known: &[Known],
) -> Diagnostic {
    let owner = known.iter().find(|known| known.id == *id).map(|known| known.path.as_str());
    let owner = owner.unwrap_or("another page");
    let message = format!("the id `{id}` belongs to `{owner}` already");
    Diagnostic::error("identity::duplicate-id", message)
        .at(&posting.source, span(&declared.origin))
        .label("not free")
        .help("give this page another `id`; an id is kept for ever by the page that had it first")
}

fn notice_kept(posting: &Posting, known: &Known, diagnostics: &mut Vec<Diagnostic>) {
    let declared = posting.declared_id.as_ref();
    let another_id = declared.filter(|_| proposal(posting) != known.id);
    let reference = posting.facts.reference.as_ref().filter(|_| declared.is_none());
    let another_reference = reference.filter(|reference| {
        known.reference.as_deref().is_some_and(|before| folded(before) != folded(&reference.value))
    });
    if let Some(field) = another_id.or(another_reference) {
        diagnostics.push(
            Diagnostic::notice(
                "identity::kept",
                format!("this page keeps the id `{}` under which it was first seen", known.id),
            )
            .at(&posting.source, span(&field.origin))
            .label("changed since then"),
        );
    }
}

fn notice_moved(posting: &Posting, known: &Known, diagnostics: &mut Vec<Diagnostic>) {
    let reference = posting.facts.reference.as_ref();
    let message = format!(
        "this page keeps the id `{}`: it has the reference number of `{}`, which is gone",
        known.id, known.path
    );
    let place = reference.map(|field| span(&field.origin)).unwrap_or_default();
    diagnostics.push(Diagnostic::notice("identity::moved", message).at(&posting.source, place));
}

fn folded(reference: &str) -> String {
    reference.to_lowercase().split_whitespace().collect()
}

fn span(origin: &Origin) -> Span {
    match origin {
        Origin::Declared(span) | Origin::Inferred(span) => *span,
        Origin::Default => Span::default(),
    }
}
