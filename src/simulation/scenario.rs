//! What a seed stands for: the site, its channels and servers, and what happens when.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Tz;
use url::Url;

use super::SimulationError;
use super::chance::Chance;
use super::page::{Page, Place};
use super::server::{Habits, Keys, Repeats, Server, Threads};
use crate::adapt::picture::PictureOf;
use crate::adapt::template::Templates;
use crate::adapt::thread::Thread;
use crate::channel::{ChannelName, Kind};
use crate::diagnostic::Source;
use crate::posting::Settings;
use crate::schedule::Schedule;
use crate::site::channel_file::KindConfig;
use crate::site::filter::Filter;
use crate::site::policy::{Close, Offset, Update};
use crate::site::queue::{Approval, Holds, OpenPosts, PageWait, PlanRules, Queue};
use crate::site::serve::ServeRules;
use crate::site::web::WebRules;
use crate::site::{ChannelSpec, Site};

/// The folder of the templates: tiny ones, because nothing of them is tested here.
const TEMPLATES: &str = "simulation";

const ZONE: Tz = chrono_tz::Europe::Berlin;

/// Something that happens at its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The author writes a page.
    Write(usize),
    Words(usize, u64),
    /// The deadline is so many days after today.
    Deadline(usize, u64),
    Draft(usize, bool),
    Closed(usize, bool),
    Move(usize, Place),
    /// The folder is not mounted.
    Folder(bool),
    /// The credentials of a server's account end.
    Lock(usize),
    /// Somebody else deletes a copy that stands there for long.
    Delete(usize),
    /// A moderator keeps a copy out of the lists.
    Hide(usize),
    Pause(usize),
    Verify,
    TurnClock(TimeDelta),
    RightClock,
    Restart,
    FullDisk(TimeDelta),
    Backup,
    /// The newest backup is put back; the world goes on where it is.
    Restore,
}

/// How daemons and machine behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    pub daemons: usize,
    /// Of a hundred requests, how many meet a fault.
    pub faults: u64,
    /// One turn in so many kills a process; 0: none.
    pub kills: u64,
    /// One change in so many fails.
    pub ledger_faults: u64,
    /// One turn in so many lets time go by.
    pub pauses: u64,
    /// Whether one daemon can tell that the other is dead.
    pub liveness: Knows,
    /// How long until the next round at most.
    pub interval: TimeDelta,
    /// How often the person looks.
    pub person: TimeDelta,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knows {
    Whether,
    Nothing,
}

