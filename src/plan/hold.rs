//! What holds a posting back from a channel, beside its slot: it is closed, too old, still changing,
//! not agreed to, not to be seen yet, or the channel is paused.

use super::pair::{Page, Pair};
use super::reason::Same;
use super::{Reason, words_to_approve};
use crate::adapt::{Occasion, Rendition};
use crate::channel::DeliveryKey;
use crate::ledger::{Acceptance, CopyState, Delivery};
use crate::posting::{Availability, Posting, PostingId};
use crate::site::queue::{Approval, OpenPosts, PageWait};

impl Pair<'_> {
    /// Why the ad is closed, if it is.
    pub(super) fn closed(&self) -> Option<Reason> {
        match &self.posting.availability {
            Availability::Draft(_) => return Some(Reason::Draft),
            Availability::NoOpening(_) => return Some(Reason::NoOpening),
            Availability::Closed(_) => return Some(Reason::Closed),
            Availability::Open => {}
        }
        if let Some(at) = self.closes_at
            && at < self.inputs.now
        {
            return Some(Reason::Expired { at: self.local(at) });
        }
        self.withdrawn()
    }

    /// A person wants the copies taken back. Where the page is gone without an explanation, that
    /// counts only after a time of grace: the folder may come back.
    fn withdrawn(&self) -> Option<Reason> {
        let known = self.known?;
        known.withdrawn_at?;
        let waits = match (self.page, known.missing_since) {
            (Page::There, _) => false,
            (Page::Missing, Some(since)) => since + self.inputs.grace > self.inputs.now,
            (Page::Missing, None) => true,
        };
        (!waits).then_some(Reason::Withdrawn)
    }

    /// An ad that was there before the first start, or is older than the channel wants.
    pub(super) fn too_old(&self) -> Option<Reason> {
        let named = self.inputs.named.contains(&self.posting.id);
        let acceptance = self.known.map(|known| known.acceptance);
        if acceptance == Some(Acceptance::Waits) && !named {
            return Some(Reason::Predates { posting: self.posting.id.clone() });
        }
        if acceptance != Some(Acceptance::Waits)
            && !named
            && !matches!(acceptance, Some(Acceptance::Accepted { .. }))
            && let Some(from) = self.renamed_from()
        {
            return Some(Reason::LooksRenamed { posting: self.posting.id.clone(), from });
        }
        let accepted = named || matches!(acceptance, Some(Acceptance::Accepted { .. }));
        let most = self.channel.holds.max_age.filter(|_| !accepted)?;
        let dated = self.posting.publish_at.or(self.posting.date)?;
        (self.inputs.now - dated > most)
            .then(|| Reason::TooOld { dated: self.local(dated), posting: self.posting.id.clone() })
    }

    /// An ad with the same title whose page is gone, and of which something stands: announced under
    /// another id it would stand twice.
    fn renamed_from(&self) -> Option<PostingId> {
        let stands = |id: &PostingId| {
            self.inputs.past.deliveries.iter().any(|delivery| {
                delivery.name.posting == *id && delivery.copy.is_some_and(CopyState::stands)
            })
        };
        let same = |it: &&Posting| it.name() == self.posting.name() && stands(&it.id);
        self.inputs.missing.iter().find(same).map(|it| it.id.clone())
    }

    /// The page has changed too recently to be announced.
    pub(super) fn settling(&self) -> Option<Reason> {
        let settle = self.channel.holds.settle;
        if settle.is_zero() {
            return None;
        }
        let since = match self.known {
            Some(known) if known.revision == self.posting.revision => {
                known.revision_since.min(self.inputs.now)
            }
            _ => self.inputs.now,
        };
        let until = since + settle;
        (until > self.inputs.now).then(|| Reason::Settling { until: self.local(until) })
    }

    /// Nobody has confirmed what the site wants to be certain of.
    pub(super) fn not_declared(&self) -> Option<Reason> {
        let wanted = &self.channel.holds.declared;
        if wanted.is_empty() {
            return None;
        }
        let mut terms = self.posting.guessed();
        terms.retain(|term| wanted.contains(term));
        let path = self.posting.source.path.display().to_string();
        (!terms.is_empty()).then_some(Reason::NotDeclared { path, terms })
    }

    /// Nobody has agreed to these words yet.
    pub(super) fn not_approved(&self) -> Option<Reason> {
        let needed = self.channel.holds.approval == Approval::Needed
            || self.posting.asks_for_approval.is_some();
        if !needed {
            return None;
        }
        let name = (self.posting.id.clone(), self.channel.name.clone());
        let approval = self.inputs.past.approvals.get(&name);
        let words = words_to_approve(self.posting, self.channel, self.inputs.render);
        match (approval, words) {
            (Some(approval), Ok(words)) if approval.content_hash == words => None,
            (approval, _) => Some(Reason::NotApproved {
                posting: self.posting.id.clone(),
                void: approval.map(|approval| self.local(approval.at)),
            }),
        }
    }

    /// Whether the page was seen where its readers will look for it, as far as that matters.
    pub(super) fn page_is_seen(&self) -> bool {
        self.channel.holds.page == PageWait::DoNotWait
            || self.known.is_some_and(|known| known.page.seen_at.is_some())
    }

    pub(super) fn paused(&self) -> Option<Reason> {
        let past = self.inputs.past;
        let pause =
            self.known_channel.and_then(|known| known.paused.as_ref()).or(past.paused.as_ref())?;
        Some(Reason::Paused { why: pause.reason.clone() })
    }

    /// Another message is on its way to the list, and what comes back could not be told apart.
    pub(super) fn behind_another(&self, occasion: Occasion, key: DeliveryKey) -> Option<Reason> {
        let mut others = self.on_their_way.iter().filter(|it| it.key != key);
        let (other, same) = match self.channel.holds.open_posts {
            OpenPosts::Any => return None,
            OpenPosts::One => (others.next()?, Same::List),
            OpenPosts::OnePerSubject => {
                let mut others = others.peekable();
                others.peek()?;
                let ours = self.subject(self.posting, occasion)?.to_lowercase();
                let same = |it: &&&Delivery| {
                    self.subject_of(it).is_some_and(|theirs| theirs.to_lowercase() == ours)
                };
                (others.find(same)?, Same::Subject)
            }
        };
        let since = self.local(other.attempted_at.unwrap_or(other.changed_at));
        Some(Reason::BehindAnother { posting: other.name.posting.clone(), since, same })
    }

    /// The subject of what is on its way; where its words are not on record, as it would be now.
    fn subject_of(&self, delivery: &Delivery) -> Option<String> {
        if let Some(standing) = &delivery.standing {
            return subject(&standing.rendition).map(str::to_owned);
        }
        let mut postings = self.inputs.postings.iter().chain(self.inputs.missing);
        let posting = postings.find(|it| it.id == delivery.name.posting)?;
        self.subject(posting, delivery.name.occasion)
    }

    fn subject(&self, posting: &Posting, occasion: Occasion) -> Option<String> {
        let rendition = (self.inputs.render)(posting, self.channel, occasion).ok()?;
        subject(&rendition).map(str::to_owned)
    }
}

fn subject(rendition: &Rendition) -> Option<&str> {
    match rendition {
        Rendition::Mail { subject, .. } => Some(subject),
        _ => None,
    }
}
