//! One connection to the mail server.

use std::io;
use std::sync::Arc;

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Inner, Login, MailFault, StoredMail};

/// The largest message taken, as EHLO says it (RFC 1870).
const SIZE: usize = 10 * 1024 * 1024;

/// The longest line read; RFC 5321 §4.5.3.1 asks for less.
const LINE: u64 = 64 * 1024;

/// Speaks with one client until it quits or the connection ends.
pub(super) async fn run(stream: TcpStream, inner: Arc<Inner>) {
    let session = Session { stream: BufReader::new(stream), inner, transaction: None };
    // A client that goes away is nothing to report.
    let _ = session.speak().await;
}

struct Session {
    stream: BufReader<TcpStream>,
    inner: Arc<Inner>,
    transaction: Option<Transaction>,
}

/// From MAIL to the end of the text.
#[derive(Default)]
struct Transaction {
    from: String,
    recipients: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Open,
    LoginNeeded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Command,
    Close,
}

impl Session {
    async fn speak(mut self) -> io::Result<()> {
        let mut access =
            if self.inner.options.login.is_some() { Access::LoginNeeded } else { Access::Open };
        self.reply("220 standin.invalid ESMTP rehearsal, on this machine only").await?;
        while let Some(line) = self.line().await? {
            let line = String::from_utf8_lossy(&line).into_owned();
            let (verb, argument) = match line.split_once(' ') {
                Some((verb, argument)) => (verb.to_ascii_uppercase(), argument.trim()),
                None => (line.to_ascii_uppercase(), ""),
            };
            let next = match verb.as_str() {
                "EHLO" | "HELO" => self.greet(&verb).await?,
                "AUTH" => {
                    if self.log_in(argument).await? {
                        access = Access::Open;
                        self.say("235 2.7.0 Authentication successful").await?
                    } else {
                        self.say("535 5.7.8 Authentication credentials invalid").await?
                    }
                }
                "NOOP" => self.say("250 2.0.0 Ok").await?,
                "RSET" => {
                    self.transaction = None;
                    self.say("250 2.0.0 Ok").await?
                }
                "QUIT" => {
                    self.reply("221 2.0.0 Bye").await?;
                    Next::Close
                }
                "MAIL" | "RCPT" | "DATA" if access == Access::LoginNeeded => {
                    self.say("530 5.7.0 Authentication required").await?
                }
                "MAIL" => self.mail(argument).await?,
                "RCPT" => self.recipient(argument).await?,
                "DATA" => self.data().await?,
                _ => self.say("502 5.5.2 Command not recognised").await?,
            };
            if next == Next::Close {
                break;
            }
        }
        Ok(())
    }

