//! Where a ledger is: in a file, or in a schema of a PostgreSQL database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::channel::secret::SecretRef;

/// Where a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In an SQLite file: for one machine.
    File(PathBuf),
    /// In PostgreSQL: for several.
    Postgres(Database),
}

/// A schema of a PostgreSQL database that several machines share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Where its address is: `postgres://USER@HOST/DATABASE`. It may hold a password, so it is read
    /// anew for each opening and shown nowhere.
    pub address: SecretRef,
    pub schema: Schema,
    /// Beside this path stands what this machine keeps of the ledger: its mark.
    pub beside: PathBuf,
}

impl Place {
    /// Its file; `None` of a ledger in PostgreSQL.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Postgres(Database { address, schema, .. }) => {
                write!(f, "in PostgreSQL (schema {schema}, address {})", address.place())
            }
        }
    }
}

impl From<&Self> for Place {
    fn from(place: &Self) -> Self {
        place.clone()
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

/// The name of a schema that needs no quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema(String);

impl Schema {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self("handbill".to_owned())
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The longest name that PostgreSQL keeps whole, in bytes (its manual, "Identifiers and Key Words").
const LONGEST_NAME: usize = 63;

impl FromStr for Schema {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
            return Err("a schema has a name of at most 63 of the characters a-z, 0-9 and _");
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("pg_") {
            return Err("the name of a schema begins neither with a digit nor with `pg_`");
        }
        Ok(Self(name.to_owned()))
    }
}
