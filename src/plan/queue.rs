//! Who gets which slot: the messages of one channel share its schedule.
//!
//! Wishes come in the order of their ads' deadlines, the nearest first, and each takes the earliest
//! moment that is still free: a slot with room in it, not in a quiet time, far enough from its
//! neighbours, on a day and in a month that are not used up. What is used stays used, so a moment
//! that was refused once is passed over for good, and a queue of thousands is walked once.
//!
//! A slot that was missed is served late, but only the newest one: after an outage there is no
//! flood. One that was missed by more than the channel's `lateness`, or before a quiet time that
//! has begun since, waits for the next.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, TimeZone, Utc};

use super::{Hold, Pace, Reason, When};
use crate::channel::{ChannelName, DeliveryKey};
use crate::ledger::Use;
use crate::posting::PostingId;
use crate::schedule::Schedule;
use crate::site::ChannelSpec;
use crate::site::queue::{Money, Queue};

/// A message that waits for a slot.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// Whose message it is.
    pub posting: PostingId,
    pub key: DeliveryKey,
    /// Not earlier.
    pub from: DateTime<Utc>,
    /// Not later: the ad closes.
    pub until: Option<DateTime<Utc>>,
    /// Where no slot is left between the two: the last one after this, rather than none.
    pub early: Option<DateTime<Utc>>,
    /// The slot that it had, if it is tried once more.
    pub slot: Option<DateTime<Utc>>,
    pub pace: Pace,
}

/// What a wish got.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub when: When,
    pub slot: Option<DateTime<Utc>>,
}

/// How far ahead a channel is planned: an ad without a deadline may wait this long for a slot.
const HORIZON: TimeDelta = TimeDelta::days(400);

/// How many slots are looked at to say why none can be had, and how many beyond the horizon.
const SLOTS_EXPLAINED: usize = 100;

/// How far back the channel's quiet times are looked for between a missed slot and now.
const LONGEST_LATENESS: TimeDelta = TimeDelta::days(400);

/// The queue of one channel at one moment.
pub(super) struct Line<'a> {
    channel: &'a ChannelSpec,
    queue: &'a Queue,
    now: DateTime<Utc>,
    book: Book<'a>,
    slots: Slots<'a>,
    /// No moment before it is free, on a channel without a schedule.
    cursor: DateTime<Utc>,
    /// The slots of which it was last asked why none can be had, and the answer.
    explained: Option<(std::ops::Range<usize>, Option<Hold>)>,
}

impl<'a> Line<'a> {
    /// `kept` are the slots of those that are tried once more: nobody else gets them.
    /// The timetable is that of the channel's schedule, `neighbours` are the lists of its host.
    pub(super) fn new(
        channel: &'a ChannelSpec,
        timetable: Option<Rc<Timetable<'a>>>,
        neighbours: Option<&'a Neighbours>,
        uses: &[Use],
        kept: impl Iterator<Item = DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let queue = &channel.queue;
        let mut book = Book::new(channel, neighbours, uses);
        for slot in kept {
            book.keep(slot);
        }
        let slots = Slots::new(channel, timetable, &book, now);
        Self { channel, queue, now, book, slots, cursor: now, explained: None }
    }

    /// Takes the earliest free moment for a wish.
    pub(super) fn take(&mut self, wish: &Wish) -> Place {
        let hurries = wish.pace == Pace::AtOnce && wish.from <= self.now;
        if self.channel.schedule.is_none() || hurries || wish.slot.is_some() {
            return self.at_any_time(wish);
        }
        let jitter = super::jitter(wish.key, 0, self.queue.jitter);
        let mut host_gap = None;
        let mut index = self.slots.first_from(wish.from);
        loop {
            index = self.slots.next_open(index);
            let Some(slot) = self.slots.get(index) else { break };
            let at = if jitter.is_zero() { slot } else { slot + jitter };
            let beyond = slot < wish.from;
            let missed = slot < self.slots.newest_missed && at <= self.now;
            if beyond || missed {
                index += 1;
                continue;
            }
            if wish.until.is_some_and(|until| slot > until) {
                break;
            }
            let moment = at.max(self.now);
            if let Some(hold) = self.book.refuses(slot, moment) {
                self.slots.close(index, hold);
                continue;
            }
            if let Some(hold) = self.book.other_list(&wish.posting, moment) {
                // Another ad may have it.
                host_gap.get_or_insert(hold);
                index += 1;
                continue;
            }
            if wish.until.is_some_and(|until| moment > until) {
                break;
            }
            self.book.enter(&wish.posting, Some(slot), moment);
            return place(Some(slot), at, self.now);
        }
        if let Some(slot) = wish.early.and_then(|early| self.last_before(early, wish)) {
            let moment = slot.max(self.now);
            self.book.enter(&wish.posting, Some(slot), moment);
            return place(Some(slot), slot, self.now);
        }
        // A slot that is there and cannot be had says more than that there is none.
        let reason = host_gap.or_else(|| self.why_none(wish)).map_or(Reason::NoSlot, Reason::Held);
        Place { when: When::Not { reason }, slot: None }
    }

