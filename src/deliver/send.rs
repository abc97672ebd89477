//! One attempt: claim, attempt on disk, call, receipt on disk.
//!
//! This order is the promise. Nothing leaves before its attempt is committed, and what came of it
//! is committed before anything else that can fail.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join;
use tracing::{Instrument, info_span, warn};

use super::aside::{Aside, WORTH_IT};
use super::compose::ComposeError;
use super::doubt::Doubt;
use super::open_posts::OnTheirWay;
use super::worker::{Intake, Sending, Unsettled};
use super::{Courier, Done, Postings, Station, compose, done, fail_point, unless_overtaken};
use crate::channel::permit::{Journal, too_late};
use crate::channel::wire::Verb;
use crate::channel::{
    Arrival, DeliveryKey, Kind, Outcome, Permit, Receipt, SendBy, StepDone, Wire,
};
use crate::clock::Clock;
use crate::ledger::{
    AsSeen, Attempt, Began, Claim, Deed, Delivery, Ledger, LedgerError, Meaning, Restored,
    Settlement, Standing,
};
use crate::plan::Step;
use crate::posting::Posting;

/// How long a picture that no status shows is counted on: servers clear them away after some time,
/// Mastodon after a day.
const UPLOAD_KEPT: TimeDelta = TimeDelta::hours(1);

/// Nothing of an attempt is sent later than this after it was recorded.
const SEND_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// The first wait after a deferral; doubled with every further one, up to [`LONGEST_WAIT`].
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(5);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// How much later than a channel asked for a delivery may come back.
const LONGEST_MORE: TimeDelta = TimeDelta::seconds(30);

/// Why one delivery stopped before it was tried.
pub(super) enum DeliverError {
    Compose(String),
    Ledger(LedgerError),
}

impl From<LedgerError> for DeliverError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// What is to go out, before its attempt is on disk.
struct Prepared<'a> {
    step: &'a Step,
    station: &'a Station,
    message: Message,
    seen: AsSeen,
}

