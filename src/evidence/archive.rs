//! The archive itself: a ZIP file, which every computer opens. The same files make the same bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{EvidenceError, SUMS};
use crate::adapt::picture::sha256;

/// More than this is no archive of ours, or somebody's trap.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;

/// The files of an archive, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Archive {
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    pub(super) fn add(&mut self, name: &str, content: impl Into<Vec<u8>>) -> String {
        let content = content.into();
        let hash = sha256(&content);
        self.files.insert(name.to_owned(), content);
        hash
    }

    pub(super) fn text(&self, name: &str) -> Result<&str, EvidenceError> {
        let unreadable =
            |why: &str| EvidenceError::Unreadable { file: name.to_owned(), why: why.to_owned() };
        let bytes = self.files.get(name).ok_or_else(|| unreadable("it is missing"))?;
        std::str::from_utf8(bytes).map_err(|error| unreadable(&error.to_string()))
    }

    /// The hash of each file, as `sha256sum` writes and reads it.
    pub(super) fn sums(&self) -> String {
        let files = self.files.iter().filter(|(name, _)| *name != SUMS);
        files.map(|(name, content)| format!("{}  {name}\n", sha256(content))).collect()
    }

    /// The bytes of the archive.
    ///
    /// # Errors
    /// [`EvidenceError::Unwritable`] if a file is too large for it.
    pub fn bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        let made = |error: zip::result::ZipError| EvidenceError::Unwritable(error.to_string());
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &self.files {
            zip.start_file(name.as_str(), options).map_err(made)?;
            zip.write_all(content).map_err(|error| EvidenceError::Unwritable(error.to_string()))?;
        }
        Ok(zip.finish().map_err(made)?.into_inner())
    }

    /// Reads an archive.
    ///
    /// # Errors
    /// [`EvidenceError`] if it is none, or a file in it is broken.
    pub fn read(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let none = |error: zip::result::ZipError| {
            EvidenceError::NotOurs(format!("this is no archive of evidence: {error}"))
        };
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(none)?;
        let mut archive = Self::default();
        for number in 0..zip.len() {
            let file = zip.by_index(number).map_err(none)?;
            let name = file.name().map_err(none)?.into_owned();
            let unreadable = |why: String| EvidenceError::Unreadable { file: name.clone(), why };
            let mut content = Vec::new();
            let read = file.take(LARGEST_FILE + 1).read_to_end(&mut content);
            let length = read.map_err(|error| unreadable(error.to_string()))?;
            if length as u64 > LARGEST_FILE {
                return Err(unreadable("it is too large".to_owned()));
            }
            if archive.files.insert(name.clone(), content).is_some() {
                return Err(unreadable("it is there twice".to_owned()));
            }
        }
        Ok(archive)
    }
}
