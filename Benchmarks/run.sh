#!/usr/bin/env bash
# make bench: builds the micro benchmarks, then races the server given against the Python stack. About ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
server=${1:?usage: Benchmarks/run.sh PATH-OF-leadwire}
venv=.build-bench-venv
data=.build-bench-data
if ! cmp -s Benchmarks/requirements.txt "$venv/.requirements"; then
    echo "bench: installing the Python stack into $venv" >&2
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r Benchmarks/requirements.txt
    cp Benchmarks/requirements.txt "$venv/.requirements"
fi
[ -f "$data/model.json" ] && [ -f "$data/model-lightgbm.txt" ] || "$venv/bin/python" Benchmarks/make_model.py "$data"
swift build -c release --package-path Benchmarks --scratch-path .build-bench >&2
exec scripts/postgres-test-server.sh run scripts/redis-test-server.sh run \
    "$venv/bin/python" Benchmarks/run.py --leadwire "$server" --data "$data" --micro .build-bench/release "${@:2}"
