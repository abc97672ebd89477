//! Bluesky: any server of the AT Protocol that keeps accounts (a PDS), over plain XRPC.
//!
//! A post is a record under a key that we choose ([`id::Tid`]), put where nothing is. So the same
//! request once more changes nothing, however late, and what became of a lost one is asked for by
//! its key. Nothing is edited: readers' servers do not look at a record again. A changed ad is
//! posted anew, and the old post taken away in the same request, both or neither.
//!
//! A thread is written in one request, whole or not at all: what a reply needs of the post that it
//! answers, its key and the hash of its words, is known before anything is there (`cid`).
//!
//! The permalink is known before anything is sent: it is made of the account's DID and the key.

mod cid;
mod find;
pub mod id;
mod record;
mod session;
mod thread;
mod thumb;
mod xrpc;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::http::{self, Answer, Credential, Exchange, Http, Reading, Request, Unread};
use super::secret::SecretRef;
use super::setting::web_address;
use super::wire::{HttpRequest, SECRET, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, steps, words,
};
use crate::adapt::count::Count;
use crate::adapt::{CardUse, Form, Rendition};
use id::{Did, PostId, RecordKey};
use record::{Answers, POSTS, Post, Written};
use session::{Account, Session};
use xrpc::Failure;

/// Graphemes that a post may have: lexicon `app.bsky.feed.post`. The limit in bytes is in
/// [`Count::Bluesky`].
const LIMIT: usize = 300;

/// One request takes [`http::TOTAL_TIMEOUT`] at most. The rest is for a server that is still working
/// on what it was given; a record that it took can be read at once.
const IN_FLIGHT_SECONDS: u32 = 5 * 60;

/// What clocks may differ by when posts are matched with an attempt.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// Posts asked for at once (the API's maximum), and how often more are asked for.
const PAGE: &str = "100";
const PAGES: usize = 50;

/// The `[bluesky]` table of a channel's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The account's server, for example `https://bsky.social`.
    pub server: Url,
    /// The account, for example `did:plc:ewvi7nxzyoun6zhxrhs64oiz`.
    #[schemars(with = "String")]
    pub did: Did,
    pub app_password: SecretRef,
    /// A file in which the session is kept across restarts. It is a credential: Handbill makes it
    /// readable for its own user alone. Without it, a session is made each time that Handbill is
    /// started and posts something.
    pub session: Option<PathBuf>,
    /// Where people read; default `https://bsky.app`.
    pub web: Option<Url>,
}

/// One account.
pub struct Bluesky {
    config: Config,
    web: Url,
    http: Http,
    session: Arc<Session>,
}

