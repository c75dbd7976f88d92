#!/usr/bin/env bash
# make bench-quality: accuracy against other libraries, learning curves, and whether confidence holds, on the shared tables.
# Without them (--data FOLDER, LEADWIRE_DATA, or ../shared/data) each script says aloud that it measured nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
server=${1:?usage: Benchmarks/quality/run.sh PATH-OF-leadwire [--data FOLDER]}
shift
venv=.build-quality-venv
if ! cmp -s Benchmarks/quality/requirements.txt "$venv/.requirements"; then
    echo "bench: installing the other libraries into $venv" >&2
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r Benchmarks/quality/requirements.txt
    cp Benchmarks/quality/requirements.txt "$venv/.requirements"
fi
for script in compare curves confidence; do
    "$venv/bin/python" "Benchmarks/quality/$script.py" --leadwire "$server" --document "$@"
done
