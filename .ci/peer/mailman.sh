# Mailman 3 with HyperKitty, on SQLite, as Debian's user `list`; sourced by .ci/peers. None of
# /etc/mailman3 is used.
# shellcheck shell=bash disable=SC2154

mailman_packages() {
    echo mailman3 python3-mailman-hyperkitty python3-django-hyperkitty dbconfig-sqlite3
}

mailman_prepare() {
    local folder=$run/mailman
    mkdir -p "$folder/var" "$log/mailman"
    # Runners that nothing here needs cost a process each; those on a mail's way look more often.
    cat >"$folder/mailman.cfg" <<CFG
[mailman]
site_owner: owner@lab.test
layout: peer
[paths.peer]
var_dir: $folder/var
bin_dir: /usr/lib/mailman3/bin
log_dir: $log/mailman
[database]
url: sqlite:///$folder/var/mailman.db
[webservice]
hostname: 127.0.0.1
port: $(port 1)
admin_user: restadmin
admin_pass: $secret
workers: 1
[mta]
incoming: mailman.mta.null.NullMTA
smtp_host: 127.0.0.1
smtp_port: $(port 25)
lmtp_host: 127.0.0.1
lmtp_port: $(port 24)
[archiver.hyperkitty]
class: hyperkitty_archiver.Archiver
enable: yes
configuration: $folder/hyperkitty.cfg
[runner.nntp]
start: no
[runner.digest]
start: no
$(printf '[runner.%s]\nsleep_time: 0.2s\n' in pipeline archive out virgin)
CFG
    cat >"$folder/hyperkitty.cfg" <<CFG
[general]
base_url: https://127.0.0.1:$(port 2)/hyperkitty/
api_key: $secret
CFG
    cat >"$folder/site.py" <<PY
import django
django.setup()
from django.contrib.sites.models import Site
from django_mailman3.models import MailDomain
site = Site.objects.get(pk=1)
site.domain = site.name = "127.0.0.1:$(port 2)"
site.save()
MailDomain.objects.create(site=site, mail_domain="lists.test")
PY
    cp "$here"/peer/hyperkitty_*.py "$run"/certificates/{ca.pem,server.*} "$folder"
    chown -R list:list "$folder" "$log/mailman"
    (
        enter_mailman
        {
            "${django[@]}" -m django migrate --verbosity 0 && "${django[@]}" site.py
        } >>"$log/mailman-prepare.log" 2>&1
    )
}

# Where Mailman's user finds everything, and how its programs are called there.
enter_mailman() {
    cd "$run/mailman" || return
    as_list=(setpriv --reuid list --regid list --clear-groups --)
    mailman=("${as_list[@]}" env PYTHONPATH="$run/mailman"
        /usr/bin/mailman -C "$run/mailman/mailman.cfg")
    django=("${as_list[@]}" env PYTHONPATH="$run/mailman" DJANGO_SETTINGS_MODULE=hyperkitty_settings
        PEERS_BASE="$base" PEERS_SECRET="$secret" /usr/bin/python3)
}

mailman_start() {
    (
        enter_mailman
        # With TLS, because HyperKitty says in Archived-At that it has it, whatever is so.
        begin mailman-web "${django[@]}" -m gunicorn --bind "127.0.0.1:$(port 2)" --workers 1 \
            --threads 4 --certfile server.pem --keyfile server.key \
            'django.core.wsgi:get_wsgi_application()'
        "${mailman[@]}" start --force >>"$log/mailman-start.log" 2>&1
    )
}

mailman_ready() {
    answers 24 &&
        curl --silent --fail --output /dev/null --user "restadmin:$secret" \
            "http://127.0.0.1:$(port 1)/3.1/system/versions" &&
        curl --silent --fail --output /dev/null --cacert "$run/certificates/ca.pem" \
            "https://127.0.0.1:$(port 2)/hyperkitty/"
}

mailman_stop() {
    local from=$SECONDS master
    end mailman-web
    master=$(cat "$run/mailman/var/master.pid" 2>/dev/null) || return 0
    (enter_mailman && "${mailman[@]}" stop)
    while kill -0 -- "-$master" 2>/dev/null; do
        [ $((SECONDS - from)) -lt 30 ] || kill -KILL -- "-$master" || return 0
        sleep 0.1
    done
}
