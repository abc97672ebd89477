//! The picture of an article: a place for it is asked for, its bytes are carried there, and then comes
//! the post that shows it.
//!
//! Source: learn.microsoft.com/linkedin/marketing, "Images API" and "Article Post API". Neither names
//! a field for alternative text of an article's picture: what it shows, the card beside it says.

use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use super::{LinkedIn, answer, with_json};
use crate::adapt::{Picture, PictureFile, Rendition};
use crate::channel::http::{self, Answer, Exchange, Request};
use crate::channel::steps::StepByStep;
use crate::channel::wire::{HttpRequest, PICTURE, SECRET, Step, Steps, Verb, address_of, id_of};
use crate::channel::{Address, Outcome, Permit, Receipt, Search, Trace, Wire};

/// The steps, by name.
const PLACE: &str = "place for the picture";
const BYTES: &str = "picture";
const POST: &str = "post";

/// Where LinkedIn lets pictures be brought to: the address is its answer's, and our token goes there.
const HOST: &str = "linkedin.com";

/// A post after the steps that it needs, if there are any.
pub(super) fn after(mut steps: Vec<Step>, post: HttpRequest) -> Wire {
    if steps.is_empty() {
        return Wire::Http(post);
    }
    steps.push(step(POST, post));
    Wire::Steps(Steps { steps })
}

fn step(name: &str, request: HttpRequest) -> Step {
    Step { name: name.to_owned(), request, picture: None, shows: None }
}

impl LinkedIn {
    /// Puts the picture of the rendition into the article of a new post, and returns the steps that
    /// bring it there; none, if there is no picture or no article.
    pub(super) fn with_thumbnail(
        &self,
        post: &mut Value,
        rendition: &Rendition,
        address: &Address<'_>,
    ) -> Vec<Step> {
        let (Some(article), Some((picture, file))) =
            (post.pointer_mut("/content/article"), of(rendition))
        else {
            return Vec::new();
        };
        article["thumbnail"] = id_of(PLACE).into();

        let mut place = self.request(Verb::Upload, "POST", None, address);
        let mut url = http::endpoint(&self.api, "/rest/images");
        url.set_query(Some("action=initializeUpload"));
        place.url = url.into();
        let owner = self.config.author.urn();
        with_json(&mut place, &json!({ "initializeUploadRequest": { "owner": owner } }));

        let mut bytes = self.request(Verb::Upload, "PUT", None, address);
        bytes.url = address_of(PLACE);
        bytes.headers = vec![
            ("Authorization".to_owned(), format!("Bearer {SECRET}")),
            ("Content-Type".to_owned(), file.media_type.clone()),
        ];
        bytes.body = Some(PICTURE.to_owned());
        vec![
            Step { shows: picture.shows(), ..step(PLACE, place) },
            Step { picture: Some(file.sha256.clone()), ..step(BYTES, bytes) },
        ]
    }

    /// What an upload made.
    fn uploaded(&self, request: &HttpRequest, answer: &Answer) -> Outcome {
        // The bytes are there; the place that they went to was named before.
        if request.method == "PUT" {
            return Outcome::Posted(Receipt::default());
        }
        let said = answer.json().unwrap_or_default();
        let text = |name: &str| said["value"][name].as_str();
        let (Some(image), Some(place)) = (text("image"), text("uploadUrl")) else {
            let why = format!("LinkedIn names no place for the picture: {}", answer.summary());
            return Outcome::Deferred { why, after: None };
        };
        match Url::parse(place).ok().filter(|place| self.is_theirs(place)) {
            Some(place) => Outcome::Posted(Receipt {
                remote_id: Some(image.to_owned()),
                link: Some(place),
                ..Receipt::default()
            }),
            None => Outcome::Refused {
                why:
                    "LinkedIn names a place for the picture that is not its own, so our token does \
                      not go there"
                        .to_owned(),
            },
        }
    }

    fn is_theirs(&self, place: &Url) -> bool {
        let host = place.host_str().unwrap_or_default();
        let at_linkedin =
            host.strip_suffix(HOST).is_some_and(|it| it.is_empty() || it.ends_with('.'));
        place.scheme() == "https" && at_linkedin
            || [&self.api, &self.web].iter().any(|own| own.origin() == place.origin())
    }
}

/// The picture of a card, if there are both.
fn of(rendition: &Rendition) -> Option<(&Picture, &PictureFile)> {
    match rendition {
        Rendition::Status { card: Some(_), picture: Some(picture), .. } => {
            Some((picture, picture.file.as_ref()?))
        }
        _ => None,
    }
}

#[async_trait]
impl StepByStep for LinkedIn {
    async fn transmit(
        &self,
        _step: &str,
        request: &HttpRequest,
        body: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome {
        let made = match Request::from_wire(request) {
            Ok(made) => Request { bytes: body, ..made },
            Err(why) => return Outcome::Refused { why },
        };
        match self.exchange(&made, Some(permit)).await {
            Exchange::NoAnswer(outcome) => outcome,
            Exchange::Answer(answer) if request.verb != Verb::Upload => {
                self.outcome(request, &answer)
            }
            Exchange::Answer(answer) if answer.is_success() => self.uploaded(request, &answer),
            Exchange::Answer(answer) => answer::failure(request, &answer),
        }
    }

    async fn look_for(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        self.look_for_one(request, search).await
    }
}