/// Everything that is drawn before the first round.
pub struct Scenario {
    pub site: Site,
    pub pages: Vec<Page>,
    pub servers: Vec<Arc<Mutex<Server>>>,
    /// By channel, the place of its server.
    pub server_of: BTreeMap<ChannelName, usize>,
    pub machine: Machine,
    pub agenda: Vec<(DateTime<Utc>, Event)>,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

/// Draws a scenario. `folder` is where the ledger will be.
///
/// # Errors
/// [`SimulationError::Setup`] if a schedule or an address of this file is wrong.
pub fn draw(seed: u64, folder: &Path) -> Result<Scenario, SimulationError> {
    let chance = &mut Chance::of(seed, "scenario");
    let start = "2027-01-04T05:00:00Z".parse::<DateTime<Utc>>().map_err(setup)?
        + chance.minutes(0, 60 * 24 * 330);
    let days = chance.between(60, 120);
    let end = start + TimeDelta::days(days);
    let names = ["tides", "waves", "storms", "currents"];
    let count = 1 + chance.index(names.len());
    let mut pages = Vec::new();
    for name in names.iter().take(count) {
        let date = start.date_naive();
        let deadline = chance.between(12, days + 20);
        let deadline = date.checked_add_days(Days::new(u64::try_from(deadline).unwrap_or(30)));
        pages.push(Page {
            name: (*name).to_owned(),
            date,
            words: 1,
            deadline: if chance.one_in(6) { None } else { deadline },
            draft: false,
            closed: false,
            place: Place::NotYet,
        });
    }
    let (channels, servers, server_of) = channels(chance, seed, count)?;
    let mut agenda = agenda(chance, start, days, &pages, servers.len(), channels.len());
    if servers.len() < channels.len() {
        // After a restore nobody can say which of two channels made a copy in their one account.
        agenda.retain(|(_, event)| *event != Event::Restore);
    }
    if channels.iter().any(|channel| channel.update == Update::Replace) {
        // A post that was replaced in a time that is forgotten is taken for gone: one of the windows
        // that remain (ARCHITECTURE.md).
        agenda.retain(|(_, event)| *event != Event::Restore);
    }
    let machine = Machine {
        daemons: if chance.one_in(3) { 2 } else { 1 },
        faults: chance.pick(30, &[0, 10, 30, 60]),
        kills: chance.pick(0, &[60, 150, 300]),
        ledger_faults: chance.pick(0, &[0, 40, 120]),
        pauses: chance.pick(0, &[40, 120]),
        liveness: chance.pick(Knows::Whether, &[Knows::Whether, Knows::Nothing]),
        interval: TimeDelta::hours(chance.pick(12, &[24, 48, 72])),
        person: TimeDelta::hours(chance.pick(12, &[30, 60])),
    };
    let site = site(folder, channels)?;
    Ok(Scenario { site, pages, servers, server_of, machine, agenda, start, end })
}

type Channels = (Vec<ChannelSpec>, Vec<Arc<Mutex<Server>>>, BTreeMap<ChannelName, usize>);

fn channels(chance: &mut Chance, seed: u64, pages: usize) -> Result<Channels, SimulationError> {
    let (mut specs, mut servers, mut server_of) = (Vec::new(), Vec::new(), BTreeMap::new());
    let most = if pages > 2 { 3 } else { 6 };
    let count = chance.between(2, most);
    for number in 0..count {
        let kind = chance.pick(
            Kind::Mastodon,
            &[
                Kind::Mastodon,
                Kind::X,
                Kind::X,
                Kind::Bluesky,
                Kind::Bluesky,
                Kind::LinkedIn,
                Kind::Mail,
                Kind::Mail,
                Kind::Board,
                Kind::Feed,
                Kind::Manual,
            ],
        );
        let name = format!("{kind}-{number}");
        let spec = spec(chance, ChannelName(name.clone().into()), kind)?;
        // Two channels may share an account, where the kind has one.
        let social = [Kind::Mastodon, Kind::X, Kind::Bluesky, Kind::LinkedIn];
        let shares = social.contains(&kind) && chance.one_in(2);
        let same =
            servers.iter().position(|it: &Arc<Mutex<Server>>| super::nature::lock(it).kind == kind);
        let server = match same.filter(|_| shares) {
            Some(server) => server,
            None => {
                let mut habits =
                    habits(chance, kind, &mut Chance::of(seed, &format!("list {name}")));
                // A stream of its own, so that scenarios stay as they were.
                let threads = Chance::of(seed, &format!("{name} threads")).one_in(2);
                if kind == Kind::Mastodon && threads {
                    habits.threads = Threads::Written;
                }
                servers.push(Arc::new(Mutex::new(Server::new(name, kind, habits, seed))));
                servers.len() - 1
            }
        };
        server_of.insert(spec.name.clone(), server);
        specs.push(spec);
    }
    Ok((specs, servers, server_of))
}

/// What is under way and what is not shown yet fit into the time that the channel declares.
fn habits(chance: &mut Chance, kind: Kind, list: &mut Chance) -> Habits {
    let lag = match kind {
        Kind::Mastodon | Kind::X | Kind::LinkedIn => chance.seconds(0, 290),
        Kind::Mail => chance.seconds(10, 1800),
        Kind::Board => chance.seconds(0, 90),
        Kind::Bluesky | Kind::Feed | Kind::Git | Kind::Manual => TimeDelta::zero(),
    };
    Habits {
        keys: chance.pick(Keys::Honoured, &[Keys::Ignored, Keys::Ignored]),
        lag,
        repeats: list.pick(Repeats::Doubled, &[Repeats::Dropped]),
        held: chance.pick(0, &[20, 60]),
        sent_back: list.pick(0, &[10, 30]),
        never_shown: chance.pick(0, &[10, 50]),
        threads: Threads::Unknown,
    }
}

fn spec(
    chance: &mut Chance,
    name: ChannelName,
    kind: Kind,
) -> Result<ChannelSpec, SimulationError> {
    let schedule = chance.pick("0 9 * * *", &["", "", "0 9 * * 1,4", "30 8 * * 2"]);
    let schedule = match schedule {
        "" => None,
        expression => Some(Schedule::parse(expression, ZONE).map_err(setup)?),
    };
    let (update, close) = policies(chance, kind);
    let remind = match kind {
        // What is found by our reference is never there twice.
        Kind::Board | Kind::Feed | Kind::Git => "",
        _ => chance.pick("", &["7d", "3d"]),
    };
    let queue = Queue {
        per_day: chance.pick(None, &[None, Some(1), Some(2)]),
        spacing: TimeDelta::hours(chance.pick(0, &[0, 2, 20])),
        jitter: TimeDelta::minutes(chance.pick(0, &[0, 45])),
        ..Queue::default()
    };
    let waits = chance.one_in(5);
    let holds = Holds {
        settle: TimeDelta::hours(chance.pick(0, &[0, 24])),
        max_age: None,
        approval: if chance.one_in(6) { Approval::Needed } else { Approval::NotNeeded },
        page: if waits { PageWait::UntilSeen } else { PageWait::DoNotWait },
        declared: Vec::new(),
        open_posts: if kind == Kind::Mail { OpenPosts::OnePerSubject } else { OpenPosts::Any },
    };
    Ok(ChannelSpec {
        file: Source::new(format!("channels/{name}.toml"), String::new()),
        name,
        schedule,
        timezone: ZONE,
        filter: Filter::default(),
        template: TEMPLATES.to_owned(),
        language: None,
        thread: Thread::None,
        picture: PictureOf::None,
        hashtags: None,
        remind: Offset::parse(remind).into_iter().collect(),
        update,
        close,
        queue,
        holds,
        requires: Vec::new(),
        ask_again: None,
        values: serde_json::Value::Null,
        config: config(kind)?,
    })
}

/// Those that `site::policy` allows the kind.
fn policies(chance: &mut Chance, kind: Kind) -> (Update, Close) {
    let (update, close): (&[Update], &[Close]) = match kind {
        Kind::Mail => (
            &[Update::FollowUp, Update::FollowUp, Update::Manual, Update::Ignore],
            &[Close::FollowUp, Close::Ignore, Close::Manual],
        ),
        Kind::Mastodon => (
            &[Update::Edit, Update::Edit, Update::FollowUp, Update::Manual, Update::Ignore],
            &[Close::Edit, Close::Withdraw, Close::FollowUp, Close::Manual, Close::Ignore],
        ),
        Kind::X => (
            &[Update::Ignore, Update::FollowUp, Update::FollowUp, Update::Manual],
            &[Close::Withdraw, Close::Withdraw, Close::FollowUp, Close::Manual, Close::Ignore],
        ),
        Kind::Bluesky => (
            &[Update::Replace, Update::Replace, Update::FollowUp, Update::Manual, Update::Ignore],
            &[Close::Withdraw, Close::Withdraw, Close::FollowUp, Close::Manual, Close::Ignore],
        ),
        Kind::LinkedIn => (
            &[Update::Edit, Update::Edit, Update::Manual, Update::Ignore],
            &[Close::Withdraw, Close::Edit, Close::Manual, Close::Ignore],
        ),
        Kind::Board => (
            &[Update::Edit, Update::Edit, Update::Manual, Update::Ignore],
            &[Close::Withdraw, Close::Withdraw, Close::Manual, Close::Ignore],
        ),
        Kind::Feed | Kind::Git => (&[Update::Edit], &[Close::Withdraw]),
        Kind::Manual => (&[Update::Manual, Update::Ignore], &[Close::Manual, Close::Ignore]),
    };
    let update = update.get(chance.index(update.len())).copied().unwrap_or(Update::Ignore);
    let close = close.get(chance.index(close.len())).copied().unwrap_or(Close::Ignore);
    match (update, close) {
        // A person who takes a post down while nobody knows whether it was replaced may leave the new
        // one: one of the windows that remain (ARCHITECTURE.md).
        (Update::Replace, Close::Manual) => (update, Close::Withdraw),
        policies => policies,
    }
}

/// A table that is right and leads nowhere: the simulated channels do not read it.
fn config(kind: Kind) -> Result<KindConfig, SimulationError> {
    Ok(match kind {
        Kind::Mail => KindConfig::Mail(
            toml::from_str(
                "to = \"jobs@lists.example\"\nfrom = \"office@tidal.example\"\n\
                 host = \"mail.tidal.example\"",
            )
            .map_err(setup)?,
        ),
        Kind::Mastodon => KindConfig::Mastodon(
            toml::from_str("server = \"https://social.example\"\ntoken = { env = \"UNUSED\" }")
                .map_err(setup)?,
        ),
        Kind::X => KindConfig::X(
            toml::from_str(
                "username = \"tidal\"\nuser_id = \"1\"\nconsumer_key = { env = \"UNUSED\" }\n\
                 consumer_secret = { env = \"UNUSED\" }\naccess_token = { env = \"UNUSED\" }\n\
                 access_token_secret = { env = \"UNUSED\" }",
            )
            .map_err(setup)?,
        ),
        Kind::Bluesky => KindConfig::Bluesky(
            toml::from_str(
                "server = \"https://pds.example\"\ndid = \"did:plc:tidal\"\n\
                 app_password = { env = \"UNUSED\" }",
            )
            .map_err(setup)?,
        ),
        Kind::LinkedIn => KindConfig::LinkedIn(
            toml::from_str(
                "author = \"urn:li:organization:1\"\nversion = \"202609\"\n\
                 token = { env = \"UNUSED\" }",
            )
            .map_err(setup)?,
        ),
        Kind::Board => KindConfig::Board(Box::new(
            toml::from_str(
                "base = \"https://jobs.example\"\nformat = \"text\"\n\
                 create = { method = \"POST\", url = \"{base}/jobs\" }\n\
                 update = { method = \"PUT\", url = \"{base}/jobs/{id}\" }\n\
                 withdraw = { method = \"DELETE\", url = \"{base}/jobs/{id}\" }",
            )
            .map_err(setup)?,
        )),
        Kind::Feed => KindConfig::Feed(toml::from_str("folder = \"public/feed\"").map_err(setup)?),
        Kind::Git => {
            let list = "repository = \"/list.git\"\nfile = \"jobs/{reference}\"\nformat = \"text\"\n\
                        author = { name = \"Lab\", email = \"lab@tidal.example\" }";
            KindConfig::Git(Box::new(toml::from_str(list).map_err(setup)?))
        }
        Kind::Manual => KindConfig::Manual(toml::from_str("place = \"a form\"").map_err(setup)?),
    })
}

/// What happens in these days, in order.
fn agenda(
    chance: &mut Chance,
    start: DateTime<Utc>,
    days: i64,
    pages: &[Page],
    servers: usize,
    channels: usize,
) -> Vec<(DateTime<Utc>, Event)> {
    let mut agenda = Vec::new();
    let minutes = days * 24 * 60;
    for page in 0..pages.len() {
        let written = if chance.one_in(2) { 0 } else { chance.between(0, minutes / 2) };
        agenda.push((start + TimeDelta::minutes(written), Event::Write(page)));
        for _ in 0..chance.below(6) {
            let at = start + chance.minutes(written, minutes);
            let later = at + chance.minutes(60, 60 * 24 * 15);
            let event = match chance.below(12) {
                // Few words, so that an author comes back to old ones.
                0..=4 => Event::Words(page, 1 + chance.below(3)),
                5..=7 => Event::Deadline(page, chance.below(40)),
                8 => {
                    agenda.push((later, Event::Draft(page, false)));
                    Event::Draft(page, true)
                }
                9 => {
                    agenda.push((later, Event::Closed(page, false)));
                    Event::Closed(page, true)
                }
                10 => {
                    agenda.push((later, Event::Move(page, Place::There)));
                    Event::Move(page, Place::Removed)
                }
                _ => {
                    agenda.push((later, Event::Move(page, Place::There)));
                    Event::Move(page, Place::Unreadable)
                }
            };
            agenda.push((at, event));
        }
    }
    for _ in 0..chance.below(14) {
        let at = start + chance.minutes(60, minutes);
        let server = chance.index(servers);
        let event = match chance.below(16) {
            0 => {
                agenda.push((at + chance.minutes(20, 4000), Event::Folder(true)));
                Event::Folder(false)
            }
            1 | 2 => Event::Lock(server),
            3 => Event::Delete(server),
            4 => Event::Hide(server),
            5 => Event::Pause(chance.index(channels)),
            6 | 7 => Event::Verify,
            8 | 9 => {
                let by = jump(chance);
                agenda.push((at + chance.minutes(3, 4000), Event::RightClock));
                Event::TurnClock(by)
            }
            10 | 11 => Event::Restart,
            12 => Event::FullDisk(chance.minutes(10, 600)),
            13 => Event::Backup,
            _ => {
                agenda.push((at + chance.minutes(60, 20_000), Event::Restore));
                Event::Backup
            }
        };
        agenda.push((at, event));
    }
    agenda.sort_by_key(|(at, _)| *at);
    agenda
}

/// Minutes, hours or days, forward or back.
fn jump(chance: &mut Chance) -> TimeDelta {
    let by = match chance.below(3) {
        0 => chance.minutes(1, 60),
        1 => chance.minutes(60, 1500),
        _ => chance.minutes(1500, 8000),
    };
    if chance.one_in(2) { by } else { -by }
}

fn site(folder: &Path, channels: Vec<ChannelSpec>) -> Result<Site, SimulationError> {
    let settings = Settings {
        base_url: Url::parse("https://tidal.example/").map_err(setup)?,
        timezone: ZONE,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    };
    Ok(Site {
        web: WebRules::default(),
        serve: ServeRules::default(),
        write_back: None,
        check: crate::site::check::CheckRules::default(),
        folder: folder.to_owned(),
        name: "Tidal Computing Group".to_owned(),
        owner: None,
        employer_domain: None,
        settings,
        content: folder.join("content"),
        postings: Vec::new(),
        ledger: folder.join("ledger.db"),
        ledger_place: (&folder.join("ledger.db")).into(),
        channels,
        templates: WORDS.clone(),
        plan: PlanRules::default(),
        notices: None,
        mailbox: None,
        retention: crate::ledger::Retention::default(),
    })
}

fn setup(error: impl std::fmt::Display) -> SimulationError {
    SimulationError::Setup(error.to_string())
}

/// What each occasion says, in the three forms.
static WORDS: LazyLock<Templates> = LazyLock::new(|| {
    let facts =
        "{{ title }}. {{ summary }} {% if deadline %}By {{ deadline }}. {% endif %}{{ link }}";
    let occasions = [("", ""), (".remind", REMINDER), (".update", CHANGED)];
    let mut templates = BTreeMap::new();
    let mut add = |occasion: &str, text: &str| {
        for form in ["status", "body", "document"] {
            let name = format!("{TEMPLATES}/{form}{occasion}.txt.j2");
            templates.insert(name, text.to_owned());
        }
        let subject = format!("{TEMPLATES}/subject{occasion}.txt.j2");
        let title = text.split(". ").next().unwrap_or_default();
        templates.insert(subject, title.to_owned());
    };
    for (occasion, prefix) in occasions {
        add(occasion, &format!("{prefix}{facts}"));
    }
    add(".close", &format!("{CLOSED}{facts}"));
    // An errand and a document are changed to say what the announcement says now.
    templates.remove(&format!("{TEMPLATES}/document.update.txt.j2"));
    Templates::with_overrides(templates)
});

/// How a text begins that says that the ad is closed.
pub const CLOSED: &str = "Closed: ";

/// Whether a text announces an ad, and is no message about one.
pub fn is_announcement(says: &str) -> bool {
    ![REMINDER, CHANGED, CLOSED].iter().any(|start| says.starts_with(start))
}

const REMINDER: &str = "Reminder: ";
const CHANGED: &str = "Changed: ";
