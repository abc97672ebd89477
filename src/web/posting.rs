//! One ad: what stands on each channel, what comes, and what a person can do about it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::overview::{self, Need};
use super::shown::{self, Line, Shown};
use super::standing::{Badge, Pairs};
use super::{Moment, Outlook, link};
use crate::channel::ChannelName;
use crate::decide::approve::Words;
use crate::deliver::compose::{ComposeError, Composed};
use crate::ledger::{CopyState, Delivery};
use crate::log;
use crate::plan::{Step, When};
use crate::posting::PostingId;

#[derive(Debug, Serialize)]
pub struct Page {
    pub id: String,
    pub title: String,
    pub language: Option<String>,
    pub permalink: Option<String>,
    pub path: Option<String>,
    pub closes: Option<Moment>,
    pub withdrawn: Option<Moment>,
    pub copies: usize,
    /// Whether the ledger knows it, so that it can be withdrawn.
    pub is_on_record: bool,
    pub needs: Vec<Need>,
    pub channels: Vec<OnChannel>,
}

/// The ad on one channel.
#[derive(Debug, Serialize)]
pub struct OnChannel {
    pub name: String,
    pub anchor: String,
    pub badge: Badge,
    pub why: String,
    pub link: Option<String>,
    /// What readers see there now.
    pub stands: Option<Shown>,
    pub comes: Vec<Coming>,
    pub approval: Option<Approval>,
    pub deliveries: Vec<Made>,
}

/// Something that will, or would, go out.
#[derive(Debug, Serialize)]
pub struct Coming {
    pub doing: String,
    /// When, or why not.
    pub when: String,
    pub shown: Option<Shown>,
    pub problem: Option<String>,
    /// What it says otherwise than the copy that stands.
    pub difference: Vec<Line>,
}

/// Words that wait for somebody's agreement.
#[derive(Debug, Serialize)]
pub struct Approval {
    /// Names exactly these words.
    pub hash: String,
    /// Whether somebody has agreed to them, and who.
    pub given: Option<String>,
    /// That somebody agreed to other words.
    pub void: Option<String>,
}

/// A delivery in a line.
#[derive(Debug, Serialize)]
pub struct Made {
    pub id: String,
    pub href: String,
    pub doing: String,
    pub state: String,
    pub since: Moment,
    pub link: Option<String>,
    pub note: String,
}

/// What had to be rendered for the page.
#[derive(Default)]
pub struct Rendered<'a> {
    /// Of the steps of this ad that are worth a look.
    pub steps: Vec<(&'a Step, Result<Composed, ComposeError>)>,
    /// Where somebody's agreement is needed.
    pub words: BTreeMap<ChannelName, Result<Words, ComposeError>>,
}

/// Computes the page; `None` if nobody knows such an ad.
pub fn page(id: &PostingId, outlook: &Outlook<'_>, rendered: &Rendered<'_>) -> Option<Page> {
    let read = outlook.postings.named(id);
    let known = outlook.past.postings.get(id);
    if read.is_none() && known.is_none() {
        return None;
    }
    let pairs = Pairs::of(outlook);
    let of_site = outlook.site.channels.iter().map(|it| &it.name);
    let mut names: Vec<&ChannelName> = of_site.collect();
    for delivery in outlook.past.deliveries.iter().filter(|it| it.name.posting == *id) {
        if !names.contains(&&delivery.name.channel) {
            names.push(&delivery.name.channel);
        }
    }
    let channels: Vec<OnChannel> =
        names.into_iter().map(|name| on_channel(id, name, outlook, &pairs, rendered)).collect();
    let of_record = known.map(|it| it.title.clone()).filter(|it| !it.is_empty());
    let is_copy = |it: &&Delivery| it.name.posting == *id && it.copy.is_some_and(CopyState::stands);
    let needs = outlook.needs.iter().filter(|it| it.posting.as_ref() == Some(id));
    Some(Page {
        id: id.as_str().to_owned(),
        title: read
            .map(|it| it.name().to_owned())
            .or(of_record)
            .unwrap_or_else(|| id.as_str().to_owned()),
        language: read.map(|it| it.language.clone()),
        permalink: read.and_then(|it| link::for_readers(&it.permalink)),
        path: read.map(|it| it.path.clone()).or(known.map(|it| it.path.clone())),
        closes: read.and_then(|it| it.closes_at(outlook.zone())).map(|at| outlook.moment(at)),
        withdrawn: known.and_then(|it| it.withdrawn_at).map(|at| outlook.moment(at)),
        copies: outlook.past.deliveries.iter().filter(is_copy).count(),
        is_on_record: known.is_some(),
        needs: needs.map(|notice| overview::need(notice, outlook)).collect(),
        channels,
    })
}

