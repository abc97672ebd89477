//! Templates: shipped ones, embedded in the binary, and the site's own over them by name.
//!
//! minijinja with what a text that goes out needs: a name that does not exist is an error, a fact
//! that the page does not say cannot be printed by mistake, a template that never ends is stopped,
//! and what is printed is escaped as the ending of the name wants it.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use chrono::{NaiveDate, TimeDelta};
use include_dir::{Dir, include_dir};
use minijinja::value::{Kwargs, Serde, Value, ValueKind, merge_maps};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::ad::{Ad, Recent};
use super::card::{FieldForm, FieldFormat};
use super::fit::{self, Fate};
use super::view::View;
use super::vocabulary::Vocabularies;
use super::{AdaptError, Charset, Form, Occasion, Target, identifier, limits, text};
use crate::diagnostic::suggestion;
use crate::posting::Posting;
use crate::posting::facts::addresses;

/// All templates by name, for example `mastodon/status.txt.j2`.
///
/// The ending before `.j2` says how `{{ x }}` is written: `html`, `xml` and `svg` escape, `json`,
/// `jsonld` and `yaml` print JSON (write `"title": {{ title }}`), `form` encodes, `txt` prints the words.
/// Beside minijinja's own filters there are `optional(rank, shorten=false)`, `shorten` (see
/// [`super::fit`]), `section(heading)` (a part of the ad for a short text), `wrap`, `heading` and
/// `aligned` (72 columns), `lines(columns, most)` (a list, for a picture), `date(format)` and
/// `days(number)` (another day, so many later), `slug` (a name in an address), `cdata` and
/// `identifier(length)`, and the functions `required("field")` and `mapped("vocabulary", "list")` (the
/// posting's words of a closed list, at least one; `terms` holds them all).
#[derive(Debug, Clone)]
pub struct Templates {
    sources: Arc<BTreeMap<String, String>>,
    environment: Arc<Environment<'static>>,
    ads: Arc<Recent>,
    vocabularies: Vocabularies,
}

impl Templates {
    /// The templates in the binary.
    pub fn shipped() -> Self {
        Self::with_overrides(BTreeMap::new())
    }

    /// The shipped templates, and over them those of a site, by name.
    pub fn with_overrides(overrides: BTreeMap<String, String>) -> Self {
        let mut sources = SHIPPED_SOURCES.clone();
        sources.extend(overrides);
        let sources = Arc::new(sources);
        let environment = Arc::new(environment(Arc::clone(&sources)));
        Self { sources, environment, ads: Arc::default(), vocabularies: Vocabularies::default() }
    }

    /// The same, with what a site says stands for the words of closed lists.
    #[must_use]
    pub fn with_vocabularies(self, vocabularies: Vocabularies) -> Self {
        Self { vocabularies, ..self }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }

    /// The text of a template.
    pub fn source(&self, name: &str) -> Option<&str> {
        self.sources.get(name).map(String::as_str)
    }

    /// Compiles a template without rendering it, and looks for names that no posting has.
    ///
    /// # Errors
    /// [`AdaptError::MissingTemplate`] or [`AdaptError::Template`] with the place.
    pub fn check(&self, name: &str) -> Result<(), AdaptError> {
        let template = self.get(name)?;
        no_unknown_names(&template, name, self.source(name).unwrap_or_default())
    }

    /// Renders a template. The text may hold marks for [`super::fit`].
    ///
    /// # Errors
    /// [`AdaptError::MissingTemplate`], [`AdaptError::Template`] with the place, or
    /// [`AdaptError::MissingField`] if the template asks for a field with `required`.
    pub fn render(&self, name: &str, context: Value) -> Result<String, AdaptError> {
        self.get(name)?.render(context).map_err(|error| self.explain(name, &error))
    }

    /// Compiles the template of a card's field, and looks for names that no posting has.
    ///
    /// # Errors
    /// [`AdaptError::Template`] with the place in the field's own text.
    pub fn check_field(&self, field: &FieldForm) -> Result<(), AdaptError> {
        let name = name_of(field);
        let template = self.environment.template_from_named_str(&name, &field.template);
        let template = template.map_err(|error| explain(&name, &field.template, &error))?;
        no_unknown_names(&template, &name, &field.template)
    }

    /// Renders the template of a card's field; `None` if it prints what the page does not say.
    ///
    /// # Errors
    /// [`AdaptError`] as for [`Templates::render`].
    pub(super) fn render_field(
        &self,
        field: &FieldForm,
        context: Value,
    ) -> Result<Option<String>, AdaptError> {
        let name = name_of(field);
        match self.environment.render_named_str(&name, &field.template, context) {
            Ok(words) => Ok(Some(words)),
            Err(error) if is_unsaid(&error) => Ok(None),
            Err(error) => Err(explain(&name, &field.template, &error)),
        }
    }

