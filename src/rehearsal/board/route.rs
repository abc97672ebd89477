//! A board's request templates as routes: which request is which, and what stood in `{…}`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use regex::Regex;
use url::Url;

use crate::channel::board::Body;

/// One address template, for example `GET {base}/jobs?reference={reference}`.
#[derive(Debug)]
pub(super) struct Route {
    method: String,
    /// What the file itself says in the body, by which requests to one address are told apart.
    says: Vec<String>,
    path: Regex,
    query: Vec<(String, Regex)>,
}

/// What stood in the placeholders, decoded.
pub(super) type Placeholders = BTreeMap<String, String>;

impl Route {
    pub(super) fn new(method: &str, template: &str, base: &Url) -> Result<Self, regex::Error> {
        let address = path_and_query(template, base);
        let (path, query) = address.split_once('?').unwrap_or((&address, ""));
        let query = url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| Ok((name.into_owned(), pattern(&value, ".+")?)))
            .collect::<Result<_, regex::Error>>()?;
        let path = pattern(path, "[^/]+")?;
        Ok(Self { method: method.to_owned(), says: Vec::new(), path, query })
    }

    /// The same, of a request whose body is as the file says.
    pub(super) fn saying(mut self, body: Option<&Body>) -> Self {
        let texts = body.map(Body::texts).unwrap_or_default();
        self.says = texts.into_iter().filter(|it| !it.contains('{')).map(str::to_owned).collect();
        self
    }

    /// How much the file itself says in the body.
    pub(super) fn words(&self) -> usize {
        self.says.len()
    }

    pub(super) fn is_said_in(&self, body: &str) -> bool {
        self.says.iter().all(|it| body.contains(it.as_str()))
    }

    /// The placeholders of a request, if it is one of this route.
    pub(super) fn matches(&self, method: &str, path: &str, query: &str) -> Option<Placeholders> {
        if !self.method.eq_ignore_ascii_case(method) {
            return None;
        }
        let mut found = Placeholders::new();
        for (name, value) in captures(&self.path, path)? {
            let value = percent_decode_str(&value).decode_utf8().ok()?;
            found.insert(name, value.into_owned());
        }
        for (name, wanted) in &self.query {
            let (_, value) =
                url::form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name)?;
            found.extend(captures(wanted, &value)?);
        }
        Some(found)
    }
}

/// The path (and query) of a template on this server, `{base}` filled in.
pub(super) fn path_and_query(template: &str, base: &Url) -> String {
    if let Some(rest) = template.strip_prefix("{base}") {
        return format!("{}{rest}", base.path().trim_end_matches('/'));
    }
    match template.split_once("://").and_then(|(_, rest)| rest.split_once('/')) {
        Some((_, path)) => format!("/{path}"),
        None => template.to_owned(),
    }
}

/// A template as an expression: text as it is, `{name}` as what is asked for.
fn pattern(template: &str, placeholder: &str) -> Result<Regex, regex::Error> {
    let mut expression = String::from("^");
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        expression.push_str(&regex::escape(before));
        // `{at:%Y}` and `{values.name}` are no names of groups.
        let is_name = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
        let group = if is_name { format!("?P<{name}>") } else { "?:".to_owned() };
        expression.push_str(&format!("({group}{placeholder})"));
        rest = after;
    }
    expression.push_str(&regex::escape(rest));
    expression.push('$');
    Regex::new(&expression)
}

fn captures(pattern: &Regex, text: &str) -> Option<Vec<(String, String)>> {
    let found = pattern.captures(text)?;
    let named = pattern.capture_names().flatten();
    Some(
        named
            .filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned())))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_read_from_path_and_query() {
        let base = Url::parse("https://board.example/api/v1").unwrap();
        let route = Route::new("GET", "{base}/jobs?slug={reference}&status=any", &base).unwrap();
        let found = route.matches("get", "/api/v1/jobs", "status=any&slug=PHD%2F1+b").unwrap();
        assert_eq!(found["reference"], "PHD/1 b");
        assert!(route.matches("GET", "/api/v1/jobs", "slug=PHD").is_none());
        assert!(route.matches("POST", "/api/v1/jobs", "slug=PHD&status=any").is_none());
        let route = Route::new("PUT", "{base}/jobs/{id}", &base).unwrap();
        assert_eq!(route.matches("PUT", "/api/v1/jobs/a%2Fb", "").unwrap()["id"], "a/b");
        assert!(route.matches("PUT", "/api/v1/jobs/a/b", "").is_none());
    }
}