    /// The last free slot between a time and the one that is wished for, of those that are not over;
    /// for a reminder that would otherwise not come at all.
    fn last_before(&mut self, early: DateTime<Utc>, wish: &Wish) -> Option<DateTime<Utc>> {
        if wish.from > self.slots.end {
            return self.last_far_before(early, wish);
        }
        for index in self.slots.between(early, wish.from).rev() {
            let Some(slot) = self.slots.open(index) else { continue };
            let moment = slot.max(self.now);
            match self.book.refuses(slot, moment) {
                None if self.book.other_list(&wish.posting, moment).is_none() => return Some(slot),
                None => {}
                Some(hold) => self.slots.close(index, hold),
            }
        }
        None
    }

    /// The same beyond [`HORIZON`], where the slots were not counted.
    fn last_far_before(&self, early: DateTime<Utc>, wish: &Wish) -> Option<DateTime<Utc>> {
        let schedule = self.channel.schedule.as_ref()?;
        let before =
            |slot: &DateTime<Utc>| schedule.last_in(early, *slot - TimeDelta::microseconds(1));
        let is_free = |slot: &DateTime<Utc>| {
            self.book.refuses(*slot, *slot).is_none()
                && self.book.other_list(&wish.posting, *slot).is_none()
        };
        std::iter::successors(before(&wish.from), before).take(SLOTS_EXPLAINED).find(is_free)
    }

    /// Why none of the slots between a wish's times can be had: what tells a person most.
    fn why_none(&mut self, wish: &Wish) -> Option<Hold> {
        let until = wish.until.map_or(self.slots.end, |until| until + TimeDelta::microseconds(1));
        let slots = self.slots.between(wish.from, until);
        let explained = slots.start..slots.end.min(slots.start + SLOTS_EXPLAINED);
        // What was closed stays closed for the same reason, so the answer for the same slots is the
        // same once all of them are.
        if let Some((_, known)) = self.explained.iter().find(|(range, _)| *range == explained) {
            return known.clone();
        }
        let why = self.slots.why.get(explained.clone()).unwrap_or_default();
        let all_closed = why.iter().all(Option::is_some);
        let most =
            why.iter().flatten().min_by_key(|hold| std::cmp::Reverse(hold.weight())).cloned();
        if all_closed {
            self.explained = Some((explained, most.clone()));
        }
        most
    }

    /// Without a schedule, or without waiting for it: as soon as everything else allows.
    fn at_any_time(&mut self, wish: &Wish) -> Place {
        let mut moment = wish.from.max(self.now);
        if wish.from <= self.now {
            moment = moment.max(self.cursor);
        }
        let mut first_hold = None;
        let mut waited_for_a_list = false;
        // Each round passes one quiet time, one neighbour, one day or one month.
        for _ in 0..HORIZON.num_days() {
            if wish.until.is_some_and(|until| moment > until) || moment > self.now + HORIZON {
                break;
            }
            let refused = self.book.refuses_moment(moment);
            let Some(hold) = refused.or_else(|| self.book.other_list(&wish.posting, moment)) else {
                self.book.enter(&wish.posting, None, moment);
                // What was passed because of this ad's other lists is free for other ads.
                if wish.from <= self.now && !waited_for_a_list {
                    self.cursor = moment;
                }
                // What waits for nothing has been due since it was wanted.
                let time = if moment == self.now { wish.from.min(moment) } else { moment };
                return place(wish.slot, time, self.now);
            };
            waited_for_a_list |= matches!(hold, Hold::HostGap { .. });
            let Some(later) = self.book.after(&hold, &wish.posting, moment) else {
                first_hold.get_or_insert(hold);
                break;
            };
            first_hold.get_or_insert(hold);
            moment = later;
        }
        let reason = first_hold.map_or(Reason::NoSlot, Reason::Held);
        Place { when: When::Not { reason }, slot: None }
    }
}

fn place(slot: Option<DateTime<Utc>>, time: DateTime<Utc>, now: DateTime<Utc>) -> Place {
    let when = if time <= now { When::Due { since: time } } else { When::At { slot: time } };
    Place { when, slot }
}

