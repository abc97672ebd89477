//! The keys of handbill.toml and of a channel's file, out of their JSON Schemas.

use std::fmt::Write;

use handbill::site::{self, channel_file};
use serde_json::Value;

use crate::support::{TestSite, reference};

/// A schema with what it refers to put in its place.
struct Schema {
    root: Value,
}

/// A key of a table.
struct Key<'a> {
    name: &'a str,
    schema: &'a Value,
}

impl Schema {
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.root.pointer(&name[1..]).expect("what a schema refers to"),
            None => schema,
        }
    }

    /// The schemas of which a value fits one.
    fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolved(schema);
        match schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            Some(several) => several.iter().flat_map(|it| self.alternatives(it)).collect(),
            None if schema["type"] == "null" => Vec::new(),
            None => vec![schema],
        }
    }

    /// What a value is, in a few words.
    fn kind(&self, schema: &Value) -> String {
        let mut kinds: Vec<_> =
            self.alternatives(schema).into_iter().map(|it| self.kind_of_one(it)).collect();
        kinds.dedup();
        kinds.join(" or ")
    }

    fn kind_of_one(&self, schema: &Value) -> String {
        if let Some(word) = schema["const"].as_str() {
            return format!("`{word}`");
        }
        if let Some(words) = schema["enum"].as_array() {
            let words = words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`"));
            return words.collect::<Vec<_>>().join(" or ");
        }
        let name = schema["type"].as_array().map_or(&schema["type"], |several| &several[0]);
        match name.as_str() {
            Some("string") => "text".to_owned(),
            Some("integer" | "number") => "number".to_owned(),
            Some("boolean") => "true or false".to_owned(),
            Some("array") => format!("list of {}", self.kind(&schema["items"])),
            Some("object") => "table".to_owned(),
            _ => "any value".to_owned(),
        }
    }

    fn says<'a>(&'a self, schema: &'a Value) -> &'a str {
        let own = schema["description"].as_str();
        own.or_else(|| {
            let several = self.alternatives(schema);
            if several.len() == 1 { several[0]["description"].as_str() } else { None }
        })
        .unwrap_or_default()
    }

    /// The keys that a table may have, in any of its forms.
    fn keys<'a>(&'a self, table: &'a Value) -> Vec<Key<'a>> {
        let mut keys: Vec<Key<'a>> = Vec::new();
        for form in self.alternatives(table) {
            for (name, schema) in form["properties"].as_object().into_iter().flatten() {
                if !keys.iter().any(|key| key.name == name) {
                    keys.push(Key { name, schema });
                }
            }
        }
        keys
    }

    /// A table and those in it. A credential is described once, in words.
    fn write(&self, page: &mut String, name: &str, table: &Value) {
        if !name.is_empty() {
            let _ = write!(page, "\n## `[{name}]`\n\n");
            let says = self.says(table);
            if !says.is_empty() {
                let _ = write!(page, "{}\n\n", says.replace('\n', " "));
            }
        }
        page.push_str("| key | value | says |\n| --- | --- | --- |\n");
        let keys = self.keys(table);
        for key in &keys {
            let kind =
                if is_credential(key) { "credential".to_owned() } else { self.kind(key.schema) };
            let says = self.says(key.schema).replace('\n', " ").replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | {} | {says} |", key.name, kind.replace('|', "\\|"));
        }
        for key in keys.iter().filter(|key| !is_credential(key)) {
            if !self.keys(key.schema).is_empty() {
                let below = if name.is_empty() {
                    key.name.to_owned()
                } else {
                    format!("{name}.{}", key.name)
                };
                self.write(page, &below, key.schema);
            }
        }
    }
}

fn is_credential(key: &Key<'_>) -> bool {
    let text = key.schema.to_string();
    text.contains("#/$defs/Secret\"") && !text.contains("properties")
}

const CREDENTIALS: &str = "A credential is never written here: `{ env = \"NAME\" }`, \
    `{ file = \"path\" }` or, under systemd, `{ credential = \"name\" }`\nsays where it is, and \
    `expires = \"2027-03-01\"` beside it until when it is good.\n";

#[test]
fn the_page_of_the_site_s_file_and_its_schema_are_what_is_read() {
    let schema = Schema { root: site::schema() };
    let mut page = format!(
        "# handbill.toml\n\n[site.schema.json](site.schema.json) is the same for editors.\n\n{CREDENTIALS}\n"
    );
    schema.write(&mut page, "", &schema.root);
    reference("site.md", &page);
    let text = serde_json::to_string_pretty(&schema.root).expect("JSON");
    reference("site.schema.json", &format!("{text}\n"));
}

#[test]
fn the_page_of_a_channel_s_file_and_its_schema_are_what_is_read() {
    let schema = Schema { root: channel_file::schema() };
    let mut page = format!(
        "# channels/NAME.toml\n\nWhat `handbill channels schema` prints, in words; \
         [channel.schema.json](channel.schema.json) is the\nsame for editors.\n\n{CREDENTIALS}\n"
    );
    schema.write(&mut page, "", &schema.root);
    reference("channel.md", &page);
    let text = serde_json::to_string_pretty(&schema.root).expect("JSON");
    reference("channel.schema.json", &format!("{text}\n"));
}

/// A schema that editors go by knows every key that the shipped example uses.
#[test]
fn the_schemas_know_every_key_of_the_shipped_example() {
    let site = TestSite::new();
    let known = |schema: &Schema, text: &str| {
        let table: toml::Table = toml::from_str(text).expect("TOML");
        let keys = schema.keys(&schema.root);
        for (name, value) in table {
            let key = keys.iter().find(|key| key.name == name);
            let key = key.unwrap_or_else(|| panic!("no key `{name}`"));
            let below = schema.keys(key.schema);
            for name in value.as_table().into_iter().flatten().map(|(name, _)| name) {
                assert!(
                    below.is_empty() || below.iter().any(|key| key.name == name),
                    "no key `{name}` in `[{}]`",
                    key.name
                );
            }
        }
    };
    known(&Schema { root: site::schema() }, &site.read("handbill.toml"));
    let channel = Schema { root: channel_file::schema() };
    for entry in std::fs::read_dir(site.path("channels")).expect("the channels") {
        let name = entry.expect("a channel").file_name();
        known(&channel, &site.read(&format!("channels/{}", name.to_string_lossy())));
    }
}
