//! A mail server that misbehaves as a test wants it, and a channel that speaks to it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handbill::adapt::Rendition;
use handbill::channel::mail::envelope::Dsn;
use handbill::channel::mail::step::Patience;
use handbill::channel::mail::{Config, Mail, Security};
use handbill::channel::{Action, Channel, Outcome, Wire};
use handbill::clock::Clock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::channels::servers::{self, SECRET};

/// A file beside this one.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/channels/mail").join(name)
}

/// Where an SMTP server misbehaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Greeting,
    Auth,
    Sender,
    Recipient,
    Data,
    End,
}

/// A reply that never comes, while the connection stays open.
pub const STALLS: &str = "(stalls)";

pub struct SmtpServer {
    pub port: u16,
    pub taken: Arc<Taken>,
}

/// What a server took: whole messages but those that it refused, and every line in between.
#[derive(Default)]
pub struct Taken {
    messages: Mutex<Vec<String>>,
    lines: Mutex<Vec<String>>,
    /// How many connections there are, and the most there ever were.
    open: Mutex<(usize, usize)>,
    connections: Mutex<usize>,
}

/// What the server is like, and what goes wrong.
#[derive(Clone)]
pub struct Trouble {
    /// A reply, or nothing and the connection closed.
    pub fault: Option<(Step, &'static str)>,
    /// Only this message, counted from 1 by its MAIL, meets the fault.
    pub only: Option<usize>,
    /// Before this step is answered, the send-by passes on this clock.
    pub passes: Option<(Step, Clock)>,
    /// The first message is answered so much later, with this.
    pub late: Option<(Duration, &'static str)>,
    /// Each message is answered so much later.
    pub slow: Duration,
    /// Each connection is closed after one message, with this word or without any.
    pub leaves: Option<&'static str>,
    /// Lines of the greeting.
    pub offers: &'static [&'static str],
    /// The token that XOAUTH2 takes.
    pub token: Arc<Mutex<String>>,
    /// Encrypted from the first byte.
    pub acceptor: Option<TlsAcceptor>,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            fault: None,
            only: None,
            passes: None,
            late: None,
            slow: Duration::ZERO,
            leaves: None,
            offers: &["AUTH PLAIN LOGIN"],
            token: Arc::default(),
            acceptor: None,
        }
    }
}

impl SmtpServer {
    /// A server that is well but for `fault`; what it does not refuse it keeps, even where it then
    /// fails.
    pub async fn start(fault: Option<(Step, &'static str)>) -> Self {
        Self::with(Trouble { fault, ..Trouble::default() }).await
    }

    pub async fn with(mut trouble: Trouble) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Taken::default());
        let shared = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (trouble_now, taken) = (trouble.clone(), Arc::clone(&shared));
                trouble.late = None;
                tokio::spawn(async move {
                    taken.comes();
                    let served = match trouble_now.acceptor.clone() {
                        None => serve(stream, trouble_now, &taken).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, trouble_now, &taken).await,
                            Err(error) => Err(error),
                        },
                    };
                    taken.goes();
                    served
                });
            }
        });
        Self { port, taken }
    }

    pub fn messages(&self) -> Vec<String> {
        self.taken.messages.lock().unwrap().clone()
    }

    pub fn lines(&self) -> String {
        self.taken.lines.lock().unwrap().concat()
    }

    /// How many connections there ever were.
    pub fn connections(&self) -> usize {
        *self.taken.connections.lock().unwrap()
    }

    /// The most connections that there were at a time.
    pub fn at_a_time(&self) -> usize {
        self.taken.open.lock().unwrap().1
    }
}

impl Taken {
    fn comes(&self) {
        *self.connections.lock().unwrap() += 1;
        let mut open = self.open.lock().unwrap();
        open.0 += 1;
        open.1 = open.1.max(open.0);
    }

    fn goes(&self) {
        self.open.lock().unwrap().0 -= 1;
    }
}

