# smtp-sink, of Postfix: takes every mail at once and keeps it as a file; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

sink_packages() {
    echo postfix
}

sink_prepare() {
    mkdir -p "$run/sink"
    chown postfix "$run/sink"
}

sink_start() {
    # It writes where it stands, as the user that it becomes.
    (cd "$run/sink" && begin sink smtp-sink -4 -u postfix -d '%Y%m%d%H%M%S.' "127.0.0.1:$(port 26)" 1000)
}

sink_ready() {
    lives sink && answers 26
}

sink_stop() {
    end sink
}
