//! One schedule from its first day to its last: events happen, daemons do their rounds, faults and
//! kills are drawn, a person looks in.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use chrono::{DateTime, Days, TimeDelta, Utc};
use uuid::Uuid;

use super::backup::Copies;
use super::broken::Broken;
use super::chance::Chance;
use super::channel::SimulatedChannel;
use super::nature::{Nature, Tell, lock};
use super::page::Place;
use super::scenario::{Event, Knows, Machine, Scenario};
use super::server::{By, Gone, Server};
use super::turns::{Daemon, Gate, Go, Turns, What};
use super::{Home, SimulationError};
use crate::channel::{Kind, Reach};
use crate::deliver::worker::LivenessOf;
use crate::deliver::{Courier, Postings, Round, Station, Wanted, Worker};
use crate::ledger::{
    self, Database, Ledger, LedgerError, Liveness, Opening, Resolution, Schema, SiteMark, State,
};
use crate::plan::{Pace, When};
use crate::posting::identity::{self, Known};
use crate::site::Site;

/// Whether the ledger notices that a backup was put back.
const RESTORED_IS_NOTICED: bool = true;

/// So many rounds come soon after another, because something waits; then only the usual ones.
const SOON: u32 = 40;

/// A round that has not ended after this long on a real clock never will.
const STUCK: std::time::Duration = std::time::Duration::from_secs(60);

/// One process that delivers.
struct Process {
    number: Daemon,
    ledger: Ledger,
    stations: Arc<Vec<Station>>,
    worker: Worker,
}

type Answer = Result<Option<Round>, LedgerError>;

/// A round of one process that is under way.
struct Running {
    number: Daemon,
    future: Pin<Box<dyn Future<Output = Answer>>>,
    answer: Option<Answer>,
    /// How much of the mailbox it has read when it is done.
    letters: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    Round,
    Verify,
}

/// A site, its machine and the servers around it.
pub struct World {
    pub nature: Arc<Nature>,
    pub site: Arc<Site>,
    pub servers: Vec<Arc<Mutex<Server>>>,
    pub scenario: Scenario,
    pub postings: Arc<Postings>,
    pub chance: Chance,
    /// The plan of the last round that was not disturbed.
    pub last: Option<Round>,
    /// Whether a backup was put back at some time.
    pub restored: bool,
    machine: Machine,
    turns: Arc<Turns>,
    alive: Arc<Mutex<BTreeSet<String>>>,
    processes: Vec<Process>,
    workers: u32,
    boots: u32,
    folder: PathBuf,
    folder_is_there: bool,
    pages_changed: bool,
    disk_full_until: Option<DateTime<Utc>>,
    copies: Copies,
    soon: u32,
    /// How many letters of the mailbox were read, as the ledger remembers it.
    letters: usize,
    /// A daemon that sleeps in the middle of its round, while another one does not.
    asleep: Option<Daemon>,
}

impl World {
    /// # Errors
    /// [`SimulationError`] if the ledger cannot be made.
    pub async fn new(
        seed: u64,
        broken: Option<Broken>,
        folder: PathBuf,
        home: &Home,
        tell: Tell,
    ) -> Result<Self, SimulationError> {
        let mut scenario = super::scenario::draw(seed, &folder)?;
        if let Home::Postgres(address) = home {
            let (address, beside) = (address.clone(), scenario.site.ledger.clone());
            let schema = new_schema()?;
            scenario.site.ledger_place =
                ledger::Place::Postgres(Database { address, schema, beside });
        }
        let nature = Arc::new(Nature::new(seed, broken, scenario.start, tell));
        for server in &scenario.servers {
            nature.add(Arc::clone(server));
        }
        nature.set_faults(scenario.machine.faults);
        let mut world = Self {
            site: Arc::new(scenario.site.clone()),
            servers: scenario.servers.clone(),
            machine: scenario.machine,
            nature,
            scenario,
            postings: Arc::default(),
            chance: Chance::of(seed, "world"),
            last: None,
            restored: false,
            turns: Arc::default(),
            alive: Arc::default(),
            processes: Vec::new(),
            workers: 0,
            boots: 0,
            copies: Copies::new(&folder),
            folder,
            folder_is_there: true,
            pages_changed: true,
            disk_full_until: None,
            soon: SOON,
            letters: 0,
            asleep: None,
        };
        world.nature.say("world", || world.describe());
        world.open().await?;
        Ok(world)
    }

