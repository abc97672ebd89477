//! Every ad on every channel at a glance, what needs a person first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::standing::{Badge, Pairs, Standing};
use super::{Moment, Outlook, link};
use crate::channel::ChannelName;
use crate::notice::Notice;
use crate::posting::PostingId;

/// How many ads a page shows.
pub const PAGE: usize = 25;

/// How many of the things that need a person stand above the ads.
const NEEDS: usize = 5;

/// What of it somebody wants to see.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Ads that are so on some channel.
    pub standing: Option<Standing>,
    pub channel: Option<String>,
    /// Stands in the title or the id; capital letters do not matter.
    pub text: String,
    /// From 1.
    pub page: usize,
}

#[derive(Debug, Serialize)]
pub struct Overview {
    pub needs: Vec<Need>,
    /// How many more there are.
    pub more_needs: usize,
    pub counts: Vec<Count>,
    pub channels: Vec<Column>,
    pub rows: Vec<Row>,
    pub pager: link::Pager,
    pub text: String,
    pub channel: String,
    pub standing: &'static str,
    pub is_narrowed: bool,
}

/// Something that needs a person.
#[derive(Debug, Clone, Serialize)]
pub struct Need {
    pub title: String,
    pub what: String,
    pub help: String,
    pub since: Moment,
    /// Where it can be done.
    pub href: Option<String>,
    /// Where it is, elsewhere.
    pub link: Option<String>,
    pub commands: Vec<String>,
}

/// How many copies stand so.
#[derive(Debug, Serialize)]
pub struct Count {
    pub badge: Badge,
    pub meaning: &'static str,
    pub number: usize,
    pub href: String,
    pub is_chosen: bool,
}

#[derive(Debug, Serialize)]
pub struct Column {
    pub name: String,
    pub href: String,
    pub is_paused: bool,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    pub language: Option<String>,
    pub href: String,
    pub closes: Option<Moment>,
    pub cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
pub struct Cell {
    pub channel: String,
    pub badge: Badge,
    pub why: String,
    /// `None` where there is nothing to see.
    pub href: Option<String>,
}

/// An ad, before it is drawn.
struct Ad<'a> {
    id: &'a PostingId,
    title: &'a str,
    language: Option<&'a str>,
    closes: Option<DateTime<Utc>>,
    standings: Vec<(Standing, String)>,
}

/// Computes the overview.
pub fn overview(outlook: &Outlook<'_>, wanted: &Wanted) -> Overview {
    let pairs = Pairs::of(outlook);
    let channels: Vec<&ChannelName> = outlook
        .site
        .channels
        .iter()
        .map(|it| &it.name)
        .filter(|name| wanted.channel.as_deref().is_none_or(|wanted| wanted == name.as_str()))
        .collect();
    let ads = ads(outlook, &pairs, &channels);
    let mut counts: BTreeMap<Standing, usize> = BTreeMap::new();
    for (standing, _) in ads.iter().flat_map(|ad| &ad.standings) {
        *counts.entry(*standing).or_default() += 1;
    }
    let text = wanted.text.trim().to_lowercase();
    let is_wanted = |ad: &Ad<'_>| {
        let says = |words: &str| words.to_lowercase().contains(&text);
        (text.is_empty() || says(ad.title) || says(ad.id.as_str()))
            && wanted.standing.is_none_or(|it| ad.standings.iter().any(|(is, _)| *is == it))
    };
    let mut shown: Vec<Ad<'_>> = ads.into_iter().filter(is_wanted).collect();
    shown.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let channel = wanted.channel.clone().unwrap_or_default();
    let standing = wanted.standing.map_or("", Standing::name);
    let here = |standing: &str, page: &str| {
        let values = [
            ("text", wanted.text.as_str()),
            ("channel", channel.as_str()),
            ("standing", standing),
            ("page", page),
        ];
        link::asking(link::OVERVIEW, &values)
    };
    let pager =
        link::Pager::new(wanted.page, PAGE, shown.len(), |page| here(standing, &page.to_string()));
    let counts = Standing::ALL.into_iter().filter(|it| *it != Standing::NotHere).map(|it| {
        let is_chosen = wanted.standing == Some(it);
        Count {
            badge: it.into(),
            meaning: it.meaning(),
            number: counts.get(&it).copied().unwrap_or_default(),
            href: here(if is_chosen { "" } else { it.name() }, ""),
            is_chosen,
        }
    });
    let needs = needs(outlook);
    Overview {
        more_needs: needs.len().saturating_sub(NEEDS),
        needs: needs.into_iter().take(NEEDS).collect(),
        counts: counts.collect(),
        channels: channels.iter().map(|name| column(name, outlook)).collect(),
        rows: pager.part(&shown).iter().map(|ad| row(ad, &channels, outlook)).collect(),
        pager,
        text: wanted.text.clone(),
        is_narrowed: !text.is_empty() || wanted.standing.is_some() || wanted.channel.is_some(),
        channel,
        standing,
    }
}

