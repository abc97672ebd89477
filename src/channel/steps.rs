//! Deliveries that take several requests: a picture and the status that shows it, the parts of a
//! thread.
//!
//! The record of the attempt ([`Steps`]) holds every request. What a step returned is on disk
//! before the next step goes out, under its name and the hash of its request. So whatever stops an
//! attempt half-way, what is there is known or can be looked for, and another try with the same
//! bytes does the rest alone.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::wire::{HttpRequest, PICTURE, Step, Steps, Verb, address_of, id_of};
use super::{Channel, Edit, Likeness, Media, Outcome, Permit, Receipt, Search, Trace};

/// A step that is done, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDone {
    /// Its name.
    pub step: String,
    /// SHA-256 (hex) of the step as it stood in the record of its attempt: another request under
    /// the same name is another step.
    pub request: String,
    pub verb: Verb,
    /// What it returned, or what it changed; empty if the channel named nothing.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Url>,
    /// The further parts that the same request made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
}

impl StepDone {
    fn new(step: &Step, receipt: Receipt) -> Self {
        Self {
            step: step.name.clone(),
            request: step.hash(),
            verb: step.request.verb,
            id: receipt.remote_id.unwrap_or_default(),
            link: receipt.link,
            parts: receipt.parts,
        }
    }

    /// What it returned.
    pub fn receipt(&self) -> Receipt {
        let remote_id = Some(self.id.clone()).filter(|id| !id.is_empty());
        let (link, parts) = (self.link.clone(), self.parts.clone());
        Receipt { remote_id, link, parts, ..Receipt::default() }
    }
}

impl Step {
    fn hash(&self) -> String {
        let record = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(record).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether another step's id belongs into it.
    fn uses(&self, place: &str) -> bool {
        let body = self.request.body.as_deref().unwrap_or_default();
        self.request.url.contains(place) || body.contains(place)
    }

    /// What the record says of it, if it is done, and nothing else under its name since: another
    /// edit of the same part has undone it.
    fn on_record<'a>(&self, done: &'a [StepDone]) -> Option<&'a StepDone> {
        let hash = self.hash();
        done.iter().rfind(|it| it.step == self.name).filter(|it| it.request == hash)
    }
}

impl Steps {
    /// The requests that create something that readers see.
    pub fn creations(&self) -> impl Iterator<Item = &HttpRequest> {
        self.steps.iter().map(|step| &step.request).filter(|it| it.verb == Verb::Create)
    }

    /// What stands on the channel when these steps are done: its parts in their order, and the
    /// picture that was uploaded for them. `None` if nothing does.
    pub fn standing(&self, done: &[StepDone]) -> Option<Receipt> {
        let mut standing = Vec::new();
        let mut link = None;
        for step in &self.steps {
            let done = step.on_record(done);
            let named = done.map(|it| it.id.clone()).filter(|id| !id.is_empty());
            let earlier = || step.request.remote_id.clone();
            let id = match step.request.verb {
                // Some places name no id of what they made.
                Verb::Create => done.map(|it| it.id.clone()),
                // Where nothing can be edited, a new copy stands in the place of the old one.
                Verb::Update => named.or_else(earlier),
                // It stands until it is taken back.
                Verb::Withdraw if done.is_none() => earlier(),
                Verb::Withdraw | Verb::Upload => None,
            };
            let own_link = done.and_then(|it| it.link.clone());
            let Some(id) = id else {
                // What was only stored has its link once it is published.
                if step.request.verb == Verb::Update {
                    link = own_link.or(link);
                }
                continue;
            };
            if standing.is_empty() {
                link = own_link;
            }
            standing.push(id);
            standing.extend(done.into_iter().flat_map(|it| it.parts.iter().cloned()));
        }
        let mut standing = standing.into_iter();
        let id = standing.next()?;
        let media = self.steps.iter().find_map(|step| {
            let shows = step.shows.clone()?;
            Some(Media { shows, id: step.on_record(done)?.id.clone() })
        });
        let parts = standing.filter(|id| !id.is_empty()).collect();
        Some(Receipt { remote_id: Some(id).filter(|id| !id.is_empty()), link, parts, media })
    }

    /// Whether some of what it creates stands there, by the record.
    pub fn has_left(&self, done: &[StepDone]) -> bool {
        self.steps.iter().any(|it| it.request.verb == Verb::Create && it.on_record(done).is_some())
    }

