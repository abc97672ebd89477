# Dovecot: mailboxes of lab.test, and who may send through Postfix; sourced by .ci/peers. Its
# settings have other names from 2.4 (Debian 13) on.
# shellcheck shell=bash disable=SC2154

dovecot_packages() {
    echo dovecot-imapd dovecot-lmtpd
}

dovecot_prepare() {
    local folder=$run/dovecot
    mkdir -p "$folder/run" "$folder/mail"
    chown mail:mail "$folder/mail"
    {
        case $(dovecot --version) in
        2.[0-3].*) dovecot_settings_2_3 ;;
        *) dovecot_settings_2_4 ;;
        esac
        dovecot_services
    } >"$folder/dovecot.conf"
}

dovecot_settings_2_3() {
    cat <<CONF
ssl_cert = <$run/certificates/server.pem
ssl_key = <$run/certificates/server.key
disable_plaintext_auth = no
mail_location = maildir:~/
passdb {
  driver = static
  args = password=$secret
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$run/dovecot/mail/%Ln allow_all_users=yes
}
CONF
}

dovecot_settings_2_4() {
    cat <<CONF
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
ssl_server_cert_file = $run/certificates/server.pem
ssl_server_key_file = $run/certificates/server.key
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = ~/
passdb static {
  password = $secret
}
userdb static {
  fields {
    uid = mail
    gid = mail
    home = $run/dovecot/mail/%{user|username|lower}
  }
  allow_all_users = yes
}
CONF
}

dovecot_services() {
    cat <<CONF
protocols = imap lmtp
listen = 127.0.0.1
base_dir = $run/dovecot/run
log_path = $log/dovecot.log
ssl = yes
auth_mechanisms = plain login
recipient_delimiter = +
first_valid_uid = 1
service imap-login {
  inet_listener imap {
    port = $(port 143)
  }
  inet_listener imaps {
    port = $(port 993)
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = $(port 224)
  }
}
# A wrong password is answered at once, and so is the right one after it.
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  inet_listener auth {
    port = $(port 345)
  }
}
CONF
}

dovecot_start() {
    dovecot -c "$run/dovecot/dovecot.conf" >>"$log/dovecot-start.log" 2>&1
}

dovecot_ready() {
    answers 143 && answers 993 && answers 224 && answers 345
}

dovecot_stop() {
    doveadm -c "$run/dovecot/dovecot.conf" stop
}
