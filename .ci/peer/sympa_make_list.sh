#!/usr/bin/env bash
# Makes a list at sympa.test: NAME WHO-MAY-SEND MODERATOR MEMBER...
# WHO-MAY-SEND is a scenario of Sympa's: `private` (members), `editorkey` (a moderator reads it first).
set -euo pipefail
name=$1 send=$2 moderator=$3
shift 3
cd "$(dirname "$0")"
. ./environment
sympa=("$SYMPA_PACKAGE/usr/lib/sympa/bin/sympa")
[ "$(id -u)" -ne 0 ] || sympa=(setpriv --reuid list --regid list --clear-groups -- "${sympa[@]}")
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
"${sympa[@]}" create --input_file="$PWD/var/$name.xml" sympa.test
printf '%s\n' "$@" | "${sympa[@]}" add --force --quiet "$name@sympa.test"
