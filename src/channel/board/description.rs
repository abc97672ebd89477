//! A board as its file describes it: the `[board]` table.

mod account;
mod pointer;
mod several;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::adapt::DocumentType;
use crate::adapt::limits::Limits;
use crate::channel::known::Known;
use crate::channel::secret::SecretRef;
use crate::schedule::length::Length;
pub use account::{Auth, ClientSecretIn};

/// The `[board]` table of a channel's file: the board's description, usually from a preset in
/// `channels/boards/`, and the account.
///
/// Placeholders in addresses, headers, bodies and templates: `{base}`; `{id}`, the board's id of the
/// copy; `{link}`, its public link; `{reference}`, our number (the posting's id); `{slug}`, the same as
/// a name in an address (lower-case letters, digits, hyphens); `{key}`, the delivery's
/// key (a UUID); `{page}`, the page of a search; `{at:FORMAT}`, the time of the request in UTC as
/// `strftime` writes it; `{verb:NEW,CHANGED,GONE}`, one of three words by what the request does; both
/// also in a document of XML that a template makes; `{values.NAME}`, one of the channel's own
/// `[values]`. In bodies also `{document/POINTER}`, a part of the document that the template makes, if
/// that is JSON. `{session.NAME}` is a value of the board's `session`, and `{secret}` in a header or a
/// body is the credential (`auth` of the type `body`); both are filled in only as the request goes
/// out. In addresses all are percent-encoded.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Stands for `{base}` in the addresses below.
    pub base: Url,
    /// How sure it is that the board is as described here.
    pub known: Option<Known>,
    /// Where that was learnt: the address of the board's documentation.
    pub docs: Option<String>,
    #[serde(default)]
    pub auth: Auth,
    /// A file (PEM) with the certificate that shows who we are, those between it and its
    /// authority, and its private key. From PKCS#12: `openssl pkcs12 -in FILE -nodes`.
    pub client_certificate: Option<SecretRef>,
    /// A file (PEM) with an authority that is trusted beside those that the machine trusts.
    pub ca: Option<PathBuf>,
    /// The format of the template that makes the body (`document.json.j2` and so on).
    pub format: DocumentType,
    /// The `Content-Type` of bodies in this format, where it is not the usual one.
    pub content_type: Option<String>,
    /// Headers for every request, with placeholders.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What is asked before each request, one after the other: the page of a form with its token
    /// against forgery, or a login. The cookies that come with the answers go along with all that
    /// follows.
    #[serde(default)]
    pub session: Vec<Visit>,
    /// What the board takes, and what happens beyond that.
    #[serde(default)]
    pub limits: Limits,
    /// What the board's own words for the state of a copy mean. With it, a copy is live only once
    /// the board says so.
    pub states: Option<States>,
    /// Looks for our reference before anything is created. Required, unless the board takes the
    /// same reference for the same copy (`create.repeat = "replaces"`): a board that cannot be
    /// asked after a lost answer could get the same posting twice.
    pub find: Option<Find>,
    pub create: Request,
    /// What makes visible what `create` only stored, where a board wants a second request for that,
    /// or several, one after the other (`[[board.publish]]`); `{id}` is what `create` returned. Each
    /// is made again after a lost answer, so it has to be harmless a second time.
    #[serde(default, deserialize_with = "self::several::one_or_more")]
    #[schemars(with = "several::OneOrMore")]
    pub publish: Vec<Request>,
    /// Changes the copy.
    pub update: Option<Request>,
    /// Takes the copy back. That there is none any more (404, 410) is success.
    pub withdraw: Option<Request>,
    /// How the board says what it has. Without it, the page behind the public link is looked at.
    pub verify: Option<Verify>,
    /// Where a board says later what became of an upload.
    pub poll: Option<Poll>,
    /// The channel's own `[values]`, which stand beside this table.
    #[serde(skip)]
    pub values: BTreeMap<String, String>,
}

