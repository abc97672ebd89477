//! Shows the files of feeds under `/feeds/NAME`, to who fetches them again and again: with what tells
//! a file that has not changed (RFC 9110 §8.8, §13.1).

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::channel::feed::format::media_type;
use crate::channel::feed::list::is_list_or_entry;
use crate::site::Site;
use crate::site::channel_file::KindConfig;

/// The file of a feed, or without a name its list.
pub(super) async fn answer(
    site: &Site,
    channel: &str,
    file: Option<&str>,
    asked: &HeaderMap,
) -> Response {
    let feed = site.channels.iter().find(|it| it.name.as_str() == channel);
    let feed = feed.and_then(|spec| match &spec.config {
        KindConfig::Feed(config) => Some(config),
        _ => None,
    });
    let Some(feed) = feed else { return missing() };
    // Nothing but its own files, whatever else lies in the folder.
    let name = file.or_else(|| feed.format.list());
    let Some(name) = name.filter(|name| is_list_or_entry(feed.format, name)) else {
        return missing();
    };
    let path = feed.folder.join(name);
    let changed = tokio::fs::metadata(&path).await.and_then(|it| it.modified());
    let (Ok(changed), Ok(bytes)) = (changed, tokio::fs::read(&path).await) else {
        return missing();
    };
    let hash = Sha256::digest(&bytes);
    let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    let headers = [
        (header::CONTENT_TYPE, media_type(name).to_owned()),
        (header::ETAG, tag.clone()),
        (header::LAST_MODIFIED, httpdate::fmt_http_date(changed)),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known(asked, &tag, changed) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, bytes).into_response()
}

/// Whether who asks has this very file. A tag that is given decides alone (RFC 9110 §13.1.3).
fn is_known(asked: &HeaderMap, tag: &str, changed: SystemTime) -> bool {
    let said = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    match (said(header::IF_NONE_MATCH), said(header::IF_MODIFIED_SINCE)) {
        (Some(tags), _) => {
            let is_same = |it: &str| it == "*" || it.trim_start_matches("W/") == tag;
            tags.split(',').map(str::trim).any(is_same)
        }
        (None, Some(since)) => httpdate::parse_http_date(since).is_ok_and(|since| {
            // A date of HTTP has no parts of a second.
            let seconds = |at: SystemTime| {
                at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
            };
            seconds(changed) <= seconds(since)
        }),
        (None, None) => false,
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "there is no such feed\n").into_response()
}
