//! Which delivery an answer is about, and that nothing is guessed.

use chrono::{DateTime, TimeDelta, Utc};
use handbill::channel::DeliveryKey;
use handbill::mailbox::answer::{Answer, Says};
use handbill::mailbox::whose::{Candidate, Whose, whose};
use uuid::Uuid;

use super::{FROM, MESSAGE_ID, SUBJECT, answer, key};

fn sent_at() -> DateTime<Utc> {
    "2026-05-04T09:00:00Z".parse().unwrap()
}

fn sent_to(list: &str) -> Candidate<'_> {
    Candidate {
        key: key(),
        message_id: MESSAGE_ID,
        list,
        from: FROM,
        subject: SUBJECT,
        sent_at: sent_at(),
    }
}

/// Another delivery, to the same list or another.
fn other(list: &str) -> Candidate<'_> {
    Candidate {
        key: DeliveryKey(Uuid::from_u128(7)),
        message_id: "hb.00000000000000000000000000000007@lab.example",
        subject: "Postdoc: storms on small moons",
        ..sent_to(list)
    }
}

fn is_ours(name: &str, list: &str) {
    let answer = answer(name);
    for candidates in [vec![sent_to(list), other("else@lists.example")], vec![sent_to(list)]] {
        assert_eq!(whose(&answer, &candidates), Whose::One(key()), "{name}: {answer:#?}");
    }
}

#[test]
fn every_answer_that_names_our_posting_finds_it() {
    for (name, list) in [
        ("mailman3-hold", "strict@lists.example"),
        ("mailman3-reject", "strict@lists.example"),
        ("mailman3-moderator-refusal", "strict@lists.example"),
        ("mailman2-hold", "old@lists.example"),
        ("mailman2-reject", "old@lists.example"),
        ("mailman2-reject-own-words", "old@lists.example"),
        ("mailman2-moderator-refusal", "old@lists.example"),
        ("mailman2-received", "old@lists.example"),
        ("mailman3-last-today", "strict@lists.example"),
        ("sympa-hold-old", "mod@lists.inst.example"),
        ("sympa-hold-report", "mod@lists.inst.example"),
        ("sympa-refused", "mod@lists.inst.example"),
        ("sympa-distributed", "mod@lists.inst.example"),
        ("sympa-moderator-refusal", "mod@lists.inst.example"),
        ("sympa-confirm", "mod@lists.inst.example"),
        ("postfix-bounce", "phd-jobs@lists.example"),
        ("postfix-delay", "phd-jobs@lists.example"),
        ("postfix-relayed", "phd-jobs@lists.example"),
        ("reader-bounce", "phd-jobs@lists.example"),
        ("exim-bounce", "phd-jobs@lists.example"),
        ("exim-warning", "phd-jobs@lists.example"),
        ("qmail-bounce", "phd-jobs@lists.example"),
        ("exchange-bounce", "phd-jobs@lists.example"),
        ("exchange-old-bounce", "phd-jobs@lists.example"),
        ("google-refused", "tides-news@googlegroups.com"),
        ("groups-io-rejected", "tides@groups.io"),
        ("mlmmj-denied", "tides@lists.example"),
        ("listserv-refused", "TIDES-L@listserv.inst.example"),
        ("mailman3-copy", "phd-jobs@lists.example"),
        ("mailman3-copy-wrapped", "phd-jobs@lists.example"),
        ("mailman2-copy-munged", "phd-jobs@lists.example"),
        ("sympa-copy", "phd-jobs@lists.example"),
        ("google-copy", "tides-news@googlegroups.com"),
        ("groups-io-copy", "tides@groups.io"),
        ("applicant", "phd-jobs@lists.example"),
        ("vacation", "phd-jobs@lists.example"),
    ] {
        is_ours(name, list);
    }
}

#[test]
fn two_of_the_same_subject_on_one_list_are_not_chosen_from() {
    let list = "strict@lists.example";
    let twin = Candidate { subject: SUBJECT, ..other(list) };
    let found = whose(&answer("mailman3-hold"), &[sent_to(list), twin]);
    assert_eq!(found, Whose::Several(vec![twin.key, key()]));
}

#[test]
fn an_old_sympa_with_two_postings_open_is_left_to_a_person() {
    let list = "mod@lists.inst.example";
    let found = whose(&answer("sympa-hold-old"), &[sent_to(list), other(list)]);
    assert_eq!(found, Whose::Several(vec![other(list).key, key()]));
}

#[test]
fn another_subject_or_another_list_is_nobodys() {
    let list = "strict@lists.example";
    let hold = answer("mailman3-hold");
    assert_eq!(whose(&hold, &[other(list)]), Whose::Nobody);
    assert_eq!(whose(&hold, &[sent_to("strict@lists.other.example")]), Whose::Nobody);
    assert_eq!(whose(&hold, &[]), Whose::Nobody);
}

#[test]
fn what_was_written_before_we_sent_is_not_about_it() {
    let later =
        Candidate { sent_at: sent_at() + TimeDelta::hours(2), ..sent_to("strict@lists.example") };
    assert_eq!(whose(&answer("mailman3-hold"), &[later]), Whose::Nobody);
}

/// A list that is a plain alias keeps our envelope, so its readers' bounces come to our key.
#[test]
fn a_readers_full_mailbox_does_not_bounce_the_posting() {
    let bounce = answer("alias-reader-bounce");
    assert_eq!(bounce.says, Says::Bounced);
    assert_eq!(bounce.about.envelope_key, Some(key()));
    assert_eq!(whose(&bounce, &[sent_to("phd-jobs@lists.example")]), Whose::Nobody);
}

/// Its In-Reply-To names our posting, but it is no copy of it.
#[test]
fn a_readers_answer_on_the_list_is_not_our_copy() {
    let reply = answer("reader-answers-on-list");
    assert!(matches!(reply.says, Says::ListCopy { .. }));
    assert_eq!(whose(&reply, &[sent_to("phd-jobs@lists.example")]), Whose::Nobody);
}

#[test]
fn somebody_elses_posting_of_the_same_subject_is_not_our_copy() {
    let copy = answer("mailman2-copy-munged");
    let theirs = Candidate { from: "jobs@other.example", ..sent_to("phd-jobs@lists.example") };
    assert_eq!(whose(&copy, &[theirs]), Whose::Nobody);
}

/// The link holds the hash of the original Message-ID, whatever id readers got.
#[test]
fn a_copy_with_a_new_message_id_is_known_by_its_link() {
    let mut copy = answer("mailman3-copy-wrapped");
    copy.about.message_ids.retain(|id| id != MESSAGE_ID);
    copy.about.subjects.clear();
    assert_eq!(whose(&copy, &[sent_to("x@lists.example")]), Whose::One(key()));
    assert_eq!(whose(&copy, &[other("phd-jobs@lists.example")]), Whose::Nobody);
}

/// Mailman 2 writes `?` for letters that the list's character set lacks.
#[test]
fn letters_that_the_list_lacks_do_not_hide_the_subject() {
    let list = "strict@lists.example";
    let candidate = Candidate { subject: "Stelle: Gezeiten für Monde", ..sent_to(list) };
    let quoting = |subject: &str| {
        let mut hold = answer("mailman3-hold");
        hold.about.subjects = vec![subject.to_owned()];
        hold
    };
    let found = |hold: &Answer| whose(hold, &[candidate]);
    assert_eq!(found(&quoting("Stelle: Gezeiten f?r  Monde")), Whose::One(key()));
    assert_eq!(found(&quoting("Stelle: Gezeiten f?r Mond?")), Whose::Nobody);
}
