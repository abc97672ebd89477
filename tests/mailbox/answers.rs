//! What each kind of mail says, where its reason comes from, and what it names our posting by.

use handbill::mailbox::answer::{Confirmation, ListMark, Says, read};
use url::Url;

use super::{FROM, MESSAGE_ID, SUBJECT, answer, key};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn mailmans_holds_give_reason_and_subject() {
    let two_reasons =
        "The message is not from a list member\nThe message is larger than the 40 KB maximum size";
    for (name, words, subject, list) in [
        ("mailman3-hold", two_reasons, SUBJECT, "strict@lists.example"),
        (
            "mailman3-hold-german",
            "Die Nachricht stammt nicht von einem Mitglied der Liste",
            "Doktorandenstelle: Gezeiten kleiner Monde – bis 31. Mai",
            "strict@lists.example",
        ),
        (
            "mailman2-hold",
            "Post by non-member to a members-only list",
            SUBJECT,
            "old@lists.example",
        ),
        (
            "mailman2-hold-french",
            "Message destiné à une liste réservée, d'un non abonné",
            "Poste de thèse : marées des petites lunes (avant le 31 mai)",
            "marees@listes.example",
        ),
    ] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Held, "{name}");
        assert_eq!(answer.words, words, "{name}");
        assert_eq!(answer.about.subjects, [subject], "{name}");
        assert!(answer.about.lists.iter().any(|mark| mark.names(list)), "{name}: {answer:?}");
        assert!(answer.about.message_ids.is_empty(), "{name}");
    }
}

/// Whoever opens that link withdraws the posting.
#[test]
fn the_link_that_cancels_a_held_posting_is_not_shown() {
    let answer = answer("mailman2-hold");
    assert!(!format!("{answer:?}").contains("/confirm/"), "{answer:?}");
}

#[test]
fn mailmans_refusals_give_the_reason() {
    for (name, words) in [
        ("mailman3-reject", "The message is not from a list member"),
        ("mailman3-moderator-refusal", "Only positions in oceanography, please."),
        ("mailman2-moderator-refusal", "No reason given"),
        ("mailman2-reject-own-words", "Tack, men bara medlemmar kan skriva till Old."),
    ] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Refused, "{name}");
        assert_eq!(answer.words, words, "{name}");
        assert!(answer.about.subjects.iter().any(|it| it == SUBJECT), "{name}: {answer:?}");
    }
    let answer = answer("mailman2-reject");
    assert_eq!(answer.says, Says::Refused);
    assert!(answer.words.starts_with("Your message has been rejected, probably because"));
    assert_eq!(answer.about.message_ids, [MESSAGE_ID]);
}

#[test]
fn mailman_says_when_it_will_say_no_more_today() {
    let answer = answer("mailman3-last-today");
    assert_eq!(answer.says, Says::LastNoticeToday);
    assert!(answer.about.subjects.is_empty());
}

#[test]
fn mailmans_acknowledgement_means_that_it_went_out() {
    let answer = answer("mailman2-received");
    assert_eq!(answer.says, Says::Distributed);
    assert_eq!(answer.about.subjects, [SUBJECT]);
}

/// Up to 6.2.70 the list's name is all that there is.
#[test]
fn an_old_sympa_names_only_its_list() {
    for name in ["sympa-hold-old", "sympa-hold-old-french"] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Held, "{name}");
        assert!(answer.about.subjects.is_empty(), "{name}");
        assert!(answer.about.lists.iter().any(|it| it.names("mod@lists.inst.example")), "{name}");
        assert!(answer.about.lists.iter().all(|it| !it.names("mod@lists.other.example")), "{name}");
    }
}

/// 6.2.74 and later report "delivered" with status 2.3.0 for what a moderator has to look at.
#[test]
fn sympas_delivered_that_means_held_is_held() {
    for name in ["sympa-hold-report", "sympa-hold-report-delayed"] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Held, "{name}");
        assert!(answer.words.starts_with("Message has been forwarded to the list moderator(s)"));
        assert_eq!(answer.about.message_ids, [MESSAGE_ID], "{name}");
        assert_eq!(answer.about.envelope_key, Some(key()), "{name}");
    }
}

#[test]
fn sympas_reports_say_what_their_codes_mean() {
    for (name, says) in [
        ("sympa-refused", Says::Refused),
        ("sympa-too-large", Says::Refused),
        ("sympa-command", Says::Refused),
        ("sympa-unknown-list", Says::Bounced),
        ("sympa-distributed", Says::Distributed),
    ] {
        let answer = answer(name);
        assert_eq!(answer.says, says, "{name}");
        assert_eq!(answer.about.message_ids, [MESSAGE_ID], "{name}");
        assert_eq!(answer.about.recipients, ["mod@lists.inst.example"], "{name}");
    }
}

