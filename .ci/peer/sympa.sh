# Sympa: lists at sympa.test, with their archives on the web behind nginx, as Debian's user `list`.
# Debian's package is unpacked and not installed: its scripts want a syslog daemon and a database
# for the whole machine. Sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

# Where Debian's package lies unpacked.
sympa_package=$peers/sympa

sympa_packages() {
    echo nginx-light spawn-fcgi mhonarc libarchive-zip-perl libcgi-fast-perl libcgi-pm-perl \
        libclass-singleton-perl libcrypt-eksblowfish-perl libdatetime-format-mail-perl \
        libdbd-csv-perl libdbd-sqlite3-perl libdbi-perl libfcgi-perl libfile-copy-recursive-perl \
        libfile-nfslock-perl libhtml-format-perl libhtml-stripscripts-parser-perl \
        libhtml-tree-perl libintl-perl libio-stringy-perl libmail-dkim-perl libmailtools-perl \
        libmime-charset-perl libmime-encwords-perl libmime-lite-html-perl libmime-tools-perl \
        libnet-cidr-perl libnet-dns-perl libnet-netmask-perl libregexp-common-perl \
        libtemplate-perl libterm-progressbar-perl libunicode-linebreak-perl libxml-libxml-perl
}

sympa_install() {
    [ ! -d "$sympa_package" ] || return 0
    local download=$peers/sympa.download
    rm -rf -- "$download"
    mkdir -p "$download/whole"
    (
        cd "$download"
        apt-get -qq -o APT::Sandbox::User=root download sympa
        dpkg-deb --extract sympa_*.deb whole
    ) >>"$log/apt.log" 2>&1
    mv "$download/whole" "$sympa_package"
    rm -rf -- "$download"
}

sympa_prepare() {
    local folder=$run/sympa
    mkdir -p "$folder"/{lib/Sympa,web/Sys,etc/create_list_templates,var/{arc,bounce,css,list_data,pictures,pid,spool}}
    # One module tells Sympa's programs where everything is, and as whom they run.
    sed -E -e "s#'/etc/(sympa/sympa|mail/sympa)/#'$folder/#; s#'/etc/sympa'#'$folder/etc'#" \
        -e "s#'/run/sympa'#'$folder/var/pid'#; s#'/var/spool/sympa'#'$folder/var/spool'#" \
        -e "s#'/var/lib/sympa/#'$folder/var/#; s#'/usr/(lib|share)/#'$sympa_package/usr/\\1/#" \
        -e "s#'sympa'#'list'#" \
        "$sympa_package/usr/share/sympa/lib/Sympa/Constants.pm" >"$folder/lib/Sympa/Constants.pm"
    cp "$here/peer/sympa_syslog.pm" "$folder/web/Sys/Syslog.pm"
    cat >"$folder/sympa.conf" <<CONF
domain sympa.test
listmaster listmaster@lab.test
lang en-US
wwsympa_url https://127.0.0.1:$(port 3)/sympa
db_type SQLite
db_name $folder/var/sympa.sqlite
sendmail $folder/sympa_sendmail.py
sendmail_args $(port 25)
sendmail_aliases none
log_socket_type none
sleep 1
bulk_sleep 1
CONF
    cat >"$folder/nginx.conf" <<CONF
daemon off;
pid $folder/var/nginx.pid;
error_log $log/sympa-nginx.log;
events {
}
http {
    access_log $log/sympa-access.log;
    client_body_temp_path $folder/var/body;
    fastcgi_temp_path $folder/var/fastcgi;
    proxy_temp_path $folder/var/proxy;
    scgi_temp_path $folder/var/scgi;
    uwsgi_temp_path $folder/var/uwsgi;
    server {
        listen 127.0.0.1:$(port 3) ssl;
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
    cp -r "$here/peer/sympa_list" "$folder/etc/create_list_templates/ads"
    cp "$here"/peer/sympa_*.{py,sh} "$run"/certificates/server.* "$folder"
    cat >"$folder/environment" <<SH
$(export_line SYMPA_PACKAGE "$sympa_package")
$(export_line SYMPALIB "$(sympa_modules)")
SH
    touch "$log"/sympa-{nginx,access}.log
    chown -R list:list "$folder" "$log"/sympa-{nginx,access}.log
    enter_sympa
    "${as_sympa[@]}" "$sympa_package/usr/lib/sympa/bin/sympa" check >>"$log/sympa-prepare.log" 2>&1
}

# How its programs are called.
enter_sympa() {
    as_sympa=(setpriv --reuid list --regid list --clear-groups -- env --chdir "$run/sympa"
        SYMPALIB="$(sympa_modules)")
}

sympa_modules() {
    printf '%s' "$run/sympa/lib:$sympa_package/usr/share/sympa/lib"
}

sympa_start() {
    local program
    enter_sympa
    for program in sympa_msg bulk archived; do
        begin "sympa-$program" "${as_sympa[@]}" "$sympa_package/usr/lib/sympa/bin/$program.pl" --foreground
    done
    begin sympa-web "${as_sympa[@]}" SYMPALIB="$run/sympa/web:$(sympa_modules)" \
        spawn-fcgi -n -s "$run/sympa/var/web.socket" -- \
        "$sympa_package/usr/lib/cgi-bin/sympa/wwsympa.fcgi"
    begin sympa-nginx "${as_sympa[@]}" nginx -p "$run/sympa" -c "$run/sympa/nginx.conf"
}

sympa_ready() {
    lives sympa-sympa_msg && lives sympa-bulk && lives sympa-archived &&
        curl --silent --fail --output /dev/null --cacert "$run/certificates/ca.pem" \
            "https://127.0.0.1:$(port 3)/sympa/lists"
}

sympa_stop() {
    local name
    for name in nginx web archived bulk sympa_msg; do
        end "sympa-$name"
    done
}
