//! Looking back: what became of a commit, and what readers see of it.

use super::Git;
use super::look::{At, at, look, same, says, standing};
use super::repository::Failure;
use super::request::State;
use crate::channel::wire::{GitCommit, Verb};
use crate::channel::{Receipt, Sight, Trace};

impl Git {
    /// What the server's branches show of a commit.
    ///
    /// # Errors
    /// [`Failure`] if they could not be seen.
    pub(super) async fn found(&self, wanted: &GitCommit) -> Result<Trace, Failure> {
        let repository = match self.repository() {
            Ok(repository) => repository,
            Err(outcome) => return Ok(Trace::NotYet { why: outcome.why().to_owned() }),
        };
        let look = look(&repository, wanted).await?;
        let says = |text: &At| says(text.text.as_deref(), wanted).unwrap_or(false);
        let branch = match (&look.own, &look.earlier) {
            (Some(own), _) if says(own) => Some(wanted.branch.as_str()),
            (_, Some(earlier)) if says(earlier) => wanted.earlier.as_deref(),
            _ => None,
        };
        let merged = says(&look.base);
        let stands = matches!(standing(look.base.text.as_deref(), wanted), Ok(Some(_)));
        let requests = self.requests();
        let request = match (&requests, branch.or(wanted.earlier.as_deref())) {
            (Some(requests), Some(branch)) => {
                match requests.find(self.config.owner(), branch).await {
                    Ok(found) => found,
                    Err(outcome) => return Ok(Trace::NotYet { why: outcome.why().to_owned() }),
                }
            }
            _ => None,
        };
        let own_branch = branch.unwrap_or(&wanted.branch);
        let link = request.as_ref().and_then(|request| request.link.clone());
        Ok(match (wanted.verb, request.map(|request| request.state)) {
            // What was never merged is gone once nobody can merge it any more.
            (Verb::Withdraw, state) if merged => match (state, &look.earlier) {
                (Some(State::Open), Some(_)) if branch.is_none() => Trace::Absent,
                (None, Some(_)) if branch.is_none() => Trace::Absent,
                _ => Trace::Found(Receipt::default()),
            },
            // Its keepers may have reworded it.
            (Verb::Create, Some(State::Merged)) if merged || stands => {
                let link = self.config.readers.clone().or(link);
                Trace::Found(self.receipt(wanted, own_branch, link))
            }
            (_, _) if merged => {
                let link = self.config.readers.clone().or(link);
                Trace::Found(self.receipt(wanted, own_branch, link))
            }
            (_, Some(State::Closed)) if branch.is_some() => {
                Trace::TurnedDown { why: "the request was closed without being merged".to_owned() }
            }
            (Verb::Create, Some(_)) if branch.is_some() => Trace::Held {
                receipt: self.receipt(wanted, own_branch, link),
                why: "the request waits to be merged".to_owned(),
            },
            // A change that stands on its branch, and is asked for, is done.
            (_, Some(_)) if branch.is_some() => {
                Trace::Found(self.receipt(wanted, own_branch, link))
            }
            // The branch may stand: the same once more finds it, and goes on from there.
            _ => Trace::Absent,
        })
    }

    /// What readers see of a copy.
    ///
    /// # Errors
    /// In words, if it could not be seen.
    pub(super) async fn sight(
        &self,
        receipt: &Receipt,
        expected: Option<&str>,
    ) -> Result<Sight, String> {
        let id = receipt.remote_id.as_deref().and_then(|id| id.split_once(' '));
        let (branch, name) = id.ok_or("the receipt names no entry")?;
        let repository = self.repository().map_err(|outcome| outcome.why().to_owned())?;
        let said = |failure: Failure| failure.why();
        repository.prepare().await.map_err(said)?;
        let base = repository.fetch(&self.config.repository, &self.config.branch).await;
        let path = if self.config.list.is_some() { self.config.file.as_str() } else { name };
        let base = at(&repository, base.map_err(said)?, path).await.map_err(said)?;
        let text = base.text.as_deref();
        let stands = match (&self.config.list, text) {
            (_, None) => None,
            (Some(list), Some(text)) => list.find(text, name).map_err(|error| error.to_string())?,
            (None, Some(text)) => Some(text),
        };
        Ok(match (stands, expected) {
            (Some(stands), Some(expected)) if !same(stands, expected) => {
                Sight::Differs { found: stands.to_owned() }
            }
            (Some(_), _) => Sight::Agrees,
            (None, _) => match self.requests() {
                Some(requests) => match requests.find(self.config.owner(), branch).await {
                    Ok(Some(found)) if found.state == State::Open => {
                        Sight::Unseen { why: "the request is open, and not merged yet".to_owned() }
                    }
                    Ok(_) => Sight::Gone,
                    Err(outcome) => Sight::Unseen { why: outcome.why().to_owned() },
                },
                None if repository
                    .remote_branch(self.config.pushed_to(), branch)
                    .await
                    .map_err(said)?
                    .is_some() =>
                {
                    Sight::Unseen { why: format!("the branch {branch} is not merged") }
                }
                None => Sight::Gone,
            },
        })
    }
}