    /// Whether a step still has something to do: an upload, only if what shows it is not there. One
    /// whose id no other step uses serves all that come after it.
    fn needs(&self, step: &Step, done: &[StepDone]) -> bool {
        if step.request.verb != Verb::Upload {
            return true;
        }
        let place = id_of(&step.name);
        let shows = |it: &&Step| it.request.verb != Verb::Upload;
        let is_missing = |it: &Step| it.on_record(done).is_none();
        let mut users = self.steps.iter().filter(shows).filter(|it| it.uses(&place)).peekable();
        if users.peek().is_some() {
            users.any(is_missing)
        } else {
            self.steps.iter().filter(shows).any(is_missing)
        }
    }

    /// Whether a later upload that is not done goes to the address that this one is given.
    fn is_way_of_another(&self, step: &Step, done: &[StepDone]) -> bool {
        let place = address_of(&step.name);
        self.steps.iter().any(|it| it.uses(&place) && it.on_record(done).is_none())
    }

    /// The receipt of all steps together.
    fn receipt(&self, done: &[StepDone]) -> Receipt {
        // Of what was taken back the id is kept.
        let first = self.steps.iter().rev().find_map(|step| step.request.remote_id.clone());
        self.standing(done).unwrap_or(Receipt { remote_id: first, ..Receipt::default() })
    }
}

/// The addresses that the steps of this attempt were given, under the placeholders for them. Whoever
/// knows one may use it, as with a password, so it is on no record: a step that needs it is done
/// together with the one that asked for it.
type Addresses = BTreeMap<String, Url>;

/// A request with what earlier steps returned.
///
/// # Errors
/// In words, if it needs something that is not there.
fn filled(
    step: &Step,
    steps: &Steps,
    done: &[StepDone],
    addresses: &Addresses,
) -> Result<HttpRequest, String> {
    let mut request = step.request.clone();
    if let Some(address) = addresses.get(&request.url) {
        request.url = address.to_string();
    }
    for earlier in steps.steps.iter().take_while(|it| it.name != step.name) {
        let place = id_of(&earlier.name);
        if !step.uses(&place) {
            continue;
        }
        let id = earlier.on_record(done).map(|it| it.id.as_str()).filter(|id| is_plain(id));
        let Some(id) = id else {
            return Err(format!("`{}` returned no id that `{}` can use", earlier.name, step.name));
        };
        request.url = request.url.replace(&place, id);
        request.body = request.body.map(|body| body.replace(&place, id));
    }
    Ok(request)
}

/// Whether an id may stand in an address and in JSON as it is.
fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    !id.is_empty() && id.bytes().all(plain)
}

/// The body with the picture's bytes in their place.
fn with_picture(body: &str, picture: &[u8]) -> Vec<u8> {
    match body.split_once(PICTURE) {
        Some((before, after)) => [before.as_bytes(), picture, after.as_bytes()].concat(),
        None => body.as_bytes().to_vec(),
    }
}

