//! Git: lists of jobs that are kept in a repository and take pull requests.
//!
//! An ad is an entry in a list, or a file of its own. It is put there by one commit on a branch that is
//! named from the delivery's key, so a branch that stands tells that its commit was taken, whatever
//! became of the answer. The branch is pushed plainly: what others have put there is never written
//! over. Where the host's API is configured the pull request is opened; else a person is asked to,
//! at the address that compares the branches. What is merged is live.
//!
//! `config` is the channel's file, `prepare` words the commit, `look` sees what stands and decides where
//! it goes (its judgement is pure), `seen` looks back; `entry` changes the file's text (pure),
//! `repository` runs `git`, `request` speaks to the host.

mod config;
pub mod entry;
mod look;
mod prepare;
mod repository;
pub mod request;
mod seen;

use async_trait::async_trait;
use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use super::http::{Credential, Http};
use super::wire::{GitCommit, PullRequest, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Reach, Receipt, Search, Sight, Trace, Wire,
};
use crate::adapt::{Form, Rendition};
use config::host_of;
pub use config::{AuthorName, Config};
use look::{Way, changed, look, says, way};
use repository::{Author, Content, Pushed, Repository, SignIn};
use request::{Requests, State};

/// A push that was ended here may still be worked on there.
const IN_FLIGHT_SECONDS: u32 = 2 * 60;

/// Who keeps such a list looks at it in the evenings; after so long a person is asked.
const GIVE_UP_AFTER_SECONDS: u64 = 30 * 24 * 60 * 60;

/// One list in one repository.
pub struct Git {
    config: Config,
    http: Http,
    reach: Reach,
    /// The copy here is worked on by one at a time.
    working: Mutex<()>,
}

