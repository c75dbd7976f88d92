#!/usr/bin/env bash
# The fan-out race: builds the hub's server and the client, installs uWebSockets into a folder of its own, runs run.py.
# Arguments go to run.py, e.g. --quick. Exits with 1 when a ratio of Benchmarks/budgets/fanout.json is missed.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=.build-bench-fanout-venv
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || { echo "fanout: apt-get install nginx libnginx-mod-nchan libuv1" >&2; exit 2; }
if ! cmp -s Benchmarks/fanout/requirements.txt "$venv/.requirements"; then
    echo "fanout: installing uWebSockets into $venv" >&2
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r Benchmarks/fanout/requirements.txt
    cp Benchmarks/fanout/requirements.txt "$venv/.requirements"
fi
swift build -c release --package-path Benchmarks --scratch-path .build-bench --product fanout-bench </dev/null >&2
exec python3 Benchmarks/fanout/run.py --server .build-bench/release/fanout-bench --python "$venv/bin/python" "$@"
