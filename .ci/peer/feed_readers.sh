# Readers of feeds: npm's structured-data-validator, which knows Google's rules, and PyPI's feedparser;
# and of channels' files, as an editor reads them: PyPI's jsonschema.
# No servers: tests run the programs beside them; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

feed_readers_packages() {
    command -v npm >/dev/null || echo nodejs npm
    # Lists in XML are held against schemas.
    command -v xmllint >/dev/null || echo libxml2-utils
}

feed_readers_install() {
    local folder=$peers/feed-readers
    mkdir -p "$folder" && cp "$here/peer/feed_readers.js" "$folder/check.mjs" || return 1
    cp "$here/peer/feed_readers.py" "$folder/read.py" || return 1
    cp "$here/peer/feed_readers_schema.py" "$folder/schema.py" || return 1
    [ -d "$folder/node_modules/@adobe" ] ||
        npm install --silent --no-audit --no-fund --prefix "$folder" \
            @adobe/structured-data-validator@1.7.1 @marbec/web-auto-extractor || return 1
    "$python" -c 'import feedparser, jsonschema' 2>/dev/null ||
        "$python" -m pip --quiet --disable-pip-version-check install \
            feedparser==6.0.14 jsonschema==4.25.1
}

feed_readers_prepare() {
    mkdir -p "$run/feed_readers"
}

feed_readers_start() {
    :
}

feed_readers_ready() {
    [ "$(echo '[]' | node "$peers/feed-readers/check.mjs" 2>/dev/null)" = "seen 0" ] &&
        "$python" -c 'import feedparser, jsonschema' 2>/dev/null
}

feed_readers_stop() {
    :
}
