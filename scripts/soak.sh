#!/usr/bin/env bash
# The long checks of the stream, about 40 minutes on two cores (half of it building), each bounded:
#   1. ThreadSanitizer and AddressSanitizer over Realtime and its tests (10 minutes each, most of it the first build);
#   2. the live server under load: 1 GB past a reader that stopped, a restart under 5,000 clients, 200,000 connections
#      that come and go, an administrator who asks for 10,000 connections, what a connection and a filter cost, the
#      conformance suite's limits (20 minutes).
# soak.sh [thread|address|live]...: those parts only.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'soak: %s\n' "$*" >&2; }
parts=("$@")
if [ "$#" -eq 0 ]; then parts=(thread address live); fi

sanitized() { # thread or address, scratch folder
    say "Realtime and its tests with --sanitize=$1"
    # Swift's own backtracer and the sanitizer's symbolizer fight over a crashed process.
    SWIFT_BACKTRACE=enable=no TSAN_OPTIONS=halt_on_error=0:exitcode=66 ASAN_OPTIONS=detect_leaks=0 \
        timeout 1500 swift test --package-path SoakTesting --scratch-path "$2" --sanitize="$1" --no-parallel
}

live() {
    say "the live server"
    # A release build: times and memory are what is measured.
    for product in leadwire EchoServer; do
        swift build -c release --product "$product" --scratch-path .build-release
    done
    ulimit -n "$(ulimit -Hn)"
    LEADWIRE_SOAK=1 LEADWIRE_BIN=$PWD/.build-release/release/leadwire timeout 3000 .build-venv/bin/python -m pytest -q -rA \
        tests-live/test_autobahn.py tests-live/test_handshake.py tests-live/test_slow_reader.py tests-live/test_leaving.py \
        tests-live/test_churn.py tests-live/test_administrator_load.py tests-live/test_stream_memory.py
}

for part in "${parts[@]}"; do
    case $part in
        thread) sanitized thread .build-tsan ;;
        address) sanitized address .build-asan ;;
        live) live ;;
        *) say "there is no part $part"; exit 2 ;;
    esac
done
say "passed: ${parts[*]}"
