# Sympa in two versions, because they differ in the addresses of their archives and in their
# notices: Debian 12 has 6.2.70, with lists at bookworm.sympa.test, and Debian 13 has 6.2.76, with lists at
# trixie.sympa.test. Archives are on the web behind nginx; everything runs as Debian's user `list`.
# The packages are unpacked and not installed: one machine has one of them, and their scripts want a
# syslog daemon and a database for the whole machine. Sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

sympa_releases=(bookworm trixie)
declare -A sympa_port=([bookworm]=3 [trixie]=4)

# Where the packages lie unpacked.
sympa_unpacked=$peers/sympa

sympa_packages() {
    echo nginx-light spawn-fcgi mhonarc libarchive-zip-perl libcgi-fast-perl libcgi-pm-perl \
        libclass-singleton-perl libcrypt-eksblowfish-perl libdatetime-format-mail-perl \
        libdbd-csv-perl libdbd-sqlite3-perl libdbi-perl libfcgi-perl libfile-copy-recursive-perl \
        libfile-nfslock-perl libhtml-format-perl libhtml-stripscripts-parser-perl \
        libhtml-tree-perl libintl-perl libio-stringy-perl libmail-dkim-perl libmailtools-perl \
        libmime-charset-perl libmime-encwords-perl libmime-lite-html-perl libmime-tools-perl \
        libnet-cidr-perl libnet-dns-perl libnet-netmask-perl libregexp-common-perl \
        libtemplate-perl libterm-progressbar-perl libunicode-linebreak-perl \
        libunicode-utf8-perl libxml-libxml-perl
}

