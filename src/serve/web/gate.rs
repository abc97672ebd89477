//! What a request has to pass before any page sees it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use url::{Origin, Url};

use super::Web;
use super::people::Who;
use super::refusal::Refusal;
use crate::site::serve::Listen;
use crate::site::web::{Reading, WebRules, is_this_machine};

/// Who asks, and what for.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub who: Option<Who>,
    pub may_read: bool,
    pub address: IpAddr,
    /// The address of the page that is asked for, to come back to it.
    pub at: String,
}

/// What everybody may see, to be able to log in.
const ALWAYS: [&str; 3] = ["/login", "/style.css", "/icon.svg"];

pub(super) async fn pass(
    web: Web,
    at: SocketAddr,
    peer: SocketAddr,
    mut asked: Request,
    next: Next,
) -> Response {
    let setup = web.setup();
    let rules = &setup.site.web;
    let now = web.0.status.clock().now();
    let address = peer.ip().to_canonical();
    let who = web.0.logins.who(asked.headers(), address, rules, now);
    let visitor = Visitor {
        may_read: who.is_some() || rules.reading == Reading::Anyone,
        who,
        address,
        at: asked.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned(),
    };
    match admit(rules, at, &asked) {
        Ok(()) => {}
        Err(refusal @ Refusal::ForeignOrigin) => {
            let stranger = Visitor { who: None, may_read: false, ..visitor };
            return web.refuse(&stranger, &refusal);
        }
        // Who reached us by a name that is not ours is shown nothing of the site, not even its name.
        Err(refusal) => return (refusal.status(), format!("{refusal}\n")).into_response(),
    }
    if !visitor.may_read && !ALWAYS.contains(&asked.uri().path()) {
        if !asked.method().is_safe() {
            return web.refuse(&visitor, &Refusal::NotLoggedIn);
        }
        let to = crate::web::link::asking("/login", &[("to", &visitor.at)]);
        return Redirect::to(&to).into_response();
    }
    asked.extensions_mut().insert(visitor);
    next.run(asked).await
}

fn admit(rules: &WebRules, at: SocketAddr, asked: &Request) -> Result<(), Refusal> {
    if !rules.is_shown(Listen::At(at)) {
        return Err(Refusal::NotShown);
    }
    let host = said(asked.headers(), header::HOST);
    let ours = host.and_then(|host| own_origin(host, rules)).ok_or(Refusal::OtherHost)?;
    if !asked.method().is_safe() && !is_from(&ours, asked.headers()) {
        return Err(Refusal::ForeignOrigin);
    }
    Ok(())
}

/// Our own origin under the name by which somebody has reached us; `None` if it is no name of ours.
/// A page elsewhere can have a name of its own lead to this machine, and would be let in otherwise
/// (DNS rebinding).
fn own_origin(host: &str, rules: &WebRules) -> Option<Origin> {
    let named = |scheme: &str| Url::parse(&format!("{scheme}://{host}/")).ok();
    if let Some(public) = &rules.public_url
        && named(public.scheme())?.origin() == public.origin()
    {
        return Some(public.origin());
    }
    let direct = named("http")?;
    is_this_machine(&direct.host()?).then(|| direct.origin())
}

/// Whether a form was sent from our own pages. Every browser says where a form comes from in
/// `Origin`, and most in `Sec-Fetch-Site` too; who says neither is no browser, and can say it.
fn is_from(ours: &Origin, headers: &HeaderMap) -> bool {
    let site = said(headers, HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin") {
        return false;
    }
    let origin = said(headers, header::ORIGIN).and_then(|it| Url::parse(it).ok());
    origin.is_some_and(|it| it.origin() == *ours)
}

fn said(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        // Twice is never: one of them could be somebody else's.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(public: &str) -> WebRules {
        WebRules { public_url: Url::parse(public).ok(), ..WebRules::default() }
    }

    fn origin(host: &str) -> Option<String> {
        own_origin(host, &rules("https://jobs.tides.example/")).map(|it| it.ascii_serialization())
    }

    #[test]
    fn only_this_machine_and_the_public_name_are_ours() {
        assert_eq!(origin("jobs.tides.example").as_deref(), Some("https://jobs.tides.example"));
        assert_eq!(origin("127.0.0.1:8420").as_deref(), Some("http://127.0.0.1:8420"));
        assert_eq!(origin("localhost:8420").as_deref(), Some("http://localhost:8420"));
        assert_eq!(origin("[::1]:8420").as_deref(), Some("http://[::1]:8420"));
        for other in ["jobs.tides.example:8420", "evil.example", "127.0.0.1.evil.example", "", "a@"]
        {
            assert_eq!(origin(other), None, "{other}");
        }
    }

    #[test]
    fn a_form_comes_from_our_own_pages() {
        let ours = own_origin("localhost:8420", &WebRules::default()).unwrap();
        let comes = |origin: Option<&str>, site: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            is_from(&ours, &headers)
        };
        assert!(comes(Some("http://localhost:8420"), Some("same-origin")));
        assert!(comes(Some("http://localhost:8420"), None));
        assert!(!comes(Some("http://localhost:8420"), Some("same-site")));
        assert!(!comes(Some("http://localhost:8421"), Some("same-origin")));
        assert!(!comes(Some("null"), Some("same-origin")));
        assert!(!comes(None, Some("same-origin")));
        assert!(!comes(None, None));
    }
}
