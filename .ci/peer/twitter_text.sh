# twitter-text, from npm: X's own library for counting. It is no server: tests run twitter_text.js,
# which lies beside it, so that node finds it; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

twitter_text_packages() {
    # Node's own packages bring npm along.
    command -v npm >/dev/null || echo nodejs npm
}

twitter_text_install() {
    local folder=$peers/twitter-text
    mkdir -p "$folder" && cp "$here/peer/twitter_text.js" "$folder/" || return 1
    [ ! -d "$folder/node_modules/twitter-text" ] || return 0
    npm install --silent --no-audit --no-fund --prefix "$folder" twitter-text@3.1.0
}

twitter_text_prepare() {
    mkdir -p "$run/twitter_text"
}

twitter_text_start() {
    :
}

twitter_text_ready() {
    [ "$(echo '"M.Sc."' | node "$peers/twitter-text/twitter_text.js" 2>/dev/null)" = 24 ]
}

twitter_text_stop() {
    :
}