    fn describe(&self) -> String {
        let channels: Vec<String> = self
            .site
            .channels
            .iter()
            .map(|it| {
                let server = self.scenario.server_of.get(&it.name).copied().unwrap_or(0);
                let server = self.servers.get(server).map(|it| lock(it).name.clone());
                format!(
                    "{} at {} ({:?} {:?} update {} close {} remind {} settle {} {:?} {:?})",
                    it.name,
                    server.unwrap_or_default(),
                    it.schedule.as_ref().map(ToString::to_string),
                    it.queue.per_day,
                    it.update,
                    it.close,
                    it.remind.len(),
                    it.holds.settle,
                    it.holds.approval,
                    it.holds.page,
                )
            })
            .collect();
        format!("{:?}; {}", self.machine, channels.join("; "))
    }

    async fn open(&mut self) -> Result<(), SimulationError> {
        for number in 0..self.machine.daemons {
            let gate = Gate { turns: Arc::clone(&self.turns), daemon: number };
            let opening = Opening {
                id: Some(Uuid::from_u64_pair(self.nature.seed, 0x5157)),
                turnstile: Some(Arc::new(gate)),
            };
            let mark = self.site_mark();
            let path = &self.site.ledger_place;
            let ledger = Ledger::open_with(path, &mark, self.nature.clock.now(), opening).await?;
            let stations = Arc::new(self.stations(number));
            let worker = self.worker();
            self.processes.push(Process { number, ledger, stations, worker });
        }
        Ok(())
    }

    fn stations(&self, daemon: Daemon) -> Vec<Station> {
        let mut stations = Vec::new();
        for spec in &self.site.channels {
            let server = self.scenario.server_of.get(&spec.name);
            let Some(server) = server.and_then(|it| self.servers.get(*it)) else { continue };
            let channel = SimulatedChannel {
                daemon,
                name: spec.name.0.to_string(),
                kind: spec.kind(),
                server: Arc::clone(server),
                nature: Arc::clone(&self.nature),
                turns: Arc::clone(&self.turns),
            };
            stations.push(Station {
                target: spec.target(&channel),
                spec: spec.clone(),
                channel: Box::new(channel),
                reach: Reach::LoopbackOnly,
            });
        }
        stations
    }

    /// A process that has just begun.
    fn worker(&mut self) -> Worker {
        self.workers += 1;
        let name = format!("worker-{}", self.workers);
        lock(&self.alive).insert(name.clone());
        let alive = Arc::clone(&self.alive);
        let knows = self.machine.liveness;
        let liveness: LivenessOf = Arc::new(move |name: &str| match knows {
            Knows::Nothing => Liveness::CannotTell,
            Knows::Whether if lock(&alive).contains(name) => Liveness::Alive,
            Knows::Whether => Liveness::Dead,
        });
        Worker::named(name, liveness)
    }

    /// The ledger, for a person and for the judgement.
    pub fn ledger(&self) -> Result<&Ledger, SimulationError> {
        self.processes.first().map(|it| &it.ledger).ok_or(SimulationError::NoProcess)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.nature.clock.now()
    }

    /// All the days of the scenario, and some more without faults, in which everything that can
    /// come right does.
    ///
    /// # Errors
    /// [`SimulationError`] if the ledger fails where nothing was to fail.
    pub async fn live(&mut self) -> Result<(), SimulationError> {
        let mut agenda = std::mem::take(&mut self.scenario.agenda).into_iter().peekable();
        let mut next_round = self.nature.truth();
        let mut next_person = self.nature.truth() + self.machine.person;
        while self.nature.truth() < self.scenario.end {
            let event_at = agenda.peek().map_or(self.scenario.end, |(at, _)| *at);
            let next = event_at.min(next_round).min(next_person).min(self.scenario.end);
            self.wait_until(next);
            let now = self.nature.truth();
            if event_at <= now
                && let Some((_, event)) = agenda.next()
            {
                self.happens(event).await?;
            } else if next_person <= now {
                self.person().await?;
                next_person = now + self.machine.person;
            } else {
                next_round = self.rounds().await?;
            }
        }
        for (_, event) in agenda {
            // What was to be put right later is put right now.
            if matches!(
                event,
                Event::RightClock
                    | Event::Folder(true)
                    | Event::Draft(_, false)
                    | Event::Closed(_, false)
                    | Event::Move(_, Place::There)
            ) {
                self.happens(event).await?;
            }
        }
        self.come_to_rest().await
    }

