//! The JSON Schema of a channel's file, made of the types that read it, so that editors complete it.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::ChannelFile;

/// The schema (draft 2020-12). A file may leave out what its preset says, so nothing in it is
/// required except what tells alternatives apart.
pub fn schema() -> Value {
    let made =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<ChannelFile>();
    let mut schema = made.to_value();
    let_presets_say_it(&mut schema);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), "A channel of Handbill".into());
        schema.insert(
            "description".to_owned(),
            "channels/NAME.toml: common keys at the top, those of the kind in a table named after it."
                .into(),
        );
    }
    schema
}

fn let_presets_say_it(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            relax(members);
            for (keyword, value) in members {
                match value {
                    // The keys here are names, some of which are the names of keywords too.
                    Value::Object(named) if keyword == "properties" || keyword == "$defs" => {
                        named.values_mut().for_each(let_presets_say_it);
                    }
                    value => let_presets_say_it(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(let_presets_say_it),
        _ => {}
    }
}

fn relax(schema: &mut Map<String, Value>) {
    let properties = schema.get("properties").and_then(Value::as_object).map_or(0, Map::len);
    // `{ json = "…" }` is told from `{ header = "…" }` by its one key.
    if properties != 1 {
        schema.remove("required");
    }
    // What several alternatives allow is right where one of them is meant.
    let are_tables = |it: &Value| {
        it.as_array()
            .is_some_and(|them| them.iter().filter(|it| it.get("properties").is_some()).count() > 1)
    };
    if schema.get("oneOf").is_some_and(are_tables)
        && let Some(alternatives) = schema.remove("oneOf")
    {
        schema.insert("anyOf".to_owned(), alternatives);
    }
}
