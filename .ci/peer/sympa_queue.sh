#!/bin/sh
# Lays the mail on standard input where Sympa finds it, as Sympa's own `queue` does: RECIPIENT
set -eu
domain=${1#*@}
cd "$(dirname "$0")/${domain%%.*}/var/spool/msg"
name=$1.$(date +%s).$$
{
    echo "X-Sympa-To: $1"
    cat
} >"T.$name"
mv "T.$name" "$name"
