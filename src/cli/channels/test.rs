//! `handbill channels test`: the whole life of one ad on one board, step by step, with each
//! exchange.
//!
//! Against a stand-in made of the board's file, against what a server said once, or, only if the
//! server is named, against the real one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use regex::Regex;
use url::Url;
use uuid::Uuid;

use super::super::{CliError, End, load, say};
use crate::adapt::{self, Occasion, Rendition};
use crate::channel::board::{Auth, Board, Config};
use crate::channel::http::{Exchange, Request, Witness};
use crate::channel::permit::Journal;
use crate::channel::secret::SecretRef;
use crate::channel::{
    Action, Address, Channel, Context, DeliveryKey, Likeness, Outcome, Permit, Reach, Receipt,
    Search, SendBy, Sight, StepDone, Trace, Wire,
};
use crate::clock::Clock;
use crate::ledger::Past;
use crate::posting::{Posting, PostingId};
use crate::rehearsal::board::{BoardStandIn, Options};
use crate::rehearsal::loopback::SharedClock;
use crate::rehearsal::recorded::{Playback, Recorded};
use crate::site::channel_file::KindConfig;
use crate::site::{ChannelSpec, Site};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The channel's file, or its name
    file: PathBuf,
    /// The page to post; default: the first that the channel wants
    #[arg(long, value_name = "FILE")]
    posting: Option<PathBuf>,
    /// Go to the real server: its address, as the file says `base`. It gets a test ad, which is
    /// taken back at the end if the file says how
    #[arg(long, value_name = "ADDRESS")]
    server: Option<Url>,
    /// Write down what the real server says, for `--recorded`
    #[arg(long, value_name = "FILE", requires = "server")]
    record: Option<PathBuf>,
    /// Play back what a server said once, instead of the stand-in
    #[arg(long, value_name = "FILE", conflicts_with = "server")]
    recorded: Option<PathBuf>,
}

/// How often, and how long apart, a board is asked that does not have its result yet.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Longer bodies are shown up to here.
const SHOWN: usize = 2000;

pub(super) async fn run(arguments: &Arguments, site: &Site) -> Result<End, CliError> {
    let spec = channel(&arguments.file, site)?;
    let KindConfig::Board(config) = &spec.config else {
        return Err(CliError::Usage(format!(
            "{} is a channel of kind {}, and only boards can be tested so\nhelp: `handbill rehearse` \
             plays every kind",
            spec.name,
            spec.kind()
        )));
    };
    let posting = posting(arguments.posting.as_deref(), spec, site)?;
    let seen = Arc::new(Seen::of(config));
    let stage = Stage::set(arguments, config, spec).await?;
    let context = Context {
        channel: spec.name.clone(),
        site: site.name.clone(),
        reach: if arguments.server.is_some() { Reach::Anywhere } else { Reach::LoopbackOnly },
    };
    let board = Board::new(stage.config.clone(), context)
        .map_err(|error| CliError::Usage(error.to_string()))?
        .watched_by(Arc::clone(&seen) as Arc<dyn Witness>);
    say(&format!("{} against {}\n", spec.name, stage.what))?;
    let rendition =
        adapt::adapt(&posting, &spec.target(&board), Occasion::Announce, &site.templates)
            .map_err(|error| CliError::Failed(format!("{} cannot take it: {error}", spec.name)))?;
    let kept = Kept::default();
    let (board, seen) = (&board, &seen);
    let test = Test { board, seen, kept, posting: &posting, rendition: &rendition };
    let went_well = test.play().await?;
    if let Some(file) = &arguments.record {
        let record = serde_json::to_string_pretty(&*seen.recorded()).unwrap_or_default();
        std::fs::write(file, record + "\n")
            .map_err(|error| CliError::Failed(format!("{}: {error}", file.display())))?;
        say(&format!("\nWritten to {}\n", file.display()))?;
    }
    Ok(if went_well { End::Done } else { End::Failed })
}

/// The channel of a file or name.
fn channel<'a>(typed: &Path, site: &'a Site) -> Result<&'a ChannelSpec, CliError> {
    let file = typed.canonicalize().ok();
    let is_it = |spec: &&ChannelSpec| {
        typed.to_str() == Some(spec.name.as_str())
            || (file.is_some() && spec.file.path.canonicalize().ok() == file)
    };
    site.channels.iter().find(is_it).ok_or_else(|| {
        let names: Vec<&str> = site.channels.iter().map(|it| it.name.as_str()).collect();
        CliError::Usage(format!(
            "{} is no channel of this site\nhelp: the channels are {}; a board's file stands in \
             `channels`",
            typed.display(),
            names.join(", ")
        ))
    })
}