/// What a channel's messages have cost in the calendar month of a moment, and may cost; `None` if
/// it has no budget.
pub fn spent(channel: &ChannelSpec, uses: &[Use], now: DateTime<Utc>) -> Option<Spent> {
    let budget = channel.queue.budget?;
    let book = Book::new(channel, None, uses);
    let day = book.day(now);
    let sent = book.in_month.get(&(day.year(), day.month())).copied().unwrap_or(0);
    let spent = Money(budget.per_post.0.saturating_mul(sent));
    Some(Spent { spent, per_month: budget.per_month })
}

/// The state of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    pub spent: Money,
    pub per_month: Money,
}

/// What is used up already.
struct Book<'a> {
    channel: &'a ChannelSpec,
    queue: &'a Queue,
    neighbours: Option<&'a Neighbours>,
    /// The least time between two slots, so that jitter cannot bring messages closer together.
    spacing: TimeDelta,
    in_slot: BTreeMap<DateTime<Utc>, u32>,
    moments: BTreeSet<DateTime<Utc>>,
    on_day: BTreeMap<NaiveDate, u32>,
    in_month: BTreeMap<(i32, u32), u64>,
}

impl<'a> Book<'a> {
    fn new(channel: &'a ChannelSpec, neighbours: Option<&'a Neighbours>, uses: &[Use]) -> Self {
        let queue = &channel.queue;
        let spacing = match queue.spacing {
            none if none.is_zero() => none,
            spacing => spacing + queue.jitter,
        };
        let mut book = Self {
            channel,
            queue,
            neighbours,
            spacing,
            in_slot: BTreeMap::new(),
            moments: BTreeSet::new(),
            on_day: BTreeMap::new(),
            in_month: BTreeMap::new(),
        };
        for used in uses {
            book.enter(&used.posting, used.slot, used.at);
        }
        book
    }

    fn enter(&mut self, posting: &PostingId, slot: Option<DateTime<Utc>>, moment: DateTime<Utc>) {
        if let Some(slot) = slot {
            self.keep(slot);
        }
        if !self.spacing.is_zero() {
            self.moments.insert(moment);
        }
        if let Some(neighbours) = self.neighbours {
            neighbours.enter(posting, self.channel, moment);
        }
        if self.queue.per_day.is_some() || self.queue.budget.is_some() {
            let day = self.day(moment);
            *self.on_day.entry(day).or_default() += 1;
            *self.in_month.entry((day.year(), day.month())).or_default() += 1;
        }
    }

    /// A slot that is used, whenever that was or will be.
    fn keep(&mut self, slot: DateTime<Utc>) {
        *self.in_slot.entry(slot).or_default() += 1;
    }

    fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.channel.timezone).date_naive()
    }

    /// Why a slot cannot be taken, to be used at this moment.
    fn refuses(&self, slot: DateTime<Utc>, moment: DateTime<Utc>) -> Option<Hold> {
        if self.in_slot.get(&slot).is_some_and(|used| *used >= self.queue.per_slot) {
            return Some(Hold::SlotTaken);
        }
        self.queue
            .quiet
            .at(slot)
            .map(|quiet| Hold::Quiet { what: quiet.to_string() })
            .or_else(|| self.refuses_moment(moment))
    }

    fn refuses_moment(&self, moment: DateTime<Utc>) -> Option<Hold> {
        if let Some(quiet) = self.queue.quiet.at(moment) {
            return Some(Hold::Quiet { what: quiet.to_string() });
        }
        if self.neighbour(moment).is_some() {
            return Some(Hold::Spacing);
        }
        if self.queue.per_day.is_none() && self.queue.budget.is_none() {
            return None;
        }
        let day = self.day(moment);
        if self
            .queue
            .per_day
            .is_some_and(|most| self.on_day.get(&day).is_some_and(|it| *it >= most))
        {
            return Some(Hold::DayFull);
        }
        let budget = self.queue.budget?;
        let sent = self.in_month.get(&(day.year(), day.month())).copied().unwrap_or(0);
        let with_one_more = budget.per_post.0.saturating_mul(sent.saturating_add(1));
        (with_one_more > budget.per_month.0).then(|| Hold::Budget {
            spent: Money(budget.per_post.0.saturating_mul(sent)).to_string(),
            per_month: budget.per_month.to_string(),
        })
    }

    /// Whether the same ad goes to another list of the host too close to a moment.
    fn other_list(&self, posting: &PostingId, moment: DateTime<Utc>) -> Option<Hold> {
        let neighbours = self.neighbours?;
        neighbours.near(posting, self.channel, moment)?;
        Some(Hold::HostGap { host: neighbours.host.clone() })
    }

    /// A message that is too close.
    fn neighbour(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.spacing.is_zero() {
            return None;
        }
        let close = |other: &DateTime<Utc>| (*other - moment).abs() < self.spacing;
        let before = self.moments.range(..=moment).next_back().copied().filter(close);
        before.or_else(|| self.moments.range(moment..).next().copied().filter(close))
    }

    /// The next moment after what holds this one back; `None` if that never ends.
    fn after(
        &self,
        hold: &Hold,
        posting: &PostingId,
        moment: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        match hold {
            Hold::Quiet { .. } => self.queue.quiet.first_allowed(moment).filter(|it| *it > moment),
            Hold::Spacing => self.neighbour(moment).map(|it| it + self.spacing),
            Hold::HostGap { .. } => {
                let neighbours = self.neighbours?;
                neighbours.near(posting, self.channel, moment).map(|it| it + neighbours.gap)
            }
            Hold::DayFull | Hold::SlotTaken => self.midnight(self.day(moment).succ_opt()?),
            Hold::Budget { .. } => {
                let budget = self.queue.budget?;
                if budget.per_post > budget.per_month {
                    return None;
                }
                let day = self.day(moment);
                let first = day.with_day(1)?.checked_add_months(chrono::Months::new(1))?;
                self.midnight(first)
            }
        }
    }

    /// The first instant of a local day.
    fn midnight(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let start = day.and_hms_opt(0, 0, 0)?;
        let zone = self.channel.timezone;
        (0..27).find_map(|hour| {
            let local = start.checked_add_signed(TimeDelta::hours(hour))?;
            zone.from_local_datetime(&local).earliest().map(|it| it.to_utc())
        })
    }
}

/// The lists of one host that takes one ad for several of them only so far apart, and when which ad
/// goes to each. Their lines share it. Different ads do not count for each other: the rule is about
/// one message to several lists (<https://www.jiscmail.ac.uk/help/policy/anti-spam.htm>).
pub(super) struct Neighbours {
    host: String,
    /// The least time between messages about an ad to two of the lists.
    gap: TimeDelta,
    moments: RefCell<HashMap<PostingId, Moments>>,
}

/// When an ad goes to which list.
type Moments = BTreeMap<ChannelName, BTreeSet<DateTime<Utc>>>;

impl Neighbours {
    pub(super) fn new(host: String, gap: TimeDelta) -> Self {
        Self { host, gap, moments: RefCell::default() }
    }

    pub(super) fn enter(&self, posting: &PostingId, channel: &ChannelSpec, moment: DateTime<Utc>) {
        let mut ads = self.moments.borrow_mut();
        if !ads.contains_key(posting) {
            ads.insert(posting.clone(), Moments::new());
        }
        if let Some(lists) = ads.get_mut(posting) {
            lists.entry(channel.name.clone()).or_default().insert(moment);
        }
    }

    /// The last message about an ad to another of the lists that is too close to a moment.
    fn near(
        &self,
        posting: &PostingId,
        channel: &ChannelSpec,
        moment: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let close = |other: &DateTime<Utc>| (*other - moment).abs() < self.gap;
        let ads = self.moments.borrow();
        ads.get(posting)?
            .iter()
            .filter(|(name, _)| **name != channel.name)
            .filter_map(|(_, moments)| moments.range(..moment + self.gap).next_back().copied())
            .filter(close)
            .max()
    }
}

/// The coming slots of one schedule, counted as far as somebody asked. Channels with the same
/// schedule share it.
pub(super) struct Timetable<'a> {
    coming: RefCell<Coming<'a>>,
    end: DateTime<Utc>,
}

struct Coming<'a> {
    uncounted: Box<dyn Iterator<Item = DateTime<Utc>> + 'a>,
    counted: Vec<DateTime<Utc>>,
}

impl<'a> Timetable<'a> {
    pub(super) fn new(schedule: &'a Schedule, now: DateTime<Utc>) -> Self {
        let end = now + HORIZON;
        let uncounted = Box::new(schedule.slots_after(now).take_while(move |slot| *slot <= end));
        Self { coming: RefCell::new(Coming { uncounted, counted: Vec::new() }), end }
    }

    /// The slot that comes after so many others; `None` beyond [`HORIZON`].
    fn get(&self, index: usize) -> Option<DateTime<Utc>> {
        let Coming { uncounted, counted } = &mut *self.coming.borrow_mut();
        if index >= counted.len() {
            let more = index + 1 - counted.len();
            counted.extend(uncounted.take(more));
        }
        counted.get(index).copied()
    }
}

