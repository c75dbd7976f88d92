#!/usr/bin/env bash
# A throw-away Redis for the tests: in a temporary folder, on free loopback ports (plain and TLS), with a user, a password
# and a certificate of its own, and nothing written to disk. A Redis that the system runs is neither used nor touched.
#
#   redis-test-server.sh run COMMAND...   starts it, runs COMMAND with the variables below set, stops it
#   redis-test-server.sh start            starts it and prints its folder and the variables as `eval` takes them
#   redis-test-server.sh stop FOLDER      stops that one and removes its folder
#
# LEADWIRE_TEST_REDIS is its address; LEADWIRE_TEST_REDIS_TLS the one with TLS, whose cafile names the certificate that
# signs the server's, which is for the name localhost.
set -euo pipefail

say() { printf 'redis: %s\n' "$*" >&2; }

program=${LEADWIRE_TEST_REDIS_SERVER:-$(command -v redis-server || true)}
if [ ! -x "$program" ] || ! command -v redis-cli >/dev/null; then
    say "no Redis server found (Debian: redis-server); LEADWIRE_TEST_REDIS_SERVER names the program redis-server"
    exit 1
fi

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

configure() {
    cat <<END
port $port
tls-port $tls_port
tls-cert-file $folder/server.crt
tls-key-file $folder/server.key
tls-ca-cert-file $folder/root.crt
tls-auth-clients no
bind 127.0.0.1
dir $folder
logfile $folder/log
daemonize no
save ""
appendonly no
enable-debug-command yes
user default off
user leadwire on >$password ~* &* +@all
END
}

answers() {
    [ "$(REDISCLI_AUTH=$password redis-cli -h 127.0.0.1 -p "$port" --user leadwire ping 2>/dev/null)" = PONG ]
}

start() {
    folder=$(mktemp -d "${TMPDIR:-/tmp}/leadwire-redis.XXXXXX")
    password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    certify "$folder"
    local attempt pid
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 20000))
        tls_port=$((port + 1))
        (umask 077 && configure >"$folder/conf")
        rm -f "$folder/pid"
        # Its output is its log's; a caller that reads ours to its end must not wait for it.
        "$program" "$folder/conf" >/dev/null 2>&1 &
        pid=$!
        # Nor does this shell have anything to say of its end.
        disown "$pid"
        echo "$pid" >"$folder/pid"
        while kill -0 "$pid" 2>/dev/null; do
            if answers; then
                url="redis://leadwire:$password@127.0.0.1:$port/0"
                tls_url="rediss://leadwire:$password@localhost:$tls_port/0?cafile=$folder/root.crt"
                return 0
            fi
            # It ends when it can't have its ports.
            sleep 0.05
        done
    done
    cat "$folder/log" >&2
    rm -rf "$folder"
    exit 1
}

stop() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null || true)
    if [ -n "$pid" ]; then
        # Stopped by a test, it could not end.
        kill -CONT "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -rf "$1"
}

case ${1:-} in
run)
    shift
    start
    trap 'stop "$folder"' EXIT
    say "running on port $port for: $*"
    LEADWIRE_TEST_REDIS=$url LEADWIRE_TEST_REDIS_TLS=$tls_url "$@"
    ;;
start)
    start
    printf "export LEADWIRE_TEST_REDIS='%s'\nexport LEADWIRE_TEST_REDIS_TLS='%s'\n" "$url" "$tls_url"
    printf "export LEADWIRE_TEST_REDIS_FOLDER='%s'\n" "$folder"
    ;;
stop)
    stop "${2:?the folder that start printed}"
    ;;
*)
    say "run COMMAND..., start, or stop FOLDER"
    exit 2
    ;;
esac