/// What a channel does with one of several requests.
#[async_trait]
pub(crate) trait StepByStep: Channel {
    /// Transmits the request of one step, once; [`Outcome::Posted`] holds what it returned. `body` is
    /// what goes out instead of the request's own, with the bytes of its picture.
    async fn transmit(
        &self,
        step: &str,
        request: &HttpRequest,
        body: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome;

    /// Looks for what one request created, or put in the place of another copy.
    async fn look_for(&self, request: &HttpRequest, search: &Search<'_>) -> Trace;
}

/// Sends the steps that are not on record, each once, until one fails.
///
/// Where something was created already and the rest was not, the outcome is unknown, whatever the
/// channel said of the rest: what is there has to be looked at before anything else happens.
pub(crate) async fn send(channel: &impl StepByStep, steps: &Steps, permit: &Permit<'_>) -> Outcome {
    let mut done = match permit.journal().done().await {
        Ok(done) => done,
        Err(why) => return unreadable(&why),
    };
    let mut anew: Vec<String> = Vec::new();
    let mut addresses = Addresses::new();
    for step in &steps.steps {
        // Words were put on a picture that is uploaded anew: they are put on this one too.
        let is_stale = step.request.verb == Verb::Upload
            && (anew.iter().any(|it| step.uses(it)) || steps.is_way_of_another(step, &done));
        if step.on_record(&done).is_some() && !is_stale || !steps.needs(step, &done) {
            continue;
        }
        match one(channel, step, steps, (&done, &addresses), permit).await {
            Outcome::Posted(mut receipt) => {
                if step.request.verb == Verb::Upload
                    && let Some(address) = receipt.link.take()
                {
                    addresses.insert(address_of(&step.name), address);
                }
                let now_done = StepDone::new(step, receipt);
                let noted = permit.journal().step_done(&now_done).await;
                done.push(now_done);
                if step.request.verb == Verb::Upload {
                    anew.extend([id_of(&step.name), address_of(&step.name)]);
                }
                if let Err(why) = noted {
                    let why =
                        format!("`{}` is done, and could not be written down: {why}", step.name);
                    return Outcome::Unknown { why };
                }
            }
            outcome if steps.has_left(&done) => return half_way(steps, step, &done, &outcome),
            outcome => return outcome,
        }
    }
    Outcome::Posted(steps.receipt(&done))
}

async fn one(
    channel: &impl StepByStep,
    step: &Step,
    steps: &Steps,
    (done, addresses): (&[StepDone], &Addresses),
    permit: &Permit<'_>,
) -> Outcome {
    let request = match filled(step, steps, done, addresses) {
        Ok(request) => request,
        Err(why) => return Outcome::Refused { why },
    };
    let body = match &step.picture {
        None => None,
        Some(picture) => match permit.journal().picture(picture).await {
            Ok(bytes) => Some(with_picture(request.body.as_deref().unwrap_or_default(), &bytes)),
            Err(why) => return Outcome::Refused { why },
        },
    };
    let outcome = channel.transmit(&step.name, &request, body, permit).await;
    match outcome {
        // What an upload may have left nobody sees: it is made anew.
        Outcome::Unknown { why } if step.request.verb == Verb::Upload => {
            Outcome::Deferred { why: format!("`{}`: {why}", step.name), after: None }
        }
        // Who reads it has to know that it was not the words.
        Outcome::Refused { why } if step.request.verb == Verb::Upload => {
            Outcome::Refused { why: format!("`{}`: {why}", step.name) }
        }
        outcome => outcome,
    }
}

fn unreadable(why: &str) -> Outcome {
    let why = format!("nothing was sent: what is done could not be read: {why}");
    Outcome::Deferred { why, after: None }
}

fn half_way(steps: &Steps, step: &Step, done: &[StepDone], outcome: &Outcome) -> Outcome {
    let there = steps.steps.iter().filter(|it| it.on_record(done).is_some());
    let there: Vec<String> = there.map(|it| format!("`{}`", it.name)).collect();
    let why = format!("{} is there; then `{}`: {}", there.join(", "), step.name, outcome.why());
    Outcome::Unknown { why }
}

/// Looks for what several steps left: for the first one that is not on record, then for the one
/// after it, as far as something is there.
pub(crate) async fn find(channel: &impl StepByStep, steps: &Steps, search: &Search<'_>) -> Trace {
    let mut done = search.done.to_vec();
    let mut owned: BTreeSet<String> = search.owned.clone();
    let mut found = Vec::new();
    for step in &steps.steps {
        if let Some(done) = step.on_record(&done) {
            owned.insert(done.id.clone());
            continue;
        }
        match step.request.verb {
            Verb::Create => {}
            Verb::Update if channel.abilities().edit == Edit::Anew => {}
            Verb::Upload => continue,
            // It is repeated harmlessly, and nothing that comes after it was sent.
            Verb::Update | Verb::Withdraw => break,
        }
        // A picture whose id is forgotten is no part of the words that are looked for.
        let request = filled(step, steps, &done, &Addresses::new());
        let request = request.unwrap_or_else(|_| step.request.clone());
        // What goes on from a part that is there carries no link of its own.
        let likeness = if found.is_empty() { search.likeness } else { Likeness::Words };
        let search = Search { owned: &owned, likeness, ..*search };
        match channel.look_for(&request, &search).await {
            Trace::Found(receipt) => {
                let step = StepDone::new(step, receipt);
                owned.insert(step.id.clone());
                owned.extend(step.parts.iter().cloned());
                done.push(step.clone());
                found.push(step);
            }
            // What comes after it was not sent either.
            Trace::Absent => break,
            trace => return trace,
        }
    }
    let is_there =
        |step: &Step| step.request.verb == Verb::Upload || step.on_record(&done).is_some();
    if steps.steps.iter().all(is_there) {
        Trace::Found(steps.receipt(&done))
    } else if steps.has_left(&done) {
        Trace::Partly(found)
    } else {
        Trace::Absent
    }
}
