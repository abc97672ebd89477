# A Bluesky PDS and the PLC directory of its accounts, from npm: both in the process of bluesky.js
# beside this file; sourced by .ci/peers. One of its packages is built from source.
# shellcheck shell=bash disable=SC2154

bluesky_packages() {
    # Node's own packages bring npm along.
    command -v npm >/dev/null || echo nodejs npm
    echo gcc g++ make python3
}

bluesky_install() {
    local folder=$peers/bluesky
    [ ! -e "$folder/installed" ] || return 0
    mkdir -p "$folder" &&
        npm install --silent --no-audit --no-fund --prefix "$folder" @atproto/pds@0.4.217 \
            @did-plc/server@0.0.1 @atproto/crypto@0.4.5 uint8arrays@3.0.0 &&
        touch "$folder/installed"
}

bluesky_prepare() {
    mkdir -p "$run/bluesky/data" "$run/bluesky/blobs"
}

bluesky_start() {
    LOG_ENABLED=false begin bluesky node "$here/peer/bluesky.js" "$peers/bluesky" "$run/bluesky" \
        "$(port 42)" "$(port 43)"
}

bluesky_ready() {
    lives bluesky &&
        curl --fail --silent --output /dev/null "http://127.0.0.1:$(port 42)/xrpc/_health"
}

bluesky_stop() {
    end bluesky
}
