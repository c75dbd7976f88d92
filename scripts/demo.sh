#!/usr/bin/env bash
# Serves and lets invented leads arrive, each labelled as such. demo.sh PATH-OF-leadwire PORT
set -euo pipefail
program=${1:?}
port=${2:-8000}
data=$(mktemp -d)
"$program" serve --port "$port" --data "$data" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
until curl -fsS "http://127.0.0.1:$port/health/ready" >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || exit 1
    read -rt 0.1 <> <(:) || true
done
echo "Open http://127.0.0.1:$port/ and watch; ctrl-c ends. Every lead is invented (sim_...)." >&2
"$program" simulate --url "http://127.0.0.1:$port" --rate 1 --count 1000
