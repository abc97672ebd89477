# Debian's hugo, which makes a web site of the pages that tests write; no server; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

hugo_packages() {
    command -v hugo >/dev/null || echo hugo
}

hugo_prepare() {
    mkdir -p "$run/hugo"
}

hugo_start() {
    :
}

hugo_ready() {
    hugo version >/dev/null 2>&1
}

hugo_stop() {
    :
}
