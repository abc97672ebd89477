//! The page behind the ad: it is looked for before it is announced, it may go away, and an ad from
//! before the first start waits (promises 5 and 8).

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::TimeDelta;
use handbill::ledger::State;
use handbill::rehearsal::loopback::{Bound, Loopback};
use handbill::rehearsal::mastodon::KeyPolicy;
use handbill::site::queue::PageWait;
use std::sync::{Arc, Mutex};
use url::Url;

use super::{PAGE, World};

/// A web site that shows what a test puts there.
struct WebSite {
    shows: Arc<Mutex<Option<String>>>,
    url: Url,
    _server: Loopback,
}

impl WebSite {
    async fn start() -> Self {
        let shows = Arc::new(Mutex::new(None::<String>));
        let shown = Arc::clone(&shows);
        let answer = move || {
            let page = shown.lock().unwrap().clone();
            async move {
                match page {
                    Some(page) => page.into_response(),
                    None => StatusCode::NOT_FOUND.into_response(),
                }
            }
        };
        let bound = Bound::take().await.unwrap();
        let url = bound.url().unwrap();
        let server = bound.serve(Router::new().fallback(answer));
        Self { shows, url, _server: server }
    }

    fn shows(&self, page: &str) {
        *self.shows.lock().unwrap() = Some(page.to_owned());
    }
}

#[tokio::test]
async fn an_ad_is_announced_once_its_page_shows_its_title() {
    let web = WebSite::start().await;
    let mut world = World::with(&["mastodon", "board"]).await;
    world.site.settings.base_url = web.url.clone();
    for channel in &mut world.site.channels {
        channel.holds.page = PageWait::UntilSeen;
    }
    world.read().await;

    world.round().await;
    assert_eq!(world.copies("mastodon").len(), 0);
    let known = world.ledger.past().await.unwrap().postings.into_values().next().unwrap();
    assert!(known.page.note.contains("answers HTTP 404"), "{}", known.page.note);

    web.shows("<html><body><h1>Welcome to nginx</h1></body></html>");
    world.wait(5);
    world.round().await;
    assert_eq!(world.copies("mastodon").len(), 0);

    web.shows("<html><body><h1>PhD position in Tides</h1></body></html>");
    world.wait(5);
    world.round().await;
    world.assert_posted_once("mastodon").await;
    world.assert_posted_once("board").await;
}

#[tokio::test]
async fn an_ad_from_before_the_first_start_is_announced_when_a_person_accepts_it() {
    let mut world = World::with(&["mastodon"]).await;
    world.change("date: ", "date: 2020-01-11 # ").await;
    world.round().await;
    world.wait(60);
    world.round().await;
    assert_eq!(world.copies("mastodon").len(), 0);
    let id = world.postings.open[0].id.clone();
    world.ledger.accept(&id, world.now()).await.unwrap();
    world.round().await;
    world.assert_posted_once("mastodon").await;
}

#[tokio::test]
async fn an_ad_that_is_written_after_the_first_start_needs_no_person_whatever_its_date() {
    let mut world = World::with(&["mastodon"]).await;
    let page = world.folder.read(PAGE);
    world.remove_page().await;
    world.round().await;
    world.folder.write(PAGE, page.replace("date: ", "date: 2020-01-11 # "));
    world.wait(60);
    world.read().await;
    world.round().await;
    world.assert_posted_once("mastodon").await;
}

#[tokio::test]
async fn a_page_that_vanishes_closes_nothing_until_somebody_says_so_and_grace_is_over() {
    let mut world = World::with(&["mastodon", "board"]).await;
    world.round().await;
    world.remove_page().await;
    for _ in 0..10 {
        world.wait(24 * 60);
        world.round().await;
    }
    let ends = |world: &World| -> Vec<bool> {
        let copies = ["mastodon", "board"].map(|channel| world.copies(channel));
        copies.iter().flatten().map(|copy| copy.end.is_some()).collect()
    };
    assert_eq!(ends(&world), [false, false], "ten days without a word");
    let id = world.ledger.past().await.unwrap().postings.into_keys().next().unwrap();
    world.ledger.withdraw(&id, Some(world.now()), world.now()).await.unwrap();
    world.round().await;
    assert_eq!(ends(&world), [true, true]);
    world.round().await;
    let past = world.ledger.past().await.unwrap();
    assert!(past.deliveries.iter().all(|it| it.state == State::Posted));
    assert!(past.postings[&id].finished_at.is_some(), "nothing is left to do about it");
}

#[tokio::test]
async fn a_folder_that_comes_back_has_lost_nothing() {
    let mut world = World::with(&["mastodon"]).await;
    world.round().await;
    let page = world.folder.read(PAGE);
    world.remove_page().await;
    world.wait(24 * 60);
    world.round().await;
    world.folder.write(PAGE, page);
    world.read().await;
    world.round().await;
    world.assert_posted_once("mastodon").await;
    let past = world.ledger.past().await.unwrap();
    assert!(past.postings.values().all(|known| known.missing_since.is_none()));
}

#[tokio::test]
async fn a_page_that_is_gone_when_its_deadline_passes_is_closed_without_a_person() {
    let mut world = World::with(&["mastodon", "board"]).await;
    world.round().await;
    world.remove_page().await;
    world.clock.set(world.now() + TimeDelta::days(62));
    world.round().await;
    for channel in ["mastodon", "board"] {
        let copies = world.copies(channel);
        assert_eq!(copies.len(), 1);
        assert!(copies[0].end.is_some(), "{channel}");
    }
}

#[tokio::test]
async fn what_is_over_is_taken_up_again_when_the_deadline_is_extended() {
    let mut world = World::with(&["mastodon"]).await;
    world.round().await;
    let old = (world.now() + TimeDelta::days(60)).format("%Y-%m-%d").to_string();
    world.clock.set(world.now() + TimeDelta::days(62));
    world.round().await;
    world.round().await;
    let past = world.ledger.past().await.unwrap();
    assert!(past.postings.values().all(|known| known.finished_at.is_some()));
    let new = (world.now() + TimeDelta::days(30)).format("%Y-%m-%d").to_string();
    world.change(&format!("deadline: {old}"), &format!("deadline: {new}")).await;
    world.round().await;
    let copies = world.copies("mastodon");
    assert_eq!(copies.len(), 2, "taken back, and announced anew");
    assert!(copies[0].end.is_some() && copies[1].end.is_none());
}

#[tokio::test]
async fn a_page_with_a_sign_that_no_text_may_hold_is_announced_once_and_changes_no_more() {
    let folder = super::folder(&["mastodon"]);
    let page = folder.read(PAGE).replace("PhD position in Tides", "PhD position in\\0 Tides");
    folder.write(PAGE, page.replace("fourteen harbours", "fourteen\0 harbours"));
    let world = World::of(folder, KeyPolicy::Honoured).await;
    world.settle_down().await;
    world.assert_posted_once("mastodon").await;
    assert!(world.copies("mastodon")[0].edits.is_empty());
}
