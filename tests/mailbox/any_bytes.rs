//! Whatever comes in, reading it ends, and without a panic.

use handbill::mailbox::answer::{self, Says};
use proptest::prelude::*;

use super::all_mails;
use crate::support::time::assert_linear;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let answer = answer::read(&bytes);
        prop_assert!(answer.words.chars().count() <= 300);
    }

    /// Bytes changed, pieces cut out, doubled and moved, in mails that begin as real ones.
    #[test]
    fn damaged_mails_are_read(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8, 1..200_usize), 1..30),
    ) {
        let mails = all_mails();
        let mut bytes = which.get(&mails).clone();
        for (place, byte, kind, length) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => bytes.truncate(at),
            }
        }
        let answer = answer::read(&bytes);
        prop_assert!(answer.words.chars().count() <= 300);
    }

    /// Header fields and marks of every kind, put together at random.
    #[test]
    fn mails_of_known_pieces_are_read(
        pieces in proptest::collection::vec(prop::sample::select(PIECES), 0..40),
    ) {
        answer::read(pieces.concat().as_bytes());
    }
}

const PIECES: &[&str] = &[
    "From: ",
    "To: ",
    "Subject: ",
    "Date: ",
    "Message-ID: <",
    ">",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\"",
    "List-Id: <",
    "X-Mailman-Version: 3.3.8\r\n",
    "Precedence: bulk\r\n",
    "Return-Path: <>\r\n",
    "X-Failed-Recipients: ",
    "Content-Type: multipart/report; boundary=b\r\n",
    "--b",
    "--b--",
    "Content-Type: message/delivery-status\r\n\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Type: text/rfc822-headers\r\n\r\n",
    "Action: failed\r\n",
    "Status: 5.1.1\r\n",
    "Diagnostic-Code: X-Sympa;",
    "    quoted",
    ":",
    "(",
    "Content-Transfer-Encoding: base64\r\n",
    "=?utf-8?q?=C3?=",
    "=?utf-8?b?",
    "jobs@lists.example",
    "sympa@lists.example",
    "CONFIRM ",
    "deadbeefdeadbeef",
    "Archived-At: <https://",
    "/d/msgid/",
    "\u{fffd}",
    "ü",
    " «",
    "» ",
];

/// Each level of a mail in a mail would be a call when it is dropped.
#[test]
fn mails_within_mails_end() {
    for piece in [
        "Content-Type: message/rfc822\r\n\r\n",
        "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n",
    ] {
        let bytes = piece.repeat(1024 * 1024 / piece.len());
        assert_eq!(answer::read(bytes.as_bytes()).says, Says::Other);
    }
}

#[test]
fn a_huge_mail_is_read_to_its_limit() {
    let mut bytes = super::mail("mailman3-hold");
    bytes.resize(8 * 1024 * 1024, b'x');
    assert_eq!(answer::read(&bytes).says, Says::Held);
}

#[test]
fn twice_as_long_a_mail_takes_about_twice_the_time() {
    for (begin, piece) in [
        ("", "a@b.example "),
        ("To: ", "a@b.example, "),
        ("", "X: y\r\n"),
        ("Return-Path: <>\r\nSubject: x\r\n\r\n", "your message "),
        ("From: sympa@l.example\r\n\r\n", "(x: "),
        ("X-List-Administrivia: yes\r\n\r\n", "x\r\n\r\n"),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\n"),
    ] {
        // Twice that is still within what is read of a mail.
        let mail = |bytes: usize| format!("{begin}{}", piece.repeat(bytes / piece.len()));
        let (short, long) = (mail(400_000), mail(800_000));
        let read = |mail: &str| drop(answer::read(mail.as_bytes()));
        assert_linear(piece, || read(&short), || read(&long));
    }
}
