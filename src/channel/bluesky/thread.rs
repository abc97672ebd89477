//! Threads: the posts of an ad, each an answer to the one before it.

use chrono::TimeDelta;

use super::id::{PostId, RecordKey, Tid};
use super::record::{self, Answers, Draft, Written};
use super::{Bluesky, id_of, thumb};
use crate::adapt::Rendition;
use crate::channel::http::Unread;
use crate::channel::wire::{Step, Steps, Verb};
use crate::channel::{Address, PrepareError, Receipt, Sight, Wire, words};

impl Bluesky {
    /// The posts of a rendition, with their keys: the first one, and what goes on as replies to it.
    pub(super) fn drafts(
        &self,
        rendition: &Rendition,
        answers: Option<Answers>,
        address: &Address<'_>,
    ) -> Result<Vec<Written>, PrepareError> {
        let Rendition::Status { text, language, card, parts, .. } = rendition else {
            return Err(PrepareError::Invalid("Bluesky takes a status, and this is none".into()));
        };
        let thumb = thumb::of(rendition).and_then(|(_, file)| thumb::blob(file));
        let (card, at) = (card.as_ref(), address.at);
        let root = answers.as_ref().map(|it| it.root.clone());
        let first = Draft { text, language, card, thumb, at, answers };
        let key = Tid::of(address.key, address.at);
        let record = record::post(&first, self.did());
        let mut posts = vec![Written { key: key.clone().into(), record }];
        for (number, text) in (2..).zip(parts) {
            let parent = posts.last().and_then(Written::reference);
            let Some(parent) = parent else { return Err(unwritable()) };
            let root = match (&root, posts.first().and_then(Written::reference)) {
                (Some(root), _) => root.clone(),
                (None, Some(first)) => first,
                (None, None) => return Err(unwritable()),
            };
            // Readers' servers sort by this time.
            let at = at + TimeDelta::milliseconds(i64::try_from(number).unwrap_or_default() - 1);
            let answers = Some(Answers { root, parent });
            let draft = Draft { text, language, card: None, thumb: None, at, answers };
            let record = record::post(&draft, self.did());
            posts.push(Written { key: key.of_part(number).into(), record });
        }
        Ok(posts)
    }

    /// One post where nothing is, or a whole thread.
    pub(super) fn published(
        &self,
        posts: &[Written],
        rendition: &Rendition,
        address: &Address<'_>,
    ) -> Wire {
        let (method, body) = match posts {
            [post] => {
                let body = record::put(self.did(), &post.key, &post.record);
                ("com.atproto.repo.putRecord", body)
            }
            posts => ("com.atproto.repo.applyWrites", record::apply(self.did(), &[], posts)),
        };
        let post = self.request(Verb::Create, method, &body, None, address);
        self.with_thumb(post, rendition, None, address)
    }

    /// Takes everything back, the last part first, so that none answers a post that is gone. What
    /// somebody took away meanwhile is no obstacle, as it would be if all went in one request.
    pub(super) fn withdrawn(
        &self,
        receipt: &Receipt,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let deletion = |id: &PostId| {
            let body = record::delete(self.did(), &id.key);
            let method = "com.atproto.repo.deleteRecord";
            self.request(Verb::Withdraw, method, &body, Some(id), address)
        };
        let first = deletion(&id_of(receipt)?);
        if receipt.parts.is_empty() {
            return Ok(Wire::Http(first));
        }
        let step = |number: usize, request| Step {
            name: format!("part {number}"),
            request,
            picture: None,
            shows: None,
        };
        let mut steps = vec![step(1, first)];
        for (number, id) in (2..).zip(parts(receipt)?) {
            steps.push(step(number, deletion(&id)));
        }
        steps.reverse();
        Ok(Wire::Steps(Steps { steps }))
    }

    /// The ids of the posts behind the first one, as what was written makes them.
    pub(super) fn parts_of(&self, written: &[Written]) -> Vec<PostId> {
        written.iter().skip(1).map(|post| post.id(self.did())).collect()
    }

    /// Looks at the posts behind the first one.
    pub(super) async fn verify_parts(&self, receipt: &Receipt, expected: &[String]) -> Sight {
        let Ok(ids) = parts(receipt) else {
            return Sight::Unseen { why: "the receipt names no post".to_owned() };
        };
        let wanted = expected.len() + 1;
        if ids.len() != expected.len() {
            return Sight::Differs { found: format!("{} of {wanted} parts", ids.len() + 1) };
        }
        for ((number, text), id) in (2..).zip(expected).zip(&ids) {
            match self.post(&id.key).await {
                Ok(post) if words::same(text, &post.words()) => {}
                Ok(post) => return Sight::Differs { found: post.words() },
                Err(Unread::Gone) => {
                    let found = format!("part {number} of {wanted} is not there");
                    return Sight::Differs { found };
                }
                Err(unread) => return unread.into_sight(),
            }
        }
        Sight::Agrees
    }
}

/// The parts of the thread that a post begins, among the posts that answer one: by their keys, which
/// follow from its own. Another answer to it is none of them.
pub(super) fn parts_among(first: &PostId, replies: &[PostId]) -> Vec<PostId> {
    let Some(key) = Tid::parse(first.key.as_str()) else { return Vec::new() };
    let part = |number| replies.iter().find(|it| it.key == RecordKey::from(key.of_part(number)));
    (2..).map_while(part).cloned().collect()
}

/// The keys of everything that a receipt names.
pub(super) fn keys(receipt: &Receipt) -> Result<Vec<RecordKey>, PrepareError> {
    let first = id_of(receipt)?.key;
    let parts = parts(receipt)?.into_iter().map(|id| id.key);
    Ok([first].into_iter().chain(parts).collect())
}

fn parts(receipt: &Receipt) -> Result<Vec<PostId>, PrepareError> {
    receipt.parts.iter().map(|id| id.parse().map_err(PrepareError::Invalid)).collect()
}

fn unwritable() -> PrepareError {
    PrepareError::Invalid("a post of the thread cannot be written as a record".to_owned())
}
