# Apache with what others use to take files by password: a WebDAV folder (mod_dav) and, by git's own
# http-backend, repositories; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

dav_packages() {
    echo apache2 apache2-utils git
}

dav_prepare() {
    local folder=$run/dav name
    mkdir -p "$folder"/{dav/feeds,git,locks}
    # A host takes a token with this name.
    for name in feeds x-access-token; do
        htpasswd -nbB "$name" "$secret" >>"$folder/users" || return
    done
    # Tests make the repositories, as whoever runs them.
    printf '[safe]\n\tdirectory = *\n' >"$folder/.gitconfig"
    chown -R www-data: "$folder"/{dav,git,locks}
    dav_settings >"$folder/apache.conf"
}

dav_settings() {
    local modules=/usr/lib/apache2/modules folder=$run/dav module
    cat <<CONF
ServerRoot $folder
PidFile $folder/pid
Listen 127.0.0.1:$(port 46)
ServerName localhost
LoadModule mpm_prefork_module $modules/mod_mpm_prefork.so
CONF
    for module in env alias authz_core authz_user authn_core authn_file auth_basic dav dav_fs cgi; do
        echo "LoadModule ${module}_module $modules/mod_$module.so"
    done
    cat <<CONF
StartServers 2
ErrorLog $log/dav.log
User www-data
Group www-data
DocumentRoot $folder/dav
DavLockDB $folder/locks/lock
SetEnv HOME $folder
SetEnv GIT_PROJECT_ROOT $folder/git
SetEnv GIT_HTTP_EXPORT_ALL 1
ScriptAlias /git/ /usr/lib/git-core/git-http-backend/
# Anybody reads; who writes shows a password.
<Location />
    AuthType Basic
    AuthName files
    AuthUserFile $folder/users
    Require all granted
</Location>
<Location /feeds>
    Dav On
    Require method GET HEAD
    Require valid-user
</Location>
# A push asks for this page first, as a reader would for another.
<LocationMatch "^/git/.*/git-receive-pack$">
    Require valid-user
</LocationMatch>
<If "%{QUERY_STRING} == 'service=git-receive-pack'">
    Require valid-user
</If>
CONF
}

dav_start() {
    begin dav apache2 -f "$run/dav/apache.conf" -D FOREGROUND
}

dav_ready() {
    lives dav && curl --silent --output /dev/null "http://127.0.0.1:$(port 46)/"
}

dav_stop() {
    end dav
}