fn on_channel(
    id: &PostingId,
    name: &ChannelName,
    outlook: &Outlook<'_>,
    pairs: &Pairs<'_>,
    rendered: &Rendered<'_>,
) -> OnChannel {
    let stands = pairs.stands(id, name, outlook);
    let deliveries = pairs.get(id, name).map(|it| it.deliveries.as_slice()).unwrap_or_default();
    let copy = deliveries.iter().rev().find(|it| it.copy.is_some_and(CopyState::stands));
    let before = copy.and_then(|it| it.standing.as_ref()).map(|it| &it.rendition);
    let comes = rendered.steps.iter().filter(|(step, _)| step.name.channel == *name);
    let comes = comes.map(|(step, composed)| Coming {
        doing: step.name.doing(),
        when: match &step.when {
            When::Due { .. } => "due now".to_owned(),
            When::At { slot } => outlook.moment(*slot).local,
            When::Not { reason } => format!("not as things are: {reason}"),
        },
        difference: match (before, composed) {
            (Some(before), Ok(composed)) if step.target.is_some() => {
                shown::difference(before, &composed.rendition)
            }
            _ => Vec::new(),
        },
        shown: composed.as_ref().ok().map(|it| shown::shown(&it.rendition)),
        problem: composed.as_ref().err().map(ToString::to_string),
    });
    let mut comes: Vec<Coming> = comes.collect();
    let mut approval = None;
    match rendered.words.get(name) {
        Some(Ok(words)) => {
            let earlier = outlook.past.approvals.get(&(id.clone(), name.clone()));
            let told = earlier.map(|it| format!("{} on {}", it.by, outlook.moment(it.at).local));
            let is_given = earlier.is_some_and(|it| it.content_hash == words.hash);
            if !is_given {
                // All that is agreed to, and nothing else.
                comes = words
                    .shown
                    .iter()
                    .map(|(occasion, composed)| Coming {
                        doing: occasion.to_string(),
                        when: "waits for approval".to_owned(),
                        shown: Some(shown::shown(&composed.rendition)),
                        problem: None,
                        difference: Vec::new(),
                    })
                    .collect();
            }
            approval = Some(Approval {
                hash: words.hash.clone(),
                given: told.clone().filter(|_| is_given),
                void: told.filter(|_| !is_given),
            });
        }
        Some(Err(error)) => comes.push(Coming {
            doing: "approval".to_owned(),
            when: String::new(),
            shown: None,
            problem: Some(error.to_string()),
            difference: Vec::new(),
        }),
        None => {}
    }
    OnChannel {
        name: name.as_str().to_owned(),
        anchor: link::anchor(name),
        badge: stands.standing.into(),
        why: stands.why,
        link: copy
            .and_then(|it| it.receipt.as_ref())
            .and_then(|it| it.link.as_ref())
            .and_then(link::for_readers),
        stands: before.map(shown::shown),
        comes,
        approval,
        deliveries: deliveries.iter().map(|it| made(it, outlook)).collect(),
    }
}

fn made(delivery: &Delivery, outlook: &Outlook<'_>) -> Made {
    let row = log::row_of(delivery, outlook.past);
    Made {
        href: link::of_delivery(delivery.key),
        doing: delivery.name.doing(),
        state: row.standing().to_owned(),
        since: outlook.moment(row.since),
        link: row
            .link
            .and_then(|it| url::Url::parse(&it).ok())
            .as_ref()
            .and_then(link::for_readers),
        id: row.id,
        note: row.note,
    }
}
