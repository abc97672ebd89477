# Prism, from npm: serves the description of X's API, checks each request against it, and keeps
# nothing; sourced by .ci/peers. The description is one of the shared files beside this repository.
# shellcheck shell=bash disable=SC2154

prism_packages() {
    # Node's own packages bring npm along.
    command -v npm >/dev/null || echo nodejs npm
}

prism_install() {
    local folder=$peers/prism
    [ ! -x "$folder/node_modules/.bin/prism" ] || return 0
    mkdir -p "$folder" &&
        npm install --silent --no-audit --no-fund --prefix "$folder" @stoplight/prism-cli@5.16.0
}

prism_prepare() {
    mkdir -p "$run/prism" &&
        cp "$here/../../shared/data/x-openapi-mock.json" "$run/prism/x.json"
}

prism_start() {
    begin prism "$peers/prism/node_modules/.bin/prism" mock --host 127.0.0.1 --port "$(port 41)" \
        --errors "$run/prism/x.json"
}

prism_ready() {
    lives prism && answers 41
}

prism_stop() {
    end prism
}