/// When a step can be prepared.
enum Ready<'a> {
    /// It is.
    Now(Box<Prepared<'a>>),
    /// Once what goes before it is on record.
    Later(&'a Step),
    /// It cannot be prepared, which has to be written down.
    Unfit(&'a Step, ComposeError),
    /// Its channel or its page is not there.
    Never,
}

/// An attempt that is on disk and not sent yet.
struct Begun<'a> {
    step: &'a Step,
    station: &'a Station,
    message: Message,
    claim: Claim,
    on_the_desk: Sending,
}

/// An attempt that was answered; the answer is not on disk yet.
struct Answered {
    unsettled: Unsettled,
    at: DateTime<Utc>,
    _on_the_desk: Sending,
}

/// How a step began.
enum Start<'a> {
    Begun(Box<Begun<'a>>),
    /// It does not go out now; `None` if nothing is to be said of it.
    Settled(Option<Done>),
}

/// What became of one step; `None` if somebody else does it, or it is not to be done.
type Delivered = Result<Option<Done>, DeliverError>;

impl Courier<'_> {
    /// Does the steps of one channel that are due, one after the other. While one is with the
    /// channel, the next is prepared; the receipt of one and the attempt of the next then go to
    /// disk together where they can, so that no more than one attempt is open at a time and the
    /// disk is waited for once.
    ///
    /// `tried` are the deliveries that were tried before.
    pub(super) async fn deliver_all<'a>(
        &'a self,
        steps: Vec<&'a Step>,
        postings: &'a Arc<Postings>,
        tried: &'a BTreeSet<DeliveryKey>,
        restored: Option<Restored>,
    ) -> Vec<Delivered> {
        let mut delivered = Vec::new();
        let mut on_their_way = OnTheirWay::default();
        let mut answered: Option<Answered> = None;
        let aside = self.aside.as_ref().filter(|_| steps.len() >= WORTH_IT);
        let get_ready = async |step: Option<&'a Step>| {
            let step = step?;
            let is_new = step.deed == Deed::Publish && !tried.contains(&step.key);
            Some(if is_new && restored.is_none() {
                self.prepare(step, postings, aside).await
            } else {
                Ready::Later(step)
            })
        };
        let mut steps = steps.into_iter();
        let mut next = get_ready(steps.next()).await;
        while let Some(ready) = next.take() {
            let put_down = self.put_down(answered.take());
            // A receipt waits for nothing but the attempt that goes to disk with it.
            let (put_down, start) = match ready {
                Ready::Now(prepared) => join(put_down, self.claim(*prepared, &on_their_way)).await,
                Ready::Later(step) => {
                    // What it concerns may be what was just answered.
                    let put_down = put_down.await;
                    (put_down, self.begin(step, postings, restored, &on_their_way).await)
                }
                Ready::Unfit(step, error) => {
                    (put_down.await, Err(self.problem(step, &error).await))
                }
                Ready::Never => (put_down.await, Ok(Start::Settled(None))),
            };
            delivered.extend(put_down);
            match start {
                Ok(Start::Begun(begun)) => {
                    let (answer, following) =
                        join(self.send(*begun), get_ready(steps.next())).await;
                    let Unsettled { settlement, standing, .. } = &answer.unsettled;
                    on_their_way.note(&standing.rendition, settlement);
                    answered = Some(answer);
                    next = following;
                    continue;
                }
                Ok(Start::Settled(done)) => delivered.push(Ok(done)),
                Err(error) => delivered.push(Err(error)),
            }
            next = get_ready(steps.next()).await;
        }
        delivered.extend(self.put_down(answered).await);
        delivered
    }

    /// Prepares a new copy that was never tried, and writes nothing. It needs nothing of its record
    /// but that nobody else has tried it since, which is seen when it is claimed.
    async fn prepare<'a>(
        &'a self,
        step: &'a Step,
        postings: &Arc<Postings>,
        aside: Option<&Aside>,
    ) -> Ready<'a> {
        let Some(station) = self.station(&step.name.channel) else { return Ready::Never };
        let Some(posting) = postings.named(&step.name.posting) else { return Ready::Never };
        let now = self.clock.now();
        let made = match aside {
            Some(aside) => aside.compose(step, postings, now).await,
            None => None,
        };
        let here = || compose::compose(self.site, station, posting, step, None, now);
        match made.unwrap_or_else(here) {
            Ok(message) => {
                let message = Message { message, revision: step.revision.clone() };
                let seen = AsSeen::untried(step.key);
                Ready::Now(Box::new(Prepared { step, station, message, seen }))
            }
            Err(error) => Ready::Unfit(step, error),
        }
    }

    /// Prepares what was tried before, or concerns a copy, and has its attempt on disk.
    async fn begin<'a>(
        &'a self,
        step: &'a Step,
        postings: &Postings,
        restored: Option<Restored>,
        on_their_way: &OnTheirWay,
    ) -> Result<Start<'a>, DeliverError> {
        let nothing = Start::Settled(None);
        let Some(station) = self.station(&step.name.channel) else { return Ok(nothing) };
        let Some(posting) = postings.named(&step.name.posting) else { return Ok(nothing) };
        let Some(on_record) = self.ledger.delivery(step.key).await? else { return Ok(nothing) };
        if changes_a_copy(step.deed)
            && (on_record.deed, on_record.target) != (step.deed, step.target)
        {
            // Somebody else gave this ordinal to another copy; the next plan sees that.
            return Ok(nothing);
        }
        let message = self.composed(step, posting, &on_record).await?;
        if self.worker.intake() == Intake::Closed {
            return Ok(nothing);
        }
        let forgotten = self.forgotten_meanwhile(station, &message.message.wire, &on_record);
        if let Some(why) = forgotten.await? {
            let doubted = self.ledger.doubt(step.key, why, self.clock.now()).await;
            return Ok(Start::Settled(unless_overtaken(doubted)?.map(|delivery| done(&delivery))));
        }
        let doubt = self.dispel_doubt(step, posting, station, &message, &on_record, restored);
        if let Doubt::Settled(done) = doubt.await? {
            return Ok(Start::Settled(done));
        }
        let seen = AsSeen::from(&on_record);
        self.claim(Prepared { step, station, message, seen }, on_their_way).await
    }

    /// Has an attempt on disk.
    async fn claim<'a>(
        &'a self,
        prepared: Prepared<'a>,
        on_their_way: &OnTheirWay,
    ) -> Result<Start<'a>, DeliverError> {
        let Prepared { step, station, message, seen } = prepared;
        let nothing = Start::Settled(None);
        if on_their_way.hold_back(&message.message.rendition, station.spec.holds.open_posts) {
            return Ok(nothing);
        }
        let Some(on_the_desk) = self.worker.takes_up(step.key) else { return Ok(nothing) };
        fail_point::reached("before-claim").await;
        if let Some((sha256, bytes)) = message.message.picture_on_record() {
            self.ledger.keep_picture(&step.name.posting, sha256, bytes).await?;
        }
        let began = Began::now(&self.clock);
        let send_by = began.at + SEND_WITHIN;
        let carried = (&message.message.wire, &message.message.rendition);
        let claim = self.ledger.claim(seen, self.worker.name(), carried, &began, send_by);
        // Somebody else has it, or it was called off or paused meanwhile.
        let Some(claim) = claim.await? else { return Ok(nothing) };
        fail_point::reached("after-claim").await;
        Ok(Start::Begun(Box::new(Begun { step, station, message, claim, on_the_desk })))
    }

    async fn send(&self, begun: Begun<'_>) -> Answered {
        let Begun { step, station, message, claim, on_the_desk } = begun;
        let outcome = if step.deed == Deed::Ask {
            if self.clock.now() > claim.send_by() {
                too_late()
            } else {
                Outcome::Posted(Receipt::default())
            }
        } else {
            let journal = AttemptJournal { ledger: self.ledger, clock: &self.clock, claim: &claim };
            let permit = Permit::new(SendBy::new(claim.send_by(), self.clock.clone()), &journal);
            // What the client says meanwhile belongs to this delivery.
            let span = info_span!("send", delivery = %step.key, channel = %step.name.channel);
            station.channel.send(claim.wire(), &permit).instrument(span).await
        };
        fail_point::reached("after-send").await;

        let now = self.clock.now();
        let by_a_person = station.channel.kind() == Kind::Manual
            || station.channel.abilities().arrival == Arrival::ByAPerson;
        let meaning = if step.deed == Deed::Ask || by_a_person {
            Meaning::PersonAsked
        } else if self.will_arrive(station) {
            Meaning::PassedOn
        } else {
            Meaning::Shown
        };
        let outcome = self.seen_with_its_history(outcome, &claim, now).await;
        let again_at = match &outcome {
            Outcome::Deferred { after, .. } => {
                Some(now + wait(claim.key(), claim.number(), *after))
            }
            Outcome::Blocked { .. } => Some(now),
            _ => None,
        };
        let standing = Standing {
            revision: message.revision,
            content_hash: message.message.rendition.content_hash(),
            rendition: message.message.rendition,
        };
        let settlement = Settlement { outcome, again_at, meaning };
        let unsettled = Unsettled { claim: Arc::new(claim), settlement, standing };
        Answered { unsettled, at: now, _on_the_desk: on_the_desk }
    }

    /// Has an answer on disk.
    async fn put_down(&self, answered: Option<Answered>) -> Option<Delivered> {
        let Answered { unsettled, at, _on_the_desk } = answered?;
        let delivery = match self.settle(unsettled, at).await {
            Ok(delivery) => delivery,
            Err(error) => return Some(Err(error.into())),
        };
        fail_point::reached("after-settle").await;
        Some(Ok(Some(done(&delivery))))
    }

    /// What came of an attempt goes to disk. Until it is there it stays on the desk: what the ledger
    /// cannot take now is written at the next round, before anything else.
    pub(super) async fn settle(
        &self,
        unsettled: Unsettled,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        self.worker.keep(unsettled.clone());
        let Unsettled { claim, settlement, standing } = &unsettled;
        let settled = self.ledger.settle(claim, settlement, Some(standing), now).await;
        match &settled {
            Ok(_) => self.worker.settled(claim.key()),
            Err(error) => {
                warn!(delivery = %claim.key(), %error, "an outcome could not be written down yet");
            }
        }
        settled
    }

    /// What an outcome means after those before it. A history that cannot be read now leaves it as
    /// it is.
    async fn seen_with_its_history(
        &self,
        outcome: Outcome,
        claim: &Claim,
        now: DateTime<Utc>,
    ) -> Outcome {
        if !matches!(outcome, Outcome::Deferred { .. } | Outcome::Duplicate { .. }) {
            return outcome;
        }
        let attempts = self.ledger.attempts(claim.key()).await.unwrap_or_default();
        match outcome {
            // A channel that puts a delivery off again and again is believed for so long, and no
            // longer.
            Outcome::Deferred { why, after } => {
                match gave_up(&attempts, self.site.plan.give_up_after, &why, now) {
                    Some(why) => Outcome::Refused { why },
                    None => Outcome::Deferred { why, after },
                }
            }
            // It was a duplicate the last time, and a person looked: the words are somebody else's.
            Outcome::Duplicate { why } => {
                let before = attempts.iter().rfind(|it| it.number < claim.number());
                if before.is_some_and(Attempt::heard_of_a_duplicate) {
                    let why = format!("{why}; they are not this delivery's, as a person found");
                    Outcome::Refused { why }
                } else {
                    Outcome::Duplicate { why }
                }
            }
            outcome => outcome,
        }
    }

    /// What goes out: the very same bytes as before if an earlier attempt proved absent, because a
    /// key that the channel may remember must never come with other words.
    async fn composed(
        &self,
        step: &Step,
        posting: &Posting,
        on_record: &Delivery,
    ) -> Result<Message, DeliverError> {
        if on_record.attempts > 0
            && let Some(message) = self.same_bytes(step.key).await?
        {
            return Ok(Message { message, revision: on_record.revision.clone() });
        }
        let Some(station) = self.station(&step.name.channel) else {
            return Err(DeliverError::Compose(format!("{}: no such channel", name(step))));
        };
        let target = match step.target {
            Some(key) => self.ledger.delivery(key).await?,
            None => None,
        };
        let now = self.clock.now();
        match compose::compose(self.site, station, posting, step, target.as_ref(), now) {
            Ok(message) => Ok(Message { message, revision: step.revision.clone() }),
            Err(error) => Err(self.problem(step, &error).await),
        }
    }

    /// A delivery that cannot even be prepared waits, and the log says why.
    async fn problem(&self, step: &Step, error: &ComposeError) -> DeliverError {
        let why = error.to_string();
        warn!(delivery = %step.key, channel = %step.name.channel, why, "cannot be prepared");
        let noted = self.ledger.still_waits(step.key, &why, self.clock.now()).await;
        match unless_overtaken(noted) {
            Ok(_) => DeliverError::Compose(format!("{}: {why}", name(step))),
            Err(error) => DeliverError::Ledger(error),
        }
    }

    pub(super) async fn same_bytes(
        &self,
        key: DeliveryKey,
    ) -> Result<Option<compose::Composed>, LedgerError> {
        // Once unknown, always these bytes: what came after it may have been put off.
        let attempts = self.ledger.attempts(key).await?;
        let last = attempts.into_iter().rfind(Attempt::left_it_unknown);
        let carried = last.and_then(|attempt| attempt.carried);
        Ok(carried.map(|it| compose::Composed {
            rendition: it.rendition,
            wire: it.wire,
            // Its bytes are on record.
            picture: None,
        }))
    }
}