/// The slots of a channel from the newest missed one on, made as they are needed.
struct Slots<'a> {
    timetable: Option<Rc<Timetable<'a>>>,
    /// How many of the slots are over.
    missed: usize,
    end: DateTime<Utc>,
    /// Of the slots that are over the only one that is made up for; `now` if there is none.
    newest_missed: DateTime<Utc>,
    slots: Vec<DateTime<Utc>>,
    /// Where to go on from each slot: itself while it is open.
    next: Vec<usize>,
    /// Why each slot that is not open cannot be had.
    why: Vec<Option<Hold>>,
}

impl<'a> Slots<'a> {
    fn new(
        channel: &'a ChannelSpec,
        timetable: Option<Rc<Timetable<'a>>>,
        book: &Book<'_>,
        now: DateTime<Utc>,
    ) -> Self {
        let (Some(schedule), Some(timetable)) = (&channel.schedule, timetable) else {
            let (slots, next, why) = (Vec::new(), Vec::new(), Vec::new());
            let end = now + HORIZON;
            return Self { timetable: None, missed: 0, end, newest_missed: now, slots, next, why };
        };
        let lateness = channel.queue.lateness.min(LONGEST_LATENESS);
        let missed = schedule
            .last_in(now - lateness, now)
            .filter(|slot| !quiet_between(book.queue, *slot, now));
        // A slot before that one may still be to come for those whose jitter is long.
        let jittered = now - channel.queue.jitter;
        let mut slots: Vec<_> =
            schedule.slots_after(jittered).take_while(|it| *it <= now).collect();
        if let Some(missed) = missed.filter(|missed| !slots.contains(missed)) {
            slots.insert(0, missed);
        }
        let newest_missed = missed.unwrap_or(now);
        let next = (0..slots.len()).collect();
        let why = vec![None; slots.len()];
        let (missed, end) = (slots.len(), timetable.end);
        Self { timetable: Some(timetable), missed, end, newest_missed, slots, next, why }
    }

    /// The first slot at or after a time, open or not.
    fn first_from(&mut self, from: DateTime<Utc>) -> usize {
        while self.slots.last().is_none_or(|last| *last < from) {
            if from > self.end || !self.grow() {
                return self.slots.len();
            }
        }
        self.slots.partition_point(|slot| *slot < from)
    }

    fn get(&mut self, index: usize) -> Option<DateTime<Utc>> {
        while index >= self.slots.len() {
            if !self.grow() {
                return None;
            }
        }
        self.slots.get(index).copied()
    }

    fn grow(&mut self) -> bool {
        let coming = self.slots.len() - self.missed;
        let slot = self.timetable.as_ref().and_then(|timetable| timetable.get(coming));
        let Some(slot) = slot else { return false };
        self.next.push(self.slots.len());
        self.why.push(None);
        self.slots.push(slot);
        true
    }

    /// A slot can never be had again.
    fn close(&mut self, index: usize, why: Hold) {
        if let Some(next) = self.next.get_mut(index) {
            *next = index + 1;
        }
        if let Some(known) = self.why.get_mut(index) {
            *known = Some(why);
        }
    }

    /// The slot, while it is open.
    fn open(&self, index: usize) -> Option<DateTime<Utc>> {
        let is_open = self.next.get(index) == Some(&index);
        self.slots.get(index).filter(|_| is_open).copied()
    }

    /// The slots from one time to before another, as far as they were looked at.
    fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> std::ops::Range<usize> {
        let place = |time: DateTime<Utc>| self.slots.partition_point(|slot| *slot < time);
        place(from)..place(until)
    }

    /// The first slot from this one on that is open.
    fn next_open(&mut self, from: usize) -> usize {
        let mut open = from;
        while let Some(next) = self.next.get(open).copied().filter(|next| *next != open) {
            open = next;
        }
        // What was walked once is passed in one step from now on.
        let mut walked = from;
        while let Some(next) = self.next.get_mut(walked).filter(|next| **next != open) {
            if walked == open {
                break;
            }
            walked = std::mem::replace(next, open);
        }
        open
    }
}

/// Whether a quiet time lies between a missed slot and now: it is not made up for then.
fn quiet_between(queue: &Queue, slot: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let mut moment = slot;
    while moment < now {
        if queue.quiet.at(moment).is_some() {
            return true;
        }
        moment += TimeDelta::hours(12);
    }
    queue.quiet.at(now).is_some()
}
