#!/bin/bash
# Fuzzes JSONBytes, Forest and the decoder of Redis's protocol for a minute in all (SECONDS_PER_TARGET=20 each). Exits non-zero on a crash, a hang or
# a leak and leaves the input in FailCases/, where the tests find it from then on. FUZZ_SEED=1 and Swift's hashes are the same each time, so
# that a check goes much the same way as the one before it; to look for more: FUZZ_SEED=$RANDOM SECONDS_PER_TARGET=600 FuzzTesting/run.sh
set -euo pipefail
cd "$(dirname "$0")"
# Swift's own backtracer and ASan's symbolizer fight over a crashed process and can hang for minutes.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=symbolize=0 SWIFT_DETERMINISTIC_HASHING=1
seconds="${SECONDS_PER_TARGET:-20}"
build="${FUZZ_BUILD:-.build}"
swift build --scratch-path "$build" --sanitize=fuzzer --product FuzzJSON
swift build --scratch-path "$build" --sanitize=fuzzer --product FuzzForest
swift build --scratch-path "$build" --sanitize=fuzzer --product FuzzRESP
bin="$(swift build --scratch-path "$build" --sanitize=fuzzer --show-bin-path)"

fuzz() { # name, binary, longest input
    local work
    work="$(mktemp -d)"
    cp Corpus/"$1"/* FailCases/"$1"/* "$work"
    if [ "$1" = forest ]; then 
        cp ../Tests/ForestTests/Golden/*-{constant,stumps,base-score}.{json,ubj} "$work"
        cp ../Tests/ForestTests/Golden/lgb-*-{constant,regression,custom,named-categories}.txt "$work"
    fi
    "$bin/$2" -seed="${FUZZ_SEED:-1}" -max_total_time="$seconds" -max_len="$3" -timeout=60 -report_slow_units=60 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="FailCases/$1/" "$work" > "$work.log" 2>&1 || {
        tail -60 "$work.log"
        echo "fuzz: $2 failed; the input is in FuzzTesting/FailCases/$1" >&2
        return 1
    }
    if grep -q "no interesting inputs" "$work.log"; then
        echo "fuzz: $2 was built without coverage and has fuzzed blindly" >&2
        return 1
    fi
    grep -E "number_of_executed_units|new_units_added|peak_rss_mb" "$work.log" | sed "s/^/$2 /"
    rm -r "$work" "$work.log"
}
fuzz json FuzzJSON 4096
fuzz forest FuzzForest 8192
fuzz resp FuzzRESP 4096
