# Debian's Chromium, driven by npm's playwright-core, with axe-core, which knows what keeps people with
# disabilities out. No server: tests run the program beside it; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

chromium_packages() {
    command -v npm >/dev/null || echo nodejs npm
    [ -x /usr/bin/chromium ] || echo chromium fonts-dejavu-core
}

chromium_install() {
    local folder=$peers/chromium
    mkdir -p "$folder" && cp "$here/peer/chromium.mjs" "$folder/drive.mjs" || return 1
    [ -d "$folder/node_modules/axe-core" ] ||
        npm install --silent --no-audit --no-fund --prefix "$folder" \
            playwright-core@1.65.1 axe-core@4.14.1
}

chromium_prepare() {
    mkdir -p "$run/chromium"
}

chromium_start() {
    :
}

chromium_ready() {
    [ -x /usr/bin/chromium ] && [ -d "$peers/chromium/node_modules/axe-core" ] &&
        node --check "$peers/chromium/drive.mjs" 2>/dev/null
}

chromium_stop() {
    :
}
