//! `[ledger]` in handbill.toml: where the record is.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::channel::secret::SecretRef;
use crate::diagnostic::{Diagnostic, Source};
use crate::ledger::{Database, Place, Schema};

/// `[ledger]` as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LedgerTable {
    /// The file of the record; of one in PostgreSQL, what this machine keeps lies beside it. Default
    /// `state/ledger.db`.
    path: PathBuf,
    /// Where the address of a PostgreSQL database is: the record is there, for several machines.
    postgres: Option<SecretRef>,
    /// The schema of that database; default `handbill`.
    #[schemars(with = "Option<String>")]
    schema: Option<Spanned<String>>,
}

impl Default for LedgerTable {
    fn default() -> Self {
        Self { path: PathBuf::from("state/ledger.db"), postgres: None, schema: None }
    }
}

impl LedgerTable {
    /// The path of the file, or of what this machine keeps; and where the ledger is.
    pub(super) fn place(
        self,
        folder: &Path,
        file: &Arc<Source>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (PathBuf, Place) {
        let path = folder.join(self.path);
        let mut wrong = |span: Range<usize>, why: &str, help: &'static str| {
            diagnostics.push(Diagnostic::error("site::ledger", why).at(file, span).help(help));
        };
        let Some(mut address) = self.postgres else {
            if let Some(schema) = self.schema {
                let help = "add `postgres = { env = \"HANDBILL_LEDGER\" }`, or take it out";
                wrong(schema.span(), "a schema is only for a ledger in PostgreSQL", help);
            }
            return (path.clone(), Place::File(path));
        };
        address.in_folder(folder);
        let schema = match self.schema {
            None => Schema::default(),
            Some(name) => name.get_ref().parse().unwrap_or_else(|why| {
                wrong(name.span(), why, "for example `schema = \"handbill\"`");
                Schema::default()
            }),
        };
        let database = Database { address, schema, beside: path.clone() };
        (path, Place::Postgres(database))
    }
}
