#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests: a cluster of its own in a temporary folder, on a free loopback port, with a
# password and a certificate of its own. Debian's `main` cluster is neither used nor touched.
#
#   postgres-test-server.sh run COMMAND...   starts it, runs COMMAND with LEADWIRE_TEST_POSTGRES set, stops it
#   postgres-test-server.sh start            starts it and prints its folder and the variable as `eval` takes them
#   postgres-test-server.sh stop FOLDER      stops that one and removes its folder
#   postgres-test-server.sh down FOLDER      stops it as a crash does; its data stays
#   postgres-test-server.sh up FOLDER        starts it again where it was
#
# LEADWIRE_TEST_POSTGRES is a connection string; its sslrootcert names the certificate that signs the server's, which is
# for the name localhost. As root the server runs as user postgres.
set -euo pipefail

say() { printf 'postgres: %s\n' "$*" >&2; }

programs=${LEADWIRE_PG_BIN:-}
if [ -z "$programs" ]; then
    programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
fi
if [ ! -x "$programs/initdb" ]; then
    say "no PostgreSQL server found (Debian: postgresql); LEADWIRE_PG_BIN names the folder of initdb and pg_ctl"
    exit 1
fi

as_owner() {
    if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

certify() {
    local folder=$1
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Leadwire test root" \
        -keyout "$folder/root.key" -out "$folder/root.crt" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" \
        -keyout "$folder/server.key" -out "$folder/server.csr" 2>/dev/null
    openssl x509 -req -in "$folder/server.csr" -CA "$folder/root.crt" -CAkey "$folder/root.key" -CAcreateserial \
        -days 3650 -extfile <(printf 'subjectAltName=DNS:localhost') -out "$folder/server.crt" 2>/dev/null
    chmod 0600 "$folder/server.key"
}

start() {
    folder=$(mktemp -d "${TMPDIR:-/tmp}/leadwire-postgres.XXXXXX")
    chmod 0755 "$folder"
    if ! as_owner test -x "$folder"; then
        # The temporary folder is closed to user postgres.
        rmdir "$folder"
        folder=$(mktemp -d /tmp/leadwire-postgres.XXXXXX)
        chmod 0755 "$folder"
    fi
    local password
    password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s' "$password" >"$folder/password"
    certify "$folder"
    if [ "$(id -u)" -eq 0 ]; then chown -R postgres: "$folder"; fi
    as_owner "$programs/initdb" -D "$folder/data" -U postgres -A scram-sha-256 --pwfile="$folder/password" \
        -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
    local attempt options
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 20000))
        options="-p $port -k $folder -c listen_addresses=127.0.0.1 -c max_connections=80 -c ssl=on"
        options+=" -c ssl_cert_file=$folder/server.crt -c ssl_key_file=$folder/server.key"
        if as_owner "$programs/pg_ctl" -D "$folder/data" -o "$options" -l "$folder/log" -t 300 -w start >/dev/null 2>&1; then
            printf '%s' "$options" >"$folder/options"
            url="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable&sslrootcert=$folder/root.crt"
            return 0
        fi
    done
    cat "$folder/log" >&2
    rm -rf "$folder"
    exit 1
}

stop() {
    as_owner "$programs/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$1"
}

down() { as_owner "$programs/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null; }
up() { as_owner "$programs/pg_ctl" -D "$1/data" -o "$(cat "$1/options")" -l "$1/log" -t 300 -w start >/dev/null; }

case ${1:-} in
run)
    shift
    start
    trap 'stop "$folder"' EXIT
    say "running on port $port for: $*"
    LEADWIRE_TEST_POSTGRES=$url "$@"
    ;;
start)
    start
    printf "export LEADWIRE_TEST_POSTGRES='%s'\nexport LEADWIRE_TEST_POSTGRES_FOLDER='%s'\n" "$url" "$folder"
    ;;
stop)
    stop "${2:?the folder that start printed}"
    ;;
down) down "${2:?the folder that start printed}" ;;
up) up "${2:?the folder that start printed}" ;;
*)
    say "run COMMAND..., start, stop FOLDER, down FOLDER, or up FOLDER"
    exit 2
    ;;
esac
