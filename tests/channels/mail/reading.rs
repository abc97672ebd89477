//! Messages as an independent program reads them: Python's `email`.

use std::io::Write;
use std::process::{Command, Stdio};

use handbill::adapt::{Charset, MailBody, Rendition};
use handbill::channel::mail::Config;
use handbill::channel::{Action, Channel, Receipt, Wire};
use serde_json::{Value, json};

use super::server::{channel, config};
use crate::channels::servers;

const READER: &str = r#"
import email, email.policy, json, sys
read = []
for message in json.load(sys.stdin):
    mail = email.message_from_bytes(message.encode("ascii"), policy=email.policy.default)
    read.append({
        "headers": [[name, str(value)] for name, value in mail.items()],
        "subject": mail["Subject"],
        "from": [mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec],
        "date": mail["Date"].datetime.isoformat(),
        "defects": [str(it) for part in mail.walk()
                    for it in [*part.defects, *(d for h in part.values() for d in h.defects)]],
        "parts": [[part.get_content_type(), part.get_content_charset(), part["Content-Transfer-Encoding"],
                   part.get_content().replace("\r\n", "\n").rstrip("\n") + "\n"] for part in mail.walk() if not part.is_multipart()],
        "longest": max(len(line) for line in message.split("\r\n")),
    })
json.dump(read, sys.stdout)
"#;

fn read(messages: &[String]) -> Vec<Value> {
    let python = std::env::var_os("HANDBILL_PYTHON").unwrap_or_else(|| "python3".into());
    let mut reader = Command::new(python)
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python is needed to read messages independently");
    let given = serde_json::to_vec(messages).unwrap();
    reader.stdin.take().unwrap().write_all(&given).unwrap();
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn prepared(config: &Config, subject: &str, text: &str, html: Option<&str>) -> String {
    let rendition = Rendition::Mail {
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: html.map(ToOwned::to_owned),
        language: "de".to_owned(),
    };
    let receipt =
        Receipt { remote_id: Some("hb.1@tides.example".to_owned()), ..Receipt::default() };
    let key = servers::key();
    let wire = channel(config.clone())
        .prepare(Action::FollowUp(&rendition, &receipt), &servers::address(&key))
        .unwrap();
    let Wire::Mail(mail) = wire else { panic!("no mail") };
    mail.message
}

const SUBJECTS: &[&str] = &[
    "PhD on tides",
    "Promotionsstelle (m/w/d): Gezeiten an der Küste, Uni Übersee – bis 15.1.",
    "潮汐の研究員を募集します：海岸と川の博士研究員（三年間）",
    "= ? =?utf-8?q?no?= \"quoted\", comma; <angles> @ %0d%0aBcc: all@lists.example",
    "A subject that goes on and on, without an end, for longer than any mailbox would ever show it",
];

const LONG_LINK: &str = "https://tides.example/jobs/a-path-that-is-longer-than-a-line-of-a-mail-may-be/and-goes-on/2027?a=1&b=2";

fn texts() -> Vec<String> {
    vec![
        "Come and measure.\n\n.\n..two\n.\r\nBye\n".to_owned(),
        format!("Grüße von der Küste — „Gezeiten“ 75 %\n\n[1] <{LONG_LINK}>\n"),
        "潮汐の研究員を募集します。海岸で働きます。\n".to_owned(),
        "trailing space \nand tab\t\n=20 is no space, ==\n--=_hb.0 is no boundary\n".to_owned(),
        format!("{}\n", "word ".repeat(300)),
    ]
}

#[test]
fn an_independent_reader_reads_what_was_written() {
    let utf8 = config(1);
    let both = Config { body: MailBody::Alternative, ..config(1) };
    let named =
        Config { from_name: Some("Gezeiten-Labor „Küste“, Überse".to_owned()), ..config(1) };
    let html = format!("<p>Küste &amp; <a href=\"{LONG_LINK}\">潮</a></p>\n");
    let mut messages = Vec::new();
    let mut written = Vec::new();
    for subject in SUBJECTS {
        for text in texts() {
            for (config, html) in [(&utf8, None), (&both, Some(html.as_str())), (&named, None)] {
                messages.push(prepared(config, subject, &text, html));
                let name = config.from_name.clone();
                written.push((*subject, text.replace("\r\n", "\n"), html, name));
            }
        }
    }
    for (mail, (subject, text, html, name)) in read(&messages).iter().zip(&written) {
        assert_eq!(mail["defects"], json!([]), "{mail:#}");
        assert_eq!(mail["subject"], **subject);
        assert_eq!(mail["from"], json!([name, "jobs@tides.example"]));
        assert_eq!(mail["date"], "2026-11-24T10:00:00+00:00");
        let mut parts = vec![json!(["text/plain", "utf-8", "quoted-printable", text])];
        parts.extend(html.map(|it| json!(["text/html", "utf-8", "quoted-printable", it])));
        assert_eq!(mail["parts"], json!(parts));
        assert!(mail["longest"].as_u64().unwrap() <= 78, "{mail:#}");
        let names: Vec<&str> =
            mail["headers"].as_array().unwrap().iter().filter_map(|it| it[0].as_str()).collect();
        for absent in ["Bcc", "Cc", "Auto-Submitted", "Precedence", "X-No-Archive", "List-Id"] {
            assert!(!names.contains(&absent), "{mail:#}");
        }
        let once = |name: &str| names.iter().filter(|it| **it == name).count() == 1;
        for name in ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"] {
            assert!(once(name), "{name} in {mail:#}");
        }
    }
}

#[test]
fn a_mail_in_ascii_goes_out_as_it_reads_and_every_link_is_whole() {
    let ascii = Config { charset: Charset::Ascii, body: MailBody::Alternative, ..config(1) };
    let text = format!("Kueste = coast\n\n[1] <{LONG_LINK}>\n.\nFrom now on\n");
    let html = "<p>K&#252;ste</p>\n";
    let message = prepared(&ascii, "PhD", &text, Some(html));
    assert!(message.contains(&format!("\r\n[1] <{LONG_LINK}>\r\n")), "{message}");
    let mail = read(&[message]).remove(0);
    assert_eq!(mail["defects"], json!([]));
    assert_eq!(
        mail["parts"],
        json!([["text/plain", "us-ascii", "7bit", text], ["text/html", "us-ascii", "7bit", html]])
    );
    // What ASCII cannot say is not lost: the mail is in UTF-8 then, and says so.
    let mail = read(&[prepared(&ascii, "PhD", "潮\n", Some(html))]).remove(0);
    assert_eq!(mail["parts"][0], json!(["text/plain", "utf-8", "quoted-printable", "潮\n"]));
    let long = format!("{}\n", "x".repeat(1_200));
    let mail = read(&[prepared(&ascii, "PhD", &long, Some(html))]).remove(0);
    assert_eq!(mail["parts"][0], json!(["text/plain", "utf-8", "quoted-printable", long]));
}