#[test]
fn a_sympa_moderators_refusal_quotes_the_subject() {
    let answer = answer("sympa-moderator-refusal");
    assert_eq!(answer.says, Says::Refused);
    assert_eq!(answer.about.subjects, [SUBJECT]);
    assert!(answer.about.lists.contains(&ListMark::Address("mod@lists.inst.example".to_owned())));
    assert!(answer.words.contains("rejected by the moderator"));
}

#[test]
fn a_request_for_confirmation_says_how_it_is_answered() {
    let sympa = answer("sympa-confirm");
    assert_eq!(
        sympa.says,
        Says::Confirm(Confirmation {
            to: Some("sympa@lists.inst.example".to_owned()),
            subject: Some("CONFIRM deadbeef0123456789abcdef01234567".to_owned()),
            link: None,
        })
    );
    assert_eq!(sympa.about.message_ids, [MESSAGE_ID]);
    assert!(!sympa.words.contains("deadbeef"));
    let listserv = answer("listserv-confirm");
    let Says::Confirm(confirmation) = &listserv.says else { panic!("{listserv:?}") };
    assert_eq!(
        confirmation.link,
        Some(url("https://listserv.inst.example/cgi-bin/wa?OK=0123ABCD&L=TIDES-L"))
    );
    assert!(listserv.about.lists.iter().any(|it| it.names("tides-l@listserv.inst.example")));
}

#[test]
fn bounces_are_read_in_every_form() {
    for (name, words) in [
        (
            "postfix-bounce",
            "550 5.1.1 <phd-jobs@lists.example>: Recipient address rejected: User unknown",
        ),
        ("exim-bounce", "550 5.1.1 No such list here"),
        ("qmail-bounce", "550 5.7.1 Only members may post"),
        ("exchange-bounce", "authentication required"),
        ("exchange-old-bounce", "The recipient name is not recognized"),
    ] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Bounced, "{name}: {answer:?}");
        assert!(answer.words.contains(words), "{name}: {}", answer.words);
        assert_eq!(answer.about.envelope_key, Some(key()), "{name}");
        assert_eq!(answer.about.recipients, ["phd-jobs@lists.example"], "{name}");
        let returned: &[&str] = if name == "exchange-old-bounce" { &[] } else { &[MESSAGE_ID] };
        assert_eq!(answer.about.message_ids, returned, "{name}");
    }
}

#[test]
fn a_server_that_goes_on_trying_has_not_given_up() {
    for name in ["postfix-delay", "exim-warning"] {
        assert_eq!(answer(name).says, Says::Delayed, "{name}");
    }
}

#[test]
fn a_report_of_success_names_the_envelope() {
    let answer = answer("postfix-relayed");
    assert_eq!(answer.says, Says::Relayed);
    assert_eq!(answer.about.envelope_id.as_deref(), Some("3f2a91bc-5d7e-5c3a-8f1b-2c3d4e5f6071"));
    assert_eq!(answer.words, "250 Ok (2.6.0)");
}

/// The copy that came back bears the list's marks: it went out.
#[test]
fn what_a_readers_server_returns_was_distributed() {
    assert_eq!(answer("reader-bounce").says, Says::Distributed);
}

#[test]
fn google_groups_refuses_in_any_language() {
    for name in ["google-refused", "google-refused-german"] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Refused, "{name}");
        assert!(answer.words.contains("tides-news"), "{name}: {}", answer.words);
        assert_eq!(answer.about.message_ids, [MESSAGE_ID], "{name}");
        assert_eq!(answer.about.answers, [MESSAGE_ID], "{name}");
        assert_eq!(answer.about.recipients, ["tides-news@googlegroups.com"], "{name}");
    }
}

#[test]
fn other_lists_refusals_are_read() {
    for (name, words, list) in [
        ("groups-io-rejected", "Your message to tides@groups.io was rejected.", "tides@groups.io"),
        ("mlmmj-denied", "you are not a list subscriber", "tides@lists.example"),
        (
            "listserv-refused",
            "You are not authorized to send mail",
            "tides-l@listserv.inst.example",
        ),
    ] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Refused, "{name}");
        assert!(answer.words.contains(words), "{name}: {}", answer.words);
        assert!(answer.about.lists.iter().any(|mark| mark.names(list)), "{name}: {answer:?}");
    }
    assert_eq!(answer("groups-io-rejected").about.subjects, [SUBJECT]);
    assert_eq!(answer("mlmmj-held").says, Says::Held);
    assert_eq!(answer("mlmmj-held").about.subjects, [SUBJECT]);
}

