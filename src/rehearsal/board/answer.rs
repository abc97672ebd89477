//! The answer that a board's file expects: status, and id and link where it says they stand.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::channel::board::{Place, Success};
use crate::rehearsal::fault::set;

/// One copy as an answer names it.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) id: u64,
    pub(super) link: Option<String>,
    /// The number that it was looked for by: a board that finds an ad shows the number in it.
    pub(super) reference: Option<String>,
}

/// Where an answer names the copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) id: Option<&'a Place>,
    pub(super) link: Option<&'a Place>,
    /// JSON pointer to our reference, where the file says it.
    pub(super) reference: Option<&'a str>,
}

/// The answer to a request that did what was asked.
pub(super) fn done(ok: &Success, usual: StatusCode, places: Places<'_>, hit: &Hit) -> Response {
    answer(ok, usual, places, std::slice::from_ref(hit))
}

/// The answer to a search: what was found, or the same shape with nothing in it.
pub(super) fn found(ok: &Success, places: Places<'_>, hits: &[Hit]) -> Response {
    answer(ok, StatusCode::OK, places, hits)
}

fn answer(ok: &Success, usual: StatusCode, places: Places<'_>, hits: &[Hit]) -> Response {
    let status = ok.status.first().and_then(|it| StatusCode::from_u16(*it).ok()).unwrap_or(usual);
    let mut body = Value::Null;
    if let Some(Place::Json(pointer)) = places.id {
        body = emptied(pointer);
    }
    for (index, hit) in hits.iter().enumerate() {
        if let Some(Place::Json(pointer)) = places.id {
            if let (Some(reference), Some((ad, _))) = (&hit.reference, pointer.rsplit_once('/')) {
                let place =
                    places.reference.map_or_else(|| format!("{ad}/reference"), str::to_owned);
                put(&mut body, &tokens(&place), index, reference.clone().into());
            }
            put(&mut body, &tokens(pointer), index, hit.id.into());
        }
        if let (Some(Place::Json(pointer)), Some(link)) = (places.link, &hit.link) {
            put(&mut body, &tokens(pointer), index, link.clone().into());
        }
    }
    let text = if status == StatusCode::NO_CONTENT { String::new() } else { written(ok, body) };
    let media_type = if serde_json::from_str::<Value>(&text).is_ok() {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    let mut response = (status, Body::from(text)).into_response();
    set(&mut response, "content-type", media_type);
    if let Some(hit) = hits.first() {
        if let Some(Place::Header(name)) = places.id {
            // The last part of a Location's path is the id; every other header is the id.
            let location = hit.link.clone().unwrap_or_else(|| format!("/jobs/{}", hit.id));
            let value =
                if name.eq_ignore_ascii_case("location") { location } else { hit.id.to_string() };
            set(&mut response, name, &value);
        }
        if let (Some(Place::Header(name)), Some(link)) = (places.link, &hit.link) {
            set(&mut response, name, link);
        }
    }
    response
}

/// The body as text, with the words in it that the board's file takes for success.
fn written(ok: &Success, body: Value) -> String {
    let mut body = if body.is_null() { json!({}) } else { body };
    for (pointer, value) in &ok.json {
        put(&mut body, &tokens(pointer), 0, value.clone());
    }
    let Some(wanted) = ok.body.as_deref() else { return body.to_string() };
    // Words such as `"success":true` are a member of the object; others are its message.
    let member = format!("{{{}}}", wanted.trim_matches(['{', '}']));
    let object = body.as_object_mut();
    match (serde_json::from_str::<Value>(&member), object) {
        (Ok(Value::Object(members)), Some(object)) => object.extend(members),
        (_, Some(object)) => {
            object.insert("message".to_owned(), wanted.into());
        }
        _ => {}
    }
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_default();
    [body.to_string(), pretty]
        .into_iter()
        .find(|text| text.contains(wanted))
        .unwrap_or_else(|| wanted.to_owned())
}

/// A place in a JSON value, from the outermost.
fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

fn is_index(token: &str) -> bool {
    !token.is_empty() && token.chars().all(|it| it.is_ascii_digit())
}

/// The shape of a body with nothing in it: the list that the pointer goes through is empty.
fn emptied(pointer: &str) -> Value {
    let tokens = tokens(pointer);
    let Some(list) = tokens.iter().position(|token| is_index(token)) else { return json!({}) };
    let names = tokens.get(..list).unwrap_or_default();
    names.iter().rev().fold(json!([]), |inner, name| json!({ (name.clone()): inner }))
}

/// Puts a value at a place. Objects and lists on the way are made; `hit` takes the place of the
/// first index, so that further hits stand behind the first.
fn put(body: &mut Value, tokens: &[String], hit: usize, value: Value) {
    let Some((token, rest)) = tokens.split_first() else {
        *body = value;
        return;
    };
    if is_index(token) {
        if !body.is_array() {
            *body = json!([]);
        }
        if let Some(list) = body.as_array_mut() {
            while list.len() <= hit {
                list.push(json!({}));
            }
            if let Some(inner) = list.get_mut(hit) {
                put(inner, rest, 0, value);
            }
        }
        return;
    }
    if !body.is_object() {
        *body = json!({});
    }
    // Where the pointer goes through no list, there is room for one hit only.
    if let Some(object) = body.as_object_mut() {
        let inner = object.entry(token.clone()).or_insert(Value::Null);
        if rest.is_empty() && !inner.is_null() && hit > 0 {
            return;
        }
        put(inner, rest, hit, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_stand_where_the_pointer_looks() {
        let mut body = emptied("/data/0/id");
        assert_eq!(body, json!({ "data": [] }));
        put(&mut body, &tokens("/data/0/id"), 0, 7.into());
        put(&mut body, &tokens("/data/0/links/self"), 0, "x".into());
        put(&mut body, &tokens("/data/0/id"), 1, 8.into());
        assert_eq!(body, json!({ "data": [{ "id": 7, "links": { "self": "x" } }, { "id": 8 }] }));
        assert_eq!(body.pointer("/data/0/id"), Some(&json!(7)));
    }

    #[test]
    fn the_words_of_success_are_in_the_body() {
        let ok = Success { body: Some("\"success\": true".to_owned()), ..Success::default() };
        let body = written(&ok, json!({ "id": 7 }));
        assert!(body.contains("\"success\": true"));
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["id"], 7);
    }
}
