//! `[mailbox]` in handbill.toml: the mailbox to which answers to our mails come.

use std::path::Path;
use std::sync::Arc;

use super::credential::missing;
use super::toml_file;
use crate::channel::secret::SecretRef;
use crate::diagnostic::{Diagnostic, Source};
use crate::mailbox::config::Config;
use crate::mailbox::imap::MailboxError;

/// The mailbox that is read.
#[derive(Debug, Clone)]
pub struct SiteMailbox {
    pub config: Config,
    file: Arc<Source>,
}

impl SiteMailbox {
    /// Looks at what is written; `None` with a diagnostic if it can never work.
    pub(super) fn read(
        mut config: Config,
        folder: &Path,
        file: &Arc<Source>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        config.in_folder(folder);
        if let Err(error) = config.check().and_then(|()| config.check_sign_in()) {
            let key = match &error {
                MailboxError::Setting { key, .. } => Some(*key),
                _ => None,
            };
            let place = key.and_then(|key| toml_file::locate(file, &["mailbox", key]));
            let place = place.or_else(|| toml_file::locate(file, &["mailbox"]));
            let mut wrong = Diagnostic::error("mailbox::setting", error.to_string());
            if let Some(place) = place {
                wrong = wrong.at(file, place);
            }
            diagnostics.push(wrong);
            return None;
        }
        Some(Self { config, file: Arc::clone(file) })
    }

    /// The name under which the ledger remembers how far it was read.
    pub fn name(&self) -> String {
        let Config { username, folder, .. } = &self.config;
        format!("{username}@{} {folder}", self.config.server())
    }

    /// The credentials, each under the name of its key.
    pub fn secrets(&self) -> Vec<(&'static str, SecretRef)> {
        let mut config = self.config.clone();
        config.secrets_mut().into_iter().map(|(key, secret)| (key, secret.clone())).collect()
    }

    /// A diagnostic for each credential that cannot be read now.
    pub fn missing_secrets(&self) -> Vec<Diagnostic> {
        missing(&self.secrets(), &self.file, "mailbox::secret", "`[mailbox]` needs it")
    }
}
