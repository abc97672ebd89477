# Postfix: the hub. It takes mail on three ports and hands it to the other peers; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

postfix_packages() {
    echo postfix
}

postfix_prepare() {
    local folder=$run/postfix
    mkdir -p "$folder/spool" "$folder/data"
    chown postfix "$folder/data"
    # Nothing leaves this machine: other domains bounce, and connections come from 127.0.0.1.
    cat >"$folder/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $folder/spool
data_directory = $folder/data
maillog_file = $log/postfix.log
maillog_file_prefixes = $log
myhostname = hub.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = 127.0.0.1
lmtp_bind_address = 127.0.0.1
relayhost =
relay_domains = lab.test, lists.test, bookworm.sympa.test, trixie.sympa.test, sink.test
transport_maps = inline:{
    { lab.test = lmtp:[127.0.0.1]:$(port 224) },
    { lists.test = lmtp:[127.0.0.1]:$(port 24) },
    { bookworm.sympa.test = sympa: },
    { trixie.sympa.test = sympa: },
    { sink.test = smtp:[127.0.0.1]:$(port 26) } }
default_transport = error:5.1.2 there is no such domain here
relay_transport = error:5.1.2 there is no such domain here
local_transport = error:5.1.2 there is no such domain here
local_recipient_maps =
alias_maps =
alias_database =
smtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
recipient_delimiter = +
biff = no
smtpd_error_sleep_time = 0
notify_classes =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = $run/certificates/server.pem
smtpd_tls_key_file = $run/certificates/server.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:$(port 345)
smtpd_client_connection_count_limit = 0
queue_run_delay = 5s
minimal_backoff_time = 5s
maximal_backoff_time = 20s
maximal_queue_lifetime = 5m
bounce_queue_lifetime = 5m
CF
    local signed_in='
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_tls_auth_only=yes
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
    -o smtpd_relay_restrictions=permit_sasl_authenticated,reject'
    cat >"$folder/master.cf" <<CF
127.0.0.1:$(port 25) inet n - n - - smtpd
127.0.0.1:$(port 587) inet n - n - - smtpd
    -o smtpd_tls_security_level=encrypt$signed_in
127.0.0.1:$(port 465) inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes$signed_in
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
sympa unix - n n - - pipe flags=R user=list null_sender= argv=$run/sympa/queue \${recipient}
CF
}

postfix_start() {
    postfix -c "$run/postfix" start >>"$log/postfix-start.log" 2>&1
}

postfix_ready() {
    answers 25 && answers 587 && answers 465
}

postfix_stop() {
    postfix -c "$run/postfix" stop
}
