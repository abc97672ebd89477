//! What programs for mailing lists hold back, drop or refuse, though a person would have sent it.
//!
//! Source: Mailman's rules `administrivia`, `max-size` and `no-subject` (`mailman.rules`, 3.3; the
//! same in 2.1); Sympa's `misaddressed_commands_regexp`, `loop_prevention_regex` and
//! `publicnomultipart` (`DoMessage.pm`, `ProcessIncoming.pm`, 6.2); all with their defaults. For
//! JISCMail its policy on spam: <https://www.jiscmail.ac.uk/help/policy/anti-spam.htm>.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Diagnostic, Severity};
use crate::posting::Posting;

/// Mailman holds back what is larger, headers included (`max_message_size`), in units of 1024 bytes.
pub const MAILMAN_TAKES: u32 = 40;

/// What is let stand of that: a list adds a footer and headers before it measures.
const SAFE: u32 = 35;

/// How much of it headers and the boundary of two halves take at most.
const HEADERS: usize = 2 * 1024;

/// In how many lines at the top Mailman looks for commands.
pub const LINES: usize = 10;

/// Words that are commands to Mailman, with how many words follow one.
const COMMANDS: [(&str, RangeInclusive<usize>); 11] = [
    ("help", 0..=0),
    ("info", 0..=0),
    ("lists", 0..=0),
    ("options", 0..=0),
    ("remove", 0..=0),
    ("subscribe", 0..=3),
    ("unsubscribe", 0..=1),
    ("who", 0..=2),
    ("set", 3..=3),
    ("confirm", 1..=1),
    ("password", 2..=2),
];

/// Sympa looks for commands in a body of so many lines and no more.
const SYMPAS_SHORT_BODY: usize = 5;

/// Before the `@` of senders that Sympa takes for robots.
const SYMPAS_ROBOTS: [&str; 6] =
    ["mailer-daemon", "sympa", "listserv", "majordomo", "smartlist", "mailman"];

/// Hosts that suspend whoever posts one message to several of their lists at a time.
const ONE_AT_A_TIME: [&str; 1] = ["jiscmail.ac.uk"];

/// Whether a list lies on a host that takes one message for one of its lists at a time only.
pub fn is_one_at_a_time(address: &str) -> bool {
    let host = address.rsplit('@').next().unwrap_or_default().to_lowercase();
    ONE_AT_A_TIME.iter().any(|it| host == *it || host.ends_with(&format!(".{it}")))
}

/// Whose habits a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Mailman,
    Sympa,
    /// One of which no such habits are known.
    Other,
    /// Nobody says: what any of them holds back is remarked, and nothing is refused for it.
    Unsaid,
    /// No list: a person reads it.
    NoList,
}

/// What becomes of the half in HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Html {
    Taken,
    Dropped,
    Refused,
}

/// What a list asks of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub program: Program,
    /// The largest message, headers included, in units of 1024 bytes; `None`: the program's own.
    pub max_kb: Option<u32>,
    pub max_words: Option<u32>,
    pub html: Html,
    /// The domain that a sender has to have: the employer's.
    pub employer: Option<String>,
}

/// A mail as it would go out.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The channel's name.
    pub channel: &'a str,
    pub rules: &'a Rules,
    /// The sender's address.
    pub from: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: Option<&'a str>,
}

/// What is wrong with a mail for a list.
struct Remark {
    severity: Severity,
    message: String,
    help: &'static str,
}

/// What a mailing list would hold back of this mail (a warning), or certainly not take (an error).
pub fn letter(page: &Posting, letter: &Letter<'_>) -> Vec<Diagnostic> {
    let said = |remark: Remark| {
        let message = format!("{}: {}", letter.channel, remark.message);
        let said = match remark.severity {
            Severity::Error => Diagnostic::error("channel::list", message),
            _ => Diagnostic::warning("channel::list", message),
        };
        said.at(&page.source, 0..0).help(remark.help)
    };
    remarks(letter).into_iter().map(said).collect()
}

/// Why the list would certainly refuse the mail, or drop it without a word; `None` if it would not.
pub fn refusal(letter: &Letter<'_>) -> Option<String> {
    let refused = |remark: &Remark| remark.severity == Severity::Error;
    let remark = remarks(letter).into_iter().find(refused)?;
    Some(format!("{}; {}", remark.message, remark.help))
}