/// Something that is asked before a request, for what the request then needs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    #[serde(default = "get")]
    pub method: String,
    /// On the board's own server.
    pub url: String,
    /// Headers of this request, beside those of every request or in their place.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<Body>,
    #[serde(default)]
    pub ok: Success,
    /// What is read of the answer: the name in `{session.NAME}`, and where it stands.
    #[serde(default)]
    pub values: BTreeMap<String, Place>,
}

fn get() -> String {
    "GET".to_owned()
}

/// A request and how its answer is read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// For example `POST`.
    pub method: String,
    /// For example `{base}/jobs/{id}`.
    pub url: String,
    /// Headers of this request, beside those of every request or in their place.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What is sent. Default: the document that the template makes, of a withdrawal nothing.
    pub body: Option<Body>,
    /// What counts as success.
    #[serde(default)]
    pub ok: Success,
    /// What says that the copy is not there any more, beside 404 and 410: an answer to `update` or
    /// `withdraw` with 200 and such words, or a SOAP fault. To a withdrawal that is success.
    pub gone: Option<Success>,
    /// Where the board's id stands in the answer.
    pub id: Option<Place>,
    /// Where the public link stands in the answer.
    pub link: Option<Place>,
    /// Where the state of the copy stands in the answer (see `states`).
    pub state: Option<Place>,
    /// What a second request with the same reference does. Only of `create`.
    #[serde(default)]
    pub repeat: Repeat,
}

/// What a board makes of a second request to create the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// A second copy.
    #[default]
    Doubles,
    /// The first copy anew, under the same id: our reference is the board's key.
    Replaces,
}

/// What is sent as the body of a request.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// Nothing.
    None,
    /// The document that the template makes.
    Document,
    /// This as JSON, placeholders filled in. A text that is `{document}`, or `{document/POINTER}`
    /// with a JSON pointer, stands for the document or that part of it; a member whose part the
    /// document does not have is left out.
    Json(Value),
    /// These fields, form-encoded, placeholders filled in; `{document}` and `{document/POINTER}` as
    /// for JSON: a field whose part the document does not have is left out.
    Form(BTreeMap<String, String>),
    /// This as XML, placeholders filled in, each escaped. A part that the document does not have is
    /// empty.
    Xml(String),
    /// The document as a file, in the form of a browser's upload (RFC 7578).
    Upload(Upload),
}

/// A document that is uploaded as a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// The name of the form's field.
    pub field: String,
    /// The file's name, with placeholders.
    pub file_name: String,
    /// What is in the file, where that is not the document: text or XML, in which placeholders are
    /// escaped.
    pub content: Option<String>,
    /// The file's own media type; default: that of the format.
    pub content_type: Option<String>,
    /// Other fields of the form, with placeholders.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// A request that looks for our reference.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    pub method: String,
    /// With `{reference}` in it, or with `items`: then every copy is looked at.
    pub url: String,
    /// Headers of this request, beside those of every request or in their place.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<Body>,
    #[serde(default)]
    pub ok: Success,
    /// The list of copies: a JSON pointer, or the element of a page or of XML that each of them is
    /// (`{ html = { select = "job" } }`). With it, `reference` and the places below count within
    /// each of them; without it, the first hit counts.
    #[serde(default, deserialize_with = "self::pointer::or_place")]
    #[schemars(with = "Option<pointer::PointerOrPlace>")]
    pub items: Option<Place>,
    /// Where our reference stands in a copy: a JSON pointer, or a place. Without it the copy carries
    /// our reference somewhere.
    #[serde(default, deserialize_with = "self::pointer::or_place")]
    #[schemars(with = "Option<pointer::PointerOrPlace>")]
    pub reference: Option<Place>,
    /// What says that there is no such copy, for example `{ status = [404] }` or
    /// `{ body = "No vacancies" }`. With it, nothing else says so; a page that is no JSON needs it, or
    /// `ok.body`: what stands there if nothing else does. Else a login page would mean that there is
    /// none.
    pub none: Option<Success>,
    pub id: Place,
    pub link: Option<Place>,
    pub state: Option<Place>,
    /// Where the answer comes in pages.
    pub pages: Option<Pages>,
}

