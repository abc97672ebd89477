//! Which postings a channel takes: `postings = { … }` in its file.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::posting::{PositionType, Posting};

/// Which postings go to a channel: all that match every given list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// One of these tags, in any case.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub position_types: Vec<PositionType>,
    /// The posting has a page in one of these languages.
    #[serde(default)]
    pub languages: Vec<String>,
}

impl Filter {
    /// Why a posting is not for this channel; `None` if it is.
    pub fn rejects(&self, posting: &Posting) -> Option<String> {
        let has_tag = |tag: &String| posting.tags.iter().any(|own| own.eq_ignore_ascii_case(tag));
        if !self.tags.is_empty() && !self.tags.iter().any(has_tag) {
            return Some(format!("it has none of the tags {}", self.tags.join(", ")));
        }
        if !self.position_types.is_empty() {
            let wanted: Vec<_> = self.position_types.iter().map(|it| it.as_str()).collect();
            match &posting.facts.position_type {
                Some(own) if self.position_types.contains(&own.value) => {}
                Some(own) => {
                    let own = own.value.as_str();
                    return Some(format!("it is {own}, not {}", wanted.join(" or ")));
                }
                None => return Some(format!("it does not say that it is {}", wanted.join(" or "))),
            }
        }
        let speaks = |language: &String| {
            *language == posting.language || posting.translations.contains_key(language)
        };
        if !self.languages.is_empty() && !self.languages.iter().any(speaks) {
            return Some(format!("it is not in {}", self.languages.join(" or ")));
        }
        None
    }
}