    async fn greet(&mut self, verb: &str) -> io::Result<Next> {
        self.transaction = None;
        if verb == "HELO" {
            return self.say("250 standin.invalid").await;
        }
        let mut lines = vec!["standin.invalid".to_owned(), format!("SIZE {SIZE}")];
        if self.inner.options.login.is_some() {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        lines.extend(["ENHANCEDSTATUSCODES", "PIPELINING"].map(str::to_owned));
        for line in &lines {
            self.reply(&format!("250-{line}")).await?;
        }
        self.say("250 8BITMIME").await
    }

    /// Reads the credentials, with or without a challenge (RFC 4616, draft-murchison-sasl-login).
    async fn log_in(&mut self, argument: &str) -> io::Result<bool> {
        let Some(Login { username, password }) = self.inner.options.login.clone() else {
            return Ok(true);
        };
        let (mechanism, initial) = match argument.split_once(' ') {
            Some((mechanism, initial)) => (mechanism, Some(initial.trim().to_owned())),
            None => (argument, None),
        };
        match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let answer = match initial {
                    Some(initial) => initial,
                    None => self.ask("334 ").await?,
                };
                let answer = BASE64.decode(answer.as_bytes()).unwrap_or_default();
                // authzid NUL authcid NUL passwd; the first is often empty.
                let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
                Ok(matches!(fields.as_slice(), [_, user, secret]
                    if *user == username.as_bytes() && *secret == password.as_bytes()))
            }
            "LOGIN" => {
                let user = match initial {
                    Some(initial) => initial,
                    None => self.ask("334 VXNlcm5hbWU6").await?,
                };
                let secret = self.ask("334 UGFzc3dvcmQ6").await?;
                Ok(BASE64.decode(user.as_bytes()).is_ok_and(|it| it == username.as_bytes())
                    && BASE64.decode(secret.as_bytes()).is_ok_and(|it| it == password.as_bytes()))
            }
            _ => Ok(false),
        }
    }

    async fn mail(&mut self, argument: &str) -> io::Result<Next> {
        if self.transaction.is_some() {
            return self.say("503 5.5.1 Sender already given").await;
        }
        match path(argument, "FROM:") {
            Some(from) => {
                self.transaction = Some(Transaction { from, recipients: Vec::new() });
                self.say("250 2.1.0 Ok").await
            }
            None => self.say("501 5.5.4 Syntax: MAIL FROM:<address>").await,
        }
    }

    async fn recipient(&mut self, argument: &str) -> io::Result<Next> {
        let Some(transaction) = &mut self.transaction else {
            return self.say("503 5.5.1 Need MAIL first").await;
        };
        let Some(recipient) = path(argument, "TO:").filter(|it| !it.is_empty()) else {
            return self.say("501 5.5.4 Syntax: RCPT TO:<address>").await;
        };
        let at_recipient = self.inner.faults.take_if(MailFault::is_at_recipient);
        match at_recipient {
            Some(MailFault::RejectRecipient) => {
                self.say("550 5.1.1 Recipient address rejected: no such list").await
            }
            Some(MailFault::Greylist) => {
                self.say("451 4.7.1 Greylisting in action, please come back later").await
            }
            Some(_) => Ok(Next::Close),
            None => {
                transaction.recipients.push(recipient);
                self.say("250 2.1.5 Ok").await
            }
        }
    }

    async fn data(&mut self) -> io::Result<Next> {
        let Some(transaction) = self.transaction.take_if(|it| !it.recipients.is_empty()) else {
            return self.say("503 5.5.1 Need RCPT first").await;
        };
        let fault = self.inner.faults.take_if(|fault| !fault.is_at_recipient());
        if fault == Some(MailFault::CloseAtData) {
            self.reply("421 4.3.2 Service shutting down").await?;
            return Ok(Next::Close);
        }
        self.reply("354 End data with <CR><LF>.<CR><LF>").await?;
        if fault == Some(MailFault::DropInTheText) {
            let _ = self.line().await?;
            return Ok(Next::Close);
        }
        let Some(raw) = self.text().await? else { return Ok(Next::Close) };
        if raw.len() > SIZE {
            return self.say("552 5.3.4 Message too big").await;
        }
        match fault {
            Some(MailFault::RejectText) => {
                return self.say("554 5.7.1 Message content rejected").await;
            }
            Some(MailFault::DeferText) => {
                return self.say("451 4.3.0 Mail system temporarily unavailable").await;
            }
            _ => {}
        }
        self.inner.store(StoredMail {
            received_at: self.inner.clock.now(),
            envelope_from: transaction.from,
            recipients: transaction.recipients,
            raw,
        });
        match fault {
            Some(MailFault::StoreThenDrop) => Ok(Next::Close),
            Some(MailFault::StoreThenStall) => std::future::pending().await,
            Some(MailFault::StoreThenGarbage) => self.say("HELLO?? not smtp").await,
            Some(MailFault::StoreThenReject) => {
                self.say("554 5.7.1 Message content rejected").await
            }
            Some(MailFault::Delay(wait)) => {
                tokio::time::sleep(wait).await;
                self.say("250 2.0.0 Ok: queued").await
            }
            _ => self.say("250 2.0.0 Ok: queued").await,
        }
    }

    /// The text up to the lone dot, leading dots unstuffed (RFC 5321 §4.5.2); `None` if the
    /// client went away before. What is beyond the size is read and dropped.
    async fn text(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut text = Vec::new();
        while let Some(line) = self.line().await? {
            if line == b"." {
                return Ok(Some(text));
            }
            if text.len() <= SIZE {
                text.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                text.extend_from_slice(b"\r\n");
            }
        }
        Ok(None)
    }

    /// A line without its end; `None` at the end of the connection or if it is too long.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        (&mut self.stream).take(LINE).read_until(b'\n', &mut line).await?;
        if line.pop() != Some(b'\n') {
            return Ok(None);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }

    /// Sends a challenge and reads the answer; empty if none comes.
    async fn ask(&mut self, challenge: &str) -> io::Result<String> {
        self.reply(challenge).await?;
        let answer = self.line().await?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&answer).trim().to_owned())
    }

    async fn say(&mut self, reply: &str) -> io::Result<Next> {
        self.reply(reply).await?;
        Ok(Next::Command)
    }

    async fn reply(&mut self, reply: &str) -> io::Result<()> {
        self.stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }
}

/// The address in `FROM:<address> SIZE=…`; the empty one is allowed there.
fn path(argument: &str, keyword: &str) -> Option<String> {
    let (given, rest) = argument.split_at_checked(keyword.len())?;
    if !given.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (address, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    Some(address.to_owned())
}
