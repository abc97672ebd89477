//! `syndication:` in the front matter of an ad's pages. Every other byte is kept, and a page whose
//! new text would say something else is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Change, Plan};
use crate::deliver::Postings;
use crate::diagnostic::Source;
use crate::ledger::Published;
use crate::posting::front_matter::list;
use crate::posting::{self, PageFile, PostingId, Revision};
use crate::site::Site;

/// The key; indieweb.org/syndication.
const KEY: &str = "syndication";

/// A page, and the ads on it: some have several.
struct Page<'a> {
    source: &'a Arc<Source>,
    path: &'a str,
    ads: BTreeSet<&'a PostingId>,
}

/// Names the pages that do not say what they should.
pub(super) fn plan(site: &Site, published: &[Published], postings: &Postings, plan: &mut Plan) {
    for page in pages(postings).into_values() {
        let text = &page.source.text;
        match text_of(text, &page.ads, published) {
            Ok(after) if after == *text => {}
            Ok(after) if revisions(site, &page, text) == revisions(site, &page, &after) => {
                plan.changes.push(Change {
                    path: page.source.path.clone(),
                    before: Some(text.clone()),
                    after: Some(after),
                });
            }
            Ok(_) => plan.remarks.push(format!(
                "{}: with its links it would say something else, so they are left out",
                page.path
            )),
            Err(why) => plan.remarks.push(format!("{}: {why}", page.path)),
        }
    }
}

/// What the text of a page should be; `None` if the file is no page of an ad.
pub(super) fn wanted(
    published: &[Published],
    postings: &Postings,
    path: &Path,
    text: &str,
) -> Option<String> {
    text_of(text, &pages(postings).get(path)?.ads, published).ok()
}

/// The files of all pages.
pub(super) fn files(postings: &Postings) -> Vec<PathBuf> {
    pages(postings).into_keys().map(Path::to_owned).collect()
}

fn pages(postings: &Postings) -> BTreeMap<&Path, Page<'_>> {
    let mut pages: BTreeMap<&Path, Page<'_>> = BTreeMap::new();
    for posting in &postings.open {
        let others = posting.translations.values().map(Arc::as_ref);
        for page in std::iter::once(posting).chain(others) {
            let (source, path) = (&page.source, page.path.as_str());
            let page = Page { source, path, ads: BTreeSet::new() };
            pages.entry(&source.path).or_insert(page).ads.insert(&posting.id);
        }
    }
    pages
}

/// The links that stand, after those that somebody else has put there.
fn text_of(
    text: &str,
    ads: &BTreeSet<&PostingId>,
    published: &[Published],
) -> Result<String, list::NoPlace> {
    let of_page = || published.iter().filter(|copy| ads.contains(&copy.posting));
    let ours: BTreeSet<String> = of_page().map(|copy| copy.link.to_string()).collect();
    let there = match list::read(text, KEY) {
        // A page that is written in a way that cannot take links matters only if there are some.
        Err(_) if !of_page().any(Published::stands) => return Ok(text.to_owned()),
        there => there?,
    };
    let mut links: Vec<String> = there.into_iter().filter(|it| !ours.contains(it)).collect();
    links.extend(of_page().filter(|copy| copy.stands()).map(|copy| copy.link.to_string()));
    list::written(text, KEY, &links)
}

/// What the ads of a page say, by itself.
fn revisions(site: &Site, page: &Page<'_>, text: &str) -> Vec<(Option<String>, Revision)> {
    let source = Source::new(page.source.path.clone(), text);
    let file = PageFile { source, path: page.path.to_owned(), ancestors: Vec::new() };
    let read = posting::read(&file, &site.settings);
    read.postings.into_iter().map(|it| (it.sub_id, it.revision)).collect()
}
