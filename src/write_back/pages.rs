//! `syndication:` in the front matter of an ad's pages. Every other byte is kept, and a page whose
//! new text would say something else is left alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Change, Plan};
use crate::deliver::Postings;
use crate::ledger::Published;
use crate::posting::front_matter::list;
use crate::posting::{Posting, PostingId};
use crate::site::Site;

/// The key; indieweb.org/syndication.
const KEY: &str = "syndication";

/// Names the pages that do not say what they should.
pub(super) fn plan(site: &Site, published: &[Published], postings: &Postings, plan: &mut Plan) {
    for posting in &postings.open {
        for page in pages(posting) {
            let text = &page.source.text;
            match text_of(text, &posting.id, published) {
                Ok(after) if after == *text => {}
                Ok(after) if says_the_same(site, page, &after) => plan.changes.push(Change {
                    path: page.source.path.clone(),
                    before: Some(text.clone()),
                    after: Some(after),
                }),
                Ok(_) => plan.remarks.push(format!(
                    "{}: with its links it would say something else, so they are left out",
                    page.path
                )),
                Err(why) => plan.remarks.push(format!("{}: {why}", page.path)),
            }
        }
    }
}

/// What the text of a page should be; `None` if the file is no page of an ad.
pub(super) fn wanted(
    site: &Site,
    published: &[Published],
    postings: &Postings,
    path: &Path,
    text: &str,
) -> Option<String> {
    let is_it = |page: &Arc<Posting>| page.source.path == path;
    let posting = postings.open.iter().find(|it| {
        it.source.path == path || it.translations.values().any(is_it)
    })?;
    let page = pages(posting).find(|page| page.source.path == path)?;
    let after = text_of(text, &posting.id, published).ok()?;
    says_the_same(site, page, text).then_some(after)
}

/// The files of all pages.
pub(super) fn files(postings: &Postings) -> Vec<PathBuf> {
    postings.open.iter().flat_map(pages).map(|page| page.source.path.clone()).collect()
}

fn pages(posting: &Posting) -> impl Iterator<Item = &Posting> {
    std::iter::once(posting).chain(posting.translations.values().map(Arc::as_ref))
}

/// The links that stand, after those that somebody else has put there.
fn text_of(text: &str, id: &PostingId, published: &[Published]) -> Result<String, list::NoPlace> {
    let of_ad = || published.iter().filter(|copy| copy.posting == *id);
    let ours: BTreeSet<String> = of_ad().map(|copy| copy.link.to_string()).collect();
    let there = list::read(text, KEY)?;
    let mut links: Vec<String> = there.into_iter().filter(|it| !ours.contains(it)).collect();
    links.extend(of_ad().filter(|copy| copy.stands()).map(|copy| copy.link.to_string()));
    list::written(text, KEY, &links)
}

fn says_the_same(site: &Site, page: &Posting, after: &str) -> bool {
    site.page_from_text(page, after).is_some_and(|read| read.revision == page.revision)
}
