//! What people decide here: each form is looked at first (who sends it, was it drawn for them, how
//! often), then the same functions decide as on the command line, in the name of who asks.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::Url;

use super::Web;
use super::gate::Visitor;
use super::limit::Try;
use super::pages::{Said, here_only};
use super::people::{NoLogin, Who, set_cookie};
use super::refusal::Refusal;
use super::snapshot::{Snapshot, off_thread};
use crate::channel::ChannelName;
use crate::decide::resolve::{self as decide_resolve, Around, Saw};
use crate::decide::withdraw::{self as decide_withdraw, Wish};
use crate::decide::{approve as decide_approve, pause as decide_pause};
use crate::deliver::Station;
use crate::ledger::{Delivery, Ledger};
use crate::posting::PostingId;
use crate::web::delivery::seen;
use crate::web::link;

/// A form as it was sent; one that does not say what it should is refused.
type Sent<T> = Result<Form<T>, FormRejection>;

#[derive(Deserialize)]
pub(super) struct LogIn {
    secret: String,
    #[serde(default)]
    to: String,
}

pub(super) async fn log_in(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<LogIn>,
) -> Response {
    let tried = web.0.limits.take(Try::to_log_in(visitor.address), Instant::now());
    if let Err(wait) = tried {
        return web.refuse(&visitor, &Refusal::TooOften(wait));
    }
    let Form(form) = match form {
        Ok(form) => form,
        Err(error) => return web.refuse(&visitor, &unclear(&error)),
    };
    let setup = web.setup();
    let (rules, now) = (&setup.site.web, web.0.status.clock().now());
    match web.0.logins.log_in(&form.secret, rules, now) {
        Ok(cookie) => {
            let cookie = [(header::SET_COOKIE, set_cookie(&cookie, rules))];
            (AppendHeaders(cookie), Redirect::to(here_only(&form.to))).into_response()
        }
        Err(why) => {
            let says = match why {
                NoLogin::WrongToken => "That token is nobody’s here.",
                NoLogin::NoRandomness => "Nobody can log in now: the system has no random bytes.",
            };
            tracing::warn!(from = %visitor.address, "somebody could not log in to the web page");
            let mut page = web.log_in_page(&visitor, &form.to, Some(says));
            *page.status_mut() = StatusCode::FORBIDDEN;
            page
        }
    }
}

#[derive(Deserialize)]
pub(super) struct LogOut {
    #[serde(default)]
    token: String,
}

pub(super) async fn log_out(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<LogOut>,
) -> Response {
    match web.allowed(&visitor, form, |it| &it.token) {
        Ok((_, who)) => {
            web.0.logins.log_out(&who);
            let cookie = [(header::SET_COOKIE, set_cookie("", &web.setup().site.web))];
            (AppendHeaders(cookie), Redirect::to(link::OVERVIEW)).into_response()
        }
        Err(refusal) => web.refuse(&visitor, &refusal),
    }
}

#[derive(Deserialize)]
pub(super) struct Approve {
    #[serde(default)]
    token: String,
    posting: String,
    channel: String,
    /// The hash of the words that were shown.
    shown: String,
}

pub(super) async fn approve(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<Approve>,
) -> Response {
    let approved = async {
        let (form, who) = web.allowed(&visitor, form, |it| &it.token)?;
        let posting = PostingId(form.posting.as_str().into());
        let channel = ChannelName(form.channel.as_str().into());
        let to = link::of_pair(&posting, &channel);
        let snapshot = web.snapshot_of_now().await?;
        let (of, id, name) = (Arc::clone(&snapshot), posting.clone(), channel.clone());
        let words = off_thread(move || words_now(&of, &id, &name)).await??;
        let ledger = who.ledger(&snapshot);
        let now = web.0.status.clock().now();
        let by = &who.name;
        decide_approve::approve(&ledger, &posting, &channel, &words, &form.shown, by, now).await?;
        Ok((to, Said::Approved))
    };
    web.answer(&visitor, approved.await)
}

/// The words of an ad on a channel as they are now.
fn words_now(
    snapshot: &Snapshot,
    id: &PostingId,
    channel: &ChannelName,
) -> Result<decide_approve::Words, Refusal> {
    let posting = snapshot.postings.named(id).ok_or(Refusal::Missing("ad"))?;
    let station = station(snapshot, channel).ok_or(Refusal::Missing("channel"))?;
    let (site, ledger) = (&snapshot.setup.site, snapshot.ledger.id());
    decide_approve::words(posting, station, site, ledger, snapshot.now)
        .map_err(|error| Refusal::Unclear(error.to_string()))
}