/// How a search goes on from page to page, until a page is empty or names no next one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The number of the first page, for `{page}`.
    #[serde(default)]
    pub first: u32,
    /// Where the address of the next page stands, where there is no `{page}` in the address. Of the
    /// header `Link` (RFC 8288) it is the one with `rel="next"`. With `{page}` in the address it is
    /// where the mark of the next page stands (a cursor); of the first page that is empty.
    pub next: Option<Place>,
    /// After so many pages a person is asked.
    #[serde(default = "most_pages")]
    pub most: u32,
}

fn most_pages() -> u32 {
    50
}

/// Asks the board what it has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    pub method: String,
    /// With `{id}` or `{link}` here or in the body.
    pub url: String,
    /// Headers of this request, beside those of every request or in their place.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<Body>,
    #[serde(default)]
    pub ok: Success,
    /// What says that the copy is not there any more, beside 404 and 410.
    pub gone: Option<Success>,
    pub state: Option<Place>,
    /// What has to be as it was sent: a JSON pointer into what was sent, and where the same stands in
    /// the answer: a JSON pointer, or a place.
    #[serde(default, deserialize_with = "self::pointer::or_places")]
    #[schemars(with = "BTreeMap<String, pointer::PointerOrPlace>")]
    pub same: BTreeMap<String, Place>,
}

/// Asks what became of an upload.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// Not earlier than so long after the upload, for example `"10m"`.
    pub after: Option<Length>,
    pub method: String,
    /// With `{id}` here or in the body it is asked for what `create` returned as its id: a ticket,
    /// perhaps.
    pub url: String,
    /// Headers of this request, beside those of every request or in their place.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<Body>,
    /// A regular expression over the name of the uploaded file: its first group is `{file}`.
    /// Default: the whole name.
    pub file: Option<String>,
    /// Where the address of the result stands in the answer, which may hold the results of other
    /// uploads too: write `{file}` in it. Without it the answer is the result.
    pub result: Option<Place>,
    /// What counts as success in the result.
    #[serde(default)]
    pub ok: Success,
    /// Where the result says how far it is (see `states`).
    pub state: Option<Place>,
    /// Where the result says what was wrong.
    pub error: Option<Place>,
    /// Where the result says the board's id of the copy, if `create` did not.
    pub id: Option<Place>,
    pub link: Option<Place>,
}

/// What the board's words for the state of a copy mean; capitals do not count. Any other word means
/// that readers see it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct States {
    /// It waits for somebody at the board.
    #[serde(default)]
    pub pending: Vec<String>,
    /// The board does not want it.
    #[serde(default)]
    pub refused: Vec<String>,
    /// It was taken back, or has ended: it is none any more.
    #[serde(default)]
    pub withdrawn: Vec<String>,
    /// A person is asked about what waits for longer; default: two weeks.
    pub patience: Option<Length>,
}

/// Success by status **and** body: boards answer 200 with an error text.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Success {
    /// Default: 200 to 299.
    #[serde(default)]
    pub status: Vec<u16>,
    /// Text that must stand in the body.
    pub body: Option<String>,
    /// Text that says that it is an error.
    pub body_not: Option<String>,
    /// JSON pointers, and the values that must stand there.
    #[serde(default)]
    pub json: BTreeMap<String, Value>,
    /// JSON pointers, and the values there that say that it is an error.
    #[serde(default)]
    pub json_not: BTreeMap<String, Value>,
}

/// Where a value stands in an answer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// JSON pointer (RFC 6901), for example `/data/id`.
    Json(String),
    /// A header's name; for `Location` the last part of the path is the id.
    Header(String),
    /// A regular expression over the body; its first group is the value. Placeholders are filled in.
    Regex(String),
    /// An element of the page, or of XML.
    #[serde(alias = "xml")]
    Html(Element),
    /// Made of other values, for example `{base}/jobs/{id}`.
    Template(String),
    /// JSON pointer into what was sent. Only where the request itself is answered.
    Sent(String),
    /// A person says it: `handbill record DELIVERY LINK`. Only of a link.
    Manual,
}

