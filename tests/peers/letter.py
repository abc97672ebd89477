"""Hands Postfix a letter of somebody at lab.test: FROM TO SUBJECT."""

import os
import smtplib
import sys
from email.message import EmailMessage

letter = EmailMessage()
letter["From"], letter["To"], letter["Subject"] = sys.argv[1:]
host, port = os.environ["HANDBILL_SMTP"].split(":")
with smtplib.SMTP(host, int(port)) as server:
    server.send_message(letter)
