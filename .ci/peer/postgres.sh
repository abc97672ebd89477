# PostgreSQL, Debian's: a cluster that is thrown away, on a Unix socket alone; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

postgres_packages() {
    echo postgresql
}

# The newest that is installed. Debian keeps its programs beside the path.
postgres_program() {
    find /usr/lib/postgresql -path "*/bin/$1" 2>/dev/null | sort -V | tail -n 1
}

postgres_prepare() {
    local folder=$run/postgres
    mkdir -p "$folder"
    chown postgres: "$folder"
    chmod 711 "$folder"
    # It will not run as root.
    runuser -u postgres -- "$(postgres_program initdb)" --pgdata="$folder/data" --auth=trust \
        --username=handbill --encoding=UTF8 --locale=C.UTF-8 >>"$log/postgres.log" 2>&1
}

postgres_start() {
    local folder=$run/postgres
    begin postgres runuser -u postgres -- "$(postgres_program postgres)" -D "$folder/data" \
        -c listen_addresses= -c unix_socket_directories="$folder" -c max_connections=200
}

postgres_ready() {
    lives postgres &&
        psql --host="$run/postgres" --username=handbill --dbname=postgres --quiet \
            --command='select 1' >/dev/null 2>&1
}

postgres_stop() {
    end postgres
}