/// An element of a page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// CSS, as far as names, `#id`, `.class`, `[attribute]`, `[attribute="value"]` and descendants
    /// go: `div.job a[rel="bookmark"]`. The first element counts. In XML a name counts with any
    /// prefix.
    pub select: String,
    /// The attribute that holds the value. Default: of a link the element's `href`, else its text.
    pub attribute: Option<String>,
}

impl Config {
    /// The credentials that it uses, each under the name of its key.
    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let mut secrets = match &mut self.auth {
            Auth::None => Vec::new(),
            Auth::Basic { password, .. } => vec![("password", password)],
            Auth::Bearer { token } => vec![("token", token)],
            Auth::Header { value, .. } | Auth::Query { value, .. } | Auth::Body { value } => {
                vec![("value", value)]
            }
            Auth::ClientCredentials { client_secret, .. } => vec![("client_secret", client_secret)],
            Auth::ServiceAccount { key, .. } => vec![("key", key)],
        };
        secrets.extend(self.client_certificate.as_mut().map(|it| ("client_certificate", it)));
        secrets
    }

    /// The headers of answers in which the board says something, for example an id. What a session
    /// gives is not among them: that is nobody's to see.
    pub fn headers_read(&self) -> Vec<&str> {
        let requests = [Some(&self.create), self.update.as_ref(), self.withdraw.as_ref()];
        let requests = requests.into_iter().flatten().chain(&self.publish);
        let of_requests = requests.flat_map(|it| [&it.id, &it.link, &it.state]).flatten();
        let of_find = self.find.iter().flat_map(|it| {
            let next = it.pages.as_ref().and_then(|pages| pages.next.as_ref());
            [Some(&it.id), it.link.as_ref(), it.state.as_ref(), it.reference.as_ref(), next]
        });
        let polls = self.poll.iter();
        let of_poll = polls.flat_map(|it| [&it.result, &it.state, &it.error, &it.id, &it.link]);
        let of_verify = self.verify.iter().flat_map(|it| it.state.iter().chain(it.same.values()));
        let places = of_requests.chain(of_find.flatten()).chain(of_poll.flatten()).chain(of_verify);
        places
            .filter_map(|place| match place {
                Place::Header(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether a copy may stand with the board for a while before readers see it.
    pub fn is_seen_later(&self) -> bool {
        self.states.is_some() || self.poll.is_some() || self.create.link == Some(Place::Manual)
    }
}

impl Poll {
    /// Whether it is asked for what `create` returned.
    pub(super) fn names_id(&self) -> bool {
        asks_with("{id}", &self.url, self.body.as_ref())
    }
}

impl Verify {
    /// Whether it asks for one copy.
    pub(super) fn names_copy(&self) -> bool {
        ["{id}", "{link}"].iter().any(|it| asks_with(it, &self.url, self.body.as_ref()))
    }
}

/// Whether a placeholder stands in an address or in what is sent to it.
fn asks_with(placeholder: &str, url: &str, body: Option<&Body>) -> bool {
    url.contains(placeholder) || body.is_some_and(|body| body.says(placeholder))
}

impl Request {
    /// Whether it can be made only for a copy whose id on the board is known.
    pub fn names_id(&self) -> bool {
        asks_with("{id}", &self.url, self.body.as_ref())
    }
}

impl Body {
    /// Whether a text stands in it.
    pub(super) fn says(&self, text: &str) -> bool {
        self.texts().iter().any(|it| it.contains(text))
    }

    /// The texts in which placeholders may stand.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::None | Self::Document => Vec::new(),
            Self::Json(value) => texts_of(value),
            Self::Form(fields) => fields.values().map(String::as_str).collect(),
            Self::Xml(text) => vec![text],
            Self::Upload(upload) => {
                let fields = upload.fields.values().map(String::as_str);
                fields.chain([upload.file_name.as_str()]).chain(upload.content.as_deref()).collect()
            }
        }
    }
}

fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(members) => members.values().flat_map(texts_of).collect(),
        _ => Vec::new(),
    }
}
