//! A request that only reads: a search, a look at a copy, a question for a result.

use std::collections::BTreeMap;

use url::Url;

use super::Board;
use super::description::Body;
use super::filling::Values;
use super::session::Freshness;
use crate::channel::http::{self, Exchange};
use crate::channel::{Outcome, PrepareError};

/// What a request that only reads is made of.
pub(super) struct Question<'a> {
    pub method: &'a str,
    pub url: Url,
    pub headers: &'a BTreeMap<String, String>,
    pub body: Option<&'a Body>,
}

impl Board {
    /// A request that only reads, made of what the file says.
    pub(super) fn question(
        &self,
        question: &Question<'_>,
        values: &Values<'_>,
    ) -> Result<http::Request, PrepareError> {
        let mut headers = self.headers(values, question.headers)?;
        let content_type = self.config.content_type.as_deref();
        let body = match question.body {
            None => None,
            Some(body) => body.make(values, self.config.format, content_type)?,
        };
        let body = body.map(|made| {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.push(("Content-Type".to_owned(), made.content_type));
            }
            made.text
        });
        Ok(http::Request {
            method: question.method.to_uppercase(),
            url: self.authorisation.address(question.url.clone()),
            headers,
            body,
            bytes: None,
        })
    }

    /// Sends a request that only reads; `key` is that of the values which it was made with.
    pub(super) async fn read(
        &self,
        request: &http::Request,
        key: &str,
    ) -> Result<Exchange, Outcome> {
        let credential = self.credential(key, Freshness::Kept).await?;
        let exchange = self.http.send(request, credential.as_ref()).await;
        if matches!(&exchange, Exchange::Answer(answer) if answer.status == 401) {
            self.forget().await;
        }
        Ok(exchange)
    }
}