    /// Nothing fails any more.
    async fn come_to_rest(&mut self) -> Result<(), SimulationError> {
        self.nature.say("world", || "nothing fails any more".to_owned());
        self.nature.set_faults(0);
        self.happens(Event::RightClock).await?;
        self.disk_full_until = None;
        self.machine.kills = 0;
        self.machine.ledger_faults = 0;
        self.machine.pauses = 0;
        for round in 0..20 {
            let wait = if round < 4 { 20 } else { 7 * 60 };
            self.nature.pass(TimeDelta::minutes(wait));
            self.person().await?;
            if round == 12 || round == 18 {
                self.run(&[0], Errand::Verify).await?;
            }
            self.last = None;
            self.run(&[0], Errand::Round).await?;
            self.after_faults(Vec::new()).await?;
        }
        for _ in 0..4 {
            // What was done may make something else due at the same moment.
            self.nature.pass(TimeDelta::minutes(1));
            self.run(&[0], Errand::Round).await?;
            if self.last.as_ref().is_some_and(|it| it.done.is_empty() && it.plan.cancel.is_empty())
            {
                break;
            }
        }
        Ok(())
    }

    fn wait_until(&self, time: DateTime<Utc>) {
        let wait = time - self.nature.truth();
        if wait > TimeDelta::zero() {
            self.nature.pass(wait);
        }
    }

    /// One or two daemons do their rounds. Says when the next one comes.
    async fn rounds(&mut self) -> Result<DateTime<Utc>, SimulationError> {
        if !self.nature.clock_error().is_zero() && self.chance.one_in(6) {
            self.happens(Event::RightClock).await?;
        }
        let all: Vec<Daemon> = (0..self.machine.daemons).collect();
        let who = match all.len() {
            2.. if self.chance.one_in(2) => all,
            2.. => vec![self.chance.index(2)],
            _ => all,
        };
        self.run(&who, Errand::Round).await?;
        Ok(self.nature.truth() + self.until_next())
    }

    fn until_next(&mut self) -> TimeDelta {
        let usual = self.machine.interval.num_minutes();
        let usual = self.chance.minutes(usual / 4, usual);
        let Some(last) = self.last.as_ref().filter(|_| self.soon > 0) else { return usual };
        let now = self.now();
        let waits = last.done.iter().any(|it| matches!(it.state, State::Unknown | State::Planned));
        let next = last.plan.steps.iter().filter_map(|step| match step.when {
            When::At { slot } if slot > now => Some(slot - now),
            _ => None,
        });
        let wait = match (next.min(), waits) {
            (_, true) if self.machine.faults > 0 && self.chance.one_in(5) => {
                // Just then somebody sets the clock, and the daemon looks again at once.
                self.nature.turn_clock(self.chance.minutes(20, 600));
                self.chance.seconds(10, 200)
            }
            // Soon after the time to send has passed, when something may still be under way.
            (_, true) if self.chance.one_in(2) => self.chance.seconds(125, 600),
            (_, true) => self.chance.minutes(2, 40),
            (Some(slot), false) if slot < usual => slot + self.chance.minutes(0, 5),
            _ => return usual,
        };
        self.soon -= 1;
        wait.min(usual)
    }

