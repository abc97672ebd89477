# An authority of our own, and a certificate of it for this machine; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

make_certificates() {
    local folder=$run/certificates
    [ ! -f "$folder/server.pem" ] || return 0
    mkdir -p "$folder"
    {
        openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=Authority of the peers' \
            -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' \
            -keyout "$folder/ca.key" -out "$folder/ca.pem"
        openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
            -keyout "$folder/server.key" -out "$folder/server.csr"
        printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1' 'basicConstraints=CA:FALSE' \
            'keyUsage=critical,digitalSignature,keyEncipherment' 'extendedKeyUsage=serverAuth' \
            >"$folder/extensions"
        openssl x509 -req -in "$folder/server.csr" -days 30 -extfile "$folder/extensions" \
            -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -out "$folder/server.pem.new"
    } >>"$log/certificates.log" 2>&1
    chmod 644 "$folder/ca.pem" "$folder/server.pem.new"
    chmod 600 "$folder/ca.key" "$folder/server.key"
    mv "$folder/server.pem.new" "$folder/server.pem"
}
