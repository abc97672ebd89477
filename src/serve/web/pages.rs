//! The pages that are looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use super::gate::Visitor;
use super::refusal::Refusal;
use super::snapshot::{Snapshot, off_thread};
use super::{Drawer, Web, draw, health};
use crate::decide::approve;
use crate::deliver::compose;
use crate::log::filter::Filter;
use crate::log::story::Story;
use crate::posting::PostingId;
use crate::web::posting::Rendered;
use crate::web::shown::media_type;
use crate::web::standing::Standing;
use crate::web::{self, link};

/// What an address may ask for; what cannot be read counts as not asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    id: String,
    text: String,
    channel: String,
    standing: String,
    state: String,
    since: String,
    until: String,
    page: String,
    weeks: String,
    to: String,
    said: String,
}

/// What was done just now, as an address says it: words of ours, not of who made the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Approved,
    Resolved,
    Recorded,
    Withdrawn,
    NotWithdrawn,
    Paused,
    GoesOn,
}

impl Said {
    const ALL: [Self; 7] = [
        Self::Approved,
        Self::Resolved,
        Self::Recorded,
        Self::Withdrawn,
        Self::NotWithdrawn,
        Self::Paused,
        Self::GoesOn,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Resolved => "resolved",
            Self::Recorded => "recorded",
            Self::Withdrawn => "withdrawn",
            Self::NotWithdrawn => "not-withdrawn",
            Self::Paused => "paused",
            Self::GoesOn => "goes-on",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Approved => "Approved. It goes out at its time.",
            Self::Resolved => "Written down.",
            Self::Recorded => "Recorded.",
            Self::Withdrawn => "Withdrawn. Its copies are closed as each channel does.",
            Self::NotWithdrawn => "Not withdrawn any more.",
            Self::Paused => "Paused. Nothing goes out there from now on.",
            Self::GoesOn => "It goes on.",
        }
    }
}

pub(super) async fn overview(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    let wanted = web::overview::Wanted {
        standing: Standing::parse(&asked.standing),
        channel: said(&asked.channel),
        text: asked.text.clone(),
        page: asked.page.parse().unwrap_or(1),
    };
    let page = move |it: &Snapshot| Some(web::overview::overview(&it.outlook(), &wanted));
    web.show(&visitor, link::OVERVIEW, &asked, "overview", page).await
}

pub(super) async fn posting(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    let id = PostingId(asked.id.as_str().into());
    let page = move |it: &Snapshot| web::posting::page(&id, &it.outlook(), &rendered(&id, it));
    web.show(&visitor, "", &asked, "posting", page).await
}

/// What of an ad would go out, and the words that need somebody's agreement.
fn rendered<'a>(id: &PostingId, snapshot: &'a Snapshot) -> Rendered<'a> {
    let Snapshot { setup, ledger, postings, past, plan, now, .. } = snapshot;
    let (site, stations) = (&setup.site, &setup.stations);
    let steps = plan.steps.iter().filter(|step| step.name.posting == *id);
    let steps = steps.filter_map(|step| {
        let composed = compose::show(step, site, stations, postings, past, *now)?;
        Some((step, composed))
    });
    let steps: Vec<_> = steps.collect();
    let mut words = BTreeMap::new();
    if let Some(posting) = postings.open.iter().find(|it| it.id == *id) {
        for station in stations.iter().filter(|it| approve::is_needed(posting, &it.spec)) {
            let shown = approve::words(posting, station, site, ledger.id(), *now);
            words.insert(station.spec.name.clone(), shown);
        }
    }
    let of_steps = steps.iter().filter_map(|(_, composed)| composed.as_ref().ok());
    let of_words = words.values().flatten().flat_map(|it| it.shown.iter().map(|(_, it)| it));
    of_steps.chain(of_words).for_each(|composed| snapshot.keep_picture(composed));
    Rendered { steps, words }
}

pub(super) async fn delivery(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let story = async {
        let snapshot = web.snapshot().await?;
        let delivery = snapshot.ledger.find_by_prefix(&id).await?;
        Ok::<_, Refusal>(Story::of(delivery, &snapshot.past, &snapshot.ledger).await?)
    };
    match story.await {
        Ok(story) => {
            let page = move |it: &Snapshot| Some(web::delivery::page(&story, &it.outlook()));
            web.show(&visitor, "", &asked, "delivery", page).await
        }
        Err(refusal) => web.refuse(&visitor, &refusal),
    }
}

pub(super) async fn calendar(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    let weeks = asked.weeks.parse().unwrap_or(0);
    let page = move |it: &Snapshot| {
        let quiet = |day| it.setup.site.quiet_on(day);
        Some(web::calendar::calendar(&it.outlook(), weeks, &quiet))
    };
    web.show(&visitor, link::CALENDAR, &asked, "calendar", page).await
}