    /// Lets some daemons do a round each, in turns that are drawn.
    async fn run(&mut self, who: &[Daemon], errand: Errand) -> Result<(), SimulationError> {
        self.read_pages().await?;
        if self.nature.broken == Some(Broken::ReceiptBeforeFsync) {
            self.copies.keep_for_power_cut()?;
        }
        if self.nature.broken == Some(Broken::DeadWorkerDue) {
            self.make_due_what_dead_workers_left().await?;
        }
        if self.nature.broken == Some(Broken::SilentIsDue) {
            self.make_due_what_lists_are_silent_of().await?;
        }
        self.turns.rule(true);
        let mut running: Vec<Running> = Vec::new();
        for number in who {
            running.extend(self.start(*number, errand));
        }
        let mut killed = Vec::new();
        let mut extra = 4;
        self.asleep = None;
        let ready = Arc::new(Ready::default());
        let waker = Waker::from(Arc::clone(&ready));
        let ledgers: Vec<Ledger> = self.processes.iter().map(|it| it.ledger.clone()).collect();
        let began = Instant::now();
        loop {
            let mut context = Context::from_waker(&waker);
            for one in running.iter_mut().filter(|it| it.answer.is_none()) {
                if let Poll::Ready(answer) = one.future.as_mut().poll(&mut context) {
                    one.answer = Some(answer);
                }
            }
            if running.iter().all(|it| it.answer.is_some()) {
                break;
            }
            // Somebody reads; whose turn it is, is asked when all have read.
            if ready.quiet(&ledgers).await? {
                self.next_turn(&mut running, &mut killed, &mut extra);
            }
            if began.elapsed() > STUCK {
                return Err(SimulationError::Stuck(self.turns.waiting().len()));
            }
        }
        self.turns.rule(false);
        for Running { number, answer, letters, .. } in running {
            match answer {
                Some(Ok(Some(round))) => {
                    self.last = Some(round);
                    self.letters = self.letters.max(letters);
                }
                Some(Ok(None)) | None => {}
                Some(Err(error)) => {
                    self.nature.say(&format!("daemon {number}"), || format!("fails: {error}"));
                }
            }
        }
        self.after_faults(killed).await
    }

    fn start(&mut self, number: Daemon, errand: Errand) -> Option<Running> {
        let process = self.processes.get(number)?;
        let site = Arc::clone(&self.site);
        let (stations, ledger) = (Arc::clone(&process.stations), process.ledger.clone());
        let (worker, clock) = (process.worker.clone(), self.nature.clock.clone());
        let postings = Arc::clone(&self.postings);
        let mailbox = self.nature.mailbox_after(self.letters);
        let letters = self.letters + mailbox.len();
        self.nature.say(&format!("daemon {number}"), || format!("begins ({errand:?})"));
        let future = Box::pin(async move {
            let courier = Courier {
                site: &site,
                stations: &stations,
                ledger: &ledger,
                worker,
                clock,
                aside: None,
            };
            match errand {
                Errand::Round => {
                    let all = Wanted::default();
                    let mut round = courier.round(&postings, Pace::OnSchedule, all).await?;
                    courier.take_in(mailbox.iter().map(|letter| &**letter)).await?;
                    round.note_arrivals(courier.arrivals(all).await?);
                    Ok(Some(round))
                }
                Errand::Verify => courier.verify(Wanted::default()).await.map(|_| None),
            }
        });
        Some(Running { number, future, answer: None, letters })
    }