/// The posting to try with, under an id that no real copy has.
fn posting(file: Option<&Path>, spec: &ChannelSpec, site: &Site) -> Result<Posting, CliError> {
    let files: Vec<PathBuf> = file.into_iter().map(Path::to_owned).collect();
    load::pages_exist(&files)?;
    let read = load::postings(site, &files, &Past::default(), load::Guesses::Shown)?;
    let named = |posting: &&Posting| {
        read.named.as_ref().is_none_or(|it| it.contains(&posting.id))
            && (file.is_some() || spec.filter.rejects(posting).is_none())
    };
    let found = read.postings.open.iter().find(named).cloned();
    let mut posting = found.ok_or_else(|| {
        CliError::Usage(
            "there is no posting to try with\nhelp: name one with `--posting FILE`".to_owned(),
        )
    })?;
    posting.id = PostingId(format!("{}-test", posting.id.as_str()).into());
    Ok(posting)
}

/// What plays the board's part.
struct Stage {
    config: Config,
    what: String,
    _stand_in: Option<BoardStandIn>,
    _playback: Option<Playback>,
    _secret: Option<SecretFile>,
}

/// A credential of nobody's, for as long as the test takes.
struct SecretFile(PathBuf);

impl Drop for SecretFile {
    fn drop(&mut self) {
        // It is worth nothing, wherever it stays.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Stage {
    async fn set(
        arguments: &Arguments,
        config: &Config,
        spec: &ChannelSpec,
    ) -> Result<Self, CliError> {
        let failed = |error: std::io::Error| CliError::Failed(error.to_string());
        if let Some(server) = &arguments.server {
            if server.origin() != config.base.origin() {
                return Err(CliError::Usage(format!(
                    "the file of {} says `base = \"{}\"`, which is not {server}\nhelp: name the \
                     server that the file names, so that nothing goes anywhere by mistake",
                    spec.name, config.base
                )));
            }
            return Ok(Self {
                config: config.clone(),
                what: format!("the real server {}", config.base),
                _stand_in: None,
                _playback: None,
                _secret: None,
            });
        }
        let options = Options::default();
        let path = std::env::temp_dir().join(format!("handbill-test-{}", Uuid::new_v4()));
        std::fs::write(&path, &options.secret).map_err(failed)?;
        let secret = SecretFile(path.clone());
        let config = with_secret(config, &SecretRef::file(path));
        if let Some(file) = &arguments.recorded {
            let unreadable = |why: String| CliError::Usage(format!("{}: {why}", file.display()));
            let text = std::fs::read_to_string(file).map_err(|it| unreadable(it.to_string()))?;
            let recorded: Vec<Recorded> =
                serde_json::from_str(&text).map_err(|it| unreadable(it.to_string()))?;
            // A credential in an address is a placeholder in the record.
            let mut recorded = recorded;
            for it in &mut recorded {
                it.path = it.path.replace("%7Bsecret%7D", &options.secret);
            }
            let playback = Playback::start(recorded, &config.base).await.map_err(failed)?;
            let mut config = config;
            config.base = at(playback.url(), &config.base);
            config.client_certificate = None;
            config.ca = None;
            return Ok(Self {
                config,
                what: format!("what {} says that its server said", file.display()),
                _stand_in: None,
                _playback: Some(playback),
                _secret: Some(secret),
            });
        }
        let stand_in = BoardStandIn::start(
            spec.name.as_str(),
            &config,
            options,
            SharedClock::of(&Clock::System),
        )
        .await
        .map_err(failed)?;
        Ok(Self {
            config: stand_in.config().clone(),
            what: "a stand-in made of its file; nothing leaves this machine".to_owned(),
            _stand_in: Some(stand_in),
            _playback: None,
            _secret: Some(secret),
        })
    }
}

/// The path of a board on another server.
fn at(server: &Url, base: &Url) -> Url {
    let mut url = server.clone();
    url.set_path(base.path());
    url
}

/// The description with a credential that the stand-in takes.
fn with_secret(config: &Config, secret: &SecretRef) -> Config {
    let mut config = config.clone();
    config.client_certificate = None;
    if matches!(config.auth, Auth::ClientCredentials { .. } | Auth::ServiceAccount { .. }) {
        config.auth = Auth::Bearer { token: secret.clone() };
    }
    for (_, place) in config.secrets_mut() {
        *place = secret.clone();
    }
    config
}

/// The steps of the test ad that are done, for as long as the test takes.
#[derive(Default)]
struct Kept(Mutex<Vec<StepDone>>);

#[async_trait]
impl Journal for Kept {
    async fn note(&self, _what: &str, _detail: &serde_json::Value) -> Result<(), String> {
        Ok(())
    }

