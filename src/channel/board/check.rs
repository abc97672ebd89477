//! Whether a board's description can work, before anything is sent.

use std::collections::BTreeMap;

use regex::Regex;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::description::{Auth, Body, Config, Place, Repeat, Request};
use super::filling::{self, Values};
use super::selector::Selector;

/// A key of the file and what is wrong there.
pub(super) type Fault = (&'static str, String);

impl Config {
    /// # Errors
    /// The first thing that cannot work, with its key.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if !matches!(self.base.scheme(), "http" | "https") || self.base.host().is_none() {
            let why = format!(
                "`{}` is no web address; write it like `https://jobs.example/api`",
                self.base
            );
            return Err(("board.base", why));
        }
        self.check_find()?;
        let requests = [
            ("board.create", Some(&self.create)),
            ("board.update", self.update.as_ref()),
            ("board.withdraw", self.withdraw.as_ref()),
        ];
        for (key, request) in requests {
            let Some(request) = request else { continue };
            self.check_request(request).map_err(|why| (key, why))?;
        }
        for request in &self.publish {
            self.check_request(request).map_err(|why| ("board.publish", why))?;
        }
        self.check_later()?;
        self.check_session()?;
        self.check_headers(&self.headers).map_err(|why| ("board.headers", why))?;
        match &self.auth {
            Auth::Header { name, .. } if HeaderName::try_from(name).is_err() => {
                Err(("board.auth", format!("`{name}` is no name of a header")))
            }
            _ => self.limits.check(),
        }
    }

    fn check_find(&self) -> Result<(), Fault> {
        let wrong = |why: String| ("board.find", why);
        let Some(find) = &self.find else {
            if self.create.repeat == Repeat::Replaces {
                return Ok(());
            }
            let why = "it is missing: a board that cannot be asked for our reference could be \
                       given the same posting twice; describe how it is asked, or use the kind \
                       `manual`";
            return Err(wrong(why.to_owned()));
        };
        self.check_address(&find.method, &find.url).map_err(wrong)?;
        self.check_headers(&find.headers).map_err(wrong)?;
        let asks = |text: &str| {
            find.url.contains(text) || find.body.as_ref().is_some_and(|body| body.says(text))
        };
        let asks_for_ours = asks("{reference}") || asks("{slug}");
        if asks("{id}") || asks("{link}") || (find.items.is_none() && !asks_for_ours) {
            let why =
                format!("`{}` does not ask for our number; write `{{reference}}` in it", find.url);
            return Err(wrong(why));
        }
        if let Some(body) = &find.body {
            self.check_body(body).map_err(wrong)?;
        }
        let places = [Some(&find.id), find.link.as_ref(), find.state.as_ref()];
        let lists = [find.items.as_ref(), find.reference.as_ref()];
        for place in places.into_iter().chain(lists).flatten() {
            self.check_place(place).map_err(wrong)?;
        }
        if find.id == Place::Manual {
            return Err(wrong("a person cannot say the id; take it from the answer".to_owned()));
        }
        if !matches!(find.items, None | Some(Place::Json(_) | Place::Html(_))) {
            let why = "`items` is a JSON pointer, or an element: `{ html = { select = \"job\" } }`";
            return Err(wrong(why.to_owned()));
        }
        if !find.needs_json() && !find.names_one_copy() && !find.says_what_none_is() {
            let why = "nothing says that there is no such copy, so a login page would: write \
                       `none = { body = \"…\" }` with what stands there if nothing was found, or \
                       `ok = { body = \"…\" }` with what stands in every answer";
            return Err(wrong(why.to_owned()));
        }
        let pages = find.pages.as_ref();
        match pages.map(|pages| (find.url.contains("{page}"), &pages.next)) {
            Some((false, None)) => {
                let why = "`pages` needs `{page}` in the address, or `next`: where the address of \
                           the next page stands";
                Err(wrong(why.to_owned()))
            }
            Some((_, Some(next))) => self.check_place(next).map_err(wrong),
            Some(_) if find.url.contains("{page}") && find.items.is_none() => {
                let why = "`{page}` needs `items`: where the list of copies stands, so that the end of \
                           it is seen";
                Err(wrong(why.to_owned()))
            }
            None if find.url.contains("{page}") => {
                Err(wrong("`{page}` needs `pages`; write `pages = { first = 1 }`".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// What is asked later: the state of a copy, the result of an upload.
    fn check_later(&self) -> Result<(), Fault> {
        if let Some(verify) = &self.verify {
            let wrong = |why| ("board.verify", why);
            self.check_address(&verify.method, &verify.url).map_err(wrong)?;
            self.check_asked(&verify.headers, verify.body.as_ref()).map_err(wrong)?;
            if !verify.names_copy() {
                let why = "it asks for no copy; write `{id}` or `{link}` in its address or body";
                return Err(wrong(why.to_owned()));
            }
            for place in verify.state.iter().chain(verify.same.values()) {
                self.check_place(place).map_err(wrong)?;
            }
            verify.same.keys().try_for_each(|sent| check_pointer(sent)).map_err(wrong)?;
        }
        if let Some(poll) = &self.poll {
            let wrong = |why| ("board.poll", why);
            self.check_address(&poll.method, &poll.url).map_err(wrong)?;
            self.check_asked(&poll.headers, poll.body.as_ref()).map_err(wrong)?;
            let places = [&poll.result, &poll.error, &poll.state, &poll.id, &poll.link];
            for place in places.into_iter().flatten() {
                self.check_place(place).map_err(wrong)?;
            }
            if poll.id == Some(Place::Manual) {
                return Err(wrong("only a link can come from a person".to_owned()));
            }
            if poll.names_id() && self.create.id.is_none() {
                let why = "`{id}` is what `create` returned: write there where it stands, like \
                           `id = { header = \"Location\" }`";
                return Err(wrong(why.to_owned()));
            }
            if let Some(pattern) = &poll.file {
                check_pattern(pattern).map_err(wrong)?;
            }
        }
        let is_said = |place: Option<&Place>| place.is_some();
        let states = [
            self.create.state.as_ref(),
            self.find.as_ref().and_then(|it| it.state.as_ref()),
            self.verify.as_ref().and_then(|it| it.state.as_ref()),
            self.poll.as_ref().and_then(|it| it.state.as_ref()),
        ];
        if self.states.is_some() && !states.into_iter().any(is_said) {
            let why = "no answer says a state; write `state = { json = \"…\" }` in `find`";
            return Err(("board.states", why.to_owned()));
        }
        Ok(())
    }

    /// What is asked before each request: on the board's own server, in an order that works.
    fn check_session(&self) -> Result<(), Fault> {
        let mut given: Vec<&str> = Vec::new();
        for visit in &self.session {
            let wrong = |why| ("board.session", why);
            self.check_address(&visit.method, &visit.url).map_err(wrong)?;
            let example = Values { id: Some("1"), ..Values::of(self) }.address(&visit.url);
            let address = example.and_then(|it| Url::parse(&it).ok());
            if address.is_none_or(|it| it.origin() != self.base.origin()) {
                let why = format!(
                    "`{}` is not on the board's own server, whose cookies these are; begin it with \
                     `{{base}}/`",
                    visit.url
                );
                return Err(wrong(why));
            }
            let body = visit.body.as_ref();
            self.check_asked(&visit.headers, body).map_err(wrong)?;
            let texts = body.map(Body::texts).unwrap_or_default();
            let headers = visit.headers.values().map(String::as_str);
            for text in texts.into_iter().chain(headers).chain([visit.url.as_str()]) {
                let needs = filling::needs_of_session(text);
                if let Some(name) = needs.into_iter().find(|it| !given.contains(it)) {
                    let why = format!(
                        "`{{session.{name}}}` is not known when {} is asked; name a `[[board.session]]` \
                         before it that gives it",
                        visit.url
                    );
                    return Err(wrong(why));
                }
            }
            for (name, place) in &visit.values {
                if *place == Place::Manual {
                    return Err(wrong(format!("`{name}`: only a link can come from a person")));
                }
                self.check_place(place).map_err(wrong)?;
                given.push(name);
            }
        }
        Ok(())
    }

    fn check_headers(&self, headers: &BTreeMap<String, String>) -> Result<(), String> {
        for (name, template) in headers {
            filling::check(template, self)?;
            if HeaderName::try_from(name).is_err() || HeaderValue::from_str(template).is_err() {
                return Err(format!("`{name}` with this value is no header"));
            }
        }
        Ok(())
    }

    fn check_request(&self, request: &Request) -> Result<(), String> {
        self.check_address(&request.method, &request.url)?;
        self.check_headers(&request.headers)?;
        if let Some(body) = &request.body {
            self.check_body(body)?;
        }
        if request.id == Some(Place::Manual) || request.state == Some(Place::Manual) {
            return Err("only a link can come from a person".to_owned());
        }
        let places = [&request.id, &request.link, &request.state];
        places.into_iter().flatten().try_for_each(|place| self.check_place(place))
    }

    /// What goes along with a request that only reads.
    fn check_asked(
        &self,
        headers: &BTreeMap<String, String>,
        body: Option<&Body>,
    ) -> Result<(), String> {
        self.check_headers(headers)?;
        body.map_or(Ok(()), |body| self.check_body(body))
    }

    fn check_body(&self, body: &Body) -> Result<(), String> {
        body.texts().into_iter().try_for_each(|text| filling::check(text, self))
    }

    fn check_address(&self, method: &str, template: &str) -> Result<(), String> {
        method.parse::<reqwest::Method>().map_err(|_| format!("`{method}` is no HTTP method"))?;
        filling::check(template, self)?;
        let link = "https://board.invalid/1";
        let example = Values {
            id: Some("1"),
            link: Some(link),
            reference: Some("1"),
            key: Some("1"),
            page: Some(1),
            file: Some("1"),
            at: Some(chrono::DateTime::UNIX_EPOCH),
            ..Values::of(self)
        };
        let address = example.address(template).unwrap_or_default();
        match Url::parse(&address) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
            _ => Err(format!("`{template}` makes no web address; begin it with `{{base}}/`")),
        }
    }

    fn check_place(&self, place: &Place) -> Result<(), String> {
        match place {
            Place::Json(pointer) | Place::Sent(pointer) => check_pointer(pointer),
            Place::Header(name) if HeaderName::try_from(name).is_err() => {
                Err(format!("`{name}` is no name of a header"))
            }
            Place::Header(_) | Place::Manual => Ok(()),
            Place::Regex(pattern) => {
                filling::check(pattern, self)?;
                let any = Values {
                    id: Some("1"),
                    link: Some("1"),
                    reference: Some("1"),
                    key: Some("1"),
                    file: Some("1"),
                    at: Some(chrono::DateTime::UNIX_EPOCH),
                    ..Values::of(self)
                };
                check_pattern(&any.pattern(pattern).unwrap_or_else(|| pattern.clone()))
            }
            Place::Html(element) => Selector::parse(&element.select).map(drop),
            Place::Template(template) => filling::check(template, self),
        }
    }
}

fn check_pointer(pointer: &str) -> Result<(), String> {
    if pointer.is_empty() || pointer.starts_with('/') {
        return Ok(());
    }
    Err(format!("`{pointer}` is no JSON pointer; it begins with `/`, like `/data/id`"))
}

fn check_pattern(pattern: &str) -> Result<(), String> {
    Regex::new(pattern).map(drop).map_err(|error| {
        let last = error.to_string();
        let why = last.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("`{pattern}` is no regular expression: {why}")
    })
}
