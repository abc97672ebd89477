//! What one channel should show of one posting, and what has to be done for it.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::queue::Wish;
use super::{Draft, Inputs, Note, Pace, Reason, Step, When, copies};
use crate::adapt::Occasion;
use crate::channel::{DeliveryKey, Kind};
use crate::ledger::{
    Acceptance, CopyState, Deed, Delivery, DeliveryName, KnownChannel, KnownPosting, Occurrence,
    Standing, State,
};
use crate::posting::Posting;
use crate::site::ChannelSpec;

/// How much earlier than asked a reminder may come where no slot is left before the deadline.
const LONGEST_EARLY: TimeDelta = TimeDelta::days(7);

/// The longest time that anybody asks to wait with another try.
const LONGEST_RETRY: TimeDelta = TimeDelta::days(1);

/// Whether the page is among the site's postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    There,
    /// As it was last read; nothing new is said about it.
    Missing,
}

/// When something is wanted.
enum Asked {
    /// At this time, or not at all: it waits for no slot.
    Fixed(When),
    /// In a slot.
    InSlot { from: DateTime<Utc>, until: Option<DateTime<Utc>>, early: Option<DateTime<Utc>> },
    /// Once more, from this time on: it had its slot, and keeps to every other rule.
    Again { from: DateTime<Utc>, until: Option<DateTime<Utc>>, slot: Option<DateTime<Utc>> },
}

/// Whether what is closed needs a person first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    GoesOn,
    WaitsForAPerson,
}

/// One posting and one channel, with what was done so far.
pub(super) struct Pair<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) posting: &'a Posting,
    /// What is known of the posting.
    pub(super) known: Option<&'a KnownPosting>,
    /// When the ad closes, if it says so.
    pub(super) closes_at: Option<DateTime<Utc>>,
    pub(super) page: Page,
    pub(super) channel: &'a ChannelSpec,
    pub(super) known_channel: Option<&'a KnownChannel>,
    /// Of the channel among all.
    pub(super) index: usize,
    pub(super) deliveries: &'a [&'a Delivery],
    /// What is on its way to the channel, of any posting, and was not seen there yet.
    pub(super) on_their_way: &'a [&'a Delivery],
    pub(super) title: &'a Arc<str>,
}

