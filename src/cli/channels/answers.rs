//! What a person is asked, and what options say instead. Without a terminal nobody is asked.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use secrecy::SecretString;

use super::super::CliError;
use crate::channel::secret::{SecretPlace, SecretRef};

/// What Ctrl-C types where it is no signal, and the code with which a command ends that it broke off.
const BREAK: u8 = 3;
const BROKEN_OFF: i32 = 130;

/// A question, and the option that answers it.
pub(super) struct Question<'a> {
    pub(super) option: &'a str,
    pub(super) words: &'a str,
}

/// The answer of an option, or of a person at a terminal.
pub(super) fn answer(given: Option<&str>, question: &Question<'_>) -> Result<String, CliError> {
    let answer = match given {
        Some(given) => given.to_owned(),
        None => asked(question)?,
    };
    let answer = answer.trim();
    if answer.is_empty() {
        return Err(missing(question));
    }
    Ok(answer.to_owned())
}

/// A line that a person types or pastes.
pub(super) fn asked(question: &Question<'_>) -> Result<String, CliError> {
    if !is_attended() {
        return Err(missing(question));
    }
    prompt(question.words)?;
    line()
}

/// The same, without showing what is typed.
pub(super) fn asked_in_secret(question: &Question<'_>) -> Result<SecretString, CliError> {
    if !is_attended() {
        return Err(missing(question));
    }
    let terminal = io::stdin();
    let shown = tcgetattr(&terminal).map_err(|error| CliError::Output(error.into()))?;
    let mut hidden = shown.clone();
    // A signal would end the process before the terminal shows again what is typed; so Ctrl-C ends
    // the line instead, and the process when all is as it was.
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
    hidden.special_codes[SpecialCodeIndex::VEOL] = BREAK;
    // Before anybody is asked: what is pasted at once would be shown, and then thrown away.
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)
        .map_err(|error| CliError::Output(error.into()))?;
    let typed = prompt(question.words).and_then(|()| hidden_line().map_err(CliError::Output));
    // What was typed is told before a terminal that stays silent.
    let _ = tcsetattr(&terminal, OptionalActions::Flush, &shown);
    super::super::complain("");
    let Some(typed) = typed? else { std::process::exit(BROKEN_OFF) };
    if typed.trim().is_empty() {
        return Err(missing(question));
    }
    Ok(SecretString::from(typed.trim().to_owned()))
}

/// What is typed while nothing of it is shown; `None` if it was broken off.
fn hidden_line() -> io::Result<Option<String>> {
    let mut typed = Vec::new();
    for byte in io::stdin().lock().bytes() {
        match byte? {
            BREAK => return Ok(None),
            b'\n' => break,
            byte => typed.push(byte),
        }
    }
    Ok(Some(String::from_utf8_lossy(&typed).into_owned()))
}

/// Whether somebody sits at a terminal.
pub(super) fn is_attended() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn missing(question: &Question<'_>) -> CliError {
    CliError::Usage(format!(
        "`{}` is missing: {}\nhelp: without a terminal every answer is an option",
        question.option,
        question.words.trim_end_matches([':', '?', ' ']),
    ))
}

fn prompt(words: &str) -> Result<(), CliError> {
    let mut out = anstream::stderr().lock();
    write!(out, "{words} ").and_then(|()| out.flush()).map_err(CliError::Output)
}

fn line() -> Result<String, CliError> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(CliError::Output)?;
    Ok(line)
}

/// Where a credential is that somebody has already.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub(super) env: Option<String>,
    pub(super) file: Option<PathBuf>,
}

impl Given {
    pub(super) fn place(&self) -> Option<SecretRef> {
        let place = match (&self.env, &self.file) {
            (Some(name), _) => SecretPlace::Env(name.clone()),
            // In the channel's file a path counts from the site's folder, not from here.
            (None, Some(path)) => {
                SecretPlace::File(std::path::absolute(path).unwrap_or_else(|_| path.clone()))
            }
            (None, None) => return None,
        };
        Some(SecretRef { place, expires: None })
    }
}
