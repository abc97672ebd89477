# mastodon-mock, from PyPI: a server that speaks Mastodon's API, keeps what it was given and honours
# `Idempotency-Key`; sourced by .ci/peers. It counts the characters of a status as they are, and
# addresses in full.
# shellcheck shell=bash disable=SC2154

mastodon_mock_packages() {
    :
}

mastodon_mock_install() {
    local folder=$peers/mastodon-mock
    [ ! -x "$folder/bin/mastodon_mock" ] || return 0
    /usr/bin/python3 -m venv "$folder" &&
        "$folder/bin/python" -m pip --quiet --disable-pip-version-check install mastodon-mock==0.6.1
}

mastodon_mock_prepare() {
    mkdir -p "$run/mastodon_mock"
}

mastodon_mock_start() {
    local address
    address=127.0.0.1:$(port 40)
    begin mastodon_mock "$peers/mastodon-mock/bin/mastodon_mock" serve --host 127.0.0.1 \
        --port "$(port 40)" --domain "$address" --in-memory --log-level warning
}

mastodon_mock_ready() {
    lives mastodon_mock &&
        curl --fail --silent --output /dev/null "http://127.0.0.1:$(port 40)/api/v2/instance"
}

mastodon_mock_stop() {
    end mastodon_mock
}
