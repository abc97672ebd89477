//! What one channel should show of one posting, and what has to be done for it.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use uuid::Uuid;

use super::{Inputs, Pace, Plan, Reason, Step, When, copies};
use crate::adapt::Occasion;
use crate::channel::DeliveryKey;
use crate::ledger::{CopyState, Deed, Delivery, DeliveryName, Occurrence, State};
use crate::posting::{Availability, Posting};
use crate::site::ChannelSpec;

/// How much earlier than asked a reminder may come where no slot is left before the deadline.
const LONGEST_EARLY: TimeDelta = TimeDelta::days(7);

/// One posting and one channel, with what was done so far.
pub(super) struct Pair<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) posting: &'a Posting,
    pub(super) channel: &'a ChannelSpec,
    pub(super) deliveries: Vec<&'a Delivery>,
}

impl Pair<'_> {
    /// Adds what is wanted of this posting on this channel, and cancels what is not any more.
    pub(super) fn plan(&self, plan: &mut Plan) {
        let first = plan.steps.len();
        match self.closed() {
            Some(cause) => self.close(&cause, plan),
            None => {
                self.announce(plan);
                self.update(plan);
                self.remind(plan);
            }
        }
        let wanted: BTreeSet<DeliveryKey> = plan.steps[first..]
            .iter()
            .filter(|step| step.when.time().is_some() || self.only_waits(step))
            .map(|step| step.key)
            .collect();
        for delivery in &self.deliveries {
            if delivery.state == State::Planned && !wanted.contains(&delivery.key) {
                let reason = plan.steps[first..]
                    .iter()
                    .find(|step| step.key == delivery.key)
                    .and_then(|step| match &step.when {
                        When::Not { reason } => Some(reason.to_string()),
                        _ => None,
                    });
                let reason = reason.unwrap_or_else(|| "nothing asks for it any more".to_owned());
                plan.cancel.push((delivery.key, reason));
            }
        }
    }

    /// A planned delivery is kept while what holds it back can pass.
    fn only_waits(&self, step: &Step) -> bool {
        matches!(
            &step.when,
            When::Not { reason: Reason::Paused { .. } | Reason::NotYetPublished { .. } }
        )
    }

    /// Why the ad is closed, if it is.
    fn closed(&self) -> Option<Reason> {
        match &self.posting.availability {
            Availability::Draft(_) => return Some(Reason::Draft),
            Availability::Closed(_) => return Some(Reason::Closed),
            Availability::Open => {}
        }
        let at = self.posting.closes_at(self.inputs.timezone)?;
        (at < self.inputs.now).then(|| Reason::Expired { at: self.local(at) })
    }

    /// A time as the site's clock shows it: a date that midnight turns is the page's own.
    fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.inputs.timezone).fixed_offset()
    }

    fn announce(&self, plan: &mut Plan) {
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
                (State::Posted | State::Asked | State::Sending, _) => {
                    if delivery.copy == Some(CopyState::Gone) {
                        self.not(plan, delivery, Reason::CopyGone);
                    }
                    return;
                }
                (State::Refused, _) => {
                    return self.not(plan, delivery, Reason::Refused(delivery.reason.clone()));
                }
                (State::Unknown, _) => return self.not(plan, delivery, Reason::Unknown),
            },
        };
        let when = self.when_announced(latest);
        self.push(plan, Occasion::Announce, ordinal, Deed::Publish, None, when);
    }

    fn when_announced(&self, latest: Option<&Delivery>) -> When {
        if let Some(why) = self.channel.filter.rejects(self.posting) {
            return When::Not { reason: Reason::Filtered(why) };
        }
        if let Some(at) = self.posting.publish_at.filter(|at| *at > self.inputs.now) {
            return When::Not { reason: Reason::NotYetPublished { at: self.local(at) } };
        }
        if let Some(retry) = latest.filter(|it| it.state == State::Planned && it.attempts > 0) {
            return self.at(retry.due_at);
        }
        let first_seen = |at: Option<DateTime<Utc>>| at.unwrap_or(self.inputs.now);
        let past = self.inputs.past;
        let mut since = first_seen(
            past.postings.get(&self.posting.id).map(|known| known.first_seen),
        )
        .max(first_seen(past.channels.get(&self.channel.name).map(|known| known.first_seen)));
        if let Some(at) = self.posting.publish_at {
            since = since.max(at);
        }
        if let Some(closed) = latest.filter(|it| it.state != State::Planned) {
            // Re-opened: its slot comes after it was taken back.
            since = since.max(closed.changed_at);
        }
        self.slot_from(since)
    }

    fn update(&self, plan: &mut Plan) {
        for copy in copies::to_update(&self.deliveries, self.channel.update) {
            let Some(standing) = &copy.standing else { continue };
            // A copy that says it is closed disagrees with an open page even of the same revision.
            if standing.revision == self.posting.revision && !self.says_closed(copy) {
                continue;
            }
            // A change that this channel does not show needs no update.
            let occasion = match copy.name.occasion {
                Occasion::Close => Occasion::Announce,
                occasion => occasion,
            };
            match (self.inputs.render)(self.posting, self.channel, occasion) {
                Ok(rendition) if rendition.content_hash() == standing.content_hash => continue,
                _ => {}
            }
            self.change(copy, Occasion::Update, copies::deed_for_update(self.channel.update), plan);
        }
    }

    fn close(&self, cause: &Reason, plan: &mut Plan) {
        let announce = self.latest(Occasion::Announce, None);
        if announce.is_none_or(|it| matches!(it.state, State::Planned | State::Cancelled)) {
            let ordinal = match announce {
                Some(planned) if planned.state == State::Planned => planned.name.occurrence.clone(),
                _ => self.next_ordinal(Occasion::Announce),
            };
            let when = When::Not { reason: cause.clone() };
            self.push(plan, Occasion::Announce, ordinal, Deed::Publish, None, when);
        }
        if let Some(unknown) = announce.filter(|it| it.state == State::Unknown) {
            self.not(plan, unknown, Reason::Unknown);
        }
        for copy in copies::to_close(&self.deliveries, self.channel.close) {
            self.change(copy, Occasion::Close, copies::deed_for_close(self.channel.close), plan);
        }
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

    /// Plans to change a copy, unless that is under way, done, or came to nothing.
    fn change(&self, copy: &Delivery, occasion: Occasion, deed: Option<Deed>, plan: &mut Plan) {
        let Some(deed) = deed else {
            let reason = match occasion {
                Occasion::Close => Reason::StandsClosed,
                _ => Reason::Stale,
            };
            return self.not(plan, copy, reason);
        };
        let deed = if copies::has_address(copy, self.channel.kind()) { deed } else { Deed::Ask };
        let target = Some(copy.key);
        let latest = self.latest_change(copy);
        let since = match occasion {
            Occasion::Close => self.posting.closes_at(self.inputs.timezone),
            _ => self
                .inputs
                .past
                .postings
                .get(&self.posting.id)
                .filter(|known| known.revision == self.posting.revision)
                .map(|known| known.revision_since),
        };
        let since = since.filter(|at| *at <= self.inputs.now).unwrap_or(self.inputs.now);
        let under_way = latest.filter(|it| {
            it.name.occasion == occasion
                && (occasion == Occasion::Close
                    || it.revision == self.posting.revision
                    || !matches!(it.state, State::Posted | State::Refused | State::Asked))
        });
        match under_way.map(|it| (it, it.state)) {
            None => {
                let ordinal = self.next_ordinal(occasion);
                self.push(plan, occasion, ordinal, deed, target, self.when_changed(deed, since));
            }
            Some((planned, State::Planned)) => {
                let ordinal = planned.name.occurrence.clone();
                let when = if planned.attempts > 0 {
                    self.at(planned.due_at)
                } else {
                    self.when_changed(planned.deed, since)
                };
                self.push(plan, occasion, ordinal, planned.deed, target, when);
            }
            Some((refused, State::Refused)) => {
                self.not(plan, refused, Reason::Refused(refused.reason.clone()));
            }
            Some((unknown, State::Unknown)) => self.not(plan, unknown, Reason::Unknown),
            Some((_, State::Posted | State::Sending | State::Asked | State::Cancelled)) => {}
        }
    }

    /// A copy is changed at once; a new message about it waits for a slot as others do.
    fn when_changed(&self, deed: Deed, since: DateTime<Utc>) -> When {
        let slot = match &self.channel.schedule {
            Some(schedule) if deed == Deed::FollowUp && self.inputs.pace == Pace::OnSchedule => {
                schedule.first_from(since)
            }
            _ => Some(since),
        };
        slot.map_or(When::Not { reason: Reason::NoSlot }, |slot| self.at(slot))
    }

    fn remind(&self, plan: &mut Plan) {
        let Some(deadline) = self.posting.closes_at(self.inputs.timezone) else { return };
        let Some(announced) = copies::announced(&self.deliveries) else { return };
        let deed = copies::deed_for_reminder(self.channel.kind());
        let target = (deed == Deed::FollowUp).then_some(announced.key);
        for offset in &self.channel.remind {
            let occurrence = Occurrence(offset.text.clone());
            let existing = self.deliveries.iter().find(|it| {
                it.name.occasion == Occasion::Remind && it.name.occurrence == occurrence
            });
            let when = match existing.map(|it| it.state) {
                None | Some(State::Planned | State::Cancelled) => {
                    let from = deadline - offset.length;
                    let waits = existing.is_some_and(|it| it.state == State::Planned);
                    if from <= announced.changed_at && !waits {
                        // Announced within that time: the announcement itself is the reminder.
                        continue;
                    }
                    match existing {
                        Some(retry) if retry.attempts > 0 => self.at(retry.due_at),
                        _ => self.reminder_slot(from, announced),
                    }
                }
                Some(State::Unknown) => When::Not { reason: Reason::Unknown },
                Some(State::Refused) => When::Not {
                    reason: Reason::Refused(
                        existing.map(|it| it.reason.clone()).unwrap_or_default(),
                    ),
                },
                Some(State::Posted | State::Asked | State::Sending) => continue,
            };
            self.push(plan, Occasion::Remind, occurrence, deed, target, when);
        }
    }

    fn reminder_slot(&self, from: DateTime<Utc>, announced: &Delivery) -> When {
        if from > self.inputs.now && self.channel.schedule.is_none() {
            return self.at(from);
        }
        match &self.channel.schedule {
            _ if from <= self.inputs.now && self.inputs.pace == Pace::AtOnce => self.at(from),
            None => self.at(from),
            Some(schedule) => match schedule.first_from(from) {
                Some(slot) if !self.is_after_deadline(slot) => self.at(slot),
                // A reminder over a weekend comes before it rather than not at all.
                _ => {
                    let earliest = (from - LONGEST_EARLY).max(announced.changed_at);
                    let slot = schedule.last_between(earliest, from);
                    slot.map_or(When::Not { reason: Reason::NoSlot }, |slot| self.at(slot))
                }
            },
        }
    }

    /// The first slot from a time on, unless the ad closes before it.
    fn slot_from(&self, since: DateTime<Utc>) -> When {
        let slot = match &self.channel.schedule {
            _ if self.inputs.pace == Pace::AtOnce => Some(since),
            None => Some(since),
            Some(schedule) => schedule.first_from(since),
        };
        match slot {
            Some(slot) if !self.is_after_deadline(slot) => self.at(slot),
            _ => When::Not { reason: Reason::NoSlot },
        }
    }

    fn is_after_deadline(&self, slot: DateTime<Utc>) -> bool {
        self.posting.closes_at(self.inputs.timezone).is_some_and(|closes| slot > closes)
    }

    /// Due or to come, unless the channel is paused.
    fn at(&self, time: DateTime<Utc>) -> When {
        let known = self.inputs.past.channels.get(&self.channel.name);
        if let Some(pause) = known.and_then(|known| known.paused.as_ref()) {
            return When::Not { reason: Reason::Paused { why: pause.reason.clone() } };
        }
        if time <= self.inputs.now { When::Due { since: time } } else { When::At { slot: time } }
    }

    /// The newest delivery of an occasion, by ordinal.
    fn latest(&self, occasion: Occasion, target: Option<DeliveryKey>) -> Option<&Delivery> {
        self.deliveries
            .iter()
            .filter(|it| it.name.occasion == occasion && (target.is_none() || it.target == target))
            .max_by_key(|it| copies::ordinal(&it.name.occurrence))
            .copied()
    }

    /// An ordinal is given once: what was cancelled keeps its own.
    fn next_ordinal(&self, occasion: Occasion) -> Occurrence {
        let last = self.latest(occasion, None).map_or(0, |it| copies::ordinal(&it.name.occurrence));
        Occurrence((last + 1).to_string())
    }

    fn push(
        &self,
        plan: &mut Plan,
        occasion: Occasion,
        occurrence: Occurrence,
        deed: Deed,
        target: Option<DeliveryKey>,
        when: When,
    ) {
        let mut name = DeliveryName {
            posting: self.posting.id.clone(),
            channel: self.channel.name.clone(),
            occasion,
            occurrence,
        };
        // Several copies of one channel are changed in one plan: each gets an ordinal of its own.
        // The steps of a posting on a channel stand together.
        let ours =
            |step: &&Step| step.name.posting == name.posting && step.name.channel == name.channel;
        let taken: BTreeSet<Occurrence> = plan
            .steps
            .iter()
            .rev()
            .take_while(ours)
            .filter(|step| step.name.occasion == occasion)
            .map(|step| step.name.occurrence.clone())
            .collect();
        while taken.contains(&name.occurrence) {
            name.occurrence = Occurrence((copies::ordinal(&name.occurrence) + 1).to_string());
        }
        plan.steps.push(Step {
            key: name.key(self.inputs.past.ledger.unwrap_or(Uuid::nil())),
            name,
            title: self.posting.name().to_owned(),
            deed,
            target,
            revision: self.posting.revision.clone(),
            when,
        });
    }

    /// Says why nothing happens about a delivery that is in the ledger.
    fn not(&self, plan: &mut Plan, delivery: &Delivery, reason: Reason) {
        plan.steps.push(Step {
            key: delivery.key,
            name: delivery.name.clone(),
            title: self.posting.name().to_owned(),
            deed: delivery.deed,
            target: delivery.target,
            revision: delivery.revision.clone(),
            when: When::Not { reason },
        });
    }
}
