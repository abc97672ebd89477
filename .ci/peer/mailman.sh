# Mailman 3 with HyperKitty, on SQLite, as Debian's user `list`; sourced by .ci/peers. None of
# /etc/mailman3 is used.

mailman_packages() {
    echo mailman3 python3-mailman-hyperkitty python3-django-hyperkitty dbconfig-sqlite3
}

mailman_prepare() {
    local folder=$run/mailman
    mkdir -p -m 755 "$folder/var"
    # Runners that nothing here needs cost a process each.
    cat >"$folder/mailman.cfg" <<CFG
[mailman]
site_owner: owner@lab.test
layout: peer
[paths.peer]
var_dir: $folder/var
bin_dir: /usr/lib/mailman3/bin
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
class: mailman_hyperkitty.Archiver
enable: yes
configuration: $folder/hyperkitty.cfg
[runner.master]
sleep_time: 300ms
[runner.nntp]
start: no
[runner.digest]
start: no
CFG
    cat >"$folder/hyperkitty.cfg" <<CFG
[general]
base_url: http://127.0.0.1:$(port 2)/hyperkitty/
api_key: $secret
CFG
    cp "$here"/peer/hyperkitty_*.py "$folder"
    chown -R list:list "$folder"
    mailman_web -m django migrate --verbosity 0 &&
        mailman_web -c "
import django
django.setup()
from django.contrib.sites.models import Site
from django_mailman3.models import MailDomain
site = Site.objects.get(pk=1)
site.domain = site.name = '127.0.0.1:$(port 2)'
site.save()
MailDomain.objects.create(site=site, mail_domain='lists.test')
"
}

# Debian's Python in the folder of HyperKitty's settings.
mailman_web() {
    (
        cd "$run/mailman"
        as list env PYTHONPATH="$run/mailman" DJANGO_SETTINGS_MODULE=hyperkitty_settings \
            PEERS_BASE="$base" PEERS_SECRET="$secret" /usr/bin/python3 "$@" \
            >>"$log/mailman-web-setup.log" 2>&1
    )
}

mailman_core() {
    as list /usr/bin/mailman -C "$run/mailman/mailman.cfg" "$@" >>"$log/mailman-core.log" 2>&1
}

mailman_start() {
    (
        cd "$run/mailman"
        begin mailman-web setpriv --reuid list --regid list --clear-groups \
            env PYTHONPATH="$run/mailman" DJANGO_SETTINGS_MODULE=hyperkitty_settings \
            PEERS_BASE="$base" PEERS_SECRET="$secret" \
            /usr/bin/python3 -m gunicorn --bind "127.0.0.1:$(port 2)" --workers 1 --threads 4 \
            'django.core.wsgi:get_wsgi_application()'
        mailman_core start --force
    )
}

mailman_ready() {
    answers 24 &&
        curl --silent --fail --output /dev/null --user "restadmin:$secret" \
            "http://127.0.0.1:$(port 1)/3.1/system/versions" &&
        curl --silent --fail --output /dev/null "http://127.0.0.1:$(port 2)/hyperkitty/"
}

mailman_stop() {
    local turn
    end mailman-web
    mailman_core stop
    for turn in {1..100}; do
        [ -e "$run/mailman/var/master.pid" ] || break
        sleep 0.1
    done
}
