//! The pages behind the postings: what was seen of them is written down, those that are gone are
//! read again from what was kept of them, and a page that is to be announced is looked for where
//! its readers will look.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tracing::{info, warn};

use super::{Courier, Intake, Postings};
use crate::channel::http::{Exchange, Http};
use crate::channel::words;
use crate::channel::{ChannelName, Reach};
use crate::diagnostic::Source;
use crate::ledger::{
    Acceptance, Hiring, KnownPosting, LedgerError, Observed, PageSight, Past, Seen, storable,
};
use crate::plan::{Reason, Step, When};
use crate::posting::{self, Availability, PageFile, Posting, PostingId};

/// Whether pages were looked at: the plan says then what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    AtSome,
    AtNone,
}

impl Courier<'_> {
    /// Writes down what was read, and adds the postings whose page is gone.
    ///
    /// # Errors
    /// [`LedgerError`] if the record fails.
    pub async fn observe(&self, postings: &Postings) -> Result<Postings, LedgerError> {
        let now = self.clock.now();
        let zone = self.site.settings.timezone;
        let observed: Vec<Observed> =
            postings.open.iter().map(|posting| observed(posting, zone, now)).collect();
        let channels: Vec<ChannelName> =
            self.stations.iter().map(|station| station.spec.name.clone()).collect();
        let seen = Seen { postings: &observed, channels: &channels, unread: &postings.held_back };
        let today = now.with_timezone(&zone).date_naive();
        self.ledger.observe(&seen, today, now).await?;
        self.accept_named(postings, &self.open_past(postings).await?).await?;
        self.with_missing(postings).await
    }

    /// The same postings and those whose page is gone; nothing is written.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn with_missing(&self, postings: &Postings) -> Result<Postings, LedgerError> {
        let past = self.open_past(postings).await?;
        let mut postings = postings.clone();
        postings.missing = self.missing(past).await?;
        Ok(postings)
    }

    /// Who names a page wants it announced, however old it is; that is remembered, so that what a
    /// channel puts off is not held back by the next round.
    async fn accept_named(&self, postings: &Postings, past: &Past) -> Result<(), LedgerError> {
        let has_age = self.stations.iter().any(|it| it.spec.holds.max_age.is_some());
        for id in &postings.named {
            let known = past.postings.get(id);
            let waits = known.is_some_and(|known| match known.acceptance {
                Acceptance::Waits => true,
                Acceptance::New => has_age,
                Acceptance::Accepted { .. } => false,
            });
            if waits {
                self.ledger.accept(id, self.clock.now()).await?;
            }
        }
        Ok(())
    }

    /// The postings whose page is gone, as they were last read.
    async fn missing(&self, past: Past) -> Result<Vec<Posting>, LedgerError> {
        let mut missing = Vec::new();
        for known in past.postings.into_values() {
            let gone = known.missing_since.is_some() && known.finished_at.is_none();
            if !gone {
                continue;
            }
            if let Some((text, _)) = self.ledger.page_text(&known.id).await? {
                missing.extend(self.read_again(&known, text));
            }
        }
        Ok(missing)
    }

    fn read_again(&self, known: &KnownPosting, text: String) -> Option<Posting> {
        let path = self.site.content.join(&known.path);
        let page = PageFile {
            source: Source::new(path, text),
            path: known.path.clone(),
            ancestors: Vec::<Arc<Source>>::new(),
        };
        let reading = posting::read(&page, &self.site.settings);
        let of_page = reading.postings.into_iter().find(|it| it.sub_id == known.sub_id);
        of_page.map(|posting| Posting {
            id: known.id.clone(),
            // Pages above it and translations are not kept, so this is what it was known to say.
            revision: known.revision.clone(),
            ..posting
        })
    }

    /// Looks for the pages that wait to be seen before they are announced.
    pub(super) async fn look_at_pages(
        &self,
        steps: impl Iterator<Item = &Step>,
        postings: &Postings,
    ) -> Result<Looked, LedgerError> {
        let is_unseen =
            |step: &&Step| matches!(&step.when, When::Not { reason: Reason::PageNotSeen { .. } });
        let mut waiting: Vec<&PostingId> =
            steps.filter(is_unseen).map(|step| &step.name.posting).collect();
        if self.worker.intake() == Intake::Closed {
            return Ok(Looked::AtNone);
        }
        waiting.sort_unstable();
        waiting.dedup();
        let pages = waiting.into_iter().filter_map(|id| postings.named(id));
        let looks = pages.map(|posting| async move { (posting, self.look_at(posting).await) });
        let mut looked = Looked::AtNone;
        for (posting, seen) in futures_util::future::join_all(looks).await {
            looked = Looked::AtSome;
            let seen = match &seen {
                Ok(()) => Ok(()),
                Err(why) => Err(why.as_str()),
            };
            match seen {
                Ok(()) => {
                    info!(posting = %posting.id, page = %posting.permalink, "the page is there");
                }
                Err(why) => {
                    warn!(posting = %posting.id, page = %posting.permalink, why, "the page is not to be seen yet");
                }
            }
            self.ledger.note_page(&posting.id, seen, self.clock.now()).await?;
        }
        Ok(looked)
    }

    /// Whether the permalink answers and shows the title or the reference.
    async fn look_at(&self, posting: &Posting) -> Result<(), String> {
        let url = &posting.permalink;
        match Http::new(self.reach()).fetch(url).await {
            Exchange::Answer(answer) if answer.is_success() => {
                let facts = &posting.facts;
                let shown = [&facts.display_title, &facts.title, &facts.reference];
                let mut shown = shown.into_iter().flatten().map(|field| field.value.as_str());
                if shown.any(|words| words::page_shows(&answer.body, words)) {
                    Ok(())
                } else {
                    Err(format!("{url} answers, and shows neither the title nor the reference"))
                }
            }
            Exchange::Answer(answer) => Err(format!("{url} answers HTTP {}", answer.status)),
            Exchange::NoAnswer(outcome) => Err(format!("{url}: {}", outcome.why())),
        }
    }

    fn reach(&self) -> Reach {
        self.stations.first().map_or(Reach::Anywhere, |station| station.reach)
    }
}