impl Bluesky {
    /// # Errors
    /// [`BuildError`] if a setting cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        let channel = &context.channel;
        let server =
            web_address(channel, "bluesky.server", Some(&config.server), "https://bsky.social")?;
        let web = web_address(channel, "bluesky.web", config.web.as_ref(), "https://bsky.app")?;
        let session = Session::of(Account {
            server,
            did: config.did.clone(),
            password: config.app_password.clone(),
            file: config.session.clone(),
            reach: context.reach,
        });
        Ok(Self { config, web, http: Http::new(context.reach), session })
    }

    fn did(&self) -> &Did {
        &self.config.did
    }

    fn endpoint(&self, method: &str) -> Url {
        http::endpoint(&self.config.server, &format!("/xrpc/{method}"))
    }

    fn link(&self, key: &RecordKey) -> Url {
        http::endpoint(&self.web, &format!("/profile/{}/post/{key}", self.did()))
    }

    /// The receipt of what stands there: the first post, and the others of its thread.
    fn receipt(&self, first: &PostId, parts: &[PostId]) -> Receipt {
        Receipt {
            remote_id: Some(first.to_string()),
            link: Some(self.link(&first.key)),
            parts: parts.iter().map(ToString::to_string).collect(),
            ..Receipt::default()
        }
    }

    fn request(
        &self,
        verb: Verb,
        method: &str,
        body: &Value,
        changed: Option<&PostId>,
        address: &Address<'_>,
    ) -> HttpRequest {
        HttpRequest {
            verb,
            method: "POST".to_owned(),
            url: self.endpoint(method).into(),
            headers: vec![
                ("Authorization".to_owned(), format!("Bearer {SECRET}")),
                ("Accept".to_owned(), "application/json".to_owned()),
                ("Content-Type".to_owned(), "application/json".to_owned()),
            ],
            body: Some(body.to_string()),
            remote_id: changed.map(ToString::to_string),
            reference: Some(address.reference.to_owned()),
            ask_first: None,
            key: None,
        }
    }

    /// Sends with the session's token. A server that does not take the token has not looked at
    /// anything else, so with another token it is asked once more: the same bytes, under a permit
    /// that is looked at again.
    async fn write(&self, request: &Request, permit: &Permit<'_>) -> Exchange {
        let token = match self.session.access().await {
            Ok(token) => token,
            Err(outcome) => return Exchange::NoAnswer(outcome),
        };
        let first = self.http.write(request, Some(&Credential::new(token.clone())), permit).await;
        match &first {
            Exchange::Answer(answer)
                if answer.status == 400 && Failure::read(answer).is_of_the_token() => {}
            _ => return first,
        }
        match self.session.renew(&token).await {
            Ok(token) => self.http.write(request, Some(&Credential::new(token)), permit).await,
            Err(outcome) => Exchange::NoAnswer(outcome),
        }
    }

    fn outcome(&self, request: &HttpRequest, answer: &Answer) -> Outcome {
        if !answer.is_success() {
            return Failure::read(answer).outcome(answer);
        }
        if request.verb == Verb::Withdraw {
            return Outcome::Posted(Receipt {
                remote_id: request.remote_id.clone(),
                ..Receipt::default()
            });
        }
        let written = request.body.as_deref().and_then(Written::read);
        match written.and_then(|written| self.taken(&written, answer)).as_deref() {
            Some([first, parts @ ..]) => Outcome::Posted(self.receipt(first, parts)),
            _ => Outcome::Unknown {
                why: format!("the server took it, but names no post: {}", answer.summary()),
            },
        }
    }

    /// The posts that a server says it took: `putRecord` names one, `applyWrites` each among its
    /// results.
    fn taken(&self, written: &[Written], answer: &Answer) -> Option<Vec<PostId>> {
        let said = answer.json()?;
        let made: Vec<&Value> = match said.get("results") {
            Some(results) => {
                let results = results.as_array()?.iter();
                results.filter(|result| result.get("uri").is_some()).collect()
            }
            None => vec![&said],
        };
        let named = |(written, made): (&Written, &&Value)| {
            if xrpc::text(made, "uri")? != record::uri(self.did(), &written.key) {
                return None;
            }
            Some(PostId {
                key: written.key.clone(),
                cid: Some(xrpc::text(made, "cid")?.to_owned()),
                root: record::root_of(&written.record, self.did()),
            })
        };
        (made.len() == written.len()).then_some(())?;
        written.iter().zip(&made).map(named).collect()
    }

    /// Everybody may read posts, so no session is needed for it.
    async fn read(&self, method: &str, query: &[(&str, &str)]) -> Result<Reading, Unread> {
        let mut url = self.endpoint(method);
        url.query_pairs_mut().extend_pairs(query);
        let request = Request::get(url).header("Accept", "application/json");
        let exchange = self.http.send(&request, None).await;
        let failure = match &exchange {
            Exchange::Answer(answer) if !answer.is_success() => Failure::read(answer),
            _ => return Reading::of(exchange),
        };
        if failure.is_no_record() {
            return Err(Unread::Gone);
        }
        // Another error is about something else than the record, a proxy's 404 too.
        match Reading::of(exchange) {
            Err(Unread::Later { .. }) => Err(Unread::Later { why: failure.why }),
            _ => Err(Unread::Unable { why: failure.why }),
        }
    }

    async fn post(&self, key: &RecordKey) -> Result<Post, Unread> {
        let query = [("repo", self.did().as_str()), ("collection", POSTS), ("rkey", key.as_str())];
        let Reading { json, .. } = self.read("com.atproto.repo.getRecord", &query).await?;
        Post::read(&json, self.did()).ok_or_else(|| Unread::Unable {
            why: format!("the server shows another record than {key}"),
        })
    }

    /// Sends one request that is on record.
    async fn send_one(&self, on_record: &HttpRequest, permit: &Permit<'_>) -> Outcome {
        let request = match Request::from_wire(on_record) {
            Ok(request) => request,
            Err(why) => return Outcome::Refused { why },
        };
        if on_record.verb != Verb::Withdraw
            && let Some(outcome) = self.asked_first(on_record).await
        {
            return outcome;
        }
        match self.write(&request, permit).await {
            Exchange::Answer(answer) => self.outcome(on_record, &answer),
            Exchange::NoAnswer(outcome) => outcome,
        }
    }
}