#[derive(Deserialize)]
pub(super) struct Resolve {
    #[serde(default)]
    token: String,
    delivery: String,
    /// How it stood when it was shown.
    seen: String,
    saw: Sight,
    #[serde(default)]
    link: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sight {
    Posted,
    NotPosted,
}

pub(super) async fn resolve(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<Resolve>,
) -> Response {
    let resolved = async {
        let (form, who) = web.allowed(&visitor, form, |it| &it.token)?;
        let saw = match form.saw {
            Sight::Posted => Saw::Posted(parse_link(&form.link)?),
            Sight::NotPosted => Saw::NotPosted,
        };
        let (snapshot, delivery) = web.shown_delivery(&form.delivery, &form.seen).await?;
        let ledger = who.ledger(&snapshot);
        let around = around(&web, &snapshot, &ledger, &delivery);
        decide_resolve::resolve(&around, &delivery, &saw).await?;
        Ok((link::of_delivery(delivery.key), Said::Resolved))
    };
    web.answer(&visitor, resolved.await)
}

#[derive(Deserialize)]
pub(super) struct Record {
    #[serde(default)]
    token: String,
    delivery: String,
    seen: String,
    /// Empty for what has none of its own.
    #[serde(default)]
    link: String,
}

pub(super) async fn record(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<Record>,
) -> Response {
    let recorded = async {
        let (form, who) = web.allowed(&visitor, form, |it| &it.token)?;
        let link = match form.link.trim() {
            "" => None,
            link => Some(parse_link(link)?),
        };
        let (snapshot, delivery) = web.shown_delivery(&form.delivery, &form.seen).await?;
        let ledger = who.ledger(&snapshot);
        let around = around(&web, &snapshot, &ledger, &delivery);
        decide_resolve::record(&around, &delivery, link.as_ref()).await?;
        Ok((link::of_delivery(delivery.key), Said::Recorded))
    };
    web.answer(&visitor, recorded.await)
}

#[derive(Deserialize)]
pub(super) struct Withdraw {
    #[serde(default)]
    token: String,
    posting: String,
    wish: WithdrawWish,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WithdrawWish {
    TakeBack,
    Undo,
}

pub(super) async fn withdraw(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<Withdraw>,
) -> Response {
    let withdrawn = async {
        let (form, who) = web.allowed(&visitor, form, |it| &it.token)?;
        let id = PostingId(form.posting.as_str().into());
        let snapshot = web.snapshot_of_now().await?;
        let past = &snapshot.past;
        let known = past.postings.get(&id).ok_or(Refusal::Missing("ad"))?;
        let (wish, said) = match form.wish {
            WithdrawWish::TakeBack => (Wish::TakeBack, Said::Withdrawn),
            WithdrawWish::Undo => (Wish::Undo, Said::NotWithdrawn),
        };
        let grace = snapshot.setup.site.plan.grace;
        let (ledger, now) = (who.ledger(&snapshot), web.0.status.clock().now());
        decide_withdraw::withdraw(&ledger, past, known, wish, grace, now).await?;
        Ok((link::of_posting(&id), said))
    };
    web.answer(&visitor, withdrawn.await)
}

#[derive(Deserialize)]
pub(super) struct Pause {
    #[serde(default)]
    token: String,
    /// Empty for everything.
    channel: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn pause(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<Pause>,
) -> Response {
    let paused = async {
        let (form, who) = web.allowed(&visitor, form, |it| &it.token)?;
        let snapshot = web.snapshot_of_now().await?;
        let (ledger, now) = (who.ledger(&snapshot), web.0.status.clock().now());
        if form.channel.is_empty() {
            let reason = match form.reason.trim() {
                "" => decide_pause::NO_REASON,
                reason => reason,
            };
            ledger.pause_all(reason, now).await?;
            return Ok((link::CHANNELS.to_owned(), Said::Paused));
        }
        let channel = ChannelName(form.channel.as_str().into());
        decide_pause::pause(&ledger, &channel, &form.reason, now).await?;
        Ok((link::of_channel(&channel), Said::Paused))
    };
    web.answer(&visitor, paused.await)
}

pub(super) async fn resume(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    form: Sent<Pause>,
) -> Response {
    let resumed = async {
        let (form, who) = web.allowed(&visitor, form, |it| &it.token)?;
        let snapshot = web.snapshot_of_now().await?;
        let (ledger, now) = (who.ledger(&snapshot), web.0.status.clock().now());
        if form.channel.is_empty() {
            ledger.resume_all(now).await?;
            return Ok((link::CHANNELS.to_owned(), Said::GoesOn));
        }
        let channel = ChannelName(form.channel.as_str().into());
        decide_pause::resume(&ledger, &snapshot.past, &channel, now).await?;
        Ok((link::of_channel(&channel), Said::GoesOn))
    };
    web.answer(&visitor, resumed.await)
}

impl Who {
    /// The ledger, which writes down who it was.
    fn ledger(&self, snapshot: &Snapshot) -> Ledger {
        snapshot.ledger.in_the_name_of(&self.name)
    }
}

impl Web {
    /// That a form was drawn for who sends it, and that they have not sent too many.
    fn allowed<T>(
        &self,
        visitor: &Visitor,
        form: Sent<T>,
        token: impl FnOnce(&T) -> &String,
    ) -> Result<(T, Who), Refusal> {
        let who = visitor.who.clone().ok_or(Refusal::NotLoggedIn)?;
        let Form(form) = form.map_err(|error| unclear(&error))?;
        if !self.0.logins.is_their_form(&who, token(&form), self.0.status.clock().now()) {
            return Err(Refusal::StaleForm);
        }
        let tried = self.0.limits.take(Try::Change(who.name.clone()), Instant::now());
        tried.map_err(Refusal::TooOften)?;
        Ok((form, who))
    }

