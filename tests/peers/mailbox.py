"""Reads a mailbox over IMAP, and each mail as Python's `email` understands it: a parser that shares
nothing with Handbill.

usage: mailbox.py USER, with the variables of $PEERS/env; prints a JSON array.
"""

import email
import email.policy
import imaplib
import json
import os
import ssl
import sys


def part(message, kind):
    found = message.get_body(preferencelist=(kind,))
    return found.get_content() if found else None


def inside(part):
    """The message that a report brings back, whole or its headers alone (RFC 6522)."""
    if part.get_content_type() == "message/rfc822":
        return part.get_payload(0)
    if part.get_content_type() == "text/rfc822-headers":
        return email.message_from_string(part.get_content(), policy=email.policy.default)
    return None


def described(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    defects = [repr(defect) for each in message.walk() for defect in each.defects]
    returned = [str(inner["Message-ID"]) for each in message.walk() if (inner := inside(each))]
    return {
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": part(message, "plain"),
        "html": part(message, "html"),
        "returned": returned,
        "defects": defects,
        "longest_line": max(len(line) for line in raw.split(b"\r\n")),
        "bare_line_ends": raw.replace(b"\r\n", b"").count(b"\n")
        + raw.replace(b"\r\n", b"").count(b"\r"),
        "raw": raw.decode("latin-1"),
    }


def main(user):
    host, port = os.environ["HANDBILL_IMAPS"].rsplit(":", 1)
    context = ssl.create_default_context(cafile=os.environ["HANDBILL_CA"])
    with imaplib.IMAP4_SSL(host, int(port), ssl_context=context) as imap:
        imap.login(user, os.environ["HANDBILL_MAIL_PASSWORD"])
        imap.select("INBOX", readonly=True)
        _, (numbers,) = imap.search(None, "ALL")
        mails = [imap.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers.split()]
    json.dump([described(mail) for mail in mails], sys.stdout)


main(sys.argv[1])
