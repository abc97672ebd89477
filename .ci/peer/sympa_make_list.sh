#!/usr/bin/env bash
# Makes a list in the Sympa whose folder this lies in: NAME WHO-MAY-SEND MODERATOR MEMBER...
# WHO-MAY-SEND is a scenario of Sympa's: `private` (members), `editorkey` (a moderator first).
# shellcheck disable=SC2154
set -euo pipefail
name=$1 send=$2 moderator=$3
shift 3
cd "$(dirname "$0")"
# shellcheck source=/dev/null
. ./environment
as_sympa=(setpriv --reuid list --regid list --clear-groups --)
[ "$(id -u)" -eq 0 ] || as_sympa=()
cat >"var/$name.xml" <<XML
<?xml version="1.0"?>
<list>
<listname>$name</listname>
<type>ads</type>
<subject>$name</subject>
<send>$send</send>
<topics>other</topics>
<description/>
<owner multiple="1"><email>$moderator</email></owner>
<editor multiple="1"><email>$moderator</email></editor>
</list>
XML
"${as_sympa[@]}" "$sympa" create --input_file="$PWD/var/$name.xml"
printf '%s\n' "$@" | "${as_sympa[@]}" "$sympa" add --force --quiet "$name"