    /// Everybody waits: draws who goes on, who dies, and how much time goes by.
    fn next_turn(&mut self, running: &mut Vec<Running>, killed: &mut Vec<Daemon>, extra: &mut u32) {
        let mut waiting = self.turns.waiting();
        if let Some(asleep) = self.asleep {
            waiting.retain(|(_, daemon, _)| *daemon != asleep);
            if waiting.is_empty() {
                self.while_one_sleeps(running, extra);
                return;
            }
        }
        let Some((id, daemon, what)) = waiting.get(self.chance.index(waiting.len())).cloned()
        else {
            return;
        };
        let writes = matches!(&what, What::Step(step) if step.starts_with("writes"));
        let falls_asleep = self.machine.daemons > 1 && self.machine.pauses > 0 && writes;
        if falls_asleep && self.asleep.is_none() && self.chance.one_in(6) {
            self.nature.say(&format!("daemon {daemon}"), || "falls asleep".to_owned());
            self.asleep = Some(daemon);
            return;
        }
        let drawn = |chance: &mut Chance, one_in: u64| one_in > 0 && chance.one_in(one_in);
        if drawn(&mut self.chance, self.machine.kills) {
            self.nature.say(&format!("daemon {daemon}"), || format!("is killed before: {what:?}"));
            running.retain(|it| it.number != daemon || it.answer.is_some());
            killed.push(daemon);
            return;
        }
        if drawn(&mut self.chance, self.machine.pauses) {
            let time = match self.chance.below(6) {
                0 => self.chance.minutes(30, 900),
                1 | 2 => self.chance.minutes(2, 40),
                _ => self.chance.seconds(1, 150),
            };
            self.nature.say("world", || format!("{} s go by", time.num_seconds()));
            self.nature.pass(time);
        }
        let full = self.disk_full_until.is_some_and(|until| until > self.nature.truth());
        let go = match what {
            What::Change if full => Go::Full,
            What::Change if drawn(&mut self.chance, self.machine.ledger_faults) => {
                self.chance.pick(Go::Full, &[Go::Locked])
            }
            _ => Go::Ahead,
        };
        if go != Go::Ahead {
            self.nature.say(&format!("daemon {daemon}"), || format!("cannot write: {go:?}"));
        }
        self.turns.give(id, go);
    }

    /// The other daemon does some rounds meanwhile; then the sleeper goes on.
    fn while_one_sleeps(&mut self, running: &mut Vec<Running>, extra: &mut u32) {
        let Some(asleep) = self.asleep else { return };
        if *extra == 0 {
            self.nature.say(&format!("daemon {asleep}"), || "wakes up".to_owned());
            self.asleep = None;
            return;
        }
        *extra -= 1;
        let time = self.chance.minutes(5, 40);
        self.nature.pass(time);
        if let Some(done) = running.iter().position(|it| it.number != asleep)
            && let Some(Ok(Some(round))) = running.remove(done).answer
        {
            self.last = Some(round);
        }
        let other = (0..self.machine.daemons).find(|it| *it != asleep);
        running.extend(other.and_then(|other| self.start(other, Errand::Round)));
    }

    /// Those who died begin anew, under another name.
    async fn after_faults(&mut self, mut killed: Vec<Daemon>) -> Result<(), SimulationError> {
        if self.nature.broken == Some(Broken::LostOutcome) {
            // Whatever a process still has to write down, it forgets.
            killed = self.processes.iter().map(|it| it.number).collect();
        }
        if self.nature.broken == Some(Broken::ReceiptBeforeFsync) && !killed.is_empty() {
            self.nature.say("world", || "what was written last is lost".to_owned());
            self.close().await;
            self.copies.cut_power()?;
            return self.open().await;
        }
        for number in &killed {
            let worker = self.worker();
            if let Some(process) = self.processes.get_mut(*number) {
                lock(&self.alive).remove(process.worker.name());
                process.worker = worker;
            }
        }
        if self.nature.broken == Some(Broken::LostOutcome) {
            self.make_due_what_dead_workers_left().await?;
        }
        Ok(())
    }

    /// What two broken engines do: what a dead worker left is due again.
    async fn make_due_what_dead_workers_left(&self) -> Result<(), SimulationError> {
        let alive: BTreeSet<String> = lock(&self.alive).clone();
        let liveness = |attempt: &crate::ledger::Attempt| {
            if alive.contains(&attempt.worker) { Liveness::Alive } else { Liveness::Dead }
        };
        let (ledger, now) = (self.ledger()?, self.now());
        for delivery in ledger.recover(liveness, now).await? {
            ledger.resolve(delivery.key, &Resolution::NotPosted, now).await?;
        }
        Ok(())
    }

    /// What another broken engine does: who hears nothing sends once more.
    async fn make_due_what_lists_are_silent_of(&self) -> Result<(), SimulationError> {
        let (ledger, now) = (self.ledger()?, self.now());
        for delivery in ledger.on_their_way().await? {
            if now - delivery.changed_at > TimeDelta::days(14) {
                // The first says that it never came, the second that it is to be tried again.
                for _ in 0..2 {
                    ledger.resolve(delivery.key, &Resolution::NotPosted, now).await?;
                }
            }
        }
        Ok(())
    }

