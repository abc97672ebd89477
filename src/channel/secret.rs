//! Credentials: never values in a file that belongs in git, only references to where they are.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// A credential as a file of the site speaks of it: where it is, and until when it is good if
/// somebody wrote that down: `{ env = "NAME", expires = "2027-03-01" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRef {
    pub place: SecretPlace,
    /// The last day on which it is good.
    pub expires: Option<NaiveDate>,
}

/// Where a credential is: `{ env = "NAME" }`, `{ file = "path" }` or `{ credential = "name" }`
/// (systemd's `LoadCredential=`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// An environment variable.
    Env(String),
    /// A file; a trailing line end is not part of the secret. Relative paths count from the
    /// site's folder.
    File(PathBuf),
    /// A file in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

/// What is said of a credential that somebody wrote into a file.
pub(crate) const IN_FILE: &str = "a credential never stands in a file of the site";

/// Why a credential cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    #[error("cannot read the secret file {path}: {why}")]
    Unreadable { path: PathBuf, why: String },
    #[error(
        "there is no $CREDENTIALS_DIRECTORY, so `{0}` cannot be read; it is set by systemd's LoadCredential="
    )]
    NoCredentials(String),
    #[error("the secret {0} is empty")]
    Empty(String),
    #[error("a secret {0} cannot be replaced from here, only one in a file")]
    Fixed(String),
    #[error("cannot replace the secret file {path}: {why}")]
    Unwritable { path: PathBuf, why: String },
}

impl JsonSchema for SecretRef {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let place = |name: &str, description: &str| {
            let mut properties = serde_json::Map::new();
            let text = serde_json::json!({ "type": "string", "description": description });
            properties.insert(name.to_owned(), text);
            properties.insert(
                "expires".to_owned(),
                serde_json::json!({
                    "type": "string",
                    "format": "date",
                    "description": "The last day on which it is good.",
                }),
            );
            serde_json::json!({
                "type": "object",
                "properties": properties,
                "required": [name],
                "additionalProperties": false,
            })
        };
        json_schema!({
            "description": "Where a credential is; never the credential itself.",
            "oneOf": [
                place("env", "An environment variable."),
                place("file", "A file; relative paths count from the site's folder."),
                place("credential", "A file in $CREDENTIALS_DIRECTORY (systemd)."),
            ],
        })
    }
}

/// Whose turn it is to replace a credential.
#[derive(Debug)]
pub enum Turn {
    /// Ours, until this is dropped.
    Ours { _held: File },
    /// Another process's.
    Theirs,
    /// Nobody takes turns here: it is in no file, or in one that cannot be replaced.
    Free,
}

