//! A board is asked for our reference, page by page.

use serde_json::Value;
use url::Url;

use super::Board;
use super::description::{Find, Pages, Place, States};
use super::filling::{Values, in_address};
use super::question::Question;
use super::reading::{Judgement, Shown, Want, is_reference};
use crate::channel::http::{Answer, Busy, Exchange};
use crate::channel::{Outcome, Receipt};

/// A copy that the board has under our reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub receipt: Receipt,
    pub state: State,
}

/// What the board's word for the state of a copy means, with that word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Shown,
    Pending(String),
    Refused(String),
    Withdrawn,
}

/// Where the next page is.
enum Next {
    /// What stands for `{page}`.
    Mark(String),
    Address(Url),
}

impl Board {
    /// The copy under our reference, if the board has one. The error is an outcome that says that
    /// nothing was created: the board could not be asked.
    pub(super) async fn look(
        &self,
        asked: &str,
        reference: &str,
    ) -> Result<Option<Standing>, Outcome> {
        let Some(find) = &self.config.find else {
            return Err(unasked("its file does not say how"));
        };
        let values = Values { reference: Some(reference), ..Values::of(&self.config) };
        let mut page = find.pages.as_ref().map_or_else(String::new, Pages::first_mark);
        let mut url = at_page(asked, &page)?;
        for _ in 0..find.pages.as_ref().map_or(1, |pages| pages.most.max(1)) {
            let Some(answer) = self.ask(find, &values, &url).await? else { return Ok(None) };
            let json = answer.json();
            let text = answer.body.as_str();
            let shown = Shown { answer: &answer, text, json: json.as_ref(), asked: &url };
            let (hit, is_empty) = match &find.items {
                Some(items) => self.among(find, items, shown, &values, reference)?,
                None => self.first(find, shown, &values, reference)?,
            };
            if hit.is_some() {
                return Ok(hit);
            }
            let next = find
                .pages
                .as_ref()
                .and_then(|pages| pages.after(&page, asked, is_empty, shown, &values));
            match next {
                None => return Ok(None),
                // A board that shows the same page again would never come to an end.
                Some(Next::Mark(mark)) if mark == page => {
                    return Err(unasked("its page names itself as the next one"));
                }
                Some(Next::Mark(mark)) => {
                    page = mark;
                    url = at_page(asked, &page)?;
                }
                // The credentials are this server's.
                Some(Next::Address(address)) if address.origin() == url.origin() => url = address,
                Some(Next::Address(_)) => {
                    return Err(unasked("its next page is on another server"));
                }
            }
        }
        Err(unasked("there are more pages than `find.pages.most` allows"))
    }

    /// The answer to one question; `None` if it says that there is no such copy.
    async fn ask(
        &self,
        find: &Find,
        values: &Values<'_>,
        url: &Url,
    ) -> Result<Option<Answer>, Outcome> {
        let Find { method, headers, body, .. } = find;
        let question = Question { method, url: url.clone(), headers, body: body.as_ref() };
        let request =
            self.question(&question, values).map_err(|error| unasked(&error.to_string()))?;
        let answer = match self.read(&request, values.key.unwrap_or_default()).await? {
            Exchange::Answer(answer) => answer,
            Exchange::NoAnswer(Outcome::Unknown { why }) => {
                return Err(Outcome::Deferred { why, after: None });
            }
            Exchange::NoAnswer(outcome) => return Err(outcome),
        };
        let says_none = match &find.none {
            Some(none) => none.judge(&answer) == Judgement::Success,
            None => find.names_one_copy() && matches!(answer.status, 404 | 410),
        };
        if says_none {
            return Ok(None);
        }
        match find.ok.judge(&answer) {
            Judgement::Success => {}
            Judgement::Error | Judgement::Unexpected => return Err(unasked(&answer.summary())),
            Judgement::Status if (300..400).contains(&answer.status) => {
                return Err(unasked(&answer.summary()));
            }
            Judgement::Status => {
                return Err(match answer.failure(Busy::BeforeProcessing) {
                    Outcome::Unknown { why } => Outcome::Deferred { why, after: None },
                    // Some say no more than that when a password is wrong.
                    Outcome::Refused { why } => {
                        unasked(&format!("{why}; check user and password too"))
                    }
                    outcome => outcome,
                });
            }
        }
        if find.needs_json() && answer.json().is_none() {
            return Err(unasked(&format!("its answer is no JSON: {}", answer.summary())));
        }
        Ok(Some(answer))
    }

    /// The first copy that an answer names, which has to carry our reference, because a search that
    /// a board does not understand answers with somebody's ads.
    fn first(
        &self,
        find: &Find,
        shown: Shown<'_>,
        values: &Values<'_>,
        reference: &str,
    ) -> Result<(Option<Standing>, bool), Outcome> {
        let Some(id) = shown.read(&find.id, values, Want::Id) else {
            let lists_none = match &find.id {
                Place::Json(pointer) => lists_at(shown.json, pointer),
                _ => true,
            };
            // Something was found, or an error says nothing of the kind.
            if find.none.is_some() || find.names_one_copy() || !lists_none {
                let why = format!("its answer names no copy: {}", shown.answer.summary());
                return Err(unasked(&why));
            }
            return Ok((None, true));
        };
        let is_ours = match &find.reference {
            Some(place) => shown
                .read(place, values, Want::Words)
                .is_some_and(|found| is_reference(&found, reference)),
            None => find.names_one_copy() || shown.carries(&find.id, reference),
        };
        if !is_ours {
            return Err(unasked(&format!(
                "asked for `{reference}`, it named the copy {id}, which does not carry it"
            )));
        }
        Ok((self.standing(find, shown, values, id), false))
    }

