//! What became of a request: asked for by the key of what it wrote, and after a restored backup looked
//! for among the account's posts.

use chrono::Utc;
use serde_json::Value;

use super::id::{PostId, RecordKey, Tid};
use super::record::{self, POSTS, Post, Written};
use super::{Bluesky, CLOCK_SLACK, PAGE, PAGES, thread, xrpc};
use crate::channel::http::{Reading, Unread};
use crate::channel::sought::Sought;
use crate::channel::wire::{HttpRequest, Verb};
use crate::channel::{Likeness, Outcome, Receipt, Search, Trace};

impl Bluesky {
    /// What is known already of a request that writes all or nothing; `None` if it can go out. A
    /// server that cannot do all of it says only that something went wrong; so it is asked first.
    pub(super) async fn asked_first(&self, on_record: &HttpRequest) -> Option<Outcome> {
        let body = on_record.body.as_deref()?;
        let written = Written::read(body)?;
        let first = written.first()?;
        let deferred = |why| Some(Outcome::Deferred { why, after: None });
        let mut missing = None;
        if on_record.verb == Verb::Update {
            for key in record::taken_away(body) {
                match self.post(&key).await {
                    Ok(_) => {}
                    Err(Unread::Gone) => {
                        missing = Some(key);
                        break;
                    }
                    Err(Unread::Later { why } | Unread::Unable { why }) => return deferred(why),
                }
            }
            // All of them are there.
            missing.as_ref()?;
        } else if written.len() == 1 {
            // What is put where nothing is may be put there again.
            return None;
        }
        // The answer to an earlier try may have been lost.
        match (self.post(&first.key).await, missing) {
            (Ok(post), _) if post.record == first.record => {
                let parts = self.parts_of(&written);
                Some(Outcome::Posted(self.receipt(&post.id(self.did()), &parts)))
            }
            (Err(Unread::Gone), None) => None,
            (Ok(_) | Err(Unread::Gone), Some(missing)) => Some(Outcome::Refused {
                why: format!(
                    "{} is not there any more, so it is not replaced",
                    self.link(&missing)
                ),
            }),
            (Ok(_), None) => Some(Outcome::Refused {
                why: format!("{} stands there already and is another one", self.link(&first.key)),
            }),
            (Err(Unread::Later { why } | Unread::Unable { why }), _) => deferred(why),
        }
    }

    /// Looks for what one request left.
    pub(super) async fn look_for_one(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        let written = request.body.as_deref().and_then(Written::read);
        let old = request.remote_id.as_deref().and_then(|id| id.parse::<PostId>().ok());
        let found = match (request.verb, written, old) {
            (Verb::Create, Some(written), _) | (Verb::Update, Some(written), Some(_)) => {
                self.find_posts(&written, search).await
            }
            (Verb::Withdraw, _, Some(old)) => match self.post(&old.key).await {
                Ok(_) => Ok(Trace::Absent),
                Err(Unread::Gone) => {
                    let remote_id = request.remote_id.clone();
                    Ok(Trace::Found(Receipt { remote_id, ..Receipt::default() }))
                }
                Err(unread) => Err(unread),
            },
            _ => {
                Ok(Trace::CannotTell { why: "the record of the attempt is incomplete".to_owned() })
            }
        };
        found.unwrap_or_else(|unread| unread.into_trace("the server shows no such account"))
    }

    /// What became of a request that puts posts there.
    async fn find_posts(&self, written: &[Written], search: &Search<'_>) -> Result<Trace, Unread> {
        let Some((first, rest)) = written.split_first() else {
            let why = "the record of the attempt names no post".to_owned();
            return Ok(Trace::CannotTell { why });
        };
        match self.post(&first.key).await {
            Ok(post) if post.record == first.record => {
                let parts = self.parts_of(written);
                return Ok(Trace::Found(self.receipt(&post.id(self.did()), &parts)));
            }
            Ok(_) => {
                let why = format!("{} says something else; look at it", self.link(&first.key));
                return Ok(Trace::CannotTell { why });
            }
            Err(Unread::Gone) => {}
            Err(unread) => return Err(unread),
        }
        for part in rest {
            match self.post(&part.key).await {
                Ok(_) => {
                    let (part, first) = (self.link(&part.key), self.link(&first.key));
                    let why = format!("{part} is there, and {first}, which it answers, is not");
                    return Ok(Trace::CannotTell { why });
                }
                Err(Unread::Gone) => {}
                Err(unread) => return Err(unread),
            }
        }
        match search.likeness {
            Likeness::Words => Ok(Trace::Absent),
            Likeness::Link(_) => self.search(first, search).await,
        }
    }

    /// After a restored backup the key of what went out is forgotten: our own post with these words
    /// or this link, looked for among the account's posts back to then. Their keys sort as they were
    /// made, and the newest come first.
    async fn search(&self, written: &Written, search: &Search<'_>) -> Result<Trace, Unread> {
        let sought_post =
            Post { key: written.key.clone(), cid: String::new(), record: written.record.clone() };
        let mut sought = Sought::new(&sought_post.words(), search);
        // The parts of a thread are newer than what they answer.
        let mut replies: Vec<PostId> = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let mut query =
                vec![("repo", self.did().as_str()), ("collection", POSTS), ("limit", PAGE)];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let Reading { json: page, behind, .. } =
                self.read("com.atproto.repo.listRecords", &query).await?;
            let since = search.since.min(Utc::now()) - CLOCK_SLACK - behind;
            let oldest = RecordKey::from(Tid::least_at(since));
            let shown = page.get("records").and_then(Value::as_array);
            let Some(shown) = shown else {
                let why = "the server's list of posts could not be read".to_owned();
                return Err(Unread::Unable { why });
            };
            for post in shown {
                let Some(post) = Post::read(post, self.did()) else {
                    return Ok(sought.not_far_enough("a post of the account could not be read"));
                };
                if post.key < oldest {
                    return Ok(sought.none_of_them());
                }
                let id = post.id(self.did());
                // One that a person has pointed at is known by its key alone.
                let owned = search.owned.contains(post.key.as_str());
                let place = || self.link(&post.key).into();
                if !owned && sought.is_it(&id.to_string(), &post.words(), place) {
                    let parts = thread::parts_among(&id, &replies);
                    return Ok(Trace::Found(self.receipt(&id, &parts)));
                }
                replies.extend(Some(id).filter(|id| id.root.is_some()));
            }
            let next = xrpc::text(&page, "cursor").map(str::to_owned);
            if next.is_none() || shown.is_empty() {
                return Ok(sought.none_of_them());
            }
            if next == cursor {
                break;
            }
            cursor = next;
        }
        Ok(sought.not_far_enough("the account's posts could not be read back far enough"))
    }
}
