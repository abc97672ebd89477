//! Reports for programs (RFC 3464), from mail servers and from Sympa.

use super::{Found, ListMark, Says, addresses, bounce};
use crate::mailbox::mime::{Headers, Mail, starts_with};

pub(super) fn read(mail: &Mail) -> Option<Found> {
    // Of several recipients the worst is told: one that failed needs somebody.
    let says = mail.report.iter().filter_map(|group| Some((verdict(group)?, group)));
    let (verdict, _) = says.clone().max_by_key(|(verdict, _)| verdict.weight())?;
    let groups: Vec<&Headers> =
        says.filter(|(other, _)| *other == verdict).map(|(_, group)| group).collect();
    let mut found = Found::new(verdict.says(), &words(mail, groups.first()?));
    for group in &groups {
        found.recipients.extend(recipients(group));
    }
    if verdict.is_of_sympa() {
        found.lists.extend(found.recipients.iter().cloned().map(ListMark::Address));
    } else if bounce::came_back_from_a_reader(mail) {
        found.says = Says::Distributed;
        // They are not whom we wrote to.
        found.recipients.clear();
    }
    let subject = mail.returned.iter().find_map(|headers| headers.get("subject"));
    Some(found.subject(subject))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Failed,
    Delayed,
    Arrived,
    SympaHeld,
    SympaRefused,
    SympaUnknownList,
    SympaDistributed,
}

impl Verdict {
    fn weight(self) -> u8 {
        match self {
            Self::SympaDistributed | Self::Arrived => 0,
            Self::Delayed | Self::SympaHeld => 1,
            Self::Failed | Self::SympaRefused | Self::SympaUnknownList => 2,
        }
    }

    fn says(self) -> Says {
        match self {
            Self::Failed | Self::SympaUnknownList => Says::Bounced,
            Self::Delayed => Says::Delayed,
            Self::Arrived => Says::Relayed,
            Self::SympaHeld => Says::Held,
            Self::SympaRefused => Says::Refused,
            Self::SympaDistributed => Says::Distributed,
        }
    }

    fn is_of_sympa(self) -> bool {
        !matches!(self, Self::Failed | Self::Delayed | Self::Arrived)
    }
}

/// What one recipient's fields say; `None` for the message's own fields.
fn verdict(group: &Headers) -> Option<Verdict> {
    let action = group.get("action").unwrap_or_default().to_ascii_lowercase();
    let status = status(group);
    if group.says("diagnostic-code", "x-sympa") {
        // `Sympa.pm`, `%diag_messages`. A hold is 2.3.0 and "delivered" since 6.2.74, 4.3.0 and
        // "delayed" in 6.2.72: what the action says is not what happened.
        return match status {
            Some("2.3.0" | "4.3.0") => Some(Verdict::SympaHeld),
            Some("2.1.5") => Some(Verdict::SympaDistributed),
            Some("5.1.1" | "5.1.2" | "4.2.4" | "4.2.1") => Some(Verdict::SympaUnknownList),
            Some(status) if status.starts_with('5') => Some(Verdict::SympaRefused),
            _ => by_action(&action),
        };
    }
    by_action(&action).or(match status.and_then(|status| status.chars().next()) {
        Some('5') => Some(Verdict::Failed),
        Some('4') => Some(Verdict::Delayed),
        Some('2') => Some(Verdict::Arrived),
        _ => None,
    })
}

/// RFC 3464 §2.3.3.
fn by_action(action: &str) -> Option<Verdict> {
    match action.split([' ', '(']).next().unwrap_or_default() {
        "failed" => Some(Verdict::Failed),
        "delayed" => Some(Verdict::Delayed),
        "delivered" | "relayed" | "expanded" => Some(Verdict::Arrived),
        _ => None,
    }
}

/// The status code alone: some servers write words after it.
fn status(group: &Headers) -> Option<&str> {
    group.get("status")?.split([' ', '(']).find(|word| !word.is_empty())
}

/// What the other side said, or else the report's own text.
fn words(mail: &Mail, group: &Headers) -> String {
    let said = group.get("diagnostic-code").map(|code| match code.split_once(';') {
        Some((_, said)) => said.trim(),
        None => code.trim(),
    });
    let said = said.filter(|said| !said.is_empty());
    let status = status(group);
    match (said, status) {
        (Some(said), Some(status)) if !said.contains(status) => format!("{said} ({status})"),
        (Some(said), _) => said.to_owned(),
        (None, _) => mail.text.clone(),
    }
}

fn recipients(group: &Headers) -> Vec<String> {
    let names = ["original-recipient", "final-recipient"];
    let typed = names.iter().filter_map(|name| group.get(name));
    let address = |value: &str| {
        let address = value.split_once(';').map_or(value, |(_, address)| address);
        addresses(address.trim()).next()
    };
    let mut all: Vec<String> = Vec::new();
    for recipient in typed.filter(|it| !starts_with(it, "system;")).filter_map(address) {
        if !all.contains(&recipient) {
            all.push(recipient);
        }
    }
    all
}