    async fn done(&self) -> Result<Vec<StepDone>, String> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn step_done(&self, done: &StepDone) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(done.clone());
        Ok(())
    }
}

/// One life of one ad.
struct Test<'a> {
    board: &'a Board,
    seen: &'a Seen,
    kept: Kept,
    posting: &'a Posting,
    rendition: &'a Rendition,
}

impl Test<'_> {
    /// Whether every step went as it should.
    async fn play(&self) -> Result<bool, CliError> {
        let (key, at) = (DeliveryKey(Uuid::new_v4()), Utc::now());
        let address = Address { key: &key, reference: self.posting.id.as_str(), at };
        let probe = self.board.probe().await;
        let is_there = probe.is_ok();
        self.step("credentials", &probe.map_or_else(|why| why, |it| it.identity))?;
        if !is_there {
            return Ok(false);
        }
        let (wire, created) = self.send(Action::Publish(self.rendition), &address).await?;
        self.step("create", &said(&created))?;
        let Outcome::Posted(mut receipt) = created else { return Ok(false) };
        let done = self.kept.done().await.map_err(CliError::Failed)?;
        let search = Search {
            wire: &wire,
            key: &key,
            since: at,
            now: Utc::now(),
            owned: &[].into(),
            likeness: Likeness::Words,
            done: &done,
        };
        let mut found = self.board.find(&search).await;
        // A board that works through a queue has it soon.
        for _ in 0..LOOKS {
            if !matches!(found, Trace::NotYet { .. }) {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            found = self.board.find(&search).await;
        }
        self.step("find", &traced(&found))?;
        let mut is_well = !matches!(found, Trace::TurnedDown { .. } | Trace::CannotTell { .. });
        if let Trace::Found(found) | Trace::Held { receipt: found, .. } = found {
            receipt = Receipt {
                remote_id: receipt.remote_id.or(found.remote_id),
                link: found.link.or(receipt.link),
                ..Receipt::default()
            };
        }
        match self.send(Action::Edit(self.rendition, &receipt), &address).await {
            Ok((_, outcome)) => {
                is_well &= matches!(outcome, Outcome::Posted(_));
                self.step("update", &said(&outcome))?;
            }
            Err(CliError::Usage(why)) => self.step("update", &why)?,
            Err(error) => return Err(error),
        }
        let sight = self.board.verify(&receipt, Some(self.rendition)).await;
        is_well &= !matches!(sight, Sight::Gone | Sight::Differs { .. });
        self.step("verify", &sighted(&sight))?;
        match self.send(Action::Withdraw(&receipt), &address).await {
            Ok((_, outcome)) => {
                is_well &= matches!(outcome, Outcome::Posted(_));
                self.step("withdraw", &said(&outcome))?;
            }
            Err(CliError::Usage(why)) => {
                self.step("withdraw", &format!("{why}: a person has to take the test ad down"))?;
            }
            Err(error) => return Err(error),
        }
        Ok(is_well)
    }

    async fn send(
        &self,
        action: Action<'_>,
        address: &Address<'_>,
    ) -> Result<(Wire, Outcome), CliError> {
        let wire = self
            .board
            .prepare(action, address)
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let send_by = SendBy::new(Utc::now() + TimeDelta::minutes(5), Clock::System);
        let outcome = self.board.send(&wire, &Permit::new(send_by, &self.kept)).await;
        Ok((wire, outcome))
    }

    /// Shows a step with its exchanges.
    fn step(&self, name: &str, result: &str) -> Result<(), CliError> {
        say(&format!("\n{name}\n"))?;
        for line in self.seen.take() {
            say(&line)?;
        }
        say(&format!("  = {result}\n"))
    }
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Posted(receipt) => format!("done{}", placed(receipt)),
        Outcome::Refused { why } => format!("refused: {why}"),
        Outcome::Deferred { why, .. } => format!("not now: {why}"),
        Outcome::Blocked { why } => format!("nothing gets through: {why}"),
        Outcome::Unknown { why } => format!("unknown: {why}"),
        Outcome::Duplicate { why } => format!("it says that it has the same already: {why}"),
    }
}