/// Everything that needs a person, the oldest first.
pub fn needs(outlook: &Outlook<'_>) -> Vec<Need> {
    outlook.needs.iter().map(|notice| need(notice, outlook)).collect()
}

/// What a notice asks for, and where it can be done.
pub fn need(notice: &Notice, outlook: &Outlook<'_>) -> Need {
    let href = match (&notice.delivery, &notice.posting, &notice.channel) {
        (Some(key), _, _) => Some(link::of_delivery(*key)),
        (None, Some(posting), Some(channel)) => Some(link::of_pair(posting, channel)),
        (None, Some(posting), None) => Some(link::of_posting(posting)),
        (None, None, Some(channel)) => Some(link::of_channel(channel)),
        (None, None, None) => None,
    };
    Need {
        title: notice.title.clone(),
        what: sentence(&notice.what),
        help: sentence(&notice.help),
        since: outlook.moment(notice.since),
        href,
        link: notice.link.as_ref().and_then(link::for_readers),
        commands: notice.commands.clone(),
    }
}

/// With the sign that ends a sentence, so that another one can follow.
fn sentence(words: &str) -> String {
    let words = words.trim();
    let is_ended = words.is_empty() || words.ends_with(['.', '!', '?', ':']);
    if is_ended { words.to_owned() } else { format!("{words}.") }
}

/// All ads that are there, or have left something in the record.
fn ads<'a>(outlook: &Outlook<'a>, pairs: &Pairs<'a>, channels: &[&ChannelName]) -> Vec<Ad<'a>> {
    let read = || outlook.postings.open.iter().chain(&outlook.postings.missing);
    let recorded = outlook.past.deliveries.iter().map(|it| &it.name.posting);
    let ids: BTreeSet<&PostingId> = read().map(|it| &it.id).chain(recorded).collect();
    let by_id: BTreeMap<&PostingId, _> = read().map(|it| (&it.id, it)).collect();
    let zone = outlook.zone();
    let ads = ids.into_iter().map(|id| {
        let page = by_id.get(id);
        let known = outlook.past.postings.get(id).map(|known| known.title.as_str());
        let title = page.map(|it| it.name()).or(known).filter(|it| !it.is_empty());
        Ad {
            id,
            title: title.unwrap_or(id.as_str()),
            language: page.map(|it| it.language.as_str()),
            closes: page.and_then(|it| it.closes_at(zone)),
            standings: channels
                .iter()
                .map(|channel| {
                    let stands = pairs.stands(id, channel, outlook);
                    (stands.standing, stands.why)
                })
                .collect(),
        }
    });
    ads.collect()
}

/// Trouble first, then the nearest deadline; what is over comes last.
fn rank(ad: &Ad<'_>) -> impl Ord + use<> {
    let worst = ad.standings.iter().map(|(it, _)| *it).max().unwrap_or(Standing::NotHere);
    let trouble = if worst >= Standing::Lags { worst } else { Standing::NotHere };
    let is_over = worst <= Standing::Closed;
    let closes = ad.closes.unwrap_or(DateTime::<Utc>::MAX_UTC);
    (Reverse(trouble), is_over, closes, ad.title.to_lowercase(), ad.id.clone())
}

fn column(name: &ChannelName, outlook: &Outlook<'_>) -> Column {
    let known = outlook.past.channels.get(name);
    Column {
        name: name.as_str().to_owned(),
        href: link::asking(link::OVERVIEW, &[("channel", name.as_str())]),
        is_paused: known.is_some_and(|it| it.paused.is_some()),
    }
}

fn row(ad: &Ad<'_>, channels: &[&ChannelName], outlook: &Outlook<'_>) -> Row {
    let cells = channels.iter().zip(&ad.standings).map(|(channel, (standing, why))| Cell {
        channel: channel.as_str().to_owned(),
        badge: (*standing).into(),
        why: why.clone(),
        href: (*standing != Standing::NotHere).then(|| link::of_pair(ad.id, channel)),
    });
    Row {
        id: ad.id.as_str().to_owned(),
        title: ad.title.to_owned(),
        language: ad.language.map(str::to_owned),
        href: link::of_posting(ad.id),
        closes: ad.closes.map(|at| outlook.moment(at)),
        cells: cells.collect(),
    }
}