/// What the ledger of a site that has none yet will know after its first look: for commands that
/// only look themselves.
pub fn first_sight(postings: &Postings, zone: Tz, now: DateTime<Utc>) -> Past {
    let today = now.with_timezone(&zone).date_naive();
    let known = postings.open.iter().map(|posting| {
        let observed = observed(posting, zone, now);
        let acceptance = if observed.predates(today) { Acceptance::Waits } else { Acceptance::New };
        let known = KnownPosting {
            id: observed.id,
            path: observed.path,
            translation_key: observed.translation_key,
            sub_id: observed.sub_id,
            reference: observed.reference,
            title: observed.title,
            first_seen: now,
            revision: observed.revision,
            revision_since: now,
            acceptance,
            withdrawn_at: None,
            missing_since: None,
            page: PageSight::default(),
            finished_at: None,
            erased_at: None,
        };
        (known.id.clone(), known)
    });
    Past { postings: known.collect(), ..Past::default() }
}

fn observed(posting: &Posting, zone: Tz, now: DateTime<Utc>) -> Observed {
    let is_closed = posting.availability != Availability::Open
        || posting.closes_at(zone).is_some_and(|closes| closes < now);
    Observed {
        id: posting.id.clone(),
        path: posting.path.clone(),
        translation_key: storable(&posting.translation_key),
        sub_id: posting.sub_id.as_deref().map(storable),
        reference: posting.facts.reference.as_ref().map(|field| storable(&field.value)),
        title: storable(posting.name()),
        language: posting.language.clone(),
        revision: posting.revision.clone(),
        source: storable(&posting.source.text),
        hiring: if is_closed { Hiring::Closed } else { Hiring::Open },
        dated: posting.publish_at.or(posting.date).map(|at| at.with_timezone(&zone).date_naive()),
    }
}