#[async_trait]
impl Channel for Bluesky {
    fn kind(&self) -> Kind {
        Kind::Bluesky
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            // By a new post in the place of the old one.
            edit: Edit::Anew,
            follow_up: Can::Yes,
            withdraw: Can::Yes,
            find: Can::Yes,
            // The account's own server is asked for the very record.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            // For ever: what is there under the key stays as it is.
            repeat_safe_seconds: Some(u32::MAX.into()),
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        format!("at://{}", self.did())
    }

    fn form(&self) -> Form {
        Form::Status { count: Count::Bluesky, limit: LIMIT, card: CardUse::Ours }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => {
                let posts = self.drafts(rendition, None, address)?;
                Ok(self.published(&posts, rendition, address))
            }
            Action::FollowUp(rendition, receipt) => {
                let earlier = id_of(receipt)?;
                let parent = earlier.reference();
                let parent = parent.ok_or(PrepareError::NoReceipt { what: "hash (CID)" })?;
                let root = earlier.root.unwrap_or_else(|| parent.clone());
                let posts = self.drafts(rendition, Some(Answers { root, parent }), address)?;
                Ok(self.published(&posts, rendition, address))
            }
            Action::Edit(rendition, receipt) => {
                let old = id_of(receipt)?;
                // A post in a thread stays in it.
                let answers = old.root.clone().map(|root| Answers { parent: root.clone(), root });
                let posts = self.drafts(rendition, answers, address)?;
                let body = record::apply(self.did(), &thread::keys(receipt)?, &posts);
                let method = "com.atproto.repo.applyWrites";
                let post = self.request(Verb::Update, method, &body, Some(&old), address);
                Ok(self.with_thumb(post, rendition, Some(receipt), address))
            }
            Action::Withdraw(receipt) => self.withdrawn(receipt, address),
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        match wire {
            Wire::Http(request) => self.send_one(request, permit).await,
            Wire::Steps(steps) => steps::send(self, steps, permit).await,
            _ => super::not_ours(Kind::Bluesky),
        }
    }

    async fn find(&self, search: &Search<'_>) -> Trace {
        match search.wire {
            Wire::Http(request) => self.look_for_one(request, search).await,
            Wire::Steps(steps) => steps::find(self, steps, search).await,
            _ => Trace::CannotTell { why: "the record is no request to Bluesky".to_owned() },
        }
    }

    /// `/profile/DID/post/KEY` where people read. A link with a handle is taken for one of this
    /// account, whose handles nobody knows here: only this account is ever asked for the key.
    fn recognise(&self, link: &Url) -> Option<String> {
        let path = link.path().strip_prefix(self.web.path().trim_end_matches('/'))?;
        match path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["profile", account, "post", key] if link.origin() == self.web.origin() => {
                let is_handle = !account.starts_with("did:") && account.contains('.');
                let ours = is_handle || *account == self.did().as_str();
                RecordKey::parse(key).filter(|_| ours).map(|key| key.to_string())
            }
            _ => None,
        }
    }

    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let Ok(id) = id_of(receipt) else {
            return Sight::Unseen { why: "the receipt names no post".to_owned() };
        };
        match (self.post(&id.key).await, expected) {
            (Ok(_), None) => Sight::Agrees,
            (Ok(post), Some(Rendition::Status { text, parts, .. }))
                if words::same(text, &post.words()) =>
            {
                self.verify_parts(receipt, parts).await
            }
            (Ok(post), Some(_)) => Sight::Differs { found: post.words() },
            (Err(unread), _) => unread.into_sight(),
        }
    }

    /// Signs in anew, so that it is the password that is tried. It has no end of its own.
    async fn probe(&self) -> Result<Probe, String> {
        match self.session.sign_in().await {
            Ok(handle) => Ok(Probe { identity: format!("@{handle}"), expires: None }),
            Err(outcome) => Err(outcome.why().to_owned()),
        }
    }
}

fn id_of(receipt: &Receipt) -> Result<PostId, PrepareError> {
    let id = receipt.remote_id.as_deref().ok_or(PrepareError::NoReceipt { what: "record key" })?;
    id.parse().map_err(PrepareError::Invalid)
}

/// Whether a copy can be answered: that needs the hash of what it says.
pub fn can_be_answered(receipt: &Receipt) -> bool {
    id_of(receipt).is_ok_and(|id| id.reference().is_some())
}

/// The link (CID) of a record, which is made of what it says; `None` if it is none.
pub fn link_of(record: &Value) -> Option<String> {
    cid::of_record(record)
}
