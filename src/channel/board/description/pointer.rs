//! A place that may be written as a JSON pointer alone: `items = "/jobs"`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::Place;

/// What may be written there.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is there for the schema")]
pub(super) enum PointerOrPlace {
    Pointer(String),
    Place(Place),
}

pub(super) fn or_place<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Place>, D::Error> {
    deserializer.deserialize_any(Written).map(Some)
}

/// The same of several, each under its name.
pub(super) fn or_places<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Place>, D::Error> {
    struct Either(Place);
    impl<'de> Deserialize<'de> for Either {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Written).map(Self)
        }
    }
    let written = BTreeMap::<String, Either>::deserialize(deserializer)?;
    Ok(written.into_iter().map(|(name, Either(place))| (name, place)).collect())
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a JSON pointer like \"/jobs\", or a place like { html = { select = \"job\" } }",
        )
    }

    fn visit_str<E: Error>(self, pointer: &str) -> Result<Place, E> {
        Ok(Place::Json(pointer.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Place, A::Error> {
        Place::deserialize(MapAccessDeserializer::new(map))
    }
}
