//! What the list behind a channel of kind mail asks: for `check`, for what goes out, and for the
//! channel's own settings.

use std::sync::Arc;

use chrono::TimeDelta;

use super::channel_file::KindConfig;
use super::policy::Offset;
use super::{ChannelSpec, Site, toml_file};
use crate::adapt::Rendition;
use crate::channel::mail::archive::Archive;
use crate::channel::mail::{self, Software};
use crate::check::lists::{self, Html, Letter, Program, Rules};
use crate::diagnostic::{Diagnostic, Source};
use crate::posting::Posting;

impl ChannelSpec {
    /// What the list would hold back of a rendition, or not take.
    pub fn list_remarks(
        &self,
        site: &Site,
        posting: &Posting,
        rendition: &Rendition,
    ) -> Vec<Diagnostic> {
        self.with_letter(site, rendition, |letter| lists::letter(posting, letter))
            .unwrap_or_default()
    }

    /// Why the list would certainly refuse a rendition, or drop it without a word.
    pub fn list_refuses(&self, site: &Site, rendition: &Rendition) -> Option<String> {
        self.with_letter(site, rendition, lists::refusal).flatten()
    }

    /// How far apart two posts about one ad have to be.
    pub fn repeat_gap(&self) -> TimeDelta {
        match &self.config {
            KindConfig::Mail(config) => config.repeat_gap.map_or(TimeDelta::zero(), |it| it.0),
            _ => TimeDelta::zero(),
        }
    }

    fn with_letter<T>(
        &self,
        site: &Site,
        rendition: &Rendition,
        judge: impl FnOnce(&Letter<'_>) -> T,
    ) -> Option<T> {
        let (KindConfig::Mail(config), Rendition::Mail { subject, text, html, .. }) =
            (&self.config, rendition)
        else {
            return None;
        };
        let rules = rules(config, site);
        Some(judge(&Letter {
            channel: self.name.as_str(),
            rules: &rules,
            from: &config.from,
            subject,
            text,
            html: html.as_deref(),
        }))
    }

    /// What is odd in the settings of a list, and will hold posts back.
    pub fn list_settings(&self) -> Vec<Diagnostic> {
        let KindConfig::Mail(config) = &self.config else { return Vec::new() };
        let mut remarks = Vec::new();
        let at = |key: &str| toml_file::locate(&self.file, &["mail", key]).unwrap_or_default();
        let mut warn = |key: &str, message: String, help: &str| {
            let remark = Diagnostic::warning("channel::list", message);
            remarks.push(remark.at(&self.file, at(key)).help(help));
        };
        let name = &self.name;
        if let Some(Archive::Hyperkitty { list, .. }) = &config.archive
            && !list.is_empty()
            && !list.eq_ignore_ascii_case(&config.to)
        {
            warn(
                "to",
                format!("{name}: mail goes to {}, and the archive is that of {list}", config.to),
                "a list holds back what is not addressed to it by its own name (implicit \
                 destination): write its address as `to`",
            );
        }
        if config.needs_confirmation {
            warn(
                "to",
                format!("{name}: the list asks by mail to confirm each post"),
                "somebody has to answer that mail, or the post is never distributed: let the list \
                 know the sender, if it can",
            );
        }
        remarks
    }
}

/// What a list asks of a mail.
fn rules(config: &mail::Config, site: &Site) -> Rules {
    Rules {
        program: match config.software {
            Some(Software::Mailman2 | Software::Mailman3) => Program::Mailman,
            Some(Software::Sympa) => Program::Sympa,
            Some(Software::Listserv | Software::GoogleGroups | Software::GroupsIo) => {
                Program::Other
            }
            Some(Software::Plain) => Program::NoList,
            None => Program::Unsaid,
        },
        max_kb: config.max_kb,
        max_words: config.max_words,
        html: match config.html {
            Some(mail::Html::Taken) | None => Html::Taken,
            Some(mail::Html::Dropped) => Html::Dropped,
            Some(mail::Html::Refused) => Html::Refused,
        },
        employer: site.employer_domain.clone().filter(|_| config.employers_domain),
    }
}

/// Reminders that a list does not take: more of them, or closer together, than it says.
pub(super) fn reminders(
    config: &mail::Config,
    remind: &[Offset],
    file: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut wrong = |message: String, help: String| {
        let span = toml_file::locate(file, &["remind"]).unwrap_or_default();
        diagnostics.push(Diagnostic::error("channel::remind", message).at(file, span).help(help));
    };
    if let Some(mail::Repeats(most)) = config.repeats
        && remind.len() > most as usize
    {
        let (message, help) = match most {
            0 => (
                "this list takes an ad once, and no reminder of it".to_owned(),
                "remove `remind`".to_owned(),
            ),
            most => (
                format!(
                    "this list takes {most} reminders of an ad, and these are {}",
                    remind.len()
                ),
                format!("keep {most} of them (`repeats` says how many)"),
            ),
        };
        wrong(message, help);
    }
    let Some(gap) = config.repeat_gap else { return };
    // The earliest comes first.
    let close = remind.windows(2).find_map(|pair| match pair {
        [one, next] if one.length - next.length < gap.0 => Some((&one.text, &next.text)),
        _ => None,
    });
    if let Some((one, next)) = close {
        wrong(
            format!(
                "this list takes no two posts about an ad within {} d, and `{one}` and `{next}` \
                 are closer",
                gap.0.num_days()
            ),
            "write reminders that are farther apart (`repeat_gap` says how far)".to_owned(),
        );
    }
}
