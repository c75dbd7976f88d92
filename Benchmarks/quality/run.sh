#!/usr/bin/env bash
# make bench-quality: accuracy against other libraries, learning curves, and whether confidence holds, on the shared tables;
# make bench: the first of the three.
# Where they are not (LEADWIRE_DATA, or ../shared/data beside the repository) it says aloud that it measured nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
server=${1:?usage: Benchmarks/quality/run.sh PATH-OF-leadwire [compare|curves|confidence ...]}
shift
data=${LEADWIRE_DATA:-../shared/data}
if [ ! -f "$data/README.md" ]; then
    echo "bench: the shared tables are not at $data: quality, learning curves and confidence NOT MEASURED" >&2
    exit 0
fi
venv=.build-quality-venv
if ! cmp -s Benchmarks/quality/requirements.txt "$venv/.requirements"; then
    echo "bench: installing the other libraries into $venv" >&2
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r Benchmarks/quality/requirements.txt
    cp Benchmarks/quality/requirements.txt "$venv/.requirements"
fi
[ $# -gt 0 ] || set -- compare curves confidence
for script in "$@"; do
    # One thread a library step: OpenMP's threads burn the cores between the small steps of a tree.
    OMP_NUM_THREADS=1 "$venv/bin/python" "Benchmarks/quality/$script.py" --leadwire "$server" --data "$data" --document
done