pub(super) async fn log(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    let setup = web.setup();
    let zone = setup.site.settings.timezone;
    let day = |text: &str| -> Option<NaiveDate> { text.parse().ok() };
    let begins = |day: NaiveDate| -> Option<DateTime<Utc>> {
        let midnight = zone.from_local_datetime(&day.and_time(NaiveTime::MIN));
        midnight.earliest().map(|it| it.to_utc())
    };
    let (since, until) = (day(&asked.since), day(&asked.until));
    let wanted = web::log::Wanted {
        filter: Filter {
            channel: said(&asked.channel),
            text: said(asked.text.trim()),
            states: said(&asked.state).into_iter().collect(),
            since: since.and_then(begins),
            // To the end of that day.
            until: until.and_then(|day| day.succ_opt()).and_then(begins),
            ..Filter::default()
        },
        since,
        until,
        page: asked.page.parse().unwrap_or(1),
    };
    let page = move |it: &Snapshot| Some(web::log::log(&it.outlook(), &wanted));
    web.show(&visitor, link::LOG, &asked, "log", page).await
}

pub(super) async fn channels(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    let page = |it: &Snapshot| Some(web::channels::channels(&it.outlook()));
    web.show(&visitor, link::CHANNELS, &asked, "channels", page).await
}

/// How everything is, also while there is no ledger.
pub(super) async fn how_it_is(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    let now = crate::serve::health::look(&web.0.status).await;
    let page = health::page(&now, web.setup().site.settings.timezone);
    draw(&Drawer::default(), "health", &web.frame(&visitor, link::HEALTH), &page)
}

#[derive(Serialize)]
struct LogInPage<'a> {
    to: &'a str,
    wrong: Option<&'static str>,
}

pub(super) async fn login(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    web.log_in_page(&visitor, &asked.to, None)
}

/// A picture that goes along with a rendition: one that was sent, or one that would be.
pub(super) async fn picture(
    State(web): State<Web>,
    Extension(visitor): Extension<Visitor>,
    Path(hash): Path<String>,
) -> Response {
    let drawn = web.0.snapshots.kept().and_then(|snapshot| snapshot.picture(&hash));
    let bytes = match (drawn, web.0.status.look(|facts| facts.ledger.clone())) {
        (Some(bytes), _) => Ok(Some(bytes)),
        (None, Some(ledger)) => ledger.picture(&hash).await.map(|it| it.map(Arc::from)),
        (None, None) => Ok(None),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => return web.refuse(&visitor, &error.into()),
    };
    let known = bytes.as_deref().and_then(|it| Some((media_type(it)?, it.to_vec())));
    let Some((media_type, bytes)) = known else {
        return web.refuse(&visitor, &Refusal::Missing("picture"));
    };
    let headers =
        [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "private, max-age=3600")];
    (headers, bytes).into_response()
}

impl Web {
    /// Computes a page and draws it, where it keeps nobody from being answered.
    async fn show<P: Serialize>(
        &self,
        visitor: &Visitor,
        here: &'static str,
        asked: &Asked,
        template: &'static str,
        page: impl FnOnce(&Snapshot) -> Option<P> + Send + 'static,
    ) -> Response {
        let snapshot = match self.snapshot().await {
            Ok(snapshot) => snapshot,
            Err(refusal) => return self.refuse(visitor, &refusal),
        };
        let mut frame = self.frame(visitor, here);
        frame.now = web::Moment::new(snapshot.now, snapshot.setup.site.settings.timezone);
        frame.said = Said::ALL.into_iter().find(|it| it.name() == asked.said).map(Said::words);
        let drawn = off_thread(move || {
            let page = page(&snapshot)?;
            Some(draw(&snapshot.drawer, template, &frame, &page))
        });
        match drawn.await {
            Ok(Some(page)) => page,
            Ok(None) => self.refuse(visitor, &Refusal::Missing("ad")),
            Err(refusal) => self.refuse(visitor, &refusal),
        }
    }

    pub(super) fn log_in_page(
        &self,
        visitor: &Visitor,
        to: &str,
        wrong: Option<&'static str>,
    ) -> Response {
        let page = LogInPage { to: here_only(to), wrong };
        draw(&Drawer::default(), "login", &self.frame(visitor, ""), &page)
    }
}

/// An address of ours, to go to after logging in; the overview instead of anything else.
pub(super) fn here_only(to: &str) -> &str {
    let is_here = to.starts_with('/')
        && !to.starts_with("//")
        && to.bytes().all(|it| it.is_ascii_graphic() && it != b'\\');
    if is_here { to } else { link::OVERVIEW }
}

fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_logging_in() {
        assert_eq!(here_only("/posting?id=phd"), "/posting?id=phd");
        for elsewhere in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb"]
        {
            assert_eq!(here_only(elsewhere), "/", "{elsewhere}");
        }
    }
}