    /// What a posting's templates for a channel are rendered with.
    pub(super) fn context(
        &self,
        posting: &Posting,
        target: &Target,
        occasion: Occasion,
        charset: Charset,
    ) -> Value {
        let view = View::new(posting, target, occasion, self.ad(posting, charset));
        match target.form {
            Form::Document { .. } | Form::Board { .. } => {
                let terms = Value::from(Serde(self.vocabularies.terms(posting)));
                merge_maps([view.context(charset), minijinja::context! { terms }])
            }
            // Only documents go to who takes no other words.
            Form::Status { .. } | Form::Mail(_) | Form::Card(_) => view.context(charset),
        }
    }

    /// The ad of a posting; the one that was asked for lately, if it is the same.
    pub(super) fn ad(&self, posting: &Posting, charset: Charset) -> Arc<Ad> {
        self.ads.ad(posting, charset)
    }

    /// The same, as a board wants it.
    ///
    /// # Errors
    /// [`AdaptError::Unfit`] if the board does not take what the page says.
    pub(super) fn context_within_limits(
        &self,
        posting: &Posting,
        target: &Target,
        occasion: Occasion,
    ) -> Result<Value, AdaptError> {
        let charset = target.charset();
        let view = View::new(posting, target, occasion, self.ads.ad(posting, charset));
        match &target.form {
            Form::Board { limits, .. } => {
                let terms = Value::from(Serde(self.vocabularies.terms(posting)));
                let within = view.within(limits).map_err(AdaptError::Unfit)?;
                let days = Value::from(limits.dates.as_deref());
                Ok(merge_maps([within, minijinja::context! { terms, written_days => days }]))
            }
            _ => Ok(self.context(posting, target, occasion, charset)),
        }
    }

    /// The name of the template for an occasion: `FOLDER/STEM.OCCASION.EXTENSION.j2` if there is
    /// one; for an occasion of which the announcement speaks as well, that.
    ///
    /// # Errors
    /// [`AdaptError::MissingTemplate`] if there is neither.
    pub fn name_for(
        &self,
        folder: &str,
        stem: &str,
        extension: &str,
        occasion: Occasion,
        as_announced: &[Occasion],
    ) -> Result<String, AdaptError> {
        let announcement = format!("{folder}/{stem}.{extension}.j2");
        if occasion == Occasion::Announce {
            return self.existing(announcement);
        }
        let own = format!("{folder}/{stem}.{occasion}.{extension}.j2");
        if as_announced.contains(&occasion) && !self.sources.contains_key(&own) {
            return self.existing(announcement);
        }
        self.existing(own)
    }

    fn existing(&self, name: String) -> Result<String, AdaptError> {
        if self.sources.contains_key(&name) { Ok(name) } else { Err(self.missing(&name)) }
    }

    fn get(&self, name: &str) -> Result<minijinja::Template<'_, '_>, AdaptError> {
        if !self.sources.contains_key(name) {
            return Err(self.missing(name));
        }
        self.environment.get_template(name).map_err(|error| self.explain(name, &error))
    }

    fn missing(&self, name: &str) -> AdaptError {
        let help = suggestion(name, self.names())
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| Some(format!("write it as `templates/{name}` in the site's folder")));
        AdaptError::MissingTemplate { name: name.to_owned(), help }
    }

    fn explain(&self, asked: &str, error: &Error) -> AdaptError {
        let name = innermost(error).name().or(error.name()).unwrap_or(asked);
        explain(name, self.source(name).unwrap_or_default(), error)
    }
}

impl Default for Templates {
    fn default() -> Self {
        Self::shipped()
    }
}

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

static SHIPPED_SOURCES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut sources = BTreeMap::new();
    collect(&SHIPPED, &mut sources);
    sources
});

/// Instructions after which a template is taken to be endless; the longest shipped one needs a
/// few thousand.
const FUEL: u64 = 1_000_000;

const FUNCTIONS: &[&str] = &[
    "required",
    "mapped",
    "range",
    "dict",
    "namespace",
    "debug",
    "lipsum",
    "cycler",
    "joiner",
    "loop",
];

const FORM: &str = "form";
const XML: &str = "xml";

/// A fact that the template requires and the page does not say.
#[derive(Debug, thiserror::Error)]
#[error("the page does not say `{0}`")]
struct Unsaid(String);