impl Git {
    /// # Errors
    /// [`BuildError`] if the description cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        config.check().map_err(|(key, why)| BuildError::Setting {
            channel: context.channel,
            key,
            why: why.to_owned(),
        })?;
        let (http, reach) = (Http::new(context.reach), context.reach);
        Ok(Self { config, http, reach, working: Mutex::new(()) })
    }

    fn repository(&self) -> Result<Repository, Outcome> {
        for url in [self.config.repository.as_str(), self.config.pushed_to()] {
            if let Some(host) = host_of(url).filter(|host| !self.reach.allows(host)) {
                let why = format!(
                    "nothing was sent: `{host}` is not this machine, and this is a rehearsal"
                );
                return Err(Outcome::Refused { why });
            }
        }
        let url = Url::parse(self.config.pushed_to())
            .ok()
            .filter(|url| url.scheme() == "https" || url.scheme() == "http");
        let sign_in = match (&self.config.token, url) {
            (Some(token), Some(url)) => {
                let token = token.read();
                let token = token.map_err(|error| Outcome::Blocked { why: error.to_string() })?;
                // Any name goes with a token.
                let pair = format!("x-access-token:{}", token.expose_secret());
                let pair = SecretString::from(BASE64.encode(pair.as_bytes()));
                let header = SecretString::from(format!("Basic {}", pair.expose_secret()));
                let origin = format!("{}/", url.origin().ascii_serialization());
                Some(SignIn {
                    origin,
                    header,
                    credential: Credential::made_from(pair, vec![token]),
                })
            }
            _ => None,
        };
        Ok(Repository { folder: self.config.folder.clone(), sign_in })
    }

    fn requests(&self) -> Option<Requests<'_>> {
        self.config.request.as_ref().map(|config| Requests { config, http: &self.http })
    }

    /// Has the branch pushed, unless it stands. Returns its name; `None` if nothing is to be done.
    async fn put(
        &self,
        repository: &Repository,
        wanted: &GitCommit,
        permit: &Permit<'_>,
    ) -> Result<Option<String>, Outcome> {
        let look = look(repository, wanted).await.map_err(|failure| failure.outcome())?;
        let (parent, branch) = match way(&look, wanted).map_err(|why| Outcome::Refused { why })? {
            Way::Merged => return Ok(None),
            Way::Stands(branch) => return Ok(Some(branch.to_owned())),
            Way::OnTop { parent, branch } => (parent, branch),
        };
        if wanted.list.is_some() && parent.text.is_none() {
            let why = format!("there is no `{}` on the branch `{}`", wanted.file, wanted.base);
            return Err(Outcome::Blocked { why });
        }
        let is_new = wanted.list.is_none() && wanted.verb == Verb::Create;
        if is_new && parent.text.is_some() {
            let why = format!("there is a `{}` already, and it is not ours", wanted.file);
            return Err(Outcome::Refused { why });
        }
        let text =
            changed(parent.text.as_deref(), wanted).map_err(|why| Outcome::Refused { why })?;
        let content = text.as_ref().map_or(Content::Nothing, |text| Content::File(text.as_bytes()));
        let author = Author {
            name: &wanted.author_name,
            email: &wanted.author_email,
            at: wanted.at.timestamp(),
        };
        let made =
            repository.commit(&parent.commit, &wanted.file, content, &wanted.message, &author);
        let commit = made.await.map_err(|failure| failure.outcome())?;
        permit.note("pushed", &json!({ "branch": branch, "commit": commit })).await?;
        permit.send_by().check()?;
        match repository.push(&wanted.pushed_to, &commit, branch).await {
            Pushed::Done => Ok(Some(branch.to_owned())),
            // Another commit came there meanwhile: the next attempt builds on it.
            Pushed::Behind(why) => Err(Outcome::Deferred { why, after: None }),
            Pushed::Refused(why) => Err(Outcome::Refused { why }),
            Pushed::NotSent(failure) => Err(failure.outcome()),
            Pushed::Lost(why) => Err(Outcome::Unknown { why }),
        }
    }

    /// Takes an ad back that was never merged, where the host lets the request be closed.
    async fn close(
        &self,
        repository: &Repository,
        wanted: &GitCommit,
        permit: &Permit<'_>,
    ) -> Result<bool, Outcome> {
        let (Verb::Withdraw, Some(requests), Some(branch)) =
            (wanted.verb, self.requests(), &wanted.earlier)
        else {
            return Ok(false);
        };
        let look = look(repository, wanted).await.map_err(|failure| failure.outcome())?;
        if !says(look.base.text.as_deref(), wanted).map_err(|why| Outcome::Refused { why })? {
            // It was merged: only another commit takes it out.
            return Ok(false);
        }
        match requests.find(self.config.owner(), branch).await? {
            Some(found) if found.state == State::Open => {
                requests.close(found.number, permit).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// What is known of the request for a branch that stands; it is opened if there is none.
    async fn asked_for(&self, wanted: &GitCommit, branch: &str, permit: &Permit<'_>) -> Outcome {
        let Some(requests) = self.requests() else {
            return Outcome::Posted(self.receipt(wanted, branch, self.compare(wanted, branch)));
        };
        let found = match requests.find(self.config.owner(), branch).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                let head = format!("{}:{branch}", self.config.owner());
                // Within one repository the branch alone is its name.
                let head = if self.config.fork.is_some() { head } else { branch.to_owned() };
                let PullRequest { title, body } = &wanted.request;
                match requests.open(&head, &wanted.base, title, body, permit).await {
                    Ok(opened) => opened,
                    Err(outcome) => return outcome,
                }
            }
            Err(outcome) => return outcome,
        };
        if found.state == State::Closed {
            let link = found.link.map(|link| link.to_string()).unwrap_or_default();
            return Outcome::Refused {
                why: format!("the request was closed without being merged: {link}"),
            };
        }
        Outcome::Posted(self.receipt(wanted, branch, found.link))
    }

    /// Where a person opens the request.
    fn compare(&self, wanted: &GitCommit, branch: &str) -> Option<Url> {
        let address = self.config.compare.as_ref()?;
        let filled = address
            .replace("{base}", &wanted.base)
            .replace("{owner}", self.config.owner())
            .replace("{branch}", branch);
        Url::parse(&filled).ok()
    }

    fn receipt(&self, wanted: &GitCommit, branch: &str, link: Option<Url>) -> Receipt {
        let name = wanted.new_name.as_ref().unwrap_or(&wanted.name);
        let remote_id = Some(format!("{branch} {name}"));
        Receipt { remote_id, link, ..Receipt::default() }
    }
}

