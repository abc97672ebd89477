//! Credentials: never values in a file that belongs in git, only references to where they are.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// Where a credential is: `{ env = "NAME" }`, `{ file = "path" }` or `{ credential = "name" }`
/// (systemd's `LoadCredential=`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
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
}

impl SecretRef {
    /// Reads the credential now. Its place may be shown, its value never.
    ///
    /// # Errors
    /// [`SecretError`] if it is not there, cannot be read, or is empty.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let value = match self {
            Self::Env(name) => {
                std::env::var(name).map_err(|_| SecretError::NoVariable(name.clone()))?
            }
            Self::File(path) => read_file(path)?,
            Self::Credential(name) => {
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

    /// Where the credential is, in words.
    pub fn place(&self) -> String {
        match self {
            Self::Env(name) => format!("in the environment variable `{name}`"),
            Self::File(path) => format!("in the file {}", path.display()),
            Self::Credential(name) => format!("in the systemd credential `{name}`"),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Place)
    }
}

/// A [`SecretRef`] as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Written {
    Env(String),
    File(PathBuf),
    Credential(String),
}

/// Reads a place, and refuses the credential itself without repeating it.
struct Place;

impl<'de> Visitor<'de> for Place {
    type Value = SecretRef;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretRef, E> {
        Err(E::custom(IN_FILE))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretRef, A::Error> {
        Ok(match Written::deserialize(MapAccessDeserializer::new(map))? {
            Written::Env(name) => SecretRef::Env(name),
            Written::File(path) => SecretRef::File(path),
            Written::Credential(name) => SecretRef::Credential(name),
        })
    }
}

fn read_file(path: &PathBuf) -> Result<String, SecretError> {
    std::fs::read_to_string(path)
        .map_err(|error| SecretError::Unreadable { path: path.clone(), why: error.to_string() })
}