    /// What is decided is about what is there now, not some seconds ago.
    async fn snapshot_of_now(&self) -> Result<Arc<Snapshot>, Refusal> {
        self.0.snapshots.forget();
        self.snapshot().await
    }

    /// A delivery, if it still stands as it was shown.
    async fn shown_delivery(
        &self,
        key: &str,
        shown: &str,
    ) -> Result<(Arc<Snapshot>, Delivery), Refusal> {
        let snapshot = self.snapshot_of_now().await?;
        let delivery = snapshot.ledger.find_by_prefix(key).await?;
        if seen(&delivery) != shown {
            return Err(Refusal::Changed);
        }
        Ok((snapshot, delivery))
    }

    /// Shows what was decided, by another request: who loads that page again decides nothing again.
    fn answer(&self, visitor: &Visitor, decided: Result<(String, Said), Refusal>) -> Response {
        match decided {
            Ok((to, said)) => {
                self.decided();
                Redirect::to(&saying(&to, said)).into_response()
            }
            Err(refusal) => self.refuse(visitor, &refusal),
        }
    }
}

fn around<'a>(
    web: &'a Web,
    snapshot: &'a Snapshot,
    ledger: &'a Ledger,
    delivery: &Delivery,
) -> Around<'a> {
    Around {
        ledger,
        station: station(snapshot, &delivery.name.channel),
        zone: snapshot.setup.site.settings.timezone,
        clock: web.0.status.clock(),
    }
}

fn station<'a>(snapshot: &'a Snapshot, channel: &ChannelName) -> Option<&'a Station> {
    snapshot.setup.stations.iter().find(|it| it.spec.name == *channel)
}

/// A link that readers can follow, as on the command line.
fn parse_link(text: &str) -> Result<Url, Refusal> {
    let link = Url::parse(text.trim()).ok().filter(|it| link::for_readers(it).is_some());
    link.ok_or_else(|| Refusal::Unclear("the link is no whole address of a page".to_owned()))
}

fn unclear(error: &FormRejection) -> Refusal {
    Refusal::Unclear(format!("this form cannot be read: {}", error.body_text()))
}

/// An address with what it says was done, before the part of the page that it leads to.
fn saying(to: &str, said: Said) -> String {
    let (path, part) = to.split_once('#').map_or((to, ""), |(path, part)| (path, part));
    let joined = if path.contains('?') { '&' } else { '?' };
    let part = if part.is_empty() { String::new() } else { format!("#{part}") };
    format!("{path}{joined}said={}{part}", said.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said_before_the_part_of_the_page() {
        assert_eq!(saying("/channels", Said::Paused), "/channels?said=paused");
        assert_eq!(
            saying("/posting?id=phd#channel-board", Said::Approved),
            "/posting?id=phd&said=approved#channel-board"
        );
    }
}