fn traced(trace: &Trace) -> String {
    match trace {
        Trace::Found(receipt) => format!("found{}", placed(receipt)),
        Trace::Held { receipt, why } => format!("held{}: {why}", placed(receipt)),
        Trace::Absent | Trace::Partly(_) => "not there".to_owned(),
        Trace::TurnedDown { why } => format!("refused: {why}"),
        Trace::NotYet { why } => format!("not yet: {why}"),
        Trace::CannotTell { why } => format!("cannot tell: {why}"),
    }
}

fn sighted(sight: &Sight) -> String {
    match sight {
        Sight::Agrees => "agrees".to_owned(),
        Sight::Differs { found } => format!("differs: {found}"),
        Sight::Gone => "gone".to_owned(),
        Sight::Unseen { why } => format!("could not be looked at: {why}"),
    }
}

fn placed(receipt: &Receipt) -> String {
    let id = receipt.remote_id.as_ref().map(|id| format!(", id {id}"));
    let link = receipt.link.as_ref().map(|link| format!(", {link}"));
    format!("{}{}", id.unwrap_or_default(), link.unwrap_or_default())
}

/// Headers of answers that are shown of every board.
const SHOWN_HEADERS: [&str; 4] = ["content-type", "location", "link", "retry-after"];

/// Keeps what went over the wire, with placeholders for credentials.
#[derive(Debug, Default)]
struct Seen {
    /// The headers of answers that are shown, in lower case.
    headers: BTreeSet<String>,
    lines: Mutex<Vec<String>>,
    asked: Mutex<Option<Request>>,
    recorded: Mutex<Vec<Recorded>>,
}

impl Seen {
    fn of(config: &Config) -> Self {
        let headers = SHOWN_HEADERS.into_iter().chain(config.headers_read());
        Self { headers: headers.map(str::to_ascii_lowercase).collect(), ..Self::default() }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn recorded(&self) -> std::sync::MutexGuard<'_, Vec<Recorded>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, lines: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(lines);
    }
}

impl Witness for Seen {
    fn sent(&self, request: &Request) {
        let mut lines = format!("  > {} {}\n", request.method, readable(request.url.as_str()));
        for (name, value) in &request.headers {
            lines.push_str(&format!("  > {name}: {}\n", readable(value)));
        }
        lines.push_str(&body(">", &readable(request.body.as_deref().unwrap_or_default())));
        self.note(lines);
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.clone());
    }

    fn came_back(&self, exchange: &Exchange) {
        let answer = match exchange {
            Exchange::Answer(answer) => answer,
            Exchange::NoAnswer(outcome) => {
                self.note(format!("  < {}\n", said(outcome)));
                return;
            }
        };
        let headers: Vec<(String, String)> = self
            .headers
            .iter()
            .filter_map(|name| Some((name.clone(), answer.header(name)?.to_owned())))
            .collect();
        let mut lines = format!("  < {}\n", answer.status);
        for (name, value) in &headers {
            lines.push_str(&format!("  < {name}: {value}\n"));
        }
        lines.push_str(&body("<", &answer.body));
        self.note(lines);
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(asked) = asked {
            let query = asked.url.query().map(|it| format!("?{it}")).unwrap_or_default();
            self.recorded().push(Recorded {
                method: asked.method,
                path: format!("{}{query}", asked.url.path()),
                status: answer.status,
                headers,
                body: answer.body.clone(),
            });
        }
    }
}

/// Placeholders of what is filled in as a request goes out, as the board's file writes them: without
/// the delivery's key, and not as a form or an address encodes them.
fn readable(text: &str) -> String {
    static HELD_BACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:\{|%7B)(secret|session\.\w+)(?::|%3A)?[0-9a-f-]*(?:\}|%7D)").ok()
    });
    match &*HELD_BACK {
        Some(pattern) => pattern.replace_all(text, "{$1}").into_owned(),
        None => text.to_owned(),
    }
}

/// A body, indented, up to some length.
fn body(sign: &str, text: &str) -> String {
    let mut lines = String::new();
    let shown: String = text.chars().take(SHOWN).collect();
    for line in shown.lines() {
        lines.push_str(&format!("  {sign} {line}\n"));
    }
    if shown.len() < text.len() {
        lines.push_str(&format!("  {sign} …\n"));
    }
    lines
}
