# The fault server: faults.py beside this file, on aiosmtpd; sourced by .ci/peers.
# shellcheck shell=bash disable=SC2154

faults_packages() {
    :
}

faults_prepare() {
    mkdir -p "$run/faults"
}

faults_start() {
    begin faults "$python" -u "$here/peer/faults.py" "$(port 30)" "$run/faults"
}

faults_ready() {
    lives faults && answers 30
}

faults_stop() {
    end faults
}
