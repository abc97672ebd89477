"""Mailman's way to HyperKitty, trusting the peers' own authority: for .ci/peer/mailman.sh.

Mailman hands its runners PYTHONPATH and hardly anything else of its environment.
"""

import os
import pathlib

from mailman_hyperkitty import Archiver

os.environ["REQUESTS_CA_BUNDLE"] = str(pathlib.Path(__file__).with_name("ca.pem"))

__all__ = ["Archiver"]
