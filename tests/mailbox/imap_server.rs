//! An IMAP server that says what it is told to, for the faults that a real one does not have.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use handbill::channel::mail::Security;
use handbill::mailbox::config::Config;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it does about a command.
#[derive(Debug, Clone)]
pub enum Does {
    /// Says this; `{tag}` stands for the command's tag.
    Says(String),
    /// Says this, and closes.
    Closes(String),
    /// Says nothing more, and stays.
    Stalls,
}

pub fn says(text: &str) -> Does {
    Does::Says(text.replace('\n', "\r\n"))
}

pub fn closes(text: &str) -> Does {
    Does::Closes(text.replace('\n', "\r\n"))
}

/// A server, and every line that it was sent.
pub struct ImapServer {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl ImapServer {
    /// `answers` are looked through in their order for one whose beginning is the command's; each is
    /// used once, except the last of its kind. What nobody named is answered as an empty, healthy
    /// server would.
    pub async fn start(greeting: Does, answers: &[(&str, Does)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<(String, Does)> =
            answers.iter().map(|(command, does)| ((*command).to_owned(), does.clone())).collect();
        let lines = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, greeting.clone(), answers.clone(), Arc::clone(&lines)));
            }
        });
        Self { address, heard }
    }

    /// A healthy one but for these answers.
    pub async fn answering(answers: &[(&str, Does)]) -> Self {
        Self::start(says("* OK ready\n"), answers).await
    }

    pub fn config(&self) -> Config {
        Config {
            host: self.address.ip().to_string(),
            port: Some(self.address.port()),
            security: Security::None,
            ca: None,
            username: "jobs@lab.example".to_owned(),
            password: None,
            oauth2: None,
            folder: "INBOX".to_owned(),
        }
    }

    /// What it was sent, without tags.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn healthy(command: &str) -> &'static str {
    match command {
        it if it.starts_with("CAPABILITY") => "* CAPABILITY IMAP4rev1 IDLE\n{tag} OK done\n",
        it if it.starts_with("EXAMINE") => {
            "* 3 EXISTS\n* OK [UIDVALIDITY 7] lasting\n* OK [UIDNEXT 4] next\n{tag} OK done\n"
        }
        it if it.starts_with("UID SEARCH") => "* SEARCH\n{tag} OK done\n",
        it if it.starts_with("IDLE") => "+ idling\n",
        it if it.starts_with("LOGOUT") => "* BYE\n{tag} OK done\n",
        _ => "{tag} OK done\n",
    }
}

async fn talk(
    stream: TcpStream,
    greeting: Does,
    mut answers: Vec<(String, Does)>,
    heard: Arc<Mutex<Vec<String>>>,
) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut does = greeting;
    let mut tag = String::new();
    loop {
        match &does {
            Does::Says(text) => {
                let text = text.replace("{tag}", &tag);
                if writer.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Does::Closes(text) => {
                let _ = writer.write_all(text.replace("{tag}", &tag).as_bytes()).await;
                return;
            }
            Does::Stalls => std::future::pending().await,
        }
        let Ok(Some(line)) = lines.next_line().await else { return };
        // DONE and answers of a sign-in have no tag.
        let command = match line.split_once(' ') {
            Some((first, command)) if first.starts_with('A') => {
                tag = first.to_owned();
                command.to_owned()
            }
            _ => line,
        };
        heard.lock().unwrap().push(command.clone());
        let fits: Vec<usize> =
            (0..answers.len()).filter(|at| command.starts_with(answers[*at].0.as_str())).collect();
        does = match fits.as_slice() {
            [] => says(healthy(&command)),
            [last] => answers[*last].1.clone(),
            [first, ..] => answers.remove(*first).1,
        };
    }
}