/// A server that its university vouches for, for localhost and 127.0.0.1.
pub fn acceptor() -> TlsAcceptor {
    handbill::channel::tls::install_provider();
    let pem = std::fs::read(file("university_server.pem")).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(&pem).unwrap()],
            PrivateKeyDer::from_pem_slice(&pem).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite,
    trouble: Trouble,
    taken: &Taken,
) -> std::io::Result<()> {
    let reply = |step: Step, well: &'static str| {
        if let Some((at, clock)) = &trouble.passes
            && *at == step
        {
            servers::let_it_pass(clock);
        }
        let lines = taken.lines.lock().unwrap();
        let begun = lines.iter().filter(|line| line.starts_with("MAIL ")).count();
        let number = begun + usize::from(matches!(step, Step::Greeting | Step::Auth));
        match trouble.fault {
            Some((at, reply)) if at == step && trouble.only.is_none_or(|it| it == number) => reply,
            _ => well,
        }
    };
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read);
    let mut line = String::new();
    let mut answer = reply(Step::Greeting, "220 mail.example ready").to_owned();
    let right_token = {
        let token = trouble.token.lock().unwrap();
        let response = format!("user=jobs\x01auth=Bearer {token}\x01\x01");
        data_encoding::BASE64.encode(response.as_bytes())
    };
    loop {
        if answer.is_empty() {
            return Ok(());
        }
        if answer == STALLS {
            return std::future::pending().await;
        }
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        write.flush().await?;
        let in_data = answer.starts_with("354");
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        taken.lines.lock().unwrap().push(line.clone());
        if in_data {
            let mut message = String::new();
            while line != ".\r\n" {
                message.push_str(&line);
                line.clear();
                if lines.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
            }
            answer = reply(Step::End, "250 2.0.0 queued as 4711").to_owned();
            if !answer.starts_with(['4', '5']) {
                taken.messages.lock().unwrap().push(message);
            }
            if let Some((wait, reply)) = trouble.late {
                tokio::time::sleep(wait).await;
                answer = reply.to_owned();
            }
            tokio::time::sleep(trouble.slow).await;
            if let Some(word) = trouble.leaves {
                let end = if word.is_empty() { String::new() } else { format!("{word}\r\n") };
                write.write_all(format!("{answer}\r\n{end}").as_bytes()).await?;
                return write.flush().await;
            }
            continue;
        }
        answer = match line.get(..4).unwrap_or_default() {
            "EHLO" => {
                let offers: String =
                    trouble.offers.iter().map(|offer| format!("250-{offer}\r\n")).collect();
                format!("250-mail.example\r\n{offers}250 8BITMIME")
            }
            "AUTH" if line.starts_with("AUTH XOAUTH2 ") => {
                if line.trim_end() == format!("AUTH XOAUTH2 {right_token}") {
                    "235 welcome".to_owned()
                } else {
                    "334 eyJzdGF0dXMiOiI0MDAifQ==".to_owned()
                }
            }
            "\r\n" => "535 5.7.8 token not accepted".to_owned(),
            "AUTH" => reply(Step::Auth, "235 welcome").to_owned(),
            "MAIL" => reply(Step::Sender, "250 ok").to_owned(),
            "RCPT" => reply(Step::Recipient, "250 ok").to_owned(),
            "DATA" => reply(Step::Data, "354 go on").to_owned(),
            _ => "221 bye".to_owned(),
        };
    }
}

pub fn rendition() -> Rendition {
    Rendition::Mail {
        subject: "PhD on tides at the coast (Küste)".to_owned(),
        text: "Come and measure.\n\n.\n..two\nBye\n".to_owned(),
        html: None,
        language: "en".to_owned(),
    }
}

pub fn config(port: u16) -> Config {
    Config {
        to: "list@lists.example".to_owned(),
        from: "jobs@tides.example".to_owned(),
        from_name: Some("Tidal Lab".to_owned()),
        dsn: Dsn::Failure,
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        security: Security::None,
        username: Some("jobs".to_owned()),
        password: Some(servers::secret(SECRET)),
        ..Config::default()
    }
}

/// A channel that does not wait for long.
pub fn channel(config: Config) -> Mail {
    let patience = Patience {
        connect: Duration::from_millis(500),
        reply: Duration::from_millis(500),
        data_end: Duration::from_millis(900),
        quit: Duration::from_millis(500),
    };
    Mail::new(config, servers::context()).unwrap().with_patience(patience)
}

pub fn publish(channel: &Mail) -> Wire {
    let key = servers::key();
    channel.prepare(Action::Publish(&rendition()), &servers::address(&key)).unwrap()
}

/// Sends one message.
pub async fn send(channel: &Mail) -> Outcome {
    channel.send(&publish(channel), &servers::permit()).await
}
