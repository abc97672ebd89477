//! The loop: waits for the next thing that matters, begins it, and is never kept from waiting.

mod beside;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use super::http::Http;
use super::round::{self, RoundError, Seen, Task, Tools};
use super::setup::{Fingerprint, Reloaded, Reread, Setup, Wrong, read_setup, reread};
use super::signals::{Asked, Signals};
use super::status::{Status, Subject};
use super::supervisor::Supervisor;
use super::timer::Backoff;
use super::watch::Watch;
use super::{Options, ServeError, pull};
use crate::deliver::letters::Letters;
use crate::deliver::{Courier, Worker};
use crate::ledger::{LedgerError, Outbox};
use crate::schedule::local_time;

/// Files are looked at once nothing has changed for this long.
const QUIET: Duration = Duration::from_secs(1);

/// Where something keeps changing, they are looked at after this long all the same.
const LONGEST_UNREST: Duration = Duration::from_secs(10);

/// How often it is looked whether copies are still there and say the same.
const VERIFY_EVERY: TimeDelta = TimeDelta::days(1);

/// How long after the start that is done first: what is due comes before.
const FIRST_VERIFY: TimeDelta = TimeDelta::hours(1);

/// How long a notice that was given up is part of what is wrong.
const GIVEN_UP_IS_SAID_FOR: TimeDelta = TimeDelta::days(7);

/// A round is not followed by the next one at once, whatever asks for it.
const LEAST_REST: TimeDelta = TimeDelta::seconds(1);

/// Something that is under way beside the loop.
type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// Runs until a signal says stop.
///
/// # Errors
/// [`ServeError`] only where nothing can ever work: the configuration is wrong at the start, the
/// ledger is another site's.
pub async fn run(options: Options) -> Result<(), ServeError> {
    let mut signals = Signals::listen()?;
    let setup = match read_setup(options.folder.clone()).await {
        Ok(setup) => Arc::new(setup),
        Err(Wrong::Site(error)) => return Err(error.into()),
        Err(Wrong::Diagnostics(diagnostics)) => {
            return Err(ServeError::Configuration(diagnostics));
        }
    };
    let status = Status::new(options.clock.clone(), Arc::clone(&setup));
    let http = Http::start(status.clone(), options.listen.unwrap_or(setup.site.serve.listen))
        .map_err(ServeError::Thread)?;
    let supervisor = Supervisor::from_environment();
    info!(
        version = env!("CARGO_PKG_VERSION"),
        site = setup.site.name,
        folder = %setup.site.folder.display(),
        "serving"
    );
    supervisor.ready();
    let mut daemon = Daemon::new(options, setup, status, http, supervisor);
    daemon.run(&mut signals).await?;
    daemon.stop(&mut signals).await;
    info!("stopped");
    Ok(())
}

struct Daemon {
    options: Options,
    setup: Arc<Setup>,
    status: Status,
    http: Http,
    supervisor: Supervisor,
    worker: Worker,
    watch: Watch,
    /// `None` while a round has them.
    tools: Option<Tools>,
    round: Option<Work<(Tools, Result<Seen, RoundError>)>>,
    reload: Option<Work<Reloaded>>,
    pull: Option<Work<Result<(), String>>>,
    verify: Option<Work<()>>,
    /// Says when to look again.
    arrivals: Option<Work<Option<DateTime<Utc>>>>,
    /// Reads the mailbox, and listens at it.
    mailbox: Option<Work<Result<Letters, String>>>,
    telling: Option<Work<Result<Outbox, LedgerError>>>,
    times: Times,
    after_failure: Backoff,
    while_unknown: Backoff,
    without_mailbox: Backoff,
    /// Of the configuration that was found wrong: it is not read again until it changes.
    wrong: Option<Fingerprint>,
}

/// When what is to be done next.
struct Times {
    round: DateTime<Utc>,
    scan: DateTime<Utc>,
    pull: Option<DateTime<Utc>>,
    verify: DateTime<Utc>,
    /// `None` while nothing is on its way.
    arrivals: Option<DateTime<Utc>>,
    /// `None` where no mailbox is read.
    mailbox: Option<DateTime<Utc>>,
    /// Files change: they are left alone until then, and the last moment for that.
    unrest: Option<(Instant, Instant)>,
    configuration: Reread,
}

