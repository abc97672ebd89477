//! What programs for mailing lists hold back, though a person would have sent it.
//!
//! Source: Mailman's rules `administrivia` and `max-size` (`mailman.rules`, 3.3; the same in 2.1) and
//! Sympa's check for commands (`DoMessage.pm`); all with their defaults. For JISCMail its policy on
//! spam: <https://www.jiscmail.ac.uk/help/policy/anti-spam.htm>.

use crate::diagnostic::Diagnostic;
use crate::posting::Posting;

/// Mailman holds back what is larger, headers included (`max_message_size`).
const LARGEST: usize = 40 * 1024;

/// How much of that headers and the boundary of two halves take at most.
const HEADERS: usize = 2 * 1024;

/// In how many lines at the top Mailman looks for commands.
const LINES: usize = 10;

/// Words that are commands to the program, with the most words that follow one.
const COMMANDS: [(&str, usize); 9] = [
    ("help", 0),
    ("info", 0),
    ("remove", 0),
    ("subscribe", 3),
    ("unsubscribe", 1),
    ("who", 2),
    ("set", 3),
    ("confirm", 1),
    ("password", 2),
];

/// Hosts that suspend whoever posts one message to several of their lists at a time.
const ONE_AT_A_TIME: [&str; 1] = ["jiscmail.ac.uk"];

/// Whether a list lies on a host that takes one message for one of its lists at a time only.
pub fn is_one_at_a_time(address: &str) -> bool {
    let host = address.rsplit('@').next().unwrap_or_default().to_lowercase();
    ONE_AT_A_TIME.iter().any(|it| host == *it || host.ends_with(&format!(".{it}")))
}

/// A mail as it would go out.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The channel's name.
    pub channel: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    /// The length of the half in HTML, in bytes; 0 if there is none.
    pub html: usize,
}

/// What a mailing list would hold back of this mail.
pub fn letter(page: &Posting, letter: &Letter<'_>) -> Vec<Diagnostic> {
    let mut remarks = Vec::new();
    let name = letter.channel;
    let mut warn = |message: String, help: &str| {
        remarks
            .push(Diagnostic::warning("channel::list", message).at(&page.source, 0..0).help(help));
    };
    let top = letter.text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    if let Some(line) = std::iter::once(letter.subject).chain(top).find(|line| is_command(line)) {
        warn(
            format!(
                "{name}: a list takes `{}` for a command, and holds the mail back",
                line.trim()
            ),
            "begin the title or the line with another word",
        );
    }
    // In quoted-printable a letter that is not ASCII takes three bytes for each of its own.
    let length =
        |text: &str| text.bytes().map(|it| if it.is_ascii() { 1 } else { 3 }).sum::<usize>();
    let size = length(letter.text) + letter.html + HEADERS;
    if size > LARGEST {
        warn(
            format!("{name}: the mail has about {} KB, and lists take 40", size / 1024),
            "shorten the ad, or send it as text only (`body = \"text\"`)",
        );
    }
    remarks
}

/// Whether a program for lists takes a line for a command.
fn is_command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(first) = words.next().map(str::to_lowercase) else { return false };
    let arguments = words.count();
    COMMANDS.iter().any(|(command, most)| *command == first && arguments <= *most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_takes_one_message_for_one_list_is_known() {
        assert!(is_one_at_a_time("tides@JISCMAIL.AC.UK"));
        assert!(!is_one_at_a_time("tides@lists.example"));
    }

    #[test]
    fn a_line_that_is_a_command_to_the_list_is_known_by_its_length_too() {
        assert!(is_command("Subscribe to our PhD"));
        assert!(is_command("  help "));
        assert!(is_command("SET sail"));
        assert!(!is_command("Set sail with us next year"));
        assert!(!is_command("Help us measure the tide"));
        assert!(!is_command(""));
    }
}