/// A list of which the template requires a word, and nothing on the page stands for one.
#[derive(Debug, thiserror::Error)]
#[error("nothing stands for a word of `{vocabulary}.{list}`")]
struct Unmapped {
    vocabulary: String,
    list: String,
}

/// A fact that a template prints and the page does not say.
#[derive(Debug, thiserror::Error)]
#[error("the page does not say this")]
struct NotSaid;

/// Names that no posting has, in a template whose text is known.
fn no_unknown_names(
    template: &minijinja::Template<'_, '_>,
    name: &str,
    source_text: &str,
) -> Result<(), AdaptError> {
    let Some(known) = names_in(name) else { return Ok(()) };
    let mut unknown: Vec<String> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|used| !known.contains(&used.as_str()) && !FUNCTIONS.contains(&used.as_str()))
        .collect();
    unknown.sort();
    let Some(unknown) = unknown.first() else { return Ok(()) };
    let source_text = source_text.to_owned();
    let span = find_word(&source_text, unknown);
    let line = span.and_then(|(start, _)| {
        source_text.get(..start).map(|before| before.matches('\n').count() + 1)
    });
    let message = unknown_name(unknown, known);
    Err(AdaptError::Template { name: name.to_owned(), source_text, line, span, message })
}

/// The innermost error has the place: an included template's own line.
fn innermost(error: &Error) -> &Error {
    let mut innermost = error;
    while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref::<Error>()) {
        innermost = inner;
    }
    innermost
}

/// Whether a template printed what the page does not say, and asked for nothing with `required`.
fn is_unsaid(error: &Error) -> bool {
    innermost(error).source().is_some_and(|source| source.is::<NotSaid>())
}

/// What a template's error means. `source_text` is the text of the template that it is in.
fn explain(name: &str, source_text: &str, error: &Error) -> AdaptError {
    let innermost = innermost(error);
    if let Some(unsaid) = innermost.source().and_then(|source| source.downcast_ref::<Unsaid>()) {
        return AdaptError::MissingField { field: unsaid.0.clone() };
    }
    let unmapped = innermost.source().and_then(|source| source.downcast_ref::<Unmapped>());
    if let Some(Unmapped { vocabulary, list }) = unmapped {
        return AdaptError::Unmapped { vocabulary: vocabulary.clone(), list: list.clone() };
    }
    let name = name.to_owned();
    let source_text = source_text.to_owned();
    let span = innermost.range().map(|range| (range.start, range.end));
    let words = span.and_then(|(start, end)| source_text.get(start..end)).unwrap_or_default();
    let message = match (innermost.kind(), names_in(&name)) {
        (ErrorKind::UndefinedError, Some(known)) if is_name(words) && !known.contains(&words) => {
            unknown_name(words, known)
        }
        (ErrorKind::OutOfFuel, _) => "it does not come to an end".to_owned(),
        (kind, _) => innermost.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    AdaptError::Template { name, source_text, line: innermost.line(), span, message }
}

/// What a field's template is called; the ending says how its words are written.
fn name_of(field: &FieldForm) -> String {
    let ending = match field.format {
        FieldFormat::Plain => "txt",
        FieldFormat::Html => "html",
    };
    format!("card/{}.{ending}.j2", field.name)
}

fn collect(folder: &Dir<'_>, sources: &mut BTreeMap<String, String>) {
    // The example site, the units of systemd and what the web page is drawn with lie in the same
    // folder.
    let is_template = |name: &str| name.ends_with(".j2") && !name.starts_with("web/");
    for file in folder.files() {
        if let (Some(name), Some(text)) = (file.path().to_str(), file.contents_utf8())
            && is_template(name)
        {
            sources.insert(name.replace('\\', "/"), text.to_owned());
        }
    }
    for inner in folder.dirs() {
        collect(inner, sources);
    }
}

/// The names that a template may use; `None` where somebody else gives them.
fn names_in(template: &str) -> Option<&'static [&'static str]> {
    match template.split('/').next() {
        Some("site") => None,
        _ if super::syndication::TEMPLATES.contains(&template) => None,
        _ if template == super::card::written::PAGE => None,
        _ => Some(View::NAMES),
    }
}

fn unknown_name(word: &str, known: &[&str]) -> String {
    match suggestion(word, known.iter().copied()) {
        Some(near) => format!("no posting has `{word}`; did you mean `{near}`?"),
        None => format!("no posting has `{word}`"),
    }
}

fn is_name(words: &str) -> bool {
    !words.is_empty() && words.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The first place where a word stands by itself.
fn find_word(text: &str, word: &str) -> Option<(usize, usize)> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| (at, at + word.len())).find(|(start, end)| {
        !text[..*start].ends_with(in_word) && !text[*end..].starts_with(in_word)
    })
}