    /// The copy with our reference among all that an answer lists, and whether it lists none at all.
    fn among(
        &self,
        find: &Find,
        items: &Place,
        shown: Shown<'_>,
        values: &Values<'_>,
        reference: &str,
    ) -> Result<(Option<Standing>, bool), Outcome> {
        let elements = match items {
            Place::Html(element) => shown.items(element),
            _ => Vec::new(),
        };
        let listed: Vec<Shown<'_>> = match items {
            Place::Json(pointer) => {
                let list = shown.json.and_then(|it| it.pointer(pointer)).and_then(Value::as_array);
                let list =
                    list.ok_or_else(|| unasked(&format!("its answer has no list at `{pointer}`")))?;
                list.iter().map(|item| Shown { json: Some(item), ..shown }).collect()
            }
            _ => elements.iter().map(|text| Shown { text, json: None, ..shown }).collect(),
        };
        for item in &listed {
            let is_ours = match &find.reference {
                Some(place) => item
                    .read(place, values, Want::Words)
                    .is_some_and(|found| is_reference(&found, reference)),
                None => item.carries(&Place::Json(String::new()), reference),
            };
            if !is_ours {
                continue;
            }
            let Some(id) = item.read(&find.id, values, Want::Id) else {
                return Err(unasked("the copy with our reference has no id there"));
            };
            // One that has ended may stand beside one that lives.
            if let Some(standing) = self.standing(find, *item, values, id) {
                return Ok((Some(standing), false));
            }
        }
        Ok((None, listed.is_empty()))
    }

    fn standing(
        &self,
        find: &Find,
        shown: Shown<'_>,
        values: &Values<'_>,
        id: String,
    ) -> Option<Standing> {
        let state = self.state(find.state.as_ref(), shown, values);
        if state == State::Withdrawn {
            return None;
        }
        let link = find.link.as_ref().and_then(|place| {
            let values = Values { id: Some(&id), ..*values };
            shown.read(place, &values, Want::Link)
        });
        let link = link.and_then(|it| Url::parse(&it).ok());
        Some(Standing {
            receipt: Receipt { remote_id: Some(id), link, ..Receipt::default() },
            state,
        })
    }

    /// What an answer says of a copy's state.
    pub(super) fn state(
        &self,
        place: Option<&Place>,
        shown: Shown<'_>,
        values: &Values<'_>,
    ) -> State {
        let word = place.and_then(|place| shown.read(place, values, Want::Words));
        match (word, &self.config.states) {
            (Some(word), Some(states)) => states.meaning(word),
            _ => State::Shown,
        }
    }
}

impl States {
    fn meaning(&self, word: String) -> State {
        let is_among =
            |words: &[String]| words.iter().any(|it| it.to_lowercase() == word.to_lowercase());
        if is_among(&self.withdrawn) {
            State::Withdrawn
        } else if is_among(&self.refused) {
            State::Refused(word)
        } else if is_among(&self.pending) {
            State::Pending(word)
        } else {
            State::Shown
        }
    }
}

impl Find {
    /// Whether the places in its answer are places in JSON.
    pub fn needs_json(&self) -> bool {
        matches!(self.items, Some(Place::Json(_)))
            || (self.items.is_none() && matches!(self.id, Place::Json(_)))
    }

    /// Whether an answer without a copy can be told from one that says something else.
    pub(super) fn says_what_none_is(&self) -> bool {
        self.none.is_some() || self.ok.body.is_some() || !self.ok.json.is_empty()
    }

    /// Whether the search names one copy in its path, so that 404 says that there is none.
    pub(super) fn names_one_copy(&self) -> bool {
        self.url
            .split('?')
            .next()
            .is_some_and(|path| path.contains("{reference}") || path.contains("{slug}"))
    }
}

impl Pages {
    /// What stands for `{page}` in the address of the first page.
    fn first_mark(&self) -> String {
        if self.next.is_some() { String::new() } else { self.first.to_string() }
    }

    fn after(
        &self,
        page: &str,
        template: &str,
        is_empty: bool,
        shown: Shown<'_>,
        values: &Values<'_>,
    ) -> Option<Next> {
        let Some(next) = &self.next else {
            let number: u32 = page.parse().ok()?;
            return if is_empty { None } else { Some(Next::Mark((number + 1).to_string())) };
        };
        let whole = shown.answer.json();
        let shown = Shown { json: whole.as_ref(), ..shown };
        if template.contains("{page}") {
            return shown.read(next, values, Want::Words).map(Next::Mark);
        }
        Url::parse(&shown.read(next, values, Want::Link)?).ok().map(Next::Address)
    }
}

/// Whether the list is there that a pointer goes through, so that nothing in it says that there is no
/// copy. A pointer through no list says so by what is not there.
fn lists_at(json: Option<&Value>, pointer: &str) -> bool {
    let is_index = |token: &str| !token.is_empty() && token.bytes().all(|it| it.is_ascii_digit());
    let mut above = String::new();
    for token in pointer.split('/').skip(1) {
        if is_index(token) {
            return json.and_then(|it| it.pointer(&above)).is_some_and(Value::is_array);
        }
        above.push('/');
        above.push_str(token);
    }
    true
}

fn at_page(template: &str, page: &str) -> Result<Url, Outcome> {
    Url::parse(&template.replace("{page}", &in_address(page)))
        .map_err(|error| unasked(&error.to_string()))
}

fn unasked(why: &str) -> Outcome {
    Outcome::Blocked { why: format!("the board could not be asked for our reference: {why}") }
}
