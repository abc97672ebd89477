//! Pull requests: found by their branch, opened once, closed.
//!
//! GitHub: docs.github.com/rest/pulls/pulls. Forgejo and Gitea have the same paths and the same
//! names in their answers (`/api/v1`, their Swagger pages), and no search by branch: there the
//! newest requests are looked through.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::channel::http::{self, Answer, Busy, Credential, Exchange, Http};
use crate::channel::secret::SecretRef;
use crate::channel::{Outcome, Permit};

/// How many pages of requests are looked through where there is no search by branch, and how many
/// requests a page has: the most that Forgejo gives by its defaults (`MAX_RESPONSE_ITEMS`).
const PAGES: usize = 20;
const PER_PAGE: usize = 50;

/// The `[git.request]` table: where a pull request is opened.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub software: Software,
    /// For example `https://api.github.com` or `https://codeberg.org/api/v1`.
    pub api: Url,
    /// `OWNER/NAME` of the repository that is asked.
    pub repository: String,
    /// May open requests there.
    pub token: SecretRef,
}

/// What the host runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Software {
    GitHub,
    /// And Gitea.
    Forgejo,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PullRequest {
    pub number: u64,
    pub link: Option<Url>,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Merged,
    /// And not merged.
    Closed,
}

/// The requests of one repository.
pub(super) struct Requests<'a> {
    pub config: &'a Config,
    pub http: &'a Http,
}

impl Requests<'_> {
    /// The newest request for a branch. `owner` is whose repository the branch is in.
    ///
    /// # Errors
    /// The outcome if the host could not be asked: nothing was changed.
    pub async fn find(&self, owner: &str, branch: &str) -> Result<Option<PullRequest>, Outcome> {
        for page in 1..=PAGES {
            let mut url = self.url("pulls");
            url.query_pairs_mut().append_pair("state", "all");
            match self.config.software {
                Software::GitHub => {
                    url.query_pairs_mut().append_pair("head", &format!("{owner}:{branch}"));
                }
                Software::Forgejo => {
                    url.query_pairs_mut()
                        .append_pair("sort", "recentupdate")
                        .append_pair("limit", &PER_PAGE.to_string())
                        .append_pair("page", &page.to_string());
                }
            }
            let answer = self.read(url).await?;
            let Some(Value::Array(listed)) = answer.json() else {
                let why = format!("no list of pull requests came: {}", answer.summary());
                return Err(Outcome::Deferred { why, after: None });
            };
            let ours = |request: &&Value| request["head"]["ref"] == branch;
            if let Some(found) = listed.iter().find(ours).and_then(read) {
                return Ok(Some(found));
            }
            if listed.len() < PER_PAGE || self.config.software == Software::GitHub {
                return Ok(None);
            }
        }
        let why =
            format!("more than {} pull requests, and ours is not among them", PAGES * PER_PAGE);
        Err(Outcome::Blocked { why })
    }

    /// Opens a request, once.
    ///
    /// # Errors
    /// The outcome; [`Outcome::Unknown`] if nobody knows whether it was opened.
    pub async fn open(
        &self,
        head: &str,
        base: &str,
        title: &str,
        body: &str,
        permit: &Permit<'_>,
    ) -> Result<PullRequest, Outcome> {
        let asked = json!({ "title": title, "body": body, "head": head, "base": base });
        let answer = self.write("POST", self.url("pulls"), &asked, permit).await?;
        if answer.status != 201 {
            return Err(failed(&answer));
        }
        answer.json().as_ref().and_then(read).ok_or_else(|| Outcome::Unknown {
            why: format!("the host names no pull request: {}", answer.summary()),
        })
    }

    /// Closes a request without merging it.
    ///
    /// # Errors
    /// The outcome.
    pub async fn close(&self, number: u64, permit: &Permit<'_>) -> Result<(), Outcome> {
        let url = self.url(&format!("pulls/{number}"));
        let answer = self.write("PATCH", url, &json!({ "state": "closed" }), permit).await?;
        if answer.is_success() { Ok(()) } else { Err(failed(&answer)) }
    }

    /// Who the token belongs to.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub async fn whose(&self) -> Result<String, String> {
        let url = http::endpoint(&self.config.api, "/user");
        let answer = self.read(url).await.map_err(|outcome| outcome.why().to_owned())?;
        let login = answer.json().and_then(|user| user["login"].as_str().map(str::to_owned));
        login
            .ok_or_else(|| format!("the host does not say whose token it is: {}", answer.summary()))
    }

    fn url(&self, path: &str) -> Url {
        http::endpoint(&self.config.api, &format!("/repos/{}/{path}", self.config.repository))
    }

    fn request(&self, method: &str, url: Url, body: Option<&Value>) -> http::Request {
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        let scheme = match self.config.software {
            Software::GitHub => {
                headers.push(("X-GitHub-Api-Version".to_owned(), "2022-11-28".to_owned()));
                "Bearer"
            }
            Software::Forgejo => "token",
        };
        let secret = crate::channel::wire::SECRET;
        headers.push(("Authorization".to_owned(), format!("{scheme} {secret}")));
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let body = body.map(Value::to_string);
        http::Request { method: method.to_owned(), url, headers, body, bytes: None }
    }

    fn credential(&self) -> Result<Credential, Outcome> {
        let token = self.config.token.read();
        token.map(Credential::new).map_err(|error| Outcome::Blocked { why: error.to_string() })
    }

    async fn read(&self, url: Url) -> Result<Answer, Outcome> {
        let request = self.request("GET", url, None);
        let answer = match self.http.send(&request, Some(&self.credential()?)).await {
            Exchange::Answer(answer) => answer,
            Exchange::NoAnswer(Outcome::Unknown { why }) => {
                return Err(Outcome::Deferred { why, after: None });
            }
            Exchange::NoAnswer(outcome) => return Err(outcome),
        };
        if answer.is_success() {
            return Ok(answer);
        }
        Err(match failed(&answer) {
            Outcome::Unknown { why } => Outcome::Deferred { why, after: None },
            Outcome::Refused { why } => Outcome::Blocked { why },
            outcome => outcome,
        })
    }

    async fn write(
        &self,
        method: &str,
        url: Url,
        body: &Value,
        permit: &Permit<'_>,
    ) -> Result<Answer, Outcome> {
        let request = self.request(method, url, Some(body));
        match self.http.write(&request, Some(&self.credential()?), permit).await {
            Exchange::Answer(answer) => Ok(answer),
            Exchange::NoAnswer(outcome) => Err(outcome),
        }
    }
}

fn read(request: &Value) -> Option<PullRequest> {
    let state = match request["state"].as_str()? {
        "open" => State::Open,
        _ if request["merged"] == true || request["merged_at"].is_string() => State::Merged,
        _ => State::Closed,
    };
    Some(PullRequest {
        number: request["number"].as_u64()?,
        link: request["html_url"].as_str().and_then(|link| Url::parse(link).ok()),
        state,
    })
}

/// What an answer that is no success means: that a token may not do this is a matter of the channel.
fn failed(answer: &Answer) -> Outcome {
    match answer.status {
        403 | 404 => Outcome::Blocked { why: answer.summary() },
        // One for the same branch may be there already: ours.
        409 | 422 => Outcome::Unknown { why: answer.summary() },
        _ => answer.failure(Busy::Unsaid),
    }
}
