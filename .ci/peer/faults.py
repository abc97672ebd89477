"""An SMTP server that fails as it is told, and keeps what it truly took.

usage: faults.py PORT FOLDER

The recipient names the faults, one for each message to it, in order: the first message to
`data4-slow-ok+anything@fault.test` meets `data4`, the second `slow`; after the last word every
message is taken. So no test disturbs another that uses another `+anything`.

    ok        taken
    greylist  451 4.7.1 to RCPT
    rcpt4     450 to RCPT
    rcpt5     550 to RCPT
    refuse    554 to DATA, before the body
    421       421 to DATA, before the body, and closed
    dropmid   354, then closed before the body ends; not taken
    data4     451 after the body; not taken
    data5     554 after the body; not taken
    slow      taken, answered after two seconds
    drop      taken, and closed without an answer
    garbage   taken, and answered with nonsense
    stall     taken, and never answered

What it took stands in FOLDER as NUMBER.eml, and as a line of taken.jsonl with `file`, `fault`,
`sender`, `recipient`, `message_id` and the options of MAIL and RCPT.
"""

import asyncio
import email
import email.policy
import itertools
import json
import pathlib
import sys

from aiosmtpd.smtp import SMTP

AT_RECIPIENT = {
    "greylist": "451 4.7.1 Greylisting in action, please come back later",
    "rcpt4": "450 4.2.0 the mailbox is busy",
    "rcpt5": "550 5.1.1 no such list here",
}
AFTER_THE_BODY = {
    "data4": "451 4.3.0 the mail system is unavailable for a moment",
    "data5": "554 5.7.1 the content is not wanted here",
    "garbage": "HELLO what is SMTP",
}


class Faults:
    def __init__(self, folder):
        self.folder = folder
        self.met = {}
        self.numbers = itertools.count(1)

    def next_fault(self, recipient):
        words = recipient.split("@")[0].split("+")[0].split("-")
        met = self.met.get(recipient, 0)
        self.met[recipient] = met + 1
        return words[met] if met < len(words) else "ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        session.fault = self.next_fault(address)
        if reply := AT_RECIPIENT.get(session.fault):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        fault = session.fault
        if fault in ("data4", "data5"):
            return AFTER_THE_BODY[fault]
        self.keep(fault, envelope)
        if fault == "drop":
            server.transport.abort()
        elif fault == "stall":
            await asyncio.sleep(3600)
        elif fault == "slow":
            await asyncio.sleep(2)
        return AFTER_THE_BODY.get(fault, "250 2.0.0 Ok")

    def keep(self, fault, envelope):
        name = f"{next(self.numbers):05}.eml"
        (self.folder / name).write_bytes(envelope.content)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        taken = {
            "file": name,
            "fault": fault,
            "sender": envelope.mail_from,
            "recipient": envelope.rcpt_tos[0],
            "message_id": str(message["Message-ID"]),
            "sender_options": envelope.mail_options,
            "recipient_options": envelope.rcpt_options,
        }
        with open(self.folder / "taken.jsonl", "a", encoding="utf-8") as lines:
            lines.write(json.dumps(taken) + "\n")


class FaultySMTP(SMTP):
    """aiosmtpd asks its handler only after the body, so what happens before is done here."""

    async def smtp_DATA(self, argument):
        fault = getattr(self.session, "fault", "ok")
        if fault == "refuse":
            await self.push("554 5.7.1 not from you")
        elif fault == "421":
            await self.push("421 4.3.2 the service is shutting down")
            self.transport.close()
        elif fault == "dropmid":
            await self.push("354 go ahead")
            self.transport.close()
        else:
            await super().smtp_DATA(argument)


async def main(port, folder):
    handler = Faults(folder)

    def protocol():
        return FaultySMTP(handler, hostname="faults.test", loop=asyncio.get_running_loop())

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), pathlib.Path(sys.argv[2])))
