//! What is written: secrets, each in a file of its own that only its owner reads and git passes
//! over, and the channel's file, which names them. Nothing that is there is overwritten.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use secrecy::{ExposeSecret, SecretString};

use super::super::CliError;
use crate::channel::secret::{SecretPlace, SecretRef};
use crate::site::Site;

/// The folder of secrets, in the site's.
const SECRETS: &str = "secrets";

/// The files of a new channel. What was written is taken away again unless it is [`Files::keep`]t.
pub(super) struct Files<'a> {
    site: &'a Site,
    name: String,
    written: Vec<PathBuf>,
}

impl<'a> Files<'a> {
    /// # Errors
    /// [`CliError::Usage`] if there is such a channel, or the name cannot be a file's.
    pub(super) fn of(site: &'a Site, name: &str) -> Result<Self, CliError> {
        let sign = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(sign) {
            return Err(CliError::Usage(format!(
                "`{name}` is no name for a channel\nhelp: letters, digits, `-` and `_`"
            )));
        }
        let files = Self { site, name: name.to_owned(), written: Vec::new() };
        let known = site.channels.iter().any(|channel| channel.name.as_str() == name);
        if known || files.channel().exists() {
            return Err(CliError::Usage(format!(
                "there is a channel `{name}` already, and nothing was changed\n\
                 help: give the new one another name, `--name NAME`"
            )));
        }
        Ok(files)
    }

    /// Where the channel's file will be.
    pub(super) fn channel(&self) -> PathBuf {
        self.site.folder.join("channels").join(format!("{}.toml", self.name))
    }

    /// Writes a secret into a file of its own.
    pub(super) fn secret(
        &mut self,
        what: &str,
        value: &SecretString,
        expires: Option<NaiveDate>,
    ) -> Result<SecretRef, CliError> {
        let relative = Path::new(SECRETS).join(format!("{}-{what}", self.name));
        let path = self.site.folder.join(&relative);
        let written = ignored_folder(&self.site.folder.join(SECRETS))
            .and_then(|()| new_file(&path, value.expose_secret(), 0o600));
        written.map_err(|error| not_written(&path, &error))?;
        self.written.push(path);
        Ok(SecretRef { place: SecretPlace::File(relative), expires })
    }

    /// Writes the channel's file: from here on the channel is there.
    pub(super) fn keep(mut self, text: &str) -> Result<PathBuf, CliError> {
        let path = self.channel();
        new_file(&path, text, 0o644).map_err(|error| not_written(&path, &error))?;
        self.written.clear();
        Ok(path)
    }
}

impl Drop for Files<'_> {
    fn drop(&mut self) {
        for path in &self.written {
            // A secret that no channel names helps nobody.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// How a channel's file names a secret.
pub(super) fn reference(secret: &SecretRef) -> String {
    let place = match &secret.place {
        SecretPlace::Env(name) => format!("env = {}", quoted(name)),
        SecretPlace::File(path) => format!("file = {}", quoted(&path.display().to_string())),
        SecretPlace::Credential(name) => format!("credential = {}", quoted(name)),
    };
    match secret.expires {
        Some(day) => format!("{{ {place}, expires = \"{day}\" }}"),
        None => format!("{{ {place} }}"),
    }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A folder that git passes over with all that is in it.
fn ignored_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    match new_file(&path.join(".gitignore"), "*\n", 0o600) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        written => written,
    }
}

fn new_file(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let line_end = if text.ends_with('\n') { "" } else { "\n" };
    let written =
        file.write_all(format!("{text}{line_end}").as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file is worse than none.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn not_written(path: &Path, error: &io::Error) -> CliError {
    CliError::Failed(format!("cannot write {}: {error}", path.display()))
}
