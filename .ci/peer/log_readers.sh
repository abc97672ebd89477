# Readers of the log that others wrote: Python's csv and json, and from PyPI markdown-it-py and html5lib.
# No servers: tests run log_readers.py; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

log_readers_packages() {
    :
}

log_readers_install() {
    local folder=$peers/log-readers
    mkdir -p "$folder" && cp "$here/peer/log_readers.py" "$folder/read.py" || return 1
    "$python" -c 'import markdown_it, html5lib' 2>/dev/null ||
        "$python" -m pip --quiet --disable-pip-version-check install \
            markdown-it-py==3.0.0 html5lib==1.1
}

log_readers_prepare() {
    mkdir -p "$run/log_readers"
}

log_readers_start() {
    :
}

log_readers_ready() {
    [ "$(printf 'a,b\r\n' | "$python" "$peers/log-readers/read.py" csv 2>/dev/null)" = '[["a", "b"]]' ]
}

log_readers_stop() {
    :
}