fn remarks(letter: &Letter<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let program = letter.rules.program;
    commands(letter, &mut remarks);
    if program == Program::Sympa && is_robot(letter.from) {
        remarks.push(Remark {
            severity: Severity::Error,
            message: format!(
                "Sympa takes {} for a robot, and drops its mails without a word",
                letter.from
            ),
            help: "subscribe and send from an address that begins with another word",
        });
    }
    if matches!(program, Program::Mailman | Program::Unsaid) && letter.subject.trim().is_empty() {
        remarks.push(Remark {
            severity: Severity::Warning,
            message: "a list holds back a mail without a subject".to_owned(),
            help: "let the template `subject.txt.j2` say something",
        });
    }
    if let Some(employer) = letter.rules.employer.as_deref() {
        let domain = letter.from.rsplit('@').next().unwrap_or_default().to_lowercase();
        if !is_within(&domain, employer) && !is_within(employer, &domain) {
            remarks.push(Remark {
                severity: Severity::Warning,
                message: format!(
                    "the list takes ads from the employer's domain only, and {} is not of {employer}",
                    letter.from
                ),
                help: "send it from an address of the employer (`from`); if the employer's domain \
                       is another, say so in `handbill.toml`: `employer_domain` under `[site]`",
            });
        }
    }
    lengths(letter, &mut remarks);
    remarks
}

fn commands(letter: &Letter<'_>, remarks: &mut Vec<Remark>) {
    const HELP: &str = "begin the title or the line with another word";
    let lines = || letter.text.lines().filter(|line| !line.trim().is_empty());
    if matches!(letter.rules.program, Program::Mailman | Program::Unsaid) {
        let mut read = std::iter::once(letter.subject).chain(lines().take(LINES));
        if let Some(line) = read.find(|line| is_command(line)) {
            remarks.push(Remark {
                severity: Severity::Warning,
                message: format!(
                    "a list takes `{}` for a command, and holds the mail back",
                    line.trim()
                ),
                help: HELP,
            });
        }
    }
    if letter.rules.program == Program::Sympa {
        let first = lines().next().filter(|_| letter.text.lines().count() <= SYMPAS_SHORT_BODY);
        let command = sympas_command(letter.subject)
            .filter(|command| command.trim() == letter.subject.trim())
            .or_else(|| first.and_then(sympas_command));
        if let Some(command) = command {
            remarks.push(Remark {
                severity: Severity::Error,
                message: format!(
                    "Sympa takes `{}` for a command, and refuses the mail",
                    command.trim()
                ),
                help: HELP,
            });
        }
    }
}

fn lengths(letter: &Letter<'_>, remarks: &mut Vec<Remark>) {
    let Rules { program, max_kb, max_words, html, .. } = letter.rules;
    // In quoted-printable a letter that is not ASCII takes three bytes for each of its own.
    let length =
        |text: &str| text.bytes().map(|it| if it.is_ascii() { 1 } else { 3 }).sum::<usize>();
    let size = length(letter.text) + letter.html.map_or(0, length) + HEADERS;
    let kilobytes = u32::try_from(size.div_ceil(1024)).unwrap_or(u32::MAX);
    let usual = matches!(program, Program::Mailman | Program::Unsaid).then_some(SAFE);
    if let Some(most) = max_kb.or(usual)
        && kilobytes > most
    {
        let takes = match max_kb {
            Some(most) => format!("this list takes {most}"),
            None => format!("lists take {MAILMAN_TAKES} with what they add"),
        };
        remarks.push(Remark {
            // Sympa refuses it (5.2.3); others ask a moderator.
            severity: match program {
                Program::Sympa => Severity::Error,
                _ => Severity::Warning,
            },
            message: format!("the mail has about {kilobytes} KB, and {takes}"),
            help: "shorten the ad, or send it as text only (`body = \"text\"`)",
        });
    }
    if letter.html.is_some() {
        let refused = "the list refuses a mail with a half in HTML";
        let dropped = "the list takes the half in HTML off, and readers see the text alone";
        let said = match html {
            Html::Taken => None,
            Html::Dropped => Some((Severity::Warning, dropped)),
            Html::Refused => Some((Severity::Error, refused)),
        };
        remarks.extend(said.map(|(severity, message)| Remark {
            severity,
            message: message.to_owned(),
            help: "send it as text only (`body = \"text\"`)",
        }));
    }
    let words = || letter.text.split_whitespace().count();
    if let Some((most, words)) =
        max_words.map(|most| (most, words())).filter(|(most, words)| *words > *most as usize)
    {
        remarks.push(Remark {
            severity: Severity::Warning,
            message: format!("the mail has {words} words, and this list takes {most}"),
            help: "shorten the ad, or give the channel a `template` of its own that says less",
        });
    }
}

/// Whether Mailman takes a line for a command.
pub fn is_command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(first) = words.next().map(str::to_lowercase) else { return false };
    let arguments = words.count();
    COMMANDS.iter().any(|(command, counts)| *command == first && counts.contains(&arguments))
}

/// The command that Sympa finds at the beginning of a line.
fn sympas_command(line: &str) -> Option<&str> {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        let text = r"(?i)^(?:subscribe\s+\S+|unsubscribe\s+\S+|signoff\s+\S+|set\s+\S+\s+(?:mail|nomail|digest)\b)";
        Regex::new(text).expect("a constant pattern is valid")
    });
    COMMAND.find(line).map(|found| found.as_str())
}

fn is_robot(address: &str) -> bool {
    let name = address.split('@').next().unwrap_or_default().to_lowercase();
    SYMPAS_ROBOTS.contains(&name.as_str())
}