#[async_trait]
impl Channel for Git {
    fn kind(&self) -> Kind {
        Kind::Git
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Edit::InPlace,
            follow_up: Can::No,
            withdraw: Can::Yes,
            find: Can::Yes,
            // A server lists all its branches.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: None,
            arrival: match self.config.request {
                Some(_) => Arrival::Later { give_up_after_seconds: GIVE_UP_AFTER_SECONDS },
                None => Arrival::ByAPerson,
            },
        }
    }

    fn place(&self) -> String {
        format!("{} {}", self.config.repository, self.config.branch)
    }

    fn form(&self) -> Form {
        Form::Document { media_type: self.config.format }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => {
                prepare::commit(&self.config, Verb::Create, Some(rendition), None, address)
            }
            Action::Edit(rendition, receipt) => {
                prepare::commit(&self.config, Verb::Update, Some(rendition), Some(receipt), address)
            }
            Action::Withdraw(receipt) => {
                prepare::commit(&self.config, Verb::Withdraw, None, Some(receipt), address)
            }
            Action::FollowUp(..) => {
                Err(PrepareError::Unable { kind: Kind::Git, verb: "follow up" })
            }
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        let Wire::Commit(wanted) = wire else { return super::not_ours(Kind::Git) };
        let repository = match self.repository() {
            Ok(repository) => repository,
            Err(outcome) => return outcome,
        };
        let _turn = self.working.lock().await;
        match self.close(&repository, wanted, permit).await {
            Ok(true) => return Outcome::Posted(Receipt::default()),
            Ok(false) => {}
            Err(outcome) => return outcome,
        }
        match self.put(&repository, wanted, permit).await {
            Ok(Some(branch)) => self.asked_for(wanted, &branch, permit).await,
            Ok(None) => {
                let branch = wanted.earlier.as_ref().unwrap_or(&wanted.branch);
                Outcome::Posted(self.receipt(wanted, branch, self.config.readers.clone()))
            }
            Err(outcome) => outcome,
        }
    }

    /// By the branches of the server and what the file says on them.
    async fn find(&self, search: &Search<'_>) -> Trace {
        let Wire::Commit(wanted) = search.wire else {
            return Trace::CannotTell { why: "the record is no commit".to_owned() };
        };
        let _turn = self.working.lock().await;
        match self.found(wanted).await {
            Ok(trace) => trace,
            Err(failure) => Trace::NotYet { why: failure.why() },
        }
    }

    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let expected = match expected {
            Some(Rendition::Document { body, .. }) => Some(body.as_str()),
            Some(_) => return Sight::Unseen { why: "what was sent is no entry".to_owned() },
            None => None,
        };
        let _turn = self.working.lock().await;
        self.sight(receipt, expected).await.unwrap_or_else(|why| Sight::Unseen { why })
    }

    async fn probe(&self) -> Result<Probe, String> {
        let repository = self.repository().map_err(|outcome| outcome.why().to_owned())?;
        let _turn = self.working.lock().await;
        repository.prepare().await.map_err(|failure| failure.why())?;
        let Config { repository: url, branch, .. } = &self.config;
        let found = repository.remote_branch(url, branch).await.map_err(|failure| failure.why())?;
        found.ok_or_else(|| format!("{url} has no branch `{branch}`"))?;
        let reached = repository.remote_branch(self.config.pushed_to(), branch).await;
        reached.map_err(|failure| failure.why())?;
        let identity = match self.requests() {
            Some(requests) => format!("{} on {url}", requests.whose().await?),
            None => url.clone(),
        };
        Ok(Probe { identity, expires: None })
    }
}