/// What goes out, and the revision that it says.
pub(super) struct Message {
    pub message: compose::Composed,
    pub revision: crate::posting::Revision,
}

/// Writes the steps of one attempt into the ledger.
struct AttemptJournal<'a> {
    ledger: &'a Ledger,
    clock: &'a Clock,
    claim: &'a Claim,
}

#[async_trait]
impl Journal for AttemptJournal<'_> {
    async fn note(&self, what: &str, detail: &serde_json::Value) -> Result<(), String> {
        let (key, number) = (self.claim.key(), self.claim.number());
        self.ledger
            .note_step(key, number, what, detail, self.clock.now())
            .await
            .map_err(|error| error.to_string())
    }

    async fn done(&self) -> Result<Vec<StepDone>, String> {
        let done = self.ledger.steps_done(self.claim.key()).await;
        let done = done.map_err(|error| error.to_string())?;
        let oldest = self.clock.now() - UPLOAD_KEPT;
        let is_of_use =
            |at: DateTime<Utc>, done: &StepDone| done.verb != Verb::Upload || at > oldest;
        Ok(done.into_iter().filter(|(at, it)| is_of_use(*at, it)).map(|(_, it)| it).collect())
    }

    async fn copy_of_another(&self, copy: &Receipt) -> Result<Option<String>, String> {
        let found = self.ledger.copy_of_another(self.claim.key(), copy).await;
        let found = found.map_err(|error| error.to_string())?;
        Ok(found.map(|posting| posting.to_string()))
    }

    async fn step_done(&self, done: &StepDone) -> Result<(), String> {
        let attempt = (self.claim.key(), self.claim.number());
        let noted =
            step_done(self.ledger, attempt, self.claim.wire(), done, self.clock.now()).await;
        noted.map_err(|error| error.to_string())?;
        fail_point::reached("after-step").await;
        Ok(())
    }

    async fn picture(&self, sha256: &str) -> Result<Vec<u8>, String> {
        match self.ledger.picture(sha256).await {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(format!("the picture {sha256} is not on record any more")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Writes down that a step is done, with what of the delivery stands on its channel by then.
pub(super) async fn step_done(
    ledger: &Ledger,
    (key, attempt): (DeliveryKey, u32),
    wire: &Wire,
    done: &StepDone,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let standing = match wire {
        Wire::Steps(steps) if done.verb != Verb::Upload => {
            let before = ledger.steps_done(key).await?;
            let mut all: Vec<StepDone> = before.into_iter().map(|(_, done)| done).collect();
            all.push(done.clone());
            steps.standing(&all)
        }
        _ => None,
    };
    ledger.step_done(key, attempt, done, standing.as_ref(), now).await
}

/// Whether the deed is written down at the copy that it changes.
fn changes_a_copy(deed: Deed) -> bool {
    match deed {
        Deed::Edit | Deed::Withdraw | Deed::Ask => true,
        Deed::Publish | Deed::FollowUp => false,
    }
}

fn name(step: &Step) -> String {
    format!("{} to {}", step.name.posting, step.name.channel)
}

/// Why a delivery is not tried any more, with its history; `None` while there is still time.
pub(super) fn gave_up(
    attempts: &[Attempt],
    give_up_after: TimeDelta,
    last: &str,
    now: DateTime<Utc>,
) -> Option<String> {
    let first = attempts.first()?;
    let tried = now - first.began_at;
    if tried < give_up_after || attempts.len() < 2 {
        return None;
    }
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for attempt in attempts {
        let outcome = attempt.outcome.as_deref().unwrap_or("deferred");
        match counted.iter_mut().find(|(word, _)| *word == outcome) {
            Some((_, count)) => *count += 1,
            None => counted.push((outcome, 1)),
        }
    }
    let counted: Vec<String> =
        counted.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    Some(format!(
        "given up after {} tries in {} ({}); the last time: {last}",
        attempts.len(),
        crate::plan::reason::length(tried),
        counted.join(", ")
    ))
}

/// How long to wait after the given attempt; what the channel asked for wins. Each delivery waits
/// a little longer by an amount of its own, so that they do not all come back at once.
pub(super) fn wait(
    key: DeliveryKey,
    attempt: u32,
    asked: Option<std::time::Duration>,
) -> TimeDelta {
    let doubled = 2_i32.checked_pow(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    let (wait, more) = match asked.and_then(|asked| TimeDelta::from_std(asked).ok()) {
        Some(asked) => (asked, LONGEST_MORE),
        None => {
            let wait = FIRST_WAIT.checked_mul(doubled).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
            (wait, wait / 5)
        }
    };
    wait + crate::plan::jitter(key, attempt, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_six_hours_and_a_fifth() {
        let key = DeliveryKey(uuid::Uuid::from_u128(7));
        let mut last = TimeDelta::zero();
        for attempt in 1..40 {
            let wait = wait(key, attempt, None);
            assert!(wait >= FIRST_WAIT && wait <= LONGEST_WAIT + LONGEST_WAIT / 5);
            assert!(wait + LONGEST_WAIT / 5 >= last, "{attempt}: {wait} after {last}");
            last = wait;
        }
        assert!(last >= LONGEST_WAIT);
    }

    #[test]
    fn a_channel_that_says_how_long_is_never_asked_earlier() {
        let asked = std::time::Duration::from_secs(120);
        for key in 0..50 {
            let key = DeliveryKey(uuid::Uuid::from_u128(key));
            let wait = wait(key, 1, Some(asked));
            assert!(wait >= TimeDelta::seconds(120) && wait <= TimeDelta::seconds(150));
        }
    }
}