/// Whether a domain is another one, or lies in it.
fn is_within(domain: &str, other: &str) -> bool {
    domain == other || domain.strip_suffix(other).is_some_and(|it| it.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        program: Program::Unsaid,
        max_kb: None,
        max_words: None,
        html: Html::Taken,
        employer: None,
    };

    const LETTER: Letter<'static> = Letter {
        channel: "list",
        rules: &RULES,
        from: "office@tides.example",
        subject: "[Job] Diver",
        text: "Come and measure.\n",
        html: None,
    };

    fn said(letter: &Letter<'_>) -> Vec<(Severity, String)> {
        remarks(letter).into_iter().map(|it| (it.severity, it.message)).collect()
    }

    #[test]
    fn a_host_that_takes_one_message_for_one_list_is_known() {
        assert!(is_one_at_a_time("tides@JISCMAIL.AC.UK"));
        assert!(!is_one_at_a_time("tides@lists.example"));
    }

    #[test]
    fn a_line_that_is_a_command_to_the_list_is_known_by_its_length_too() {
        assert!(is_command("Subscribe to our PhD"));
        assert!(is_command("  help "));
        assert!(is_command("SET sail with us"));
        assert!(!is_command("SET sail"));
        assert!(!is_command("Set sail with us next year"));
        assert!(!is_command("Help us measure the tide"));
        assert!(!is_command(""));
    }

    #[test]
    fn an_ordinary_mail_is_good_for_every_list() {
        for program in
            [Program::Mailman, Program::Sympa, Program::Other, Program::Unsaid, Program::NoList]
        {
            let rules = Rules { program, ..RULES };
            assert_eq!(said(&Letter { rules: &rules, ..LETTER }), []);
        }
    }

    #[test]
    fn what_sympa_refuses_is_an_error_and_what_mailman_holds_a_warning() {
        let of = |program, subject: &str, text: &str| {
            let rules = Rules { program, ..RULES };
            said(&Letter { rules: &rules, subject, text, ..LETTER })
        };
        let sympa = |subject, text| of(Program::Sympa, subject, text);
        assert_eq!(sympa("Subscribe now", "x")[0].0, Severity::Error);
        assert_eq!(sympa("Subscribe now for tides", "x"), []);
        assert_eq!(sympa("Diver", "\nsignoff jobs and so on\n")[0].0, Severity::Error);
        assert_eq!(sympa("Diver", "signoff jobs\n2\n3\n4\n5\n6\n"), []);
        assert_eq!(of(Program::Mailman, "Subscribe now", "x")[0].0, Severity::Warning);
        assert_eq!(of(Program::NoList, "Subscribe now", "x"), []);
    }

    #[test]
    fn a_sender_that_sympa_takes_for_a_robot_is_an_error_there_alone() {
        let of = |program, from| {
            let rules = Rules { program, ..RULES };
            refusal(&Letter { rules: &rules, from, ..LETTER })
        };
        assert!(of(Program::Sympa, "Mailman@tides.example").unwrap().contains("without a word"));
        assert_eq!(of(Program::Sympa, "mailmans@tides.example"), None);
        assert_eq!(of(Program::Mailman, "mailman@tides.example"), None);
    }

    #[test]
    fn a_size_is_judged_by_the_lists_own_limit() {
        let text = "High tide, low tide. ".repeat(1800);
        let of = |program, max_kb| {
            let rules = Rules { program, max_kb, ..RULES };
            said(&Letter { rules: &rules, text: &text, ..LETTER })
        };
        assert!(of(Program::Mailman, None)[0].1.contains("about 39 KB, and lists take 40"));
        assert_eq!(of(Program::Mailman, Some(100)), []);
        assert_eq!(of(Program::Sympa, None), []);
        assert_eq!(of(Program::Sympa, Some(20))[0].0, Severity::Error);
        assert_eq!(of(Program::NoList, Some(20))[0].0, Severity::Warning);
    }

    #[test]
    fn html_is_judged_by_what_the_list_does_with_it() {
        let of = |html| {
            let rules = Rules { html, ..RULES };
            said(&Letter { rules: &rules, html: Some("<p>Come</p>"), ..LETTER })
        };
        assert_eq!(of(Html::Taken), []);
        assert_eq!(of(Html::Dropped)[0].0, Severity::Warning);
        assert_eq!(of(Html::Refused)[0].0, Severity::Error);
    }

    #[test]
    fn words_and_the_employers_domain_count_where_a_list_says_so() {
        let rules = Rules { max_words: Some(2), ..RULES };
        let found = said(&Letter { rules: &rules, ..LETTER });
        assert!(found[0].1.contains("3 words, and this list takes 2"), "{found:?}");
        for (employer, is_fine) in
            [("tides.example", true), ("www.tides.example", true), ("ides.example", false)]
        {
            let rules = Rules { employer: Some(employer.to_owned()), ..RULES };
            assert_eq!(said(&Letter { rules: &rules, ..LETTER }).is_empty(), is_fine, "{employer}");
        }
    }
}