    async fn close(&mut self) {
        for process in std::mem::take(&mut self.processes) {
            lock(&self.alive).remove(process.worker.name());
            let Process { ledger, stations, .. } = process;
            drop(stations);
            ledger.close().await;
        }
    }

    /// Reads the pages as each run does.
    async fn read_pages(&mut self) -> Result<(), SimulationError> {
        if !std::mem::take(&mut self.pages_changed) {
            return Ok(());
        }
        let (mut read, mut held_back) = (Vec::new(), BTreeSet::new());
        for page in self.scenario.pages.iter().filter(|_| self.folder_is_there) {
            match page.read(&self.site.settings) {
                Some(posting) => read.push(posting),
                None if page.place == Place::Unreadable => {
                    held_back.insert(page.path());
                }
                None => {}
            }
        }
        let past = self.ledger()?.past().await?;
        let known: Vec<Known> = past.postings.values().map(Known::from).collect();
        let open = identity::bind(read, &known, "en", &mut Vec::new());
        self.postings = Arc::new(Postings { open, held_back, ..Postings::default() });
        Ok(())
    }

    async fn happens(&mut self, event: Event) -> Result<(), SimulationError> {
        self.nature.say("world", || format!("{event:?}"));
        self.pages_changed = true;
        let today = self.nature.truth().date_naive();
        match event {
            Event::Write(page) => self.page(page, |it| it.place = Place::There),
            Event::Words(page, words) => self.page(page, |it| it.words = words),
            Event::Deadline(page, days) => {
                self.page(page, |it| it.deadline = today.checked_add_days(Days::new(days)));
            }
            Event::Draft(page, on) => self.page(page, |it| it.draft = on),
            Event::Closed(page, on) => self.page(page, |it| it.closed = on),
            Event::Move(page, place) => self.page(page, |it| {
                if it.place != Place::NotYet {
                    it.place = place;
                }
            }),
            Event::Folder(there) => self.folder_is_there = there,
            Event::Lock(server) => {
                if let Some(server) = self.servers.get(server) {
                    lock(server).locked = true;
                }
            }
            Event::Delete(server) => self.somebody(server, |copy, now| {
                copy.gone = Some(Gone { at: now, by: By::Others });
            }),
            Event::Hide(server) => self.somebody(server, |copy, now| copy.hidden = Some(now)),
            Event::Pause(channel) => {
                if let Some(channel) = self.site.channels.get(channel) {
                    let paused = self.ledger()?.pause(&channel.name, "a holiday", self.now()).await;
                    known_channel(paused)?;
                }
            }
            Event::Verify => self.run(&[0], Errand::Verify).await?,
            Event::TurnClock(by) => self.nature.turn_clock(by),
            Event::RightClock => {
                let error = self.nature.clock_error();
                if !error.is_zero() {
                    self.nature.turn_clock(-error);
                }
            }
            Event::Restart => {
                self.boots += 1;
                self.nature.clock.restart(&format!("boot-{}", self.boots));
                let all = self.processes.iter().map(|it| it.number).collect();
                self.after_faults(all).await?;
            }
            Event::FullDisk(time) => self.disk_full_until = Some(self.nature.truth() + time),
            Event::Backup => self.keep_backup().await?,
            Event::Restore => {
                if RESTORED_IS_NOTICED && self.copies.has_backup() {
                    self.close().await;
                    self.put_back().await?;
                    self.restored = true;
                    self.letters = 0;
                    self.open().await?;
                }
            }
        }
        Ok(())
    }

    async fn keep_backup(&self) -> Result<(), SimulationError> {
        if self.site.ledger_place.file().is_some() {
            return Ok(self.copies.keep_backup()?);
        }
        let mut text = String::new();
        let export = self.ledger()?.export(|lines| {
            text.push_str(lines);
            Ok::<_, LedgerError>(())
        });
        export.await?;
        Ok(self.copies.keep_export(&text)?)
    }