fn environment(sources: Arc<BTreeMap<String, String>>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_loader(move |name| Ok(sources.get(name).cloned()));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    let mut syntax = minijinja::syntax::SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(auto_escape);
    environment.set_formatter(write_value);
    environment.add_filter("optional", optional);
    environment.add_filter("shorten", |value: Value| {
        Ok::<_, Error>(fit::mark(&said(&value)?, Fate::Shorten))
    });
    environment.add_filter("wrap", |value: Value| Ok::<_, Error>(text::wrap(&said(&value)?)));
    environment.add_filter("heading", |value: Value| Ok::<_, Error>(text::heading(&said(&value)?)));
    environment.add_filter("aligned", aligned);
    environment.add_filter("lines", |value: Value, columns: usize, most: usize| {
        Ok::<_, Error>(text::lines(&said(&value)?, columns, most))
    });
    environment.add_filter("date", date);
    environment.add_filter("days", days);
    environment.add_filter("slug", |value: Value| Ok::<_, Error>(text::slug(&said(&value)?)));
    environment.add_filter("shows", |text: Value, places: Value| {
        let text = said(&text)?;
        match places.kind() {
            ValueKind::Seq => places.try_iter()?.try_fold(false, |shown, place| {
                Ok::<_, Error>(shown || shows(&text, &said(&place)?))
            }),
            _ => Ok(shows(&text, &said(&places)?)),
        }
    });
    environment.add_filter("section", |value: Value, heading: &str| {
        Ok::<_, Error>(section(&said(&value)?, heading))
    });
    environment.add_filter("cdata", cdata);
    environment.add_filter("identifier", |value: Value, length: usize| {
        Ok::<_, Error>(identifier::within(&said(&value)?, length))
    });
    environment.add_function("required", required);
    environment.add_function("mapped", mapped);
    environment
}

fn auto_escape(name: &str) -> AutoEscape {
    let name = name.strip_suffix(".j2").unwrap_or(name);
    match name.rsplit('.').next() {
        Some("html") => AutoEscape::Html,
        Some("xml" | "atom" | "svg") => AutoEscape::Custom(XML.into()),
        // A text of JSON is one of YAML 1.2 too.
        Some("json" | "jsonld" | "yaml") => AutoEscape::Json,
        Some("form") => AutoEscape::Custom(FORM.into()),
        _ => AutoEscape::None,
    }
}

fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || (value.is_none() && *state.auto_escape() != AutoEscape::Json) {
        said(value)?;
    }
    let written = |result: std::fmt::Result| {
        result.map_err(|_| Error::new(ErrorKind::WriteFailure, "cannot write"))
    };
    match state.auto_escape() {
        _ if value.is_safe() => written(write!(out, "{value}")),
        AutoEscape::Html => written(escape_markup(out, &value.to_string())),
        AutoEscape::Custom(kind) if kind == XML => {
            let valid: String = value.to_string().chars().filter(|c| is_xml(*c)).collect();
            written(escape_markup(out, &valid))
        }
        AutoEscape::Custom(_) => {
            let encoded: String =
                url::form_urlencoded::byte_serialize(value.to_string().as_bytes()).collect();
            // A plus sign in a template is a plus sign, so a space may not be one.
            written(out.write_str(&encoded.replace('+', "%20")))
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn escape_markup(out: &mut Output, words: &str) -> std::fmt::Result {
    for c in words.chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            '"' => out.write_str("&quot;")?,
            other => out.write_char(other)?,
        }
    }
    Ok(())
}

/// What XML 1.0 allows in a document (its production `Char`).
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The words of a value, or an error if the page does not say it.
fn said(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_none() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "the page does not say this; put `{% if … %}` around it",
        )
        .with_source(NotSaid));
    }
    Ok(value.to_string())
}

/// The day of a fact like `deadline`.
/// A day in another format.
fn date(state: &State, value: Value, format: &str) -> Result<String, Error> {
    limits::day(day(state, &value)?, format)
        .ok_or_else(|| wrong(&format!("`{format}` is no format of a day")))
}

/// So many days later, as days are written.
fn days(state: &State, value: Value, number: i64) -> Result<String, Error> {
    let moved =
        TimeDelta::try_days(number).and_then(|it| day(state, &value).ok()?.checked_add_signed(it));
    let written = moved.and_then(|it| match written_days(state) {
        Some(format) => limits::day(it, &format),
        None => Some(it.to_string()),
    });
    written.ok_or_else(|| wrong(&format!("`{value}` is no day")))
}