impl Pair<'_> {
    /// Adds what is wanted of this posting on this channel. Returns whether the ad is open, or
    /// something of it is still under way.
    pub(super) fn plan(&self, draft: &mut Draft) -> bool {
        match (self.closed(), self.page) {
            (Some(cause), _) => {
                if self.close(&cause, draft) == Closing::WaitsForAPerson {
                    return true;
                }
            }
            (None, Page::There) => {
                self.announce(draft);
                self.update(draft);
                self.remind(draft);
                return true;
            }
            (None, Page::Missing) => {
                self.gone(draft);
                return true;
            }
        }
        let over = [State::Posted, State::Refused, State::Cancelled];
        self.deliveries.iter().any(|it| !over.contains(&it.state))
    }

    /// The page is gone and does not say why: what stands stays, and is said.
    fn gone(&self, draft: &mut Draft) {
        let known = self.known;
        let until = known
            .and_then(|known| known.missing_since)
            .map(|since| self.local(since + self.inputs.grace));
        let withdrawn = known.is_some_and(|known| known.withdrawn_at.is_some());
        let gone = match until.filter(|_| withdrawn) {
            Some(at) => Reason::WithdrawnFrom { at },
            None => Reason::PageGone {
                path: self.posting.path.clone(),
                posting: self.posting.id.clone(),
                until,
            },
        };
        for delivery in self.deliveries {
            let stands = delivery.copy.is_some_and(CopyState::stands);
            match delivery.state {
                State::Unknown => self.not(draft, delivery, Reason::Unknown),
                State::Planned => self.not(draft, delivery, gone.clone()),
                _ if stands => self.not(draft, delivery, gone.clone()),
                _ => {}
            }
        }
    }

    pub(super) fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        local(at, self.inputs.timezone)
    }

    fn announce(&self, draft: &mut Draft) {
        let latest = self.latest(Occasion::Announce, None);
        let ordinal = match latest {
            None => self.next_ordinal(Occasion::Announce),
            Some(delivery) => match (delivery.state, delivery.copy) {
                (State::Planned, _) => delivery.name.occurrence.clone(),
                // Taken back when the ad closed, and now it is open again.
                (State::Posted, Some(CopyState::Withdrawn)) | (State::Cancelled, _) => {
                    self.next_ordinal(Occasion::Announce)
                }
                (State::Asked, _) if self.says_closed(delivery) => {
                    self.next_ordinal(Occasion::Announce)
                }
                // The page has changed since, so what the channel refused is not what it says now.
                (State::Refused, _) if delivery.revision != self.posting.revision => {
                    self.next_ordinal(Occasion::Announce)
                }
                (State::Sending, _) => return self.not(draft, delivery, Reason::UnderWay),
                (State::Posted | State::Asked, _) => {
                    if delivery.copy == Some(CopyState::Gone) {
                        self.not(draft, delivery, Reason::CopyGone);
                    }
                    return;
                }
                (State::Refused, _) => {
                    return self.not(draft, delivery, Reason::Refused(delivery.reason.clone()));
                }
                (State::Unknown, _) => return self.not(draft, delivery, Reason::Unknown),
            },
        };
        let asked = self.when_announced(latest);
        let note = latest
            .is_some_and(|it| it.copy == Some(CopyState::Withdrawn) || self.says_closed(it))
            .then_some(Note::Reopened);
        self.push(draft, Occasion::Announce, ordinal, Deed::Publish, None, asked, note);
    }

    fn when_announced(&self, latest: Option<&Delivery>) -> Asked {
        let not = |reason| Asked::Fixed(When::Not { reason });
        if let Some(why) = self.channel.filter.rejects(self.posting) {
            return not(Reason::Filtered(why));
        }
        if let Some(at) = self.posting.publish_at.filter(|at| *at > self.inputs.now) {
            return not(Reason::NotYetPublished { at: self.local(at) });
        }
        if let Some(reason) = self.too_old() {
            return not(reason);
        }
        if let Some(reason) = self.not_declared() {
            return not(reason);
        }
        if let Some(reason) = self.not_approved() {
            return not(reason);
        }
        if let Some(retry) = latest.filter(|it| it.state == State::Planned && it.attempts > 0) {
            return self.again(retry, self.closes_at);
        }
        if let Some(reason) = self.settling() {
            return not(reason);
        }
        // What a clock that was ahead has written down is now, at the latest.
        let first_seen =
            |at: Option<DateTime<Utc>>| at.unwrap_or(self.inputs.now).min(self.inputs.now);
        let mut since = first_seen(self.known.map(|known| known.first_seen))
            .max(first_seen(self.known_channel.map(|known| known.first_seen)));
        if let Some(at) = self.posting.publish_at {
            since = since.max(at);
        }
        if let Some(Acceptance::Accepted { at }) = self.known.map(|known| known.acceptance) {
            since = since.max(at);
        }
        if let Some(before) = latest.filter(|it| it.name.occurrence.ordinal() > 1) {
            // Wanted again since then, and planned.
            since = since.max(before.changed_at);
        }
        if let Some(closed) = latest.filter(|it| it.state != State::Planned) {
            // Re-opened: its slot comes after it was taken back.
            let taken_back = self.latest_change(closed).map(|change| change.changed_at);
            since = since.max(closed.changed_at).max(taken_back.unwrap_or(closed.changed_at));
        }
        let since = since.min(self.inputs.now);
        Asked::InSlot { from: since, until: self.closes_at, early: None }
    }

    fn update(&self, draft: &mut Draft) {
        // A message that said the change is gone: what stands says something older.
        for gone in self
            .deliveries
            .iter()
            .filter(|it| it.name.occasion == Occasion::Update && it.copy == Some(CopyState::Gone))
        {
            self.not(draft, gone, Reason::CopyGone);
        }
        for copy in copies::to_update(self.deliveries, self.channel.update) {
            // What a person found may say anything: it is brought up to date.
            if copy.standing.as_ref().is_some_and(|standing| self.agrees(copy, standing)) {
                continue;
            }
            let deed = copies::deed_for_update(self.channel.update);
            self.change(copy, Occasion::Update, deed, draft);
        }
    }

    /// Whether a copy says what the page says now, as far as this channel shows it.
    fn agrees(&self, copy: &Delivery, standing: &Standing) -> bool {
        // One that says it is closed disagrees with an open page even of the same revision.
        if standing.revision == self.posting.revision && !self.says_closed(copy) {
            return true;
        }
        let occasion = match copy.name.occasion {
            Occasion::Close => Occasion::Announce,
            occasion => occasion,
        };
        (self.inputs.render)(self.posting, self.channel, occasion)
            .is_ok_and(|rendition| rendition.content_hash() == standing.content_hash)
    }

    fn close(&self, cause: &Reason, draft: &mut Draft) -> Closing {
        let announce = self.latest(Occasion::Announce, None);
        if announce.is_none_or(|it| matches!(it.state, State::Planned | State::Cancelled)) {
            let ordinal = match announce {
                Some(planned) if planned.state == State::Planned => planned.name.occurrence.clone(),
                _ => self.next_ordinal(Occasion::Announce),
            };
            let asked = Asked::Fixed(When::Not { reason: cause.clone() });
            self.push(draft, Occasion::Announce, ordinal, Deed::Publish, None, asked, None);
        }
        if let Some(unknown) = announce.filter(|it| it.state == State::Unknown) {
            self.not(draft, unknown, Reason::Unknown);
        }
        let mut closing = Closing::GoesOn;
        for copy in copies::to_close(self.deliveries, self.channel.close) {
            if self.shrinks_unexplained(cause) {
                let posting = self.posting.id.clone();
                self.not(draft, copy, Reason::ShrinksFeed { posting });
                closing = Closing::WaitsForAPerson;
                continue;
            }
            self.change(copy, Occasion::Close, copies::deed_for_close(self.channel.close), draft);
        }
        closing
    }

    /// Who fetches a list takes what is missing in it for closed. So a list gets shorter by itself
    /// only for a deadline, a draft or a closed mark; what was merely read out of an ad's words needs
    /// a person.
    fn shrinks_unexplained(&self, cause: &Reason) -> bool {
        let decided = self.known.is_some_and(|known| known.withdrawn_at.is_some());
        self.channel.kind() == Kind::Feed && matches!(cause, Reason::NoOpening) && !decided
    }

    /// What was last done to a copy; what was called off has changed nothing.
    fn latest_change(&self, copy: &Delivery) -> Option<&Delivery> {
        self.deliveries
            .iter()
            .filter(|it| it.target == Some(copy.key) && it.name.occasion != Occasion::Remind)
            .filter(|it| it.state != State::Cancelled)
            .max_by_key(|it| (it.changed_at, &it.name))
            .copied()
    }

    /// Whether readers of a copy are told that the ad is closed.
    fn says_closed(&self, copy: &Delivery) -> bool {
        copy.name.occasion == Occasion::Close
            || self.latest_change(copy).is_some_and(|change| {
                change.name.occasion == Occasion::Close
                    && matches!(change.state, State::Posted | State::Asked)
            })
    }

    /// What was begun with a copy, and nobody knows yet what came of it: it may have a part more by
    /// now, or stand under another id, so it is neither changed further nor taken back before that.
    fn unclear(&self, copy: &Delivery) -> Option<(&Delivery, Reason)> {
        self.deliveries
            .iter()
            .filter(|it| it.target == Some(copy.key))
            .filter(|it| matches!(it.deed, Deed::Edit | Deed::Withdraw))
            .find_map(|it| match it.state {
                State::Unknown => Some((*it, Reason::Unknown)),
                State::Sending => Some((*it, Reason::UnderWay)),
                _ => None,
            })
    }

    /// Plans to change a copy, unless that is under way, done, or came to nothing.
    fn change(&self, copy: &Delivery, occasion: Occasion, deed: Option<Deed>, draft: &mut Draft) {
        let Some(deed) = deed else {
            let reason = match occasion {
                Occasion::Close => Reason::StandsClosed,
                _ if self.says_closed(copy) => Reason::SaysClosed,
                _ => Reason::Stale,
            };
            return self.not(draft, copy, reason);
        };
        if let Some((unclear, reason)) = self.unclear(copy).filter(|_| deed != Deed::FollowUp) {
            return self.not(draft, unclear, reason);
        }
        let is_addressed = copies::has_address(copy, deed, &self.channel.config);
        if !is_addressed && copies::is_named_later(copy, &self.channel.config) {
            return self.not(draft, copy, Reason::NotNamedYet);
        }
        let deed = if is_addressed { deed } else { Deed::Ask };
        let target = Some(copy.key);
        let latest = self.latest_change(copy);
        let since = match occasion {
            Occasion::Close => self.closes_at,
            _ => self
                .known
                .filter(|known| known.revision == self.posting.revision)
                .map(|known| known.revision_since),
        };
        let since = since.filter(|at| *at <= self.inputs.now).unwrap_or(self.inputs.now);
        let under_way = latest.filter(|it| {
            it.name.occasion == occasion
                // A message that told of the change and was taken back tells nobody any more.
                && it.copy != Some(CopyState::Withdrawn)
                && (occasion == Occasion::Close
                    || it.revision == self.posting.revision
                    || !matches!(it.state, State::Posted | State::Refused | State::Asked))
        });
        let reopened = occasion == Occasion::Update && self.says_closed(copy);
        let note = reopened.then_some(Note::Reopened);
        match under_way.map(|it| (it, it.state)) {
            None => {
                let ordinal = self.next_ordinal(occasion);
                let asked = self.when_changed(copy, occasion, deed, since);
                self.push(draft, occasion, ordinal, deed, target, asked, note);
            }
            Some((planned, State::Planned)) => {
                let ordinal = planned.name.occurrence.clone();
                let asked = if planned.attempts > 0 {
                    self.again(planned, None)
                } else {
                    // It keeps the time since when it is wanted, and so its slot.
                    self.when_changed(copy, occasion, planned.deed, since.min(planned.changed_at))
                };
                self.push(draft, occasion, ordinal, planned.deed, target, asked, note);
            }
            Some((refused, State::Refused)) => {
                self.not(draft, refused, Reason::Refused(refused.reason.clone()));
            }
            Some((unknown, State::Unknown)) => self.not(draft, unknown, Reason::Unknown),
            Some((sending, State::Sending)) => self.not(draft, sending, Reason::UnderWay),
            Some((_, State::Posted | State::Asked | State::Cancelled)) => {}
        }
    }

    /// A copy is changed at once; a new message about it waits for a slot as others do. New words
    /// may need a person's agreement; that an ad is closed does not.
    fn when_changed(
        &self,
        copy: &Delivery,
        occasion: Occasion,
        deed: Deed,
        since: DateTime<Utc>,
    ) -> Asked {
        if let Some(reason) = (occasion != Occasion::Close).then(|| self.not_approved()).flatten() {
            return Asked::Fixed(When::Not { reason });
        }
        match deed {
            // Readers would get the answer before what it answers.
            Deed::FollowUp if copy.copy == Some(CopyState::Held) => {
                Asked::Fixed(When::Not { reason: Reason::WithModerator })
            }
            Deed::FollowUp => Asked::InSlot { from: since, until: None, early: None },
            _ => Asked::Fixed(self.at(since)),
        }
    }

    /// When a delivery that was put off, or proved absent, is tried once more. A time that a clock
    /// which was ahead has left is not waited for.
    fn again(&self, retry: &Delivery, until: Option<DateTime<Utc>>) -> Asked {
        let from = retry.due_at.min(self.inputs.now + LONGEST_RETRY);
        match retry.deed {
            Deed::Publish | Deed::FollowUp => Asked::Again { from, until, slot: retry.slot },
            Deed::Edit | Deed::Withdraw | Deed::Ask => Asked::Fixed(self.at(from)),
        }
    }

    fn remind(&self, draft: &mut Draft) {
        let Some(deadline) = self.closes_at else { return };
        let Some(announced) = copies::announced(self.deliveries) else { return };
        // What cannot be answered is reminded of by a message of its own.
        let deed = match copies::deed_for_reminder(self.channel.kind()) {
            deed if copies::has_address(announced, deed, &self.channel.config) => deed,
            _ => Deed::Publish,
        };
        let target = (deed == Deed::FollowUp).then_some(announced.key);
        for offset in &self.channel.remind {
            let occurrence = Occurrence::Named(Arc::clone(&offset.text));
            let existing = self.deliveries.iter().find(|it| {
                it.name.occasion == Occasion::Remind && it.name.occurrence == occurrence
            });
            let asked = match existing.map(|it| it.state) {
                None | Some(State::Planned | State::Cancelled) => {
                    let from = deadline - offset.length;
                    let waits = existing.is_some_and(|it| it.state == State::Planned);
                    if from <= announced.changed_at + self.channel.repeat_gap() && !waits {
                        // Announced within that time: the announcement itself is the reminder.
                        continue;
                    }
                    match (existing, self.not_approved()) {
                        (_, Some(reason)) => Asked::Fixed(When::Not { reason }),
                        (Some(retry), None) if retry.attempts > 0 => {
                            self.again(retry, Some(deadline))
                        }
                        _ => self.when_reminded(from, deadline, announced),
                    }
                }
                Some(State::Unknown) => Asked::Fixed(When::Not { reason: Reason::Unknown }),
                Some(State::Refused) => Asked::Fixed(When::Not {
                    reason: Reason::Refused(
                        existing.map(|it| it.reason.clone()).unwrap_or_default(),
                    ),
                }),
                Some(State::Sending) => Asked::Fixed(When::Not { reason: Reason::UnderWay }),
                Some(State::Posted | State::Asked) => continue,
            };
            self.push(draft, Occasion::Remind, occurrence, deed, target, asked, None);
        }
    }

    /// A reminder over a weekend comes before it rather than not at all.
    fn when_reminded(
        &self,
        from: DateTime<Utc>,
        deadline: DateTime<Utc>,
        announced: &Delivery,
    ) -> Asked {
        let early = (from - LONGEST_EARLY).max(announced.changed_at + self.channel.repeat_gap());
        Asked::InSlot { from, until: Some(deadline), early: Some(early) }
    }

    /// Whether this posting waits for slots: who names pages is in a hurry with those alone.
    fn pace(&self) -> Pace {
        let named = &self.inputs.named;
        let meant = named.is_empty() || named.contains(&self.posting.id);
        if meant { self.inputs.pace } else { Pace::OnSchedule }
    }

    /// Due or to come, unless the channel is paused.
    fn at(&self, time: DateTime<Utc>) -> When {
        if let Some(reason) = self.paused() {
            return When::Not { reason };
        }
        if time <= self.inputs.now { When::Due { since: time } } else { When::At { slot: time } }
    }

    /// The newest delivery of an occasion, by ordinal.
    fn latest(&self, occasion: Occasion, target: Option<DeliveryKey>) -> Option<&Delivery> {
        self.deliveries
            .iter()
            .filter(|it| it.name.occasion == occasion && (target.is_none() || it.target == target))
            .max_by_key(|it| it.name.occurrence.ordinal())
            .copied()
    }

    /// An ordinal is given once: what was cancelled keeps its own.
    fn next_ordinal(&self, occasion: Occasion) -> Occurrence {
        let last = self.latest(occasion, None).map_or(0, |it| it.name.occurrence.ordinal());
        Occurrence::Ordinal(last + 1)
    }

    #[expect(clippy::too_many_arguments, reason = "a step is made in this one place")]
    fn push(
        &self,
        draft: &mut Draft,
        occasion: Occasion,
        occurrence: Occurrence,
        deed: Deed,
        target: Option<DeliveryKey>,
        asked: Asked,
        note: Option<Note>,
    ) {
        // Several copies of one channel are changed in one plan: each gets an ordinal of its own.
        let ours = draft.plan.steps.get(draft.pair_from..).unwrap_or_default();
        let mut occurrence = occurrence;
        while ours.iter().any(|it| it.name.occasion == occasion && it.name.occurrence == occurrence)
        {
            occurrence = Occurrence::Ordinal(occurrence.ordinal() + 1);
        }
        let name = DeliveryName {
            posting: self.posting.id.clone(),
            channel: self.channel.name.clone(),
            occasion,
            occurrence,
        };
        let key = self
            .deliveries
            .iter()
            .find(|it| it.name.occasion == occasion && it.name.occurrence == name.occurrence)
            .map_or_else(
                || name.key(self.inputs.past.ledger.unwrap_or(Uuid::nil())),
                |on_record| on_record.key,
            );
        let hold = match asked {
            Asked::Fixed(_) => None,
            Asked::InSlot { .. } | Asked::Again { .. } => {
                self.paused().or_else(|| self.behind_another(occasion, key))
            }
        };
        let asked = match hold {
            Some(reason) => Asked::Fixed(When::Not { reason }),
            None => asked,
        };
        let when = match asked {
            Asked::Fixed(when) => when,
            // Until the slots are shared out, nothing has one.
            Asked::InSlot { from, until, early } => {
                let posting = self.posting.id.clone();
                let pace = self.pace();
                let wish = Wish { posting, key, from, until, early, slot: None, pace };
                self.wait(draft, wish);
                When::Not { reason: Reason::NoSlot }
            }
            Asked::Again { from, until, slot } => {
                let posting = self.posting.id.clone();
                let pace = Pace::AtOnce;
                let wish = Wish { posting, key, from, until, early: None, slot, pace };
                let step = draft.plan.steps.len();
                if let Some(waiting) = draft.lines.get_mut(self.index) {
                    waiting.again.push((step, wish));
                }
                When::Not { reason: Reason::NoSlot }
            }
        };
        draft.plan.steps.push(Step {
            key,
            name,
            title: Arc::clone(self.title),
            deed,
            target,
            revision: self.posting.revision.clone(),
            slot: None,
            note,
            when,
        });
    }

    /// Puts the step that comes next into the channel's line.
    fn wait(&self, draft: &mut Draft, wish: Wish) {
        let step = draft.plan.steps.len();
        let Some(waiting) = draft.lines.get_mut(self.index) else { return };
        // What could not be prepared at an earlier round takes what the others leave.
        let troubled = self
            .deliveries
            .iter()
            .any(|it| it.key == wish.key && it.state == State::Planned && !it.reason.is_empty());
        if troubled {
            waiting.troubled.push((step, wish));
        } else if self.page_is_seen() {
            waiting.ready.push((step, wish));
        } else {
            waiting.unseen.push((step, wish));
        }
    }

    /// Says why nothing happens about a delivery that is in the ledger.
    fn not(&self, draft: &mut Draft, delivery: &Delivery, reason: Reason) {
        draft.plan.steps.push(Step {
            key: delivery.key,
            name: delivery.name.clone(),
            title: Arc::clone(self.title),
            deed: delivery.deed,
            target: delivery.target,
            revision: delivery.revision.clone(),
            slot: None,
            note: None,
            when: When::Not { reason },
        });
    }
}

/// A time as the site's clock shows it: a date that midnight turns is the page's own.
pub(super) fn local(at: DateTime<Utc>, zone: Tz) -> DateTime<FixedOffset> {
    at.with_timezone(&zone).fixed_offset()
}
