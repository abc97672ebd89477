# Apache with mod_php, which takes uploads only from who shows a certificate of the peers' authority;
# sourced by .ci/peers. What its page does with a file (wordings, names, results that come later) is
# ours, made after what is publicly described of the HR-BA-XML interface of the Bundesagentur für
# Arbeit: Apache, TLS and the upload are real, the board is not theirs.
# shellcheck shell=bash disable=SC2154

upload_packages() {
    echo apache2 libapache2-mod-php
}

upload_prepare() {
    local folder=$run/upload
    mkdir -p "$folder"/{pages/in,readers,taken}
    cp "$here/peer/upload_in.php" "$folder/pages/in/upload.php"
    cp "$here/peer/upload_list.php" "$folder/pages/index.php"
    cp "$here/peer/upload_get.php" "$folder/pages/get.php"
    cp "$here/peer/upload_job.php" "$folder/readers/job.php"
    chown www-data: "$folder/taken"
    cp "$run"/certificates/{server.pem,server.key,ca.pem} "$folder"
    upload_client >>"$log/upload.log" 2>&1 || return
    upload_settings >"$folder/apache.conf"
}

# Who may upload: a certificate of the authority; not one that has expired, or of nobody in particular.
upload_client() (
    cd "$run/upload" || exit
    openssl req -newkey rsa:2048 -nodes -subj '/O=Tidal Lab/CN=P000517500' \
        -keyout client.key -out client.csr
    printf '%s\n' 'basicConstraints=CA:FALSE' 'keyUsage=critical,digitalSignature' \
        'extendedKeyUsage=clientAuth' >client.extensions
    openssl x509 -req -in client.csr -days 30 -extfile client.extensions \
        -CA ca.pem -CAkey "$run/certificates/ca.key" -CAcreateserial -out client.crt
    cat client.crt client.key >client.pem
    openssl x509 -req -in client.csr -days 0 -extfile client.extensions \
        -CA ca.pem -CAkey "$run/certificates/ca.key" -out expired.crt
    cat expired.crt client.key >expired.pem
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=somebody' \
        -keyout stranger.key -out stranger.crt
    cat stranger.crt stranger.key >stranger.pem
)

upload_settings() {
    local modules=/usr/lib/apache2/modules folder=$run/upload php
    php=$(find "$modules" -name 'libphp*.so' | sort | tail -n 1)
    cat <<CONF
ServerRoot $folder
PidFile $folder/pid
Listen 127.0.0.1:$(port 45)
Listen 127.0.0.1:$(port 48)
ServerName localhost
LoadModule env_module $modules/mod_env.so
LoadModule mpm_prefork_module $modules/mod_mpm_prefork.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule dir_module $modules/mod_dir.so
LoadModule mime_module $modules/mod_mime.so
LoadModule socache_shmcb_module $modules/mod_socache_shmcb.so
LoadModule ssl_module $modules/mod_ssl.so
LoadModule php_module $php
StartServers 2
TypesConfig /etc/mime.types
AddHandler application/x-httpd-php .php
ErrorLog $log/upload.log
User www-data
Group www-data
DocumentRoot $folder/pages
DirectoryIndex index.php
SetEnv TAKEN $folder/taken
<Directory $folder/pages>
    Require all granted
</Directory>
<VirtualHost 127.0.0.1:$(port 45)>
    SSLEngine on
    SSLCertificateFile $folder/server.pem
    SSLCertificateKeyFile $folder/server.key
    SSLCACertificateFile $folder/ca.pem
    SSLVerifyClient require
</VirtualHost>
# What readers see.
<VirtualHost 127.0.0.1:$(port 48)>
    DocumentRoot $folder/readers
</VirtualHost>
<Directory $folder/readers>
    Require all granted
</Directory>
CONF
}

upload_start() {
    begin upload apache2 -f "$run/upload/apache.conf" -D FOREGROUND
}

upload_ready() {
    lives upload && curl --fail --silent --output /dev/null --cacert "$run/upload/ca.pem" \
        --cert "$run/upload/client.pem" "https://localhost:$(port 45)/"
}

upload_stop() {
    end upload
}