impl Daemon {
    fn new(
        options: Options,
        setup: Arc<Setup>,
        status: Status,
        http: Http,
        supervisor: Supervisor,
    ) -> Self {
        let now = options.clock.now();
        let watch = Watch::default();
        let tools = Tools { ledger: None, follower: watch.follower() };
        let times = Times {
            round: now,
            scan: now + setup.site.serve.scan,
            pull: setup.site.serve.content.as_ref().map(|_| now),
            verify: now + FIRST_VERIFY,
            arrivals: None,
            mailbox: setup.site.mailbox.as_ref().map(|_| now),
            unrest: None,
            configuration: Reread::No,
        };
        Self {
            options,
            setup,
            status,
            http,
            supervisor,
            worker: Worker::this(),
            watch,
            tools: Some(tools),
            round: None,
            reload: None,
            pull: None,
            verify: None,
            arrivals: None,
            mailbox: None,
            telling: None,
            times,
            after_failure: Backoff::new(TimeDelta::seconds(5), TimeDelta::minutes(5)),
            while_unknown: Backoff::new(TimeDelta::seconds(30), TimeDelta::hours(1)),
            without_mailbox: Backoff::new(TimeDelta::seconds(15), TimeDelta::minutes(15)),
            wrong: None,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.options.clock.now()
    }

    /// Waits and begins, until a signal says stop.
    async fn run(&mut self, signals: &mut Signals) -> Result<(), ServeError> {
        loop {
            self.begin_what_is_due();
            self.say_status();
            let wake = self.wake();
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Stop => return Ok(()),
                    Asked::Reload => {
                        info!("the configuration is read again (SIGHUP)");
                        self.supervisor.reloading();
                        self.times.configuration = Reread::Certainly;
                        self.times.round = self.now();
                    }
                },
                () = self.supervisor.feed() => {}
                () = self.watch.changed() => self.notice(),
                () = self.http.decided() => self.times.round = self.now(),
                reloaded = under_way(&mut self.reload) => {
                    self.reload = None;
                    self.take_over(reloaded);
                }
                pulled = under_way(&mut self.pull) => {
                    self.pull = None;
                    self.times.round = self.now();
                    self.status.trouble(Subject::Pull, pulled.err());
                }
                (tools, seen) = under_way(&mut self.round) => {
                    self.round = None;
                    self.after_round(tools, seen)?;
                }
                () = under_way(&mut self.verify) => self.verify = None,
                next = under_way(&mut self.arrivals) => {
                    self.arrivals = None;
                    let soonest = self.now() + LEAST_REST;
                    self.times.arrivals = next.map(|next| next.max(soonest));
                }
                letters = under_way(&mut self.mailbox) => {
                    self.mailbox = None;
                    self.after_mailbox(letters);
                }
                outbox = under_way(&mut self.telling) => {
                    self.telling = None;
                    self.after_telling(outbox);
                }
                () = sleep(wake) => {}
            }
        }
    }

    /// Begins whatever the time has come for.
    fn begin_what_is_due(&mut self) {
        let now = self.now();
        if let Some((until, _)) = self.times.unrest {
            if Instant::now() < until {
                return;
            }
            self.times.unrest = None;
        }
        if now >= self.times.scan {
            self.times.scan = now + self.setup.site.serve.scan;
            self.times.configuration = self.times.configuration.or_if_changed();
            self.times.round = self.times.round.min(now);
        }
        if self.reload.is_none() && self.times.configuration != Reread::No {
            let certainly = std::mem::replace(&mut self.times.configuration, Reread::No);
            let known = self.wrong.clone().unwrap_or_else(|| self.setup.fingerprint.clone());
            let folder = self.options.folder.clone();
            let at_work = self.options.clock.at_work();
            self.reload = Some(Box::pin(async move {
                let _at_work = at_work;
                reread(folder, known, certainly).await
            }));
        }
        if let (None, Some(rules), Some(at)) =
            (&self.pull, &self.setup.site.serve.content, self.times.pull)
            && now >= at
        {
            self.times.pull = Some(now + rules.every);
            self.pull = Some(Box::pin(pull::pull(rules.clone())));
        }
        // Pages are not read while git or an editor writes them.
        if now >= self.times.round
            && self.reload.is_none()
            && self.pull.is_none()
            && let Some(tools) = self.tools.take()
        {
            self.times.round = self.times.scan;
            let task = Task {
                setup: Arc::clone(&self.setup),
                worker: self.worker.clone(),
                clock: self.options.clock.clone(),
                trust: self.options.trust,
                status: self.status.clone(),
            };
            self.status.update(|facts| facts.rounds.under_way_since = Some(now));
            self.round = Some(Box::pin(round::hold(task, tools)));
        }
        if now >= self.times.verify && self.verify.is_none() {
            let look = self.look();
            // Servers are asked once a day what they take, as the configuration is read.
            self.times.configuration = Reread::Certainly;
            self.times.verify = now + if look.is_some() { VERIFY_EVERY } else { FIRST_VERIFY };
            self.verify = look.map(|look| -> Work<()> { Box::pin(look.at_copies()) });
        }
        if self.times.arrivals.is_some_and(|at| now >= at) && self.arrivals.is_none() {
            // Without a ledger they are looked for after the next round.
            self.times.arrivals = None;
            self.arrivals = self.look().map(|look| -> Work<_> { Box::pin(look.for_arrivals()) });
        }
        if self.times.mailbox.is_some_and(|at| now >= at) && self.mailbox.is_none() {
            self.begin_mailbox(now);
        }
    }

    /// Files change: what they say is read once they are at rest.
    fn notice(&mut self) {
        let changes = self.watch.take();
        if changes.configuration {
            self.times.configuration = Reread::Certainly;
        }
        if changes.configuration || changes.pages {
            let now = Instant::now();
            let last = self.times.unrest.map_or(now + LONGEST_UNREST, |(_, last)| last);
            self.times.unrest = Some(((now + QUIET).min(last), last));
            self.times.round = self.now();
        }
    }

    fn take_over(&mut self, reloaded: Reloaded) {
        match reloaded {
            Reloaded::Unchanged => {}
            Reloaded::New(setup) => {
                if self.setup.site.serve.content != setup.site.serve.content {
                    self.times.pull = setup.site.serve.content.as_ref().map(|_| self.now());
                    self.status.trouble(Subject::Pull, None);
                }
                self.times.scan = self.times.scan.min(self.now() + setup.site.serve.scan);
                self.setup = Arc::from(setup);
                self.mailbox = None;
                self.times.mailbox = self.setup.site.mailbox.as_ref().map(|_| self.now());
                self.status.trouble(Subject::Mailbox, None);
                self.wrong = None;
                let listen = self.options.listen.unwrap_or(self.setup.site.serve.listen);
                self.http.listen(listen);
                self.status.update(|facts| facts.setup = Arc::clone(&self.setup));
                self.status.trouble(Subject::Configuration, None);
                self.times.round = self.now();
                info!("the configuration was read");
            }
            Reloaded::Wrong { wrong, fingerprint } => {
                self.wrong = Some(fingerprint);
                let what = format!(
                    "the configuration is wrong; the one from before is kept until it is right\n{}",
                    wrong.drawn()
                );
                self.status.trouble(Subject::Configuration, Some(what));
            }
        }
        self.supervisor.ready();
    }

    fn after_round(
        &mut self,
        tools: Tools,
        seen: Result<Seen, RoundError>,
    ) -> Result<(), ServeError> {
        let now = self.now();
        let ledger = tools.ledger.as_ref().map(|open| open.ledger.clone());
        self.tools = Some(tools);
        let had_one = self.status.facts().rounds.done > 0;
        self.status.update(|facts| {
            facts.ledger = ledger;
            facts.rounds.under_way_since = None;
            match &seen {
                Ok(_) => {
                    facts.rounds.done += 1;
                    facts.rounds.last = Some(now);
                }
                Err(_) => facts.rounds.failed += 1,
            }
        });
        match seen {
            Ok(seen) => self.after_success(seen, now),
            // It will never be ours, however long we wait.
            Err(RoundError::Ledger(error @ LedgerError::OtherSite { .. })) if !had_one => {
                return Err(error.into());
            }
            Err(error) => {
                let subject = match &error {
                    RoundError::Clock(_) => Subject::Clock,
                    RoundError::Ledger(_) => Subject::Ledger,
                    RoundError::Site(_) | RoundError::Thread(_) => Subject::Postings,
                };
                self.status.trouble(subject, Some(error.to_string()));
                let next = now + self.after_failure.wait();
                self.times.round = next;
                self.status.update(|facts| facts.next_round = Some(next));
            }
        }
        Ok(())
    }

    fn after_success(&mut self, seen: Seen, now: DateTime<Utc>) {
        self.after_failure.reset();
        self.status.trouble(Subject::Clock, None);
        self.status.trouble(Subject::Ledger, None);
        let folders: Vec<String> = seen
            .unavailable
            .iter()
            .map(|it| format!("{}: {}", it.path.display(), it.why))
            .collect();
        let folders = (!folders.is_empty()).then(|| {
            let folders = folders.join("; ");
            format!("postings cannot be read, so what stands of them is left as it is: {folders}")
        });
        self.status.trouble(Subject::Postings, folders);
        let pages = (!seen.page_errors.is_empty()).then(|| {
            format!(
                "pages with errors are held back (`handbill check`): {}",
                seen.page_errors.join("; ")
            )
        });
        self.status.trouble(Subject::Pages, pages);
        self.status.trouble(Subject::Watch, seen.no_events);
        self.status.trouble(Subject::WriteBack, seen.without_links);
        let neighbour = "another `handbill serve` works on the same ledger: nothing goes out twice, \
                         and one of them is enough";
        self.status
            .trouble(Subject::SecondDaemon, seen.has_neighbour.then(|| neighbour.to_owned()));
        debug!(tried = seen.tried, "round");
        // The first round looks for what was on its way before the start.
        if seen.tried > 0 || self.status.facts().rounds.done == 1 {
            self.times.arrivals = Some(now);
        }

        let mut next = self.times.round.min(self.times.scan);
        next = seen.next.map_or(next, |at| next.min(at));
        if seen.asks_again {
            next = next.min(now + self.while_unknown.wait());
        } else {
            self.while_unknown.reset();
        }
        self.times.round = next.max(now + LEAST_REST);
        self.begin_telling(seen.plan);
        let next = self.times.round;
        self.status.update(|facts| {
            let mut held = seen.held;
            for (key, held) in &mut held {
                if let Some(before) = facts.held.get(key).filter(|before| before.by == held.by) {
                    held.since = before.since;
                }
            }
            facts.held = held;
            facts.next_round = Some(next);
        });
    }

    fn say_status(&mut self) {
        let zone = self.setup.site.settings.timezone;
        let trouble = self.status.first_trouble().map(|what| format!("; {what}"));
        let what = if self.round.is_some() {
            "at work".to_owned()
        } else {
            format!("next look at {}", local_time(self.times.round, zone))
        };
        self.supervisor.status(&format!("{what}{}", trouble.unwrap_or_default()));
    }

    /// How long nothing has to be begun; `None` until something else happens.
    fn wake(&self) -> Option<Duration> {
        if let Some((until, _)) = self.times.unrest {
            return Some(until.saturating_duration_since(Instant::now()));
        }
        let mut times = vec![self.times.scan];
        // What waits for something that is under way is begun when that ends.
        if self.tools.is_some() && self.reload.is_none() && self.pull.is_none() {
            times.push(self.times.round);
        }
        if self.pull.is_none() {
            times.extend(self.times.pull);
        }
        if self.verify.is_none() {
            times.push(self.times.verify);
        }
        if self.arrivals.is_none() {
            times.extend(self.times.arrivals);
        }
        if self.mailbox.is_none() {
            times.extend(self.times.mailbox);
        }
        times.into_iter().min().and_then(|time| self.options.clock.until(time))
    }

    /// Begins nothing more, and waits for what is under way as long as it may take.
    async fn stop(&mut self, signals: &mut Signals) {
        let within = self.setup.site.serve.stop_within;
        info!(within_seconds = within.as_secs(), under_way = self.worker.under_way(), "stopping");
        self.supervisor.stopping(within);
        self.worker.begin_nothing_more();
        self.pull = None;
        self.reload = None;
        self.verify = None;
        self.arrivals = None;
        self.mailbox = None;
        let over = tokio::time::sleep(within);
        tokio::pin!(over);
        while self.round.is_some() || self.telling.is_some() {
            tokio::select! {
                _ = under_way(&mut self.telling) => self.telling = None,
                (tools, seen) = under_way(&mut self.round) => {
                    self.round = None;
                    self.tools = Some(tools);
                    if let Err(error) = seen {
                        error!("{error}");
                    }
                }
                () = self.supervisor.feed() => {}
                () = &mut over => {
                    warn!(
                        under_way = self.worker.under_way(),
                        "the time to stop is over; what is under way is unknown, and found out about \
                         at the next start"
                    );
                    break;
                }
                asked = signals.next() => if matches!(asked, Asked::Stop) {
                    warn!(under_way = self.worker.under_way(), "stopped at once");
                    return;
                }
            }
        }
        self.round = None;
        self.telling = None;
        self.close().await;
    }

    /// What could not be written down yet is tried a last time, and the ledger is closed.
    async fn close(&mut self) {
        let shared = self.status.facts().ledger;
        self.status.update(|facts| facts.ledger = None);
        let Some(ledger) = shared else { return };
        let courier = Courier {
            site: &self.setup.site,
            stations: &self.setup.stations,
            ledger: &ledger,
            worker: self.worker.clone(),
            clock: self.options.clock.clone(),
            aside: None,
        };
        let written =
            tokio::time::timeout(Duration::from_secs(5), courier.write_what_waits()).await;
        if !matches!(written, Ok(Ok(()))) {
            error!("an outcome could not be written down; it is found out about at the next start");
        }
        match self.tools.take().and_then(|tools| tools.ledger) {
            Some(open) => open.close().await,
            None => {
                let _ = tokio::time::timeout(Duration::from_secs(5), ledger.close()).await;
            }
        }
    }
}

/// Waits for something that may be under way; for ever if it is not.
async fn under_way<T>(work: &mut Option<Work<T>>) -> T {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