/// A day as facts have it: `2027-01-31`, or as the board's `limits.dates` writes it.
fn day(state: &State, value: &Value) -> Result<NaiveDate, Error> {
    let text = said(value)?;
    let written = || NaiveDate::parse_from_str(&text, &written_days(state)?).ok();
    let day = text.parse().ok().or_else(written);
    day.ok_or_else(|| wrong(&format!("`{text}` is no day")))
}

/// How the board's `limits.dates` writes days.
fn written_days(state: &State) -> Option<String> {
    state.lookup("written_days")?.as_str().map(str::to_owned)
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.to_owned())
}

fn optional(value: Value, rank: u8, options: Kwargs) -> Result<String, Error> {
    let shorten: Option<bool> = options.get("shorten")?;
    options.assert_all_used()?;
    let fate = match shorten {
        Some(true) => Fate::ShortenThenDrop { rank },
        _ => Fate::Drop { rank },
    };
    Ok(fit::mark(&said(&value)?, fate))
}

/// A part of the ad with a heading, its points as people write them where there is no markup, set
/// apart from prose. A part that begins with a line for what is below it has its own heading.
fn section(list: &str, heading: &str) -> String {
    let mut written = String::with_capacity(list.len() + heading.len() + 8);
    if !list.lines().next().is_some_and(|first| first.ends_with(':') && !first.starts_with("- ")) {
        written.push_str(heading);
        written.push('\n');
    }
    let mut after_point = false;
    for line in list.lines() {
        let point = line.strip_prefix("- ");
        let is_apart = point.is_some() == after_point || !after_point;
        written.push_str(if is_apart { "" } else { "\n" });
        written.push_str(if point.is_some() { "– " } else { "" });
        written.push_str(point.unwrap_or(line));
        written.push('\n');
        after_point = point.is_some();
    }
    written.truncate(written.trim_end().len());
    written
}

/// Whether a text shows an address (or one of several) of a page or of a mail, also in a disguise or before a full stop.
fn shows(text: &str, place: &str) -> bool {
    let ends = |rest: &str| {
        let next =
            rest.trim_start_matches(['.', ',', ';', ')', '>', ']', '!', '?', '/']).chars().next();
        next.is_none_or(char::is_whitespace)
    };
    let mut found = text.match_indices(place);
    found.any(|(at, _)| ends(text.get(at + place.len()..).unwrap_or_default()))
        || addresses::in_text(text).iter().any(|(_, address)| address == place)
}

/// A list of facts (`label`, `value`) as lines with the values below each other.
fn aligned(facts: Value, colon: Option<&str>) -> Result<String, Error> {
    let mut pairs = Vec::new();
    for fact in facts.try_iter()? {
        pairs.push((said(&fact.get_attr("label")?)?, said(&fact.get_attr("value")?)?));
    }
    Ok(text::aligned(&pairs, colon.unwrap_or(":")))
}

/// A section that XML takes as it is. Its end can stand in no section, so it is split there.
fn cdata(value: Value) -> Result<Value, Error> {
    let words: String = said(&value)?.chars().filter(|c| is_xml(*c)).collect();
    let split = words.replace("]]>", "]]]]><![CDATA[>");
    Ok(Value::from_safe_string(format!("<![CDATA[{split}]]>")))
}

fn mapped(state: &State, vocabulary: &str, list: &str) -> Result<Value, Error> {
    let terms = match state.lookup("terms") {
        Some(terms) => terms.get_attr(vocabulary)?.get_attr(list)?,
        None => Value::UNDEFINED,
    };
    if terms.is_undefined() {
        let why = format!("there is no list `{vocabulary}.{list}`");
        return Err(Error::new(ErrorKind::UndefinedError, why));
    }
    if terms.len() == Some(0) {
        let unmapped = Unmapped { vocabulary: vocabulary.to_owned(), list: list.to_owned() };
        return Err(Error::new(ErrorKind::InvalidOperation, "mapped").with_source(unmapped));
    }
    Ok(terms)
}

fn required(state: &State, field: &str) -> Result<Value, Error> {
    match state.lookup(field) {
        Some(value) if value.as_str().is_some_and(|words| !words.trim().is_empty()) => Ok(value),
        Some(value) if value.is_none() || value.as_str().is_some() => {
            Err(Error::new(ErrorKind::InvalidOperation, "required")
                .with_source(Unsaid(field.to_owned())))
        }
        Some(value) if !value.is_undefined() => Ok(value),
        _ => Err(Error::new(ErrorKind::UndefinedError, unknown_name(field, View::NAMES))),
    }
}
