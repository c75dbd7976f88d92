#!/usr/bin/env bash
# Installs what is missing, and says what it does. `setup.sh run` for building and serving, `setup.sh test` for the
# tests and benchmarks as well, `fanout` for the rivals of `make bench-fanout`. Safe to call again: what is there is left
# alone, and then no network is used.
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-run}
run_packages=(libxgboost-dev libsqlite3-dev libpq-dev curl ca-certificates)
# The tests of PostgreSQL and Redis start servers of their own (postgres-test-server.sh, redis-test-server.sh); those of the
# packages are not used.
test_packages=(chromium chromium-driver wrk python3-venv procps postgresql redis-server nginx openssl)
fanout_packages=(nginx libnginx-mod-nchan libuv1 python3-venv gcc libc6-dev)

say() { printf 'setup: %s\n' "$*" >&2; }

if ! command -v swift >/dev/null 2>&1; then
    say "no Swift toolchain found; install Swift 6.3 or newer from swift.org and put it on PATH"
    exit 1
fi

wanted=("${run_packages[@]}")
if [ "$what" = test ]; then wanted+=("${test_packages[@]}"); fi
if [ "$what" = fanout ]; then wanted+=("${fanout_packages[@]}"); fi
missing=()
for package in "${wanted[@]}"; do
    if [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | cut -c1-2)" != ii ]; then
        missing+=("$package")
    fi
done
if [ "${#missing[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        say "this is not a Debian machine; install the counterparts of: ${missing[*]}"
        exit 1
    fi
    sudo=()
    if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
    say "installing with apt: ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    # Debian starts what it installs, unless this file says no. Where somebody has one, it is left as it is.
    policy=/usr/sbin/policy-rc.d
    if [ "$what" = test ] && [ ! -e "$policy" ]; then
        trap '"${sudo[@]}" rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
        "${sudo[@]}" chmod 755 "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ "$what" = test ]; then
    venv=.build-venv
    stamp=$venv/.requirements
    if ! cmp -s tests-live/requirements.txt "$stamp"; then
        say "installing Python peers into $venv from tests-live/requirements.txt"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests-live/requirements.txt
        cp tests-live/requirements.txt "$stamp"
    fi
    tests-live/conformance/setup.sh
fi
say "ready ($what)"
