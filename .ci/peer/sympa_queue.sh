#!/bin/sh
# Lays the mail on standard input where Sympa finds it, as its own `queue` does: RECIPIENT
set -eu
cd "$(dirname "$0")/var/spool/msg"
name=$1.$(date +%s).$$
{
    echo "X-Sympa-To: $1"
    cat
} >"T.$name"
mv "T.$name" "$name"
