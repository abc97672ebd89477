//! The JSON Schema of handbill.toml, made of the types that read it.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::SiteFile;

/// The schema (draft 2020-12).
pub fn schema() -> Value {
    let made = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<SiteFile>();
    let mut schema = made.to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), "A site of Handbill".into());
        schema
            .insert("description".to_owned(), "handbill.toml, beside the folder channels.".into());
    }
    schema
}