    /// In PostgreSQL what was kept becomes another schema, as a database of another name would be.
    async fn put_back(&mut self) -> Result<(), SimulationError> {
        let ledger::Place::Postgres(mut database) = self.site.ledger_place.clone() else {
            return Ok(self.copies.restore()?);
        };
        database.schema = new_schema()?;
        let place = ledger::Place::Postgres(database);
        let text = self.copies.export()?;
        Ledger::import(text.as_bytes(), &place, &self.site_mark(), self.now()).await?;
        Arc::make_mut(&mut self.site).ledger_place = place;
        Ok(())
    }

    fn site_mark(&self) -> SiteMark {
        let base_url = self.site.settings.base_url.to_string();
        SiteMark { folder: self.folder.clone(), base_url }
    }

    fn page(&mut self, page: usize, change: impl FnOnce(&mut super::page::Page)) {
        if let Some(page) = self.scenario.pages.get_mut(page) {
            change(page);
        }
    }

    /// Somebody else does something to a copy that has stood for days.
    fn somebody(&self, server: usize, does: impl FnOnce(&mut super::server::Copy, DateTime<Utc>)) {
        let now = self.nature.truth();
        let Some(server) = self.servers.get(server) else { return };
        let mut server = lock(server);
        if matches!(server.kind, Kind::Feed | Kind::Manual) {
            return;
        }
        let old = |copy: &&mut super::server::Copy| {
            copy.stands() && now - copy.made_at > TimeDelta::days(3)
        };
        if let Some(copy) = server.copies.iter_mut().rev().find(old) {
            does(copy, now);
        }
    }

    /// Removes what was written.
    pub async fn end(mut self) {
        self.close().await;
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A channel that the ledger has not seen yet cannot be paused; nobody minds.
fn known_channel(paused: Result<(), LedgerError>) -> Result<(), SimulationError> {
    match paused {
        Err(LedgerError::NoSuchChannel(_)) => Ok(()),
        other => Ok(other?),
    }
}

/// Whether somebody was woken, and who wants to know.
#[derive(Default)]
struct Ready {
    woken: AtomicBool,
    listener: Mutex<Option<Waker>>,
}

impl Ready {
    /// Waits until somebody is woken, or every statement is done without: then all wait for their
    /// turn. Nobody is polled meanwhile, so nobody comes after those who are waited for.
    async fn quiet(&self, ledgers: &[Ledger]) -> Result<bool, LedgerError> {
        let rest = async {
            for ledger in ledgers {
                ledger.rest().await?;
            }
            Ok(())
        };
        let mut rest = std::pin::pin!(rest);
        std::future::poll_fn(|context| {
            *lock(&self.listener) = Some(context.waker().clone());
            if self.woken.swap(false, Ordering::SeqCst) {
                return Poll::Ready(Ok(false));
            }
            rest.as_mut().poll(context).map(|rested: Result<(), LedgerError>| {
                rested.map(|()| !self.woken.swap(false, Ordering::SeqCst))
            })
        })
        .await
    }
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        if let Some(listener) = lock(&self.listener).take() {
            listener.wake();
        }
    }
}

impl World {
    pub(super) fn folder_is_there(&self) -> bool {
        self.folder_is_there
    }

    pub(super) fn target_of(&self, spec: &crate::site::ChannelSpec) -> crate::adapt::Target {
        let stations = self.processes.iter().flat_map(|it| it.stations.iter());
        let mut of_channel = stations.filter(|it| it.spec.name == spec.name);
        of_channel.next().map_or_else(
            || crate::adapt::Target {
                channel: spec.name.0.to_string(),
                form: crate::adapt::Form::Document { media_type: crate::adapt::DocumentType::Text },
                template: spec.template.clone(),
                language: None,
                hashtags: 5,
                timezone: spec.timezone,
                values: serde_json::Value::Null,
                thread: crate::adapt::thread::Thread::None,
                picture: crate::adapt::picture::PictureOf::None,
            },
            |it| it.target.clone(),
        )
    }
}

/// A schema that no other schedule has.
fn new_schema() -> Result<Schema, SimulationError> {
    let name = format!("simulation_{}", Uuid::new_v4().simple());
    name.parse().map_err(|why: &str| SimulationError::Setup(why.to_owned()))
}