#[test]
fn the_key_is_read_from_every_form_of_the_address() {
    let key_in = |field: &str, address: &str| {
        read(format!("{field}: <{address}>\r\n\r\nx").as_bytes()).about.envelope_key
    };
    let digits = "3f2a91bc5d7e5c3a8f1b2c3d4e5f6071";
    for address in [
        format!("bot+{digits}@lab.example"),
        format!("BOT+{}@LAB.example", digits.to_uppercase()),
        format!("bot-{digits}@lab.example"),
        format!("{digits}@bounces.lab.example"),
        format!("bot+{digits}-x@lab.example"),
        "bot+3f2a91bc-5d7e-5c3a-8f1b-2c3d4e5f6071@lab.example".to_owned(),
    ] {
        for field in ["Delivered-To", "X-Original-To", "Envelope-To", "To"] {
            assert_eq!(key_in(field, &address), Some(key()), "{field}: {address}");
        }
    }
    for address in [
        "bot@lab.example".to_owned(),
        format!("bot+{digits}0@lab.example"),
        format!("bot+{}@lab.example", &digits[1..]),
        format!("bot@{digits}.example"),
    ] {
        assert_eq!(key_in("To", &address), None, "{address}");
    }
}

/// "Rejected" and "held" stand in both; neither is a list's.
#[test]
fn what_a_person_or_an_absent_one_writes_is_no_verdict() {
    for name in ["vacation", "applicant"] {
        let answer = answer(name);
        assert_eq!(answer.says, Says::Other, "{name}");
        assert_eq!(answer.about.answers, [MESSAGE_ID], "{name}");
    }
}

#[test]
fn a_lists_copy_leads_to_its_archive() {
    let google = "https://groups.google.com/d/msgid/tides-news/hb.3f2a91bc5d7e5c3a8f1b2c3d4e5f6071%40lab.example";
    let mailman = answer("mailman3-copy");
    let Says::ListCopy { link: Some(link) } = &mailman.says else { panic!("{mailman:?}") };
    // Of two archives the list's own.
    assert!(
        link.as_str()
            .starts_with("https://lists.example/archives/list/phd-jobs@lists.example/message/")
    );
    assert_eq!(mailman.about.message_ids, [MESSAGE_ID]);
    for (name, link) in [
        ("google-copy", Some(google)),
        ("groups-io-copy", Some("https://groups.io/g/tides/message/12960")),
        (
            "sympa-copy",
            Some("https://lists.example/sympa/msg/phd-jobs/2026-05/sNtwEUIG5O4Ei2GIanIPQg"),
        ),
        ("mailman2-copy-munged", None),
    ] {
        assert_eq!(answer(name).says, Says::ListCopy { link: link.map(url) }, "{name}");
    }
}

#[test]
fn the_message_that_a_list_wrapped_for_dmarc_is_seen() {
    let answer = answer("mailman3-copy-wrapped");
    assert!(answer.about.message_ids.iter().any(|id| id == MESSAGE_ID), "{answer:?}");
    assert!(answer.about.authors.iter().any(|it| it == FROM));
}

#[test]
fn a_reason_is_short_and_plain() {
    let long = "no ".repeat(500);
    let bytes = format!(
        "Return-Path: <>\r\nFrom: postmaster@mx.example\r\nSubject: Undeliverable\r\n\r\n\
         Hello.\r\n\r\n\u{1b}[31mjobs@lists.example\u{7} {long}\r\n"
    );
    let answer = read(bytes.as_bytes());
    assert_eq!(answer.says, Says::Bounced);
    assert!(answer.words.chars().count() <= 300, "{}", answer.words.chars().count());
    assert!(!answer.words.contains(|it: char| it.is_control() && it != '\n'), "{}", answer.words);
}

#[test]
fn the_date_is_read_and_a_wrong_one_is_none() {
    let hold = answer("mailman3-hold");
    assert_eq!(hold.date.map(|it| it.to_rfc3339()).as_deref(), Some("2026-05-04T09:00:03+00:00"));
    for date in ["", "soon", "Mon, 99 Foo 20266 99:99:99 +9999"] {
        let answer = read(format!("Date: {date}\r\nFrom: a@b.example\r\n\r\nx").as_bytes());
        assert_eq!(answer.date, None, "{date}");
    }
}
