//! What became of a request: the status that it is about is looked at, or one that says the same is
//! looked for in the account's list.

use chrono::{TimeDelta, Utc};

use super::reading::{Me, Shown, Unread};
use super::{Mastodon, Software, field_of_body};
use crate::channel::sought::Sought;
use crate::channel::wire::{HttpRequest, Verb};
use crate::channel::{Receipt, Search, Trace, words};

/// What clocks may differ by when statuses are matched with an attempt.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// How often more statuses are asked for.
const PAGES: usize = 50;

impl Mastodon {
    /// Looks for what one request left.
    pub(super) async fn look_for_one(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        let said = |key: &str| request.body.as_deref().and_then(|body| field_of_body(body, key));
        let found = match (request.verb, request.remote_id.as_deref(), said("status")) {
            (Verb::Create, _, Some(text)) => {
                self.search(&text, said("in_reply_to_id").as_deref(), search).await
            }
            (Verb::Update, Some(id), Some(text)) => self.shown(id).await.map(|status| {
                if words::same(&text, &status.text) {
                    Trace::Found(Receipt {
                        remote_id: Some(status.id),
                        link: status.link,
                        ..Receipt::default()
                    })
                } else {
                    Trace::Absent
                }
            }),
            (Verb::Withdraw, Some(id), _) => match self.shown(id).await {
                Ok(_) => Ok(Trace::Absent),
                Err(unread) if unread.is_gone() => {
                    let remote_id = Some(id.to_owned());
                    Ok(Trace::Found(Receipt { remote_id, ..Receipt::default() }))
                }
                Err(unread) => Err(unread),
            },
            _ => Err(Unread::other("the record of the attempt is incomplete".to_owned())),
        };
        found.unwrap_or_else(Unread::into_trace)
    }

    /// Our own status that says `text`, answers `answers` and is not older than the attempt, looked
    /// for in the account's list back to then.
    async fn search(
        &self,
        text: &str,
        answers: Option<&str>,
        search: &Search<'_>,
    ) -> Result<Trace, Unread> {
        let reader = self.reader()?;
        let me = reader.me().await?;
        let since = search.since.min(Utc::now()) - CLOCK_SLACK - me.behind;
        let mut sought = Sought::new(text, search);
        let mut read = 0;
        let mut older_than: Option<String> = None;
        for _ in 0..PAGES {
            let page = reader.statuses(&me.id, older_than.as_deref()).await?;
            let ours = page.iter().find(|status| {
                let place = || match &status.link {
                    Some(link) => link.to_string(),
                    None => format!("status {}", status.id),
                };
                status.account.as_ref().is_none_or(|account| *account == me.id)
                    && !status.is_boost
                    && status.made_at.is_none_or(|at| at >= since)
                    // Of an answer to a status that is gone the server forgets what it answered.
                    && status.answers.as_deref().is_none_or(|it| Some(it) == answers)
                    && sought.is_it(&status.id, &status.text, place)
            });
            if let Some(status) = ours {
                if status.made_at.is_none() {
                    let why = format!("status {} says the same, and not since when", status.id);
                    return Ok(Trace::CannotTell { why });
                }
                return Ok(Trace::Found(Receipt {
                    remote_id: Some(status.id.clone()),
                    link: status.link.clone(),
                    ..Receipt::default()
                }));
            }
            let is_new = |it: &&Shown| {
                it.made_at.is_none_or(|at| at >= since)
                    && !it.is_boost
                    && !search.owned.contains(&it.id)
            };
            let may_be_it = |it: &&Shown| self.may_be(it, text, answers);
            if let Some(status) = page.iter().filter(is_new).find(may_be_it) {
                let why = format!("status {} was made since then, and may be it", status.id);
                return Ok(Trace::CannotTell { why });
            }
            read += page.len();
            match page.last() {
                // Not any of them: some servers put an old one that is pinned before the others.
                Some(last) if last.made_at.is_some_and(|at| at < since) => {
                    return Ok(sought.none_of_them());
                }
                None if self.is_the_end(&me, read) => return Ok(sought.none_of_them()),
                Some(last) if older_than.as_ref() != Some(&last.id) => {
                    older_than = Some(last.id.clone());
                }
                _ => break,
            }
        }
        Ok(sought
            .not_far_enough("the account's list of statuses could not be read back far enough"))
    }

    /// Whether a status with other words may say `text` all the same: its words cannot be read, or
    /// the server shows words otherwise than they were typed, and it has the same links; a part of a
    /// thread may have none, and answers the same.
    fn may_be(&self, status: &Shown, text: &str, answers: Option<&str>) -> bool {
        let garbled = char::REPLACEMENT_CHARACTER;
        if status.text.contains(garbled) && !text.contains(garbled) {
            return true;
        }
        let links = words::addresses(text);
        let is_like_it = match links.is_empty() {
            true => answers.is_some() && status.answers.as_deref() == answers,
            false => links.is_subset(&words::addresses(&status.text)),
        };
        is_like_it && !self.config.software().is_some_and(Software::shows_as_typed)
    }

    /// Whether a list that goes no further, and did not go back to the attempt, is at its end: a
    /// server that gives no more than a few, or nothing at all, proves nothing.
    fn is_the_end(&self, me: &Me, read: usize) -> bool {
        let counts = self.config.software().is_none_or(Software::counts_statuses);
        counts && me.statuses.is_some_and(|all| u64::try_from(read).is_ok_and(|read| read >= all))
    }
}
