//! One page that shows every copy on every stand-in as its readers would see it, with its edits
//! and what was taken back.

use std::fmt::Write;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use chrono::{DateTime, Utc};
use url::Url;

use super::copies::{End, Exhibitor, StoredCopy, Version};
use super::loopback::{Bound, Loopback};
use super::page::{escape, missing, page};

/// The page's server on loopback.
pub struct Gallery {
    url: Url,
    _server: Loopback,
}

impl Gallery {
    /// Starts the server. Each visit shows what the exhibitors hold at that moment.
    ///
    /// # Errors
    /// If no port of 127.0.0.1 is to be had.
    pub async fn start(exhibitors: Vec<Arc<dyn Exhibitor>>) -> io::Result<Self> {
        let bound = Bound::take().await?;
        let url = bound.url()?;
        let router = Router::new()
            .route("/", get(show))
            .fallback(async || missing(StatusCode::NOT_FOUND).into_response())
            .with_state(Arc::new(exhibitors));
        Ok(Self { url, _server: bound.serve(router) })
    }

    /// Where a person looks.
    pub fn url(&self) -> Url {
        self.url.clone()
    }
}

async fn show(State(exhibitors): State<Arc<Vec<Arc<dyn Exhibitor>>>>) -> Html<String> {
    let mut body = String::from(
        "<h1>Rehearsal</h1>\n<p>Every copy as its readers would see it. All of it is on this \
         machine; nothing left it.</p>\n",
    );
    for exhibitor in exhibitors.iter() {
        let copies = exhibitor.copies();
        let _ = writeln!(body, "<section>\n<h2>{}</h2>", escape(&exhibitor.channel()));
        if copies.is_empty() {
            body.push_str("<p class=\"quiet\">Nothing here.</p>\n");
        }
        for copy in &copies {
            body.push_str(&exhibit(copy));
        }
        body.push_str("</section>\n");
    }
    page("Rehearsal", &body)
}

fn exhibit(copy: &StoredCopy) -> String {
    let current = copy.current();
    let mut html = String::from("<article>\n");
    if let Some(title) = &current.title {
        let _ = writeln!(html, "<h3>{}</h3>", struck(copy, title));
    }
    let _ = writeln!(html, "<p class=\"quiet\">{}</p>", history(copy));
    if !copy.labels.is_empty() {
        html.push_str("<dl>\n");
        for (name, value) in &copy.labels {
            let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
        }
        html.push_str("</dl>\n");
    }
    if let Some(answered) = &copy.answers {
        let _ = writeln!(html, "<p class=\"quiet\">In answer to {}</p>", escape(answered));
    }
    // Mail is laid out in columns: only a fixed width shows it as its readers see it.
    let is_mail = copy.labels.iter().any(|(name, _)| name == "Message-ID");
    let class = if is_mail { "text mail" } else { "text" };
    let _ = writeln!(html, "<div class=\"{class}\">{}</div>", struck(copy, &current.text));
    if let Some((_, earlier)) = versions(copy).split_last()
        && !earlier.is_empty()
    {
        html.push_str("<details>\n<summary>What it said before</summary>\n");
        for version in earlier {
            let _ = writeln!(
                html,
                "<p class=\"quiet\">{}</p>\n<div class=\"text\">{}</div>",
                moment(version.at),
                escape(&version.text)
            );
        }
        html.push_str("</details>\n");
    }
    if let Some(link) = &copy.link {
        let address = escape(link.as_str());
        let _ = writeln!(html, "<p><a href=\"{address}\">{address}</a></p>");
    }
    html.push_str("</article>\n");
    html
}

fn versions(copy: &StoredCopy) -> Vec<&Version> {
    std::iter::once(&copy.original).chain(&copy.edits).collect()
}

fn history(copy: &StoredCopy) -> String {
    let mut history = moment(copy.original.at);
    if let Some(last) = copy.edits.last() {
        let _ = write!(history, " · edited {}", moment(last.at));
    }
    let end = match copy.end {
        Some(End::Withdrawn { at }) => Some(("taken back on purpose", at)),
        Some(End::Removed { at }) => Some(("removed, not by its author", at)),
        None => None,
    };
    if let Some((what, at)) = end {
        let _ = write!(history, " · <span class=\"note\">{what}</span> {}", moment(at));
    }
    history
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Text as HTML, struck through where readers can no longer find it.
fn struck(copy: &StoredCopy, text: &str) -> String {
    let text = escape(text);
    if copy.stands() { text } else { format!("<del>{text}</del>") }
}