# With an apt of its own, so that the machine's knows nothing of another release.
sympa_install() {
    local release folder apt
    for release in "${sympa_releases[@]}"; do
        [ ! -d "$sympa_unpacked/$release" ] || continue
        folder=$peers/sympa-download
        rm -rf -- "$folder"
        mkdir -p "$folder"/{whole,lists/partial,cache/archives/partial} "$sympa_unpacked"
        printf '%s\n' 'Types: deb' 'URIs: http://deb.debian.org/debian' "Suites: $release" \
            'Components: main' 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' \
            >"$folder/debian.sources"
        apt=(apt-get -qq -o "Dir::Etc::sourcelist=$folder/debian.sources"
            -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists"
            -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
        (
            cd "$folder" && "${apt[@]}" update && "${apt[@]}" download sympa &&
                dpkg-deb --extract sympa_*.deb whole
        ) || return
        mv "$folder/whole" "$sympa_unpacked/$release"
        rm -rf -- "$folder"
    done
}

# Names what a release has where: its folder, its package and how its programs are called.
enter_sympa() {
    release=$1
    folder=$run/sympa/$release
    package=$sympa_unpacked/$release
    web=$(port "${sympa_port[$release]}")
    modules=$folder/lib:$package/usr/share/sympa/lib
    as_sympa=(setpriv --reuid list --regid list --clear-groups -- env --chdir "$folder"
        SYMPALIB="$modules")
}

sympa_prepare() {
    local release folder package web modules as_sympa
    mkdir -p "$run/sympa"
    cp "$here/peer/sympa_queue.sh" "$run/sympa/queue"
    for release in "${sympa_releases[@]}"; do
        enter_sympa "$release"
        mkdir -p "$folder"/{lib/Sympa,web/Sys,etc/create_list_templates} \
            "$folder"/var/{arc,bounce,css,list_data,pictures,pid,spool}
        # One module tells its programs where everything is, and as whom they run.
        sed -E -e "s#'/etc/(sympa/sympa|mail/sympa)/#'$folder/#; s#'/etc/sympa'#'$folder/etc'#" \
            -e "s#'/run/sympa'#'$folder/var/pid'#; s#'/var/spool/sympa'#'$folder/var/spool'#" \
            -e "s#'/var/lib/sympa/#'$folder/var/#; s#'/usr/(lib|share)/#'$package/usr/\\1/#" \
            -e "s#'sympa'#'list'#" \
            "$package/usr/share/sympa/lib/Sympa/Constants.pm" >"$folder/lib/Sympa/Constants.pm"
        cp "$here/peer/sympa_syslog.pm" "$folder/web/Sys/Syslog.pm"
        cp -r "$here/peer/sympa_list" "$folder/etc/create_list_templates/ads"
        cp "$here/peer/sympa_sendmail.py" "$folder/sendmail"
        cp "$here/peer/sympa_make_list.sh" "$folder/make-list"
        cp "$run"/certificates/server.* "$folder"
        sympa_settings >"$folder/sympa.conf"
        sympa_nginx >"$folder/nginx.conf"
        {
            export_line SYMPALIB "$modules"
            printf 'sympa=%q\n' "$package/usr/lib/sympa/bin/sympa"
        } >"$folder/environment"
        touch "$log/sympa-$release"-{nginx,access}.log
        chown -R list:list "$folder" "$log/sympa-$release"-{nginx,access}.log
        "${as_sympa[@]}" "$package/usr/lib/sympa/bin/sympa" check \
            >>"$log/sympa-$release-prepare.log" 2>&1
    done
}

sympa_settings() {
    cat <<CONF
domain $release.sympa.test
listmaster listmaster@lab.test
lang en-US
wwsympa_url https://127.0.0.1:$web/sympa
db_type SQLite
db_name $folder/var/sympa.sqlite
sendmail $folder/sendmail
sendmail_args $(port 25)
sendmail_aliases none
log_socket_type native
sleep 1
bulk_sleep 1
CONF
}

sympa_nginx() {
    cat <<CONF
daemon off;
pid $folder/var/nginx.pid;
error_log $log/sympa-$release-nginx.log;
events {
}
http {
    access_log $log/sympa-$release-access.log;
    client_body_temp_path $folder/var/body;
    fastcgi_temp_path $folder/var/fastcgi;
    proxy_temp_path $folder/var/proxy;
    scgi_temp_path $folder/var/scgi;
    uwsgi_temp_path $folder/var/uwsgi;
    server {
        listen 127.0.0.1:$web ssl;
        server_name 127.0.0.1;
        ssl_certificate $folder/server.pem;
        ssl_certificate_key $folder/server.key;
        location ~ ^/sympa(/.*)?$ {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_NAME /sympa;
            fastcgi_param PATH_INFO \$1;
            fastcgi_pass unix:$folder/var/web.socket;
        }
    }
}
CONF
}

sympa_start() {
    local release folder package web modules as_sympa program
    for release in "${sympa_releases[@]}"; do
        enter_sympa "$release"
        for program in sympa_msg bulk archived; do
            begin "sympa-$release-$program" "${as_sympa[@]}" \
                "$package/usr/lib/sympa/bin/$program.pl" --foreground
        done
        begin "sympa-$release-web" "${as_sympa[@]}" SYMPALIB="$folder/web:$modules" \
            spawn-fcgi -n -s "$folder/var/web.socket" -- \
            "$package/usr/lib/cgi-bin/sympa/wwsympa.fcgi"
        begin "sympa-$release-nginx" "${as_sympa[@]}" \
            nginx -p "$folder" -c "$folder/nginx.conf"
    done
}

sympa_ready() {
    local release program
    for release in "${sympa_releases[@]}"; do
        for program in sympa_msg bulk archived; do
            lives "sympa-$release-$program" || return 1
        done
        curl --silent --fail --output /dev/null --cacert "$run/certificates/ca.pem" \
            "https://127.0.0.1:$(port "${sympa_port[$release]}")/sympa/lists" || return 1
    done
}

sympa_stop() {
    local release program
    for release in "${sympa_releases[@]}"; do
        for program in nginx web archived bulk sympa_msg; do
            end "sympa-$release-$program"
        done
        # Its socket, or the next one to listen there could not.
        rm -f "$run/sympa/$release/var/web.socket"
    done
}