impl SecretRef {
    /// A credential in a file of its own.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { place: SecretPlace::File(path.into()), expires: None }
    }

    /// Reads the credential now. Its place may be shown, its value never.
    ///
    /// # Errors
    /// [`SecretError`] if it is not there, cannot be read, or is empty.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let value = match &self.place {
            SecretPlace::Env(name) => {
                std::env::var(name).map_err(|_| SecretError::NoVariable(name.clone()))?
            }
            SecretPlace::File(path) => read_file(path)?,
            SecretPlace::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY")
                    .ok_or_else(|| SecretError::NoCredentials(name.clone()))?;
                read_file(&PathBuf::from(folder).join(name))?
            }
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() {
            return Err(SecretError::Empty(self.place()));
        }
        Ok(SecretString::from(value.to_owned()))
    }

    /// Puts another value where the credential is, for those that wear out with use. Whoever reads
    /// it meanwhile sees the old one or the new one. Only a file can be replaced.
    ///
    /// # Errors
    /// [`SecretError`] if it stays as it was.
    pub fn replace(&self, value: &SecretString) -> Result<(), SecretError> {
        let SecretPlace::File(path) = &self.place else {
            return Err(SecretError::Fixed(self.place()));
        };
        replace_file(path, value.expose_secret())
            .map_err(|error| SecretError::Unwritable { path: path.clone(), why: error.to_string() })
    }

    /// Asks for the turn to use up and replace the credential, which the processes of one machine
    /// take one after the other: a lock on an empty file beside it.
    pub fn ask_for_turn(&self) -> Turn {
        let SecretPlace::File(path) = &self.place else { return Turn::Free };
        let Ok(path) = path.canonicalize() else { return Turn::Free };
        let beside = path.with_added_extension("lock");
        let made =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(beside);
        // Where no file can be made beside it, it cannot be replaced either.
        let Ok(file) = made else { return Turn::Free };
        match file.try_lock() {
            Ok(()) => Turn::Ours { _held: file },
            Err(std::fs::TryLockError::WouldBlock) => Turn::Theirs,
            Err(std::fs::TryLockError::Error(_)) => Turn::Free,
        }
    }

    /// Where the credential is, in words.
    pub fn place(&self) -> String {
        match &self.place {
            SecretPlace::Env(name) => format!("in the environment variable `{name}`"),
            SecretPlace::File(path) => format!("in the file {}", path.display()),
            SecretPlace::Credential(name) => format!("in the systemd credential `{name}`"),
        }
    }

    /// A relative path counts from `folder`.
    pub fn in_folder(&mut self, folder: &Path) {
        if let SecretPlace::File(path) = &mut self.place
            && path.is_relative()
        {
            *path = folder.join(&*path);
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reference)
    }
}

/// A [`SecretRef`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    env: Option<String>,
    file: Option<PathBuf>,
    credential: Option<String>,
    expires: Option<Day>,
}

/// Reads a reference, and refuses the credential itself without repeating it.
struct Reference;

impl<'de> Visitor<'de> for Reference {
    type Value = SecretRef;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretRef, E> {
        Err(E::custom(IN_FILE))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretRef, A::Error> {
        let written = Written::deserialize(MapAccessDeserializer::new(map))?;
        let place = match (written.env, written.file, written.credential) {
            (Some(name), None, None) => SecretPlace::Env(name),
            (None, Some(path), None) => SecretPlace::File(path),
            (None, None, Some(name)) => SecretPlace::Credential(name),
            _ => return Err(A::Error::custom(ONE_PLACE)),
        };
        Ok(SecretRef { place, expires: written.expires.map(|day| day.0) })
    }
}

const ONE_PLACE: &str = "a credential is in one place; write `{ env = \"NAME\" }`, \
                         `{ file = \"PATH\" }` or `{ credential = \"NAME\" }`";

/// A day, as text or as TOML's own date.
struct Day(NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => text,
            other => other.to_string(),
        };
        written.parse().map(Self).map_err(|_| {
            D::Error::custom(format!("`{written}` is no day; write it like `\"2027-03-01\"`"))
        })
    }
}

/// Keeps a secret of ours in a file, which nobody else may read: made if it is not there, else
/// replaced, and whoever reads it meanwhile sees the old one or the new one.
///
/// # Errors
/// [`SecretError::Unwritable`] if that fails.
pub fn keep(path: &Path, value: &SecretString) -> Result<(), SecretError> {
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.and_then(|_| replace_file(path, value.expose_secret()))
        .map_err(|error| SecretError::Unwritable { path: path.to_owned(), why: error.to_string() })
}

/// The file that a link leads to is replaced, with the rights that it had.
fn replace_file(path: &Path, value: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let rights = path.metadata()?.permissions();
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).and_then(
        |mut file| {
            writeln!(file, "{value}")?;
            file.set_permissions(rights)?;
            file.sync_all()
        },
    );
    let replaced = written.and_then(|()| std::fs::rename(&new, &path));
    if replaced.is_err() {
        // What is left of it is a secret too.
        let _ = std::fs::remove_file(&new);
    }
    replaced
}

fn read_file(path: &PathBuf) -> Result<String, SecretError> {
    std::fs::read_to_string(path)
        .map_err(|error| SecretError::Unreadable { path: path.clone(), why: error.to_string() })
}
