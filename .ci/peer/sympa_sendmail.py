#!/usr/bin/python3
"""Hands a mail from Sympa to Postfix, called as `sendmail` is: PORT -f SENDER -- RECIPIENT..."""

import smtplib
import sys

port, _, sender, _, *recipients = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", int(port)) as server:
    server.sendmail(sender, recipients, sys.stdin.buffer.read())
