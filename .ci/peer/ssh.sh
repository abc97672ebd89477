# OpenSSH's server, which takes one key: a folder over SFTP, and repositories over git's own protocol;
# sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

ssh_packages() {
    echo openssh-server openssh-client git
}

ssh_prepare() {
    local folder=$run/ssh name
    mkdir -p "$folder/feeds" "$folder/git"
    for name in host client stranger; do
        ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$folder/$name" || return
    done
    cp "$folder/client.pub" "$folder/authorized_keys"
    echo "[127.0.0.1]:$(port 47) $(cut -d ' ' -f 1,2 "$folder/host.pub")" >"$folder/known_hosts"
    # Whoever starts the peers is who signs in: with this key, and on this machine alone.
    cat >"$folder/sshd_config" <<CONF
ListenAddress 127.0.0.1:$(port 47)
HostKey $folder/host
PidFile $folder/sshd.pid
AuthorizedKeysFile $folder/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
CONF
}

ssh_start() {
    # Its place to shut itself in, which systemd makes elsewhere.
    mkdir -p /run/sshd
    begin ssh /usr/sbin/sshd -D -e -f "$run/ssh/sshd_config"
}

ssh_ready() {
    lives ssh && answers 47
}

ssh_stop() {
    end ssh
}
